//! The Treebank scheme against NLTK.

use super::*;
use crate::real_files::real_file;
use crate::words::{ScikitLearn, WordPunct};

/// From NLTK 3.10.4: see `fixtures/treebank.py`.
#[test]
fn tokens_are_those_of_nltk() {
    let cases: Vec<(String, Vec<String>)> =
        serde_json::from_str(include_str!("../fixtures/treebank.json")).unwrap();
    assert!(cases.len() > 30);
    for (text, want) in cases {
        assert_eq!(Treebank.tokens(&text), want, "{text:?}");
    }
}

/// From NLTK 3.10.4: see `fixtures/word_tokenize.py`.
#[test]
fn words_are_those_of_word_tokenize() {
    let cases: Vec<(String, Vec<String>)> =
        serde_json::from_str(include_str!("../fixtures/word_tokenize.json")).unwrap();
    assert!(cases.len() > 300);
    for (text, want) in cases {
        assert_eq!(WordTokenize.tokens(&text), want, "{text:?}");
    }
}

/// From NLTK 3.10.4 and scikit-learn 1.9.1: see `fixtures/corpus.py`, which says which lines these are.
#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn fifty_thousand_lines_come_out_as_in_nltk_and_scikit_learn() {
    let lines = corpus_lines();
    assert_eq!(lines.len(), 50_000);
    let want: std::collections::HashMap<String, Vec<String>> =
        serde_json::from_str(include_str!("../fixtures/corpus.json")).unwrap();
    let mut lowered = String::new();
    for (scheme, want) in want {
        let found: Vec<String> = lines
            .chunks(500)
            .map(|block| {
                let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
                for line in block {
                    let mut token = |t: &str| hash.line(t);
                    match scheme.as_str() {
                        "treebank" => Treebank.each(line, &mut token),
                        "word-punct" => WordPunct.each(line, &mut token),
                        _ => ScikitLearn::each_lower(line, &mut lowered, token),
                    }
                    hash.line("");
                }
                format!("{:016x}", hash.0)
            })
            .collect();
        let differ: Vec<usize> = (0..want.len()).filter(|&i| found[i] != want[i]).map(|i| i * 500).collect();
        assert!(found.len() == want.len() && differ.is_empty(), "{scheme}: blocks of lines from {differ:?}");
    }
}

struct Fnv(u64);

impl Fnv {
    fn line(&mut self, text: &str) {
        for b in text.bytes().chain([b'\n']) {
            self.0 = (self.0 ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The lines of `fixtures/corpus.py`.
fn corpus_lines() -> Vec<String> {
    use std::io::{BufRead, BufReader};
    let open = |name: &str| {
        let file = std::fs::File::open(real_file(name)).unwrap();
        BufReader::new(flate2::read::GzDecoder::new(file)).lines().map(Result::unwrap)
    };
    let mut lines = Vec::new();
    for row in open("newsgroups20/20news-bydate-train.jsonl.gz") {
        let post: serde_json::Value = serde_json::from_str(&row).unwrap();
        lines.extend(post["text"].as_str().unwrap().split('\n').filter(|l| !l.is_empty()).map(str::to_owned));
        if lines.len() >= 40_000 {
            break;
        }
    }
    lines.truncate(40_000);
    for row in open("movie_review/movie_review.tsv.gz").skip(1) {
        let review = row.split('\t').nth(2).unwrap();
        lines.extend(review.split("<br />").filter(|l| !l.is_empty()).map(str::to_owned));
        if lines.len() >= 50_000 {
            break;
        }
    }
    lines.truncate(50_000);
    lines
}

#[test]
fn a_span_is_missing_only_where_a_quote_is_written_anew() {
    let text = "\"It's\" (so)…";
    let mut found = Vec::new();
    Treebank.spans(text, &mut |span, token| {
        found.push((span.map(|s| &text[s]).map(str::to_owned), token.to_owned()))
    });
    let own: Vec<&str> = found.iter().filter(|(s, _)| s.is_none()).map(|(_, t)| t.as_str()).collect();
    assert_eq!(own, ["``", "''"]);
    assert!(found.iter().all(|(s, t)| s.as_ref().is_none_or(|s| s == t)));
}
