//! Softmax over rows, its gradient, and categorical cross-entropy of logits.
//!
//! softmax(x)_j = e^(x_j - m) / Σ_k e^(x_k - m) with m = max_k x_k (Bridle 1990; the maximum is subtracted so
//! that nothing overflows). Matrices are (rows, cols), row-major, rows `stride` apart; what lies between `cols`
//! and `stride` is neither read nor written.
//!
//! Accuracy in `f32`: x_j - m is rounded once, so a probability is off by at most 1e-6 + 6e-8 |x_j - m|,
//! relative to itself, as long as it is a normal number; below 1.2e-38 it may be 0. A row's sum runs in
//! [`LANES`] running sums that are added in a fixed tree, by pieces of 1,024 columns that are added in double
//! precision. Kernel paths differ by no more than that bound, since some round a product and a sum together.
//!
//! A NaN among a row's logits makes the whole row NaN, and so does +∞. A logit of -∞ has probability 0; a row
//! of nothing else has no softmax and becomes NaN.
//!
//! For a vocabulary whose logits do not fit a cache: [`exp_rows`] for each block of columns as its logits are
//! made, [`join_blocks`] over all blocks, [`scale_rows`] for each block by the factors that it left.

use crate::dispatch::dispatch;
use crate::real::{LANES, Real, in_lanes, load, store};

/// A target that counts nothing: its row's loss and gradient are zero.
pub const NO_TARGET: u32 = u32::MAX;

/// Columns whose sum runs in the number type itself; the sums of such pieces are added in double precision.
const PIECE: usize = 1024;

/// x becomes e^(x - max), where `max` (rows) receives each row's maximum over these columns and `sum` (rows)
/// the sum of the exponentials. A row of -∞ alone gets maximum -∞ and sum 0, so that a block that is masked
/// out altogether adds nothing in [`join_blocks`].
///
/// # Panics
/// If a slice is shorter than its shape, or `cols` is over `stride`.
pub fn exp_rows<T: Real>(x: &mut [T], rows: usize, cols: usize, stride: usize, max: &mut [T], sum: &mut [T]) {
    check(x.len(), rows, cols, stride);
    let (max, sum) = (&mut max[..rows], &mut sum[..rows]);
    T::softmax(Op::Exp { x, cols, stride, max, sum });
}

/// Multiplies row r by `factors[r]`.
///
/// # Panics
/// If a slice is shorter than its shape, or `cols` is over `stride`.
pub fn scale_rows<T: Real>(x: &mut [T], rows: usize, cols: usize, stride: usize, factors: &[T]) {
    check(x.len(), rows, cols, stride);
    T::softmax(Op::Scale { x, cols, stride, factors: &factors[..rows] });
}

/// Joins what [`exp_rows`] left for blocks of columns: `max` and `sum` are (blocks, rows) with blocks of
/// `rows` numbers one after another. On return `sum` holds the factor that turns a block's row of exponentials
/// into `scale` times its probabilities, and `log_sum_exp` (rows) the logarithm of Σ e^x over all columns.
///
/// # Panics
/// If `max` and `sum` differ in length or `log_sum_exp` is shorter than `rows`.
pub fn join_blocks<T: Real>(rows: usize, scale: T, max: &[T], sum: &mut [T], log_sum_exp: &mut [f64]) {
    assert_eq!(max.len(), sum.len());
    for (row, log_sum_exp) in log_sum_exp[..rows].iter_mut().enumerate() {
        let mut most = T::from_f64(f64::NEG_INFINITY);
        for &m in max[row..].iter().step_by(rows) {
            most = larger(m, most);
        }
        let most = shift(most);
        let mut total = 0.0;
        for (s, &m) in sum[row..].iter().step_by(rows).zip(max[row..].iter().step_by(rows)) {
            total += s.to_f64() * (m - most).exp_lane::<false>().to_f64();
        }
        *log_sum_exp = most.to_f64() + total.ln();
        let factor = scale.to_f64() / total;
        for (s, &m) in sum[row..].iter_mut().step_by(rows).zip(max[row..].iter().step_by(rows)) {
            *s = T::from_f64((m - most).exp_lane::<false>().to_f64() * factor);
        }
    }
}

/// Each row becomes its softmax.
///
/// # Panics
/// If `x` is shorter than its shape, or `cols` is over `stride`.
pub fn softmax_rows<T: Real>(x: &mut [T], rows: usize, cols: usize, stride: usize) {
    check(x.len(), rows, cols, stride);
    T::softmax(Op::Softmax { x, rows, cols, stride });
}

/// From the softmax `y` (rows, cols) and dL/dy to dL/dx: `dy` becomes y (dy - Σ_k dy_k y_k); both have row
/// stride `stride`.
///
/// # Panics
/// If a slice is shorter than its shape, or `cols` is over `stride`.
pub fn softmax_backward<T: Real>(y: &[T], dy: &mut [T], rows: usize, cols: usize, stride: usize) {
    check(y.len(), rows, cols, stride);
    check(dy.len(), rows, cols, stride);
    T::softmax(Op::Backward { y, dy, rows, cols, stride });
}

/// Categorical cross-entropy: Σ over rows of log Σ_k e^(x_k) - x_target, in nats and in row order; `x` becomes
/// its gradient times `scale`, (softmax(x) - onehot(target)) scale. [`NO_TARGET`] counts nothing.
///
/// A row's loss is off by at most 1e-6 in `f32`, beside the rounding of the logits.
///
/// # Panics
/// If a slice is shorter than its shape, `cols` is over `stride`, or a target is not below `cols`.
pub fn softmax_cross_entropy<T: Real>(
    x: &mut [T],
    rows: usize,
    cols: usize,
    stride: usize,
    targets: &[u32],
    scale: T,
) -> f64 {
    check(x.len(), rows, cols, stride);
    let targets = targets_below(cols, &targets[..rows]);
    let mut loss = 0.0;
    T::softmax(Op::CrossEntropyGradient { x, cols, stride, targets, scale, loss: &mut loss });
    loss
}

/// The value of [`softmax_cross_entropy`], the same bits, without touching the logits.
///
/// # Panics
/// If a slice is shorter than its shape, `cols` is over `stride`, or a target is not below `cols`.
pub fn cross_entropy<T: Real>(x: &[T], rows: usize, cols: usize, stride: usize, targets: &[u32]) -> f64 {
    check(x.len(), rows, cols, stride);
    let targets = targets_below(cols, &targets[..rows]);
    let mut loss = 0.0;
    T::softmax(Op::CrossEntropy { x, cols, stride, targets, loss: &mut loss });
    loss
}

/// log Σ e^x of one row; -∞ for none.
pub fn log_sum_exp<T: Real>(x: &[T]) -> f64 {
    let mut value = 0.0;
    T::softmax(Op::LogSumExp { x, value: &mut value });
    value
}

fn check(len: usize, rows: usize, cols: usize, stride: usize) {
    assert!(
        cols <= stride && (rows == 0 || len >= (rows - 1) * stride + cols),
        "a ({rows}, {cols}) matrix of stride {stride} does not fit {len} numbers"
    );
}

fn targets_below(cols: usize, targets: &[u32]) -> &[u32] {
    if let Some(t) = targets.iter().find(|&&t| t != NO_TARGET && t as usize >= cols) {
        panic!("target {t} is not below {cols}");
    }
    targets
}

#[doc(hidden)]
#[derive(Debug)]
pub enum Op<'a, T> {
    Exp {
        x: &'a mut [T],
        cols: usize,
        stride: usize,
        max: &'a mut [T],
        sum: &'a mut [T],
    },
    Scale {
        x: &'a mut [T],
        cols: usize,
        stride: usize,
        factors: &'a [T],
    },
    Softmax {
        x: &'a mut [T],
        rows: usize,
        cols: usize,
        stride: usize,
    },
    Backward {
        y: &'a [T],
        dy: &'a mut [T],
        rows: usize,
        cols: usize,
        stride: usize,
    },
    CrossEntropyGradient {
        x: &'a mut [T],
        cols: usize,
        stride: usize,
        targets: &'a [u32],
        scale: T,
        loss: &'a mut f64,
    },
    CrossEntropy {
        x: &'a [T],
        cols: usize,
        stride: usize,
        targets: &'a [u32],
        loss: &'a mut f64,
    },
    LogSumExp {
        x: &'a [T],
        value: &'a mut f64,
    },
}

#[inline(always)]
pub(crate) fn body<T: Real, const FUSED: bool>(op: Op<'_, T>) {
    match op {
        Op::Exp { x, cols, stride, max, sum } => {
            for (row, (max, sum)) in max.iter_mut().zip(sum).enumerate() {
                let x = &mut x[row * stride..row * stride + cols];
                *max = maximum(x);
                *sum = T::from_f64(exp_and_sum::<T, FUSED>(x, shift(*max)));
            }
        }
        Op::Scale { x, cols, stride, factors } => {
            for (row, &factor) in factors.iter().enumerate() {
                scale_row(&mut x[row * stride..row * stride + cols], factor);
            }
        }
        Op::Softmax { x, rows, cols, stride } => {
            for row in 0..rows {
                let x = &mut x[row * stride..row * stride + cols];
                let total = exp_and_sum::<T, FUSED>(x, shift(maximum(x)));
                scale_row(x, T::from_f64(1.0 / total));
            }
        }
        Op::Backward { y, dy, rows, cols, stride } => {
            for row in 0..rows {
                let at = row * stride..row * stride + cols;
                backward_row::<T, FUSED>(&y[at.clone()], &mut dy[at]);
            }
        }
        Op::CrossEntropyGradient { x, cols, stride, targets, scale, loss } => {
            for (row, &target) in targets.iter().enumerate() {
                let x = &mut x[row * stride..row * stride + cols];
                if target == NO_TARGET {
                    x.fill(T::ZERO);
                    continue;
                }
                let target = target as usize;
                let (most, logit) = (shift(maximum(x)), x[target].to_f64());
                let total = exp_and_sum::<T, FUSED>(x, most);
                *loss += (most.to_f64() - logit) + total.ln();
                scale_row(x, T::from_f64(scale.to_f64() / total));
                x[target] -= scale;
            }
        }
        Op::CrossEntropy { x, cols, stride, targets, loss } => {
            for (row, &target) in targets.iter().enumerate() {
                if target != NO_TARGET {
                    let x = &x[row * stride..row * stride + cols];
                    let most = shift(maximum(x));
                    let total = exp_sum::<T, FUSED>(x, most);
                    *loss += (most.to_f64() - x[target as usize].to_f64()) + total.ln();
                }
            }
        }
        Op::LogSumExp { x, value } => {
            let most = shift(maximum(x));
            *value = most.to_f64() + exp_sum::<T, FUSED>(x, most).ln();
        }
    }
}

/// NaN does not win here; it comes back through the exponentials.
#[inline(always)]
fn larger<T: Real>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// What is subtracted from a row of maximum `m`: -∞ from -∞ would be NaN.
#[inline(always)]
fn shift<T: Real>(m: T) -> T {
    if m == T::from_f64(f64::NEG_INFINITY) { T::ZERO } else { m }
}

/// Folds the lanes by halves, always in the same pairs.
#[inline(always)]
fn fold<T: Real>(mut lanes: [T; LANES], f: impl Fn(T, T) -> T) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            lanes[l] = f(lanes[l], lanes[l + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// As [`load`], with -∞ in the lanes past the end: they change neither a maximum nor a sum of exponentials.
#[inline(always)]
fn load_low<T: Real>(x: &[T], at: usize, n: usize) -> [T; LANES] {
    let mut lanes = load(x, at, n);
    for lane in &mut lanes[n..] {
        *lane = T::from_f64(f64::NEG_INFINITY);
    }
    lanes
}

#[inline(always)]
fn maximum<T: Real>(x: &[T]) -> T {
    let mut most = [T::from_f64(f64::NEG_INFINITY); LANES];
    in_lanes!(x.len(), |at, n| {
        let v = load_low(x, at, n);
        for l in 0..LANES {
            most[l] = larger(v[l], most[l]);
        }
    });
    fold(most, larger)
}

/// x becomes e^(x - m); their sum.
#[inline(always)]
fn exp_and_sum<T: Real, const FUSED: bool>(x: &mut [T], m: T) -> f64 {
    let mut total = 0.0;
    for piece in x.chunks_mut(PIECE) {
        let mut sum = [T::ZERO; LANES];
        in_lanes!(piece.len(), |at, n| {
            let v = exp_lanes::<T, FUSED>(load_low(piece, at, n), m, &mut sum);
            store(piece, at, n, &v);
        });
        total += fold(sum, |a, b| a + b).to_f64();
    }
    total
}

/// The sum of [`exp_and_sum`] alone.
#[inline(always)]
fn exp_sum<T: Real, const FUSED: bool>(x: &[T], m: T) -> f64 {
    let mut total = 0.0;
    for piece in x.chunks(PIECE) {
        let mut sum = [T::ZERO; LANES];
        in_lanes!(piece.len(), |at, n| {
            exp_lanes::<T, FUSED>(load_low(piece, at, n), m, &mut sum);
        });
        total += fold(sum, |a, b| a + b).to_f64();
    }
    total
}

#[inline(always)]
fn exp_lanes<T: Real, const FUSED: bool>(mut v: [T; LANES], m: T, sum: &mut [T; LANES]) -> [T; LANES] {
    for l in 0..LANES {
        v[l] = (v[l] - m).exp_lane::<FUSED>();
    }
    for l in 0..LANES {
        sum[l] += v[l];
    }
    v
}

#[inline(always)]
fn scale_row<T: Real>(x: &mut [T], factor: T) {
    for v in x {
        *v *= factor;
    }
}

#[inline(always)]
fn backward_row<T: Real, const FUSED: bool>(y: &[T], dy: &mut [T]) {
    let mut dot = 0.0;
    for (y, dy) in y.chunks(PIECE).zip(dy.chunks(PIECE)) {
        let mut sum = [T::ZERO; LANES];
        in_lanes!(y.len(), |at, n| {
            let (y, dy) = (load(y, at, n), load(dy, at, n));
            for l in 0..LANES {
                sum[l] = y[l].fma::<FUSED>(dy[l], sum[l]);
            }
        });
        dot += fold(sum, |a, b| a + b).to_f64();
    }
    let dot = T::from_f64(dot);
    for (d, &y) in dy.iter_mut().zip(y) {
        *d = y * (*d - dot);
    }
}

#[inline(always)]
fn body_f32<const FUSED: bool>(op: Op<'_, f32>) {
    body::<f32, FUSED>(op)
}

dispatch! {
    pub(crate) fn dispatch_f32(op: Op<'_, f32>) = body_f32
}

#[cfg(test)]
mod tests;
