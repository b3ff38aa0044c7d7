//! From a matrix of counts to a model: sweeps, the curve, the average of the last states.

use gyeol_tensor::Pool;

use super::gibbs::Gibbs;
use super::model::{Facts, Inference, Lda};
use super::starts::Starts;
use gyeol_base::Result;
use gyeol_vectors::vectorize::Vectorizer;

/// Sweeps between two states that are averaged: neighbours are nearly the same state.
pub const SAMPLE_LAG: usize = 5;

/// What is told after a sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sweep {
    /// Sweeps so far.
    pub sweep: usize,
    /// Sweeps in all.
    pub of: usize,
    /// Log-likelihood per token in nats, where it was worked out after this sweep.
    pub log_likelihood: Option<f64>,
}

/// A fit in progress: the sampler, the curve of its likelihood, and the sums of the states that are averaged.
#[derive(Debug)]
pub struct Fit {
    gibbs: Gibbs,
    curve: Vec<(usize, f64)>,
    every: usize,
    sums: Option<Sums>,
    /// What stood before the first state that is averaged, from where a stopped fit goes on.
    kept: Option<Standing>,
    starts: Option<Starts>,
}

/// What a fit can go on from.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub topics: Vec<u16>,
    pub alpha: Vec<f64>,
    pub beta: f64,
    pub sweeps: usize,
    pub curve: Vec<(usize, f64)>,
}

/// Sums of probabilities over the states taken so far.
#[derive(Debug, Clone)]
struct Sums {
    states: usize,
    /// (K, V).
    words: Vec<f32>,
    /// (documents, K).
    documents: Vec<f32>,
}

impl Fit {
    /// Goes on from where the sampler stands; the likelihood is worked out every `every` sweeps and at the last.
    pub fn new(gibbs: Gibbs, every: usize) -> Fit {
        Fit { gibbs, curve: Vec::new(), every: every.max(1), sums: None, kept: None, starts: None }
    }

    /// With the curve of the sweeps before.
    pub fn with_curve(mut self, curve: Vec<(usize, f64)>) -> Fit {
        self.curve = curve;
        self
    }

    /// The sampler.
    pub fn gibbs(&self) -> &Gibbs {
        &self.gibbs
    }

    pub(super) fn gibbs_mut(&mut self) -> &mut Gibbs {
        &mut self.gibbs
    }

    /// The starts it goes on from, where there were several.
    pub fn starts(&self) -> Option<&Starts> {
        self.starts.as_ref()
    }

    pub(super) fn set_starts(&mut self, starts: Option<Starts>) {
        self.starts = starts;
    }

    /// (sweep, log-likelihood per token in nats).
    pub fn curve(&self) -> &[(usize, f64)] {
        &self.curve
    }

    pub(super) fn standing(&self) -> Standing {
        self.kept.clone().unwrap_or_else(|| Standing {
            topics: self.gibbs.topics(),
            alpha: self.gibbs.alpha().to_vec(),
            beta: self.gibbs.beta(),
            sweeps: self.gibbs.sweeps(),
            curve: self.curve.clone(),
        })
    }

    /// Whether the state after this sweep is one of those averaged.
    fn sampled(&self, sweep: usize) -> bool {
        let params = self.gibbs.params();
        let left = params.iterations - sweep;
        params.samples > 1 && left.is_multiple_of(SAMPLE_LAG) && left / SAMPLE_LAG < params.samples
    }

    /// Makes the sweeps that are left; `progress` is told of each and stops the work by `false`. Returns whether all were
    /// made.
    pub fn run(&mut self, pool: &Pool, mut progress: impl FnMut(&Fit, Sweep) -> bool) -> bool {
        let of = self.gibbs.params().iterations;
        while self.gibbs.sweeps() < of {
            if self.kept.is_none() && self.sampled(self.gibbs.sweeps() + 1) {
                self.kept = Some(self.standing());
            }
            self.gibbs.sweep(pool);
            let sweep = self.gibbs.sweeps();
            let log_likelihood = (sweep.is_multiple_of(self.every) || sweep == of)
                .then(|| self.gibbs.log_likelihood(pool) / self.gibbs.tokens() as f64);
            self.curve.extend(log_likelihood.map(|l| (sweep, l)));
            if self.sampled(sweep) {
                self.sample();
            }
            if !progress(self, Sweep { sweep, of, log_likelihood }) && sweep < of {
                return false;
            }
        }
        true
    }

    fn sample(&mut self) {
        let (words, documents) = probabilities(&self.gibbs);
        match &mut self.sums {
            None => self.sums = Some(Sums { states: 1, words, documents }),
            Some(sums) => {
                sums.states += 1;
                sums.words.iter_mut().zip(&words).for_each(|(s, w)| *s += w);
                sums.documents.iter_mut().zip(&documents).for_each(|(s, d)| *s += d);
            }
        }
    }

    /// The model of the states averaged, or of the state as it is.
    ///
    /// # Errors
    /// A vectorizer of other columns than the matrix had.
    pub fn model(&self, vectorizer: Vectorizer) -> Result<Lda> {
        let (words, documents) = match &self.sums {
            None => probabilities(&self.gibbs),
            Some(sums) => {
                let by = 1.0 / sums.states as f32;
                let mean = |sums: &[f32]| sums.iter().map(|s| s * by).collect();
                (mean(&sums.words), mean(&sums.documents))
            }
        };
        let g = &self.gibbs;
        let tokens = g.tokens() as f64;
        let facts = Facts {
            inference: Inference::Gibbs,
            iterations: g.sweeps(),
            samples: self.sums.as_ref().map_or(1, |s| s.states),
            seed: g.params().seed,
            documents: g.documents() as u64,
            tokens: g.tokens(),
            curve: self.curve.clone(),
            starts: self.starts.clone(),
        };
        let shares = g.topic_tokens().iter().map(|&n| f64::from(n) / tokens).collect();
        Lda::new(vectorizer, g.alpha().to_vec(), g.beta(), words, shares, documents, facts)
    }
}

/// p(w | k) as (K, V) and p(k | d) as (documents, K): the means of the posterior given the topics drawn.
pub(super) fn probabilities(g: &Gibbs) -> (Vec<f32>, Vec<f32>) {
    let (k, words) = (g.params().k, g.words());
    let sums: Vec<f64> = g.topic_tokens().iter().map(|&n| f64::from(n) + g.beta() * words as f64).collect();
    let mut phi: Vec<f32> =
        sums.iter().flat_map(|sum| std::iter::repeat_n((g.beta() / sum) as f32, words)).collect();
    for word in 0..words {
        for (topic, n) in g.word(word) {
            phi[topic * words + word] = ((f64::from(n) + g.beta()) / sums[topic]) as f32;
        }
    }
    let prior: f64 = g.alpha().iter().sum();
    let mut theta = Vec::with_capacity(k * g.documents());
    for doc in 0..g.documents() {
        let counts = g.document(doc);
        let length = counts.iter().map(|&n| f64::from(n)).sum::<f64>() + prior;
        theta.extend(counts.iter().zip(g.alpha()).map(|(&n, a)| ((f64::from(n) + a) / length) as f32));
    }
    (phi, theta)
}
