//! Optimizers: from gradients to parameters.

use gyeol_tensor::Real;
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
        let (first, second) = match self {
            Optimizer::Sgd { momentum: 0.0, .. } => (0, 0),
            Optimizer::Sgd { .. } => (len, 0),
            Optimizer::Adagrad { .. } | Optimizer::RmsProp { .. } => (0, len),
            Optimizer::Adam { .. } => (len, len),
        };
        OptimizerState { steps: 0, first: vec![T::ZERO; first], second: vec![T::ZERO; second] }
    }

    /// One step: `params` move against `gradient`. `decays` says for each number whether weight decay holds.
    pub fn step<T: Real>(
        self,
        state: &mut OptimizerState<T>,
        learning_rate: f64,
        gradient: &[T],
        params: &mut [T],
        decays: &[bool],
    ) {
        state.steps += 1;
        let lr = T::from_f64(learning_rate);
        match self {
            Optimizer::Sgd { momentum: 0.0, .. } => {
                for (p, &g) in params.iter_mut().zip(gradient) {
                    *p -= lr * g;
                }
            }
            Optimizer::Sgd { momentum, nesterov } => {
                let mu = T::from_f64(momentum);
                for ((p, v), &g) in params.iter_mut().zip(&mut state.first).zip(gradient) {
                    *v = mu * *v + g;
                    *p -= lr * if nesterov { g + mu * *v } else { *v };
                }
            }
            Optimizer::Adagrad { epsilon } => {
                let eps = T::from_f64(epsilon);
                for ((p, s), &g) in params.iter_mut().zip(&mut state.second).zip(gradient) {
                    *s += g * g;
                    *p -= lr * g / (s.sqrt() + eps);
                }
            }
            Optimizer::RmsProp { decay, epsilon } => {
                let (d, e, eps) = (T::from_f64(decay), T::from_f64(1.0 - decay), T::from_f64(epsilon));
                for ((p, s), &g) in params.iter_mut().zip(&mut state.second).zip(gradient) {
                    *s = d * *s + e * g * g;
                    *p -= lr * g / (s.sqrt() + eps);
                }
            }
            Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
                let t = state.steps.min(i32::MAX as u64) as i32;
                let step = T::from_f64(learning_rate / (1.0 - beta1.powi(t)));
                let correction = T::from_f64(1.0 / (1.0 - beta2.powi(t)).sqrt());
                let (b1, c1) = (T::from_f64(beta1), T::from_f64(1.0 - beta1));
                let (b2, c2) = (T::from_f64(beta2), T::from_f64(1.0 - beta2));
                let eps = T::from_f64(epsilon);
                let keep = T::from_f64(1.0 - learning_rate * weight_decay);
                if weight_decay != 0.0 {
                    for (p, &decays) in params.iter_mut().zip(decays) {
                        if decays {
                            *p *= keep;
                        }
                    }
                }
                for (((p, m), s), &g) in
                    params.iter_mut().zip(&mut state.first).zip(&mut state.second).zip(gradient)
                {
                    *m = b1 * *m + c1 * g;
                    *s = b2 * *s + c2 * g * g;
                    *p -= step * *m / (s.sqrt() * correction + eps);
                }
            }
        }
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
