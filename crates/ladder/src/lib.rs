//! The ladder: a recipe, one protocol, every rung fitted and judged under it, a verdict and a page.
//!
//! ```text
//! Recipe --prepare (train only)--> Task
//!                                    |
//!            for each rung: fit(train, valid) --> answers --> scores on test, once
//!                                    |
//!                      report.html   scores.json   model.gyeol   rungs/*.gyeol
//! ```
//!
//! The climb ([`climb()`]) knows no task; a task implements [`Task`] and is listed in [`tasks`].

mod checkpoint;
mod climb;
#[cfg(test)]
#[path = "../../../tests/readings.rs"]
mod common;
mod error;
mod folder;
mod memory;
#[cfg(test)]
#[path = "../../../tests/mutate.rs"]
mod mutate;
mod options;
pub mod recipe;
pub mod task;
pub mod tasks;
mod times;
mod watch;

pub use climb::{Tried, climb, try_out};
pub use gyeol_base::{Error, Result};
pub use options::{Climb, Outcome};
pub use task::Task;
pub use tasks::forecast::{open, plan};
pub use tasks::run;
pub use watch::{Step, Sweep, Watch};
