//! Nets that go on learning, or remembering, while they read.

use gyeol_bundle::{Bundle, DataHash, Limits, Manifest};
use gyeol_lm::{AnyLm, DynamicLm, DynamicParams, NetLm, NeuralCacheLm, NeuralCacheParams};
use gyeol_neural::Cell;
use gyeol_ngram::{Protocol, ScoresWords};
use gyeol_tensor::{Pool, Rng};

use super::{Corpus, corpus, params, trained};

fn net(corpus: &Corpus, pool: &Pool) -> NetLm {
    trained(corpus, &params(Cell::Gru), pool).model
}

/// Lines of one subject for a while, then of another: what came lately comes again.
fn runs(corpus: &Corpus) -> Vec<Vec<u32>> {
    let word = |w: &str| corpus.ngram.id(w.as_bytes());
    let mut rng = Rng::new(9);
    let mut out = Vec::new();
    for i in 0..120 {
        let (subject, verb) = [("wind", "blows"), ("rain", "falls"), ("sun", "shines")][i / 20 % 3];
        let middle = ["very", "quite", "rather"][rng.below(3) as usize];
        out.push(["the", subject, middle, middle, verb].map(word).to_vec());
    }
    out
}

/// log10 of each word of a stream of lines.
fn stream(model: &AnyLm, lines: &[Vec<u32>]) -> Vec<f32> {
    let (scored, _) = model.score_stream(lines, model.start());
    scored.iter().flatten().map(|s| s.log10).collect()
}

fn sum(log10: &[f32]) -> f64 {
    log10.iter().map(|&l| f64::from(l)).sum()
}

/// Asked all at once, word by word, and by the distribution.
fn answers_alike(model: &AnyLm, lines: &[Vec<u32>]) {
    let run = stream(model, lines);
    let (mut state, mut at) = (model.start(), 0);
    let mut all = Vec::new();
    for line in lines {
        for &word in line.iter().chain([&2]) {
            model.distribution(&state, &mut all);
            assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-4, "{}", all.iter().sum::<f64>());
            assert_eq!(all[1], 0.0, "<s> is never predicted");
            let (scored, next) = model.score(&state, word);
            assert!((all[word as usize].log10() - f64::from(scored.log10)).abs() < 1e-4);
            assert!((scored.log10 - run[at]).abs() < 1e-4, "word {at}: {} {}", scored.log10, run[at]);
            (state, at) = (next, at + 1);
        }
        state = model.next_line(state);
    }
    assert_eq!(at, run.len());
}

fn comes_back(model: AnyLm, lines: &[Vec<u32>]) {
    assert_eq!(model.protocol(), Protocol::Stream);
    let data = DataHash { name: "t".into(), sha256: "0".repeat(64), rows: 1 };
    let mut bundle = Bundle::new(Manifest::new("language-model", "one", data));
    bundle.manifest.model = model.pack(&mut bundle, "").unwrap();
    let read = Bundle::from_bytes(&bundle.to_bytes().unwrap(), &Limits::default()).unwrap();
    let again = AnyLm::unpack(&read, &read.manifest.model, "").unwrap();
    assert_eq!(stream(&again, lines), stream(&model, lines));
    assert_eq!(again.net_parameters(), model.net_parameters());
    for key in ["size", "theta", "share", "rate", "pull", "window"] {
        let mut broken = read.manifest.model.clone();
        if broken.get(key).is_some() {
            broken[key] = serde_json::json!(-1);
            assert!(AnyLm::unpack(&read, &broken, "").is_err(), "{key}");
        }
    }
}

#[test]
fn a_cache_of_states_says_again_what_came_lately() {
    let pool = Pool::new(2);
    let corpus = corpus(&pool);
    let lines = runs(&corpus);
    let tuned = NeuralCacheLm::tuned(
        &net(&corpus, &pool),
        &lines[..60],
        &[40, 200],
        &[0.0, 0.3, 1.0, 3.0],
        &mut |_| true,
    )
    .unwrap();
    assert!(tuned.share > 0.2, "{tuned:?}");
    let alone = AnyLm::from(net(&corpus, &pool));
    let cached = AnyLm::from(NeuralCacheLm::new(net(&corpus, &pool), tuned).unwrap());
    let (a, c) = (sum(&stream(&alone, &lines[60..])), sum(&stream(&cached, &lines[60..])));
    assert!(c > 0.97 * a, "{c} of {a}");
    answers_alike(&cached, &lines[..14]);
    comes_back(cached, &lines[..20]);

    // θ = 0: the share of a word among the last N, whatever the states.
    let (size, share) = (7, 0.3);
    let plain =
        NeuralCacheLm::new(net(&corpus, &pool), NeuralCacheParams { size, theta: 0.0, share }).unwrap();
    let found = stream(&plain.into(), &lines[..30]);
    let words: Vec<u32> = lines[..30].iter().flat_map(|l| l.iter().copied().chain([2])).collect();
    for (at, (found, alone)) in found.iter().zip(stream(&alone, &lines[..30])).enumerate() {
        let last = &words[at.saturating_sub(size)..at];
        let count = last.iter().filter(|&&w| w == words[at]).count() as f64;
        let p = 10f64.powf(f64::from(alone));
        let want = if last.is_empty() { p } else { (1.0 - share) * p + share * count / last.len() as f64 };
        assert!((10f64.powf(f64::from(*found)) - want).abs() < 1e-5, "word {at}: {found} {want}");
    }
    for (size, theta, share) in [(0, 0.1, 0.1), (10, -1.0, 0.1), (10, 0.1, 1.0), (10, f64::NAN, 0.1)] {
        let params = NeuralCacheParams { size, theta, share };
        assert_eq!(NeuralCacheLm::new(net(&corpus, &pool), params).unwrap_err().code(), "cache-size");
    }
}

#[test]
fn a_net_that_learns_while_it_reads_learns_and_one_without_a_rate_does_not() {
    let pool = Pool::new(2);
    let corpus = corpus(&pool);
    let lines = runs(&corpus);
    let of = |rate, pull, window| {
        AnyLm::from(DynamicLm::new(net(&corpus, &pool), DynamicParams { rate, pull, window }).unwrap())
    };
    let alone = stream(&net(&corpus, &pool).into(), &lines);
    let still = stream(&of(0.0, 0.0, 8), &lines);
    assert!(alone.iter().zip(&still).all(|(a, b)| (a - b).abs() < 1e-4));
    let learns = of(0.3, 0.001, 8);
    let found = stream(&learns, &lines);
    // The first window is read before anything is learnt.
    assert!(alone[..8].iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-5));
    assert!(sum(&found) > 0.97 * sum(&alone), "{} of {}", sum(&found), sum(&alone));
    answers_alike(&learns, &lines[..10]);
    // Two readers do not meet.
    assert_eq!(stream(&learns, &lines), found);
    assert!(learns.learns_while_it_reads());
    comes_back(learns, &lines[..10]);
    for (rate, pull, window) in [(-1.0, 0.0, 8), (0.1, 1.0, 8), (0.1, 0.0, 0), (f64::NAN, 0.0, 8)] {
        let params = DynamicParams { rate, pull, window };
        assert_eq!(DynamicLm::new(net(&corpus, &pool), params).unwrap_err().code(), "dynamic");
    }
    let window = trained(&corpus, &params(gyeol_lm::Kind::Window(3)), &pool).model;
    let params = DynamicParams { rate: 0.1, pull: 0.0, window: 8 };
    assert_eq!(DynamicLm::new(window, params).unwrap_err().code(), "no-state");
}
