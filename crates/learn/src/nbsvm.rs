//! NBSVM (Wang and Manning 2012): a linear machine on columns scaled by naive Bayes' log-count ratios,
//!
//! r = ln (p / ‖p‖₁) / (q / ‖q‖₁),  p = α + Σ_{y = 1} f,  q = α + Σ_{y = -1} f,
//!
//! and its weights drawn towards their mean size: w' = (1 - β) ‖w‖₁ / |V| + β w. More than two classes are each against the
//! rest with a ratio of their own. r and β are folded into one [`crate::LinearClassifier`]: x (r ∘ w') + b. No scaled copy of the rows is
//! made for the hinge: dual coordinate descent takes r² as the metric of the weights.

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::{Csr, Dense};

use crate::bayes::refuse;
use crate::classifier::{ClassWeight, Labelled, LinearClassifier, Link, class_of};
use crate::features::{Features, sane_size};
use crate::logistic::{ClassifierFit, LogisticParams};
use crate::svm::{Hinge, Plane, SvmParams, joined};

/// What the linear machine on scaled columns minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Loss {
    /// 1 - margin.
    Hinge,
    /// (1 - margin)².
    #[default]
    SquaredHinge,
    /// Cross-entropy; gives probabilities where β = 1.
    Logistic,
}

gyeol_base::named!(
    Loss, "a loss", "hinge" => Loss::Hinge, "squared-hinge" => Loss::SquaredHinge, "logistic" => Loss::Logistic,
);

/// Scores of rows that are divided by their length in a metric of each output: x W / √(x² M) + b.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitClassifier {
    /// W and b; margins.
    pub linear: LinearClassifier,
    /// M, (p, outputs) row-major: the squares of the ratios.
    pub metric: Vec<f64>,
    /// Whether numbers are taken as 1 where they are written down.
    pub presence: bool,
}

impl UnitClassifier {
    /// Margins (n, outputs); a row without a known column has the bias alone.
    ///
    /// # Errors
    /// As [`LinearClassifier::decision`].
    pub fn decision(&self, x: Features<'_>, pool: &Pool) -> Result<Dense> {
        let (n, k) = (x.rows(), self.linear.outputs);
        x.made_for(self.linear.inputs)?;
        sane_size(n, k)?;
        let mut data = vec![0.0; n * k];
        const ROWS: usize = 256;
        pool.split_mut([&mut data], ROWS * k, |range, [part]| {
            let first = range.start / k;
            let mut squares = vec![0.0; k];
            for (row, scores) in part.chunks_exact_mut(k).enumerate() {
                squares.fill(0.0);
                x.each(first + row, |j, v| {
                    let v = if self.presence && v != 0.0 { 1.0 } else { v };
                    let at = j * k..(j + 1) * k;
                    scores.iter_mut().zip(&self.linear.weights[at.clone()]).for_each(|(s, w)| *s += v * w);
                    squares.iter_mut().zip(&self.metric[at]).for_each(|(s, m)| *s += v * v * m);
                });
                for ((score, square), b) in scores.iter_mut().zip(&squares).zip(&self.linear.bias) {
                    *score = if *square > 0.0 { *score / square.sqrt() } else { 0.0 } + b;
                }
            }
        });
        Ok(Dense::trusted(n, k, data))
    }

    /// The class of each row.
    ///
    /// # Errors
    /// As [`LinearClassifier::decision`].
    pub fn classify(&self, x: Features<'_>, pool: &Pool) -> Result<Vec<u32>> {
        let scores = self.decision(x, pool)?;
        Ok((0..scores.rows()).map(|i| class_of(scores.row(i))).collect())
    }
}

/// Options of NBSVM.
#[derive(Debug, Clone, PartialEq)]
pub struct NbsvmParams {
    /// α > 0, added to every count.
    pub alpha: f64,
    /// β in 0..=1: 1 leaves the weights as they are.
    pub beta: f64,
    /// C > 0.
    pub c: f64,
    /// Which loss.
    pub loss: Loss,
    /// Whether numbers are taken as 1 where they are written down (f̂ of the paper); rows that the model is asked about have to
    /// be such too ([`crate::bayes::presence`]).
    pub presence: bool,
    /// Whether each scaled row is divided by its length; only with [`NbsvmParams::fit_unit`], which gives what the
    /// model needs to do so with other rows.
    pub unit: bool,
    /// As of the machine below.
    pub tolerance: f64,
    /// As of the machine below.
    pub max_iterations: usize,
    /// Seed of the order of the rows.
    pub seed: u64,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
}

impl Default for NbsvmParams {
    fn default() -> Self {
        NbsvmParams {
            alpha: 1.0,
            beta: 1.0,
            c: 1.0,
            loss: Loss::SquaredHinge,
            presence: true,
            unit: false,
            tolerance: 0.1,
            max_iterations: 200,
            seed: 0,
            class_weight: ClassWeight::None,
        }
    }
}

impl NbsvmParams {
    /// Fits labels in 0..classes, each of which must occur; counts are not below 0.
    ///
    /// # Errors
    /// Options out of range, a count below 0 (or of 0 but written down, with `presence`), and as
    /// [`crate::LogisticParams::fit`].
    pub fn fit(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        pool: &Pool,
    ) -> Result<ClassifierFit> {
        let this = NbsvmParams { unit: false, ..self.clone() };
        Ok(this.fitted(x, labels, classes, sample_weights, pool)?.0)
    }

    /// The same on rows of length 1: x ∘ r / ‖x ∘ r‖, by hinge or squared hinge with β = 1. Rows of one length weigh alike
    /// however long their texts are.
    ///
    /// # Errors
    /// As [`NbsvmParams::fit`]; another loss or β.
    pub fn fit_unit(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        pool: &Pool,
    ) -> Result<(UnitClassifier, ClassifierFit)> {
        if self.loss == Loss::Logistic || self.beta < 1.0 {
            return Err(Fault::new("option-range", "rows of length 1 with cross-entropy or beta below 1")
                .next("use a hinge with beta = 1")
                .option());
        }
        let this = NbsvmParams { unit: true, ..self.clone() };
        let (fit, metric) = this.fitted(x, labels, classes, sample_weights, pool)?;
        Ok((UnitClassifier { linear: fit.model.clone(), metric, presence: self.presence }, fit))
    }

    fn fitted(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        pool: &Pool,
    ) -> Result<(ClassifierFit, Vec<f64>)> {
        let wrong = |found: String, next: &str| Err(Fault::new("option-range", found).next(next).option());
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return wrong(format!("alpha = {}", self.alpha), "it is above 0");
        }
        if !(0.0..=1.0).contains(&self.beta) {
            return wrong(format!("beta = {}", self.beta), "choose 0 to 1");
        }
        let hinge = if self.loss == Loss::Hinge { Hinge::Plain } else { Hinge::Squared };
        let svm = SvmParams {
            c: self.c,
            hinge,
            tolerance: self.tolerance,
            max_iterations: self.max_iterations,
            seed: self.seed,
            ..SvmParams::default()
        };
        svm.check()?;
        let data = Labelled::new(x, labels, classes, sample_weights, &self.class_weight)?;
        let (p, outputs) = (x.cols(), data.outputs());
        sane_size(p, outputs)?;
        if self.presence && matches!(x, Features::Sparse(_)) {
            refuse(x, "negative", "numbers that are no counts", "leave zeros out; give counts", |v| {
                v <= 0.0
            })?;
        } else {
            refuse(x, "negative", "numbers that are no counts", "give counts", |v| v < 0.0)?;
        }
        let ones = match (x, self.presence) {
            (Features::Dense(x), true) => {
                let data = x.data().iter().map(|v| f64::from(u8::from(*v > 0.0))).collect();
                Some(Dense::trusted(x.rows(), x.cols(), data))
            }
            _ => None,
        };
        let x = ones.as_ref().map_or(x, Features::Dense);
        let given = |v: f64| if self.presence { 1.0 } else { v };
        let first = usize::from(outputs == 1);
        // Counts of the positive rows of each output, and of all.
        let mut counts = vec![0.0; p * outputs];
        let mut all = vec![0.0; p];
        for (i, (&y, w)) in labels.iter().zip(&data.weights).enumerate() {
            let k = (y as usize).wrapping_sub(first);
            x.each(i, |j, v| {
                let v = w * if v == 0.0 { 0.0 } else { given(v) };
                all[j] += v;
                if k < outputs {
                    counts[j * outputs + k] += v;
                }
            });
        }
        let ratio = |k: usize| -> Vec<f64> {
            let of = |j: usize| counts[j * outputs + k];
            let positive: f64 = (0..p).map(|j| self.alpha + of(j)).sum();
            let negative: f64 = (0..p).map(|j| self.alpha + all[j] - of(j)).sum();
            let ln = (negative / positive).ln();
            (0..p).map(|j| ((self.alpha + of(j)) / (self.alpha + all[j] - of(j))).ln() + ln).collect()
        };
        let mut planes: Vec<Option<Plane>> = vec![None; outputs];
        if self.loss == Loss::Logistic {
            for (k, plane) in planes.iter_mut().enumerate() {
                *plane = Some(self.logistic(x, labels, k + first, &ratio(k), &data.weights, pool)?);
            }
        } else {
            let sparse = matches!(x, Features::Sparse(_));
            pool.each_mut(&mut planes, |_, k, plane| {
                let metric: Vec<f64> = ratio(k).iter().map(|r| r * r).collect();
                let positive = |i: usize| labels[i] as usize == k + first;
                *plane = Some(match self.presence && sparse {
                    true => svm.plane::<true>(x, positive, &data.weights, Some(&metric), self.unit, k as u64),
                    false => {
                        svm.plane::<false>(x, positive, &data.weights, Some(&metric), self.unit, k as u64)
                    }
                });
            });
        }
        let mut planes: Vec<Plane> = planes.into_iter().flatten().collect();
        if self.beta < 1.0 {
            for (k, plane) in planes.iter_mut().enumerate() {
                let r = ratio(k);
                // The weights that came out are r ∘ w.
                let size: f64 = plane
                    .weights
                    .iter()
                    .zip(&r)
                    .filter(|(_, r)| **r != 0.0)
                    .map(|(v, r)| (v / r).abs())
                    .sum();
                let mean = size / p as f64;
                let mix = |(v, r): (&mut f64, &f64)| *v = (1.0 - self.beta) * mean * r + self.beta * *v;
                plane.weights.iter_mut().zip(&r).for_each(mix);
            }
        }
        let mut fit = joined(planes, classes, p);
        if self.loss == Loss::Logistic && self.beta == 1.0 {
            fit.model.link = if outputs == 1 { Link::Softmax } else { Link::Sigmoid };
        }
        let mut metric = Vec::new();
        if self.unit {
            metric = vec![0.0; p * outputs];
            for k in 0..outputs {
                ratio(k).iter().enumerate().for_each(|(j, r)| metric[j * outputs + k] = r * r);
            }
        }
        Ok((fit, metric))
    }

    /// One class against the rest by logistic regression on a scaled copy.
    fn logistic(
        &self,
        x: Features<'_>,
        labels: &[u32],
        class: usize,
        r: &[f64],
        weights: &[f64],
        pool: &Pool,
    ) -> Result<Plane> {
        let y: Vec<u32> = labels.iter().map(|l| u32::from(*l as usize == class)).collect();
        let params = LogisticParams {
            c: self.c,
            tolerance: self.tolerance,
            max_iterations: self.max_iterations,
            ..LogisticParams::default()
        };
        let fit = match x {
            Features::Sparse(x) => {
                let value = |(j, v): (&u32, &f64)| r[*j as usize] * if self.presence { 1.0 } else { *v };
                let data = x.indices().iter().zip(x.data()).map(value).collect();
                let scaled = Csr::new(x.cols(), x.pointers().to_vec(), x.indices().to_vec(), data)?;
                params.fit(Features::Sparse(&scaled), &y, 2, Some(weights), None, pool)?
            }
            Features::Dense(x) => {
                let scaled = x.clone().scaled(r);
                params.fit(Features::Dense(&scaled), &y, 2, Some(weights), None, pool)?
            }
        };
        Ok(Plane {
            weights: fit.model.weights.iter().zip(r).map(|(w, r)| w * r).collect(),
            bias: fit.model.bias[0],
            rounds: fit.iterations,
            spread: fit.gradient_norm,
            converged: fit.converged,
            objective: fit.objective,
        })
    }
}
