use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_text::prepare::{Preparation, PreparationParams};
use gyeol_text::vocabulary::Words;
use serde_json::Value;

use super::fit::words_of;
use super::*;
use crate::matrix::{Csr, Numbers, read_npz, write_npz};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/vectorize.json")).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

fn tokens(scheme: &str, stop_words: &[&str]) -> Preparation {
    let params = PreparationParams {
        language: "en".into(),
        scheme: scheme.into(),
        normalise: vec!["lower".into()],
        stop_words: stop_words.iter().map(|w| (*w).to_owned()).collect(),
        ..PreparationParams::default()
    };
    params.check().unwrap().plain().unwrap()
}

/// The same columns, and numbers that differ by no more than 1e-12.
fn same(name: &str, found: &Csr, want: &Value) {
    let want = want.as_array().unwrap();
    assert_eq!(found.rows(), want.len(), "{name}");
    for (i, row) in want.iter().enumerate() {
        let columns: Vec<u32> =
            row[0].as_array().unwrap().iter().map(|c| c.as_u64().unwrap() as u32).collect();
        let numbers: Vec<f64> = row[1].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let (found_columns, found_numbers) = found.parts(i);
        assert_eq!(found_columns, columns, "{name}, row {i}");
        for (a, b) in found_numbers.iter().zip(&numbers) {
            assert!((a - b).abs() <= 1e-12 * b.abs(), "{name}, row {i}: {a} {b}");
        }
    }
}

fn params(name: &str, fixed: &[String]) -> (VectorizerParams, Preparation) {
    let plain = || tokens("scikit-learn", &[]);
    let tfidf = |tf, idf, norm| VectorizerParams {
        weight: Weight::TfIdf(TfIdf { tf, idf, norm }),
        ..VectorizerParams::count()
    };
    let count = VectorizerParams::count;
    match name {
        "count" => (count(), plain()),
        "binary" => (VectorizerParams { weight: Weight::Binary, ..count() }, plain()),
        "ngrams" => (VectorizerParams { ngrams: (1, 3), ..count() }, plain()),
        "bigrams" => (VectorizerParams { ngrams: (2, 2), ..VectorizerParams::tfidf() }, plain()),
        "min" => (VectorizerParams { min_documents: "2".parse().unwrap(), ..count() }, plain()),
        "share" => {
            let bound = |s: &str| s.parse().unwrap();
            (
                VectorizerParams { min_documents: bound("0.2"), max_documents: bound("0.4"), ..count() },
                plain(),
            )
        }
        "max" => {
            (VectorizerParams { max_documents: Documents::Count(2), ..VectorizerParams::tfidf() }, plain())
        }
        "tfidf" => (VectorizerParams::tfidf(), plain()),
        "log" => (tfidf(Tf::Log, Idf::Smooth, Norm::L2), plain()),
        "unsmoothed" => (tfidf(Tf::Raw, Idf::Unsmoothed, Norm::L2), plain()),
        "no-idf" => (tfidf(Tf::Raw, Idf::None, Norm::L2), plain()),
        "l1" => (tfidf(Tf::Raw, Idf::Smooth, Norm::L1), plain()),
        "no-norm" => (tfidf(Tf::Log, Idf::Unsmoothed, Norm::None), plain()),
        "boolean" => (tfidf(Tf::Boolean, Idf::Smooth, Norm::L2), plain()),
        "top" => (VectorizerParams { max_terms: Some(4), ..count() }, plain()),
        "fixed" => {
            (VectorizerParams { vocabulary: Some(fixed.to_vec()), ..VectorizerParams::tfidf() }, plain())
        }
        "char" => (count(), tokens("char-ngrams:2-3", &[])),
        "char_wb" => (VectorizerParams::tfidf(), tokens("char-wb:1-4", &[])),
        "stop" => {
            (VectorizerParams { ngrams: (1, 2), ..count() }, tokens("scikit-learn", &["the", "and", "of"]))
        }
        other => panic!("no case {other}"),
    }
}

/// From scikit-learn 1.9.1: see `tests/fixtures/vectorize.py`.
#[test]
fn terms_order_and_numbers_are_those_of_scikit_learn() {
    let fixture = fixture();
    let (texts, later, fixed) =
        (strings(&fixture["texts"]), strings(&fixture["later"]), strings(&fixture["fixed"]));
    assert_eq!(fixture["cases"].as_array().unwrap().len(), 19);
    for case in fixture["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (params, tokens) = params(name, &fixed);
        let (vectorizer, matrix) = params.check().unwrap().fit_texts(&texts, tokens).unwrap();
        assert_eq!(vectorizer.terms().collect::<Vec<_>>(), strings(&case["terms"]), "{name}");
        same(name, &matrix, &case["rows"]);
        same(name, &vectorizer.transform_texts(&later), &case["later"]);
        let again = Vectorizer::from_json("v.json", &vectorizer.to_json()).unwrap();
        assert_eq!(again.transform_texts(&later), vectorizer.transform_texts(&later), "{name}, from JSON");
        assert_eq!(again.to_json(), vectorizer.to_json());
    }
}

/// From scikit-learn 1.9.1: see `tests/fixtures/vectorize.py`.
#[test]
fn hashed_columns_and_signs_are_those_of_scikit_learn() {
    let fixture = fixture();
    let texts = strings(&fixture["texts"]);
    for case in fixture["hashes"].as_array().unwrap() {
        let options = &case["options"];
        let norm = match options.get("norm") {
            None => Norm::L2,
            Some(Value::Null) => Norm::None,
            Some(name) => name.as_str().unwrap().parse().unwrap(),
        };
        let range = options.get("ngram_range").map_or((1, 1), |_| (1, 2));
        let params = HashingParams {
            columns: options["n_features"].as_u64().unwrap_or(1 << 20) as usize,
            ngrams: range,
            alternate_sign: options["alternate_sign"].as_bool().unwrap_or(true),
            binary: options["binary"].as_bool().unwrap_or(false),
            norm,
        };
        let vectorizer = params.check(sklearn_tokens()).unwrap();
        same(&options.to_string(), &vectorizer.transform_texts(&texts), &case["rows"]);
    }
    let none = HashingParams { columns: 0, ..HashingParams::default() }.check(sklearn_tokens());
    assert_eq!(none.unwrap_err().code(), "hash-columns");
}

/// Sentences of few words, so that all of them come again in other blocks.
fn sentences(count: usize) -> String {
    let mut rng = gyeol_tensor::Rng::new(3);
    let words = ["wind", "load", "peak", "harbour", "boat", "price", "바람", "전력", "evening", "storm"];
    let mut out = String::new();
    for i in 0..count {
        for _ in 0..rng.below(40) {
            out += words[(rng.below(10) * rng.below(10) / 10) as usize];
            if rng.below(3) == 0 {
                out += &rng.below(500).to_string();
            }
            out.push(' ');
        }
        out += if i % 7 == 0 { "\r\n" } else { "\n" };
    }
    out
}

#[test]
fn threads_blocks_and_a_bound_of_memory_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.txt");
    std::fs::write(&path, sentences(4000)).unwrap();
    let open = |block_bytes| {
        let options = CorpusOptions { block_bytes, ..CorpusOptions::default() };
        Corpus::open(&path.display().to_string(), options).unwrap()
    };
    let texts: Vec<String> = std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    for params in [
        VectorizerParams { ngrams: (1, 2), min_documents: Documents::Count(2), ..VectorizerParams::tfidf() },
        VectorizerParams { max_terms: Some(300), weight: Weight::bm25(), ..VectorizerParams::count() },
    ] {
        let valid = params.check().unwrap();
        let (first, want) = valid.fit_texts(&texts, sklearn_tokens()).unwrap();
        assert_eq!(first.transform_texts(&texts), want);
        for (row, text) in texts.iter().enumerate().take(500) {
            let alone = first.transform_texts(&[text]);
            assert!(alone.row(0).eq(want.row(row)), "a text alone has the row it has among all: {text}");
        }
        for threads in [1, 2, 3, 7] {
            let pool = Pool::new(threads);
            let (vectorizer, matrix) = valid.fit(&open(3000), sklearn_tokens(), &pool, |_| true).unwrap();
            assert_eq!(vectorizer.to_json(), first.to_json());
            assert_eq!(matrix, want, "{threads} threads");
            assert_eq!(vectorizer.transform(&open(1000), &pool, |_| true).unwrap(), want);
            let (bounded, mut spooled) = valid
                .fit_bounded(&open(3000), &open(3000), sklearn_tokens(), 1 << 17, &pool, |_| true)
                .unwrap();
            assert_eq!(bounded.to_json(), first.to_json());
            let (a, b) = (folder.path().join("a.npz"), folder.path().join("b.npz"));
            spooled.write_npz(&a, Numbers::Float).unwrap();
            write_npz(&b, &want, Numbers::Float).unwrap();
            assert!(std::fs::read(&a).unwrap() == std::fs::read(&b).unwrap(), "other bytes");
            assert_eq!(read_npz(&a).unwrap(), want);
            assert_eq!(spooled.into_matrix().unwrap(), want);
        }
    }
    let stopped =
        VectorizerParams::count()
            .check()
            .unwrap()
            .fit(&open(3000), sklearn_tokens(), &Pool::new(2), |_| false);
    assert_eq!(stopped.unwrap_err().code(), "stopped");
}

#[test]
fn a_fixed_vocabulary_within_a_bound_of_memory_gives_the_same_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.txt");
    std::fs::write(&path, sentences(2000)).unwrap();
    let open = |block_bytes| {
        let options = CorpusOptions { block_bytes, ..CorpusOptions::default() };
        Corpus::open(&path.display().to_string(), options).unwrap()
    };
    // Not in the order of the words; "fog" never comes.
    let terms = ["wind", "fog", "바람", "harbour17", "load"].map(String::from).to_vec();
    for weight in [Weight::Count, Weight::TfIdf(TfIdf::default()), Weight::bm25()] {
        let params =
            VectorizerParams { vocabulary: Some(terms.clone()), weight, ..VectorizerParams::count() };
        let valid = params.check().unwrap();
        for threads in [1, 2, 3] {
            let pool = Pool::new(threads);
            let (first, want) = valid.fit(&open(1 << 20), sklearn_tokens(), &pool, |_| true).unwrap();
            assert_eq!(first.tallies()[1], (0, 0));
            assert!(want.nonzeros() > 2000, "{}", want.nonzeros());
            let (bounded, spooled) = valid
                .fit_bounded(&open(3000), &open(2000), sklearn_tokens(), 1 << 17, &pool, |_| true)
                .unwrap();
            assert_eq!(bounded.to_json(), first.to_json());
            assert_eq!(spooled.into_matrix().unwrap(), want);
        }
        let stopped =
            valid.fit_bounded(&open(3000), &open(3000), sklearn_tokens(), 1, &Pool::new(2), |_| false);
        assert_eq!(stopped.unwrap_err().code(), "stopped");
    }
}

/// Rows of every length about the one from which on digits are sorted, and columns of one digit to four.
#[test]
fn rows_sorted_by_digits_are_those_sorted_by_comparing() {
    let mut rng = gyeol_tensor::Rng::new(11);
    for size in [1usize, 2, 512, 513, 100_000, 1 << 18, (1 << 18) + 1, 1 << 27, (1 << 27) + 1, 4_000_000_000]
    {
        for len in [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 500, 3000] {
            let columns: std::collections::BTreeSet<u32> = (0..len)
                .map(|_| rng.below(size as u64) as u32)
                .chain((len > 0).then(|| size as u32 - 1))
                .collect();
            let want: Vec<(u32, u32)> = columns.iter().map(|&c| (c, c % 7)).collect();
            let mut row = want.clone();
            for i in (1..row.len()).rev() {
                row.swap(i, rng.below(i as u64 + 1) as usize);
            }
            let mut rows = super::rows::Rows { ends: vec![row.len() as u32], pairs: row };
            super::fit::settle(&mut rows, None, size);
            assert!(rows.pairs == want, "{len} of {size} columns");
        }
    }
}

/// Words alike in their first 15 or 16 bytes, prefixes of each other, and such that hold the byte 0.
#[test]
fn terms_of_several_tables_stand_in_the_order_of_their_bytes() {
    let mut all: Vec<String> = Vec::new();
    for len in [0, 1, 13, 14, 15, 16, 17, 40] {
        for end in ["", "a", "b", "\0", "\0\0", "한", "ab"] {
            all.push("x".repeat(len) + end);
        }
    }
    let tables: Vec<Words> = (0..3)
        .map(|t| words_of(all.iter().enumerate().filter(|(i, _)| i % 3 != t).map(|(_, w)| w.as_str()), 0))
        .collect();
    let tables: Vec<&Words> = tables.iter().collect();
    let params = VectorizerParams::count();
    let chosen = super::fit::choose(&params, &tables, |_, _| (1, 2), 3, &Pool::new(2)).unwrap();
    let found: Vec<&str> = chosen.terms.iter().map(|t| t.of(&tables)).collect();
    all.sort();
    all.dedup();
    assert_eq!(found, all);
    for (word, &(documents, count)) in found.iter().zip(&chosen.tallies) {
        let with = tables.iter().filter(|t| t.find(word).is_some()).count() as u64;
        assert_eq!((documents, count), (with, 2 * with), "{word:?}");
    }
}

#[test]
fn textbook_weights_follow_their_formulas() {
    let texts = ["wind wind wind load", "load", "load peak"];
    let row = |weight| {
        let params = VectorizerParams { weight, ..VectorizerParams::count() };
        let (_, matrix) = params.check().unwrap().fit_texts(&texts, sklearn_tokens()).unwrap();
        matrix.row(0).map(|(_, v)| v).collect::<Vec<f64>>()
    };
    let close = |found: Vec<f64>, want: [f64; 2]| {
        assert!(found.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?} {want:?}");
    };
    let tfidf = |tf, idf| Weight::TfIdf(TfIdf { tf, idf, norm: Norm::None });
    // Columns: load (3 of 3 documents), wind (1 of 3, three times).
    close(row(tfidf(Tf::Raw, Idf::Plain)), [0.0, 3.0 * 3f64.ln()]);
    close(row(tfidf(Tf::Augmented, Idf::None)), [0.5 + 0.5 / 3.0, 1.0]);
    close(row(tfidf(Tf::Boolean, Idf::Probabilistic)), [0.0, 2f64.ln()]);
    // Lengths 4, 1, 2: mean 7/3.
    let idf = |df: f64| (1.0 + (3.0 - df + 0.5) / (df + 0.5)).ln();
    let score = |tf: f64, df| idf(df) * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * 4.0 / (7.0 / 3.0)));
    close(row(Weight::bm25()), [score(1.0, 3.0), score(3.0, 1.0)]);
}

#[test]
fn odd_corpora_have_a_defined_end() {
    let fit = |texts: &[&str], params: VectorizerParams| params.check()?.fit_texts(texts, sklearn_tokens());
    for empty in [&[][..], &[""][..], &["a b . !", "", "  "][..]] {
        let error = fit(empty, VectorizerParams::tfidf()).unwrap_err();
        assert_eq!(error.code(), "no-terms");
        assert!(error.to_string().contains("Next: "), "{error}");
    }
    // All documents the same: every idf is 1, every row the same.
    let (_, matrix) = fit(&["wind load"; 3], VectorizerParams::tfidf()).unwrap();
    assert!(matrix.data().iter().all(|v| (v - 0.5f64.sqrt()).abs() < 1e-15));
    // A vocabulary of one.
    let (one, matrix) = fit(&["wind", "wind wind", ""], VectorizerParams::tfidf()).unwrap();
    assert_eq!((one.len(), matrix.data()), (1, &[1.0, 1.0][..]));
    let narrow = VectorizerParams { min_documents: Documents::Count(9), ..VectorizerParams::count() };
    assert_eq!(fit(&["wind", "load"], narrow).unwrap_err().code(), "document-bound");
    let none = VectorizerParams {
        min_documents: Documents::Count(2),
        max_documents: Documents::Count(2),
        ..VectorizerParams::count()
    };
    assert_eq!(fit(&["wind", "load"], none).unwrap_err().code(), "no-terms");
    let absent = VectorizerParams {
        vocabulary: Some(vec!["storm".into()]),
        weight: Weight::TfIdf(TfIdf { idf: Idf::Plain, ..TfIdf::default() }),
        ..VectorizerParams::count()
    };
    assert_eq!(fit(&["wind"], absent).unwrap_err().code(), "no-documents");
}

#[test]
fn options_and_files_that_cannot_be_are_refused() {
    let count = VectorizerParams::count;
    for (params, code) in [
        (VectorizerParams { ngrams: (0, 1), ..count() }, "ngram-range"),
        (VectorizerParams { ngrams: (3, 2), ..count() }, "ngram-range"),
        (VectorizerParams { max_documents: Documents::Share(1.5), ..count() }, "document-bound"),
        (VectorizerParams { min_documents: Documents::Share(f64::NAN), ..count() }, "document-bound"),
        (VectorizerParams { max_terms: Some(0), ..count() }, "bad-size"),
        (VectorizerParams { vocabulary: Some(vec![]), ..count() }, "no-terms"),
        (VectorizerParams { vocabulary: Some(vec!["a".into(), "a".into()]), ..count() }, "repeated-term"),
        (VectorizerParams { weight: Weight::Bm25 { k1: -1.0, b: 0.5 }, ..count() }, "bm25"),
    ] {
        assert_eq!(params.check().unwrap_err().code(), code);
    }
    for bad in ["-1", "1.5", "many", "NaN"] {
        assert_eq!(bad.parse::<Documents>().unwrap_err().code(), "document-bound");
    }
    let (vectorizer, _) = count().check().unwrap().fit_texts(&["wind load"], sklearn_tokens()).unwrap();
    let json = vectorizer.to_json();
    for (from, to, code) in [
        ("\"version\":1,\"documents\"", "\"version\":9,\"documents\"", "other-version"),
        ("gyeol-vectorizer", "gyeol-other", "other-version"),
        ("[\"wind\",1,1]", "[\"load\",1,1]", "repeated-term"),
        ("[\"wind\",1,1]", "[\"wind\",7,1]", "broken-vectorizer"),
        ("\"mean_length\":2.0", "\"mean_length\":-2.0", "broken-vectorizer"),
        ("]}", "", "broken-vectorizer"),
    ] {
        let altered = json.replace(from, to);
        assert_ne!(altered, json, "{from}");
        let error = Vectorizer::from_json("v.json", &altered).unwrap_err();
        assert_eq!(error.code(), code, "{from}: {error}");
    }
}
