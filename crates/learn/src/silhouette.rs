//! Silhouettes (Rousseeuw 1987): s = (b - a) / max(a, b), a the mean distance of a row to the others of its cluster, b to the
//! rows of the nearest other one; 0 of a row alone in its cluster. All pairs are compared, by blocks of products.

use gyeol_base::{Fault, Result};
use gyeol_tensor::{MatRef, Pool, Rng, Write, matmul};
use gyeol_vectors::matrix::Dense;

use crate::features::{Features, dot};

/// Rows compared at once.
const ROWS: usize = 256;

/// The silhouette of each row.
///
/// ```
/// use gyeol_learn::silhouettes;
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(3, 1, vec![0.0, 1.0, 4.0])?;
/// assert_eq!(silhouettes(&x, &[0, 0, 1], &Pool::new(1))?, [0.75, 2.0 / 3.0, 0.0]);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
///
/// # Errors
/// No rows, NaN, labels of another count; fewer than two clusters (`one-cluster`).
pub fn silhouettes(x: &Dense, labels: &[u32], pool: &Pool) -> Result<Vec<f64>> {
    Features::Dense(x).check()?;
    let (n, p) = (x.rows(), x.cols());
    if labels.len() != n {
        let found = format!("{} labels for {n} rows", labels.len());
        return Err(Fault::new("label-count", found).next("give one a row").input());
    }
    // Numbers of clusters that occur, without gaps, and rows in their order.
    let mut names: Vec<u32> = labels.to_vec();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 {
        return Err(Fault::new("one-cluster", "all rows are in one cluster")
            .next("give at least two")
            .input());
    }
    let k = names.len();
    let cluster: Vec<usize> = labels.iter().map(|l| names.partition_point(|n| n < l)).collect();
    let mut counts = vec![0.0; k];
    cluster.iter().for_each(|&c| counts[c] += 1.0);
    let own: Vec<f64> = (0..n).map(|i| dot(x.row(i), x.row(i))).collect();
    let mut out = vec![0.0; n];
    pool.split_mut([&mut out], ROWS, |range, [out]| {
        let count = range.len();
        let mut sums = vec![0.0; count * k];
        let mut products = vec![0.0; count * ROWS];
        let a = MatRef::new(&x.data()[range.start * p..range.end * p], count, p);
        for first in (0..n).step_by(ROWS) {
            let others = ROWS.min(n - first);
            let b = MatRef::new(&x.data()[first * p..(first + others) * p], others, p);
            matmul(a, b.t(), &mut products, others, Write::Set);
            for i in 0..count {
                let (sums, at) = (&mut sums[i * k..(i + 1) * k], range.start + i);
                for (j, product) in products[i * others..(i + 1) * others].iter().enumerate() {
                    let other = first + j;
                    if other != at {
                        let square = own[at] + own[other] - 2.0 * product;
                        sums[cluster[other]] += square.max(0.0).sqrt();
                    }
                }
            }
        }
        for ((s, sums), at) in out.iter_mut().zip(sums.chunks_exact(k)).zip(range) {
            let c = cluster[at];
            if counts[c] < 2.0 {
                continue;
            }
            let a = sums[c] / (counts[c] - 1.0);
            let b = (0..k).filter(|o| *o != c).map(|o| sums[o] / counts[o]).fold(f64::INFINITY, f64::min);
            *s = if a.max(b) > 0.0 { (b - a) / a.max(b) } else { 0.0 };
        }
    });
    Ok(out)
}

/// The mean silhouette; of `sample` rows, drawn without replacement and compared with each other alone, where given.
///
/// # Errors
/// As [`silhouettes`]; a sample with rows of one cluster alone.
pub fn silhouette(x: &Dense, labels: &[u32], sample: Option<(usize, u64)>, pool: &Pool) -> Result<f64> {
    let mean = |s: Vec<f64>| s.iter().sum::<f64>() / s.len() as f64;
    let Some((size, seed)) = sample.filter(|(size, _)| *size < x.rows()) else {
        return silhouettes(x, labels, pool).map(mean);
    };
    if labels.len() != x.rows() {
        return silhouettes(x, labels, pool).map(mean);
    }
    let mut rows: Vec<usize> = (0..x.rows()).collect();
    Rng::new(seed).shuffle(&mut rows);
    rows.truncate(size.max(2));
    rows.sort_unstable();
    let part =
        Dense::trusted(rows.len(), x.cols(), rows.iter().flat_map(|&i| x.row(i).iter().copied()).collect());
    let labels: Vec<u32> = rows.iter().map(|&i| labels[i]).collect();
    silhouettes(&part, &labels, pool).map(mean)
}
