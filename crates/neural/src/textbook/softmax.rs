//! The output layer over classes: softmax with its cross-entropy.
//!
//! Bridle, "Training stochastic model recognition algorithms as networks can lead to maximum mutual information
//! estimation of parameters", NIPS 2 (1990).
//!
//! ```text
//! z_v = Σ_k h_k W_vk + b_v              h (I), W (V, I): a row a class, b (V), z (V)
//! p_v = e^{z_v} / Σ_u e^{z_u}           p (V)
//! L   = -ln p_target
//! ```

use super::dense::{add_outer, times, times_transposed};

/// A softmax layer, or its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Softmax {
    /// W (V, I): row v holds the weights of class v.
    pub w: Vec<f64>,
    /// b (V).
    pub b: Vec<f64>,
}

impl Softmax {
    /// ln p (V) of h (I).
    ///
    /// ln p_v = z_v - ln Σ_u e^{z_u}. The largest z is taken off first, which changes nothing but that no e^z is too
    /// large for a number.
    pub fn forward(&self, h: &[f64]) -> Vec<f64> {
        let z: Vec<f64> = times_transposed(h, &self.w).iter().zip(&self.b).map(|(wh, b)| wh + b).collect();
        let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ln_sum = largest + z.iter().map(|z| (z - largest).exp()).sum::<f64>().ln();
        z.iter().map(|z| z - ln_sum).collect()
    }

    /// L of what [`Softmax::forward`] said.
    pub fn loss(log_probabilities: &[f64], target: usize) -> f64 {
        -log_probabilities[target]
    }

    /// From h and ln p to the gradient of L by the layer and dL/dh (I).
    ///
    /// L = ln Σ_u e^{z_u} - z_target, so dL/dz_v = p_v - 1 for the target and p_v for all others: what the layer said,
    /// less what it should have said.
    pub fn backward(&self, h: &[f64], log_probabilities: &[f64], target: usize) -> (Softmax, Vec<f64>) {
        let mut d_z: Vec<f64> = log_probabilities.iter().map(|ln_p| ln_p.exp()).collect();
        d_z[target] -= 1.0;
        let mut d_w = vec![0.0; self.w.len()];
        add_outer(&mut d_w, &d_z, h);
        let d_h = times(&d_z, &self.w);
        (Softmax { w: d_w, b: d_z }, d_h)
    }
}
