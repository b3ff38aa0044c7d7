//! Long vectors on the pool, in blocks that their length alone decides.

use gyeol_tensor::Pool;
use gyeol_tensor::threads::block_of;

use crate::features;

/// Σ a b.
pub(crate) fn dot(a: &[f64], b: &[f64], pool: &Pool) -> f64 {
    dots([(a, b)], pool)[0]
}

/// Several products at once.
pub(crate) fn dots<const N: usize>(pairs: [(&[f64], &[f64]); N], pool: &Pool) -> [f64; N] {
    let len = pairs.first().map_or(0, |(a, _)| a.len());
    let block = block_of(len);
    let mut parts = vec![[0.0; N]; len.div_ceil(block)];
    pool.each_mut(&mut parts, |_, i, part| {
        let range = i * block..len.min((i + 1) * block);
        *part = pairs.map(|(a, b)| features::dot(&a[range.clone()], &b[range.clone()]));
    });
    parts.iter().fold([0.0; N], |a, b| std::array::from_fn(|i| a[i] + b[i]))
}

/// y = b y + a x.
pub(crate) fn mix(y: &mut [f64], b: f64, a: f64, x: &[f64], pool: &Pool) {
    let block = block_of(y.len());
    pool.split_mut([y], block, |range, [y]| {
        y.iter_mut().zip(&x[range]).for_each(|(y, x)| *y = b * *y + a * x);
    });
}

/// The largest size of a number.
pub(crate) fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m: f64, v| if v.abs() > m || v.is_nan() { v.abs() } else { m })
}
