//! From words to the classes a softmax is over, by how often the training part has each word.
//!
//! A net that never meets `<unk>` would give it nothing, and a text with one word that was not seen would have no
//! probability. So words that occur once are one class with `<unk>`: who meets a word for the first time meets it as rarely
//! as those. With N₁ words that occur once, and N₂ twice, the class is dealt out as
//!
//! ```text
//! P(<unk> | class) = N₁ / (N₁ + 2 N₂)          P(w | class) = 2 N₂ / (N₁ + 2 N₂) / N₁
//! ```
//!
//! which is what Good and Turing expect of new text: N₁ / N of its words are new, and 2 N₂ / N of them are words that were
//! seen once (Good 1953). Where unknown words occur in the training part, because a vocabulary was bounded, every word is a
//! class of its own.

use gyeol_ngram::{SENTENCE_END, SENTENCE_START, UNKNOWN, WordId};

/// The class of each word, and its share in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    /// By word.
    of: Vec<u32>,
    /// log10 of the share of each word in its class.
    share: Vec<f32>,
    /// How many.
    count: usize,
}

impl Classes {
    /// Classes by the counts of the words, by number, numbered by falling count.
    pub fn of_counts(counts: &[u64]) -> Classes {
        let words = counts.len().max(3);
        let count = |word: usize| counts.get(word).copied().unwrap_or(0);
        let rare = |word: usize| {
            word == UNKNOWN as usize || (count(0) == 0 && word > SENTENCE_END as usize && count(word) <= 1)
        };
        let once = (3..words).filter(|&w| rare(w)).count();
        let twice = (3..words).filter(|&w| count(w) == 2).count();
        // Heads of classes: a word each, and `<unk>` for the rare ones.
        let mut heads: Vec<(u64, usize)> = (0..words)
            .filter(|&w| w != SENTENCE_START as usize && (w == 0 || !rare(w)))
            .map(|w| (if w == 0 { count(0) + once as u64 } else { count(w) }, w))
            .collect();
        heads.sort_by_key(|&(n, word)| (std::cmp::Reverse(n), word));
        let mut of = vec![0; words];
        heads.iter().zip(0..).for_each(|(&(_, word), class)| of[word] = class);
        let new = if once == 0 { 1.0 } else { once as f64 / (once + 2 * twice) as f64 };
        // Where no word occurs twice nothing tells that one of the rare ones comes again: half and half.
        let new = if once > 0 && twice == 0 { 0.5 } else { new };
        let mut share = vec![0.0f32; words];
        share[0] = new.log10() as f32;
        for word in (3..words).filter(|&w| rare(w)) {
            of[word] = of[0];
            share[word] = ((1.0 - new) / once as f64).log10() as f32;
        }
        // What stands before a sentence is what ended the one before, and is never predicted.
        of[SENTENCE_START as usize] = of[SENTENCE_END as usize];
        share[SENTENCE_START as usize] = f32::NEG_INFINITY;
        Classes { of, share, count: heads.len() }
    }

    /// Those that were saved.
    pub(crate) fn saved(of: Vec<u32>, share: Vec<f32>, count: usize) -> Option<Classes> {
        let sound = of.len() == share.len()
            && of.len() >= 3
            && of.iter().all(|&class| (class as usize) < count)
            && share.iter().all(|s| *s <= 0.0);
        sound.then_some(Classes { of, share, count })
    }

    /// The class of a word; that of `<unk>` for a number that is none.
    pub fn of(&self, word: WordId) -> u32 {
        self.of.get(word as usize).copied().unwrap_or(self.of[UNKNOWN as usize])
    }

    /// log10 of the share of a word in its class.
    pub fn share(&self, word: WordId) -> f32 {
        self.share.get(word as usize).copied().unwrap_or(self.share[UNKNOWN as usize])
    }

    /// The word that each class is named by: its only one, or `<unk>` of those that words share.
    pub fn heads(&self) -> Vec<WordId> {
        let mut heads = vec![UNKNOWN; self.count];
        // The first word of a class comes last here; what stands before a sentence shares the class of what ends one.
        for word in (0..self.of.len() as WordId).rev().filter(|&word| word != SENTENCE_START) {
            heads[self.of(word) as usize] = word;
        }
        heads
    }

    /// How many classes.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none, which is never.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// By word.
    pub(crate) fn parts(&self) -> (&[u32], &[f32]) {
        (&self.of, &self.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_one_and_rare_words_are_one_class() {
        // <unk>, <s>, </s>, three words that occur once, one twice, one seven times.
        let classes = Classes::of_counts(&[0, 0, 9, 1, 2, 1, 7, 1]);
        assert_eq!(classes.len(), 4);
        assert_eq!([2, 6, 0, 4].map(|word| classes.of(word)), [0, 1, 2, 3]);
        assert_eq!([3, 5, 7, 99].map(|word| classes.of(word)), [2; 4]);
        assert_eq!(classes.of(SENTENCE_START), classes.of(SENTENCE_END));
        assert_eq!(classes.heads(), [SENTENCE_END, 6, UNKNOWN, 4]);
        let mut sums = [0.0; 4];
        (0..8).for_each(|w| sums[classes.of(w) as usize] += 10f64.powf(f64::from(classes.share(w))));
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-6), "{sums:?}");
        // 3 words seen once, 1 twice: 3 / (3 + 2).
        assert!((10f64.powf(f64::from(classes.share(0))) - 0.6).abs() < 1e-6);
        // A bounded vocabulary has unknown words of its own.
        let bounded = Classes::of_counts(&[5, 0, 9, 1, 1]);
        assert_eq!((bounded.len(), bounded.of(3) == bounded.of(4)), (4, false));
        assert_eq!(Classes::of_counts(&[0, 0, 3]).len(), 2);
    }
}
