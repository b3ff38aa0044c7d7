//! Where the context of each n-gram stands among the n-grams one order below, found by walking two branches of the
//! tree side by side: the children of `v w` are found among those of its own context `v`.

use std::ops::Range;

use gyeol_tensor::Pool;

use crate::count::Level;
use crate::vocabulary::WordId;
use crate::watch::Watch;
use gyeol_base::Result;

/// Nodes of one level that a task takes.
pub(crate) const NODES: usize = 1 << 15;

/// Ranges of about [`NODES`] children, cut between parents: the parents and their children.
pub(crate) fn cut(first: &[u32]) -> Vec<(Range<usize>, Range<usize>)> {
    let parents = first.len().saturating_sub(1);
    let (mut out, mut begin) = (Vec::new(), 0);
    while begin < parents {
        let target = first[begin] as usize + NODES;
        let most = (begin + NODES).min(parents);
        let end = begin + first[begin..=most].partition_point(|&f| (f as usize) < target);
        let end = end.clamp(begin + 1, most);
        out.push((begin..end, first[begin] as usize..first[end] as usize));
        begin = end;
    }
    out
}

/// Cuts a slice at the ends of ranges that follow each other.
pub(crate) fn split<T>(mut values: &mut [T], ranges: impl Iterator<Item = Range<usize>>) -> Vec<&mut [T]> {
    ranges
        .map(|range| {
            let (cut, rest) = std::mem::take(&mut values).split_at_mut(range.len());
            values = rest;
            cut
        })
        .collect()
}

/// Contexts of all levels; `of(n)` for level `n` from 1.
#[derive(Debug, Default, Clone)]
pub(crate) struct Contexts(Vec<Vec<u32>>);

impl Contexts {
    /// Finds them. Every context of an n-gram that was counted was counted itself.
    pub fn find(levels: &[Level], pool: &Pool, watch: &mut Watch<'_>) -> Result<Self> {
        let mut all: Vec<Vec<u32>> = vec![Vec::new(), Vec::new()];
        for n in 2..levels.len() {
            let mut links = vec![0u32; levels[n].words.len()];
            let ranges = cut(&levels[n - 1].first);
            let outs = split(&mut links, ranges.iter().map(|(_, children)| children.clone()));
            let mut tasks: Vec<_> = ranges.iter().zip(outs).collect();
            let above: &[u32] = if n == 2 { &levels[1].words } else { &all[n - 1] };
            watch.each_mut(pool, &mut tasks, |_, _, ((parents, children), out)| {
                for parent in parents.clone() {
                    let own = levels[n - 1].first[parent] as usize..levels[n - 1].first[parent + 1] as usize;
                    if own.is_empty() {
                        continue;
                    }
                    let context = above[parent] as usize;
                    let begin = levels[n - 2].first[context];
                    let among =
                        &levels[n - 1].words[begin as usize..levels[n - 2].first[context + 1] as usize];
                    let wanted = &levels[n].words[own.clone()];
                    find_all(
                        wanted,
                        among,
                        begin,
                        &mut out[own.start - children.start..own.end - children.start],
                    );
                }
            })?;
            all.push(links);
        }
        Ok(Contexts(all))
    }

    /// Context of n-gram `index` of level `n`, itself an index of level `n - 1`; the only context of unigrams is 0.
    #[inline(always)]
    pub fn of(&self, levels: &[Level], n: usize, index: usize) -> usize {
        match n {
            0 => 0,
            1 => levels[1].words[index] as usize,
            _ => self.0[n][index] as usize,
        }
    }
}

/// Where each of some rising words stands among others, counted from `base`.
#[inline]
fn find_all(wanted: &[WordId], among: &[WordId], base: u32, out: &mut [u32]) {
    let mut at = 0;
    for (word, to) in wanted.iter().zip(out) {
        // Doubling steps: near where the last was found if many are wanted, far if few are.
        let mut step = 1;
        while at + step < among.len() && among[at + step] <= *word {
            at += step;
            step *= 2;
        }
        let end = (at + step).min(among.len());
        at += among[at..end].partition_point(|w| w < word);
        debug_assert_eq!(among.get(at), Some(word));
        *to = base + at as u32;
    }
}
