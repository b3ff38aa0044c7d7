//! One form for each character, case and spelling; stems and lemmas.
//!
//! | what | by |
//! |---|---|
//! | canonical and compatibility forms, Hangul letters composed | [`Form`] |
//! | lower case, case folding | [`lower`], [`fold`] |
//! | full and half width | [`narrow`], [`widen`] |
//! | accents, as scikit-learn strips them | [`strip_accents`], [`strip_to_ascii`] |
//! | contractions, spellings, a user's own table | [`Variants`] |
//! | stems | [`Stemmer`] |
//! | lemmas of English | [`lemma`] |

mod case;
mod form;
mod lemma;
mod stem;
mod variants;
mod width;

pub use case::{fold, lower, lower_into};
pub use form::{Form, strip_accents, strip_to_ascii};
pub use lemma::lemma;
pub use stem::{STEMMERS, Stemmer};
pub use variants::Variants;
pub use width::{narrow, widen};

#[cfg(test)]
mod tests;
