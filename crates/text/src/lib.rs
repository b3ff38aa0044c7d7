//! Everything between raw text and integers, for English and Korean through the same calls.
//!
//! | station | module | hands on |
//! |---|---|---|
//! | read | [`corpus`] | documents, in blocks, in order |
//! | clean | [`clean`] | the same text without markup, control characters, addresses … |
//! | normalise | [`normalise`] | one form for each character, case, spelling; stems |
//! | cut | [`sentences`], [`words`], [`korean`] | sentences, tokens |
//! | leave out | [`stop_words`] | fewer tokens |
//! | number | [`vocabulary`], [`encode`] | integers, padded, one-hot |
//!
//! Each station is a plain value that can be fitted on the training part alone, saved and used again, and a chain
//! of them ([`prepare`]) travels in the bundle of a model, so that training and serving cannot differ.

pub mod clean;
pub mod corpus;
pub mod encode;

pub mod korean;
pub mod lines;
#[cfg(test)]
#[path = "../../../tests/mutate.rs"]
mod mutate;
pub mod normalise;
pub mod pairs;
pub mod prepare;
pub mod profile;
#[cfg(test)]
#[path = "../../../tests/real_files.rs"]
mod real_files;
pub mod sentences;
mod small_file;
pub mod stop_words;
pub mod vocabulary;
pub mod words;

pub use gyeol_base::{Error, Result};
pub use words::Tokenize;
