//! Which words are near: a delete index (the idea of SymSpell, Garbe 2012).
//!
//! Two words at most `d` edits apart share what is left when at most `d` units are deleted from the first
//! `limit + 5` units of each. So every word of the dictionary stands in the bucket of each such rest; a question
//! enumerates its own rests and looks into their buckets. Buckets may hold others too: the asker compares.
//!
//! Memory is 4 bytes an entry and 4 to 8 bytes a bucket, as many buckets as entries or up to twice as many. A word of
//! eight units or more has at most 29 rests for distance 2 (of 7 units) and 93 for distance 3 (of 8).

use gyeol_data::Fault;

use super::units::Unit;
use crate::error::{Error, Result};

/// More entries than this are refused: 16 GiB of them.
const MOST_ENTRIES: u64 = 1 << 32;

#[derive(Debug)]
pub(crate) struct DeleteIndex {
    limit: usize,
    prefix: usize,
    shift: u32,
    starts: Vec<u32>,
    entries: Vec<u32>,
}

/// Calls `each` with the hash of every rest of `units` after at most `deletes` deletions; equal rests may come twice.
#[inline(always)]
fn rests(units: &[Unit], deletes: usize, each: &mut impl FnMut(u64)) {
    fn walk(units: &[Unit], deletes: usize, hash: u64, each: &mut impl FnMut(u64)) {
        if deletes == 0 || units.is_empty() {
            let mut hash = hash;
            for &unit in units {
                hash = step(hash, unit);
            }
            each(hash);
            return;
        }
        walk(&units[1..], deletes, step(hash, units[0]), each);
        walk(&units[1..], deletes - 1, hash, each);
    }
    walk(units, deletes, 0x9e37_79b9_7f4a_7c15, each);
}

#[inline(always)]
fn step(hash: u64, unit: Unit) -> u64 {
    (hash.rotate_left(23) ^ (u64::from(unit) + 1)).wrapping_mul(0x2545_f491_4f6c_dd1d)
}

/// The hash's upper bits are the better ones; one more turn makes them depend on all units.
#[inline(always)]
fn bucket(hash: u64, shift: u32) -> usize {
    ((hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
}

impl DeleteIndex {
    /// An index of the words `0 .. count`, for distances up to `limit`.
    ///
    /// # Errors
    /// More entries than the memory that is allowed holds.
    pub fn new<'a>(count: usize, word: impl Fn(usize) -> &'a [Unit], limit: usize) -> Result<Self> {
        let prefix = limit + 5;
        let cut = |i: usize| {
            let units = word(i);
            &units[..units.len().min(prefix)]
        };
        let mut total = 0u64;
        for i in 0..count {
            rests(cut(i), limit, &mut |_| total += 1);
        }
        if total >= MOST_ENTRIES {
            return Err(Error::limit(
                Fault::new("index-too-large", format!("{count} words make {total} entries of the index"))
                    .cause("a very large vocabulary for this distance")
                    .next("lower the greatest distance, or fit the model with fewer words"),
            ));
        }
        let buckets = (total as usize).next_power_of_two().max(2);
        let shift = 64 - buckets.trailing_zeros();
        // A word whose rests repeat would stand in a bucket twice: `last` is the word that a bucket got last.
        let mut starts = vec![0u32; buckets + 1];
        let mut last = vec![u32::MAX; buckets];
        for i in 0..count {
            rests(cut(i), limit, &mut |hash| {
                let at = bucket(hash, shift);
                if last[at] != i as u32 {
                    last[at] = i as u32;
                    starts[at] += 1;
                }
            });
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        // Filled from the end of each bucket, so that `starts` holds the beginnings in the end.
        let mut entries = vec![0u32; sum as usize];
        last.fill(u32::MAX);
        for i in (0..count).rev() {
            rests(cut(i), limit, &mut |hash| {
                let at = bucket(hash, shift);
                if last[at] != i as u32 {
                    last[at] = i as u32;
                    starts[at] -= 1;
                    entries[starts[at] as usize] = i as u32;
                }
            });
        }
        Ok(DeleteIndex { limit, prefix, shift, starts, entries })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        4 * (self.starts.len() + self.entries.len())
    }

    /// Calls `each` with words among which are all at most `distance` (itself at most the limit) edits from `units`;
    /// some come more than once, some are farther.
    #[inline]
    pub fn near(&self, units: &[Unit], distance: usize, mut each: impl FnMut(u32)) {
        rests(&units[..units.len().min(self.prefix)], distance.min(self.limit), &mut |hash| {
            let at = bucket(hash, self.shift);
            let range = self.starts[at] as usize..self.starts[at + 1] as usize;
            for &word in &self.entries[range] {
                each(word);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::distance::tests::{plain, word};
    use super::super::distance::within;
    use super::*;
    use gyeol_tensor::rng::Rng;
    use std::collections::BTreeSet;

    #[test]
    fn it_finds_exactly_what_brute_force_finds() {
        let mut rng = Rng::new(11);
        let mut words: Vec<Vec<Unit>> = (0..400).map(|_| word(&mut rng, 14, 4)).collect();
        words.sort();
        words.dedup();
        for limit in 1..=3 {
            let index = DeleteIndex::new(words.len(), |i| &words[i], limit).unwrap();
            assert!(index.bytes() > 4 * words.len());
            let mut found_any = 0;
            for _ in 0..300 {
                // Half of the questions are words of the dictionary with some edits.
                let mut asked = word(&mut rng, 14, 4);
                if rng.below(2) == 0 {
                    asked.clone_from(&words[rng.below(words.len() as u64) as usize]);
                    for _ in 0..rng.below(4) {
                        let at = rng.below(asked.len() as u64 + 1) as usize;
                        match rng.below(3) {
                            0 => asked.insert(at, 1 + rng.below(4) as Unit),
                            1 if at < asked.len() => drop(asked.remove(at)),
                            _ if at + 1 < asked.len() => asked.swap(at, at + 1),
                            _ => {}
                        }
                    }
                }
                for distance in 0..=limit {
                    let mut found = BTreeSet::new();
                    index.near(&asked, distance, |i| {
                        if within(&words[i as usize], &asked, distance).is_some() {
                            found.insert(i as usize);
                        }
                    });
                    let expected: BTreeSet<usize> =
                        (0..words.len()).filter(|&i| plain(&words[i], &asked) <= distance).collect();
                    assert_eq!(found, expected, "{asked:?} {distance} of {limit}");
                    found_any += found.len();
                }
            }
            assert!(found_any > 1000, "{found_any}");
        }
    }
}
