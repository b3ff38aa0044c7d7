//! A file of one kind where another is needed, and failures as JSON.

use serde_json::Value;

use crate::common::Place;

/// A topic model, a language model and a table that neither reads.
fn place() -> Place {
    let place = Place::new();
    let texts: String =
        (0..40).map(|i| format!("{} today again\n", ["bread and butter", "rain and wind"][i % 2])).collect();
    place.write("t.txt", texts);
    place.write("load.csv", "time,load\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n");
    place
        .call(&["topics", "t.txt", "-o", "topics.gyeol", "-k", "2", "--iterations", "20", "--no-map", "-q"])
        .ok();
    let recipe = "task = \"language-model\"\n[data]\nfile = \"t.txt\"\n[compare]\norders = []\n[[rung]]\nname = \"unigram\"\n";
    place.write("lm.toml", recipe);
    place.call(&["train", "lm.toml", "-o", "lm.gyeol", "-q"]).ok();
    place
}

#[test]
fn another_kind_is_named_with_the_verbs_that_it_answers() {
    let place = place();
    for verb in ["predict", "evaluate"] {
        let topics = ["topics.gyeol", "a topics model", "rung lda", "ask it by topics --infer", "similar"];
        place.call(&[verb, "topics.gyeol", "load.csv"]).failed(&topics);
        let words = ["lm.gyeol", "a language-model model", "perplexity, score, next"];
        place.call(&[verb, "lm.gyeol", "load.csv"]).failed(&words);
    }
    place.call(&["perplexity", "topics.gyeol", "t.txt"]).failed(&["a topics model", "topics --infer"]);
    place.call(&["similar", "lm.gyeol", "rain"]).failed(&["a language-model model", "generate"]);
    place.call(&["topics", "lm.gyeol", "--infer", "t.txt"]).failed(&["a language-model model", "generate"]);
}

#[test]
fn every_kind_says_how_many_numbers_it_has_learned() {
    let place = place();
    let shown = |file: &str| place.call(&["show", file, "--json"]).ok().json();
    // Two topics over the terms, a prior for each topic, one for the words.
    let topics = shown("topics.gyeol");
    let terms = topics["tensors"].as_array().unwrap().iter().find(|t| t["name"] == "words").unwrap();
    let terms = terms["shape"][1].as_u64().unwrap();
    assert_eq!(topics["parameters"], 2 * terms + 2 + 1);
    let words = shown("lm.gyeol");
    assert_eq!(words["parameters"], words["model"]["counts"][0]);
    assert!(words["parameters"].as_u64().is_some_and(|n| n < 50), "{words}");
}

#[test]
fn with_json_a_failure_is_one_object_on_the_last_line_of_standard_error() {
    let place = place();
    let error = |args: &[&str], code: i32| {
        let called = place.call(args);
        assert_eq!((called.code, called.out.as_str()), (Some(code), ""), "{called:#?}");
        let last = called.err.lines().last().unwrap_or_default();
        let value: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {called:#?}"));
        value["error"].clone()
    };
    let kind = error(&["predict", "topics.gyeol", "load.csv", "--json"], 1);
    assert_eq!((&kind["code"], &kind["file"]), (&"wrong-kind".into(), &"topics.gyeol".into()));
    assert!(kind["next"].as_str().unwrap().contains("similar") && kind.get("row").is_none(), "{kind}");
    place.write("odd.csv", "time,load\n2024-01-01 00:00,1\n2024-01-01 01:00,2,3\n");
    let row = error(&["inspect", "odd.csv", "--json"], 1);
    assert_eq!((&row["row"], &row["file"]), (&3.into(), &"odd.csv".into()), "{row}");
    assert!(row["message"].as_str().unwrap().contains(row["found"].as_str().unwrap()));
    assert_eq!(error(&["show", "absent.gyeol", "--json"], 1)["code"], "io");
    let usage = error(&["topics", "t.txt", "--json"], 2);
    assert!(usage["code"] == "usage" && usage["found"].as_str().is_some_and(|f| f.len() > 10), "{usage}");
    place.write("r.toml", "[forecast]\nhorizn = 48\n");
    let recipe = error(&["run", "r.toml", "--json"], 1);
    assert_eq!((&recipe["code"], &recipe["row"]), (&"unknown-key".into(), &2.into()), "{recipe}");
}
