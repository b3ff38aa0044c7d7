//! A cache of the words before (Kuhn and De Mori 1990): what was said comes again. It is one member of a mixture; alone it
//! knows little.
//!
//! ```text
//! P(w) = α P₁(w) + (1 - α) n(w) / n       n(w) of the last n ≤ N words are w; P₁ is the share in the training part
//! ```
//!
//! Unknown words are not remembered, for two of them are seldom the same.

use std::sync::Arc;

use gyeol_base::{Fault, Result};
use gyeol_ngram::{SENTENCE_START, Scored, ScoresWords, UNKNOWN, WordId};

use crate::words::Words;

/// α: little, since whoever mixes it has better things to say of words that did not come yet.
const PRIOR: f64 = 0.05;

/// Most words that are remembered.
const MOST: usize = 1 << 20;

/// The last words, with the shares of all words for those that are not among them.
#[derive(Debug)]
pub struct CacheLm {
    words: Words,
    shares: Vec<f32>,
    size: usize,
}

/// The words before, the newest last.
#[derive(Debug, Clone, Default)]
pub struct CacheState(Arc<Vec<WordId>>);

impl CacheLm {
    /// A cache of `size` words; `counts` are those of the words in the training part, by number. `<unk>` has the share of
    /// what came once.
    ///
    /// # Errors
    /// A size of nothing, or of more than a million.
    pub fn of_counts(words: Words, counts: &[u64], size: usize) -> Result<CacheLm> {
        let once = counts.iter().skip(3).filter(|&&n| n == 1).count() as f64;
        let unknown = counts.first().map_or(0.0, |&n| n as f64) + once.max(1.0);
        let of = |w: usize| match w {
            0 => unknown,
            _ if w == SENTENCE_START as usize => 0.0,
            _ => counts.get(w).map_or(0.0, |&n| n as f64),
        };
        let all: f64 = (0..words.len()).map(of).sum();
        let shares = (0..words.len()).map(|w| (of(w) / all) as f32).collect();
        CacheLm::new(words, shares, size)
    }

    /// A cache of these shares.
    pub(crate) fn new(words: Words, shares: Vec<f32>, size: usize) -> Result<CacheLm> {
        if size == 0 || size > MOST {
            let found = format!("a cache of {size} words");
            return Err(Fault::new("cache-size", found)
                .cause("it holds one word at least, and a million at most")
                .next("give another size")
                .input());
        }
        let sound = shares.len() == words.len() && shares.iter().all(|s| (0.0..=1.0).contains(s));
        if !sound {
            return Err(gyeol_bundle::bad_manifest("shares that are none of these words"));
        }
        Ok(CacheLm { words, shares, size })
    }

    /// Words that are remembered.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Its words.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// P₁ by number.
    pub fn shares(&self) -> &[f32] {
        &self.shares
    }

    fn last<'a>(&self, state: &'a CacheState) -> &'a [WordId] {
        &state.0[state.0.len().saturating_sub(self.size)..]
    }

    fn probability(&self, last: &[WordId], word: WordId) -> f64 {
        let share = f64::from(self.shares[word as usize]);
        if last.is_empty() {
            return share;
        }
        let count = last.iter().filter(|&&w| w == word).count();
        PRIOR * share + (1.0 - PRIOR) * count as f64 / last.len() as f64
    }

    fn remember(&self, state: &mut CacheState, word: WordId) {
        if word == UNKNOWN || word == SENTENCE_START {
            return;
        }
        let all = Arc::make_mut(&mut state.0);
        if all.len() >= 2 * self.size {
            all.drain(..all.len() - self.size);
        }
        all.push(word);
    }
}

impl ScoresWords for CacheLm {
    type State = CacheState;

    fn vocabulary_len(&self) -> usize {
        self.words.len()
    }

    fn id(&self, word: &[u8]) -> WordId {
        self.words.id(word)
    }

    fn word(&self, id: WordId) -> &str {
        self.words.word(id)
    }

    fn start(&self) -> CacheState {
        CacheState::default()
    }

    fn score(&self, state: &CacheState, word: WordId) -> (Scored, CacheState) {
        let word = self.words.known(word);
        let p = self.probability(self.last(state), word);
        let mut next = state.clone();
        self.remember(&mut next, word);
        (Scored::new(word, p.log10() as f32), next)
    }

    fn after(&self, state: &CacheState, word: WordId) -> CacheState {
        let mut next = state.clone();
        self.remember(&mut next, self.words.known(word));
        next
    }

    /// The state is moved on in place.
    fn score_run(
        &self,
        words: &[WordId],
        mut state: CacheState,
        each: &mut impl FnMut(Scored),
    ) -> CacheState {
        for &word in words.iter().skip(1) {
            let word = self.words.known(word);
            each(Scored::new(word, self.probability(self.last(&state), word).log10() as f32));
            self.remember(&mut state, word);
        }
        state
    }

    fn distribution(&self, state: &CacheState, out: &mut Vec<f64>) {
        let last = self.last(state);
        let prior = if last.is_empty() { 1.0 } else { PRIOR };
        out.clear();
        out.extend(self.shares.iter().map(|&share| prior * f64::from(share)));
        let each = (1.0 - prior) / last.len().max(1) as f64;
        last.iter().for_each(|&word| out[word as usize] += each);
        out[SENTENCE_START as usize] = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_likelier_and_what_is_old_is_forgotten() {
        let words = ["<unk>", "<s>", "</s>", "a", "b", "c"].map(str::to_owned).to_vec();
        let cache = CacheLm::of_counts(Words::new(words).unwrap(), &[0, 0, 4, 6, 1, 8], 3).unwrap();
        let share = |w: WordId| f64::from(cache.shares()[w as usize]);
        assert!((share(0) - 1.0 / 20.0).abs() < 1e-6 && (share(3) - 0.3).abs() < 1e-6);
        let (mut scored, text) = (Vec::new(), [1, 3, 3, 99, 4, 5, 5, 5, 3]);
        let end = cache.score_run(&text, cache.start(), &mut |s| scored.push(10f64.powf(f64::from(s.log10))));
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(scored[0], share(3));
        near(scored[1], PRIOR * share(3) + 0.95);
        near(scored[2], PRIOR * share(0));
        near(scored[3], PRIOR * share(4));
        // Two a and a b before; then a b and two c; then three c, and a is forgotten.
        near(scored[4], PRIOR * share(5));
        near(scored[6], PRIOR * share(5) + 0.95 * 2.0 / 3.0);
        near(scored[7], PRIOR * share(3));
        let mut all = Vec::new();
        cache.distribution(&end, &mut all);
        near(all.iter().sum(), 1.0);
        near(all[5], PRIOR * share(5) + 0.95 * 2.0 / 3.0);
        // Word by word: the same.
        let mut state = cache.start();
        for (&word, &p) in text[1..].iter().zip(&scored) {
            let (one, next) = cache.score(&state, word);
            near(10f64.powf(f64::from(one.log10)), p);
            assert_eq!(cache.after(&state, word).0, next.0);
            state = next;
        }
        assert!(CacheLm::new(cache.words().clone(), vec![0.5; 6], 0).is_err());
        assert!(CacheLm::new(cache.words().clone(), vec![0.5; 5], 3).is_err());
    }
}
