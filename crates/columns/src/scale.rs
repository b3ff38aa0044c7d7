//! Numbers on a common scale, fitted on the cells of training rows that are there: z = (x − mean)/deviation,
//! (x − min)/(max − min), (x − median)/(q₇₅ − q₂₅), or the share of training cells below x, by 1,000 quantiles at most.
//! A divisor of zero is taken as 1. As scikit-learn's `StandardScaler`, `MinMaxScaler`, `RobustScaler` and
//! `QuantileTransformer`.

use gyeol_base::quantile;
use serde::{Deserialize, Serialize};

/// Most quantiles kept.
const QUANTILES: usize = 1000;

/// How numbers are scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Mean 0, population standard deviation 1.
    #[default]
    Standard,
    /// From 0 to 1.
    MinMax,
    /// Median 0, interquartile range 1.
    Robust,
    /// The share of training cells below.
    Quantile,
    /// As they are.
    None,
}

gyeol_base::named!(Scaling, "a scaling", "standard" => Scaling::Standard, "min-max" => Scaling::MinMax, "robust" => Scaling::Robust, "quantile" => Scaling::Quantile, "none" => Scaling::None);

/// A fitted scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scale {
    Affine { center: f64, scale: f64 },
    Quantiles(Vec<f64>),
}

impl Scale {
    pub const AS_IS: Scale = Scale::Affine { center: 0.0, scale: 1.0 };

    /// Fits on sorted finite values.
    pub fn fit(scaling: Scaling, sorted: &[f64]) -> Scale {
        let n = sorted.len() as f64;
        let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return Scale::AS_IS };
        let (center, scale) = match scaling {
            Scaling::None => return Scale::AS_IS,
            Scaling::Quantile => {
                let count = QUANTILES.min(sorted.len());
                let at = |i: usize| quantile(sorted, i as f64 / (count - 1).max(1) as f64);
                return Scale::Quantiles((0..count).map(at).collect());
            }
            Scaling::Standard => {
                // Halves, so that the sum of two numbers near the largest does not overflow.
                let mean = 2.0 * sorted.iter().map(|v| v / 2.0 / n).sum::<f64>();
                let variance = sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
                // What is left of a constant is rounding.
                let noise = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
                (mean, if variance <= noise { 0.0 } else { variance.sqrt() })
            }
            Scaling::MinMax => (*low, high - low),
            Scaling::Robust => (quantile(sorted, 0.5), quantile(sorted, 0.75) - quantile(sorted, 0.25)),
        };
        let usable = scale.is_finite() && scale > 10.0 * f64::EPSILON * f64::EPSILON;
        Scale::Affine { center, scale: if usable { scale } else { 1.0 } }
    }

    /// A scaled number; finite for a finite one.
    pub fn at(&self, x: f64) -> f64 {
        match self {
            Scale::Affine { center, scale } => ((x - center) / scale).clamp(f64::MIN, f64::MAX),
            Scale::Quantiles(q) => {
                let last = (q.len() - 1).max(1) as f64;
                // Between equal quantiles lies a run of places: their middle.
                let (below, upto) = (q.partition_point(|v| *v < x), q.partition_point(|v| *v <= x));
                match (below, upto) {
                    // At the ends a run counts as the end.
                    (0, _) => 0.0,
                    (_, u) if u == q.len() => 1.0,
                    (b, u) if b < u => (b + u - 1) as f64 / 2.0 / last,
                    (b, _) => (b as f64 - 1.0 + (x - q[b - 1]) / (q[b] - q[b - 1])) / last,
                }
            }
        }
    }

    pub fn sound(&self) -> bool {
        match self {
            Scale::Affine { center, scale } => center.is_finite() && scale.is_finite() && *scale > 0.0,
            Scale::Quantiles(q) => !q.is_empty() && q.iter().all(|v| v.is_finite()) && q.is_sorted(),
        }
    }
}
