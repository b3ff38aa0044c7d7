//! How much of what does not add up is taken from each series at the bottom.
//!
//! ```text
//! d = ŷ_upper - S ŷ_bottom                     S (u, m): which series at the bottom an upper one is the sum of
//! ỹ_bottom = ŷ_bottom - G d,  ỹ_upper = S ỹ_bottom
//! G = (W C')_bottom (C W C')⁻¹                 C = [-S | I] (u, n): C y = 0 where all adds up
//! ```
//!
//! This is the generalised least squares of Hyndman et al. (2011) and the minimum trace of Wickramasuriya et al. (2019), written on
//! the constraints (Di Fonzo and Girolimetto 2023): a matrix of the few upper series is inverted, not one of all.

use gyeol_data::Hierarchy;

/// The covariance that the adjustment takes errors to have.
pub(super) enum Weights<'a> {
    /// Every series alike.
    Equal,
    /// Variances alone.
    Diagonal(&'a [f64]),
    /// All of it, (n, n).
    Full(&'a [f64]),
}

impl Weights<'_> {
    fn at(&self, n: usize, i: usize, j: usize) -> f64 {
        match self {
            Weights::Equal => f64::from(u8::from(i == j)),
            Weights::Diagonal(v) => {
                if i == j {
                    v[i]
                } else {
                    0.0
                }
            }
            Weights::Full(w) => w[i * n + j],
        }
    }
}

/// G, (m, u) row-major.
pub(super) fn gains(h: &Hierarchy, weights: &Weights<'_>) -> Vec<f64> {
    let (m, u) = (h.bottom.len(), h.nodes.len());
    let n = m + u;
    // (W C')_ik = W_{i, m + k} - Σ W_{i, j} over the series j under k.
    let mut wc = vec![0.0; n * u];
    for i in 0..n {
        for (k, node) in h.nodes.iter().enumerate() {
            let under: f64 = match weights {
                Weights::Full(w) => node.children.iter().map(|&j| w[i * n + j as usize]).sum(),
                _ if i < m && node.children.binary_search(&(i as u32)).is_ok() => weights.at(n, i, i),
                _ => 0.0,
            };
            wc[i * u + k] = weights.at(n, i, m + k) - under;
        }
    }
    let mut cwc = vec![0.0; u * u];
    for (k, node) in h.nodes.iter().enumerate() {
        for l in 0..u {
            let under: f64 = node.children.iter().map(|&j| wc[j as usize * u + l]).sum();
            cwc[k * u + l] = wc[(m + k) * u + l] - under;
        }
    }
    let factor = factored(&cwc, u);
    let mut out = wc;
    out.truncate(m * u);
    // Rows of G solve (C W C') g = (W C')_i, since C W C' is symmetric.
    out.chunks_exact_mut(u).for_each(|row| solve(&factor, u, row));
    out
}

/// Lower factor of a symmetric positive matrix; series that never differ make it flat, and a little is then added to the diagonal.
fn factored(a: &[f64], n: usize) -> Vec<f64> {
    let most = (0..n).map(|i| a[i * n + i].abs()).fold(1e-100, f64::max);
    let mut added = 0.0;
    loop {
        if let Some(l) = cholesky(a, n, added) {
            return l;
        }
        added = if added == 0.0 { 1e-12 * most } else { 10.0 * added };
    }
}

fn cholesky(a: &[f64], n: usize, added: f64) -> Option<Vec<f64>> {
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let (before, row) = l.split_at(i * n);
            let other = if i == j { row } else { &before[j * n..] };
            let sum: f64 = row[..j].iter().zip(&other[..j]).map(|(a, b)| a * b).sum();
            let value = a[i * n + j] - sum;
            l[i * n + j] = if i != j {
                value / l[j * n + j]
            } else {
                let value = value + added;
                // A number that is not finite would never factor: it is let through, and no way with it is chosen.
                if value <= 1e-13 * a[i * n + i].abs() {
                    return None;
                }
                value.sqrt()
            };
        }
    }
    Some(l)
}

fn solve(l: &[f64], n: usize, x: &mut [f64]) {
    for i in 0..n {
        let sum: f64 = l[i * n..i * n + i].iter().zip(&x[..i]).map(|(a, b)| a * b).sum();
        x[i] = (x[i] - sum) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
        x[i] = (x[i] - sum) / l[i * n + i];
    }
}
