//! Linear regression of one input, looked at: y = w x + b, J(w, b) = Σ (w x + b - y)² / 2n, the optimum in closed form, the surface
//! of J, and gradient descent at a rate too small, right and too large.
//!
//! The rates come from the largest eigenvalue λ of the Hessian [X 1]ᵀ[X 1] / n: a step multiplies the error along an eigenvector
//! by 1 - η λ, so that descent shrinks every part where 0 < η < 2/λ and grows without end beyond (Nocedal and Wright 2006, 3.3).

use gyeol_base::Result;
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use serde::Serialize;

use super::small::{Scaled, Small, second_moments, walkable};
use crate::features::Features;
use crate::regression::{Batch, Descent, LeastSquares, Rate};

/// Rates as parts of 1/λ.
const RATES: [(&str, f64); 3] = [("small", 0.02), ("right", 1.0), ("large", 2.2)];
/// Points of the surface along each side.
const GRID: usize = 41;

/// A line and its cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Straight {
    /// w.
    pub w: f64,
    /// b.
    pub b: f64,
    /// J.
    pub cost: f64,
}

/// A place on the way down, with the gradient there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Place {
    /// Steps done.
    pub step: usize,
    /// w.
    pub w: f64,
    /// b.
    pub b: f64,
    /// J.
    pub cost: f64,
    /// ∂J/∂w = Σ (w x + b - y) x / n.
    pub d_w: f64,
    /// ∂J/∂b = Σ (w x + b - y) / n.
    pub d_b: f64,
}

/// Gradient descent at one rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Walk {
    /// `small`, `right` or `large`.
    pub name: &'static str,
    /// η.
    pub rate: f64,
    /// η λ: 0 to 2 for a descent that ends.
    pub of_largest: f64,
    /// By how much a step multiplies the slowest part of the error: max |1 - η λᵢ|.
    pub factor: f64,
    /// Every step.
    pub places: Vec<Place>,
}

/// J on a grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostSurface {
    /// w from, to.
    pub w: [f64; 2],
    /// b from, to.
    pub b: [f64; 2],
    /// J: a row a b from the least, a column a w.
    pub cost: Vec<Vec<f64>>,
}

/// The lesson.
///
/// ```
/// use gyeol_learn::lessons::{RegressionLesson, Small};
/// let lesson = RegressionLesson::of(&Small::tea(), 30)?;
/// let [small, right, large] = &lesson.walks[..] else { unreachable!() };
/// let end = |walk: &gyeol_learn::lessons::Walk| walk.places.last().unwrap().cost;
/// assert!(end(right) < end(small) && end(large) > large.places[0].cost);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegressionLesson {
    /// The table: one input, and y.
    pub table: Small,
    /// How x was scaled for the descent; none where it walks over x as it is.
    pub scaled: Option<Scaled>,
    /// Condition of the Hessian over x as it is; none where it is infinite.
    pub condition: Option<f64>,
    /// The optimum in units of the table.
    pub line: Straight,
    /// The optimum in units of the descent.
    pub optimum: Straight,
    /// Share of the variance of y that the line explains.
    pub r_squared: f64,
    /// [[Σ x² / n, Σ x / n], [Σ x / n, 1]] in units of the descent.
    pub hessian: [[f64; 2]; 2],
    /// Its eigenvalues, the larger first.
    pub eigenvalues: [f64; 2],
    /// The three descents, from w = b = 0.
    pub walks: Vec<Walk>,
    /// J around the optimum, the start within.
    pub surface: CostSurface,
}

impl RegressionLesson {
    /// Walks `steps` steps at each rate over the first input of a table.
    ///
    /// # Errors
    /// As [`Small`] has them: no rows, too many, no numbers.
    pub fn of(table: &Small, steps: usize) -> Result<Self> {
        table.checked(false)?;
        let table = table.clone().with_inputs(&[0])?;
        let raw = Dense::new(table.x.len(), 1, table.x.concat())?;
        let (y, pool) = (&table.y, Pool::new(1));
        let cost = |x: &Dense, w: f64, b: f64| {
            (0..y.len()).map(|i| 0.5 * (w * x.at(i, 0) + b - y[i]).powi(2)).sum::<f64>() / y.len() as f64
        };
        let solve = |x: &Dense| -> Result<(Straight, f64)> {
            let fit = LeastSquares::fit(x, y, true, &pool)?;
            let (w, b) = (fit.model.weights[0], fit.model.bias[0]);
            let explained = if fit.total_sum > 0.0 { 1.0 - fit.residual_sum / fit.total_sum } else { 0.0 };
            Ok((Straight { w, b, cost: cost(x, w, b) }, explained))
        };
        let (line, r_squared) = solve(&raw)?;
        let (x, scaled, condition) = walkable(raw);
        let (optimum, _) = solve(&x)?;
        let moments = second_moments(&x);
        let values = gyeol_vectors::svd::eigen(&moments).0;
        let walk = |(name, of_largest): (&'static str, f64)| -> Result<Walk> {
            let rate = of_largest / values[0];
            let descent = Descent {
                batch: Batch::Whole,
                rate: Rate::Constant(rate),
                epochs: steps,
                most_kept: steps + 2,
                ..Descent::default()
            };
            let place = |step: crate::regression::Step| {
                let (w, b) = (step.weights[0], step.bias);
                let slopes = (0..y.len()).map(|i| (w * x.at(i, 0) + b - y[i], x.at(i, 0)));
                let (d_w, d_b) =
                    slopes.fold((0.0, 0.0), |(d_w, d_b), (slope, x)| (d_w + slope * x, d_b + slope));
                let n = y.len() as f64;
                Place { step: step.step, w, b, cost: step.loss, d_w: d_w / n, d_b: d_b / n }
            };
            let places = descent.walk(Features::Dense(&x), y)?.path.into_iter().map(place).collect();
            let factor = values.iter().map(|v| (1.0 - rate * v).abs()).fold(0.0, f64::max);
            Ok(Walk { name, rate, of_largest, factor, places })
        };
        let walks = RATES.into_iter().map(walk).collect::<Result<_>>()?;
        // As far to each side as the start is, and a third more; where the start is the optimum, as far as J doubles.
        let side = |to: f64, curvature: f64| {
            let other = (2.0 * cost(&x, 0.0, 0.0) / curvature.max(1e-300)).sqrt();
            let half = 1.35 * to.abs().max(0.5 * other).max(1e-9);
            [to - half, to + half]
        };
        let (w, b) = (side(optimum.w, moments.at(0, 0)), side(optimum.b, 1.0));
        let along =
            |range: [f64; 2], i: usize| range[0] + (range[1] - range[0]) * i as f64 / (GRID - 1) as f64;
        let row = |i: usize| (0..GRID).map(|j| cost(&x, along(w, j), along(b, i))).collect();
        let surface = CostSurface { w, b, cost: (0..GRID).map(row).collect() };
        Ok(RegressionLesson {
            scaled,
            condition: condition.is_finite().then_some(condition),
            line,
            optimum,
            r_squared,
            hessian: [[moments.at(0, 0), moments.at(0, 1)], [moments.at(1, 0), moments.at(1, 1)]],
            eigenvalues: [values[0], values[1]],
            walks,
            surface,
            table,
        })
    }
}
