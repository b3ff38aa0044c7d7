//! Singular values: A (n, m) = U Σ Vᵀ with U (n, k) and V (m, k) orthonormal and Σ the singular values, falling.
//!
//! | what | by |
//! |---|---|
//! | all of a dense matrix, full or thin | [`Svd::dense`] (faer: bidiagonalisation, divide and conquer) |
//! | the k largest, quickly | [`Method::Randomized`]: Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1 |
//! | the k largest, to convergence | [`Method::Lanczos`]: block Lanczos with full orthogonalisation and thick restarts (Wu and Simon 2000) on A Aᵀ |
//!
//! All sums run in an order that the shapes alone decide: the same seed gives the same bits on any number of threads.

mod block;
mod lanczos;
mod randomized;
pub mod shown;

use gyeol_data::Fault;
use gyeol_tensor::Pool;

use crate::error::{Error, Result};
use crate::matrix::{Csr, Dense};
use block::{Block, Pair};

/// Which sign of each pair of singular vectors is taken; both are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flip {
    /// As it came out.
    None,
    /// The largest number of each column of U is positive.
    Left,
    /// The largest number of each column of V is positive: scikit-learn's TruncatedSVD.
    #[default]
    Right,
}

/// How the largest singular values are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// A random block, multiplied by A and Aᵀ again and again.
    Randomized {
        /// Columns beyond k.
        oversamples: usize,
        /// How often the block is multiplied by A Aᵀ.
        iterations: usize,
    },
    /// A growing space of A Aᵀ, until every pair is accurate to `tolerance` times its value.
    Lanczos {
        /// Bound on the error of each pair, relative to the eigenvalue.
        tolerance: f64,
        /// Most times that the space is shrunk and grown again.
        restarts: usize,
    },
}

impl Method {
    /// Ten columns more and five iterations, as scikit-learn's TruncatedSVD.
    pub fn randomized() -> Self {
        Method::Randomized { oversamples: 10, iterations: 5 }
    }

    /// To nearly all digits.
    pub fn lanczos() -> Self {
        Method::Lanczos { tolerance: 1e-9, restarts: 200 }
    }
}

/// Options of the truncated decomposition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TruncatedParams {
    /// How many singular values.
    pub k: usize,
    /// How they are found.
    pub method: Method,
    /// Seed of the random block.
    pub seed: u64,
    /// Which signs.
    pub flip: Flip,
}

impl TruncatedParams {
    /// `k` singular values as scikit-learn's TruncatedSVD finds them.
    pub fn new(k: usize) -> Self {
        TruncatedParams { k, method: Method::randomized(), seed: 0, flip: Flip::Right }
    }
}

/// A decomposition, or the largest part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Svd {
    /// U: a row a row of A, a column a singular value.
    pub u: Dense,
    /// Σ, falling.
    pub sigma: Vec<f64>,
    /// V: a row a column of A.
    pub v: Dense,
}

impl Svd {
    /// All singular values of a dense matrix; U and V square where `full`, else as wide as there are values.
    ///
    /// # Errors
    /// An empty matrix; one on which the iteration does not converge.
    pub fn dense(matrix: &Dense, full: bool, flip: Flip) -> Result<Svd> {
        if matrix.rows() == 0 || matrix.cols() == 0 {
            return Err(empty(matrix.rows(), matrix.cols()));
        }
        let a = faer::MatRef::from_row_major_slice(matrix.data(), matrix.rows(), matrix.cols());
        let found = if full { a.svd() } else { a.thin_svd() };
        let found = found.map_err(|e| {
            Error::input(
                Fault::new("no-convergence", format!("no singular values found: {e:?}"))
                    .cause("numbers too far apart in size")
                    .next("scale the matrix"),
            )
        })?;
        let taken = |m: faer::MatRef<'_, f64>| {
            let data = (0..m.nrows()).flat_map(|i| (0..m.ncols()).map(move |j| m[(i, j)])).collect();
            Dense::trusted(m.nrows(), m.ncols(), data)
        };
        let s = found.S().column_vector();
        let sigma = (0..s.nrows()).map(|i| s[i]).collect();
        let mut svd = Svd { u: taken(found.U()), sigma, v: taken(found.V()) };
        svd.flip(flip);
        Ok(svd)
    }

    /// The largest singular values of a sparse matrix.
    ///
    /// # Errors
    /// `k` of 0 or above the smaller side of the matrix; an empty matrix, or one of zeros; no convergence.
    pub fn truncated(matrix: &Csr, params: TruncatedParams, pool: &Pool) -> Result<Svd> {
        let (rows, cols) = (matrix.rows(), matrix.cols());
        if rows == 0 || cols == 0 {
            return Err(empty(rows, cols));
        }
        let least = rows.min(cols);
        if params.k == 0 || params.k > least {
            return Err(Error::option(
                Fault::new(
                    "too-many-values",
                    format!("{} singular values of a matrix of {rows} rows and {cols} columns", params.k),
                )
                .cause(format!("such a matrix has {least}"))
                .next(format!("choose 1 to {least}")),
            ));
        }
        let largest = matrix.data().iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        if largest == 0.0 {
            return Err(Error::input(
                Fault::new("only-zeros", format!("{rows} rows and {cols} columns of zeros"))
                    .cause("documents without a term of the vocabulary")
                    .next("fit on documents that have terms"),
            ));
        }
        if !(1e-100..1e100).contains(&largest) {
            return Err(Error::input(
                Fault::new("number-range", format!("the largest number is {largest:e}"))
                    .cause("squares of such numbers leave the range of double precision")
                    .next("scale the matrix"),
            ));
        }
        // The block lives on the smaller side, where keeping it orthonormal costs less.
        let turned = rows > cols;
        let pair = if turned {
            Pair::new(matrix.transpose(), matrix.clone())
        } else {
            Pair::new(matrix.clone(), matrix.transpose())
        };
        let left = match params.method {
            Method::Randomized { oversamples, iterations } => {
                randomized::left(&pair, params.k, oversamples, iterations, params.seed, pool)
            }
            Method::Lanczos { tolerance, restarts } => {
                lanczos::left(&pair, params.k, tolerance, restarts, params.seed, pool)?
            }
        };
        let mut svd = finish(&pair, left, params.k, pool)?;
        if turned {
            std::mem::swap(&mut svd.u, &mut svd.v);
        }
        svd.flip(params.flip);
        Ok(svd)
    }

    fn flip(&mut self, flip: Flip) {
        let by = match flip {
            Flip::None => return,
            Flip::Left => &self.u,
            Flip::Right => &self.v,
        };
        let k = self.sigma.len();
        let mut largest = vec![0.0f64; k];
        for row in by.data().chunks_exact(by.cols().max(1)) {
            largest.iter_mut().zip(row).for_each(|(most, &v)| {
                if v.abs() > most.abs() {
                    *most = v;
                }
            });
        }
        for matrix in [&mut self.u, &mut self.v] {
            let cols = matrix.cols().max(1);
            for row in matrix.data_mut().chunks_exact_mut(cols) {
                row.iter_mut().zip(&largest).filter(|(_, most)| **most < 0.0).for_each(|(v, _)| *v = -*v);
            }
        }
    }

    /// Singular values above the rounding of the largest: max(n, m) ε σ₁.
    pub fn rank(&self) -> usize {
        let size = self.u.rows().max(self.v.rows()) as f64;
        let least = size * f64::EPSILON * self.sigma.first().copied().unwrap_or_default();
        self.sigma.iter().take_while(|s| **s > least).count()
    }

    /// The matrix of the first `k` pairs: the nearest of that rank (Eckart and Young 1936).
    pub fn reconstructed(&self, k: usize) -> Dense {
        let k = k.min(self.sigma.len());
        let v = self.v.first_columns(k);
        self.u.first_columns(k).scaled(&self.sigma[..k]).times(&v.t())
    }
}

fn empty(rows: usize, cols: usize) -> Error {
    Error::input(
        Fault::new("empty-matrix", format!("a matrix of {rows} rows and {cols} columns"))
            .next("give a matrix with at least one row and one column"),
    )
}

/// U, Σ and V out of an orthonormal basis Q of the left side: Aᵀ Q = P R, R = X Σ Yᵀ, so that A ≈ (Q Y) Σ (P X)ᵀ.
fn finish(pair: &Pair, q: Block<f64>, k: usize, pool: &Pool) -> Result<Svd> {
    let z = pair.right_f64(&q, pool);
    let mut p = z.clone();
    p.orthonormalize(pool);
    p.orthonormalize(pool);
    let r = p.cross(&z, pool);
    let small = Svd::dense(&r, false, Flip::None)?;
    // The padding of a block is zero, and so are the singular values that come of it: the last ones.
    let u = q.times(&small.v.first_columns(k), pool);
    let v = p.times(&small.u.first_columns(k), pool);
    Ok(Svd { u, sigma: small.sigma[..k].to_vec(), v })
}

#[cfg(test)]
mod tests;
