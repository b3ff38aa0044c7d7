//! The response rung against a process whose response is known, and fits on the way through a part.

use gyeol_data::{Clock, Readings, ScalerKind, Split, Step};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::rung::{Quiet, RungParams, RungPredictor};
use gyeol_forecast::{Every, Fitted, Mixture, Prepared, Refit, Refits, Spec, Windows, stepped};
use gyeol_tensor::{Pool, Rng};

use crate::common;

const HOUR: i64 = 3_600_000;

/// Load that answers to hour and temperature (a hinge at 18 degrees), with a slow residual; the temperature is known ahead where
/// asked.
fn readings(rows: usize, known: bool) -> Readings {
    let mut rng = Rng::new(7);
    let (mut slow, mut weather) = (0.0, 0.0);
    let (mut target, mut temperature) = (Vec::new(), Vec::new());
    for i in 0..rows {
        let turn = i as f64 * std::f64::consts::TAU / 24.0;
        weather = 0.97 * weather + 0.8 * rng.normal();
        slow = 0.995 * slow + 0.05 * rng.normal();
        let degrees = 18.0 + 6.0 * turn.sin() + weather;
        let night = if i % 24 < 6 { 0.5 } else { 1.0 };
        target.push(
            100.0 + 20.0 * turn.cos() + night * 4.0 * (degrees - 18.0).max(0.0) + slow + 0.3 * rng.normal(),
        );
        temperature.push(degrees);
    }
    let (past, ahead) = if known { (vec![], vec![temperature]) } else { (vec![temperature], vec![]) };
    let clock = Clock { start: 400_008 * HOUR, step: Step::Millis(HOUR), zone: None };
    common::readings(clock, target, past, ahead)
}

fn prepared(r: &Readings, cuts: [usize; 3], horizon: usize) -> (Prepared, Windows, i64) {
    let at = |i: usize| r.series[0].clock.at(i);
    let split =
        Split { train: at(0)..at(cuts[0]), valid: at(cuts[0])..at(cuts[1]), test: at(cuts[1])..at(cuts[2]) };
    let calendar = CalendarSpec { enabled: true, ..CalendarSpec::default() };
    let spec = Spec::new(r, 168, horizon, calendar, &[], ScalerKind::Standard).unwrap();
    let data = Prepared::fit(r, &split, spec).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    (data, windows, split.train.start)
}

fn fitted(data: &Prepared, windows: &Windows) -> Fitted {
    RungParams::Response { scenarios: None }.fit(data, windows, &Pool::new(1), &mut Quiet).unwrap()
}

fn error(r: &Readings, windows: &[gyeol_forecast::Window], forecasts: &[f64], horizon: usize) -> f64 {
    let truth = windows.iter().flat_map(|w| &r.series[0].target[0][w.origin as usize..][..horizon]);
    forecasts.iter().zip(truth).map(|(a, b)| (a - b).abs()).sum::<f64>() / forecasts.len() as f64
}

#[test]
fn the_response_finds_what_the_reading_answers_to() {
    let r = readings(4000, true);
    // Two weeks ahead, longer than what is looked back on.
    let (data, windows, _) = prepared(&r, [2800, 3400, 4000], 336);
    let pool = Pool::new(2);
    let rung = fitted(&data, &windows);
    let forecasts = rung.predictor.predict(&data, &windows.test, &pool);
    // The noise alone errs by 0.3 · 0.8 = 0.24, the slow residual by up to 0.4 more; the temperature moves the load by 20.
    let found = error(&r, &windows.test, &forecasts, 336);
    assert!(found < 0.9, "{found}");
    let linear =
        RungParams::Linear { ridge: vec![1e-2, 1.0] }.fit(&data, &windows, &pool, &mut Quiet).unwrap();
    let other = error(&r, &windows.test, &linear.predictor.predict(&data, &windows.test, &pool), 336);
    assert!(found < 0.3 * other, "{found} {other}");
}

#[test]
fn a_temperature_that_is_not_known_ahead_is_forecast_and_never_seen() {
    let r = readings(5000, false);
    let (data, windows, _) = prepared(&r, [3400, 4200, 5000], 24);
    let rung = fitted(&data, &windows);
    let naive =
        RungParams::SeasonalNaive { season: 24 }.fit(&data, &windows, &Pool::new(1), &mut Quiet).unwrap();
    let of =
        |p: &RungPredictor| error(&r, &windows.test, &p.predict(&data, &windows.test, &Pool::new(1)), 24);
    assert!(
        of(&rung.predictor) < 0.8 * of(&naive.predictor),
        "{} {}",
        of(&rung.predictor),
        of(&naive.predictor)
    );
}

#[test]
fn fits_on_the_way_see_only_what_was_read_by_then() {
    let r = readings(3000, true);
    let (data, windows, from) = prepared(&r, [2000, 2400, 3000], 24);
    let rung = fitted(&data, &windows);
    let test = stepped(windows.test.clone(), 24, Some(20));
    assert_eq!((test.len(), test[19].origin, test[19].origin - test[0].origin), (20, 2976, 19 * 24));
    let pool = Pool::new(2);
    let refit = Refit { every: Every::Week, window: None };
    let run = |data: &Prepared, pool: &Pool| {
        refit
            .predict(&rung.predictor, data, &test, from, &mut Refits::default(), pool, &mut |_, _| true)
            .unwrap()
    };
    let want = run(&data, &pool);
    assert_eq!(want, run(&data, &Pool::new(1)));
    assert_ne!(want, rung.predictor.predict(&data, &test, &pool));
    // Readings from the twelfth origin on are others: the forecasts up to it stay to the bit.
    let mut garbled = r.clone();
    garbled.series[0].target[0][test[12].origin as usize..].iter_mut().for_each(|v| *v = 3.0 * *v + 50.0);
    let other = Prepared::apply(&garbled, data.spec.clone(), data.scalers.clone()).unwrap();
    let got = run(&other, &pool);
    assert_eq!(want[..13 * 24], got[..13 * 24]);
    assert_ne!(want[13 * 24..], got[13 * 24..]);
    let stopped =
        refit.predict(&rung.predictor, &data, &test, from, &mut Refits::default(), &pool, &mut |done, _| {
            done < 7
        });
    assert_eq!(stopped.unwrap_err().code(), "stopped");
}

#[test]
fn a_mixture_is_no_worse_on_validation_than_its_members() {
    let r = readings(3000, true);
    let (data, windows, _) = prepared(&r, [2200, 2600, 3000], 24);
    let pool = Pool::new(1);
    let rung = |params: RungParams| params.fit(&data, &windows, &pool, &mut Quiet).unwrap().predictor;
    let (a, b) =
        (rung(RungParams::Response { scenarios: None }), rung(RungParams::SeasonalNaive { season: 24 }));
    let on = |p: &RungPredictor| p.predict(&data, &windows.valid, &pool);
    let (said_a, said_b) = (on(&a), on(&b));
    let members =
        vec![("response".to_owned(), a, &said_a[..]), ("seasonal-naive".to_owned(), b, &said_b[..])];
    let mixture = RungPredictor::Mixture(Mixture::of(members, &data, &windows.valid));
    let of = |said: &[f64]| error(&r, &windows.valid, said, 24);
    assert!(of(&on(&mixture)) <= of(&said_a).min(of(&said_b)) + 1e-9);
    let mut bundle =
        gyeol_bundle::Bundle::new(gyeol_bundle::Manifest::new("forecast", "", Default::default()));
    let value = mixture.pack(&mut bundle).unwrap();
    let again = RungPredictor::unpack(&value, &bundle).unwrap();
    assert_eq!(on(&again), on(&mixture));
    assert!(again.fits(&data));
}
