//! The tables that the terminal shows after `run`, `inspect` and `explain`: aligned, 80 columns safe, readable without colour.

mod corpus;
mod grid;
mod ladder;
mod lesson;
mod profile;

pub use corpus::corpus_table;
pub use grid::{display_width, wrap};
pub use ladder::table;
pub use lesson::lesson;
pub use profile::profile_table;
