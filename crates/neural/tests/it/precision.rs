//! Nets whose products take bf16 operands, beside those of f32: gradients, training, the same bits on any number of
//! threads, and a refusal where there are no kernels for it.

use gyeol_neural::net::{Input, Learner, Net, NetParams, Output, Reads, Series, TokenStreams};
use gyeol_neural::{
    Activation, Cell, Error, Loss, Optimizer, Precision, StackParams, State, TrainParams, fit, gradient,
};
use gyeol_tensor::{Pool, Real, Rng, bf16_available};

/// Relative error of a layer's gradient. Each product is off by up to 2^-8 of itself, at random, so that sums are off
/// by about that of their size; layers add theirs to those they are handed.
const FAR: f64 = 0.02;

fn available() -> bool {
    if !bf16_available() {
        eprintln!("skipped: no bf16 kernels in this process ({})", gyeol_tensor::kernel_path().name());
    }
    bf16_available()
}

fn language(precision: Precision, output: Output, dropout: f64) -> NetParams {
    NetParams {
        input: Input::Tokens { vocabulary: 40 },
        stack: StackParams { layers: 2, dropout, precision, ..StackParams::new(Cell::Lstm, 24, 48) },
        dropout,
        reads: Reads::Every,
        projection: None,
        output,
        tied: false,
    }
}

/// A text in which each token leaves four likely followers.
fn text(n: usize) -> Vec<u32> {
    let mut rng = Rng::new(11);
    let mut last = 0;
    (0..n)
        .map(|_| {
            let noise = rng.below(10);
            last = if noise == 0 { rng.below(40) } else { (7 * last + noise % 4) % 40 };
            last as u32
        })
        .collect()
}

fn far(a: &[f32], b: &[f32]) -> f64 {
    let square = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    let difference = square(&mut a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b)));
    difference / square(&mut b.iter().map(|&b| f64::from(b))).max(f64::MIN_POSITIVE)
}

/// Loss and gradient of a few samples in both precisions.
fn both<T: Real>(params: &NetParams) -> [(f64, Vec<T>, Net); 2] {
    [Precision::F32, Precision::Bf16].map(|precision| {
        let mut params = params.clone();
        params.stack.precision = precision;
        let net = Net::new(&params).unwrap();
        let mut rng = Rng::new(3);
        let start: Vec<T> = net.layout().initial(&mut rng);
        let (loss, g) = match params.input {
            Input::Tokens { .. } => {
                let samples = TokenStreams::new(&net, text(400), 12, 20).unwrap();
                let rows: Vec<u32> = (0..12).collect();
                gradient(&Learner { net: &net, samples: &samples }, &start, &rows, Some((1, 2)))
            }
            Input::Numbers => {
                let mut draw = |n: usize| (0..n).map(|_| T::from_f64(rng.normal())).collect::<Vec<T>>();
                let (x, values) = (draw(30 * 15 * params.stack.input), draw(30 * 8));
                let samples =
                    Series { steps: 15, width: params.stack.input, x, values, classes: vec![], every: false };
                let rows: Vec<u32> = (0..30).collect();
                gradient(&Learner { net: &net, samples: &samples }, &start, &rows, None)
            }
        };
        (loss, g, net)
    })
}

fn nets() -> Vec<NetParams> {
    let of = |output| language(Precision::F32, output, 0.2);
    let numbers = |cell| NetParams {
        input: Input::Numbers,
        stack: StackParams {
            recurrent_dropout: if cell == Cell::MinGru { 0.0 } else { 0.1 },
            ..StackParams::new(cell, 7, 64)
        },
        dropout: 0.0,
        reads: Reads::Last,
        output: Output::Values { width: 8, activation: Activation::Tanh, loss: Loss::Mse },
        ..of(Output::Classes { classes: 40 })
    };
    vec![
        of(Output::Classes { classes: 40 }),
        of(Output::Classes { classes: 1100 }),
        NetParams { projection: Some(33), ..of(Output::Classes { classes: 40 }) },
        of(Output::Adaptive { classes: 40, cutoffs: vec![5, 20], shrink: 2 }),
        numbers(Cell::Lstm),
        numbers(Cell::Gru),
        numbers(Cell::Rnn),
        numbers(Cell::SLstm),
        numbers(Cell::MinGru),
    ]
}

#[test]
fn gradients_stay_near_those_of_f32() {
    if !available() {
        return;
    }
    for params in nets() {
        let [(want_loss, want, net), (loss, got, _)] = both::<f32>(&params);
        let off = (loss - want_loss).abs() / want_loss;
        assert!(off < 1e-3, "{:?}: loss {loss}, {want_loss}", params.output);
        assert_ne!(got, want, "bf16 was used");
        for slot in net.layout().slots() {
            let off = far(&got[slot.range()], &want[slot.range()]);
            println!("{:?} {:?} {}: {off:.4}", params.stack.cell, params.output, slot.name);
            assert!(off < FAR, "{:?} {}: {off}", params.output, slot.name);
        }
    }
}

#[test]
fn walks_in_f64_are_never_rounded() {
    if !available() {
        return;
    }
    for params in nets() {
        let [(want_loss, want, _), (loss, got, _)] = both::<f64>(&params);
        assert_eq!((loss, got), (want_loss, want));
    }
}

fn train(precision: Precision, threads: usize, epochs: usize) -> State<f32> {
    let net = Net::new(&language(precision, Output::Classes { classes: 40 }, 0.1)).unwrap();
    let samples = TokenStreams::new(&net, text(16 * 20 * 30 + 16), 16, 20).unwrap();
    let all: Vec<u32> = (0..samples.len() as u32).collect();
    let (learn, valid) = all.split_at(all.len() - 4 * 16);
    let p = TrainParams { clip: Some(1.0), ..TrainParams::new(epochs, 16, Optimizer::adam(), 5e-3) };
    let learner = Learner { net: &net, samples: &samples };
    fit(&learner, &p, learn, valid, &Pool::new(threads), None, &mut |_| true).unwrap()
}

#[test]
fn a_language_model_learns_as_in_f32() {
    if !available() {
        return;
    }
    let [full, rounded] = [Precision::F32, Precision::Bf16].map(|p| train(p, 2, 12));
    let losses = |s: &State<f32>| s.curve.iter().map(|e| (e.train_loss, e.valid_loss)).collect::<Vec<_>>();
    println!("f32 {:.4?}\nbf16 {:.4?}", losses(&full), losses(&rounded));
    let (first, want, got) = (full.curve[0].train_loss, &full.curve[11], &rounded.curve[11]);
    assert!(want.train_loss < 0.75 * first, "it learns at all: {first}, {}", want.train_loss);
    for (got, want) in [(got.train_loss, want.train_loss), (got.valid_loss, want.valid_loss)] {
        assert!((got - want).abs() < 0.01 * want, "{got}, {want} in f32");
    }
    assert_ne!(full.params, rounded.params);
}

#[test]
fn same_bits_on_any_thread_count() {
    if !available() {
        return;
    }
    let one = train(Precision::Bf16, 1, 2);
    for threads in [2, 3, 7] {
        assert_eq!(train(Precision::Bf16, threads, 2).params, one.params, "{threads} threads");
    }
}

#[test]
fn refused_where_there_are_no_kernels() {
    let params = |precision| language(precision, Output::Classes { classes: 40 }, 0.0);
    match Net::new(&params(Precision::Bf16)) {
        Ok(_) => assert!(bf16_available()),
        Err(problem) => {
            assert!(!bf16_available() && matches!(problem, Error::Precision(_)), "{problem}");
            let text = problem.to_string();
            assert!(text.contains("avx512_bf16") && text.ends_with("choose precision f32"), "{text}");
        }
    }
    assert!(Net::new(&params(Precision::F32)).is_ok());
}
