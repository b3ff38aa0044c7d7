//! A net that goes on learning while it reads: dynamic evaluation (Mikolov et al. 2010; Krause, Kahembwe, Murray and Renals
//! 2018, "Dynamic evaluation of neural sequence models", eq. 4).
//!
//! ```text
//! after each window of words that were scored:
//! θ ← θ - η g + ρ (θ₀ - θ)        g the gradient of the window's mean loss, its norm cut to 1; θ₀ what was trained
//! ```
//!
//! Every word is scored before anything is learnt from it, so that what it says of a text is a probability of that text. Two
//! readers of one model do not meet: what was learnt belongs to the state.

use std::sync::Arc;

use gyeol_base::{Fault, Result};
use gyeol_neural::net::{Predictor, StreamState};
use gyeol_ngram::{Scored, ScoresWords, WordId};

use crate::net::NetLm;

/// Largest norm of a window's gradient.
const CLIP: f64 = 1.0;

/// η, ρ and the words of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DynamicParams {
    /// η.
    pub rate: f64,
    /// ρ.
    pub pull: f64,
    /// Words that are scored before the parameters move.
    pub window: usize,
}

/// A recurrent net of words that learns from what it reads.
#[derive(Debug)]
pub struct DynamicLm {
    net: NetLm,
    params: DynamicParams,
}

/// The net as it is by now, and where it reads.
#[derive(Debug, Clone)]
pub struct DynamicState {
    /// None until something was learnt: the net as it was trained.
    moved: Option<Arc<Predictor<f32>>>,
    /// Before the first word of the window, and before the next one.
    window: Arc<StreamState<f32>>,
    memory: Arc<StreamState<f32>>,
    /// Classes of the window that were read, and what came after each.
    read: Vec<u32>,
    came: Vec<u32>,
    /// Read next.
    pending: u32,
}

impl DynamicLm {
    /// A net that learns while it reads.
    ///
    /// # Errors
    /// A net over a window; numbers outside their range.
    pub fn new(net: NetLm, params: DynamicParams) -> Result<DynamicLm> {
        let DynamicParams { rate, pull, window } = params;
        let sound = (0.0..=1e3).contains(&rate) && (0.0..1.0).contains(&pull) && (1..=4096).contains(&window);
        if !sound {
            return Err(Fault::new(
                "dynamic",
                format!("rate {rate}, pull {pull}, windows of {window} words"),
            )
            .cause(
                "the rate is from 0 to 1,000, the pull from 0 and below 1, and a window has 1 to 4,096 words",
            )
            .next("give other numbers")
            .input());
        }
        net.recurrent()?;
        Ok(DynamicLm { net, params })
    }

    /// The net as it was trained.
    pub fn net(&self) -> &NetLm {
        &self.net
    }

    /// The net again.
    pub fn into_net(self) -> NetLm {
        self.net
    }

    /// η, ρ and the words of a window.
    pub fn params(&self) -> DynamicParams {
        self.params
    }

    fn trained(&self) -> &Predictor<f32> {
        // It was looked for when this was made.
        self.net.predictor().unwrap_or_else(|| unreachable!("a recurrent net"))
    }

    fn now<'a>(&'a self, state: &'a DynamicState) -> &'a Predictor<f32> {
        state.moved.as_deref().unwrap_or_else(|| self.trained())
    }

    /// Adds what was read to the window, and learns from the window once it is full.
    fn read(&self, state: &mut DynamicState, read: &[u32], came: &[u32], after: StreamState<f32>) {
        state.memory = Arc::new(after);
        state.read.extend_from_slice(read);
        state.came.extend_from_slice(came);
        if state.read.len() < self.params.window {
            return;
        }
        let how = (self.params.rate, CLIP, self.params.pull);
        let piece = (&state.read[..], &state.came[..]);
        // Classes are tokens of the net, which was tried when it was made; a step into what is no number is not taken.
        if let Ok(moved) = self.now(state).moved(piece, &state.window, how, self.trained().params())
            && moved.params().iter().all(|p| p.is_finite())
        {
            state.moved = Some(Arc::new(moved));
        }
        state.window = state.memory.clone();
        state.read.clear();
        state.came.clear();
    }

    fn said(&self, state: &DynamicState) -> (Vec<f32>, StreamState<f32>) {
        let mut memory = (*state.memory).clone();
        let said = self.now(state).next(&[state.pending], &mut memory).unwrap_or_default();
        (said, memory)
    }
}

impl ScoresWords for DynamicLm {
    type State = DynamicState;

    fn vocabulary_len(&self) -> usize {
        self.net.vocabulary_len()
    }

    fn id(&self, word: &[u8]) -> WordId {
        self.net.id(word)
    }

    fn word(&self, id: WordId) -> &str {
        self.net.word(id)
    }

    fn start(&self) -> DynamicState {
        DynamicState {
            moved: None,
            window: Arc::default(),
            memory: Arc::default(),
            read: Vec::new(),
            came: Vec::new(),
            pending: self.net.classes().of(gyeol_ngram::SENTENCE_END),
        }
    }

    fn score(&self, before: &DynamicState, word: WordId) -> (Scored, DynamicState) {
        let class = self.net.classes().of(word);
        let (said, memory) = self.said(before);
        let ln = said.get(class as usize).copied().unwrap_or(f32::NEG_INFINITY);
        let mut next = before.clone();
        self.read(&mut next, &[before.pending], &[class], memory);
        next.pending = class;
        (self.net.scored(word, ln), next)
    }

    /// Up to the end of a window at once.
    fn score_run(
        &self,
        words: &[WordId],
        mut state: DynamicState,
        each: &mut impl FnMut(Scored),
    ) -> DynamicState {
        let [_, asked @ ..] = words else { return state };
        let mut rest = asked;
        while !rest.is_empty() {
            let some = rest.len().min(self.params.window - state.read.len());
            let (now, later) = rest.split_at(some);
            rest = later;
            let came: Vec<u32> = now.iter().map(|&word| self.net.classes().of(word)).collect();
            let read: Vec<u32> =
                [state.pending].into_iter().chain(came[..some - 1].iter().copied()).collect();
            let mut memory = (*state.memory).clone();
            let mut asked = now.iter();
            let scored = self.now(&state).score(&read, &came, &mut memory, &mut |ln| {
                if let Some(&word) = asked.next() {
                    each(self.net.scored(word, ln));
                }
            });
            debug_assert!(scored.is_ok(), "classes are tokens of the net: {scored:?}");
            self.read(&mut state, &read, &came, memory);
            state.pending = came[some - 1];
        }
        state
    }

    fn distribution(&self, state: &DynamicState, out: &mut Vec<f64>) {
        self.net.spread(&self.said(state).0, out);
    }
}
