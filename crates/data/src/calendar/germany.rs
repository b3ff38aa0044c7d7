//! Holidays that all of Germany keeps.

use chrono::{Duration, NaiveDate};

pub(super) const YEARS: (i32, i32) = (1995, 2100);

type Named = (NaiveDate, &'static str, Option<&'static str>);

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
        let Some(sunday) = super::easter::western(y) else { continue };
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
