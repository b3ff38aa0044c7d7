//! The ladder: a recipe, one protocol, every rung fitted and judged under it, a verdict and a page.
//!
//! ```text
//! Recipe --open--> Table --clean--> Readings --split, prepare--> windows
//!                                                   |
//!            for each rung: fit(train, valid) --> forecasts --> scores on test, once
//!                                                   |
//!                      report.html   scores.json   model.gyeol   rungs/*.gyeol
//! ```

mod checkpoint;
mod climb;
mod detail;
mod error;
mod examples;
mod folder;
mod judge;
pub mod language;
pub mod open;
pub mod plan;
pub mod recipe;
mod scores;
mod verdict;

pub use climb::{Climb, Outcome, Watch, climb};
pub use error::{Error, Result};
pub use open::{Opened, open};
pub use scores::scores_json;
