//! Dirichlet priors learned from the counts: Minka's fixed point (Minka 2000, equation 55), with the digamma differences of
//! small numbers as sums (Wallach 2008, chapter 2).

use super::likelihood::{Histograms, TABLE};
use crate::special::digamma;

/// Least of a learned prior, so that a topic that nothing uses can come back.
const LEAST: f64 = 1e-5;
const MOST: f64 = 1e6;
/// Steps of the fixed point at one estimate; the sampler goes on between estimates.
const STEPS: usize = 20;

/// ψ(n + a) − ψ(a) = Σ 1 / (a + i), for i below n; from 1,024 on by ψ itself.
fn difference(n: u64, a: f64) -> f64 {
    const MANY: u64 = 1024;
    let few = n.min(MANY);
    let sum: f64 = (0..few).map(|i| 1.0 / (a + i as f64)).sum();
    if n > few { sum + digamma(a + n as f64) - digamma(a + few as f64) } else { sum }
}

/// Σ over a table of counts of ψ(n + a) − ψ(a).
fn of_table(table: &[u64], a: f64) -> f64 {
    let (mut sum, mut difference) = (0.0, 0.0);
    for n in 1..table.len() {
        difference += 1.0 / (a + (n - 1) as f64);
        sum += table[n] as f64 * difference;
    }
    sum
}

/// α of each topic.
pub(super) fn alpha(alpha: &[f64], h: &Histograms) -> Vec<f64> {
    let mut alpha = alpha.to_vec();
    for _ in 0..STEPS {
        let total: f64 = alpha.iter().sum();
        let below: f64 = h.lengths.iter().map(|&n| difference(n, total)).sum();
        if below <= 0.0 {
            return alpha;
        }
        let mut above: Vec<f64> =
            alpha.iter().zip(h.doc.chunks_exact(TABLE)).map(|(a, table)| of_table(table, *a)).collect();
        h.doc_large.iter().for_each(|&(topic, n)| above[topic] += difference(n, alpha[topic]));
        alpha.iter_mut().zip(above).for_each(|(a, above)| *a = (*a * above / below).clamp(LEAST, MOST));
    }
    alpha
}

/// β, the same of every word.
pub(super) fn beta(mut beta: f64, words: usize, h: &Histograms) -> f64 {
    let v = words as f64;
    for _ in 0..STEPS {
        let below: f64 = h.topics.iter().map(|&n| difference(n, beta * v)).sum::<f64>() * v;
        let above = of_table(&h.word, beta) + h.word_large.iter().map(|&n| difference(n, beta)).sum::<f64>();
        if below <= 0.0 || above <= 0.0 {
            return beta;
        }
        beta = (beta * above / below).clamp(LEAST, MOST);
    }
    beta
}
