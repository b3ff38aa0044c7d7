//! The bound of the log-likelihood (Hoffman, Blei & Bach 2010, equation 1), as scikit-learn 1.9 sums it.

use gyeol_tensor::Pool;
use libm::lgamma;

use super::{BLOCK, Vb};
use crate::special::digamma;
use gyeol_vectors::matrix::Csr;

/// Words of one task.
const WORDS: usize = 256;
/// Below this the product of expectations may have lost digits, and logarithms are summed instead.
const LEAST: f64 = 1e-200;

impl Vb {
    /// E[log p(documents, θ, β)] - E[log q(θ, β)], topics of the documents sought from γ = 1.
    pub(super) fn bound(&self, counts: &Csr, pool: &Pool) -> f64 {
        let mut sum = 0.0;
        for from in (0..counts.rows()).step_by(BLOCK) {
            let to = counts.rows().min(from + BLOCK);
            let step = self.step(counts, (from, to), &|_, gamma| gamma.fill(1.0), false, pool);
            let mut parts = vec![0.0; to - from];
            let first = counts.pointers()[from];
            pool.split_mut([&mut parts], 16, |range, [parts]| {
                for (part, document) in parts.iter_mut().zip(range) {
                    let gamma = &step.gamma[document * self.width..][..self.params.topics];
                    let row = from + document;
                    let local =
                        &step.local[counts.pointers()[row] - first..counts.pointers()[row + 1] - first];
                    let beta = |i: usize| &step.table[local[i] as usize * self.width..][..gamma.len()];
                    *part = self.of_document(counts.parts(row), gamma, beta);
                }
            });
            sum += parts.iter().sum::<f64>();
        }
        sum + self.of_topics(pool)
    }

    /// A document of these words and counts; `beta(i)` is e^(E log β) of its i-th word.
    fn of_document<'a>(
        &self,
        (words, counts): (&[u32], &[f64]),
        gamma: &[f64],
        beta: impl Fn(usize) -> &'a [f64],
    ) -> f64 {
        let (prior, topics) = (self.params.document_prior(), gamma.len() as f64);
        let total = gamma.iter().sum::<f64>();
        let at_total = digamma(total);
        let logs: Vec<f64> = gamma.iter().map(|&g| digamma(g) - at_total).collect();
        let mut sum = lgamma(prior * topics) - lgamma(total) - topics * lgamma(prior);
        for (&g, log) in gamma.iter().zip(&logs) {
            sum += (prior - g) * log + lgamma(g);
        }
        let theta: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
        for (i, (&word, count)) in words.iter().zip(counts).enumerate() {
            let dot: f64 = theta.iter().zip(beta(i)).map(|(theta, beta)| theta * beta).sum();
            let log = if dot > LEAST {
                dot.ln()
            } else {
                let lambda = self.lambda_of(word).iter().zip(&self.at_totals);
                let terms: Vec<f64> =
                    logs.iter().zip(lambda).map(|(log, (&l, at))| log + digamma(l) - at).collect();
                let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                most + terms.iter().map(|term| (term - most).exp()).sum::<f64>().ln()
            };
            sum += count * log;
        }
        sum
    }

    /// E[log p(β)] - E[log q(β)] of all topics.
    fn of_topics(&self, pool: &Pool) -> f64 {
        let (prior, topics) = (self.params.word_prior(), self.params.topics);
        let mut parts = vec![0.0; self.words.div_ceil(WORDS)];
        pool.each_mut(&mut parts, |_, part, sum| {
            for word in part * WORDS..self.words.min((part + 1) * WORDS) {
                let lambda = &self.lambda_of(word as u32)[..topics];
                for (&l, at_total) in lambda.iter().zip(&self.at_totals) {
                    *sum += (prior - l) * (digamma(l) - at_total) + lgamma(l) - lgamma(prior);
                }
            }
        });
        let totals = self.totals.iter().map(|&t| lgamma(prior * self.words as f64) - lgamma(t));
        parts.iter().sum::<f64>() + totals.sum::<f64>()
    }
}
