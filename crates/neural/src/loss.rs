//! Losses of a forecast `p` against the truth `y`, with the gradient beside the value.
//!
//! Categorical cross-entropy is a loss of a whole row of logits, not of one number; it is
//! [`gyeol_tensor::softmax::softmax_cross_entropy`].

use gyeol_tensor::Real;
use serde::{Deserialize, Serialize};

/// A loss, averaged over the numbers it is given by the caller's weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// (p - y)².
    Mse,
    /// |p - y|; gradient 0 where they meet.
    Mae,
    /// (p - y)² / 2 within `delta`, delta (|p - y| - delta / 2) outside (Huber 1964).
    Huber {
        /// Where the square becomes a line.
        delta: f64,
    },
    /// max(q (y - p), (q - 1) (y - p)): its minimum is the q-quantile (Koenker and Bassett 1978).
    Pinball {
        /// The quantile, in (0, 1).
        quantile: f64,
    },
    /// -y ln σ(p) - (1 - y) ln(1 - σ(p)): binary cross-entropy of logits.
    BinaryCrossEntropy,
}

impl Loss {
    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Mse => "MSE (L2)",
            Loss::Mae => "MAE (L1)",
            Loss::Huber { .. } => "Huber",
            Loss::Pinball { .. } => "pinball",
            Loss::BinaryCrossEntropy => "binary cross-entropy",
        }
    }

    /// Loss of one number and its derivative with respect to `p`.
    #[inline]
    pub fn of(self, p: f64, y: f64) -> (f64, f64) {
        let e = p - y;
        match self {
            Loss::Mse => (e * e, 2.0 * e),
            Loss::Mae => (e.abs(), if e == 0.0 { 0.0 } else { e.signum() }),
            Loss::Huber { delta } => {
                if e.abs() <= delta {
                    (0.5 * e * e, e)
                } else {
                    (delta * (e.abs() - 0.5 * delta), delta * e.signum())
                }
            }
            Loss::Pinball { quantile } => {
                if e < 0.0 {
                    (-quantile * e, -quantile)
                } else {
                    ((1.0 - quantile) * e, 1.0 - quantile)
                }
            }
            // max(p, 0) - p y + ln(1 + e^-|p|) never overflows.
            Loss::BinaryCrossEntropy => {
                let s = 1.0 / (1.0 + (-p).exp());
                (p.max(0.0) - p * y + (-p.abs()).exp().ln_1p(), s - y)
            }
        }
    }

    /// Sum of the losses of a slice. Numbers whose truth is NaN count nothing.
    pub fn sum<T: Real>(self, p: &[T], y: &[T]) -> f64 {
        p.iter().zip(y).map(|(&p, &y)| self.seen(p, y).0).sum()
    }

    /// The same, and every forecast in `p` becomes `scale` times its derivative.
    pub fn sum_in_place<T: Real>(self, p: &mut [T], y: &[T], scale: f64) -> f64 {
        let mut total = 0.0;
        for (p, &y) in p.iter_mut().zip(y) {
            let (value, slope) = self.seen(*p, y);
            total += value;
            *p = T::from_f64(slope * scale);
        }
        total
    }

    fn seen<T: Real>(self, p: T, y: T) -> (f64, f64) {
        let y = y.to_f64();
        if y.is_nan() { (0.0, 0.0) } else { self.of(p.to_f64(), y) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_agree_with_differences() {
        let losses = [
            Loss::Mse,
            Loss::Mae,
            Loss::Huber { delta: 0.7 },
            Loss::Pinball { quantile: 0.1 },
            Loss::BinaryCrossEntropy,
        ];
        for loss in losses {
            for p in [-2.0, -0.3, 0.2, 1.4, 6.0] {
                let y = 1.0;
                let e = 1e-6;
                let want = (loss.of(p + e, y).0 - loss.of(p - e, y).0) / (2.0 * e);
                let (_, got) = loss.of(p, y);
                assert!((got - want).abs() < 1e-7, "{loss:?} at {p}: {got} {want}");
            }
        }
    }

    #[test]
    fn missing_truth_counts_nothing() {
        let (mut p, y) = ([1.0, 5.0], [3.0, f64::NAN]);
        assert_eq!(Loss::Mse.sum(&p, &y), 4.0);
        assert_eq!((Loss::Mse.sum_in_place(&mut p, &y, 0.5), p), (4.0, [-2.0, 0.0]));
    }
}
