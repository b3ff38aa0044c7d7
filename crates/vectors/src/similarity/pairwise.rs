//! All rows with all rows, by blocks, since a matrix of all pairs seldom fits memory.

use gyeol_tensor::Pool;

use super::sparse::score;
use super::{Measure, other_columns};
use crate::matrix::{Csr, Dense};
use gyeol_base::Result;

/// Most numbers of a block.
const BLOCK: usize = 1 << 22;

/// Scores of the rows of `x` (rows) with the rows of `y` (columns), in double precision.
///
/// # Errors
/// Other columns, numbers below zero where the measure cannot have them, a result of more than 2^28 numbers.
///
/// ```
/// use gyeol_vectors::matrix::Csr;
/// use gyeol_vectors::similarity::{Measure, between};
/// let x = Csr::from_triplets(2, 2, [(0, 0, 3.0), (1, 0, 4.0), (1, 1, 3.0)])?;
/// let scores = between(&x, &x, Measure::Cosine, &gyeol_tensor::Pool::new(1))?;
/// assert!((scores.at(0, 1) - 0.8).abs() < 1e-15);
/// # Ok::<(), gyeol_vectors::Error>(())
/// ```
pub fn between(x: &Csr, y: &Csr, measure: Measure, pool: &Pool) -> Result<Dense> {
    let mut out = Dense::zeros(x.rows(), y.rows())?;
    let cols = y.rows().max(1);
    each_block(x, y, measure, pool, |first, block| {
        out.data_mut()[first * cols..][..block.data().len()].copy_from_slice(block.data());
        Ok(())
    })?;
    Ok(out)
}

/// As [`between`], a few rows at a time: `take` gets the number of the first row and the block.
///
/// # Errors
/// As [`between`], and of `take`.
pub fn each_block(
    x: &Csr,
    y: &Csr,
    measure: Measure,
    pool: &Pool,
    mut take: impl FnMut(usize, Dense) -> Result<()>,
) -> Result<()> {
    if x.cols() != y.cols() {
        return Err(other_columns(x.cols(), y.cols()));
    }
    if measure == Measure::WeightedJaccard {
        x.not_negative("the weighted Jaccard similarity")?;
        y.not_negative("the weighted Jaccard similarity")?;
    }
    // For sets any number is a one.
    let ones = |m: &Csr| -> Csr {
        let mut m = m.clone();
        m.data_mut().iter_mut().for_each(|v| *v = f64::from(u8::from(*v != 0.0)));
        m
    };
    let (x, y) = if measure == Measure::Jaccard { (&ones(x), &ones(y)) } else { (x, y) };
    let cols = y.rows();
    let rows = (BLOCK / cols.max(1)).clamp(1, x.rows().max(1));
    for first in (0..x.rows()).step_by(rows) {
        let count = rows.min(x.rows() - first);
        let mut data = vec![0.0; count * cols];
        pool.split_mut([&mut data], cols.max(1), |range, [row]| {
            let i = first + range.start / cols.max(1);
            row.iter_mut().enumerate().for_each(|(j, v)| *v = score(measure, x.parts(i), y.parts(j)));
        });
        take(first, Dense::trusted(count, cols, data))?;
    }
    Ok(())
}
