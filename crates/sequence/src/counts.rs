//! Counts of targets, whatever their sources: an n-gram model (modified Kneser-Ney) of the target's tokens, by their numbers.
//! What a net that reads the source gains over it is what the source is worth.

use std::f64::consts::LN_10;

use gyeol_base::Result;
use gyeol_ngram::{
    Layout, NgramModel, Options, SENTENCE_END, ScoresWords, Source, UNKNOWN as NO_WORD, WordId, count,
    score_ids,
};
use gyeol_tensor::{Draw, Pool, Rng};

use crate::vocabulary::{UNKNOWN, Vocabulary};

/// N-grams of targets.
pub struct Counts {
    /// Tokens of the targets.
    pub target: Vocabulary,
    /// Different n-grams, of all orders.
    pub grams: u64,
    model: NgramModel,
}

impl std::fmt::Debug for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "n-grams of order {} over {} tokens", self.model.order(), self.target.len())
    }
}

impl Counts {
    /// Counts of texts as tokens.
    ///
    /// # Errors
    /// An order outside of 1 to 9; texts without a token.
    pub fn fit(target: Vocabulary, texts: &[Vec<String>], order: usize, pool: &Pool) -> Result<Counts> {
        let mut lines = String::new();
        for text in texts {
            let numbers: Vec<String> = target.ids(text).iter().map(u32::to_string).collect();
            lines.push_str(&numbers.join(" "));
            lines.push('\n');
        }
        let options = Options { order, ..Options::default() };
        let counted = count(&mut Source::from_text(lines), &options, pool, &mut |_| true)?;
        let grams = counted.counts().iter().sum();
        let made = counted.estimate(&options, pool, &mut |_| true)?;
        let model = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", pool, &mut |_| true)?;
        Ok(Counts { target, grams, model })
    }

    /// What a bundle holds of it.
    pub(crate) fn of_model(target: Vocabulary, grams: u64, model: NgramModel) -> Counts {
        Counts { target, grams, model }
    }

    /// The n-gram model, whose words are numbers of tokens.
    pub fn model(&self) -> &NgramModel {
        &self.model
    }

    /// ln P of tokens and the end after them.
    pub(crate) fn log_probability(&self, ids: &[u32]) -> f64 {
        let mut log10 = 0.0;
        let words: Vec<WordId> = ids.iter().map(|id| self.model.text_id(id.to_string().as_bytes())).collect();
        score_ids(&self.model, &words, true, |scored| log10 += f64::from(scored.log10));
        log10 * LN_10
    }

    /// Up to `longest` tokens drawn, whether the end was, and ln P of them; the unknown one is never drawn.
    pub(crate) fn sample(&self, by: &Draw, longest: usize, rng: &mut Rng) -> (Vec<u32>, bool, f64) {
        let never = [NO_WORD, self.model.text_id(UNKNOWN.to_string().as_bytes())];
        let (mut state, mut tokens, mut log10) = (self.model.start(), Vec::new(), 0.0);
        let mut weights = Vec::new();
        while tokens.len() < longest {
            self.model.distribution(&state, &mut weights);
            never.iter().for_each(|&word| weights[word as usize] = 0.0);
            // What has no weight at all ends.
            let word = by.of(&weights, rng).map_or(SENTENCE_END, |place| place as WordId);
            let (scored, after) = self.model.score(&state, word);
            log10 += f64::from(scored.log10);
            if word == SENTENCE_END {
                return (tokens, true, log10 * LN_10);
            }
            tokens.push(self.model.word(word).parse().unwrap_or(UNKNOWN));
            state = after;
        }
        (tokens, false, log10 * LN_10)
    }
}
