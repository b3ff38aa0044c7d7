//! Claims on which the ladder's honesty rests.

use gyeol_bundle::{Bundle, DataHash, Manifest};
use gyeol_data::{Clock, Readings, ScalerKind, Series, Split, Step};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::net::{Encoder, ForecastNetParams};
use gyeol_forecast::rung::{Quiet, RungParams, RungPredictor};
use gyeol_forecast::{Fitted, Part, Prepared, Spec, Start, Windows};
use gyeol_neural::net::Part as Gate;
use gyeol_neural::{Loss, Optimizer, Schedule, TrainParams};
use gyeol_tensor::{Pool, Rng};

use crate::common;

pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) fn readings(rows: usize) -> Readings {
    let mut rng = Rng::new(3);
    let wave = |i: usize| (i as f64 * std::f64::consts::TAU / 24.0).sin();
    let target: Vec<f64> = (0..rows).map(|i| 100.0 + 20.0 * wave(i) + rng.normal()).collect();
    let past: Vec<f64> = (0..rows).map(|i| 15.0 + 5.0 * wave(i + 3) + rng.normal()).collect();
    let clock = Clock { start: 400_000 * HOUR, step: Step::Millis(HOUR), zone: None };
    common::readings(clock, target, vec![past], vec![])
}

pub(crate) fn split(r: &Readings, cuts: [usize; 3]) -> Split {
    let at = |i: usize| r.series[0].clock.at(i);
    Split { train: at(0)..at(cuts[0]), valid: at(cuts[0])..at(cuts[1]), test: at(cuts[1])..at(cuts[2]) }
}

pub(crate) fn spec(r: &Readings) -> Spec {
    let calendar = CalendarSpec { enabled: true, dates: vec!["2015-08-25".into()], ..Default::default() };
    Spec::new(r, 48, 12, calendar, &[], ScalerKind::Standard).unwrap()
}

pub(crate) fn net(encoder: Encoder, segment: Option<usize>, dropout: f64) -> RungParams {
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
            series_embedding: 0,
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

pub(crate) fn rungs() -> Vec<RungParams> {
    vec![
        RungParams::LastValue,
        RungParams::SeasonalNaive { season: 24 },
        RungParams::Linear { ridge: vec![1e-3, 1e-1] },
        RungParams::Response { scenarios: None },
        net(Encoder::Mlp, None, 0.1),
        net(Encoder::Rnn, None, 0.1),
        net(Encoder::Gru, None, 0.0),
        net(Encoder::Lstm, None, 0.1),
        net(Encoder::Lstm, Some(6), 0.2),
        net(Encoder::SLstm, None, 0.1),
        net(Encoder::MinGru, Some(6), 0.1),
    ]
}

pub(crate) fn fit(
    r: &Readings,
    cuts: [usize; 3],
    rung: &RungParams,
    threads: usize,
) -> (Fitted, Prepared, Windows) {
    let split = split(r, cuts);
    let data = Prepared::fit(r, &split, spec(r)).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    let fitted = rung.fit(&data, &windows, &Pool::new(threads), &mut Quiet).unwrap();
    (fitted, data, windows)
}

pub(crate) fn garble(series: &mut Series, from: usize) {
    for column in series.target.iter_mut().chain(&mut series.past) {
        column[from..].iter_mut().for_each(|v| *v = *v * -7.0 + 1e5);
    }
}

/// Everything that was learnt, to the bit.
pub(crate) fn packed(predictor: &RungPredictor) -> (serde_json::Value, Bundle) {
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

#[test]
fn windows_that_touch_a_hole_are_left_out_and_every_rung_is_finite() {
    // Rows 0 to 2, 150 to 352 and the covariate's 420 are missing: a hole longer than look-back and horizon, at the beginning
    // and across the border of the parts.
    let mut r = readings(500);
    let s = &mut r.series[0];
    for row in (0..3).chain(150..353) {
        s.target[0][row] = f64::NAN;
        (s.observed[0][row], s.complete[row]) = (false, false);
    }
    s.past[0][420] = f64::NAN;
    let cuts = [300, 440, 500];
    let (_, data, windows) = fit(&r, cuts, &RungParams::LastValue, 1);
    let origins = |w: &[gyeol_forecast::Window]| w.iter().map(|w| w.origin).collect::<Vec<u32>>();
    // Whole look-back and horizon: 51 (48 rows after the hole at the beginning) to 138.
    assert_eq!(origins(&windows.train), (51..=138).collect::<Vec<u32>>());
    // After the hole 48 rows to look back, up to the covariate's hole in the look-back; targets ahead may pass it.
    assert_eq!(origins(&windows.valid), (401..=420).collect::<Vec<u32>>());
    assert_eq!(origins(&windows.test), (469..=488).collect::<Vec<u32>>());
    assert!(windows.holed.iter().all(|n| *n > 0), "{:?}", windows.holed);
    for rung in rungs() {
        let (fitted, ..) = fit(&r, cuts, &rung, 1);
        for part in [&windows.train, &windows.valid, &windows.test] {
            let values = fitted.predictor.predict(&data, part, &Pool::new(1));
            assert!(values.iter().all(|v| v.is_finite()), "{rung:?}");
        }
    }
    // A season that falls into the hole is looked for a season before.
    let naive = fit(&r, cuts, &RungParams::SeasonalNaive { season: 168 }, 1).0.predictor;
    let window = gyeol_forecast::Window { series: 0, channel: 0, origin: 401 };
    let got = naive.predict(&data, &[window], &Pool::new(1));
    assert_eq!(got[0], r.series[0].target[0][401 - 2 * 168]);
}

#[test]
fn distant_origins_show_every_phase_of_day_and_week_alike() {
    // Quarter-hours for a year; one origin in 24 rows, a divisor of the day's 96.
    let (day, week) = (96, 672);
    let seasons = gyeol_forecast::season::seasons(Step::Millis(HOUR / 4), &[]);
    for every in [24, 25, 96, 28] {
        let origins = (week..week * 52).map(|origin| gyeol_forecast::Window {
            series: 0,
            channel: 0,
            origin: origin as u32,
        });
        let mut windows = Windows { train: origins.collect(), ..Windows::default() };
        let all = windows.train.len();
        let mut again = windows.clone();
        windows.thin(Part::Train, every, &seasons, 1, None);
        again.thin(Part::Train, every, &seasons, 2, None);
        assert_ne!(windows.train, again.train, "the seed does nothing");
        assert!(windows.train.len().abs_diff(all / every) <= 2, "{every}: {}", windows.train.len());
        let mut phases = vec![0usize; day];
        windows.train.iter().for_each(|w| phases[w.origin as usize % day] += 1);
        let mean = windows.train.len() as f64 / day as f64;
        let spread = phases.iter().map(|&n| (n as f64 - mean).abs()).fold(0.0, f64::max);
        assert!(spread <= 0.2 * mean, "{every}: {phases:?}");
        // Each weekday about as often.
        let mut weekdays = [0usize; 7];
        windows.train.iter().for_each(|w| weekdays[w.origin as usize / day % 7] += 1);
        let (least, most) = (weekdays.iter().min().unwrap(), weekdays.iter().max().unwrap());
        assert!((most - least) * 20 <= *most, "{every}: {weekdays:?}");
    }
}

#[test]
fn a_linear_rung_is_no_worse_on_validation_than_the_naive_forecast_it_contains() {
    // The day before repeated to the digit, and too few windows for 200 inputs to find that out.
    let mut r = readings(500);
    for row in 24..500 {
        r.series[0].target[0][row] = r.series[0].target[0][row - 24];
    }
    let cuts = [80, 200, 500];
    let split = split(&r, cuts);
    let data = Prepared::fit(&r, &split, spec(&r)).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    let linear = RungParams::Linear { ridge: vec![1e-3, 1.0] };
    let fitted = linear.fit(&data, &windows, &Pool::new(1), &mut Quiet).unwrap();
    let worst = windows.test.iter().map(|w| {
        let got = fitted.predictor.predict(&data, &[*w], &Pool::new(1));
        let truth = &r.series[0].target[0][w.origin as usize..][..12];
        got.iter().zip(truth).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    });
    let worst = worst.fold(0.0, f64::max);
    assert!(worst < 1e-4, "{worst}");
    // And it comes back from its file, infinite penalty and all.
    let (value, bundle) = packed(&fitted.predictor);
    let again = RungPredictor::unpack(&value, &bundle).unwrap();
    assert_eq!(packed(&again), (value, bundle));
}

#[test]
fn one_reading_of_a_billion_does_not_decide_the_others() {
    let clean = readings(500);
    let mut spiked = clean.clone();
    spiked.series[0].target[0][200] = 1e9;
    let cuts = [300, 400, 500];
    let linear = RungParams::Linear { ridge: vec![1e-2] };
    let error = |r: &Readings| {
        let (fitted, data, windows) = fit(r, cuts, &linear, 1);
        let got = fitted.predictor.predict(&data, &windows.test, &Pool::new(1));
        let truth = windows.test.iter().flat_map(|w| &clean.series[0].target[0][w.origin as usize..][..12]);
        got.iter().zip(truth).map(|(a, b)| (a - b).abs()).sum::<f64>() / got.len() as f64
    };
    let (without, with) = (error(&clean), error(&spiked));
    assert!(with < 1.5 * without, "{without} {with}");
}

#[test]
fn intervals_know_the_hour_and_never_go_below_what_was_read() {
    // A sun that clouds dim by chance: nothing at night, most to be wrong about at noon.
    let rows = 24 * 400;
    let mut rng = Rng::new(8);
    let mut r = readings(rows);
    let mut cloud = 1.0;
    for row in 0..rows {
        if row % 24 == 0 {
            cloud = 0.2 + 0.8 * rng.uniform();
        }
        let sun = ((row % 24) as f64 - 12.0).abs();
        r.series[0].target[0][row] = if sun < 6.0 { (36.0 - sun * sun) * cloud } else { 0.0 };
    }
    let (valid, test) = (24 * 80, 24 * 240);
    let split = split(&r, [valid, test, rows]);
    let data = Prepared::fit(&r, &split, spec(&r)).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    let pool = Pool::new(2);
    let fitted = RungParams::Linear { ridge: vec![1e-2] }.fit(&data, &windows, &pool, &mut Quiet).unwrap();
    let forecasts = fitted.predictor.predict(&data, &windows.valid, &pool);
    let intervals = gyeol_forecast::Intervals::fit(0.9, &[], &data, &windows.valid, &forecasts);
    assert_eq!((intervals.hours.len(), intervals.floor[0]), (1, Some(0.0)));
    let mut hours = vec![(0usize, 0usize, 0.0f64); 24];
    let forecasts = fitted.predictor.predict(&data, &windows.test, &pool);
    for (w, values) in windows.test.iter().zip(forecasts.chunks_exact(12)) {
        for (j, &value) in values.iter().enumerate() {
            let row = w.origin as usize + j;
            let (low, high) = intervals.around(&data, w, j, value);
            let y = r.series[0].target[0][row];
            assert!(low >= 0.0 && low <= high, "{low} {high}");
            let hour = &mut hours[row % 24];
            *hour = (hour.0 + usize::from((low..=high).contains(&y)), hour.1 + 1, hour.2 + high - low);
        }
    }
    for (hour, (inside, all, width)) in hours.iter().enumerate() {
        let (share, width) = (*inside as f64 / *all as f64, width / *all as f64);
        if (8..=16).contains(&hour) {
            assert!((share - 0.9).abs() < 0.06, "{hour}: {share}");
        } else if !(5..=19).contains(&hour) {
            assert!(width < 3.0 && share > 0.8, "{hour}: {share} of {width}");
        }
    }
    assert!(hours[12].2 > 5.0 * hours[2].2, "{hours:?}");
}

#[test]
fn nets_are_no_worse_on_validation_than_what_they_start_from() {
    let r = readings(500);
    let cuts = [300, 400, 500];
    // A net that learns nonsense, at a rate a thousand times too large.
    let RungParams::Net { net, mut train, .. } = net(Encoder::Gru, None, 0.0) else { unreachable!() };
    train.optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false };
    train.learning_rate = 30.0;
    let (fitted, data, windows) = fit(&r, cuts, &RungParams::Net { net, train, members: 1 }, 1);
    let pool = Pool::new(1);
    let error = |predictor: &RungPredictor| {
        let got = predictor.predict(&data, &windows.valid, &pool);
        let truth = windows.valid.iter().flat_map(|w| &r.series[0].target[0][w.origin as usize..][..12]);
        got.iter().zip(truth).map(|(a, b)| (a - b).abs()).sum::<f64>()
    };
    let RungPredictor::Net { base: Some(base), trust, .. } = &fitted.predictor else { unreachable!() };
    assert!(trust.range().0 < 1.0, "{trust:?}");
    let start = match base.clone() {
        Start::Linear(m) => RungPredictor::Linear(m),
        Start::Response(m) => RungPredictor::Response(m),
    };
    assert!(error(&fitted.predictor) <= error(&start) + 1e-6);
    let (value, bundle) = packed(&fitted.predictor);
    let again = RungPredictor::unpack(&value, &bundle).unwrap();
    assert_eq!(error(&again), error(&fitted.predictor));
}

/// What is shown of a net is what it forecasts with: the last hidden state through the plain head is the forecast.
#[test]
fn the_states_that_are_shown_are_those_of_the_forecast() {
    let r = readings(400);
    let params = |encoder, segment| match net(encoder, segment, 0.1) {
        RungParams::Net { net, train, .. } => {
            let net = ForecastNetParams { head: 0, layers: 2, centred: false, base: false, ..net };
            RungParams::Net { net, train, members: 1 }
        }
        other => other,
    };
    for encoder in [Encoder::Rnn, Encoder::Gru, Encoder::Lstm, Encoder::SLstm, Encoder::MinGru] {
        let (fitted, data, windows) = fit(&r, [250, 320, 400], &params(encoder, None), 1);
        let RungPredictor::Net { net, members, .. } = &fitted.predictor else { panic!("a net") };
        let window = windows.test[3];
        let (rows, layers) = net.inside(&members[0], &data, window).unwrap();
        assert_eq!((rows, layers.len(), layers[1].steps(), layers[1].units), (1, 2, 48, 11));
        let hidden = layers[1].part(Gate::Hidden).unwrap();
        let said = net.predict(&members[0], &data, &[window], &[], &Pool::new(1));
        let layout = net.layout();
        let slot = |name: &str| {
            let slot = layout.slots().iter().find(|slot| layout.name_at(slot.range().start) == name);
            slot.unwrap().of(members[0].params()).to_vec()
        };
        let (w, b) = (slot("head.w"), slot("head.b"));
        for (j, said) in said.iter().enumerate() {
            let sum: f32 = (0..11).map(|u| hidden[47 * 11 + u] * w[u * 12 + j]).sum();
            assert!((sum + b[j] - said).abs() < 1e-5, "{encoder:?} {j}: {} {said}", sum + b[j]);
        }
    }
    // Of segments a step each; a dense net has nothing to show.
    let (fitted, data, windows) = fit(&r, [250, 320, 400], &params(Encoder::Lstm, Some(6)), 1);
    let RungPredictor::Net { net, members, .. } = &fitted.predictor else { panic!("a net") };
    let (rows, layers) = net.inside(&members[0], &data, windows.test[0]).unwrap();
    assert_eq!((rows, layers.len(), layers[0].steps()), (6, 1, 8));
    let (fitted, data, windows) = fit(&r, [250, 320, 400], &params(Encoder::Mlp, None), 1);
    let RungPredictor::Net { net, members, .. } = &fitted.predictor else { panic!("a net") };
    assert!(net.inside(&members[0], &data, windows.test[0]).is_none());
}
