//! Decompositions of dense matrices that fit the cache: eigenvalues of a symmetric one by Householder's reduction to three
//! diagonals and the implicit QL iteration (Wilkinson and Reinsch 1971, II/2 and II/4), singular values by one-sided Jacobi
//! rotations (Hestenes 1958), which find the small ones to as many digits as the large ones. One thread, one order of sums.

use crate::matrix::Dense;

/// Rounds of QL for one eigenvalue, or sweeps of rotations; more than a few never happen to finite numbers.
const MOST_ROUNDS: usize = 60;

/// What is nothing beside a largest number of 1, and whose square still is a number.
const TINY: f64 = 1e-100;

/// Eigenvalues, falling, and eigenvectors (columns) of a symmetric matrix; zeros where a number is none.
pub fn eigen(matrix: &Dense) -> (Vec<f64>, Dense) {
    let n = matrix.rows();
    let scale = largest(matrix.data());
    let zeros = || (vec![0.0; n], Dense::trusted(n, n, vec![0.0; n * n]));
    if !scale.is_finite() || matrix.data().iter().any(|v| v.is_nan()) {
        return zeros();
    }
    let mut a: Vec<f64> = matrix.data().iter().map(|v| v / scale).collect();
    let (mut d, mut e, mut w) = tridiagonal(&mut a, n);
    if !ql(&mut d, &mut e, &mut w, n) {
        return zeros();
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| d[j].total_cmp(&d[i]));
    let vectors = (0..n).flat_map(|row| order.iter().map(move |&i| (i, row)));
    let data = vectors.map(|(i, row)| w[i * n + row]).collect();
    (order.iter().map(|&i| d[i] * scale).collect(), Dense::trusted(n, n, data))
}

/// The largest size of a number; 1 of zeros.
fn largest(data: &[f64]) -> f64 {
    let found = data.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if found > 0.0 { found } else { 1.0 }
}

/// The diagonal, the one beside it (its last place 0), and Qᵀ of A = Q T Qᵀ.
fn tridiagonal(a: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut e, mut beta) = (vec![0.0; n], vec![0.0; n]);
    let mut p = vec![0.0; n];
    for k in 0..n.saturating_sub(2) {
        let (top, rest) = a.split_at_mut((k + 1) * n);
        let v = &mut top[k * n + k + 1..];
        let length = dot(v, v).sqrt();
        e[k] = if v[0] > 0.0 { -length } else { length };
        if length < TINY {
            e[k] = 0.0;
            continue;
        }
        v[0] -= e[k];
        beta[k] = 2.0 / dot(v, v);
        let p = &mut p[..n - k - 1];
        for (p, row) in p.iter_mut().zip(rest.chunks_exact(n)) {
            *p = beta[k] * dot(&row[k + 1..], v);
        }
        let half = beta[k] / 2.0 * dot(v, p);
        p.iter_mut().zip(&*v).for_each(|(p, v)| *p -= half * v);
        for (i, row) in rest.chunks_exact_mut(n).enumerate() {
            let (vi, pi) = (v[i], p[i]);
            let both = v.iter().zip(&*p);
            row[k + 1..].iter_mut().zip(both).for_each(|(a, (v, p))| *a -= vi * p + pi * v);
        }
    }
    if n > 1 {
        e[n - 2] = a[(n - 2) * n + n - 1];
    }
    // Reflections lie in the rows of `a` above its diagonal, multiplied from the last to the first.
    let mut q = vec![0.0; n * n];
    (0..n).for_each(|i| q[i * n + i] = 1.0);
    let mut sums = vec![0.0; n];
    for k in (0..n.saturating_sub(2)).rev().filter(|&k| beta[k] > 0.0) {
        let v = &a[k * n + k + 1..(k + 1) * n];
        let sums = &mut sums[..n - k - 1];
        sums.fill(0.0);
        for (v, row) in v.iter().zip(q[(k + 1) * n..].chunks_exact(n)) {
            sums.iter_mut().zip(&row[k + 1..]).for_each(|(s, q)| *s += v * q);
        }
        for (v, row) in v.iter().zip(q[(k + 1) * n..].chunks_exact_mut(n)) {
            row[k + 1..].iter_mut().zip(&*sums).for_each(|(q, s)| *q -= beta[k] * v * s);
        }
    }
    let turned = (0..n * n).map(|i| q[i % n * n + i / n]).collect();
    ((0..n).map(|i| a[i * n + i]).collect(), e, turned)
}

/// Eigenvalues into `d`; `w` (a row a vector) takes part in every rotation. False where the iteration does not end.
fn ql(d: &mut [f64], e: &mut [f64], w: &mut [f64], n: usize) -> bool {
    let size = (0..n).map(|i| d[i].abs() + e[i].abs()).fold(0.0, f64::max);
    for l in 0..n {
        let mut rounds = 0;
        loop {
            let small = |m: &usize| e[*m].abs() <= f64::EPSILON * size;
            let m = (l..n - 1).find(small).unwrap_or(n - 1);
            if m == l {
                break;
            }
            rounds += 1;
            if rounds > MOST_ROUNDS {
                return false;
            }
            let g = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let mut g = d[m] - d[l] + e[l] / (g + g.hypot(1.0).copysign(g));
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut ended = true;
            for i in (l..m).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r = f.hypot(g);
                e[i + 1] = r;
                if r == 0.0 {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    ended = false;
                    break;
                }
                (s, c) = (f / r, g / r);
                g = d[i + 1] - p;
                let r = (d[i] - g) * s + 2.0 * c * b;
                p = s * r;
                d[i + 1] = g + p;
                g = c * r - b;
                let (low, high) = w.split_at_mut((i + 1) * n);
                rotate(&mut high[..n], &mut low[i * n..], c, s);
            }
            if ended {
                d[l] -= p;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
    true
}

/// x, y become c x + s y, c y - s x.
fn rotate(x: &mut [f64], y: &mut [f64], c: f64, s: f64) {
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (c * *x + s * *y, c * *y - s * *x);
    }
}

/// Eight sums side by side, added in one order.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (xs, ys) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; 8];
    for (x, y) in xs.zip(ys) {
        (0..8).for_each(|i| sums[i] += x[i] * y[i]);
    }
    sums.iter().sum::<f64>() + rest
}

/// U, the singular values, V; U and V have a row for each singular vector.
type Singular = (Vec<Vec<f64>>, Vec<f64>, Vec<Vec<f64>>);

/// U (a row a singular vector), the singular values, falling, and V (likewise) of a matrix with at least as many rows as columns,
/// given by its columns; `None` where the rotations do not end. U and V have as many vectors as there are columns.
pub(super) fn singular(mut columns: Vec<Vec<f64>>) -> Option<Singular> {
    let n = columns.len();
    let scale = largest(&columns.concat());
    if !scale.is_finite() || columns.iter().flatten().any(|v| v.is_nan()) {
        return None;
    }
    columns.iter_mut().flatten().for_each(|v| *v /= scale);
    // Below these an angle, or a column beside all others, is rounding.
    let angle = f64::EPSILON * columns.first().map_or(1.0, |c| c.len() as f64).sqrt();
    let least = (angle * angle) * columns.iter().map(|c| dot(c, c)).sum::<f64>();
    let mut right: Vec<Vec<f64>> = (0..n).map(|i| unit(n, i)).collect();
    let mut rounds = 0;
    loop {
        let mut turned = false;
        for p in 0..n {
            let (head, tail) = columns.split_at_mut(p + 1);
            let (vp, vq) = right.split_at_mut(p + 1);
            for (x, v) in tail.iter_mut().zip(vq) {
                let y = &mut head[p];
                let (a, b, both) = (dot(y, y), dot(x, x), dot(x, y));
                if both.abs() <= angle * (a * b).sqrt() || a.min(b) <= least {
                    continue;
                }
                turned = true;
                let z = (b - a) / (2.0 * both);
                let t = 1.0f64.copysign(z) / (z.abs() + z.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                rotate(x, y, c, c * t);
                rotate(v, &mut vp[p], c, c * t);
            }
        }
        if !turned {
            break;
        }
        rounds += 1;
        if rounds > MOST_ROUNDS {
            return None;
        }
    }
    let sigma: Vec<f64> = columns.iter().map(|c| dot(c, c).sqrt()).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| sigma[j].total_cmp(&sigma[i]));
    let first = order.first().map_or(0.0, |&i| sigma[i]);
    let mut left: Vec<Vec<f64>> = Vec::with_capacity(n);
    for &i in &order {
        // What is left of a column that depends on others is rounding, and no direction.
        if sigma[i] > first * f64::EPSILON * columns[i].len() as f64 {
            left.push(columns[i].iter().map(|v| v / sigma[i]).collect());
        } else {
            complete(&mut left, columns[i].len(), 1);
        }
    }
    let sorted = order.iter().map(|&i| sigma[i] * scale).collect();
    Some((left, sorted, order.iter().map(|&i| std::mem::take(&mut right[i])).collect()))
}

fn unit(n: usize, i: usize) -> Vec<f64> {
    let mut unit = vec![0.0; n];
    unit[i] = 1.0;
    unit
}

/// Adds `more` vectors of `n` numbers, orthonormal to all that are there.
pub(super) fn complete(basis: &mut Vec<Vec<f64>>, n: usize, more: usize) {
    for _ in 0..more {
        // The axis that the basis holds least of.
        let held = |i: &usize| basis.iter().map(|b| b[*i] * b[*i]).sum::<f64>();
        let least = (0..n).map(|i| (held(&i), i)).min_by(|a, b| a.0.total_cmp(&b.0));
        let mut vector = unit(n, least.map_or(0, |(_, i)| i));
        for _ in 0..2 {
            for b in &*basis {
                let part = dot(b, &vector);
                vector.iter_mut().zip(b).for_each(|(v, b)| *v -= part * b);
            }
        }
        let length = dot(&vector, &vector).sqrt();
        vector.iter_mut().for_each(|v| *v /= length);
        basis.push(vector);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_tensor::Rng;

    fn random(n: usize, rng: &mut Rng) -> Dense {
        let a: Vec<f64> = (0..n * n).map(|_| rng.normal()).collect();
        Dense::trusted(n, n, (0..n * n).map(|i| a[i] + a[i % n * n + i / n]).collect())
    }

    /// A V = V Λ and Vᵀ V = 1, to rounding.
    fn check(a: &Dense, size: f64) {
        let n = a.rows();
        let (values, v) = eigen(a);
        assert!(values.windows(2).all(|w| w[0] >= w[1]), "{values:?}");
        assert!(v.t_times(&v).distance(&Dense::identity(n).unwrap()) < 1e-12 * n as f64);
        assert!(a.times(&v).distance(&v.clone().scaled(&values)) < 1e-13 * size * n as f64);
        let trace: f64 = (0..n).map(|i| a.at(i, i)).sum();
        assert!((values.iter().sum::<f64>() - trace).abs() < 1e-13 * size * n as f64);
    }

    #[test]
    fn eigenvectors_are_turned_into_multiples_of_themselves() {
        let mut rng = Rng::new(3);
        for n in [1, 2, 3, 17, 110] {
            check(&random(n, &mut rng), (2 * n) as f64);
        }
        // Many equal ones, none at all, and sizes from 1 to 1e-300 side by side.
        check(&Dense::identity(40).unwrap().scaled(&[2.0; 40]), 2.0);
        check(&Dense::trusted(5, 5, vec![0.0; 25]), 1.0);
        check(&Dense::trusted(30, 30, vec![1.0; 900]), 30.0);
        let graded: Vec<f64> = (0..60).map(|i| 10f64.powi(-5 * i)).collect();
        let graded = (0..3600).map(|i| (graded[i / 60] * graded[i % 60]).max(1e-300)).collect();
        check(&Dense::trusted(60, 60, graded), 1.0);
        assert_eq!(eigen(&Dense::trusted(2, 2, vec![f64::NAN, 1.0, 1.0, 1.0])).0, [0.0, 0.0]);
    }

    #[test]
    fn huge_and_tiny_matrices_have_the_values_of_ordinary_ones() {
        let a = random(6, &mut Rng::new(5));
        let values = |by: f64| eigen(&Dense::trusted(6, 6, a.data().iter().map(|v| v * by).collect())).0;
        let one = values(1.0);
        for by in [1e-200, 1e200] {
            assert!(values(by).iter().zip(&one).all(|(v, w)| (v / by - w).abs() < 1e-12));
        }
    }
}
