//! Products of operands rounded to bf16 (8 exponent bits as in `f32`, 8 bits of precision), summed in `f32`, by
//! `vdpbf16ps`: twice the multiply-adds of `f32` and half the memory of its weights.
//!
//! Each operand is rounded to nearest even, so one product is off by up to 2^-8 of itself (2^-9 for each factor),
//! and a sum of k products of random sign by about sqrt(k) 2^-9 of their size. The instruction adds the two
//! products of a pair of k without the roundings of two fused multiply-adds, takes denormal operands for zero and
//! flushes denormal sums: results are not those of a plain loop over the rounded operands bit for bit, but the
//! same for every grouping of rows, for packed and plain operands and for either walk.

#[cfg(target_arch = "x86_64")]
mod kernel;

use super::packed::{PANEL, keeps_shape};
use super::{MatRef, Walk, Write, check};
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
        PackedBf16 { k, n, data: Buffer::zeros(room(k, n)) }
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
        keeps_shape((self.k, self.n), &b);
        let used = room(self.k, self.n);
        fill_panels(b, 0, &mut self.data[..used]);
    }

    /// Rounds and packs a matrix of any shape into the same room, which grows if it must.
    ///
    /// # Panics
    /// If the matrix is shorter than its shape.
    pub fn reshape(&mut self, b: MatRef<'_, f32>) {
        (self.k, self.n) = (b.rows, b.cols);
        self.data.reserve_zeros(room(self.k, self.n));
        self.repack(b);
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

/// Pairs in all panels of a (k, n) operand.
pub(super) fn room(k: usize, n: usize) -> usize {
    n.div_ceil(PANEL) * k.div_ceil(2) * PANEL
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

/// Fills whole panels with the columns of a checked `b` from `first` on.
fn fill_panels(b: MatRef<'_, f32>, first: usize, out: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    if bf16_available() {
        // SAFETY: `bf16_available` says that the processor has every feature the function is compiled for.
        return unsafe { kernel::fill_panels(b, first, out) };
    }
    for (at, out) in out.chunks_exact_mut((b.rows.div_ceil(2) * PANEL).max(1)).enumerate() {
        let first = first + at * PANEL;
        fill(b, first, PANEL.min(b.cols.saturating_sub(first)), PANEL, out);
    }
}

/// `width` columns of a checked `b` from `first` on as lines `[k / 2][line]` of rounded pairs, zeros past them.
fn fill(b: MatRef<'_, f32>, first: usize, width: usize, line: usize, out: &mut [u32]) {
    for (pair, out) in out.chunks_exact_mut(line).enumerate() {
        for (j, out) in out[..width].iter_mut().enumerate() {
            let at = 2 * pair * b.row + (first + j) * b.col;
            *out = join(b.data[at], if 2 * pair + 1 < b.rows { b.data[at + b.row] } else { 0.0 });
        }
        out[width..].fill(0);
    }
}

/// The right operand of a product.
#[derive(Debug, Clone, Copy)]
enum Right<'a> {
    Packed(&'a PackedBf16),
    Plain(MatRef<'a, f32>),
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k), rounded to bf16 on the way, times the packed B (k, n). The
/// direction of `walk` changes no bits.
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
    walk: Walk,
) -> Result<(), Bf16Unavailable> {
    multiply(a, Right::Packed(b), (b.k, b.n), c, ldc, write, walk)
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k) times B (k, n), both by any strides and rounded to bf16 on the
/// way: the bits of [`matmul_packed_bf16`]. B is packed a few panels at a time into a scratch of this thread.
///
/// # Errors
/// Where [`bf16_available`] is false; nothing is written then.
///
/// # Panics
/// If shapes or lengths disagree.
pub fn matmul_bf16(
    a: MatRef<'_, f32>,
    b: MatRef<'_, f32>,
    c: &mut [f32],
    ldc: usize,
    write: Write<'_, f32>,
) -> Result<(), Bf16Unavailable> {
    b.check("B");
    multiply(a, Right::Plain(b), (b.rows, b.cols), c, ldc, write, Walk::Forward)
}

fn multiply(
    a: MatRef<'_, f32>,
    b: Right<'_>,
    (k, n): (usize, usize),
    c: &mut [f32],
    ldc: usize,
    write: Write<'_, f32>,
    walk: Walk,
) -> Result<(), Bf16Unavailable> {
    assert_eq!(a.cols, k, "A is ({}, {}), B is ({k}, {n})", a.rows, a.cols);
    check(&a, n, c, ldc, &write);
    if !bf16_available() {
        return Err(Bf16Unavailable);
    }
    #[cfg(target_arch = "x86_64")]
    if a.rows > 0 && n > 0 {
        // SAFETY: `bf16_available` says that the processor has every feature the function is compiled for.
        unsafe { kernel::run(a, b, n, c, ldc, write, walk) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (b, walk);
    Ok(())
}
