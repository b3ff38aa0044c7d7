//! The weights of a rescoring, and their file.

use std::path::Path;

use gyeol_base::Fault;

use super::Features;
use gyeol_base::{Error, Result};

/// Version of the file of weights.
pub const WEIGHTS_VERSION: u32 = 1;
/// What the file says it is.
const KIND: &str = "rescore-weights";
/// A file of weights is never larger.
const LARGEST: u64 = 1 << 20;

/// Weights of the language model and of each word; that of the acoustic score is 1.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RescoreWeights {
    /// Weight of the natural logarithm of the text's probability.
    pub language: f64,
    /// Added for each word: above 0 it favours longer texts.
    pub word_penalty: f64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct File {
    kind: String,
    version: u32,
    #[serde(flatten)]
    weights: RescoreWeights,
    #[serde(default)]
    note: serde_json::Value,
}

impl RescoreWeights {
    /// Checks that both are finite and that of the language model is not negative.
    ///
    /// # Errors
    /// They are not.
    pub fn check(self) -> Result<Self> {
        if self.language.is_finite() && self.language >= 0.0 && self.word_penalty.is_finite() {
            return Ok(self);
        }
        Err(Error::option(
            Fault::new(
                "weights-out-of-range",
                format!("the weight is {} and the word penalty {}", self.language, self.word_penalty),
            )
            .cause("both are finite numbers, and the weight of a language model is at least 0")
            .next("take 1 and 0, or tune them"),
        ))
    }

    /// The score of a hypothesis.
    pub fn score(&self, of: &Features) -> f64 {
        of.acoustic + self.language * of.language + self.word_penalty * of.words as f64
    }

    /// Places in the list from the best hypothesis to the worst; of equal ones the earlier first.
    pub fn order(&self, features: &[Features]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..features.len()).collect();
        order.sort_by(|&a, &b| self.score(&features[b]).total_cmp(&self.score(&features[a])));
        order
    }

    /// Writes them as JSON, whole or not at all; `note` says where they come from.
    ///
    /// # Errors
    /// What the system says.
    pub fn save(&self, path: &Path, note: serde_json::Value) -> Result<()> {
        let file = File { kind: KIND.into(), version: WEIGHTS_VERSION, weights: *self, note };
        let failed =
            |e| Error::io("write", path, "check that the folder exists, may be written to and has room", e);
        let mut text = serde_json::to_vec_pretty(&file).map_err(|e| failed(e.into()))?;
        text.push(b'\n');
        gyeol_base::write_bytes(path, &text).map_err(failed)
    }

    /// Reads what [`RescoreWeights::save`] wrote.
    ///
    /// # Errors
    /// No such file, another kind of file or version, weights out of range.
    pub fn load(path: &Path) -> Result<Self> {
        let failed = |e| Error::io("read", path, "check the path and the permissions", e);
        let other = |found: String| {
            Error::input(
                Fault::new("not-weights", found)
                    .file(path)
                    .cause("another file, or one of another version of gyeol")
                    .next("make it with rescore --tune … --save-weights FILE"),
            )
        };
        let size = std::fs::metadata(path).map_err(failed)?.len();
        if size > LARGEST {
            return Err(other(format!("{size} bytes are no file of weights")));
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        let file: File = serde_json::from_slice(&bytes).map_err(|e| other(format!("no weights: {e}")))?;
        if file.kind != KIND || file.version != WEIGHTS_VERSION {
            return Err(other(format!(
                "{} of version {}, not {KIND} of version {WEIGHTS_VERSION}",
                file.kind, file.version
            )));
        }
        file.weights.check()
    }
}
