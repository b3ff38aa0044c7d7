//! Scores over every window of a part, counted, with block-bootstrap intervals.
//!
//! Errors of one origin (all rows ahead, targets and series) are kept together and resampled in blocks of
//! neighbouring origins (circular block bootstrap, Politis and Romano 1992), since neighbouring windows share
//! most of their rows. Two rungs are compared on the same resamples.

use std::collections::BTreeMap;

use gyeol_data::Split;
use gyeol_tensor::Rng;
use serde::{Deserialize, Serialize};

use crate::prepare::{Prepared, Scalers, Spec};
use crate::windows::Window;

/// Metric names, in the order in which they are shown.
pub const METRICS: [&str; 7] = ["mae", "rmse", "mape", "smape", "mase", "mae_range", "mse"];

/// A metric with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Over every window.
    pub value: f64,
    /// 2.5 % quantile of the resamples.
    pub low: f64,
    /// 97.5 % quantile.
    pub high: f64,
}

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
                    gyeol_data::scale::quantile(&sorted, 0.99) - gyeol_data::scale::quantile(&sorted, 0.01)
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
}

impl Sums {
    fn add(&mut self, o: &Sums) {
        self.n += o.n;
        self.abs += o.abs;
        self.sq += o.sq;
        self.ape += o.ape;
        self.ape_n += o.ape_n;
        self.sape += o.sape;
        self.mase += o.mase;
        self.range += o.range;
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
        }
    }

    /// A metric by its name in [`METRICS`]; NaN where nothing was scored.
    pub fn metric(&self, name: &str) -> f64 {
        match name {
            "mae" => self.abs / self.n,
            "rmse" => (self.sq / self.n).max(0.0).sqrt(),
            "mse" => self.sq / self.n,
            "mape" => 100.0 * self.ape / self.ape_n,
            "smape" => 100.0 * self.sape / self.n,
            "mase" => self.mase / self.n,
            "mae_range" => 100.0 * self.range / self.n,
            _ => f64::NAN,
        }
    }
}

/// Errors of a rung by origin, in time order.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    /// One an origin.
    pub origins: Vec<Sums>,
}

impl Errors {
    /// From forecasts (windows, horizon) in the targets' unit; `scaled` takes errors in scaled units.
    pub fn of(
        data: &Prepared,
        windows: &[Window],
        forecasts: &[f64],
        yardsticks: &Yardsticks,
        scaled: bool,
    ) -> Errors {
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
        Errors { origins: by_time.into_values().collect() }
    }

    /// Sum over every origin.
    pub fn total(&self) -> Sums {
        let mut total = Sums::default();
        self.origins.iter().for_each(|s| total.add(s));
        total
    }
}

/// A resampling plan: the same blocks for every rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// Origins in the part.
    pub origins: usize,
    /// Origins a block.
    pub block: usize,
    /// First origins of the blocks of each draw.
    starts: Vec<Vec<usize>>,
}

impl Bootstrap {
    /// Rows of a block where none is asked for: a week, or the horizon where that is longer, but never so many that
    /// `origins` hold fewer than eight blocks, of which no interval could be drawn.
    pub fn block_of(spec: &Spec, origins: usize) -> usize {
        let week = spec.step.per_day().map_or(1, |n| 7 * n);
        week.max(spec.horizon).min(origins / 8).max(1)
    }

    /// `draws` resamples of `origins` origins in blocks of `block`.
    pub fn new(origins: usize, block: usize, draws: usize, seed: u64) -> Bootstrap {
        let block = block.clamp(1, origins.max(1));
        let mut rng = Rng::stream(seed, 0xb007);
        let per_draw = origins.div_ceil(block);
        let starts =
            (0..draws).map(|_| (0..per_draw).map(|_| rng.below(origins as u64) as usize).collect()).collect();
        Bootstrap { origins, block, starts }
    }

    fn resample<'a>(&'a self, errors: &'a Errors) -> impl Iterator<Item = Sums> + 'a {
        let n = errors.origins.len();
        let mut prefix = Vec::with_capacity(n + 1);
        let mut running = Sums::default();
        prefix.push(running);
        for s in &errors.origins {
            running.add(s);
            prefix.push(running);
        }
        self.starts.iter().map(move |starts| {
            let mut total = Sums::default();
            let mut left = n;
            for &start in starts {
                let len = self.block.min(left);
                left -= len;
                let end = start + len;
                if end <= n {
                    total.add(&prefix[end].minus(&prefix[start]));
                } else {
                    total.add(&prefix[n].minus(&prefix[start]));
                    total.add(&prefix[end - n]);
                }
            }
            total
        })
    }

    /// Every metric with its interval.
    pub fn scores(&self, errors: &Errors) -> BTreeMap<String, Scored> {
        let total = errors.total();
        let draws: Vec<Sums> = self.resample(errors).collect();
        METRICS
            .iter()
            .map(|&name| {
                let (low, high) = interval(draws.iter().map(|s| s.metric(name)));
                (name.to_string(), Scored { value: total.metric(name), low, high })
            })
            .collect()
    }

    /// Difference of a metric, `a` minus `b`, on the same resamples.
    pub fn difference(&self, a: &Errors, b: &Errors, metric: &str) -> Scored {
        let value = a.total().metric(metric) - b.total().metric(metric);
        let (low, high) = interval(
            self.resample(a).zip(self.resample(b)).map(|(x, y)| x.metric(metric) - y.metric(metric)),
        );
        Scored { value, low, high }
    }
}

fn interval(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    if sorted.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    sorted.sort_unstable_by(f64::total_cmp);
    (gyeol_data::scale::quantile(&sorted, 0.025), gyeol_data::scale::quantile(&sorted, 0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(values: &[f64]) -> Errors {
        Errors {
            origins: values
                .iter()
                .map(|&e| Sums { n: 1.0, abs: e.abs(), sq: e * e, ape_n: 1.0, ..Sums::default() })
                .collect(),
        }
    }

    #[test]
    fn interval_of_independent_errors_is_that_of_the_mean() {
        let mut rng = Rng::new(2);
        let values: Vec<f64> = (0..4000).map(|_| 1.0 + rng.uniform()).collect();
        let plan = Bootstrap::new(values.len(), 10, 1000, 0);
        let s = plan.scores(&errors(&values))["mae"];
        // Deviation of a uniform number is sqrt(1/12); 1.96 of its standard error on each side.
        let half = 1.96 * (1.0f64 / 12.0 / 4000.0).sqrt();
        assert!((s.value - 1.5).abs() < 2.0 * half);
        assert!(((s.high - s.low) / (2.0 * half) - 1.0).abs() < 0.15, "{s:?} {half}");
    }

    #[test]
    fn a_rung_ties_with_itself_and_loses_to_a_better_one() {
        let mut rng = Rng::new(2);
        let a: Vec<f64> = (0..500).map(|_| rng.uniform()).collect();
        let b: Vec<f64> = a.iter().map(|v| v + 0.01).collect();
        let plan = Bootstrap::new(500, 24, 300, 1);
        let same = plan.difference(&errors(&a), &errors(&a), "mae");
        assert_eq!((same.value, same.low, same.high), (0.0, 0.0, 0.0));
        let better = plan.difference(&errors(&a), &errors(&b), "mae");
        assert!(better.high < 0.0 && (better.value + 0.01).abs() < 1e-12);
    }
}
