//! A bundle at a glance.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{Bundle, DataHash};

/// What a bundle holds; as JSON it is the answer of `gyeol show --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// What it does: `forecast` …
    pub kind: String,
    /// The rung of the ladder.
    pub rung: String,
    /// Layout of the file.
    pub format: u32,
    /// Version of the program that wrote it.
    pub gyeol_version: String,
    /// Numbers that were learnt: those in all tensors, or n-grams.
    pub parameters: u64,
    /// Bytes that the numbers take.
    pub bytes: u64,
    /// One line a tensor, by name.
    pub tensors: Vec<TensorSummary>,
    /// The readings that it was fitted on.
    pub data: DataHash,
    /// Its scores, as in `scores.json`.
    pub scores: Value,
    /// What its crate keeps beside the tensors.
    pub model: Value,
    /// The recipe, as TOML.
    pub recipe: String,
    /// Digest over all of it; empty for a bundle that was not opened from bytes.
    pub content_sha256: String,
}

/// One tensor of a [`Summary`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TensorSummary {
    /// Its name.
    pub name: String,
    /// Its number type, `F32`, `F64` or `U8`.
    pub dtype: String,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// How many numbers.
    pub elements: u64,
}

impl Summary {
    pub(crate) fn of(bundle: &Bundle) -> Summary {
        let tensors: Vec<TensorSummary> = bundle
            .tensors
            .iter()
            .map(|(name, tensor)| TensorSummary {
                name: name.clone(),
                dtype: tensor.data.type_name().to_owned(),
                shape: tensor.shape.clone(),
                elements: tensor.data.len() as u64,
            })
            .collect();
        let manifest = &bundle.manifest;
        Summary {
            kind: manifest.kind.clone(),
            rung: manifest.rung.clone(),
            format: manifest.format,
            gyeol_version: manifest.gyeol_version.clone(),
            // The first version wrote no count, or one beside the model; bytes are no parameters.
            parameters: (manifest.parameters)
                .or_else(|| manifest.model.get("parameters").and_then(Value::as_u64))
                .unwrap_or_else(|| tensors.iter().filter(|t| t.dtype != "U8").map(|t| t.elements).sum()),
            bytes: bundle.tensors.values().map(|tensor| tensor.byte_len() as u64).sum(),
            tensors,
            data: manifest.data.clone(),
            scores: manifest.scores.clone(),
            model: manifest.model.clone(),
            recipe: manifest.recipe.clone(),
            content_sha256: manifest.content_sha256.clone(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        writeln!(
            out,
            "  {} · {} · format {} · gyeol {}",
            self.rung, self.kind, self.format, self.gyeol_version
        )?;
        let digest = self.data.sha256.get(..12).unwrap_or(&self.data.sha256);
        writeln!(out, "  fitted on {} ({} rows, sha256 {digest}…)", self.data.name, self.data.rows)?;
        writeln!(out, "  {} parameters, {} bytes\n", self.parameters, self.bytes)?;
        let shapes: Vec<String> = self.tensors.iter().map(|tensor| shape_text(&tensor.shape)).collect();
        let name_width = self.tensors.iter().map(|tensor| tensor.name.chars().count()).max().unwrap_or(0);
        let shape_width = shapes.iter().map(|shape| shape.chars().count()).max().unwrap_or(0);
        for (tensor, shape) in self.tensors.iter().zip(&shapes) {
            let (name, dtype, elements) = (&tensor.name, &tensor.dtype, tensor.elements);
            writeln!(out, "  {name:name_width$}  {dtype}  {shape:>shape_width$}  {elements:>9}")?;
        }
        Ok(())
    }
}

fn shape_text(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "–".to_owned();
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}
