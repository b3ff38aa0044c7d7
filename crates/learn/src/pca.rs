//! Principal components (Pearson 1901; Hotelling 1933): the directions in which centred rows vary most, by the eigenvectors of
//! their covariance XᵀX / (n - 1), or of X Xᵀ where there are fewer rows than columns. Of each direction the number of largest size is
//! positive, as scikit-learn has it. X is (n, p), components (k, p).

use gyeol_base::{Fault, Result};
use gyeol_tensor::{MatRef, Pool, Write, matmul};
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::svd::eigen;

use crate::features::{Features, dot};
use crate::regression::column_means;

/// Most rows or columns of which products are kept, whichever are fewer.
const MOST: usize = 4096;
/// Rows that one task works on.
const ROWS: usize = 1024;

/// Fitted principal components.
///
/// ```
/// use gyeol_learn::Pca;
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(3, 2, vec![0.0, 0.0, 3.0, 4.0, 6.0, 8.0])?;
/// let (pca, pool) = (Pca::fit(&x, 1, &Pool::new(1))?, Pool::new(1));
/// assert!((pca.components.at(0, 0) - 0.6).abs() < 1e-12 && (pca.variance[0] - 25.0).abs() < 1e-12);
/// assert!(pca.back(&pca.transform(&x, &pool)?, &pool)?.distance(&x) < 1e-12);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// Means of the columns.
    pub means: Vec<f64>,
    /// Directions of length 1 (k, p), by falling variance; fewer than asked for where the rows vary in fewer.
    pub components: Dense,
    /// Variance along each direction, of n - 1.
    pub variance: Vec<f64>,
    /// The same as a part of the variance of all columns.
    pub variance_ratio: Vec<f64>,
    /// √((n - 1) variance).
    pub singular_values: Vec<f64>,
}

impl Pca {
    /// Finds the first `k` directions of dense rows.
    ///
    /// # Errors
    /// Fewer than two rows, NaN; `k` of 0 or above min(n, p); rows and columns both above 4,096; rows that are all the same.
    pub fn fit(x: &Dense, k: usize, pool: &Pool) -> Result<Self> {
        Features::Dense(x).check()?;
        let (n, p) = (x.rows(), x.cols());
        let least = n.min(p);
        if n < 2 || k == 0 || k > least {
            let found = format!("{k} components of {n} rows and {p} columns");
            let next = format!("choose 1 to {least}, of at least two rows");
            return Err(Fault::new("too-many-components", found).next(next).option());
        }
        if least > MOST {
            return Err(Fault::new("matrix-size", format!("all components of {n} rows and {p} columns"))
                .cause(format!("products of more than {MOST} rows or columns are not kept"))
                .next("take a truncated singular value decomposition of sparse rows, or fewer columns")
                .limit());
        }
        let means = column_means(Features::Dense(x));
        let centred: Vec<f64> =
            x.data().chunks_exact(p).flat_map(|row| row.iter().zip(&means).map(|(v, m)| v - m)).collect();
        let z = MatRef::new(&centred, n, p);
        let mut products = vec![0.0; least * least];
        if n >= p {
            let rows = ROWS.max(n.div_ceil(64)).max(8 * p);
            let mut parts: Vec<Vec<f64>> = vec![Vec::new(); n.div_ceil(rows)];
            pool.each_mut(&mut parts, |_, b, part| {
                *part = vec![0.0; p * p];
                let (begin, end) = (b * rows, n.min((b + 1) * rows));
                let z = MatRef::new(&centred[begin * p..end * p], end - begin, p);
                matmul(z.t(), z, part, p, Write::Set);
            });
            parts.iter().for_each(|part| products.iter_mut().zip(part).for_each(|(s, v)| *s += v));
        } else {
            pool.split_mut([&mut products], 64 * n, |range, [out]| {
                let (begin, count) = (range.start / n, out.len() / n);
                let some = MatRef::new(&centred[begin * p..(begin + count) * p], count, p);
                matmul(some, z.t(), out, n, Write::Set);
            });
        }
        let total: f64 = (0..least).map(|i| products[i * least + i]).sum();
        let (values, vectors) = eigen(&Dense::trusted(least, least, products));
        let lost = values[0] * n.max(p) as f64 * f64::EPSILON;
        let kept = values.iter().take(k).take_while(|v| **v > lost).count();
        if kept == 0 {
            return Err(Fault::new("no-variance", "all rows are the same")
                .next("give rows that differ, or leave constant columns out")
                .input());
        }
        let mut components = vec![0.0; kept * p];
        for (c, out) in components.chunks_exact_mut(p).enumerate() {
            if n >= p {
                out.iter_mut().enumerate().for_each(|(j, v)| *v = vectors.at(j, c));
            } else {
                for (i, row) in centred.chunks_exact(p).enumerate() {
                    let u = vectors.at(i, c);
                    out.iter_mut().zip(row).for_each(|(v, z)| *v += u * z);
                }
            }
            let largest = out.iter().fold(0.0, |m: f64, v| if v.abs() > m.abs() { *v } else { m });
            let length = dot(out, out).sqrt().copysign(largest);
            out.iter_mut().for_each(|v| *v /= length);
        }
        let values = &values[..kept];
        Ok(Pca {
            means,
            components: Dense::new(kept, p, components)?,
            variance: values.iter().map(|v| v / (n - 1) as f64).collect(),
            variance_ratio: values.iter().map(|v| v / total).collect(),
            singular_values: values.iter().map(|v| v.sqrt()).collect(),
        })
    }

    /// Rows along the directions: (n, k).
    ///
    /// # Errors
    /// Rows of another count of columns.
    pub fn transform(&self, x: &Dense, pool: &Pool) -> Result<Dense> {
        Features::Dense(x).made_for(self.means.len())?;
        let (n, p, k) = (x.rows(), x.cols(), self.components.rows());
        let shift: Vec<f64> = (0..k).map(|c| -dot(self.components.row(c), &self.means)).collect();
        let across = self.components.t();
        let mut out = vec![0.0; n * k];
        pool.split_mut([&mut out], ROWS * k, |range, [out]| {
            let (begin, count) = (range.start / k, out.len() / k);
            let rows = MatRef::new(&x.data()[begin * p..(begin + count) * p], count, p);
            matmul(rows, MatRef::new(across.data(), p, k), out, k, Write::Bias(&shift));
        });
        Ok(Dense::trusted(n, k, out))
    }

    /// Rows out of what is left of them: (n, p).
    ///
    /// # Errors
    /// Another count of columns than there are directions.
    pub fn back(&self, z: &Dense, pool: &Pool) -> Result<Dense> {
        Features::Dense(z).made_for(self.components.rows())?;
        let (n, p, k) = (z.rows(), self.means.len(), z.cols());
        let mut out = vec![0.0; n * p];
        pool.split_mut([&mut out], ROWS * p, |range, [out]| {
            let (begin, count) = (range.start / p, out.len() / p);
            let rows = MatRef::new(&z.data()[begin * k..(begin + count) * k], count, k);
            matmul(rows, MatRef::new(self.components.data(), k, p), out, p, Write::Bias(&self.means));
        });
        Ok(Dense::trusted(n, p, out))
    }
}
