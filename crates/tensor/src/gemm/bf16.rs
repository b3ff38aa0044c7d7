//! Products of operands rounded to bf16 (8 exponent bits as in `f32`, 8 bits of precision), summed in `f32`, by
//! `vdpbf16ps`: twice the multiply-adds of `f32` and half the memory of its weights.
//!
//! Each operand is rounded to nearest even, so one product is off by up to 2^-8 of itself (2^-9 for each factor),
//! and a sum of k products of random sign by about sqrt(k) 2^-9 of their size. The instruction adds the two
//! products of a pair of k without the roundings of two fused multiply-adds, takes denormal operands for zero and
//! flushes denormal sums: results are not those of a plain loop over the rounded operands bit for bit, but the
//! same for every grouping of rows.

use super::packed::PANEL;
use super::{MatRef, Write, check};
use crate::Buffer;
use crate::path::bf16_available;

/// The product was asked for where `vdpbf16ps` is missing or a narrower kernel path is forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "bf16 products need a processor with avx512_bf16 and the avx512 kernel path; the path in force is {}",
    crate::path::kernel_path().name()
)]
pub struct Bf16Unavailable;

/// A right operand (k, n) rounded to bf16, in panels `[panel][k / 2][PANEL]` of pairs along k: the even k in the
/// low half, zero past the last.
#[derive(Debug, Clone)]
pub struct PackedBf16 {
    k: usize,
    n: usize,
    data: Buffer<u32>,
}

impl PackedBf16 {
    /// Room for a (k, n) operand.
    pub fn zeros(k: usize, n: usize) -> Self {
        PackedBf16 { k, n, data: Buffer::zeros(n.div_ceil(PANEL) * k.div_ceil(2) * PANEL) }
    }

    /// Rounds and packs a matrix (or, through [`MatRef::t`], its transpose).
    ///
    /// # Panics
    /// If the matrix is shorter than its shape.
    pub fn pack(b: MatRef<'_, f32>) -> Self {
        let mut packed = PackedBf16::zeros(b.rows, b.cols);
        packed.repack(b);
        packed
    }

    /// Rounds and packs another matrix of the same shape into the same room.
    ///
    /// # Panics
    /// If the shape differs or the matrix is shorter than its shape.
    pub fn repack(&mut self, b: MatRef<'_, f32>) {
        assert_eq!((self.k, self.n), (b.rows, b.cols), "a packed operand keeps its shape");
        b.check("B");
        let panel = self.k.div_ceil(2) * PANEL;
        for (at, out) in self.data.chunks_exact_mut(panel.max(1)).enumerate() {
            let first = at * PANEL;
            let width = PANEL.min(self.n - first);
            for (pair, line) in out.chunks_exact_mut(PANEL).enumerate() {
                let low = &b.data[2 * pair * b.row + first * b.col..];
                if 2 * pair + 1 < self.k {
                    let high = &b.data[(2 * pair + 1) * b.row + first * b.col..];
                    for j in 0..width {
                        line[j] = join(low[j * b.col], high[j * b.col]);
                    }
                } else {
                    for j in 0..width {
                        line[j] = join(low[j * b.col], 0.0);
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

/// The bits of the nearest bf16, ties to even; NaN stays NaN.
#[inline(always)]
pub(super) fn round(x: f32) -> u32 {
    let bits = x.to_bits();
    let nearest = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
    if x.is_nan() { (bits >> 16) | 0x40 } else { nearest }
}

#[inline(always)]
fn join(low: f32, high: f32) -> u32 {
    round(low) | round(high) << 16
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k), rounded to bf16 on the way, times the packed B (k, n).
///
/// # Errors
/// Where [`bf16_available`] is false; nothing is written then.
///
/// # Panics
/// If shapes or lengths disagree.
pub fn matmul_packed_bf16(
    a: MatRef<'_, f32>,
    b: &PackedBf16,
    c: &mut [f32],
    ldc: usize,
    write: Write<'_, f32>,
) -> Result<(), Bf16Unavailable> {
    assert_eq!(a.cols, b.k, "A is ({}, {}), packed B is ({}, {})", a.rows, a.cols, b.k, b.n);
    check(&a, b.n, c, ldc, &write);
    if !bf16_available() {
        return Err(Bf16Unavailable);
    }
    #[cfg(target_arch = "x86_64")]
    if a.rows > 0 && b.n > 0 {
        // SAFETY: `bf16_available` says that the processor has every feature the function is compiled for.
        unsafe { kernel::run(a, b, c, ldc, write) }
    }
    Ok(())
}

#[cfg(target_arch = "x86_64")]
mod kernel {
    use std::arch::x86_64::{
        __m512, __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_set1_epi32, _mm512_setzero_ps,
    };
    use std::cell::Cell;

    use super::{MatRef, PANEL, PackedBf16, Write, join};
    use crate::Buffer;
    use crate::gemm::tile::finish;

    /// Numbers of a 512-bit vector.
    const LANES: usize = 16;
    /// Rows of A under a panel at a time: two vectors of sums each, 24 of 32 registers.
    const ROWS: usize = 12;
    /// Panels side by side under one, two and three rows, so that enough sums are in flight.
    const SIDE: [usize; 3] = [4, 2, 2];

    thread_local!(static SCRATCH: Cell<Buffer<u32>> = const { Cell::new(Buffer::EMPTY) });

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
    pub(super) fn run(a: MatRef<'_, f32>, b: &PackedBf16, c: &mut [f32], ldc: usize, write: Write<'_, f32>) {
        let (m, n, pairs) = (a.rows, b.n, b.k.div_ceil(2));
        // Rows of pairs end on a cache line, and never a multiple of 4 KiB apart.
        let stride =
            pairs.next_multiple_of(LANES) + LANES * usize::from(pairs.div_ceil(LANES).is_multiple_of(2));
        let mut scratch = SCRATCH.take();
        scratch.reserve_zeros(m * stride);
        for i in 0..m {
            gather(a, i, &mut scratch[i * stride..i * stride + pairs]);
        }
        let panels = n.div_ceil(PANEL);
        let tiles = m.div_ceil(ROWS);
        let most = if m <= SIDE.len() { SIDE[m - 1] } else { 1 };
        let turns = panels.div_ceil(most);
        for turn in 0..turns {
            let (from, to) = (panels * turn / turns, panels * (turn + 1) / turns);
            let first = from * PANEL;
            let width = (to * PANEL).min(n) - first;
            let right = &b.data[from * pairs * PANEL..to * pairs * PANEL];
            let write = write.columns_from(first);
            for tile in 0..tiles {
                let (row, next) = (m * tile / tiles, m * (tile + 1) / tiles);
                let left = &scratch[row * stride..];
                let c = &mut c[row * ldc + first..];
                macro_rules! tile {
                    ($($rows:literal x $panels:literal is $groups:literal)*) => {
                        match (next - row, to - from) {
                            $(($rows, $panels) => {
                                // SAFETY: `left` holds a stride for each row of the tile, `right` the panels.
                                let acc = unsafe {
                                    accumulate::<$rows, $groups>(pairs, left, stride, right)
                                };
                                finish::<f32, $rows, $groups, LANES>(&acc, c, ldc, width, write);
                            })*
                            (rows, panels) => unreachable!("a tile of {rows} rows and {panels} panels"),
                        }
                    };
                }
                tile!(
                    1 x 1 is 2  1 x 2 is 4  1 x 3 is 6  1 x 4 is 8
                    2 x 1 is 2  2 x 2 is 4  3 x 1 is 2  3 x 2 is 4
                    4 x 1 is 2  5 x 1 is 2  6 x 1 is 2  7 x 1 is 2  8 x 1 is 2
                    9 x 1 is 2  10 x 1 is 2  11 x 1 is 2  12 x 1 is 2
                );
            }
        }
        SCRATCH.set(scratch);
    }

    /// Row `i` of A as rounded pairs.
    #[inline(always)]
    fn gather(a: MatRef<'_, f32>, i: usize, out: &mut [u32]) {
        if a.cols == 0 {
            return;
        }
        let row = &a.data[i * a.row..];
        if a.col == 1 {
            let row = &row[..a.cols];
            let (whole, rest) = row.as_chunks::<2>();
            for (out, pair) in out.iter_mut().zip(whole) {
                *out = join(pair[0], pair[1]);
            }
            if let (Some(out), [last]) = (out.last_mut(), rest) {
                *out = join(*last, 0.0);
            }
        } else {
            for (pair, out) in out.iter_mut().enumerate() {
                let high = if 2 * pair + 1 < a.cols { row[(2 * pair + 1) * a.col] } else { 0.0 };
                *out = join(row[2 * pair * a.col], high);
            }
        }
    }

    /// Sums over all pairs for `R` rows and `G` vectors of columns, two to a panel.
    ///
    /// # Safety
    /// `a` holds `(R - 1) * stride + pairs` numbers, `b` holds `G / 2` panels of `pairs` lines.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
    unsafe fn accumulate<const R: usize, const G: usize>(
        pairs: usize,
        a: &[u32],
        stride: usize,
        b: &[u32],
    ) -> [[[f32; LANES]; G]; R] {
        debug_assert!(a.len() >= (R - 1) * stride + pairs);
        debug_assert!(b.len() >= G / 2 * pairs * PANEL);
        let mut acc = [[_mm512_setzero_ps(); G]; R];
        let (a, b) = (a.as_ptr(), b.as_ptr());
        for kk in 0..pairs {
            let mut line = [_mm512_setzero_ps(); G];
            for g in 0..G {
                let at = (g / 2 * pairs + kk) * PANEL + g % 2 * LANES;
                // SAFETY: kk < pairs and g < G, so the vector lies in `b`; any bits are a vector of floats.
                line[g] = unsafe { b.add(at).cast::<__m512>().read_unaligned() };
            }
            for i in 0..R {
                // SAFETY: i < R and kk < pairs, so the offset lies in `a`.
                let x = _mm512_set1_epi32(unsafe { *a.add(i * stride + kk) } as i32);
                for g in 0..G {
                    // SAFETY: vectors of the same size for which any bits are values.
                    let (x, line) = unsafe {
                        (
                            std::mem::transmute::<__m512i, __m512bh>(x),
                            std::mem::transmute::<__m512, __m512bh>(line[g]),
                        )
                    };
                    acc[i][g] = _mm512_dpbf16_ps(acc[i][g], x, line);
                }
            }
        }
        let mut sums = [[[0.0; LANES]; G]; R];
        for i in 0..R {
            for g in 0..G {
                // SAFETY: sixteen floats either way.
                sums[i][g] = unsafe { std::mem::transmute::<__m512, [f32; LANES]>(acc[i][g]) };
            }
        }
        sums
    }
}
