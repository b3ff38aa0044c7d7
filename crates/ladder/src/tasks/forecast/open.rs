//! From a recipe to readings on a regular clock: acquire, clean, assign roles.

use std::path::Path;

use gyeol_data::clean::{self, Change};
use gyeol_data::{Readings, Role, Roles, Table};

use crate::recipe::{BUILTIN_POWER, Recipe};
use gyeol_base::Result;

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
    let (table, changes) = clean::apply(table, &roles, &recipe.clean)?;
    let readings = Readings::from_table(&table, &roles)?;
    Ok(Opened { table, roles, changes, readings })
}
