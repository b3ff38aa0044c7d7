//! The verbs of text, as someone at a terminal uses them.

use crate::common::{self, Place};
use serde_json::{Value, json};

const REVIEWS: &str = "id\tdocument\tlabel\n1\t정말 재미있는 영화였다ㅋㅋㅋㅋ\t1\n2\t시간이 아까운 영화\t0\n3\t영화는 좋았고 배우도 좋았다\t1\n4\t\t0\n";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn words_between_spaces_and_as_json() {
    let place = Place::new();
    place.write("t.txt", "Don't pay $45.55 at http://x.y on 01/02/06!\n\nU.S.A. isn't AT&T.\n");
    let called = place.call(&["tokenize", "t.txt"]).ok();
    assert_eq!(called.out, "Don't pay $45.55 at http://x.y on 01/02/06 !\n\nU.S.A. isn't AT&T .\n");
    let called = place.call(&["tokenize", "t.txt", "--scheme", "treebank", "--lower", "--json"]).ok();
    let rows = lines(&called.out);
    assert_eq!(rows[2]["tokens"], json!(["u.s.a.", "is", "n't", "at", "&", "t", "."]));
    assert_eq!(rows[1]["tokens"], json!([]));
    // Standard input, and a pipe that is not looked at by a second pass.
    assert_eq!(
        place.fed(&["tokenize", "-", "--scheme", "whitespace"], "a  b\n".as_bytes()).ok().out,
        "a b\n"
    );
    assert_eq!(place.fed(&["tokenize", "-"], "one two.\n".as_bytes()).ok().out, "one two .\n");
    let named = place.call(&["tokenize", "--schemes", "--json"]).ok().json();
    let names: Vec<&str> =
        named["schemes"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    for name in ["word", "treebank", "unicode", "scikit-learn", "korean", "morphemes"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let out = place.call(&["tokenize", "t.txt", "--unit", "char"]).ok().out;
    assert!(out.starts_with("D o n ' t ▁ p a y"), "{out}");
    let out = place
        .fed(
            &["tokenize", "-", "--scheme", "char-wb:2-2"],
            "ab c
"
            .as_bytes(),
        )
        .ok()
        .out;
    assert_eq!(
        out,
        "▁a ab b▁ ▁c c▁
"
    );
}

#[test]
fn sentences_in_both_languages() {
    let place = Place::new();
    place.write("t.txt", "Dr. Kim paid $3.50 in the U.S. on Monday. \"Really?\" she asked. Yes.\n어제는 비가 많이 왔다 오늘은 맑다\n");
    let called = place.call(&["tokenize", "t.txt", "--unit", "sentence", "--json"]).ok();
    let rows = lines(&called.out);
    assert_eq!(
        rows[0]["sentences"],
        json!(["Dr. Kim paid $3.50 in the U.S. on Monday.", "\"Really?\" she asked.", "Yes."])
    );
    assert_eq!(rows[1]["sentences"], json!(["어제는 비가 많이 왔다", "오늘은 맑다"]));
    assert_eq!(place.call(&["tokenize", "t.txt", "--unit", "sentence"]).ok().out.lines().count(), 5);
}

#[test]
fn a_vocabulary_encodes_decodes_and_carries_its_preparation() {
    let place = Place::new();
    place.write("t.txt", "The load fell.\nthe LOAD rose again\nwind\n");
    let called = place.call(&["vocab", "t.txt", "-o", "v.json", "--lower", "--json"]).ok().json();
    assert_eq!(
        (called["size"].as_u64(), called["tokens"].as_u64(), called["coverage"].as_f64()),
        (Some(9), Some(9), Some(1.0))
    );
    let file = place.json("v.json");
    assert_eq!(file["words"][0], json!(["the", 2, 2]));
    assert_eq!(file["words"][1], json!(["load", 2, 2]));
    assert_eq!(file["words"][2], json!(["fell", 1, 1]));

    // The preparation is not named again: it is that of the vocabulary.
    place.write("u.txt", "THE wind fell\nstorm\n\n");
    assert_eq!(place.call(&["encode", "u.txt", "--vocab", "v.json"]).ok().out, "2 8 4\n1\n\n");
    let padded = place.call(&["encode", "u.txt", "--vocab", "v.json", "--pad", "pre", "--json"]).ok();
    assert_eq!(
        lines(&padded.out),
        [
            json!({"ids": [2, 8, 4], "mask": [1, 1, 1]}),
            json!({"ids": [0, 0, 1], "mask": [0, 0, 1]}),
            json!({"ids": [0, 0, 0], "mask": [0, 0, 0]})
        ]
    );
    let cut = place
        .call(&[
            "encode",
            "u.txt",
            "--vocab",
            "v.json",
            "--pad",
            "post",
            "--max-len",
            "2",
            "--truncate",
            "post",
        ])
        .ok();
    assert_eq!(cut.out, "2 8\n1 0\n0 0\n");
    assert!(cut.err.contains("1 rows were longer than 2"), "{}", cut.err);
    let hot = place.call(&["encode", "u.txt", "--vocab", "v.json", "--one-hot", "--json"]).ok();
    assert_eq!(lines(&hot.out)[1]["one_hot"], json!([[0, 1, 0, 0, 0, 0, 0, 0, 0]]));
    let ids = place.call(&["encode", "u.txt", "--vocab", "v.json"]).ok().out;
    let back = place.fed(&["encode", "-", "--vocab", "v.json", "--decode"], ids.as_bytes()).ok().out;
    assert_eq!(back, "the wind fell\n<unk>\n\n");
    // Labels come along: X and y.
    place.write("l.tsv", "text\tlabel\nthe wind\tweather\n");
    let pair = place.call(&["encode", "l.tsv", "--vocab", "v.json", "--json"]).ok();
    assert_eq!(lines(&pair.out), [json!({"ids": [2, 8], "label": "weather"})]);
    let like = place.call(&["tokenize", "u.txt", "--like", "v.json"]).ok().out;
    assert_eq!(like, "the wind fell\nstorm\n\n");

    place.write("ids.txt", "2 99\n");
    place.fails(
        &["encode", "ids.txt", "--vocab", "v.json", "--decode", "--json"],
        &["row 1", "id 99", "ends at 8"],
    );
}

#[test]
fn korean_is_cut_by_what_its_own_texts_teach_and_that_travels() {
    let place = Place::new();
    let nouns = ["학교", "나무", "시장", "바다", "영화", "배우"];
    let text: String = nouns
        .iter()
        .flat_map(|n| ["에", "에서", "는", "도", "까지", "를"].map(|p| format!("{n}{p} 갔다\n")))
        .collect();
    place.write("k.txt", &text);
    let one = place.call(&["tokenize", "k.txt", "--threads", "1"]).ok().out;
    assert!(one.starts_with("학교 에 갔 다"), "{one}");
    assert_eq!(place.call(&["tokenize", "k.txt", "--threads", "3"]).ok().out, one);
    place.call(&["vocab", "k.txt", "-o", "v.json"]).ok();
    place.write("n.txt", "바다까지 나무를\n");
    assert_eq!(place.call(&["tokenize", "n.txt", "--like", "v.json"]).ok().out, "바다 까지 나무 를\n");
    let ids = place.call(&["encode", "n.txt", "--vocab", "v.json"]).ok().out;
    assert_eq!(ids.split_whitespace().count(), 4);
    assert!(!ids.split_whitespace().any(|id| id == "1"), "{ids}");
}

#[test]
fn keras_tokenizers_go_both_ways() {
    let place = Place::new();
    place.write("t.txt", "the load fell\nthe load rose\n");
    place.call(&["vocab", "t.txt", "-o", "k.json", "--keras"]).ok();
    let keras = place.json("k.json");
    assert_eq!(keras["class_name"], "Tokenizer");
    let index: Value = serde_json::from_str(keras["config"]["word_index"].as_str().unwrap()).unwrap();
    assert_eq!(index, json!({"<unk>": 1, "the": 2, "load": 3, "fell": 4, "rose": 5}));
    assert_eq!(place.call(&["encode", "t.txt", "--vocab", "k.json"]).ok().out, "2 3 4\n2 3 5\n");
}

#[test]
fn cleaning_says_what_it_touched() {
    let place = Place::new();
    place.write("r.tsv", REVIEWS);
    let called = place
        .call(&["clean", "r.tsv", "-o", "c.jsonl", "--rules", "repeats", "--drop-empty", "--json"])
        .ok()
        .json();
    assert_eq!((called["rows_in"].as_u64(), called["rows_out"].as_u64()), (Some(4), Some(3)));
    assert_eq!(called["changes"][0]["places"], 1);
    let rows = lines(std::str::from_utf8(&place.read("c.jsonl")).unwrap());
    assert_eq!(rows[0], json!({"text": "정말 재미있는 영화였다ㅋㅋ", "label": "1"}));
    place.write("h.txt", "<p>caf&eacute;</p> &amp; 1 &lt; 2\n");
    let called = place.call(&["clean", "h.txt", "-o", "h2.txt"]).ok();
    assert_eq!(String::from_utf8(place.read("h2.txt")).unwrap(), "café & 1 < 2\n");
    assert!(called.err.contains("html"), "{}", called.err);
    place.fails(&["clean", "h.txt", "-o", "x.txt", "--rules", "tags"], &["tags", "html", "Next:"]);
    place.fails(&["clean", "missing.txt", "-o", "x.txt"], &["missing.txt"]);
    // The readings' own cleaning is as before.
    place.write("load.csv", common::hourly(60));
    assert!(place.call(&["clean", "load.csv", "-o", "l.csv", "--json"]).ok().json()["rows_in"] == 60);
}

#[test]
fn parts_of_a_split_share_nothing() {
    let place = Place::new();
    let rows: String = (0..200).map(|i| format!("text number {}\t{}\n", i % 150, i % 2)).collect();
    place.write("c.tsv", format!("text\tlabel\n{rows}"));
    let called = place.call(&["split", "c.tsv", "--out", "parts", "--json"]).ok().json();
    assert_eq!(
        called["train"].as_u64().unwrap()
            + called["valid"].as_u64().unwrap()
            + called["test"].as_u64().unwrap(),
        200
    );
    assert_eq!(called["repeated"], 50);
    let texts = |name: &str| -> std::collections::BTreeSet<String> {
        let text = String::from_utf8(place.read(&format!("parts/{name}.jsonl"))).unwrap();
        lines(&text).iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect()
    };
    let (train, valid, test) = (texts("train"), texts("valid"), texts("test"));
    assert!(train.is_disjoint(&valid) && train.is_disjoint(&test) && valid.is_disjoint(&test));
    assert_eq!(train.len() + valid.len() + test.len(), 150);
    place.fails(&["split", "c.tsv", "--out", "p2", "--valid", "0.7", "--test", "0.3"], &["0.7", "Next:"]);
}

#[test]
fn inspection_tells_texts_from_readings() {
    let place = Place::new();
    place
        .write("r.tsv", REVIEWS)
        .write("load.csv", common::hourly(60))
        .write("again.txt", "시간이 아까운 영화\n새로운 글\n");
    let found = place
        .call(&["inspect", "r.tsv", "--json", "--scheme", "whitespace", "--against", "again.txt"])
        .ok()
        .json();
    assert_eq!(
        (found["rows"].as_u64(), found["empty"].as_u64(), found["language"].as_str()),
        (Some(4), Some(1), Some("ko"))
    );
    assert_eq!(found["overlap"]["same"], 1);
    assert_eq!(found["classes"].as_array().unwrap().len(), 2);
    let codes: Vec<&str> =
        found["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["empty-documents", "overlap"]);
    let readings = place.call(&["inspect", "load.csv", "--json"]).ok().json();
    assert_eq!(readings["rows"], 60);
    assert!(readings["clock"].is_object(), "{readings}");
    for language in ["en", "ko"] {
        place.call(&["inspect", "r.tsv", "--html", "p.html", "--language", language]).ok();
        let page = String::from_utf8(place.read("p.html")).unwrap();
        assert!(page.contains("<svg") && !page.contains("http://") && page.len() < 1 << 20);
    }
}

#[test]
fn bad_texts_are_named() {
    let place = Place::new();
    place.write("bad.txt", b"fine\nb\xffd \xe3\x81\n");
    place.write("nul.txt", b"some words\0and more\n");
    place.write("v2.json", "{\"format\":\"gyeol-vocabulary\",\"version\":9,\"words\":[]}");
    place.write("rep.json", "{\"format\":\"gyeol-vocabulary\",\"version\":1,\"unknown\":\"<unk>\",\"preparation\":null,\"words\":[[\"a\",1,1],[\"a\",1,1]]}");
    place.write("t.txt", "a b\n");
    let utf8 = ["--encoding", "utf-8"];
    for verb in [&["tokenize", "bad.txt"][..], &["vocab", "bad.txt", "-o", "v.json"], &["inspect", "bad.txt"]]
    {
        place.fails(&[verb, &utf8].concat(), &["byte 6", "row 2", "--encoding", "Next:"]);
    }
    place.fails(&["tokenize", "nul.txt"], &["NUL", "row 1"]);
    assert_eq!(
        place.call(&["tokenize", "nul.txt", "--invalid", "replace"]).ok().out,
        "some words and more\n"
    );
    place.fails(&["tokenize", "t.txt", "--scheme", "wrods"], &["wrods", "treebank"]);
    place.fails(&["encode", "t.txt", "--vocab", "v2.json"], &["version 9"]);
    place.fails(&["encode", "t.txt", "--vocab", "rep.json"], &["'a'", "ids 2 and 3"]);
    place.fails(&["encode", "t.txt", "--vocab", "none.json"], &["none.json", "gyeol vocab"]);
    place.fails(&["tokenize", "t.txt", "--scheme", "korean"], &["Hangul"]);
    place.fails(&["vocab", "t.txt", "-o", "no/such/v.json"], &["no/such/v.json"]);
    place.call(&["tokenize", "t.txt", "--unit", "subword"]).misused(&["tokenizer.json"]);
    place.call(&["tokenize", "t.txt", "--max-document", "lots"]).misused(&["512M"]);
    // The size of a document is bounded before it is read whole.
    place.write("long.txt", vec![b'x'; 3 << 20]);
    place.fails(&["tokenize", "long.txt", "--max-document", "1M"], &["1048576", "--max-document"]);
    // Korean in another encoding is found out.
    place.write("euc.txt", b"\xb9\xf6\xbd\xba\xb8\xa6 \xc5\xb8\xb4\xd9 \xba\xf1\xb0\xa1 \xbf\xc0\xb4\xd9 \xb9\xd9\xb6\xf7\xc0\xcc \xba\xd2\xb4\xd9\n");
    let called = place.call(&["tokenize", "euc.txt", "--scheme", "whitespace"]).ok();
    assert_eq!(called.out, "버스를 타다 비가 오다 바람이 불다\n");
    assert!(called.err.contains("EUC-KR"), "{}", called.err);
}

#[test]
fn results_do_not_depend_on_threads_or_memory() {
    let place = Place::new();
    let text: String =
        (0..20_000).map(|i| format!("w{} w{} common w{}\n", i % 7919, i % 101, (i * i) % 3001)).collect();
    place.write("t.txt", &text);
    let mut first: Option<(Vec<u8>, String)> = None;
    for (threads, memory) in [("1", "1G"), ("2", "1G"), ("3", "100K"), ("7", "1K")] {
        place.call(&["vocab", "t.txt", "-o", "v.json", "--threads", threads, "--memory", memory]).ok();
        let vocabulary = place.read("v.json");
        let ids = place.call(&["encode", "t.txt", "--vocab", "v.json", "--threads", threads]).ok().out;
        let got = (vocabulary, ids);
        assert!(*first.get_or_insert_with(|| got.clone()) == got, "{threads} threads, {memory}");
    }
}

#[test]
fn stop_words_by_list_by_file_and_by_share() {
    let place = Place::new();
    place
        .write("t.txt", "The load of the grid fell\nThe grid rested\nthe wind rose\n")
        .write("own.txt", "load\nwind\n");
    let cut = |lists: &str| place.call(&["tokenize", "t.txt", "--stop-words", lists]).ok().out;
    assert_eq!(cut("english"), "load grid fell\ngrid rested\nwind rose\n");
    assert_eq!(cut("english,own.txt"), "grid fell\ngrid rested\nrose\n");
    // "the" stands in three of three texts, "grid" in two; case does not count for lists.
    let share = place.call(&["tokenize", "t.txt", "--lower", "--stop-words", "above:0.6"]).ok().out;
    assert_eq!(share, "load of fell\nrested\nwind rose\n");
    place.call(&["vocab", "t.txt", "-o", "v.json", "--lower", "--stop-words", "above:0.6"]).ok();
    place.write("u.txt", "the new grid rose\n");
    assert_eq!(place.call(&["tokenize", "u.txt", "--like", "v.json"]).ok().out, "new rose\n");
    place.write("e.txt", "the of\n");
    assert_eq!(
        place.call(&["tokenize", "e.txt", "--stop-words", "en", "--json"]).ok().out,
        "{\"tokens\":[]}\n"
    );
    place.fails(&["tokenize", "t.txt", "--stop-words", "klingon"], &["klingon", "english"]);
    place.fails(&["tokenize", "t.txt", "--stop-words", "above:2"], &["2", "0.5"]);
}

#[test]
fn sub_words_are_learned_and_travel_with_the_vocabulary() {
    let place = Place::new();
    place.write("t.txt", "low lower lowest new newer newest\n".repeat(50));
    let learned = place
        .call(&["vocab", "t.txt", "-o", "bpe.json", "--subword", "bpe", "--size", "40", "--json"])
        .ok()
        .json();
    assert!(learned["size"].as_u64().unwrap() <= 40);
    let cut =
        place.call(&["tokenize", "t.txt", "--unit", "subword", "--scheme", "subword:bpe.json"]).ok().out;
    let first = cut.lines().next().unwrap();
    assert_eq!(first.replace(' ', "").replace('▁', " ").trim(), "low lower lowest new newer newest");
    place.call(&["vocab", "t.txt", "-o", "v.json", "--scheme", "subword:bpe.json"]).ok();
    // The model stands in the vocabulary, so its file may go.
    std::fs::remove_file(place.at("bpe.json")).unwrap();
    assert_eq!(place.call(&["tokenize", "t.txt", "--like", "v.json"]).ok().out, cut);
    place.fails(&["tokenize", "t.txt", "--scheme", "subword:bpe.json"], &["bpe.json"]);
}
