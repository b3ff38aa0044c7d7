//! A fitted forecaster judged on a table with truth: every window, intervals by resampling, the share covered.

use std::collections::BTreeMap;

use gyeol_judge::{Bootstrap, Interval};

use crate::forecaster::{Backtest, Forecaster};
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
}

impl Forecaster {
    /// Scores a back-test; `scaled` takes errors in scaled units, as [`crate::forecaster::About::scaled`] says.
    pub fn evaluate(&self, test: &Backtest, scaled: bool, seed: u64) -> Evaluation {
        let about = &self.about;
        let yardsticks = about.yardsticks.of(&test.data, &about.scalers);
        let errors = score::errors(&test.data, &test.windows, &test.forecasts, &yardsticks, scaled);
        let block = score::block_of(&about.spec, test.step, errors.units.len());
        let plan = Bootstrap::new(errors.units.len(), block, DRAWS, seed)
            .apart(about.spec.horizon.div_ceil(test.step.max(1)));
        let (mut within, mut values) = (0usize, 0usize);
        for (w, forecasts) in test.windows.iter().zip(test.forecasts.chunks_exact(about.spec.horizon)) {
            let truth = &test.data.series[w.series as usize].truth[w.channel as usize];
            for (j, &value) in forecasts.iter().enumerate() {
                let y = truth[w.origin as usize + j];
                if !y.is_nan() {
                    let (low, high) = self.interval(&test.data, w, j, value);
                    within += usize::from(y >= low && y <= high);
                    values += 1;
                }
            }
        }
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
            promised: about.intervals.level,
        }
    }
}
