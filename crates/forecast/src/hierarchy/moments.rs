//! Covariances of the errors of all series at one time, from few origins: shrunk towards their diagonal.
//!
//! ```text
//! W = λ diag(Ŵ) + (1 - λ) Ŵ          Ŵ_ij = mean of e_i e_j over the rows ahead of all origins
//! λ = Σ_{i≠j} Var(r_ij) / Σ_{i≠j} r_ij²,  held to 0 … 1          r_ij = Ŵ_ij / √(Ŵ_ii Ŵ_jj)
//! ```
//!
//! (Schäfer and Strimmer 2005, as Wickramasuriya, Athanasopoulos and Hyndman 2019 use it; errors are not centred, since forecasts
//! are taken to be without bias.) The variance of r_ij is that of its mean over origins, whose rows ahead hang together: with one
//! row ahead it is theirs. Rows ahead are pooled: the adjustment does not change with the size of W, only with its shape, and
//! a step alone has too few origins for a shape of its own.

use super::SeriesErrors;

/// Sums over the origins of a part.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    n: usize,
    /// Origins.
    pub origins: usize,
    /// Of each series, Σ e² and how many there were.
    squares: Vec<(f64, f64)>,
    /// Σ over origins of the mean of e_i e_j over its rows ahead, (n, n); empty where no covariances are asked for.
    products: Vec<f64>,
    /// Σ of the squares of those means.
    squared: Vec<f64>,
}

impl Moments {
    /// Nothing seen yet of `n` series.
    pub fn new(n: usize, covariances: bool) -> Moments {
        let pairs = if covariances { n * n } else { 0 };
        Moments {
            n,
            origins: 0,
            squares: vec![(0.0, 0.0); n],
            products: vec![0.0; pairs],
            squared: vec![0.0; pairs],
        }
    }

    /// Takes in one origin; what is missing counts as no error in products, which shrinks its covariances further.
    pub fn add(&mut self, errors: &SeriesErrors) {
        let (n, horizon) = (self.n, errors.horizon);
        self.origins += 1;
        let mut known = vec![0.0; n * horizon];
        for ((known, row), (sum, count)) in
            known.chunks_exact_mut(horizon).zip(errors.rows()).zip(&mut self.squares)
        {
            for (known, &e) in known.iter_mut().zip(row).filter(|(_, e)| e.is_finite()) {
                *known = e;
                *sum += e * e;
                *count += 1.0;
            }
        }
        if self.products.is_empty() {
            return;
        }
        for i in 0..n {
            let a = &known[i * horizon..(i + 1) * horizon];
            for j in i..n {
                let b = &known[j * horizon..(j + 1) * horizon];
                let mean = a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / horizon as f64;
                self.products[i * n + j] += mean;
                self.squared[i * n + j] += mean * mean;
            }
        }
    }

    /// Both together.
    pub fn merged(mut self, other: &Moments) -> Moments {
        self.origins += other.origins;
        for ((a, n), (b, m)) in self.squares.iter_mut().zip(&other.squares) {
            *a += b;
            *n += m;
        }
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
        self.squared.iter_mut().zip(&other.squared).for_each(|(a, b)| *a += b);
        self
    }

    /// Mean squared error of each series; one without an error gets a millionth of a millionth of the largest, so that it is
    /// trusted and no division by nothing follows.
    pub fn variances(&self) -> Vec<f64> {
        let mean = |&(sum, count): &(f64, f64)| if count > 0.0 { sum / count } else { 0.0 };
        let all: Vec<f64> = self.squares.iter().map(mean).collect();
        let least = 1e-12 * all.iter().copied().fold(1e-80, f64::max);
        all.into_iter().map(|v| v.max(least)).collect()
    }

    /// The shrunk covariances, (n, n), and λ.
    pub fn shrunk(&self) -> (Vec<f64>, f64) {
        let (n, k) = (self.n, self.origins.max(1) as f64);
        let deviations: Vec<f64> = self.variances().into_iter().map(f64::sqrt).collect();
        let (mut noise, mut signal) = (0.0, 0.0);
        for i in 0..n {
            for j in i + 1..n {
                let unit = deviations[i] * deviations[j];
                let r = self.products[i * n + j] / k / unit;
                let second = self.squared[i * n + j] / k / (unit * unit);
                // Of the mean of k numbers: their variance by k.
                noise += (second - r * r).max(0.0) / (k - 1.0);
                signal += r * r;
            }
        }
        let shrinkage = if k > 1.0 && signal > 0.0 { (noise / signal).clamp(0.0, 1.0) } else { 1.0 };
        let mut w = vec![0.0; n * n];
        for i in 0..n {
            w[i * n + i] = deviations[i] * deviations[i];
            for j in i + 1..n {
                let value = (1.0 - shrinkage) * self.products[i * n + j] / k;
                (w[i * n + j], w[j * n + i]) = (value, value);
            }
        }
        (w, shrinkage)
    }
}
