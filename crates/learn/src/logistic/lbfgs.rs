//! Limited-memory BFGS (Liu and Nocedal 1989). The two loops run over products of the kept vectors, not over the vectors
//! (Chen, Wang and Zhou 2014): one pass takes all products, one more makes the direction, so that long vectors are read
//! twice and not four times a pair.

use std::collections::VecDeque;

use gyeol_tensor::Pool;
use gyeol_tensor::threads::block_of;

use super::End;
use super::newton::{gradient, search, squares};
use super::problem::Problem;
use crate::features;
use crate::vector::{largest, mix};

/// Pairs of steps and changes of the gradient that are kept.
const KEPT: usize = 10;

pub(super) fn minimise(problem: &mut Problem<'_>, theta: &mut [f64], tolerance: f64, most: usize) -> End {
    let (size, pool) = (theta.len(), problem.pool);
    let mut scores = std::mem::take(&mut problem.scores);
    problem.product(theta, &mut scores);
    problem.scores = scores;
    let mut u = vec![0.0; problem.scores.len()];
    let mut loss = problem.evaluate();
    let (mut g, mut d) = (vec![0.0; size], vec![0.0; size]);
    gradient(problem, theta, &mut g);
    let mut kept = Kept::default();
    let mut iterations = 0;
    while largest(&g) > tolerance && iterations < most {
        iterations += 1;
        kept.direction(&g, &mut d, pool);
        problem.product(&d, &mut u);
        let along = squares(problem, theta, &d);
        let first = (!kept.pairs.is_empty()).then_some(1.0);
        let Some(t) = search(problem, &u, along, loss, first) else {
            if kept.pairs.is_empty() {
                break;
            }
            kept = Kept::default();
            continue;
        };
        mix(theta, 1.0, t, &d, pool);
        problem.step(&u, t);
        loss = problem.evaluate();
        let (mut s, mut y) = kept.room(size);
        mix(&mut s, 0.0, t, &d, pool);
        std::mem::swap(&mut y, &mut g);
        gradient(problem, theta, &mut g);
        mix(&mut y, -1.0, 1.0, &g, pool);
        kept.pairs.push_back((s, y));
    }
    let [ww, ..] = squares(problem, theta, &d);
    End { iterations, gradient_norm: largest(&g), objective: loss + problem.l2 * ww / 2.0 }
}

/// The pairs s, y, and all products among them but those of the newest.
#[derive(Default)]
struct Kept {
    pairs: VecDeque<(Vec<f64>, Vec<f64>)>,
    /// Of the basis s…, y…, g of the last direction.
    gram: Vec<f64>,
}

impl Kept {
    /// Room for one more pair: that of the oldest, where there are enough.
    fn room(&mut self, size: usize) -> (Vec<f64>, Vec<f64>) {
        let (m, b) = (self.pairs.len(), 2 * self.pairs.len() + 1);
        let gone = usize::from(m == KEPT);
        let left = m - gone;
        // Where the products of the pairs that stay will stand beside those of one more.
        let place = |i: usize| if i < left { i + gone } else { i - left - 1 + m + gone };
        let wide = 2 * left + 3;
        let stays = |i: usize| i < left || (left < i && i < 2 * left + 1);
        let mut gram = vec![0.0; wide * wide];
        for i in (0..wide).filter(|&i| stays(i)) {
            for j in (0..wide).filter(|&j| stays(j)) {
                gram[i * wide + j] = self.gram[place(i) * b + place(j)];
            }
        }
        self.gram = gram;
        match gone {
            1 => self.pairs.pop_front().unwrap_or_default(),
            _ => (vec![0.0; size], vec![0.0; size]),
        }
    }

    /// d = -H g.
    fn direction(&mut self, g: &[f64], d: &mut [f64], pool: &Pool) {
        let (m, len) = (self.pairs.len(), g.len());
        let basis: Vec<&[f64]> = self
            .pairs
            .iter()
            .map(|(s, _)| &s[..])
            .chain(self.pairs.iter().map(|(_, y)| &y[..]))
            .chain([g])
            .collect();
        let b = basis.len();
        let new: Vec<usize> = if m > 0 { vec![m - 1, 2 * m - 1, 2 * m] } else { vec![0] };
        let block = block_of(len);
        let mut parts = vec![Vec::new(); len.div_ceil(block)];
        pool.each_mut(&mut parts, |_, at, part: &mut Vec<f64>| {
            *part = vec![0.0; new.len() * b];
            let end = len.min((at + 1) * block);
            // Short runs, so that the newest vectors are read once for all the others.
            for from in (at * block..end).step_by(1024) {
                let range = from..(from + 1024).min(end);
                for (&i, part) in new.iter().zip(part.chunks_exact_mut(b)) {
                    for (v, sum) in basis.iter().zip(part) {
                        *sum += features::dot(&basis[i][range.clone()], &v[range.clone()]);
                    }
                }
            }
        });
        self.gram.resize(b * b, 0.0);
        let gram = &mut self.gram;
        for (r, &i) in new.iter().enumerate() {
            for j in 0..b {
                let sum = parts.iter().map(|part| part[r * b + j]).sum();
                (gram[i * b + j], gram[j * b + i]) = (sum, sum);
            }
        }
        // The two loops, on coefficients of the basis.
        let mut c = vec![0.0; b];
        c[b - 1] = -1.0;
        let product = |c: &[f64], i: usize| features::dot(c, &gram[i * b..(i + 1) * b]);
        let mut alpha = vec![0.0; m];
        for i in (0..m).rev() {
            alpha[i] = product(&c, i) / gram[i * b + m + i];
            c[m + i] -= alpha[i];
        }
        if let Some(last) = m.checked_sub(1) {
            let scale = gram[last * b + m + last] / gram[(m + last) * b + m + last];
            c.iter_mut().for_each(|c| *c *= scale);
        }
        for i in 0..m {
            let beta = product(&c, m + i) / gram[i * b + m + i];
            c[i] += alpha[i] - beta;
        }
        pool.split_mut([d], block, |range, [d]| {
            for (at, d) in d.chunks_mut(1024).enumerate() {
                let from = range.start + at * 1024;
                d.fill(0.0);
                for (c, v) in c.iter().zip(&basis) {
                    d.iter_mut().zip(&v[from..]).for_each(|(d, v)| *d += c * v);
                }
            }
        });
    }
}
