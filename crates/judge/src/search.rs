//! Hyper-parameters chosen by their loss on validation: every point of a grid, points at random (Bergstra and Bengio 2012),
//! or many with little budget of which the better ones go on with more (successive halving, Jamieson and Talwalkar 2016).
//! All that was tried is told, the losing points too.

use std::collections::BTreeMap;

use gyeol_base::{Fault, Result};
use gyeol_tensor::Rng;
use serde::{Deserialize, Serialize};

use crate::{least, lists};

const STREAM: u64 = 0x5ea2c4;

/// Most settings of one search.
const MOST: usize = 1_000_000;

/// The value of a hyper-parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A name.
    Name(String),
}

/// Values by the names of their hyper-parameters.
pub type Setting = BTreeMap<String, Value>;

/// Where the values of a hyper-parameter come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Range {
    /// One of these, all alike.
    Choice(Vec<Value>),
    /// Uniform in [low, high).
    Uniform(f64, f64),
    /// Its logarithm uniform; `low` is above 0.
    LogUniform(f64, f64),
    /// A whole number from low to high, both included.
    Whole(i64, i64),
}

/// The hyper-parameters of a search, by name.
///
/// ```
/// use gyeol_judge::{Range, Space, Value, search};
/// let space = Space::new([("c", Range::LogUniform(0.01, 100.0)), ("bigrams", Range::Choice(vec![Value::Flag(true), Value::Flag(false)]))])?;
/// let found = search(space.random(50, 7), |setting| {
///     let Value::Number(c) = setting["c"] else { unreachable!() };
///     Ok(c.ln().powi(2))
/// })?;
/// assert!(found.best().loss < 0.2 && found.tried.len() == 50);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Space(BTreeMap<String, Range>);

impl Space {
    /// A space of named ranges.
    ///
    /// # Errors
    /// A range without values, from high to low, not finite, or a logarithm of what is not above 0 (`bad-range`).
    pub fn new<N: Into<String>>(ranges: impl IntoIterator<Item = (N, Range)>) -> Result<Space> {
        let space = Space(ranges.into_iter().map(|(name, range)| (name.into(), range)).collect());
        for (name, range) in &space.0 {
            let right = match range {
                Range::Choice(values) => !values.is_empty(),
                Range::Uniform(low, high) => {
                    low.is_finite() && high.is_finite() && low <= high && (high - low).is_finite()
                }
                Range::LogUniform(low, high) => *low > 0.0 && high.is_finite() && low <= high,
                Range::Whole(low, high) => low <= high,
            };
            if !right {
                let next = "give values, or a range from low to high (above 0 for logarithms)";
                return Err(lists::bad_option(
                    "bad-range",
                    format!("'{name}' has the range {range:?}"),
                    next,
                ));
            }
        }
        Ok(space)
    }

    /// Every combination; the last name changes fastest.
    ///
    /// # Errors
    /// A range of numbers, which has no end of points; more than a million combinations.
    pub fn grid(&self) -> Result<Vec<Setting>> {
        let mut out = vec![Setting::new()];
        for (name, range) in &self.0 {
            let values: Vec<Value> = match range {
                Range::Choice(values) => values.clone(),
                Range::Whole(low, high) if high.abs_diff(*low) < MOST as u64 => {
                    (*low..=*high).map(Value::Whole).collect()
                }
                _ => {
                    let next = "list its values for a grid, or search at random";
                    return Err(lists::bad_option(
                        "no-grid",
                        format!("'{name}' has the range {range:?}"),
                        next,
                    ));
                }
            };
            if out.len().saturating_mul(values.len()) > MOST {
                let found = format!("a grid of more than {MOST} points, at '{name}'");
                return Err(Fault::new("large-grid", found)
                    .next("list fewer values, or search at random")
                    .limit());
            }
            let with = |setting: &Setting, value: &Value| {
                let mut setting = setting.clone();
                setting.insert(name.clone(), value.clone());
                setting
            };
            out =
                out.iter().flat_map(|setting| values.iter().map(move |value| with(setting, value))).collect();
        }
        Ok(out)
    }

    /// Settings at random, a million at most; setting `i` of a seed is the same however many are drawn.
    pub fn random(&self, tries: usize, seed: u64) -> Vec<Setting> {
        let mut rng = Rng::stream(seed, STREAM);
        let mut value = |range: &Range| match range {
            Range::Choice(values) => values[rng.below(values.len() as u64) as usize].clone(),
            Range::Uniform(low, high) => Value::Number(low + rng.uniform() * (high - low)),
            Range::LogUniform(low, high) => {
                Value::Number((low.ln() + rng.uniform() * (high.ln() - low.ln())).exp().clamp(*low, *high))
            }
            Range::Whole(low, high) => {
                Value::Whole(low.wrapping_add(rng.below(high.abs_diff(*low).saturating_add(1)) as i64))
            }
        };
        (0..tries.min(MOST))
            .map(|_| self.0.iter().map(|(name, range)| (name.clone(), value(range))).collect())
            .collect()
    }
}

/// A setting that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried<S> {
    /// What was tried.
    pub setting: S,
    /// With how much (rows, epochs); 0 where budgets play no part.
    pub budget: usize,
    /// Its loss on validation; NaN where the fit gave none.
    pub loss: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Searched<S> {
    /// All, in the order of trying.
    pub tried: Vec<Tried<S>>,
    /// Place of the best: the least loss at the largest budget.
    pub best: usize,
}

impl<S> Searched<S> {
    /// The best.
    pub fn best(&self) -> &Tried<S> {
        &self.tried[self.best]
    }
}

/// Tries every setting once; of equal losses the first is best.
///
/// # Errors
/// No setting; an error of a fit; no loss that is a number (`no-loss`).
pub fn search<S>(
    settings: impl IntoIterator<Item = S>,
    mut loss: impl FnMut(&S) -> Result<f64>,
) -> Result<Searched<S>> {
    let mut tried = Vec::new();
    for setting in settings {
        let loss = loss(&setting)?;
        tried.push(Tried { setting, budget: 0, loss });
    }
    done(tried, 0)
}

/// Successive halving: all settings with budget `least`, then the best `1 / factor` of them with `factor` times as much,
/// until one is left or the budget is `most`.
///
/// # Errors
/// As [`search`]; a factor below 2, budgets that do not rise from 1 or more.
///
/// ```
/// let found = gyeol_judge::halving(0..9, 10, 90, 3, |&s, budget| Ok(f64::from(s) + 1.0 / budget as f64))?;
/// assert_eq!((found.best().setting, found.best().budget, found.tried.len()), (0, 90, 9 + 3 + 1));
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub fn halving<S: Clone>(
    settings: impl IntoIterator<Item = S>,
    least: usize,
    most: usize,
    factor: usize,
    mut loss: impl FnMut(&S, usize) -> Result<f64>,
) -> Result<Searched<S>> {
    if factor < 2 || least == 0 || least > most {
        let found = format!("budgets from {least} to {most} by a factor of {factor}");
        return Err(lists::bad_option(
            "bad-budget",
            found,
            "give a factor of 2 or more, and budgets that rise from 1",
        ));
    }
    let (mut going, mut budget, mut tried): (Vec<S>, _, Vec<Tried<S>>) =
        (settings.into_iter().collect(), least, Vec::new());
    loop {
        let begin = tried.len();
        for setting in going {
            let loss = loss(&setting, budget)?;
            tried.push(Tried { setting, budget, loss });
        }
        let round = &tried[begin..];
        if round.len() <= 1 || budget == most {
            return done(tried, begin);
        }
        let mut order: Vec<usize> = (0..round.len()).collect();
        order.sort_by(|&a, &b| number(round[a].loss).total_cmp(&number(round[b].loss)));
        going = order[..round.len().div_ceil(factor)].iter().map(|&at| round[at].setting.clone()).collect();
        budget = budget.saturating_mul(factor).min(most);
    }
}

fn number(loss: f64) -> f64 {
    if loss.is_nan() { f64::INFINITY } else { loss }
}

fn done<S>(tried: Vec<Tried<S>>, last_round: usize) -> Result<Searched<S>> {
    let best = least(tried[last_round..].iter().map(|t| t.loss)).map(|at| at + last_round);
    match best.filter(|&at| !tried[at].loss.is_nan()) {
        Some(best) => Ok(Searched { tried, best }),
        None => Err(Fault::new("no-loss", format!("none of {} settings gave a loss", tried.len()))
            .cause("no setting at all, or fits that diverged")
            .next("try other settings")
            .input()),
    }
}
