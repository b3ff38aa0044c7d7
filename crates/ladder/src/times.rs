//! What a clock and the machine measured of each rung: kept beside the models, which are the same bytes in two equal runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gyeol_base::{Error, Result};
use gyeol_report::model::RungReport;
use serde::{Deserialize, Serialize};

/// Measures of one rung.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Measured {
    fit_seconds: f64,
    predict_us: f64,
    peak_memory: u64,
    /// Seconds of each epoch of the learning curve.
    epochs: Vec<f64>,
}

/// Measures of the rungs of a run, in `DIR/times.json`.
pub(crate) struct Times {
    path: PathBuf,
    of: BTreeMap<String, Measured>,
}

/// The file below the folder of a run.
pub(crate) fn path(out: &Path) -> PathBuf {
    out.join("times.json")
}

impl Times {
    /// Those that a run has left; none where there are none or they cannot be read, for they decide nothing.
    pub(crate) fn open(out: &Path) -> Times {
        let path = path(out);
        let of = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Times { path, of: of.unwrap_or_default() }
    }

    /// Keeps the measures of a rung and gives its report without them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn keep(&mut self, report: &RungReport) -> Result<RungReport> {
        let measured = Measured {
            fit_seconds: report.fit_seconds,
            predict_us: report.predict_us,
            peak_memory: report.peak_memory,
            epochs: report.curve.iter().map(|point| point.seconds).collect(),
        };
        self.of.insert(report.name.clone(), measured);
        let bytes = serde_json::to_vec_pretty(&self.of).map_err(Error::defect)?;
        gyeol_base::write_bytes(&self.path, &bytes).map_err(|e| Error::writing(&self.path, e))?;
        let mut bare = report.clone();
        put(&mut bare, &Measured::default());
        Ok(bare)
    }

    /// Puts the measures of a rung back into its report.
    pub(crate) fn put_back(&self, report: &mut RungReport) {
        if let Some(measured) = self.of.get(&report.name) {
            put(report, measured);
        }
    }
}

fn put(report: &mut RungReport, measured: &Measured) {
    report.fit_seconds = measured.fit_seconds;
    report.predict_us = measured.predict_us;
    report.peak_memory = measured.peak_memory;
    for (at, point) in report.curve.iter_mut().enumerate() {
        point.seconds = measured.epochs.get(at).copied().unwrap_or(0.0);
    }
}
