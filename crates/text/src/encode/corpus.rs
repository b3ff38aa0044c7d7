//! A whole corpus as ids.

use std::sync::{Mutex, PoisonError};

use gyeol_tensor::Pool;

use crate::corpus::{Corpus, Totals};
use crate::error::{Error, Result, stopped};
use crate::vocabulary::{Vocabulary, VocabularyParams, count::Counter};
use crate::words::Tokenize;

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

    fn append(&mut self, ids: impl Iterator<Item = u32>, ends: &[u32]) {
        let before = self.ids.len() as u64;
        self.ids.extend(ids);
        self.ends.extend(ends.iter().map(|&e| before + u64::from(e)));
    }
}

/// Encodes every document with a fitted vocabulary on the pool; `take` gets the documents in order.
///
/// # Errors
/// Of reading and of `take`.
pub fn encode_corpus(
    corpus: &Corpus,
    vocabulary: &Vocabulary,
    tokenizer: &dyn Tokenize,
    pool: &Pool,
    mut take: impl FnMut(&[u32]) -> Result<()>,
) -> Result<Totals> {
    corpus.map(
        pool,
        |_, block| {
            let mut encoded = Encoded::default();
            for document in block.documents() {
                encoded
                    .push(|ids| tokenizer.each(document.text, &mut |token| ids.extend(vocabulary.id(token))));
            }
            encoded
        },
        |_, encoded| encoded.documents().try_for_each(&mut take),
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
            gyeol_data::Fault::new("no-bound", "fitting and encoding in one pass keeps all ids in memory")
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
            for (i, document) in block.documents().enumerate() {
                let number = first | i as u64;
                tokenizer.each(document.text, &mut |token| {
                    ids.push(counter.add(token, first | ids.len() as u64, number));
                });
                ends.push(ids.len() as u32);
            }
            (thread, ids, ends, block.bytes())
        },
        |_, (thread, ids, ends, bytes)| {
            seen.documents += ends.len() as u64;
            seen.bytes += bytes as u64;
            blocks.push((thread, ids, ends));
            if progress(seen) { Ok(()) } else { Err(stopped()) }
        },
    )?;
    let mut sum = Counter::default();
    let mut numbers = Vec::with_capacity(counters.len());
    for counter in counters {
        let counter = counter.into_inner().unwrap_or_else(PoisonError::into_inner);
        numbers.push(sum.merge(&counter));
    }
    let vocabulary = Vocabulary::of_counter(&sum, &params, totals.documents)?;
    // From each thread's number to the id; a word without one has none.
    const NONE: u32 = u32::MAX;
    let ids: Vec<u32> =
        (0..sum.words.len() as u32).map(|n| vocabulary.id(sum.words.word(n)).unwrap_or(NONE)).collect();
    for table in &mut numbers {
        table.iter_mut().for_each(|n| *n = ids[*n as usize]);
    }
    let mut encoded = Encoded::default();
    for (thread, ids, ends) in blocks {
        let table = &numbers[thread];
        if vocabulary.unknown().is_some() {
            encoded.append(ids.iter().map(|&n| table[n as usize]), &ends);
        } else {
            let mut from = 0;
            for &end in &ends {
                let known: Vec<u32> = ids[from..end as usize]
                    .iter()
                    .map(|&n| table[n as usize])
                    .filter(|&id| id != NONE)
                    .collect();
                encoded.append(known.iter().copied(), &[known.len() as u32]);
                from = end as usize;
            }
        }
    }
    Ok((vocabulary, encoded))
}
