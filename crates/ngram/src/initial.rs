//! Step 5: sums over each context, from which the weight of the lower order follows (Chen and Goodman 1998, equation 23
//! and the γ below it).

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use gyeol_tensor::Pool;

use crate::adjust::{Kind, count};
use crate::context::{Contexts, NODES};
use crate::count::Level;
use crate::watch::Watch;
use gyeol_base::Result;

/// Contexts whose sums are laid out between two questions.
const FILLED: usize = 1 << 20;

/// What was seen after a context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Sum of the counts.
    pub total: u32,
    /// How many words have the count 1, 2, and 3 or more, those cut off left out.
    pub with: [u32; 3],
    /// Sum of the counts of those cut off.
    pub cut: u32,
}

impl Sums {
    /// How many different words.
    pub fn types(&self) -> u32 {
        self.with.iter().sum()
    }
}

/// Whether an n-gram is cut off: its plain count is at most the threshold of its order.
#[inline(always)]
pub(crate) fn is_cut(levels: &[Level], thresholds: &[u32], n: usize, index: usize) -> bool {
    n > 0 && levels[n].counts[index] <= thresholds[n]
}

/// Sums of the n-grams of level `n` over their contexts, which are the n-grams of level `n - 1`.
pub(crate) fn sums(
    levels: &[Level],
    contexts: &Contexts,
    kind: Kind,
    thresholds: &[u32],
    n: usize,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Vec<Sums>> {
    let len = if n == 0 { 1 } else { levels[n - 1].len() };
    let new = |_| -> [AtomicU32; 4] { std::array::from_fn(|_| AtomicU32::new(0)) };
    let mut held: Vec<[AtomicU32; 4]> = Vec::with_capacity(len);
    for begin in (0..len).step_by(FILLED) {
        watch.ask()?;
        held.extend((begin..len.min(begin + FILLED)).map(new));
    }
    let cut: Vec<AtomicU32> =
        if thresholds[n] > 0 { (0..len).map(|_| AtomicU32::new(0)).collect() } else { Vec::new() };
    let nodes = levels[n].len();
    // Additions of whole numbers: their order changes nothing.
    watch.run(pool, nodes.div_ceil(NODES), &|_, task| {
        for index in task * NODES..nodes.min((task + 1) * NODES) {
            let count = count(levels, kind, n, index);
            if count == 0 {
                continue;
            }
            let context = contexts.of(levels, n, index);
            let sums = &held[context];
            sums[0].fetch_add(count, Relaxed);
            if is_cut(levels, thresholds, n, index) {
                cut[context].fetch_add(count, Relaxed);
            } else {
                sums[count.min(3) as usize].fetch_add(1, Relaxed);
            }
        }
    })?;
    let mut cut = cut.into_iter();
    let mut sums = held.into_iter().map(|sums| {
        let [total, one, two, three] = sums.map(AtomicU32::into_inner);
        let cut = cut.next().map_or(0, AtomicU32::into_inner);
        Sums { total, with: [one, two, three], cut }
    });
    let mut out = Vec::with_capacity(len);
    while out.len() < len {
        watch.ask()?;
        out.extend(sums.by_ref().take(FILLED));
    }
    Ok(out)
}
