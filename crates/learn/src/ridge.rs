//! Ridge regression (Hoerl and Kennard 1970) with several outputs, by the normal equations:
//! (XᵀX + λ n I) W = XᵀY with centred columns, solved by Cholesky's factorisation in double precision.
//!
//! X is (n, p), Y (n, q), W (p, q), b (q). [`Gram`] gathers XᵀX and XᵀY by blocks of rows, so that the rows need
//! not be in memory at once, and is solved for as many penalties as wanted.

use gyeol_base::Result;
use gyeol_tensor::{MatRef, Write, matmul};

use crate::error;

/// Sums over the rows of a design, from which a fit for any penalty follows.
#[derive(Debug, Clone)]
pub struct Gram {
    inputs: usize,
    outputs: usize,
    rows: usize,
    /// (p + q) x (p + q): Zᵀ Z of Z = [X Y].
    products: Vec<f64>,
    sums: Vec<f64>,
}

/// A fitted linear model: y = x W + b.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// p.
    pub inputs: usize,
    /// q.
    pub outputs: usize,
    /// W, (p, q) row-major.
    pub weights: Vec<f64>,
    /// b, (q).
    pub bias: Vec<f64>,
}

impl Gram {
    /// Nothing seen yet.
    pub fn new(inputs: usize, outputs: usize) -> Self {
        let d = inputs + outputs;
        Gram { inputs, outputs, rows: 0, products: vec![0.0; d * d], sums: vec![0.0; d] }
    }

    /// Adds a block of rows; `z` is (rows, p + q), inputs before outputs.
    ///
    /// # Panics
    /// If `z` is not whole rows.
    pub fn add(&mut self, z: &[f64]) {
        let d = self.inputs + self.outputs;
        assert_eq!(z.len() % d, 0, "a block of {} numbers is no whole number of rows of {d}", z.len());
        let rows = z.len() / d;
        let block = MatRef::new(z, rows, d);
        matmul(block.t(), block, &mut self.products, d, Write::Add);
        for row in z.chunks_exact(d) {
            self.sums.iter_mut().zip(row).for_each(|(s, v)| *s += v);
        }
        self.rows += rows;
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: &Gram) {
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
        self.rows += other.rows;
    }

    /// Rows seen.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The fit for penalty `ridge` (per row, on the centred inputs; the bias is not penalised).
    ///
    /// # Errors
    /// No rows (`no-rows`); `singular` where inputs are collinear and the penalty too small.
    pub fn solve(&self, ridge: f64) -> Result<Linear> {
        if self.rows == 0 {
            return Err(error::no_rows());
        }
        let (p, q, d, n) = (self.inputs, self.outputs, self.inputs + self.outputs, self.rows as f64);
        let centred = |i: usize, j: usize| self.products[i * d + j] - self.sums[i] * self.sums[j] / n;
        let mut a = vec![0.0; p * p];
        let mut scale: f64 = 0.0;
        for i in 0..p {
            for j in 0..=i {
                a[i * p + j] = centred(i, j);
            }
            scale = scale.max(a[i * p + i]);
            a[i * p + i] += ridge * n;
        }
        cholesky(&mut a, p, scale, ridge)?;
        let mut weights = vec![0.0; p * q];
        let mut column = vec![0.0; p];
        for j in 0..q {
            for (i, c) in column.iter_mut().enumerate() {
                *c = centred(i, p + j);
            }
            solve_factored(&a, p, &mut column);
            for (i, c) in column.iter().enumerate() {
                weights[i * q + j] = *c;
            }
        }
        let bias = (0..q)
            .map(|j| (self.sums[p + j] - (0..p).map(|i| self.sums[i] * weights[i * q + j]).sum::<f64>()) / n)
            .collect();
        Ok(Linear { inputs: p, outputs: q, weights, bias })
    }
}

/// A = L Lᵀ in place (lower triangle); `scale` is the largest diagonal, against which a pivot is judged.
fn cholesky(a: &mut [f64], p: usize, scale: f64, ridge: f64) -> Result<()> {
    for j in 0..p {
        let (above, rest) = a.split_at_mut(j * p);
        let row_j = &rest[..j];
        let pivot = rest[j] - row_j.iter().map(|v| v * v).sum::<f64>();
        if pivot.is_nan() || pivot <= scale * 1e-14 {
            return Err(error::singular(p, ridge, j, pivot));
        }
        let root = pivot.sqrt();
        let row_j = row_j.to_vec();
        let _ = above;
        a[j * p + j] = root;
        for i in j + 1..p {
            let row = &mut a[i * p..i * p + j + 1];
            let dot: f64 = row[..j].iter().zip(&row_j).map(|(x, y)| x * y).sum();
            row[j] = (row[j] - dot) / root;
        }
    }
    Ok(())
}

fn solve_factored(l: &[f64], p: usize, x: &mut [f64]) {
    for i in 0..p {
        let dot: f64 = l[i * p..i * p + i].iter().zip(&x[..i]).map(|(a, b)| a * b).sum();
        x[i] = (x[i] - dot) / l[i * p + i];
    }
    for i in (0..p).rev() {
        let v = x[i] / l[i * p + i];
        x[i] = v;
        for j in 0..i {
            x[j] -= l[i * p + j] * v;
        }
    }
}

impl Linear {
    /// y (q) = x (p) W + b.
    ///
    /// # Panics
    /// If a length differs from the model's.
    pub fn predict(&self, x: &[f64], y: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.inputs, self.outputs));
        y.copy_from_slice(&self.bias);
        for (v, w) in x.iter().zip(self.weights.chunks_exact(self.outputs)) {
            for (y, w) in y.iter_mut().zip(w) {
                *y += v * w;
            }
        }
    }

    /// Numbers fitted.
    pub fn parameters(&self) -> usize {
        self.weights.len() + self.bias.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_tensor::Rng;

    #[test]
    fn recovers_a_plane_exactly() {
        let mut rng = Rng::new(1);
        let mut gram = Gram::new(3, 2);
        let mut other = Gram::new(3, 2);
        for i in 0..50 {
            let x: Vec<f64> = (0..3).map(|_| rng.normal()).collect();
            let row = [x[0], x[1], x[2], 2.0 * x[0] - x[1] + 5.0, 0.5 * x[2] - 1.0];
            if i % 2 == 0 { gram.add(&row) } else { other.add(&row) }
        }
        gram.merge(&other);
        let fit = gram.solve(0.0).unwrap();
        let want = [2.0, 0.0, -1.0, 0.0, 0.0, 0.5];
        assert!(fit.weights.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-10), "{:?}", fit.weights);
        assert!((fit.bias[0] - 5.0).abs() < 1e-10 && (fit.bias[1] + 1.0).abs() < 1e-10);
    }

    #[test]
    fn one_input_shrinks_as_the_formula_says() {
        // x = -1, 0, 1; y = -2, 0, 2: w = Σxy / (Σx² + λ n) = 4 / (2 + 3 λ).
        let mut gram = Gram::new(1, 1);
        gram.add(&[-1.0, -2.0, 0.0, 0.0, 1.0, 2.0]);
        assert!((gram.solve(0.5).unwrap().weights[0] - 4.0 / 3.5).abs() < 1e-12);
    }

    #[test]
    fn collinear_inputs_are_refused_without_a_penalty() {
        let mut gram = Gram::new(2, 1);
        gram.add(&[1.0, 2.0, 3.0, 2.0, 4.0, 5.0, 3.0, 6.0, 8.0]);
        let error = gram.solve(0.0).unwrap_err();
        assert!(error.code() == "singular" && error.to_string().contains("in column 1)"), "{error}");
        assert!(gram.solve(1e-3).is_ok());
        assert_eq!(Gram::new(1, 1).solve(1.0).unwrap_err().code(), "no-rows");
    }
}
