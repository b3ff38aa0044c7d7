//! Windows: which origins each part holds.

use gyeol_data::{RowSplit, Split};

use gyeol_base::Result;

use crate::error::too_short;
use crate::prepare::Prepared;

/// A sample: forecast `horizon` rows of one target of one series from row `origin` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Index of the series.
    pub series: u32,
    /// Index of the target column.
    pub channel: u32,
    /// First row of the forecast.
    pub origin: u32,
}

/// A part of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What models are fitted on.
    Train,
    /// What picks epochs and hyper-parameters.
    Valid,
    /// What is scored once.
    Test,
}

/// The windows of every part, each in time order within series and channel: origin by origin, channels of one
/// origin together.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows {
    /// Training windows: look-back and horizon lie in the part.
    pub train: Vec<Window>,
    /// Validation windows: the horizon lies in the part, the look-back may reach into the part before.
    pub valid: Vec<Window>,
    /// Test windows, likewise.
    pub test: Vec<Window>,
    /// Test origins left out because the row before them was made by cleaning, which may have used readings after
    /// them.
    pub skipped: usize,
}

impl Windows {
    /// Every origin `stride` rows apart.
    ///
    /// # Errors
    /// `too-short` when a part holds none.
    pub fn of(prepared: &Prepared, split: &Split, stride: usize) -> Result<Windows> {
        let spec = &prepared.spec;
        let mut windows = Windows { train: Vec::new(), valid: Vec::new(), test: Vec::new(), skipped: 0 };
        let mut longest = [(0usize, String::new()), (0, String::new()), (0, String::new())];
        for (index, series) in prepared.series.iter().enumerate() {
            let RowSplit { train, valid, test } = prepared.rows(split, index);
            let parts = [(train, true), (valid, false), (test, false)];
            let Windows { train: of_train, valid: of_valid, test: of_test, skipped } = &mut windows;
            let lists = [of_train, of_valid, of_test];
            for (slot, ((rows, own), list)) in parts.into_iter().zip(lists).enumerate() {
                if rows.len() >= longest[slot].0 {
                    longest[slot] = (rows.len(), series.name());
                }
                let first = if own { rows.start + spec.look_back } else { rows.start.max(spec.look_back) };
                let end = (rows.end.min(series.history) + 1).saturating_sub(spec.horizon);
                for origin in (first..end).step_by(stride.max(1)) {
                    if !series.complete[origin - 1] {
                        *skipped += usize::from(slot == 2);
                        continue;
                    }
                    for channel in 0..spec.targets.len() {
                        list.push(Window {
                            series: index as u32,
                            channel: channel as u32,
                            origin: origin as u32,
                        });
                    }
                }
            }
        }
        let parts = [
            ("train", &windows.train, true),
            ("valid", &windows.valid, false),
            ("test", &windows.test, false),
        ];
        for (slot, (part, list, own)) in parts.into_iter().enumerate() {
            if list.is_empty() {
                let (rows, place) = longest[slot].clone();
                let need = if own { spec.look_back + spec.horizon } else { spec.horizon };
                return Err(too_short(part, need, spec, &place, rows));
            }
        }
        Ok(windows)
    }

    /// The windows of a part.
    pub fn part(&self, part: Part) -> &[Window] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }
}
