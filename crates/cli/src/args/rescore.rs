//! Arguments of `rescore`.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};

/// Base of a logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Base {
    /// Natural, as Kaldi and HTK print.
    E,
    /// Decimal.
    #[value(name = "10")]
    Ten,
}

/// What tuning makes least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Measure {
    /// Word error rate.
    Wer,
    /// Character error rate.
    Cer,
}

/// Arguments of `rescore`.
#[derive(Debug, Group)]
pub struct Rescore {
    /// Model: binary or ARPA; - for standard input.
    pub model: String,
    /// Lists, plain or compressed: id, tab, text, tab, acoustic score; the lines of an id stand together; - for standard input.
    pub nbest: String,
    /// Weight of the natural logarithm of the text's probability beside the acoustic score [default: 1].
    #[arg(long, value_name = "W")]
    pub weight: Option<f64>,
    /// Added for each word; above 0 it favours longer texts [default: 0].
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub word_penalty: Option<f64>,
    /// Base of the acoustic scores' logarithm.
    #[arg(long, value_name = "BASE", default_value = "e")]
    pub base: Base,
    /// The acoustic scores are costs: lower is better.
    #[arg(long)]
    pub cost: bool,
    /// What was said: id, tab, text. Prints word and character error rates; without --json these alone.
    #[arg(long, value_name = "REF")]
    pub reference: Option<String>,
    /// Other lists, on which the weights of least error are found.
    #[arg(long, value_name = "NBEST", requires = "tune_reference", conflicts_with_all = ["weight", "word_penalty", "weights"])]
    pub tune: Option<String>,
    /// What was said in the lists of --tune.
    #[arg(long, value_name = "REF", requires = "tune")]
    pub tune_reference: Option<String>,
    /// What tuning makes least.
    #[arg(long, value_name = "RATE", default_value = "wer", requires = "tune")]
    pub tune_by: Measure,
    /// Random starting points of tuning.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "tune")]
    pub restarts: usize,
    /// Read the weights from a file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["weight", "word_penalty"])]
    pub weights: Option<PathBuf>,
    /// Write the weights to a file.
    #[arg(long, value_name = "FILE")]
    pub save_weights: Option<PathBuf>,
    /// Show only the best so many of each list; 0 for all.
    #[arg(short, value_name = "N", default_value_t = 0)]
    pub k: usize,
}
