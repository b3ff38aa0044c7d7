//! Overfitting and its remedies: 60 noisy samples, and a net with some thousand weights. It learns the noise,
//! so its training loss falls far below the noise's variance while the validation loss rises above it. More data, a
//! smaller net, L1, L2, dropout and early stopping each narrow the gap.
//!
//! `cargo run --release -p gyeol --example overfitting`

use gyeol::neural::net::{Mlp, MlpParams, Output, Rows};
use gyeol::neural::{Activation, Error, Loss, Optimizer, TrainParams, evaluate, fit};
use gyeol::tensor::{Pool, Rng};

const INPUTS: usize = 8;
const FEW: usize = 60;
const MANY: usize = 2000;
const VALID: usize = 1000;
/// Standard deviation of the noise: no forecast's mean square error is below its square.
const NOISE: f64 = 0.5;

/// y = 2 tanh(x_1 + x_2) - tanh(2 x_3) + noise; the other inputs have nothing to do with it.
fn noisy(samples: usize) -> Rows<f32> {
    let mut rng = Rng::new(1);
    let (mut x, mut values) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        let row: Vec<f64> = (0..INPUTS).map(|_| rng.normal()).collect();
        let y = 2.0 * (row[0] + row[1]).tanh() - (2.0 * row[2]).tanh() + NOISE * rng.normal();
        x.extend(row.iter().map(|&v| v as f32));
        values.push(y as f32);
    }
    Rows { width: INPUTS, x, values, classes: Vec::new() }
}

#[derive(Debug)]
struct Fitted {
    remedy: &'static str,
    train: f64,
    valid: f64,
}

impl Fitted {
    fn gap(&self) -> f64 {
        self.valid - self.train
    }
}

/// Fits without a remedy, then with each alone.
fn remedies() -> Result<Vec<Fitted>, Error> {
    let rows = noisy(VALID + MANY);
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let (valid, train) = all.split_at(VALID);
    let large: &[usize] = &[64, 64];
    let run = |remedy, hidden: &[usize], dropout, samples, change: &dyn Fn(&mut TrainParams)| {
        let net = Mlp::new(&MlpParams {
            input: INPUTS,
            hidden: hidden.to_vec(),
            activation: Activation::Tanh,
            dropout,
            output: Output::Values { width: 1, activation: Activation::Linear, loss: Loss::Mse },
        })?;
        // As many iterations for many samples as for few.
        let epochs = 300 * FEW / samples;
        let mut params = TrainParams { seed: 1, ..TrainParams::new(epochs, 20, Optimizer::adam(), 0.005) };
        change(&mut params);
        let (learner, pool) = (rows.learner(&net)?, Pool::new(2));
        let train = &train[..samples];
        let state = fit(&learner, &params, train, valid, &pool, None, &mut |_| true)?;
        // Early stopping goes back to the best epoch; without it the last one counts.
        let kept = if params.patience.is_some() { &state.best } else { &state.params };
        let loss = |part| evaluate(&learner, kept, part, &pool);
        Ok::<_, gyeol::neural::Error>(Fitted { remedy, train: loss(train), valid: loss(valid) })
    };
    Ok(vec![
        run("none", large, 0.0, FEW, &|_| {})?,
        run("more data", large, 0.0, MANY, &|_| {})?,
        run("smaller net", &[2], 0.0, FEW, &|_| {})?,
        run("L1", large, 0.0, FEW, &|p| p.l1 = 1e-2)?,
        run("L2", large, 0.0, FEW, &|p| p.l2 = 5e-2)?,
        run("dropout", large, 0.4, FEW, &|_| {})?,
        run("early stopping", large, 0.0, FEW, &|p| p.patience = Some(10))?,
    ])
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("mean square error; that of the noise is {:.3}", NOISE * NOISE);
    println!("  remedy            train   validation     gap");
    for f in remedies()? {
        println!("  {:14}   {:6.3}       {:6.3}  {:6.3}", f.remedy, f.train, f.valid, f.gap());
    }
    Ok(())
}

#[test]
fn each_remedy_narrows_the_gap_and_forecasts_better() -> Result<(), Error> {
    let fits = remedies()?;
    let none = &fits[0];
    assert!(none.train < 0.2 * NOISE * NOISE && none.valid > 2.0 * NOISE * NOISE, "{none:?}");
    for remedy in &fits[1..] {
        assert!(remedy.gap() < 0.9 * none.gap() && remedy.valid < 0.95 * none.valid, "{remedy:?} {none:?}");
    }
    Ok(())
}
