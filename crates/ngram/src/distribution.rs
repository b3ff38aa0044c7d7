//! The whole next-word distribution of a state, exactly: the most probable words, and words drawn from it.

use gyeol_base::Fault;
use gyeol_tensor::{Draw, Rng};

use crate::query::score_ids;
use crate::scores_words::ScoresWords;
use crate::vocabulary::{SENTENCE_END, SENTENCE_START, UNKNOWN, WordId};
use gyeol_base::{Error, Result};

/// How words are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Most words of a text.
    pub max: usize,
    /// Probabilities are raised to 1 / temperature; 0 always takes the most probable word.
    pub temperature: f64,
    /// Only the so many most probable words are drawn; 0 for all.
    pub top_k: usize,
    /// Only the most probable words that together have this mass are drawn; 1 for all.
    pub top_p: f64,
    /// Seed.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling { max: 100, temperature: 1.0, top_k: 0, top_p: 1.0, seed: 0 }
    }
}

/// The `k` most probable next words with their probabilities, falling; ties by number.
pub fn next_words<M: ScoresWords + ?Sized>(model: &M, state: &M::State, k: usize) -> Vec<(WordId, f64)> {
    let mut all = Vec::new();
    model.distribution(state, &mut all);
    let mut order: Vec<WordId> = (0..all.len() as u32).filter(|&w| w != SENTENCE_START).collect();
    let rank = |a: &WordId, b: &WordId| all[*b as usize].total_cmp(&all[*a as usize]).then(a.cmp(b));
    if k < order.len() {
        order.select_nth_unstable_by(k, rank);
        order.truncate(k);
    }
    order.sort_unstable_by(rank);
    order.into_iter().map(|word| (word, all[word as usize])).collect()
}

/// Draws words after a prompt until `</s>` or so many as asked for; `<unk>` is never drawn, since it is no word.
///
/// # Errors
/// Parameters out of range.
pub fn sample<M: ScoresWords + ?Sized>(model: &M, prompt: &[&str], how: &Sampling) -> Result<Vec<WordId>> {
    let mut out = Vec::new();
    sample_each(model, prompt, how, &mut |word| {
        out.push(word);
        true
    })?;
    Ok(out)
}

/// As [`sample`], each word handed over as it is drawn, until the sentence ends or `each` is false.
///
/// # Errors
/// As [`sample`], and `too-slow` where the work is given up ([`gyeol_base::until`]).
pub fn sample_each<M: ScoresWords + ?Sized>(
    model: &M,
    prompt: &[&str],
    how: &Sampling,
    each: &mut dyn FnMut(WordId) -> bool,
) -> Result<()> {
    let by = Draw { temperature: how.temperature, top_k: how.top_k, top_p: how.top_p };
    if !by.is_fine() {
        return Err(Error::option(
            Fault::new(
                "sampling-out-of-range",
                format!("temperature {}, top-p {}", how.temperature, how.top_p),
            )
            .cause("the temperature is at least 0, top-p above 0 and at most 1")
            .next("take temperature 1 and top-p 1 for the model's own distribution"),
        ));
    }
    let ids: Vec<WordId> = prompt.iter().map(|w| model.text_id(w.as_bytes())).collect();
    let mut state = score_ids(model, &ids, false, |_| {});
    let mut rng = Rng::new(how.seed);
    let mut weights = Vec::new();
    for _ in 0..how.max {
        gyeol_base::in_time()?;
        model.distribution(&state, &mut weights);
        weights[UNKNOWN as usize] = 0.0;
        // What has no weight at all ends.
        let word = by.of(&weights, &mut rng).map_or(SENTENCE_END, |place| place as WordId);
        if word == SENTENCE_END || !each(word) {
            break;
        }
        state = model.after(&state, word);
    }
    Ok(())
}
