//! Cutting readings into train, validation and test: in time order for series, at random only without a clock.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::clock::Step;
use crate::readings::{Readings, Series};
use gyeol_base::{Fault, Result};

/// How to split; dates are text such as `2013-01-01` or `2013-01-01 06:00`, read in the zone of the readings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SplitSpec {
    /// Shares of the rows; they may add up to less than 1, the rest at the end is left out.
    Shares {
        /// Share to fit on.
        train: f64,
        /// Share that picks epoch and hyper-parameters.
        valid: f64,
        /// Share scored once.
        test: f64,
    },
    /// Numbers of rows from the start of the clock; what remains at the end is left out.
    Rows {
        /// Rows to fit on.
        train: usize,
        /// Rows that pick epoch and hyper-parameters.
        valid: usize,
        /// Rows scored once.
        test: usize,
    },
    /// Dates at which the parts begin.
    Dates {
        /// First moment of train; the start of the readings when left out.
        #[serde(default)]
        train_from: Option<String>,
        /// First moment of validation.
        valid_from: String,
        /// First moment of test.
        test_from: String,
        /// The moment after the last of test; the end of the readings when left out.
        #[serde(default)]
        end: Option<String>,
    },
}

impl Default for SplitSpec {
    fn default() -> Self {
        SplitSpec::Shares { train: 0.7, valid: 0.15, test: 0.15 }
    }
}

/// The parts as half-open ranges of moments (milliseconds UTC; row numbers with [`Step::Rows`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Fitted on.
    pub train: Range<i64>,
    /// Picks epoch and hyper-parameters.
    pub valid: Range<i64>,
    /// Scored once.
    pub test: Range<i64>,
}

/// Row ranges of one series, or row numbers of a table without a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSplit<R = Range<usize>> {
    /// Fitted on.
    pub train: R,
    /// Picks epoch and hyper-parameters.
    pub valid: R,
    /// Scored once.
    pub test: R,
}

impl Split {
    /// Splits readings in time order.
    pub fn of(readings: &Readings, spec: &SplitSpec) -> Result<Split> {
        let (clock, rows) = readings.timeline();
        if rows == 0 {
            return Err(Fault::new("no-history", "no target value in the readings")
                .cause("the target column is empty")
                .next("name another target")
                .input());
        }
        let end_of = |i: usize| clock.at(i);
        let (from, a, b, end) = match spec {
            SplitSpec::Shares { train, valid, test } => {
                let (n, v, t) = share_counts(rows, *train, *valid, *test)?;
                (clock.start, end_of(n), end_of(n + v), end_of(n + v + t))
            }
            SplitSpec::Rows { train, valid, test } => {
                let total = train.checked_add(*valid).and_then(|x| x.checked_add(*test));
                match total {
                    Some(total) if total <= rows => {}
                    _ => {
                        return Err(Fault::new(
                            "split-too-long",
                            format!("{train} + {valid} + {test} rows are asked for, the clock has {rows}"),
                        )
                        .cause("row counts of another file, or of another step")
                        .next("ask for fewer rows, or give shares")
                        .input());
                    }
                }
                (clock.start, end_of(*train), end_of(train + valid), end_of(train + valid + test))
            }
            SplitSpec::Dates { train_from, valid_from, test_from, end } => {
                let parse = |text: &String| moment(text, readings.step, readings.zone);
                let last = end_of(rows);
                let from =
                    train_from.as_ref().map(parse).transpose()?.unwrap_or(clock.start).max(clock.start);
                let end = end.as_ref().map(parse).transpose()?.unwrap_or(last).min(last);
                (from, parse(valid_from)?, parse(test_from)?, end)
            }
        };
        let split = Split { train: from..a, valid: a..b, test: b..end };
        split.check()?;
        for (name, part) in [("train", &split.train), ("valid", &split.valid), ("test", &split.test)] {
            let rows: usize = readings.series.iter().map(|s| split_rows(s, part).len()).sum();
            if rows == 0 {
                return Err(empty_part(name, part, readings));
            }
        }
        Ok(split)
    }

    /// Checks that the parts follow one another in time without overlap; anything else would let a model see the future.
    pub fn check(&self) -> Result<()> {
        for (name, part) in [("train", &self.train), ("valid", &self.valid), ("test", &self.test)] {
            if part.start >= part.end {
                return Err(Fault::new(
                    "empty-part",
                    format!(
                        "the {name} part ends ({}) before it begins ({})",
                        words(part.end),
                        words(part.start)
                    ),
                )
                .cause("dates out of order, or beyond the readings")
                .next("let train, valid and test follow one another in time, each with at least one row")
                .input());
            }
        }
        for (a, b, one, two) in
            [(&self.train, &self.valid, "train", "valid"), (&self.valid, &self.test, "valid", "test")]
        {
            if b.start < a.end {
                return Err(Fault::new(
                    "overlapping-split",
                    format!("{two} begins at {} before {one} ends at {}", words(b.start), words(a.end)),
                )
                .cause("parts that overlap or are not in time order: the model would be judged on what it was fitted on, or on its past")
                .next("let train, valid and test follow one another in time")
                .input());
            }
        }
        Ok(())
    }

    /// The rows of a series in each part, cut to its history.
    pub fn rows(&self, series: &Series) -> RowSplit {
        RowSplit {
            train: split_rows(series, &self.train),
            valid: split_rows(series, &self.valid),
            test: split_rows(series, &self.test),
        }
    }
}

fn words(ms: i64) -> String {
    // Small numbers are row counts: no meter was read in the first seconds of 1970.
    if ms.unsigned_abs() < 100_000_000 { ms.to_string() } else { crate::clock::show(ms, None) }
}

fn empty_part(name: &str, part: &Range<i64>, readings: &Readings) -> gyeol_base::Error {
    let (clock, rows) = readings.timeline();
    Fault::new(
        "empty-part",
        format!(
            "no row in the {name} part ({} to {}); the readings run from {} to {}",
            words(part.start),
            words(part.end),
            words(clock.start),
            words(clock.at(rows.saturating_sub(1)))
        ),
    )
    .cause("dates beyond the readings, or shares too small for so few rows")
    .next("move the dates, or give a larger share")
    .input()
}

fn split_rows(series: &Series, part: &Range<i64>) -> Range<usize> {
    let from = series.clock.index_at_or_after(part.start).min(series.history);
    let to = series.clock.index_at_or_after(part.end).min(series.history);
    from..to.max(from)
}

/// A moment as people write it, on the readings' clock: a date, a date with a time, or a row number where there is no
/// clock.
///
/// # Errors
/// What was found instead.
pub fn moment(text: &str, step: Step, zone: Option<crate::Tz>) -> Result<i64> {
    if step == Step::Rows {
        return text.trim().parse::<i64>().map_err(|_| {
            Fault::new("bad-date", format!("'{text}' is not a row number"))
                .cause("the readings have no clock, so parts begin at row numbers")
                .next("give row numbers, or shares")
                .input()
        });
    }
    crate::acquire::parse_moment(text, zone).ok_or_else(|| {
        Fault::new("bad-date", format!("'{}' is not a date", gyeol_base::shorten(text, 40)))
            .cause("another way of writing dates")
            .next("write 2013-01-31 or 2013-01-31 06:00")
            .input()
    })
}

fn share_counts(rows: usize, train: f64, valid: f64, test: f64) -> Result<(usize, usize, usize)> {
    let total = train + valid + test;
    let sound = [train, valid, test].iter().all(|s| s.is_finite() && *s > 0.0) && total <= 1.0 + 1e-9;
    if !sound {
        return Err(Fault::new("bad-shares", format!("shares {train} + {valid} + {test}"))
            .cause("each share must be above 0, and together they must not exceed 1")
            .next("for example 0.7, 0.15 and 0.15")
            .input());
    }
    // Ends of parts are rounded, so that 0.7 + 0.15 + 0.15 uses every row.
    let at = |s: f64| ((rows as f64 * s).round() as usize).min(rows);
    let (a, b, c) = (at(train), at(train + valid), at(total));
    if a == 0 || b <= a || c <= b {
        return Err(Fault::new("empty-part", format!("{rows} rows are too few for these shares"))
            .cause("a very short table")
            .next("give more rows or larger shares for the empty part")
            .input());
    }
    Ok((a, b - a, c - b))
}

/// A random split of a table without a clock: row numbers of each part, in rising order; the same for the same seed.
pub fn split_random(rows: usize, shares: (f64, f64, f64), seed: u64) -> Result<RowSplit<Vec<usize>>> {
    let (n, v, t) = share_counts(rows, shares.0, shares.1, shares.2)?;
    let mut order: Vec<usize> = (0..rows).collect();
    shuffle(&mut order, seed);
    let mut parts = RowSplit {
        train: order[..n].to_vec(),
        valid: order[n..n + v].to_vec(),
        test: order[n + v..n + v + t].to_vec(),
    };
    for part in [&mut parts.train, &mut parts.valid, &mut parts.test] {
        part.sort_unstable();
    }
    Ok(parts)
}

/// A random split that keeps the share of each label in every part; a label too rare for all parts goes to train first.
pub fn split_stratified<L: Ord>(
    labels: &[L],
    shares: (f64, f64, f64),
    seed: u64,
) -> Result<RowSplit<Vec<usize>>> {
    share_counts(labels.len(), shares.0, shares.1, shares.2)?;
    let mut classes: std::collections::BTreeMap<&L, Vec<usize>> = Default::default();
    for (row, label) in labels.iter().enumerate() {
        classes.entry(label).or_default().push(row);
    }
    let mut parts = RowSplit { train: Vec::new(), valid: Vec::new(), test: Vec::new() };
    for (k, rows) in classes.values_mut().enumerate() {
        shuffle(rows, seed.wrapping_add((k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let at = |s: f64| ((rows.len() as f64 * s).round() as usize).min(rows.len());
        let a = at(shares.0).max(1);
        let b = at(shares.0 + shares.1).max(a);
        let c = at(shares.0 + shares.1 + shares.2).max(b);
        parts.train.extend(&rows[..a]);
        parts.valid.extend(&rows[a..b]);
        parts.test.extend(&rows[b..c]);
    }
    for (name, part) in [("train", &mut parts.train), ("valid", &mut parts.valid), ("test", &mut parts.test)]
    {
        part.sort_unstable();
        if part.is_empty() {
            return Err(Fault::new("empty-part", format!("no row in the {name} part"))
                .cause("every class is too rare for these shares")
                .next("give a larger share, or split at random")
                .input());
        }
    }
    Ok(parts)
}

/// Refuses to shuffle what has a clock.
pub fn refuse_shuffle(readings: &Readings) -> Result<()> {
    if readings.step == Step::Rows {
        return Ok(());
    }
    Err(Fault::new("shuffled-series", "a random split was asked for, but the rows have a clock")
        .cause("neighbouring hours are nearly equal: a shuffled split puts the answer to each test row into train")
        .next("split by shares, rows or dates in time order")
        .input())
}

/// Fisher-Yates with SplitMix64 (Steele, Lea, Flood 2014): the same order on every machine.
fn shuffle(order: &mut [usize], seed: u64) {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    for i in (1..order.len()).rev() {
        let j = ((u128::from(next()) * (i as u128 + 1)) >> 64) as usize;
        order.swap(i, j);
    }
}
