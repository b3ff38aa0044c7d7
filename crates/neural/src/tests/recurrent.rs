//! Gradients of the cells against central differences in f64.

use gyeol_tensor::Rng;

use super::*;
use crate::differences::{noisy, worst};

struct Case {
    layer: Recurrent,
    params: Vec<f64>,
    x: Vec<f64>,
    h0: Vec<f64>,
    c0: Vec<f64>,
    steps: usize,
    rows: usize,
    /// Weights of the loss Σ w h over all steps.
    w: Vec<f64>,
}

impl Case {
    fn new(cell: Cell, input: usize, hidden: usize, steps: usize, rows: usize) -> Self {
        let mut layout = Layout::new();
        let layer = Recurrent::new(&mut layout, "cell", cell, input, hidden);
        let mut rng = Rng::new(5);
        let params = noisy(&layout, &mut rng, 0.3);
        let mut draw = |n: usize| {
            let mut v = vec![0.0; n];
            rng.fill_uniform(&mut v, 1.0);
            v
        };
        let (x, h0, c0) = (draw(steps * rows * input), draw(rows * hidden), draw(rows * hidden));
        let w = draw(steps * rows * hidden);
        Case { layer, params, x, h0, c0, steps, rows, w }
    }

    fn forward(
        &self,
        params: &[f64],
        x: &[f64],
        h0: &[f64],
        c0: &[f64],
    ) -> (f64, RecurrentTape<f64>, RecurrentPacked<f64>) {
        let mut packed = self.layer.packed();
        self.layer.pack(params, &mut packed);
        let mut tape = self.layer.tape(self.steps, self.rows);
        let steps = Steps::equal(self.steps, self.rows);
        self.layer.forward(params, &packed, x, &steps, Some((h0, c0)), None, &mut tape);
        let loss = tape.hidden().iter().zip(&self.w).map(|(h, w)| h * w).sum();
        (loss, tape, packed)
    }
}

#[test]
fn gradients_agree_with_differences() {
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
        for (input, hidden, steps, rows) in [(1, 1, 1, 1), (3, 5, 4, 2), (2, 17, 3, 3)] {
            let case = Case::new(cell, input, hidden, steps, rows);
            let (_, mut tape, packed) = case.forward(&case.params, &case.x, &case.h0, &case.c0);
            let mut gradient = vec![0.0; case.params.len()];
            let mut dx = vec![0.0; case.x.len()];
            let (mut dh0, mut dc0) = (vec![0.0; case.h0.len()], vec![0.0; case.c0.len()]);
            case.layer.backward(
                &packed,
                &case.x,
                &Steps::equal(steps, rows),
                &mut tape,
                Above::every(&case.w),
                Some(&mut dx),
                Some((&mut dh0, &mut dc0)),
                &mut gradient,
                Write::Set,
            );
            let checks = [
                worst(&gradient, &case.params, |p| case.forward(p, &case.x, &case.h0, &case.c0).0),
                worst(&dx, &case.x, |x| case.forward(&case.params, x, &case.h0, &case.c0).0),
                worst(&dh0, &case.h0, |h| case.forward(&case.params, &case.x, h, &case.c0).0),
                worst(&dc0, &case.c0, |c| case.forward(&case.params, &case.x, &case.h0, c).0),
            ];
            let lstm = cell == Cell::Lstm;
            for (i, c) in checks.iter().enumerate() {
                assert!(
                    *c < 1e-6 || (i == 3 && !lstm),
                    "{cell:?} {input} {hidden}: check {i} is off by {c:e}"
                );
            }
        }
    }
}

#[test]
fn the_state_carried_in_continues_the_walk() {
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
        let case = Case::new(cell, 3, 6, 5, 2);
        let (_, whole, packed) = case.forward(&case.params, &case.x, &case.h0, &case.c0);
        let cut = 2;
        let mut tape = case.layer.tape(cut, 2);
        let at = cut * 2 * 3;
        let state = Some((&case.h0[..], &case.c0[..]));
        case.layer.forward(
            &case.params,
            &packed,
            &case.x[..at],
            &Steps::equal(cut, 2),
            state,
            None,
            &mut tape,
        );
        let (h, c) = tape.last(&Steps::equal(cut, 2));
        let (h, mut c) = (h.to_vec(), c.to_vec());
        c.resize(h.len(), 0.0);
        let mut rest = case.layer.tape(3, 2);
        case.layer.forward(
            &case.params,
            &packed,
            &case.x[at..],
            &Steps::equal(3, 2),
            Some((&h, &c)),
            None,
            &mut rest,
        );
        assert_eq!(rest.hidden(), &whole.hidden()[cut * 2 * 6..]);
    }
}
