//! The minimal gated recurrent unit.
//!
//! Feng, Tung, Ahmed, Bengio and Hajimirsadeghi, "Were RNNs all we needed?", arXiv:2410.01201 (2024), section 3.1: a
//! GRU without the reset gate, whose update gate and candidate read the input alone, and whose candidate has no tanh.
//!
//! ```text
//! z_t = σ(x_t W_z + b_z)                 update gate (H)
//! n_t = x_t W_n + b_n                    candidate (H), h~ in the paper
//! h_t = (1 - z_t) h_{t-1} + z_t n_t      hidden state (H)
//! ```
//!
//! So z writes the new, where the GRU's keeps the old. All z and n can be had before the first step is walked, and h_t
//! is linear in h_{t-1}: the paper computes it by a parallel scan, in logarithms with a candidate kept positive (its
//! section B.2); here it is walked, and the candidate is the linear one.
//!
//! W_x (I, 2H): z, n. b (2H): z, n. There is no W_h.

use super::Gradient;
use super::dense::{Curve, add_outer, plus, times, times_transposed};

/// A minGRU layer, or its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct MinGru {
    /// W_x (I, 2H): z, n.
    pub w_x: Vec<f64>,
    /// b (2H): z, n.
    pub b: Vec<f64>,
}

/// What the forward walk leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct MinGruWalk {
    /// h_0 … h_T: (T + 1, H).
    pub h: Vec<Vec<f64>>,
    /// z_t, n_t: (T, 2H).
    pub gates: Vec<Vec<f64>>,
}

impl MinGru {
    /// Walks x_1 … x_T (T, I) from the state given (H).
    pub fn forward(&self, x: &[Vec<f64>], h_0: &[f64]) -> MinGruWalk {
        let k = h_0.len();
        let mut walk = MinGruWalk { h: vec![h_0.to_vec()], gates: Vec::new() };
        for (t, x_t) in x.iter().enumerate() {
            let mut gates = plus(&times(x_t, &self.w_x), &self.b);
            let mut h = vec![0.0; k];
            for j in 0..k {
                let (z, n) = (Curve::Sigmoid.of(gates[j]), gates[k + j]);
                h[j] = (1.0 - z) * walk.h[t][j] + z * n;
                gates[j] = z;
            }
            walk.h.push(h);
            walk.gates.push(gates);
        }
        walk
    }

    /// From dL/dh_t, as far as L reads h_t itself (T, H), to all gradients.
    ///
    /// h_{t-1} is reached in one way alone, directly, by 1 - z.
    pub fn backward(&self, x: &[Vec<f64>], walk: &MinGruWalk, d_h: &[Vec<f64>]) -> Gradient<MinGru> {
        let k = walk.h[0].len();
        let mut d = MinGru { w_x: vec![0.0; self.w_x.len()], b: vec![0.0; self.b.len()] };
        let mut d_x = vec![Vec::new(); x.len()];
        let mut d_h_next = vec![0.0; k];
        for t in (0..x.len()).rev() {
            let d_h_t = plus(&d_h[t], &d_h_next);
            let mut d_a = vec![0.0; 2 * k];
            for j in 0..k {
                let (z, n) = (walk.gates[t][j], walk.gates[t][k + j]);
                // h = (1 - z) h_before + z n
                let d_z = d_h_t[j] * (n - walk.h[t][j]);
                let d_n = d_h_t[j] * z;
                d_h_next[j] = d_h_t[j] * (1.0 - z);
                // z = σ of a, n = a
                d_a[j] = d_z * Curve::Sigmoid.slope(z);
                d_a[k + j] = d_n;
            }
            // a = x W_x + b
            add_outer(&mut d.w_x, &x[t], &d_a);
            d.b = plus(&d.b, &d_a);
            d_x[t] = times_transposed(&d_a, &self.w_x);
        }
        Gradient { weights: d, x: d_x, h_0: d_h_next, c_0: Vec::new() }
    }
}
