//! Tokens of each word by topic: a number for every topic where a word is frequent, a list of the topics that it has where
//! it is not.
//!
//! A word of f tokens has at most f topics. With hundreds of topics most words have few, and the lists of a large vocabulary
//! stay in the caches where full rows would not. Lists grow and leave holes while a sweep runs; [`GibbsRows::settle`]
//! brings them into the one order that follows from the counts alone.

use super::{GIBBS_LANES, gibbs_stride};

/// Up to so many topics all rows are full: a row is then no longer than a list of some size.
pub(super) const FULL: usize = 128;
/// A word with at least so many tokens a topic has a full row.
const FREQUENT: u64 = 32;
/// Length that marks a full row.
const WHOLE: u32 = u32::MAX;

/// Counts of words by topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GibbsRows {
    k: usize,
    stride: usize,
    /// Where each row begins, and the end of the last.
    starts: Vec<usize>,
    /// Entries of each list, or [`WHOLE`].
    lengths: Vec<u32>,
    /// Topics of lists; `stride`, where nothing weighs anything, in places that are free.
    topics: Vec<u16>,
    counts: Vec<i32>,
}

/// Places of a word of `n` tokens, and whether it has a full row, as words of `least` have.
fn room(k: usize, n: u64, least: u64) -> (usize, bool) {
    let stride = gibbs_stride(k);
    if stride <= FULL || n >= least {
        return (stride, true);
    }
    // Twice the tokens: what a sweep takes away leaves its place until the next.
    ((2 * n as usize).clamp(1, stride).next_multiple_of(GIBBS_LANES), false)
}

/// A row as the kernels see it.
pub(super) enum Row<'a> {
    /// A number for each topic.
    Full(&'a mut [i32]),
    /// Topics and counts; the first so many are entries, a multiple of sixteen of them can be read.
    List { topics: &'a mut [u16], counts: &'a mut [i32], length: &'a mut u32 },
}

impl GibbsRows {
    /// Rows of zeros for words of so many tokens.
    ///
    /// # Panics
    /// Without a topic, or with more than [`super::GIBBS_MOST_TOPICS`].
    pub fn new(k: usize, tokens: impl IntoIterator<Item = u64>) -> GibbsRows {
        GibbsRows::with(k, tokens, FREQUENT * k as u64)
    }

    pub(super) fn with(k: usize, tokens: impl IntoIterator<Item = u64>, least: u64) -> GibbsRows {
        assert!((1..=super::GIBBS_MOST_TOPICS).contains(&k), "{k} topics");
        let stride = gibbs_stride(k);
        let mut rows = GibbsRows {
            k,
            stride,
            starts: vec![0],
            lengths: Vec::new(),
            topics: Vec::new(),
            counts: Vec::new(),
        };
        let mut end = 0;
        for n in tokens {
            let (places, whole) = room(k, n, least);
            end += places;
            rows.starts.push(end);
            rows.lengths.push(if whole { WHOLE } else { 0 });
        }
        rows.counts = vec![0; end];
        if rows.lengths.iter().any(|&l| l != WHOLE) {
            rows.topics = vec![stride as u16; end];
        }
        rows
    }

    /// Bytes that rows of words of so many tokens take.
    pub fn bytes(k: usize, tokens: impl IntoIterator<Item = u64>) -> u64 {
        let of = |n| match room(k, n, FREQUENT * k as u64) {
            (places, true) => 4 * places as u64,
            (places, false) => 6 * places as u64,
        };
        tokens.into_iter().map(of).sum()
    }

    /// Words.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Topics.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Whether some rows are lists.
    pub(super) fn has_lists(&self) -> bool {
        !self.topics.is_empty()
    }

    pub(super) fn full(&mut self) -> &mut [i32] {
        &mut self.counts
    }

    /// All numbers, in no order that means anything; most are counts of a word and a topic, others are 0.
    pub fn numbers(&self) -> &[i32] {
        &self.counts
    }

    /// Takes all tokens away.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.topics.fill(self.stride as u16);
        self.lengths.iter_mut().filter(|l| **l != WHOLE).for_each(|l| *l = 0);
    }

    /// Adds a token of a word and a topic.
    ///
    /// # Panics
    /// If there is no such word or topic, or a list has more topics than the word has tokens.
    pub fn add(&mut self, word: usize, topic: usize) {
        assert!(topic < self.k, "topic {topic} of {}", self.k);
        let free = self.stride as u16;
        match self.row(word) {
            Row::Full(counts) => counts[topic] += 1,
            Row::List { topics, counts, length } => added(topics, counts, length, topic as u16, free),
        }
    }

    /// (topic, tokens) of a word, zeros left out.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn each(&self, word: usize) -> impl Iterator<Item = (usize, i32)> {
        let range = self.starts[word]..self.starts[word + 1];
        let counts = &self.counts[range.clone()];
        let topics = (self.lengths[word] != WHOLE).then(|| &self.topics[range]);
        let of = move |i: usize| topics.map_or(i, |t| usize::from(t[i]));
        counts.iter().enumerate().filter(|(_, n)| **n > 0).map(move |(i, &n)| (of(i), n))
    }

    pub(super) fn row(&mut self, word: usize) -> Row<'_> {
        let range = self.starts[word]..self.starts[word + 1];
        let counts = &mut self.counts[range.clone()];
        let length = &mut self.lengths[word];
        if *length == WHOLE {
            Row::Full(counts)
        } else {
            Row::List { topics: &mut self.topics[range], counts, length }
        }
    }

    /// Lists by topic, without holes: what they are after the same counts were added in any order.
    pub fn settle(&mut self) {
        if !self.has_lists() {
            return;
        }
        let free = self.stride as u16;
        let mut entries: Vec<(u16, i32)> = Vec::new();
        for word in 0..self.len() {
            let Row::List { topics, counts, length } = self.row(word) else { continue };
            let n = *length as usize;
            let settled = topics[..n].is_sorted() && counts[..n].iter().all(|&c| c > 0);
            if !settled {
                entries.clear();
                entries
                    .extend(topics[..n].iter().copied().zip(counts[..n].iter().copied()).filter(|e| e.1 > 0));
                entries.sort_unstable();
                rewritten(&entries, topics, counts, length, free);
            }
        }
    }
}

fn rewritten(entries: &[(u16, i32)], topics: &mut [u16], counts: &mut [i32], length: &mut u32, free: u16) {
    let n = *length as usize;
    topics[..n].fill(free);
    counts[..n].fill(0);
    for (i, &(topic, count)) in entries.iter().enumerate() {
        (topics[i], counts[i]) = (topic, count);
    }
    *length = entries.len() as u32;
}

/// Adds a token to a list; `free` marks places without a topic.
#[inline(always)]
pub(super) fn added(topics: &mut [u16], counts: &mut [i32], length: &mut u32, topic: u16, free: u16) {
    let n = *length as usize;
    match topics[..n].iter().position(|&t| t == topic) {
        Some(at) => counts[at] += 1,
        None if n < topics.len() => {
            (topics[n], counts[n]) = (topic, 1);
            *length += 1;
        }
        None => squeezed(topics, counts, length, topic, free),
    }
}

/// Takes the holes out of a full list and adds a token of a topic that is not in it.
#[cold]
#[inline(never)]
fn squeezed(topics: &mut [u16], counts: &mut [i32], length: &mut u32, topic: u16, free: u16) {
    let mut kept = 0;
    for i in 0..topics.len() {
        if counts[i] > 0 {
            (topics[kept], counts[kept]) = (topics[i], counts[i]);
            kept += 1;
        }
    }
    assert!(kept < topics.len(), "a word of more topics than tokens");
    (topics[kept], counts[kept]) = (topic, 1);
    topics[kept + 1..].fill(free);
    counts[kept + 1..].fill(0);
    *length = kept as u32 + 1;
}

/// Takes a token from a list.
#[inline(always)]
pub(super) fn removed(topics: &[u16], counts: &mut [i32], length: u32, topic: u16) {
    let at = topics[..length as usize]
        .iter()
        .position(|&t| t == topic)
        .expect("the counts hold the token's topic");
    counts[at] -= 1;
}
