//! Tests through the public interface, in one binary: a module for each matter.

mod corpus;
mod fuzz;
mod kinds;
mod korean_sentences;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
