//! The textbook's gradients against central differences, and the fast layers against the textbook.

use gyeol_tensor::{Real, Rng, Write};

use super::*;
use crate::Activation;
use crate::differences::{CELLS, memory, told, worst};
use crate::farthest::farthest;
use crate::layout::Layout;
use crate::recurrent::{Above, Cell, Recurrent};
use crate::softmax::NO_TARGET;
use crate::steps::Steps;

type Rows = Vec<Vec<f64>>;

/// How far fast layers may be from the textbook, relative to the largest number of the same tensor.
const F64: f64 = 1e-13;
const F32: f64 = 3e-6;

/// Numbers in ±`bound` that `f32` holds too, so that every type is given the same.
fn draw(rng: &mut Rng, n: usize, bound: f64) -> Vec<f64> {
    let mut v = vec![0.0f32; n];
    rng.fill_uniform(&mut v, bound);
    v.into_iter().map(f64::from).collect()
}

fn cut(flat: &[f64], width: usize) -> Rows {
    flat.chunks(width.max(1)).map(<[f64]>::to_vec).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn of<T: Real>(v: &[f64]) -> Vec<T> {
    v.iter().map(|&v| T::from_f64(v)).collect()
}

#[track_caller]
fn near<T: Real>(what: &str, got: &[T], want: &[f64], most: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    let largest = farthest(want.iter().map(|v| v.abs())).max(f64::MIN_POSITIVE);
    let far = farthest(got.iter().zip(want).map(|(a, b)| (a.to_f64() - b).abs() / largest));
    assert!(far <= most, "{what}: {far:e} apart, {most:e} allowed");
}

/// What one sequence goes through: parameters, x (T, I), h_0 and c_0, all that is remembered beside h, and the loss Σ
/// d_h h and what is [`told`] of c_T.
struct Walk {
    cell: Cell,
    /// W_x, W_h (none in the minGRU) and b, one after another.
    params: [Vec<f64>; 3],
    x: Vec<f64>,
    h_0: Vec<f64>,
    c_0: Vec<f64>,
    d_h: Vec<f64>,
    w_c: Vec<f64>,
}

/// What comes out: h_1 … h_T, c_T, the loss, and its gradients, that by c_T among them.
struct Walked {
    h: Vec<f64>,
    c: Vec<f64>,
    d_c: Vec<f64>,
    loss: f64,
    params: [Vec<f64>; 3],
    x: Vec<f64>,
    h_0: Vec<f64>,
    c_0: Vec<f64>,
}

impl Walk {
    fn run(&self) -> Walked {
        let h = self.h_0.len();
        let (x, d_h) = (cut(&self.x, self.x.len() / (self.d_h.len() / h).max(1)), cut(&self.d_h, h));
        let [w_x, w_h, b] = self.params.clone();
        let (states, c, params, x, h_0, c_0) = match self.cell {
            Cell::Rnn | Cell::RnnRelu => {
                let curve = if self.cell == Cell::Rnn { Curve::Tanh } else { Curve::Relu };
                let rnn = Rnn { w_x, w_h, b, curve };
                let states = rnn.forward(&x, &self.h_0);
                let g = rnn.backward(&x, &states, &d_h);
                (states, Vec::new(), [g.weights.w_x, g.weights.w_h, g.weights.b], g.x, g.h_0, g.c_0)
            }
            Cell::Lstm => {
                let lstm = Lstm { w_x, w_h, b };
                let walk = lstm.forward(&x, &self.h_0, &self.c_0);
                let g = lstm.backward(&x, &walk, &d_h, &self.w_c);
                let c = walk.c[x.len()].clone();
                (walk.h, c, [g.weights.w_x, g.weights.w_h, g.weights.b], g.x, g.h_0, g.c_0)
            }
            Cell::Gru => {
                let gru = Gru { w_x, w_h, b };
                let walk = gru.forward(&x, &self.h_0);
                let g = gru.backward(&x, &walk, &d_h);
                (walk.h, Vec::new(), [g.weights.w_x, g.weights.w_h, g.weights.b], g.x, g.h_0, g.c_0)
            }
            Cell::SLstm => {
                let slstm = SLstm { w_x, w_h, b };
                let walk = slstm.forward(&x, &self.h_0, [0, 1, 2].map(|at| &self.c_0[at * h..(at + 1) * h]));
                let c = [&walk.c, &walk.n, &walk.m].map(|of| of[x.len()].clone()).concat();
                let (_, d) = told(self.cell, &c, &self.w_c, h);
                let g = slstm.backward(&x, &walk, &d_h, [&d[..h], &d[h..2 * h]]);
                (walk.h, c, [g.weights.w_x, g.weights.w_h, g.weights.b], g.x, g.h_0, g.c_0)
            }
            Cell::MinGru => {
                let mingru = MinGru { w_x, b };
                let walk = mingru.forward(&x, &self.h_0);
                let g = mingru.backward(&x, &walk, &d_h);
                (walk.h, Vec::new(), [g.weights.w_x, w_h, g.weights.b], g.x, g.h_0, g.c_0)
            }
        };
        let hs = states[1..].concat();
        let (of_c, d_c) = told(self.cell, &c, &self.w_c, h);
        let loss = dot(&hs, &self.d_h) + of_c;
        Walked { h: hs, c, d_c, loss, params, x: x.concat(), h_0, c_0 }
    }
}

/// A layer with random parameters, states and losses for sequences of these lengths, each a [`Walk`].
fn walks(cell: Cell, input: usize, hidden: usize, lengths: &[usize]) -> Vec<Walk> {
    let (all, of_x, _, of_h) = cell.blocks();
    let mut rng = Rng::new(7);
    let bound = 2.0 / ((input + hidden) as f64).sqrt();
    let params = [input * of_x * hidden, hidden * of_h * hidden, all * hidden];
    let params = params.map(|n| draw(&mut rng, n, bound));
    lengths
        .iter()
        .map(|&t| Walk {
            cell,
            params: params.clone(),
            x: draw(&mut rng, t * input, 1.5),
            h_0: draw(&mut rng, hidden, 1.0),
            c_0: memory(cell, &mut rng, 1, hidden),
            d_h: draw(&mut rng, t * hidden, 1.0),
            w_c: draw(&mut rng, cell.memories() * hidden, 1.0),
        })
        .collect()
}

#[test]
fn textbook_cells_have_the_gradients_of_differences() {
    for cell in CELLS {
        for (input, hidden, steps) in [(1, 1, 1), (3, 4, 5), (2, 7, 3)] {
            let walk = &mut walks(cell, input, hidden, &[steps])[0];
            let got = walk.run();
            let mut check = |what: &str, got: &[f64], part: fn(&mut Walk) -> &mut Vec<f64>| {
                let at = part(walk).clone();
                let off = worst(got, &at, |moved| {
                    *part(walk) = moved.to_vec();
                    walk.run().loss
                });
                *part(walk) = at;
                // ReLU has kinks; at these numbers no difference crosses one.
                assert!(
                    off < 1e-6,
                    "{cell:?} ({input}, {hidden}), {steps} steps: d_{what} is off by {off:e}"
                );
            };
            check("w_x", &got.params[0], |w| &mut w.params[0]);
            check("w_h", &got.params[1], |w| &mut w.params[1]);
            check("b", &got.params[2], |w| &mut w.params[2]);
            check("x", &got.x, |w| &mut w.x);
            check("h_0", &got.h_0, |w| &mut w.h_0);
            check("c_0", &got.c_0, |w| &mut w.c_0);
        }
    }
}

#[test]
fn textbook_layers_have_the_gradients_of_differences() {
    let mut rng = Rng::new(9);
    let (w, b, x, d) =
        (draw(&mut rng, 12, 1.0), draw(&mut rng, 3, 1.0), draw(&mut rng, 4, 1.0), draw(&mut rng, 3, 1.0));
    for curve in [Curve::Linear, Curve::Sigmoid, Curve::Tanh, Curve::Relu, Curve::LeakyRelu] {
        let dense = Dense { w: w.clone(), b: b.clone(), curve };
        let (g, d_x) = dense.backward(&x, &dense.forward(&x), &d);
        let loss = |dense: &Dense, x: &[f64]| dot(&dense.forward(x), &d);
        let off = [
            worst(&g.w, &w, |w| loss(&Dense { w: w.to_vec(), ..dense.clone() }, &x)),
            worst(&g.b, &b, |b| loss(&Dense { b: b.to_vec(), ..dense.clone() }, &x)),
            worst(&d_x, &x, |x| loss(&dense, x)),
        ];
        assert!(farthest(off) < 1e-6, "{curve:?}: {off:?}");
    }
    let softmax = Softmax { w: w.clone(), b: b.clone() };
    for target in 0..3 {
        let (g, d_h) = softmax.backward(&x, &softmax.forward(&x), target);
        let loss = |softmax: &Softmax, h: &[f64]| Softmax::loss(&softmax.forward(h), target);
        let off = [
            worst(&g.w, &w, |w| loss(&Softmax { w: w.to_vec(), b: b.clone() }, &x)),
            worst(&g.b, &b, |b| loss(&Softmax { w: w.clone(), b: b.to_vec() }, &x)),
            worst(&d_h, &x, |h| loss(&softmax, h)),
        ];
        assert!(farthest(off) < 1e-6, "target {target}: {off:?}");
    }
}

fn cell_is_that_of_the_textbook<T: Real>(
    cell: Cell,
    input: usize,
    hidden: usize,
    lengths: &[usize],
    most: f64,
) {
    let walks = walks(cell, input, hidden, lengths);
    let (steps, rows) = (Steps::ragged(lengths), lengths.len());
    // From the rows of each sequence to those of the walk over all.
    let together = |width: usize, each: &[&[f64]]| -> Vec<f64> {
        let mut out = vec![f64::NAN; steps.total() * width];
        for t in 0..steps.len() {
            for (i, &b) in steps.order()[..steps.active(t)].iter().enumerate() {
                let at = (steps.first(t) + i) * width;
                out[at..at + width].copy_from_slice(&each[b][t * width..(t + 1) * width]);
            }
        }
        out
    };
    let every = |part: fn(&Walk) -> &[f64]| -> Vec<T> {
        of(&walks.iter().flat_map(part).copied().collect::<Vec<_>>())
    };

    let mut layout = Layout::new();
    let layer = Recurrent::new(&mut layout, "cell", cell, input, hidden);
    let params: Vec<T> = of(&walks[0].params.concat());
    assert_eq!(params.len(), layout.len());
    let mut packed = layer.packed();
    layer.pack(&params, &mut packed);
    let mut tape = layer.tape(steps.len(), rows);
    let x: Vec<T> = of(&together(input, &walks.iter().map(|w| &w.x[..]).collect::<Vec<_>>()));
    let (h_0, c_0) = (every(|w| &w.h_0), every(|w| &w.c_0));
    layer.forward(&params, &packed, &x, &steps, Some((&h_0, &c_0)), None, &mut tape);

    let want: Vec<Walked> = walks.iter().map(Walk::run).collect();
    let near = |what: &str, got: &[T], want: &[f64]| {
        near(&format!("{cell:?} ({input}, {hidden}), {lengths:?}: {what}"), got, want, most);
    };
    let all = |part: fn(&Walked) -> &[f64]| -> Vec<f64> { want.iter().flat_map(part).copied().collect() };
    let in_walk = |width: usize, part: fn(&Walked) -> &[f64]| {
        together(width, &want.iter().map(part).collect::<Vec<_>>())
    };
    let nan = |n: usize| vec![T::from_f64(f64::NAN); n];
    near("h", &tape.hidden()[..steps.total() * hidden], &in_walk(hidden, |w| &w.h));
    let (mut h_last, mut c_last) = (nan(rows * hidden), nan(c_0.len()));
    tape.state_into(&steps, &mut h_last, &mut c_last);
    near("c of the last step", &c_last, &all(|w| &w.c));

    let d_h: Vec<T> = of(&together(hidden, &walks.iter().map(|w| &w.d_h[..]).collect::<Vec<_>>()));
    let (zero, d_c) = (vec![T::ZERO; rows * hidden], of(&all(|w| &w.d_c)));
    let above = Above { every: Some(&d_h), last: Some((&zero, &d_c)) };
    let (mut d_x, mut d_h_0, mut d_c_0) = (nan(x.len()), nan(rows * hidden), nan(c_0.len()));
    let mut gradient = nan(params.len());
    let (d_state, d_x_out) = (Some((&mut d_h_0[..], &mut d_c_0[..])), Some(&mut d_x[..]));
    layer.backward(&packed, &x, &steps, &mut tape, above, d_x_out, d_state, &mut gradient, Write::Set);
    for (slot, part) in [Some(&layer.w_x), layer.w_h.as_ref(), Some(&layer.b)].into_iter().zip(0..) {
        let Some(slot) = slot else { continue };
        let mut sum = vec![0.0; slot.len()];
        want.iter().for_each(|w| sum.iter_mut().zip(&w.params[part]).for_each(|(s, d)| *s += d));
        near(&format!("d_{}", slot.name), slot.of(&gradient), &sum);
    }
    near("d_x", &d_x, &in_walk(input, |w| &w.x));
    near("d_h_0", &d_h_0, &all(|w| &w.h_0));
    near("d_c_0", &d_c_0, &all(|w| &w.c_0));
}

#[test]
fn fast_cells_are_those_of_the_textbook() {
    for cell in CELLS {
        for (input, hidden, lengths) in [
            (1, 1, &[1][..]),
            (3, 5, &[4, 4]),
            (2, 17, &[3, 0, 5, 1]),
            (7, 33, &[6, 2, 6, 6, 1, 6, 6, 6, 6, 6, 4, 6, 6]),
            // Rows of gates a multiple of 1 KiB long, which a tape stretches.
            (4, 64, &[9, 9, 9]),
        ] {
            cell_is_that_of_the_textbook::<f64>(cell, input, hidden, lengths, F64);
            cell_is_that_of_the_textbook::<f32>(cell, input, hidden, lengths, F32);
        }
    }
}

/// x a row after another, the textbook's layer row by row, its gradients added.
fn dense_is_that_of_the_textbook<T: Real>(
    activation: Activation,
    curve: Curve,
    [rows, input, output]: [usize; 3],
    most: f64,
) {
    let mut rng = Rng::new(4);
    let mut layout = Layout::new();
    let layer = crate::Dense::new(&mut layout, "dense", input, output, activation);
    let params = draw(&mut rng, layout.len(), 1.0);
    let (x, d_y) = (draw(&mut rng, rows * input, 1.0), draw(&mut rng, rows * output, 1.0));
    let (w, b) = params.split_at(layer.w.len());
    let book = Dense { w: w.to_vec(), b: b.to_vec(), curve };
    let (mut want_y, mut want_d_x, mut want) = (Vec::new(), Vec::new(), vec![0.0; layout.len()]);
    for (x, d_y) in x.chunks(input).zip(d_y.chunks(output)) {
        let y = book.forward(x);
        let (g, d_x) = book.backward(x, &y, d_y);
        want.iter_mut().zip([g.w, g.b].concat()).for_each(|(sum, d)| *sum += d);
        want_y.extend(y);
        want_d_x.extend(d_x);
    }
    let (params, x, mut d_y): (Vec<T>, Vec<T>, Vec<T>) = (of(&params), of(&x), of(&d_y));
    let mut packed = layer.packed();
    layer.pack(&params, &mut packed);
    let nan = |n: usize| vec![T::from_f64(f64::NAN); n];
    let (mut y, mut d_x, mut gradient) = (nan(rows * output), nan(rows * input), nan(layout.len()));
    layer.forward(&params, &packed, &x, &mut y);
    layer.backward(&packed, &x, &y, &mut d_y, Some(&mut d_x), &mut gradient, Write::Set);
    let what = format!("{activation:?} ({rows}, {input}) x ({input}, {output})");
    near(&format!("{what}: y"), &y, &want_y, most);
    near(&format!("{what}: d_x"), &d_x, &want_d_x, most);
    near(&format!("{what}: d_w and d_b"), &gradient, &want, most);
}

#[test]
fn fast_dense_layers_are_those_of_the_textbook() {
    for (activation, curve) in [
        (Activation::Linear, Curve::Linear),
        (Activation::Sigmoid, Curve::Sigmoid),
        (Activation::Tanh, Curve::Tanh),
        (Activation::Relu, Curve::Relu),
        (Activation::LeakyRelu, Curve::LeakyRelu),
    ] {
        for shape in [[1, 1, 1], [3, 5, 7], [13, 33, 17], [6, 70, 1]] {
            dense_is_that_of_the_textbook::<f64>(activation, curve, shape, F64);
            dense_is_that_of_the_textbook::<f32>(activation, curve, shape, F32);
        }
    }
}

fn softmax_is_that_of_the_textbook<T: Real>(input: usize, targets: &[u32], classes: usize, most: f64) {
    let mut rng = Rng::new(5);
    let mut layout = Layout::new();
    let layer = crate::Softmax::new(&mut layout, "softmax", input, classes);
    let params = draw(&mut rng, layout.len(), 2.0);
    let h = draw(&mut rng, targets.len() * input, 3.0);
    let scale = 0.5;
    let book = Softmax { w: layer.w.of(&params).to_vec(), b: layer.b.of(&params).to_vec() };
    let (mut said, mut loss) = (Vec::new(), 0.0);
    let (mut want, mut want_d_h) = (vec![0.0; layout.len()], vec![0.0; h.len()]);
    for ((h, d_h), &target) in h.chunks(input).zip(want_d_h.chunks_mut(input)).zip(targets) {
        let log_probabilities = book.forward(h);
        if target != NO_TARGET {
            loss += Softmax::loss(&log_probabilities, target as usize);
            let (g, d) = book.backward(h, &log_probabilities, target as usize);
            want.iter_mut().zip([g.w, g.b].concat()).for_each(|(sum, d)| *sum += scale * d);
            d_h.iter_mut().zip(d).for_each(|(to, d)| *to = scale * d);
        }
        said.extend(log_probabilities);
    }
    let (params, h): (Vec<T>, Vec<T>) = (of(&params), of(&h));
    let mut packed = layer.packed();
    layer.pack(&params, &mut packed);
    let nan = |n: usize| vec![T::from_f64(f64::NAN); n];
    let mut out = nan(targets.len() * classes);
    layer.log_probabilities(&params, &packed, &h, &mut out);
    near(&format!("{classes} classes: ln p"), &out, &said, most);
    // All rows at once, and one after another.
    for group in [targets.len(), 1] {
        let what = format!("{classes} classes, {group} rows at a time");
        let mut tape = layer.tape(group);
        let (mut d_h, mut g) = (nan(h.len()), nan(params.len()));
        let value = layer.loss(&params, &packed, &h, targets, &mut tape);
        near(&format!("{what}: loss"), &[value], &[loss], most);
        let value =
            layer.learn(&params, &packed, &h, targets, scale, &mut tape, &mut d_h, &mut g, Write::Set);
        near(&format!("{what}: loss"), &[value], &[loss], most);
        near(&format!("{what}: d_w and d_b"), &g, &want, most);
        near(&format!("{what}: d_h"), &d_h, &want_d_h, most);
    }
}

#[test]
fn a_fast_softmax_is_that_of_the_textbook_over_one_and_many_blocks_of_classes() {
    // 1,300 classes are three blocks.
    for (input, targets, classes) in
        [(1, &[0][..], 1), (5, &[2, NO_TARGET, 0, 6, 6], 7), (3, &[0, 1299, NO_TARGET, 700], 1300)]
    {
        softmax_is_that_of_the_textbook::<f64>(input, targets, classes, F64);
        softmax_is_that_of_the_textbook::<f32>(input, targets, classes, F32);
    }
}
