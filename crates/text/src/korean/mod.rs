//! Korean words: jamo, eojeol, particles learned from the user's own corpus, and morphemes by a dictionary on disk.

mod counts;
pub mod jamo;
mod particles;
mod runs;
mod splitter;

pub use counts::{Branching, EojeolCounts, SortedCounts};
pub use splitter::{Keep, Splitter, SplitterParams, SplitterState, SplitterValid};
