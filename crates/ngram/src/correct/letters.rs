//! How a word looks that is not in the dictionary: letters by the two before, learned from the words that are.
//!
//! Witten and Bell's smoothing (1991) from three letters down to one, then one of 256: so a name, a typing slip and a
//! string of noise differ, and "this is a word I do not know" competes with every correction.

use std::collections::HashMap;

use super::units::Unit;

/// Behind the last letter of a word.
const END: u64 = 0xFFFF;
/// Letters that a smoothing ends in.
const UNIFORM: f64 = 1.0 / 256.0;

/// Counts of what follows up to two letters.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    /// By context (its length in the upper bits) and letter.
    pairs: HashMap<u64, u32>,
    /// Tokens and types after a context.
    contexts: HashMap<u64, (u32, u32)>,
}

fn context(last: [u64; 2], len: usize) -> u64 {
    let held = match len {
        0 => 0,
        1 => last[1],
        _ => last[0] << 16 | last[1],
    };
    (len as u64 + 1) << 48 | held << 16
}

/// The letters of a word and its end, each with the two before it (0 for none).
fn walk(units: &[Unit], mut each: impl FnMut([u64; 2], u64)) {
    let mut last = [0u64; 2];
    for letter in units.iter().map(|&u| u64::from(u)).chain([END]) {
        each(last, letter);
        last = [last[1], letter];
    }
}

impl Letters {
    pub fn learn<'a>(words: impl Iterator<Item = &'a [Unit]>) -> Self {
        let mut new = Letters::default();
        for word in words {
            walk(word, |last, letter| {
                for len in 0..=2 {
                    let context = context(last, len);
                    let count = new.pairs.entry(context | letter).or_insert(0);
                    *count += 1;
                    let seen = new.contexts.entry(context).or_insert((0, 0));
                    seen.0 += 1;
                    seen.1 += u32::from(*count == 1);
                }
            });
        }
        new
    }

    /// log10 of the probability of a word's letters and its end.
    pub fn log10(&self, units: &[Unit]) -> f64 {
        let mut sum = 0.0;
        walk(units, |last, letter| {
            let mut p = UNIFORM;
            for len in 0..=2 {
                let context = context(last, len);
                if let Some(&(tokens, types)) = self.contexts.get(&context) {
                    let count = self.pairs.get(&(context | letter)).copied().unwrap_or(0);
                    p = (f64::from(count) + f64::from(types) * p) / f64::from(tokens + types);
                }
            }
            sum += p.log10();
        });
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_after_a_context_sum_to_one_over_the_letters_there_are() {
        let words: [&[Unit]; 4] = [&[1, 2, 3], &[1, 2], &[3, 1, 2], &[2]];
        let letters = Letters::learn(words.into_iter());
        // P(word of one letter) summed over what its first letter may be, times the end after it, is P of a length: so
        // sum the first step alone, as the ratio of two words' probabilities.
        let first = |u: Unit| letters.log10(&[u]) - letters.log10(&[u, 200]) + letters.log10(&[u, 200]);
        assert!(first(1) > first(3), "two of four words begin with 1");
        // Witten and Bell by hand: the end after (none, 2): 1 of 1 token, 1 type.
        let unigram = |count: f64| (count + 4.0 / 256.0) / (13.0 + 4.0);
        let after_two = |p: f64| (3.0 + 2.0 * p) / (4.0 + 2.0);
        let two = after_two(unigram(4.0));
        let end_after_none_two = (1.0 + two) / 2.0;
        let two_after_none = {
            let bigram = (1.0 + 3.0 * unigram(4.0)) / (4.0 + 3.0);
            (1.0 + 3.0 * bigram) / (4.0 + 3.0)
        };
        let expected = (two_after_none * end_after_none_two).log10();
        assert!((letters.log10(&[2]) - expected).abs() < 1e-12, "{} {expected}", letters.log10(&[2]));
        assert!(letters.log10(&[2, 2, 2]) < letters.log10(&[1, 2, 3]));
    }
}
