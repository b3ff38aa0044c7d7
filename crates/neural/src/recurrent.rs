//! Recurrent layers: simple RNN (Elman 1990), LSTM (Hochreiter and Schmidhuber 1997, forget gate by Gers et
//! al. 2000), GRU (Cho et al. 2014), sLSTM (Beck et al. 2024) and minGRU (Feng et al. 2024), unrolled over time and
//! differentiated by hand.
//!
//! With x_t (B, I) and h_t (B, H), the input product of all steps is taken at once, then one product with the
//! packed recurrent matrix a step:
//!
//! ```text
//! RNN   h_t = tanh(x_t W_x + h_{t-1} W_h + b), or max(0, ·)
//! LSTM  i, f, g, o = σ, σ, tanh, σ (x_t W_x + h_{t-1} W_h + b)      W_x (I, 4H), W_h (H, 4H), b (4H)
//!       c_t = f c_{t-1} + i g,   h_t = o tanh(c_t)
//! GRU   r, z = σ(x_t W_x + h_{t-1} W_h + b)                          W_x (I, 3H): n, r, z
//!       n = tanh(x_t W_n + b_n + r (h_{t-1} W_hn + b_hn))            W_h (H, 3H): r, z, n
//!       h_t = (1 - z) n + z h_{t-1}                                  b (4H): n, r, z, hn
//! sLSTM a_i, a_f, a_g, a_o = x_t W_x + h_{t-1} W_h + b               W_x (I, 4H), W_h (H, 4H), b (4H)
//!       i, f, g, o = e^(a_i), σ(a_f), tanh(a_g), σ(a_o)
//!       c_t = f c_{t-1} + i g,   n_t = f n_{t-1} + i,   h_t = o c_t / n_t
//! minGRU z = σ(x_t W_z + b_z),  n = x_t W_n + b_n                    W_x (I, 2H): z, n; no W_h; b (2H)
//!       h_t = (1 - z) h_{t-1} + z n
//! ```
//!
//! The sLSTM's c and n are kept divided by e^m, where m_t = max(ln f + m_{t-1}, a_i) is a third number of each unit: c
//! and n with it overflow nowhere, and c/n, which is all that is read, does not change. So m is a scale to write the
//! same numbers in, and no gradient goes through it: the backward walk holds it fixed. Nor does one come in by the last
//! m ([`Above::last`]): a loss that reads the last states as the cell does is the same for (c, n, m) and for
//! (c e^-d, n e^-d, m + d), hence dL/dm = c dL/dc + n dL/dn, which the other two say already. That is written where the
//! gradient of the first m is asked for. The forget gate is a sigmoid, of the two that the paper allows: with f below 1
//! n stays bounded whatever the length of a stream, and a bias of 1 begins it as it begins the LSTM's. W_h is full, as
//! the LSTM's; the paper's heads make it block-diagonal. The states of zero that walks begin with mean that nothing is
//! remembered, and the first step takes its own a_i for m.
//!
//! The minGRU's candidate is the linear one of the paper's section 3.1; that of its section B.2, kept positive, is for
//! scans in the logarithm, which a walk step by step does not need. Nothing in its gates reads h_{t-1}, so there is no
//! recurrent product in either direction.
//!
//! Backward: one walk through time for the gates' gradients dG, then one product each for
//! dW_x = Xᵀ dG, dW_h = H_{t-1}ᵀ dG and dX = dG W_xᵀ over the rows of all steps.
//!
//! Sequences may differ in length: rows are those of [`Steps`], N in all, and no number is spent on padding.
//! With recurrent dropout (Gal and Ghahramani 2016) the h_{t-1} of the products is h_{t-1} ∘ m, one mask m
//! (B, H) for all steps.

use gyeol_tensor::cells::{CellOp, step};
use gyeol_tensor::elementwise::{add, add_column_sums};
use gyeol_tensor::{Buffer, MatRef, Operand, Precision, Real, Rng, Walk, Write, matmul_in, product};

pub use crate::cell::Cell;
use crate::layout::{Initial, Layout, Slot};
use crate::steps::Steps;

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
    /// W_h, where h_{t-1} enters by a product.
    pub w_h: Option<Slot>,
    /// b.
    pub b: Slot,
    precision: Precision,
}

/// The weights as the products take them, packed once an optimizer step.
#[derive(Debug, Clone)]
pub struct RecurrentPacked<T: Real> {
    w_x: Operand<T>,
    w_x_t: Operand<T>,
    /// W_h and its transpose.
    w_h: Option<[Operand<T>; 2]>,
}

/// What the forward walk leaves for the backward one.
#[derive(Debug, Clone)]
pub struct RecurrentTape<T: Real> {
    hidden: usize,
    /// M H.
    memory: usize,
    rows: usize,
    stride: usize,
    /// True where a backward walk may follow.
    keeps: bool,
    /// Of all steps, or of as many at a time as there is room for where the tape does not keep.
    gates: Buffer<T>,
    /// The state carried in (B, H), then the states of all steps (N, H).
    h: Buffer<T>,
    /// What is remembered beside h, in the same order: M H numbers a row.
    c: Buffer<T>,
    /// What else the backward step reads, (N, H): tanh(c) of the LSTM, the slope of ln f of the sLSTM.
    kept: Buffer<T>,
    dh: Buffer<T>,
    dc: Buffer<T>,
    /// Recurrent dropout: (B, H).
    mask: Buffer<T>,
    masked: bool,
    /// The recurrent product's gradient before the mask: (B, H).
    through: Buffer<T>,
    /// h_{t-1} as the products took it, (N, H), where that is not `h` itself: masked, or rows that end.
    h_in: Buffer<T>,
}

/// Where dL/dh comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Above<'a, T> {
    /// From the output of every step: (N, H).
    pub every: Option<&'a [T]>,
    /// From each row's last state, h (B, H) and c (B, M H) by the caller's rows; an empty slice is zero. Of the sLSTM's
    /// m it is not read (see the head of the module).
    pub last: Option<(&'a [T], &'a [T])>,
}

impl<'a, T> Above<'a, T> {
    /// From the output of every step: (N, H).
    pub fn every(d: &'a [T]) -> Self {
        Above { every: Some(d), last: None }
    }

    /// From each row's last hidden state: (B, H).
    pub fn last(d: &'a [T]) -> Self {
        Above { every: None, last: Some((d, &[])) }
    }

    /// From each row's last hidden state and what is remembered beside it.
    pub fn state(d: (&'a [T], &'a [T])) -> Self {
        Above { every: None, last: Some(d) }
    }
}

impl Recurrent {
    /// Adds the layer's parameters to a net: Glorot for W_x, orthogonal blocks for W_h, biases 0 but for the
    /// forget gates, which begin at 1 (Jozefowicz et al. 2015).
    pub fn new(layout: &mut Layout, name: &str, cell: Cell, input: usize, hidden: usize) -> Self {
        let bias = match cell {
            Cell::Lstm | Cell::SLstm => {
                Initial::Blocks(vec![(hidden, 0.0), (hidden, 1.0), (2 * hidden, 0.0)])
            }
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
        let w_h = cell.is_recurrent().then(|| {
            layout.add(format!("{name}.w_h"), &[hidden, of_h * hidden], Initial::Orthogonal { hidden })
        });
        let b = layout.add(format!("{name}.b"), &[all * hidden], bias);
        Recurrent { cell, input, hidden, w_x, w_h, b, precision: Precision::F32 }
    }

    /// The same layer with its products in `precision`; numbers in `f64` are multiplied in full. [`Precision::check`]
    /// says whether this process has kernels for it: products panic where not.
    pub fn with_precision(self, precision: Precision) -> Self {
        Recurrent { precision, ..self }
    }

    /// Room for the packed weights.
    pub fn packed<T: Real>(&self) -> RecurrentPacked<T> {
        let (_, of_x, _, of_h) = self.cell.blocks();
        let zeros = |k, n| Operand::zeros(k, n, self.precision);
        RecurrentPacked {
            w_x: zeros(self.input, of_x * self.hidden),
            w_x_t: zeros(of_x * self.hidden, self.input),
            w_h: self
                .w_h
                .as_ref()
                .map(|_| [zeros(self.hidden, of_h * self.hidden), zeros(of_h * self.hidden, self.hidden)]),
        }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut RecurrentPacked<T>) {
        let (_, of_x, _, of_h) = self.cell.blocks();
        let w_x = MatRef::new(self.w_x.of(params), self.input, of_x * self.hidden);
        packed.w_x.repack(w_x);
        packed.w_x_t.repack(w_x.t());
        if let (Some(slot), Some([w_h, w_h_t])) = (&self.w_h, &mut packed.w_h) {
            let from = MatRef::new(slot.of(params), self.hidden, of_h * self.hidden);
            w_h.repack(from);
            w_h_t.repack(from.t());
        }
    }

    /// Shapes of the weights, for people: `(7, 256) + (64, 256)`.
    pub fn weights(&self) -> String {
        let (of_x, of_h) = self.columns();
        let of_input = format!("({}, {of_x})", self.input);
        if of_h == 0 { of_input } else { format!("{of_input} + ({}, {of_h})", self.hidden) }
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        self.w_x.len() + self.w_h.as_ref().map_or(0, Slot::len) + self.b.len()
    }

    /// Columns of W_x and of W_h.
    pub(crate) fn columns(&self) -> (usize, usize) {
        let (_, of_x, _, of_h) = self.cell.blocks();
        (of_x * self.hidden, of_h * self.hidden)
    }

    /// Distance between the gates of two rows on a tape.
    pub(crate) fn gate_stride<T: Real>(&self) -> usize {
        let columns = self.cell.blocks().0 * self.hidden;
        // A row stride that is a multiple of 1 KiB makes all rows compete for the same cache sets.
        if (columns * size_of::<T>()).is_multiple_of(1024) { columns + 64 / size_of::<T>() } else { columns }
    }

    /// Room for `rows` rows of `steps` steps.
    pub fn tape<T: Real>(&self, steps: usize, rows: usize) -> RecurrentTape<T> {
        self.room(steps, rows, steps)
    }

    /// Room for walks that no backward walk follows: gates and memory of a few steps at a time, so that all of it
    /// stays in the first caches.
    pub fn answer_tape<T: Real>(&self, steps: usize, rows: usize) -> RecurrentTape<T> {
        const ROWS: usize = 32;
        let mut tape = self.room(steps, rows, (ROWS / rows.max(1)).clamp(1, steps.max(1)));
        tape.c = Buffer::zeros(rows * tape.memory);
        tape.kept = Buffer::zeros(0);
        tape.keeps = false;
        tape
    }

    /// `block`: steps whose gates are there at a time.
    fn room<T: Real>(&self, steps: usize, rows: usize, block: usize) -> RecurrentTape<T> {
        let stride = self.gate_stride::<T>();
        let state = rows * self.hidden;
        let memory = self.cell.memories() * self.hidden;
        RecurrentTape {
            hidden: self.hidden,
            memory,
            rows,
            stride,
            keeps: true,
            gates: Buffer::zeros(block * rows * stride),
            h: Buffer::zeros((steps + 1) * state),
            c: Buffer::zeros((steps + 1) * rows * memory),
            kept: Buffer::zeros(if memory > 0 { steps * state } else { 0 }),
            dh: Buffer::zeros(state),
            dc: Buffer::zeros(rows * memory),
            mask: Buffer::zeros(0),
            masked: false,
            through: Buffer::zeros(0),
            h_in: Buffer::zeros(0),
        }
    }

    /// Walks the rows of `steps`. x is (N, I); `state` is what is carried in, h (B, H) and c (B, M H) by the caller's
    /// rows, zero where none; `dropout` draws a recurrent mask with its probability. The hidden states stay on the tape
    /// ([`RecurrentTape::hidden`]).
    ///
    /// # Panics
    /// If a mask is asked for where h_{t-1} enters by no product.
    pub fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &RecurrentPacked<T>,
        x: &[T],
        steps: &Steps,
        state: Option<(&[T], &[T])>,
        dropout: Option<(&mut Rng, f64)>,
        tape: &mut RecurrentTape<T>,
    ) {
        let (h, (all, of_x, first_h, _)) = (self.hidden, self.cell.blocks());
        let (rows, ld) = (steps.rows(), tape.stride);
        tape.rows = rows;
        tape.carry_in(steps, state);
        tape.masked = false;
        debug_assert!(tape.keeps || dropout.is_none(), "masks are drawn for learning");
        if let Some((rng, p)) = dropout
            && p > 0.0
        {
            assert!(self.w_h.is_some(), "a {} has no recurrent product to mask", self.cell.title());
            tape.reserve_masks();
            rng.fill_dropout(&mut tape.mask[..rows * h], p);
            tape.masked = true;
        }
        // Where rows end, the states before a step are not one run of rows for the products of the backward walk.
        let gathers = tape.masked || (tape.keeps && self.w_h.is_some() && !steps.is_equal());
        if gathers {
            tape.reserve_gathered();
        }
        let bias = self.b.of(params);
        let block = if tape.keeps { steps.len() } else { tape.gates.len() / (rows * ld).max(1) }.max(1);
        let mut block_first = 0;
        for t in 0..steps.len() {
            let (n, first) = (steps.active(t), steps.first(t));
            let size = n * h;
            if t.is_multiple_of(block) {
                block_first = first;
                let end = steps.first((t + block).min(steps.len()));
                let x = MatRef::new(&x[first * self.input..end * self.input], end - first, self.input);
                let of_input = Write::Bias(&bias[..of_x * h]);
                product(x, &packed.w_x, &mut tape.gates, ld, of_input, Walk::Forward);
                if of_x < all {
                    for row in tape.gates.chunks_mut(ld).take(end - first) {
                        row[of_x * h..all * h].copy_from_slice(&bias[of_x * h..]);
                    }
                }
            }
            let at = first - block_first;
            let gates = &mut tape.gates[at * ld..(at + n) * ld];
            let before_at = before(steps, rows, t) * h;
            let (before, after) = tape.h.split_at_mut((rows + first) * h);
            let (h_prev, h_now) = (&before[before_at..before_at + size], &mut after[..size]);
            let mut h_product = h_prev;
            if gathers {
                let h_in = &mut tape.h_in[first * h..first * h + size];
                h_in.copy_from_slice(h_prev);
                if tape.masked {
                    h_in.iter_mut().zip(tape.mask.iter()).for_each(|(v, &m)| *v *= m);
                }
                h_product = h_in;
            }
            if let Some([w_h, _]) = &packed.w_h {
                let a = MatRef::new(h_product, n, h);
                product(a, w_h, &mut gates[first_h * h..], ld, Write::Add, turn(t));
            }
            match self.cell {
                Cell::Rnn | Cell::RnnRelu => {
                    for (row, out) in gates.chunks(ld).zip(h_now.chunks_mut(h)) {
                        out.copy_from_slice(&row[..h]);
                    }
                    self.cell.activation().apply(h_now);
                }
                Cell::Lstm if !tape.keeps => {
                    let c = &mut tape.c[..size];
                    step(CellOp::LstmAnswer { hidden: h, gates, stride: ld, c, h: h_now });
                }
                Cell::Lstm => {
                    let (c_before, c_after) = tape.c.split_at_mut((rows + first) * h);
                    step(CellOp::LstmForward {
                        hidden: h,
                        gates,
                        stride: ld,
                        c_prev: &c_before[before_at..before_at + size],
                        c: &mut c_after[..size],
                        tanh_c: &mut tape.kept[first * h..first * h + size],
                        h: h_now,
                    });
                }
                Cell::Gru => step(CellOp::GruForward { hidden: h, gates, stride: ld, h_prev, h: h_now }),
                Cell::SLstm if !tape.keeps => {
                    let memory = &mut tape.c[..3 * size];
                    step(CellOp::SlstmAnswer { hidden: h, gates, stride: ld, memory, h: h_now });
                }
                Cell::SLstm => {
                    let (before, after) = tape.c.split_at_mut(3 * (rows + first) * h);
                    step(CellOp::SlstmForward {
                        hidden: h,
                        gates,
                        stride: ld,
                        before: &before[3 * before_at..3 * (before_at + size)],
                        after: &mut after[..3 * size],
                        slope: &mut tape.kept[first * h..first * h + size],
                        h: h_now,
                    });
                }
                Cell::MinGru => {
                    step(CellOp::MinGruForward { hidden: h, gates, stride: ld, h_prev, h: h_now })
                }
            }
        }
    }

    /// From dL/dh (`above`) to the gradients of the parameters (set in or added to `gradient` as `write` says), of
    /// x (written to `dx`, (N, I)) and of the state carried in (written to `d_state`: dh0 (B, H) and dc0 (B, M H) by
    /// the caller's rows).
    ///
    /// Uses up the tape: the gates become their gradients.
    pub fn backward<T: Real>(
        &self,
        packed: &RecurrentPacked<T>,
        x: &[T],
        steps: &Steps,
        tape: &mut RecurrentTape<T>,
        above: Above<'_, T>,
        dx: Option<&mut [T]>,
        d_state: Option<(&mut [T], &mut [T])>,
        gradient: &mut [T],
        write: Write<'_, T>,
    ) {
        assert!(tape.keeps, "a tape that only answers keeps nothing for a backward walk");
        let (h, (all, of_x, first_h, of_h)) = (self.hidden, self.cell.blocks());
        let (rows, total, ld) = (steps.rows(), steps.total(), tape.stride);
        let RecurrentTape { gates, h: hs, c: cs, kept, dh, dc, mask, masked, through, h_in, memory, .. } =
            tape;
        let memory = *memory;
        let (dh, dc) = (&mut dh[..rows * h], &mut dc[..rows * memory]);
        // A row whose last step is still ahead in this walk backwards holds what reaches its last state.
        let (last_h, last_c) = above.last.unwrap_or((&[], &[]));
        in_order(steps, h, last_h, dh);
        in_order(steps, memory, last_c, dc);
        for t in (0..steps.len()).rev() {
            let (n, first) = (steps.active(t), steps.first(t));
            let (size, at) = (n * h, first * h);
            let (dh, dc) = (&mut dh[..size], &mut dc[..n * memory]);
            if let Some(d) = above.every {
                add(&d[at..at + size], dh);
            }
            let g = &mut gates[first * ld..(first + n) * ld];
            let before_at = before(steps, rows, t) * h;
            let now_at = (rows + first) * h;
            let h_prev = &hs[before_at..before_at + size];
            // What reaches h_{t-1} beside the product with W_hᵀ: nothing, or z dh in the GRU.
            let mut beside = Write::Set;
            match self.cell {
                Cell::Rnn | Cell::RnnRelu => {
                    self.cell.activation().backward(&hs[now_at..now_at + size], dh);
                    for (row, d) in g.chunks_mut(ld).zip(dh.chunks(h)) {
                        row[..h].copy_from_slice(d);
                    }
                }
                Cell::Lstm => step(CellOp::LstmBackward {
                    hidden: h,
                    gates: g,
                    stride: ld,
                    c_prev: &cs[before_at..before_at + size],
                    tanh_c: &kept[at..at + size],
                    dh,
                    dc,
                }),
                Cell::SLstm => step(CellOp::SlstmBackward {
                    hidden: h,
                    gates: g,
                    stride: ld,
                    before: &cs[3 * before_at..3 * (before_at + size)],
                    after: &cs[3 * now_at..3 * (now_at + size)],
                    slope: &kept[at..at + size],
                    dh,
                    d_memory: dc,
                }),
                Cell::Gru => {
                    step(CellOp::GruBackward { hidden: h, gates: g, stride: ld, h_prev, dh });
                    beside = Write::Add;
                }
                Cell::MinGru => {
                    step(CellOp::MinGruBackward { hidden: h, gates: g, stride: ld, h_prev, dh });
                }
            }
            let Some([_, w_h_t]) = &packed.w_h else { continue };
            let d_gates = MatRef::strided(&g[first_h * h..], n, of_h * h, ld);
            if *masked {
                let through = &mut through[..size];
                product(d_gates, w_h_t, through, h, Write::Set, turn(t));
                if matches!(beside, Write::Set) {
                    dh.fill(T::ZERO);
                }
                for ((d, &v), &m) in dh.iter_mut().zip(through.iter()).zip(mask.iter()) {
                    *d += v * m;
                }
            } else {
                product(d_gates, w_h_t, dh, h, beside, turn(t));
            }
        }
        let of_input = MatRef::strided(gates, total, of_x * h, ld);
        let x = MatRef::new(x, total, self.input);
        matmul_in(self.precision, x.t(), of_input, self.w_x.of_mut(gradient), of_x * h, write);
        if let Some(w_h) = &self.w_h {
            let of_hidden = MatRef::strided(&gates[(first_h * h).min(gates.len())..], total, of_h * h, ld);
            let h_before = if *masked || !steps.is_equal() { &h_in[..total * h] } else { &hs[..total * h] };
            let h_before = MatRef::new(h_before, total, h);
            matmul_in(self.precision, h_before.t(), of_hidden, w_h.of_mut(gradient), of_h * h, write);
        }
        let db = self.b.of_mut(gradient);
        if matches!(write, Write::Set) {
            db.fill(T::ZERO);
        }
        add_column_sums(gates, total, all * h, ld, db);
        if let Some(dx) = dx {
            product(of_input, &packed.w_x_t, dx, self.input, Write::Set, Walk::Forward);
        }
        if let Some((dh0, dc0)) = d_state {
            if self.cell == Cell::SLstm {
                // dL/dm = c dL/dc + n dL/dn.
                for (d, first) in dc.chunks_exact_mut(memory).zip(cs.chunks_exact(memory)) {
                    let (of_c_and_n, of_m) = d.split_at_mut(2 * h);
                    for (j, d) in of_m.iter_mut().enumerate() {
                        *d = first[j] * of_c_and_n[j] + first[h + j] * of_c_and_n[h + j];
                    }
                }
            }
            out_of_order(steps, h, dh, dh0);
            out_of_order(steps, memory, dc, dc0);
        }
    }
}

/// Every other step walks the recurrent matrix from its end: what was read last is still in the first cache.
fn turn(t: usize) -> Walk {
    if t.is_multiple_of(2) { Walk::Forward } else { Walk::Backward }
}

/// Where the state before step `t` begins on the tape, in rows.
fn before(steps: &Steps, rows: usize, t: usize) -> usize {
    if t == 0 { 0 } else { rows + steps.first(t - 1) }
}

/// From the caller's rows to the walk's; an empty slice is zero.
fn in_order<T: Real>(steps: &Steps, width: usize, from: &[T], to: &mut [T]) {
    if from.is_empty() || width == 0 {
        to.fill(T::ZERO);
        return;
    }
    for (row, &place) in to.chunks_exact_mut(width).zip(steps.order()) {
        row.copy_from_slice(&from[place * width..(place + 1) * width]);
    }
}

/// From the walk's rows to the caller's; nothing is asked for by an empty slice.
fn out_of_order<T: Real>(steps: &Steps, width: usize, from: &[T], to: &mut [T]) {
    if to.is_empty() || width == 0 {
        return;
    }
    for (row, &place) in from.chunks_exact(width).zip(steps.order()) {
        to[place * width..(place + 1) * width].copy_from_slice(row);
    }
}

impl<T: Real> RecurrentTape<T> {
    /// Hidden states of all steps: (N, H).
    pub fn hidden(&self) -> &[T] {
        &self.h[self.rows * self.hidden..]
    }

    /// One of the M vectors that are remembered beside h, after each step: H numbers a row of (N, M H), of a tape that
    /// keeps.
    pub(crate) fn memories(&self, block: usize) -> impl Iterator<Item = &[T]> {
        debug_assert!(self.keeps);
        let of_block = block * self.hidden..(block + 1) * self.hidden;
        self.c[self.rows * self.memory..].chunks_exact(self.memory).map(move |row| &row[of_block.clone()])
    }

    /// State after the last step of sequences of equal length: h (B, H) and c (B, M H).
    pub fn last(&self, steps: &Steps) -> (&[T], &[T]) {
        debug_assert!(steps.is_equal());
        let after = if self.keeps { steps.len() } else { 0 };
        let at = |step: usize, size: usize| step * size..(step + 1) * size;
        (&self.h[at(steps.len(), self.rows * self.hidden)], &self.c[at(after, self.rows * self.memory)])
    }

    /// Calls with each row's place among the caller's rows and its last hidden state.
    pub fn last_rows(&self, steps: &Steps, mut f: impl FnMut(usize, &[T])) {
        let width = self.hidden;
        for (i, &place) in steps.order().iter().enumerate() {
            let from = steps.last(i).map_or(i, |at| self.rows + at) * width;
            f(place, &self.h[from..from + width]);
        }
    }

    /// Writes each row's last state: h (B, H) and, unless `c` is empty, c (B, M H) by the caller's rows.
    pub fn state_into(&self, steps: &Steps, h: &mut [T], c: &mut [T]) {
        let (width, memory) = (self.hidden, self.memory);
        for (i, &place) in steps.order().iter().enumerate() {
            let from = steps.last(i).map_or(i, |at| self.rows + at);
            h[place * width..(place + 1) * width].copy_from_slice(&self.h[from * width..(from + 1) * width]);
            if !c.is_empty() {
                let from = if self.keeps { from } else { i };
                c[place * memory..(place + 1) * memory]
                    .copy_from_slice(&self.c[from * memory..(from + 1) * memory]);
            }
        }
    }

    /// Room for a recurrent mask and what goes through it, made by the first forward walk that draws one if not before.
    pub(crate) fn reserve_masks(&mut self) {
        self.mask.reserve_zeros(self.dh.len());
        self.through.reserve_zeros(self.dh.len());
        self.reserve_gathered();
    }

    /// Room for `h_in`, for any steps that fit this tape.
    pub(crate) fn reserve_gathered(&mut self) {
        self.h_in.reserve_zeros(self.gates.len() / self.stride.max(1) * self.hidden);
    }

    fn carry_in(&mut self, steps: &Steps, state: Option<(&[T], &[T])>) {
        let size = self.rows * self.hidden;
        let (h0, c0) = state.unwrap_or((&[], &[]));
        in_order(steps, self.hidden, h0, &mut self.h[..size]);
        if !self.c.is_empty() {
            in_order(steps, self.memory, c0, &mut self.c[..self.rows * self.memory]);
        }
    }

    /// Gate activations (forward) or gradients (after backward) of one step and walking row: 4 H (1 H for the RNN, 2 H
    /// for the minGRU); of a tape that keeps.
    pub fn gates(&self, steps: &Steps, t: usize, row: usize, columns: usize) -> &[T] {
        let at = (steps.first(t) + row) * self.stride;
        &self.gates[at..at + columns]
    }
}

#[cfg(test)]
#[path = "tests/recurrent.rs"]
mod tests;
