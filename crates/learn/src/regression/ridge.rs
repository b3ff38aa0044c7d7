//! Ridge regression (Hoerl and Kennard 1970) with scikit-learn's objective, ‖y - X w - b‖² + α ‖w‖², b not penalised.
//!
//! Dense rows: (ZᵀZ + α) w = Zᵀy, or w = Zᵀ (Z Zᵀ + α)⁻¹ y where there are more columns than rows, by Cholesky's
//! factorisation. Sparse rows, which centring would fill: conjugate gradients with the mean taken off on the way.

use gyeol_base::{Fault, Result};
use gyeol_tensor::{MatRef, Pool, Write, matmul};

use super::least_squares::{factor, products, solve};
use super::{checked, column_means, mean};
use crate::features::{Design, Features, dot};
use crate::ridge::Linear;

/// Most rows or columns of which products are kept, whichever are fewer.
const MOST: usize = 8192;

/// Fits for a penalty α > 0.
///
/// # Errors
/// α of 0 or less; no rows, NaN, answers of another count; dense rows and columns both above 8,192; numbers too far apart
/// in size (`singular`, `no-convergence`).
pub fn ridge(x: Features<'_>, y: &[f64], alpha: f64, intercept: bool, pool: &Pool) -> Result<Linear> {
    if !(alpha > 0.0 && alpha.is_finite()) {
        let next = "it is above 0; least squares has none";
        return Err(Fault::new("option-range", format!("alpha = {alpha}")).next(next).option());
    }
    checked(x, y)?;
    let (n, p) = (x.rows(), x.cols());
    let centre = if intercept { column_means(x) } else { vec![0.0; p] };
    let y_mean = if intercept { mean(y) } else { 0.0 };
    let y: Vec<f64> = y.iter().map(|v| v - y_mean).collect();
    let singular = || {
        Fault::new("singular", format!("the products of {p} columns are singular at alpha = {alpha:e}"))
            .cause("columns that carry the same information, and a penalty lost in rounding")
            .next("raise alpha, or scale the columns")
            .input()
    };
    let weights = match x {
        Features::Sparse(_) => conjugate_gradients(x, &centre, &y, alpha, pool)?,
        Features::Dense(x) if p <= n && p <= MOST => {
            let d = p + 1;
            let z = products(x, &centre, &y, pool);
            let mut a: Vec<f64> = (0..p * p).map(|i| z[i / p * d + i % p]).collect();
            (0..p).for_each(|j| a[j * p + j] += alpha);
            let l = factor(&a, p).ok_or_else(singular)?;
            let mut w: Vec<f64> = (0..p).map(|i| z[i * d + p]).collect();
            solve(&l, p, &mut w);
            w
        }
        Features::Dense(x) if n <= MOST => {
            let z: Vec<f64> = x
                .data()
                .chunks_exact(p)
                .flat_map(|row| row.iter().zip(&centre).map(|(v, c)| v - c))
                .collect();
            let view = MatRef::new(&z, n, p);
            let mut a = vec![0.0; n * n];
            matmul(view, view.t(), &mut a, n, Write::Set);
            (0..n).for_each(|i| a[i * n + i] += alpha);
            let l = factor(&a, n).ok_or_else(singular)?;
            let mut dual = y.clone();
            solve(&l, n, &mut dual);
            let mut w = vec![0.0; p];
            for (row, v) in z.chunks_exact(p).zip(&dual) {
                w.iter_mut().zip(row).for_each(|(w, z)| *w += v * z);
            }
            w
        }
        Features::Dense(_) => conjugate_gradients(x, &centre, &y, alpha, pool)?,
    };
    let bias = if intercept { y_mean - dot(&centre, &weights) } else { 0.0 };
    Ok(Linear { inputs: p, outputs: 1, weights, bias: vec![bias] })
}

/// (ZᵀZ + α) w = Zᵀy to a residual of 1e-12 of the right side (Hestenes and Stiefel 1952), scaled by the diagonal.
fn conjugate_gradients(
    x: Features<'_>,
    centre: &[f64],
    y: &[f64],
    alpha: f64,
    pool: &Pool,
) -> Result<Vec<f64>> {
    let (n, p) = (x.rows(), x.cols());
    let design = Design::new(x, pool);
    let t_times = |r: &[f64], out: &mut [f64]| {
        design.t_times(r, 1, out, pool);
        let sum: f64 = r.iter().sum();
        out.iter_mut().zip(centre).for_each(|(o, c)| *o -= c * sum);
    };
    let squares = design.squares(&vec![1.0; n]);
    let scale: Vec<f64> =
        squares.iter().zip(centre).map(|(s, c)| 1.0 / ((s - n as f64 * c * c).max(0.0) + alpha)).collect();
    let (mut w, mut r, mut z, mut zv, mut xv) =
        (vec![0.0; p], vec![0.0; p], vec![0.0; p], vec![0.0; p], vec![0.0; n]);
    t_times(y, &mut r);
    let goal = 1e-12 * dot(&r, &r).sqrt();
    let scaled =
        |z: &mut [f64], r: &[f64]| z.iter_mut().zip(r).zip(&scale).for_each(|((z, r), s)| *z = r * s);
    scaled(&mut z, &r);
    let (mut v, mut rz) = (z.clone(), dot(&r, &z));
    for _ in 0..10 * p.min(n) + 100 {
        if dot(&r, &r).sqrt() <= goal {
            return Ok(w);
        }
        design.times(&v, 1, &mut xv, pool);
        let shift = dot(centre, &v);
        xv.iter_mut().for_each(|x| *x -= shift);
        t_times(&xv, &mut zv);
        zv.iter_mut().zip(&v).for_each(|(z, v)| *z += alpha * v);
        let step = rz / dot(&v, &zv);
        w.iter_mut().zip(&v).for_each(|(w, v)| *w += step * v);
        r.iter_mut().zip(&zv).for_each(|(r, z)| *r -= step * z);
        scaled(&mut z, &r);
        let next = dot(&r, &z);
        v.iter_mut().zip(&z).for_each(|(v, z)| *v = z + next / rz * *v);
        rz = next;
    }
    Err(Fault::new("no-convergence", format!("no ridge fit of {p} columns at alpha = {alpha:e}"))
        .cause("columns of sizes far apart, or a penalty lost in rounding")
        .next("scale the columns, or raise alpha")
        .input())
}
