//! How much memory training takes, by formula.
//!
//! With P parameters, E of them in the table of embeddings; B rows a batch, cut into C chunks of r rows
//! ([`crate::chunk_rows`]); T steps, n = T r; M = n outputs of a chunk where every step is read, else r; W = D H
//! columns of the stack's output, and the other letters as in the head of the module, a fit with [`crate::fit`] keeps
//! so many numbers beside its samples:
//!
//! ```text
//! parameters    2 P                     those that learn and the best so far; 3 P with their average
//! optimizer     0, P or 2 P             SGD; momentum, Adagrad and RMSprop; Adam
//! packed        2 a (I, k)              each matrix and its transpose, columns in panels of 32; half of that in bf16
//! gradients     (C + 1)(P - E) + E      one for each chunk and their sum; one more to accumulate batches
//!               C n I                   the rows of the table that a chunk looks up
//! a thread      n I + M K               a batch: inputs, target values
//!               n (G + 1) H             a layer and direction: G gates (RNN 1, minGRU 2, others 4), states;
//!               2 n H                   LSTM: cells and their tanh
//!               4 n H                   sLSTM: cells, normalisers, stabilisers and a slope
//!               2 n W                   gradients between layers, where there are two or more
//!               n (2 W + …)             both directions: outputs side by side, inputs turned, gradients turned
//!               n W or r W              dropout: masks, and outputs with the mask on them
//!               M (W + K)               the head: gradient of what it reads, outputs or exponents;
//!               M W                     softmax: what it reads, packed
//!               n I                     gradient of the embeddings
//!               n W                     pooled steps: gradient of the stack's output
//! ```
//!
//! The code below has the small terms too (states carried from batch to batch, last states, indices of tokens and
//! classes). Sequences that differ in length take n H more a layer and direction on each thread. Not counted is
//! the scratch that products keep for each thread, some 300,000 numbers at most unless T r is over 4,096 (in bf16, up
//! to 512 for each of the n rows besides). Validation at the end of an epoch packs the weights once more and takes a batch and a tape of at most 16 rows for each thread.

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{Operand, Precision, Real};

use super::head::Head;
use super::{Net, Reads};
use crate::dense::Dense;
use crate::recurrent::Recurrent;
use crate::softmax::Softmax;
use crate::stack::StackParams;
use crate::trainer::{TrainParams, chunk_rows};

/// A matrix and its transpose, packed.
fn packed_both<T: Real>(precision: Precision, k: usize, n: usize) -> usize {
    Operand::<T>::room(k, n, precision) + Operand::<T>::room(n, k, precision)
}

fn when(yes: bool, numbers: usize) -> usize {
    if yes { numbers } else { 0 }
}

impl Net {
    /// Bytes that [`crate::fit`] keeps during its steps, beside the samples and their order, for sequences of `steps`
    /// steps on `threads` threads: the formula in the head of this module's source, which tests hold to 3 %.
    ///
    /// ```
    /// use gyeol_neural::net::{Input, Net, NetParams, Output, Reads};
    /// use gyeol_neural::{Cell, Optimizer, StackParams, TrainParams};
    ///
    /// let net = Net::new(&NetParams {
    ///     input: Input::Tokens { vocabulary: 10_000 },
    ///     stack: StackParams { layers: 2, ..StackParams::new(Cell::Lstm, 200, 200) },
    ///     dropout: 0.0,
    ///     reads: Reads::Every,
    ///     projection: None,
    ///     output: Output::Classes { classes: 10_000 },
    ///     tied: false,
    /// })?;
    /// let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false };
    /// let p = TrainParams::new(13, 20, sgd, 1.0);
    /// assert_eq!(net.step_bytes::<f32>(20, &p, 2) >> 20, 116); // MiB
    /// # Ok::<(), gyeol_neural::Error>(())
    /// ```
    pub fn step_bytes<T: Real>(&self, steps: usize, p: &TrainParams, threads: usize) -> usize {
        let (all, dense) = (self.layout.len(), self.layout.dense_len());
        let rows = chunk_rows(p.batch, dense);
        let chunks = p.batch.div_ceil(rows);
        let n = steps * rows;
        let (first, second) = p.optimizer.keeps();
        let parameters = (2 + usize::from(p.average.is_some()) + first + second) * all;

        let columns = self.head_input();
        let both = |k, n| packed_both::<T>(self.params.stack.precision, k, n);
        let of_softmax = |s: &Softmax| both(s.input, s.classes);
        let head = match &self.head {
            Head::Values(d, _) => both(d.input, d.output),
            Head::Classes(s) => of_softmax(s),
            Head::Sampled(s) => of_softmax(&s.exact),
            Head::Adaptive(a) => {
                let (list, clusters) = a.parts();
                let of_cluster = |(d, s): &(Dense, Softmax)| both(d.input, d.output) + of_softmax(s);
                of_softmax(list) + clusters.iter().map(of_cluster).sum::<usize>()
            }
        };
        let projection = self.projection.as_ref().map_or(0, |d| both(d.input, d.output));
        let cells = &self.stack.cells;
        let of_cells: usize = cells
            .iter()
            .map(|c| {
                let (of_x, of_h) = c.columns();
                both(c.input, of_x) + both(c.hidden, of_h)
            })
            .sum();

        let tokens = self.embedding.is_some();
        // A net that says something of every token may be one that carries its state on.
        let carried = when(
            tokens && self.params.reads == Reads::Every,
            rows * (self.params.stack.state() + self.params.stack.memory()),
        );
        let gradients = (chunks + 1 + usize::from(p.accumulate > 1)) * dense
            + (all - dense)
            + chunks
                * (self.table_rows(steps, rows).iter().map(|(n, width)| n * width).sum::<usize>() + carried);

        let numbers = parameters
            + of_cells
            + projection
            + head
            + gradients
            + threads * (self.batch_numbers(n, rows) + carried + self.tape_numbers::<T>(n, rows, columns));
        numbers * size_of::<T>() + self.index_bytes(n, rows, chunks, threads)
    }

    /// M.
    fn outputs_of(&self, n: usize, rows: usize) -> usize {
        if self.params.reads == Reads::Every { n } else { rows }
    }

    fn batch_numbers(&self, n: usize, rows: usize) -> usize {
        let values = matches!(self.head, Head::Values(..));
        let values = when(values, self.outputs_of(n, rows) * self.output_width());
        n * self.params.stack.input + values + rows * self.beside
    }

    fn tape_numbers<T: Real>(&self, n: usize, rows: usize, columns: usize) -> usize {
        let p = &self.params;
        let (width, m) = (self.read_width(), self.outputs_of(n, rows));
        let (once, drops) = (p.reads != Reads::Every, p.dropout > 0.0);
        let masked = if p.stack.locked { rows } else { n };
        let input = when(self.embedding.is_some(), (n + when(drops, masked)) * p.stack.input);
        let read = m * width * (1 + usize::from(once || drops));
        let output_mask = when(drops, if once { rows } else { masked } * width);
        let projected = when(p.projection.is_some(), 2 * m * (columns - self.beside))
            + when(self.beside > 0, 2 * m * columns);
        let head = match &self.head {
            Head::Values(d, _) => m * d.output * (1 + usize::from(d.activation != Activation::Linear)),
            Head::Classes(s) => s.tape_numbers::<T>(m),
            Head::Sampled(s) => s.exact.tape_numbers::<T>(m) + s.tape_numbers::<T>(m),
            Head::Adaptive(a) => {
                let (list, clusters) = a.parts();
                let widest = clusters.iter().map(|(d, _)| d.output).max().unwrap_or(0);
                let softmax = clusters.iter().map(|(_, s)| s.tape_numbers::<T>(m)).sum::<usize>();
                list.tape_numbers::<T>(m) + softmax + 2 * m * (columns + widest)
            }
        };
        let cells: usize = self
            .stack
            .cells
            .iter()
            .map(|c| cell_numbers::<T>(c, n, rows, p.stack.recurrent_dropout > 0.0))
            .sum();
        let d_last = when(p.reads == Reads::Last, rows * p.stack.state());
        let pooled = when(self.pooling.is_some(), n * p.stack.output() + rows * p.stack.output())
            + when(p.reads == Reads::Attention, n);
        input + read + output_mask + projected + head + cells + between(&p.stack, n, masked) + d_last + pooled
    }

    /// Tokens, classes and the list of rows looked up.
    fn index_bytes(&self, n: usize, rows: usize, chunks: usize, threads: usize) -> usize {
        let id = size_of::<u32>();
        let classes = !matches!(self.head, Head::Values(..));
        let batch = when(self.embedding.is_some(), n) + when(classes, self.outputs_of(n, rows));
        let own = self.embedding.as_ref().filter(|_| !self.params.tied);
        let table = own.map_or(0, |e| e.rows * (id + 1));
        threads * batch * id + table + chunks * when(own.is_some(), n) * id
    }
}

/// Gates, states and what the backward step reads beside; the states before the first step and their gradients.
fn cell_numbers<T: Real>(cell: &Recurrent, n: usize, rows: usize, masked: bool) -> usize {
    let states = cell.cell.states();
    let kept = states * (n + rows) + when(states > 1, n);
    n * cell.gate_stride::<T>() + (kept + states * rows + when(masked, n + 2 * rows)) * cell.hidden
}

/// What lies between layers: outputs, dropout, gradients; for two directions the turned sequences.
fn between(p: &StackParams, n: usize, masked: usize) -> usize {
    let (width, inner, drops) = (p.output(), p.layers - 1, p.dropout > 0.0);
    let outputs = n * width * if p.bidirectional { p.layers } else { when(drops, inner) };
    let masks = when(drops, inner * masked * width);
    let gradients = when(inner > 0, 2 * n * width);
    let turned = n * (p.input + inner * width + width.max(p.input) + p.hidden);
    outputs + masks + gradients + when(p.bidirectional, turned)
}
