//! A model at work, watched: its newest forecasts scored against what came, and what speaks against going on with it.
//!
//! ```text
//! r_d = mean |e| of forecast d / mean |e| of the validation part            (by target, then their mean)
//! drift     S_d = max(0, S_{d-1} + r_d - 1.5) > 3                            (one-sided CUSUM, Page 1954)
//! coverage  |mean share within - promised| > 3 √(p (1 - p) / forecasts)      (rows of one forecast stand and fall together)
//! ```
//!
//! Forecasts that share no rows are watched: one a day, or one a horizon where that is longer.

use std::collections::BTreeMap;

use gyeol_base::{Fault, Result};
use gyeol_data::Table;
use gyeol_judge::{Bootstrap, ErrorSums, Interval, Outcomes, Partial};
use gyeol_tensor::Pool;

use crate::forecaster::{Backtest, Forecaster, Origins};
use crate::refit::Every;

/// What an error may be over the expected one before it counts as drift, and how much of it must gather.
const ALLOWED: f64 = 1.5;
const GATHERED: f64 = 3.0;
/// Standard errors by which the coverage must miss what was promised.
const ERRORS: f64 = 3.0;
/// Fewest forecasts of which coverage is judged.
const FEWEST: usize = 8;
/// Forecasts of a block of the bootstrap, and its draws.
const BLOCK: usize = 7;
const DRAWS: usize = 1000;

/// One forecast and what came.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedForecast {
    /// Milliseconds UTC of its first row (a row number where the readings have no clock).
    pub origin: i64,
    /// Values that came.
    pub values: usize,
    /// Mean absolute error, in the targets' unit.
    pub error: f64,
    /// The same in shares of what the validation part led to expect; none of a model that does not say.
    pub ratio: Option<f64>,
    /// Share of values within the interval.
    pub within: f64,
    /// What has gathered of errors over the allowed; none likewise.
    pub gathered: Option<f64>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// In the order of time.
    pub forecasts: Vec<WatchedForecast>,
    /// Mean absolute error of all of them.
    pub error: f64,
    /// Mean of their ratios.
    pub ratio: Option<f64>,
    /// Share of all values within the interval, and the share that it should hold.
    pub coverage: (f64, f64),
    /// The first forecast at which errors over the allowed had gathered.
    pub drift: Option<i64>,
    /// Whether the coverage is too far from what was promised; false of too few forecasts.
    pub missed: bool,
}

/// A model beside another on the same forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Rivals {
    /// Forecasts that both made.
    pub forecasts: usize,
    /// Mean absolute error of the model less that of its challenger; ends are NaN of fewer forecasts than eight.
    pub difference: Interval,
}

impl Rivals {
    /// Whether the challenger errs less, chance aside.
    pub fn lost(&self) -> bool {
        self.difference.low > 0.0
    }
}

impl Forecaster {
    /// The newest `last` forecasts of a table with truth, none of which saw a row that the model learnt from; `from` begins
    /// elsewhere (milliseconds UTC).
    ///
    /// # Errors
    /// As [`Forecaster::backtest`]; `nothing-new` where the table ends with what was learnt.
    pub fn newest(&self, table: Table, from: Option<i64>, last: usize, pool: &Pool) -> Result<Backtest> {
        let spec = &self.about.spec;
        let day = spec.step.per_day().filter(|&rows| rows > 1 && rows >= spec.horizon);
        let from = from.or(self.about.learnt.map(|(_, until)| until));
        let asked = Origins {
            from,
            step: if day.is_some() { 1 } else { spec.horizon },
            at: day.map(|_| Every::Day),
            last: Some(last),
            ..Origins::default()
        };
        self.backtest(table, &asked, pool, &mut |_, _| true).map_err(|e| match e.code() {
            "no-origin" => {
                let found = format!(
                    "no whole forecast of {} rows lies behind what the model learnt from",
                    spec.horizon
                );
                Fault::new("nothing-new", found)
                    .cause("the table ends where training and validation did, or shortly after")
                    .next("give the table with the newest rows at its end, or begin earlier with --from")
                    .input()
            }
            _ => e,
        })
    }

    /// Scores such forecasts.
    pub fn watched(&self, test: &Backtest) -> Watched {
        let (horizon, intervals) = (self.about.spec.horizon, &self.about.intervals);
        let mut all: BTreeMap<i64, (ErrorSums, f64, f64)> = BTreeMap::new();
        intervals.each(&test.data, &test.windows, &test.forecasts, &mut |i, ahead, ends| {
            let w = &test.windows[i];
            let s = &test.data.series[w.series as usize];
            let channel = w.channel as usize;
            let y = s.truth[channel][w.origin as usize + ahead];
            if y.is_nan() {
                return;
            }
            let own = ErrorSums::of(y, test.forecasts[i * horizon + ahead], 0.0);
            let (errors, ratio, within) = all.entry(s.clock.at(w.origin as usize)).or_default();
            errors.add(&own);
            let expected = intervals.error.get(channel).map_or(f64::NAN, |e| e * s.scalers[channel].scale);
            *ratio += own.absolute / expected;
            *within += f64::from(u8::from(y >= ends.low && y <= ends.high));
        });
        let mut gathered = 0.0f64;
        let mut drift = None;
        let forecasts: Vec<WatchedForecast> = all
            .iter()
            .map(|(&origin, (errors, ratio, within))| {
                let ratio = Some(ratio / errors.rows).filter(|r| r.is_finite());
                let so_far = ratio.map(|ratio| {
                    gathered = (gathered + ratio - ALLOWED).max(0.0);
                    if gathered > GATHERED {
                        drift.get_or_insert(origin);
                    }
                    gathered
                });
                WatchedForecast {
                    origin,
                    values: errors.rows as usize,
                    error: errors.absolute / errors.rows,
                    ratio,
                    within: within / errors.rows,
                    gathered: so_far,
                }
            })
            .collect();
        let n = forecasts.len() as f64;
        let values: f64 = all.values().map(|(e, _, _)| e.rows).sum();
        let share = all.values().map(|(_, _, within)| within).sum::<f64>() / values;
        let promised = intervals.level;
        let ratios: Vec<f64> = forecasts.iter().filter_map(|f| f.ratio).collect();
        Watched {
            error: all.values().map(|(e, _, _)| e.absolute).sum::<f64>() / values,
            ratio: (!ratios.is_empty()).then(|| ratios.iter().sum::<f64>() / ratios.len() as f64),
            coverage: (share, promised),
            drift,
            missed: forecasts.len() >= FEWEST
                && (share - promised).abs() > ERRORS * (promised * (1.0 - promised) / n).sqrt(),
            forecasts,
        }
    }
}

impl Watched {
    /// Forecasts beside those that a challenger made of the same rows.
    ///
    /// # Errors
    /// `no-common-origin` where there is none.
    pub fn against(&self, rival: &Watched, seed: u64) -> Result<Rivals> {
        let theirs = |origin: i64| rival.forecasts.iter().find(|f| f.origin == origin);
        let pairs: Vec<(&WatchedForecast, &WatchedForecast)> = self
            .forecasts
            .iter()
            .filter_map(|f| Some((f, theirs(f.origin).filter(|other| other.values == f.values)?)))
            .collect();
        if pairs.is_empty() {
            let found = "the two models made no forecast of the same rows";
            return Err(Fault::new("no-common-origin", found)
                .cause("they forecast other horizons or targets, or one learnt from the rows of the other's forecasts")
                .next("compare models of one task, or begin later with --from")
                .input());
        }
        let of = |f: &WatchedForecast| ErrorSums {
            absolute: f.error * f.values as f64,
            rows: f.values as f64,
            ..ErrorSums::default()
        };
        let first = Outcomes::new(pairs.iter().map(|(a, _)| of(a)).collect(), ErrorSums::metrics());
        let second = Outcomes::new(pairs.iter().map(|(_, b)| of(b)).collect(), ErrorSums::metrics());
        let [_, mae, ..] = ErrorSums::metrics();
        let block = Bootstrap::block_within(BLOCK, pairs.len());
        let plan = Bootstrap::new(pairs.len(), block, DRAWS, seed);
        Ok(Rivals { forecasts: pairs.len(), difference: plan.difference(&first, &second, &mae) })
    }
}
