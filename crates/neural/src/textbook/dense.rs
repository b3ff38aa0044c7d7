//! The fully connected layer, and the three products of which every other layer here is made.
//!
//! Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", Nature 323 (1986).
//!
//! ```text
//! z_j = Σ_k x_k W_kj + b_j        x (I), W (I, O), b (O), z (O)
//! y_j = f(z_j)                    y (O)
//! ```

/// f, element by element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// f(z) = z.
    Linear,
    /// f(z) = 1 / (1 + e^-z).
    Sigmoid,
    /// f(z) = tanh z.
    Tanh,
    /// f(z) = max(z, 0).
    Relu,
    /// f(z) = z above 0, z / 100 below.
    LeakyRelu,
}

impl Curve {
    /// f(z).
    pub fn of(self, z: f64) -> f64 {
        match self {
            Curve::Linear => z,
            Curve::Sigmoid => 1.0 / (1.0 + (-z).exp()),
            Curve::Tanh => z.tanh(),
            Curve::Relu => z.max(0.0),
            Curve::LeakyRelu => {
                if z > 0.0 {
                    z
                } else {
                    0.01 * z
                }
            }
        }
    }

    /// f'(z), said in y = f(z), which the forward walk has left anyway.
    pub fn slope(self, y: f64) -> f64 {
        match self {
            Curve::Linear => 1.0,
            Curve::Sigmoid => y * (1.0 - y),
            Curve::Tanh => 1.0 - y * y,
            Curve::Relu => f64::from(y > 0.0),
            Curve::LeakyRelu => {
                if y > 0.0 {
                    1.0
                } else {
                    0.01
                }
            }
        }
    }
}

/// A dense layer, or its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// W (I, O): row k holds the weights from x_k.
    pub w: Vec<f64>,
    /// b (O).
    pub b: Vec<f64>,
    /// f.
    pub curve: Curve,
}

impl Dense {
    /// y (O) of x (I).
    pub fn forward(&self, x: &[f64]) -> Vec<f64> {
        let z = plus(&times(x, &self.w), &self.b);
        z.iter().map(|&z| self.curve.of(z)).collect()
    }

    /// From dL/dy (O) to the layer's gradient and dL/dx (I).
    pub fn backward(&self, x: &[f64], y: &[f64], d_y: &[f64]) -> (Dense, Vec<f64>) {
        let d_z: Vec<f64> = d_y.iter().zip(y).map(|(d_y, &y)| d_y * self.curve.slope(y)).collect();
        let mut d_w = vec![0.0; self.w.len()];
        add_outer(&mut d_w, x, &d_z);
        let d_x = times_transposed(&d_z, &self.w);
        (Dense { w: d_w, b: d_z, curve: self.curve }, d_x)
    }
}

/// x W: Σ_k x_k W_kj for every j. x (I), W (I, J).
pub(super) fn times(x: &[f64], w: &[f64]) -> Vec<f64> {
    let columns = w.len() / x.len();
    (0..columns).map(|j| x.iter().enumerate().map(|(k, x_k)| x_k * w[k * columns + j]).sum()).collect()
}

/// d Wᵀ: Σ_j d_j W_kj for every k, which takes dL/dz of z = x W to dL/dx. d (J), W (I, J).
pub(super) fn times_transposed(d: &[f64], w: &[f64]) -> Vec<f64> {
    w.chunks(d.len()).map(|row| row.iter().zip(d).map(|(w_kj, d_j)| d_j * w_kj).sum()).collect()
}

/// W_kj += x_k d_j, which takes dL/dz of z = x W to dL/dW. x (I), d (J), W (I, J).
pub(super) fn add_outer(w: &mut [f64], x: &[f64], d: &[f64]) {
    for (row, x_k) in w.chunks_mut(d.len()).zip(x) {
        row.iter_mut().zip(d).for_each(|(w_kj, d_j)| *w_kj += x_k * d_j);
    }
}

/// a + b, element by element.
pub(super) fn plus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}
