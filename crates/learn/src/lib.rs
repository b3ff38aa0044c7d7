//! Linear models fitted in closed form.

mod error;
mod ridge;

pub use error::no_rows;
pub use gyeol_base::{Error, Result};
pub use ridge::{Gram, Linear};
