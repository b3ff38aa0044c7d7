//! Series that are sums of others: errors by level, before and after forecasts were made to add up, and the ways to do so.

use serde::Serialize;

use super::{Readings, Table};
use crate::model::Levels;

#[derive(Serialize)]
pub(crate) struct Chapter {
    lead: String,
    table: Table,
    ways_see: String,
    ways: Table,
    chosen: usize,
}

pub(crate) fn levels(view: &Readings, found: &Levels) -> Chapter {
    let voice = &view.voice;
    let way = |name: &str| view.t(&format!("way-{name}"), &[]);
    let args = [("way", way(&found.way)), ("rung", view.best_title())];
    let lead = view.t(if found.way == "none" { "levels-apart" } else { "levels-lead" }, &args);
    let mut table = view.columns(&[
        "col-hierarchy-level",
        "col-hierarchy-series",
        "col-base",
        "col-reconciled",
        "col-change",
        "col-base-mase",
        "col-reconciled-mase",
        "col-coverage",
    ]);
    for row in &found.rows {
        let change = if row.base > 0.0 { row.reconciled / row.base - 1.0 } else { 0.0 };
        let sign = if change >= 0.0 { "+" } else { "" };
        table.push(vec![
            row.level.clone(),
            voice.count(row.series),
            view.level(row.base),
            view.level(row.reconciled),
            format!("{sign}{}", voice.percent(change, 1)),
            voice.number(row.base_mase, 3),
            voice.number(row.reconciled_mase, 3),
            voice.percent(row.coverage, 1),
        ]);
    }
    let mut ways = view.columns(&["col-way", "col-way-error"]);
    let mut chosen = usize::MAX;
    for tried in &found.tried {
        if tried.way == found.way {
            chosen = ways.rows.len();
        }
        ways.push(vec![way(&tried.way), voice.percent(tried.error, 1)]);
    }
    let mut ways_see = view.t(if found.chosen { "ways-chosen" } else { "ways-given" }, &args);
    if !found.shrinkage.is_empty() {
        let all: Vec<String> = found.shrinkage.iter().map(|s| voice.percent(*s, 0)).collect();
        ways_see += " ";
        ways_see += &view.t("ways-shrunk", &[("shrinkage", all.join(", "))]);
    }
    Chapter { lead, table, ways_see, ways, chosen }
}
