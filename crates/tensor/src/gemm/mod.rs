//! Matrix products on packed and on plain operands.
//!
//! The right operand is cut into panels of [`PANEL`] columns, stored `[panel][k][PANEL]` with zeros past the
//! last column ([`Packed`]); a register tile of up to 12 rows walks one panel over the whole of k. The left
//! operand is read where it lies, by row and column strides, so a transpose costs nothing. A right operand
//! that is used once needs no packing by the caller ([`matmul`], any operand order).
//!
//! Sums run over k in order in every tile (past 1024 terms in blocks of k, added in order), so a result does not
//! depend on how rows are grouped, on whether an operand was packed, or on the direction in which panels are
//! walked.
//!
//! | file | holds |
//! |---|---|
//! | `packed` | the panels and how they are filled |
//! | `tile` | the register tile |
//! | `walk` | which tiles a product is cut into, per kernel path |
//! | `bf16` | the product of bf16 operands |
//! | `operand` | right operands in either precision |

mod bf16;
mod operand;
mod packed;
mod tile;
mod walk;

#[cfg(test)]
mod tests;

pub use bf16::{Bf16Unavailable, PackedBf16, matmul_bf16, matmul_packed_bf16};
pub use operand::{Operand, Precision, Rounded, matmul_in, product};
pub use packed::{PANEL, Packed, PackedChunk};
pub use walk::Product;
pub(crate) use walk::{dispatch_f32, dispatch_f64};

use crate::path::{KernelPath, kernel_path};
use crate::real::Real;
use packed::fill;
use walk::multiply;

/// A matrix read by strides: element (i, j) is `data[i * row + j * col]`.
#[derive(Debug, Clone, Copy)]
pub struct MatRef<'a, T> {
    /// The numbers.
    pub data: &'a [T],
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Distance between rows.
    pub row: usize,
    /// Distance between columns.
    pub col: usize,
}

impl<'a, T> MatRef<'a, T> {
    /// A row-major matrix whose rows follow each other.
    pub fn new(data: &'a [T], rows: usize, cols: usize) -> Self {
        MatRef::strided(data, rows, cols, cols)
    }

    /// A row-major matrix whose rows begin `row` numbers apart.
    ///
    /// # Panics
    /// If `data` is too short for the shape.
    pub fn strided(data: &'a [T], rows: usize, cols: usize, row: usize) -> Self {
        let matrix = MatRef { data, rows, cols, row, col: 1 };
        matrix.check("a matrix");
        matrix
    }

    /// The transpose, without moving anything.
    pub fn t(self) -> Self {
        MatRef { data: self.data, rows: self.cols, cols: self.rows, row: self.col, col: self.row }
    }

    /// Numbers that the shape and the strides ask for; none where that overflows.
    fn needs(&self) -> Option<usize> {
        if self.rows == 0 || self.cols == 0 {
            return Some(0);
        }
        let (down, across) = ((self.rows - 1).checked_mul(self.row)?, (self.cols - 1).checked_mul(self.col)?);
        down.checked_add(across)?.checked_add(1)
    }

    /// Panics unless every element lies in `data`.
    fn check(&self, name: &str) {
        let MatRef { data, rows, cols, row, col } = self;
        assert!(
            self.needs().is_some_and(|n| n <= data.len()),
            "{name} of shape ({rows}, {cols}) and strides ({row}, {col}) does not fit {} numbers",
            data.len()
        );
    }

    /// Rows `from..from + count`.
    fn rows_from(self, from: usize, count: usize) -> Self {
        let data = &self.data[(from * self.row).min(self.data.len())..];
        MatRef { data, rows: count, ..self }
    }
}

/// What happens to the output.
#[derive(Debug, Clone, Copy)]
pub enum Write<'a, T> {
    /// C = A B.
    Set,
    /// C += A B.
    Add,
    /// Each row of C = bias + A B; the bias is as long as a row of C.
    Bias(&'a [T]),
}

impl<T> Write<'_, T> {
    fn columns_from(self, first: usize) -> Self {
        match self {
            Write::Bias(bias) => Write::Bias(&bias[first..]),
            other => other,
        }
    }
}

/// The direction in which the panels of B are walked. Results are the same bits.
///
/// A recurrent net of batch 1 multiplies by the same weights at every step. Where these are larger than the first
/// cache, alternating the direction finds the panels that were used last still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Walk {
    /// From the first panel to the last.
    #[default]
    Forward,
    /// From the last panel to the first.
    Backward,
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k) times the packed B (k, n).
///
/// # Panics
/// If shapes or lengths disagree.
pub fn matmul_packed<T: Real>(a: MatRef<'_, T>, b: &Packed<T>, c: &mut [T], ldc: usize, write: Write<'_, T>) {
    matmul_packed_walk(a, b, c, ldc, write, Walk::Forward);
}

/// [`matmul_packed`] with the panels of B walked in a given direction.
///
/// # Panics
/// If shapes or lengths disagree.
pub fn matmul_packed_walk<T: Real>(
    a: MatRef<'_, T>,
    b: &Packed<T>,
    c: &mut [T],
    ldc: usize,
    write: Write<'_, T>,
    walk: Walk,
) {
    packed_on(kernel_path(), a, b, c, ldc, write, walk);
}

fn packed_on<T: Real>(
    path: KernelPath,
    a: MatRef<'_, T>,
    b: &Packed<T>,
    c: &mut [T],
    ldc: usize,
    write: Write<'_, T>,
    walk: Walk,
) {
    assert_eq!(a.cols, b.k(), "A is ({}, {}), packed B is ({}, {})", a.rows, a.cols, b.k(), b.n());
    check(&a, b.n(), c, ldc, &write);
    let panel_step = b.k() * PANEL;
    multiply(path, Product { a, b: b.panels(), panel_step, ldb: PANEL, n: b.n(), c, ldc, write, walk });
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k) times B (k, n), both by any strides, so that A B, A B',
/// A' B and A' B' are all this call.
///
/// A row-major B under few rows is read where it lies; otherwise B is packed a few panels at a time into a
/// scratch of this thread, which is kept for the next call. What is multiplied more than once is better packed
/// once ([`Packed`]).
///
/// # Panics
/// If shapes or lengths disagree.
pub fn matmul<T: Real>(a: MatRef<'_, T>, b: MatRef<'_, T>, c: &mut [T], ldc: usize, write: Write<'_, T>) {
    plain_on(kernel_path(), a, b, c, ldc, write);
}

/// From this many rows on packing pays even where the operands could be read as they lie. It costs about what five
/// rows do; flat tiles come back to the operands more often than those of AVX-512 and gain more by it.
fn rows_to_pack(path: KernelPath) -> usize {
    if path == KernelPath::Avx512 { 128 } else { 48 }
}

/// Numbers of B packed at a time (256 KiB in `f32`: a quarter of a usual second cache).
const BLOCK: usize = 1 << 16;
/// Numbers of A packed at a time.
const LEFT_BLOCK: usize = 1 << 18;

fn plain_on<T: Real>(
    path: KernelPath,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: &mut [T],
    ldc: usize,
    write: Write<'_, T>,
) {
    assert_eq!(a.cols, b.rows, "A is ({}, {}), B is ({}, {})", a.rows, a.cols, b.rows, b.cols);
    b.check("B");
    check(&a, b.cols, c, ldc, &write);
    let (m, k, n) = (a.rows, a.cols, b.cols);
    let walk = Walk::Forward;
    let rows_to_pack = rows_to_pack(path);
    if (b.col == 1 && m < rows_to_pack) || m == 0 || k == 0 || n == 0 {
        multiply(path, Product { a, b: b.data, panel_step: PANEL, ldb: b.row, n, c, ldc, write, walk });
        return;
    }
    // Columns of A far apart fall on few sets of the cache and on as many pages as k is long: rows are then
    // gathered in strips of PANEL, which are the panels of A'. Tiles of twelve rows (AVX-512) come back to a line
    // of A so seldom that they gain nothing by it.
    let gather = path != KernelPath::Avx512 && a.col != 1 && m >= rows_to_pack && n >= PANEL;
    let strips = if gather { (LEFT_BLOCK / (k * PANEL)).clamp(1, m.div_ceil(PANEL)) } else { 0 };
    let panels = (BLOCK / (k * PANEL)).clamp(1, 8).min(n.div_ceil(PANEL));
    let mut scratch = T::scratch().take();
    scratch.reserve_zeros((strips + panels) * k * PANEL);
    let (left, right) = scratch.split_at_mut(strips * k * PANEL);
    let block_rows = if gather { strips * PANEL } else { m };
    for row in (0..m).step_by(block_rows) {
        let rows = block_rows.min(m - row);
        let a = a.rows_from(row, rows);
        if gather {
            fill(a.t(), 0, &mut left[..rows.div_ceil(PANEL) * k * PANEL]);
        }
        for first in (0..n).step_by(panels * PANEL) {
            let width = (panels * PANEL).min(n - first);
            let right = &mut right[..width.div_ceil(PANEL) * k * PANEL];
            fill(b, first, right);
            let (right, write) = (&*right, write.columns_from(first));
            let mut strip_times = |a: MatRef<'_, T>, down: usize| {
                let c = &mut c[(row + down) * ldc + first..];
                let panel_step = k * PANEL;
                multiply(
                    path,
                    Product { a, b: right, panel_step, ldb: PANEL, n: width, c, ldc, write, walk },
                );
            };
            if gather {
                for (strip, data) in left.chunks_exact(k * PANEL).take(rows.div_ceil(PANEL)).enumerate() {
                    let rows = PANEL.min(rows - strip * PANEL);
                    strip_times(MatRef { data, rows, cols: k, row: 1, col: PANEL }, strip * PANEL);
                }
            } else {
                strip_times(a, 0);
            }
        }
    }
    T::scratch().set(scratch);
}

fn check<T>(a: &MatRef<'_, T>, n: usize, c: &[T], ldc: usize, write: &Write<'_, T>) {
    a.check("A");
    let c_as_needed = MatRef { data: c, rows: a.rows, cols: n, row: ldc, col: 1 };
    c_as_needed.check("C");
    assert!(ldc >= n || a.rows < 2, "rows of C ({}, {n}) overlap at stride {ldc}", a.rows);
    if let Write::Bias(bias) = write {
        assert!(bias.len() >= n, "the bias has {} numbers, C is ({}, {n})", bias.len(), a.rows);
    }
}
