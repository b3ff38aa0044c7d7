//! What only ladders of translations show.

use serde::{Deserialize, Serialize};

/// A test pair with what was made of its source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslationExample {
    /// Line in the file, from 1.
    pub row: u64,
    /// The source.
    pub source: String,
    /// The target.
    pub right: String,
    /// What the chosen rung made of it.
    pub said: String,
    /// What the last rung without a net made of it; none where that is the chosen one.
    pub plain: Option<String>,
}

/// A text that a model drew for a class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnText {
    /// The class asked for.
    pub class: String,
    /// The text.
    pub text: String,
    /// The class that a reader of the training texts gives it.
    pub read: String,
}

/// Texts that a rung drew for classes, the one whose texts carry them most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DrawnChapter {
    /// The rung.
    pub rung: String,
    /// Some of them.
    pub texts: Vec<DrawnText>,
    /// How many were drawn.
    pub count: u64,
    /// Share of them that the reader gives the class asked for.
    pub kept: f64,
    /// Share of the test texts that it gives their own class.
    pub right: f64,
}
