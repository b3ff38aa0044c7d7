//! Looking at a table before anything is fitted: types, gaps, noise, outliers, rhythms, suspected leaks, drift.
//!
//! [`profile`] fills one plain [`Profile`]; drawing it is left to others. Every warning has a stable code out of
//! [`CODES`] and typed parts, so that a catalogue can say it in any language.

mod clock;
mod foresight;
mod model;
mod numbers;
mod relations;
mod rhythm;
mod suspicions;
mod warnings;

pub use gyeol_base::{Part, Severity, Warning};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use crate::Tz;

pub(crate) use clock::anchor;
pub use model::*;
pub use warnings::CODES;

use crate::clock::Step;
use crate::readings::{Readings, Stamps, groups, stamps};
pub use crate::roles::Reason;
use crate::roles::{Role, Roles};
use crate::split::{Split, SplitSpec};
use crate::table::{ColumnData, ColumnKind, Table};
use crate::units;
use gyeol_base::{Error, Result};

/// Covariates that are drawn against the target, at most.
const SCATTERS: usize = 12;
/// Series that are listed one by one, at most.
const SERIES: usize = 1000;

/// Inspects a table under its roles; with a split, also the drift between its parts.
///
/// Rows may be unsorted and have gaps: that is what this is for. Rhythms are those of the longest series.
///
/// ```
/// use gyeol_data::{Roles, builtin, profile::profile};
/// let table = builtin::power_load()?;
/// let seen = profile(&table, &Roles::guess(&table), None)?;
/// assert_eq!(seen.clock.and_then(|c| c.step).as_deref(), Some("1 h"));
/// # Ok::<(), gyeol_data::Error>(())
/// ```
pub fn profile(table: &Table, roles: &Roles, split: Option<&SplitSpec>) -> Result<Profile> {
    roles.check(table)?;
    let zone = table.source().zone.as_deref().map(crate::clock::zone).transpose()?;
    let named = groups(table, roles)?;
    let found = stamps(table, roles)?;
    let counter = matches!(found, Stamps::Counter(_));
    let at = match found {
        Stamps::Time(v) | Stamps::Counter(v) => v,
        Stamps::None => vec![None; table.rows()],
    };
    let (clock, step) = match roles.time() {
        Some(column) => {
            let (profile, step) = clock::clock(column, &at, &named, zone, counter);
            (Some(profile), step)
        }
        None => (None, None),
    };
    let moments = if counter { Cow::Owned(vec![None; table.rows()]) } else { Cow::Borrowed(&at[..]) };
    let mut ordered: Vec<Vec<usize>> = named.iter().map(|(_, rows)| rows.clone()).collect();
    if clock.is_some() {
        for rows in &mut ordered {
            rows.sort_by_key(|&r| at[r]);
        }
    }
    let context =
        Context { table, roles, zone, step, at: &moments, groups: &ordered, timed: clock.is_some() };
    let (parts, membership, refused) = match split {
        Some(spec) => parts(table, roles, spec, &named),
        None => (Vec::new(), None, None),
    };
    let mut columns = Vec::with_capacity(table.columns().len());
    for info in table.columns() {
        columns.push(context.column(&info.name, info.kind, membership.as_ref())?);
    }
    // Rows with different stamps in each series differ.
    let apart = clock.as_ref().is_some_and(|clock| clock.duplicates == 0 && clock.missing == 0);
    let (duplicate_rows, duplicate_examples) = if apart { (0, Vec::new()) } else { duplicates(table) };
    let mut profile = Profile {
        source: table.source().clone(),
        rows: table.rows(),
        columns,
        clock,
        series: context.series(&named)?,
        duplicate_rows,
        duplicate_examples,
        parts,
        scatters: context.scatters()?,
        warnings: Vec::new(),
    };
    profile.warnings = warnings::warnings(&profile, roles, refused);
    profile.warnings.extend(context.suspicions(&profile)?);
    profile.warnings.sort_by_key(|w| w.severity);
    Ok(profile)
}

struct Context<'a> {
    table: &'a Table,
    roles: &'a Roles,
    zone: Option<Tz>,
    step: Option<Step>,
    at: &'a [Option<i64>],
    groups: &'a [Vec<usize>],
    timed: bool,
}

impl Context<'_> {
    /// Rows of the longest series in time order.
    fn longest(&self) -> &[usize] {
        self.groups.iter().max_by_key(|g| g.len()).map_or(&[], Vec::as_slice)
    }

    fn along(&self, values: &[f64]) -> Vec<f64> {
        self.longest().iter().map(|&r| values[r]).collect()
    }

    fn column(&self, name: &str, kind: ColumnKind, membership: Option<&Vec<u8>>) -> Result<ColumnProfile> {
        let data = self.table.data(name)?;
        let counts = count(&data);
        let entry = self.roles.entry(name);
        let role = entry.map_or(Role::Ignored, |e| e.role);
        let mut out = ColumnProfile {
            name: name.to_string(),
            kind,
            role,
            reason: entry.map_or_else(|| Reason::new("no-use", "no role was given"), |e| e.reason.clone()),
            unit: units::unit_of_name(name),
            rows: self.table.rows(),
            nulls: counts.nulls,
            filled: self.table.filled(name).map_or(0, |f| f.iter().filter(|x| **x).count()),
            distinct: counts.distinct,
            constant: counts.distinct == 1,
            numbers: None,
            classes: counts.classes,
            examples: examples(&data),
        };
        if kind.is_numeric() && !matches!(role, Role::Time | Role::Id) {
            out.numbers = Some(self.numbers(name, role, membership)?);
        }
        Ok(out)
    }

    fn numbers(&self, name: &str, role: Role, membership: Option<&Vec<u8>>) -> Result<NumberProfile> {
        let values = self.table.numbers(name)?;
        let rows = numbers::Rows { groups: self.groups, at: self.at, ordered: self.timed };
        let mut p = numbers::numbers(name, &values, &rows);
        let along = self.along(&values);
        if self.timed {
            let series = rhythm::Ordered { values: &along, step: self.step };
            (p.autocorrelation, p.periods) = rhythm::rhythm(&series);
            let at: Vec<Option<i64>> = self.longest().iter().map(|&r| self.at[r]).collect();
            p.typical_week = rhythm::typical_week(&along, &at, self.step, self.zone);
        }
        let lags = if self.timed {
            self.step.and_then(|s| s.per_day()).map_or(24, |n| (2 * n).clamp(24, 192))
        } else {
            0
        };
        for target in self.roles.targets().into_iter().filter(|t| *t != name) {
            let goal = self.table.numbers(target)?;
            if let Some((r, _, _)) = relations::pearson(values.iter().copied().zip(goal.iter().copied())) {
                p.correlations.push(Correlation { target: target.to_string(), r });
            }
            let covariate = matches!(role, Role::Past | Role::Known | Role::Ignored);
            if covariate && p.leakage.is_none() {
                p.leakage = relations::leakage(target, &along, &self.along(&goal), lags);
            }
            if self.timed && matches!(role, Role::Past | Role::Known) && p.foresight.is_none() {
                let day = self.step.and_then(|s| s.season()).unwrap_or(1);
                let known = role == Role::Known;
                p.foresight = foresight::foresight(target, &along, &self.along(&goal), lags, day, known);
            }
        }
        if let Some(of) = membership {
            let part = |k: u8| -> Vec<f64> {
                values.iter().zip(of).filter(|(_, m)| **m == k).map(|(x, _)| *x).collect()
            };
            let train = part(1);
            p.drift = [("valid", 2), ("test", 3)]
                .into_iter()
                .filter_map(|(word, k)| relations::drift(word, &train, &part(k)))
                .collect();
        }
        Ok(p)
    }

    fn series(&self, named: &[(Option<String>, Vec<usize>)]) -> Result<Vec<SeriesProfile>> {
        let values = match self.roles.targets().first() {
            Some(t) => self.table.numbers(t)?,
            None => vec![f64::NAN; self.table.rows()],
        };
        let listed = named.iter().filter_map(|(id, rows)| Some((id.clone()?, rows))).take(SERIES);
        Ok(listed
            .map(|(id, rows)| {
                let present: Vec<f64> = rows.iter().map(|&r| values[r]).filter(|x| x.is_finite()).collect();
                let mean = present.iter().sum::<f64>() / present.len() as f64;
                SeriesProfile {
                    id,
                    rows: rows.len(),
                    from: rows.iter().filter_map(|&r| self.at[r]).min(),
                    to: rows.iter().filter_map(|&r| self.at[r]).max(),
                    nulls: rows.iter().filter(|&&r| values[r].is_nan()).count(),
                    mean: mean.is_finite().then_some(mean),
                }
            })
            .collect())
    }

    fn scatters(&self) -> Result<Vec<Scatter>> {
        let targets = self.roles.targets();
        let Some(target) = targets.first() else { return Ok(Vec::new()) };
        let goal = self.table.numbers(target)?;
        let mut out = Vec::new();
        for name in self.roles.past().into_iter().chain(self.roles.known()).take(SCATTERS) {
            let values = self.table.numbers(name)?;
            out.extend(relations::scatter((target, &goal), (name, &values)));
        }
        Ok(out)
    }
}

type Parts = (Vec<PartSpan>, Option<Vec<u8>>, Option<Error>);

/// Spans of the split and, for each row, its part: 1 train, 2 valid, 3 test, 0 none.
fn parts(table: &Table, roles: &Roles, spec: &SplitSpec, named: &[(Option<String>, Vec<usize>)]) -> Parts {
    let made = Readings::from_table(table, roles).and_then(|r| Ok((Split::of(&r, spec)?, r)));
    let (split, readings) = match made {
        Ok(x) => x,
        Err(e) => return (Vec::new(), None, Some(e)),
    };
    let mut of = vec![0u8; table.rows()];
    let mut counts = [0usize; 3];
    for (series, (_, rows)) in readings.series.iter().zip(named) {
        let cut = split.rows(series);
        for (k, range) in [cut.train, cut.valid, cut.test].into_iter().enumerate() {
            counts[k] += range.len();
            for &row in &rows[range] {
                of[row] = k as u8 + 1;
            }
        }
    }
    let spans = [("train", &split.train), ("valid", &split.valid), ("test", &split.test)]
        .into_iter()
        .zip(counts)
        .map(|((name, range), rows)| PartSpan { name: name.into(), from: range.start, to: range.end, rows })
        .collect();
    (spans, Some(of), None)
}

struct Counts {
    nulls: usize,
    distinct: usize,
    classes: Vec<ClassCount>,
}

fn count(data: &ColumnData) -> Counts {
    fn tally<T: Hash + Eq + Copy>(
        values: impl Iterator<Item = Option<T>>,
        words: impl Fn(T) -> String,
        list: usize,
    ) -> Counts {
        let mut nulls = 0;
        let mut seen: HashMap<T, (usize, usize)> = HashMap::new();
        for (i, v) in values.enumerate() {
            match v {
                Some(v) => seen.entry(v).or_insert((0, i)).0 += 1,
                None => nulls += 1,
            }
        }
        let distinct = seen.len();
        let mut classes = Vec::new();
        if distinct <= list {
            let mut sorted: Vec<(T, (usize, usize))> = seen.into_iter().collect();
            sorted.sort_by_key(|(_, (n, first))| (std::cmp::Reverse(*n), *first));
            classes = sorted
                .into_iter()
                .take(20)
                .map(|(v, (n, _))| ClassCount { value: gyeol_base::shorten(&words(v), 80), count: n })
                .collect();
        }
        Counts { nulls, distinct, classes }
    }
    match data {
        ColumnData::Number(v) => tally(
            v.iter().map(|x| (!x.is_nan()).then_some(x.to_bits())),
            |b| f64::from_bits(b).to_string(),
            20,
        ),
        ColumnData::Integer(v) => tally(v.iter().copied(), |x: i64| x.to_string(), 100),
        ColumnData::Boolean(v) => tally(v.iter().copied(), |x: bool| x.to_string(), 2),
        ColumnData::Text(v) => tally(v.iter(), |x: &str| x.to_string(), usize::MAX),
        ColumnData::Time(v) => tally(v.iter().copied(), crate::clock::iso, 0),
    }
}

fn examples(data: &ColumnData) -> Vec<String> {
    let head: Vec<String> = match data {
        ColumnData::Number(v) => v.iter().filter(|x| !x.is_nan()).take(3).map(f64::to_string).collect(),
        ColumnData::Integer(v) => v.iter().flatten().take(3).map(i64::to_string).collect(),
        ColumnData::Boolean(v) => v.iter().flatten().take(3).map(bool::to_string).collect(),
        ColumnData::Text(v) => v.iter().flatten().take(3).map(str::to_owned).collect(),
        ColumnData::Time(v) => v.iter().flatten().take(3).map(|ms| crate::clock::iso(*ms)).collect(),
    };
    head.iter().map(|t| gyeol_base::shorten(t, 60)).collect()
}

/// Rows that repeat an earlier one in every cell: their number and the first few.
fn duplicates(table: &Table) -> (usize, Vec<usize>) {
    let repeated = repeated_rows(table);
    (repeated.len(), repeated.into_iter().take(5).collect())
}

/// Rows that repeat an earlier one in every cell, by two independent 64-bit hashes.
pub(crate) fn repeated_rows(table: &Table) -> Vec<usize> {
    let states = [RandomState::new(), RandomState::new()];
    let mut hashes = vec![[0u64; 2]; table.rows()];
    for column in table.columns() {
        // Each column's cells are let go before the next.
        let Ok(data) = table.data(&column.name) else { continue };
        for (i, h) in hashes.iter_mut().enumerate() {
            for (h, state) in h.iter_mut().zip(&states) {
                *h = match &data {
                    ColumnData::Number(v) => state.hash_one((*h, v[i].to_bits())),
                    ColumnData::Integer(v) => state.hash_one((*h, v[i])),
                    ColumnData::Boolean(v) => state.hash_one((*h, v[i])),
                    ColumnData::Text(v) => state.hash_one((*h, v.get(i))),
                    ColumnData::Time(v) => state.hash_one((*h, v[i])),
                };
            }
        }
    }
    let mut seen = std::collections::HashSet::with_capacity(hashes.len());
    hashes.into_iter().enumerate().filter(|(_, h)| !seen.insert(*h)).map(|(i, _)| i).collect()
}
