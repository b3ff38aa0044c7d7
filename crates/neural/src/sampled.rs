//! Softmax over a vocabulary by samples while it learns, and over all classes when it is asked.
//!
//! ```text
//! q(c) = ln((c + 2) / (c + 1)) / ln(V + 1)      classes by falling frequency: nearly as Zipf has them
//! k classes are drawn from q for a step, each as often as it comes: n_c times class c
//! Z = e^{z_t} + Σ_{c ≠ t} n_c / (k q_c) e^{z_c}        t the class to be told;    L = ln Z - z_t
//! ```
//!
//! E n_c = k q_c, so that the mean of Z over draws is the sum over all classes, and the gradient that of the full softmax up to the
//! bias of the logarithm, which falls with k (Bengio and Senécal 2008; Jean et al. 2015). The class to be told is known and counts
//! once; drawn again it is left out (accidental hits). All rows of a step share the draws, which come from the seed and the number
//! of the step alone, so that the bits do not depend on threads. Only rows of W that were drawn or told have a gradient: W is a
//! table.
//!
//! Biases begin at ln q: what is drawn then weighs as often as it came, where otherwise a rare class that is drawn would outweigh all
//! others until its bias was learnt.
//!
//! Where nothing random may happen every class counts once, which is the full softmax.

use gyeol_tensor::elementwise::add_column_sums;
use gyeol_tensor::softmax::{exp_rows, join_blocks, scale_rows};
use gyeol_tensor::{MatRef, Operand, Precision, Real, Rng, Walk, Write, product};

use crate::embedding::TableGradient;
use crate::layout::Layout;
use crate::softmax::{NO_TARGET, Softmax};

/// The layer.
#[derive(Debug, Clone)]
pub struct SampledSoftmax {
    /// The softmax over all classes; its W is a table.
    pub exact: Softmax,
    /// k.
    pub samples: usize,
    precision: Precision,
}

/// Room for a walk over rows while it learns.
#[derive(Debug, Clone)]
pub struct SampledTape<T: Real> {
    /// Classes drawn, rising, each once.
    classes: Vec<u32>,
    /// Bias of each: b_c + ln(n_c / (k q_c)).
    bias: Vec<T>,
    /// Their rows of W, and the gradient of these: (classes, I).
    w: Vec<T>,
    dw: Vec<T>,
    /// (I, classes), (classes, I), and the rows (N, I).
    w_t: Operand<T>,
    w_own: Operand<T>,
    h: Operand<T>,
    /// (N, classes).
    z: Vec<T>,
    /// Of the drawn classes, then of those to be told: (2, N).
    max: Vec<T>,
    sum: Vec<T>,
    db: Vec<T>,
    log_sum_exp: Vec<f64>,
}

/// ln q of a class.
fn log_q(class: u32, classes: usize) -> f64 {
    let c = f64::from(class);
    ((c + 2.0) / (c + 1.0)).ln().ln() - ((classes + 1) as f64).ln().ln()
}

impl SampledSoftmax {
    /// Adds the layer's parameters to a net whose other parameters are all there; `tied` begins W as embeddings begin. Classes must
    /// be numbered by falling frequency.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        input: usize,
        classes: usize,
        samples: usize,
        tied: bool,
    ) -> SampledSoftmax {
        let biases = (0..classes as u32).map(|class| log_q(class, classes));
        let exact = Softmax::over_table(layout, name, input, biases, tied);
        SampledSoftmax { exact, samples, precision: Precision::F32 }
    }

    /// The same layer with its products in `precision`, as [`Softmax::with_precision`].
    pub fn with_precision(self, precision: Precision) -> Self {
        SampledSoftmax { exact: self.exact.with_precision(precision), precision, ..self }
    }

    /// Rows of W that a step over `rows` rows moves at the most.
    pub fn moved(&self, rows: usize) -> usize {
        rows + self.samples.min(self.exact.classes)
    }

    /// Room for `rows` rows.
    pub fn tape<T: Real>(&self, rows: usize) -> SampledTape<T> {
        let (i, s) = (self.exact.input, self.samples.min(self.exact.classes));
        let room = |n: usize| vec![T::ZERO; n];
        SampledTape {
            classes: Vec::with_capacity(self.samples),
            bias: Vec::with_capacity(s),
            w: room(s * i),
            dw: room(s * i),
            w_t: Operand::zeros(i, s, self.precision),
            w_own: Operand::zeros(s, i, self.precision),
            h: Operand::zeros(rows, i, self.precision),
            z: room(rows * s),
            max: room(2 * rows),
            sum: room(2 * rows),
            db: room(s),
            log_sum_exp: vec![0.0; rows],
        }
    }

    /// Numbers of a tape for `rows` rows, but for a few a row.
    pub(crate) fn tape_numbers<T: Real>(&self, rows: usize) -> usize {
        let (i, s) = (self.exact.input, self.samples.min(self.exact.classes));
        let packed = |k, n| Operand::<T>::room(k, n, self.precision);
        2 * s * i + rows * s + packed(i, s) + packed(s, i) + packed(rows, i)
    }

    /// The classes of a step with their biases; all of them once where nothing random may happen.
    fn draw<T: Real>(&self, params: &[T], rng: Option<&mut Rng>, tape: &mut SampledTape<T>) {
        let SampledTape { classes, bias, .. } = tape;
        let (all, b) = (self.exact.classes, self.exact.b.of(params));
        classes.clear();
        bias.clear();
        let Some(rng) = rng else {
            classes.extend(0..all as u32);
            bias.extend_from_slice(b);
            return;
        };
        let log_all = ((all + 1) as f64).ln();
        classes.extend((0..self.samples).map(|_| {
            let drawn = (rng.uniform() * log_all).exp() as usize;
            (drawn.max(1) - 1).min(all - 1) as u32
        }));
        classes.sort_unstable();
        let log_k = (self.samples as f64).ln();
        bias.extend(classes.chunk_by(|a, b| a == b).map(|same| {
            let shift = (same.len() as f64).ln() - log_k - log_q(same[0], all);
            b[same[0] as usize] + T::from_f64(shift)
        }));
        classes.dedup();
    }

    /// Σ of the rows' losses with the gradients, each row's times `scale`: db set in `gradient`, dH written to `dh` (N, I), the rows of
    /// dW put into `table`, or added to `gradient` where there is none. `h` is (N, I), `targets` the N classes ([`NO_TARGET`] counts
    /// nothing); `rng` draws the classes.
    pub fn learn<T: Real>(
        &self,
        params: &[T],
        h: &[T],
        targets: &[u32],
        scale: f64,
        rng: Option<&mut Rng>,
        tape: &mut SampledTape<T>,
        dh: &mut [T],
        gradient: &mut [T],
        mut table: Option<&mut TableGradient<T>>,
    ) -> f64 {
        self.draw(params, rng, tape);
        let (n, i, s) = (targets.len(), self.exact.input, tape.classes.len());
        let weights = self.exact.w.of(params);
        let row_of = |class: u32| &weights[class as usize * i..(class as usize + 1) * i];
        let SampledTape { classes, bias, w, dw, w_t, w_own, h: h_own, z, max, sum, db, log_sum_exp } = tape;
        for (room, size) in [(&mut *w, s * i), (&mut *dw, s * i), (&mut *z, n * s), (&mut *db, s)] {
            if room.len() < size {
                room.resize(size, T::ZERO);
            }
        }
        for (to, &class) in w.chunks_exact_mut(i).zip(&*classes) {
            to.copy_from_slice(row_of(class));
        }
        let own = MatRef::new(&w[..s * i], s, i);
        w_t.reshape(own.t());
        w_own.reshape(own);
        h_own.reshape(MatRef::new(h, n, i));
        let z = &mut z[..n * s];
        product(MatRef::new(h, n, i), w_t, z, s, Write::Bias(bias), Walk::Forward);
        let b = self.exact.b.of(params);
        let told = targets.iter().zip(h.chunks_exact(i));
        for ((row, (&target, h)), z) in told.enumerate().zip(z.chunks_exact_mut(s)) {
            if target == NO_TARGET {
                (max[n + row], sum[n + row]) = (T::ZERO, T::ONE);
                continue;
            }
            if let Ok(hit) = classes.binary_search(&target) {
                z[hit] = T::from_f64(f64::NEG_INFINITY);
            }
            let own = row_of(target).iter().zip(h).fold(b[target as usize], |sum, (&w, &h)| sum + w * h);
            (max[n + row], sum[n + row]) = (own, T::ONE);
        }
        exp_rows(z, n, s, s, &mut max[..n], &mut sum[..n]);
        let told_z: f64 = targets
            .iter()
            .zip(&max[n..2 * n])
            .filter(|(t, _)| **t != NO_TARGET)
            .map(|(_, z)| z.to_f64())
            .sum();
        join_blocks(n, T::from_f64(scale), &max[..2 * n], &mut sum[..2 * n], &mut log_sum_exp[..n]);
        let counted = targets.iter().zip(&log_sum_exp[..n]).filter(|(t, _)| **t != NO_TARGET);
        let loss = counted.map(|(_, lse)| lse).sum::<f64>() - told_z;
        for (row, &target) in targets.iter().enumerate() {
            let nothing = target == NO_TARGET;
            sum[row] = if nothing { T::ZERO } else { sum[row] };
            sum[n + row] = if nothing { T::ZERO } else { sum[n + row] - T::from_f64(scale) };
        }
        scale_rows(z, n, s, s, &sum[..n]);
        product(MatRef::new(&*z, n, s), w_own, dh, i, Write::Set, Walk::Forward);
        product(MatRef::new(&*z, n, s).t(), h_own, &mut dw[..s * i], i, Write::Set, Walk::Forward);
        let db = &mut db[..s];
        db.fill(T::ZERO);
        add_column_sums(z, n, s, s, db);
        let slot = self.exact.b.range();
        gradient[slot.clone()].fill(T::ZERO);
        for (&class, &d) in classes.iter().zip(&*db) {
            gradient[slot.start + class as usize] += d;
        }
        if let Some(table) = table.as_deref_mut() {
            table.ids.clear();
            table.rows.reserve_zeros((n + s) * i);
        }
        let first = self.exact.w.offset;
        let mut give =
            |class: u32, row: &mut dyn Iterator<Item = T>, gradient: &mut [T]| match table.as_deref_mut() {
                Some(table) => {
                    let at = table.ids.len() * i;
                    table.ids.push(class);
                    table.rows[at..at + i].iter_mut().zip(row).for_each(|(to, v)| *to = v);
                }
                None => {
                    let at = first + class as usize * i;
                    gradient[at..at + i].iter_mut().zip(row).for_each(|(to, v)| *to += v);
                }
            };
        let rows = h.chunks_exact(i).zip(dh.chunks_exact_mut(i));
        for ((&target, (h, dh)), &d) in targets.iter().zip(rows).zip(&sum[n..2 * n]) {
            if target != NO_TARGET {
                dh.iter_mut().zip(row_of(target)).for_each(|(to, &w)| *to += d * w);
                gradient[slot.start + target as usize] += d;
                give(target, &mut h.iter().map(|&h| d * h), gradient);
            }
        }
        for (&class, row) in classes.iter().zip(dw.chunks_exact(i)) {
            give(class, &mut row.iter().copied(), gradient);
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::worst;
    use crate::softmax::SoftmaxPacked;

    const CLASSES: usize = 23;
    const TARGETS: [u32; 6] = [0, 22, NO_TARGET, 4, 8, 3];

    fn layer(samples: usize) -> (SampledSoftmax, Layout, Vec<f64>, Vec<f64>) {
        let mut layout = Layout::new();
        let layer = SampledSoftmax::new(&mut layout, "o", 5, CLASSES, samples, false);
        let mut rng = Rng::new(4);
        let mut params: Vec<f64> = layout.initial(&mut rng);
        rng.fill_uniform(&mut params, 0.8);
        let mut h = vec![0.0; 6 * 5];
        rng.fill_uniform(&mut h, 1.5);
        (layer, layout, params, h)
    }

    /// Loss, dH and the whole gradient by samples of a seed; without one over all classes.
    fn learnt(
        layer: &SampledSoftmax,
        (params, h): (&[f64], &[f64]),
        seed: Option<u64>,
        as_table: bool,
    ) -> (f64, Vec<f64>, Vec<f64>) {
        let (mut dh, mut gradient) = (vec![f64::NAN; h.len()], vec![0.0; params.len()]);
        let mut table = TableGradient::with_capacity(layer.moved(6), 5);
        let mut rng = seed.map(Rng::new);
        let rows = as_table.then_some(&mut table);
        let tape = &mut layer.tape(6);
        let loss = layer.learn(params, h, &TARGETS, 0.5, rng.as_mut(), tape, &mut dh, &mut gradient, rows);
        let w = layer.exact.w.of_mut(&mut gradient);
        for (&id, row) in table.ids.iter().zip(table.rows.chunks_exact(5)) {
            w[id as usize * 5..][..5].iter_mut().zip(row).for_each(|(to, v)| *to += v);
        }
        (loss, dh, gradient)
    }

    #[test]
    fn gradients_for_fixed_samples_agree_with_differences() {
        for (samples, seed) in [(7, 1), (40, 2), (1, 3)] {
            let (layer, _, params, h) = layer(samples);
            let (_, dh, gradient) = learnt(&layer, (&params, &h), Some(seed), true);
            let loss = |params: &[f64], h: &[f64]| 0.5 * learnt(&layer, (params, h), Some(seed), true).0;
            assert!(worst(&gradient, &params, |p| loss(p, &h)) < 1e-6);
            assert!(worst(&dh, &h, |h| loss(&params, h)) < 1e-6);
            assert_eq!(
                gradient,
                learnt(&layer, (&params, &h), Some(seed), false).2,
                "with and without a table"
            );
        }
    }

    #[test]
    fn without_draws_it_is_the_full_softmax_and_with_many_it_comes_near_in_the_mean() {
        let (layer, _, params, h) = layer(30);
        let mut packed: SoftmaxPacked<f64> = layer.exact.packed();
        layer.exact.pack(&params, &mut packed);
        let (mut dh, mut gradient) = (vec![0.0; h.len()], vec![0.0; params.len()]);
        let tape = &mut layer.exact.tape(6);
        let own = &layer.exact;
        let full = own.learn(&params, &packed, &h, &TARGETS, 0.5, tape, &mut dh, &mut gradient, Write::Set);
        let far = |a: &[f64], b: &[f64]| {
            let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>().sqrt();
            norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
        };
        let (loss, of_h, of_all) = learnt(&layer, (&params, &h), None, true);
        assert!((loss - full).abs() < 1e-12 && far(&of_h, &dh) < 1e-12 && far(&of_all, &gradient) < 1e-12);
        // The mean of e^{ln Z} is Z, and that of the gradients comes nearer with more samples.
        let mean = |samples: usize, draws: u64| {
            let layer = SampledSoftmax { samples, ..layer.clone() };
            let (mut of_h, mut of_all) = (vec![0.0; h.len()], vec![0.0; params.len()]);
            for seed in 0..draws {
                let (_, dh, gradient) = learnt(&layer, (&params, &h), Some(seed), true);
                of_h.iter_mut().zip(dh).for_each(|(sum, d)| *sum += d / draws as f64);
                of_all.iter_mut().zip(gradient).for_each(|(sum, d)| *sum += d / draws as f64);
            }
            (far(&of_h, &dh), far(&of_all, &gradient))
        };
        let (few, many) = (mean(10, 4000), mean(100, 4000));
        assert!(few.0 < 0.15 && few.1 < 0.15, "{few:?}");
        assert!(many.0 < 0.02 && many.1 < 0.02, "{many:?}");
    }

    #[test]
    fn classes_are_drawn_as_the_proposal_says() {
        let (layer, _, params, _) = layer(500);
        let mut tape = layer.tape::<f64>(1);
        let (mut rng, mut counts) = (Rng::new(9), [0.0; CLASSES]);
        let b = layer.exact.b.of(&params);
        for _ in 0..400 {
            layer.draw(&params, Some(&mut rng), &mut tape);
            assert!(tape.classes.is_sorted_by(|a, b| a < b));
            for (&class, bias) in tape.classes.iter().zip(&tape.bias) {
                // e^shift is n_c / (k q_c).
                let times = (bias - b[class as usize]).exp() * 500.0 * log_q(class, CLASSES).exp();
                assert!((times - times.round()).abs() < 1e-6);
                counts[class as usize] += times.round();
            }
        }
        let all: f64 = (0..CLASSES as u32).map(|c| log_q(c, CLASSES).exp()).sum();
        assert!((all - 1.0).abs() < 1e-12);
        for (class, count) in counts.iter().enumerate() {
            let q = log_q(class as u32, CLASSES).exp();
            assert!((count / 200_000.0 - q).abs() < 5.0 * (q / 200_000.0).sqrt(), "{class}");
        }
    }
}
