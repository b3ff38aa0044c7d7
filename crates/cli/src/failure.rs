//! Why the command failed, and with which exit code.

use std::fmt;

/// A failure with its message.
#[derive(Debug)]
pub enum Failure {
    /// Something did not work: exit 1.
    Failed(String),
    /// It was called wrongly: exit 2.
    Usage(String),
}

/// Result of a verb.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Failed(message) | Failure::Usage(message) => f.write_str(message),
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Failed(error.to_string())
    }
}
