//! The nearest of many sparse rows.
//!
//! Scores of a query with all rows are first found in single precision, by lists of the rows that have a column. The
//! columns that many rows have would cost most of the time there, and are multiplied as a dense matrix instead. What the
//! rounding may have misjudged is bounded, and all rows that could be among the nearest are scored again in double
//! precision, so that the result is exact.

use gyeol_tensor::{MatRef, Pool, Write, matmul};

use super::{Measure, Near, Threshold, best, no_rows, other_columns, together};
use crate::matrix::Csr;
use gyeol_base::Result;

/// A column is dense when one row of this many has it. A product costs about as much a row as adding up a list costs for
/// an eighth of the rows, since one adds sixteen numbers at a time, in order, and the other one, somewhere.
const DENSE_SHARE: usize = 8;
/// Most numbers of the dense part.
const DENSE_NUMBERS: usize = 1 << 27;

/// Rows prepared for a search.
#[derive(Debug)]
pub struct Index {
    measure: Measure,
    /// Divided by their length where the measure is the cosine.
    rows: Csr,
    /// The rare columns: which rows have each.
    lists: Csr,
    few: Vec<f32>,
    /// Place of each frequent column in the dense part.
    place: Vec<u32>,
    /// (frequent columns, rows): the frequent columns of all rows.
    dense: Vec<f32>,
    frequent: usize,
    stats: Vec<f64>,
}

const RARE: u32 = u32::MAX;

/// What a measure needs of a row beside its products with others.
fn stat(measure: Measure, values: &[f64]) -> f64 {
    match measure {
        Measure::Cosine | Measure::Dot => values.iter().map(|v| v * v).sum::<f64>().sqrt(),
        Measure::Euclidean => values.iter().map(|v| v * v).sum(),
        Measure::Manhattan => values.iter().map(|v| v.abs()).sum(),
        Measure::Jaccard => values.iter().filter(|v| **v != 0.0).count() as f64,
        Measure::WeightedJaccard => values.iter().sum(),
    }
}

/// The rows as they are multiplied: of length one for the cosine, ones for sets, as they are otherwise.
fn prepared(rows: &Csr, measure: Measure) -> Result<Csr> {
    let mut rows = rows.clone();
    match measure {
        Measure::Cosine => {
            let (norms, pointers) = (rows.norms(), rows.pointers().to_vec());
            for (range, norm) in pointers.windows(2).zip(norms) {
                if norm > 0.0 {
                    rows.data_mut()[range[0]..range[1]].iter_mut().for_each(|v| *v /= norm);
                }
            }
        }
        Measure::Jaccard => rows.data_mut().iter_mut().for_each(|v| *v = f64::from(u8::from(*v != 0.0))),
        Measure::WeightedJaccard => rows.not_negative("the weighted Jaccard similarity")?,
        Measure::Dot | Measure::Euclidean | Measure::Manhattan => {}
    }
    Ok(rows)
}

/// What a common column adds.
#[inline(always)]
fn common(measure: Measure, x: f32, y: f32) -> f32 {
    match measure {
        Measure::Cosine | Measure::Dot | Measure::Euclidean | Measure::Jaccard => x * y,
        // |x| + |y| - |x - y|: what the columns that only one row has would not take away.
        Measure::Manhattan => x.abs() + y.abs() - (x - y).abs(),
        Measure::WeightedJaccard => x.min(y),
    }
}

/// The score in double precision, by a merge of both rows.
fn exact(measure: Measure, x: (&[u32], &[f64]), y: (&[u32], &[f64])) -> f64 {
    let (mut i, mut j, mut sum, mut all) = (0, 0, 0.0, 0.0);
    while i < x.0.len() || j < y.0.len() {
        let a = x.0.get(i).copied().unwrap_or(u32::MAX);
        let b = y.0.get(j).copied().unwrap_or(u32::MAX);
        let (mut v, mut w) = (0.0, 0.0);
        if a <= b {
            v = x.1[i];
            i += 1;
        }
        if b <= a {
            w = y.1[j];
            j += 1;
        }
        match measure {
            Measure::Cosine | Measure::Dot => sum += v * w,
            Measure::Euclidean => sum += (v - w) * (v - w),
            Measure::Manhattan => sum += (v - w).abs(),
            Measure::Jaccard | Measure::WeightedJaccard => {
                sum += v.min(w);
                all += v.max(w);
            }
        }
    }
    match measure {
        Measure::Euclidean => sum.sqrt(),
        Measure::Jaccard | Measure::WeightedJaccard if all > 0.0 => sum / all,
        _ => sum,
    }
}

/// Score of two sparse rows, each as its columns and numbers in order.
pub(super) fn score(measure: Measure, x: (&[u32], &[f64]), y: (&[u32], &[f64])) -> f64 {
    match measure {
        Measure::Cosine => {
            let (a, b) = (stat(measure, x.1), stat(measure, y.1));
            if a > 0.0 && b > 0.0 { exact(measure, x, y) / a / b } else { 0.0 }
        }
        _ => exact(measure, x, y),
    }
}

/// Room of one thread.
#[derive(Default)]
struct Room {
    scores: Vec<f32>,
    dense: Vec<f32>,
    values: Vec<f32>,
}

impl Index {
    /// Prepares rows.
    ///
    /// # Errors
    /// Numbers below zero where the measure cannot have them.
    pub fn new(rows: &Csr, measure: Measure) -> Result<Self> {
        let rows = prepared(rows, measure)?;
        let n = rows.rows();
        let lists = rows.transpose();
        let mut place = vec![RARE; rows.cols()];
        let mut frequent = 0;
        // Only products of numbers are those of matrices.
        let products = !matches!(measure, Measure::Manhattan | Measure::WeightedJaccard);
        if products && n >= 1024 {
            let many: Vec<usize> = (0..rows.cols())
                .filter(|&c| lists.pointers()[c + 1] - lists.pointers()[c] > n / DENSE_SHARE)
                .take(DENSE_NUMBERS / n)
                .collect();
            many.into_iter().for_each(|c| {
                place[c] = frequent;
                frequent += 1;
            });
        }
        let mut dense = vec![0f32; frequent as usize * n];
        for (column, &at) in place.iter().enumerate().filter(|(_, at)| **at != RARE) {
            for (row, value) in lists.row(column) {
                dense[at as usize * n + row as usize] = value as f32;
            }
        }
        let few = lists.data().iter().map(|&v| v as f32).collect();
        let stats = (0..n).map(|i| stat(measure, rows.parts(i).1)).collect();
        Ok(Index { measure, rows, lists, few, place, dense, frequent: frequent as usize, stats })
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
    pub fn search(&self, queries: &Csr, k: usize, pool: &Pool) -> Result<Vec<Vec<Near>>> {
        no_rows(k)?;
        if queries.cols() != self.rows.cols() {
            return Err(other_columns(queries.cols(), self.rows.cols()));
        }
        let queries = prepared(queries, self.measure)?;
        Ok(together(queries.rows(), self.len(), pool, |range, room, found| {
            self.some(&queries, range, k, room, found);
        }))
    }

    /// The nearest rows of some queries.
    fn some(
        &self,
        queries: &Csr,
        range: std::ops::Range<usize>,
        k: usize,
        room: &mut Room,
        found: &mut Vec<Vec<Near>>,
    ) {
        let (n, count) = (self.len(), range.len());
        let Room { scores, dense, values } = room;
        scores.clear();
        scores.resize(count * n, 0.0);
        if self.frequent > 0 {
            dense.clear();
            dense.resize(count * self.frequent, 0.0);
            for (i, query) in range.clone().enumerate() {
                for (column, value) in queries.row(query).filter(|(c, _)| self.place[*c as usize] != RARE) {
                    dense[i * self.frequent + self.place[column as usize] as usize] = value as f32;
                }
            }
            let (a, b) =
                (MatRef::new(dense, count, self.frequent), MatRef::new(&self.dense, self.frequent, n));
            matmul(a, b, scores, n, Write::Set);
        }
        for (i, query) in range.enumerate() {
            let scores = &mut scores[i * n..(i + 1) * n];
            let (columns, numbers) = queries.parts(query);
            for (&column, &value) in columns.iter().zip(numbers) {
                if self.place[column as usize] != RARE {
                    continue;
                }
                let list = self.lists.pointers()[column as usize]..self.lists.pointers()[column as usize + 1];
                let value = value as f32;
                for (&row, &other) in self.lists.indices()[list.clone()].iter().zip(&self.few[list]) {
                    scores[row as usize] += common(self.measure, value, other);
                }
            }
            let own = stat(self.measure, numbers);
            let margin = self.finish(scores, own, columns.len());
            let (bound, kept) = Threshold::of(k, scores, std::mem::take(values));
            *values = kept;
            let bound = bound - margin;
            let near = scores.iter().enumerate().filter(|(_, s)| **s >= bound).map(|(row, _)| {
                let score = exact(self.measure, (columns, numbers), self.rows.parts(row));
                (self.measure.rank(score), row as u32)
            });
            found.push(best(near.collect(), k, self.measure));
        }
    }

    /// Sums of common columns become ranks; returned is by how much two of them may be in the wrong order.
    fn finish(&self, scores: &mut [f32], own: f64, columns: usize) -> f32 {
        // A sum of c terms in single precision is off by at most about c ε of the sum of their sizes, which for products
        // is no more than the product of both lengths; twice that for two rows, and room for the roundings around it.
        let terms = (columns + 16) as f64 * f64::from(f32::EPSILON);
        let largest = self.stats.iter().fold(0.0, |m: f64, s| m.max(*s));
        let margin = match self.measure {
            Measure::Cosine | Measure::Dot => terms * own * largest,
            Measure::Euclidean => {
                scores.iter_mut().zip(&self.stats).for_each(|(s, other)| {
                    *s = (2.0 * f64::from(*s) - own - other) as f32;
                });
                4.0 * terms * (own + largest)
            }
            Measure::Manhattan => {
                scores
                    .iter_mut()
                    .zip(&self.stats)
                    .for_each(|(s, other)| *s = (f64::from(*s) - own - other) as f32);
                4.0 * terms * (own + largest)
            }
            Measure::Jaccard | Measure::WeightedJaccard => {
                scores.iter_mut().zip(&self.stats).for_each(|(s, other)| {
                    let all = own + other - f64::from(*s);
                    *s = if all > 0.0 { (f64::from(*s) / all) as f32 } else { 0.0 };
                });
                8.0 * terms
            }
        };
        (2.0 * margin) as f32
    }
}
