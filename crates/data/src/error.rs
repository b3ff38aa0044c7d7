//! What can go wrong, said so that it can be mended: what was found, where, why, and what to do next.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every failure of this crate; the text of each names the place, the likely cause and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read or write a file.
    #[error("cannot {action} {path}: {source}. Next: {next}")]
    Io {
        /// What was attempted: "read", "write", "rename".
        action: &'static str,
        /// The file concerned.
        path: String,
        /// The next step for the reader.
        next: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes of a file are not a table that can be read.
    #[error("{0}")]
    Input(Box<Fault>),
    /// The input is larger than the limits allow.
    #[error("{0}")]
    Limit(Box<Fault>),
    /// A column is missing, of the wrong kind, or in the wrong role.
    #[error("{0}")]
    Column(Box<Fault>),
    /// The time stamps do not form a regular clock.
    #[error("{0}")]
    Clock(Box<Fault>),
    /// A split that would leak, overlap or leave a part empty.
    #[error("{0}")]
    Split(Box<Fault>),
    /// A cleaning operation that cannot be applied.
    #[error("{0}")]
    Clean(Box<Fault>),
    /// An option, such as a zone, a country or a scaler, that is not known.
    #[error("{0}")]
    Option(Box<Fault>),
}

impl Error {
    /// The fault with its place, or `None` for a plain input/output failure.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Error::Io { .. } => None,
            Error::Input(f)
            | Error::Limit(f)
            | Error::Column(f)
            | Error::Clock(f)
            | Error::Split(f)
            | Error::Clean(f)
            | Error::Option(f) => Some(f),
        }
    }

    /// A stable word for the kind of failure, such as `ragged-row` or `gap-in-clock`; `io` for input/output.
    pub fn code(&self) -> &'static str {
        self.fault().map_or("io", |f| f.code)
    }

    pub(crate) fn io(
        action: &'static str,
        path: &str,
        next: impl Into<String>,
        source: std::io::Error,
    ) -> Self {
        Error::Io { action, path: path.to_string(), next: next.into(), source }
    }
}

/// A failure taken apart, so that a page can point at the row and the column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fault {
    /// A stable word for this kind of failure.
    pub code: &'static str,
    /// What was found.
    pub found: String,
    /// The file, when there is one.
    pub file: Option<String>,
    /// The line of the file or row of the table, from 1; a CSV header is row 1.
    pub row: Option<usize>,
    /// The column's name.
    pub column: Option<String>,
    /// The likely cause.
    pub cause: String,
    /// The next step.
    pub next: String,
}

impl Fault {
    /// A fault with its stable word and what was found.
    pub fn new(code: &'static str, found: impl Into<String>) -> Self {
        Fault {
            code,
            found: found.into(),
            file: None,
            row: None,
            column: None,
            cause: String::new(),
            next: String::new(),
        }
    }
    /// Names the file.
    pub fn file(mut self, file: impl AsRef<Path>) -> Self {
        let name = file.as_ref().display().to_string();
        if !name.is_empty() {
            self.file = Some(name);
        }
        self
    }
    /// Names the line or row, from 1.
    pub fn row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }
    /// Names the column.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
    /// Adds the likely cause.
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }
    /// Adds the next step.
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }
    pub(crate) fn input(self) -> Error {
        Error::Input(Box::new(self))
    }
    pub(crate) fn limit(self) -> Error {
        Error::Limit(Box::new(self))
    }
    pub(crate) fn of_column(self) -> Error {
        Error::Column(Box::new(self))
    }
    pub(crate) fn clock(self) -> Error {
        Error::Clock(Box::new(self))
    }
    pub(crate) fn split(self) -> Error {
        Error::Split(Box::new(self))
    }
    pub(crate) fn clean(self) -> Error {
        Error::Clean(Box::new(self))
    }
    pub(crate) fn option(self) -> Error {
        Error::Option(Box::new(self))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = Vec::new();
        if let Some(file) = &self.file {
            place.push(file.clone());
        }
        if let Some(row) = self.row {
            place.push(format!("row {row}"));
        }
        if let Some(column) = &self.column {
            place.push(format!("column '{}'", shorten(column, 60)));
        }
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        write!(f, "{}", self.found)?;
        if !self.cause.is_empty() {
            write!(f, ". Likely cause: {}", self.cause)?;
        }
        if !self.next.is_empty() {
            write!(f, ". Next: {}", self.next)?;
        }
        Ok(())
    }
}

/// The first `limit` characters of a text, control characters shown as escapes, with … where it was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == limit {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
