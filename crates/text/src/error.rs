//! What can go wrong between raw text and integers.

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
    /// The text, table or model that was given cannot be used: broken bytes, a missing column, another version.
    #[error("{0}")]
    Input(Box<Fault>),
    /// The input is larger than the limits allow.
    #[error("{0}")]
    Limit(Box<Fault>),
    /// An option, such as a scheme, a language or a rule, that is not known or does not fit the others.
    #[error("{0}")]
    Option(Box<Fault>),
    /// A table could not be read.
    #[error(transparent)]
    Table(#[from] gyeol_data::Error),
}

impl Error {
    /// The fault with its place, or `None` for a plain input/output failure.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Error::Io { .. } => None,
            Error::Input(f) | Error::Limit(f) | Error::Option(f) => Some(f),
            Error::Table(e) => e.fault(),
        }
    }

    /// A stable word for the kind of failure, such as `undecodable-bytes`; `io` for input/output.
    pub fn code(&self) -> &'static str {
        self.fault().map_or("io", |f| f.code)
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

/// The work was given up from outside, by Ctrl-C for instance.
pub fn stopped() -> Error {
    Error::input(Fault::new("stopped", "stopped before the end").next("run it again; nothing was written"))
}

/// A name as typed, for a message: without control characters and not longer than a line.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_debug).collect()
}
