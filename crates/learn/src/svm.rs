//! Linear support vector machines by dual coordinate descent (Hsieh et al. 2008), as LIBLINEAR has them:
//!
//! min ½ (‖w‖² + b²) + C Σᵢ sᵢ max(0, 1 - yᵢ (x w + s b))ᵉ, e = 1 (hinge) or 2 (squared hinge), y = ±1,
//!
//! with a bias that is penalised as the weight of one more column of `intercept_scaling` (s). More than two classes are each
//! against the rest, where the weight of a class is on its own rows alone. Duals: 0 ≤ αᵢ ≤ Uᵢ; D = 0 and U = C sᵢ for the hinge, D = 1 / (2 C sᵢ) and U = ∞ for its square;
//! a step sets the i-th derivative G = y w·x - 1 + D α to 0 within the bounds.

use gyeol_base::{Fault, Result};
use gyeol_tensor::{Pool, Rng};

use crate::classifier::{ClassWeight, Labelled, LinearClassifier, Link};
use crate::features::{Features, sane_size};
use crate::logistic::ClassifierFit;

/// What a margin below 1 costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hinge {
    /// 1 - margin.
    Plain,
    /// (1 - margin)².
    #[default]
    Squared,
}

gyeol_base::named!(Hinge, "a hinge", "hinge" => Hinge::Plain, "squared-hinge" => Hinge::Squared);

/// Options of a linear support vector machine.
///
/// ```
/// use gyeol_learn::{Features, SvmParams};
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(4, 1, vec![-2.0, -1.0, 1.0, 2.0])?;
/// let fit = SvmParams::default().fit(Features::Dense(&x), &[0, 0, 1, 1], 2, None, &Pool::new(1))?;
/// assert!(fit.converged && fit.model.weights[0] > 0.0);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SvmParams {
    /// C > 0.
    pub c: f64,
    /// Which loss.
    pub hinge: Hinge,
    /// The number of the bias' column; 0 for no bias.
    pub intercept_scaling: f64,
    /// How far apart the projected derivatives of one round may be at the end.
    pub tolerance: f64,
    /// Most rounds over the rows.
    pub max_iterations: usize,
    /// Seed of the order of the rows.
    pub seed: u64,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
}

impl Default for SvmParams {
    fn default() -> Self {
        SvmParams {
            c: 1.0,
            hinge: Hinge::Squared,
            intercept_scaling: 1.0,
            tolerance: 1e-4,
            max_iterations: 1000,
            seed: 0,
            class_weight: ClassWeight::None,
        }
    }
}

impl SvmParams {
    /// Refuses options that cannot be meant.
    ///
    /// # Errors
    /// Names the option (`option-range`).
    pub fn check(&self) -> Result<()> {
        let range = |ok: bool, found: String, next: &str| {
            if ok { Ok(()) } else { Err(Fault::new("option-range", found).next(next).option()) }
        };
        range(self.c > 0.0 && self.c.is_finite(), format!("C = {}", self.c), "C is above 0")?;
        let scaling = self.intercept_scaling;
        range(
            scaling >= 0.0 && scaling.is_finite(),
            format!("an intercept scaling of {scaling}"),
            "take 1, or 0 for no bias",
        )?;
        range(self.tolerance > 0.0, format!("a tolerance of {}", self.tolerance), "it is above 0")?;
        range(self.max_iterations > 0, "0 iterations".into(), "allow at least 1")
    }

    /// Fits labels in 0..classes, each of which must occur. In what comes out `iterations` is the most rounds of a class,
    /// `gradient_norm` the largest spread of projected derivatives, `objective` the mean of the primal ones.
    ///
    /// # Errors
    /// As [`crate::LogisticParams::fit`].
    pub fn fit(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        pool: &Pool,
    ) -> Result<ClassifierFit> {
        self.check()?;
        let data = Labelled::new(x, labels, classes, sample_weights, &self.class_weight)?;
        sane_size(x.cols(), data.outputs())?;
        let mut planes: Vec<Option<Plane>> = vec![None; data.outputs()];
        let this = if planes.len() == 1 { 1 } else { 0 };
        pool.each_mut(&mut planes, |_, k, plane| {
            let positive = |i: usize| labels[i] as usize == k + this;
            // As LIBLINEAR has it, the weight of a class counts where the class stands against the rest, and not in the rest.
            let mixed: Vec<f64> = match labels.len() {
                n if classes > 2 => {
                    (0..n).map(|i| if positive(i) { data.weights[i] } else { data.own[i] }).collect()
                }
                _ => Vec::new(),
            };
            let weights = if classes > 2 { &mixed } else { &data.weights };
            *plane = Some(self.plane::<false>(x, positive, weights, None, false, k as u64));
        });
        Ok(joined(planes.into_iter().flatten().collect(), classes, x.cols()))
    }

    /// One plane between the rows that are `positive` and the others. `metric` m is by how much a column's numbers count
    /// more: what comes out are the weights of min ½ Σ wⱼ² / mⱼ + …, which is w ∘ r for columns scaled by r with m = r².
    /// With `PRESENCE` every number that is written down counts as 1. With `unit` each row is divided by its length in the
    /// metric, √(Σ mⱼ xⱼ²).
    pub(crate) fn plane<const PRESENCE: bool>(
        &self,
        x: Features<'_>,
        positive: impl Fn(usize) -> bool,
        weights: &[f64],
        metric: Option<&[f64]>,
        unit: bool,
        stream: u64,
    ) -> Plane {
        let (n, p) = (x.rows(), x.cols());
        // Weight and metric side by side: one line of the cache for both.
        let mut w: Vec<[f64; 2]> = (0..p).map(|j| [0.0, metric.map_or(1.0, |m| m[j])]).collect();
        let mut b = 0.0;
        let s = self.intercept_scaling;
        let (mut alpha, mut diagonal) = (vec![0.0; n], vec![0.0; n]);
        let squared = self.hinge == Hinge::Squared;
        let d_of = |i: usize| if squared { 0.5 / (self.c * weights[i]) } else { 0.0 };
        let mut scale = vec![1.0; if unit { n } else { 0 }];
        for (i, d) in diagonal.iter_mut().enumerate() {
            let mut square = 0.0;
            match x {
                Features::Sparse(csr) if PRESENCE => {
                    square += csr.parts(i).0.iter().map(|&j| w[j as usize][1]).sum::<f64>()
                }
                _ => x.each(i, |j, v| square += v * v * w[j][1]),
            }
            if unit && square > 0.0 {
                scale[i] = 1.0 / square.sqrt();
                square = 1.0;
            }
            *d = d_of(i) + s * s + square;
        }
        let scale = |i: usize| if unit { scale[i] } else { 1.0 };
        // Rows of no weight, and such that hold nothing, have no say.
        let mut order: Vec<u32> =
            (0..n as u32).filter(|&i| weights[i as usize] > 0.0 && diagonal[i as usize] > 0.0).collect();
        let mut active = order.len();
        let mut rng = Rng::stream(self.seed, stream);
        let (mut high, mut low) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut rounds, mut spread) = (0, f64::INFINITY);
        while rounds < self.max_iterations {
            rounds += 1;
            let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
            rng.shuffle(&mut order[..active]);
            let mut at = 0;
            while at < active {
                let i = order[at] as usize;
                let y = if positive(i) { 1.0 } else { -1.0 };
                let dot: f64 = match x {
                    Features::Sparse(csr) if PRESENCE => {
                        csr.parts(i).0.iter().map(|&j| w[j as usize][0]).sum()
                    }
                    _ => x.dot_row(i, |j| w[j][0]),
                };
                let g = y * (dot * scale(i) + s * b) - 1.0 + d_of(i) * alpha[i];
                let upper = if squared { f64::INFINITY } else { self.c * weights[i] };
                // Rows at a bound that the last round says will stay there are left out (3.3).
                let projected = if alpha[i] == 0.0 {
                    if g > high {
                        active -= 1;
                        order.swap(at, active);
                        continue;
                    }
                    g.min(0.0)
                } else if alpha[i] >= upper {
                    if g < low {
                        active -= 1;
                        order.swap(at, active);
                        continue;
                    }
                    g.max(0.0)
                } else {
                    g
                };
                most = most.max(projected);
                least = least.min(projected);
                if projected.abs() > 1e-12 {
                    let old = alpha[i];
                    alpha[i] = (old - g / diagonal[i]).clamp(0.0, upper);
                    let step = (alpha[i] - old) * y;
                    b += step * s;
                    let step = step * scale(i);
                    match x {
                        Features::Sparse(csr) if PRESENCE => csr.parts(i).0.iter().for_each(|&j| {
                            let [w, m] = &mut w[j as usize];
                            *w += step * *m;
                        }),
                        _ => x.each(i, |j, v| {
                            let [w, m] = &mut w[j];
                            *w += step * v * *m;
                        }),
                    }
                }
                at += 1;
            }
            spread = if active > 0 || most >= least { most - least } else { 0.0 };
            if spread <= self.tolerance || !spread.is_finite() {
                if active == order.len() {
                    break;
                }
                // Not known until all rows have been looked at again.
                (active, high, low) = (order.len(), f64::INFINITY, f64::NEG_INFINITY);
                spread = f64::INFINITY;
                continue;
            }
            high = if most > 0.0 { most } else { f64::INFINITY };
            low = if least < 0.0 { least } else { f64::NEG_INFINITY };
        }
        let norm: f64 = w.iter().filter(|w| w[1] > 0.0).map(|[w, m]| w * w / m).sum::<f64>() + b * b;
        let loss: f64 = (0..n)
            .map(|i| {
                let dot: f64 = match x {
                    Features::Sparse(csr) if PRESENCE => {
                        csr.parts(i).0.iter().map(|&j| w[j as usize][0]).sum()
                    }
                    _ => x.dot_row(i, |j| w[j][0]),
                };
                let dot = dot * scale(i) + s * b;
                let short = (1.0 - if positive(i) { dot } else { -dot }).max(0.0);
                weights[i] * if squared { short * short } else { short }
            })
            .sum();
        Plane {
            weights: w.into_iter().map(|[w, _]| w).collect(),
            bias: s * b,
            rounds,
            spread: spread.max(0.0),
            converged: spread <= self.tolerance,
            objective: 0.5 * norm + self.c * loss,
        }
    }
}

/// One plane and how it was found.
#[derive(Debug, Clone)]
pub(crate) struct Plane {
    pub weights: Vec<f64>,
    pub bias: f64,
    pub rounds: usize,
    pub spread: f64,
    pub converged: bool,
    pub objective: f64,
}

/// The classifier of one plane an output.
pub(crate) fn joined(planes: Vec<Plane>, classes: usize, inputs: usize) -> ClassifierFit {
    let outputs = planes.len();
    let mut weights = vec![0.0; inputs * outputs];
    for (k, plane) in planes.iter().enumerate() {
        weights[k..].iter_mut().step_by(outputs).zip(&plane.weights).for_each(|(to, w)| *to = *w);
    }
    let bias = planes.iter().map(|p| p.bias).collect();
    ClassifierFit {
        model: LinearClassifier { classes, inputs, outputs, weights, bias, link: Link::None },
        iterations: planes.iter().map(|p| p.rounds).max().unwrap_or(0),
        converged: planes.iter().all(|p| p.converged),
        gradient_norm: planes.iter().map(|p| p.spread).fold(0.0, f64::max),
        objective: planes.iter().map(|p| p.objective).sum::<f64>() / outputs.max(1) as f64,
        separated: false,
    }
}
