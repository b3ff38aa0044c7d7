//! Lasso and elastic net by coordinate descent (Friedman, Hastie and Tibshirani 2010), with scikit-learn's objective
//!
//! ‖y - X w - b‖² / 2n + α ρ ‖w‖₁ + α (1 - ρ) / 2 ‖w‖²,
//!
//! until the duality gap (Kim et al. 2007) is below `tolerance` ‖y‖² / n. A path of penalties goes from the least α at which all
//! weights are 0 downwards, each fit from the one before. Columns are centred on the way, so sparse rows stay sparse; of dense
//! rows that outnumber their columns only products are looked at ("covariance updates", 2.2 there).

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Csr;

use super::least_squares::products;
use super::{checked, column_means, mean};
use crate::features::{Features, dot};
use crate::ridge::Linear;
use crate::vector::largest;

/// Options of an elastic net.
///
/// ```
/// use gyeol_learn::{Features, regression::ElasticNet};
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(4, 1, vec![1.0, 2.0, 3.0, 4.0])?;
/// // Σ z y = 10, Σ z² = 5, n α = 2: w = (10 - 2) / 5.
/// let lasso = ElasticNet { alpha: 0.5, ..ElasticNet::default() };
/// let fit = lasso.fit(Features::Dense(&x), &[2.0, 4.0, 6.0, 8.0], None, &Pool::new(1))?;
/// assert!((fit.model.weights[0] - 1.6).abs() < 1e-9);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ElasticNet {
    /// α > 0.
    pub alpha: f64,
    /// ρ in 0..=1: 1 is the lasso.
    pub l1_ratio: f64,
    /// Whether there is a b.
    pub intercept: bool,
    /// Duality gap at which a fit has converged, as a part of ‖y‖².
    pub tolerance: f64,
    /// Most rounds over all columns.
    pub max_iterations: usize,
}

impl Default for ElasticNet {
    fn default() -> Self {
        ElasticNet { alpha: 1.0, l1_ratio: 1.0, intercept: true, tolerance: 1e-6, max_iterations: 1000 }
    }
}

/// The fit for one penalty.
#[derive(Debug, Clone, PartialEq)]
pub struct PathPoint {
    /// α.
    pub alpha: f64,
    /// w and b.
    pub model: Linear,
    /// Rounds over all columns.
    pub iterations: usize,
    /// The duality gap at the end, as a mean a row.
    pub gap: f64,
    /// Whether the gap is within the tolerance.
    pub converged: bool,
}

/// Columns at hand, their means, squared lengths once centred, and products with the centred answers.
struct Columns {
    kept: Csr,
    centre: Vec<f64>,
    squares: Vec<f64>,
    with_y: Vec<f64>,
    y: Vec<f64>,
    y_mean: f64,
    /// ZᵀZ where it is small beside the rows.
    products: Option<Vec<f64>>,
}

/// What a descent keeps up to date: the residuals, or their products with the columns.
enum State {
    /// The residuals are `r` + `shift`, since what centring adds is one number; `sum` is Σ r.
    Rows { r: Vec<f64>, shift: f64, sum: f64 },
    /// Zᵀ (y - Z w).
    Products(Vec<f64>),
}

/// Most columns of which all products are kept.
const MOST_PRODUCTS: usize = 2048;

impl ElasticNet {
    /// Refuses options that cannot be meant.
    ///
    /// # Errors
    /// Names the option (`option-range`).
    pub fn check(&self) -> Result<()> {
        let range = |ok: bool, found: String, next: &str| {
            if ok { Ok(()) } else { Err(Fault::new("option-range", found).next(next).option()) }
        };
        range(
            self.alpha > 0.0 && self.alpha.is_finite(),
            format!("alpha = {}", self.alpha),
            "it is above 0",
        )?;
        range(
            (0.0..=1.0).contains(&self.l1_ratio),
            format!("an L1 ratio of {}", self.l1_ratio),
            "choose 0 to 1",
        )?;
        range(self.tolerance > 0.0, format!("a tolerance of {}", self.tolerance), "it is above 0")?;
        range(self.max_iterations > 0, "0 iterations".into(), "allow at least 1")
    }

    /// Fits one penalty; `start` is where the descent begins.
    ///
    /// # Errors
    /// Options out of range; no rows, NaN, answers of another count; a start of another shape.
    pub fn fit(&self, x: Features<'_>, y: &[f64], start: Option<&Linear>, pool: &Pool) -> Result<PathPoint> {
        let columns = self.columns(x, y, pool)?;
        let w = match start {
            None => vec![0.0; x.cols()],
            Some(start) if start.weights.len() == x.cols() => start.weights.clone(),
            Some(start) => {
                let found = format!("a start of {} weights", start.weights.len());
                let next = format!("there are {} columns here", x.cols());
                return Err(Fault::new("other-start", found).next(next).option());
            }
        };
        Ok(self.descend(&columns, self.alpha, w))
    }

    /// Fits `count` penalties, evenly spaced in their logarithm from the least one at which all weights are 0 to `least` (1e-3)
    /// times that; `alpha` is not read.
    ///
    /// # Errors
    /// As [`ElasticNet::fit`]; an L1 ratio of 0, which has no such penalty; more than 10,000 penalties, a `least` outside of 0 to 1.
    pub fn path(
        &self,
        x: Features<'_>,
        y: &[f64],
        count: usize,
        least: f64,
        pool: &Pool,
    ) -> Result<Vec<PathPoint>> {
        let wrong = |found: String, next: &str| Err(Fault::new("option-range", found).next(next).option());
        if self.l1_ratio == 0.0 {
            return wrong(
                "a path with an L1 ratio of 0".into(),
                "take an L1 ratio above 0, or ridge regression",
            );
        }
        if !((1..=10_000).contains(&count) && least > 0.0 && least < 1.0) {
            return wrong(format!("{count} penalties down to {least}"), "take 1 to 10,000, down to 0.001");
        }
        let columns = self.columns(x, y, pool)?;
        let most = largest(&columns.with_y) / (columns.y.len() as f64 * self.l1_ratio);
        let mut w = vec![0.0; x.cols()];
        let mut points = Vec::with_capacity(count);
        for i in 0..count {
            let alpha = most * least.powf(i as f64 / (count.max(2) - 1) as f64);
            let point = self.descend(&columns, alpha, w);
            w = point.model.weights.clone();
            points.push(point);
        }
        Ok(points)
    }

    fn columns(&self, x: Features<'_>, y: &[f64], pool: &Pool) -> Result<Columns> {
        self.check()?;
        checked(x, y)?;
        let n = x.rows() as f64;
        let centre = if self.intercept { column_means(x) } else { vec![0.0; x.cols()] };
        let y_mean = if self.intercept { mean(y) } else { 0.0 };
        let y: Vec<f64> = y.iter().map(|v| v - y_mean).collect();
        // A column that is constant but for rounding is none.
        let some = |sum: f64, j: usize| if sum <= 1e-26 * n * centre[j] * centre[j] { 0.0 } else { sum };
        if let Features::Dense(x) = x
            && x.cols() <= MOST_PRODUCTS
            && 2 * x.cols() < x.rows()
        {
            let p = x.cols();
            let all = products(x, &centre, &y, pool);
            let products: Vec<f64> = all.chunks_exact(p + 1).flat_map(|row| &row[..p]).copied().collect();
            let squares = (0..p).map(|j| some(products[j * p + j], j)).collect();
            let with_y = all.chunks_exact(p + 1).map(|row| row[p]).collect();
            return Ok(Columns {
                kept: Csr::default(),
                centre,
                squares,
                with_y,
                y,
                y_mean,
                products: Some(products),
            });
        }
        let kept = x.columns(pool);
        let square = |j: usize| {
            // (v - c)² of what is written down, c² of the zeros, so that no digits are lost to a large mean.
            let (_, values) = kept.parts(j);
            let written: f64 = values.iter().map(|v| (v - centre[j]) * (v - centre[j])).sum();
            some(written + (n - values.len() as f64) * centre[j] * centre[j], j)
        };
        let squares = (0..x.cols()).map(square).collect();
        let mut columns = Columns { kept, centre, squares, with_y: Vec::new(), y, y_mean, products: None };
        let sum = columns.y.iter().sum();
        columns.with_y = (0..x.cols()).map(|j| columns.dot(j, &columns.y, 0.0, sum)).collect();
        Ok(columns)
    }

    fn descend(&self, c: &Columns, alpha: f64, mut w: Vec<f64>) -> PathPoint {
        let n = c.y.len() as f64;
        let (l1, l2) = (alpha * self.l1_ratio * n, alpha * (1.0 - self.l1_ratio) * n);
        let goal = self.tolerance * dot(&c.y, &c.y);
        let mut state = match &c.products {
            Some(_) => State::Products(c.with_y.clone()),
            None => State::Rows { r: c.y.clone(), shift: 0.0, sum: c.y.iter().sum() },
        };
        for (j, w) in w.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            c.move_by(j, *w, &mut state);
        }
        let round = |w: &mut [f64], state: &mut State, columns: &mut dyn Iterator<Item = usize>| {
            let (mut moved, mut size) = (0.0f64, 0.0f64);
            for j in columns {
                let square = c.squares[j];
                if square == 0.0 {
                    w[j] = 0.0;
                    continue;
                }
                let old = w[j];
                let free = c.slope(j, state) + square * old;
                w[j] = if free.abs() <= l1 { 0.0 } else { (free - l1 * free.signum()) / (square + l2) };
                if w[j] != old {
                    c.move_by(j, w[j] - old, state);
                    moved = moved.max((w[j] - old).abs());
                }
                size = size.max(w[j].abs());
            }
            (moved, size)
        };
        let (mut iterations, mut gap) = (0, f64::INFINITY);
        while iterations < self.max_iterations {
            iterations += 1;
            round(&mut w, &mut state, &mut (0..c.squares.len()));
            gap = c.gap(&w, &state, l1, l2);
            if gap <= goal {
                break;
            }
            // The columns in use, until they have settled.
            let active: Vec<usize> = (0..w.len()).filter(|&j| w[j] != 0.0).collect();
            for _ in 0..100 {
                let (moved, size) = round(&mut w, &mut state, &mut active.iter().copied());
                if moved <= 0.1 * self.tolerance * size {
                    break;
                }
            }
        }
        let bias = if self.intercept { c.y_mean - dot(&c.centre, &w) } else { 0.0 };
        let model = Linear { inputs: w.len(), outputs: 1, weights: w, bias: vec![bias] };
        PathPoint { alpha, model, iterations, gap: gap / n, converged: gap <= goal }
    }
}

impl Columns {
    /// zⱼ·(r + shift) of the centred column; `sum` is Σ r.
    fn dot(&self, j: usize, r: &[f64], shift: f64, sum: f64) -> f64 {
        let (rows, values) = self.kept.parts(j);
        let along: f64 = rows.iter().zip(values).map(|(&i, v)| v * r[i as usize]).sum();
        // Σ (v - c)(r + s) = Σ v r + s Σ v - c Σ r - n c s, and Σ v = n c where c is the mean, else c = 0.
        let of_shift = if self.centre[j] == 0.0 { shift * values.iter().sum::<f64>() } else { 0.0 };
        along + of_shift - self.centre[j] * sum
    }

    /// zⱼ·(y - Z w).
    fn slope(&self, j: usize, state: &State) -> f64 {
        match state {
            State::Rows { r, shift, sum } => self.dot(j, r, *shift, *sum),
            State::Products(q) => q[j],
        }
    }

    /// wⱼ has grown by `by`.
    fn move_by(&self, j: usize, by: f64, state: &mut State) {
        match (state, &self.products) {
            (State::Products(q), Some(products)) => {
                let p = q.len();
                q.iter_mut().zip(&products[j * p..]).for_each(|(q, g)| *q -= by * g);
            }
            (State::Rows { r, shift, sum }, _) => {
                let (rows, values) = self.kept.parts(j);
                for (&i, v) in rows.iter().zip(values) {
                    r[i as usize] -= by * v;
                    *sum -= by * v;
                }
                *shift += by * self.centre[j];
            }
            (State::Products(_), None) => {}
        }
    }

    fn gap(&self, w: &[f64], state: &State, l1: f64, l2: f64) -> f64 {
        let norm = (0..w.len())
            .filter(|&j| self.squares[j] > 0.0)
            .map(|j| (self.slope(j, state) - l2 * w[j]).abs())
            .fold(0.0, f64::max);
        // ‖y - Z w‖² and its product with y.
        let (rr, ry) = match state {
            State::Rows { r, shift, .. } => {
                let full: Vec<f64> = r.iter().map(|r| r + shift).collect();
                (dot(&full, &full), dot(&full, &self.y))
            }
            State::Products(q) => {
                let ry = dot(&self.y, &self.y) - dot(w, &self.with_y);
                (ry - dot(w, q), ry)
            }
        };
        let scale = if norm > l1 { l1 / norm } else { 1.0 };
        let (ww, l1_norm): (f64, f64) = (dot(w, w), w.iter().map(|v| v.abs()).sum());
        0.5 * rr * (1.0 + scale * scale) + l1 * l1_norm - scale * ry + 0.5 * l2 * (1.0 + scale * scale) * ww
    }
}
