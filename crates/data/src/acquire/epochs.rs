//! Columns of plain numbers that are really clocks.
//!
//! | read as | evidence |
//! |---|---|
//! | `YYYYMM`, `YYYYMMDD`, `YYYYMMDDHH…` | every number is such a date, and the name says so or the dates step evenly |
//! | seconds, ms, µs, ns since 1970 | every number lies in 1990 to 2100, and the name says so or they step evenly |
//! | days since 1899-12-30 (Excel) | the same, and both the name and the steps say so |

use chrono::{DateTime, Datelike, NaiveDate};

use super::columns::{Offsets, Typed};
use super::dates::{self, Order, Stamp};
use super::note;
use crate::clock::{DAY_MS, HOUR_MS};
use crate::table::Note;

/// 1990 to 2100 in milliseconds.
const SPAN: std::ops::RangeInclusive<f64> = 631_152_000_000.0..=4_102_444_800_000.0;

/// Units since 1970 with the milliseconds of each.
const UNITS: [(&str, f64); 4] =
    [("seconds", 1e3), ("milliseconds", 1.0), ("microseconds", 1e-3), ("nanoseconds", 1e-6)];

/// Words of names that speak of a clock.
const NAMES: [&str; 16] = [
    "time", "date", "stamp", "epoch", "unix", "datum", "zeit", "일시", "시간", "날짜", "일자", "기준",
    "년월", "month", "yyyy", "period",
];

fn named(name: &str) -> bool {
    let lower = name.to_lowercase();
    matches!(lower.as_str(), "ts" | "ds" | "ym") || NAMES.iter().any(|w| lower.contains(w))
}

/// Whether most stamps follow the one before by the same whole span of at least a second (or by whole months), forwards.
fn steady(ms: &[i64]) -> bool {
    let month = |t: i64| DateTime::from_timestamp_millis(t).map_or(0, |t| t.year() * 12 + t.month0() as i32);
    let usual = |of: &dyn Fn(i64) -> i64, least: i64| {
        let mut steps: Vec<i64> = ms.windows(2).map(|w| of(w[1]) - of(w[0])).filter(|d| *d != 0).collect();
        steps.sort_unstable();
        let run = steps.chunk_by(|a, b| a == b).max_by_key(|r| r.len());
        run.is_some_and(|r| r[0] >= least && r.len() * 10 >= steps.len() * 6 && steps.len() > 3)
    };
    usual(&|t| (t + 500).div_euclid(1000), 1) || usual(&|t| i64::from(month(t)), 1)
}

fn stamps(local: Vec<Option<Stamp>>) -> Typed {
    let timed = local.iter().flatten().any(|s| s.timed);
    let offset = local.iter().flatten().next().and_then(|s| s.offset);
    let offsets = offset.map_or(Offsets::None, Offsets::Fixed);
    Typed::Stamps { local: local.iter().map(|s| s.map(|s| s.local)).collect(), timed, offsets }
}

/// A clock written in whole numbers.
pub(super) fn of_whole(name: &str, values: &[Option<i64>], notes: &mut Vec<Note>) -> Option<Typed> {
    let present = || values.iter().flatten().copied();
    let (low, high) = (present().min()?, present().max()?);
    let width = low.checked_ilog10()? + 1;
    if width == high.checked_ilog10()? + 1 && matches!(width, 6 | 8 | 10 | 12 | 14) {
        let read = |x: i64| match width {
            6 => month(x),
            8 => dates::parse(&x.to_string(), Order::Day),
            _ => dates::compact(u64::try_from(x).ok()?, width as u8),
        };
        let local: Vec<Option<Stamp>> = values.iter().map(|x| x.and_then(read)).collect();
        let ms: Vec<i64> = local.iter().flatten().map(|s| s.local.and_utc().timestamp_millis()).collect();
        let sensible = local.iter().flatten().all(|s| (1900..2200).contains(&s.local.year()));
        let varied = low != high;
        let said = named(name) || varied && (width >= 10 || steady(&ms) && ms.len() > 11);
        if ms.len() == present().count() && sensible && said && (width != 6 || varied) {
            return Some(stamps(local));
        }
    }
    let ms: Vec<Option<f64>> = values.iter().map(|x| x.map(|x| x as f64)).collect();
    of_numbers(name, &ms, notes)
}

/// `YYYYMM`, as the first of the month.
fn month(x: i64) -> Option<Stamp> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(x / 100).ok()?, u32::try_from(x % 100).ok()?, 1)?;
    Some(Stamp { local: date.and_hms_opt(0, 0, 0)?, offset: None, mark: None, timed: false, late: false })
}

/// A clock written in numbers with a fraction.
pub(super) fn of_floats(name: &str, values: &[f64], notes: &mut Vec<Note>) -> Option<Typed> {
    let values: Vec<Option<f64>> = values.iter().map(|x| (!x.is_nan()).then_some(*x)).collect();
    of_numbers(name, &values, notes)
}

fn of_numbers(name: &str, values: &[Option<f64>], notes: &mut Vec<Note>) -> Option<Typed> {
    let (low, high) = values.iter().flatten().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
    let count = values.iter().flatten().count();
    for (word, factor) in UNITS {
        if !SPAN.contains(&(low * factor)) || !SPAN.contains(&(high * factor)) {
            continue;
        }
        let ms: Vec<Option<i64>> = values.iter().map(|x| x.map(|x| (x * factor).round() as i64)).collect();
        let even = || steady(&ms.iter().flatten().copied().collect::<Vec<_>>());
        let said = named(name) || low < high && count > 11 && even();
        if !said {
            return None;
        }
        let words = format!("'{name}' was read as {word} since 1970-01-01 UTC");
        notes.push(note("unix-time", Some(name), None, count, words));
        return Some(stamps(ms.iter().map(|t| stamp((*t)?, Some(0))).collect()));
    }
    let days = |x: f64| (x - 25_569.0) * DAY_MS as f64;
    if !SPAN.contains(&days(low)) || !SPAN.contains(&days(high)) || !named(name) {
        return None;
    }
    // Few decimals of a day are seconds off: whole minutes where most stamps lie close to them.
    let round = |x: f64, to: i64| (days(x) / to as f64).round() as i64 * to;
    let near =
        values.iter().flatten().filter(|x| (days(**x) - round(**x, 60_000) as f64).abs() < 5_000.0).count();
    let to = if near * 20 >= count * 19 { 60_000 } else { 1000 };
    let ms: Vec<Option<i64>> = values.iter().map(|x| x.map(|x| round(x, to))).collect();
    let present: Vec<i64> = ms.iter().flatten().copied().collect();
    if !steady(&present) {
        return None;
    }
    let words = format!("'{name}' was read as days since 1899-12-30, as spreadsheets count them");
    notes.push(note("excel-time", Some(name), None, count, words));
    let timed = present.iter().any(|t| t.rem_euclid(24 * HOUR_MS) != 0);
    Some(stamps(ms.iter().map(|t| stamp((*t)?, None).map(|s| Stamp { timed, ..s })).collect()))
}

fn stamp(ms: i64, offset: Option<i32>) -> Option<Stamp> {
    Some(Stamp {
        local: DateTime::from_timestamp_millis(ms)?.naive_utc(),
        offset,
        mark: None,
        timed: true,
        late: false,
    })
}
