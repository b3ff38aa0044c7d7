//! Word and character error rates: how far what was recognised is from what was said.
//!
//! Errors are the substitutions, deletions and insertions of a least edit (Levenshtein 1966) that turns the reference
//! into the hypothesis, and a rate is their number by the length of the reference, summed over all utterances before it
//! is divided. Intervals are percentiles of a bootstrap over utterances (Bisani and Ney 2004, *Bootstrap Estimates for
//! Confidence Intervals in ASR Performance Evaluation*, ICASSP).
//!
//! Words lie between white space and are compared as they stand, case and punctuation included. Characters are Unicode
//! scalar values without white space, after the canonical composition (NFC): a Korean syllable is one of them.

use std::collections::HashMap;
use std::ops::{Add, AddAssign};

use gyeol_base::Fault;
use gyeol_base::quantile;
use gyeol_tensor::{Pool, Rng};
use unicode_normalization::UnicodeNormalization;

use gyeol_base::{Error, Result};

/// Most characters of a text whose errors are counted: the work grows with the product of both lengths.
pub const LONGEST_TEXT: usize = 1 << 16;

/// Resamples of the bootstrap.
pub const RESAMPLES: usize = 1000;

/// What errors are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Words: the word error rate.
    #[default]
    Word,
    /// Characters: the character error rate, the usual one for Korean.
    Character,
}

/// Errors of one hypothesis, or the sum of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Errors {
    /// Units that another one stands for.
    pub substitutions: u64,
    /// Units of the reference that are missing.
    pub deletions: u64,
    /// Units that the reference does not have.
    pub insertions: u64,
    /// Units of the reference.
    pub reference: u64,
}

impl Errors {
    /// Substitutions, deletions and insertions together.
    pub fn total(&self) -> u64 {
        self.substitutions + self.deletions + self.insertions
    }

    /// Errors by the length of the reference; `None` where that is empty.
    pub fn rate(&self) -> Option<f64> {
        (self.reference > 0).then(|| self.total() as f64 / self.reference as f64)
    }
}

impl Add for Errors {
    type Output = Errors;

    fn add(self, other: Errors) -> Errors {
        Errors {
            substitutions: self.substitutions + other.substitutions,
            deletions: self.deletions + other.deletions,
            insertions: self.insertions + other.insertions,
            reference: self.reference + other.reference,
        }
    }
}

impl AddAssign for Errors {
    fn add_assign(&mut self, other: Errors) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Errors {
    fn sum<I: Iterator<Item = Errors>>(all: I) -> Errors {
        all.fold(Errors::default(), Add::add)
    }
}

/// The errors of a hypothesis. Of several least edits the one that leaves most units right is counted, so that the
/// split into substitutions, deletions and insertions does not hang on the order of search.
///
/// ```
/// use gyeol_ngram::{Unit, errors};
/// let found = errors("the load fell", "a load fell again", Unit::Word)?;
/// assert_eq!((found.substitutions, found.deletions, found.insertions), (1, 0, 1));
/// assert_eq!(found.rate(), Some(2.0 / 3.0));
/// assert_eq!(errors("전력 수요", "전력 소요", Unit::Character)?.rate(), Some(0.25));
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
///
/// # Errors
/// A text of more than [`LONGEST_TEXT`] characters.
pub fn errors(reference: &str, hypothesis: &str, unit: Unit) -> Result<Errors> {
    for text in [reference, hypothesis] {
        let long = text.chars().count();
        if long > LONGEST_TEXT {
            return Err(Error::limit(
                Fault::new("text-too-long", format!("a text of {long} characters"))
                    .cause("a whole recording in one line")
                    .next(format!("cut it into utterances of at most {LONGEST_TEXT} characters")),
            ));
        }
    }
    let (reference, hypothesis): (String, String) = (reference.nfc().collect(), hypothesis.nfc().collect());
    Ok(match unit {
        Unit::Word => {
            let mut numbers = HashMap::new();
            let mut of = |text: &'_ str| -> Vec<u32> {
                text.split_whitespace()
                    .map(|word| {
                        let next = numbers.len() as u32;
                        *numbers.entry(word.to_owned()).or_insert(next)
                    })
                    .collect()
            };
            let (reference, hypothesis) = (of(&reference), of(&hypothesis));
            least_edit(&reference, &hypothesis)
        }
        Unit::Character => {
            let of = |text: &str| -> Vec<u32> {
                text.chars().filter(|c| !c.is_whitespace()).map(u32::from).collect()
            };
            least_edit(&of(&reference), &of(&hypothesis))
        }
    })
}

/// Errors of the least edit with the fewest substitutions, in two numbers a cell: the edits above, the substitutions
/// below. Deletions and insertions follow from them and the lengths.
fn least_edit(reference: &[u32], hypothesis: &[u32]) -> Errors {
    const EDIT: u64 = 1 << 32;
    // What both begin and end with is right in some least edit with fewest substitutions.
    let front = reference.iter().zip(hypothesis).take_while(|(a, b)| a == b).count();
    let (a, b) = (&reference[front..], &hypothesis[front..]);
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - back], &b[..b.len() - back]);
    let mut above: Vec<u64> = (0..=b.len() as u64).map(|j| j * EDIT).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = above[0];
        above[0] = (i as u64 + 1) * EDIT;
        for (j, y) in b.iter().enumerate() {
            let matched = if x == y { diagonal } else { diagonal + EDIT + 1 };
            diagonal = above[j + 1];
            above[j + 1] = matched.min(above[j] + EDIT).min(diagonal + EDIT);
        }
    }
    let least = above[b.len()];
    let (edits, substitutions) = ((least / EDIT) as i64, (least % EDIT) as i64);
    let longer = a.len() as i64 - b.len() as i64;
    let deletions = (edits - substitutions + longer) / 2;
    Errors {
        substitutions: substitutions as u64,
        deletions: deletions as u64,
        insertions: (deletions - longer) as u64,
        reference: reference.len() as u64,
    }
}

/// An error rate with its counts and its interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ErrorRate {
    /// Errors by units of the reference; `None` where all references are empty. It can be above 1.
    pub rate: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// What was counted.
    #[serde(flatten)]
    pub errors: Errors,
    /// Utterances.
    pub utterances: usize,
    /// Utterances with any error.
    pub wrong: usize,
}

/// A difference of two error rates on the same utterances: below 0 the first is better.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Difference {
    /// First rate less second rate.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval, both rates taken on the same resamples.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
}

/// The error rate over utterances. The interval is the same for one seed on any number of threads.
pub fn error_rate(each: &[Errors], seed: u64, pool: &Pool) -> ErrorRate {
    let errors: Errors = each.iter().copied().sum();
    let (low, high) = interval(each.len(), seed, pool, |picks| picks.map(|i| each[i]).sum::<Errors>().rate());
    let wrong = each.iter().filter(|e| e.total() > 0).count();
    ErrorRate { rate: errors.rate(), low, high, errors, utterances: each.len(), wrong }
}

/// The difference of two error rates, utterance by utterance the same ones.
///
/// # Errors
/// Different numbers of utterances.
pub fn difference(first: &[Errors], second: &[Errors], seed: u64, pool: &Pool) -> Result<Difference> {
    if first.len() != second.len() {
        return Err(Error::option(
            Fault::new("not-paired", format!("{} and {} utterances", first.len(), second.len()))
                .cause("the two results are not of the same utterances")
                .next("compare results of the same utterances, in the same order"),
        ));
    }
    let less = |a: Errors, b: Errors| Some(a.rate()? - b.rate()?);
    let value = less(first.iter().copied().sum(), second.iter().copied().sum());
    let (low, high) = interval(first.len(), seed, pool, |picks| {
        let sums =
            picks.fold((Errors::default(), Errors::default()), |(a, b), i| (a + first[i], b + second[i]));
        less(sums.0, sums.1)
    });
    Ok(Difference { value, low, high })
}

/// Numbers drawn with replacement.
type Picks<'a> = &'a mut dyn Iterator<Item = usize>;

/// 2.5 and 97.5 % quantiles of what `of` says of resamples; each resample has its own stream of random numbers.
fn interval(
    utterances: usize,
    seed: u64,
    pool: &Pool,
    of: impl Fn(Picks<'_>) -> Option<f64> + Sync,
) -> (Option<f64>, Option<f64>) {
    if utterances == 0 {
        return (None, None);
    }
    let mut values = vec![None; RESAMPLES];
    pool.each_mut(&mut values, |_, resample, value| {
        let mut rng = Rng::stream(seed, resample as u64);
        *value = of(&mut (0..utterances).map(|_| rng.below(utterances as u64) as usize));
    });
    let mut sorted: Vec<f64> = values.into_iter().flatten().collect();
    if sorted.is_empty() {
        return (None, None);
    }
    sorted.sort_unstable_by(f64::total_cmp);
    (Some(quantile(&sorted, 0.025)), Some(quantile(&sorted, 0.975)))
}
