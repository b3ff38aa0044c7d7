//! Tests through the public interface, in one binary: a module for each matter.

mod acquire;
mod bad_input;
mod bombs;
mod calendar;
mod clean;
mod clocks;
#[cfg(feature = "postgres")]
mod database;
mod folder;
mod fuzz;
mod kinds;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
#[cfg(feature = "postgres")]
#[path = "../../../../tests/postgres.rs"]
mod postgres;
#[path = "../../../../tests/real_files.rs"]
mod real_files;
mod shared_data;
mod split_and_profile;
mod suspicions;
