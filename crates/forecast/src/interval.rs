//! Forecast intervals by split-conformal prediction (Lei et al. 2018; Romano et al. 2019 for the two sides): quantiles of the
//! validation residuals with the finite-sample correction, by target and row ahead, and within them by the hour of the day (the
//! weekday of a daily clock, the month of a monthly one) and the level of the forecast (Mondrian categories, Vovk et al. 2005).
//!
//! With n residuals, the upper end takes the ⌈(n + 1)(1 - α/2)⌉-th smallest and the lower end the
//! ⌊(n + 1) α/2⌋-th: an exchangeable new reading lies inside with probability at least 1 - α.

use serde::{Deserialize, Serialize};

use crate::prepare::Prepared;
use crate::windows::Window;

/// Offsets to add to a forecast for its interval.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Promised coverage.
    pub level: f64,
    /// Offset of the lower end, by channel and row ahead, in the unit of the forecasts it was fitted on.
    pub low: Vec<Vec<f64>>,
    /// Offset of the upper end.
    pub high: Vec<Vec<f64>>,
    /// By channel and hour of the day (or whatever the clock goes round in), in half-widths of the row ahead; empty where there
    /// were too few days to tell hours apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Vec<Hour>>,
    /// By channel, what no reading can lie below: 0 where none of training did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<Option<f64>>,
}

/// Offsets within one hour of the day, by level of the forecast.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hour {
    /// Ends of the levels, in scaled units, one fewer than offsets.
    pub cuts: Vec<f64>,
    /// Offset of the lower end.
    pub low: Vec<f64>,
    /// Offset of the upper end.
    pub high: Vec<f64>,
}

/// Fewest rounds of the clock (days of hours) that tell its hours apart, and those for each level of the forecast.
const ROUNDS: usize = 20;
const ROUNDS_A_LEVEL: usize = 60;
const MOST_LEVELS: usize = 3;
/// Hours on either side that lend their residuals where days are few.
const NEIGHBOURS: usize = 2;

/// A residual of the validation part, in scaled units.
struct Residual {
    ahead: usize,
    hour: usize,
    level: f64,
    value: f64,
}

impl Intervals {
    /// From the forecasts (windows, horizon) of the validation part, in the targets' unit.
    pub fn fit(level: f64, data: &Prepared, windows: &[Window], forecasts: &[f64]) -> Intervals {
        let spec = &data.spec;
        let mut residuals: Vec<Vec<Residual>> = spec.targets.iter().map(|_| Vec::new()).collect();
        let mut rounds = vec![(u32::MAX, 0u32); spec.targets.len()];
        for (w, forecast) in windows.iter().zip(forecasts.chunks_exact(spec.horizon)) {
            let s = &data.series[w.series as usize];
            let (channel, origin) = (w.channel as usize, w.origin as usize);
            rounds[channel] = (rounds[channel].0.min(w.origin), rounds[channel].1.max(w.origin));
            let scaler = &s.scalers[channel];
            for (ahead, &value) in forecast.iter().enumerate() {
                let truth = s.truth[channel][origin + ahead];
                if !truth.is_nan() {
                    residuals[channel].push(Residual {
                        ahead,
                        hour: data.hour(s, origin + ahead),
                        level: scaler.transform(value),
                        value: (truth - value) / scaler.scale,
                    });
                }
            }
        }
        let mut fitted = Intervals { level, ..Intervals::default() };
        for (channel, residuals) in residuals.iter().enumerate() {
            let mut by_ahead: Vec<Vec<f64>> = vec![Vec::new(); spec.horizon];
            residuals.iter().for_each(|r| by_ahead[r.ahead].push(r.value));
            let (low, high): (Vec<f64>, Vec<f64>) =
                by_ahead.into_iter().map(|values| ends(values.into_iter(), level)).unzip();
            let rows = (rounds[channel].1 + 1).saturating_sub(rounds[channel].0) as usize;
            let rounds = rows / data.round();
            let half: Vec<f64> = low.iter().zip(&high).map(|(l, h)| (h - l) / 2.0).collect();
            if data.hours() > 1 && rounds >= ROUNDS && half.iter().all(|h| *h > 0.0) {
                let levels = (rounds / ROUNDS_A_LEVEL).clamp(1, MOST_LEVELS);
                let mut hours: Vec<Vec<(f64, f64)>> = vec![Vec::new(); data.hours()];
                residuals.iter().for_each(|r| hours[r.hour].push((r.level, r.value / half[r.ahead])));
                if levels == 1 {
                    hours = with_neighbours(&hours);
                }
                fitted.hours.push(hours.into_iter().map(|found| Hour::fit(found, levels, level)).collect());
            }
            fitted.low.push(low);
            fitted.high.push(high);
            let never_below =
                data.series.iter().all(|s| s.scalers[channel].seen.is_some_and(|(l, _)| l >= 0.0));
            fitted.floor.push(never_below.then_some(0.0));
        }
        // Hours of every target or of none: one that could not be told apart would lack a place.
        if fitted.hours.len() < spec.targets.len() {
            fitted.hours.clear();
        }
        fitted
    }

    /// Lower and upper end around the forecast of a window, `ahead` rows from its origin, in the target's unit.
    pub fn around(&self, data: &Prepared, w: &Window, ahead: usize, value: f64) -> (f64, f64) {
        let s = &data.series[w.series as usize];
        let channel = w.channel as usize;
        let scaler = &s.scalers[channel];
        let (low, high) = (self.low[channel][ahead], self.high[channel][ahead]);
        let (low, high) = match self.hours.get(channel) {
            Some(hours) => {
                let hour = &hours[data.hour(s, w.origin as usize + ahead)];
                let at = hour.place(scaler.transform(value));
                let half = (high - low) / 2.0;
                (hour.low[at] * half, hour.high[at] * half)
            }
            None => (low, high),
        };
        let floor = self.floor.get(channel).copied().flatten().unwrap_or(f64::NEG_INFINITY);
        ((value + low * scaler.scale).max(floor), (value + high * scaler.scale).max(floor))
    }

    /// True when it covers the targets, rows ahead and hours of readings.
    pub fn fits(&self, channels: usize, horizon: usize, hours: usize) -> bool {
        let rows = |o: &[Vec<f64>]| o.len() == channels && o.iter().all(|o| o.len() == horizon);
        let whole = |h: &Hour| h.low.len() == h.cuts.len() + 1 && h.high.len() == h.low.len();
        let all = |h: &[Hour]| h.len() == hours && h.iter().all(whole);
        rows(&self.low)
            && rows(&self.high)
            && (self.hours.is_empty() || self.hours.len() == channels && self.hours.iter().all(|h| all(h)))
    }
}

/// Few days leave an hour few residuals, and its ends to chance: those of the hours beside it, brought to its own mean size, are
/// taken as well.
fn with_neighbours(hours: &[Vec<(f64, f64)>]) -> Vec<Vec<(f64, f64)>> {
    let n = hours.len();
    let size = |h: usize| hours[h].iter().map(|r| r.1.abs()).sum::<f64>() / hours[h].len().max(1) as f64;
    let beside = NEIGHBOURS.min((n - 1) / 2);
    let of = |h: usize| {
        let from = (0..=2 * beside).map(|i| (h + n + i - beside) % n).filter(|&other| size(other) > 0.0);
        let brought =
            from.flat_map(|other| hours[other].iter().map(move |r| (r.0, r.1 / size(other) * size(h))));
        brought.collect()
    };
    (0..n).map(of).collect()
}

impl Hour {
    /// From levels of the forecast and residuals; a level holds as many as another.
    fn fit(mut found: Vec<(f64, f64)>, levels: usize, coverage: f64) -> Hour {
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut hour = Hour::default();
        for i in 0..levels {
            let part = &found[found.len() * i / levels..found.len() * (i + 1) / levels];
            let (low, high) = ends(part.iter().map(|p| p.1), coverage);
            if let (Some(first), true) = (part.first(), i > 0) {
                hour.cuts.push(first.0);
            } else if i > 0 {
                continue;
            }
            hour.low.push(low);
            hour.high.push(high);
        }
        hour
    }

    fn place(&self, level: f64) -> usize {
        self.cuts.iter().take_while(|&&cut| level >= cut).count()
    }
}

/// The two ends of residuals; 0 where there are none.
fn ends(residuals: impl Iterator<Item = f64>, level: f64) -> (f64, f64) {
    let tail = (1.0 - level) / 2.0;
    let mut sorted: Vec<f64> = residuals.filter(|r| r.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    let at = |rank: f64| sorted.get((rank as usize).clamp(1, n.max(1)) - 1).copied().unwrap_or(0.0);
    (at(((n + 1) as f64 * tail).floor()), at(((n + 1) as f64 * (1.0 - tail)).ceil()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_tensor::Rng;

    #[test]
    fn ranks_are_those_of_the_formula() {
        // 19 residuals, level 0.9: ranks ⌊20 · 0.05⌋ = 1 and ⌈20 · 0.95⌉ = 19.
        assert_eq!(ends((1..=19).map(f64::from), 0.9), (1.0, 19.0));
    }

    #[test]
    fn coverage_is_kept_on_new_draws() {
        let mut rng = Rng::new(4);
        let draw = |rng: &mut Rng| rng.normal().powi(3);
        let (low, high) = ends((0..2000).map(|_| draw(&mut rng)), 0.9);
        let inside = (0..20_000).filter(|_| (low..=high).contains(&draw(&mut rng))).count();
        assert!((17_700..18_350).contains(&inside), "{inside}");
    }

    #[test]
    fn levels_of_an_hour_have_their_own_width() {
        // Residuals as wide as the level: three levels, each covered as promised.
        let mut rng = Rng::new(9);
        let mut draw = || {
            let level = 3.0 * rng.uniform();
            (level, level * rng.normal())
        };
        let hour = Hour::fit((0..9000).map(|_| draw()).collect(), 3, 0.9);
        assert_eq!((hour.cuts.len(), hour.low.len()), (2, 3));
        let mut seen = [(0, 0); 3];
        for _ in 0..9000 {
            let (level, value) = draw();
            let at = hour.place(level);
            seen[at].0 += usize::from((hour.low[at]..=hour.high[at]).contains(&value));
            seen[at].1 += 1;
        }
        for (inside, all) in seen {
            assert!((inside as f64 / all as f64 - 0.9).abs() < 0.02, "{inside} of {all}");
        }
        assert!(hour.high[2] > 2.0 * hour.high[0]);
    }
}
