//! Texts from texts and labels of units, from a recipe to an answer.

use std::fmt::Write;

use serde_json::Value;

use crate::common::Place;

const WORDS: [(&str, &str); 4] = [("one", "1"), ("two", "2"), ("three", "3"), ("four", "4")];

/// Pairs, a translator with attention and a baseline of the same run.
fn translators() -> Place {
    let place = Place::new();
    let mut pairs = String::new();
    for n in 0..256usize {
        let of = |i: usize| WORDS[(n >> (2 * i)) % 4];
        let (words, digits): (Vec<&str>, Vec<&str>) = (0..4).map(of).unzip();
        writeln!(pairs, "{}\t{}", words.join(" "), digits.concat()).unwrap();
    }
    place.write("pairs.tsv", pairs);
    place.write(
        "words.toml",
        "task = \"translate\"\n[data]\nfile = \"pairs.tsv\"\n[text]\ntarget_units = \"character\"\n\
         [[rung]]\nname = \"nearest\"\n[[rung]]\nname = \"gru-attention\"\nunits = 24\nbatch = 8\nepochs = 8\nlearning_rate = 0.02\n",
    );
    place.call(&["run", "words.toml", "--out", "out", "-q"]).ok();
    place
}

#[test]
fn texts_are_translated_scored_explained_and_refused() {
    let place = translators();
    let model = "out/rungs/gru-attention.gyeol";
    let said = place.call(&["translate", model, "four three two one", "one one one one"]).ok();
    assert_eq!(said.out, "4321\n1111\n");
    let fed = place.fed(&["translate", model, "-", "--beam", "3", "--json"], b"two two two two\n\n");
    let lines: Vec<Value> = fed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["translation"]), (2, &Value::from("2222")));
    place.write("lines.txt", "one two three four\n");
    assert_eq!(place.call(&["translate", model, "lines.txt"]).ok().out, "1234\n");
    place.call(&["translate", model, "a", "-"]).misused(&["standard input"]);
    place.call(&["translate", model, "a", "--beam", "0"]).misused(&["1..=100"]);
    place.call(&["translate", model, &"one ".repeat(2500)]).failed(&["text 1 has 2500 tokens"]);
    let drawn =
        ["translate", model, "one two one two", "four", "--sample", "--temperature", "2", "--count", "3"];
    let drawn = |more: &[&str]| place.call(&[&drawn[..], more].concat()).ok().out;
    assert_eq!((drawn(&[]).lines().count(), drawn(&[])), (6, drawn(&["--threads", "1"])));
    assert_ne!(drawn(&[]), drawn(&["--seed", "1"]));
    assert_eq!(drawn(&["--top-k", "1"]).lines().next(), Some("1212"));
    assert!(drawn(&["--max", "1"]).lines().all(|line| line.len() <= 1));
    place.call(&["translate", model, "one", "--sample", "--beam", "3"]).misused(&["--beam"]);
    place.call(&["translate", model, "one", "--count", "3"]).misused(&["--sample"]);
    place.call(&["translate", model, "one", "--sample", "--top-p", "0"]).failed(&["top-p 0"]);
    place.call(&["translate", "out/rungs/nearest.gyeol", "one", "--sample"]).failed(&["no probabilities"]);
    let scores = place.call(&["evaluate", model, "pairs.tsv", "--json"]).ok().json();
    assert!(scores["n"] == 256 && scores["metrics"]["exact"]["value"].as_f64() > Some(0.9), "{scores}");
    assert_eq!(scores["signatures"]["bleu"], "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
    let told = place.call(&["evaluate", model, "pairs.tsv"]).ok().out;
    assert!(told.contains("BLEU") && told.contains("chrF2") && told.contains("exact match"), "{told}");
    let looked = place.call(&["explain", model, "one two three four", "--html", "map.html"]).ok().out;
    assert!(looked.contains("1234") && looked.contains('%'), "{looked}");
    assert!(String::from_utf8(place.read("map.html")).unwrap().contains("three"));
    let json = place.call(&["explain", model, "one two three four", "--json"]).ok().json();
    assert_eq!(json["read"].as_array().map(Vec::len), Some(5));
    place.call(&["explain", "out/rungs/nearest.gyeol", "one"]).failed(&["no attention"]);
    place.write("gru.toml", "task = \"translate\"\n[data]\nfile = \"pairs.tsv\"\n[[rung]]\nname = \"gru\"\nunits = 8\nepochs = 2\n");
    place.call(&["run", "gru.toml", "--out", "gru", "-q"]).ok();
    let told = place.call(&["explain", "gru/model.gyeol", "one two"]).ok().out;
    assert!(told.contains("left out of the source") && told.contains("two  "), "{told}");
    let json = place.call(&["explain", "gru/model.gyeol", "one two", "--json"]).ok().json();
    assert!(
        json["leaned"].as_array().map(Vec::len) == Some(2) && json["leaned"][0]["lost"].is_number(),
        "{json}"
    );
    place.call(&["explain", "gru/model.gyeol", "one", "--html", "a.html"]).misused(&["attention"]);
    let planes = place.call(&["explain", model, "--plane=3", "--html", "plane.html", "--json"]).ok().json();
    let of = |table: usize| &planes["tables"][table];
    assert!(of(0)["table"] == "source" && of(1)["table"] == "target" && of(1)["known"] == 4, "{planes}");
    assert_eq!(of(0)["words"].as_array().map(Vec::len), Some(3));
    // Three points lie in a plane, about their mean.
    let share = |at: usize| of(0)["share"][at].as_f64().unwrap();
    assert!((share(0) + share(1) - 1.0).abs() < 1e-3 && share(0) >= share(1), "{planes}");
    let sum: f64 = (0..3).map(|at| of(0)["words"][at]["x"].as_f64().unwrap()).sum();
    assert!(sum.abs() < 1e-3, "{sum}");
    assert!(String::from_utf8(place.read("plane.html")).unwrap().contains("first component"));
    assert!(place.call(&["explain", model, "--plane"]).ok().out.contains("three"));
    place.call(&["explain", "out/rungs/nearest.gyeol", "--plane"]).failed(&["no table of a vector"]);
    place.call(&["explain", model, "--plane=2"]).misused(&["3..=5000"]);
    place.call(&["explain", model, "one", "--plane"]).misused(&["--plane"]);
    place.call(&["explain", model]).misused(&["INPUT"]);
    place.call(&["predict", model, "pairs.tsv"]).failed(&["a translate model", "ask it by translate"]);
    let shown = place.call(&["show", model, "--json"]).ok().json();
    assert!(shown["kind"] == "translate" && shown["verbs"].as_array().unwrap().contains(&"explain".into()));
}

#[test]
fn blanks_are_put_back_and_tokens_tagged() {
    let place = Place::new();
    let words = ["전력", "부하가", "크게", "늘었다"];
    let text: String = (0..200usize)
        .map(|n| {
            (0..2 + n % 4).map(|i| words[(n / (i + 1) + i * n) % 4]).collect::<Vec<_>>().join(" ") + "\n"
        })
        .collect();
    place.write("texts.txt", text);
    place.write(
        "spacing.toml",
        "task = \"tag\"\n[data]\nfile = \"texts.txt\"\n[split]\ntrain = 0.6\nvalid = 0.2\ntest = 0.2\n[[rung]]\nname = \"window\"\n",
    );
    place.call(&["run", "spacing.toml", "--out", "out", "-q"]).ok();
    let model = "out/model.gyeol";
    assert_eq!(place.call(&["tag", model, "부하가크게늘었다"]).ok().out, "부하가 크게 늘었다\n");
    let json = place.call(&["tag", model, "전력부하가", "--json"]).ok().json();
    assert!(json["text"] == "전력 부하가" && json["tags"][1] == "blank", "{json}");
    let scores = place.call(&["evaluate", model, "texts.txt", "--json"]).ok().json();
    assert!(scores["metrics"]["f1"]["value"].as_f64() > Some(0.9), "{scores}");
    place.call(&["evaluate", model, "texts.txt", "--label", "x"]).misused(&["--label"]);
    place.call(&["translate", model, "x"]).failed(&["a tag model", "ask it by tag"]);
    let told = place.call(&["explain", model, "부하가크게"]).ok().out;
    assert!(told.contains("runner-up") && told.contains("blank") && told.contains("+1 크/+2 게"), "{told}");
    let json = place.call(&["explain", model, "부하가크게", "--json"]).ok().json();
    assert!(json["steps"][2]["label"] == "blank" && json["steps"][2]["runner_up"] == "joined", "{json}");
    assert_eq!(json["steps"][2]["weights"].as_array().map(Vec::len), Some(11));
    place.call(&["explain", model, "부하가", "--html", "a.html"]).misused(&["recurrent nets"]);
    place.write(
        "net.toml",
        "task = \"tag\"\n[data]\nfile = \"texts.txt\"\n[split]\ntrain = 0.6\nvalid = 0.2\ntest = 0.2\n[[rung]]\nname = \"bilstm\"\nunits = 8\nepochs = 3\n",
    );
    place.call(&["run", "net.toml", "--out", "net", "-q"]).ok();
    let net = "net/model.gyeol";
    let told = place.call(&["explain", net, "부하가크게", "--html", "labels.html"]).ok().out;
    assert!(told.contains("cell state") && told.contains("reads the text from its end"), "{told}");
    assert!(String::from_utf8(place.read("labels.html")).unwrap().contains("What each label leaned on"));
    let json = place.call(&["explain", net, "부하가크게", "--json", "--gate", "forget"]).ok().json();
    assert_eq!(json["layers"][1]["forget"].as_array().map(Vec::len), Some(5));
    assert_eq!(
        (json["leaned"].as_array().map(Vec::len), &json["shown"]["gate"]),
        (Some(5), &"forget".into())
    );
    place.call(&["explain", net, "부하가", "--reach"]).misused(&["taggers"]);
    place.call(&["explain", net, " "]).failed(&["without a unit"]);

    let tagged: String = (0..60)
        .map(|n| format!("the\tDET\n{}\tNOUN\n\n", ["load", "wind"][n % 2].repeat(1 + n / 2)))
        .collect();
    place.write("tagged.tsv", tagged);
    place.write(
        "tags.toml",
        "task = \"tag\"\n[data]\nfile = \"tagged.tsv\"\nlabels = \"tokens\"\n[[rung]]\nname = \"window\"\n",
    );
    place.call(&["run", "tags.toml", "--out", "tags", "-q"]).ok();
    assert_eq!(place.call(&["tag", "tags/model.gyeol", "the load"]).ok().out, "the\tDET\nload\tNOUN\n\n");
    place.write("bad.tsv", "the\n");
    place.call(&["evaluate", "tags/model.gyeol", "bad.tsv"]).failed(&["row 1", "no token with a tag"]);
}

#[test]
fn recipes_of_pairs_and_labels_are_written_with_evidence_and_run_unchanged() {
    let place = Place::new();
    let mut pairs = String::from("id,korean,english\n");
    let mut classes = String::new();
    let mut tagged = String::new();
    for n in 0..150usize {
        let (ko, en) = (["부하가", "바람이", "비가"], ["load", "wind", "rain"]);
        let how = ["조금", "크게", "다시", "늘", "곧"];
        let (a, b, c) = (n % 3, n / 3 % 5, n / 15);
        writeln!(pairs, "{n},\"{} {} {c} 늘었다\",\"the {} rose {c}, {b}\"", ko[a], how[b], en[a]).unwrap();
        writeln!(classes, "{}\tit is {} {n} now", ["ham", "spam"][n % 2], en[a]).unwrap();
        writeln!(tagged, "the\tDET\n{}\tNOUN\nrose{n}\tVERB\n", en[a]).unwrap();
    }
    for (name, text) in [("pairs.csv", pairs), ("classes.tsv", classes), ("tagged.tsv", tagged)] {
        place.write(name, text);
    }
    place.write("texts.txt", "부하가 크게 늘었다. 바람이 불었다.\n비가 온 뒤 줄었다.\n".repeat(3));
    place.write("english.txt", "The load rose. It fell again. Then it stayed.\n".repeat(2));
    let init = |file: &str, task: &str, words: &[&str]| {
        let said = place.call(&["init", file, "--task", task, "-o", "r.toml", "--force"]).ok();
        words.iter().for_each(|word| assert!(said.err.contains(word), "{word}: {}", said.err));
        String::from_utf8(place.read("r.toml")).unwrap()
    };
    let recipe = init(
        "pairs.csv",
        "translate",
        &["row 1 names", "'korean'", "'english'", "sources: Korean", "0 are repeated"],
    );
    assert!(recipe.contains("source = \"korean\"") && recipe.contains("target = \"english\""), "{recipe}");
    place.call(&["run", "r.toml", "--quick", "--out", "pairs", "-q"]).ok();
    let recipe = init("classes.tsv", "translate", &["no row names", "2 classes", "perplexity"]);
    assert!(recipe.contains("by = \"targets\"") && recipe.contains("metric = \"perplexity\""), "{recipe}");
    place.call(&["run", "r.toml", "--quick", "--out", "classes", "-q"]).ok();
    let recipe = init("tagged.tsv", "tag", &["a token and a tag", "3 tags"]);
    assert!(recipe.contains("labels = \"tokens\""), "{recipe}");
    place.call(&["run", "r.toml", "--quick", "--out", "tagged", "-q"]).ok();
    assert!(init("texts.txt", "tag", &["100 % of their letters", "Korean"]).contains("labels = \"spacing\""));
    let english = init("english.txt", "tag", &["3.0 sentences each"]);
    assert!(english.contains("sentence-ends-by-word") && english.contains("passage = 1"), "{english}");
    place.call(&["init", "english.txt", "--task", "translate"]).failed(&["Next:"]);
    place.call(&["init", "pairs.csv", "--task", "translate", "--label", "x"]).misused(&["--label"]);
}
