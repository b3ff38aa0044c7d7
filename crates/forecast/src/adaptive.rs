//! Intervals and quantiles that follow drift where origins come one after another and their truth becomes known.
//!
//! Each end (the two of the interval, each quantile but the median) is moved by a quantile of its own scores
//! z = (truth - end) / half-width: those of the validation part, then those of the forecasts whose truth lies before the origin.
//!
//! - Scores are weighted by recency, 2^(-age / half-life) (Barber, Candès, Ramdas and Tibshirani 2023, *Conformal prediction beyond
//!   exchangeability*); the scores of one row count as one. The half-life is chosen on the later half of the validation part.
//! - The level that is read off follows what happened: α ← α + γ (nominal - share of truths below), as adaptive conformal
//!   inference does (Gibbs and Candès 2021).
//!
//! Scores are kept in bins that are narrow around 0, so that a row costs the same however long the past is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::around::At;
use crate::interval::{Ends, Intervals};
use crate::prepare::Prepared;
use crate::windows::{Window, picked};

/// How ends follow drift; fitted on the validation part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Rows after which a score counts half; `None` where old ones count as new ones.
    pub half_life: Option<f64>,
    /// Rows of the validation part, as many as its scores count for.
    pub rows: f64,
    /// Scores of the validation part at even steps of their ranks, by channel and end.
    pub start: Vec<Vec<Vec<f64>>>,
}

/// Half-lives tried, in rounds of the clock (or horizons, where these are longer).
const HALF_LIVES: [f64; 3] = [64.0, 16.0, 4.0];
/// Step of the level towards what happened in one row, and what the steps of one horizon may make together.
const STEP: f64 = 0.005;
const STEPS: f64 = 0.1;
/// Scores kept of the validation part.
pub(crate) const SKETCH: usize = 100;
/// Bins of scores: even steps of asinh(FINE z) from -REACH to REACH.
const BINS: usize = 640;
const FINE: f64 = 8.0;
const REACH: f64 = 10.0;
/// Weights are brought down before they grow beyond this.
const HEAVY: f64 = 1e100;

/// Scores by size, weighted.
#[derive(Debug, Clone)]
struct Pool {
    weights: Vec<f64>,
    total: f64,
}

impl Pool {
    fn new() -> Pool {
        Pool { weights: vec![0.0; BINS], total: 0.0 }
    }

    fn add(&mut self, score: f64, weight: f64) {
        let place = ((FINE * score).asinh() + REACH) / (2.0 * REACH) * BINS as f64;
        self.weights[(place.max(0.0) as usize).min(BINS - 1)] += weight;
        self.total += weight;
    }

    /// The score below which that much weight lies, even within a bin; 0 of nothing.
    fn at(&self, weight: f64) -> f64 {
        let wanted = weight.clamp(0.0, self.total);
        let mut before = 0.0;
        let mut found = None;
        for (bin, &weight) in self.weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            let share = ((wanted - before) / weight).clamp(0.0, 1.0);
            found = Some(bin as f64 + share);
            before += weight;
            if before >= wanted {
                break;
            }
        }
        found.map_or(0.0, |place| (place / BINS as f64 * 2.0 * REACH - REACH).sinh() / FINE)
    }

    fn scale(&mut self, by: f64) {
        self.weights.iter_mut().for_each(|weight| *weight *= by);
        self.total *= by;
    }
}

/// A forecast whose truth is not known yet.
#[derive(Debug, Clone)]
struct Issued {
    window: Window,
    forecast: Vec<f64>,
    shifts: Vec<f64>,
    /// As [`At::own`].
    own: Arc<[f64]>,
}

/// What is known of one target of one series.
#[derive(Debug, Clone)]
struct State {
    /// Rows before it are taken in.
    row: usize,
    /// Weight of a row of now.
    unit: f64,
    pools: Vec<Pool>,
    /// The level that is read off for each end.
    levels: Vec<f64>,
    issued: VecDeque<Issued>,
}

/// Ends driven origin by origin.
#[derive(Debug, Clone)]
pub struct Adaptive<'a> {
    intervals: &'a Intervals,
    drift: &'a Drift,
    /// The nominal level of each end.
    nominal: Vec<f64>,
    states: BTreeMap<(u32, u32), State>,
}

impl<'a> Adaptive<'a> {
    /// Ends before the first origin; `None` where the intervals follow nothing.
    pub fn new(intervals: &'a Intervals) -> Option<Adaptive<'a>> {
        let drift = intervals.drift.as_ref()?;
        Some(Adaptive { intervals, drift, nominal: intervals.nominal(), states: BTreeMap::new() })
    }

    /// Interval and quantiles of each row ahead of a window whose forecast is given. What lies before its origin is taken in
    /// first, and nothing else; origins of one target of one series come in the order of time, and one that goes back begins
    /// anew.
    pub fn ends(&mut self, data: &Prepared, w: &Window, forecast: &[f64]) -> Vec<Ends> {
        self.seen(data, w);
        let Some(state) = self.states.get_mut(&(w.series, w.channel)) else { return Vec::new() };
        let shifts: Vec<f64> =
            (0..self.nominal.len()).map(|end| state.shift(end, self.nominal[end])).collect();
        let (at, mut bare) = (self.intervals.at(data, w), Vec::new());
        let ends = forecast.iter().enumerate().map(|(ahead, &value)| {
            let half = at.half(ahead, value, &mut bare);
            bare.iter_mut().zip(&shifts).for_each(|(end, shift)| *end += shift * half);
            if bare[0] > bare[1] {
                bare.swap(0, 1);
            }
            self.intervals.held(w.channel as usize, &bare)
        });
        let ends = ends.collect();
        state.issued.push_back(Issued {
            window: *w,
            forecast: forecast.to_vec(),
            shifts,
            own: at.own().clone(),
        });
        ends
    }

    /// Takes in the truths before the origin of a window, of its target and series.
    pub fn seen(&mut self, data: &Prepared, w: &Window) {
        // Of the rows before the origin those that are known there.
        let until = (w.origin as usize).saturating_sub(data.spec.delays.gap);
        let fresh = || State::new(self.drift, w, until, &self.nominal);
        let state = self.states.entry((w.series, w.channel)).or_insert_with(fresh);
        if state.row > until {
            *state = State::new(self.drift, w, until, &self.nominal);
        }
        let horizon = data.spec.horizon;
        let step = STEP.min(STEPS / horizon as f64);
        let truth = &data.series[w.series as usize].truth[w.channel as usize];
        let (mut bare, mut scores) = (Vec::new(), Vec::new());
        while state.row < until {
            let row = state.row;
            state.row += 1;
            state.age(self.drift.half_life);
            while state.issued.front().is_some_and(|issued| issued.window.origin as usize + horizon <= row) {
                state.issued.pop_front();
            }
            let y = truth[row];
            // A forecast is judged by the rows that it was made for: where rows are known late, later ones are issued already.
            let due = state.issued.iter().take_while(|issued| issued.window.origin as usize <= row).count();
            if y.is_nan() || due == 0 {
                continue;
            }
            scores.clear();
            let mut below = vec![0.0; self.nominal.len()];
            for issued in state.issued.iter().take(due) {
                let ahead = row - issued.window.origin as usize;
                let value = issued.forecast[ahead];
                let half = At::with(self.intervals, data, &issued.window, issued.own.clone())
                    .half(ahead, value, &mut bare);
                for (end, at) in bare.iter().enumerate() {
                    let score = (y - at) / half;
                    scores.push(score);
                    below[end] += f64::from(u8::from(score <= issued.shifts[end]));
                }
            }
            let arrived = due as f64;
            for of_one in scores.chunks_exact(self.nominal.len()) {
                for (pool, &score) in state.pools.iter_mut().zip(of_one) {
                    pool.add(score, state.unit / arrived);
                }
            }
            for ((level, nominal), below) in state.levels.iter_mut().zip(&self.nominal).zip(below) {
                *level = (*level + step * (nominal - below / arrived)).clamp(0.0, 1.0);
            }
        }
    }
}

impl State {
    fn new(drift: &Drift, w: &Window, row: usize, nominal: &[f64]) -> State {
        let counted = match drift.half_life {
            // Σ 2^(-i / half-life) over the rows i of the validation part.
            Some(rows) => (1.0 - (-drift.rows / rows).exp2()) / (1.0 - (-1.0 / rows).exp2()),
            None => drift.rows,
        };
        let pool = |scores: &Vec<f64>| {
            let mut pool = Pool::new();
            scores.iter().for_each(|&score| pool.add(score, counted / scores.len() as f64));
            pool
        };
        State {
            row,
            unit: 1.0,
            pools: drift.start[w.channel as usize].iter().map(pool).collect(),
            levels: nominal.to_vec(),
            issued: VecDeque::new(),
        }
    }

    /// A row goes by.
    fn age(&mut self, half_life: Option<f64>) {
        let Some(rows) = half_life else { return };
        self.unit *= (1.0 / rows).exp2();
        if self.unit > HEAVY {
            self.pools.iter_mut().for_each(|pool| pool.scale(1.0 / self.unit));
            self.unit = 1.0;
        }
    }

    /// Half-widths by which an end is moved; the reading to come counts as one more row, beyond all others.
    fn shift(&self, end: usize, nominal: f64) -> f64 {
        if nominal == 0.5 {
            return 0.0;
        }
        let (pool, level) = (&self.pools[end], self.levels[end]);
        let above = level * (pool.total + self.unit);
        pool.at(if nominal > 0.5 { above } else { above - self.unit })
    }
}

/// Windows in the order of time within each series; those of a part come so already.
fn in_time(windows: &[Window]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..windows.len()).collect();
    order.sort_by_key(|&i| (windows[i].series, windows[i].origin));
    order
}

impl Drift {
    /// True where it covers the channels and ends, and can be followed.
    pub fn fits(&self, channels: usize, ends: usize) -> bool {
        let scores = |s: &Vec<f64>| s.len() == SKETCH && s.iter().all(|score| score.is_finite());
        self.start.len() == channels
            && self.start.iter().all(|all| all.len() == ends && all.iter().all(scores))
            && self.rows.is_finite()
            && self.rows >= 0.0
            && self.half_life.is_none_or(|rows| rows.is_finite() && rows >= 1.0)
    }
}

impl Intervals {
    /// Hands over interval and quantiles of every value of forecasts (windows, horizon): the window's index, the row ahead
    /// from 0, the ends. Origins are gone through in the order of time where drift is followed.
    pub fn each(
        &self,
        data: &Prepared,
        windows: &[Window],
        forecasts: &[f64],
        seen: &mut dyn FnMut(usize, usize, &Ends),
    ) {
        let horizon = data.spec.horizon;
        let of = |i: usize| &forecasts[i * horizon..(i + 1) * horizon];
        match Adaptive::new(self) {
            None => {
                for (i, w) in windows.iter().enumerate() {
                    let at = self.at(data, w);
                    let values = of(i).iter().enumerate();
                    values.for_each(|(ahead, &value)| seen(i, ahead, &at.ends(ahead, value)));
                }
            }
            Some(mut adaptive) => {
                for i in in_time(windows) {
                    let ends = adaptive.ends(data, &windows[i], of(i));
                    ends.iter().enumerate().for_each(|(ahead, ends)| seen(i, ahead, ends));
                }
            }
        }
    }

    /// The same intervals, following drift: the half-life is the one with the least pinball loss of all ends on the later
    /// half of the validation part, after offsets fitted on the earlier half.
    #[must_use]
    pub fn following(self, data: &Prepared, windows: &[Window], forecasts: &[f64]) -> Intervals {
        let horizon = data.spec.horizon;
        let at = |w: &Window| data.series[w.series as usize].clock.at(w.origin as usize);
        let first = windows.iter().map(at).min().unwrap_or(0);
        let last = windows.iter().map(at).max().unwrap_or(0);
        let middle = first + (last - first) / 2;
        let half = |late: bool| picked(windows, forecasts, horizon, |w| (at(w) > middle) == late);
        let ((early, values), late) = (half(false), half(true));
        let mut half_life = None;
        if !early.is_empty() && !late.0.is_empty() {
            let fitted = Intervals::fit(self.level, &self.levels, data, &early, &values);
            let fitted = Intervals { own: self.own.clone(), ..fitted };
            let mut fitted = fitted.started(data, &early, &values);
            let round = data.round().max(horizon) as f64;
            let mut least = fitted.loss(data, &late.0, &late.1);
            for rounds in HALF_LIVES {
                if let Some(drift) = &mut fitted.drift {
                    drift.half_life = Some(rounds * round);
                }
                let loss = fitted.loss(data, &late.0, &late.1);
                if loss < least {
                    (least, half_life) = (loss, Some(rounds * round));
                }
            }
        }
        let mut fitted = self.started(data, windows, forecasts);
        if let Some(drift) = &mut fitted.drift {
            drift.half_life = half_life;
        }
        fitted
    }

    /// With the scores of the windows that they were fitted on.
    fn started(self, data: &Prepared, windows: &[Window], forecasts: &[f64]) -> Intervals {
        let ends = 2 + self.levels.len();
        let mut pools = vec![vec![Pool::new(); ends]; data.spec.targets.len()];
        let (mut bare, mut rows) = (Vec::new(), (u32::MAX, 0));
        for (w, values) in windows.iter().zip(forecasts.chunks_exact(data.spec.horizon)) {
            rows = (rows.0.min(w.origin), rows.1.max(w.origin));
            let at = self.at(data, w);
            let truth = &data.series[w.series as usize].truth[w.channel as usize][w.origin as usize..];
            for (ahead, (&value, &y)) in
                values.iter().zip(truth).enumerate().filter(|(_, (_, y))| !y.is_nan())
            {
                let half = at.half(ahead, value, &mut bare);
                let pools = pools[w.channel as usize].iter_mut();
                pools.zip(&bare).for_each(|(pool, end)| pool.add((y - end) / half, 1.0));
            }
        }
        let sketch = |pool: &Pool| -> Vec<f64> {
            (0..SKETCH).map(|i| pool.at((i as f64 + 0.5) / SKETCH as f64 * pool.total)).collect()
        };
        let start = pools.iter().map(|pools| pools.iter().map(sketch).collect()).collect();
        let rows = f64::from((rows.1 + 1).saturating_sub(rows.0));
        Intervals { drift: Some(Drift { half_life: None, rows, start }), ..self }
    }

    /// Pinball loss of all ends, in scaled units.
    fn loss(&self, data: &Prepared, windows: &[Window], forecasts: &[f64]) -> f64 {
        let nominal = self.nominal();
        let mut loss = 0.0;
        self.each(data, windows, forecasts, &mut |i, ahead, ends| {
            let w = &windows[i];
            let s = &data.series[w.series as usize];
            let y = s.truth[w.channel as usize][w.origin as usize + ahead];
            if !y.is_nan() {
                let all = [ends.low, ends.high].into_iter().chain(ends.quantiles.iter().copied());
                let of_all: f64 = all.zip(&nominal).map(|(end, &level)| pinball(y, end, level)).sum();
                loss += of_all / s.scalers[w.channel as usize].scale;
            }
        });
        loss
    }
}

/// The pinball loss of a quantile of a level: τ (y - q) above it, (1 - τ) (q - y) below (Koenker and Bassett 1978).
pub fn pinball(y: f64, quantile: f64, level: f64) -> f64 {
    if y >= quantile { level * (y - quantile) } else { (1.0 - level) * (quantile - y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::CalendarSpec;
    use crate::prepare::Spec;
    use crate::windows::Windows;
    use gyeol_data::{Clock, ScalerKind, Split, Step};
    use gyeol_tensor::Rng;

    const HORIZON: usize = 6;

    /// A flat series with noise as wide as `width` says of each row, and its windows of validation and test.
    fn noisy(rows: usize, cuts: [usize; 2], width: impl Fn(usize) -> f64) -> (Prepared, Windows) {
        let mut rng = Rng::new(11);
        let target: Vec<f64> = (0..rows).map(|row| 50.0 + width(row) * rng.normal()).collect();
        let step = Step::Millis(3_600_000);
        let clock = Clock { start: 400_000 * 3_600_000, step, zone: None };
        let readings = crate::common::readings(clock, target, vec![], vec![]);
        let at = |i: usize| clock.at(i);
        let split =
            Split { train: at(0)..at(cuts[0]), valid: at(cuts[0])..at(cuts[1]), test: at(cuts[1])..at(rows) };
        let calendar = CalendarSpec::default();
        let spec = Spec::new(&readings, 24, HORIZON, calendar, &[], ScalerKind::Standard).unwrap();
        let data = Prepared::fit(&readings, &split, spec).unwrap();
        let windows = Windows::of(&data, &split).unwrap();
        (data, windows)
    }

    fn flat(windows: &[Window]) -> Vec<f64> {
        vec![50.0; windows.len() * HORIZON]
    }

    /// Shares of truths inside the interval, and below each quantile.
    fn covered(intervals: &Intervals, data: &Prepared, windows: &[Window]) -> (f64, Vec<f64>) {
        let (mut inside, mut below, mut n) = (0.0, vec![0.0; intervals.levels.len()], 0.0);
        intervals.each(data, windows, &flat(windows), &mut |i, ahead, ends| {
            let y = data.series[0].truth[0][windows[i].origin as usize + ahead];
            inside += f64::from(u8::from(ends.low <= y && y <= ends.high));
            assert!(ends.low <= ends.high && ends.quantiles.is_sorted());
            below.iter_mut().zip(&ends.quantiles).for_each(|(sum, q)| *sum += f64::from(u8::from(y <= *q)));
            n += 1.0;
        });
        (inside / n, below.into_iter().map(|sum| sum / n).collect())
    }

    #[test]
    fn coverage_holds_where_the_noise_doubles() {
        // Training and validation are calm; the test part doubles its noise at once.
        let (data, windows) = noisy(6000, [1000, 2500], |row| if row < 2500 { 1.0 } else { 2.0 });
        let levels = [0.1, 0.5, 0.9];
        let valid = flat(&windows.valid);
        let still = Intervals::fit(0.9, &levels, &data, &windows.valid, &valid);
        let (inside, _) = covered(&still, &data, &windows.test);
        // Φ(1.645 / 2) = 0.795: 59 % instead of 90 %.
        assert!((inside - 0.59).abs() < 0.03, "{inside}");
        let following = still.following(&data, &windows.valid, &valid);
        let (inside, below) = covered(&following, &data, &windows.test);
        assert!((inside - 0.9).abs() < 0.02, "{inside}");
        for (share, level) in below.iter().zip(levels) {
            assert!((share - level).abs() < 0.02, "{share} of {level}");
        }
    }

    #[test]
    fn a_short_memory_is_chosen_where_the_noise_drifts_and_not_where_it_is_even() {
        let chosen = |width: &dyn Fn(usize) -> f64| {
            let (data, windows) = noisy(6000, [1000, 5000], width);
            let valid = flat(&windows.valid);
            let fitted = Intervals::fit(0.9, &[], &data, &windows.valid, &valid);
            fitted.following(&data, &windows.valid, &valid).drift.unwrap().half_life
        };
        assert_eq!(chosen(&|row| 1.0 + 3.0 * (row / 900 % 2) as f64), Some(4.0 * 24.0));
        assert!(chosen(&|_| 1.0).is_none_or(|rows| rows > 16.0 * 24.0));
    }

    #[test]
    fn even_noise_keeps_the_fitted_ends_nearly() {
        let (data, windows) = noisy(6000, [1000, 3500], |_| 1.0);
        let valid = flat(&windows.valid);
        let still = Intervals::fit(0.9, &[0.25], &data, &windows.valid, &valid);
        let following = still.clone().following(&data, &windows.valid, &valid);
        let (still, _) = covered(&still, &data, &windows.test);
        let (inside, below) = covered(&following, &data, &windows.test);
        assert!(
            (inside - still).abs() < 0.02 && (below[0] - 0.25).abs() < 0.02,
            "{inside} {still} {below:?}"
        );
    }

    #[test]
    fn nothing_from_the_origin_on_is_read() {
        let (mut data, windows) = noisy(3000, [1000, 2000], |_| 1.0);
        let valid = flat(&windows.valid);
        let fitted = Intervals::fit(0.9, &[0.1], &data, &windows.valid, &valid);
        let fitted = fitted.following(&data, &windows.valid, &valid);
        let ends = |data: &Prepared, windows: &[Window]| {
            let mut all = Vec::new();
            fitted.each(data, windows, &flat(windows), &mut |i, ahead, ends| {
                all.push((i, ahead, ends.clone()))
            });
            all
        };
        let want = ends(&data, &windows.test[..200]);
        let origin = windows.test[199].origin as usize;
        std::sync::Arc::make_mut(&mut data.series)[0].truth[0][origin..].fill(1e9);
        assert_eq!(ends(&data, &windows.test[..200]), want);
        std::sync::Arc::make_mut(&mut data.series)[0].truth[0][origin - 1] = 1e9;
        assert_ne!(ends(&data, &windows.test[..200]), want);
        // Whatever the order in which windows are given, origins are gone through in that of time.
        let backwards: Vec<Window> = windows.test[..200].iter().rev().copied().collect();
        let mut again = ends(&data, &backwards);
        again.iter_mut().for_each(|(i, ..)| *i = 199 - *i);
        assert_eq!(again, ends(&data, &windows.test[..200]));
    }

    #[test]
    fn a_pool_gives_the_weighted_quantile() {
        let mut pool = Pool::new();
        assert_eq!(pool.at(1.0), 0.0);
        (0..1000).for_each(|i| pool.add(f64::from(i) / 500.0 - 1.0, 1.0));
        for share in [0.05, 0.3, 0.5, 0.95] {
            assert!((pool.at(share * 1000.0) - (2.0 * share - 1.0)).abs() < 0.01);
        }
        // As much again at 3: what was the highest tenth is the highest twentieth.
        pool.add(3.0, 1000.0);
        assert!((pool.at(900.0) - 0.8).abs() < 0.01 && (pool.at(1500.0) - 3.0).abs() < 0.1);
        pool.add(1e300, 1.0);
        pool.add(-1e300, 1.0);
        assert!(pool.at(f64::INFINITY).is_finite() && pool.at(-1.0).is_finite());
    }
}
