//! A small table as lessons take it, and the three that are built in.

use gyeol_base::{Fault, Result};
use gyeol_vectors::matrix::Dense;
use serde::Serialize;

use crate::features::Features;
use crate::regression::column_means;

/// Most rows of a lesson.
pub const MOST_ROWS: usize = 1000;
/// Most inputs of a lesson.
pub const MOST_INPUTS: usize = 16;
/// Most classes of a lesson.
pub const MOST_CLASSES: usize = 16;

/// Rows with their answers. Of classes an answer is the place in `classes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Small {
    /// Name of each input.
    pub inputs: Vec<String>,
    /// Name of the answer.
    pub target: String,
    /// X: a row each.
    pub x: Vec<Vec<f64>>,
    /// y.
    pub y: Vec<f64>,
    /// Names of the classes; none where the answers are numbers.
    pub classes: Vec<String>,
}

/// How inputs were put on a common scale: z = (x - mean) / deviation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scaled {
    /// Mean of each input.
    pub mean: Vec<f64>,
    /// Standard deviation of each, 1 of a constant.
    pub deviation: Vec<f64>,
}

impl Small {
    fn of(inputs: &[&str], target: &str, rows: &[&[f64]], classes: &[&str]) -> Small {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let p = inputs.len();
        Small {
            inputs: own(inputs),
            target: target.to_owned(),
            x: rows.iter().map(|row| row[..p].to_vec()).collect(),
            y: rows.iter().map(|row| row[p]).collect(),
            classes: own(classes),
        }
    }

    /// Eight cups of tea: minutes in the pot, and how strong a taster found them.
    pub fn tea() -> Small {
        let cups: [[f64; 2]; 8] =
            [[0.5, 1.2], [1.0, 1.9], [1.5, 2.1], [2.0, 3.2], [2.5, 3.4], [3.0, 4.3], [3.5, 4.4], [4.0, 5.3]];
        Small::of(&["minutes"], "strength", &cups.each_ref().map(|cup| cup.as_slice()), &[])
    }

    /// Twelve seedlings: hours of sun a day, and whether they flowered.
    pub fn seedlings() -> Small {
        let hours = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0];
        let flowered = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        let rows: Vec<[f64; 2]> = hours.into_iter().zip(flowered).map(|(x, y)| [x, y]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(|row| row.as_slice()).collect();
        Small::of(&["sun"], "flowered", &rows, &["no", "yes"])
    }

    /// Nine stones of a beach by length and weight, three of each kind.
    pub fn stones() -> Small {
        let rows: [[f64; 3]; 9] = [
            [1.0, 0.5, 0.0],
            [1.5, 0.5, 0.0],
            [1.0, 1.0, 0.0],
            [3.0, 1.0, 1.0],
            [3.5, 0.5, 1.0],
            [3.0, 0.5, 1.0],
            [2.0, 3.0, 2.0],
            [2.5, 3.5, 2.0],
            [2.0, 2.5, 2.0],
        ];
        let kinds = ["gravel", "slate", "flint"];
        Small::of(&["length", "weight"], "kind", &rows.each_ref().map(|row| row.as_slice()), &kinds)
    }

    /// The same table with these inputs alone.
    ///
    /// # Errors
    /// A place past the inputs (`no-such-input`).
    pub fn with_inputs(mut self, at: &[usize]) -> Result<Small> {
        if let Some(place) = at.iter().find(|&&place| place >= self.inputs.len()) {
            let found = format!("input {place} (from 0) of {}", self.inputs.len());
            return Err(Fault::new("no-such-input", found).next("name one that is there").option());
        }
        self.inputs = at.iter().map(|&place| self.inputs[place].clone()).collect();
        self.x.iter_mut().for_each(|row| *row = at.iter().map(|&place| row[place]).collect());
        Ok(self)
    }

    /// X as a matrix, once it is fit to be shown.
    ///
    /// # Errors
    /// No rows (`no-rows`); more than a lesson shows (`lesson-size`); rows of different lengths; a number that is none
    /// or above 1e30 (`not-finite`); with `classes`, fewer than two or an answer that is none of them.
    pub(super) fn checked(&self, classes: bool) -> Result<Dense> {
        let (n, p, k) = (self.x.len(), self.inputs.len(), self.classes.len());
        if n == 0 || p == 0 {
            return Err(Fault::new("no-rows", format!("{n} rows of {p} inputs"))
                .next("give at least one row with an input and an answer")
                .input());
        }
        if n > MOST_ROWS || p > MOST_INPUTS || k > MOST_CLASSES {
            let found = format!("{n} rows, {p} inputs, {k} classes");
            return Err(Fault::new("lesson-size", found)
                .cause(format!(
                    "a lesson shows {MOST_ROWS} rows, {MOST_INPUTS} inputs and {MOST_CLASSES} classes at most"
                ))
                .next("cut a small part out; to fit the whole, gyeol run")
                .limit());
        }
        if self.y.len() != n || self.x.iter().any(|row| row.len() != p) {
            return Err(Fault::new("ragged-row", "rows and answers of different lengths")
                .next("give each row as many")
                .input());
        }
        let broken = |v: &f64| !v.is_finite() || v.abs() > 1e30;
        if let Some(i) = (0..n).find(|&i| self.x[i].iter().any(broken) || broken(&self.y[i])) {
            return Err(Fault::new("not-finite", "a cell that is missing, or too large a number")
                .row(i + 1)
                .next("leave the row out, or put a number there")
                .input());
        }
        if classes && k < 2 {
            return Err(Fault::new("one-class", format!("{k} classes of '{}'", self.target))
                .next("give rows of at least two")
                .input());
        }
        if classes && self.y.iter().any(|y| y.fract() != 0.0 || *y < 0.0 || *y >= k as f64) {
            return Err(Fault::new("label-range", "an answer that is no class")
                .next("number classes from 0")
                .input());
        }
        Dense::new(n, p, self.x.concat())
    }

    pub(super) fn labels(&self) -> Vec<u32> {
        self.y.iter().map(|&y| y as u32).collect()
    }
}

/// Condition of [X 1]ᵀ[X 1] / n above which a lesson walks over standardised inputs: beyond it a rate that is safe for the
/// steepest direction hardly moves along the flattest.
const CONDITION: f64 = 100.0;

/// The inputs as a lesson walks over them: as they are, or standardised where their curvatures are too unlike each other. Gives
/// them, how they were scaled, and the condition that decided.
pub(super) fn walkable(x: Dense) -> (Dense, Option<Scaled>, f64) {
    let values = curvatures(&x);
    let (least, most) = (values.last().copied().unwrap_or(0.0), values[0]);
    let condition = if least > most * 1e-14 { most / least } else { f64::INFINITY };
    if condition <= CONDITION {
        return (x, None, condition);
    }
    let (n, p) = (x.rows(), x.cols());
    let mean = column_means(Features::Dense(&x));
    let deviation: Vec<f64> = (0..p)
        .map(|j| {
            let spread = ((0..n).map(|i| (x.at(i, j) - mean[j]).powi(2)).sum::<f64>() / n as f64).sqrt();
            if spread > mean[j].abs() * 1e-12 { spread } else { 1.0 }
        })
        .collect();
    let data = x.data().iter().enumerate().map(|(at, v)| (v - mean[at % p]) / deviation[at % p]).collect();
    (Dense::trusted(n, p, data), Some(Scaled { mean, deviation }), condition)
}

/// Eigenvalues of [X 1]ᵀ[X 1] / n, falling: the curvatures of the mean squared error / 2 over w and b.
pub(super) fn curvatures(x: &Dense) -> Vec<f64> {
    gyeol_vectors::svd::eigen(&second_moments(x)).0
}

/// [X 1]ᵀ[X 1] / n: (p + 1, p + 1).
pub(super) fn second_moments(x: &Dense) -> Dense {
    let (n, p) = (x.rows(), x.cols());
    let cell = |i: usize, j: usize| if j < p { x.at(i, j) } else { 1.0 };
    let data = (0..(p + 1) * (p + 1)).map(|at| {
        let (a, b) = (at / (p + 1), at % (p + 1));
        (0..n).map(|i| cell(i, a) * cell(i, b)).sum::<f64>() / n as f64
    });
    Dense::trusted(p + 1, p + 1, data.collect())
}
