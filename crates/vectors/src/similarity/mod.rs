//! How near documents or words are to each other.
//!
//! | measure | of rows x and y | nearest is |
//! |---|---|---|
//! | cosine | Σ xᵢ yᵢ / (‖x‖ ‖y‖); 0 where a row is empty | largest |
//! | dot | Σ xᵢ yᵢ | largest |
//! | euclidean | ‖x - y‖ | smallest |
//! | manhattan | Σ \|xᵢ - yᵢ\| | smallest |
//! | jaccard | common columns / columns of either; 0 where both are empty | largest |
//! | weighted jaccard | Σ min(xᵢ, yᵢ) / Σ max(xᵢ, yᵢ), no number below zero (Ruzicka 1958) | largest |
//!
//! The search is exact: all rows are compared, ties go to the row that comes first, and the scores are those of a plain
//! sum in double precision over the columns in order.

mod dense;
mod pairwise;
mod sparse;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use gyeol_base::Fault;
use gyeol_tensor::Pool;

pub use dense::DenseIndex;
pub use pairwise::{between, each_block};
pub use sparse::Index;

use gyeol_base::{Error, Result};

/// How two rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// The cosine of the angle between them.
    #[default]
    Cosine,
    /// The inner product.
    Dot,
    /// The straight distance.
    Euclidean,
    /// The distance along the axes.
    Manhattan,
    /// Common columns of all columns.
    Jaccard,
    /// Common weight of all weight.
    WeightedJaccard,
}

/// The measures by name.
pub const MEASURES: &[(&str, Measure)] = &[
    ("cosine", Measure::Cosine),
    ("dot", Measure::Dot),
    ("euclidean", Measure::Euclidean),
    ("manhattan", Measure::Manhattan),
    ("jaccard", Measure::Jaccard),
    ("weighted-jaccard", Measure::WeightedJaccard),
];

impl FromStr for Measure {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        MEASURES.iter().find(|(known, _)| *known == name).map(|(_, measure)| *measure).ok_or_else(|| {
            let known: Vec<&str> = MEASURES.iter().map(|(name, _)| *name).collect();
            let shown = gyeol_base::shorten(name, 30);
            Error::option(
                Fault::new("unknown-measure", format!("no measure is called '{shown}'"))
                    .next(format!("use one of {}", known.join(", "))),
            )
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MEASURES.iter().find(|(_, m)| m == self).map_or("", |(name, _)| name))
    }
}

impl Measure {
    /// Whether the nearest has the largest score, not the smallest.
    pub fn largest_is_nearest(self) -> bool {
        !matches!(self, Measure::Euclidean | Measure::Manhattan)
    }

    /// A number by which the nearest comes first in falling order.
    fn rank(self, score: f64) -> f64 {
        if self.largest_is_nearest() { score } else { -score }
    }
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// The row.
    pub row: u32,
    /// Its score by the measure.
    pub score: f64,
}

/// The `k` best, in falling order of `rank`, ties by the row.
fn best(mut found: Vec<(f64, u32)>, k: usize, measure: Measure) -> Vec<Near> {
    let order = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if k < found.len() {
        found.select_nth_unstable_by(k, order);
        found.truncate(k);
    }
    found.sort_unstable_by(order);
    found.into_iter().map(|(rank, row)| Near { row, score: measure.rank(rank) + 0.0 }).collect()
}

/// The largest of many numbers, kept with a bound from below that rises.
struct Threshold {
    k: usize,
    values: Vec<f32>,
}

impl Threshold {
    /// The k-th largest of the scores, or less: none of the k best lies below.
    fn of(k: usize, scores: &[f32], values: Vec<f32>) -> (f32, Vec<f32>) {
        let mut kept = Threshold { k, values };
        kept.values.clear();
        if k >= scores.len() {
            return (f32::NEG_INFINITY, kept.values);
        }
        let mut bound = f32::NEG_INFINITY;
        for run in scores.chunks(64) {
            // Most runs hold nothing above the bound, which is told without a branch a number.
            let most = run.iter().fold(f32::NEG_INFINITY, |m, &v| if v > m { v } else { m });
            if most <= bound {
                continue;
            }
            kept.values.extend(run.iter().copied().filter(|v| *v > bound));
            if kept.values.len() >= 4 * kept.k + 64 {
                bound = kept.shrink();
            }
        }
        (kept.shrink(), kept.values)
    }

    fn shrink(&mut self) -> f32 {
        if self.values.len() < self.k {
            return f32::NEG_INFINITY;
        }
        let (_, kth, _) = self.values.select_nth_unstable_by(self.k - 1, |a, b| b.total_cmp(a));
        let kth = *kth;
        self.values.truncate(self.k);
        kth
    }
}

/// Answers queries several at a time on all threads: a task is the rows of one product, whose scores with all `n` rows are in
/// memory at once, and each thread has a room of its own. The answers are in the order of the queries.
fn together<R: Default + Send>(
    queries: usize,
    n: usize,
    pool: &Pool,
    some: impl Fn(Range<usize>, &mut R, &mut Vec<Vec<Near>>) + Sync,
) -> Vec<Vec<Near>> {
    let size = ((1 << 23) / n.max(1)).clamp(1, 64);
    let mut found: Vec<Vec<Vec<Near>>> = vec![Vec::new(); queries.div_ceil(size)];
    let rooms: Vec<Mutex<R>> = (0..pool.threads()).map(|_| Mutex::default()).collect();
    pool.each_mut(&mut found, |thread, task, found| {
        let mut room = rooms[thread].lock().unwrap_or_else(PoisonError::into_inner);
        some(task * size..queries.min((task + 1) * size), &mut room, found);
    });
    found.into_iter().flatten().collect()
}

fn no_rows(k: usize) -> Result<()> {
    if k == 0 {
        return Err(Error::option(
            Fault::new("no-neighbours", "the 0 nearest rows").next("ask for at least one"),
        ));
    }
    Ok(())
}

fn other_columns(found: usize, wanted: usize) -> Error {
    Error::input(
        Fault::new("other-columns", format!("rows of {found} columns are compared with rows of {wanted}"))
            .cause("another vocabulary, or another number of topics")
            .next("make both with the same vectorizer or model"),
    )
}

#[cfg(test)]
mod tests;
