//! Scores in falling order and the curves that follow from it: with TP(s), FP(s) the weights of positives and negatives
//! scored s or more, P and N their totals, the ROC curve is (FP/N, TP/P) and the precision-recall curve
//! (TP/P, TP/(TP + FP)) (Fawcett 2006; Davis and Goadrich 2006). Equal scores make one step.

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::lists;

/// Scores sorted once; curves and areas for any labels and weights then cost one pass, as the bootstrap needs them.
///
/// ```
/// use gyeol_judge::Ranked;
/// let ranked = Ranked::new(&[0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(ranked.roc_area(&[false, false, true, true], None)?, 0.75);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Rows by falling score.
    order: Vec<u32>,
    /// The different scores, falling, and where in `order` each ends.
    steps: Vec<(f64, u32)>,
}

/// Weights of positives and negatives scored `threshold` or more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The score at which rows begin to be called positive.
    pub threshold: f64,
    /// Weight of the positives above or at it.
    pub true_positive: f64,
    /// Weight of the negatives above or at it.
    pub false_positive: f64,
}

/// A receiver operating characteristic: a point for every different score, the first (0, 0) for none called positive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RocCurve {
    /// FP / N.
    pub false_positive_rate: Vec<f64>,
    /// TP / P.
    pub true_positive_rate: Vec<f64>,
    /// Scores; that of the first point is not there.
    pub thresholds: Vec<f64>,
}

/// A precision-recall curve: a point for every different score from the highest down; recall rises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecallCurve {
    /// TP / (TP + FP).
    pub precision: Vec<f64>,
    /// TP / P; all 1 without positives, as scikit-learn has it.
    pub recall: Vec<f64>,
    /// Scores.
    pub thresholds: Vec<f64>,
}

impl Ranked {
    /// Sorts scores, the highest first.
    ///
    /// # Errors
    /// A score that is NaN or infinite; more than 2³² − 1 rows.
    pub fn new(scores: &[f64]) -> Result<Self> {
        lists::finite("scores", scores)?;
        if scores.len() > u32::MAX as usize {
            return Err(lists::bad_option(
                "too-many-rows",
                format!("{} rows", scores.len()),
                "judge at most 4,294,967,295",
            ));
        }
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        // −0 and 0 are one score; rows of one score keep their order.
        order.sort_by(|&a, &b| (scores[b as usize] + 0.0).total_cmp(&(scores[a as usize] + 0.0)));
        let mut steps = Vec::new();
        for run in order.chunk_by(|&a, &b| scores[a as usize] == scores[b as usize]) {
            let end = steps.last().map_or(0, |&(_, end)| end) + run.len() as u32;
            steps.push((scores[run[0] as usize], end));
        }
        Ok(Ranked { order, steps })
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// The sums at every different score, falling; scores whose rows weigh nothing are left out.
    ///
    /// # Errors
    /// Lists of another length, bad weights.
    pub fn steps(&self, positive: &[bool], weights: Option<&[f64]>) -> Result<Vec<Step>> {
        lists::as_long("labels", positive.len(), self.rows())?;
        lists::weights(weights, self.rows())?;
        let (mut sums, mut begin, mut out) = ([0.0, 0.0], 0, Vec::with_capacity(self.steps.len()));
        for &(threshold, end) in &self.steps {
            let before = sums;
            for &row in &self.order[begin..end as usize] {
                sums[usize::from(positive[row as usize])] += lists::weight(weights, row as usize);
            }
            begin = end as usize;
            if sums != before {
                out.push(Step { threshold, true_positive: sums[1], false_positive: sums[0] });
            }
        }
        Ok(out)
    }

    /// The receiver operating characteristic; rates are NaN where there are no positives or no negatives.
    ///
    /// # Errors
    /// As [`Ranked::steps`].
    pub fn roc(&self, positive: &[bool], weights: Option<&[f64]>) -> Result<RocCurve> {
        let steps = self.steps(positive, weights)?;
        let (p, n) = totals(&steps);
        let rates = |of: fn(&Step) -> f64, all: f64| {
            std::iter::once(0.0 / all).chain(steps.iter().map(|s| of(s) / all)).collect()
        };
        Ok(RocCurve {
            false_positive_rate: rates(|s| s.false_positive, n),
            true_positive_rate: rates(|s| s.true_positive, p),
            thresholds: steps.iter().map(|s| s.threshold).collect(),
        })
    }

    /// Area under the ROC curve: the chance that a positive is scored above a negative, ties counted half (Hanley and
    /// McNeil 1982). NaN where there are no positives or no negatives.
    ///
    /// # Errors
    /// As [`Ranked::steps`].
    pub fn roc_area(&self, positive: &[bool], weights: Option<&[f64]>) -> Result<f64> {
        let steps = self.steps(positive, weights)?;
        let (p, n) = totals(&steps);
        let (mut area, mut before) = (0.0, (0.0, 0.0));
        for s in &steps {
            area += (s.false_positive - before.0) * (s.true_positive + before.1) / 2.0;
            before = (s.false_positive, s.true_positive);
        }
        Ok(area / (p * n))
    }

    /// The precision-recall curve.
    ///
    /// # Errors
    /// As [`Ranked::steps`].
    pub fn precision_recall(
        &self,
        positive: &[bool],
        weights: Option<&[f64]>,
    ) -> Result<PrecisionRecallCurve> {
        let steps = self.steps(positive, weights)?;
        let (p, _) = totals(&steps);
        Ok(PrecisionRecallCurve {
            precision: steps.iter().map(|s| s.true_positive / (s.true_positive + s.false_positive)).collect(),
            recall: steps.iter().map(|s| if p == 0.0 { 1.0 } else { s.true_positive / p }).collect(),
            thresholds: steps.iter().map(|s| s.threshold).collect(),
        })
    }

    /// Average precision, Σ (R_i − R_{i−1}) P_i, not interpolated; 0 without positives.
    ///
    /// # Errors
    /// As [`Ranked::steps`].
    pub fn average_precision(&self, positive: &[bool], weights: Option<&[f64]>) -> Result<f64> {
        let steps = self.steps(positive, weights)?;
        let (p, _) = totals(&steps);
        let (mut sum, mut before) = (0.0, 0.0);
        for s in &steps {
            sum += (s.true_positive - before) * s.true_positive / (s.true_positive + s.false_positive);
            before = s.true_positive;
        }
        Ok(if p == 0.0 { 0.0 } else { sum / p })
    }
}

/// P and N.
pub(crate) fn totals(steps: &[Step]) -> (f64, f64) {
    steps.last().map_or((0.0, 0.0), |s| (s.true_positive, s.false_positive))
}
