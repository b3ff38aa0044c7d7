//! Tests through the public interface, in one binary: a module for each matter.

mod fuzz;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
mod newsgroups;
#[path = "../../../../tests/real_files.rs"]
mod real_files;
