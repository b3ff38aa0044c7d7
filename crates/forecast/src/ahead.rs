//! What is known of the rows ahead, from a table of its own: its rows go behind the readings, before both are cleaned.
//!
//! Only the time, the id and the columns known ahead are taken from it. A row that the readings have as well must say the same;
//! where the readings lack a value, it is taken.

use std::collections::{HashMap, HashSet};

use gyeol_base::{Fault, Result};
use gyeol_data::clock::detect_step;
use gyeol_data::{CleanOp, ColumnData, ColumnKind, Readings, Roles, Step, Table};

use crate::forecaster::About;

/// How far two values of one row may lie apart, as a share of them, and still be the same.
const SAME: f64 = 1e-9;
/// Fewest stamps by which a step is known.
const STAMPS: usize = 3;

/// The id and the stamp of a row; rows of readings without a time column have none.
type Place = (Option<String>, i64);

/// A fault of the table of rows ahead.
fn fault(ahead: &Table, code: &'static str, found: String) -> Fault {
    Fault::new(code, found).file(&ahead.source().name)
}

impl About {
    /// One forecast of each time, of columns known ahead that have an issue: the newest that was out.
    ///
    /// # Errors
    /// As [`gyeol_data::available::vintages`].
    pub(crate) fn issued(&self, table: Table, roles: &Roles) -> Result<Table> {
        let columns = gyeol_data::available::issues(&self.spec.delays.rules, roles);
        if columns.is_empty() {
            return Ok(table);
        }
        Ok(gyeol_data::available::vintages(table, roles, &columns, self.spec.horizon)?.0)
    }

    /// The readings with the rows of `ahead` behind them.
    ///
    /// # Errors
    /// `nothing-ahead` where the model reads no column that is known ahead; `missing-column`, `wrong-type`, `no-stamp`,
    /// `repeated-stamp`, `unknown-series` and `other-step` of the table ahead, `ahead-disagrees` where it and the readings have
    /// one row with two values.
    pub(crate) fn with_ahead(&self, readings: &Table, ahead: &Table) -> Result<Table> {
        if self.spec.known.is_empty() {
            return Err(Fault::new("nothing-ahead", "this model reads no column that is known ahead")
                .next("leave the table of rows ahead out, or fit a model with columns.known")
                .option());
        }
        for table in [readings, ahead] {
            let mut needed = self.time.iter().chain(&self.id).chain(&self.spec.known);
            if let Some(name) = needed.find(|name| table.kind(name).is_none()) {
                let there: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).take(12).collect();
                return Err(fault(table, "missing-column", format!("the columns are {}", there.join(", ")))
                    .column(name)
                    .next("add it, or rename the column that holds it")
                    .input());
            }
        }
        let (before, after) = (self.places(readings, readings)?, self.places(ahead, readings)?);
        self.one_step(readings, ahead, &before, &after)?;
        let mut known: Vec<Vec<f64>> =
            self.spec.known.iter().map(|name| readings.numbers(name)).collect::<Result<_>>()?;
        let more: Vec<Vec<f64>> =
            self.spec.known.iter().map(|name| ahead.numbers(name)).collect::<Result<_>>()?;
        let ids: HashSet<&Option<String>> = before.iter().flatten().map(|(id, _)| id).collect();
        let rows: HashMap<&Place, usize> =
            before.iter().enumerate().rev().filter_map(|(row, place)| Some((place.as_ref()?, row))).collect();
        let repeats = self.clean.iter().any(|op| matches!(op, CleanOp::Deduplicate { .. }));
        let (mut new, mut seen) = (Vec::new(), HashSet::new());
        for (row, place) in after.iter().enumerate() {
            let Some(place) = place else {
                new.push(row);
                continue;
            };
            if !ids.contains(&place.0) {
                let found = format!("series '{}' has no readings", place.0.as_deref().unwrap_or_default());
                return Err(fault(ahead, "unknown-series", found)
                    .row(ahead.row_number(row))
                    .next("leave its rows out, or give its readings")
                    .input());
            }
            if !seen.insert(place) && !repeats {
                return Err(fault(
                    ahead,
                    "repeated-stamp",
                    format!("{} stands there twice", self.stamp(readings, place)),
                )
                .row(ahead.row_number(row))
                .next("leave one of the rows out")
                .input());
            }
            let Some(&there) = rows.get(place) else {
                new.push(row);
                continue;
            };
            for ((name, values), more) in self.spec.known.iter().zip(&mut known).zip(&more) {
                let (old, value) = (values[there], more[row]);
                if old.is_nan() {
                    values[there] = value;
                } else if (old - value).abs() > SAME * old.abs().max(value.abs()) {
                    let found =
                        format!("{value} at {}, where the readings have {old}", self.stamp(readings, place));
                    return Err(fault(ahead, "ahead-disagrees", found)
                        .row(ahead.row_number(row))
                        .column(name)
                        .cause("a forecast of what was measured later, or another unit")
                        .next("leave the rows out that the readings have, or correct one of the two")
                        .input());
                }
            }
        }
        let columns = readings.columns().iter().map(|column| {
            let name = &column.name;
            let data = match self.spec.known.iter().position(|known| known == name) {
                Some(at) => {
                    let mut values = std::mem::take(&mut known[at]);
                    values.extend(new.iter().map(|&row| more[at][row]));
                    ColumnData::Number(values)
                }
                None if self.time.as_ref() == Some(name) => {
                    extended(readings.data(name)?, |i| after[new[i]].as_ref().map(|p| p.1), new.len())
                }
                None if self.id.as_ref() == Some(name) => {
                    let mut ids = readings.texts(name)?;
                    ids.extend(new.iter().map(|&row| after[row].as_ref().and_then(|place| place.0.clone())));
                    ColumnData::Text(ids.into())
                }
                None => extended(readings.data(name)?, |_| None, new.len()),
            };
            Ok((name.clone(), data))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(Table::from_columns(columns)?.with_source(readings.source().clone()))
    }

    /// Id and stamp of each row of a table whose stamps are of the kind that the readings have.
    fn places(&self, table: &Table, readings: &Table) -> Result<Vec<Option<Place>>> {
        let Some(time) = &self.time else { return Ok(vec![None; table.rows()]) };
        let counted = |table: &Table| table.kind(time) == Some(ColumnKind::Integer);
        let stamps = match (counted(readings), table.kind(time)) {
            (true, Some(ColumnKind::Integer)) => table.integers(time)?,
            (false, Some(ColumnKind::Time)) => table.times(time)?,
            (counted, _) => {
                let what = if counted { "whole numbers, as in the readings" } else { "times" };
                return Err(fault(table, "wrong-type", format!("this column holds no {what}"))
                    .column(time)
                    .next("write it as in the table that the model was fitted on")
                    .input());
            }
        };
        let mut ids = match &self.id {
            Some(id) => table.texts(id)?,
            None => vec![None; table.rows()],
        };
        let place = |(row, stamp): (usize, &Option<i64>)| match stamp {
            Some(stamp) => Ok(Some((ids[row].take(), *stamp))),
            None => Err(fault(table, "no-stamp", "a row without a time stamp".into())
                .row(table.row_number(row))
                .column(time)
                .next("fill the stamp, or drop the row")
                .input()),
        };
        stamps.iter().enumerate().map(place).collect()
    }

    /// Whether both tables have rows equally far apart.
    fn one_step(
        &self,
        readings: &Table,
        ahead: &Table,
        before: &[Option<Place>],
        after: &[Option<Place>],
    ) -> Result<()> {
        if self.spec.step == Step::Rows {
            return Ok(());
        }
        let zone = readings.source().zone.as_deref().map(gyeol_data::clock::zone).transpose()?;
        let step = |places: &[Option<Place>]| {
            let first = &places.first()?.as_ref()?.0;
            let of_first = places.iter().flatten().filter(|place| place.0 == *first);
            let stamps: Vec<i64> = of_first.map(|place| place.1).collect();
            if stamps.len() < STAMPS { None } else { detect_step(&stamps, zone) }
        };
        match (step(before), step(after)) {
            (Some(wanted), Some(found)) if wanted != found => {
                let found = format!(
                    "one row every {}, the readings have one every {}",
                    found.label(),
                    wanted.label()
                );
                Err(fault(ahead, "other-step", found).next("put both on one clock").input())
            }
            _ => Ok(()),
        }
    }

    fn stamp(&self, readings: &Table, place: &Place) -> String {
        let zone = readings.source().zone.as_deref().and_then(|zone| gyeol_data::clock::zone(zone).ok());
        let time = match self.spec.step {
            Step::Rows => place.1.to_string(),
            _ => gyeol_data::clock::show(place.1, zone),
        };
        place.0.as_ref().map_or(time.clone(), |id| format!("{time} of series '{id}'"))
    }

    /// Whether every row ahead has what must be known of it.
    ///
    /// # Errors
    /// `ahead-too-short`, with the first row that lacks a column and how many do.
    pub(crate) fn reached(&self, readings: &Readings, file: &str) -> Result<()> {
        for s in readings.series.iter().filter(|s| s.id.as_ref().is_none_or(|id| !self.left_out.contains(id)))
        {
            let ahead = s.history..s.history + self.spec.ahead();
            for (name, values) in self.spec.known.iter().zip(&s.known) {
                let lacks = |row: &usize| values.get(*row).is_none_or(|value| value.is_nan());
                let Some(first) = ahead.clone().find(lacks) else { continue };
                let stamp = |row: usize| self.stamp_of(readings, s.clock.at(row));
                let of = s.id.as_ref().map_or(String::new(), |id| format!(" of series '{id}'"));
                let found = format!(
                    "no value{of} in {} of the {} rows ahead, first at {}; the forecast goes from {} to {}",
                    ahead.clone().filter(lacks).count(),
                    ahead.len(),
                    stamp(first),
                    stamp(ahead.start),
                    stamp(ahead.end - 1)
                );
                return Err(Fault::new("ahead-too-short", found)
                    .file(file)
                    .column(name)
                    .cause("the table ends, or has a hole, before the forecast does; or readings are newer than it")
                    .next("give every row ahead")
                    .input());
            }
        }
        Ok(())
    }

    fn stamp_of(&self, readings: &Readings, ms: i64) -> String {
        if self.spec.step == Step::Rows { ms.to_string() } else { gyeol_data::clock::show(ms, readings.zone) }
    }
}

/// A column with more rows: stamps as given, of other kinds missing ones.
fn extended(data: ColumnData, stamp: impl Fn(usize) -> Option<i64>, more: usize) -> ColumnData {
    match data {
        ColumnData::Time(mut values) => {
            values.extend((0..more).map(stamp));
            ColumnData::Time(values)
        }
        ColumnData::Integer(mut values) => {
            values.extend((0..more).map(stamp));
            ColumnData::Integer(values)
        }
        ColumnData::Number(mut values) => {
            values.resize(values.len() + more, f64::NAN);
            ColumnData::Number(values)
        }
        ColumnData::Boolean(mut values) => {
            values.resize(values.len() + more, None);
            ColumnData::Boolean(values)
        }
        ColumnData::Text(mut values) => {
            values.append(&gyeol_data::Texts::missing(more));
            ColumnData::Text(values)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Forecaster;
    use crate::calendar::CalendarSpec;
    use crate::interval::Intervals;
    use crate::prepare::{Scalers, SeriesScalers, Spec};
    use crate::rung::RungPredictor;
    use crate::score::Yardsticks;
    use gyeol_data::{Role, Roles, Scaler, ScalerKind};
    use gyeol_tensor::Pool;

    const HOUR: i64 = 3_600_000;

    /// Rows of two meters from an hour on; a reading of `NAN` where only the weather is known.
    fn table(
        name: &str,
        from: i64,
        to: i64,
        load: impl Fn(i64) -> f64,
        weather: impl Fn(i64) -> f64,
    ) -> Table {
        let rows: Vec<(i64, &str)> =
            ["a", "b"].into_iter().flat_map(|id| (from..to).map(move |h| (h, id))).collect();
        let columns = vec![
            (
                "time".to_owned(),
                ColumnData::Time(rows.iter().map(|(h, _)| Some(400_000 * HOUR + h * HOUR)).collect()),
            ),
            ("meter".to_owned(), ColumnData::Text(rows.iter().map(|(_, id)| Some(*id)).collect())),
            ("load".to_owned(), ColumnData::Number(rows.iter().map(|(h, _)| load(*h)).collect())),
            ("weather".to_owned(), ColumnData::Number(rows.iter().map(|(h, _)| weather(*h)).collect())),
        ];
        let source = gyeol_data::Source { name: name.into(), ..Default::default() };
        Table::from_columns(columns).unwrap().with_source(source)
    }

    fn weather(hour: i64) -> f64 {
        (hour % 24) as f64
    }

    fn readings() -> Table {
        table("past.csv", 0, 100, |h| h as f64, weather)
    }

    fn ahead(from: i64, to: i64) -> Table {
        table("ahead.csv", from, to, |_| f64::NAN, weather)
    }

    /// Repeats yesterday; `known` ahead must be there all the same.
    fn forecaster(known: bool) -> Forecaster {
        let mut roles =
            Roles::from_pairs([("time", Role::Time), ("meter", Role::Id), ("load", Role::Target)]);
        if known {
            roles.set("weather", Role::Known);
        }
        let readings = Readings::from_table(&readings(), &roles).unwrap();
        let spec = Spec::new(&readings, 24, 12, CalendarSpec::default(), &[], ScalerKind::Standard).unwrap();
        let scaler = |values: &[f64]| Scaler::fit(ScalerKind::Standard, values.iter().copied());
        let of =
            |s: &gyeol_data::Series| SeriesScalers { id: s.id.clone(), targets: vec![scaler(&s.target[0])] };
        let covariates = readings.series[0].known.iter().map(|v| scaler(v)).collect();
        let about = About {
            spec,
            scalers: Scalers { series: readings.series.iter().map(of).collect(), covariates },
            intervals: Intervals {
                low: vec![vec![-1.0; 12]],
                high: vec![vec![1.0; 12]],
                ..Intervals::default()
            },
            yardsticks: Yardsticks::default(),
            scaled: None,
            time: Some("time".into()),
            id: Some("meter".into()),
            clean: vec![],
            unit: String::new(),
            left_out: vec![],
            refit: None,
            updated: false,
            learnt: None,
            hierarchy: None,
            reconciliation: None,
        };
        Forecaster {
            rung: "seasonal-naive".into(),
            about,
            predictor: RungPredictor::SeasonalNaive { season: 24 },
        }
    }

    #[test]
    fn a_table_ahead_gives_the_forecast_of_one_table_with_both() {
        let (model, pool) = (forecaster(true), Pool::new(1));
        let whole = table("all.csv", 0, 112, |h| if h < 100 { h as f64 } else { f64::NAN }, weather);
        let want = model.forecast(whole, &pool).unwrap();
        assert_eq!(want.rows.len(), 24);
        assert_eq!(model.forecast_ahead(&readings(), &ahead(100, 112), &pool).unwrap(), want);
        // Rows that the readings have, and rows beyond the forecast, change nothing.
        assert_eq!(model.forecast_ahead(&readings(), &ahead(90, 130), &pool).unwrap(), want);
        // What the readings lack is taken.
        let holed = table("past.csv", 0, 100, |h| h as f64, |h| if h == 95 { f64::NAN } else { weather(h) });
        assert_eq!(model.forecast(holed.clone(), &pool).unwrap_err().code(), "missing-value");
        assert_eq!(model.forecast_ahead(&holed, &ahead(90, 112), &pool).unwrap(), want);
    }

    #[test]
    fn what_is_wrong_with_a_table_ahead_is_said_with_its_place() {
        let (model, pool) = (forecaster(true), Pool::new(1));
        let fails = |ahead: &Table, code: &str, words: &[&str]| {
            let error = model.forecast_ahead(&readings(), ahead, &pool).unwrap_err();
            let said = error.to_string();
            assert!(error.code() == code && words.iter().all(|word| said.contains(word)), "{code}: {said}");
        };
        // 100 hours after the first: hour 104 is 04:00 of the day on which hour 96 begins.
        fails(&ahead(100, 107), "ahead-too-short", &["ahead.csv", "'weather'", "series 'a'", "5 of the 12"]);
        fails(&ahead(103, 112), "gap-in-clock", &["ahead.csv", "was due", "series 'a'"]);
        let other =
            table("ahead.csv", 90, 112, |_| f64::NAN, |h| weather(h) + if h == 97 { 0.5 } else { 0.0 });
        fails(
            &other,
            "ahead-disagrees",
            &["ahead.csv", "row 8", "'weather'", "1.5 at", "have 1", "series 'a'"],
        );
        let twice = |rows: &[usize]| ahead(100, 112).at_rows(rows).unwrap();
        let doubled: Vec<usize> = (0..24).chain([3]).collect();
        fails(&twice(&doubled), "repeated-stamp", &["ahead.csv", "row 25", "twice"]);
        let halves: Vec<usize> = (0..6).map(|i| 2 * i).collect();
        fails(&twice(&halves), "other-step", &["every 2 h", "every 1 h"]);
        fails(
            &ahead(100, 112).without(&["weather".into()]).unwrap(),
            "missing-column",
            &["'weather'", "meter"],
        );
        let ids = ColumnData::Text(gyeol_data::Texts::repeated("c", 24));
        fails(
            &ahead(100, 112).with_column("meter", ids).unwrap(),
            "unknown-series",
            &["series 'c'", "row 1"],
        );
        let stamps = ColumnData::Integer((0..24).map(Some).collect());
        fails(&ahead(100, 112).with_column("time", stamps).unwrap(), "wrong-type", &["'time'", "no times"]);
        let mut stamps = ahead(100, 112).times("time").unwrap();
        stamps[4] = None;
        let stamps = ColumnData::Time(stamps);
        fails(&ahead(100, 112).with_column("time", stamps).unwrap(), "no-stamp", &["row 5"]);
        let error = forecaster(false).forecast_ahead(&readings(), &ahead(100, 112), &pool).unwrap_err();
        assert_eq!(error.code(), "nothing-ahead");
    }
}
