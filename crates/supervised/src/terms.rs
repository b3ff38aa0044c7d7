//! Why a machine says what it says: its score as a sum of terms.
//!
//! | machine | score of a class, or number | term of a feature |
//! |---|---|---|
//! | logistic, softmax, SVM, perceptron, naive Bayes | Σ wⱼ xⱼ + b | wⱼ xⱼ |
//! | NBSVM | Σ wⱼ xⱼ / √(Σ mⱼ xⱼ²) + b | wⱼ xⱼ / √(Σ mⱼ xⱼ²) |
//! | Gaussian naive Bayes | ln p(k) + Σ ln N(xⱼ; μ, σ²) | ln N(xⱼ; μ, σ²) |
//! | RNN, GRU, LSTM, sLSTM, minGRU | what it loses without the word (`occlusion`) | |
//! | linear, ridge, lasso, elastic net | Σ wⱼ xⱼ + b | (wⱼ / sⱼ) × the cell, with b - Σ wⱼ cⱼ / sⱼ for b |
//!
//! Of numbers, x = (cell - c) / s is undone, so that coefficients are per unit of the column. Terms of classes are measured
//! from the mean of each column, as the machine has it.

use gyeol_base::{Error, Fault, Result, Warning};
use gyeol_columns::InUnits;
use gyeol_data::Table;
use gyeol_learn::LinearClassifier;
use gyeol_tensor::Pool;

use crate::machine::{Head, Machine, Rows, Said, dense};
use crate::nearest::Kept;

/// One term of a sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The term of a text, the column, or `column = level`.
    pub name: String,
    /// Whether it stands in a text; else in a column.
    pub word: bool,
    /// Its number: of a column in units of the table; none where the cell is missing.
    pub value: Option<f64>,
    /// What stands for a missing cell.
    pub filled: Option<f64>,
    /// What one unit more adds to each score; empty where that is no constant.
    pub coefficients: Vec<f64>,
    /// What it adds to each score.
    pub contributions: Vec<f64>,
}

/// A kept example near to the one that was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Its place among those kept, from 0.
    pub row: usize,
    /// Euclidean, or 1 - cosine for texts.
    pub distance: f64,
    /// Its class.
    pub class: Option<u32>,
    /// Its number.
    pub value: Option<f64>,
}

/// What an answer is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Reasons {
    /// Scores: `intercept` and what the terms add. One for each class, a number, or the one of the second of two classes.
    Terms {
        /// What is said of nothing.
        intercept: Vec<f64>,
        /// What each adds, the largest first for what is said.
        terms: Vec<Term>,
        /// All together.
        scores: Vec<f64>,
    },
    /// What each word adds by what the scores lose where it is not known, the largest first for what is said; no sum.
    Without {
        /// The words.
        terms: Vec<Term>,
        /// Of the text as it is.
        scores: Vec<f64>,
    },
    /// The kept examples that were asked, the nearest first.
    Neighbours(Vec<Neighbour>),
}

/// An answer with its reasons.
#[derive(Debug, Clone)]
pub struct Explained {
    /// What is said of the example.
    pub said: Said,
    /// Why.
    pub reasons: Reasons,
    /// What deserves to be said.
    pub warnings: Vec<Warning>,
}

/// The error of a machine whose answer is no sum.
fn not_linear(machine: &Machine, why: &str, next: &str) -> Error {
    Fault::new("not-explained", format!("what '{}' says is no sum of terms: {why}", machine.rung))
        .cause("explained are logistic, softmax, svm, nbsvm, naive-bayes, perceptron, linear, ridge, lasso, elastic-net, knn, rnn, gru, lstm, slstm, mingru and bilstm")
        .next(next)
        .input()
}

/// Intercepts, and terms with the place of their feature.
type Sum = (Vec<f64>, Vec<(usize, Term)>);

impl Machine {
    /// Why it says what it says of one example; `texts` and `table` hold that one alone.
    ///
    /// # Errors
    /// As [`Machine::ask`]; a machine that is no sum of terms (`not-explained`).
    pub fn explain(&self, texts: Option<&[String]>, table: Option<&Table>, pool: &Pool) -> Result<Explained> {
        let other = "take the bundle of a linear rung of the same run, such as rungs/logistic.gyeol or rungs/linear.gyeol";
        match &self.head {
            Head::Mixture(members) => {
                let names: Vec<String> =
                    members.iter().map(|(share, member)| format!("{} ({share:.2})", member.rung)).collect();
                let next =
                    format!("explain its members, rungs/NAME.gyeol of the same run: {}", names.join(", "));
                return Err(not_linear(self, "it mixes the answers of others", &next));
            }
            Head::Constant(_) => return Err(not_linear(self, "it says the same of every example", other)),
            Head::Trees(_) => return Err(not_linear(self, "trees split by several columns at once", other)),
            Head::Sequence(_) => {
                let units = self.inputs.units.as_ref();
                let units = units.ok_or_else(|| Error::defect("a net over units without them"))?;
                return self.without_words(units, texts, table, pool);
            }
            Head::Net(_) | Head::Bag(_) => {
                return Err(not_linear(self, "a net bends and mixes what goes in", other));
            }
            _ => {}
        }
        let (rows, warnings) = self.inputs.rows(texts, table)?;
        if rows.len() != 1 {
            return Err(Error::defect(format!("{} examples where one is explained", rows.len())));
        }
        let said = self.of_rows(&rows, pool)?;
        if let Head::Nearest(model) = &self.head {
            let near = model.nearest(&rows, pool)?.into_iter().map(|(row, distance)| Neighbour {
                row,
                distance,
                class: if let Kept::Classes(labels, _) = &model.kept {
                    labels.get(row).copied()
                } else {
                    None
                },
                value: if let Kept::Values(values) = &model.kept { values.get(row).copied() } else { None },
            });
            return Ok(Explained { said, reasons: Reasons::Neighbours(near.collect()), warnings });
        }
        let units = match (&self.inputs.columns, table) {
            (Some(encoder), Some(table)) => encoder.in_units(table, 0)?,
            _ => Vec::new(),
        };
        let (mut intercept, mut terms) = self.sum(&rows, &units)?;
        if matches!(self.head, Head::Values(_)) {
            in_units(&mut intercept, &mut terms, &units, self.first_column());
        }
        let mut terms: Vec<Term> = terms.into_iter().map(|(_, term)| term).collect();
        let mut scores = intercept.clone();
        for term in &terms {
            scores.iter_mut().zip(&term.contributions).for_each(|(score, c)| *score += c);
        }
        let (class, gaussian) = (said.classes().first().copied(), matches!(self.head, Head::Gaussian(_)));
        let size = |term: &Term| {
            let c = &term.contributions;
            let own =
                c.get(class.map_or(0, |class| (class as usize).min(c.len() - 1))).copied().unwrap_or(0.0);
            // Densities are far from 0 for every class: what counts is how far they are from each other.
            let mean = if gaussian { c.iter().sum::<f64>() / c.len().max(1) as f64 } else { 0.0 };
            (own - mean).abs()
        };
        terms.sort_by(|a, b| size(b).total_cmp(&size(a)));
        Ok(Explained { said, reasons: Reasons::Terms { intercept, terms, scores }, warnings })
    }

    /// The first feature of the columns.
    fn first_column(&self) -> usize {
        self.inputs.texts.as_ref().map_or(0, |texts| texts.len())
    }

    /// Intercepts, and the terms of the features that are met, by the place of the feature.
    fn sum(&self, rows: &Rows, units: &[InUnits]) -> Result<Sum> {
        let (first, mut terms) = (self.first_column(), Vec::new());
        let mut met: Vec<(usize, f64)> = match rows {
            Rows::Dense(x) => x.row(0).iter().copied().enumerate().collect(),
            Rows::Sparse(x) => x.row(0).map(|(j, v)| (j as usize, v)).collect(),
            Rows::Sequences(_) | Rows::None(_) => Vec::new(),
        };
        // A cell at the mean of its column is left out of sparse rows, and is told all the same.
        for j in units.iter().map(|unit| first + unit.feature) {
            if !met.iter().any(|(known, _)| *known == j) {
                met.push((j, 0.0));
            }
        }
        let mut add = |j: usize, x: f64, coefficients: Vec<f64>, contributions: Vec<f64>| {
            let unit = units.iter().find(|unit| first + unit.feature == j);
            let (value, filled) = unit.map_or((Some(x), None), |unit| (unit.value, unit.filled));
            let coefficients = match unit.map(|unit| unit.scale) {
                Some(None) => Vec::new(),
                Some(Some((_, scale))) => coefficients.iter().map(|w| w / scale).collect(),
                None => coefficients,
            };
            let word = j < first;
            let name = self.inputs.name(j);
            terms.push((j, Term { name, word, value, filled, coefficients, contributions }));
        };
        let mut weighed = |w: &[f64], outputs: usize, x: &dyn Fn(f64) -> f64, by: &[f64]| {
            for &(j, v) in
                met.iter().filter(|(j, v)| *v != 0.0 || units.iter().any(|u| first + u.feature == *j))
            {
                let row = &w[j * outputs..(j + 1) * outputs];
                let coefficients: Vec<f64> = row.iter().zip(by).map(|(w, by)| w / by).collect();
                let contributions = coefficients.iter().map(|w| w * x(v)).collect();
                add(j, v, coefficients, contributions);
            }
        };
        let intercept = match &self.head {
            Head::Classes(LinearClassifier { outputs, weights, bias, .. }) => {
                weighed(weights, *outputs, &|x| x, &vec![1.0; *outputs]);
                bias.clone()
            }
            Head::Values(model) => {
                weighed(&model.weights, 1, &|x| x, &[1.0]);
                model.bias.clone()
            }
            Head::Unit(model) => {
                let k = model.linear.outputs;
                let of = |x: f64| if model.presence && x != 0.0 { 1.0 } else { x };
                let mut squares = vec![0.0; k];
                for &(j, x) in &met {
                    let metric = &model.metric[j * k..(j + 1) * k];
                    squares.iter_mut().zip(metric).for_each(|(s, m)| *s += of(x) * of(x) * m);
                }
                // A row of no length has the intercept alone.
                let by: Vec<f64> =
                    squares.iter().map(|s| if *s > 0.0 { s.sqrt() } else { f64::INFINITY }).collect();
                weighed(&model.linear.weights, k, &of, &by);
                model.linear.bias.clone()
            }
            Head::Gaussian(model) => {
                let all = dense(rows)?;
                for (j, &x) in all.row(0).iter().enumerate() {
                    let of = |k: usize| {
                        let (mean, variance) = (model.means.at(k, j), model.variances.at(k, j));
                        -0.5 * ((std::f64::consts::TAU * variance).ln() + (x - mean) * (x - mean) / variance)
                    };
                    add(j, x, Vec::new(), (0..model.log_prior.len()).map(of).collect());
                }
                model.log_prior.clone()
            }
            _ => return Err(Error::defect("a machine that is no sum of terms")),
        };
        Ok((intercept, terms))
    }
}

/// Undoes the scales: w (cell - c) / s = (w / s) cell - w c / s, of which the second goes to the intercept.
fn in_units(intercept: &mut [f64], terms: &mut [(usize, Term)], units: &[InUnits], first: usize) {
    for (j, term) in terms {
        let Some(unit) = units.iter().find(|unit| first + unit.feature == *j) else { continue };
        let (Some((centre, _)), Some(cell)) = (unit.scale, unit.value.or(unit.filled)) else { continue };
        for ((b, c), w) in intercept.iter_mut().zip(&mut term.contributions).zip(&term.coefficients) {
            *b -= w * centre;
            *c = w * cell;
        }
    }
}
