//! Named, ordered, reported cleaning: each operation says how many values it touched, nothing is altered silently.

mod apply;
mod fill;
mod propose;
mod rows;

use serde::{Deserialize, Serialize};

pub use apply::apply;
pub use propose::propose;

/// Which of several rows with one stamp stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The first.
    #[default]
    First,
    /// The last, such as a corrected reading.
    Last,
    /// The mean of numeric columns; other columns as in the first.
    Mean,
}

/// How missing cells are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FillMethod {
    /// The last reading before.
    Forward,
    /// The straight line between the readings before and after.
    Linear,
    /// The line, plus the shape of the nearest season that is complete there.
    Seasonal,
}

/// How a finer clock is put on a coarser one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gather {
    /// Mean, for power and temperature.
    #[default]
    Mean,
    /// Sum, for energy.
    Sum,
    /// Last value, for counters.
    Last,
    /// Largest value.
    Max,
}

/// One cleaning operation; a recipe lists them in order. Within each series when there is an id column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CleanOp {
    /// Rows in time order; the order of series and of equal stamps stays.
    Sort {},
    /// One row a stamp.
    Deduplicate {
        /// Which stays.
        #[serde(default)]
        keep: Keep,
    },
    /// Every moment of the clock has its row; missing rows become empty ones, stamps off the clock move to the nearest moment.
    RegularClock {
        /// `15 min`, `1 h`, `1 day` …; the step most rows follow when left out. A coarser step gathers rows.
        #[serde(default)]
        step: Option<String>,
        /// How rows are gathered on a coarser step.
        #[serde(default)]
        gather: Gather,
    },
    /// Removes columns.
    Drop {
        /// Their names.
        columns: Vec<String>,
    },
    /// Removes rows.
    DropRows {
        /// Rows before this date.
        #[serde(default)]
        before: Option<String>,
        /// Rows at or after this date.
        #[serde(default)]
        from: Option<String>,
        /// Rows where any of these columns is missing.
        #[serde(default)]
        missing: Vec<String>,
        /// Rows that repeat an earlier one in every cell.
        #[serde(default)]
        duplicates: bool,
    },
    /// Sets readings that cannot be to missing.
    Missing {
        /// Columns concerned.
        columns: Vec<String>,
        /// Values below this.
        #[serde(default)]
        below: Option<f64>,
        /// Values above this.
        #[serde(default)]
        above: Option<f64>,
        /// These very values, such as −999.
        #[serde(default)]
        equal: Vec<f64>,
        /// Infinite values.
        #[serde(default)]
        infinite: bool,
        /// Runs of one value repeated at least so many times (the first of a run stays).
        #[serde(default)]
        stuck: Option<usize>,
    },
    /// Values beyond the bounds become the bound.
    Clip {
        /// Columns concerned.
        columns: Vec<String>,
        /// Lower bound.
        #[serde(default)]
        low: Option<f64>,
        /// Upper bound.
        #[serde(default)]
        high: Option<f64>,
    },
    /// Fills missing cells and marks them as invented.
    Fill {
        /// Columns concerned.
        columns: Vec<String>,
        /// How.
        method: FillMethod,
        /// Rows of a season for `seasonal`; found from the clock when left out.
        #[serde(default)]
        season: Option<usize>,
        /// Longest hole that is filled, in rows; longer ones stay missing. Every hole when left out.
        #[serde(default)]
        limit: Option<usize>,
    },
    /// The difference from the reading before, for counters; after a reset it is missing, as is the first one.
    Difference {
        /// Columns concerned.
        columns: Vec<String>,
    },
    /// Converts units: `°F` to `°C`, `kW` to `MW`, `kWh/15min` to `kW`.
    ConvertUnit {
        /// Columns concerned.
        columns: Vec<String>,
        /// The unit now.
        from: String,
        /// The unit wanted.
        to: String,
    },
}

impl CleanOp {
    /// The word used in recipes: `sort`, `regular-clock` …
    pub fn word(&self) -> &'static str {
        match self {
            CleanOp::Sort {} => "sort",
            CleanOp::Deduplicate { .. } => "deduplicate",
            CleanOp::RegularClock { .. } => "regular-clock",
            CleanOp::Drop { .. } => "drop",
            CleanOp::DropRows { .. } => "drop-rows",
            CleanOp::Missing { .. } => "missing",
            CleanOp::Clip { .. } => "clip",
            CleanOp::Fill { .. } => "fill",
            CleanOp::Difference { .. } => "difference",
            CleanOp::ConvertUnit { .. } => "convert-unit",
        }
    }
}

/// What one operation did to one column (or to whole rows).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The operation's word.
    pub operation: String,
    /// The column, `None` where rows were moved, made or removed.
    pub column: Option<String>,
    /// Cells or rows touched; 0 says that it was applied and found nothing to do.
    pub touched: usize,
    /// What happened, in words.
    pub detail: String,
}
