//! Recurrent layers one on the other, in one direction or both, with dropout between them.
//!
//! ```text
//! layer 0     x (N, I)           → y_0 (N, D H)        D = 2 when bidirectional, else 1
//! layer l     dropout(y_{l-1})   → y_l (N, D H)        y_l = [forward h_t, backward h_t]
//! ```
//!
//! The backward direction reads every sequence from its own end (Schuster and Paliwal 1997), so padding is never
//! read. Dropout lies between layers only (Zaremba et al. 2014), drawn anew at each step, or once a sequence where
//! `locked` (Gal and Ghahramani 2016); `recurrent_dropout` masks h_{t-1} within each layer, once a sequence.
//!
//! States are h (L·D, B, H) and c (L·D, B, M H), where M is [`Cell::memories`]: layer by layer, forward before backward,
//! by the caller's rows.

use gyeol_tensor::elementwise::add;
use gyeol_tensor::{Buffer, Pool, Precision, Real, Rng, Write};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::recurrent::{Above, Cell, Recurrent, RecurrentPacked, RecurrentTape};
use crate::steps::Steps;

/// Shape of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackParams {
    /// Cell of every layer.
    pub cell: Cell,
    /// I: columns of x.
    pub input: usize,
    /// H: units of each layer and direction.
    pub hidden: usize,
    /// L.
    pub layers: usize,
    /// Read each sequence from its end too.
    pub bidirectional: bool,
    /// Probability with which an output is dropped on its way to the next layer.
    pub dropout: f64,
    /// Draw that mask once a sequence instead of at each step.
    pub locked: bool,
    /// Probability with which a unit of h_{t-1} is dropped in the recurrent product, once a sequence.
    pub recurrent_dropout: f64,
    /// Longest dependency the LSTM's gates begin with, in steps (chrono initialisation); none begins them with a
    /// forget bias of 1.
    pub chrono: Option<usize>,
    /// What the operands of all matrix products are rounded to, those of a net's other layers included. Parameters,
    /// optimizer, gates, states and losses stay in `f32`, and so do the sums. Walks in `f64`, which are for checking
    /// gradients, are never rounded.
    #[serde(default)]
    pub precision: Precision,
}

impl StackParams {
    /// One layer without dropout.
    pub fn new(cell: Cell, input: usize, hidden: usize) -> Self {
        StackParams {
            cell,
            input,
            hidden,
            layers: 1,
            bidirectional: false,
            dropout: 0.0,
            locked: false,
            recurrent_dropout: 0.0,
            chrono: None,
            precision: Precision::F32,
        }
    }

    /// D: directions.
    pub fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    /// D H: columns of the output.
    pub fn output(&self) -> usize {
        self.directions() * self.hidden
    }

    /// Numbers of h of one row in a state: L D H.
    pub fn state(&self) -> usize {
        self.layers * self.output()
    }

    /// Numbers of c of one row in a state, all that the cells remember beside h: L D M H.
    pub fn memory(&self) -> usize {
        self.cell.memories() * self.state()
    }

    /// Refuses what makes no stack.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range; [`Error::Precision`] where this process has
    /// no kernels for the precision.
    pub fn check(&self) -> Result<()> {
        self.precision.check()?;
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        for (name, n, most) in [("input", self.input, 1 << 20), ("hidden", self.hidden, 1 << 16)] {
            if n == 0 || n > most {
                return bad(name, n.to_string(), "at least 1, at most 1048576 inputs and 65536 units");
            }
        }
        if self.layers == 0 || self.layers > 64 {
            return bad("layers", self.layers.to_string(), "between 1 and 64");
        }
        for (name, p) in [("dropout", self.dropout), ("recurrent_dropout", self.recurrent_dropout)] {
            if !(0.0..1.0).contains(&p) {
                return bad(name, p.to_string(), "at least 0 and below 1");
            }
        }
        if self.recurrent_dropout > 0.0 && !self.cell.is_recurrent() {
            let found = format!("{} for a {}", self.recurrent_dropout, self.cell.title());
            return bad("recurrent_dropout", found, "0 where no product reads the hidden state");
        }
        if self.chrono.is_some() && self.cell != Cell::Lstm {
            return bad("chrono", format!("set for {}", self.cell.title()), "set for an LSTM only");
        }
        if self.chrono.is_some_and(|t| t < 3) {
            return bad("chrono", format!("{:?}", self.chrono), "at least 3 steps");
        }
        Ok(())
    }
}

/// The layers.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Shape.
    pub params: StackParams,
    /// Layer by layer, forward before backward.
    pub cells: Vec<Recurrent>,
}

/// Packed weights of all cells.
#[derive(Debug, Clone)]
pub struct StackPacked<T: Real> {
    cells: Vec<RecurrentPacked<T>>,
}

/// What the forward walk leaves.
#[derive(Debug, Clone)]
pub struct StackTape<T: Real> {
    cells: Vec<RecurrentTape<T>>,
    /// Output of each layer as the layer above (or the caller) reads it, (N, D H), where that is not the hidden
    /// states of one tape: two directions, or dropout.
    outputs: Vec<Buffer<T>>,
    /// Input of each layer turned round: (N, its columns).
    turned: Vec<Buffer<T>>,
    /// Dropout between layers: (N, D H), or (B, D H) where locked.
    masks: Vec<Buffer<T>>,
    dropped: bool,
    /// Gradients: of a layer's output, of its input from either direction, and of one direction's output.
    d_out: Buffer<T>,
    d_in: Buffer<T>,
    d_turned: Buffer<T>,
    d_half: Buffer<T>,
}

impl Stack {
    /// Adds the parameters of all layers to a net, named `name.0`, or `name.0.forward` and `name.0.backward`.
    pub fn new(layout: &mut Layout, name: &str, params: &StackParams) -> Self {
        let mut cells = Vec::new();
        for l in 0..params.layers {
            let input = if l == 0 { params.input } else { params.output() };
            for d in 0..params.directions() {
                let side = match (params.bidirectional, d) {
                    (false, _) => "",
                    (true, 0) => ".forward",
                    (true, _) => ".backward",
                };
                let name = format!("{name}.{l}{side}");
                let cell = match params.chrono {
                    Some(longest) => Recurrent::chrono_lstm(layout, &name, input, params.hidden, longest),
                    None => Recurrent::new(layout, &name, params.cell, input, params.hidden),
                };
                cells.push(cell.with_precision(params.precision));
            }
        }
        Stack { params: params.clone(), cells }
    }

    /// Room for the packed weights.
    pub fn packed<T: Real>(&self) -> StackPacked<T> {
        StackPacked { cells: self.cells.iter().map(Recurrent::packed).collect() }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut StackPacked<T>) {
        for (cell, p) in self.cells.iter().zip(&mut packed.cells) {
            cell.pack(params, p);
        }
    }

    /// [`Stack::pack`] cell by cell on the pool.
    pub fn pack_on<T: Real>(&self, params: &[T], packed: &mut StackPacked<T>, pool: &Pool) {
        pool.each_mut(&mut packed.cells, |_, index, p| self.cells[index].pack(params, p));
    }

    /// Room for `rows` rows of `steps` steps.
    pub fn tape<T: Real>(&self, steps: usize, rows: usize) -> StackTape<T> {
        self.room(steps, rows, true)
    }

    /// Room for walks that no backward walk follows.
    pub fn answer_tape<T: Real>(&self, steps: usize, rows: usize) -> StackTape<T> {
        self.room(steps, rows, false)
    }

    fn room<T: Real>(&self, steps: usize, rows: usize, keeps: bool) -> StackTape<T> {
        let p = &self.params;
        let (n, width) = (steps * rows, p.output());
        let inner = p.layers - 1;
        let own = |yes: bool, size: usize| Buffer::zeros(if yes { size } else { 0 });
        let outputs = (0..p.layers)
            .map(|l| own(p.bidirectional || (l < inner && p.dropout > 0.0), n * width))
            .collect();
        let turned =
            (0..p.layers).map(|l| own(p.bidirectional, n * if l == 0 { p.input } else { width })).collect();
        let mask_rows = if p.locked { rows } else { n };
        let cell = |c: &Recurrent| if keeps { c.tape(steps, rows) } else { c.answer_tape(steps, rows) };
        let mut cells: Vec<_> = self.cells.iter().map(cell).collect();
        if keeps && p.recurrent_dropout > 0.0 {
            cells.iter_mut().for_each(RecurrentTape::reserve_masks);
        }
        StackTape {
            cells,
            outputs,
            turned,
            masks: (0..inner).map(|_| own(keeps && p.dropout > 0.0, mask_rows * width)).collect(),
            dropped: false,
            d_out: own(keeps && inner > 0, n * width),
            d_in: own(keeps && inner > 0, n * width),
            d_turned: own(keeps && p.bidirectional, n * width.max(p.input)),
            d_half: own(keeps && p.bidirectional, n * p.hidden),
        }
    }

    /// Walks the rows of `steps` through all layers. x is (N, I); `state` is (h, c) carried in, zero where none; masks are drawn where `rng` is given.
    pub fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &StackPacked<T>,
        x: &[T],
        steps: &Steps,
        state: Option<(&[T], &[T])>,
        mut rng: Option<&mut Rng>,
        tape: &mut StackTape<T>,
    ) {
        let p = &self.params;
        let (h, directions, width, n) = (p.hidden, p.directions(), p.output(), steps.total());
        let size = steps.rows() * h;
        let remembered = p.cell.memories() * size;
        tape.dropped = rng.is_some() && p.dropout > 0.0;
        for l in 0..p.layers {
            let (below, here) = tape.outputs.split_at_mut(l);
            let (done, cells) = tape.cells.split_at_mut(l * directions);
            let columns = if l == 0 { p.input } else { width };
            let input = match l.checked_sub(1) {
                None => &x[..n * columns],
                Some(b) => output_of(&below[b], &done[b * directions]),
            };
            let input = &input[..n * columns];
            for d in 0..directions {
                let at = l * directions + d;
                let carried = state.map(|(h0, c0)| (part(h0, at, size), part(c0, at, remembered)));
                let mut read = input;
                if d == 1 {
                    let turned = &mut tape.turned[l][..n * columns];
                    steps.reverse(input, columns, turned);
                    read = turned;
                }
                let dropout = rng.as_deref_mut().map(|r| (r, p.recurrent_dropout));
                self.cells[at].forward(
                    params,
                    &packed.cells[at],
                    read,
                    steps,
                    carried,
                    dropout,
                    &mut cells[d],
                );
            }
            let own = &mut here[0];
            if p.bidirectional {
                let forward = cells[0].hidden();
                for (row, h_row) in own.chunks_exact_mut(width).zip(forward.chunks_exact(h)).take(n) {
                    row[..h].copy_from_slice(h_row);
                }
                steps.each_reversed(|from, to| {
                    let h_row = &cells[1].hidden()[from * h..(from + 1) * h];
                    own[to * width + h..(to + 1) * width].copy_from_slice(h_row);
                });
            }
            if l + 1 < p.layers && p.dropout > 0.0 {
                if !p.bidirectional {
                    own[..n * width].copy_from_slice(&cells[0].hidden()[..n * width]);
                }
                if let Some(rng) = rng.as_deref_mut() {
                    let mask = &mut tape.masks[l];
                    let drawn = if p.locked { steps.rows() } else { n } * width;
                    rng.fill_dropout(&mut mask[..drawn], p.dropout);
                    apply_mask(steps, width, p.locked, mask, own);
                }
            }
        }
    }

    /// Output of the top layer: (N, D H).
    pub fn output<'a, T: Real>(&self, steps: &Steps, tape: &'a StackTape<T>) -> &'a [T] {
        let top = self.params.layers - 1;
        let out = output_of(&tape.outputs[top], &tape.cells[top * self.params.directions()]);
        &out[..steps.total() * self.params.output()]
    }

    /// Writes the last states to `h` (L·D, B, H) and, unless it is empty, `c` (L·D, B, M H).
    pub fn state_into<T: Real>(&self, steps: &Steps, tape: &StackTape<T>, h: &mut [T], c: &mut [T]) {
        let size = steps.rows() * self.params.hidden;
        let remembered = self.params.cell.memories() * size;
        for (at, cell) in tape.cells.iter().enumerate() {
            cell.state_into(steps, part_mut(h, at, size), part_mut(c, at, remembered));
        }
    }

    /// Writes the top layer's last hidden states side by side: (B, D H), what a many-to-one net reads.
    pub fn last_into<T: Real>(&self, steps: &Steps, tape: &StackTape<T>, out: &mut [T]) {
        let (h, width) = (self.params.hidden, self.params.output());
        let top = (self.params.layers - 1) * self.params.directions();
        for (d, cell) in tape.cells[top..].iter().enumerate() {
            cell.last_rows(steps, |place, row| {
                out[place * width + d * h..place * width + (d + 1) * h].copy_from_slice(row);
            });
        }
    }

    /// The inverse of [`Stack::last_into`] for gradients: from (B, D H) to those of the last states, (L·D, B, H), zero
    /// below the top layer.
    pub fn last_gradient<T: Real>(&self, d: &[T], rows: usize, out: &mut [T]) {
        let (h, width) = (self.params.hidden, self.params.output());
        let top = rows * h * (self.params.layers - 1) * self.params.directions();
        out[..top].fill(T::ZERO);
        for (direction, block) in out[top..].chunks_exact_mut((rows * h).max(1)).enumerate() {
            for (to, from) in block.chunks_exact_mut(h).zip(d.chunks_exact(width)) {
                to.copy_from_slice(&from[direction * h..(direction + 1) * h]);
            }
        }
    }

    /// From the gradient of the output (`every`, (N, D H)) and of the last states (`last`, either may be empty) to those of the parameters, of x and of the state carried in.
    ///
    /// Uses up the tape.
    pub fn backward<T: Real>(
        &self,
        packed: &StackPacked<T>,
        x: &[T],
        steps: &Steps,
        tape: &mut StackTape<T>,
        above: Above<'_, T>,
        mut dx: Option<&mut [T]>,
        mut d_state: Option<(&mut [T], &mut [T])>,
        gradient: &mut [T],
        write: Write<'_, T>,
    ) {
        let p = &self.params;
        let (h, directions, width, n) = (p.hidden, p.directions(), p.output(), steps.total());
        let size = steps.rows() * h;
        let remembered = p.cell.memories() * size;
        let StackTape { cells, outputs, turned, masks, dropped, d_out, d_in, d_turned, d_half } = tape;
        for l in (0..p.layers).rev() {
            let top = l + 1 == p.layers;
            if !top && *dropped {
                apply_mask(steps, width, p.locked, &masks[l], d_out);
            }
            let (done, here) = cells.split_at_mut(l * directions);
            let columns = if l == 0 { p.input } else { width };
            let input = match l.checked_sub(1) {
                None => &x[..n * columns],
                Some(b) => &output_of(&outputs[b], &done[b * directions])[..n * columns],
            };
            for d in 0..directions {
                let at = l * directions + d;
                let last = above.last.map(|(dh, dc)| (part(dh, at, size), part(dc, at, remembered)));
                let state =
                    d_state.as_mut().map(|(dh, dc)| (part_mut(dh, at, size), part_mut(dc, at, remembered)));
                let every = if top { above.every } else { Some(&d_out[..n * width]) };
                // One direction's columns of dY, in its own order of steps.
                let every = match (every, directions) {
                    (Some(dy), 2) => {
                        let half = &mut d_half[..n * h];
                        let mut take = |from: usize, to: usize| {
                            let row = &dy[from * width + d * h..from * width + (d + 1) * h];
                            half[to * h..(to + 1) * h].copy_from_slice(row);
                        };
                        if d == 0 {
                            (0..n).for_each(|i| take(i, i));
                        } else {
                            steps.each_reversed(take);
                        }
                        Some(&*half)
                    }
                    (every, _) => every,
                };
                let above = Above { every, last };
                let wanted = l > 0 || dx.is_some();
                let (read, to) = if d == 0 {
                    let to = if l > 0 { Some(&mut d_in[..n * columns]) } else { dx.as_deref_mut() };
                    (input, to)
                } else {
                    (&turned[l][..n * columns], wanted.then(|| &mut d_turned[..n * columns]))
                };
                let cell = &self.cells[at];
                cell.backward(
                    &packed.cells[at],
                    read,
                    steps,
                    &mut here[d],
                    above,
                    to,
                    state,
                    gradient,
                    write,
                );
                if d == 1 && wanted {
                    let to = if l > 0 { Some(&mut d_in[..]) } else { dx.as_deref_mut() };
                    if let Some(to) = to {
                        steps.each_reversed(|from, at| {
                            let row = &d_turned[from * columns..(from + 1) * columns];
                            add(row, &mut to[at * columns..(at + 1) * columns]);
                        });
                    }
                }
            }
            std::mem::swap(d_out, d_in);
        }
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        self.cells.iter().map(Recurrent::parameters).sum()
    }
}

impl<T: Real> StackTape<T> {
    /// Layer by layer, forward before backward.
    pub(crate) fn cells(&self) -> &[RecurrentTape<T>] {
        &self.cells
    }

    /// The room that sequences of different lengths take more, made by the first forward walk over such if not before.
    pub fn reserve_ragged(&mut self) {
        self.cells.iter_mut().for_each(RecurrentTape::reserve_gathered);
    }
}

/// The states of one layer and direction; of none given none.
fn part<T>(states: &[T], at: usize, size: usize) -> &[T] {
    if states.is_empty() { states } else { &states[at * size..(at + 1) * size] }
}

/// [`part`], to write.
fn part_mut<T>(states: &mut [T], at: usize, size: usize) -> &mut [T] {
    if states.is_empty() { states } else { &mut states[at * size..(at + 1) * size] }
}

/// A layer's own output buffer where it has one, else the hidden states of its only direction.
fn output_of<'a, T: Real>(own: &'a Buffer<T>, cell: &'a RecurrentTape<T>) -> &'a [T] {
    if own.is_empty() { cell.hidden() } else { own }
}

/// x ∘ mask, the mask given for every step, or for every row.
pub(crate) fn apply_mask<T: Real>(steps: &Steps, width: usize, locked: bool, mask: &[T], x: &mut [T]) {
    if !locked {
        let n = steps.total() * width;
        x[..n].iter_mut().zip(&mask[..n]).for_each(|(v, &m)| *v *= m);
        return;
    }
    for t in 0..steps.len() {
        let (at, size) = (steps.first(t) * width, steps.active(t) * width);
        x[at..at + size].iter_mut().zip(mask).for_each(|(v, &m)| *v *= m);
    }
}

#[cfg(test)]
#[path = "tests/stack.rs"]
mod tests;
