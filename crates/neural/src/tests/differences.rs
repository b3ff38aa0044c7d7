//! Gradients against central differences in f64, for the tests of layers and nets.

use std::fmt::Debug;

use gyeol_tensor::Rng;

use crate::farthest::farthest;
use crate::layout::Layout;
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
