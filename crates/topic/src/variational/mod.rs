//! Latent Dirichlet allocation by variational Bayes, in whole passes or online (Hoffman, Blei & Bach 2010), as
//! scikit-learn 1.9 does it.
//!
//! A document has topics θ from Dir(α), a topic has words β from Dir(η). Their posterior is held as Dir(γ) a document and
//! Dir(λ) a topic. The E step finds γ given λ ([`gyeol_tensor::dirichlet`]); the M step sets
//!
//! - in whole passes, λ = η + Σ of all documents;
//! - online, after batch t of B documents, λ ← (1 - ρ) λ + ρ (η + D/B Σ of the batch), ρ = (offset + t)^-decay, t from 1.
//!
//! λ and γ begin as draws from Gamma(100, 1/100), keyed by the seed and the word or the document, so that the same seed gives
//! the same bits on any number of threads and in any blocks.

mod bound;
mod step;

use gyeol_base::Fault;
use gyeol_tensor::{Pool, Rng};

use crate::special::{digamma, gamma};
use gyeol_base::{Error, Result};
use gyeol_vectors::largest;
use gyeol_vectors::matrix::{Csr, Dense};

/// Documents whose γ are held at once in whole passes.
const BLOCK: usize = 4096;
/// Least sum of a prior over its topics or words: e^ψ of less is 0 in double precision.
const LEAST_PRIOR: f64 = 0.002;
/// Most numbers of λ: 2 GiB.
const MOST: usize = 1 << 28;
/// Largest count: all integers up to it are numbers of double precision.
const MOST_COUNT: f64 = 9_007_199_254_740_992.0;

/// How topics learn from documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Learning {
    /// From all documents at once, each epoch.
    Batch,
    /// From some documents after the other.
    Online {
        /// How fast what was learned earlier is forgotten, in (0.5, 1]; 0.7 is usual.
        decay: f64,
        /// How little the first batches count, 1 or more; 10 is usual.
        offset: f64,
        /// Documents of a batch.
        batch: usize,
    },
}

impl Learning {
    /// Online with scikit-learn's numbers: decay 0.7, offset 10, batches of 128.
    pub fn online() -> Self {
        Learning::Online { decay: 0.7, offset: 10.0, batch: 128 }
    }
}

/// Options; [`VbParams::new`] has scikit-learn's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VbParams {
    /// Topics, K.
    pub topics: usize,
    /// α of each topic; `None` is 1/K.
    pub document_prior: Option<f64>,
    /// η of each word; `None` is 1/K.
    pub word_prior: Option<f64>,
    /// How topics learn.
    pub learning: Learning,
    /// Passes over all documents in [`Vb::fit`].
    pub epochs: usize,
    /// γ of a document is found when it moves by less than this, in the mean over topics.
    pub least_change: f64,
    /// Most rounds of that search.
    pub rounds: usize,
    /// After how many epochs the perplexity of the training part is computed; 0 is never.
    pub evaluate_every: usize,
    /// [`Vb::fit`] ends when the perplexity moves by less than this between two evaluations.
    pub perplexity_change: f64,
    /// Documents that [`Vb::partial_fit`] assumes in all, D.
    pub total_documents: f64,
    /// Where the random beginnings come from.
    pub seed: u64,
}

impl VbParams {
    /// Whole passes, ten of them, with scikit-learn's numbers.
    pub fn new(topics: usize) -> Self {
        VbParams {
            topics,
            document_prior: None,
            word_prior: None,
            learning: Learning::Batch,
            epochs: 10,
            least_change: 1e-3,
            rounds: 100,
            evaluate_every: 0,
            perplexity_change: 0.1,
            total_documents: 1e6,
            seed: 0,
        }
    }

    /// α.
    pub fn document_prior(&self) -> f64 {
        self.document_prior.unwrap_or(1.0 / self.topics as f64)
    }

    /// η.
    pub fn word_prior(&self) -> f64 {
        self.word_prior.unwrap_or(1.0 / self.topics as f64)
    }

    /// Refuses what cannot be fitted.
    ///
    /// # Errors
    /// No topics; priors that are no positive numbers, or α that sums to less than 0.002; a decay outside (0.5, 1], an offset
    /// below 1, a batch of 0; a negative tolerance; no documents in all.
    pub fn check(self) -> Result<Self> {
        let refused = |code, found: String, next: &str| {
            Err(Error::option(Fault::new(code, found).next(next.to_owned())))
        };
        if self.topics == 0 {
            return refused("bad-topics", "0 topics".into(), "choose 1 or more, such as 50");
        }
        for (name, prior, of) in [
            ("document", self.document_prior(), self.topics as f64),
            ("word", self.word_prior(), f64::INFINITY),
        ] {
            if !(prior > 0.0 && prior <= 1e6 && prior * of >= LEAST_PRIOR) {
                let found = format!("a {name} prior of {prior} for {} topics", self.topics);
                return refused("bad-prior", found, "choose a number such as 0.1; 1 / topics is the default");
            }
        }
        if let Learning::Online { decay, offset, batch } = self.learning {
            if !(decay > 0.5 && decay <= 1.0) {
                let found = format!("a decay of {decay}");
                return refused("bad-decay", found, "it converges for more than 0.5 up to 1; 0.7 is usual");
            }
            if !(offset >= 1.0 && offset.is_finite()) {
                return refused(
                    "bad-offset",
                    format!("an offset of {offset}"),
                    "choose 1 or more; 10 is usual",
                );
            }
            if batch == 0 {
                return refused(
                    "bad-batch",
                    "batches of 0 documents".into(),
                    "choose 1 or more, such as 128",
                );
            }
        }
        if !(self.least_change >= 0.0 && self.perplexity_change >= 0.0) {
            let found = format!("tolerances of {} and {}", self.least_change, self.perplexity_change);
            return refused("bad-tolerance", found, "choose 0 or more; 0.001 and 0.1 are usual");
        }
        if !(self.total_documents > 0.0 && self.total_documents.is_finite()) {
            let found = format!("{} documents in all", self.total_documents);
            return refused("bad-total", found, "give about how many documents there are");
        }
        Ok(self)
    }
}

/// How far a fit is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Documents of this epoch that are done.
    pub documents: usize,
    /// Documents of an epoch.
    pub of: usize,
    /// Perplexity of the training part, after the epochs at which it is computed.
    pub perplexity: Option<f64>,
}

/// A model of topics.
///
/// ```
/// use gyeol_tensor::Pool;
/// use gyeol_topic::variational::{Vb, VbParams};
/// use gyeol_vectors::vectorize::{VectorizerParams, sklearn_tokens};
///
/// let texts = ["wind and storm", "storm with rain and wind", "bread and butter", "butter on bread with honey"];
/// let (vectorizer, counts) = VectorizerParams::count().check()?.fit_texts(&texts, sklearn_tokens())?;
/// let pool = Pool::new(1);
/// let mut vb = Vb::new(VbParams { seed: 1, ..VbParams::new(2) }, counts.cols())?;
/// vb.fit(&counts, &pool, |_| true)?;
/// let shares = vb.transform(&counts, &pool)?;
/// assert!((shares.row(0).iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// assert!(vb.top_words(0, 3).iter().all(|(word, _)| (*word as usize) < vectorizer.len()));
/// # Ok::<(), gyeol_topic::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Vb {
    params: VbParams,
    words: usize,
    /// Topics, rounded up to what kernels take.
    width: usize,
    /// A row of `width` numbers a word, 0 past the topics.
    lambda: Vec<f64>,
    /// Σ of each topic's λ, and ψ of that.
    totals: Vec<f64>,
    at_totals: Vec<f64>,
    /// Batches so far, and documents whose γ was drawn.
    batches: u64,
    drawn: u64,
    /// Where γ of a document begins, by its number since the beginning.
    start: Start,
}

type Start = fn(u64, u64, &mut [f64]);

/// A draw from Gamma(100, 1/100) for each number.
fn draw(rng: &mut Rng, values: &mut [f64]) {
    values.iter_mut().for_each(|value| *value = gamma(100.0, rng) / 100.0);
}

/// γ of documents and λ of words come from streams of their own.
fn drawn(seed: u64, document: u64, gamma: &mut [f64]) {
    draw(&mut Rng::stream(seed, document << 1), gamma);
}

impl Vb {
    /// A model that knows nothing yet of `words` words.
    ///
    /// # Errors
    /// Of [`VbParams::check`]; no words, a word prior that sums to less than 0.002; more than 2^28 numbers.
    pub fn new(params: VbParams, words: usize) -> Result<Self> {
        let (params, width) = room(params, words)?;
        let mut lambda = vec![0.0; words * width];
        for (word, row) in lambda.chunks_exact_mut(width).enumerate() {
            draw(&mut Rng::stream(params.seed, (word as u64) << 1 | 1), &mut row[..params.topics]);
        }
        Ok(Vb::of(params, words, width, lambda))
    }

    /// A model of these topics: λ, a row a topic, a column a word, all above 0; online learning goes on from the first batch.
    ///
    /// # Errors
    /// As [`Vb::new`]; other rows than topics; a number that is not above 0.
    pub fn with_components(params: VbParams, components: &Dense) -> Result<Self> {
        let (params, width) = room(params, components.cols())?;
        if components.rows() != params.topics {
            let found = format!("{} rows for {} topics", components.rows(), params.topics);
            return Err(Error::input(Fault::new("other-rows", found).next("give a row a topic")));
        }
        if let Some(at) = components.data().iter().position(|&v| v.is_nan() || v <= 0.0) {
            let (row, column) = (at / components.cols(), at % components.cols());
            let found = format!("{} in topic {row}, word {column}", components.data()[at]);
            return Err(Error::input(
                Fault::new("not-positive", found)
                    .cause("these are parameters of Dirichlet distributions, not probabilities")
                    .next("give the components of a fitted model"),
            ));
        }
        let mut lambda = vec![0.0; components.cols() * width];
        for topic in 0..params.topics {
            for (row, value) in lambda.chunks_exact_mut(width).zip(components.row(topic)) {
                row[topic] = *value;
            }
        }
        Ok(Vb::of(params, components.cols(), width, lambda))
    }

    fn of(params: VbParams, words: usize, width: usize, lambda: Vec<f64>) -> Self {
        let nothing = vec![0.0; params.topics];
        let (totals, at_totals) = (nothing.clone(), nothing);
        let mut vb =
            Vb { params, words, width, lambda, totals, at_totals, batches: 0, drawn: 0, start: drawn };
        vb.sum();
        vb
    }

    fn lambda_of(&self, word: u32) -> &[f64] {
        &self.lambda[word as usize * self.width..][..self.width]
    }

    /// The totals of λ, by words in order.
    fn sum(&mut self) {
        self.totals.fill(0.0);
        for row in self.lambda.chunks_exact(self.width) {
            self.totals.iter_mut().zip(row).for_each(|(total, value)| *total += value);
        }
        self.at_totals = self.totals.iter().map(|&total| digamma(total)).collect();
    }

    /// The options.
    pub fn params(&self) -> &VbParams {
        &self.params
    }

    /// Words that the model knows.
    pub fn words(&self) -> usize {
        self.words
    }

    /// λ, scikit-learn's `components_`: a row a topic, a column a word.
    pub fn components(&self) -> Dense {
        let mut data = Vec::with_capacity(self.words * self.params.topics);
        for topic in 0..self.params.topics {
            data.extend(self.lambda.chunks_exact(self.width).map(|row| row[topic]));
        }
        Dense::trusted(self.params.topics, self.words, data)
    }

    /// The likeliest words of a topic, with their probability λ / Σ λ; of equals the first.
    ///
    /// # Panics
    /// If there is no such topic.
    pub fn top_words(&self, topic: usize, most: usize) -> Vec<(u32, f64)> {
        let weight = |word: u32| self.lambda_of(word)[topic];
        let best = largest(self.words, most, |word| weight(word as u32));
        best.into_iter().map(|word| (word, weight(word) / self.totals[topic])).collect()
    }

    /// Learns from all documents, a row each, for the epochs of the options; `progress` is asked after each block or batch and
    /// ends the fit with `false`. What was learned before is kept as the beginning.
    ///
    /// # Errors
    /// No documents, other columns than the model's words, a negative number or one above 2^53.
    pub fn fit(
        &mut self,
        counts: &Csr,
        pool: &Pool,
        mut progress: impl FnMut(Progress) -> bool,
    ) -> Result<()> {
        self.check(counts)?;
        let of = counts.rows();
        let mut last: Option<f64> = None;
        for epoch in 1..=self.params.epochs {
            let mut at = |documents| progress(Progress { epoch, documents, of, perplexity: None });
            let went_on = match self.params.learning {
                Learning::Batch => self.whole(counts, pool, &mut at),
                Learning::Online { .. } => self.batches(counts, of as f64, pool, &mut at),
            };
            if !went_on {
                break;
            }
            if self.params.evaluate_every > 0 && epoch.is_multiple_of(self.params.evaluate_every) {
                let found = self.perplexity(counts, pool)?;
                let go_on = progress(Progress { epoch, documents: of, of, perplexity: Some(found) });
                let settled = last.is_some_and(|last| (last - found).abs() < self.params.perplexity_change);
                if !go_on || settled {
                    break;
                }
                last = Some(found);
            }
        }
        Ok(())
    }

    /// Learns online from some of the documents that there are, once. Blocks whose rows are a multiple of the batch (the last
    /// may be shorter) give what one matrix of all rows gives, with `total_documents` their number.
    ///
    /// # Errors
    /// As [`Vb::fit`]; a model that learns in whole passes.
    pub fn partial_fit(
        &mut self,
        counts: &Csr,
        pool: &Pool,
        mut progress: impl FnMut(Progress) -> bool,
    ) -> Result<()> {
        self.check(counts)?;
        if self.params.learning == Learning::Batch {
            return Err(Error::option(
                Fault::new("not-online", "whole passes need all documents at once".to_owned())
                    .next("choose online learning"),
            ));
        }
        let of = counts.rows();
        self.batches(counts, self.params.total_documents, pool, &mut |documents| {
            progress(Progress { epoch: 1, documents, of, perplexity: None })
        });
        Ok(())
    }

    fn whole(&mut self, counts: &Csr, pool: &Pool, progress: &mut impl FnMut(usize) -> bool) -> bool {
        let mut next = vec![0.0; self.lambda.len()];
        for from in (0..counts.rows()).step_by(BLOCK) {
            let to = counts.rows().min(from + BLOCK);
            let (begin, seed, start) = (self.drawn + from as u64, self.params.seed, self.start);
            let step = self.step(
                counts,
                (from, to),
                &|document, gamma| start(seed, begin + document as u64, gamma),
                true,
                pool,
            );
            for (added, &word) in step.added.chunks_exact(self.width).zip(&step.words) {
                let row = &mut next[word as usize * self.width..][..self.width];
                row.iter_mut().zip(added).for_each(|(sum, value)| *sum += value);
            }
            // A pass that is not whole has no topics.
            if !progress(to) && to < counts.rows() {
                return false;
            }
        }
        let (prior, topics) = (self.params.word_prior(), self.params.topics);
        for row in next.chunks_exact_mut(self.width) {
            row[..topics].iter_mut().for_each(|value| *value += prior);
        }
        self.lambda = next;
        self.drawn += counts.rows() as u64;
        self.batches += 1;
        self.sum();
        true
    }

    fn batches(
        &mut self,
        counts: &Csr,
        total: f64,
        pool: &Pool,
        progress: &mut impl FnMut(usize) -> bool,
    ) -> bool {
        let Learning::Online { decay, offset, batch } = self.params.learning else { return true };
        let (width, topics, prior) = (self.width, self.params.topics, self.params.word_prior());
        for from in (0..counts.rows()).step_by(batch) {
            let to = counts.rows().min(from.saturating_add(batch));
            let (begin, seed, start) = (self.drawn, self.params.seed, self.start);
            let step = self.step(
                counts,
                (from, to),
                &|document, gamma| start(seed, begin + document as u64, gamma),
                true,
                pool,
            );
            self.batches += 1;
            self.drawn += (to - from) as u64;
            let weight = (offset + self.batches as f64).powf(-decay);
            let by = weight * (total / (to - from) as f64);
            const WORDS: usize = 512;
            pool.split_mut([&mut self.lambda], WORDS * width, |range, [lambda]| {
                let mut next = step.words.partition_point(|&w| (w as usize) < range.start / width);
                for (word, row) in (range.start / width..).zip(lambda.chunks_exact_mut(width)) {
                    row[..topics].iter_mut().for_each(|l| *l = *l * (1.0 - weight) + weight * prior);
                    if step.words.get(next).is_some_and(|&w| w as usize == word) {
                        let added = &step.added[next * width..][..topics];
                        row[..topics].iter_mut().zip(added).for_each(|(l, a)| *l += by * a);
                        next += 1;
                    }
                }
            });
            self.sum();
            if !progress(to) {
                return false;
            }
        }
        true
    }

    /// γ of documents: a row a document, sought from 1. That of a document without words is α.
    ///
    /// # Errors
    /// As [`Vb::fit`], but no documents are no rows.
    pub fn gamma(&self, counts: &Csr, pool: &Pool) -> Result<Dense> {
        self.check_columns(counts)?;
        let topics = self.params.topics;
        let mut data = Vec::with_capacity(counts.rows() * topics);
        for from in (0..counts.rows()).step_by(BLOCK) {
            let to = counts.rows().min(from + BLOCK);
            let step = self.step(counts, (from, to), &|_, gamma| gamma.fill(1.0), false, pool);
            step.gamma.chunks_exact(self.width).for_each(|row| data.extend_from_slice(&row[..topics]));
        }
        Ok(Dense::trusted(counts.rows(), topics, data))
    }

    /// Shares of topics: γ / Σ γ, a row a document; even for a document without words.
    ///
    /// # Errors
    /// As [`Vb::gamma`].
    pub fn transform(&self, counts: &Csr, pool: &Pool) -> Result<Dense> {
        let gamma = self.gamma(counts, pool)?;
        let shares = (0..gamma.rows()).flat_map(|i| {
            let total = gamma.row(i).iter().sum::<f64>();
            gamma.row(i).iter().map(move |g| g / total)
        });
        Ok(Dense::trusted(gamma.rows(), gamma.cols(), shares.collect()))
    }

    /// The bound of the log-likelihood of documents, scikit-learn's `score`.
    ///
    /// # Errors
    /// As [`Vb::fit`].
    pub fn score(&self, counts: &Csr, pool: &Pool) -> Result<f64> {
        self.check(counts)?;
        Ok(self.bound(counts, pool))
    }

    /// e^(-bound / words), scikit-learn's `perplexity`.
    ///
    /// # Errors
    /// As [`Vb::fit`]; documents that have no words at all.
    pub fn perplexity(&self, counts: &Csr, pool: &Pool) -> Result<f64> {
        let words = counts.data().iter().sum::<f64>();
        let bound = self.score(counts, pool)?;
        if words == 0.0 {
            return Err(Error::input(
                Fault::new("no-words", format!("{} documents without words", counts.rows()))
                    .cause("a perplexity is a mean over words")
                    .next("give documents with words that the model knows"),
            ));
        }
        Ok((-bound / words).exp())
    }

    fn check(&self, counts: &Csr) -> Result<()> {
        if counts.rows() == 0 {
            return Err(Error::input(
                Fault::new("no-documents", "a matrix without rows".to_owned())
                    .next("give at least one document"),
            ));
        }
        self.check_columns(counts)
    }

    fn check_columns(&self, counts: &Csr) -> Result<()> {
        counts.made_for(self.words, "words")?;
        if let Some(value) = counts.data().iter().find(|&&v| v > MOST_COUNT) {
            let found = format!("a count of {value}");
            return Err(Error::input(
                Fault::new("count-size", found).next("counts are at most 9,007,199,254,740,992"),
            ));
        }
        counts.not_negative("variational inference")
    }
}

/// Checks sizes before anything is allocated; the width of a row.
fn room(params: VbParams, words: usize) -> Result<(VbParams, usize)> {
    let params = params.check()?;
    if words == 0 || params.word_prior() * (words as f64) < LEAST_PRIOR {
        let found = format!("{words} words with a prior of {}", params.word_prior());
        return Err(Error::option(
            Fault::new("bad-words", found).next("give a vocabulary; its priors must sum to 0.002 or more"),
        ));
    }
    let width = params.topics.checked_next_multiple_of(gyeol_tensor::real::LANES);
    match width.filter(|w| w.checked_mul(words).is_some_and(|n| n <= MOST)) {
        Some(width) => Ok((params, width)),
        None => Err(Error::limit(
            Fault::new("model-size", format!("{} topics of {words} words", params.topics))
                .cause("all of them are in memory, and 268,435,456 numbers are the most")
                .next("choose fewer topics, or a smaller vocabulary"),
        )),
    }
}

#[cfg(test)]
mod tests;
