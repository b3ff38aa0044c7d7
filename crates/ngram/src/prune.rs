//! Entropy pruning (Stolcke 1998): an n-gram is left out if the perplexity of the model's own distribution rises by less
//! than a threshold without it.

use gyeol_data::Fault;

use crate::error::{Error, Result};
use crate::model::{Model, State};
use crate::tables::{Scheme, Tables};
use crate::vocabulary::{SENTENCE_START, WordId};

/// Leaves out n-grams of order 2 and more whose relative change of perplexity is below `threshold`, the longest first, and
/// sets the back-off weights anew. N-grams that longer ones still need stay.
///
/// # Errors
/// A threshold that is not positive, or a model that is no back-off model.
pub fn prune_by_entropy(tables: &mut Tables, threshold: f64) -> Result<()> {
    if !(threshold > 0.0 && threshold.is_finite()) {
        return Err(Error::option(
            Fault::new("threshold-out-of-range", format!("the threshold is {threshold}"))
                .cause("it is the least relative rise of perplexity, such as 1e-8")
                .next("choose a small positive number"),
        ));
    }
    if tables.scheme() != Scheme::BackOff {
        return Err(Error::option(
            Fault::new("not-a-back-off-model", "this smoothing has no back-off weights to set anew")
                .cause("entropy pruning is defined for back-off models")
                .next("choose another smoothing"),
        ));
    }
    for n in (1..tables.order()).rev() {
        prune_level(tables, n, threshold);
    }
    Ok(())
}

/// log10 probability of `word` after `context` (first to last) by the tables alone.
fn score(tables: &Tables, context: &[WordId], word: WordId) -> f64 {
    let mut words: Vec<WordId> = context.to_vec();
    words.push(word);
    let mut back_off = 0f64;
    for start in 0..words.len() {
        if let Some(node) = tables.find(&words[start..]) {
            return back_off + f64::from(tables.levels[words.len() - start - 1].probability[node]);
        }
        let context = &words[start..words.len() - 1];
        if let Some(node) = tables.find(context) {
            back_off +=
                f64::from(tables.levels[context.len() - 1].back_off.get(node).copied().unwrap_or(0.0));
        }
    }
    f64::NEG_INFINITY
}

fn prune_level(tables: &mut Tables, n: usize, threshold: f64) {
    let len = tables.levels[n].len();
    // N-grams by context: their indices, words and lower-order probabilities.
    let mut by_context: Vec<(u32, u32)> = Vec::with_capacity(len);
    let mut lower = vec![0f64; len];
    // Memory cannot refuse.
    let _ = tables.walk(n, &mut |words, index| {
        let context = tables.find(&words[..n]).unwrap_or(usize::MAX);
        by_context.push((context as u32, index as u32));
        lower[index] = 10f64.powf(score(tables, &words[1..n], words[n]));
        Ok(())
    });
    by_context.sort_unstable();
    let mut context_words: Vec<Vec<WordId>> = vec![Vec::new(); tables.levels[n - 1].len()];
    let _ = tables.walk(n - 1, &mut |words, index| {
        context_words[index] = words.to_vec();
        Ok(())
    });
    let mut keep = vec![true; len];
    let mut rest = &by_context[..];
    while let Some(&(context, _)) = rest.first() {
        let (group, after) = rest.split_at(rest.partition_point(|g| g.0 == context));
        rest = after;
        let context = context as usize;
        let history = &context_words[context];
        // Equation 5: the history's probability by the chain rule, with the model's own lower orders.
        let log_history: f64 = (0..history.len())
            .filter(|&i| history[i] != SENTENCE_START)
            .map(|i| score(tables, &history[..i], history[i]))
            .sum();
        let p_history = 10f64.powf(log_history);
        let p = |index: u32| 10f64.powf(f64::from(tables.levels[n].probability[index as usize]));
        let numerator = 1.0 - group.iter().map(|g| p(g.1)).sum::<f64>();
        let denominator = 1.0 - group.iter().map(|g| lower[g.1 as usize]).sum::<f64>();
        if numerator <= 0.0 || denominator <= 0.0 {
            continue;
        }
        let old_weight = numerator / denominator;
        for &(_, index) in group {
            let below = lower[index as usize];
            let own = p(index);
            let new_weight = (numerator + own) / (denominator + below);
            // Equation 6: the change where the n-gram itself was, and where the weight changes.
            let change = own * (below.ln() + new_weight.ln() - own.ln())
                + numerator * (new_weight.ln() - old_weight.ln());
            let rise = (-p_history * change).exp() - 1.0;
            keep[index as usize] = !rise.is_finite() || rise >= threshold;
        }
    }
    // What a longer n-gram ends in or begins with must stay.
    if let Some(first) = (n + 1 < tables.order()).then(|| tables.levels[n].first.clone()) {
        for (index, borders) in first.windows(2).enumerate() {
            keep[index] |= borders[0] < borders[1];
        }
        let _ = tables.walk(n + 1, &mut |words, _| {
            if let Some(context) = tables.find(&words[..=n]) {
                keep[context] = true;
            }
            Ok(())
        });
    }
    // Weights of the contexts from what stays.
    let mut sums = vec![(0f64, 0f64); tables.levels[n - 1].len()];
    for &(context, index) in &by_context {
        if keep[index as usize] {
            let (own, below) = &mut sums[context as usize];
            *own += 10f64.powf(f64::from(tables.levels[n].probability[index as usize]));
            *below += lower[index as usize];
        }
    }
    for &(context, _) in &by_context {
        let (own, below) = sums[context as usize];
        if own < 1.0 && below < 1.0 {
            tables.levels[n - 1].back_off[context as usize] = ((1.0 - own) / (1.0 - below)).log10() as f32;
        }
    }
    let all: Vec<Vec<bool>> = (0..tables.order())
        .map(|m| if m == n { keep.clone() } else { vec![true; tables.levels[m].len()] })
        .collect();
    tables.retain(&all);
}

/// How many predictable words a state gives mass to, and that mass: a check that a model is proper.
pub fn total_mass(model: &Model, state: &State) -> f64 {
    let mut all = Vec::new();
    model.distribution(state, &mut all);
    all.iter().sum()
}
