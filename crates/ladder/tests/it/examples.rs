//! The ladders of examples: scores are those of the saved machines, nothing leaks, runs repeat, odd data is said.

use std::path::Path;

use gyeol_bundle::Packed;
use gyeol_ladder::recipe::{AnyRecipe, ExamplesRecipe};
use gyeol_ladder::tasks::examples::evaluate;
use gyeol_ladder::{Climb, Error, Outcome};
use gyeol_report::model::Chapter;
use gyeol_supervised::{Classifier, Examples, Regressor};
use gyeol_tensor::{Pool, Rng};
use gyeol_text::corpus::CorpusOptions;

/// Labelled sentences of three kinds, some of them labelled wrongly.
pub(crate) fn texts(count: usize, seed: u64) -> String {
    let kinds: [(&str, &[&str]); 3] = [
        ("wind", &["gusts over the ridge", "the turbines turn fast", "a storm from the west"]),
        ("rain", &["showers in the valley", "the river is rising", "drizzle until noon"]),
        ("sun", &["panels at full power", "a cloudless morning", "heat in the city"]),
    ];
    let mut rng = Rng::new(seed);
    let mut out = String::from("text,label\n");
    for i in 0..count {
        let mut pick = |n: usize| rng.below(n as u64) as usize;
        let (_, phrases) = kinds[i % 3];
        let label = if pick(20) == 0 { kinds[pick(3)].0 } else { kinds[i % 3].0 };
        out +=
            &format!("\"Report {}: {}, {} readings\",{label}\n", pick(10_000), phrases[pick(3)], pick(900));
    }
    out
}

pub(crate) fn table(count: usize, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut out = String::from("id,area,age,kind,price,class\n");
    for i in 0..count {
        let (area, age) = (50.0 + 30.0 * rng.uniform(), 40.0 * rng.uniform());
        let kind = ["flat", "house", "hall"][rng.below(3) as usize];
        let price = 3.0 * area - age + if kind == "house" { 40.0 } else { 0.0 } + rng.normal();
        let missing = if rng.below(30) == 0 { String::new() } else { format!("{age:.2}") };
        out += &format!(
            "{i},{area:.2},{missing},{kind},{price:.3},{}\n",
            if price > 190.0 { "dear" } else { "cheap" }
        );
    }
    out
}

pub(crate) fn run(folder: &Path, recipe: &str, out: &str, threads: usize) -> Result<Outcome, Error> {
    let recipe = AnyRecipe::Examples(Box::new(ExamplesRecipe::parse(recipe, "r.toml").unwrap()));
    let options = Climb { out: folder.join(out), command: "gyeol run".into(), ..Climb::default() };
    gyeol_ladder::run(&recipe, Some(folder), &options, &Pool::new(threads), &mut ())
}

fn scores(outcome: &Outcome) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap()
}

/// Scores without what a clock measured.
pub(crate) fn timeless(outcome: &Outcome) -> serde_json::Value {
    let mut value = scores(outcome);
    for rung in value["rungs"].as_array_mut().unwrap() {
        rung.as_object_mut().unwrap().retain(|key, _| key != "fit_seconds" && key != "predict_us");
    }
    value
}

pub(crate) const TEXTS: &str = "task = \"classify\"\n[data]\nfile = \"t.csv\"\n";

#[test]
fn texts_climb_with_the_scores_of_the_saved_machines_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), texts(360, 1)).unwrap();
    let outcome = run(at, TEXTS, "a", 1).unwrap();
    let report = &outcome.report;
    assert_eq!(report.rungs[0].name, "majority");
    let error = |i: usize| report.rungs[i].test["error"].value;
    assert!(error(0) > 0.5 && error(report.best) < 0.2, "{} {}", error(0), error(report.best));
    for key in ["accuracy", "macro_f1", "log_loss"] {
        assert!(report.rungs[report.best].test[key].value.is_finite(), "{key}");
    }
    let found = scores(&outcome);
    assert_eq!((&found["task"], &found["denominator"]["documents"]), (&"classify".into(), &54.into()));
    assert!((1.0 - error(report.best) - report.rungs[report.best].test["accuracy"].value).abs() < 1e-12);
    for wanted in ["confusion", "mistakes", "telling"] {
        let there = report.chapters.iter().any(|c| match c {
            Chapter::Confusion(c) => wanted == "confusion" && c.classes.len() == 3,
            Chapter::Mistakes(m) => wanted == "mistakes" && !m.is_empty(),
            Chapter::Telling(t) => {
                wanted == "telling" && t.iter().any(|t| t.for_it.iter().any(|w| w.0.contains("storm")))
            }
            _ => false,
        });
        assert!(there, "{wanted}: {:?}", report.chapters);
    }
    // The saved model says the same of raw texts.
    let machine = Classifier::open(&outcome.model).unwrap().0;
    let all =
        Examples::of_texts(at.join("t.csv").to_str().unwrap(), CorpusOptions::default(), |_| true).unwrap();
    let alone = evaluate(&machine, all, 0, &Pool::new(2)).unwrap();
    assert!(alone.metrics["error"].value < 0.12 && alone.counts.len() == 3, "{:?}", alone.metrics);
    let other = run(at, TEXTS, "b", 3).unwrap();
    assert_eq!(timeless(&outcome), timeless(&other));
}

#[test]
fn tables_climb_both_ladders_and_ids_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), table(300, 2)).unwrap();
    let text = "task = \"regress\"\n[data]\nfile = \"t.csv\"\nkind = \"table\"\nlabel = \"price\"\n[columns]\nignored = [\"class\"]\n";
    let outcome = run(at, text, "r", 2).unwrap();
    let best = outcome.report.best_rung();
    assert!(best.test["r2"].value > 0.95 && best.test["rmse"].value < 5.0, "{:?}", best.test);
    let facts = outcome.report.examples().unwrap();
    let id = facts.columns.iter().find(|c| c.0 == "id").unwrap();
    assert_eq!(id.1, "dropped", "{id:?}");
    assert!(
        outcome.report.chapters.iter().any(|c| matches!(c, Chapter::Residuals(r) if r.points.len() == 45))
    );
    Regressor::open(&outcome.model).unwrap();
    assert_eq!(scores(&outcome)["denominator"]["rows"], 45);

    // The price tells the class: it is said, and the run goes on.
    let text = "task = \"classify\"\n[data]\nfile = \"t.csv\"\nkind = \"table\"\nlabel = \"class\"\n";
    let outcome = run(at, text, "c", 2).unwrap();
    let said = outcome.report.notes.iter().any(|n| format!("{n:?}").contains("'price' gives 'class' away"));
    assert!(said, "{:?}", outcome.report.notes);
}

#[test]
fn parts_of_their_own_keep_classes_that_training_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("train.csv"), texts(200, 3)).unwrap();
    std::fs::write(at.join("test.csv"), texts(60, 4) + "a quake at night,quake\na quake at dawn,quake\n")
        .unwrap();
    let text = "task = \"classify\"\n[data]\ntrain = \"train.csv\"\ntest = \"test.csv\"\n[[rung]]\nname = \"majority\"\n[[rung]]\nname = \"logistic\"\nc = [10]\nfeatures = [\"word:1-1\"]\n";
    let outcome = run(at, text, "a", 1).unwrap();
    let facts = outcome.report.examples().unwrap();
    assert_eq!(facts.unseen, [("quake".to_owned(), 2)]);
    assert_eq!(facts.test.examples, 62);
    let test = &outcome.report.rungs[1].test;
    assert!(test["error"].value >= 2.0 / 62.0 && test["log_loss"].value.is_finite());
    let machine = Classifier::open(&outcome.model).unwrap().0;
    assert!(!machine.classes().iter().any(|c| c == "quake"));
}

#[test]
fn odd_examples_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let fails = |csv: &str, recipe: &str| {
        std::fs::write(at.join("t.csv"), csv).unwrap();
        let error = run(at, recipe, "x", 1).unwrap_err();
        assert!(!error.fault().next.is_empty(), "{error}");
        assert!(!at.join("x").exists(), "nothing is written before the examples are sound");
        error.code()
    };
    let one: String = (0..40).map(|i| format!("sentence number {i} of many,same\n")).collect();
    assert_eq!(fails(&format!("text,label\n{one}"), TEXTS), "one-class");
    let table = "task = \"classify\"\n[data]\nfile = \"t.csv\"\nkind = \"table\"\nlabel = \"y\"\n";
    let rows: String = (0..40).map(|i| format!("{i},7,{}\n", i % 2)).collect();
    assert_eq!(fails(&format!("row,x,y\n{rows}"), table), "no-features");
    assert_eq!(fails("x,y\n1,a\n2,b\n", table), "too-few-rows");
    let wanted = table.replace("label = \"y\"", "label = \"z\"");
    assert_eq!(fails(&format!("row,x,y\n{rows}"), &wanted), "no-such-column");
    let group = format!("{table}[split]\nby = \"group\"\ngroup = \"x\"\n");
    let rows: String = (0..40).map(|i| format!("{i},7,{}\n", i * 7 % 11)).collect();
    assert_eq!(
        fails(&format!("y,x,z\n{rows}"), &group.replace("label = \"y\"", "label = \"z\"")),
        "too-few-groups"
    );
}

#[test]
fn nets_and_trees_climb_learn_in_epochs_and_open_again_with_the_same_bits_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), texts(240, 1)).unwrap();
    std::fs::write(at.join("x.csv"), table(240, 2)).unwrap();
    let rungs = |names: &[&str]| {
        names.iter().map(|name| format!("[[rung]]\nname = \"{name}\"\n")).collect::<String>()
    };
    let columns = |task: &str, label: &str, other: &str| {
        format!(
            "task = \"{task}\"\n[data]\nfile = \"x.csv\"\nkind = \"table\"\nlabel = \"{label}\"\n[columns]\nignored = [\"{other}\"]\n"
        )
    };
    let recipes = [
        (TEXTS.to_owned() + &rungs(&["majority", "fasttext", "mlp", "trees"]), "error", 0.3),
        (columns("classify", "class", "price") + &rungs(&["majority", "mlp", "trees"]), "error", 0.2),
        (columns("regress", "price", "class") + &rungs(&["mean", "mlp", "trees"]), "unexplained", 0.1),
    ];
    for (i, (recipe, metric, most)) in recipes.iter().enumerate() {
        let outcome = run(at, recipe, &format!("a{i}"), 1).unwrap();
        for rung in &outcome.report.rungs[1..] {
            assert!(rung.test[*metric].value < *most, "{} {i}: {:?}", rung.name, rung.test);
            assert!(!rung.curve.is_empty() && rung.verdict.best_epoch > 0, "{}", rung.name);
            assert_eq!(rung.layers.is_empty(), rung.name == "trees");
            let keys: Vec<&str> = rung.training.iter().map(|fact| fact.key.as_str()).collect();
            assert!(keys.contains(&if rung.name == "trees" { "rounds" } else { "epochs" }), "{keys:?}");
        }
        assert_eq!(timeless(&outcome), timeless(&run(at, recipe, &format!("b{i}"), 3).unwrap()));
        // Saved machines say the same of raw examples as the climb said of its parts.
        for rung in &outcome.report.rungs[1..] {
            let file = at.join(format!("a{i}")).join("rungs").join(format!("{}.gyeol", rung.name));
            assert!(file.exists(), "{}", file.display());
            if i == 0 {
                let machine = Classifier::open(&file).unwrap().0;
                let path = at.join("t.csv");
                let all =
                    Examples::of_texts(path.to_str().unwrap(), CorpusOptions::default(), |_| true).unwrap();
                let alone = evaluate(&machine, all, 0, &Pool::new(2)).unwrap();
                assert!(alone.metrics["error"].value < *most, "{}: {:?}", rung.name, alone.metrics);
            }
        }
    }
    let told = run(at, &(recipes[2].0.clone() + "rounds = 50\nleaves = [4]\n"), "c", 2).unwrap();
    let trees = told.report.rungs.iter().find(|rung| rung.name == "trees").unwrap();
    assert!(trees.training.iter().any(|fact| fact.key == "leaves" && fact.value == "4"));
    let alone = columns("regress", "price", "class") + "[[rung]]\nname = \"trees\"\n";
    let outcome = run(at, &alone, "d", 2).unwrap();
    let gains = outcome.report.chapters.iter().find_map(|c| match c {
        Chapter::Telling(told) => Some(told[0].for_it.clone()),
        _ => None,
    });
    assert_eq!(gains.unwrap()[0].0, "area");
}

#[test]
fn a_mixture_joins_rungs_before_it_and_comes_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), texts(240, 9)).unwrap();
    let rungs = "[[rung]]\nname = \"naive-bayes\"\n[[rung]]\nname = \"nbsvm\"\nfeatures = [\"word:1-1\"]\nc = [1]\n[[rung]]\nname = \"naive-bayes+nbsvm\"\n";
    let outcome = run(at, &format!("{TEXTS}{rungs}"), "a", 2).unwrap();
    let mixture = &outcome.report.rungs[2];
    assert!(
        mixture.test["error"].value < 0.2 && mixture.file.ends_with("naive-bayes-and-nbsvm.gyeol"),
        "{mixture:?}"
    );
    let machine = Classifier::open(at.join("a").join(&mixture.file)).unwrap().0;
    let all =
        Examples::of_texts(at.join("t.csv").to_str().unwrap(), CorpusOptions::default(), |_| true).unwrap();
    assert!(evaluate(&machine, all, 0, &Pool::new(1)).unwrap().metrics["error"].value < 0.2);
    assert_eq!(timeless(&outcome), timeless(&run(at, &format!("{TEXTS}{rungs}"), "b", 3).unwrap()));
    for wrong in ["[[rung]]\nname = \"svm+nbsvm\"\n", "[[rung]]\nname = \"mixture\"\n"] {
        assert!(ExamplesRecipe::parse(&format!("{TEXTS}{wrong}"), "r.toml").is_err(), "{wrong}");
    }
}

#[test]
fn recurrent_nets_climb_on_texts_alone_and_in_mixtures_with_the_same_bits_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), texts(240, 1)).unwrap();
    let small = "units = 8\nembedding = 8\nepochs = 6\nlearning_rate = [0.02]\nbatch = 16\n";
    let rung = |name: &str, more: &str| format!("[[rung]]\nname = \"{name}\"\n{small}{more}");
    let rungs = format!(
        "[split]\nfolds = 0\n[[rung]]\nname = \"nbsvm\"\nc = [1]\nfeatures = [\"word:1-1\"]\n{}{}{}{}{}[[rung]]\nname = \"nbsvm+lstm\"\n",
        rung("slstm", ""),
        rung("mingru", ""),
        rung("lstm", "longest = 5\nunit = [\"word\"]\n"),
        rung("bilstm", "pooling = \"attention\"\nlayers = 2\nunit = [\"word\", \"char\"]\n"),
        rung("gru:last", "pooling = \"last\"\nword_dropout = 0.1\nmin_count = 1\n"),
    );
    let outcome = run(at, &format!("{TEXTS}{rungs}"), "a", 1).unwrap();
    let named = |name: &str| outcome.report.rungs.iter().find(|rung| rung.name == name).unwrap();
    // Each is the cell of its name.
    for name in ["slstm", "mingru", "lstm"] {
        let file = std::fs::read(at.join("a").join(&named(name).file)).unwrap();
        let header = String::from_utf8_lossy(&file).replace('\\', "");
        assert!(header.contains(&format!("\"cell\":\"{name}\"")), "{name}");
    }
    for name in ["slstm", "mingru", "lstm", "bilstm", "gru:last"] {
        let rung = named(name);
        assert!(rung.test["error"].value < 0.3, "{name} {:?}", rung.test);
        assert!(!rung.curve.is_empty() && rung.verdict.best_epoch > 0 && rung.layers.len() >= 3, "{name}");
        assert!(rung.training.iter().any(|fact| fact.key == "epochs"), "{:?}", rung.training);
        let counted: usize = rung.layers.iter().map(|layer| layer.parameters).sum();
        let machine = Classifier::open(at.join("a").join(&rung.file)).unwrap().0;
        assert_eq!((counted, machine.seen.is_some()), (machine.parameters(), true), "{name}");
    }
    // Five words of a report do not say of what it is: cut texts are counted.
    let cut = named("lstm").training.iter().find(|fact| fact.key == "cut-texts").unwrap();
    assert!(cut.value.ends_with("/ 204"), "{cut:?}");
    assert_eq!(named("bilstm").tried.len(), 2);
    let mixture = named("nbsvm+lstm");
    let machine = Classifier::open(at.join("a").join(&mixture.file)).unwrap().0;
    let all =
        Examples::of_texts(at.join("t.csv").to_str().unwrap(), CorpusOptions::default(), |_| true).unwrap();
    assert!(evaluate(&machine, all, 0, &Pool::new(2)).unwrap().metrics["error"].value < 0.2);
    assert_eq!(timeless(&outcome), timeless(&run(at, &format!("{TEXTS}{rungs}"), "b", 3).unwrap()));
    for wrong in
        ["unit = [\"letters\"]\n", "unit = []\n", "pooling = \"sum\"\n", "longest = 0\n", "hidden = [3]\n"]
    {
        let text = format!("{TEXTS}[[rung]]\nname = \"lstm\"\n{wrong}");
        assert!(ExamplesRecipe::parse(&text, "r.toml").is_err(), "{wrong}");
    }
    // Columns alone have no order; a column of texts beside numbers does, and numbers come out too.
    std::fs::write(at.join("x.csv"), table(120, 2)).unwrap();
    let columns = "task = \"classify\"\n[data]\nfile = \"x.csv\"\nkind = \"table\"\nlabel = \"class\"\n[columns]\nignored = [\"price\"]\n";
    let error = run(at, &format!("{columns}{}", rung("lstm", "")), "c", 1).unwrap_err();
    assert_eq!(error.code(), "no-texts");
    let lines: String = texts(120, 5)
        .lines()
        .skip(1)
        .map(|line| format!("{line},{}\n", 10 * line.matches("wind").count()))
        .collect();
    std::fs::write(at.join("n.csv"), format!("text,label,value\n{lines}")).unwrap();
    let numbers = "task = \"regress\"\n[data]\nfile = \"n.csv\"\nkind = \"table\"\nlabel = \"value\"\ncolumn = \"text\"\n";
    let outcome = run(at, &format!("{numbers}{}", rung("lstm", "")), "d", 2).unwrap();
    assert!(outcome.report.rungs[0].test["rmse"].value.is_finite());
    assert!(!Regressor::open(&outcome.model).unwrap().0.reads_columns());
}

#[test]
fn a_net_over_words_begins_with_vectors_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), texts(240, 1)).unwrap();
    std::fs::write(at.join("v"), "storm 1 0 0.5\nriver 0 1 0.5\nnoon -1 0 0.5\n").unwrap();
    let rung =
        "[[rung]]\nname = \"gru\"\nunits = 8\nepochs = 2\nvectors = \"v\"\nvectors_format = \"glove\"\n";
    let split = "[split]\nfolds = 0\n";
    let outcome = run(at, &format!("{TEXTS}{split}{rung}"), "a", 2).unwrap();
    let found = &scores(&outcome)["rungs"][0]["setting"];
    assert_eq!((&found["vectors"], &found["embedding"]), (&"v, glove, 3".into(), &"3".into()));
    assert!(found["vectors_found"].as_str().unwrap().starts_with("3 / "), "{found}");
    let page = std::fs::read_to_string(&outcome.page).unwrap();
    assert!(page.contains("words begin with a vector") && page.contains("3 numbers each"));
    let other = run(at, &format!("{TEXTS}{split}{rung}"), "b", 1).unwrap();
    assert_eq!(timeless(&outcome), timeless(&other));
    let error = run(at, &format!("{TEXTS}{split}{}", rung.replace("glove", "fasttext")), "c", 1).unwrap_err();
    assert!(error.code() == "not-vectors" && error.to_string().contains("fastText"), "{error}");
}

#[test]
fn a_net_reads_log_odds_beside_and_its_file_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), texts(300, 1)).unwrap();
    let rung = "[[rung]]\nname = \"gru\"\nunits = 8\nepochs = 3\nlog_odds = true\n";
    for split in ["[split]\nfolds = 0\n", "[split]\nfolds = 3\n"] {
        let outcome =
            run(at, &format!("{TEXTS}{split}{rung}"), if split.contains('0') { "a" } else { "b" }, 2)
                .unwrap();
        let report = &outcome.report.rungs[0];
        assert!(report.training.iter().any(|fact| fact.key == "log-odds" && fact.value.contains("5 folds")));
        assert!(report.test["error"].value < 0.15, "{}", report.test["error"].value);
        let machine = Classifier::open(&outcome.model).unwrap().0;
        assert!(machine.inputs.log_odds.is_some());
        let all = Examples::of_texts(at.join("t.csv").to_str().unwrap(), CorpusOptions::default(), |_| true)
            .unwrap();
        assert!(evaluate(&machine, all, 0, &Pool::new(2)).unwrap().metrics["error"].value < 0.15);
    }
}
