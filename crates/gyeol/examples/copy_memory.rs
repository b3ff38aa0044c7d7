//! Copy memory (Hochreiter and Schmidhuber 1997, in the form of Arjovsky, Shah and Bengio 2016): ten symbols out of
//! eight are shown, then nothing for a while, then a sign asks for all ten in order. Whoever knows the timing but
//! remembers nothing pays ln 8 for each of the ten and nothing elsewhere: 10 ln 8 / (blanks + 20) an output. The simple
//! RNN stays there, the LSTM remembers.
//!
//! `cargo run --release -p gyeol --example copy_memory`

use gyeol::neural::net::{Input, Labelled, Learner, Net, NetParams, Output, Reads};
use gyeol::neural::{Cell, Error, Optimizer, StackParams, TrainParams, fit};
use gyeol::tensor::{Pool, Rng};

const SYMBOLS: u32 = 8;
const SHOWN: usize = 10;
const BLANKS: usize = 20;
const STEPS: usize = BLANKS + 2 * SHOWN;
/// Tokens after the symbols.
const BLANK: u32 = SYMBOLS;
const SIGN: u32 = SYMBOLS + 1;
const TRAIN: usize = 4000;
const VALID: usize = 200;

/// Cross-entropy of an output for whoever remembers nothing.
fn baseline() -> f64 {
    SHOWN as f64 * f64::from(SYMBOLS).ln() / STEPS as f64
}

/// What goes in and what should come out: STEPS tokens each.
fn copying(samples: usize, seed: u64) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let mut rng = Rng::new(seed);
    let one = |_| {
        let symbols: Vec<u32> = (0..SHOWN).map(|_| rng.below(u64::from(SYMBOLS)) as u32).collect();
        let mut input = symbols.clone();
        input.resize(SHOWN + BLANKS - 1, BLANK);
        input.push(SIGN);
        input.resize(STEPS, BLANK);
        let mut output = vec![BLANK; SHOWN + BLANKS];
        output.extend(symbols);
        (input, output)
    };
    (0..samples).map(one).unzip()
}

/// Validation cross-entropy after `epochs` epochs.
fn learn(cell: Cell, epochs: usize, seed: u64) -> Result<f64, Error> {
    let chrono = (cell == Cell::Lstm).then_some(BLANKS + SHOWN);
    let net = Net::new(&NetParams {
        input: Input::Tokens { vocabulary: SIGN as usize + 1 },
        stack: StackParams { chrono, ..StackParams::new(cell, 10, 64) },
        dropout: 0.0,
        reads: Reads::Every,
        projection: None,
        output: Output::Classes { classes: BLANK as usize + 1 },
        tied: false,
    })?;
    let (inputs, outputs) = copying(TRAIN + VALID, seed);
    let samples = Labelled::tagged(&net, &inputs, &outputs, STEPS)?;
    let all: Vec<u32> = (0..samples.len() as u32).collect();
    let (train, valid) = all.split_at(TRAIN);
    let params =
        TrainParams { clip: Some(1.0), seed, ..TrainParams::new(epochs, 16, Optimizer::adam(), 0.005) };
    let learner = Learner { net: &net, samples: &samples };
    Ok(fit::<f32, _>(&learner, &params, train, valid, &Pool::new(2), None, &mut |_| true)?.best_loss)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cross-entropy of {SHOWN} symbols of {SYMBOLS} recalled after {BLANKS} blanks");
    println!("  no memory   {:.4}", baseline());
    for cell in [Cell::Rnn, Cell::Lstm] {
        println!("  {:9}   {:.4}", cell.title(), learn(cell, 30, 1)?);
    }
    Ok(())
}

#[test]
fn an_lstm_recalls_what_a_simple_rnn_forgets() -> Result<(), Error> {
    let (rnn, lstm) = (learn(Cell::Rnn, 8, 1)?, learn(Cell::Lstm, 12, 1)?);
    assert!((rnn / baseline() - 1.0).abs() < 0.05, "{rnn}");
    assert!(lstm < 0.85 * baseline(), "{lstm}");
    Ok(())
}
