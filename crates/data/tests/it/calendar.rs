//! Holidays against another program's list: `tests/fixtures/holiday_days.py` made `holidays.txt` and
//! `holiday_digests.txt` with the Python package `holidays` 0.109.

use std::collections::BTreeSet;

use chrono::Datelike;
use gyeol_data::calendar::Holidays;

#[test]
fn holidays_agree_with_the_python_package_for_51_years() {
    let mut lines = 0;
    for line in include_str!("../fixtures/holidays.txt").lines() {
        let mut words = line.split(' ');
        let (country, year) = (words.next().unwrap(), words.next().unwrap());
        let theirs: BTreeSet<String> = words.map(str::to_string).collect();
        let ours: BTreeSet<String> = Holidays::country(country)
            .unwrap()
            .iter()
            .filter(|(d, _)| d.year().to_string() == year)
            .map(|(d, _)| d.format("%m-%d").to_string())
            .collect();
        assert_eq!(ours, theirs, "{country} {year}");
        lines += 1;
    }
    assert_eq!(lines, 153);
}

/// FNV-1a, 32 bits.
fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

#[test]
fn forty_countries_agree_with_the_python_package_in_every_year_they_cover() {
    let (mut countries, mut years) = (0, 0);
    for line in include_str!("../fixtures/holiday_digests.txt").lines() {
        let mut words = line.split(' ');
        let (country, first) = (words.next().unwrap(), words.next().unwrap().parse::<i32>().unwrap());
        let ours = Holidays::country(country).unwrap();
        let (from, to) = ours.years().unwrap();
        assert_eq!(from, first, "{country}");
        assert!(to >= 2030, "{country} to {to}");
        for (year, theirs) in (from..=to).zip(words) {
            let days: Vec<String> = ours
                .iter()
                .filter(|(d, _)| d.year() == year)
                .map(|(d, _)| d.format("%m-%d").to_string())
                .collect();
            assert_eq!(digest(&days.join(" ")), theirs, "{country} {year}: {days:?}");
            years += 1;
        }
        countries += 1;
    }
    assert_eq!((countries, years), (40, 2016));
    assert_eq!(countries + 3, gyeol_data::calendar::countries().len());
}

#[test]
fn names_weekends_and_estimates_of_a_country() {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let japan = Holidays::country("jp").unwrap();
    assert_eq!(japan.local_name(day("2024-11-23")), Some("勤労感謝の日"));
    assert_eq!(Holidays::country("FR").unwrap().name(day("2024-04-01")), Some("Easter Monday"));
    let turkey = Holidays::country("TR").unwrap();
    assert!(turkey.estimated(day("2040-10-07")) || turkey.estimated(day("2040-10-08")));
    assert!(!turkey.estimated(day("2040-01-01")) && turkey.name(day("2040-01-01")).is_some());
    let gulf = Holidays::country("AE").unwrap();
    assert!(gulf.weekend(day("2021-01-01")) && !gulf.weekend(day("2021-01-03")));
    assert!(!gulf.weekend(day("2024-01-05")) && gulf.weekend(day("2024-01-07")));
}

#[test]
fn bridging_days_lie_between_a_holiday_and_a_weekend() {
    let bridging = |country: &str, year: i32| -> Vec<String> {
        let known = Holidays::country(country).unwrap();
        let first = chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let days = first.iter_days().take_while(|d| d.year() == year).filter(|d| known.bridging(*d));
        days.map(|d| d.format("%m-%d").to_string()).collect()
    };
    // Read off calendars: Thursdays are 9 May, 3 October and 26 December 2024, 1 and 29 May 2025.
    assert_eq!(bridging("DE", 2024), ["05-10", "10-04", "12-27"]);
    assert_eq!(bridging("DE", 2025), ["05-02", "05-30"]);
    // The holiday of 2014 on a Tuesday: Veterans Day, 11 November. Thanksgiving, and Christmas and New Year on Thursdays.
    assert_eq!(bridging("US", 2014), ["11-10", "11-28", "12-26"]);
    // A weekend of Friday and Saturday: Wednesday 23 July 2025 gives none, Monday 6 October 2025 gives Sunday.
    let egypt = Holidays::country("EG").unwrap();
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let mondays: Vec<_> =
        egypt.iter().map(|(d, _)| d).filter(|d| d.weekday() == chrono::Weekday::Mon).collect();
    assert!(mondays.len() > 50);
    assert!(
        mondays
            .iter()
            .all(|d| egypt.name(d.pred_opt().unwrap()).is_some() || egypt.bridging(d.pred_opt().unwrap()))
    );
    assert!(!Holidays::from_list([(day("2024-05-09"), "x")]).bridging(day("2024-05-08")));
    assert!(Holidays::from_list([(day("2024-05-09"), "x")]).bridging(day("2024-05-10")));
}

#[test]
fn an_unknown_country_is_an_error_that_names_the_known_ones() {
    let e = Holidays::country("Atlantis").unwrap_err().to_string();
    assert!(e.contains("DE, DK, EG"), "{e}");
}
