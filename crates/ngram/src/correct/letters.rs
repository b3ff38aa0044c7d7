//! How a word looks that is not in the dictionary: each letter by those before it, learned from the words that are.
//!
//! Witten and Bell's smoothing (1991) from six letters down to one, then one of 256. A word that is built as others are
//! (an ending that is new to its stem, a name of usual syllables) is so told from a typing slip, and "this is a word I do not
//! know" competes with every correction. The end of a word is a letter too.

use std::collections::HashMap;

use gyeol_base::Result;

use super::channel::Keyed;
use super::units::Unit;
use crate::hash;
use crate::watch::Watch;

/// Behind the last letter of a word.
const END: u32 = u32::MAX - 1;
/// Letters before that are looked at.
const CONTEXT: usize = 5;
/// What the smoothing ends in: each of 256 letters alike.
const UNIFORM: f64 = 1.0 / 256.0;

/// Counts of what follows up to [`CONTEXT`] letters, by the hash of the letters from the last to the first.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    /// Of a context and the letter after it.
    pairs: HashMap<u64, u32, Keyed>,
    /// Tokens and types after a context.
    contexts: HashMap<u64, (u32, u32), Keyed>,
}

/// Calls `each` with every letter of a word and its end, and with the hashes of the contexts before it, the empty one first.
/// The beginning of the word is part of a context.
fn walk(units: &[Unit], mut each: impl FnMut(&[u64], u32)) {
    for at in 0..=units.len() {
        let mut contexts = [0x6c65_7474_6572u64; CONTEXT + 1];
        let mut held = 1;
        for back in 1..=CONTEXT {
            // Number 0 stands before the first letter.
            let letter = at.checked_sub(back).map_or(0, |i| u32::from(units[i]) + 1);
            contexts[held] = hash::extend(contexts[held - 1], letter);
            held += 1;
            if letter == 0 {
                break;
            }
        }
        each(&contexts[..held], units.get(at).map_or(END, |&u| u32::from(u) + 1));
    }
}

impl Letters {
    pub fn learn<'a>(words: impl Iterator<Item = &'a [Unit]>, watch: &mut Watch<'_>) -> Result<Self> {
        let mut new = Letters::default();
        for (step, word) in words.enumerate() {
            watch.step(step)?;
            walk(word, |contexts, letter| {
                for &context in contexts {
                    let count = new.pairs.entry(hash::extend(context, letter)).or_insert(0);
                    *count += 1;
                    let seen = new.contexts.entry(context).or_insert((0, 0));
                    seen.0 += 1;
                    seen.1 += u32::from(*count == 1);
                }
            });
        }
        Ok(new)
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        13 * self.pairs.capacity() + 17 * self.contexts.capacity()
    }

    /// log10 of the probability of a word's letters and its end.
    pub fn log10(&self, units: &[Unit]) -> f64 {
        let mut sum = 0.0;
        walk(units, |contexts, letter| {
            let mut p = UNIFORM;
            for &context in contexts {
                let Some(&(tokens, types)) = self.contexts.get(&context) else { break };
                let count = self.pairs.get(&hash::extend(context, letter)).copied().unwrap_or(0);
                p = (f64::from(count) + f64::from(types) * p) / f64::from(tokens + types);
            }
            sum += p.log10();
        });
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Stage;

    fn learned(words: &[&[Unit]]) -> Letters {
        let mut on = |_| true;
        Letters::learn(words.iter().copied(), &mut Watch::new(&mut on, Stage::Indexing)).unwrap()
    }

    #[test]
    fn letters_are_smoothed_as_by_hand() {
        // Four words of the letters 1, 2, 3: 12 tokens with the ends, 4 types; the end comes 4 times.
        let words: [&[Unit]; 4] = [&[1, 2, 3], &[1, 2], &[3, 1, 2], &[]];
        let letters = learned(&words);
        let bare = (4.0 + 4.0 / 256.0) / (12.0 + 4.0);
        // The end after the beginning: once of four tokens, three types.
        let expected: f64 = (1.0 + 3.0 * bare) / (4.0 + 3.0);
        assert!((letters.log10(&[]) - expected.log10()).abs() < 1e-12);
        // What may follow the beginning, all 256 letters and the end being possible, has a mass of one.
        let first = |unit: Unit| {
            let mut p = 0.0;
            walk(&[unit], |contexts, letter| {
                if contexts.len() == 2 && letter != END {
                    let step = |before: f64, context: u64| {
                        let (tokens, types) = letters.contexts[&context];
                        let count = letters.pairs.get(&hash::extend(context, letter)).copied().unwrap_or(0);
                        (f64::from(count) + f64::from(types) * before) / f64::from(tokens + types)
                    };
                    p = contexts.iter().fold(UNIFORM, |before, &context| step(before, context));
                }
            });
            p
        };
        let mass = (1..256).map(first).sum::<f64>() + expected;
        assert!((mass - 1.0).abs() < 1e-9, "{mass}");
    }

    #[test]
    fn a_word_built_like_others_is_likelier_than_one_that_is_not() {
        let words: [&[Unit]; 4] = [&[1, 2, 3, 4], &[1, 2, 3, 5, 6], &[7, 2, 4, 5, 6], &[7, 2, 4]];
        let letters = learned(&words);
        assert!(letters.log10(&[1, 2, 3, 4, 5, 6]) > letters.log10(&[1, 3, 2, 4, 5, 6]) + 1.0);
    }
}
