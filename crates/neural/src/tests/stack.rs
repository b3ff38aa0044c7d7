//! Gradients of stacks against central differences in f64, and what padding and order may not change.

use gyeol_tensor::Rng;

use super::*;
use crate::differences::{CELLS, memory, noisy, told, worst};
use crate::steps::Padding;

struct Case {
    stack: Stack,
    params: Vec<f64>,
    steps: Steps,
    x: Vec<f64>,
    h0: Vec<f64>,
    c0: Vec<f64>,
    /// Weights of the loss Σ w y + Σ w_h h_n and what is [`told`] of c_n.
    w: Vec<f64>,
    w_h: Vec<f64>,
    w_c: Vec<f64>,
    seed: Option<u64>,
}

impl Case {
    fn new(params: StackParams, lengths: &[usize], seed: Option<u64>) -> Self {
        let mut layout = Layout::new();
        let stack = Stack::new(&mut layout, "stack", &params);
        let mut rng = Rng::new(11);
        let flat = noisy(&layout, &mut rng, 0.3);
        let directions = params.layers * params.directions();
        let c0 = memory(params.cell, &mut rng, directions * lengths.len(), params.hidden);
        let mut draw = |n: usize, bound: f64| {
            let mut v = vec![0.0; n];
            rng.fill_uniform(&mut v, bound);
            v
        };
        let steps = Steps::ragged(lengths);
        let state = lengths.len() * params.state();
        Case {
            params: flat,
            x: draw(steps.total() * params.input, 1.0),
            h0: draw(state, 1.0),
            w: draw(steps.total() * params.output(), 1.0),
            w_h: draw(state, 1.0),
            w_c: draw(c0.len(), 1.0),
            c0,
            stack,
            steps,
            seed,
        }
    }

    fn told(&self, c: &[f64]) -> (f64, Vec<f64>) {
        told(self.stack.params.cell, c, &self.w_c, self.stack.params.hidden)
    }

    fn forward(
        &self,
        p: &[f64],
        x: &[f64],
        h0: &[f64],
        c0: &[f64],
    ) -> (f64, StackTape<f64>, StackPacked<f64>) {
        let mut packed = self.stack.packed();
        self.stack.pack(p, &mut packed);
        let mut tape = self.stack.tape(self.steps.len(), self.steps.rows());
        let mut rng = self.seed.map(Rng::new);
        self.stack.forward(p, &packed, x, &self.steps, Some((h0, c0)), rng.as_mut(), &mut tape);
        let (mut h, mut c) = (vec![0.0; h0.len()], vec![0.0; c0.len()]);
        self.stack.state_into(&self.steps, &tape, &mut h, &mut c);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let y = self.stack.output(&self.steps, &tape);
        (dot(y, &self.w) + dot(&h, &self.w_h) + self.told(&c).0, tape, packed)
    }
}

#[test]
fn gradients_agree_with_differences() {
    for cell in CELLS {
        for (bidirectional, locked, recurrent_dropout, seed) in [
            (false, false, 0.0, None),
            (true, false, 0.0, Some(3)),
            (true, true, 0.3, Some(4)),
            (false, false, 0.4, Some(5)),
        ] {
            let params = StackParams {
                layers: 2,
                bidirectional,
                locked,
                recurrent_dropout: if cell.is_recurrent() { recurrent_dropout } else { 0.0 },
                dropout: 0.3,
                ..StackParams::new(cell, 3, 4)
            };
            let case = Case::new(params, &[2, 0, 4, 1], seed);
            let (_, mut tape, packed) = case.forward(&case.params, &case.x, &case.h0, &case.c0);
            let (mut h, mut c) = (vec![0.0; case.h0.len()], vec![0.0; case.c0.len()]);
            case.stack.state_into(&case.steps, &tape, &mut h, &mut c);
            let d_c = case.told(&c).1;
            let mut gradient = vec![f64::NAN; case.params.len()];
            let (mut dx, mut dh0, mut dc0) =
                (vec![f64::NAN; case.x.len()], vec![f64::NAN; case.h0.len()], vec![f64::NAN; case.c0.len()]);
            case.stack.backward(
                &packed,
                &case.x,
                &case.steps,
                &mut tape,
                Above { every: Some(&case.w), last: Some((&case.w_h, &d_c)) },
                Some(&mut dx),
                Some((&mut dh0, &mut dc0)),
                &mut gradient,
                Write::Set,
            );
            let loss = |p: &[f64], x: &[f64], h: &[f64], c: &[f64]| case.forward(p, x, h, c).0;
            let checks = [
                worst(&gradient, &case.params, |p| loss(p, &case.x, &case.h0, &case.c0)),
                worst(&dx, &case.x, |x| loss(&case.params, x, &case.h0, &case.c0)),
                worst(&dh0, &case.h0, |h| loss(&case.params, &case.x, h, &case.c0)),
                worst(&dc0, &case.c0, |c| loss(&case.params, &case.x, &case.h0, c)),
            ];
            // ReLU has kinks; at these numbers no difference crosses one.
            assert!(checks.iter().all(|&c| c < 1e-6), "{cell:?} {bidirectional} {locked}: {checks:?}");
        }
    }
}

#[test]
fn padding_changes_nothing_and_a_row_does_not_depend_on_its_neighbours() {
    let lengths = [3, 5, 0, 2, 5];
    let (longest, rows) = (6, lengths.len());
    for cell in CELLS {
        let params = StackParams { layers: 2, bidirectional: true, ..StackParams::new(cell, 2, 7) };
        let case = Case::new(params.clone(), &lengths, None);
        let run = |garbage: f64, side: Padding| {
            let mut padded = vec![garbage; longest * rows * 2];
            for (b, &l) in lengths.iter().enumerate() {
                for t in 0..l {
                    let at = if side == Padding::Left { longest - l + t } else { t };
                    for k in 0..2 {
                        padded[(at * rows + b) * 2 + k] = ((b * 31 + t * 7 + k) as f64).sin();
                    }
                }
            }
            let mut x = vec![0.0; case.steps.total() * 2];
            case.steps.gather(&padded, longest, 2, side, &mut x);
            let (_, tape, _) = case.forward(&case.params, &x, &case.h0, &case.c0);
            let mut last = vec![0.0; rows * params.output()];
            case.stack.last_into(&case.steps, &tape, &mut last);
            (x, last)
        };
        let (x, want) = run(0.0, Padding::Right);
        for (garbage, side) in [(1e30, Padding::Right), (f64::NAN, Padding::Left), (-7.0, Padding::Left)] {
            assert_eq!(run(garbage, side).1, want);
        }
        // Each row alone, from its own state.
        for (b, &l) in lengths.iter().enumerate() {
            let alone = Steps::equal(l, 1);
            let mut mine = Vec::new();
            let place = case.steps.order().iter().position(|&o| o == b).unwrap();
            for t in 0..l {
                let at = (case.steps.first(t) + place) * 2;
                mine.extend_from_slice(&x[at..at + 2]);
            }
            let of = |s: &[f64], h: usize| -> Vec<f64> {
                s.chunks((rows * h).max(1)).flat_map(|block| block[b * h..(b + 1) * h].to_vec()).collect()
            };
            let h = params.hidden;
            let (h0, c0) = (of(&case.h0, h), of(&case.c0, cell.memories() * h));
            let mut packed = case.stack.packed();
            case.stack.pack(&case.params, &mut packed);
            let mut tape = case.stack.tape(l, 1);
            case.stack.forward(&case.params, &packed, &mine, &alone, Some((&h0, &c0)), None, &mut tape);
            let mut last = vec![0.0; params.output()];
            case.stack.last_into(&alone, &tape, &mut last);
            assert_eq!(last, want[b * params.output()..(b + 1) * params.output()], "row {b} of {cell:?}");
        }
    }
}

#[test]
fn a_tape_that_only_answers_says_the_same_bits() {
    for cell in CELLS {
        let params = StackParams { layers: 2, bidirectional: true, ..StackParams::new(cell, 3, 19) };
        for lengths in [&[70, 3, 0, 41, 9][..], &[50]] {
            let case = Case::new(params.clone(), lengths, None);
            let (_, tape, packed) = case.forward(&case.params, &case.x, &case.h0, &case.c0);
            let mut short = case.stack.answer_tape(case.steps.len(), case.steps.rows());
            let state = Some((&case.h0[..], &case.c0[..]));
            case.stack.forward(&case.params, &packed, &case.x, &case.steps, state, None, &mut short);
            assert_eq!(case.stack.output(&case.steps, &short), case.stack.output(&case.steps, &tape));
            let states = |tape: &StackTape<f64>| {
                let (mut h, mut c) = (vec![0.0; case.h0.len()], vec![0.0; case.c0.len()]);
                case.stack.state_into(&case.steps, tape, &mut h, &mut c);
                (h, c)
            };
            assert_eq!(states(&short), states(&tape));
        }
    }
}

#[test]
fn a_mask_on_a_state_that_no_product_reads_is_refused() {
    let shape = |cell| StackParams { recurrent_dropout: 0.2, ..StackParams::new(cell, 3, 4) };
    assert!(shape(Cell::SLstm).check().is_ok());
    let problem = shape(Cell::MinGru).check().unwrap_err().to_string();
    assert!(problem.contains("recurrent_dropout") && problem.contains("0.2 for a minGRU"), "{problem}");
}
