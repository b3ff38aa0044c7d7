//! Columns as bins: bounds between them by the training rows, the bin of each number as one byte.

use gyeol_base::{Fault, Result};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::Dense;

/// The bin of a missing number.
pub(super) const MISSING: u8 = 255;
/// Rows that bounds are taken from.
const ROWS: usize = 200_000;

/// Binned rows, column by column.
pub(super) struct Binned {
    pub rows: usize,
    /// Upper bounds of the bins of each column but the last: v ≤ bounds\[b\] lies in bin b or below.
    pub bounds: Vec<Vec<f64>>,
    /// (p, n).
    bins: Vec<u8>,
}

impl Binned {
    pub fn new(x: &Dense, most: usize, seed: u64, pool: &Pool) -> Result<Binned> {
        let (n, p) = (x.rows(), x.cols());
        if let Some(at) = x.data().iter().position(|v| v.is_infinite()) {
            let found = format!("{} in row {}, column {}", x.data()[at], at / p, at % p);
            return Err(Fault::new("not-finite", found)
                .next("replace it by a number, or by a missing one")
                .input());
        }
        let drawn: Vec<usize> = match n > ROWS {
            true => {
                let mut all: Vec<usize> = (0..n).collect();
                Rng::stream(seed, 0).shuffle(&mut all);
                all.truncate(ROWS);
                all
            }
            false => (0..n).collect(),
        };
        let mut bounds = vec![Vec::new(); p];
        pool.each_mut(&mut bounds, |_, j, bounds| {
            let mut values: Vec<f64> = drawn.iter().map(|&i| x.at(i, j)).filter(|v| !v.is_nan()).collect();
            values.sort_unstable_by(f64::total_cmp);
            *bounds = bounds_of(&values, most);
        });
        let mut bins = vec![0; n * p];
        pool.split_mut([&mut bins], n, |range, [bins]| {
            let j = range.start / n;
            for (i, bin) in bins.iter_mut().enumerate() {
                *bin = bin_of(&bounds[j], x.at(i, j));
            }
        });
        Ok(Binned { rows: n, bounds, bins })
    }

    pub fn column(&self, j: u32) -> &[u8] {
        &self.bins[j as usize * self.rows..][..self.rows]
    }
}

fn bin_of(bounds: &[f64], v: f64) -> u8 {
    if v.is_nan() { MISSING } else { bounds.partition_point(|&bound| bound < v) as u8 }
}

/// A half way between two numbers, or the smaller one where they are too near for one between.
fn between(a: f64, b: f64) -> f64 {
    let middle = a / 2.0 + b / 2.0;
    if middle > a && middle < b { middle } else { a }
}

/// Bounds half way between neighbouring numbers, of all where they are few, else at quantiles.
fn bounds_of(sorted: &[f64], most: usize) -> Vec<f64> {
    let mut distinct: Vec<f64> = sorted.to_vec();
    distinct.dedup();
    if distinct.len() <= most {
        return distinct.windows(2).map(|w| between(w[0], w[1])).collect();
    }
    let mut bounds: Vec<f64> = (1..most)
        .map(|b| {
            let at = (b * sorted.len() / most).clamp(1, sorted.len() - 1);
            between(sorted[at - 1], sorted[at])
        })
        .collect();
    bounds.dedup();
    bounds
}
