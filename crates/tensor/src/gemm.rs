//! Matrix products on packed and on plain operands.
//!
//! The right operand is cut into panels of [`PANEL`] columns, stored `[panel][k][PANEL]` with zeros past the
//! last column ([`Packed`]); a register tile of up to 12 rows walks one panel over the whole of k. The left
//! operand is read where it lies, by row and column strides, so a transpose costs nothing. A right operand
//! that is used once can be read in place too ([`matmul`]).
//!
//! Sums run over k in order in every tile, so a result does not depend on how rows are grouped.

use crate::real::Real;

/// Columns of a panel.
pub const PANEL: usize = 32;

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
        assert!(
            rows == 0 || cols == 0 || data.len() >= (rows - 1) * row + cols,
            "a ({rows}, {cols}) matrix of stride {row} does not fit {} numbers",
            data.len()
        );
        MatRef { data, rows, cols, row, col: 1 }
    }

    /// The transpose, without moving anything.
    pub fn t(self) -> Self {
        MatRef { data: self.data, rows: self.cols, cols: self.rows, row: self.col, col: self.row }
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

/// A right operand (k, n) packed into panels.
#[derive(Debug, Clone)]
pub struct Packed<T: Real> {
    k: usize,
    n: usize,
    data: crate::Buffer<T>,
}

impl<T: Real> Packed<T> {
    /// Room for a (k, n) operand.
    pub fn zeros(k: usize, n: usize) -> Self {
        Packed { k, n, data: crate::Buffer::zeros(n.div_ceil(PANEL) * k * PANEL) }
    }

    /// Packs a matrix (or, through [`MatRef::t`], its transpose).
    pub fn pack(b: MatRef<'_, T>) -> Self {
        let mut packed = Packed::zeros(b.rows, b.cols);
        packed.repack(b);
        packed
    }

    /// Packs another matrix of the same shape into the same room.
    ///
    /// # Panics
    /// If the shape differs.
    pub fn repack(&mut self, b: MatRef<'_, T>) {
        assert_eq!((self.k, self.n), (b.rows, b.cols), "a packed operand keeps its shape");
        let (k, n) = (self.k, self.n);
        for (panel, out) in self.data.chunks_exact_mut((k * PANEL).max(1)).enumerate() {
            let first = panel * PANEL;
            let width = PANEL.min(n.saturating_sub(first));
            if b.col == 1 {
                for (i, line) in out.chunks_exact_mut(PANEL).enumerate() {
                    let at = i * b.row + first;
                    line[..width].copy_from_slice(&b.data[at..at + width]);
                }
            } else {
                // A transpose: walk the source along its contiguous side, which is k here.
                for j in 0..width {
                    let column = &b.data[(first + j) * b.col..];
                    for i in 0..k {
                        out[i * PANEL + j] = column[i * b.row];
                    }
                }
            }
        }
    }

    /// Rows of the operand.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Columns of the operand.
    pub fn n(&self) -> usize {
        self.n
    }
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k) times the packed B (k, n).
///
/// # Panics
/// If shapes or lengths disagree.
pub fn matmul_packed<T: Real>(a: MatRef<'_, T>, b: &Packed<T>, c: &mut [T], ldc: usize, write: Write<'_, T>) {
    assert_eq!(a.cols, b.k, "A is ({}, {}), packed B is ({}, {})", a.rows, a.cols, b.k, b.n);
    check(&a, b.n, c, ldc, &write);
    T::product(Product {
        a,
        b: &b.data,
        panel_step: b.k * PANEL,
        ldb: PANEL,
        padded: true,
        n: b.n,
        c,
        ldc,
        write,
    });
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k) times a row-major B (k, n) read where it lies.
///
/// # Panics
/// If shapes or lengths disagree, or B's columns are not contiguous.
pub fn matmul<T: Real>(a: MatRef<'_, T>, b: MatRef<'_, T>, c: &mut [T], ldc: usize, write: Write<'_, T>) {
    assert_eq!(a.cols, b.rows, "A is ({}, {}), B is ({}, {})", a.rows, a.cols, b.rows, b.cols);
    assert_eq!(b.col, 1, "B must be row-major here; pack its transpose instead");
    check(&a, b.cols, c, ldc, &write);
    T::product(Product {
        a,
        b: b.data,
        panel_step: PANEL,
        ldb: b.row,
        padded: false,
        n: b.cols,
        c,
        ldc,
        write,
    });
}

fn check<T>(a: &MatRef<'_, T>, n: usize, c: &[T], ldc: usize, write: &Write<'_, T>) {
    if a.rows > 0 && a.cols > 0 {
        assert!(
            a.data.len() > (a.rows - 1) * a.row + (a.cols - 1) * a.col,
            "A is shorter than its shape ({}, {})",
            a.rows,
            a.cols
        );
    }
    if a.rows > 0 && n > 0 {
        assert!(
            ldc >= n && c.len() >= (a.rows - 1) * ldc + n,
            "C is shorter than its shape ({}, {n})",
            a.rows
        );
    }
    if let Write::Bias(bias) = write {
        assert!(bias.len() >= n, "the bias has {} numbers, C has {n} columns", bias.len());
    }
}

/// A checked product, as the kernels take it.
#[doc(hidden)]
pub struct Product<'a, T> {
    a: MatRef<'a, T>,
    b: &'a [T],
    panel_step: usize,
    ldb: usize,
    padded: bool,
    n: usize,
    c: &'a mut [T],
    ldc: usize,
    write: Write<'a, T>,
}

/// Walks panels and row tiles. `WIDTH` columns are computed at a time (a divisor of [`PANEL`]), at most
/// `ROWS` rows.
#[inline(always)]
fn run<T: Real, const WIDTH: usize, const ROWS: usize, const FUSED: bool>(p: Product<'_, T>) {
    let (m, k, n) = (p.a.rows, p.a.cols, p.n);
    if m == 0 || n == 0 {
        return;
    }
    // Rows are spread evenly over the tiles: 16 rows are two tiles of 8, not 12 and 4.
    let tiles = m.div_ceil(ROWS);
    let mut edge = [T::ZERO; PANEL];
    for first in (0..n).step_by(WIDTH) {
        let width = WIDTH.min(n - first);
        let offset = first / PANEL * p.panel_step + first % PANEL;
        let b = &p.b[offset.min(p.b.len())..];
        if !p.padded && width < WIDTH {
            // Reading a full vector past the last column would leave the operand: take these columns alone.
            narrow::<T, FUSED>(&p.a, b, p.ldb, k, width, &mut p.c[first..], p.ldc, &p.write, first);
            continue;
        }
        if let Write::Bias(bias) = p.write {
            edge[..width].copy_from_slice(&bias[first..first + width]);
        }
        assert!(k == 0 || b.len() >= (k - 1) * p.ldb + WIDTH);
        let mut row = 0;
        for tile in 0..tiles {
            let next = m * (tile + 1) / tiles;
            let a = &p.a.data[(row * p.a.row).min(p.a.data.len())..];
            let c = &mut p.c[row * p.ldc + first..];
            let add = matches!(p.write, Write::Add);
            macro_rules! rows {
                ($($r:literal)*) => {
                    match next - row {
                        $($r if $r <= ROWS => {
                            // SAFETY: `check` proved that A holds every (row, k) of its strides, the assertion
                            // above that each of the k rows of B has WIDTH numbers from `b` on.
                            let mut acc = unsafe {
                                accumulate::<T, $r, WIDTH, FUSED>(k, a, p.a.row, p.a.col, b, p.ldb)
                            };
                            finish::<T, $r, WIDTH>(&mut acc, c, p.ldc, width, add, &edge);
                        })*
                        _ => {}
                    }
                };
            }
            rows!(1 2 3 4 5 6 7 8 9 10 11 12);
            row = next;
        }
    }
}

/// The register tile: `acc[i][j] = sum over k of a(i, k) * b(k, j)`.
///
/// # Safety
/// `a` holds `(R - 1) * row + (k - 1) * col + 1` numbers and `b` holds `(k - 1) * ldb + W`.
#[inline(always)]
unsafe fn accumulate<T: Real, const R: usize, const W: usize, const FUSED: bool>(
    k: usize,
    a: &[T],
    row: usize,
    col: usize,
    b: &[T],
    ldb: usize,
) -> [[T; W]; R] {
    let mut acc = [[T::ZERO; W]; R];
    let a = a.as_ptr();
    let b = b.as_ptr();
    for kk in 0..k {
        // SAFETY: kk < k, so the W numbers at kk * ldb lie in `b`.
        let line: [T; W] = unsafe { b.add(kk * ldb).cast::<[T; W]>().read_unaligned() };
        for i in 0..R {
            // SAFETY: i < R and kk < k, so the offset lies in `a`. A bounds check here would cost a third.
            let x = unsafe { *a.add(i * row + kk * col) };
            for j in 0..W {
                acc[i][j] = x.fma::<FUSED>(line[j], acc[i][j]);
            }
        }
    }
    acc
}

#[inline(always)]
fn finish<T: Real, const R: usize, const W: usize>(
    acc: &mut [[T; W]; R],
    c: &mut [T],
    ldc: usize,
    width: usize,
    add: bool,
    bias: &[T; PANEL],
) {
    for i in 0..R {
        let line = &mut c[i * ldc..i * ldc + width];
        if width == W {
            if add {
                for j in 0..W {
                    line[j] += acc[i][j];
                }
            } else {
                for j in 0..W {
                    line[j] = acc[i][j] + bias[j];
                }
            }
        } else {
            for (j, v) in line.iter_mut().enumerate() {
                *v = if add { *v + acc[i][j] } else { acc[i][j] + bias[j] };
            }
        }
    }
}

/// The last columns of an unpacked operand, fewer than a vector: the same sums in the same order.
#[inline(always)]
fn narrow<T: Real, const FUSED: bool>(
    a: &MatRef<'_, T>,
    b: &[T],
    ldb: usize,
    k: usize,
    width: usize,
    c: &mut [T],
    ldc: usize,
    write: &Write<'_, T>,
    first: usize,
) {
    for i in 0..a.rows {
        let mut acc = [T::ZERO; PANEL];
        for kk in 0..k {
            let x = a.data[i * a.row + kk * a.col];
            let line = &b[kk * ldb..kk * ldb + width];
            for (v, &w) in acc.iter_mut().zip(line) {
                *v = x.fma::<FUSED>(w, *v);
            }
        }
        for (j, v) in c[i * ldc..i * ldc + width].iter_mut().enumerate() {
            *v = match write {
                Write::Set => acc[j],
                Write::Add => *v + acc[j],
                Write::Bias(bias) => acc[j] + bias[first + j],
            };
        }
    }
}

/// The tile of each path: columns at a time and most rows.
macro_rules! dispatch_product {
    ($name:ident, $t:ty, wide $w:literal x $wr:literal, half $h:literal x $hr:literal, base $b:literal x $br:literal) => {
        pub(crate) fn $name(p: Product<'_, $t>) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
                fn avx512(p: Product<'_, $t>) {
                    run::<$t, $w, $wr, true>(p)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2(p: Product<'_, $t>) {
                    run::<$t, $h, $hr, true>(p)
                }
                match crate::path::kernel_path() {
                    // SAFETY: `kernel_path` gives Avx512 or Avx2 only after the processor said it has them.
                    crate::path::KernelPath::Avx512 => return unsafe { avx512(p) },
                    // SAFETY: as above.
                    crate::path::KernelPath::Avx2 => return unsafe { avx2(p) },
                    _ => {}
                }
            }
            #[cfg(target_arch = "aarch64")]
            if crate::path::kernel_path() == crate::path::KernelPath::Neon {
                return run::<$t, $h, $hr, true>(p);
            }
            run::<$t, $b, $br, false>(p)
        }
    };
}

// AVX-512: 12 rows of two vectors are 24 of 32 registers. AVX2: 6 rows of two are 12 of 16; taller or wider
// tiles spill.
dispatch_product!(dispatch_f32, f32, wide 32 x 12, half 16 x 6, base 8 x 4);
dispatch_product!(dispatch_f64, f64, wide 16 x 12, half 8 x 6, base 4 x 4);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    fn reference(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Vec<f64> {
        let mut c = vec![0.0; a.rows * b.cols];
        for i in 0..a.rows {
            for j in 0..b.cols {
                for k in 0..a.cols {
                    c[i * b.cols + j] +=
                        a.data[i * a.row + k * a.col] as f64 * b.data[k * b.row + j * b.col] as f64;
                }
            }
        }
        c
    }

    fn random(n: usize, seed: u64) -> Vec<f32> {
        let mut v = vec![0.0; n];
        Rng::new(seed).fill_uniform(&mut v, 1.0);
        v
    }

    #[test]
    fn odd_shapes_in_four_operand_orders_agree_with_plain_loops_in_double() {
        let sizes = [1usize, 2, 7, 13, 31, 33, 65];
        for &m in &sizes {
            for &n in &sizes {
                for &k in &[0usize, 1, 5, 33, 129] {
                    let a = random(m * k, 1);
                    let b = random(k * n, 2);
                    for transpose_a in [false, true] {
                        for transpose_b in [false, true] {
                            let av =
                                if transpose_a { MatRef::new(&a, k, m).t() } else { MatRef::new(&a, m, k) };
                            let bv =
                                if transpose_b { MatRef::new(&b, n, k).t() } else { MatRef::new(&b, k, n) };
                            let want = reference(av, bv);
                            let packed = Packed::pack(bv);
                            let ldc = n + 3;
                            let bias = random(n, 5);
                            for mode in 0..3 {
                                let mut c = random(m * ldc, 9);
                                let before = c.clone();
                                let write = match mode {
                                    0 => Write::Set,
                                    1 => Write::Add,
                                    _ => Write::Bias(&bias),
                                };
                                matmul_packed(av, &packed, &mut c, ldc, write);
                                if !transpose_b {
                                    let mut d = before.clone();
                                    matmul(av, bv, &mut d, ldc, write);
                                    assert_eq!(c, d, "packed and plain give the same bits");
                                }
                                for i in 0..m {
                                    for j in 0..ldc {
                                        let got = c[i * ldc + j] as f64;
                                        let old = before[i * ldc + j];
                                        if j >= n {
                                            assert_eq!(got as f32, old, "nothing past the row is touched");
                                            continue;
                                        }
                                        let w = want[i * n + j] + [0.0, old as f64, bias[j] as f64][mode];
                                        assert!(
                                            (got - w).abs() < 1e-5 * (1.0 + k as f64).sqrt(),
                                            "{m} {n} {k}"
                                        );
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it() {
        let (m, k, n) = (37, 50, 70);
        let a = random(m * k, 3);
        let b = Packed::pack(MatRef::new(&random(k * n, 4), k, n));
        let mut all = vec![0.0; m * n];
        matmul_packed(MatRef::new(&a, m, k), &b, &mut all, n, Write::Set);
        for i in 0..m {
            let mut one = vec![0.0; n];
            matmul_packed(MatRef::new(&a[i * k..], 1, k), &b, &mut one, n, Write::Set);
            assert_eq!(&all[i * n..(i + 1) * n], &one[..]);
        }
    }
}
