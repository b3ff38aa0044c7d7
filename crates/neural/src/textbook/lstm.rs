//! Long short-term memory.
//!
//! Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with the forget gate of Gers,
//! Schmidhuber and Cummins, "Learning to forget: continual prediction with LSTM", Neural Computation 12 (2000); no
//! peepholes.
//!
//! ```text
//! a   = x_t W_x + h_{t-1} W_h + b        x_t (I), W_x (I, 4H), W_h (H, 4H), b (4H): i, f, g, o
//! i_t = σ(a_i)                           input gate (H)
//! f_t = σ(a_f)                           forget gate (H)
//! g_t = tanh(a_g)                        what may be written (H)
//! o_t = σ(a_o)                           output gate (H)
//! c_t = f_t c_{t-1} + i_t g_t            cell state (H)
//! h_t = o_t tanh(c_t)                    hidden state (H)
//! ```
//!
//! One bias a gate, that of the input and of the hidden product in one (PyTorch's is the sum of its two).

use super::Gradient;
use super::dense::{Curve, add_outer, plus, times, times_transposed};

/// An LSTM layer, or its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Lstm {
    /// W_x (I, 4H): i, f, g, o.
    pub w_x: Vec<f64>,
    /// W_h (H, 4H): i, f, g, o.
    pub w_h: Vec<f64>,
    /// b (4H): i, f, g, o.
    pub b: Vec<f64>,
}

/// What the forward walk leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct LstmWalk {
    /// h_0 … h_T: (T + 1, H).
    pub h: Vec<Vec<f64>>,
    /// c_0 … c_T: (T + 1, H).
    pub c: Vec<Vec<f64>>,
    /// i_t, f_t, g_t, o_t: (T, 4H).
    pub gates: Vec<Vec<f64>>,
}

impl Lstm {
    /// Walks x_1 … x_T (T, I) from the states given, each (H).
    pub fn forward(&self, x: &[Vec<f64>], h_0: &[f64], c_0: &[f64]) -> LstmWalk {
        let n = h_0.len();
        let mut walk = LstmWalk { h: vec![h_0.to_vec()], c: vec![c_0.to_vec()], gates: Vec::new() };
        for (t, x_t) in x.iter().enumerate() {
            let a = plus(&plus(&times(x_t, &self.w_x), &times(&walk.h[t], &self.w_h)), &self.b);
            let (mut gates, mut c, mut h) = (vec![0.0; 4 * n], vec![0.0; n], vec![0.0; n]);
            for j in 0..n {
                let i = Curve::Sigmoid.of(a[j]);
                let f = Curve::Sigmoid.of(a[n + j]);
                let g = Curve::Tanh.of(a[2 * n + j]);
                let o = Curve::Sigmoid.of(a[3 * n + j]);
                c[j] = f * walk.c[t][j] + i * g;
                h[j] = o * c[j].tanh();
                (gates[j], gates[n + j], gates[2 * n + j], gates[3 * n + j]) = (i, f, g, o);
            }
            walk.h.push(h);
            walk.c.push(c);
            walk.gates.push(gates);
        }
        walk
    }

    /// From dL/dh_t, as far as L reads h_t itself (T, H), and dL/dc_T (H) to all gradients.
    ///
    /// Two things go backward in time: d_h through the product with W_h, and d_c by the forget gate alone. Where f is
    /// near 1, the second comes through a hundred steps unharmed: what the cell was made for.
    pub fn backward(&self, x: &[Vec<f64>], walk: &LstmWalk, d_h: &[Vec<f64>], d_c: &[f64]) -> Gradient<Lstm> {
        let n = d_c.len();
        let zero = |v: &[f64]| vec![0.0; v.len()];
        let mut d = Lstm { w_x: zero(&self.w_x), w_h: zero(&self.w_h), b: zero(&self.b) };
        let mut d_x = vec![Vec::new(); x.len()];
        let (mut d_h_next, mut d_c_next) = (vec![0.0; n], d_c.to_vec());
        for t in (0..x.len()).rev() {
            let (h_before, c_before) = (&walk.h[t], &walk.c[t]);
            let d_h_t = plus(&d_h[t], &d_h_next);
            let mut d_a = vec![0.0; 4 * n];
            for j in 0..n {
                let gates = &walk.gates[t];
                let (i, f, g, o) = (gates[j], gates[n + j], gates[2 * n + j], gates[3 * n + j]);
                let tanh_c = walk.c[t + 1][j].tanh();
                // h = o tanh(c)
                let d_o = d_h_t[j] * tanh_c;
                let d_c = d_c_next[j] + d_h_t[j] * o * Curve::Tanh.slope(tanh_c);
                // c = f c_before + i g
                let d_i = d_c * g;
                let d_f = d_c * c_before[j];
                let d_g = d_c * i;
                d_c_next[j] = d_c * f;
                // i, f, g, o = σ, σ, tanh, σ of a
                d_a[j] = d_i * Curve::Sigmoid.slope(i);
                d_a[n + j] = d_f * Curve::Sigmoid.slope(f);
                d_a[2 * n + j] = d_g * Curve::Tanh.slope(g);
                d_a[3 * n + j] = d_o * Curve::Sigmoid.slope(o);
            }
            // a = x W_x + h_before W_h + b
            add_outer(&mut d.w_x, &x[t], &d_a);
            add_outer(&mut d.w_h, h_before, &d_a);
            d.b = plus(&d.b, &d_a);
            d_x[t] = times_transposed(&d_a, &self.w_x);
            d_h_next = times_transposed(&d_a, &self.w_h);
        }
        Gradient { weights: d, x: d_x, h_0: d_h_next, c_0: d_c_next }
    }
}
