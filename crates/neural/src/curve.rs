//! What a learning curve says: whether a net underfits, fits, overfits or was stopped too early, with the numbers that
//! say so.
//!
//! ```
//! use gyeol_neural::{Epoch, Finding, Verdict};
//!
//! let losses = [(1.0, 1.0), (0.5, 0.8), (0.3, 0.9)]; // training, validation
//! let curve: Vec<Epoch> = losses
//!     .iter()
//!     .enumerate()
//!     .map(|(i, &(train_loss, valid_loss))| Epoch {
//!         epoch: i + 1,
//!         train_loss,
//!         valid_loss,
//!         learning_rate: 0.1,
//!         seconds: 1.0,
//!     })
//!     .collect();
//! let verdict = Verdict::of(&curve, 2, None).unwrap();
//! assert_eq!(verdict.finding, Finding::Overfits);
//! assert_eq!(
//!     verdict.to_string(),
//!     "overfits: validation 0.8 in epoch 2, 0.9 in epoch 3, while training fell from 0.5 to 0.3"
//! );
//! ```

use std::fmt;

use crate::trainer::Epoch;

/// Rise of the validation loss after the chosen epoch that counts as overfitting.
const CLEAR: f64 = 0.05;
/// Rise below which nothing is said.
const SLIGHT: f64 = 0.005;
/// Fall of the validation loss in the last epoch that says more would have come.
const FALLING: f64 = 0.01;
/// Share of the naive forecast's loss above which nothing was learnt.
const NAIVE: f64 = 0.95;

/// What a curve says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The training loss itself stayed near that of a naive forecast.
    Underfits,
    /// Validation was still falling when training ended.
    StoppedTooEarly,
    /// Training and validation ended together and flat.
    Fits,
    /// Training kept falling after the chosen epoch, validation rose a little.
    SlightlyOverfits,
    /// Training kept falling after the chosen epoch, validation rose clearly.
    Overfits,
}

/// A finding with its evidence; prints as a sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The finding.
    pub finding: Finding,
    /// Epoch chosen by validation, from 1.
    pub best_epoch: usize,
    /// Epochs run.
    pub epochs: usize,
    /// Training loss at the chosen epoch.
    pub train_at_best: f64,
    /// Validation loss at the chosen epoch.
    pub valid_at_best: f64,
    /// Training loss at the last epoch.
    pub train_last: f64,
    /// Validation loss at the last epoch.
    pub valid_last: f64,
}

impl Verdict {
    /// Judges a curve; `naive` is the validation loss of a forecast without learning, in the curve's unit, where known
    /// (without it nothing is said to underfit). None where the curve lacks the epoch.
    pub fn of(curve: &[Epoch], best_epoch: usize, naive: Option<f64>) -> Option<Verdict> {
        let (last, best) = (curve.last()?, curve.iter().find(|e| e.epoch == best_epoch)?);
        let rise = last.valid_loss / best.valid_loss - 1.0;
        let fell_on = last.train_loss < best.train_loss;
        let before = curve.iter().rev().nth(1);
        let still_falling = best.epoch == last.epoch
            && before.is_some_and(|b| last.valid_loss < (1.0 - FALLING) * b.valid_loss);
        let finding = if naive.is_some_and(|n| best.train_loss > NAIVE * n) {
            Finding::Underfits
        } else if rise > CLEAR && fell_on {
            Finding::Overfits
        } else if rise > SLIGHT && fell_on {
            Finding::SlightlyOverfits
        } else if still_falling {
            Finding::StoppedTooEarly
        } else {
            Finding::Fits
        };
        Some(Verdict {
            finding,
            best_epoch,
            epochs: curve.len(),
            train_at_best: best.train_loss,
            valid_at_best: best.valid_loss,
            train_last: last.train_loss,
            valid_last: last.valid_loss,
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (best, last) = (self.best_epoch, self.epochs);
        let (train, valid) = (self.train_at_best, self.valid_at_best);
        match self.finding {
            Finding::Underfits => {
                write!(f, "underfits: training {train} in epoch {best}, no better than a naive forecast")
            }
            Finding::StoppedTooEarly => {
                write!(f, "stopped too early: validation still fell to {valid} in the last epoch, {last}")
            }
            Finding::Fits => write!(f, "fits: training {train} and validation {valid} in epoch {best}"),
            Finding::SlightlyOverfits | Finding::Overfits => {
                let word = if self.finding == Finding::Overfits { "overfits" } else { "slightly overfits" };
                let (train_last, valid_last) = (self.train_last, self.valid_last);
                write!(
                    f,
                    "{word}: validation {valid} in epoch {best}, {valid_last} in epoch {last}, \
                     while training fell from {train} to {train_last}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_has_its_curve() {
        let find = |points: &[(f64, f64)], best| {
            let curve: Vec<Epoch> = points
                .iter()
                .enumerate()
                .map(|(i, &(train_loss, valid_loss))| Epoch {
                    epoch: i + 1,
                    train_loss,
                    valid_loss,
                    learning_rate: 0.1,
                    seconds: 1.0,
                })
                .collect();
            Verdict::of(&curve, best, Some(2.0)).map(|v| v.finding)
        };
        assert_eq!(find(&[(1.0, 1.0), (0.5, 0.8), (0.3, 0.9)], 2), Some(Finding::Overfits));
        assert_eq!(find(&[(1.0, 1.0), (0.5, 0.8), (0.3, 0.81)], 2), Some(Finding::SlightlyOverfits));
        assert_eq!(find(&[(1.0, 1.0), (0.5, 0.8), (0.49, 0.799)], 3), Some(Finding::Fits));
        assert_eq!(find(&[(1.0, 1.0), (0.8, 0.8), (0.6, 0.6)], 3), Some(Finding::StoppedTooEarly));
        assert_eq!(find(&[(2.0, 2.1), (1.99, 2.0)], 2), Some(Finding::Underfits));
        assert_eq!(find(&[], 0), None);
    }
}
