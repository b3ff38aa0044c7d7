use gyeol_tensor::Pool;
use serde_json::Value;

use super::*;

/// The matrix of `tests/fixtures/svd.py`.
fn made(n: usize, m: usize, every: usize) -> Csr {
    let mut places = Vec::new();
    for i in 0..n {
        for j in 0..m {
            if (i * i * 7 + j * 13 + i * j) % every == 0 {
                let value = ((i * 31 + j * 17) % 23) as f64 - 11.0 + if j < 3 { 40.0 } else { 0.0 };
                places.push((i as u32, j as u32, value));
            }
        }
    }
    Csr::from_triplets(n, m, places).unwrap()
}

fn orthonormal(matrix: &Dense) -> f64 {
    matrix.t_times(matrix).distance(&Dense::identity(matrix.cols()).unwrap())
}

/// From NumPy (LAPACK), SciPy (ARPACK) and scikit-learn: see `tests/fixtures/svd.py`.
#[test]
fn singular_values_are_those_of_lapack_and_arpack() {
    let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/svd.json")).unwrap();
    let floats = |v: &Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
    let pool = Pool::new(2);
    assert_eq!(fixture["cases"].as_array().unwrap().len(), 3);
    for case in fixture["cases"].as_array().unwrap() {
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let (matrix, k, want) =
            (made(size("n"), size("m"), size("every")), size("k"), floats(&case["sigma"]));
        let lanczos = TruncatedParams { method: Method::lanczos(), ..TruncatedParams::new(k) };
        let found = Svd::truncated(&matrix, lanczos, &pool).unwrap();
        for (a, b) in found.sigma.iter().zip(&want) {
            assert!((a - b).abs() < 1e-9 * b, "{a} {b}");
        }
        assert!(orthonormal(&found.u) < 1e-9 && orthonormal(&found.v) < 1e-9);
        // A V = U Σ: the pairs themselves, not only their values.
        let dense = matrix.to_dense().unwrap();
        let left = dense.times(&found.v);
        assert!(left.distance(&found.u.clone().scaled(&found.sigma)) < 1e-6 * want[0]);
        if let Some(first) = case["first"].as_array() {
            for (i, row) in first.iter().enumerate() {
                for (j, want) in floats(row).into_iter().enumerate() {
                    assert!(
                        (found.v.at(j, i) - want).abs() < 1e-7,
                        "component {i}: {} {want}",
                        found.v.at(j, i)
                    );
                }
            }
        }
        let random = Svd::truncated(&matrix, TruncatedParams::new(k), &pool).unwrap();
        for (i, (a, b)) in random.sigma.iter().zip(&want).enumerate() {
            assert!((a - b).abs() < 0.02 * b && *a < b * (1.0 + 1e-6), "value {i}: {a} {b}");
        }
        assert!((random.sigma[0] - want[0]).abs() < 1e-6 * want[0]);
        assert!(orthonormal(&random.u) < 1e-9 && orthonormal(&random.v) < 1e-9);
        let all = Svd::dense(&dense, false, Flip::Right).unwrap();
        assert!(all.sigma.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-10 * want[0]));
        assert!(all.reconstructed(usize::MAX).distance(&dense) < 1e-10 * want[0]);
    }
}

#[test]
fn the_error_of_a_rank_is_the_root_of_the_squares_left_out() {
    let dense = made(14, 9, 1).to_dense().unwrap();
    let svd = Svd::dense(&dense, false, Flip::Left).unwrap();
    for k in 0..=9 {
        let rest = svd.sigma[k..].iter().map(|s| s * s).sum::<f64>().sqrt();
        let near = svd.reconstructed(k);
        let error: f64 =
            dense.data().iter().zip(near.data()).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        assert!((error - rest).abs() < 1e-10, "rank {k}: {error} {rest}");
    }
    let full = Svd::dense(&dense, true, Flip::None).unwrap();
    assert_eq!((full.u.rows(), full.u.cols(), full.v.cols()), (14, 14, 9));
    assert!(orthonormal(&full.u) < 1e-12);
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_thread_count() {
    let matrix = made(5000, 300, 31);
    for method in [Method::randomized(), Method::Lanczos { tolerance: 1e-6, restarts: 200 }] {
        let params = |seed| TruncatedParams { method, seed, ..TruncatedParams::new(10) };
        let one = Svd::truncated(&matrix, params(0), &Pool::new(1)).unwrap();
        for threads in [2, 3, 7] {
            assert!(
                Svd::truncated(&matrix, params(0), &Pool::new(threads)).unwrap() == one,
                "{threads} threads"
            );
        }
        assert!(Svd::truncated(&matrix, params(1), &Pool::new(1)).unwrap() != one, "the seed does nothing");
    }
}

#[test]
fn a_matrix_of_low_rank_has_that_rank() {
    // Rank 2: every row is one of two.
    let places = (0..400u32).flat_map(|i| {
        (0..60u32).filter(move |j| (i + j) % 2 == 0).map(move |j| (i, j, f64::from(1 + i % 2 + j % 3)))
    });
    let matrix = Csr::from_triplets(400, 60, places).unwrap();
    for method in [Method::randomized(), Method::lanczos()] {
        let svd =
            Svd::truncated(&matrix, TruncatedParams { method, ..TruncatedParams::new(5) }, &Pool::new(2))
                .unwrap();
        assert_eq!(svd.rank(), 2, "{:?}", svd.sigma);
        assert!(svd.reconstructed(2).distance(&matrix.to_dense().unwrap()) < 1e-9);
    }
}

#[test]
fn vectors_of_values_that_are_zero_are_zeros() {
    // Rank 3: three rows with columns of their own, each many times.
    let places = (0..300u32).map(|i| (i, 10 * (i % 3), f64::from(1 + i % 3)));
    let matrix = Csr::from_triplets(300, 40, places).unwrap();
    for method in [Method::randomized(), Method::lanczos()] {
        let params = TruncatedParams { method, ..TruncatedParams::new(6) };
        let svd = Svd::truncated(&matrix, params, &Pool::new(2)).unwrap();
        // A column is c ones, a hundred of them: its length is 10 c.
        for (found, want) in svd.sigma.iter().zip([30.0, 20.0, 10.0, 0.0, 0.0, 0.0]) {
            assert!((found - want).abs() < 1e-9, "{method:?}: {found} {want}");
        }
        for side in [&svd.u, &svd.v] {
            for column in 0..6 {
                let length = (0..side.rows()).map(|i| side.at(i, column).powi(2)).sum::<f64>().sqrt();
                let want = if column < 3 { 1.0 } else { 0.0 };
                assert!((length - want).abs() < 1e-9, "{method:?}: column {column} of length {length}");
            }
        }
    }
}

/// Five iterations without a shift on the same matrix, with plain algebra of this crate's dense matrices.
#[test]
fn shifted_iterations_explain_no_less_than_five_without_a_shift() {
    // Spectra that fall slowly, where iterations matter.
    for (n, m, every, k) in [(150, 420, 7, 9), (300, 200, 11, 12), (260, 260, 5, 20)] {
        let matrix = made(n, m, every);
        let dense = matrix.to_dense().unwrap();
        let explained = |values: &[f64]| values.iter().map(|s| s * s).sum::<f64>();
        let (mut plain, mut shifted) = (0.0, 0.0);
        for seed in 0..8 {
            let mut rng = gyeol_tensor::Rng::new(seed);
            let random = (0..m * (k + 10)).map(|_| rng.normal()).collect();
            let mut q = dense.times(&Dense::new(m, k + 10, random).unwrap());
            for _ in 0..5 {
                q = Svd::dense(&q, false, Flip::None).unwrap().u;
                q = dense.times(&dense.t_times(&q));
            }
            q = Svd::dense(&q, false, Flip::None).unwrap().u;
            plain += explained(&Svd::dense(&q.t_times(&dense), false, Flip::None).unwrap().sigma[..k]);
            let params = TruncatedParams { seed, ..TruncatedParams::new(k) };
            shifted += explained(&Svd::truncated(&matrix, params, &Pool::new(2)).unwrap().sigma);
        }
        assert!(shifted >= plain * (1.0 - 1e-3), "{n} x {m}: {shifted} {plain}");
    }
}

#[test]
fn a_scaled_matrix_has_scaled_values() {
    let matrix = made(300, 200, 11);
    let values = |by: f64| {
        let places = (0..300).flat_map(|i| matrix.row(i).map(move |(j, v)| (i as u32, j, v * by)));
        let scaled = Csr::from_triplets(300, 200, places).unwrap();
        Svd::truncated(&scaled, TruncatedParams::new(5), &Pool::new(1)).unwrap().sigma
    };
    // Far outside of single precision.
    for (a, b) in values(1e60).iter().zip(values(1.0)) {
        assert!((a / 1e60 - b).abs() < 1e-6 * b, "{a} {b}");
    }
}

#[test]
fn what_has_no_decomposition_is_refused() {
    let pool = Pool::new(1);
    let matrix = made(14, 9, 1);
    for k in [0, 10, usize::MAX] {
        let error = Svd::truncated(&matrix, TruncatedParams::new(k), &pool).unwrap_err();
        assert_eq!(error.code(), "too-many-values");
    }
    let zeros = Csr::from_triplets(3, 3, []).unwrap();
    assert_eq!(Svd::truncated(&zeros, TruncatedParams::new(1), &pool).unwrap_err().code(), "only-zeros");
    let huge = Csr::from_triplets(2, 2, [(0, 0, 1e200)]).unwrap();
    assert_eq!(Svd::truncated(&huge, TruncatedParams::new(1), &pool).unwrap_err().code(), "number-range");
    let empty = Csr::from_triplets(0, 3, []).unwrap();
    assert_eq!(Svd::truncated(&empty, TruncatedParams::new(1), &pool).unwrap_err().code(), "empty-matrix");
    assert_eq!(Svd::dense(&Dense::default(), true, Flip::None).unwrap_err().code(), "empty-matrix");
    let impatient = TruncatedParams {
        method: Method::Lanczos { tolerance: 1e-30, restarts: 1 },
        ..TruncatedParams::new(3)
    };
    assert_eq!(Svd::truncated(&made(900, 500, 11), impatient, &pool).unwrap_err().code(), "no-convergence");
}
