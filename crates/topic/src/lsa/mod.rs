//! Latent semantic analysis (Deerwester et al. 1990): documents and words in the space of the largest singular values of a
//! document-term matrix A ≈ U Σ Vᵀ.
//!
//! A document is a row x of A, and its coordinates are x V; those of the documents of the fit are U Σ, up to the
//! rounding. A query is treated the same ("folded in"); divided by Σ that is the q̂ = qᵀ V Σ⁻¹ of the paper. A word is its
//! row of V Σ.

pub(crate) mod model;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use gyeol_base::{Error, Result};
use gyeol_vectors::largest;
use gyeol_vectors::matrix::{Csr, Dense};
use gyeol_vectors::svd::{Svd, TruncatedParams};
use gyeol_vectors::vectorize::Vectorizer;

/// A word of a topic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TopicWord<'a> {
    /// The word.
    pub word: &'a str,
    /// Its number in the column of V, with the sign.
    pub weight: f64,
}

/// A fitted analysis.
///
/// ```
/// use gyeol_tensor::Pool;
/// use gyeol_topic::lsa::Lsa;
/// use gyeol_vectors::svd::TruncatedParams;
/// use gyeol_vectors::vectorize::{VectorizerParams, sklearn_tokens};
///
/// let texts = ["wind turbines and storm wind", "storm wind and rain", "bread and butter", "bread with honey and butter"];
/// let (vectorizer, matrix) = VectorizerParams::tfidf().check()?.fit_texts(&texts, sklearn_tokens())?;
/// let pool = Pool::new(1);
/// let lsa = Lsa::fit(vectorizer, &matrix, TruncatedParams::new(2), &pool)?;
/// // "turbines" and "rain" never met, but both met storms.
/// let near = lsa.nearest_documents(&["rain"], 2, &pool)?;
/// let found: Vec<u32> = near[0].iter().map(|n| n.row).collect();
/// assert!(found.contains(&0) && found.contains(&1));
/// # Ok::<(), gyeol_topic::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Lsa {
    vectorizer: Vectorizer,
    sigma: Vec<f64>,
    /// V: (terms, k).
    v: Dense,
    /// (documents, k).
    documents: Dense,
    explained: Vec<f64>,
}

impl Lsa {
    /// Decomposes the matrix that the vectorizer made of the training part.
    ///
    /// # Errors
    /// Of the decomposition; a matrix of other columns than the vectorizer's.
    pub fn fit(vectorizer: Vectorizer, matrix: &Csr, params: TruncatedParams, pool: &Pool) -> Result<Self> {
        if matrix.cols() != vectorizer.len() {
            return Err(Error::input(
                Fault::new(
                    "other-columns",
                    format!("{} columns for {} terms", matrix.cols(), vectorizer.len()),
                )
                .next("give the matrix that this vectorizer made"),
            ));
        }
        let svd = Svd::truncated(matrix, params, pool)?;
        let documents = matrix.times(&svd.v, pool);
        let explained = explained(matrix, &documents);
        Ok(Lsa { vectorizer, sigma: svd.sigma, v: svd.v, documents, explained })
    }

    /// What turns texts into rows.
    pub fn vectorizer(&self) -> &Vectorizer {
        &self.vectorizer
    }

    /// Dimensions.
    pub fn k(&self) -> usize {
        self.sigma.len()
    }

    /// Singular values, falling.
    pub fn sigma(&self) -> &[f64] {
        &self.sigma
    }

    /// Share of the variance of all columns that each dimension carries, as scikit-learn counts it.
    pub fn explained(&self) -> &[f64] {
        &self.explained
    }

    /// V: a row a term, a column a dimension.
    pub fn components(&self) -> &Dense {
        &self.v
    }

    /// Coordinates of the documents of the fit: a row a document.
    pub fn documents(&self) -> &Dense {
        &self.documents
    }

    /// Coordinates of the words, V Σ: a row a term.
    pub fn words(&self) -> Dense {
        self.v.clone().scaled(&self.sigma)
    }

    /// The words that weigh most in a dimension, by the size of their weight.
    ///
    /// # Panics
    /// If there is no such dimension.
    pub fn topic(&self, dimension: usize, words: usize) -> Vec<TopicWord<'_>> {
        let weight = |term: usize| self.v.at(term, dimension);
        let best = largest(self.v.rows(), words, |term| weight(term).abs());
        best.into_iter()
            .map(|t| TopicWord { word: self.vectorizer.term(t), weight: weight(t as usize) })
            .collect()
    }

    /// Coordinates of other documents or queries.
    pub fn coordinates(&self, texts: &[impl AsRef<str>], pool: &Pool) -> Dense {
        self.vectorizer.transform_texts(texts).times(&self.v, pool)
    }

    /// Coordinates of rows that the vectorizer made.
    ///
    /// # Errors
    /// Rows of other columns.
    pub fn coordinates_of(&self, rows: &Csr, pool: &Pool) -> Result<Dense> {
        rows.made_for(self.v.rows(), "terms")?;
        Ok(rows.times(&self.v, pool))
    }

    /// q̂ = qᵀ V Σ⁻¹ (Deerwester et al. 1990); dimensions of the singular value 0 are 0.
    pub fn fold_in(&self, texts: &[impl AsRef<str>], pool: &Pool) -> Dense {
        let by: Vec<f64> = self.sigma.iter().map(|&s| if s > 0.0 { 1.0 / s } else { 0.0 }).collect();
        self.coordinates(texts, pool).scaled(&by)
    }

    /// The documents of the fit that are nearest to each text, by the cosine.
    ///
    /// # Errors
    /// `k` of 0.
    pub fn nearest_documents(
        &self,
        texts: &[impl AsRef<str>],
        k: usize,
        pool: &Pool,
    ) -> Result<Vec<Vec<gyeol_vectors::similarity::Near>>> {
        use gyeol_vectors::similarity::{DenseIndex, Measure};
        DenseIndex::new(&self.documents, Measure::Cosine)?.search(&self.coordinates(texts, pool), k, pool)
    }
}

/// Variance of each coordinate over that of all columns; both are around the mean.
fn explained(matrix: &Csr, coordinates: &Dense) -> Vec<f64> {
    let n = matrix.rows() as f64;
    let mut sums = vec![(0.0, 0.0); matrix.cols()];
    for (&column, &value) in matrix.indices().iter().zip(matrix.data()) {
        let sum = &mut sums[column as usize];
        *sum = (sum.0 + value, sum.1 + value * value);
    }
    let total: f64 = sums.iter().map(|(sum, squares)| squares / n - (sum / n).powi(2)).sum();
    let k = coordinates.cols();
    let mut means = vec![0.0; k];
    let mut squares = vec![0.0; k];
    for i in 0..coordinates.rows() {
        means.iter_mut().zip(coordinates.row(i)).for_each(|(m, v)| *m += v / n);
    }
    for i in 0..coordinates.rows() {
        for ((s, v), m) in squares.iter_mut().zip(coordinates.row(i)).zip(&means) {
            *s += (v - m) * (v - m) / n;
        }
    }
    // Where all documents are the same there is no variance to share.
    squares.into_iter().map(|s| if total > 0.0 { s / total } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests;
