//! What a map of topics shows: how far apart they are, a place for each in the plane, an order along a line, and the
//! words that speak for each.
//!
//! The distance is the square root of the Jensen–Shannon divergence in bits (D. Endres and J. Schindelin, *A new
//! metric for probability distributions*, 2003): 0 for equal topics, 1 for topics without a common word. Its square
//! embeds in a Euclidean space (Fuglede and Topsøe, 2004), so classical scaling (W. Torgerson, 1952) never meets an
//! imaginary axis. Words are ordered by [`relevance`] (C. Sievert and K. E. Shirley, *LDAvis: A method for visualizing
//! and interpreting topics*, 2014).
//!
//! A topic is a distribution over words: p(word | topic), not negative, summing to one. A model with signed loadings
//! fits in by their squares (the squares of a unit singular vector sum to one).

mod relevance;

use gyeol_vectors::matrix::Dense;
use gyeol_vectors::svd::eigen;

pub use relevance::{LAMBDA, relevance, worth_showing};

/// Places of topics in the plane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Places {
    /// (x, y) of each topic, in the unit of the distances, their centre at (0, 0).
    pub points: Vec<(f64, f64)>,
    /// Share of the squared distances that the plane keeps, 0 to 1.
    pub kept: f64,
}

/// Jensen–Shannon distance of two distributions over the same words, 0 to 1.
///
/// Rows are scaled to sum to one. A row without any weight is at distance 0 from another such row and at 1 from all
/// others.
///
/// ```
/// use gyeol_topic::map::jensen_shannon;
/// assert_eq!(jensen_shannon(&[1.0, 0.0], &[0.0, 1.0]), 1.0);
/// assert_eq!(jensen_shannon(&[0.3, 0.7], &[0.3, 0.7]), 0.0);
/// ```
pub fn jensen_shannon(p: &[f64], q: &[f64]) -> f64 {
    let (a, b): (f64, f64) = (p.iter().sum(), q.iter().sum());
    match (a > 0.0, b > 0.0) {
        (false, false) => return 0.0,
        (true, true) => {}
        _ => return 1.0,
    }
    let part = |x: f64, m: f64| if x > 0.0 { x * (x / m).log2() } else { 0.0 };
    let twice: f64 = p
        .iter()
        .zip(q)
        .map(|(&p, &q)| {
            let (p, q) = (p / a, q / b);
            let m = (p + q) / 2.0;
            part(p, m) + part(q, m)
        })
        .sum();
    (twice / 2.0).clamp(0.0, 1.0).sqrt()
}

/// Jensen–Shannon distances between all topics, `topics × topics` row by row, on up to `threads` threads; every
/// distance is a sum of its own, so their number changes no bit. Costs topics² × words / 2 logarithms.
///
/// ```
/// use gyeol_topic::map::distances;
/// let d = distances(&[vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0]], 2);
/// assert_eq!(d, [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
/// ```
pub fn distances<R: AsRef<[f64]> + Sync>(topics: &[R], threads: usize) -> Vec<f64> {
    let k = topics.len();
    let mut out = vec![0.0; k * k];
    if k < 2 {
        return out;
    }
    // Row i has k − 1 − i distances; every `threads`-th row evens that out.
    let threads = threads.clamp(1, k);
    let mut shares: Vec<Vec<(usize, &mut [f64])>> = (0..threads).map(|_| Vec::new()).collect();
    for (i, row) in out.chunks_mut(k).enumerate() {
        shares[i % threads].push((i, row));
    }
    std::thread::scope(|scope| {
        for share in shares {
            scope.spawn(move || {
                for (i, row) in share {
                    for j in i + 1..k {
                        row[j] = jensen_shannon(topics[i].as_ref(), topics[j].as_ref());
                    }
                }
            });
        }
    });
    for i in 0..k {
        for j in 0..i {
            out[i * k + j] = out[j * k + i];
        }
    }
    out
}

/// Places whose distances are as near as the plane allows to `distances` (`k × k`, row by row): classical scaling.
/// The first axis holds the widest spread. A distance that is not finite counts as 1.
///
/// # Panics
///
/// When there are not `k × k` distances.
///
/// ```
/// use gyeol_topic::map::places;
/// let placed = places(&[0.0, 0.5, 0.5, 0.0], 2);
/// assert!(((placed.points[0].0 - placed.points[1].0).abs() - 0.5).abs() < 1e-12);
/// assert!(placed.kept > 0.999);
/// ```
pub fn places(distances: &[f64], k: usize) -> Places {
    assert_eq!(distances.len(), k * k, "distances of {k} topics");
    if k == 0 {
        return Places { points: Vec::new(), kept: 1.0 };
    }
    let square = |d: f64| if d.is_finite() { d * d } else { 1.0 };
    let squares: Vec<f64> = distances.iter().map(|&d| square(d)).collect();
    let n = k as f64;
    let means: Vec<f64> = squares.chunks(k).map(|row| row.iter().sum::<f64>() / n).collect();
    let mean = means.iter().sum::<f64>() / n;
    let mut centred = vec![0.0; k * k];
    for i in 0..k {
        for j in 0..k {
            centred[i * k + j] = -0.5 * (squares[i * k + j] - means[i] - means[j] + mean);
        }
    }
    let (values, vectors) = eigen(&Dense::trusted(k, k, centred));
    let value = |axis: usize| values.get(axis).copied().unwrap_or(0.0).max(0.0);
    // An axis may point either way; the largest entry (the first of equal ones) is made positive.
    let peak = |axis: usize| {
        let entries = (0..k).map(|i| vectors.row(i)[axis]);
        entries.fold(0.0f64, |most, x| if x.abs() > most.abs() + 1e-12 { x } else { most })
    };
    let along = |axis: usize| -> Vec<f64> {
        if axis >= k {
            return vec![0.0; k];
        }
        let scale = value(axis).sqrt().copysign(peak(axis));
        (0..k).map(|i| scale * vectors.row(i)[axis]).collect()
    };
    let total: f64 = (0..k).map(value).sum();
    Places {
        points: along(0).into_iter().zip(along(1)).collect(),
        kept: if total > 0.0 { (value(0) + value(1)) / total } else { 1.0 },
    }
}

/// An order that brings near topics together: average linkage, each joined pair of groups laid so that its nearest
/// ends meet. `distances` is `k × k`, row by row; ties go to the earlier topics.
///
/// ```
/// use gyeol_topic::map::seriation;
/// let at = [0.0f64, 5.0, 1.0, 6.0];
/// let d: Vec<f64> = at.iter().flat_map(|a| at.iter().map(move |b| (a - b).abs())).collect();
/// assert_eq!(seriation(&d, 4), [0, 2, 1, 3]);
/// ```
pub fn seriation(distances: &[f64], k: usize) -> Vec<usize> {
    let d = |i: usize, j: usize| distances.get(i * k + j).copied().filter(|d| d.is_finite()).unwrap_or(1.0);
    let mut groups: Vec<Option<Vec<usize>>> = (0..k).map(|i| Some(vec![i])).collect();
    let mut apart: Vec<Vec<f64>> = (0..k).map(|i| (0..k).map(|j| d(i, j)).collect()).collect();
    for _ in 1..k {
        let mut nearest: Option<(f64, usize, usize)> = None;
        let live: Vec<usize> = (0..k).filter(|&i| groups[i].is_some()).collect();
        for (at, &i) in live.iter().enumerate() {
            for &j in &live[at + 1..] {
                if nearest.is_none_or(|(least, _, _)| apart[i][j] < least) {
                    nearest = Some((apart[i][j], i, j));
                }
            }
        }
        let Some((_, i, j)) = nearest else { break };
        let (Some(mut left), Some(mut right)) = (groups[i].take(), groups[j].take()) else { break };
        let (n, m) = (left.len() as f64, right.len() as f64);
        for &o in &live {
            let joined = (apart[i][o] * n + apart[j][o] * m) / (n + m);
            (apart[i][o], apart[o][i]) = (joined, joined);
        }
        let end = |group: &[usize], back: bool| if back { group[group.len() - 1] } else { group[0] };
        // (turn the left group, turn the right group), the plain way first.
        let mut best = (f64::INFINITY, false, false);
        for (turn_left, turn_right) in [(false, false), (true, false), (false, true), (true, true)] {
            let gap = d(end(&left, !turn_left), end(&right, turn_right));
            if gap < best.0 {
                best = (gap, turn_left, turn_right);
            }
        }
        if best.1 {
            left.reverse();
        }
        if best.2 {
            right.reverse();
        }
        left.extend(right);
        groups[i] = Some(left);
    }
    groups.into_iter().flatten().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fractions from a fixed linear congruence.
    fn fractions(n: usize) -> Vec<f64> {
        let mut state = 12345u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn points_of_the_plane_come_back_at_their_distances() {
        for k in [1, 2, 3, 12, 60] {
            let at: Vec<(f64, f64)> = fractions(2 * k).chunks(2).map(|c| (c[0] * 3.0, c[1])).collect();
            let far = |a: (f64, f64), b: (f64, f64)| ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt();
            let d: Vec<f64> = at.iter().flat_map(|&a| at.iter().map(move |&b| far(a, b))).collect();
            let placed = places(&d, k);
            assert!(placed.kept > 1.0 - 1e-9);
            for i in 0..k {
                for j in 0..k {
                    assert!((far(placed.points[i], placed.points[j]) - d[i * k + j]).abs() < 1e-7, "{k}");
                }
            }
            let spread =
                |axis: fn(&(f64, f64)) -> f64| placed.points.iter().map(|p| axis(p).powi(2)).sum::<f64>();
            assert!(spread(|p| p.0) >= spread(|p| p.1) - 1e-9);
        }
    }

    #[test]
    fn equal_distances_keep_only_two_axes_of_many() {
        // A regular simplex of 11 corners fills 10 equal axes: the plane keeps 2 of them.
        let d: Vec<f64> = (0..121).map(|i| if i % 12 == 0 { 0.0 } else { 1.0 }).collect();
        assert!((places(&d, 11).kept - 0.2).abs() < 1e-9);
        assert_eq!(places(&[f64::NAN], 1).points, [(0.0, 0.0)]);
        assert!(places(&[], 0).points.is_empty());
    }

    #[test]
    fn the_distance_agrees_with_algebra() {
        // JSD = H(m) − (H(p) + H(q)) / 2 with entropies in bits.
        let entropy = |p: &[f64]| -p.iter().filter(|x| **x > 0.0).map(|x| x * x.log2()).sum::<f64>();
        let (p, q) = ([0.5, 0.25, 0.25, 0.0], [0.125, 0.0, 0.375, 0.5]);
        let m: Vec<f64> = p.iter().zip(&q).map(|(a, b)| (a + b) / 2.0).collect();
        let expected = (entropy(&m) - (entropy(&p) + entropy(&q)) / 2.0).sqrt();
        assert!((jensen_shannon(&p, &q) - expected).abs() < 1e-15);
        assert_eq!(jensen_shannon(&p, &q), jensen_shannon(&q, &p));
        let scaled: Vec<f64> = p.iter().map(|x| x * 8.0).collect();
        assert_eq!(jensen_shannon(&scaled, &p), 0.0);
        assert_eq!(jensen_shannon(&[0.0, 0.0], &[0.5, 0.5]), 1.0);
        assert_eq!(jensen_shannon(&[0.0, 0.0], &[0.0, 0.0]), 0.0);
    }

    #[test]
    fn threads_change_no_bit() {
        let topics: Vec<Vec<f64>> = fractions(13 * 40).chunks(40).map(<[f64]>::to_vec).collect();
        let one = distances(&topics, 1);
        for threads in [2, 3, 16] {
            assert_eq!(distances(&topics, threads), one);
        }
        for i in 0..13 {
            for j in 0..13 {
                assert_eq!(
                    one[i * 13 + j],
                    if i == j { 0.0 } else { jensen_shannon(&topics[i], &topics[j]) }
                );
            }
        }
    }

    #[test]
    fn points_on_a_line_are_put_in_their_order() {
        let at = [4.0f64, 0.5, 9.0, 1.0, 4.6, 8.1, 0.0];
        let d: Vec<f64> = at.iter().flat_map(|a| at.iter().map(move |b| (a - b).abs())).collect();
        let order: Vec<f64> = seriation(&d, 7).into_iter().map(|i| at[i]).collect();
        assert!(order.is_sorted() || order.iter().rev().is_sorted(), "{order:?}");
        assert_eq!(seriation(&[], 0), [0usize; 0]);
        let mut all = seriation(&[f64::NAN; 25], 5);
        all.sort();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    }
}
