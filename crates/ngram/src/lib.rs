//! Count-based language models: estimation, files, queries, and what they are for.
//!
//! The steps are those of Heafield, Pouzyrevsky, Clark and Koehn (2013), *Scalable Modified Kneser-Ney Language Model
//! Estimation*, and the formulas those of Chen and Goodman (1998), *An Empirical Study of Smoothing Techniques for
//! Language Modeling* (TR-10-98); one file a step:
//!
//! | file | step |
//! |---|---|
//! | `corpus` | lines to numbers, vocabulary by first appearance |
//! | `count` | n-grams sorted within a bound of memory, as a tree in suffix order |
//! | `adjust`, `discount` | counts of different words before, discounts |
//! | `context`, `initial`, `interpolate` | sums over contexts, probabilities |
//! | `smoothing` | the other smoothings |
//! | `tables`, `prune`, `arpa`, `binary` | what was estimated, smaller, and as files |
//! | `scores_words`, `model` | what a language model is asked, and the counts that answer |
//! | `query`, `distribution`, `mix` | questions to any language model: texts, next words, several models |
//! | `rank`, `rescore`, `error_rate` | uses: the likelier sentence, lists of a recogniser, and how many errors stay |
//! | `correct` | spelling in context |
//! | `watch` | how long work is watched and stopped |
//!
//! Modified Kneser-Ney is done in the roundings of KenLM's `lmplz`, so ARPA files are equal byte for byte (its blank lines
//! count as sentences: [`CorpusOptions::keep_blank_lines`]). Results are the same bits for any number of threads and any
//! bound of memory.

mod adjust;
mod arpa;
mod binary;
mod context;
mod corpus;
pub mod correct;
mod count;
mod discount;
mod distribution;

mod error_rate;
mod estimate;
mod hash;
mod initial;
mod interpolate;
pub mod mix;
mod model;
mod prune;
mod query;
mod rank;
pub mod rescore;
mod scores_words;
pub mod smoothing;
mod tables;
mod vocabulary;
mod watch;

pub use arpa::{Repairs, read_arpa, write_arpa};
pub use binary::Layout;
pub use binary::file::whole as write_whole;
pub use binary::header::VERSION;
pub use binary::write::{to_bytes, write_binary};
pub use corpus::{CorpusOptions, Markers, Source};
pub use discount::Warning;
pub use distribution::{Sampling, next_words, sample, sample_each};
pub use error_rate::{
    Difference, ErrorRate, Errors, LONGEST_TEXT, RESAMPLES, Unit, difference, error_rate, errors,
};
pub use estimate::{Counted, Estimate, MOST_ORDER, Options, Report, count, estimate};
pub use gyeol_base::{Error, Result};
pub use model::{NgramModel, State, VERIFIED_AT_ONCE};
pub use prune::{prune_by_entropy, total_mass};
pub use query::{Perplexity, Protocol, full_scores, perplexity, score_ids, score_words, sentence_log10};
pub use rank::{Accuracy, Ranked, rank, rank_by, wilson};
pub use scores_words::{AnyState, LanguageModel, Scored, ScoresWords};
pub use smoothing::Smoothing;
pub use tables::{Grams, Scheme, Tables};
pub use vocabulary::{RESERVED, SENTENCE_END, SENTENCE_START, UNKNOWN, Vocabulary, WordId};
pub use watch::Stage;
