//! Parts and folds.

use gyeol_judge::{Folds, Parts, RollingOrigin, Shares};

use crate::scikit_learn::{fixture, whole};

fn counts(labels: &[u32], rows: &[usize], classes: usize) -> Vec<u64> {
    let mut out = vec![0; classes];
    rows.iter().for_each(|&row| out[labels[row] as usize] += 1);
    out
}

/// Every row is in one part, and rows rise.
fn whole_and_rising(parts: &Parts, rows: usize) {
    let mut all: Vec<usize> =
        [&parts.train, &parts.valid, &parts.test].into_iter().flatten().copied().collect();
    all.sort_unstable();
    assert_eq!(all, (0..rows).collect::<Vec<_>>());
    assert!([&parts.train, &parts.valid, &parts.test].iter().all(|p| p.is_sorted()));
}

#[test]
fn stratified_parts_hold_as_many_of_each_class_as_scikit_learn_s() {
    for case in fixture()["stratified"].as_array().unwrap() {
        let sizes = whole(&case["counts"]);
        let labels: Vec<u32> =
            sizes.iter().enumerate().flat_map(|(c, &n)| vec![c as u32; n as usize]).collect();
        let shares = Shares { valid: 0.0, test: case["test"].as_f64().unwrap() };
        let parts = Parts::stratified(&labels, shares, 3).unwrap();
        whole_and_rising(&parts, labels.len());
        let found: Vec<u32> = counts(&labels, &parts.test, sizes.len()).iter().map(|&c| c as u32).collect();
        assert_eq!(found, whole(&case["in_test"]), "{sizes:?}");
    }
}

#[test]
fn equal_seeds_cut_alike_and_others_do_not() {
    let shares = Shares { valid: 0.2, test: 0.2 };
    let labels: Vec<u32> = (0..100).map(|i| i % 3).collect();
    let cut = |seed| Parts::stratified(&labels, shares, seed).unwrap();
    assert_eq!(cut(1), cut(1));
    assert_ne!(cut(1), cut(2));
    let parts = cut(1);
    assert_eq!([parts.train.len(), parts.valid.len(), parts.test.len()], [60, 20, 20]);
    // 7 of 100 is 7, though 0.07 × 100 is a little more.
    assert_eq!(Parts::random(100, Shares { valid: 0.0, test: 0.07 }, 0).unwrap().test.len(), 7);
}

#[test]
fn classes_of_one_row_are_for_training() {
    let mut labels = vec![0; 40];
    labels.extend(1..=10);
    let parts = Parts::stratified(&labels, Shares { valid: 0.2, test: 0.2 }, 5).unwrap();
    whole_and_rising(&parts, 50);
    assert_eq!([parts.train.len(), parts.valid.len(), parts.test.len()], [30, 10, 10]);
    assert!((40..50).all(|row| parts.train.contains(&row)));
    let all_different: Vec<u32> = (0..10).collect();
    let error = Parts::stratified(&all_different, Shares { valid: 0.2, test: 0.2 }, 5).unwrap_err();
    assert_eq!(error.code(), "too-few-rows");
    // A single class is a class like another.
    assert_eq!(Parts::stratified(&[7; 10], Shares { valid: 0.1, test: 0.2 }, 0).unwrap().test.len(), 2);
    assert_eq!(Parts::stratified(&[7], Shares { valid: 0.0, test: 0.0 }, 0).unwrap().train, [0]);
}

#[test]
fn ten_thousand_classes_are_cut() {
    let labels: Vec<u32> = (0..30_000).map(|i| i % 10_000).collect();
    let parts = Parts::stratified(&labels, Shares::default(), 0).unwrap();
    whole_and_rising(&parts, 30_000);
    assert_eq!((parts.valid.len(), parts.test.len()), (4500, 4500));
    // Which classes give a row is by lot: the first are not all the same.
    let low = parts.test.iter().filter(|&&row| labels[row] < 5000).count();
    assert!((1900..2600).contains(&low), "{low}");
}

#[test]
fn groups_stay_whole_and_parts_have_their_shares() {
    let groups: Vec<u64> = (0..3000).map(|i| if i < 300 { i / 30 } else { 1000 + i * 7 / 13 }).collect();
    let labels: Vec<u32> = (0..3000).map(|i| u32::from(i % 10 == 0)).collect();
    for labels in [None, Some(&labels[..])] {
        let parts = Parts::grouped(&groups, labels, Shares { valid: 0.1, test: 0.2 }, 1).unwrap();
        whole_and_rising(&parts, 3000);
        let of =
            |rows: &[usize]| rows.iter().map(|&row| groups[row]).collect::<std::collections::HashSet<u64>>();
        assert!(
            of(&parts.train).is_disjoint(&of(&parts.test))
                && of(&parts.train).is_disjoint(&of(&parts.valid))
                && of(&parts.valid).is_disjoint(&of(&parts.test))
        );
        assert!(
            parts.valid.len().abs_diff(300) <= 2 && parts.test.len().abs_diff(600) <= 2,
            "{} {}",
            parts.valid.len(),
            parts.test.len()
        );
        if let Some(labels) = labels {
            let share = |rows: &[usize]| counts(labels, rows, 2)[1] as f64 / rows.len() as f64;
            assert!((share(&parts.test) - 0.1).abs() < 0.01 && (share(&parts.valid) - 0.1).abs() < 0.01);
        }
    }
    let error = Parts::grouped(&[1; 50], None, Shares::default(), 0).unwrap_err();
    assert_eq!(error.code(), "too-few-groups");
}

#[test]
fn time_runs_from_training_to_test() {
    let times = [50, 10, 10, 40, 20, 30, 30, 30, 60, 70];
    let parts = Parts::by_time(&times, Shares { valid: 0.2, test: 0.2 }).unwrap();
    whole_and_rising(&parts, 10);
    // Six rows of ten would end at the last of the 30s; all three stay in training.
    assert_eq!((parts.train, parts.valid, parts.test), (vec![1, 2, 4, 5, 6, 7], vec![0, 3], vec![8, 9]));
    assert_eq!(
        Parts::by_time(&[1; 10], Shares { valid: 0.2, test: 0.2 }).unwrap_err().code(),
        "too-few-rows"
    );
    let parts = Parts::by_order(10, Shares { valid: 0.2, test: 0.1 }).unwrap();
    assert_eq!((parts.train.len(), parts.valid, parts.test), (7, vec![7, 8], vec![9]));
}

#[test]
fn folds_are_dealt_as_scikit_learn_s() {
    let all = &fixture()["folds"];
    let labels = whole(&all["labels"]);
    let folds = Folds::stratified(&labels, 4, 9).unwrap();
    for (k, want) in all["counts"].as_array().unwrap().iter().enumerate() {
        let fold = folds.fold(k);
        let found: Vec<u32> = counts(&labels, &fold.valid, 3).iter().map(|&c| c as u32).collect();
        assert_eq!(found, whole(want));
        assert_eq!(fold.train.len() + fold.valid.len(), labels.len());
    }
    let sizes = |folds: &Folds| (0..folds.folds()).map(|k| folds.fold(k).valid.len()).collect::<Vec<_>>();
    assert_eq!(sizes(&Folds::random(11, 4, 0).unwrap()), [3, 3, 3, 2]);
    let groups: Vec<u64> = (0..100).map(|i| i / 4).collect();
    let grouped = Folds::grouped(&groups, Some(&(0..100).map(|i| i % 2).collect::<Vec<_>>()), 5, 0).unwrap();
    assert_eq!(sizes(&grouped), [20; 5]);
    assert!(groups.iter().zip(grouped.of()).all(|(&g, &f)| f == grouped.of()[g as usize * 4]));
    for (rows, folds) in [(3, 4), (10, 1), (5000, 1001)] {
        assert!(Folds::random(rows, folds, 0).is_err());
    }
    assert_eq!(Folds::grouped(&[1, 1, 1, 2], None, 3, 0).unwrap_err().code(), "too-few-groups");
}

#[test]
fn an_origin_rolls_as_scikit_learn_s() {
    let want = fixture();
    let want = want["rolling"].as_array().unwrap();
    // Four folds of 5 ahead after a gap of 2 end at 37: the first origin lies at 37 − 4·5 − 2.
    let found = RollingOrigin { first: 15, ahead: 5, step: 5, gap: 2, keep: Some(12) }.folds(37).unwrap();
    assert_eq!(found.len(), want.len());
    for (fold, want) in found.iter().zip(want) {
        let numbers = |v| whole(v).iter().map(|&r| r as usize).collect::<Vec<_>>();
        assert_eq!((&fold.train, &fold.valid), (&numbers(&want[0]), &numbers(&want[1])));
    }
    assert_eq!(
        RollingOrigin { first: 30, ahead: 5, step: 1, gap: 3, keep: None }.folds(37).unwrap_err().code(),
        "too-few-rows"
    );
    assert!(RollingOrigin { first: usize::MAX, ahead: 5, step: 1, gap: 3, keep: None }.folds(37).is_err());
}
