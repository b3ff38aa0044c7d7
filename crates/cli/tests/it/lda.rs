//! Latent Dirichlet allocation through the real binary.

use crate::common::{Place, has};

/// Documents of two kinds that share no word but "today".
fn texts(documents: usize) -> String {
    let (kitchen, weather) =
        (["bread", "butter", "honey", "salt", "oven"], ["storm", "rain", "wind", "cloud", "hail"]);
    let line = |d: usize| {
        let words = if d.is_multiple_of(2) { kitchen } else { weather };
        let of = |i: usize| words[(d * 7 + i * i + i / 3) % 5];
        format!("today {}\n", (0..12).map(of).collect::<Vec<_>>().join(" "))
    };
    (0..documents).map(line).collect()
}

fn place() -> Place {
    let place = Place::new();
    place.write("t.txt", texts(60));
    place
}

const FIT: [&str; 8] = ["topics", "t.txt", "-o", "m.gyeol", "-k", "2", "--iterations", "80"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FIT.iter().chain(more).copied().collect()
}

#[test]
fn topics_are_found_shown_and_kept() {
    let place = place();
    let made = place.call(&with(&["--json", "--words", "5"])).ok().json();
    has(
        &made,
        &["method", "k", "documents", "tokens", "terms", "log_likelihood", "coherence", "topics", "page"],
    );
    has(&made["coherence"], &["umass", "uci", "npmi", "cv"]);
    // "today" is in all documents: it is no stop word, so it is counted.
    assert_eq!((&made["documents"], &made["terms"], &made["tokens"]), (&60.into(), &11.into(), &780.into()));
    for topic in made["topics"].as_array().unwrap() {
        let words: Vec<&str> = topic["words"].as_array().unwrap().iter().filter_map(|w| w.as_str()).collect();
        let of = |all: [&str; 5]| words.iter().filter(|w| all.contains(w)).count();
        let kitchen = of(["bread", "butter", "honey", "salt", "oven"]);
        let weather = of(["storm", "rain", "wind", "cloud", "hail"]);
        assert!(kitchen == 0 || weather == 0, "{words:?}");
    }
    let page = String::from_utf8(place.read("m.html")).unwrap();
    assert!(page.contains("bread") && page.contains("<svg") && !page.contains("http://localhost"));
    // The same bits on any number of threads, and without a page where none is wanted.
    place
        .call(&[
            "topics",
            "t.txt",
            "-o",
            "n.gyeol",
            "-k",
            "2",
            "--iterations",
            "80",
            "--no-map",
            "--threads",
            "3",
            "-q",
        ])
        .ok();
    assert!(place.read("n.gyeol") == place.read("m.gyeol"));
    assert!(!place.at("n.html").exists() && !place.at("m.gyeol.state").exists());
    let shown = place.call(&["show", "m.gyeol", "--json"]).ok().json();
    assert_eq!((&shown["kind"], &shown["rung"]), (&"topics".into(), &"lda".into()));
}

#[test]
fn a_model_draws_reads_and_finds_documents() {
    let place = place();
    place.call(&with(&["-q"])).ok();
    let drawn = place
        .call(&["topics", "m.gyeol", "--generate", "--length", "30", "--seed", "3", "--json"])
        .ok()
        .json();
    assert_eq!(drawn["words"].as_array().unwrap().len(), 30);
    assert_eq!(drawn["mix"].as_array().unwrap().len(), 2);
    let said = place.call(&["topics", "m.gyeol", "--generate", "--seed", "3"]).ok().out;
    assert!(said.contains("Dirichlet") && said.contains('/'), "{said}");
    place.write("new.txt", "rain and storm and hail\nhoney on bread\nvolcanoes\n");
    let read =
        place.call(&["topics", "m.gyeol", "--infer", "new.txt", "-o", "mix.csv", "--json"]).ok().json();
    let mix = |doc: usize, topic: usize| read["documents"][doc]["mix"][topic].as_f64().unwrap();
    assert!((mix(0, 0) - mix(1, 0)).abs() > 0.5);
    let unknown = &read["documents"][2];
    assert_eq!((&unknown["tokens"], &unknown["unknown"]), (&0.0.into(), &true.into()));
    assert!(unknown["mix"].is_null() && read["unknown"] == 1);
    let table = String::from_utf8(place.read("mix.csv")).unwrap();
    assert!(table.starts_with("document,topic_0,topic_1\n1,") && table.lines().count() == 4, "{table}");
    let near = place.call(&["similar", "m.gyeol", "wind and rain", "-k", "5", "--json"]).ok().json();
    for found in near["nearest"].as_array().unwrap() {
        assert_eq!(found["id"].as_u64().unwrap() % 2, 1, "documents of the weather are the odd ones");
    }
    let words = place.call(&["similar", "m.gyeol", "storm", "--words", "-k", "4", "--json"]).ok().json();
    for found in words["nearest"].as_array().unwrap() {
        assert!(["rain", "wind", "cloud", "hail", "today"].contains(&found["id"].as_str().unwrap()));
    }
    place.call(&["similar", "m.gyeol", "volcano"]).failed(&["no word of 'volcano'"]);
}

#[test]
fn a_number_of_topics_is_chosen_on_documents_held_out() {
    let place = place();
    let made = place
        .call(&[
            "topics",
            "t.txt",
            "-o",
            "m.gyeol",
            "-k",
            "1,2,6",
            "--iterations",
            "60",
            "--holdout",
            "0.2",
            "--json",
        ])
        .ok()
        .json();
    let scan = made["scan"].as_array().unwrap();
    assert_eq!(scan.len(), 3);
    for row in scan {
        has(row, &["k", "perplexity", "documents", "tokens", "coherence", "seconds", "chosen"]);
        assert_eq!((&row["documents"], &row["tokens"]), (&12.into(), &84.into()));
    }
    let perplexity = |i: usize| scan[i]["perplexity"].as_f64().unwrap();
    assert!(perplexity(1) < perplexity(0));
    let chosen = scan.iter().find(|r| r["chosen"] == true).unwrap();
    assert_eq!(chosen["k"], made["k"]);
    assert_ne!(made["k"], 1);
    assert!(made["perplexity"].is_number());
}

#[test]
fn wrong_calls_and_texts_say_what_is_wrong() {
    let place = place();
    let wrong: [(&[&str], i32, &str); 11] = [
        (&["-k", "0"], 1, "0 topics"),
        (&["--alpha", "-1"], 1, "alpha is -1"),
        (&["--beta", "nan"], 1, "beta is NaN"),
        (&["--starts", "0"], 1, "0 starts"),
        (&["--inference", "online", "--starts", "2"], 2, "--starts means nothing"),
        (&["--weight", "tfidf"], 2, "takes counts"),
        (&["--svd", "lanczos"], 2, "--svd means nothing"),
        (&["--holdout", "1.5"], 2, "--holdout is 1.5"),
        (&["--holdout", "0.001"], 1, "of 60 documents is 0"),
        (&["--resume"], 1, "no such state"),
        (&["--method", "lsa", "--iterations", "5"], 2, "--iterations means nothing to --method lsa"),
    ];
    for (more, code, words) in wrong {
        let call: Vec<&str> = ["topics", "t.txt", "-o", "w.gyeol"].iter().chain(more).copied().collect();
        let called = place.call(&call);
        if code == 1 {
            called.failed(&[words])
        } else {
            called.misused(&[words])
        };
        assert!(!place.at("w.gyeol").exists());
    }
    place.write("empty.txt", "\n\n");
    place.call(&["topics", "empty.txt", "-o", "w.gyeol"]).failed(&["Next:"]);
    place.write("stop.txt", "the of and\nto the\n");
    place.call(&["topics", "stop.txt", "-o", "w.gyeol"]).failed(&["Next:"]);
    place.write("broken.gyeol", "not a bundle");
    place.call(&["topics", "broken.gyeol", "--generate"]).failed(&["broken.gyeol"]);
    place.call(&["topics", "t.txt"]).misused(&["--output"]);
}

#[test]
fn variational_bayes_finds_topics_too() {
    let place = place();
    for inference in ["batch", "online"] {
        let call = [
            "topics",
            "t.txt",
            "-o",
            "v.gyeol",
            "-k",
            "2",
            "--inference",
            inference,
            "--iterations",
            "30",
            "--json",
        ];
        let made = place.call(&call).ok().json();
        assert_eq!((&made["inference"], &made["iterations"]), (&"variational".into(), &30.into()));
        assert_eq!(made["topics"].as_array().unwrap().len(), 2);
        let near = place.call(&["similar", "v.gyeol", "wind and rain", "-k", "3", "--json"]).ok().json();
        assert_eq!(near["nearest"].as_array().unwrap().len(), 3);
    }
    place
        .call(&["topics", "t.txt", "-o", "v.gyeol", "--inference", "online", "--samples", "3"])
        .misused(&["--samples means nothing"]);
}

#[test]
fn korean_texts_are_read_by_their_stems() {
    let place = Place::new();
    let lines: Vec<String> = (0..40u32)
        .map(|i| {
            if i.is_multiple_of(2) {
                "빵과 버터를 먹었다. 빵이 맛있고 버터가 좋았다 ① ㆍ"
            } else {
                "비가 오고 바람이 불었다. 바람과 비를 맞았다"
            }
            .to_owned()
        })
        .collect();
    place.write("k.txt", lines.join("\n"));
    let made = place
        .call(&[
            "topics",
            "k.txt",
            "-o",
            "k.gyeol",
            "-k",
            "2",
            "--iterations",
            "50",
            "--language",
            "ko",
            "--json",
        ])
        .ok()
        .json();
    let all = made["topics"].to_string();
    assert!(all.contains("빵") && all.contains("바람"), "{all}");
    let words = made["topics"].as_array().unwrap().iter().flat_map(|t| t["words"].as_array().unwrap());
    assert!(
        words.clone().count() > 0 && words.into_iter().all(|w| w != "." && w != "①" && w != "ㆍ"),
        "{all}"
    );
    assert!(String::from_utf8(place.read("k.html")).unwrap().contains("lang=\"ko\""));
}

#[test]
fn the_starts_that_were_compared_are_shown_and_a_stopped_fit_keeps_them() {
    let place = place();
    let made = place.call(&with(&["--json", "--starts", "3", "--no-map"])).ok().json();
    let starts = &made["starts"];
    assert_eq!((&starts["tried"], &starts["sweeps"]), (&3.into(), &20.into()));
    let each: Vec<f64> = starts["perplexity"].as_array().unwrap().iter().filter_map(|p| p.as_f64()).collect();
    let chosen = starts["chosen"].as_u64().unwrap() as usize;
    assert!(each.len() == 3 && each.iter().all(|p| *p >= each[chosen - 1]), "{starts}");
    let said = place.call(&with(&["--starts", "3", "--no-map"])).ok().out;
    assert!(said.contains("3 starts of 20 sweeps"), "{said}");
    assert!(place.call(&with(&["--json", "--starts", "1", "--no-map"])).ok().json()["starts"].is_null());
}
