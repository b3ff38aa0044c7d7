//! Scenarios of a temperature that nobody knows ahead, against quantiles taken by hand.

use gyeol_data::{Clock, Readings, ScalerKind, Series, Split, Step};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::response::ResponseModel;
use gyeol_forecast::rung::{Quiet, RungParams, RungPredictor};
use gyeol_forecast::{Intervals, Prepared, Refit, Refits, Spec, Window, Windows, begun};
use gyeol_tensor::{Pool, Rng};

use crate::common;

const DAY: i64 = 86_400_000;
/// 2005-01-01.
const START: i64 = 12_784 * DAY;
const HORIZON: usize = 28;

/// Days of load that answer to the temperature alone, whose years are alike but for their own noise.
fn readings(rows: usize, past: bool) -> Readings {
    let mut rng = Rng::new(3);
    let mut weather = 0.0;
    let (mut target, mut temperature) = (Vec::new(), Vec::new());
    for i in 0..rows {
        weather = 0.8 * weather + 2.0 * rng.normal();
        let degrees = 12.0 - 10.0 * (i as f64 / 365.25 * std::f64::consts::TAU).cos() + weather;
        temperature.push(degrees);
        target.push(400.0 - 6.0 * degrees);
    }
    let clock = Clock { start: START, step: Step::Millis(DAY), zone: None };
    common::readings(clock, target, if past { vec![temperature] } else { vec![] }, vec![])
}

const YEARS: usize = 3652;
const CUTS: [usize; 3] = [2922, 3287, YEARS];

fn prepared(r: &Readings) -> (Prepared, Windows, i64) {
    let at = |i: usize| r.series[0].clock.at(i);
    let split =
        Split { train: at(0)..at(CUTS[0]), valid: at(CUTS[0])..at(CUTS[1]), test: at(CUTS[1])..at(CUTS[2]) };
    let calendar = CalendarSpec { enabled: true, ..CalendarSpec::default() };
    let spec = Spec::new(r, 28, HORIZON, calendar, &[], ScalerKind::Standard).unwrap();
    let data = Prepared::fit(r, &split, spec).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    (data, windows, split.train.start)
}

fn model(data: &Prepared, windows: &Windows, days: usize) -> ResponseModel {
    let pool = Pool::new(2);
    let plain = ResponseModel::fit(data, &windows.train, &windows.valid, &pool).unwrap();
    plain.with_scenarios(data, &windows.train, &windows.valid, days, &pool).unwrap()
}

fn quantile(mut values: Vec<f64>, level: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = level * (values.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(values.len() - 1);
    values[low] + (at - low as f64) * (values[high] - values[low])
}

#[test]
fn quantiles_are_those_of_the_same_days_of_past_years() {
    let r = readings(YEARS, true);
    let (data, windows, _) = prepared(&r);
    let days = 3;
    let model = model(&data, &windows, days);
    let (_, share, fading) = model.scenarios().unwrap();
    let w = windows.test[100];
    let levels = [0.1, 0.5, 0.9];
    let said = model.quantiles(&data, &w, &levels).unwrap();
    let temperature = &r.series[0].past[0];
    let origin = w.origin as usize;
    for j in [0, 5, 27] {
        let mut loads = Vec::new();
        for year in 1..20 {
            for shift in -(days as i64)..=days as i64 {
                let place = origin as i64 - (365.2425 * f64::from(year)).round() as i64 + shift;
                // Of the training part alone, which the test lies a year behind.
                if place < 1 || place as usize + HORIZON > CUTS[0] {
                    continue;
                }
                let place = place as usize;
                let moved = share * (temperature[origin - 1] - temperature[place - 1]);
                let degrees = temperature[place + j] + moved * (-(j as f64) / fading).exp();
                loads.push(400.0 - 6.0 * degrees);
            }
        }
        // The load answers to nothing else, so that there is no noise worth the name; a stretch leaves the median alone.
        let want = quantile(loads.clone(), 0.5);
        assert!((said[j * 3 + 1] - want).abs() < 1.5, "{j}: {} {want}", said[j * 3 + 1]);
        let width = quantile(loads.clone(), 0.9) - quantile(loads, 0.1);
        let stretch = (said[j * 3 + 2] - said[j * 3]) / width;
        assert!((0.78..1.4).contains(&stretch), "{j}: {stretch}");
    }
}

#[test]
fn a_forecast_is_the_median_and_its_quantiles_hold_what_they_promise() {
    let r = readings(YEARS, true);
    let (data, windows, from) = prepared(&r);
    let pool = Pool::new(2);
    let rung = RungParams::Response { scenarios: Some(5) };
    let predictor = rung.fit(&data, &windows, &pool, &mut Quiet).unwrap().predictor;
    let on = |p: &RungPredictor, windows: &[Window]| p.predict(&data, windows, &pool);
    let valid = on(&predictor, &windows.valid);
    let levels = [0.1, 0.5, 0.9];
    let intervals = Intervals::fit(0.9, &levels, &data, &windows.valid, &valid).of(&predictor);
    let test = on(&predictor, &windows.test);
    let (mut below, mut n) = ([0usize; 3], 0);
    intervals.each(&data, &windows.test, &test, &mut |i, ahead, ends| {
        let w = &windows.test[i];
        assert!((ends.quantiles[1] - test[i * HORIZON + ahead]).abs() < 1e-9);
        let y = data.series[0].truth[0][w.origin as usize + ahead];
        below.iter_mut().zip(&ends.quantiles).for_each(|(n, q)| *n += usize::from(y <= *q));
        n += 1;
    });
    for (below, level) in below.iter().zip(levels) {
        let share = *below as f64 / f64::from(n);
        assert!((share - level).abs() < 0.07, "{share} of {level}");
    }
    // Packed and read again, and fitted again on the way: the same, and nothing later is seen.
    let mut bundle =
        gyeol_bundle::Bundle::new(gyeol_bundle::Manifest::new("forecast", "", Default::default()));
    let value = predictor.pack(&mut bundle).unwrap();
    let again = RungPredictor::unpack(&value, &bundle).unwrap();
    assert_eq!(on(&again, &windows.test), test);
    assert!(again.fits(&data));
    let test = begun(&data, windows.test.clone(), gyeol_forecast::Every::Month, None);
    let firsts: Vec<bool> = test
        .iter()
        .map(|w| data.series[0].clock.local(w.origin as usize).date().to_string().ends_with("-01"))
        .collect();
    assert!(firsts.len() == 12 && firsts.iter().all(|first| *first), "{firsts:?}");
    let refit = Refit { every: gyeol_forecast::Every::Month, window: None };
    let run = |data: &Prepared, pool: &Pool| {
        refit.predict(&predictor, data, &test, from, &mut Refits::default(), pool, &mut |_, _| true).unwrap()
    };
    let want = run(&data, &pool);
    assert_eq!(want, run(&data, &Pool::new(1)));
    assert_ne!(want, on(&predictor, &test));
    let mut garbled = r.clone();
    let from = test[6].origin as usize;
    let Series { target, past, .. } = &mut garbled.series[0];
    for column in [&mut target[0], &mut past[0]] {
        column[from..].iter_mut().for_each(|v| *v = 3.0 * *v + 5.0);
    }
    let other = Prepared::apply(&garbled, data.spec.clone(), data.scalers.clone()).unwrap();
    let got = run(&other, &pool);
    assert_eq!(want[..7 * HORIZON], got[..7 * HORIZON]);
    assert_ne!(want[7 * HORIZON..], got[7 * HORIZON..]);
}

#[test]
fn scenarios_of_nothing_are_refused() {
    let pool = Pool::new(1);
    let refused = |r: &Readings, cut: usize| {
        let at = |i: usize| r.series[0].clock.at(i);
        let (valid, end) = (cut + 120, cut + 240);
        let split = Split { train: at(0)..at(cut), valid: at(cut)..at(valid), test: at(valid)..at(end) };
        let calendar = CalendarSpec { enabled: true, ..CalendarSpec::default() };
        let spec = Spec::new(r, 28, HORIZON, calendar, &[], ScalerKind::Standard).unwrap();
        let data = Prepared::fit(r, &split, spec).unwrap();
        let windows = Windows::of(&data, &split).unwrap();
        let rung = RungParams::Response { scenarios: Some(5) };
        rung.fit(&data, &windows, &pool, &mut Quiet).unwrap_err().to_string()
    };
    let without = refused(&readings(900, false), 600);
    assert!(without.contains("no column is read that is unknown ahead"), "{without}");
    let short = refused(&readings(500, true), 200);
    assert!(short.contains("no validation window has a whole year"), "{short}");
}
