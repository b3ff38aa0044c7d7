//! Tests through the public interface, in one binary: a module for each matter.

mod bad_files;
mod common;
mod fuzz;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
mod round_trip;
