//! Forecast intervals by split-conformal prediction (Lei et al. 2018; Romano et al. 2019 for the two sides):
//! the quantiles of the validation residuals, by target and row ahead, with the finite-sample correction.
//!
//! With n residuals, the upper end takes the ⌈(n + 1)(1 - α/2)⌉-th smallest and the lower end the
//! ⌊(n + 1) α/2⌋-th: an exchangeable new reading lies inside with probability at least 1 - α.

use serde::{Deserialize, Serialize};

/// Offsets to add to a forecast for its interval.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Promised coverage.
    pub level: f64,
    /// Offset of the lower end, by channel and row ahead, in the unit of the forecasts it was fitted on.
    pub low: Vec<Vec<f64>>,
    /// Offset of the upper end.
    pub high: Vec<Vec<f64>>,
}

impl Intervals {
    /// Lower and upper end around a forecast `ahead` rows from its origin; `scale` undoes the scaling of the offsets.
    pub fn around(&self, channel: usize, ahead: usize, value: f64, scale: f64) -> (f64, f64) {
        (value + self.low[channel][ahead] * scale, value + self.high[channel][ahead] * scale)
    }

    /// From residuals (truth minus forecast) by channel and row ahead; NaN where nothing was observed.
    pub fn fit(level: f64, residuals: &[Vec<Vec<f64>>]) -> Intervals {
        let tail = (1.0 - level) / 2.0;
        let mut fitted = Intervals { level, low: Vec::new(), high: Vec::new() };
        for channel in residuals {
            let (mut low, mut high) = (Vec::new(), Vec::new());
            for step in channel {
                let mut sorted: Vec<f64> = step.iter().copied().filter(|r| r.is_finite()).collect();
                sorted.sort_unstable_by(f64::total_cmp);
                let n = sorted.len();
                let at =
                    |rank: f64| sorted.get((rank as usize).clamp(1, n.max(1)) - 1).copied().unwrap_or(0.0);
                low.push(at(((n + 1) as f64 * tail).floor()));
                high.push(at(((n + 1) as f64 * (1.0 - tail)).ceil()));
            }
            fitted.low.push(low);
            fitted.high.push(high);
        }
        fitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_tensor::Rng;

    #[test]
    fn ranks_are_those_of_the_formula() {
        // 19 residuals, level 0.9: ranks ⌊20 · 0.05⌋ = 1 and ⌈20 · 0.95⌉ = 19.
        let r: Vec<f64> = (1..=19).map(f64::from).collect();
        let i = Intervals::fit(0.9, &[vec![r]]);
        assert_eq!((i.low[0][0], i.high[0][0]), (1.0, 19.0));
    }

    #[test]
    fn coverage_is_kept_on_new_draws() {
        let mut rng = Rng::new(4);
        let draw = |rng: &mut Rng| rng.normal().powi(3);
        let r: Vec<f64> = (0..2000).map(|_| draw(&mut rng)).collect();
        let i = Intervals::fit(0.9, &[vec![r]]);
        let inside = (0..20_000)
            .filter(|_| {
                let x = draw(&mut rng);
                x >= i.low[0][0] && x <= i.high[0][0]
            })
            .count();
        assert!((17_700..18_350).contains(&inside), "{inside}");
    }
}
