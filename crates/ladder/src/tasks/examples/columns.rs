//! The columns of a table: how they are read, and what deserves to be said of them.

use std::collections::HashSet;

use gyeol_base::Result;
use gyeol_columns::{ColumnParams, ColumnsParams, Encoder, Kind, LeakKind, Matrix, leakage};
use gyeol_supervised::{Examples, Target};

use super::prepare::{Ready, refused};
use crate::recipe::ExamplesRecipe;

/// Features of the columns of a part; none without columns.
pub(super) fn encoded(encoder: Option<&Encoder>, ready: &Ready) -> Result<Option<Matrix>> {
    let (Some(encoder), Some(table)) = (encoder, &ready.examples.table) else { return Ok(None) };
    let all: Vec<usize> = (0..table.rows()).collect();
    Ok(Some(encoder.transform(table, &all)?.features))
}

/// Columns that no rung is told.
fn skipped<'r>(recipe: &'r ExamplesRecipe, examples: &'r Examples) -> Vec<&'r str> {
    let mut skip = vec![examples.target_name.as_str()];
    skip.extend(examples.text_column.as_deref());
    skip.extend(recipe.split.group.as_deref());
    skip.extend(recipe.columns.ignored.iter().map(String::as_str));
    skip
}

/// The encoder of the columns, fitted on the training part; none where nothing is left of them, or none were there.
pub(super) fn encoder(recipe: &ExamplesRecipe, train: &Examples) -> Result<Option<Encoder>> {
    let Some(table) = &train.table else { return Ok(None) };
    let skip = skipped(recipe, train);
    for name in &recipe.columns.ignored {
        if table.kind(name).is_none() {
            return Err(refused(
                "no-such-column",
                format!("no column is called '{}'", gyeol_base::shorten(name, 60)),
                &train.name,
                "`ignored` of [columns] names it",
                "take it out, or name one that is there",
            ));
        }
    }
    let said = |names: &[String], kind: Kind| -> Vec<(String, ColumnParams)> {
        names
            .iter()
            .map(|name| (name.clone(), ColumnParams { kind: Some(kind), ..ColumnParams::default() }))
            .collect()
    };
    let mut columns = said(&recipe.columns.numbers, Kind::Number);
    columns.extend(said(&recipe.columns.levels, Kind::Level));
    let params = ColumnsParams {
        columns: columns.into_iter().collect(),
        one_hot_max_levels: recipe.columns.most_levels,
        rare_min_count: recipe.columns.rare,
        ..ColumnsParams::default()
    };
    let all: Vec<usize> = (0..table.rows()).collect();
    let others = table.columns().iter().filter(|c| !skip.contains(&c.name.as_str())).count();
    if others == 0 {
        return Ok(None);
    }
    let encoder = params.check()?.fit(table, &all, &skip)?;
    Ok(Some(encoder).filter(|encoder| encoder.width() > 0))
}

/// What a careful reader of the columns should know: such that give the answer away, rows that stand in two parts.
pub(super) fn suspicions(
    recipe: &ExamplesRecipe,
    parts: &[Examples; 3],
    encoder: Option<&Encoder>,
) -> Result<Vec<String>> {
    let mut said = Vec::new();
    for column in encoder.map_or(&[][..], Encoder::columns) {
        if column.kind == Kind::Dropped {
            said.push(format!("Column '{}' is left out: {}.", column.name, column.reason.words));
        }
        if column.kind == Kind::Text && parts[0].text_column.is_none() {
            said.push(format!(
                "Column '{}' holds texts and is left out: name it as data.column to have it read.",
                column.name
            ));
        }
    }
    let (Some(train), Some(test)) = (&parts[0].table, &parts[2].table) else { return Ok(said) };
    let skip = skipped(recipe, &parts[0]);
    let all: Vec<usize> = (0..train.rows()).collect();
    let target = match &parts[0].target {
        Target::Classes { of, .. } => gyeol_columns::Target::Classes(of),
        Target::Values(values) => gyeol_columns::Target::Numbers(values),
    };
    for leak in leakage(train, &all, target, &skip)? {
        // An id is left out by the encoder already.
        if leak.kind != LeakKind::Id {
            said.push(format!(
                "Column '{}' gives '{}' away: {}. If it is not known when the model is asked, name it under columns.ignored.",
                leak.column, parts[0].target_name, leak.reason.words
            ));
        }
    }
    let others = train.columns().iter().any(|c| !skip.contains(&c.name.as_str()));
    if others && train.columns().len() == test.columns().len() {
        let skip: Vec<String> = skip.iter().map(|s| (*s).to_owned()).collect();
        let keys = |table: &gyeol_data::Table| -> Result<Vec<String>> {
            let mut rows = vec![String::new(); table.rows()];
            for column in table.columns().iter().filter(|c| !skip.contains(&c.name)) {
                for (row, cell) in rows.iter_mut().zip(table.texts(&column.name)?) {
                    row.push_str(cell.as_deref().unwrap_or("\u{0}"));
                    row.push('\u{1f}');
                }
            }
            Ok(rows)
        };
        let seen: HashSet<String> = keys(train)?.into_iter().collect();
        let twice = keys(test)?.iter().filter(|row| seen.contains(*row)).count();
        if twice > 0 {
            said.push(format!(
                "{twice} of {} test rows stand in the training part with the same columns, which flatters every rung.",
                test.rows()
            ));
        }
    }
    Ok(said)
}
