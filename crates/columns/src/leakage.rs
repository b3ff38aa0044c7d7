//! Signs that a score will be too good: columns that give the label away, and rows that stand in two parts.
//!
//! For levels x and classes y the share of the label's entropy that the column explains, I(x; y) / H(y) (Theil's
//! uncertainty coefficient), over rows whose level comes more than once. For numbers and two classes, the area under the
//! ROC curve; for numbers and more classes, whether sorting by the column puts every class in one run; for numbers and
//! numbers, Pearson's correlation.

use std::collections::{BTreeMap, HashMap};

use gyeol_base::{Fault, Part, Result};
use gyeol_data::roles::Reason;
use gyeol_data::{ColumnData, Table};
use serde::{Deserialize, Serialize};

use crate::encoder::within;
use crate::read::{Kind, because, read};

/// From here on a column is named.
const EXPLAINED: f64 = 0.99;
const AREA: f64 = 0.999;
const CORRELATED: f64 = 0.9999;
/// Fewest rows that say something, and fewest of them that are not of the largest class: a column tells two rows by chance.
const ENOUGH: usize = 20;
const OTHERS: usize = 5;
/// Fewest rows of which an order that parts the classes says something: in small tables an honest measurement may.
const ORDERED: usize = 200;

/// What is learned, one entry a row of `rows`.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Class numbers.
    Classes(&'a [u32]),
    /// Numbers.
    Numbers(&'a [f64]),
}

/// What kind of sign it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeakKind {
    /// The column is the label by another name: each of its values stands for one class, each class for one value.
    IsLabel,
    /// It alone tells the label.
    TellsLabel,
    /// It numbers or names the rows.
    Id,
}

/// A column that should not be learned from, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leak {
    /// Its name.
    pub column: String,
    /// What it seems to be.
    pub kind: LeakKind,
    /// `explained`, `area`, `runs`, `correlation`, `equal`, or the code by which an id was read.
    pub reason: Reason,
}

/// Looks at every column but the skipped ones over these (training) rows; the target has one entry for each of them. With
/// fewer than 20 rows nothing is said.
///
/// # Errors
/// A target of another length (`unequal-lists`), a row that is not there.
pub fn leakage(table: &Table, rows: &[usize], target: Target<'_>, skip: &[&str]) -> Result<Vec<Leak>> {
    within(table, rows)?;
    let length = match target {
        Target::Classes(labels) => labels.len(),
        Target::Numbers(values) => values.len(),
    };
    if length != rows.len() {
        return Err(Fault::new("unequal-lists", format!("{length} labels for {} rows", rows.len()))
            .next("give one a row")
            .input());
    }
    let mut out = Vec::new();
    if rows.len() < ENOUGH {
        return Ok(out);
    }
    for info in table.columns().iter().filter(|info| !skip.contains(&info.name.as_str())) {
        let data = table.data(&info.name)?;
        let reading = read(&info.name, &data, rows, usize::MAX);
        let found = match (target, reading.kind) {
            (_, Kind::Dropped) if matches!(reading.reason.code.as_str(), "rising" | "all-different") => {
                Some((LeakKind::Id, reading.reason))
            }
            (_, Kind::Dropped | Kind::Text) => None,
            (Target::Classes(labels), Kind::Level | Kind::Flag) => by_levels(&keys(&data, rows), labels),
            (Target::Classes(labels), _) => {
                let values = numbers(&data, rows);
                let keys = keys(&data, rows);
                // Of numbers only codes: among many different ones each comes so seldom that chance makes it pure.
                let few = |of: &[u32]| of.iter().collect::<std::collections::HashSet<_>>().len();
                let codes = few(&keys) <= 2 * few(labels);
                codes.then(|| by_levels(&keys, labels)).flatten().or_else(|| by_order(&values, labels))
            }
            (Target::Numbers(y), Kind::Level) => {
                // A level that comes again and always with one number tells it.
                let numbers: Vec<u64> = y.iter().map(|v| (v + 0.0).to_bits()).collect();
                by_levels(&keys(&data, rows), &as_classes(&numbers))
            }
            (Target::Numbers(y), _) => by_correlation(&numbers(&data, rows), y),
        };
        out.extend(found.map(|(kind, reason)| Leak { column: info.name.clone(), kind, reason }));
    }
    Ok(out)
}

/// Cells as numbers, moments too; NaN where missing, or where they are no numbers.
fn numbers(data: &ColumnData, rows: &[usize]) -> Vec<f64> {
    let at = |row: usize| match data {
        ColumnData::Number(v) => v[row],
        ColumnData::Integer(v) | ColumnData::Time(v) => v[row].map_or(f64::NAN, |x| x as f64),
        ColumnData::Boolean(v) => v[row].map_or(f64::NAN, f64::from),
        ColumnData::Text(_) => f64::NAN,
    };
    rows.iter().map(|&row| at(row)).collect()
}

/// Cells as numbers that are equal where the cells are; missing cells are a value of their own.
fn keys(data: &ColumnData, rows: &[usize]) -> Vec<u32> {
    match data {
        ColumnData::Text(v) => as_classes(&rows.iter().map(|&row| v.get(row)).collect::<Vec<_>>()),
        _ => as_classes(
            &numbers(data, rows)
                .iter()
                .map(|x| if x.is_nan() { u64::MAX } else { (x + 0.0).to_bits() })
                .collect::<Vec<_>>(),
        ),
    }
}

/// Values numbered as they come.
fn as_classes<T: Copy + Eq + std::hash::Hash>(values: &[T]) -> Vec<u32> {
    let mut seen = HashMap::new();
    let mut number = |value: T| {
        let next = seen.len() as u32;
        *seen.entry(value).or_insert(next)
    };
    values.iter().map(|&value| number(value)).collect()
}

/// Keys are dense: as [`as_classes`] numbers them.
fn by_levels(keys: &[u32], labels: &[u32]) -> Option<(LeakKind, Reason)> {
    let mut often = vec![0usize; keys.iter().max().map_or(0, |&most| most as usize + 1)];
    keys.iter().for_each(|&key| often[key as usize] += 1);
    let mut pairs: Vec<(u32, u32)> = keys
        .iter()
        .copied()
        .zip(labels.iter().copied())
        .filter(|(key, _)| often[*key as usize] > 1)
        .collect();
    // A level that comes once tells everything and nothing.
    if pairs.len() * 2 < keys.len() || pairs.len() < ENOUGH {
        return None;
    }
    // Counts in the order of the values, so that their sums are the same bits each time.
    pairs.sort_unstable();
    let mut labels: Vec<u32> = pairs.iter().map(|pair| pair.1).collect();
    labels.sort_unstable();
    let x: Vec<usize> = pairs.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).collect();
    let y: Vec<usize> = labels.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
    let both: Vec<usize> = pairs.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
    let n = pairs.len() as f64;
    let entropy =
        |counts: &[usize]| counts.iter().map(|&c| -(c as f64 / n) * (c as f64 / n).ln()).sum::<f64>();
    let (hx, hy, hxy) = (entropy(&x), entropy(&y), entropy(&both));
    if hx <= 0.0 || pairs.len() - y.iter().max().copied().unwrap_or_default() < OTHERS {
        return None;
    }
    let shared = hx + hy - hxy;
    let explained = shared / hy;
    if explained < EXPLAINED {
        return None;
    }
    let parts = [
        ("explained", Part::Share(explained)),
        ("levels", Part::Count(x.len() as u64)),
        ("rows", Part::Count(pairs.len() as u64)),
    ];
    let words = format!(
        "its {} values explain {:.1} % of the label's entropy over {} rows",
        x.len(),
        explained * 100.0,
        pairs.len()
    );
    let kind = if shared / hx >= EXPLAINED { LeakKind::IsLabel } else { LeakKind::TellsLabel };
    Some((kind, because("explained", &parts, words)))
}

fn by_order(values: &[f64], labels: &[u32]) -> Option<(LeakKind, Reason)> {
    let mut pairs: Vec<(f64, u32)> =
        values.iter().copied().zip(labels.iter().copied()).filter(|p| !p.0.is_nan()).collect();
    if pairs.len() * 2 < values.len() || pairs.len() < ORDERED {
        return None;
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut classes: BTreeMap<u32, usize> = BTreeMap::new();
    pairs.iter().for_each(|p| *classes.entry(p.1).or_default() += 1);
    if pairs.len() - classes.values().max().copied().unwrap_or_default() < OTHERS {
        return None;
    }
    let mut in_order = classes.keys();
    let (Some(&first), Some(&second)) = (in_order.next(), in_order.next()) else { return None };
    if classes.len() > 2 {
        // Equal numbers of two classes are no cut between them.
        let mixed = pairs.windows(2).any(|p| p[0].0 == p[1].0 && p[0].1 != p[1].1);
        let runs = pairs.chunk_by(|a, b| a.1 == b.1).count();
        let parts =
            [("classes", Part::Count(classes.len() as u64)), ("rows", Part::Count(pairs.len() as u64))];
        let words = format!("sorted by it, each of {} classes is one run", classes.len());
        return (!mixed && runs == classes.len())
            .then(|| (LeakKind::TellsLabel, because("runs", &parts, words)));
    }
    let (mut below, mut wins, mut n) = (0.0, 0.0, [0.0, 0.0]);
    for run in pairs.chunk_by(|a, b| a.0 == b.0) {
        let of = |class: u32| run.iter().filter(|p| p.1 == class).count() as f64;
        let (a, b) = (of(first), of(second));
        wins += b * (below + a / 2.0);
        below += a;
        n = [n[0] + a, n[1] + b];
    }
    let area: f64 = wins / (n[0] * n[1]);
    let area = area.max(1.0 - area);
    let words = format!("alone it ranks the two classes with an area under the ROC curve of {area:.4}");
    (area >= AREA).then(|| (LeakKind::TellsLabel, because("area", &[("area", Part::Number(area))], words)))
}

fn by_correlation(x: &[f64], y: &[f64]) -> Option<(LeakKind, Reason)> {
    let pairs: Vec<(f64, f64)> =
        x.iter().copied().zip(y.iter().copied()).filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    if pairs.len() * 2 < x.len() || pairs.len() < ENOUGH {
        return None;
    }
    if pairs.iter().all(|(x, y)| x == y) && pairs.iter().any(|p| p.0 != pairs[0].0) {
        return Some((
            LeakKind::IsLabel,
            because("equal", &[], format!("it equals the target in all {} rows", pairs.len())),
        ));
    }
    let n = pairs.len() as f64;
    // In units of the largest, so that no square overflows.
    let unit =
        |of: fn(&(f64, f64)) -> f64| pairs.iter().map(|p| of(p).abs()).fold(f64::MIN_POSITIVE, f64::max);
    let (ux, uy) = (unit(|p| p.0), unit(|p| p.1));
    let (mx, my) =
        (pairs.iter().map(|p| p.0 / ux / n).sum::<f64>(), pairs.iter().map(|p| p.1 / uy / n).sum::<f64>());
    let (mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs.iter().map(|p| (p.0 / ux - mx, p.1 / uy - my)) {
        sxx += x * x;
        syy += y * y;
        sxy += x * y;
    }
    let r = sxy / (sxx * syy).sqrt();
    let words = format!("its correlation with the target is {r:.6}");
    (r.abs() >= CORRELATED)
        .then(|| (LeakKind::TellsLabel, because("correlation", &[("correlation", Part::Number(r))], words)))
}

/// Rows of one part that stand in another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Duplicates {
    /// Rows of the second list that equal a row of the first in every column looked at.
    pub rows: usize,
    /// Of so many.
    pub of: usize,
    /// The first of them, as (row of the first list, row of the second), ten at most.
    pub examples: Vec<(usize, usize)>,
}

/// Counts rows of `second` (test, say) that are identical in all columns but the skipped ones to a row of `first`
/// (training). Missing cells equal each other.
///
/// # Errors
/// A row that is not there; no column to compare (`no-columns`).
pub fn duplicates(table: &Table, first: &[usize], second: &[usize], skip: &[&str]) -> Result<Duplicates> {
    within(table, first)?;
    within(table, second)?;
    let rows: Vec<usize> = first.iter().chain(second).copied().collect();
    let mut columns = table.columns().iter().filter(|info| !skip.contains(&info.name.as_str())).peekable();
    if columns.peek().is_none() {
        return Err(Fault::new("no-columns", "every column is skipped").next("leave one to compare").input());
    }
    // Rows that are equal so far have one number: column by column it is made finer.
    let mut alike = vec![0u32; rows.len()];
    for info in columns {
        let keys = keys(&table.data(&info.name)?, &rows);
        alike = as_classes(&alike.iter().copied().zip(keys).collect::<Vec<_>>());
    }
    let mut known: HashMap<u32, usize> = HashMap::new();
    for (&row, &key) in first.iter().zip(&alike) {
        known.entry(key).or_insert(row);
    }
    let twice = second
        .iter()
        .zip(&alike[first.len()..])
        .filter_map(|(&row, key)| known.get(key).map(|&other| (other, row)));
    let all: Vec<(usize, usize)> = twice.collect();
    Ok(Duplicates { rows: all.len(), of: second.len(), examples: all.into_iter().take(10).collect() })
}
