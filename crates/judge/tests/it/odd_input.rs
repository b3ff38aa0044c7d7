//! Every degenerate case has an error with a code, or a result that the documents name.

use gyeol_judge::*;

const NAN: f64 = f64::NAN;

#[test]
fn no_rows_and_one_class() {
    let none = Confusion::of(&[], &[], 3, None).unwrap();
    assert!(
        none.accuracy().is_nan() && none.balanced_accuracy().is_nan() && none.kappa(Distance::Same).is_nan()
    );
    assert_eq!((none.matthews(), none.average(Average::Macro, 1.0).f), (0.0, 0.0));
    assert!(Confusion::of(&[], &[], 0, None).unwrap().accuracy().is_nan());
    assert!(log_loss(&[], &[], 2, None).unwrap().is_nan());
    assert!(calibration_error(&calibration_curve(&[], &[], 5, Bins::Quantile, None).unwrap()).is_nan());
    assert_eq!(regression_errors(&[], &[], None).unwrap_err().code(), "no-rows");
    let fit = |labels: &[u32], scores: &[f64]| Calibrator::fit(Calibration::Sigmoid, scores, labels, 2, None);
    assert_eq!(fit(&[], &[]).unwrap_err().code(), "no-rows");

    let one = Confusion::of(&[1, 1], &[1, 1], 2, None).unwrap();
    assert_eq!((one.at(1, 1), one.at(2, 0), one.at(0, 2), one.at(9, 9)), (2.0, 0.0, 0.0, 0.0));
    assert_eq!((one.accuracy(), one.balanced_accuracy(), one.matthews()), (1.0, 1.0, 0.0));
    assert!(one.kappa(Distance::Linear).is_nan());
    let ranked = Ranked::new(&[0.1, 0.2]).unwrap();
    assert!(ranked.roc_area(&[true, true], None).unwrap().is_nan());
    assert_eq!(ranked.average_precision(&[false, false], None).unwrap(), 0.0);
    assert_eq!(ranked.average_precision(&[true, true], None).unwrap(), 1.0);
    assert!(roc_area_one_vs_rest(&[0.5, 0.5, 0.5, 0.5], &[1, 1], 2, Average::Macro, None).unwrap().is_nan());
    assert!(roc_area_one_vs_one(&[0.5, 0.5, 0.5, 0.5], &[1, 1], 2, Average::Macro, None).unwrap().is_nan());
}

#[test]
fn calibrators_of_one_class_of_constants_and_of_separable_scores() {
    for calibration in [Calibration::Sigmoid, Calibration::Isotonic, Calibration::Temperature] {
        for (scores, labels) in [
            (vec![1.0, 2.0, 3.0], vec![1, 1, 1]),
            (vec![1.0, 2.0, 3.0], vec![0, 0, 0]),
            (vec![5.0, 5.0, 5.0], vec![0, 1, 0]),
            (vec![0.0, 0.0, 0.0], vec![0, 1, 0]),
            (vec![-1e300, 0.0, 1e300], vec![0, 1, 1]),
            (vec![-2.0, -1.0, 1.0, 2.0], vec![0, 0, 1, 1]),
        ] {
            let fitted = Calibrator::fit(calibration, &scores, &labels, 2, None).unwrap();
            let said = fitted.apply(&[-1e9, -1.0, 0.0, 1.0, 1e9]).unwrap();
            for row in said.chunks_exact(2) {
                assert!(
                    row.iter().all(|p| (0.0..=1.0).contains(p)) && (row[0] + row[1] - 1.0).abs() < 1e-12,
                    "{calibration} {labels:?} {row:?}"
                );
            }
            let json = serde_json::to_string(&fitted).unwrap();
            assert_eq!(serde_json::from_str::<Calibrator>(&json).unwrap(), fitted);
        }
        assert_eq!(
            Calibrator::fit(calibration, &[NAN, 1.0], &[0, 1], 2, None).unwrap_err().code(),
            "not-finite"
        );
        assert_eq!(
            Calibrator::fit(calibration, &[0.0, 1.0], &[0, 1], 2, Some(&[0.0, 0.0])).unwrap_err().code(),
            "no-rows"
        );
        assert_eq!(
            Calibrator::fit(calibration, &[0.0, 1.0], &[0, 3], 2, None).unwrap_err().code(),
            "class-outside"
        );
        let fitted = Calibrator::fit(calibration, &[0.0, 1.0, 2.0, 3.0, 4.0, 9.0], &[0, 1], 3, None).unwrap();
        assert_eq!(fitted.apply(&[1.0, 2.0]).unwrap_err().code(), "unequal-lists");
        assert_eq!(fitted.apply(&[]).unwrap(), Vec::<f64>::new());
    }
    // One class, sigmoid: Platt's target (N + 1)/(N + 2) everywhere.
    let fitted = Calibrator::fit(Calibration::Sigmoid, &[1.0, 2.0, 3.0], &[1, 1, 1], 2, None).unwrap();
    assert!((fitted.apply(&[7.0]).unwrap()[1] - 0.8).abs() < 1e-9);
    // Three classes of which isotonic gives none anything: all alike.
    let scores = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let fitted = Calibrator::fit(Calibration::Isotonic, &scores, &[0, 1, 2], 3, None).unwrap();
    assert_eq!(fitted.apply(&[0.0, 0.0, 0.0]).unwrap(), [1.0 / 3.0; 3]);
}

#[test]
fn lists_that_do_not_fit_are_refused_with_words() {
    let code = |e: gyeol_base::Error| e.code();
    assert_eq!(code(Confusion::of(&[0], &[0, 1], 2, None).unwrap_err()), "unequal-lists");
    assert_eq!(code(Confusion::of(&[0, 2], &[0, 1], 2, None).unwrap_err()), "class-outside");
    assert_eq!(code(Confusion::of(&[0, 1], &[0, 1], 2, Some(&[1.0, -1.0])).unwrap_err()), "negative-weight");
    assert_eq!(code(Confusion::of(&[0, 1], &[0, 1], 2, Some(&[1.0, NAN])).unwrap_err()), "not-finite");
    assert_eq!(code(log_loss(&[0.5, 0.5, 0.1], &[0, 1], 2, None).unwrap_err()), "unequal-lists");
    assert_eq!(code(log_loss(&[0.5, NAN], &[0], 2, None).unwrap_err()), "not-finite");
    assert_eq!(code(top_k_accuracy(&[0.5, 0.5], &[0], 2, 0, None).unwrap_err()), "top-k");
    assert_eq!(
        code(roc_area_one_vs_rest(&[0.5, 0.5], &[0], 2, Average::Micro, None).unwrap_err()),
        "average"
    );
    assert_eq!(
        code(roc_area_one_vs_one(&vec![0.0; 1001], &[0], 1001, Average::Macro, None).unwrap_err()),
        "too-many-classes"
    );
    assert_eq!(code(Ranked::new(&[0.0, f64::INFINITY]).unwrap_err()), "not-finite");
    assert_eq!(code(Ranked::new(&[0.0]).unwrap().roc_area(&[], None).unwrap_err()), "unequal-lists");
    assert_eq!(
        code(calibration_curve(&[1.5], &[true], 3, Bins::Width, None).unwrap_err()),
        "not-a-probability"
    );
    assert_eq!(code(calibration_curve(&[0.5], &[true], 0, Bins::Width, None).unwrap_err()), "bins");
    assert_eq!(code(regression_errors(&[1.0], &[NAN], None).unwrap_err()), "not-finite");
    assert_eq!(code(pinball(&[1.0], &[1.0], 1.5, None).unwrap_err()), "quantile");
    assert_eq!(code(mcnemar(&[1], &[1, 0], &[1]).unwrap_err()), "unequal-lists");
    for shares in [
        Shares { valid: 0.5, test: 0.5 },
        Shares { valid: NAN, test: 0.1 },
        Shares { valid: -0.1, test: 0.1 },
    ] {
        assert_eq!(code(Parts::random(10, shares, 0).unwrap_err()), "bad-shares");
    }
    assert_eq!(code(Parts::random(0, Shares::default(), 0).unwrap_err()), "too-few-rows");
    assert_eq!(code(Parts::random(2, Shares { valid: 0.4, test: 0.4 }, 0).unwrap_err()), "too-few-rows");
}

#[test]
fn a_probability_of_zero_costs_what_clipping_leaves_and_a_certain_truth_almost_nothing() {
    assert_eq!(log_loss(&[0.0, 1.0], &[0], 2, None).unwrap(), -f64::EPSILON.ln());
    assert!(log_loss(&[0.0, 1.0], &[1], 2, None).unwrap() < 3e-16);
}

#[test]
fn numbers_that_are_constant_or_single() {
    let found = regression_errors(&[2.0, 2.0], &[2.0, 2.0], None).unwrap();
    assert_eq!((found.r2, found.explained_variance), (1.0, 1.0));
    let found = regression_errors(&[2.0, 2.0], &[2.0, 3.0], None).unwrap();
    assert_eq!((found.r2, found.explained_variance), (0.0, 0.0));
    let one = regression_errors(&[2.0], &[3.0], None).unwrap();
    assert!(one.r2.is_nan() && one.mae == 1.0 && one.adjusted_r2(1).is_nan());
    let nothing = regression_errors(&[2.0], &[3.0], Some(&[0.0])).unwrap();
    assert!(nothing.mae.is_nan() && nothing.largest.is_nan() && nothing.median_absolute.is_nan());
}

#[test]
fn ten_thousand_classes_take_the_room_of_their_rows() {
    let labels: Vec<u32> = (0..50_000).map(|i| i * 7919 % 10_000).collect();
    let predicted: Vec<u32> = (0..50_000).map(|i| if i % 3 == 0 { 0 } else { i * 7919 % 10_000 }).collect();
    let found = Confusion::of(&labels, &predicted, 10_000, None).unwrap();
    let right = labels.iter().zip(&predicted).filter(|(a, b)| a == b).count() as f64;
    assert_eq!(found.accuracy(), right / 50_000.0);
    assert_eq!(found.mistakes(3).len(), 3);
    // A table of 10⁸ cells would not fit into this text.
    assert!(serde_json::to_string(&found).unwrap().len() < 2_000_000);
    assert!(found.matthews().is_finite() && found.kappa(Distance::Quadratic).is_finite());
}

#[test]
fn what_was_altered_in_a_file_is_refused() {
    fn altered<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(
        value: &T,
        changes: &[(&str, &str)],
    ) {
        let json = serde_json::to_string(value).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
        for (from, to) in changes {
            assert!(json.contains(from), "{from} {json}");
            assert!(serde_json::from_str::<T>(&json.replacen(from, to, 1)).is_err(), "{from} {to} {json}");
        }
    }
    altered(
        &Confusion::of(&[0, 1], &[0, 0], 2, None).unwrap(),
        &[("\"classes\":2", "\"classes\":3"), ("[1.0,", "[")],
    );
    let wide = Confusion::of(&[0, 1999], &[0, 0], 2000, None).unwrap();
    altered(
        &wide,
        &[
            ("\"classes\":2000", "\"classes\":1999"),
            ("\"columns\":[0,", "\"columns\":[2000,"),
            ("[0,1,", "[1,1,"),
        ],
    );
    let scores = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let fit = |calibration| Calibrator::fit(calibration, &scores, &[0, 1, 2], 3, None).unwrap();
    altered(
        &fit(Calibration::Sigmoid),
        &[("\"classes\":3", "\"classes\":4"), ("\"scores\":3", "\"scores\":1")],
    );
    altered(
        &fit(Calibration::Isotonic),
        &[("[0.0,1.0]", "[1.0,0.0]"), ("[0.0,1.0]", "[0.0]"), ("\"classes\":3", "\"classes\":2")],
    );
    altered(&fit(Calibration::Temperature), &[("\"inverse\":", "\"inverse\":-")]);
}
