//! Gradients of the cells against central differences in f64.

use gyeol_tensor::Rng;

use super::*;
use crate::differences::{CELLS, memory, noisy, worst};

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
        let c0 = memory(cell, &mut rng, rows, hidden);
        let mut draw = |n: usize| {
            let mut v = vec![0.0; n];
            rng.fill_uniform(&mut v, 1.0);
            v
        };
        let (x, h0) = (draw(steps * rows * input), draw(rows * hidden));
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
    for cell in CELLS {
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
            // ReLU has kinks; at these numbers no difference crosses one.
            for (i, c) in checks.iter().enumerate() {
                assert!(*c < 1e-6, "{cell:?} {input} {hidden}: check {i} is off by {c:e}");
            }
        }
    }
}

#[test]
fn the_state_carried_in_continues_the_walk() {
    for cell in CELLS {
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
        let (h, c) = (h.to_vec(), c.to_vec());
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

/// What this program printed, with Python 3.11: the sLSTM as it is defined, without a stabiliser, in 50 digits. Its
/// e^900 is no number of `f64`.
///
/// ```python
/// from decimal import Decimal as D, getcontext
/// getcontext().prec = 50
/// exp = lambda v: v.exp()
/// sig = lambda v: 1 / (1 + exp(-v))
/// tanh = lambda v: 2 * sig(2 * v) - 1
/// W_x = [[.5, -.25, 1, .125, -.5, .75, .25, -1], [-.75, .5, .25, 1, .5, -.125, -.5, .25]]
/// W_h = [[.25, .5, -.5, .25, 1, -.25, .5, .75], [-.5, .25, .75, -1, .25, .5, -.25, .5]]
/// b = [.125, -.25, 1, .5, 0, .25, -.125, .5]
/// x = [[1, -.5], [1800, 1.25], [-.75, 2], [-3000, .5]]
/// h, C, N = [D(0)] * 2, [D(0)] * 2, [D(0)] * 2
/// for x_t in x:
///     of = lambda v, W, k: sum(D(v) * D(w[k]) for v, w in zip(v, W))
///     a = [of(x_t, W_x, k) + of(h, W_h, k) + D(b[k]) for k in range(8)]
///     i, f = [exp(v) for v in a[:2]], [sig(v) for v in a[2:4]]
///     g, o = [tanh(v) for v in a[4:6]], [sig(v) for v in a[6:]]
///     C = [f[j] * C[j] + i[j] * g[j] for j in range(2)]
///     N = [f[j] * N[j] + i[j] for j in range(2)]
///     h = [o[j] * C[j] / N[j] for j in range(2)]
///     print([float(v) for v in (*h, N[0].ln(), N[1].ln())])
/// ```
#[test]
fn an_slstm_says_what_the_plain_formula_says_in_fifty_digits() {
    const PARAMS: [f64; 40] = [
        0.5, -0.25, 1.0, 0.125, -0.5, 0.75, 0.25, -1.0, // W_x
        -0.75, 0.5, 0.25, 1.0, 0.5, -0.125, -0.5, 0.25, //
        0.25, 0.5, -0.5, 0.25, 1.0, -0.25, 0.5, 0.75, // W_h
        -0.5, 0.25, 0.75, -1.0, 0.25, 0.5, -0.25, 0.5, //
        0.125, -0.25, 1.0, 0.5, 0.0, 0.25, -0.125, 0.5, // b
    ];
    const X: [f64; 8] = [1.0, -0.5, 1800.0, 1.25, -0.75, 2.0, -3000.0, 0.5];
    const WANT: [[f64; 4]; 4] = [
        [-0.3764315700757629, 0.27425082220386454, 1.0, -0.75],
        [-1.0, 0.0, 898.9562666963791, -0.75],
        [-0.1403362494900832, -0.05034764218113423, 898.7043376150338, 0.6791443317631416],
        [0.0, -1.0, -1500.259910241282, 749.9172449647097],
    ];
    fn walk<T: Real>(most: f64) {
        let mut layout = Layout::new();
        let layer = Recurrent::new(&mut layout, "cell", Cell::SLstm, 2, 2);
        let of = |v: &[f64]| v.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
        let (params, x) = (of(&PARAMS), of(&X));
        let mut packed = layer.packed();
        layer.pack(&params, &mut packed);
        let mut tape = layer.tape(4, 1);
        layer.forward(&params, &packed, &x, &Steps::equal(4, 1), None, None, &mut tape);
        let (weights, scales) = (tape.memories(1), tape.memories(2));
        let rows = tape.hidden().chunks(2).zip(weights.zip(scales)).zip(WANT);
        for (t, ((h, (n, m)), want)) in rows.enumerate() {
            let log = |j: usize| n[j].to_f64().ln() + m[j].to_f64();
            for (got, want) in [h[0].to_f64(), h[1].to_f64(), log(0), log(1)].into_iter().zip(want) {
                assert!((got - want).abs() < most * want.abs().max(1.0), "step {t}: {got}, {want}");
            }
            assert!(n.iter().all(|n| n.to_f64() >= 1.0), "normalisers of step {t}: {n:?}");
        }
    }
    walk::<f64>(1e-13);
    walk::<f32>(1e-5);
}

#[test]
fn a_cell_has_one_name_in_files_and_in_options() {
    for cell in CELLS {
        assert_eq!(serde_json::to_value(cell).unwrap(), cell.name());
        assert_eq!(cell.name().parse::<Cell>().unwrap(), cell);
    }
    assert_eq!(Cell::NAMES.len(), CELLS.len());
}
