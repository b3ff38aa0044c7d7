//! log10 P(wrong | right) by the best way to cut both words into pieces (Brill and Moore 2000, equation 3):
//!
//! `P(s | w) = max over cuts R of w and T of s with |R| = |T| of Π P(Tᵢ | Rᵢ, place)`
//!
//! A piece is a unit left as it is, or an edit α → β of at most `window` units each, whose probability depends on
//! whether it stands at the start, in the middle or at the end of the word. Units more than `window − 1` before the first
//! difference or behind the last one are taken as left alone. Cuts that stray farther from the diagonal than the fewest
//! edits do are not tried.

use std::collections::HashMap;

use super::distance;
use super::units::{MOST_UNITS, Unit};

/// Most units on one side of an edit: four of 16 bits make a key.
pub(crate) const MOST_WINDOW: usize = 4;

/// Where an edit stands; the last is anywhere.
pub(crate) const START: usize = 0;
pub(crate) const MIDDLE: usize = 1;
pub(crate) const END: usize = 2;
pub(crate) const ANYWHERE: usize = 3;

/// log10 probabilities of edits that were not learned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flat {
    /// One unit for another, given the first.
    pub replaced: f32,
    /// A unit more, in one gap.
    pub inserted: f32,
    /// A unit less.
    pub deleted: f32,
    /// Two neighbours the other way round.
    pub swapped: f32,
    /// A unit as it is.
    pub kept: f32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    right: u64,
    wrong: u64,
    log10: [f32; 4],
}

/// A hash of one key, as [`hash`]: the standard one takes longer than all else that is done with an edit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeyHasher(u64);
pub(crate) type Keyed = std::hash::BuildHasherDefault<KeyHasher>;

impl std::hash::Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u64(u64::from(b)));
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = hash(key, self.0);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The edits with their probabilities, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    window: usize,
    flat: Flat,
    kept: Vec<f32>,
    slots: Vec<Slot>,
    /// A bit for each hash of an edit, and of a right side, that is there: most questions end here.
    seen: Vec<u64>,
    /// By wrong side, the best log10 of an edit to it, for 1 to 3 edits between the sides.
    to: HashMap<u64, [f32; 3], Keyed>,
    /// By right side, the best log10 of an edit of it, likewise.
    of: HashMap<u64, [f32; 3], Keyed>,
}

/// A wrong word, ready to be compared with many right ones: for each of its beginnings and lengths the key of the piece and
/// the best that an edit to it is worth.
pub(crate) struct Wrong<'a> {
    units: &'a [Unit],
    pieces: Vec<[(u64, f32); MOST_WINDOW + 1]>,
    /// What no right word that is so many edits (1 to 3) away can exceed; index 0 is 0.
    pub most: [f32; 4],
}

#[inline(always)]
fn key(units: &[Unit]) -> u64 {
    units.iter().rev().fold(0, |key, &unit| key << 16 | u64::from(unit))
}

#[inline(always)]
fn hash(right: u64, wrong: u64) -> u64 {
    let product = u128::from(right ^ 0xa076_1d64_78bd_642f) * u128::from(wrong ^ 0xe703_7ed1_a0b4_28db);
    product as u64 ^ (product >> 64) as u64
}

/// Stands for the right side alone in `seen`; no edit has four units of this number on its wrong side.
const ALONE: u64 = u64::MAX;

impl Channel {
    /// A channel without learned edits, with room for `edits` of them.
    pub fn new(window: usize, flat: Flat, units: usize, edits: usize) -> Self {
        let size = (edits * 2).next_power_of_two().max(16);
        Channel {
            window,
            flat,
            kept: vec![flat.kept; units.max(1)],
            slots: vec![Slot::default(); size],
            seen: vec![0; (size / 4).max(64)],
            to: HashMap::default(),
            of: HashMap::default(),
        }
    }

    /// Sets log10 of the probability that a unit is left as it is.
    pub fn keep(&mut self, unit: Unit, log10: f32) {
        self.kept[usize::from(unit)] = log10;
    }

    /// Adds an edit that is not there yet.
    pub fn add(&mut self, right: &[Unit], wrong: &[Unit], log10: [f32; 4]) {
        let apart = distance::within(right, wrong, 2 * MOST_WINDOW).unwrap_or(1);
        let (right, wrong) = (key(right), key(wrong));
        let mask = self.slots.len() - 1;
        let hash_of = hash(right, wrong);
        let mut at = hash_of as usize & mask;
        while self.slots[at].right | self.slots[at].wrong != 0 {
            at = (at + 1) & mask;
        }
        // `new` made twice the room.
        self.slots[at] = Slot { right, wrong, log10 };
        let value = log10.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for best in [self.of.entry(right), self.to.entry(wrong)] {
            let best = &mut best.or_insert([f32::NEG_INFINITY; 3])[apart.clamp(1, 3) - 1];
            *best = best.max(value);
        }
        for hash in [hash_of, hash(right, ALONE)] {
            let bit = (hash >> 20) as usize & (self.seen.len() * 64 - 1);
            self.seen[bit / 64] |= 1 << (bit % 64);
        }
    }

    #[inline(always)]
    fn is_seen(&self, hash: u64) -> bool {
        let bit = (hash >> 20) as usize & (self.seen.len() * 64 - 1);
        self.seen[bit / 64] >> (bit % 64) & 1 != 0
    }

    #[inline(always)]
    fn find(&self, right: u64, wrong: u64) -> Option<&[f32; 4]> {
        let hash = hash(right, wrong);
        if !self.is_seen(hash) {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &self.slots[at];
            if slot.right == right && slot.wrong == wrong {
                return Some(&slot.log10);
            }
            if slot.right | slot.wrong == 0 {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// log10 of one edit wherever it stands, a learned one or one of the four plain kinds.
    pub fn edit(&self, right: &[Unit], wrong: &[Unit]) -> Option<f32> {
        let learned = self.find(key(right), key(wrong)).map(|log10| log10[ANYWHERE]);
        learned.or_else(|| self.plain(right, wrong))
    }

    #[inline(always)]
    fn plain(&self, right: &[Unit], wrong: &[Unit]) -> Option<f32> {
        match (right, wrong) {
            ([], [_]) => Some(self.flat.inserted),
            ([_], []) => Some(self.flat.deleted),
            ([a], [b]) if a != b || *a == 0 => Some(self.flat.replaced),
            ([a, b], [c, d]) if a == d && b == c && a != b && *a != 0 && *b != 0 => Some(self.flat.swapped),
            _ => None,
        }
    }

    /// log10 of the probability that a unit is left as it is.
    #[inline(always)]
    pub fn kept(&self, unit: Unit) -> f32 {
        self.kept.get(usize::from(unit)).copied().unwrap_or(self.flat.kept)
    }

    /// What an edit that was not learned is worth at most.
    fn plainest(&self) -> f32 {
        let flat = &self.flat;
        flat.replaced.max(flat.inserted).max(flat.deleted).max(flat.swapped)
    }

    /// From what one edit between sides that are 1, 2 and 3 edits apart is worth at most, what a word that is so many edits
    /// away is: one that is farther may be reached by an edit of more units, one that is nearer by more edits than it
    /// needs. Index 0 is 0.
    fn most(one: [f32; 3]) -> [f32; 4] {
        let three = one[2].max(one[0] + one[1]).max(3.0 * one[0]);
        let two = one[1].max(2.0 * one[0]).max(three);
        [0.0, one[0].max(two), two, three]
    }

    /// What no wrong word that is so many edits (1 to 3) away from `right` can exceed; index 0 is 0.
    pub fn most_of(&self, right: &[Unit]) -> [f32; 4] {
        let mut one = [self.plainest(), f32::NEG_INFINITY, f32::NEG_INFINITY];
        for begin in 0..=right.len() {
            for end in begin..=(begin + self.window).min(right.len()) {
                if let Some(of) = self.of.get(&key(&right[begin..end])) {
                    (0..3).for_each(|d| one[d] = one[d].max(of[d]));
                }
            }
        }
        Self::most(one)
    }

    /// Prepares a wrong word of at most [`MOST_UNITS`] units.
    pub fn wrong<'a>(&self, units: &'a [Unit]) -> Wrong<'a> {
        let plain = self.plainest();
        let mut one = [plain, f32::NEG_INFINITY, f32::NEG_INFINITY];
        let mut pieces = Vec::with_capacity(units.len() + 1);
        for begin in 0..=units.len() {
            let mut row = [(0, f32::NEG_INFINITY); MOST_WINDOW + 1];
            for (len, piece) in row.iter_mut().enumerate().take(self.window.min(units.len() - begin) + 1) {
                let key = key(&units[begin..begin + len]);
                // Plain edits are always there.
                let mut best = if len <= 2 { plain } else { f32::NEG_INFINITY };
                if let Some(to) = self.to.get(&key) {
                    (0..3).for_each(|d| one[d] = one[d].max(to[d]));
                    best = to.iter().copied().fold(best, f32::max);
                }
                *piece = (key, best);
            }
            pieces.push(row);
        }
        Wrong { units, pieces, most: Self::most(one) }
    }

    /// log10 P(wrong | right) of two different words of at most [`MOST_UNITS`] units that are `apart` edits apart; `None`
    /// if it is not above `floor`.
    pub fn log10(&self, right: &[Unit], wrong: &Wrong<'_>, apart: usize, floor: f32) -> Option<f32> {
        let slack = apart.saturating_sub(right.len().abs_diff(wrong.units.len())) / 2;
        let found = self.cut(right, wrong, slack, floor, None);
        (found > floor).then_some(found)
    }

    /// The best cut with edits wherever they stand: what a longer edit is compared with.
    pub fn anywhere(&self, right: &[Unit], wrong: &[Unit]) -> f32 {
        self.cut(right, &self.wrong(wrong), MOST_WINDOW, f32::NEG_INFINITY, Some(ANYWHERE))
    }

    fn cut(&self, right: &[Unit], wrong: &Wrong<'_>, slack: usize, floor: f32, place: Option<usize>) -> f32 {
        let (pieces, wrong) = (&wrong.pieces, wrong.units);
        if right.len().max(wrong.len()) > MOST_UNITS {
            return f32::NEG_INFINITY;
        }
        let shorter = right.len().min(wrong.len());
        let same = |(a, b): &(&Unit, &Unit)| a == b && **a != 0;
        let front = right.iter().zip(wrong).take_while(same).count();
        let back = right.iter().rev().zip(wrong.iter().rev()).take_while(same).count().min(shorter - front);
        let skip = front.saturating_sub(self.window - 1);
        let drop = back.saturating_sub(self.window - 1);
        let outside = |units: &[Unit]| units.iter().map(|&u| self.kept(u)).sum::<f32>();
        let begin = outside(&right[..skip]) + outside(&right[right.len() - drop..]);
        let len = right.len();
        let pieces = &pieces[skip..];
        let (right, wrong) = (&right[skip..len - drop], &wrong[skip..wrong.len() - drop]);
        let (n, m) = (right.len(), wrong.len());
        let wide = m + 1;
        let cells = (n + 1) * wide;
        let mut few = [f32::NEG_INFINITY; 160];
        let mut many;
        let best: &mut [f32] = if cells <= few.len() {
            &mut few[..cells]
        } else {
            many = vec![f32::NEG_INFINITY; cells];
            &mut many
        };
        best[0] = begin;
        let most_plain = self.plainest();
        // Diagonals j - i from -under to over.
        let (under, over) = (n.saturating_sub(m) + slack, m.saturating_sub(n) + slack);
        for i in 0..=n {
            // The right sides that begin here, as keys by length, with the best their edits are worth.
            let most_right = self.window.min(n - i);
            let mut sides = [(0u64, f32::NEG_INFINITY); MOST_WINDOW + 1];
            let mut looked = false;
            for j in i.saturating_sub(under)..=(i + over).min(m) {
                let value = best[i * wide + j];
                // Every further piece costs something: what is below the floor here stays there.
                if value <= floor {
                    continue;
                }
                if !looked {
                    looked = true;
                    for (a, side) in sides.iter_mut().enumerate().take(most_right + 1) {
                        let key = key(&right[i..i + a]);
                        let plain = if a <= 2 { most_plain } else { f32::NEG_INFINITY };
                        let learned = if self.is_seen(hash(key, ALONE)) { self.of.get(&key) } else { None };
                        *side = (key, learned.map_or(plain, |of| of.iter().copied().fold(plain, f32::max)));
                    }
                }
                if i < n && j < m && right[i] == wrong[j] && right[i] != 0 {
                    let cell = &mut best[(i + 1) * wide + j + 1];
                    *cell = cell.max(value + self.kept(right[i]));
                }
                let most_wrong = self.window.min(m - j);
                for a in 0..=most_right {
                    let (right_key, best_right) = sides[a];
                    if value + best_right <= floor {
                        continue;
                    }
                    for b in usize::from(a == 0)..=most_wrong {
                        let (wrong_key, best_wrong) = pieces[j][b];
                        let within = j + b + under >= i + a && j + b <= i + a + over;
                        if !within || right_key == wrong_key || value + best_wrong <= floor {
                            continue;
                        }
                        let learned = self.find(right_key, wrong_key);
                        let log10 = match learned {
                            Some(log10) => {
                                let at = place.unwrap_or(if skip + i == 0 {
                                    START
                                } else if skip + i + a == len {
                                    END
                                } else {
                                    MIDDLE
                                });
                                log10[at]
                            }
                            None if a <= 2 && b <= 2 => {
                                match self.plain(&right[i..i + a], &wrong[j..j + b]) {
                                    Some(log10) => log10,
                                    None => continue,
                                }
                            }
                            None => continue,
                        };
                        let cell = &mut best[(i + a) * wide + j + b];
                        *cell = cell.max(value + log10);
                    }
                }
            }
        }
        best[cells - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: Flat = Flat { replaced: -3.0, inserted: -3.5, deleted: -2.5, swapped: -2.75, kept: -0.125 };

    #[test]
    fn without_learned_edits_a_word_costs_its_plain_edits_and_its_kept_units() {
        let channel = Channel::new(3, FLAT, 10, 0);
        let cases: [(&[Unit], &[Unit], f32); 6] = [
            (&[1, 2, 3, 4], &[1, 2, 5, 4], -3.0 - 3.0 * 0.125),
            (&[1, 2, 3, 4], &[1, 2, 4], -2.5 - 3.0 * 0.125),
            (&[1, 2, 4], &[1, 2, 3, 4], -3.5 - 3.0 * 0.125),
            (&[1, 2, 3, 4], &[1, 3, 2, 4], -2.75 - 2.0 * 0.125),
            (&[1, 2, 3, 4, 5, 6, 7, 8], &[2, 3, 4, 5, 6, 7, 8, 9], -2.5 - 3.5 - 7.0 * 0.125),
            (&[1], &[], -2.5),
        ];
        for (right, wrong, expected) in cases {
            let wrong = channel.wrong(wrong);
            let found = channel.log10(right, &wrong, 3, f32::NEG_INFINITY).unwrap();
            assert!((found - expected).abs() < 1e-6, "{right:?} {:?}: {found}", wrong.units);
            assert_eq!(channel.log10(right, &wrong, 3, expected + 0.01), None);
            assert!(found <= wrong.most[1]);
        }
    }

    #[test]
    fn the_best_of_all_cuts_is_taken_and_the_place_counts() {
        // 2 3 → 7 is learned: -1 at the start, -0.5 in the middle, -2 at the end.
        let mut channel = Channel::new(3, FLAT, 10, 2);
        channel.add(&[2, 3], &[7], [-1.0, -0.5, -2.0, -0.75]);
        channel.add(&[1, 2, 3], &[1, 7], [-0.9, -0.4, -4.0, -0.8]);
        let at = |right: &[Unit], wrong: &[Unit]| {
            channel.log10(right, &channel.wrong(wrong), 3, f32::NEG_INFINITY).unwrap()
        };
        assert!((at(&[2, 3, 4], &[7, 4]) - (-1.0 - 0.125)).abs() < 1e-6);
        // The longer edit is better than a kept unit and the shorter edit: -0.9 against -0.125 - 0.5.
        assert!((at(&[1, 2, 3, 4], &[1, 7, 4]) - (-0.625 - 0.125)).abs() < 1e-6);
        assert!((at(&[5, 1, 2, 3, 4], &[5, 1, 7, 4]) - (-0.4 - 0.25)).abs() < 1e-6);
        assert!((at(&[5, 2, 3], &[5, 7]) - (-2.0 - 0.125)).abs() < 1e-6);
        assert!((channel.anywhere(&[2, 3], &[7]) - -0.75).abs() < 1e-6);
        assert_eq!(channel.edit(&[2, 3], &[7]), Some(-0.75));
        assert_eq!((channel.edit(&[2], &[7]), channel.edit(&[2], &[2])), (Some(-3.0), None));
        // What a wrong word can be worth at most: 7 is reached by the learned edits, 8 by plain ones alone.
        assert_eq!(channel.wrong(&[1, 7]).most, [0.0, -0.4, -0.4, -2.9]);
        assert_eq!(channel.most_of(&[2, 3]), [0.0, -0.5, -0.5, -3.0]);
        assert_eq!(channel.wrong(&[8]).most, [0.0, -2.5, -5.0, -7.5]);
    }
}
