//! The whole next-word distribution of a state, exactly: the most probable words, and words drawn from it.

use gyeol_base::Fault;
use gyeol_tensor::Rng;

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
    let fine = how.temperature.is_finite() && how.temperature >= 0.0 && how.top_p > 0.0 && how.top_p <= 1.0;
    if !fine {
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
        let word = draw(&weights, how, &mut rng);
        if word == SENTENCE_END || !each(word) {
            break;
        }
        state = model.after(&state, word);
    }
    Ok(())
}

/// One word from weights; `</s>` if nothing has any.
fn draw(weights: &[f64], how: &Sampling, rng: &mut Rng) -> WordId {
    let mut order: Vec<WordId> = (0..weights.len() as u32).filter(|&w| weights[w as usize] > 0.0).collect();
    let rank = |a: &WordId, b: &WordId| weights[*b as usize].total_cmp(&weights[*a as usize]).then(a.cmp(b));
    if how.temperature == 0.0 {
        return order.into_iter().min_by(rank).unwrap_or(SENTENCE_END);
    }
    if how.top_k > 0 || how.top_p < 1.0 {
        order.sort_unstable_by(rank);
        if how.top_k > 0 {
            order.truncate(how.top_k);
        }
        let total: f64 = order.iter().map(|&w| weights[w as usize]).sum();
        let mut mass = 0.0;
        let kept = order.iter().position(|&w| {
            mass += weights[w as usize];
            mass >= how.top_p * total
        });
        order.truncate(kept.map_or(order.len(), |last| last + 1));
    }
    let top = order.iter().map(|&w| weights[w as usize]).fold(0.0, f64::max);
    // Relative to the largest, so that a low temperature does not make all of them vanish.
    let heated: Vec<f64> =
        order.iter().map(|&w| (weights[w as usize] / top).powf(1.0 / how.temperature)).collect();
    let mut left = rng.uniform() * heated.iter().sum::<f64>();
    for (&word, &weight) in order.iter().zip(&heated) {
        left -= weight;
        if left < 0.0 {
            return word;
        }
    }
    order.last().copied().unwrap_or(SENTENCE_END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_weights_and_their_limits() {
        let weights = [0.0, 0.0, 0.5, 0.3, 0.2];
        let share = |how: &Sampling| {
            let mut rng = Rng::new(5);
            let mut counts = [0f64; 5];
            for _ in 0..20_000 {
                counts[draw(&weights, how, &mut rng) as usize] += 1.0 / 20_000.0;
            }
            counts
        };
        // Standard error of a share is at most 0.0036; five of them.
        let near = |found: [f64; 5], wanted: [f64; 5]| {
            assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 0.018), "{found:?} {wanted:?}");
        };
        let how = Sampling::default();
        near(share(&how), weights);
        near(share(&Sampling { temperature: 0.0, ..how.clone() }), [0.0, 0.0, 1.0, 0.0, 0.0]);
        // Temperature 1/2 squares: 25, 9, 4 of 38.
        let squared = [0.0, 0.0, 25.0 / 38.0, 9.0 / 38.0, 4.0 / 38.0];
        near(share(&Sampling { temperature: 0.5, ..how.clone() }), squared);
        near(share(&Sampling { top_k: 2, ..how.clone() }), [0.0, 0.0, 0.625, 0.375, 0.0]);
        near(share(&Sampling { top_p: 0.5, ..how.clone() }), [0.0, 0.0, 1.0, 0.0, 0.0]);
        near(share(&Sampling { top_p: 0.51, ..how }), [0.0, 0.0, 0.625, 0.375, 0.0]);
    }
}
