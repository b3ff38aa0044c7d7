//! Singular values: A (n, m) = U Σ Vᵀ with U (n, k) and V (m, k) orthonormal and Σ the singular values, falling.
//!
//! | what | by |
//! |---|---|
//! | all of a dense matrix, full or thin | [`Svd::dense`] (one-sided Jacobi rotations) |
//! | the k largest, quickly | [`Method::Randomized`]: Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1, with the shifts of dashSVD (Feng et al. 2024) |
//! | the k largest, to convergence | [`Method::Lanczos`]: block Lanczos with full orthogonalisation and thick restarts (Wu and Simon 2000) on A Aᵀ |
//!
//! All sums run in an order that the shapes alone decide: the same seed gives the same bits on any number of threads.

mod block;
mod lanczos;
mod randomized;
pub mod shown;
mod small;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use crate::matrix::{Csr, Dense};
use block::{Block, Gram, Pair};
use gyeol_base::{Error, Result};
pub use small::eigen;

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
        /// How often the block is multiplied by A Aᵀ less a shift, before the last time without one.
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
    /// Ten columns more, as scikit-learn's TruncatedSVD, and four shifted iterations, which come as near as its five without.
    pub fn randomized() -> Self {
        Method::Randomized { oversamples: 10, iterations: 4 }
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
        let (rows, cols) = (matrix.rows(), matrix.cols());
        let tall = rows >= cols;
        let (m, n) = if tall { (rows, cols) } else { (cols, rows) };
        let at = |i: usize, j: usize| if tall { matrix.at(i, j) } else { matrix.at(j, i) };
        let columns = (0..n).map(|j| (0..m).map(|i| at(i, j)).collect()).collect();
        let (mut long, sigma, short) = small::singular(columns).ok_or_else(|| {
            Error::input(
                Fault::new("no-convergence", "no singular values found")
                    .cause("a number that is none, or numbers too far apart in size")
                    .next("look for them, or scale the matrix"),
            )
        })?;
        if full {
            small::complete(&mut long, m, m - n);
        }
        let turned = |vectors: &[Vec<f64>], rows: usize| {
            let data = (0..rows).flat_map(|i| vectors.iter().map(move |v| v[i])).collect();
            Dense::trusted(rows, vectors.len(), data)
        };
        let (u, v) = if tall { (long, short) } else { (short, long) };
        let mut svd = Svd { u: turned(&u, rows), sigma, v: turned(&v, cols) };
        svd.flip_on(flip, &Pool::new(1));
        Ok(svd)
    }

    /// The largest singular values of a sparse matrix. Of a value that is 0 up to rounding ([`Svd::rank`] counts the others)
    /// both vectors are zeros: the matrix does not decide them, and they have no part in the product.
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
        let pair = Pair::new(matrix, largest, pool);
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
        svd.flip_on(params.flip, pool);
        Ok(svd)
    }

    fn flip_on(&mut self, flip: Flip, pool: &Pool) {
        let by = match flip {
            Flip::None => return,
            Flip::Left => &self.u,
            Flip::Right => &self.v,
        };
        let (k, width) = (self.sigma.len(), by.cols().max(1));
        const ROWS: usize = 2048;
        let mut parts: Vec<(&[f64], Vec<f64>)> =
            by.data().chunks(ROWS * width).map(|rows| (rows, vec![0.0; k])).collect();
        let larger = |most: &mut f64, v: f64| {
            *most = if v.abs() > most.abs() { v } else { *most };
        };
        pool.each_mut(&mut parts, |_, _, (rows, largest)| {
            for row in rows.chunks_exact(width) {
                largest.iter_mut().zip(row).for_each(|(most, &v)| larger(most, v));
            }
        });
        // In the order of the rows, so that the first of several largest decides.
        let mut largest = vec![0.0; k];
        for (_, part) in &parts {
            largest.iter_mut().zip(part).for_each(|(most, &v)| larger(most, v));
        }
        let signs: Vec<f64> = largest.iter().map(|v: &f64| if *v < 0.0 { -1.0 } else { 1.0 }).collect();
        for matrix in [&mut self.u, &mut self.v] {
            let cols = matrix.cols().max(1);
            pool.split_mut([matrix.data_mut()], ROWS * cols, |_, [rows]| {
                for row in rows.chunks_exact_mut(cols) {
                    row.iter_mut().zip(&signs).for_each(|(v, sign)| *v *= sign);
                }
            });
        }
    }

    /// Singular values above the rounding of the largest: max(n, m) ε σ₁.
    pub fn rank(&self) -> usize {
        let least = rounding(self.u.rows().max(self.v.rows()), &self.sigma);
        self.sigma.iter().take_while(|s| **s > least).count()
    }

    /// The matrix of the first `k` pairs: the nearest of that rank (Eckart and Young 1936).
    pub fn reconstructed(&self, k: usize) -> Dense {
        let k = k.min(self.sigma.len());
        let v = self.v.first_columns(k);
        self.u.first_columns(k).scaled(&self.sigma[..k]).times(&v.t())
    }
}

/// What rounding makes of a singular value of 0, at the most, where the larger side is `size`.
fn rounding(size: usize, sigma: &[f64]) -> f64 {
    size as f64 * f64::EPSILON * sigma.first().copied().unwrap_or_default()
}

fn empty(rows: usize, cols: usize) -> Error {
    Error::input(
        Fault::new("empty-matrix", format!("a matrix of {rows} rows and {cols} columns"))
            .next("give a matrix with at least one row and one column"),
    )
}

/// U, Σ and V out of an orthonormal basis Q of the left side: Z = Aᵀ Q = P R, R = X Σ Yᵀ, so that A ≈ (Q Y) Σ (P X)ᵀ.
fn finish(pair: &Pair<'_>, q: Block<f64>, k: usize, pool: &Pool) -> Result<Svd> {
    let z = pair.right_f64(&q, pool);
    let gram = Gram::of(&z, pool);
    // P = Z W and R = Pᵀ Z, which is Wᵀ G where one step of W is enough; P X = Z (W X) then needs no P.
    let (r, p) = if gram.is_good() {
        (gram.w.t_times(&gram.gram), None)
    } else {
        let mut p = z.clone();
        p.orthonormalize(pool);
        p.orthonormalize(pool);
        (p.cross(&z, pool), Some(p))
    };
    let small = Svd::dense(&r, false, Flip::None)?;
    // The padding of a block is zero, and so are the singular values that come of it: the last ones.
    let sigma = small.sigma[..k].to_vec();
    let bound = rounding(pair.matrix.rows().max(pair.matrix.cols()), &sigma);
    let decided = |side: &Dense| {
        let mut side = side.first_columns(k);
        (0..side.rows()).for_each(|i| {
            side.row_mut(i).iter_mut().zip(&sigma).for_each(|(v, s)| *v = if *s > bound { *v } else { 0.0 })
        });
        side
    };
    let u = q.times(&decided(&small.v), pool);
    let x = decided(&small.u);
    let v = match p {
        Some(p) => p.times(&x, pool),
        None => z.times(&gram.w.times(&x), pool),
    };
    Ok(Svd { u, sigma, v })
}

#[cfg(test)]
mod tests;
