//! A translation memory: what is said of a source is the target of the nearest source of the training part, by the cosine of
//! TF-IDF over runs of two to four characters. No net comes close where everything was seen before; where a net does not
//! beat it, it only repeats.

use std::sync::OnceLock;

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;
use gyeol_text::prepare::PreparationParams;
use gyeol_vectors::similarity::{Index, Measure};
use gyeol_vectors::vectorize::{Vectorizer, VectorizerParams};

/// The runs of characters.
const RUNS: &str = "char-ngrams:2-4";
/// Sources that are asked at a time.
const AT_ONCE: usize = 256;

/// Pairs that can be asked for.
#[derive(Debug)]
pub struct Memory {
    sources: Vec<String>,
    targets: Vec<String>,
    /// Made when it is first asked.
    index: OnceLock<Box<Found>>,
}

#[derive(Debug)]
struct Found {
    vectorizer: Vectorizer,
    index: Index,
}

impl Memory {
    /// The pairs, of which the first of equally near sources is said.
    ///
    /// # Errors
    /// No pairs, or not as many targets as sources.
    pub fn new(sources: Vec<String>, targets: Vec<String>) -> Result<Memory> {
        if sources.is_empty() || sources.len() != targets.len() {
            let found = format!("{} sources and {} targets", sources.len(), targets.len());
            return Err(Fault::new("broken-memory", found).next("give a target for each source").input());
        }
        Ok(Memory { sources, targets, index: OnceLock::new() })
    }

    /// The sources.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Their targets.
    pub fn targets(&self) -> &[String] {
        &self.targets
    }

    fn found(&self) -> Result<&Found> {
        if let Some(found) = self.index.get() {
            return Ok(found);
        }
        let params = PreparationParams {
            language: "en".into(),
            scheme: RUNS.into(),
            normalise: vec!["lower".into()],
            ..PreparationParams::default()
        };
        let (vectorizer, rows) =
            VectorizerParams::tfidf().check()?.fit_texts(&self.sources, params.check()?.plain()?)?;
        let index = Index::new(&rows, Measure::Cosine)?;
        Ok(self.index.get_or_init(|| Box::new(Found { vectorizer, index })))
    }

    /// The places of the nearest sources, each with its cosine; the first pair where nothing is alike.
    ///
    /// # Errors
    /// Sources without a run of characters among them all.
    pub fn nearest(&self, texts: &[impl AsRef<str>], pool: &Pool) -> Result<Vec<(usize, f64)>> {
        let Found { vectorizer, index } = self.found()?;
        let mut nearest = Vec::with_capacity(texts.len());
        for some in texts.chunks(AT_ONCE) {
            let rows = vectorizer.transform_texts(some);
            let near = index.search(&rows, 1, pool)?;
            nearest.extend(near.iter().map(|n| n.first().map_or((0, 0.0), |n| (n.row as usize, n.score))));
        }
        Ok(nearest)
    }
}
