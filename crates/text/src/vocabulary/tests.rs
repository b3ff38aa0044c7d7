use std::collections::HashMap;

use gyeol_tensor::Pool;

use super::*;
use crate::corpus::CorpusOptions;
use crate::encode::{encode_corpus, fit_encode};

struct Spaces;
impl Tokenize for Spaces {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        text.split_whitespace().for_each(token);
    }
}

/// Lines of words drawn from a long-tailed distribution, the same every time.
fn corpus_file() -> (tempfile::TempDir, String, Vec<String>) {
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let lines: Vec<String> = (0..3000)
        .map(|_| {
            let n = (next() * 12.0) as usize;
            let words = (0..n).map(|_| format!("w{}", (next().powi(4) * 5000.0) as u32));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.txt");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    (folder, path.display().to_string(), lines)
}

fn open(path: &str) -> Corpus {
    Corpus::open(path, CorpusOptions { block_bytes: 2000, ..CorpusOptions::default() }).unwrap()
}

/// Straight from the definition.
fn by_definition(lines: &[String]) -> Vec<(String, u64, u64)> {
    let mut seen: HashMap<&str, (u64, u64, usize, usize)> = HashMap::new();
    let mut place = 0;
    for (d, line) in lines.iter().enumerate() {
        for word in line.split_whitespace() {
            let e = seen.entry(word).or_insert((0, 0, place, usize::MAX));
            e.0 += 1;
            e.1 += u64::from(e.3 != d);
            e.3 = d;
            place += 1;
        }
    }
    let mut all: Vec<_> = seen.into_iter().collect();
    all.sort_by_key(|(_, e)| (std::cmp::Reverse(e.0), e.2));
    all.into_iter().map(|(w, e)| (w.to_owned(), e.0, e.1)).collect()
}

#[test]
fn any_threads_and_any_memory_give_the_definition() {
    let (_f, path, lines) = corpus_file();
    let expected = by_definition(&lines);
    for threads in [1, 2, 3, 7] {
        for memory in [None, Some(1)] {
            let params = VocabularyParams { memory, ..VocabularyParams::default() };
            let pool = Pool::new(threads);
            let (vocabulary, _) = Vocabulary::fit(&open(&path), &Spaces, params, &pool, |_| true).unwrap();
            let got: Vec<_> = vocabulary.words().map(|(_, w, c, d)| (w.to_owned(), c, d)).collect();
            assert_eq!(got, expected, "{threads} threads, memory {memory:?}");
            let total = vocabulary.total();
            assert_eq!(total.documents, 3000);
            assert_eq!(total.tokens, expected.iter().map(|e| e.1).sum::<u64>());
            assert_eq!((total.types, total.covered), (expected.len() as u64, total.tokens));
        }
    }
}

#[test]
fn cuts_by_count_and_size_keep_the_order() {
    let (_f, path, lines) = corpus_file();
    let expected = by_definition(&lines);
    for (min_count, size) in [(3, None), (1, Some(10)), (5, Some(40)), (1, Some(1_000_000))] {
        for memory in [None, Some(1)] {
            let params = VocabularyParams { min_count, size, memory, ..VocabularyParams::default() };
            let (vocabulary, curve) =
                Vocabulary::fit(&open(&path), &Spaces, params, &Pool::new(2), |_| true).unwrap();
            let kept: Vec<_> =
                expected.iter().filter(|e| e.1 >= min_count).take(size.unwrap_or(usize::MAX)).collect();
            assert_eq!(
                vocabulary.words().map(|w| w.1).collect::<Vec<_>>(),
                kept.iter().map(|e| &e.0).collect::<Vec<_>>()
            );
            assert_eq!(vocabulary.total().covered, kept.iter().map(|e| e.1).sum::<u64>());
            // The curve is of all words, whatever is kept.
            for point in &curve {
                let covered: u64 = expected.iter().take(point.size as usize).map(|e| e.1).sum();
                assert_eq!(point.coverage, covered as f64 / vocabulary.total().tokens as f64);
            }
            assert_eq!(curve.last().unwrap().coverage, 1.0);
        }
    }
}

#[test]
fn one_pass_gives_what_two_give() {
    let (_f, path, lines) = corpus_file();
    for unknown in [true, false] {
        let params = VocabularyParams { size: Some(50), unknown, ..VocabularyParams::default() };
        let (two, _) =
            Vocabulary::fit(&open(&path), &Spaces, params.clone(), &Pool::new(1), |_| true).unwrap();
        let mut documents = Vec::new();
        encode_corpus(&open(&path), &two, &Spaces, &Pool::new(2), |ids, _| {
            documents.push(ids.to_vec());
            Ok(())
        })
        .unwrap();
        for threads in [1, 2, 3, 7] {
            let (one, encoded) =
                fit_encode(&open(&path), &Spaces, params.clone(), &Pool::new(threads), |_| true).unwrap();
            assert_eq!(one.to_json(), two.to_json());
            assert!(encoded.documents().eq(documents.iter().map(Vec::as_slice)));
        }
        for (line, ids) in lines.iter().zip(&documents) {
            let expected: Vec<&str> = line
                .split_whitespace()
                .filter_map(
                    |w| if two.words.find(w).is_some() { Some(w) } else { unknown.then_some("<unk>") },
                )
                .collect();
            assert_eq!(two.decode(ids).unwrap(), expected);
        }
    }
}

#[test]
fn json_round_trip_and_broken_files() {
    let texts = ["a \"quoted\" b", "b \u{1F600} b <unk> <pad>"];
    let mut vocabulary = Vocabulary::of_texts(&texts, &Spaces, VocabularyParams::default()).unwrap();
    vocabulary.set_preparation(serde_json::json!({"scheme": "spaces"}));
    let json = vocabulary.to_json();
    let again = Vocabulary::from_json("v", &json).unwrap();
    assert_eq!(again.to_json(), json);
    assert_eq!(again.preparation(), vocabulary.preparation());
    assert_eq!(again.id("b"), Some(2));
    // The unknown word of the text is the unknown word.
    assert_eq!(again.id("<unk>"), Some(1));
    assert_eq!(again.total(), vocabulary.total());
    assert_eq!(again.total().tokens, again.total().covered + 1);
    assert_eq!(again.word(1000).unwrap_err().code(), "id-out-of-range");

    for (from, to, code) in [
        ("\"version\":1", "\"version\":2", "other-version"),
        ("\"version\":1,", "", "other-version"),
        ("gyeol-vocabulary", "something", "not-a-vocabulary"),
        ("[\"a\",1,1]", "[\"b\",1,1]", "repeated-word"),
        ("[\"a\",1,1]", "[\"a\",-1,1]", "broken-vocabulary"),
        ("\n]}", "", "broken-vocabulary"),
    ] {
        assert!(json.contains(from), "{from} in {json}");
        let error = Vocabulary::from_json("v.json", &json.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains("v.json"), "{error}");
    }
}

#[test]
fn an_empty_corpus_is_an_empty_vocabulary() {
    let none: [&str; 2] = ["", "  "];
    let vocabulary = Vocabulary::of_texts(&none, &Spaces, VocabularyParams::default()).unwrap();
    assert!(vocabulary.is_empty());
    assert_eq!(vocabulary.len(), 2);
    assert_eq!(vocabulary.encode("a b", &Spaces), [1, 1]);
    let again = Vocabulary::from_json("v", &vocabulary.to_json()).unwrap();
    assert_eq!(again.len(), 2);
    let params = VocabularyParams { size: Some(0), ..VocabularyParams::default() };
    assert_eq!(Vocabulary::of_texts(&none, &Spaces, params).unwrap_err().code(), "bad-size");
}

/// Made by `Tokenizer(oov_token="<OOV>").to_json()` of keras-preprocessing 1.1.2 from "The load
/// fell" and "the LOAD rose; the wind": ids 1 to 6 as below.
const KERAS: &str = r##"{"class_name": "Tokenizer", "config": {"num_words": null, "filters": "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n", "lower": true, "split": " ", "char_level": false, "oov_token": "<OOV>", "document_count": 2, "word_counts": "{\"the\": 3, \"load\": 2, \"fell\": 1, \"rose\": 1, \"wind\": 1}", "word_docs": "{\"the\": 2, \"load\": 2, \"fell\": 1, \"wind\": 1, \"rose\": 1}", "index_docs": "{\"2\": 2, \"3\": 2, \"4\": 1, \"6\": 1, \"5\": 1}", "index_word": "{\"1\": \"<OOV>\", \"2\": \"the\", \"3\": \"load\", \"4\": \"fell\", \"5\": \"rose\", \"6\": \"wind\"}", "word_index": "{\"<OOV>\": 1, \"the\": 2, \"load\": 3, \"fell\": 4, \"rose\": 5, \"wind\": 6}"}}"##;

#[test]
fn keras_tokenizers_are_read_and_written() {
    let vocabulary = Vocabulary::from_json("k.json", KERAS).unwrap();
    let words: Vec<_> = vocabulary.words().collect();
    assert_eq!(words[0], (2, "the", 3, 2));
    assert_eq!(words[4], (6, "wind", 1, 1));
    assert_eq!((vocabulary.unknown(), vocabulary.word(1).unwrap()), (Some(1), "<OOV>"));
    // The tables say the same; their order inside is free.
    let parse = |text: &str| -> serde_json::Value {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        for (_, table) in value["config"].as_object_mut().unwrap() {
            if let Some(inner) = table.as_str().and_then(|s| serde_json::from_str(s).ok()) {
                *table = inner;
            }
        }
        value
    };
    assert_eq!(parse(&vocabulary.to_keras_json().unwrap()), parse(KERAS));
    // Without an unknown word, words begin at 1; num_words keeps the ids below it.
    let plain = KERAS
        .replace("\"oov_token\": \"<OOV>\"", "\"oov_token\": null")
        .replace("\\\"<OOV>\\\": 1, \\\"the\\\": 2, \\\"load\\\": 3, \\\"fell\\\": 4, \\\"rose\\\": 5, \\\"wind\\\": 6", "\\\"the\\\": 1, \\\"load\\\": 2, \\\"fell\\\": 3, \\\"rose\\\": 4, \\\"wind\\\": 5")
        .replace("\"num_words\": null", "\"num_words\": 3");
    let vocabulary = Vocabulary::from_json("k.json", &plain).unwrap();
    assert_eq!(vocabulary.words().map(|w| (w.0, w.1)).collect::<Vec<_>>(), [(1, "the"), (2, "load")]);
    assert_eq!(vocabulary.id("fell"), None);
    let broken = KERAS.replace("\\\"load\\\": 3", "\\\"load\\\": 2");
    assert_eq!(Vocabulary::from_json("k.json", &broken).unwrap_err().code(), "repeated-id");
}
