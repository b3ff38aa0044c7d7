//! What can go wrong on the ladder.

use std::path::PathBuf;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error with its cause and the next step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The recipe.
    #[error(transparent)]
    Recipe(#[from] crate::recipe::RecipeError),
    /// The readings.
    #[error(transparent)]
    Data(#[from] gyeol_data::Error),
    /// A rung.
    #[error("rung '{rung}': {source}")]
    Rung {
        /// Which.
        rung: String,
        /// What.
        source: gyeol_forecast::Error,
    },
    /// Preparation.
    #[error(transparent)]
    Forecast(#[from] gyeol_forecast::Error),
    /// Texts and their preparation.
    #[error(transparent)]
    Text(#[from] gyeol_text::Error),
    /// An n-gram model.
    #[error(transparent)]
    Ngram(#[from] gyeol_ngram::Error),
    /// A part of the texts that cannot be used.
    #[error("{0}")]
    Part(Box<gyeol_data::Fault>),
    /// A model file.
    #[error(transparent)]
    Bundle(#[from] gyeol_bundle::Error),
    /// A page.
    #[error("the report could not be drawn: {0}")]
    Report(String),
    /// A file that could not be written.
    #[error(
        "{path}: cannot be written: {source}; choose another folder with --out, or make this one writable"
    )]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The user asked to stop.
    #[error("stopped while fitting '{rung}'; what was done is kept in {out}, go on with --resume")]
    Stopped {
        /// Rung in progress.
        rung: String,
        /// Output folder.
        out: PathBuf,
    },
    /// The output folder holds a run of something else.
    #[error(
        "{out} holds a run of another recipe or other data, so --resume cannot go on with it; choose another --out, or run without --resume"
    )]
    OtherRun {
        /// Output folder.
        out: PathBuf,
    },
    /// A rung that the recipe does not have.
    #[error("the recipe has no rung '{name}'; it has {known}")]
    NoRung {
        /// What was asked.
        name: String,
        /// What there is.
        known: String,
    },
}
