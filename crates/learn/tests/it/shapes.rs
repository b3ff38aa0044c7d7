//! Perceptron, averaged SGD, neighbours, clusters and components against scikit-learn (`fixtures/shapes.py`).

use gyeol_learn::{
    Features, KMeansParams, LinearClassifier, Link, LogisticParams, Neighbours, Pca, PerceptronParams,
    SgdLoss, SgdParams, SvmParams, silhouette, silhouettes,
};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::{Csr, Dense};
use serde_json::Value;

use crate::common::{dense, labels, near, numbers};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/shapes.json")).unwrap()
}

fn rows(x: &Dense, of: impl Fn(usize) -> bool) -> Dense {
    let kept: Vec<usize> = (0..x.rows()).filter(|&i| of(i)).collect();
    let data = kept.iter().flat_map(|&i| x.row(i).to_vec()).collect();
    Dense::new(kept.len(), x.cols(), data).unwrap()
}

#[test]
fn the_perceptron_moves_as_that_of_scikit_learn() {
    let fixture = fixture();
    let x = dense(&fixture);
    let y: Vec<u32> = labels(&fixture["labels"]).iter().map(|l| u32::from(*l == 1)).collect();
    for case in fixture["perceptron"].as_array().unwrap() {
        let epochs = case["epochs"].as_u64().unwrap() as usize;
        let params = PerceptronParams { epochs, ..PerceptronParams::default() };
        let fit = params.fit(Features::Dense(&x), &y, 2).unwrap();
        near(&fit.model.weights, &numbers(&case["coef"]), 1e-10, "weights");
        near(&fit.model.bias, &[case["bias"].as_f64().unwrap()], 1e-10, "bias");
    }
}

#[test]
fn a_perceptron_parts_what_a_line_can_part() {
    let x = Dense::new(4, 2, vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]).unwrap();
    let x = Features::Dense(&x);
    let pool = Pool::new(1);
    for (gate, parted) in
        [([0, 0, 0, 1], true), ([0, 1, 1, 1], true), ([1, 1, 1, 0], true), ([0, 1, 1, 0], false)]
    {
        let mut moves = 0;
        let fit = PerceptronParams::default().watch(x, &gate, 2, &mut |_, _, _| moves += 1).unwrap();
        assert_eq!((fit.separated, moves), (parted, fit.mistakes.iter().sum()), "{gate:?}");
        assert_eq!(fit.model.classify(x, &pool).unwrap() == gate, parted, "{gate:?}");
        assert_eq!(fit.mistakes.len() == 100, !parted);
    }
    // The mean of the planes after each row, by hand: rows (1), (-1) of classes 1, 0 and weights 1, 1 | 1, 1 from the first on.
    let line = Dense::new(2, 1, vec![1.0, -1.0]).unwrap();
    let fit = PerceptronParams { averaged: true, ..PerceptronParams::default() };
    let fit = fit.fit(Features::Dense(&line), &[1, 0], 2).unwrap();
    // Row 1: w = 1, b = 1. Row 2: score 0 is a mistake: w = 2, b = 0. The next round has none: means of (1, 2, 2, 2) and (1, 0, 0, 0).
    assert_eq!((fit.model.weights[0], fit.model.bias[0], fit.mistakes), (1.75, 0.25, vec![2, 0]));
    let fixture = fixture();
    let (x, y) = (dense(&fixture), labels(&fixture["labels"]));
    for averaged in [false, true] {
        let params = PerceptronParams { averaged, seed: Some(3), ..PerceptronParams::default() };
        let fit = params.fit(Features::Dense(&x), &y, 3).unwrap();
        assert!(fit.separated && fit.model.classify(Features::Dense(&x), &pool).unwrap() == y);
    }
}

#[test]
fn averaged_gradients_come_near_the_optimum() {
    let mut rng = Rng::new(2);
    let (n, p, pool) = (4000, 8, Pool::new(2));
    let x: Vec<f64> = (0..n * p).map(|_| if rng.below(2) == 0 { 0.0 } else { rng.normal() }).collect();
    let y: Vec<u32> = x
        .chunks_exact(p)
        .map(|r| u32::from(r[0] - r[1] + 0.3 + rng.normal() > 0.0) + u32::from(r[2] > 1.0))
        .collect();
    let two: Vec<u32> = y.iter().map(|y| y & 1).collect();
    let x = Dense::new(n, p, x).unwrap();
    let sparse = Csr::from_dense(&x).unwrap();
    let lambda = 1e-3;
    let c = 1.0 / (lambda * n as f64);
    let logistic = LogisticParams { c, ..LogisticParams::default() };
    let best = logistic.fit(Features::Dense(&x), &two, 2, None, None, &pool).unwrap();
    let sgd = SgdParams { lambda, ..SgdParams::default() };
    for features in [Features::Dense(&x), Features::Sparse(&sparse)] {
        let fit = sgd.fit(features, &two, 2, None, &pool).unwrap();
        assert!(
            fit.objective < best.objective * 1.001 && fit.objective > best.objective - 1e-9,
            "{} {}",
            fit.objective,
            best.objective
        );
        near(&fit.model.weights, &best.model.weights, 0.05, "weights");
    }
    // The same without a bias being penalised: a hinge needs one of a very large scale.
    let hinge = SgdParams { loss: SgdLoss::Hinge, ..sgd.clone() }
        .fit(Features::Dense(&x), &two, 2, None, &pool)
        .unwrap();
    let svm = SvmParams {
        c,
        hinge: "hinge".parse().unwrap(),
        intercept_scaling: 30.0,
        max_iterations: 3000,
        ..SvmParams::default()
    };
    let best = svm.fit(Features::Dense(&x), &two, 2, None, &pool).unwrap();
    assert!(
        hinge.objective < best.objective * lambda * 1.01,
        "{} {}",
        hinge.objective,
        best.objective * lambda
    );
    let of = |threads| sgd.fit(Features::Sparse(&sparse), &y, 3, None, &Pool::new(threads)).unwrap();
    assert!(of(1) == of(2) && of(1) == of(3));
    let wild = SgdParams { rate: Some(1e300), ..sgd };
    assert_eq!(wild.fit(Features::Dense(&x), &two, 2, None, &pool).unwrap_err().code(), "diverged");
}

#[test]
fn neighbours_answer_as_those_of_scikit_learn() {
    let fixture = fixture();
    let (x, y, pool) = (dense(&fixture), labels(&fixture["labels"]), Pool::new(2));
    let (train, test) = (rows(&x, |i| i % 3 != 0), rows(&x, |i| i % 3 == 0));
    let y: Vec<u32> = (0..x.rows()).filter(|i| i % 3 != 0).map(|i| y[i]).collect();
    let answers: Vec<f64> = (0..train.rows()).map(|i| train.at(i, 0)).collect();
    let (sparse, sparse_test) = (Csr::from_dense(&train).unwrap(), Csr::from_dense(&test).unwrap());
    for case in fixture["neighbours"].as_array().unwrap() {
        let k = case["k"].as_u64().unwrap() as usize;
        let say = case["weights"].as_str().unwrap().parse().unwrap();
        let measure = case["metric"].as_str().unwrap().parse().unwrap();
        for (kept, asked) in [
            (Features::Dense(&train), Features::Dense(&test)),
            (Features::Sparse(&sparse), Features::Sparse(&sparse_test)),
        ] {
            let near_by = Neighbours::new(kept, measure).unwrap();
            let shares = near_by.probabilities(asked, &y, 3, k, say, &pool).unwrap();
            near(shares.data(), &numbers(&case["proba"]), 1e-10, "shares");
            let found = near_by.regress(asked, &answers, k, say, &pool).unwrap();
            near(&found, &numbers(&case["answers"]), 1e-10, "answers");
        }
    }
}

#[test]
fn of_neighbours_as_near_the_first_and_of_classes_as_common_the_lowest_is_taken() {
    let x = Dense::new(4, 1, vec![1.0, -1.0, 1.0, -1.0]).unwrap();
    let (zero, pool) = (Dense::new(1, 1, vec![0.0]).unwrap(), Pool::new(1));
    let near_by = Neighbours::new(Features::Dense(&x), "euclidean".parse().unwrap()).unwrap();
    let asked = Features::Dense(&zero);
    let found = near_by.nearest(asked, 3, &pool).unwrap();
    assert_eq!(found[0].iter().map(|n| n.row).collect::<Vec<_>>(), [0, 1, 2]);
    let class =
        |k, labels: &[u32]| near_by.classify(asked, labels, 3, k, "uniform".parse().unwrap(), &pool).unwrap();
    assert_eq!(
        (class(4, &[2, 1, 2, 1]), class(1, &[2, 1, 0, 0]), class(99, &[2, 2, 2, 1])),
        (vec![1], vec![2], vec![2])
    );
    assert!(near_by.nearest(asked, 0, &pool).is_err());
    let sparse = Csr::from_dense(&zero).unwrap();
    assert_eq!(near_by.nearest(Features::Sparse(&sparse), 1, &pool).unwrap_err().code(), "other-kind");
}

#[test]
fn clusters_from_one_start_are_those_of_scikit_learn() {
    let fixture = fixture();
    let (x, pool) = (dense(&fixture), Pool::new(2));
    for case in fixture["kmeans"].as_array().unwrap() {
        let start = numbers(&case["start"]);
        let k = start.len() / x.cols();
        let params = KMeansParams { tolerance: 0.0, ..KMeansParams::new(k) };
        let fit = params.fit_from(&x, &Dense::new(k, x.cols(), start).unwrap(), &pool).unwrap();
        near(fit.centres.data(), &numbers(&case["centres"]), 1e-10, "centres");
        assert_eq!(fit.labels, labels(&case["labels"]));
        near(&[fit.inertia], &[case["inertia"].as_f64().unwrap()], 1e-10, "inertia");
        assert!(fit.converged && fit.iterations as u64 == case["iterations"].as_u64().unwrap());
        assert_eq!(fit.classify(&x, &pool).unwrap(), fit.labels);
        let s = silhouettes(&x, &fit.labels, &pool).unwrap();
        near(&s[..10], &numbers(&case["first"]), 1e-7, "silhouettes");
        let mean = silhouette(&x, &fit.labels, None, &pool).unwrap();
        near(&[mean], &[case["silhouette"].as_f64().unwrap()], 1e-8, "silhouette");
        assert!((silhouette(&x, &fit.labels, Some((100, 1)), &pool).unwrap() - mean).abs() < 0.1);
    }
    let least = fixture["kmeans"][0]["inertia"].as_f64().unwrap();
    let starts = KMeansParams { starts: 5, ..KMeansParams::new(3) };
    let fit = starts.fit(&x, &pool).unwrap();
    assert!(fit.inertia <= least * 1.0001, "{} {least}", fit.inertia);
    assert!([1, 3].iter().all(|&threads| starts.fit(&x, &Pool::new(threads)).unwrap() == fit));
    let batches = KMeansParams { batch: Some(50), ..starts };
    assert!(batches.fit(&x, &pool).unwrap().inertia <= least * 1.1);
}

#[test]
fn a_centre_without_rows_gets_the_farthest_one() {
    let (x, pool) = (Dense::new(4, 1, vec![0.0, 1.0, 2.0, 9.0]).unwrap(), Pool::new(1));
    let start = Dense::new(3, 1, vec![0.0, 2.0, 1e6]).unwrap();
    let fit = KMeansParams::new(3).fit_from(&x, &start, &pool).unwrap();
    assert_eq!((fit.labels[3], fit.centres.at(2, 0)), (2, 9.0));
    let same = Dense::new(3, 1, vec![5.0; 3]).unwrap();
    let fit = KMeansParams::new(2).fit(&same, &pool).unwrap();
    assert_eq!((fit.inertia, fit.labels, fit.converged), (0.0, vec![0; 3], true));
    assert_eq!(KMeansParams::new(4).fit(&same, &pool).unwrap_err().code(), "too-many-clusters");
    assert_eq!(silhouettes(&x, &[1; 4], &pool).unwrap_err().code(), "one-cluster");
}

#[test]
fn components_are_those_of_scikit_learn() {
    let fixture = fixture();
    let (x, pool) = (dense(&fixture), Pool::new(2));
    for case in fixture["pca"].as_array().unwrap() {
        let (count, k) = (case["rows"].as_u64().unwrap() as usize, case["k"].as_u64().unwrap() as usize);
        let part = rows(&x, |i| i < count);
        let pca = Pca::fit(&part, k, &pool).unwrap();
        near(pca.components.data(), &numbers(&case["components"]), 1e-9, "components");
        near(&pca.variance, &numbers(&case["variance"]), 1e-10, "variance");
        near(&pca.variance_ratio, &numbers(&case["ratio"]), 1e-10, "ratio");
        near(&pca.singular_values, &numbers(&case["singular"]), 1e-10, "singular values");
        let first = pca.transform(&rows(&x, |i| i < 2), &pool).unwrap();
        near(first.data(), &numbers(&case["first"]), 1e-9, "rows along them");
    }
    let (flat, one) = (Dense::new(3, 2, vec![1.0; 6]).unwrap(), Dense::new(1, 2, vec![1.0; 2]).unwrap());
    assert_eq!(Pca::fit(&flat, 1, &pool).unwrap_err().code(), "no-variance");
    assert_eq!(Pca::fit(&one, 1, &pool).unwrap_err().code(), "too-many-components");
    let line = Dense::new(3, 2, vec![0.0, 0.0, 1.0, 1.0, 2.0, 2.0]).unwrap();
    assert_eq!(Pca::fit(&line, 2, &pool).unwrap().variance.len(), 1, "rows on a line vary in one direction");
}

/// Scores of a few rows of many columns, of which most are not met, are those of the rows among all others.
#[test]
fn few_rows_have_the_scores_of_many() {
    let (n, p, k) = (200, 3000, 5);
    let random = |i: usize| ((i * 2_654_435_761) % 1009) as f64 / 1009.0 - 0.5;
    let triplets = (0..n * 12).map(|i| ((i % n) as u32, (i * 7919 % p) as u32, random(i)));
    let all = Csr::from_triplets(n, p, triplets).unwrap();
    let weights = (0..p * k).map(random).collect();
    let model = LinearClassifier {
        classes: k,
        inputs: p,
        outputs: k,
        weights,
        bias: vec![0.1; k],
        link: Link::Softmax,
    };
    let pool = Pool::new(2);
    let scores = model.decision(Features::Sparse(&all), &pool).unwrap();
    for row in 0..n {
        let (columns, numbers) = all.parts(row);
        let one = Csr::new(p, vec![0, columns.len()], columns.to_vec(), numbers.to_vec()).unwrap();
        assert_eq!(model.decision(Features::Sparse(&one), &pool).unwrap().row(0), scores.row(row));
    }
    let none = Csr::new(p, vec![0, 0], Vec::new(), Vec::new()).unwrap();
    assert_eq!(model.decision(Features::Sparse(&none), &pool).unwrap().row(0), [0.1; 5]);
}
