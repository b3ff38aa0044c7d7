//! Tests through the public interface, in one binary: a module for each matter.

#[path = "../../../../tests/readings.rs"]
mod common;
mod honesty;
mod leaks;
mod quantiles;
mod response;
mod scenarios;
mod watch;
