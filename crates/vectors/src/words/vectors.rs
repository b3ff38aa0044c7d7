//! Vectors of words, and the questions they answer.

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_text::vocabulary::Words;

use crate::matrix::{Csr, Dense};
use crate::similarity::{DenseIndex, Measure};
use crate::svd::{Svd, TruncatedParams};
use gyeol_base::{Error, Result};

/// A vector a word.
#[derive(Debug, Clone)]
pub struct WordVectors {
    words: Words,
    vectors: Dense,
}

impl WordVectors {
    /// Words with their vectors, a row a word.
    ///
    /// # Errors
    /// Another number of words than rows; a word that stands twice.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>, vectors: Dense) -> Result<Self> {
        let mut all = Words::default();
        for word in words {
            if !all.insert(word).1 {
                let shown = gyeol_base::shorten(word, 40);
                return Err(Error::input(
                    Fault::new("repeated-word", format!("'{shown}' stands twice"))
                        .next("take one of the two out"),
                ));
            }
        }
        if all.len() != vectors.rows() {
            return Err(Error::input(
                Fault::new("other-rows", format!("{} words and {} vectors", all.len(), vectors.rows()))
                    .next("give a vector for each word"),
            ));
        }
        Ok(WordVectors { words: all, vectors })
    }

    /// Vectors U Σ^`power` of the rows of a matrix of words (counts of neighbours, or their mutual information). A power of
    /// 1/2 serves similarity best (Levy, Goldberg and Dagan 2015).
    ///
    /// # Errors
    /// Of the decomposition; as [`WordVectors::new`].
    pub fn of<'a>(
        words: impl IntoIterator<Item = &'a str>,
        matrix: &Csr,
        params: TruncatedParams,
        power: f64,
        pool: &Pool,
    ) -> Result<Self> {
        let svd = Svd::truncated(matrix, params, pool)?;
        let by: Vec<f64> = svd.sigma.iter().map(|s| s.powf(power)).collect();
        WordVectors::new(words, svd.u.scaled(&by))
    }

    /// How many words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The vector of a word.
    pub fn vector(&self, word: &str) -> Option<&[f64]> {
        self.words.find(word).map(|n| self.vectors.row(n as usize))
    }

    /// The cosine of two words.
    ///
    /// # Errors
    /// A word that is not there.
    pub fn similarity(&self, a: &str, b: &str) -> Result<f64> {
        let (a, b) = (self.unit(a)?, self.unit(b)?);
        Ok(a.iter().zip(&b).map(|(x, y)| x * y).sum())
    }

    /// The `k` words nearest to a word by the cosine, without itself, each with its score.
    ///
    /// # Errors
    /// A word that is not there; `k` of 0.
    pub fn nearest(&self, word: &str, k: usize, pool: &Pool) -> Result<Vec<(&str, f64)>> {
        self.search(self.unit(word)?, &[word], k, pool)
    }

    /// What is to `c` as `b` is to `a`: the words nearest to b - a + c, all of length one (3CosAdd), without these three.
    ///
    /// # Errors
    /// A word that is not there; `k` of 0.
    pub fn analogy(&self, a: &str, b: &str, c: &str, k: usize, pool: &Pool) -> Result<Vec<(&str, f64)>> {
        let (x, y, z) = (self.unit(a)?, self.unit(b)?, self.unit(c)?);
        let sum = x.iter().zip(&y).zip(&z).map(|((x, y), z)| y - x + z).collect();
        self.search(sum, &[a, b, c], k, pool)
    }

    fn search(&self, query: Vec<f64>, without: &[&str], k: usize, pool: &Pool) -> Result<Vec<(&str, f64)>> {
        let query = Dense::new(1, query.len(), query)?;
        let wanted = k.checked_add(without.len()).filter(|_| k > 0).unwrap_or(0);
        let found = DenseIndex::new(&self.vectors, Measure::Cosine)?.search(&query, wanted, pool)?;
        let near = found.into_iter().flatten().map(|n| (self.words.word(n.row), n.score));
        Ok(near.filter(|(word, _)| !without.contains(word)).take(k).collect())
    }

    /// The vector of a word, of length one (zero where it is zero).
    fn unit(&self, word: &str) -> Result<Vec<f64>> {
        let vector = self.vector(word).ok_or_else(|| {
            let shown = gyeol_base::shorten(word, 40);
            Error::input(
                Fault::new("unknown-word", format!("'{shown}' has no vector"))
                    .cause("it does not occur in the texts of the fit, or too seldom")
                    .next("ask for another word, written as the texts were prepared"),
            )
        })?;
        let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        Ok(vector.iter().map(|v| if norm > 0.0 { v / norm } else { 0.0 }).collect())
    }
}
