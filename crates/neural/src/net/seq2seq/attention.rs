//! Global attention (Luong, Pham and Manning 2015): each step of the decoder looks at all steps of its row's source.
//!
//! ```text
//! row b has S source steps and T target steps; s_i (H) are the encoder's outputs, y_t (H) the decoder's
//! score        general: e_ti = y_t · (W_aᵀ s_i),  W_a (H, H)        dot: e_ti = y_t · s_i
//! a_t (S)      softmax_i(e_ti)                                     weights over the row's own steps
//! c_t (H)      Σ_i a_ti s_i                                        context; zeros where S = 0
//! ŷ_t (H)      tanh([c_t, y_t] W_c),  W_c (2 H, H)                 what the softmax over the vocabulary reads
//! ```
//!
//! Backward, with dŷ from above: W_c's layer gives dc and a part of dy; da = dc Sᵀ, dS += aᵀ dc;
//! de = a ∘ (da − Σ a da); dy += de K and dK = deᵀ y for the keys K = S W_a, whose layer gives the rest of dS.
//!
//! ŷ is not fed back to the decoder's next step (no "input feeding"), so that the decoder walks all steps before any is
//! attended, and the products of a row are taken at once. Rows lie one after the other here, each with its own steps
//! alone: no score is ever taken with padding, or with another row's source.

use gyeol_tensor::activation::Activation;
use gyeol_tensor::elementwise::add;
use gyeol_tensor::softmax::{softmax_backward, softmax_rows};
use gyeol_tensor::{Buffer, MatRef, Real, Write, matmul};
use serde::{Deserialize, Serialize};

use crate::dense::{Dense, DensePacked};
use crate::layout::{Initial, Layout};
use crate::steps::Steps;

/// How a step of the decoder is held against one of the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Score {
    /// y · s.
    Dot,
    /// y W_a s, a learnt (H, H).
    General,
}

#[derive(Debug, Clone)]
pub(super) struct Attention {
    hidden: usize,
    /// W_a; none of the dot score.
    pub keys: Option<Dense>,
    /// W_c.
    pub join: Dense,
}

#[derive(Debug, Clone)]
pub(super) struct AttentionPacked<T: Real> {
    keys: Option<DensePacked<T>>,
    join: DensePacked<T>,
}

/// Room for rows that walk together.
#[derive(Debug, Clone)]
pub(super) struct AttentionTape<T: Real> {
    /// The source's steps, row after row: (N_s, H), and the keys made of them (none of the dot score).
    source: Buffer<T>,
    keys: Buffer<T>,
    /// First source step of each row, and one past the last row's.
    first: Vec<usize>,
    /// For each target row: its place in the target's walk, its source row, its steps and where its weights begin.
    rows: Vec<Row>,
    /// The decoder's outputs row after row, (N_t, H); backward the gradient of them.
    queries: Buffer<T>,
    /// Weights a, row after row, each (T, S), and their gradient.
    weights: Buffer<T>,
    d_weights: Buffer<T>,
    /// A row's contexts, (T, H), and the gradient of them.
    contexts: Buffer<T>,
    /// [c, y], (N_t, 2 H) in the target's walk, and its gradient.
    joined: Buffer<T>,
    d_joined: Buffer<T>,
    /// ŷ (N_t, H) in the target's walk.
    out: Buffer<T>,
    d_source: Buffer<T>,
    d_keys: Buffer<T>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    /// Place in the target's walk.
    at: usize,
    /// Row of the source.
    source: usize,
    /// T.
    steps: usize,
    /// First of its rows among `queries`.
    first: usize,
    /// Where its weights begin.
    weights: usize,
}

impl Attention {
    pub fn new(layout: &mut Layout, score: Score, hidden: usize) -> Attention {
        let glorot = |fan_in, fan_out| Initial::Glorot { fan_in, fan_out };
        let keys = (score == Score::General)
            .then(|| Dense::without_bias(layout, "attention.keys", hidden, hidden, glorot(hidden, hidden)));
        let initial = glorot(2 * hidden, hidden);
        let mut join = Dense::without_bias(layout, "attention.join", 2 * hidden, hidden, initial);
        join.activation = Activation::Tanh;
        Attention { hidden, keys, join }
    }

    pub fn packed<T: Real>(&self) -> AttentionPacked<T> {
        AttentionPacked { keys: self.keys.as_ref().map(Dense::packed), join: self.join.packed() }
    }

    pub fn pack<T: Real>(&self, params: &[T], packed: &mut AttentionPacked<T>) {
        if let (Some(keys), Some(packed)) = (&self.keys, &mut packed.keys) {
            keys.pack(params, packed);
        }
        self.join.pack(params, &mut packed.join);
    }

    /// Room for `rows` rows of up to `source` steps in and `target` out; `keeps` for a walk back.
    pub fn tape<T: Real>(&self, source: usize, target: usize, rows: usize, keeps: bool) -> AttentionTape<T> {
        let (h, of_keys) = (self.hidden, self.keys.is_some());
        let zeros = |yes: bool, n: usize| Buffer::zeros(if yes { n } else { 0 });
        let (sources, targets, weights) = (source * rows, target * rows, source * target * rows);
        AttentionTape {
            source: zeros(true, sources * h),
            keys: zeros(of_keys, sources * h),
            first: Vec::with_capacity(rows + 1),
            rows: Vec::with_capacity(rows),
            queries: zeros(true, targets * h),
            weights: zeros(true, weights),
            d_weights: zeros(keeps, weights),
            contexts: zeros(true, target * h),
            joined: zeros(true, targets * 2 * h),
            d_joined: zeros(keeps, targets * 2 * h),
            out: zeros(true, targets * h),
            d_source: zeros(keeps, sources * h),
            d_keys: zeros(keeps && of_keys, sources * h),
        }
    }

    /// Takes the encoder's outputs (N_s, H), in its walk's order.
    pub fn read<T: Real>(
        &self,
        params: &[T],
        packed: &AttentionPacked<T>,
        steps: &Steps,
        outputs: &[T],
        tape: &mut AttentionTape<T>,
    ) {
        let h = self.hidden;
        // Lengths by the caller's rows, then where each begins.
        let first = &mut tape.first;
        first.clear();
        first.resize(steps.rows() + 1, 0);
        for (&place, &length) in steps.order().iter().zip(steps.lengths()) {
            first[place + 1] = length;
        }
        (0..steps.rows()).for_each(|row| first[row + 1] += first[row]);
        for (i, (&place, &length)) in steps.order().iter().zip(steps.lengths()).enumerate() {
            for t in 0..length {
                let (from, to) = ((steps.first(t) + i) * h, (first[place] + t) * h);
                tape.source[to..to + h].copy_from_slice(&outputs[from..from + h]);
            }
        }
        if let (Some(keys), Some(packed)) = (&self.keys, &packed.keys) {
            let n = steps.total() * h;
            keys.forward(params, packed, &tape.source[..n], &mut tape.keys[..n]);
        }
    }

    /// From the decoder's outputs y (N_t, H) to ŷ, in its walk's order. Target row b looks at source row `of(b)`.
    pub fn attend<'a, T: Real>(
        &self,
        params: &[T],
        packed: &AttentionPacked<T>,
        steps: &Steps,
        y: &[T],
        of: impl Fn(usize) -> usize,
        tape: &'a mut AttentionTape<T>,
    ) -> &'a [T] {
        let (h, n) = (self.hidden, steps.total());
        tape.rows.clear();
        let (mut first, mut weights) = (0, 0);
        for (at, (&place, &length)) in steps.order().iter().zip(steps.lengths()).enumerate() {
            let source = of(place);
            tape.rows.push(Row { at, source, steps: length, first, weights });
            first += length;
            weights += length * (tape.first[source + 1] - tape.first[source]);
        }
        let AttentionTape { source, keys, first, rows, queries, weights, contexts, joined, out, .. } = tape;
        let keys = if self.keys.is_some() { &**keys } else { &**source };
        for row in rows.iter() {
            let (t, s) = (row.steps, first[row.source + 1] - first[row.source]);
            let own = first[row.source] * h..first[row.source + 1] * h;
            let queries = &mut queries[row.first * h..(row.first + t) * h];
            for (step, to) in queries.chunks_exact_mut(h).enumerate() {
                let from = (steps.first(step) + row.at) * h;
                to.copy_from_slice(&y[from..from + h]);
            }
            let contexts = &mut contexts[..t * h];
            if s == 0 {
                contexts.fill(T::ZERO);
            } else {
                let a = &mut weights[row.weights..row.weights + t * s];
                matmul(
                    MatRef::new(&*queries, t, h),
                    MatRef::new(&keys[own.clone()], s, h).t(),
                    a,
                    s,
                    Write::Set,
                );
                softmax_rows(a, t, s, s);
                matmul(MatRef::new(&*a, t, s), MatRef::new(&source[own], s, h), contexts, h, Write::Set);
            }
            for (step, (context, query)) in contexts.chunks_exact(h).zip(queries.chunks_exact(h)).enumerate()
            {
                let to = (steps.first(step) + row.at) * 2 * h;
                joined[to..to + h].copy_from_slice(context);
                joined[to + h..to + 2 * h].copy_from_slice(query);
            }
        }
        self.join.forward(params, &packed.join, &joined[..n * 2 * h], &mut out[..n * h]);
        &out[..n * h]
    }

    /// From dŷ (N_t, H), which is used up, to the gradient of y (written over it) and of the encoder's outputs (written
    /// to `d_outputs`, (N_s, H)); those of W_a and W_c are set.
    pub fn backward<T: Real>(
        &self,
        packed: &AttentionPacked<T>,
        (source_steps, target_steps): (&Steps, &Steps),
        d: &mut [T],
        d_outputs: &mut [T],
        tape: &mut AttentionTape<T>,
        gradient: &mut [T],
    ) {
        let h = self.hidden;
        let (n_s, n_t) = (source_steps.total(), target_steps.total());
        let AttentionTape {
            source,
            keys,
            first,
            rows,
            queries,
            weights,
            d_weights,
            contexts,
            joined,
            d_joined,
            out,
            d_source,
            d_keys,
        } = tape;
        let d_joined = &mut d_joined[..n_t * 2 * h];
        let (joined, out) = (&joined[..n_t * 2 * h], &out[..n_t * h]);
        self.join.backward(&packed.join, joined, out, d, Some(&mut *d_joined), gradient, Write::Set);
        d_source[..n_s * h].fill(T::ZERO);
        if self.keys.is_some() {
            d_keys[..n_s * h].fill(T::ZERO);
        }
        let keys_of = if self.keys.is_some() { &**keys } else { &**source };
        for row in rows.iter() {
            let (t, s) = (row.steps, first[row.source + 1] - first[row.source]);
            let own = first[row.source] * h..first[row.source + 1] * h;
            let d_contexts = &mut contexts[..t * h];
            let queries = &mut queries[row.first * h..(row.first + t) * h];
            for (step, to) in d_contexts.chunks_exact_mut(h).enumerate() {
                let from = (target_steps.first(step) + row.at) * 2 * h;
                to.copy_from_slice(&d_joined[from..from + h]);
            }
            if s > 0 {
                let a = &weights[row.weights..row.weights + t * s];
                let de = &mut d_weights[row.weights..row.weights + t * s];
                let d_contexts = MatRef::new(&*d_contexts, t, h);
                matmul(d_contexts, MatRef::new(&source[own.clone()], s, h).t(), de, s, Write::Set);
                let to_source = &mut d_source[own.clone()];
                matmul(MatRef::new(a, t, s).t(), d_contexts, to_source, h, Write::Add);
                softmax_backward(a, de, t, s, s);
                let de = MatRef::new(&*de, t, s);
                let to_keys = if self.keys.is_some() { &mut d_keys[own.clone()] } else { to_source };
                matmul(de.t(), MatRef::new(&*queries, t, h), to_keys, h, Write::Add);
                matmul(de, MatRef::new(&keys_of[own], s, h), queries, h, Write::Set);
            } else {
                queries.fill(T::ZERO);
            }
            for (step, d_query) in queries.chunks_exact(h).enumerate() {
                let at = target_steps.first(step) + row.at;
                let to = &mut d[at * h..(at + 1) * h];
                to.copy_from_slice(&d_joined[at * 2 * h + h..(at + 1) * 2 * h]);
                add(d_query, to);
            }
        }
        if let (Some(layer), Some(packed)) = (&self.keys, &packed.keys) {
            // The keys themselves are no longer needed: their room takes what reaches the source through them.
            let n = n_s * h;
            let (x, through) = (&source[..n], &mut keys[..n]);
            layer.backward(packed, x, &[], &mut d_keys[..n], Some(&mut *through), gradient, Write::Set);
            add(through, &mut d_source[..n]);
            if n == 0 {
                layer.w.of_mut(gradient).fill(T::ZERO);
            }
        }
        for (i, (&place, &length)) in source_steps.order().iter().zip(source_steps.lengths()).enumerate() {
            for t in 0..length {
                let (from, to) = ((first[place] + t) * h, (source_steps.first(t) + i) * h);
                d_outputs[to..to + h].copy_from_slice(&d_source[from..from + h]);
            }
        }
    }

    /// Weights of a target row after [`Attention::attend`], (T, S), by the order of the target's walk.
    pub fn weights<'a, T: Real>(&self, tape: &'a AttentionTape<T>, at: usize) -> &'a [T] {
        let row = tape.rows[at];
        let s = tape.first[row.source + 1] - tape.first[row.source];
        &tape.weights[row.weights..row.weights + row.steps * s]
    }
}
