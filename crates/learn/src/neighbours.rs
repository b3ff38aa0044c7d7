//! k nearest neighbours (Fix and Hodges 1951; Cover and Hart 1967): the answer of a row is that of the k rows of the training part
//! nearest to it, each with the same say or with 1 / distance.
//!
//! The search compares all rows, by blocks of products ([`gyeol_vectors::similarity`]); of rows as far from each other the one that
//! comes first is nearer, and of classes with as much say the lowest wins.

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::similarity::{DenseIndex, Index, Measure, Near};

use crate::features::Features;

/// How much say a neighbour has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Say {
    /// All the same.
    #[default]
    Uniform,
    /// 1 / distance; rows at distance 0, where there are any, have all of it.
    Distance,
}

gyeol_base::named!(Say, "a weighting", "uniform" => Say::Uniform, "distance" => Say::Distance);

#[derive(Debug)]
enum Rows {
    Dense(DenseIndex),
    Sparse(Index),
}

/// Rows that are asked for those nearest to others.
///
/// ```
/// use gyeol_learn::neighbours::{Neighbours, Say};
/// use gyeol_learn::Features;
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::{matrix::Dense, similarity::Measure};
/// let (x, pool) = (Dense::new(3, 1, vec![0.0, 1.0, 10.0])?, Pool::new(1));
/// let near = Neighbours::new(Features::Dense(&x), Measure::Euclidean)?;
/// let asked = Dense::new(1, 1, vec![2.0])?;
/// let shares = near.probabilities(Features::Dense(&asked), &[0, 1, 1], 2, 2, Say::Distance, &pool)?;
/// assert!((shares.at(0, 1) - 2.0 / 3.0).abs() < 1e-12); // 1 at distance 1, 0 at distance 2
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug)]
pub struct Neighbours {
    rows: Rows,
    inputs: usize,
    measure: Measure,
}

impl Neighbours {
    /// Keeps the rows of the training part.
    ///
    /// # Errors
    /// No rows, no columns, NaN; numbers below zero where the measure cannot have them.
    pub fn new(x: Features<'_>, measure: Measure) -> Result<Self> {
        x.check()?;
        let rows = match x {
            Features::Dense(x) => Rows::Dense(DenseIndex::new(x, measure)?),
            Features::Sparse(x) => Rows::Sparse(Index::new(x, measure)?),
        };
        Ok(Neighbours { rows, inputs: x.cols(), measure })
    }

    /// Rows kept.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Dense(index) => index.len(),
            Rows::Sparse(index) => index.len(),
        }
    }

    /// Whether there are none; never so.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `k` nearest of each row asked about, the nearest first; all where there are fewer.
    ///
    /// # Errors
    /// `k` of 0; rows of another count of columns, or sparse where those kept are dense, or the other way.
    pub fn nearest(&self, asked: Features<'_>, k: usize, pool: &Pool) -> Result<Vec<Vec<Near>>> {
        asked.made_for(self.inputs)?;
        match (&self.rows, asked) {
            (Rows::Dense(index), Features::Dense(asked)) => index.search(asked, k, pool),
            (Rows::Sparse(index), Features::Sparse(asked)) => index.search(asked, k, pool),
            _ => Err(Fault::new("other-kind", "sparse rows asked of dense ones, or dense ones of sparse")
                .next("give rows of the kind that was fitted")
                .input()),
        }
    }

    /// The say of each neighbour, all of a row summing to 1.
    fn says(&self, near: &[Near], say: Say) -> Vec<f64> {
        let distance = |n: &Near| match self.measure {
            m if m.largest_is_nearest() => (1.0 - n.score).max(0.0),
            _ => n.score,
        };
        let mut says: Vec<f64> = match say {
            Say::Uniform => vec![1.0; near.len()],
            Say::Distance if near.iter().any(|n| distance(n) == 0.0) => {
                near.iter().map(|n| f64::from(u8::from(distance(n) == 0.0))).collect()
            }
            Say::Distance => near.iter().map(|n| 1.0 / distance(n)).collect(),
        };
        let sum: f64 = says.iter().sum();
        says.iter_mut().for_each(|s| *s /= sum);
        says
    }

    /// Shares of the classes (n, classes) among the `k` nearest.
    ///
    /// # Errors
    /// As [`Neighbours::nearest`]; labels of another count, or outside of 0..classes.
    pub fn probabilities(
        &self,
        asked: Features<'_>,
        labels: &[u32],
        classes: usize,
        k: usize,
        say: Say,
        pool: &Pool,
    ) -> Result<Dense> {
        self.answers(labels.len())?;
        if let Some(i) = labels.iter().position(|l| *l as usize >= classes) {
            let found = format!("label {} in row {i}, of {classes} classes", labels[i]);
            return Err(Fault::new("label-outside", found).next("number the classes from 0").input());
        }
        let mut out = Dense::zeros(asked.rows(), classes)?;
        for (i, near) in self.nearest(asked, k, pool)?.iter().enumerate() {
            for (near, say) in near.iter().zip(self.says(near, say)) {
                out.row_mut(i)[labels[near.row as usize] as usize] += say;
            }
        }
        Ok(out)
    }

    /// The class of most say among the `k` nearest, the lowest of equal ones.
    ///
    /// # Errors
    /// As [`Neighbours::probabilities`].
    pub fn classify(
        &self,
        asked: Features<'_>,
        labels: &[u32],
        classes: usize,
        k: usize,
        say: Say,
        pool: &Pool,
    ) -> Result<Vec<u32>> {
        let shares = self.probabilities(asked, labels, classes, k, say, pool)?;
        // Equal says may differ in their last digit.
        let best = |row: &[f64]| {
            let most = row.iter().fold(0.0, |m: f64, v| m.max(*v));
            row.iter().position(|v| *v >= most - 1e-12).unwrap_or(0) as u32
        };
        Ok((0..shares.rows()).map(|i| best(shares.row(i))).collect())
    }

    /// The mean answer of the `k` nearest.
    ///
    /// # Errors
    /// As [`Neighbours::nearest`]; answers of another count.
    pub fn regress(
        &self,
        asked: Features<'_>,
        answers: &[f64],
        k: usize,
        say: Say,
        pool: &Pool,
    ) -> Result<Vec<f64>> {
        self.answers(answers.len())?;
        let mean = |near: &Vec<Near>| {
            let says = self.says(near, say);
            near.iter().zip(&says).map(|(n, s)| answers[n.row as usize] * s).sum()
        };
        Ok(self.nearest(asked, k, pool)?.iter().map(mean).collect())
    }

    fn answers(&self, given: usize) -> Result<()> {
        if given == self.len() {
            return Ok(());
        }
        let found = format!("{given} answers for {} rows", self.len());
        Err(Fault::new("answer-count", found).next("give one a row of the training part").input())
    }
}
