//! Feed-forward nets: gradients against differences in f64, for every activation with every loss.

use gyeol_tensor::Pool;

use super::*;
use crate::differences;
use crate::softmax::NO_TARGET;
use crate::trainer::{TrainParams, fit};
use crate::{Loss, Optimizer};

const ACTIVATIONS: [Activation; 5] =
    [Activation::Linear, Activation::Relu, Activation::LeakyRelu, Activation::Tanh, Activation::Sigmoid];

fn wave(n: usize, f: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * f + 0.3).sin()).collect()
}

fn check(net: &Mlp, rows: &Rows<f64>) {
    let params = differences::noisy(net.layout(), &mut Rng::new(2), 0.3);
    differences::check(&rows.learner(net).unwrap(), &params, &[3, 0, 4], 1e-6, net.params());
}

#[test]
fn gradients_agree_with_differences_for_every_activation_and_loss() {
    let losses = [
        Loss::Mse,
        Loss::Mae,
        Loss::Huber { delta: 0.3 },
        Loss::Pinball { quantile: 0.2 },
        Loss::BinaryCrossEntropy,
    ];
    for activation in ACTIVATIONS {
        for (dropout, hidden) in [(0.0, vec![]), (0.0, vec![6]), (0.4, vec![5, 4, 6])] {
            let shape = |output| MlpParams { input: 3, hidden: hidden.clone(), activation, dropout, output };
            let x = wave(5 * 3, 1.1);
            for loss in losses {
                let net = Mlp::new(&shape(Output::Values { width: 2, activation, loss })).unwrap();
                let mut values: Vec<f64> = wave(5 * 2, 1.7).iter().map(|v| 0.5 + 0.4 * v).collect();
                values[1] = f64::NAN;
                check(&net, &Rows { width: 3, x: x.clone(), values, classes: vec![] });
            }
            let net = Mlp::new(&shape(Output::Classes { classes: 4 })).unwrap();
            let classes = vec![3, 0, 1, 2, NO_TARGET];
            check(&net, &Rows { width: 3, x, values: vec![], classes });
        }
    }
}

fn blobs() -> (Mlp, Rows<f32>) {
    let net = Mlp::new(&MlpParams {
        input: 2,
        hidden: vec![8, 8],
        activation: Activation::Relu,
        dropout: 0.1,
        output: Output::Classes { classes: 3 },
    })
    .unwrap();
    let mut rng = Rng::new(4);
    let classes: Vec<u32> = (0..300).map(|i| i % 3).collect();
    let turn = |class: u32| f64::from(class) * std::f64::consts::TAU / 3.0;
    let around = |c: f64, rng: &mut Rng| (c + 0.2 * rng.normal()) as f32;
    let x = classes.iter().flat_map(|&c| [around(turn(c).cos(), &mut rng), around(turn(c).sin(), &mut rng)]);
    let x: Vec<f32> = x.collect();
    (net, Rows { width: 2, x, values: vec![], classes })
}

#[test]
fn classes_are_learnt_with_the_same_bits_on_any_thread_count() {
    let (net, rows) = blobs();
    let learner = rows.learner(&net).unwrap();
    let all: Vec<u32> = (0..300).collect();
    let p = TrainParams { seed: 1, ..TrainParams::new(30, 20, Optimizer::adam(), 0.01) };
    let run = |threads| {
        fit(&learner, &p, &all[60..], &all[..60], &Pool::new(threads), None, &mut |_| true).unwrap().best
    };
    let best = run(1);
    assert_eq!(run(3), best);
    let (mut packed, mut tape) = (net.packed(), net.tape(300));
    net.pack(&best, &mut packed);
    let said = net.outputs(&best, &packed, &rows.x, &mut tape);
    let right = said.chunks(3).zip(&rows.classes).filter(|(row, class)| {
        let own = row[**class as usize];
        row.iter().all(|&other| other <= own)
    });
    assert!(right.count() > 290);
    assert!(said.chunks(3).all(|row| (row.iter().map(|v| v.exp()).sum::<f32>() - 1.0).abs() < 1e-5));
}

#[test]
fn the_summary_counts_by_hand() {
    // (2 + 1) 8 + (8 + 1) 8 + (8 + 1) 3 = 24 + 72 + 27.
    let summary = blobs().0.summary();
    assert_eq!((summary.parameters(), summary.layers.len()), (123, 3));
    assert!(summary.to_string().contains("hidden.1"));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let (net, mut rows) = blobs();
    rows.classes[7] = 3;
    assert!(rows.learner(&net).unwrap_err().to_string().contains("class 3"));
    rows.classes.pop();
    assert!(rows.learner(&net).unwrap_err().to_string().contains("299 classes"));
    rows.width = 3;
    assert!(rows.learner(&net).unwrap_err().to_string().contains("(rows, 2)"));
    let none = MlpParams { hidden: vec![4, 0], ..net.params().clone() };
    assert!(Mlp::new(&none).is_err());
}
