//! Step 6: probabilities, each order interpolated with the one below (Chen and Goodman 1998, equation 27 with the uniform
//! distribution of section 4.1.6 at the bottom).
//!
//! All sums are of 32-bit floats rounded as `lmplz` rounds them, so its files are met to the last digit.

use gyeol_tensor::Pool;

use crate::adjust::{Kind, count};
use crate::context::{Contexts, cut, split};
use crate::count::Level;
use crate::discount::Discounts;
use crate::initial::{Sums, sums};
use crate::vocabulary::SENTENCE_START;
use crate::watch::Watch;
use gyeol_base::Result;

/// How a context divides its mass between what was seen after it and the lower order.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    /// (c − D(c)) / total, the rest to the lower order.
    Discounted(Discounts),
    /// c / (total + types), types / (total + types) to the lower order (Witten and Bell 1991, method C).
    WittenBell,
    /// λ c / total, 1 − λ to the lower order; λ by the size of the total (Jelinek and Mercer 1980).
    Weighted(Vec<f64>),
    /// c / total, and a fixed weight for words not seen; seen ones take nothing from the lower order.
    Alone { back_off: f32 },
}

/// Which λ of [`Rule::Weighted`] a context takes: by the binary logarithm of its total.
pub(crate) fn weight_class(total: u32) -> usize {
    total.max(1).ilog2() as usize
}

impl Rule {
    /// Mass of the lower order.
    pub fn lower(&self, sums: &Sums) -> f32 {
        if sums.total == 0 {
            return 1.0;
        }
        let total = sums.total as f32;
        match self {
            Rule::Discounted(discounts) => {
                let mut mass = 0f32;
                for i in 0..3 {
                    mass += discounts[i + 1] * sums.with[i] as f32;
                }
                (mass + sums.cut as f32) / total
            }
            Rule::WittenBell => {
                let types = f64::from(sums.types());
                ((types + f64::from(sums.cut)) / (f64::from(sums.total) + types)) as f32
            }
            Rule::Weighted(weights) => {
                let weight = weights[weight_class(sums.total)];
                (1.0 - weight + weight * f64::from(sums.cut) / f64::from(sums.total)) as f32
            }
            Rule::Alone { back_off } => *back_off,
        }
    }

    /// Mass of an n-gram itself.
    #[inline(always)]
    pub fn own(&self, count: u32, sums: &Sums) -> f32 {
        if count == 0 || sums.total == 0 {
            return 0.0;
        }
        match self {
            Rule::Discounted(discounts) => {
                (count as f32 - discounts[count.min(3) as usize]) / sums.total as f32
            }
            Rule::WittenBell => (f64::from(count) / (f64::from(sums.total) + f64::from(sums.types()))) as f32,
            Rule::Weighted(weights) => {
                (weights[weight_class(sums.total)] * f64::from(count) / f64::from(sums.total)) as f32
            }
            Rule::Alone { .. } => (f64::from(count) / f64::from(sums.total)) as f32,
        }
    }
}

/// Probabilities of one order and, one order below, the weights of the contexts. Not logarithms yet.
#[derive(Debug, Default, Clone)]
pub(crate) struct Linear {
    pub probability: Vec<f32>,
    pub back_off: Vec<f32>,
}

/// Applies one rule to each order.
pub(crate) fn interpolate(
    levels: &[Level],
    contexts: &Contexts,
    kind: Kind,
    thresholds: &[u32],
    rules: &[Rule],
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Vec<Linear>> {
    let mut out: Vec<Linear> = vec![Linear::default(); levels.len()];
    // `<unk>` is counted, `<s>` is not.
    let uniform = (1.0 / f64::from((levels[0].len() - 1) as f32)) as f32;
    for n in 0..levels.len() {
        let sums = sums(levels, contexts, kind, thresholds, n, pool, watch)?;
        let rule = &rules[n];
        let mut lower = vec![0f32; sums.len()];
        pool.split_mut([&mut lower], crate::context::NODES, |range, [out]| {
            for (out, sums) in out.iter_mut().zip(&sums[range]) {
                *out = rule.lower(sums);
            }
        });
        let mut probability = vec![0f32; levels[n].len()];
        if n == 0 {
            let below = if matches!(rule, Rule::Alone { .. }) { 0.0 } else { lower[0] * uniform };
            for (index, p) in probability.iter_mut().enumerate() {
                *p = rule.own(count(levels, kind, 0, index), &sums[0]) + below;
            }
            // As in lmplz: `<s>` is there for its back-off weight; it is never predicted.
            probability[SENTENCE_START as usize] = 1.0;
        } else {
            let ranges = cut(&levels[n - 1].first);
            let outs = split(&mut probability, ranges.iter().map(|(_, children)| children.clone()));
            let mut tasks: Vec<_> = ranges.iter().zip(outs).collect();
            let parents_p = &out[n - 1].probability;
            let alone = matches!(rule, Rule::Alone { .. });
            watch.each_mut(pool, &mut tasks, |_, _, ((parents, children), out)| {
                for parent in parents.clone() {
                    let below = parents_p[parent];
                    for index in
                        levels[n - 1].first[parent] as usize..levels[n - 1].first[parent + 1] as usize
                    {
                        let context = contexts.of(levels, n, index);
                        let own = rule.own(count(levels, kind, n, index), &sums[context]);
                        out[index - children.start] = if alone { own } else { own + lower[context] * below };
                    }
                }
            })?;
            out[n - 1].back_off = lower;
        }
        out[n].probability = probability;
    }
    Ok(out)
}
