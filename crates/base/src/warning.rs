//! What deserves attention in data or texts: a code with typed parts, so that any language can say it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How grave a warning is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Fitting is refused or senseless until it is mended.
    Stop,
    /// Scores may mislead.
    Warn,
    /// Good to know.
    Note,
}

/// Something that deserves attention: a code and its parts, so that any language can say it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Warning {
    /// One of those that the station lists.
    pub code: String,
    /// How grave it is.
    pub severity: Severity,
    /// The column concerned.
    pub column: Option<String>,
    /// The parts of the message by name.
    pub parts: BTreeMap<String, Part>,
    /// The same in English words.
    pub words: String,
}

impl Warning {
    /// A warning in words alone.
    pub fn new(code: &str, words: impl Into<String>) -> Self {
        let (column, parts) = (None, BTreeMap::new());
        Warning { code: code.to_owned(), severity: Severity::Warn, column, parts, words: words.into() }
    }
}

/// One part of a message, with its type, so that each language writes it in its own way.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A count.
    Count(u64),
    /// A number in the column's unit.
    Number(f64),
    /// A share of one.
    Share(f64),
    /// A moment.
    Time(i64),
    /// A name or other text that is not translated.
    Text(String),
}
