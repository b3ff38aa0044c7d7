//! What every function of lists asks of them first: equal lengths, finite numbers, classes that exist.

use gyeol_base::{Fault, Result};

/// A list beside the labels must hold one entry a row.
pub(crate) fn as_long(what: &str, found: usize, rows: usize) -> Result<()> {
    if found == rows {
        return Ok(());
    }
    let fault = Fault::new("unequal-lists", format!("{found} {what} for {rows} rows"));
    Err(fault.cause("lists of different parts").next("give one of each a row").input())
}

/// Numbers must be finite.
pub(crate) fn finite(what: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let fault = Fault::new("not-finite", format!("{} among the {what}", values[at])).row(at + 1);
            Err(fault
                .cause("a missing value, or a model that diverged")
                .next("replace or drop the row")
                .input())
        }
    }
}

/// Weights, where there are any: one a row, finite, none below zero.
pub(crate) fn weights(weights: Option<&[f64]>, rows: usize) -> Result<()> {
    let Some(weights) = weights else { return Ok(()) };
    as_long("weights", weights.len(), rows)?;
    finite("weights", weights)?;
    match weights.iter().position(|&w| w < 0.0) {
        None => Ok(()),
        Some(at) => {
            let fault = Fault::new("negative-weight", format!("a weight of {}", weights[at])).row(at + 1);
            Err(fault.next("give weights of zero or more").input())
        }
    }
}

/// Class numbers must lie in `0..classes`.
pub(crate) fn classes(what: &str, labels: &[u32], classes: usize) -> Result<()> {
    if labels.iter().copied().max().is_none_or(|most| (most as usize) < classes) {
        return Ok(());
    }
    let at = labels.iter().position(|&label| label as usize >= classes).unwrap_or_default();
    let fault = Fault::new("class-outside", format!("class {} of {classes} among the {what}", labels[at]));
    Err(fault
        .row(at + 1)
        .cause("a label that was not there in training")
        .next("count it as a class, or leave its row out")
        .input())
}

/// A table of `classes` numbers a row.
pub(crate) fn table(what: &str, values: &[f64], rows: usize, classes: usize) -> Result<()> {
    if classes == 0 || rows.checked_mul(classes) != Some(values.len()) {
        let found = format!("{} {what} for {rows} rows of {classes} classes", values.len());
        return Err(Fault::new("unequal-lists", found)
            .next("give one number a row and class, row after row")
            .input());
    }
    finite(what, values)
}

/// There is nothing to work on.
pub(crate) fn some_rows(rows: usize, what: &str) -> Result<()> {
    if rows > 0 {
        return Ok(());
    }
    Err(Fault::new("no-rows", format!("{what} needs at least one row, there is none"))
        .next("give rows")
        .input())
}

/// An option outside of its range.
pub(crate) fn bad_option(code: &'static str, found: String, next: &str) -> gyeol_base::Error {
    Fault::new(code, found).next(next).option()
}

/// The weight of a row: 1 without weights.
pub(crate) fn weight(weights: Option<&[f64]>, row: usize) -> f64 {
    weights.map_or(1.0, |w| w[row])
}
