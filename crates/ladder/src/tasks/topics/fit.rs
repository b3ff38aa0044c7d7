//! Fitting topics: by Gibbs sampling, which can be gone on with, or by variational Bayes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gyeol_base::{Error, Fault, Result};
use gyeol_bundle::DataHash;
use gyeol_tensor::Pool;
use gyeol_topic::coherence::{Coherence, CoherenceParams, MOST_WORDS, Scores};
use gyeol_topic::lda::{Fit, Lda, LdaValid};
use gyeol_topic::variational::{Vb, VbParams};
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::vectorize::Vectorizer;

use super::{Counts, MEASURES, WORDS};
use crate::watch::{Step, Sweep, Watch};

/// Sweeps between two points of the likelihood's curve.
const EVERY: usize = 10;
/// Seconds between two writings of the state.
const KEPT: Duration = Duration::from_secs(60);

/// How topics are found.
#[derive(Debug, Clone)]
pub enum Way {
    /// Collapsed Gibbs sampling.
    Gibbs(LdaValid),
    /// Variational Bayes.
    Variational(VbParams),
}

impl Way {
    /// Number of topics.
    pub fn k(&self) -> usize {
        match self {
            Way::Gibbs(valid) => valid.params().k,
            Way::Variational(params) => params.topics,
        }
    }

    /// Fits counts from the beginning.
    ///
    /// # Errors
    /// `stopped` where the watch said so; what the fit says.
    pub fn fit(
        &self,
        vectorizer: &Vectorizer,
        counts: &Csr,
        pool: &Pool,
        watch: &mut dyn Watch,
    ) -> Result<Lda> {
        let params = match self {
            Way::Gibbs(valid) => {
                let iterations = valid.params().iterations;
                let mut fit = begin(counts, valid, iterations.max(1), pool, watch)?;
                let tokens = fit.gibbs().tokens();
                let whole = fit.run(pool, |_, at| {
                    let (done, log_likelihood) = (at.sweep, at.log_likelihood);
                    watch.step(Step::Sweep(Sweep { done, of: iterations, tokens, log_likelihood }))
                });
                return if whole { fit.model(vectorizer.clone()) } else { Err(Error::stopped()) };
            }
            Way::Variational(params) => params,
        };
        let mut vb = Vb::new(*params, counts.cols())?;
        let tokens = counts.data().iter().sum::<f64>() as u64;
        let mut stopped = false;
        vb.fit(counts, pool, |at| {
            let done = at.epoch - usize::from(at.documents < at.of);
            let sweep = Sweep { done, of: params.epochs, tokens, log_likelihood: None };
            stopped = !watch.step(Step::Sweep(sweep));
            !stopped
        })?;
        if stopped {
            return Err(Error::stopped());
        }
        Lda::of_variational(vectorizer.clone(), &vb, counts, params.epochs, pool)
    }
}

/// A fit that goes on from the best of its starts.
fn begin(counts: &Csr, params: &LdaValid, every: usize, pool: &Pool, watch: &mut dyn Watch) -> Result<Fit> {
    let tokens = counts.data().iter().sum::<f64>() as u64;
    let fit = Fit::begin(counts, params, every, pool, |at| {
        watch.step(Step::Sweep(Sweep { done: at.sweep, of: at.of, tokens, log_likelihood: None }))
    });
    fit?.ok_or_else(Error::stopped)
}

/// Where the state of a fit stands: beside its model.
pub fn state_of(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".state");
    name.into()
}

/// The model of all documents. A fit by Gibbs sampling keeps its state in `state` and can go on from it; the file stays until
/// the caller has saved the model.
///
/// # Errors
/// `stopped`, with how to go on; a state that is missing or of other texts or options.
pub fn fit_all(
    texts: &Counts,
    data: &DataHash,
    way: &Way,
    state: &Path,
    resume: bool,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Lda> {
    let Way::Gibbs(params) = way else {
        return way.fit(&texts.vectorizer, &texts.counts, pool, watch).map_err(|e| match e.code() {
            "stopped" => e.with_next("the same command again, or --inference gibbs, which can be resumed"),
            _ => e,
        });
    };
    let mut fit = if resume {
        if !state.exists() {
            return Err(Fault::new("no-state", "there is no such state")
                .file(state)
                .cause("the fit came to its end, was stopped before its first sweep, or had another -o")
                .next("the same command without --resume")
                .input());
        }
        Fit::read_state(state, &texts.counts, params, EVERY, data)?
    } else {
        let again = |e: Error| if e.code() == "stopped" { e.with_next("the same command again") } else { e };
        begin(&texts.counts, params, EVERY, pool, watch).map_err(again)?
    };
    let (of, tokens) = (params.params().iterations, fit.gibbs().tokens());
    let mut written = Instant::now();
    let mut refused = None;
    let whole = fit.run(pool, |fit, at| {
        if written.elapsed() > KEPT {
            written = Instant::now();
            refused = fit.write_state(state, data.clone()).err();
        }
        let (done, log_likelihood) = (at.sweep, at.log_likelihood);
        watch.step(Step::Sweep(Sweep { done, of, tokens, log_likelihood })) && refused.is_none()
    });
    if let Some(error) = refused {
        return Err(error);
    }
    if !whole {
        fit.write_state(state, data.clone())?;
        let mut error = Error::stopped().with_next("the same command with --resume");
        error.fault_mut().found = format!(
            "stopped at sweep {} of {of}; the state is kept in {}",
            fit.gibbs().sweeps(),
            state.display()
        );
        return Err(error);
    }
    fit.model(texts.vectorizer.clone())
}

/// Coherence of a model's topics in texts; `None` where there is nothing to measure, or more than can be counted.
pub fn coherence(model: &Lda, sequences: Option<&[Vec<u32>]>, pool: &Pool) -> Result<Option<Vec<Scores>>> {
    let enough = model.vectorizer().len() > 1 && model.k() * WORDS <= MOST_WORDS;
    let Some(sequences) = sequences.filter(|_| enough) else { return Ok(None) };
    let topics: Vec<Vec<u32>> =
        (0..model.k()).map(|t| model.topic(t, WORDS).iter().map(|w| w.column).collect()).collect();
    let params = MEASURES.map(|(_, measure)| CoherenceParams::new(measure));
    let mut coherence = Coherence::new(&topics, &params)?;
    coherence.add(sequences, pool);
    Ok(Some(coherence.scores()?))
}
