//! Machines: what they say is theirs, and comes back from a file the same.

#[path = "../../../../tests/mutate.rs"]
mod mutate;
mod sequence;
mod terms;
mod unlabelled;

use std::sync::Arc;

use gyeol_bundle::{Bundle, DataHash, Manifest};
use gyeol_data::{ColumnData, Table};
use gyeol_judge::{Calibration, Calibrator};
use gyeol_learn::bayes::GaussianBayes;
use gyeol_learn::trees::{Answers, TreesParams};
use gyeol_learn::{Linear, LinearClassifier, Link, LogisticParams, NbsvmParams};
use gyeol_neural::Loss;
use gyeol_supervised::{
    Answer, Classifier, Examples, Head, Inputs, Kept, Machine, Nearest, NetParams, Regressor, Rows, Said,
    Target, TextFeatures, TextParams, Weighing, Wrapped,
};
use gyeol_tensor::{Pool, Rng};
use gyeol_text::corpus::CorpusOptions;
use gyeol_text::prepare::PreparationParams;

/// Sentences about wind and about rain.
fn texts(count: usize) -> (Vec<String>, Vec<u32>) {
    let mut rng = Rng::new(5);
    let mut pick = |words: &[&str]| words[rng.below(words.len() as u64) as usize].to_owned();
    let mut texts = Vec::new();
    for i in 0..count {
        let kind: &[&str] =
            if i % 2 == 0 { &["wind", "gust", "storm"] } else { &["rain", "drizzle", "shower"] };
        let text = format!(
            "the {} came {} from the {}",
            pick(kind),
            pick(&["soon", "late", "again"]),
            pick(&["west", "north"])
        );
        texts.push(text);
    }
    (texts, (0..count as u32).map(|i| i % 2).collect())
}

fn examples(texts: Vec<String>, of: Vec<u32>) -> Examples {
    Examples {
        rows: (1..=texts.len() as u64).collect(),
        texts: Some(texts),
        text_column: None,
        table: None,
        target: Target::Classes { names: vec!["wind".into(), "rain".into()], of },
        target_name: "label".into(),
        name: "made".into(),
        sha256: String::new(),
        notes: Vec::new(),
    }
}

fn features(params: &str, weighing: Weighing) -> (Arc<TextFeatures>, Rows, Vec<String>, Vec<u32>) {
    let (texts, labels) = texts(60);
    let folder = tempfile::tempdir().unwrap();
    let corpus = examples(texts.clone(), labels.clone()).corpus(folder.path(), "t.jsonl").unwrap().unwrap();
    let chain = PreparationParams {
        language: "en".into(),
        normalise: vec!["lower".into()],
        ..PreparationParams::default()
    };
    let words = chain.clone().check().unwrap().plain().unwrap();
    let params = TextParams { terms: params.parse().unwrap(), weighing, min_documents: 1, max_terms: None };
    let (found, rows) = TextFeatures::fit(&params, &corpus, &chain, &words, &Pool::new(2), |_| true).unwrap();
    assert_eq!(found.len(), rows.cols());
    assert_eq!(found.transform_texts(&texts).unwrap(), rows);
    (Arc::new(found), Rows::Sparse(rows), texts, labels)
}

fn again<M: Wrapped>(machine: Machine) -> Machine {
    let data = DataHash { name: "made".into(), sha256: "0".repeat(64), rows: 1 };
    let bundle = Bundle::of(&M::wrap(machine), Manifest::new("x", "r", data)).unwrap();
    assert_eq!(bundle.manifest.kind, M::KIND);
    let bytes = bundle.to_bytes().unwrap();
    let opened = Bundle::from_bytes(&bytes, &gyeol_bundle::Limits::default()).unwrap();
    opened.open_as::<M>().unwrap().machine().clone()
}

fn said(machine: &Machine, texts: &[String]) -> Vec<f64> {
    match machine.ask(Some(texts), None, &Pool::new(1)).unwrap().0 {
        Said::Classes(p) => p.data().to_vec(),
        Said::Values(v) => v,
    }
}

#[test]
fn machines_on_texts_come_back_from_their_files_and_know_wind_from_rain() {
    let pool = Pool::new(2);
    let (words, x, texts, labels) = features("word:1-2+char-wb:2-3", Weighing::TfIdf);
    let (jamo, ones, _, _) = features("jamo:1-3", Weighing::Presence);
    let machine = |inputs: &Arc<TextFeatures>, head: Head, calibration: Option<Calibrator>| Machine {
        rung: "made".into(),
        answer: Answer::Class(vec!["wind".into(), "rain".into()]),
        target: "label".into(),
        inputs: Inputs { texts: Some(Arc::clone(inputs)), ..Inputs::default() },
        head,
        calibration,
        seen: None,
        decision: None,
    };
    let logistic = LogisticParams::default().fit(x.features(), &labels, 2, None, None, &pool).unwrap().model;
    let (unit, _) = NbsvmParams::default().fit_unit(ones.features(), &labels, 2, None, &pool).unwrap();
    let scores = unit.decision(ones.features(), &pool).unwrap();
    let sigmoid = Calibrator::fit(Calibration::Sigmoid, scores.data(), &labels, 2, None).unwrap();
    let nearest = Nearest::new(x.clone(), Kept::Classes(labels.clone(), 2), 3);
    let constant = Head::Constant(vec![0.25, 0.75]);
    for (machine, learnt) in [
        (machine(&words, Head::Classes(logistic), None), true),
        (machine(&jamo, Head::Unit(unit), Some(sigmoid)), true),
        (machine(&words, Head::Nearest(nearest), None), true),
        (Machine { inputs: Inputs::default(), ..machine(&words, constant, None) }, false),
    ] {
        let back = again::<Classifier>(machine.clone());
        assert_eq!(said(&machine, &texts), said(&back, &texts));
        assert_eq!(said(&machine, &texts), said(&machine.clone(), &texts));
        let (answer, _) = back.ask(Some(&texts), None, &pool).unwrap();
        let right = answer.classes().iter().zip(&labels).filter(|(a, b)| a == b).count();
        assert_eq!(right, if learnt { 60 } else { 30 });
    }
}

#[test]
fn machines_on_columns_come_back_and_refuse_what_was_made_otherwise() {
    let pool = Pool::new(1);
    let mut rng = Rng::new(1);
    let (x, z): (Vec<f64>, Vec<f64>) = (0..40).map(|_| (rng.normal(), rng.normal())).unzip();
    let y: Vec<f64> = x.iter().zip(&z).map(|(x, z)| 3.0 * x - z + 1.0).collect();
    let table = Table::from_columns(vec![
        ("x".into(), ColumnData::Number(x)),
        ("z".into(), ColumnData::Number(z)),
        ("y".into(), ColumnData::Number(y.clone())),
    ])
    .unwrap();
    let all: Vec<usize> = (0..40).collect();
    let encoder = gyeol_columns::ColumnsParams::default().check().unwrap().fit(&table, &all, &["y"]).unwrap();
    let inputs = Inputs { columns: Some(encoder), ..Inputs::default() };
    let (rows, warnings) = inputs.rows(None, Some(&table)).unwrap();
    assert!(warnings.iter().all(|w| w.code == "extra-columns"), "{warnings:?}");
    let least =
        gyeol_learn::LeastSquares::fit(&gyeol_supervised::dense(&rows).unwrap(), &y, true, &pool).unwrap();
    let machine = |answer: Answer, head: Head| Machine {
        rung: "made".into(),
        answer,
        target: "y".into(),
        inputs: inputs.clone(),
        head,
        calibration: None,
        seen: None,
        decision: None,
    };
    let linear = machine(Answer::Value, Head::Values(least.model));
    let ask = |m: &Machine| match m.ask(None, Some(&table), &pool).unwrap().0 {
        Said::Values(v) => v,
        Said::Classes(p) => p.data().to_vec(),
    };
    assert!(ask(&linear).iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-9));
    assert_eq!(ask(&again::<Regressor>(linear.clone())), ask(&linear));
    let near = machine(Answer::Value, Head::Nearest(Nearest::new(rows.clone(), Kept::Values(y.clone()), 1)));
    assert!(ask(&again::<Regressor>(near)).iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-12));
    let labels: Vec<u32> = y.iter().map(|y| u32::from(*y > 1.0)).collect();
    let dense = gyeol_supervised::dense(&rows).unwrap().into_owned();
    let bayes = GaussianBayes::fit(&dense, &labels, 2, None, 1e-9).unwrap();
    let classes = || Answer::Class(vec!["low".into(), "high".into()]);
    let gaussian = machine(classes(), Head::Gaussian(bayes));
    assert_eq!(ask(&again::<Classifier>(gaussian.clone())), ask(&gaussian));

    // A bundle of the other kind, and one whose parts do not fit, are refused.
    let data = DataHash { name: "made".into(), sha256: "0".repeat(64), rows: 1 };
    let mut bundle = Bundle::of(&Regressor(linear.clone()), Manifest::new("x", "r", data)).unwrap();
    assert!(bundle.clone().open_as::<Classifier>().is_err());
    bundle.manifest.model["head"]["inputs"] = 7.into();
    assert!(bundle.open_as::<Regressor>().is_err());
    let texts = ["words".to_owned()];
    assert_eq!(linear.ask(Some(&texts), None, &pool).unwrap_err().code(), "wrong-shape");
    let short = Linear { inputs: 1, outputs: 1, weights: vec![1.0], bias: vec![0.0] };
    assert!(machine(Answer::Value, Head::Values(short)).fits().is_err());
    let other = LinearClassifier {
        classes: 2,
        inputs: 2,
        outputs: 1,
        weights: vec![0.0; 2],
        bias: vec![0.0],
        link: Link::Softmax,
    };
    assert!(machine(classes(), Head::Classes(other)).fits().is_ok());
}

#[test]
fn examples_say_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let plain = write("plain.txt", "one line of text\nand another one\n");
    let code = |r: gyeol_base::Result<Examples>| r.unwrap_err().code();
    assert_eq!(code(Examples::of_texts(&plain, CorpusOptions::default(), |_| true)), "no-labels");
    let table = write("t.csv", "x,y\n1,2\n3,\n5,6\n,nan\n");
    let read =
        |target: &str, values: bool| Examples::of_table(&table, &Default::default(), target, None, values);
    assert_eq!(code(read("z", true)), "no-such-column");
    let found = read("y", true).unwrap();
    assert_eq!((found.len(), found.rows.clone()), (2, vec![2, 4]));
    assert!(found.notes.iter().any(|n| n.contains("2 of 4 rows have no 'y'")), "{:?}", found.notes);
    let names = read("y", false).unwrap();
    assert_eq!(names.class_names(), ["2", "6"], "numbers in their order");
    let words = write("w.csv", "x,y\n1,low\n3,high\n5,low\n");
    let wrong = Examples::of_table(&words, &Default::default(), "y", None, true).unwrap_err();
    assert_eq!((wrong.code(), wrong.fault().row), ("no-number", Some(2)));
    let empty = write("e.csv", "x,y\n1,\n2,\n");
    assert_eq!(code(Examples::of_table(&empty, &Default::default(), "y", None, false)), "no-labels");
    let jsonl = write("l.jsonl", "{\"text\":\"a b\",\"label\":\"p\"}\n{\"text\":\"c d\",\"label\":\"q\"}\n");
    let read = Examples::of_texts(&jsonl, CorpusOptions::default(), |_| true).unwrap();
    assert_eq!(read.labels().collect::<Vec<_>>(), ["p", "q"]);
    assert_eq!(read.take(&[1]).unwrap().texts.unwrap(), ["c d"]);
}

#[test]
fn nets_bags_and_trees_come_back_from_their_files_and_say_the_same_on_any_number_of_threads() {
    let pool = Pool::new(2);
    let (words, x, texts, labels) = features("word:1-2+char-wb:2-3", Weighing::Count);
    let (hashed, h, _, _) = features("word:1-2+char-wb:2-3@2048", Weighing::Count);
    let target = Target::Classes { names: vec!["wind".into(), "rain".into()], of: labels.clone() };
    let params = NetParams {
        hidden: vec![8],
        dimension: 6,
        min_examples: 2,
        dropout: 0.2,
        epochs: 30,
        until: None,
        batch: 8,
        learning_rate: 0.05,
        weight_decay: 0.01,
        patience: 5,
        loss: Loss::Mse,
        seed: 3,
    };
    let judged = Some((&h, &target));
    let bag = |threads| params.fit_bag((&h, &target), judged, 2, &Pool::new(threads), &mut |_| true).unwrap();
    let net = |threads| {
        params.fit_table((&x, &target), Some((&x, &target)), 2, &Pool::new(threads), &mut |_| true).unwrap()
    };
    let (bags, nets) = (bag(1), net(1));
    assert_eq!(bags.net.parts(), bag(3).net.parts());
    assert_eq!(nets.net.parts(), net(3).net.parts());
    assert!(bags.naive > 0.6 && bags.curve[bags.best_epoch - 1].valid_loss < 0.3 && bags.layers.len() == 3);
    // Without a validation part as many epochs as are asked for.
    let until = NetParams { until: Some(4), ..params.clone() };
    let walked = until.fit_bag((&h, &target), None, 2, &pool, &mut |_| true).unwrap();
    assert_eq!((walked.best_epoch, walked.curve.len()), (4, 4));
    let grown = TreesParams { rounds: 10, min_rows: 2, ..TreesParams::default() };
    let trees = grown.fit(x.features(), Answers::Classes(&labels, 2), None, &pool, &mut |_| true).unwrap();
    let of = |inputs: &Arc<TextFeatures>, head: Head| Machine {
        rung: "made".into(),
        answer: Answer::Class(vec!["wind".into(), "rain".into()]),
        target: "label".into(),
        inputs: Inputs { texts: Some(Arc::clone(inputs)), ..Inputs::default() },
        head,
        calibration: None,
        seen: None,
        decision: None,
    };
    for machine in [
        of(&hashed, Head::Bag(Box::new(bags.net))),
        of(&words, Head::Net(Box::new(nets.net))),
        of(&words, Head::Trees(Box::new(trees.model))),
    ] {
        assert!(machine.fits().is_ok() && machine.parameters() > 10);
        let back = again::<Classifier>(machine.clone());
        assert_eq!(said(&machine, &texts), said(&back, &texts));
        let (answer, _) = back.ask(Some(&texts), None, &pool).unwrap();
        assert!(answer.classes().iter().zip(&labels).filter(|(a, b)| a == b).count() >= 58);
        // Nothing known: an answer all the same.
        let (none, _) = back.ask(Some(&["".into(), "zzz".into()]), None, &pool).unwrap();
        assert!(matches!(none, Said::Classes(p) if p.data().iter().all(|v| v.is_finite())));
        // Another count of features, or of classes, than the head was made for.
        assert!(Machine { inputs: Inputs::default(), ..machine.clone() }.fits().is_err());
        let three = Answer::Class(["a", "b", "c"].map(String::from).to_vec());
        let data = DataHash { name: "made".into(), sha256: "0".repeat(64), rows: 1 };
        let wrong = Classifier(Machine { answer: three, ..machine });
        assert!(Bundle::of(&wrong, Manifest::new("x", "r", data)).unwrap().open_as::<Classifier>().is_err());
    }
}

#[test]
fn nets_and_trees_of_numbers_learn_a_line_and_odd_parts_are_said() {
    let pool = Pool::new(1);
    let mut rng = Rng::new(1);
    let data: Vec<f64> = (0..600).map(|_| rng.normal()).collect();
    let y: Vec<f64> = data.chunks(2).map(|x| 1000.0 + 300.0 * x[0] - 100.0 * x[1]).collect();
    let x = Rows::Dense(gyeol_vectors::matrix::Dense::new(300, 2, data).unwrap());
    let target = Target::Values(y.clone());
    let params = NetParams {
        hidden: vec![16],
        dimension: 4,
        min_examples: 1,
        dropout: 0.0,
        epochs: 200,
        until: None,
        batch: 16,
        learning_rate: 0.01,
        weight_decay: 0.0,
        patience: 50,
        loss: Loss::Mse,
        seed: 3,
    };
    let fit = params.fit_table((&x, &target), Some((&x, &target)), 0, &pool, &mut |_| true).unwrap();
    let off =
        |said: Vec<f64>| (said.iter().zip(&y).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 300.0).sqrt();
    assert!(off(fit.net.values(&x, &pool).unwrap()) < 30.0, "{}", off(fit.net.values(&x, &pool).unwrap()));
    // One class alone, no column, what is stopped.
    let one = Target::Classes { names: vec!["a".into()], of: vec![0; 300] };
    let code = |e: gyeol_supervised::Error| e.code();
    assert_eq!(code(params.fit_table((&x, &one), None, 1, &pool, &mut |_| true).unwrap_err()), "one-class");
    assert_eq!(code(params.fit_bag((&x, &one), None, 1, &pool, &mut |_| true).unwrap_err()), "one-class");
    let none = Rows::None(300);
    assert_eq!(
        code(params.fit_table((&none, &target), None, 0, &pool, &mut |_| true).unwrap_err()),
        "too-wide"
    );
    assert_eq!(code(params.fit_table((&x, &target), None, 0, &pool, &mut |_| false).unwrap_err()), "stopped");
    let rare = NetParams { min_examples: 1000, ..params.clone() };
    assert_eq!(code(rare.fit_bag((&x, &target), None, 0, &pool, &mut |_| true).unwrap_err()), "no-terms");
    // A constant target, and a constant column.
    let flat = Target::Values(vec![7.0; 300]);
    let fit = params.fit_table((&x, &flat), None, 0, &pool, &mut |_| true).unwrap();
    assert!(fit.net.values(&x, &pool).unwrap().iter().all(|v| (v - 7.0).abs() < 0.1));
}
