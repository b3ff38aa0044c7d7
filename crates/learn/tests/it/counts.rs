//! Naive Bayes, linear SVM and NBSVM against scikit-learn (`fixtures/counts.py`).

use gyeol_learn::bayes::presence;
use gyeol_learn::{BayesParams, ClassWeight, Features, GaussianBayes, Link, NbsvmParams, SvmParams};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::{Csr, Dense};
use serde_json::Value;

use crate::common::{coefficients, dense, labels, near, numbers};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/counts.json")).unwrap()
}

fn classes(y: &[u32]) -> usize {
    *y.iter().max().unwrap() as usize + 1
}

#[test]
fn naive_bayes_gives_the_probabilities_of_scikit_learn() {
    let fixture = fixture();
    let (x, weights, pool) = (dense(&fixture), numbers(&fixture["weights"]), Pool::new(1));
    let sparse = Csr::from_dense(&x).unwrap();
    let there = presence(&sparse).unwrap();
    for case in fixture["bayes"].as_array().unwrap() {
        let y = labels(&case["labels"]);
        let kind = case["kind"].as_str().unwrap();
        let params = BayesParams {
            kind: kind.parse().unwrap(),
            alpha: case["alpha"].as_f64().unwrap(),
            prior: case["prior"].as_bool().unwrap(),
            class_weight: ClassWeight::None,
        };
        let rows = if kind == "bernoulli" { &there } else { &sparse };
        let dense = rows.to_dense().unwrap();
        for features in [Features::Sparse(rows), Features::Dense(&dense)] {
            let model = params.fit(features, &y, classes(&y), Some(&weights)).unwrap();
            let found = model.probabilities(features, &pool).unwrap().unwrap();
            near(found.data(), &numbers(&case["proba"]), 1e-10, kind);
        }
    }
}

#[test]
fn gaussian_bayes_is_that_of_scikit_learn() {
    let fixture = &fixture()["gaussian"];
    let (x, y, pool) = (dense(fixture), labels(&fixture["labels"]), Pool::new(1));
    let weights: Vec<f64> = (0..150).map(|i| f64::from(1 + i % 3)).collect();
    let model = GaussianBayes::fit(&x, &y, 3, Some(&weights), 1e-9).unwrap();
    near(model.means.data(), &numbers(&fixture["means"]), 1e-12, "means");
    near(model.variances.data(), &numbers(&fixture["variances"]), 1e-12, "variances");
    let tenth: Vec<f64> = (0..150).step_by(10).flat_map(|i| x.row(i).to_vec()).collect();
    let tenth = Dense::new(15, 4, tenth).unwrap();
    near(model.decision(&tenth, &pool).unwrap().data(), &numbers(&fixture["log_proba"]), 1e-10, "scores");
    let constant = Dense::new(2, 1, vec![1.0, 1.0]).unwrap();
    let model = GaussianBayes::fit(&constant, &[0, 1], 2, None, 1e-9).unwrap();
    assert_eq!(model.probabilities(&constant, &pool).unwrap().data(), [0.5; 4]);
}

#[test]
fn planes_are_those_of_liblinear() {
    let fixture = fixture();
    let (x, weights, pool) = (dense(&fixture), numbers(&fixture["weights"]), Pool::new(2));
    let sparse = Csr::from_dense(&x).unwrap();
    for case in fixture["svm"].as_array().unwrap() {
        let y = labels(&case["labels"]);
        let hinge = case["hinge"].as_str().unwrap();
        let params = SvmParams {
            c: case["c"].as_f64().unwrap(),
            hinge: hinge.parse().unwrap(),
            tolerance: 1e-9,
            max_iterations: 1_000_000,
            class_weight: ClassWeight::Balanced,
            ..SvmParams::default()
        };
        for features in [Features::Dense(&x), Features::Sparse(&sparse)] {
            let fit = params.fit(features, &y, classes(&y), Some(&weights), &pool).unwrap();
            assert!(fit.converged, "{hinge} {} {}", fit.iterations, fit.gradient_norm);
            near(&coefficients(&fit.model), &numbers(&case["coef"]), 1e-5, hinge);
            near(&fit.model.bias, &numbers(&case["bias"]), 1e-5, hinge);
            assert_eq!(fit.model.probabilities(features, &pool).unwrap(), None);
        }
        let of =
            |threads| params.fit(Features::Dense(&x), &y, classes(&y), None, &Pool::new(threads)).unwrap();
        assert_eq!(of(1), of(3));
    }
}

#[test]
fn nbsvm_is_the_machine_on_scaled_columns() {
    let fixture = fixture();
    let (x, pool) = (dense(&fixture), Pool::new(2));
    let sparse = Csr::from_dense(&x).unwrap();
    for case in fixture["nbsvm"].as_array().unwrap() {
        let y = labels(&case["labels"]);
        let loss = case["loss"].as_str().unwrap();
        let params = NbsvmParams {
            c: case["c"].as_f64().unwrap(),
            beta: case["beta"].as_f64().unwrap(),
            presence: case["presence"].as_bool().unwrap(),
            loss: loss.parse().unwrap(),
            tolerance: 1e-9,
            max_iterations: 1_000_000,
            ..NbsvmParams::default()
        };
        for features in [Features::Dense(&x), Features::Sparse(&sparse)] {
            let fit = params.fit(features, &y, classes(&y), None, &pool).unwrap();
            assert!(fit.converged, "{loss} {} {}", fit.iterations, fit.gradient_norm);
            near(&coefficients(&fit.model), &numbers(&case["coef"]), 1e-5, loss);
            near(&fit.model.bias, &numbers(&case["bias"]), 1e-5, loss);
            assert_eq!(fit.model.link == Link::None, loss != "logistic");
        }
    }
}

#[test]
fn what_are_no_counts_is_refused() {
    let pool = Pool::new(1);
    let x = Dense::new(3, 1, vec![1.0, -1.0, 2.0]).unwrap();
    let (x, y) = (Features::Dense(&x), [0, 1, 0]);
    let bayes = |params: BayesParams| params.fit(x, &y, 2, None).unwrap_err().code();
    assert_eq!(bayes(BayesParams::default()), "negative");
    assert_eq!(
        bayes(BayesParams { kind: "bernoulli".parse().unwrap(), ..BayesParams::default() }),
        "not-presence"
    );
    assert_eq!(bayes(BayesParams { alpha: 0.0, ..BayesParams::default() }), "option-range");
    assert_eq!(NbsvmParams::default().fit(x, &y, 2, None, &pool).unwrap_err().code(), "negative");
    let beta = NbsvmParams { beta: 1.5, ..NbsvmParams::default() };
    assert_eq!(beta.fit(x, &y, 2, None, &pool).unwrap_err().code(), "option-range");
    assert_eq!(
        SvmParams { c: 0.0, ..SvmParams::default() }.fit(x, &y, 2, None, &pool).unwrap_err().code(),
        "option-range"
    );
    let model = SvmParams::default().fit(x, &y, 2, None, &pool).unwrap().model;
    let wide = Dense::zeros(1, 2).unwrap();
    assert_eq!(model.decision(Features::Dense(&wide), &pool).unwrap_err().code(), "other-columns");
}

#[test]
fn ten_thousand_classes_are_told_apart() {
    // Two rows a class, of a pair of columns that no other class has.
    let (n, k, pool) = (20_000, 10_000, Pool::new(2));
    let places = (0..n as u32).flat_map(|i| {
        let class = i % 10_000;
        [(i, class / 100, 1.0), (i, 100 + class % 100, 1.0)]
    });
    let x = Csr::from_triplets(n, 200, places).unwrap();
    let y: Vec<u32> = (0..n as u32).map(|i| i % 10_000).collect();
    let model = BayesParams::default().fit(Features::Sparse(&x), &y, k, None).unwrap();
    assert_eq!(model.classify(Features::Sparse(&x), &pool).unwrap(), y);
}
