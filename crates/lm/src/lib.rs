//! Language models that remember more than a few words: recurrent nets over words, alone and mixed with n-grams.
//!
//! | | |
//! |---|---|
//! | [`NetLmParams::fit`] | trains a net on lines of word numbers |
//! | [`NetLm`] | answers as every language model does ([`gyeol_ngram::ScoresWords`]) |
//! | [`AnyLm`] | counts, a net, or a mixture of both, saved and opened as one kind |
//! | [`Classes`] | what the softmax is over, and how `<unk>` gets its share |

mod any;
mod body;
mod cache;
mod classes;
mod fit;
mod net;
mod pack;
mod words;

pub use any::{AnyLm, AnyLmState};
pub use body::Shape;
pub use cache::{CacheLm, CacheState};
pub use classes::Classes;
pub use fit::{Kind, NetLmParams, Trained};
pub use gyeol_base::{Error, Result};
pub use net::{NetLm, NetState};
pub use words::Words;
