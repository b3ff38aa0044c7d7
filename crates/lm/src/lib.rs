//! Language models that remember more than a few words: recurrent nets over words, alone and mixed with n-grams.
//!
//! | | |
//! |---|---|
//! | [`NetLmParams::fit`] | trains a net on lines of word numbers |
//! | [`NetLm`] | answers as every language model does ([`gyeol_ngram::ScoresWords`]) |
//! | [`NetLm::inside`] | what a net does over a line, step by step: gates, states, what it expects |
//! | [`NeuralCacheLm`] | a net that remembers where it was in a like state |
//! | [`DynamicLm`] | a net that learns while it reads |
//! | [`NetLm::reach`] | how far back a net hears |
//! | [`AnyLm`] | counts, a net, or a mixture of both, saved and opened as one kind |
//! | [`Classes`] | what the softmax is over, and how `<unk>` gets its share |

mod any;
mod body;
mod cache;
mod classes;
mod dynamic;
mod fit;
mod inside;
mod net;
mod neural_cache;
mod pack;
mod reach;
mod words;

pub use any::{AnyLm, AnyLmState};
pub use body::Shape;
pub use cache::{CacheLm, CacheState};
pub use classes::Classes;
pub use dynamic::{DynamicLm, DynamicParams, DynamicState};
pub use fit::{Kind, Moves, NetLmParams, Trained};
pub use gyeol_base::{Error, Result};
pub use inside::{LineInside, WordStep};
pub use net::{NetLm, NetState};
pub use neural_cache::{NeuralCacheLm, NeuralCacheParams, NeuralCacheState};
pub use reach::Reach;
pub use words::Words;
