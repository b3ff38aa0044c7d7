//! Holidays that all of Germany keeps. Easter by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, ch. 8).

use chrono::{Duration, NaiveDate};

pub(super) const YEARS: (i32, i32) = (1995, 2100);

type Named = (NaiveDate, &'static str, Option<&'static str>);

fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

pub(super) fn days() -> Vec<Named> {
    let mut out = Vec::new();
    for y in YEARS.0..=YEARS.1 {
        let fixed = [
            (1, 1, "New Year's Day", "Neujahr"),
            (5, 1, "Labor Day", "Tag der Arbeit"),
            (10, 3, "German Unity Day", "Tag der Deutschen Einheit"),
            (12, 25, "Christmas Day", "Erster Weihnachtstag"),
            (12, 26, "Second Day of Christmas", "Zweiter Weihnachtstag"),
        ];
        out.extend(
            fixed
                .into_iter()
                .filter_map(|(m, d, en, de)| Some((NaiveDate::from_ymd_opt(y, m, d)?, en, Some(de)))),
        );
        if y == 2017 {
            out.extend(
                NaiveDate::from_ymd_opt(y, 10, 31).map(|d| (d, "Reformation Day", Some("Reformationstag"))),
            );
        }
        let Some(sunday) = easter(y) else { continue };
        let moving = [
            (-2, "Good Friday", "Karfreitag"),
            (1, "Easter Monday", "Ostermontag"),
            (39, "Ascension Day", "Christi Himmelfahrt"),
            (50, "Whit Monday", "Pfingstmontag"),
        ];
        out.extend(moving.into_iter().map(|(n, en, de)| (sunday + Duration::days(n), en, Some(de))));
    }
    out
}
