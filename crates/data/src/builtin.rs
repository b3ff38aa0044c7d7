//! Data that comes with the program.

use crate::error::{Fault, Result};
use crate::table::Table;

/// Hourly load and temperature of New England, 2011-2014.
pub fn power_load() -> Result<Table> {
    Err(Fault::new("unfinished", "not yet").input())
}
