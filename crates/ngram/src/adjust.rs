//! Step 3: adjusted counts, the number of different words seen before an n-gram (Kneser and Ney 1995; Chen and Goodman
//! 1998, equation 24), and how many n-grams have each small count.
//!
//! The highest order keeps its plain counts, and so do n-grams that begin with `<s>`, which nothing can precede.

use crate::count::Level;
use crate::vocabulary::SENTENCE_START;
use crate::watch::Watch;
use gyeol_base::Result;

/// Which counts a smoothing starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Occurrences in the text.
    Plain,
    /// Different words before.
    Adjusted,
}

/// The count of n-gram `index` of level `n` (from 0).
#[inline(always)]
pub(crate) fn count(levels: &[Level], kind: Kind, n: usize, index: usize) -> u32 {
    let level = &levels[n];
    let first_word = level.words.get(index).copied().unwrap_or(index as u32);
    if kind == Kind::Plain || n + 1 == levels.len() || first_word == SENTENCE_START {
        level.counts[index]
    } else {
        level.first[index + 1] - level.first[index]
    }
}

/// How many n-grams of an order have the count 1, 2, 3 and 4: `n[1]` to `n[4]`.
pub(crate) type CountOfCounts = [u64; 5];

/// Counts of counts of every order.
pub(crate) fn counts_of_counts(
    levels: &[Level],
    kind: Kind,
    watch: &mut Watch<'_>,
) -> Result<Vec<CountOfCounts>> {
    let mut out: Vec<CountOfCounts> = vec![[0; 5]; levels.len()];
    for (n, of) in out.iter_mut().enumerate() {
        for index in 0..levels[n].len() {
            watch.step(index)?;
            let count = count(levels, kind, n, index) as usize;
            if (1..5).contains(&count) {
                of[count] += 1;
            }
        }
    }
    if kind == Kind::Adjusted {
        last_as_lmplz(levels, &mut out);
    }
    Ok(out)
}

/// `lmplz` takes the very last n-gram of each lower order with its plain count (`adjust_counts.cc`, "the last
/// n-grams"); discounts can only be equal to its own if that is done here too.
fn last_as_lmplz(levels: &[Level], out: &mut [CountOfCounts]) {
    let Some(mut node) = levels[0].counts.iter().rposition(|&c| c > 0) else { return };
    for n in 0..levels.len() - 1 {
        let adjusted = count(levels, Kind::Adjusted, n, node) as usize;
        let plain = levels[n].counts[node] as usize;
        if (1..5).contains(&adjusted) {
            out[n][adjusted] -= 1;
        }
        if (1..5).contains(&plain) {
            out[n][plain] += 1;
        }
        let (begin, end) = (levels[n].first[node], levels[n].first[node + 1]);
        if begin == end {
            return;
        }
        node = end as usize - 1;
    }
}
