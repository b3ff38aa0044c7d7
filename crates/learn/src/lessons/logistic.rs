//! Logistic regression looked at: p = σ(z), z = x w + b, and why its cost is cross-entropy and not squared error.
//!
//! ln (p / (1 - p)) = z: a unit more of x multiplies the odds by e^w. Cross-entropy -y ln p - (1 - y) ln (1 - p) is convex in w, its
//! slope p - y large wherever p is wrong; (p - y)² / 2 has the slope (p - y) p (1 - p), which vanishes where p is *most* wrong.

use gyeol_base::Result;
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use serde::Serialize;

use super::small::{Scaled, Small, curvatures, walkable};
use crate::classifier::sigmoid;
use crate::features::Features;
use crate::logistic::LogisticParams;
use crate::regression::{Batch, Descent, Objective, Rate};

/// Points of a cost curve.
const POINTS: usize = 121;

/// A value of the first input with what the machine says of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Odds {
    /// x, in units of the table; other inputs at their means.
    pub x: f64,
    /// z.
    pub score: f64,
    /// p / (1 - p) = e^z.
    pub odds: f64,
    /// p = σ(z).
    pub p: f64,
}

/// The two costs over the weight of the first input, everything else at the optimum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostCurve {
    /// w, rising.
    pub w: Vec<f64>,
    /// Mean cross-entropy.
    pub cross_entropy: Vec<f64>,
    /// Mean of (p - y)² / 2.
    pub squared: Vec<f64>,
    /// Whether every second difference of cross-entropy is at least 0, up to rounding.
    pub cross_entropy_convex: bool,
    /// The same of squared error.
    pub squared_convex: bool,
}

/// Descent from a weight that is as wrong as the curve is wide, with either cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FarStart {
    /// w at the start.
    pub w: f64,
    /// ∂/∂w of cross-entropy there.
    pub cross_entropy_slope: f64,
    /// ∂/∂w of squared error there.
    pub squared_slope: f64,
    /// w after each step, by cross-entropy.
    pub cross_entropy: Vec<f64>,
    /// w after each step, by squared error.
    pub squared: Vec<f64>,
}

/// A place on the way down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogisticPlace {
    /// Steps done.
    pub step: usize,
    /// w, an input each.
    pub w: Vec<f64>,
    /// b.
    pub b: f64,
    /// Mean cross-entropy.
    pub cost: f64,
    /// Rows on the right side.
    pub right: usize,
}

/// The lesson.
///
/// ```
/// use gyeol_learn::lessons::{LogisticLesson, Small};
/// let lesson = LogisticLesson::of(&Small::seedlings(), 20)?;
/// assert!(lesson.curve.cross_entropy_convex && !lesson.curve.squared_convex && !lesson.separated);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogisticLesson {
    /// The table: one input or two, and two classes.
    pub table: Small,
    /// How inputs were scaled; none where they are as in the table.
    pub scaled: Option<Scaled>,
    /// Whether a plane parts the classes: weights would grow without end, and the optimum shown is that with C = 1.
    pub separated: bool,
    /// w at the optimum, in units of the table.
    pub w: Vec<f64>,
    /// b there.
    pub b: f64,
    /// Mean cross-entropy there.
    pub cost: f64,
    /// Rows on the right side there.
    pub right: usize,
    /// What the odds are multiplied by for one unit more of each input: e^w.
    pub odds_ratio: Vec<f64>,
    /// The first input where p is one half, other inputs at their means; none where w is 0.
    pub boundary: Option<f64>,
    /// Over the range of the first input.
    pub odds: Vec<Odds>,
    /// Costs over w in units of the descent.
    pub curve: CostCurve,
    /// Where squared error does not move.
    pub far: FarStart,
    /// η: 4/λ, λ the largest eigenvalue of [X 1]ᵀ[X 1] / n, of which a quarter bounds the curvature.
    pub rate: f64,
    /// The descent by cross-entropy from 0, in units of the descent.
    pub places: Vec<LogisticPlace>,
}

impl LogisticLesson {
    /// Walks `steps` steps over the first input of a table of two classes, or its first two.
    ///
    /// # Errors
    /// As [`Small`] has them; another count of classes than two (`two-classes`).
    pub fn of(table: &Small, steps: usize) -> Result<Self> {
        table.checked(true)?;
        if table.classes.len() != 2 {
            let found = format!("{} classes of '{}'", table.classes.len(), table.target);
            return Err(gyeol_base::Fault::new("two-classes", found)
                .next("give rows of two, or see gyeol explain softmax")
                .input());
        }
        let p = table.inputs.len().min(2);
        let table = table.clone().with_inputs(&[0, 1][..p])?;
        let (n, y, pool) = (table.x.len(), &table.y, Pool::new(1));
        let raw = Dense::new(n, p, table.x.concat())?;
        let (x, scaled, _) = walkable(raw.clone());
        let fit = |c: f64| {
            let params = LogisticParams { c, tolerance: 1e-10, ..LogisticParams::default() };
            params.fit(Features::Dense(&x), &table.labels(), 2, None, None, &pool)
        };
        let free = fit(f64::INFINITY)?;
        let separated = free.separated;
        let model = if separated { fit(1.0)?.model } else { free.model };
        let (w_z, b_z) = (model.weights, model.bias[0]);
        let score = |w: &[f64], b: f64, i: usize| b + (0..p).map(|j| w[j] * x.at(i, j)).sum::<f64>();
        let right = |w: &[f64], b: f64| (0..n).filter(|&i| (score(w, b, i) > 0.0) == (y[i] > 0.5)).count();
        let cost = |objective: Objective, w: &[f64], b: f64| {
            let descent = Descent { objective, ..Descent::default() };
            (0..n).map(|i| descent.loss(score(w, b, i), y[i])).sum::<f64>() / n as f64
        };
        // Back to the units of the table: w x_z + b with x_z = (x - mean) / deviation.
        let deviation = |j: usize| scaled.as_ref().map_or(1.0, |s| s.deviation[j]);
        let mean = |j: usize| scaled.as_ref().map_or(0.0, |s| s.mean[j]);
        let w: Vec<f64> = (0..p).map(|j| w_z[j] / deviation(j)).collect();
        let b = b_z - (0..p).map(|j| w[j] * mean(j)).sum::<f64>();
        let column = |j: usize| (0..n).map(move |i| (i, j)).map(|(i, j)| raw.at(i, j));
        let rest = (1..p).map(|j| w[j] * column(j).sum::<f64>() / n as f64).sum::<f64>();
        let (low, high) =
            column(0).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let odds = (0..=8).map(|i| {
            let x = low + (high - low) * i as f64 / 8.0;
            let score = w[0] * x + rest + b;
            Odds { x, score, odds: score.exp(), p: sigmoid(score) }
        });
        // Wide enough for both flat ends to show.
        let spread = ((0..n).map(|i| x.at(i, 0).powi(2)).sum::<f64>() / n as f64).sqrt().max(1e-9);
        let reach = (4.0 * w_z[0].abs()).max(12.0 / spread);
        let at = |i: usize| -reach + 2.0 * reach * i as f64 / (POINTS - 1) as f64;
        let with = |v: f64| [&[v], &w_z[1..]].concat();
        let over =
            |objective| -> Vec<f64> { (0..POINTS).map(|i| cost(objective, &with(at(i)), b_z)).collect() };
        let (cross_entropy, squared) = (over(Objective::CrossEntropy), over(Objective::SquaredSigmoid));
        let convex = |c: &[f64]| {
            let most = c.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            c.windows(3).all(|t| t[0] - 2.0 * t[1] + t[2] >= -1e-9 * most)
        };
        let rate = 4.0 / curvatures(&x)[0];
        let walk = |objective, start: Vec<f64>| {
            let batch = Batch::Whole;
            let rate = Rate::Constant(rate);
            let descent = Descent {
                objective,
                batch,
                rate,
                epochs: steps,
                start,
                most_kept: steps + 2,
                ..Descent::default()
            };
            descent.walk(Features::Dense(&x), y)
        };
        let start = -reach * if w_z[0] < 0.0 { -1.0 } else { 1.0 };
        let slope = |objective| {
            let each = |i: usize| {
                let q = sigmoid(score(&with(start), b_z, i));
                let slope =
                    if objective == Objective::CrossEntropy { q - y[i] } else { (q - y[i]) * q * (1.0 - q) };
                slope * x.at(i, 0)
            };
            (0..n).map(each).sum::<f64>() / n as f64
        };
        let from_far = |objective| -> Result<Vec<f64>> {
            let walked = walk(objective, [with(start), vec![b_z]].concat())?;
            Ok(walked.path.iter().map(|step| step.weights[0]).collect())
        };
        let far = FarStart {
            w: start,
            cross_entropy_slope: slope(Objective::CrossEntropy),
            squared_slope: slope(Objective::SquaredSigmoid),
            cross_entropy: from_far(Objective::CrossEntropy)?,
            squared: from_far(Objective::SquaredSigmoid)?,
        };
        let places = walk(Objective::CrossEntropy, Vec::new())?.path.into_iter().map(|step| LogisticPlace {
            step: step.step,
            right: right(&step.weights, step.bias),
            b: step.bias,
            cost: step.loss,
            w: step.weights,
        });
        Ok(LogisticLesson {
            separated,
            cost: cost(Objective::CrossEntropy, &w_z, b_z),
            right: right(&w_z, b_z),
            odds_ratio: w.iter().map(|w| w.exp()).collect(),
            boundary: (w[0] != 0.0).then(|| -(b + rest) / w[0]),
            odds: odds.collect(),
            curve: CostCurve {
                w: (0..POINTS).map(at).collect(),
                cross_entropy_convex: convex(&cross_entropy),
                squared_convex: convex(&squared),
                cross_entropy,
                squared,
            },
            far,
            rate,
            places: places.collect(),
            w,
            b,
            scaled,
            table,
        })
    }
}
