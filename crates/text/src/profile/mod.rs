//! What a corpus looks like: lengths, growth of the vocabulary, duplicates, balance of classes, overlap with another.

mod gather;
mod near;
mod scripts;
mod warnings;

use gyeol_base::Warning;
use serde::Serialize;

pub use gather::{ProfileParams, profile};
pub use scripts::{Scripts, language};
pub use warnings::CODES;

/// A corpus, looked at.
#[derive(Debug, Clone, Serialize)]
pub struct CorpusProfile {
    /// Name for people.
    pub name: String,
    /// Documents.
    pub documents: u64,
    /// Documents without a token.
    pub empty: u64,
    /// Bytes of UTF-8.
    pub bytes: u64,
    /// Tokens.
    pub tokens: u64,
    /// Distinct tokens.
    pub types: u64,
    /// Tokens that occur once.
    pub once: u64,
    /// Characters a document.
    pub characters_a_document: Lengths,
    /// Tokens a document.
    pub tokens_a_document: Lengths,
    /// Growth of the vocabulary.
    pub growth: Growth,
    /// Frequency by rank.
    pub zipf: Zipf,
    /// The most frequent tokens with their counts.
    pub frequent: Vec<(String, u64)>,
    /// Letters by script.
    pub scripts: Scripts,
    /// A guess, as [`language`] makes it.
    pub language: &'static str,
    /// Documents that repeat another to the letter, but for spaces.
    pub duplicates: Repeats,
    /// Documents that are nearly the same as an earlier one (and not repeats of it).
    pub near_duplicates: Repeats,
    /// Classes by falling count.
    pub classes: Vec<Class>,
    /// What is shared with the other corpus, where one was given.
    pub overlap: Option<Overlap>,
    /// What reading decided.
    pub notes: Vec<String>,
    /// What to look at before going on.
    pub warnings: Vec<Warning>,
}

/// Lengths of documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Lengths {
    /// Mean.
    pub mean: f64,
    /// Least, 5 %, 25 %, median, 75 %, 95 %, 99 %, most.
    pub quantiles: [u64; 8],
    /// Documents of a length from each bound up to the next; bounds double.
    pub histogram: Vec<(u64, u64)>,
}

/// Distinct tokens after so many tokens, and Heaps' law: types = k tokens^beta.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Growth {
    /// Factor.
    pub k: f64,
    /// Exponent; near 1 means that every text brings new words.
    pub beta: f64,
    /// (tokens, types).
    pub points: Vec<(u64, u64)>,
}

/// Counts by rank, and Zipf's law: count = c rank^-slope.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Zipf {
    /// Fitted over ranks 10 to a tenth of the types.
    pub slope: f64,
    /// (rank, count).
    pub points: Vec<(u64, u64)>,
}

/// Documents that repeat others.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Repeats {
    /// Documents that come after their like.
    pub documents: u64,
    /// Some of them: (number, number of the earlier one, similarity, begin of the text).
    pub examples: Vec<(u64, u64, f64, String)>,
    /// Documents that were not compared for want of memory.
    pub not_compared: u64,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Class {
    /// Label.
    pub label: String,
    /// Documents.
    pub documents: u64,
    /// Share of all documents.
    pub share: f64,
    /// Mean tokens a document.
    pub mean_tokens: f64,
}

/// What two corpora share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overlap {
    /// The other corpus.
    pub with: String,
    /// Its documents.
    pub documents: u64,
    /// Those that stand here to the letter, but for spaces.
    pub same: u64,
    /// Those nearly the same as one here.
    pub near: u64,
    /// Share of its tokens whose word does not occur here.
    pub unknown_tokens: f64,
}
