//! The output layer over classes: softmax(H Wᵀ + b) with its categorical cross-entropy, value and gradient at once.
//!
//! ```text
//! Z = H Wᵀ + b          H (N, I), W (V, I), b (V), Z (N, V): a row of W a class
//! L = Σ_n s_n (ln Σ_v e^{z_nv} - z_n,target(n))
//! dZ = s_n (softmax(Z) - onehot)        dW = dZᵀ H,  db = column sums of dZ,  dH = dZ W
//! ```
//!
//! For a vocabulary this is most of a language model's work, so Z is never read as a whole: classes are walked in
//! blocks that stay in cache. A first walk leaves e^{z - m} with the block's own maximum m and the row's sum; once a
//! row's sums are known, a second walk scales each block to dZ and takes the three products of it at once.

use gyeol_tensor::elementwise::add_column_sums;
pub use gyeol_tensor::softmax::NO_TARGET;
use gyeol_tensor::softmax::{exp_rows, join_blocks, log_sum_exp, scale_rows};
use gyeol_tensor::{Buffer, MatRef, Operand, Pool, Precision, Real, Walk, Write, product};

use crate::layout::{Initial, Layout, Slot};

/// Classes of a block.
const BLOCK: usize = 512;
/// Most numbers of Z kept at a time; more rows go in groups.
const ROOM: usize = 8 << 20;

/// The layer.
#[derive(Debug, Clone)]
pub struct Softmax {
    /// I.
    pub input: usize,
    /// V.
    pub classes: usize,
    /// W.
    pub w: Slot,
    /// b.
    pub b: Slot,
    precision: Precision,
}

/// W packed by blocks of classes, as the products of the forward and of the backward walk take it.
#[derive(Debug, Clone)]
pub struct SoftmaxPacked<T: Real> {
    blocks: Vec<PackedBlock<T>>,
}

#[derive(Debug, Clone)]
struct PackedBlock<T: Real> {
    /// (I, classes).
    w_t: Operand<T>,
    /// (classes, I).
    w: Operand<T>,
}

/// Room for the walk over a group of rows.
#[derive(Debug, Clone)]
pub struct SoftmaxTape<T: Real> {
    group: usize,
    /// Block after block, each (group, its classes).
    z: Buffer<T>,
    /// (blocks, group).
    max: Buffer<T>,
    sum: Buffer<T>,
    /// (group).
    target: Buffer<T>,
    factor: Buffer<T>,
    /// The group's rows as a right operand: (group, I).
    h: Operand<T>,
    log_sum_exp: Buffer<f64>,
}

impl Softmax {
    /// Adds the layer's parameters to a net: Glorot, biases 0.
    pub fn new(layout: &mut Layout, name: &str, input: usize, classes: usize) -> Self {
        Softmax::starting(layout, name, input, classes, Initial::Glorot { fan_in: input, fan_out: classes })
    }

    /// The same whose weights are a table of embeddings too: uniform in ±0.1, as [`crate::Embedding`] begins.
    pub fn of_table(layout: &mut Layout, name: &str, input: usize, classes: usize) -> Self {
        Softmax::starting(layout, name, input, classes, Initial::Uniform(0.1))
    }

    /// The same whose weights are a table, of which a step moves some rows ([`crate::SampledSoftmax`]); `tied` begins them as
    /// embeddings, and `biases` are those to begin with.
    pub(crate) fn over_table(
        layout: &mut Layout,
        name: &str,
        input: usize,
        biases: impl ExactSizeIterator<Item = f64>,
        tied: bool,
    ) -> Self {
        let classes = biases.len();
        let biases = Initial::Blocks(biases.map(|bias| (1, bias)).collect());
        let b = layout.add(format!("{name}.b"), &[classes], biases);
        let glorot = Initial::Glorot { fan_in: input, fan_out: classes };
        let initial = if tied { Initial::Uniform(0.1) } else { glorot };
        let w = layout.add_table(format!("{name}.w"), classes, input, initial);
        Softmax { input, classes, w, b, precision: Precision::F32 }
    }

    fn starting(layout: &mut Layout, name: &str, input: usize, classes: usize, initial: Initial) -> Self {
        let w = layout.add(format!("{name}.w"), &[classes, input], initial);
        let b = layout.add(format!("{name}.b"), &[classes], Initial::Zero);
        Softmax { input, classes, w, b, precision: Precision::F32 }
    }

    /// The same layer with its products in `precision`; numbers in `f64` are multiplied in full. [`Precision::check`]
    /// says whether this process has kernels for it: products panic where not.
    pub fn with_precision(self, precision: Precision) -> Self {
        Softmax { precision, ..self }
    }

    /// (first class, classes) of each block.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let classes = self.classes;
        (0..classes).step_by(BLOCK).map(move |first| (first, BLOCK.min(classes - first)))
    }

    /// Room for the packed weights.
    pub fn packed<T: Real>(&self) -> SoftmaxPacked<T> {
        let block = |(_, width)| PackedBlock {
            w_t: Operand::zeros(self.input, width, self.precision),
            w: Operand::zeros(width, self.input, self.precision),
        };
        SoftmaxPacked { blocks: self.blocks().map(block).collect() }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut SoftmaxPacked<T>) {
        for (index, block) in packed.blocks.iter_mut().enumerate() {
            self.pack_block(params, index, block);
        }
    }

    /// [`Softmax::pack`] by blocks on the pool.
    pub fn pack_on<T: Real>(&self, params: &[T], packed: &mut SoftmaxPacked<T>, pool: &Pool) {
        pool.each_mut(&mut packed.blocks, |_, index, block| self.pack_block(params, index, block));
    }

    fn pack_block<T: Real>(&self, params: &[T], block: usize, packed: &mut PackedBlock<T>) {
        let (first, width) = (block * BLOCK, BLOCK.min(self.classes - block * BLOCK));
        let w = &self.w.of(params)[first * self.input..(first + width) * self.input];
        let w = MatRef::new(w, width, self.input);
        packed.w_t.repack(w.t());
        packed.w.repack(w);
    }

    /// Rows that are walked together, of `rows` in all.
    fn group(&self, rows: usize) -> usize {
        rows.min((ROOM / self.classes.max(1)).max(32))
    }

    /// Numbers of a tape for `rows` rows, but for a few a row.
    pub(crate) fn tape_numbers<T: Real>(&self, rows: usize) -> usize {
        let group = self.group(rows);
        let packed = Operand::<T>::room(group, self.input, self.precision);
        group * (self.classes + 2 * self.classes.div_ceil(BLOCK)) + packed
    }

    /// Room for groups of up to `rows` rows.
    pub fn tape<T: Real>(&self, rows: usize) -> SoftmaxTape<T> {
        let (group, blocks) = (self.group(rows), self.classes.div_ceil(BLOCK));
        SoftmaxTape {
            group,
            z: Buffer::zeros(group * self.classes),
            max: Buffer::zeros(blocks * group),
            sum: Buffer::zeros(blocks * group),
            target: Buffer::zeros(group),
            factor: Buffer::zeros(group),
            h: Operand::zeros(group, self.input, self.precision),
            log_sum_exp: Buffer::zeros(group),
        }
    }

    /// Σ of the rows' losses; h is (N, I), `targets` the N classes ([`NO_TARGET`] counts nothing).
    pub fn loss<T: Real>(
        &self,
        params: &[T],
        packed: &SoftmaxPacked<T>,
        h: &[T],
        targets: &[u32],
        tape: &mut SoftmaxTape<T>,
    ) -> f64 {
        let mut loss = 0.0;
        let group = tape.group;
        for (targets, h) in targets.chunks(group).zip(h.chunks(group * self.input)) {
            self.exponents(params, packed, h, targets, tape);
            loss += self.join(targets, T::ONE, tape);
        }
        loss
    }

    /// The same with the gradients, each row's times `scale`: dW and db set in or added to `gradient` as `write` says,
    /// dH written to `dh` (N, I).
    pub fn learn<T: Real>(
        &self,
        params: &[T],
        packed: &SoftmaxPacked<T>,
        h: &[T],
        targets: &[u32],
        scale: f64,
        tape: &mut SoftmaxTape<T>,
        dh: &mut [T],
        gradient: &mut [T],
        mut write: Write<'_, T>,
    ) -> f64 {
        let mut loss = 0.0;
        let (group, scale) = (tape.group, T::from_f64(scale));
        if matches!(write, Write::Set) {
            self.b.of_mut(gradient).fill(T::ZERO);
            // Without a row no product is taken that would set it.
            if targets.is_empty() {
                self.w.of_mut(gradient).fill(T::ZERO);
            }
        }
        let rows = h.chunks(group * self.input).zip(dh.chunks_mut(group * self.input));
        for (targets, (h, dh)) in targets.chunks(group).zip(rows) {
            self.exponents(params, packed, h, targets, tape);
            loss += self.join(targets, scale, tape);
            self.gradients(packed, h, targets, scale, tape, dh, gradient, write);
            write = Write::Add;
        }
        loss
    }

    /// ln softmax of one row after another, written to `out` (N, V).
    pub fn log_probabilities<T: Real>(
        &self,
        params: &[T],
        packed: &SoftmaxPacked<T>,
        h: &[T],
        out: &mut [T],
    ) {
        let n = h.len() / self.input;
        let h = MatRef::new(h, n, self.input);
        for ((first, _), block) in self.blocks().zip(&packed.blocks) {
            let bias = &self.b.of(params)[first..];
            product(h, &block.w_t, &mut out[first..], self.classes, Write::Bias(bias), Walk::Forward);
        }
        for row in out.chunks_exact_mut(self.classes).take(n) {
            let lse = log_sum_exp(row);
            row.iter_mut().for_each(|v| *v = T::from_f64(v.to_f64() - lse));
        }
    }

    /// First walk: e^{z - m} of each block with its maximum and sum, and the targets' z.
    fn exponents<T: Real>(
        &self,
        params: &[T],
        packed: &SoftmaxPacked<T>,
        h: &[T],
        targets: &[u32],
        tape: &mut SoftmaxTape<T>,
    ) {
        let n = targets.len();
        let h = MatRef::new(h, n, self.input);
        let (mut z, bias) = (&mut tape.z[..], self.b.of(params));
        for (index, ((first, width), packed)) in self.blocks().zip(&packed.blocks).enumerate() {
            let (block, rest) = z.split_at_mut(n * width);
            z = rest;
            let bias = Write::Bias(&bias[first..first + width]);
            product(h, &packed.w_t, block, width, bias, Walk::Forward);
            for (row, &target) in targets.iter().enumerate() {
                let at = (target as usize).wrapping_sub(first);
                if at < width {
                    tape.target[row] = block[row * width + at];
                }
            }
            let at = index * n..(index + 1) * n;
            exp_rows(block, n, width, width, &mut tape.max[at.clone()], &mut tape.sum[at]);
        }
    }

    /// Between the walks: each block's sum becomes the factor that makes `scale` times the softmax of its exponents.
    /// Returns the loss.
    fn join<T: Real>(&self, targets: &[u32], scale: T, tape: &mut SoftmaxTape<T>) -> f64 {
        let n = targets.len();
        let all = self.classes.div_ceil(BLOCK) * n;
        join_blocks(n, scale, &tape.max[..all], &mut tape.sum[..all], &mut tape.log_sum_exp[..n]);
        let rows = targets.iter().zip(tape.log_sum_exp.iter().zip(tape.target.iter()));
        rows.filter(|(t, _)| **t != NO_TARGET).map(|(_, (lse, z))| lse - z.to_f64()).sum()
    }

    /// Second walk: dZ block by block, and the products of it.
    fn gradients<T: Real>(
        &self,
        packed: &SoftmaxPacked<T>,
        h: &[T],
        targets: &[u32],
        scale: T,
        tape: &mut SoftmaxTape<T>,
        dh: &mut [T],
        gradient: &mut [T],
        write: Write<'_, T>,
    ) {
        let (n, i) = (targets.len(), self.input);
        tape.h.reshape(MatRef::new(h, n, i));
        let mut z = &mut tape.z[..];
        let mut to_dh = Write::Set;
        for (index, ((first, width), packed)) in self.blocks().zip(&packed.blocks).enumerate() {
            let (block, rest) = z.split_at_mut(n * width);
            z = rest;
            let factor = &mut tape.factor[..n];
            let parts = &tape.sum[index * n..(index + 1) * n];
            for ((f, &part), &target) in factor.iter_mut().zip(parts).zip(targets) {
                *f = if target == NO_TARGET { T::ZERO } else { part };
            }
            scale_rows(block, n, width, width, factor);
            for (row, &target) in targets.iter().enumerate() {
                let at = (target as usize).wrapping_sub(first);
                if at < width {
                    block[row * width + at] -= scale;
                }
            }
            let of_block = first * i..(first + width) * i;
            let dz = MatRef::new(&*block, n, width);
            let dw = &mut self.w.of_mut(gradient)[of_block];
            product(dz.t(), &tape.h, dw, i, write, Walk::Forward);
            add_column_sums(block, n, width, width, &mut self.b.of_mut(gradient)[first..first + width]);
            product(dz, &packed.w, dh, i, to_dh, Walk::Forward);
            to_dh = Write::Add;
        }
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        self.w.len() + self.b.len()
    }
}
