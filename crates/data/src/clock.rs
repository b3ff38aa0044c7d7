//! The regular clock of a series: a start, a step, and the zone its people live in.
//!
//! Inside, a moment is milliseconds since 1970-01-01 UTC. Steps of whole days or months follow the local
//! calendar when a zone is known (a day of 23 hours is still a day); shorter steps follow UTC.

use crate::Tz;
use chrono::{DateTime, Datelike, Duration, LocalResult, Months, NaiveDate, NaiveDateTime, Offset, TimeZone};
use serde::{Deserialize, Serialize};

use gyeol_base::{Fault, Result};

pub use crate::places::country;

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// The distance from one row to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// So many milliseconds.
    Millis(i64),
    /// So many calendar months.
    Months(u32),
    /// Rows counted, without a clock.
    Rows,
}

impl Step {
    /// The step for people: `1 h`, `15 min`, `1 day`, `1 month`, `1 row`.
    pub fn label(&self) -> String {
        let many = |n: i64, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
        match *self {
            Step::Rows => "1 row".to_string(),
            Step::Months(m) if m % 12 == 0 && m > 0 => many(i64::from(m / 12), "year", "years"),
            Step::Months(m) => many(i64::from(m), "month", "months"),
            Step::Millis(ms) if ms % (7 * DAY_MS) == 0 => many(ms / (7 * DAY_MS), "week", "weeks"),
            Step::Millis(ms) if ms % DAY_MS == 0 => many(ms / DAY_MS, "day", "days"),
            Step::Millis(ms) if ms % HOUR_MS == 0 => format!("{} h", ms / HOUR_MS),
            Step::Millis(ms) if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
            Step::Millis(ms) if ms % 1000 == 0 => format!("{} s", ms / 1000),
            Step::Millis(ms) => format!("{ms} ms"),
        }
    }

    /// Reads what [`Step::label`] writes, and `h`, `15min`, `day`, `1d`, `month`, `rows`.
    pub fn parse(text: &str) -> Result<Step> {
        let bad = || {
            Fault::new("bad-step", format!("'{text}' is not a step"))
                .cause("a span in words that are not known here")
                .next("write a number and a unit: 15 min, 1 h, 1 day, 1 week, 1 month, or rows")
                .option()
        };
        let t = text.trim().to_lowercase();
        if matches!(t.as_str(), "row" | "rows" | "1 row") {
            return Ok(Step::Rows);
        }
        let split = t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len());
        let n: i64 = if split == 0 { 1 } else { t[..split].parse().map_err(|_| bad())? };
        match t[split..].trim() {
            "month" | "months" | "mo" => {
                u32::try_from(n).ok().filter(|n| (1..=1200).contains(n)).map(Step::Months).ok_or_else(bad)
            }
            "year" | "years" | "y" | "quarter" | "quarters" => {
                let per = if t.contains("quarter") { 3 } else { 12 };
                u32::try_from(n)
                    .ok()
                    .filter(|n| (1..=100).contains(n))
                    .map(|n| Step::Months(n * per))
                    .ok_or_else(bad)
            }
            _ => parse_span(&t).filter(|&ms| ms > 0).map(Step::Millis).ok_or_else(bad),
        }
    }

    /// Rows a day: 24 for hours, 96 for quarter hours; `None` for longer or uneven steps.
    pub fn per_day(&self) -> Option<usize> {
        match *self {
            Step::Millis(ms) if ms > 0 && DAY_MS % ms == 0 => usize::try_from(DAY_MS / ms).ok(),
            _ => None,
        }
    }

    /// Rows of the natural season: a day for sub-daily steps, a week for days, a year for weeks and months; `None` without one.
    pub fn season(&self) -> Option<usize> {
        match *self {
            Step::Months(m) if m > 0 && 12 % m == 0 && m < 12 => Some(12 / m as usize),
            Step::Millis(ms) if ms == DAY_MS => Some(7),
            Step::Millis(ms) if ms == 7 * DAY_MS => Some(52),
            _ => self.per_day().filter(|&n| n > 1),
        }
    }

    /// Length in milliseconds; a month counts 30.436875 days; `None` for rows.
    pub fn approximate_ms(&self) -> Option<i64> {
        match *self {
            Step::Millis(ms) => Some(ms),
            Step::Months(m) => Some(i64::from(m) * 2_629_746_000),
            Step::Rows => None,
        }
    }
}

/// Milliseconds of a span such as `15min`, `1 h`, `30 s`, `day`; `None` when not understood or beyond 100 years.
pub(crate) fn parse_span(text: &str) -> Option<i64> {
    let t = text.trim().to_lowercase();
    let split = t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len());
    let n: i64 = if split == 0 { 1 } else { t[..split].parse().ok()? };
    let unit = match t[split..].trim() {
        "ms" => 1,
        "s" | "sec" | "second" | "seconds" => 1000,
        "m" | "min" | "minute" | "minutes" => 60_000,
        "h" | "hr" | "hour" | "hours" => HOUR_MS,
        "d" | "day" | "days" => DAY_MS,
        "w" | "week" | "weeks" => 7 * DAY_MS,
        _ => return None,
    };
    n.checked_mul(unit).filter(|ms| (1..=36_525 * DAY_MS).contains(ms))
}

/// A start and a step: row `i` of a series has the moment [`Clock::at`]`(i)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    /// The first row: milliseconds UTC, or the first row's number with [`Step::Rows`].
    pub start: i64,
    /// The distance between rows.
    pub step: Step,
    /// The zone of the people who live by it; `None`: the clock has no zone.
    pub zone: Option<Tz>,
}

impl Clock {
    /// The moment of row `i` in milliseconds UTC (`start + i` without a clock); saturates at the ends of time.
    pub fn at(&self, i: usize) -> i64 {
        let i = i64::try_from(i).unwrap_or(i64::MAX);
        match self.step {
            Step::Rows => self.start.saturating_add(i),
            Step::Millis(ms) if self.zone.is_none() || ms % DAY_MS != 0 => {
                self.start.saturating_add(i.saturating_mul(ms))
            }
            Step::Millis(ms) => local_time(self.start, self.zone)
                .checked_add_signed(Duration::milliseconds(i.saturating_mul(ms).min(i64::MAX / 2_000_000)))
                .map_or(i64::MAX, |t| to_utc(t, self.zone)),
            Step::Months(m) => {
                let start = local_time(self.start, self.zone);
                let months = u32::try_from(i.saturating_mul(i64::from(m))).unwrap_or(u32::MAX);
                match start.date().checked_add_months(Months::new(months)) {
                    Some(mut date) => {
                        if is_month_end(start.date()) {
                            date = month_end(date);
                        }
                        to_utc(date.and_time(start.time()), self.zone)
                    }
                    None => i64::MAX,
                }
            }
        }
    }

    /// The wall-clock time of row `i`; without a clock, the epoch plus `i` milliseconds.
    pub fn local(&self, i: usize) -> NaiveDateTime {
        local_time(self.at(i), self.zone)
    }

    /// The row whose moment is exactly `ms`; `None` before the start or between two rows.
    pub fn index_of(&self, ms: i64) -> Option<usize> {
        let i = self.index_at_or_after(ms);
        (ms >= self.start && self.at(i) == ms).then_some(i)
    }

    /// The first row at or after `ms`; 0 before the start.
    pub fn index_at_or_after(&self, ms: i64) -> usize {
        if ms <= self.start {
            return 0;
        }
        let far = ms.saturating_sub(self.start);
        let guess = match self.step {
            Step::Rows => far,
            Step::Millis(step) => far / step.max(1),
            Step::Months(m) => far / (i64::from(m.max(1)) * 2_629_746_000),
        };
        let mut i = usize::try_from(guess.saturating_sub(2).max(0)).unwrap_or(usize::MAX);
        // The guess is off by a few rows at most; the bound keeps a senseless step from looping for ever.
        for _ in 0..64 {
            if i == usize::MAX || self.at(i) >= ms {
                break;
            }
            i += 1;
        }
        i
    }
}

fn is_month_end(date: NaiveDate) -> bool {
    date.day() >= 28 && date.succ_opt().is_none_or(|d| d.day() == 1)
}

fn month_end(date: NaiveDate) -> NaiveDate {
    let mut d = date;
    while !is_month_end(d) {
        match d.succ_opt() {
            Some(next) => d = next,
            None => break,
        }
    }
    d
}

/// Wall-clock time of a moment; the nearest representable one at the ends of time.
pub fn local_time(ms: i64, zone: Option<Tz>) -> NaiveDateTime {
    let utc = DateTime::from_timestamp_millis(ms).unwrap_or(if ms < 0 {
        DateTime::<chrono::Utc>::MIN_UTC
    } else {
        DateTime::<chrono::Utc>::MAX_UTC
    });
    // A zone shifts by at most a day; keep clear of the ends where that would overflow.
    match zone {
        Some(tz) if ms.unsigned_abs() < 8_000_000_000_000_000 => utc.with_timezone(&tz).naive_local(),
        _ => utc.naive_utc(),
    }
}

/// Milliseconds UTC of a wall-clock time: the first of two in autumn, the moment after the jump in spring.
pub fn to_utc(local: NaiveDateTime, zone: Option<Tz>) -> i64 {
    let Some(tz) = zone else { return local.and_utc().timestamp_millis() };
    match tz.from_local_datetime(&local) {
        LocalResult::Single(t) => t.timestamp_millis(),
        LocalResult::Ambiguous(first, _) => first.timestamp_millis(),
        LocalResult::None => {
            // Inside the spring gap: read it with the offset that held before the jump.
            let before = local.checked_sub_signed(Duration::hours(3));
            match before.and_then(|t| tz.from_local_datetime(&t).earliest()) {
                Some(t) => t.timestamp_millis() + 3 * HOUR_MS,
                None => local.and_utc().timestamp_millis(),
            }
        }
    }
}

/// Finds a zone by its IANA name; the error names the nearest one.
pub fn zone(name: &str) -> Result<Tz> {
    let wanted = name.trim();
    if let Some(tz) = Tz::named(wanted) {
        return Ok(tz);
    }
    let lower = wanted.to_lowercase();
    let score = |name: &str| {
        let name = name.to_lowercase();
        let tail = name.rsplit('/').next().unwrap_or(&name);
        strsim::jaro_winkler(&name, &lower).max(strsim::jaro_winkler(tail, &lower))
    };
    let near = Tz::names().max_by(|a, b| score(a).total_cmp(&score(b))).unwrap_or("UTC");
    Err(Fault::new("unknown-zone", format!("'{}' is not a time zone", gyeol_base::shorten(name, 40)))
        .cause("zones are named by region and city")
        .next(format!("did you mean '{near}'?"))
        .option())
}

/// `2014-01-31T13:00:00Z`-like text without the Z: ISO date and time, milliseconds only where there are some.
pub fn iso(ms: i64) -> String {
    format_time(local_time(ms, None))
}

pub(crate) fn format_time(t: NaiveDateTime) -> String {
    if t.and_utc().timestamp_millis() % 1000 == 0 {
        t.format("%Y-%m-%dT%H:%M:%S").to_string()
    } else {
        t.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
    }
}

/// A moment for programs: local ISO time with its offset from UTC, or without one where there is no zone.
pub fn stamp(ms: i64, tz: Option<Tz>) -> String {
    let local = local_time(ms, tz);
    let text = format_time(local);
    let Some(tz) = tz else { return text };
    let seconds = tz.offset_from_utc_datetime(&local_time(ms, None)).fix().local_minus_utc();
    if seconds == 0 {
        return format!("{text}Z");
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{text}{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
}

/// A moment for people, on the clock of `zone`: `2014-01-31 13:00`.
pub fn show(ms: i64, zone: Option<Tz>) -> String {
    let t = local_time(ms, zone);
    let seconds = ms.rem_euclid(60_000) != 0;
    t.format(if seconds { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M" }).to_string()
}

/// The step that most stamps follow, in whatever order they come; `None` with fewer than two different stamps.
pub fn detect_step(stamps: &[i64], zone: Option<Tz>) -> Option<Step> {
    let mut sorted = stamps.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() < 2 {
        return None;
    }
    let local: Vec<NaiveDateTime> = sorted.iter().map(|&ms| local_time(ms, zone)).collect();
    let mut months: Vec<i64> = Vec::new();
    let same_day = local.iter().all(|t| t.day() == local[0].day() && t.time() == local[0].time());
    let all_ends = local.iter().all(|t| is_month_end(t.date()) && t.time() == local[0].time());
    if same_day || all_ends {
        for w in local.windows(2) {
            let m = |t: &NaiveDateTime| i64::from(t.year()) * 12 + i64::from(t.month0());
            months.push(m(&w[1]) - m(&w[0]));
        }
        if let Some(step) = mode(&months).filter(|&m| m > 0) {
            return u32::try_from(step).ok().map(Step::Months);
        }
    }
    let mut plain: Vec<i64> = sorted.windows(2).map(|w| w[1] - w[0]).collect();
    let mut step = mode(&plain)?;
    if plain.iter().filter(|d| **d == step).count() * 2 < plain.len() {
        // A clock that trembles: the round span nearest to the median distance.
        plain.sort_unstable();
        step = nice(plain[plain.len() / 2], 10).unwrap_or(step);
    } else if !NICE.contains(&step) {
        // Most stamps late by one and the same second still follow the round span on the whole.
        let usual: Vec<i64> = plain.iter().copied().filter(|d| *d <= step.saturating_add(step / 2)).collect();
        let mean = usual.iter().sum::<i64>() / usual.len().max(1) as i64;
        let trembles = usual.iter().any(|d| *d != step);
        step = nice(mean, 500).filter(|_| trembles && usual.len() > 20).unwrap_or(step);
    }
    if step >= DAY_MS / 2 && zone.is_some() {
        let walls: Vec<i64> = local.windows(2).map(|w| (w[1] - w[0]).num_milliseconds()).collect();
        return mode(&walls).filter(|&s| s > 0).map(Step::Millis);
    }
    Some(Step::Millis(step))
}

/// Whether stamps in time order come at certain moments of the week and regularly never at the others, as those of
/// business hours: the moments with rows, all moments of a week, and the step.
pub(crate) fn closures(stamps: &[i64], zone: Option<Tz>) -> Option<(usize, usize, String)> {
    const WEEK: i64 = 7 * DAY_MS;
    let Some(Step::Millis(step)) = detect_step(stamps, zone).filter(|_| stamps.len() > 20) else {
        return None;
    };
    if step > DAY_MS || DAY_MS % step != 0 {
        return None;
    }
    let all = usize::try_from(WEEK / step).ok()?;
    let mut weeks: Vec<i64> = Vec::new();
    let mut met = vec![0usize; all];
    for &ms in stamps {
        let wall = local_time(ms, zone).and_utc().timestamp_millis();
        let week = wall.div_euclid(WEEK);
        if weeks.last() != Some(&week) {
            weeks.push(week);
        }
        met[usize::try_from(wall.rem_euclid(WEEK) / step).ok()?] += 1;
    }
    let n = weeks.len();
    let open: Vec<usize> = met.iter().copied().filter(|m| m * 2 > n).collect();
    let shut = met.iter().filter(|m| **m * 20 <= n).count();
    // Weeks and moments are whole but for the ends, a holiday and a fault.
    let whole = open.iter().sum::<usize>() * 20 >= open.len() * n * 17;
    (n > 3 && whole && shut * 10 >= all && (open.len() + shut) * 50 >= all * 49)
        .then(|| (open.len(), all, Step::Millis(step).label()))
}

/// Spans that meters are set to, in milliseconds.
const NICE: [i64; 23] = [
    1000,
    5000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_200_000,
    1_800_000,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    4 * HOUR_MS,
    6 * HOUR_MS,
    8 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
];

/// The round span within a part of `span` from it.
fn nice(span: i64, part: i64) -> Option<i64> {
    NICE.iter().copied().min_by_key(|n| (n - span).abs()).filter(|n| (n - span).abs() * part <= *n)
}

/// The most frequent value, the smaller of two equally frequent ones.
fn mode(values: &[i64]) -> Option<i64> {
    let mut v = values.to_vec();
    v.sort_unstable();
    v.chunk_by(|a, b| a == b)
        .fold(None, |best: Option<(usize, i64)>, run| match best {
            Some((n, _)) if n >= run.len() => best,
            _ => Some((run.len(), run[0])),
        })
        .map(|(_, x)| x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").map_or(0, |t| t.and_utc().timestamp_millis())
    }

    #[test]
    fn labels_are_read_back() {
        for (step, label) in [
            (Step::Millis(HOUR_MS), "1 h"),
            (Step::Millis(15 * 60_000), "15 min"),
            (Step::Millis(DAY_MS), "1 day"),
            (Step::Millis(7 * DAY_MS), "1 week"),
            (Step::Months(1), "1 month"),
            (Step::Months(12), "1 year"),
            (Step::Months(3), "3 months"),
            (Step::Rows, "1 row"),
        ] {
            assert_eq!(step.label(), label);
            assert_eq!(Step::parse(label).ok(), Some(step));
        }
        assert!(Step::parse("0 h").is_err() && Step::parse("soon").is_err());
        assert!(Step::parse("99999999999999999999 h").is_err());
    }

    #[test]
    fn days_follow_the_local_calendar_across_daylight_saving() {
        let zone = Some(crate::clock::zone("Europe/Berlin").unwrap());
        // Midnight of 30 March 2024 in Berlin is 23:00 UTC of the 29th; the 31st has 23 hours.
        let clock = Clock { start: ms("2024-03-29 23:00"), step: Step::Millis(DAY_MS), zone };
        assert_eq!(clock.at(1), ms("2024-03-30 23:00"));
        assert_eq!(clock.at(2), ms("2024-03-31 22:00"));
        assert_eq!(clock.index_of(ms("2024-03-31 22:00")), Some(2));
        assert_eq!(clock.index_of(ms("2024-03-31 23:00")), None);
        let stamps: Vec<i64> = (0..5).map(|i| clock.at(i)).collect();
        assert_eq!(detect_step(&stamps, zone), Some(Step::Millis(DAY_MS)));
    }

    #[test]
    fn months_keep_the_end_of_the_month() {
        let clock = Clock { start: ms("2023-02-28 00:00"), step: Step::Months(1), zone: None };
        assert_eq!(clock.at(1), ms("2023-03-31 00:00"));
        assert_eq!(clock.at(12), ms("2024-02-29 00:00"));
        let stamps: Vec<i64> = (0..30).map(|i| clock.at(i)).collect();
        assert_eq!(detect_step(&stamps, None), Some(Step::Months(1)));
    }

    #[test]
    fn a_gap_does_not_change_the_step() {
        let stamps: Vec<i64> = (0..50).filter(|i| *i != 20).map(|i| i * HOUR_MS).collect();
        assert_eq!(detect_step(&stamps, None), Some(Step::Millis(HOUR_MS)));
    }

    #[test]
    fn an_unknown_zone_names_the_nearest() {
        assert!(zone("Seoul").is_err_and(|e| e.to_string().contains("Asia/Seoul")));
        assert!(zone("asia/seoul").is_ok());
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        for step in [Step::Millis(DAY_MS), Step::Months(1), Step::Rows, Step::Millis(1)] {
            for zone in [None, Some(crate::clock::zone("Asia/Seoul").unwrap())] {
                for start in [i64::MIN, -1, i64::MAX] {
                    let c = Clock { start, step, zone };
                    let _ = (c.at(usize::MAX), c.at(0), c.local(5));
                }
            }
        }
    }
}
