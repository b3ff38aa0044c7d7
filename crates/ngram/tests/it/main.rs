//! Tests through the public interface, in one binary: a module for each matter.

mod any_model;
mod common;
mod correct;
mod entropy;
mod files;
mod fuzz;
#[path = "../../src/hash.rs"]
#[allow(dead_code, reason = "the checksums need one of its two hashes")]
mod hash;
mod input;
mod kenlm;
mod mixtures;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
#[path = "../../../../tests/real_files.rs"]
mod real_files;
mod rescore;
mod stopped;
mod sums;
