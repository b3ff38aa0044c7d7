//! Thresholds, searches, learning curves.

use gyeol_judge::*;

#[test]
fn the_threshold_of_least_cost_is_the_best_of_all_that_can_be_tried() {
    let mut rng = gyeol_tensor::Rng::new(3);
    let positive: Vec<bool> = (0..200).map(|_| rng.uniform() < 0.3).collect();
    let scores: Vec<f64> =
        positive.iter().map(|&p| ((f64::from(p) + 2.0 * rng.uniform()) * 20.0).round() / 20.0).collect();
    let weights: Vec<f64> = (0..200).map(|_| rng.uniform()).collect();
    for (fp, fne) in [(1.0, 1.0), (10.0, 1.0), (1.0, 10.0), (0.0, 1.0), (1.0, 0.0)] {
        let cost = |threshold: f64| {
            let of = |i: usize| {
                weights[i]
                    * match (scores[i] >= threshold, positive[i]) {
                        (true, false) => fp,
                        (false, true) => fne,
                        _ => 0.0,
                    }
            };
            (0..200).map(of).sum::<f64>() / weights.iter().sum::<f64>()
        };
        let found = threshold_for(&scores, &positive, fp, fne, Some(&weights)).unwrap();
        assert!((cost(found.threshold) - found.loss).abs() < 1e-12);
        let all = (-5..70).map(|i| cost(f64::from(i) / 20.0 + 0.01));
        assert!(all.fold(f64::INFINITY, f64::min) >= found.loss - 1e-12, "{found:?}");
    }
    let found = threshold_for_f(&scores, &positive, 1.0, None).unwrap();
    let predicted: Vec<u32> = scores.iter().map(|&s| u32::from(s >= found.threshold)).collect();
    let labels: Vec<u32> = positive.iter().map(|&p| u32::from(p)).collect();
    let f = Confusion::of(&labels, &predicted, 2, None).unwrap().per_class(1.0)[1].score.f;
    assert!((1.0 - f - found.loss).abs() < 1e-12);
}

#[test]
fn where_calling_none_positive_is_cheapest_the_threshold_lies_above_all() {
    let found = threshold_for(&[0.2, 0.9], &[false, false], 1.0, 1.0, None).unwrap();
    assert!(found.threshold > 0.9 && found.threshold.is_finite() && found.loss == 0.0);
    let found = threshold_for(&[f64::MIN, f64::MAX], &[false, true], 1.0, 1.0, None).unwrap();
    assert!(found.threshold.is_finite() && found.loss == 0.0);
    // Neighbouring numbers: nothing lies between.
    let found = threshold_for(&[1.0, 1f64.next_up()], &[false, true], 1.0, 1.0, None).unwrap();
    assert_eq!((found.threshold, found.loss), (1f64.next_up(), 0.0));
    assert_eq!(threshold_for_f(&[0.2, 0.9], &[false, false], 1.0, None).unwrap().loss, 1.0);
    for error in [
        threshold_for(&[], &[], 1.0, 1.0, None),
        threshold_for(&[f64::NAN], &[true], 1.0, 1.0, None),
        threshold_for(&[1.0], &[true], -1.0, 1.0, None),
        threshold_for_f(&[1.0], &[true], 0.0, None),
    ] {
        assert!(error.is_err());
    }
}

#[test]
fn a_grid_has_every_point_and_a_random_search_stays_within() {
    let choice = |n: i64| Range::Choice((0..n).map(Value::Whole).collect());
    let space = Space::new([("a", choice(3)), ("b", Range::Whole(-1, 2))]).unwrap();
    let grid = space.grid().unwrap();
    assert_eq!(grid.len(), 12);
    assert_eq!((&grid[1]["a"], &grid[1]["b"]), (&Value::Whole(0), &Value::Whole(0)));
    assert_eq!(
        Space::new([("a", choice(1001)), ("b", choice(1000))]).unwrap().grid().unwrap_err().code(),
        "large-grid"
    );
    assert_eq!(Space::new([("a", Range::Uniform(0.0, 1.0))]).unwrap().grid().unwrap_err().code(), "no-grid");
    for bad in [
        Range::Choice(vec![]),
        Range::Uniform(1.0, 0.0),
        Range::LogUniform(0.0, 1.0),
        Range::Whole(2, 1),
        Range::Uniform(0.0, f64::INFINITY),
    ] {
        assert_eq!(Space::new([("x", bad)]).unwrap_err().code(), "bad-range");
    }
    let space = Space::new([
        ("c", Range::LogUniform(1e-3, 1e3)),
        ("k", Range::Whole(1, 6)),
        ("u", Range::Uniform(-1.0, 1.0)),
        ("w", Range::Whole(i64::MIN, i64::MAX)),
    ])
    .unwrap();
    let all = space.random(6000, 1);
    assert_eq!(all[..50], space.random(50, 1)[..]);
    let number = |s: &Setting, name: &str| match s[name] {
        Value::Number(v) => v,
        Value::Whole(v) => v as f64,
        _ => panic!("{name}"),
    };
    // Half of a log-uniform draw lies below the middle of the logarithms, which is 1.
    let low = all.iter().filter(|s| number(s, "c") < 1.0).count();
    assert!((2800..3200).contains(&low), "{low}");
    assert!(all.iter().all(|s| (1e-3..=1e3).contains(&number(s, "c"))
        && (1.0..=6.0).contains(&number(s, "k"))
        && (-1.0..1.0).contains(&number(s, "u"))));
    assert!((1..=6).all(|k| all.iter().filter(|s| number(s, "k") == f64::from(k)).count() > 850));
}

#[test]
fn a_search_tells_all_and_passes_over_what_gave_no_loss() {
    let found = search([4, 2, 3, 2], |&s| Ok(if s == 4 { f64::NAN } else { f64::from(s) })).unwrap();
    assert_eq!((found.best, found.tried.len()), (1, 4));
    assert_eq!(search([1, 2], |_| Ok(f64::NAN)).unwrap_err().code(), "no-loss");
    assert_eq!(search(Vec::<u8>::new(), |_| Ok(0.0)).unwrap_err().code(), "no-loss");
    let error = search([1], |_| Err(gyeol_base::Fault::new("x", "broken").input())).unwrap_err();
    assert_eq!(error.code(), "x");
}

#[test]
fn halving_keeps_the_better_and_budgets_rise() {
    // 8 with 10, 4 with 20, 2 with 40, then the most is reached.
    let found =
        halving(0..8, 10, 40, 2, |&s, _| Ok(if s == 3 { f64::NAN } else { f64::from((s + 5) % 8) })).unwrap();
    let budgets: Vec<usize> = found.tried.iter().map(|t| t.budget).collect();
    assert_eq!(budgets, [vec![10; 8], vec![20; 4], vec![40; 2]].concat());
    assert_eq!((found.best().setting, found.best().loss), (4, 1.0));
    let one = halving([7], 5, 100, 3, |_, budget| Ok(budget as f64)).unwrap();
    assert_eq!(one.tried.len(), 1);
    for (least, most, factor) in [(0, 10, 2), (10, 5, 2), (1, 10, 1)] {
        assert_eq!(halving([1], least, most, factor, |_, _| Ok(0.0)).unwrap_err().code(), "bad-budget");
    }
    assert!(halving(0..4, usize::MAX / 2, usize::MAX, 2, |_, _| Ok(0.0)).is_ok());
}

#[test]
fn verdicts_of_learning_curves() {
    let curve = |points: &[(f64, f64, f64)]| -> Vec<LearningPoint> {
        points.iter().map(|&(size, train, valid)| LearningPoint { size, train, valid }).collect()
    };
    let verdict = |points: &[(f64, f64, f64)]| {
        diagnose(&curve(points), 1.0, DiagnosisParams::default()).unwrap().verdict
    };
    // Memorised, and level on validation.
    assert_eq!(verdict(&[(100.0, 0.0, 0.50), (200.0, 0.0, 0.495), (400.0, 0.0, 0.49)]), Verdict::TooComplex);
    // Epochs: validation turned and rises.
    assert_eq!(
        verdict(&[(1.0, 0.7, 0.72), (2.0, 0.4, 0.5), (4.0, 0.2, 0.55), (8.0, 0.05, 0.7)]),
        Verdict::TooComplex
    );
    assert_eq!(verdict(&[(100.0, 0.80, 0.84), (200.0, 0.81, 0.83), (400.0, 0.82, 0.83)]), Verdict::TooSimple);
    assert_eq!(verdict(&[(100.0, 0.05, 0.40), (200.0, 0.06, 0.30), (400.0, 0.07, 0.22)]), Verdict::MoreData);
    assert_eq!(verdict(&[(100.0, 0.10, 0.17), (200.0, 0.11, 0.155), (400.0, 0.12, 0.15)]), Verdict::Fine);
    // Order and repeated sizes do not matter; one size is no curve.
    assert_eq!(verdict(&[(400.0, 0.07, 0.22), (100.0, 0.05, 0.40), (200.0, 0.06, 0.30)]), Verdict::MoreData);
    let few = diagnose(&curve(&[(5.0, 0.1, 0.2), (5.0, 0.1, 0.2)]), 1.0, DiagnosisParams::default());
    assert_eq!(few.unwrap_err().code(), "few-points");
    assert!(
        diagnose(&curve(&[(1.0, 0.1, f64::NAN), (2.0, 0.1, 0.2)]), 1.0, DiagnosisParams::default()).is_err()
    );
    assert!(diagnose(&curve(&[(1.0, 0.1, 0.3), (2.0, 0.1, 0.2)]), 0.0, DiagnosisParams::default()).is_err());
}
