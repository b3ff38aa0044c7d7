//! Feed-forward nets: dense layers one after another, then values or classes. Without a hidden layer this is the
//! perceptron (Rosenblatt 1958), with some the multilayer perceptron (Rumelhart, Hinton and Williams 1986).
//!
//! ```text
//! a_0 = x (B, I)
//! a_l = dropout(f(a_{l-1} W_l + b_l)) (B, H_l)        W_l (H_{l-1}, H_l), b_l (H_l)
//! o (B, K)                                            values or classes, as in every net (`Output`)
//! ```
//!
//! Softmax is no `Activation`: those work number by number, softmax row by row. As an output it is `Output::Classes`, one
//! with its loss; inside a net it is [`gyeol_tensor::softmax::softmax_rows`] with
//! [`gyeol_tensor::softmax::softmax_backward`].
//!
//! Backward: dZ_l = dA_l ∘ mask ∘ f'(Z_l), dW_l = a_{l-1}ᵀ dZ_l, db_l = column sums of dZ_l, dA_{l-1} = dZ_l W_lᵀ.

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{Buffer, Real, Rng, Write};
use serde::{Deserialize, Serialize};

use super::head::{Drawing, Head, HeadPacked, HeadTape, Targets};
use super::learner::check_classes;
use super::{Output, check_sizes};
use crate::dense::{Dense, DensePacked};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::trainer::{Chunk, Gradient, Trainable};

/// Shape of a feed-forward net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MlpParams {
    /// I.
    pub input: usize,
    /// Units of each hidden layer; none makes a perceptron.
    pub hidden: Vec<usize>,
    /// f of the hidden layers; layers before ReLU begin as He et al. 2015 say, others as Glorot and Bengio 2010.
    pub activation: Activation,
    /// Probability with which a hidden unit's output is dropped (Srivastava et al. 2014).
    pub dropout: f64,
    /// Output.
    pub output: Output,
}

impl MlpParams {
    /// Refuses what makes no net.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<()> {
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        if self.hidden.len() > 256 {
            return bad("hidden", format!("{} layers", self.hidden.len()), "at most 256 layers");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return bad("dropout", self.dropout.to_string(), "at least 0 and below 1");
        }
        let hidden = self.hidden.iter().map(|&h| ("hidden", h));
        check_sizes([("input", self.input), self.output.size()].into_iter().chain(hidden))
    }
}

/// A feed-forward net.
#[derive(Debug, Clone)]
pub struct Mlp {
    params: MlpParams,
    layout: Layout,
    pub(super) hidden: Vec<Dense>,
    pub(super) head: Head,
}

/// Packed weights.
#[derive(Debug, Clone)]
pub struct MlpPacked<T: Real> {
    hidden: Vec<DensePacked<T>>,
    head: HeadPacked<T>,
}

/// Room for a walk over rows.
#[derive(Debug, Clone)]
pub struct MlpTape<T: Real> {
    /// f(Z) of each hidden layer: (B, H_l).
    y: Vec<Buffer<T>>,
    /// Masks and the masked outputs, where there is dropout.
    masks: Vec<Buffer<T>>,
    read: Vec<Buffer<T>>,
    dropped: bool,
    /// Gradients of a layer's output and of its input.
    d_out: Buffer<T>,
    d_in: Buffer<T>,
    head: HeadTape<T>,
}

impl Mlp {
    /// Builds a net; its layers are named `hidden.0`, `hidden.1` … and `output`.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn new(params: &MlpParams) -> Result<Mlp> {
        Mlp::over(params, false)
    }

    /// The same; the weights of a full softmax begin as a table of embeddings where they are one.
    pub(super) fn over(params: &MlpParams, tied: bool) -> Result<Mlp> {
        params.check()?;
        let mut layout = Layout::new();
        let mut width = params.input;
        let mut hidden = Vec::new();
        for (l, &units) in params.hidden.iter().enumerate() {
            hidden.push(Dense::new(&mut layout, &format!("hidden.{l}"), width, units, params.activation));
            width = units;
        }
        let head = Head::new(&mut layout, width, &params.output, tied)?;
        Ok(Mlp { params: params.clone(), layout, hidden, head })
    }

    /// Shape.
    pub fn params(&self) -> &MlpParams {
        &self.params
    }

    /// Parameters; with [`crate::gradient`] its slots give the gradient layer by layer.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Room for packed weights.
    pub fn packed<T: Real>(&self) -> MlpPacked<T> {
        MlpPacked { hidden: self.hidden.iter().map(Dense::packed).collect(), head: self.head.packed() }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut MlpPacked<T>) {
        self.hidden.iter().zip(&mut packed.hidden).for_each(|(d, p)| d.pack(params, p));
        self.head.pack(params, &mut packed.head, None);
    }

    /// Room for up to `rows` rows.
    pub fn tape<T: Real>(&self, rows: usize) -> MlpTape<T> {
        let each = |yes: bool| -> Vec<Buffer<T>> {
            let buffers = self.hidden.iter().map(|d| Buffer::zeros(if yes { rows * d.output } else { 0 }));
            buffers.collect()
        };
        // As wide as x too: what lies below may ask for its gradient.
        let widest = rows * self.hidden.iter().map(|d| d.output).fold(self.params.input, usize::max);
        MlpTape {
            y: each(true),
            masks: each(self.params.dropout > 0.0),
            read: each(self.params.dropout > 0.0),
            dropped: false,
            d_out: Buffer::zeros(widest),
            d_in: Buffer::zeros(widest),
            head: self.head.tape(rows),
        }
    }

    /// The hidden layers; x is (B, I), masks are drawn where `rng` is given.
    fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        x: &[T],
        mut rng: Option<&mut Rng>,
        tape: &mut MlpTape<T>,
    ) {
        let rows = x.len() / self.params.input;
        tape.dropped = rng.is_some() && self.params.dropout > 0.0;
        for (l, (d, p)) in self.hidden.iter().zip(&packed.hidden).enumerate() {
            let size = rows * d.output;
            let (below, here) = tape.y.split_at_mut(l);
            let y = &mut here[0][..size];
            d.forward(params, p, read_of(x, below, &tape.read, tape.dropped, l, rows * d.input), y);
            if let Some(rng) = rng.as_deref_mut()
                && tape.dropped
            {
                let mask = &mut tape.masks[l][..size];
                rng.fill_dropout(mask, self.params.dropout);
                let masked = tape.read[l].iter_mut().zip(y.iter().zip(mask.iter()));
                masked.for_each(|(to, (&v, &m))| *to = v * m);
            }
        }
    }

    /// Columns the head reads.
    fn head_input(&self) -> usize {
        self.hidden.last().map_or(self.params.input, |d| d.output)
    }

    /// Outputs of x (B, I), without anything random: values, or log-probabilities of classes, (B, K).
    pub fn outputs<'a, T: Real>(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        x: &[T],
        tape: &'a mut MlpTape<T>,
    ) -> &'a [T] {
        self.forward(params, packed, x, None, tape);
        let (rows, last) = (x.len() / self.params.input, self.hidden.len());
        let read = read_of(x, &tape.y, &tape.read, false, last, rows * self.head_input());
        self.head.answer(params, &packed.head, read, rows, &mut tape.head);
        &tape.head.out[..rows * self.head.width()]
    }

    /// Sum of the rows' losses, without anything random.
    pub fn loss<T: Real>(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        x: &[T],
        targets: Targets<'_, T>,
        tape: &mut MlpTape<T>,
    ) -> f64 {
        self.forward(params, packed, x, None, tape);
        let size = x.len() / self.params.input * self.head_input();
        let read = read_of(x, &tape.y, &tape.read, false, self.hidden.len(), size);
        self.head.loss(params, &packed.head, read, targets, &mut tape.head)
    }

    /// Sum of the rows' losses; `gradient` becomes `scale` times its gradient, whatever stood there. Allocates nothing.
    pub fn learn<T: Real>(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        x: &[T],
        targets: Targets<'_, T>,
        scale: f64,
        rng: Option<Rng>,
        tape: &mut MlpTape<T>,
        gradient: &mut [T],
    ) -> f64 {
        self.learn_below(params, packed, x, targets, scale, rng, tape, gradient, None)
    }

    /// [`Mlp::learn`] with the gradient of x (B, I) for what lies below.
    pub fn learn_below<T: Real>(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        x: &[T],
        targets: Targets<'_, T>,
        scale: f64,
        mut rng: Option<Rng>,
        tape: &mut MlpTape<T>,
        gradient: &mut [T],
        below: Option<&mut [T]>,
    ) -> f64 {
        self.forward(params, packed, x, rng.as_mut(), tape);
        let rows = x.len() / self.params.input;
        let MlpTape { y, masks, read, dropped, d_out, d_in, head } = tape;
        let size = rows * self.head_input();
        let input = read_of(x, y, read, *dropped, self.hidden.len(), size);
        let dx = &mut d_out[..size];
        let loss =
            self.head.learn(params, &packed.head, input, targets, scale, head, dx, gradient, Drawing::none());
        for (l, (d, p)) in self.hidden.iter().zip(&packed.hidden).enumerate().rev() {
            let size = rows * d.output;
            let dy = &mut d_out[..size];
            if *dropped {
                dy.iter_mut().zip(&masks[l][..size]).for_each(|(g, &m)| *g *= m);
            }
            let input = read_of(x, y, read, *dropped, l, rows * d.input);
            let dx = if l > 0 || below.is_some() { Some(&mut d_in[..rows * d.input]) } else { None };
            d.backward(p, input, &y[l][..size], dy, dx, gradient, Write::Set);
            std::mem::swap(d_out, d_in);
        }
        if let Some(below) = below {
            below.copy_from_slice(&d_out[..x.len()]);
        }
        loss
    }
}

/// What layer `l` reads: x, or what the layer below left.
fn read_of<'a, T: Real>(
    x: &'a [T],
    y: &'a [Buffer<T>],
    masked: &'a [Buffer<T>],
    dropped: bool,
    l: usize,
    size: usize,
) -> &'a [T] {
    match l.checked_sub(1) {
        None => &x[..size],
        Some(below) => &(if dropped { masked } else { y })[below][..size],
    }
}

/// Rows of numbers with what should come out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows<T> {
    /// I.
    pub width: usize,
    /// (rows, I).
    pub x: Vec<T>,
    /// (rows, K); empty for classes.
    pub values: Vec<T>,
    /// (rows); empty for values.
    pub classes: Vec<u32>,
}

impl<T: Real> Rows<T> {
    /// Rows.
    pub fn len(&self) -> usize {
        self.x.len() / self.width.max(1)
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A net and these rows, as the trainer takes them.
    ///
    /// # Errors
    /// [`Error::Shape`] with both shapes when the parts do not belong together, or not to the net.
    pub fn learner<'a>(&'a self, net: &'a Mlp) -> Result<RowsLearner<'a, T>> {
        let (n, k) = (self.len(), net.head.width());
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        if self.width != net.params.input || self.x.len() != n * self.width {
            let found = format!("{} numbers of (rows, {})", self.x.len(), self.width);
            return shape("x", found, format!("(rows, {})", net.params.input));
        }
        let (values, classes) = match net.head {
            Head::Values(..) => (n * k, 0),
            _ => (0, n),
        };
        if (self.values.len(), self.classes.len()) != (values, classes) {
            let say = |values: usize, classes: usize| format!("{values} values and {classes} classes");
            return shape("targets", say(self.values.len(), self.classes.len()), say(values, classes));
        }
        check_classes(&self.classes, k)?;
        Ok(RowsLearner { net, rows: self })
    }
}

/// A feed-forward net with its rows, as the trainer takes it.
#[derive(Debug, Clone, Copy)]
pub struct RowsLearner<'a, T> {
    net: &'a Mlp,
    rows: &'a Rows<T>,
}

/// A thread's room.
#[derive(Debug, Clone)]
pub struct RowsWorkspace<T: Real> {
    x: Buffer<T>,
    values: Buffer<T>,
    classes: Vec<u32>,
    tape: MlpTape<T>,
}

impl<T: Real> RowsLearner<'_, T> {
    /// The rows of `samples`: x and targets, with the room to walk over them.
    fn gather<'w>(
        &self,
        samples: &[u32],
        w: &'w mut RowsWorkspace<T>,
    ) -> (&'w [T], Targets<'w, T>, &'w mut MlpTape<T>) {
        let take = |from: &[T], width: usize, to: &mut [T]| {
            for (row, &s) in to.chunks_exact_mut(width).zip(samples) {
                row.copy_from_slice(&from[s as usize * width..(s as usize + 1) * width]);
            }
        };
        let RowsWorkspace { x, values, classes, tape } = w;
        take(&self.rows.x, self.rows.width, x);
        let targets = match &self.net.head {
            Head::Values(d, _) => {
                take(&self.rows.values, d.output, values);
                Targets { values: &values[..samples.len() * d.output], classes: &[] }
            }
            _ => {
                classes.clear();
                classes.extend(samples.iter().map(|&s| self.rows.classes[s as usize]));
                Targets { values: &[], classes }
            }
        };
        (&x[..samples.len() * self.rows.width], targets, tape)
    }
}

impl<T: Real> Trainable<T> for RowsLearner<'_, T> {
    type Packed = MlpPacked<T>;
    type Workspace = RowsWorkspace<T>;

    fn layout(&self) -> &Layout {
        &self.net.layout
    }
    fn packed(&self) -> MlpPacked<T> {
        self.net.packed()
    }
    fn pack(&self, params: &[T], packed: &mut MlpPacked<T>) {
        self.net.pack(params, packed)
    }
    fn workspace(&self, rows: usize) -> RowsWorkspace<T> {
        let values = if matches!(self.net.head, Head::Values(..)) { self.net.head.width() } else { 0 };
        RowsWorkspace {
            x: Buffer::zeros(rows * self.rows.width),
            values: Buffer::zeros(rows * values),
            classes: Vec::with_capacity(if values > 0 { 0 } else { rows }),
            tape: self.net.tape(rows),
        }
    }
    fn learn(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        w: &mut RowsWorkspace<T>,
        chunk: Chunk<'_, T>,
        gradient: &mut Gradient<T>,
    ) -> f64 {
        let (x, targets, tape) = self.gather(chunk.samples, w);
        let rng = chunk.stream.map(|(seed, number)| Rng::stream(seed, number));
        self.net.learn(params, packed, x, targets, chunk.scale, rng, tape, &mut gradient.dense)
    }
    fn loss(
        &self,
        params: &[T],
        packed: &MlpPacked<T>,
        w: &mut RowsWorkspace<T>,
        chunk: Chunk<'_, T>,
    ) -> f64 {
        let (x, targets, tape) = self.gather(chunk.samples, w);
        self.net.loss(params, packed, x, targets, tape)
    }
}

#[cfg(test)]
#[path = "../tests/mlp.rs"]
mod tests;
