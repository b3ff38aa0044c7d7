//! What a learning curve says, in one of six words with its numbers.

use gyeol_neural::Epoch;
use gyeol_report::model::{Verdict, VerdictKind};

/// Rise of the validation loss after the chosen epoch that counts as overfitting.
const CLEAR: f64 = 0.05;
/// Rise below which nothing is said.
const SLIGHT: f64 = 0.005;

/// Judges a curve; `naive` is the validation loss of repeating the season, in the curve's unit, where known.
pub fn verdict(curve: &[Epoch], best_epoch: usize, naive: Option<f64>) -> Verdict {
    let (Some(last), Some(best)) = (curve.last(), curve.iter().find(|e| e.epoch == best_epoch)) else {
        return Verdict {
            kind: VerdictKind::NoCurve,
            best_epoch: 0,
            epochs: curve.len(),
            train_at_best: 0.0,
            valid_at_best: 0.0,
            train_last: 0.0,
            valid_last: 0.0,
        };
    };
    let rise = last.valid_loss / best.valid_loss - 1.0;
    let fell_on = last.train_loss < best.train_loss;
    let before = curve.iter().rev().nth(1);
    let still_falling =
        best.epoch == last.epoch && before.is_some_and(|b| last.valid_loss < 0.99 * b.valid_loss);
    let kind = if naive.is_some_and(|n| best.train_loss > 0.95 * n) {
        VerdictKind::Underfitted
    } else if rise > CLEAR && fell_on {
        VerdictKind::Overfitted
    } else if rise > SLIGHT && fell_on {
        VerdictKind::SlightlyOverfitted
    } else if still_falling {
        VerdictKind::StillLearning
    } else {
        VerdictKind::WellFitted
    };
    Verdict {
        kind,
        best_epoch,
        epochs: curve.len(),
        train_at_best: best.train_loss,
        valid_at_best: best.valid_loss,
        train_last: last.train_loss,
        valid_last: last.valid_loss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Vec<Epoch> {
        points
            .iter()
            .enumerate()
            .map(|(i, &(train_loss, valid_loss))| Epoch {
                epoch: i + 1,
                train_loss,
                valid_loss,
                learning_rate: 0.1,
                seconds: 1.0,
            })
            .collect()
    }

    #[test]
    fn each_word_has_its_curve() {
        let kind = |points: &[(f64, f64)], best| verdict(&curve(points), best, Some(2.0)).kind;
        assert_eq!(kind(&[(1.0, 1.0), (0.5, 0.8), (0.3, 0.9)], 2), VerdictKind::Overfitted);
        assert_eq!(kind(&[(1.0, 1.0), (0.5, 0.8), (0.3, 0.81)], 2), VerdictKind::SlightlyOverfitted);
        assert_eq!(kind(&[(1.0, 1.0), (0.5, 0.8), (0.49, 0.799)], 3), VerdictKind::WellFitted);
        assert_eq!(kind(&[(1.0, 1.0), (0.8, 0.8), (0.6, 0.6)], 3), VerdictKind::StillLearning);
        assert_eq!(kind(&[(2.0, 2.1), (1.99, 2.0)], 2), VerdictKind::Underfitted);
        assert_eq!(verdict(&[], 0, None).kind, VerdictKind::NoCurve);
    }
}
