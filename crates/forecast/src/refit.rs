//! Forecasts from origins in order of time by a model that is fitted again on the way, each time on what was read by then.

use chrono::Datelike;
use gyeol_base::{Error, Result};
use gyeol_data::Step;
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::prepare::{Prepared, PreparedSeries};
use crate::rung::RungPredictor;
use crate::start::Refits;
use crate::windows::Window;

/// When a model is fitted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    /// Before each origin.
    Origin,
    /// Before the first origin of each day.
    Day,
    /// Of each week, which begins on Monday.
    Week,
    /// Of each month.
    Month,
}

/// A schedule of fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refit {
    /// When.
    pub every: Every,
    /// Rows before the origin that are learnt from; all since training began without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
}

impl Every {
    /// The names that recipes and options know.
    pub const NAMES: [&str; 4] = ["origin", "day", "week", "month"];

    /// By its name.
    pub fn named(name: &str) -> Option<Every> {
        let all = [Every::Origin, Every::Day, Every::Week, Every::Month];
        Every::NAMES.iter().position(|n| *n == name).map(|at| all[at])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Every::NAMES[self as usize]
    }

    /// Refuses days, weeks and months of a clock without them; `name` is what was set.
    ///
    /// # Errors
    /// `parameter`.
    pub fn check(self, step: Step, name: &str) -> Result<()> {
        if step == Step::Rows && self != Every::Origin {
            let every = format!("\"{}\"", self.name());
            return Err(crate::error::parameter(name, every, "left out, for the readings have no clock"));
        }
        Ok(())
    }

    /// Rows from one to the next, about.
    pub fn rows(self, step: Step) -> usize {
        let days = match self {
            Every::Origin => return 1,
            Every::Day => 1,
            Every::Week => 7,
            Every::Month => 30,
        };
        step.per_day().map_or(1, |rows| rows * days).max(1)
    }

    /// The stretch of time between two fits in which an origin lies.
    pub(crate) fn stretch(self, s: &PreparedSeries, origin: usize) -> i64 {
        let date = || s.clock.local(origin).date();
        match self {
            Every::Origin => s.clock.at(origin),
            Every::Day => i64::from(date().num_days_from_ce()),
            // The first day of the common era was a Monday.
            Every::Week => i64::from((date().num_days_from_ce() - 1).div_euclid(7)),
            Every::Month => i64::from(date().year()) * 12 + i64::from(date().month0()),
        }
    }
}

impl Refit {
    /// Refuses days and weeks of a clock without them.
    ///
    /// # Errors
    /// `parameter`.
    pub fn check(&self, step: Step) -> Result<()> {
        self.every.check(step, "refit")?;
        if self.window == Some(0) {
            return Err(crate::error::parameter("refit_rows", "0", "at least 1 row"));
        }
        Ok(())
    }

    /// Forecasts windows, (windows, horizon) in the targets' unit, each by the fit before it; `from` is the first moment that is
    /// learnt from. `watch` is told how many windows are done, and stops the work by false. A rung that has nothing to fit again
    /// forecasts as it is. A fit learns from what was known at the first origin after it: see [`crate::Delays`].
    ///
    /// # Errors
    /// As the fits say; `stopped`.
    pub fn predict(
        &self,
        predictor: &RungPredictor,
        data: &Prepared,
        windows: &[Window],
        from: i64,
        refits: &mut Refits,
        pool: &Pool,
        watch: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<f64>> {
        let horizon = data.spec.horizon;
        let mut out = vec![0.0; windows.len() * horizon];
        let place = |w: &Window| {
            let s = &data.series[w.series as usize];
            (self.every.stretch(s, w.origin as usize), s.clock.at(w.origin as usize))
        };
        let mut order: Vec<(i64, i64, usize)> =
            windows.iter().enumerate().map(|(i, w)| (place(w).0, place(w).1, i)).collect();
        order.sort_unstable();
        let mut done = 0;
        for part in order.chunk_by(|a, b| a.0 == b.0) {
            if !watch(done, windows.len()) {
                return Err(Error::stopped());
            }
            let s = &data.series[windows[part[0].2].series as usize];
            let until = s.clock.at(windows[part[0].2].origin as usize - data.spec.delays.gap);
            let from = match self.window {
                None => from,
                Some(rows) => s.clock.at(s.clock.index_at_or_after(until).saturating_sub(rows)).max(from),
            };
            let own: Vec<Window> = part.iter().map(|&(_, _, i)| windows[i]).collect();
            let again = predictor.refit(data, (from, until), refits, pool)?;
            let values = again.as_ref().unwrap_or(predictor).predict(data, &own, pool);
            for (&(_, _, i), values) in part.iter().zip(values.chunks_exact(horizon)) {
                out[i * horizon..(i + 1) * horizon].copy_from_slice(values);
            }
            done += part.len();
        }
        Ok(out)
    }
}
