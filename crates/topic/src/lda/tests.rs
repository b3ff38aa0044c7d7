use gyeol_bundle::{Bundle, Manifest};
use gyeol_tensor::{Pool, Rng};
use libm::lgamma;

use super::*;
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::vectorize::{Vectorizer, VectorizerParams, sklearn_tokens};

fn params(k: usize, seed: u64) -> LdaParams {
    LdaParams { learn_every: 0, seed, ..LdaParams::new(k) }
}

/// Documents drawn from topics that hardly share a word: word w belongs to topic w mod `k`.
fn drawn(docs: u32, length: usize, k: usize, words: usize, seed: u64) -> (Csr, Vec<Vec<f64>>) {
    let mut rng = Rng::new(seed);
    let topics: Vec<Vec<f64>> = (0..k)
        .map(|t| {
            let weights: Vec<f64> =
                (0..words).map(|w| if w % k == t { 1.0 + (w / k) as f64 } else { 0.02 }).collect();
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|w| w / sum).collect()
        })
        .collect();
    let mut place = |weights: &[f64]| {
        let mut u = rng.uniform() * weights.iter().sum::<f64>();
        weights
            .iter()
            .position(|w| {
                u -= w;
                u < 0.0
            })
            .unwrap_or(weights.len() - 1)
    };
    let mut triplets = Vec::new();
    for doc in 0..docs {
        let mut mix = vec![0.02; k];
        (0..3).for_each(|_| mix[place(&vec![1.0; k])] += 1.0);
        for _ in 0..length {
            let topic = place(&mix);
            triplets.push((doc, place(&topics[topic]) as u32, 1.0));
        }
    }
    (Csr::from_triplets(docs as usize, words, triplets).unwrap(), topics)
}

/// A vectorizer with as many terms as a matrix has columns.
fn terms(words: usize) -> Vectorizer {
    let text: Vec<String> = (0..words).map(|w| format!("w{w:05}")).collect();
    VectorizerParams::count().check().unwrap().fit_texts(&[text.join(" ")], sklearn_tokens()).unwrap().0
}

fn swept(matrix: &Csr, params: LdaParams, sweeps: usize, pool: &Pool) -> Gibbs {
    let mut gibbs = Gibbs::new(matrix, &params.check().unwrap()).unwrap();
    (0..sweeps).for_each(|_| gibbs.sweep(pool));
    gibbs
}

/// The product of what each token has to be, given those before it, is the likelihood of all (the chain rule).
#[test]
fn the_likelihood_is_the_product_of_its_conditionals() {
    let (matrix, _) = drawn(12, 30, 3, 15, 4);
    let alpha = vec![0.3, 0.1, 0.7];
    let params = LdaParams { alpha: Some(alpha.clone()), beta: 0.05, ..params(3, 1) };
    let pool = Pool::new(1);
    let gibbs = swept(&matrix, params, 5, &pool);
    let (mut of_doc, mut of_word) = (vec![[0.0; 3]; 12], vec![[0.0; 3]; 15]);
    let mut of_topic = [0.0; 3];
    let mut sum = 0.0;
    for doc in 0..12 {
        for (topic, &n) in gibbs.document(doc).iter().enumerate() {
            for _ in 0..n {
                let seen: f64 = of_doc[doc].iter().sum();
                sum += ((of_doc[doc][topic] + alpha[topic]) / (seen + 1.1f64)).ln();
                of_doc[doc][topic] += 1.0;
            }
        }
    }
    for word in 0..15 {
        for (topic, n) in gibbs.word(word) {
            for _ in 0..n {
                sum += ((of_word[word][topic] + 0.05) / (of_topic[topic] + 15.0 * 0.05f64)).ln();
                of_word[word][topic] += 1.0;
                of_topic[topic] += 1.0;
            }
        }
    }
    let found = gibbs.log_likelihood(&pool);
    assert!((found - sum).abs() < 1e-9 * sum.abs(), "{found} for {sum}");
}

/// Large counts leave the table of the histogram.
#[test]
fn the_likelihood_of_one_topic_is_algebra() {
    let matrix = Csr::from_triplets(2, 3, [(0, 0, 700.0), (0, 1, 2.0), (1, 2, 5.0)]).unwrap();
    let pool = Pool::new(1);
    let gibbs = swept(&matrix, LdaParams { beta: 0.2, ..params(1, 1) }, 1, &pool);
    // One topic: documents say nothing, words are one Dirichlet-multinomial.
    let word = |n: f64| lgamma(n + 0.2) - lgamma(0.2);
    let direct = word(700.0) + word(2.0) + word(5.0) + lgamma(0.6) - lgamma(707.6);
    assert!((gibbs.log_likelihood(&pool) - direct).abs() < 1e-9 * direct.abs());
}

/// Every state of a corpus of five tokens, its probability by the likelihood, and how often the sampler is there.
#[test]
fn the_sampler_visits_states_as_often_as_they_are_probable() {
    let matrix = Csr::from_triplets(2, 3, [(0, 0, 1.0), (0, 1, 2.0), (1, 1, 1.0), (1, 2, 1.0)]).unwrap();
    let params = LdaParams { alpha: Some(vec![0.4, 0.9]), beta: 0.3, ..params(2, 9) }.check().unwrap();
    let pool = Pool::new(1);
    let mut probability = Vec::new();
    let mut state = Gibbs::new(&matrix, &params).unwrap();
    for bits in 0..32u16 {
        let topics: Vec<u16> = (0..5).map(|t| bits >> t & 1).collect();
        state.restore(&topics, &[0.4, 0.9], 0.3, 0).unwrap();
        probability.push(state.log_likelihood(&pool).exp());
    }
    let total: f64 = probability.iter().sum();
    let mut gibbs = Gibbs::new(&matrix, &params).unwrap();
    let sweeps = 400_000;
    let mut found = [0u32; 32];
    for _ in 0..sweeps {
        gibbs.sweep(&pool);
        let bits = gibbs.topics().iter().enumerate().fold(0, |bits, (t, z)| bits | (z << t));
        found[usize::from(bits)] += 1;
    }
    for (bits, p) in probability.iter().enumerate() {
        let (p, share) = (p / total, f64::from(found[bits]) / f64::from(sweeps));
        // Sweeps hang together: six times the error of independent draws.
        let error = (p / f64::from(sweeps)).sqrt();
        assert!((share - p).abs() < 6.0 * error, "state {bits:05b}: {share} for {p}");
    }
}

#[test]
fn known_topics_are_found_again() {
    let (matrix, topics) = drawn(1_500, 60, 6, 120, 2);
    let params = LdaParams { iterations: 150, ..params(6, 3) }.check().unwrap();
    let mut fit = Fit::new(Gibbs::new(&matrix, &params).unwrap(), 50);
    assert!(fit.gibbs().groups() > 1, "the corpus is large enough for blocks");
    assert!(fit.run(&Pool::new(2), |_, _| true));
    let model = fit.model(terms(120)).unwrap();
    for known in &topics {
        let cosine = |t: usize| {
            let found = model.words(t);
            let dot: f64 = known.iter().zip(found).map(|(a, b)| a * f64::from(*b)).sum();
            let of = |sum: f64| sum.sqrt();
            dot / of(known.iter().map(|a| a * a).sum()) / of(found.iter().map(|b| f64::from(b * b)).sum())
        };
        let best = (0..6).map(cosine).fold(0.0, f64::max);
        assert!(best > 0.99, "{best}");
    }
    let curve = fit.curve();
    assert_eq!(curve.iter().map(|(s, _)| *s).collect::<Vec<_>>(), [50, 100, 150]);
}

#[test]
fn any_number_of_threads_draws_the_same_topics() {
    // With 150 topics rare words are lists.
    for k in [5, 150] {
        threads(k);
    }
}

fn threads(k: usize) {
    let (matrix, _) = drawn(900, 40, 5, 900, 6);
    let learning = LdaParams { learn_every: 3, burn_in: 2, learn_beta: true, ..params(k, 7) };
    let one = swept(&matrix, learning.clone(), 10, &Pool::new(1));
    assert!(one.groups() > 2);
    for threads in [2, 3, 7] {
        let pool = Pool::new(threads);
        let other = swept(&matrix, learning.clone(), 10, &pool);
        assert_eq!(one.topics(), other.topics(), "{threads} threads");
        assert_eq!((one.alpha(), one.beta()), (other.alpha(), other.beta()));
        assert_eq!(one.log_likelihood(&Pool::new(1)).to_bits(), other.log_likelihood(&pool).to_bits());
    }
    assert_ne!(one.topics(), swept(&matrix, LdaParams { seed: 8, ..learning }, 10, &Pool::new(1)).topics());
}

#[test]
fn counts_are_those_of_the_topics_and_the_matrix() {
    let (matrix, _) = drawn(900, 40, 5, 90, 6);
    let gibbs = swept(&matrix, params(5, 1), 4, &Pool::new(2));
    let by_doc: Vec<i32> = (0..900).map(|d| gibbs.document(d).iter().sum()).collect();
    assert!(by_doc.iter().all(|&n| n == 40));
    let transposed = matrix.transpose();
    for word in 0..90 {
        let n: f64 = transposed.row(word).map(|(_, n)| n).sum();
        assert_eq!(f64::from(gibbs.word(word).map(|(_, n)| n).sum::<i32>()), n);
    }
    let mut of_topics = vec![0; 5];
    gibbs.topics().iter().for_each(|&t| of_topics[usize::from(t)] += 1);
    assert_eq!(of_topics, gibbs.topic_tokens());
}

#[test]
fn a_stopped_fit_goes_on_as_if_it_had_not_been() {
    for (k, words) in [(4, 60), (200, 900)] {
        stopped(k, words);
    }
}

fn stopped(k: usize, words: usize) {
    let (matrix, _) = drawn(600, 30, 4, words, 5);
    let options = LdaParams { iterations: 30, samples: 3, learn_every: 4, burn_in: 3, ..params(k, 2) };
    let valid = options.check().unwrap();
    let data = |rows| gyeol_bundle::DataHash { name: "made".into(), sha256: "0".repeat(64), rows };
    let pool = Pool::new(2);
    let mut whole = Fit::new(Gibbs::new(&matrix, &valid).unwrap(), 7);
    assert!(whole.run(&pool, |_, _| true));
    let whole = whole.model(terms(words)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    for stop in [5, 19, 20, 23, 29] {
        let mut fit = Fit::new(Gibbs::new(&matrix, &valid).unwrap(), 7);
        assert!(!fit.run(&pool, |_, s| s.sweep < stop));
        fit.write_state(&path, data(600)).unwrap();
        let mut fit = Fit::read_state(&path, &matrix, &valid, 7, &data(600)).unwrap();
        assert!(fit.run(&pool, |_, _| true));
        let model = fit.model(terms(words)).unwrap();
        assert_eq!((&model.words, &model.documents), (&whole.words, &whole.documents), "stopped at {stop}");
        assert_eq!(model.facts(), whole.facts());
    }
    let other = Fit::read_state(&path, &matrix, &valid, 7, &data(601)).unwrap_err();
    assert_eq!(other.code(), "broken-state");
    let more = LdaParams { seed: 3, ..valid.params().clone() }.check().unwrap();
    assert_eq!(Fit::read_state(&path, &matrix, &more, 7, &data(600)).unwrap_err().code(), "broken-state");
}

/// At the learned priors the likelihood does not rise in any direction.
#[test]
fn learned_priors_are_a_maximum_of_the_likelihood() {
    let (matrix, _) = drawn(400, 50, 3, 40, 8);
    let pool = Pool::new(1);
    let gibbs = swept(&matrix, params(3, 1), 30, &pool);
    let h = gibbs.histograms(&pool);
    let (mut alpha, mut beta) = (vec![0.1; 3], 0.01);
    for _ in 0..60 {
        alpha = prior::alpha(&alpha, &h);
        beta = prior::beta(beta, 40, &h);
    }
    let at = |alpha: &[f64], beta: f64| likelihood::log_likelihood(&h, alpha, beta, 40);
    let best = at(&alpha, beta);
    for factor in [0.99, 1.01] {
        for topic in 0..3 {
            let mut other = alpha.clone();
            other[topic] *= factor;
            assert!(at(&other, beta) < best);
        }
        assert!(at(&alpha, beta * factor) < best);
    }
}

#[test]
fn completion_of_one_topic_is_the_mean_of_its_words() {
    let folder = Folder::new(&[0.5, 0.3, 0.2], &[0.7]);
    let matrix = Csr::from_triplets(3, 3, [(0, 1, 4.0), (1, 2, 1.0), (2, 0, 1.0), (2, 2, 1.0)]).unwrap();
    let found = folder.completion(&matrix, 1, &Pool::new(2));
    // The document of four equal words gives two, that of two words one; the single word cannot be halved.
    assert_eq!((found.documents, found.tokens), (2, 3));
    let last = found.each[2].0;
    assert!((last - 0.5f64.ln()).abs() < 1e-6 || (last - 0.2f64.ln()).abs() < 1e-6);
    assert!((found.log_probability - (2.0 * 0.3f64.ln() + last) / 3.0).abs() < 1e-6);
    assert_eq!(found.each[1], (0.0, 0));
}

#[test]
fn the_topics_of_a_document_are_those_of_its_words() {
    let folder = Folder::new(&[0.499, 0.499, 0.001, 0.001, 0.001, 0.001, 0.499, 0.499], &[0.1, 0.1]);
    let mix = folder.mix([(0, 3.0), (1, 2.0), (3, 5.0)].into_iter());
    assert!((mix[0] - 0.5).abs() < 1e-3, "{mix:?}");
    assert_eq!(folder.mix(std::iter::empty()), [0.5, 0.5]);
    // A single word of one topic: nothing but α speaks for the other.
    let mix = folder.mix([(0, 1.0)].into_iter());
    assert!((mix[0] - 1.1 / 1.2).abs() < 2e-3, "{mix:?}");
}

#[test]
fn a_model_file_is_read_as_it_was_written_and_altered_ones_are_refused() {
    let (matrix, _) = drawn(50, 20, 3, 30, 3);
    let valid = LdaParams { iterations: 5, ..params(3, 1) }.check().unwrap();
    let mut fit = Fit::new(Gibbs::new(&matrix, &valid).unwrap(), 2);
    fit.run(&Pool::new(1), |_, _| true);
    let model = fit.model(terms(30)).unwrap();
    let data = gyeol_bundle::DataHash { name: "made".into(), sha256: "0".repeat(64), rows: 50 };
    let bundle = Bundle::of(&model, Manifest::new("", "", data)).unwrap();
    let again: Lda = bundle.clone().open_as().unwrap();
    assert_eq!((&again.words, &again.documents), (&model.words, &model.documents));
    assert_eq!((again.facts(), again.alpha()), (model.facts(), model.alpha()));
    let refused = |change: &dyn Fn(&mut Bundle)| {
        let mut other = bundle.clone();
        change(&mut other);
        let code = other.open_as::<Lda>().unwrap_err().code();
        assert!(code == "bad-manifest" || code == "wrong-kind", "{code}");
    };
    let words = |numbers| gyeol_bundle::Tensor::f32([3, 30], numbers).unwrap();
    refused(&|b| drop(b.tensors.remove("alpha")));
    refused(&|b| drop(b.tensors.insert("words".into(), words(vec![0.5; 90]))));
    refused(&|b| drop(b.tensors.insert("words".into(), words(vec![f32::NAN; 90]))));
    refused(&|b| b.manifest.rung = "lsa".into());
    refused(&|b| b.manifest.model["beta"] = (-1.0).into());
    refused(&|b| b.manifest.model["facts"]["documents"] = 51.into());
}

#[test]
fn a_document_is_drawn_by_the_model() {
    let (matrix, _) = drawn(300, 40, 3, 30, 3);
    let valid = LdaParams { iterations: 60, ..params(3, 1) }.check().unwrap();
    let mut fit = Fit::new(Gibbs::new(&matrix, &valid).unwrap(), 60);
    fit.run(&Pool::new(1), |_, _| true);
    let model = fit.model(terms(30)).unwrap();
    let drawn = model.generate(200_000, 5);
    assert_eq!(drawn, model.generate(200_000, 5));
    assert!((drawn.mix.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let mut found = vec![0.0; 30];
    for (topic, word) in &drawn.words {
        assert!(*topic < 3);
        found[model.vectorizer().column(word).unwrap() as usize] += 1.0 / 200_000.0;
    }
    for (word, share) in found.iter().enumerate() {
        let p: f64 = (0..3).map(|t| drawn.mix[t] * f64::from(model.words(t)[word])).sum();
        assert!((share - p).abs() < 6.0 * (p / 200_000.0).sqrt() + 1e-5, "{share} for {p}");
    }
    // Shares over many documents follow α: the mean of the Dirichlet.
    let total: f64 = model.alpha().iter().sum();
    let mean = (0..4_000).map(|seed| model.generate(0, seed).mix[0]).sum::<f64>() / 4_000.0;
    assert!((mean - model.alpha()[0] / total).abs() < 0.03);
}

#[test]
fn odd_corpora_have_results() {
    let pool = Pool::new(2);
    let counts = |rows, cols, triplets: &[(u32, u32, f64)]| {
        Csr::from_triplets(rows, cols, triplets.iter().copied()).unwrap()
    };
    // Empty documents among others, documents that are all the same, a vocabulary of one, more topics than words and
    // documents.
    let some = counts(4, 3, &[(1, 0, 2.0), (1, 2, 1.0), (3, 1, 4.0)]);
    let same = counts(5, 2, &(0..5).flat_map(|d| [(d, 0, 1.0), (d, 1, 2.0)]).collect::<Vec<_>>());
    let one = counts(2, 1, &[(0, 0, 3.0), (1, 0, 1.0)]);
    for matrix in [some, same, one] {
        for k in [1, 7, 200] {
            let valid = LdaParams { iterations: 12, burn_in: 1, learn_beta: true, ..LdaParams::new(k) };
            let mut fit = Fit::new(Gibbs::new(&matrix, &valid.check().unwrap()).unwrap(), 5);
            assert!(fit.run(&pool, |_, s| s.log_likelihood.is_none_or(f64::is_finite)));
            let model = fit.model(terms(matrix.cols())).unwrap();
            assert!(model.alpha().iter().all(|a| a.is_finite()));
            assert_eq!(model.topic(k - 1, 10).len(), matrix.cols().min(10));
        }
    }
    let empty = counts(4, 3, &[(1, 0, 2.0), (1, 2, 1.0), (3, 1, 4.0)]);
    let valid = LdaParams { iterations: 3, ..LdaParams::new(2) }.check().unwrap();
    let mut fit = Fit::new(Gibbs::new(&empty, &valid).unwrap(), 5);
    fit.run(&pool, |_, _| true);
    // An empty document has the topics of the prior.
    assert_eq!(fit.model(terms(3)).unwrap().document(0), [0.5, 0.5]);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let code = |params: LdaParams| params.check().unwrap_err().code();
    let new = LdaParams::new;
    assert_eq!(code(new(0)), "topics");
    assert_eq!(code(new(32_769)), "topics");
    assert_eq!(code(LdaParams { alpha: Some(vec![0.1, 0.2]), ..new(3) }), "alpha");
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-30] {
        assert_eq!(code(LdaParams { alpha: Some(vec![bad]), ..new(3) }), "alpha");
        assert_eq!(code(LdaParams { beta: bad, ..new(3) }), "beta");
    }
    assert_eq!(code(LdaParams { samples: 0, ..new(3) }), "samples");
    let valid = new(3).check().unwrap();
    let made = |triplets: &[(u32, u32, f64)]| {
        let matrix = Csr::from_triplets(2, 3, triplets.iter().copied()).unwrap();
        Gibbs::new(&matrix, &valid).map(|_| ()).unwrap_err().code()
    };
    assert_eq!(made(&[]), "no-tokens");
    assert_eq!(made(&[(0, 1, 1.0), (1, 2, -1.0)]), "negative");
    assert_eq!(made(&[(0, 1, 1.0), (1, 2, 0.5)]), "no-counts");
    assert_eq!(made(&[(0, 1, 3e9)]), "tokens");
}

#[test]
fn variational_bayes_gives_the_same_kind_of_model() {
    use crate::variational::{Vb, VbParams};
    let (matrix, topics) = drawn(400, 60, 3, 60, 2);
    let pool = Pool::new(2);
    let mut vb = Vb::new(VbParams { seed: 3, epochs: 30, ..VbParams::new(3) }, 60).unwrap();
    vb.fit(&matrix, &pool, |_| true).unwrap();
    let model = Lda::of_variational(terms(60), &vb, &matrix, 30, &pool).unwrap();
    assert!((model.shares().iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(model.facts().tokens, 400 * 60);
    for known in &topics {
        let overlap =
            |t: usize| known.iter().zip(model.words(t)).map(|(a, b)| a.min(f64::from(*b))).sum::<f64>();
        assert!((0..3).map(overlap).fold(0.0, f64::max) > 0.9);
    }
    // The bound of a token is below its likelihood with the means, and near it.
    assert!((-6.0..0.0).contains(&model.facts().curve[0].1));
}

/// Planted topics that some fitted topic has nearly for itself, and the other way round.
fn recovered(model: &Lda, planted: usize) -> usize {
    let mass = |topic: usize, of: usize| -> f32 {
        model.words(topic).iter().enumerate().filter(|(w, _)| w % planted == of).map(|(_, p)| p).sum()
    };
    (0..planted).filter(|&of| (0..model.k()).any(|topic| mass(topic, of) > 0.85)).count()
}

/// The model of a fit that begins with so many starts.
fn of_starts(matrix: &Csr, params: LdaParams, pool: &Pool) -> Lda {
    let mut fit = Fit::begin(matrix, &params.check().unwrap(), 50, pool, |_| true).unwrap().unwrap();
    fit.run(pool, |_, _| true);
    fit.model(terms(matrix.cols())).unwrap()
}

#[test]
fn several_starts_recover_planted_topics_more_often_than_one() {
    let (matrix, _) = drawn(150, 40, 10, 200, 3);
    let found = |starts: usize| -> usize {
        let fit = |seed| LdaParams { iterations: 60, starts, seed, ..LdaParams::new(10) };
        (0..12).map(|seed| recovered(&of_starts(&matrix, fit(seed), &Pool::new(1)), 10)).sum()
    };
    let (one, four) = (found(1), found(4));
    assert!(four >= one + 8, "{four} of 120 topics with four starts, {one} with one");
}

#[test]
fn starts_are_the_same_on_any_number_of_threads_and_one_is_as_none() {
    let (matrix, _) = drawn(300, 60, 5, 100, 8);
    let params = LdaParams { iterations: 40, samples: 2, starts: 3, ..params(5, 6) };
    let model = of_starts(&matrix, params.clone(), &Pool::new(1));
    let starts = model.facts().starts.clone().unwrap();
    assert_eq!((starts.perplexity.len(), starts.sweeps, model.facts().iterations), (3, 20, 40));
    assert!(starts.perplexity.iter().all(|p| *p >= starts.perplexity[starts.chosen]));
    for threads in [2, 3] {
        let other = of_starts(&matrix, params.clone(), &Pool::new(threads));
        assert_eq!((&other.words, &other.documents), (&model.words, &model.documents), "{threads} threads");
    }
    let single = LdaParams { starts: 1, ..params };
    let one = of_starts(&matrix, single.clone(), &Pool::new(1));
    let mut plain = Fit::new(Gibbs::new(&matrix, &single.check().unwrap()).unwrap(), 50);
    plain.run(&Pool::new(1), |_, _| true);
    assert_eq!(one.words, plain.model(terms(100)).unwrap().words);
    // No document to hold out: there is nothing to choose by.
    let few = matrix.select(0..5);
    assert_eq!(
        of_starts(&few, LdaParams { starts: 3, ..LdaParams::new(2) }, &Pool::new(1)).facts().starts,
        None
    );
}
