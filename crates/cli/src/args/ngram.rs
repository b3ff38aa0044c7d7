//! Verbs of count-based language models.

use std::path::PathBuf;

use clap::{Args as Group, Subcommand};
use gyeol_ngram::smoothing::SMOOTHINGS;

use super::{Bytes, Texts};

/// Verbs of language models.
#[derive(Debug, Subcommand)]
pub enum LanguageVerb {
    /// Fit a count-based language model on texts, one a line or one a row of a table, words split by spaces.
    Ngram(Box<Ngram>),
    /// Perplexity of a text under a language model.
    Perplexity {
        /// Model: binary or ARPA; - for standard input.
        model: String,
        /// Text, plain or compressed; - for standard input.
        file: String,
        /// sentence (each line after <s>, </s> counted, blank lines left out) or stream (what came before a line is context
        /// still) [default: as a net was trained; sentence for counts].
        #[arg(long, value_name = "NAME", value_parser = protocol)]
        protocol: Option<gyeol_ngram::Protocol>,
        /// Compare a large binary model with its checksums first.
        #[arg(long)]
        verify: bool,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        bytes: Bytes,
    },
    /// log10 probability of each line, and of each of its words.
    Score {
        /// Model: binary or ARPA; - for standard input.
        model: String,
        /// Text, plain or compressed; - for standard input.
        file: String,
        /// Show the chain rule: order used, back-off weight and probability of each word.
        #[arg(long)]
        explain: bool,
        /// Text that the model was made from, to show counts too.
        #[arg(long, value_name = "TEXT", requires = "explain")]
        counts: Option<String>,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        bytes: Bytes,
    },
    /// Order candidate sentences by probability: a line a set, tabs between, the first field a key.
    Rank {
        /// Model: binary or ARPA; - for standard input.
        model: String,
        /// Sets of candidates, plain or compressed; - for standard input.
        file: String,
        /// Order by the mean log10 probability of a word instead of that of the whole sentence.
        #[arg(long)]
        normalise: bool,
        /// The first candidate of each set is the true one: print how often it is the likeliest, by key, and no order.
        #[arg(long)]
        accuracy: bool,
    },
    /// Order the n-best lists of a recogniser with a language model: lines of id, text and acoustic score, tabs between.
    Rescore(Box<super::rescore::Rescore>),
    /// Correct spelling in context, a sentence a line: what was probably meant, by a language model and an error model.
    Correct(Box<Correct>),
    /// The most probable next words.
    Next {
        /// Model: binary or ARPA; - for standard input.
        model: String,
        /// Words before, from the beginning of a sentence; empty for the first word.
        context: String,
        /// How many words.
        #[arg(short, value_name = "N", default_value_t = 10)]
        k: usize,
    },
    /// Sample a continuation.
    Generate {
        /// Model: binary or ARPA; - for standard input.
        model: String,
        /// Words that it begins with.
        #[arg(long, value_name = "WORDS", default_value = "")]
        prompt: String,
        /// Most words that are added.
        #[arg(long, value_name = "N", default_value_t = 100)]
        max: usize,
        /// Below 1 bolder towards probable words, above 1 freer; 0 always takes the most probable one.
        #[arg(long, value_name = "T", default_value_t = 1.0)]
        temperature: f64,
        /// Draw among the so many most probable words only; 0 for all.
        #[arg(long, value_name = "N", default_value_t = 0)]
        top_k: usize,
        /// Draw among the most probable words that have this mass together.
        #[arg(long, value_name = "P", default_value_t = 1.0)]
        top_p: f64,
    },
}

/// Arguments of `correct`.
#[derive(Debug, Group)]
pub struct Correct {
    /// Language model (binary or ARPA; - for standard input), or a table of word counts: word, tab, count.
    pub model: String,
    /// Text, plain or compressed; - for standard input.
    pub file: String,
    /// List of errors to learn from: wrong, tab, right, and a count if there is one; or $right above its wrong forms.
    #[arg(long, value_name = "LIST", conflicts_with = "error_model")]
    pub errors: Option<String>,
    /// Error model that --save-error-model wrote [default without either: every edit alike].
    #[arg(long, value_name = "FILE")]
    pub error_model: Option<PathBuf>,
    /// Keep the error model that was learned.
    #[arg(long, value_name = "FILE", requires = "errors")]
    pub save_error_model: Option<PathBuf>,
    /// Most letters on each side of an edit that is learned, 1 to 4.
    #[arg(long, value_name = "N", default_value_t = 3, requires = "errors")]
    pub window: usize,
    /// Most edits between a word and its correction, 1 to 3; Hangul counts by the keys that type it.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub max_distance: usize,
    /// Share of words that are written wrongly; at 1 every word is changed that has a correction.
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
    pub typo_rate: f64,
    /// Share of words that are right and not in the model: higher keeps more names [default: 0.02; by the words counted once].
    #[arg(long, value_name = "SHARE")]
    pub unknown_rate: Option<f64>,
    /// Doubt words too that are in the model: "form" for "from".
    #[arg(long)]
    pub real_words: bool,
    /// Weight of the error model beside the language model.
    #[arg(long, value_name = "W", default_value_t = 1.0)]
    pub weight: f64,
    /// List so many candidates of every word that was doubted.
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub candidates: usize,
    /// Candidates of a word that are tried in context.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub tried: usize,
}

/// Arguments of `ngram`.
#[derive(Debug, Group)]
pub struct Ngram {
    /// Texts: a file, plain or compressed, a folder, or - for lines on standard input.
    pub file: String,
    /// Where the model goes: .arpa (.arpa.gz) for ARPA, else binary; - for ARPA on standard output.
    #[arg(short, long, value_name = "MODEL")]
    pub output: String,
    /// Longest n-gram, 1 to 9.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub order: usize,
    /// Smoothing.
    #[arg(long, value_name = "NAME", default_value = SMOOTHINGS[0], value_parser = clap::builder::PossibleValuesParser::new(SMOOTHINGS))]
    pub smoothing: String,
    /// What add-k adds.
    #[arg(long, value_name = "K")]
    pub k: Option<f64>,
    /// Discount of absolute discounting [default: from the counts of counts].
    #[arg(long, value_name = "D")]
    pub discount: Option<f32>,
    /// Factor of stupid back-off.
    #[arg(long, value_name = "F")]
    pub factor: Option<f32>,
    /// Highest count that Katz smoothing discounts.
    #[arg(long, value_name = "COUNT")]
    pub cutoff: Option<usize>,
    /// Text on which Jelinek-Mercer smoothing learns its weights.
    #[arg(long, value_name = "TEXT")]
    pub validation: Option<String>,
    /// Leave out n-grams that occur at most so often, by order from 1; the last holds for higher orders.
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub prune: Vec<u32>,
    /// Leave out n-grams whose loss raises perplexity by less than this share (Stolcke).
    #[arg(long, value_name = "SHARE")]
    pub entropy_prune: Option<f64>,
    /// Keep the so many most frequent words; the others become <unk>.
    #[arg(long, value_name = "N")]
    pub vocabulary: Option<usize>,
    /// Keep words that occur at least so often; the others become <unk>.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub min_count: u64,
    /// Take <s>, </s> and <unk> in the text for spaces instead of refusing them.
    #[arg(long)]
    pub skip_markers: bool,
    /// Count lines without words as empty sentences, as lmplz does.
    #[arg(long)]
    pub keep_blank_lines: bool,
    /// Discounts of counts 1, 2, 3 and more where they cannot be computed.
    #[arg(long, value_name = "D1,D2,D3", value_delimiter = ',', default_values_t = [0.5, 1.0, 1.5])]
    pub fallback: Vec<f32>,
    /// Memory for counting, such as 512M or 4G.
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = size)]
    pub memory: u64,
    /// Folder for temporary files [default: the system's].
    #[arg(long, value_name = "DIR")]
    pub temporary: Option<PathBuf>,
    /// Make the small form of the binary: a trie with values of so many bits (8 is usual).
    #[arg(long, value_name = "BITS", num_args = 0..=1, default_missing_value = "8")]
    pub compact: Option<u8>,
    /// FILE is an ARPA file to be converted, not a text.
    #[arg(long)]
    pub arpa: bool,
    #[command(flatten)]
    pub texts: Texts,
    #[command(flatten)]
    pub bytes: Bytes,
}

fn protocol(text: &str) -> Result<gyeol_ngram::Protocol, String> {
    text.parse().map_err(|e: gyeol_ngram::Error| e.to_string())
}

fn size(text: &str) -> Result<u64, String> {
    super::size(text).map(|bytes| bytes as u64)
}
