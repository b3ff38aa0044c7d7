//! The objective of a logistic regression: scores, losses, residuals, gradients and Hessian-vector products.
//!
//! The parameters θ are W (p, width) and after it b (width). Scores Z = X W + b are kept; along a direction they change
//! linearly, so that a line search reads no row of X.

use gyeol_tensor::Pool;

use crate::classifier::{Labelled, log1p_exp, sigmoid};
use crate::features::{Design, width_of};

/// Rows that one task works on.
const ROWS: usize = 256;

pub(super) struct Problem<'a> {
    pub design: Design<'a>,
    labels: &'a [u32],
    /// sᵢ / Σ s.
    pub s: Vec<f64>,
    /// Outputs, and columns of a block.
    pub k: usize,
    pub width: usize,
    /// Penalties of the mean objective.
    pub l1: f64,
    pub l2: f64,
    pub intercept: bool,
    pub pool: &'a Pool,
    /// Z, P and R = s (P - Y), each (n, width).
    pub scores: Vec<f64>,
    pub probabilities: Vec<f64>,
    pub residuals: Vec<f64>,
}

impl<'a> Problem<'a> {
    pub fn new(data: &Labelled<'a>, c: f64, l1_ratio: f64, intercept: bool, pool: &'a Pool) -> Self {
        let sum: f64 = data.weights.iter().sum();
        let (k, width) = (data.outputs(), width_of(data.outputs()));
        let penalty = 1.0 / (c * sum);
        let zeros = vec![0.0; data.x.rows() * width];
        Problem {
            design: Design::new(data.x, pool),
            labels: data.labels,
            s: data.weights.iter().map(|w| w / sum).collect(),
            k,
            width,
            l1: penalty * l1_ratio,
            l2: penalty * (1.0 - l1_ratio),
            intercept,
            pool,
            scores: zeros.clone(),
            probabilities: zeros.clone(),
            residuals: zeros,
        }
    }

    /// Numbers of W in θ.
    pub fn weights(&self) -> usize {
        self.design.x.cols() * self.width
    }

    /// out (n, width) = X W + b of any θ.
    pub fn product(&self, theta: &[f64], out: &mut [f64]) {
        let (w, b) = theta.split_at(self.weights());
        self.design.times(w, self.width, out, self.pool);
        if b.iter().any(|v| *v != 0.0) {
            self.pool.split_mut([out], ROWS * self.width, |_, [out]| {
                out.chunks_exact_mut(self.width)
                    .for_each(|row| row.iter_mut().zip(b).for_each(|(o, b)| *o += b));
            });
        }
    }

    /// out (p + 1, width) = [Xᵀ R; 1ᵀ R], the last row 0 without a bias.
    pub fn t_product(&self, r: &[f64], out: &mut [f64]) {
        let (w, b) = out.split_at_mut(self.weights());
        self.design.t_times(r, self.width, w, self.pool);
        b.fill(0.0);
        if self.intercept {
            for row in r.chunks_exact(self.width) {
                b.iter_mut().zip(row).for_each(|(b, r)| *b += r);
            }
        }
    }

    /// P and R of the scores; the mean loss comes out.
    pub fn evaluate(&mut self) -> f64 {
        let (k, width) = (self.k, self.width);
        let mut losses = vec![0.0; self.s.len()];
        let mut rows: Vec<_> = losses
            .chunks_mut(ROWS)
            .zip(self.probabilities.chunks_mut(ROWS * width))
            .zip(self.residuals.chunks_mut(ROWS * width))
            .collect();
        let (s, labels, scores) = (&self.s, self.labels, &self.scores);
        self.pool.each_mut(&mut rows, |_, block, ((losses, p), r)| {
            for (i, loss) in losses.iter_mut().enumerate() {
                let (row, at) = (block * ROWS + i, i * width);
                let (z, s) = (&scores[row * width..][..width], s[row]);
                let (p, r) = (&mut p[at..at + width], &mut r[at..at + width]);
                let y = labels[row] as usize;
                if width == 1 {
                    p[0] = sigmoid(z[0]);
                    r[0] = s * if y == 1 { -sigmoid(-z[0]) } else { p[0] };
                    *loss = s * log1p_exp(if y == 1 { -z[0] } else { z[0] });
                } else {
                    p[..k].copy_from_slice(&z[..k]);
                    *loss = s * (crate::classifier::softmax(&mut p[..k]) - z[y]);
                    r.iter_mut().zip(&*p).for_each(|(r, p)| *r = s * p);
                    r[y] -= s;
                }
            }
        });
        losses.iter().sum()
    }

    /// Mean loss, slope and curvature at Z + t U.
    pub fn along(&self, u: &[f64], t: f64) -> [f64; 3] {
        let (k, width, n) = (self.k, self.width, self.s.len());
        let mut parts = vec![[0.0; 3]; n.div_ceil(ROWS)];
        self.pool.each_mut(&mut parts, |_, block, part| {
            let mut moved = vec![0.0; k];
            for row in block * ROWS..n.min((block + 1) * ROWS) {
                let (z, u) = (&self.scores[row * width..][..k], &u[row * width..][..k]);
                let (s, y) = (self.s[row], self.labels[row] as usize);
                if width == 1 {
                    let z = z[0] + t * u[0];
                    let p = sigmoid(z);
                    let (loss, r) = if y == 1 { (log1p_exp(-z), -sigmoid(-z)) } else { (log1p_exp(z), p) };
                    part[0] += s * loss;
                    part[1] += s * r * u[0];
                    part[2] += s * p * (1.0 - p) * u[0] * u[0];
                } else {
                    moved.iter_mut().zip(z).zip(u).for_each(|((m, z), u)| *m = z + t * u);
                    let z_y = moved[y];
                    let loss = crate::classifier::softmax(&mut moved) - z_y;
                    let mean: f64 = moved.iter().zip(u).map(|(p, u)| p * u).sum();
                    let square: f64 = moved.iter().zip(u).map(|(p, u)| p * (u - mean) * (u - mean)).sum();
                    part[0] += s * loss;
                    part[1] += s * (mean - u[y]);
                    part[2] += s * square;
                }
            }
        });
        parts.iter().fold([0.0; 3], |a, b| std::array::from_fn(|i| a[i] + b[i]))
    }

    /// Q = s (diag(p) - p pᵀ) U row by row: what the Hessian of the loss makes of changed scores, in the place of U.
    pub fn curve(&self, u: &mut [f64]) {
        let width = self.width;
        self.pool.split_mut([u], ROWS * width, |range, [u]| {
            let p = &self.probabilities[range.clone()];
            let s = &self.s[range.start / width..];
            if width == 1 {
                u.iter_mut().zip(p).zip(s).for_each(|((u, p), s)| *u *= s * p * (1.0 - p));
                return;
            }
            for ((u, p), s) in u.chunks_exact_mut(width).zip(p.chunks_exact(width)).zip(s) {
                let mean = crate::features::dot(u, p);
                u.iter_mut().zip(p).for_each(|(u, p)| *u = s * p * (*u - mean));
            }
        });
    }

    /// Z += t U.
    pub fn step(&mut self, u: &[f64], t: f64) {
        self.pool.split_mut([&mut self.scores], ROWS * self.width, |range, [z]| {
            z.iter_mut().zip(&u[range]).for_each(|(z, u)| *z += t * u);
        });
    }

    /// Whether the scores name the class of every row of any weight.
    pub fn separated(&self) -> bool {
        let rows = self.scores.chunks_exact(self.width).zip(self.labels).zip(&self.s);
        rows.filter(|(_, s)| **s > 0.0).all(|((z, &y), _)| match z {
            [z] => (*z > 0.0) == (y == 1) && *z != 0.0,
            _ => (0..self.k).all(|k| k == y as usize || z[k] < z[y as usize]),
        })
    }
}
