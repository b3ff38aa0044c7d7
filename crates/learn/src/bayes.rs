//! Naive Bayes: p(k | x) ∝ p(k) Πⱼ p(xⱼ | k). The three kinds for counts are linear in x and become a [`LinearClassifier`];
//! the Gaussian kind is quadratic.
//!
//! | kind | W, a column a class | paper |
//! |---|---|---|
//! | [`Kind::Multinomial`] | ln (N_kj + α) / (N_k + α p) | Manning, Raghavan and Schütze 2008, 13.2 |
//! | [`Kind::Complement`] | - ln of the same of all other classes; no prior | Rennie et al. 2003 |
//! | [`Kind::Bernoulli`] | logit (N_kj + α) / (n_k + 2 α), rows of 0 and 1 | McCallum and Nigam 1998 |
//! | [`GaussianBayes`] | mean and variance a class and column | Chan, Golub and LeVeque 1982 |

use gyeol_base::{Fault, Result};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::{Csr, Dense};

use crate::classifier::{ClassWeight, Labelled, LinearClassifier, Link, class_of, softmax};
use crate::features::{Features, sane_size};

/// How counts come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Each count is a draw of its column.
    #[default]
    Multinomial,
    /// Each class is described by all the others.
    Complement,
    /// Each column is there or not.
    Bernoulli,
}

gyeol_base::named!(
    Kind, "a kind of naive Bayes",
    "multinomial" => Kind::Multinomial, "complement" => Kind::Complement, "bernoulli" => Kind::Bernoulli,
);

/// Options of naive Bayes on counts.
///
/// ```
/// use gyeol_learn::{BayesParams, Features};
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let counts = Dense::new(2, 2, vec![2.0, 1.0, 0.0, 3.0])?;
/// let model = BayesParams::default().fit(Features::Dense(&counts), &[0, 1], 2, None)?;
/// assert_eq!(model.classify(Features::Dense(&counts), &Pool::new(1))?, [0, 1]);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BayesParams {
    /// How counts come about.
    pub kind: Kind,
    /// α > 0, added to every count.
    pub alpha: f64,
    /// Whether classes weigh as often as they occur; else all the same. The complement kind has no prior.
    pub prior: bool,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
}

impl Default for BayesParams {
    fn default() -> Self {
        BayesParams { kind: Kind::Multinomial, alpha: 1.0, prior: true, class_weight: ClassWeight::None }
    }
}

/// Σ of the weighted rows of each class: (p, K) row-major.
pub(crate) fn class_sums(data: &Labelled<'_>, value: impl Fn(f64) -> f64) -> Vec<f64> {
    let k = data.classes;
    let mut sums = vec![0.0; data.x.cols() * k];
    for (i, (&y, w)) in data.labels.iter().zip(&data.weights).enumerate() {
        data.x.each(i, |j, v| sums[j * k + y as usize] += w * value(v));
    }
    sums
}

/// Refuses a number for which `bad` holds.
pub(crate) fn refuse(
    x: Features<'_>,
    code: &'static str,
    cause: &str,
    next: &str,
    bad: impl Fn(f64) -> bool,
) -> Result<()> {
    let found = (0..x.rows()).find_map(|i| {
        let mut first = None;
        x.each(i, |j, v| {
            if bad(v) {
                first.get_or_insert((i, j, v));
            }
        });
        first
    });
    match found {
        None => Ok(()),
        Some((row, column, v)) => Err(Fault::new(code, format!("{v} in row {row}, column {column}"))
            .cause(cause)
            .next(next)
            .input()),
    }
}

/// The same rows with 1 in the place of every number but 0.
pub fn presence(x: &Csr) -> Result<Csr> {
    let (mut pointers, mut indices) = (vec![0], Vec::with_capacity(x.nonzeros()));
    for row in 0..x.rows() {
        indices.extend(x.row(row).filter(|(_, v)| *v != 0.0).map(|(j, _)| j));
        pointers.push(indices.len());
    }
    let data = vec![1.0; indices.len()];
    Csr::new(x.cols(), pointers, indices, data)
}

impl BayesParams {
    /// Fits labels in 0..classes, each of which must occur. Rows are of the numbers given: the Bernoulli kind takes 0 and 1
    /// alone ([`presence`]).
    ///
    /// # Errors
    /// α of 0 or less; counts below 0 (`negative`), other numbers than 0 and 1 (`not-presence`); as
    /// [`crate::LogisticParams::fit`] for labels and weights.
    pub fn fit(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
    ) -> Result<LinearClassifier> {
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            let found = format!("alpha = {}", self.alpha);
            return Err(Fault::new("option-range", found).next("it is above 0, such as 1 or 0.01").option());
        }
        let data = Labelled::new(x, labels, classes, sample_weights, &self.class_weight)?;
        let (p, k) = (x.cols(), classes);
        sane_size(p, k)?;
        let next = "give counts, or another classifier";
        match self.kind {
            Kind::Bernoulli => {
                refuse(x, "not-presence", "counts or weights", "give 0 and 1: presence", |v| {
                    v != 0.0 && v != 1.0
                })?
            }
            _ => refuse(x, "negative", "scaled or centred numbers", next, |v| v < 0.0)?,
        }
        let mut n = vec![0.0; k];
        data.labels.iter().zip(&data.weights).for_each(|(&y, w)| n[y as usize] += w);
        let all: f64 = n.iter().sum();
        // A class whose rows all weigh nothing has no share; the least number keeps its logarithm finite.
        let mut bias: Vec<f64> = match self.prior && self.kind != Kind::Complement {
            true => n.iter().map(|n| (n / all).max(f64::MIN_POSITIVE).ln()).collect(),
            false => vec![0.0; k],
        };
        let mut w = class_sums(&data, |v| v);
        let columns_of = |w: &[f64]| {
            let mut sums = vec![0.0; k];
            w.chunks_exact(k).for_each(|row| sums.iter_mut().zip(row).for_each(|(s, v)| *s += v));
            sums
        };
        match self.kind {
            Kind::Multinomial | Kind::Complement => {
                if self.kind == Kind::Complement {
                    for row in w.chunks_exact_mut(k) {
                        let sum: f64 = row.iter().sum();
                        row.iter_mut().for_each(|v| *v = sum - *v);
                    }
                }
                w.iter_mut().for_each(|v| *v += self.alpha);
                let totals: Vec<f64> = columns_of(&w).iter().map(|s| s.ln()).collect();
                let sign = if self.kind == Kind::Complement { -1.0 } else { 1.0 };
                for row in w.chunks_exact_mut(k) {
                    row.iter_mut().zip(&totals).for_each(|(v, t)| *v = sign * (v.ln() - t));
                }
            }
            Kind::Bernoulli => {
                for row in w.chunks_exact_mut(k) {
                    for ((v, n), b) in row.iter_mut().zip(&n).zip(&mut bias) {
                        let (there, not) = (*v + self.alpha, n - *v + self.alpha);
                        *b += (not / (n + 2.0 * self.alpha)).ln();
                        *v = (there / not).ln();
                    }
                }
            }
        }
        Ok(joined(w, bias, p, k))
    }
}

/// A classifier of log scores of every class; of two classes the difference alone is kept.
fn joined(w: Vec<f64>, bias: Vec<f64>, inputs: usize, classes: usize) -> LinearClassifier {
    let less = |v: Vec<f64>| match classes {
        2 => v.chunks_exact(2).map(|pair| pair[1] - pair[0]).collect(),
        _ => v,
    };
    let outputs = if classes == 2 { 1 } else { classes };
    LinearClassifier { classes, inputs, outputs, weights: less(w), bias: less(bias), link: Link::Softmax }
}

/// Gaussian naive Bayes: ln p(k) - ½ Σⱼ [ln 2π σ²_kj + (xⱼ - μ_kj)² / σ²_kj].
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianBayes {
    /// μ, (K, p).
    pub means: Dense,
    /// σ², (K, p), smoothed.
    pub variances: Dense,
    /// ln p(k).
    pub log_prior: Vec<f64>,
}

impl GaussianBayes {
    /// Fits dense rows; to every variance `smoothing` times the largest variance of a column is added (1e-9 as
    /// scikit-learn), or `smoothing` itself where all columns are constant.
    ///
    /// # Errors
    /// As [`BayesParams::fit`]; `smoothing` not above 0.
    pub fn fit(
        x: &Dense,
        labels: &[u32],
        classes: usize,
        sample_weights: Option<&[f64]>,
        smoothing: f64,
    ) -> Result<Self> {
        if !(smoothing > 0.0 && smoothing.is_finite()) {
            let found = format!("a smoothing of {smoothing}");
            return Err(Fault::new("option-range", found).next("it is above 0, such as 1e-9").option());
        }
        let data = Labelled::new(Features::Dense(x), labels, classes, sample_weights, &ClassWeight::None)?;
        let (n, p) = (x.rows(), x.cols());
        sane_size(p, classes)?;
        let mut means = Dense::zeros(classes, p)?;
        let mut variances = Dense::zeros(classes, p)?;
        let mut weight = vec![0.0; classes];
        let rows = || labels.iter().map(|y| *y as usize).zip(&data.weights).enumerate();
        for (i, (y, w)) in rows() {
            weight[y] += w;
            means.row_mut(y).iter_mut().zip(x.row(i)).for_each(|(m, v)| *m += w * v);
        }
        if let Some(k) = weight.iter().position(|w| *w == 0.0) {
            let found = format!("all rows of class {k} weigh nothing");
            return Err(Fault::new("no-weight", found).next("weigh some rows of every class").input());
        }
        for (k, w) in weight.iter().enumerate() {
            means.row_mut(k).iter_mut().for_each(|m| *m /= w);
        }
        for (i, (y, w)) in rows() {
            let each = variances.row_mut(y).iter_mut().zip(x.row(i)).zip(means.row(y));
            each.for_each(|((s, v), m)| *s += w * (v - m) * (v - m) / weight[y]);
        }
        let (mut mean, mut spread) = (vec![0.0; p], vec![0.0; p]);
        (0..n).for_each(|i| mean.iter_mut().zip(x.row(i)).for_each(|(m, v)| *m += v / n as f64));
        for i in 0..n {
            spread
                .iter_mut()
                .zip(x.row(i))
                .zip(&mean)
                .for_each(|((s, v), m)| *s += (v - m) * (v - m) / n as f64);
        }
        let most = spread.iter().fold(0.0, |m: f64, v| m.max(*v));
        let add = if most > 0.0 { smoothing * most } else { smoothing };
        (0..classes).for_each(|k| variances.row_mut(k).iter_mut().for_each(|v| *v += add));
        let all: f64 = weight.iter().sum();
        Ok(GaussianBayes { means, variances, log_prior: weight.iter().map(|w| (w / all).ln()).collect() })
    }

    /// ln p(x, k): (n, K).
    ///
    /// # Errors
    /// Rows of another count of columns, more than 2^28 scores.
    pub fn decision(&self, x: &Dense, pool: &Pool) -> Result<Dense> {
        Features::Dense(x).made_for(self.means.cols())?;
        let k = self.log_prior.len();
        let mut out = Dense::zeros(x.rows(), k)?;
        let constant: Vec<f64> = (0..k)
            .map(|k| {
                self.log_prior[k]
                    - 0.5
                        * self.variances.row(k).iter().map(|v| (std::f64::consts::TAU * v).ln()).sum::<f64>()
            })
            .collect();
        let mut rows: Vec<(usize, &mut [f64])> = Vec::with_capacity(x.rows().div_ceil(256));
        let mut data = vec![0.0; x.rows() * k];
        rows.extend(data.chunks_mut(256 * k).enumerate());
        pool.each_mut(&mut rows, |_, _, (block, out)| {
            for (i, scores) in out.chunks_exact_mut(k).enumerate() {
                let x = x.row(*block * 256 + i);
                for (k, score) in scores.iter_mut().enumerate() {
                    let each = x.iter().zip(self.means.row(k)).zip(self.variances.row(k));
                    *score = constant[k] - 0.5 * each.map(|((x, m), v)| (x - m) * (x - m) / v).sum::<f64>();
                }
            }
        });
        for (i, row) in data.chunks_exact(k).enumerate() {
            out.row_mut(i).copy_from_slice(row);
        }
        Ok(out)
    }

    /// Probabilities (n, K).
    ///
    /// # Errors
    /// As [`GaussianBayes::decision`].
    pub fn probabilities(&self, x: &Dense, pool: &Pool) -> Result<Dense> {
        let mut scores = self.decision(x, pool)?;
        (0..scores.rows()).for_each(|i| {
            softmax(scores.row_mut(i));
        });
        Ok(scores)
    }

    /// The class of each row, the first of equally likely ones.
    ///
    /// # Errors
    /// As [`GaussianBayes::decision`].
    pub fn classify(&self, x: &Dense, pool: &Pool) -> Result<Vec<u32>> {
        let scores = self.decision(x, pool)?;
        Ok((0..scores.rows()).map(|i| class_of(scores.row(i))).collect())
    }
}
