//! The neural probabilistic language model (Bengio, Ducharme, Vincent and Jauvin 2003): the C tokens before, each looked up
//! in one table, side by side through hidden layers to the token that comes next.
//!
//! ```text
//! x (B, C E)      E[id_1] … E[id_C], oldest first
//! a (B, H)        dropout(f(x W + b)), as often as there are hidden layers
//! o (B, K)        softmax over the next token; its weights are the table itself where they are tied
//! ```

use std::sync::Mutex;

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{Buffer, Real, Rng};
use serde::{Deserialize, Serialize};

use super::head::Targets;
use super::learner::check_classes;
use super::mlp::{Mlp, MlpPacked, MlpParams, MlpTape};
use super::predictor::free;
use super::summary::{LayerSummary, Summary};
use super::{Output, check_sizes};
use crate::embedding::{Embedding, TokenVectors};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::softmax::NO_TARGET;
use crate::trainer::{Chunk, Gradient, Trainable};

/// Rows that an answer walks over at once.
const ROWS: usize = 32;

/// Shape of a net over a window of tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowParams {
    /// Rows of the table.
    pub vocabulary: usize,
    /// C.
    pub context: usize,
    /// E.
    pub embedding: usize,
    /// Units of each hidden layer; one at least.
    pub hidden: Vec<usize>,
    /// f.
    pub activation: Activation,
    /// Probability with which a hidden unit's output is dropped.
    pub dropout: f64,
    /// What comes next: classes.
    pub output: Output,
    /// Whether the table is the softmax's weights too: for a full softmax over the tokens, and a last hidden layer as wide as
    /// an embedding.
    pub tied: bool,
}

impl WindowParams {
    /// Refuses what makes no net.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<()> {
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        check_sizes([
            ("vocabulary", self.vocabulary),
            ("context", self.context),
            ("embedding", self.embedding),
            ("context times embedding", self.context.saturating_mul(self.embedding)),
        ])?;
        if self.hidden.is_empty() || matches!(self.output, Output::Values { .. }) {
            return bad("output", "a net over tokens".into(), "classes, after one hidden layer at least");
        }
        let full = self.output == Output::Classes { classes: self.vocabulary };
        if self.tied && (!full || self.hidden.last() != Some(&self.embedding)) {
            let allowed = "false, but for a full softmax over the tokens and a last hidden layer as wide as an embedding";
            return bad("tied", "true".into(), allowed);
        }
        self.mlp().check()
    }

    fn mlp(&self) -> MlpParams {
        MlpParams {
            input: self.context * self.embedding,
            hidden: self.hidden.clone(),
            activation: self.activation,
            dropout: self.dropout,
            output: self.output.clone(),
        }
    }
}

/// A net over a window of tokens.
#[derive(Debug, Clone)]
pub struct Window {
    params: WindowParams,
    layout: Layout,
    mlp: Mlp,
    embedding: Embedding,
}

impl Window {
    /// Builds a net.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn new(params: &WindowParams) -> Result<Window> {
        params.check()?;
        let mlp = Mlp::over(&params.mlp(), params.tied)?;
        let mut layout = mlp.layout().clone();
        let embedding = match mlp.head.table().filter(|_| params.tied) {
            Some(table) => Embedding { rows: params.vocabulary, width: params.embedding, table },
            None => Embedding::new(&mut layout, "embedding", params.vocabulary, params.embedding),
        };
        Ok(Window { params: params.clone(), layout, mlp, embedding })
    }

    /// Begins with vectors of tokens instead of drawn ones, as [`super::Net::begin`] does.
    ///
    /// # Errors
    /// [`Error::Shape`] for vectors of another width or of another number of tokens.
    pub fn begin<T: Real>(&self, params: &mut [T], vectors: &TokenVectors) -> Result<()> {
        self.embedding.begin(params, vectors)
    }

    /// Shape.
    pub fn params(&self) -> &WindowParams {
        &self.params
    }

    /// Parameters.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The layers with their shapes; B rows.
    pub fn summary(&self) -> Summary {
        let p = &self.params;
        let mut layers = vec![LayerSummary {
            name: "embedding".into(),
            kind: "embedding".into(),
            x: format!("(B, {}) ids", p.context),
            w: format!("({}, {})", p.vocabulary, p.embedding),
            b: String::new(),
            y: format!("(B, {})", p.context * p.embedding),
            parameters: if p.tied { 0 } else { self.embedding.table.len() },
        }];
        layers.extend(self.mlp.summary().layers);
        Summary { layers }
    }
}

/// A text whose tokens are each told from the C before them.
#[derive(Debug, Clone)]
pub struct Windows {
    ids: Vec<u32>,
    /// Where each token that is to be told stands.
    at: Vec<u32>,
    context: usize,
}

impl Windows {
    /// Of pieces of text, each with `pad` C times before it and every token to be told.
    ///
    /// # Errors
    /// [`Error::Shape`] for a token outside the net's vocabulary or classes, and for more than 2³² of them.
    pub fn new<'a>(net: &Window, pieces: impl IntoIterator<Item = &'a [u32]>, pad: u32) -> Result<Windows> {
        let context = net.params.context;
        let (mut ids, mut at) = (Vec::new(), Vec::new());
        for piece in pieces {
            ids.extend(std::iter::repeat_n(pad, context));
            at.extend((ids.len()..ids.len() + piece.len()).map(|at| at as u32));
            ids.extend_from_slice(piece);
        }
        let most = net.params.vocabulary.min(net.mlp.head.width());
        let shape = |found: String, expected: String| Err(Error::Shape { what: "tokens", found, expected });
        if ids.len() > u32::MAX as usize {
            return shape(format!("{} of them", ids.len()), format!("at most {}", u32::MAX));
        }
        if let Some(id) = ids.iter().find(|&&id| id as usize >= most) {
            return shape(format!("token {id}"), format!("0..{most}"));
        }
        Ok(Windows { ids, at, context })
    }

    /// Tokens that are told.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// True where nothing is told.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}

/// A net with a text, as the trainer takes it.
#[derive(Debug, Clone, Copy)]
pub struct WindowsLearner<'a> {
    /// Net.
    pub net: &'a Window,
    /// Text.
    pub windows: &'a Windows,
}

/// A thread's room.
#[derive(Debug, Clone)]
pub struct WindowsWorkspace<T: Real> {
    ids: Vec<u32>,
    classes: Vec<u32>,
    x: Buffer<T>,
    dx: Buffer<T>,
    tape: MlpTape<T>,
}

impl WindowsLearner<'_> {
    fn gather<T: Real>(&self, params: &[T], samples: &[u32], w: &mut WindowsWorkspace<T>) -> usize {
        let Windows { ids, at, context } = self.windows;
        w.ids.clear();
        w.classes.clear();
        for &sample in samples {
            let at = at[sample as usize] as usize;
            w.ids.extend_from_slice(&ids[at - context..at]);
            w.classes.push(ids[at]);
        }
        let size = w.ids.len() * self.net.params.embedding;
        self.net.embedding.forward(params, &w.ids, &mut w.x[..size]);
        size
    }
}

impl<T: Real> Trainable<T> for WindowsLearner<'_> {
    type Packed = MlpPacked<T>;
    type Workspace = WindowsWorkspace<T>;

    fn layout(&self) -> &Layout {
        &self.net.layout
    }
    fn packed(&self) -> MlpPacked<T> {
        self.net.mlp.packed()
    }
    fn pack(&self, params: &[T], packed: &mut MlpPacked<T>) {
        self.net.mlp.pack(params, packed);
    }
    fn workspace(&self, rows: usize) -> WindowsWorkspace<T> {
        let p = &self.net.params;
        let (ids, size) = (rows * p.context, rows * p.context * p.embedding);
        WindowsWorkspace {
            ids: Vec::with_capacity(ids),
            classes: Vec::with_capacity(rows),
            x: Buffer::zeros(size),
            dx: Buffer::zeros(size),
            tape: self.net.mlp.tape(rows),
        }
    }
    fn learn(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        w: &mut WindowsWorkspace<T>,
        chunk: Chunk<'_, T>,
        gradient: &mut Gradient<T>,
    ) -> f64 {
        let size = self.gather(params, chunk.samples, w);
        let rng = chunk.stream.map(|(seed, number)| Rng::stream(seed, number));
        let WindowsWorkspace { ids, classes, x, dx, tape } = w;
        let (x, dx) = (&x[..size], &mut dx[..size]);
        let targets = Targets { classes, values: &[] };
        let (mlp, dense) = (&self.net.mlp, &mut gradient.dense);
        let loss = mlp.learn_below(params, packed, x, targets, chunk.scale, rng, tape, dense, Some(dx));
        match gradient.tables.first_mut() {
            Some(table) => self.net.embedding.backward(ids, dx, table),
            None => self.net.embedding.backward_into(ids, dx, &mut gradient.dense),
        }
        loss
    }
    fn loss(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        w: &mut WindowsWorkspace<T>,
        chunk: Chunk<'_, T>,
    ) -> f64 {
        let size = self.gather(params, chunk.samples, w);
        let targets = Targets { classes: &w.classes, values: &[] };
        self.net.mlp.loss(params, packed, &w.x[..size], targets, &mut w.tape)
    }
    fn table_rows(&self, rows: usize) -> Vec<(usize, usize)> {
        let p = &self.net.params;
        if p.tied { Vec::new() } else { vec![(rows * p.context, p.embedding)] }
    }
}

/// A net over a window with fixed parameters, that answers.
#[derive(Debug)]
pub struct WindowPredictor<T: Real> {
    net: Window,
    params: Vec<T>,
    packed: MlpPacked<T>,
    rooms: Vec<Mutex<(Buffer<T>, MlpTape<T>)>>,
}

impl<T: Real> WindowPredictor<T> {
    /// A predictor that `threads` may ask at once without waiting.
    ///
    /// # Errors
    /// [`Error::Shape`] when the parameters are not as many as the net has.
    pub fn new(net: Window, params: Vec<T>, threads: usize) -> Result<Self> {
        if params.len() != net.layout.len() {
            let (found, expected) = (params.len().to_string(), net.layout.len().to_string());
            return Err(Error::Shape { what: "parameters", found, expected });
        }
        let mut packed = net.mlp.packed();
        net.mlp.pack(&params, &mut packed);
        let size = ROWS * net.params.context * net.params.embedding;
        let rooms =
            (0..threads.max(1)).map(|_| Mutex::new((Buffer::zeros(size), net.mlp.tape(ROWS)))).collect();
        Ok(WindowPredictor { net, params, packed, rooms })
    }

    /// The net.
    pub fn net(&self) -> &Window {
        &self.net
    }

    /// The parameters.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// Feeds tokens to a stream whose last C stand in `window`, and gives the log-probabilities of what comes after the last
    /// of them.
    ///
    /// # Errors
    /// [`Error::Shape`] for a window of another length, no tokens, or one outside the vocabulary.
    pub fn next(&self, ids: &[u32], window: &mut Vec<u32>) -> Result<Vec<T>> {
        let mut out = Vec::new();
        let skipped = ids.len().saturating_sub(1);
        let (before, last) = ids.split_at(skipped);
        self.slide(before, window)?;
        self.walk(last, window, &mut |_, said| out.extend_from_slice(said))?;
        Ok(out)
    }

    /// The same with the log-probability of a target after each of them; a target of [`NO_TARGET`] is passed over.
    ///
    /// # Errors
    /// As [`WindowPredictor::next`]; another number of targets, or one that is no class.
    pub fn score(
        &self,
        ids: &[u32],
        targets: &[u32],
        window: &mut Vec<u32>,
        each: &mut dyn FnMut(T),
    ) -> Result<()> {
        if targets.len() != ids.len() {
            let (found, expected) = (targets.len().to_string(), format!("{}, one a token", ids.len()));
            return Err(Error::Shape { what: "targets", found, expected });
        }
        check_classes(targets, self.net.mlp.head.width())?;
        self.walk(ids, window, &mut |at, said| {
            if targets[at] != NO_TARGET {
                each(said[targets[at] as usize]);
            }
        })
    }

    fn fits(&self, ids: &[u32], window: &[u32]) -> Result<()> {
        let p = &self.net.params;
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        if window.len() != p.context {
            return shape("window", window.len().to_string(), p.context.to_string());
        }
        match ids.iter().chain(window).find(|&&id| id as usize >= p.vocabulary) {
            Some(id) => shape("tokens", format!("token {id}"), format!("0..{}", p.vocabulary)),
            None => Ok(()),
        }
    }

    /// Moves the window on without an answer.
    fn slide(&self, ids: &[u32], window: &mut Vec<u32>) -> Result<()> {
        self.fits(ids, window)?;
        window.extend_from_slice(ids);
        window.drain(..window.len() - self.net.params.context);
        Ok(())
    }

    fn walk(&self, ids: &[u32], window: &mut Vec<u32>, each: &mut dyn FnMut(usize, &[T])) -> Result<()> {
        self.fits(ids, window)?;
        if ids.is_empty() {
            return Err(Error::Shape {
                what: "tokens",
                found: "none".into(),
                expected: "at least one".into(),
            });
        }
        let (c, e, k) = (self.net.params.context, self.net.params.embedding, self.net.mlp.head.width());
        let mut all = std::mem::take(window);
        all.extend_from_slice(ids);
        let mut room = free(&self.rooms);
        let (x, tape) = &mut *room;
        for first in (0..ids.len()).step_by(ROWS) {
            let rows = ROWS.min(ids.len() - first);
            for row in 0..rows {
                // The window after this token: it and those before.
                let ids = &all[first + row + 1..first + row + 1 + c];
                self.net.embedding.forward(&self.params, ids, &mut x[row * c * e..(row + 1) * c * e]);
            }
            let said = self.net.mlp.outputs(&self.params, &self.packed, &x[..rows * c * e], tape);
            said.chunks_exact(k).enumerate().for_each(|(row, said)| each(first + row, said));
        }
        all.drain(..ids.len());
        *window = all;
        Ok(())
    }
}

#[cfg(test)]
#[path = "../tests/window.rs"]
mod tests;
