//! The model file: a bundle (safetensors) whose manifest holds the vectorizer.

use std::path::Path;

use gyeol_bundle::{Bundle, DataHash, Limits, Manifest, Tensor};
use gyeol_data::Fault;

use super::Lsa;
use crate::error::{Error, Result};
use crate::matrix::Dense;
use crate::vectorize::Vectorizer;

/// Kind of the bundle.
pub(crate) const KIND: &str = "topics";
/// Its rung.
pub(crate) const RUNG: &str = "lsa";

fn broken(name: &str, found: String) -> Error {
    Error::input(
        Fault::new("broken-model", found)
            .file(name)
            .cause("a model of another kind, or an altered file")
            .next("make it with: gyeol topics FILE -o MODEL --method lsa"),
    )
}

impl Lsa {
    /// The model as a bundle; `data` names what it was fitted on.
    ///
    /// # Errors
    /// None but what a tensor of a wrong shape would be.
    pub fn to_bundle(&self, data: DataHash) -> Result<Bundle> {
        let mut manifest = Manifest::new(KIND, RUNG, data);
        manifest.model = serde_json::json!({ "dimensions": self.k() });
        let mut bundle = Bundle::new(manifest);
        // A vocabulary can be larger than a manifest may be.
        bundle.tensors.insert("vectorizer".into(), Tensor::bytes(self.vectorizer.to_json().into_bytes()));
        let matrix = |m: &Dense| Tensor::f64([m.rows(), m.cols()], m.data().to_vec());
        bundle.tensors.insert("components".into(), matrix(&self.v)?);
        bundle.tensors.insert("documents".into(), matrix(&self.documents)?);
        bundle.tensors.insert("singular_values".into(), Tensor::f64([self.k()], self.sigma.clone())?);
        bundle.tensors.insert("explained".into(), Tensor::f64([self.k()], self.explained.clone())?);
        Ok(bundle)
    }

    /// Reads [`Lsa::to_bundle`]; `name` is for messages.
    ///
    /// # Errors
    /// Another kind of model; tensors that are missing or do not fit.
    pub fn from_bundle(name: &str, bundle: &Bundle) -> Result<Self> {
        if bundle.manifest.kind != KIND || bundle.manifest.rung != RUNG {
            let found =
                format!("a model of kind '{}', rung '{}'", bundle.manifest.kind, bundle.manifest.rung);
            return Err(broken(name, found));
        }
        let json = bundle.tensors.get("vectorizer").and_then(|t| t.as_bytes());
        let json = json.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let json = json.ok_or_else(|| broken(name, "no vectorizer".into()))?;
        let vectorizer = Vectorizer::from_json(name, json)?;
        let tensor = |what: &str, axes: usize| {
            let tensor = bundle.tensors.get(what).filter(|t| t.shape.len() == axes);
            tensor.ok_or_else(|| broken(name, format!("no tensor '{what}' of {axes} axes")))
        };
        let matrix = |what: &str| {
            let tensor = tensor(what, 2)?;
            Dense::new(tensor.shape[0], tensor.shape[1], tensor.to_f64())
        };
        let (v, documents) = (matrix("components")?, matrix("documents")?);
        let (sigma, explained) = (tensor("singular_values", 1)?.to_f64(), tensor("explained", 1)?.to_f64());
        let k = sigma.len();
        if v.rows() != vectorizer.len() || v.cols() != k || documents.cols() != k || explained.len() != k {
            let found = format!(
                "{} terms, components of {} by {}, {k} singular values do not fit each other",
                vectorizer.len(),
                v.rows(),
                v.cols()
            );
            return Err(broken(name, found));
        }
        Ok(Lsa { vectorizer, sigma, v, documents, explained })
    }

    /// Writes the model, whole or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, path: &Path, data: DataHash) -> Result<()> {
        Ok(self.to_bundle(data)?.save(path)?)
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// As [`Lsa::from_bundle`]; a file that is no bundle.
    pub fn read(path: &Path) -> Result<Self> {
        let bundle = Bundle::open_with(path, &Limits::default())?;
        Lsa::from_bundle(&path.display().to_string(), &bundle)
    }
}
