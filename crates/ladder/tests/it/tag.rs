//! The ladder of labels: spacing and tagged tokens climb, stop, go on to the same bits and answer; what is odd is said.

use std::path::Path;

use gyeol_bundle::Packed;
use gyeol_ladder::recipe::{AnyRecipe, TagsRecipe};
use gyeol_ladder::{Climb, Error, Outcome, Step, Watch};
use gyeol_models::{Ask, Reply};
use gyeol_report::model::Chapter;
use gyeol_sequence::{TagWay, Tagger};
use gyeol_tensor::{Pool, Rng};
use serde_json::{Value, json};

fn recipe(extra: &str) -> TagsRecipe {
    TagsRecipe::parse(&format!("task = \"tag\"\n[data]\nfile = \"t.txt\"\n{extra}"), "r.toml").unwrap()
}

fn climb(
    recipe: &TagsRecipe,
    folder: &Path,
    out: &str,
    (threads, resume): (usize, bool),
    watch: &mut dyn Watch,
) -> Result<Outcome, Error> {
    let options = Climb { out: folder.join(out), resume, command: "gyeol run".into(), ..Climb::default() };
    let recipe = AnyRecipe::Tag(Box::new(recipe.clone()));
    gyeol_ladder::run(&recipe, Some(folder), &options, &Pool::new(threads), watch)
}

/// Words of which none begins or ends like another goes on, so that blanks can be told from both sides alone.
fn sentences(count: usize) -> String {
    let words = ["전력", "부하가", "오늘", "크게", "늘었다", "비가", "온", "뒤", "줄었다", "다시"];
    let mut rng = Rng::new(4);
    let sentence = |_| {
        let words: Vec<&str> = (0..2 + rng.below(5)).map(|_| words[rng.below(10) as usize]).collect();
        words.join(" ") + "\n"
    };
    (0..count).map(sentence).collect()
}

struct Until(usize);
impl Watch for Until {
    fn step(&mut self, step: Step<'_>) -> bool {
        !matches!(step, Step::Training(p) if p.epoch > self.0)
    }
}

fn parameters(path: &Path) -> Vec<f32> {
    match Tagger::open(path).unwrap().way {
        TagWay::Net(net) => net.params().to_vec(),
        _ => panic!("a net"),
    }
}

#[test]
fn spacing_is_learnt_goes_on_to_the_same_bits_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.txt"), sentences(500)).unwrap();
    let net = "units = 16\nbatch = 8\nepochs = 6\nlearning_rate = 0.02\n";
    let recipe = recipe(&format!(
        "[[rung]]\nname = \"majority\"\n[[rung]]\nname = \"unigram\"\n[[rung]]\nname = \"window\"\n\
         [[rung]]\nname = \"rnn\"\n{net}[[rung]]\nname = \"bilstm\"\n{net}"
    ));
    let outcome = climb(&recipe, at, "one", (1, false), &mut ()).unwrap();
    let value = |rung: usize, metric: &str| outcome.report.rungs[rung].test[metric].value;
    for rung in 0..5 {
        assert!((value(rung, "accuracy") + value(rung, "error") - 1.0).abs() < 1e-12);
    }
    // Nothing is found by always saying "joined"; the net that reads both ways finds nearly every blank.
    assert_eq!(outcome.report.rungs[0].test["macro_f1"].value, value(0, "macro_f1"));
    assert!(
        value(1, "f1") < value(2, "f1") && value(4, "f1") > 0.98,
        "{} {}",
        value(2, "f1"),
        value(4, "f1")
    );
    assert!(value(4, "macro_f1") > 0.98 && value(4, "exact") > 0.9);
    let stopped = climb(&recipe, at, "two", (3, false), &mut Until(2)).unwrap_err();
    assert_eq!(stopped.code(), "stopped");
    climb(&recipe, at, "two", (2, true), &mut ()).unwrap();
    for rung in ["rnn", "bilstm"] {
        let of = |run: &str| parameters(&at.join(run).join("rungs").join(format!("{rung}.gyeol")));
        assert_eq!(of("one"), of("two"), "{rung}");
    }
    let opened = gyeol_models::open(at.join("one/rungs/bilstm.gyeol")).unwrap();
    assert_eq!(opened.summary.kind, "tag");
    let ask = |ask: Value| {
        let Value::Object(ask) = ask else { panic!("an object") };
        match opened.model.answer("tag", Ask::Json(ask), &Pool::new(1)) {
            Ok(Reply::Json(value)) => Ok(value),
            Ok(_) => panic!("an object"),
            Err(e) => Err(e),
        }
    };
    // Blanks that are there are taken out first; texts of any length in any order.
    let said = ask(json!({ "texts": ["오늘부하가 크게늘었다", "", "비", "다시비가온뒤줄었다"] })).unwrap();
    let text = |i: usize| said["tagged"][i]["text"].as_str().unwrap().to_owned();
    assert_eq!((text(0), text(1), text(2)), ("오늘 부하가 크게 늘었다".into(), String::new(), "비".into()));
    assert_eq!(text(3), "다시 비가 온 뒤 줄었다");
    let long = ask(json!({ "texts": ["비".repeat(30_000)] })).unwrap_err();
    assert!(long.code() == "too-long" && long.to_string().contains("30000 units"), "{long}");
    let scores: Value = serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap();
    assert_eq!((&scores["task"], &scores["data"]["labels"]), (&json!("tag"), &json!(["joined", "blank"])));
}

#[test]
fn tagged_tokens_are_read_and_what_is_odd_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let put = |text: &str| std::fs::write(at.join("t.txt"), text).unwrap();
    let plain = recipe("labels = \"tokens\"\n[[rung]]\nname = \"unigram\"\n");
    let refused = |recipe: &TagsRecipe| climb(recipe, at, "no", (1, false), &mut ()).unwrap_err();
    put("the\tDET\nload\tNOUN\n\nit\tPRON\nfell\n");
    let e = refused(&plain);
    assert!(e.code() == "no-tag" && e.to_string().contains("row 5"), "{e}");
    put("the\tDET\n");
    assert_eq!(refused(&plain).code(), "too-few-texts");
    put("");
    assert!(["too-few-texts", "empty-file"].contains(&refused(&plain).code()));
    put(&format!("{}\nb\nc\nd\n", "가".repeat(25_000)));
    let e = refused(&recipe("[[rung]]\nname = \"majority\"\n"));
    assert!(e.code() == "too-long" && e.to_string().contains("row 1"), "{e}");
    // Sequences of one token, empty lines in a row, a column between, a label that the training part may not have.
    let mut text = String::from("\n\n");
    let mut rng = Rng::new(1);
    for i in 0..60 {
        for _ in 0..1 + rng.below(4) {
            let (token, tag) = [("the", "DET"), ("load", "NOUN"), ("fell", "VERB")][rng.below(3) as usize];
            text += &format!("{token}{i}\t_\t{tag}\n{token}\t_\t{tag}\n");
        }
        text += "\n\n";
    }
    text += "odd\t_\tRARE";
    put(&text);
    let two = recipe(
        "labels = \"tokens\"\nmin_count = 2\n[[rung]]\nname = \"unigram\"\n[[rung]]\nname = \"bilstm\"\nepochs = 3\nunits = 8\n",
    );
    let outcome = climb(&two, at, "tokens", (2, false), &mut ()).unwrap();
    assert!(outcome.report.rungs[0].test["accuracy"].value > 0.5);
    assert!(!outcome.report.metrics.contains(&"f1".to_owned()));
    let shown = outcome.report.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Labelled(shown) => Some(shown),
        _ => None,
    });
    assert!(shown.is_some_and(|shown| shown.iter().all(|one| one.right.contains('/') && one.row > 2)));
    // One kind of unit, one label.
    put(&(1..40).map(|n| "a\tX\n".repeat(n) + "\n").collect::<String>());
    let one = recipe(
        "labels = \"tokens\"\n[[rung]]\nname = \"majority\"\n[[rung]]\nname = \"lstm\"\nepochs = 1\nunits = 4\n",
    );
    let outcome = climb(&one, at, "one", (1, false), &mut ()).unwrap();
    assert!(outcome.report.rungs.iter().all(|rung| rung.test["accuracy"].value == 1.0));
}

#[test]
fn sentence_ends_are_learnt_from_texts_alone_and_put_in() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // One of three words ends a sentence, and nothing else does; some ends are full stops, some line ends, some have capitals behind.
    let (words, ends) = (["전력", "부하가", "the", "load"], ["늘었다", "줄었다", "fell"]);
    let mut rng = Rng::new(4);
    let mut text = String::new();
    for n in 0..900 {
        let from = n % 2 * 2;
        for _ in 0..1 + rng.below(4) {
            text += words[from + rng.below(2) as usize];
            text.push(' ');
        }
        text += ends[rng.below(3) as usize];
        text += [". ", "\n", "! ", "?\n"][rng.below(4) as usize];
    }
    std::fs::write(at.join("t.txt"), text.replace(". the", ". The")).unwrap();
    for labels in ["sentence-ends", "sentence-ends-by-word"] {
        let wanted = recipe(&format!(
            "labels = \"{labels}\"\npassage = 3\n[score]\nbootstrap_draws = 100\n[[rung]]\nname = \"majority\"\n[[rung]]\nname = \"window\"\n"
        ));
        let outcome = climb(&wanted, at, labels, (2, false), &mut ()).unwrap();
        let f1 = |rung: usize| outcome.report.rungs[rung].test["f1"].value;
        assert!(f1(0) == 0.0 && f1(1) > 0.97, "{} {}", f1(0), f1(1));
        let model = gyeol_models::open(&outcome.model).unwrap();
        let texts = json!({ "texts": ["전력 부하가 늘었다 The load fell 전력 줄었다", ""] });
        let ask = Ask::Json(texts.as_object().unwrap().clone());
        let Reply::Json(said) = model.model.answer("tag", ask, &Pool::new(1)).unwrap() else { panic!() };
        assert_eq!(said["tagged"][0]["text"], "전력 부하가 늘었다. The load fell. 전력 줄었다.");
        assert_eq!(said["tagged"][0]["sentences"].as_array().unwrap().len(), 3);
        assert_eq!(said["tagged"][1]["text"], "");
        let scores: Value = serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap();
        assert_eq!(scores["protocol"], labels);
    }
}
