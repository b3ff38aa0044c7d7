//! What a model is fitted with, and the checks of it.

use gyeol_base::Fault;
use gyeol_tensor::gibbs::GIBBS_MOST_TOPICS;

use gyeol_base::{Error, Result};
use gyeol_vectors::matrix::Csr;

/// Least and most of a prior: below, single precision cannot hold the products.
const PRIORS: std::ops::RangeInclusive<f64> = 1e-7..=1e7;

/// Most starts: more are cheaper as longer fits.
const MOST_STARTS: usize = 100;

/// Options of collapsed Gibbs sampling.
#[derive(Debug, Clone, PartialEq)]
pub struct LdaParams {
    /// Topics.
    pub k: usize,
    /// α of each topic: a number a topic, or one for all; `None` is 0.1, or 50 / K where that is less (Griffiths & Steyvers
    /// 2004 take 50 / K, which for few topics is far more than documents bear).
    pub alpha: Option<Vec<f64>>,
    /// β of each word.
    pub beta: f64,
    /// Sweeps over all tokens.
    pub iterations: usize,
    /// Sweeps before priors are learned.
    pub burn_in: usize,
    /// Sweeps between two estimates of the priors; 0 leaves them as they are.
    pub learn_every: usize,
    /// Whether β is learned too.
    pub learn_beta: bool,
    /// States at the end, [`super::SAMPLE_LAG`] sweeps apart, that are averaged.
    pub samples: usize,
    /// Short starts that [`super::Fit::begin`] chooses from.
    pub starts: usize,
    /// Seed.
    pub seed: u64,
}

impl LdaParams {
    /// K topics, α learned, β 0.01, 1,000 sweeps, the last 10 states averaged, the best of four starts.
    pub fn new(k: usize) -> Self {
        LdaParams {
            k,
            alpha: None,
            beta: 0.01,
            iterations: 1000,
            burn_in: 50,
            learn_every: 10,
            learn_beta: false,
            samples: 10,
            starts: 4,
            seed: 0,
        }
    }

    /// α of each topic.
    pub(crate) fn alphas(&self) -> Vec<f64> {
        match self.alpha.as_deref() {
            None => vec![(50.0 / self.k as f64).min(0.1); self.k],
            Some([one]) => vec![*one; self.k],
            Some(each) => each.to_vec(),
        }
    }

    /// Checks every option.
    ///
    /// # Errors
    /// No topic or more than 32,768, priors that are no positive numbers, more samples than sweeps.
    pub fn check(self) -> Result<LdaValid> {
        let wrong = |code: &'static str, found: String, next: &str| {
            Err(Error::option(Fault::new(code, found).next(next)))
        };
        if !(1..=GIBBS_MOST_TOPICS).contains(&self.k) {
            let next = format!("ask for 1 to {GIBBS_MOST_TOPICS}");
            return wrong("topics", format!("{} topics", self.k), &next);
        }
        if self.alpha.as_ref().is_some_and(|a| a.len() != 1 && a.len() != self.k) {
            let found = format!("{} values of alpha for {} topics", self.alphas().len(), self.k);
            return wrong("alpha", found, "give one for all topics, or one a topic");
        }
        if let Some(a) = self.alphas().into_iter().find(|a| !PRIORS.contains(a)) {
            return wrong("alpha", format!("alpha is {a}"), "give a positive number, such as 0.1");
        }
        if !PRIORS.contains(&self.beta) {
            return wrong("beta", format!("beta is {}", self.beta), "give a positive number, such as 0.01");
        }
        if self.iterations > u32::MAX as usize {
            return wrong("iterations", format!("{} sweeps", self.iterations), "1,000 are plenty");
        }
        if self.samples == 0 {
            return wrong("samples", "no state to make a model of".into(), "take at least one");
        }
        if !(1..=MOST_STARTS).contains(&self.starts) {
            let next = format!("ask for 1 to {MOST_STARTS}; 1 chooses nothing");
            return wrong("starts", format!("{} starts", self.starts), &next);
        }
        Ok(LdaValid(self))
    }
}

/// Options that were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LdaValid(LdaParams);

impl LdaValid {
    /// The options.
    pub fn params(&self) -> &LdaParams {
        &self.0
    }

    pub(super) fn seeded(&self, seed: u64) -> LdaValid {
        LdaValid(LdaParams { seed, ..self.0.clone() })
    }
}

/// Refuses what is no matrix of counts, and what has nothing to sample.
///
/// # Errors
/// A number that is negative or no whole number, no token at all, more tokens than four bytes count.
pub(super) fn counts(matrix: &Csr) -> Result<u64> {
    matrix.not_negative("a topic model")?;
    if let Some(at) = matrix.data().iter().position(|v| v.fract() != 0.0) {
        let row = matrix.pointers().partition_point(|&p| p <= at).saturating_sub(1);
        let found = format!("{} in row {row}, column {}", matrix.data()[at], matrix.indices()[at]);
        return Err(Error::input(
            Fault::new("no-counts", found)
                .cause("topics are drawn for single words, so the matrix must hold counts, not weights")
                .next("count with VectorizerParams::count(), or use --method lsa for weights"),
        ));
    }
    let tokens: f64 = matrix.data().iter().sum();
    if tokens == 0.0 {
        return Err(Error::input(
            Fault::new("no-tokens", format!("{} documents without any word", matrix.rows()))
                .cause("the documents are empty, or every word was left out")
                .next("look at the texts, or loosen --min-df, --max-df and the stop words"),
        ));
    }
    if tokens > f64::from(i32::MAX) {
        return Err(Error::limit(
            Fault::new("tokens", format!("{tokens} words"))
                .cause("counts of a topic are kept in four bytes")
                .next("use online inference, or a sample of the documents"),
        ));
    }
    Ok(tokens as u64)
}
