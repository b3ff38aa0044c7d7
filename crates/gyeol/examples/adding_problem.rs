//! The adding problem (Hochreiter and Schmidhuber 1997): 200 numbers, two of them marked, and the answer is the sum of
//! those two. Whoever always says 1 errs by 1/6 in the mean square; to do better, a net must carry a number over some
//! hundred steps. A simple RNN does not; an LSTM whose gates begin with a memory of that length does (chrono
//! initialisation, Tallec and Ollivier 2018).
//!
//! `cargo run --release -p gyeol --example adding_problem`

use gyeol::neural::net::{Input, Learner, Net, NetParams, Output, Reads, Series};
use gyeol::neural::{Activation, Cell, Error, Fit, Loss, Optimizer, StackParams, TrainParams, fit};
use gyeol::tensor::{Pool, Rng};

const STEPS: usize = 200;
const TRAIN: usize = 4000;
const VALID: usize = 500;

/// `samples` of (steps, 2): a uniform number and its mark, 1 once in either half; the value is the marked ones' sum.
fn adding(samples: usize, seed: u64) -> Series<f32> {
    let mut rng = Rng::new(seed);
    let (mut x, mut values) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        let half = STEPS / 2;
        let marked = [rng.below(half as u64) as usize, half + rng.below(half as u64) as usize];
        let numbers: Vec<f32> = (0..STEPS).map(|_| rng.uniform() as f32).collect();
        x.extend((0..STEPS).flat_map(|t| [numbers[t], f32::from(marked.contains(&t))]));
        values.push(numbers[marked[0]] + numbers[marked[1]]);
    }
    Series { steps: STEPS, width: 2, x, values, classes: Vec::new(), every: false }
}

/// Validation error of always saying 1: about 1/6, the variance of the sum of two uniform numbers.
fn always_one(seed: u64) -> f64 {
    let valid = &adding(TRAIN + VALID, seed).values[TRAIN..];
    valid.iter().map(|&y| f64::from(y - 1.0).powi(2)).sum::<f64>() / VALID as f64
}

/// Trains until the validation error is below `enough` or the epochs are over; gives that error and the epochs.
fn learn(
    cell: Cell,
    chrono: Option<usize>,
    epochs: usize,
    enough: f64,
    seed: u64,
) -> Result<(f64, usize), Error> {
    let net = Net::new(&NetParams {
        input: Input::Numbers,
        stack: StackParams { chrono, ..StackParams::new(cell, 2, 16) },
        dropout: 0.0,
        reads: Reads::Last,
        projection: None,
        output: Output::Values { width: 1, activation: Activation::Linear, loss: Loss::Mse },
        tied: false,
    })?;
    let samples = adding(TRAIN + VALID, seed);
    let all: Vec<u32> = (0..samples.len() as u32).collect();
    let (train, valid) = all.split_at(TRAIN);
    let params =
        TrainParams { clip: Some(1.0), seed, ..TrainParams::new(epochs, 32, Optimizer::adam(), 0.01) };
    let learner = Learner { net: &net, samples: &samples };
    let mut reached = (f64::INFINITY, 0);
    let end = fit(&learner, &params, train, valid, &Pool::new(2), None, &mut |event| {
        if let Fit::Epoch(state) = event {
            reached = (state.best_loss, state.curve.len());
        }
        reached.0 > enough
    });
    match end {
        Ok(_) | Err(Error::Stopped { .. }) => Ok(reached),
        Err(error) => Err(error),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("mean square error of the sum of two marked numbers among {STEPS}");
    println!("  always 1                     {:.4}", always_one(1));
    let nets = [
        ("RNN", Cell::Rnn, None),
        ("LSTM, forget bias 1", Cell::Lstm, None),
        ("LSTM, chrono", Cell::Lstm, Some(STEPS)),
    ];
    for (name, cell, chrono) in nets {
        let (loss, epochs) = learn(cell, chrono, 20, 0.002, 1)?;
        println!("  {name:22}       {loss:.4}   after {epochs} epochs");
    }
    Ok(())
}

#[test]
fn an_lstm_adds_over_200_steps_and_a_simple_rnn_does_not() -> Result<(), Error> {
    let (rnn, _) = learn(Cell::Rnn, None, 6, 0.01, 1)?;
    let (lstm, epochs) = learn(Cell::Lstm, Some(STEPS), 8, 0.01, 1)?;
    let one = always_one(1);
    assert!((one * 6.0 - 1.0).abs() < 0.15, "{one}");
    assert!(rnn > 0.95 * one, "{rnn} {one}");
    assert!(lstm < 0.01, "{lstm} after {epochs} epochs");
    Ok(())
}
