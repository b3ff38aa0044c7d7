//! What a recurrent net does, step by step: the gates and states of each layer, over one sequence.
//!
//! They are read off the walk that back-propagation keeps, with the weights that answer, packed as they are:
//!
//! | cell | parts |
//! |---|---|
//! | RNN | hidden |
//! | GRU | reset r, update z, candidate n, hidden |
//! | LSTM | input i, forget f, output o, candidate g, cell c, hidden |
//! | sLSTM | input i', forget f', output o, candidate g, cell c, normaliser n, hidden |
//! | minGRU | update z, candidate n, hidden |
//!
//! The sLSTM's exponential gates are those relative to its stabiliser, as its states are: c_t = f' c_{t-1} + i' g and
//! n_t = f' n_{t-1} + i' hold for what is shown.

use gyeol_tensor::{Buffer, Real};

use super::{Net, Predictor};
use crate::error::{Error, Result};
use crate::recurrent::{Cell, Recurrent, RecurrentTape};
use crate::stack::{Stack, StackPacked};
use crate::steps::Steps;

/// A gate or a state of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// How much of the candidate is written (LSTM, sLSTM), 0 to 1.
    Input,
    /// How much of the cell state is kept (LSTM, sLSTM), 0 to 1.
    Forget,
    /// How much of the cell state is shown (LSTM, sLSTM), 0 to 1.
    Output,
    /// How much of the old state the candidate sees (GRU), 0 to 1.
    Reset,
    /// How much of the old state is kept (GRU), or of the candidate taken (minGRU), 0 to 1.
    Update,
    /// What may be written, −1 to 1; without bounds in the minGRU.
    Candidate,
    /// What is remembered (LSTM, sLSTM), without bounds.
    Cell,
    /// The weight of all that is in the cell state (sLSTM), by which it is divided where it is read; at least 1 after a
    /// step from nothing.
    Normaliser,
    /// What goes on to the next step and to the layer above.
    Hidden,
}

gyeol_base::named!(
    Part,
    "a gate or a state",
    "input" => Part::Input,
    "forget" => Part::Forget,
    "output" => Part::Output,
    "reset" => Part::Reset,
    "update" => Part::Update,
    "candidate" => Part::Candidate,
    "cell" => Part::Cell,
    "normaliser" => Part::Normaliser,
    "hidden" => Part::Hidden,
);

impl Part {
    /// Those that a cell has.
    pub fn of(cell: Cell) -> &'static [Part] {
        match cell {
            Cell::Rnn | Cell::RnnRelu => &[Part::Hidden],
            Cell::Gru => &[Part::Reset, Part::Update, Part::Candidate, Part::Hidden],
            Cell::Lstm => {
                &[Part::Input, Part::Forget, Part::Output, Part::Candidate, Part::Cell, Part::Hidden]
            }
            Cell::SLstm => &[
                Part::Input,
                Part::Forget,
                Part::Output,
                Part::Candidate,
                Part::Cell,
                Part::Normaliser,
                Part::Hidden,
            ],
            Cell::MinGru => &[Part::Update, Part::Candidate, Part::Hidden],
        }
    }

    /// The state in which a cell remembers: that of the cell where there is one, else the hidden one.
    pub fn memory(cell: Cell) -> Part {
        if cell.memories() > 0 { Part::Cell } else { Part::Hidden }
    }

    /// Whether it lies between 0 and 1.
    pub fn is_gate(self) -> bool {
        !matches!(self, Part::Candidate | Part::Cell | Part::Normaliser | Part::Hidden)
    }

    /// The largest absolute value that it can have, where there is one.
    pub fn bound(self, cell: Cell) -> Option<f64> {
        let bounded = self.is_gate() || (self == Part::Candidate && cell != Cell::MinGru);
        bounded.then_some(1.0)
    }

    fn place(self, cell: Cell) -> Place {
        match (self, cell) {
            (Part::Input, _) | (Part::Update, Cell::MinGru) => Place::Gate(0),
            (Part::Forget | Part::Reset, _) | (Part::Candidate, Cell::MinGru) => Place::Gate(1),
            (Part::Update, _) | (Part::Candidate, Cell::Lstm | Cell::SLstm) => Place::Gate(2),
            (Part::Output, _) => Place::Gate(3),
            (Part::Candidate, _) => Place::Gate(0),
            (Part::Cell, _) => Place::Memory(0),
            (Part::Normaliser, _) => Place::Memory(1),
            (Part::Hidden, _) => Place::Hidden,
        }
    }
}

/// Where a part lies on a tape: which block of H columns of the gates, or of what is remembered beside h.
enum Place {
    Gate(usize),
    Memory(usize),
    Hidden,
}

/// A layer over the steps of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerInside<T> {
    /// Kind of cell.
    pub cell: Cell,
    /// H.
    pub units: usize,
    /// Whether it reads the sequence from its end; steps are numbered from the beginning all the same.
    pub backward: bool,
    /// In the order of [`Part::of`], (T, H).
    parts: Vec<Vec<T>>,
}

impl<T: Real> LayerInside<T> {
    /// Without a step yet.
    fn new(cell: &Recurrent, backward: bool) -> LayerInside<T> {
        let parts = Part::of(cell.cell).iter().map(|_| Vec::new()).collect();
        LayerInside { cell: cell.cell, units: cell.hidden, backward, parts }
    }

    /// What the walk over one sequence left.
    pub fn of(cell: &Recurrent, tape: &RecurrentTape<T>, steps: &Steps) -> LayerInside<T> {
        let mut layer = LayerInside::new(cell, false);
        layer.extend(tape, steps);
        layer
    }

    fn extend(&mut self, tape: &RecurrentTape<T>, steps: &Steps) {
        let (h, n) = (self.units, steps.len());
        let columns = self.cell.blocks().0 * h;
        for (part, to) in Part::of(self.cell).iter().zip(&mut self.parts) {
            match part.place(self.cell) {
                Place::Gate(block) => (0..n).for_each(|t| {
                    to.extend_from_slice(&tape.gates(steps, t, 0, columns)[block * h..(block + 1) * h]);
                }),
                Place::Memory(block) => {
                    tape.memories(block).take(n).for_each(|row| to.extend_from_slice(row))
                }
                Place::Hidden => to.extend_from_slice(&tape.hidden()[..n * h]),
            }
        }
    }

    /// T.
    pub fn steps(&self) -> usize {
        self.parts[0].len() / self.units.max(1)
    }

    /// A gate or a state, (T, H); none where the cell does not have it.
    pub fn part(&self, part: Part) -> Option<&[T]> {
        let at = Part::of(self.cell).iter().position(|&p| p == part)?;
        Some(&self.parts[at])
    }

    /// The units that move most, by Σ |v_t − v_{t−1}| from 0 before the first step; of two alike, the first.
    pub fn movers(&self, part: Part) -> Vec<(usize, f64)> {
        let values = self.part(part).unwrap_or_default();
        let mut moved = vec![0.0; self.units];
        for (t, row) in values.chunks_exact(self.units).enumerate() {
            for (u, (moved, v)) in moved.iter_mut().zip(row).enumerate() {
                let before = if t == 0 { 0.0 } else { values[(t - 1) * self.units + u].to_f64() };
                *moved += (v.to_f64() - before).abs();
            }
        }
        let mut order: Vec<(usize, f64)> = moved.into_iter().enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        order
    }
}

/// One sequence through all layers, x (T, I), from states of zero, `piece` steps at a time where the stack reads forward
/// only: layer by layer, forward before backward.
pub fn inside<T: Real>(
    stack: &Stack,
    params: &[T],
    packed: &StackPacked<T>,
    x: &[T],
    piece: usize,
) -> Vec<LayerInside<T>> {
    let (width, directions) = (stack.params.input, stack.params.directions());
    let all = x.len() / width;
    let piece = if directions == 2 { all } else { piece.min(all) }.max(1);
    let mut tape = stack.tape(piece, 1);
    let mut walk = Steps::with_capacity(piece, 1);
    let (mut h, mut c) = (Buffer::zeros(stack.params.state()), Buffer::zeros(stack.params.memory()));
    let mut layers: Vec<LayerInside<T>> = stack
        .cells
        .iter()
        .enumerate()
        .map(|(at, cell)| LayerInside::new(cell, at % directions == 1))
        .collect();
    for x in x.chunks(piece * width) {
        walk.set_equal(x.len() / width, 1);
        stack.forward(params, packed, x, &walk, Some((&h, &c)), None, &mut tape);
        stack.state_into(&walk, &tape, &mut h, &mut c);
        layers.iter_mut().zip(tape.cells()).for_each(|(layer, tape)| layer.extend(tape, &walk));
    }
    for layer in layers.iter_mut().filter(|layer| layer.backward) {
        let units = layer.units;
        for part in &mut layer.parts {
            *part = part.chunks_exact(units).rev().flatten().copied().collect();
        }
    }
    layers
}

/// What the recurrent layers of a net do over one stream of tokens, from its beginning.
pub(super) fn layers_over<T: Real>(
    net: &Net,
    params: &[T],
    packed: &StackPacked<T>,
    ids: &[u32],
    piece: usize,
) -> Result<Vec<LayerInside<T>>> {
    let shape = |found: String, expected: String| Err(Error::Shape { what: "tokens", found, expected });
    let Some(embedding) = &net.embedding else {
        return shape("none".into(), "a net that reads tokens".into());
    };
    if let Some(id) = ids.iter().find(|&&id| id as usize >= embedding.rows) {
        return shape(format!("token {id}"), format!("0..{}", embedding.rows));
    }
    if ids.is_empty() {
        return shape("0".into(), "at least one".into());
    }
    let mut x = Buffer::zeros(ids.len() * embedding.width);
    embedding.forward(params, ids, &mut x);
    Ok(inside(&net.stack, params, packed, &x, piece))
}

impl<T: Real> Predictor<T> {
    /// What its recurrent layers do over one stream of tokens, from its beginning.
    ///
    /// # Errors
    /// [`Error::Shape`] for a net of numbers, no tokens, or one outside the vocabulary.
    pub fn inside(&self, ids: &[u32]) -> Result<Vec<LayerInside<T>>> {
        layers_over(self.net(), self.params(), &self.packed().stack, ids, self.steps())
    }
}

#[cfg(test)]
#[path = "../tests/inside.rs"]
mod tests;
