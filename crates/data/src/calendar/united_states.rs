//! Federal holidays of the United States (5 U.S.C. 6103): on a Saturday observed the Friday before, on a Sunday the Monday
//! after.

use chrono::{Datelike, NaiveDate, Weekday};

pub(super) const YEARS: (i32, i32) = (1986, 2100);

type Named = (NaiveDate, &'static str, Option<&'static str>);

pub(super) fn days() -> Vec<Named> {
    let mut out = Vec::new();
    let nth = |y, m, w, n| NaiveDate::from_weekday_of_month_opt(y, m, w, n);
    for y in YEARS.0..=YEARS.1 {
        let last_monday = nth(y, 5, Weekday::Mon, 5).or(nth(y, 5, Weekday::Mon, 4));
        let moving = [
            (nth(y, 1, Weekday::Mon, 3), "Martin Luther King Jr. Day"),
            (nth(y, 2, Weekday::Mon, 3), "Washington's Birthday"),
            (last_monday, "Memorial Day"),
            (nth(y, 9, Weekday::Mon, 1), "Labor Day"),
            (nth(y, 10, Weekday::Mon, 2), "Columbus Day"),
            (nth(y, 11, Weekday::Thu, 4), "Thanksgiving Day"),
        ];
        out.extend(moving.into_iter().filter_map(|(d, name)| Some((d?, name, None))));
        let fixed = [
            (1, 1, "New Year's Day", "New Year's Day (observed)"),
            (
                6,
                19,
                "Juneteenth National Independence Day",
                "Juneteenth National Independence Day (observed)",
            ),
            (7, 4, "Independence Day", "Independence Day (observed)"),
            (11, 11, "Veterans Day", "Veterans Day (observed)"),
            (12, 25, "Christmas Day", "Christmas Day (observed)"),
        ];
        for (m, d, name, observed) in fixed {
            if m == 6 && y < 2021 {
                continue;
            }
            let Some(date) = NaiveDate::from_ymd_opt(y, m, d) else { continue };
            out.push((date, name, None));
            let instead = match date.weekday() {
                Weekday::Sat => date.pred_opt(),
                Weekday::Sun => date.succ_opt(),
                _ => None,
            };
            out.extend(instead.map(|d| (d, observed, None)));
        }
    }
    out
}
