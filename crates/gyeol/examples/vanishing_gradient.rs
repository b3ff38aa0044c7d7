//! Why depth was hard (Hochreiter 1991; Bengio, Simard and Frasconi 1994): a gradient that passes many layers, or many
//! steps, is multiplied once for each. Sigmoid's slope is at most 1/4, so it vanishes; ReLU's is 1 where a unit is
//! active and He's start keeps the variance, so it stays. Through time, the simple RNN multiplies by tanh' W_h at each
//! step; the LSTM's cell state is multiplied by its forget gate alone.
//!
//! `cargo run --release -p gyeol --example vanishing_gradient`

use gyeol::neural::net::{Mlp, MlpParams, Output, Rows};
use gyeol::neural::{
    Above, Activation, Cell, Error, Layout, Loss, Slot, Stack, StackParams, Steps, gradient,
};
use gyeol::tensor::{Rng, Write};

const LAYERS: usize = 16;
const UNITS: usize = 64;
const STEPS: usize = 100;

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn random(len: usize, rng: &mut Rng) -> Vec<f64> {
    (0..len).map(|_| rng.normal()).collect()
}

/// Norm of the loss's gradient by each layer's W, the first layer first.
fn by_layer(activation: Activation) -> Result<Vec<f64>, Error> {
    let net = Mlp::new(&MlpParams {
        input: UNITS,
        hidden: vec![UNITS; LAYERS],
        activation,
        dropout: 0.0,
        output: Output::Values { width: 1, activation: Activation::Linear, loss: Loss::Mse },
    })?;
    let mut rng = Rng::new(1);
    let (x, values) = (random(32 * UNITS, &mut rng), random(32, &mut rng));
    let rows = Rows { width: UNITS, x, values, classes: Vec::new() };
    let samples: Vec<u32> = (0..32).collect();
    let (_, g) = gradient(&rows.learner(&net)?, &net.layout().initial(&mut rng), &samples, None);
    let weights = |slot: &&Slot| slot.name.starts_with("hidden") && slot.name.ends_with(".w");
    Ok(net.layout().slots().iter().filter(weights).map(|slot| norm(slot.of(&g))).collect())
}

/// Norms of dL/dh_t and dL/dc_t (0 without a cell state) for a loss on the last hidden state alone, h_T · r: the steps
/// after t are walked from the state that t left.
fn at_step(cell: Cell, t: usize) -> (f64, f64) {
    let mut layout = Layout::new();
    // The LSTM's gates begin as for a net that should remember this long (chrono initialisation).
    let chrono = (cell == Cell::Lstm).then_some(STEPS);
    let stack = Stack::new(&mut layout, "stack", &StackParams { chrono, ..StackParams::new(cell, 8, UNITS) });
    let mut rng = Rng::new(1);
    let params: Vec<f64> = layout.initial(&mut rng);
    let (x, last) = (random(STEPS * 8, &mut rng), random(UNITS, &mut rng));
    let (before, after) = x.split_at(t * 8);
    let (mut packed, mut tape) = (stack.packed(), stack.tape(STEPS, 1));
    stack.pack(&params, &mut packed);
    let (mut h, mut c) = (vec![0.0; UNITS], vec![0.0; UNITS]);
    let steps = Steps::equal(t, 1);
    stack.forward(&params, &packed, before, &steps, None, None, &mut tape);
    stack.state_into(&steps, &tape, &mut h, &mut c);

    let steps = Steps::equal(STEPS - t, 1);
    stack.forward(&params, &packed, after, &steps, Some((&h, &c)), None, &mut tape);
    let (mut dh, mut dc, mut g) = (vec![0.0; UNITS], vec![0.0; UNITS], vec![0.0; layout.len()]);
    let (above, d_state) = (Above::last(&last), Some((&mut dh[..], &mut dc[..])));
    stack.backward(&packed, after, &steps, &mut tape, above, None, d_state, &mut g, Write::Set);
    (norm(&dh), norm(&dc))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let activations = [Activation::Sigmoid, Activation::Tanh, Activation::Relu];
    let columns: Vec<Vec<f64>> = activations.into_iter().map(by_layer).collect::<Result<_, _>>()?;
    println!("norm of the gradient by each layer's weights, {LAYERS} layers of {UNITS}");
    println!("  layer    sigmoid       tanh       ReLU");
    for l in 0..LAYERS {
        println!("  {:5}  {:9.2e}  {:9.2e}  {:9.2e}", l + 1, columns[0][l], columns[1][l], columns[2][l]);
    }
    println!("norm of the gradient by the state at step t, loss after step {STEPS}");
    println!("      t   RNN dL/dh  LSTM dL/dh  LSTM dL/dc");
    for t in [1, 25, 50, 75, 100] {
        let ((rnn, _), (lstm, cell)) = (at_step(Cell::Rnn, t), at_step(Cell::Lstm, t));
        println!("  {t:5}   {rnn:9.2e}  {lstm:10.2e}  {cell:10.2e}");
    }
    Ok(())
}

#[test]
fn sigmoid_vanishes_through_layers_and_relu_does_not() -> Result<(), Error> {
    let ratio = |norms: Vec<f64>| norms[0] / norms[LAYERS - 1];
    let sigmoid = ratio(by_layer(Activation::Sigmoid)?);
    let relu = ratio(by_layer(Activation::Relu)?);
    assert!(sigmoid < 1e-6, "{sigmoid}");
    assert!((0.05..20.0).contains(&relu), "{relu}");
    Ok(())
}

#[test]
fn the_rnn_vanishes_through_time_and_the_lstm_does_not() {
    let ratio = |cell| at_step(cell, 1).0 / at_step(cell, STEPS).0;
    let (rnn, lstm) = (ratio(Cell::Rnn), ratio(Cell::Lstm));
    assert!(rnn < 1e-6, "{rnn}");
    assert!(lstm > 1e-4, "{lstm}");
    let kept = at_step(Cell::Lstm, 1).1 / at_step(Cell::Lstm, STEPS - 1).1;
    assert!(kept > 1e-2, "{kept}");
}
