//! The randomised range finder with power iterations (Halko, Martinsson and Tropp 2011, algorithm 4.4).
//!
//! Iterations run in single precision: they only turn the block towards the leading singular vectors, and what rounding
//! leaves of an error there is small beside what the iterations leave. The last products and the decomposition, which decide
//! how well the result fits the matrix, are in double precision.

use gyeol_tensor::Pool;

use super::block::{Block, Pair};

/// An orthonormal basis of about the k leading left singular vectors.
pub(super) fn left(
    pair: &Pair,
    k: usize,
    oversamples: usize,
    iterations: usize,
    seed: u64,
    pool: &Pool,
) -> Block<f64> {
    let (n, m) = (pair.matrix.rows(), pair.matrix.cols());
    let columns = k.saturating_add(oversamples).min(n);
    let mut z: Block<f32> = Block::random(m, columns, seed, pool);
    let mut y = Block::zeros(n, columns);
    for _ in 0..iterations {
        pair.left_f32(&z, &mut y, pool);
        y.orthonormalize(pool);
        pair.right_f32(&y, &mut z, pool);
    }
    // In double precision, so that the basis lies in the range of A to the last digits.
    let mut q = pair.left_f64(&z.widen(), pool);
    q.orthonormalize(pool);
    q.orthonormalize(pool);
    q
}
