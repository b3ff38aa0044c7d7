//! Prints what the packed product and the activations reach on this machine, one thread.
//!
//! `cargo run --release -p gyeol-tensor --example gflops`
use std::time::Instant;

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{MatRef, Packed, Write, kernel_path, matmul, matmul_packed};

fn main() {
    println!("kernel path: {}", kernel_path().name());
    for (m, k, n) in
        [(8, 64, 256), (16, 64, 256), (20, 200, 800), (20, 650, 2600), (66, 1344, 256), (700, 200, 10_000)]
    {
        let a = vec![0.5f32; m * k];
        let b = vec![0.25f32; k * n];
        let packed = Packed::pack(MatRef::new(&b, k, n));
        let mut c = vec![0f32; m * n];
        let flops = 2.0 * (m * k * n) as f64;
        let reps = (4e9 / flops) as usize + 1;
        let mut rate = [0.0; 2];
        for (which, rate) in rate.iter_mut().enumerate() {
            let start = Instant::now();
            for _ in 0..reps {
                let a = MatRef::new(&a, m, k);
                match which {
                    0 => matmul_packed(a, &packed, &mut c, n, Write::Set),
                    _ => matmul(a, MatRef::new(&b, k, n), &mut c, n, Write::Set),
                }
            }
            *rate = flops * reps as f64 / start.elapsed().as_secs_f64() / 1e9;
        }
        println!("({m}, {k}) x ({k}, {n}): packed {:.1} GFLOP/s, in place {:.1}", rate[0], rate[1]);
    }
    for kind in [Activation::Sigmoid, Activation::Tanh] {
        let mut x = vec![0.3f32; 4096];
        let start = Instant::now();
        for _ in 0..10_000 {
            kind.apply(&mut x);
        }
        println!("{kind:?}: {:.2} ns a 16", start.elapsed().as_secs_f64() * 1e9 / 10_000.0 / 256.0);
    }
}
