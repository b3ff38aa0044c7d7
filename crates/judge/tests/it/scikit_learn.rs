//! Figures equal those of scikit-learn, SciPy and statsmodels (`fixtures/judge.py`).

use gyeol_judge::*;
use serde_json::Value;

pub fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/judge.json")).unwrap()
}

pub fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

pub fn whole(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
}

fn near(found: f64, want: &Value, what: &str) {
    let want = want.as_f64().unwrap();
    assert!((found - want).abs() <= 1e-12 * want.abs().max(1.0), "{what}: {found} {want}");
}

fn all_near(found: &[f64], want: &Value, within: f64, what: &str) {
    let want = floats(want);
    assert_eq!(found.len(), want.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(&want).enumerate() {
        assert!((a - b).abs() <= within * b.abs().max(1.0), "{what} {i}: {a} {b}");
    }
}

#[test]
fn scores_of_classes() {
    let all = &fixture()["classes"];
    let (labels, predicted, weights) =
        (whole(&all["labels"]), whole(&all["predicted"]), floats(&all["weights"]));
    for (name, weights) in [("plain", None), ("weighted", Some(&weights[..]))] {
        let want = &all[name];
        let found = Confusion::of(&labels, &predicted, 6, weights).unwrap();
        // The same with the classes far apart, so that cells are kept by rows and not as a table.
        let spread = |v: &[u32]| v.iter().map(|c| c * 1999).collect::<Vec<u32>>();
        let wide = Confusion::of(&spread(&labels), &spread(&predicted), 10_000, weights).unwrap();
        for i in 0..6 {
            let row: Vec<f64> = (0..6).map(|j| found.at(i, j)).collect();
            all_near(&row, &want["confusion"][i as usize], 1e-12, "row");
            assert_eq!(row, (0..6).map(|j| wide.at(i * 1999, j * 1999)).collect::<Vec<f64>>());
        }
        for found in [&found, &wide] {
            near(found.accuracy(), &want["accuracy"], "accuracy");
            near(found.balanced_accuracy(), &want["balanced"], "balanced");
            near(found.matthews(), &want["matthews"], "matthews");
            near(found.kappa(Distance::Same), &want["kappa-None"], "kappa");
            for beta in [0.5, 1.0, 2.0] {
                for average in [Average::Micro, Average::Macro, Average::Weighted] {
                    let s = found.average(average, beta);
                    let name = format!("prf-{average}-{beta:.1}");
                    all_near(&[s.precision, s.recall, s.f], &want[&name], 1e-12, &name);
                }
            }
        }
        near(found.kappa(Distance::Linear), &want["kappa-linear"], "linear");
        near(found.kappa(Distance::Quadratic), &want["kappa-quadratic"], "quadratic");
        for beta in [0.5, 1.0, 2.0] {
            let each = found.per_class(beta);
            let want = &want[&format!("prf-None-{beta:.1}")];
            all_near(
                &each.iter().map(|c| c.score.precision).collect::<Vec<_>>(),
                &want[0],
                1e-12,
                "precision",
            );
            all_near(&each.iter().map(|c| c.score.recall).collect::<Vec<_>>(), &want[1], 1e-12, "recall");
            all_near(&each.iter().map(|c| c.score.f).collect::<Vec<_>>(), &want[2], 1e-12, "f");
        }
    }
}

#[test]
fn scores_of_probabilities() {
    let all = &fixture()["probabilities"];
    let (labels, p, weights) = (whole(&all["labels"]), floats(&all["p"]), floats(&all["weights"]));
    for (name, weights) in [("plain", None), ("weighted", Some(&weights[..]))] {
        let want = &all[name];
        near(log_loss(&p, &labels, 4, weights).unwrap(), &want["log_loss"], "log loss");
        near(brier(&p, &labels, 4, weights).unwrap(), &want["brier"], "brier");
        for k in 1..4 {
            near(top_k_accuracy(&p, &labels, 4, k, weights).unwrap(), &want[&format!("top-{k}")], "top k");
        }
        for average in [Average::Macro, Average::Weighted] {
            near(
                roc_area_one_vs_rest(&p, &labels, 4, average, weights).unwrap(),
                &want[&format!("ovr-{average}")],
                "ovr",
            );
            if weights.is_none() {
                near(
                    roc_area_one_vs_one(&p, &labels, 4, average, None).unwrap(),
                    &want[&format!("ovo-{average}")],
                    "ovo",
                );
            }
        }
    }
    assert!(top_k_accuracy(&p, &labels, 4, 4, None).unwrap() == 1.0);
}

#[test]
fn curves_and_areas_of_two_classes() {
    let all = &fixture()["binary"];
    let (y, score, weights) = (whole(&all["y"]), floats(&all["score"]), floats(&all["weights"]));
    let positive: Vec<bool> = y.iter().map(|&y| y == 1).collect();
    let ranked = Ranked::new(&score).unwrap();
    let p: Vec<f64> = score.iter().flat_map(|s| [1.0 - s, *s]).collect();
    for (name, weights) in [("plain", None), ("weighted", Some(&weights[..]))] {
        let want = &all[name];
        let roc = ranked.roc(&positive, weights).unwrap();
        all_near(&roc.false_positive_rate, &want["roc"][0], 1e-12, "false positives");
        all_near(&roc.true_positive_rate, &want["roc"][1], 1e-12, "true positives");
        all_near(&roc.thresholds, &want["roc"][2], 1e-12, "thresholds");
        near(ranked.roc_area(&positive, weights).unwrap(), &want["area"], "area");
        near(ranked.average_precision(&positive, weights).unwrap(), &want["ap"], "average precision");
        near(log_loss(&p, &y, 2, weights).unwrap(), &want["log_loss"], "log loss");
        near(brier(&p, &y, 2, weights).unwrap(), &want["brier"], "brier");
        // scikit-learn walks from the lowest score up.
        let mut curve = ranked.precision_recall(&positive, weights).unwrap();
        [&mut curve.precision, &mut curve.recall, &mut curve.thresholds]
            .into_iter()
            .for_each(|v| v.reverse());
        all_near(&curve.precision, &want["pr"][0], 1e-12, "precision");
        all_near(&curve.recall, &want["pr"][1], 1e-12, "recall");
        all_near(&curve.thresholds, &want["pr"][2], 1e-12, "thresholds");
    }
    for (by, name) in [(Bins::Width, "uniform"), (Bins::Quantile, "quantile")] {
        let found = calibration_curve(&score, &positive, 6, by, None).unwrap();
        all_near(
            &found.iter().map(|b| b.came_true).collect::<Vec<_>>(),
            &all["curves"][name][0],
            1e-12,
            name,
        );
        all_near(&found.iter().map(|b| b.said).collect::<Vec<_>>(), &all["curves"][name][1], 1e-12, name);
    }
}

#[test]
fn calibrators_of_two_classes() {
    let (all, binary) = (&fixture()["calibrate"], &fixture()["binary"]);
    let (d, at, y, weights) =
        (floats(&all["d"]), floats(&all["at"]), whole(&binary["y"]), floats(&binary["weights"]));
    for (name, weights, within) in
        [("platt", None, 1e-10), ("platt-weighted", Some(&weights[..]), 1e-10), ("platt-sklearn", None, 1e-5)]
    {
        let fitted = Calibrator::fit(Calibration::Sigmoid, &d, &y, 2, weights).unwrap();
        let ab = floats(&all[name]);
        for (x, p) in at.iter().zip(fitted.apply(&at).unwrap().chunks_exact(2)) {
            let want = 1.0 / (1.0 + (ab[0] * x + ab[1]).exp());
            assert!((p[1] - want).abs() <= within, "{name} at {x}: {} {want}", p[1]);
        }
    }
    let fitted = Calibrator::fit(Calibration::Isotonic, &d, &y, 2, Some(&weights)).unwrap();
    let said: Vec<f64> = fitted.apply(&at).unwrap().chunks_exact(2).map(|p| p[1]).collect();
    all_near(&said, &all["isotonic"], 1e-12, "isotonic");
}

#[test]
fn calibrators_of_three_classes_and_of_temperature() {
    let all = &fixture()["calibrate3"];
    let (z, labels) = (floats(&all["z"]), whole(&all["labels"]));
    // scikit-learn's sigmoid stops at a gradient of 1e-6.
    for (calibration, within) in
        [(Calibration::Sigmoid, 1e-5), (Calibration::Isotonic, 1e-12), (Calibration::Temperature, 1e-7)]
    {
        let fitted = Calibrator::fit(calibration, &z, &labels, 3, None).unwrap();
        all_near(&fitted.apply(&z[..90]).unwrap(), &all[calibration.name()], within, calibration.name());
        let kept: Calibrator = serde_json::from_str(&serde_json::to_string(&fitted).unwrap()).unwrap();
        assert_eq!(kept, fitted);
    }
}

#[test]
fn errors_of_numbers() {
    let all = &fixture()["numbers"];
    let (t, s, weights) = (floats(&all["t"]), floats(&all["s"]), floats(&all["weights"]));
    for (name, weights) in [("plain", None), ("weighted", Some(&weights[..]))] {
        let (found, want) = (regression_errors(&t, &s, weights).unwrap(), &all[name]);
        let pairs = [
            (found.mae, "mae"),
            (found.mse, "mse"),
            (found.rmse, "rmse"),
            (found.median_absolute, "median"),
            (found.mape, "mape"),
            (found.r2, "r2"),
            (found.explained_variance, "explained"),
            (found.largest, "max"),
        ];
        pairs.iter().for_each(|(found, key)| near(*found, &want[*key], key));
        near(pinball(&t, &s, 0.3, weights).unwrap(), &want["pinball"], "pinball");
    }
    let found = regression_errors(&t[..60], &s[..60], None).unwrap();
    near(found.median_absolute, &all["even"], "two middle ones");
    assert!((found.adjusted_r2(3) - (1.0 - (1.0 - found.r2) * 59.0 / 56.0)).abs() < 1e-15);
    // By hand: 2·1/(1 + 2), 0/0, 2·4/(2 + 2).
    let found = regression_errors(&[1.0, 0.0, -2.0], &[2.0, 0.0, 2.0], None).unwrap();
    assert!((found.smape - (2.0 / 3.0 + 2.0) / 3.0).abs() < 1e-15);
}

#[test]
fn mcnemar_s_test() {
    for test in fixture()["mcnemar"].as_array().unwrap() {
        let (b, c) = (test[0].as_u64().unwrap(), test[1].as_u64().unwrap());
        let found = McNemar::of(b, c);
        let relative = |found: f64, want: f64| {
            assert!((found - want).abs() <= 1e-10 * want + 1e-300, "{b} {c}: {found} {want}")
        };
        relative(found.exact, test[2].as_f64().unwrap());
        if let Some(corrected) = test[3].as_array() {
            relative(found.chi_squared, corrected[0].as_f64().unwrap());
            relative(found.corrected, corrected[1].as_f64().unwrap());
        }
    }
}

#[test]
fn sums_of_rows_give_the_same_as_lists() {
    let all = fixture();
    let (labels, p) = (whole(&all["probabilities"]["labels"]), floats(&all["probabilities"]["p"]));
    let best = most_probable(&p, 4);
    let unit = |i: usize| ClassSums::of(labels[i], best[i], Some(&p[i * 4..][..4]));
    let outcomes = Outcomes::new((0..labels.len()).map(unit).collect(), ClassSums::metrics());
    let (found, want) = (outcomes.values(), &all["probabilities"]["plain"]);
    near(found["log_loss"], &want["log_loss"], "log loss");
    near(found["brier"], &want["brier"], "brier");
    assert_eq!(found["error"], 1.0 - Confusion::of(&labels, &best, 4, None).unwrap().accuracy());

    let (t, s) = (floats(&all["numbers"]["t"]), floats(&all["numbers"]["s"]));
    let units = t.iter().zip(&s).map(|(t, s)| ErrorSums::of(*t, *s, 3.0)).collect();
    let (found, want) = (Outcomes::new(units, ErrorSums::metrics()).values(), &all["numbers"]["plain"]);
    near(found["mae"], &want["mae"], "mae");
    near(found["rmse"], &want["rmse"], "rmse");
    near(1.0 - found["unexplained"], &want["r2"], "r2");
}
