//! The output layer of a net, and what it is judged by.

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{Buffer, Pool, Precision, Real, Rng, Write};

use super::Output;
use crate::adaptive::{AdaptivePacked, AdaptiveSoftmax, AdaptiveTape};
use crate::dense::{Dense, DensePacked};
use crate::embedding::TableGradient;
use crate::error::Result;
use crate::layout::{Layout, Slot};
use crate::loss::Loss;
use crate::sampled::{SampledSoftmax, SampledTape};
use crate::softmax::{Softmax, SoftmaxPacked, SoftmaxTape};

#[derive(Debug, Clone)]
pub(crate) enum Head {
    Values(Dense, Loss),
    Classes(Softmax),
    Adaptive(AdaptiveSoftmax),
    Sampled(SampledSoftmax),
}

#[derive(Debug, Clone)]
pub(crate) enum HeadPacked<T: Real> {
    Values(DensePacked<T>),
    Classes(SoftmaxPacked<T>),
    Adaptive(AdaptivePacked<T>),
    Sampled(SoftmaxPacked<T>),
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a tape, never in a list")]
enum Room<T: Real> {
    Values,
    Classes(SoftmaxTape<T>),
    Adaptive(AdaptiveTape<T>),
    Sampled(SoftmaxTape<T>, SampledTape<T>),
}

/// Room for a walk over rows.
#[derive(Debug, Clone)]
pub(crate) struct HeadTape<T: Real> {
    room: Room<T>,
    /// Values, or log-probabilities where they are asked for: (M, K).
    pub out: Buffer<T>,
    /// A copy of the values for activations other than linear.
    y: Buffer<T>,
}

/// What should come out of a walk over M rows.
#[derive(Debug, Clone, Copy)]
pub struct Targets<'a, T> {
    /// M classes, [`crate::NO_TARGET`] where nothing is known; empty for values.
    pub classes: &'a [u32],
    /// (M, K), NaN where nothing is known; empty for classes.
    pub values: &'a [T],
}

/// What a head that learns by samples needs of a step: the generator that all rows of the step share, none where nothing random may
/// happen, and where rows of its table go.
#[derive(Debug)]
pub(crate) struct Drawing<'a, T: Real> {
    pub rng: Option<&'a mut Rng>,
    pub table: Option<&'a mut TableGradient<T>>,
}

impl<T: Real> Drawing<'_, T> {
    /// Of a head without samples.
    pub fn none() -> Self {
        Drawing { rng: None, table: None }
    }
}

/// What another head packed, or made room for, cannot stand in for this one's.
fn of_another_net() -> ! {
    unreachable!("packed weights or a tape of another net")
}

impl Head {
    pub fn new(layout: &mut Layout, input: usize, output: &Output, tied: bool) -> Result<Self> {
        Ok(match output {
            Output::Values { width, activation, loss } => {
                Head::Values(Dense::new(layout, "output", input, *width, *activation), *loss)
            }
            Output::Classes { classes } if tied => {
                Head::Classes(Softmax::of_table(layout, "output", input, *classes))
            }
            Output::Classes { classes } => Head::Classes(Softmax::new(layout, "output", input, *classes)),
            Output::Adaptive { classes, cutoffs, shrink } => {
                Head::Adaptive(AdaptiveSoftmax::new(layout, "output", input, *classes, cutoffs, *shrink)?)
            }
            Output::Sampled { classes, samples } => {
                Head::Sampled(SampledSoftmax::new(layout, "output", input, *classes, *samples, tied))
            }
        })
    }

    /// The weights of a full softmax, a row a class.
    pub fn table(&self) -> Option<Slot> {
        match self {
            Head::Classes(s) => Some(s.w.clone()),
            Head::Sampled(s) => Some(s.exact.w.clone()),
            Head::Values(..) | Head::Adaptive(_) => None,
        }
    }

    pub fn with_precision(self, precision: Precision) -> Self {
        match self {
            Head::Values(d, loss) => Head::Values(d.with_precision(precision), loss),
            Head::Classes(s) => Head::Classes(s.with_precision(precision)),
            Head::Adaptive(a) => Head::Adaptive(a.with_precision(precision)),
            Head::Sampled(s) => Head::Sampled(s.with_precision(precision)),
        }
    }

    pub fn packed<T: Real>(&self) -> HeadPacked<T> {
        match self {
            Head::Values(d, _) => HeadPacked::Values(d.packed()),
            Head::Classes(s) => HeadPacked::Classes(s.packed()),
            Head::Adaptive(a) => HeadPacked::Adaptive(a.packed()),
            Head::Sampled(s) => HeadPacked::Sampled(s.exact.packed()),
        }
    }

    pub fn pack<T: Real>(&self, params: &[T], packed: &mut HeadPacked<T>, pool: Option<&Pool>) {
        match (self, packed, pool) {
            (Head::Values(d, _), HeadPacked::Values(p), _) => d.pack(params, p),
            (Head::Classes(s), HeadPacked::Classes(p), Some(pool)) => s.pack_on(params, p, pool),
            (Head::Classes(s), HeadPacked::Classes(p), None) => s.pack(params, p),
            (Head::Adaptive(a), HeadPacked::Adaptive(p), _) => a.pack(params, p),
            (Head::Sampled(s), HeadPacked::Sampled(p), _) => s.exact.pack(params, p),
            _ => of_another_net(),
        }
    }

    /// Room for `rows` rows.
    pub fn tape<T: Real>(&self, rows: usize) -> HeadTape<T> {
        let (room, out, curved) = match self {
            Head::Values(d, _) => (Room::Values, rows * d.output, d.activation != Activation::Linear),
            Head::Classes(s) => (Room::Classes(s.tape(rows)), 0, false),
            Head::Adaptive(a) => (Room::Adaptive(a.tape(rows)), 0, false),
            Head::Sampled(s) => (Room::Sampled(s.exact.tape(rows), s.tape(rows)), 0, false),
        };
        HeadTape { room, out: Buffer::zeros(out), y: Buffer::zeros(if curved { out } else { 0 }) }
    }

    /// K.
    pub fn width(&self) -> usize {
        match self {
            Head::Values(d, _) => d.output,
            Head::Classes(s) => s.classes,
            Head::Adaptive(a) => a.classes,
            Head::Sampled(s) => s.exact.classes,
        }
    }

    /// Leaves the values, or the log-probabilities of the classes, of the rows of `x` in `tape.out`.
    pub fn answer<T: Real>(
        &self,
        params: &[T],
        packed: &HeadPacked<T>,
        x: &[T],
        rows: usize,
        tape: &mut HeadTape<T>,
    ) {
        let size = rows * self.width();
        tape.out.reserve_zeros(size);
        let out = &mut tape.out[..size];
        match (self, packed) {
            (Head::Values(d, _), HeadPacked::Values(p)) => d.forward(params, p, x, out),
            (Head::Classes(s), HeadPacked::Classes(p)) => s.log_probabilities(params, p, x, out),
            (Head::Adaptive(a), HeadPacked::Adaptive(p)) => a.log_probabilities(params, p, x, out),
            (Head::Sampled(s), HeadPacked::Sampled(p)) => s.exact.log_probabilities(params, p, x, out),
            _ => of_another_net(),
        }
    }

    /// Sum of the rows' losses; a row of values has the mean of its numbers'.
    pub fn loss<T: Real>(
        &self,
        params: &[T],
        packed: &HeadPacked<T>,
        x: &[T],
        targets: Targets<'_, T>,
        tape: &mut HeadTape<T>,
    ) -> f64 {
        match (self, packed, &mut tape.room) {
            (Head::Values(d, loss), HeadPacked::Values(p), _) => {
                let out = &mut tape.out[..targets.values.len()];
                d.forward(params, p, x, out);
                loss.sum(out, targets.values) / d.output as f64
            }
            (Head::Classes(s), HeadPacked::Classes(p), Room::Classes(room)) => {
                s.loss(params, p, x, targets.classes, room)
            }
            (Head::Adaptive(a), HeadPacked::Adaptive(p), Room::Adaptive(room)) => {
                a.loss(params, p, x, targets.classes, room)
            }
            (Head::Sampled(s), HeadPacked::Sampled(p), Room::Sampled(room, _)) => {
                s.exact.loss(params, p, x, targets.classes, room)
            }
            _ => of_another_net(),
        }
    }

    /// The same with the gradients, each row's times `scale`: of the parameters set in `gradient`, of x written to
    /// `dx`; rows of a table of weights go where `drawing` says.
    pub fn learn<T: Real>(
        &self,
        params: &[T],
        packed: &HeadPacked<T>,
        x: &[T],
        targets: Targets<'_, T>,
        scale: f64,
        tape: &mut HeadTape<T>,
        dx: &mut [T],
        gradient: &mut [T],
        drawing: Drawing<'_, T>,
    ) -> f64 {
        match (self, packed, &mut tape.room) {
            (Head::Values(d, loss), HeadPacked::Values(p), _) => {
                let size = targets.values.len();
                let out = &mut tape.out[..size];
                d.forward(params, p, x, out);
                // The activation's slope needs its output, which the loss turns into a gradient; a linear head has no
                // use for it.
                let y = &mut tape.y[..if d.activation == Activation::Linear { 0 } else { size }];
                y.copy_from_slice(&out[..y.len()]);
                let sum = loss.sum_in_place(out, targets.values, scale / d.output as f64);
                d.backward(p, x, y, out, Some(dx), gradient, Write::Set);
                sum / d.output as f64
            }
            (Head::Classes(s), HeadPacked::Classes(p), Room::Classes(room)) => {
                s.learn(params, p, x, targets.classes, scale, room, dx, gradient, Write::Set)
            }
            (Head::Adaptive(a), HeadPacked::Adaptive(p), Room::Adaptive(room)) => {
                a.learn(params, p, x, targets.classes, scale, room, dx, gradient, Write::Set)
            }
            (Head::Sampled(s), _, Room::Sampled(_, room)) => {
                let Drawing { rng, table } = drawing;
                s.learn(params, x, targets.classes, scale, rng, room, dx, gradient, table)
            }
            _ => of_another_net(),
        }
    }

    /// Kind for people, and (X columns, W, parameters).
    pub fn shape(&self) -> (&'static str, usize, String, usize) {
        match self {
            Head::Values(d, _) => (
                "dense",
                d.input,
                format!("({}, {})", d.input, d.output),
                d.w.len() + d.b.as_ref().map_or(0, |b| b.len()),
            ),
            Head::Classes(s) => ("softmax", s.input, format!("({}, {})", s.classes, s.input), s.parameters()),
            Head::Adaptive(a) => ("adaptive softmax", a.input, "list and clusters".into(), a.parameters()),
            Head::Sampled(SampledSoftmax { exact: s, .. }) => {
                ("softmax", s.input, format!("({}, {})", s.classes, s.input), s.parameters())
            }
        }
    }
}
