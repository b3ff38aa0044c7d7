//! Times as people write them, and the step of the clock.

use chrono::{DateTime, Datelike, TimeZone, Timelike, Utc};
use gyeol_data::Tz;

use super::message;
use crate::Language;

/// A moment in the zone of the data: the parts that the page writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month.
    pub day: u32,
    /// Hour.
    pub hour: u32,
    /// Minute.
    pub minute: u32,
    /// 0 is Monday.
    pub weekday: usize,
}

/// Milliseconds since 1970 UTC as a moment in `zone`; an unknown zone is read as UTC, a time out of range as none.
pub fn moment(milliseconds: i64, zone: &str) -> Option<Moment> {
    let utc: DateTime<Utc> = Utc.timestamp_millis_opt(milliseconds).single()?;
    let local = Tz::named(zone).map_or(utc.naive_utc(), |zone| utc.with_timezone(&zone).naive_local());
    Some(Moment {
        year: local.year(),
        month: local.month(),
        day: local.day(),
        hour: local.hour(),
        minute: local.minute(),
        weekday: local.weekday().num_days_from_monday() as usize,
    })
}

fn parts(m: &Moment, language: Language) -> Vec<(&'static str, String)> {
    let month = message(MONTHS[(m.month.clamp(1, 12) - 1) as usize], &[], language);
    vec![
        ("year", m.year.to_string()),
        ("month", month),
        ("day", m.day.to_string()),
        ("time", format!("{:02}:{:02}", m.hour, m.minute)),
    ]
}

const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9",
    "month-10", "month-11", "month-12",
];

/// Names of the weekdays in the catalogue, Monday first.
pub const WEEKDAYS: [&str; 7] =
    ["weekday-1", "weekday-2", "weekday-3", "weekday-4", "weekday-5", "weekday-6", "weekday-7"];

/// `7 Jan 2014`, `2014년 1월 7일`.
pub fn date(milliseconds: i64, zone: &str, language: Language) -> String {
    match moment(milliseconds, zone) {
        Some(m) => message("date", &parts(&m, language), language),
        None => milliseconds.to_string(),
    }
}

/// `Tue 7 Jan 2014`, `2014년 1월 7일(화)`.
pub fn date_weekday(milliseconds: i64, zone: &str, language: Language) -> String {
    match moment(milliseconds, zone) {
        Some(m) => {
            let mut args = parts(&m, language);
            args.push(("weekday", message(WEEKDAYS[m.weekday], &[], language)));
            message("date-weekday", &args, language)
        }
        None => milliseconds.to_string(),
    }
}

/// A full hour of the day: `07:00`, `7시`.
pub fn clock_hour(hour: usize, language: Language) -> String {
    let figure = match language {
        Language::English => format!("{hour:02}"),
        Language::Korean => hour.to_string(),
    };
    message("clock-hour", &[("hour", figure)], language)
}

/// `7 Jan`, `1월 7일`.
pub fn date_short(milliseconds: i64, zone: &str, language: Language) -> String {
    match moment(milliseconds, zone) {
        Some(m) => message("date-short", &parts(&m, language), language),
        None => milliseconds.to_string(),
    }
}

/// `7 Jan 2014, 18:00`, `2014년 1월 7일 18:00`.
pub fn date_time(milliseconds: i64, zone: &str, language: Language) -> String {
    match moment(milliseconds, zone) {
        Some(m) => message("date-time", &parts(&m, language), language),
        None => milliseconds.to_string(),
    }
}

/// Unit of a clock's step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUnit {
    /// No clock: rows are counted.
    Row,
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

/// The step of the clock, read back from words such as "1 h", "15 min", "1 day"; anything else counts rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Units a row.
    pub amount: f64,
    /// The unit.
    pub unit: StepUnit,
}

impl Step {
    /// Reads the words.
    pub fn parse(words: &str) -> Step {
        let words = words.trim();
        let split = words.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(words.len());
        let amount = if split == 0 { 1.0 } else { words[..split].parse().unwrap_or(1.0) };
        let unit = match words[split..].trim().to_ascii_lowercase().trim_end_matches('s') {
            "" if words.ends_with('s') => StepUnit::Second,
            "m" if words.ends_with("ms") => return Step { amount: amount / 1000.0, unit: StepUnit::Second },
            "sec" | "second" => StepUnit::Second,
            "m" | "min" | "minute" => StepUnit::Minute,
            "h" | "hr" | "hour" | "hourly" => StepUnit::Hour,
            "d" | "day" | "daily" => StepUnit::Day,
            "w" | "week" | "weekly" => StepUnit::Week,
            "mo" | "month" | "monthly" => StepUnit::Month,
            "y" | "year" | "yearly" => StepUnit::Year,
            _ => return Step { amount: 1.0, unit: StepUnit::Row },
        };
        if amount > 0.0 { Step { amount, unit } } else { Step { amount: 1.0, unit } }
    }

    /// True where rows fall within a day, so that an hour of the day means something.
    pub fn has_hours(&self) -> bool {
        matches!(self.unit, StepUnit::Second | StepUnit::Minute | StepUnit::Hour)
    }

    /// True where the data has a clock at all.
    pub fn has_clock(&self) -> bool {
        self.unit != StepUnit::Row
    }

    /// Rows in a day, where that is a whole number of them.
    pub fn rows_per_day(&self) -> Option<usize> {
        let seconds = match self.unit {
            StepUnit::Second => 1.0,
            StepUnit::Minute => 60.0,
            StepUnit::Hour => 3600.0,
            _ => return None,
        };
        let rows = 86_400.0 / (seconds * self.amount);
        (rows >= 1.0 && (rows - rows.round()).abs() < 1e-9).then_some(rows.round() as usize)
    }

    /// `rows` of the clock as a length and its unit, in the unit that reads best: 96 quarter hours are 24 hours.
    pub fn scaled(&self, rows: f64) -> (f64, StepUnit) {
        let amount = rows * self.amount;
        match self.unit {
            StepUnit::Second if amount >= 120.0 => {
                Step { amount: 1.0, unit: StepUnit::Minute }.scaled(amount / 60.0)
            }
            StepUnit::Minute if amount >= 120.0 => (amount / 60.0, StepUnit::Hour),
            unit => (amount, unit),
        }
    }

    /// `24 h`, `7 days`, `12 rows` and so on.
    pub fn length(&self, rows: f64, language: Language) -> String {
        let (amount, unit) = self.scaled(rows);
        let digits = if (amount - amount.round()).abs() < 1e-6 { 0 } else { 1 };
        let args = [("n", super::number(amount, digits, language))];
        message(unit_key(unit), &args, language)
    }
}

impl Step {
    /// So many readings, named by the clock where one reading is one unit of it: `35 064 hours`.
    pub fn readings(&self, rows: usize, language: Language) -> String {
        let key = match self.unit {
            StepUnit::Hour => "readings-hours",
            StepUnit::Day => "readings-days",
            StepUnit::Week => "readings-weeks",
            StepUnit::Month => "readings-months",
            StepUnit::Row => "readings-rows",
            _ => "rows-data",
        };
        let key = if self.amount == 1.0 { key } else { "rows-data" };
        let args = [("n", super::count(rows, language)), ("step", self.length(1.0, language))];
        message(key, &args, language)
    }
}

fn unit_key(unit: StepUnit) -> &'static str {
    match unit {
        StepUnit::Row => "rows",
        StepUnit::Second => "seconds",
        StepUnit::Minute => "minutes",
        StepUnit::Hour => "hours",
        StepUnit::Day => "days",
        StepUnit::Week => "weeks",
        StepUnit::Month => "months",
        StepUnit::Year => "years",
    }
}

/// Catalogue key of an axis title "hours ahead", "days ahead" …
pub fn ahead_key(unit: StepUnit) -> &'static str {
    match unit {
        StepUnit::Row => "ahead-rows",
        StepUnit::Second => "ahead-seconds",
        StepUnit::Minute => "ahead-minutes",
        StepUnit::Hour => "ahead-hours",
        StepUnit::Day => "ahead-days",
        StepUnit::Week => "ahead-weeks",
        StepUnit::Month => "ahead-months",
        StepUnit::Year => "ahead-years",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_back_from_their_words() {
        assert_eq!(Step::parse("1 h"), Step { amount: 1.0, unit: StepUnit::Hour });
        assert_eq!(Step::parse("15 min"), Step { amount: 15.0, unit: StepUnit::Minute });
        assert_eq!(Step::parse("1 day"), Step { amount: 1.0, unit: StepUnit::Day });
        assert_eq!(Step::parse("30 s"), Step { amount: 30.0, unit: StepUnit::Second });
        assert_eq!(Step::parse("row").unit, StepUnit::Row);
        assert_eq!(Step::parse("").unit, StepUnit::Row);
        assert_eq!(Step::parse("15 min").length(96.0, Language::English), "24\u{a0}h");
        assert_eq!(Step::parse("1 day").length(1.0, Language::English), "1\u{a0}day");
        assert_eq!(Step::parse("15 min").rows_per_day(), Some(96));
        assert_eq!(Step::parse("1 day").rows_per_day(), None);
    }

    #[test]
    fn dates_are_written_in_the_zone_of_the_data() {
        let ms = 1_389_135_600_000; // 2014-01-07 23:00 UTC, 18:00 in New York
        let zone = "America/New_York";
        assert_eq!(date_time(ms, zone, Language::English), "7\u{a0}Jan 2014, 18:00");
        assert_eq!(date_time(ms, zone, Language::Korean), "2014년 1월 7일 18:00");
        assert_eq!(date_weekday(ms, zone, Language::Korean), "2014년 1월 7일(화)");
        assert_eq!(date(i64::MAX, zone, Language::English), i64::MAX.to_string());
    }
}
