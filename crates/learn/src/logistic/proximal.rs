//! Proximal Newton (Yuan, Ho and Lin 2012; Friedman, Hastie and Tibshirani 2010): the loss is replaced by its quadratic model
//! with the whole Hessian of the softmax, which coordinate descent minimises together with the L1 norm, then a search
//! along what it found.
//!
//! With U = X D and mᵢ = Σₖ pᵢₖ uᵢₖ the model's gradient of coordinate (j, k) is gⱼₖ + Σᵢ sᵢ xᵢⱼ pᵢₖ (uᵢₖ - mᵢ) + λ₂ dⱼₖ:
//! no exponential inside the descent.

use super::End;
use super::newton::gradient;
use super::problem::Problem;
use crate::vector::mix;

/// Most rounds of coordinate descent in one iteration.
const MOST_ROUNDS: usize = 2000;

/// How far the subgradient at w is from 0.
fn violation(g: f64, w: f64, l1: f64) -> f64 {
    if w > 0.0 {
        (g + l1).abs()
    } else if w < 0.0 {
        (g - l1).abs()
    } else {
        (g.abs() - l1).max(0.0)
    }
}

pub(super) fn minimise(problem: &mut Problem<'_>, theta: &mut [f64], tolerance: f64, most: usize) -> End {
    let (size, width, k, n) = (theta.len(), problem.width, problem.k, problem.s.len());
    let columns = problem.design.x.columns(problem.pool);
    let p = columns.rows();
    let mut scores = std::mem::take(&mut problem.scores);
    problem.product(theta, &mut scores);
    problem.scores = scores;
    let mut loss = problem.evaluate();
    let (mut g, mut d, mut h) = (vec![0.0; size], vec![0.0; size], vec![0.0; size]);
    let (mut u, mut m) = (vec![0.0; n * width], vec![0.0; n]);
    let (l1, l2, last) = (problem.l1, problem.l2, if problem.intercept { p + 1 } else { p });
    let l1_of = move |j: usize| if j < p { l1 } else { 0.0 };
    let penalty =
        |w: &[f64], l1: f64, l2: f64| -> f64 { w.iter().map(|w| l1 * w.abs() + l2 / 2.0 * w * w).sum() };
    let all_rows: Vec<u32> = (0..n as u32).collect();
    let ones = vec![1.0; n];
    let column = |j: usize| if j < p { columns.parts(j) } else { (&all_rows[..], &ones[..]) };
    let worst = |g: &[f64], theta: &[f64]| {
        (0..last * width).map(|a| violation(g[a], theta[a], l1_of(a / width))).fold(0.0, f64::max)
    };
    gradient(problem, theta, &mut g);
    let mut iterations = 0;
    let mut off = worst(&g, theta);
    while off > tolerance && iterations < most {
        iterations += 1;
        // Columns that have a weight or are near one; the gradient of the next iteration tells whether others have come near
        // (Tibshirani et al. 2012).
        let is_near = |j: &usize| {
            let of = |a: usize| theta[a] != 0.0 || g[a].abs() >= 0.9 * l1_of(*j);
            (j * width..j * width + k).any(of)
        };
        let near: Vec<usize> = (0..last).filter(is_near).collect();
        h.fill(0.0);
        for &j in &near {
            let (rows, values) = column(j);
            let h = &mut h[j * width..][..k];
            for (&i, x) in rows.iter().zip(values) {
                let (p, s) = (&problem.probabilities[i as usize * width..][..k], problem.s[i as usize]);
                h.iter_mut().zip(p).for_each(|(h, p)| *h += s * x * x * p * (1.0 - p));
            }
            let add = if j < p { l2 } else { 0.0 };
            h.iter_mut().for_each(|h| *h += add + 1e-14);
        }
        d.fill(0.0);
        u.fill(0.0);
        m.fill(0.0);
        // Coordinates that can move; the others are looked at again whenever these have settled.
        let mut active = near.clone();
        let mut whole = true;
        let goal = (0.05 * off).min(off * off.sqrt()).max(tolerance * 0.1);
        for _ in 0..MOST_ROUNDS {
            let mut moved = 0.0f64;
            let mut kept = Vec::with_capacity(active.len());
            for &j in &active {
                let (rows, values) = column(j);
                let l1 = l1_of(j);
                let add = if j < p { l2 } else { 0.0 };
                let mut lives = false;
                for c in 0..k {
                    let a = j * width + c;
                    let mut slope = g[a] + add * d[a];
                    for (&i, x) in rows.iter().zip(values) {
                        let i = i as usize;
                        slope += problem.s[i]
                            * x
                            * problem.probabilities[i * width + c]
                            * (u[i * width + c] - m[i]);
                    }
                    let w = theta[a] + d[a];
                    let away = violation(slope, w, l1);
                    moved = moved.max(away);
                    lives |= w != 0.0 || away > 0.0;
                    // argmin of slope δ + h δ² / 2 + λ₁ |w + δ|.
                    let free = h[a] * w - slope;
                    let next = if free.abs() <= l1 { 0.0 } else { (free - l1 * free.signum()) / h[a] };
                    let step = next - w;
                    if step != 0.0 {
                        d[a] += step;
                        for (&i, x) in rows.iter().zip(values) {
                            let i = i as usize;
                            u[i * width + c] += step * x;
                            m[i] += step * x * problem.probabilities[i * width + c];
                        }
                    }
                }
                if lives {
                    kept.push(j);
                }
            }
            if moved <= goal {
                if whole {
                    break;
                }
                (active, whole) = (near.clone(), true);
            } else {
                (active, whole) = (kept, false);
            }
        }
        // Armijo along d: the decrease that the model's first order promises.
        let w = problem.weights();
        let old = penalty(&theta[..w], l1, l2);
        let at = |t: f64| -> f64 {
            theta[..w]
                .iter()
                .zip(&d[..w])
                .map(|(w, d)| {
                    let v = w + t * d;
                    l1 * v.abs() + l2 / 2.0 * v * v
                })
                .sum()
        };
        let first = crate::vector::dot(&g, &d, problem.pool);
        let l1_change: f64 =
            theta[..w].iter().zip(&d[..w]).map(|(w, d)| l1 * ((w + d).abs() - w.abs())).sum();
        let promised = first + l1_change;
        let mut t = 1.0;
        let fits = loop {
            let change = problem.along(&u, t)[0] - loss + at(t) - old;
            if change <= 0.01 * t * promised || (change.abs() <= 1e-14 * (1.0 + loss) && promised <= 0.0) {
                break true;
            }
            t *= 0.5;
            if t < 1e-10 {
                break false;
            }
        };
        if !fits || promised.is_nan() || promised >= 0.0 {
            break;
        }
        mix(theta, 1.0, t, &d, problem.pool);
        problem.step(&u, t);
        loss = problem.evaluate();
        gradient(problem, theta, &mut g);
        off = worst(&g, theta);
    }
    let w = problem.weights();
    End { iterations, gradient_norm: off, objective: loss + penalty(&theta[..w], problem.l1, problem.l2) }
}
