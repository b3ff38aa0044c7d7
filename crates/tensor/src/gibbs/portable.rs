//! The sweep in safe code, over arrays of sixteen; compiled again for AVX2.

use super::rows::{Row, added, removed};
use super::{GIBBS_LANES, Sweep};

type Lanes = [f32; GIBBS_LANES];

#[inline(always)]
fn lanes(values: &[f32], j: usize) -> &Lanes {
    values[GIBBS_LANES * j..GIBBS_LANES * (j + 1)].try_into().expect("sixteen")
}

/// Sums of the first 1, 2, … 16 numbers, in four steps (Hillis & Steele 1986).
#[inline(always)]
fn prefix(mut x: Lanes) -> Lanes {
    for step in [1, 2, 4, 8] {
        let before = x;
        for l in step..GIBBS_LANES {
            x[l] = before[l] + before[l - step];
        }
    }
    x
}

/// Place of the first number whose running sum, down the lanes and then over them, is above `target`.
#[inline(always)]
fn place(sums: &[Lanes], ends: &Lanes, target: f32) -> usize {
    let sum = &sums[sums.len() - 1];
    let lane = ends.iter().filter(|&&end| end <= target).count().min(GIBBS_LANES - 1);
    let rest = target - (ends[lane] - sum[lane]);
    let j = sums.iter().filter(|c| c[lane] <= rest).count().min(sums.len() - 1);
    GIBBS_LANES * j + lane
}

/// Running sums of weights down the lanes.
#[inline(always)]
fn summed(sums: &mut [Lanes], weights: &[f32]) -> Lanes {
    let mut sum = [0.0f32; GIBBS_LANES];
    for (j, out) in sums.iter_mut().enumerate() {
        sum.iter_mut().zip(lanes(weights, j)).for_each(|(s, w)| *s += w);
        *out = sum;
    }
    sum
}

#[inline(always)]
pub(super) fn sweep(s: &mut Sweep<'_>) {
    let vectors = s.stride / GIBBS_LANES;
    let lists = s.rows.has_lists();
    let free = s.stride as u16;
    let mut at = 0;
    for slice in s.slices {
        let doc = &mut s.doc_topics[slice.doc as usize * s.stride..][..s.stride];
        for (((w, &n), a), i) in s.weights.iter_mut().zip(&*doc).zip(s.alpha).zip(&*s.inverse) {
            *w = (n as f32 + a) * i;
        }
        // The sum of all weights, for words that are lists.
        let mut total =
            if lists { prefix(summed(&mut s.sums[..vectors], s.weights))[GIBBS_LANES - 1] } else { 0.0 };
        for token in at..at + slice.tokens as usize {
            let old = usize::from(s.topics[token]);
            let kept = s.weights[old];
            doc[old] -= 1;
            s.topic_tokens[old] -= 1;
            s.inverse[old] = 1.0 / (s.topic_tokens[old] as f32 + s.beta_sum);
            s.weights[old] = (doc[old] as f32 + s.alpha[old]) * s.inverse[old];
            let without = total - kept + s.weights[old];
            let u = s.uniform.next(s.rng);
            let new = match s.rows.row(s.words[token] as usize) {
                Row::Full(row) => {
                    row[old] -= 1;
                    let mut sum = [0.0f32; GIBBS_LANES];
                    for j in 0..vectors {
                        let weights = lanes(s.weights, j);
                        for l in 0..GIBBS_LANES {
                            sum[l] += weights[l] * (row[GIBBS_LANES * j + l] as f32 + s.beta);
                        }
                        s.sums[j] = sum;
                    }
                    let ends = prefix(sum);
                    let target = u * ends[GIBBS_LANES - 1];
                    let new = super::inside(place(&s.sums[..vectors], &ends, target), s.k);
                    row[new] += 1;
                    new
                }
                Row::List { topics, counts, length } => {
                    removed(topics, counts, *length, old as u16);
                    let chunks = (*length as usize).div_ceil(GIBBS_LANES);
                    let mut sum = [0.0f32; GIBBS_LANES];
                    for j in 0..chunks {
                        for l in 0..GIBBS_LANES {
                            let i = GIBBS_LANES * j + l;
                            sum[l] += s.weights[usize::from(topics[i])] * counts[i] as f32;
                        }
                        s.sums[j] = sum;
                    }
                    let ends = prefix(sum);
                    let mine = ends[GIBBS_LANES - 1];
                    let target = u * (mine + s.beta * without);
                    let new = if target < mine {
                        let i = place(&s.sums[..chunks], &ends, target);
                        // Rounding can lead to a place without a token.
                        if counts[i] > 0 { usize::from(topics[i]) } else { old }
                    } else {
                        let ends = prefix(summed(&mut s.sums[..vectors], s.weights));
                        let target = (target - mine) / s.beta;
                        super::inside(place(&s.sums[..vectors], &ends, target), s.k)
                    };
                    added(topics, counts, length, new as u16, free);
                    new
                }
            };
            doc[new] += 1;
            s.topic_tokens[new] += 1;
            s.inverse[new] = 1.0 / (s.topic_tokens[new] as f32 + s.beta_sum);
            let weight = (doc[new] as f32 + s.alpha[new]) * s.inverse[new];
            if new != old {
                total = without - s.weights[new] + weight;
            }
            s.weights[new] = weight;
            s.topics[token] = new as u16;
        }
        at += slice.tokens as usize;
    }
}
