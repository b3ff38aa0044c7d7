//! What can go wrong in a fit.

use gyeol_base::{Error, Fault};

/// The normal equations have no stable solution (`singular`): elimination failed at `column` with `pivot`.
pub(crate) fn singular(columns: usize, ridge: f64, column: usize, pivot: f64) -> Error {
    let found = format!(
        "the normal equations of {columns} columns are singular at ridge = {ridge:e} (pivot {pivot:e} in column {column})"
    );
    Fault::new("singular", found).cause("two inputs carry the same information").next("raise ridge").input()
}

/// There is nothing to fit on (`no-rows`).
pub fn no_rows() -> Error {
    Fault::new("no-rows", "a linear model needs at least one row to fit on, there is none")
        .next("give more rows, or a larger training part")
        .input()
}
