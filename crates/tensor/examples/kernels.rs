//! Nanoseconds that each element-wise kernel takes for 16 numbers, on data that lies in the first two caches
//! and on data that does not; the best of several short rounds.
//!
//! `GYEOL_KERNEL=portable cargo run --release -p gyeol-tensor --example kernels`

use std::hint::black_box;
use std::time::Instant;

use gyeol_tensor::activation::Activation;
use gyeol_tensor::cells::{CellOp, step};
use gyeol_tensor::elementwise::{add, sum_of_squares};
use gyeol_tensor::softmax::{exp_rows, softmax_backward, softmax_cross_entropy};
use gyeol_tensor::{Buffer, Rng, Rule, Update, kernel_path};

fn best(numbers: usize, mut f: impl FnMut()) -> f64 {
    let rounds = 15;
    let repeats = (400_000 / numbers).max(1);
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let begun = Instant::now();
        for _ in 0..repeats {
            f();
        }
        best = best.min(begun.elapsed().as_secs_f64() / (repeats * numbers) as f64);
    }
    best * 16.0 * 1e9
}

fn noise(len: usize) -> Buffer<f32> {
    let mut x = Buffer::zeros(len);
    Rng::new(1).fill_uniform(&mut x, 4.0);
    x
}

fn main() {
    println!("kernel path {}; ns per 16 numbers", kernel_path().name());
    println!("{:24} {:>10} {:>12}", "", "4,096", "4,194,304");
    let row = |name: &str, f: &dyn Fn(usize) -> f64| {
        println!("{name:24} {:10.2} {:12.2}", f(4096), f(4_194_304));
    };
    for (name, kind) in [("sigmoid", Activation::Sigmoid), ("tanh", Activation::Tanh)] {
        row(name, &|len| {
            let mut x = noise(len);
            best(len, || kind.apply(black_box(&mut x)))
        });
    }
    // Rows of 1,024 columns; what a call leaves is what the next one takes, which costs the same.
    const COLS: usize = 1024;
    row("exp_rows", &|len| {
        let (mut x, mut max, mut sum) = (noise(len), noise(len / COLS), noise(len / COLS));
        best(len, || exp_rows(black_box(&mut x), len / COLS, COLS, COLS, &mut max, &mut sum))
    });
    row("softmax_cross_entropy", &|len| {
        let (mut x, targets) = (noise(len), vec![7; len / COLS]);
        best(len, || {
            black_box(softmax_cross_entropy(black_box(&mut x), len / COLS, COLS, COLS, &targets, 1.0));
        })
    });
    row("softmax_backward", &|len| {
        let (y, mut dy) = (noise(len), noise(len));
        best(len, || {
            softmax_backward(&y, black_box(&mut dy), len / COLS, COLS, COLS);
            dy[0] = 1.0;
        })
    });
    let adam =
        Rule::Adam { beta1: 0.9, rest1: 0.1, beta2: 0.999, rest2: 0.001, correction: 1.0, epsilon: 1e-8 };
    for (name, rule) in [("SGD", Rule::Sgd), ("RMSprop", rms()), ("Adam", adam)] {
        row(name, &|len| {
            let (g, mut p) = (noise(len), noise(len));
            let (mut m, mut s) = (Buffer::zeros(len), Buffer::zeros(len));
            let update = Update::new(rule, 1e-6);
            best(len, || update.apply(Some(black_box(&g)), black_box(&mut p), &mut m, &mut s))
        });
    }
    // A number is a unit of one row: four gates, c and h.
    row("LSTM cell forward", &|len| {
        const HIDDEN: usize = 128;
        let (mut gates, c_prev) = (noise(4 * len), noise(len));
        let (mut c, mut tanh_c, mut h) = (noise(len), noise(len), noise(len));
        best(len, || {
            step(CellOp::LstmForward {
                hidden: HIDDEN,
                gates: &mut gates,
                stride: 4 * HIDDEN,
                c_prev: &c_prev,
                c: &mut c,
                tanh_c: &mut tanh_c,
                h: &mut h,
            })
        })
    });
    row("add", &|len| {
        let (y, mut x) = (noise(len), noise(len));
        best(len, || add(black_box(&y), black_box(&mut x)))
    });
    row("sum_of_squares", &|len| {
        let x = noise(len);
        best(len, || {
            black_box(sum_of_squares(black_box(&x[..])));
        })
    });
}

fn rms() -> Rule<f32> {
    Rule::RmsProp { decay: 0.99, rest: 0.01, epsilon: 1e-8 }
}
