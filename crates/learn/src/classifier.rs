//! Linear classifiers: scores = x W + b, the class of the largest, and probabilities where the scores are such.

use gyeol_base::{Error, Fault, Result};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;

use crate::features::{Features, sane_size, times, width_of};

/// Scores that are held at once while classes are named.
const MOST_SCORES: usize = 1 << 24;

/// What makes probabilities out of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// exp(s_k) / Σ exp(s_l); of a single output the sigmoid, which is the same for two classes.
    Softmax,
    /// 1 / (1 + exp(-s_k)) for each class against the rest, divided by their sum.
    Sigmoid,
    /// Scores are margins; there are no probabilities.
    None,
}

gyeol_base::named!(Link, "a link", "softmax" => Link::Softmax, "sigmoid" => Link::Sigmoid, "none" => Link::None);

/// scores = x W + b; one output (the score of class 1) for two classes, else one a class.
///
/// ```
/// use gyeol_learn::{Features, LinearClassifier, Link};
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let model = LinearClassifier { classes: 2, inputs: 1, outputs: 1, weights: vec![2.0], bias: vec![-1.0], link: Link::Softmax };
/// let x = Dense::new(2, 1, vec![0.5, 3.0])?;
/// assert_eq!(model.classify(Features::Dense(&x), &Pool::new(1))?, [0, 1]);
/// assert_eq!(model.probabilities(Features::Dense(&x), &Pool::new(1))?.unwrap().row(0), [0.5, 0.5]);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearClassifier {
    /// K.
    pub classes: usize,
    /// p.
    pub inputs: usize,
    /// 1 for two classes, else K.
    pub outputs: usize,
    /// W, (p, outputs) row-major.
    pub weights: Vec<f64>,
    /// b, (outputs).
    pub bias: Vec<f64>,
    /// From scores to probabilities.
    pub link: Link,
}

impl LinearClassifier {
    /// Scores (n, outputs).
    ///
    /// # Errors
    /// Rows of another count of columns (`other-columns`), more than 2^28 scores.
    pub fn decision(&self, x: Features<'_>, pool: &Pool) -> Result<Dense> {
        x.made_for(self.inputs)?;
        let (n, k, width) = (x.rows(), self.outputs, width_of(self.outputs));
        sane_size(n, width)?;
        let mut out = vec![0.0; n * width];
        if k == width {
            times(x, &self.weights, width, &mut out, pool);
        } else {
            // Of few rows most columns are not met: only the others are made wide.
            let met = x.met();
            let narrow = met.as_ref().map(|(columns, _)| columns.iter().map(|&j| j as usize));
            let mut wide = Vec::new();
            let mut widen = |j: usize| {
                wide.extend_from_slice(&self.weights[j * k..][..k]);
                wide.resize(wide.len().next_multiple_of(width), 0.0);
            };
            match narrow {
                Some(columns) => columns.for_each(&mut widen),
                None => (0..self.inputs).for_each(&mut widen),
            }
            let x = met.as_ref().map_or(x, |(_, x)| Features::Sparse(x));
            times(x, &wide, width, &mut out, pool);
        }
        let data = out.chunks_exact(width).flat_map(|row| row.iter().zip(&self.bias).map(|(s, b)| s + b));
        Ok(Dense::trusted(n, k, data.collect()))
    }

    /// Probabilities (n, classes); `None` where scores are margins.
    ///
    /// # Errors
    /// As [`LinearClassifier::decision`].
    pub fn probabilities(&self, x: Features<'_>, pool: &Pool) -> Result<Option<Dense>> {
        if self.link == Link::None {
            return Ok(None);
        }
        let scores = self.decision(x, pool)?;
        let mut out = Dense::zeros(scores.rows(), self.classes)?;
        for i in 0..scores.rows() {
            let row = out.row_mut(i);
            if self.outputs == 1 {
                row[1] = sigmoid(scores.at(i, 0));
                row[0] = sigmoid(-scores.at(i, 0));
                continue;
            }
            row.copy_from_slice(scores.row(i));
            match self.link {
                Link::Softmax => {
                    softmax(row);
                }
                _ => {
                    row.iter_mut().for_each(|s| *s = sigmoid(*s));
                    let sum: f64 = row.iter().sum();
                    let even = 1.0 / row.len() as f64;
                    row.iter_mut().for_each(|s| *s = if sum > 0.0 { *s / sum } else { even });
                }
            }
        }
        Ok(Some(out))
    }

    /// The class of each row: of the largest score, the first of equal ones; class 1 of two above 0. Rows are taken some at
    /// a time, so that any number of them and of classes will do.
    ///
    /// # Errors
    /// Rows of another count of columns (`other-columns`).
    pub fn classify(&self, x: Features<'_>, pool: &Pool) -> Result<Vec<u32>> {
        let at_once = (MOST_SCORES / width_of(self.outputs)).max(1);
        let named = |x: Features<'_>| -> Result<Vec<u32>> {
            let scores = self.decision(x, pool)?;
            Ok((0..scores.rows()).map(|i| class_of(scores.row(i))).collect())
        };
        if x.rows() <= at_once {
            return named(x);
        }
        let mut out = Vec::with_capacity(x.rows());
        for first in (0..x.rows()).step_by(at_once) {
            out.extend(match x.some(first..x.rows().min(first + at_once)) {
                (Some(dense), _) => named(Features::Dense(&dense))?,
                (_, Some(sparse)) => named(Features::Sparse(&sparse))?,
                _ => Vec::new(),
            });
        }
        Ok(out)
    }

    /// Numbers fitted.
    pub fn parameters(&self) -> usize {
        self.weights.len() + self.bias.len()
    }
}

/// The class that a row of scores names.
pub(crate) fn class_of(scores: &[f64]) -> u32 {
    if let [score] = scores {
        return u32::from(*score > 0.0);
    }
    let mut best = 0;
    for (k, s) in scores.iter().enumerate() {
        if *s > scores[best] {
            best = k;
        }
    }
    best as u32
}

/// 1 / (1 + e^-s), without overflow.
pub(crate) fn sigmoid(s: f64) -> f64 {
    if s >= 0.0 {
        1.0 / (1.0 + (-s).exp())
    } else {
        let e = s.exp();
        e / (1.0 + e)
    }
}

/// ln(1 + e^s), without overflow.
pub(crate) fn log1p_exp(s: f64) -> f64 {
    s.max(0.0) + (-s.abs()).exp().ln_1p()
}

/// Softmax in place; the logarithm of the sum of exponentials comes out.
pub(crate) fn softmax(row: &mut [f64]) -> f64 {
    let most = row.iter().fold(f64::NEG_INFINITY, |m, s| m.max(*s));
    let mut sum = 0.0;
    for s in row.iter_mut() {
        *s = (*s - most).exp();
        sum += *s;
    }
    row.iter_mut().for_each(|s| *s /= sum);
    most + sum.ln()
}

/// How much the rows of a class weigh.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ClassWeight {
    /// Every row counts once.
    #[default]
    None,
    /// n / (K n_k), rows counted by their weights, so that every class weighs the same (King and Zeng 2001).
    Balanced,
    /// A weight a class.
    Given(Vec<f64>),
}

/// Checked labels: which rows, of which of `classes` classes, of which weight.
pub(crate) struct Labelled<'a> {
    pub x: Features<'a>,
    pub labels: &'a [u32],
    pub classes: usize,
    /// A weight a row, that of its class in it.
    pub weights: Vec<f64>,
    /// The rows' own weights.
    pub own: Vec<f64>,
}

fn wrong(code: &'static str, found: String, next: &str) -> Error {
    Fault::new(code, found).next(next).input()
}

impl<'a> Labelled<'a> {
    /// Labels in 0..classes, of which every one occurs; the weight of a row is its own times that of its class.
    pub fn new(
        x: Features<'a>,
        labels: &'a [u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        class_weight: &ClassWeight,
    ) -> Result<Self> {
        x.check()?;
        let n = x.rows();
        if labels.len() != n {
            return Err(wrong(
                "label-count",
                format!("{} labels for {n} rows", labels.len()),
                "give one a row",
            ));
        }
        if classes < 2 {
            let next = "a classifier needs rows of at least two classes";
            return Err(wrong("one-class", format!("{classes} class"), next));
        }
        let mut weights = row_weights(n, sample_weights)?;
        let own = weights.clone();
        let mut counts = vec![0usize; classes.min(n + 1)];
        for (i, &label) in labels.iter().enumerate() {
            match counts.get_mut(label as usize) {
                Some(count) if (label as usize) < classes => *count += 1,
                _ if (label as usize) < classes => {}
                _ => {
                    let found = format!("label {label} in row {i}, of {classes} classes");
                    return Err(wrong("label-outside", found, "number the classes from 0"));
                }
            }
        }
        let seen = counts.iter().filter(|c| **c > 0).count();
        if seen == 1 {
            let only = format!("all {n} rows are of class {}", labels[0]);
            return Err(wrong("one-class", only, "give rows of at least two classes"));
        }
        if let Some(k) =
            counts.iter().position(|c| *c == 0).or((classes > counts.len()).then_some(counts.len()))
        {
            let found = format!("class {k} of {classes} has no row");
            return Err(wrong("empty-class", found, "number only the classes that occur"));
        }
        let of_class = match class_weight {
            ClassWeight::None => None,
            ClassWeight::Balanced => {
                let mut of_class = vec![0.0; classes];
                weights.iter().zip(labels).for_each(|(w, &l)| of_class[l as usize] += w);
                let sum: f64 = weights.iter().sum();
                let share = |w: f64| if w > 0.0 { sum / (classes as f64 * w) } else { 0.0 };
                Some(of_class.into_iter().map(share).collect::<Vec<_>>())
            }
            ClassWeight::Given(given) if given.len() == classes => Some(given.clone()),
            ClassWeight::Given(given) => {
                let found = format!("{} weights for {classes} classes", given.len());
                return Err(wrong("class-weight", found, "give one a class"));
            }
        };
        if let Some(of_class) = of_class {
            if let Some(bad) = of_class.iter().find(|w| !w.is_finite() || **w < 0.0) {
                let next = "give weights of zero or more";
                return Err(wrong("class-weight", format!("a weight of {bad}"), next));
            }
            weights.iter_mut().zip(labels).for_each(|(w, &l)| *w *= of_class[l as usize]);
        }
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err(wrong("no-weight", "all weights are zero".into(), "weigh some rows"));
        }
        Ok(Labelled { x, labels, classes, weights, own })
    }

    /// 1 for two classes, else K.
    pub fn outputs(&self) -> usize {
        if self.classes == 2 { 1 } else { self.classes }
    }
}

/// Weights as given, or ones.
pub(crate) fn row_weights(n: usize, given: Option<&[f64]>) -> Result<Vec<f64>> {
    let Some(given) = given else { return Ok(vec![1.0; n]) };
    if given.len() != n {
        return Err(wrong("weight-count", format!("{} weights for {n} rows", given.len()), "give one a row"));
    }
    if let Some(i) = given.iter().position(|w| !w.is_finite() || *w < 0.0) {
        let found = format!("a weight of {} in row {i}", given[i]);
        return Err(wrong("row-weight", found, "give weights of zero or more"));
    }
    Ok(given.to_vec())
}
