//! Count-based language models: estimation, files, queries, and what they are for.

mod adjust;
mod arpa;
mod context;
mod corpus;
mod count;
mod discount;
mod error;
mod estimate;
mod hash;
mod initial;
mod interpolate;
pub mod smoothing;
mod tables;
mod vocabulary;

pub use arpa::write_arpa;
pub use corpus::{CorpusOptions, Markers, Source};
pub use discount::Warning;
pub use error::{Error, Result};
pub use estimate::{Counted, Estimate, MOST_ORDER, Options, Report, Stage, count, estimate};
pub use smoothing::Smoothing;
pub use tables::{Grams, Scheme, Tables};
pub use vocabulary::{RESERVED, SENTENCE_END, SENTENCE_START, UNKNOWN, Vocabulary, WordId};
