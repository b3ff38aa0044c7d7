//! Outputs, last states and gradients of every cell, in one and two layers and in both directions, over sequences of
//! equal and of different lengths.

use gyeol_neural::{Above, Cell, Layout, Padding, Stack, StackParams, Steps};
use gyeol_tensor::{Real, Write};

use super::fixture::{Bias, Tensors, convert, near};

const STEPS: usize = 6;
const ROWS: usize = 4;
const INPUT: usize = 3;
const HIDDEN: usize = 5;

/// A block (T, B, width) with its values first, as PyTorch has them, with the values on `side` and `garbage` beyond.
fn padded<T: Real>(x: &[T], lengths: &[usize], width: usize, side: Padding, garbage: f64) -> Vec<T> {
    let mut out = vec![T::from_f64(garbage); x.len()];
    for (b, &l) in lengths.iter().enumerate() {
        let skip = if side == Padding::Left { STEPS - l } else { 0 };
        for t in 0..l {
            let (from, to) = ((t * ROWS + b) * width, ((t + skip) * ROWS + b) * width);
            out[to..to + width].copy_from_slice(&x[from..from + width]);
        }
    }
    out
}

struct Case<'a> {
    tensors: &'a Tensors,
    stack: Stack,
    layout: Layout,
    /// `{cell}.{net}.`
    at: String,
}

impl Case<'_> {
    fn weights<T: Real>(&self, prefix: &str, bias: Bias) -> Vec<T> {
        let mut flat = vec![T::ZERO; self.layout.len()];
        let directions = self.stack.params.directions();
        for (i, cell) in self.stack.cells.iter().enumerate() {
            let layer = i / directions;
            let side = if i % directions == 1 { "_reverse" } else { "" };
            let of = |name: &str| self.tensors.get(&format!("{prefix}{name}_l{layer}{side}"));
            convert(cell, of, bias, &mut flat);
        }
        flat
    }

    fn check<T: Real>(&self, kind: &str, side: Padding, garbage: f64, most: f64) {
        let Case { tensors, stack, at, .. } = self;
        let p = &stack.params;
        let lstm = p.cell == Cell::Lstm;
        let lengths: Vec<usize> =
            tensors.integers(&format!("{kind}.lengths")).iter().map(|&l| l as usize).collect();
        let steps = Steps::ragged(&lengths);
        let (n, width) = (steps.total(), p.output());
        let gathered = |name: &str, width: usize| {
            let block = padded(&tensors.get::<T>(name), &lengths, width, side, garbage);
            let mut out = vec![T::ZERO; n * width];
            steps.gather(&block, STEPS, width, side, &mut out);
            out
        };
        let of_cell = |name: &str| if lstm { tensors.get::<T>(name) } else { Vec::new() };
        let x = gathered("x", INPUT);
        let (h0, c0) = (tensors.get::<T>(&format!("{at}h0")), of_cell(&format!("{at}c0")));
        let w_out = gathered(&format!("{at}w_out"), width);
        let (w_h, w_c) = (tensors.get::<T>(&format!("{at}w_h")), of_cell(&format!("{at}w_c")));

        let params = self.weights::<T>(at, Bias::Sum);
        let mut packed = stack.packed();
        stack.pack(&params, &mut packed);
        let mut tape = stack.tape(STEPS, ROWS);
        stack.forward(&params, &packed, &x, &steps, Some((&h0, &c0)), None, &mut tape);

        let near = |what: &str, got: &[T], want: &[f64]| {
            near(&format!("{at}{kind}.{what}, {side:?}, {garbage}"), got, want, most);
        };
        let want = |name: &str| tensors.exact(&format!("{at}{kind}.{name}"));
        // Over padding PyTorch has zeros too, in the output and in the gradient of x.
        let block = |name: &str, width: usize| padded(&want(name), &lengths, width, side, 0.0);
        let spread = |values: &[T], width: usize| {
            let mut out = vec![T::from_f64(f64::NAN); STEPS * ROWS * width];
            steps.spread(values, STEPS, width, side, &mut out);
            out
        };
        let out = stack.output(&steps, &tape);
        near("out", &spread(out, width), &block("out", width));
        let (mut h, mut c) = (vec![T::ZERO; h0.len()], vec![T::ZERO; c0.len()]);
        stack.state_into(&steps, &tape, &mut h, &mut c);
        near("h_n", &h, &want("h_n"));
        if lstm {
            near("c_n", &c, &want("c_n"));
        }
        let dot = |a: &[T], b: &[T]| a.iter().zip(b).map(|(&a, &b)| a.to_f64() * b.to_f64()).sum::<f64>();
        let loss = dot(out, &w_out) + dot(&h, &w_h) + dot(&c, &w_c);
        near("loss", &[T::from_f64(loss)], &want("loss"));

        let nan = |len: usize| vec![T::from_f64(f64::NAN); len];
        let (mut dx, mut dh0, mut dc0) = (nan(x.len()), nan(h0.len()), nan(c0.len()));
        let mut gradient = nan(params.len());
        stack.backward(
            &packed,
            &x,
            &steps,
            &mut tape,
            Above { every: Some(&w_out), last: Some((&w_h, &w_c)) },
            Some(&mut dx),
            Some((&mut dh0, &mut dc0)),
            &mut gradient,
            Write::Set,
        );
        let wanted: Vec<f64> = self.weights(&format!("{at}{kind}.d."), Bias::Same);
        for slot in self.layout.slots() {
            near(&format!("d.{}", slot.name), slot.of(&gradient), slot.of(&wanted));
        }
        near("d.x", &spread(&dx, INPUT), &block("d.x", INPUT));
        near("d.h0", &dh0, &want("d.h0"));
        if lstm {
            near("d.c0", &dc0, &want("d.c0"));
        }
    }
}

fn check_all<T: Real>(cell: Cell, name: &str, most: f64) {
    let tensors = Tensors::open("cells.safetensors");
    for (net, layers, bidirectional) in [("one", 1, false), ("two", 2, false), ("both", 2, true)] {
        let params = StackParams { layers, bidirectional, ..StackParams::new(cell, INPUT, HIDDEN) };
        let mut layout = Layout::new();
        let stack = Stack::new(&mut layout, "stack", &params);
        let case = Case { tensors: &tensors, stack, layout, at: format!("{name}.{net}.") };
        for kind in ["ragged", "equal"] {
            for (side, garbage) in [
                (Padding::Right, 0.0),
                (Padding::Right, f64::NAN),
                (Padding::Right, 1e30),
                (Padding::Left, 0.0),
                (Padding::Left, f64::NAN),
            ] {
                case.check::<T>(kind, side, garbage, most);
            }
        }
    }
}

fn check_cell(cell: Cell, name: &str) {
    check_all::<f64>(cell, name, F64);
    check_all::<f32>(cell, name, F32);
}

/// Apart relative to 1 + |·|.
const F64: f64 = 1e-10;
const F32: f64 = 1e-5;

#[test]
fn rnn_with_tanh() {
    check_cell(Cell::Rnn, "rnn_tanh");
}

#[test]
fn rnn_with_relu() {
    check_cell(Cell::RnnRelu, "rnn_relu");
}

#[test]
fn lstm() {
    check_cell(Cell::Lstm, "lstm");
}

#[test]
fn gru() {
    check_cell(Cell::Gru, "gru");
}
