//! Block Lanczos on A Aᵀ with full orthogonalisation and thick restarts (Wu and Simon 2000), in double precision.
//!
//! The projection of A Aᵀ on the space is computed, not assumed to be banded, so that a restart needs no algebra of its
//! own: the kept Ritz vectors begin the next space, and their projection is the diagonal of their values.

use gyeol_base::Fault;
use gyeol_tensor::{MatRef, Pool, Write, matmul};

use super::block::{Block, Pair, cross};
use super::small::eigen;
use crate::matrix::Dense;
use gyeol_base::{Error, Result};

/// Columns that are added at a time: those that the sparse product takes in one pass.
const BLOCK: usize = 16;
const ROWS: usize = 2048;

/// An orthonormal space, row-major (n, room), of which `used` columns are filled.
struct Space {
    n: usize,
    room: usize,
    used: usize,
    data: Vec<f64>,
}

impl Space {
    /// Adds the columns of a block.
    fn add(&mut self, block: &Block<f64>) {
        for (row, new) in self.data.chunks_exact_mut(self.room).zip(block.data.chunks_exact(BLOCK)) {
            row[self.used..self.used + BLOCK].copy_from_slice(new);
        }
        self.used += BLOCK;
    }

    /// The block less its part in this space; the coefficients of that part come out.
    fn project_out(&self, block: &mut Block<f64>, pool: &Pool) -> Dense {
        let (room, used) = (self.room, self.used);
        let h = cross(&self.data, room, used, &block.data, BLOCK, self.n, pool);
        let minus: Vec<f64> = h.data().iter().map(|v| -v).collect();
        pool.split_mut([&mut block.data], ROWS * BLOCK, |range, [data]| {
            let (first, rows) = (range.start / BLOCK, data.len() / BLOCK);
            let x = MatRef::strided(&self.data[first * room..], rows, used, room);
            matmul(x, MatRef::new(&minus, used, BLOCK), data, BLOCK, Write::Add);
        });
        h
    }

    /// Turned by S (used, kept): the space of these combinations.
    fn turn(&mut self, s: &Dense, pool: &Pool) {
        let (room, used, kept) = (self.room, self.used, s.cols());
        pool.split_mut([&mut self.data], ROWS * room, |_, [data]| {
            let rows = data.len() / room;
            let mut new = vec![0.0; rows * kept];
            matmul(
                MatRef::strided(data, rows, used, room),
                MatRef::new(s.data(), used, kept),
                &mut new,
                kept,
                Write::Set,
            );
            for (row, new) in data.chunks_exact_mut(room).zip(new.chunks_exact(kept)) {
                row[..kept].copy_from_slice(new);
                row[kept..].fill(0.0);
            }
        });
        self.used = kept;
    }
}

/// An orthonormal basis of the k leading left singular vectors.
pub(super) fn left(
    pair: &Pair<'_>,
    k: usize,
    tolerance: f64,
    restarts: usize,
    seed: u64,
    pool: &Pool,
) -> Result<Block<f64>> {
    let n = pair.matrix.rows();
    let most = (2 * k + 4 * BLOCK).max(6 * BLOCK).next_multiple_of(BLOCK);
    if most >= n {
        // The whole space is hardly larger than the one that would be searched.
        return Ok(whole(n));
    }
    let kept = (k + 2 * BLOCK).next_multiple_of(BLOCK).min(most - 2 * BLOCK);
    let room = most + BLOCK;
    let mut space = Space { n, room, used: 0, data: vec![0.0; n * room] };
    let mut next: Block<f64> = Block::random(n, BLOCK, seed, pool);
    orthonormal(&mut next, pool);
    let mut t = Dense::zeros(most, most)?;
    for _ in 0..=restarts {
        let mut residual = Dense::zeros(BLOCK, BLOCK)?;
        while space.used < most {
            space.add(&next);
            let mut w = pair.left_f64(&pair.right_f64(&next, pool), pool);
            let first = space.used - BLOCK;
            let mut h = space.project_out(&mut w, pool);
            // Once more, for what rounding left (Kahan's "twice is enough").
            let again = space.project_out(&mut w, pool);
            h.data_mut().iter_mut().zip(again.data()).for_each(|(a, b)| *a += b);
            for i in 0..space.used {
                for j in 0..BLOCK {
                    t.row_mut(i)[first + j] = h.at(i, j);
                    t.row_mut(first + j)[i] = h.at(i, j);
                }
            }
            next = w.clone();
            orthonormal(&mut next, pool);
            space.project_out(&mut next, pool);
            orthonormal(&mut next, pool);
            residual = next.cross(&w, pool);
        }
        let (values, vectors) = eigen(&t);
        // Of pair i, the residual is that of the last block times the last rows of its vector.
        let last: Vec<f64> = (most - BLOCK..most).flat_map(|i| vectors.row(i).to_vec()).collect();
        let errors = residual.times(&Dense::trusted(BLOCK, most, last));
        let largest = values.first().copied().unwrap_or_default();
        let close = (0..k).all(|j| {
            let error = (0..BLOCK).map(|i| errors.at(i, j).powi(2)).sum::<f64>().sqrt();
            error <= tolerance * values[j].max(largest * 1e-12)
        });
        let keep = if close { k } else { kept };
        let s = vectors.first_columns(keep);
        space.turn(&s, pool);
        if close {
            let mut out = Block::zeros(n, k);
            let width = out.width;
            for (row, from) in out.data.chunks_exact_mut(width).zip(space.data.chunks_exact(room)) {
                row[..k].copy_from_slice(&from[..k]);
            }
            out.orthonormalize(pool);
            return Ok(out);
        }
        t = Dense::zeros(most, most)?;
        (0..kept).for_each(|i| t.row_mut(i)[i] = values[i]);
    }
    Err(Error::input(
        Fault::new("no-convergence", format!("{k} singular values are not found within {restarts} restarts"))
            .cause("values that lie close together, or a tolerance that double precision cannot reach")
            .next("allow more restarts, a larger tolerance, or use the randomised method"),
    ))
}

fn orthonormal(block: &mut Block<f64>, pool: &Pool) {
    block.orthonormalize(pool);
    block.orthonormalize(pool);
}

/// The identity as a block.
fn whole(n: usize) -> Block<f64> {
    let mut out = Block::zeros(n, n);
    let width = out.width;
    (0..n).for_each(|i| out.data[i * width + i] = 1.0);
    out
}
