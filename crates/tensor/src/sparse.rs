//! A sparse matrix by rows times a dense one: the kernel under truncated singular value decompositions.
//!
//! Each row of the result is a sum of rows of the dense matrix; its accumulators stay in registers over a strip of
//! columns while the dense rows stream by, so that what a product costs is the reading of those rows. Sums run over the
//! row's numbers in order, whatever the thread.

use crate::dispatch::dispatch;
use crate::real::Real;
use crate::threads::Pool;

/// A sparse matrix by rows: row i has `indices[pointers[i]..pointers[i + 1]]` and the `values` beside them.
#[derive(Debug, Clone, Copy)]
pub struct SparseRows<'a, T> {
    /// Where each row begins, and the end of the last: one more than there are rows.
    pub pointers: &'a [usize],
    /// Columns.
    pub indices: &'a [u32],
    /// Numbers.
    pub values: &'a [T],
}

/// Rows that one task computes.
const ROWS: usize = 256;

macro_rules! kernel {
    ($name:ident, $run:ident, $rows:ident, $strip:ident, $t:ty, $lanes:ident = $count:literal, $most:literal) => {
        const $lanes: usize = $count;

        /// Out (n, width) = the sparse matrix (n, m) times the dense one (m, width), both row-major, on the pool; the
        /// same bits for any number of threads.
        ///
        /// # Panics
        #[doc = concat!("If `width` is no multiple of ", stringify!($count), ", or lengths")]
        /// or a column do not fit.
        pub fn $name(sparse: SparseRows<'_, $t>, dense: &[$t], width: usize, out: &mut [$t], pool: &Pool) {
            let rows = sparse.pointers.len().saturating_sub(1);
            assert!(width.is_multiple_of($lanes), "{width} columns are no multiple of {}", $lanes);
            assert_eq!(out.len(), rows * width, "the result has {rows} rows of {width}");
            assert_eq!(sparse.indices.len(), sparse.values.len(), "columns and numbers");
            pool.split_mut([out], ROWS * width.max(1), |range, [out]| {
                let first = range.start / width.max(1);
                let pointers = &sparse.pointers[first..first + out.len() / width.max(1) + 1];
                $run(SparseRows { pointers, ..sparse }, dense, width, out);
            });
        }

        dispatch! {
            fn $run(sparse: SparseRows<'_, $t>, dense: &[$t], width: usize, out: &mut [$t]) = $rows
        }

        #[inline(always)]
        fn $rows<const FUSED: bool>(sparse: SparseRows<'_, $t>, dense: &[$t], width: usize, out: &mut [$t]) {
            for (row, out) in sparse.pointers.windows(2).zip(out.chunks_exact_mut(width.max(1))) {
                let (indices, values) = (&sparse.indices[row[0]..row[1]], &sparse.values[row[0]..row[1]]);
                let mut at = 0;
                while at < width {
                    let (row, at_once) = ((indices, values), (width - at) / $lanes);
                    at += $lanes
                        * match at_once {
                            $most.. => $strip::<FUSED, $most>(row, dense, width, at, out),
                            4.. => $strip::<FUSED, 4>(row, dense, width, at, out),
                            3 => $strip::<FUSED, 3>(row, dense, width, at, out),
                            2 => $strip::<FUSED, 2>(row, dense, width, at, out),
                            _ => $strip::<FUSED, 1>(row, dense, width, at, out),
                        };
                }
            }
        }

        #[inline(always)]
        fn $strip<const FUSED: bool, const W: usize>(
            (indices, values): (&[u32], &[$t]),
            dense: &[$t],
            width: usize,
            at: usize,
            out: &mut [$t],
        ) -> usize {
            let mut sums = [[<$t as Real>::ZERO; $lanes]; W];
            for (&column, &value) in indices.iter().zip(values) {
                let begin = column as usize * width + at;
                let (lanes, _) = dense[begin..begin + W * $lanes].as_chunks::<$lanes>();
                for (sums, lanes) in sums.iter_mut().zip(lanes) {
                    for (sum, &lane) in sums.iter_mut().zip(lanes) {
                        *sum = value.fma::<FUSED>(lane, *sum);
                    }
                }
            }
            for (out, sums) in out[at..].chunks_exact_mut($lanes).zip(&sums) {
                out.copy_from_slice(sums);
            }
            W
        }
    };
}

kernel!(sparse_times_f32, run_f32, rows_f32, strip_f32, f32, LANES_F32 = 16, 7);
kernel!(sparse_times_f64, run_f64, rows_f64, strip_f64, f64, LANES_F64 = 8, 8);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;
    use crate::path::tests::on_every_path;

    #[test]
    fn the_product_is_that_of_the_definition_on_odd_shapes() {
        for (rows, cols, width) in
            [(0, 3, 16), (1, 1, 16), (5, 7, 48), (300, 40, 112), (700, 90, 160), (3, 3, 0)]
        {
            let mut rng = Rng::new(rows as u64);
            let (mut pointers, mut indices, mut values) = (vec![0usize], Vec::new(), Vec::new());
            for _ in 0..rows {
                for column in 0..cols as u32 {
                    if rng.below(4) == 0 {
                        indices.push(column);
                        values.push(rng.normal());
                    }
                }
                pointers.push(indices.len());
            }
            let dense: Vec<f64> = (0..cols * width).map(|_| rng.normal()).collect();
            let mut want = vec![0.0; rows * width];
            for row in 0..rows {
                for at in pointers[row]..pointers[row + 1] {
                    for j in 0..width {
                        want[row * width + j] += values[at] * dense[indices[at] as usize * width + j];
                    }
                }
            }
            let few: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            let small: Vec<f32> = dense.iter().map(|v| *v as f32).collect();
            let product = |threads| {
                let pool = Pool::new(threads);
                let (mut wide, mut narrow) = (vec![0f64; rows * width], vec![0f32; rows * width]);
                let sparse = SparseRows { pointers: &pointers, indices: &indices, values: &values };
                sparse_times_f64(sparse, &dense, width, &mut wide, &pool);
                let sparse = SparseRows { pointers: &pointers, indices: &indices, values: &few };
                sparse_times_f32(sparse, &small, width, &mut narrow, &pool);
                (wide, narrow)
            };
            for (path, (wide, narrow)) in on_every_path(|| product(1)) {
                assert!(wide.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-12), "{path:?}");
                assert!(narrow.iter().zip(&want).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-4), "{path:?}");
            }
            assert!((2..5).all(|threads| product(threads) == product(1)));
        }
    }

    #[test]
    #[should_panic(expected = "no multiple of 16")]
    fn a_width_that_is_no_multiple_of_the_lanes_is_refused() {
        let sparse = SparseRows { pointers: &[0, 0], indices: &[], values: &[] };
        sparse_times_f32(sparse, &[], 3, &mut [0.0; 3], &Pool::new(1));
    }
}
