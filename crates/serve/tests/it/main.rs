//! Tests through the public interface, in one binary: a module for each matter.

mod answers;
mod common;
mod forecaster;
mod fuzz;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
mod power;
mod refusals;
