//! From the outputs of all steps of a row to one row of numbers.
//!
//! ```text
//! mean        r = Σ_t y_t / L                              W = D H
//! max         r_j = max_t y_tj                             W = D H
//! mean, max   both side by side                            W = 2 D H
//! attention   a = softmax_t(u·y_t),  r = Σ_t a_t y_t       W = D H, u learnt
//! ```
//!
//! Over a row's own steps alone; a row without a step gives zeros. Sums run in the order of the steps. Of equal
//! outputs the first is the largest.

use gyeol_tensor::{Buffer, Real};

use super::Reads;
use crate::layout::{Initial, Layout, Slot};
use crate::steps::Steps;

/// How the steps of a row become one.
#[derive(Debug, Clone)]
pub(crate) struct Pooling {
    reads: Reads,
    /// D H.
    width: usize,
    /// u.
    pub query: Option<Slot>,
}

/// What the walk forward leaves for the one back.
#[derive(Debug, Clone)]
pub(crate) struct PoolingTape<T: Real> {
    /// Number of the step with the largest output, by row and column.
    farthest: Vec<u32>,
    /// Weights of attention: N.
    shares: Buffer<T>,
    /// Gradient of the outputs of all steps: (N, D H).
    pub d_every: Buffer<T>,
}

impl Pooling {
    /// None where nothing is pooled.
    pub fn new(layout: &mut Layout, reads: Reads, width: usize) -> Option<Pooling> {
        if matches!(reads, Reads::Last | Reads::Every) {
            return None;
        }
        let attends = reads == Reads::Attention;
        let initial = Initial::Glorot { fan_in: width, fan_out: 1 };
        let query = attends.then(|| layout.add("attention.u", &[width], initial));
        Some(Pooling { reads, width, query })
    }

    /// W: columns of a row.
    pub fn output(&self) -> usize {
        self.width * if self.reads == Reads::MeanMax { 2 } else { 1 }
    }

    /// Room for `rows` rows of `steps` steps.
    pub fn tape<T: Real>(&self, steps: usize, rows: usize, keeps: bool) -> PoolingTape<T> {
        let n = steps * rows;
        let largest = matches!(self.reads, Reads::Max | Reads::MeanMax);
        PoolingTape {
            farthest: if largest { vec![0; rows * self.width] } else { Vec::new() },
            shares: Buffer::zeros(if self.query.is_some() { n } else { 0 }),
            d_every: Buffer::zeros(if keeps { n * self.width } else { 0 }),
        }
    }

    /// y (N, D H) in the walk's order, to `out` (B, W) by the caller's rows.
    pub fn forward<T: Real>(
        &self,
        params: &[T],
        steps: &Steps,
        y: &[T],
        out: &mut [T],
        tape: &mut PoolingTape<T>,
    ) {
        let (width, output) = (self.width, self.output());
        for (i, (&place, &length)) in steps.order().iter().zip(steps.lengths()).enumerate() {
            let row = &mut out[place * output..(place + 1) * output];
            row.fill(T::ZERO);
            let at = |t: usize| steps.first(t) + i;
            let of = |t: usize| &y[at(t) * width..(at(t) + 1) * width];
            if matches!(self.reads, Reads::Mean | Reads::MeanMax) {
                let mean = &mut row[..width];
                (0..length).for_each(|t| mean.iter_mut().zip(of(t)).for_each(|(m, &v)| *m += v));
                let by = T::from_f64(1.0 / length.max(1) as f64);
                mean.iter_mut().for_each(|m| *m *= by);
            }
            if matches!(self.reads, Reads::Max | Reads::MeanMax) && length > 0 {
                let largest = &mut row[output - width..];
                let farthest = &mut tape.farthest[place * width..(place + 1) * width];
                largest.copy_from_slice(of(0));
                farthest.fill(at(0) as u32);
                for t in 1..length {
                    for ((m, f), &v) in largest.iter_mut().zip(&mut *farthest).zip(of(t)) {
                        if v > *m {
                            (*m, *f) = (v, at(t) as u32);
                        }
                    }
                }
            }
            if let Some(query) = &self.query {
                let u = query.of(params);
                let mut most = T::from_f64(f64::NEG_INFINITY);
                for t in 0..length {
                    let score = dot(u, of(t));
                    tape.shares[at(t)] = score;
                    most = if score > most { score } else { most };
                }
                let mut sum = T::ZERO;
                for t in 0..length {
                    let share = &mut tape.shares[at(t)];
                    *share = T::from_f64((*share - most).to_f64().exp());
                    sum += *share;
                }
                for t in 0..length {
                    let share = tape.shares[at(t)] / sum;
                    tape.shares[at(t)] = share;
                    row.iter_mut().zip(of(t)).for_each(|(r, &v)| *r += share * v);
                }
            }
        }
    }

    /// From the gradient of the rows (B, W) to that of all steps, which is left in `tape.d_every`; that of u is set.
    pub fn backward<T: Real>(
        &self,
        params: &[T],
        steps: &Steps,
        y: &[T],
        d: &[T],
        tape: &mut PoolingTape<T>,
        gradient: &mut [T],
    ) {
        let (width, output) = (self.width, self.output());
        let PoolingTape { farthest, shares, d_every } = tape;
        d_every[..steps.total() * width].fill(T::ZERO);
        if let Some(query) = &self.query {
            query.of_mut(gradient).fill(T::ZERO);
        }
        for (i, (&place, &length)) in steps.order().iter().zip(steps.lengths()).enumerate() {
            let row = &d[place * output..(place + 1) * output];
            let at = |t: usize| steps.first(t) + i;
            let range = |t: usize| at(t) * width..(at(t) + 1) * width;
            if matches!(self.reads, Reads::Mean | Reads::MeanMax) {
                let by = T::from_f64(1.0 / length.max(1) as f64);
                for t in 0..length {
                    d_every[range(t)].iter_mut().zip(&row[..width]).for_each(|(d, &r)| *d += by * r);
                }
            }
            if matches!(self.reads, Reads::Max | Reads::MeanMax) && length > 0 {
                let own = &farthest[place * width..(place + 1) * width];
                for (column, (&step, &r)) in own.iter().zip(&row[output - width..]).enumerate() {
                    d_every[step as usize * width + column] += r;
                }
            }
            if let Some(query) = &self.query {
                let (u, d_u) = (query.of(params), query.of_mut(gradient));
                let mut mean = T::ZERO;
                (0..length).for_each(|t| mean += shares[at(t)] * dot(row, &y[range(t)]));
                for t in 0..length {
                    let (share, own) = (shares[at(t)], &y[range(t)]);
                    let d_score = share * (dot(row, own) - mean);
                    for (((d, &r), &u), (d_u, &v)) in
                        d_every[range(t)].iter_mut().zip(row).zip(u).zip(d_u.iter_mut().zip(own))
                    {
                        *d += share * r + d_score * u;
                        *d_u += d_score * v;
                    }
                }
            }
        }
    }
}

fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b)
}
