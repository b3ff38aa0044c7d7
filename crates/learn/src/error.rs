//! What can go wrong in a fit.

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error with its cause and the next step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The normal equations have no stable solution.
    #[error(
        "the normal equations of {columns} columns are singular at ridge = {ridge:e} (pivot {pivot:e} in column {column}): two inputs carry the same information; raise ridge"
    )]
    Singular {
        /// Columns of the system.
        columns: usize,
        /// Penalty used.
        ridge: f64,
        /// Where elimination failed.
        column: usize,
        /// The pivot found.
        pivot: f64,
    },
    /// There is nothing to fit on.
    #[error("a linear model needs at least one row to fit on, there is none")]
    Empty,
}
