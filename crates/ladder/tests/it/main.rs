//! Tests through the public interface, in one binary: a module for each matter.

mod contract;
mod examples;
mod fuzz;
mod leaks;
mod lm;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
mod real_examples;
mod tag;
mod toy;
mod translate;
mod tune;
mod units;
