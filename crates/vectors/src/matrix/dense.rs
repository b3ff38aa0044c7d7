//! Dense matrices, row-major, in double precision.

use gyeol_base::Fault;
use gyeol_tensor::{MatRef, Write, matmul};

use gyeol_base::{Error, Result};

/// Most numbers of a dense matrix that is made out of sizes alone: 2 GiB.
const MOST: usize = 1 << 28;

/// A matrix with all its numbers, row after row.
///
/// ```
/// use gyeol_vectors::matrix::Dense;
/// let a = Dense::new(2, 2, vec![1.0, 2.0, 3.0, 4.0])?;
/// assert_eq!(a.t().row(0), [1.0, 3.0]);
/// assert_eq!(a.times(&Dense::identity(2)?), a);
/// # Ok::<(), gyeol_vectors::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dense {
    rows: usize,
    cols: usize,
    data: Vec<f64>,
}

impl Dense {
    /// A matrix of `data`, row after row.
    ///
    /// # Errors
    /// Another count of numbers than the shape has; a number that is NaN or infinite.
    pub fn new(rows: usize, cols: usize, data: Vec<f64>) -> Result<Self> {
        if rows.checked_mul(cols) != Some(data.len()) {
            let found = format!("{} numbers for {rows} rows of {cols}", data.len());
            return Err(Error::input(
                Fault::new("matrix-shape", found).next("give as many as the shape has"),
            ));
        }
        if let Some(at) = data.iter().position(|v| !v.is_finite()) {
            return Err(Error::input(
                Fault::new("not-finite", format!("{} in row {}, column {}", data[at], at / cols, at % cols))
                    .cause("a missing value, or a division by zero before")
                    .next("replace it by a number"),
            ));
        }
        Ok(Dense { rows, cols, data })
    }

    /// A matrix of numbers that were computed: as many as the shape has, and finite unless what they came from was not.
    ///
    /// # Panics
    /// If there are more or fewer.
    pub fn trusted(rows: usize, cols: usize, data: Vec<f64>) -> Self {
        assert_eq!(rows * cols, data.len(), "numbers of a matrix of {rows} rows and {cols} columns");
        Dense { rows, cols, data }
    }

    /// A matrix of zeros.
    ///
    /// # Errors
    /// More than 2^28 numbers.
    pub fn zeros(rows: usize, cols: usize) -> Result<Self> {
        match rows.checked_mul(cols).filter(|&n| n <= MOST) {
            Some(n) => Ok(Dense { rows, cols, data: vec![0.0; n] }),
            None => Err(Error::limit(
                Fault::new("dense-size", format!("a dense matrix of {rows} rows and {cols} columns"))
                    .cause("all its zeros would have to be in memory")
                    .next("use the sparse matrix, or fewer terms"),
            )),
        }
    }

    /// Ones on the diagonal.
    ///
    /// # Errors
    /// As [`Dense::zeros`].
    pub fn identity(n: usize) -> Result<Self> {
        Dense::diagonal(&vec![1.0; n])
    }

    /// These numbers on the diagonal, zeros elsewhere.
    ///
    /// # Errors
    /// As [`Dense::zeros`].
    pub fn diagonal(values: &[f64]) -> Result<Self> {
        let mut out = Dense::zeros(values.len(), values.len())?;
        values.iter().enumerate().for_each(|(i, &v)| out.data[i * values.len() + i] = v);
        Ok(out)
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// All numbers, row after row.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    pub(crate) fn data_mut(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// One row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }

    /// One row, to be changed.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.data[row * self.cols..(row + 1) * self.cols]
    }

    /// One number.
    ///
    /// # Panics
    /// If it lies outside.
    pub fn at(&self, row: usize, col: usize) -> f64 {
        assert!(col < self.cols, "column {col} of {}", self.cols);
        self.data[row * self.cols + col]
    }

    /// The transpose.
    pub fn t(&self) -> Dense {
        let data = (0..self.cols).flat_map(|j| (0..self.rows).map(move |i| self.data[i * self.cols + j]));
        Dense { rows: self.cols, cols: self.rows, data: data.collect() }
    }

    /// A (n, m) times B (m, k), on this thread.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn times(&self, other: &Dense) -> Dense {
        let mut data = vec![0.0; self.rows * other.cols];
        let (a, b) = (self.view(), other.view());
        matmul(a, b, &mut data, other.cols, Write::Set);
        Dense { rows: self.rows, cols: other.cols, data }
    }

    /// Aᵀ (m, n) times B (n, k), on this thread.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn t_times(&self, other: &Dense) -> Dense {
        let mut data = vec![0.0; self.cols * other.cols];
        matmul(self.view().t(), other.view(), &mut data, other.cols, Write::Set);
        Dense { rows: self.cols, cols: other.cols, data }
    }

    /// The first `k` columns.
    pub fn first_columns(&self, k: usize) -> Dense {
        let k = k.min(self.cols);
        let data = (0..self.rows).flat_map(|i| self.row(i)[..k].iter().copied()).collect();
        Dense { rows: self.rows, cols: k, data }
    }

    /// Each column times a number.
    pub fn scaled(mut self, by: &[f64]) -> Dense {
        for row in self.data.chunks_exact_mut(self.cols.max(1)) {
            row.iter_mut().zip(by).for_each(|(v, b)| *v *= b);
        }
        self
    }

    /// Frobenius norm: the root of the sum of all squares.
    pub fn norm(&self) -> f64 {
        self.data.iter().map(|v| v * v).sum::<f64>().sqrt()
    }

    /// Largest distance between two numbers at one place; NaN if there is one.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn distance(&self, other: &Dense) -> f64 {
        assert_eq!((self.rows, self.cols), (other.rows, other.cols));
        let apart = self.data.iter().zip(&other.data).map(|(a, b)| (a - b).abs());
        // `f64::max` would pass over a NaN, and whoever asks whether all is near would hear yes.
        apart.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
    }

    fn view(&self) -> MatRef<'_, f64> {
        MatRef::new(&self.data, self.rows, self.cols)
    }
}
