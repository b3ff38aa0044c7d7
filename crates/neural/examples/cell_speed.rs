//! Nanoseconds of a row and step of one recurrent layer, cell by cell, forward and backward: without the softmax, which
//! hides them in a language model's step.
//!
//! ```text
//! cargo run --release -p gyeol-neural --example cell_speed -- [I] [H] [STEPS] [ROWS]
//! ```
//!
//! Without sizes those of the benchmark's `lm200`: 200 inputs, 200 units, 35 steps, and the 10 rows that walk together on
//! a thread. Each figure is the least of many walks, packing left out, taken in turn by all cells, on one thread.

use std::time::Instant;

use gyeol_neural::{Above, Cell, Layout, Recurrent, RecurrentPacked, RecurrentTape, Steps};
use gyeol_tensor::{Rng, Write};

const ROUNDS: usize = 300;

struct Timed {
    layer: Recurrent,
    params: Vec<f32>,
    packed: RecurrentPacked<f32>,
    tape: RecurrentTape<f32>,
    gradient: Vec<f32>,
    forward: f64,
    backward: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes = std::env::args().skip(1).map(|v| v.parse()).collect::<Result<Vec<usize>, _>>()?;
    let size = |at: usize, default: usize| sizes.get(at).copied().unwrap_or(default);
    let (input, hidden, steps, rows) = (size(0, 200), size(1, 200), size(2, 35), size(3, 10));
    let (walk, mut rng) = (Steps::equal(steps, rows), Rng::new(1));
    let mut draw = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<f32>>();
    let (x, d_h) = (draw(steps * rows * input), draw(steps * rows * hidden));
    let mut dx = vec![0f32; x.len()];
    let mut all: Vec<Timed> = [Cell::Rnn, Cell::Gru, Cell::Lstm, Cell::SLstm, Cell::MinGru]
        .into_iter()
        .map(|cell| {
            let mut layout = Layout::new();
            let layer = Recurrent::new(&mut layout, "cell", cell, input, hidden);
            let params: Vec<f32> = layout.initial(&mut Rng::new(2));
            let mut packed = layer.packed();
            layer.pack(&params, &mut packed);
            let (tape, gradient) = (layer.tape(steps, rows), vec![0f32; layout.len()]);
            let (forward, backward) = (f64::INFINITY, f64::INFINITY);
            Timed { layer, params, packed, tape, gradient, forward, backward }
        })
        .collect();
    for _ in 0..ROUNDS {
        for t in &mut all {
            let begun = Instant::now();
            t.layer.forward(&t.params, &t.packed, &x, &walk, None, None, &mut t.tape);
            t.forward = t.forward.min(begun.elapsed().as_secs_f64());
            let begun = Instant::now();
            let above = Above::every(&d_h);
            let (dx, gradient) = (Some(&mut dx[..]), &mut t.gradient);
            t.layer.backward(&t.packed, &x, &walk, &mut t.tape, above, dx, None, gradient, Write::Set);
            t.backward = t.backward.min(begun.elapsed().as_secs_f64());
        }
    }
    println!(
        "{input} inputs, {hidden} units, {steps} steps, {rows} rows, {}: ns a row and step",
        gyeol_tensor::kernel_path().name()
    );
    println!("{:<8} {:>9} {:>9} {:>9} {:>11}", "cell", "forward", "backward", "both", "parameters");
    for t in &all {
        let ns = |seconds: f64| seconds * 1e9 / (steps * rows) as f64;
        let (cell, parameters) = (t.layer.cell.title(), t.layer.parameters());
        let (there, back) = (ns(t.forward), ns(t.backward));
        println!("{cell:<8} {there:>9.0} {back:>9.0} {:>9.0} {parameters:>11}", there + back);
    }
    Ok(())
}
