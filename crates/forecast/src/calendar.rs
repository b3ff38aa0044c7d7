//! Calendar columns of a row, as numbers a model can use. All are known ahead.

use chrono::{Datelike, Days, NaiveDate};
use gyeol_data::calendar::{Holidays, features};
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
}

/// A maker of calendar columns for one clock.
pub struct Calendar {
    holidays: Option<Holidays>,
    enabled: bool,
    step: Step,
    seasons: Vec<Season>,
}

impl Calendar {
    /// For a clock's step and seasons.
    ///
    /// # Errors
    /// As [`CalendarSpec::holidays`].
    pub fn new(spec: &CalendarSpec, step: Step, seasons: &[Season]) -> Result<Self> {
        Ok(Calendar { holidays: spec.holidays()?, enabled: spec.enabled, step, seasons: seasons.to_vec() })
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
            }
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
            }
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
