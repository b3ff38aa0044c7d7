//! Two whole runs of 200 steps with the trainer: loss and norm of every step, and the weights at the end.
//!
//! PyTorch's own clipping divides by norm + 1e-6; its runs here divide by the norm, as the paper does and we do. The
//! second of PyTorch's two biases is held at 0 in them.

use gyeol_neural::net::{Input, Learner, Net, NetParams, Output, Reads, Samples, Series, TokenStreams};
use gyeol_neural::{
    Activation, Cell, Fit, Layout, Loss, Optimizer, Recurrent, StackParams, State, TrainParams, fit,
};
use gyeol_tensor::{Pool, Real};

use super::fixture::{Bias, Tensors, convert, near, transposed};

/// PyTorch's weights by their names, as our flat vector.
fn weights<T: Real>(tensors: &Tensors, prefix: &str, cells: &[Recurrent], layout: &Layout) -> Vec<T> {
    let mut flat = vec![T::ZERO; layout.len()];
    for (layer, cell) in cells.iter().enumerate() {
        let of = |name: &str| tensors.get(&format!("{prefix}lstm.{name}_l{layer}"));
        convert(cell, of, Bias::Sum, &mut flat);
    }
    for slot in layout.slots() {
        let values = match (slot.name.as_str(), &slot.shape[..]) {
            // A dense layer is (inputs, outputs), a softmax layer (classes, inputs) as PyTorch has both.
            ("output.w", [8, 4]) => transposed(&tensors.get(&format!("{prefix}out.weight")), 4),
            ("output.w", _) => tensors.get(&format!("{prefix}out.weight")),
            ("output.b", _) => tensors.get(&format!("{prefix}out.bias")),
            ("embedding.table", _) => tensors.get(&format!("{prefix}embedding.weight")),
            _ => continue,
        };
        slot.of_mut(&mut flat).copy_from_slice(&values);
    }
    flat
}

/// How far apart loss, norm and weights may be.
struct Most {
    loss: f64,
    norm: f64,
    weights: f64,
}

const F64: Most = Most { loss: 1e-10, norm: 1e-10, weights: 1e-10 };
const F32: Most = Most { loss: 1e-5, norm: 1e-5, weights: 1e-5 };

fn run<T: Real, S: Samples<T>>(
    task: &str,
    kind: &str,
    net: &Net,
    samples: &S,
    count: usize,
    params: &TrainParams,
    threads: usize,
    most: &Most,
) {
    let tensors = Tensors::open("training.safetensors");
    let (cells, layout) = (&net.stack().cells, net.layout());
    let begin = weights(&tensors, &format!("{task}.begin."), cells, layout);
    let all: Vec<u32> = (0..count as u32).collect();
    let (mut losses, mut norms) = (Vec::new(), Vec::new());
    let learner = Learner { net, samples };
    let state = State::<T>::new(begin, params);
    let done = fit(&learner, params, &all, &all, &Pool::new(threads), Some(state), &mut |news| {
        if let Fit::Iteration { batch_loss, norm, .. } = news {
            losses.push(batch_loss);
            norms.push(norm);
        }
        true
    })
    .unwrap();
    assert_eq!((losses.len(), done.iteration), (200, 200));
    let want = |name: &str| tensors.exact(&format!("{task}.{kind}.{name}"));
    near(&format!("{task}.{kind}.loss"), &losses, &want("loss"), most.loss);
    near(&format!("{task}.{kind}.norm"), &norms, &want("norm"), most.norm);
    let after: Vec<f64> = weights(&tensors, &format!("{task}.{kind}.after."), cells, layout);
    for slot in layout.slots() {
        let name = format!("{task}.{kind}, {} at the end", slot.name);
        near(&name, slot.of(&done.params), slot.of(&after), most.weights);
    }
}

fn regressor<T: Real>(kind: &str, most: &Most) {
    let tensors = Tensors::open("training.safetensors");
    let net = Net::new(&NetParams {
        input: Input::Numbers,
        stack: StackParams::new(Cell::Lstm, 3, 8),
        dropout: 0.0,
        reads: Reads::Last,
        projection: None,
        output: Output::Values { width: 4, activation: Activation::Linear, loss: Loss::Mse },
        tied: false,
    })
    .unwrap();
    let (x, values) = (tensors.get::<T>("regressor.x"), tensors.get("regressor.y"));
    let series = Series { steps: 12, width: 3, x, values, classes: Vec::new(), every: false };
    series.check(&net).unwrap();
    // 64 rows by eight, eight steps an epoch, in the order in which they stand.
    let params =
        TrainParams { clip: Some(0.25), shuffle: false, ..TrainParams::new(25, 8, Optimizer::adam(), 1e-2) };
    for threads in [1, 2] {
        run::<T, _>("regressor", kind, &net, &series, series.len(), &params, threads, most);
    }
}

fn language<T: Real>(kind: &str, most: &Most) {
    let tensors = Tensors::open("training.safetensors");
    let net = Net::new(&NetParams {
        input: Input::Tokens { vocabulary: 20 },
        stack: StackParams { layers: 2, ..StackParams::new(Cell::Lstm, 6, 7) },
        dropout: 0.0,
        reads: Reads::Every,
        projection: None,
        output: Output::Classes { classes: 20 },
        tied: false,
    })
    .unwrap();
    // (4, 1001): one row after another is one text cut into four, whose 200 batches are one epoch.
    let ids = tensors.integers("language.tokens").into_iter().map(|id| id as u32).collect();
    let streams = TokenStreams::new(&net, ids, 4, 5).unwrap();
    let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false };
    let params = TrainParams { clip: Some(0.25), ..TrainParams::new(1, 4, sgd, 2.0) };
    for threads in [1, 2] {
        run::<T, _>("language", kind, &net, &streams, streams.len(), &params, threads, most);
    }
}

#[test]
fn a_regressor_learns_as_in_pytorch() {
    regressor::<f64>("f64", &F64);
    regressor::<f32>("f32", &F32);
}

#[test]
fn a_language_model_learns_as_in_pytorch() {
    language::<f64>("f64", &F64);
    language::<f32>("f32", &F32);
}
