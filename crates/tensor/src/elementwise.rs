//! Sums and updates over long slices whose order of operations is fixed: the same bits on every kernel path
//! and any number of threads, because nothing here is fused and blocks are cut by length alone.

use crate::dispatch::dispatch;
use crate::real::{LANES, Real};
use crate::threads::{MOST_BLOCKS, Pool, block_of};

/// x += a * y.
///
/// # Panics
/// If lengths differ.
pub fn axpy<T: Real>(a: T, y: &[T], x: &mut [T]) {
    assert_eq!(x.len(), y.len());
    T::elementwise(Op::Axpy { a, y, x });
}

/// x += y.
///
/// # Panics
/// If lengths differ.
pub fn add<T: Real>(y: &[T], x: &mut [T]) {
    assert_eq!(x.len(), y.len());
    T::elementwise(Op::Add { y, x });
}

/// x = keep * x + take * y, the step of a moving average.
///
/// # Panics
/// If lengths differ.
pub fn mix<T: Real>(keep: T, take: T, y: &[T], x: &mut [T]) {
    assert_eq!(x.len(), y.len());
    T::elementwise(Op::Mix { keep, take, y, x });
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
    let mut sum = 0.0;
    T::elementwise(Op::SumOfSquares { x, sum: &mut sum });
    sum
}

/// The sum of squares by the blocks of [`block_of`], their sums added in order: the same bits for any number
/// of threads, and [`sum_of_squares`] itself where there is one block. Allocates nothing.
pub fn sum_of_squares_on<T: Real>(pool: &Pool, x: &[T]) -> f64 {
    let block = block_of(x.len());
    let mut sums = [0f64; MOST_BLOCKS];
    let sums = &mut sums[..x.len().div_ceil(block)];
    pool.each_mut(sums, |_, index, sum| {
        *sum = sum_of_squares(&x[index * block..x.len().min((index + 1) * block)]);
    });
    sums.iter().sum()
}

/// `into` becomes 0 + part 0 + part 1 + ..., added in that order for each number, by blocks on the pool.
/// Allocates nothing.
///
/// # Panics
/// If a part differs from `into` in length.
pub fn sum_parts<T: Real, P: AsRef<[T]> + Sync>(pool: &Pool, parts: &[P], into: &mut [T]) {
    // The running sum stays in the first cache while the parts stream by.
    const NEAR: usize = 2048;
    assert!(parts.iter().all(|p| p.as_ref().len() == into.len()), "parts of different lengths");
    let block = block_of(into.len());
    pool.split_mut([into], block, |range, [into]| {
        for (index, sum) in into.chunks_mut(NEAR).enumerate() {
            let at = range.start + index * NEAR;
            sum.fill(T::ZERO);
            for part in parts {
                add(&part.as_ref()[at..at + sum.len()], sum);
            }
        }
    });
}

#[doc(hidden)]
#[derive(Debug)]
pub enum Op<'a, T> {
    Add { y: &'a [T], x: &'a mut [T] },
    Axpy { a: T, y: &'a [T], x: &'a mut [T] },
    Mix { keep: T, take: T, y: &'a [T], x: &'a mut [T] },
    SumOfSquares { x: &'a [T], sum: &'a mut f64 },
}

#[inline(always)]
pub(crate) fn body<T: Real, const FUSED: bool>(op: Op<'_, T>) {
    match op {
        Op::Add { y, x } => both(y, x, |y, x| x + y),
        Op::Axpy { a, y, x } => both(y, x, |y, x| x + a * y),
        Op::Mix { keep, take, y, x } => both(y, x, |y, x| keep * x + take * y),
        Op::SumOfSquares { x, sum } => {
            let mut lanes = [0f64; LANES];
            let chunks = x.chunks_exact(LANES);
            let rest = chunks.remainder();
            for chunk in chunks {
                for l in 0..LANES {
                    let v = chunk[l].to_f64();
                    lanes[l] += v * v;
                }
            }
            for (l, v) in lanes.iter_mut().zip(rest) {
                let v = v.to_f64();
                *l += v * v;
            }
            *sum = lanes.iter().sum();
        }
    }
}

#[inline(always)]
fn both<T: Real>(y: &[T], x: &mut [T], f: impl Fn(T, T) -> T) {
    for (x, &y) in x.iter_mut().zip(y) {
        *x = f(y, *x);
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
mod tests {
    use super::*;
    use crate::Rng;
    use crate::path::tests::on_every_path;

    fn noise(len: usize, seed: u64) -> Vec<f32> {
        let mut x = vec![0.0; len];
        Rng::new(seed).fill_uniform(&mut x, 3.0);
        x
    }

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

    // The order is part of the contract: number i goes to running sum i mod 16.
    #[test]
    fn sums_and_mixes_are_the_plain_loops_bit_for_bit_on_every_path() {
        for len in [0, 1, 15, 16, 17, 1000, 1003] {
            let (x, y) = (noise(len, 1), noise(len, 2));
            let mut lanes = [0f64; LANES];
            for (i, &v) in x.iter().enumerate() {
                lanes[i % LANES] += v as f64 * v as f64;
            }
            let want = lanes.iter().sum::<f64>().to_bits();
            for (path, got) in on_every_path(|| {
                let (mut a, mut b, mut c) = (x.clone(), x.clone(), x.clone());
                add(&y, &mut a);
                axpy(0.3, &y, &mut b);
                mix(0.9, 0.1, &y, &mut c);
                (sum_of_squares(&x).to_bits(), a, b, c)
            }) {
                assert_eq!(got.0, want, "{path:?}");
                for i in 0..len {
                    assert_eq!(got.1[i], x[i] + y[i]);
                    assert_eq!(got.2[i], x[i] + 0.3 * y[i]);
                    assert_eq!(got.3[i], 0.9 * x[i] + 0.1 * y[i]);
                }
            }
        }
    }

    #[test]
    fn sums_over_blocks_have_the_same_bits_on_any_thread_count() {
        for len in [0, 10, 32_767, 100_003] {
            let parts: Vec<Vec<f32>> = (0..5).map(|seed| noise(len, seed)).collect();
            let mut want = vec![0.0f32; len];
            for part in &parts {
                want.iter_mut().zip(part).for_each(|(w, p)| *w += p);
            }
            let mut squares = Vec::new();
            for threads in [1, 2, 3, 7] {
                let pool = Pool::new(threads);
                let mut sum = vec![f32::NAN; len];
                sum_parts(&pool, &parts, &mut sum);
                assert_eq!(sum, want);
                squares.push(sum_of_squares_on(&pool, &sum));
            }
            assert!(squares.iter().all(|s| s.to_bits() == squares[0].to_bits()));
            assert!((squares[0] - sum_of_squares(&want)).abs() <= 1e-12 * squares[0]);
        }
    }
}
