//! Gradient descent (Cauchy 1847; Robbins and Monro 1951) with its whole path kept, for small data and for looking on: all rows a
//! step, one, or a mini-batch.
//!
//! θ ← θ - η(t) ∇ mean ℓ(z, y),  z = x w + b;  ∂ℓ/∂z is z - y, σ(z) - y, or (σ(z) - y) σ(z) (1 - σ(z)).

use gyeol_base::{Fault, Result};
use gyeol_tensor::Rng;

use super::checked;
use crate::classifier::{log1p_exp, sigmoid};
use crate::features::Features;
use crate::ridge::Linear;

/// What is minimised, as a mean a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Objective {
    /// (z - y)² / 2.
    #[default]
    Squared,
    /// Cross-entropy of σ(z), y being 0 or 1.
    CrossEntropy,
    /// (σ(z) - y)² / 2, which has flat places where cross-entropy has none.
    SquaredSigmoid,
}

gyeol_base::named!(
    Objective, "an objective",
    "squared" => Objective::Squared, "cross-entropy" => Objective::CrossEntropy,
    "squared-sigmoid" => Objective::SquaredSigmoid,
);

/// Rows of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// All of them.
    Whole,
    /// So many, in an order that is drawn anew each epoch; 1 for stochastic descent.
    Of(usize),
}

/// The learning rate η at step t, from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Always the same.
    Constant(f64),
    /// start / (1 + decay t).
    Inverse {
        /// At the first step.
        start: f64,
        /// How quickly it falls.
        decay: f64,
    },
    /// start · factorᵗ.
    Exponential {
        /// At the first step.
        start: f64,
        /// By what it is multiplied each step.
        factor: f64,
    },
}

impl Rate {
    /// η at step t.
    pub fn at(self, t: usize) -> f64 {
        match self {
            Rate::Constant(rate) => rate,
            Rate::Inverse { start, decay } => start / (1.0 + decay * t as f64),
            Rate::Exponential { start, factor } => start * factor.powf(t as f64),
        }
    }
}

/// Options of gradient descent.
///
/// ```
/// use gyeol_learn::{Features, regression::{Batch, Descent, Rate}};
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(3, 1, vec![-1.0, 0.0, 1.0])?;
/// let descent = Descent { rate: Rate::Constant(0.5), epochs: 200, ..Descent::default() };
/// let walked = descent.walk(Features::Dense(&x), &[-2.0, 0.0, 2.0])?;
/// assert!((walked.model.weights[0] - 2.0).abs() < 1e-6 && walked.path.len() == 201 && !walked.diverged);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Descent {
    /// What is minimised.
    pub objective: Objective,
    /// Rows of a step.
    pub batch: Batch,
    /// The learning rate.
    pub rate: Rate,
    /// Rounds over the rows.
    pub epochs: usize,
    /// Seed of the order.
    pub seed: u64,
    /// Where it begins, w and then b; zeros where empty.
    pub start: Vec<f64>,
    /// Most places of the path that are kept; where there are more steps, those at the ends of epochs, thinned evenly.
    pub most_kept: usize,
}

impl Default for Descent {
    fn default() -> Self {
        Descent {
            objective: Objective::Squared,
            batch: Batch::Whole,
            rate: Rate::Constant(0.1),
            epochs: 100,
            seed: 0,
            start: Vec::new(),
            most_kept: 10_000,
        }
    }
}

/// A place on the path.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Steps done.
    pub step: usize,
    /// Rounds over the rows begun before it, from 0.
    pub epoch: usize,
    /// w.
    pub weights: Vec<f64>,
    /// b.
    pub bias: f64,
    /// The objective over all rows.
    pub loss: f64,
}

/// The way down.
#[derive(Debug, Clone, PartialEq)]
pub struct Walked {
    /// Where it ended.
    pub model: Linear,
    /// From the start to the end.
    pub path: Vec<Step>,
    /// Whether the loss left the numbers, at which the walk was ended.
    pub diverged: bool,
}

impl Descent {
    /// Descends from the start.
    ///
    /// # Errors
    /// No rows, NaN, answers of another count or, for a sigmoid, outside of 0 to 1; a batch of 0, a rate that is none, a start
    /// of another length.
    pub fn walk(&self, x: Features<'_>, y: &[f64]) -> Result<Walked> {
        checked(x, y)?;
        let (n, p) = (x.rows(), x.cols());
        let wrong = |found: String, next: &str| Err(Fault::new("option-range", found).next(next).option());
        let batch = match self.batch {
            Batch::Whole => n,
            Batch::Of(0) => return wrong("a batch of 0 rows".into(), "take at least one"),
            Batch::Of(rows) => rows.min(n),
        };
        if !(self.rate.at(0) > 0.0 && self.rate.at(0).is_finite()) {
            return wrong(format!("a learning rate of {}", self.rate.at(0)), "it is above 0, such as 0.1");
        }
        if self.objective != Objective::Squared && y.iter().any(|v| !(0.0..=1.0).contains(v)) {
            let fault = Fault::new("answer-range", "an answer outside of 0 to 1 for a sigmoid");
            return Err(fault.next("give 0 and 1").input());
        }
        let mut theta = match self.start.len() {
            0 => vec![0.0; p + 1],
            len if len == p + 1 => self.start.clone(),
            len => return wrong(format!("a start of {len} numbers"), "give a weight a column, and the bias"),
        };
        let of_epoch = n.div_ceil(batch);
        let every = match self.epochs.saturating_mul(of_epoch) {
            steps if steps < self.most_kept => 1,
            _ => of_epoch * self.epochs.div_ceil(self.most_kept.max(2) - 1),
        };
        let mut path = vec![self.place(x, y, &theta, 0, 0)];
        let mut order: Vec<usize> = (0..n).collect();
        let mut gradient = vec![0.0; p + 1];
        let (mut step, mut diverged) = (0, false);
        'walk: for epoch in 0..self.epochs {
            if batch < n {
                Rng::stream(self.seed, epoch as u64).shuffle(&mut order);
            }
            for rows in order.chunks(batch) {
                gradient.fill(0.0);
                for &i in rows {
                    let z = theta[p] + x.dot_row(i, |j| theta[j]);
                    let slope = self.slope(z, y[i]) / rows.len() as f64;
                    x.each(i, |j, v| gradient[j] += slope * v);
                    gradient[p] += slope;
                }
                let rate = self.rate.at(step);
                theta.iter_mut().zip(&gradient).for_each(|(t, g)| *t -= rate * g);
                step += 1;
                let last = step == self.epochs * of_epoch;
                if step % every == 0 || last {
                    let place = self.place(x, y, &theta, step, epoch);
                    diverged = !(place.loss.is_finite() && place.loss < 1e100);
                    path.push(place);
                    if diverged {
                        break 'walk;
                    }
                }
            }
        }
        let bias = theta.pop().unwrap_or_default();
        let model = Linear { inputs: p, outputs: 1, weights: theta, bias: vec![bias] };
        Ok(Walked { model, path, diverged })
    }

    fn slope(&self, z: f64, y: f64) -> f64 {
        let p = sigmoid(z);
        match self.objective {
            Objective::Squared => z - y,
            Objective::CrossEntropy => p - y,
            Objective::SquaredSigmoid => (p - y) * p * (1.0 - p),
        }
    }

    /// The loss of one row.
    pub fn loss(&self, z: f64, y: f64) -> f64 {
        match self.objective {
            Objective::Squared => 0.5 * (z - y) * (z - y),
            Objective::CrossEntropy => y * log1p_exp(-z) + (1.0 - y) * log1p_exp(z),
            Objective::SquaredSigmoid => 0.5 * (sigmoid(z) - y) * (sigmoid(z) - y),
        }
    }

    fn place(&self, x: Features<'_>, y: &[f64], theta: &[f64], step: usize, epoch: usize) -> Step {
        let p = theta.len() - 1;
        let losses = (0..y.len()).map(|i| self.loss(theta[p] + x.dot_row(i, |j| theta[j]), y[i]));
        let loss = losses.sum::<f64>() / y.len() as f64;
        Step { step, epoch, weights: theta[..p].to_vec(), bias: theta[p], loss }
    }
}
