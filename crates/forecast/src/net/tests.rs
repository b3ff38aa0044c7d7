//! Gradients of whole nets against central differences in f64.

use gyeol_data::{Clock, Readings, ScalerKind, Series, Split, Step};
use gyeol_neural::Loss;
use gyeol_tensor::Rng;

use super::*;
use crate::calendar::CalendarSpec;
use crate::prepare::Spec;
use crate::windows::Windows;

fn data(channels: usize) -> (Prepared, Windows) {
    let mut rng = Rng::new(3);
    let rows = 24 * 6;
    let column =
        |rng: &mut Rng| (0..rows).map(|i| (i as f64 / 4.0).sin() * 3.0 + rng.normal()).collect::<Vec<f64>>();
    let target: Vec<Vec<f64>> = (0..channels).map(|_| column(&mut rng)).collect();
    let series = Series {
        id: None,
        clock: Clock {
            start: 1_300_000_000_000 / 3_600_000 * 3_600_000,
            step: Step::Millis(3_600_000),
            zone: None,
        },
        rows,
        history: rows,
        observed: vec![vec![true; rows]; channels],
        complete: vec![true; rows],
        published: vec![],
        target,
        past: vec![column(&mut rng)],
        known: vec![column(&mut rng)],
    };
    let readings = Readings {
        step: Step::Millis(3_600_000),
        zone: None,
        targets: (0..channels).map(|c| format!("y{c}")).collect(),
        past: vec!["t".into()],
        known: vec!["k".into()],
        series: vec![series],
    };
    let clock = readings.series[0].clock;
    let split = Split {
        train: clock.at(0)..clock.at(72),
        valid: clock.at(72)..clock.at(108),
        test: clock.at(108)..clock.at(144),
    };
    let calendar = CalendarSpec { enabled: true, dates: vec!["2011-03-15".into()], ..Default::default() };
    let spec = Spec::new(&readings, 24, 6, calendar, &[], ScalerKind::Standard).unwrap();
    let prepared = Prepared::fit(&readings, &split, spec).unwrap();
    let windows = Windows::of(&prepared, &split).unwrap();
    (prepared, windows)
}

fn check<N: WindowNet<f64>>(net: &N, data: &Prepared, windows: &[Window], what: &str) {
    let mut base = vec![0f32; windows.len() * 6];
    Rng::new(8).fill_uniform(&mut base, 1.0);
    let learner = WindowLearner { net, data, windows, base: &base };
    let mut rng = Rng::new(11);
    let mut params: Vec<f64> = net.layout().initial(&mut rng);
    let mut noise = vec![0.0; params.len()];
    rng.fill_uniform(&mut noise, 0.2);
    params.iter_mut().zip(&noise).for_each(|(p, n)| *p += n);
    let samples = [0u32, 5, 11];
    // The same masks in every pass, so that dropout is part of what is differentiated.
    let gradient = |params: &[f64]| gyeol_neural::gradient(&learner, params, &samples, Some((3, 4)));
    let (_, got) = gradient(&params);
    for i in (0..params.len()).step_by(1 + params.len() / 400) {
        let e = 1e-5;
        let mut moved = params.clone();
        moved[i] += e;
        let up = gradient(&moved).0;
        moved[i] -= 2.0 * e;
        let want = (up - gradient(&moved).0) / (2.0 * e);
        let off = (got[i] - want).abs() / want.abs().max(1e-2);
        assert!(off < 1e-6, "{what}: {} [{i}]: {} {want}", net.layout().name_at(i), got[i]);
    }
}

#[test]
fn gradients_of_every_net_agree_with_differences() {
    for channels in [1, 2] {
        let (data, windows) = data(channels);
        let shape = NetShape::of(&data);
        use Encoder::{Gru, Lstm, MinGru, Mlp, Rnn, SLstm};
        for encoder in [Mlp, Rnn, Gru, Lstm, SLstm, MinGru] {
            for head in [0, 7] {
                for segment in [None, Some(3)] {
                    if segment.is_some() && encoder == Encoder::Mlp {
                        continue;
                    }
                    let params = ForecastNetParams {
                        encoder,
                        hidden: 5,
                        layers: if encoder == Encoder::Gru { 2 } else { 1 },
                        head,
                        dropout: 0.3,
                        centred: head > 0,
                        calendar: head > 0,
                        season_values: head > 0,
                        row_calendar: head > 0,
                        base: encoder != Encoder::Rnn,
                        segment,
                        loss: Loss::Mse,
                        series_embedding: 0,
                    };
                    let what = format!("{encoder:?} head {head} segment {segment:?} channels {channels}");
                    match ForecastNet::new(&params, &shape).unwrap() {
                        ForecastNet::Sequence(n) => check(&n, &data, &windows.train, &what),
                        ForecastNet::Segment(n) => check(&n, &data, &windows.train, &what),
                    }
                }
            }
        }
    }
}

fn plain(encoder: Encoder) -> ForecastNetParams {
    ForecastNetParams {
        encoder,
        hidden: 5,
        layers: 1,
        head: 0,
        dropout: 0.0,
        centred: true,
        calendar: false,
        season_values: false,
        row_calendar: false,
        base: false,
        segment: None,
        loss: Loss::Mse,
        series_embedding: 0,
    }
}

#[test]
fn gradients_of_series_embeddings_agree_with_differences() {
    let (mut data, windows) = data(2);
    // Three series of one table.
    let mut meters = vec![data.series[0].clone(); 3];
    for (at, s) in meters.iter_mut().enumerate() {
        (s.place, s.id) = (Some(at), Some(format!("meter {at}")));
    }
    data.series = meters.into();
    data.scalers.series = vec![data.scalers.series[0].clone(); 3];
    let of = |i: usize, w: &Window| Window { series: (i / 2 % 3) as u32, ..*w };
    let all: Vec<Window> = windows.train.iter().enumerate().map(|(i, w)| of(i, w)).collect();
    for encoder in [Encoder::Mlp, Encoder::Gru] {
        let params =
            ForecastNetParams { head: 7, base: true, series_embedding: 3, dropout: 0.3, ..plain(encoder) };
        let shape = NetShape::of(&data);
        let ForecastNet::Sequence(net) = ForecastNet::new(&params, &shape).unwrap() else { unreachable!() };
        check(&net, &data, &all, &format!("{encoder:?} with an embedding"));
        // A series that was never fitted is the mean of those that were.
        let mut weights: Vec<f32> = net.layout.initial(&mut Rng::new(2));
        let slot = net.layout.slots().iter().find(|slot| slot.name == "series").unwrap().clone();
        slot.of_mut(&mut weights).copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        let forecast = |data: &Prepared, weights: &[f32]| {
            let net = ForecastNet::Sequence(net.clone());
            let base = vec![0.0; 2 * 6];
            net.predict(&net.member(weights.to_vec()), data, &all[..2], &base, &gyeol_tensor::Pool::new(1))
        };
        let mut fresh = data.clone();
        std::sync::Arc::make_mut(&mut fresh.series)[0].place = None;
        let mut mean = weights.clone();
        slot.of_mut(&mut mean)[..3].copy_from_slice(&[4.0, 5.0, 6.0]);
        assert_eq!(forecast(&fresh, &weights), forecast(&data, &mean));
        assert_ne!(forecast(&data, &weights), forecast(&data, &mean));
    }
    let refused = |head, segment| {
        let params = ForecastNetParams { head, segment, series_embedding: 3, ..plain(Encoder::Gru) };
        ForecastNet::new(&params, &NetShape::of(&data)).unwrap_err().code().to_owned()
    };
    assert_eq!((refused(0, None), refused(7, Some(3))), ("parameter".into(), "parameter".into()));
}

#[test]
fn more_threads_than_parts_change_nothing() {
    let (data, windows) = data(2);
    let net = ForecastNet::new(&plain(Encoder::Mlp), &NetShape::of(&data)).unwrap();
    let weights = net.member(net.layout().initial(&mut Rng::new(2)));
    // Three parts of 16 windows or fewer, which any of seven threads may take.
    let few = &windows.train[..33];
    let want = net.predict(&weights, &data, few, &[], &gyeol_tensor::Pool::new(1));
    let pool = gyeol_tensor::Pool::new(7);
    for _ in 0..500 {
        assert_eq!(want, net.predict(&weights, &data, few, &[], &pool));
    }
}

#[test]
#[should_panic(expected = "of another net")]
fn weights_that_another_net_packed_are_not_passed_over() {
    let shape = NetShape::of(&data(1).0);
    let [mlp, lstm] = [Encoder::Mlp, Encoder::Lstm].map(|e| SequenceNet::new(&plain(e), &shape));
    let mut packed: sequence::SequencePacked<f64> = mlp.packed();
    lstm.pack(&lstm.layout.initial(&mut Rng::new(2)), &mut packed);
}
