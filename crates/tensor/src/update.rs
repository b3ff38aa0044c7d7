//! Optimizer steps over slices of parameters.
//!
//! | rule | step of each parameter p with gradient g and learning rate η | source |
//! |---|---|---|
//! | SGD | p -= η g | Robbins and Monro 1951 |
//! | momentum | v = μ v + g, p -= η v; Nesterov: p -= η (g + μ v) | Sutskever et al. 2013, as PyTorch has it |
//! | Adagrad | s += g², p -= η g / (√s + ε) | Duchi et al. 2011 |
//! | RMSprop | s = ρ s + (1 - ρ) g², p -= η g / (√s + ε) | Hinton 2012 |
//! | Adam | m = β₁ m + (1 - β₁) g, s = β₂ s + (1 - β₂) g², p -= η' m / (c √s + ε) | Kingma and Ba 2015 |
//!
//! Multiplications and additions are rounded apart, so every kernel path gives the same bits; a step is bound
//! by memory, square roots and divisions, and would gain nothing from fusing.

use crate::dispatch::dispatch;
use crate::real::{LANES, Real, in_lanes, load, store};
use crate::threads::{Pool, block_of};

/// Which optimizer moves the parameters, with its numbers ready for the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule<T> {
    /// Gradient descent; keeps nothing.
    Sgd,
    /// Gradient descent with momentum; keeps the velocity in `first`.
    Momentum {
        /// μ.
        mu: T,
        /// Nesterov's look-ahead.
        nesterov: bool,
    },
    /// Adagrad; keeps Σ g² in `second`.
    Adagrad {
        /// ε.
        epsilon: T,
    },
    /// RMSprop; keeps the mean of g² in `second`.
    RmsProp {
        /// ρ.
        decay: T,
        /// 1 - ρ, rounded from double precision.
        rest: T,
        /// ε.
        epsilon: T,
    },
    /// Adam; keeps the mean of g in `first` and that of g² in `second`.
    Adam {
        /// β₁.
        beta1: T,
        /// 1 - β₁, rounded from double precision.
        rest1: T,
        /// β₂.
        beta2: T,
        /// 1 - β₂, rounded from double precision.
        rest2: T,
        /// c = 1 / √(1 - β₂ᵗ): the bias correction of √s. That of m is in the learning rate.
        correction: T,
        /// ε.
        epsilon: T,
    },
}

impl<T> Rule<T> {
    /// Whether the rule keeps numbers in `first` and in `second`, one for each parameter.
    pub fn keeps(&self) -> (bool, bool) {
        match self {
            Rule::Sgd => (false, false),
            Rule::Momentum { .. } => (true, false),
            Rule::Adagrad { .. } | Rule::RmsProp { .. } => (false, true),
            Rule::Adam { .. } => (true, true),
        }
    }
}

/// One step's numbers, the same for every parameter of a slice.
///
/// The gradient is scaled by `factor`, limited to ±`clip_value`, then l1 sign(p) + l2 p is added; p is scaled
/// by `keep` and moved by the rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update<T> {
    /// The optimizer.
    pub rule: Rule<T>,
    /// η; for Adam η' = η / (1 - β₁ᵗ).
    pub rate: T,
    /// Factor on the parameters before they move: 1 less the decoupled weight decay (Loshchilov and Hutter
    /// 2019).
    pub keep: T,
    /// Factor on the gradient, from clipping by the norm.
    pub factor: T,
    /// Largest absolute value of a gradient.
    pub clip_value: Option<T>,
    /// Weight of Σ |p| in the loss.
    pub l1: T,
    /// Weight of Σ p² / 2 in the loss.
    pub l2: T,
}

impl<T: Real> Update<T> {
    /// The rule at a learning rate, with nothing clipped, penalised or decayed.
    pub fn new(rule: Rule<T>, rate: T) -> Self {
        let (factor, keep) = (T::ONE, T::ONE);
        Update { rule, rate, keep, factor, clip_value: None, l1: T::ZERO, l2: T::ZERO }
    }

    /// Moves `params`. Without a gradient the step is that of a gradient of zeros, which is not read. What the
    /// rule keeps lies in `first` and `second`, as long as `params`; a slice that it does not need may be empty.
    ///
    /// # Panics
    /// If lengths differ.
    pub fn apply(&self, gradient: Option<&[T]>, params: &mut [T], first: &mut [T], second: &mut [T]) {
        self.check(gradient, params.len(), first.len(), second.len());
        if !(gradient.is_none() && self.rests()) {
            T::update(Op { update: self, gradient, params, first, second });
        }
    }

    /// [`Update::apply`] by the blocks of [`block_of`] on the pool: the same bits, nothing allocated.
    ///
    /// # Panics
    /// If lengths differ.
    pub fn apply_on(
        &self,
        pool: &Pool,
        gradient: Option<&[T]>,
        params: &mut [T],
        first: &mut [T],
        second: &mut [T],
    ) {
        self.check(gradient, params.len(), first.len(), second.len());
        let block = block_of(params.len());
        let (keeps_first, keeps_second) = self.rule.keeps();
        let first = if keeps_first { first } else { &mut [] };
        let second = if keeps_second { second } else { &mut [] };
        pool.split_mut([params, first, second], block, |range, [params, first, second]| {
            self.apply(gradient.map(|g| &g[range]), params, first, second);
        });
    }

    fn check(&self, gradient: Option<&[T]>, params: usize, first: usize, second: usize) {
        let (keeps_first, keeps_second) = self.rule.keeps();
        assert!(gradient.is_none_or(|g| g.len() == params), "a gradient of another length");
        assert!(!keeps_first || first == params, "`first` of another length");
        assert!(!keeps_second || second == params, "`second` of another length");
    }

    /// True where a gradient of zeros changes no bit.
    fn rests(&self) -> bool {
        let still = match self.rule {
            Rule::Sgd => true,
            // 0 / (√0 + 0) would be NaN.
            Rule::Adagrad { epsilon } => epsilon > T::ZERO,
            _ => false,
        };
        still && self.l1 == T::ZERO && self.l2 == T::ZERO && self.keep == T::ONE
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct Op<'a, T> {
    update: &'a Update<T>,
    gradient: Option<&'a [T]>,
    params: &'a mut [T],
    first: &'a mut [T],
    second: &'a mut [T],
}

// FUSED is left aside on purpose: see the head of the file. A rule is written for one number because that is
// the form whose square roots compile to vectors; written line by line over arrays it takes three times as long
// (`examples/kernels.rs` shows it).
#[inline(always)]
pub(crate) fn body<T: Real, const FUSED: bool>(op: Op<'_, T>) {
    let rate = op.update.rate;
    match op.update.rule {
        Rule::Sgd => sweep::<T, false, false>(op, |g, p, _, _| p - rate * g),
        Rule::Momentum { mu, nesterov: false } => sweep::<T, true, false>(op, |g, p, v, _| {
            *v = mu * *v + g;
            p - rate * *v
        }),
        Rule::Momentum { mu, nesterov: true } => sweep::<T, true, false>(op, |g, p, v, _| {
            *v = mu * *v + g;
            p - rate * (g + mu * *v)
        }),
        Rule::Adagrad { epsilon } => sweep::<T, false, true>(op, |g, p, _, s| {
            *s += g * g;
            p - rate * g / (s.sqrt() + epsilon)
        }),
        Rule::RmsProp { decay, rest, epsilon } => sweep::<T, false, true>(op, |g, p, _, s| {
            *s = decay * *s + rest * g * g;
            p - rate * g / (s.sqrt() + epsilon)
        }),
        Rule::Adam { beta1, rest1, beta2, rest2, correction, epsilon } => {
            sweep::<T, true, true>(op, |g, p, m, s| {
                *m = beta1 * *m + rest1 * g;
                *s = beta2 * *s + rest2 * g * g;
                p - rate * *m / (s.sqrt() * correction + epsilon)
            })
        }
    }
}

/// Walks the slices in vectors; `step(g, p, first, second)` gives the new p.
#[inline(always)]
fn sweep<T: Real, const FIRST: bool, const SECOND: bool>(
    op: Op<'_, T>,
    step: impl Fn(T, T, &mut T, &mut T) -> T,
) {
    let Op { update, gradient, params, first, second } = op;
    let Update { keep, factor, clip_value, l1, l2, .. } = *update;
    let penalised = l1 != T::ZERO || l2 != T::ZERO;
    let len = params.len();
    in_lanes!(len, |at, n| {
        let mut p = load(params, at, n);
        let mut g = [T::ZERO; LANES];
        if let Some(gradient) = gradient {
            g = load(gradient, at, n);
            for l in 0..LANES {
                g[l] *= factor;
            }
            if let Some(most) = clip_value {
                for l in 0..LANES {
                    let v = if g[l] > most { most } else { g[l] };
                    g[l] = if v < -most { -most } else { v };
                }
            }
        }
        if penalised {
            for l in 0..LANES {
                let up = if p[l] > T::ZERO { l1 } else { T::ZERO };
                let sign = if p[l] < T::ZERO { -l1 } else { up };
                g[l] = g[l] + sign + l2 * p[l];
            }
        }
        let mut m = if FIRST { load(first, at, n) } else { [T::ZERO; LANES] };
        let mut s = if SECOND { load(second, at, n) } else { [T::ZERO; LANES] };
        for l in 0..LANES {
            p[l] = step(g[l], p[l] * keep, &mut m[l], &mut s[l]);
        }
        store(params, at, n, &p);
        if FIRST {
            store(first, at, n, &m);
        }
        if SECOND {
            store(second, at, n, &s);
        }
    });
}

#[inline(always)]
fn body_f32<const FUSED: bool>(op: Op<'_, f32>) {
    body::<f32, FUSED>(op)
}

dispatch! {
    pub(crate) fn dispatch_f32(op: Op<'_, f32>) = body_f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;
    use crate::path::tests::on_every_path;

    fn rules() -> Vec<Rule<f32>> {
        vec![
            Rule::Sgd,
            Rule::Momentum { mu: 0.9, nesterov: false },
            Rule::Momentum { mu: 0.9, nesterov: true },
            Rule::Adagrad { epsilon: 1e-10 },
            Rule::RmsProp { decay: 0.99, rest: 0.01, epsilon: 1e-8 },
            Rule::Adam { beta1: 0.9, rest1: 0.1, beta2: 0.999, rest2: 0.001, correction: 3.2, epsilon: 1e-8 },
        ]
    }

    /// One number at a time, straight from the table at the head of the file.
    fn plain(u: &Update<f32>, g: f32, p: &mut f32, m: &mut f32, s: &mut f32) {
        let mut g = g * u.factor;
        if let Some(most) = u.clip_value {
            g = g.clamp(-most, most);
        }
        if u.l1 != 0.0 || u.l2 != 0.0 {
            let sign = if *p == 0.0 { 0.0 } else { p.signum() };
            g = g + u.l1 * sign + u.l2 * *p;
        }
        *p *= u.keep;
        let lr = u.rate;
        match u.rule {
            Rule::Sgd => *p -= lr * g,
            Rule::Momentum { mu, nesterov } => {
                *m = mu * *m + g;
                *p -= lr * if nesterov { g + mu * *m } else { *m };
            }
            Rule::Adagrad { epsilon } => {
                *s += g * g;
                *p -= lr * g / (s.sqrt() + epsilon);
            }
            Rule::RmsProp { decay, rest, epsilon } => {
                *s = decay * *s + rest * g * g;
                *p -= lr * g / (s.sqrt() + epsilon);
            }
            Rule::Adam { beta1, rest1, beta2, rest2, correction, epsilon } => {
                *m = beta1 * *m + rest1 * g;
                *s = beta2 * *s + rest2 * g * g;
                *p -= lr * *m / (s.sqrt() * correction + epsilon);
            }
        }
    }

    fn updates(rule: Rule<f32>) -> Vec<Update<f32>> {
        let bare = Update::new(rule, 0.01);
        vec![
            bare,
            Update { factor: 0.37, keep: 0.9999, ..bare },
            Update { clip_value: Some(0.5), l1: 1e-3, l2: 1e-2, ..bare },
        ]
    }

    fn noise(len: usize, seed: u64) -> Vec<f32> {
        let mut x = vec![0.0; len];
        Rng::new(seed).fill_uniform(&mut x, 1.0);
        x.iter_mut().step_by(7).for_each(|v| *v = 0.0);
        x
    }

    fn bits(x: &[f32]) -> Vec<u32> {
        x.iter().map(|v| v.to_bits()).collect()
    }

    #[test]
    fn every_path_gives_the_bits_of_the_plain_formulas() {
        for update in rules().into_iter().flat_map(updates) {
            for len in [1, 16, 83] {
                let start = noise(len, 1);
                let (mut p, mut m, mut s) = (start.clone(), vec![0.0; len], vec![0.0; len]);
                for step in 0..5 {
                    let g = noise(len, 2 + step);
                    for i in 0..len {
                        plain(&update, g[i], &mut p[i], &mut m[i], &mut s[i]);
                    }
                }
                for (path, (gp, gm, gs)) in on_every_path(|| {
                    let (mut p, mut m, mut s) = (start.clone(), vec![0.0; len], vec![0.0; len]);
                    for step in 0..5 {
                        update.apply(Some(&noise(len, 2 + step)), &mut p, &mut m, &mut s);
                    }
                    (p, m, s)
                }) {
                    assert_eq!(bits(&gp), bits(&p), "{path:?} {update:?}");
                    assert_eq!((bits(&gm), bits(&gs)), (bits(&m), bits(&s)), "{path:?} {update:?}");
                }
            }
        }
    }

    #[test]
    fn no_gradient_is_a_gradient_of_zeros() {
        let len = 37;
        // Without ε, Adagrad's first step on a zero gradient is 0 / 0, with and without reading it.
        let bare = Rule::Adagrad { epsilon: 0.0 };
        for update in rules().into_iter().chain([bare]).flat_map(updates) {
            let run = |gradient: Option<&[f32]>| {
                let (mut p, mut m) = (noise(len, 1), noise(len, 3));
                let mut s: Vec<f32> = noise(len, 4).iter().map(|v| v * v).collect();
                update.apply(gradient, &mut p, &mut m, &mut s);
                (bits(&p), bits(&m), bits(&s))
            };
            assert_eq!(run(None), run(Some(&vec![0.0; len])), "{update:?}");
        }
    }

    #[test]
    fn same_bits_on_any_thread_count() {
        let len = 100_003;
        let g = noise(len, 9);
        for update in rules().into_iter().flat_map(updates) {
            let run = |pool: Option<&Pool>| {
                let (mut p, mut m, mut s) = (noise(len, 1), vec![0.1; len], vec![0.2; len]);
                match pool {
                    Some(pool) => update.apply_on(pool, Some(&g), &mut p, &mut m, &mut s),
                    None => update.apply(Some(&g), &mut p, &mut m, &mut s),
                }
                (bits(&p), bits(&m), bits(&s))
            };
            let want = run(None);
            for threads in [1, 2, 3, 7] {
                assert!(run(Some(&Pool::new(threads))) == want, "{threads} threads: {update:?}");
            }
        }
    }

    #[test]
    fn nan_in_the_gradient_reaches_the_parameter() {
        for update in rules().into_iter().flat_map(updates) {
            let (mut p, mut m, mut s) = ([1.0f32; 3], [0.0; 3], [0.0; 3]);
            update.apply(Some(&[0.0, f32::NAN, 0.0]), &mut p, &mut m, &mut s);
            assert!(p[1].is_nan() && p[0].is_finite() && p[2].is_finite(), "{update:?}");
        }
    }

    #[test]
    #[should_panic(expected = "`first` of another length")]
    fn a_state_of_another_length_is_refused() {
        let u = Update::new(Rule::Momentum { mu: 0.9f32, nesterov: false }, 0.1);
        u.apply(None, &mut [0.0; 3], &mut [0.0; 2], &mut []);
    }
}
