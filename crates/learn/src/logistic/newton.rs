//! Truncated Newton (Lin, Weng and Keerthi 2008): H d = -g by conjugate gradients with a diagonal before them, to an accuracy
//! that rises as the gradient falls (Eisenstat and Walker 1996), then a search along d.
//!
//! H v = [Xᵀ Q; 1ᵀ Q] + λ v, Q = s (diag(p) - p pᵀ)(X v): two products with X and no matrix. The scores of d are
//! summed on the way, so the search reads no row.

use super::End;
use super::problem::Problem;
use crate::vector::{dots, largest, mix};

/// Most conjugate gradient steps of one iteration.
const MOST_INNER: usize = 500;

/// The gradient of the mean objective at θ, after [`Problem::evaluate`].
pub(super) fn gradient(problem: &Problem<'_>, theta: &[f64], out: &mut [f64]) {
    problem.t_product(&problem.residuals, out);
    if problem.l2 > 0.0 {
        let w = problem.weights();
        mix(&mut out[..w], 1.0, problem.l2, &theta[..w], problem.pool);
    }
}

/// ‖W‖², W·D and ‖D‖².
pub(super) fn squares(problem: &Problem<'_>, theta: &[f64], d: &[f64]) -> [f64; 3] {
    let w = problem.weights();
    dots([(&theta[..w], &theta[..w]), (&theta[..w], &d[..w]), (&d[..w], &d[..w])], problem.pool)
}

/// A step t along a direction of scores U that meets Wolfe's weak conditions (Lewis and Overton 2013), or near the
/// rounding of the loss those of Hager and Zhang 2005; none where the direction does not descend.
pub(super) fn search(
    problem: &Problem<'_>,
    u: &[f64],
    [_, wd, dd]: [f64; 3],
    loss: f64,
    first: Option<f64>,
) -> Option<f64> {
    let at = |t: f64| {
        let [l, s, c] = problem.along(u, t);
        // The constant ‖W‖² / 2 is left out: it would only cost digits.
        (
            l - loss + problem.l2 * (t * wd + t * t * dd / 2.0),
            s + problem.l2 * (wd + t * dd),
            c + problem.l2 * dd,
        )
    };
    let (_, slope, curvature) = at(0.0);
    if slope.is_nan() || slope >= 0.0 {
        return None;
    }
    let rounding = 1e-14 * (1.0 + loss.abs());
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut t = first.unwrap_or(if curvature > 0.0 { -slope / curvature } else { 1.0 });
    for _ in 0..60 {
        let (change, now, curvature) = at(t);
        if !(change <= 1e-4 * t * slope || (change <= rounding && now <= -0.9 * slope)) {
            high = t;
        } else if now < 0.9 * slope {
            low = t;
        } else {
            return Some(t);
        }
        let newton = t - now / curvature;
        t = if newton > low && newton < high && newton.is_finite() && newton < 100.0 * t {
            newton.clamp(low + 0.1 * (high.min(4.0 * t) - low), low + 0.9 * (high.min(1000.0 * t) - low))
        } else if high.is_finite() {
            (low + high) / 2.0
        } else {
            2.0 * t
        };
    }
    (low > 0.0).then_some(low)
}

pub(super) fn minimise(problem: &mut Problem<'_>, theta: &mut [f64], tolerance: f64, most: usize) -> End {
    let (size, n, pool, width) = (theta.len(), problem.scores.len(), problem.pool, problem.width);
    let mut scores = std::mem::take(&mut problem.scores);
    problem.product(theta, &mut scores);
    problem.scores = scores;
    // Of the columns, and of the bias: Σ s x².
    let mut moments = problem.design.squares(&problem.s);
    moments.push(1.0);
    let mut loss = problem.evaluate();
    let (mut g, mut d, mut r, mut z) = (vec![0.0; size], vec![0.0; size], vec![0.0; size], vec![0.0; size]);
    let (mut v, mut hv, mut u, mut xv) = (vec![0.0; size], vec![0.0; size], vec![0.0; n], vec![0.0; n]);
    gradient(problem, theta, &mut g);
    let first = largest(&g);
    let mut iterations = 0;
    while largest(&g) > tolerance && iterations < most {
        iterations += 1;
        // The diagonal of H, with the mean of p (1 - p) in the place of each row's.
        let mut mean = vec![0.0; width];
        for (p, s) in problem.probabilities.chunks_exact(width).zip(&problem.s) {
            mean.iter_mut().zip(p).for_each(|(m, p)| *m += s * p * (1.0 - p));
        }
        let floor = 1e-10 + problem.l2;
        let scale = |z: &mut [f64], r: &[f64]| {
            pool.split_mut([z], 2048 * width, |range, [z]| {
                let rows = z.chunks_exact_mut(width).zip(r[range.clone()].chunks_exact(width));
                for ((z, r), m) in rows.zip(&moments[range.start / width..]) {
                    for ((z, r), q) in z.iter_mut().zip(r).zip(&mean) {
                        *z = r / (m * q + floor);
                    }
                }
            });
        };
        d.fill(0.0);
        u.fill(0.0);
        r.iter_mut().zip(&g).for_each(|(r, g)| *r = -g);
        scale(&mut z, &r);
        v.copy_from_slice(&z);
        let [start] = dots([(&r, &z)], pool);
        let mut rz = start;
        let accuracy = (largest(&g) / first).sqrt().clamp(1e-8, 0.1);
        for _ in 0..MOST_INNER {
            problem.product(&v, &mut xv);
            let mut q = xv.clone();
            problem.curve(&mut q);
            problem.t_product(&q, &mut hv);
            if problem.l2 > 0.0 {
                let w = problem.weights();
                mix(&mut hv[..w], 1.0, problem.l2, &v[..w], pool);
            }
            let [vhv] = dots([(&v, &hv)], pool);
            if vhv.is_nan() || vhv <= 0.0 {
                break;
            }
            let alpha = rz / vhv;
            mix(&mut d, 1.0, alpha, &v, pool);
            mix(&mut u, 1.0, alpha, &xv, pool);
            mix(&mut r, 1.0, -alpha, &hv, pool);
            scale(&mut z, &r);
            let [next] = dots([(&r, &z)], pool);
            if next.is_nan() || next <= accuracy * accuracy * start {
                break;
            }
            mix(&mut v, next / rz, 1.0, &z, pool);
            rz = next;
        }
        let along = squares(problem, theta, &d);
        let Some(t) = search(problem, &u, along, loss, Some(1.0)) else { break };
        mix(theta, 1.0, t, &d, pool);
        problem.step(&u, t);
        loss = problem.evaluate();
        gradient(problem, theta, &mut g);
    }
    let [ww, ..] = squares(problem, theta, &d);
    End { iterations, gradient_norm: largest(&g), objective: loss + problem.l2 * ww / 2.0 }
}
