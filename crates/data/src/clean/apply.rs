//! The operations on cells, and the way through a list of operations.

use super::{Change, CleanOp, fill, rows};
use crate::acquire::parse_moment;
use crate::readings::{Stamps, groups, stamps};
use crate::roles::Roles;
use crate::table::{ColumnData, ColumnKind, Table};
use crate::units;
use gyeol_base::{Error, Fault, Result, shorten};

/// Applies the operations in order and says what each touched; the first that cannot be applied stops with an error.
///
/// ```
/// use gyeol_data::{CleanOp, ColumnData, Role, Roles, Table, clean};
/// let table = Table::from_columns(vec![("load".into(), ColumnData::Number(vec![5.0, -999.0, 7.0]))])?;
/// let roles = Roles::from_pairs([("load", Role::Target)]);
/// let steps: Vec<CleanOp> = serde_json::from_str(
///     r#"[{"op": "missing", "columns": ["load"], "below": 0},
///         {"op": "fill", "columns": ["load"], "method": "linear"}]"#,
/// ).unwrap();
/// let (table, changes) = clean::apply(table, &roles, &steps)?;
/// assert_eq!(table.numbers("load")?, [5.0, 6.0, 7.0]);
/// assert_eq!(table.filled("load"), Some(&[false, true, false][..]));
/// assert_eq!(changes.iter().map(|c| c.touched).collect::<Vec<_>>(), [1, 1]);
/// # Ok::<(), gyeol_data::Error>(())
/// ```
pub fn apply(table: Table, roles: &Roles, operations: &[CleanOp]) -> Result<(Table, Vec<Change>)> {
    let mut table = table;
    let mut changes = Vec::new();
    for operation in operations {
        let here = roles.present_in(&table);
        table = one(table, &here, operation, &mut changes)
            .map_err(|e| e.while_at(format_args!("cleaning step '{}'", operation.word())))?;
    }
    Ok((table, changes))
}

fn one(table: Table, roles: &Roles, operation: &CleanOp, changes: &mut Vec<Change>) -> Result<Table> {
    let word = operation.word();
    let mut say = |column: Option<&str>, touched: usize, detail: String| {
        changes.push(Change { operation: word.into(), column: column.map(str::to_string), touched, detail });
    };
    match operation {
        CleanOp::Sort {} => {
            let (table, moved) = rows::sort(table, roles)?;
            say(None, moved, format!("{moved} rows moved into time order"));
            Ok(table)
        }
        CleanOp::Deduplicate { keep } => {
            let (table, removed, differing) = rows::deduplicate(table, roles, *keep)?;
            say(
                None,
                removed,
                format!(
                    "{removed} rows with a repeated stamp taken out, {differing} of them differed from the first"
                ),
            );
            Ok(table)
        }
        CleanOp::RegularClock { step, gather } => {
            let (table, touched, detail) = rows::regular(table, roles, step.as_deref(), *gather)?;
            say(None, touched, detail);
            Ok(table)
        }
        CleanOp::Drop { columns } => {
            let out = table.without(columns)?;
            for c in columns {
                say(Some(c), table.rows(), "column removed".into());
            }
            Ok(out)
        }
        CleanOp::DropRows { before, from, missing, duplicates } => {
            let (out, detail) =
                drop_rows(&table, roles, before.as_deref(), from.as_deref(), missing, *duplicates)?;
            say(None, table.rows() - out.rows(), detail);
            Ok(out)
        }
        CleanOp::Missing { columns, below, above, equal, infinite, stuck } => {
            if below.is_none() && above.is_none() && equal.is_empty() && !infinite && stuck.is_none() {
                return Err(no_condition("below, above, equal, infinite or stuck"));
            }
            let groups = groups(&table, roles)?;
            let mut table = table;
            for name in columns {
                let values = table.numbers(name)?;
                let mut bad: Vec<bool> = values
                    .iter()
                    .map(|&x| {
                        below.is_some_and(|b| x < b)
                            || above.is_some_and(|a| x > a)
                            || equal.contains(&x)
                            || (*infinite && x.is_infinite())
                    })
                    .collect();
                if let Some(n) = stuck {
                    for (_, rows) in &groups {
                        mark_stuck(&values, rows, (*n).max(2), &mut bad);
                    }
                }
                let touched = bad.iter().zip(&values).filter(|(b, x)| **b && !x.is_nan()).count();
                table = blank(&table, name, &bad)?;
                let mut why: Vec<String> = Vec::new();
                why.extend(below.map(|b| format!("below {b}")));
                why.extend(above.map(|a| format!("above {a}")));
                why.extend((!equal.is_empty()).then(|| format!("equal to {equal:?}")));
                why.extend(infinite.then(|| "infinite".to_string()));
                why.extend(stuck.map(|n| format!("the same {n} times or more")));
                say(Some(name), touched, format!("{touched} readings {} set to missing", why.join(" or ")));
            }
            Ok(table)
        }
        CleanOp::Clip { columns, low, high } => {
            if low.is_none() && high.is_none() {
                return Err(no_condition("low or high"));
            }
            let (a, b) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
            if a.is_nan() || b.is_nan() || a > b {
                return Err(Fault::new(
                    "bad-bounds",
                    format!("the lower bound {a} is above the upper bound {b}"),
                )
                .cause("the two were exchanged")
                .next("exchange low and high")
                .input());
            }
            let mut table = table;
            for name in columns {
                let mut values = table.numbers(name)?;
                let mut touched = 0;
                for x in values.iter_mut().filter(|x| **x < a || **x > b) {
                    *x = x.clamp(a, b);
                    touched += 1;
                }
                if touched > 0 {
                    table = set_numbers(&table, name, values)?;
                }
                say(Some(name), touched, format!("{touched} readings brought into {a} to {b}"));
            }
            Ok(table)
        }
        CleanOp::Fill { columns, method, season, limit } => {
            let mut table = table;
            for name in columns {
                let (out, touched, detail) = fill::fill(table, roles, name, *method, *season, *limit)?;
                table = out;
                say(Some(name), touched, detail);
            }
            Ok(table)
        }
        CleanOp::Difference { columns } => {
            let (groups, mut table) = (groups(&table, roles)?, table);
            for name in columns {
                let values = table.numbers(name)?;
                let mut taken = vec![f64::NAN; values.len()];
                let (mut touched, mut resets) = (0, 0);
                for (_, rows) in &groups {
                    for w in rows.windows(2) {
                        let by = values[w[1]] - values[w[0]];
                        touched += usize::from(by >= 0.0);
                        resets += usize::from(by < 0.0);
                        taken[w[1]] = if by < 0.0 { f64::NAN } else { by };
                    }
                }
                table = table.with_column(name, ColumnData::Number(taken))?;
                let detail =
                    format!("{touched} differences from the reading before; {resets} resets are missing");
                say(Some(name), touched, detail);
            }
            Ok(table)
        }
        CleanOp::ConvertUnit { columns, from, to } => {
            let step = rows::step_ms(&table, roles)?;
            let (factor, offset) = units::conversion(from, to, step)?;
            let mut table = table;
            for name in columns {
                let values = table.numbers(name)?;
                let touched = values.iter().filter(|x| !x.is_nan()).count();
                let converted = values.into_iter().map(|x| x * factor + offset).collect();
                table = table.with_column(name, ColumnData::Number(converted))?;
                let detail = if offset == 0.0 {
                    format!("{touched} readings from {from} to {to} (times {factor})")
                } else {
                    format!("{touched} readings from {from} to {to} (times {factor}, plus {offset})")
                };
                say(Some(name), touched, detail);
            }
            Ok(table)
        }
    }
}

fn no_condition(wanted: &str) -> Error {
    Fault::new("no-condition", "nothing says which readings are meant")
        .cause("the step has columns but no condition")
        .next(format!("give {wanted}"))
        .input()
}

/// Puts numbers back into a column, keeping whole numbers whole where that is exact.
pub(super) fn set_numbers(table: &Table, name: &str, values: Vec<f64>) -> Result<Table> {
    let whole = |x: &f64| x.is_nan() || (x.fract() == 0.0 && x.abs() < 9e15);
    let data = match table.kind(name) {
        Some(ColumnKind::Integer) if values.iter().all(whole) => {
            ColumnData::Integer(values.iter().map(|x| (!x.is_nan()).then_some(*x as i64)).collect())
        }
        Some(ColumnKind::Boolean) if values.iter().all(|x| x.is_nan() || *x == 0.0 || *x == 1.0) => {
            ColumnData::Boolean(values.iter().map(|x| (!x.is_nan()).then_some(*x == 1.0)).collect())
        }
        _ => ColumnData::Number(values),
    };
    table.with_column(name, data)
}

fn blank(table: &Table, name: &str, bad: &[bool]) -> Result<Table> {
    let mut values = table.numbers(name)?;
    for (x, b) in values.iter_mut().zip(bad) {
        if *b {
            *x = f64::NAN;
        }
    }
    let mut out = set_numbers(table, name, values)?;
    // A cell set to missing is no longer an invented one.
    if let Some(mask) = table.filled(name) {
        let mask = mask.iter().zip(bad).map(|(m, b)| *m && !b).collect();
        out.set_filled(name, mask)?;
    }
    Ok(out)
}

fn mark_stuck(values: &[f64], rows: &[usize], n: usize, bad: &mut [bool]) {
    let mut i = 0;
    while i < rows.len() {
        let mut end = i + 1;
        while end < rows.len() && values[rows[end]] == values[rows[i]] {
            end += 1;
        }
        if end - i >= n {
            for &r in &rows[i + 1..end] {
                bad[r] = true;
            }
        }
        i = end;
    }
}

fn drop_rows(
    table: &Table,
    roles: &Roles,
    before: Option<&str>,
    from: Option<&str>,
    missing: &[String],
    duplicates: bool,
) -> Result<(Table, String)> {
    if before.is_none() && from.is_none() && missing.is_empty() && !duplicates {
        return Err(no_condition("before, from, missing or duplicates"));
    }
    let mut keep = vec![true; table.rows()];
    let mut why = Vec::new();
    if before.is_some() || from.is_some() {
        let (at, counter) = match stamps(table, roles)? {
            Stamps::Time(v) => (v, false),
            Stamps::Counter(v) => (v, true),
            Stamps::None => {
                return Err(Fault::new(
                    "no-clock",
                    "rows cannot be dropped by date: no column has the role 'time'",
                )
                .cause("a table without a clock")
                .next("name the time column")
                .input());
            }
        };
        let zone = table.source().zone.as_deref().map(crate::clock::zone).transpose()?;
        let parse = |text: &str| -> Result<i64> {
            let read = if counter { text.trim().parse().ok() } else { parse_moment(text, zone) };
            read.ok_or_else(|| {
                Fault::new("bad-date", format!("'{}' is not a date", shorten(text, 40)))
                    .cause("another way of writing dates")
                    .next("write 2013-01-31 or 2013-01-31 06:00")
                    .input()
            })
        };
        if let Some(text) = before {
            let bound = parse(text)?;
            keep.iter_mut().zip(&at).for_each(|(k, t)| *k &= t.is_none_or(|t| t >= bound));
            why.push(format!("before {text}"));
        }
        if let Some(text) = from {
            let bound = parse(text)?;
            keep.iter_mut().zip(&at).for_each(|(k, t)| *k &= t.is_none_or(|t| t < bound));
            why.push(format!("from {text} on"));
        }
    }
    for name in missing {
        match table.data(name)? {
            ColumnData::Number(v) => keep.iter_mut().zip(v).for_each(|(k, x)| *k &= !x.is_nan()),
            ColumnData::Integer(v) | ColumnData::Time(v) => {
                keep.iter_mut().zip(v).for_each(|(k, x)| *k &= x.is_some());
            }
            ColumnData::Boolean(v) => keep.iter_mut().zip(v).for_each(|(k, x)| *k &= x.is_some()),
            ColumnData::Text(v) => keep.iter_mut().zip(v.iter()).for_each(|(k, x)| *k &= x.is_some()),
        }
        why.push(format!("without '{name}'"));
    }
    if duplicates {
        for row in crate::profile::repeated_rows(table) {
            keep[row] = false;
        }
        why.push("that repeat an earlier one".into());
    }
    let index: Vec<Option<usize>> = (0..table.rows()).filter(|&i| keep[i]).map(Some).collect();
    let dropped = table.rows() - index.len();
    if index.is_empty() && table.rows() > 0 {
        return Err(Fault::new("no-rows", format!("all {dropped} rows would be dropped"))
            .cause("a date beyond the readings, or a column that is empty")
            .next("check the date and the columns of this step")
            .input());
    }
    Ok((table.take(&index)?, format!("{dropped} rows {} dropped", why.join(" or "))))
}
