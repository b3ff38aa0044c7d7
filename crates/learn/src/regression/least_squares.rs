//! Ordinary least squares with what is known about its coefficients: standard errors, t, p, intervals, R², F.
//!
//! With centred columns scaled to length 1, C = ZᵀZ, by Cholesky's factorisation and one step of iterative refinement with the
//! residuals of the rows (Björck 1996, 2.9.3) where the condition ‖C‖₁ ‖C⁻¹‖₁ ≤ 10⁸; else by QR of the rows and singular values
//! of R, with the w of least length where columns depend on each other. Singular values up to max(n, p) ε σ₁ count as 0.
//! Errors of a coefficient: σ² (XᵀX)⁺, σ² = RSS / (n - rank - 1).

use gyeol_base::{Fault, Result};
use gyeol_tensor::{MatRef, Pool, Write, matmul};
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::svd::{Flip, Svd};

use super::{checked, mean, qr};
use crate::distribution::{f_tail, t_quantile, t_two_sided};
use crate::features::{Design, Features, dot};
use crate::ridge::Linear;

/// Most columns: of their products a square is kept.
const MOST_COLUMNS: usize = 8192;
/// Most columns, or rows where they are fewer, whose singular values are looked for.
const MOST_SINGULAR: usize = 2048;
/// Rows that one task works on.
const ROWS: usize = 2048;
/// Condition of the scaled products above which the rows themselves are factorised.
const CONDITION: f64 = 1e8;

/// Which way was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Normal equations, refined.
    Cholesky,
    /// QR and singular values.
    Svd,
}

/// An ordinary least squares fit.
///
/// ```
/// use gyeol_learn::regression::LeastSquares;
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(4, 1, vec![1.0, 2.0, 3.0, 4.0])?;
/// let fit = LeastSquares::fit(&x, &[3.0, 5.1, 6.9, 9.0], true, &Pool::new(1))?;
/// assert!((fit.model.weights[0] - 1.98).abs() < 1e-12 && (fit.model.bias[0] - 1.05).abs() < 1e-12);
/// assert_eq!(fit.summary(0.95).unwrap().coefficients.len(), 2);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquares {
    /// w and b.
    pub model: Linear,
    /// Whether there is a b.
    pub intercept: bool,
    /// n.
    pub rows: usize,
    /// Independent columns, b not counted.
    pub rank: usize,
    /// Which way was taken.
    pub route: Route,
    /// Σ (y - x w - b)².
    pub residual_sum: f64,
    /// Σ (y - ȳ)², without b Σ y².
    pub total_sum: f64,
    /// y - x w - b.
    pub residuals: Vec<f64>,
    /// The diagonal of (XᵀX)⁺, that of b first where there is one.
    pub inverse_diagonal: Vec<f64>,
}

/// One coefficient and what is known about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// The coefficient.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// estimate / standard error.
    pub t: f64,
    /// P(|T| > |t|) if it were 0.
    pub p: f64,
    /// The interval's ends.
    pub low: f64,
    /// The interval's ends.
    pub high: f64,
}

/// What a fit says about the data, given that errors are independent, normal and of one variance.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// b first where there is one, then a column each.
    pub coefficients: Vec<Coefficient>,
    /// 1 - RSS / TSS; 0 of answers that are all the same.
    pub r_squared: f64,
    /// 1 - (1 - R²) (n - 1) / (n - rank - 1).
    pub adjusted_r_squared: f64,
    /// Explained against unexplained variance.
    pub f: f64,
    /// P(F > f) if all weights were 0.
    pub f_p: f64,
    /// rank.
    pub model_df: usize,
    /// n - rank - 1, without b n - rank.
    pub residual_df: usize,
    /// √(RSS / residual df).
    pub residual_standard_error: f64,
}

impl LeastSquares {
    /// Fits dense rows, with or without b.
    ///
    /// # Errors
    /// No rows, no columns, NaN, answers of another count; more than 8,192 columns, or more than 2,048 that depend on each
    /// other.
    pub fn fit(x: &Dense, y: &[f64], intercept: bool, pool: &Pool) -> Result<Self> {
        checked(Features::Dense(x), y)?;
        let (n, p) = (x.rows(), x.cols());
        if p > MOST_COLUMNS {
            return Err(Fault::new("too-many-columns", format!("least squares of {p} columns"))
                .cause(format!("products of more than {MOST_COLUMNS} columns are not kept"))
                .next("take ridge regression, or fewer columns")
                .limit());
        }
        let centre = if intercept { means(x, pool) } else { vec![0.0; p] };
        let y_mean = if intercept { mean(y) } else { 0.0 };
        let centred: Vec<f64> = y.iter().map(|v| v - y_mean).collect();
        let solved = if n > p { cholesky_route(x, &centre, &centred, pool) } else { None };
        let (w, inverse, rank, route) = match solved {
            Some((w, inverse)) => (w, inverse, p, Route::Cholesky),
            None => {
                let (w, inverse, rank) = svd_route(x, &centre, &centred, pool)?;
                (w, inverse, rank, Route::Svd)
            }
        };
        let bias = y_mean - dot(&centre, &w);
        let residuals = residuals_of(x, &centre, &centred, &w, pool);
        let mut inverse_diagonal = Vec::with_capacity(p + 1);
        if intercept {
            let square: f64 = (0..p).map(|i| centre[i] * dot(&inverse[i * p..(i + 1) * p], &centre)).sum();
            inverse_diagonal.push(1.0 / n as f64 + square);
        }
        inverse_diagonal.extend((0..p).map(|i| inverse[i * p + i]));
        Ok(LeastSquares {
            model: Linear {
                inputs: p,
                outputs: 1,
                weights: w,
                bias: vec![if intercept { bias } else { 0.0 }],
            },
            intercept,
            rows: n,
            rank,
            route,
            residual_sum: dot(&residuals, &residuals),
            total_sum: dot(&centred, &centred),
            residuals,
            inverse_diagonal,
        })
    }

    /// n - rank - 1, without b n - rank; 0 where every row is met.
    pub fn residual_df(&self) -> usize {
        self.rows.saturating_sub(self.rank + usize::from(self.intercept))
    }

    /// Coefficients with intervals of `level` (0.95 for 95 %); none where no degree of freedom is left to tell errors from.
    pub fn summary(&self, level: f64) -> Option<Summary> {
        let df = self.residual_df();
        if df == 0 || !(level > 0.0 && level < 1.0) {
            return None;
        }
        let (d, variance) = (df as f64, self.residual_sum / df as f64);
        let wide = t_quantile(1.0 - level, d);
        let bias = self.intercept.then_some(self.model.bias[0]);
        let coefficients = bias.iter().chain(&self.model.weights).zip(&self.inverse_diagonal);
        let coefficients = coefficients.map(|(&estimate, inverse)| {
            let standard_error = (variance * inverse).sqrt();
            // A column that says nothing has neither a weight nor an error.
            let t = if standard_error > 0.0 {
                estimate / standard_error
            } else {
                estimate.signum() * f64::INFINITY
            };
            let t = if estimate == 0.0 { 0.0 } else { t };
            let (low, high) = (estimate - wide * standard_error, estimate + wide * standard_error);
            Coefficient { estimate, standard_error, t, p: t_two_sided(t, d), low, high }
        });
        let r_squared = if self.total_sum > 0.0 { 1.0 - self.residual_sum / self.total_sum } else { 0.0 };
        let all = (self.rows - usize::from(self.intercept)) as f64;
        let m = self.rank as f64;
        let f =
            if self.rank > 0 { (self.total_sum - self.residual_sum).max(0.0) / m / variance } else { 0.0 };
        Some(Summary {
            coefficients: coefficients.collect(),
            r_squared,
            adjusted_r_squared: 1.0 - (1.0 - r_squared) * all / d,
            f,
            f_p: if self.rank > 0 { f_tail(f, m, d) } else { 1.0 },
            model_df: self.rank,
            residual_df: df,
            residual_standard_error: variance.sqrt(),
        })
    }
}

/// Means of the columns, in blocks.
fn means(x: &Dense, pool: &Pool) -> Vec<f64> {
    let (n, p) = (x.rows(), x.cols());
    let mut parts = vec![Vec::new(); n.div_ceil(ROWS)];
    pool.each_mut(&mut parts, |_, block, sums: &mut Vec<f64>| {
        *sums = vec![0.0; p];
        for row in x.data()[block * ROWS * p..n.min((block + 1) * ROWS) * p].chunks_exact(p) {
            sums.iter_mut().zip(row).for_each(|(s, v)| *s += v);
        }
    });
    let mut means = vec![0.0; p];
    parts.iter().for_each(|part| means.iter_mut().zip(part).for_each(|(m, v)| *m += v));
    means.iter_mut().for_each(|m| *m /= n as f64);
    means
}

/// y - (x - centre) w of centred answers.
pub(super) fn residuals_of(x: &Dense, centre: &[f64], y: &[f64], w: &[f64], pool: &Pool) -> Vec<f64> {
    let (p, shift) = (x.cols(), dot(centre, w));
    let mut out = vec![0.0; y.len()];
    pool.split_mut([&mut out], ROWS, |range, [out]| {
        let rows = x.data()[range.start * p..].chunks_exact(p).zip(&y[range]);
        out.iter_mut().zip(rows).for_each(|(r, (x, y))| *r = y - (dot(x, w) - shift));
    });
    out
}

/// Zᵀ [Z y] of centred columns in a fixed order: (p, p + 1).
pub(super) fn products(x: &Dense, centre: &[f64], y: &[f64], pool: &Pool) -> Vec<f64> {
    let (n, p) = (x.rows(), x.cols());
    let d = p + 1;
    // So many rows a part that the products of all parts are fewer numbers than the rows.
    let rows = ROWS.max(n.div_ceil(64)).max(8 * d);
    let mut parts: Vec<Vec<f64>> = vec![Vec::new(); n.div_ceil(rows)];
    pool.each_mut(&mut parts, |_, block, part| {
        *part = vec![0.0; d * d];
        // Pieces that stay in the cache while they are centred and multiplied.
        const PIECE: usize = 512;
        let (begin, end) = (block * rows, n.min((block + 1) * rows));
        let mut z = vec![0.0; PIECE.min(end - begin) * d];
        for first in (begin..end).step_by(PIECE) {
            let count = PIECE.min(end - first);
            for (i, z) in z.chunks_exact_mut(d).take(count).enumerate() {
                z.iter_mut().zip(x.row(first + i)).zip(centre).for_each(|((z, v), c)| *z = v - c);
                z[p] = y[first + i];
            }
            let z = MatRef::new(&z[..count * d], count, d);
            matmul(z.t(), z, part, d, Write::Add);
        }
    });
    let mut sum = vec![0.0; d * d];
    parts.iter().for_each(|part| sum.iter_mut().zip(part).for_each(|(s, v)| *s += v));
    sum.truncate(p * d);
    sum
}

/// w and (ZᵀZ)⁻¹ by the normal equations; none where their condition is beyond [`CONDITION`].
fn cholesky_route(x: &Dense, centre: &[f64], y: &[f64], pool: &Pool) -> Option<(Vec<f64>, Vec<f64>)> {
    let (p, d) = (x.cols(), x.cols() + 1);
    let products = products(x, centre, y, pool);
    let length: Vec<f64> = (0..p).map(|i| products[i * d + i].sqrt()).collect();
    if length.iter().any(|l| l.is_nan() || *l <= 0.0) {
        return None;
    }
    // A column that is constant but for rounding is none.
    let size = |j: usize| (centre[j].abs() * (x.rows() as f64).sqrt()).max(length[j]);
    if (0..p).any(|j| length[j] <= 1e-13 * size(j)) {
        return None;
    }
    let scaled: Vec<f64> =
        (0..p * p).map(|a| products[a / p * d + a % p] / (length[a / p] * length[a % p])).collect();
    let norm =
        |m: &[f64]| m.chunks_exact(p).map(|r| r.iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max);
    let factor = factor(&scaled, p)?;
    let mut inverse = vec![0.0; p * p];
    for j in 0..p {
        let column = &mut inverse[j * p..(j + 1) * p];
        column[j] = 1.0;
        solve(&factor, p, column);
    }
    let condition = norm(&scaled) * norm(&inverse);
    if condition.is_nan() || condition > CONDITION {
        return None;
    }
    let step = |right: &mut [f64]| {
        right.iter_mut().zip(&length).for_each(|(r, l)| *r /= l);
        solve(&factor, p, right);
        right.iter_mut().zip(&length).for_each(|(r, l)| *r /= l);
    };
    let mut w: Vec<f64> = (0..p).map(|i| products[i * d + p]).collect();
    step(&mut w);
    // One step of refinement: what the residuals still hold of the columns.
    let r = residuals_of(x, centre, y, &w, pool);
    let mut more = vec![0.0; p];
    Design::new(Features::Dense(x), pool).t_times(&r, 1, &mut more, pool);
    let sum: f64 = r.iter().sum();
    more.iter_mut().zip(centre).for_each(|(m, c)| *m -= c * sum);
    step(&mut more);
    w.iter_mut().zip(&more).for_each(|(w, m)| *w += m);
    for a in 0..p * p {
        inverse[a] /= length[a / p] * length[a % p];
    }
    Some((w, inverse))
}

/// L of A = L Lᵀ (lower triangle, row-major); none where A is not safely positive.
pub(super) fn factor(a: &[f64], p: usize) -> Option<Vec<f64>> {
    let mut l = a.to_vec();
    for j in 0..p {
        for i in j..p {
            let (upper, lower) = l.split_at(i.max(j) * p);
            let row_j = if i == j { &lower[..j] } else { &upper[j * p..j * p + j] };
            let v = lower[j] - dot(&lower[..j], row_j);
            let v = if i == j {
                if v.is_nan() || v <= a[j * p + j] * 1e-14 {
                    return None;
                }
                v.sqrt()
            } else {
                v / l[j * p + j]
            };
            l[i * p + j] = v;
        }
    }
    Some(l)
}

/// x = A⁻¹ x by its factor.
pub(super) fn solve(l: &[f64], p: usize, x: &mut [f64]) {
    for i in 0..p {
        x[i] = (x[i] - dot(&l[i * p..i * p + i], &x[..i])) / l[i * p + i];
    }
    for i in (0..p).rev() {
        let v = x[i] / l[i * p + i];
        x[i] = v;
        x[..i].iter_mut().zip(&l[i * p..]).for_each(|(x, l)| *x -= l * v);
    }
}

/// w of least length, (XᵀX)⁺ and the rank.
fn svd_route(x: &Dense, centre: &[f64], y: &[f64], pool: &Pool) -> Result<(Vec<f64>, Vec<f64>, usize)> {
    let (n, p) = (x.rows(), x.cols());
    if n.min(p) > MOST_SINGULAR {
        return Err(Fault::new(
            "too-many-columns",
            format!("{p} columns that depend on each other, or nearly so"),
        )
        .cause(format!("singular values of more than {MOST_SINGULAR} columns take too long"))
        .next("take ridge regression, or fewer columns")
        .limit());
    }
    let (r, q_y) = qr::triangle(x, centre, y, pool);
    let m = q_y.len();
    let largest = r.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return Ok((vec![0.0; p], vec![0.0; p * p], 0));
    }
    let svd = Svd::dense(&Dense::new(m, p, r)?, false, Flip::None)?;
    // Centring leaves rounding in constant columns: as much as their numbers were large.
    let size = centre.iter().fold(0.0f64, |m, c| m.max(c.abs())) * (n as f64).sqrt();
    let least = n.max(p) as f64 * f64::EPSILON * svd.sigma[0].max(0.1 * size);
    let rank = svd.sigma.iter().take_while(|s| **s > least).count();
    let (mut w, mut inverse) = (vec![0.0; p], vec![0.0; p * p]);
    for c in 0..rank {
        let s = svd.sigma[c];
        let along: f64 = (0..m).map(|i| svd.u.at(i, c) * q_y[i]).sum::<f64>() / s;
        for i in 0..p {
            let v = svd.v.at(i, c);
            w[i] += along * v;
            for (j, inverse) in inverse[i * p..(i + 1) * p].iter_mut().enumerate() {
                *inverse += v * svd.v.at(j, c) / (s * s);
            }
        }
    }
    Ok((w, inverse, rank))
}
