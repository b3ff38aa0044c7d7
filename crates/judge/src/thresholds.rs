//! The score from which a row is called positive, chosen on validation: at the least cost of mistakes (Elkan 2001), or at
//! the best F-beta. Every cut between two different scores is tried, and both ends; a cut lies midway between the scores.

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::{Ranked, lists, ranked::totals};

/// A threshold and what it does on the rows it was chosen on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Rows scored this or more are called positive; finite always.
    pub threshold: f64,
    /// What was made least: the mean cost of a row, or 1 − F-beta.
    pub loss: f64,
    /// Weight of positives called so.
    pub true_positive: f64,
    /// Weight of negatives called positive.
    pub false_positive: f64,
    /// Weight of positives that were missed.
    pub false_negative: f64,
}

/// The threshold of least cost, where a false positive costs `cost_fp` and a missed positive `cost_fn`; of equals the one
/// that calls fewer rows positive.
///
/// # Errors
/// Lists of different length, no rows, a score or cost that is not finite, a cost below zero.
///
/// ```
/// let (scores, labels) = ([0.1, 0.4, 0.6, 0.9], [false, true, false, true]);
/// assert_eq!(gyeol_judge::threshold_for(&scores, &labels, 1.0, 5.0, None)?.threshold, 0.25);
/// assert_eq!(gyeol_judge::threshold_for(&scores, &labels, 5.0, 1.0, None)?.threshold, 0.75);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub fn threshold_for(
    scores: &[f64],
    positive: &[bool],
    cost_fp: f64,
    cost_fn: f64,
    weights: Option<&[f64]>,
) -> Result<Threshold> {
    if !(cost_fp.is_finite() && cost_fn.is_finite() && cost_fp >= 0.0 && cost_fn >= 0.0) {
        let found = format!("costs of {cost_fp} and {cost_fn}");
        return Err(lists::bad_option("cost", found, "give finite costs of zero or more"));
    }
    best(scores, positive, weights, |t, p, n| (cost_fp * t.1 + cost_fn * (p - t.0)) / (p + n))
}

/// The threshold of the best F-beta of the positives; without positives F is 0 everywhere and nothing is called positive.
///
/// # Errors
/// As [`threshold_for`]; `beta` not above 0.
pub fn threshold_for_f(
    scores: &[f64],
    positive: &[bool],
    beta: f64,
    weights: Option<&[f64]>,
) -> Result<Threshold> {
    if !(beta.is_finite() && beta > 0.0) {
        return Err(lists::bad_option("beta", format!("beta = {beta}"), "give a number above 0"));
    }
    let square = beta * beta;
    best(scores, positive, weights, |(tp, fp), p, _| {
        let below = square * p + tp + fp;
        1.0 - if below == 0.0 { 0.0 } else { (1.0 + square) * tp / below }
    })
}

fn best(
    scores: &[f64],
    positive: &[bool],
    weights: Option<&[f64]>,
    loss: impl Fn((f64, f64), f64, f64) -> f64,
) -> Result<Threshold> {
    lists::some_rows(scores.len(), "a threshold")?;
    let steps = Ranked::new(scores)?.steps(positive, weights)?;
    let (p, n) = totals(&steps);
    // None positive: just above the highest score, so that the number can be kept in any file.
    let above = steps
        .first()
        .map_or(0.0, |s| if s.threshold == f64::MAX { s.threshold } else { s.threshold.next_up() });
    let mut found = Threshold {
        threshold: above,
        loss: loss((0.0, 0.0), p, n),
        true_positive: 0.0,
        false_positive: 0.0,
        false_negative: p,
    };
    for (i, step) in steps.iter().enumerate() {
        let loss = loss((step.true_positive, step.false_positive), p, n);
        if loss < found.loss {
            let threshold =
                steps.get(i + 1).map_or(step.threshold, |next| step.threshold / 2.0 + next.threshold / 2.0);
            let (true_positive, false_positive) = (step.true_positive, step.false_positive);
            // Neighbouring floats have no number between them.
            let threshold = if steps.get(i + 1).is_some_and(|next| threshold <= next.threshold) {
                step.threshold
            } else {
                threshold
            };
            found = Threshold {
                threshold,
                loss,
                true_positive,
                false_positive,
                false_negative: p - true_positive,
            };
        }
    }
    Ok(found)
}
