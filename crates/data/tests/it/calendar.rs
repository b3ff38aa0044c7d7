//! Holidays against another program's list: `tests/fixtures/holidays.py` made `holidays.txt` with the Python package
//! `holidays` 0.109.

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

#[test]
fn an_unknown_country_is_an_error_that_names_the_known_ones() {
    let e = Holidays::country("Atlantis").unwrap_err().to_string();
    assert!(e.contains("DE, KR, US"), "{e}");
}
