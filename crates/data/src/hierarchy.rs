//! Sums of series: to what each belongs, and the series of every upper level made by adding up.
//!
//! ```text
//! total ─┬─ region=north ─┬─ feeder=F1 ─┬─ meter 1        y_upper(t) = Σ y(t) of the meters under it,
//!        │                │             └─ meter 2        missing where one of them is
//!        └─ region=south ─ …
//! ```
//!
//! Levels are columns of the table, the nearest first; above the last stands one total. A node of a level lies whole within one
//! node of the next. Covariates of an upper series are the means of those of its meters.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gyeol_base::{Fault, Result};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Step, show};
use crate::readings::{Readings, Series};
use crate::table::Table;

/// Name of the series and of the level above all others.
pub const TOTAL: &str = "total";

/// Share of the table's own total by which the sum may miss it: meters are printed to a few digits.
const ROUNDING: f64 = 1e-3;

/// What is added up to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hierarchy {
    /// Names of the levels: the column of the series first, then those of the parents, then [`TOTAL`].
    pub levels: Vec<String>,
    /// Ids of the series at the bottom.
    pub bottom: Vec<String>,
    /// Everything above, level by level.
    pub nodes: Vec<Node>,
    /// Id of the series of the table that is its own total: left out of the sums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_id: Option<String>,
}

/// A series of an upper level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Id of the series: `feeder=F1`, or `total`.
    pub id: String,
    /// Place of its level in [`Hierarchy::levels`], from 1.
    pub level: usize,
    /// Places in [`Hierarchy::bottom`] of what it is the sum of, rising.
    pub children: Vec<u32>,
}

/// What adding up a level gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelMade {
    /// The level.
    pub level: String,
    /// Its series.
    pub series: usize,
    /// Cells of its targets between the first and the last reading.
    pub cells: usize,
    /// Of these, cells that are missing because a series under them is.
    pub missing: usize,
}

impl Hierarchy {
    /// What the columns `parents` (the nearest level first) say of the series that the column `id` tells apart.
    ///
    /// # Errors
    /// `no-parent` for an empty cell, `two-parents` where a series, or a node of a level, belongs to two nodes of one level,
    /// `taken-id` where a series is called like a sum of others, `no-total-series` where there is no series `total_id`.
    pub fn of(table: &Table, id: &str, parents: &[String], total_id: Option<&str>) -> Result<Hierarchy> {
        let file = &table.source().name;
        let (mut bottom, mut rows): (Vec<String>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut place: HashMap<String, u32> = HashMap::new();
        // The series of each row; those of the table's own total have none.
        let mut of_row: Vec<u32> = Vec::with_capacity(table.rows());
        let mut total_seen = false;
        table.each_text(id, &mut |row, value| {
            let value = value.unwrap_or_default();
            if total_id == Some(value) {
                total_seen = true;
                of_row.push(u32::MAX);
                return;
            }
            let at = place.get(value).copied().unwrap_or_else(|| {
                place.insert(value.to_owned(), bottom.len() as u32);
                bottom.push(value.to_owned());
                rows.push(row);
                (bottom.len() - 1) as u32
            });
            of_row.push(at);
        })?;
        if let (Some(total), false) = (total_id, total_seen) {
            return Err(Fault::new("no-total-series", format!("there is no series '{total}'"))
                .file(file)
                .column(id)
                .cause("`total_id` names the table's own total, which is not among its series")
                .next("name the series that is the sum of all others, or leave `total_id` out")
                .input());
        }
        let mut levels = vec![id.to_owned()];
        let mut nodes: Vec<Node> = Vec::new();
        // Of the level below: the name and the places of each node.
        let mut below: Vec<(String, Vec<u32>)> = (0..bottom.len() as u32)
            .map(|at| (format!("series '{}'", bottom[at as usize]), vec![at]))
            .collect();
        for (level, column) in parents.iter().enumerate() {
            let of = parent_of(table, column, id, &of_row, &bottom)?;
            let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
            for (name, places) in &below {
                let own: BTreeSet<&str> = places.iter().map(|&at| of[at as usize].as_str()).collect();
                if let [one, other, ..] = own.into_iter().collect::<Vec<_>>()[..] {
                    return Err(two_parents(file, column, name, one, other));
                }
                let parent = of[places[0] as usize].as_str();
                found.entry(parent).or_default().extend(places);
            }
            below = Vec::new();
            for (name, mut children) in found {
                children.sort_unstable();
                below.push((format!("{column} '{name}'"), children.clone()));
                nodes.push(Node { id: format!("{column}={name}"), level: level + 1, children });
            }
            levels.push(column.clone());
        }
        levels.push(TOTAL.to_owned());
        let all = (0..bottom.len() as u32).collect();
        nodes.push(Node { id: TOTAL.to_owned(), level: parents.len() + 1, children: all });
        if let Some(node) = nodes.iter().find(|node| place.contains_key(&node.id)) {
            let row = rows[place[&node.id] as usize];
            return Err(Fault::new(
                "taken-id",
                format!("a series is called '{}', as a sum of others would be", node.id),
            )
            .file(file)
            .row(table.row_number(row))
            .column(id)
            .cause("the table brings a total of its own, or the id of a series is that of a level")
            .next(format!(
                "name it: columns.total_id = \"{}\" holds it against the sum; or rename it",
                node.id
            ))
            .input());
        }
        Ok(Hierarchy { levels, bottom, nodes, total_id: total_id.map(str::to_owned) })
    }

    /// Columns that could be the parents of the series that the column `id` tells apart, of these `candidates`: each says the same
    /// in every row of a series, has fewer nodes than the level below it and more than one, and holds its nodes whole.
    ///
    /// # Errors
    /// As the columns' cells say.
    pub fn proposed(table: &Table, id: &str, candidates: &[&str]) -> Result<Vec<String>> {
        let mut place: HashMap<String, u32> = HashMap::new();
        let mut of_row: Vec<u32> = Vec::with_capacity(table.rows());
        table.each_text(id, &mut |_, value| {
            let value = value.unwrap_or_default();
            let next = place.len() as u32;
            let at = place.get(value).copied().unwrap_or_else(|| {
                place.insert(value.to_owned(), next);
                next
            });
            of_row.push(at);
        })?;
        let series = place.len();
        // Of each column that is constant within a series: how many nodes, and that of each series.
        let mut constant: Vec<(usize, &str, Vec<u32>)> = Vec::new();
        for &column in candidates {
            let mut nodes: HashMap<String, u32> = HashMap::new();
            let (mut found, mut same) = (vec![u32::MAX; series], true);
            table.each_text(column, &mut |row, value| {
                let Some(value) = value.filter(|_| same) else {
                    same = false;
                    return;
                };
                let next = nodes.len() as u32;
                let node = nodes.get(value).copied().unwrap_or_else(|| {
                    nodes.insert(value.to_owned(), next);
                    next
                });
                let own = &mut found[of_row[row] as usize];
                same = *own == u32::MAX || *own == node;
                *own = node;
            })?;
            if same && (2..series).contains(&nodes.len()) {
                constant.push((nodes.len(), column, found));
            }
        }
        constant.sort_by_key(|(nodes, ..)| std::cmp::Reverse(*nodes));
        let (mut out, mut below): (Vec<String>, Option<(usize, Vec<u32>)>) = (Vec::new(), None);
        for (nodes, column, found) in constant {
            let nested = below.as_ref().is_none_or(|(fewer, below)| {
                let mut of: Vec<Option<u32>> = vec![None; *fewer];
                nodes < *fewer
                    && below.iter().zip(&found).all(|(&b, &f)| *of[b as usize].get_or_insert(f) == f)
            });
            if nested {
                out.push(column.to_owned());
                below = Some((nodes, found));
            }
        }
        Ok(out)
    }

    /// Series of all levels.
    pub fn len(&self) -> usize {
        self.bottom.len() + self.nodes.len()
    }

    /// True where nothing is added up.
    pub fn is_empty(&self) -> bool {
        self.bottom.is_empty()
    }

    /// The level of a place: series at the bottom come first, then the nodes.
    pub fn level(&self, place: usize) -> usize {
        place.checked_sub(self.bottom.len()).map_or(0, |node| self.nodes[node].level)
    }

    /// The place of each series by its id: those at the bottom first, then the nodes.
    pub fn places(&self) -> HashMap<&str, usize> {
        let ids = self.bottom.iter().chain(self.nodes.iter().map(|node| &node.id));
        ids.enumerate().map(|(place, id)| (id.as_str(), place)).collect()
    }

    /// Keeps the series at the bottom that `stays` names, and the nodes that have one of them left.
    pub fn keep(&mut self, stays: &dyn Fn(&str) -> bool) {
        let mut moved = vec![None; self.bottom.len()];
        let mut left = 0;
        for (id, to) in self.bottom.iter().zip(&mut moved) {
            if stays(id) {
                *to = Some(left);
                left += 1;
            }
        }
        self.bottom.retain(|id| stays(id));
        for node in &mut self.nodes {
            node.children = node.children.iter().filter_map(|&at| moved[at as usize]).collect();
        }
        self.nodes.retain(|node| !node.children.is_empty());
    }

    /// Whether what came out of a file holds together.
    pub fn sound(&self) -> bool {
        let m = self.bottom.len();
        let node = |node: &Node| {
            (1..self.levels.len()).contains(&node.level)
                && !node.children.is_empty()
                && node.children.iter().all(|&at| (at as usize) < m)
                && node.children.is_sorted_by(|a, b| a < b)
        };
        m > 0 && !self.nodes.is_empty() && self.nodes.iter().all(node) && self.places().len() == self.len()
    }

    /// Takes the table's own total out of the readings and holds it against the sum, wherever all series have a reading.
    ///
    /// # Errors
    /// `does-not-sum`.
    pub fn without_total(&self, readings: &mut Readings, check: bool) -> Result<()> {
        let Some(total) = &self.total_id else { return Ok(()) };
        let Some(at) = readings.series.iter().position(|s| s.id.as_deref() == Some(total)) else {
            return Ok(());
        };
        let own = readings.series.remove(at);
        if !check {
            return Ok(());
        }
        let members: Vec<&Series> = readings.series.iter().collect();
        let made = added(TOTAL, &members, readings.step)?;
        for (c, name) in readings.targets.iter().enumerate() {
            let (mut wrong, mut compared, mut first) = (0usize, 0usize, None);
            for row in 0..own.history {
                let there = made.clock.index_of(own.clock.at(row)).filter(|&at| at < made.rows);
                let Some(at) = there.filter(|_| own.observed[c][row]).filter(|&at| made.observed[c][at])
                else {
                    continue;
                };
                let (says, sum) = (own.target[c][row], made.target[c][at]);
                compared += 1;
                if (says - sum).abs() > ROUNDING * says.abs().max(sum.abs()) {
                    wrong += 1;
                    first.get_or_insert((row, says, sum));
                }
            }
            if let Some((row, says, sum)) = first {
                let when = match readings.step {
                    Step::Rows => format!("row {row}"),
                    _ => show(own.clock.at(row), readings.zone),
                };
                return Err(Fault::new(
                    "does-not-sum",
                    format!("series '{total}' says {says} at {when}, its {} series add up to {sum}; so in {wrong} of {compared} rows", members.len()),
                )
                .column(name)
                .cause("a series is missing or counted twice, units differ, or the total holds losses that no meter reads")
                .next("mend the table; or leave `total_id` out and drop those rows: the total is then the sum of the series")
                .input());
            }
        }
        Ok(())
    }

    /// Adds the series of the upper levels behind those of the readings; says of each level how much of it is missing.
    ///
    /// # Errors
    /// `not-all-series` where a series at the bottom is not there, `other-clocks` where series do not share a clock,
    /// `no-common-row` where those of a node are never read at one time.
    pub fn add_up(&self, readings: &mut Readings) -> Result<Vec<LevelMade>> {
        let by_id: HashMap<&str, &Series> =
            readings.series.iter().filter_map(|s| Some((s.id.as_deref()?, s))).collect();
        let lacking: Vec<&str> =
            self.bottom.iter().map(String::as_str).filter(|id| !by_id.contains_key(id)).collect();
        if let Some(first) = lacking.first() {
            let found = match lacking.len() {
                1 => format!("series '{first}' is not in the table, so the sums over it cannot be made"),
                n => format!(
                    "{n} series are not in the table, the first is '{first}', so the sums over them cannot be made"
                ),
            };
            return Err(Fault::new("not-all-series", found)
                .cause("a part of the table, or meters that were taken away")
                .next(format!(
                    "give all {} series, with empty cells where nothing was read",
                    self.bottom.len()
                ))
                .input());
        }
        let members: Vec<&Series> = self.bottom.iter().map(|id| by_id[id.as_str()]).collect();
        let mut made: Vec<LevelMade> = self.levels[1..]
            .iter()
            .map(|level| LevelMade { level: level.clone(), series: 0, cells: 0, missing: 0 })
            .collect();
        let mut uppers = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let own: Vec<&Series> = node.children.iter().map(|&at| members[at as usize]).collect();
            let upper = added(&node.id, &own, readings.step)?;
            if upper.history == 0 {
                return Err(Fault::new("no-common-row", format!("the {} series under '{}' are never read at one time", own.len(), node.id))
                    .cause("a meter that was replaced by another, or one without any reading")
                    .next("leave that series out (clean: drop its rows), or join the old meter and the new one under one id")
                    .input());
            }
            let level = &mut made[node.level - 1];
            level.series += 1;
            let first =
                upper.target.iter().filter_map(|t| t.iter().position(|v| !v.is_nan())).min().unwrap_or(0);
            for target in &upper.target {
                level.cells += upper.history - first;
                level.missing += target[first..upper.history].iter().filter(|v| v.is_nan()).count();
            }
            uppers.push(upper);
        }
        readings.series.extend(uppers);
        Ok(made)
    }
}

/// The parent of each series in a column.
fn parent_of(
    table: &Table,
    column: &str,
    id: &str,
    of_row: &[u32],
    bottom: &[String],
) -> Result<Vec<String>> {
    let file = &table.source().name;
    let mut found: Vec<Option<String>> = vec![None; bottom.len()];
    let mut failure = None;
    table.each_text(column, &mut |row, value| {
        let Some(own) = found.get_mut(of_row[row] as usize) else { return };
        if failure.is_some() {
            return;
        }
        let series = &bottom[of_row[row] as usize];
        match (value.filter(|v| !v.trim().is_empty()), own.as_deref()) {
            (None, _) => {
                failure = Some(
                    Fault::new("no-parent", format!("series '{series}' has no '{column}' in this row"))
                        .file(file)
                        .row(table.row_number(row))
                        .column(column)
                        .cause("an empty cell in a column of parents")
                        .next("fill the cell in every row of the series, or take the column out of `columns.parents`")
                        .input(),
                );
            }
            (Some(value), Some(known)) if known != value => {
                let mut error = two_parents(file, column, &format!("series '{series}'"), known, value);
                error.fault_mut().row = Some(table.row_number(row));
                failure = Some(error);
            }
            (Some(value), None) => *own = Some(value.to_owned()),
            (Some(_), Some(_)) => {}
        }
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let lacks = |at: usize| {
        Fault::new("no-parent", format!("series '{}' has no '{column}'", bottom[at])).column(id).input()
    };
    found.into_iter().enumerate().map(|(at, parent)| parent.ok_or_else(|| lacks(at))).collect()
}

fn two_parents(file: &str, column: &str, who: &str, one: &str, other: &str) -> gyeol_base::Error {
    Fault::new("two-parents", format!("{who} belongs to '{one}' and to '{other}' in one level"))
        .file(file)
        .column(column)
        .cause("a meter that was moved, or levels that are not nested: each must lie whole within one of the next")
        .next("give the series one parent a level in all of its rows (a new id after a move), or leave the level out")
        .input()
}

/// The sum of series, on a clock from the first of their rows to the last.
fn added(id: &str, members: &[&Series], step: Step) -> Result<Series> {
    let start = members.iter().map(|s| s.clock.start).min().unwrap_or(0);
    let zone = members.first().and_then(|s| s.clock.zone);
    let clock = Clock { start, step, zone };
    let mut places = Vec::with_capacity(members.len());
    for s in members {
        let Some(at) = clock.index_of(s.clock.start) else {
            let found = format!(
                "series '{}' has no row on the clock of the other series under '{id}'",
                s.id.as_deref().unwrap_or_default()
            );
            return Err(Fault::new("other-clocks", found)
                .cause("meters read at other minutes of the hour")
                .next("bring all series to one clock: [[clean]] op = \"regular-clock\" with its step")
                .input());
        };
        places.push(at);
    }
    let rows = places.iter().zip(members).map(|(at, s)| at + s.rows).max().unwrap_or(0);
    let all = members.len() as u32;
    let summed = |column: &dyn Fn(&Series) -> &[f64], mean: bool| -> Vec<f64> {
        let (mut sum, mut seen) = (vec![0.0; rows], vec![0u32; rows]);
        for (&at, s) in places.iter().zip(members) {
            for ((sum, seen), v) in sum[at..].iter_mut().zip(&mut seen[at..]).zip(column(s)) {
                if !v.is_nan() {
                    *sum += v;
                    *seen += 1;
                }
            }
        }
        for (sum, &seen) in sum.iter_mut().zip(&seen) {
            match mean {
                true if seen > 0 => *sum /= f64::from(seen),
                false if seen == all => {}
                _ => *sum = f64::NAN,
            }
        }
        sum
    };
    let all_true = |column: &dyn Fn(&Series) -> &[bool]| -> Vec<bool> {
        let mut seen = vec![0u32; rows];
        for (&at, s) in places.iter().zip(members) {
            seen[at..].iter_mut().zip(column(s)).for_each(|(seen, &is)| *seen += u32::from(is));
        }
        seen.into_iter().map(|seen| seen == all).collect()
    };
    let columns = |of: &dyn Fn(&Series) -> usize| members.first().map_or(0, |s| of(s));
    let target: Vec<Vec<f64>> =
        (0..columns(&|s| s.target.len())).map(|c| summed(&|s| &s.target[c], false)).collect();
    let history =
        (0..rows).rev().find(|&row| target.iter().any(|t| !t[row].is_nan())).map_or(0, |row| row + 1);
    // A sum is known once its last part is.
    let named = members.first().map_or(&[][..], |s| &s.published[..]);
    let published = named.iter().map(|(name, _)| {
        let mut moments = vec![i64::MIN; rows];
        for (&at, s) in places.iter().zip(members) {
            let own = s.published.iter().find(|(other, _)| other == name).map_or(&[][..], |(_, own)| own);
            for (row, moment) in moments.iter_mut().enumerate() {
                let there = row.checked_sub(at).and_then(|row| own.get(row));
                *moment = (*moment).max(there.copied().unwrap_or(i64::MAX));
            }
        }
        (name.clone(), moments)
    });
    let published = published.collect();
    Ok(Series {
        published,
        id: Some(id.to_owned()),
        clock,
        rows,
        history,
        observed: (0..target.len()).map(|c| all_true(&|s| &s.observed[c])).collect(),
        complete: all_true(&|s| &s.complete),
        past: (0..columns(&|s| s.past.len())).map(|c| summed(&|s| &s.past[c], true)).collect(),
        known: (0..columns(&|s| s.known.len())).map(|c| summed(&|s| &s.known[c], true)).collect(),
        target,
    })
}

#[cfg(test)]
mod tests;
