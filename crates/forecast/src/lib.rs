//! Forecasting of readings: windows, baselines, linear and neural rungs, intervals and scores.
//!
//! ```text
//! Readings --prepare--> Prepared --windows--> train | valid | test
//!                          |                     |
//!                          +--- rung.fit(train, valid) --> Predictor --+--> scores on test, once
//!                                                                      +--> Forecaster (bundle, predict, serve)
//! ```
//!
//! A *sample* is a series, a target column (channel) and an origin: the row before which everything is known and
//! from which on `horizon` rows are forecast. Channels and series share the weights of a net.

pub mod baseline;
pub mod calendar;
mod error;
pub mod forecaster;
pub mod interval;
pub mod linear;
pub mod net;
pub mod prepare;
pub mod rung;
pub mod score;
pub mod season;
pub mod windows;

pub use error::{Error, Result};
pub use forecaster::{ForecastRow, Forecaster};
pub use interval::Intervals;
pub use prepare::{Prepared, Spec};
pub use rung::{Fitted, Predictor, Progress, RungParams, Tensors};
pub use windows::{Part, Window, Windows};
