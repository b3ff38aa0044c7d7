//! From a text to a model: the steps in their order.

use std::path::PathBuf;

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use serde::Serialize;

use crate::adjust::counts_of_counts;
use crate::context::Contexts;
use crate::corpus::{self, CorpusOptions, Source};
use crate::count::{self, Level};
use crate::discount::{self, Discounts, Warning};
use crate::interpolate::{Rule, interpolate};
use crate::smoothing::{self, Smoothing};
use crate::tables::{Scheme, Tables};
use crate::vocabulary::Vocabulary;
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// The highest order.
pub const MOST_ORDER: usize = 9;

/// How a model is estimated.
#[derive(Debug, Clone)]
pub struct Options {
    /// Longest n-gram, 1 to [`MOST_ORDER`].
    pub order: usize,
    /// Smoothing.
    pub smoothing: Smoothing,
    /// N-grams that occur at most this often are left out, by order from 1; the last entry holds for higher orders.
    pub prune: Vec<u32>,
    /// Discounts of counts 1, 2, 3 and more where the closed form fails.
    pub fallback: [f32; 3],
    /// How the text becomes sentences.
    pub corpus: CorpusOptions,
    /// Bytes that counting and estimation may hold; vocabulary and 64 MiB of buffers come on top.
    pub memory: u64,
    /// Where temporary files go when the memory does not suffice.
    pub temporary: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            order: 5,
            smoothing: Smoothing::default(),
            prune: Vec::new(),
            fallback: [0.5, 1.0, 1.5],
            corpus: CorpusOptions::default(),
            memory: 4 << 30,
            temporary: std::env::temp_dir(),
        }
    }
}

/// What was found while a model was estimated.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Words that were predicted, `</s>` counted.
    pub tokens: u64,
    /// Sentences.
    pub sentences: u64,
    /// Different words, the reserved ones counted.
    pub types: usize,
    /// Discounts of counts 1, 2, 3 and more, by order, where the smoothing has them.
    pub discounts: Vec<[f32; 3]>,
    /// Interpolation weights by order and size class of the context, where the smoothing has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<Vec<f64>>,
    /// Discounts that had to be replaced.
    pub warnings: Vec<Warning>,
}

/// An estimated model.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// Its tables.
    pub tables: Tables,
    /// What was found on the way.
    pub report: Report,
}

/// The counts of a text, from which models with several smoothings can be estimated.
#[derive(Debug)]
pub struct Counted {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) levels: Vec<Level>,
    pub(crate) contexts: Contexts,
    pub(crate) tokens: u64,
    pub(crate) sentences: u64,
}

impl Options {
    fn check(&self) -> Result<Vec<u32>> {
        let fail = |code, found: String, cause: &str, next: &str| {
            Err(Error::option(Fault::new(code, found).cause(cause).next(next)))
        };
        if !(1..=MOST_ORDER).contains(&self.order) {
            return fail(
                "order-out-of-range",
                format!("the order is {}", self.order),
                "orders from 1 to 9 can be estimated",
                "choose 3 to 5; more seldom helps",
            );
        }
        if self.prune.len() > self.order {
            return fail(
                "prune-too-long",
                format!("{} thresholds for a model of order {}", self.prune.len(), self.order),
                "there is one threshold an order, from 1",
                "leave some out",
            );
        }
        let mut thresholds = self.prune.clone();
        thresholds.resize(self.order, self.prune.last().copied().unwrap_or(0));
        if self.prune.first().is_some_and(|&t| t > 0) {
            return fail(
                "prune-unigrams",
                format!("the threshold of unigrams is {}", thresholds[0]),
                "words are not left out by pruning, since their mass must go to <unk>",
                "begin the thresholds with 0, and limit the vocabulary instead",
            );
        }
        if thresholds.windows(2).any(|w| w[1] < w[0]) {
            return fail(
                "prune-decreasing",
                format!("thresholds {thresholds:?}"),
                "an n-gram cannot stay when what it ends in is left out",
                "let the thresholds rise with the order",
            );
        }
        if thresholds.iter().any(|&t| t > 0)
            && matches!(self.smoothing, Smoothing::Additive { .. } | Smoothing::MaximumLikelihood)
        {
            return fail(
                "prune-without-back-off",
                format!("thresholds {thresholds:?} with the smoothing {}", self.smoothing),
                "it gives the mass of what is left out to nobody, so contexts would not sum to one",
                "choose another smoothing, or no thresholds",
            );
        }
        for (i, d) in self.fallback.iter().enumerate() {
            if !(0.0..=(i + 1) as f32).contains(d) {
                return fail(
                    "fallback-out-of-range",
                    format!("the fallback discount of count {} is {d}", i + 1),
                    "more cannot be taken off a count than it has",
                    "take 0.5 1 1.5",
                );
            }
        }
        self.smoothing.check()?;
        Ok(thresholds)
    }
}

/// Counts the n-grams of a text. `progress` is told the stages and answers whether to go on.
///
/// # Errors
/// Options out of range; a text that is empty, not UTF-8 or holds reserved words; too little memory; a folder for
/// temporary files that is full or may not be written to; stopped. Temporary files are gone in any case.
pub fn count(
    source: &mut Source,
    options: &Options,
    pool: &Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<Counted> {
    options.check()?;
    let mut watch = Watch::new(progress, Stage::Reading(0));
    let corpus =
        corpus::read(source, &options.corpus, options.memory / 4, &options.temporary, pool, &mut watch)?;
    let levels = count::count(
        corpus.spool,
        &corpus.histogram,
        options.order,
        options.memory,
        &options.temporary,
        pool,
        &mut watch,
    )?;
    watch.tell(Stage::Estimating)?;
    let contexts = Contexts::find(&levels, pool, &mut watch)?;
    Ok(Counted {
        vocabulary: corpus.vocabulary,
        levels,
        contexts,
        tokens: corpus.tokens,
        sentences: corpus.sentences,
    })
}

impl Counted {
    /// How many different n-grams of each order the text has.
    pub fn counts(&self) -> Vec<u64> {
        self.levels.iter().map(|level| level.len() as u64).collect()
    }

    /// The words.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// How often an n-gram (its words from first to last) occurs in the text; 0 for one that was not counted. The count
    /// of `<s>` alone is 0, since it is never predicted.
    pub fn count_of(&self, words: &[&str]) -> u64 {
        let ids: Option<Vec<u32>> = words.iter().map(|w| self.vocabulary.get(w.as_bytes())).collect();
        let Some(ids) = ids.filter(|ids| !ids.is_empty() && ids.len() <= self.levels.len()) else { return 0 };
        let mut node = ids[ids.len() - 1] as usize;
        for (n, word) in ids.iter().rev().skip(1).enumerate() {
            let begin = self.levels[n].first[node] as usize;
            let end = self.levels[n].first[node + 1] as usize;
            match self.levels[n + 1].words[begin..end].binary_search(word) {
                Ok(at) => node = begin + at,
                Err(_) => return 0,
            }
        }
        u64::from(self.levels[ids.len() - 1].counts[node])
    }

    /// Estimates a model and keeps the counts. `progress` answers whether to go on.
    ///
    /// # Errors
    /// Options out of range; stopped.
    pub fn estimate(
        &self,
        options: &Options,
        pool: &Pool,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Estimate> {
        let copy = Counted {
            vocabulary: self.vocabulary.clone(),
            levels: self.levels.clone(),
            contexts: self.contexts.clone(),
            tokens: self.tokens,
            sentences: self.sentences,
        };
        copy.into_estimate(options, pool, progress)
    }

    /// Estimates a model, using up the counts. `progress` answers whether to go on.
    ///
    /// # Errors
    /// Options out of range; stopped.
    pub fn into_estimate(
        self,
        options: &Options,
        pool: &Pool,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Estimate> {
        let thresholds = options.check()?;
        let mut watch = Watch::new(progress, Stage::Estimating);
        watch.tell(Stage::Estimating)?;
        let mut report = Report {
            tokens: self.tokens,
            sentences: self.sentences,
            types: self.vocabulary.len(),
            ..Report::default()
        };
        let order = self.levels.len();
        if thresholds.len() != order {
            return Err(Error::option(
                Fault::new(
                    "other-order",
                    format!("counts up to order {order}, a model of order {}", options.order),
                )
                .cause("the counts were made with other options")
                .next("count again, or take the order of the counts"),
            ));
        }
        let kind = options.smoothing.kind();
        let of = if options.smoothing.takes_counts_of_counts() {
            counts_of_counts(&self.levels, kind, &mut watch)?
        } else {
            Vec::new()
        };
        let discounted = |report: &mut Report, closed: fn(usize, &[u64; 5]) -> Result<Discounts, String>| {
            (0..order)
                .map(|n| {
                    let discounts = closed(n + 1, &of[n]).unwrap_or_else(|reason| {
                        let reason = if self.levels[n].is_empty() {
                            format!("no sentence is long enough for a {}-gram", n + 1)
                        } else {
                            reason
                        };
                        report.warnings.push(Warning { order: n + 1, reason, instead: options.fallback });
                        let [one, two, three] = options.fallback;
                        [0.0, one, two, three]
                    });
                    report.discounts.push([discounts[1], discounts[2], discounts[3]]);
                    Rule::Discounted(discounts)
                })
                .collect::<Vec<_>>()
        };
        let mut scheme = Scheme::BackOff;
        let rules = match &options.smoothing {
            Smoothing::ModifiedKneserNey => discounted(&mut report, discount::modified),
            Smoothing::KneserNey | Smoothing::AbsoluteDiscounting { discount: None } => {
                discounted(&mut report, discount::single)
            }
            Smoothing::AbsoluteDiscounting { discount: Some(d) } => {
                report.discounts = vec![[*d; 3]; order];
                vec![Rule::Discounted([0.0, *d, *d, *d]); order]
            }
            Smoothing::WittenBell => vec![Rule::WittenBell; order],
            Smoothing::JelinekMercer { weights } => {
                let weights = smoothing::jelinek_mercer::expand(weights, order)?;
                report.weights = weights.clone();
                weights.into_iter().map(Rule::Weighted).collect()
            }
            Smoothing::MaximumLikelihood => vec![Rule::Alone { back_off: 0.0 }; order],
            Smoothing::StupidBackOff { factor } => {
                scheme = Scheme::Stupid(factor.log10());
                vec![Rule::Alone { back_off: *factor }; order]
            }
            Smoothing::Katz { cutoff } => {
                let linear = smoothing::katz::estimate(
                    &self.levels,
                    &self.contexts,
                    &thresholds,
                    *cutoff,
                    &mut report.warnings,
                    pool,
                    &mut watch,
                )?;
                let tables =
                    Tables::new(self.vocabulary, self.levels, linear, &thresholds, scheme, pool, &mut watch)?;
                return Ok(Estimate { tables, report });
            }
            Smoothing::Additive { k } => {
                let (linear, scheme) = smoothing::additive::estimate(
                    &self.levels,
                    &self.contexts,
                    &thresholds,
                    *k,
                    pool,
                    &mut watch,
                )?;
                let tables =
                    Tables::new(self.vocabulary, self.levels, linear, &thresholds, scheme, pool, &mut watch)?;
                return Ok(Estimate { tables, report });
            }
        };
        let linear = interpolate(&self.levels, &self.contexts, kind, &thresholds, &rules, pool, &mut watch)?;
        drop(self.contexts);
        let tables =
            Tables::new(self.vocabulary, self.levels, linear, &thresholds, scheme, pool, &mut watch)?;
        Ok(Estimate { tables, report })
    }
}

/// Counts a text and estimates a model. `progress` is told the stages and answers whether to go on.
///
/// # Errors
/// As [`count`].
///
/// ```
/// use gyeol_ngram::{Options, Source, estimate};
/// let mut text = Source::from_text("the cat sat\nthe dog sat\n");
/// let options = Options { order: 2, ..Options::default() };
/// let made = estimate(&mut text, &options, &gyeol_tensor::Pool::new(1), &mut |_| true)?;
/// assert_eq!(made.tables.counts(), [7, 6]);
/// // So little text has no count of 2 in some order; the report says what was missing.
/// assert!(!made.report.warnings.is_empty());
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
pub fn estimate(
    source: &mut Source,
    options: &Options,
    pool: &Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<Estimate> {
    count(source, options, pool, progress)?.into_estimate(options, pool, progress)
}
