//! Count-based language models in and out of bundles, with the way from text to their tokens.

use gyeol_ngram::{Layout, Model, Tables};
use gyeol_tensor::Pool;
use gyeol_text::lines::TokenLines;
use serde_json::json;

use crate::{Bundle, Error, Manifest, Result, Tensor};

/// What `kind` says in a language model's manifest.
pub const LANGUAGE_MODEL: &str = "language-model";

/// Name of the tensor that holds the tables.
const TABLES: &str = "ngram";

/// A language model that reads texts.
#[derive(Debug)]
pub struct LanguageModel {
    /// From texts to lines of tokens, as the training part was read.
    pub lines: TokenLines,
    /// What comes next.
    pub model: Model,
}

impl Bundle {
    /// A bundle of an n-gram model; `manifest` brings everything but the model.
    ///
    /// # Errors
    /// [`Error::Manifest`] when the tables cannot be packed.
    pub fn of_language_model(
        lines: &TokenLines,
        tables: &Tables,
        mut manifest: Manifest,
        pool: &Pool,
    ) -> Result<Bundle> {
        let broken = |error: gyeol_ngram::Error| Error::Manifest { why: error.to_string() };
        let packed = gyeol_ngram::to_bytes(tables, Layout::Probing, "{}", pool).map_err(broken)?;
        manifest.kind = LANGUAGE_MODEL.into();
        manifest.model = json!({
            "order": tables.order(),
            "counts": tables.counts(),
            "parameters": tables.counts().iter().sum::<u64>(),
            "vocabulary": tables.vocabulary().len(),
            "lines": lines.to_json(),
        });
        let mut bundle = Bundle::new(manifest);
        bundle.tensors.insert(TABLES.into(), Tensor::bytes(packed));
        Ok(bundle)
    }

    /// The language model in a bundle.
    ///
    /// # Errors
    /// [`Error::Manifest`] when the bundle is of another kind or its parts do not make one.
    pub fn language_model(mut self) -> Result<LanguageModel> {
        let broken = |why: String| Error::Manifest { why };
        if self.manifest.kind != LANGUAGE_MODEL {
            let kind = &self.manifest.kind;
            return Err(broken(format!("it is a bundle of kind '{kind}', not a language model")));
        }
        let lines =
            TokenLines::from_json(&self.manifest.model["lines"]).map_err(|e| broken(e.to_string()))?;
        let packed = match self.tensors.remove(TABLES).map(|tensor| tensor.data) {
            Some(crate::TensorData::U8(bytes)) => bytes,
            _ => return Err(broken(format!("it has no tensor of bytes called '{TABLES}'"))),
        };
        let model = Model::from_bytes(packed, TABLES).map_err(|e| broken(e.to_string()))?;
        Ok(LanguageModel { lines, model })
    }
}
