//! Operations on whole rows: order, repeats, the regular clock.

use std::collections::HashMap;

use chrono::{Datelike, NaiveTime, Timelike};

use super::{Gather, Keep};
use crate::clock::{Clock, DAY_MS, Step, detect_step, local_time, show, to_utc, zone};
use crate::readings::{Stamps, groups, stamps};
use crate::roles::Roles;
use crate::table::{ColumnData, ColumnInfo, ColumnKind, Table};
use gyeol_base::{Error, Fault, Result};

fn clocked(table: &Table, roles: &Roles) -> Result<(Vec<Option<i64>>, bool)> {
    match stamps(table, roles)? {
        Stamps::Time(v) => Ok((v, false)),
        Stamps::Counter(v) => Ok((v, true)),
        Stamps::None => Err(Fault::new("no-clock", "no column has the role 'time'")
            .file(&table.source().name)
            .cause("a table without a clock")
            .next("name the time column, or leave this step out")
            .input()),
    }
}

/// The step of the first series in milliseconds; `None` without a clock.
pub(super) fn step_ms(table: &Table, roles: &Roles) -> Result<Option<i64>> {
    Ok(step(table, roles)?.and_then(|s| match s {
        Step::Millis(ms) => Some(ms),
        _ => None,
    }))
}

/// The step that most rows of the longest series follow.
pub(super) fn step(table: &Table, roles: &Roles) -> Result<Option<Step>> {
    let at = match stamps(table, roles)? {
        Stamps::Time(v) => v,
        Stamps::Counter(_) => return Ok(Some(Step::Rows)),
        Stamps::None => return Ok(None),
    };
    let zone = table.source().zone.as_deref().map(zone).transpose()?;
    let longest = groups(table, roles)?.into_iter().max_by_key(|(_, rows)| rows.len());
    let these: Vec<i64> =
        longest.map_or(Vec::new(), |(_, rows)| rows.iter().filter_map(|&r| at[r]).collect());
    Ok(detect_step(&these, zone))
}

/// Time order within each series, in the places that the series has in the table. Rows without a stamp come last.
pub(super) fn sort(table: Table, roles: &Roles) -> Result<(Table, usize)> {
    let (at, _) = clocked(&table, roles)?;
    let mut index: Vec<Option<usize>> = vec![None; table.rows()];
    let mut moved = 0;
    for (_, places) in groups(&table, roles)? {
        let mut rows = places.clone();
        rows.sort_by_key(|&r| (at[r].is_none(), at[r]));
        for (place, row) in places.into_iter().zip(rows) {
            moved += usize::from(place != row);
            index[place] = Some(row);
        }
    }
    let table = if moved > 0 { table.take(&index)? } else { table };
    Ok((table, moved))
}

/// One row a stamp within each series; gives the rows taken out and how many of them differed from the first.
pub(super) fn deduplicate(table: Table, roles: &Roles, keep: Keep) -> Result<(Table, usize, usize)> {
    let (at, _) = clocked(&table, roles)?;
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut lone: Vec<usize> = Vec::new();
    for (_, rows) in groups(&table, roles)? {
        let mut place: HashMap<i64, usize> = HashMap::new();
        for row in rows {
            match at[row] {
                None => lone.push(row),
                Some(t) => {
                    let k = *place.entry(t).or_insert_with(|| {
                        sets.push(Vec::new());
                        sets.len() - 1
                    });
                    sets[k].push(row);
                }
            }
        }
    }
    let removed: usize = sets.iter().map(|s| s.len() - 1).sum();
    if removed == 0 {
        return Ok((table, 0, 0));
    }
    let columns = table.to_columns();
    let same = |a: usize, b: usize| {
        columns.iter().all(|(_, d)| match d {
            ColumnData::Number(v) => v[a] == v[b] || v[a].is_nan() && v[b].is_nan(),
            ColumnData::Integer(v) | ColumnData::Time(v) => v[a] == v[b],
            ColumnData::Boolean(v) => v[a] == v[b],
            ColumnData::Text(v) => v.get(a) == v.get(b),
        })
    };
    let differing =
        sets.iter().flat_map(|s| s[1..].iter().map(|&r| (s[0], r))).filter(|(a, b)| !same(*a, *b)).count();
    let mut table = table;
    if keep == Keep::Mean {
        let time = roles.time().unwrap_or("").to_string();
        for (name, _) in columns.iter().filter(|(n, d)| *n != time && d.kind().is_numeric()) {
            let mut values = table.numbers(name)?;
            let mut touched = false;
            for set in sets.iter().filter(|s| s.len() > 1) {
                let present: Vec<f64> = set.iter().map(|&r| values[r]).filter(|x| !x.is_nan()).collect();
                if !present.is_empty() {
                    values[set[0]] = present.iter().sum::<f64>() / present.len() as f64;
                    touched = true;
                }
            }
            if touched {
                table = super::apply::set_numbers(&table, name, values)?;
            }
        }
    }
    let mut rows: Vec<(usize, usize)> = sets
        .iter()
        .filter_map(|s| Some((*s.first()?, if keep == Keep::Last { *s.last()? } else { *s.first()? })))
        .chain(lone.into_iter().map(|r| (r, r)))
        .collect();
    rows.sort_unstable();
    let index: Vec<Option<usize>> = rows.into_iter().map(|(_, r)| Some(r)).collect();
    Ok((table.take(&index)?, removed, differing))
}

/// Every moment of the clock has its row.
pub(super) fn regular(
    table: Table,
    roles: &Roles,
    wanted: Option<&str>,
    gather: Gather,
) -> Result<(Table, usize, String)> {
    let (at, counter) = clocked(&table, roles)?;
    let tz = table.source().zone.as_deref().map(zone).transpose()?;
    let time = roles.time().unwrap_or("").to_string();
    let found = if counter { Some(stride(&at)) } else { step(&table, roles)? };
    let step = match wanted {
        Some(text) => Step::parse(text)?,
        None => found.ok_or_else(|| {
            Fault::new("no-step", "fewer than two different time stamps")
                .file(&table.source().name)
                .column(&time)
                .cause("a single row, or one stamp repeated")
                .next("name the step")
                .input()
        })?,
    };
    if step == Step::Rows {
        return Err(Fault::new("bad-step", "'rows' is no step for a clock")
            .next("name a span such as 1 h")
            .input());
    }
    let length = |s: Step| s.approximate_ms().unwrap_or(1);
    let coarser = found.is_some_and(|f| length(step) > length(f));
    let mut index: Vec<Option<usize>> = Vec::new();
    // Of moments with several rows those after the first, by the moment's place: a row of a table without such costs nothing.
    let mut more: Vec<(usize, usize)> = Vec::new();
    let mut times: Vec<Option<i64>> = Vec::new();
    let mut names: Vec<(Option<String>, usize)> = Vec::new();
    let (mut made, mut moved, mut lost) = (0usize, 0usize, 0usize);
    for (id, rows) in groups(&table, roles)? {
        let mut stamped: Vec<(i64, usize)> = rows.iter().filter_map(|&r| Some((at[r]?, r))).collect();
        lost += rows.len() - stamped.len();
        stamped.sort();
        let (Some(&(first, _)), Some(&(last, last_row))) = (stamped.first(), stamped.last()) else {
            continue;
        };
        let start = if coarser {
            floor(first, step, tz)
        } else {
            match crate::profile::anchor(&stamped, step) {
                // Stamps before the anchor move to the moments before it.
                Some(a) => match step {
                    Step::Millis(ms) if ms > 0 => a - (a - first + ms / 2).div_euclid(ms) * ms,
                    _ => first,
                },
                None => first,
            }
        };
        let clock = Clock { start, step, zone: if counter { None } else { tz } };
        let rows_due = last.saturating_sub(start) / length(step).max(1) + 2;
        if rows_due > 1000 + 50 * stamped.len() as i64 || rows_due > 200_000_000 {
            return Err(too_sparse(&table, &time, first, last, last_row, rows_due, step, stamped.len(), tz));
        }
        let begun = index.len();
        for &(t, row) in &stamped {
            let after = clock.index_at_or_after(t);
            let exact = clock.at(after) == t;
            let i = if exact || after == 0 {
                after
            } else if coarser || t - clock.at(after - 1) <= clock.at(after) - t {
                after - 1
            } else {
                after
            };
            let place = begun + i;
            index.resize(index.len().max(place + 1), None);
            moved += usize::from(!exact && !coarser);
            match index[place] {
                None => index[place] = Some(row),
                Some(_) => more.push((place, row)),
            }
        }
        made += index[begun..].iter().filter(|row| row.is_none()).count();
        times.extend((0..index.len() - begun).map(|i| Some(clock.at(i))));
        names.push((id, index.len() - begun));
    }
    let merged = more.len();
    more.sort_by_key(|(place, _)| *place);
    let old = table;
    let mut out = old.take(&index)?;
    if merged > 0 {
        for ColumnInfo { name, kind } in old.columns() {
            if *name == time || Some(name.as_str()) == roles.id() || !kind.is_numeric() {
                continue;
            }
            let values = old.numbers(name)?;
            let all = sets(&index, &more).map(|set| gathered(set.map(|r| values[r]), gather)).collect();
            out = super::apply::set_numbers(&out, name, all)?;
            if let Some(mask) = old.filled(name) {
                // A gathered reading is as good as its parts: one invented part makes it invented.
                let mask = sets(&index, &more).map(|mut set| set.any(|r| mask[r])).collect();
                out.set_filled(name, mask)?;
            }
        }
    }
    let stamps = if counter { ColumnData::Integer(times) } else { ColumnData::Time(times) };
    out = out.with_column(&time, stamps)?;
    drop(index);
    if let Some(id) = roles.id() {
        let each = names.iter().flat_map(|(name, rows)| std::iter::repeat_n(name.as_deref(), *rows));
        let data = match old.kind(id) {
            Some(ColumnKind::Integer) => {
                ColumnData::Integer(each.map(|name| name.and_then(|name| name.parse().ok())).collect())
            }
            _ => ColumnData::Text(each.collect()),
        };
        out = out.with_column(id, data)?;
    }
    let mut detail = format!("one row every {}: {made} empty rows made", step.label());
    if !coarser {
        detail += &format!(", {moved} stamps moved to the nearest moment");
    }
    if merged > 0 {
        detail += &format!(", {merged} rows gathered by {}", format!("{gather:?}").to_lowercase());
    }
    if lost > 0 {
        detail += &format!(", {lost} rows without a stamp left out");
    }
    Ok((out, made + moved + merged + lost, detail))
}

/// The rows of each moment, in the order of time.
fn sets<'a>(
    index: &'a [Option<usize>],
    mut more: &'a [(usize, usize)],
) -> impl Iterator<Item = impl Iterator<Item = usize> + 'a> + 'a {
    index.iter().enumerate().map(move |(place, first)| {
        let own = more.iter().take_while(|(at, _)| *at == place).count();
        let (these, rest) = more.split_at(own);
        more = rest;
        first.iter().copied().chain(these.iter().map(|(_, row)| *row))
    })
}

fn gathered(values: impl Iterator<Item = f64>, gather: Gather) -> f64 {
    let v: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
    match (v.last(), gather) {
        (None, _) => f64::NAN,
        (_, Gather::Mean) => v.iter().sum::<f64>() / v.len() as f64,
        (_, Gather::Sum) => v.iter().sum(),
        (Some(last), Gather::Last) => *last,
        (_, Gather::Max) => v.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// A counter's usual stride, as milliseconds of a clock of its own.
fn stride(at: &[Option<i64>]) -> Step {
    let present: Vec<i64> = at.iter().flatten().copied().collect();
    detect_step(&present, None).filter(|s| matches!(s, Step::Millis(_))).unwrap_or(Step::Millis(1))
}

/// The moment at or before `ms` at which the coarser step begins on the local clock.
fn floor(ms: i64, step: Step, tz: Option<crate::Tz>) -> i64 {
    let local = local_time(ms, tz);
    let midnight = local.date().and_time(NaiveTime::MIN);
    match step {
        Step::Rows => ms,
        Step::Months(_) => local.date().with_day(1).map_or(ms, |d| to_utc(d.and_time(NaiveTime::MIN), tz)),
        Step::Millis(step) if step % DAY_MS == 0 => to_utc(midnight, tz),
        Step::Millis(step) => {
            let since = i64::from(local.num_seconds_from_midnight()) * 1000 + ms.rem_euclid(1000);
            ms - since.rem_euclid(step.max(1))
        }
    }
}

fn too_sparse(
    table: &Table,
    time: &str,
    first: i64,
    last: i64,
    last_row: usize,
    due: i64,
    step: Step,
    rows: usize,
    tz: Option<crate::Tz>,
) -> Error {
    Fault::new(
        "sparse-clock",
        format!(
            "from {} to {} a row every {} makes {due} rows, but there are {rows}",
            show(first, tz),
            show(last, tz),
            step.label()
        ),
    )
    .file(&table.source().name)
    .row(table.row_number(last_row))
    .column(time)
    .cause("a stamp with a wrong year, or a step that is too fine")
    .next("drop the rows with wrong stamps (op = \"drop-rows\", before or from), or name a coarser step")
    .input()
}
