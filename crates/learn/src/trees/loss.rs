//! Losses of boosted trees: constants, slopes, means.

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;

use super::{Answers, wrong};
use crate::classifier::{log1p_exp, sigmoid, softmax};

/// Rows that one task works on.
const ROWS: usize = 4096;

/// What trees are fitted by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TreeLoss {
    /// (F − y)² / 2; the mean comes out.
    Squared,
    /// |F − y|; the median comes out.
    Absolute,
    /// max(q (y − F), (q − 1) (y − F)); the q-quantile comes out (Koenker and Bassett 1978).
    Pinball(f64),
    /// Cross-entropy of two classes.
    Logistic,
    /// Cross-entropy of three or more.
    Softmax,
}

impl TreeLoss {
    /// Name, with its quantile.
    pub fn name(self) -> String {
        match self {
            TreeLoss::Squared => "squared".into(),
            TreeLoss::Absolute => "absolute".into(),
            TreeLoss::Pinball(q) => format!("pinball {q}"),
            TreeLoss::Logistic => "logistic".into(),
            TreeLoss::Softmax => "softmax".into(),
        }
    }

    /// Reads [`TreeLoss::name`].
    ///
    /// # Errors
    /// Another word.
    pub fn named(name: &str) -> Result<TreeLoss> {
        let loss = match (name, name.strip_prefix("pinball ").and_then(|q| q.parse().ok())) {
            ("squared", _) => TreeLoss::Squared,
            ("absolute", _) => TreeLoss::Absolute,
            ("logistic", _) => TreeLoss::Logistic,
            ("softmax", _) => TreeLoss::Softmax,
            (_, Some(q)) => TreeLoss::Pinball(q),
            _ => {
                return Err(wrong(
                    "unknown-loss",
                    format!("no loss is called '{}'", gyeol_base::shorten(name, 40)),
                    "use squared, absolute, pinball Q, logistic or softmax",
                ));
            }
        };
        loss.check().map(|()| loss)
    }

    pub(super) fn check(self) -> Result<()> {
        match self {
            TreeLoss::Pinball(q) if !(q > 0.0 && q < 1.0) => {
                Err(Fault::new("parameter", format!("a quantile of {q}"))
                    .next("choose one between 0 and 1")
                    .option())
            }
            _ => Ok(()),
        }
    }

    /// The loss for these answers.
    pub(super) fn of(self, answers: &Answers<'_>) -> TreeLoss {
        match answers {
            Answers::Values(_) if matches!(self, TreeLoss::Logistic | TreeLoss::Softmax) => TreeLoss::Squared,
            Answers::Values(_) => self,
            Answers::Classes(_, 2) => TreeLoss::Logistic,
            Answers::Classes(..) => TreeLoss::Softmax,
        }
    }

    pub(super) fn check_answers(self, n: usize, answers: &Answers<'_>) -> Result<()> {
        let count = |found: usize| match found == n {
            true => Ok(()),
            false => Err(wrong("answer-count", format!("{found} answers for {n} rows"), "give one a row")),
        };
        match answers {
            Answers::Values(y) => {
                if let Some(i) = y.iter().position(|v| !v.is_finite() || v.abs() > 1e100) {
                    return Err(wrong(
                        "not-finite",
                        format!("an answer of {} in row {i}", y[i]),
                        "leave the row out",
                    ));
                }
                count(y.len())
            }
            Answers::Classes(_, classes) if *classes < 2 => {
                Err(wrong("one-class", format!("{classes} class"), "give rows of at least two classes"))
            }
            Answers::Classes(labels, classes) => {
                if let Some(i) = labels.iter().position(|l| *l as usize >= *classes) {
                    let found = format!("label {} in row {i}, of {classes} classes", labels[i]);
                    return Err(wrong("label-outside", found, "number the classes from 0"));
                }
                if n.saturating_mul(*classes) > super::MOST / 8 {
                    let found = format!("{n} rows of {classes} classes");
                    return Err(wrong("too-many-classes", found, "use a linear machine for so many"));
                }
                count(labels.len())
            }
        }
    }

    /// The share of the quantile that a leaf takes.
    pub(super) fn quantile(self) -> Option<f64> {
        match self {
            TreeLoss::Absolute => Some(0.5),
            TreeLoss::Pinball(q) => Some(q),
            _ => None,
        }
    }

    /// The best constant, one number an output.
    pub(super) fn base(self, answers: &Answers<'_>) -> Vec<f64> {
        match answers {
            Answers::Values(y) => match self.quantile() {
                Some(share) => vec![quantile(y.iter().copied(), share)],
                None => vec![y.iter().sum::<f64>() / y.len() as f64],
            },
            Answers::Classes(labels, classes) => {
                let mut counts = vec![0.0; *classes];
                labels.iter().for_each(|&l| counts[l as usize] += 1.0);
                // A class without a row is as rare as half a row.
                let share: Vec<f64> =
                    counts.iter().map(|c: &f64| (c.max(0.5) / labels.len() as f64).ln()).collect();
                if self == TreeLoss::Logistic { vec![share[1] - share[0]] } else { share }
            }
        }
    }

    /// Probabilities (n, k).
    pub(super) fn softmax(self, scores: &[f64], k: usize, pool: &Pool) -> Vec<f64> {
        let mut p = scores.to_vec();
        pool.split_mut([&mut p], ROWS * k, |_, [p]| p.chunks_exact_mut(k).for_each(each_softmax));
        p
    }

    /// g and h of each row for one output.
    pub(super) fn slopes(
        self,
        answers: &Answers<'_>,
        scores: &[f64],
        probabilities: &[f64],
        class: usize,
        out: &mut [[f64; 2]],
        pool: &Pool,
    ) {
        pool.split_mut([out], ROWS, |range, [out]| {
            for (o, i) in out.iter_mut().zip(range) {
                *o = match (self, answers) {
                    (TreeLoss::Squared, Answers::Values(y)) => [scores[i] - y[i], 1.0],
                    (TreeLoss::Pinball(_) | TreeLoss::Absolute, Answers::Values(y)) => {
                        let share = self.quantile().unwrap_or(0.5);
                        [if y[i] >= scores[i] { -share } else { 1.0 - share }, 1.0]
                    }
                    (TreeLoss::Logistic, Answers::Classes(labels, _)) => {
                        let p = sigmoid(scores[i]);
                        [p - f64::from(labels[i]), p * (1.0 - p)]
                    }
                    (TreeLoss::Softmax, Answers::Classes(labels, k)) => {
                        let p = probabilities[i * k + class];
                        [p - f64::from(u8::from(labels[i] as usize == class)), p * (1.0 - p)]
                    }
                    _ => [0.0, 1.0],
                };
            }
        });
    }

    /// Mean loss: of squares (F − y)², of classes −ln p.
    pub(super) fn mean(self, scores: &[f64], answers: &Answers<'_>) -> f64 {
        let sum: f64 = match answers {
            Answers::Values(y) => {
                let of = |(s, y): (&f64, &f64)| match self {
                    TreeLoss::Absolute => (s - y).abs(),
                    TreeLoss::Pinball(q) => (q * (y - s)).max((q - 1.0) * (y - s)),
                    _ => (s - y) * (s - y),
                };
                scores.iter().zip(*y).map(of).sum()
            }
            Answers::Classes(labels, 2) => {
                scores.iter().zip(*labels).map(|(s, &l)| log1p_exp(if l == 1 { -s } else { *s })).sum()
            }
            Answers::Classes(labels, k) => {
                let of = |(row, &l): (&[f64], &u32)| softmax(&mut row.to_vec()) - row[l as usize];
                scores.chunks_exact(*k).zip(*labels).map(of).sum()
            }
        };
        let n = match answers {
            Answers::Values(y) => y.len(),
            Answers::Classes(labels, _) => labels.len(),
        };
        sum / n as f64
    }
}

/// Quantile of numbers, between neighbours on a line; 0 of none.
pub(super) fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable_by(f64::total_cmp);
    let at = share * (values.len() - 1) as f64;
    let (low, rest) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(values.len() - 1);
    values[low] + rest * (values[high] - values[low])
}

/// Softmax of a row in place.
pub(super) fn each_softmax(row: &mut [f64]) {
    softmax(row);
}
