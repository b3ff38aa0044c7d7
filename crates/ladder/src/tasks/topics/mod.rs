//! Topics of texts: how many there are is chosen by documents held out, then all documents are fitted.
//!
//! ```text
//! counts --held out--> train, valid --for each number of topics: fit(train)--> words of valid foretold from each other
//!    |                                                                                      |
//!    +-------------------- fit of all documents, with the number that was chosen <----------+
//! ```

mod fit;
mod held_out;
mod map;
mod texts;

pub use fit::{Way, coherence, fit_all, state_of};
pub use held_out::{HeldOut, Number, Numbers, choose};
pub use map::{MOST_MAPPED, map};
pub use texts::{Counts, MANY, RARE};

use gyeol_topic::coherence::Measure;

/// Topics unless another number is named.
pub const TOPICS: usize = 20;
/// Words of a topic whose coherence is measured.
pub const WORDS: usize = 10;
/// Share of the documents held out where several numbers are tried.
pub const HELD: f64 = 0.1;
/// The measures of coherence, as they stand in results.
pub const MEASURES: [(&str, Measure); 4] =
    [("umass", Measure::UMass), ("uci", Measure::Uci), ("npmi", Measure::Npmi), ("cv", Measure::Cv)];
