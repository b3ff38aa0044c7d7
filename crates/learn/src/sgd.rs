//! Averaged stochastic gradient descent for data of any size (Polyak and Juditsky 1992; Bottou 2010), with the sparse steps of
//! Xu 2011: min λ/2 ‖w‖² + Σᵢ sᵢ ℓ(yᵢ (x w + b)) / Σ s, each class against the rest, b not penalised.
//!
//! ηₜ = η₀ (1 + λ η₀ t)^-0.75, and from the second round on the mean of all planes. With w = s v and Σ w = B + c v, a step
//! costs no more than the numbers of its row: v ← v - δ x, B ← B + c δ x, c ← c + s.

use gyeol_base::{Fault, Result};
use gyeol_tensor::{Pool, Rng};

use crate::classifier::{ClassWeight, Labelled, Link, log1p_exp, sigmoid};
use crate::features::{Features, sane_size};
use crate::logistic::ClassifierFit;
use crate::svm::{Plane, joined};

/// What a margin m costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SgdLoss {
    /// ln(1 + e^-m).
    #[default]
    Logistic,
    /// max(0, 1 - m).
    Hinge,
}

gyeol_base::named!(SgdLoss, "a loss", "logistic" => SgdLoss::Logistic, "hinge" => SgdLoss::Hinge);

/// Options of averaged stochastic gradient descent.
///
/// ```
/// use gyeol_learn::{Features, SgdParams};
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(4, 1, vec![-2.0, -1.0, 1.0, 2.0])?;
/// let fit = SgdParams::default().fit(Features::Dense(&x), &[0, 0, 1, 1], 2, None, &Pool::new(1))?;
/// assert_eq!(fit.model.classify(Features::Dense(&x), &Pool::new(1))?, [0, 0, 1, 1]);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SgdParams {
    /// Which loss.
    pub loss: SgdLoss,
    /// λ > 0; 1 / (C n) of the other machines.
    pub lambda: f64,
    /// η₀; 1 / (1 + mean ‖x‖²) where none.
    pub rate: Option<f64>,
    /// Rounds over the rows.
    pub epochs: usize,
    /// Seed of the order, drawn anew each round.
    pub seed: u64,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
}

impl Default for SgdParams {
    fn default() -> Self {
        SgdParams {
            loss: SgdLoss::Logistic,
            lambda: 1e-4,
            rate: None,
            epochs: 10,
            seed: 0,
            class_weight: ClassWeight::None,
        }
    }
}

impl SgdParams {
    /// Fits labels in 0..classes, each of which must occur. There is no test of convergence: `iterations` are the rounds,
    /// `gradient_norm` is by how much the objective fell in the last of them, `converged` whether by less than 1e-3 of it.
    ///
    /// # Errors
    /// Options out of range (a rate at which the weights leave the numbers too: `diverged`), and as
    /// [`crate::LogisticParams::fit`].
    pub fn fit(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        pool: &Pool,
    ) -> Result<ClassifierFit> {
        let positive = |v: f64| v > 0.0 && v.is_finite();
        if !positive(self.lambda) || self.rate.is_some_and(|r| !positive(r)) || self.epochs == 0 {
            let found = format!("lambda = {}, rate {:?}, {} rounds", self.lambda, self.rate, self.epochs);
            return Err(Fault::new("option-range", found)
                .next("lambda and rate are above 0, rounds too")
                .option());
        }
        let data = Labelled::new(x, labels, classes, sample_weights, &self.class_weight)?;
        sane_size(x.cols(), data.outputs())?;
        let sum: f64 = data.weights.iter().sum();
        let weights: Vec<f64> = data.weights.iter().map(|w| w * x.rows() as f64 / sum).collect();
        let mut square = 0.0;
        (0..x.rows()).for_each(|i| x.each(i, |_, v| square += v * v));
        let rate = self.rate.unwrap_or(1.0 / (1.0 + square / x.rows() as f64));
        let mut planes: Vec<Option<Plane>> = vec![None; data.outputs()];
        let first = usize::from(planes.len() == 1);
        pool.each_mut(&mut planes, |_, k, plane| {
            *plane = Some(self.plane(x, &|i| labels[i] as usize == k + first, &weights, rate));
        });
        let planes: Vec<Plane> = planes.into_iter().flatten().collect();
        if planes.iter().any(|p| !p.objective.is_finite()) {
            return Err(Fault::new(
                "diverged",
                format!("the weights grew beyond all numbers at a rate of {rate}"),
            )
            .cause("a learning rate too large for rows of this size")
            .next("scale the columns, or lower the rate")
            .input());
        }
        let mut fit = joined(planes, classes, x.cols());
        if self.loss == SgdLoss::Logistic {
            fit.model.link = if fit.model.outputs == 1 { Link::Softmax } else { Link::Sigmoid };
        }
        Ok(fit)
    }

    fn plane(
        &self,
        x: Features<'_>,
        positive: &(dyn Fn(usize) -> bool + Sync),
        weights: &[f64],
        rate: f64,
    ) -> Plane {
        let (n, p) = (x.rows(), x.cols());
        let (mut v, mut s, mut b) = (vec![0.0; p], 1.0f64, 0.0);
        let (mut sums, mut c, mut b_sum, mut count) = (vec![0.0; p], 0.0, 0.0, 0.0);
        let mut order: Vec<usize> = (0..n).collect();
        let mut t = 0.0;
        let (mut before, mut now) = (f64::INFINITY, f64::INFINITY);
        let mean =
            |v: &[f64], sums: &[f64], s: f64, c: f64, b: f64, b_sum: f64, count: f64| -> (Vec<f64>, f64) {
                match count > 0.0 {
                    true => (v.iter().zip(sums).map(|(v, o)| (o + c * v) / count).collect(), b_sum / count),
                    false => (v.iter().map(|v| s * v).collect(), b),
                }
            };
        for epoch in 0..self.epochs {
            Rng::stream(self.seed, epoch as u64).shuffle(&mut order);
            for &i in &order {
                let y = if positive(i) { 1.0 } else { -1.0 };
                let eta = rate / (1.0 + self.lambda * rate * t).powf(0.75);
                let margin = y * (s * x.dot_row(i, |j| v[j]) + b);
                let slope = weights[i]
                    * match self.loss {
                        SgdLoss::Logistic => sigmoid(-margin),
                        SgdLoss::Hinge => f64::from(u8::from(margin < 1.0)),
                    };
                s *= (1.0 - eta * self.lambda).max(1e-6);
                if slope != 0.0 {
                    let step = eta * slope * y / s;
                    let back = c * step;
                    x.each(i, |j, v_ij| {
                        v[j] += step * v_ij;
                        sums[j] -= back * v_ij;
                    });
                    b += eta * slope * y;
                }
                if s < 1e-9 {
                    v.iter_mut().for_each(|v| *v *= s);
                    (c, s) = (c / s, 1.0);
                }
                // The last round is the whole of a short walk.
                if epoch > 0 || self.epochs == 1 {
                    c += s;
                    b_sum += b;
                    count += 1.0;
                }
                t += 1.0;
            }
            if epoch + 2 >= self.epochs {
                let (w, b) = mean(&v, &sums, s, c, b, b_sum, count);
                before = now;
                now = self.objective(x, positive, weights, &w, b);
            }
        }
        let (w, b) = mean(&v, &sums, s, c, b, b_sum, count);
        let fell = if before.is_finite() { before - now } else { now };
        let converged = before.is_finite() && fell.abs() <= 1e-3 * now;
        Plane { weights: w, bias: b, rounds: self.epochs, spread: fell.abs(), converged, objective: now }
    }

    fn objective(
        &self,
        x: Features<'_>,
        positive: &dyn Fn(usize) -> bool,
        weights: &[f64],
        w: &[f64],
        b: f64,
    ) -> f64 {
        let loss = |i: usize| {
            let z = x.dot_row(i, |j| w[j]) + b;
            let margin = if positive(i) { z } else { -z };
            weights[i]
                * match self.loss {
                    SgdLoss::Logistic => log1p_exp(-margin),
                    SgdLoss::Hinge => (1.0 - margin).max(0.0),
                }
        };
        let square: f64 = w.iter().map(|w| w * w).sum();
        self.lambda / 2.0 * square + (0..x.rows()).map(loss).sum::<f64>() / x.rows() as f64
    }
}
