//! Linear models fitted in closed form.

mod error;
mod ridge;

pub use error::{Error, Result};
pub use ridge::{Gram, Linear};
