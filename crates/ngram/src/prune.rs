//! Entropy pruning (Stolcke 1998): an n-gram is left out if the perplexity of the model's own distribution rises by less
//! than a threshold without it.

use gyeol_base::Fault;

use crate::scores_words::ScoresWords;
use crate::tables::{Scheme, Tables};
use crate::vocabulary::{SENTENCE_START, WordId};
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// Leaves out n-grams of order 2 and more whose relative change of perplexity is below `threshold`, the longest first, and
/// sets the back-off weights anew. N-grams that longer ones still need stay. `progress` answers whether to go on; tables
/// whose pruning was stopped are of no further use.
///
/// # Errors
/// A threshold that is not positive, or a model that is no back-off model; stopped.
pub fn prune_by_entropy(
    tables: &mut Tables,
    threshold: f64,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<()> {
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
    let mut watch = Watch::new(progress, Stage::Pruning);
    for n in (1..tables.order()).rev() {
        watch.tell(Stage::Pruning)?;
        prune_level(tables, n, threshold, &mut watch)?;
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

fn prune_level(tables: &mut Tables, n: usize, threshold: f64, watch: &mut Watch<'_>) -> Result<()> {
    let len = tables.levels[n].len();
    // The context and the lower-order probability of each n-gram.
    let mut context_of: Vec<u32> = Vec::with_capacity(len);
    let mut lower = vec![0f64; len];
    tables.walk(n, &mut |words, index| {
        watch.step(index)?;
        let context = tables.find(&words[..n]).ok_or_else(|| {
            Error::defect(format!("a {}-gram stands in the tables without its context", n + 1))
        })?;
        context_of.push(context as u32);
        lower[index] = 10f64.powf(score(tables, &words[1..n], words[n]));
        Ok::<(), Error>(())
    })?;
    // N-grams by context, those of one context in their order.
    let contexts = tables.levels[n - 1].len();
    let mut begin = vec![0usize; contexts + 1];
    for (index, &context) in context_of.iter().enumerate() {
        watch.step(index)?;
        begin[context as usize + 1] += 1;
    }
    for context in 0..contexts {
        begin[context + 1] += begin[context];
    }
    let (mut next, mut by_context) = (begin.clone(), vec![0u32; len]);
    for (index, &context) in context_of.iter().enumerate() {
        watch.step(index)?;
        let to = &mut next[context as usize];
        by_context[*to] = index as u32;
        *to += 1;
    }
    let mut keep = vec![true; len];
    tables.walk(n - 1, &mut |history, context| {
        watch.step(context)?;
        let group = &by_context[begin[context]..begin[context + 1]];
        if group.is_empty() {
            return Ok::<(), Error>(());
        }
        // Equation 5: the history's probability by the chain rule, with the model's own lower orders.
        let log_history: f64 = (0..history.len())
            .filter(|&i| history[i] != SENTENCE_START)
            .map(|i| score(tables, &history[..i], history[i]))
            .sum();
        let p_history = 10f64.powf(log_history);
        let p = |index: u32| 10f64.powf(f64::from(tables.levels[n].probability[index as usize]));
        let numerator = 1.0 - group.iter().map(|&g| p(g)).sum::<f64>();
        let denominator = 1.0 - group.iter().map(|&g| lower[g as usize]).sum::<f64>();
        if numerator <= 0.0 || denominator <= 0.0 {
            return Ok(());
        }
        let old_weight = numerator / denominator;
        for &index in group {
            let below = lower[index as usize];
            let own = p(index);
            let new_weight = (numerator + own) / (denominator + below);
            // Equation 6: the change where the n-gram itself was, and where the weight changes.
            let change = own * (below.ln() + new_weight.ln() - own.ln())
                + numerator * (new_weight.ln() - old_weight.ln());
            let rise = (-p_history * change).exp() - 1.0;
            keep[index as usize] = !rise.is_finite() || rise >= threshold;
        }
        Ok(())
    })?;
    // What a longer n-gram ends in or begins with must stay.
    if let Some(first) = (n + 1 < tables.order()).then(|| tables.levels[n].first.clone()) {
        for (index, borders) in first.windows(2).enumerate() {
            watch.step(index)?;
            keep[index] |= borders[0] < borders[1];
        }
        tables.walk(n + 1, &mut |words, index| {
            watch.step(index)?;
            if let Some(context) = tables.find(&words[..=n]) {
                keep[context] = true;
            }
            Ok::<(), Error>(())
        })?;
    }
    // Weights of the contexts from what stays.
    for context in 0..contexts {
        watch.step(context)?;
        let group = &by_context[begin[context]..begin[context + 1]];
        let (mut own, mut below) = (0f64, 0f64);
        for &index in group.iter().filter(|&&index| keep[index as usize]) {
            own += 10f64.powf(f64::from(tables.levels[n].probability[index as usize]));
            below += lower[index as usize];
        }
        if !group.is_empty() && own < 1.0 && below < 1.0 {
            tables.levels[n - 1].back_off[context] = ((1.0 - own) / (1.0 - below)).log10() as f32;
        }
    }
    let mut all: Vec<Vec<bool>> = vec![Vec::new(); tables.order()];
    all[n] = keep;
    tables.retain(&all, watch)
}

/// How many predictable words a state gives mass to, and that mass: a check that a model is proper.
pub fn total_mass<M: ScoresWords + ?Sized>(model: &M, state: &M::State) -> f64 {
    let mut all = Vec::new();
    model.distribution(state, &mut all);
    all.iter().sum()
}
