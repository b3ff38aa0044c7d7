//! The nearest of many dense rows: words or documents in a space of few dimensions.
//!
//! As with sparse rows, products in single precision choose the rows that are then scored in double precision.

use gyeol_tensor::{MatRef, Pool, Write, matmul};

use super::{Measure, Near, Threshold, best, no_rows, other_columns, together};
use crate::matrix::{Csr, Dense};
use gyeol_base::Result;

/// Dense rows prepared for a search.
#[derive(Debug)]
pub struct DenseIndex {
    measure: Measure,
    rows: Dense,
    /// The rows across, in single precision: (columns, rows).
    across: Vec<f32>,
    squares: Vec<f64>,
}

fn prepared(rows: &Dense, measure: Measure) -> Result<Dense> {
    let mut rows = rows.clone();
    let cols = rows.cols().max(1);
    match measure {
        Measure::Cosine => rows.data_mut().chunks_exact_mut(cols).for_each(|row| {
            let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            if norm > 0.0 {
                row.iter_mut().for_each(|v| *v /= norm);
            }
        }),
        Measure::Jaccard => rows.data_mut().iter_mut().for_each(|v| *v = f64::from(u8::from(*v != 0.0))),
        Measure::WeightedJaccard => {
            Csr::from_dense(&rows)?.not_negative("the weighted Jaccard similarity")?
        }
        Measure::Dot | Measure::Euclidean | Measure::Manhattan => {}
    }
    Ok(rows)
}

/// The score of two prepared rows.
fn exact(measure: Measure, x: &[f64], y: &[f64]) -> f64 {
    let pairs = x.iter().zip(y);
    match measure {
        Measure::Cosine | Measure::Dot => pairs.map(|(a, b)| a * b).sum(),
        Measure::Euclidean => pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt(),
        Measure::Manhattan => pairs.map(|(a, b)| (a - b).abs()).sum(),
        Measure::Jaccard | Measure::WeightedJaccard => {
            let (common, all) = pairs.fold((0.0, 0.0), |(c, a), (x, y)| (c + x.min(*y), a + x.max(*y)));
            if all > 0.0 { common / all } else { 0.0 }
        }
    }
}

impl DenseIndex {
    /// Prepares rows.
    ///
    /// # Errors
    /// Numbers below zero where the measure cannot have them.
    pub fn new(rows: &Dense, measure: Measure) -> Result<Self> {
        let rows = prepared(rows, measure)?;
        let across = rows.t().data().iter().map(|&v| v as f32).collect();
        let squares = (0..rows.rows()).map(|i| rows.row(i).iter().map(|v| v * v).sum()).collect();
        Ok(DenseIndex { measure, rows, across, squares })
    }

    /// Rows that are searched.
    pub fn len(&self) -> usize {
        self.rows.rows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `k` nearest rows of each query, the nearest first; fewer where there are fewer rows.
    ///
    /// # Errors
    /// `k` of 0; queries of another number of columns; numbers below zero where the measure cannot have them.
    pub fn search(&self, queries: &Dense, k: usize, pool: &Pool) -> Result<Vec<Vec<Near>>> {
        no_rows(k)?;
        if queries.cols() != self.rows.cols() {
            return Err(other_columns(queries.cols(), self.rows.cols()));
        }
        let queries = prepared(queries, self.measure)?;
        Ok(together(queries.rows(), self.len(), pool, |range, room, found| {
            self.some(&queries, range, k, room, found);
        }))
    }

    fn some(
        &self,
        queries: &Dense,
        range: std::ops::Range<usize>,
        k: usize,
        scores: &mut Vec<f32>,
        found: &mut Vec<Vec<Near>>,
    ) {
        let (n, cols, count) = (self.len(), self.rows.cols(), range.len());
        let score = |query: &[f64], row: usize| {
            (self.measure.rank(exact(self.measure, query, self.rows.row(row))), row as u32)
        };
        if !matches!(self.measure, Measure::Cosine | Measure::Dot | Measure::Euclidean) {
            // No product gives these: all rows are scored as they are.
            for query in range {
                let all = (0..n).map(|row| score(queries.row(query), row)).collect();
                found.push(best(all, k, self.measure));
            }
            return;
        }
        let few: Vec<f32> = range.clone().flat_map(|q| queries.row(q)).map(|&v| v as f32).collect();
        scores.clear();
        scores.resize(count * n, 0.0);
        matmul(MatRef::new(&few, count, cols), MatRef::new(&self.across, cols, n), scores, n, Write::Set);
        let largest = self.squares.iter().fold(0.0, |m: f64, s| m.max(*s));
        let mut values = Vec::new();
        for (i, query) in range.enumerate() {
            let query = queries.row(query);
            let own: f64 = query.iter().map(|v| v * v).sum();
            let scores = &mut scores[i * n..(i + 1) * n];
            // As in the search over sparse rows.
            let terms = (cols + 16) as f64 * f64::from(f32::EPSILON);
            let margin = if self.measure == Measure::Euclidean {
                scores
                    .iter_mut()
                    .zip(&self.squares)
                    .for_each(|(s, other)| *s = (2.0 * f64::from(*s) - own - other) as f32);
                8.0 * terms * (own + largest)
            } else {
                2.0 * terms * (own * largest).sqrt()
            };
            let (bound, kept) = Threshold::of(k, scores, values);
            values = kept;
            let bound = bound - margin as f32;
            let near =
                scores.iter().enumerate().filter(|(_, s)| **s >= bound).map(|(row, _)| score(query, row));
            found.push(best(near.collect(), k, self.measure));
        }
    }
}
