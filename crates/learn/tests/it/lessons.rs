//! Lessons against numpy, scipy and scikit-learn (`fixtures/lessons.py`), and against the machines whose numbers they show.

use gyeol_learn::lessons::{LogisticLesson, PerceptronLesson, RegressionLesson, Small, SoftmaxLesson};
use gyeol_learn::{Features, LinearClassifier, Link, LogisticParams, PerceptronParams};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use serde_json::Value;

use crate::common::{near, numbers};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/lessons.json")).unwrap()
}

fn column(x: &[f64], y: &[f64], classes: &[&str]) -> Small {
    Small {
        inputs: vec!["x".into()],
        target: "y".into(),
        x: x.iter().map(|v| vec![*v]).collect(),
        y: y.to_vec(),
        classes: classes.iter().map(|c| (*c).to_owned()).collect(),
    }
}

#[test]
fn a_line_and_its_descent_are_those_of_numpy() {
    let want = &fixture()["regression"];
    let lesson = RegressionLesson::of(&Small::tea(), 10).unwrap();
    assert!(lesson.scaled.is_none());
    let one = |key: &str| want[key].as_f64().unwrap();
    near(&[lesson.line.w, lesson.line.b, lesson.r_squared], &[one("w"), one("b"), one("r2")], 1e-12, "line");
    near(&lesson.eigenvalues, &numbers(&want["eigenvalues"]), 1e-12, "eigenvalues");
    for (walk, path) in lesson.walks.iter().zip(want["walks"].as_array().unwrap()) {
        let found: Vec<f64> = walk.places.iter().flat_map(|p| [p.w, p.b, p.cost, p.d_w, p.d_b]).collect();
        let want: Vec<f64> = path.as_array().unwrap().iter().flat_map(numbers).collect();
        near(&found, &want, 1e-10, walk.name);
    }
    // The surface has its least place next to the optimum, and J of the start where w = b = 0 would be.
    let flat: Vec<f64> = lesson.surface.cost.concat();
    let least = flat.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(least >= lesson.optimum.cost - 1e-12 && least < 1.5 * lesson.optimum.cost, "{least}");
    assert!(lesson.surface.w[0] < 0.0 && lesson.surface.w[1] > lesson.line.w);
}

#[test]
fn a_descent_over_ill_scaled_inputs_is_walked_over_standardised_ones() {
    let x: Vec<f64> = (0..20).map(|i| 5000.0 + f64::from(i)).collect();
    let y: Vec<f64> = x.iter().map(|x| 0.5 * x - 3.0).collect();
    let lesson = RegressionLesson::of(&column(&x, &y, &[]), 30).unwrap();
    let scaled = lesson.scaled.unwrap();
    near(&[lesson.line.w, lesson.line.b], &[0.5, -3.0], 1e-6, "line");
    let (w, b) = (lesson.optimum.w / scaled.deviation[0], lesson.optimum.b);
    near(&[w, b - w * scaled.mean[0]], &[0.5, -3.0], 1e-6, "optimum in other units");
    let end = lesson.walks[1].places.last().unwrap();
    near(&[end.w, end.b], &[lesson.optimum.w, lesson.optimum.b], 1e-6, "the right rate arrives at once");
    assert!(lesson.condition.unwrap() > 1e6);
}

#[test]
fn logistic_costs_and_odds_are_those_of_scikit_learn() {
    let want = &fixture()["logistic"];
    let lesson = LogisticLesson::of(&Small::seedlings(), 30).unwrap();
    let one = |key: &str| want[key].as_f64().unwrap();
    assert!(!lesson.separated && lesson.scaled.is_none());
    near(&[lesson.w[0], lesson.b, lesson.cost], &[one("w"), one("b"), one("cost")], 1e-6, "optimum");
    near(&[lesson.odds[0].p, lesson.odds[8].p], &numbers(&want["odds"]), 1e-6, "probabilities");
    near(&[lesson.odds[0].odds], &[lesson.odds[0].p / (1.0 - lesson.odds[0].p)], 1e-12, "odds");
    near(&[lesson.boundary.unwrap()], &[-one("b") / one("w")], 1e-6, "boundary");
    // Curves, read between their points.
    let at = |w: f64, costs: &[f64]| {
        let after = lesson.curve.w.partition_point(|v| *v < w);
        let (l, r) = (lesson.curve.w[after - 1], lesson.curve.w[after]);
        costs[after - 1] + (costs[after] - costs[after - 1]) * (w - l) / (r - l)
    };
    for row in want["at"].as_array().unwrap() {
        let [w, cross, squared] = numbers(row)[..] else { panic!() };
        near(&[at(w, &lesson.curve.cross_entropy)], &[cross], 5e-3, "cross-entropy");
        near(&[at(w, &lesson.curve.squared)], &[squared], 5e-3, "squared error");
    }
    assert!(lesson.curve.cross_entropy_convex && !lesson.curve.squared_convex);
    // From far off one moves and the other does not; and the slopes are those of their curves.
    let moved = |path: &[f64]| (path[path.len() - 1] - path[0]).abs();
    assert!(moved(&lesson.far.cross_entropy) > 5.0 && moved(&lesson.far.squared) < 0.01);
    let h = lesson.curve.w[1] - lesson.curve.w[0];
    let first = (lesson.curve.cross_entropy[1] - lesson.curve.cross_entropy[0]) / h;
    near(&[lesson.far.cross_entropy_slope], &[first], 1e-2, "slope far off");
}

#[test]
fn two_inputs_and_parted_classes_have_their_optimum() {
    let mut table = column(&[0.0, 1.0, 2.0, 3.0], &[0.0, 0.0, 1.0, 1.0], &["no", "yes"]);
    let lesson = LogisticLesson::of(&table, 10).unwrap();
    assert!(lesson.separated && lesson.right == 4);
    near(&[lesson.boundary.unwrap()], &[1.5], 1e-6, "boundary half way");
    table.inputs.push("z".into());
    table.x.iter_mut().zip([0.3, -0.4, 0.9, 0.1]).for_each(|(row, z)| row.push(z));
    let lesson = LogisticLesson::of(&table, 10).unwrap();
    let x = Dense::new(4, 2, table.x.concat()).unwrap();
    let fit = LogisticParams { tolerance: 1e-10, ..LogisticParams::default() };
    let fast = fit.fit(Features::Dense(&x), &[0, 0, 1, 1], 2, None, None, &Pool::new(1)).unwrap().model;
    near(&lesson.w, &fast.weights, 1e-6, "the weights of the machine");
    near(&[lesson.b], &fast.bias, 1e-6, "its bias");
}

#[test]
fn updates_of_a_perceptron_follow_its_rule_and_end_where_the_machine_ends() {
    let lesson = PerceptronLesson::gates().unwrap();
    for gate in &lesson.gates {
        let (mut w, mut b) = (vec![0.0; 2], 0.0);
        for u in &gate.updates {
            let score = u.x[0] * w[0] + u.x[1] * w[1] + b;
            assert_eq!(score, u.score, "{}", gate.name);
            let sign = if u.target == 1 { 1.0 } else { -1.0 };
            assert!(sign * score <= 0.0, "{}: a row that was right", gate.name);
            w.iter_mut().zip(&u.x).for_each(|(w, x)| *w += sign * x);
            b += sign;
            assert_eq!((&u.w, u.b), (&w, b), "{}", gate.name);
        }
        assert_eq!((&gate.w, gate.b, gate.threshold), (&w, b, -b));
        if gate.name == "XOR" {
            let circle = gate.circle.unwrap();
            assert!(!gate.learnt && circle.rounds > 0 && gate.said != gate.y);
        } else {
            assert!(gate.learnt && gate.circle.is_none() && gate.said == gate.y);
            let x = Dense::new(4, 2, gate.x.concat()).unwrap();
            let labels: Vec<u32> = gate.y.iter().map(|y| u32::from(*y)).collect();
            let fit = PerceptronParams::default().fit(Features::Dense(&x), &labels, 2).unwrap();
            assert_eq!(
                (fit.model.weights, fit.model.bias, fit.mistakes),
                (gate.w.clone(), vec![gate.b], gate.mistakes.clone())
            );
        }
    }
}

#[test]
fn a_step_of_softmax_is_that_of_scipy_and_its_shares_those_of_the_machine() {
    let want = &fixture()["softmax"];
    let lesson = SoftmaxLesson::of(&Small::stones(), 20).unwrap();
    let flat = |w: &[Vec<f64>], b: &[f64]| [w.concat(), b.to_vec()].concat();
    near(&[lesson.rate], &[want["rate"].as_f64().unwrap()], 1e-12, "rate");
    near(&flat(&lesson.d_w, &lesson.d_b), &numbers(&want["gradient"]), 1e-12, "gradient");
    near(&flat(&lesson.after.w, &lesson.after.b), &numbers(&want["w"]), 1e-12, "W after a step");
    near(&lesson.after.scores.concat(), &numbers(&want["scores"]), 1e-12, "scores");
    near(&lesson.after.shares.concat(), &numbers(&want["shares"]), 1e-12, "shares");
    near(&lesson.costs, &numbers(&want["costs"]), 1e-12, "costs");
    let model = LinearClassifier {
        classes: 3,
        inputs: 2,
        outputs: 3,
        weights: lesson.after.w.concat(),
        bias: lesson.after.b.clone(),
        link: Link::Softmax,
    };
    let x = Dense::new(9, 2, lesson.x.concat()).unwrap();
    let fast = model.probabilities(Features::Dense(&x), &Pool::new(1)).unwrap().unwrap();
    near(&lesson.after.shares.concat(), fast.data(), 1e-14, "shares of the machine");
    for (row, exponentials) in lesson.after.shares.iter().zip(&lesson.after.exponentials) {
        let sum: f64 = exponentials.iter().sum();
        near(row, &exponentials.iter().map(|e| e / sum).collect::<Vec<_>>(), 1e-14, "each by the sum");
    }
}

#[test]
fn tables_that_teach_nothing_are_refused_or_shown_as_they_are() {
    let code = |r: gyeol_learn::Result<RegressionLesson>| r.unwrap_err().code();
    assert_eq!(code(RegressionLesson::of(&column(&[], &[], &[]), 5)), "no-rows");
    assert_eq!(code(RegressionLesson::of(&column(&[1.0, f64::NAN], &[1.0, 2.0], &[]), 5)), "not-finite");
    assert_eq!(code(RegressionLesson::of(&column(&[1e40, 1.0], &[1.0, 2.0], &[]), 5)), "not-finite");
    assert_eq!(code(RegressionLesson::of(&column(&[0.0; 1001], &[0.0; 1001], &[]), 5)), "lesson-size");
    assert_eq!(code(RegressionLesson::of(&column(&[1.0, 2.0], &[1.0], &[]), 5)), "ragged-row");
    let classes = |c: &[&str], y: &[f64]| LogisticLesson::of(&column(&[1.0, 2.0, 4.0], y, c), 5).map(|_| ());
    assert_eq!(classes(&["a"], &[0.0; 3]).unwrap_err().code(), "one-class");
    assert_eq!(classes(&["a", "b"], &[0.0, 2.0, 1.0]).unwrap_err().code(), "label-range");
    assert_eq!(classes(&["a", "b", "c"], &[0.0, 2.0, 1.0]).unwrap_err().code(), "two-classes");
    // One row, constant columns, numbers of any size: every figure that is kept is a number or said to be none.
    for (x, y) in [
        (vec![2.0], vec![3.0]),
        (vec![5.0; 4], vec![1.0, 2.0, 3.0, 4.0]),
        (vec![0.0; 3], vec![0.0; 3]),
        (vec![1e30, -1e30, 1e-30], vec![1e30, 1.0, -1e30]),
    ] {
        let lesson = RegressionLesson::of(&column(&x, &y, &[]), 1000).unwrap();
        assert!(lesson.line.w.is_finite() && lesson.optimum.b.is_finite(), "{x:?}");
        assert!(lesson.surface.cost.iter().flatten().all(|c| c.is_finite()), "{x:?}");
    }
    let flat = column(&[5.0; 4], &[0.0, 1.0, 0.0, 1.0], &["a", "b"]);
    let lesson = LogisticLesson::of(&flat, 5).unwrap();
    assert!(lesson.w[0].abs() < 1e-6 && lesson.curve.squared.iter().all(|c| c.is_finite()));
    assert!(SoftmaxLesson::of(&flat, 5).unwrap().last.cost.is_finite());
    let same = PerceptronLesson::of(&flat).unwrap();
    assert!(!same.gates[0].learnt && same.gates[0].circle.is_some());
}
