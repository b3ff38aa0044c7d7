//! The ladder of language models: nothing leaks, scores are those of the models, the chain travels, runs repeat.

use std::path::Path;

use gyeol_bundle::{Bundle, Packed};
use gyeol_ladder::recipe::{AnyRecipe, LmRecipe};
use gyeol_ladder::{Climb, Error, Outcome, Step, Watch};
use gyeol_models::LmModel;
use gyeol_ngram::{Protocol, Source, perplexity};
use gyeol_report::model::Chapter;
use gyeol_tensor::{Pool, Rng};

/// Sentences of a small grammar in which the verb depends on the noun three words before.
fn sentences(count: usize, seed: u64) -> String {
    let nouns =
        [("load", "falls"), ("loads", "fall"), ("meter", "counts"), ("meters", "count"), ("wind", "turns")];
    let adverbs = ["slowly", "again", "today", "at night", "in winter", "before noon"];
    let mut rng = Rng::new(seed);
    let mut pick = |n: usize| rng.below(n as u64) as usize;
    (0..count)
        .map(|_| {
            let (noun, verb) = nouns[pick(nouns.len())];
            let (number, adverb) = (pick(200), adverbs[pick(adverbs.len())]);
            format!("The {noun} of station {number} {verb} {adverb}.\n")
        })
        .collect()
}

fn options(out: &Path) -> Climb {
    Climb {
        out: out.to_path_buf(),
        fresh: false,
        quick: false,
        resume: false,
        only: None,
        command: "gyeol run".into(),
    }
}

fn recipe(text: &str) -> LmRecipe {
    LmRecipe::parse(&format!("task = \"language-model\"\n{text}"), "r.toml").unwrap()
}

/// Three parts in a folder, and a recipe that names them.
fn parts(folder: &Path, extra: &str) -> LmRecipe {
    for (name, count, seed) in [("train", 600, 1), ("valid", 80, 2), ("test", 90, 3)] {
        std::fs::write(folder.join(format!("{name}.txt")), sentences(count, seed)).unwrap();
    }
    recipe(&format!(
        "[data]\ntrain = \"train.txt\"\nvalid = \"valid.txt\"\ntest = \"test.txt\"\n\
         [text]\nlanguage = \"en\"\nnormalise = [\"lower\"]\n\
         [compare]\norders = [1, 2, 3]\nsmoothings = [\"modified-kneser-ney\", \"laplace\", \"jelinek-mercer\"]\n{extra}"
    ))
}

fn run(recipe: &LmRecipe, folder: &Path, out: &str, threads: usize) -> Outcome {
    climb(recipe, folder, &options(&folder.join(out)), threads, &mut ()).unwrap()
}

fn climb(
    recipe: &LmRecipe,
    folder: &Path,
    options: &Climb,
    threads: usize,
    watch: &mut dyn Watch,
) -> Result<Outcome, Error> {
    let recipe = AnyRecipe::LanguageModel(Box::new(recipe.clone()));
    gyeol_ladder::run(&recipe, Some(folder), options, &Pool::new(threads), watch)
}

fn scores(outcome: &Outcome) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap()
}

#[test]
fn scores_are_those_of_the_saved_models_and_each_rung_gains() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recipe = parts(at, "");
    let outcome = run(&recipe, at, "run", 2);
    let report = &outcome.report;
    let names: Vec<&str> = report.rungs.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["unigram", "ngram:bigram", "ngram:trigram", "ngram"]);
    let value = |i: usize| report.rungs[i].test["perplexity"].value;
    assert!(value(0) > 3.0 * value(1), "{} {}", value(0), value(1));
    assert!(report.rungs[3].words().unwrap().order >= 2 && report.best > 0);
    for rung in &report.rungs {
        let path = at.join("run/rungs").join(format!("{}.gyeol", rung.name.replace(':', "-")));
        let model = LmModel::open(path).unwrap();
        // The chain travels: raw lines go through it as the training part did.
        let prepared: String = sentences(90, 3).lines().map(|line| model.lines.line(line) + "\n").collect();
        assert!(prepared.starts_with("the ") && prepared.contains(" ."));
        let found =
            perplexity(&model.model, &mut Source::from_text(prepared), Protocol::Sentence, &mut |_| true)
                .unwrap();
        let m = &rung.test["perplexity"];
        assert!((found.perplexity / m.value - 1.0).abs() < 1e-12);
        assert_eq!(found.tokens, report.words().unwrap().test.tokens);
        assert!(m.low < m.value && m.value < m.high);
    }
    let grid = report.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Grid(grid) => Some(grid),
        _ => None,
    });
    let grid = grid.unwrap();
    assert_eq!((grid.orders.len(), grid.rows.len()), (3, 3));
    // The table and the rungs speak of the same models.
    for (cell, rung) in grid.rows[0].1.iter().zip([0, 1, 2]) {
        assert!((cell.unwrap() / report.rungs[rung].valid["perplexity"] - 1.0).abs() < 1e-12);
    }
    // The validation part has unknown words, so that figures without them are compared.
    for (cell, rung) in grid.without_unknown.as_ref().unwrap()[0].1.iter().zip([0, 1, 2]) {
        let known = report.rungs[rung].valid["perplexity_without_unknown"];
        assert!((cell.unwrap() / known - 1.0).abs() < 1e-12);
    }
    let json = scores(&outcome);
    assert_eq!(json["denominator"]["tokens"], report.words().unwrap().test.tokens);
    assert_eq!(json["task"], "language-model");
    let page = std::fs::read_to_string(&outcome.page).unwrap();
    assert!(page.contains("Unknown words are left out here"));
    assert!(page.contains("bigram") && !page.contains("http") && page.len() < 1 << 20);
    assert!(outcome.scores.exists() && outcome.model.exists());
}

#[test]
fn the_test_part_changes_no_model_and_the_validation_part_only_the_choice() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recipe = parts(at, "");
    run(&recipe, at, "a", 1);
    std::fs::write(at.join("test.txt"), "quite other words here\nand here\n".repeat(20)).unwrap();
    run(&recipe, at, "b", 1);
    std::fs::write(at.join("valid.txt"), "quite other words here\nand here\n".repeat(20)).unwrap();
    run(&recipe, at, "c", 1);
    let tensors = |run: &str, rung: &str| {
        Bundle::open(at.join(run).join("rungs").join(format!("{rung}.gyeol"))).unwrap().tensors
    };
    for rung in ["unigram", "ngram-bigram", "ngram-trigram", "ngram"] {
        assert!(tensors("a", rung) == tensors("b", rung), "{rung} saw the test part");
    }
    for rung in ["unigram", "ngram-bigram", "ngram-trigram"] {
        assert!(tensors("a", rung) == tensors("c", rung), "{rung} saw the validation part");
    }
}

#[test]
fn a_learning_chain_is_fitted_on_the_training_part_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut recipe = parts(at, "");
    recipe.text.stop_above = Some(0.5);
    let stop_words = |run: &str| {
        let model = LmModel::open(at.join(run).join("model.gyeol")).unwrap();
        model.lines.chain.params().stop_words.clone()
    };
    run(&recipe, at, "a", 1);
    // "the", "of", "station" and the full stop stand in every training text.
    assert!(stop_words("a").contains(&"station".to_owned()));
    std::fs::write(at.join("test.txt"), "turbine turbine\n".repeat(5000)).unwrap();
    run(&recipe, at, "b", 1);
    assert_eq!(stop_words("a"), stop_words("b"));
}

#[test]
fn same_scores_on_any_number_of_threads_and_when_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recipe = parts(at, "");
    let plain = |outcome: &Outcome| {
        let mut json = scores(outcome);
        for rung in json["rungs"].as_array_mut().unwrap() {
            for timing in ["fit_seconds", "predict_us"] {
                rung[timing] = 0.into();
            }
        }
        json
    };
    let first = plain(&run(&recipe, at, "t1", 1));
    for threads in [2, 3, 7] {
        assert_eq!(plain(&run(&recipe, at, &format!("t{threads}"), threads)), first);
    }
    let resumed = Climb { resume: true, ..options(&at.join("t1")) };
    let again = climb(&recipe, at, &resumed, 2, &mut ()).unwrap();
    assert_eq!(plain(&again), first);
    let other = LmRecipe { seed: 5, ..recipe };
    let refused = climb(&other, at, &resumed, 1, &mut ()).unwrap_err();
    assert_eq!(refused.code(), "other-run");
}

#[test]
fn one_file_is_split_in_order_or_by_the_text_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Each text stands three times.
    let one = sentences(300, 7);
    std::fs::write(at.join("all.txt"), format!("{one}{one}{one}")).unwrap();
    let data = "[data]\nfile = \"all.txt\"\n[compare]\norders = []\n";
    let rung = "[[rung]]\nname = \"unigram\"\n";
    let ordered = run(&recipe(&format!("{data}{rung}")), at, "a", 2).report;
    let ordered = ordered.words().unwrap();
    assert_eq!((ordered.train.lines, ordered.valid.lines, ordered.test.lines), (720, 90, 90));
    assert_eq!(ordered.test.repeated, 90);
    let random = format!("{data}[split]\nby = \"random\"\n{rung}");
    let drawn = run(&recipe(&random), at, "b", 2).report;
    let drawn = drawn.words().unwrap();
    assert_eq!(drawn.train.lines + drawn.valid.lines + drawn.test.lines, 900);
    assert!(drawn.test.lines > 40 && drawn.valid.lines > 40);
    assert_eq!((drawn.valid.repeated, drawn.test.repeated), (0, 0), "equal texts stay together");
}

#[test]
fn a_small_vocabulary_makes_other_words_unknown_for_every_rung() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let report = run(&parts(at, "[vocabulary]\nmin_count = 20\n"), at, "run", 2).report;
    let data = report.words().unwrap();
    assert!(data.vocabulary < 40 && data.test.unknown > 50, "{data:?}");
    let classes = report.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Classes(classes) => Some(classes),
        _ => None,
    });
    let classes = classes.unwrap();
    assert_eq!(classes[0].tokens, data.test.unknown);
    assert_eq!(classes.iter().map(|c| c.tokens).sum::<u64>(), data.test.tokens);
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recipe = parts(at, "");
    let fails = |recipe: &LmRecipe| {
        let options = options(&at.join("run"));
        climb(recipe, at, &options, 1, &mut ()).unwrap_err().to_string()
    };
    std::fs::write(at.join("test.txt"), "\n\n \n").unwrap();
    let message = fails(&recipe);
    assert!(message.contains("test part has no token"), "{message}");
    std::fs::write(at.join("test.txt"), b"good\n\0 bad\n").unwrap();
    let message = fails(&recipe);
    assert!(message.contains("NUL") && message.contains("test.txt"), "{message}");
    std::fs::remove_file(at.join("test.txt")).unwrap();
    let message = fails(&recipe);
    assert!(message.contains("test.txt"), "{message}");
    std::fs::write(at.join("test.txt"), "a <s> b\n").unwrap();
    std::fs::write(at.join("train.txt"), "a <s> b\n").unwrap();
    let mut marked = recipe.clone();
    marked.text.scheme = "whitespace".into();
    let message = fails(&marked);
    assert!(message.contains("<s>"), "{message}");
    assert!(!at.join("run").exists(), "nothing is written for texts that cannot be used");
    let single = LmRecipe::of(at.join("one.txt").to_str().unwrap());
    std::fs::write(at.join("one.txt"), "only one text\n").unwrap();
    let message = fails(&single);
    assert!(message.contains("cannot be split into three"), "{message}");
    let missing = Climb { only: Some("lstm".into()), ..options(&at.join("run")) };
    let message = climb(&recipe, at, &missing, 1, &mut ()).unwrap_err().to_string();
    assert!(message.contains("no rung 'lstm'"), "{message}");
}

#[test]
fn a_stop_while_words_are_counted_keeps_what_was_done_and_goes_on() {
    /// Stops at the first step of a rung's counting.
    struct Impatient(Option<String>);
    impl Watch for Impatient {
        fn begin(&mut self, rung: &str, _index: usize, _of: usize) {
            self.0 = Some(rung.to_owned());
        }
        fn step(&mut self, step: Step<'_>) -> bool {
            !(self.0.as_deref() == Some("ngram:trigram") && matches!(step, Step::Counting(_)))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recipe = parts(at, "");
    let options = options(&at.join("run"));
    let error = climb(&recipe, at, &options, 2, &mut Impatient(None)).unwrap_err();
    assert_eq!(error.code(), "stopped");
    assert!(error.to_string().contains("'ngram:trigram'"), "{error}");
    assert!(at.join("run/rungs/ngram-bigram.gyeol").exists() && !at.join("run/scores.json").exists());
    let done = climb(&recipe, at, &Climb { resume: true, ..options }, 1, &mut ()).unwrap();
    let whole = scores(&run(&recipe, at, "whole", 2));
    assert_eq!(scores(&done)["rungs"][3]["test"], whole["rungs"][3]["test"]);
}

const NETS: &str = "[[rung]]\nname = \"unigram\"\n[[rung]]\nname = \"ngram\"\norder = 2\n\
     [[rung]]\nname = \"gru\"\nunits = 24\nlayers = 1\nepochs = 12\nbatch = 4\nlearning_rate = 0.01\n\
     [[rung]]\nname = \"ngram+gru\"\n";

#[test]
fn nets_and_mixtures_climb_with_the_counts() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recipe = parts(at, NETS);
    let outcome = run(&recipe, at, "a", 1);
    let report = &outcome.report;
    let value = |i: usize| report.rungs[i].test["perplexity"].value;
    assert!(
        value(2) < value(0) && value(3) <= 1.001 * value(1).min(value(2)),
        "{} {} {}",
        value(1),
        value(2),
        value(3)
    );
    let net = &report.rungs[2];
    assert_eq!(net.curve.len(), 12);
    assert!(net.layers.iter().any(|layer| layer.name == "embedding"));
    assert_eq!(net.parameters, net.layers.iter().map(|l| l.parameters).sum::<usize>());
    assert!(report.rungs[3].training[0].value.starts_with("ngram 0."), "{:?}", report.rungs[3].training);
    let page = std::fs::read_to_string(&outcome.page).unwrap();
    assert!(page.contains("n-gram + GRU") || page.contains("N-gram + GRU"));
    assert!(page.contains("perplexity_without_unknown"), "unknown words are for the reader to weigh");
    for (rung, name) in [(2, "gru"), (3, "ngram-and-gru")] {
        let model = LmModel::open(at.join(format!("a/rungs/{name}.gyeol"))).unwrap();
        let prepared: String = sentences(90, 3).lines().map(|line| model.lines.line(line) + "\n").collect();
        let mut source = Source::from_text(prepared);
        let found = perplexity(&model.model, &mut source, Protocol::Sentence, &mut |_| true).unwrap();
        assert!((found.perplexity / report.rungs[rung].test["perplexity"].value - 1.0).abs() < 1e-4);
    }
    // Same bits on any threads, and whatever the test part holds.
    let tensors = |run: &str, rung: &str| {
        Bundle::open(at.join(run).join("rungs").join(format!("{rung}.gyeol"))).unwrap().tensors
    };
    std::fs::write(at.join("test.txt"), "quite other words here\nand here\n".repeat(20)).unwrap();
    run(&recipe, at, "b", 3);
    for rung in ["gru", "ngram-and-gru"] {
        assert!(tensors("a", rung) == tensors("b", rung), "{rung}");
    }
}

#[test]
fn a_stream_is_scored_as_it_is_learnt_and_counts_begin_each_line_anew() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let rungs = "[[rung]]\nname = \"ngram\"\n[[rung]]\nname = \"nnlm\"\nepochs = 3\ncontext = 3\n\
                 [[rung]]\nname = \"gru\"\nunits = 16\nepochs = 3\n[[rung]]\nname = \"ngram+gru\"\n";
    let cached = "[[rung]]\nname = \"cache\"\nsize = [20, 200]\n[[rung]]\nname = \"ngram+cache\"\n\
                  [[rung]]\nname = \"neural-cache\"\nsize = [20, 200]\n\
                  [[rung]]\nname = \"dynamic\"\nrate = [0.01, 0.1]\n[[rung]]\nname = \"ngram+gru+neural-cache\"\n";
    let alone = run(&parts(at, rungs), at, "alone", 2);
    let stream =
        run(&parts(at, &format!("[score]\nprotocol = \"stream\"\n{rungs}{cached}")), at, "stream", 2);
    let value = |outcome: &Outcome, i: usize| outcome.report.rungs[i].test["perplexity"].value;
    assert_eq!(value(&alone, 0), value(&stream, 0), "counts are scored the same either way");
    assert_ne!(value(&alone, 2), value(&stream, 2));
    assert_eq!(scores(&stream)["protocol"], "stream");
    for (i, name) in [
        (1, "nnlm"),
        (2, "gru"),
        (3, "ngram-and-gru"),
        (4, "cache"),
        (5, "ngram-and-cache"),
        (6, "neural-cache"),
        (7, "dynamic"),
        (8, "ngram-and-gru-and-neural-cache"),
    ] {
        let model = LmModel::open(at.join(format!("stream/rungs/{name}.gyeol"))).unwrap();
        assert_eq!(model.model.protocol(), Protocol::Stream, "{name}");
        let prepared: String = sentences(90, 3).lines().map(|line| model.lines.line(line) + "\n").collect();
        let mut source = Source::from_text(prepared);
        let found = perplexity(&model.model, &mut source, Protocol::Stream, &mut |_| true).unwrap();
        assert!((found.perplexity / value(&stream, i) - 1.0).abs() < 1e-4, "{name}");
    }
    let page = std::fs::read_to_string(&stream.page).unwrap();
    assert!(page.contains("remember the lines before"));
    assert!(value(&stream, 5) <= 1.001 * value(&stream, 0), "a cache takes nothing away");
    for i in [6, 7] {
        assert!(value(&stream, i) <= 1.02 * value(&stream, 2), "nor does what reads with a net: {i}");
    }
    assert!(value(&stream, 8) <= 1.01 * value(&stream, 3));
    let training = |i: usize| &stream.report.rungs[i].training;
    assert!(training(6).iter().any(|fact| fact.key == "of" && fact.value == "gru"));
    let error =
        LmRecipe::parse(&format!("task = \"language-model\"\n[data]\nfile = \"a.txt\"\n{cached}"), "r.toml");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("protocol = \"stream\""), "{error}");
    let twice = format!("{rungs}softmax = \"adaptive\"\ntied = true\n").replace("ngram+gru", "lstm");
    let text = format!("task = \"language-model\"\n[data]\nfile = \"a.txt\"\n{twice}");
    let error = LmRecipe::parse(&text, "r.toml").unwrap_err().to_string();
    assert!(error.contains("adaptive softmax"), "{error}");
}

/// Stops in the third epoch.
struct StopsInEpoch(usize);

impl Watch for StopsInEpoch {
    fn step(&mut self, step: Step<'_>) -> bool {
        !matches!(step, Step::Training(progress) if progress.epoch > self.0)
    }
}

#[test]
fn a_net_that_was_stopped_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recipe = parts(at, NETS);
    run(&recipe, at, "whole", 2);
    let stopped = climb(&recipe, at, &options(&at.join("cut")), 2, &mut StopsInEpoch(2)).unwrap_err();
    assert_eq!(stopped.code(), "stopped");
    assert!(at.join("cut/rungs/gru.0.state").exists());
    climb(&recipe, at, &Climb { resume: true, ..options(&at.join("cut")) }, 1, &mut ()).unwrap();
    let tensors = |run: &str, rung: &str| {
        Bundle::open(at.join(run).join("rungs").join(format!("{rung}.gyeol"))).unwrap().tensors
    };
    for rung in ["ngram", "gru", "ngram-and-gru"] {
        assert!(tensors("whole", rung) == tensors("cut", rung), "{rung}");
    }
    assert!(!at.join("cut/rungs/gru.0.state").exists(), "the state of a finished rung is gone");
    // A mixture alone fits its members.
    let only = Climb { only: Some("ngram+gru".into()), ..options(&at.join("alone")) };
    climb(&recipe, at, &only, 2, &mut ()).unwrap();
    assert!(tensors("whole", "ngram-and-gru") == tensors("alone", "ngram-and-gru"));
}

#[test]
fn enough_text_brings_a_net_and_its_mixture_into_the_ladder() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("all.txt"), sentences(2000, 5)).unwrap();
    let recipe = recipe("[data]\nfile = \"all.txt\"\n[compare]\norders = []\n");
    let quick = Climb { quick: true, ..options(&at.join("run")) };
    let report = climb(&recipe, at, &quick, 2, &mut ()).unwrap().report;
    let names: Vec<&str> = report.rungs.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["unigram", "ngram:bigram", "ngram:trigram", "ngram", "lstm", "ngram+lstm"]);
}

#[test]
fn vectors_of_a_file_are_begun_with_said_and_hashed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let rung = "[[rung]]\nname = \"gru\"\nepochs = 1\nvectors = \"v.txt\"\n";
    let recipe = parts(at, rung);
    let vectors = "3 4\nload 1 0 0 0.5\nmeter 0 1 0 0.5\nelsewhere 0 0 1 0.5\n";
    std::fs::write(at.join("v.txt"), vectors).unwrap();
    let outcome = run(&recipe, at, "run", 1);
    let found = &scores(&outcome)["rungs"][0]["vectors"];
    assert_eq!(found["file"], "v.txt, word2vec, 4");
    let said = found["found"].as_str().unwrap();
    assert!(said.starts_with("2 / ") && said.ends_with(" %)"), "{said}");
    let page = std::fs::read_to_string(&outcome.page).unwrap();
    assert!(page.contains("read as word2vec: its first line is two whole numbers"));
    // Another file is another run.
    std::fs::write(at.join("v.txt"), vectors.replace("0.5", "0.6")).unwrap();
    let again = Climb { resume: true, ..options(&at.join("run")) };
    assert_eq!(climb(&recipe, at, &again, 1, &mut ()).unwrap_err().code(), "other-run");
    let code = |rung: &str| climb(&parts(at, rung), at, &options(&at.join("other")), 1, &mut ()).unwrap_err();
    let error = code(&format!("{rung}embedding = 5\n"));
    assert!(error.code() == "other-width" && error.to_string().contains("embedding = 4"), "{error}");
    std::fs::write(at.join("v.txt"), "ein 1 2 3\nzwei 1 2 3\n").unwrap();
    assert_eq!(code(rung).code(), "no-word-found");
}
