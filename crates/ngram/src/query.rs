//! Sentences and texts scored with a model.

use crate::corpus::Source;
use crate::corpus::source::{Lines, Words};
use crate::error::{Error, Result};
use crate::model::{Model, Scored, State};
use crate::vocabulary::{SENTENCE_END, SENTENCE_START, UNKNOWN, WordId};
use gyeol_data::Fault;

/// How many words ahead the tables are asked for.
const AHEAD: usize = 6;

impl Model {
    /// The number of a word of a text; the reserved words are no words of a text and count as unknown.
    #[inline]
    pub fn text_id(&self, word: &[u8]) -> WordId {
        let id = self.id(word);
        if id <= SENTENCE_END { UNKNOWN } else { id }
    }

    /// Scores a sentence of word numbers, `</s>` after it if `end` is set; `each` gets every word in order.
    pub fn score_ids(&self, words: &[WordId], end: bool, mut each: impl FnMut(Scored)) -> State {
        let mut state = self.start();
        for &word in words.iter().chain(end.then_some(&SENTENCE_END)) {
            let (scored, next) = self.score(&state, word);
            each(scored);
            state = next;
        }
        state
    }

    /// Scores a sentence, `</s>` included: one entry a word.
    pub fn score_words(&self, words: &[&str]) -> Vec<Scored> {
        let ids: Vec<WordId> = words.iter().map(|w| self.text_id(w.as_bytes())).collect();
        let mut out = Vec::with_capacity(ids.len() + 1);
        self.score_ids(&ids, true, |scored| out.push(scored));
        out
    }

    /// log10 probability of a sentence, `</s>` included.
    pub fn log10(&self, words: &[&str]) -> f64 {
        self.score_words(words).iter().map(|s| f64::from(s.log10)).sum()
    }

    /// Calls `each` with the words of every line that has any, scored, `</s>` last, in order: KenLM's `full_scores`.
    ///
    /// # Errors
    /// A text that cannot be read.
    pub fn full_scores(&self, text: &mut Source, each: &mut dyn FnMut(&[u8], &[Scored])) -> Result<()> {
        let mut block = Vec::new();
        let (mut ids, mut scored) = (Vec::new(), Vec::new());
        while text.next_block(&mut block)? {
            for line in Lines(&block) {
                ids.clear();
                ids.push(SENTENCE_START);
                ids.extend(Words(line).map(|w| self.text_id(w)));
                if ids.len() == 1 {
                    continue;
                }
                ids.push(SENTENCE_END);
                scored.clear();
                self.score_run(&ids, self.start(), |s| scored.push(s));
                each(line, &scored);
            }
        }
        Ok(())
    }

    /// Scores all but the first of some words, asking for the tables some words ahead.
    #[inline]
    fn score_run(&self, ids: &[WordId], mut state: State, mut each: impl FnMut(Scored)) -> State {
        for at in 1..ids.len().min(1 + AHEAD) {
            self.prefetch(ids, at);
        }
        for at in 1..ids.len() {
            if at + AHEAD < ids.len() {
                self.prefetch(ids, at + AHEAD);
            }
            let (scored, next) = self.score(&state, ids[at]);
            each(scored);
            state = next;
        }
        state
    }
}

/// How a text becomes predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
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
    /// How many words were predicted by an n-gram of each length, from 1.
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

/// Perplexity of a text.
///
/// # Errors
/// A text that cannot be read or has no word in it.
pub fn perplexity(model: &Model, text: &mut Source, protocol: Protocol) -> Result<Perplexity> {
    let mut out = Perplexity::new(model.order());
    let mut without_oov = 0f64;
    let mut block = Vec::new();
    let mut ids: Vec<WordId> = Vec::new();
    let mut state = model.start();
    let mut before = 1u64;
    while text.next_block(&mut block)? {
        for line in Lines(&block) {
            ids.clear();
            // In a stream the first of them is only a place to begin: the state has the words.
            ids.push(SENTENCE_START);
            ids.extend(Words(line).map(|w| model.text_id(w)));
            if ids.len() == 1 {
                continue;
            }
            ids.push(SENTENCE_END);
            if protocol == Protocol::Sentence {
                state = model.start();
                before = 1;
            }
            for (n, possible) in out.possible.iter_mut().enumerate() {
                *possible += (before + ids.len() as u64 - 1).saturating_sub((n as u64).max(before));
            }
            before += ids.len() as u64 - 1;
            let mut sum = 0f64;
            state = model.score_run(&ids, state, |scored| {
                sum += f64::from(scored.log10);
                out.matched[usize::from(scored.matched) - 1] += 1;
                if scored.unknown {
                    out.oov += 1;
                } else {
                    without_oov += f64::from(scored.log10);
                }
            });
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
