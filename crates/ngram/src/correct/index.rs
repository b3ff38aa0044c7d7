//! Which words are near: a delete index (the idea of SymSpell, Garbe 2012).
//!
//! Two words at most `d` edits apart share what is left when at most `d` units are deleted from the first
//! `limit + 6` units of each. So every word of the dictionary stands in the bucket of each such rest; a question
//! enumerates its own rests and looks into their buckets. Buckets may hold others too: the asker compares.
//!
//! With each entry stands what units its word has and how long it is, so that most words that are too far are seen from the
//! bucket alone. Memory is 8 bytes an entry and 4 to 8 a bucket, as many buckets as entries or up to twice as many. A word
//! of nine units or more has at most 37 rests for distance 2 (of 8 units) and 130 for distance 3 (of 9).

use gyeol_base::Fault;

use super::MOST_DISTANCE;
use super::units::{MOST_UNITS, Unit};
use crate::watch::Watch;
use gyeol_base::{Error, Result};

/// More entries than this are refused: 32 GiB of them.
const MOST_ENTRIES: u64 = 1 << 32;

#[derive(Debug)]
pub(crate) struct DeleteIndex {
    limit: usize,
    prefix: usize,
    shift: u32,
    starts: Vec<u32>,
    /// Word and its sign.
    entries: Vec<(u32, u32)>,
}

/// Units more than the limit that rests are made of: fewer make words meet that are far apart, more take memory.
const BEYOND: usize = 6;
/// Rests of nine units, three of them deleted at most: 1 + 9 + 36 + 84.
const MOST_RESTS: usize = 130;
/// Most units of a word that rests are made of.
const MOST_PREFIX: usize = MOST_DISTANCE + BEYOND;
/// Base of the hash, a polynomial modulo 2^64 whose digits are the units, spread.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes of the beginnings of a word, from which those of its rests follow in one step a piece.
struct Rests<'a> {
    units: &'a [Unit],
    begin: [u64; MOST_PREFIX + 1],
    power: [u64; MOST_PREFIX + 1],
}

impl<'a> Rests<'a> {
    /// Of at most [`MOST_PREFIX`] units.
    fn new(units: &'a [Unit]) -> Self {
        let mut new = Rests { units, begin: [1; MOST_PREFIX + 1], power: [1; MOST_PREFIX + 1] };
        for (i, &unit) in units.iter().enumerate() {
            let digit = (u64::from(unit) + 1).wrapping_mul(0xd6e8_feb8_6659_fd93);
            new.begin[i + 1] = new.begin[i].wrapping_mul(BASE).wrapping_add(digit ^ digit >> 32);
            new.power[i + 1] = new.power[i].wrapping_mul(BASE);
        }
        new
    }

    /// The hash `hash` of what was kept before `from`, with the units from there up to `to`.
    #[inline(always)]
    fn with(&self, hash: u64, from: usize, to: usize) -> u64 {
        let shift = self.power[to - from];
        hash.wrapping_mul(shift)
            .wrapping_add(self.begin[to])
            .wrapping_sub(self.begin[from].wrapping_mul(shift))
    }

    /// Calls `each` with the hash of every rest after at most `deletes` deletions.
    fn each(&self, deletes: usize, each: &mut impl FnMut(u64)) {
        self.from(1, 0, deletes, each);
    }

    fn from(&self, hash: u64, from: usize, deletes: usize, each: &mut impl FnMut(u64)) {
        let len = self.units.len();
        each(self.with(hash, from, len));
        if deletes == 0 {
            return;
        }
        for at in from..len {
            // Of a run of equal units it is the same which one goes.
            if at == from || self.units[at] != self.units[at - 1] {
                self.from(self.with(hash, from, at), at + 1, deletes - 1, each);
            }
        }
    }
}

/// Which of 26 kinds of units a word has, and its length: two words `d` edits apart differ in at most `2 d` kinds and
/// `d` units of length.
pub(crate) fn sign(units: &[Unit]) -> u32 {
    let kinds = units.iter().fold(0u32, |bits, &unit| bits | 1 << (unit % 26));
    kinds | (units.len().clamp(1, MOST_UNITS) as u32 - 1) << 26
}

/// Whether the signs allow two words to be so near.
#[inline(always)]
fn may_be(a: u32, b: u32, distance: usize) -> bool {
    let kinds = (a ^ b) & ((1 << 26) - 1);
    kinds.count_ones() as usize <= 2 * distance && ((a >> 26).abs_diff(b >> 26) as usize) <= distance
}

/// The hash's upper bits are the better ones; one more turn makes them depend on all units.
#[inline(always)]
fn bucket(hash: u64, shift: u32) -> usize {
    ((hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
}

impl DeleteIndex {
    /// An index of the words `0 .. count`, for distances up to `limit`.
    ///
    /// # Errors
    /// More entries than the memory that is allowed holds.
    pub fn new<'a>(
        count: usize,
        word: impl Fn(usize) -> &'a [Unit],
        limit: usize,
        watch: &mut Watch<'_>,
    ) -> Result<Self> {
        let prefix = limit + BEYOND;
        let cut = |i: usize| {
            let units = word(i);
            Rests::new(&units[..units.len().min(prefix)])
        };
        let mut total = 0u64;
        for i in 0..count {
            watch.step(i)?;
            cut(i).each(limit, &mut |_| total += 1);
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
            watch.step(i)?;
            cut(i).each(limit, &mut |hash| {
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
        let mut entries = vec![(0u32, 0u32); sum as usize];
        last.fill(u32::MAX);
        for i in (0..count).rev() {
            watch.step(i)?;
            let sign = sign(word(i));
            cut(i).each(limit, &mut |hash| {
                let at = bucket(hash, shift);
                if last[at] != i as u32 {
                    last[at] = i as u32;
                    starts[at] -= 1;
                    entries[starts[at] as usize] = (i as u32, sign);
                }
            });
        }
        Ok(DeleteIndex { limit, prefix, shift, starts, entries })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        4 * self.starts.len() + 8 * self.entries.len()
    }

    /// Calls `each` with words among which are all at most `distance` (itself at most the limit) edits from `units`;
    /// some come more than once, some are farther.
    #[inline]
    pub fn near(&self, units: &[Unit], distance: usize, mut each: impl FnMut(u32)) {
        let asked = sign(units);
        // All places first, then all buckets: so that the memory is asked for many at once.
        let mut places = [0usize; MOST_RESTS];
        let mut held = 0;
        Rests::new(&units[..units.len().min(self.prefix)]).each(distance.min(self.limit), &mut |hash| {
            places[held] = bucket(hash, self.shift);
            held += 1;
        });
        let mut ranges = [(0u32, 0u32); MOST_RESTS];
        for (range, &at) in ranges.iter_mut().zip(&places[..held]) {
            *range = (self.starts[at], self.starts[at + 1]);
        }
        // Nothing hangs on what is read here, so the reads overlap; the loop below would wait for each.
        let last = self.entries.len().saturating_sub(1);
        let touched = ranges[..held]
            .iter()
            .fold(0, |all, r| all | self.entries.get((r.0 as usize).min(last)).map_or(0, |entry| entry.1));
        std::hint::black_box(touched);
        for &(from, to) in &ranges[..held] {
            for &(word, sign) in &self.entries[from as usize..to as usize] {
                if may_be(asked, sign, distance) {
                    each(word);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::distance::tests::{plain, word};
    use super::super::distance::within;
    use super::*;
    use crate::watch::Stage;
    use gyeol_tensor::rng::Rng;
    use std::collections::BTreeSet;

    #[test]
    fn it_finds_exactly_what_brute_force_finds() {
        let mut rng = Rng::new(11);
        let mut words: Vec<Vec<Unit>> = (0..400).map(|_| word(&mut rng, 14, 4)).collect();
        words.sort();
        words.dedup();
        for limit in 1..=3 {
            let mut on = |_| true;
            let mut watch = Watch::new(&mut on, Stage::Indexing);
            let index = DeleteIndex::new(words.len(), |i| &words[i], limit, &mut watch).unwrap();
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
            assert!(found_any > 300, "{found_any}");
        }
    }
}
