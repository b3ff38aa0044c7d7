//! Eigenvalues and vectors of a symmetric matrix: Householder's tridiagonal form, then QL with implicit shifts
//! (Golub and Van Loan, *Matrix Computations*, sections 8.3.1 and 8.3.3).
//!
//! One thread and one order of sums, so that the same matrix gives the same bits on every machine.

/// Turns of QL a value may take; some five are usual.
const TURNS: usize = 60;

/// Eigenvalues, largest first, with unit eigenvectors, of the symmetric `n × n` matrix `a`, row by row. The largest
/// entry of each vector (the first of equal ones) is positive.
pub(super) fn symmetric(a: &[f64], n: usize) -> Vec<(f64, Vec<f64>)> {
    let mut a = a.to_vec();
    let (mut d, mut e) = (vec![0.0; n], vec![0.0; n]);
    let mut reflectors = Vec::new();
    for k in 0..n.saturating_sub(2) {
        d[k] = a[k * n + k];
        if let Some(v) = reflector(&a[k * n..(k + 1) * n], k + 1) {
            let x0 = a[k * n + k + 1];
            let norm = length(&a[k * n + k + 1..(k + 1) * n]);
            e[k] = if x0 > 0.0 { -norm } else { norm };
            two_sided(&mut a, n, k + 1, &v);
            reflectors.push((k + 1, v));
        } else {
            e[k] = a[k * n + k + 1];
        }
    }
    for k in n.saturating_sub(2)..n {
        d[k] = a[k * n + k];
        if k + 1 < n {
            e[k] = a[k * n + k + 1];
        }
    }
    let mut vectors: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    ql(&mut d, &mut e, &mut vectors);
    for vector in &mut vectors {
        for (from, v) in reflectors.iter().rev() {
            let dot: f64 = v.iter().zip(&vector[*from..]).map(|(a, b)| a * b).sum();
            vector[*from..].iter_mut().zip(v).for_each(|(x, v)| *x -= 2.0 * dot * v);
        }
        let peak = vector.iter().fold(0.0f64, |most, &x| if x.abs() > most.abs() + 1e-12 { x } else { most });
        if peak < 0.0 {
            vector.iter_mut().for_each(|x| *x = -*x);
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| d[j].total_cmp(&d[i]).then(i.cmp(&j)));
    order.into_iter().map(|i| (d[i], std::mem::take(&mut vectors[i]))).collect()
}

fn length(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// The unit vector whose reflection turns `row[from..]` into a multiple of its first axis; none where it is one.
fn reflector(row: &[f64], from: usize) -> Option<Vec<f64>> {
    let mut v = row[from..].to_vec();
    if v[1..].iter().all(|x| *x == 0.0) {
        return None;
    }
    let norm = length(&v);
    v[0] += if v[0] > 0.0 { norm } else { -norm };
    let own = length(&v);
    v.iter_mut().for_each(|x| *x /= own);
    Some(v)
}

/// `(I − 2vvᵀ) A (I − 2vvᵀ)` on the rows and columns from `from`.
fn two_sided(a: &mut [f64], n: usize, from: usize, v: &[f64]) {
    let m = v.len();
    let mut p: Vec<f64> = (0..m)
        .map(|i| {
            let row = &a[(from + i) * n + from..(from + i + 1) * n];
            row[..m].iter().zip(v).map(|(a, b)| a * b).sum()
        })
        .collect();
    let half: f64 = p.iter().zip(v).map(|(a, b)| a * b).sum();
    p.iter_mut().zip(v).for_each(|(p, v)| *p -= half * v);
    for i in 0..m {
        for j in 0..m {
            a[(from + i) * n + from + j] -= 2.0 * (v[i] * p[j] + p[i] * v[j]);
        }
    }
}

/// Diagonal `d`, beside it `e` (`e[i]` between `i` and `i + 1`): `d` becomes the eigenvalues, `vectors` their vectors.
fn ql(d: &mut [f64], e: &mut [f64], vectors: &mut [Vec<f64>]) {
    let n = d.len();
    for l in 0..n {
        for _ in 0..TURNS {
            let small = |m: usize| e[m].abs() <= f64::EPSILON * (d[m].abs() + d[m + 1].abs());
            let m = (l..n.saturating_sub(1)).find(|&m| small(m)).unwrap_or(n - 1);
            if m == l {
                break;
            }
            let g = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let r = (g * g + 1.0).sqrt();
            let mut g = d[m] - d[l] + e[l] / (g + if g >= 0.0 { r } else { -r });
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut cut = false;
            for i in (l..m).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r = (f * f + g * g).sqrt();
                e[i + 1] = r;
                if r == 0.0 {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    cut = true;
                    break;
                }
                (s, c) = (f / r, g / r);
                g = d[i + 1] - p;
                let r = (d[i] - g) * s + 2.0 * c * b;
                p = s * r;
                d[i + 1] = g + p;
                g = c * r - b;
                let (low, high) = vectors.split_at_mut(i + 1);
                for (x, y) in low[i].iter_mut().zip(high[0].iter_mut()) {
                    let f = *y;
                    *y = s * *x + c * f;
                    *x = c * *x - s * f;
                }
            }
            if cut {
                continue;
            }
            d[l] -= p;
            e[l] = g;
            e[m] = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n: usize) -> Vec<f64> {
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let value = ((i * 31 + j * 17) % 23) as f64 / 7.0 - 1.5;
                (a[i * n + j], a[j * n + i]) = (value, value);
            }
        }
        a
    }

    #[test]
    fn every_pair_solves_the_equation_and_the_vectors_are_orthonormal() {
        for n in [1, 2, 3, 5, 17, 40] {
            let a = matrix(n);
            let found = symmetric(&a, n);
            assert!(found.windows(2).all(|w| w[0].0 >= w[1].0));
            for (i, (value, vector)) in found.iter().enumerate() {
                for r in 0..n {
                    let left: f64 = (0..n).map(|c| a[r * n + c] * vector[c]).sum();
                    assert!((left - value * vector[r]).abs() < 1e-10 * n as f64, "{n}: value {i}, row {r}");
                }
                for (j, (_, other)) in found.iter().enumerate() {
                    let dot: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                    assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-11, "{n}: {i} and {j}");
                }
            }
            let trace: f64 = (0..n).map(|i| a[i * n + i]).sum();
            assert!((found.iter().map(|f| f.0).sum::<f64>() - trace).abs() < 1e-10 * n as f64);
        }
    }

    #[test]
    fn known_values_come_out() {
        // 2 on the diagonal, −1 beside it: 2 − 2 cos(kπ/(n+1)).
        let n = 6;
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            a[i * n + i] = 2.0;
            if i + 1 < n {
                (a[i * n + i + 1], a[(i + 1) * n + i]) = (-1.0, -1.0);
            }
        }
        for (i, (value, _)) in symmetric(&a, n).iter().enumerate() {
            let k = (n - i) as f64;
            assert!((value - (2.0 - 2.0 * (k * std::f64::consts::PI / 7.0).cos())).abs() < 1e-12);
        }
        assert!(symmetric(&[], 0).is_empty());
        assert_eq!(symmetric(&[0.0; 9], 3)[2].0, 0.0);
    }
}
