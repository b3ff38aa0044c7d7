//! The regular panel that models are fitted on: one or more series on regular clocks, columns by role.

use std::collections::HashMap;

use crate::Tz;

use crate::clock::{Clock, Step, detect_step, show};
use crate::roles::Roles;
use crate::table::{ColumnKind, Table};
use gyeol_base::{Error, Fault, Result};

/// Series on regular clocks with one step, and the same columns in each.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// Distance between rows.
    pub step: Step,
    /// Zone of the people who live by the clock.
    pub zone: Option<Tz>,
    /// Names of the target columns.
    pub targets: Vec<String>,
    /// Names of covariates known only up to now.
    pub past: Vec<String>,
    /// Names of covariates known ahead.
    pub known: Vec<String>,
    /// The series, in order of first appearance.
    pub series: Vec<Series>,
}

/// One series; every column is `[column][row]` with NaN where missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Value of the id column.
    pub id: Option<String>,
    /// When each row is.
    pub clock: Clock,
    /// Rows, future rows included where only known covariates exist.
    pub rows: usize,
    /// Rows up to and including the last one with any target.
    pub history: usize,
    /// Target values.
    pub target: Vec<Vec<f64>>,
    /// Whether a target cell was really read: `false` where missing or invented by cleaning. Only these are scored.
    pub observed: Vec<Vec<bool>>,
    /// Whether every target and past covariate of a row was really read. A forecast may begin only after such a row:
    /// cleaning fills a hole with the help of the reading after it, which at an origin within the hole is the future.
    pub complete: Vec<bool>,
    /// Past covariates.
    pub past: Vec<Vec<f64>>,
    /// Known covariates.
    pub known: Vec<Vec<f64>>,
    /// Of columns whose rows say themselves when they became known: the name, and the moment of each row in milliseconds UTC
    /// ([`i64::MAX`] of a row that never did). Empty where no column is asked for that.
    pub published: Vec<(String, Vec<i64>)>,
}

impl Readings {
    /// Lays a table out as readings. The clock must be regular: sorted, without repeats, gaps or odd stamps; otherwise the
    /// error names the first row and the cleaning operation that mends it.
    pub fn from_table(table: &Table, roles: &Roles) -> Result<Readings> {
        roles.check(table)?;
        let file = table.source().name.clone();
        let targets: Vec<String> = roles.targets().iter().map(|s| s.to_string()).collect();
        if targets.is_empty() {
            return Err(Fault::new("no-target", "no column has the role 'target'")
                .file(&file)
                .cause("no numeric column could be guessed to be the one to forecast")
                .next("name the column to forecast as target")
                .input());
        }
        if table.rows() == 0 {
            return Err(Fault::new("no-rows", "the table has no rows")
                .file(&file)
                .cause("a header without readings, or cleaning dropped every row")
                .next("give a file with readings")
                .input());
        }
        let names = |v: Vec<&str>| -> Vec<String> { v.into_iter().map(str::to_string).collect() };
        let (past, known) = (names(roles.past()), names(roles.known()));
        let zone = match &table.source().zone {
            Some(z) => Some(crate::clock::zone(z)?),
            None => None,
        };
        let groups = groups(table, roles)?;
        let stamps = stamps(table, roles)?;
        let step = common_step(&stamps, &groups, zone, &file)?;

        let column = |name: &String| table.numbers(name);
        let target_cells: Vec<Vec<f64>> = targets.iter().map(column).collect::<Result<_>>()?;
        let past_cells: Vec<Vec<f64>> = past.iter().map(column).collect::<Result<_>>()?;
        let known_cells: Vec<Vec<f64>> = known.iter().map(column).collect::<Result<_>>()?;
        for (name, cells) in targets
            .iter()
            .zip(&target_cells)
            .chain(past.iter().zip(&past_cells))
            .chain(known.iter().zip(&known_cells))
        {
            if let Some(row) = cells.iter().position(|x| x.is_infinite()) {
                return Err(Fault::new("infinite-reading", "an infinite reading")
                    .file(&file)
                    .row(table.row_number(row))
                    .column(name)
                    .cause("a division by zero where the file was made")
                    .next(format!("set it to missing: [[clean]] op = \"missing\", columns = [\"{name}\"], infinite = true"))
                    .input());
            }
        }
        let mut series = Vec::with_capacity(groups.len());
        for (id, rows) in groups {
            let clock = regular_clock(&stamps, &rows, step, zone, id.as_deref(), table, roles)?;
            let pick = |cells: &Vec<f64>| -> Vec<f64> { rows.iter().map(|&r| cells[r]).collect() };
            let target: Vec<Vec<f64>> = target_cells.iter().map(pick).collect();
            let past_picked: Vec<Vec<f64>> = past_cells.iter().map(pick).collect();
            let read = |(name, cells): (&String, &Vec<f64>)| -> Vec<bool> {
                let filled = table.filled(name);
                let really = |(&r, x): (&usize, &f64)| !x.is_nan() && !filled.is_some_and(|f| f[r]);
                rows.iter().zip(cells).map(really).collect()
            };
            let observed: Vec<Vec<bool>> = targets.iter().zip(&target).map(read).collect();
            let past_read: Vec<Vec<bool>> = past.iter().zip(&past_picked).map(read).collect();
            let complete =
                (0..rows.len()).map(|i| observed.iter().chain(&past_read).all(|column| column[i])).collect();
            let history =
                (0..rows.len()).rev().find(|&i| target.iter().any(|t| !t[i].is_nan())).map_or(0, |i| i + 1);
            series.push(Series {
                id,
                clock,
                rows: rows.len(),
                history,
                target,
                observed,
                complete,
                past: past_picked,
                known: known_cells.iter().map(pick).collect(),
                published: Vec::new(),
            });
        }
        Ok(Readings { step, zone, targets, past, known, series })
    }

    /// Takes from the table they were laid out from when each row of a column became known: pairs of a column and the one that
    /// holds its moments.
    ///
    /// # Errors
    /// `no-such-column` and `wrong-type` of a column without moments.
    pub fn publish(&mut self, table: &Table, roles: &Roles, columns: &[(&str, &str)]) -> Result<()> {
        for (column, stamps) in columns {
            let moments = table.times(stamps)?;
            for (series, (_, rows)) in self.series.iter_mut().zip(groups(table, roles)?) {
                let of = rows.iter().map(|&row| moments[row].unwrap_or(i64::MAX));
                series.published.push(((*column).to_owned(), of.collect()));
            }
        }
        Ok(())
    }

    /// The clock that spans all series, from the earliest row to the latest one with a target, and its number of rows.
    pub fn timeline(&self) -> (Clock, usize) {
        let start = self.series.iter().map(|s| s.clock.start).min().unwrap_or(0);
        let clock = Clock { start, step: self.step, zone: self.zone };
        let rows = self
            .series
            .iter()
            .filter(|s| s.history > 0)
            .map(|s| clock.index_at_or_after(s.clock.at(s.history - 1)) + 1)
            .max()
            .unwrap_or(0);
        (clock, rows)
    }
}

/// Rows of each series, in order of first appearance; one group without an id column.
pub(crate) fn groups(table: &Table, roles: &Roles) -> Result<Vec<(Option<String>, Vec<usize>)>> {
    let Some(id) = roles.id() else {
        return Ok(vec![(None, (0..table.rows()).collect())]);
    };
    let mut order: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    let mut empty = None;
    table.each_text(id, &mut |row, value| {
        let Some(value) = value else {
            empty.get_or_insert(row);
            return;
        };
        let at = place.get(value).copied().unwrap_or_else(|| {
            place.insert(value.to_owned(), order.len());
            order.push((Some(value.to_owned()), Vec::new()));
            order.len() - 1
        });
        order[at].1.push(row);
    })?;
    if let Some(row) = empty {
        return Err(Fault::new("no-id", "a row without the name of its series")
            .file(&table.source().name)
            .row(table.row_number(row))
            .column(id)
            .cause("an empty cell in the id column")
            .next("fill the cell or drop the row")
            .input());
    }
    Ok(order)
}

/// The stamp of each row; row counts without a time column.
pub(crate) enum Stamps {
    Time(Vec<Option<i64>>),
    Counter(Vec<Option<i64>>),
    None,
}

pub(crate) fn stamps(table: &Table, roles: &Roles) -> Result<Stamps> {
    Ok(match roles.time() {
        None => Stamps::None,
        Some(name) if table.kind(name) == Some(ColumnKind::Integer) => Stamps::Counter(table.integers(name)?),
        Some(name) => Stamps::Time(table.times(name)?),
    })
}

fn common_step(
    stamps: &Stamps,
    groups: &[(Option<String>, Vec<usize>)],
    zone: Option<Tz>,
    file: &str,
) -> Result<Step> {
    let Stamps::Time(times) = stamps else { return Ok(Step::Rows) };
    let mut found: Option<(Step, Option<&str>)> = None;
    for (id, rows) in groups {
        let these: Vec<i64> = rows.iter().filter_map(|&r| times[r]).collect();
        let Some(step) = detect_step(&these, zone) else { continue };
        match found {
            Some((first, _)) if first == step => {}
            Some((first, name)) => {
                return Err(Fault::new(
                    "two-steps",
                    format!(
                        "series '{}' has a row every {}, series '{}' every {}",
                        name.unwrap_or(""),
                        first.label(),
                        id.as_deref().unwrap_or(""),
                        step.label()
                    ),
                )
                .file(file)
                .cause("meters with different settings in one table")
                .next("bring them to one step (clean: op = \"regular-clock\", step = \"…\") or forecast them apart")
                .input());
            }
            None => found = Some((step, id.as_deref())),
        }
    }
    match found {
        Some((step, _)) => Ok(step),
        None => Err(Fault::new("no-step", "fewer than two different time stamps in every series")
            .file(file)
            .cause("a single row, or one stamp repeated")
            .next("give more rows, or name another time column")
            .input()),
    }
}

fn regular_clock(
    stamps: &Stamps,
    rows: &[usize],
    step: Step,
    zone: Option<Tz>,
    id: Option<&str>,
    table: &Table,
    roles: &Roles,
) -> Result<Clock> {
    let name = roles.time().unwrap_or("");
    let fault = |code, row: usize, found: String, cause: &str, next: &str| -> Error {
        let found = match id {
            Some(id) => format!("{found} (series '{id}')"),
            None => found,
        };
        Fault::new(code, found)
            .file(&table.source().name)
            .row(table.row_number(row))
            .column(name)
            .cause(cause)
            .next(next)
            .input()
    };
    let cells = match stamps {
        Stamps::None => return Ok(Clock { start: 0, step: Step::Rows, zone: None }),
        Stamps::Time(v) | Stamps::Counter(v) => v,
    };
    let counter = matches!(stamps, Stamps::Counter(_));
    let text = |ms: i64| if counter { ms.to_string() } else { show(ms, zone) };
    // Looked for first: rows out of order look like gaps where they were taken from.
    for pair in rows.windows(2) {
        if let (Some(before), Some(now)) = (cells[pair[0]], cells[pair[1]])
            && now < before
        {
            return Err(fault(
                "unsorted-stamps",
                pair[1],
                format!("{} comes after {}", text(now), text(before)),
                "rows out of order, or several series without an id column",
                "clean with op = \"sort\", or name the id column",
            ));
        }
    }
    let mut clock = Clock { start: 0, step, zone: if counter { None } else { zone } };
    let mut last: Option<i64> = None;
    let mut stride = 1;
    for (i, &row) in rows.iter().enumerate() {
        let Some(now) = cells[row] else {
            return Err(fault(
                "no-stamp",
                row,
                "a row without a time stamp".into(),
                "an empty cell, or a stamp that does not exist such as the hour that spring skips",
                "drop the row (clean: op = \"drop-rows\", missing = [the time column]) or fill the stamp",
            ));
        };
        let Some(before) = last else {
            clock.start = now;
            last = Some(now);
            continue;
        };
        if now == before {
            return Err(fault(
                "repeated-stamp",
                row,
                format!("the stamp {} appears twice", text(now)),
                "a row exported twice, several series without an id column, or the doubled hour of autumn without a zone",
                "clean with op = \"deduplicate\", name the id column, or name the zone",
            ));
        }
        if counter {
            if i == 1 {
                stride = now - before;
            }
            if now - before != stride {
                return Err(fault(
                    "gap-in-clock",
                    row,
                    format!("the counter goes from {before} to {now}, elsewhere by {stride}"),
                    "rows were left out",
                    "clean with op = \"regular-clock\", or leave the counter out (role 'ignored')",
                ));
            }
        } else {
            let due = clock.at(i);
            if now != due {
                let on_clock = clock.index_of(now).is_some();
                let (code, what) = if on_clock {
                    ("gap-in-clock", format!("a gap: {} was due, {} came", text(due), text(now)))
                } else {
                    (
                        "irregular-stamp",
                        format!("{} is not on the clock of one row every {}", text(now), step.label()),
                    )
                };
                return Err(fault(
                    code,
                    row,
                    what,
                    "readings were lost, the meter's clock drifted, or daylight saving without a zone",
                    "clean with op = \"regular-clock\" (missing rows become empty), or name the zone",
                ));
            }
        }
        last = Some(now);
    }
    if counter && stride != 1 {
        clock.start = 0;
    }
    Ok(clock)
}
