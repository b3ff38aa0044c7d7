//! The output layer of a net, and what it is judged by.

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{Buffer, Pool, Precision, Real, Write};

use super::Output;
use crate::adaptive::{AdaptivePacked, AdaptiveSoftmax, AdaptiveTape};
use crate::dense::{Dense, DensePacked};
use crate::error::Result;
use crate::layout::{Layout, Slot};
use crate::loss::Loss;
use crate::softmax::{Softmax, SoftmaxPacked, SoftmaxTape};

#[derive(Debug, Clone)]
pub(crate) enum Head {
    Values(Dense, Loss),
    Classes(Softmax),
    Adaptive(AdaptiveSoftmax),
}

#[derive(Debug, Clone)]
pub(crate) enum HeadPacked<T: Real> {
    Values(DensePacked<T>),
    Classes(SoftmaxPacked<T>),
    Adaptive(AdaptivePacked<T>),
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a tape, never in a list")]
enum Room<T: Real> {
    Values,
    Classes(SoftmaxTape<T>),
    Adaptive(AdaptiveTape<T>),
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
        })
    }

    /// The weights of a full softmax, a row a class.
    pub fn table(&self) -> Option<Slot> {
        match self {
            Head::Classes(s) => Some(s.w.clone()),
            Head::Values(..) | Head::Adaptive(_) => None,
        }
    }

    pub fn with_precision(self, precision: Precision) -> Self {
        match self {
            Head::Values(d, loss) => Head::Values(d.with_precision(precision), loss),
            Head::Classes(s) => Head::Classes(s.with_precision(precision)),
            Head::Adaptive(a) => Head::Adaptive(a.with_precision(precision)),
        }
    }

    pub fn packed<T: Real>(&self) -> HeadPacked<T> {
        match self {
            Head::Values(d, _) => HeadPacked::Values(d.packed()),
            Head::Classes(s) => HeadPacked::Classes(s.packed()),
            Head::Adaptive(a) => HeadPacked::Adaptive(a.packed()),
        }
    }

    pub fn pack<T: Real>(&self, params: &[T], packed: &mut HeadPacked<T>, pool: Option<&Pool>) {
        match (self, packed, pool) {
            (Head::Values(d, _), HeadPacked::Values(p), _) => d.pack(params, p),
            (Head::Classes(s), HeadPacked::Classes(p), Some(pool)) => s.pack_on(params, p, pool),
            (Head::Classes(s), HeadPacked::Classes(p), None) => s.pack(params, p),
            (Head::Adaptive(a), HeadPacked::Adaptive(p), _) => a.pack(params, p),
            (Head::Values(..) | Head::Classes(_) | Head::Adaptive(_), ..) => of_another_net(),
        }
    }

    /// Room for `rows` rows.
    pub fn tape<T: Real>(&self, rows: usize) -> HeadTape<T> {
        let (room, out, curved) = match self {
            Head::Values(d, _) => (Room::Values, rows * d.output, d.activation != Activation::Linear),
            Head::Classes(s) => (Room::Classes(s.tape(rows)), 0, false),
            Head::Adaptive(a) => (Room::Adaptive(a.tape(rows)), 0, false),
        };
        HeadTape { room, out: Buffer::zeros(out), y: Buffer::zeros(if curved { out } else { 0 }) }
    }

    /// K.
    pub fn width(&self) -> usize {
        match self {
            Head::Values(d, _) => d.output,
            Head::Classes(s) => s.classes,
            Head::Adaptive(a) => a.classes,
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
            (Head::Values(..) | Head::Classes(_) | Head::Adaptive(_), _) => of_another_net(),
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
            (Head::Values(..) | Head::Classes(_) | Head::Adaptive(_), ..) => of_another_net(),
        }
    }

    /// The same with the gradients, each row's times `scale`: of the parameters set in `gradient`, of x written to
    /// `dx`.
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
            (Head::Values(..) | Head::Classes(_) | Head::Adaptive(_), ..) => of_another_net(),
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
        }
    }
}
