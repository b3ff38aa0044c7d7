//! A net that says what word comes next.
//!
//! ```text
//! words ──class──▶ E[c_t] ──▶ recurrent layers, h_t carried on ──▶ softmax over classes ──share──▶ P(word | all before)
//!                             or the last so many side by side
//! ```
//!
//! A sentence begins where one ended: the first token that is read is `</s>`, with no state; before it a window is full of them. Words that share a class are
//! dealt with as [`Classes`] says.

use std::sync::{Arc, OnceLock};

use gyeol_base::{Fault, Result};
use gyeol_neural::NO_TARGET;
use gyeol_neural::net::{LayerSummary, Predictor};
use gyeol_ngram::{Protocol, SENTENCE_END, SENTENCE_START, Scored, ScoresWords, WordId};

use crate::body::{Body, Memory, Shape};
use crate::classes::Classes;
use crate::words::Words;

/// A net with its words.
#[derive(Debug)]
pub struct NetLm {
    words: Words,
    classes: Classes,
    body: Body,
    protocol: Protocol,
    start: OnceLock<NetState>,
}

/// What a net remembers: the vectors of its layers, what is still to be read, and what it says of the next word once that
/// was asked.
#[derive(Debug, Clone)]
pub struct NetState(Arc<Node>);

#[derive(Debug)]
struct Node {
    memory: Memory,
    /// Classes that were not walked yet, one at the least.
    pending: Vec<u32>,
    known: OnceLock<Known>,
}

/// After the pending classes.
#[derive(Debug)]
struct Known {
    memory: Memory,
    /// ln P by class.
    said: Vec<f32>,
    /// The hidden vector that the softmax read, of a recurrent net.
    read: Vec<f32>,
}

fn state(memory: Memory, pending: Vec<u32>) -> NetState {
    NetState(Arc::new(Node { memory, pending, known: OnceLock::new() }))
}

impl NetLm {
    /// A net of these parameters over the classes of these words; `threads` may ask it at once without waiting.
    ///
    /// # Errors
    /// Sizes that do not fit each other.
    pub fn new(
        words: Words,
        classes: Classes,
        shape: &Shape,
        parameters: Vec<f32>,
        threads: usize,
    ) -> Result<NetLm> {
        let (of, _) = classes.parts();
        if of.len() != words.len() || shape.sizes() != (classes.len(), classes.len()) {
            return Err(gyeol_bundle::bad_manifest("words, classes and net are not of one size"));
        }
        let body = Body::new(shape, parameters, threads)?;
        // Asked once, so that nothing later can fail.
        let end = classes.of(SENTENCE_END);
        body.next(&[end], &mut body.start(end))?;
        Ok(NetLm { words, classes, body, protocol: Protocol::Stream, start: OnceLock::new() })
    }

    /// The same net, taught to read lines by a protocol.
    #[must_use]
    pub fn taught(self, protocol: Protocol) -> NetLm {
        NetLm { protocol, ..self }
    }

    /// How it was taught to read lines: each alone, or one after another.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Its words.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Their classes.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The shape of the net.
    pub fn shape(&self) -> Shape {
        self.body.shape()
    }

    /// Its parameters.
    pub fn parameters(&self) -> &[f32] {
        self.body.parameters()
    }

    /// What answers, of a recurrent net.
    pub(crate) fn predictor(&self) -> Option<&Predictor<f32>> {
        match &self.body {
            Body::Recurrent(net) => Some(net),
            Body::Window(_) => None,
        }
    }

    /// Its layers.
    pub fn layers(&self) -> Vec<LayerSummary> {
        self.body.layers()
    }

    fn known<'a>(&self, state: &'a NetState) -> &'a Known {
        let node = &*state.0;
        node.known.get_or_init(|| {
            let mut memory = node.memory.clone();
            // What can fail was tried when the net was made: tokens are classes of the net, and there is one.
            let (said, read) = self.body.next(&node.pending, &mut memory).unwrap_or_default();
            Known { memory, said, read }
        })
    }

    pub(crate) fn scored(&self, word: WordId, ln: f32) -> Scored {
        let word = self.words.known(word);
        Scored::new(word, ln * std::f32::consts::LOG10_E + self.classes.share(word))
    }

    /// The recurrent net that answers.
    ///
    /// # Errors
    /// A net over a window (`no-state`).
    pub(crate) fn recurrent(&self) -> Result<&Predictor<f32>> {
        self.predictor().ok_or_else(|| {
            Fault::new("no-state", "a net over a window of words")
                .cause("it has no state that goes on from word to word")
                .next("take a recurrent net: rnn, gru or lstm")
                .input()
        })
    }

    /// The hidden vector that the softmax reads in a state, of a recurrent net.
    pub(crate) fn reading<'a>(&self, state: &'a NetState) -> &'a [f32] {
        &self.known(state).read
    }

    /// [`ScoresWords::score_run`] with the hidden vector that each probability was made of, of a recurrent net.
    pub(crate) fn score_reading(
        &self,
        words: &[WordId],
        before: NetState,
        each: &mut dyn FnMut(Scored, &[f32]),
    ) -> NetState {
        let [_, asked @ ..] = words else { return before };
        let Some((&last, inner)) = asked.split_last() else { return before };
        let of = |word: &WordId| self.classes.of(*word);
        let node = &*before.0;
        let (mut memory, mut inputs, skipped) = match node.known.get() {
            Some(known) => (known.memory.clone(), Vec::new(), 0),
            None => (node.memory.clone(), node.pending.clone(), node.pending.len() - 1),
        };
        let mut next = asked.iter();
        if let Some(known) = node.known.get()
            && let Some(&word) = next.next()
        {
            each(self.scored(word, known.said[of(&word) as usize]), &known.read);
        }
        inputs.extend(inner.iter().map(of));
        let targets: Vec<u32> = std::iter::repeat_n(NO_TARGET, skipped).chain(next.clone().map(of)).collect();
        if !inputs.is_empty() {
            let scored = self.body.score(&inputs, &targets, &mut memory, &mut |ln, read| {
                if let Some(&word) = next.next() {
                    each(self.scored(word, ln), read);
                }
            });
            debug_assert!(scored.is_ok(), "classes are tokens of the net: {scored:?}");
        }
        state(memory, vec![of(&last)])
    }

    /// Probabilities of words from those of classes.
    pub(crate) fn spread(&self, said: &[f32], out: &mut Vec<f64>) {
        out.clear();
        out.extend((0..self.words.len() as WordId).map(|word| match word {
            SENTENCE_START => 0.0,
            _ => {
                let share = 10f64.powf(f64::from(self.classes.share(word)));
                said.get(self.classes.of(word) as usize).map_or(0.0, |ln| f64::from(*ln).exp()) * share
            }
        }));
    }
}

impl ScoresWords for NetLm {
    type State = NetState;

    fn vocabulary_len(&self) -> usize {
        self.words.len()
    }

    fn id(&self, word: &[u8]) -> WordId {
        self.words.id(word)
    }

    fn word(&self, id: WordId) -> &str {
        self.words.word(id)
    }

    fn start(&self) -> NetState {
        let end = self.classes.of(SENTENCE_END);
        let new = || state(self.body.start(end), vec![end]);
        self.start.get_or_init(new).clone()
    }

    fn score(&self, before: &NetState, word: WordId) -> (Scored, NetState) {
        let known = self.known(before);
        let class = self.classes.of(word);
        let ln = known.said.get(class as usize).copied().unwrap_or(f32::NEG_INFINITY);
        (self.scored(word, ln), state(known.memory.clone(), vec![class]))
    }

    fn after(&self, before: &NetState, word: WordId) -> NetState {
        let class = self.classes.of(word);
        match before.0.known.get() {
            Some(known) => state(known.memory.clone(), vec![class]),
            None => {
                let pending = before.0.pending.iter().copied().chain([class]).collect();
                state(before.0.memory.clone(), pending)
            }
        }
    }

    /// All words but the last walk through the net at once.
    fn score_run(&self, words: &[WordId], before: NetState, each: &mut impl FnMut(Scored)) -> NetState {
        self.score_reading(words, before, &mut |scored, _| each(scored))
    }

    fn distribution(&self, before: &NetState, out: &mut Vec<f64>) {
        self.spread(&self.known(before).said, out);
    }
}
