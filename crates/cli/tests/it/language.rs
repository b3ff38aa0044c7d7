//! The ladder of language models and its bundles, through the real binary.

use std::io::{BufRead, BufReader, Read, Write};

use crate::common::Place;

/// Lines of a small grammar, Korean for odd numbers when `korean`.
fn lines(from: usize, to: usize, korean: bool) -> String {
    let nouns = ["load", "meter", "wind", "price"];
    let subjects = ["수요가", "바람이", "가격이", "기온이"];
    (from..to)
        .map(|i| {
            let k = i * 7 + i / 5;
            if korean {
                format!("{} {}시에 {}\n", subjects[k % 4], k % 24, ["올랐다.", "내렸다."][k % 2])
            } else {
                format!("The {} {} at {}.\n", nouns[k % 4], ["rose", "fell"][k % 2], k % 24)
            }
        })
        .collect()
}

#[test]
fn texts_climb_their_ladder_and_the_model_reads_raw_text() {
    let place = Place::new();
    place.write("texts.txt", lines(0, 900, false));
    let made = place.call(&["init", "texts.txt", "-o", "r.toml"]).ok();
    assert!(made.err.contains("gyeol run r.toml"));
    let recipe = String::from_utf8(place.read("r.toml")).unwrap();
    assert!(recipe.contains("task = \"language-model\"") && recipe.contains("file = \"texts.txt\""));
    let changed = recipe.replace("normalise = []", "normalise = [\"lower\"]");
    assert_ne!(changed, recipe);
    place.write("r.toml", changed);
    let scores = place.call(&["run", "r.toml", "--out", "run", "--json", "-q"]).ok().json();
    assert_eq!(scores["task"], "language-model");
    assert_eq!(scores, place.json("run/scores.json"));
    let rungs = scores["rungs"].as_array().unwrap();
    let of = |i: usize| rungs[i]["test"]["perplexity"]["value"].as_f64().unwrap();
    assert!(of(0) > 2.0 * of(1));
    for file in ["report.html", "model.gyeol", "rungs/unigram.gyeol", "rungs/ngram-bigram.gyeol"] {
        assert!(place.at("run").join(file).exists(), "{file}");
    }
    // The model puts raw text through its own chain: what it was trained on in small letters, it reads in capitals.
    let score = |text: &str| {
        let line = place.fed(&["score", "run/model.gyeol", "-", "--json"], text.as_bytes()).ok().json();
        (line["text"].as_str().unwrap().to_owned(), line["log10"].as_f64().unwrap())
    };
    let (text, log10) = score("THE LOAD ROSE AT 7.\n");
    assert_eq!(text, "the load rose at 7 .");
    assert_eq!(score("the load rose at 7.\n").1, log10);
    let found =
        place.fed(&["perplexity", "run/model.gyeol", "-", "--json"], lines(810, 900, false).as_bytes());
    let found = found.ok().json();
    let best = scores["best"].as_str().unwrap();
    let rung = rungs.iter().find(|r| r["name"] == best).unwrap();
    let value = rung["test"]["perplexity"]["value"].as_f64().unwrap();
    assert!((found["perplexity"].as_f64().unwrap() / value - 1.0).abs() < 1e-9, "{found} {rung}");
    let next = place.call(&["next", "run/model.gyeol", "The WIND", "--json"]).ok().json();
    assert!(["rose", "fell"].contains(&next["next"][0]["token"].as_str().unwrap()));
    let ranked = place
        .fed(&["rank", "run/model.gyeol", "-", "--json"], b"a\tThe at load rose 7.\tThe load rose at 7.\n")
        .ok()
        .json();
    assert_eq!(ranked["ranked"][0]["text"], "The load rose at 7.");
    let shown = place.call(&["show", "run/model.gyeol", "--json"]).ok().json();
    assert_eq!(shown["kind"], "language-model");
    place.call(&["generate", "run/model.gyeol", "--seed", "3"]).ok();
    let bare = place.call(&["run", "r.toml", "--out", "again", "--quick"]).ok();
    assert!(
        bare.out.contains("unigram") && bare.out.contains("gyeol generate again/model.gyeol"),
        "{bare:?}"
    );
    // What the model is not for is said.
    place.write("t.csv", "time,load\n2024-01-01 00:00,1\n");
    place.call(&["predict", "run/model.gyeol", "t.csv"]).failed(&["language-model"]);
    // It is served like any other model, by its own verbs.
    let mut server = place.spawn(&["serve", "run/model.gyeol", "--addr", "127.0.0.1:0"]);
    let mut said = String::new();
    BufReader::new(server.stderr.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.trim().trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let body = r#"{"text":"The WIND","k":1}"#;
    let mut stream = std::net::TcpStream::connect(&address).unwrap_or_else(|e| panic!("{e}: {said}"));
    let head = "POST /v1/models/model/next HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let answer: serde_json::Value = serde_json::from_str(answer.rsplit_once("\r\n").unwrap().1).unwrap();
    assert_eq!(answer["next"][0], next["next"][0]);
}

#[test]
fn korean_is_cut_into_stems_and_particles_that_travel() {
    let place = Place::new();
    place.write("t.txt", lines(0, 1200, true));
    place.write(
        "r.toml",
        "task = \"language-model\"\nlanguage = \"ko\"\n[data]\nfile = \"t.txt\"\n[text]\nlanguage = \"ko\"\n[compare]\norders = []\n",
    );
    let scores = place.call(&["run", "r.toml", "--out", "run", "--json", "-q"]).ok().json();
    assert_eq!(scores["data"]["scheme"], "korean");
    let page = String::from_utf8(place.read("run/report.html")).unwrap();
    assert!(page.contains("어떤 언어 모델이 필요한가?"));
    let scored = place.fed(&["score", "run/model.gyeol", "-", "--json"], "수요가 3시에 올랐다.\n".as_bytes());
    assert!(scored.ok().json()["text"].as_str().unwrap().split(' ').count() > 3);
}

#[test]
fn one_rung_is_trained_alone() {
    let place = Place::new();
    place.write("texts.txt", lines(0, 600, false));
    place.write("r.toml", "task = \"language-model\"\n[data]\nfile = \"texts.txt\"\n");
    let trained = place.call(&["train", "r.toml", "--rung", "ngram:bigram", "-o", "m.gyeol", "--json", "-q"]);
    let trained = trained.ok().json();
    assert_eq!((&trained["rung"], &trained["order"]), (&"ngram:bigram".into(), &2.into()));
    assert_eq!(trained["epochs"].as_array().unwrap().len(), 0);
    let left = place.listing();
    assert_eq!(left.len(), 3, "{left:?}");
    place.call(&["perplexity", "m.gyeol", "texts.txt"]).ok();
}

#[test]
fn what_a_recipe_of_texts_cannot_do_is_said() {
    let place = Place::new();
    place.write("r.toml", "task = \"language-model\"\n[data]\nfile = \"gone.txt\"\n");
    place.call(&["run", "r.toml", "--out", "run"]).failed(&["gone.txt"]);
    place.write("r.toml", "task = \"language-model\"\n[data]\nfile = \"-\"\n");
    place.call(&["run", "r.toml", "--out", "run"]).failed(&["standard input"]);
    place.write("r.toml", "task = \"language-model\"\n[data]\nfile = \"a.txt\"\n");
    place.write("a.txt", "one\ntwo\n");
    place.call(&["run", "r.toml", "--out", "run"]).failed(&["split into three"]);
    place.call(&["run", "r.toml", "--known-ahead"]).misused(&["readings"]);
    place.call(&["clean", "a.txt", "-o", "b.csv", "--recipe", "r.toml"]).failed(&["gyeol run"]);
    assert!(!place.at("run").exists());
}

/// A net and its mixture with counts answer every verb, on the command line and served.
#[test]
fn a_net_of_words_answers_as_counts_do() {
    let place = Place::new();
    place.write("texts.txt", lines(0, 600, false));
    let rungs = "[[rung]]\nname = \"ngram\"\norder = 2\n[[rung]]\nname = \"gru\"\nunits = 16\nlayers = 1\nepochs = 3\nbatch = 8\n\
                 [[rung]]\nname = \"ngram+gru\"\n";
    let data = "task = \"language-model\"\n[data]\nfile = \"texts.txt\"\n[compare]\norders = []\n";
    place.write("r.toml", format!("{data}{rungs}"));
    place.call(&["run", "r.toml", "--out", "run"]).ok();
    place.write("new.txt", "The storm rose at 3.\n");
    place.write("sets.tsv", "k\tThe wind rose at 3.\tAt the 3 rose wind.\n");
    place.write("list.tsv", "u\tThe wind rose at 3.\t-1\nu\tThe wind at rose 3.\t-1\n");
    for model in ["run/rungs/gru.gyeol", "run/rungs/ngram-and-gru.gyeol"] {
        let found = place.call(&["perplexity", model, "texts.txt", "--json"]).ok().json();
        assert!(found["perplexity"].as_f64().unwrap() < 60.0, "{found}");
        assert_eq!(found["matched"], serde_json::json!([]));
        let stream =
            place.call(&["perplexity", model, "texts.txt", "--protocol", "stream", "--json"]).ok().json();
        assert_ne!(stream["log10"], found["log10"], "a net remembers the line before");
        let explained = place.call(&["score", model, "new.txt", "--explain"]).ok().out;
        assert!(explained.contains("unknown word") && !explained.contains("back-off"), "{explained}");
        let next = place.call(&["next", model, "The wind", "--json"]).ok().json();
        assert_eq!(next["next"].as_array().unwrap().len(), 10);
        assert!(
            !place.call(&["generate", model, "--prompt", "The", "--max", "5"]).ok().out.trim().is_empty()
        );
        let ranked = place.call(&["rank", model, "sets.tsv", "--json"]).ok().json();
        assert_eq!(ranked["ranked"][0]["text"], "The wind rose at 3.");
        place.call(&["rescore", model, "list.tsv"]).ok();
        place.call(&["correct", model, "new.txt"]).ok();
        let shown = place.call(&["show", model, "--json"]).ok().json();
        assert_eq!(shown["kind"], "language-model");
        place.call(&["perplexity", model, "texts.txt", "--verify"]).misused(&["of another kind"]);
    }
    let trained = place.call(&["train", "r.toml", "--rung", "gru", "-o", "one.gyeol", "--json"]).ok().json();
    assert_eq!(trained["epochs"].as_array().unwrap().len(), 3);
    // The files hold how long the fit took, in as many digits as it needs: what they answer is the same to the bit.
    let answers = |model: &str| place.call(&["perplexity", model, "texts.txt", "--json"]).ok().json();
    assert_eq!(answers("one.gyeol"), answers("run/rungs/gru.gyeol"));
    let tensors = |model: &str| place.call(&["show", model, "--json"]).ok().json()["tensors"].clone();
    assert!(tensors("one.gyeol").is_array() || tensors("one.gyeol").is_object());
    assert_eq!(tensors("one.gyeol"), tensors("run/rungs/gru.gyeol"));
    place.write("few.txt", "one\ntwo\nthree\n");
    let stream = format!("{data}[score]\nprotocol = \"stream\"\n{rungs}");
    place.write("few.toml", stream.replace("texts.txt", "few.txt"));
    place.call(&["run", "few.toml", "--out", "few"]).failed(&["words for 8 rows", "fewer rows"]);
}
