//! Calendar features of a wall-clock time, holidays, and daylight.

mod daylight;
mod easter;
mod germany;
mod korea;
mod lunar;
mod sky;
mod table;
mod united_states;

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike, Weekday};

use gyeol_base::{Fault, Result};

pub use daylight::{daylight, sun_height};

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
///
/// ```
/// use chrono::NaiveDate;
/// let kr = gyeol_data::calendar::Holidays::country("KR")?;
/// let day = NaiveDate::from_ymd_opt(2024, 9, 17).unwrap();
/// assert_eq!(kr.name(day), Some("Chuseok"));
/// assert_eq!(kr.local_name(day), Some("추석"));
/// # Ok::<(), gyeol_data::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holidays {
    days: BTreeMap<NaiveDate, Day>,
    years: Option<(i32, i32)>,
    /// Days of the weekend from a year on, the earliest first; none for Saturday and Sunday.
    weekends: Vec<(i32, Vec<Weekday>)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Day {
    name: String,
    local: Option<&'static str>,
    estimated: bool,
}

/// Countries whose holidays are known, by their two letters, in order.
pub fn countries() -> Vec<&'static str> {
    let mut codes: Vec<&str> = table::codes().chain(["DE", "KR", "US"]).collect();
    codes.sort_unstable();
    codes
}

impl Holidays {
    /// Public holidays of a country by its two letters, nationwide ones only, with the days on which they are observed:
    /// those of states and regions are not among them. [`Holidays::years`] says which years are covered.
    ///
    /// `KR`, `DE` and `US` follow their laws; the others, one of [`countries`], come from the Python package `holidays`.
    /// Where a feast hangs on the moon being seen, [`Holidays::estimated`] says which dates may be a day off.
    ///
    /// # Errors
    /// A country that is not among [`countries`].
    pub fn country(code: &str) -> Result<Holidays> {
        let certain = |days: Vec<(NaiveDate, &'static str, Option<&'static str>)>, years| table::Country {
            years,
            weekends: Vec::new(),
            days: days.into_iter().map(|(day, name, local)| (day, name, local, false)).collect(),
        };
        let known = match code.trim().to_uppercase().as_str() {
            "US" => Some(certain(united_states::days(), united_states::YEARS)),
            "KR" => Some(certain(korea::days(), korea::YEARS)),
            "DE" => Some(certain(germany::days(), germany::YEARS)),
            code => table::country(code),
        };
        let Some(known) = known else {
            return Err(Fault::new(
                "unknown-country",
                format!("no holidays are known for '{}'", gyeol_base::shorten(code, 20)),
            )
            .cause("a country that is not built in, or its name instead of its two letters")
            .next(format!("use one of {}, or give a list of your own", countries().join(", ")))
            .option());
        };
        let mut days = BTreeMap::new();
        for (day, name, local, estimated) in known.days {
            days.entry(day).or_insert(Day { name: name.to_string(), local, estimated });
        }
        Ok(Holidays { days, years: Some(known.years), weekends: known.weekends })
    }

    /// Holidays from the user's own list, whose weekend is Saturday and Sunday.
    pub fn from_list<N: Into<String>>(days: impl IntoIterator<Item = (NaiveDate, N)>) -> Holidays {
        let days = days
            .into_iter()
            .map(|(d, n)| (d, Day { name: n.into(), local: None, estimated: false }))
            .collect();
        Holidays { days, years: None, weekends: Vec::new() }
    }

    /// Adds the days of another list; where both name a day the other's name stays.
    pub fn extend(&mut self, other: Holidays) {
        self.days.extend(other.days);
    }

    /// The holiday's name in English (or as the user's list writes it), `None` on an ordinary day.
    pub fn name(&self, date: NaiveDate) -> Option<&str> {
        self.days.get(&date).map(|d| d.name.as_str())
    }

    /// The holiday's name in the country's language where it is known, else as [`Holidays::name`].
    pub fn local_name(&self, date: NaiveDate) -> Option<&str> {
        self.days.get(&date).map(|d| d.local.unwrap_or(d.name.as_str()))
    }

    /// Whether a day is a holiday whose date is computed ahead and may be a day off, since the moon decides.
    pub fn estimated(&self, date: NaiveDate) -> bool {
        self.days.get(&date).is_some_and(|d| d.estimated)
    }

    /// Whether a day is of the weekend: Saturday and Sunday in most countries, Friday and Saturday in some.
    pub fn weekend(&self, date: NaiveDate) -> bool {
        let now = self.weekends.iter().rev().find(|(from, _)| *from <= date.year()).or(self.weekends.first());
        match now {
            Some((_, days)) => days.contains(&date.weekday()),
            None => matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// Whether a working day stands between two free ones of which one is a holiday, as Friday after a holiday on Thursday:
    /// many take it off.
    ///
    /// ```
    /// let de = gyeol_data::calendar::Holidays::country("DE")?;
    /// let friday_after_ascension_day = chrono::NaiveDate::from_ymd_opt(2024, 5, 10).unwrap();
    /// assert!(de.bridging(friday_after_ascension_day));
    /// # Ok::<(), gyeol_data::Error>(())
    /// ```
    pub fn bridging(&self, date: NaiveDate) -> bool {
        let (Some(before), Some(after)) = (date.pred_opt(), date.succ_opt()) else { return false };
        let holiday = |day| self.days.contains_key(&day);
        let free = |day| holiday(day) || self.weekend(day);
        !free(date) && free(before) && free(after) && (holiday(before) || holiday(after))
    }

    /// First and last year that a country's list covers; `None` for a list of the user's own.
    pub fn years(&self) -> Option<(i32, i32)> {
        self.years
    }

    /// Whether a year is covered: outside, every day looks ordinary.
    pub fn covers(&self, year: i32) -> bool {
        self.years.is_none_or(|(a, b)| (a..=b).contains(&year))
    }

    /// All days with their names, in order.
    pub fn iter(&self) -> impl Iterator<Item = (NaiveDate, &str)> {
        self.days.iter().map(|(d, n)| (*d, n.name.as_str()))
    }
}
