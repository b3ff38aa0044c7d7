//! Fitted trees as flat arrays, and what they say.

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;

use super::bins::Binned;
use super::grow::Tree;
use super::loss::each_softmax;
use super::{TreeLoss, written};
use crate::classifier::sigmoid;
use crate::features::Features;

/// Rows that one task answers.
const ROWS: usize = 512;
/// The column of a leaf.
const LEAF: u32 = u32::MAX;

/// Fitted trees: one number for regressions and two classes, one a class for more.
///
/// ```
/// use gyeol_learn::trees::{Answers, TreesParams};
/// use gyeol_learn::Features;
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(40, 1, (0..40).map(f64::from).collect())?;
/// let y: Vec<f64> = (0..40).map(|i| if i < 20 { 1.0 } else { 3.0 }).collect();
/// let params = TreesParams { rounds: 60, min_rows: 5, ..TreesParams::default() };
/// let fit = params.fit(Features::Dense(&x), Answers::Values(&y), None, &Pool::new(1), &mut |_| true)?;
/// let said = fit.model.values(Features::Dense(&x), &Pool::new(1))?;
/// assert!((said[0] - 1.0).abs() < 0.01 && (said[39] - 3.0).abs() < 0.01);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trees {
    parts: TreeParts,
}

/// Trees as they are saved. Nodes of a tree stand together, its root first, children after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeParts {
    /// p.
    pub inputs: usize,
    /// What they were fitted by.
    pub loss: TreeLoss,
    /// The constant of each output; tree t adds to output t mod their count.
    pub base: Vec<f64>,
    /// First node of each tree.
    pub roots: Vec<u32>,
    /// Column of each node; `u32::MAX` of a leaf.
    pub columns: Vec<u32>,
    /// Numbers up to this go left; the value of a leaf.
    pub numbers: Vec<f64>,
    /// The left child; the right one follows it.
    pub left: Vec<u32>,
    /// 1 where a missing number goes left.
    pub missing_left: Vec<u8>,
    /// Gain of each split; 0 of a leaf.
    pub gains: Vec<f64>,
}

impl Trees {
    pub(super) fn empty(inputs: usize, loss: TreeLoss, base: Vec<f64>) -> Trees {
        Trees {
            parts: TreeParts {
                inputs,
                loss,
                base,
                roots: Vec::new(),
                columns: Vec::new(),
                numbers: Vec::new(),
                left: Vec::new(),
                missing_left: Vec::new(),
                gains: Vec::new(),
            },
        }
    }

    /// Trees from their parts.
    ///
    /// # Errors
    /// Parts that make no trees (`broken-trees`).
    pub fn new(parts: TreeParts) -> Result<Trees> {
        let broken = |what: String| {
            Err(Fault::new("broken-trees", what).cause("a damaged file").next("fit the trees again").input())
        };
        let TreeParts { inputs, loss, base, roots, columns, numbers, left, missing_left, gains } = &parts;
        let n = columns.len();
        if [numbers.len(), left.len(), missing_left.len(), gains.len()].iter().any(|&len| len != n) {
            return broken(format!("{n} columns of nodes and {} numbers", numbers.len()));
        }
        let outputs = match loss {
            TreeLoss::Softmax => base.len() >= 3,
            _ => base.len() == 1,
        };
        if !outputs
            || !roots.len().is_multiple_of(base.len().max(1))
            || !base.iter().chain(numbers).chain(gains).all(|v| v.is_finite())
        {
            return broken(format!("{} trees of {} outputs", roots.len(), base.len()));
        }
        if roots.first().is_some_and(|&r| r != 0)
            || !roots.is_sorted_by(|a, b| a < b)
            || roots.is_empty() != (n == 0)
        {
            return broken("roots in disorder".into());
        }
        for (t, &root) in roots.iter().enumerate() {
            let end = roots.get(t + 1).map_or(n, |&next| next as usize);
            if end > n {
                return broken(format!("tree {t} ends past the nodes"));
            }
            for at in root as usize..end {
                let child = left[at] as usize;
                if columns[at] != LEAF && (columns[at] as usize >= *inputs || child <= at || child + 1 >= end)
                {
                    return broken(format!("node {at} of tree {t}"));
                }
            }
        }
        Ok(Trees { parts })
    }

    /// What is saved.
    pub fn parts(&self) -> &TreeParts {
        &self.parts
    }

    /// p.
    pub fn inputs(&self) -> usize {
        self.parts.inputs
    }

    /// Classes; 0 of numbers.
    pub fn classes(&self) -> usize {
        match self.parts.loss {
            TreeLoss::Softmax => self.parts.base.len(),
            TreeLoss::Logistic => 2,
            _ => 0,
        }
    }

    /// Trees of each output.
    pub fn rounds(&self) -> usize {
        self.parts.roots.len() / self.parts.base.len().max(1)
    }

    /// Numbers fitted: a bound a split, a value a leaf, the constants.
    pub fn parameters(&self) -> usize {
        self.parts.numbers.len() + self.parts.base.len()
    }

    /// Sum of the gains of each column's splits, all summing to 1; zeros without a split.
    pub fn importances(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.parts.inputs];
        for (&column, gain) in self.parts.columns.iter().zip(&self.parts.gains) {
            if column != LEAF {
                out[column as usize] += gain;
            }
        }
        let sum: f64 = out.iter().sum();
        if sum > 0.0 {
            out.iter_mut().for_each(|v| *v /= sum);
        }
        out
    }

    pub(super) fn base(&self) -> &[f64] {
        &self.parts.base
    }

    pub(super) fn push(&mut self, tree: &Tree, binned: &Binned) {
        let p = &mut self.parts;
        let first = p.columns.len() as u32;
        p.roots.push(first);
        for node in &tree.nodes {
            p.columns.push(node.column.unwrap_or(LEAF));
            p.numbers.push(match node.column {
                // Behind the last bound there are but missing numbers.
                Some(column) => {
                    binned.bounds[column as usize].get(usize::from(node.bin)).copied().unwrap_or(f64::MAX)
                }
                None => node.value,
            });
            p.left.push(if node.column.is_some() { first + node.left } else { 0 });
            p.missing_left.push(u8::from(node.missing_left));
            p.gains.push(node.gain);
        }
    }

    /// Adds the last tree to an output of rows.
    pub(super) fn add_last(&self, x: &Dense, scores: &mut [f64], class: usize, pool: &Pool) {
        let k = self.parts.base.len();
        let Some(&root) = self.parts.roots.last() else { return };
        pool.split_mut([scores], ROWS * k, |range, [scores]| {
            for (i, row) in scores.chunks_exact_mut(k).enumerate() {
                row[class] += self.leaf(root, x.row(range.start / k + i));
            }
        });
    }

    pub(super) fn truncate(&mut self, rounds: usize) {
        let p = &mut self.parts;
        let trees = rounds * p.base.len();
        let Some(&nodes) = p.roots.get(trees) else { return };
        p.roots.truncate(trees);
        let nodes = nodes as usize;
        p.columns.truncate(nodes);
        p.numbers.truncate(nodes);
        p.left.truncate(nodes);
        p.missing_left.truncate(nodes);
        p.gains.truncate(nodes);
    }

    fn leaf(&self, root: u32, row: &[f64]) -> f64 {
        let p = &self.parts;
        let mut at = root as usize;
        while p.columns[at] != LEAF {
            let v = row[p.columns[at] as usize];
            let left = if v.is_nan() { p.missing_left[at] == 1 } else { v <= p.numbers[at] };
            at = p.left[at] as usize + usize::from(!left);
        }
        p.numbers[at]
    }

    /// Sums of the trees (n, outputs).
    ///
    /// # Errors
    /// Rows of another count of columns.
    pub fn decision(&self, x: Features<'_>, pool: &Pool) -> Result<Dense> {
        x.made_for(self.parts.inputs)?;
        let x = written(x)?;
        let k = self.parts.base.len();
        let mut out = vec![0.0; x.rows() * k];
        pool.split_mut([&mut out], ROWS * k, |range, [out]| {
            for (i, row) in out.chunks_exact_mut(k).enumerate() {
                let x = x.row(range.start / k + i);
                row.copy_from_slice(&self.parts.base);
                self.parts.roots.iter().enumerate().for_each(|(t, &root)| row[t % k] += self.leaf(root, x));
            }
        });
        Dense::new(x.rows(), k, out)
    }

    /// Numbers.
    ///
    /// # Errors
    /// As [`Trees::decision`].
    pub fn values(&self, x: Features<'_>, pool: &Pool) -> Result<Vec<f64>> {
        Ok(self.decision(x, pool)?.data().to_vec())
    }

    /// Probabilities (n, classes).
    ///
    /// # Errors
    /// As [`Trees::decision`]; trees of numbers.
    pub fn probabilities(&self, x: Features<'_>, pool: &Pool) -> Result<Dense> {
        let scores = self.decision(x, pool)?;
        match self.parts.loss {
            TreeLoss::Logistic => {
                let data = scores.data().iter().flat_map(|&s| [sigmoid(-s), sigmoid(s)]).collect();
                Dense::new(scores.rows(), 2, data)
            }
            TreeLoss::Softmax => {
                let (n, k) = (scores.rows(), scores.cols());
                let mut data = scores.data().to_vec();
                data.chunks_exact_mut(k).for_each(each_softmax);
                Dense::new(n, k, data)
            }
            _ => Err(gyeol_base::Error::defect("probabilities asked of trees of numbers")),
        }
    }
}
