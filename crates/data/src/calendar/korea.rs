//! Public holidays of the Republic of Korea (관공서의 공휴일에 관한 규정), 2000 to 2050.
//!
//! Lunar dates are computed ([`super::lunar`]). Days of elections and days proclaimed once are listed up to 2026.

use std::collections::BTreeMap;

use chrono::{Datelike, Duration, NaiveDate, Weekday};

pub(super) const YEARS: (i32, i32) = (2000, 2050);

/// Hours of Korean clocks ahead of UTC.
const MERIDIAN: f64 = 9.0;

/// Days that no rule gives.
const ONCE: &[(i32, u32, u32, &str, &str)] = &[
    (2000, 4, 13, "National Assembly Election Day", "국회의원 선거일"),
    (2002, 6, 13, "Local Election Day", "지방선거일"),
    (2002, 7, 1, "World Cup celebration", "월드컵 기념 임시공휴일"),
    (2002, 12, 19, "Presidential Election Day", "대통령 선거일"),
    (2004, 4, 15, "National Assembly Election Day", "국회의원 선거일"),
    (2006, 5, 31, "Local Election Day", "지방선거일"),
    (2007, 12, 19, "Presidential Election Day", "대통령 선거일"),
    (2008, 4, 9, "National Assembly Election Day", "국회의원 선거일"),
    (2010, 6, 2, "Local Election Day", "지방선거일"),
    (2012, 4, 11, "National Assembly Election Day", "국회의원 선거일"),
    (2012, 12, 19, "Presidential Election Day", "대통령 선거일"),
    (2014, 6, 4, "Local Election Day", "지방선거일"),
    (2015, 8, 14, "Temporary Public Holiday", "임시공휴일"),
    (2016, 4, 13, "National Assembly Election Day", "국회의원 선거일"),
    (2016, 5, 6, "Temporary Public Holiday", "임시공휴일"),
    (2017, 5, 9, "Presidential Election Day", "대통령 선거일"),
    (2017, 10, 2, "Temporary Public Holiday", "임시공휴일"),
    (2018, 6, 13, "Local Election Day", "지방선거일"),
    (2020, 4, 15, "National Assembly Election Day", "국회의원 선거일"),
    (2020, 8, 17, "Temporary Public Holiday", "임시공휴일"),
    (2022, 3, 9, "Presidential Election Day", "대통령 선거일"),
    (2022, 6, 1, "Local Election Day", "지방선거일"),
    (2023, 10, 2, "Temporary Public Holiday", "임시공휴일"),
    (2024, 4, 10, "National Assembly Election Day", "국회의원 선거일"),
    (2024, 10, 1, "Armed Forces Day", "국군의 날"),
    (2025, 1, 27, "Temporary Public Holiday", "임시공휴일"),
    (2025, 6, 3, "Presidential Election Day", "대통령 선거일"),
    (2026, 6, 3, "Local Election Day", "지방선거일"),
];

/// Holidays on a fixed date: month, day, names, first and last year, first year with a substitute for Saturday and Sunday.
const FIXED: &[(u32, u32, &str, &str, i32, i32, i32)] = &[
    (1, 1, "New Year's Day", "신정", 2000, 2050, NEVER),
    (3, 1, "Independence Movement Day", "삼일절", 2000, 2050, 2022),
    (4, 5, "Arbor Day", "식목일", 2000, 2005, NEVER),
    (5, 1, "Labor Day", "노동절", 2026, 2050, 2026),
    (5, 5, "Children's Day", "어린이날", 2000, 2050, 2014),
    (6, 6, "Memorial Day", "현충일", 2000, 2050, NEVER),
    (7, 17, "Constitution Day", "제헌절", 2000, 2007, NEVER),
    (7, 17, "Constitution Day", "제헌절", 2026, 2050, 2026),
    (8, 15, "Liberation Day", "광복절", 2000, 2050, 2021),
    (10, 3, "National Foundation Day", "개천절", 2000, 2050, 2021),
    (10, 9, "Hangul Day", "한글날", 2013, 2050, 2021),
    (12, 25, "Christmas Day", "성탄절", 2000, 2050, 2023),
];
const NEVER: i32 = i32::MAX;
/// First year in which a day of New Year or Chuseok on a Sunday, or on another holiday, is made up for.
const FEASTS_FROM: i32 = 2014;
/// First year in which Buddha's Birthday on a Saturday or Sunday is made up for.
const BUDDHA_FROM: i32 = 2023;

type Named = (NaiveDate, &'static str, Option<&'static str>);

struct Feast {
    date: NaiveDate,
    /// The day after which a substitute is looked for.
    last: NaiveDate,
    english: &'static str,
    korean: &'static str,
    substitute: Option<Rule>,
}

#[derive(Clone, Copy, PartialEq)]
enum Rule {
    Sunday,
    Weekend,
}

pub(super) fn days() -> Vec<Named> {
    let mut out: BTreeMap<NaiveDate, (&'static str, &'static str)> = BTreeMap::new();
    for y in YEARS.0..=YEARS.1 {
        let feasts = year(y);
        let count = |d: NaiveDate| feasts.iter().filter(|f| f.date == d).count();
        for f in &feasts {
            out.entry(f.date).or_insert((f.english, f.korean));
        }
        for &(_, m, d, english, korean) in ONCE.iter().filter(|o| o.0 == y) {
            if let Some(date) = NaiveDate::from_ymd_opt(y, m, d) {
                out.entry(date).or_insert((english, korean));
            }
        }
        let mut made_up: Vec<NaiveDate> = Vec::new();
        for f in &feasts {
            let Some(rule) = f.substitute else { continue };
            let weekday = f.date.weekday();
            let lost = weekday == Weekday::Sun
                || rule == Rule::Weekend && weekday == Weekday::Sat
                || count(f.date) > 1;
            // Two holidays on one day lose one day, not two.
            if !lost || made_up.contains(&f.date) {
                continue;
            }
            made_up.push(f.date);
            let mut day = f.last + Duration::days(1);
            while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || out.contains_key(&day) {
                day += Duration::days(1);
            }
            out.insert(day, ("Substitute holiday", "대체공휴일"));
        }
    }
    out.into_iter().map(|(d, (english, korean))| (d, english, Some(korean))).collect()
}

/// The holidays of a year in order of date, before substitutes.
fn year(y: i32) -> Vec<Feast> {
    let mut feasts = Vec::new();
    let date = |month, day| super::lunar::date(y, month, day, MERIDIAN);
    for (day, english, korean) in [(date(1, 1), "Korean New Year", "설날"), (date(8, 15), "Chuseok", "추석")]
    {
        let Some(day) = day else { continue };
        let substitute = (y >= FEASTS_FROM).then_some(Rule::Sunday);
        for offset in -1..=1 {
            let (english, korean) = match (offset, korean) {
                (0, _) => (english, korean),
                (_, "설날") => ("Korean New Year holiday", "설날 연휴"),
                _ => ("Chuseok holiday", "추석 연휴"),
            };
            feasts.push(Feast {
                date: day + Duration::days(offset),
                last: day + Duration::days(1),
                english,
                korean,
                substitute,
            });
        }
    }
    if let Some(day) = date(4, 8) {
        let substitute = (y >= BUDDHA_FROM).then_some(Rule::Weekend);
        feasts.push(Feast {
            date: day,
            last: day,
            english: "Buddha's Birthday",
            korean: "부처님오신날",
            substitute,
        });
    }
    for &(m, d, english, korean, from, to, made_up_from) in FIXED {
        if let (Some(day), true) = (NaiveDate::from_ymd_opt(y, m, d), (from..=to).contains(&y)) {
            let substitute = (y >= made_up_from).then_some(Rule::Weekend);
            feasts.push(Feast { date: day, last: day, english, korean, substitute });
        }
    }
    feasts.sort_by_key(|f| f.date);
    feasts
}
