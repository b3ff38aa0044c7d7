//! Models that turn a text into another of any length.
//!
//! | | |
//! |---|---|
//! | [`Units`] | how a text is cut into tokens that can be put together again |
//! | [`Vocabulary`] | tokens by number, fitted on training texts alone |
//! | [`Memory`] | the training pairs themselves, asked for the nearest source |
//! | [`TranslatorParams::fit`] | trains an encoder-decoder on pairs of texts |
//! | [`Translator`] | a net or a baseline with all that it needs, saved and opened as one kind |

mod fit;
mod memory;
mod pack;
mod translator;
mod units;
mod vocabulary;

pub use fit::{Trained, TranslatorParams};
pub use gyeol_base::{Error, Result};
pub use memory::Memory;
pub use translator::{Asked, MOST_TOKENS, Translated, Translator, Way};
pub use units::Units;
pub use vocabulary::{END, UNKNOWN, Vocabulary};
