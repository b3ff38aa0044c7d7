//! Adaptive softmax (Grave et al. 2017): frequent classes in a short list, rare ones in clusters that are reached
//! through one class of the list each and read a narrower projection of H.
//!
//! ```text
//! classes by falling frequency, cutoffs c_1 < c_2 < … < V
//! ln P(v)  =  ln softmax_list(v)                                               v < c_1
//!          =  ln softmax_list(cluster k) + ln softmax_k(v - c_k)               c_k ≤ v < c_{k+1}
//! list over c_1 + K classes of H (N, I);   cluster k over its classes of H P_k,   P_k (I, I / shrink^k)
//! ```
//!
//! It is exact about its own probabilities (they sum to one) and cheaper than [`Softmax`] over all classes, because a
//! row walks the list and at most one cluster; it is another model than the full softmax, not an approximation of it.

use gyeol_tensor::{Buffer, Precision, Real, Write};

use crate::dense::{Dense, DensePacked};
use crate::error::{Error, Result};
use crate::layout::{Initial, Layout};
use crate::softmax::{NO_TARGET, Softmax, SoftmaxPacked, SoftmaxTape};

/// The layer.
#[derive(Debug, Clone)]
pub struct AdaptiveSoftmax {
    /// I.
    pub input: usize,
    /// V.
    pub classes: usize,
    cutoffs: Vec<usize>,
    list: Softmax,
    clusters: Vec<(Dense, Softmax)>,
}

/// Packed weights.
#[derive(Debug, Clone)]
pub struct AdaptivePacked<T: Real> {
    list: SoftmaxPacked<T>,
    clusters: Vec<(DensePacked<T>, SoftmaxPacked<T>)>,
}

/// Room for the walk over rows.
#[derive(Debug, Clone)]
pub struct AdaptiveTape<T: Real> {
    list: SoftmaxTape<T>,
    clusters: Vec<SoftmaxTape<T>>,
    /// Targets of the list, then of a cluster.
    targets: Vec<u32>,
    /// Rows of a cluster, by number.
    rows: Vec<usize>,
    h: Buffer<T>,
    dh: Buffer<T>,
    p: Buffer<T>,
    dp: Buffer<T>,
}

impl AdaptiveSoftmax {
    /// Adds the layer's parameters to a net. Classes must be numbered by falling frequency.
    ///
    /// # Errors
    /// [`Error::Parameter`] when cutoffs do not rise between 1 and the number of classes, or `shrink` is 0.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        input: usize,
        classes: usize,
        cutoffs: &[usize],
        shrink: usize,
    ) -> Result<Self> {
        let rises = cutoffs.windows(2).all(|w| w[0] < w[1]);
        let inside = cutoffs.first().is_some_and(|&c| c > 0) && cutoffs.last().is_some_and(|&c| c < classes);
        if !rises || !inside {
            return Err(Error::Parameter {
                name: "cutoffs",
                value: format!("{cutoffs:?} for {classes} classes"),
                allowed: "rising numbers above 0 and below the number of classes",
            });
        }
        if shrink == 0 {
            return Err(Error::Parameter { name: "shrink", value: "0".into(), allowed: "at least 1" });
        }
        let list = Softmax::new(layout, &format!("{name}.list"), input, cutoffs[0] + cutoffs.len());
        let mut width = input;
        let clusters = (0..cutoffs.len())
            .map(|k| {
                width = (width / shrink).max(1);
                let size = cutoffs.get(k + 1).copied().unwrap_or(classes) - cutoffs[k];
                let name = format!("{name}.cluster{k}");
                let initial = Initial::Glorot { fan_in: input, fan_out: width };
                let project = Dense::without_bias(layout, &format!("{name}.project"), input, width, initial);
                (project, Softmax::new(layout, &name, width, size))
            })
            .collect();
        Ok(AdaptiveSoftmax { input, classes, cutoffs: cutoffs.to_vec(), list, clusters })
    }

    /// The short list, and each cluster with its projection.
    pub(crate) fn parts(&self) -> (&Softmax, &[(Dense, Softmax)]) {
        (&self.list, &self.clusters)
    }

    /// The same layer with its products in `precision`; numbers in `f64` are multiplied in full. [`Precision::check`]
    /// says whether this process has kernels for it: products panic where not.
    pub fn with_precision(self, precision: Precision) -> Self {
        let each = |(p, s): (Dense, Softmax)| (p.with_precision(precision), s.with_precision(precision));
        let clusters = self.clusters.into_iter().map(each).collect();
        AdaptiveSoftmax { list: self.list.with_precision(precision), clusters, ..self }
    }

    /// Room for the packed weights.
    pub fn packed<T: Real>(&self) -> AdaptivePacked<T> {
        let clusters = self.clusters.iter().map(|(p, s)| (p.packed(), s.packed())).collect();
        AdaptivePacked { list: self.list.packed(), clusters }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut AdaptivePacked<T>) {
        self.list.pack(params, &mut packed.list);
        for ((project, softmax), (p, s)) in self.clusters.iter().zip(&mut packed.clusters) {
            project.pack(params, p);
            softmax.pack(params, s);
        }
    }

    /// Room for `rows` rows.
    pub fn tape<T: Real>(&self, rows: usize) -> AdaptiveTape<T> {
        let width = self.clusters.iter().map(|(p, _)| p.output).max().unwrap_or(0);
        AdaptiveTape {
            list: self.list.tape(rows),
            clusters: self.clusters.iter().map(|(_, s)| s.tape(rows)).collect(),
            targets: Vec::with_capacity(rows),
            rows: Vec::with_capacity(rows),
            h: Buffer::zeros(rows * self.input),
            dh: Buffer::zeros(rows * self.input),
            p: Buffer::zeros(rows * width),
            dp: Buffer::zeros(rows * width),
        }
    }

    /// Cluster of a class, none for the short list.
    fn cluster(&self, class: u32) -> Option<usize> {
        self.cutoffs.partition_point(|&c| c <= class as usize).checked_sub(1)
    }

    fn list_targets<T: Real>(&self, targets: &[u32], tape: &mut AdaptiveTape<T>) {
        tape.targets.clear();
        tape.targets.extend(targets.iter().map(|&t| match (t, self.cluster(t)) {
            (NO_TARGET, _) | (_, None) => t,
            (_, Some(k)) => (self.cutoffs[0] + k) as u32,
        }));
    }

    /// Rows whose class lies in cluster k, with their classes there and their rows of h.
    fn gather<T: Real>(&self, k: usize, h: &[T], targets: &[u32], tape: &mut AdaptiveTape<T>) -> usize {
        tape.rows.clear();
        tape.targets.clear();
        for (row, &t) in targets.iter().enumerate() {
            if t != NO_TARGET && self.cluster(t) == Some(k) {
                let at = tape.rows.len() * self.input;
                let from = &h[row * self.input..(row + 1) * self.input];
                tape.h[at..at + self.input].copy_from_slice(from);
                tape.rows.push(row);
                tape.targets.push(t - self.cutoffs[k] as u32);
            }
        }
        tape.rows.len()
    }

    /// Σ of the rows' losses; h is (N, I), `targets` the N classes ([`NO_TARGET`] counts nothing).
    pub fn loss<T: Real>(
        &self,
        params: &[T],
        packed: &AdaptivePacked<T>,
        h: &[T],
        targets: &[u32],
        tape: &mut AdaptiveTape<T>,
    ) -> f64 {
        self.list_targets(targets, tape);
        let mut loss = self.list.loss(params, &packed.list, h, &tape.targets, &mut tape.list);
        for (k, ((project, softmax), (pp, sp))) in self.clusters.iter().zip(&packed.clusters).enumerate() {
            let n = self.gather(k, h, targets, tape);
            let p = &mut tape.p[..n * project.output];
            project.forward(params, pp, &tape.h[..n * self.input], p);
            loss += softmax.loss(params, sp, p, &tape.targets, &mut tape.clusters[k]);
        }
        loss
    }

    /// The same with the gradients, each row's times `scale`: set in or added to `gradient` as `write` says, dH written
    /// to `dh` (N, I).
    pub fn learn<T: Real>(
        &self,
        params: &[T],
        packed: &AdaptivePacked<T>,
        h: &[T],
        targets: &[u32],
        scale: f64,
        tape: &mut AdaptiveTape<T>,
        dh: &mut [T],
        gradient: &mut [T],
        write: Write<'_, T>,
    ) -> f64 {
        self.list_targets(targets, tape);
        let (list, list_targets) = (&mut tape.list, &tape.targets);
        let mut loss =
            self.list.learn(params, &packed.list, h, list_targets, scale, list, dh, gradient, write);
        for (k, ((project, softmax), (pp, sp))) in self.clusters.iter().zip(&packed.clusters).enumerate() {
            let n = self.gather(k, h, targets, tape);
            let h = &tape.h[..n * self.input];
            let (p, dp) = (&mut tape.p[..n * project.output], &mut tape.dp[..n * project.output]);
            project.forward(params, pp, h, p);
            let room = &mut tape.clusters[k];
            loss += softmax.learn(params, sp, p, &tape.targets, scale, room, dp, gradient, write);
            let dx = &mut tape.dh[..n * self.input];
            project.backward(pp, h, &[], dp, Some(&mut *dx), gradient, write);
            for (&row, d) in tape.rows.iter().zip(dx.chunks_exact(self.input)) {
                gyeol_tensor::elementwise::add(d, &mut dh[row * self.input..(row + 1) * self.input]);
            }
        }
        loss
    }

    /// ln P of every class, one row after another, written to `out` (N, V).
    pub fn log_probabilities<T: Real>(
        &self,
        params: &[T],
        packed: &AdaptivePacked<T>,
        h: &[T],
        out: &mut [T],
    ) {
        let n = h.len() / self.input;
        let mut list = vec![T::ZERO; n * self.list.classes];
        self.list.log_probabilities(params, &packed.list, h, &mut list);
        let short = self.cutoffs[0];
        for (to, from) in out.chunks_exact_mut(self.classes).zip(list.chunks_exact(self.list.classes)) {
            to[..short].copy_from_slice(&from[..short]);
        }
        for (k, ((project, softmax), (pp, sp))) in self.clusters.iter().zip(&packed.clusters).enumerate() {
            let mut p = vec![T::ZERO; n * project.output];
            project.forward(params, pp, h, &mut p);
            let mut inner = vec![T::ZERO; n * softmax.classes];
            softmax.log_probabilities(params, sp, &p, &mut inner);
            for row in 0..n {
                let reach = list[row * self.list.classes + short + k];
                let from = &inner[row * softmax.classes..(row + 1) * softmax.classes];
                let at = row * self.classes + self.cutoffs[k];
                out[at..at + softmax.classes].iter_mut().zip(from).for_each(|(o, &v)| *o = reach + v);
            }
        }
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        let clusters = self.clusters.iter().map(|(p, s)| p.w.len() + s.parameters()).sum::<usize>();
        self.list.parameters() + clusters
    }
}

#[cfg(test)]
mod tests {
    use gyeol_tensor::Rng;

    use super::*;
    use crate::differences::worst;

    fn layer() -> (AdaptiveSoftmax, Vec<f64>, Vec<f64>) {
        let mut layout = Layout::new();
        let layer = AdaptiveSoftmax::new(&mut layout, "o", 5, 23, &[4, 9], 2).unwrap();
        let mut rng = Rng::new(4);
        let mut params: Vec<f64> = layout.initial(&mut rng);
        rng.fill_uniform(&mut params, 0.8);
        let mut h = vec![0.0; 6 * 5];
        rng.fill_uniform(&mut h, 1.5);
        (layer, params, h)
    }

    const TARGETS: [u32; 6] = [0, 22, NO_TARGET, 4, 8, 3];

    #[test]
    fn probabilities_sum_to_one_and_give_the_loss() {
        let (layer, params, h) = layer();
        let mut packed = layer.packed();
        layer.pack(&params, &mut packed);
        let mut log_p = vec![0.0; 6 * 23];
        layer.log_probabilities(&params, &packed, &h, &mut log_p);
        let mut want = 0.0;
        for (row, &t) in log_p.chunks(23).zip(&TARGETS) {
            assert!((row.iter().map(|v| v.exp()).sum::<f64>() - 1.0).abs() < 1e-12);
            want -= if t == NO_TARGET { 0.0 } else { row[t as usize] };
        }
        let got = layer.loss(&params, &packed, &h, &TARGETS, &mut layer.tape(6));
        assert!((got - want).abs() < 1e-12, "{got} {want}");
    }

    #[test]
    fn gradients_agree_with_differences() {
        let (layer, params, h) = layer();
        let loss = |params: &[f64], h: &[f64]| {
            let mut packed = layer.packed();
            layer.pack(params, &mut packed);
            layer.loss(params, &packed, h, &TARGETS, &mut layer.tape(6))
        };
        let mut packed = layer.packed();
        layer.pack(&params, &mut packed);
        let (mut dh, mut gradient) = (vec![f64::NAN; h.len()], vec![f64::NAN; params.len()]);
        let mut tape = layer.tape(6);
        layer.learn(&params, &packed, &h, &TARGETS, 1.0, &mut tape, &mut dh, &mut gradient, Write::Set);
        assert!(worst(&gradient, &params, |p| loss(p, &h)) < 1e-6);
        assert!(worst(&dh, &h, |h| loss(&params, h)) < 1e-6);
    }

    #[test]
    fn a_cluster_that_no_row_reaches_has_no_gradient() {
        let (layer, params, h) = layer();
        let mut packed = layer.packed();
        layer.pack(&params, &mut packed);
        let (mut dh, mut gradient) = (vec![f64::NAN; h.len()], vec![f64::NAN; params.len()]);
        let targets = [0, 1, NO_TARGET, 8, 3, 3];
        let mut tape = layer.tape(6);
        layer.learn(&params, &packed, &h, &targets, 1.0, &mut tape, &mut dh, &mut gradient, Write::Set);
        assert!(gradient.iter().chain(&dh).all(|g| g.is_finite()));
        let (_, clusters) = layer.parts();
        let (project, softmax) = &clusters[1];
        for slot in [&project.w, &softmax.w, &softmax.b] {
            assert!(slot.of(&gradient).iter().all(|&g| g == 0.0), "{}", slot.name);
        }
    }

    #[test]
    fn cutoffs_that_make_no_clusters_are_refused() {
        for cutoffs in [&[][..], &[0, 3], &[5, 5], &[4, 23]] {
            assert!(AdaptiveSoftmax::new(&mut Layout::new(), "o", 5, 23, cutoffs, 2).is_err());
        }
    }
}
