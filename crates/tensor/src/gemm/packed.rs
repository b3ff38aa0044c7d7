//! Right operands in panels.

use super::MatRef;
use crate::Buffer;
use crate::real::Real;

/// Columns of a panel.
pub const PANEL: usize = 32;

/// A right operand (k, n) packed into panels.
#[derive(Debug, Clone)]
pub struct Packed<T: Real> {
    k: usize,
    n: usize,
    data: Buffer<T>,
}

impl<T: Real> Packed<T> {
    /// Room for a (k, n) operand.
    pub fn zeros(k: usize, n: usize) -> Self {
        Packed { k, n, data: Buffer::zeros(n.div_ceil(PANEL) * k * PANEL) }
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
    /// If the shape differs or the matrix is shorter than its shape.
    pub fn repack(&mut self, b: MatRef<'_, T>) {
        keeps_shape((self.k, self.n), &b);
        for mut chunk in self.chunks_mut(usize::MAX) {
            chunk.repack(b);
        }
    }

    /// Packs a matrix of any shape into the same room, which grows if it must.
    pub fn reshape(&mut self, b: MatRef<'_, T>) {
        (self.k, self.n) = (b.rows, b.cols);
        self.data.reserve_zeros(self.used());
        self.repack(b);
    }

    /// The panels in runs of `panels` (at least 1) that can be filled apart from each other, on several threads
    /// for instance: each chunk takes its own columns of the matrix that all are given.
    pub fn chunks_mut(&mut self, panels: usize) -> impl Iterator<Item = PackedChunk<'_, T>> {
        let (k, n) = (self.k, self.n);
        let panels = panels.clamp(1, n.div_ceil(PANEL).max(1));
        let used = self.used();
        self.data[..used]
            .chunks_mut((panels * k * PANEL).max(1))
            .enumerate()
            .map(move |(chunk, data)| PackedChunk { k, n, first: chunk * panels * PANEL, data })
    }

    /// Numbers in all panels.
    fn used(&self) -> usize {
        self.n.div_ceil(PANEL) * self.k * PANEL
    }

    /// Rows of the operand.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Columns of the operand.
    pub fn n(&self) -> usize {
        self.n
    }

    pub(super) fn panels(&self) -> &[T] {
        &self.data[..self.used()]
    }
}

/// Some neighbouring panels of a [`Packed`].
#[derive(Debug)]
pub struct PackedChunk<'a, T> {
    k: usize,
    n: usize,
    first: usize,
    data: &'a mut [T],
}

impl<T: Real> PackedChunk<'_, T> {
    /// Packs this chunk's columns of `b`, which has the whole operand's shape.
    ///
    /// # Panics
    /// If the shape differs or the matrix is shorter than its shape.
    pub fn repack(&mut self, b: MatRef<'_, T>) {
        keeps_shape((self.k, self.n), &b);
        fill(b, self.first, self.data);
    }
}

pub(super) fn keeps_shape<T>(shape: (usize, usize), b: &MatRef<'_, T>) {
    assert_eq!(shape, (b.rows, b.cols), "a packed operand keeps its shape");
    b.check("B");
}

/// Fills whole panels with the columns of a checked `b` from `first` (a multiple of [`PANEL`]) on, zeros past the
/// last.
pub(super) fn fill<T: Real>(b: MatRef<'_, T>, first: usize, out: &mut [T]) {
    let panel = b.rows * PANEL;
    if panel == 0 {
        return;
    }
    if b.col != 1 {
        for (at, out) in out.chunks_exact_mut(panel).enumerate() {
            turned(b, first + at * PANEL, out);
        }
        return;
    }
    // Several panels side by side, so that a row of the source is read in long runs.
    const SIDE: usize = 8;
    for (at, out) in out.chunks_mut(panel * SIDE).enumerate() {
        let first = first + at * SIDE * PANEL;
        for i in 0..b.rows {
            for (at, out) in out.chunks_exact_mut(panel).enumerate() {
                let first = first + at * PANEL;
                let width = PANEL.min(b.cols.saturating_sub(first));
                let line = &mut out[i * PANEL..(i + 1) * PANEL];
                let source = &b.data[i * b.row + first.min(b.cols)..][..width];
                if width == PANEL {
                    line.copy_from_slice(source);
                } else {
                    line[..width].copy_from_slice(source);
                    line[width..].fill(T::ZERO);
                }
            }
        }
    }
}

/// One panel from a transpose: blocks of 16 lines, so that the source is read by cache lines along its
/// contiguous side and the block written stays in the first cache.
fn turned<T: Real>(b: MatRef<'_, T>, first: usize, out: &mut [T]) {
    const LINES: usize = 16;
    let width = PANEL.min(b.cols.saturating_sub(first));
    for (at, out) in out.chunks_mut(LINES * PANEL).enumerate() {
        let i = at * LINES;
        if width < PANEL {
            out.fill(T::ZERO);
        }
        if b.row == 1 && width == PANEL && out.len() == LINES * PANEL {
            for j in 0..PANEL {
                let from = i + (first + j) * b.col;
                let source = &b.data[from..from + LINES];
                for ii in 0..LINES {
                    out[ii * PANEL + j] = source[ii];
                }
            }
        } else {
            for j in 0..width {
                let source = &b.data[i * b.row + (first + j) * b.col..];
                for (ii, line) in out.chunks_exact_mut(PANEL).enumerate() {
                    line[j] = source[ii * b.row];
                }
            }
        }
    }
}
