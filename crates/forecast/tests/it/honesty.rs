//! Claims on which the ladder's honesty rests.

use gyeol_bundle::{Bundle, DataHash, Manifest};
use gyeol_data::{Clock, Readings, ScalerKind, Series, Split, Step};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::net::{Encoder, ForecastNetParams};
use gyeol_forecast::rung::{Quiet, RungParams, RungPredictor};
use gyeol_forecast::{Fitted, Prepared, Spec, Windows};
use gyeol_neural::{Loss, Optimizer, Schedule, TrainParams};
use gyeol_tensor::{Pool, Rng};

const HOUR: i64 = 3_600_000;

fn readings(rows: usize) -> Readings {
    let mut rng = Rng::new(3);
    let wave = |i: usize| (i as f64 * std::f64::consts::TAU / 24.0).sin();
    let target: Vec<f64> = (0..rows).map(|i| 100.0 + 20.0 * wave(i) + rng.normal()).collect();
    let past: Vec<f64> = (0..rows).map(|i| 15.0 + 5.0 * wave(i + 3) + rng.normal()).collect();
    Readings {
        step: Step::Millis(HOUR),
        zone: None,
        targets: vec!["load".into()],
        past: vec!["temperature".into()],
        known: vec![],
        series: vec![Series {
            id: None,
            clock: Clock { start: 400_000 * HOUR, step: Step::Millis(HOUR), zone: None },
            rows,
            history: rows,
            observed: vec![vec![true; rows]],
            complete: vec![true; rows],
            target: vec![target],
            past: vec![past],
            known: vec![],
        }],
    }
}

fn split(r: &Readings, cuts: [usize; 3]) -> Split {
    let at = |i: usize| r.series[0].clock.at(i);
    Split { train: at(0)..at(cuts[0]), valid: at(cuts[0])..at(cuts[1]), test: at(cuts[1])..at(cuts[2]) }
}

fn spec(r: &Readings) -> Spec {
    let calendar = CalendarSpec { enabled: true, country: None, dates: vec!["2015-08-25".into()] };
    Spec::new(r, 48, 12, calendar, &[], ScalerKind::Standard).unwrap()
}

fn net(encoder: Encoder, segment: Option<usize>, dropout: f64) -> RungParams {
    RungParams::Net {
        net: ForecastNetParams {
            encoder,
            hidden: 11,
            layers: 1,
            head: 9,
            dropout,
            centred: true,
            calendar: true,
            season_values: true,
            row_calendar: false,
            base: encoder == Encoder::Gru || segment.is_some(),
            segment,
            loss: Loss::Mae,
        },
        train: TrainParams {
            schedule: Schedule::OneCycle,
            clip: Some(1.0),
            average: Some(0.9),
            seed: 1,
            ..TrainParams::new(2, 50, Optimizer::adam(), 0.01)
        },
        members: 2,
    }
}

fn rungs() -> Vec<RungParams> {
    vec![
        RungParams::LastValue,
        RungParams::SeasonalNaive { season: 24 },
        RungParams::Linear { ridge: vec![1e-3, 1e-1] },
        net(Encoder::Mlp, None, 0.1),
        net(Encoder::Rnn, None, 0.1),
        net(Encoder::Gru, None, 0.0),
        net(Encoder::Lstm, None, 0.1),
        net(Encoder::Lstm, Some(6), 0.2),
    ]
}

fn fit(r: &Readings, cuts: [usize; 3], rung: &RungParams, threads: usize) -> (Fitted, Prepared, Windows) {
    let split = split(r, cuts);
    let data = Prepared::fit(r, &split, spec(r)).unwrap();
    let windows = Windows::of(&data, &split, 1).unwrap();
    let fitted = rung.fit(&data, &windows, &Pool::new(threads), &mut Quiet).unwrap();
    (fitted, data, windows)
}

fn garble(series: &mut Series, from: usize) {
    for column in series.target.iter_mut().chain(&mut series.past) {
        column[from..].iter_mut().for_each(|v| *v = *v * -7.0 + 1e5);
    }
}

/// Everything that was learnt, to the bit.
fn packed(predictor: &RungPredictor) -> (serde_json::Value, Bundle) {
    let mut bundle = Bundle::new(Manifest::new("forecast", "", DataHash::default()));
    (predictor.pack(&mut bundle).unwrap(), bundle)
}

#[test]
fn nothing_after_the_origin_reaches_a_forecast() {
    let cuts = [300, 400, 500];
    let clean = readings(500);
    for rung in rungs() {
        let (fitted, data, windows) = fit(&clean, cuts, &rung, 1);
        let window = windows.test[20];
        let origin = window.origin as usize;
        let mut garbled = clean.clone();
        garble(&mut garbled.series[0], origin);
        let other = Prepared::apply(&garbled, data.spec.clone(), data.scalers.clone()).unwrap();
        let pool = Pool::new(1);
        let want = fitted.predictor.predict(&data, &[window], &pool);
        let got = fitted.predictor.predict(&other, &[window], &pool);
        assert_eq!(want, got, "{rung:?}");
    }
}

#[test]
fn nothing_of_the_test_part_reaches_a_fit() {
    let cuts = [300, 400, 500];
    let clean = readings(500);
    let mut garbled = clean.clone();
    garble(&mut garbled.series[0], 400);
    for rung in rungs() {
        let (a, ..) = fit(&clean, cuts, &rung, 1);
        let (b, ..) = fit(&garbled, cuts, &rung, 1);
        assert_eq!(packed(&a.predictor), packed(&b.predictor), "{rung:?}");
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let cuts = [300, 400, 500];
    let r = readings(500);
    for rung in rungs() {
        let (one, data, windows) = fit(&r, cuts, &rung, 1);
        let want = one.predictor.predict(&data, &windows.test, &Pool::new(1));
        for threads in [2, 3, 7] {
            let (other, ..) = fit(&r, cuts, &rung, threads);
            assert_eq!(packed(&one.predictor), packed(&other.predictor), "{rung:?} on {threads} threads");
            assert_eq!(want, other.predictor.predict(&data, &windows.test, &Pool::new(threads)));
        }
    }
}

#[test]
fn no_forecast_begins_within_a_hole_that_cleaning_filled() {
    // Rows 420 to 422 were filled along the line to row 423: at origins 421, 422 and 423 that reading is the future.
    let mut r = readings(500);
    r.series[0].complete[420..423].fill(false);
    let (_, _, windows) = fit(&r, [300, 400, 500], &RungParams::LastValue, 1);
    let origins: Vec<u32> = windows.test.iter().map(|w| w.origin).collect();
    assert!(!origins.iter().any(|o| (421..=423).contains(o)), "{origins:?}");
    assert_eq!((origins.len(), windows.skipped), (86, 3));
}

#[test]
fn windows_are_those_of_the_protocol() {
    // n - look_back - horizon + 1 training windows; valid and test windows look back into the part before.
    let r = readings(500);
    let (_, _, windows) = fit(&r, [300, 400, 500], &RungParams::LastValue, 1);
    assert_eq!((windows.train.len(), windows.valid.len(), windows.test.len()), (241, 89, 89));
    assert_eq!((windows.valid[0].origin, windows.test[0].origin), (300, 400));
}
