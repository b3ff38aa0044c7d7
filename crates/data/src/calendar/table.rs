//! Public holidays of forty countries out of one table, `table.txt`, whose head says how it is made and written.

use chrono::{Datelike, Duration, NaiveDate, Weekday};

use super::easter;

const TABLE: &str = include_str!("table.txt");

/// A holiday's day: its name in English, in the country's language, and whether the date is an estimate.
pub(super) type Named = (NaiveDate, &'static str, Option<&'static str>, bool);

/// What the table says of a country.
pub(super) struct Country {
    pub years: (i32, i32),
    /// Days of the weekend from a year on, the earliest first.
    pub weekends: Vec<(i32, Vec<Weekday>)>,
    pub days: Vec<Named>,
}

/// The countries of the table.
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter_map(|line| line.strip_prefix('[')?.get(..2))
}

/// A country by its two capital letters; `None` where the table has none, or none that can be read.
pub(super) fn country(code: &str) -> Option<Country> {
    let mut lines =
        TABLE.lines().skip_while(|line| line.strip_prefix('[').and_then(|l| l.get(..2)) != Some(code));
    let mut country = head(lines.next()?)?;
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let (names, rules) = line.split_once('=')?;
        let (name, local) = match names.split_once('|') {
            Some((name, local)) => (name, Some(local)),
            None => (names, None),
        };
        for rule in rules.split(' ') {
            let days = dates(rule, country.years)?;
            country.days.extend(days.into_iter().map(|(day, estimate)| (day, name, local, estimate)));
        }
    }
    Some(country)
}

/// `[AE 2000-2050 2000:Fri,Sat 2022:Sat,Sun]`.
fn head(line: &str) -> Option<Country> {
    let mut words = line.strip_prefix('[')?.strip_suffix(']')?.split(' ').skip(1);
    let years = span(words.next()?)?;
    let weekends = words
        .map(|word| {
            let (year, days) = word.split_once(':')?;
            let days = days.split(',').map(|day| day.parse().ok()).collect::<Option<Vec<Weekday>>>()?;
            Some((year.parse().ok()?, days))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Country { years, weekends, days: Vec::new() })
}

/// The days of `2026:0320~,0321`, or of a rule with its years.
fn dates(rule: &str, years: (i32, i32)) -> Option<Vec<(NaiveDate, bool)>> {
    if let Some((year, days)) = rule.split_once(':') {
        let year: i32 = year.parse().ok()?;
        let day = |text: &str| {
            let (text, estimate) = text.strip_suffix('~').map_or((text, false), |text| (text, true));
            let day: u32 = text.parse().ok()?;
            Some((NaiveDate::from_ymd_opt(year, day / 100, day % 100)?, estimate))
        };
        return days.split(',').map(day).collect();
    }
    let (rule, spans) = match rule.split_once('@') {
        Some((rule, spans)) => (rule, spans.split(',').map(span).collect::<Option<Vec<_>>>()?),
        None => (rule, vec![years]),
    };
    spans.into_iter().flat_map(|(a, b)| a..=b).map(|year| Some((date(rule, year)?, false))).collect()
}

/// `2003-2011`, or one year.
fn span(text: &str) -> Option<(i32, i32)> {
    let (a, b) = text.split_once('-').unwrap_or((text, text));
    Some((a.parse().ok()?, b.parse().ok()?))
}

/// The day of a rule in a year: `05-01`, `E+1`, `O-2`, `05Mon1`, `05Mon-1`.
fn date(rule: &str, year: i32) -> Option<NaiveDate> {
    if let Some(offset) = rule.strip_prefix('E') {
        return Some(easter::western(year)? + Duration::days(offset.parse().ok()?));
    }
    if let Some(offset) = rule.strip_prefix('O') {
        return Some(easter::orthodox(year)? + Duration::days(offset.parse().ok()?));
    }
    let month: u32 = rule.get(..2)?.parse().ok()?;
    if let Some(day) = rule.get(2..)?.strip_prefix('-') {
        return NaiveDate::from_ymd_opt(year, month, day.parse().ok()?);
    }
    let weekday: Weekday = rule.get(2..5)?.parse().ok()?;
    if rule.get(5..)? != "-1" {
        return NaiveDate::from_weekday_of_month_opt(year, month, weekday, rule.get(5..)?.parse().ok()?);
    }
    let last =
        NaiveDate::from_ymd_opt(year, month, 1)?.checked_add_months(chrono::Months::new(1))?.pred_opt()?;
    let back = (last.weekday().num_days_from_monday() + 7 - weekday.num_days_from_monday()) % 7;
    Some(last - Duration::days(i64::from(back)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(codes().count(), 40);
        for code in codes() {
            let country = country(code).unwrap_or_else(|| panic!("{code}"));
            let (first, last) = country.years;
            assert!(country.days.iter().all(|d| (first..=last).contains(&d.0.year())), "{code}");
            assert!(country.weekends[0].0 <= first && country.days.len() > 150, "{code}");
        }
        assert!(country("XX").is_none());
    }

    /// Easter Sundays as the almanacs print them, and weekdays of 2024 read off a calendar.
    #[test]
    fn rules_give_the_days_of_the_almanac() {
        for (rule, year, want) in [
            ("E+0", 2000, "2000-04-23"),
            ("E+0", 2008, "2008-03-23"),
            ("E+0", 2038, "2038-04-25"),
            ("O+0", 2000, "2000-04-30"),
            ("O+0", 2010, "2010-04-04"),
            ("O+0", 2024, "2024-05-05"),
            ("E-2", 2024, "2024-03-29"),
            ("05Mon-1", 2024, "2024-05-27"),
            ("05Fri-1", 2024, "2024-05-31"),
            ("11Thu4", 2024, "2024-11-28"),
            ("02-29", 2024, "2024-02-29"),
        ] {
            assert_eq!(date(rule, year).map(|d| d.to_string()).as_deref(), Some(want), "{rule} {year}");
        }
        for bad in ["", "E", "13-01", "05Mo1", "ü-1", "05Mon"] {
            assert_eq!(date(bad, 2024), None, "{bad}");
        }
        assert_eq!(date("02-29", 2023), None);
    }
}
