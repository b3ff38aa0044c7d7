//! Tests through the public interface, in one binary: a module for each matter.

mod chance;
mod choice;
mod odd_input;
mod scikit_learn;
mod splits;
