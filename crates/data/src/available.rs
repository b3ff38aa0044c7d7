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

use chrono::{Days, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, DAY_MS, Step, local_time, parse_span, to_utc};
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
        let bad = match (self, step) {
            (Availability::Delay(_) | Availability::Daily { .. }, Step::Rows) => true,
            (Availability::Daily { .. }, Step::Months(_)) => true,
            _ => false,
        };
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
    fn a_row_that_comes_late_holds_back_those_after_it() {
        let clock = Clock { start: 0, step: Step::Millis(HOUR), zone: None };
        let mut own: Vec<i64> = (0..10).map(|row| (row + 1) * HOUR).collect();
        own[4] = 8 * HOUR;
        let rule = Availability::Column("published".into());
        assert_eq!(rule.unknown(&clock, 10, Some(&own)), [0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0]);
    }
}
