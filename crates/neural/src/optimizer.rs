//! Optimizers: from gradients to parameters. The arithmetic is [`gyeol_tensor::update`]'s; here are the
//! hyper-parameters, the bias corrections and the state.

use std::ops::Range;

use gyeol_tensor::threads::block_of;
use gyeol_tensor::{Pool, Real, Rule, Update};
use serde::{Deserialize, Serialize};

/// An optimizer with its hyper-parameters; the learning rate comes with each step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Gradient descent; batch, stochastic or mini-batch by the batch size. With momentum μ:
    /// v = μ v + g, step v, or g + μ v where `nesterov` (as PyTorch has it).
    Sgd {
        /// μ.
        momentum: f64,
        /// Nesterov's look-ahead.
        nesterov: bool,
    },
    /// Duchi et al. 2011: step g / (sqrt(Σ g²) + ε).
    Adagrad {
        /// ε.
        epsilon: f64,
    },
    /// Hinton 2012: step g / (sqrt(E(g²)) + ε).
    RmsProp {
        /// Decay of the mean square.
        decay: f64,
        /// ε.
        epsilon: f64,
    },
    /// Kingma and Ba 2015, with the bias corrections; `weight_decay` apart from the gradient is AdamW
    /// (Loshchilov and Hutter 2019).
    Adam {
        /// Decay of the mean.
        beta1: f64,
        /// Decay of the mean square.
        beta2: f64,
        /// ε.
        epsilon: f64,
        /// Share of each decaying parameter taken off a step, times the learning rate.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// Adam with the paper's settings.
    pub fn adam() -> Self {
        Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }

    /// AdamW with the paper's settings.
    pub fn adam_w(weight_decay: f64) -> Self {
        Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay }
    }

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Optimizer::Sgd { momentum: 0.0, .. } => "SGD",
            Optimizer::Sgd { nesterov: true, .. } => "SGD + Nesterov",
            Optimizer::Sgd { .. } => "SGD + momentum",
            Optimizer::Adagrad { .. } => "Adagrad",
            Optimizer::RmsProp { .. } => "RMSprop",
            Optimizer::Adam { weight_decay: 0.0, .. } => "Adam",
            Optimizer::Adam { .. } => "AdamW",
        }
    }

    /// State for a net of `len` parameters.
    pub fn state<T: Real>(self, len: usize) -> OptimizerState<T> {
        let (first, second) = self.keeps();
        OptimizerState { steps: 0, first: vec![T::ZERO; first * len], second: vec![T::ZERO; second * len] }
    }

    /// True where `state` is one of this optimizer for `len` parameters.
    pub fn fits<T>(self, state: &OptimizerState<T>, len: usize) -> bool {
        let (first, second) = self.keeps();
        (state.first.len(), state.second.len()) == (first * len, second * len)
    }

    /// Counts a step; the calls of [`Optimizer::update`] up to the next `begin` belong to it.
    pub fn begin<T>(self, state: &mut OptimizerState<T>) {
        state.steps += 1;
    }

    /// Moves the parameters at `range` of the net against their gradient; both slices are as long as `range`,
    /// the state is the whole net's. Without a gradient the step is that of a gradient of zeros (the rows of an
    /// embedding that no token touched).
    ///
    /// # Panics
    /// If a length differs, or `range` is past the state.
    pub fn update<T: Real>(
        self,
        state: &mut OptimizerState<T>,
        step: &Step,
        range: Range<usize>,
        gradient: Option<&[T]>,
        params: &mut [T],
    ) {
        let update = self.numbers(state.steps, step);
        let (first, second) = state.at(range);
        update.apply(gradient, params, first, second);
    }

    /// [`Optimizer::update`] by blocks on the pool: the same bits.
    ///
    /// # Panics
    /// As [`Optimizer::update`].
    pub fn update_on<T: Real>(
        self,
        pool: &Pool,
        state: &mut OptimizerState<T>,
        step: &Step,
        range: Range<usize>,
        gradient: Option<&[T]>,
        params: &mut [T],
    ) {
        let update = self.numbers(state.steps, step);
        let (first, second) = state.at(range);
        update.apply_on(pool, gradient, params, first, second);
    }

    /// [`Optimizer::update_on`] for a table whose gradient is zero but for the `touched` rows: `range` and `params` are
    /// the whole table's, `gradient` (rows, width) is read at touched rows alone. The same bits as with the zeros.
    ///
    /// # Panics
    /// As [`Optimizer::update`].
    pub fn update_rows_on<T: Real>(
        self,
        pool: &Pool,
        state: &mut OptimizerState<T>,
        step: &Step,
        range: Range<usize>,
        width: usize,
        gradient: &[T],
        touched: &[bool],
        params: &mut [T],
    ) {
        let update = self.numbers(state.steps, step);
        let (first, second) = state.at(range);
        let block = (block_of(params.len()) / width.max(1)).max(1) * width.max(1);
        pool.split_mut([params, first, second], block, |range, [params, first, second]| {
            let rows = range.start / width..range.end / width;
            let mut row = rows.start;
            while row < rows.end {
                let yes = touched[row];
                let alike = touched[row..rows.end].iter().take_while(|&&t| t == yes).count();
                let part = (row - rows.start) * width..(row - rows.start + alike) * width;
                let cut = |s: &[T]| if s.is_empty() { 0..0 } else { part.clone() };
                let (of_first, of_second) = (cut(first), cut(second));
                update.apply(
                    yes.then(|| &gradient[row * width..(row + alike) * width]),
                    &mut params[part.clone()],
                    &mut first[of_first],
                    &mut second[of_second],
                );
                row += alike;
            }
        });
    }

    /// One whole step of a net whose parameters are all treated alike.
    ///
    /// # Panics
    /// If lengths differ.
    pub fn step<T: Real>(self, state: &mut OptimizerState<T>, step: &Step, gradient: &[T], params: &mut [T]) {
        self.begin(state);
        self.update(state, step, 0..params.len(), Some(gradient), params);
    }

    /// How many numbers are kept for each parameter, in `first` and in `second`.
    pub(crate) fn keeps(self) -> (usize, usize) {
        match self {
            Optimizer::Sgd { momentum: 0.0, .. } => (0, 0),
            Optimizer::Sgd { .. } => (1, 0),
            Optimizer::Adagrad { .. } | Optimizer::RmsProp { .. } => (0, 1),
            Optimizer::Adam { .. } => (1, 1),
        }
    }

    /// The numbers of step `steps` (from 1), worked out in double precision.
    fn numbers<T: Real>(self, steps: u64, step: &Step) -> Update<T> {
        let number = T::from_f64;
        let mut rate = step.learning_rate;
        let mut keep = 1.0;
        let rule = match self {
            Optimizer::Sgd { momentum: 0.0, .. } => Rule::Sgd,
            Optimizer::Sgd { momentum, nesterov } => Rule::Momentum { mu: number(momentum), nesterov },
            Optimizer::Adagrad { epsilon } => Rule::Adagrad { epsilon: number(epsilon) },
            Optimizer::RmsProp { decay, epsilon } => {
                Rule::RmsProp { decay: number(decay), rest: number(1.0 - decay), epsilon: number(epsilon) }
            }
            Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
                let t = steps.clamp(1, i32::MAX as u64) as i32;
                rate /= 1.0 - beta1.powi(t);
                if step.decays {
                    keep = 1.0 - step.learning_rate * weight_decay;
                }
                Rule::Adam {
                    beta1: number(beta1),
                    rest1: number(1.0 - beta1),
                    beta2: number(beta2),
                    rest2: number(1.0 - beta2),
                    correction: number(1.0 / (1.0 - beta2.powi(t)).sqrt()),
                    epsilon: number(epsilon),
                }
            }
        };
        let penalty = |weight: f64| if step.decays { number(weight) } else { T::ZERO };
        Update {
            rule,
            rate: number(rate),
            keep: number(keep),
            factor: number(step.factor),
            clip_value: step.clip_value.map(number),
            l1: penalty(step.l1),
            l2: penalty(step.l2),
        }
    }
}

/// One step's settings beside the optimizer's own. The gradient is scaled by `factor`, then limited to
/// ±`clip_value`, then l1 sign(p) + l2 p is added where the parameters decay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Learning rate.
    pub learning_rate: f64,
    /// Factor on the gradient, from clipping by the norm.
    pub factor: f64,
    /// Largest absolute value of a gradient; none leaves them as they are.
    pub clip_value: Option<f64>,
    /// Weight of Σ |p| in the loss.
    pub l1: f64,
    /// Weight of Σ p² / 2 in the loss.
    pub l2: f64,
    /// Whether l1, l2 and weight decay hold for these parameters ([`crate::Slot::decays`]).
    pub decays: bool,
}

impl Step {
    /// A step with nothing clipped or penalised, on parameters that decay.
    pub fn new(learning_rate: f64) -> Self {
        Step { learning_rate, factor: 1.0, clip_value: None, l1: 0.0, l2: 0.0, decays: true }
    }
}

/// What an optimizer remembers between steps.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerState<T> {
    /// Steps taken.
    pub steps: u64,
    /// Velocity, or mean of the gradient.
    pub first: Vec<T>,
    /// Sum or mean of squared gradients.
    pub second: Vec<T>,
}

impl<T> OptimizerState<T> {
    /// What is kept for the parameters at `range`; empty where the optimizer keeps nothing.
    fn at(&mut self, range: Range<usize>) -> (&mut [T], &mut [T]) {
        fn cut<T>(kept: &mut [T], range: Range<usize>) -> &mut [T] {
            if kept.is_empty() { kept } else { &mut kept[range] }
        }
        (cut(&mut self.first, range.clone()), cut(&mut self.second, range))
    }
}

#[cfg(test)]
#[path = "tests/optimizer.rs"]
mod tests;
