//! What the machines read: n rows of p numbers, dense or sparse, and the two products every linear fit is made of,
//! X W and Xᵀ R.
//!
//! Blocks are `width` columns wide, row-major: one for a single output, else the outputs padded with zeros to a multiple
//! of eight, so that a number of X meets one unbroken row of W. Work is cut by rows and columns alone.

use std::borrow::Cow;

use gyeol_base::{Error, Fault, Result};
use gyeol_tensor::{MatRef, Pool, SparseRows, Write, matmul, sparse_times_f64};
use gyeol_vectors::matrix::{Csr, Dense};

/// n rows of p numbers.
#[derive(Debug, Clone, Copy)]
pub enum Features<'a> {
    /// All numbers written down.
    Dense(&'a Dense),
    /// Zeros left out.
    Sparse(&'a Csr),
}

/// Most numbers of a weight matrix: 2 GiB.
pub(crate) const MOST_WEIGHTS: usize = 1 << 28;
/// Largest size of a number.
const LARGEST: f64 = 1e100;
/// Rows that one task works on.
const ROWS: usize = 1024;

impl<'a> From<&'a Dense> for Features<'a> {
    fn from(x: &'a Dense) -> Self {
        Features::Dense(x)
    }
}

impl<'a> From<&'a Csr> for Features<'a> {
    fn from(x: &'a Csr) -> Self {
        Features::Sparse(x)
    }
}

impl Features<'_> {
    /// n.
    pub fn rows(&self) -> usize {
        match self {
            Features::Dense(x) => x.rows(),
            Features::Sparse(x) => x.rows(),
        }
    }

    /// p.
    pub fn cols(&self) -> usize {
        match self {
            Features::Dense(x) => x.cols(),
            Features::Sparse(x) => x.cols(),
        }
    }

    /// Columns that hold a number in order of their places, and the rows over those alone; `None` of dense rows, and where
    /// that would be no less work than all columns.
    pub(crate) fn met(&self) -> Option<(Vec<u32>, Csr)> {
        let Features::Sparse(x) = self else { return None };
        if x.nonzeros() >= x.cols() / 8 {
            return None;
        }
        let mut columns = x.indices().to_vec();
        columns.sort_unstable();
        columns.dedup();
        let place = |j: &u32| columns.partition_point(|column| column < j) as u32;
        let indices = x.indices().iter().map(place).collect();
        let narrow = Csr::new(columns.len(), x.pointers().to_vec(), indices, x.data().to_vec()).ok()?;
        Some((columns, narrow))
    }

    /// Refuses rows made for another model than one of `inputs` columns.
    pub(crate) fn made_for(&self, inputs: usize) -> Result<()> {
        if self.cols() == inputs {
            return Ok(());
        }
        Err(Fault::new("other-columns", format!("{} columns for a model of {inputs}", self.cols()))
            .cause("the rows were made in another way than those of the fit")
            .next("make them as the training rows were made")
            .input())
    }

    /// Refuses an empty matrix, and a number that is NaN, infinite or so large that squares leave double precision.
    pub(crate) fn check(&self) -> Result<()> {
        if self.rows() == 0 {
            return Err(crate::error::no_rows());
        }
        if self.cols() == 0 {
            return Err(Fault::new("no-columns", "rows without a single column")
                .next("give at least one feature")
                .input());
        }
        let data = match self {
            Features::Dense(x) => x.data(),
            Features::Sparse(x) => x.data(),
        };
        let Some(at) = data.iter().position(|v| v.is_nan() || v.abs() > LARGEST) else { return Ok(()) };
        let (row, column) = match self {
            Features::Dense(x) => (at / x.cols(), at % x.cols()),
            Features::Sparse(x) => {
                (x.pointers().partition_point(|&p| p <= at).saturating_sub(1), x.indices()[at] as usize)
            }
        };
        let found = format!("{} in row {row}, column {column}", data[at]);
        if data[at].is_finite() {
            return Err(Fault::new("number-range", found)
                .cause("squares of such numbers leave the range of double precision")
                .next("scale the column")
                .input());
        }
        Err(Fault::new("not-finite", found)
            .cause("a missing value, or a division by zero before")
            .next("replace it by a number")
            .input())
    }

    /// Σ over the columns of one row of x · `of(column)`.
    #[inline]
    pub(crate) fn dot_row(&self, row: usize, of: impl Fn(usize) -> f64) -> f64 {
        match self {
            Features::Dense(x) => x.row(row).iter().enumerate().map(|(j, v)| v * of(j)).sum(),
            Features::Sparse(x) => x.row(row).map(|(j, v)| v * of(j as usize)).sum(),
        }
    }

    /// `f(column, x)` for the numbers of one row.
    #[inline]
    pub(crate) fn each(&self, row: usize, mut f: impl FnMut(usize, f64)) {
        match self {
            Features::Dense(x) => x.row(row).iter().enumerate().for_each(|(j, &v)| f(j, v)),
            Features::Sparse(x) => x.row(row).for_each(|(j, v)| f(j as usize, v)),
        }
    }

    /// Some rows after each other.
    pub(crate) fn some(&self, rows: std::ops::Range<usize>) -> (Option<Dense>, Option<Csr>) {
        match self {
            Features::Dense(x) => {
                let data = x.data()[rows.start * x.cols()..rows.end * x.cols()].to_vec();
                (Some(Dense::trusted(rows.len(), x.cols(), data)), None)
            }
            Features::Sparse(x) => (None, Some(x.select(rows))),
        }
    }

    /// Xᵀ by rows, zeros left out: columns to walk along.
    pub(crate) fn columns(&self, pool: &Pool) -> Csr {
        match self {
            Features::Sparse(x) => x.transposed(pool),
            Features::Dense(x) => {
                let (n, p) = (x.rows(), x.cols());
                let (mut pointers, mut indices, mut data) = (vec![0], Vec::new(), Vec::with_capacity(n * p));
                for j in 0..p {
                    for (i, v) in x.data()[j..].iter().step_by(p).enumerate().filter(|(_, v)| **v != 0.0) {
                        indices.push(i as u32);
                        data.push(*v);
                    }
                    pointers.push(data.len());
                }
                Csr::new(n, pointers, indices, data).unwrap_or_default()
            }
        }
    }
}

/// Columns of a block for `outputs` outputs.
pub(crate) fn width_of(outputs: usize) -> usize {
    if outputs == 1 { 1 } else { outputs.next_multiple_of(8) }
}

/// Refuses a model of more numbers than fit.
pub(crate) fn sane_size(inputs: usize, outputs: usize) -> Result<()> {
    match inputs.checked_mul(width_of(outputs)).filter(|&n| n <= MOST_WEIGHTS) {
        Some(_) => Ok(()),
        None => Err(Error::limit(
            Fault::new("too-many-weights", format!("{inputs} columns times {outputs} classes"))
                .cause("labels that are names or numbers of their own, or a vocabulary without a bound")
                .next("take fewer columns, or join rare classes"),
        )),
    }
}

/// Refuses rows times classes of which a fit could not keep scores, probabilities and residuals: 2^26.
pub(crate) fn sane_scores(rows: usize, outputs: usize) -> Result<()> {
    match rows.checked_mul(width_of(outputs)).filter(|&n| n <= MOST_WEIGHTS / 4) {
        Some(_) => Ok(()),
        None => Err(Error::limit(
            Fault::new("too-many-scores", format!("{rows} rows times {outputs} classes"))
                .cause("a fit by whole gradients keeps a score of each row for each class")
                .next("take fewer rows, join rare classes, or learn by stochastic gradients or naive Bayes"),
        )),
    }
}

/// Features ready for many products: Xᵀ beside a sparse X.
pub(crate) struct Design<'a> {
    pub x: Features<'a>,
    columns: Option<Cow<'a, Csr>>,
}

impl<'a> Design<'a> {
    pub fn new(x: Features<'a>, pool: &Pool) -> Self {
        let columns = match x {
            Features::Sparse(csr) => Some(Cow::Owned(csr.transposed(pool))),
            Features::Dense(_) => None,
        };
        Design { x, columns }
    }

    /// out (n, width) = X W, W (p, width).
    pub fn times(&self, w: &[f64], width: usize, out: &mut [f64], pool: &Pool) {
        times(self.x, w, width, out, pool);
    }

    /// out (p, width) = Xᵀ R, R (n, width).
    pub fn t_times(&self, r: &[f64], width: usize, out: &mut [f64], pool: &Pool) {
        match (self.x, &self.columns) {
            (Features::Dense(x), _) => dense_t_times(x, r, width, out, pool),
            (Features::Sparse(_), Some(columns)) => sparse_times(columns, r, width, out, pool),
            (Features::Sparse(x), None) => sparse_times(&x.transposed(pool), r, width, out, pool),
        }
    }

    /// Σᵢ sᵢ xᵢⱼ² of each column.
    pub fn squares(&self, s: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.x.cols()];
        for (i, s) in s.iter().enumerate() {
            self.x.each(i, |j, v| out[j] += s * v * v);
        }
        out
    }
}

/// out (n, width) = X W.
pub(crate) fn times(x: Features<'_>, w: &[f64], width: usize, out: &mut [f64], pool: &Pool) {
    match x {
        Features::Sparse(x) => sparse_times(x, w, width, out, pool),
        Features::Dense(x) if x.cols() == 0 => out.fill(0.0),
        Features::Dense(x) => pool.split_mut([out], ROWS * width, |range, [out]| {
            let (first, p) = (range.start / width, x.cols());
            let rows = &x.data()[first * p..][..out.len() / width * p];
            if width == 1 {
                out.iter_mut().zip(rows.chunks_exact(p)).for_each(|(o, row)| *o = dot(row, w));
            } else {
                let rows = MatRef::new(rows, out.len() / width, p);
                matmul(rows, MatRef::new(w, p, width), out, width, Write::Set);
            }
        }),
    }
}

fn sparse_times(x: &Csr, w: &[f64], width: usize, out: &mut [f64], pool: &Pool) {
    if width > 1 {
        let sparse = SparseRows { pointers: x.pointers(), indices: x.indices(), values: x.data() };
        return sparse_times_f64(sparse, w, width, out, pool);
    }
    pool.split_mut([out], ROWS, |range, [out]| {
        for (o, i) in out.iter_mut().zip(range) {
            *o = x.row(i).map(|(j, v)| v * w[j as usize]).sum();
        }
    });
}

/// Blocks of rows whose sums are kept at once.
const AT_ONCE: usize = 16;
/// Most numbers that their sums take.
const MOST_AT_ONCE: usize = 1 << 24;

fn dense_t_times(x: &Dense, r: &[f64], width: usize, out: &mut [f64], pool: &Pool) {
    let p = x.cols();
    out.fill(0.0);
    let rows = ROWS.max(x.rows().div_ceil(256));
    let at_once = (MOST_AT_ONCE / (p * width).max(1)).clamp(1, AT_ONCE);
    let mut parts: Vec<Vec<f64>> = vec![Vec::new(); at_once];
    let blocks: Vec<_> = x.data().chunks(rows * p.max(1)).zip(r.chunks(rows * width)).collect();
    for wave in blocks.chunks(at_once) {
        pool.each_mut(&mut parts[..wave.len()], |_, b, part| {
            let (x, r) = wave[b];
            part.clear();
            part.resize(p * width, 0.0);
            if width == 1 {
                for (row, r) in x.chunks_exact(p).zip(r) {
                    part.iter_mut().zip(row).for_each(|(o, v)| *o += r * v);
                }
            } else {
                let n = r.len() / width;
                matmul(MatRef::new(x, n, p).t(), MatRef::new(r, n, width), part, width, Write::Set);
            }
        });
        for part in &parts[..wave.len()] {
            out.iter_mut().zip(part).for_each(|(o, v)| *o += v);
        }
    }
}

/// Σ a b in eight strands.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a8.iter().zip(b8) {
        for ((s, a), b) in sums.iter_mut().zip(a).zip(b) {
            *s += a * b;
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}
