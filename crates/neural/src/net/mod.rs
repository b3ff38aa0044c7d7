//! Nets over sequences: tokens or numbers in, a recurrent stack, and values or classes out, of every step or of the
//! last one.
//!
//! ```text
//! x (N, I)        numbers, or E[ids] with dropout                    Input
//! y (N, D H)      recurrent stack, dropout on its output             StackParams
//! s (M, W)        all steps (M = N), each row's last, or each row's  Reads
//!                 steps pooled (M = B); W = D H, 2 D H of mean and max
//! s (M, P)        s W_p, if there is a projection
//! s (M, P + Q)    with Q numbers of each row that come from elsewhere beside, if there are any  Net::with_beside
//! o (M, K)        f(s W + b) against values, or softmax over classes Output
//! ```
//!
//! | arrangement | input | reads |
//! |---|---|---|
//! | many-to-one (class of a text, next values of a series) | sequence | last, or pooled |
//! | many-to-many, aligned (language model, tags) | sequence | every |
//! | one-to-one (numbers to numbers, without time) | [`Mlp`] | |
//! | a bag of features to numbers, without order | [`Bag`] | |
//! | so many tokens to the next | [`Window`] | |
//! | many-to-many of other lengths | [`EncoderDecoder`] | |
//! | one-to-many | [`EncoderDecoder`] that reads a vector of numbers | |

mod adopt;
mod bag;
mod head;
mod inside;
mod learner;
mod memory;
mod mlp;
mod pooling;
mod predictor;
mod reach;
mod room;
mod seq2seq;
mod summary;
mod tagging;
mod window;

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{Buffer, Real, Rng, Write};
use serde::{Deserialize, Serialize};

use self::head::{Drawing, Head, HeadPacked, HeadTape};
use self::pooling::{Pooling, PoolingTape};
use crate::dense::{Dense, DensePacked};
use crate::embedding::{Embedding, TableGradient};
use crate::error::{Error, Result};
use crate::layout::{Initial, Layout};
use crate::loss::Loss;
use crate::recurrent::Above;
use crate::stack::{Stack, StackPacked, StackParams, StackTape, apply_mask};
use crate::steps::Steps;

pub use bag::{Bag, BagFit, BagParams, BagRows, BagTraining};
pub use head::Targets;
pub use inside::{LayerInside, Part, inside};
pub use learner::{Labelled, Learner, LearnerWorkspace, Samples, Series, TokenStreams};
pub use mlp::{Mlp, MlpPacked, MlpParams, MlpTape, Rows, RowsLearner, RowsWorkspace};
pub use predictor::{Predictor, StreamState};
pub use seq2seq::{
    Drawn, EncoderDecoder, EncoderDecoderPacked, EncoderDecoderParams, EncoderDecoderTape, Length,
    PairsLearner, Said, Score, Search, SequencePredictor, Source,
};
pub use summary::{LayerSummary, Summary};
pub use tagging::TagPredictor;
pub use window::{Window, WindowParams, WindowPredictor, Windows, WindowsLearner, WindowsWorkspace};

/// What a step of the input is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A token, looked up in a table of `vocabulary` vectors; the stack's input is their width.
    Tokens {
        /// Rows of the table.
        vocabulary: usize,
    },
    /// The stack's input, as numbers.
    Numbers,
}

/// Which outputs of the stack go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// Each row's last.
    Last,
    /// That of every step.
    Every,
    /// The mean of each row's own steps.
    Mean,
    /// The largest of each row's own steps, column by column.
    Max,
    /// The mean and the largest side by side.
    MeanMax,
    /// The mean of each row's own steps, weighed by a softmax over their products with a vector that is learnt.
    Attention,
}

/// What the net says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// `width` numbers, judged by a loss.
    Values {
        /// K.
        width: usize,
        /// f.
        activation: Activation,
        /// Loss, averaged over the K numbers.
        loss: Loss,
    },
    /// One of `classes`, by softmax with categorical cross-entropy.
    Classes {
        /// K.
        classes: usize,
    },
    /// One of `classes`, numbered by falling frequency, by [`crate::AdaptiveSoftmax`]: cheaper than the full softmax
    /// for large vocabularies, and another model.
    Adaptive {
        /// K.
        classes: usize,
        /// First class of each cluster.
        cutoffs: Vec<usize>,
        /// How much narrower each cluster's projection is than the one before.
        shrink: usize,
    },
    /// One of `classes`, numbered by falling frequency, by softmax: learnt by samples ([`crate::SampledSoftmax`]), over all classes
    /// when asked. [`Net::exact`] makes a net of [`Output::Classes`] of it once it has learnt.
    Sampled {
        /// K.
        classes: usize,
        /// Classes that are drawn for a step.
        samples: usize,
    },
}

impl Output {
    /// K: numbers that are said of an example.
    pub fn width(&self) -> usize {
        self.size().1
    }

    /// Classes; none of values.
    pub fn classes(&self) -> Option<usize> {
        Some(self.width()).filter(|_| !matches!(self, Output::Values { .. }))
    }

    /// K, with its name.
    fn size(&self) -> (&'static str, usize) {
        match *self {
            Output::Values { width, .. } => ("width", width),
            Output::Classes { classes }
            | Output::Adaptive { classes, .. }
            | Output::Sampled { classes, .. } => ("classes", classes),
        }
    }
}

/// Shape of a net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetParams {
    /// Input.
    pub input: Input,
    /// Recurrent layers.
    pub stack: StackParams,
    /// Probability with which numbers of the embeddings and of the stack's output are dropped; by step, or by sequence
    /// where `stack.locked`.
    pub dropout: f64,
    /// Which outputs go on.
    pub reads: Reads,
    /// P: columns of a linear layer without bias before the output layer; none goes there directly.
    pub projection: Option<usize>,
    /// Output.
    pub output: Output,
    /// Whether the table of embeddings is the output layer's weights too (Press and Wolf 2017; Inan et al. 2017): W = E, for
    /// classes that are the tokens and a head that reads as many columns as an embedding has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tied: bool,
}

impl NetParams {
    /// Refuses what makes no net.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<()> {
        self.stack.check()?;
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        if !(0.0..1.0).contains(&self.dropout) {
            return bad("dropout", self.dropout.to_string(), "at least 0 and below 1");
        }
        if self.tied {
            let read = self.projection.unwrap_or(self.stack.output());
            let alike = match (&self.input, &self.output) {
                (
                    Input::Tokens { vocabulary },
                    Output::Classes { classes } | Output::Sampled { classes, .. },
                ) => vocabulary == classes,
                _ => false,
            };
            let plain = matches!(self.reads, Reads::Last | Reads::Every);
            if !alike || !plain || read != self.stack.input {
                let allowed = "false, but for tokens in, a full softmax over the same tokens out, and a head that reads as many \
                               columns as an embedding has";
                return bad("tied", "true".into(), allowed);
            }
        }
        let samples = if let Output::Sampled { samples, .. } = self.output { samples } else { 1 };
        check_sizes([
            ("samples", samples),
            ("vocabulary", if let Input::Tokens { vocabulary } = self.input { vocabulary } else { 1 }),
            ("projection", self.projection.unwrap_or(1)),
            self.output.size(),
        ])
    }
}

/// Refuses sizes of nothing and of more than memory holds.
fn check_sizes(sizes: impl IntoIterator<Item = (&'static str, usize)>) -> Result<()> {
    match sizes.into_iter().find(|(_, n)| *n == 0 || *n > 1 << 26) {
        Some((name, n)) => {
            Err(Error::Parameter { name, value: n.to_string(), allowed: "between 1 and 67108864" })
        }
        None => Ok(()),
    }
}

/// A net.
#[derive(Debug, Clone)]
pub struct Net {
    params: NetParams,
    layout: Layout,
    embedding: Option<Embedding>,
    stack: Stack,
    pooling: Option<Pooling>,
    projection: Option<Dense>,
    /// Q.
    beside: usize,
    head: Head,
}

/// Packed weights.
#[derive(Debug, Clone)]
pub struct NetPacked<T: Real> {
    stack: StackPacked<T>,
    projection: Option<DensePacked<T>>,
    head: HeadPacked<T>,
}

/// What goes in, and what should come out.
#[derive(Debug, Clone)]
pub struct Batch<T: Real> {
    /// Rows and their lengths.
    pub steps: Steps,
    /// Tokens: N; empty for numbers.
    pub ids: Vec<u32>,
    /// Numbers (N, I); for tokens the net fills it.
    pub x: Buffer<T>,
    /// Target classes: M, in the walk's order of steps, or by the caller's rows where the net reads the last.
    pub classes: Vec<u32>,
    /// Target values (M, K), NaN where nothing is known.
    pub values: Buffer<T>,
    /// Numbers (B, Q) that the head reads beside, by the caller's rows; empty without.
    pub beside: Buffer<T>,
    /// State carried in, then out: h (L·D, B, H); empty without.
    pub h: Buffer<T>,
    /// And c (L·D, B, M H).
    pub c: Buffer<T>,
}

/// Room for a batch of rows that walk together.
#[derive(Debug, Clone)]
pub struct NetTape<T: Real> {
    stack: StackTape<T>,
    head: HeadTape<T>,
    input_mask: Buffer<T>,
    output_mask: Buffer<T>,
    dropped: bool,
    pooling: Option<PoolingTape<T>>,
    /// (M, W) as the head reads it, where that is not the stack's output itself.
    read: Buffer<T>,
    d_read: Buffer<T>,
    projected: Buffer<T>,
    d_projected: Buffer<T>,
    /// (M, P + Q), where something stands beside.
    joined: Buffer<T>,
    d_joined: Buffer<T>,
    d_last: Buffer<T>,
    dx: Buffer<T>,
}

impl Net {
    /// Builds a net.
    ///
    /// # Errors
    /// [`Error::Parameter`]; [`Error::Precision`] where this process has no kernels for the precision.
    pub fn new(params: &NetParams) -> Result<Net> {
        Net::with_beside(params, 0)
    }

    /// A net whose head reads `beside` numbers of each row, which come from elsewhere, beside what the stack was read to: both are
    /// weighed by one layer, learnt together.
    ///
    /// # Errors
    /// As [`Net::new`]; numbers beside a net that reads every step, or whose table is the head's.
    pub fn with_beside(params: &NetParams, beside: usize) -> Result<Net> {
        params.check()?;
        if beside > 0 && (params.reads == Reads::Every || params.tied || beside > 1 << 26) {
            let allowed = "0, but for a net that reads each row once, with a head of its own";
            return Err(Error::Parameter { name: "beside", value: beside.to_string(), allowed });
        }
        let mut layout = Layout::new();
        let precision = params.stack.precision;
        let stack = Stack::new(&mut layout, "stack", &params.stack);
        let pooling = Pooling::new(&mut layout, params.reads, params.stack.output());
        let mut width = pooling.as_ref().map_or(params.stack.output(), Pooling::output);
        let projection = params.projection.map(|p| {
            let initial = Initial::Glorot { fan_in: width, fan_out: p };
            Dense::without_bias(&mut layout, "projection", width, p, initial).with_precision(precision)
        });
        width = params.projection.unwrap_or(width) + beside;
        let head = Head::new(&mut layout, width, &params.output, params.tied)?.with_precision(precision);
        let embedding = match params.input {
            Input::Tokens { vocabulary } if params.tied => {
                let table = head.table().ok_or(Error::Parameter {
                    name: "tied",
                    value: "true".into(),
                    allowed: "false without a full softmax",
                })?;
                Some(Embedding { rows: vocabulary, width: params.stack.input, table })
            }
            Input::Tokens { vocabulary } => {
                Some(Embedding::new(&mut layout, "embedding", vocabulary, params.stack.input))
            }
            Input::Numbers => None,
        };
        Ok(Net { params: params.clone(), layout, embedding, stack, pooling, projection, beside, head })
    }

    /// Shape.
    pub fn params(&self) -> &NetParams {
        &self.params
    }

    /// Parameters.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The recurrent layers.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// W: columns of what is read of the stack.
    fn read_width(&self) -> usize {
        self.pooling.as_ref().map_or(self.params.stack.output(), Pooling::output)
    }

    /// P: columns that the head reads of the stack.
    fn head_below(&self) -> usize {
        self.params.projection.unwrap_or(self.read_width())
    }

    /// Columns the head reads.
    fn head_input(&self) -> usize {
        self.head_below() + self.beside
    }

    /// Numbers of a row that the head reads beside.
    pub fn beside(&self) -> usize {
        self.beside
    }

    /// K.
    fn output_width(&self) -> usize {
        self.head.width()
    }

    /// Embedding, stack and what the head reads of it.
    fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &NetPacked<T>,
        batch: &mut Batch<T>,
        rng: Option<&mut Rng>,
        tape: &mut NetTape<T>,
    ) {
        let p = &self.params;
        let (n, width, locked) = (batch.steps.total(), self.read_width(), p.stack.locked);
        let mut rng = rng;
        tape.dropped = p.dropout > 0.0 && rng.is_some();
        if let Some(embedding) = &self.embedding {
            let x = &mut batch.x[..n * p.stack.input];
            embedding.forward(params, &batch.ids, x);
            if let Some(rng) = rng.as_deref_mut()
                && tape.dropped
            {
                let drawn = if locked { batch.steps.rows() } else { n } * p.stack.input;
                rng.fill_dropout(&mut tape.input_mask[..drawn], p.dropout);
                apply_mask(&batch.steps, p.stack.input, locked, &tape.input_mask, x);
            }
        }
        let x = &batch.x[..n * p.stack.input];
        let state = (!batch.h.is_empty()).then_some((&batch.h[..], &batch.c[..]));
        self.stack.forward(
            params,
            &packed.stack,
            x,
            &batch.steps,
            state,
            rng.as_deref_mut(),
            &mut tape.stack,
        );
        if !batch.h.is_empty() {
            self.stack.state_into(&batch.steps, &tape.stack, &mut batch.h, &mut batch.c);
        }
        let m = self.outputs(&batch.steps);
        match p.reads {
            Reads::Last => self.stack.last_into(&batch.steps, &tape.stack, &mut tape.read[..m * width]),
            Reads::Every if tape.dropped => {
                tape.read[..m * width].copy_from_slice(self.stack.output(&batch.steps, &tape.stack));
            }
            Reads::Every => {}
            Reads::Mean | Reads::Max | Reads::MeanMax | Reads::Attention => {
                if let (Some(pooling), Some(room)) = (&self.pooling, &mut tape.pooling) {
                    let y = self.stack.output(&batch.steps, &tape.stack);
                    pooling.forward(params, &batch.steps, y, &mut tape.read[..m * width], room);
                }
            }
        }
        if let Some(rng) = rng
            && tape.dropped
        {
            let read = &mut tape.read[..m * width];
            let by_step = p.reads == Reads::Every && !locked;
            let drawn = if by_step { n } else { batch.steps.rows() } * width;
            rng.fill_dropout(&mut tape.output_mask[..drawn], p.dropout);
            self.mask_output(&batch.steps, &tape.output_mask, read);
        }
        if let (Some(d), Some(packed)) = (&self.projection, &packed.projection) {
            let read = read_of(&self.stack, p.reads, &batch.steps, &tape.stack, &tape.read, tape.dropped);
            let columns = d.output;
            d.forward(params, packed, &read[..m * width], &mut tape.projected[..m * columns]);
        }
        if self.beside > 0 {
            let NetTape { read, projected, joined, .. } = tape;
            let below = if self.projection.is_some() { &projected[..] } else { &read[..] };
            let (own, columns) = (self.head_below(), self.head_input());
            let rows = below.chunks_exact(own).zip(batch.beside.chunks_exact(self.beside));
            for (to, (below, beside)) in joined[..m * columns].chunks_exact_mut(columns).zip(rows) {
                to[..own].copy_from_slice(below);
                to[own..].copy_from_slice(beside);
            }
        }
    }

    fn mask_output<T: Real>(&self, steps: &Steps, mask: &[T], x: &mut [T]) {
        if self.params.reads == Reads::Every {
            apply_mask(steps, self.params.stack.output(), self.params.stack.locked, mask, x);
        } else {
            x.iter_mut().zip(mask).for_each(|(v, &m)| *v *= m);
        }
    }

    /// M: rows the head reads.
    fn outputs(&self, steps: &Steps) -> usize {
        if self.params.reads == Reads::Every { steps.total() } else { steps.rows() }
    }

    /// Sum of the outputs' losses, without anything random.
    pub fn loss<T: Real>(
        &self,
        params: &[T],
        packed: &NetPacked<T>,
        batch: &mut Batch<T>,
        tape: &mut NetTape<T>,
    ) -> f64 {
        self.forward(params, packed, batch, None, tape);
        let m = self.outputs(&batch.steps);
        let read = read_of(&self.stack, self.params.reads, &batch.steps, &tape.stack, &tape.read, false);
        let read = match (self.beside, &self.projection) {
            (0, Some(_)) => &tape.projected[..],
            (0, None) => read,
            _ => &tape.joined[..],
        };
        let targets = self.targets(batch, m);
        self.head.loss(params, &packed.head, &read[..m * self.head_input()], targets, &mut tape.head)
    }

    fn targets<'a, T: Real>(&self, batch: &'a Batch<T>, m: usize) -> Targets<'a, T> {
        match self.params.output {
            Output::Values { width, .. } => Targets { classes: &[], values: &batch.values[..m * width] },
            _ => Targets { classes: &batch.classes[..m], values: &[] },
        }
    }

    /// Sum of the outputs' losses; `gradient` becomes `scale` times its gradient (whatever stood there), and `tables`
    /// those of the layout's tables. Masks are drawn by the first generator, what all rows of a step share by the second.
    pub fn learn<T: Real>(
        &self,
        params: &[T],
        packed: &NetPacked<T>,
        batch: &mut Batch<T>,
        scale: f64,
        (mut rng, mut shared): (Option<Rng>, Option<Rng>),
        tape: &mut NetTape<T>,
        gradient: &mut [T],
        tables: &mut [TableGradient<T>],
    ) -> f64 {
        let p = &self.params;
        self.forward(params, packed, batch, rng.as_mut(), tape);
        let (n, m, width) = (batch.steps.total(), self.outputs(&batch.steps), self.read_width());
        let read = read_of(&self.stack, p.reads, &batch.steps, &tape.stack, &tape.read, tape.dropped);
        let read = &read[..m * width];
        let (own, columns) = (self.head_below(), self.head_input());
        let (head_read, d_head) = match (self.beside, &self.projection) {
            (0, Some(_)) => (&tape.projected[..m * own], &mut tape.d_projected[..m * own]),
            (0, None) => (read, &mut tape.d_read[..m * own]),
            _ => (&tape.joined[..m * columns], &mut tape.d_joined[..m * columns]),
        };
        let (targets, head) = (self.targets(batch, m), &mut tape.head);
        let sampled = matches!(self.head, Head::Sampled(_));
        let drawing = Drawing { rng: shared.as_mut(), table: tables.first_mut().filter(|_| sampled) };
        let loss =
            self.head.learn(params, &packed.head, head_read, targets, scale, head, d_head, gradient, drawing);
        if self.beside > 0 {
            let below = if self.projection.is_some() { &mut tape.d_projected } else { &mut tape.d_read };
            let rows = tape.d_joined[..m * columns].chunks_exact(columns);
            below.chunks_exact_mut(own).zip(rows).for_each(|(to, row)| to.copy_from_slice(&row[..own]));
        }
        if let (Some(d), Some(p)) = (&self.projection, &packed.projection) {
            let (dy, dx) = (&mut tape.d_projected[..m * own], &mut tape.d_read[..m * width]);
            d.backward(p, read, &[], dy, Some(dx), gradient, Write::Set);
        }
        let d_read = &mut tape.d_read[..m * width];
        if tape.dropped {
            self.mask_output(&batch.steps, &tape.output_mask, d_read);
        }
        let above = match p.reads {
            Reads::Every => Above::every(&*d_read),
            Reads::Last => {
                let rows = batch.steps.rows();
                let d_last = &mut tape.d_last[..rows * p.stack.state()];
                self.stack.last_gradient(d_read, rows, d_last);
                Above::last(&*d_last)
            }
            Reads::Mean | Reads::Max | Reads::MeanMax | Reads::Attention => {
                match (&self.pooling, &mut tape.pooling) {
                    (Some(pooling), Some(room)) => {
                        let y = self.stack.output(&batch.steps, &tape.stack);
                        pooling.backward(params, &batch.steps, y, d_read, room, gradient);
                        Above::every(&room.d_every[..n * p.stack.output()])
                    }
                    _ => unreachable!("a net that pools has room for it"),
                }
            }
        };
        let x = &batch.x[..n * p.stack.input];
        let dx = self.embedding.is_some().then(|| &mut tape.dx[..n * p.stack.input]);
        self.stack.backward(
            &packed.stack,
            x,
            &batch.steps,
            &mut tape.stack,
            above,
            dx,
            None,
            gradient,
            Write::Set,
        );
        if let Some(embedding) = &self.embedding {
            let dx = &mut tape.dx[..n * p.stack.input];
            if tape.dropped {
                apply_mask(&batch.steps, p.stack.input, p.stack.locked, &tape.input_mask, dx);
            }
            // The head's table comes first, and may be the embedding's too.
            let own = usize::from(sampled && !p.tied);
            match tables.get_mut(own) {
                Some(table) if sampled && p.tied => embedding.backward_behind(&batch.ids, dx, table),
                Some(table) => embedding.backward(&batch.ids, dx, table),
                None => embedding.backward_into(&batch.ids, dx, gradient),
            }
        }
        loss
    }
}

/// (M, W) as the projection or the head reads it.
fn read_of<'a, T: Real>(
    stack: &Stack,
    reads: Reads,
    steps: &Steps,
    tape: &'a StackTape<T>,
    copy: &'a Buffer<T>,
    dropped: bool,
) -> &'a [T] {
    if reads != Reads::Every || dropped { copy } else { stack.output(steps, tape) }
}

#[cfg(test)]
#[path = "../tests/net.rs"]
mod tests;
