//! A model watched: alarms where the world has changed, and none where it has not.

use gyeol_data::{Clock, ColumnData, ScalerKind, Split, Step, Table};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::forecaster::About;
use gyeol_forecast::score::Yardsticks;
use gyeol_forecast::{Forecaster, Intervals, Prepared, RungPredictor, Spec, Windows};
use gyeol_tensor::{Pool, Rng};

use crate::common;

const HOUR: i64 = 3_600_000;
/// 1970-01-05 00:00.
const START: i64 = 96 * HOUR;
const LEARNT: usize = 100 * 24;
const ROWS: usize = 140 * 24;

/// A day's shape with noise that grows by so much behind what was learnt.
fn load(grows: f64) -> Vec<f64> {
    let mut rng = Rng::new(5);
    let shape = |i: usize| 100.0 + 30.0 * (i as f64 * std::f64::consts::TAU / 24.0).sin();
    (0..ROWS).map(|i| shape(i) + rng.normal() * if i < LEARNT { 1.0 } else { grows }).collect()
}

fn table(load: &[f64]) -> Table {
    let times = (0..load.len()).map(|i| Some(START + i as i64 * HOUR)).collect();
    Table::from_columns(vec![
        ("time".into(), ColumnData::Time(times)),
        ("load".into(), ColumnData::Number(load.to_vec())),
    ])
    .unwrap()
}

/// Repeats yesterday, or the last value; its interval is that of the days before what it is watched on.
fn forecaster(predictor: RungPredictor) -> Forecaster {
    let clock = Clock { start: START, step: Step::Millis(HOUR), zone: None };
    let readings = common::readings(clock, load(1.0), vec![], vec![]);
    let split = Split {
        train: clock.at(0)..clock.at(LEARNT / 2),
        valid: clock.at(LEARNT / 2)..clock.at(LEARNT),
        test: clock.at(LEARNT)..clock.at(ROWS),
    };
    let spec = Spec::new(&readings, 24, 24, CalendarSpec::default(), &[], ScalerKind::Standard).unwrap();
    let data = Prepared::fit(&readings, &split, spec).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    let valid = predictor.predict(&data, &windows.valid, &Pool::new(1));
    let about = About {
        spec: data.spec.clone(),
        scalers: data.scalers.clone(),
        intervals: Intervals::fit(0.9, &[], &data, &windows.valid, &valid),
        yardsticks: Yardsticks::fit(&data, &split),
        scaled: Some(false),
        time: Some("time".into()),
        id: None,
        clean: vec![],
        unit: "MW".into(),
        left_out: vec![],
        refit: None,
        updated: false,
        learnt: Some((split.train.start, split.valid.end)),
        hierarchy: None,
        reconciliation: None,
    };
    Forecaster::new("rung".into(), about, predictor)
}

#[test]
fn alarms_ring_where_the_noise_grows_and_nowhere_else() {
    let pool = Pool::new(1);
    let model = forecaster(RungPredictor::SeasonalNaive { season: 24 });
    let of = |grows: f64, last: usize| {
        let test = model.newest(table(&load(grows)), None, last, &pool).unwrap();
        (test.clone(), model.watched(&test))
    };
    let (test, calm) = of(1.0, 28);
    assert_eq!(calm.forecasts.len(), 28);
    // One a day, from midnight, the newest last, and none before what was learnt ends.
    assert!(calm.forecasts.iter().all(|f| f.values == 24 && (f.origin - START) % (24 * HOUR) == 0));
    assert_eq!(calm.forecasts[27].origin, START + (ROWS as i64 - 24) * HOUR);
    assert!((calm.ratio.unwrap() - 1.0).abs() < 0.1, "{:?}", calm.ratio);
    assert!((calm.coverage.0 - 0.9).abs() < 0.05 && calm.coverage.1 == 0.9, "{:?}", calm.coverage);
    assert_eq!((calm.drift, calm.missed), (None, false));
    // Two readings with noise of 1 apart: the mean of |N(0, 2)| is 2/√π.
    assert!((calm.error - 2.0 / std::f64::consts::PI.sqrt()).abs() < 0.1, "{}", calm.error);
    let by_hand: f64 = (0..28 * 24)
        .map(|k| (test.forecasts[k] - load(1.0)[test.windows[k / 24].origin as usize + k % 24]).abs())
        .sum();
    assert!((calm.error - by_hand / (28.0 * 24.0)).abs() < 1e-12);
    let (_, wild) = of(4.0, 28);
    assert!(wild.drift.is_some() && wild.missed && wild.ratio.unwrap() > 3.0, "{wild:?}");
    // All forty days are behind what was learnt, and the first of them already rings: 4 - 1.5 gather twice.
    let (_, all) = of(4.0, 1000);
    assert_eq!(all.forecasts.len(), 40);
    assert!(all.drift.unwrap() <= START + (LEARNT as i64 + 72) * HOUR);
    // Ends where the learning did: nothing to watch.
    let short = model.newest(table(&load(1.0)[..LEARNT + 10]), None, 28, &pool).unwrap_err();
    assert_eq!(short.code(), "nothing-new");
}

#[test]
fn a_challenger_is_told_from_chance() {
    let pool = Pool::new(1);
    let watched = |m: &Forecaster| m.watched(&m.newest(table(&load(1.0)), None, 28, &pool).unwrap());
    let (good, bad) =
        (forecaster(RungPredictor::SeasonalNaive { season: 24 }), forecaster(RungPredictor::LastValue));
    let (of_good, of_bad) = (watched(&good), watched(&bad));
    let found = of_bad.against(&of_good, 0).unwrap();
    assert_eq!(found.forecasts, 28);
    assert!(found.lost() && (found.difference.value - (of_bad.error - of_good.error)).abs() < 1e-9);
    assert!(!of_good.against(&of_bad, 0).unwrap().lost());
    let tie = of_good.against(&of_good, 0).unwrap();
    assert!(!tie.lost() && tie.difference.value == 0.0);
}
