//! Sparse matrices by rows (CSR: Saad, Iterative Methods for Sparse Linear Systems, 3.4), dense matrices, and their files.
//!
//! A document-term matrix has a row a document and a column a term. Row i has its columns in
//! `indices[pointers[i]..pointers[i + 1]]`, rising, and its numbers beside them in `data`.
//!
//! The structure is our own: what is needed of one is a few lines, and the kernels, the seed-for-seed sums over any
//! number of threads and the refusal of hostile files are what a library would not give.

mod dense;
mod market;
mod npz;

use gyeol_base::Fault;
use gyeol_tensor::{Pool, SparseRows, sparse_times_f64};

pub use dense::Dense;
pub use market::{read_market, write_market};
pub use npz::{NpzWriter, Numbers, read_npz, write_npz};

use gyeol_base::{Error, Result};

/// Most rows and most columns of a matrix: both must fit four bytes.
pub const MOST: usize = u32::MAX as usize;

/// A sparse matrix by rows, in double precision.
///
/// ```
/// use gyeol_vectors::matrix::Csr;
/// let matrix = Csr::from_triplets(2, 3, [(0, 2, 1.0), (1, 0, 4.0), (0, 2, 2.0)])?;
/// assert_eq!(matrix.row(0).collect::<Vec<_>>(), [(2, 3.0)]); // what stands twice is added
/// assert_eq!((matrix.rows(), matrix.cols(), matrix.nonzeros()), (2, 3, 2));
/// # Ok::<(), gyeol_vectors::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Csr {
    cols: usize,
    pointers: Vec<usize>,
    indices: Vec<u32>,
    data: Vec<f64>,
}

fn broken(code: &'static str, found: String) -> Error {
    Error::input(
        Fault::new(code, found)
            .cause("the matrix was cut off, altered, or made by another program with an error")
            .next("make the matrix again"),
    )
}

impl Csr {
    /// A matrix from its three arrays; columns of a row may come in any order, and such that stand twice are added.
    ///
    /// # Errors
    /// Arrays that do not fit each other, a column outside, a number that is NaN or infinite.
    pub fn new(cols: usize, pointers: Vec<usize>, indices: Vec<u32>, data: Vec<f64>) -> Result<Self> {
        if cols > MOST || pointers.len() > MOST {
            return Err(Error::limit(
                Fault::new("matrix-size", format!("{} rows and {cols} columns", pointers.len()))
                    .next("a matrix has at most 4,294,967,294 of each"),
            ));
        }
        let ordered = pointers.first() == Some(&0) && pointers.is_sorted();
        if !ordered || pointers.last() != Some(&indices.len()) || indices.len() != data.len() {
            let found = format!(
                "row pointers from {} to {}, {} columns and {} numbers do not fit each other",
                pointers.first().copied().unwrap_or_default(),
                pointers.last().copied().unwrap_or_default(),
                indices.len(),
                data.len()
            );
            return Err(broken("bad-pointers", found));
        }
        if let Some(column) = indices.iter().find(|&&c| c as usize >= cols) {
            return Err(broken("column-outside", format!("column {column} of a matrix of {cols} columns")));
        }
        if let Some(at) = data.iter().position(|v| !v.is_finite()) {
            let row = pointers.partition_point(|&p| p <= at).saturating_sub(1);
            let found = format!("{} in row {row}, column {}", data[at], indices[at]);
            return Err(broken("not-finite", found));
        }
        let mut matrix = Csr { cols, pointers, indices, data };
        matrix.settle();
        Ok(matrix)
    }

    /// Sorts the columns of each row and adds up those that stand twice.
    fn settle(&mut self) {
        let sorted = |row: &[u32]| row.windows(2).all(|pair| pair[0] < pair[1]);
        if self.pointers.windows(2).all(|p| sorted(&self.indices[p[0]..p[1]])) {
            return;
        }
        let (mut indices, mut data) =
            (Vec::with_capacity(self.data.len()), Vec::with_capacity(self.data.len()));
        let mut row: Vec<(u32, f64)> = Vec::new();
        let mut begin = 0;
        for end in &mut self.pointers[1..] {
            row.clear();
            row.extend(self.indices[begin..*end].iter().copied().zip(self.data[begin..*end].iter().copied()));
            // Stable, so that sums run in the order of the file.
            row.sort_by_key(|&(column, _)| column);
            let first = indices.len();
            for &(column, value) in &row {
                if indices.len() > first && indices.last() == Some(&column) {
                    *data.last_mut().expect("a number a column") += value;
                } else {
                    indices.push(column);
                    data.push(value);
                }
            }
            (begin, *end) = (*end, indices.len());
        }
        (self.indices, self.data) = (indices, data);
    }

    /// A matrix from parts that are known to fit: sorted, inside, finite.
    pub(crate) fn trusted(cols: usize, pointers: Vec<usize>, indices: Vec<u32>, data: Vec<f64>) -> Self {
        debug_assert_eq!(pointers.last(), Some(&indices.len()));
        Csr { cols, pointers, indices, data }
    }

    /// A matrix of (row, column, number) in any order; numbers of one place are added.
    ///
    /// # Errors
    /// A place outside of the matrix, a number that is NaN or infinite.
    pub fn from_triplets(
        rows: usize,
        cols: usize,
        triplets: impl IntoIterator<Item = (u32, u32, f64)>,
    ) -> Result<Self> {
        let mut all: Vec<(u32, u32, f64)> = triplets.into_iter().collect();
        all.sort_by_key(|&(row, column, _)| (row, column));
        if let Some((row, ..)) = all.last().filter(|(row, ..)| *row as usize >= rows) {
            return Err(broken("row-outside", format!("row {row} of a matrix of {rows} rows")));
        }
        let mut pointers = vec![0; rows + 1];
        all.iter().for_each(|(row, ..)| pointers[*row as usize + 1] += 1);
        for row in 0..rows {
            pointers[row + 1] += pointers[row];
        }
        let (indices, data) = all.into_iter().map(|(_, column, value)| (column, value)).unzip();
        Csr::new(cols, pointers, indices, data)
    }

    /// The rows of a dense matrix, zeros left out.
    pub fn from_dense(dense: &Dense) -> Result<Self> {
        let places = (0..dense.rows()).flat_map(|i| {
            let kept = dense.row(i).iter().enumerate().filter(|(_, v)| **v != 0.0);
            kept.map(move |(j, &v)| (i as u32, j as u32, v))
        });
        Csr::from_triplets(dense.rows(), dense.cols(), places)
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.pointers.len().saturating_sub(1)
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Numbers that are written down; few of them are zero.
    pub fn nonzeros(&self) -> usize {
        self.data.len()
    }

    /// Where each row begins, and the end of the last.
    pub fn pointers(&self) -> &[usize] {
        &self.pointers
    }

    /// Columns of all rows, one row after the other.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// Numbers of all rows.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    pub(crate) fn data_mut(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// Columns and numbers of a row, as two slices.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    pub fn parts(&self, row: usize) -> (&[u32], &[f64]) {
        let range = self.pointers[row]..self.pointers[row + 1];
        (&self.indices[range.clone()], &self.data[range])
    }

    /// (column, number) of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (u32, f64)> + Clone {
        let (columns, data) = self.parts(row);
        columns.iter().copied().zip(data.iter().copied())
    }

    /// Some of the rows, in the order given.
    ///
    /// # Panics
    /// If a row is not there.
    pub fn select(&self, rows: impl IntoIterator<Item = usize>) -> Csr {
        let mut out = Csr { cols: self.cols, pointers: vec![0], ..Csr::default() };
        for row in rows {
            let (columns, data) = self.parts(row);
            out.indices.extend_from_slice(columns);
            out.data.extend_from_slice(data);
            out.pointers.push(out.indices.len());
        }
        out
    }

    /// The transpose, by counting (Gustavson 1978); rows of the result are in order.
    pub fn transpose(&self) -> Csr {
        self.transposed(&Pool::new(1))
    }

    /// [`Csr::transpose`] on a pool: each task fills the rows of the result that belong to a run of columns.
    pub fn transposed(&self, pool: &Pool) -> Csr {
        let mut pointers = vec![0usize; self.cols + 1];
        self.indices.iter().for_each(|&c| pointers[c as usize + 1] += 1);
        for column in 0..self.cols {
            pointers[column + 1] += pointers[column];
        }
        let (mut indices, mut data) = (vec![0; self.indices.len()], vec![0.0; self.data.len()]);
        // Runs of about this many numbers, which a cache holds while they come in any order.
        const RUN: usize = 1 << 17;
        let (mut free_indices, mut free_data) = (&mut indices[..], &mut data[..]);
        let mut parts = Vec::new();
        let mut first = 0;
        while first < self.cols {
            let most = pointers[first] + RUN.max(self.data.len() / 64);
            let end = pointers.partition_point(|&p| p <= most).saturating_sub(1).clamp(first + 1, self.cols);
            let size = pointers[end] - pointers[first];
            let (indices, rest) = std::mem::take(&mut free_indices).split_at_mut(size);
            free_indices = rest;
            let (data, rest) = std::mem::take(&mut free_data).split_at_mut(size);
            free_data = rest;
            parts.push((first..end, indices, data));
            first = end;
        }
        pool.each_mut(&mut parts, |_, _, (columns, indices, data)| {
            let begin = pointers[columns.start];
            let mut next: Vec<usize> = pointers[columns.clone()].iter().map(|p| p - begin).collect();
            for row in 0..self.rows() {
                let (all, values) = self.parts(row);
                let from = all.partition_point(|&c| (c as usize) < columns.start);
                for (&column, &value) in all[from..].iter().zip(&values[from..]) {
                    let Some(at) = next.get_mut(column as usize - columns.start) else { break };
                    indices[*at] = row as u32;
                    data[*at] = value;
                    *at += 1;
                }
            }
        });
        Csr { cols: self.rows(), pointers, indices, data }
    }

    /// The matrix with all its zeros.
    ///
    /// # Errors
    /// More than 2^28 numbers.
    pub fn to_dense(&self) -> Result<Dense> {
        let mut dense = Dense::zeros(self.rows(), self.cols)?;
        for row in 0..self.rows() {
            for (column, value) in self.row(row) {
                dense.row_mut(row)[column as usize] = value;
            }
        }
        Ok(dense)
    }

    /// Euclidean length of each row; the sum runs over the columns in order.
    pub fn norms(&self) -> Vec<f64> {
        (0..self.rows()).map(|i| self.parts(i).1.iter().map(|v| v * v).sum::<f64>().sqrt()).collect()
    }

    /// Refuses numbers below zero, which counts cannot be.
    ///
    /// # Errors
    /// Names the first one.
    pub fn not_negative(&self, what: &str) -> Result<()> {
        match self.data.iter().position(|&v| v < 0.0) {
            None => Ok(()),
            Some(at) => {
                let row = self.pointers.partition_point(|&p| p <= at).saturating_sub(1);
                let found = format!("{} in row {row}, column {}", self.data[at], self.indices[at]);
                Err(Error::input(
                    Fault::new("negative", found)
                        .cause(format!("{what} needs counts, and this matrix holds something else"))
                        .next("give a matrix of counts"),
                ))
            }
        }
    }

    /// Refuses a matrix that was made for another model than one of so many columns; `what` names them.
    ///
    /// # Errors
    /// Says how many there are.
    pub fn made_for(&self, columns: usize, what: &str) -> Result<()> {
        if self.cols == columns {
            return Ok(());
        }
        Err(Error::input(
            Fault::new("other-columns", format!("{} columns for {columns} {what}", self.cols))
                .next("make the rows with the vectorizer of this model"),
        ))
    }

    /// A (n, m) times B (m, k): the rows are cut by the problem, so that the bits are the same on any pool.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn times(&self, dense: &Dense, pool: &Pool) -> Dense {
        assert_eq!(self.cols, dense.rows(), "columns of the sparse, rows of the dense matrix");
        let k = dense.cols();
        let sparse = SparseRows { pointers: &self.pointers, indices: &self.indices, values: &self.data };
        // The kernel takes whole vectors of a processor.
        let width = k.next_multiple_of(16);
        let padded = |rows: usize| vec![0.0; rows * width];
        let mut wide = padded(dense.rows());
        let (mut product, mut out) = (padded(self.rows()), vec![0.0; self.rows() * k]);
        if k > 0 {
            const ROWS: usize = 2048;
            pool.split_mut([&mut wide], ROWS * width, |range, [wide]| {
                let first = range.start / width;
                for (i, row) in wide.chunks_exact_mut(width).enumerate() {
                    row[..k].copy_from_slice(dense.row(first + i));
                }
            });
            sparse_times_f64(sparse, &wide, width, &mut product, pool);
            pool.split_mut([&mut out], ROWS * k, |range, [out]| {
                let rows = product[range.start / k * width..].chunks_exact(width);
                out.chunks_exact_mut(k).zip(rows).for_each(|(out, row)| out.copy_from_slice(&row[..k]));
            });
        }
        Dense::trusted(self.rows(), k, out)
    }
}

#[cfg(test)]
mod tests;
