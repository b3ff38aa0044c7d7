//! The sLSTM, one of the two cells of xLSTM: an LSTM with an exponential input gate and a normaliser.
//!
//! Beck, Pöppel, Spanring, Auer, Prudnikova, Kopp, Klambauer, Brandstetter and Hochreiter, "xLSTM: extended long
//! short-term memory", NeurIPS (2024), equations 8 to 17. The forget gate is a sigmoid, of the two that the paper
//! allows: below 1, so that what is remembered stays bounded. W_h is full, where the paper's heads make it
//! block-diagonal.
//!
//! ```text
//! a   = x_t W_x + h_{t-1} W_h + b            x_t (I), W_x (I, 4H), W_h (H, 4H), b (4H): i, f, g, o
//! m_t = max(ln σ(a_f) + m_{t-1}, a_i)        stabiliser (H); a_i where nothing is remembered, n_{t-1} = 0
//! i_t = e^(a_i - m_t)                        input gate (H), e^(a_i) divided by e^m_t
//! f_t = σ(a_f) e^(m_{t-1} - m_t)             forget gate (H), from the scale of m_{t-1} to that of m_t
//! g_t = tanh(a_g)                            what may be written (H)
//! o_t = σ(a_o)                               output gate (H)
//! c_t = f_t c_{t-1} + i_t g_t                cell state (H)
//! n_t = f_t n_{t-1} + i_t                    normaliser (H)
//! h_t = o_t c_t / n_t                        hidden state (H)
//! ```
//!
//! An exponential gate can overrule all that was written before, which a sigmoid's cannot; c / n is a mean of all g so
//! far, each with its weight, and so between -1 and 1.
//!
//! **The stabiliser has no gradient.** Written without it, C_t = σ(a_f) C_{t-1} + e^(a_i) g_t and N_t likewise; c_t =
//! C_t e^-m_t and n_t = N_t e^-m_t, so that c / n = C / N whatever m is. Nothing else is read, hence no loss moves with
//! m, the way it is chosen included: the walk backward takes each m_t for a constant. The first is one: as the scale of
//! c_0 and n_0 it stands for something, C_0 = c_0 e^m_0, whence dL/dm_0 = c_0 dL/dc_0 + n_0 dL/dn_0.

use super::Gradient;
use super::dense::{Curve, add_outer, plus, times, times_transposed};

/// An sLSTM layer, or its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct SLstm {
    /// W_x (I, 4H): i, f, g, o.
    pub w_x: Vec<f64>,
    /// W_h (H, 4H): i, f, g, o.
    pub w_h: Vec<f64>,
    /// b (4H): i, f, g, o.
    pub b: Vec<f64>,
}

/// What the forward walk leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct SLstmWalk {
    /// h_0 … h_T: (T + 1, H).
    pub h: Vec<Vec<f64>>,
    /// c_0 … c_T: (T + 1, H).
    pub c: Vec<Vec<f64>>,
    /// n_0 … n_T: (T + 1, H).
    pub n: Vec<Vec<f64>>,
    /// m_0 … m_T: (T + 1, H).
    pub m: Vec<Vec<f64>>,
    /// i_t, f_t, g_t, o_t: (T, 4H).
    pub gates: Vec<Vec<f64>>,
    /// dln σ(a_f)/da_f: (T, H).
    pub slopes: Vec<Vec<f64>>,
}

impl SLstm {
    /// Walks x_1 … x_T (T, I) from the states given, each (H): h_0, then c_0, n_0 and m_0.
    pub fn forward(&self, x: &[Vec<f64>], h_0: &[f64], [c_0, n_0, m_0]: [&[f64]; 3]) -> SLstmWalk {
        let k = h_0.len();
        let first = |v: &[f64]| vec![v.to_vec()];
        let (c, n, m) = (first(c_0), first(n_0), first(m_0));
        let mut walk = SLstmWalk { h: first(h_0), c, n, m, gates: Vec::new(), slopes: Vec::new() };
        for (t, x_t) in x.iter().enumerate() {
            let a = plus(&plus(&times(x_t, &self.w_x), &times(&walk.h[t], &self.w_h)), &self.b);
            let (mut gates, mut slopes, mut h) = (vec![0.0; 4 * k], vec![0.0; k], vec![0.0; k]);
            let (mut c, mut n, mut m) = (vec![0.0; k], vec![0.0; k], vec![0.0; k]);
            for j in 0..k {
                let (a_i, a_f) = (a[j], a[k + j]);
                // ln σ(a) = min(a, 0) - ln(1 + e^-|a|), which overflows nowhere.
                let kept = a_f.min(0.0) - (-a_f.abs()).exp().ln_1p() + walk.m[t][j];
                let empty = walk.n[t][j] == 0.0;
                m[j] = if empty { a_i } else { kept.max(a_i) };
                let i = (a_i - m[j]).exp();
                let f = if empty { 0.0 } else { (kept - m[j]).exp() };
                let g = Curve::Tanh.of(a[2 * k + j]);
                let o = Curve::Sigmoid.of(a[3 * k + j]);
                c[j] = f * walk.c[t][j] + i * g;
                n[j] = f * walk.n[t][j] + i;
                h[j] = o * c[j] / n[j];
                slopes[j] = Curve::Sigmoid.of(-a_f);
                (gates[j], gates[k + j], gates[2 * k + j], gates[3 * k + j]) = (i, f, g, o);
            }
            walk.h.push(h);
            walk.c.push(c);
            walk.n.push(n);
            walk.m.push(m);
            walk.gates.push(gates);
            walk.slopes.push(slopes);
        }
        walk
    }

    /// From dL/dh_t, as far as L reads h_t itself (T, H), and dL/dc_T and dL/dn_T, each (H), to all gradients. That by
    /// m_T is c dL/dc + n dL/dn of a loss that reads these states as the cell does, and is not asked for.
    pub fn backward(
        &self,
        x: &[Vec<f64>],
        walk: &SLstmWalk,
        d_h: &[Vec<f64>],
        [d_c, d_n]: [&[f64]; 2],
    ) -> Gradient<SLstm> {
        let k = d_c.len();
        let zero = |v: &[f64]| vec![0.0; v.len()];
        let mut d = SLstm { w_x: zero(&self.w_x), w_h: zero(&self.w_h), b: zero(&self.b) };
        let mut d_x = vec![Vec::new(); x.len()];
        let (mut d_h_next, mut d_c_next, mut d_n_next) = (vec![0.0; k], d_c.to_vec(), d_n.to_vec());
        for t in (0..x.len()).rev() {
            let (h_before, c_before, n_before) = (&walk.h[t], &walk.c[t], &walk.n[t]);
            let d_h_t = plus(&d_h[t], &d_h_next);
            let mut d_a = vec![0.0; 4 * k];
            for j in 0..k {
                let gates = &walk.gates[t];
                let (i, f, g, o) = (gates[j], gates[k + j], gates[2 * k + j], gates[3 * k + j]);
                let (c, n) = (walk.c[t + 1][j], walk.n[t + 1][j]);
                // h = o c / n
                let d_o = d_h_t[j] * c / n;
                let d_c = d_c_next[j] + d_h_t[j] * o / n;
                let d_n = d_n_next[j] - d_h_t[j] * o * c / (n * n);
                // c = f c_before + i g, n = f n_before + i
                let d_i = d_c * g + d_n;
                let d_f = d_c * c_before[j] + d_n * n_before[j];
                let d_g = d_c * i;
                d_c_next[j] = d_c * f;
                d_n_next[j] = d_n * f;
                // i = e^(a_i - m), f = e^(ln σ(a_f) + m_before - m), g, o = tanh, σ of a
                d_a[j] = d_i * i;
                d_a[k + j] = d_f * f * walk.slopes[t][j];
                d_a[2 * k + j] = d_g * Curve::Tanh.slope(g);
                d_a[3 * k + j] = d_o * Curve::Sigmoid.slope(o);
            }
            // a = x W_x + h_before W_h + b
            add_outer(&mut d.w_x, &x[t], &d_a);
            add_outer(&mut d.w_h, h_before, &d_a);
            d.b = plus(&d.b, &d_a);
            d_x[t] = times_transposed(&d_a, &self.w_x);
            d_h_next = times_transposed(&d_a, &self.w_h);
        }
        let d_m: Vec<f64> = (0..k).map(|j| walk.c[0][j] * d_c_next[j] + walk.n[0][j] * d_n_next[j]).collect();
        Gradient { weights: d, x: d_x, h_0: d_h_next, c_0: [d_c_next, d_n_next, d_m].concat() }
    }
}
