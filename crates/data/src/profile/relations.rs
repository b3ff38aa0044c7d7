//! How columns hang together: correlation, suspected leaks, scatter, drift between the parts of a split.

use super::model::*;
use super::rhythm::ROWS;
use gyeol_base::quantile;

/// Pearson's r over the pairs where both are finite; `None` when either is constant or there are fewer than 3 pairs.
pub(super) fn pearson(pairs: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64, f64)> {
    let (mut n, mut mx, mut my, mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in pairs.filter(|(x, y)| x.is_finite() && y.is_finite()) {
        // Welford: exact enough for values far from 0.
        n += 1.0;
        let (dx, dy) = (x - mx, y - my);
        mx += dx / n;
        my += dy / n;
        sxx += dx * (x - mx);
        syy += dy * (y - my);
        sxy += dx * (y - my);
    }
    if n < 3.0 || sxx <= 0.0 || syy <= 0.0 {
        return None;
    }
    let r = (sxy / (sxx * syy).sqrt()).clamp(-1.0, 1.0);
    let factor = sxy / sxx;
    (r.is_finite() && factor.is_finite()).then_some((r, factor, my - factor * mx))
}

/// Whether a column is the target scaled (lag 0) or shows the target of later rows. Levels and differences must both
/// agree: two smooth series correlate in level without any leak.
pub(super) fn leakage(name: &str, column: &[f64], target: &[f64], lags: usize) -> Option<Leakage> {
    let from = target.len().saturating_sub(ROWS);
    let (x, y) = (&column[from..], &target[from..]);
    let lags = lags.min(y.len() / 3);
    let mut best: Option<Leakage> = None;
    // A coarse look on every seventh row first: only lags that come near are looked at closely.
    for lag in 0..=lags {
        let pairs = || x.iter().copied().zip(y[lag..].iter().copied());
        if y.len() > 2000 && pearson(pairs().step_by(7)).is_none_or(|(r, _, _)| r.abs() < 0.98) {
            continue;
        }
        let Some((r, factor, offset)) = pearson(pairs()) else { continue };
        if r.abs() < 0.995 || best.as_ref().is_some_and(|b| b.r.abs() >= r.abs()) {
            continue;
        }
        let steps = x.windows(2).map(|w| w[1] - w[0]).zip(y[lag..].windows(2).map(|w| w[1] - w[0]));
        if pearson(steps).is_some_and(|(d, _, _)| d.abs() >= 0.98) {
            best = Some(Leakage { target: name.to_string(), lag: lag as i64, r, factor, offset });
        }
    }
    best
}

/// Target by bins of a covariate.
pub(super) fn scatter(target: (&str, &[f64]), covariate: (&str, &[f64])) -> Option<Scatter> {
    let pairs: Vec<(f64, f64)> = covariate
        .1
        .iter()
        .copied()
        .zip(target.1.iter().copied())
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    if pairs.len() < 10 {
        return None;
    }
    let mut xs: Vec<f64> = pairs.iter().map(|p| p.0).collect();
    xs.sort_unstable_by(f64::total_cmp);
    let (low, high) = (quantile(&xs, 0.005), quantile(&xs, 0.995));
    let width = high - low;
    if width.is_nan() || width <= 0.0 || !width.is_finite() {
        return None;
    }
    let count = ((pairs.len() as f64).sqrt() as usize / 2).clamp(4, 30);
    let mut cells: Vec<Vec<f64>> = vec![Vec::new(); count];
    for (x, y) in pairs.iter().filter(|(x, _)| (low..=high).contains(x)) {
        cells[(((x - low) / width * count as f64) as usize).min(count - 1)].push(*y);
    }
    let bins = cells
        .into_iter()
        .enumerate()
        .filter(|(_, c)| !c.is_empty())
        .map(|(i, mut c)| {
            c.sort_unstable_by(f64::total_cmp);
            ScatterBin {
                x: low + width * (i as f64 + 0.5) / count as f64,
                count: c.len(),
                mean: c.iter().sum::<f64>() / c.len() as f64,
                q10: quantile(&c, 0.1),
                median: quantile(&c, 0.5),
                q90: quantile(&c, 0.9),
            }
        })
        .collect();
    // A stride that shares no factor with days, weeks or quarters of an hour, so that every hour of the day is drawn.
    let mut every = pairs.len().div_ceil(600).max(1);
    while [2, 3, 5, 7].iter().any(|p| every > 1 && every.is_multiple_of(*p)) {
        every += 1;
    }
    let points = pairs.iter().step_by(every).copied().collect();
    Some(Scatter { target: target.0.into(), covariate: covariate.0.into(), bins, points })
}

/// How a part differs from train; `None` with too few values.
pub(super) fn drift(part: &str, train: &[f64], other: &[f64]) -> Option<Drift> {
    let clean = |v: &[f64]| {
        let mut v: Vec<f64> = v.iter().copied().filter(|x| x.is_finite()).collect();
        v.sort_unstable_by(f64::total_cmp);
        v
    };
    let (a, b) = (clean(train), clean(other));
    if a.len() < 20 || b.len() < 20 {
        return None;
    }
    let moments = |v: &[f64]| {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        (mean, (v.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / v.len() as f64).sqrt())
    };
    let ((ma, sa), (mb, sb)) = (moments(&a), moments(&b));
    if sa.is_nan() || sa <= 0.0 {
        return None;
    }
    // Population stability index: Σ (q − p) ln(q / p) over the train deciles; empty cells count half a value.
    let edges: Vec<f64> = (1..10).map(|i| quantile(&a, i as f64 / 10.0)).collect();
    let share = |v: &[f64]| -> Vec<f64> {
        let mut below = vec![0];
        below.extend(edges.iter().map(|e| v.partition_point(|x| x <= e)));
        below.push(v.len());
        below.windows(2).map(|w| ((w[1] - w[0]) as f64).max(0.5) / v.len() as f64).collect()
    };
    let index = share(&a).iter().zip(share(&b)).map(|(p, q)| (q - p) * (q / p).ln()).sum();
    // Kolmogorov-Smirnov: the largest distance between the two empirical distributions.
    let (mut i, mut j, mut ks) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
        ks = ks.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    Some(Drift {
        part: part.into(),
        mean_shift: (mb - ma) / sa,
        deviation_ratio: sb / sa,
        stability_index: index,
        ks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(n: usize, seed: u64) -> Vec<f64> {
        let mut s = seed;
        let mut x = 100.0;
        (0..n)
            .map(|_| {
                s = s.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                x += (s >> 40) as f64 / (1u64 << 24) as f64 - 0.5;
                x
            })
            .collect()
    }

    #[test]
    fn a_scaled_or_advanced_copy_is_suspected_and_a_lagged_one_is_not() {
        let y = walk(3000, 7);
        let scaled: Vec<f64> = y.iter().map(|y| 1.8 * y + 32.0).collect();
        let l = leakage("y", &scaled, &y, 48).map(|l| (l.lag, (l.factor * 1.8 - 1.0).abs() < 1e-9));
        assert_eq!(l, Some((0, true)));
        let ahead: Vec<f64> = (0..y.len()).map(|i| y[(i + 24).min(y.len() - 1)]).collect();
        assert_eq!(leakage("y", &ahead, &y, 48).map(|l| l.lag), Some(24));
        let behind: Vec<f64> = (0..y.len()).map(|i| y[i.saturating_sub(24)]).collect();
        assert_eq!(leakage("y", &behind, &y, 48), None);
        assert_eq!(leakage("y", &walk(3000, 9), &y, 48), None);
    }

    #[test]
    fn drift_by_hand() {
        let a: Vec<f64> = (0..100).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|x| x + 1000.0).collect();
        let d = drift("test", &a, &b).unwrap_or_else(|| panic!("no drift"));
        assert_eq!(d.ks, 1.0);
        assert!((d.deviation_ratio - 1.0).abs() < 1e-12 && d.stability_index > 4.0);
        let same = drift("test", &a, &a).unwrap_or_else(|| panic!("no drift"));
        assert_eq!((same.ks, same.mean_shift, same.stability_index), (0.0, 0.0, 0.0));
    }
}
