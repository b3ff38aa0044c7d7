//! Every context sums to one, `<s>` is never predicted, `<unk>` has mass; other toolkits' numbers.

use std::collections::HashSet;

use crate::common::*;
use gyeol_ngram::smoothing::jelinek_mercer;
use gyeol_ngram::{
    CorpusOptions, Estimate, Layout, NgramModel, Options, ScoresWords, Smoothing, Source, State, count,
    next_words, prune_by_entropy, score_words, total_mass,
};
use gyeol_tensor::Pool;

fn texts() -> Vec<(&'static str, String)> {
    let mut rng = gyeol_tensor::Rng::new(11);
    let mut random = String::new();
    for _ in 0..300 {
        for _ in 0..rng.below(12) + 1 {
            random.push_str(&format!("w{} ", (rng.uniform().powi(3) * 60.0) as u32));
        }
        random.push('\n');
    }
    vec![
        ("sentences", SMALL.to_owned()),
        ("random", random),
        ("one word", "word\n".to_owned()),
        ("one sentence again and again", "a b c\n".repeat(7)),
        ("letters", SMALL.chars().take(700).flat_map(|c| [c, ' ']).collect()),
    ]
}

/// Every state that a text leads to, and some that nothing leads to.
fn states(model: &NgramModel, text: &str) -> Vec<State> {
    let mut seen: HashSet<Vec<u32>> = HashSet::new();
    let mut out = vec![State::EMPTY, model.start()];
    for line in text.lines().chain(["zzz a a", "b c a b c a b c the the boat"]) {
        let mut state = model.start();
        for word in line.split_whitespace() {
            state = model.score(&state, model.text_id(word.as_bytes())).1;
            if seen.insert(state.words().to_vec()) {
                out.push(state);
            }
        }
    }
    out
}

fn proper() -> Vec<Smoothing> {
    vec![
        Smoothing::ModifiedKneserNey,
        Smoothing::KneserNey,
        Smoothing::AbsoluteDiscounting { discount: None },
        Smoothing::AbsoluteDiscounting { discount: Some(0.3) },
        Smoothing::WittenBell,
        Smoothing::Katz { cutoff: 5 },
        Smoothing::Katz { cutoff: 2 },
        Smoothing::JelinekMercer { weights: vec![] },
        Smoothing::Additive { k: 1.0 },
        Smoothing::Additive { k: 0.01 },
    ]
}

fn estimated(
    text: &str,
    order: usize,
    smoothing: &Smoothing,
    prune: Vec<u32>,
    corpus: CorpusOptions,
) -> Estimate {
    let pool = Pool::new(1);
    let mut options = Options { order, prune, corpus, ..Options::default() };
    let counted = count(&mut Source::from_text(text), &options, &pool, &mut |_| true).unwrap();
    options.smoothing = match smoothing {
        Smoothing::JelinekMercer { .. } => {
            let mut validation = Source::from_text("the boat came back a b\nw1 w2 unseen\n");
            Smoothing::JelinekMercer {
                weights: jelinek_mercer::learn(&counted, &mut validation, 30, &pool, &mut |_| true).unwrap(),
            }
        }
        other => other.clone(),
    };
    counted.into_estimate(&options, &pool, &mut |_| true).unwrap()
}

fn assert_sums(model: &NgramModel, text: &str, what: &str) {
    for state in states(model, text) {
        let sum = total_mass(model, &state);
        assert!((sum - 1.0).abs() < 2e-5, "{what}, after {:?}: {sum}", state.words());
        let unknown = model.score(&state, 0).0;
        assert!(unknown.log10.is_finite() && unknown.log10 > -12.0, "{what}: <unk> has {unknown:?}");
    }
}

#[test]
fn every_context_sums_to_one() {
    for (name, text) in texts() {
        for order in 1..=4 {
            for smoothing in proper() {
                let made = estimated(&text, order, &smoothing, vec![], CorpusOptions::default());
                assert_sums(&model(&made.tables), &text, &format!("{name}, order {order}, {smoothing:?}"));
            }
        }
    }
}

#[test]
fn pruned_models_and_limited_vocabularies_sum_to_one() {
    for (name, text) in texts() {
        let corpus =
            CorpusOptions { vocabulary_limit: Some(20), minimum_count: 2, ..CorpusOptions::default() };
        for smoothing in proper() {
            let made = estimated(&text, 3, &smoothing, vec![], corpus.clone());
            assert_sums(&model(&made.tables), &text, &format!("{name}, limited, {smoothing:?}"));
            if matches!(smoothing, Smoothing::Additive { .. }) {
                continue;
            }
            let made = estimated(&text, 3, &smoothing, vec![0, 1, 2], CorpusOptions::default());
            assert_sums(&model(&made.tables), &text, &format!("{name}, cut off, {smoothing:?}"));
        }
    }
}

#[test]
fn entropy_pruning_keeps_sums_and_the_dearest_ngrams() {
    let (_, text) = texts().remove(1);
    let whole = estimated(&text, 3, &Smoothing::ModifiedKneserNey, vec![], CorpusOptions::default()).tables;
    let mut last = whole.counts();
    let perplexity = |tables: &gyeol_ngram::Tables| {
        let mut own = Source::from_text(text.clone());
        gyeol_ngram::perplexity(&model(tables), &mut own, Default::default(), &mut |_| true)
            .unwrap()
            .perplexity
    };
    let full = perplexity(&whole);
    for threshold in [1e-7, 1e-5, 1e-3, 1.0] {
        let mut tables = whole.clone();
        prune_by_entropy(&mut tables, threshold, &mut |_| true).unwrap();
        let counts = tables.counts();
        assert_eq!(counts[0], last[0]);
        assert!(counts[1] <= last[1] && counts[2] <= last[2], "{threshold}: {counts:?}");
        assert_sums(&model(&tables), &text, &format!("pruned by {threshold}"));
        assert!(perplexity(&tables) >= full);
        last = counts;
    }
    assert_eq!(&last[1..], [0, 0]);
    // Much smaller at a small price: the cut that costs least comes first.
    let mut tables = whole.clone();
    prune_by_entropy(&mut tables, 1e-5, &mut |_| true).unwrap();
    assert!(tables.counts()[2] * 3 < whole.counts()[2] * 4 && perplexity(&tables) < 2.0 * full);
}

#[test]
fn nothing_predicts_a_sentence_start() {
    let model = model(&smoothed(SMALL, 3, Smoothing::ModifiedKneserNey).tables);
    for state in states(&model, SMALL) {
        assert!(next_words(&model, &state, 1000).iter().all(|(word, _)| *word != 1));
    }
    assert_eq!(next_words(&model, &model.start(), 1000).len(), model.vocabulary_len() - 1);
}

#[test]
fn other_smoothings_have_the_numbers_of_nltk() {
    let text = String::from_utf8(fixture("nltk.tsv")).unwrap();
    let mut rows = 0;
    for name in
        ["maximum-likelihood", "laplace", "add-k", "stupid-back-off", "witten-bell", "absolute-discounting"]
    {
        let smoothing = match name {
            "absolute-discounting" => Smoothing::AbsoluteDiscounting { discount: Some(0.75) },
            other => other.parse().unwrap(),
        };
        let model = model(&smoothed(SMALL, 3, smoothing).tables);
        for row in text.lines().filter(|row| row.starts_with(&format!("{name}\t"))) {
            let fields: Vec<&str> = row.split('\t').collect();
            let mut state = State::EMPTY;
            for word in fields[1].split(' ') {
                state = if word == "<s>" {
                    model.start()
                } else {
                    model.score(&state, model.id(word.as_bytes())).1
                };
            }
            let wanted: f64 = fields[3].parse().unwrap();
            let found = 10f64.powf(f64::from(model.score(&state, model.id(fields[2].as_bytes())).0.log10));
            assert!((found - wanted).abs() <= 3e-6 * wanted, "{row}: {found}");
            rows += 1;
        }
    }
    assert_eq!(rows, 360);
}

#[test]
fn kneser_ney_counts_different_words_before() {
    // "a b" and "c b": b follows two different words; a and </s> follow 1 (<s>) and 2 (b, d); d follows a: of the 6
    // adjusted counts b has 2. One discount cannot be computed (no word is followed by… see the warning), so 0.5 holds
    // for one, 1 for two: p(b) = (2 - 1)/7 + rest/7 with the six kinds of the sum below.
    let made = smoothed("a b\nc b\na d\n", 2, Smoothing::KneserNey);
    // Left neighbours: a {<s>}, b {a, c}, c {<s>}, d {a}, </s> {b, d}: n1 = 3, n2 = 2, D = 3/(3 + 4).
    let d = 3.0f64 / 7.0;
    assert!((f64::from(made.report.discounts[0][0]) - d).abs() < 1e-7);
    let model = model(&made.tables);
    // 7 adjusted counts; 5 types give up D each, shared among 6 words (a b c d </s> <unk>).
    let lower = 5.0 * d / 7.0 / 6.0;
    let p = |word: &str| 10f64.powf(f64::from(model.score(&State::EMPTY, model.id(word.as_bytes())).0.log10));
    for (word, wanted) in [("b", (2.0 - d) / 7.0 + lower), ("d", (1.0 - d) / 7.0 + lower), ("zzz", lower)] {
        assert!((p(word) - wanted).abs() < 1e-7, "{word}: {} {wanted}", p(word));
    }
}

#[test]
fn quantised_tries_answer_almost_alike() {
    let (_, text) = texts().remove(1);
    let tables = smoothed(&text, 4, Smoothing::ModifiedKneserNey).tables;
    let exact = model(&tables);
    for (bits, close) in [(16, 1e-6f32), (8, 0.15), (5, 0.7)] {
        let compact =
            NgramModel::from_tables(&tables, Layout::Compact { bits }, "{}", &Pool::new(1), &mut |_| true)
                .unwrap();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            for (a, b) in score_words(&exact, &words).iter().zip(score_words(&compact, &words)) {
                assert_eq!((a.word, a.matched), (b.word, b.matched));
                assert!((a.log10 - b.log10).abs() <= close, "{bits}: {a:?} {b:?}");
            }
        }
    }
}
