use gyeol_tensor::{Pool, Rng};
use serde_json::Value;

use super::*;
use crate::matrix::{Csr, Dense};

/// From scikit-learn and SciPy: see `tests/fixtures/similarity.py`.
#[test]
fn scores_of_pairs_are_those_of_scikit_learn_and_scipy() {
    let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/similarity.json")).unwrap();
    let number = |i: usize, j: usize| {
        if i != 3 && !(i + 2 * j).is_multiple_of(3) { ((i * i + 3 * j * i + j) % 7) as f64 } else { 0.0 }
    };
    let dense = Dense::new(8, 9, (0..72).map(|at| number(at / 9, at % 9)).collect()).unwrap();
    let rows = Csr::from_dense(&dense).unwrap();
    let pool = Pool::new(2);
    for (name, measure) in MEASURES {
        let want = fixture[name].as_array().unwrap();
        let found = between(&rows, &rows, *measure, &pool).unwrap();
        let near = Index::new(&rows, *measure).unwrap().search(&rows, 8, &pool).unwrap();
        let near_dense = DenseIndex::new(&dense, *measure).unwrap().search(&dense, 8, &pool).unwrap();
        for i in 0..8 {
            for j in 0..8 {
                let want = want[i][j].as_f64().unwrap();
                assert!(
                    (found.at(i, j) - want).abs() < 1e-7,
                    "{name} of {i} and {j}: {} {want}",
                    found.at(i, j)
                );
                for near in [&near[i], &near_dense[i]] {
                    let score = near.iter().find(|n| n.row as usize == j).unwrap().score;
                    assert!((score - found.at(i, j)).abs() < 1e-14, "{name} of {i} and {j}: {score}");
                }
            }
        }
    }
}

/// Rows where some columns are frequent, some rows come twice and some are empty.
fn rows(n: usize, seed: u64) -> Csr {
    let mut rng = Rng::new(seed);
    let mut places = Vec::new();
    for i in 0..n as u32 {
        if i % 50 == 7 {
            continue;
        }
        let mut own = Rng::new(u64::from(i % 1500));
        for _ in 0..30 {
            let column = (own.below(400) * own.below(400) / 400) as u32;
            places.push((i, column, 1.0 + own.below(3) as f64));
        }
        if rng.below(3) == 0 {
            places.push((i, 400, rng.uniform()));
        }
    }
    Csr::from_triplets(n, 401, places).unwrap()
}

#[test]
fn the_nearest_are_those_of_all_comparisons() {
    let all = rows(2500, 1);
    let queries = all.select((0..2500).step_by(61));
    for (name, measure) in MEASURES {
        let want = between(&queries, &all, *measure, &Pool::new(2)).unwrap();
        let index = Index::new(&all, *measure).unwrap();
        let few = index.search(&queries, 10, &Pool::new(1)).unwrap();
        for (i, found) in few.iter().enumerate() {
            let mut order: Vec<(f64, u32)> =
                (0..2500).map(|j| (measure.rank(want.at(i, j as usize)), j)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            assert_eq!(found.len(), 10);
            for (at, near) in found.iter().enumerate() {
                // Scores that differ in the last bit alone may be in either order.
                assert!(
                    (measure.rank(near.score) - order[at].0).abs() < 1e-12,
                    "{name}, query {i}, place {at}"
                );
            }
            let exact_order = found.windows(2).all(|p| {
                let (a, b) = (measure.rank(p[0].score), measure.rank(p[1].score));
                a > b || (a == b && p[0].row < p[1].row)
            });
            assert!(exact_order, "{name}, query {i}: {found:?}");
        }
        for threads in [2, 3, 7] {
            assert_eq!(index.search(&queries, 10, &Pool::new(threads)).unwrap(), few, "{threads} threads");
        }
        let dense = queries.to_dense().unwrap();
        let same = DenseIndex::new(&all.to_dense().unwrap(), *measure)
            .unwrap()
            .search(&dense, 10, &Pool::new(3))
            .unwrap();
        for (a, b) in same.iter().flatten().zip(few.iter().flatten()) {
            assert!((a.score - b.score).abs() < 1e-12, "{name}: {a:?} {b:?}");
        }
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let pool = Pool::new(1);
    let a = Csr::from_triplets(2, 3, [(0, 0, 1.0), (1, 2, -1.0)]).unwrap();
    let b = Csr::from_triplets(2, 4, [(0, 0, 1.0)]).unwrap();
    let index = Index::new(&a, Measure::Cosine).unwrap();
    assert_eq!(index.search(&b, 1, &pool).unwrap_err().code(), "other-columns");
    assert_eq!(index.search(&a, 0, &pool).unwrap_err().code(), "no-neighbours");
    assert_eq!(index.search(&a, 99, &pool).unwrap()[0].len(), 2, "no more than there are");
    assert_eq!(Index::new(&a, Measure::WeightedJaccard).unwrap_err().code(), "negative");
    assert_eq!(between(&a, &a, Measure::WeightedJaccard, &pool).unwrap_err().code(), "negative");
    assert_eq!(between(&a, &b, Measure::Dot, &pool).unwrap_err().code(), "other-columns");
    assert_eq!("cosinus".parse::<Measure>().unwrap_err().code(), "unknown-measure");
    let dense = Dense::new(1, 2, vec![1.0, -1.0]).unwrap();
    assert_eq!(DenseIndex::new(&dense, Measure::WeightedJaccard).unwrap_err().code(), "negative");
    for (name, measure) in MEASURES {
        assert_eq!((name.parse::<Measure>().unwrap(), measure.to_string().as_str()), (*measure, *name));
    }
}
