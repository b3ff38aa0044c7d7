//! Calendar columns of a row, as numbers a model can use. All are known ahead. Of a holiday and of a bridging day the column
//! is 1; daylight is the length of the day in half days, less one; the sun is the sine of its height, 0 at night.

use chrono::{Datelike, Days, NaiveDate, Offset, TimeZone};
use gyeol_data::calendar::{Holidays, daylight, features, sun_height};
use gyeol_data::{Clock, Step};
use serde::{Deserialize, Serialize};

use crate::season::Season;
use gyeol_base::Result;

/// Which calendar columns are made; travels in the bundle.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CalendarSpec {
    /// False: none at all.
    pub enabled: bool,
    /// Country whose public holidays are marked, by two letters.
    pub country: Option<String>,
    /// Further days, ISO dates.
    pub dates: Vec<String>,
    /// Whether working days between a holiday and a weekend are marked. Bundles of before know no such column.
    #[serde(default)]
    pub bridging: bool,
    /// Degrees north of the equator, for the length of the day; no daylight without.
    #[serde(default)]
    pub latitude: Option<f64>,
    /// Degrees east of Greenwich, for the height of the sun; that of the zone's clocks without.
    #[serde(default)]
    pub longitude: Option<f64>,
}

impl CalendarSpec {
    /// The holidays, if any are asked for.
    ///
    /// # Errors
    /// An unknown country or a date that is none.
    pub fn holidays(&self) -> Result<Option<Holidays>> {
        if let Some(country) = &self.country {
            if !self.dates.is_empty() {
                return Err(crate::error::parameter(
                    "calendar.holidays",
                    format!("\"{country}\" and {} dates", self.dates.len()),
                    "either a country or a list of dates",
                ));
            }
            return Ok(Some(Holidays::country(country)?));
        }
        if self.dates.is_empty() {
            return Ok(None);
        }
        let days = self
            .dates
            .iter()
            .map(|text| {
                text.parse::<NaiveDate>().map(|d| (d, "holiday".to_string())).map_err(|_| {
                    crate::error::parameter(
                        "calendar.holidays",
                        format!("\"{text}\""),
                        "a country of two letters, or dates as YYYY-MM-DD",
                    )
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Some(Holidays::from_list(days)))
    }

    /// Latitude and longitude under which the sun is followed on clocks of a zone. Where no longitude is given it is that at
    /// which the zone's winter clocks are right, 15° an hour, which may be an hour off; UTC tells none.
    ///
    /// # Errors
    /// `unknown-zone`.
    pub fn place(&self, zone: Option<&str>) -> Result<Option<(f64, f64)>> {
        let (Some(latitude), Some(zone)) = (self.latitude, zone) else { return Ok(None) };
        if let Some(longitude) = self.longitude {
            return Ok(Some((latitude, longitude)));
        }
        if zone == "UTC" {
            return Ok(None);
        }
        let zone = gyeol_data::clock::zone(zone)?;
        let ahead = |month| {
            let noon = NaiveDate::from_ymd_opt(2024, month, 1)?.and_hms_opt(12, 0, 0)?;
            Some(zone.offset_from_utc_datetime(&noon).fix().local_minus_utc())
        };
        // Summer time is ahead of the sun, in whichever half of the year it is.
        let seconds = ahead(1).into_iter().chain(ahead(7)).min();
        Ok(seconds.map(|seconds| (latitude, f64::from(seconds) / 240.0)))
    }
}

/// A maker of calendar columns for one clock.
pub struct Calendar {
    holidays: Option<Holidays>,
    enabled: bool,
    bridging: bool,
    latitude: Option<f64>,
    place: Option<(f64, f64)>,
    step: Step,
    seasons: Vec<Season>,
}

impl Calendar {
    /// For a clock's step, zone and seasons.
    ///
    /// # Errors
    /// As [`CalendarSpec::holidays`] and [`CalendarSpec::place`].
    pub fn new(spec: &CalendarSpec, step: Step, zone: Option<&str>, seasons: &[Season]) -> Result<Self> {
        Ok(Calendar {
            holidays: spec.holidays()?,
            enabled: spec.enabled,
            bridging: spec.bridging,
            latitude: spec.latitude,
            place: spec.place(zone)?,
            step,
            seasons: seasons.to_vec(),
        })
    }

    fn sub_daily(&self) -> bool {
        matches!(self.step, Step::Millis(ms) if ms < 86_400_000)
    }

    fn daily_or_finer(&self) -> bool {
        matches!(self.step, Step::Millis(ms) if ms <= 86_400_000)
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> Vec<String> {
        let mut names = Vec::new();
        if !self.enabled {
            return names;
        }
        let mut pair = |what: &str| names.extend([format!("{what} sine"), format!("{what} cosine")]);
        if self.step == Step::Rows {
            for s in &self.seasons {
                for k in 1..=HARMONICS {
                    pair(&format!("{} /{k}", s.name));
                }
            }
            return names;
        }
        if self.sub_daily() {
            for k in 1..=HARMONICS {
                pair(&format!("day /{k}"));
            }
        }
        for k in 1..=YEAR_HARMONICS {
            pair(&format!("year /{k}"));
        }
        if self.daily_or_finer() {
            names.extend(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(String::from));
            if self.holidays.is_some() {
                names.extend(["holiday", "day before holiday", "day after holiday"].map(String::from));
                if self.bridging {
                    names.push("bridging day".into());
                }
            }
            if self.latitude.is_some() {
                names.push("daylight".into());
            }
        }
        if self.sub_daily() && self.place.is_some() {
            names.push("sun".into());
        }
        names
    }

    /// Writes the columns of row `i` of `clock`.
    pub fn write(&self, clock: &Clock, i: usize, out: &mut Vec<f32>) {
        if !self.enabled {
            return;
        }
        if self.step == Step::Rows {
            let at = clock.at(i).max(0) as usize;
            for s in &self.seasons {
                for k in 1..=HARMONICS {
                    let turn = std::f64::consts::TAU * (k * (at % s.rows)) as f64 / s.rows as f64;
                    out.extend([turn.sin() as f32, turn.cos() as f32]);
                }
            }
            return;
        }
        let time = clock.local(i);
        let f = features(&time);
        if self.sub_daily() {
            harmonics(f.day_cycle, HARMONICS, out);
        }
        harmonics(f.year_cycle, YEAR_HARMONICS, out);
        if self.daily_or_finer() {
            out.extend((0..7).map(|d| f32::from(f.weekday == d)));
            if let Some(h) = &self.holidays {
                let date = time.date();
                let is = |d: Option<NaiveDate>| f32::from(d.is_some_and(|d| h.name(d).is_some()));
                out.extend([
                    is(Some(date)),
                    is(date.checked_add_days(Days::new(1))),
                    is(date.checked_sub_days(Days::new(1))),
                ]);
                if self.bridging {
                    out.push(f32::from(h.bridging(date)));
                }
            }
            if let Some(latitude) = self.latitude {
                out.push((daylight(time.date(), latitude) / 12.0 - 1.0) as f32);
            }
        }
        if let Some((latitude, longitude)) = self.place.filter(|_| self.sub_daily()) {
            out.push(sun_height(clock.at(i), latitude, longitude).max(0.0) as f32);
        }
    }

    /// Place of row `i` in the week, by hours (by days on a daily clock, by months on a monthly one): a bin for
    /// linear models, out of [`Calendar::bins`].
    pub fn bin(&self, clock: &Clock, i: usize) -> usize {
        let time = clock.local(i);
        match self.step {
            Step::Millis(_) if self.sub_daily() => {
                let f = features(&time);
                (f.weekday * 24 + f.hour) as usize
            }
            Step::Millis(86_400_000) => features(&time).weekday as usize,
            Step::Months(_) => time.month0() as usize,
            _ => 0,
        }
    }

    /// Number of bins; 0 where the clock has none or the calendar is off.
    pub fn bins(&self) -> usize {
        match self.step {
            _ if !self.enabled => 0,
            Step::Millis(_) if self.sub_daily() => 168,
            Step::Millis(86_400_000) => 7,
            Step::Months(_) => 12,
            _ => 0,
        }
    }
}

const HARMONICS: usize = 3;
/// More would let a net tell the single weeks of a year apart, of which the training part has seen two or three.
const YEAR_HARMONICS: usize = 1;

/// sin and cos of 1, 2 … `n` times the turn whose sin and cos are given.
fn harmonics((s, c): (f64, f64), n: usize, out: &mut Vec<f32>) {
    let (mut sk, mut ck) = (s, c);
    for _ in 0..n {
        out.extend([sk as f32, ck as f32]);
        (sk, ck) = (sk * c + ck * s, ck * c - sk * s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Step = Step::Millis(3_600_000);

    fn row(spec: &CalendarSpec, step: Step, zone: &str, at: &str) -> Vec<(String, f32)> {
        let start = chrono::NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M").unwrap();
        let clock = Clock {
            start: start.and_utc().timestamp_millis(),
            step,
            zone: Some(gyeol_data::clock::zone(zone).unwrap()),
        };
        let calendar = Calendar::new(spec, step, Some(zone), &[]).unwrap();
        let mut out = Vec::new();
        calendar.write(&clock, 0, &mut out);
        assert_eq!(out.len(), calendar.columns().len());
        calendar.columns().into_iter().zip(out).collect()
    }

    fn value(row: &[(String, f32)], name: &str) -> Option<f32> {
        row.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    #[test]
    fn a_bundle_of_before_gets_the_columns_of_before() {
        let old: CalendarSpec =
            serde_json::from_str(r#"{"enabled":true,"country":"DE","dates":[]}"#).unwrap();
        let new = CalendarSpec { bridging: true, latitude: Some(52.5), ..old.clone() };
        let names = |spec| Calendar::new(spec, HOUR, Some("Europe/Berlin"), &[]).unwrap().columns();
        let (before, now) = (names(&old), names(&new));
        assert_eq!(now[..before.len()], before[..]);
        assert_eq!(now[before.len()..], ["bridging day", "daylight", "sun"]);
    }

    /// 10 May 2024 is the Friday after Ascension Day; height of the sun and length of the day in Berlin by the Python
    /// package `astral` 3.2.
    #[test]
    fn bridging_days_and_daylight_are_told() {
        let spec = CalendarSpec {
            enabled: true,
            country: Some("DE".into()),
            bridging: true,
            latitude: Some(52.52),
            longitude: Some(13.405),
            ..Default::default()
        };
        let noon = row(&spec, HOUR, "Europe/Berlin", "2024-05-10 11:03");
        assert_eq!(value(&noon, "bridging day"), Some(1.0));
        assert_eq!(value(&noon, "day after holiday"), Some(1.0));
        let height = value(&noon, "sun").unwrap().asin().to_degrees();
        assert!((height - 55.296).abs() < 0.05, "{height}");
        let hours = (value(&noon, "daylight").unwrap() + 1.0) * 12.0;
        assert!((hours - 15.505).abs() < 0.02, "{hours}");
        let night = row(&spec, HOUR, "Europe/Berlin", "2024-05-08 23:00");
        assert_eq!((value(&night, "sun"), value(&night, "bridging day")), (Some(0.0), Some(0.0)));
        let days = row(&spec, Step::Millis(86_400_000), "Europe/Berlin", "2024-05-10 22:00");
        assert!(value(&days, "sun").is_none() && value(&days, "daylight").is_some());
    }

    #[test]
    fn the_zone_tells_the_longitude_where_none_is_given() {
        let spec = CalendarSpec { latitude: Some(-33.9), ..Default::default() };
        for (zone, longitude) in [("Asia/Seoul", 135.0), ("Australia/Sydney", 150.0), ("Europe/Berlin", 15.0)]
        {
            assert_eq!(spec.place(Some(zone)).unwrap(), Some((-33.9, longitude)), "{zone}");
        }
        assert_eq!(spec.place(Some("UTC")).unwrap(), None);
        assert_eq!(spec.place(None).unwrap(), None);
    }
}
