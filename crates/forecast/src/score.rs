//! Scores over every window of a part, counted, with block-bootstrap intervals.
//!
//! Errors of one origin (all rows ahead, targets and series) are kept together and resampled in blocks of neighbouring
//! origins, since neighbouring windows share most of their rows.

use std::collections::BTreeMap;

use gyeol_data::Split;
use gyeol_judge::{Bootstrap, Metric, Outcomes, Partial};
use serde::{Deserialize, Serialize};

use crate::adaptive::pinball;
use crate::interval::Intervals;
use crate::prepare::{Prepared, Scalers, Spec};
use crate::windows::{Window, picked};

/// What scores are taken against, fitted on the training rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Yardsticks {
    /// Mean absolute seasonal difference, by series and channel: the denominator of MASE (Hyndman and Koehler
    /// 2006).
    pub mase: Vec<Vec<f64>>,
    /// 1 % to 99 % range, by series and channel.
    pub range: Vec<Vec<f64>>,
    /// Rows of the season that MASE uses.
    pub season: usize,
}

impl Yardsticks {
    /// From the training rows.
    pub fn fit(data: &Prepared, split: &Split) -> Yardsticks {
        let season = data.spec.seasons.first().map_or(1, |s| s.rows);
        let mut yardsticks = Yardsticks { mase: Vec::new(), range: Vec::new(), season };
        for (index, series) in data.series.iter().enumerate() {
            let train = data.rows(split, index).train;
            let (mut mase, mut range) = (Vec::new(), Vec::new());
            for truth in &series.truth {
                let rows = &truth[train.clone()];
                let differences: Vec<f64> = rows
                    .iter()
                    .zip(rows.iter().skip(season))
                    .map(|(a, b)| (a - b).abs())
                    .filter(|d| d.is_finite())
                    .collect();
                mase.push(differences.iter().sum::<f64>() / differences.len().max(1) as f64);
                let mut sorted: Vec<f64> = rows.iter().copied().filter(|v| v.is_finite()).collect();
                sorted.sort_unstable_by(f64::total_cmp);
                range.push(if sorted.is_empty() {
                    0.0
                } else {
                    gyeol_base::quantile(&sorted, 0.99) - gyeol_base::quantile(&sorted, 0.01)
                });
            }
            yardsticks.mase.push(mase);
            yardsticks.range.push(range);
        }
        yardsticks
    }
}

impl Yardsticks {
    /// The yardsticks of other readings' series: each series keeps those of its id.
    pub fn of(&self, data: &Prepared, fitted: &Scalers) -> Yardsticks {
        let place = |id: &Option<String>| fitted.series.iter().position(|s| s.id == *id).unwrap_or(0);
        let pick = |all: &Vec<Vec<f64>>| data.series.iter().map(|s| all[place(&s.id)].clone()).collect();
        Yardsticks { mase: pick(&self.mase), range: pick(&self.range), season: self.season }
    }
}

/// Sums of the errors of one origin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Values scored.
    pub n: f64,
    /// Σ |e|.
    pub abs: f64,
    /// Σ e².
    pub sq: f64,
    /// Σ |e / y| over y ≠ 0.
    pub ape: f64,
    /// Values with y ≠ 0.
    pub ape_n: f64,
    /// Σ 2 |e| / (|y| + |p|).
    pub sape: f64,
    /// Σ |e| / MASE's denominator.
    pub mase: f64,
    /// Σ |e| / range.
    pub range: f64,
    /// Σ 2 · mean pinball loss of the quantiles.
    pub crps: f64,
    /// Σ |y| over what the quantiles are scored on.
    pub size: f64,
    /// Σ 2 · mean pinball loss / MASE's denominator.
    pub sql: f64,
}

impl Partial for Sums {
    fn add(&mut self, o: &Sums) {
        self.n += o.n;
        self.abs += o.abs;
        self.sq += o.sq;
        self.ape += o.ape;
        self.ape_n += o.ape_n;
        self.sape += o.sape;
        self.mase += o.mase;
        self.range += o.range;
        self.crps += o.crps;
        self.size += o.size;
        self.sql += o.sql;
    }

    fn minus(&self, o: &Sums) -> Sums {
        Sums {
            n: self.n - o.n,
            abs: self.abs - o.abs,
            sq: self.sq - o.sq,
            ape: self.ape - o.ape,
            ape_n: self.ape_n - o.ape_n,
            sape: self.sape - o.sape,
            mase: self.mase - o.mase,
            range: self.range - o.range,
            crps: self.crps - o.crps,
            size: self.size - o.size,
            sql: self.sql - o.sql,
        }
    }
}

/// The metrics in the order in which they are shown: `mae`, `rmse`, `mape`, `smape`, `mase`, `mae_range`, `mse`; where there are
/// quantiles also
///
/// - `crps`, the continuous ranked probability score over their levels: 2 · mean pinball loss (Gneiting and Ranjan 2011);
/// - `wql`, the weighted quantile loss: the mean over levels of Σ 2 · pinball loss / Σ |y|;
/// - `sql`, the scaled quantile loss: the mean of 2 · pinball loss / MASE's denominator.
pub fn metrics(quantiles: bool) -> Vec<Metric<Sums>> {
    let mut metrics = vec![
        Metric::new("mae", |s: &Sums| s.abs / s.n),
        Metric::new("rmse", |s: &Sums| (s.sq / s.n).max(0.0).sqrt()),
        Metric::new("mape", |s: &Sums| 100.0 * s.ape / s.ape_n),
        Metric::new("smape", |s: &Sums| 100.0 * s.sape / s.n),
        Metric::new("mase", |s: &Sums| s.mase / s.n),
        Metric::new("mae_range", |s: &Sums| 100.0 * s.range / s.n),
        Metric::new("mse", |s: &Sums| s.sq / s.n),
    ];
    if quantiles {
        metrics.push(Metric::new("crps", |s: &Sums| s.crps / s.n));
        metrics.push(Metric::new("wql", |s: &Sums| s.crps / s.size));
        metrics.push(Metric::new("sql", |s: &Sums| s.sql / s.n));
    }
    metrics
}

/// Errors by origin, in time order, from forecasts (windows, horizon) in the targets' unit and their quantiles; `scaled` takes
/// errors in scaled units.
pub fn errors(
    data: &Prepared,
    windows: &[Window],
    forecasts: &[f64],
    intervals: &Intervals,
    yardsticks: &Yardsticks,
    scaled: bool,
) -> Outcomes<Sums> {
    let horizon = data.spec.horizon;
    let mut by_time: BTreeMap<i64, Sums> = BTreeMap::new();
    for (w, forecast) in windows.iter().zip(forecasts.chunks_exact(horizon)) {
        let s = &data.series[w.series as usize];
        let (channel, origin) = (w.channel as usize, w.origin as usize);
        let scaler = &s.scalers[channel];
        let mase = yardsticks.mase[w.series as usize][channel];
        let range = yardsticks.range[w.series as usize][channel];
        let sums = by_time.entry(s.clock.at(origin)).or_default();
        for (&p, &y) in forecast.iter().zip(&s.truth[channel][origin..origin + horizon]) {
            if y.is_nan() {
                continue;
            }
            let own = (p - y).abs();
            let (p, y) = if scaled { (scaler.transform(p), scaler.transform(y)) } else { (p, y) };
            let e = (p - y).abs();
            sums.n += 1.0;
            sums.abs += e;
            sums.sq += e * e;
            if y != 0.0 {
                sums.ape += e / y.abs();
                sums.ape_n += 1.0;
            }
            if y != 0.0 || p != 0.0 {
                sums.sape += 2.0 * e / (y.abs() + p.abs());
            }
            sums.mase += own / mase;
            sums.range += own / range;
        }
    }
    let levels = &intervals.levels;
    if !levels.is_empty() {
        intervals.each(data, windows, forecasts, &mut |i, ahead, ends| {
            let w = &windows[i];
            let s = &data.series[w.series as usize];
            let (channel, origin) = (w.channel as usize, w.origin as usize);
            let y = s.truth[channel][origin + ahead];
            let Some(sums) = by_time.get_mut(&s.clock.at(origin)).filter(|_| !y.is_nan()) else { return };
            let losses = ends.quantiles.iter().zip(levels).map(|(&q, &level)| pinball(y, q, level));
            let crps = 2.0 * losses.sum::<f64>() / levels.len() as f64;
            let scaler = &s.scalers[channel];
            sums.crps += if scaled { crps / scaler.scale } else { crps };
            sums.size += if scaled { scaler.transform(y).abs() } else { y.abs() };
            sums.sql += crps / yardsticks.mase[w.series as usize][channel];
        });
    }
    Outcomes::new(by_time.into_values().collect(), metrics(!levels.is_empty()))
}

/// Stretches of validation origins that are judged in turn.
const STRETCHES: usize = 4;

/// The same of windows that intervals are fitted on: each stretch of origins by what `fit` makes of the others, those aside whose
/// rows it shares. Quantiles of the very residuals that they are scored on would flatter, and win against a rung whose quantiles
/// come from elsewhere. Where a stretch leaves nothing to fit on, all windows are judged by `whole`.
pub fn crossed(
    data: &Prepared,
    windows: &[Window],
    forecasts: &[f64],
    whole: &Intervals,
    fit: &dyn Fn(&[Window], &[f64]) -> Intervals,
    yardsticks: &Yardsticks,
    scaled: bool,
) -> Outcomes<Sums> {
    let horizon = data.spec.horizon;
    let at = |w: &Window, ahead: usize| data.series[w.series as usize].clock.at(w.origin as usize + ahead);
    let mut origins: Vec<i64> = windows.iter().map(|w| at(w, 0)).collect();
    origins.sort_unstable();
    origins.dedup();
    let each = origins.len().div_ceil(STRETCHES).max(1);
    let mut units = Vec::new();
    for stretch in origins.chunks(each) {
        let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
        let (own, said) = picked(windows, forecasts, horizon, |w| (first..=last).contains(&at(w, 0)));
        let until = own.iter().map(|w| at(w, horizon - 1)).max().unwrap_or(last);
        let (others, others_said) =
            picked(windows, forecasts, horizon, |w| at(w, horizon - 1) < first || at(w, 0) > until);
        if others.is_empty() {
            return errors(data, windows, forecasts, whole, yardsticks, scaled);
        }
        let intervals = fit(&others, &others_said);
        units.extend(errors(data, &own, &said, &intervals, yardsticks, scaled).units);
    }
    Outcomes::new(units, metrics(!whole.levels.is_empty()))
}

/// Origins of a block of the bootstrap where none is asked for: a week, or the horizon where that is longer, but never so many
/// that `origins`, which lie `step` rows apart, hold fewer than eight blocks, of which no interval could be drawn.
pub fn block_of(spec: &Spec, step: usize, origins: usize) -> usize {
    let week = spec.step.per_day().map_or(1, |n| 7 * n);
    Bootstrap::block_within(week.max(spec.horizon).div_ceil(step.max(1)), origins)
}
