//! The examples of the training part themselves, asked for those nearest to another.

use std::sync::OnceLock;

use gyeol_base::{Error, Result};
use gyeol_learn::Features;
use gyeol_learn::neighbours::{Neighbours, Say};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::similarity::{Measure, Near};

use crate::machine::{Rows, alike};

/// What stands beside each row.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// Its class, of so many.
    Classes(Vec<u32>, usize),
    /// Its number.
    Values(Vec<f64>),
}

/// Rows with their answers; the index is made when it is first asked.
#[derive(Debug)]
pub struct Nearest {
    /// Rows of the training part.
    pub rows: Rows,
    /// Their answers.
    pub kept: Kept,
    /// Neighbours that are asked.
    pub k: usize,
    index: OnceLock<Box<Neighbours>>,
}

impl Clone for Nearest {
    fn clone(&self) -> Self {
        Nearest::new(self.rows.clone(), self.kept.clone(), self.k)
    }
}

impl Nearest {
    /// Rows to be asked.
    pub fn new(rows: Rows, kept: Kept, k: usize) -> Nearest {
        Nearest { rows, kept, k, index: OnceLock::new() }
    }

    /// Texts are compared by the angle, columns by the distance.
    fn index(&self) -> Result<&Neighbours> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let measure = match &self.rows {
            Rows::Sparse(_) => Measure::Cosine,
            _ => Measure::Euclidean,
        };
        let made = Neighbours::new(self.rows.features(), measure)?;
        Ok(self.index.get_or_init(|| Box::new(made)))
    }

    /// The places of the neighbours of one row, and how far each is.
    ///
    /// # Errors
    /// As [`Nearest::probabilities`].
    pub(crate) fn nearest(&self, row: &Rows, pool: &Pool) -> Result<Vec<(usize, f64)>> {
        let asked = alike(&self.rows, row)?;
        let found = self.index()?.nearest(asked.features(), self.k, pool)?;
        let sparse = matches!(self.rows, Rows::Sparse(_));
        let far =
            |near: Near| (near.row as usize, if sparse { (1.0 - near.score).max(0.0) } else { near.score });
        Ok(found.into_iter().flatten().map(far).collect())
    }

    /// Shares of the classes (n, classes).
    ///
    /// # Errors
    /// Rows made in another way; numbers where classes are kept.
    pub fn probabilities(&self, asked: Features<'_>, pool: &Pool) -> Result<Dense> {
        match &self.kept {
            Kept::Classes(labels, classes) => {
                self.index()?.probabilities(asked, labels, *classes, self.k, Say::Distance, pool)
            }
            Kept::Values(_) => Err(Error::defect("classes asked of numbers")),
        }
    }

    /// Mean numbers.
    ///
    /// # Errors
    /// As [`Nearest::probabilities`].
    pub fn values(&self, asked: Features<'_>, pool: &Pool) -> Result<Vec<f64>> {
        match &self.kept {
            Kept::Values(values) => self.index()?.regress(asked, values, self.k, Say::Distance, pool),
            Kept::Classes(..) => Err(Error::defect("numbers asked of classes")),
        }
    }
}
