//! What can go wrong between readings and a forecast.

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error with its cause and the next step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table or its columns.
    #[error(transparent)]
    Data(#[from] gyeol_data::Error),
    /// Training.
    #[error(transparent)]
    Neural(#[from] gyeol_neural::Error),
    /// The closed-form fit.
    #[error(transparent)]
    Learn(#[from] gyeol_learn::Error),
    /// A part holds no whole window.
    #[error(
        "the {part} part holds no window: a window needs {need} rows ({look_back} to look back, {horizon} to forecast), {place} has {rows} there; give a longer series, or lower look_back or horizon"
    )]
    TooShort {
        /// Part of the split.
        part: &'static str,
        /// Rows needed.
        need: usize,
        /// Look-back.
        look_back: usize,
        /// Horizon.
        horizon: usize,
        /// Which series.
        place: String,
        /// Rows there.
        rows: usize,
    },
    /// Too few readings before the first row to forecast.
    #[error(
        "{place} has {rows} readings, the model needs {need} before the first row that it forecasts; give at least {need} rows of readings"
    )]
    ShortHistory {
        /// Which series.
        place: String,
        /// Readings there.
        rows: usize,
        /// Readings needed.
        need: usize,
    },
    /// No origin to forecast from lies where it was asked for.
    #[error(
        "no forecast of {horizon} rows lies {asked}: it needs {need} readings before it, and {place} has {rows} rows in all; give a longer table or a wider span"
    )]
    NoOrigin {
        /// Where: "in the table", or within the span asked for.
        asked: String,
        /// Rows forecast.
        horizon: usize,
        /// Readings needed before the first of them.
        need: usize,
        /// Which series.
        place: String,
        /// Rows there.
        rows: usize,
    },
    /// A value that an input needs is missing.
    #[error(
        "column '{column}'{series} has no value at {time}, which {why}; fill it (clean: op = \"fill\") or give the column another role"
    )]
    Missing {
        /// Column.
        column: String,
        /// " of series 'x'", or empty.
        series: String,
        /// Local time of the row with its number in the series, or the number alone.
        time: String,
        /// Row within the series, from 0.
        row: usize,
        /// Why it is needed.
        why: &'static str,
    },
    /// The target never moves in the training part.
    #[error(
        "target '{column}'{series} has the same value, {value}, in every row of the training part: there is nothing to learn; choose another target or another split"
    )]
    ConstantTarget {
        /// Column.
        column: String,
        /// " of series 'x'", or empty.
        series: String,
        /// The value.
        value: f64,
    },
    /// A series that the model was not fitted on.
    #[error(
        "series '{found}' was not among those the model was fitted on ({known}), so its scale is unknown; leave its rows out, or train a model with them"
    )]
    UnknownSeries {
        /// Its id.
        found: String,
        /// Those known.
        known: String,
    },
    /// A table whose clock differs from the model's.
    #[error(
        "the readings have one row every {found}, the model was fitted on one every {expected}; put them on that clock first (clean: op = \"regular-clock\")"
    )]
    StepMismatch {
        /// In the readings.
        found: String,
        /// In the model.
        expected: String,
    },
    /// A hyper-parameter is outside its range.
    #[error("{name} is {value}; it must be {allowed}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// A bundle's parts do not make a forecaster.
    #[error("the model file is not a whole forecaster: {0}; train it again with this version")]
    Parts(String),
}
