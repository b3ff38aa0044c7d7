//! Choosing how many topics: each number is fitted on most of the documents and judged by the others, whose words are foretold
//! from each other (completion). A ladder whose rungs are numbers of topics.

use std::time::Instant;

use gyeol_base::{Fault, Result};
use gyeol_bundle::DataHash;
use gyeol_judge::{Bootstrap, Metric, Outcomes, Partial, fewest_within_one_error};
use gyeol_report::Language;
use gyeol_report::model::{Facts, Report, Role};
use gyeol_tensor::{Pool, Rng};
use gyeol_topic::coherence::Scores;
use gyeol_topic::lda::{Completion, Lda};
use gyeol_vectors::matrix::Csr;
use serde_json::{Map, Value};

use super::{Counts, Way, coherence};
use crate::climb::try_out;
use crate::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use crate::watch::Watch;

/// One number of topics that was tried.
#[derive(Debug, Clone)]
pub struct Number {
    /// Topics.
    pub k: usize,
    /// How well words of the documents held out were foretold.
    pub completion: Completion,
    /// Log-likelihood a token at the end of the fit.
    pub log_likelihood: Option<f64>,
    /// Coherence by each of [`super::MEASURES`].
    pub scores: Option<Vec<Scores>>,
    /// Wall seconds.
    pub seconds: f64,
}

/// All numbers that were tried, and the place of the one chosen.
#[derive(Debug, Clone)]
pub struct Numbers {
    /// In the order given.
    pub rows: Vec<Number>,
    /// The fewest topics that foretell words no worse than the best do, within one standard error.
    pub chosen: usize,
    /// Documents held out.
    pub held: usize,
}

/// Log-probability of the words of a document, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Foretold {
    /// Σ ln p.
    pub log: f64,
    /// Words.
    pub words: f64,
}

impl Partial for Foretold {
    fn add(&mut self, other: &Foretold) {
        self.log += other.log;
        self.words += other.words;
    }

    fn minus(&self, other: &Foretold) -> Foretold {
        Foretold { log: self.log - other.log, words: self.words - other.words }
    }
}

/// The task: documents parted, one rung a number of topics.
pub struct HeldOut<'a> {
    texts: &'a Counts,
    ways: &'a [Way],
    plan: Plan,
    train: Csr,
    held: Csr,
    /// Tokens of the documents that are fitted, in order.
    sequences: Option<Vec<Vec<u32>>>,
    pool: &'a Pool,
}

impl<'a> HeldOut<'a> {
    /// Holds out a share of the documents, drawn by the seed.
    ///
    /// # Errors
    /// A share that leaves no document on one side.
    pub fn new(
        texts: &'a Counts,
        data: &DataHash,
        ways: &'a [Way],
        share: f64,
        seed: u64,
        pool: &'a Pool,
    ) -> Result<HeldOut<'a>> {
        let rows = texts.counts.rows();
        let held = (rows as f64 * share).round() as usize;
        if held == 0 || held >= rows {
            return Err(Fault::new("holdout", format!("{share} of {rows} documents is {held}"))
                .file(&data.name)
                .cause("few documents")
                .next("another --holdout, or one number of topics without it")
                .input());
        }
        let mut order: Vec<usize> = (0..rows).collect();
        Rng::stream(seed, u64::MAX).shuffle(&mut order);
        let (test, train) = order.split_at_mut(held);
        test.sort_unstable();
        train.sort_unstable();
        let pick = |all: &Vec<Vec<u32>>| train.iter().map(|&doc| all[doc].clone()).collect();
        Ok(HeldOut {
            train: texts.counts.select(train.iter().copied()),
            held: texts.counts.select(test.iter().copied()),
            sequences: texts.sequences.as_ref().map(pick),
            plan: Plan {
                rungs: ways
                    .iter()
                    .map(|way| RungName {
                        name: format!("lda:{}", way.k()),
                        role: Role::Learned,
                        plain: false,
                    })
                    .collect(),
                head: Head {
                    task: "topics",
                    title: data.name.clone(),
                    data: data.clone(),
                    canonical: String::new(),
                    recipe: String::new(),
                    seed,
                    language: Language::English,
                    metric: "perplexity",
                    unit: String::new(),
                    draws: 0,
                    margin: 0.0,
                },
                bootstrap: Bootstrap::new(held, 1, 0, seed),
            },
            texts,
            ways,
            pool,
        })
    }
}

impl Task for HeldOut<'_> {
    type Model = Lda;
    type Sums = Foretold;
    type Answers = Completion;

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn fit(&mut self, rung: usize, running: &mut Running<'_>) -> Result<Fit<Lda>> {
        let begun = Instant::now();
        let model = self.ways[rung].fit(&self.texts.vectorizer, &self.train, self.pool, running.watch)?;
        Ok(Fit::plain(model, begun.elapsed().as_secs_f64()))
    }

    fn answer(
        &self,
        model: &Lda,
        _part: Part,
        _watch: &mut dyn Watch,
    ) -> Result<Answered<Foretold, Completion>> {
        let completion = model.folder().completion(&self.held, self.plan.head.seed, self.pool);
        if completion.tokens == 0 {
            return Err(Fault::new("holdout", "no document held out has two words that are counted")
                .file(&self.plan.head.title)
                .cause("short documents or few of them")
                .next("another --holdout or --min-df 1")
                .input());
        }
        let units = completion.each.iter().map(|&(log, n)| Foretold { log, words: n as f64 }).collect();
        let perplexity = Metric::new("perplexity", |f: &Foretold| (-f.log / f.words).exp());
        Ok(Answered { outcomes: Outcomes::new(units, [perplexity]), answers: completion })
    }

    fn choose(&self, valid: &[Outcomes<Foretold>]) -> usize {
        let losses: Vec<Vec<(f64, f64)>> =
            valid.iter().map(|o| o.units.iter().map(|f| (-f.log, f.words)).collect()).collect();
        let tried: Vec<(usize, &[(f64, f64)])> =
            self.ways.iter().zip(&losses).map(|(way, losses)| (way.k(), &losses[..])).collect();
        fewest_within_one_error(&tried)
    }

    fn microseconds(&self, _model: &Lda, _test: &Answered<Foretold, Completion>) -> f64 {
        0.0
    }

    fn findings(
        &mut self,
        judged: &[Judged<Self>],
        _best: usize,
        _watch: &mut dyn Watch,
    ) -> Result<Findings> {
        let judged = judged.first().map_or(0, |j| j.test.answers.tokens);
        let facts = Facts::Plain { deck: self.plan.head.title.clone(), facts: Vec::new(), judged };
        Ok(Findings { facts, chapters: Vec::new(), notes: Vec::new() })
    }

    fn scores(&self, _report: &Report) -> Map<String, Value> {
        Map::new()
    }
}

/// Fits each number of topics on the documents that are not held out, and chooses.
///
/// # Errors
/// As [`HeldOut::new`]; `stopped` where the watch said so.
pub fn choose(
    texts: &Counts,
    data: &DataHash,
    ways: &[Way],
    share: f64,
    seed: u64,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Numbers> {
    let mut task = HeldOut::new(texts, data, ways, share, seed, pool)?;
    let (tried, chosen) = try_out(&mut task, watch)?;
    let rows = tried.into_iter().zip(ways).map(|(one, way)| {
        let begun = Instant::now();
        let scores = coherence(&one.fit.model, task.sequences.as_deref(), pool)?;
        Ok(Number {
            k: way.k(),
            completion: one.valid.answers,
            log_likelihood: one.fit.model.facts().curve.last().map(|(_, l)| *l),
            scores,
            seconds: one.fit.seconds + begun.elapsed().as_secs_f64(),
        })
    });
    Ok(Numbers { rows: rows.collect::<Result<_>>()?, chosen, held: task.held.rows() })
}
