//! What a model must be able to do to be served.

use gyeol_data::Table;
use gyeol_forecast::ForecastRow;
use serde::Serialize;

/// A trained model behind the server.
pub trait Served: Send + Sync {
    /// Name by which requests choose it.
    fn name(&self) -> String;

    /// What it wants and gives.
    fn describe(&self) -> Description;

    /// The continuation of the readings, in the order of series, target and time.
    fn forecast(&self, table: &Table) -> Result<Vec<ForecastRow>, Refusal>;

    /// Readings to try it with; `None` where there are none at hand.
    fn sample(&self) -> Option<Table> {
        None
    }
}

/// What a model wants and gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Description {
    /// The rung of the ladder: `lstm`, `linear` …
    pub rung: String,
    /// Name of the time column; `None` where rows are merely counted.
    pub time: Option<String>,
    /// Columns that are forecast.
    pub targets: Vec<String>,
    /// Columns known up to now only.
    pub past: Vec<String>,
    /// Columns known for the rows ahead too: rows after the last reading must hold them.
    pub known: Vec<String>,
    /// The column that tells several series apart.
    pub id: Option<String>,
    /// Distance of two rows, in words: `1 h`.
    pub step: String,
    /// Rows that a forecast looks back on.
    pub look_back: usize,
    /// Rows that are forecast.
    pub horizon: usize,
    /// Share of true values that the interval should hold.
    pub interval: f64,
    /// Unit of the targets.
    pub unit: Option<String>,
    /// Zone of times that carry none.
    pub zone: Option<String>,
}

impl Description {
    /// Every column that the model reads, with its role's word.
    pub(crate) fn columns(&self) -> Vec<(&str, &'static str)> {
        let mut columns: Vec<(&str, &'static str)> = Vec::new();
        columns.extend(self.time.iter().map(|name| (name.as_str(), "time")));
        columns.extend(self.id.iter().map(|name| (name.as_str(), "id")));
        columns.extend(self.targets.iter().map(|name| (name.as_str(), "target")));
        columns.extend(self.past.iter().map(|name| (name.as_str(), "past")));
        columns.extend(self.known.iter().map(|name| (name.as_str(), "known")));
        columns
    }
}

/// Why readings could not be continued: the caller's data is at fault, not the server.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// A stable word for programs: `too-short`, `missing-column` …
    pub code: String,
    /// The same for people: what was found, where, why, and the next step.
    pub message: String,
    /// Row of the table, counted from 1 with the header of a CSV as row 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Name of the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl Refusal {
    /// A refusal that points at no cell.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Refusal {
        Refusal { code: code.into(), message: message.into(), row: None, column: None }
    }

    /// The same, pointing at a row.
    pub fn at_row(mut self, row: usize) -> Refusal {
        self.row = Some(row);
        self
    }

    /// The same, pointing at a column.
    pub fn at_column(mut self, column: impl Into<String>) -> Refusal {
        self.column = Some(column.into());
        self
    }
}

impl From<gyeol_data::Error> for Refusal {
    fn from(error: gyeol_data::Error) -> Refusal {
        let fault = error.fault();
        Refusal {
            code: error.code().to_owned(),
            message: error.to_string(),
            row: fault.and_then(|fault| fault.row),
            column: fault.and_then(|fault| fault.column.clone()),
        }
    }
}
