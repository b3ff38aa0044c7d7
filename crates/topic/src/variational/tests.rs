use serde_json::Value;

use super::*;
use crate::real_files::real_file;

/// The beginnings and the matrix of `tests/fixtures/variational.py`.
fn made_gamma(_: u64, document: u64, gamma: &mut [f64]) {
    for (value, topic) in gamma.iter_mut().zip(0..) {
        *value = 0.7 + ((document * 31 + topic * 17) % 23) as f64 / 40.0;
    }
}

fn made_model(params: VbParams, words: usize) -> Vb {
    let values = (0..params.topics)
        .flat_map(|k| (0..words).map(move |w| 0.6 + ((k * 29 + w * 13) % 31) as f64 / 35.0))
        .collect();
    let components = Dense::new(params.topics, words, values).unwrap();
    Vb { start: made_gamma, ..Vb::with_components(params, &components).unwrap() }
}

fn made(n: usize, m: usize) -> Csr {
    let places = (0..n).flat_map(|i| (0..m).map(move |j| (i, j)));
    let kept = places.filter(|(i, j)| i % 13 != 5 && (i * i * 7 + j * 13 + i * j) % 11 < 3);
    Csr::from_triplets(n, m, kept.map(|(i, j)| (i as u32, j as u32, (1 + (i + j) % 4) as f64))).unwrap()
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/variational.json")).unwrap()
}

fn params(options: &Value) -> VbParams {
    let number = |key: &str| options.get(key).and_then(Value::as_f64);
    let whole = |key: &str| options.get(key).and_then(Value::as_u64).map(|n| n as usize);
    let of = VbParams::new(whole("n_components").unwrap());
    let learning = match options.get("learning_method") {
        None => Learning::Batch,
        Some(_) => Learning::Online {
            decay: number("learning_decay").unwrap_or(0.7),
            offset: number("learning_offset").unwrap_or(10.0),
            batch: whole("batch_size").unwrap_or(128),
        },
    };
    VbParams {
        document_prior: number("doc_topic_prior"),
        word_prior: number("topic_word_prior"),
        learning,
        epochs: whole("max_iter").unwrap_or(of.epochs),
        rounds: whole("max_doc_update_iter").unwrap_or(of.rounds),
        least_change: number("mean_change_tol").unwrap_or(of.least_change),
        evaluate_every: whole("evaluate_every").unwrap_or(0),
        perplexity_change: number("perp_tol").unwrap_or(of.perplexity_change),
        total_documents: number("total_samples").unwrap_or(of.total_documents),
        ..of
    }
}

fn check(vb: &Vb, counts: &Csr, case: &Value, pool: &Pool) {
    // Its digamma function is right to 2.5e-9, and the search for γ makes more of that; with SciPy's in its place the
    // two agree to what the order of the sums leaves.
    for (key, bound) in [("stock", 1e-6), ("exact", 1e-10)] {
        let near = |found: f64, want: f64, what: &str| {
            assert!((found - want).abs() <= bound * want.abs(), "{key}, {what}: {found} {want}");
        };
        let case = &case[key];
        for (what, found) in
            [("components", vb.components()), ("transform", vb.transform(counts, pool).unwrap())]
        {
            let Some(want) = case.get(what) else { continue };
            let want: Vec<Vec<f64>> = serde_json::from_value(want.clone()).unwrap();
            assert_eq!((want.len(), want[0].len()), (found.rows(), found.cols()));
            found.data().iter().zip(want.concat()).for_each(|(&a, b)| near(a, b, what));
        }
        near(vb.score(counts, pool).unwrap(), case["score"].as_f64().unwrap(), "score");
        near(vb.perplexity(counts, pool).unwrap(), case["perplexity"].as_f64().unwrap(), "perplexity");
    }
}

#[test]
fn topics_shares_and_bounds_are_scikit_learns() {
    let pool = Pool::new(2);
    let counts = made(90, 37);
    for case in fixture()["cases"].as_array().unwrap() {
        let mut vb = made_model(params(&case["options"]), 37);
        vb.fit(&counts, &pool, |_| true).unwrap();
        assert_eq!(vb.batches, case["batches"].as_u64().unwrap(), "{}", case["options"]);
        check(&vb, &counts, case, &pool);
    }
}

#[test]
fn a_corpus_in_blocks_gives_what_one_matrix_gives() {
    let pool = Pool::new(1);
    let counts = made(90, 37);
    let case = &fixture()["partial"];
    let begin = made_model(params(&case["options"]), 37);
    let learned = |ends: &[usize]| {
        let (mut vb, mut from) = (begin.clone(), 0);
        for &to in ends {
            vb.partial_fit(&counts.select(from..to), &pool, |_| true).unwrap();
            from = to;
        }
        vb
    };
    let all = learned(&[90]);
    assert_eq!(learned(&[40, 90]).lambda, all.lambda);
    assert_eq!(learned(&[10, 70, 90]).lambda, all.lambda);
    check(&all, &counts, case, &pool);
    // `fit` is one pass with its own number of documents.
    let mut fitted = begin.clone();
    fitted.params.epochs = 1;
    let mut part = fitted.clone();
    part.params.total_documents = 90.0;
    fitted.fit(&counts, &pool, |_| true).unwrap();
    part.partial_fit(&counts, &pool, |_| true).unwrap();
    assert_eq!(fitted.lambda, part.lambda);
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn associated_press_has_the_topics_of_scikit_learn() {
    let file = std::fs::File::open(real_file("associated_press/ap.dat.gz")).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    let counts = text.lines().zip(0..).flat_map(|(line, i)| {
        let pairs = line.split_whitespace().skip(1).map(|pair| pair.split_once(':').unwrap());
        pairs.map(move |(word, count)| (i, word.parse().unwrap(), count.parse().unwrap()))
    });
    let counts = Csr::from_triplets(2246, 10473, counts).unwrap();
    let pool = Pool::new(2);
    for case in fixture()["ap"].as_array().unwrap() {
        let mut vb = made_model(params(&case["options"]), 10473);
        vb.fit(&counts, &pool, |_| true).unwrap();
        let number = |key: &str| case[key].as_f64().unwrap();
        let list = |key: &str| serde_json::from_value::<Vec<f64>>(case[key].clone()).unwrap();
        let at = |dense: &Dense, rows: usize, columns: usize| {
            let place = |i: usize, j: usize| dense.row(i)[j] * ((i * rows + j * columns) % 1009) as f64;
            (0..dense.rows()).map(|i| (0..dense.cols()).map(|j| place(i, j)).sum::<f64>()).sum::<f64>()
        };
        let close = |found: f64, want: f64, what: &str| {
            assert!((found - want).abs() <= 1e-6 * want.abs(), "{what}: {found} {want}");
        };
        let (components, shares) = (vb.components(), vb.transform(&counts, &pool).unwrap());
        close(components.data().iter().sum(), number("sum"), "sum");
        close(at(&components, 31, 17), number("places"), "places");
        list("first").iter().enumerate().for_each(|(k, &want)| close(components.row(k)[0], want, "first"));
        close(at(&shares, 31, 17), number("shares"), "shares");
        list("tenth").iter().zip(shares.row(9)).for_each(|(&want, &found)| close(found, want, "tenth"));
        close(vb.score(&counts, &pool).unwrap(), number("score"), "score");
        close(vb.perplexity(&counts, &pool).unwrap(), number("perplexity"), "perplexity");
    }
}

#[test]
fn threads_change_no_bit_and_seeds_do() {
    // More than a block of documents and more than a task of words.
    let counts = made(BLOCK + 300, 61);
    for learning in [Learning::Batch, Learning::online()] {
        let of = VbParams { learning, epochs: 2, rounds: 8, seed: 4, ..VbParams::new(19) };
        let learned = |seed: u64, threads: usize| {
            let pool = Pool::new(threads);
            let mut vb = Vb::new(VbParams { seed, ..of }, 61).unwrap();
            vb.fit(&counts, &pool, |_| true).unwrap();
            let score = vb.score(&counts, &pool).unwrap();
            (vb.lambda, score.to_bits())
        };
        let one = learned(4, 1);
        assert!(learned(4, 2) == one && learned(4, 3) == one);
        assert!(learned(5, 1) != one);
    }
}

#[test]
fn beginnings_have_the_moments_of_their_distribution() {
    let mut values = vec![0.0; 200_000];
    draw(&mut Rng::new(2), &mut values);
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    // Gamma(100, 1/100): mean 1, variance 1/100, third standardized moment 1/5.
    let third = values.iter().map(|v| ((v - mean) / variance.sqrt()).powi(3)).sum::<f64>() / n;
    assert!((mean - 1.0).abs() < 0.0012 && (variance - 0.01).abs() < 2e-4 && (third - 0.2).abs() < 0.03);
}

#[test]
fn the_bound_rises_with_whole_passes_and_a_fit_can_be_ended() {
    let (counts, pool) = (made(200, 50), Pool::new(1));
    let mut vb =
        Vb::new(VbParams { epochs: 1, least_change: 1e-9, rounds: 2000, ..VbParams::new(6) }, 50).unwrap();
    let first = vb.score(&counts, &pool).unwrap();
    let mut last = first;
    for _ in 0..8 {
        vb.fit(&counts, &pool, |p| p.documents == p.of).unwrap();
        let bound = vb.score(&counts, &pool).unwrap();
        // At the end it stands still, up to the rounding of its sum.
        assert!(bound > last - 1e-12 * last.abs(), "{bound} {last}");
        last = bound;
    }
    assert!(last > first + 100.0, "{first} {last}");
    let many = made(BLOCK + 10, 50);
    let before = vb.clone();
    vb.fit(&many, &pool, |_| false).unwrap();
    assert_eq!(vb.lambda, before.lambda); // a pass that is not whole has no topics
    let mut seen = Vec::new();
    let mut online = Vb::new(VbParams { learning: Learning::online(), ..VbParams::new(6) }, 50).unwrap();
    online
        .fit(&counts, &pool, |p| {
            seen.push((p.epoch, p.documents));
            seen.len() < 3
        })
        .unwrap();
    assert_eq!(seen, [(1, 128), (1, 200), (2, 128)]);
}

#[test]
fn documents_without_words_have_even_shares_and_few_documents_are_enough() {
    let pool = Pool::new(1);
    let counts = Csr::from_triplets(2, 3, [(1, 0, 2.0), (1, 2, 1.0)]).unwrap();
    let mut vb = Vb::new(VbParams::new(7), 3).unwrap();
    vb.fit(&counts, &pool, |_| true).unwrap();
    let shares = vb.transform(&counts, &pool).unwrap();
    assert!(shares.row(0).iter().all(|s| (s - 1.0 / 7.0).abs() < 1e-12));
    assert!(shares.row(1).iter().all(|s| s.is_finite()));
    assert_eq!(vb.transform(&Csr::from_triplets(0, 3, []).unwrap(), &pool).unwrap().rows(), 0);
    assert_eq!(vb.top_words(0, 9).len(), 3);
    let empty = Csr::from_triplets(2, 3, []).unwrap();
    assert!(vb.score(&empty, &pool).unwrap().is_finite());
    assert_eq!(vb.perplexity(&empty, &pool).unwrap_err().code(), "no-words");
}

#[test]
fn what_cannot_be_fitted_is_said() {
    let ok = VbParams::new(3);
    let code = |p: VbParams, words: usize| Vb::new(p, words).unwrap_err().code();
    assert_eq!(code(VbParams { topics: 0, ..ok }, 5), "bad-topics");
    assert_eq!(
        code(VbParams { topics: usize::MAX, document_prior: Some(0.1), word_prior: Some(0.1), ..ok }, 5),
        "model-size"
    );
    assert_eq!(code(ok, 1 << 40), "model-size");
    assert_eq!(code(ok, 0), "bad-words");
    assert_eq!(code(VbParams { word_prior: Some(1e-5), ..ok }, 5), "bad-words");
    for prior in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-4] {
        assert_eq!(code(VbParams { document_prior: Some(prior), ..ok }, 5), "bad-prior");
    }
    let online =
        |decay, offset, batch| VbParams { learning: Learning::Online { decay, offset, batch }, ..ok };
    for decay in [0.5, 1.01, f64::NAN] {
        assert_eq!(code(online(decay, 10.0, 8), 5), "bad-decay");
    }
    assert_eq!(code(online(0.7, 0.5, 8), 5), "bad-offset");
    assert_eq!(code(online(0.7, 10.0, 0), 5), "bad-batch");
    assert_eq!(code(VbParams { least_change: f64::NAN, ..ok }, 5), "bad-tolerance");
    assert_eq!(code(VbParams { total_documents: 0.0, ..ok }, 5), "bad-total");

    let pool = Pool::new(1);
    let mut vb = Vb::new(ok, 3).unwrap();
    let mut fit = |counts: &Csr| vb.fit(counts, &pool, |_| true).unwrap_err().code();
    let of = |cols: usize, value: f64| Csr::from_triplets(1, cols, [(0, 1, value)]).unwrap();
    assert_eq!(fit(&of(4, 1.0)), "other-columns");
    assert_eq!(fit(&of(3, -1.0)), "negative");
    assert_eq!(fit(&of(3, 1e300)), "count-size");
    assert_eq!(fit(&Csr::from_triplets(0, 3, []).unwrap()), "no-documents");
    assert_eq!(vb.partial_fit(&of(3, 1.0), &pool, |_| true).unwrap_err().code(), "not-online");
    let rows = |rows: usize, value: f64| Dense::new(rows, 1, vec![value; rows]).unwrap();
    assert_eq!(Vb::with_components(ok, &rows(2, 1.0)).unwrap_err().code(), "other-rows");
    assert_eq!(Vb::with_components(ok, &rows(3, 0.0)).unwrap_err().code(), "not-positive");
}
