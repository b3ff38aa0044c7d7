//! Logistic and softmax regression (Cox 1958; Böhning 1992), with scikit-learn's objective:
//!
//! C Σᵢ sᵢ ℓ(yᵢ, W, b) + (1 - ρ)/2 ‖W‖² + ρ ‖W‖₁,   ℓ = ln Σₖ exp(zₖ) - z_y,  z = x W + b,
//!
//! with row weights s (times those of the classes), ρ = `l1_ratio`, and a bias that is not penalised. Two classes have one
//! sigmoid column, more a true softmax. Inside and in what comes out all of it is divided by C Σ s, so that losses are means
//! a row. X is (n, p), W (p, K), b (K).
//!
//! | solver | penalty | paper |
//! |---|---|---|
//! | [`Solver::NewtonCg`] | ρ = 0 | truncated Newton with Hessian-vector products: Lin, Weng and Keerthi 2008 |
//! | [`Solver::Lbfgs`] | ρ = 0 | Liu and Nocedal 1989; its products of vectors taken in one pass: Chen, Wang and Zhou 2014 |
//! | [`Solver::Proximal`] | any | quadratic model by coordinate descent: Friedman, Hastie and Tibshirani 2010; Yuan, Ho and Lin 2012 |

mod lbfgs;
mod newton;
mod problem;
mod proximal;

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;

use crate::classifier::{ClassWeight, Labelled, LinearClassifier, Link};
use crate::features::{Features, sane_scores, sane_size};
use problem::Problem;

/// How the optimum is found; the optimum is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Solver {
    /// Newton-CG where ρ = 0, else proximal.
    #[default]
    Auto,
    /// Truncated Newton.
    NewtonCg,
    /// Limited-memory BFGS.
    Lbfgs,
    /// Proximal Newton with coordinate descent.
    Proximal,
}

gyeol_base::named!(
    Solver, "a solver",
    "auto" => Solver::Auto, "newton-cg" => Solver::NewtonCg, "lbfgs" => Solver::Lbfgs, "proximal" => Solver::Proximal,
);

/// Options of a logistic regression.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticParams {
    /// C > 0: how much the data weigh against the penalty; infinite for none.
    pub c: f64,
    /// ρ in 0..=1: 0 for L2, 1 for L1, elastic net between.
    pub l1_ratio: f64,
    /// Whether there is a bias.
    pub intercept: bool,
    /// How.
    pub solver: Solver,
    /// Largest (sub)gradient of the mean objective at which a fit has converged.
    pub tolerance: f64,
    /// Most outer iterations.
    pub max_iterations: usize,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
}

impl Default for LogisticParams {
    fn default() -> Self {
        LogisticParams {
            c: 1.0,
            l1_ratio: 0.0,
            intercept: true,
            solver: Solver::Auto,
            tolerance: 1e-5,
            max_iterations: 200,
            class_weight: ClassWeight::None,
        }
    }
}

/// A fitted classifier and how far the fit came.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierFit {
    /// The model.
    pub model: LinearClassifier,
    /// Outer iterations done.
    pub iterations: usize,
    /// Whether the tolerance was met; false also where there is no optimum (`separated`).
    pub converged: bool,
    /// Largest number of the (sub)gradient at the end.
    pub gradient_norm: f64,
    /// The objective at the end, as a mean a row.
    pub objective: f64,
    /// Without a penalty: whether a plane parts the classes, so that weights grow without end and there is no optimum
    /// (Albert and Anderson 1984). The weights are those at which the descent stopped.
    pub separated: bool,
}

impl LogisticParams {
    /// Refuses options that cannot be meant.
    ///
    /// # Errors
    /// Names the option (`option-range`).
    pub fn check(&self) -> Result<()> {
        let range = |ok: bool, found: String, next: &str| {
            if ok { Ok(()) } else { Err(Fault::new("option-range", found).next(next).option()) }
        };
        range(self.c > 0.0, format!("C = {}", self.c), "C is above 0; infinite for no penalty")?;
        range(
            (0.0..=1.0).contains(&self.l1_ratio),
            format!("an L1 ratio of {}", self.l1_ratio),
            "choose 0 to 1",
        )?;
        range(self.tolerance > 0.0, format!("a tolerance of {}", self.tolerance), "it is above 0")?;
        range(self.max_iterations > 0, "0 iterations".into(), "allow at least 1")?;
        let smooth = self.l1_ratio == 0.0 || matches!(self.solver, Solver::Auto | Solver::Proximal);
        let found = format!("solver {} with an L1 penalty", self.solver.name());
        range(smooth, found, "use the solver proximal, or an L1 ratio of 0")
    }

    /// Fits labels in 0..classes, each of which must occur; `start` is where the descent begins, zeros where there is none.
    ///
    /// # Errors
    /// Options out of range; no rows, NaN, one class only, an empty class, lengths that do not fit, a model of more
    /// than 2^28 numbers or 2^26 scores, a start of another shape.
    pub fn fit(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        start: Option<&LinearClassifier>,
        pool: &Pool,
    ) -> Result<ClassifierFit> {
        self.check()?;
        let data = Labelled::new(x, labels, classes, sample_weights, &self.class_weight)?;
        let (p, k) = (x.cols(), data.outputs());
        sane_size(p, k)?;
        sane_scores(x.rows(), k)?;
        let mut problem = Problem::new(&data, self.c, self.l1_ratio, self.intercept, pool);
        let width = problem.width;
        let mut theta = vec![0.0; (p + 1) * width];
        if let Some(start) = start {
            if (start.inputs, start.outputs, start.classes) != (p, k, classes) {
                let found = format!("a start of {} inputs and {} classes", start.inputs, start.classes);
                let next = format!("it has {p} inputs and {classes} classes here");
                return Err(Fault::new("other-start", found).next(next).option());
            }
            let rows = start.weights.chunks_exact(k).chain(std::iter::once(&start.bias[..]));
            theta.chunks_exact_mut(width).zip(rows).for_each(|(to, from)| to[..k].copy_from_slice(from));
            if !self.intercept {
                theta[p * width..].fill(0.0);
            }
        }
        let end = match self.solver {
            Solver::Lbfgs => lbfgs::minimise(&mut problem, &mut theta, self.tolerance, self.max_iterations),
            Solver::Proximal => {
                proximal::minimise(&mut problem, &mut theta, self.tolerance, self.max_iterations)
            }
            _ if self.l1_ratio > 0.0 => {
                proximal::minimise(&mut problem, &mut theta, self.tolerance, self.max_iterations)
            }
            _ => newton::minimise(&mut problem, &mut theta, self.tolerance, self.max_iterations),
        };
        if !(end.gradient_norm.is_finite() && end.objective.is_finite()) {
            return Err(Fault::new("number-range", "scores beyond all numbers")
                .cause("columns of very large numbers, or of sizes far apart")
                .next("scale the columns")
                .input());
        }
        // The same number more on every class changes no probability; of such fits the one whose sum is 0 is given.
        if k > 1 {
            let from = if self.c.is_infinite() { 0 } else { p };
            for row in theta.chunks_exact_mut(width).skip(from) {
                let mean = row[..k].iter().sum::<f64>() / k as f64;
                row[..k].iter_mut().for_each(|v| *v -= mean);
            }
        }
        let separated = self.c.is_infinite() && problem.separated();
        let mut rows = theta.chunks_exact(width).flat_map(|row| &row[..k]).copied();
        let model = LinearClassifier {
            classes,
            inputs: p,
            outputs: k,
            weights: rows.by_ref().take(p * k).collect(),
            bias: rows.collect(),
            link: Link::Softmax,
        };
        Ok(ClassifierFit {
            model,
            iterations: end.iterations,
            converged: end.gradient_norm <= self.tolerance && !separated,
            gradient_norm: end.gradient_norm,
            objective: end.objective,
            separated,
        })
    }
}

/// Where a descent ended.
pub(crate) struct End {
    pub iterations: usize,
    pub gradient_norm: f64,
    pub objective: f64,
}
