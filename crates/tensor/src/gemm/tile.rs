//! The register tile: a few rows of A times a few vectors of columns of B, summed over the whole of k.

use super::{PANEL, Write};
use crate::real::Real;

/// B as a tile sees it: line `kk` of its columns begins at `data[kk * line]`, and column `p * W + j` of the tile
/// lies at `p * step + j` from there (`W` is the tile's vector width).
#[derive(Clone, Copy)]
pub(super) struct Columns<'a, T> {
    pub data: &'a [T],
    pub line: usize,
    pub step: usize,
    /// Columns that exist; a tile computes up to its own width and throws the rest away.
    pub width: usize,
}

impl<T: Real> Columns<'_, T> {
    /// How many of the first lines can be read in full (`P` times `W` numbers) without leaving the operand. Past
    /// the last column that reads the next line's numbers, which belong to columns that are thrown away.
    #[inline(always)]
    pub fn whole_lines<const P: usize, const W: usize>(&self, k: usize) -> usize {
        let reach = (P - 1) * self.step + W;
        if k == 0 || self.data.len() < reach {
            0
        } else if self.data.len() - reach >= (k - 1) * self.line {
            k
        } else {
            // `line` is not 0 here, or the case above had been met.
            (self.data.len() - reach) / self.line + 1
        }
    }
}

/// `acc[i][p][j] = sum over k of a(i, k) * b(k, p * W + j)`, in the order of k.
///
/// # Safety
/// `a` holds `(R - 1) * row + (k - 1) * col + 1` numbers; `whole` comes from [`Columns::whole_lines`] of `b`
/// with the same `P` and `W`, and is at most `k`.
#[inline(always)]
pub(super) unsafe fn accumulate<
    T: Real,
    const R: usize,
    const P: usize,
    const W: usize,
    const FUSED: bool,
>(
    k: usize,
    whole: usize,
    a: &[T],
    row: usize,
    col: usize,
    b: Columns<'_, T>,
) -> [[[T; W]; P]; R] {
    let mut acc = [[[T::ZERO; W]; P]; R];
    debug_assert!(k == 0 || a.len() > (R - 1) * row + (k - 1) * col);
    debug_assert!(whole <= k);
    debug_assert!(whole == 0 || b.data.len() >= (whole - 1) * b.line + (P - 1) * b.step + W);
    let from = b.data.as_ptr();
    let a = a.as_ptr();
    for kk in 0..whole {
        if R == 3 && W == PANEL && P == 1 {
            // Twelve sums of eight fill the registers of AVX2: eight columns at a time, under all three rows.
            let mut x = [T::ZERO; R];
            for i in 0..R {
                // SAFETY: i < R and kk < k, so the offset lies in `a`.
                x[i] = unsafe { *a.add(i * row + kk * col) };
            }
            for first in (0..W).step_by(8) {
                // SAFETY: kk < whole, so W numbers from `kk * line` on lie in `b.data`, and first + 8 <= W.
                let line = unsafe { from.add(kk * b.line + first).cast::<[T; 8]>().read_unaligned() };
                for i in 0..R {
                    for j in 0..8 {
                        let sum = &mut acc[i][0][first + j];
                        *sum = x[i].fma::<FUSED>(line[j], *sum);
                    }
                }
            }
            continue;
        }
        let mut line = [[T::ZERO; W]; P];
        for p in 0..P {
            // SAFETY: kk < whole, so the W numbers from there on lie in `b.data`.
            line[p] = unsafe { from.add(kk * b.line + p * b.step).cast::<[T; W]>().read_unaligned() };
        }
        for i in 0..R {
            // SAFETY: i < R and kk < k, so the offset lies in `a`. A bounds check here would cost a third.
            let x = unsafe { *a.add(i * row + kk * col) };
            for p in 0..P {
                for j in 0..W {
                    acc[i][p][j] = x.fma::<FUSED>(line[p][j], acc[i][p][j]);
                }
            }
        }
    }
    for kk in whole..k {
        let mut line = [[T::ZERO; W]; P];
        for p in 0..P {
            let n = W.min(b.width.saturating_sub(p * W));
            line[p][..n].copy_from_slice(&b.data[kk * b.line + p * b.step..][..n]);
        }
        for i in 0..R {
            // SAFETY: as above.
            let x = unsafe { *a.add(i * row + kk * col) };
            for p in 0..P {
                for j in 0..W {
                    acc[i][p][j] = x.fma::<FUSED>(line[p][j], acc[i][p][j]);
                }
            }
        }
    }
    acc
}

/// Writes the first `width` columns of the tile to rows of stride `ldc`; a bias begins at the tile's first column.
#[inline(always)]
pub(super) fn finish<T: Real, const R: usize, const P: usize, const W: usize>(
    acc: &[[[T; W]; P]; R],
    c: &mut [T],
    ldc: usize,
    width: usize,
    write: Write<'_, T>,
) {
    for i in 0..R {
        let line = &mut c[i * ldc..i * ldc + width];
        for p in 0..P {
            let first = p * W;
            if first + W <= width {
                put::<T, W>(&acc[i][p], &mut line[first..first + W], write, first);
            } else if first < width {
                // Eights first: a loop over single numbers here costs as much as fifty steps of k.
                let sums = acc[i][p];
                let rest = &mut line[first..];
                let mut done = 0;
                while done + 8 <= rest.len() {
                    let mut eight = [T::ZERO; 8];
                    eight.copy_from_slice(&sums[done..done + 8]);
                    put::<T, 8>(&eight, &mut rest[done..done + 8], write, first + done);
                    done += 8;
                }
                for j in done..rest.len() {
                    put::<T, 1>(&[sums[j]], &mut rest[j..j + 1], write, first + j);
                }
            }
        }
    }
}

#[inline(always)]
fn put<T: Real, const W: usize>(sums: &[T; W], out: &mut [T], write: Write<'_, T>, first: usize) {
    match write {
        Write::Set => out.copy_from_slice(sums),
        Write::Add => {
            for j in 0..W {
                out[j] += sums[j];
            }
        }
        Write::Bias(bias) => {
            let bias = &bias[first..first + W];
            for j in 0..W {
                out[j] = sums[j] + bias[j];
            }
        }
    }
}
