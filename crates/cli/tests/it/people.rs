//! Texts as people have them, at the prompt: one reading for all verbs, nothing destroyed, and an end on request.

use std::time::{Duration, Instant};

use crate::common::{Place, signal};

fn text(place: &Place, name: &str) -> String {
    String::from_utf8(place.read(name)).unwrap()
}

/// Rows of text, tab, label, without a header.
fn headerless() -> String {
    let labels = ["none", "hate", "offensive"];
    (0..30).map(|i| format!("the old clock number {i} repairs an empty house\t{}\n", labels[i % 3])).collect()
}

#[test]
fn a_table_without_header_is_one_table_for_every_verb() {
    let place = Place::new();
    place.write("h.txt", headerless());
    let seen = place.call(&["inspect", "h.txt", "--json"]).ok().json();
    assert_eq!((&seen["documents"], seen["classes"].as_array().unwrap().len()), (&30.into(), 3), "{seen}");
    let said = place.call(&["tokenize", "h.txt"]).ok();
    assert_eq!(said.out.lines().next(), Some("the old clock number 0 repairs an empty house"));
    assert!(said.err.contains("no header") && said.err.contains("column '1'"), "{}", said.err);
    place.call(&["split", "h.txt", "--out", "parts"]).ok();
    assert!(text(&place, "parts/train.jsonl").starts_with("{\"label\":\""));
    place.call(&["ngram", "h.txt", "-o", "h.arpa", "--order", "2"]).ok();
    assert!(!text(&place, "h.arpa").contains("offensive"));
    let lines = place.call(&["tokenize", "h.txt", "--format", "text", "--scheme", "whitespace"]).ok();
    assert!(lines.out.starts_with("the old clock number 0 repairs an empty house none\n"));
}

#[test]
fn language_models_read_the_texts_of_tables() {
    let place = Place::new();
    place.write(
        "d.jsonl",
        "{\"text\":\"the cat sat\",\"label\":\"a\"}\n{\"text\":null}\n{\"text\":\"the dog\\nsat\"}\n",
    );
    place.write("d.txt", "the cat sat\nthe dog sat\n");
    place.write("q.csv", "id,text,label\n1,the cat sat,pos\n2,the dog sat,neg\n");
    place.call(&["ngram", "d.jsonl", "-o", "no.arpa", "--order", "2"]).failed(&[
        "d.jsonl",
        "row 2",
        "--skip-bad",
    ]);
    let counts = |args: &[&str]| {
        place.call(&[args, &["--order", "2", "--json"]].concat()).ok().json()["counts"].clone()
    };
    let plain = counts(&["ngram", "d.txt", "-o", "a.arpa"]);
    assert_eq!(counts(&["ngram", "d.jsonl", "-o", "b.arpa", "--skip-bad"]), plain);
    assert_eq!(counts(&["ngram", "q.csv", "-o", "c.arpa"]), plain);
    let perplexity = |file: &str| place.call(&["perplexity", "a.arpa", file, "--json"]).ok().json();
    assert_eq!(perplexity("q.csv"), perplexity("d.txt"));
    assert_eq!(
        place.call(&["score", "a.arpa", "q.csv"]).ok().out,
        place.call(&["score", "a.arpa", "d.txt"]).ok().out
    );
}

#[test]
fn arpa_files_keep_both_unknown_words_and_warn_of_none() {
    let place = Place::new();
    place.write("u.txt", "the cat <UNK> sat\nthe dog <UNK> ran\nthe <unk> fell\n");
    place.call(&["ngram", "u.txt", "-o", "u.arpa", "--order", "2"]).ok();
    place.call(&["ngram", "u.txt", "-o", "u.bin", "--order", "2"]).ok();
    let of = |model: &str| place.call(&["perplexity", model, "u.txt", "--json"]).ok().json()["oov"].clone();
    assert_eq!((of("u.arpa"), of("u.bin")), (1.into(), 1.into()));
    place.write("p.txt", "the cat sat\nthe dog ran\n");
    place.call(&["ngram", "p.txt", "-o", "p.arpa", "--order", "2"]).ok();
    let without: String =
        text(&place, "p.arpa").lines().filter(|l| !l.contains("<unk>")).map(|l| format!("{l}\n")).collect();
    let count = |order: &str, next: &str| {
        let part = without.split(&format!("\\{order}-grams:")).nth(1).unwrap();
        part.split(next).next().unwrap().lines().filter(|l| !l.trim().is_empty()).count()
    };
    let (one, two) = (count("1", "\\2-grams:"), count("2", "\\end\\"));
    let body = without.split("\\1-grams:").nth(1).unwrap();
    place.write("w.arpa", format!("\\data\\\nngram 1={one}\nngram 2={two}\n\n\\1-grams:{body}"));
    let said = place.call(&["perplexity", "w.arpa", "p.txt"]).ok();
    assert!(said.err.contains("no <unk>"), "{}", said.err);
}

#[test]
fn an_output_that_is_an_input_is_refused_by_any_name() {
    let place = Place::new();
    let words = "one two three\nfour five six\n";
    place.write("k.txt", words);
    std::fs::hard_link(place.at("k.txt"), place.at("hard.txt")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(place.at("k.txt"), place.at("soft.txt")).unwrap();
    for out in [
        "k.txt",
        "./k.txt",
        "hard.txt",
        #[cfg(unix)]
        "soft.txt",
    ] {
        for verb in ["vocab", "ngram", "clean"] {
            let said = place.call(&[verb, "k.txt", "-o", out]);
            assert!(said.err.contains("is read by this command"), "{verb} {out}: {}", said.err);
            assert_eq!(text(&place, "k.txt"), words);
        }
    }
    place.write("r.toml", "# mine\n");
    place.call(&["init", "k.txt", "-o", "r.toml"]).failed(&["r.toml", "--force"]);
    place.call(&["init", "k.txt", "-o", "r.toml", "--force"]).ok();
    std::fs::create_dir(place.at("out")).unwrap();
    place.write("out/report.html", "mine");
    place.call(&["run", "r.toml", "--out", "out", "--quick"]).failed(&["report.html", "--force"]);
    assert_eq!(text(&place, "out/report.html"), "mine");
}

#[test]
fn nothing_is_made_of_nothing() {
    let place = Place::new();
    place.write("empty.txt", "").write("one.txt", "only one document lives here\n");
    place.call(&["vocab", "empty.txt", "-o", "v.json", "--lang", "en"]).failed(&["empty.txt", "words"]);
    assert!(!place.at("v.json").exists());
    place.call(&["similar", "one.txt", "document", "--words"]).failed(&["one.txt", "few"]);
}

#[test]
fn documents_without_a_known_word_are_counted_apart() {
    let place = Place::new();
    let texts: String =
        (0..40).map(|i| format!("{} again\n", ["bread butter", "rain wind"][i % 2])).collect();
    place.write("t.txt", texts).write("new.txt", "rain wind\nzzz qqq\n");
    place.call(&["topics", "t.txt", "-o", "m.gyeol", "-k", "2", "--iterations", "20", "--no-map", "-q"]).ok();
    let found = place.call(&["topics", "m.gyeol", "--infer", "new.txt", "--json"]).ok().json();
    assert_eq!(found["unknown"], 1);
    assert!(found["documents"][0]["mix"].is_array() && found["documents"][1]["mix"].is_null(), "{found}");
    // The texts that a model finds are shown from the file that it was made from.
    let near = place.call(&["similar", "m.gyeol", "rain wind", "-k", "1", "--json"]).ok().json();
    assert_eq!(near["nearest"][0]["text"], "rain wind again");
}

#[test]
fn similar_finds_korean_by_its_stems() {
    let place = Place::new();
    place.write(
        "k.txt",
        "배우의 연기가 정말 좋았다\n배우가 노래를 불렀다\n감독은 배우를 칭찬했다\n날씨가 좋다\n배우 인터뷰\n",
    );
    let near = place.call(&["similar", "k.txt", "배우", "--json"]).ok().json();
    let found: Vec<u64> = near["nearest"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|n| n["score"].as_f64() > Some(0.0))
        .map(|n| n["id"].as_u64().unwrap())
        .collect();
    assert_eq!(found.len(), 4, "{near}");
}

#[cfg(unix)]
#[test]
fn one_signal_ends_what_does_not_look_for_it() {
    let place = Place::new();
    place.write("long.txt", "ab".repeat(30_000));
    for name in ["INT", "TERM"] {
        let child =
            place.spawn(&["vocab", "long.txt", "-o", "t.json", "--subword", "bpe", "--size", "30000"]);
        std::thread::sleep(Duration::from_millis(700));
        signal(&child, name);
        let begun = Instant::now();
        let ended = child.wait_with_output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(!ended.status.success() && !place.at("t.json").exists());
        assert!(place.listing().iter().all(|p| p.extension().is_none_or(|e| e != "part")));
    }
}
