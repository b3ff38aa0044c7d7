//! One form for each character, case and spelling; stems and lemmas.

mod case;

pub use case::{lower, lower_into};
