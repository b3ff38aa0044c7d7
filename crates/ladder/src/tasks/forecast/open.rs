//! From a recipe to readings on a regular clock: acquire, clean, assign roles.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use gyeol_data::clean::{self, Change, CleanOp, Keep};
use gyeol_data::{ColumnKind, Readings, Role, Roles, Table};

use crate::recipe::{BUILTIN_POWER, Recipe};
use gyeol_base::{Fault, Result};

/// A recipe's readings.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The cleaned table.
    pub table: Table,
    /// Roles of its columns.
    pub roles: Roles,
    /// What cleaning changed.
    pub changes: Vec<Change>,
    /// The readings.
    pub readings: Readings,
    /// Rows that one behind later rows has another reading for.
    pub corrected: usize,
    /// Times of which no forecast of a column known ahead was out early enough.
    pub without: usize,
}

/// Reads the recipe's table as it stands in the file; a relative path is looked for beside the recipe first, then
/// from the working folder.
///
/// # Errors
/// As reading says.
pub fn table(recipe: &Recipe, beside: Option<&Path>) -> Result<Table> {
    let file = &recipe.data.file;
    if file == BUILTIN_POWER {
        return gyeol_data::builtin::power_load();
    }
    let beside = beside.map(|folder| folder.join(file)).filter(|path| path.exists() && file != "-");
    let path = beside.as_ref().and_then(|p| p.to_str()).unwrap_or(file);
    gyeol_data::read(path, &recipe.read_options())
}

/// Reads, cleans and puts on a clock.
///
/// # Errors
/// As the stations say, each naming its row or column.
pub fn open(recipe: &Recipe, beside: Option<&Path>) -> Result<Opened> {
    let table = table(recipe, beside)?;
    prepare(recipe, table)
}

/// Cleans a table that was read before, and puts it on a clock.
///
/// # Errors
/// As [`open`].
pub fn prepare(recipe: &Recipe, table: Table) -> Result<Opened> {
    let mut roles = recipe.roles(&table);
    if recipe.forecast.known_ahead {
        let past: Vec<String> = roles.past().into_iter().map(str::to_owned).collect();
        for name in past {
            roles.set(&name, Role::Known);
        }
    }
    let issues = gyeol_data::available::issues(&recipe.available, &roles);
    let (table, _, without) =
        gyeol_data::available::vintages(table, &roles, &issues, recipe.forecast.horizon)?;
    let corrected = corrected(&table, &roles)?;
    several(recipe, &table, &roles)?;
    let (table, changes) = clean::apply(table, &roles, &recipe.clean)?;
    let readings = Readings::from_table(&table, &roles)?;
    Ok(Opened { table, roles, changes, readings, corrected, without })
}

/// Refuses to take the last of several forecasts of one time: it was issued after the origins that would read it.
fn several(recipe: &Recipe, table: &Table, roles: &Roles) -> Result<()> {
    let keeps = |op: &CleanOp| matches!(op, CleanOp::Deduplicate { keep: Keep::Last | Keep::Mean });
    let Some(time) = roles.time().filter(|time| table.kind(time) == Some(ColumnKind::Time)) else {
        return Ok(());
    };
    if !recipe.clean.iter().any(keeps) {
        return Ok(());
    }
    let stamps = table.times(time)?;
    let ids = roles.id().map(|id| table.packed_texts(id)).transpose()?;
    let id = |row: usize| ids.as_ref().and_then(|ids| ids.get(row));
    for name in roles.known() {
        let values = table.numbers(name)?;
        let mut first: HashMap<(Option<&str>, Option<i64>), f64> = HashMap::new();
        let two = |row: &usize| {
            let before = *first.entry((id(*row), stamps[*row])).or_insert(values[*row]);
            before != values[*row] && !before.is_nan() && !values[*row].is_nan()
        };
        if let Some(row) = (0..table.rows()).find(two) {
            return Err(Fault::new(
                "several-forecasts",
                "known ahead, and one time stands there with two values",
            )
            .file(&table.source().name)
            .row(table.row_number(row))
            .column(name)
            .cause(
                "forecasts of different issue, of which the last was not there when it would have been read",
            )
            .next(format!(
                "say when each was issued: [available] {name} = {{ column = \"issued\" }}, or keep the first"
            ))
            .input());
        }
    }
    Ok(())
}

/// Rows with the time of an earlier row of their series but another target, behind a row with a later time: what was written down
/// again when more was known.
fn corrected(table: &Table, roles: &Roles) -> Result<usize> {
    let Some(time) = roles.time().filter(|time| table.kind(time) == Some(ColumnKind::Time)) else {
        return Ok(0);
    };
    let stamps = table.times(time)?;
    let ids = roles.id().map(|id| table.packed_texts(id)).transpose()?;
    let id = |row: usize| ids.as_ref().and_then(|ids| ids.get(row));
    // Series whose rows stand in the order of time, which most do, were never gone back to.
    let mut latest: HashMap<Option<&str>, i64> = HashMap::new();
    let mut back: HashSet<Option<&str>> = HashSet::new();
    for (row, stamp) in stamps.iter().enumerate() {
        let Some(stamp) = *stamp else { continue };
        let latest = latest.entry(id(row)).or_insert(stamp);
        if stamp < *latest {
            back.insert(id(row));
        }
        *latest = stamp.max(*latest);
    }
    if back.is_empty() {
        return Ok(0);
    }
    let targets = roles.targets().into_iter().map(|name| table.numbers(name)).collect::<Result<Vec<_>>>()?;
    let same = |a: usize, b: usize| targets.iter().all(|v| v[a] == v[b] || v[a].is_nan() && v[b].is_nan());
    latest.clear();
    let mut first: HashMap<(Option<&str>, i64), usize> = HashMap::new();
    let mut corrected = 0;
    for (row, stamp) in stamps.iter().enumerate() {
        let (Some(stamp), id) = (*stamp, id(row)) else { continue };
        if !back.contains(&id) {
            continue;
        }
        let latest = latest.entry(id).or_insert(stamp);
        let before = *first.entry((id, stamp)).or_insert(row);
        corrected += usize::from(stamp < *latest && !same(before, row));
        *latest = stamp.max(*latest);
    }
    Ok(corrected)
}
