//! A back-off model as tables: for each order its n-grams in suffix order, log10 probabilities and back-off weights.

use gyeol_tensor::Pool;

use crate::context::NODES;
use crate::count::Level;
use crate::initial::is_cut;
use crate::interpolate::Linear;
use crate::vocabulary::{Vocabulary, WordId};
use crate::watch::Watch;
use gyeol_base::Result;

/// How a word is scored that was not seen after the whole context.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Katz's recursion, which ARPA files hold: the back-off weight of the context times the probability after the
    /// context without its first word. A context that is not in the model has the weight 1.
    BackOff,
    /// The same, but each context that is not in the model costs a fixed factor, here its log10 (Brants et al. 2007);
    /// scores are no probabilities.
    Stupid(f32),
    /// No lower order is asked: the back-off weight of the whole context is the log10 probability of each word that was
    /// not seen after it, and this value is that of any word after a context that was not seen (add-k).
    Additive(f32),
}

/// One order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grams {
    /// First word of each n-gram; empty for unigrams, whose index is the word.
    pub(crate) words: Vec<WordId>,
    /// Where the longer n-grams that end in each begin in the next order, and the end; empty for the highest order.
    pub(crate) first: Vec<u32>,
    /// log10 of the probability of the last word after the others.
    pub(crate) probability: Vec<f32>,
    /// log10 of the back-off weight of the n-gram as a context; empty for the highest order.
    pub(crate) back_off: Vec<f32>,
}

impl Grams {
    /// How many n-grams.
    pub fn len(&self) -> usize {
        self.probability.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.probability.is_empty()
    }
}

/// A model that was estimated or read, from which files and [`crate::NgramModel`] are made.
#[derive(Debug, Clone)]
pub struct Tables {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) levels: Vec<Grams>,
    pub(crate) scheme: Scheme,
}

/// What is called with the words of an n-gram, from the first to the last, and its index.
pub(crate) type Each<'a, E> = dyn FnMut(&[WordId], usize) -> Result<(), E> + 'a;

impl Tables {
    /// Longest n-gram.
    pub fn order(&self) -> usize {
        self.levels.len()
    }

    /// How many n-grams of each order.
    pub fn counts(&self) -> Vec<u64> {
        self.levels.iter().map(|level| level.len() as u64).collect()
    }

    /// The words.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// How words are scored after contexts they were not seen after.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Takes logarithms and leaves out what is cut off.
    pub(crate) fn new(
        vocabulary: Vocabulary,
        levels: Vec<Level>,
        linear: Vec<Linear>,
        thresholds: &[u32],
        scheme: Scheme,
        pool: &Pool,
        watch: &mut Watch<'_>,
    ) -> Result<Self> {
        let cuts = thresholds.iter().any(|&t| t > 0);
        let mut keep: Vec<Vec<bool>> = Vec::new();
        if cuts {
            for n in 0..levels.len() {
                watch.ask()?;
                keep.push((0..levels[n].len()).map(|i| !is_cut(&levels, thresholds, n, i)).collect());
            }
        }
        let mut grams: Vec<Grams> = levels
            .into_iter()
            .zip(linear)
            .map(|(level, linear)| Grams {
                words: level.words,
                first: level.first,
                probability: linear.probability,
                back_off: linear.back_off,
            })
            .collect();
        for level in &mut grams {
            // Rounding must not make a probability of more than 1.
            let mut parts: Vec<&mut [f32]> = level.probability.chunks_mut(NODES).collect();
            watch.each_mut(pool, &mut parts, |_, _, values| {
                values.iter_mut().for_each(|v| *v = v.log10().min(0.0));
            })?;
            let mut parts: Vec<&mut [f32]> = level.back_off.chunks_mut(NODES).collect();
            watch.each_mut(pool, &mut parts, |_, _, values| {
                values.iter_mut().for_each(|v| *v = v.log10());
            })?;
        }
        let mut tables = Tables { vocabulary, levels: grams, scheme };
        if cuts {
            tables.retain(&keep, watch)?;
        }
        Ok(tables)
    }

    /// Leaves out n-grams; what stays must keep its parents. A level with an empty list stays whole, as that of unigrams
    /// always does.
    pub(crate) fn retain(&mut self, keep: &[Vec<bool>], watch: &mut Watch<'_>) -> Result<()> {
        let order = self.levels.len();
        for n in 0..order {
            watch.ask()?;
            let stays = |i: usize| keep[n].get(i).copied().unwrap_or(true);
            if n + 1 < order && !(keep[n].is_empty() && keep[n + 1].is_empty()) {
                // New number of each child, then the borders between kept parents.
                let kept_before: Vec<u32> = std::iter::once(0)
                    .chain(keep[n + 1].iter().scan(0u32, |sum, &k| {
                        *sum += u32::from(k);
                        Some(*sum)
                    }))
                    .collect();
                let before = |child: u32| kept_before.get(child as usize).copied().unwrap_or(child);
                let level = &mut self.levels[n];
                let ends = level.first.len() - 1;
                let mut first: Vec<u32> =
                    (0..ends).filter(|&i| stays(i)).map(|i| before(level.first[i])).collect();
                first.push(before(level.first[ends]));
                level.first = first;
            }
            if keep[n].is_empty() {
                continue;
            }
            let level = &mut self.levels[n];
            for values in [&mut level.probability, &mut level.back_off] {
                let mut at = 0..;
                values.retain(|_| at.next().is_some_and(|i| keep[n][i]));
            }
            let mut at = 0..;
            level.words.retain(|_| at.next().is_some_and(|i| keep[n][i]));
        }
        Ok(())
    }

    /// Calls `each` for every n-gram of level `n` in order, with its words from the first to the last and its index.
    pub(crate) fn walk<E>(&self, n: usize, each: &mut Each<'_, E>) -> Result<(), E> {
        self.walk_range(n, 0..self.levels[n].len(), each)
    }

    pub(crate) fn walk_range<E>(
        &self,
        n: usize,
        range: std::ops::Range<usize>,
        each: &mut Each<'_, E>,
    ) -> Result<(), E> {
        // Ancestor of the current n-gram in each lower level: the last whose children begin at or before it.
        let mut path = vec![0usize; n + 1];
        let mut words = vec![0 as WordId; n + 1];
        let mut child = range.start;
        for m in (0..n).rev() {
            child = self.levels[m].first.partition_point(|&f| f as usize <= child).saturating_sub(1);
            path[m] = child;
        }
        for index in range {
            path[n] = index;
            for m in (0..n).rev() {
                let first = &self.levels[m].first;
                let before = path[m];
                while first[path[m] + 1] as usize <= path[m + 1] {
                    path[m] += 1;
                }
                if path[m] == before {
                    break;
                }
            }
            for m in 0..=n {
                words[n - m] = self.levels[m].words.get(path[m]).copied().unwrap_or(path[m] as WordId);
            }
            each(&words, index)?;
        }
        Ok(())
    }

    /// The n-gram of some words (first to last), if it is there: its level is one less than their number.
    pub(crate) fn find(&self, words: &[WordId]) -> Option<usize> {
        let (&last, rest) = words.split_last()?;
        let mut node = last as usize;
        if node >= self.levels[0].len() || words.len() > self.levels.len() {
            return None;
        }
        for (n, word) in rest.iter().rev().enumerate() {
            let begin = self.levels[n].first[node] as usize;
            let end = self.levels[n].first[node + 1] as usize;
            node = begin + self.levels[n + 1].words[begin..end].binary_search(word).ok()?;
        }
        Some(node)
    }
}
