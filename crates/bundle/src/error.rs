//! What can be wrong with a bundle, each with its likely cause and the next step.

use std::path::PathBuf;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a bundle could not be written or opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}. {next}", path.display())]
    Io {
        /// The file in question.
        path: PathBuf,
        /// What was being done: `open`, `read`, `write` …
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
        /// The next step.
        next: &'static str,
    },

    /// A problem of a bundle, with the file it was found in.
    #[error("{}: {problem}", path.display())]
    InFile {
        /// The file in question.
        path: PathBuf,
        /// What is wrong with it.
        problem: Box<Error>,
    },

    /// The bytes are something else.
    #[error(
        "this is not a gyeol bundle: {why}. Give the `model.gyeol` that `gyeol run` or `gyeol train` wrote"
    )]
    NotABundle {
        /// What was found instead.
        why: String,
    },

    /// The file ends before its header says it should.
    #[error(
        "the bundle is cut short: {found} bytes are there where its header promises {expected}. \
         A copy or download probably stopped half way: fetch the file again"
    )]
    Truncated {
        /// Bytes promised.
        expected: u64,
        /// Bytes found.
        found: u64,
    },

    /// The file goes on after its last tensor.
    #[error(
        "{extra} bytes follow the end of the bundle (it should end at byte {expected}). \
         Something was appended to it: fetch the file again"
    )]
    Trailing {
        /// Where it should end.
        expected: u64,
        /// Bytes too many.
        extra: u64,
    },

    /// Beyond what [`Limits`](crate::Limits) allow.
    #[error(
        "the bundle has {found} {what}, more than the limit of {limit}. \
         It is not a model of this program's size or its header lies; if you trust it, open it with wider limits"
    )]
    TooLarge {
        /// What was counted.
        what: &'static str,
        /// The count.
        found: u64,
        /// The limit.
        limit: u64,
    },

    /// Written by a version of the program with another layout.
    #[error(
        "the bundle is of format {found} (written by gyeol {writer}); this program reads format {known}. \
         Open it with that version, or train the model again from the recipe inside it"
    )]
    Version {
        /// The format in the file.
        found: u64,
        /// The format that this program reads.
        known: u32,
        /// Version of the program that wrote it, or `?`.
        writer: String,
    },

    /// Two tensors (or two manifests) of one name.
    #[error(
        "the header names `{name}` twice, so it is unclear which one counts: the file is damaged or forged"
    )]
    DuplicateName {
        /// The name.
        name: String,
    },

    /// A tensor of a number type that bundles do not hold.
    #[error(
        "tensor `{name}` has numbers of type {dtype}; a bundle holds F32, F64 and U8 only. Another program wrote this file"
    )]
    NumberType {
        /// The tensor.
        name: String,
        /// Its type as written in the header.
        dtype: String,
    },

    /// Shape, offsets and file contradict each other.
    #[error("tensor `{name}`: {why}: the header is damaged or forged. Fetch the file again")]
    Layout {
        /// The tensor.
        name: String,
        /// The contradiction.
        why: String,
    },

    /// The manifest is not what this format says.
    #[error("the manifest cannot be read: {why}. The file is damaged, or another program wrote it")]
    Manifest {
        /// What the JSON reader said.
        why: String,
    },

    /// The digest does not fit.
    #[error(
        "the bundle was altered after it was written: {what} (digest {found} where the manifest says {expected}). \
         Fetch the file again, or train the model again"
    )]
    Altered {
        /// Which part differs.
        what: &'static str,
        /// Digest in the manifest.
        expected: String,
        /// Digest of what is there.
        found: String,
    },

    /// A tensor that cannot be saved.
    #[error("tensor `{name}` cannot be saved: {why}")]
    Tensor {
        /// The tensor.
        name: String,
        /// The reason.
        why: String,
    },
}

impl Error {
    /// The problem itself, without the file that it was found in.
    ///
    /// ```
    /// use gyeol_bundle::{Bundle, Error};
    /// let file = std::env::temp_dir().join("gyeol-doc-not-a-bundle");
    /// std::fs::write(&file, "hello, I am a text").unwrap();
    /// let error = Bundle::open(&file).unwrap_err();
    /// assert!(matches!(error.problem(), Error::NotABundle { .. }));
    /// # std::fs::remove_file(&file).unwrap();
    /// ```
    pub fn problem(&self) -> &Error {
        match self {
            Error::InFile { problem, .. } => problem.problem(),
            other => other,
        }
    }
}
