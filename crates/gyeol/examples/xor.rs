//! Exclusive or: 1 where exactly one of two inputs is 1. No line parts its ones from its zeros, so a perceptron cannot
//! learn it (Minsky and Papert 1969); with one hidden layer it can (Rumelhart, Hinton and Williams 1986).
//!
//! `cargo run --release -p gyeol --example xor`

use gyeol::neural::net::{Mlp, MlpParams, Output, Rows};
use gyeol::neural::{Activation, Error, Loss, Optimizer, TrainParams, fit};
use gyeol::tensor::Pool;

/// (4, 2) and (4): every case there is.
const X: [f64; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
const Y: [f64; 4] = [0.0, 1.0, 1.0, 0.0];

/// Trains on the four cases and gives the probability of a 1 in each.
fn learn_xor(hidden: &[usize]) -> Result<Vec<f64>, Error> {
    let net = Mlp::new(&MlpParams {
        input: 2,
        hidden: hidden.to_vec(),
        activation: Activation::Tanh,
        dropout: 0.0,
        output: Output::Values { width: 1, activation: Activation::Linear, loss: Loss::BinaryCrossEntropy },
    })?;
    let rows = Rows { width: 2, x: X.to_vec(), values: Y.to_vec(), classes: Vec::new() };
    let params = TrainParams { seed: 1, ..TrainParams::new(400, 4, Optimizer::adam(), 0.05) };
    let cases = [0, 1, 2, 3];
    let state = fit(&rows.learner(&net)?, &params, &cases, &cases, &Pool::new(1), None, &mut |_| true)?;
    let (mut packed, mut tape) = (net.packed(), net.tape(4));
    net.pack(&state.best, &mut packed);
    let logits = net.outputs(&state.best, &packed, &X, &mut tape);
    Ok(logits.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (one, two) = (learn_xor(&[])?, learn_xor(&[4])?);
    println!("  a  b   xor   one perceptron   two layers");
    for i in 0..4 {
        println!("  {}  {}    {}         {:.3}          {:.3}", X[2 * i], X[2 * i + 1], Y[i], one[i], two[i]);
    }
    Ok(())
}

#[test]
fn one_perceptron_cannot_and_two_layers_can() -> Result<(), Box<dyn std::error::Error>> {
    let right = |p: &[f64]| p.iter().zip(Y).filter(|(p, y)| (**p > 0.5) == (*y > 0.5)).count();
    // A line gets at most three of the four cases right; under cross-entropy the best line says 1/2 everywhere.
    assert!(right(&learn_xor(&[])?) < 4);
    let two = learn_xor(&[4])?;
    assert_eq!(right(&two), 4);
    assert!(two.iter().zip(Y).all(|(p, y)| (p - y).abs() < 0.1), "{two:?}");
    Ok(())
}
