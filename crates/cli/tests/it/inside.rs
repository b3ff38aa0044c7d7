//! `gyeol explain` of recurrent nets: of words, and of readings.

use std::io::{BufRead, BufReader, Read, Write};

use serde_json::Value;

use crate::common::{HOURS, Place, climbed, with_load};

/// Lines of a small grammar.
fn lines(n: usize, korean: bool) -> String {
    let (nouns, subjects) = (["load", "meter", "wind", "price"], ["수요가", "바람이", "가격이", "기온이"]);
    (0..n)
        .map(|i| {
            let k = i * 7 + i / 5;
            match korean {
                true => format!("{} {}시에 {}\n", subjects[k % 4], k % 24, ["올랐다.", "내렸다."][k % 2]),
                false => format!("The {} {} at {}.\n", nouns[k % 4], ["rose", "fell"][k % 2], k % 24),
            }
        })
        .collect()
}

const NET: &str = "layers = 2\nunits = 12\nepochs = 1\nbatch = 8\n";

/// A model of lines by a recipe of one net, beside counts and a mixture of both where asked for.
fn fitted(cell: &str, korean: bool, mixed: bool) -> Place {
    let place = Place::new();
    place.write("t.txt", lines(600, korean));
    let language = if korean { "language = \"ko\"\n[text]\nlanguage = \"ko\"\n" } else { "" };
    let (head, tail) = match mixed {
        true => ("[[rung]]\nname = \"ngram\"\norder = 2\n", format!("[[rung]]\nname = \"ngram+{cell}\"\n")),
        false => ("", String::new()),
    };
    place.write(
        "r.toml",
        format!(
            "task = \"language-model\"\n{language}[data]\nfile = \"t.txt\"\n[compare]\norders = []\n{head}\
             [[rung]]\nname = \"{cell}\"\n{NET}{tail}"
        ),
    );
    if mixed {
        place.call(&["run", "r.toml", "--out", "run", "-q"]).ok();
    } else {
        place.call(&["train", "r.toml", "--rung", cell, "-o", "m.gyeol", "-q"]).ok();
    }
    place
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// Every part of every layer has a row a step and a number a unit.
fn whole(found: &Value, parts: &[&str], layers: usize, units: usize) {
    let steps = list(&found["steps"]).len();
    assert_eq!(list(&found["layers"]).len(), layers);
    for layer in list(&found["layers"]) {
        assert_eq!(layer["units"], units);
        let names: Vec<&String> =
            layer.as_object().unwrap().keys().filter(|k| layer[*k].is_array()).collect();
        assert_eq!(names.len(), parts.len(), "{names:?}");
        for part in parts {
            assert_eq!(list(&layer[part]).len(), steps, "{part}");
            for row in list(&layer[part]) {
                assert_eq!(list(row).len(), units, "{part}");
                assert!(list(row).iter().all(Value::is_number), "{part}");
            }
        }
    }
}

const LSTM: [&str; 6] = ["input", "forget", "output", "candidate", "cell", "hidden"];

#[test]
fn a_net_of_words_shows_what_it_does_over_a_line() {
    let place = fitted("lstm", false, false);
    let found = place.call(&["explain", "m.gyeol", "The storm rose at 3.", "--json"]).ok().json();
    whole(&found, &LSTM, 2, 12);
    let words: Vec<&str> = list(&found["steps"]).iter().map(|step| step["token"].as_str().unwrap()).collect();
    assert_eq!(words, ["</s>", "The", "storm", "rose", "at", "3", "."]);
    // What each word is given is what `score` gives it.
    let scored = place.fed(&["score", "m.gyeol", "-", "--json"], b"The storm rose at 3.\n").ok().json();
    let bits = found["bits"].as_f64().unwrap();
    assert!((bits + scored["log10"].as_f64().unwrap() * 10f64.log2()).abs() < 1e-3, "{bits} {scored}");
    let sum: f64 =
        list(&found["steps"])[1..].iter().chain([&found["end"]]).map(|s| s["bits"].as_f64().unwrap()).sum();
    assert!((sum - bits).abs() < 1e-6);
    let storm = &found["steps"][2];
    assert_eq!((&storm["unknown"], list(&storm["next"]).len()), (&Value::Bool(true), 3));
    assert!(storm["p"].as_f64().unwrap() > 0.0 && found["steps"][0].get("p").is_none());
    assert_eq!((&found["shown"]["layer"], &found["shown"]["gate"]), (&2.into(), &"cell".into()));
    assert_eq!(list(&found["shown"]["units"]).len(), 8);

    // The table: a line a step, the units that were asked for, whatever is shown.
    let told = place.call(&["explain", "m.gyeol", "The storm rose at 3."]).ok().out;
    assert!(told.contains("LSTM, layer 2 of 2: cell state of 8 of its 12 units"), "{told}");
    assert!(
        told.contains("storm <unk>") && told.contains("(end)") && told.contains("unknown to it"),
        "{told}"
    );
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let few = place.call(&[
        "explain",
        "m.gyeol",
        "The wind fell.",
        "--units",
        "3,11",
        "--layer",
        "1",
        "--gate",
        "forget",
    ]);
    let few = few.ok().out;
    assert!(few.contains("layer 1 of 2: forget gate of 2 of its 12 units"), "{few}");
    assert!(few.lines().any(|line| line.contains("word") && line.contains(" 3 11 ")), "{few}");
    let one = place.call(&["explain", "m.gyeol", "The wind", "--units", "7,", "--json"]).ok().json();
    assert_eq!(one["shown"]["units"], serde_json::json!([7]));
    let most = place.call(&["explain", "m.gyeol", "The wind", "--units", "100", "--json"]).ok().json();
    assert_eq!(list(&most["shown"]["units"]).len(), 12);

    // A line of a file, and of standard input.
    place.write("two.txt", "The wind rose.\nThe storm rose at 3.\n");
    let again = place.call(&["explain", "m.gyeol", "two.txt", "--row", "2", "--json"]).ok().json();
    assert_eq!(again, found);
    assert_eq!(
        place.fed(&["explain", "m.gyeol", "-", "--json"], b"The storm rose at 3.\n").ok().json(),
        found
    );

    // The page.
    place.call(&["explain", "m.gyeol", "The storm rose.", "--html", "page.html", "--language", "ko"]).ok();
    let page = String::from_utf8(place.read("page.html")).unwrap();
    assert!(page.contains("<html lang=\"ko\"") && page.contains("셀 상태") && page.contains("망각 게이트"));
    assert!(page.contains("cell-minus") && page.contains("<table") && !page.contains("NaN"));
    let printed = place.call(&["explain", "m.gyeol", "The storm rose.", "--html", "-"]).ok().out;
    assert!(
        printed.starts_with("<!doctype html>") && printed.ends_with("</html>\n")
            || printed.contains("</html>")
    );

    place.call(&["explain", "m.gyeol", ""]).failed(&["without a word", "Next: "]);
    place.call(&["explain", "m.gyeol", "The", "--layer", "3"]).failed(&["layer 3 of a net of 2", "1 to 2"]);
    place.call(&["explain", "m.gyeol", "The", "--gate", "reset"]).failed(&["'reset'", "forget"]);
    place.call(&["explain", "m.gyeol", "The", "--units", "13,"]).misused(&["unit 13", "12"]);
    place.call(&["explain", "m.gyeol", "The", "--units", "0"]).misused(&["--units"]);
    place.call(&["explain", "m.gyeol", "The", "--gate", "door"]).misused(&["forget"]);
    place.call(&["explain", "m.gyeol", "The", "--terms", "3"]).misused(&["--terms"]);
    place.call(&["explain", "m.gyeol", "The", "--at", "2024-01-01"]).misused(&["--at"]);
    place.call(&["explain", "m.gyeol", "two.txt", "--row", "3"]).failed(&["example 3 of 2", "--row"]);
    let shown = place.call(&["show", "m.gyeol", "--json"]).ok().json();
    assert!(list(&shown["verbs"]).contains(&"explain".into()));
}

#[test]
fn a_unit_is_found_where_it_is_strongest() {
    let place = fitted("lstm", false, false);
    let ask = |line: &str| place.call(&["explain", "m.gyeol", line, "--json"]).ok().json();
    let texts = ["The wind rose at 3.", "At 7", "The price fell and fell and fell.", ""];
    place.write("few.txt", texts.join("\n") + "\n");
    let found =
        place.call(&["explain", "m.gyeol", "few.txt", "--select", "5", "--places", "2", "--json"]).ok();
    let found = found.json();
    assert_eq!((&found["unit"], &found["gate"], &found["layer"]), (&5.into(), &"cell".into(), &2.into()));
    // Of each text the word with the largest value, as the line alone has it.
    let mut best: Vec<(f64, usize, usize)> = Vec::new();
    for (i, line) in texts[..3].iter().enumerate() {
        let cell = ask(line)["layers"][1]["cell"].clone();
        let values = list(&cell).iter().skip(1).map(|row| row[4].as_f64().unwrap());
        let (at, value) = values.enumerate().fold((0, f64::MIN), |b, v| if v.1 > b.1 { v } else { b });
        best.push((value, i + 1, at + 1));
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (place, (value, text, word)) in list(&found["highest"]).iter().zip(&best) {
        assert!((place["value"].as_f64().unwrap() - value).abs() < 1e-6, "{place}");
        assert_eq!((&place["text"], &place["word"]), (&(*text).into(), &(*word).into()));
    }
    assert_eq!((list(&found["highest"]).len(), list(&found["lowest"]).len()), (2, 2));
    let told = place.call(&["explain", "m.gyeol", "few.txt", "--select", "5", "--gate", "forget"]).ok().out;
    assert!(
        told.contains("forget gate of unit 5") && told.contains("[") && told.contains("lowest"),
        "{told}"
    );
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let told = place.call(&["explain", "m.gyeol", "few.txt", "--select", "5", "--language", "ko"]).ok().out;
    assert!(told.contains("가장 높은 곳"), "{told}");
    place.call(&["explain", "m.gyeol", "few.txt", "--select", "13"]).misused(&["unit 13", "12"]);
    place.call(&["explain", "m.gyeol", "few.txt", "--select", "0"]).misused(&["unit 0"]);
    place.call(&["explain", "m.gyeol", "gone.txt", "--select", "1"]).failed(&["gone.txt", "no such file"]);
    place.call(&["explain", "m.gyeol", "few.txt", "--select", "1", "--units", "2"]).misused(&["--units"]);
    place.write("empty.txt", "\n\n");
    place.call(&["explain", "m.gyeol", "empty.txt", "--select", "1"]).failed(&["empty.txt"]);
}

#[test]
fn how_far_back_a_net_hears_is_told() {
    let place = fitted("lstm", false, false);
    place.write("few.txt", "The wind rose at 3 and fell at 4.\n\nThe price fell and fell.\n");
    let found = place.call(&["explain", "m.gyeol", "few.txt", "--reach", "--json"]).ok().json();
    let reach = list(&found["reach"]);
    assert_eq!((&reach[0]["distance"], &reach[0]["share"]), (&1.into(), &1.0.into()));
    // Of every word and the ends of the lines the last word read is known; further back fewer are.
    let predictions: Vec<u64> = reach.iter().map(|r| r["predictions"].as_u64().unwrap()).collect();
    assert!(predictions.windows(2).all(|two| two[0] >= two[1]) && predictions[0] >= 14, "{predictions:?}");
    assert!(reach.iter().all(|r| r["norm"].as_f64().unwrap() > 0.0));
    let told = place.call(&["explain", "m.gyeol", "few.txt", "--reach"]).ok().out;
    assert!(told.contains("how far back") && told.contains("100.0 %"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 110), "{told}");
    let told = place.call(&["explain", "m.gyeol", "few.txt", "--reach", "--language", "ko"]).ok().out;
    assert!(told.contains("그래디언트"), "{told}");
    place.call(&["explain", "m.gyeol", "few.txt", "--reach", "--layer", "1"]).misused(&["--layer"]);
    place.call(&["explain", "m.gyeol", "gone.txt", "--reach"]).failed(&["gone.txt", "no such file"]);
    place.write("empty.txt", "\n\n");
    place.call(&["explain", "m.gyeol", "empty.txt", "--reach"]).failed(&["no line with a word"]);
}

#[test]
fn of_a_mixture_the_net_is_asked_and_counts_have_no_gates() {
    let place = fitted("gru", false, true);
    let (net, mixed) = ("run/rungs/gru.gyeol", "run/rungs/ngram-and-gru.gyeol");
    let ask = |model: &str| place.call(&["explain", model, "The wind rose.", "--json"]).ok().json();
    let (alone, within) = (ask(net), ask(mixed));
    whole(&alone, &["reset", "update", "candidate", "hidden"], 2, 12);
    assert_eq!((&alone["layers"], &alone["steps"]), (&within["layers"], &within["steps"]));
    let share = within["share"].as_f64().unwrap();
    assert!(alone.get("share").is_none() && (0.0..1.0).contains(&share));
    let told = place.call(&["explain", mixed, "The wind rose."]).ok().out;
    assert!(told.contains("mixture") && told.contains("hidden state of 8"), "{told}");
    let counts = "run/rungs/ngram.gyeol";
    place.call(&["explain", counts, "The wind rose."]).failed(&[
        "counts",
        "gates",
        "perplexity, score",
        "score --explain",
    ]);
    place.call(&["ngram", "t.txt", "-o", "m.bin", "--order", "2"]).ok();
    place.call(&["explain", "m.bin", "The wind rose."]).failed(&["m.bin", "counts", "perplexity, score"]);
    let shown = place.call(&["show", counts, "--json"]).ok().json();
    assert!(!list(&shown["verbs"]).contains(&"explain".into()));

    // Served, as the command has it.
    let mut server = place.spawn(&["serve", mixed, counts, "--addr", "127.0.0.1:0"]);
    let mut said = String::new();
    // Kept open until the end: what the server says later must not meet a closed pipe.
    let mut err = BufReader::new(server.stderr.take().unwrap());
    err.read_line(&mut said).unwrap();
    let address = said.trim().trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let post = |model: &str, body: &str| -> Value {
        let mut stream = std::net::TcpStream::connect(&address).unwrap_or_else(|e| panic!("{e}: {said}"));
        let head =
            format!("POST /v1/models/{model}/explain HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.rsplit_once("\r\n").unwrap().1)
            .unwrap_or_else(|e| panic!("{e}: {answer}"))
    };
    let served = post("ngram-and-gru", r#"{"text":"The wind rose."}"#);
    assert_eq!((&served["layers"], &served["steps"]), (&within["layers"], &within["steps"]));
    let narrow = post("ngram-and-gru", r#"{"text":"The wind rose.","layer":1,"gate":"update"}"#);
    assert_eq!(narrow["layers"][0]["update"], within["layers"][0]["update"]);
    assert!(list(&narrow["layers"]).len() == 1 && narrow["layers"][0].get("hidden").is_none());
    assert_eq!(post("ngram-and-gru", r#"{"text":""}"#)["error"]["code"], "no-words");
    assert_eq!(post("ngram-and-gru", r#"{"text":"a","gate":"cell"}"#)["error"]["code"], "no-such-gate");
    let long = format!(r#"{{"text":"{}"}}"#, "The wind rose. ".repeat(3000));
    assert_eq!(post("ngram-and-gru", &long)["error"]["code"], "wrong-shape");
    assert_eq!(post("ngram", r#"{"text":"The wind"}"#)["error"]["code"], "no-such-verb");
    server.kill().unwrap();
    server.wait().unwrap();
    drop(err);
}

#[test]
fn a_korean_line_is_told_in_korean() {
    let place = fitted("rnn", true, false);
    let line = "수요가 3시에 올랐다.";
    let told = place.call(&["explain", "m.gyeol", line, "--language", "ko"]).ok().out;
    assert!(told.contains("2층 가운데 2층: 은닉 상태") && told.contains("(끝)"), "{told}");
    let found = place.call(&["explain", "m.gyeol", line, "--json"]).ok().json();
    whole(&found, &["hidden"], 2, 12);
    assert!(list(&found["steps"]).len() > 4);
}

#[test]
fn a_net_of_readings_shows_what_it_looks_back_on() {
    let place = climbed();
    let model = "out/rungs/lstm.gyeol";
    let found = place.call(&["explain", model, "load.csv", "--json"]).ok().json();
    let layers = list(&found["layers"]).len();
    whole(&found, &LSTM, layers, 8);
    assert_eq!((&found["target"], &found["members"]), (&"load".into(), &2.into()));
    assert_eq!(list(&found["steps"]).len() * found["rows"].as_u64().unwrap() as usize, 48);
    let first = crate::common::stamp(60 * (HOURS as i64 - 48)).replace(' ', "T") + ":00";
    assert_eq!(found["steps"][0]["time"], first.as_str());
    let told = place.call(&["explain", model, "load.csv"]).ok().out;
    assert!(told.contains("cell state of 8 of its 8 units") && told.contains("first of 2 nets"), "{told}");
    // The same rows from a table that goes on.
    let at = crate::common::stamp(60 * (HOURS as i64 - 24));
    let before = place.call(&["explain", model, "load.csv", "--at", &at, "--json"]).ok().json();
    let text = String::from_utf8(place.read("load.csv")).unwrap();
    let cut: Vec<&str> = text.lines().take(1 + HOURS - 24).collect();
    place.write("cut.csv", cut.join("\n") + "\n");
    assert_eq!(place.call(&["explain", model, "cut.csv", "--json"]).ok().json()["layers"], before["layers"]);
    place.call(&["explain", model, "load.csv", "--html", "page.html"]).ok();
    assert!(String::from_utf8(place.read("page.html")).unwrap().contains("cell-minus"));
    place.call(&["explain", model, "load.csv", "--at", &crate::common::stamp(60)]).failed(&["48", "Next: "]);
    place.call(&["explain", model, "load.csv", "--row", "2"]).failed(&["2 of 1", "--row"]);
    place.call(&["explain", "out/rungs/last-value.gyeol", "load.csv"]).failed(&[
        "last-value",
        "no terms",
        "response",
    ]);
    place
        .call(&["explain", "out/rungs/linear.gyeol", "load.csv", "--gate", "hidden"])
        .misused(&["--gate", "nets"]);
}

#[test]
fn newer_cells_show_their_own_gates_and_states_of_words_and_of_readings() {
    let of_slstm = ["input", "forget", "output", "candidate", "cell", "normaliser", "hidden"];
    for (cell, title, parts) in
        [("slstm", "sLSTM", &of_slstm[..]), ("mingru", "minGRU", &["update", "candidate", "hidden"])]
    {
        let place = fitted(cell, false, false);
        let line = "The storm rose at 3.";
        let found = place.call(&["explain", "m.gyeol", line, "--json"]).ok().json();
        whole(&found, parts, 2, 12);
        let told = place.call(&["explain", "m.gyeol", line, "--gate", "candidate"]).ok().out;
        assert!(told.contains(&format!("{title}, layer 2 of 2: candidate of 8")), "{told}");
        place.call(&["explain", "m.gyeol", line, "--gate", "reset"]).failed(&[title, "no 'reset'", parts[0]]);

        let place = with_load();
        place.write(
            "r.toml",
            format!(
                "[data]\nfile = \"load.csv\"\n[forecast]\nlook_back = 48\nhorizon = 12\n[[rung]]\nname = \"{cell}\"\n\
                 hidden = 8\nhead = 8\nepochs = 1\nmembers = 1\n"
            ),
        );
        place.call(&["train", "r.toml", "--rung", cell, "-o", "m.gyeol", "-q"]).ok();
        let found = place.call(&["explain", "m.gyeol", "load.csv", "--json"]).ok().json();
        whole(&found, parts, 1, 8);
    }
}
