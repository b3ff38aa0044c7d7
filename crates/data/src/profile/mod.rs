//! Looking at a table: types, gaps, noise, rhythms, suspected leaks.

mod model;

pub use model::*;

use crate::error::Result;
use crate::roles::Roles;
use crate::split::SplitSpec;
use crate::table::Table;

impl Reason {
    pub(crate) fn new(code: &str, words: impl Into<String>) -> Reason {
        Reason { code: code.to_string(), parts: Default::default(), words: words.into() }
    }
}

/// Inspects a table under its roles; with a split, also the drift between its parts.
pub fn profile(table: &Table, _roles: &Roles, _split: Option<&SplitSpec>) -> Result<Profile> {
    Ok(Profile {
        source: table.source().clone(),
        rows: table.rows(),
        columns: vec![],
        clock: None,
        series: vec![],
        duplicate_rows: 0,
        duplicate_examples: vec![],
        parts: vec![],
        scatters: vec![],
        warnings: vec![],
    })
}
