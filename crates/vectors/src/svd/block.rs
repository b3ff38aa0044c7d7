//! Tall blocks of columns, and the products that the iterations are made of.

use std::borrow::Cow;

use gyeol_tensor::{MatRef, Pool, Real, Rng, SparseRows, Write, matmul, sparse_times_f32, sparse_times_f64};

use super::small::eigen;
use crate::matrix::{Csr, Dense};

/// Rows of a block that one task works on.
const ROWS: usize = 2048;
/// Columns are padded with zeros to a multiple of this.
const LANES: usize = 16;

/// (rows, width) numbers, row-major; columns past those in use are zero.
#[derive(Debug, Clone)]
pub(super) struct Block<T> {
    pub rows: usize,
    pub width: usize,
    pub data: Vec<T>,
}

/// A matrix and its transpose, with numbers of either precision; those of single precision are scaled.
pub(super) struct Pair<'a> {
    pub matrix: Cow<'a, Csr>,
    transposed: Cow<'a, Csr>,
    few: Vec<f32>,
    few_transposed: Vec<f32>,
}

fn view<'a, T>(csr: &'a Csr, values: &'a [T]) -> SparseRows<'a, T> {
    SparseRows { pointers: csr.pointers(), indices: csr.indices(), values }
}

impl<'a> Pair<'a> {
    /// The matrix, or its transpose where it has more rows than columns; `largest` is its largest number.
    pub fn new(given: &'a Csr, largest: f64, pool: &Pool) -> Self {
        let (given, transposed) = (Cow::Borrowed(given), Cow::Owned(given.transposed(pool)));
        let (matrix, transposed) =
            if given.rows() > given.cols() { (transposed, given) } else { (given, transposed) };
        // The largest becomes 1, so that none leaves the range of single precision; directions stay as they are.
        let narrow = |csr: &Csr| {
            let mut few = vec![0f32; csr.nonzeros()];
            pool.split_mut([&mut few], 1 << 16, |range, [few]| {
                few.iter_mut().zip(&csr.data()[range]).for_each(|(f, v)| *f = (v / largest) as f32);
            });
            few
        };
        let (few, few_transposed) = (narrow(&matrix), narrow(&transposed));
        Pair { matrix, transposed, few, few_transposed }
    }

    /// A times a block, in double precision.
    pub fn left_f64(&self, block: &Block<f64>, pool: &Pool) -> Block<f64> {
        let mut out = Block::zeros(self.matrix.rows(), block.width);
        sparse_times_f64(
            view(&self.matrix, self.matrix.data()),
            &block.data,
            block.width,
            &mut out.data,
            pool,
        );
        out
    }

    /// Aᵀ times a block, in double precision.
    pub fn right_f64(&self, block: &Block<f64>, pool: &Pool) -> Block<f64> {
        let mut out = Block::zeros(self.matrix.cols(), block.width);
        let sparse = view(&self.transposed, self.transposed.data());
        sparse_times_f64(sparse, &block.data, block.width, &mut out.data, pool);
        out
    }

    /// A times a block, in single precision.
    pub fn left_f32(&self, block: &Block<f32>, out: &mut Block<f32>, pool: &Pool) {
        sparse_times_f32(view(&self.matrix, &self.few), &block.data, block.width, &mut out.data, pool);
    }

    /// Aᵀ times a block, in single precision.
    pub fn right_f32(&self, block: &Block<f32>, out: &mut Block<f32>, pool: &Pool) {
        sparse_times_f32(
            view(&self.transposed, &self.few_transposed),
            &block.data,
            block.width,
            &mut out.data,
            pool,
        );
    }
}

impl<T: Real> Block<T> {
    pub fn zeros(rows: usize, width: usize) -> Self {
        let width = width.next_multiple_of(LANES);
        Block { rows, width, data: vec![T::ZERO; rows * width] }
    }

    /// Uniform numbers of -1 to 1 in the first `columns` columns, which serve as well as normal ones (Martinsson and Tropp
    /// 2020, 9.2) and cost less; each run of rows has a stream of its own.
    pub fn random(rows: usize, columns: usize, seed: u64, pool: &Pool) -> Self {
        let mut out = Block::zeros(rows, columns);
        let width = out.width;
        pool.split_mut([&mut out.data], ROWS * width, |range, [data]| {
            let mut rng = Rng::stream(seed, (range.start / (ROWS * width)) as u64);
            for row in data.chunks_exact_mut(width) {
                row[..columns].iter_mut().for_each(|v| *v = T::from_f64(2.0 * rng.uniform() - 1.0));
            }
        });
        out
    }

    /// Xᵀ Y (width, width of Y): partial sums over runs of rows, added in order in double precision.
    pub fn cross(&self, other: &Block<T>, pool: &Pool) -> Dense {
        cross(&self.data, self.width, self.width, &other.data, other.width, self.rows, pool)
    }

    /// X W, with W (width or fewer, k); the result is a plain matrix.
    pub fn times(&self, w: &Dense, pool: &Pool) -> Dense {
        let w_t: Vec<T> = w.data().iter().map(|&v| T::from_f64(v)).collect();
        let k = w.cols();
        let mut out = vec![T::ZERO; self.rows * k];
        pool.split_mut([&mut out], ROWS * k.max(1), |range, [out]| {
            let first = range.start / k;
            let rows = out.len() / k;
            let x = MatRef::strided(&self.data[first * self.width..], rows, w.rows(), self.width);
            matmul(x, MatRef::new(&w_t, w.rows(), k), out, k, Write::Set);
        });
        Dense::trusted(self.rows, k, out.into_iter().map(Real::to_f64).collect())
    }

    /// Makes the columns orthonormal by the eigenvectors of their scaled Gram matrix (SVQB: Stathopoulos and Wu 2002);
    /// directions that rounding cannot tell from the others become zero, and stand last. One call leaves an error of the square
    /// of the condition times the rounding; a second one takes it away.
    pub fn orthonormalize(&mut self, pool: &Pool) -> Gram {
        let gram = Gram::of(self, pool);
        self.turn(&gram.w, pool);
        gram
    }

    /// The same to the last digits: twice, where once is not enough.
    pub fn orthonormalize_well(&mut self, pool: &Pool) {
        if !self.orthonormalize(pool).is_good() {
            self.orthonormalize(pool);
        }
    }

    /// X W in the place of X, with W (width, width).
    fn turn(&mut self, w: &Dense, pool: &Pool) {
        let w: Vec<T> = w.data().iter().map(|&v| T::from_f64(v)).collect();
        let width = self.width;
        pool.split_mut([&mut self.data], ROWS * width, |_, [data]| {
            let old = data.to_vec();
            let x = MatRef::new(&old, data.len() / width, width);
            matmul(x, MatRef::new(&w, width, width), data, width, Write::Set);
        });
    }
}

impl Block<f32> {
    /// This block less `by` times the other.
    pub fn subtract(&mut self, by: f32, other: &Block<f32>, pool: &Pool) {
        if by > 0.0 {
            pool.split_mut([&mut self.data], ROWS * self.width, |range, [data]| {
                data.iter_mut().zip(&other.data[range]).for_each(|(v, o)| *v -= by * o);
            });
        }
    }

    pub fn widen(self) -> Block<f64> {
        Block { rows: self.rows, width: self.width, data: self.data.into_iter().map(f64::from).collect() }
    }
}

/// Xᵀ Y of the first `columns` columns of X (rows, stride) and all of Y (rows, y_width).
pub(super) fn cross<T: Real>(
    x: &[T],
    stride: usize,
    columns: usize,
    y: &[T],
    y_width: usize,
    rows: usize,
    pool: &Pool,
) -> Dense {
    let size = columns * y_width;
    let mut parts: Vec<Vec<T>> = vec![Vec::new(); rows.div_ceil(ROWS)];
    let mut sum = vec![0.0; size];
    // A few parts at a time, so that memory goes by the width and not by the rows.
    const AT_ONCE: usize = 32;
    for (wave, parts) in parts.chunks_mut(AT_ONCE).enumerate() {
        pool.each_mut(parts, |_, i, part| {
            let first = (wave * AT_ONCE + i) * ROWS;
            let count = ROWS.min(rows - first);
            let a = MatRef::strided(&x[first * stride..], count, columns, stride);
            let b = MatRef::strided(&y[first * y_width..], count, y_width, y_width);
            *part = vec![T::ZERO; size];
            matmul(a.t(), b, part, y_width, Write::Set);
        });
        for part in parts {
            sum.iter_mut().zip(part.iter()).for_each(|(s, p)| *s += p.to_f64());
            *part = Vec::new();
        }
    }
    Dense::trusted(columns, y_width, sum)
}

/// The Gram matrix G = Xᵀ X of a block, and what makes the block orthonormal.
pub(super) struct Gram {
    /// G.
    pub gram: Dense,
    /// W with Wᵀ G W = 1, by falling eigenvalues; columns of eigenvalues lost in rounding are zero.
    pub w: Dense,
    /// The square of the condition of the block with columns of length 1; infinite where a direction was lost.
    condition: f64,
}

/// A squared condition up to which one step of SVQB in double precision leaves an error of 1e-12 or so.
const GOOD: f64 = 1e4;

impl Gram {
    pub fn of<T: Real>(block: &Block<T>, pool: &Pool) -> Self {
        let gram = block.cross(block, pool);
        let n = gram.rows();
        let length: Vec<f64> = (0..n).map(|i| gram.at(i, i).max(0.0).sqrt()).collect();
        let scale: Vec<f64> = length.iter().map(|&l| if l > 0.0 { 1.0 / l } else { 0.0 }).collect();
        let mut scaled = gram.clone();
        for i in 0..n {
            for j in 0..n {
                scaled.row_mut(i)[j] *= scale[i] * scale[j];
            }
        }
        let (values, vectors) = eigen(&scaled);
        let single = T::from_f64(1.0 + 1e-12) == T::ONE;
        let rounding = if single { 1e-7 } else { 1e-15 };
        let first = values.first().copied().unwrap_or_default();
        let lost = first * n as f64 * rounding;
        let mut w = vectors;
        for i in 0..n {
            for (j, v) in w.row_mut(i).iter_mut().enumerate() {
                *v = if values[j] > lost { *v * scale[i] / values[j].sqrt() } else { 0.0 };
            }
        }
        // Columns of the padding are zero and have no part in the condition.
        let used = length.iter().filter(|l| **l > 0.0).count();
        let last = used.checked_sub(1).map_or(0.0, |i| values[i]);
        let condition = if last > lost { first / last } else { f64::INFINITY };
        Gram { gram, w, condition }
    }

    /// The smallest singular value of the block, less what rounding in single precision may have added; columns of
    /// zeros do not count.
    pub fn least(&self) -> f64 {
        let used = (0..self.gram.rows()).filter(|&i| self.gram.at(i, i) > 0.0).count();
        let (values, _) = eigen(&self.gram);
        match used.checked_sub(1) {
            Some(last) => (values[last] - values[0] * 1e-6).max(0.0).sqrt(),
            None => 0.0,
        }
    }

    /// Whether X W is orthonormal to nearly all digits in double precision.
    pub fn is_good(&self) -> bool {
        self.condition <= GOOD
    }
}
