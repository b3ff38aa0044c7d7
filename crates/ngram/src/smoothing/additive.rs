//! Additive smoothing (Lidstone; Laplace for k = 1): (c + k) / (total + k V), V the words that can be predicted.

use gyeol_tensor::Pool;

use crate::adjust::Kind;
use crate::context::Contexts;
use crate::count::Level;
use crate::initial::sums;
use crate::interpolate::Linear;
use crate::tables::Scheme;
use crate::vocabulary::SENTENCE_START;
use crate::watch::Watch;
use gyeol_base::Result;

pub(crate) fn estimate(
    levels: &[Level],
    contexts: &Contexts,
    thresholds: &[u32],
    k: f64,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<(Vec<Linear>, Scheme)> {
    let words = (levels[0].len() - 1) as f64;
    let mut out: Vec<Linear> = vec![Linear::default(); levels.len()];
    for n in 0..levels.len() {
        let sums = sums(levels, contexts, Kind::Plain, thresholds, n, pool, watch)?;
        let share = |count: u32, context: usize| {
            ((f64::from(count) + k) / (f64::from(sums[context].total) + k * words)) as f32
        };
        let mut probability = Vec::with_capacity(levels[n].len());
        for index in 0..levels[n].len() {
            watch.step(index)?;
            probability.push(share(levels[n].counts[index], contexts.of(levels, n, index)));
        }
        if n == 0 {
            probability[SENTENCE_START as usize] = 1.0;
        } else {
            out[n - 1].back_off = (0..sums.len()).map(|context| share(0, context)).collect();
        }
        out[n].probability = probability;
    }
    Ok((out, Scheme::Additive((1.0 / words).log10() as f32)))
}
