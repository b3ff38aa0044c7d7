//! Logistic regression against scikit-learn (`fixtures/logistic.py`), and what has no optimum.

use gyeol_learn::{ClassWeight, Features, LogisticParams, Solver};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::{Csr, Dense};
use serde_json::Value;

use crate::common::{coefficients, dense, labels, near, numbers};

fn params(case: &Value, solver: Solver) -> LogisticParams {
    LogisticParams {
        c: case["c"].as_f64().unwrap_or(f64::INFINITY),
        l1_ratio: case["l1_ratio"].as_f64().unwrap(),
        intercept: case["intercept"].as_bool().unwrap(),
        solver,
        tolerance: 1e-10,
        max_iterations: 5000,
        class_weight: if case["balanced"].as_bool().unwrap() {
            ClassWeight::Balanced
        } else {
            ClassWeight::None
        },
    }
}

#[test]
fn coefficients_are_those_of_scikit_learn() {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/logistic.json")).unwrap();
    let pool = Pool::new(2);
    for case in fixture["cases"].as_array().unwrap() {
        let name = case["data"].as_str().unwrap();
        let data = &fixture["data"][name];
        let (x, y) = (dense(data), labels(&data["labels"]));
        let sparse = Csr::from_dense(&x).unwrap();
        let classes = *y.iter().max().unwrap() as usize + 1;
        let weights = case["weighted"].as_bool().unwrap().then(|| numbers(&data["weights"]));
        let smooth = case["l1_ratio"].as_f64().unwrap() == 0.0;
        let solvers: &[Solver] =
            if smooth { &[Solver::NewtonCg, Solver::Lbfgs, Solver::Proximal] } else { &[Solver::Proximal] };
        for &solver in solvers {
            for features in [Features::Dense(&x), Features::Sparse(&sparse)] {
                let what = format!("{name} {solver} {case:.60}");
                let fit =
                    params(case, solver).fit(features, &y, classes, weights.as_deref(), None, &pool).unwrap();
                assert!(fit.converged && !fit.separated, "{what}: {} {}", fit.iterations, fit.gradient_norm);
                near(&coefficients(&fit.model), &numbers(&case["coef"]), 1e-5, &what);
                near(&fit.model.bias, &numbers(&case["bias"]), 1e-5, &what);
                let first = Dense::new(3, x.cols(), x.data()[..3 * x.cols()].to_vec()).unwrap();
                let found = fit.model.probabilities(Features::Dense(&first), &pool).unwrap().unwrap();
                near(found.data(), &numbers(&case["proba"]), 1e-6, &what);
            }
        }
    }
}

/// Rows that no plane parts, from a seed.
fn made(n: usize, p: usize, classes: u64, seed: u64) -> (Dense, Vec<u32>) {
    let mut rng = Rng::new(seed);
    let x: Vec<f64> = (0..n * p).map(|_| rng.normal()).collect();
    let y = (0..n).map(|i| if i < classes as usize { i as u32 } else { rng.below(classes) as u32 }).collect();
    (Dense::new(n, p, x).unwrap(), y)
}

#[test]
fn same_bits_on_any_thread_count() {
    let (x, y) = made(2500, 12, 3, 1);
    let sparse = Csr::from_dense(&x).unwrap();
    for solver in [Solver::NewtonCg, Solver::Lbfgs, Solver::Proximal] {
        for features in [Features::Dense(&x), Features::Sparse(&sparse)] {
            let params = LogisticParams { solver, max_iterations: 4, ..LogisticParams::default() };
            let fit = |threads| params.fit(features, &y, 3, None, None, &Pool::new(threads)).unwrap();
            assert!((2..4).all(|threads| fit(threads) == fit(1)), "{solver}");
        }
    }
}

#[test]
fn a_start_at_the_end_needs_no_iteration_and_a_cut_off_fit_says_so() {
    let (x, y) = made(300, 5, 3, 2);
    let (x, pool) = (Features::Dense(&x), Pool::new(1));
    let params = LogisticParams { tolerance: 1e-9, ..LogisticParams::default() };
    let fit = params.fit(x, &y, 3, None, None, &pool).unwrap();
    let again = params.fit(x, &y, 3, None, Some(&fit.model), &pool).unwrap();
    assert!(again.iterations == 0 && again.converged);
    let cut = LogisticParams { max_iterations: 1, ..params }.fit(x, &y, 3, None, None, &pool).unwrap();
    assert!(!cut.converged && cut.gradient_norm > 1e-9 && cut.objective > fit.objective);
}

#[test]
fn data_that_a_plane_parts_have_no_optimum_without_a_penalty() {
    let x = Dense::new(4, 1, vec![-2.0, -1.0, 1.0, 2.0]).unwrap();
    let pool = Pool::new(1);
    for solver in [Solver::NewtonCg, Solver::Lbfgs, Solver::Proximal] {
        let free = LogisticParams { c: f64::INFINITY, solver, ..LogisticParams::default() };
        let fit = free.fit(Features::Dense(&x), &[0, 0, 1, 1], 2, None, None, &pool).unwrap();
        assert!(fit.separated && !fit.converged && fit.model.weights[0].is_finite(), "{solver}: {fit:?}");
        let mixed = free.fit(Features::Dense(&x), &[0, 1, 0, 1], 2, None, None, &pool).unwrap();
        assert!(!mixed.separated && mixed.converged, "{solver}: {mixed:?}");
    }
}

#[test]
fn more_columns_than_rows_and_constant_columns_have_a_result() {
    let (wide, y) = made(20, 60, 3, 3);
    let constant =
        Dense::new(6, 2, vec![1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0]).unwrap();
    let pool = Pool::new(1);
    let params = LogisticParams::default();
    assert!(params.fit(Features::Dense(&wide), &y, 3, None, None, &pool).unwrap().converged);
    let fit = params.fit(Features::Dense(&constant), &[0, 0, 0, 0, 1, 1], 2, None, None, &pool).unwrap();
    let p = fit.model.probabilities(Features::Dense(&constant), &pool).unwrap().unwrap();
    assert!(fit.converged && (p.at(0, 1) - 1.0 / 3.0).abs() < 1e-3, "the share of class 1");
}

#[test]
fn what_cannot_be_fitted_is_refused_by_name() {
    let (x, y) = made(6, 2, 2, 4);
    let pool = Pool::new(1);
    let code = |x: &Dense, y: &[u32], classes, weights: Option<&[f64]>, params: LogisticParams| {
        params.fit(Features::Dense(x), y, classes, weights, None, &pool).unwrap_err().code()
    };
    let default = LogisticParams::default;
    assert_eq!(code(&x, &[1; 6], 2, None, default()), "one-class");
    assert_eq!(code(&x, &[0; 6], 1, None, default()), "one-class");
    assert_eq!(code(&x, &[0, 0, 0, 2, 2, 2], 3, None, default()), "empty-class");
    assert_eq!(code(&x, &[0, 0, 0, 2, 2, 2], 10_000, None, default()), "empty-class");
    assert_eq!(code(&x, &[0, 0, 0, 2, 2, 2], 2, None, default()), "label-outside");
    assert_eq!(code(&x, &y[..5], 2, None, default()), "label-count");
    assert_eq!(code(&x, &y, 2, Some(&[1.0; 5]), default()), "weight-count");
    assert_eq!(code(&x, &y, 2, Some(&[-1.0; 6]), default()), "row-weight");
    assert_eq!(code(&x, &y, 2, Some(&[0.0; 6]), default()), "no-weight");
    assert_eq!(code(&Dense::trusted(0, 2, vec![]), &[], 2, None, default()), "no-rows");
    assert_eq!(code(&Dense::trusted(6, 0, vec![]), &y, 2, None, default()), "no-columns");
    let hole = Dense::trusted(6, 1, vec![1.0, 2.0, f64::NAN, 1.0, 2.0, 3.0]);
    assert_eq!(code(&hole, &y, 2, None, default()), "not-finite");
    for params in [
        LogisticParams { c: 0.0, ..default() },
        LogisticParams { c: f64::NAN, ..default() },
        LogisticParams { l1_ratio: 1.5, ..default() },
        LogisticParams { l1_ratio: 0.5, solver: Solver::Lbfgs, ..default() },
    ] {
        assert_eq!(code(&x, &y, 2, None, params), "option-range");
    }
    let given = LogisticParams { class_weight: ClassWeight::Given(vec![1.0]), ..default() };
    assert_eq!(code(&x, &y, 2, None, given), "class-weight");
    let many = Dense::trusted(20_000, 2, (0..40_000).map(|i| f64::from(i % 97)).collect());
    let labels: Vec<u32> = (0..20_000).map(|i| i % 10_000).collect();
    assert_eq!(code(&many, &labels, 10_000, None, default()), "too-many-scores");
}
