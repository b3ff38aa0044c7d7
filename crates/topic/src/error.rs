//! What can go wrong between tokens and topics.

use std::path::Path;

use gyeol_data::Fault;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every failure of this crate; the text of each names the place, the likely cause and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read or write a file.
    #[error("cannot {action} {path}: {source}. Next: {next}")]
    Io {
        /// What was attempted: "read", "write".
        action: &'static str,
        /// The file concerned.
        path: String,
        /// The next step for the reader.
        next: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A matrix, model or text that cannot be used: wrong sizes, numbers that are none, another version.
    #[error("{0}")]
    Input(Box<Fault>),
    /// The input is larger than the limits allow.
    #[error("{0}")]
    Limit(Box<Fault>),
    /// An option that is not known or does not fit the data.
    #[error("{0}")]
    Option(Box<Fault>),
    /// Texts could not be read or cut into tokens.
    #[error(transparent)]
    Text(#[from] gyeol_text::Error),
    /// A model file could not be read or written.
    #[error(transparent)]
    Bundle(#[from] gyeol_bundle::Error),
}

impl Error {
    /// The fault with its place, or `None` for a plain input/output failure.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Error::Io { .. } | Error::Bundle(_) => None,
            Error::Input(f) | Error::Limit(f) | Error::Option(f) => Some(f),
            Error::Text(e) => e.fault(),
        }
    }

    /// A stable word for the kind of failure, such as `bad-pointers`; `io` for input/output, `bundle` for model files.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Bundle(_) => "bundle",
            _ => self.fault().map_or("io", |f| f.code),
        }
    }

    pub(crate) fn input(fault: Fault) -> Self {
        Error::Input(Box::new(fault))
    }

    pub(crate) fn limit(fault: Fault) -> Self {
        Error::Limit(Box::new(fault))
    }

    pub(crate) fn option(fault: Fault) -> Self {
        Error::Option(Box::new(fault))
    }

    pub(crate) fn reading(path: &Path, source: std::io::Error) -> Self {
        let next = "check the path and the permissions".into();
        Error::Io { action: "read", path: path.display().to_string(), next, source }
    }

    pub(crate) fn writing(path: &Path, source: std::io::Error) -> Self {
        let next = "check that the folder exists, may be written to and has room".into();
        Error::Io { action: "write", path: path.display().to_string(), next, source }
    }
}
