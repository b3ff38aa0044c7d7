//! Recurrent nets over units: they know the order of words, come back from their files, and take any text.

use std::sync::Arc;

use gyeol_bundle::{Bundle, DataHash, Limits, Manifest};
use gyeol_neural::net::Reads;
use gyeol_neural::{Cell, Fit, Loss};
use gyeol_supervised::{
    Answer, Classifier, Head, Inputs, LogOdds, LogOddsParams, Machine, NetParams, Reasons, Rows, Said,
    SequenceParams, Target, TextFeatures, TextParams, Unit, Units, UnitsParams, Weighing, Wrapped,
};
use gyeol_tensor::{Pool, Rng};
use gyeol_text::corpus::Corpus;
use gyeol_text::prepare::{Preparation, PreparationParams};

use crate::mutate::fuzz;

/// Texts of the same words, good where "not" stands behind and bad where it stands before.
fn texts(count: usize) -> (Vec<String>, Vec<u32>) {
    let mut rng = Rng::new(3);
    let filler = ["the", "boat", "was", "seen", "again", "today"];
    let mut pick =
        |most: u64| (0..rng.below(most)).map(|_| filler[rng.below(6) as usize]).collect::<Vec<_>>().join(" ");
    let of = |i: usize| if i.is_multiple_of(2) { "not good" } else { "good not" };
    let texts = (0..count).map(|i| format!("{} {} {}", pick(4), of(i), pick(4))).collect();
    (texts, (0..count as u32).map(|i| i % 2).collect())
}

fn chain() -> (PreparationParams, Preparation) {
    let chain = PreparationParams {
        language: "en".into(),
        normalise: vec!["lower".into()],
        ..PreparationParams::default()
    };
    let words = chain.clone().check().unwrap().plain().unwrap();
    (chain, words)
}

fn with_corpus<R>(texts: &[String], use_it: impl FnOnce(&Corpus) -> R) -> R {
    let folder = tempfile::tempdir().unwrap();
    let labels = vec![0; texts.len()];
    let corpus = crate::examples(texts.to_vec(), labels).corpus(folder.path(), "t.jsonl").unwrap().unwrap();
    use_it(&corpus)
}

fn units(texts: &[String], unit: Unit, min_count: u64, longest: usize) -> Units {
    let params = UnitsParams { unit, min_count, most: None, longest, vectors: None };
    let (chain, words) = chain();
    with_corpus(texts, |corpus| {
        let units = Units::fit(&params, corpus, &chain, &words, &Pool::new(2), |_| true).unwrap();
        assert_eq!(units.transform(corpus, &Pool::new(2), |_| true).unwrap(), units.transform_texts(texts));
        units
    })
}

fn params() -> SequenceParams {
    SequenceParams {
        cell: Cell::Lstm,
        bidirectional: false,
        units: 12,
        layers: 1,
        embedding: 8,
        pooling: Reads::MeanMax,
        dropout: 0.1,
        word_dropout: 0.02,
        pretrain: 0,
        epochs: 12,
        until: None,
        batch: 16,
        learning_rate: 0.03,
        weight_decay: 0.01,
        patience: 12,
        loss: Loss::Mse,
        seed: 4,
    }
}

fn target(of: &[u32]) -> Target {
    Target::Classes { names: vec!["bad".into(), "good".into()], of: of.to_vec() }
}

fn machine(units: &Arc<Units>, head: Head) -> Machine {
    Machine {
        rung: "lstm".into(),
        answer: Answer::Class(vec!["bad".into(), "good".into()]),
        target: "label".into(),
        inputs: Inputs { units: Some(Arc::clone(units)), ..Inputs::default() },
        head,
        calibration: None,
        seen: None,
        decision: None,
    }
}

fn right(said: &Said, labels: &[u32]) -> f64 {
    said.classes().iter().zip(labels).filter(|(a, b)| a == b).count() as f64 / labels.len() as f64
}

#[test]
fn the_order_of_words_is_learnt_where_a_bag_cannot() {
    let (all, labels) = texts(400);
    let (learnt, judged) = (&all[..300], &all[300..]);
    let known = Arc::new(units(learnt, Unit::Word, 1, 64));
    let (x, v) =
        (Rows::Sequences(known.transform_texts(learnt)), Rows::Sequences(known.transform_texts(judged)));
    let (y, z) = (target(&labels[..300]), target(&labels[300..]));
    for (cell, bidirectional, pooling) in [
        (Cell::Lstm, false, Reads::MeanMax),
        (Cell::Lstm, true, Reads::Last),
        (Cell::Gru, false, Reads::Attention),
        (Cell::Rnn, false, Reads::Max),
        (Cell::SLstm, true, Reads::Last),
        (Cell::MinGru, false, Reads::MeanMax),
    ] {
        let params = SequenceParams { cell, bidirectional, pooling, ..params() };
        let fit =
            |threads| params.fit((&x, &y), Some((&v, &z)), 2, &Pool::new(threads), &mut |_| true).unwrap();
        let found = fit(1);
        assert_eq!(found.net.parts(), fit(2).net.parts(), "the same bits on two threads");
        assert!(found.naive > 0.6 && found.curve.len() == 12 && found.best_epoch > 0);
        let parameters: usize = found.layers.iter().map(|layer| layer.parameters).sum();
        let machine = machine(&known, Head::Sequence(Box::new(found.net)));
        assert!(machine.fits().is_ok() && machine.reads_texts() && !machine.reads_columns());
        assert_eq!(machine.parameters(), parameters);
        let (said, _) = machine.ask(Some(judged), None, &Pool::new(2)).unwrap();
        let why = machine.explain(Some(&["Not good".into()]), None, &Pool::new(1)).unwrap();
        let Reasons::Without { terms, scores } = why.reasons else { panic!() };
        let mut names: Vec<&str> = terms.iter().map(|term| term.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!((names, scores.len()), (vec!["good", "not"], 1));
        assert!(scores[0] < 0.0 && terms[0].contributions[0].abs() >= terms[1].contributions[0].abs());
        assert!(right(&said, &labels[300..]) > 0.97, "{cell:?} {}", right(&said, &labels[300..]));
    }
    let (chain, words) = chain();
    let terms = TextParams {
        terms: "word:1-1".parse().unwrap(),
        weighing: Weighing::Count,
        min_documents: 1,
        max_terms: None,
    };
    let (features, x) = with_corpus(learnt, |corpus| {
        TextFeatures::fit(&terms, corpus, &chain, &words, &Pool::new(1), |_| true).unwrap()
    });
    let bag = NetParams {
        hidden: vec![16],
        dimension: 8,
        min_examples: 1,
        dropout: 0.0,
        epochs: 20,
        until: None,
        batch: 16,
        learning_rate: 0.05,
        weight_decay: 0.0,
        patience: 20,
        loss: Loss::Mse,
        seed: 4,
    };
    let v = Rows::Sparse(features.transform_texts(judged).unwrap());
    let found = bag.fit_bag((&Rows::Sparse(x), &y), Some((&v, &z)), 2, &Pool::new(1), &mut |_| true).unwrap();
    let p = found.net.probabilities(&v, &Pool::new(1)).unwrap();
    let same = p.chunks(2).zip(&labels[300..]).filter(|(p, label)| u32::from(p[1] > 0.5) == **label);
    assert!(same.count() < 70, "a bag has no order");
}

#[test]
fn any_text_has_an_answer_and_it_is_the_same_from_the_file() {
    let (all, labels) = texts(60);
    for (unit, pooling, longest) in
        [(Unit::Word, Reads::MeanMax, 64), (Unit::Char, Reads::Last, 4096), (Unit::Jamo, Reads::Attention, 9)]
    {
        let known = Arc::new(units(&all, unit, 2, longest));
        let x = Rows::Sequences(known.transform_texts(&all));
        let params = SequenceParams { epochs: 2, pooling, bidirectional: true, layers: 2, ..params() };
        let fit = params.fit((&x, &target(&labels)), None, 2, &Pool::new(2), &mut |_| true).unwrap();
        assert_eq!((fit.best_epoch, fit.curve.len()), (2, 2));
        let machine = machine(&known, Head::Sequence(Box::new(fit.net)));
        let back = again(&machine);
        let long = "good boat ".repeat(50_000);
        let asked: Vec<String> = ["", "   ", "good", "never-seen", "한글 하나", "\u{0}"]
            .into_iter()
            .map(String::from)
            .chain([long.clone()])
            .chain(all.clone())
            .collect();
        let said = |machine: &Machine, texts: &[String]| match machine
            .ask(Some(texts), None, &Pool::new(2))
            .unwrap()
            .0
        {
            Said::Classes(p) => p.data().to_vec(),
            Said::Values(_) => panic!(),
        };
        let found = said(&machine, &asked);
        assert!(found.chunks(2).all(|p| p.iter().all(|v| v.is_finite()) && (p[0] + p[1] - 1.0).abs() < 1e-5));
        assert_eq!(found, said(&back, &asked));
        let alone = said(&back, &asked[6..7]);
        assert!((alone[0] - found[12]).abs() < 1e-5, "neighbours change nothing");
        let (Rows::Sequences(rows), warnings) = machine.inputs.rows(Some(&asked), None).unwrap() else {
            panic!()
        };
        assert!(warnings.len() == 1 && warnings[0].words.contains(&format!("the {longest} units")));
        assert_eq!((rows.at(0), rows.at(6).len()), (&[1][..], longest));
        assert!(rows.cut() >= 1);
        // Rows that are no sequences, and those of other units.
        assert!(back.of_rows(&Rows::None(3), &Pool::new(1)).is_err());
        let other = units(&["x y x y".to_owned()], Unit::Word, 1, 5);
        let wrong = Rows::Sequences(other.transform_texts(&["x"]));
        assert_eq!(back.of_rows(&wrong, &Pool::new(1)).unwrap_err().code(), "other-columns");
        assert!(back.ask(None, None, &Pool::new(1)).is_err());
    }
}

#[test]
fn texts_without_a_known_unit_and_odd_parameters() {
    let (all, labels) = texts(40);
    let (pool, y) = (Pool::new(1), target(&labels));
    let nothing = units(&all, Unit::Word, 1_000_000, 20);
    assert_eq!(nothing.len(), 2);
    let x = Rows::Sequences(nothing.transform_texts(&all));
    let short = SequenceParams { epochs: 1, ..params() };
    let fit = short.fit((&x, &y), Some((&x, &y)), 2, &pool, &mut |_| true).unwrap();
    assert!(fit.net.probabilities(&x, &pool).unwrap().iter().all(|p| p.is_finite()));
    // Numbers instead of classes.
    let known = units(&all, Unit::Word, 1, 20);
    let x = Rows::Sequences(known.transform_texts(&all));
    let values = Target::Values(labels.iter().map(|&label| 100.0 + 50.0 * f64::from(label)).collect());
    let fit = params().fit((&x, &values), Some((&x, &values)), 0, &pool, &mut |_| true).unwrap();
    let said = fit.net.values(&x, &pool).unwrap();
    let off = said.iter().zip(&labels).map(|(v, &l)| (v - 100.0 - 50.0 * f64::from(l)).abs()).sum::<f64>();
    assert!(off / 40.0 < 10.0, "{off}");
    let code = |params: SequenceParams, x: &Rows, y: &Target, classes: usize| {
        params.fit((x, y), None, classes, &pool, &mut |_| true).unwrap_err().code()
    };
    let one = Target::Classes { names: vec!["a".into()], of: vec![0; 40] };
    assert_eq!(code(params(), &x, &one, 1), "one-class");
    assert_eq!(code(SequenceParams { units: 0, ..params() }, &x, &y, 2), "parameter");
    assert_eq!(code(SequenceParams { learning_rate: f64::NAN, ..params() }, &x, &y, 2), "parameter");
    // A stop is one at the next step.
    let mut steps = 0;
    let stopped = params().fit((&x, &y), None, 2, &pool, &mut |step| {
        steps += usize::from(matches!(step, Fit::Iteration { .. }));
        steps < 3
    });
    assert_eq!((stopped.unwrap_err().code(), steps), ("stopped", 3));
    let wide =
        UnitsParams { vectors: None, unit: Unit::CharWithinWords, min_count: 1, most: None, longest: 9 };
    let (chain, words) = chain();
    with_corpus(&all, |corpus| {
        for params in [wide.clone(), UnitsParams { unit: Unit::Word, longest: 0, ..wide.clone() }] {
            assert!(Units::fit(&params, corpus, &chain, &words, &pool, |_| true).is_err());
        }
    });
}

fn bundle(machine: &Machine) -> Bundle {
    let data = DataHash { name: "made".into(), sha256: "0".repeat(64), rows: 1 };
    Bundle::of(&Classifier::wrap(machine.clone()), Manifest::new("x", "r", data)).unwrap()
}

fn again(machine: &Machine) -> Machine {
    let bytes = bundle(machine).to_bytes().unwrap();
    let opened = Bundle::from_bytes(&bytes, &Limits::default()).unwrap();
    opened.open_as::<Classifier>().unwrap().machine().clone()
}

#[test]
fn altered_files_are_read_or_refused() {
    let (all, labels) = texts(30);
    let known = Arc::new(units(&all, Unit::Word, 1, 16));
    let x = Rows::Sequences(known.transform_texts(&all));
    let small = SequenceParams { units: 3, embedding: 2, epochs: 1, ..params() };
    let fit = small.fit((&x, &target(&labels)), None, 2, &Pool::new(1), &mut |_| true).unwrap();
    let whole = bundle(&machine(&known, Head::Sequence(Box::new(fit.net))));
    let read = |bundle: Bundle| {
        let opened = bundle.open_as::<Classifier>().map_err(|e| e.to_string())?;
        let texts = ["not good".to_owned(), String::new()];
        opened.machine().ask(Some(&texts), None, &Pool::new(1)).map(drop).map_err(|e| e.to_string())
    };
    let bytes = whole.to_bytes().unwrap();
    fuzz(300, &[bytes], |bytes| {
        read(Bundle::from_bytes(bytes, &Limits::default()).map_err(|e| e.to_string())?)
    });
    let description = serde_json::to_vec(&whole.manifest.model).unwrap();
    fuzz(600, &[description], |json| {
        let mut bundle = whole.clone();
        bundle.manifest.model = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        read(bundle)
    });
    let units = whole.text("units").unwrap().into_bytes();
    fuzz(300, &[units], |json| {
        let mut bundle = whole.clone();
        bundle.tensors.insert("units".into(), gyeol_bundle::Tensor::bytes(json.to_vec()));
        read(bundle)
    });
    // Parts that do not belong together.
    let altered = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut bundle = whole.clone();
        change(&mut bundle.manifest.model);
        assert!(read(bundle).is_err());
    };
    altered(&|model| model["units"] = false.into());
    altered(&|model| model["head"]["shape"]["reads"] = "every".into());
    altered(&|model| model["head"]["shape"]["stack"]["hidden"] = 65_536.into());
    altered(&|model| model["head"]["shape"]["input"] = "numbers".into());
    altered(&|model| model["classes"] = serde_json::json!(["a", "b", "c"]));
}

#[test]
fn a_net_that_told_the_next_word_first_begins_ahead() {
    let (all, labels) = texts(400);
    let (learnt, judged) = (&all[..300], &all[300..]);
    let known = units(learnt, Unit::Word, 1, 64);
    let (x, v) =
        (Rows::Sequences(known.transform_texts(learnt)), Rows::Sequences(known.transform_texts(judged)));
    let (y, z) = (target(&labels[..300]), target(&labels[300..]));
    // So slow a rate that what it began with is what it has.
    let fit = |pretrain, threads| {
        let params =
            SequenceParams { pretrain, epochs: 2, learning_rate: 0.01, pooling: Reads::Last, ..params() };
        let mut steps = 0;
        let found = params.fit((&x, &y), Some((&v, &z)), 2, &Pool::new(threads), &mut |step| {
            steps += usize::from(matches!(step, Fit::Iteration { .. }));
            true
        });
        (found.unwrap(), steps)
    };
    let ((random, few), (taught, more)) = (fit(0, 1), fit(10, 1));
    assert_eq!(taught.net.parts(), fit(10, 2).0.net.parts(), "the same bits on two threads");
    assert!(more > 3 * few, "its steps are told too");
    assert_eq!(taught.curve.len(), 2);
    assert_ne!(random.net.parts().params, taught.net.parts().params);
    assert!(taught.curve[1].valid_loss < random.curve[1].valid_loss, "{:?} {:?}", taught.curve, random.curve);
    let both = SequenceParams { pretrain: 1, bidirectional: true, ..params() };
    let refused = both.fit((&x, &y), None, 2, &Pool::new(1), &mut |_| true);
    assert_eq!(refused.unwrap_err().code(), "pretrain");
}

#[test]
fn units_begin_with_the_vectors_of_a_file_and_go_on_from_there() {
    let (all, labels) = texts(60);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.txt");
    let of = |i: usize| (0..8).map(|j| ((i * 8 + j) as f32 * 0.7).sin()).collect::<Vec<f32>>();
    let line = |(i, word): (usize, &&str)| {
        format!("{word} {}\n", of(i).iter().map(f32::to_string).collect::<Vec<_>>().join(" "))
    };
    let known = ["good", "nowhere", "boat", "not"];
    std::fs::write(&path, known.iter().enumerate().map(line).collect::<String>()).unwrap();
    let params_of = UnitsParams {
        unit: Unit::Word,
        min_count: 1,
        most: None,
        longest: 64,
        vectors: Some((path.clone(), None)),
    };
    let (chain, words) = chain();
    let fit_units = |params: &UnitsParams| {
        with_corpus(&all, |corpus| {
            let units = Units::fit(params, corpus, &chain, &words, &Pool::new(1), |_| true)?;
            let rows = units.transform(corpus, &Pool::new(2), |_| true)?;
            Ok::<_, gyeol_base::Error>((units, rows))
        })
    };
    let (units, rows) = fit_units(&params_of).unwrap();
    let begins = rows.begins().unwrap();
    // "not" and "good" stand in each text, "boat" in some.
    let tokens: Vec<&str> = all.iter().flat_map(|text| text.split_whitespace()).collect();
    let met = tokens.iter().filter(|word| ["good", "boat", "not"].contains(word)).count();
    assert_eq!((begins.found, begins.composed), ([3, units.len() - 2], 0));
    assert!((begins.share - met as f64 / tokens.len() as f64).abs() < 1e-12, "{}", begins.share);
    // At a rate of next to nothing the vectors are what the file says.
    let still = SequenceParams { learning_rate: 1e-7, weight_decay: 0.0, epochs: 1, ..params() };
    let (x, y) = (Rows::Sequences(rows), target(&labels));
    for pretrain in [0, 1] {
        let still = SequenceParams { pretrain, ..still.clone() };
        let fit = |threads| still.fit((&x, &y), None, 2, &Pool::new(threads), &mut |_| true).unwrap().net;
        let (net, other) = (fit(1), fit(3));
        assert_eq!(net.parts(), other.parts(), "the same bits on three threads");
        // Tables of embeddings come last.
        let parts = net.parts();
        let table = &parts.params[parts.params.len() - units.len() * 8..];
        for (i, word) in known.iter().enumerate().filter(|(_, word)| **word != "nowhere") {
            let id = units.transform_texts(&[word]).at(0)[0] as usize;
            let close = table[id * 8..id * 8 + 8].iter().zip(of(i)).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(close, "{word} {pretrain}");
        }
    }
    let wide = SequenceParams { embedding: 9, ..still };
    assert!(wide.fit((&x, &y), None, 2, &Pool::new(1), &mut |_| true).is_err());
    std::fs::write(&path, "good 1 2 x\n").unwrap();
    assert_eq!(fit_units(&params_of).unwrap_err().code(), "not-vectors");
}

#[test]
fn log_odds_of_n_grams_stand_beside_and_those_of_training_texts_are_of_a_fit_without_them() {
    let (all, labels) = texts(240);
    // One word of each text tells nothing of another text, and all of its own label.
    let marked: Vec<String> =
        all.iter().enumerate().map(|(i, text)| format!("{text} only{i} only{i}b")).collect();
    let (learnt, judged) = (&marked[..160], &marked[160..]);
    let params_of = |word: &str| LogOddsParams {
        terms: TextParams {
            terms: word.parse().unwrap(),
            weighing: Weighing::Presence,
            min_documents: 1,
            max_terms: None,
        },
        c: 1.0,
        folds: 4,
        seed: 3,
    };
    let (chain, words) = chain();
    let fit = |texts: &[String], of: &[u32], params: &LogOddsParams, threads: usize| {
        let of = (of, 2);
        with_corpus(texts, |corpus| {
            LogOdds::fit(params, corpus, (&chain, &words), of, &Pool::new(threads), |_| true)
        })
    };
    let right = |scores: &[f32], labels: &[u32]| {
        let right = scores.iter().zip(labels).filter(|(score, label)| (**score > 0.0) == (**label == 1));
        right.count() as f64 / labels.len() as f64
    };
    // Single words: nothing but chance for texts that were not learnt from, all of those that were.
    let (single, own) = fit(learnt, &labels[..160], &params_of("word:1-1"), 1).unwrap();
    assert!(right(&single.transform_texts(learnt).unwrap(), &labels[..160]) > 0.99);
    let crossed = right(&own, &labels[..160]);
    assert!(crossed < 0.75, "cross-fitted scores are those of texts that were not learnt from: {crossed}");
    assert!(fit(learnt, &labels[..160], &params_of("word:1-1"), 3).unwrap().1 == own, "the same bits");
    // Pairs of words tell them apart.
    let (pairs, own) = fit(learnt, &labels[..160], &params_of("word:1-2"), 2).unwrap();
    assert!(right(&own, &labels[..160]) > 0.95 && pairs.width() == 1);
    assert!(right(&pairs.transform_texts(judged).unwrap(), &labels[160..]) > 0.95);
    let deviation = |s: &[f32]| {
        let mean = s.iter().sum::<f32>() / s.len() as f32;
        (s.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / s.len() as f32).sqrt()
    };
    assert!((deviation(&own) - 1.0).abs() < 1e-3);
    // A net that may read nothing of the words learns from them.
    let known = Arc::new(units(learnt, Unit::Word, 1_000_000, 64));
    let with = |texts: &[String], beside: Vec<f32>| {
        Rows::Sequences(known.transform_texts(texts).with_beside(beside, 1).unwrap())
    };
    let (x, v) = (with(learnt, own), with(judged, pairs.transform_texts(judged).unwrap()));
    let (y, z) = (target(&labels[..160]), target(&labels[160..]));
    let found = params().fit((&x, &y), Some((&v, &z)), 2, &Pool::new(2), &mut |_| true).unwrap();
    let other = params().fit((&x, &y), Some((&v, &z)), 2, &Pool::new(1), &mut |_| true).unwrap();
    assert_eq!(found.net.parts(), other.net.parts());
    let mut machine = machine(&known, Head::Sequence(Box::new(found.net)));
    assert!(machine.fits().is_err(), "a net that reads log-odds, and none are there");
    machine.inputs.log_odds = Some(Arc::new(pairs));
    machine.fits().unwrap();
    let back = again(&machine);
    let said = |machine: &Machine| match machine.ask(Some(judged), None, &Pool::new(2)).unwrap().0 {
        Said::Classes(p) => p,
        Said::Values(_) => panic!(),
    };
    assert!(crate::sequence::right(&Said::Classes(said(&machine)), &labels[160..]) > 0.9);
    assert_eq!(said(&machine).data(), said(&back).data());
    assert_eq!(
        (back.parameters(), back.inputs.log_odds.as_ref().unwrap().width()),
        (machine.parameters(), 1)
    );
    // What a word adds goes by the n-grams alone here, as the net knows no word.
    let why = back.explain(Some(&["the boat not good today".into()]), None, &Pool::new(1)).unwrap();
    let Reasons::Without { terms, .. } = why.reasons else { panic!() };
    let first: Vec<&str> = terms[..2].iter().map(|term| term.name.as_str()).collect();
    assert!(first.contains(&"good") && first.contains(&"not"), "{first:?}");
    assert!(
        terms[0].contributions[0] < 0.0
            && terms[4].contributions[0].abs() < 0.1 * terms[0].contributions[0].abs()
    );
    assert!(back.of_rows(&Rows::Sequences(known.transform_texts(judged)), &Pool::new(1)).is_err());
    let mut few = labels[..160].to_vec();
    few.fill(0);
    few[7] = 1;
    assert_eq!(fit(learnt, &few, &params_of("word:1-1"), 1).unwrap_err().code(), "class-too-small");
}
