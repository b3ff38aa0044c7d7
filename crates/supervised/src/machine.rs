//! A fitted machine with everything between an example as it comes and its answer.

use std::borrow::Cow;
use std::sync::Arc;

use gyeol_base::{Error, Fault, Result, Warning};
use gyeol_columns::{Encoder, Matrix};
use gyeol_data::Table;
use gyeol_judge::Calibrator;
use gyeol_learn::trees::Trees;
use gyeol_learn::{Features, GaussianBayes, Linear, LinearClassifier, UnitClassifier};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::{Csr, Dense};

use crate::decision::Decision;
use crate::log_odds::LogOdds;
use crate::nearest::Nearest;
use crate::net::{BagNet, TableNet};
use crate::seen::Seen;
use crate::sequence::SequenceNet;
use crate::units::{Sequences, Units};
use crate::words::TextFeatures;

/// What comes out.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// One of these classes, with probabilities.
    Class(Vec<String>),
    /// A number.
    Value,
}

/// From an example to numbers, fitted on the training part.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Of texts.
    pub texts: Option<Arc<TextFeatures>>,
    /// Of texts that are read unit by unit; nothing else is read then.
    pub units: Option<Arc<Units>>,
    /// Scores of the n-grams of a text, which a net over its units reads beside.
    pub log_odds: Option<Arc<LogOdds>>,
    /// Name of the column of texts, where they stand in a table.
    pub text_column: Option<String>,
    /// Of columns.
    pub columns: Option<Encoder>,
}

/// Rows of numbers.
#[derive(Debug, Clone)]
pub enum Rows {
    /// All written down.
    Dense(Dense),
    /// Zeros left out.
    Sparse(Csr),
    /// Numbers of units, one after another.
    Sequences(Sequences),
    /// So many rows without a column, for what looks at none.
    None(usize),
}

/// What stands in the features of a machine that looks at none.
static NOTHING: std::sync::LazyLock<Csr> = std::sync::LazyLock::new(Csr::default);

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Rows::Dense(x) => x.rows(),
            Rows::Sparse(x) => x.rows(),
            Rows::Sequences(x) => x.len(),
            Rows::None(n) => *n,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        match self {
            Rows::Dense(x) => x.cols(),
            Rows::Sparse(x) => x.cols(),
            Rows::Sequences(x) => x.vocabulary(),
            Rows::None(_) => 0,
        }
    }

    /// As learning machines take them.
    pub fn features(&self) -> Features<'_> {
        match self {
            Rows::Dense(x) => Features::Dense(x),
            Rows::Sparse(x) => Features::Sparse(x),
            // What reads features is not given sequences: a machine is checked for it.
            Rows::Sequences(_) | Rows::None(_) => Features::Sparse(&NOTHING),
        }
    }
}

impl Rows {
    /// These rows, in this order.
    #[must_use]
    pub fn select(&self, at: &[usize]) -> Rows {
        match self {
            Rows::Dense(x) => {
                let data = at.iter().flat_map(|&row| x.row(row).iter().copied()).collect();
                Rows::Dense(Dense::trusted(at.len(), x.cols(), data))
            }
            Rows::Sparse(x) => Rows::Sparse(x.select(at.iter().copied())),
            Rows::Sequences(x) => Rows::Sequences(x.select(at)),
            Rows::None(_) => Rows::None(at.len()),
        }
    }

    /// Rows of both, one below the other.
    ///
    /// # Errors
    /// Other columns; a matrix past the bounds of one.
    pub fn below(&self, other: &Rows) -> Result<Rows> {
        if self.cols() != other.cols() {
            return Err(Error::defect(format!("{} columns above {}", self.cols(), other.cols())));
        }
        Ok(match (self, &*alike(self, other)?) {
            (Rows::Dense(a), Rows::Dense(b)) => {
                let data = a.data().iter().chain(b.data()).copied().collect();
                Rows::Dense(Dense::new(a.rows() + b.rows(), a.cols(), data)?)
            }
            (Rows::Sparse(a), Rows::Sparse(b)) => {
                let last = a.nonzeros();
                let pointers = a.pointers().iter().copied().chain(b.pointers()[1..].iter().map(|p| p + last));
                let indices = a.indices().iter().chain(b.indices()).copied().collect();
                let data = a.data().iter().chain(b.data()).copied().collect();
                Rows::Sparse(Csr::new(a.cols(), pointers.collect(), indices, data)?)
            }
            (Rows::Sequences(a), Rows::Sequences(b)) => Rows::Sequences(a.below(b)),
            (rows, other) => Rows::None(rows.len() + other.len()),
        })
    }
}

/// What was learnt.
#[derive(Debug, Clone)]
pub enum Head {
    /// The same for every example: shares of the classes, or one number.
    Constant(Vec<f64>),
    /// Scores of classes that are linear in the features.
    Classes(LinearClassifier),
    /// The same over rows that are divided by their length.
    Unit(UnitClassifier),
    /// Gaussian naive Bayes.
    Gaussian(GaussianBayes),
    /// Several machines with their shares; each looks at features of its own.
    Mixture(Vec<(f64, Machine)>),
    /// The examples themselves.
    Nearest(Nearest),
    /// A number that is linear in the features.
    Values(Linear),
    /// A feed-forward net over numbers.
    Net(Box<TableNet>),
    /// A bag of embeddings, with a feed-forward net above.
    Bag(Box<BagNet>),
    /// A recurrent net over units.
    Sequence(Box<SequenceNet>),
    /// Boosted trees.
    Trees(Box<Trees>),
}

/// A fitted machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Name of its rung.
    pub rung: String,
    /// What comes out.
    pub answer: Answer,
    /// What the target is called.
    pub target: String,
    /// From an example to numbers.
    pub inputs: Inputs,
    /// What was learnt.
    pub head: Head,
    /// From scores to probabilities, learnt on the validation part.
    pub calibration: Option<Calibrator>,
    /// Fingerprints of the examples that it has learnt from or was chosen on; a mixture keeps them for its members.
    pub seen: Option<Arc<Seen>>,
    /// Which of two classes is said; without it the most probable one.
    pub decision: Option<Decision>,
}

/// What a machine says of examples.
#[derive(Debug, Clone)]
pub enum Said {
    /// Probabilities (examples, classes).
    Classes(Dense),
    /// Numbers.
    Values(Vec<f64>),
}

impl Said {
    /// The most probable class of each example, the first of equal ones.
    pub fn classes(&self) -> Vec<u32> {
        match self {
            Said::Classes(p) => (0..p.rows()).map(|row| most(p.row(row))).collect(),
            Said::Values(_) => Vec::new(),
        }
    }
}

impl Said {
    /// The sum of answers to the same examples, each times its share.
    ///
    /// # Errors
    /// Answers of different kinds, or of different examples.
    pub fn mixed(said: impl IntoIterator<Item = (f64, Said)>) -> Result<Said> {
        let mut out: Option<Said> = None;
        for (share, one) in said {
            let scaled = |v: &f64| share * v;
            out = Some(match (out, one) {
                (None, Said::Classes(p)) => {
                    Said::Classes(Dense::new(p.rows(), p.cols(), p.data().iter().map(scaled).collect())?)
                }
                (None, Said::Values(v)) => Said::Values(v.iter().map(scaled).collect()),
                (Some(Said::Classes(sum)), Said::Classes(p))
                    if (sum.rows(), sum.cols()) == (p.rows(), p.cols()) =>
                {
                    let data = sum.data().iter().zip(p.data()).map(|(s, v)| s + share * v).collect();
                    Said::Classes(Dense::new(p.rows(), p.cols(), data)?)
                }
                (Some(Said::Values(sum)), Said::Values(v)) if sum.len() == v.len() => {
                    Said::Values(sum.iter().zip(&v).map(|(s, v)| s + share * v).collect())
                }
                _ => return Err(unfit()),
            });
        }
        out.ok_or_else(unfit)
    }
}

/// Place of the largest number, the first of equal ones.
pub fn most(row: &[f64]) -> u32 {
    row.iter()
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (k, &v)| if v > best.1 { (k as u32, v) } else { best })
        .0
}

impl Machine {
    /// Classes; none for a machine of numbers.
    pub fn classes(&self) -> &[String] {
        match &self.answer {
            Answer::Class(names) => names,
            Answer::Value => &[],
        }
    }

    /// The class of each example, by its own rule where it has one; none for a machine of numbers.
    pub fn decide(&self, said: &Said) -> Vec<u32> {
        self.decision.map_or_else(|| said.classes(), |rule| rule.classes(said))
    }

    /// Whether its features and what was learnt are of one width.
    ///
    /// # Errors
    /// They are not.
    pub fn fits(&self) -> Result<()> {
        let wanted = match &self.head {
            Head::Constant(_) => return Ok(()),
            Head::Mixture(members) => {
                let same =
                    members.iter().all(|(share, m)| m.answer == self.answer && (0.0..=1.0).contains(share));
                return if same && !members.is_empty() { Ok(()) } else { Err(unfit()) };
            }
            Head::Classes(model) => model.inputs,
            Head::Unit(model) => model.linear.inputs,
            Head::Gaussian(model) => model.means.cols(),
            Head::Nearest(model) => model.rows.cols(),
            Head::Values(model) => model.inputs,
            Head::Net(model) => model.inputs(),
            Head::Bag(model) => model.inputs(),
            Head::Sequence(model) => model.inputs(),
            Head::Trees(model) => model.inputs(),
        };
        let ordered = matches!(self.head, Head::Sequence(_));
        let alone = self.inputs.texts.is_none() && self.inputs.columns.is_none();
        let beside = self.inputs.log_odds.as_ref().map_or(0, |odds| odds.width());
        let reads = match &self.head {
            Head::Sequence(model) => model.beside(),
            _ => 0,
        };
        if ordered != self.inputs.units.is_some() || (ordered && !alone) || beside != reads {
            return Err(unfit());
        }
        if wanted == self.inputs.len() {
            return Ok(());
        }
        Err(Fault::new("other-columns", format!("{} features for a model of {wanted}", self.inputs.len()))
            .input())
    }

    /// Numbers learnt.
    pub fn parameters(&self) -> usize {
        match &self.head {
            Head::Constant(values) => values.len(),
            Head::Mixture(members) => members.iter().map(|(_, m)| 1 + m.parameters()).sum(),
            Head::Classes(model) => model.parameters(),
            Head::Unit(model) => model.linear.parameters() + model.metric.len(),
            Head::Gaussian(model) => 2 * model.means.data().len() + model.log_prior.len(),
            Head::Nearest(model) => match &model.rows {
                Rows::Sparse(x) => x.nonzeros(),
                rows => rows.len() * rows.cols(),
            },
            Head::Values(model) => model.parameters(),
            Head::Net(model) => model.parameters(),
            Head::Bag(model) => model.parameters(),
            Head::Sequence(model) => {
                model.parameters() + self.inputs.log_odds.as_ref().map_or(0, |odds| odds.parameters())
            }
            Head::Trees(model) => model.parameters(),
        }
    }

    /// What it says of rows of features, made as those of the fit.
    ///
    /// # Errors
    /// Rows made in another way.
    pub fn of_rows(&self, rows: &Rows, pool: &Pool) -> Result<Said> {
        match (&self.answer, &self.head) {
            (Answer::Class(_), Head::Constant(shares)) => {
                let data = (0..rows.len()).flat_map(|_| shares.iter().copied()).collect();
                Ok(Said::Classes(Dense::new(rows.len(), shares.len(), data)?))
            }
            (Answer::Class(names), head) => {
                let found = match head {
                    Head::Nearest(model) => {
                        model.probabilities(alike(&model.rows, rows)?.features(), pool)?
                    }
                    Head::Gaussian(model) => model.probabilities(&*dense(rows)?, pool)?,
                    Head::Unit(model) => {
                        let scores = model.decision(rows.features(), pool)?;
                        let calibrator = self.calibration.as_ref().ok_or_else(unfit)?;
                        Dense::new(rows.len(), names.len(), calibrator.apply(scores.data())?)?
                    }
                    Head::Classes(model) => match &self.calibration {
                        Some(calibrator) => {
                            let scores = model.decision(rows.features(), pool)?;
                            Dense::new(rows.len(), names.len(), calibrator.apply(scores.data())?)?
                        }
                        None => model.probabilities(rows.features(), pool)?.ok_or_else(unfit)?,
                    },
                    Head::Net(model) => {
                        Dense::new(rows.len(), names.len(), model.probabilities(rows, pool)?)?
                    }
                    Head::Bag(model) => {
                        Dense::new(rows.len(), names.len(), model.probabilities(rows, pool)?)?
                    }
                    Head::Sequence(model) => {
                        Dense::new(rows.len(), names.len(), model.probabilities(rows, pool)?)?
                    }
                    Head::Trees(model) => model.probabilities(rows.features(), pool)?,
                    Head::Constant(_) | Head::Values(_) | Head::Mixture(_) => return Err(unfit()),
                };
                Ok(Said::Classes(found))
            }
            (Answer::Value, Head::Constant(value)) => {
                Ok(Said::Values(vec![value.first().copied().unwrap_or(0.0); rows.len()]))
            }
            (Answer::Value, Head::Values(model)) => Ok(Said::Values(linear(model, rows))),
            (Answer::Value, Head::Nearest(model)) => {
                Ok(Said::Values(model.values(alike(&model.rows, rows)?.features(), pool)?))
            }
            (Answer::Value, Head::Net(model)) => Ok(Said::Values(model.values(rows, pool)?)),
            (Answer::Value, Head::Bag(model)) => Ok(Said::Values(model.values(rows, pool)?)),
            (Answer::Value, Head::Sequence(model)) => Ok(Said::Values(model.values(rows, pool)?)),
            (Answer::Value, Head::Trees(model)) => Ok(Said::Values(model.values(rows.features(), pool)?)),
            (Answer::Value, _) => Err(unfit()),
        }
    }

    /// Whether it reads columns of a table.
    pub fn reads_columns(&self) -> bool {
        match &self.head {
            Head::Mixture(members) => members.iter().any(|(_, m)| m.reads_columns()),
            _ => self.inputs.columns.is_some(),
        }
    }

    /// Whether it reads texts.
    pub fn reads_texts(&self) -> bool {
        match &self.head {
            Head::Mixture(members) => members.iter().any(|(_, m)| m.reads_texts()),
            _ => self.inputs.reads_texts(),
        }
    }

    /// Name of the column of texts, where they stand in a table.
    pub fn text_column(&self) -> Option<&str> {
        match &self.head {
            Head::Mixture(members) => members.iter().find_map(|(_, m)| m.text_column()),
            _ => self.inputs.text_column.as_deref(),
        }
    }

    /// What it says of examples as they come: texts, a table, or a table with a column of texts. Also what deserves to be
    /// said: levels that were not seen, columns that were not asked for.
    ///
    /// # Errors
    /// A column that is not there; texts where a table is needed, or the other way round.
    pub fn ask(
        &self,
        texts: Option<&[String]>,
        table: Option<&Table>,
        pool: &Pool,
    ) -> Result<(Said, Vec<Warning>)> {
        if let Head::Mixture(members) = &self.head {
            let (mut said, mut warnings) = (Vec::new(), Vec::new());
            for (share, member) in members {
                let (one, more) = member.ask(texts, table, pool)?;
                said.push((*share, one));
                // Members that read the same say the same.
                warnings.extend(more.into_iter().filter(|w| !warnings.contains(w)).collect::<Vec<Warning>>());
            }
            return Ok((Said::mixed(said)?, warnings));
        }
        let (rows, warnings) = self.inputs.rows(texts, table)?;
        Ok((self.of_rows(&rows, pool)?, warnings))
    }
}

/// y = x w + b of each row.
fn linear(model: &Linear, rows: &Rows) -> Vec<f64> {
    let b = model.bias.first().copied().unwrap_or(0.0);
    let of = |row: usize| match rows {
        Rows::Dense(x) => x.row(row).iter().zip(&model.weights).map(|(v, w)| v * w).sum::<f64>(),
        Rows::Sparse(x) => x.row(row).map(|(j, v)| v * model.weights[j as usize]).sum(),
        Rows::Sequences(_) | Rows::None(_) => 0.0,
    };
    (0..rows.len()).map(|row| b + of(row)).collect()
}

/// Rows in the form of others: an encoder may write few rows down in another way than many.
pub(crate) fn alike<'r>(like: &Rows, rows: &'r Rows) -> Result<Cow<'r, Rows>> {
    Ok(match (like, rows) {
        (Rows::Dense(_), Rows::Sparse(x)) => Cow::Owned(Rows::Dense(x.to_dense()?)),
        (Rows::Sparse(_), Rows::Dense(x)) => Cow::Owned(Rows::Sparse(Csr::from_dense(x)?)),
        _ => Cow::Borrowed(rows),
    })
}

/// Rows with all numbers written down.
///
/// # Errors
/// More numbers than memory is given for.
pub fn dense(rows: &Rows) -> Result<Cow<'_, Dense>> {
    Ok(match rows {
        Rows::Dense(x) => Cow::Borrowed(x),
        Rows::Sparse(x) => Cow::Owned(x.to_dense()?),
        Rows::Sequences(_) => return Err(Error::defect("sequences where features are read")),
        Rows::None(n) => Cow::Owned(Dense::zeros(*n, 0)?),
    })
}

fn unfit() -> Error {
    Error::defect("a machine whose parts do not fit each other")
}

impl Inputs {
    /// Columns.
    pub fn len(&self) -> usize {
        self.texts.as_ref().map_or(0, |t| t.len())
            + self.units.as_ref().map_or(0, |units| units.len())
            + self.columns.as_ref().map_or(0, Encoder::width)
    }

    /// Whether nothing is looked at.
    pub fn is_empty(&self) -> bool {
        !self.reads_texts() && self.columns.is_none()
    }

    /// Whether texts are looked at.
    pub fn reads_texts(&self) -> bool {
        self.texts.is_some() || self.units.is_some()
    }

    /// What a column of the features is called: the term of a text, or the column with its level.
    pub fn name(&self, column: usize) -> String {
        let terms = self.texts.as_ref().map_or(0, |t| t.len());
        match (&self.texts, &self.columns) {
            (Some(texts), _) if column < terms => texts.term(column).into_owned(),
            (_, Some(columns)) => columns.names()[column - terms].to_string(),
            _ => String::new(),
        }
    }

    /// The texts of examples: as they were given, or of the column of texts.
    pub(crate) fn texts_of<'t>(
        &self,
        texts: Option<&'t [String]>,
        table: Option<&Table>,
    ) -> Result<Option<Cow<'t, [String]>>> {
        Ok(match (texts, &self.text_column, table) {
            (Some(texts), ..) => Some(Cow::Borrowed(texts)),
            (None, Some(column), Some(table)) if self.reads_texts() => {
                Some(Cow::Owned(table.texts(column)?.into_iter().map(Option::unwrap_or_default).collect()))
            }
            _ => None,
        })
    }

    /// Rows of numbers of examples as they come, with what deserves to be said.
    ///
    /// # Errors
    /// As [`Machine::ask`].
    pub fn rows(&self, texts: Option<&[String]>, table: Option<&Table>) -> Result<(Rows, Vec<Warning>)> {
        let found = self.texts_of(texts, table)?;
        let texts = found.as_deref();
        let lacking = |what: &str, next: &str| {
            Err(Fault::new("wrong-shape", format!("{what} where it was fitted on others")).next(next).input())
        };
        if let Some(units) = &self.units {
            return match texts {
                Some(texts) => {
                    let mut found = units.transform_texts(texts);
                    if let Some(odds) = &self.log_odds {
                        found = found.with_beside(odds.transform_texts(texts)?, odds.width())?;
                    }
                    let warnings = units.cut(&found).into_iter().collect();
                    Ok((Rows::Sequences(found), warnings))
                }
                None => lacking("a table", "give texts, or a table with the column of texts"),
            };
        }
        let sparse = match (&self.texts, texts) {
            (Some(features), Some(texts)) => Some(features.transform_texts(texts)?),
            (Some(_), None) => return lacking("a table", "give texts, or a table with the column of texts"),
            (None, _) => None,
        };
        let (encoded, warnings) = match (&self.columns, table) {
            (Some(encoder), Some(table)) => {
                let all: Vec<usize> = (0..table.rows()).collect();
                let found = encoder.transform(table, &all)?;
                (Some(found.features), found.warnings)
            }
            (Some(_), None) => return lacking("texts", "give a table with the columns of the fit"),
            (None, _) => (None, Vec::new()),
        };
        let count = texts.map_or(table.map_or(0, Table::rows), <[String]>::len);
        Ok((together(sparse, encoded, count)?, warnings))
    }
}

/// Features of texts and of columns side by side.
pub fn together(texts: Option<Csr>, columns: Option<Matrix>, count: usize) -> Result<Rows> {
    Ok(match (texts, columns) {
        (None, None) => Rows::None(count),
        (Some(texts), None) => Rows::Sparse(texts),
        (None, Some(Matrix::Dense(x))) => Rows::Dense(x),
        (None, Some(Matrix::Sparse(x))) => Rows::Sparse(x),
        (Some(texts), Some(columns)) => {
            let columns = match columns {
                Matrix::Dense(x) => Csr::from_dense(&x)?,
                Matrix::Sparse(x) => x,
            };
            Rows::Sparse(crate::words::beside(vec![texts, columns])?)
        }
    })
}
