//! N-grams in any order to tables in suffix order; what a longer n-gram needs below it and is not there is added with the
//! probability that backing off gives it, so that no answer changes.

use gyeol_base::Fault;

use crate::arpa::Repairs;
use crate::tables::{Grams, Scheme, Tables};
use crate::vocabulary::{Vocabulary, WordId};
use crate::watch::{Watch, sort_by};
use gyeol_base::{Error, Result};

/// N-grams of one order as read: `n` words each from the last to the first.
#[derive(Debug, Default, Clone)]
pub(crate) struct Raw {
    pub words: Vec<WordId>,
    /// NaN for n-grams that were added.
    pub probability: Vec<f32>,
    pub back_off: Vec<f32>,
}

impl Raw {
    fn gram(&self, n: usize, index: usize) -> &[WordId] {
        &self.words[n * index..n * (index + 1)]
    }

    fn add(&mut self, words: &[WordId]) {
        self.words.extend_from_slice(words);
        self.probability.push(f32::NAN);
        self.back_off.push(0.0);
    }

    fn sort(&mut self, n: usize, watch: &mut Watch<'_>) -> Result<()> {
        let len = self.probability.len();
        if (1..len).all(|i| self.gram(n, i - 1) <= self.gram(n, i)) {
            return Ok(());
        }
        let mut order: Vec<u32> = (0..len as u32).collect();
        let by_words = |a: &u32, b: &u32| self.gram(n, *a as usize).cmp(self.gram(n, *b as usize));
        sort_by(&mut order, by_words, &mut || watch.ask())?;
        let old = std::mem::take(self);
        for (step, index) in order.into_iter().enumerate() {
            watch.step(step)?;
            let index = index as usize;
            self.words.extend_from_slice(old.gram(n, index));
            self.probability.push(old.probability[index]);
            self.back_off.push(old.back_off[index]);
        }
        Ok(())
    }
}

pub(crate) fn build(
    vocabulary: Vocabulary,
    mut levels: Vec<Raw>,
    repairs: &mut Repairs,
    name: &str,
    watch: &mut Watch<'_>,
) -> Result<Tables> {
    for (n, level) in levels.iter_mut().enumerate().skip(1) {
        level.sort(n + 1, watch)?;
        if let Some(i) =
            (1..level.probability.len()).find(|&i| level.gram(n + 1, i - 1) == level.gram(n + 1, i))
        {
            let words: Vec<&str> = level.gram(n + 1, i).iter().rev().map(|&id| vocabulary.word(id)).collect();
            return Err(Error::input(
                Fault::new(
                    "duplicate-ngram",
                    format!("the n-gram \"{}\" stands there twice", words.join(" ")),
                )
                .file(name)
                .cause("files that were joined, or an altered line")
                .next("leave one of them"),
            ));
        }
    }
    loop {
        add_suffixes(&mut levels, repairs, watch)?;
        let first = children(&levels, watch)?;
        let contexts = contexts(&levels, &first, watch)?;
        let mut missing: Vec<Vec<WordId>> = vec![Vec::new(); levels.len()];
        for n in 2..levels.len() {
            for (index, &context) in contexts[n].iter().enumerate() {
                if context == NONE {
                    missing[n - 1].extend_from_slice(&levels[n].gram(n + 1, index)[1..]);
                }
            }
        }
        if missing.iter().all(Vec::is_empty) {
            return finish(vocabulary, levels, first, &contexts, watch);
        }
        for (n, words) in missing.iter().enumerate() {
            let mut grams: Vec<&[WordId]> = words.chunks(n + 1).collect();
            grams.sort_unstable();
            grams.dedup();
            for gram in grams {
                levels[n].add(gram);
                repairs.contexts += 1;
            }
            if !words.is_empty() {
                levels[n].sort(n + 1, watch)?;
            }
        }
    }
}

const NONE: u32 = u32::MAX;

fn add_suffixes(levels: &mut [Raw], repairs: &mut Repairs, watch: &mut Watch<'_>) -> Result<()> {
    for n in (2..levels.len()).rev() {
        let (below, here) = levels.split_at_mut(n);
        let (level, short) = (&here[0], &mut below[n - 1]);
        let (mut at, held) = (0, short.probability.len());
        let mut missing: Vec<usize> = Vec::new();
        for index in 0..level.probability.len() {
            watch.step(index)?;
            let suffix = &level.gram(n + 1, index)[..n];
            while at < held && short.gram(n, at) < suffix {
                at += 1;
            }
            let known = at < held && short.gram(n, at) == suffix;
            if !known && missing.last().is_none_or(|&last| &level.gram(n + 1, last)[..n] != suffix) {
                missing.push(index);
            }
        }
        repairs.suffixes += missing.len() as u64;
        let any = !missing.is_empty();
        for index in missing {
            short.add(&level.gram(n + 1, index)[..n]);
        }
        if any {
            short.sort(n, watch)?;
        }
    }
    Ok(())
}

/// Where the children of each n-gram begin in the next level.
fn children(levels: &[Raw], watch: &mut Watch<'_>) -> Result<Vec<Vec<u32>>> {
    let mut out: Vec<Vec<u32>> = Vec::new();
    for n in 0..levels.len() - 1 {
        let (short, level) = (&levels[n], &levels[n + 1]);
        let mut first = Vec::with_capacity(short.probability.len() + 1);
        let mut at = 0;
        for index in 0..short.probability.len() {
            watch.step(index)?;
            first.push(at as u32);
            while at < level.probability.len() && &level.gram(n + 2, at)[..=n] == short.gram(n + 1, index) {
                at += 1;
            }
        }
        first.push(at as u32);
        out.push(first);
    }
    Ok(out)
}

/// The context of each n-gram in the level below, `NONE` where it is missing; see `context`.
fn contexts(levels: &[Raw], first: &[Vec<u32>], watch: &mut Watch<'_>) -> Result<Vec<Vec<u32>>> {
    let mut out: Vec<Vec<u32>> = vec![Vec::new()];
    if let Some(bigrams) = levels.get(1) {
        out.push(bigrams.words.chunks(2).map(|gram| gram[1]).collect());
    }
    for n in 2..levels.len() {
        let mut links = vec![NONE; levels[n].probability.len()];
        for parent in 0..levels[n - 1].probability.len() {
            watch.step(parent)?;
            let context = out[n - 1][parent];
            if context == NONE {
                continue;
            }
            let among = first[n - 2][context as usize] as usize..first[n - 2][context as usize + 1] as usize;
            for index in first[n - 1][parent] as usize..first[n - 1][parent + 1] as usize {
                let word = levels[n].gram(n + 1, index)[n];
                let (mut low, mut high) = (among.start, among.end);
                while low < high {
                    let middle = (low + high) / 2;
                    if levels[n - 1].gram(n, middle)[n - 1] < word { low = middle + 1 } else { high = middle }
                }
                if low < among.end && levels[n - 1].gram(n, low)[n - 1] == word {
                    links[index] = low as u32;
                }
            }
        }
        out.push(links);
    }
    Ok(out)
}

fn finish(
    vocabulary: Vocabulary,
    levels: Vec<Raw>,
    first: Vec<Vec<u32>>,
    contexts: &[Vec<u32>],
    watch: &mut Watch<'_>,
) -> Result<Tables> {
    let order = levels.len();
    let mut out: Vec<Grams> = Vec::with_capacity(order);
    for (n, mut raw) in levels.into_iter().enumerate() {
        if n > 0 {
            for (parent, borders) in first[n - 1].windows(2).enumerate() {
                watch.step(parent)?;
                for index in borders[0] as usize..borders[1] as usize {
                    if raw.probability[index].is_nan() {
                        let context = contexts[n][index] as usize;
                        raw.probability[index] =
                            out[n - 1].probability[parent] + out[n - 1].back_off[context];
                    }
                }
            }
        }
        out.push(Grams {
            words: if n == 0 { Vec::new() } else { raw.words.chunks(n + 1).map(|gram| gram[n]).collect() },
            first: first.get(n).cloned().unwrap_or_default(),
            probability: raw.probability,
            back_off: if n + 1 == order { Vec::new() } else { raw.back_off },
        });
    }
    Ok(Tables { vocabulary, levels: out, scheme: Scheme::BackOff })
}
