//! Scores of classes by the n-grams of a text, for a net to read beside what it reads in order: those of NBSVM (Wang and Manning
//! 2012), log-count ratios times the weights of a linear machine over rows of length one.
//!
//! ```text
//! a training text of fold k     the machine fitted on the other folds
//! any other text                the machine fitted on all training texts
//! ```
//!
//! A machine is far surer of the texts that it was fitted on than of others: a net that learnt from such scores would trust them
//! and nothing else. So those of training texts are cross-fitted, by folds in which each class is dealt alike. Terms, which know no
//! labels, are those of all training texts. Scores are divided by their deviation over the training texts.

use gyeol_base::{Error, Fault, Result};
use gyeol_judge::Folds;
use gyeol_learn::{NbsvmParams, UnitClassifier};
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::{Preparation, PreparationParams};
use gyeol_vectors::matrix::Csr;

use crate::machine::Rows;
use crate::words::{TextFeatures, TextParams};

/// How scores of n-grams are fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct LogOddsParams {
    /// Which n-grams.
    pub terms: TextParams,
    /// Inverse of the penalty.
    pub c: f64,
    /// Folds of the training texts.
    pub folds: usize,
    /// Seed of the folds, and of the order of the rows.
    pub seed: u64,
}

/// Fitted scores.
#[derive(Debug, Clone)]
pub struct LogOdds {
    features: TextFeatures,
    model: UnitClassifier,
    /// Deviation of the scores over the training texts.
    deviation: f64,
}

impl LogOdds {
    /// Fits scores of texts with labels in 0..classes, each of which must occur; gives the cross-fitted ones of these texts, one for
    /// two classes and one a class for more, text after text. `chain` and `words` are as of [`TextFeatures::fit`].
    ///
    /// # Errors
    /// A class of fewer texts than two (`class-too-small`); options outside their range; of reading; when stopped.
    pub fn fit(
        params: &LogOddsParams,
        corpus: &Corpus,
        (chain, words): (&PreparationParams, &Preparation),
        (labels, classes): (&[u32], usize),
        pool: &Pool,
        progress: impl FnMut(Totals) -> bool,
    ) -> Result<(LogOdds, Vec<f32>)> {
        let LogOddsParams { terms, c, folds, seed } = params;
        let mut counts = vec![0usize; classes];
        labels.iter().for_each(|&label| counts[label as usize] += 1);
        if let Some(few) = counts.iter().find(|&&count| count < 2) {
            return Err(Fault::new("class-too-small", format!("a class of {few} training texts"))
                .cause("log-odds of a training text are those of a fit without it, and nothing is then left of its class")
                .next("leave log_odds out, or join rare classes")
                .input());
        }
        let (features, x) = TextFeatures::fit(terms, corpus, chain, words, pool, progress)?;
        let fit = NbsvmParams { c: *c, seed: *seed, ..NbsvmParams::default() };
        let fitted = |x: Csr, of: &[u32]| {
            Ok::<_, Error>(fit.fit_unit(Rows::Sparse(x).features(), of, classes, None, pool)?.0)
        };
        let folds = Folds::stratified(labels, (*folds).clamp(2, labels.len()), *seed)?;
        let model = fitted(x.clone(), labels)?;
        let width = model.linear.outputs;
        let mut scores = vec![0.0; labels.len() * width];
        for k in 0..folds.folds() {
            let fold = folds.fold(k);
            let of: Vec<u32> = fold.train.iter().map(|&i| labels[i]).collect();
            let others = fitted(x.select(fold.train.iter().copied()), &of)?;
            let own = Rows::Sparse(x.select(fold.valid.iter().copied()));
            let said = others.decision(own.features(), pool)?;
            for (row, &i) in fold.valid.iter().enumerate() {
                scores[i * width..(i + 1) * width].copy_from_slice(said.row(row));
            }
        }
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let variance = scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / scores.len() as f64;
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let scores = scores.into_iter().map(|s| (s / deviation) as f32).collect();
        Ok((LogOdds { features, model, deviation }, scores))
    }

    /// Fitted scores from their parts.
    ///
    /// # Errors
    /// Parts that do not fit each other.
    pub(crate) fn new(features: TextFeatures, model: UnitClassifier, deviation: f64) -> Result<LogOdds> {
        let wanted = features.len();
        if model.linear.inputs != wanted || !(deviation.is_finite() && deviation > 0.0) {
            let found = format!("log-odds of {} columns over {wanted} terms", model.linear.inputs);
            return Err(gyeol_bundle::bad_manifest(found));
        }
        Ok(LogOdds { features, model, deviation })
    }

    /// Terms, machine over them, and what its scores are divided by.
    pub(crate) fn parts(&self) -> (&TextFeatures, &UnitClassifier, f64) {
        (&self.features, &self.model, self.deviation)
    }

    /// Scores of a text: one of two classes, one a class of more.
    pub fn width(&self) -> usize {
        self.model.linear.outputs
    }

    /// Numbers learnt.
    pub fn parameters(&self) -> usize {
        self.model.linear.parameters() + self.model.metric.len()
    }

    fn of(&self, x: Csr, pool: &Pool) -> Result<Vec<f32>> {
        let said = self.model.decision(Rows::Sparse(x).features(), pool)?;
        Ok(said.data().iter().map(|s| (s / self.deviation) as f32).collect())
    }

    /// Scores of the texts of a corpus that was not learnt from, text after text.
    ///
    /// # Errors
    /// Of reading; when stopped.
    pub fn transform(
        &self,
        corpus: &Corpus,
        pool: &Pool,
        progress: impl FnMut(Totals) -> bool,
    ) -> Result<Vec<f32>> {
        self.of(self.features.transform(corpus, pool, progress)?, pool)
    }

    /// Scores of texts in memory.
    ///
    /// # Errors
    /// Of the features.
    pub fn transform_texts(&self, texts: &[impl AsRef<str>]) -> Result<Vec<f32>> {
        self.of(self.features.transform_texts(texts)?, &Pool::new(1))
    }
}
