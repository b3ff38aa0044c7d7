//! Which tiles a product is cut into on each path, and in which order they are walked.
//!
//! Many rows: one vector group of columns at a time, all rows under it in tiles of even height. One to three
//! rows: a tile of one column group would wait for the latency of its multiply-adds (four cycles each, two to six
//! sums in flight), so several groups of columns go side by side.

use super::tile::{Columns, accumulate, finish};
use super::{MatRef, PANEL, Walk, Write};
use crate::path::{KernelPath, kernel_path};
use crate::real::Real;

/// A checked product, as the kernels take it: A holds every element of its strides, C and the bias are long
/// enough, every line of B holds its `n` columns.
#[doc(hidden)]
pub struct Product<'a, T> {
    pub(super) a: MatRef<'a, T>,
    pub(super) b: &'a [T],
    /// From a panel's first number to the next panel's.
    pub(super) panel_step: usize,
    /// From a line of a panel to its next.
    pub(super) ldb: usize,
    pub(super) n: usize,
    pub(super) c: &'a mut [T],
    pub(super) ldc: usize,
    pub(super) write: Write<'a, T>,
    pub(super) walk: Walk,
}

impl<'a, T: Real> Product<'a, T> {
    /// The columns of B from `first` on, `width` of them.
    #[inline(always)]
    fn columns(&self, first: usize, width: usize) -> Columns<'a, T> {
        let offset = first / PANEL * self.panel_step + first % PANEL;
        Columns { data: &self.b[offset.min(self.b.len())..], line: self.ldb, step: self.panel_step, width }
    }

    #[inline(always)]
    fn write(&self, first: usize) -> Write<'a, T> {
        match self.write {
            Write::Bias(bias) => Write::Bias(&bias[first..]),
            other => other,
        }
    }

    /// The `at`-th of `count` steps in the order asked for.
    #[inline(always)]
    fn turn(&self, at: usize, count: usize) -> usize {
        match self.walk {
            Walk::Forward => at,
            Walk::Backward => count - 1 - at,
        }
    }
}

/// Lines of B under a tile at a time. Longer sums go in blocks that are added in order, spread evenly: a panel of
/// 1024 lines still shares the second cache with its rows of A.
const DEPTH: usize = 1024;

/// Runs a checked product on a path.
pub(super) fn multiply<T: Real>(path: KernelPath, p: Product<'_, T>) {
    let k = p.a.cols;
    let blocks = k.div_ceil(DEPTH).max(1);
    for block in 0..blocks {
        let (from, to) = (k * block / blocks, k * (block + 1) / blocks);
        let a = MatRef { data: &p.a.data[(from * p.a.col).min(p.a.data.len())..], cols: to - from, ..p.a };
        let b = &p.b[(from * p.ldb).min(p.b.len())..];
        let write = if block == 0 { p.write } else { Write::Add };
        T::product(path, Product { a, b, c: &mut *p.c, write, ..p });
    }
}

/// `W` columns and at most `ROWS` rows at a time, with narrower tiles of `H` and `Q` columns (a half and a
/// quarter; or `Q = H` where a quarter gains nothing) at the end; for one, two and three rows `P1` groups of `W1` columns side by side, and so on.
#[inline(always)]
fn run<
    T: Real,
    const FUSED: bool,
    const ROWS: usize,
    const W: usize,
    const H: usize,
    const Q: usize,
    const W1: usize,
    const P1: usize,
    const W2: usize,
    const P2: usize,
    const W3: usize,
    const P3: usize,
>(
    mut p: Product<'_, T>,
) {
    if p.n == 0 {
        return;
    }
    match p.a.rows {
        0 => {}
        1 => few::<T, FUSED, 1, W1, P1>(&mut p),
        2 => few::<T, FUSED, 2, W2, P2>(&mut p),
        3 => few::<T, FUSED, 3, W3, P3>(&mut p),
        // Tiles of 4 and 3 rows; the 3 are faster side by side.
        7 if ROWS == 6 => {
            let Product { a, b, panel_step, ldb, n, ref mut c, ldc, write, walk } = p;
            let (upper, lower) = c.split_at_mut(4 * ldc);
            let [four, three] = [a.rows_from(0, 4), a.rows_from(4, 3)];
            let mut upper = Product { a: four, b, panel_step, ldb, n, c: upper, ldc, write, walk };
            let mut lower = Product { a: three, b, panel_step, ldb, n, c: lower, ldc, write, walk };
            many::<T, FUSED, ROWS, W, H, Q>(&mut upper);
            few::<T, FUSED, 3, W3, P3>(&mut lower);
        }
        _ => many::<T, FUSED, ROWS, W, H, Q>(&mut p),
    }
}

/// All `R` rows at once, up to `MOST` groups of `W` columns side by side, groups spread evenly.
#[inline(always)]
fn few<T: Real, const FUSED: bool, const R: usize, const W: usize, const MOST: usize>(
    p: &mut Product<'_, T>,
) {
    const { assert!(MOST <= 4 && (MOST == 1 || W == PANEL), "groups side by side are panels") }
    let groups = p.n.div_ceil(W);
    let turns = groups.div_ceil(MOST);
    for turn in 0..turns {
        let turn = p.turn(turn, turns);
        let (from, to) = (groups * turn / turns, groups * (turn + 1) / turns);
        let (first, width) = (from * W, (to * W).min(p.n) - from * W);
        macro_rules! groups {
            ($($g:literal)*) => {
                $(if const { $g <= MOST } && to - from == $g {
                    block::<T, FUSED, R, $g, W>(p, 0, first, width);
                })*
            };
        }
        groups!(1 2 3 4);
    }
}

#[inline(always)]
fn many<T: Real, const FUSED: bool, const ROWS: usize, const W: usize, const H: usize, const Q: usize>(
    p: &mut Product<'_, T>,
) {
    let turns = p.n.div_ceil(W);
    for turn in 0..turns {
        let first = p.turn(turn, turns) * W;
        let width = W.min(p.n - first);
        // Two narrow tiles of few rows take as long as a wide one: they wait for their sums.
        if width > W - Q || (width > H && p.a.rows < ROWS / 2) {
            stack::<T, FUSED, ROWS, W>(p, first, width);
            continue;
        }
        let (first, width) = if width > H {
            stack::<T, FUSED, ROWS, H>(p, first, H);
            (first + H, width - H)
        } else {
            (first, width)
        };
        if width > Q {
            stack::<T, FUSED, ROWS, H>(p, first, width);
        } else {
            stack::<T, FUSED, ROWS, Q>(p, first, width);
        }
    }
}

/// All rows under `width <= W` columns, spread evenly over the tiles: 16 rows are two tiles of 8, not 12 and 4.
#[inline(always)]
fn stack<T: Real, const FUSED: bool, const ROWS: usize, const W: usize>(
    p: &mut Product<'_, T>,
    first: usize,
    width: usize,
) {
    const { assert!(ROWS <= 12) }
    let m = p.a.rows;
    let tiles = m.div_ceil(ROWS);
    let mut row = 0;
    for tile in 0..tiles {
        let next = m * (tile + 1) / tiles;
        // The constant condition keeps tiles that the path does not have from being compiled.
        macro_rules! rows {
            ($($r:literal)*) => {
                $(if const { $r <= ROWS } && next - row == $r {
                    block::<T, FUSED, $r, 1, W>(p, row, first, width);
                })*
            };
        }
        rows!(1 2 3 4 5 6 7 8 9 10 11 12);
        row = next;
    }
}

/// One tile: rows `row..row + R`, columns `first..first + width` (`width <= P * W`).
#[inline(always)]
fn block<T: Real, const FUSED: bool, const R: usize, const P: usize, const W: usize>(
    p: &mut Product<'_, T>,
    row: usize,
    first: usize,
    width: usize,
) {
    let k = p.a.cols;
    let b = p.columns(first, width);
    let whole = b.whole_lines::<P, W>(k);
    let a = &p.a.data[(row * p.a.row).min(p.a.data.len())..];
    // SAFETY: a product is checked, so A holds (row + R - 1, k - 1) and all before it; `whole` is that of `b`.
    let acc = unsafe { accumulate::<T, R, P, W, FUSED>(k, whole, a, p.a.row, p.a.col, b) };
    let write = p.write(first);
    finish::<T, R, P, W>(&acc, &mut p.c[row * p.ldc + first..], p.ldc, width, write);
}

/// The tiles of each path.
macro_rules! dispatch_product {
    ($name:ident, $t:ty, wide [$($w:literal)*], half [$($h:literal)*], neon [$($n:literal)*], base [$($b:literal)*]) => {
        pub(crate) fn $name(path: KernelPath, p: Product<'_, $t>) {
            assert!(path == kernel_path() || path.available(), "this processor cannot run {}", path.name());
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
                fn avx512(p: Product<'_, $t>) {
                    run::<$t, true, $($w),*>(p)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2(p: Product<'_, $t>) {
                    run::<$t, true, $($h),*>(p)
                }
                match path {
                    // SAFETY: the path is in force or available, so the processor said it has these features.
                    KernelPath::Avx512 => return unsafe { avx512(p) },
                    // SAFETY: as above.
                    KernelPath::Avx2 => return unsafe { avx2(p) },
                    _ => {}
                }
            }
            #[cfg(target_arch = "aarch64")]
            if path == KernelPath::Neon {
                return run::<$t, true, $($n),*>(p);
            }
            run::<$t, false, $($b),*>(p)
        }
    };
}

// Rows, columns (whole, half, quarter); then width and groups for one, two and three rows.
// AVX-512: 12 rows of two vectors are 24 of 32 registers. AVX2: 6 rows of two are 12 of 16; taller or wider
// tiles spill.
dispatch_product!(
    dispatch_f32, f32,
    wide [12 32 16 8  32 2 32 2 32 2],
    half [6 16 8 8  32 2 32 1 32 1],
    neon [6 16 8 8  32 1 32 1 16 1],
    base [4 8 4 4  32 1 16 1 8 1]
);
dispatch_product!(
    dispatch_f64, f64,
    wide [12 16 8 4  32 2 32 1 32 1],
    half [6 8 4 4  32 1 16 1 16 1],
    neon [6 8 4 4  16 1 16 1 8 1],
    base [4 4 2 2  16 1 8 1 4 1]
);
