//! The confusion matrix of K classes and what follows from it: C[i, j] is the weight of rows labelled i and predicted j
//! (K × K). Up to 1,024 classes it is a table, above it keeps the cells that are not zero, so that 10,000 classes take
//! the room of their rows and not of 10⁸ cells.
//!
//! With t_i = Σ_j C[i, j] (labelled), p_j = Σ_i C[i, j] (predicted) and n = Σ C:
//! precision = C[i, i] / p_i, recall = C[i, i] / t_i, F_β = (1 + β²) C[i, i] / (β² t_i + p_i), each 0 where it divides by
//! zero, as scikit-learn has it; Matthews' correlation as Gorodkin (2004) has it for K classes,
//! (n Σ C[i, i] − Σ t_i p_i) / √((n² − Σ t_i²)(n² − Σ p_i²)); κ = 1 − Σ w C / Σ w (t pᵀ / n) (Cohen 1960, 1968).

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::lists;

/// Most classes of which the matrix is held as a table.
const TABLE: usize = 1024;

/// Counts (or weights) of rows by label and prediction.
///
/// ```
/// use gyeol_judge::{Average, Confusion};
/// let found = Confusion::of(&[0, 0, 1, 1, 2], &[0, 1, 1, 1, 0], 3, None)?;
/// assert_eq!((found.at(0, 1), found.accuracy()), (1.0, 0.6));
/// assert_eq!(found.average(Average::Macro, 1.0).recall, 0.5); // (1/2 + 2/2 + 0) / 3
/// # Ok::<(), gyeol_base::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Confusion {
    classes: usize,
    cells: Cells,
    labelled: Vec<f64>,
    predicted: Vec<f64>,
    right: Vec<f64>,
    total: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Cells {
    Table(Vec<f64>),
    /// Predicted classes of each label, rising, and their weights.
    Rows {
        pointers: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<f64>,
    },
}

/// A matrix as it lies in a file: sums are made again.
#[derive(Serialize, Deserialize)]
struct Kept {
    classes: usize,
    cells: Cells,
}

impl From<Confusion> for Kept {
    fn from(found: Confusion) -> Kept {
        Kept { classes: found.classes, cells: found.cells }
    }
}

impl TryFrom<Kept> for Confusion {
    type Error = &'static str;
    fn try_from(Kept { classes, cells }: Kept) -> Result<Self, Self::Error> {
        let fits = match &cells {
            Cells::Table(cells) => classes <= TABLE && cells.len() == classes * classes,
            Cells::Rows { pointers, columns, values } => {
                let ends = pointers.first() == Some(&0)
                    && pointers.last() == Some(&columns.len())
                    && pointers.is_sorted();
                let inside = columns.iter().all(|&column| (column as usize) < classes);
                ends && inside && pointers.len() - 1 == classes && values.len() == columns.len()
            }
        };
        if fits {
            Ok(Confusion::summed(classes, cells))
        } else {
            Err("the confusion matrix was cut off or altered")
        }
    }
}

/// How scores of classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Average {
    /// From the sums over all classes: for rows of one label this is the accuracy.
    Micro,
    /// The mean over classes that are labelled or predicted anywhere.
    Macro,
    /// The mean weighted by how often a class is the label.
    Weighted,
}

gyeol_base::named!(Average, "an average", "micro" => Average::Micro, "macro" => Average::Macro, "weighted" => Average::Weighted);

/// Precision, recall and F-beta.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecall {
    /// Right among those predicted; 0 where none is predicted.
    pub precision: f64,
    /// Right among those labelled; 0 where none is labelled.
    pub recall: f64,
    /// Their weighted harmonic mean; 0 where the class is neither labelled nor predicted.
    pub f: f64,
}

/// The scores of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// Its number.
    pub class: u32,
    /// Weight of the rows labelled so.
    pub labelled: f64,
    /// Weight of the rows predicted so.
    pub predicted: f64,
    /// Precision, recall and F-beta.
    pub score: PrecisionRecall,
}

/// How far a miss is from the truth, for [`Confusion::kappa`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// Every miss is alike.
    Same,
    /// By the distance of the class numbers.
    Linear,
    /// By its square.
    Quadratic,
}

fn share(part: f64, of: f64) -> f64 {
    if of == 0.0 { 0.0 } else { part / of }
}

impl PrecisionRecall {
    fn of(right: f64, labelled: f64, predicted: f64, beta: f64) -> Self {
        let square = beta * beta;
        PrecisionRecall {
            precision: share(right, predicted),
            recall: share(right, labelled),
            f: share((1.0 + square) * right, square * labelled + predicted),
        }
    }
}

impl Confusion {
    /// Counts rows by (label, predicted), both in `0..classes`; with weights, sums them.
    ///
    /// # Errors
    /// Lists of different length, a class outside, a weight that is not finite or below zero.
    pub fn of(labels: &[u32], predicted: &[u32], classes: usize, weights: Option<&[f64]>) -> Result<Self> {
        lists::as_long("predictions", predicted.len(), labels.len())?;
        lists::classes("labels", labels, classes)?;
        lists::classes("predictions", predicted, classes)?;
        lists::weights(weights, labels.len())?;
        let cells = if classes <= TABLE {
            table(labels, predicted, classes, weights)
        } else {
            rows(labels, predicted, classes, weights)
        };
        Ok(Confusion::summed(classes, cells))
    }

    fn summed(classes: usize, cells: Cells) -> Self {
        let zeros = || vec![0.0; classes];
        let mut out =
            Confusion { classes, cells, labelled: zeros(), predicted: zeros(), right: zeros(), total: 0.0 };
        let (mut labelled, mut predicted, mut right) = (zeros(), zeros(), zeros());
        for label in 0..classes {
            for (column, value) in out.row(label as u32) {
                labelled[label] += value;
                predicted[column as usize] += value;
                if column as usize == label {
                    right[label] = value;
                }
            }
        }
        out.total = labelled.iter().sum();
        (out.labelled, out.predicted, out.right) = (labelled, predicted, right);
        out
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Weight of all rows.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// Weight of the rows labelled and predicted so; 0 for classes that are not there.
    pub fn at(&self, label: u32, predicted: u32) -> f64 {
        match &self.cells {
            Cells::Table(_) if label.max(predicted) as usize >= self.classes => 0.0,
            Cells::Table(cells) => cells[label as usize * self.classes + predicted as usize],
            Cells::Rows { .. } => {
                self.row(label).find(|&(column, _)| column == predicted).map_or(0.0, |(_, value)| value)
            }
        }
    }

    /// Predictions of the rows of a label that are not zero, by class.
    pub fn row(&self, label: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        let label = label as usize;
        let (table, listed): (&[f64], (&[u32], &[f64])) = match &self.cells {
            _ if label >= self.classes => (&[], (&[], &[])),
            Cells::Table(cells) => (&cells[label * self.classes..][..self.classes], (&[], &[])),
            Cells::Rows { pointers, columns, values } => {
                let range = pointers[label]..pointers[label + 1];
                (&[], (&columns[range.clone()], &values[range]))
            }
        };
        let table = table.iter().enumerate().map(|(column, &value)| (column as u32, value));
        let listed = listed.0.iter().copied().zip(listed.1.iter().copied());
        table.chain(listed).filter(|&(_, value)| value != 0.0)
    }

    /// The most frequent mistakes as (label, predicted, weight), the heaviest first, then by class.
    pub fn mistakes(&self, most: usize) -> Vec<(u32, u32, f64)> {
        let of = |label: u32| self.row(label).map(move |(column, value)| (label, column, value));
        let mut all: Vec<_> = (0..self.classes as u32).flat_map(of).filter(|(i, j, _)| i != j).collect();
        all.sort_by(|a, b| b.2.total_cmp(&a.2));
        all.truncate(most);
        all
    }

    /// Share of rows that are right; NaN without rows.
    pub fn accuracy(&self) -> f64 {
        self.right.iter().sum::<f64>() / self.total
    }

    /// Mean recall of the classes that are labelled anywhere; NaN without rows.
    pub fn balanced_accuracy(&self) -> f64 {
        let there = self.labelled.iter().zip(&self.right).filter(|(labelled, _)| **labelled > 0.0);
        let (sum, n) =
            there.fold((0.0, 0.0), |(sum, n), (labelled, right)| (sum + right / labelled, n + 1.0));
        sum / n
    }

    /// Precision, recall and F-beta of every class, those that are nowhere too.
    pub fn per_class(&self, beta: f64) -> Vec<ClassScore> {
        let of = |class: usize| {
            let (right, labelled, predicted) =
                (self.right[class], self.labelled[class], self.predicted[class]);
            let score = PrecisionRecall::of(right, labelled, predicted, beta);
            ClassScore { class: class as u32, labelled, predicted, score }
        };
        (0..self.classes).map(of).collect()
    }

    /// Precision, recall and F-beta of all classes taken together.
    pub fn average(&self, average: Average, beta: f64) -> PrecisionRecall {
        if average == Average::Micro {
            return PrecisionRecall::of(
                self.right.iter().sum(),
                self.total,
                self.predicted.iter().sum(),
                beta,
            );
        }
        let (mut sum, mut all) = (PrecisionRecall { precision: 0.0, recall: 0.0, f: 0.0 }, 0.0);
        for class in self.per_class(beta).iter().filter(|c| c.labelled > 0.0 || c.predicted > 0.0) {
            let weight = if average == Average::Macro { 1.0 } else { class.labelled };
            sum.precision += weight * class.score.precision;
            sum.recall += weight * class.score.recall;
            sum.f += weight * class.score.f;
            all += weight;
        }
        PrecisionRecall {
            precision: share(sum.precision, all),
            recall: share(sum.recall, all),
            f: share(sum.f, all),
        }
    }

    /// Matthews' correlation coefficient, −1 to 1; 0 where all labels or all predictions are one class.
    pub fn matthews(&self) -> f64 {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let n = self.total;
        let both = self.right.iter().sum::<f64>() * n - dot(&self.labelled, &self.predicted);
        let spread =
            (n * n - dot(&self.labelled, &self.labelled)) * (n * n - dot(&self.predicted, &self.predicted));
        if spread == 0.0 { 0.0 } else { both / spread.sqrt() }
    }

    /// Cohen's κ: agreement beyond chance; NaN where chance alone agrees in full. Distances are those of class numbers.
    pub fn kappa(&self, distance: Distance) -> f64 {
        let n = self.total;
        let (t, p) = (&self.labelled, &self.predicted);
        let far = |i: usize, j: usize| match distance {
            Distance::Same => f64::from(i != j),
            Distance::Linear => i.abs_diff(j) as f64,
            Distance::Quadratic => (i.abs_diff(j) as f64).powi(2),
        };
        let cells = |i: usize| self.row(i as u32).map(move |(j, value)| far(i, j as usize) * value);
        let seen: f64 = (0..self.classes).flat_map(cells).sum();
        let moment = |of: &[f64], power: i32| {
            of.iter().enumerate().map(|(i, v)| v * (i as f64).powi(power)).sum::<f64>()
        };
        // Σ_ij w_ij t_i p_j without its K² terms.
        let chance = match distance {
            Distance::Same => n * n - t.iter().zip(p).map(|(a, b)| a * b).sum::<f64>(),
            Distance::Quadratic => n * moment(t, 2) + n * moment(p, 2) - 2.0 * moment(t, 1) * moment(p, 1),
            Distance::Linear => {
                let (mut below_t, mut below_p) = (0.0, 0.0);
                let steps = t.iter().zip(p).map(|(a, b)| {
                    below_t += a;
                    below_p += b;
                    below_t * (n - below_p) + (n - below_t) * below_p
                });
                steps.sum()
            }
        };
        1.0 - seen / (chance / n)
    }
}

fn table(labels: &[u32], predicted: &[u32], classes: usize, weights: Option<&[f64]>) -> Cells {
    let pairs = labels
        .iter()
        .zip(predicted)
        .map(|(&label, &predicted)| label as usize * classes + predicted as usize);
    let mut cells = vec![0.0; classes * classes];
    match weights {
        Some(weights) => pairs.zip(weights).for_each(|(cell, weight)| cells[cell] += weight),
        None => {
            // Small tables are two in turn, so that a cell that is met twice in a row need not wait for itself; large ones
            // would no longer fit near the processor. Counts fit u32 in runs of 2³⁰.
            let tables = if classes <= 64 { 2 } else { 1 };
            for (labels, predicted) in labels.chunks(1 << 30).zip(predicted.chunks(1 << 30)) {
                let mut counts = vec![0u32; tables * cells.len()];
                for (at, (&label, &predicted)) in labels.iter().zip(predicted).enumerate() {
                    counts[(at & (tables - 1)) * classes * classes
                        + label as usize * classes
                        + predicted as usize] += 1;
                }
                for counts in counts.chunks_exact(cells.len().max(1)) {
                    cells.iter_mut().zip(counts).for_each(|(cell, count)| *cell += f64::from(*count));
                }
            }
        }
    }
    Cells::Table(cells)
}

/// Rows are gathered by label (counting sort), then each label's predictions are sorted, stable so that sums run in order.
fn rows(labels: &[u32], predicted: &[u32], classes: usize, weights: Option<&[f64]>) -> Cells {
    let mut next = vec![0usize; classes + 1];
    labels.iter().for_each(|&label| next[label as usize + 1] += 1);
    (0..classes).for_each(|class| next[class + 1] += next[class]);
    let starts = next.clone();
    let mut gathered = vec![(0u32, 0f64); labels.len()];
    for (row, &label) in labels.iter().enumerate() {
        gathered[next[label as usize]] = (predicted[row], lists::weight(weights, row));
        next[label as usize] += 1;
    }
    let (mut pointers, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for class in 0..classes {
        let of = &mut gathered[starts[class]..starts[class + 1]];
        of.sort_by_key(|&(column, _)| column);
        for run in of.chunk_by(|a, b| a.0 == b.0) {
            columns.push(run[0].0);
            values.push(run.iter().map(|(_, weight)| weight).sum());
        }
        pointers.push(columns.len());
    }
    Cells::Rows { pointers, columns, values }
}
