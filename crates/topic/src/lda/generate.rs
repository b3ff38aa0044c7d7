//! The story that the model tells of a document (Blei, Ng & Jordan 2003, section 3): draw the topics' shares from the
//! Dirichlet, then for each word a topic from the shares and the word from the topic.

use gyeol_tensor::Rng;

use super::model::Lda;
use crate::special::gamma;

/// A drawn document.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn<'a> {
    /// Share of each topic.
    pub mix: Vec<f64>,
    /// Topic and word, in the order drawn.
    pub words: Vec<(usize, &'a str)>,
}

/// A draw from Gamma(`a`, 1) as a logarithm, since those of small shapes fall below any number.
fn log_gamma(a: f64, rng: &mut Rng) -> f64 {
    if a < 1.0 {
        let u = 1.0 - rng.uniform();
        return log_gamma(a + 1.0, rng) + u.ln() / a;
    }
    gamma(a, rng).ln()
}

/// Shares drawn from the Dirichlet of `alpha`.
fn dirichlet(alpha: &[f64], rng: &mut Rng) -> Vec<f64> {
    let logs: Vec<f64> = alpha.iter().map(|&a| log_gamma(a, rng)).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = logs.iter().map(|l| (l - most).exp()).collect();
    let sum: f64 = shares.iter().sum();
    shares.into_iter().map(|s| s / sum).collect()
}

/// Place of the first number whose running sum is above `u` times the sum of all.
fn place(weights: impl Iterator<Item = f64> + Clone, u: f64) -> usize {
    let target = u * weights.clone().sum::<f64>();
    let (mut sum, mut last) = (0.0, 0);
    for (i, w) in weights.enumerate().filter(|(_, w)| *w > 0.0) {
        sum += w;
        last = i;
        if sum > target {
            break;
        }
    }
    last
}

impl Lda {
    /// Draws a document of `length` words by a seed.
    pub fn generate(&self, length: usize, seed: u64) -> Drawn<'_> {
        let mut rng = Rng::new(seed);
        let mix = dirichlet(&self.alpha, &mut rng);
        let words = (0..length)
            .map(|_| {
                let topic = place(mix.iter().copied(), rng.uniform());
                let word = place(self.words(topic).iter().map(|&p| f64::from(p)), rng.uniform());
                (topic, self.vectorizer.term(word as u32))
            })
            .collect();
        Drawn { mix, words }
    }
}
