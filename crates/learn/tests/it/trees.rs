//! Boosted trees: beside scikit-learn's, equal bits, missing numbers, odd data, files.

use gyeol_learn::Features;
use gyeol_learn::trees::{Answers, TreeLoss, Trees, TreesFit, TreesParams};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::{Csr, Dense};
use serde_json::Value;

use crate::common::{labels, numbers};

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Rows with NaN where nothing stands.
fn dense(data: &Value) -> Dense {
    let x: Vec<f64> = data["x"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect();
    let rows = data["rows"].as_u64().unwrap() as usize;
    Dense::trusted(rows, x.len() / rows, x)
}

/// Rows of which every fourth judges, with their places.
fn parts(x: &Dense) -> [(Dense, Vec<usize>); 2] {
    [false, true].map(|judges| {
        let at: Vec<usize> = (0..x.rows()).filter(|i| (i % 4 == 0) == judges).collect();
        let data = at.iter().flat_map(|&i| x.row(i).to_vec()).collect();
        (Dense::trusted(at.len(), x.cols(), data), at)
    })
}

fn settings() -> TreesParams {
    TreesParams { rounds: 60, leaves: 8, min_rows: 10, l2: 1.0, patience: 1000, ..TreesParams::default() }
}

/// Fits the training rows and gives the losses of the last round on both parts.
fn losses(
    params: &TreesParams,
    x: &Dense,
    answers: &dyn Fn(&[usize]) -> Given,
    pool: &Pool,
) -> (f64, f64, TreesFit) {
    let [(train, at), (test, of_test)] = parts(x);
    let (learnt, judged) = (answers(&at), answers(&of_test));
    let valid = Some((Features::Dense(&test), judged.answers()));
    let fit = params.fit(Features::Dense(&train), learnt.answers(), valid, pool, &mut |_| true).unwrap();
    let last = *fit.curve.last().unwrap();
    (last.train_loss, last.valid_loss, fit)
}

enum Given {
    Values(Vec<f64>),
    Classes(Vec<u32>, usize),
}

impl Given {
    fn answers(&self) -> Answers<'_> {
        match self {
            Given::Values(y) => Answers::Values(y),
            Given::Classes(labels, k) => Answers::Classes(labels, *k),
        }
    }
}

#[track_caller]
fn close(found: f64, wanted: &Value, share: f64, what: &str) {
    let wanted = wanted.as_f64().unwrap();
    assert!((found / wanted - 1.0).abs() < share, "{what}: {found} where scikit-learn has {wanted}");
}

#[test]
fn losses_are_those_of_scikit_learn() {
    let pool = Pool::new(2);
    let data = fixture(include_str!("../fixtures/trees.json"));
    let cancer = &data["cancer"];
    let of = labels(&cancer["labels"]);
    let pick = |at: &[usize]| Given::Classes(at.iter().map(|&i| of[i]).collect(), 2);
    let (train, test, _) = losses(&settings(), &dense(cancer), &pick, &pool);
    close(train, &cancer["train"], 0.002, "cancer, train");
    close(test, &cancer["test"], 0.002, "cancer, test");
    let diabetes = &data["diabetes"];
    let y = numbers(&diabetes["y"]);
    for (name, wanted) in diabetes["losses"].as_object().unwrap() {
        let params = TreesParams { loss: TreeLoss::named(name).unwrap(), ..settings() };
        let pick = |at: &[usize]| Given::Values(at.iter().map(|&i| y[i]).collect());
        let (train, test, _) = losses(&params, &dense(diabetes), &pick, &pool);
        // Where the loss has an edge, equal gains are told apart by the last digits, which are those of f32 over there.
        let share = if name.starts_with("pinball") { 0.05 } else { 0.002 };
        close(train, &wanted["train"], share, name);
        // A missing number in a leaf whose training rows have none goes with most of them, over there to the right.
        close(test, &wanted["test"], share.max(0.01), name);
    }
    let digits = fixture(include_str!("../fixtures/trees_digits.json"))["digits"].clone();
    let of = labels(&digits["labels"]);
    let pick = |at: &[usize]| Given::Classes(at.iter().map(|&i| of[i]).collect(), 10);
    let (train, test, _) = losses(&settings(), &dense(&digits), &pick, &pool);
    close(train, &digits["train"], 0.002, "digits, train");
    // Of ninety rows: a split of equal gain on another pixel shows.
    close(test, &digits["test"], 0.05, "digits, test");
}

/// Numbers of which some are missing, with three classes and a number.
fn made(n: usize) -> (Dense, Vec<u32>, Vec<f64>) {
    let mut rng = Rng::new(6);
    let (mut x, mut of, mut y) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let mut row: Vec<f64> = (0..6).map(|_| rng.normal()).collect();
        let value = row[0] * 2.0 + (row[1] * 3.0).sin() + if row[2] > 0.5 { 2.0 } else { 0.0 };
        if rng.below(5) == 0 {
            row[3] = f64::NAN;
        }
        of.push(if value < 0.0 { 0 } else { u32::from(value > 1.5) + 1 });
        y.push(value + if row[3].is_nan() { 3.0 } else { 0.0 });
        x.extend(row);
    }
    (Dense::trusted(n, 6, x), of, y)
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let (x, of, y) = made(3000);
    let params = TreesParams { rounds: 12, rows: 0.7, columns: 0.6, seed: 3, ..TreesParams::default() };
    for answers in [Answers::Classes(&of, 3), Answers::Values(&y)] {
        let run = |threads| {
            let fit =
                params.fit(Features::Dense(&x), answers, None, &Pool::new(threads), &mut |_| true).unwrap();
            let said = fit.model.decision(Features::Dense(&x), &Pool::new(threads)).unwrap();
            (fit, said)
        };
        let one = run(1);
        assert!([2, 3, 7].into_iter().all(|threads| run(threads) == one));
        let other = TreesParams { seed: 4, ..params.clone() };
        let other = other.fit(Features::Dense(&x), answers, None, &Pool::new(1), &mut |_| true).unwrap();
        assert_ne!(other, one.0);
    }
}

#[test]
fn what_is_missing_goes_the_way_that_gains_and_the_best_round_is_kept() {
    let (x, _, y) = made(4000);
    let [(train, at), (test, of_test)] = parts(&x);
    let (learnt, judged): (Vec<f64>, Vec<f64>) =
        (at.iter().map(|&i| y[i]).collect(), of_test.iter().map(|&i| y[i]).collect());
    let params = TreesParams { rounds: 400, patience: 5, learning_rate: 0.3, ..TreesParams::default() };
    let valid = Some((Features::Dense(&test), Answers::Values(&judged)));
    let pool = Pool::new(2);
    let fit =
        params.fit(Features::Dense(&train), Answers::Values(&learnt), valid, &pool, &mut |_| true).unwrap();
    assert!(
        fit.best_round < 400 && fit.curve.len() == fit.best_round + 5,
        "{} {}",
        fit.best_round,
        fit.curve.len()
    );
    assert_eq!(fit.model.rounds(), fit.best_round);
    let said = fit.model.values(Features::Dense(&test), &pool).unwrap();
    let mse = said.iter().zip(&judged).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / said.len() as f64;
    let best = fit.curve[fit.best_round - 1].valid_loss;
    assert!((mse - best).abs() < 1e-9 && best < 0.1 * fit.naive, "{mse} {best} {}", fit.naive);
    let gains = fit.model.importances();
    assert!((gains.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(
        [4, 5].iter().all(|&noise| gains[noise] < 0.02) && gains[3] > 0.05 && gains[0] > 0.3,
        "{gains:?}"
    );
    // A fit with that many rounds and no validation part is the same.
    let again = TreesParams { rounds: fit.best_round, ..params };
    let again =
        again.fit(Features::Dense(&train), Answers::Values(&learnt), None, &pool, &mut |_| true).unwrap();
    assert_eq!(again.model, fit.model);
}

#[test]
fn trees_come_back_from_their_parts_and_broken_ones_do_not() {
    let (x, of, _) = made(500);
    let params = TreesParams { rounds: 5, ..TreesParams::default() };
    let fit = params
        .fit(Features::Dense(&x), Answers::Classes(&of, 3), None, &Pool::new(1), &mut |_| true)
        .unwrap();
    let parts = fit.model.parts().clone();
    assert_eq!(Trees::new(parts.clone()).unwrap(), fit.model);
    let breaks: [&dyn Fn(&mut gyeol_learn::trees::TreeParts); 9] = [
        &|p| p.left[0] = 0,
        &|p| p.left[0] = u32::MAX,
        &|p| p.columns[0] = 6,
        &|p| p.numbers[3] = f64::NAN,
        &|p| p.base.truncate(2),
        &|p| p.roots[1] = 0,
        &|p| p.roots.push(1 << 30),
        &|p| p.gains.truncate(3),
        &|p| p.loss = TreeLoss::Logistic,
    ];
    for (i, edit) in breaks.iter().enumerate() {
        let mut parts = parts.clone();
        edit(&mut parts);
        assert!(Trees::new(parts).is_err(), "{i}");
    }
    for loss in [
        TreeLoss::Squared,
        TreeLoss::Absolute,
        TreeLoss::Pinball(0.05),
        TreeLoss::Logistic,
        TreeLoss::Softmax,
    ] {
        assert_eq!(TreeLoss::named(&loss.name()).unwrap(), loss);
    }
    assert!(TreeLoss::named("pinball 2").is_err() && TreeLoss::named("hinge").is_err());
}

#[test]
fn odd_data_gives_trees_or_an_error() {
    let pool = Pool::new(1);
    let code = |x: &Dense, answers: Answers<'_>, params: &TreesParams| {
        params.fit(Features::Dense(x), answers, None, &pool, &mut |_| true).unwrap_err().code()
    };
    let p = TreesParams { rounds: 3, min_rows: 1, ..TreesParams::default() };
    let x = Dense::new(4, 1, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let y = [1.0, 2.0, 3.0, 4.0];
    assert_eq!(code(&Dense::zeros(0, 1).unwrap(), Answers::Values(&[]), &p), "no-rows");
    assert_eq!(code(&Dense::zeros(4, 0).unwrap(), Answers::Values(&y), &p), "too-wide");
    assert_eq!(code(&x, Answers::Values(&y[..3]), &p), "answer-count");
    assert_eq!(code(&x, Answers::Values(&[1.0, f64::NAN, 1.0, 1.0]), &p), "not-finite");
    assert_eq!(code(&x, Answers::Classes(&[0; 4], 1), &p), "one-class");
    assert_eq!(code(&x, Answers::Classes(&[0, 1, 2, 1], 2), &p), "label-outside");
    assert_eq!(code(&Dense::trusted(4, 1, vec![f64::INFINITY; 4]), Answers::Values(&y), &p), "not-finite");
    assert_eq!(code(&x, Answers::Values(&y), &TreesParams { leaves: 1, ..p.clone() }), "parameter");
    assert_eq!(
        code(&x, Answers::Values(&y), &TreesParams { loss: TreeLoss::Pinball(1.0), ..p.clone() }),
        "parameter"
    );
    let wide = Csr::from_triplets(2, 5000, [(0, 4999, 1.0)]).unwrap();
    let refused = p.fit(Features::Sparse(&wide), Answers::Values(&[0.0, 1.0]), None, &pool, &mut |_| true);
    assert_eq!(refused.unwrap_err().code(), "too-wide");
    let stopped = p.fit(Features::Dense(&x), Answers::Values(&y), None, &pool, &mut |_| false);
    assert_eq!(stopped.unwrap_err().code(), "stopped");
    // Constant and missing columns, one class in fact, more columns than rows: the constant, or what can be told.
    for x in [Dense::new(4, 2, vec![7.0; 8]).unwrap(), Dense::trusted(4, 2, vec![f64::NAN; 8])] {
        let fit = p.fit(Features::Dense(&x), Answers::Values(&y), None, &pool, &mut |_| true).unwrap();
        assert_eq!(fit.model.values(Features::Dense(&x), &pool).unwrap(), [2.5; 4]);
        assert_eq!(fit.model.importances(), [0.0, 0.0]);
    }
    let fit =
        p.fit(Features::Dense(&x), Answers::Classes(&[2, 2, 2, 2], 3), None, &pool, &mut |_| true).unwrap();
    let said = fit.model.probabilities(Features::Dense(&x), &pool).unwrap();
    assert!((0..4).all(|i| said.at(i, 2) > 0.7));
    let eye = Csr::from_triplets(3, 40, [(0, 1, 1.0), (1, 20, 1e-300), (2, 39, -1e99)]).unwrap();
    let p = TreesParams { rounds: 60, ..p };
    let fit =
        p.fit(Features::Sparse(&eye), Answers::Values(&[1.0, 2.0, 9.0]), None, &pool, &mut |_| true).unwrap();
    let said = fit.model.values(Features::Sparse(&eye), &pool).unwrap();
    assert!(said.iter().zip([1.0, 2.0, 9.0]).all(|(a, b)| (a - b).abs() < 0.1), "{said:?}");
    // Two thousand classes.
    let many: Vec<u32> = (0..4000).map(|i| i % 2000).collect();
    let x = Dense::new(4000, 1, many.iter().map(|&k| f64::from(k)).collect()).unwrap();
    let one = TreesParams { rounds: 1, ..TreesParams::default() };
    assert!(one.fit(Features::Dense(&x), Answers::Classes(&many, 2000), None, &pool, &mut |_| true).is_ok());
}
