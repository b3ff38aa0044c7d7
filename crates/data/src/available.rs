//! When a value becomes known: at once, after a delay, with a daily publication, or at a moment of its own.
//!
//! A row is the span from its stamp to the next one. Without a word on it, its value is known when that span is over, so that a
//! forecast from row `o` on reads rows `… o-1`. What is said here is counted from that moment:
//!
//! ```text
//! "36 h"                     36 hours after the row is over
//! "3 rows"                   when three more rows are over
//! "day at 09:00"             all rows of a day at 09:00 local time of the next day
//! "day at 09:00 + 1 day"     a day later than that
//! { column = "published" }   at the moment that stands in the row; a row without one never becomes known
//! ```
//!
//! Forecasts of a column known ahead have their issue there: rows of (time, issued, value), several with one time. [`vintages`] keeps
//! of each time the newest that was out for every forecast in which the row lies ahead.

use std::collections::HashMap;

use chrono::{Days, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, DAY_MS, Step, detect_step, local_time, parse_span, to_utc};
use crate::readings::groups;
use crate::roles::{Role, Roles};
use crate::table::{ColumnData, ColumnKind, Table};
use gyeol_base::{Fault, Result};

/// Most days and rows that a value may be late.
const MOST_DAYS: u64 = 3_660;
const MOST_ROWS: usize = 100_000;

/// When the values of a column become known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Availability {
    /// So many milliseconds after the row is over.
    Delay(i64),
    /// When so many more rows are over.
    Rows(usize),
    /// All rows of a day at this minute of a later day.
    Daily {
        /// Minute of the local day.
        minute: u32,
        /// Days after the day of the rows: 1 is the next day.
        days: u64,
    },
    /// At the moment in this column.
    Column(String),
}

/// As recipes and model files have it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Column { column: String },
}

impl TryFrom<Written> for Availability {
    type Error = String;

    fn try_from(written: Written) -> std::result::Result<Availability, String> {
        match written {
            Written::Text(text) => Availability::parse(&text)
                .ok_or_else(|| format!("'{text}' does not say when a value is known")),
            Written::Column { column } => Ok(Availability::Column(column)),
        }
    }
}

impl From<Availability> for Written {
    fn from(rule: Availability) -> Written {
        match rule {
            Availability::Column(column) => Written::Column { column },
            rule => Written::Text(rule.to_string()),
        }
    }
}

impl std::fmt::Display for Availability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // Hours are what delays are told in: "36 h" rather than "1 day and a half".
            Availability::Delay(ms) if ms % DAY_MS != 0 => f.write_str(&Step::Millis(*ms).label()),
            Availability::Delay(ms) => write!(f, "{} h", ms / 3_600_000),
            Availability::Rows(1) => f.write_str("1 row"),
            Availability::Rows(rows) => write!(f, "{rows} rows"),
            Availability::Daily { minute, days } => {
                write!(f, "day at {:02}:{:02}", minute / 60, minute % 60)?;
                match days {
                    0 | 1 => Ok(()),
                    2 => f.write_str(" + 1 day"),
                    more => write!(f, " + {} days", more - 1),
                }
            }
            Availability::Column(column) => write!(f, "column '{column}'"),
        }
    }
}

impl Availability {
    /// Reads `36 h`, `3 rows`, `day at 09:00`, `day at 09:00 + 1 day`; nothing where it is none of these.
    pub fn parse(text: &str) -> Option<Availability> {
        let text = text.trim().to_lowercase();
        if let Some(rest) = text.strip_prefix("day at ") {
            let (time, later) = match rest.split_once('+') {
                Some((time, later)) => (time.trim(), days(later.trim())?),
                None => (rest.trim(), 0),
            };
            let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
            return Some(Availability::Daily { minute: time.hour() * 60 + time.minute(), days: 1 + later });
        }
        if let Some(rows) = text.strip_suffix("rows").or(text.strip_suffix("row")) {
            return rows.trim().parse().ok().filter(|rows| *rows <= MOST_ROWS).map(Availability::Rows);
        }
        let said = text.starts_with(|c: char| c.is_ascii_digit());
        let short = |ms: &i64| *ms <= MOST_DAYS as i64 * DAY_MS;
        said.then(|| parse_span(&text)).flatten().filter(short).map(Availability::Delay)
    }

    /// Whether rows of such a clock can have it.
    ///
    /// # Errors
    /// `no-such-delay` of hours and days where rows are only counted, and of days where a row is a month.
    pub fn check(&self, column: &str, step: Step) -> Result<()> {
        let uncounted =
            matches!(self, Availability::Delay(_) | Availability::Daily { .. }) && step == Step::Rows;
        let bad = uncounted || matches!((self, step), (Availability::Daily { .. }, Step::Months(_)));
        if !bad {
            return Ok(());
        }
        Err(Fault::new("no-such-delay", format!("'{self}', where there is a row every {}", step.label()))
            .column(column)
            .cause("a span of hours or days for readings whose clock has none")
            .next("give the delay in rows: \"3 rows\"")
            .option())
    }

    /// When the value of a row is known, in milliseconds UTC (a row number where rows are only counted); nothing where each row
    /// says it itself.
    pub fn moment(&self, clock: &Clock, row: usize) -> Option<i64> {
        match self {
            Availability::Delay(ms) => Some(clock.at(row + 1).saturating_add(*ms)),
            Availability::Rows(rows) => Some(clock.at(row + 1 + rows)),
            Availability::Daily { minute, days } => {
                let last = local_time(clock.at(row + 1).saturating_sub(1), clock.zone).date();
                let day = last.checked_add_days(Days::new(*days))?;
                let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0)?;
                Some(to_utc(day.and_time(time), clock.zone))
            }
            Availability::Column(_) => None,
        }
    }

    /// Of each row from 0 to `rows`: how many rows before it are not known at its moment. `own` are the moments of rows that say it
    /// themselves.
    pub fn unknown(&self, clock: &Clock, rows: usize, own: Option<&[i64]>) -> Vec<usize> {
        // Nothing is known before what came earlier: the latest moment so far decides.
        let mut latest = i64::MIN;
        let moments: Vec<i64> = (0..rows)
            .map(|row| {
                let moment = own.map_or_else(|| self.moment(clock, row), |own| own.get(row).copied());
                latest = latest.max(moment.unwrap_or(i64::MAX));
                latest
            })
            .collect();
        let mut known = 0;
        (0..=rows)
            .map(|origin| {
                let now = clock.at(origin);
                while known < origin && moments[known] <= now {
                    known += 1;
                }
                origin - known
            })
            .collect()
    }
}

/// One row a time of a table that has several forecasts of columns known ahead: `columns` names each with the column of its issue. Of a
/// time `t` the newest row stays that was issued by `t - (horizon - 1) rows`, the earliest origin whose forecast of `horizon` rows holds
/// it, so that no forecast reads what was issued after its origin. Where there is none, the columns are missing in its row. Gives how
/// many rows were taken out, and how many times have no forecast in time.
///
/// # Errors
/// `two-issues` where columns have different columns of issue, `no-such-delay` on a clock without a span between rows, and what the table
/// lacks.
pub fn vintages(
    table: Table,
    roles: &Roles,
    columns: &[(&str, &str)],
    horizon: usize,
) -> Result<(Table, usize, usize)> {
    let Some(((first, issued), rest)) = columns.split_first() else { return Ok((table, 0, 0)) };
    if let Some((column, other)) = rest.iter().find(|(_, other)| other != issued) {
        let found = format!("'{column}' was issued by '{other}', '{first}' by '{issued}'");
        return Err(Fault::new("two-issues", found)
            .column(*column)
            .cause("forecasts of two makers in one table: a row has one issue")
            .next("keep those of one maker, or join them so that a row holds what was issued together")
            .input());
    }
    let time = roles.time().filter(|time| table.kind(time) == Some(ColumnKind::Time));
    let Some(time) = time else {
        return Err(Fault::new("no-such-delay", "forecasts have an issue, but rows have no time")
            .column(*first)
            .next("name the time column")
            .input());
    };
    let (stamps, issues) = (table.times(time)?, table.times(issued)?);
    let zone = table.source().zone.as_deref().map(crate::clock::zone).transpose()?;
    let groups = groups(&table, roles)?;
    let longest = groups.iter().max_by_key(|(_, rows)| rows.len()).map_or(&[][..], |(_, rows)| rows);
    let some: Vec<i64> = longest.iter().filter_map(|&row| stamps[row]).collect();
    let Some(Step::Millis(step)) = detect_step(&some, zone) else {
        return Err(Fault::new("no-such-delay", "forecasts have an issue, but rows are no fixed span apart")
            .column(*first)
            .next("bring the rows to hours or days")
            .input());
    };
    let before = step.saturating_mul(horizon.saturating_sub(1) as i64);
    let (mut kept, mut missing) = (Vec::new(), vec![false; table.rows()]);
    for (_, rows) in &groups {
        // By time: the first row, and the newest in time with its issue.
        let mut best: HashMap<i64, (usize, Option<(i64, usize)>)> = HashMap::new();
        for &row in rows {
            let Some(stamp) = stamps[row] else {
                kept.push((row, row));
                continue;
            };
            let (_, best) = best.entry(stamp).or_insert((row, None));
            let Some(issue) = issues[row].filter(|issue| *issue <= stamp.saturating_sub(before)) else {
                continue;
            };
            if best.is_none_or(|(newest, _)| issue >= newest) {
                *best = Some((issue, row));
            }
        }
        for (first, best) in best.into_values() {
            let row = best.map_or(first, |(_, row)| row);
            missing[row] = best.is_none();
            kept.push((first, row));
        }
    }
    // In the order in which the times first stand.
    kept.sort_unstable();
    let late = missing.iter().filter(|m| **m).count();
    let mut out = table.clone();
    for (column, _) in columns {
        let mut values = out.numbers(column)?;
        values.iter_mut().zip(&missing).filter(|(_, m)| **m).for_each(|(v, _)| *v = f64::NAN);
        out = out.with_column(column, ColumnData::Number(values))?;
    }
    let removed = table.rows() - kept.len();
    let index: Vec<Option<usize>> = kept.into_iter().map(|(_, row)| Some(row)).collect();
    Ok((out.take(&index)?, removed, late))
}

/// Pairs of a column known ahead and the column of its issue, of rules by column.
pub fn issues<'r>(
    rules: impl IntoIterator<Item = (&'r String, &'r Availability)>,
    roles: &Roles,
) -> Vec<(&'r str, &'r str)> {
    let known = rules.into_iter().filter(|(column, _)| roles.get(column) == Role::Known);
    let of = known.filter_map(|(column, rule)| match rule {
        Availability::Column(issued) => Some((column.as_str(), issued.as_str())),
        _ => None,
    });
    of.collect()
}

/// `1 day`, `3 days`.
fn days(text: &str) -> Option<u64> {
    let number = text.strip_suffix("days").or(text.strip_suffix("day"))?;
    number.trim().parse().ok().filter(|days| *days <= MOST_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in [
            "36 h",
            "24 h",
            "90 min",
            "1 row",
            "3 rows",
            "day at 09:00",
            "day at 17:45 + 1 day",
            "day at 00:00 + 3 days",
        ] {
            let rule = Availability::parse(text).unwrap();
            assert_eq!(rule.to_string(), text);
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Availability>(&json).unwrap(), rule);
        }
        assert_eq!(Availability::parse("2 days"), Some(Availability::Delay(48 * HOUR)));
        for text in [
            "",
            "day",
            "day at 25:00",
            "day at 9",
            "day at 09:00 + 1",
            "h",
            "-3 h",
            "3 bananas",
            "99999999 rows",
        ] {
            assert_eq!(Availability::parse(text), None, "{text}");
        }
        let own: Availability = serde_json::from_str("{\"column\":\"published\"}").unwrap();
        assert_eq!(own, Availability::Column("published".into()));
        assert_eq!(serde_json::to_string(&own).unwrap(), "{\"column\":\"published\"}");
    }

    #[test]
    fn a_delay_counts_from_the_end_of_the_row() {
        let clock = Clock { start: 0, step: Step::Millis(HOUR), zone: None };
        let of = |text: &str| Availability::parse(text).unwrap().unknown(&clock, 100, None)[60];
        // At 60:00 the row of 59:00 is just over.
        assert_eq!((of("36 h"), of("1 h"), of("90 min"), of("1 min"), of("5 rows")), (36, 1, 2, 1, 5));
    }

    #[test]
    fn a_day_is_published_whole() {
        // Rows from midnight on, UTC. Day 3 is published on day 4 at 09:00.
        let clock = Clock { start: 0, step: Step::Millis(HOUR), zone: None };
        let unknown = Availability::parse("day at 09:00").unwrap().unknown(&clock, 24 * 10, None);
        assert_eq!((unknown[24 * 4 + 8], unknown[24 * 4 + 9], unknown[24 * 4]), (32, 9, 24));
        let later = Availability::parse("day at 09:00 + 1 day").unwrap().unknown(&clock, 24 * 10, None);
        assert_eq!((later[24 * 5 + 8], later[24 * 5 + 9]), (56, 33));
        // By the clock of the people: New York's day begins at 04:00 UTC in summer, and 09:00 there is 13:00 UTC.
        let zone = crate::clock::zone("America/New_York").unwrap();
        let start = chrono::NaiveDate::from_ymd_opt(2014, 7, 1).unwrap().and_hms_opt(4, 0, 0).unwrap();
        let clock =
            Clock { start: start.and_utc().timestamp_millis(), step: Step::Millis(HOUR), zone: Some(zone) };
        let there = Availability::parse("day at 09:00").unwrap().unknown(&clock, 24 * 10, None);
        assert_eq!((there[24 * 4 + 8], there[24 * 4 + 9]), (32, 9));
        // Of daily rows the one before the newest.
        let clock = Clock { start: 0, step: Step::Millis(DAY_MS), zone: None };
        assert_eq!(Availability::parse("day at 09:00").unwrap().unknown(&clock, 10, None)[5], 1);
    }

    #[test]
    fn of_several_forecasts_the_newest_that_was_out_is_read() {
        // Each hour is forecast 6, 4, 2 and 0 hours before it: the value says when.
        let rows: Vec<(i64, i64)> = (10..20).flat_map(|t| [6, 4, 2, 0].map(|before| (t, before))).collect();
        let of =
            |f: &dyn Fn(&(i64, i64)) -> i64| rows.iter().map(|row| Some(f(row) * HOUR)).collect::<Vec<_>>();
        let table = Table::from_columns(vec![
            ("time".into(), ColumnData::Time(of(&|(t, _)| *t))),
            ("issued".into(), ColumnData::Time(of(&|(t, before)| t - before))),
            ("wind".into(), ColumnData::Number(rows.iter().map(|(_, before)| *before as f64).collect())),
            ("load".into(), ColumnData::Number(rows.iter().map(|(t, _)| *t as f64).collect())),
        ])
        .unwrap();
        let roles = Roles::from_pairs([("time", Role::Time), ("load", Role::Target), ("wind", Role::Known)]);
        for (horizon, wind, late) in [(1, 0.0, 0), (3, 2.0, 0), (4, 4.0, 0), (7, 6.0, 0), (8, f64::NAN, 10)] {
            let (out, removed, missing) =
                vintages(table.clone(), &roles, &[("wind", "issued")], horizon).unwrap();
            assert_eq!((out.rows(), removed, missing), (10, 30, late));
            let found = out.numbers("wind").unwrap();
            assert!(found.iter().all(|v| *v == wind || v.is_nan() && wind.is_nan()), "{horizon}: {found:?}");
            assert_eq!(out.numbers("load").unwrap(), (10..20).map(f64::from).collect::<Vec<_>>());
        }
        let rule = Availability::Column("issued".into());
        let rules =
            std::collections::BTreeMap::from([("wind".to_owned(), rule.clone()), ("load".to_owned(), rule)]);
        assert_eq!(issues(&rules, &roles), [("wind", "issued")]);
    }

    #[test]
    fn a_row_that_comes_late_holds_back_those_after_it() {
        let clock = Clock { start: 0, step: Step::Millis(HOUR), zone: None };
        let mut own: Vec<i64> = (0..10).map(|row| (row + 1) * HOUR).collect();
        own[4] = 8 * HOUR;
        let rule = Availability::Column("published".into());
        assert_eq!(rule.unknown(&clock, 10, Some(&own)), [0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0]);
    }
}
