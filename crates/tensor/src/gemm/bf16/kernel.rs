//! Tiles of `vdpbf16ps`, and the rounding of operands into the lines they read.
//!
//! Both operands are lines of pairs along k: panels of B `[k / 2][PANEL]`, and strips of A `[k / 2][rows]` for each
//! tile of rows. One routine fills either, a strip being a narrow panel of A'.

use std::arch::x86_64::*;
use std::cell::Cell;

use super::{MatRef, PANEL, Right, Walk, Write, fill};
use crate::Buffer;
use crate::gemm::tile::finish;

/// Numbers of a 512-bit vector.
const LANES: usize = 16;
/// Rows of A under a panel at a time: two vectors of sums each, 24 of 32 registers.
const ROWS: usize = 12;
/// Panels side by side under one, two and three rows, so that enough sums are in flight.
const SIDE: [usize; 3] = [4, 2, 2];
/// Pairs under a tile at a time; longer sums go in blocks that are added in order, spread evenly.
const DEPTH: usize = 512;
/// Panels of a plain B that are packed at a time.
const GROUP: usize = 8;

thread_local!(static SCRATCH: Cell<Buffer<u32>> = const { Cell::new(Buffer::EMPTY) });

/// Runs a checked product with at least one row and column.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
pub(super) fn run(
    a: MatRef<'_, f32>,
    b: Right<'_>,
    n: usize,
    c: &mut [f32],
    ldc: usize,
    write: Write<'_, f32>,
    walk: Walk,
) {
    let (m, k) = (a.rows, a.cols);
    let (all, panels) = (k.div_ceil(2), n.div_ceil(PANEL));
    let blocks = all.div_ceil(DEPTH).max(1);
    let longest = all.div_ceil(blocks);
    let group = if matches!(b, Right::Plain(_)) { GROUP.min(panels) } else { panels };
    let packs = if matches!(b, Right::Plain(_)) { group } else { 0 };
    let mut scratch = SCRATCH.take();
    scratch.reserve_zeros((m + packs * PANEL) * longest);
    let (strips, room) = scratch.split_at_mut(m * longest);
    let tiles = m.div_ceil(ROWS);
    let most = if m <= SIDE.len() { SIDE[m - 1] } else { 1 };
    for block in 0..blocks {
        let (from, to) = (all * block / blocks, all * (block + 1) / blocks);
        let (pairs, lines) = (to - from, (2 * to).min(k) - 2 * from);
        let turned = a.t().rows_from(2 * from, lines);
        for tile in 0..tiles {
            let (row, next) = (m * tile / tiles, m * (tile + 1) / tiles);
            fill_lines(turned, row, next - row, next - row, &mut strips[row * pairs..next * pairs]);
        }
        let write = if block == 0 { write } else { Write::Add };
        for start in (0..panels).step_by(group) {
            let count = group.min(panels - start);
            // From a panel's first line to the next panel's.
            let (right, step) = match b {
                Right::Packed(b) => (&b.data[from * PANEL..], all * PANEL),
                Right::Plain(b) => {
                    let room = &mut room[..count * pairs * PANEL];
                    fill_panels(b.rows_from(2 * from, lines), start * PANEL, room);
                    (&*room, pairs * PANEL)
                }
            };
            let turns = count.div_ceil(most);
            for turn in 0..turns {
                let turn = if walk == Walk::Forward { turn } else { turns - 1 - turn };
                let (at, end) = (count * turn / turns, count * (turn + 1) / turns);
                let first = (start + at) * PANEL;
                let width = ((start + end) * PANEL).min(n) - first;
                let right = &right[at * step..];
                let write = write.columns_from(first);
                for tile in 0..tiles {
                    let (row, next) = (m * tile / tiles, m * (tile + 1) / tiles);
                    let left = &strips[row * pairs..next * pairs];
                    let c = &mut c[row * ldc + first..];
                    macro_rules! tile {
                        ($($rows:literal x $panels:literal is $groups:literal)*) => {
                            match (next - row, end - at) {
                                $(($rows, $panels) => {
                                    // SAFETY: `left` holds the tile's strip, `right` its panels `step` apart.
                                    let acc = unsafe { accumulate::<$rows, $groups>(pairs, left, right, step) };
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
        }
    }
    SCRATCH.set(scratch);
}

/// Sums over all pairs for `R` rows and `G` vectors of columns, two to a panel.
///
/// # Safety
/// `a` holds `R * pairs` pairs, `b` holds `G / 2` panels of `pairs` lines, `step` apart.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
unsafe fn accumulate<const R: usize, const G: usize>(
    pairs: usize,
    a: &[u32],
    b: &[u32],
    step: usize,
) -> [[[f32; LANES]; G]; R] {
    debug_assert!(a.len() >= R * pairs);
    debug_assert!(b.len() >= (G / 2 - 1) * step + pairs * PANEL);
    let mut acc = [[_mm512_setzero_ps(); G]; R];
    let (a, b) = (a.as_ptr(), b.as_ptr());
    for kk in 0..pairs {
        let mut line = [_mm512_setzero_si512(); G];
        for g in 0..G {
            // SAFETY: kk < pairs and g < G, so the vector lies in `b`.
            line[g] = unsafe {
                b.add(g / 2 * step + kk * PANEL + g % 2 * LANES).cast::<__m512i>().read_unaligned()
            };
        }
        for i in 0..R {
            // SAFETY: i < R and kk < pairs, so the offset lies in `a`.
            let x = _mm512_set1_epi32(unsafe { *a.add(kk * R + i) } as i32);
            for g in 0..G {
                acc[i][g] = _mm512_dpbf16_ps(acc[i][g], pairs_of(x), pairs_of(line[g]));
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

#[inline(always)]
fn pairs_of(x: __m512i) -> __m512bh {
    // SAFETY: vectors of the same size for which any bits are values.
    unsafe { std::mem::transmute::<__m512i, __m512bh>(x) }
}

/// Sixteen numbers and sixteen more, rounded to nearest even: the first in the low halves.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
fn rounded(low: __m512, high: __m512) -> __m512i {
    let both = _mm512_cvtne2ps_pbh(high, low);
    // SAFETY: as in `pairs_of`.
    unsafe { std::mem::transmute::<__m512bh, __m512i>(both) }
}

/// [`super::fill_panels`] by vectors; numbers too small for a normal bf16 become zero.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
pub(super) fn fill_panels(b: MatRef<'_, f32>, first: usize, out: &mut [u32]) {
    let panel = b.rows.div_ceil(2) * PANEL;
    if panel == 0 {
        return;
    }
    if b.col != 1 {
        for (at, out) in out.chunks_exact_mut(panel).enumerate() {
            let first = first + at * PANEL;
            fill_lines(b, first, PANEL.min(b.cols.saturating_sub(first)), PANEL, out);
        }
        return;
    }
    // Panels side by side, so that a row of the source is read in long runs.
    for (at, out) in out.chunks_mut(panel * GROUP).enumerate() {
        let first = first + at * GROUP * PANEL;
        for pair in 0..b.rows.div_ceil(2) {
            let two = b.rows_from(2 * pair, 2.min(b.rows - 2 * pair));
            for (at, out) in out.chunks_exact_mut(panel).enumerate() {
                let first = first + at * PANEL;
                let width = PANEL.min(b.cols.saturating_sub(first));
                fill_lines(two, first, width, PANEL, &mut out[pair * PANEL..(pair + 1) * PANEL]);
            }
        }
    }
}

/// [`fill`] by vectors.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
fn fill_lines(b: MatRef<'_, f32>, first: usize, width: usize, line: usize, out: &mut [u32]) {
    let (k, pairs) = (b.rows, b.rows.div_ceil(2));
    assert!(width <= line && first + width <= b.cols && out.len() >= pairs * line);
    if b.col == 1 {
        let count = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        // Number j below number 16 + j.
        let order =
            _mm512_or_si512(count, _mm512_slli_epi32::<16>(_mm512_add_epi32(count, _mm512_set1_epi32(16))));
        for at in (0..line).step_by(LANES) {
            // Lines are written to their end, columns past the last are read as zeros.
            let (read, written) = (first_lanes(width.saturating_sub(at)), first_lanes(line - at));
            let from = b.data.as_ptr().wrapping_add(first + at);
            for pair in 0..pairs {
                // SAFETY: the masked lanes lie in rows 2 pair and, if there is one, 2 pair + 1 of a checked matrix,
                // and in line `pair` of `out`.
                unsafe {
                    let low = _mm512_maskz_loadu_ps(read, from.wrapping_add(2 * pair * b.row));
                    let odd = if 2 * pair + 1 < k { read } else { 0 };
                    let high = _mm512_maskz_loadu_ps(odd, from.wrapping_add((2 * pair + 1) * b.row));
                    let both = _mm512_permutexvar_epi16(order, rounded(low, high));
                    let to = out.as_mut_ptr().add(pair * line + at);
                    _mm512_mask_storeu_epi32(to.cast(), written, both);
                }
            }
        }
    } else if b.row == 1 {
        for start in (0..pairs).step_by(LANES) {
            let left = k - 2 * start;
            let (low, high) = (first_lanes(left), first_lanes(left.saturating_sub(LANES)));
            for at in (0..line).step_by(LANES) {
                let written = first_lanes(line - at);
                let mut block = [_mm512_setzero_si512(); LANES];
                for (j, row) in block.iter_mut().enumerate().take(width.saturating_sub(at)) {
                    let from = b.data.as_ptr().wrapping_add((first + at + j) * b.col + 2 * start);
                    // SAFETY: the masked lanes are numbers 2 start.. below k of a column of a checked matrix.
                    *row = unsafe {
                        rounded(
                            _mm512_maskz_loadu_ps(low, from),
                            _mm512_maskz_loadu_ps(high, from.wrapping_add(LANES)),
                        )
                    };
                }
                transpose(&mut block);
                for (pair, &row) in block.iter().enumerate().take(pairs - start) {
                    // SAFETY: the masked lanes lie in line `start + pair` of `out`.
                    unsafe {
                        let to = out.as_mut_ptr().add((start + pair) * line + at);
                        _mm512_mask_storeu_epi32(to.cast(), written, row);
                    }
                }
            }
        }
    } else {
        fill(b, first, width, line, out);
    }
}

/// A mask of the first `n` lanes, all where `n` is more.
#[inline(always)]
fn first_lanes(n: usize) -> __mmask16 {
    if n >= LANES { !0 } else { (1 << n) - 1 }
}

/// Turns a block of 16 x 16 words about its diagonal.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
fn transpose(r: &mut [__m512i; LANES]) {
    let mut t = [_mm512_setzero_si512(); LANES];
    for i in 0..8 {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for i in 0..4 {
        let i = 4 * i;
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for half in [0, 8] {
        for i in 0..4 {
            t[half + i] = _mm512_shuffle_i32x4::<0x88>(r[half + i], r[half + i + 4]);
            t[half + i + 4] = _mm512_shuffle_i32x4::<0xdd>(r[half + i], r[half + i + 4]);
        }
    }
    for i in 0..8 {
        r[i] = _mm512_shuffle_i32x4::<0x88>(t[i], t[i + 8]);
        r[i + 8] = _mm512_shuffle_i32x4::<0xdd>(t[i], t[i + 8]);
    }
}
