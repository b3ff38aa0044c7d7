//! Linear regression against statsmodels and scikit-learn, tails against scipy (`fixtures/regression.py`).

use gyeol_learn::Features;
use gyeol_learn::distribution::{chi_squared_tail, f_tail, t_quantile, t_two_sided};
use gyeol_learn::regression::{
    Batch, Descent, ElasticNet, LeastSquares, Objective, Rate, Route, residual_checks, ridge,
};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::{Csr, Dense};
use serde_json::Value;

use crate::common::{dense, near, numbers};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/regression.json")).unwrap()
}

/// As far from the wanted one as `tolerance` times it.
#[track_caller]
fn relative(found: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), want.len(), "{what}");
    for (f, w) in found.iter().zip(want) {
        assert!((f - w).abs() <= tolerance * w.abs(), "{what}: {f} where {w} is wanted");
    }
}

#[test]
fn tails_are_those_of_scipy() {
    let tails = &fixture()["tails"];
    let each = |name: &str, of: &dyn Fn(&[f64]) -> f64| {
        for case in tails[name].as_array().unwrap() {
            let case = numbers(case);
            let (want, given) = case.split_last().unwrap();
            let found = of(given);
            assert!((found - want).abs() <= 1e-9 * want.abs() + 1e-300, "{name} {given:?}: {found} {want}");
        }
    };
    each("t", &|a| t_two_sided(a[0], a[1]));
    each("quantile", &|a| t_quantile(a[0], a[1]));
    each("f", &|a| f_tail(a[0], a[1], a[2]));
    each("chi2", &|a| chi_squared_tail(a[0], a[1]));
}

#[test]
fn least_squares_says_what_statsmodels_says() {
    let fixture = fixture();
    let (x, y, pool) = (dense(&fixture), numbers(&fixture["y"]), Pool::new(2));
    for case in fixture["ols"].as_array().unwrap() {
        let intercept = case["intercept"].as_bool().unwrap();
        let fit = LeastSquares::fit(&x, &y, intercept, &pool).unwrap();
        assert_eq!((fit.route, fit.rank), (Route::Cholesky, x.cols()));
        let summary = fit.summary(0.9).unwrap();
        let of = |f: fn(&gyeol_learn::regression::Coefficient) -> f64| {
            summary.coefficients.iter().map(f).collect::<Vec<_>>()
        };
        relative(&of(|c| c.estimate), &numbers(&case["coef"]), 1e-8, "coefficients");
        relative(&of(|c| c.standard_error), &numbers(&case["se"]), 1e-8, "standard errors");
        relative(&of(|c| c.t), &numbers(&case["t"]), 1e-8, "t");
        relative(&of(|c| c.p), &numbers(&case["p"]), 1e-8, "p");
        let ends: Vec<f64> = summary.coefficients.iter().flat_map(|c| [c.low, c.high]).collect();
        relative(&ends, &numbers(&case["interval"]), 1e-8, "intervals");
        let one = |key: &str| vec![case[key].as_f64().unwrap()];
        relative(&[summary.r_squared], &one("r2"), 1e-10, "R²");
        relative(&[summary.adjusted_r_squared], &one("adjusted"), 1e-10, "adjusted R²");
        relative(&[summary.f], &one("f"), 1e-8, "F");
        relative(&[summary.f_p], &one("f_p"), 1e-8, "p of F");
        let checks = residual_checks(&fit, &x, &pool).unwrap().unwrap();
        relative(&[checks.durbin_watson], &one("dw"), 1e-8, "Durbin-Watson");
        let jb = [checks.jarque_bera.statistic, checks.jarque_bera.p, checks.skew, checks.kurtosis];
        relative(&jb, &numbers(&case["jb"]), 1e-8, "Jarque-Bera");
        let bp = checks.breusch_pagan.unwrap();
        relative(&[bp.statistic, bp.p], &numbers(&case["bp"]), 1e-8, "Breusch-Pagan");
    }
}

#[test]
fn columns_that_depend_on_each_other_have_the_shortest_weights() {
    let fixture = fixture();
    let (x, y, pool) = (dense(&fixture), numbers(&fixture["y"]), Pool::new(2));
    let wide = Dense::new(6, 10, x.data()[..60].to_vec()).unwrap();
    let twice: Vec<f64> = (0..x.rows())
        .flat_map(|i| {
            let r = x.row(i);
            r.iter().copied().chain([r[2], r[0] + r[1], 3.7]).collect::<Vec<_>>()
        })
        .collect();
    let twice = Dense::new(x.rows(), 13, twice).unwrap();
    for (name, x, y) in [("wide", &wide, &y[..6]), ("twice", &twice, &y[..])] {
        let (fit, want) = (LeastSquares::fit(x, y, true, &pool).unwrap(), &fixture[name]);
        assert_eq!((fit.route, fit.rank as u64), (Route::Svd, want["rank"].as_u64().unwrap()), "{name}");
        near(&fit.model.weights, &numbers(&want["coef"]), 1e-8, name);
        near(&fit.model.bias, &[want["bias"].as_f64().unwrap()], 1e-8, name);
    }
    assert!(
        LeastSquares::fit(&wide, &y[..6], true, &pool).unwrap().summary(0.95).is_none(),
        "no degree of freedom"
    );
    let flat = Dense::new(3, 1, vec![2.0; 3]).unwrap();
    let fit = LeastSquares::fit(&flat, &[1.0, 2.0, 3.0], true, &pool).unwrap();
    assert_eq!((fit.rank, fit.model.weights[0], fit.model.bias[0]), (0, 0.0, 2.0));
    let summary = fit.summary(0.95).unwrap();
    assert_eq!((summary.r_squared, summary.f, summary.f_p), (0.0, 0.0, 1.0));
}

#[test]
fn ill_conditioned_columns_are_factorised_by_rows() {
    // x, x + 1e-6 z: the condition of the products is 1e12, of the rows 1e6. y = 2 x + 3 (x + 1e-6 z) + 1 exactly.
    let (mut rng, pool) = (Rng::new(5), Pool::new(2));
    let rows: Vec<f64> = (0..3000)
        .flat_map(|_| {
            let a = rng.normal();
            [a, a + 1e-6 * rng.normal()]
        })
        .collect();
    let y: Vec<f64> = rows.chunks_exact(2).map(|r| 2.0 * r[0] + 3.0 * r[1] + 1.0).collect();
    let fit = LeastSquares::fit(&Dense::new(3000, 2, rows).unwrap(), &y, true, &pool).unwrap();
    assert_eq!((fit.route, fit.rank), (Route::Svd, 2));
    near(&fit.model.weights, &[2.0, 3.0], 1e-8, "weights");
}

#[test]
fn ridge_lasso_and_elastic_net_are_those_of_scikit_learn() {
    let fixture = fixture();
    let (y, pool) = (numbers(&fixture["y"]), Pool::new(2));
    let s = Dense::new(y.len(), 10, numbers(&fixture["s"])).unwrap();
    let sparse = Csr::from_dense(&s).unwrap();
    for case in fixture["fits"].as_array().unwrap() {
        let (alpha, intercept) = (case["alpha"].as_f64().unwrap(), case["intercept"].as_bool().unwrap());
        for x in [Features::Dense(&s), Features::Sparse(&sparse)] {
            let model = if case["kind"] == "ridge" {
                ridge(x, &y, alpha, intercept, &pool).unwrap()
            } else {
                let l1_ratio = case["l1_ratio"].as_f64().unwrap();
                let net =
                    ElasticNet { alpha, l1_ratio, intercept, tolerance: 1e-14, max_iterations: 100_000 };
                let fit = net.fit(x, &y, None, &pool).unwrap();
                assert!(fit.converged);
                assert!(net.fit(x, &y, Some(&fit.model), &pool).unwrap().iterations <= 2, "a warm start");
                fit.model
            };
            near(&model.weights, &numbers(&case["coef"]), 1e-6, &format!("{case:.60}"));
            near(&model.bias, &[case["bias"].as_f64().unwrap()], 1e-6, &format!("{case:.60}"));
        }
    }
    let wide = Dense::new(6, 10, dense(&fixture).data()[..60].to_vec()).unwrap();
    let model = ridge(Features::Dense(&wide), &y[..6], 2.0, true, &pool).unwrap();
    near(&model.weights, &numbers(&fixture["ridge_wide"]["coef"]), 1e-8, "wide");
    let net = ElasticNet { tolerance: 1e-14, max_iterations: 100_000, ..ElasticNet::default() };
    let path = net.path(Features::Sparse(&sparse), &y, 12, 1e-3, &pool).unwrap();
    let alphas: Vec<f64> = path.iter().map(|p| p.alpha).collect();
    relative(&alphas, &numbers(&fixture["path"]["alphas"]), 1e-10, "alphas");
    let weights: Vec<f64> = path.iter().flat_map(|p| p.model.weights.clone()).collect();
    near(&weights, &numbers(&fixture["path"]["coefs"]), 1e-6, "path");
}

#[test]
fn descent_ends_where_the_closed_form_does_and_says_when_it_does_not() {
    let (mut rng, pool) = (Rng::new(9), Pool::new(1));
    let x: Vec<f64> = (0..80).map(|_| rng.normal()).collect();
    let y: Vec<f64> = x.chunks_exact(2).map(|r| r[0] - 2.0 * r[1] + 0.5 + 0.1 * rng.normal()).collect();
    let x = Dense::new(40, 2, x).unwrap();
    let want = LeastSquares::fit(&x, &y, true, &pool).unwrap().model;
    let whole = Descent { rate: Rate::Constant(0.3), epochs: 400, ..Descent::default() };
    let walked = whole.walk(Features::Dense(&x), &y).unwrap();
    near(&walked.model.weights, &want.weights, 1e-8, "whole");
    assert!(walked.path.windows(2).all(|p| p[1].loss <= p[0].loss + 1e-15) && walked.path.len() == 401);
    for batch in [Batch::Of(1), Batch::Of(8)] {
        let rate = Rate::Inverse { start: 0.1, decay: 0.01 };
        let walked =
            Descent { batch, rate, epochs: 300, ..Descent::default() }.walk(Features::Dense(&x), &y).unwrap();
        near(&walked.model.weights, &want.weights, 0.02, "stochastic");
    }
    let thinned = Descent { most_kept: 10, ..whole.clone() }.walk(Features::Dense(&x), &y).unwrap();
    assert!(thinned.path.len() <= 11 && thinned.model == walked.model);
    let wild = Descent { rate: Rate::Constant(5.0), epochs: 10_000, ..Descent::default() };
    assert!(wild.walk(Features::Dense(&x), &y).unwrap().diverged);
    // Cross-entropy against the Newton fit without a penalty.
    let labels: Vec<u32> = (0..40).map(|i| u32::from(y[i] + rng.normal() > 0.5)).collect();
    let answers: Vec<f64> = labels.iter().map(|l| f64::from(*l)).collect();
    let free = gyeol_learn::LogisticParams { c: f64::INFINITY, tolerance: 1e-10, ..Default::default() };
    let newton = free.fit(Features::Dense(&x), &labels, 2, None, None, &pool).unwrap();
    let logistic = Descent {
        objective: Objective::CrossEntropy,
        rate: Rate::Constant(4.0),
        epochs: 8000,
        ..Descent::default()
    };
    let walked = logistic.walk(Features::Dense(&x), &answers).unwrap();
    near(&walked.model.weights, &newton.model.weights, 1e-6, "logistic");
    assert_eq!(logistic.walk(Features::Dense(&x), &y).unwrap_err().code(), "answer-range");
}

#[test]
fn regression_refuses_what_it_cannot_use() {
    let pool = Pool::new(1);
    let x = Dense::new(2, 1, vec![1.0, 2.0]).unwrap();
    let code = |y: &[f64]| LeastSquares::fit(&x, y, true, &pool).unwrap_err().code();
    assert_eq!(code(&[1.0]), "answer-count");
    assert_eq!(code(&[1.0, f64::NAN]), "not-finite");
    assert_eq!(
        LeastSquares::fit(&Dense::trusted(0, 1, vec![]), &[], true, &pool).unwrap_err().code(),
        "no-rows"
    );
    let x = Features::Dense(&x);
    assert_eq!(ridge(x, &[1.0, 2.0], 0.0, true, &pool).unwrap_err().code(), "option-range");
    let net = ElasticNet { alpha: -1.0, ..ElasticNet::default() };
    assert_eq!(net.fit(x, &[1.0, 2.0], None, &pool).unwrap_err().code(), "option-range");
    let ridge_path = ElasticNet { l1_ratio: 0.0, ..ElasticNet::default() };
    assert_eq!(ridge_path.path(x, &[1.0, 2.0], 5, 0.1, &pool).unwrap_err().code(), "option-range");
}
