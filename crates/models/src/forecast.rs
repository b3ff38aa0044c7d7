//! A forecaster, asked with readings.

use gyeol_base::Result;
use gyeol_data::Table;
use gyeol_forecast::Forecaster;
use gyeol_tensor::Pool;
use serde_json::json;

use crate::answers::{Answers, Ask, Description, Reply, VerbSpec, no_such_verb, wrong_shape};

impl Answers for Forecaster {
    fn verbs(&self) -> Vec<VerbSpec> {
        vec![VerbSpec {
            name: "forecast",
            about: "Continues readings, each row ahead with its interval.",
            table: true,
            input: json!({ "$ref": "#/components/schemas/Request" }),
            output: json!({ "$ref": "#/components/schemas/Forecast" }),
        }]
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        match (verb, ask) {
            ("forecast", Ask::Table(table)) => Ok(Reply::Forecast(self.forecast(table, pool)?)),
            ("forecast", Ask::Ahead(both)) => {
                Ok(Reply::Forecast(self.forecast_ahead(&both.0, &both.1, pool)?))
            }
            ("forecast", _) => Err(wrong_shape("a table of readings is needed".into())),
            _ => Err(no_such_verb(verb, &self.verbs())),
        }
    }

    fn describe(&self) -> Option<Description> {
        let about = &self.about;
        let spec = &about.spec;
        Some(Description {
            rung: self.rung.clone(),
            time: about.time.clone(),
            targets: spec.targets.clone(),
            past: spec.past.clone(),
            known: spec.known.clone(),
            id: about.id.clone(),
            step: spec.step.label(),
            look_back: self.predictor.needs(spec.look_back),
            horizon: spec.horizon,
            interval: about.intervals.level,
            quantiles: about.intervals.levels.clone(),
            unit: Some(about.unit.clone()).filter(|unit| !unit.is_empty()),
            zone: spec.zone.clone(),
        })
    }

    /// The end of the built-in readings, where this model reads such columns on such a clock.
    fn sample(&self) -> Option<Table> {
        let table = gyeol_data::builtin::power_load().ok()?;
        let description = self.describe()?;
        let fits = description.columns().iter().all(|(name, _)| table.kind(name).is_some());
        if !fits || description.step != "1 h" {
            return None;
        }
        // Three look-backs show the rhythm that the forecast continues; models may want a little more than they look back on.
        let rows = (3 * description.look_back).max(21 * 24);
        table.slice(table.rows().saturating_sub(rows), table.rows()).ok()
    }
}
