//! Katz (1987): counts discounted by Good and Turing's estimate, the mass taken from them given to words not seen in
//! proportion to the lower order (Chen and Goodman 1998, section 2.4, equations 14 to 16).

use gyeol_tensor::Pool;

use crate::adjust::Kind;
use crate::context::Contexts;
use crate::count::Level;
use crate::discount::Warning;
use crate::initial::{is_cut, sums};
use crate::interpolate::Linear;
use crate::vocabulary::SENTENCE_START;
use crate::watch::Watch;

/// Ratios d_r by which counts r = 1..=cutoff are lowered: ((r*/r) − (k+1) n_{k+1}/n₁) / (1 − (k+1) n_{k+1}/n₁) with
/// r* = (r + 1) n_{r+1} / n_r.
fn ratios(order: usize, of: &[u64], cutoff: usize) -> Result<Vec<f64>, String> {
    if let Some(r) = (1..=cutoff).find(|&r| of[r] == 0) {
        return Err(format!(
            "no {order}-gram has the count {r}, so Good and Turing's estimate of it is unknown"
        ));
    }
    let common = (cutoff + 1) as f64 * of[cutoff + 1] as f64 / of[1] as f64;
    (1..=cutoff)
        .map(|r| {
            let lowered = (r + 1) as f64 * of[r + 1] as f64 / of[r] as f64 / r as f64;
            let ratio = (lowered - common) / (1.0 - common);
            if ratio > 0.0 && ratio <= 1.0 {
                Ok(ratio)
            } else {
                Err(format!("the Good-Turing ratio of count {r} would be {ratio}, outside of 0 to 1"))
            }
        })
        .collect()
}

pub(crate) fn estimate(
    levels: &[Level],
    contexts: &Contexts,
    thresholds: &[u32],
    cutoff: usize,
    warnings: &mut Vec<Warning>,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> gyeol_base::Result<Vec<Linear>> {
    let mut out: Vec<Linear> = vec![Linear::default(); levels.len()];
    for n in 0..levels.len() {
        let level = &levels[n];
        let mut of = vec![0u64; cutoff + 2];
        for (index, &count) in level.counts.iter().enumerate() {
            watch.step(index)?;
            if let Some(times) = of.get_mut(count as usize) {
                *times += 1;
            }
        }
        let ratios = ratios(n + 1, &of, cutoff).unwrap_or_else(|reason| {
            warnings.push(Warning { order: n + 1, reason, instead: [0.5; 3] });
            (1..=cutoff).map(|r| 1.0 - 0.5 / r as f64).collect()
        });
        let lowered = |count: u32| {
            let ratio = if count == 0 { 0.0 } else { ratios.get(count as usize - 1).copied().unwrap_or(1.0) };
            f64::from(count) * ratio
        };
        let sums = sums(levels, contexts, Kind::Plain, thresholds, n, pool, watch)?;
        if n == 0 {
            out[0].probability = unigrams(&level.counts, sums[0].total, &lowered);
            continue;
        }
        // In the order of the n-grams, on one thread: sums of floats must not depend on threads.
        let (mut seen, mut below) = (vec![0f64; sums.len()], vec![0f64; sums.len()]);
        for (parent, borders) in levels[n - 1].first.windows(2).enumerate() {
            for index in borders[0] as usize..borders[1] as usize {
                watch.step(index)?;
                if !is_cut(levels, thresholds, n, index) {
                    let context = contexts.of(levels, n, index);
                    seen[context] += lowered(level.counts[index]);
                    below[context] += f64::from(out[n - 1].probability[parent]);
                }
            }
        }
        let mut divisor = vec![1f64; sums.len()];
        let mut back_off = vec![1f32; sums.len()];
        for context in 0..sums.len() {
            watch.step(context)?;
            let total = f64::from(sums[context].total);
            if total == 0.0 {
                continue;
            }
            let unseen = 1.0 - below[context];
            if unseen < 1e-9 {
                // Every word was seen here: there is nobody to give mass to.
                (divisor[context], back_off[context]) = (seen[context], 0.0);
                continue;
            }
            // Nothing was discounted: one occurrence of something not seen is assumed.
            divisor[context] = if total - seen[context] < 1e-9 * total { total + 1.0 } else { total };
            back_off[context] = ((1.0 - seen[context] / divisor[context]) / unseen) as f32;
        }
        let mut probability = Vec::with_capacity(level.len());
        for index in 0..level.len() {
            watch.step(index)?;
            probability.push((lowered(level.counts[index]) / divisor[contexts.of(levels, n, index)]) as f32);
        }
        out[n].probability = probability;
        out[n - 1].back_off = back_off;
    }
    Ok(out)
}

/// What is taken from the words goes to those that never occur, in equal parts.
fn unigrams(counts: &[u32], total: u32, lowered: &dyn Fn(u32) -> f64) -> Vec<f32> {
    let unseen = counts.iter().enumerate().filter(|&(w, &c)| c == 0 && w != SENTENCE_START as usize).count();
    let total = f64::from(total);
    let seen: f64 = counts.iter().map(|&c| lowered(c)).sum();
    let divisor = match unseen {
        0 => seen,
        _ if total - seen < 1e-9 * total => total + 1.0,
        _ => total,
    };
    let rest = if unseen == 0 { 0.0 } else { (1.0 - seen / divisor) / unseen as f64 };
    let mut out: Vec<f32> =
        counts.iter().map(|&c| if c == 0 { rest as f32 } else { (lowered(c) / divisor) as f32 }).collect();
    out[SENTENCE_START as usize] = 1.0;
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_the_formula() {
        // n = 100, 40, 20, k = 2: common = 3·20/100 = 0.6; r = 1: 2·40/100 = 0.8, (0.8 − 0.6)/0.4 = 0.5;
        // r = 2: 3·20/40/2 = 0.75, (0.75 − 0.6)/0.4 = 0.375.
        let d = ratios(2, &[0, 100, 40, 20], 2).unwrap();
        assert!((d[0] - 0.5).abs() < 1e-12 && (d[1] - 0.375).abs() < 1e-12);
        assert!(ratios(2, &[0, 100, 0, 20], 2).unwrap_err().contains("no 2-gram has the count 2"));
        assert!(ratios(2, &[0, 10, 40, 20], 2).is_err());
    }
}
