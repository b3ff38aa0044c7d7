//! Forecasting of readings: windows, baselines, linear and neural rungs, intervals and scores.
//!
//! ```text
//! Readings --prepare--> Prepared --windows--> train | valid | test
//!                          |                     |
//!                          +--- rung.fit(train, valid) --> RungPredictor --+--> scores on test, once
//!                                                                          +--> Forecaster (bundle, predict, serve)
//! ```
//!
//! A *sample* is a series, a target column (channel) and an origin: the row before which everything is known and
//! from which on `horizon` rows are forecast. Channels and series share the weights of a net.

pub mod adaptive;
mod ahead;
mod around;
pub mod baseline;
pub mod calendar;
#[cfg(test)]
#[path = "../../../tests/readings.rs"]
mod common;
mod doubts;
mod error;
mod evaluate;
pub mod forecaster;
pub mod hierarchy;
mod inside;
pub mod interval;
mod known;
pub mod limit;
pub mod linear;
mod mixture;
pub mod net;
mod pack;
pub mod prepare;
mod refit;
pub mod response;
pub mod rung;
pub mod score;
pub mod season;
mod start;
mod terms;
pub mod trees;
mod update;
pub mod watch;
pub mod windows;

pub use adaptive::Adaptive;
pub use around::At;
pub use doubts::{LeftOut, leave_out, rare_columns};
pub use error::no_beginning;
pub use evaluate::Evaluation;
pub use forecaster::{Backtest, Forecast, ForecastRow, Forecaster, Origins};
pub use gyeol_base::{Error, Result};
pub use hierarchy::{Reconciliation, Way};
pub use inside::{ReadStep, WindowInside};
pub use interval::{Ends, Intervals};
pub use known::{Delays, publish};
pub use mixture::Mixture;
pub use prepare::{Prepared, Spec};
pub use refit::{Every, Refit};
pub use rung::{Fitted, Progress, RungParams, RungPredictor};
pub use start::{Base, Refits, Start, Trust};
pub use terms::{ForecastTold, Part as TermPart, Terms};
pub use windows::{Part, Window, Windows, begun, stepped};
