//! Classifiers and regressions at the prompt: guessed, run, asked, judged, served; what is guessed is said.

use crate::common::Place;

/// Short messages, every third of them an advertisement.
fn messages(count: usize) -> String {
    let mut out = String::from("text,label\n");
    for i in 0..count {
        let (text, label) = match i % 3 {
            0 => (format!("free prize number {i} call now"), "spam"),
            1 => (format!("see you at the station at {}", i % 12), "ham"),
            _ => (format!("the meeting moved to room {}", i % 40), "ham"),
        };
        out += &format!("{text},{label}\n");
    }
    out
}

/// Flowers of three kinds whose leaves differ.
fn flowers() -> String {
    let mut out = String::from("length,width,species\n");
    for i in 0..150 {
        let kind = i % 3;
        let (a, b) = (f64::from(i * 7 % 11) / 10.0, f64::from(i * 5 % 13) / 10.0);
        out += &format!(
            "{:.2},{:.2},{}\n",
            1.0 + 2.0 * f64::from(kind) + a,
            0.5 + f64::from(kind) + b,
            ["a", "b", "c"][kind as usize]
        );
    }
    out
}

#[test]
fn labelled_texts_are_classified_and_the_guess_is_said_and_overruled() {
    let place = Place::new();
    place.write("m.csv", messages(240));
    let run = place.call(&["run", "m.csv", "--out", "out"]).ok();
    assert!(run.err.contains("labels stand beside the texts (2 different ones"), "{run:#?}");
    assert!(
        run.out.contains("240 examples of 2 classes") && run.out.contains("predict out/model.gyeol"),
        "{run:#?}"
    );
    let scores = place.json("out/scores.json");
    assert_eq!((&scores["task"], &scores["denominator"]["documents"]), (&"classify".into(), &36.into()));
    let best = scores["rungs"].as_array().unwrap().iter().find(|r| r["name"] == scores["best"]).unwrap();
    for key in ["accuracy", "macro_f1", "log_loss", "error"] {
        assert!(best["test"][key]["value"].is_number(), "{key}: {best}");
    }
    assert!(best["test"]["accuracy"]["value"].as_f64().unwrap() > 0.95);

    place.write("new.txt", "call now for a free prize\nsee you at the meeting\n");
    let lines = place.call(&["predict", "out/model.gyeol", "new.txt", "--json"]).ok();
    let lines: Vec<serde_json::Value> = lines.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!([&lines[0]["label"], &lines[1]["label"]], ["spam", "ham"]);
    let sum: f64 = lines[0]["p"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9);
    let table = place.call(&["predict", "out/model.gyeol", "new.txt"]).ok();
    assert!(table.out.starts_with("label,probability,p(ham),p(spam)\nspam,"), "{}", table.out);

    let found = place.call(&["evaluate", "out/model.gyeol", "m.csv", "--json"]).ok().json();
    assert_eq!(
        (&found["n"], &found["confusion"]["labels"]),
        (&240.into(), &serde_json::json!(["ham", "spam"]))
    );
    assert!(found["metrics"]["accuracy"]["low"].as_f64().unwrap() > 0.9);
    let show = place.call(&["show", "out/model.gyeol", "--json"]).ok().json();
    assert_eq!(show["kind"], "classify");

    // The same file is a language model's where it is asked for.
    let init = place.call(&["init", "m.csv", "--task", "language-model"]).ok();
    assert!(init.out.contains("task = \"language-model\""), "{}", init.out);
    let init = place.call(&["init", "m.csv", "--json"]).ok().json();
    assert_eq!(init["task"], "classify");
    assert!(init["because"].as_str().unwrap().contains("labels stand beside the texts"));
    place.call(&["init", "m.csv", "-o", "m.toml"]).ok();
    place.call(&["run", "m.toml", "--quick", "--out", "again"]).ok();
}

#[test]
fn tables_without_a_clock_are_classified_or_regressed() {
    let place = Place::new();
    place.write("f.csv", flowers());
    let run = place.call(&["run", "f.csv", "--out", "out"]).ok();
    assert!(run.err.contains("a class, 'species'"), "{run:#?}");
    assert_eq!(place.json("out/scores.json")["denominator"]["rows"], 23);
    place.write("new.csv", "species,width,length,note\n?,0.7,1.2,x\n?,2.9,5.6,y\n");
    let found = place.call(&["predict", "out/model.gyeol", "new.csv"]).ok();
    let classes: Vec<&str> = found.out.lines().skip(1).map(|l| l.split(',').next().unwrap()).collect();
    assert_eq!(classes, ["a", "c"], "{found:#?}");
    assert!(found.err.contains("note"), "a column that was not there at the fit is said: {found:#?}");
    place.write("short.csv", "length\n1.2\n");
    place.call(&["predict", "out/model.gyeol", "short.csv"]).failed(&["width"]);

    let run = place.call(&["run", "f.csv", "--task", "regress", "--label", "width", "--out", "r"]).ok();
    assert!(run.err.contains("a number, 'width'"), "{run:#?}");
    let scores = place.json("r/scores.json");
    assert_eq!(scores["task"], "regress");
    for key in ["mae", "rmse", "r2"] {
        assert!(scores["rungs"][1]["test"][key]["value"].is_number(), "{key}");
    }
    let found = place.call(&["evaluate", "r/model.gyeol", "f.csv", "--json"]).ok().json();
    assert!(found["metrics"]["r2"]["value"].as_f64().unwrap() > 0.5);
    place
        .call(&["run", "f.csv", "--label", "nothing", "--out", "x"])
        .failed(&["'nothing'", "length, width, species"]);
    // Yes and no are names of classes, as other words are.
    let answers: String = flowers().replace("species", "sold").replace(",a", ",yes").replace(",b", ",yes");
    place.write("yes.csv", answers.replace(",c", ",no"));
    place.call(&["run", "yes.csv", "--out", "yes"]).ok();
    place.write("new.csv", "width,length\n0.7,1.2\n2.9,5.6\n");
    let found = place.call(&["predict", "yes/model.gyeol", "new.csv"]).ok();
    assert!(found.out.starts_with("sold,probability,p(no),p(yes)\nyes,"), "{found:#?}");
    let found = place.call(&["evaluate", "yes/model.gyeol", "yes.csv", "--json"]).ok().json();
    assert_eq!(found["confusion"]["labels"], serde_json::json!(["no", "yes"]));
    place.call(&["predict", "out/model.gyeol", "f.csv", "--every-origin"]).misused(&["go with forecasts"]);
}

#[test]
fn a_page_in_korean_holds_no_english_key() {
    let place = Place::new();
    place.write("m.csv", messages(150));
    let run = place.call(&["run", "m.csv", "--language", "ko", "--out", "out", "--quick"]).ok();
    assert!(run.out.contains("클래스 2개") && run.out.contains("정확도"), "{}", run.out);
    let page = String::from_utf8(place.read("out/report.html")).unwrap();
    for words in ["무엇을 무엇으로 혼동하는가", "무엇이 결정하는가", "확률을 믿을 수 있는가"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("chapter-") && !page.contains("col-of-class"));
}

/// What stands beside a text, or in a table, is found without its usual name, and said.
#[test]
fn labels_of_unusual_names_are_found() {
    let place = Place::new();
    let text = |i: usize| {
        format!(
            "we saw the {} play {} and went home",
            ["good", "poor"][i % 2],
            ["early", "late", "here"][i % 3]
        )
    };
    let lines = |stars: &str| -> String {
        (0..120)
            .map(|i| format!("{{\"id\":{i},\"review\":\"{}\",\"{stars}\":{}}}\n", text(i), 1 + i % 2 * 4))
            .collect()
    };
    place.write("stars.jsonl", lines("stars"));
    let init = place.call(&["init", "stars.jsonl", "--json"]).ok().json();
    assert_eq!(init["task"], "classify");
    let run = place.call(&["run", "stars.jsonl", "--quick", "--out", "s"]).ok();
    assert!(run.err.contains("label is column 'stars'"), "{run:#?}");
    // Years recur too, and two such columns are for the user to tell apart.
    let years: String =
        (0..120).map(|i| format!("{{\"review\":\"{}\",\"year\":{}}}\n", text(i), 2001 + i % 3)).collect();
    place.write("years.jsonl", years);
    assert_eq!(place.call(&["init", "years.jsonl", "--json"]).ok().json()["task"], "language-model");

    let several: String = (0..120).map(|i| format!("{},{}\n", text(i), ["a;b", "b", "a;c"][i % 3])).collect();
    place.write("several.csv", format!("text,tags\n{several}"));
    let run = place.call(&["run", "several.csv", "--quick", "--out", "m"]).ok();
    assert!(run.err.contains("labels such as 'a;b' look like several in one"), "{run:#?}");

    // Dates in no order that stand twice are no clock.
    let joined: String = (0..300)
        .map(|i| {
            let (day, year) = (1 + i * 7 % 28, 2020 + i * 11 % 3);
            format!("{},{year}-03-{day:02},{}\n", i * 13 % 50, if i * 13 % 50 > 24 { "Yes" } else { "No" })
        })
        .collect();
    place.write("left.csv", format!("age,joined,left\n{joined}"));
    let run = place.call(&["run", "left.csv", "--quick", "--out", "l"]).ok();
    assert!(run.err.contains("'joined' is no clock") && run.err.contains("a class, 'left'"), "{run:#?}");
    let found = place.call(&["run", "left.csv", "--label", "left", "--quick", "--out", "l2"]).ok();
    assert!(found.err.contains("a class, 'left'"), "{found:#?}");

    // A class beside numbers is no text, whatever its column is called.
    let wide: String =
        (0..60).map(|i| format!("{},{},{}\n", i % 2 * 5 + i % 7, i * 3 % 11, ["a", "b"][i % 2])).collect();
    for name in ["label", "y", "class", "topic"] {
        place.write("w.csv", format!("u,v,{name}\n{wide}"));
        let init = place.call(&["init", "w.csv", "--json"]).ok().json();
        assert_eq!(init["task"], "classify", "{name}: {init}");
        place.call(&["run", "w.csv", "--label", name, "--quick", "--out", "w", "--force"]).ok();
    }
    place.write("one.csv", "u,y\n".to_owned() + &(0..50).map(|i| format!("{i},a\n")).collect::<String>());
    place
        .call(&["run", "one.csv", "--label", "y", "--out", "o"])
        .failed(&["all training examples are of class 'a'"]);
}

/// Ten thousand classes are learnt by what can, and the rest is left out in words.
#[test]
fn very_many_classes_are_learnt_by_the_rungs_that_can() {
    let place = Place::new();
    let rows: String = (0..20_000).map(|i| format!("{},{},c{}\n", i % 97, i % 89, i % 10_000)).collect();
    place.write("many.csv", format!("u,v,label\n{rows}"));
    let run = place.call(&["run", "many.csv", "--label", "label", "--quick", "--out", "m"]).ok();
    assert!(run.err.contains("10000 classes: rungs that keep a score"), "{run:#?}");
    let rungs: Vec<String> = place.json("m/scores.json")["rungs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rung| rung["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(rungs, ["majority", "knn", "naive-bayes"]);
}

/// What was learnt from flatters, and is counted: of tables, of texts, and by mixtures.
#[test]
fn evaluate_counts_the_examples_that_the_fit_has_seen() {
    let place = Place::new();
    // No two rows are alike, so that none of the test part stands in another.
    let row = |i: usize| {
        format!(
            "{:.3},{:.2},{}\n",
            i as f64 * 1.37 + 0.5,
            i as f64 + (i * 37 % 11) as f64 / 2.0,
            ["a", "b"][(i / 40) % 2]
        )
    };
    let table =
        |rows: std::ops::Range<usize>| "size,width,kind\n".to_owned() + &rows.map(row).collect::<String>();
    let shuffled: String = (0..200).map(|i| row(i * 77 % 200)).collect();
    place.write("t.csv", format!("size,width,kind\n{shuffled}"));
    place.write("new.csv", table(200..260));
    for (task, label) in [("classify", "kind"), ("regress", "width")] {
        place.call(&["run", "t.csv", "--task", task, "--label", label, "--quick", "--out", task]).ok();
        let model = format!("{task}/model.gyeol");
        let split = place.json(&format!("{task}/scores.json"))["split"].clone();
        // With folds the first two parts are the same examples.
        let part = |name: &str| split[name]["examples"].as_u64().unwrap();
        let fitted = if split["folds"] == 0 { part("train") + part("valid") } else { part("train") };
        let found = place.call(&["evaluate", &model, "t.csv", "--json"]).ok().json();
        assert_eq!((&found["seen_in_fit"], &found["n"]), (&fitted.into(), &200.into()), "{task}: {split}");
        assert_eq!(fitted + part("test"), 200);
        let said = place.call(&["evaluate", &model, "t.csv"]).ok();
        assert!(said.out.contains(&format!("{fitted} of 200 examples were learnt from")), "{said:#?}");
        let said = place.call(&["evaluate", &model, "t.csv", "--language", "ko"]).ok();
        assert!(said.out.contains(&format!("200개 중 {fitted}개")), "{said:#?}");
        let found = place.call(&["evaluate", &model, "new.csv", "--json"]).ok().json();
        assert_eq!((&found["seen_in_fit"], &found["n"]), (&0.into(), &60.into()), "{task}");
        let said = place.call(&["evaluate", &model, "new.csv"]).ok();
        assert!(!said.out.contains("learnt from"), "{said:#?}");
        // One row of the file, read alone as other kinds of numbers, is known again.
        let seen: Vec<u64> = (0..40)
            .map(|i| {
                place.write("one.csv", format!("size,width,kind\n{}", row(i)));
                place.call(&["evaluate", &model, "one.csv", "--json"]).ok().json()["seen_in_fit"]
                    .as_u64()
                    .unwrap()
            })
            .collect();
        assert!((20..40).contains(&seen.iter().sum::<u64>()), "{seen:?}");
    }

    place.write("m.csv", messages(240));
    let mixed = "[data]\nfile = \"m.csv\"\n[[rung]]\nname = \"naive-bayes\"\n[[rung]]\nname = \"nbsvm\"\n[[rung]]\nname = \"naive-bayes+nbsvm\"\n";
    let init = place.call(&["init", "m.csv"]).ok();
    let task = init.out.lines().find(|line| line.starts_with("task")).unwrap().to_owned();
    place.write("m.toml", format!("{task}\n{mixed}"));
    place.call(&["run", "m.toml", "--out", "m"]).ok();
    let split = place.json("m/scores.json")["split"].clone();
    for model in ["m/rungs/nbsvm.gyeol", "m/rungs/naive-bayes-and-nbsvm.gyeol"] {
        let found = place.call(&["evaluate", model, "m.csv", "--json"]).ok().json();
        // Texts are made of few words, and some stand in two parts.
        let seen = found["seen_in_fit"].as_u64().unwrap();
        assert!(seen >= split["train"]["examples"].as_u64().unwrap() && seen <= 240, "{model}: {found}");
        place.write("later.csv", "text,label\nthe lift is out of order,ham\nwin a car today,spam\n");
        let found = place.call(&["evaluate", model, "later.csv", "--json"]).ok().json();
        assert_eq!(found["seen_in_fit"], 0, "{model}");
    }
}

/// Terms add up to the answer, at the prompt and over HTTP; what is no sum says which bundle to take.
#[test]
fn explain_says_why_a_text_and_a_row_are_answered_as_they_are() {
    let place = Place::new();
    place.write("m.csv", messages(240));
    place.call(&["run", "m.csv", "--quick", "--out", "m"]).ok();
    let (nbsvm, text) = ("m/rungs/nbsvm.gyeol", "call now for a free prize");
    let found = place.call(&["explain", nbsvm, text, "--json"]).ok().json();
    assert_eq!(found["label"], "spam");
    let words = found["words"].as_array().unwrap();
    let of = |value: &serde_json::Value| value["spam"].as_f64().unwrap();
    let sum = of(&found["intercept"]) + words.iter().map(|w| of(&w["contribution"])).sum::<f64>();
    assert!((sum - of(&found["score"])).abs() < 1e-9 && sum > 0.0, "{found}");
    assert!(words.iter().any(|w| w["term"] == "free" && w["contribution"]["ham"].as_f64().unwrap() < 0.0));
    place.write("two.txt", "see you at the station\ncall now for a free prize\n");
    assert_eq!(place.call(&["explain", nbsvm, "two.txt", "--row", "2", "--json"]).ok().json(), found);
    place.call(&["explain", nbsvm, "two.txt", "--row", "3"]).failed(&["example 3 of 2", "--row"]);
    let told = place.call(&["explain", nbsvm, text, "--terms", "5"]).ok().out;
    assert!(told.contains("label: spam") && told.contains("█") && told.contains("1 term more"), "{told}");
    let told = place.call(&["explain", nbsvm, text, "--language", "ko"]).ok().out;
    assert!(told.contains("절편"), "{told}");
    place.call(&["explain", "m/rungs/mlp.gyeol", text]).failed(&[
        "no sum of terms",
        "logistic.gyeol",
        "nbsvm.gyeol",
    ]);
    place.call(&["explain", nbsvm]).misused(&["INPUT"]);

    let rows: String = (0..120)
        .map(|i| {
            format!(
                "{:.2},{},{:.3}\n",
                i as f64 * 0.37 % 9.0,
                ["x", "y"][i % 2],
                4.0 + 2.0 * (i as f64 * 0.37 % 9.0) + (i % 2) as f64
            )
        })
        .collect();
    place.write("r.csv", format!("width,side,price\n{rows}"));
    place.call(&["run", "r.csv", "--task", "regress", "--label", "price", "--quick", "--out", "r"]).ok();
    let found = place.call(&["explain", "r/rungs/linear.gyeol", "r.csv", "--row", "4", "--json"]).ok().json();
    let terms = found["terms"].as_array().unwrap();
    let sum = found["intercept"].as_f64().unwrap()
        + terms.iter().map(|t| t["contribution"].as_f64().unwrap()).sum::<f64>();
    assert!((sum - found["value"].as_f64().unwrap()).abs() < 1e-9, "{found}");
    let width = terms.iter().find(|t| t["column"] == "width").unwrap();
    assert!((width["coefficient"].as_f64().unwrap() - 2.0).abs() < 1e-2 && width["value"] == 1.11, "{found}");
    let near = place.call(&["explain", "r/rungs/knn.gyeol", "r.csv", "--json"]).ok().json();
    assert!(
        near["nearest"][0]["distance"].as_f64().unwrap() < 1e-9 && near["nearest"][0]["value"].is_number()
    );
    place.call(&["explain", "r/rungs/linear.gyeol", "nothing.csv"]).failed(&["nothing.csv"]);

    let mut server = place.spawn(&["serve", nbsvm, "r/rungs/linear.gyeol", "--addr", "127.0.0.1:0"]);
    let mut said = String::new();
    // Held open: whoever closes the pipe ends the server when it says its next line.
    let mut stderr = std::io::BufReader::new(server.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut stderr, &mut said).unwrap();
    let address = said.split("http://").nth(1).unwrap().split('/').next().unwrap().trim().to_owned();
    let post = |path: &str, body: &str| {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json"
        );
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let body = answer.split("\r\n\r\n").nth(1).unwrap();
        serde_json::from_str::<serde_json::Value>(body).unwrap()
    };
    let answer = post("/v1/models/nbsvm/explain", "{\"texts\":[\"call now for a free prize\"]}");
    assert_eq!(answer["explained"][0]["label"], "spam");
    assert_eq!(answer["explained"][0]["words"].as_array().unwrap().len(), words.len());
    let answer = post("/v1/models/linear/explain", "{\"rows\":[{\"width\":1.11,\"side\":\"y\"}]}");
    assert!((answer["explained"][0]["value"].as_f64().unwrap() - sum).abs() < 1e-9, "{answer}");
    server.kill().unwrap();
    server.wait().unwrap();
}

/// What `cluster` and `reduce` keep as a model places rows and texts as they did.
#[test]
fn clusters_and_components_are_models_that_are_asked() {
    let place = Place::new();
    let first = |line: &str| line.split(',').next().unwrap().to_owned();
    let last = |line: &str| line.rsplit(',').next().unwrap().to_owned();
    let read = |name: &str| String::from_utf8(place.read(name)).unwrap();
    place.write("f.csv", flowers());
    let cluster = ["cluster", "f.csv", "-k", "3", "--without", "species", "-q", "-o"];
    place.call(&[&cluster[..], &["c.csv"]].concat()).ok();
    place.call(&[&cluster[..], &["c.gyeol"]].concat()).ok();
    let wanted: Vec<String> = read("c.csv").lines().skip(1).map(last).collect();
    let found = place.call(&["predict", "c.gyeol", "f.csv", "-q"]).ok().out;
    assert!(found.starts_with("cluster,distance\n"), "{found}");
    let said: Vec<String> = found.lines().skip(1).map(first).collect();
    assert_eq!((said.len(), said), (150, wanted));
    let lines = place.call(&["predict", "c.gyeol", "f.csv", "--json", "-q"]).ok().out;
    let one: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(one["cluster"].is_u64() && one["distance"].is_number());
    let show = place.call(&["show", "c.gyeol", "--json"]).ok().json();
    assert_eq!((&show["kind"], &show["model"]["k"]), (&"clusters".into(), &3.into()));
    assert_eq!(show["model"]["features"], serde_json::json!(["length", "width"]));
    assert!(place.call(&["show", "c.gyeol"]).ok().out.contains("length, width"));

    place.call(&["reduce", "f.csv", "-k", "2", "-q", "-o", "p.csv"]).ok();
    place.call(&["reduce", "f.csv", "-k", "2", "-q", "-o", "p.gyeol"]).ok();
    let found = place.call(&["predict", "p.gyeol", "f.csv", "-q"]).ok().out;
    assert!(found.starts_with("c1,c2\n"), "{found}");
    assert!(found.lines().skip(1).eq(read("p.csv").lines().skip(1)));
    let show = place.call(&["show", "p.gyeol"]).ok().out;
    assert!(show.contains("components") && show.contains("explained"), "{show}");
    place.write("short.csv", "length\n1.5\n2.5\n");
    for model in ["c.gyeol", "p.gyeol"] {
        place.call(&["predict", model, "short.csv"]).failed(&["width"]);
    }
    place.call(&["evaluate", "c.gyeol", "f.csv"]).failed(&["clusters", "predict"]);

    place.write("t.txt", messages(150).lines().skip(1).map(|line| first(line) + "\n").collect::<String>());
    place.call(&["cluster", "t.txt", "-k", "3", "-q", "-o", "t.csv"]).ok();
    place.call(&["cluster", "t.txt", "-k", "3", "-q", "-o", "t.gyeol"]).ok();
    let wanted: Vec<String> = read("t.csv").lines().skip(1).map(last).collect();
    let found = place.call(&["predict", "t.gyeol", "t.txt", "-q"]).ok().out;
    assert_eq!(found.lines().skip(1).map(first).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_recurrent_net_over_messages_is_run_shown_asked_and_explained() {
    let place = Place::new();
    place.write("m.csv", messages(180));
    let rung = "[[rung]]\nname = \"lstm\"\nunits = 8\nembedding = 8\nepochs = 6\nlearning_rate = [0.02]\nlongest = 20\n";
    place.write(
        "r.toml",
        format!("task = \"classify\"\n[data]\nfile = \"m.csv\"\n[split]\nfolds = 0\n[[rung]]\nname = \"nbsvm\"\n{rung}[[rung]]\nname = \"nbsvm+lstm\"\n"),
    );
    place.call(&["run", "r.toml", "--out", "o", "--language", "ko"]).ok();
    let page = std::fs::read_to_string(place.path().join("o/report.html")).unwrap();
    assert!(page.contains("임베딩 차원") && page.contains("읽는 단위"));
    let lstm = "o/rungs/lstm.gyeol";
    assert!(place.call(&["show", lstm]).ok().out.contains("lstm · classify"));
    place.write(
        "new.txt",
        format!("call now for a free prize\nsee you at the meeting\n\n{}\n", "prize ".repeat(5000)),
    );
    let asked = place.call(&["predict", lstm, "new.txt", "--json"]).ok();
    let lines: Vec<serde_json::Value> = asked.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["label"], &lines[1]["label"]), (4, &"spam".into(), &"ham".into()));
    assert!(asked.err.contains("longer than the 20 units"), "{}", asked.err);
    place.call(&["evaluate", lstm, "m.csv"]).ok();
    let text = "free prize number 7 call now";
    let why = place.call(&["explain", lstm, text, "--json"]).ok().json();
    assert_eq!(why["words"].as_array().unwrap().len(), 6);
    assert!(why["score"]["spam"].as_f64().unwrap() > 0.0 && why["words"][0]["without"]["spam"].is_number());
    let told = place.call(&["explain", lstm, text, "--terms", "3"]).ok().out;
    assert!(told.contains("no sum") && told.contains("prize"), "{told}");
    place.call(&["explain", "o/rungs/nbsvm-and-lstm.gyeol", text]).failed(&["mixes", "rungs/NAME.gyeol"]);
}
