//! k-means (Lloyd 1982): rows go to the nearest of k centres, centres to the mean of their rows, until no row changes or the
//! centres hardly move; rows whose distances are known well enough from the iteration before are not measured again (Hamerly
//! 2010). It begins with k-means++ (Arthur and Vassilvitskii 2007), greedy over 2 + ln k candidates a centre;
//! the mini-batch form is Sculley's (2010). A centre that loses all its rows is put on the row farthest from its own.
//!
//! Nearest by ‖c‖² - 2 x·c, a product a block of rows; of centres as near the first is taken. X is (n, p), centres (k, p).

use gyeol_base::{Fault, Result};
use gyeol_tensor::{MatRef, Pool, Rng, Write, matmul};
use gyeol_vectors::matrix::Dense;

use crate::features::{Features, dot, sane_size};

/// Options of k-means.
///
/// ```
/// use gyeol_learn::KMeansParams;
/// use gyeol_tensor::Pool;
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(4, 1, vec![0.0, 1.0, 10.0, 11.0])?;
/// let fit = KMeansParams::new(2).fit(&x, &Pool::new(1))?;
/// assert_eq!((fit.inertia, fit.labels[0] == fit.labels[1], fit.labels[1] == fit.labels[2]), (1.0, true, false));
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams {
    /// k.
    pub clusters: usize,
    /// Starts, of which the one of least inertia is given.
    pub starts: usize,
    /// Most iterations of one start.
    pub max_iterations: usize,
    /// Squared way of all centres at which a fit has converged, as a part of the columns' mean variance.
    pub tolerance: f64,
    /// Rows of a mini-batch; all where none.
    pub batch: Option<usize>,
    /// Seed of the starts.
    pub seed: u64,
}

impl KMeansParams {
    /// `clusters` clusters from one start, as scikit-learn has them.
    pub fn new(clusters: usize) -> Self {
        KMeansParams { clusters, starts: 1, max_iterations: 300, tolerance: 1e-4, batch: None, seed: 0 }
    }
}

/// A fitted k-means.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// (k, p).
    pub centres: Dense,
    /// The cluster of each row.
    pub labels: Vec<u32>,
    /// Σ of the squared distances to the centres.
    pub inertia: f64,
    /// Iterations of the start that was taken.
    pub iterations: usize,
    /// Whether it came to rest.
    pub converged: bool,
}

/// Rows that one task works on.
fn block_rows(n: usize, k: usize) -> usize {
    // So many that the sums of all blocks are fewer numbers than the rows.
    512.max(n.div_ceil(256)).max(4 * k)
}

/// Squared lengths of the rows.
fn squares(x: &Dense) -> Vec<f64> {
    (0..x.rows()).map(|i| dot(x.row(i), x.row(i))).collect()
}

/// What a pass over a block of rows finds.
#[derive(Default)]
struct Pass {
    sums: Vec<f64>,
    counts: Vec<f64>,
    inertia: f64,
    changed: bool,
}

/// Every row to its nearest centre: labels, squared distances, and sums of the rows of each centre.
fn assign(
    x: &Dense,
    own: &[f64],
    centres: &[f64],
    labels: &mut [u32],
    distances: &mut [f64],
    pool: &Pool,
) -> Pass {
    let (n, p) = (x.rows(), x.cols());
    let k = centres.len() / p;
    let rows = block_rows(n, k);
    let half: Vec<f64> = centres.chunks_exact(p).map(|c| -0.5 * dot(c, c)).collect();
    let across: Vec<f64> = (0..p).flat_map(|j| centres[j..].iter().step_by(p).copied()).collect();
    let mut parts: Vec<_> = labels
        .chunks_mut(rows)
        .zip(distances.chunks_mut(rows))
        .map(|(labels, distances)| (labels, distances, Pass::default()))
        .collect();
    pool.each_mut(&mut parts, |_, block, (labels, distances, pass)| {
        (pass.sums, pass.counts) = (vec![0.0; k * p], vec![0.0; k]);
        // Pieces whose scores stay in the nearest cache.
        const PIECE: usize = 128;
        let mut scores = vec![0.0; PIECE.min(labels.len()) * k];
        for first in (0..labels.len()).step_by(PIECE) {
            let count = PIECE.min(labels.len() - first);
            let begin = block * rows + first;
            let part = MatRef::new(&x.data()[begin * p..(begin + count) * p], count, p);
            matmul(part, MatRef::new(&across, p, k), &mut scores, k, Write::Bias(&half));
            for (i, scores) in scores.chunks_exact(k).take(count).enumerate() {
                let (mut best, mut most) = (0, scores[0]);
                for (c, s) in scores.iter().enumerate().skip(1) {
                    if *s > most {
                        (best, most) = (c, *s);
                    }
                }
                let at = first + i;
                pass.changed |= labels[at] != best as u32;
                labels[at] = best as u32;
                distances[at] = (own[begin + i] - 2.0 * most).max(0.0);
                pass.inertia += distances[at];
                pass.counts[best] += 1.0;
                let sum = &mut pass.sums[best * p..(best + 1) * p];
                sum.iter_mut().zip(x.row(begin + i)).for_each(|(s, v)| *s += v);
            }
        }
    });
    let mut all = Pass { sums: vec![0.0; k * p], counts: vec![0.0; k], ..Pass::default() };
    for (_, _, pass) in &parts {
        all.sums.iter_mut().zip(&pass.sums).for_each(|(a, b)| *a += b);
        all.counts.iter_mut().zip(&pass.counts).for_each(|(a, b)| *a += b);
        all.inertia += pass.inertia;
        all.changed |= pass.changed;
    }
    all
}

/// What is known of a row's distances without measuring them (Hamerly 2010).
#[derive(Clone, Copy)]
struct Bounds {
    /// Its own centre is no farther.
    upper: f64,
    /// No other centre is nearer.
    lower: f64,
}

/// [`assign`] after the centres have `moved` so far: only rows whose bounds do not tell their centre are compared with all.
/// Sums and counts are those of the changes.
fn reassign(
    x: &Dense,
    own: &[f64],
    centres: &[f64],
    moved: &[f64],
    labels: &mut [u32],
    bounds: &mut [Bounds],
    pool: &Pool,
) -> Pass {
    let (n, p) = (x.rows(), x.cols());
    let k = centres.len() / p;
    let rows = block_rows(n, k);
    let lengths: Vec<f64> = centres.chunks_exact(p).map(|c| dot(c, c)).collect();
    let half: Vec<f64> = lengths.iter().map(|l| -0.5 * l).collect();
    let across: Vec<f64> = (0..p).flat_map(|j| centres[j..].iter().step_by(p).copied()).collect();
    // By how much rounding can move a squared distance, as a part of the lengths in it.
    let (rounding, longest) = (p as f64 * f64::EPSILON, lengths.iter().fold(0.0, |m: f64, l| m.max(*l)));
    // The farthest way of another centre than a row's own: the largest, or the one after it.
    let far = (0..k).fold(0, |a, c| if moved[c] > moved[a] { c } else { a });
    let next = (0..k).filter(|c| *c != far).map(|c| moved[c]).fold(0.0, f64::max);
    let mut parts: Vec<_> = labels
        .chunks_mut(rows)
        .zip(bounds.chunks_mut(rows))
        .map(|(labels, bounds)| (labels, bounds, Pass::default()))
        .collect();
    pool.each_mut(&mut parts, |_, block, (labels, bounds, pass)| {
        (pass.sums, pass.counts) = (vec![0.0; k * p], vec![0.0; k]);
        const PIECE: usize = 128;
        let (mut open, mut gathered) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE * p));
        let mut scores = vec![0.0; PIECE * k];
        for first in (0..labels.len()).step_by(PIECE) {
            open.clear();
            gathered.clear();
            for at in first..labels.len().min(first + PIECE) {
                let (row, bound, label) = (block * rows + at, &mut bounds[at], labels[at] as usize);
                if label < k {
                    bound.upper += moved[label];
                    bound.lower -= if label == far { next } else { moved[far] };
                    if bound.upper < bound.lower {
                        continue;
                    }
                    let product = dot(x.row(row), &centres[label * p..(label + 1) * p]);
                    let room = rounding * (own[row] + longest);
                    bound.upper = (own[row] + lengths[label] - 2.0 * product + room).max(0.0).sqrt();
                    if bound.upper < bound.lower {
                        continue;
                    }
                }
                open.push(at);
                gathered.extend_from_slice(x.row(row));
            }
            if open.is_empty() {
                continue;
            }
            let part = MatRef::new(&gathered, open.len(), p);
            matmul(part, MatRef::new(&across, p, k), &mut scores, k, Write::Bias(&half));
            for (&at, scores) in open.iter().zip(scores.chunks_exact(k)) {
                let (mut best, mut most, mut second) = (0, scores[0], f64::NEG_INFINITY);
                for (c, &s) in scores.iter().enumerate().skip(1) {
                    if s > most {
                        (best, second, most) = (c, most, s);
                    } else if s > second {
                        second = s;
                    }
                }
                let (row, old) = (block * rows + at, labels[at] as usize);
                let room = rounding * (own[row] + longest);
                let distance = |score: f64, room: f64| (own[row] - 2.0 * score + room).max(0.0).sqrt();
                bounds[at] = Bounds { upper: distance(most, room), lower: distance(second, -room) };
                if old == best {
                    continue;
                }
                (labels[at], pass.changed) = (best as u32, true);
                pass.counts[best] += 1.0;
                pass.sums[best * p..].iter_mut().zip(x.row(row)).for_each(|(s, v)| *s += v);
                if old < k {
                    pass.counts[old] -= 1.0;
                    pass.sums[old * p..].iter_mut().zip(x.row(row)).for_each(|(s, v)| *s -= v);
                }
            }
        }
    });
    let mut all = Pass { sums: vec![0.0; k * p], counts: vec![0.0; k], ..Pass::default() };
    for (_, _, pass) in &parts {
        all.sums.iter_mut().zip(&pass.sums).for_each(|(a, b)| *a += b);
        all.counts.iter_mut().zip(&pass.counts).for_each(|(a, b)| *a += b);
        all.changed |= pass.changed;
    }
    all
}

impl KMeansParams {
    /// Parts dense rows into clusters.
    ///
    /// # Errors
    /// No rows, no columns, NaN; fewer rows than clusters (`too-many-clusters`); options of 0.
    pub fn fit(&self, x: &Dense, pool: &Pool) -> Result<KMeans> {
        Features::Dense(x).check()?;
        let (n, k) = (x.rows(), self.clusters);
        if k == 0 || k > n {
            let found = format!("{k} clusters of {n} rows");
            return Err(Fault::new("too-many-clusters", found).next(format!("choose 1 to {n}")).option());
        }
        if self.starts == 0
            || self.max_iterations == 0
            || self.batch == Some(0)
            || self.tolerance.is_nan()
            || self.tolerance < 0.0
        {
            let fault =
                Fault::new("option-range", "no start, no iteration, no row a batch, or a tolerance below 0");
            return Err(fault.next("take at least one of each").option());
        }
        sane_size(x.cols(), k)?;
        let own = squares(x);
        let mut best: Option<KMeans> = None;
        for start in 0..self.starts {
            let mut rng = Rng::stream(self.seed, start as u64);
            let centres = plus_plus(x, &own, k, &mut rng, pool);
            let fit = self.from(x, &own, centres, &mut rng, pool);
            if best.as_ref().is_none_or(|b| fit.inertia < b.inertia) {
                best = Some(fit);
            }
        }
        best.ok_or_else(crate::error::no_rows)
    }

    /// Parts dense rows from given centres (k, p).
    ///
    /// # Errors
    /// As [`KMeansParams::fit`]; centres of another shape.
    pub fn fit_from(&self, x: &Dense, centres: &Dense, pool: &Pool) -> Result<KMeans> {
        Features::Dense(x).check()?;
        if (centres.rows(), centres.cols()) != (self.clusters, x.cols()) || self.clusters == 0 {
            let found = format!("centres of shape ({}, {})", centres.rows(), centres.cols());
            let next = format!("they are ({}, {}) here", self.clusters, x.cols());
            return Err(Fault::new("other-start", found).next(next).option());
        }
        let mut rng = Rng::stream(self.seed, 0);
        Ok(self.from(x, &squares(x), centres.data().to_vec(), &mut rng, pool))
    }

    fn from(&self, x: &Dense, own: &[f64], mut centres: Vec<f64>, rng: &mut Rng, pool: &Pool) -> KMeans {
        let (n, p, k) = (x.rows(), x.cols(), self.clusters);
        if let Some(batch) = self.batch.filter(|b| *b < n) {
            return self.mini_batch(x, own, centres, batch, rng, pool);
        }
        let goal = self.tolerance * variance(x);
        let (mut labels, mut distances) = (vec![u32::MAX; n], vec![0.0; n]);
        let mut bounds = vec![Bounds { upper: f64::INFINITY, lower: 0.0 }; n];
        let mut moved = vec![0.0; k];
        let (mut iterations, mut converged) = (0, false);
        let mut all = Pass { sums: vec![0.0; k * p], counts: vec![0.0; k], ..Pass::default() };
        while iterations < self.max_iterations && !converged {
            iterations += 1;
            let pass = reassign(x, own, &centres, &moved, &mut labels, &mut bounds, pool);
            all.sums.iter_mut().zip(&pass.sums).for_each(|(a, b)| *a += b);
            all.counts.iter_mut().zip(&pass.counts).for_each(|(a, b)| *a += b);
            if !pass.changed {
                converged = true;
                break;
            }
            if all.counts.contains(&0.0) {
                all = assign(x, own, &centres, &mut labels, &mut distances, pool);
                fill_empty(x, &mut all, &mut labels, &mut distances);
                bounds.fill(Bounds { upper: f64::INFINITY, lower: 0.0 });
            }
            let mut way = 0.0;
            for (c, centre) in centres.chunks_exact_mut(p).enumerate().filter(|(c, _)| all.counts[*c] > 0.0) {
                let mut square = 0.0;
                for (v, s) in centre.iter_mut().zip(&all.sums[c * p..]) {
                    let new = s / all.counts[c];
                    square += (new - *v) * (new - *v);
                    *v = new;
                }
                moved[c] = square.sqrt();
                way += square;
            }
            converged = way <= goal;
        }
        // Labels and inertia of the centres that are given.
        let pass = assign(x, own, &centres, &mut labels, &mut distances, pool);
        KMeans {
            centres: Dense::trusted(k, p, centres),
            labels,
            inertia: pass.inertia,
            iterations,
            converged,
        }
    }

    /// Centres move to the running mean of the rows of random batches; ten batches without a better mean distance end it.
    fn mini_batch(
        &self,
        x: &Dense,
        own: &[f64],
        mut centres: Vec<f64>,
        batch: usize,
        rng: &mut Rng,
        pool: &Pool,
    ) -> KMeans {
        let (n, p, k) = (x.rows(), x.cols(), self.clusters);
        let mut seen = vec![0.0; k];
        let (mut smooth, mut least, mut without) = (f64::NAN, f64::INFINITY, 0);
        let most = self.max_iterations.saturating_mul(n.div_ceil(batch));
        let (mut labels, mut distances) = (vec![0; batch], vec![0.0; batch]);
        let mut steps = 0;
        while steps < most && without < 10 {
            steps += 1;
            let rows: Vec<usize> = (0..batch).map(|_| rng.below(n as u64) as usize).collect();
            let part =
                Dense::trusted(batch, p, rows.iter().flat_map(|&i| x.row(i).iter().copied()).collect());
            let part_own: Vec<f64> = rows.iter().map(|&i| own[i]).collect();
            let pass = assign(&part, &part_own, &centres, &mut labels, &mut distances, pool);
            for (c, centre) in centres.chunks_exact_mut(p).enumerate().filter(|(c, _)| pass.counts[*c] > 0.0)
            {
                let all = seen[c] + pass.counts[c];
                for (v, s) in centre.iter_mut().zip(&pass.sums[c * p..]) {
                    *v = (*v * seen[c] + s) / all;
                }
                seen[c] = all;
            }
            let mean = pass.inertia / batch as f64;
            let share = (2.0 * batch as f64 / (n as f64 + 1.0)).min(1.0);
            smooth = if smooth.is_nan() { mean } else { smooth * (1.0 - share) + mean * share };
            if smooth < least { (least, without) = (smooth, 0) } else { without += 1 }
        }
        let (mut labels, mut distances) = (vec![0; n], vec![0.0; n]);
        let pass = assign(x, own, &centres, &mut labels, &mut distances, pool);
        let centres = Dense::trusted(k, p, centres);
        KMeans { centres, labels, inertia: pass.inertia, iterations: steps, converged: without >= 10 }
    }
}

/// Mean variance of the columns.
fn variance(x: &Dense) -> f64 {
    let (n, p) = (x.rows() as f64, x.cols());
    let means = crate::regression::column_means(Features::Dense(x));
    let sum: f64 =
        (0..x.rows()).map(|i| x.row(i).iter().zip(&means).map(|(v, m)| (v - m) * (v - m)).sum::<f64>()).sum();
    sum / (n * p as f64)
}

/// Rows farthest from their centres, the first of equal ones, become the centres of empty clusters.
fn fill_empty(x: &Dense, pass: &mut Pass, labels: &mut [u32], distances: &mut [f64]) {
    let p = x.cols();
    for c in 0..pass.counts.len() {
        if pass.counts[c] > 0.0 {
            continue;
        }
        let farthest = (0..labels.len())
            .filter(|&i| pass.counts[labels[i] as usize] > 1.0)
            .reduce(|a, b| if distances[b] > distances[a] { b } else { a });
        let Some(row) = farthest.filter(|&i| distances[i] > 0.0) else { continue };
        let old = labels[row] as usize;
        for (j, v) in x.row(row).iter().enumerate() {
            pass.sums[old * p + j] -= v;
            pass.sums[c * p + j] += v;
        }
        pass.counts[old] -= 1.0;
        pass.counts[c] += 1.0;
        (labels[row], distances[row]) = (c as u32, 0.0);
    }
}

/// k rows far from each other: each next one by the best of some that are drawn by their squared distance.
fn plus_plus(x: &Dense, own: &[f64], k: usize, rng: &mut Rng, pool: &Pool) -> Vec<f64> {
    let (n, p) = (x.rows(), x.cols());
    let trials = 2 + (k as f64).ln() as usize;
    let rows = block_rows(n, k);
    let mut centres = Vec::with_capacity(k * p);
    let mut nearest = vec![f64::INFINITY; n];
    // The squared distances of all rows to some of them, and to the nearest centre where that is less.
    let to = |chosen: &[usize], nearest: &[f64]| -> (Vec<f64>, Vec<f64>) {
        let m = chosen.len();
        let mut out = vec![0.0; n * m];
        let mut parts: Vec<_> = out.chunks_mut(rows * m).map(|part| (part, vec![0.0; m])).collect();
        pool.each_mut(&mut parts, |_, block, (part, sums)| {
            let begin = block * rows;
            for (i, row) in part.chunks_exact_mut(m).enumerate() {
                let at = begin + i;
                for ((v, sum), &c) in row.iter_mut().zip(sums.iter_mut()).zip(chosen) {
                    // Products of few columns are not worth a block.
                    let far = || (own[at] + own[c] - 2.0 * dot(x.row(at), x.row(c))).max(0.0);
                    *v = if at == c { 0.0 } else { far().min(nearest[at]) };
                    *sum += *v;
                }
            }
        });
        let mut sums = vec![0.0; m];
        parts.iter().for_each(|(_, part)| sums.iter_mut().zip(part).for_each(|(s, v)| *s += v));
        drop(parts);
        (out, sums)
    };
    let mut chosen = vec![rng.below(n as u64) as usize];
    for c in 0..k {
        let (all, sums) = to(&chosen, &nearest);
        let best = (0..sums.len()).reduce(|a, b| if sums[b] < sums[a] { b } else { a }).unwrap_or(0);
        centres.extend_from_slice(x.row(chosen[best]));
        nearest = all.chunks_exact(sums.len()).map(|row| row[best]).collect();
        if c + 1 == k {
            break;
        }
        let mut sum = 0.0;
        let running: Vec<f64> = nearest
            .iter()
            .map(|d| {
                sum += d;
                sum
            })
            .collect();
        chosen = (0..trials)
            .map(|_| {
                let at = rng.uniform() * sum;
                // Where all rows lie on centres, any row is as good.
                if sum > 0.0 {
                    running.partition_point(|r| *r <= at).min(n - 1)
                } else {
                    rng.below(n as u64) as usize
                }
            })
            .collect();
    }
    centres
}

impl KMeans {
    /// The nearest centre of each row.
    ///
    /// # Errors
    /// Rows of another count of columns.
    pub fn classify(&self, x: &Dense, pool: &Pool) -> Result<Vec<u32>> {
        Features::Dense(x).made_for(self.centres.cols())?;
        let (mut labels, mut distances) = (vec![0; x.rows()], vec![0.0; x.rows()]);
        if x.rows() > 0 {
            assign(x, &squares(x), self.centres.data(), &mut labels, &mut distances, pool);
        }
        Ok(labels)
    }
}
