//! A model of what variational Bayes found.

use gyeol_tensor::Pool;

use super::model::{Facts, Inference, Lda};
use crate::variational::Vb;
use gyeol_base::Result;
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::vectorize::Vectorizer;

impl Lda {
    /// The means of the variational posterior, for the documents it was fitted on; `epochs` are passes that were made.
    ///
    /// # Errors
    /// A vectorizer or documents of other columns than the model's words; documents without a word.
    pub fn of_variational(
        vectorizer: Vectorizer,
        vb: &Vb,
        counts: &Csr,
        epochs: usize,
        pool: &Pool,
    ) -> Result<Lda> {
        let k = vb.params().topics;
        let components = vb.components();
        let mut words = Vec::with_capacity(k * components.cols());
        for topic in 0..k {
            let row = components.row(topic);
            let sum: f64 = row.iter().sum();
            words.extend(row.iter().map(|l| (l / sum) as f32));
        }
        let mixes = vb.transform(counts, pool)?;
        let mut shares = vec![0.0; k];
        for doc in 0..counts.rows() {
            let length: f64 = counts.parts(doc).1.iter().sum();
            shares.iter_mut().zip(mixes.row(doc)).for_each(|(s, m)| *s += length * m);
        }
        let tokens: f64 = counts.data().iter().sum();
        shares.iter_mut().for_each(|s| *s = (*s / tokens).min(1.0));
        let facts = Facts {
            inference: Inference::Variational,
            iterations: epochs,
            samples: 1,
            seed: vb.params().seed,
            documents: counts.rows() as u64,
            tokens: tokens as u64,
            curve: vec![(epochs, vb.score(counts, pool)? / tokens)],
            starts: None,
        };
        let documents = mixes.data().iter().map(|&m| m as f32).collect();
        let alpha = vec![vb.params().document_prior(); k];
        Lda::new(vectorizer, alpha, vb.params().word_prior(), words, shares, documents, facts)
    }
}
