//! How a table would be understood, for the page to draw before anything is forecast.

use serde_json::{Value, json};

use gyeol_data::{Profile, Role, Roles, Table};

use crate::answer::Failure;
use crate::times::Times;
use gyeol_base::Error;
use gyeol_models::Description;

use crate::input;

/// Points of one drawn series.
const MOST_POINTS: usize = 2000;
/// Series that are drawn.
const MOST_SERIES: usize = 24;
/// Holes that are listed.
const MOST_GAPS: usize = 20;

/// Columns, clock, gaps and the last stretch of every target.
pub(crate) fn inspect(table: &Table, description: &Description) -> Result<Value, Failure> {
    input::check_columns(table, description)?;
    let roles = roles(table, description);
    let profile = gyeol_data::profile::profile(table, &roles, None)?;
    let times = Times::of(description);
    let columns: Vec<Value> = table
        .columns()
        .iter()
        .map(|column| {
            let role = roles.get(&column.name);
            let seen = profile.columns.iter().find(|seen| seen.name == column.name);
            json!({
                "name": column.name,
                "kind": column.kind,
                "role": role.word(),
                "used": role != Role::Ignored,
                "missing": seen.map_or(0, |seen| seen.nulls),
            })
        })
        .collect();
    Ok(json!({
        "rows": table.rows(),
        "format": table.source().format,
        "columns": columns,
        "clock": clock(&profile, &times),
        "notes": input::notes(table),
        "series": series(table, description, &times)?,
    }))
}

fn roles(table: &Table, description: &Description) -> Roles {
    let mut roles =
        Roles::from_pairs(table.columns().iter().map(|column| (column.name.clone(), Role::Ignored)));
    for (name, word) in description.columns() {
        let role = match word {
            "time" => Role::Time,
            "id" => Role::Id,
            "target" => Role::Target,
            "past" => Role::Past,
            _ => Role::Known,
        };
        // A column without a single number has no numeric kind, and nothing to be profiled.
        if table.kind(name).is_some_and(|kind| matches!(role, Role::Time | Role::Id) || kind.is_numeric()) {
            roles.set(name, role);
        }
    }
    roles
}

fn clock(profile: &Profile, times: &Times) -> Value {
    let Some(clock) = &profile.clock else { return Value::Null };
    let gaps: Vec<Value> = clock
        .gaps
        .iter()
        .take(MOST_GAPS)
        .map(|gap| json!({ "id": gap.series, "from": times.text(gap.from), "to": times.text(gap.to), "rows": gap.rows }))
        .collect();
    json!({
        "column": clock.column,
        "step": clock.step,
        "step_ms": clock.step_ms,
        "from": clock.from.map(|moment| times.text(moment)),
        "to": clock.to.map(|moment| times.text(moment)),
        "gaps": gaps,
        "gap_count": clock.gap_count,
        "missing_rows": clock.missing_rows,
        "duplicates": clock.duplicates,
        "unsorted": clock.unsorted,
        "irregular": clock.irregular,
    })
}

/// The last rows of each series and target, with the moment of each.
fn series(table: &Table, description: &Description, times: &Times) -> Result<Vec<Value>, Error> {
    let ids = match &description.id {
        Some(name) => table.texts(name)?,
        None => vec![None; table.rows()],
    };
    let moments: Vec<Option<i64>> = match &description.time {
        Some(name) if table.kind(name) == Some(gyeol_data::ColumnKind::Time) => table.times(name)?,
        Some(name) => table.integers(name)?,
        None => (0..table.rows()).map(|row| i64::try_from(row).ok()).collect(),
    };
    let mut names: Vec<&Option<String>> = Vec::new();
    for id in &ids {
        if names.len() < MOST_SERIES && !names.contains(&id) {
            names.push(id);
        }
    }
    let mut out = Vec::new();
    for name in names {
        let rows: Vec<usize> = (0..table.rows()).filter(|row| ids.get(*row) == Some(name)).collect();
        for target in &description.targets {
            let values = table.numbers(target)?;
            let points: Vec<(i64, Option<f64>)> = rows
                .iter()
                .filter_map(|row| {
                    Some((
                        (*moments.get(*row)?)?,
                        values.get(*row).copied().filter(|value| value.is_finite()),
                    ))
                })
                .collect();
            let points = points.get(points.len().saturating_sub(MOST_POINTS)..).unwrap_or_default();
            out.push(json!({
                "id": name,
                "target": target,
                "ms": points.iter().map(|point| point.0).collect::<Vec<_>>(),
                "time": points.iter().map(|point| times.text(point.0)).collect::<Vec<_>>(),
                "value": points.iter().map(|point| point.1).collect::<Vec<_>>(),
            }));
        }
    }
    Ok(out)
}
