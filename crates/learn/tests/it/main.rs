//! Tests through the public interface, in one binary: a module for each matter.

mod common;
mod counts;
mod hostile;
mod lessons;
mod logistic;
mod regression;
mod shapes;
mod trees;
