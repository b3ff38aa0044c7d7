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
        /// Draw texts instead of taking the likeliest; of a model of classes the text is a class.
        #[arg(long, conflicts_with_all = ["beam", "alpha"])]
        sample: bool,
        /// Texts drawn of each.
        #[arg(long, value_name = "N", default_value_t = 1, requires = "sample", value_parser = clap::value_parser!(u32).range(1..=100_000))]
        count: u32,
        /// Most tokens of a text [default: a multiple of the source's].
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
        max: Option<u32>,
        /// Below 1 bolder towards probable tokens, above 1 freer; 0 always takes the most probable one.
        #[arg(long, value_name = "T", default_value_t = 1.0, requires = "sample")]
        temperature: f64,
        /// Draw among the so many most probable tokens only; 0 for all.
        #[arg(long, value_name = "N", default_value_t = 0, requires = "sample")]
        top_k: usize,
        /// Draw among the most probable tokens that have this mass together.
        #[arg(long, value_name = "P", default_value_t = 1.0, requires = "sample")]
        top_p: f64,
    },
    /// Label every character or token of texts with a fitted tagger; of blanks or sentence ends the text with these put in.
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
