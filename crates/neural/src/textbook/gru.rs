//! The gated recurrent unit, with the reset after the product.
//!
//! Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation", EMNLP
//! (2014). The paper multiplies r and h_{t-1} before the product with W_hn; here r is multiplied with the product and
//! its own bias, as cuDNN and PyTorch have it, so that one product with W_h serves all gates. These are two models:
//! weights of the one are none of the other. And z keeps the old state, as in the paper, where some swap z and 1 - z.
//!
//! ```text
//! r_t = σ(x_t W_xr + h_{t-1} W_hr + b_r)                     reset gate (H)
//! z_t = σ(x_t W_xz + h_{t-1} W_hz + b_z)                     update gate (H)
//! m_t = h_{t-1} W_hn + b_hn                                  what the old state says (H)
//! n_t = tanh(x_t W_xn + b_n + r_t m_t)                       new state (H)
//! h_t = (1 - z_t) n_t + z_t h_{t-1}                          hidden state (H)
//! ```
//!
//! The order of the gates is such that r and z lie beside both n and m:
//! W_x (I, 3H): n, r, z. W_h (H, 3H): r, z, n. b (4H): n, r, z, hn.

use super::Gradient;
use super::dense::{Curve, add_outer, plus, times, times_transposed};

/// A GRU layer, or its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Gru {
    /// W_x (I, 3H): n, r, z.
    pub w_x: Vec<f64>,
    /// W_h (H, 3H): r, z, n.
    pub w_h: Vec<f64>,
    /// b (4H): n, r, z, hn.
    pub b: Vec<f64>,
}

/// What the forward walk leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct GruWalk {
    /// h_0 … h_T: (T + 1, H).
    pub h: Vec<Vec<f64>>,
    /// n_t, r_t, z_t, m_t: (T, 4H).
    pub gates: Vec<Vec<f64>>,
}

impl Gru {
    /// Walks x_1 … x_T (T, I) from the state given (H).
    pub fn forward(&self, x: &[Vec<f64>], h_0: &[f64]) -> GruWalk {
        let k = h_0.len();
        let mut walk = GruWalk { h: vec![h_0.to_vec()], gates: Vec::new() };
        for (t, x_t) in x.iter().enumerate() {
            // Of the input: n, r, z. Of the hidden state: r, z, m.
            let of_x = plus(&times(x_t, &self.w_x), &self.b[..3 * k]);
            let of_h = times(&walk.h[t], &self.w_h);
            let (mut gates, mut h) = (vec![0.0; 4 * k], vec![0.0; k]);
            for j in 0..k {
                let r = Curve::Sigmoid.of(of_x[k + j] + of_h[j]);
                let z = Curve::Sigmoid.of(of_x[2 * k + j] + of_h[k + j]);
                let m = of_h[2 * k + j] + self.b[3 * k + j];
                let n = Curve::Tanh.of(of_x[j] + r * m);
                h[j] = (1.0 - z) * n + z * walk.h[t][j];
                (gates[j], gates[k + j], gates[2 * k + j], gates[3 * k + j]) = (n, r, z, m);
            }
            walk.h.push(h);
            walk.gates.push(gates);
        }
        walk
    }

    /// From dL/dh_t, as far as L reads h_t itself (T, H), to all gradients.
    ///
    /// h_{t-1} is reached in two ways: through the product with W_h, and directly, by z.
    pub fn backward(&self, x: &[Vec<f64>], walk: &GruWalk, d_h: &[Vec<f64>]) -> Gradient<Gru> {
        let k = walk.h[0].len();
        let zero = |v: &[f64]| vec![0.0; v.len()];
        let mut d = Gru { w_x: zero(&self.w_x), w_h: zero(&self.w_h), b: zero(&self.b) };
        let mut d_x = vec![Vec::new(); x.len()];
        let mut d_h_next = vec![0.0; k];
        for t in (0..x.len()).rev() {
            let h_before = &walk.h[t];
            let d_h_t = plus(&d_h[t], &d_h_next);
            let mut d_a = vec![0.0; 4 * k];
            let mut direct = vec![0.0; k];
            for j in 0..k {
                let gates = &walk.gates[t];
                let (n, r, z, m) = (gates[j], gates[k + j], gates[2 * k + j], gates[3 * k + j]);
                // h = (1 - z) n + z h_before
                let d_n = d_h_t[j] * (1.0 - z);
                let d_z = d_h_t[j] * (h_before[j] - n);
                direct[j] = d_h_t[j] * z;
                // n = tanh(a_n), a_n = x W_xn + b_n + r m
                let d_a_n = d_n * Curve::Tanh.slope(n);
                let d_r = d_a_n * m;
                let d_m = d_a_n * r;
                // r, z = σ of a
                d_a[j] = d_a_n;
                d_a[k + j] = d_r * Curve::Sigmoid.slope(r);
                d_a[2 * k + j] = d_z * Curve::Sigmoid.slope(z);
                d_a[3 * k + j] = d_m;
            }
            // n, r, z = x W_x + …, r, z, m = h_before W_h + …, and all four have a bias.
            let (of_x, of_h) = (&d_a[..3 * k], &d_a[k..]);
            add_outer(&mut d.w_x, &x[t], of_x);
            add_outer(&mut d.w_h, h_before, of_h);
            d.b = plus(&d.b, &d_a);
            d_x[t] = times_transposed(of_x, &self.w_x);
            d_h_next = plus(&direct, &times_transposed(of_h, &self.w_h));
        }
        Gradient { weights: d, x: d_x, h_0: d_h_next, c_0: Vec::new() }
    }
}
