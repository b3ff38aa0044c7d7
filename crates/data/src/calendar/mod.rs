//! Calendar features of a wall-clock time, and holidays.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

use crate::error::{Fault, Result};

/// What the calendar says about a wall-clock time; the pairs are (sine, cosine) of the turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// 0..23.
    pub hour: u32,
    /// 0..59.
    pub minute: u32,
    /// Monday 0 .. Sunday 6.
    pub weekday: u32,
    /// 1..12.
    pub month: u32,
    /// 1..366.
    pub day_of_year: u32,
    /// Saturday or Sunday.
    pub weekend: bool,
    /// Time of day as a point on the circle.
    pub day_cycle: (f64, f64),
    /// Time of the week (from Monday 00:00) as a point on the circle.
    pub week_cycle: (f64, f64),
    /// Time of the year as a point on the circle.
    pub year_cycle: (f64, f64),
}

/// Calendar features of a wall-clock time.
///
/// ```
/// let t = chrono::NaiveDate::from_ymd_opt(2014, 7, 4).unwrap().and_hms_opt(18, 0, 0).unwrap();
/// let f = gyeol_data::calendar::features(&t);
/// assert_eq!((f.hour, f.weekday, f.month, f.day_of_year), (18, 4, 7, 185));
/// assert!((f.day_cycle.0 + 1.0).abs() < 1e-12);
/// ```
pub fn features(time: &NaiveDateTime) -> Features {
    let date = time.date();
    let weekday = date.weekday().num_days_from_monday();
    let day = f64::from(time.num_seconds_from_midnight()) / 86_400.0;
    let days = if date.leap_year() { 366.0 } else { 365.0 };
    let turn = |x: f64| ((TAU * x).sin(), (TAU * x).cos());
    Features {
        hour: time.hour(),
        minute: time.minute(),
        weekday,
        month: date.month(),
        day_of_year: date.ordinal(),
        weekend: weekday >= 5,
        day_cycle: turn(day),
        week_cycle: turn((f64::from(weekday) + day) / 7.0),
        year_cycle: turn((f64::from(date.ordinal0()) + day) / days),
    }
}

/// Days that are not like other days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holidays {
    days: BTreeMap<NaiveDate, String>,
}

impl Holidays {
    /// Public holidays of a country by its two letters.
    pub fn country(code: &str) -> Result<Holidays> {
        Err(Fault::new("unknown-country", format!("no holidays for '{code}'")).option())
    }

    /// Holidays from the user's own list.
    pub fn from_list<N: Into<String>>(days: impl IntoIterator<Item = (NaiveDate, N)>) -> Holidays {
        Holidays { days: days.into_iter().map(|(d, n)| (d, n.into())).collect() }
    }

    /// The holiday's name, `None` on an ordinary day.
    pub fn name(&self, date: NaiveDate) -> Option<&str> {
        self.days.get(&date).map(String::as_str)
    }
}
