//! What can go wrong between a text, a table of n-grams and a question asked of it.

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
    /// The text or the model that was given cannot be used.
    #[error("{0}")]
    Input(Box<Fault>),
    /// The input is larger than the limits allow.
    #[error("{0}")]
    Limit(Box<Fault>),
    /// An option that is not known, out of range, or does not fit the others.
    #[error("{0}")]
    Option(Box<Fault>),
}

impl Error {
    /// The fault with its place, or `None` for a plain input/output failure.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Error::Io { .. } => None,
            Error::Input(f) | Error::Limit(f) | Error::Option(f) => Some(f),
        }
    }

    /// A stable word for the kind of failure, such as `truncated-arpa`; `io` for input/output.
    pub fn code(&self) -> &'static str {
        self.fault().map_or("io", |f| f.code)
    }

    /// The same failure with its file and line, where it does not name any yet.
    pub fn at(mut self, file: &str, row: usize) -> Self {
        if let Error::Input(f) | Error::Limit(f) | Error::Option(f) = &mut self {
            f.file.get_or_insert_with(|| file.to_owned());
            f.row.get_or_insert(row);
        }
        self
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl AsRef<std::path::Path>,
        next: impl Into<String>,
        source: std::io::Error,
    ) -> Self {
        Error::Io { action, path: path.as_ref().display().to_string(), next: next.into(), source }
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
}
