//! A whole corpus as ids.

use std::sync::{Mutex, PoisonError};

use gyeol_tensor::Pool;

use crate::corpus::{Corpus, Totals};
use crate::vocabulary::{PADDING, Vocabulary, VocabularyParams, count::Counter};
use crate::words::Tokenize;
use gyeol_base::{Error, Result};

/// Documents as ids, in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoded {
    ids: Vec<u32>,
    /// End of each document in `ids`.
    ends: Vec<u64>,
}

impl Encoded {
    /// Documents.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Ids of all documents, one after the other.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The ids of each document, in order.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        (0..self.ends.len()).map(|i| {
            let from = if i == 0 { 0 } else { self.ends[i - 1] };
            &self.ids[from as usize..self.ends[i] as usize]
        })
    }

    /// Adds a document whose ids `fill` pushes.
    pub(crate) fn push(&mut self, fill: impl FnOnce(&mut Vec<u32>)) {
        fill(&mut self.ids);
        self.ends.push(self.ids.len() as u64);
    }

    /// Adds all documents of another.
    pub(crate) fn extend(&mut self, other: &Encoded) {
        let before = self.ids.len() as u64;
        self.ids.extend_from_slice(&other.ids);
        self.ends.extend(other.ends.iter().map(|e| before + e));
    }

    fn append(&mut self, ids: &[u32], ends: &[u32]) {
        let before = self.ids.len() as u64;
        self.ids.extend_from_slice(ids);
        self.ends.extend(ends.iter().map(|&e| before + u64::from(e)));
    }
}

/// Encodes every document with a fitted vocabulary on the pool; `take` gets the documents in order, each with its label.
///
/// # Errors
/// Of reading and of `take`.
pub fn encode_corpus(
    corpus: &Corpus,
    vocabulary: &Vocabulary,
    tokenizer: &dyn Tokenize,
    pool: &Pool,
    mut take: impl FnMut(&[u32], Option<&str>) -> Result<()>,
) -> Result<Totals> {
    corpus.map(
        pool,
        |_, block| {
            let (mut encoded, mut labels) = (Encoded::default(), Vec::with_capacity(block.len()));
            for document in block.documents() {
                labels.push(document.label.map(str::to_owned));
                encoded
                    .push(|ids| tokenizer.each(document.text, &mut |token| ids.extend(vocabulary.id(token))));
            }
            (encoded, labels)
        },
        |_, (encoded, labels)| {
            encoded.documents().zip(&labels).try_for_each(|(ids, label)| take(ids, label.as_deref()))
        },
    )
}

/// Fits a vocabulary and encodes with it in one pass over the text: tokens get provisional numbers while they are counted,
/// which become ids when all is counted. The ids stay in memory, four bytes a token.
///
/// # Errors
/// As [`Vocabulary::fit`]; [`VocabularyParams::memory`] cannot be kept here and is refused.
pub fn fit_encode(
    corpus: &Corpus,
    tokenizer: &dyn Tokenize,
    params: VocabularyParams,
    pool: &Pool,
    mut progress: impl FnMut(Totals) -> bool,
) -> Result<(Vocabulary, Encoded)> {
    if params.memory.is_some() {
        return Err(Error::option(
            gyeol_base::Fault::new("no-bound", "fitting and encoding in one pass keeps all ids in memory")
                .next("fit the vocabulary first, then encode"),
        ));
    }
    let counters: Vec<Mutex<Counter>> = (0..pool.threads()).map(|_| Mutex::default()).collect();
    let mut blocks: Vec<(usize, Vec<u32>, Vec<u32>)> = Vec::new();
    let mut seen = Totals::default();
    let totals = corpus.map(
        pool,
        |thread, block| {
            let mut counter = counters[thread].lock().unwrap_or_else(PoisonError::into_inner);
            let (mut ids, mut ends) =
                (Vec::with_capacity(block.bytes() / 6), Vec::with_capacity(block.len()));
            let first = block.sequence() << 32;
            let mut tokens = 0u32;
            for (i, document) in block.documents().enumerate() {
                let number = first | i as u64;
                tokenizer.each(document.text, &mut |token| {
                    counter.add(token, first | u64::from(tokens), number, &mut |id| ids.push(id));
                    tokens += 1;
                });
                ends.push(tokens);
            }
            counter.flush(&mut |id| ids.push(id));
            (thread, ids, ends, block.bytes())
        },
        |_, (thread, ids, ends, bytes)| {
            seen.documents += ends.len() as u64;
            seen.bytes += bytes as u64;
            blocks.push((thread, ids, ends));
            if progress(seen) { Ok(()) } else { Err(Error::stopped()) }
        },
    )?;
    let mut counters = counters.into_iter().map(|c| c.into_inner().unwrap_or_else(PoisonError::into_inner));
    let mut sum = counters.next().unwrap_or_default();
    let mut numbers = vec![(0..sum.words.len() as u32).collect::<Vec<u32>>()];
    numbers.extend(counters.map(|counter| sum.merge(&counter)));
    let (vocabulary, ids) = Vocabulary::of_counter(&sum, &params, totals.documents)?;
    // From each thread's number to the id; a word without one has that of padding.
    for table in &mut numbers {
        table.iter_mut().for_each(|n| *n = ids[*n as usize]);
    }
    pool.each_mut(&mut blocks, |_, _, (thread, ids, _)| {
        let table = &numbers[*thread];
        ids.iter_mut().for_each(|n| *n = table[*n as usize]);
    });
    let mut encoded = Encoded::default();
    encoded.ids.reserve_exact(blocks.iter().map(|(_, ids, _)| ids.len()).sum());
    for (_, ids, ends) in blocks {
        if vocabulary.unknown().is_some() {
            encoded.append(&ids, &ends);
        } else {
            let mut from = 0;
            for &end in &ends {
                let known: Vec<u32> =
                    ids[from..end as usize].iter().copied().filter(|&id| id != PADDING).collect();
                encoded.append(&known, &[known.len() as u32]);
                from = end as usize;
            }
        }
    }
    Ok((vocabulary, encoded))
}
