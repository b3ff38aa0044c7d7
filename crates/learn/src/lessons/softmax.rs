//! Softmax regression looked at, one step of it: Z = X W + b, P = e^Z / Σ e^Z a row, the cost -Σ ln P[target] / n, its gradient
//! Xᵀ(P - Y) / n, and W and b after it. X is (n, p), W (p, K), b (K); Z, P and Y, a one-hot row each, are (n, K).

use gyeol_base::Result;
use gyeol_vectors::matrix::Dense;
use serde::Serialize;

use super::small::{Scaled, Small, curvatures, walkable};
use crate::classifier::softmax;

/// The forward walk over all rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forward {
    /// W: a row an input.
    pub w: Vec<Vec<f64>>,
    /// b.
    pub b: Vec<f64>,
    /// Z: scores.
    pub scores: Vec<Vec<f64>>,
    /// e^(Z - the largest of the row).
    pub exponentials: Vec<Vec<f64>>,
    /// P: shares.
    pub shares: Vec<Vec<f64>>,
    /// `-ln P[target]` of each row.
    pub losses: Vec<f64>,
    /// Their mean.
    pub cost: f64,
    /// Rows whose largest share is that of their class.
    pub right: usize,
}

/// The lesson.
///
/// ```
/// use gyeol_learn::lessons::{Small, SoftmaxLesson};
/// let lesson = SoftmaxLesson::of(&Small::stones(), 50)?;
/// assert!((lesson.before.cost - 3f64.ln()).abs() < 1e-12 && lesson.after.cost < lesson.before.cost);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoftmaxLesson {
    /// The table.
    pub table: Small,
    /// How inputs were scaled; none where they are as in the table.
    pub scaled: Option<Scaled>,
    /// X as it is multiplied.
    pub x: Vec<Vec<f64>>,
    /// Y: one-hot targets.
    pub one_hot: Vec<Vec<f64>>,
    /// At W = 0, b = 0: all shares are 1/K.
    pub before: Forward,
    /// P - Y at the start.
    pub errors: Vec<Vec<f64>>,
    /// ∂J/∂W = Xᵀ(P - Y) / n.
    pub d_w: Vec<Vec<f64>>,
    /// ∂J/∂b: means of the columns of P - Y.
    pub d_b: Vec<f64>,
    /// η.
    pub rate: f64,
    /// After one step: W - η ∂J/∂W, b - η ∂J/∂b.
    pub after: Forward,
    /// The cost after each step, from the start on.
    pub costs: Vec<f64>,
    /// After the last.
    pub last: Forward,
}

impl SoftmaxLesson {
    /// Looks at the first step of `steps` over a table of classes.
    ///
    /// # Errors
    /// As [`Small`] has them.
    pub fn of(table: &Small, steps: usize) -> Result<Self> {
        let (x, scaled, _) = walkable(table.checked(true)?);
        let (n, p, k) = (x.rows(), x.cols(), table.classes.len());
        let labels = table.labels();
        let one_hot: Vec<Vec<f64>> = labels
            .iter()
            .map(|&label| (0..k).map(|c| f64::from(u8::from(c == label as usize))).collect())
            .collect();
        // Half of λ bounds the curvature of the cost (Böhning 1992): this rate never overshoots.
        let rate = 2.0 / curvatures(&x)[0];
        let (mut w, mut b) = (vec![vec![0.0; k]; p], vec![0.0; k]);
        let before = forward(&x, &labels, &w, &b);
        let (errors, d_w, d_b) = gradient(&x, &one_hot, &before);
        let (mut costs, mut after, mut last) = (vec![before.cost], None, before.clone());
        for _ in 0..steps.max(1) {
            let (_, d_w, d_b) = gradient(&x, &one_hot, &last);
            let step = |to: &mut Vec<f64>, d: &[f64]| to.iter_mut().zip(d).for_each(|(v, d)| *v -= rate * d);
            w.iter_mut().zip(&d_w).for_each(|(w, d)| step(w, d));
            step(&mut b, &d_b);
            last = forward(&x, &labels, &w, &b);
            costs.push(last.cost);
            after.get_or_insert_with(|| last.clone());
        }
        let after = after.unwrap_or_else(|| last.clone());
        let rows = |m: &Dense| (0..n).map(|i| m.row(i).to_vec()).collect();
        Ok(SoftmaxLesson {
            x: rows(&x),
            table: table.clone(),
            scaled,
            one_hot,
            before,
            errors,
            d_w,
            d_b,
            rate,
            after,
            costs,
            last,
        })
    }
}

fn forward(x: &Dense, labels: &[u32], w: &[Vec<f64>], b: &[f64]) -> Forward {
    let score = |i: usize, c: usize| b[c] + x.row(i).iter().zip(w).map(|(x, w)| x * w[c]).sum::<f64>();
    let scores: Vec<Vec<f64>> = (0..x.rows()).map(|i| (0..b.len()).map(|c| score(i, c)).collect()).collect();
    let (mut shares, mut exponentials, mut losses) = (scores.clone(), scores.clone(), Vec::new());
    let mut right = 0;
    for (i, &label) in labels.iter().enumerate() {
        let largest = scores[i].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        exponentials[i].iter_mut().for_each(|z| *z = (*z - largest).exp());
        let sum = softmax(&mut shares[i]);
        losses.push(sum - scores[i][label as usize]);
        // Of shares as large none is the largest.
        let own = shares[i][label as usize];
        right += usize::from((0..b.len()).all(|c| c == label as usize || shares[i][c] < own));
    }
    let cost = losses.iter().sum::<f64>() / labels.len() as f64;
    Forward { w: w.to_vec(), b: b.to_vec(), scores, exponentials, shares, losses, cost, right }
}

type Rows = Vec<Vec<f64>>;

/// P - Y, Xᵀ(P - Y) / n, and its sum over the rows / n.
fn gradient(x: &Dense, one_hot: &[Vec<f64>], at: &Forward) -> (Rows, Rows, Vec<f64>) {
    let (n, k) = (x.rows() as f64, at.b.len());
    let less = |(p, y): (&Vec<f64>, &Vec<f64>)| p.iter().zip(y).map(|(p, y)| p - y).collect();
    let errors: Rows = at.shares.iter().zip(one_hot).map(less).collect();
    let cell =
        |j: usize, c: usize| errors.iter().enumerate().map(|(i, e)| x.at(i, j) * e[c]).sum::<f64>() / n;
    let d_w = (0..x.cols()).map(|j| (0..k).map(|c| cell(j, c)).collect()).collect();
    let d_b = (0..k).map(|c| errors.iter().map(|e| e[c]).sum::<f64>() / n).collect();
    (errors, d_w, d_b)
}
