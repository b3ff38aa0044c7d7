//! The lunar calendar of East Asia since 1645, by its rules: a month begins on the day of the new moon, the month of the
//! winter solstice is the eleventh, and of thirteen months from one such to the next the first in which the sun enters no
//! new sign is the leap month (Aslaksen, The Mathematics of the Chinese Calendar, 2010). Days are those of the country's
//! meridian: UTC+9 for Korea, UTC+8 for China.

use chrono::{Datelike, Duration, NaiveDate};

use super::sky;

/// The day on which a month begins, the last that does up to `date`.
fn month_of(date: NaiveDate, meridian: f64) -> Option<NaiveDate> {
    let end = sky::midnight(date + Duration::days(1), meridian);
    let number = sky::moon_before(end);
    // The mean moon is up to 14 hours from the true one.
    [1.0, 0.0, -1.0]
        .into_iter()
        .filter_map(|more| sky::day(sky::new_moon(number + more), meridian))
        .find(|start| *start <= date)
}

/// The day of the winter solstice.
fn solstice(year: i32, meridian: f64) -> Option<NaiveDate> {
    let mut day = NaiveDate::from_ymd_opt(year, 12, 18)?;
    for _ in 0..8 {
        let next = day.succ_opt()?;
        if sky::sun(sky::midnight(next, meridian)) >= 270.0 {
            return Some(day);
        }
        day = next;
    }
    None
}

/// The day of a lunar date: month 1 to 10 of the lunar year that begins in `year`, no leap month.
pub(super) fn date(year: i32, month: u32, day: u32, meridian: f64) -> Option<NaiveDate> {
    let first = month_of(solstice(year - 1, meridian)?, meridian)?;
    let last = month_of(solstice(year, meridian)?, meridian)?;
    let mut starts = vec![first];
    while let Some(&start) = starts.last().filter(|start| **start < last) {
        starts.push(month_of(start + Duration::days(32), meridian).filter(|next| *next > start)?);
    }
    // A sign is 30° of the sun's way; the month of no entry begins and ends within one.
    let sign = |date: NaiveDate| (sky::sun(sky::midnight(date, meridian)) / 30.0).floor();
    let leap = (starts.len() == 14)
        .then(|| starts.windows(2).position(|month| sign(month[0]) == sign(month[1])))
        .flatten();
    let plain = usize::try_from(month).ok()? + 1;
    let place = plain + usize::from(leap.is_some_and(|leap| leap <= plain));
    let start = starts.get(place).filter(|_| (1..=10).contains(&month))?;
    Some(*start + Duration::days(i64::from(day) - 1)).filter(|date| (year..=year + 1).contains(&date.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// New Year, Buddha's Birthday and Chuseok by the Python package `korean-lunar-calendar` 0.4.0 (the standard of the
    /// Korea Astronomy and Space Science Institute), 1950 to 2050.
    #[test]
    fn feasts_of_a_hundred_years_are_those_of_the_korean_standard() {
        let mut years = 0;
        for line in include_str!("../../tests/fixtures/lunar.txt").lines() {
            let days: Vec<NaiveDate> = line.split(' ').map(|d| d.parse().unwrap()).collect();
            let year = days[0].year();
            for (&(month, day), theirs) in [(1, 1), (4, 8), (8, 15)].iter().zip(&days) {
                assert_eq!(date(year, month, day, 9.0), Some(*theirs), "{year} {month}-{day}");
            }
            years += 1;
        }
        assert_eq!(years, 101);
    }

    /// Feasts as the Python package `holidays` has them in its tables, where they are called by one name alone.
    #[test]
    fn feasts_of_the_neighbours_come_out_too() {
        let named = |country: &str, name: &str| -> Vec<NaiveDate> {
            let country = super::super::table::country(country).unwrap();
            country.days.into_iter().filter(|day| day.1 == name).map(|day| day.0).collect()
        };
        for (country, name, month, day, meridian, least) in [
            ("CN", "Mid-Autumn Festival", 8, 15, 8.0, 40),
            ("CN", "Dragon Boat Festival", 5, 5, 8.0, 40),
            ("TW", "Mid-Autumn Festival", 8, 15, 8.0, 45),
            ("VN", "Hung Kings' Commemoration Day", 3, 10, 7.0, 30),
        ] {
            let theirs = named(country, name);
            assert!(theirs.len() >= least, "{country} {name}: {}", theirs.len());
            for theirs in theirs {
                assert_eq!(date(theirs.year(), month, day, meridian), Some(theirs), "{country} {name}");
            }
        }
        for (country, name, longitude, meridian) in [
            ("CN", "Tomb-Sweeping Day", 15.0, 8.0),
            ("JP", "Vernal Equinox Day", 0.0, 9.0),
            ("JP", "Autumnal Equinox Day", 180.0, 9.0),
        ] {
            let theirs = named(country, name);
            assert!(theirs.len() >= 40, "{country} {name}: {}", theirs.len());
            for day in theirs {
                let off =
                    |day| (sky::sun(sky::midnight(day, meridian)) - longitude + 180.0).rem_euclid(360.0);
                assert!(off(day) <= 180.0 && off(day.succ_opt().unwrap()) > 180.0, "{country} {name} {day}");
            }
        }
    }

    /// Years in which the new moon falls between two midnights: Seoul, Beijing and Hanoi began them on different days.
    #[test]
    fn meridians_tell_years_apart() {
        let tet = |year, meridian| date(year, 1, 1, meridian).unwrap().to_string();
        assert_eq!([tet(2007, 7.0), tet(2007, 8.0)], ["2007-02-17", "2007-02-18"]);
        assert_eq!([tet(1997, 8.0), tet(1997, 9.0)], ["1997-02-07", "1997-02-08"]);
        assert_eq!([tet(2030, 7.0), tet(2030, 8.0)], ["2030-02-02", "2030-02-03"]);
        assert_eq!(date(2024, 11, 1, 9.0), None);
    }
}
