//! Gradients against central differences in f64, for the tests of layers and nets.

use std::fmt::Debug;

use gyeol_tensor::Rng;

use crate::farthest::farthest;
use crate::layout::Layout;
use crate::recurrent::Cell;
use crate::trainer::{Trainable, gradient};

/// Parameters as training begins with them, moved by noise of ±`bound` so that none is zero.
pub(crate) fn noisy(layout: &Layout, rng: &mut Rng, bound: f64) -> Vec<f64> {
    let mut params: Vec<f64> = layout.initial(rng);
    let mut noise = vec![0.0; params.len()];
    rng.fill_uniform(&mut noise, bound);
    params.iter_mut().zip(&noise).for_each(|(p, n)| *p += n);
    params
}

/// Relative distance of `got[i]` from the difference of `loss` over `at[i]` ± `step`, for every i.
pub(crate) fn distances(got: &[f64], at: &[f64], step: f64, mut loss: impl FnMut(&[f64]) -> f64) -> Vec<f64> {
    let mut moved = at.to_vec();
    (0..at.len())
        .map(|i| {
            moved[i] = at[i] + step;
            let up = loss(&moved);
            moved[i] = at[i] - step;
            let want = (up - loss(&moved)) / (2.0 * step);
            moved[i] = at[i];
            (got[i] - want).abs() / want.abs().max(1e-2)
        })
        .collect()
}

/// The largest of [`distances`].
pub(crate) fn worst(got: &[f64], at: &[f64], loss: impl FnMut(&[f64]) -> f64) -> f64 {
    farthest(distances(got, at, 1e-5, loss))
}

/// Every cell.
pub(crate) const CELLS: [Cell; 6] =
    [Cell::Rnn, Cell::RnnRelu, Cell::Gru, Cell::Lstm, Cell::SLstm, Cell::MinGru];

/// What cells may remember beside h, (rows, M H), of numbers that `f32` holds too: normalisers are above 0.
pub(crate) fn memory(cell: Cell, rng: &mut Rng, rows: usize, hidden: usize) -> Vec<f64> {
    let mut drawn = vec![0.0f32; rows * cell.memories() * hidden];
    rng.fill_uniform(&mut drawn, 1.0);
    if cell == Cell::SLstm {
        drawn.chunks_mut(hidden).skip(1).step_by(3).flatten().for_each(|n| *n = n.abs() + 0.5);
    }
    drawn.into_iter().map(f64::from).collect()
}

/// A loss of last states (rows, M H), and its gradient by them. Of an sLSTM it reads what its states stand for, c / n and
/// ln n + m, each with a weight; that by m is NaN, for nobody reads it.
pub(crate) fn told(cell: Cell, c: &[f64], w: &[f64], hidden: usize) -> (f64, Vec<f64>) {
    if cell != Cell::SLstm {
        return (c.iter().zip(w).map(|(c, w)| c * w).sum(), w[..c.len()].to_vec());
    }
    let (mut loss, mut d) = (0.0, vec![f64::NAN; c.len()]);
    for (row, first) in c.chunks(3 * hidden).zip((0..).step_by(3 * hidden)) {
        for j in 0..hidden {
            let (c, n, m) = (row[j], row[hidden + j], row[2 * hidden + j]);
            let (of_mean, of_weight) = (w[first + j], w[first + hidden + j]);
            loss += of_mean * c / n + of_weight * (n.ln() + m);
            d[first + j] = of_mean / n;
            d[first + hidden + j] = of_weight / n - of_mean * c / (n * n);
        }
    }
    (loss, d)
}

/// Every number of a model's gradient over `samples`, masks included, is within 1e-6 of the difference.
pub(crate) fn check<M: Trainable<f64>>(
    model: &M,
    params: &[f64],
    samples: &[u32],
    step: f64,
    what: &dyn Debug,
) {
    let at = |p: &[f64]| gradient(model, p, samples, Some((3, 4)));
    let (_, got) = at(params);
    for (i, off) in distances(&got, params, step, |p| at(p).0).into_iter().enumerate() {
        assert!(off < 1e-6, "{what:?} {} is {}, off by {off:e}", model.layout().name_at(i), got[i]);
    }
}
