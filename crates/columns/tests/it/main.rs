//! Tests through the public interface, in one binary: a module for each matter.

mod kinds;
mod leaks;
mod odd_input;
mod scikit_learn;
