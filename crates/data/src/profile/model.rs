//! Everything that inspection found, as plain data: the terminal table, the HTML page and `--json` draw from this alone.
//!
//! Moments are milliseconds since 1970-01-01 UTC (of the table's own clock without a zone). Rows count from 0.
//! Values are in the column's own unit. Nothing here is NaN or infinite: what could not be computed is `None`.

use gyeol_base::Warning;
use serde::{Deserialize, Serialize};

use crate::roles::{Reason, Role};
use crate::table::{ColumnKind, Source};

/// What [`super::profile`] found in a table.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Profile {
    /// File, hash, how it was read.
    pub source: Source,
    /// Rows of the table.
    pub rows: usize,
    /// One entry a column, in the table's order.
    pub columns: Vec<ColumnProfile>,
    /// The clock; `None` when the table has no time column.
    pub clock: Option<ClockProfile>,
    /// One entry a series when there is an id column; empty otherwise.
    pub series: Vec<SeriesProfile>,
    /// Rows that repeat an earlier row in every cell.
    pub duplicate_rows: usize,
    /// The first few of them.
    pub duplicate_examples: Vec<usize>,
    /// The parts of the split, when one was asked for and could be made.
    pub parts: Vec<PartSpan>,
    /// First target against each numeric covariate.
    pub scatters: Vec<Scatter>,
    /// What deserves attention, the gravest first.
    pub warnings: Vec<Warning>,
}

/// What was found in one column.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ColumnProfile {
    /// Name as in the header.
    pub name: String,
    /// Kind of its values; `type` in JSON.
    #[serde(rename = "type")]
    pub kind: ColumnKind,
    /// The role it plays.
    pub role: Role,
    /// Why it was given this role: a stable code with its parts.
    pub reason: Reason,
    /// The unit its name gives away, such as `MW`.
    pub unit: Option<String>,
    /// Cells.
    pub rows: usize,
    /// Missing cells.
    pub nulls: usize,
    /// Cells that cleaning invented.
    pub filled: usize,
    /// Different values.
    pub distinct: usize,
    /// Whether all present cells hold one value.
    pub constant: bool,
    /// Figures of a numeric column.
    pub numbers: Option<NumberProfile>,
    /// The most frequent values of a text, boolean or label column, most frequent first (at most 20).
    pub classes: Vec<ClassCount>,
    /// The first few present cells, as text.
    pub examples: Vec<String>,
}

/// One value of a column and how often it occurs.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ClassCount {
    /// The value as text.
    pub value: String,
    /// Rows that hold it.
    pub count: usize,
}

/// Figures of a numeric column; missing cells are left out everywhere.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct NumberProfile {
    /// Smallest finite value.
    pub min: Option<f64>,
    /// Largest finite value.
    pub max: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Population standard deviation.
    pub deviation: Option<f64>,
    /// 1st percentile.
    pub p01: Option<f64>,
    /// First quartile.
    pub q1: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Third quartile.
    pub q3: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Cells equal to 0.
    pub zeros: usize,
    /// Cells below 0.
    pub negatives: usize,
    /// Infinite cells.
    pub infinite: usize,
    /// Deviation of the noise: robust deviation of second differences / √6, in the column's unit.
    pub noise: Option<f64>,
    /// Values far from the rest.
    pub outliers: Option<Outliers>,
    /// Readings that cannot be.
    pub impossible: Vec<Impossible>,
    /// The longest run of one value repeated, when it is suspiciously long.
    pub stuck: Option<StuckRun>,
    /// How many suspiciously long runs there are.
    pub stuck_runs: usize,
    /// Counts between edges.
    pub histogram: Histogram,
    /// About 60 means over equal stretches of the rows, in time order; `None` where a stretch is empty.
    pub sparkline: Vec<Option<f64>>,
    /// Pearson correlation with each target on the same row.
    pub correlations: Vec<Correlation>,
    /// Autocorrelation at lags 1 .. (rows), evenly spaced or chosen; empty without an order.
    pub autocorrelation: Vec<LagValue>,
    /// Dominant periods, the strongest first.
    pub periods: Vec<Period>,
    /// By hour of the week, when the clock is sub-daily.
    pub typical_week: Option<TypicalWeek>,
    /// When this column looks like the target shifted or scaled.
    pub leakage: Option<Leakage>,
    /// When this column knows the target of later rows, or in its own row where it is known ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foresight: Option<Foresight>,
    /// Change between train and the later parts.
    pub drift: Vec<Drift>,
}

/// What a column tells of the target that the target's own past does not.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Foresight {
    /// The target.
    pub target: String,
    /// Rows that it knows ahead; 0 of a column known ahead.
    pub lag: usize,
    /// Share of what the target's past leaves open.
    pub share: f64,
}

/// Values far from the rest by a robust measure.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Outliers {
    /// `mad`: with an order of rows, spikes that pass both neighbours by more than 8 robust deviations of the usual change
    /// and half an interquartile range, and whatever `iqr` finds; `iqr`: 3 interquartile ranges beyond a quartile.
    pub method: String,
    /// How many.
    pub count: usize,
    /// First quartile − 3 interquartile ranges.
    pub low: f64,
    /// Third quartile + 3 interquartile ranges.
    pub high: f64,
    /// The farthest few.
    pub examples: Vec<ReadingAt>,
}

/// One reading and where it stands.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ReadingAt {
    /// Row of the table, from 0.
    pub row: usize,
    /// Its moment, when there is a clock.
    pub at: Option<i64>,
    /// Its value; `None` for an infinite one.
    pub value: Option<f64>,
}

/// Readings that cannot be.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Impossible {
    /// A stable code: `negative-load`, `temperature-too-low`, `temperature-too-high`, `infinite`, `humidity-out-of-range`, `sentinel` (−999, 9999 …).
    pub code: String,
    /// How many.
    pub count: usize,
    /// The bound that was passed, or the sentinel's value.
    pub bound: Option<f64>,
    /// The first few.
    pub examples: Vec<ReadingAt>,
}

/// A meter that repeats itself.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct StuckRun {
    /// The repeated value.
    pub value: f64,
    /// First row of the run, from 0.
    pub row: usize,
    /// Its moment, when there is a clock.
    pub from: Option<i64>,
    /// The last row's moment.
    pub to: Option<i64>,
    /// Rows in the run.
    pub rows: usize,
}

/// Counts of values between edges: `counts[i]` lie in `edges[i] .. edges[i+1]`, the last edge included.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Histogram {
    /// One more than counts; rising.
    pub edges: Vec<f64>,
    /// Cells between neighbouring edges.
    pub counts: Vec<usize>,
}

/// Correlation with a target.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Correlation {
    /// The target's name.
    pub target: String,
    /// Pearson's r.
    pub r: f64,
}

/// Autocorrelation at one lag.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct LagValue {
    /// Rows back.
    pub lag: usize,
    /// Correlation with itself so many rows back.
    pub r: f64,
}

/// A rhythm in a column.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Period {
    /// Rows.
    pub rows: usize,
    /// For people: `1 day`, `1 week`, `37 rows`.
    pub label: String,
    /// Autocorrelation at this lag.
    pub strength: f64,
}

/// The week as it usually goes: index = weekday (Monday 0) · slots a day + slot of the day, on the local clock.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct TypicalWeek {
    /// Slots a day: 24 for hours (finer steps are put together by the hour).
    pub slots_per_day: usize,
    /// Median of each slot of the week; `None` when it never occurs.
    pub median: Vec<Option<f64>>,
    /// First quartile.
    pub q1: Vec<Option<f64>>,
    /// Third quartile.
    pub q3: Vec<Option<f64>>,
}

/// A column that gives the target away.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Leakage {
    /// The target's name.
    pub target: String,
    /// Rows that the column runs ahead of the target (positive: it shows the target of so many rows later; 0: same row).
    pub lag: i64,
    /// Correlation at that lag.
    pub r: f64,
    /// target ≈ factor · column + offset.
    pub factor: f64,
    /// See `factor`.
    pub offset: f64,
}

/// How a part differs from the train part.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Drift {
    /// `valid` or `test`.
    pub part: String,
    /// (mean of the part − mean of train) / deviation of train.
    pub mean_shift: f64,
    /// deviation of the part / deviation of train.
    pub deviation_ratio: f64,
    /// Population stability index over the train deciles: below 0.1 little, above 0.25 much.
    pub stability_index: f64,
    /// Kolmogorov-Smirnov distance, 0..1.
    pub ks: f64,
}

/// The clock of a table.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ClockProfile {
    /// The time column.
    pub column: String,
    /// The step most rows follow: `1 h`; `None` with fewer than two stamps.
    pub step: Option<String>,
    /// The same, approximately, in milliseconds; `None` for rows counted without a clock.
    pub step_ms: Option<i64>,
    /// Rows a day, when the step divides it.
    pub per_day: Option<usize>,
    /// IANA name of the zone; `None` when the clock has none.
    pub zone: Option<String>,
    /// Earliest stamp.
    pub from: Option<i64>,
    /// Latest stamp.
    pub to: Option<i64>,
    /// Cells without a stamp.
    pub missing: usize,
    /// Holes in the clock.
    pub gaps: Vec<Gap>,
    /// Number of holes (the list keeps the first 100).
    pub gap_count: usize,
    /// Rows that are missing in all of them.
    pub missing_rows: usize,
    /// Stamps that are not on the clock.
    pub irregular: usize,
    /// The first row whose stamp is not on the clock.
    pub first_irregular: Option<usize>,
    /// Stamps repeated within a series.
    pub duplicates: usize,
    /// The first row with a repeated stamp.
    pub first_duplicate: Option<usize>,
    /// Rows earlier than the row before within a series.
    pub unsorted: usize,
    /// The first of them.
    pub first_unsorted: Option<usize>,
    /// Traces of daylight-saving jumps: missing spring hours and doubled autumn hours, in a clock that has no zone.
    pub dst_jumps: Vec<DstJump>,
    /// Zones that change their clocks as these traces do, those of the largest countries first.
    #[serde(default)]
    pub zones: Vec<ZoneGuess>,
}

/// A hole in the clock.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Gap {
    /// The series, when there is an id column.
    pub series: Option<String>,
    /// First missing moment.
    pub from: i64,
    /// Last missing moment.
    pub to: i64,
    /// Missing rows.
    pub rows: usize,
}

/// A trace of daylight saving.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct DstJump {
    /// The stamp missing in spring or doubled in autumn.
    pub at: i64,
    /// `spring` or `autumn`.
    pub season: String,
}

/// A zone that a clock without one may be of, by the traces of its summer time.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ZoneGuess {
    /// Its name in the IANA database.
    pub zone: String,
    /// The country it lies in, by two letters.
    pub country: String,
    /// Traces that are changes of this zone's clocks.
    pub told: usize,
    /// All traces.
    pub traces: usize,
    /// Hours that the zone skipped while the readings ran and that the stamps skip too.
    pub springs_told: usize,
    /// Hours that the zone skipped while the readings ran.
    pub springs: usize,
}

/// One series of an id column.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct SeriesProfile {
    /// Value of the id column.
    pub id: String,
    /// Rows.
    pub rows: usize,
    /// First stamp.
    pub from: Option<i64>,
    /// Last stamp.
    pub to: Option<i64>,
    /// Missing cells of the first target.
    pub nulls: usize,
    /// Mean of the first target.
    pub mean: Option<f64>,
}

/// One part of the split.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct PartSpan {
    /// `train`, `valid` or `test`.
    pub name: String,
    /// First moment.
    pub from: i64,
    /// The moment after the last.
    pub to: i64,
    /// Rows of the table in it.
    pub rows: usize,
}

/// The first target by bins of a covariate.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Scatter {
    /// Target's name.
    pub target: String,
    /// Covariate's name.
    pub covariate: String,
    /// Bins of equal width between the 0.5 and 99.5 % quantiles of the covariate.
    pub bins: Vec<ScatterBin>,
    /// Up to 600 pairs (covariate, target), evenly drawn, for dots.
    pub points: Vec<(f64, f64)>,
}

/// One bin of a scatter.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ScatterBin {
    /// Middle of the bin on the covariate's axis.
    pub x: f64,
    /// Pairs in it.
    pub count: usize,
    /// Mean of the target.
    pub mean: f64,
    /// 10 % quantile of the target.
    pub q10: f64,
    /// Median of the target.
    pub median: f64,
    /// 90 % quantile of the target.
    pub q90: f64,
}
