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
