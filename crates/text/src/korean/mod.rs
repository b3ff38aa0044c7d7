//! Korean words: jamo, eojeol, particles learned from the user's own corpus, and morphemes by a dictionary on disk.

mod counts;
pub mod jamo;
pub mod morphemes;
mod particles;
mod runs;
mod splitter;

pub use counts::{Branching, EojeolCounts, SortedCounts};
pub use morphemes::{Morpheme, MorphemeParams, Morphemes};
pub use splitter::{Keep, Splitter, SplitterParams, SplitterState, SplitterValid};
