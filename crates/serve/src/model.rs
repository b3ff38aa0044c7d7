//! A fitted forecaster behind the server.

use gyeol_data::Table;
use gyeol_forecast::{Error, Forecaster};
use gyeol_tensor::Pool;

use crate::{Description, ForecastRow, Refusal, Served};

/// A [`Forecaster`] with the name that requests choose it by.
pub struct Model {
    name: String,
    forecaster: Forecaster,
}

impl Model {
    /// Serves a forecaster under a name.
    pub fn new(name: impl Into<String>, forecaster: Forecaster) -> Model {
        Model { name: name.into(), forecaster }
    }
}

impl Served for Model {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn describe(&self) -> Description {
        let about = &self.forecaster.about;
        let spec = &about.spec;
        Description {
            rung: self.forecaster.rung.clone(),
            time: about.time.clone(),
            targets: spec.targets.clone(),
            past: spec.past.clone(),
            known: spec.known.clone(),
            id: about.id.clone(),
            step: spec.step.label(),
            look_back: self.forecaster.predictor.needs(spec.look_back),
            horizon: spec.horizon,
            interval: about.intervals.level,
            unit: Some(about.unit.clone()).filter(|unit| !unit.is_empty()),
            zone: spec.zone.clone(),
        }
    }

    fn forecast(&self, table: &Table) -> Result<Vec<ForecastRow>, Refusal> {
        // One thread a request: the server already works on several at once.
        Ok(self.forecaster.forecast(table.clone(), &Pool::new(1))?)
    }

    /// The end of the built-in readings, where this model reads such columns on such a clock.
    fn sample(&self) -> Option<Table> {
        let table = gyeol_data::builtin::power_load().ok()?;
        let description = self.describe();
        let fits = description.columns().iter().all(|(name, _)| table.kind(name).is_some());
        if !fits || description.step != "1 h" {
            return None;
        }
        // Three look-backs show the rhythm that the forecast continues; models may want a little more than they look back on.
        let rows = (3 * description.look_back).max(21 * 24);
        table.slice(table.rows().saturating_sub(rows), table.rows()).ok()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let message = error.to_string();
        match error {
            Error::Data(error) => error.into(),
            Error::TooShort { .. } | Error::ShortHistory { .. } => Refusal::new("too-short", message),
            Error::Missing { column, series, row, .. } => {
                let refusal = Refusal::new("missing-value", message).at_column(column);
                // Rows of one series among several are not rows of the table.
                if series.is_empty() { refusal.at_row(row + 2) } else { refusal }
            }
            Error::ConstantTarget { column, .. } => {
                Refusal::new("constant-target", message).at_column(column)
            }
            Error::UnknownSeries { .. } => Refusal::new("unknown-series", message),
            Error::StepMismatch { .. } => Refusal::new("other-step", message),
            _ => Refusal::new("cannot-forecast", message),
        }
    }
}
