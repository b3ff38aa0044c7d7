//! What the page of a language-model ladder shows, as plain data: the ladder fills it, the page draws it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Interval, Pair};

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
    /// Name for people.
    pub name: String,
    /// Hash of the bytes read, lower-case hex.
    pub sha256: String,
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

/// One setting that the validation part tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Longest n-gram.
    pub order: usize,
    /// Smoothing.
    pub smoothing: String,
    /// Perplexity on the validation part.
    pub perplexity: f64,
}

/// One rung with everything measured on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LanguageRungReport {
    /// Rung name as scripts know it: `unigram`, `ngram:trigram` …
    pub name: String,
    /// Validation metrics by name (`perplexity`, `bits_per_token`, `bits_per_character`, `perplexity_without_unknown`).
    pub valid: BTreeMap<String, f64>,
    /// Test metrics by name with their intervals.
    pub test: BTreeMap<String, Interval>,
    /// N-grams.
    pub parameters: u64,
    /// Bytes of the model file.
    pub bytes: u64,
    /// Wall seconds of fitting, choosing included.
    pub fit_seconds: f64,
    /// Microseconds to score a token.
    pub predict_us: f64,
    /// Longest n-gram.
    pub order: usize,
    /// Smoothing.
    pub smoothing: String,
    /// N-grams by order.
    pub counts: Vec<u64>,
    /// Discounts of counts 1, 2, 3 and more, by order, where the smoothing has them.
    pub discounts: Vec<[f32; 3]>,
    /// Discounts that had to be replaced, in words.
    pub warnings: Vec<String>,
    /// What the validation part chose from.
    pub tried: Vec<Tried>,
    /// Test tokens predicted by an n-gram of each length, from 1.
    pub matched: Vec<u64>,
    /// Share of the test part's n-grams of each length that the training part never had.
    pub unseen: Vec<f64>,
    /// Bits a test token costs, by [`LanguageReport::classes`].
    pub bits_by_class: Vec<f64>,
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

/// Perplexity on the validation part by smoothing and order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Orders, the columns.
    pub orders: Vec<usize>,
    /// Smoothings with a perplexity for each order; none where there is no finite one.
    pub rows: Vec<(String, Vec<Option<f64>>)>,
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

/// Everything that the page of a language-model ladder shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LanguageReport {
    /// Version of the program.
    pub version: String,
    /// Processor and kernels.
    pub machine: String,
    /// Threads used.
    pub threads: usize,
    /// Seed.
    pub seed: u64,
    /// The command that repeats it.
    pub command: String,
    /// The recipe with every value that holds, as TOML.
    pub recipe: String,
    /// The texts.
    pub data: TextFacts,
    /// Lines of a block of the bootstrap.
    pub bootstrap_block: usize,
    /// Draws of the bootstrap.
    pub bootstrap_draws: usize,
    /// Index of the rung that the validation part chose.
    pub best: usize,
    /// The rungs, plainest first.
    pub rungs: Vec<LanguageRungReport>,
    /// Paired differences of test perplexity.
    pub pairs: Vec<Pair>,
    /// Classes of test tokens by frequency.
    pub classes: Vec<FrequencyClass>,
    /// Orders and smoothings, where they were compared.
    pub grid: Option<Grid>,
    /// Lines word by word.
    pub lines: Vec<LineExample>,
    /// Sentences that each rung makes up, by rung.
    pub samples: Vec<(String, Vec<String>)>,
    /// Remarks: catalogue keys such as `quick-text`, or what reading decided, in words.
    pub notes: Vec<String>,
}
