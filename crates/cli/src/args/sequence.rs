//! Verbs of models from sequence to sequence.

use std::path::PathBuf;

use clap::Subcommand;

/// Verbs of sequences.
#[derive(Debug, Subcommand)]
pub enum SequenceVerb {
    /// Translate texts with a fitted translator.
    Translate {
        /// Model file.
        model: PathBuf,
        /// Texts as they are typed, one file with a text a line, or - for standard input.
        #[arg(required = true, value_name = "TEXT")]
        texts: Vec<String>,
        /// Beginnings that a net keeps; 1 is greedy.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
        beam: u16,
        /// How a beam holds lengths against each other: ln P / ((5 + length) / 6)^A; 0 takes the sum.
        #[arg(long, value_name = "A", default_value_t = 1.0, requires = "beam", value_parser = alpha)]
        alpha: f64,
    },
    /// Label every character or token of texts with a fitted tagger; of a spacing model the text with its blanks.
    Tag {
        /// Model file.
        model: PathBuf,
        /// Texts as they are typed, one file with a text a line, or - for standard input.
        #[arg(required = true, value_name = "TEXT")]
        texts: Vec<String>,
    },
}

fn alpha(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|alpha| (0.0..=5.0).contains(alpha))
        .ok_or_else(|| "it must be a number from 0 to 5".into())
}
