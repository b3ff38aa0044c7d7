//! What can go wrong between readings and a forecast, each with its code, likely cause and next step.

use gyeol_base::{Error, Fault};

use crate::prepare::Spec;

/// A part holds no whole window (`too-short`), or none without a missing reading (`missing-value`).
pub(crate) fn too_short(
    part: &str,
    need: usize,
    spec: &Spec,
    place: &str,
    rows: usize,
    holed: usize,
    late: usize,
) -> Error {
    let (look_back, horizon) = (spec.look_back, spec.horizon);
    if late > 0 {
        let found =
            format!("all {late} windows of the {part} part look back on a reading that was not known yet");
        return Fault::new("not-known", found)
            .cause("rows that came later than nearly all others, or origins at another hour than the gap was found for")
            .next("correct `available`, lower look_back, or leave score.step out")
            .input();
    }
    if holed > 0 {
        let found = format!("all {holed} windows of the {part} part touch a reading that is missing");
        return Fault::new("missing-value", found)
            .cause("holes that cleaning left, or a column that is rarely read")
            .next("fill them (clean: op = \"fill\"), give the column another role, or lower look_back or horizon")
            .input();
    }
    let found = format!(
        "the {part} part holds no window: a window needs {need} rows ({look_back} to look back, {horizon} to forecast), {place} has {rows} there"
    );
    Fault::new("too-short", found).next("give a longer series, or lower look_back or horizon").input()
}

/// Too few readings before the first row to forecast (`too-short`).
pub(crate) fn short_history(place: &str, rows: usize, need: usize) -> Error {
    let found =
        format!("{place} has {rows} readings, the model needs {need} before the first row that it forecasts");
    Fault::new("too-short", found).next(format!("give at least {need} rows of readings")).input()
}

/// No origin to forecast from lies where it was asked for (`no-origin`).
pub(crate) fn no_origin(
    asked: &str,
    horizon: usize,
    need: usize,
    place: &str,
    rows: usize,
    holed: usize,
) -> Error {
    if holed > 0 {
        let found = format!("each of the {holed} windows {asked} touches a reading that is missing");
        return Fault::new("missing-value", found).next("fill the holes, or give a wider span").input();
    }
    let found = format!(
        "no forecast of {horizon} rows lies {asked}: it needs {need} readings before it, and {place} has {rows} rows in all"
    );
    Fault::new("no-origin", found).next("give a longer table or a wider span").input()
}

/// Why a value of the rows ahead is needed.
pub(crate) const MUST_BE_KNOWN: &str = "must be known for the forecast";

/// A value that a forecast needs is missing (`missing-value`); `time` is the local time of the row with its number, `row` that
/// number from 0.
pub(crate) fn missing(column: &str, series: Option<&str>, time: &str, row: usize, why: &str) -> Error {
    let of = series.map(|id| format!(" of series '{id}'")).unwrap_or_default();
    let next = match why {
        MUST_BE_KNOWN => "give the rows ahead in the table, or in one of their own (--ahead)",
        _ => "fill it (clean: op = \"fill\"), or end the table before it",
    };
    let mut fault =
        Fault::new("missing-value", format!("no value{of} at {time}, which {why}")).column(column).next(next);
    // Rows of one series among several are not rows of the table, whose first row is the header.
    fault.row = series.is_none().then_some(row + 2);
    fault.input()
}

/// The target never moves in the training part (`constant-target`).
pub(crate) fn constant_target(column: &str, series: &str, value: f64) -> Error {
    let found = format!(
        "the same value, {value}, in every row of the training part{series}: there is nothing to learn"
    );
    Fault::new("constant-target", found).column(column).next("choose another target or another split").input()
}

/// A series that the model was not fitted on (`unknown-series`).
pub(crate) fn unknown_series(found: &str, known: &str) -> Error {
    let found = format!(
        "series '{found}' was not among those the model was fitted on ({known}), so its scale is unknown"
    );
    Fault::new("unknown-series", found)
        .next("leave its rows out, train a model with them, or ask for new series too (predict --new-series)")
        .input()
}

/// A table whose clock differs from the model's (`other-step`).
pub(crate) fn other_step(found: &str, expected: &str) -> Error {
    let found =
        format!("the readings have one row every {found}, the model was fitted on one every {expected}");
    Fault::new("other-step", found)
        .next("put them on that clock first (clean: op = \"regular-clock\")")
        .input()
}

/// A hyper-parameter is outside its range (`parameter`).
pub(crate) fn parameter(name: &str, value: impl std::fmt::Display, allowed: impl std::fmt::Display) -> Error {
    Fault::new("parameter", format!("{name} is {value}; it must be {allowed}"))
        .next("choose a value within it")
        .option()
}

/// No origin begins a day, a week or a month (`no-origin`).
pub fn no_beginning(every: crate::Every) -> Error {
    let found = format!("no origin among them begins a {}", every.name());
    Fault::new("no-origin", found)
        .cause("the part is shorter than that with the horizon, or its readings begin at another hour")
        .next("choose a shorter beginning, rows from one origin to the next instead, or a longer part")
        .input()
}

/// A bundle's parts do not make a forecaster (`bad-manifest`).
pub(crate) fn parts(why: impl std::fmt::Display) -> Error {
    gyeol_bundle::bad_manifest(format!("it holds no whole forecaster: {why}"))
}
