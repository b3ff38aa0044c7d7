//! Sums and updates over long slices whose order of operations is fixed.

use crate::real::{LANES, Real};

/// x += a * y.
///
/// # Panics
/// If lengths differ.
pub fn axpy<T: Real>(a: T, y: &[T], x: &mut [T]) {
    assert_eq!(x.len(), y.len());
    for (x, &y) in x.iter_mut().zip(y) {
        *x += a * y;
    }
}

/// x += y.
pub fn add<T: Real>(y: &[T], x: &mut [T]) {
    assert_eq!(x.len(), y.len());
    for (x, &y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// Adds the column sums of a (rows, cols) matrix of row stride `stride` to `sums`, in row order.
pub fn add_column_sums<T: Real>(x: &[T], rows: usize, cols: usize, stride: usize, sums: &mut [T]) {
    for row in 0..rows {
        add(&x[row * stride..row * stride + cols], &mut sums[..cols]);
    }
}

/// Sum of squares in double precision, by [`LANES`] running sums that are added in order at the end: the same
/// bits whatever the machine's vectors.
pub fn sum_of_squares<T: Real>(x: &[T]) -> f64 {
    let mut lanes = [0f64; LANES];
    for chunk in x.chunks(LANES) {
        for (l, v) in lanes.iter_mut().zip(chunk) {
            let v = v.to_f64();
            *l += v * v;
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_sums_skip_the_stride() {
        let x = [1.0, 2.0, 99.0, 3.0, 4.0, 99.0];
        let mut s = [10.0, 20.0];
        add_column_sums(&x, 2, 2, 3, &mut s);
        assert_eq!(s, [14.0, 26.0]);
    }

    #[test]
    fn sum_of_squares_is_exact_on_integers() {
        let x: Vec<f32> = (1..=100).map(|i| i as f32).collect();
        assert_eq!(sum_of_squares(&x), 338_350.0);
    }
}
