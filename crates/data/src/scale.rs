//! Scalers: z = (x − center) / scale, fitted on the train part alone and carried inside the bundle.

use gyeol_base::{Fault, Result, quantile};
use serde::{Deserialize, Serialize};

/// How centre and scale are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScalerKind {
    /// Mean and population standard deviation.
    #[default]
    Standard,
    /// Minimum and range, so that the train part lies in 0..1.
    MinMax,
    /// Median and interquartile range.
    Robust,
}

/// A fitted scaler for one column.
///
/// ```
/// use gyeol_data::{Scaler, ScalerKind};
/// let s = Scaler::fit(ScalerKind::Standard, [1.0, 3.0, f64::NAN]);
/// assert_eq!((s.center, s.scale), (2.0, 1.0));
/// assert_eq!(s.inverse(s.transform(7.5)), 7.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaler {
    /// How it was fitted.
    pub kind: ScalerKind,
    /// Subtracted; in the column's unit.
    pub center: f64,
    /// Divided by; in the column's unit, never 0.
    pub scale: f64,
    /// Where readings were so far off that they would decide the fit: what models read is held within these ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<(f64, f64)>,
    /// The least and the largest value fitted on; not said by models of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<(f64, f64)>,
}

/// Ranges from the 1 % to the 99 % quantile that a reading may lie beyond them before it is held back.
const FAR: f64 = 5.0;

impl Scaler {
    /// Fits on finite values and ignores the rest; a constant or empty column gets scale 1. Readings farther than five times
    /// the range of the middle 98 % from it do not count, and [`Scaler::held`] knows their ends.
    pub fn fit(kind: ScalerKind, values: impl IntoIterator<Item = f64>) -> Scaler {
        let mut v: Vec<f64> = values.into_iter().filter(|x| x.is_finite()).collect();
        if v.is_empty() {
            return Scaler { kind, center: 0.0, scale: 1.0, fence: None, seen: None };
        }
        let mut sorted = v.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let seen = Some((sorted[0], sorted[sorted.len() - 1]));
        let (low, high) = (quantile(&sorted, 0.01), quantile(&sorted, 0.99));
        let ends = (low - FAR * (high - low), high + FAR * (high - low));
        let outside = |x: &f64| high > low && (*x < ends.0 || *x > ends.1);
        let fence = v.iter().any(outside).then_some(ends);
        v.retain(|x| !outside(x));
        let (center, scale) = match kind {
            ScalerKind::Standard => {
                let n = v.len() as f64;
                let mean = v.iter().sum::<f64>() / n;
                (mean, (v.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt())
            }
            ScalerKind::MinMax => {
                let low = v.iter().copied().fold(f64::INFINITY, f64::min);
                let high = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                (low, high - low)
            }
            ScalerKind::Robust => {
                v.sort_by(f64::total_cmp);
                (quantile(&v, 0.5), quantile(&v, 0.75) - quantile(&v, 0.25))
            }
        };
        // A deviation of rounding noise only is a constant column too.
        let usable = scale.is_finite() && scale > center.abs() * 1e-12 && scale > f64::MIN_POSITIVE;
        Scaler { kind, center, scale: if usable { scale } else { 1.0 }, fence, seen }
    }

    /// Checks a scaler that came from a file: centre finite, scale finite and above 0.
    pub fn check(&self) -> Result<()> {
        let fenced = self.fence.iter().chain(&self.seen).all(|(low, high)| low <= high);
        if self.center.is_finite() && self.scale.is_finite() && self.scale > 0.0 && fenced {
            return Ok(());
        }
        Err(Fault::new(
            "bad-scaler",
            format!("a scaler with centre {} and scale {}", self.center, self.scale),
        )
        .cause("an altered bundle")
        .next("fit the scaler again on the train part")
        .option())
    }

    /// (x − centre) / scale.
    pub fn transform(&self, x: f64) -> f64 {
        (x - self.center) / self.scale
    }

    /// The same of what models read: held within the fence, where there is one.
    pub fn held(&self, x: f64) -> f64 {
        self.transform(self.fence.map_or(x, |(low, high)| if x.is_nan() { x } else { x.clamp(low, high) }))
    }

    /// z · scale + centre.
    pub fn inverse(&self, z: f64) -> f64 {
        z * self.scale + self.center
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_uses_the_population_deviation() {
        // 2 4 4 4 5 5 7 9: mean 5, population deviation 2 (by hand: squares 9+1+1+1+0+0+4+16 = 32, 32/8 = 4).
        let s = Scaler::fit(ScalerKind::Standard, [2., 4., 4., 4., 5., 5., 7., 9.]);
        assert_eq!((s.center, s.scale), (5.0, 2.0));
    }

    #[test]
    fn robust_and_min_max_by_hand() {
        let v = [1.0, 2.0, 3.0, 4.0, 100.0];
        let s = Scaler::fit(ScalerKind::Robust, v);
        assert_eq!((s.center, s.scale), (3.0, 2.0));
        let s = Scaler::fit(ScalerKind::MinMax, v);
        assert_eq!((s.center, s.scale), (1.0, 99.0));
    }

    #[test]
    fn constant_and_empty_columns_get_scale_one() {
        for kind in [ScalerKind::Standard, ScalerKind::MinMax, ScalerKind::Robust] {
            assert_eq!(Scaler::fit(kind, [0.1; 7]).scale, 1.0);
            assert_eq!(Scaler::fit(kind, [f64::NAN]).scale, 1.0);
            assert_eq!(Scaler::fit(kind, [f64::NAN]).center, 0.0);
        }
    }
}
