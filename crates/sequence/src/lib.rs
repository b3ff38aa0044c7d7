//! Models that turn a text into another of any length, or give every unit of it a label.
//!
//! | | |
//! |---|---|
//! | [`Units`] | how a text is cut into tokens that can be put together again |
//! | [`Vocabulary`] | tokens by number, fitted on training texts alone |
//! | [`Memory`] | the training pairs themselves, asked for the nearest source |
//! | [`Counts`] | n-grams of targets, whatever their sources |
//! | [`TranslatorParams::fit`] | trains an encoder-decoder on pairs of texts |
//! | [`Translator`] | a net or a baseline with all that it needs, saved and opened as one kind |
//! | [`Likelihood`] | how probable a target is, given its source |
//! | [`Form`] | a text as units with labels: blanks or sentence ends taken out, or tags given |
//! | [`TagData`], [`TaggerParams::fit`] | labelled units by number, and what is fitted on them |
//! | [`Tagger`] | a label for every unit, by a net or a baseline |

mod counts;
mod explain;
mod fit;
mod fit_tags;
mod form;
mod likelihood;
mod memory;
mod pack;
mod pack_tags;
mod tagger;
mod translator;
mod units;
mod vocabulary;
mod window;

pub use counts::Counts;
pub use explain::{Spoke, TagsExplained};
pub use fit::{Trained, TranslatorParams};
pub use fit_tags::{TagData, TaggerParams, TrainedTagger};
pub use form::{ENDS, Form, SPACING, Tagged};
pub use gyeol_base::{Error, Result};
pub use likelihood::Likelihood;
pub use memory::Memory;
pub use tagger::{MOST_UNITS, TagWay, Tagger};
pub use translator::{Asked, MOST_TOKENS, Translated, Translator, Way};
pub use units::Units;
pub use vocabulary::{END, UNKNOWN, Vocabulary};
pub use window::Window;
