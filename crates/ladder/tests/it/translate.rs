//! The ladder of translations: no text on both sides of a split, runs repeat and go on, what is odd is said, and what was
//! fitted is asked through the one door.

use std::collections::HashSet;
use std::path::Path;

use gyeol_bundle::Packed;
use gyeol_ladder::recipe::{AnyRecipe, PairsRecipe};
use gyeol_ladder::{Climb, Error, Outcome, Step, Watch};
use gyeol_models::{Ask, Reply};
use gyeol_report::model::Chapter;
use gyeol_sequence::{Asked, Translator, Way};
use gyeol_tensor::{Pool, Rng};
use serde_json::{Value, json};

const DIGITS: [(&str, &str); 5] = [("one", "1"), ("two", "2"), ("three", "3"), ("four", "4"), ("five", "5")];

/// Words of digits with the digits, the last one first.
fn pairs(count: usize) -> String {
    let mut rng = Rng::new(5);
    let mut known = HashSet::new();
    let mut text = String::new();
    while known.len() < count {
        let all: Vec<_> = (0..1 + rng.below(4)).map(|_| DIGITS[rng.below(5) as usize]).collect();
        let words: Vec<&str> = all.iter().map(|d| d.0).collect();
        if known.insert(words.join(" ")) {
            let digits: String = all.iter().rev().map(|d| d.1).collect();
            text += &format!("{}\t{digits}\n", words.join(" "));
        }
    }
    text
}

fn recipe(extra: &str) -> PairsRecipe {
    PairsRecipe::parse(&format!("task = \"translate\"\n[data]\nfile = \"p.tsv\"\n{extra}"), "r.toml").unwrap()
}

fn small(epochs: usize) -> PairsRecipe {
    let net = |name: &str| {
        format!(
            "[[rung]]\nname = \"{name}\"\nunits = 24\nembedding = 12\nbatch = 16\nepochs = {epochs}\nlearning_rate = 0.02\n"
        )
    };
    recipe(&format!(
        "[text]\ntarget_units = \"character\"\n[score]\nbeam = 2\nbootstrap_draws = 200\n\
         [[rung]]\nname = \"copy\"\n[[rung]]\nname = \"frequent\"\n[[rung]]\nname = \"nearest\"\n{}{}",
        net("gru"),
        net("gru-attention"),
    ))
}

fn climb(
    recipe: &PairsRecipe,
    folder: &Path,
    out: &str,
    (threads, resume): (usize, bool),
    watch: &mut dyn Watch,
) -> Result<Outcome, Error> {
    let options = Climb { out: folder.join(out), resume, command: "gyeol run".into(), ..Climb::default() };
    let recipe = AnyRecipe::Translate(Box::new(recipe.clone()));
    gyeol_ladder::run(&recipe, Some(folder), &options, &Pool::new(threads), watch)
}

/// Stops in an epoch of a rung.
struct Until(usize, bool);
impl Watch for Until {
    fn begin(&mut self, rung: &str, _: usize, _: usize) {
        self.1 = rung == "gru-attention";
    }
    fn step(&mut self, step: Step<'_>) -> bool {
        !matches!(step, Step::Training(p) if self.1 && p.epoch > self.0)
    }
}

fn parameters(folder: &Path, out: &str, rung: &str) -> Vec<f32> {
    let model = Translator::open(folder.join(out).join("rungs").join(format!("{rung}.gyeol"))).unwrap();
    model.net().unwrap().predictor.params().to_vec()
}

#[test]
fn the_ladder_climbs_stops_goes_on_to_the_same_bits_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("p.tsv"), pairs(500)).unwrap();
    let recipe = small(14);
    let outcome = climb(&recipe, at, "one", (1, false), &mut ()).unwrap();
    let report = &outcome.report;
    let value = |rung: usize, metric: &str| report.rungs[rung].test[metric].value;
    assert_eq!(report.metrics, ["chrf_gap", "bleu", "chrf", "exact"]);
    // Nothing is copied, most is not there twice, and the net with attention gets nearly all.
    assert!(value(0, "exact") == 0.0 && value(2, "exact") < 0.3, "{}", value(2, "exact"));
    assert!(value(4, "exact") > 0.8, "{} {}", value(3, "exact"), value(4, "exact"));
    assert_eq!(report.best, 4);
    for rung in &report.rungs {
        assert!((rung.test["chrf"].value + rung.test["chrf_gap"].value - 100.0).abs() < 1e-9);
    }
    let shown = report.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Translations(shown) => Some(shown),
        _ => None,
    });
    assert!(shown.is_some_and(|shown| shown.len() == 20 && shown[0].plain.is_some()));
    let page = std::fs::read_to_string(&outcome.page).unwrap();
    assert!(page.contains("100 − chrF2") && page.contains("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"));
    let scores: Value = serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap();
    assert_eq!((&scores["task"], &scores["data"]["rows"]), (&json!("translate"), &json!(500)));

    // The same bits on any threads, and after a stop.
    let stopped = climb(&recipe, at, "two", (3, false), &mut Until(5, false)).unwrap_err();
    assert_eq!(stopped.code(), "stopped");
    climb(&recipe, at, "two", (2, true), &mut ()).unwrap();
    for rung in ["gru", "gru-attention"] {
        assert_eq!(parameters(at, "one", rung), parameters(at, "two", rung), "{rung}");
    }

    let opened = gyeol_models::open(&outcome.model).unwrap();
    assert_eq!((opened.summary.kind.as_str(), opened.summary.rung.as_str()), ("translate", "gru-attention"));
    let verbs: Vec<&str> = opened.model.verbs().iter().map(|verb| verb.name).collect();
    assert_eq!(verbs, ["translate", "explain"]);
    let ask = |verb: &str, ask: Value| {
        let Value::Object(ask) = ask else { panic!("an object") };
        match opened.model.answer(verb, Ask::Json(ask), &Pool::new(1)) {
            Ok(Reply::Json(value)) => Ok(value),
            Ok(_) => panic!("an object"),
            Err(e) => Err(e),
        }
    };
    let said = ask("translate", json!({ "texts": ["five  two", ""], "beam": 3 })).unwrap();
    assert_eq!(said["translations"][0]["translation"], "25");
    assert!(said["translations"][1]["log_probability"].is_number());
    let told = ask("explain", json!({ "text": "five two" })).unwrap();
    assert_eq!(told["read"], json!(["▁five", "▁two", "</s>"]));
    assert_eq!(told["attention"].as_array().unwrap().len(), told["said"].as_array().unwrap().len());
    assert_eq!(ask("translate", json!({ "texts": ["one"], "beam": 500 })).unwrap_err().code(), "wrong-shape");
    assert_eq!(ask("guess", json!({})).unwrap_err().code(), "no-such-verb");
    let long = ask("translate", json!({ "texts": ["one", "two ".repeat(3000)] })).unwrap_err();
    assert!(long.code() == "too-long" && long.to_string().contains("text 2 has 3000 tokens"), "{long}");
    // Unknown words are copied from where the net looks; none is said as such.
    let unknown = ask("translate", json!({ "texts": ["zwölf", "one zwölf"] })).unwrap();
    assert!(!unknown.to_string().contains("<unk>"), "{unknown}");
    let nearest = gyeol_models::open(at.join("one/rungs/nearest.gyeol")).unwrap();
    let plain = Ask::Json(json!({ "texts": ["one two three four"] }).as_object().unwrap().clone());
    let Reply::Json(found) = nearest.model.answer("translate", plain, &Pool::new(1)).unwrap() else {
        panic!()
    };
    assert!(found["translations"][0]["cosine"].as_f64() > Some(0.5), "{found}");
    let e = nearest.model.answer("explain", Ask::Json(Default::default()), &Pool::new(1)).unwrap_err();
    assert_eq!(e.code(), "not-explained");
}

fn refused(recipe: &PairsRecipe, folder: &Path) -> Error {
    climb(recipe, folder, "no", (1, false), &mut ()).unwrap_err()
}

#[test]
fn what_is_odd_is_said_with_its_place_and_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let put = |name: &str, text: &str| std::fs::write(at.join(name), text).unwrap();
    let plain = recipe("[[rung]]\nname = \"copy\"\n");
    put("p.tsv", "one\t1\n");
    let e = refused(&plain, at);
    assert!(e.code() == "too-few-pairs" && e.to_string().contains("Next:"), "{e}");
    put("p.tsv", "only one column\nanother line\n");
    let e = refused(&plain, at);
    assert!(e.code() == "unknown-column" && e.to_string().contains("'2'"), "{e}");
    put("p.tsv", "from,to\n");
    assert!(
        refused(&recipe("source = \"from\"\ntarget = \"to\"\nformat = \"csv\"\n"), at)
            .code()
            .starts_with("too-few")
    );
    put("p.tsv", &format!("{}\nx {}\t1\n", pairs(30).trim(), "word ".repeat(2500)));
    let e = refused(&plain, at);
    assert!(e.code() == "too-long" && e.to_string().contains("row 31"), "{e}");
    let lines = PairsRecipe::parse(
        "task = \"translate\"\n[data]\nsources = \"a.txt\"\ntargets = \"b.txt\"\n[[rung]]\nname = \"copy\"\n",
        "r.toml",
    );
    let lines = lines.unwrap();
    put("a.txt", "one\ntwo\n");
    put("b.txt", "1\n");
    let e = refused(&lines, at);
    assert!(e.code() == "unequal-files" && e.to_string().contains("1 lines where"), "{e}");
    // Empty lines on either side are left out and counted, whatever the order of lengths.
    let (from, to): (Vec<&str>, Vec<&str>) = {
        let text: &'static str = Box::leak(pairs(60).into_boxed_str());
        text.lines().map(|line| line.split_once('\t').unwrap()).unzip()
    };
    put("a.txt", &format!("\n{}\n  \nx\n", from.join("\n")));
    put("b.txt", &format!("1\n{}\n\n\n", to.join("\n")));
    let outcome = climb(&lines, at, "lines", (2, false), &mut ()).unwrap();
    let scores: Value = serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap();
    assert_eq!((&scores["data"]["empty"], &scores["data"]["rows"]), (&json!(3), &json!(60)));
}

#[test]
fn a_vocabulary_of_one_and_tokens_of_one_are_learnt_from() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // One word, said ever more often; every text is another.
    let text: String = (1..=40).map(|n| format!("{}\t{}\n", "a ".repeat(n), "b ".repeat(n))).collect();
    std::fs::write(at.join("p.tsv"), text).unwrap();
    let net = "[[rung]]\nname = \"lstm-attention\"\nunits = 8\nepochs = 2\nbatch = 4\nmin_count = 1\n";
    let outcome = climb(&recipe(net), at, "one", (2, false), &mut ()).unwrap();
    let model = Translator::open(&outcome.model).unwrap();
    assert!(matches!(&model.way, Way::Net(net) if net.source.len() == 3 && net.target.len() == 3));
    let said = model.translate(&["", "a", "zzz"], &Asked { beam: 4, ..Asked::default() }, &Pool::new(1));
    assert_eq!(said.unwrap().len(), 3);
    // A minimum that no token reaches leaves the unknown alone, and still nothing breaks.
    let rare = format!("{net}vocabulary = 1\n").replace("min_count = 1", "min_count = 100000");
    climb(&recipe(&rare), at, "rare", (1, false), &mut ()).unwrap();
}

#[test]
fn no_text_is_on_both_sides_of_a_split() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut rng = Rng::new(3);
    // Twenty sources with some targets of thirty each: many are tied together.
    let mut text: String =
        (0..60).map(|_| format!("source {}\ttarget {}\n", rng.below(200), rng.below(300))).collect();
    text += &pairs(100);
    std::fs::write(at.join("p.tsv"), &text).unwrap();
    let plain = recipe("[[rung]]\nname = \"nearest\"\n[split]\ntrain = 0.6\nvalid = 0.2\ntest = 0.2\n");
    let outcome = climb(&plain, at, "run", (1, false), &mut ()).unwrap();
    let Way::Nearest(memory) = Translator::open(&outcome.model).unwrap().way else { panic!("a memory") };
    let learnt: HashSet<(bool, &str)> = memory
        .sources()
        .iter()
        .map(|text| (false, text.as_str()))
        .chain(memory.targets().iter().map(|text| (true, text.as_str())))
        .collect();
    let shown = outcome.report.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Translations(shown) => Some(shown),
        _ => None,
    });
    for pair in shown.unwrap() {
        assert!(
            !learnt.contains(&(false, &pair.source)) && !learnt.contains(&(true, &pair.right)),
            "{pair:?}"
        );
    }
    let scores: Value = serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap();
    let part = |name: &str| scores["split"][name]["pairs"].as_u64().unwrap();
    assert!(part("test") >= 30 && part("valid") >= 30 && scores["split"]["groups"].as_u64() > Some(100));
}

#[test]
fn texts_are_written_for_classes_and_what_the_class_is_worth_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Texts of three letters, of other ones in each class: the first letter gives the class away, so that the class is
    // worth one bit a text to a model that has the rest.
    let mut text = String::new();
    for (class, letters) in
        [("low", ["a", "b", "c", "d", "e", "f"]), ("high", ["u", "v", "w", "x", "y", "z"])]
    {
        for n in 0..216 {
            text += &format!("{class}\t{}{}{}\n", letters[n % 6], letters[n / 6 % 6], letters[n / 36]);
        }
    }
    std::fs::write(at.join("p.tsv"), &text).unwrap();
    let net = |name: &str, blind: bool| {
        format!(
            "[[rung]]\nname = \"{name}\"\nblind = {blind}\nunits = 24\nembedding = 12\nbatch = 8\nepochs = 20\n"
        )
    };
    let rest = format!(
        "[split]\nby = \"targets\"\n[text]\ntarget_units = \"character\"\n\
         [score]\nmetric = \"perplexity\"\nsamples = 200\nbootstrap_draws = 200\n\
         [[rung]]\nname = \"ngram\"\norder = 3\n{}{}",
        net("lstm:blind", true),
        net("lstm", false),
    );
    let wanted = recipe(&rest);
    let outcome = climb(&wanted, at, "one", (1, false), &mut ()).unwrap();
    let report = &outcome.report;
    assert_eq!(report.metrics, ["perplexity", "bits_per_token"]);
    let value = |rung: usize, metric: &str| report.rungs[rung].test[metric].value;
    // Four tokens a text, the end with them.
    let worth = 4.0 * (value(1, "bits_per_token") - value(2, "bits_per_token"));
    assert!((0.7..1.3).contains(&worth), "{worth} bits");
    // Three of six letters' entropies are what is left: 3 log2 6 bits a text at best.
    assert!(4.0 * value(2, "bits_per_token") > 3.0 * 6f64.log2() - 0.2);
    assert!(value(2, "class_kept") > 0.95 && (0.35..0.65).contains(&value(1, "class_kept")));
    assert!((0.35..0.65).contains(&value(0, "class_kept")));
    let drawn = report.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Drawn(found) => Some(found),
        _ => None,
    });
    let drawn = drawn.unwrap();
    assert!(drawn.count == 200 && drawn.right == 1.0 && drawn.texts.len() == 20);
    assert!(!std::fs::read_to_string(&outcome.page).unwrap().contains("BLEU"));
    let scores: Value = serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap();
    assert_eq!(scores["protocol"]["class_reader"]["classes"], json!(["high", "low"]));
    let n = scores["denominator"]["pairs"].as_u64().unwrap();
    assert_eq!((&scores["denominator"]["tokens"], n > 40), (&json!(4.0 * n as f64), true));
    // The same on any threads; texts drawn as well.
    let other = climb(&wanted, at, "two", (3, false), &mut ()).unwrap();
    for (a, b) in report.rungs.iter().zip(&other.report.rungs) {
        assert_eq!((&a.test, &a.valid), (&b.test, &b.valid), "{}", a.name);
    }

    let opened = gyeol_models::open(at.join("one/rungs/lstm.gyeol")).unwrap();
    let ask = |ask: Value| match opened.model.answer(
        "translate",
        Ask::Json(ask.as_object().unwrap().clone()),
        &Pool::new(1),
    ) {
        Ok(Reply::Json(value)) => Ok(value),
        Ok(_) => panic!("an object"),
        Err(e) => Err(e),
    };
    let said = ask(json!({ "texts": ["high", "high"], "sample": true, "seed": 3 })).unwrap();
    let texts = [0, 1].map(|i| said["translations"][i]["translation"].as_str().unwrap().to_owned());
    assert!(texts.iter().all(|t| t.chars().all(|c| c > 'm')) && texts[0] != texts[1], "{texts:?}");
    assert_eq!(ask(json!({ "texts": ["middle"] })).unwrap_err().code(), "no-such-class");
    assert_eq!(ask(json!({ "texts": ["low"], "sample": 1 })).unwrap_err().code(), "wrong-shape");
    // With two groups of sources nothing could be split.
    let tied = recipe(&rest.replace("by = \"targets\"", "by = \"texts\""));
    let e = refused(&tied, at);
    assert!(e.code() == "too-few-pairs" && e.to_string().contains("targets"), "{e}");
    let words = |text: &str| PairsRecipe::parse(text, "r.toml").unwrap_err().to_string();
    let head = "task = \"translate\"\n[data]\nfile = \"p.tsv\"\n";
    let perplexity = format!("{head}[score]\nmetric = \"perplexity\"\n[[rung]]\nname = ");
    assert!(words(&format!("{perplexity}\"copy\"\n")).contains("no probability"));
    assert!(words(&format!("{head}[[rung]]\nname = \"ngram\"\n")).contains("reads no source"));
    let unlike = format!("{perplexity}\"ngram\"\n[[rung]]\nname = \"lstm\"\nmin_count = 2\n");
    assert!(words(&unlike).contains("vocabularies"));
}
