//! The adjustment against numpy and against algebra by hand, and what must hold of every way.

use gyeol_data::hierarchy::{Hierarchy, Node};
use gyeol_data::{Clock, Readings, ScalerKind, Series, Split, Step};
use gyeol_tensor::Rng;
use serde_json::Value;

use super::*;
use crate::calendar::CalendarSpec;
use crate::prepare::Spec;
use crate::windows::Windows;

/// Made by `python bench/load/reconcile.py`.
const NUMPY: &str = include_str!("numpy.json");

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Five series on two groups under one total.
fn five() -> Hierarchy {
    let node = |id: &str, level, children: &[u32]| Node { id: id.into(), level, children: children.to_vec() };
    Hierarchy {
        levels: ["meter", "feeder", "total"].map(String::from).to_vec(),
        bottom: (0..5).map(|i| format!("m{i}")).collect(),
        nodes: vec![node("a", 1, &[0, 1]), node("b", 1, &[2, 3, 4]), node("total", 2, &[0, 1, 2, 3, 4])],
        total_id: None,
    }
}

#[test]
fn adjusted_forecasts_and_shrunk_covariances_are_those_of_numpy() {
    let (h, said): (Hierarchy, Value) = (five(), serde_json::from_str(NUMPY).unwrap());
    let horizon = said["horizon"].as_u64().unwrap() as usize;
    let mut moments = Moments::new(h.len(), true);
    for origin in said["errors"].as_array().unwrap() {
        moments.add(&SeriesErrors { values: &numbers(origin), horizon });
    }
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-10 * b.abs().max(1.0);
    let (w, shrinkage) = moments.shrunk();
    let wanted: Vec<f64> = said["covariances"].as_array().unwrap().iter().flat_map(numbers).collect();
    assert!(close(shrinkage, said["shrinkage"].as_f64().unwrap()), "{shrinkage}");
    assert!((0.05..0.95).contains(&shrinkage), "a case that tests the shrinkage: {shrinkage}");
    assert!(w.iter().zip(&wanted).all(|(a, b)| close(*a, *b)), "{w:?}");
    for way in [Way::Ols, Way::Wls, Way::Mint] {
        let (adjust, _) = adjustment(&h, way, &moments, &[]);
        let mut y = numbers(&said["base"]);
        adjusted(&h, way, &adjust, &mut y, 1);
        let wanted = numbers(&said[way.name()]);
        assert!(y.iter().zip(&wanted).all(|(a, b)| close(*a, *b)), "{way}: {y:?} {wanted:?}");
        // Moments of two halves together are those of the whole.
        let mut halves = [Moments::new(h.len(), true), Moments::new(h.len(), true)];
        for (i, origin) in said["errors"].as_array().unwrap().iter().enumerate() {
            halves[i / 6].add(&SeriesErrors { values: &numbers(origin), horizon });
        }
        let [first, second] = halves;
        let again = adjustment(&h, way, &first.merged(&second), &[]).0;
        assert!(again.iter().zip(&adjust).all(|(a, b)| close(*a, *b)));
    }
}

#[test]
fn two_series_under_a_total_by_hand() {
    // ŷ = (10, 20, 36): 6 are left. Least squares gives a third of them to each, the total's with the sign turned: 12, 22, 34.
    let mut h = five();
    h.bottom.truncate(2);
    h.nodes = vec![Node { id: "total".into(), level: 2, children: vec![0, 1] }];
    let of = |way, moments: &Moments, read: &[f64]| {
        let mut y = vec![10.0, 20.0, 36.0];
        adjusted(&h, way, &adjustment(&h, way, moments, read).0, &mut y, 1);
        y
    };
    let none = Moments::new(3, true);
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(near(&of(Way::Ols, &none, &[]), &[12.0, 22.0, 34.0]));
    assert_eq!(of(Way::BottomUp, &none, &[]), [10.0, 20.0, 30.0]);
    assert_eq!(of(Way::TopDown, &none, &[3.0, 9.0]), [9.0, 27.0, 36.0]);
    // Variances 1, 2 and 3: a sixth, a third and a half of what is left.
    let mut moments = Moments::new(3, true);
    moments.add(&SeriesErrors { values: &[1.0, 2f64.sqrt(), 3f64.sqrt()], horizon: 1 });
    assert!(near(&of(Way::Wls, &moments, &[]), &[11.0, 22.0, 33.0]));
}

/// Series with a daily pattern and noise, those under one node sharing some of it, on 60 days of hours; the sums added.
fn readings(h: &Hierarchy) -> Readings {
    let rows = 24 * 60;
    let mut rng = Rng::new(5);
    let shared: Vec<Vec<f64>> = (0..2).map(|_| (0..rows).map(|_| rng.normal()).collect()).collect();
    let clock = Clock { start: 1_704_067_200_000, step: Step::Millis(3_600_000), zone: None };
    let series = (0..h.bottom.len()).map(|i| {
        let day = |row: usize| ((row + 3 * i) as f64 / 24.0 * std::f64::consts::TAU).sin();
        let size = 10.0 * (i + 1) as f64;
        let own = |row: usize, noise: f64| size * (3.0 + day(row)) + 2.0 * (shared[i / 2 % 2][row] + noise);
        Series {
            published: vec![],
            id: Some(h.bottom[i].clone()),
            clock,
            rows,
            history: rows,
            target: vec![(0..rows).map(|row| own(row, rng.normal())).collect()],
            observed: vec![vec![true; rows]],
            complete: vec![true; rows],
            past: vec![],
            known: vec![],
        }
    });
    let mut readings = Readings {
        step: clock.step,
        zone: None,
        targets: vec!["load".into()],
        past: vec![],
        known: vec![],
        series: series.collect(),
    };
    h.add_up(&mut readings).unwrap();
    readings
}

fn prepared(h: &Hierarchy) -> (Prepared, Windows) {
    let readings = readings(h);
    let clock = readings.series[0].clock;
    let at = |day: usize| clock.at(24 * day);
    let split = Split { train: at(0)..at(20), valid: at(20)..at(45), test: at(45)..at(60) };
    let spec = Spec::new(&readings, 24, 6, CalendarSpec::default(), &[], ScalerKind::Standard).unwrap();
    let data = Prepared::fit(&readings, &split, spec).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    (data, windows)
}

/// Forecasts with errors of their own: the truth and noise, larger for the total.
fn noisy(data: &Prepared, windows: &[Window], seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let of = |w: &Window| truth(data, w, data.spec.horizon).to_vec();
    windows
        .iter()
        .flat_map(|w| of(w).into_iter().map(|y| y + 4.0 * rng.normal()).collect::<Vec<f64>>())
        .collect()
}

#[test]
fn every_way_adds_up_and_the_chosen_one_errs_least_on_validation() {
    let h = five();
    let (data, windows) = prepared(&h);
    let base = noisy(&data, &windows.valid, 1);
    let test = noisy(&data, &windows.test, 2);
    let horizon = data.spec.horizon;
    for asked in [None].into_iter().chain(WAYS.map(Some)) {
        let (fitted, valid) = Reconciliation::fit(&h, asked, &data, &windows.valid, &base).unwrap();
        let mut out = test.clone();
        fitted.apply(&h, &data, &windows.test, &mut out);
        for (windows, out) in [(&windows.valid, &valid), (&windows.test, &out)] {
            let (found, _) = origins(&h, &data, windows);
            assert_eq!(found.len() * h.len(), windows.len());
            for origin in found {
                for (k, node) in h.nodes.iter().enumerate() {
                    for ahead in 0..horizon {
                        let of = |place: usize| out[origin.windows[place] * horizon + ahead];
                        let sum: f64 = node.children.iter().map(|&j| of(j as usize)).sum();
                        let said = of(h.bottom.len() + k);
                        assert!((said - sum).abs() <= 1e-9 * sum.abs(), "{:?}: {said} {sum}", fitted.way);
                    }
                }
            }
        }
        let least = fitted.tried.iter().map(|t| t.error).fold(f64::INFINITY, f64::min);
        let own = fitted.tried.iter().find(|t| t.way == fitted.way).unwrap().error;
        if asked.is_none() {
            assert!(fitted.chosen && own == least && least < 0.95, "{:?}", fitted.tried);
        }
        if let Some(Way::Wls | Way::Mint) = asked {
            let found = by_level(&h, &data, &windows.test, (&test, &out), &vec![vec![1.0]; h.len()]);
            assert_eq!(found.iter().map(|l| l.series).collect::<Vec<_>>(), [5, 2, 1]);
            assert!(found.iter().all(|l| l.reconciled < l.base), "{found:?}");
        }
    }
}

#[test]
fn forecasts_that_add_up_already_stay_as_they_are() {
    let h = five();
    let (data, windows) = prepared(&h);
    let base = noisy(&data, &windows.valid, 3);
    let exact: Vec<f64> =
        windows.test.iter().flat_map(|w| truth(&data, w, data.spec.horizon).to_vec()).collect();
    for way in [Way::BottomUp, Way::Ols, Way::Wls, Way::Mint] {
        let (fitted, _) = Reconciliation::fit(&h, Some(way), &data, &windows.valid, &base).unwrap();
        let mut out = exact.clone();
        fitted.apply(&h, &data, &windows.test, &mut out);
        assert!(out.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-9 * b.abs()), "{way}");
    }
}

#[test]
fn an_origin_that_one_series_lacks_is_left_out_whole() {
    let h = five();
    let (data, windows) = prepared(&h);
    let mut some: Vec<Window> = windows.test.clone();
    let lost = some[3];
    some.remove(3);
    let same = |w: &&Window| w.origin == lost.origin;
    let others = some.iter().filter(same).count();
    assert_eq!(whole_origins(&h, &data, &mut some), others);
    assert_eq!((some.iter().filter(same).count(), some.len()), (0, windows.test.len() - h.len()));
}

#[test]
fn intervals_hold_on_every_level_after_adding_up() {
    let h = five();
    let (data, windows) = prepared(&h);
    let base = noisy(&data, &windows.valid, 1);
    let (fitted, valid) = Reconciliation::fit(&h, None, &data, &windows.valid, &base).unwrap();
    let intervals = crate::Intervals::fit(0.9, &[], &data, &windows.valid, &valid);
    let mut out = noisy(&data, &windows.test, 2);
    fitted.apply(&h, &data, &windows.test, &mut out);
    let places = places(&h, &data);
    let mut inside = vec![(0.0, 0.0); h.levels.len()];
    intervals.each(&data, &windows.test, &out, &mut |i, ahead, ends| {
        let w = &windows.test[i];
        let y = truth(&data, w, data.spec.horizon)[ahead];
        let level = &mut inside[h.level(places[w.series as usize].unwrap())];
        level.0 += f64::from(u8::from(ends.low <= y && y <= ends.high));
        level.1 += 1.0;
    });
    for (level, (held, n)) in inside.iter().enumerate() {
        assert!((held / n - 0.9f64).abs() < 0.03, "level {level}: {} of {n}", held / n);
    }
}

#[test]
fn series_that_never_err_or_say_the_same_break_nothing() {
    let mut h = five();
    // A group of one series, and one that is the total once more: their errors are always the same.
    h.nodes.insert(0, Node { id: "one".into(), level: 1, children: vec![0] });
    h.nodes.insert(1, Node { id: "again".into(), level: 1, children: vec![0, 1, 2, 3, 4] });
    let n = h.len();
    let mut moments = Moments::new(n, true);
    let mut rng = Rng::new(2);
    for _ in 0..30 {
        let mut e: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        (e[5], e[6], e[1]) = (e[0], e[n - 1], 0.0);
        moments.add(&SeriesErrors { values: &e, horizon: 1 });
    }
    for way in [Way::Ols, Way::Wls, Way::Mint] {
        for moments in [&moments, &Moments::new(n, true)] {
            let (adjust, _) = adjustment(&h, way, moments, &[]);
            let mut y: Vec<f64> = (0..n).map(|i| 10.0 + i as f64).collect();
            adjusted(&h, way, &adjust, &mut y, 1);
            assert!(y.iter().all(|v| v.is_finite()), "{way} {y:?}");
            assert!((y[n - 1] - y[..5].iter().sum::<f64>()).abs() < 1e-9, "{way} {y:?}");
        }
    }
}
