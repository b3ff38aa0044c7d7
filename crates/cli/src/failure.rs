//! Why the command failed, and with which exit code.

use std::fmt;

use gyeol_base::{Error, Fault, Kind};

/// A failure: what went wrong, or how the command was called wrongly.
#[derive(Debug)]
pub enum Failure {
    /// Something did not work: exit 1.
    Failed(Error),
    /// It was called wrongly: exit 2.
    Usage(String),
}

/// Result of a verb.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Something did not work: its stable word, and `found. Likely cause: … . Next: …`.
    pub fn failed(code: &'static str, text: impl AsRef<str>) -> Self {
        Failure::Failed(Fault::said(code, text).input())
    }

    /// Exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
        }
    }

    /// The failure for those who know nothing of exit codes.
    pub fn into_error(self) -> Error {
        match self {
            Failure::Failed(error) => error,
            Failure::Usage(text) => Fault::said("usage", text).option(),
        }
    }

    /// The failure as one line of JSON.
    pub fn into_json(self) -> String {
        serde_json::json!({ "error": self.into_error() }).to_string()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Failed(error) => error.fmt(f),
            Failure::Usage(message) => f.write_str(message),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Failed(error)
    }
}

impl From<gyeol_ladder::recipe::RecipeError> for Failure {
    fn from(error: gyeol_ladder::recipe::RecipeError) -> Self {
        Failure::Failed(error.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Failed(Error::new(Kind::Io, Fault::new("io", error.to_string())))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Failed(Error::defect(error))
    }
}
