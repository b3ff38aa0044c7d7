//! What a net does over a line: of each word what was expected, and the gates and states of every layer once it was read.

use gyeol_base::{Fault, Result};
use gyeol_neural::net::LayerInside;
use gyeol_ngram::{SENTENCE_END, Scored, ScoresWords, WordId, next_words};

use crate::any::AnyLm;
use crate::net::NetLm;

/// A word that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct WordStep {
    /// The word; of the first step `</s>`, which ended the line before.
    pub word: WordId,
    /// What it was given before it was read; none of the first step.
    pub scored: Option<Scored>,
    /// The likeliest words after it, with their probabilities.
    pub next: Vec<(WordId, f64)>,
}

/// A line as a net reads it.
#[derive(Debug, Clone)]
pub struct LineInside {
    /// `</s>` of the line before, then the words.
    pub steps: Vec<WordStep>,
    /// What `</s>` after the last word is given.
    pub end: Scored,
    /// Layer by layer; a step of each for a step of `steps`.
    pub layers: Vec<LayerInside<f32>>,
}

impl NetLm {
    /// Reads a line, and says of each step so many of the likeliest words after it.
    ///
    /// # Errors
    /// A line without a word (`no-words`); a net over a window (`no-gates`).
    pub fn inside(&self, words: &[WordId], likeliest: usize) -> Result<LineInside> {
        if words.is_empty() {
            return Err(Fault::new("no-words", "a line without a word")
                .next("give a text of at least one word")
                .input());
        }
        let mut state = self.start();
        let mut steps = Vec::with_capacity(words.len() + 1);
        steps.push(WordStep { word: SENTENCE_END, scored: None, next: next_words(self, &state, likeliest) });
        for &word in words {
            let (scored, after) = self.score(&state, word);
            state = after;
            let next = next_words(self, &state, likeliest);
            steps.push(WordStep { word: scored.word, scored: Some(scored), next });
        }
        let end = self.score(&state, SENTENCE_END).0;
        Ok(LineInside { layers: self.layers_over(words)?, steps, end })
    }

    /// The gates and states of a line alone: of `</s>`, which ended the line before, then of each word.
    ///
    /// # Errors
    /// What a damaged net says of its tokens.
    pub fn layers_over(&self, words: &[WordId]) -> Result<Vec<LayerInside<f32>>> {
        let read = std::iter::once(&SENTENCE_END).chain(words);
        let classes: Vec<u32> = read.map(|word| self.classes().of(*word)).collect();
        let recurrent = self.predictor().ok_or_else(|| {
            Fault::new("no-gates", "a net over a window of words")
                .cause("it has no state that goes on from word to word")
                .next("ask a recurrent net: rnn, gru, lstm, slstm or mingru")
                .input()
        })?;
        Ok(recurrent.inside(&classes)?)
    }
}

impl AnyLm {
    /// The recurrent net in it, with its share; of a mixture of several that of the largest share, of two alike the first.
    pub fn net_within(&self) -> Option<(f64, &NetLm)> {
        match self {
            AnyLm::Ngram(_) | AnyLm::Cache(_) => None,
            AnyLm::NeuralCache(model) => Some((1.0, model.net())),
            AnyLm::Dynamic(model) => Some((1.0, model.net())),
            AnyLm::Net(net) => net.predictor().map(|_| (1.0, &**net)),
            AnyLm::Mixed(members) => {
                let nets = members.iter().filter_map(|(share, model)| {
                    model.net_within().map(|(within, net)| (share * within, net))
                });
                nets.reduce(|best, next| if next.0 > best.0 { next } else { best })
            }
        }
    }
}
