//! The randomised range finder with power iterations (Halko, Martinsson and Tropp 2011, algorithm 4.4), with the dynamic
//! shifts of dashSVD (Feng, Yu, Xie and Tang 2024, Faster randomized SVD with dynamic shifts, ACM TOMS 50).
//!
//! A step multiplies by A Aᵀ - α instead of A Aᵀ. While α is at most half of the square of the smallest singular value that
//! the block is to hold, the leading ones stay the largest in size, and lead by σ² - α instead of σ²: a step then is
//! worth up to two without a shift. The smallest singular value of the block after a step is never more than that square
//! less α, so that the mean of the two is a safe next α.
//!
//! Iterations run in single precision: they only turn the block towards the leading singular vectors, and what rounding
//! leaves of an error there is small beside what the iterations leave. The last products and the decomposition, which decide
//! how well the result fits the matrix, are in double precision.

use gyeol_tensor::Pool;

use super::block::{Block, Pair};

/// An orthonormal basis of about the k leading left singular vectors.
pub(super) fn left(
    pair: &Pair<'_>,
    k: usize,
    oversamples: usize,
    iterations: usize,
    seed: u64,
    pool: &Pool,
) -> Block<f64> {
    let (n, m) = (pair.matrix.rows(), pair.matrix.cols());
    let columns = k.saturating_add(oversamples).min(n);
    let mut z: Block<f32> = Block::random(m, columns, seed, pool);
    let (mut q, mut y) = (Block::zeros(n, columns), Block::zeros(n, columns));
    // By A alone at first: a step by A Aᵀ of columns without an order would square what they differ in below rounding.
    pair.left_f32(&z, &mut q, pool);
    q.orthonormalize(pool);
    let mut shift = 0.0;
    for _ in 0..iterations {
        pair.right_f32(&q, &mut z, pool);
        pair.left_f32(&z, &mut y, pool);
        y.subtract(shift as f32, &q, pool);
        std::mem::swap(&mut q, &mut y);
        let least = q.orthonormalize(pool).least();
        if least > shift {
            shift = (shift + least) / 2.0;
        }
    }
    pair.right_f32(&q, &mut z, pool);
    // In double precision, so that the basis lies in the range of A to the last digits.
    let mut q = pair.left_f64(&z.widen(), pool);
    q.orthonormalize_well(pool);
    q
}
