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
    /// p x (p + q): Xᵀ [X Y].
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
        Gram { inputs, outputs, rows: 0, products: vec![0.0; inputs * d], sums: vec![0.0; d] }
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
        let inputs = MatRef::strided(z, rows, self.inputs, d);
        matmul(inputs.t(), block, &mut self.products, d, Write::Add);
        for row in z.chunks_exact(d) {
            self.sums.iter_mut().zip(row).for_each(|(s, v)| *s += v);
        }
        self.rows += rows;
    }

    /// Adds a row of few inputs that are not 0, each once with its column, in ascending order.
    ///
    /// # Panics
    /// If a column is beyond p, or `y` is not (q).
    pub fn add_sparse(&mut self, x: &[(u32, f64)], y: &[f64]) {
        assert_eq!(y.len(), self.outputs);
        let (p, d) = (self.inputs, self.inputs + self.outputs);
        for (at, &(i, v)) in x.iter().enumerate() {
            let row = &mut self.products[i as usize * d..(i as usize + 1) * d];
            // Only what lies on the diagonal and left of it is read.
            for &(j, w) in &x[..=at] {
                row[j as usize] += v * w;
            }
            row[p..].iter_mut().zip(y).for_each(|(o, y)| *o += v * y);
            self.sums[i as usize] += v;
        }
        self.sums[p..].iter_mut().zip(y).for_each(|(s, y)| *s += y);
        self.rows += 1;
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: &Gram) {
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
        self.rows += other.rows;
    }

    /// Means of the inputs.
    pub fn means(&self) -> Vec<f64> {
        let n = self.rows.max(1) as f64;
        self.sums[..self.inputs].iter().map(|sum| sum / n).collect()
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
        self.solve_first(self.inputs, ridge, false)
    }

    /// The fit of inputs brought to deviation 1 each, by the first `inputs` of them alone (the weights of the rest are 0); those
    /// that never change get no weight.
    ///
    /// # Errors
    /// As [`Gram::solve`].
    pub fn solve_scaled(&self, inputs: usize, ridge: f64) -> Result<Linear> {
        self.solve_first(inputs.min(self.inputs), ridge, true)
    }

    fn solve_first(&self, used: usize, ridge: f64, scaled: bool) -> Result<Linear> {
        if self.rows == 0 {
            return Err(error::no_rows());
        }
        let (p, q, d, n) = (self.inputs, self.outputs, self.inputs + self.outputs, self.rows as f64);
        let centred = |i: usize, j: usize| self.products[i * d + j] - self.sums[i] * self.sums[j] / n;
        // Deviations times √n; the penalty on a weight of the inputs as they stand is ridge times their square.
        let spread: Vec<f64> = (0..used).map(|i| centred(i, i).max(0.0)).collect();
        let widest = spread.iter().copied().fold(0.0, f64::max);
        let still = |i: usize| scaled && spread[i] <= 1e-12 * self.products[i * d + i].max(1e-300);
        let p_all = p;
        let p = used;
        let mut a = vec![0.0; p * p];
        let mut scale: f64 = 0.0;
        for i in 0..p {
            if still(i) {
                a[i * p + i] = widest.max(1.0);
                continue;
            }
            for j in 0..=i {
                a[i * p + j] = if still(j) { 0.0 } else { centred(i, j) };
            }
            scale = scale.max(a[i * p + i]);
            a[i * p + i] += if scaled { ridge * spread[i] } else { ridge * n };
        }
        // Inputs of their own scale differ by more than rounding does.
        cholesky(&mut a, p, if scaled { 0.0 } else { scale }, ridge)?;
        let mut weights = vec![0.0; p_all * q];
        let mut column = vec![0.0; p];
        for j in 0..q {
            for (i, c) in column.iter_mut().enumerate() {
                *c = if still(i) { 0.0 } else { centred(i, p_all + j) };
            }
            solve_factored(&a, p, &mut column);
            for (i, c) in column.iter().enumerate() {
                weights[i * q + j] = *c;
            }
        }
        let bias = (0..q)
            .map(|j| {
                (self.sums[p_all + j] - (0..p).map(|i| self.sums[i] * weights[i * q + j]).sum::<f64>()) / n
            })
            .collect();
        Ok(Linear { inputs: p_all, outputs: q, weights, bias })
    }
}

/// A = L Lᵀ in place (lower triangle); `scale` is the largest diagonal, against which a pivot is judged.
fn cholesky(a: &mut [f64], p: usize, scale: f64, ridge: f64) -> Result<()> {
    for j in 0..p {
        let rest = &a[j * p..];
        let row_j = &rest[..j];
        let pivot = rest[j] - dot(row_j, row_j);
        if pivot.is_nan() || pivot <= scale * 1e-14 {
            return Err(error::singular(p, ridge, j, pivot));
        }
        let root = pivot.sqrt();
        let row_j = row_j.to_vec();
        a[j * p + j] = root;
        for i in j + 1..p {
            let row = &mut a[i * p..i * p + j + 1];
            row[j] = (row[j] - dot(&row[..j], &row_j)) / root;
        }
    }
    Ok(())
}

/// Σ a b in eight sums, that of each place modulo eight, so that it runs over wide registers.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for (s, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *s += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

fn solve_factored(l: &[f64], p: usize, x: &mut [f64]) {
    for i in 0..p {
        x[i] = (x[i] - dot(&l[i * p..i * p + i], &x[..i])) / l[i * p + i];
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
    fn sparse_rows_give_the_sums_of_dense_ones_and_scales_do_not_matter() {
        let mut rng = Rng::new(2);
        let (mut dense, mut sparse, mut other) = (Gram::new(4, 1), Gram::new(4, 1), Gram::new(4, 1));
        for i in 0..60u32 {
            let (a, b) = (rng.normal(), rng.normal());
            let y = a - 2.0 * b + 0.1 * rng.normal();
            let mut row = [0.0; 5];
            (row[i as usize % 2], row[3], row[4]) = (a, b, y);
            dense.add(&row);
            sparse.add_sparse(&[(i % 2, a), (3, b)], &[y]);
            other.add_sparse(&[(i % 2, 1e3 * a), (3, 1e-3 * b)], &[y]);
        }
        let (one, two) = (dense.solve(0.1).unwrap(), sparse.solve(0.1).unwrap());
        assert!(one.weights.iter().zip(&two.weights).all(|(a, b)| (a - b).abs() < 1e-12));
        // The third input is never seen and gets no weight; the rest fit alike whatever their unit.
        let (one, two) = (sparse.solve_scaled(4, 0.1).unwrap(), other.solve_scaled(4, 0.1).unwrap());
        assert_eq!(one.weights[2], 0.0);
        assert!((one.weights[0] - 1e3 * two.weights[0]).abs() < 1e-9);
        assert!((one.weights[3] - 1e-3 * two.weights[3]).abs() < 1e-9);
        let first = sparse.solve_scaled(3, 0.1).unwrap();
        assert!(first.weights[3] == 0.0 && first.weights[0] != one.weights[0]);
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
