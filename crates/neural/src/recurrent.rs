//! Recurrent layers: simple RNN (Elman 1990), LSTM (Hochreiter and Schmidhuber 1997, forget gate by Gers et
//! al. 2000) and GRU (Cho et al. 2014), unrolled over time and differentiated by hand.
//!
//! With x_t (B, I) and h_t (B, H), all T·B rows of the input product are taken at once, then one product with
//! the packed recurrent matrix a step:
//!
//! ```text
//! RNN   h_t = tanh(x_t W_x + h_{t-1} W_h + b)
//! LSTM  i, f, g, o = σ, σ, tanh, σ (x_t W_x + h_{t-1} W_h + b)      W_x (I, 4H), W_h (H, 4H), b (4H)
//!       c_t = f c_{t-1} + i g,   h_t = o tanh(c_t)
//! GRU   r, z = σ(x_t W_x + h_{t-1} W_h + b)                          W_x (I, 3H): n, r, z
//!       n = tanh(x_t W_n + b_n + r (h_{t-1} W_hn + b_hn))            W_h (H, 3H): r, z, n
//!       h_t = (1 - z) n + z h_{t-1}                                  b (4H): n, r, z, hn
//! ```
//!
//! Backward: one walk through time for the gates' gradients dG, then one product each for
//! dW_x = Xᵀ dG, dW_h = H_{t-1}ᵀ dG and dX = dG W_xᵀ over all T·B rows.

use gyeol_tensor::activation::Activation;
use gyeol_tensor::cells::{CellOp, step};
use gyeol_tensor::elementwise::{add, add_column_sums};
use gyeol_tensor::{Buffer, MatRef, Packed, Real, Write, matmul, matmul_packed};
use serde::{Deserialize, Serialize};

use crate::layout::{Initial, Layout, Slot};

/// Kind of cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// Simple recurrent net with tanh.
    Rnn,
    /// Gated recurrent unit.
    Gru,
    /// Long short-term memory.
    Lstm,
}

impl Cell {
    /// Blocks of H columns: (all, those of the input product, first and number of those of the recurrent one).
    fn blocks(self) -> (usize, usize, usize, usize) {
        match self {
            Cell::Rnn => (1, 1, 0, 1),
            Cell::Gru => (4, 3, 1, 3),
            Cell::Lstm => (4, 4, 0, 4),
        }
    }

    /// Name for people.
    pub fn title(self) -> &'static str {
        match self {
            Cell::Rnn => "RNN",
            Cell::Gru => "GRU",
            Cell::Lstm => "LSTM",
        }
    }
}

/// One recurrent layer.
#[derive(Debug, Clone)]
pub struct Recurrent {
    /// Kind.
    pub cell: Cell,
    /// I.
    pub input: usize,
    /// H.
    pub hidden: usize,
    /// W_x.
    pub w_x: Slot,
    /// W_h.
    pub w_h: Slot,
    /// b.
    pub b: Slot,
}

/// The weights as the products take them, packed once an optimizer step.
#[derive(Debug, Clone)]
pub struct RecurrentPacked<T: Real> {
    w_x: Packed<T>,
    w_x_t: Packed<T>,
    w_h: Packed<T>,
    w_h_t: Packed<T>,
}

/// What the forward walk leaves for the backward one, for up to `steps` steps of `rows` rows.
#[derive(Debug, Clone)]
pub struct RecurrentTape<T: Real> {
    rows: usize,
    stride: usize,
    gates: Buffer<T>,
    /// (T + 1, B, H): the first is the state carried in.
    h: Buffer<T>,
    c: Buffer<T>,
    tanh_c: Buffer<T>,
    dh: Buffer<T>,
    dc: Buffer<T>,
}

/// Where dL/dh comes from.
#[derive(Debug, Clone, Copy)]
pub enum OutputGradient<'a, T> {
    /// Only from the last step: (B, H).
    Last(&'a [T]),
    /// From every step: (T, B, H).
    All(&'a [T]),
    /// Only through the last state.
    None,
}

impl Recurrent {
    /// Adds the layer's parameters to a net: Glorot for W_x, orthogonal blocks for W_h, biases 0 but for the
    /// LSTM's forget gate, which begins at 1 (Jozefowicz et al. 2015).
    pub fn new(layout: &mut Layout, name: &str, cell: Cell, input: usize, hidden: usize) -> Self {
        let bias = match cell {
            Cell::Lstm => Initial::Blocks(vec![(hidden, 0.0), (hidden, 1.0), (2 * hidden, 0.0)]),
            _ => Initial::Zero,
        };
        Recurrent::with_bias(layout, name, cell, input, hidden, bias)
    }

    /// An LSTM whose gates begin with a memory of up to `longest` steps (chrono initialisation).
    pub fn chrono_lstm(layout: &mut Layout, name: &str, input: usize, hidden: usize, longest: usize) -> Self {
        let bias = Initial::Chrono { hidden, blocks: 4, input: 0, forget: 1, longest };
        Recurrent::with_bias(layout, name, Cell::Lstm, input, hidden, bias)
    }

    fn with_bias(
        layout: &mut Layout,
        name: &str,
        cell: Cell,
        input: usize,
        hidden: usize,
        bias: Initial,
    ) -> Self {
        let (all, of_x, _, of_h) = cell.blocks();
        let w_x = layout.add(
            format!("{name}.w_x"),
            &[input, of_x * hidden],
            Initial::Glorot { fan_in: input, fan_out: hidden },
        );
        let w_h = layout.add(format!("{name}.w_h"), &[hidden, of_h * hidden], Initial::Orthogonal { hidden });
        let b = layout.add(format!("{name}.b"), &[all * hidden], bias);
        Recurrent { cell, input, hidden, w_x, w_h, b }
    }

    /// Room for the packed weights.
    pub fn packed<T: Real>(&self) -> RecurrentPacked<T> {
        let (_, of_x, _, of_h) = self.cell.blocks();
        RecurrentPacked {
            w_x: Packed::zeros(self.input, of_x * self.hidden),
            w_x_t: Packed::zeros(of_x * self.hidden, self.input),
            w_h: Packed::zeros(self.hidden, of_h * self.hidden),
            w_h_t: Packed::zeros(of_h * self.hidden, self.hidden),
        }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut RecurrentPacked<T>) {
        let (_, of_x, _, of_h) = self.cell.blocks();
        let w_x = MatRef::new(self.w_x.of(params), self.input, of_x * self.hidden);
        let w_h = MatRef::new(self.w_h.of(params), self.hidden, of_h * self.hidden);
        packed.w_x.repack(w_x);
        packed.w_x_t.repack(w_x.t());
        packed.w_h.repack(w_h);
        packed.w_h_t.repack(w_h.t());
    }

    /// Room for `steps` steps of `rows` rows.
    pub fn tape<T: Real>(&self, steps: usize, rows: usize) -> RecurrentTape<T> {
        let (all, ..) = self.cell.blocks();
        let columns = all * self.hidden;
        // A row stride that is a multiple of 1 KiB makes all rows compete for the same cache sets.
        let stride = if (columns * size_of::<T>()).is_multiple_of(1024) {
            columns + 64 / size_of::<T>()
        } else {
            columns
        };
        let state = rows * self.hidden;
        let lstm = self.cell == Cell::Lstm;
        RecurrentTape {
            rows,
            stride,
            gates: Buffer::zeros(steps * rows * stride),
            h: Buffer::zeros((steps + 1) * state),
            c: Buffer::zeros(if lstm { (steps + 1) * state } else { 0 }),
            tanh_c: Buffer::zeros(if lstm { steps * state } else { 0 }),
            dh: Buffer::zeros(state),
            dc: Buffer::zeros(state),
        }
    }

    /// Walks `steps` steps of `rows` rows. x is (T, B, I); `state` is (h, c) carried in, each (B, H), zero where
    /// none. The hidden states stay on the tape ([`RecurrentTape::hidden`]).
    pub fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &RecurrentPacked<T>,
        x: &[T],
        steps: usize,
        rows: usize,
        state: Option<(&[T], &[T])>,
        tape: &mut RecurrentTape<T>,
    ) {
        let (h, (all, of_x, first_h, _)) = (self.hidden, self.cell.blocks());
        let (size, ld) = (rows * h, tape.stride);
        tape.rows = rows;
        match state {
            Some((h0, c0)) => {
                tape.h[..size].copy_from_slice(h0);
                if self.cell == Cell::Lstm {
                    tape.c[..size].copy_from_slice(c0);
                }
            }
            None => {
                tape.h[..size].fill(T::ZERO);
                if self.cell == Cell::Lstm {
                    tape.c[..size].fill(T::ZERO);
                }
            }
        }
        let bias = self.b.of(params);
        let x = MatRef::new(x, steps * rows, self.input);
        matmul_packed(x, &packed.w_x, &mut tape.gates, ld, Write::Bias(&bias[..of_x * h]));
        if of_x < all {
            for row in tape.gates.chunks_mut(ld).take(steps * rows) {
                row[of_x * h..all * h].copy_from_slice(&bias[of_x * h..]);
            }
        }
        for t in 0..steps {
            let gates = &mut tape.gates[t * rows * ld..(t + 1) * rows * ld];
            let (before, after) = tape.h.split_at_mut((t + 1) * size);
            let (h_prev, h_now) = (&before[t * size..], &mut after[..size]);
            let a = MatRef::new(h_prev, rows, h);
            matmul_packed(a, &packed.w_h, &mut gates[first_h * h..], ld, Write::Add);
            match self.cell {
                Cell::Rnn => {
                    for (row, out) in gates.chunks(ld).zip(h_now.chunks_mut(h)) {
                        out.copy_from_slice(&row[..h]);
                    }
                    Activation::Tanh.apply(h_now);
                }
                Cell::Lstm => {
                    let (c_before, c_after) = tape.c.split_at_mut((t + 1) * size);
                    step(CellOp::LstmForward {
                        hidden: h,
                        gates,
                        stride: ld,
                        c_prev: &c_before[t * size..],
                        c: &mut c_after[..size],
                        tanh_c: &mut tape.tanh_c[t * size..(t + 1) * size],
                        h: h_now,
                    });
                }
                Cell::Gru => step(CellOp::GruForward { hidden: h, gates, stride: ld, h_prev, h: h_now }),
            }
        }
    }

    /// From dL/dh to the gradients of the parameters (added to `gradient`), of x (written to `dx`, (T, B, I))
    /// and of the state carried in (written to `d_state`: dh0 and dc0, each (B, H)). `d_last` is dL/d(h, c) of
    /// the last state from whatever comes after.
    ///
    /// Uses up the tape: the gates become their gradients.
    pub fn backward<T: Real>(
        &self,
        packed: &RecurrentPacked<T>,
        x: &[T],
        steps: usize,
        tape: &mut RecurrentTape<T>,
        out: OutputGradient<'_, T>,
        d_last: Option<(&[T], &[T])>,
        dx: Option<&mut [T]>,
        d_state: Option<(&mut [T], &mut [T])>,
        gradient: &mut [T],
    ) {
        let (h, (all, of_x, first_h, of_h)) = (self.hidden, self.cell.blocks());
        let (rows, ld) = (tape.rows, tape.stride);
        let size = rows * h;
        let RecurrentTape { gates, h: hs, c: cs, tanh_c, dh, dc, .. } = tape;
        let (dh, dc) = (&mut dh[..size], &mut dc[..size]);
        match d_last {
            Some((dh_last, dc_last)) => {
                dh.copy_from_slice(dh_last);
                dc.copy_from_slice(dc_last);
            }
            None => {
                dh.fill(T::ZERO);
                dc.fill(T::ZERO);
            }
        }
        if let OutputGradient::Last(d) = out {
            add(&d[..size], dh);
        }
        for t in (0..steps).rev() {
            if let OutputGradient::All(d) = out {
                add(&d[t * size..(t + 1) * size], dh);
            }
            let g = &mut gates[t * rows * ld..(t + 1) * rows * ld];
            let h_prev = &hs[t * size..(t + 1) * size];
            // What reaches h_{t-1} beside the product with W_hᵀ: nothing, or z dh in the GRU.
            let mut write = Write::Set;
            match self.cell {
                Cell::Rnn => {
                    Activation::Tanh.backward(&hs[(t + 1) * size..(t + 2) * size], dh);
                    for (row, d) in g.chunks_mut(ld).zip(dh.chunks(h)) {
                        row[..h].copy_from_slice(d);
                    }
                }
                Cell::Lstm => step(CellOp::LstmBackward {
                    hidden: h,
                    gates: g,
                    stride: ld,
                    c_prev: &cs[t * size..(t + 1) * size],
                    tanh_c: &tanh_c[t * size..(t + 1) * size],
                    dh,
                    dc,
                }),
                Cell::Gru => {
                    step(CellOp::GruBackward { hidden: h, gates: g, stride: ld, h_prev, dh });
                    write = Write::Add;
                }
            }
            let d_gates = MatRef::strided(&g[first_h * h..], rows, of_h * h, ld);
            matmul_packed(d_gates, &packed.w_h_t, dh, h, write);
        }
        let n = steps * rows;
        if n > 0 {
            let of_input = MatRef::strided(gates, n, of_x * h, ld);
            let of_hidden = MatRef::strided(&gates[first_h * h..], n, of_h * h, ld);
            let x = MatRef::new(x, n, self.input);
            matmul(x.t(), of_input, self.w_x.of_mut(gradient), of_x * h, Write::Add);
            matmul(MatRef::new(hs, n, h).t(), of_hidden, self.w_h.of_mut(gradient), of_h * h, Write::Add);
            add_column_sums(gates, n, all * h, ld, self.b.of_mut(gradient));
            if let Some(dx) = dx {
                matmul_packed(of_input, &packed.w_x_t, dx, self.input, Write::Set);
            }
        }
        if let Some((dh0, dc0)) = d_state {
            dh0.copy_from_slice(dh);
            dc0.copy_from_slice(dc);
        }
    }
}

impl<T: Real> RecurrentTape<T> {
    /// Hidden states of the steps walked: (T, B, H).
    pub fn hidden(&self, hidden: usize) -> &[T] {
        &self.h[self.rows * hidden..]
    }

    /// Hidden and cell state after `steps` steps, each (B, H); the cell state is empty but for the LSTM.
    pub fn state(&self, steps: usize, hidden: usize) -> (&[T], &[T]) {
        let size = self.rows * hidden;
        let range = steps * size..(steps + 1) * size;
        (&self.h[range.clone()], if self.c.is_empty() { &[] } else { &self.c[range] })
    }

    /// Gate activations (forward) or gradients (after backward) of one step and row: 4 H (1 H for the RNN).
    pub fn gates(&self, t: usize, row: usize, columns: usize) -> &[T] {
        let at = (t * self.rows + row) * self.stride;
        &self.gates[at..at + columns]
    }
}

#[cfg(test)]
#[path = "tests/recurrent.rs"]
mod tests;
