//! The simple recurrent net.
//!
//! Elman, "Finding structure in time", Cognitive Science 14 (1990); by back-propagation through time: Werbos,
//! "Backpropagation through time: what it does and how to do it", Proceedings of the IEEE 78 (1990).
//!
//! ```text
//! a_t = x_t W_x + h_{t-1} W_h + b        x_t (I), W_x (I, H), W_h (H, H), b (H)
//! h_t = f(a_t)                           h_t (H), f = tanh or max(0, ·)
//! ```

use super::Gradient;
use super::dense::{Curve, add_outer, plus, times, times_transposed};

/// A simple recurrent layer, or its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Rnn {
    /// W_x (I, H).
    pub w_x: Vec<f64>,
    /// W_h (H, H).
    pub w_h: Vec<f64>,
    /// b (H).
    pub b: Vec<f64>,
    /// f.
    pub curve: Curve,
}

impl Rnn {
    /// Hidden states h_0 … h_T of x_1 … x_T, the first of them as given: (T + 1, H).
    pub fn forward(&self, x: &[Vec<f64>], h_0: &[f64]) -> Vec<Vec<f64>> {
        let mut h = vec![h_0.to_vec()];
        for (t, x_t) in x.iter().enumerate() {
            let a = plus(&plus(&times(x_t, &self.w_x), &times(&h[t], &self.w_h)), &self.b);
            h.push(a.iter().map(|&a| self.curve.of(a)).collect());
        }
        h
    }

    /// From dL/dh_t, as far as L reads h_t itself (T, H), to all gradients; h is what [`Rnn::forward`] gave.
    ///
    /// L reads h_t in two ways: itself, and through h_{t+1}. Backward in time the second part is known when it is
    /// needed: it is `d_next`.
    pub fn backward(&self, x: &[Vec<f64>], h: &[Vec<f64>], d_h: &[Vec<f64>]) -> Gradient<Rnn> {
        let zero = |v: &[f64]| vec![0.0; v.len()];
        let mut d = Rnn { w_x: zero(&self.w_x), w_h: zero(&self.w_h), b: zero(&self.b), curve: self.curve };
        let mut d_x = vec![Vec::new(); x.len()];
        let mut d_next = zero(&self.b);
        for t in (0..x.len()).rev() {
            // x[t] made h[t + 1] out of h[t].
            let (h_t, h_before) = (&h[t + 1], &h[t]);
            let d_h_t = plus(&d_h[t], &d_next);
            let d_a: Vec<f64> = d_h_t.iter().zip(h_t).map(|(d, &h)| d * self.curve.slope(h)).collect();
            add_outer(&mut d.w_x, &x[t], &d_a);
            add_outer(&mut d.w_h, h_before, &d_a);
            d.b = plus(&d.b, &d_a);
            d_x[t] = times_transposed(&d_a, &self.w_x);
            d_next = times_transposed(&d_a, &self.w_h);
        }
        Gradient { weights: d, x: d_x, h_0: d_next, c_0: Vec::new() }
    }
}
