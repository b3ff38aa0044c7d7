//! A fitted forecaster judged on a table with truth: every window, intervals by resampling, the share covered.

use std::collections::BTreeMap;

use gyeol_judge::{Bootstrap, Interval};

use crate::forecaster::{Backtest, Forecaster};
use crate::limit::Warned;
use crate::score;
use crate::windows::Window;

/// Draws of the bootstrap.
const DRAWS: usize = 1000;

/// What a forecaster reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Windows scored; each target of an origin is one.
    pub windows: usize,
    /// Windows whose rows ahead lie in the span that the fit learnt from or chose on: flattering ones.
    pub seen: usize,
    /// Values scored.
    pub values: usize,
    /// Every metric with its interval.
    pub metrics: BTreeMap<String, Interval>,
    /// Whether they are in scaled units.
    pub scaled: bool,
    /// Share of true values within the interval.
    pub coverage: f64,
    /// Share that it should hold.
    pub promised: f64,
    /// Mean width of the interval.
    pub width: f64,
    /// Levels of the quantiles, each with the share of true values that were not above it.
    pub calibration: Vec<(f64, f64)>,
    /// What became of the warnings of the limit; nothing where there is none.
    pub warned: Warned,
}

impl Forecaster {
    /// Scores a back-test; `scaled` takes errors in scaled units, as [`crate::forecaster::About::scaled`] says.
    pub fn evaluate(&self, test: &Backtest, scaled: bool, seed: u64) -> Evaluation {
        let about = &self.about;
        let yardsticks = about.yardsticks.of(&test.data, &about.scalers);
        let intervals = &about.intervals;
        let errors =
            score::errors(&test.data, &test.windows, &test.forecasts, intervals, &yardsticks, scaled);
        let block = score::block_of(&about.spec, test.step, errors.units.len());
        let plan = Bootstrap::new(errors.units.len(), block, DRAWS, seed)
            .apart(about.spec.horizon.div_ceil(test.step.max(1)));
        let (mut within, mut values, mut width) = (0usize, 0usize, 0.0);
        let mut warned = Warned::default();
        let mut below = vec![0usize; intervals.levels.len()];
        intervals.each(&test.data, &test.windows, &test.forecasts, &mut |i, ahead, ends| {
            let w = &test.windows[i];
            let s = &test.data.series[w.series as usize];
            let y = s.truth[w.channel as usize][w.origin as usize + ahead];
            if !y.is_nan() {
                let unit = if scaled { s.scalers[w.channel as usize].scale } else { 1.0 };
                within += usize::from(y >= ends.low && y <= ends.high);
                width += (ends.high - ends.low) / unit;
                values += 1;
                if let (Some(limit), Some(over)) = (&intervals.limit, ends.over) {
                    warned.add(limit, over, y);
                }
                below.iter_mut().zip(&ends.quantiles).for_each(|(n, q)| *n += usize::from(y <= *q));
            }
        });
        let rows = |w: &Window| {
            let clock = &test.data.series[w.series as usize].clock;
            (clock.at(w.origin as usize), clock.at(w.origin as usize + about.spec.horizon - 1))
        };
        let seen = about.learnt.map_or(0, |(from, until)| {
            let windows = test.windows.iter().map(rows);
            windows.filter(|(first, last)| *last >= from && *first < until).count()
        });
        Evaluation {
            seen,
            windows: test.windows.len(),
            values,
            metrics: plan.intervals(&errors),
            scaled,
            coverage: within as f64 / values.max(1) as f64,
            promised: intervals.level,
            warned,
            width: width / values.max(1) as f64,
            calibration: intervals
                .levels
                .iter()
                .zip(below)
                .map(|(&level, n)| (level, n as f64 / values.max(1) as f64))
                .collect(),
        }
    }
}
