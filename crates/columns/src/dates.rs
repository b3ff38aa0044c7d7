//! Moments as numbers: parts of the wall clock that the table shows, and the day of the year on a circle,
//! sin and cos of 2π (day − 1)/365.25, so that December lies beside January.

use chrono::{Datelike, Timelike};
use gyeol_data::clock::local_time;
use serde::{Deserialize, Serialize};

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatePart {
    /// The year.
    Year,
    /// 1 to 12.
    Month,
    /// Of the month, 1 to 31.
    Day,
    /// Monday 0 to Sunday 6.
    Weekday,
    /// 0 to 24, minutes and seconds as its fraction.
    Hour,
    /// sin 2π (day of the year − 1)/365.25.
    YearSin,
    /// cos of the same.
    YearCos,
}

gyeol_base::named!(DatePart, "a part of a date", "year" => DatePart::Year, "month" => DatePart::Month, "day" => DatePart::Day,
    "weekday" => DatePart::Weekday, "hour" => DatePart::Hour, "year-sin" => DatePart::YearSin, "year-cos" => DatePart::YearCos);

impl DatePart {
    /// Every part, in order.
    pub const ALL: [DatePart; 7] = [
        DatePart::Year,
        DatePart::Month,
        DatePart::Day,
        DatePart::Weekday,
        DatePart::Hour,
        DatePart::YearSin,
        DatePart::YearCos,
    ];

    /// Its number at a moment (milliseconds since 1970 UTC, shown in `zone`).
    pub(crate) fn of(self, moment: i64, zone: Option<gyeol_data::Tz>) -> f64 {
        let local = local_time(moment, zone);
        let circle = std::f64::consts::TAU * f64::from(local.ordinal0()) / 365.25;
        match self {
            DatePart::Year => f64::from(local.year()),
            DatePart::Month => f64::from(local.month()),
            DatePart::Day => f64::from(local.day()),
            DatePart::Weekday => f64::from(local.weekday().num_days_from_monday()),
            DatePart::Hour => f64::from(local.num_seconds_from_midnight()) / 3600.0,
            DatePart::YearSin => circle.sin(),
            DatePart::YearCos => circle.cos(),
        }
    }
}
