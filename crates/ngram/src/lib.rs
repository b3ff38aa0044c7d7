//! Count-based language models: estimation, files, queries, and what they are for.

mod adjust;
mod arpa;
mod binary;
mod context;
mod corpus;
mod count;
mod discount;
mod distribution;
mod error;
mod estimate;
mod hash;
mod initial;
mod interpolate;
pub mod mix;
mod model;
mod prune;
mod query;
pub mod smoothing;
mod tables;
mod vocabulary;

pub use arpa::{Repairs, read_arpa, write_arpa};
pub use binary::Layout;
pub use binary::file::whole as write_whole;
pub use binary::header::VERSION;
pub use binary::write::write_binary;
pub use corpus::{CorpusOptions, Markers, Source};
pub use discount::Warning;
pub use distribution::Sampling;
pub use error::{Error, Result};
pub use estimate::{Counted, Estimate, MOST_ORDER, Options, Report, Stage, count, estimate};
pub use model::{Model, Scored, State, VERIFIED_AT_ONCE};
pub use prune::{prune_by_entropy, total_mass};
pub use query::{Perplexity, Protocol, perplexity};
pub use smoothing::Smoothing;
pub use tables::{Grams, Scheme, Tables};
pub use vocabulary::{RESERVED, SENTENCE_END, SENTENCE_START, UNKNOWN, Vocabulary, WordId};
