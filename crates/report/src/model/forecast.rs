//! What only forecasts of readings show.
//!
//! Times are milliseconds since 1970-01-01 UTC; [`DataFacts::zone`] says how they are written for people. Values are in the
//! target's own unit unless a field says otherwise.

use gyeol_data::profile::Profile;
use serde::{Deserialize, Serialize};

/// A span of the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// First reading.
    pub from: i64,
    /// Last reading.
    pub to: i64,
    /// Rows of the table within it.
    pub rows: usize,
    /// Forecast origins within it.
    pub windows: usize,
}

/// Where the data came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataFacts {
    /// Rows after cleaning.
    pub rows: usize,
    /// Series in the table (1 without an id column).
    pub series: usize,
    /// Target columns.
    pub targets: Vec<String>,
    /// Unit of the targets, such as "MW"; empty when unknown.
    pub unit: String,
    /// Step of the clock for people: "1 h", "15 min", "1 day".
    pub step: String,
    /// Zone in which times are written, such as "America/New_York"; "UTC" when none was named.
    pub zone: String,
}

/// One column and what the rungs were allowed to know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnRole {
    /// Column name.
    pub name: String,
    /// Role name as in the recipe: target, past, known, id, time …
    pub role: String,
}

/// The rules under which every rung was fitted and judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// Rows a rung looks back.
    pub look_back: usize,
    /// Rows it forecasts.
    pub horizon: usize,
    /// The training part.
    pub train: Span,
    /// The part that picks epochs and hyper-parameters.
    pub valid: Span,
    /// The part that is scored once.
    pub test: Span,
    /// Columns and roles.
    pub columns: Vec<ColumnRole>,
    /// Calendar columns given to the rungs, such as "hour", "weekday", "holiday (US)".
    pub calendar: Vec<String>,
    /// True where future values of the `known` columns were given: a perfect forecast of them is assumed.
    pub known_ahead: bool,
    /// Promised coverage of the forecast interval, such as 0.9.
    pub interval_level: f64,
    /// True where interval and quantiles followed what came true from origin to origin.
    #[serde(default)]
    pub adaptive: bool,
    /// True when scores are taken in scaled units (train mean 0, deviation 1).
    pub scaled: bool,
    /// Seasonal lag, in rows, that the denominator of MASE uses.
    pub mase_season: usize,
    /// Target readings in the test part that were missing and so are not scored.
    pub unscored: usize,
    /// Test origins left out because the row before them was made by cleaning.
    #[serde(default)]
    pub skipped: usize,
}

/// What a ladder of forecasts was climbed on, and under which rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForecastFacts {
    /// The readings.
    pub data: DataFacts,
    /// The rules.
    pub protocol: Protocol,
}

/// What is measured on one rung of forecasts beside its metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForecastDetail {
    /// MAE by row ahead (1..=horizon), mean of targets.
    pub mae_by_step: Vec<f64>,
    /// Mean signed error (forecast - truth) by row ahead.
    pub bias_by_step: Vec<f64>,
    /// Measured coverage of the interval by row ahead, on test.
    pub coverage_by_step: Vec<f64>,
    /// Mean width of the interval by row ahead.
    pub width_by_step: Vec<f64>,
    /// Measured coverage over everything.
    pub coverage: f64,
    /// Mean width over everything.
    pub width: f64,
    /// Pinball loss of the two interval ends and the centre, mean.
    pub pinball: f64,
    /// What became of each quantile; empty where none were asked for.
    #[serde(default)]
    pub calibration: Vec<Calibrated>,
    /// MAE by weekday (Monday first) and hour of the forecast row; empty where the clock has no hours.
    pub mae_by_weekday_hour: Vec<Vec<f64>>,
    /// MAE by weekday, Monday first; empty where the clock has no days.
    pub mae_by_weekday: Vec<f64>,
    /// Residual histogram (forecast - truth): bin edges, one more than `residual_counts`.
    pub residual_edges: Vec<f64>,
    /// Counts of the residual histogram.
    pub residual_counts: Vec<u64>,
    /// Daily peak, where a window covers a day or more.
    pub peak: Option<Peak>,
    /// Monthly peak, where the test part holds a whole month of days.
    #[serde(default)]
    pub peak_month: Option<MonthlyPeak>,
    /// What became of the warnings of the recipe's limit.
    #[serde(default)]
    pub warnings: Option<Warnings>,
    /// The ten worst days.
    pub worst_days: Vec<BadDay>,
    /// Errors by level, where series are sums of others.
    #[serde(default)]
    pub levels: Option<Levels>,
}

/// A hierarchy's levels under one rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// How forecasts were made to add up: `none`, `bottom-up`, `top-down`, `ols`, `wls` or `mint`.
    pub way: String,
    /// Whether the validation part chose the way.
    pub chosen: bool,
    /// How far covariances were shrunk to their diagonal, by target; of `mint` alone.
    pub shrinkage: Vec<f64>,
    /// Every way on the validation part.
    pub tried: Vec<TriedWay>,
    /// The levels, the lowest first.
    pub rows: Vec<LevelRow>,
}

/// A way that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriedWay {
    /// The way.
    pub way: String,
    /// Its error on validation by that of forecasts that were not made to add up, each level counting alike.
    pub error: f64,
}

/// A level on the test part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelRow {
    /// Name of the level.
    pub level: String,
    /// Its series.
    pub series: usize,
    /// MAE of the forecasts as they were made.
    pub base: f64,
    /// MAE of those that add up.
    pub reconciled: f64,
    /// MASE of the forecasts as they were made.
    pub base_mase: f64,
    /// MASE of those that add up.
    pub reconciled_mase: f64,
    /// Share of readings within the interval.
    pub coverage: f64,
}

/// A quantile against what came true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// Its level: the share of truths that should not be above it.
    pub level: f64,
    /// The share of truths that were not.
    pub below: f64,
}

/// How well the highest reading of each forecast day is met: what a grid operator asks first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Mean absolute error of the peak's height.
    pub height_mae: f64,
    /// The same in percent of the true peak.
    pub height_mape: f64,
    /// Mean absolute error of the peak's time, in rows of the clock.
    pub time_mae: f64,
    /// Share of days on which the peak's row was met exactly.
    pub time_hit: f64,
    /// Days counted.
    pub days: usize,
}

/// How well the highest reading of each whole month is met by the forecasts made at the beginning of its days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthlyPeak {
    /// Mean absolute error of the peak's height.
    pub height_mae: f64,
    /// The same in percent of the true peak.
    pub height_mape: f64,
    /// Share of months whose highest day was met.
    pub day_hit: f64,
    /// Months counted.
    pub months: usize,
}

/// Warnings of a limit against what came true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warnings {
    /// The limit, in the target's unit.
    pub limit: f64,
    /// False alarms that a miss costs as much as.
    pub miss_cost: f64,
    /// The probability from which on a crossing was warned of.
    pub threshold: f64,
    /// Whether the validation part chose it; false where the limit is crossed always or never there.
    pub chosen: bool,
    /// Values judged.
    pub readings: u64,
    /// Values above the limit.
    pub above: u64,
    /// Values warned of.
    pub warned: u64,
    /// Values warned of that were above it.
    pub hits: u64,
    /// Hits of warnings; `None` without any warning.
    pub precision: Option<f64>,
    /// Hits of values above the limit; `None` without any.
    pub recall: Option<f64>,
    /// F-beta with β² the cost of a miss; `None` without any value above.
    pub f_beta: Option<f64>,
    /// Mean cost of a value, in false alarms.
    pub cost: Option<f64>,
    /// Mean squared error of the probability.
    pub brier: Option<f64>,
}

/// A day on which a rung erred most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BadDay {
    /// First forecast row of that day.
    pub origin: i64,
    /// Mean absolute error of the window.
    pub mae: f64,
    /// Mean of the truth.
    pub mean: f64,
    /// What was special, as catalogue keys with a value: holiday (name), cold, hot, stuck, jump, none.
    pub notes: Vec<DayNote>,
}

/// What was special on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum DayNote {
    /// A public holiday.
    Holiday {
        /// Its name.
        name: String,
    },
    /// The day before or after a public holiday.
    NearHoliday {
        /// Its name.
        name: String,
    },
    /// A covariate was in the lowest or highest 2 % of the training part.
    Extreme {
        /// Column.
        column: String,
        /// Mean value of the day.
        value: f64,
        /// True for the high end.
        high: bool,
    },
    /// The day's level moved far from the day before.
    Jump {
        /// Change of the mean against the day before, in percent.
        percent: f64,
    },
    /// The target did not move for hours: a stuck meter.
    Stuck,
}

/// Why an example day is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayKind {
    /// Median error of the chosen rung.
    Typical,
    /// Lowest tenth.
    Good,
    /// The worst.
    Worst,
    /// One of the further days the picker offers.
    Other,
}

/// A rung's forecast of an example day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayForecast {
    /// Rung name.
    pub rung: String,
    /// Forecast, one a row ahead.
    pub value: Vec<f64>,
    /// Lower end of the interval.
    pub low: Vec<f64>,
    /// Upper end.
    pub high: Vec<f64>,
}

/// One forecast origin of the test part, drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayExample {
    /// Why it is shown.
    pub kind: DayKind,
    /// Series, where there are several.
    pub series: Option<String>,
    /// Target column.
    pub target: String,
    /// Times of the forecast rows.
    pub times: Vec<i64>,
    /// The rows just before the origin (at most two days' worth), oldest first.
    pub history: Vec<f64>,
    /// What came true; NaN (null) where not observed.
    pub truth: Vec<Option<f64>>,
    /// What repeating the season would have said.
    pub naive: Vec<f64>,
    /// MAE of the chosen rung on this window.
    pub mae: f64,
    /// Forecasts: the chosen rung first; `Other` days carry the chosen rung alone.
    pub forecasts: Vec<DayForecast>,
}

/// One cleaning operation and what it touched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// Operation name as in the recipe.
    pub operation: String,
    /// Column, or empty for whole rows.
    pub column: String,
    /// Values or rows touched.
    pub touched: usize,
    /// Detail in words.
    pub detail: String,
}

/// The table as it was read and cleaned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataChapter {
    /// The profile of the cleaned table.
    pub profile: Profile,
    /// Cleaning.
    pub changes: Vec<ChangeRow>,
}
