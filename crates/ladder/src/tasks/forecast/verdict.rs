//! A trained net for the page: its curve, what the curve says in one of six words with its numbers, and its layers.

use gyeol_neural::net::LayerSummary;
use gyeol_neural::{Epoch, Finding};
use gyeol_report::model::{EpochPoint, LayerRow, Verdict, VerdictKind};

/// The losses, epoch by epoch.
pub fn points(curve: &[Epoch]) -> Vec<EpochPoint> {
    let point = |e: &Epoch| EpochPoint {
        epoch: e.epoch,
        train_loss: e.train_loss,
        valid_loss: e.valid_loss,
        learning_rate: e.learning_rate,
        seconds: e.seconds,
    };
    curve.iter().map(point).collect()
}

/// The layers with their shapes.
pub fn layer_rows(layers: Vec<LayerSummary>) -> Vec<LayerRow> {
    let row =
        |l: LayerSummary| LayerRow { name: l.name, x: l.x, w: l.w, b: l.b, y: l.y, parameters: l.parameters };
    layers.into_iter().map(row).collect()
}

/// Judges a curve; `naive` is the validation loss of repeating the season, in the curve's unit, where known.
pub fn verdict(curve: &[Epoch], best_epoch: usize, naive: Option<f64>) -> Verdict {
    let Some(v) = gyeol_neural::Verdict::of(curve, best_epoch, naive) else {
        return Verdict { epochs: curve.len(), ..Verdict::no_curve() };
    };
    Verdict {
        kind: match v.finding {
            Finding::Underfits => VerdictKind::Underfitted,
            Finding::StoppedTooEarly => VerdictKind::StillLearning,
            Finding::Fits => VerdictKind::WellFitted,
            Finding::SlightlyOverfits => VerdictKind::SlightlyOverfitted,
            Finding::Overfits => VerdictKind::Overfitted,
        },
        best_epoch: v.best_epoch,
        epochs: v.epochs,
        train_at_best: v.train_at_best,
        valid_at_best: v.valid_at_best,
        train_last: v.train_last,
        valid_last: v.valid_last,
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
