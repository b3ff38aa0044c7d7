//! The model file: a bundle (safetensors) whose manifest holds the vectorizer.

use gyeol_base::Result;
use gyeol_bundle::{Bundle, Packed, Tensor, bad_manifest};

use super::Lsa;
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::vectorize::Vectorizer;

/// Kind of the bundles of topics.
pub(crate) const KIND: &str = "topics";

impl Packed for Lsa {
    const KIND: &'static str = KIND;
    const RUNG: Option<&'static str> = Some("lsa");

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        bundle.manifest.model = serde_json::json!({ "dimensions": self.k() });
        let mut put = |name: &str, tensor: Tensor| bundle.tensors.insert(name.to_owned(), tensor);
        // A vocabulary can be larger than a manifest may be.
        put("vectorizer", Tensor::bytes(self.vectorizer.to_json().into_bytes()));
        let matrix = |m: &Dense| Tensor::f64([m.rows(), m.cols()], m.data().to_vec());
        put("components", matrix(&self.v)?);
        put("documents", matrix(&self.documents)?);
        put("singular_values", Tensor::f64([self.k()], self.sigma.clone())?);
        put("explained", Tensor::f64([self.k()], self.explained.clone())?);
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Self> {
        let vectorizer = Vectorizer::from_json("vectorizer", &bundle.text("vectorizer")?)?;
        let matrix = |name: &str| {
            let tensor = bundle.tensor(name, 2)?;
            Dense::new(tensor.shape[0], tensor.shape[1], tensor.to_f64())
        };
        let (v, documents) = (matrix("components")?, matrix("documents")?);
        let sigma = bundle.tensor("singular_values", 1)?.to_f64();
        let explained = bundle.tensor("explained", 1)?.to_f64();
        let k = sigma.len();
        if v.rows() != vectorizer.len() || v.cols() != k || documents.cols() != k || explained.len() != k {
            let (terms, rows, cols) = (vectorizer.len(), v.rows(), v.cols());
            return Err(bad_manifest(format!(
                "{terms} terms, components of {rows} by {cols}, {k} singular values do not fit each other"
            )));
        }
        Ok(Lsa { vectorizer, sigma, v, documents, explained })
    }

    fn parameters(&self) -> u64 {
        (self.v.data().len() + self.sigma.len()) as u64
    }
}
