//! Settings against each other on the validation part.

use serde::Serialize;

use super::{Table, View};
use crate::model::Grid;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Settings {
    table: Table,
    known: bool,
}

pub(crate) fn grid(view: &View, grid: &Grid) -> Settings {
    let mut head = vec![view.t("col-smoothing", &[])];
    head.extend(grid.orders.iter().map(|n| view.t("col-order", &[("order", n.to_string())])));
    let rows = grid.without_unknown.as_ref().unwrap_or(&grid.rows);
    let least = rows.iter().flat_map(|(_, row)| row.iter().flatten()).copied().fold(f64::INFINITY, f64::min);
    let digits = text::decimals(least, text::metric_figures(&view.report.metric));
    let mut table = Table::new(head);
    for (smoothing, row) in rows {
        let mut cells = vec![smoothing.clone()];
        cells.extend(row.iter().map(|value| match value {
            Some(v) if *v == least => format!("● {}", view.voice.number(*v, digits)),
            Some(v) => view.voice.number(*v, digits),
            None => text::MISSING.to_string(),
        }));
        table.push(cells);
    }
    Settings { table, known: grid.without_unknown.is_some() }
}
