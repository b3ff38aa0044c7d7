//! Whatever finite numbers come, a machine gives an error with a code or a model of finite numbers; it neither panics nor hangs.

use gyeol_learn::regression::{Descent, ElasticNet, LeastSquares, residual_checks, ridge};
use gyeol_learn::{
    BayesParams, Features, GaussianBayes, KMeansParams, LinearClassifier, LogisticParams, NbsvmParams,
    Neighbours, Pca, PerceptronParams, SgdParams, Solver, SvmParams, silhouette,
};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::{Csr, Dense};

fn finite(model: &LinearClassifier, what: &str) {
    assert!(model.weights.iter().chain(&model.bias).all(|v| v.is_finite()), "{what}");
}

#[test]
fn numbers_of_any_size_give_a_model_or_an_error() {
    let pool = Pool::new(2);
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let (n, p, k) = (2 + rng.below(30) as usize, 1 + rng.below(8) as usize, 2 + rng.below(3) as usize);
        let scale = [1.0, 1e-150, 1e-9, 1e9, 1e60, 1e99][rng.below(6) as usize];
        let (constant, twice) = (rng.below(3) == 0, rng.below(3) == 0);
        let mut x: Vec<f64> = (0..n * p)
            .map(|_| match rng.below(4) {
                0 => 0.0,
                1 => rng.normal(),
                2 => rng.normal() * scale,
                _ => (rng.below(3) as f64) * scale,
            })
            .collect();
        for row in x.chunks_exact_mut(p) {
            if constant {
                row[0] = scale;
            }
            if twice {
                row[p - 1] = row[0];
            }
        }
        if rng.below(2) == 0 {
            x.iter_mut().for_each(|v| *v = v.abs());
        }
        let x = Dense::new(n, p, x).unwrap();
        let sparse = Csr::from_dense(&x).unwrap();
        let y: Vec<u32> = (0..n).map(|i| (i % k) as u32).collect();
        let answers: Vec<f64> = (0..n).map(|_| rng.normal() * scale).collect();
        for features in [Features::Dense(&x), Features::Sparse(&sparse)] {
            let what = format!("seed {seed}");
            for (solver, l1_ratio, c) in [
                (Solver::NewtonCg, 0.0, 1.0),
                (Solver::Lbfgs, 0.0, f64::INFINITY),
                (Solver::Proximal, 0.5, 1.0),
                (Solver::Proximal, 0.0, f64::INFINITY),
            ] {
                let params =
                    LogisticParams { solver, l1_ratio, c, max_iterations: 30, ..LogisticParams::default() };
                if let Ok(fit) = params.fit(features, &y, k, None, None, &pool) {
                    finite(&fit.model, &what);
                    assert!(!fit.converged || fit.gradient_norm <= params.tolerance);
                }
            }
            if let Ok(model) = BayesParams::default().fit(features, &y, k, None) {
                finite(&model, &what);
            }
            for params in
                [SvmParams::default(), SvmParams { hinge: "hinge".parse().unwrap(), ..SvmParams::default() }]
            {
                if let Ok(fit) = params.fit(features, &y, k, None, &pool) {
                    finite(&fit.model, &what);
                }
            }
            for presence in [false, true] {
                if let Ok(fit) =
                    (NbsvmParams { presence, ..NbsvmParams::default() }).fit(features, &y, k, None, &pool)
                {
                    finite(&fit.model, &what);
                }
            }
            let _ = PerceptronParams::default().fit(features, &y, k).map(|fit| finite(&fit.model, &what));
            let _ =
                SgdParams::default().fit(features, &y, k, None, &pool).map(|fit| finite(&fit.model, &what));
            let _ = ridge(features, &answers, 1.0, true, &pool)
                .map(|m| assert!(m.weights.iter().all(|v| v.is_finite())));
            let net = ElasticNet { max_iterations: 50, ..ElasticNet::default() };
            let _ = net
                .fit(features, &answers, None, &pool)
                .map(|f| assert!(f.model.weights.iter().all(|v| v.is_finite())));
            let _ = net.path(features, &answers, 4, 0.01, &pool);
            let _ = Descent::default().walk(features, &answers);
            let near = Neighbours::new(features, "euclidean".parse().unwrap()).unwrap();
            near.classify(features, &y, k, 3, "distance".parse().unwrap(), &pool).unwrap();
        }
        let _ = GaussianBayes::fit(&x, &y, k, None, 1e-9).map(|m| m.classify(&x, &pool).unwrap());
        if let Ok(fit) = LeastSquares::fit(&x, &answers, true, &pool) {
            assert!(fit.model.weights.iter().all(|v| v.is_finite()), "seed {seed}");
            let _ = residual_checks(&fit, &x, &pool);
            let _ = fit.summary(0.95);
        }
        let clusters = KMeansParams { starts: 2, ..KMeansParams::new(2) };
        let fit = clusters.fit(&x, &pool).unwrap();
        let _ = silhouette(&x, &fit.labels, None, &pool);
        let _ = Pca::fit(&x, 1, &pool).map(|pca| pca.transform(&x, &pool).unwrap());
    }
}

#[test]
fn numbers_whose_squares_are_none_are_refused() {
    let x = Dense::new(2, 1, vec![1e200, 1.0]).unwrap();
    let pool = Pool::new(1);
    let error =
        LogisticParams::default().fit(Features::Dense(&x), &[0, 1], 2, None, None, &pool).unwrap_err();
    assert_eq!(error.code(), "number-range");
    assert_eq!(Pca::fit(&x, 1, &pool).unwrap_err().code(), "number-range");
}

#[test]
fn a_million_rows_of_twenty_columns_are_no_burden() {
    let (n, p, pool) = (1_000_000, 20, Pool::new(2));
    let mut x = vec![0.0; n * p];
    pool.split_mut([&mut x], 1 << 16, |range, [x]| {
        let mut rng = Rng::stream(7, range.start as u64);
        x.iter_mut().for_each(|v| *v = rng.uniform() - 0.3);
    });
    let answers: Vec<f64> = x.chunks_exact(p).map(|r| r[0] - 2.0 * r[1] + 0.1 * r[2] * r[3]).collect();
    let labels: Vec<u32> =
        answers.iter().zip(x.chunks_exact(p)).map(|(a, r)| u32::from(a + r[4] > 0.0)).collect();
    let x = Dense::new(n, p, x).unwrap();
    let features = Features::Dense(&x);
    let fit = LeastSquares::fit(&x, &answers, true, &pool).unwrap();
    assert!((fit.model.weights[1] + 2.0).abs() < 1e-2);
    let net =
        ElasticNet { alpha: 1e-3, ..ElasticNet::default() }.fit(features, &answers, None, &pool).unwrap();
    assert!(net.converged && net.model.weights[7] == 0.0);
    let logistic = LogisticParams { c: 0.1, ..LogisticParams::default() };
    assert!(logistic.fit(features, &labels, 2, None, None, &pool).unwrap().converged);
    assert!(SgdParams { epochs: 2, ..SgdParams::default() }.fit(features, &labels, 2, None, &pool).is_ok());
    assert!(GaussianBayes::fit(&x, &labels, 2, None, 1e-9).is_ok());
    let clusters = KMeansParams { max_iterations: 3, ..KMeansParams::new(4) };
    assert!(!clusters.fit(&x, &pool).unwrap().converged);
    assert_eq!(Pca::fit(&x, 3, &pool).unwrap().components.rows(), 3);
}
