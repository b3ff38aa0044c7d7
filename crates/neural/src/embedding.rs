//! The embedding layer: row id of a table for each token (Bengio et al. 2003).
//!
//! Forward X[n] = E[id_n]; backward dE[id_n] += dX[n]. The gradient has as many rows as there are tokens, not as the
//! vocabulary, so it travels as a list of rows ([`TableGradient`]).

use gyeol_tensor::elementwise::add;
use gyeol_tensor::{Buffer, Real};

use crate::layout::{Initial, Layout, Slot};

/// A table of `rows` vectors of `width` numbers.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// Tokens of the vocabulary.
    pub rows: usize,
    /// Numbers of a vector.
    pub width: usize,
    /// E.
    pub table: Slot,
}

/// The rows of a table that samples touched, with what they add to the table's gradient.
#[derive(Debug, Clone)]
pub struct TableGradient<T: Real> {
    /// Row of the table, one for each row of `rows`; a row may come twice.
    pub ids: Vec<u32>,
    /// (ids, width).
    pub rows: Buffer<T>,
}

impl<T: Real> TableGradient<T> {
    /// Room for up to `most` rows.
    pub fn with_capacity(most: usize, width: usize) -> Self {
        TableGradient { ids: Vec::with_capacity(most), rows: Buffer::zeros(most * width) }
    }
}

impl Embedding {
    /// Adds the table to a net whose other parameters are all there: uniform in ±0.1.
    pub fn new(layout: &mut Layout, name: &str, rows: usize, width: usize) -> Self {
        let table = layout.add_table(format!("{name}.table"), rows, width, Initial::Uniform(0.1));
        Embedding { rows, width, table }
    }

    /// x (N, width) = the rows of `ids`.
    ///
    /// # Panics
    /// If an id is not below the number of rows; callers check ids where they come in.
    pub fn forward<T: Real>(&self, params: &[T], ids: &[u32], x: &mut [T]) {
        let table = self.table.of(params);
        for (row, &id) in x.chunks_exact_mut(self.width).zip(ids) {
            let at = id as usize * self.width;
            row.copy_from_slice(&table[at..at + self.width]);
        }
    }

    /// The gradient's rows: dX itself, beside the ids it belongs to.
    pub fn backward<T: Real>(&self, ids: &[u32], dx: &[T], gradient: &mut TableGradient<T>) {
        gradient.ids.clear();
        gradient.ids.extend_from_slice(ids);
        gradient.rows[..ids.len() * self.width].copy_from_slice(&dx[..ids.len() * self.width]);
    }

    /// The same added to the gradient of all parameters, where the table is another layer's too.
    pub fn backward_into<T: Real>(&self, ids: &[u32], dx: &[T], gradient: &mut [T]) {
        let table = self.table.of_mut(gradient);
        for (&id, row) in ids.iter().zip(dx.chunks_exact(self.width)) {
            let at = id as usize * self.width;
            add(row, &mut table[at..at + self.width]);
        }
    }
}
