//! Forecast intervals and quantiles by split-conformal prediction (Lei et al. 2018; Romano et al. 2019 for the two sides):
//! quantiles of the validation residuals with the finite-sample correction, by target and row ahead, and within them by the hour
//! of the day (the weekday of a daily clock, the month of a monthly one) and the level of the forecast (Mondrian categories,
//! Vovk et al. 2005). Where there are several series, residuals are first brought to one size, the mean absolute residual of each
//! (locally weighted conformal prediction, Lei et al. 2018): the sum of a thousand meters errs less, on its own scale, than any of them.
//!
//! With n residuals, the upper end takes the ⌈(n + 1)(1 - α/2)⌉-th smallest and the lower end the
//! ⌊(n + 1) α/2⌋-th: an exchangeable new reading lies inside with probability at least 1 - α. A quantile of level τ takes the
//! ⌈(n + 1) τ⌉-th above the median, the ⌊(n + 1) τ⌋-th below it, and between the two at the median. That one moves the forecast
//! only where the medians of one half of the validation part lessen the pinball loss of the other half, each taken in turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::adaptive::{Drift, SKETCH};
use crate::error::parameter;
use crate::limit::{Limit, over};
use crate::prepare::{Prepared, PreparedSeries, Spec};
use crate::response::ResponseModel;
use crate::rung::RungPredictor;
use crate::windows::Window;

/// Most quantile levels.
pub const MOST_QUANTILES: usize = 99;

/// Offsets to add to a forecast for its interval and its quantiles.
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
    /// By series and channel, the size of its residuals against that of all; empty where there is one series.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spread: BTreeMap<String, Vec<f64>>,
    /// By channel, what no reading can lie below: 0 where none of training did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<Option<f64>>,
    /// Levels of the quantiles, ascending, each within 0 to 1; empty where none were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<f64>,
    /// Offsets of the quantiles, by channel, row ahead and level; empty where hours are told apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<Vec<Vec<f64>>>,
    /// By channel, the mean absolute residual that they were fitted on, in scaled units; empty of models before it was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error: Vec<f64>,
    /// How they follow drift where origins come one after another; `None` where they stay as they were fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// A limit whose crossing is warned of by the quantiles; `None` where none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// What tells quantiles of its own by scenarios, about whose median they are set around a forecast in place of the offsets.
    #[serde(skip)]
    pub own: Option<Arc<ResponseModel>>,
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
    /// Offsets of the quantiles, by level of the forecast and quantile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<Vec<f64>>,
}

/// Interval and quantiles around one value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ends {
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The quantiles in the order of [`Intervals::levels`]; none lies below the one before it.
    pub quantiles: Vec<f64>,
    /// Probability of a value above the limit, where there is one.
    pub over: Option<f64>,
}

/// Fewest rounds of the clock (days of hours) that tell its hours apart, and those for each level of the forecast.
const ROUNDS: usize = 20;
const ROUNDS_A_LEVEL: usize = 60;
const MOST_LEVELS: usize = 3;
/// Hours on either side that lend their residuals where days are few.
const NEIGHBOURS: usize = 2;

/// A residual of the validation part, in scaled units.
#[derive(Clone, Copy)]
struct Residual {
    /// Milliseconds of the origin.
    origin: i64,
    ahead: usize,
    hour: usize,
    level: f64,
    value: f64,
}

/// What residuals are told apart by.
struct Categories {
    coverage: f64,
    levels: Vec<f64>,
    horizon: usize,
    hours: usize,
}

/// Sorted levels of quantiles.
///
/// # Errors
/// `parameter` for a level outside 0 to 1, one given twice, or more than [`MOST_QUANTILES`].
pub fn levels(asked: &[f64]) -> Result<Vec<f64>> {
    let mut sorted = asked.to_vec();
    sorted.sort_by(f64::total_cmp);
    if let Some(odd) = sorted.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        return Err(parameter("a level of `quantiles`", odd, "above 0 and below 1"));
    }
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(parameter("a level of `quantiles`", pair[0], "given once"));
    }
    if sorted.len() > MOST_QUANTILES {
        let found = format!("a list of {}", sorted.len());
        return Err(parameter("`quantiles`", found, format!("a list of at most {MOST_QUANTILES} levels")));
    }
    Ok(sorted)
}

/// Most offsets and scores that a model file holds as text.
const MOST_OFFSETS: usize = 400_000;

/// Whether a model file has room for so many quantiles of every row ahead and target.
///
/// # Errors
/// `parameter` where it has not.
pub fn room(levels: usize, adaptive: bool, spec: &Spec) -> Result<()> {
    let scores = if adaptive { SKETCH * (2 + levels) } else { 0 };
    let each = levels.saturating_mul(spec.horizon) + scores;
    if each.saturating_mul(spec.targets.len()) <= MOST_OFFSETS {
        return Ok(());
    }
    let found =
        format!("a list of {levels} for {} rows ahead of {} targets", spec.horizon, spec.targets.len());
    Err(parameter("`quantiles`", found, "shorter: a model file holds no more offsets"))
}

/// Name of the column of a quantile: `q10`, `q97.5`.
pub fn quantile_name(level: f64) -> String {
    // Thousandths of a percent: 100 · 0.07 is not 7 in binary.
    format!("q{}", (level * 1e7).round() / 1e5)
}

impl Intervals {
    /// From the forecasts (windows, horizon) of the validation part, in the targets' unit; `levels` as [`levels`] sorts them.
    pub fn fit(
        coverage: f64,
        levels: &[f64],
        data: &Prepared,
        windows: &[Window],
        forecasts: &[f64],
    ) -> Intervals {
        let spec = &data.spec;
        let spread = spread(data, windows, forecasts);
        let mut residuals: Vec<Vec<Residual>> = spec.targets.iter().map(|_| Vec::new()).collect();
        let mut rounds = vec![(u32::MAX, 0u32); spec.targets.len()];
        for (w, forecast) in windows.iter().zip(forecasts.chunks_exact(spec.horizon)) {
            let s = &data.series[w.series as usize];
            let (channel, origin) = (w.channel as usize, w.origin as usize);
            rounds[channel] = (rounds[channel].0.min(w.origin), rounds[channel].1.max(w.origin));
            let scaler = &s.scalers[channel];
            let unit = scaler.scale * size(&spread, s, channel);
            for (ahead, &value) in forecast.iter().enumerate() {
                let truth = s.truth[channel][origin + ahead];
                if !truth.is_nan() {
                    residuals[channel].push(Residual {
                        origin: s.clock.at(origin),
                        ahead,
                        hour: data.hour(s, origin + ahead),
                        level: scaler.transform(value),
                        value: (truth - value) / unit,
                    });
                }
            }
        }
        let mut fitted =
            Intervals { level: coverage, levels: levels.to_vec(), spread, ..Intervals::default() };
        let told =
            Categories { coverage, levels: levels.to_vec(), horizon: spec.horizon, hours: data.hours() };
        for (channel, residuals) in residuals.iter().enumerate() {
            let sum: f64 = residuals.iter().map(|r| r.value.abs()).filter(|v| v.is_finite()).sum();
            fitted.error.push(sum / residuals.len().max(1) as f64);
            let rows = (rounds[channel].1 + 1).saturating_sub(rounds[channel].0) as usize;
            let rounds = rows / data.round();
            let mut one = told.fit(residuals, rounds);
            if let Some(median) = levels.iter().position(|level| *level == 0.5)
                && !told.moves(residuals, rounds)
            {
                let hours = one.hours.iter_mut().flatten().flat_map(|hour| &mut hour.quantiles);
                let rows = one.quantiles.iter_mut().flatten();
                hours.chain(rows).for_each(|offsets| offsets[median] = 0.0);
            }
            fitted.low.append(&mut one.low);
            fitted.high.append(&mut one.high);
            fitted.quantiles.append(&mut one.quantiles);
            fitted.hours.append(&mut one.hours);
            let never_below =
                data.series.iter().all(|s| s.scalers[channel].seen.is_some_and(|(l, _)| l >= 0.0));
            fitted.floor.push(never_below.then_some(0.0));
        }
        // Hours of every target or of none: one that could not be told apart would lack a place.
        if fitted.hours.len() < spec.targets.len() {
            fitted.hours.clear();
        } else {
            fitted.quantiles.clear();
        }
        fitted
    }

    /// The same intervals, told by the scenarios of a predictor where it has any.
    #[must_use]
    pub fn of(self, predictor: &RungPredictor) -> Intervals {
        Intervals { own: predictor.own(), ..self }
    }

    /// The same intervals with a limit, whose threshold the forecasts (windows, horizon) of the validation part choose.
    #[must_use]
    pub fn warning(
        self,
        limit: f64,
        miss_cost: f64,
        data: &Prepared,
        windows: &[Window],
        forecasts: &[f64],
    ) -> Intervals {
        let levels = self.levels.clone();
        let mut found = Vec::new();
        self.each(data, windows, forecasts, &mut |i, ahead, ends| {
            let w = &windows[i];
            let y = data.series[w.series as usize].truth[w.channel as usize][w.origin as usize + ahead];
            if !y.is_nan() {
                found.push((over(&levels, &ends.quantiles, limit), y > limit));
            }
        });
        Intervals { limit: Some(Limit::fit(limit, miss_cost, found)), ..self }
    }

    /// Lower and upper end around the forecast of a window, `ahead` rows from its origin, in the target's unit.
    pub fn around(&self, data: &Prepared, w: &Window, ahead: usize, value: f64) -> (f64, f64) {
        let ends = self.ends(data, w, ahead, value);
        (ends.low, ends.high)
    }

    /// The quantiles of that forecast, in the order of the levels.
    pub fn quantiles(&self, data: &Prepared, w: &Window, ahead: usize, value: f64) -> Vec<f64> {
        self.ends(data, w, ahead, value).quantiles
    }

    /// Interval and quantiles around the forecast of a window, `ahead` rows from its origin, in the target's unit.
    pub fn ends(&self, data: &Prepared, w: &Window, ahead: usize, value: f64) -> Ends {
        self.at(data, w).ends(ahead, value)
    }

    /// The levels of the two ends and of the quantiles.
    pub(crate) fn nominal(&self) -> Vec<f64> {
        let tail = (1.0 - self.level) / 2.0;
        [tail, 1.0 - tail].into_iter().chain(self.levels.iter().copied()).collect()
    }

    /// Ends that keep the floor and their order (monotone rearrangement, Chernozhukov et al. 2010).
    pub(crate) fn held(&self, channel: usize, bare: &[f64]) -> Ends {
        let floor = self.floor.get(channel).copied().flatten().unwrap_or(f64::NEG_INFINITY);
        let mut quantiles: Vec<f64> = bare[2..].iter().map(|q| q.max(floor)).collect();
        quantiles.sort_by(f64::total_cmp);
        let over = self.limit.as_ref().map(|limit| over(&self.levels, &quantiles, limit.value));
        Ends { low: bare[0].max(floor), high: bare[1].max(floor), quantiles, over }
    }

    /// Offsets of the two ends and of the quantiles, and the scaled units that they are in.
    pub(crate) fn offsets(
        &self,
        channel: usize,
        ahead: usize,
        hour: usize,
        level: f64,
    ) -> (f64, f64, &[f64], f64) {
        let (low, high) = (self.low[channel][ahead], self.high[channel][ahead]);
        match self.hours.get(channel) {
            Some(hours) => {
                let hour = &hours[hour];
                let at = hour.place(level);
                let quantiles = hour.quantiles.get(at).map_or(&[][..], Vec::as_slice);
                (hour.low[at], hour.high[at], quantiles, (high - low) / 2.0)
            }
            None => {
                let quantiles = self.quantiles.get(channel).map_or(&[][..], |rows| &rows[ahead]);
                (low, high, quantiles, 1.0)
            }
        }
    }

    /// True when it covers the targets, rows ahead, hours of readings and quantiles.
    pub fn fits(&self, channels: usize, horizon: usize, hours: usize) -> bool {
        let rows = |o: &[Vec<f64>]| o.len() == channels && o.iter().all(|o| o.len() == horizon);
        let wide = |o: &[Vec<f64>], n: usize| {
            let n = if self.levels.is_empty() { 0 } else { n };
            o.len() == n && o.iter().all(|q| q.len() == self.levels.len())
        };
        let whole = |h: &Hour| {
            h.low.len() == h.cuts.len() + 1 && h.high.len() == h.low.len() && wide(&h.quantiles, h.low.len())
        };
        let all = |h: &[Hour]| h.len() == hours && h.iter().all(whole);
        let by_row = !self.levels.is_empty() && self.hours.is_empty();
        rows(&self.low)
            && rows(&self.high)
            && (self.hours.is_empty() || self.hours.len() == channels && self.hours.iter().all(|h| all(h)))
            && self.quantiles.len() == if by_row { channels } else { 0 }
            && self.quantiles.iter().all(|rows| wide(rows, horizon))
            && levels(&self.levels).is_ok_and(|sorted| sorted == self.levels)
            && self.limit.as_ref().is_none_or(|limit| limit.fits() && !self.levels.is_empty())
            && (self.error.is_empty() || self.error.len() == channels)
            && self
                .spread
                .values()
                .all(|s| s.len() == channels && s.iter().all(|v| *v > 0.0 && v.is_finite()))
            && self.drift.as_ref().is_none_or(|drift| drift.fits(channels, 2 + self.levels.len()))
    }
}

/// The size of a series' residuals against that of all.
pub(crate) fn size(spread: &BTreeMap<String, Vec<f64>>, s: &PreparedSeries, channel: usize) -> f64 {
    let known = s.id.as_ref().and_then(|id| spread.get(id)).and_then(|of| of.get(channel));
    known.copied().unwrap_or(1.0)
}

/// Residuals of all series that each one's own size is drawn towards: a few say little of it.
const DRAWN: f64 = 20.0;

/// The mean absolute residual of each series by that of all, in scaled units; nothing of a single series.
fn spread(data: &Prepared, windows: &[Window], forecasts: &[f64]) -> BTreeMap<String, Vec<f64>> {
    let channels = data.spec.targets.len();
    if data.series.len() < 2 {
        return BTreeMap::new();
    }
    let mut sums = vec![(0.0f64, 0.0f64); data.series.len() * channels];
    for (w, forecast) in windows.iter().zip(forecasts.chunks_exact(data.spec.horizon)) {
        let s = &data.series[w.series as usize];
        let (channel, origin) = (w.channel as usize, w.origin as usize);
        let (sum, n) = &mut sums[w.series as usize * channels + channel];
        for (value, truth) in forecast.iter().zip(&s.truth[channel][origin..]).filter(|(_, y)| !y.is_nan()) {
            *sum += (truth - value).abs() / s.scalers[channel].scale;
            *n += 1.0;
        }
    }
    let of_all = |channel: usize| {
        let own = sums.iter().skip(channel).step_by(channels);
        let (sum, n) = own.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
        sum / f64::max(n, 1.0)
    };
    let all: Vec<f64> = (0..channels).map(of_all).collect();
    let one = |(i, s): (usize, &PreparedSeries)| {
        let own = (0..channels).map(|channel| {
            let ((sum, n), mean) = (sums[i * channels + channel], all[channel]);
            // A series that never errs keeps a little width.
            if mean > 0.0 { ((sum + DRAWN * mean) / (n + DRAWN) / mean).max(1e-6) } else { 1.0 }
        });
        Some((s.id.clone()?, own.collect()))
    };
    data.series.iter().enumerate().filter_map(one).collect()
}

impl Categories {
    /// The offsets of one channel, as intervals that have it alone; `rounds` of the clock were seen.
    fn fit(&self, residuals: &[Residual], rounds: usize) -> Intervals {
        let mut by_ahead: Vec<Vec<f64>> = vec![Vec::new(); self.horizon];
        residuals.iter().for_each(|r| by_ahead[r.ahead].push(r.value));
        let by_ahead: Vec<Sorted> =
            by_ahead.into_iter().map(|values| Sorted::of(values.into_iter())).collect();
        let (low, high): (Vec<f64>, Vec<f64>) = by_ahead.iter().map(|r| r.ends(self.coverage)).unzip();
        let half: Vec<f64> = low.iter().zip(&high).map(|(l, h)| (h - l) / 2.0).collect();
        let mut fitted = Intervals { low: vec![low], high: vec![high], ..Intervals::default() };
        if !self.levels.is_empty() {
            fitted.quantiles.push(by_ahead.iter().map(|r| r.quantiles(&self.levels)).collect());
        }
        if self.hours > 1 && rounds >= ROUNDS && half.iter().all(|h| *h > 0.0) {
            let parts = (rounds / ROUNDS_A_LEVEL).clamp(1, MOST_LEVELS);
            let mut hours: Vec<Vec<(f64, f64)>> = vec![Vec::new(); self.hours];
            residuals.iter().for_each(|r| hours[r.hour].push((r.level, r.value / half[r.ahead])));
            if parts == 1 {
                hours = with_neighbours(&hours);
            }
            let hour = |found| Hour::fit(found, parts, self.coverage, &self.levels);
            fitted.hours.push(hours.into_iter().map(hour).collect());
        }
        fitted
    }

    /// Whether medians of the residuals make forecasts better that they were not taken from: those of either half of the
    /// time on the other half.
    fn moves(&self, residuals: &[Residual], rounds: usize) -> bool {
        let first = residuals.iter().map(|r| r.origin).min().unwrap_or(0);
        let last = residuals.iter().map(|r| r.origin).max().unwrap_or(0);
        let middle = first + (last - first) / 2;
        let (early, late): (Vec<Residual>, Vec<Residual>) =
            residuals.iter().copied().partition(|r| r.origin <= middle);
        let median = Categories { levels: vec![0.5], ..*self };
        let (mut plain, mut moved) = (0.0, 0.0);
        for (from, on) in [(&early, &late), (&late, &early)] {
            let fitted = median.fit(from, rounds / 2);
            for r in on {
                let (_, _, offsets, unit) = fitted.offsets(0, r.ahead, r.hour, r.level);
                plain += r.value.abs();
                moved += (r.value - offsets[0] * unit).abs();
            }
        }
        !early.is_empty() && !late.is_empty() && moved < plain
    }
}

/// Few days leave an hour few residuals, and its ends to chance: those of the hours beside it, brought to its own mean size, are
/// taken as well.
fn with_neighbours(hours: &[Vec<(f64, f64)>]) -> Vec<Vec<(f64, f64)>> {
    let n = hours.len();
    let size = |of: &Vec<(f64, f64)>| of.iter().map(|r| r.1.abs()).sum::<f64>() / of.len().max(1) as f64;
    let sizes: Vec<f64> = hours.iter().map(size).collect();
    let beside = NEIGHBOURS.min((n - 1) / 2);
    let of = |h: usize| {
        let from = (0..=2 * beside).map(|i| (h + n + i - beside) % n).filter(|&other| sizes[other] > 0.0);
        let own = sizes[h];
        let brought = from.flat_map(|other| {
            let theirs = sizes[other];
            hours[other].iter().map(move |r| (r.0, r.1 / theirs * own))
        });
        brought.collect()
    };
    (0..n).map(of).collect()
}

impl Hour {
    /// From levels of the forecast and residuals; a level holds as many as another.
    fn fit(mut found: Vec<(f64, f64)>, parts: usize, coverage: f64, levels: &[f64]) -> Hour {
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut hour = Hour::default();
        for i in 0..parts {
            let part = &found[found.len() * i / parts..found.len() * (i + 1) / parts];
            let sorted = Sorted::of(part.iter().map(|p| p.1));
            let (low, high) = sorted.ends(coverage);
            if let (Some(first), true) = (part.first(), i > 0) {
                hour.cuts.push(first.0);
            } else if i > 0 {
                continue;
            }
            hour.low.push(low);
            hour.high.push(high);
            if !levels.is_empty() {
                hour.quantiles.push(sorted.quantiles(levels));
            }
        }
        hour
    }

    fn place(&self, level: f64) -> usize {
        self.cuts.iter().take_while(|&&cut| level >= cut).count()
    }
}

/// Finite residuals by size.
struct Sorted(Vec<f64>);

impl Sorted {
    fn of(residuals: impl Iterator<Item = f64>) -> Sorted {
        let mut sorted: Vec<f64> = residuals.filter(|r| r.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Sorted(sorted)
    }

    /// The residual of a rank, counted from 1 and held to those that are there; 0 where there are none.
    fn rank(&self, rank: f64) -> f64 {
        let n = self.0.len();
        self.0.get((rank as usize).clamp(1, n.max(1)) - 1).copied().unwrap_or(0.0)
    }

    /// The two ends of an interval.
    fn ends(&self, coverage: f64) -> (f64, f64) {
        let (tail, n) = ((1.0 - coverage) / 2.0, (self.0.len() + 1) as f64);
        (self.rank((n * tail).floor()), self.rank((n * (1.0 - tail)).ceil()))
    }

    fn quantiles(&self, levels: &[f64]) -> Vec<f64> {
        let at = |&level: &f64| {
            // Ranks that are whole but for the rounding of the product are whole.
            let rank = (self.0.len() + 1) as f64 * level;
            let (below, above) = (self.rank((rank + 1e-9).floor()), self.rank((rank - 1e-9).ceil()));
            match level {
                0.5 => below + (above - below) / 2.0,
                level if level < 0.5 => below,
                _ => above,
            }
        };
        levels.iter().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_tensor::Rng;

    #[test]
    fn ranks_are_those_of_the_formula() {
        // 19 residuals, level 0.9: ranks ⌊20 · 0.05⌋ = 1 and ⌈20 · 0.95⌉ = 19.
        assert_eq!(Sorted::of((1..=19).map(f64::from)).ends(0.9), (1.0, 19.0));
        // ⌊20 · 0.1⌋ = 2, ⌊20 · 0.25⌋ = 5, the 10th, ⌈20 · 0.72⌉ = 15, ⌈20 · 0.9⌉ = 18, ⌈20 · 0.975⌉ = 20 of 19.
        let quantiles = Sorted::of((1..=19).map(f64::from)).quantiles(&[0.1, 0.25, 0.5, 0.72, 0.9, 0.975]);
        assert_eq!(quantiles, [2.0, 5.0, 10.0, 15.0, 18.0, 19.0]);
        // The median of an even number lies between two, and nothing at all gives 0.
        assert_eq!(Sorted::of([4.0, 1.0, f64::NAN, 2.0, 7.0].into_iter()).quantiles(&[0.5]), [3.0]);
        assert_eq!(Sorted::of(std::iter::empty()).quantiles(&[0.1, 0.5]), [0.0, 0.0]);
    }

    #[test]
    fn levels_are_sorted_and_odd_ones_refused() {
        assert_eq!(levels(&[0.9, 0.025, 0.5]).unwrap(), [0.025, 0.5, 0.9]);
        for (odd, said) in [
            (vec![0.1, 0.0], "is 0; it must be above 0"),
            (vec![1.0], "is 1;"),
            (vec![f64::NAN], "is NaN"),
            (vec![0.5, 0.1, 0.5], "is 0.5; it must be given once"),
            ((1..=100).map(|i| f64::from(i) / 101.0).collect(), "a list of 100"),
        ] {
            let error = levels(&odd).unwrap_err();
            assert!(error.code() == "parameter" && error.to_string().contains(said), "{error}");
        }
        let names: Vec<String> = [0.1, 0.07, 0.29, 0.975, 0.9999].into_iter().map(quantile_name).collect();
        assert_eq!(names, ["q10", "q7", "q29", "q97.5", "q99.99"]);
    }

    #[test]
    fn the_median_moves_the_forecast_only_where_both_halves_agree() {
        let told = Categories { coverage: 0.9, levels: vec![0.5], horizon: 1, hours: 1 };
        let mut rng = Rng::new(5);
        let mut drawn = |centre: &dyn Fn(i64) -> f64| -> Vec<Residual> {
            let one = |origin| Residual {
                origin,
                ahead: 0,
                hour: 0,
                level: 0.0,
                value: centre(origin) + rng.normal(),
            };
            (0..400).map(one).collect()
        };
        assert!(told.moves(&drawn(&|_| 1.0), 400));
        assert!(!told.moves(&drawn(&|at| if at < 200 { 1.0 } else { -1.0 }), 400));
        assert!(!told.moves(&drawn(&|_| 1.0)[..1], 1));
    }

    #[test]
    fn coverage_is_kept_on_new_draws() {
        let mut rng = Rng::new(4);
        let draw = |rng: &mut Rng| rng.normal().powi(3);
        let (low, high) = Sorted::of((0..2000).map(|_| draw(&mut rng))).ends(0.9);
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
        let hour = Hour::fit((0..9000).map(|_| draw()).collect(), 3, 0.9, &[]);
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
