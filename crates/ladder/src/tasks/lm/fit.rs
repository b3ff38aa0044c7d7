//! Fitting n-gram models: every choice that a rung or the table asks for, counted once an order.

use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_lm::Words;
use gyeol_ngram::smoothing::jelinek_mercer;
use gyeol_ngram::{
    Counted, Estimate, Layout, NgramModel, Options, Protocol, Smoothing, Source, WordId, count, perplexity,
    prune_by_entropy,
};
use gyeol_report::model::{Fact, Tried};
use gyeol_tensor::Pool;

use super::parts::{Parts, each_line};
use crate::recipe::{LmRecipe, LmRung, VocabularyRecipe};
use crate::watch::{Step, Watch};

/// Rounds in which Jelinek and Mercer's weights are learnt, at most.
const ROUNDS: usize = 100;

/// What a model is fitted with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub order: usize,
    pub smoothing: String,
    pub prune: Vec<u32>,
    pub entropy_prune: Option<f64>,
}

impl Choice {
    /// Counts of single words, for the vocabulary.
    fn words() -> Choice {
        Choice { order: 1, smoothing: String::new(), prune: Vec::new(), entropy_prune: None }
    }

    /// Says that it is tried.
    pub fn say(&self, watch: &mut dyn Watch) -> Result<()> {
        let order = self.order.to_string();
        if watch.step(Step::Trying(&[&order, &self.smoothing])) { Ok(()) } else { Err(Error::stopped()) }
    }

    /// What the page says of it.
    pub fn facts(&self) -> Vec<Fact> {
        let fact = |key: &str, value: String| Fact { key: key.into(), value };
        vec![fact("order", self.order.to_string()), fact("smoothing", self.smoothing.clone())]
    }
}

/// Fits models on the training lines and asks the validation lines.
pub(super) struct Workbench<'a> {
    parts: &'a Parts,
    vocabulary: &'a VocabularyRecipe,
    pool: &'a Pool,
    /// The counts of the order that was asked for last.
    counted: Option<(usize, Counted, f64)>,
    tried: Vec<(Choice, TriedOut)>,
}

/// What a choice did on the validation part.
#[derive(Debug, Clone, Copy)]
pub(super) struct TriedOut {
    pub perplexity: f64,
    /// Perplexity without unknown words, where there are any.
    pub known: Option<f64>,
    /// Seconds that fitting and asking took.
    pub seconds: f64,
}

impl<'a> Workbench<'a> {
    pub fn new(parts: &'a Parts, vocabulary: &'a VocabularyRecipe, pool: &'a Pool) -> Self {
        Workbench { parts, vocabulary, pool, counted: None, tried: Vec::new() }
    }

    fn options(&self, choice: &Choice) -> Options {
        let mut options = Options { order: choice.order, prune: choice.prune.clone(), ..Options::default() };
        options.corpus.vocabulary_limit = self.vocabulary.size;
        options.corpus.minimum_count = self.vocabulary.min_count;
        options
    }

    /// The counts up to an order, and the seconds that counting took.
    fn counted(&mut self, choice: &Choice, watch: &mut dyn Watch) -> Result<(&Counted, f64)> {
        if self.counted.as_ref().is_none_or(|(order, ..)| *order != choice.order) {
            self.counted = None;
            let since = Instant::now();
            let mut source = Source::open(self.parts.path(0))?;
            let counted = count(&mut source, &self.options(choice), self.pool, &mut |stage| {
                watch.step(Step::Counting(stage))
            })?;
            self.counted = Some((choice.order, counted, since.elapsed().as_secs_f64()));
        }
        let (_, counted, seconds) = self.counted.as_ref().unwrap_or_else(|| unreachable!("set above"));
        Ok((counted, *seconds))
    }

    /// Estimates a choice; also the seconds that it took, counting included.
    pub fn estimate(&mut self, choice: &Choice, watch: &mut dyn Watch) -> Result<(Estimate, f64)> {
        let mut options = self.options(choice);
        let (pool, validation) = (self.pool, self.parts.path(1).to_owned());
        let (counted, counting) = self.counted(choice, watch)?;
        let since = Instant::now();
        options.smoothing = match choice.smoothing.parse()? {
            Smoothing::JelinekMercer { .. } => Smoothing::JelinekMercer {
                weights: jelinek_mercer::learn(
                    counted,
                    &mut Source::open(&validation)?,
                    ROUNDS,
                    pool,
                    &mut |stage| watch.step(Step::Counting(stage)),
                )?,
            },
            other => other,
        };
        let mut made = counted.estimate(&options, pool, &mut |stage| watch.step(Step::Counting(stage)))?;
        if let Some(threshold) = choice.entropy_prune {
            prune_by_entropy(&mut made.tables, threshold, &mut |stage| watch.step(Step::Counting(stage)))?;
        }
        Ok((made, counting + since.elapsed().as_secs_f64()))
    }

    /// Fits a choice and asks it for the validation part.
    pub fn try_out(&mut self, choice: &Choice, watch: &mut dyn Watch) -> Result<TriedOut> {
        if let Some((_, before)) = self.tried.iter().find(|(known, _)| known == choice) {
            return Ok(*before);
        }
        let (made, fitting) = self.estimate(choice, watch)?;
        let since = Instant::now();
        let model = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", self.pool, &mut |s| {
            watch.step(Step::Counting(s))
        })?;
        let found =
            perplexity(&model, &mut Source::open(self.parts.path(1))?, Protocol::Sentence, &mut |s| {
                watch.step(Step::Counting(s))
            })?;
        let out = TriedOut {
            perplexity: found.perplexity,
            known: (found.oov > 0).then_some(found.perplexity_without_oov),
            seconds: fitting + since.elapsed().as_secs_f64(),
        };
        self.tried.push((choice.clone(), out));
        Ok(out)
    }

    /// How often each word of the vocabulary occurs in the training part, by its number.
    pub fn frequencies(&mut self, watch: &mut dyn Watch) -> Result<Vec<u64>> {
        let (counted, _) = self.counted(&Choice::words(), watch)?;
        let words = counted.vocabulary();
        Ok((0..words.len() as u32).map(|id| counted.count_of(&[words.word(id)])).collect())
    }

    /// The vocabulary that every rung shares.
    pub fn words(&mut self, watch: &mut dyn Watch) -> Result<Words> {
        let (counted, _) = self.counted(&Choice::words(), watch)?;
        let words = counted.vocabulary();
        Words::new((0..words.len() as u32).map(|id| words.word(id).to_owned()).collect())
    }

    /// A part as lines of word numbers; lines without a word are left out.
    pub fn numbered(&self, part: usize, words: &Words) -> Result<Vec<Vec<WordId>>> {
        let mut out = Vec::new();
        each_line(&self.parts.files[part], &mut |line| {
            let ids: Vec<WordId> =
                line.split_whitespace().map(|word| words.text_id(word.as_bytes())).collect();
            if !ids.is_empty() {
                out.push(ids);
            }
        })?;
        Ok(out)
    }

    /// The best of a rung's choices by the validation part, with all that were tried and the seconds they took together.
    pub fn choose(&mut self, rung: &LmRung, watch: &mut dyn Watch) -> Result<(Choice, Vec<Tried>, f64)> {
        let choices = choices(rung);
        let mut best: Option<(f64, Choice)> = None;
        let (mut tried, mut took) = (Vec::new(), 0.0);
        for choice in &choices {
            choice.say(watch)?;
            let TriedOut { perplexity, seconds, .. } = self.try_out(choice, watch)?;
            took += seconds;
            tried.push(Tried { setting: choice.facts(), value: perplexity, train: None });
            if best.as_ref().is_none_or(|(least, _)| perplexity < *least) {
                best = Some((perplexity, choice.clone()));
            }
        }
        let best = best.map(|(_, choice)| choice).or_else(|| choices.into_iter().next());
        Ok((best.unwrap_or_else(|| unreachable!("a rung has a choice")), tried, took))
    }
}

/// The choices that a rung may take, the orders rising.
fn choices(rung: &LmRung) -> Vec<Choice> {
    let mut orders = match &rung.order {
        Some(orders) => orders.clone(),
        None if crate::recipe::rung_kind(&rung.name) == "unigram" => vec![1],
        None => vec![2, 3, 4, 5],
    };
    orders.sort_unstable();
    orders.dedup();
    let smoothings = rung.smoothing.clone().unwrap_or_else(|| vec![Smoothing::default().to_string()]);
    orders
        .iter()
        .flat_map(|&order| {
            smoothings.iter().map(move |smoothing| Choice {
                order,
                smoothing: smoothing.clone(),
                prune: rung.prune.clone().unwrap_or_default(),
                entropy_prune: rung.entropy_prune,
            })
        })
        .collect()
}

/// The ladder that a recipe without `[[rung]]` climbs; `nets` where there is text enough for one.
pub(super) fn default_rungs(nets: bool) -> Vec<LmRung> {
    let of = |name: &str, order: usize| LmRung { order: Some(vec![order]), ..LmRung::named(name) };
    let mut rungs = vec![
        LmRung::named("unigram"),
        of("ngram:bigram", 2),
        of("ngram:trigram", 3),
        LmRung::named(LmRecipe::LAST_DEFAULT),
    ];
    if nets {
        let mixed = format!("{}+lstm", LmRecipe::LAST_DEFAULT);
        rungs.extend(["lstm".to_owned(), mixed].map(LmRung::named));
    }
    rungs
}
