//! Sentences and texts scored with a model.

use crate::corpus::Source;
use crate::corpus::source::{Lines, Words};
use crate::scores_words::{Scored, ScoresWords};
use crate::vocabulary::{SENTENCE_END, SENTENCE_START, WordId};
use crate::watch::{STEPS, Stage, Watch};
use gyeol_base::{Error, Fault, Result};

/// Scores a sentence of word numbers, `</s>` after it if `end` is set; `each` gets every word in order.
pub fn score_ids<M: ScoresWords + ?Sized>(
    model: &M,
    words: &[WordId],
    end: bool,
    mut each: impl FnMut(Scored),
) -> M::State {
    let mut ids = Vec::with_capacity(words.len() + 2);
    ids.push(SENTENCE_START);
    ids.extend_from_slice(words);
    ids.extend(end.then_some(SENTENCE_END));
    model.score_run(&ids, model.start(), &mut each)
}

/// Scores a sentence, `</s>` included: one entry a word.
pub fn score_words<M: ScoresWords + ?Sized>(model: &M, words: &[&str]) -> Vec<Scored> {
    let ids: Vec<WordId> = words.iter().map(|w| model.text_id(w.as_bytes())).collect();
    let mut out = Vec::with_capacity(ids.len() + 1);
    score_ids(model, &ids, true, |scored| out.push(scored));
    out
}

/// log10 probability of a sentence, `</s>` included.
pub fn sentence_log10<M: ScoresWords + ?Sized>(model: &M, words: &[&str]) -> f64 {
    score_words(model, words).iter().map(|s| f64::from(s.log10)).sum()
}

/// Calls `each` with the words of every line that has any, scored, `</s>` last, in order: KenLM's `full_scores`.
/// `progress` is told the words so far and answers whether to go on.
///
/// # Errors
/// A text that cannot be read; stopped.
pub fn full_scores<M: ScoresWords + ?Sized>(
    model: &M,
    text: &mut Source,
    each: &mut dyn FnMut(&[u8], &[Scored]),
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<()> {
    let mut watch = Watch::new(progress, Stage::Scoring(0));
    let mut block = Vec::new();
    let (mut ids, mut scored) = (Vec::new(), Vec::new());
    while text.watched_block(&mut block, &mut watch)? {
        for line in Lines(&block) {
            if !sentence(model, line, &mut ids, &mut watch)? {
                continue;
            }
            scored.clear();
            score_watched(model, &ids, model.start(), &mut watch, |s| scored.push(s))?;
            each(line, &scored);
        }
    }
    Ok(())
}

/// The words of a line between `<s>` and `</s>`; `false` for a line without any.
#[inline]
fn sentence<M: ScoresWords + ?Sized>(
    model: &M,
    line: &[u8],
    ids: &mut Vec<WordId>,
    watch: &mut Watch<'_>,
) -> Result<bool> {
    ids.clear();
    ids.push(SENTENCE_START);
    for word in Words(line) {
        ids.push(model.text_id(word));
        watch.step(ids.len())?;
    }
    if ids.len() == 1 {
        return Ok(false);
    }
    ids.push(SENTENCE_END);
    Ok(true)
}

/// Scores all but the first of some words, with a question now and then.
#[inline]
fn score_watched<M: ScoresWords + ?Sized>(
    model: &M,
    ids: &[WordId],
    mut state: M::State,
    watch: &mut Watch<'_>,
    mut each: impl FnMut(Scored),
) -> Result<M::State> {
    let mut from = 0;
    while from + 1 < ids.len() {
        let to = (from + STEPS).min(ids.len() - 1);
        state = model.score_run(&ids[from..=to], state, &mut each);
        watch.scored(to - from)?;
        from = to;
    }
    Ok(state)
}

/// How a text becomes predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Each line a sentence after `<s>`, `</s>` predicted, lines without words left out.
    #[default]
    Sentence,
    /// One stream: `</s>` is predicted at the end of each line, and what came before the line is context still.
    Stream,
}

impl std::str::FromStr for Protocol {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "sentence" => Ok(Protocol::Sentence),
            "stream" => Ok(Protocol::Stream),
            _ => Err(Error::option(
                Fault::new("unknown-protocol", format!("the protocol \"{name}\" is not known"))
                    .cause("a misspelt name")
                    .next("take sentence or stream"),
            )),
        }
    }
}

/// Perplexity of a text and what it was taken over.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Perplexity {
    /// exp of the mean negative log-likelihood of a predicted word.
    pub perplexity: f64,
    /// The same without words that are not in the vocabulary.
    pub perplexity_without_oov: f64,
    /// Predicted words, `</s>` counted.
    pub tokens: u64,
    /// Words that are not in the vocabulary.
    pub oov: u64,
    /// Sentences.
    pub sentences: u64,
    /// Mean binary logarithm of 1 / p.
    pub bits_per_token: f64,
    /// How many words were predicted by an n-gram of each length, from 1; empty for a model that is not made of n-grams.
    pub matched: Vec<u64>,
    /// How many words stood where an n-gram of each length ends, from 1; what was not matched there was never seen.
    pub possible: Vec<u64>,
    /// Sum of log10 p.
    pub log10: f64,
}

impl Perplexity {
    fn new(order: usize) -> Self {
        Perplexity { matched: vec![0; order], possible: vec![0; order], ..Perplexity::default() }
    }

    /// Share of the text's n-grams of each length that the model does not have, from 1: how sparse the counts are.
    pub fn unseen(&self) -> Vec<f64> {
        (0..self.matched.len())
            .map(|n| {
                let found: u64 = self.matched[n..].iter().sum();
                let found = if n == 0 { found - self.oov } else { found };
                1.0 - found as f64 / self.possible[n].max(1) as f64
            })
            .collect()
    }

    /// Means from the sums; without a word they are those of certainty.
    fn finish(mut self, without_oov: f64) -> Self {
        let tokens = self.tokens.max(1) as f64;
        let known = (self.tokens - self.oov).max(1) as f64;
        self.perplexity = 10f64.powf(-self.log10 / tokens);
        self.perplexity_without_oov = 10f64.powf(-without_oov / known);
        self.bits_per_token = -self.log10 / tokens * std::f64::consts::LOG2_10;
        self
    }
}

/// Perplexity of a text. `progress` is told the words so far and answers whether to go on.
///
/// # Errors
/// A text that cannot be read or has no word in it; stopped.
pub fn perplexity<M: ScoresWords + ?Sized>(
    model: &M,
    text: &mut Source,
    protocol: Protocol,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<Perplexity> {
    let mut watch = Watch::new(progress, Stage::Scoring(0));
    let mut out = Perplexity::new(model.context().map_or(0, |words| words + 1));
    let mut without_oov = 0f64;
    let mut block = Vec::new();
    let mut ids: Vec<WordId> = Vec::new();
    let mut state = model.start();
    let mut before = 1u64;
    while text.watched_block(&mut block, &mut watch)? {
        for line in Lines(&block) {
            // In a stream the first of them is only a place to begin: the state has the words.
            if !sentence(model, line, &mut ids, &mut watch)? {
                continue;
            }
            if protocol == Protocol::Sentence {
                state = model.start();
                before = 1;
            }
            for (n, possible) in out.possible.iter_mut().enumerate() {
                *possible += (before + ids.len() as u64 - 1).saturating_sub((n as u64).max(before));
            }
            before += ids.len() as u64 - 1;
            let mut sum = 0f64;
            state = score_watched(model, &ids, state, &mut watch, |scored| {
                sum += f64::from(scored.log10);
                // 0 of a model that is not made of n-grams, which has none to count.
                if let Some(of_length) = out.matched.get_mut(usize::from(scored.matched).wrapping_sub(1)) {
                    *of_length += 1;
                }
                if scored.unknown {
                    out.oov += 1;
                } else {
                    without_oov += f64::from(scored.log10);
                }
            })?;
            state = model.next_line(state);
            out.log10 += sum;
            out.tokens += ids.len() as u64 - 1;
            out.sentences += 1;
        }
    }
    if out.tokens == 0 {
        return Err(Error::input(
            Fault::new("empty-text", "there is no word in it")
                .file(text.name())
                .cause("an empty file, or nothing but blank lines")
                .next("give a text with one sentence on a line"),
        ));
    }
    Ok(out.finish(without_oov))
}
