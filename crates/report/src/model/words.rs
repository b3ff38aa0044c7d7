//! What only language models show.

use serde::{Deserialize, Serialize};

/// A part of the texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPart {
    /// File, as the recipe names it.
    pub file: String,
    /// Texts read.
    pub documents: u64,
    /// Lines scored: texts, or their sentences.
    pub lines: u64,
    /// Texts without a token.
    pub empty: u64,
    /// Tokens predicted: words and the end of each line.
    pub tokens: u64,
    /// Characters of the texts, one more each for its end.
    pub characters: u64,
    /// Tokens that the vocabulary does not know.
    pub unknown: u64,
    /// Lines that stand word for word in the training part.
    pub repeated: u64,
}

/// The texts and what they became.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TextFacts {
    /// How lines are read: `sentence` or `stream`.
    #[serde(default)]
    pub protocol: String,
    /// Language that the chain took: `en`, `ko` or `auto`.
    pub language: String,
    /// Scheme that cut into tokens.
    pub scheme: String,
    /// Steps of the chain, as (key of the recipe, value).
    pub steps: Vec<(String, String)>,
    /// Words known to every rung.
    pub vocabulary: u64,
    /// The training part.
    pub train: TextPart,
    /// The part that chooses.
    pub valid: TextPart,
    /// The part that is scored once.
    pub test: TextPart,
}

/// What is measured on one language model beside its metrics.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WordsDetail {
    /// Bytes of the model file.
    pub bytes: u64,
    /// Longest n-gram; 0 for a model that is no count.
    pub order: usize,
    /// Smoothing.
    pub smoothing: String,
    /// N-grams by order.
    pub counts: Vec<u64>,
    /// Discounts of counts 1, 2, 3 and more, by order, where the smoothing has them.
    pub discounts: Vec<[f32; 3]>,
    /// Discounts that had to be replaced, in words.
    pub warnings: Vec<String>,
    /// Test tokens predicted by an n-gram of each length, from 1.
    pub matched: Vec<u64>,
    /// Share of the test part's n-grams of each length that the training part never had.
    pub unseen: Vec<f64>,
    /// Bits a test token costs, by the classes of [`super::Chapter::Classes`].
    pub bits_by_class: Vec<f64>,
    /// Sentences that it makes up.
    #[serde(default)]
    pub samples: Vec<String>,
}

/// Test tokens by how often the training part has their word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrequencyClass {
    /// Least count; 0 is unknown.
    pub from: u64,
    /// Highest count.
    pub to: u64,
    /// Test tokens in it.
    pub tokens: u64,
}

/// Smoothings with a perplexity for each order; none where there is no finite one.
pub type GridRows = Vec<(String, Vec<Option<f64>>)>;

/// Perplexity on the validation part by smoothing and order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Orders, the columns.
    pub orders: Vec<usize>,
    /// Over all words.
    pub rows: GridRows,
    /// Without unknown words, where the part has any: smoothings give them shares of the probability so different that only
    /// these figures can be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_unknown: Option<GridRows>,
}

/// Why a line is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// Among the lines with the fewest bits a token.
    Easy,
    /// Near the median.
    Typical,
    /// Among the lines with the most bits a token.
    Hard,
}

/// A line of the test part, word by word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineExample {
    /// Why it is shown.
    pub kind: LineKind,
    /// The words, the end of the line last as `</s>`.
    pub words: Vec<String>,
    /// Bits of each word by the plainest rung.
    pub plain: Vec<f64>,
    /// Bits of each word by the chosen rung.
    pub chosen: Vec<f64>,
    /// Length of the n-gram that the chosen rung had for each word.
    pub matched: Vec<u8>,
}
