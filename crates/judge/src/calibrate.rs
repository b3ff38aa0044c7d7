//! Scores to probabilities, fitted on rows that the model was not fitted on:
//! sigmoid p = 1 / (1 + e^{A s + B}) with Platt's targets (N₊ + 1)/(N₊ + 2), 1/(N₋ + 2), by Newton's method with
//! backtracking (Platt 1999; Lin, Lin and Weng 2007); isotonic, the rising step function of least squares by pooling
//! neighbours that fall (Zadrozny and Elkan 2002), linear between its points; temperature, softmax(z / T) with the T of
//! least log loss (Guo, Pleiss, Sun and Weinberger 2017). The first two calibrate each class against the rest and
//! normalise; where every class gets 0 they are all alike.

use gyeol_base::{Fault, Result};
use serde::{Deserialize, Serialize};

use crate::lists;

/// ln of the least and the greatest 1/T.
const STEEPEST: f64 = 10.0;

/// How scores become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calibration {
    /// A sigmoid of two numbers a class: for few rows.
    Sigmoid,
    /// A rising step function a class: for a thousand rows or more.
    Isotonic,
    /// One number for all classes, over logits; the most probable class stays.
    Temperature,
}

gyeol_base::named!(Calibration, "a calibration", "sigmoid" => Calibration::Sigmoid, "isotonic" => Calibration::Isotonic, "temperature" => Calibration::Temperature);

/// Fitted calibration of a model with K classes.
///
/// ```
/// use gyeol_judge::{Calibration, Calibrator};
/// // Decisions of two classes, one number a row: positive means class 1.
/// let scores = [-2.0, -1.5, -0.3, 0.2, 0.1, 1.0, 1.8, 2.5];
/// let labels = [0, 0, 0, 0, 1, 1, 1, 1];
/// let fitted = Calibrator::fit(Calibration::Sigmoid, &scores, &labels, 2, None)?;
/// let said = fitted.apply(&[-2.0, 2.0])?;
/// assert!(said[0] > 0.5 && said[3] > 0.5 && (said[0] + said[1] - 1.0).abs() < 1e-15);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Kept")]
pub struct Calibrator {
    classes: usize,
    /// Numbers a row: one for each class, or a single one of two classes.
    scores: usize,
    curve: Curve,
}

/// A calibrator as it lies in a file.
#[derive(Deserialize)]
struct Kept {
    classes: usize,
    scores: usize,
    curve: Curve,
}

impl TryFrom<Kept> for Calibrator {
    type Error = &'static str;
    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        let Kept { classes, scores, curve } = kept;
        let each = if classes == 2 { 1 } else { classes };
        let fits = match &curve {
            Curve::Sigmoid(of) => of.len() == each && of.iter().all(|s| s.a.is_finite() && s.b.is_finite()),
            Curve::Isotonic(of) => of.len() == each,
            Curve::Temperature(t) => t.inverse.is_finite() && t.inverse > 0.0,
        };
        let wide = scores == classes || (classes == 2 && scores == 1);
        if fits && wide && classes > 0 {
            Ok(Calibrator { classes, scores, curve })
        } else {
            Err("the calibration was cut off or altered")
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Curve {
    Sigmoid(Vec<Sigmoid>),
    Isotonic(Vec<Isotonic>),
    Temperature(Temperature),
}

impl Calibrator {
    /// Fits on scores of rows (n × K; of two classes also n × 1) and their labels. Temperature takes logits; of a single
    /// score s the logits are (0, s).
    ///
    /// # Errors
    /// No rows or only such of no weight, lists that do not fit, numbers that are not finite.
    pub fn fit(
        calibration: Calibration,
        scores: &[f64],
        labels: &[u32],
        classes: usize,
        weights: Option<&[f64]>,
    ) -> Result<Self> {
        lists::some_rows(labels.len(), "a calibration")?;
        let wide = if classes == 2 && scores.len() == labels.len() { 1 } else { classes };
        lists::table("scores", scores, labels.len(), wide)?;
        lists::classes("labels", labels, classes)?;
        lists::weights(weights, labels.len())?;
        if (0..labels.len()).all(|i| lists::weight(weights, i) == 0.0) {
            return Err(Fault::new("no-rows", "every row weighs 0").next("give a row some weight").input());
        }
        let of_class = |column: usize, class: u32| {
            let column: Vec<f64> = scores.chunks_exact(wide).map(|row| row[column]).collect();
            (column, labels.iter().map(|&label| label == class).collect::<Vec<bool>>())
        };
        let each: Vec<(usize, u32)> = match (classes, wide) {
            (2, _) => vec![(wide - 1, 1)],
            _ => (0..classes).map(|class| (class, class as u32)).collect(),
        };
        let curve = match calibration {
            Calibration::Temperature => {
                Curve::Temperature(Temperature::fit(&two(scores, wide), labels, classes.max(2), weights))
            }
            Calibration::Sigmoid => Curve::Sigmoid(
                each.iter()
                    .map(|&(column, class)| of_class(column, class))
                    .map(|(s, y)| Sigmoid::fit(&s, &y, weights))
                    .collect(),
            ),
            Calibration::Isotonic => {
                let number = |y: Vec<bool>| y.into_iter().map(f64::from).collect::<Vec<f64>>();
                Curve::Isotonic(
                    each.iter()
                        .map(|&(column, class)| of_class(column, class))
                        .map(|(s, y)| Isotonic::fit(&s, &number(y), weights))
                        .collect(),
                )
            }
        };
        Ok(Calibrator { classes, scores: wide, curve })
    }

    /// Probabilities of rows of scores, n × K.
    ///
    /// # Errors
    /// Another count of scores a row than in the fit, scores that are not finite.
    pub fn apply(&self, scores: &[f64]) -> Result<Vec<f64>> {
        lists::table("scores", scores, scores.len() / self.scores.max(1), self.scores)?;
        let of: &dyn Fn(usize, f64) -> f64 = match &self.curve {
            Curve::Temperature(t) => return Ok(t.apply(&two(scores, self.scores), self.classes.max(2))),
            Curve::Sigmoid(each) => &|class, score| each[class].at(score),
            Curve::Isotonic(each) => &|class, score| each[class].at(score),
        };
        let mut out = Vec::with_capacity(scores.len() / self.scores * self.classes);
        for row in scores.chunks_exact(self.scores) {
            if self.classes == 2 {
                let p = of(0, row[self.scores - 1]);
                out.extend([1.0 - p, p]);
                continue;
            }
            let begin = out.len();
            out.extend(row.iter().enumerate().map(|(class, &score)| of(class, score)));
            let sum: f64 = out[begin..].iter().sum();
            let alike = 1.0 / self.classes as f64;
            out[begin..].iter_mut().for_each(|p| *p = if sum == 0.0 { alike } else { *p / sum });
        }
        Ok(out)
    }

    /// T, where a temperature was fitted: above 1 the model was too sure.
    pub fn temperature(&self) -> Option<f64> {
        match &self.curve {
            Curve::Temperature(t) => Some(1.0 / t.inverse),
            _ => None,
        }
    }
}

/// Logits (0, s) of single scores; others as they are.
fn two(scores: &[f64], wide: usize) -> Vec<f64> {
    if wide == 1 { scores.iter().flat_map(|&s| [0.0, s]).collect() } else { scores.to_vec() }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Sigmoid {
    a: f64,
    b: f64,
}

impl Sigmoid {
    fn fit(scores: &[f64], positive: &[bool], weights: Option<&[f64]>) -> Sigmoid {
        let weight = |i: usize| lists::weight(weights, i);
        // Scores of size one, so that the two columns of the Hessian are of one size; the optimum is the same.
        let scale = scores.iter().fold(0.0f64, |most, s| most.max(s.abs()));
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let side = |of: bool| (0..scores.len()).filter(|&i| positive[i] == of).map(weight).sum::<f64>();
        let (n, p) = (side(false), side(true));
        let target = |i: usize| if positive[i] { (p + 1.0) / (p + 2.0) } else { 1.0 / (n + 2.0) };
        // −t ln p − (1 − t) ln(1 − p), with z = a s + b and p = 1 / (1 + e^z).
        let loss = |a: f64, b: f64| {
            let of = |i: usize| {
                let z = a * scores[i] / scale + b;
                weight(i)
                    * ((-z.abs()).exp().ln_1p()
                        + if z >= 0.0 { target(i) * z } else { (target(i) - 1.0) * z })
            };
            (0..scores.len()).map(of).sum::<f64>()
        };
        let (mut a, mut b) = (0.0, ((n + 1.0) / (p + 1.0)).ln());
        let mut now = loss(a, b);
        for _ in 0..200 {
            // Gradient and Hessian; the ridge is that of Lin, Lin and Weng.
            let (mut g, mut h) = ([0.0; 2], [1e-12, 0.0, 1e-12]);
            for i in 0..scores.len() {
                let s = scores[i] / scale;
                let z = a * s + b;
                let small = (-z.abs()).exp();
                let (low, high) = (small / (1.0 + small), 1.0 / (1.0 + small));
                let p = if z >= 0.0 { low } else { high };
                let (slope, bend) = (weight(i) * (target(i) - p), weight(i) * low * high);
                g[0] += slope * s;
                g[1] += slope;
                h[0] += bend * s * s;
                h[1] += bend * s;
                h[2] += bend;
            }
            let det = h[0] * h[2] - h[1] * h[1];
            let step = [-(h[2] * g[0] - h[1] * g[1]) / det, -(h[0] * g[1] - h[1] * g[0]) / det];
            let fall = g[0] * step[0] + g[1] * step[1];
            if fall.is_nan() || step.iter().any(|v| v.is_nan()) {
                break;
            }
            // What the step takes off is below what the loss can show: it is the last one, and doubles the digits.
            if fall >= -1e-14 * now {
                (a, b) = (a + step[0], b + step[1]);
                break;
            }
            let mut length = 1.0;
            let next = loop {
                let there = loss(a + length * step[0], b + length * step[1]);
                if there <= now + 1e-4 * length * fall || length < 1e-10 {
                    break there;
                }
                length /= 2.0;
            };
            // At the limit of double precision no step makes it less.
            if next > now && length < 1e-10 {
                break;
            }
            (a, b, now) = (a + length * step[0], b + length * step[1], next);
        }
        Sigmoid { a: a / scale, b }
    }

    fn at(&self, score: f64) -> f64 {
        let z = self.a * score + self.b;
        if z >= 0.0 { (-z).exp() / (1.0 + (-z).exp()) } else { 1.0 / (1.0 + z.exp()) }
    }
}

/// A rising function by least squares, linear between its points and level outside of them.
///
/// ```
/// let fitted = gyeol_judge::Isotonic::fit(&[1.0, 2.0, 3.0, 4.0], &[0.0, 2.0, 1.0, 3.0], None);
/// assert_eq!([0.0, 2.0, 2.5, 3.5, 9.0].map(|x| fitted.at(x)), [0.0, 1.5, 1.5, 2.25, 3.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(Vec<f64>, Vec<f64>)", into = "(Vec<f64>, Vec<f64>)")]
pub struct Isotonic {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl From<Isotonic> for (Vec<f64>, Vec<f64>) {
    fn from(fitted: Isotonic) -> Self {
        (fitted.x, fitted.y)
    }
}

impl TryFrom<(Vec<f64>, Vec<f64>)> for Isotonic {
    type Error = &'static str;
    fn try_from((x, y): (Vec<f64>, Vec<f64>)) -> Result<Self, Self::Error> {
        let rising =
            x.windows(2).all(|p| p[0] < p[1]) && y.is_sorted() && x.iter().chain(&y).all(|v| v.is_finite());
        if rising && x.len() == y.len() {
            Ok(Isotonic { x, y })
        } else {
            Err("the rising function was cut off or altered")
        }
    }
}

impl Isotonic {
    /// Fits y as a rising function of x (Barlow, Bartholomew, Bremner and Brunk 1972): equal x are averaged, then
    /// neighbours that fall are pooled. Rows of no weight, or with a number that is not finite, are passed over.
    pub fn fit(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Isotonic {
        let mut rows: Vec<(f64, f64, f64)> =
            x.iter().zip(y).enumerate().map(|(i, (&x, &y))| (x, y, lists::weight(weights, i))).collect();
        rows.retain(|r| r.2 > 0.0 && r.0.is_finite() && r.1.is_finite());
        rows.sort_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)));
        // Pools as (first x, last x, mean, weight).
        let mut pools: Vec<(f64, f64, f64, f64)> = Vec::new();
        for run in rows.chunk_by(|a, b| a.0 == b.0) {
            let weight: f64 = run.iter().map(|r| r.2).sum();
            let mut pool = (run[0].0, run[0].0, run.iter().map(|r| r.1 * r.2).sum::<f64>() / weight, weight);
            while let Some(&(first, _, mean, weight)) = pools.last().filter(|last| last.2 >= pool.2) {
                let all = weight + pool.3;
                pool = (first, pool.1, (mean * weight + pool.2 * pool.3) / all, all);
                pools.pop();
            }
            pools.push(pool);
        }
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (first, last, mean, _) in pools {
            x.push(first);
            y.push(mean);
            if last > first {
                x.push(last);
                y.push(mean);
            }
        }
        Isotonic { x, y }
    }

    /// Its value; NaN where nothing was fitted.
    pub fn at(&self, x: f64) -> f64 {
        let above = self.x.partition_point(|v| *v < x);
        let Some(last) = self.y.last() else { return f64::NAN };
        match above {
            0 => self.y[0],
            k if k == self.x.len() => *last,
            k => {
                self.y[k - 1]
                    + (self.y[k] - self.y[k - 1]) * ((x - self.x[k - 1]) / (self.x[k] - self.x[k - 1]))
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Temperature {
    /// 1 / T.
    inverse: f64,
}

impl Temperature {
    /// The loss is convex in 1/T; its slope is the sum of E_p[z] − z_y, its bend that of Var_p[z]. Newton's steps, halved
    /// into the bracket where they leave it.
    fn fit(logits: &[f64], labels: &[u32], classes: usize, weights: Option<&[f64]>) -> Temperature {
        let slope = |inverse: f64| {
            let (mut slope, mut bend) = (0.0, 0.0);
            for (i, row) in logits.chunks_exact(classes).enumerate() {
                let top = row.iter().copied().fold(f64::MIN, f64::max);
                let (mut all, mut first, mut second) = (0.0, 0.0, 0.0);
                for z in row.iter().map(|z| z - top) {
                    let e = (inverse * z).exp();
                    all += e;
                    first += e * z;
                    second += e * z * z;
                }
                let mean = first / all;
                slope += lists::weight(weights, i) * (mean - (row[labels[i] as usize] - top));
                bend += lists::weight(weights, i) * (second / all - mean * mean);
            }
            (slope, bend)
        };
        let (mut low, mut high) = ((-STEEPEST).exp(), STEEPEST.exp());
        if slope(low).0 >= 0.0 {
            return Temperature { inverse: low };
        }
        if slope(high).0 <= 0.0 {
            return Temperature { inverse: high };
        }
        let mut at = 1.0;
        for _ in 0..200 {
            let (slope, bend) = slope(at);
            if slope < 0.0 {
                low = at
            } else {
                high = at
            }
            let newton = at - slope / bend;
            let next = if newton > low && newton < high { newton } else { (low * high).sqrt() };
            if slope == 0.0 || (next - at).abs() <= 1e-15 * at {
                break;
            }
            at = next;
        }
        Temperature { inverse: at }
    }

    fn apply(&self, logits: &[f64], classes: usize) -> Vec<f64> {
        let mut out = Vec::with_capacity(logits.len());
        for row in logits.chunks_exact(classes) {
            let (begin, top) = (out.len(), row.iter().copied().fold(f64::MIN, f64::max));
            out.extend(row.iter().map(|z| (self.inverse * (z - top)).exp()));
            let sum: f64 = out[begin..].iter().sum();
            out[begin..].iter_mut().for_each(|p| *p /= sum);
        }
        out
    }
}
