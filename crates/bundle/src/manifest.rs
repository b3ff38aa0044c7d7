//! What a bundle says about itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Highest number of a layout that this version writes and reads: 2 with sections, 1 without. It grows when an older program could no longer read the file.
pub const FORMAT: u32 = 2;

/// The words of a bundle: what it is, where it came from, how good it was, and what its crate needs beside the tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout of the file, [`FORMAT`].
    pub format: u32,
    /// What it does: `forecast` …
    pub kind: String,
    /// The rung of the ladder: `lstm`, `linear` …
    pub rung: String,
    /// Version of the program that wrote it.
    pub gyeol_version: String,
    /// The readings that it was fitted on.
    pub data: DataHash,
    /// The recipe, as TOML.
    pub recipe: String,
    /// The scores of this rung, as in `scores.json`.
    pub scores: Value,
    /// Everything else that its crate needs to predict: columns, roles, scalers, shapes.
    pub model: Value,
    /// Numbers that were learnt, where the tensors do not tell: n-grams in packed tables, weights beside constants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// Tensors of bytes that carry checksums of their own, so that the file can be opened without reading them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    /// SHA-256 over the tensors' names, shapes and numbers (those of `sections` without their bytes) and over all fields above, in hexadecimal. Filled in when the
    /// bundle is written; what stands there before does not matter.
    pub content_sha256: String,
}

/// Name and digest of the readings behind a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataHash {
    /// The file's name, without its folder.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Rows read.
    pub rows: u64,
}

impl Manifest {
    /// A manifest of this version and format, with empty recipe, scores and model.
    pub fn new(kind: impl Into<String>, rung: impl Into<String>, data: DataHash) -> Manifest {
        Manifest {
            format: FORMAT,
            kind: kind.into(),
            rung: rung.into(),
            gyeol_version: env!("CARGO_PKG_VERSION").to_owned(),
            data,
            recipe: String::new(),
            scores: Value::Null,
            model: Value::Null,
            parameters: None,
            sections: Vec::new(),
            content_sha256: String::new(),
        }
    }
}
