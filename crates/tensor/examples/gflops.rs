//! Prints what products, packing and activations reach on this machine, one thread, best of several rounds.
//!
//! `cargo run --release -p gyeol-tensor --example gflops [product|steps|orders|gradient|bf16|pack|activation]...`
use std::time::Instant;

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{
    MatRef, Packed, PackedBf16, Walk, Write, kernel_path, matmul, matmul_packed, matmul_packed_bf16,
    matmul_packed_walk,
};

/// Best time of a call in seconds, over many rounds of about a millisecond: short enough to fall between the time
/// slices of other programs.
fn best(mut call: impl FnMut()) -> f64 {
    call();
    let start = Instant::now();
    call();
    let calls = (0.001 / start.elapsed().as_secs_f64().max(1e-9)).clamp(1.0, 1e6) as usize;
    (0..60)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            start.elapsed().as_secs_f64() / calls as f64
        })
        .fold(f64::INFINITY, f64::min)
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i % 13) as f32 * 0.1 - 0.6).collect()
}

fn rate(m: usize, k: usize, n: usize, seconds: f64) -> f64 {
    2.0 * (m * k * n) as f64 / seconds / 1e9
}

fn products() {
    println!("C = A B, GFLOP/s                 packed  row-major");
    for (k, n) in [(64, 256), (50, 50), (200, 200), (200, 800), (317, 317), (650, 2600), (200, 10_000)] {
        for m in [1, 2, 3, 4, 7, 8, 10, 13, 16, 20, 33] {
            let (a, b) = (numbers(m * k), numbers(k * n));
            let (a, b) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
            let packed = Packed::pack(b);
            let mut c = vec![0f32; m * n];
            let one = best(|| matmul_packed(a, &packed, &mut c, n, Write::Set));
            let two = best(|| matmul(a, b, &mut c, n, Write::Set));
            let shape = format!("({m}, {k}) x ({k}, {n})");
            println!("{shape:<32} {:>6.1}  {:>6.1}", rate(m, k, n, one), rate(m, k, n, two));
        }
    }
}

fn steps() {
    println!("the same packed B at every step, ns a product: panels forward, in turn");
    for (m, k, n) in [(1, 64, 256), (1, 50, 200), (1, 100, 400), (1, 200, 800), (4, 64, 256)] {
        let (a, b) = (numbers(m * k), numbers(k * n));
        let (a, packed) = (MatRef::new(&a, m, k), Packed::pack(MatRef::new(&b, k, n)));
        let mut c = vec![0f32; m * n];
        let times = [Walk::Forward, Walk::Backward].map(|other| {
            0.5 * best(|| {
                matmul_packed_walk(a, &packed, &mut c, n, Write::Set, Walk::Forward);
                matmul_packed_walk(a, &packed, &mut c, n, Write::Set, other);
            })
        });
        let shape = format!("({m}, {k}) x ({k}, {n})");
        println!("{shape:<32} {:>6.0}  {:>6.0}", times[0] * 1e9, times[1] * 1e9);
    }
}

fn orders() {
    println!("operand orders, GFLOP/s                    A B    A B'    A' B   A' B'");
    for (m, k, n) in [(1, 200, 200), (13, 317, 317), (64, 512, 512), (320, 650, 650)] {
        let (a, b) = (numbers(m * k), numbers(k * n));
        let mut c = vec![0f32; m * n];
        print!("{:<36}", format!("({m}, {k}) x ({k}, {n})"));
        for left in [MatRef::new(&a, m, k), MatRef::new(&a, k, m).t()] {
            for right in [MatRef::new(&b, k, n), MatRef::new(&b, n, k).t()] {
                let s = best(|| matmul(left, right, &mut c, n, Write::Set));
                print!(" {:>7.1}", rate(m, k, n, s));
            }
        }
        println!();
    }
}

fn gradients() {
    println!("dW = X' dG, GFLOP/s");
    for (m, k, n) in [
        (7, 3072, 256),
        (64, 3072, 256),
        (200, 700, 800),
        (200, 700, 200),
        (650, 350, 2600),
        (1024, 700, 1024),
    ] {
        let (x, g) = (numbers(m * k), numbers(k * n));
        let mut c = vec![0f32; m * n];
        let s = best(|| matmul(MatRef::new(&x, k, m).t(), MatRef::new(&g, k, n), &mut c, n, Write::Add));
        println!("{:<32} {:>6.1}", format!("({m}, {k}) x ({k}, {n})"), rate(m, k, n, s));
    }
}

fn bf16() {
    println!("bf16, GFLOP/s");
    for (m, k, n) in [
        (1, 64, 256),
        (1, 200, 800),
        (4, 200, 800),
        (20, 200, 800),
        (13, 317, 317),
        (20, 650, 2600),
        (33, 650, 2600),
    ] {
        let (a, b) = (numbers(m * k), numbers(k * n));
        let (a, packed) = (MatRef::new(&a, m, k), PackedBf16::pack(MatRef::new(&b, k, n)));
        let mut c = vec![0f32; m * n];
        if let Err(problem) = matmul_packed_bf16(a, &packed, &mut c, n, Write::Set, Walk::Forward) {
            println!("{problem}");
            return;
        }
        let s = best(|| _ = matmul_packed_bf16(a, &packed, &mut c, n, Write::Set, Walk::Forward));
        println!("{:<32} {:>6.1}", format!("({m}, {k}) x ({k}, {n})"), rate(m, k, n, s));
    }
}

fn packing() {
    println!("packing, GB/s read and written");
    for (k, n) in [(64, 256), (200, 800), (650, 2600), (200, 10_000)] {
        let b = numbers(k * n);
        let (mut plain, mut turned) = (Packed::zeros(k, n), Packed::zeros(n, k));
        let one = best(|| plain.repack(MatRef::new(&b, k, n)));
        let two = best(|| turned.repack(MatRef::new(&b, k, n).t()));
        let bytes = 8.0 * (k * n) as f64 / 1e9;
        println!("{:<32} {:>6.1}  its transpose {:>6.1}", format!("({k}, {n})"), bytes / one, bytes / two);
    }
}

fn activations() {
    for kind in [Activation::Sigmoid, Activation::Tanh] {
        let mut x = vec![0.3f32; 4096];
        println!("{kind:?}: {:.2} ns a 16", best(|| kind.apply(&mut x)) * 1e9 / 256.0);
    }
}

fn main() {
    println!("kernel path: {}", kernel_path().name());
    let asked: Vec<String> = std::env::args().skip(1).collect();
    for (name, part) in [
        ("product", products as fn()),
        ("steps", steps as fn()),
        ("orders", orders as fn()),
        ("gradient", gradients as fn()),
        ("bf16", bf16 as fn()),
        ("pack", packing as fn()),
        ("activation", activations as fn()),
    ] {
        if asked.is_empty() || asked.iter().any(|a| a == name) {
            part();
        }
    }
}
