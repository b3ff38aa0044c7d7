//! The n-grams of a text as a tree that grows to the left: below `w` hang the words seen before it, below `v w` the
//! words seen before that. Level `n` lists the n-grams in suffix order, so the children of one node lie together.

use gyeol_base::Fault;

use crate::count::key::{Key, Layout};
use crate::vocabulary::{SENTENCE_START, WordId};
use crate::watch::Watch;
use gyeol_base::{Error, Result};

/// One order of n-grams.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// First word of each n-gram; empty for unigrams, whose index is the word.
    pub(crate) words: Vec<WordId>,
    /// How often each occurs in the text.
    pub(crate) counts: Vec<u32>,
    /// Where the children of each begin in the next level, and the end; empty for the highest order.
    pub(crate) first: Vec<u32>,
}

impl Level {
    /// How many n-grams.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether no n-gram is that long.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// Builds levels from keys in rising order.
pub(crate) struct Builder<K> {
    layout: Layout,
    previous: Option<K>,
    /// Unigrams list their words here.
    levels: Vec<Level>,
    nodes: u64,
}

impl<K: Key> Builder<K> {
    pub fn new(layout: Layout) -> Self {
        Builder { layout, previous: None, levels: vec![Level::default(); layout.order], nodes: 0 }
    }

    /// Adds an n-gram of the highest order (or one cut short by `<s>`), above all before it.
    #[inline]
    pub fn push(&mut self, key: K, count: u32) {
        let order = self.layout.order;
        let shared = self.previous.map_or(0, |previous| previous.shared(key, self.layout));
        self.previous = Some(key);
        for level in &mut self.levels[..shared] {
            if let Some(last) = level.counts.last_mut() {
                *last += count;
            }
        }
        for back in shared..order {
            let word = key.word(self.layout, back);
            let below = self.levels.get(back + 1).map_or(0, |next| next.words.len() as u32);
            let level = &mut self.levels[back];
            level.words.push(word);
            level.counts.push(count);
            self.nodes += 1;
            if back + 1 < order {
                level.first.push(below);
            }
            if word == SENTENCE_START {
                break;
            }
        }
    }

    pub fn nodes(&self) -> u64 {
        self.nodes
    }

    pub fn finish(self) -> Vec<Level> {
        self.levels
    }
}

/// Bytes that a node of the tree needs while a model is estimated: word, count, first child, context, probability
/// and back-off of four bytes each, and the four sums of a context.
pub(crate) const BYTES_PER_NODE: u64 = 40;

pub(crate) fn check_memory(nodes: u64, memory: u64) -> Result<()> {
    if nodes.saturating_mul(BYTES_PER_NODE) <= memory && nodes < u64::from(u32::MAX) {
        return Ok(());
    }
    let need = (nodes * BYTES_PER_NODE) >> 20;
    Err(Error::limit(
        Fault::new(
            "too-little-memory",
            format!("{nodes} n-grams or more need {need} MiB, more than the {} MiB allowed", memory >> 20),
        )
        .cause("the n-grams of the text do not fit the memory that was allowed")
        .next("allow more memory, or choose a lower order or a smaller vocabulary"),
    ))
}

/// Joins parts that hold rising ranges of last words, and lists the unigrams by word.
pub(crate) fn join(
    parts: Vec<Vec<Level>>,
    order: usize,
    vocabulary: usize,
    watch: &mut Watch<'_>,
) -> Result<Vec<Level>> {
    let mut parts = parts;
    let mut out = Vec::with_capacity(order);
    for n in 0..order {
        let len: usize = parts.iter().map(|part| part[n].words.len()).sum();
        let mut level = Level {
            words: Vec::with_capacity(if n == 0 { 0 } else { len }),
            counts: Vec::with_capacity(len),
            first: Vec::with_capacity(if n + 1 < order { len + 1 } else { 0 }),
        };
        let mut below = 0u32;
        if n == 0 {
            level.counts = vec![0; vocabulary];
        }
        for part in &mut parts {
            watch.ask()?;
            let taken = std::mem::take(&mut part[n]);
            if n == 0 {
                for (i, &word) in taken.words.iter().enumerate() {
                    level.counts[word as usize] = taken.counts[i];
                    if order > 1 {
                        // Words that are never predicted, `<s>` among them, have no children.
                        level.first.resize(word as usize, taken.first[i] + below);
                        level.first.push(taken.first[i] + below);
                    }
                }
            } else {
                level.words.extend_from_slice(&taken.words);
                level.counts.extend_from_slice(&taken.counts);
                level.first.extend(taken.first.iter().map(|&first| first + below));
            }
            below += part.get(n + 1).map_or(0, |next| next.words.len() as u32);
        }
        if n + 1 < order {
            let len = if n == 0 { vocabulary } else { len };
            level.first.resize(len + 1, below);
        }
        out.push(level);
    }
    Ok(out)
}
