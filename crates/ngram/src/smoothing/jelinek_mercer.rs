//! Jelinek and Mercer (1980): each order interpolated with the one below, with weights learned by expectation
//! maximisation on text that the counts were not made from (Chen and Goodman 1998, section 2.3).
//!
//! Contexts share a weight when the binary logarithm of their count is the same (the bucketing of Bahl, Jelinek and
//! Mercer 1983).

use gyeol_base::Fault;

use crate::adjust::Kind;
use crate::corpus::Source;
use crate::corpus::source::{Lines, Words};
use crate::estimate::Counted;
use crate::initial::sums;
use crate::interpolate::weight_class;
use crate::vocabulary::{SENTENCE_END, SENTENCE_START, UNKNOWN};
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

const CLASSES: usize = 32;
/// Where a class of contexts does not occur in the validation text and no smaller one does either.
const UNSEEN_CLASS: f64 = 0.5;
/// Bounds of the weights, so that every word keeps mass.
const BOUNDS: (f64, f64) = (1e-4, 1.0 - 1e-4);

/// Fills classes up to the largest count.
pub(crate) fn expand(weights: &[Vec<f64>], order: usize) -> Result<Vec<Vec<f64>>> {
    let fine = weights.len() == order
        && weights.iter().all(|w| !w.is_empty() && w.iter().all(|v| (0.0..=1.0).contains(v)));
    if !fine {
        return Err(Error::option(
            Fault::new(
                "weights-unfit",
                format!("interpolation weights for {} orders, not {order}", weights.len()),
            )
            .cause("weights of another model, or values outside of 0 to 1")
            .next("learn them on a validation text"),
        ));
    }
    Ok(weights
        .iter()
        .map(|of_order| {
            let mut of_order = of_order.clone();
            let last = of_order.last().copied().unwrap_or(UNSEEN_CLASS);
            of_order.resize(CLASSES.max(of_order.len()), last);
            of_order
        })
        .collect())
}

/// One predicted word: for each order, the relative frequency and the class of its context, until a context is new.
struct Position {
    begin: usize,
    end: usize,
}

/// Learns the weights on a validation text, at most `rounds` rounds of expectation maximisation (it stops earlier when
/// a round changes the log-likelihood by less than a part in a million). `progress` answers whether to go on.
///
/// # Errors
/// A text that cannot be read or has no word in it; stopped.
pub fn learn(
    counted: &Counted,
    validation: &mut Source,
    rounds: usize,
    pool: &gyeol_tensor::Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<Vec<Vec<f64>>> {
    let mut watch = Watch::new(progress, Stage::Learning);
    watch.tell(Stage::Learning)?;
    let levels = &counted.levels;
    let order = levels.len();
    let none = vec![0; order];
    let mut totals: Vec<Vec<u32>> = Vec::with_capacity(order);
    for n in 0..order {
        let of = sums(levels, &counted.contexts, Kind::Plain, &none, n, pool, &mut watch)?;
        totals.push(of.into_iter().map(|s| s.total).collect());
    }
    let child = |n: usize, node: usize, word: u32| -> Option<usize> {
        let begin = levels[n].first[node] as usize;
        let end = levels[n].first[node + 1] as usize;
        levels[n + 1].words[begin..end].binary_search(&word).ok().map(|at| begin + at)
    };
    let mut shares: Vec<(f64, u8)> = Vec::new();
    let mut positions = Vec::new();
    let (mut block, mut history) = (Vec::new(), Vec::new());
    while validation.watched_block(&mut block, &mut watch)? {
        for line in Lines(&block) {
            let mut ids: Vec<u32> = Words(line).map(|w| counted.vocabulary.id(w)).collect();
            if ids.is_empty() {
                continue;
            }
            ids.iter_mut()
                .filter(|id| **id == SENTENCE_START || **id == SENTENCE_END)
                .for_each(|id| *id = UNKNOWN);
            ids.push(SENTENCE_END);
            history.clear();
            history.push(SENTENCE_START);
            for &word in &ids {
                watch.step(positions.len())?;
                let begin = shares.len();
                let mut gram = Some(word as usize);
                let mut context = 0usize;
                for n in 0..order {
                    let total = totals[n][context];
                    if total == 0 {
                        break;
                    }
                    let count = gram.map_or(0, |g| levels[n].counts[g]);
                    shares.push((f64::from(count) / f64::from(total), weight_class(total) as u8));
                    if n + 1 == order || n >= history.len() {
                        break;
                    }
                    let before = history[history.len() - 1 - n];
                    // The context grows to the left as the n-gram does.
                    let next = if n == 0 { Some(before as usize) } else { child(n - 1, context, before) };
                    let Some(next) = next else { break };
                    gram = gram.and_then(|g| child(n, g, before));
                    context = next;
                }
                positions.push(Position { begin, end: shares.len() });
                history.push(word);
            }
        }
    }
    if positions.is_empty() {
        return Err(Error::input(
            Fault::new("empty-corpus", "there is no word in the validation text")
                .file(validation.name())
                .cause("an empty file")
                .next("give a text with one sentence on a line"),
        ));
    }
    let uniform = 1.0 / (counted.vocabulary.len() - 1) as f64;
    let mut weights = vec![vec![UNSEEN_CLASS; CLASSES]; order];
    let mut seen = vec![vec![false; CLASSES]; order];
    let mut last = f64::NEG_INFINITY;
    for _ in 0..rounds {
        let mut taken = vec![vec![(0f64, 0f64); CLASSES]; order];
        let mut log_likelihood = 0.0;
        for (at, position) in positions.iter().enumerate() {
            watch.step(at)?;
            let path = &shares[position.begin..position.end];
            // below[n]: probability by the orders up to n.
            let mut below = [uniform; crate::estimate::MOST_ORDER + 1];
            for (n, &(share, class)) in path.iter().enumerate() {
                let weight = weights[n][class as usize];
                below[n + 1] = weight * share + (1.0 - weight) * below[n];
            }
            log_likelihood += below[path.len()].ln();
            let mut reached = 1.0;
            for (n, &(share, class)) in path.iter().enumerate().rev() {
                let class = class as usize;
                let stop = weights[n][class] * share / below[n + 1];
                taken[n][class].0 += reached * stop;
                taken[n][class].1 += reached;
                seen[n][class] = true;
                reached *= 1.0 - stop;
            }
        }
        for n in 0..order {
            for class in 0..CLASSES {
                let (stop, reached) = taken[n][class];
                if reached > 0.0 {
                    weights[n][class] = (stop / reached).clamp(BOUNDS.0, BOUNDS.1);
                }
            }
        }
        if (log_likelihood - last).abs() <= 1e-6 * log_likelihood.abs() {
            break;
        }
        last = log_likelihood;
    }
    for n in 0..order {
        for class in 1..CLASSES {
            if !seen[n][class] && seen[n][class - 1] {
                weights[n][class] = weights[n][class - 1];
                seen[n][class] = true;
            }
        }
    }
    Ok(weights)
}
