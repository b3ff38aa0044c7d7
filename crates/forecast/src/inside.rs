//! What a recurrent net does over the readings that a forecast looks back on: gates and states, step by step.

use gyeol_base::{Fault, Result, Warning};
use gyeol_data::Table;
use gyeol_neural::net::LayerInside;

use crate::forecaster::Forecaster;
use crate::prepare::Prepared;
use crate::rung::RungPredictor;
use crate::windows::Window;

/// A step of the walk: a row, or a segment of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadStep {
    /// Milliseconds UTC of its first row (a row number where the readings have no clock).
    pub time: i64,
    /// The reading, of a segment the mean, in its own unit.
    pub reading: f64,
}

/// The rows that a forecast looks back on, as a net reads them.
#[derive(Debug, Clone)]
pub struct WindowInside {
    /// Series, where there are several.
    pub id: Option<String>,
    /// Target column.
    pub target: String,
    /// First row that is forecast.
    pub origin: i64,
    /// Rows a step: more than one where segments are read.
    pub rows: usize,
    /// Oldest first.
    pub steps: Vec<ReadStep>,
    /// Layer by layer; a step of each for a step of `steps`.
    pub layers: Vec<LayerInside<f32>>,
    /// Nets whose forecasts are averaged; the first was asked.
    pub members: usize,
    /// Windows that were there to choose from: a series and a target each.
    pub windows: usize,
    /// What speaks against relying on it.
    pub warnings: Vec<Warning>,
}

/// Only so many series and targets are there (`no-such-window`).
pub(crate) fn no_window(which: usize, windows: usize) -> gyeol_base::Error {
    Fault::new("no-such-window", format!("series and target {} of {windows}", which + 1))
        .next(format!("name one from 1 to {windows}: the targets of the first series, then of the next"))
        .option()
}

impl Forecaster {
    /// What its net does over the look-back before `at` (milliseconds UTC; none is after the last reading), of the window
    /// `which` from 0: all targets of the first series, then those of the next.
    ///
    /// # Errors
    /// `not-explained` of a rung without a recurrent net, `no-such-window`, and what [`Forecaster::forecast`] says of
    /// readings.
    pub fn inside(&self, table: Table, at: Option<i64>, which: usize) -> Result<WindowInside> {
        let RungPredictor::Net { net, members, .. } = &self.predictor else { return Err(self.no_gates()) };
        let mut readings = self.readings(table)?;
        let spec = &self.about.spec;
        let mut warnings = self.about.laid_out(&mut readings)?;
        warnings.extend(self.about.outside(&readings, spec.look_back));
        let gap = spec.delays.gap;
        if at.is_none() {
            for s in &mut readings.series {
                spec.delays.count_until(spec, s);
            }
        }
        let data = Prepared::apply(&readings, spec.clone(), self.about.scalers.clone())?;
        if !self.predictor.fits(&data) {
            return Err(crate::error::parts("its net reads other inputs than its spec names"));
        }
        let (targets, windows) = (spec.targets.len(), spec.targets.len() * data.series.len());
        if which >= windows {
            return Err(no_window(which, windows));
        }
        let (index, channel) = (which / targets, which % targets);
        let s = &data.series[index];
        // What is read ends where targets are not known any more at the origin that is asked for.
        let origin = at.map_or(s.history, |ms| s.clock.index_at_or_after(ms).saturating_sub(gap));
        if origin > s.history || origin < spec.look_back {
            let found =
                format!("row {origin} of {} readings, and {} are looked back on", s.history, spec.look_back);
            return Err(Fault::new("no-origin", found)
                .next("name a row with as many readings before it, or give more readings")
                .input());
        }
        if !s.whole(channel, origin, spec.look_back, 0) {
            let found = format!("a reading is missing among the {} rows before row {origin}", spec.look_back);
            return Err(Fault::new("missing-reading", found).next("name another row, or fill it").input());
        }
        let window = Window { series: index as u32, channel: channel as u32, origin: origin as u32 };
        let asked = Window { origin: window.origin + gap as u32, ..window };
        if !data.is_known(&asked) {
            return Err(crate::known::not_known(&s.clock, origin + gap));
        }
        let Some(member) = members.first() else { return Err(self.no_gates()) };
        let Some((rows, layers)) = net.inside(member, data.read(), window) else {
            return Err(self.no_gates());
        };
        let first = origin - spec.look_back;
        let steps = (first..origin).step_by(rows).map(|row| {
            let read = &s.values[channel][row..row + rows];
            ReadStep { time: s.clock.at(row), reading: read.iter().sum::<f64>() / rows as f64 }
        });
        Ok(WindowInside {
            id: s.id.clone(),
            target: spec.targets[channel].clone(),
            origin: s.clock.at(origin + gap),
            rows,
            steps: steps.collect(),
            layers,
            members: members.len(),
            windows,
            warnings,
        })
    }

    fn no_gates(&self) -> gyeol_base::Error {
        Fault::new(
            "not-explained",
            format!("the rung '{}' is no recurrent net: it has no gates to show", self.rung),
        )
        .next("explain rnn, gru, lstm, slstm or mingru of the same run")
        .input()
    }
}
