//! Wide tables, which hold the hours (or quarter-hours) of a day side by side: one row per moment is made of them.
//!
//! | guess | evidence |
//! |---|---|
//! | which columns | alike in name but for a number or a time of day; 23 to 25, 46 to 50 or 92 to 100 of them, without a gap, of numbers; one row per date (and meter) |
//! | that they are times of day | their common name is a word for that (`HE`, `Hour`, `시`, …), or the values run smoothly from one to the next |
//! | a total | its name, or it equals the sum, mean, least or most of the row |

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{Datelike, NaiveDateTime, Weekday};

use super::columns::{Offsets, Typed};
use super::combine::{Part, Slots, part_of_day, per_day};
use super::{ReadOptions, note};
use crate::table::{ColumnData, Note};
use gyeol_base::{Fault, Result};

type Columns = Vec<(String, Typed)>;

/// Words for times of day, as the common part of columns' names.
const WORDS: [&str; 22] = [
    "h",
    "hr",
    "hrs",
    "hh",
    "he",
    "hb",
    "hour",
    "hours",
    "hourending",
    "hend",
    "period",
    "p",
    "sp",
    "interval",
    "int",
    "slot",
    "qh",
    "qtr",
    "시",
    "시간",
    "uhr",
    "k",
];
/// Words for what sums a day up.
const TOTALS: [&str; 16] = [
    "total", "sum", "합계", "계", "총계", "소계", "avg", "average", "mean", "평균", "max", "min", "peak",
    "최대", "최소", "summe",
];

/// Columns alike in name, each with the number of its span.
struct Group {
    /// The common part of their names.
    head: String,
    /// Places among the columns and numbers of the spans; `true` for the second of two hours with one number.
    columns: Vec<(usize, i64, bool)>,
    slots: Slots,
}

fn numeric(typed: &Typed) -> Option<Vec<f64>> {
    match typed {
        Typed::Plain(ColumnData::Number(v)) => Some(v.clone()),
        Typed::Plain(ColumnData::Integer(v)) => {
            Some(v.iter().map(|x| x.map_or(f64::NAN, |x| x as f64)).collect())
        }
        _ => None,
    }
}

fn groups(columns: &Columns) -> Vec<Group> {
    let mut alike: BTreeMap<(String, bool), Vec<(usize, Part)>> = BTreeMap::new();
    for (i, (name, typed)) in columns.iter().enumerate() {
        let Some((head, part)) = part_of_day(name).filter(|_| numeric(typed).is_some()) else { continue };
        alike.entry((head, matches!(part, Part::Seconds(_)))).or_default().push((i, part));
    }
    let mut out: Vec<Group> =
        alike.into_iter().filter_map(|((head, _), parts)| group(head, &parts)).collect();
    out.sort_by_key(|g| g.columns[0].0);
    out
}

fn group(head: String, parts: &[(usize, Part)]) -> Option<Group> {
    let seconds: BTreeSet<i64> =
        parts.iter().filter_map(|(_, p)| if let Part::Seconds(s) = p { Some(*s) } else { None }).collect();
    let step = seconds.iter().zip(seconds.iter().skip(1)).map(|(a, b)| b - a).min().unwrap_or(1).max(1);
    let numbered = |part: &Part| match part {
        Part::Number(n) => (*n, false),
        Part::Second(n) => (*n, true),
        Part::Seconds(s) => (s / step, false),
    };
    let columns: Vec<(usize, i64, bool)> =
        parts.iter().map(|(i, p)| (*i, numbered(p).0, numbered(p).1)).collect();
    let columns = if head == "column" { run(columns) } else { columns };
    let numbers: BTreeSet<i64> = columns.iter().filter(|c| !c.2).map(|c| c.1).collect();
    let (low, high) = (*numbers.first()?, *numbers.last()?);
    let per_day = per_day(high - low + 1)?;
    let extra = columns.len() - numbers.len();
    let whole = numbers.len() as i64 == high - low + 1 && (0..=1).contains(&low);
    let even = seconds.is_empty() || seconds.iter().all(|s| s % step == 0) && step * per_day == 86_400;
    let slots = Slots { per_day, low, counted: high - low + 1 > per_day };
    (whole && even && extra as i64 <= per_day / 24).then_some(Group { head, columns, slots })
}

/// Of columns without names the longest run, counted from 0.
fn run(columns: Vec<(usize, i64, bool)>) -> Vec<(usize, i64, bool)> {
    let runs = columns.chunk_by(|a, b| b.1 == a.1 + 1);
    let longest = runs.max_by_key(|r| r.len()).unwrap_or_default();
    longest.iter().enumerate().map(|(n, c)| (c.0, n as i64, false)).collect()
}

/// Whether neighbours in a row are closer to one another than cells a quarter, a third and half a day apart.
fn smooth(group: &Group, columns: &Columns) -> bool {
    let cells: Vec<Vec<f64>> = group.columns.iter().filter_map(|c| numeric(&columns[c.0].1)).collect();
    let distance = |by: usize| {
        let mut all = 0.0;
        for (a, b) in (0..cells.len()).map(|i| (&cells[i], &cells[(i + by) % cells.len()])) {
            all += a.iter().zip(b).map(|(x, y)| (x - y).abs()).filter(|d| d.is_finite()).sum::<f64>();
        }
        all
    };
    let near = distance(1);
    near > 0.0 && near <= 0.2 * [2, 3, 4].map(|part| distance(cells.len() / part)).iter().sum::<f64>()
}

/// Turns years below one another with the twelve months side by side into one row a month.
fn months_across(columns: &Columns, notes: &mut Vec<Note>) -> Option<Columns> {
    let months: BTreeMap<u32, usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, (_, typed))| numeric(typed).is_some())
        .filter_map(|(i, (name, _))| Some((super::dates::month_word(name.trim_end_matches('.'))?, i)))
        .collect();
    let year = |(i, (_, typed)): (usize, &(String, Typed))| match typed {
        Typed::Plain(ColumnData::Integer(v)) => v
            .iter()
            .map(|y| y.filter(|y| (1900..2100).contains(y)).and_then(|y| i32::try_from(y).ok()))
            .collect::<Option<Vec<i32>>>()
            .filter(|v| v.windows(2).all(|w| w[0] + 1 == w[1]))
            .map(|v| (i, v)),
        _ => None,
    };
    let (at, years) = columns.iter().enumerate().find_map(year).filter(|_| months.len() == 12)?;
    let cells: Vec<Vec<f64>> = months.values().filter_map(|i| numeric(&columns[*i].1)).collect();
    let (mut local, mut values) = (Vec::new(), Vec::new());
    for (row, year) in years.iter().enumerate() {
        for (month, column) in (1..).zip(&cells) {
            local.push(
                chrono::NaiveDate::from_ymd_opt(*year, month, 1).map(|d| d.and_time(Default::default())),
            );
            values.push(column[row]);
        }
    }
    let others = (0..columns.len()).filter(|i| *i != at && !months.values().any(|m| m == i));
    let others: Vec<String> = others.map(|i| format!("'{}'", columns[i].0)).collect();
    let mut words = format!(
        "the twelve columns of months became one row each ({} rows became {}); --reshape no leaves them",
        years.len(),
        values.len()
    );
    if !others.is_empty() {
        words += &format!("; {} left out", others.join(", "));
    }
    notes.push(note("wide-table", Some(&columns[at].0), None, 12, words));
    Some(vec![
        ("time".into(), Typed::Stamps { local, timed: false, offsets: Offsets::None }),
        ("value".into(), Typed::Plain(ColumnData::Number(values))),
    ])
}

/// Turns a wide table into one row per moment; others stay as they are.
pub(super) fn unpivot(
    file: &str,
    columns: Columns,
    options: &ReadOptions,
    notes: &mut Vec<Note>,
) -> Result<Columns> {
    let refused = |what: &str| -> Result<Columns> {
        Err(Fault::new("not-wide", format!("no row of a day's hours was found: {what}"))
            .file(file)
            .cause("--reshape yes for a table that is not wide")
            .next("leave --reshape out")
            .option())
    };
    let insisted = options.reshape == Some(true);
    if let Some(made) = months_across(&columns, notes) {
        return Ok(made);
    }
    let date = columns.iter().position(|(_, t)| match t {
        Typed::Stamps { local, timed, .. } => {
            !timed || local.iter().flatten().all(|t| t.time() == chrono::NaiveTime::MIN)
        }
        _ => false,
    });
    let mut groups = groups(&columns);
    if !insisted {
        groups.retain(|g| WORDS.contains(&g.head.as_str()) || smooth(g, &columns));
    }
    let Some(first) = groups.first() else {
        return if insisted && super::tidy::names(&columns).is_none() {
            refused("no 23 to 25, 46 to 50 or 92 to 100 columns are alike in name but for a number or a time")
        } else {
            Ok(columns)
        };
    };
    let slots = first.slots;
    groups.retain(|g| g.slots.per_day == slots.per_day && g.slots.low == slots.low);
    let Some(date) = date else {
        return if insisted { refused("no column of dates") } else { Ok(columns) };
    };
    let Typed::Stamps { local, offsets, .. } = &columns[date].1 else { return Ok(columns) };
    if !insisted && !one_row_per_date(&columns, local) {
        return Ok(columns);
    }
    let rows = local.len();
    let spans: usize = groups.iter().map(|g| g.columns.len()).max().unwrap_or(0);
    if rows.saturating_mul(spans) > options.max_rows {
        let found =
            format!("{rows} rows of {spans} spans each, more than the limit of {} rows", options.max_rows);
        return Err(Fault::new("too-many-rows", found)
            .file(file)
            .cause("a larger file than foreseen")
            .next("raise the limit, cut the file into pieces, or leave the table wide: --reshape no")
            .limit());
    }

    // One row per date and span; spans that a day does not have are empty and make none.
    let cells: Vec<BTreeMap<(i64, bool), Vec<f64>>> = groups
        .iter()
        .map(|g| g.columns.iter().filter_map(|c| Some(((c.1, c.2), numeric(&columns[c.0].1)?))).collect())
        .collect();
    let keys: BTreeSet<(i64, bool)> = cells.iter().flat_map(|c| c.keys().copied()).collect();
    let (mut index, mut numbers, mut dates) = (Vec::new(), Vec::new(), Vec::new());
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); groups.len()];
    for row in 0..rows {
        let changes = local[row].is_some_and(|d| d.weekday() == Weekday::Sun);
        for key in &keys {
            let read: Vec<f64> = cells.iter().map(|c| c.get(key).map_or(f64::NAN, |v| v[row])).collect();
            let beyond = key.1 || key.0 - slots.low >= slots.per_day;
            if read.iter().all(|x| x.is_nan()) && (beyond || changes) {
                continue;
            }
            index.push(Some(row));
            numbers.push(Some(key.0));
            dates.push(local[row]);
            values.iter_mut().zip(read).for_each(|(v, x)| v.push(x));
        }
    }
    let met = super::combine::days(&dates, &numbers);
    let slots = Slots::of(&met).filter(|s| s.per_day == slots.per_day).unwrap_or(slots);
    let (stamps, placed) = slots.place(&dates, &numbers, options)?;
    let offsets = if placed == Offsets::None { *offsets } else { placed };

    let used: HashSet<usize> = groups.iter().flat_map(|g| g.columns.iter().map(|c| c.0)).collect();
    let totals: Vec<usize> =
        (0..columns.len()).filter(|i| !used.contains(i) && is_total(&columns[*i], &cells)).collect();
    let mut words = String::new();
    for g in &groups {
        let name = |i: usize| &columns[g.columns[i].0].0;
        words +=
            &format!("the {} columns '{}' to '{}', ", g.columns.len(), name(0), name(g.columns.len() - 1));
    }
    words += &format!(
        "spans of a day, became one row each ({rows} rows became {}); {}; --reshape no leaves them",
        index.len(),
        slots.words(options)
    );
    if !totals.is_empty() {
        let names: Vec<String> = totals.iter().map(|i| format!("'{}'", columns[*i].0)).collect();
        words += &format!("; {} sums up the day and was left out", names.join(", "));
    }
    notes.push(note("wide-table", Some(&columns[date].0), None, used.len(), words));

    let taken: HashSet<String> = columns.iter().map(|(n, _)| n.clone()).collect();
    let free = |name: &str| if taken.contains(name) { format!("{name}_of_day") } else { name.to_string() };
    let one = groups.len() == 1;
    let mut out = Columns::new();
    for (i, (name, typed)) in columns.iter().enumerate() {
        if i == date {
            let name = if name.as_str() != "time" { free("time") } else { name.clone() };
            out.push((name, Typed::Stamps { local: stamps.clone(), timed: true, offsets }));
        } else if let Some(g) = groups.iter().position(|g| g.columns[0].0 == i) {
            let head = groups[g].head.as_str();
            let plain = head.is_empty() || one && WORDS.contains(&head);
            let data = ColumnData::Number(std::mem::take(&mut values[g]));
            out.push((free(if plain { "value" } else { head }), Typed::Plain(data)));
        } else if !used.contains(&i) && !totals.contains(&i) {
            out.push((name.clone(), typed.take(&index)));
        }
    }
    let mut named: Vec<String> = out.iter().map(|(n, _)| n.clone()).collect();
    super::csv::unique_names(&mut named, notes);
    out.iter_mut().zip(named).for_each(|(column, name)| column.0 = name);
    Ok(out)
}

/// Whether a date comes once, or once for each of some texts or whole numbers such as a meter's.
fn one_row_per_date(columns: &Columns, local: &[Option<NaiveDateTime>]) -> bool {
    let mut seen = HashSet::new();
    let id = |typed: &Typed, row: usize| match typed {
        Typed::Plain(ColumnData::Text(v)) => v.get(row).map(str::to_owned),
        _ => None,
    };
    let whole = |name: &str, typed: &Typed, row: usize| match typed {
        Typed::Plain(ColumnData::Integer(v)) if part_of_day(name).is_none() => v[row],
        _ => None,
    };
    let keys = |row: usize| -> Vec<String> {
        let texts = columns.iter().filter_map(|(_, t)| id(t, row));
        texts.chain(columns.iter().filter_map(|(n, t)| whole(n, t, row)).map(|n| n.to_string())).collect()
    };
    let once = (0..local.len()).filter(|&row| seen.insert((local[row], keys(row)))).count();
    once * 50 >= local.len() * 49
}

/// Whether a column sums its row up.
fn is_total((name, typed): &(String, Typed), cells: &[BTreeMap<(i64, bool), Vec<f64>>]) -> bool {
    let Some(values) = numeric(typed) else { return false };
    let lower = name.to_lowercase();
    if lower.split(|c: char| !c.is_alphanumeric()).any(|w| TOTALS.contains(&w)) {
        return true;
    }
    let spans: Vec<&Vec<f64>> = cells.iter().flat_map(BTreeMap::values).collect();
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * b.abs().max(1e-9);
    let equal = |row: usize| {
        let of = || spans.iter().map(|s| s[row]).filter(|x| !x.is_nan());
        let sum: f64 = of().sum();
        let (least, most) = of().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
        [sum, sum / of().count().max(1) as f64, least, most].iter().any(|x| close(values[row], *x))
    };
    let same = (0..values.len()).filter(|&row| equal(row)).count();
    values.len() > 3 && same * 10 >= values.len() * 9
}
