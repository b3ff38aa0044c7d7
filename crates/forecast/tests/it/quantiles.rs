//! Quantiles: their scores against numpy's, their coverage on readings that were not fitted on, and their place in model files.

use gyeol_data::{Clock, ScalerKind, Split, Step};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::score::{self, Yardsticks};
use gyeol_forecast::{Intervals, Prepared, Spec, Window, Windows};
use gyeol_tensor::Rng;
use serde_json::{Value, json};

use crate::common;

const HOUR: i64 = 3_600_000;

/// One series, prepared, with its windows.
fn prepared(target: Vec<f64>, cuts: [usize; 2], horizon: usize) -> (Prepared, Windows) {
    let rows = target.len();
    let clock = Clock { start: 400_000 * HOUR, step: Step::Millis(HOUR), zone: None };
    let readings = common::readings(clock, target, vec![], vec![]);
    let at = |i: usize| clock.at(i);
    let split =
        Split { train: at(0)..at(cuts[0]), valid: at(cuts[0])..at(cuts[1]), test: at(cuts[1])..at(rows) };
    let calendar = CalendarSpec::default();
    let spec = Spec::new(&readings, 24, horizon, calendar, &[], ScalerKind::Standard).unwrap();
    let data = Prepared::fit(&readings, &split, spec).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    (data, windows)
}

#[test]
fn scores_are_those_of_numpy() {
    let peer: Value = serde_json::from_str(include_str!("../fixtures/quantiles.json")).unwrap();
    let numbers = |v: &Value| v.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<f64>>();
    let truth = numbers(&peer["truth"]);
    let mut target: Vec<f64> = (0..200).map(|i| 80.0 + f64::from(i % 24)).collect();
    let first = target.len();
    target.extend(&truth);
    let (data, _) = prepared(target, [100, 150], 3);
    let scale = data.series[0].scalers[0].scale;
    let offsets = |row: &Value| numbers(row).into_iter().map(|o| o / scale).collect::<Vec<f64>>();
    let intervals = Intervals {
        level: 0.9,
        low: vec![vec![-1.0; 3]],
        high: vec![vec![1.0; 3]],
        levels: numbers(&peer["levels"]),
        quantiles: vec![peer["offsets"].as_array().unwrap().iter().map(offsets).collect()],
        ..Intervals::default()
    };
    assert!(intervals.fits(1, 3, 24));
    let windows: Vec<Window> = (0..truth.len() / 3)
        .map(|i| Window { series: 0, channel: 0, origin: (first + 3 * i) as u32 })
        .collect();
    let mase = peer["mase"].as_f64().unwrap();
    let yardsticks = Yardsticks { mase: vec![vec![mase]], range: vec![vec![1.0]], season: 24 };
    let forecasts = numbers(&peer["forecast"]);
    let outcomes = score::errors(&data, &windows, &forecasts, &intervals, &yardsticks, false);
    for name in ["crps", "wql", "sql"] {
        let (ours, theirs) = (outcomes.values()[name], peer[name].as_f64().unwrap());
        assert!((ours / theirs - 1.0).abs() < 1e-9, "{name}: {ours} {theirs}");
    }
    // In scaled units a score in the unit is divided by the scale; one that has no unit stays.
    let scaled = score::errors(&data, &windows, &forecasts, &intervals, &yardsticks, true).values();
    assert!((scaled["crps"] * scale / outcomes.values()["crps"] - 1.0).abs() < 1e-9);
    assert_eq!(scaled["sql"], outcomes.values()["sql"]);
    let mut below = vec![0.0; 5];
    intervals.each(&data, &windows, &forecasts, &mut |i, ahead, ends| {
        let y = truth[3 * i + ahead];
        below.iter_mut().zip(&ends.quantiles).for_each(|(n, q)| *n += f64::from(u8::from(y <= *q)) / 15.0);
    });
    assert!(below.iter().zip(numbers(&peer["below"])).all(|(a, b)| (a - b).abs() < 1e-9), "{below:?}");
    let none = Intervals { levels: vec![], quantiles: vec![], ..intervals };
    let without = score::errors(&data, &windows, &forecasts, &none, &yardsticks, false).values();
    assert!(!without.contains_key("crps") && without["mae"] == outcomes.values()["mae"]);
}

#[test]
fn quantiles_keep_their_levels_in_every_hour_and_never_cross() {
    // Noise that is skewed, and five times as wide by day; the forecast knows its centre.
    let mut rng = Rng::new(21);
    let wide = |row: usize| if (8..20).contains(&(row % 24)) { 5.0 } else { 1.0 };
    let rows = 24 * 400;
    let mut draw = |row: usize| 100.0 + wide(row) * (rng.normal().exp() - 1.0);
    let target: Vec<f64> = (0..rows).map(&mut draw).collect();
    let (data, windows) = prepared(target.clone(), [24 * 40, 24 * 200], 6);
    let levels = [0.025, 0.1, 0.5, 0.9, 0.99];
    let forecasts = |windows: &[Window]| vec![100.0; windows.len() * 6];
    let valid = forecasts(&windows.valid);
    let intervals = Intervals::fit(0.8, &levels, &data, &windows.valid, &valid);
    assert!(intervals.fits(1, 6, 24) && intervals.hours.len() == 1);
    let mut found = [[0.0; 5]; 2];
    let mut n = [0.0; 2];
    intervals.each(&data, &windows.test, &forecasts(&windows.test), &mut |i, ahead, ends| {
        let row = windows.test[i].origin as usize + ahead;
        let part = usize::from(wide(row) > 1.0);
        n[part] += 1.0;
        assert!(ends.quantiles.is_sorted() && ends.low <= ends.high);
        // The ends of an interval of 80 % are its quantiles at 10 and 90 %, but for the rounding of (1 - 0.8) / 2: one rank.
        let apart = (ends.low - ends.quantiles[1]).abs() + (ends.high - ends.quantiles[3]).abs();
        assert!(apart < 0.03 * (ends.high - ends.low), "{ends:?}");
        for (share, q) in found[part].iter_mut().zip(&ends.quantiles) {
            *share += f64::from(u8::from(target[row] <= *q));
        }
    });
    for (shares, n) in found.iter().zip(n) {
        for (share, level) in shares.iter().zip(levels) {
            // Three deviations: readings of 160 days fit the offsets, those of 200 judge them, twelve hours of each.
            let most = 3.0 * (level * (1.0 - level) * (1.0 / 1920.0 + 1.0 / 2400.0)).sqrt();
            assert!((share / n - level).abs() < most, "{} of {level}", share / n);
        }
    }
    // A value of its own is asked for alone as well.
    let w = &windows.test[3];
    assert_eq!(intervals.quantiles(&data, w, 2, 100.0), intervals.ends(&data, w, 2, 100.0).quantiles);
}

#[test]
fn a_file_of_the_first_version_opens_and_an_odd_one_does_not() {
    let old = json!({ "level": 0.9, "low": [[-1.0, -2.0]], "high": [[1.0, 2.0]] });
    let of = |value: &Value| serde_json::from_value::<Intervals>(value.clone()).unwrap();
    assert!(of(&old).fits(1, 2, 24) && of(&old).levels.is_empty() && of(&old).drift.is_none());
    assert_eq!(serde_json::to_value(of(&old)).unwrap(), old);
    let with = |levels: Value, quantiles: Value| {
        let mut value = old.clone();
        (value["levels"], value["quantiles"]) = (levels, quantiles);
        of(&value).fits(1, 2, 24)
    };
    assert!(with(json!([0.1, 0.9]), json!([[[-1.0, 1.0], [-1.0, 1.0]]])));
    for (levels, quantiles) in [
        (json!([0.1, 0.9]), json!([])),
        (json!([0.1, 0.9]), json!([[[-1.0, 1.0]]])),
        (json!([0.1, 0.9]), json!([[[-1.0, 1.0], [-1.0]]])),
        (json!([0.9, 0.1]), json!([[[-1.0, 1.0], [-1.0, 1.0]]])),
        (json!([0.1, 1.5]), json!([[[-1.0, 1.0], [-1.0, 1.0]]])),
        (json!([]), json!([[[-1.0, 1.0], [-1.0, 1.0]]])),
    ] {
        assert!(!with(levels.clone(), quantiles.clone()), "{levels} {quantiles}");
    }
    let mut value = old.clone();
    value["drift"] = json!({ "half_life": 48.0, "rows": 100.0, "start": [[vec![0.0; 100], vec![0.0; 100]]] });
    assert!(of(&value).fits(1, 2, 24));
    for odd in [json!({ "half_life": 0.0 }), json!({ "rows": -1.0 }), json!({ "start": [[vec![0.0; 100]]] })]
    {
        let mut wrong = value.clone();
        odd.as_object().unwrap().iter().for_each(|(key, odd)| wrong["drift"][key] = odd.clone());
        assert!(!of(&wrong).fits(1, 2, 24), "{odd}");
    }
}

/// Noise that has nothing to learn: quantiles of its own residuals flatter a score, those of other stretches have the score that
/// the test part will have.
#[test]
fn scores_of_validation_are_by_quantiles_of_its_other_stretches() {
    let mut rng = Rng::new(5);
    let target: Vec<f64> = (0..24 * 160).map(|_| 100.0 + 5.0 * rng.normal()).collect();
    let (data, windows) = prepared(target, [24 * 30, 24 * 60], 24);
    let daily = |list: &[Window]| -> Vec<Window> { list.iter().step_by(24).copied().collect() };
    let (valid, test) = (daily(&windows.valid), daily(&windows.test));
    let said = |list: &[Window]| vec![100.0; 24 * list.len()];
    let levels: Vec<f64> = (1..20).map(|k| f64::from(k) / 20.0).collect();
    let fit = |list: &[Window], forecasts: &[f64]| Intervals::fit(0.9, &levels, &data, list, forecasts);
    let yardsticks = Yardsticks { mase: vec![vec![1.0]], range: vec![vec![1.0]], season: 24 };
    let whole = fit(&valid, &said(&valid));
    let crps = |found: &gyeol_judge::Outcomes<score::Sums>| found.values()["crps"];
    let own = score::errors(&data, &valid, &said(&valid), &whole, &yardsticks, false);
    let crossed = score::crossed(&data, &valid, &said(&valid), &whole, &fit, &yardsticks, false);
    let later = score::errors(&data, &test, &said(&test), &whole, &yardsticks, false);
    assert_eq!(crossed.units.len(), own.units.len());
    assert_eq!(crossed.values()["mae"], own.values()["mae"]);
    let (own, other, later) = (crps(&own), crps(&crossed), crps(&later));
    assert!(own < 0.99 * other && own < later && (other / later - 1.0).abs() < 0.02, "{own} {other} {later}");

    // By hand: eight of thirty origins are the first stretch, a day apart with a day ahead.
    let thirty = &valid[..30];
    let (first, rest) = thirty.split_at(8);
    let by_hand = score::errors(&data, first, &said(first), &fit(rest, &said(rest)), &yardsticks, false);
    let found = score::crossed(&data, thirty, &said(thirty), &whole, &fit, &yardsticks, false);
    assert_eq!(found.units[..8], by_hand.units[..]);

    // Two origins whose rows overlap leave nothing to fit on: the whole judges.
    let pair = [windows.valid[0], windows.valid[1]];
    let found = score::crossed(&data, &pair, &said(&pair), &whole, &fit, &yardsticks, false);
    let own = score::errors(&data, &pair, &said(&pair), &whole, &yardsticks, false);
    assert_eq!(found.units, own.units);
}
