//! How long a day is light, and how high the sun stands (Meeus, Astronomical Algorithms, 2nd ed., ch. 12, 13 and 15).
//!
//! With declination δ, latitude φ and hour angle H the sun's height h is sin h = sin φ sin δ + cos φ cos δ cos H. The sun
//! rises when its centre is 50′ below the horizon: 34′ of refraction and 16′ of its radius.

use chrono::{DateTime, NaiveDate};

use super::sky;

/// Height of the sun's centre at sunrise and sunset, in degrees.
const RISE: f64 = -5.0 / 6.0;

/// Sine and cosine of the declination, and the right ascension in degrees, at a moment in terrestrial time.
fn place(moment: f64) -> (f64, f64, f64) {
    let t = (moment - 2_451_545.0) / 36_525.0;
    let tilt = (23.439_291 - 0.013_004_2 * t).to_radians();
    let longitude = sky::sun(moment).to_radians();
    let sine = tilt.sin() * longitude.sin();
    let ascension = (tilt.cos() * longitude.sin()).atan2(longitude.cos()).to_degrees();
    (sine, (1.0 - sine * sine).sqrt(), ascension)
}

/// Hours between sunrise and sunset of a day at a latitude in degrees (north is positive), on the meridian of Greenwich:
/// elsewhere the sun has moved on by less than a minute. 24 where the sun does not set, 0 where it does not rise.
///
/// ```
/// let day = chrono::NaiveDate::from_ymd_opt(2024, 6, 21).unwrap();
/// let hours = gyeol_data::calendar::daylight(day, 37.5665);
/// assert!((hours - 14.76).abs() < 0.02);
/// ```
pub fn daylight(date: NaiveDate, latitude: f64) -> f64 {
    let (sine, cosine, _) = place(sky::midnight(date, 0.0) + 0.5);
    let latitude = latitude.to_radians();
    let angle = (RISE.to_radians().sin() - latitude.sin() * sine) / (latitude.cos() * cosine);
    2.0 * angle.clamp(-1.0, 1.0).acos().to_degrees() / 15.0
}

/// Sine of the sun's height at a moment (milliseconds since 1970 UTC) at a latitude and longitude in degrees, north and
/// east positive, without refraction: below 0 at night. Light on level ground goes by it.
pub fn sun_height(ms: i64, latitude: f64, longitude: f64) -> f64 {
    let Some(time) = DateTime::from_timestamp_millis(ms) else { return 0.0 };
    let midnight = sky::midnight(time.date_naive(), 0.0);
    let days = ms.rem_euclid(crate::clock::DAY_MS) as f64 / crate::clock::DAY_MS as f64;
    let (sine, cosine, ascension) = place(midnight + days);
    let since = sky::universal(time.date_naive()) + days - 2_451_545.0;
    let sidereal = 280.460_618_37 + 360.985_647_366_29 * since;
    let hour_angle = (sidereal + longitude - ascension).rem_euclid(360.0).to_radians();
    let latitude = latitude.to_radians();
    latitude.sin() * sine + latitude.cos() * cosine * hour_angle.cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunrise to sunset, in minutes, as almanacs print them.
    #[test]
    fn days_are_as_long_as_the_almanac_says() {
        for (place, latitude, day, minutes) in [
            ("Seoul", 37.5665, "2024-06-21", 14 * 60 + 46),
            ("Seoul", 37.5665, "2024-12-21", 9 * 60 + 34),
            ("London", 51.5074, "2024-06-20", 16 * 60 + 38),
            ("London", 51.5074, "2024-12-21", 7 * 60 + 50),
            ("Sydney", -33.8688, "2024-12-21", 14 * 60 + 25),
            ("Sydney", -33.8688, "2024-06-21", 9 * 60 + 54),
            ("Quito", -0.1807, "2024-03-20", 12 * 60 + 7),
            ("Tromsø", 69.6492, "2024-06-21", 24 * 60),
            ("Tromsø", 69.6492, "2024-12-21", 0),
            ("the pole", 90.0, "2024-06-21", 24 * 60),
            ("the other pole", -90.0, "2024-06-21", 0),
        ] {
            let hours = daylight(day.parse().unwrap(), latitude);
            assert!((60.0 * hours - f64::from(minutes)).abs() < 2.0, "{place} {day}: {hours} h");
        }
    }

    /// Length of the day in minutes and height of the sun in degrees, by the Python package `astral` 3.2.
    #[test]
    fn sun_and_day_are_those_of_another_program() {
        let mut lines = 0;
        for line in include_str!("../../tests/fixtures/daylight.txt").lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [latitude, longitude, minutes, height] =
                [1, 2, 3, 4].map(|i| words[i].parse::<f64>().unwrap());
            let time = chrono::NaiveDateTime::parse_from_str(words[0], "%Y-%m-%dT%H:%M").unwrap();
            let ours = sun_height(time.and_utc().timestamp_millis(), latitude, longitude).asin().to_degrees();
            assert!((ours - height).abs() < 0.05, "{line}: {ours}");
            let ours = 60.0 * daylight(time.date(), latitude);
            assert!((ours - minutes).abs() < 3.0, "{line}: {ours}");
            lines += 1;
        }
        assert_eq!(lines, 120);
    }
}
