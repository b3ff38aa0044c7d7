//! Sentences of English and Korean text.

pub(crate) mod abbreviations;
pub mod english;
pub mod korean;
