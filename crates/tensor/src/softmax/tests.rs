//! Softmax against plain double precision, and its gradients against differences.

use super::*;
use crate::Rng;
use crate::path::tests::on_every_path;

const LOW: f32 = f32::NEG_INFINITY;

/// Logits of many kinds, (rows, cols) with rows `stride` apart and NaN between `cols` and `stride`.
fn cases() -> Vec<(Vec<f32>, usize, usize, usize)> {
    let mut all = Vec::new();
    let mut rng = Rng::new(3);
    for (rows, cols, stride) in
        [(1, 1, 1), (3, 1, 4), (2, 15, 15), (4, 16, 16), (3, 17, 40), (2, 1000, 1000), (2, 5003, 5010)]
    {
        for bound in [0.0, 1.0, 30.0, 1e4] {
            let mut x = vec![f32::NAN; rows * stride];
            for row in x.chunks_mut(stride) {
                rng.fill_uniform(&mut row[..cols], bound);
                if cols > 2 && bound == 30.0 {
                    row[cols / 2] = LOW;
                }
            }
            all.push((x, rows, cols, stride));
        }
    }
    all
}

/// Probabilities, log Σ e^x and maximum of a row, in double precision.
fn truth(row: &[f32]) -> (Vec<f64>, f64, f64) {
    let m = row.iter().fold(f64::NEG_INFINITY, |m, &v| m.max(v as f64));
    let e: Vec<f64> = row.iter().map(|&v| (v as f64 - m).exp()).collect();
    let sum: f64 = e.iter().sum();
    (e.iter().map(|e| e / sum).collect(), m + sum.ln(), m)
}

/// The bound at the head of the module.
fn near(got: f32, want: f64, below_max: f64) -> bool {
    let bound = if below_max.is_finite() { want * (1e-6 + 6e-8 * below_max) } else { 0.0 };
    (got as f64 - want).abs() <= bound + 1.2e-38
}

#[test]
fn softmax_is_within_the_bound_on_every_path() {
    for (x, rows, cols, stride) in cases() {
        for (path, y) in on_every_path(|| {
            let mut y = x.clone();
            softmax_rows(&mut y, rows, cols, stride);
            y
        }) {
            for (x, y) in x.chunks(stride).zip(y.chunks(stride)) {
                let (p, lse, m) = truth(&x[..cols]);
                for j in 0..cols {
                    assert!(
                        near(y[j], p[j], m - x[j] as f64),
                        "{path:?} {cols} columns: {} for {} at {}",
                        y[j],
                        p[j],
                        x[j]
                    );
                }
                assert!(y[cols..].iter().all(|v| v.is_nan()), "the gap was written to");
                let got = log_sum_exp(&x[..cols]);
                assert!((got - lse).abs() <= 1e-6, "{path:?}: {got} {lse}");
            }
        }
    }
}

#[test]
fn blocks_joined_are_the_softmax_of_the_whole() {
    for (x, rows, cols, stride) in cases() {
        for block in [1, 16, 33, 512, 6000] {
            if cols / block > 400 {
                continue;
            }
            let mut y = x.clone();
            let blocks = cols.div_ceil(block);
            let (mut max, mut sum) = (vec![0.0; blocks * rows], vec![0.0; blocks * rows]);
            let mut lse = vec![0.0; rows];
            let width = |b: usize| block.min(cols - b * block);
            for b in 0..blocks {
                let of = b * rows..(b + 1) * rows;
                let x = &mut y[b * block..];
                exp_rows(x, rows, width(b), stride, &mut max[of.clone()], &mut sum[of]);
            }
            join_blocks(rows, 1.0, &max, &mut sum, &mut lse);
            for b in 0..blocks {
                scale_rows(&mut y[b * block..], rows, width(b), stride, &sum[b * rows..]);
            }
            for ((x, y), lse) in x.chunks(stride).zip(y.chunks(stride)).zip(&lse) {
                let (p, want, m) = truth(&x[..cols]);
                assert!((lse - want).abs() <= 1e-6);
                for j in 0..cols {
                    // Two exponentials instead of one: twice the bound.
                    let bound = 2.0 * p[j] * (1e-6 + 6e-8 * (m - x[j] as f64).min(1e30)) + 1.2e-38;
                    assert!((y[j] as f64 - p[j]).abs() <= bound, "{} {}", y[j], p[j]);
                }
            }
        }
    }
}

#[test]
fn a_block_that_is_masked_out_adds_nothing() {
    let mut x = [1.0, 2.0, LOW, LOW];
    let (mut max, mut sum, mut lse) = ([0.0f32; 2], [0.0; 2], [0.0]);
    for b in 0..2 {
        exp_rows(&mut x[2 * b..], 1, 2, 2, &mut max[b..], &mut sum[b..]);
    }
    assert_eq!((max[1], sum[1]), (LOW, 0.0));
    join_blocks(1, 1.0, &max, &mut sum, &mut lse);
    for b in 0..2 {
        scale_rows(&mut x[2 * b..], 1, 2, 2, &sum[b..]);
    }
    let p = 1.0 / (1.0 + 1f32.exp());
    assert!((x[0] - p).abs() < 1e-6 && (x[0] + x[1] - 1.0).abs() < 1e-6 && x[2..] == [0.0, 0.0]);
}

#[test]
fn cross_entropy_and_its_gradient_are_within_the_bound_on_every_path() {
    for (x, rows, cols, stride) in cases() {
        let targets: Vec<u32> =
            (0..rows).map(|r| if r == 1 { NO_TARGET } else { (r * 7 % cols) as u32 }).collect();
        let scale = 0.25f32;
        for (path, (loss, same, g)) in on_every_path(|| {
            let mut g = x.clone();
            let same = cross_entropy(&x, rows, cols, stride, &targets);
            (softmax_cross_entropy(&mut g, rows, cols, stride, &targets, scale), same, g)
        }) {
            assert_eq!(loss.to_bits(), same.to_bits());
            let mut want = 0.0;
            for (r, (x, g)) in x.chunks(stride).zip(g.chunks(stride)).enumerate() {
                if targets[r] == NO_TARGET {
                    assert!(g[..cols].iter().all(|&v| v == 0.0));
                    continue;
                }
                let (p, lse, m) = truth(&x[..cols]);
                want += lse - x[targets[r] as usize] as f64;
                for j in 0..cols {
                    let hot = f64::from(j == targets[r] as usize);
                    let below = (m - x[j] as f64).min(1e30);
                    let bound = 0.25 * (p[j] * (1e-6 + 6e-8 * below) + 1.2e-7 * hot) + 1.2e-38;
                    let want = 0.25 * (p[j] - hot);
                    assert!((g[j] as f64 - want).abs() <= bound, "{path:?}: {} {want}", g[j]);
                }
            }
            assert!((loss - want).abs() <= 1e-6 * rows as f64 || loss == want, "{path:?}: {loss} {want}");
        }
    }
}

#[test]
fn equal_logits_share_equally_and_one_column_is_certain() {
    let mut x = [-1e4f32; 10];
    assert!((softmax_cross_entropy(&mut x, 1, 10, 10, &[3], 1.0) - 10f64.ln()).abs() < 1e-7);
    assert!(x.iter().enumerate().all(|(j, v)| (v - 0.1 + f32::from(j == 3)).abs() < 1e-7));
    let mut x = [77.0f32, -5.0];
    assert_eq!(softmax_cross_entropy(&mut x, 2, 1, 1, &[0, 0], 1.0), 0.0);
    assert_eq!(x, [0.0, 0.0]);
}

#[test]
fn nan_stays_nan_and_a_target_of_no_chance_costs_infinity() {
    for at in [0, 5, 20] {
        for bad in [f32::NAN, f32::INFINITY] {
            let mut x = [0.5f32; 21];
            x[at] = bad;
            assert!(cross_entropy(&x, 1, 21, 21, &[2]).is_nan());
            softmax_rows(&mut x, 1, 21, 21);
            assert!(x[at].is_nan());
            assert!(bad == f32::INFINITY || x.iter().all(|v| v.is_nan()));
        }
    }
    let mut x = [LOW; 3];
    softmax_rows(&mut x, 1, 3, 3);
    assert!(x.iter().all(|v| v.is_nan()));
    assert_eq!(cross_entropy(&[LOW, 1.0f32], 1, 2, 2, &[0]), f64::INFINITY);
    assert_eq!(log_sum_exp::<f32>(&[]), f64::NEG_INFINITY);
}

#[test]
fn gradients_agree_with_differences() {
    let (rows, cols, stride) = (2, 19, 23);
    let mut x = vec![0.0f64; rows * stride];
    let mut w = vec![0.0f64; rows * stride];
    Rng::new(8).fill_uniform(&mut x, 2.0);
    Rng::new(9).fill_uniform(&mut w, 1.0);
    let targets = [4, 18];
    // L1: cross-entropy; L2: Σ w softmax(x), for the softmax inside a net.
    let cost = |x: &[f64]| cross_entropy(x, rows, cols, stride, &targets);
    let softmax = |x: &[f64]| {
        let mut y = x.to_vec();
        softmax_rows(&mut y, rows, cols, stride);
        y
    };
    let weighed = |x: &[f64]| {
        let y = softmax(x);
        (0..rows * stride).filter(|i| i % stride < cols).map(|i| w[i] * y[i]).sum::<f64>()
    };
    let mut g = x.clone();
    softmax_cross_entropy(&mut g, rows, cols, stride, &targets, 1.0);
    let mut d = w.clone();
    softmax_backward(&softmax(&x), &mut d, rows, cols, stride);
    for i in (0..rows * stride).filter(|i| i % stride < cols) {
        let e = 1e-5;
        let (mut a, mut b) = (x.clone(), x.clone());
        a[i] += e;
        b[i] -= e;
        assert!(((cost(&a) - cost(&b)) / (2.0 * e) - g[i]).abs() < 1e-9);
        assert!(((weighed(&a) - weighed(&b)) / (2.0 * e) - d[i]).abs() < 1e-9);
    }
}

#[test]
fn the_backward_step_in_single_precision_is_near_the_double_one() {
    for (x, rows, cols, stride) in cases() {
        let mut dy = vec![0.0f32; x.len()];
        Rng::new(2).fill_uniform(&mut dy, 1.0);
        for (path, (y, dx)) in on_every_path(|| {
            let (mut y, mut dx) = (x.clone(), dy.clone());
            softmax_rows(&mut y, rows, cols, stride);
            softmax_backward(&y, &mut dx, rows, cols, stride);
            (y, dx)
        }) {
            for row in 0..rows {
                let at = row * stride..row * stride + cols;
                let dot: f64 =
                    y[at.clone()].iter().zip(&dy[at.clone()]).map(|(&y, &d)| y as f64 * d as f64).sum();
                for i in at {
                    let want = y[i] as f64 * (dy[i] as f64 - dot);
                    assert!((dx[i] as f64 - want).abs() <= 1e-6 * y[i] as f64 + 1e-38, "{path:?}");
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "target 3 is not below 3")]
fn a_target_past_the_columns_is_refused() {
    cross_entropy(&[0.0f32; 3], 1, 3, 3, &[3]);
}

#[test]
#[should_panic(expected = "does not fit")]
fn a_shape_past_the_slice_is_refused() {
    softmax_rows(&mut [0.0f32; 9], 2, 5, 5);
}
