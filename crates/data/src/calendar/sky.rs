//! Where the sun stands and when the moon is new (Meeus, Astronomical Algorithms, 2nd ed., ch. 25 and 49).
//!
//! Moments are Julian days in terrestrial time unless said otherwise; angles are degrees. The sun is right to 0.01°, which
//! is a quarter of an hour of its way, new moons to some seconds.

use chrono::{Datelike, NaiveDate};

/// Julian day of 2000-01-01 12:00.
const J2000: f64 = 2_451_545.0;
/// Julian day of 0001-01-01 00:00, less the number that chrono gives that day.
const COMMON_ERA: f64 = 1_721_424.5;

fn sin(degrees: f64) -> f64 {
    degrees.rem_euclid(360.0).to_radians().sin()
}

/// Terrestrial less universal time, in days (Espenak and Meeus, the polynomial of 2005 to 2050; a few seconds off from
/// 1970 on, and before it never a minute within a century).
fn delta(julian: f64) -> f64 {
    let years = (julian - J2000) / 365.25;
    (62.92 + 0.32217 * years + 0.005_589 * years * years) / 86_400.0
}

/// Julian day in universal time of a day's beginning at Greenwich.
pub(super) fn universal(date: NaiveDate) -> f64 {
    COMMON_ERA + f64::from(date.num_days_from_ce())
}

/// The moment when a day begins where clocks are `meridian` hours ahead of UTC.
pub(super) fn midnight(date: NaiveDate, meridian: f64) -> f64 {
    let julian = universal(date) - meridian / 24.0;
    julian + delta(julian)
}

/// The day of a moment where clocks are `meridian` hours ahead of UTC.
pub(super) fn day(moment: f64, meridian: f64) -> Option<NaiveDate> {
    let days = (moment - delta(moment) + meridian / 24.0 - COMMON_ERA).floor();
    // Beyond the years that chrono counts the cast saturates, and is none.
    NaiveDate::from_num_days_from_ce_opt(days as i32)
}

/// Apparent longitude of the sun.
pub(super) fn sun(moment: f64) -> f64 {
    let t = (moment - J2000) / 36_525.0;
    let mean = 280.46646 + t * (36_000.769_83 + t * 0.000_303_2);
    let anomaly = 357.52911 + t * (35_999.050_29 - t * 0.000_153_7);
    let center = (1.914_602 - t * (0.004_817 + t * 0.000_014)) * sin(anomaly)
        + (0.019_993 - t * 0.000_101) * sin(2.0 * anomaly)
        + 0.000_289 * sin(3.0 * anomaly);
    let node = 125.04 - 1934.136 * t;
    (mean + center - 0.005_69 - 0.004_78 * sin(node)).rem_euclid(360.0)
}

/// The last new moon up to about `moment`, as a number for [`new_moon`].
pub(super) fn moon_before(moment: f64) -> f64 {
    ((moment - 2_451_550.097_66) / 29.530_588_861).floor()
}

/// Multiples of the moon's anomaly, the sun's and the moon's latitude argument, and the sine's factor in days.
#[rustfmt::skip]
const WAVES: [(f64, f64, f64, f64); 24] = [
    (1., 0., 0., -0.407_20), (0., 1., 0., 0.172_41), (2., 0., 0., 0.016_08), (0., 0., 2., 0.010_39),
    (1., -1., 0., 0.007_39), (1., 1., 0., -0.005_14), (0., 2., 0., 0.002_08), (1., 0., -2., -0.001_11),
    (1., 0., 2., -0.000_57), (2., 1., 0., 0.000_56), (3., 0., 0., -0.000_42), (0., 1., 2., 0.000_42),
    (0., 1., -2., 0.000_38), (2., -1., 0., -0.000_24), (1., 2., 0., -0.000_07), (2., 0., -2., 0.000_04),
    (0., 3., 0., 0.000_04), (1., 1., -2., 0.000_03), (2., 0., 2., 0.000_03), (1., 1., 2., -0.000_03),
    (1., -1., 2., 0.000_03), (1., -1., -2., -0.000_02), (3., 1., 0., -0.000_02), (4., 0., 0., 0.000_02),
];

/// What the planets add: angle at number 0, its growth by number, factor in millionths of a day.
#[rustfmt::skip]
const PLANETS: [(f64, f64, f64); 14] = [
    (299.77, 0.107_408, 325.), (251.88, 0.016_321, 165.), (251.83, 26.651_886, 164.), (349.42, 36.412_478, 126.),
    (84.66, 18.206_239, 110.), (141.74, 53.303_771, 62.), (207.14, 2.453_732, 60.), (154.84, 7.306_860, 56.),
    (34.52, 27.261_239, 47.), (207.19, 0.121_824, 42.), (291.34, 1.844_379, 40.), (161.72, 24.198_154, 37.),
    (239.56, 25.513_099, 35.), (331.55, 3.592_518, 23.),
];

/// The moment of new moon number `k`, which is 0 on 6 January 2000.
pub(super) fn new_moon(k: f64) -> f64 {
    let t = k / 1236.85;
    let mean = 2_451_550.097_66 + 29.530_588_861 * k + t * t * (0.000_154_37 - t * 0.000_000_15);
    let eccentricity = 1.0 - t * (0.002_516 + t * 0.000_007_4);
    let sun = 2.5534 + 29.105_356_70 * k - t * t * 0.000_001_4;
    let moon = 201.5643 + 385.816_935_28 * k + t * t * (0.010_758_2 + t * 0.000_012_38);
    let latitude = 160.7108 + 390.670_502_84 * k - t * t * (0.001_611_8 + t * 0.000_002_27);
    let node = 124.7746 - 1.563_755_88 * k + t * t * 0.002_067_2;
    let waves: f64 = WAVES
        .iter()
        .map(|&(m, s, l, factor)| {
            factor * eccentricity.powi(s.abs() as i32) * sin(m * moon + s * sun + l * latitude)
        })
        .sum();
    let planets: f64 = PLANETS.iter().map(|&(at, growth, factor)| factor * sin(at + growth * k)).sum();
    mean + waves - 0.000_17 * sin(node) + planets / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meeus's own examples 25.a and 49.a.
    #[test]
    fn the_examples_of_the_book_come_out() {
        assert!((sun(2_448_908.5) - 199.908_95).abs() < 0.000_05);
        assert!((new_moon(-283.0) - 2_443_192.651_18).abs() < 0.000_02);
    }

    /// Equinoxes and solstices of 2024 by the U.S. Naval Observatory, to the minute.
    #[test]
    fn seasons_begin_when_the_almanac_says() {
        for (month, date, hour, minute, longitude) in
            [(3, 20, 3, 6, 0.0), (6, 20, 20, 51, 90.0), (9, 22, 12, 44, 180.0), (12, 21, 9, 21, 270.0)]
        {
            let date = NaiveDate::from_ymd_opt(2024, month, date).unwrap();
            let moment = midnight(date, 0.0) + f64::from(hour * 60 + minute) / 1440.0;
            let off = (sun(moment) - longitude + 180.0).rem_euclid(360.0) - 180.0;
            assert!(off.abs() < 0.01, "{longitude}: {off}");
        }
    }

    #[test]
    fn days_begin_at_their_own_midnight() {
        let date = NaiveDate::from_ymd_opt(2024, 2, 10).unwrap();
        for meridian in [-11.0, 0.0, 9.0] {
            let start = midnight(date, meridian);
            assert_eq!(day(start + 1e-4, meridian), Some(date));
            assert_eq!(day(start - 1e-4, meridian), date.pred_opt());
        }
        assert_eq!(day(f64::MAX, 0.0), None);
    }
}
