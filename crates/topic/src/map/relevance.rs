//! Which words speak for a topic.

/// Relevance of a word to a topic, λ ln p(w|t) + (1 − λ) ln (p(w|t) / p(w)) (Sievert and Shirley 2014, equation 1).
///
/// At λ = 1 the frequent words lead, at 0 those that hardly stand elsewhere. What cannot be told (a probability of
/// zero) is −∞.
///
/// ```
/// use gyeol_topic::map::relevance;
/// assert_eq!(relevance(0.5, 0.25, 1.0), 0.5f64.ln());
/// assert_eq!(relevance(0.5, 0.25, 0.0), 2f64.ln());
/// ```
pub fn relevance(in_topic: f64, overall: f64, lambda: f64) -> f64 {
    if !(in_topic > 0.0 && overall > 0.0) {
        return f64::NEG_INFINITY;
    }
    lambda * in_topic.ln() + (1.0 - lambda) * (in_topic / overall).ln()
}

/// λ at which words lead before a reader chooses: Sievert and Shirley found 0.6 to name topics best.
pub const LAMBDA: f64 = 0.6;

/// Steps of λ at which the words worth showing lead: 0, 0.1 … 1.
const LAMBDAS: usize = 10;

/// Indices of the words that are among the `top` most relevant at some λ of 0, 0.1 … 1, the most relevant at [`LAMBDA`]
/// first; `in_topic` and `overall` are p(w|t) and p(w) of the same words. Ties go to the earlier word.
///
/// ```
/// use gyeol_topic::map::worth_showing;
/// // The first leads at λ = 1, the last at λ = 0; the one between never does.
/// assert_eq!(worth_showing(&[0.6, 0.3, 0.1], &[0.9, 0.6, 0.02], 1), [0, 2]);
/// ```
pub fn worth_showing(in_topic: &[f64], overall: &[f64], top: usize) -> Vec<usize> {
    let usable: Vec<usize> = (0..in_topic.len().min(overall.len()))
        .filter(|&w| relevance(in_topic[w], overall[w], 1.0).is_finite())
        .collect();
    let top = top.min(usable.len());
    if top == 0 {
        return Vec::new();
    }
    let at = |lambda: f64, words: &[usize]| -> Vec<(f64, usize)> {
        words.iter().map(|&w| (relevance(in_topic[w], overall[w], lambda), w)).collect()
    };
    let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let mut chosen = Vec::new();
    for step in 0..=LAMBDAS {
        let mut scored = at(step as f64 / LAMBDAS as f64, &usable);
        scored.select_nth_unstable_by(top - 1, order);
        chosen.extend(scored[..top].iter().map(|s| s.1));
    }
    chosen.sort_unstable();
    chosen.dedup();
    let mut scored = at(LAMBDA, &chosen);
    scored.sort_by(order);
    scored.into_iter().map(|s| s.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worth_showing_agrees_with_sorting_everything() {
        // A fixed scramble stands in for a topic.
        let value = |i: u64, m: u64| ((i * m + 7) % 101 + 1) as f64 / 5000.0;
        let p: Vec<f64> = (0..60).map(|i| if i == 9 { 0.0 } else { value(i, 37) }).collect();
        let q: Vec<f64> = (0..60).map(|i| value(i, 53)).collect();
        let mut expected = std::collections::BTreeSet::new();
        for step in 0..=10 {
            let mut all: Vec<usize> = (0..60).filter(|i| *i != 9).collect();
            let score = |w: usize| relevance(p[w], q[w], step as f64 / 10.0);
            all.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
            expected.extend(all[..5].iter().copied());
        }
        let mut expected: Vec<usize> = expected.into_iter().collect();
        let at = |w: usize| relevance(p[w], q[w], LAMBDA);
        expected.sort_by(|&a, &b| at(b).total_cmp(&at(a)).then(a.cmp(&b)));
        assert_eq!(worth_showing(&p, &q, 5), expected);
        assert_eq!(worth_showing(&p, &q, 1000).len(), 59);
        assert!(worth_showing(&p, &q, 0).is_empty() && worth_showing(&[0.0], &[0.5], 3).is_empty());
    }
}
