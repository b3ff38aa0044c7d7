//! Evidence about one gap as numbered features, and the weights fitted to them.
//!
//! The score of a gap is the log-odds that a sentence ends there: a prior by the strength of the ending and the kind
//! of the word that follows, and a logistic regression over hashed features of the words around (hashing trick,
//! Weinberger et al. 2009). The table is one signed byte a slot; `bench/text/fit_korean_sentences.py` fits it anew.

use super::context::{Context, context_of};
use super::endings::{Ending, Strength, ending_of};
use super::units::Unit;
use crate::korean::jamo::Syllable;

/// Features of a gap.
pub const FEATURES: usize = 28;
/// Slots of the table of weights.
pub const SLOTS: usize = 1 << 15;

static WEIGHTS: &[u8; SLOTS] = include_bytes!("weights.bin");
/// Log-odds of one step of a weight.
const STEP: f32 = 1.0 / 24.0;

/// What is known about the place where a sentence might end.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// Log-odds before the weights.
    pub prior: f32,
    /// Slots of the table, one a feature.
    pub slots: [u16; FEATURES],
}

impl Evidence {
    /// Log-odds that a sentence ends here.
    pub fn score(&self) -> f32 {
        let sum: i32 = self.slots.iter().map(|&slot| i32::from(WEIGHTS[usize::from(slot)] as i8)).sum();
        self.prior + sum as f32 * STEP
    }
}

/// Hashes one feature: FNV-1a over the number of the template and the pieces.
struct Slot(u64);

impl Slot {
    fn new(template: u8) -> Self {
        Slot(0xcbf2_9ce4_8422_2325).byte(template)
    }
    fn byte(self, byte: u8) -> Self {
        Slot((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
    fn text(self, text: &str) -> Self {
        text.bytes().fold(self, Slot::byte).byte(0xFF)
    }
    fn slot(self) -> u16 {
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 49) as u16
    }
}

/// The last `n` characters, or the whole word with a mark when it is not longer.
fn suffix(word: &str, n: usize) -> &str {
    word.char_indices().rev().nth(n - 1).map_or(word, |(at, _)| &word[at..])
}

fn prefix(word: &str, n: usize) -> &str {
    word.char_indices().nth(n).map_or(word, |(at, _)| &word[..at])
}

/// The final consonant of the `n`-th character from the end, 255 when there is none such.
fn coda(word: &str, n: usize) -> u8 {
    word.chars().rev().nth(n).and_then(Syllable::of).map_or(255, |s| s.last)
}

fn steps(count: usize, limits: &[usize]) -> u8 {
    limits.iter().filter(|&&limit| count > limit).count() as u8
}

/// The words about a gap.
pub(super) struct Place<'a> {
    pub before: &'a str,
    pub left: &'a str,
    pub right: &'a str,
    pub after: &'a str,
    /// Units since the sentence began, this one included.
    pub length: usize,
    /// Units that are left in the text.
    pub remaining: usize,
    pub unit: &'a Unit,
}

/// The prior: endings that close sentences, words that need the one before.
fn prior(ending: Ending, context: Context, unit: &Unit) -> f32 {
    let by_ending = match ending.strength {
        Strength::Certain => 1.5,
        Strength::Possible => -1.5,
        Strength::Lookalike => -4.0,
        Strength::None => -4.5,
    };
    let by_context = match context {
        Context::Other => 0.0,
        Context::Conjunction => 1.0,
        Context::Pronoun | Context::Adverb | Context::Question | Context::Interjection => 0.5,
        Context::Auxiliary => -2.0,
        Context::Dependent | Context::Quoting => -2.5,
    };
    // Writers put these where others put a stop, so texts with stops cannot teach it.
    let by_face = if unit.emoticon { 2.0 } else { 0.0 } + if unit.tilde { 1.0 } else { 0.0 };
    by_ending + by_context + by_face
}

pub(super) fn evidence(place: &Place) -> Evidence {
    let Place { before, left, right, after, length, remaining, unit } = *place;
    let ending = ending_of(left);
    let context = context_of(right);
    let (kind, strength, context_number) = (ending.kind as u8, ending.strength as u8, context as u8);
    let (s1, s2) = (suffix(left, 1), suffix(left, 2));
    let syllables = steps(left.chars().count(), &[1, 2, 3, 4]);
    let span = steps(length, &[1, 2, 3, 5, 8, 12, 20]);
    let tail = steps(remaining, &[1, 2, 3]);
    let n = Slot::new;
    let slots = [
        n(0),
        n(1).text(s1),
        n(2).text(s2),
        n(3).text(suffix(left, 3)),
        n(4).text(suffix(left, 4)),
        n(5).text(left).byte(0),
        n(6).byte(coda(left, 1)).text(s1),
        n(7).byte(coda(left, 2)).text(s2),
        n(8).byte(kind).byte(strength),
        n(9).text(prefix(right, 1)),
        n(10).text(prefix(right, 2)),
        n(11).text(right),
        n(12).text(suffix(right, 1)),
        n(13).text(suffix(right, 2)),
        n(14).byte(kind).byte(strength).byte(context_number),
        n(15).text(s1).text(right),
        n(16).text(s2).text(prefix(right, 2)),
        n(17).byte(kind).byte(strength).text(suffix(right, 1)),
        n(19).byte(span).byte(strength),
        n(20).text(suffix(after, 1)),
        n(21).text(suffix(before, 1)).text(s1),
        n(22).text(before).byte(strength),
        n(23).byte(syllables).byte(kind).byte(strength),
        n(24).byte(tail).byte(strength),
        n(26).byte(ending_of(right).kind as u8).byte(ending_of(right).strength as u8).byte(strength),
        n(27).byte(coda(left, 0)).byte(coda(left, 1)),
        n(28).byte(coda(left, 1)).text(s1).text(prefix(right, 1)),
        n(29).byte(context_number).byte(steps(right.chars().count(), &[1, 2, 3, 4])).byte(strength),
    ];
    Evidence { prior: prior(ending, context, unit), slots: slots.map(Slot::slot) }
}
