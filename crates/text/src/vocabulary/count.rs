//! Words of a corpus counted on all threads, within a bound of memory.
//!
//! Each thread counts into a table of its own. Counts add up, and of two places of first appearance the earlier one
//! stays, so the sum does not depend on which thread had which block. A table that outgrows its share of the memory
//! is written to disk in the order of its words; in the end such runs are merged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{BufReader, BufWriter, Read, Write};
use std::sync::{Mutex, PoisonError};

use gyeol_tensor::Pool;

use super::table::{Queue, Words};
use crate::corpus::{Corpus, Totals};
use crate::words::Tokenize;
use gyeol_base::{Error, Result};

/// What is known of a word after counting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Occurrences.
    pub count: u64,
    /// Documents with it.
    pub documents: u64,
    /// Where it came first: the block in the upper half, the token in the block in the lower.
    pub first: u64,
    /// Document that it was last seen in.
    last: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.count += other.count;
        self.documents += other.documents;
        self.first = self.first.min(other.first);
    }
}

/// Counts of one thread.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    pub words: Words,
    pub tallies: Vec<Tally>,
    queue: Queue,
    /// Of the words that wait: place of the first, documents of all.
    place: u64,
    documents: Vec<u64>,
}

impl Counter {
    /// Counts a word seen at a place in a document, now or when [`Counter::flush`] is called; both numbers grow over the
    /// corpus, places by one a word between two flushes. `known` gets the numbers of the words in their order.
    #[inline]
    pub fn add(&mut self, word: &str, place: u64, document: u64, known: &mut impl FnMut(u32)) {
        if self.documents.is_empty() {
            self.place = place;
        }
        self.documents.push(document);
        if self.queue.push(word) {
            self.flush(known);
        }
    }

    /// Counts what waits.
    pub fn flush(&mut self, known: &mut impl FnMut(u32)) {
        let Counter { words, tallies, queue, place, documents } = self;
        let (first, mut at) = (*place, 0);
        let room = std::cell::RefCell::new(tallies);
        queue.empty(
            words,
            |number| room.borrow().get(number as usize).map_or(0, |t| t.count),
            |number, new| {
                let mut tallies = room.borrow_mut();
                let document = documents[at];
                if new {
                    tallies.push(Tally { count: 1, documents: 1, first: first + at as u64, last: document });
                } else {
                    let tally = &mut tallies[number as usize];
                    tally.count += 1;
                    tally.documents += u64::from(tally.last != document);
                    tally.last = document;
                }
                at += 1;
                known(number);
            },
        );
        documents.clear();
    }

    fn memory(&self) -> usize {
        self.words.memory() + self.tallies.capacity() * size_of::<Tally>()
    }

    fn sorted(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.words.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| self.words.word(a).cmp(self.words.word(b)));
        order
    }

    fn clear(&mut self) {
        *self = Counter::default();
    }

    /// Adds another thread's counts; numbers of its words here come out.
    pub fn merge(&mut self, other: &Counter) -> Vec<u32> {
        (0..other.words.len() as u32)
            .map(|n| {
                let tally = other.tallies[n as usize];
                let (number, new) = self.words.insert(other.words.word(n));
                if new {
                    self.tallies.push(tally);
                } else {
                    self.tallies[number as usize].add(tally);
                }
                number
            })
            .collect()
    }
}

/// A run on disk: words in order, each with its tally.
struct Run {
    reader: BufReader<std::fs::File>,
    word: String,
    tally: Tally,
}

fn disk(source: std::io::Error) -> Error {
    Error::io(
        "write",
        std::env::temp_dir(),
        "make room there, name another folder in TMPDIR, or allow more --memory",
        source,
    )
}

impl Run {
    fn write(counter: &Counter) -> std::io::Result<std::fs::File> {
        let mut out = BufWriter::with_capacity(1 << 18, tempfile::tempfile()?);
        for n in counter.sorted() {
            let (word, tally) = (counter.words.word(n), counter.tallies[n as usize]);
            out.write_all(&(word.len() as u32).to_le_bytes())?;
            for number in [tally.count, tally.documents, tally.first] {
                out.write_all(&number.to_le_bytes())?;
            }
            out.write_all(word.as_bytes())?;
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)
    }

    fn open(mut file: std::fs::File) -> std::io::Result<Option<Run>> {
        use std::io::Seek;
        file.rewind()?;
        let mut run = Run {
            reader: BufReader::with_capacity(1 << 18, file),
            word: String::new(),
            tally: Tally::default(),
        };
        Ok(run.next()?.then_some(run))
    }

    /// Moves to the next word; false at the end.
    fn next(&mut self) -> std::io::Result<bool> {
        let mut head = [0u8; 28];
        match self.reader.read_exact(&mut head) {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
            other => other?,
        }
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
        let len = u32::from_le_bytes(std::array::from_fn(|i| head[i])) as usize;
        self.tally = Tally { count: number(4), documents: number(12), first: number(20), last: 0 };
        let mut bytes = std::mem::take(&mut self.word).into_bytes();
        bytes.resize(len, 0);
        self.reader.read_exact(&mut bytes)?;
        self.word = String::from_utf8(bytes).map_err(std::io::Error::other)?;
        Ok(true)
    }
}

/// Counts of a whole corpus.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Kept words with their tallies, by falling count, ties by first appearance.
    pub kept: Vec<(String, Tally)>,
    /// Distinct words in all.
    pub types: u64,
    /// Occurrences in all.
    pub tokens: u64,
    pub documents: u64,
    /// How many words have a count.
    pub of_count: BTreeMap<u64, u64>,
}

/// What is kept: words of at least `min_count`, the `size` most frequent of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    pub min_count: u64,
    pub size: Option<usize>,
}

/// Gathers words in any order and keeps the best.
struct Selection {
    keep: Keep,
    counts: Counts,
    /// The worst on top.
    heap: BinaryHeap<(Reverse<u64>, u64, String, u64)>,
}

impl Selection {
    fn new(keep: Keep) -> Self {
        Selection { keep, counts: Counts::default(), heap: BinaryHeap::new() }
    }

    fn add(&mut self, word: &str, tally: Tally) {
        self.counts.types += 1;
        self.counts.tokens += tally.count;
        *self.counts.of_count.entry(tally.count).or_default() += 1;
        if tally.count < self.keep.min_count {
            return;
        }
        let full = self.keep.size.is_some_and(|size| self.heap.len() >= size);
        if full {
            let key = (Reverse(tally.count), tally.first);
            match self.heap.peek() {
                Some((count, first, ..)) if key < (*count, *first) => {
                    self.heap.pop();
                }
                _ => return,
            }
        }
        self.heap.push((Reverse(tally.count), tally.first, word.to_owned(), tally.documents));
    }

    fn finish(self) -> Counts {
        let mut counts = self.counts;
        let kept = self.heap.into_sorted_vec();
        counts.kept = kept
            .into_iter()
            .map(|(Reverse(count), first, word, documents)| {
                (word, Tally { count, documents, first, last: 0 })
            })
            .collect();
        counts
    }
}

/// Counts the words of a corpus; `memory` bounds the tables of all threads together, in bytes.
pub(crate) fn count(
    corpus: &Corpus,
    tokenizer: &dyn Tokenize,
    keep: Keep,
    memory: Option<usize>,
    pool: &Pool,
    progress: &mut dyn FnMut(Totals) -> bool,
) -> Result<Counts> {
    let threads = pool.threads();
    let counters: Vec<Mutex<(Counter, Vec<std::fs::File>)>> =
        (0..threads).map(|_| Mutex::default()).collect();
    // The final sum needs about as much as all tables together.
    let share = memory.map(|m| (m / 2 / threads).max(1 << 16));
    let mut seen = Totals::default();
    let totals = corpus.map(
        pool,
        |thread, block| {
            let mut room = counters[thread].lock().unwrap_or_else(PoisonError::into_inner);
            let (counter, runs) = &mut *room;
            let mut place = block.sequence() << 32;
            for (i, document) in block.documents().enumerate() {
                let number = block.sequence() << 32 | i as u64;
                tokenizer.each(document.text, &mut |token| {
                    counter.add(token, place, number, &mut |_| ());
                    place += 1;
                });
                // A block may hold more new words than the share; look often.
                if i % 64 == 0 && share.is_some_and(|share| counter.memory() > share) {
                    counter.flush(&mut |_| ());
                    runs.push(Run::write(counter).map_err(disk)?);
                    counter.clear();
                }
            }
            counter.flush(&mut |_| ());
            Ok(Totals { documents: block.len() as u64, bytes: block.bytes() as u64 })
        },
        |_, done: Result<Totals>| {
            let done = done?;
            seen.documents += done.documents;
            seen.bytes += done.bytes;
            if progress(seen) { Ok(()) } else { Err(Error::stopped()) }
        },
    )?;
    let mut parts: Vec<(Counter, Vec<std::fs::File>)> =
        counters.into_iter().map(|c| c.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
    if parts.iter().all(|(_, runs)| runs.is_empty()) {
        let (mut sum, _) = parts.swap_remove(0);
        for (part, _) in &parts {
            sum.merge(part);
        }
        let (order, mut counts) = select(&sum, keep, totals.documents);
        let word = |n: u32| (sum.words.word(n).to_owned(), sum.tallies[n as usize]);
        counts.kept = order.into_iter().map(word).collect();
        return Ok(counts);
    }
    let mut selection = Selection::new(keep);
    merge_runs(parts, &mut selection).map_err(disk)?;
    let mut counts = selection.finish();
    counts.documents = totals.documents;
    Ok(counts)
}

/// Numbers of the kept words of one counter, the best first, and what was counted in all.
pub(crate) fn select(counter: &Counter, keep: Keep, documents: u64) -> (Vec<u32>, Counts) {
    let mut counts = Counts { documents, types: counter.tallies.len() as u64, ..Counts::default() };
    let mut few = [0u64; 256];
    for tally in &counter.tallies {
        counts.tokens += tally.count;
        match few.get_mut(tally.count as usize) {
            Some(n) => *n += 1,
            None => *counts.of_count.entry(tally.count).or_default() += 1,
        }
    }
    counts.of_count.extend((0..).zip(few).filter(|(_, n)| *n > 0));
    let mut kept: Vec<(Reverse<u64>, u64, u32)> = (0..)
        .zip(&counter.tallies)
        .filter(|(_, tally)| tally.count >= keep.min_count)
        .map(|(n, tally)| (Reverse(tally.count), tally.first, n))
        .collect();
    let size = keep.size.unwrap_or(usize::MAX);
    if size < kept.len() {
        kept.select_nth_unstable(size);
        kept.truncate(size);
    }
    kept.sort_unstable();
    (kept.into_iter().map(|(.., n)| n).collect(), counts)
}

fn merge_runs(parts: Vec<(Counter, Vec<std::fs::File>)>, selection: &mut Selection) -> std::io::Result<()> {
    let mut runs = Vec::new();
    for (counter, files) in parts {
        if !counter.words.is_empty() {
            runs.extend(Run::open(Run::write(&counter)?)?);
        }
        for file in files {
            runs.extend(Run::open(file)?);
        }
    }
    let mut order: BinaryHeap<Reverse<(String, usize)>> =
        runs.iter_mut().enumerate().map(|(i, run)| Reverse((std::mem::take(&mut run.word), i))).collect();
    let mut current: Option<(String, Tally)> = None;
    while let Some(Reverse((word, i))) = order.pop() {
        let run = &mut runs[i];
        match &mut current {
            Some((of, tally)) if *of == word => tally.add(run.tally),
            _ => {
                if let Some((of, tally)) = current.replace((word, run.tally)) {
                    selection.add(&of, tally);
                }
            }
        }
        if run.next()? {
            order.push(Reverse((std::mem::take(&mut run.word), i)));
        }
    }
    if let Some((of, tally)) = current {
        selection.add(&of, tally);
    }
    Ok(())
}
