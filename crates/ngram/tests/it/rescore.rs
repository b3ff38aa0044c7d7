//! Error rates beside jiwer's, weights beside a grid, lists as they come and as they must not come.

use crate::common::*;
use gyeol_ngram::rescore::{
    AcousticScore, Candidate, Features, List, Lists, References, RescoreWeights, Tuning, Utterance, features,
    judge, tune,
};
use gyeol_ngram::{Errors, Source, Unit, difference, error_rate, errors};
use gyeol_tensor::{Pool, Rng};

/// `fixtures/jiwer_oracle.py` says how they were made.
#[test]
fn errors_are_those_of_jiwer_with_most_units_right() {
    let text = String::from_utf8(fixture("jiwer.tsv")).unwrap();
    let mut lines = 0;
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        for (unit, at) in [(Unit::Word, 2), (Unit::Character, 6)] {
            let number = |i: usize| fields[at + i].parse::<u64>().unwrap();
            let found = errors(fields[0], fields[1], unit).unwrap();
            let right = found.reference - found.substitutions - found.deletions;
            assert_eq!((found.reference, found.total()), (number(0), number(1)), "{line}");
            assert_eq!(right, number(3), "{line}");
            assert!(right >= number(2), "{line}");
        }
        lines += 1;
    }
    assert_eq!(lines, 70);
}

#[test]
fn decomposed_syllables_and_white_space_are_no_errors_of_characters() {
    use unicode_normalization::UnicodeNormalization;
    let said = "바람이 분다";
    let decomposed: String = said.nfd().collect();
    assert_ne!(said, decomposed);
    for unit in [Unit::Word, Unit::Character] {
        assert_eq!(errors(said, &decomposed, unit).unwrap().total(), 0);
    }
    assert_eq!(errors(said, "바 람이분 다", Unit::Character).unwrap().total(), 0);
    assert_eq!(errors(said, "바람이분다", Unit::Word).unwrap().total(), 2);
    assert_eq!(errors(said, "", Unit::Character).unwrap().reference, 5);
    let long = "a".repeat(gyeol_ngram::LONGEST_TEXT + 1);
    assert_eq!(errors(&long, "a", Unit::Word).unwrap_err().code(), "text-too-long");
}

#[test]
fn rates_are_sums_by_sums_and_intervals_those_of_a_proportion() {
    let pool = Pool::new(1);
    let one = |wrong: bool| Errors { substitutions: u64::from(wrong), reference: 1, ..Errors::default() };
    let mut rng = Rng::new(3);
    let each: Vec<Errors> = (0..2000).map(|_| one(rng.uniform() < 0.2)).collect();
    let found = error_rate(&each, 0, &pool);
    let p = found.rate.unwrap();
    assert_eq!(p, found.wrong as f64 / 2000.0);
    // One word an utterance: a proportion, whose standard error is known.
    let half = 1.96 * (p * (1.0 - p) / 2000.0).sqrt();
    let width = found.high.unwrap() - found.low.unwrap();
    assert!((width / (2.0 * half) - 1.0).abs() < 0.1, "{width} {half}");
    // A long utterance weighs more than a short one.
    let uneven = [Errors { deletions: 9, reference: 9, ..Errors::default() }, one(false)];
    assert_eq!(error_rate(&uneven, 0, &pool).rate, Some(0.9));
    // Nothing said at all: no rate, though there are insertions.
    let silent = [Errors { insertions: 2, ..Errors::default() }];
    let silent = error_rate(&silent, 0, &pool);
    assert_eq!((silent.rate, silent.low, silent.errors.insertions), (None, None, 2));
    let same = difference(&each, &each, 0, &pool).unwrap();
    assert_eq!((same.value, same.low, same.high), (Some(0.0), Some(0.0), Some(0.0)));
    assert_eq!(difference(&each, &uneven, 0, &pool).unwrap_err().code(), "not-paired");
}

/// Lists in which the right text is the likelier one, more or less, and the acoustic score knows something too.
fn candidates(lists: usize, seed: u64) -> Vec<Vec<Candidate>> {
    let mut rng = Rng::new(seed);
    let mut of = |_| {
        let count = 1 + rng.below(8) as usize;
        let mut one = |_| {
            let errors = rng.below(6);
            let words = 8 + rng.below(4) as usize;
            let wrong = errors as f64;
            Candidate {
                features: Features {
                    acoustic: -12.0 * wrong - 30.0 * rng.uniform() - 6.0 * words as f64,
                    language: -1.5 * wrong - 4.0 * rng.uniform() - 2.0 * words as f64,
                    words,
                    unknown: 0,
                },
                errors,
            }
        };
        (0..count).map(&mut one).collect()
    };
    (0..lists).map(&mut of).collect()
}

fn errors_at(lists: &[Vec<Candidate>], weights: RescoreWeights) -> u64 {
    let best = |list: &Vec<Candidate>| {
        let features: Vec<Features> = list.iter().map(|c| c.features).collect();
        list[weights.order(&features)[0]].errors
    };
    lists.iter().map(best).sum()
}

#[test]
fn tuned_weights_make_no_more_errors_than_any_point_of_a_grid() {
    let pool = Pool::new(1);
    for seed in 0..6 {
        let lists = candidates(40, seed);
        let tuned = tune(&lists, &Tuning::default(), &pool, &mut |_| true).unwrap();
        assert_eq!(tuned.errors, errors_at(&lists, tuned.weights), "the errors are those of the weights");
        let acoustic = RescoreWeights { language: 0.0, word_penalty: 0.0 };
        assert_eq!(tuned.errors_before, errors_at(&lists, acoustic));
        assert!(tuned.errors_of_oracle <= tuned.errors && tuned.errors < tuned.errors_before);
        for w in 0..=60 {
            for p in -30..=30 {
                let at = RescoreWeights { language: f64::from(w) * 0.5, word_penalty: f64::from(p) };
                assert!(tuned.errors <= errors_at(&lists, at), "seed {seed}, {at:?}: {tuned:?}");
            }
        }
        let alone =
            tune(&lists, &Tuning { no_word_penalty: true, ..Tuning::default() }, &pool, &mut |_| true)
                .unwrap();
        assert_eq!(alone.weights.word_penalty, 0.0);
        for w in 0..=4000 {
            let at = RescoreWeights { language: f64::from(w) * 0.01, word_penalty: 0.0 };
            assert!(alone.errors <= errors_at(&lists, at), "seed {seed}, {at:?}: {alone:?}");
        }
    }
}

#[test]
fn the_least_error_on_two_lines_is_where_algebra_says() {
    let one = |acoustic, language, errors| Candidate {
        features: Features { acoustic, language, words: 1, unknown: 0 },
        errors,
    };
    // The lines −10 − 2w and −16 − w cross at w = 6, −20 − 0.5w and −16 − w at 8: only between them is the error 0.
    let lists = vec![vec![one(-10.0, -2.0, 1), one(-16.0, -1.0, 0), one(-20.0, -0.5, 2)]];
    let tuned =
        tune(&lists, &Tuning { no_word_penalty: true, restarts: 0, seed: 0 }, &Pool::new(1), &mut |_| true)
            .unwrap();
    assert_eq!(tuned.errors, 0);
    assert!((tuned.weights.language - 7.0).abs() < 1e-9, "the middle: {tuned:?}");
    // The weight of a model that is always wrong stays 0.
    let lists = vec![vec![one(-10.0, -2.0, 0), one(-16.0, -1.0, 3)]];
    let tuned = tune(&lists, &Tuning::default(), &Pool::new(1), &mut |_| true).unwrap();
    assert_eq!((tuned.weights.language, tuned.errors), (0.0, 0));
    assert_eq!(tune(&[], &Tuning::default(), &Pool::new(1), &mut |_| true).unwrap_err().code(), "no-lists");
}

#[test]
fn weights_and_intervals_are_the_same_bits_on_any_number_of_threads() {
    let lists = candidates(300, 9);
    let each: Vec<Errors> =
        lists.iter().map(|l| Errors { insertions: l[0].errors, reference: 9, ..Errors::default() }).collect();
    let of = |threads| {
        let pool = Pool::new(threads);
        let tuned =
            tune(&lists, &Tuning { restarts: 3, seed: 4, no_word_penalty: false }, &pool, &mut |_| true)
                .unwrap();
        let rate = error_rate(&each, 5, &pool);
        (tuned.weights.language.to_bits(), tuned.weights.word_penalty.to_bits(), rate)
    };
    let one = of(1);
    for threads in [2, 3, 7] {
        assert_eq!(of(threads), one);
    }
}

fn lists(text: &str, scale: AcousticScore) -> Result<Vec<List>, gyeol_ngram::Error> {
    let mut lists = Lists::new(Source::from_text(text), scale);
    let mut out = Vec::new();
    while let Some(list) = lists.next_list()? {
        out.push(list);
    }
    Ok(out)
}

#[test]
fn scores_are_natural_logarithms_whatever_they_were() {
    let text = "u1\ta b\t-2\nu1\t\t-3\n\nu2\t c \t1e1\r\n";
    let plain = lists(text, AcousticScore::default()).unwrap();
    assert_eq!(
        plain.iter().map(|l| (l.id.as_str(), l.row, l.hypotheses.len())).collect::<Vec<_>>(),
        [("u1", 1, 2), ("u2", 4, 1)]
    );
    assert_eq!((plain[0].hypotheses[1].text.as_str(), plain[1].hypotheses[0].text.as_str()), ("", "c"));
    assert_eq!(plain[1].hypotheses[0].acoustic, 10.0);
    let cost = lists(text, AcousticScore { base10: true, cost: true }).unwrap();
    assert!((cost[0].hypotheses[0].acoustic - 2.0 * std::f64::consts::LN_10).abs() < 1e-12);
}

#[test]
fn lists_that_cannot_be_used_are_refused_with_the_line() {
    let refused = |text: &str| lists(text, AcousticScore::default()).expect_err(text);
    for (text, code, row) in [
        ("u1\ta\t-1\nu1\tb\n", "field-count", Some(2)),
        ("u1\ta\tb\t-1\n", "field-count", Some(1)),
        ("u1\ta\tNaN\n", "acoustic-score", Some(1)),
        ("\n\nu1\ta\tinf\n", "acoustic-score", Some(3)),
        ("u1\ta\t\n", "acoustic-score", Some(1)),
        ("u1\ta\t1e300\n", "acoustic-score", Some(1)),
        ("\ta\t-1\n", "no-id", Some(1)),
        ("u1\ta\t-1\nu2\ta\t-1\nu1\tb\t-1\n", "id-again", Some(3)),
        ("", "no-lists", None),
        (" \n\n", "no-lists", None),
    ] {
        let error = refused(text);
        assert_eq!((error.code(), error.fault().row), (code, row), "{text:?}: {error}");
    }
    let mut raw =
        Lists::new(Source::from_text(b"u1\ta\t-1\nu1\tb\xff\t-1\n".to_vec()), AcousticScore::default());
    assert_eq!(raw.next_list().unwrap_err().fault().row, Some(2));
    for (text, code, row) in [
        ("u1 a\n", "field-count", Some(1)),
        ("u1\ta\nu2\tb\nu1\tc\n", "id-again", Some(3)),
        ("", "no-references", None),
    ] {
        let error = References::read(Source::from_text(text)).expect_err(text);
        assert_eq!((error.code(), error.fault().row), (code, row), "{error}");
    }
    let references = References::read(Source::from_text("u1\ta\nu3\t\n")).unwrap();
    let mut some = Lists::new(Source::from_text("u1\ta\t-1\nu2\ta\t-1\n"), AcousticScore::default());
    let (first, second) = (some.next_list().unwrap().unwrap(), some.next_list().unwrap().unwrap());
    assert_eq!(references.of(&first, "lists").unwrap(), "a");
    let error = references.of(&second, "lists").unwrap_err();
    assert_eq!((error.code(), error.fault().row), ("no-reference", Some(2)));
    let error = references.all_used(&some).unwrap_err();
    assert_eq!((error.code(), error.fault().row), ("no-list", Some(2)));
}

#[test]
fn a_weight_of_nothing_is_the_first_pass_and_nothing_beats_the_oracle() {
    let model = model(&made(SMALL, &gyeol_ngram::Options { order: 3, ..Default::default() }).tables);
    let pool = Pool::new(1);
    let text = "u1\tthe boat left the harbour\t-9\nu1\tthe boat the left harbour\t-8\nu1\tboat\t-30\nu2\t어부 가\t-1\nu2\t\t-60\n";
    let references = ["the boat left the harbour", "어부 는"];
    let judged = |weights: RescoreWeights| {
        let each: Vec<Utterance> = lists(text, AcousticScore::default())
            .unwrap()
            .iter()
            .zip(references)
            .map(|(list, reference)| {
                Utterance::new(list, &features(&model, list), weights, reference).unwrap()
            })
            .collect();
        judge(&each, 0, &pool).unwrap()
    };
    let nothing = judged(RescoreWeights { language: 0.0, word_penalty: 0.0 });
    assert_eq!(nothing.first_pass, nothing.rescored);
    assert_eq!((nothing.first_pass.wer.errors.total(), nothing.first_pass.wer.errors.reference), (3, 7));
    let with = judged(RescoreWeights { language: 3.0, word_penalty: 0.0 });
    assert_eq!(with.oracle.wer.errors.total(), 1, "one particle is in no list");
    assert_eq!(with.rescored.wer.errors.total(), 1, "order and length are mended");
    assert!(with.difference.wer.value.unwrap() < 0.0);
    assert_eq!(with.oracle, nothing.oracle);
}

#[test]
fn weights_come_back_from_their_file_and_other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.json");
    let weights = RescoreWeights { language: 0.1 + 0.2, word_penalty: -1.0 / 3.0 };
    weights.save(&path, serde_json::json!({ "lists": 3 })).unwrap();
    assert_eq!(RescoreWeights::load(&path).unwrap(), weights);
    let text = std::fs::read_to_string(&path).unwrap();
    for (altered, code) in [
        (text.replace("\"version\": 1", "\"version\": 2"), "not-weights"),
        (text.replace("rescore-weights", "topics"), "not-weights"),
        (text.replace("\"language\": 0", "\"language\": -0"), "weights-out-of-range"),
        ("{".into(), "not-weights"),
        (String::new(), "not-weights"),
    ] {
        std::fs::write(&path, altered).unwrap();
        assert_eq!(RescoreWeights::load(&path).unwrap_err().code(), code);
    }
    assert!(RescoreWeights { language: f64::NAN, word_penalty: 0.0 }.check().is_err());
}
