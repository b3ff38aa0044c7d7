//! Documents as pairs of a word's number and its occurrences, while the words are still being found.
//!
//! Each thread numbers the words of its blocks in a table of its own, so that one pass over the text is enough; which
//! thread had which block does not show in what is made of it, since columns are given by the order of the words.

use gyeol_text::Tokenize;
use gyeol_text::corpus::Block;
use gyeol_text::vocabulary::{Queue, Recall, Words};

/// What is known of a word, and where it stands in the document at hand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// Document that it was last seen in, by a count of this table; 0 is none.
    document: u32,
    /// Its place among the pairs of that document.
    at: u32,
    /// Documents with it.
    pub documents: u64,
    /// Occurrences.
    pub count: u64,
}

/// Words of one thread.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub words: Words,
    pub seen: Vec<Seen>,
    queue: Queue,
    document: u32,
}

/// Rows of a block, in numbers of one thread's table.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Number and occurrences.
    pub pairs: Vec<(u32, u32)>,
    /// End of each document in `pairs`.
    pub ends: Vec<u32>,
}

impl Rows {
    /// Adds to each column's documents and occurrences; the numbers are columns.
    pub fn tally(&self, tallies: &mut [(u64, u64)]) {
        for &(column, count) in &self.pairs {
            let tally = &mut tallies[column as usize];
            *tally = (tally.0 + 1, tally.1 + u64::from(count));
        }
    }
}

impl Table {
    /// Counts the documents of a block.
    pub fn count<'a>(
        &mut self,
        texts: impl Iterator<Item = &'a str>,
        bytes: usize,
        terms: &dyn Tokenize,
    ) -> Rows {
        let mut rows = Rows { pairs: Vec::with_capacity(bytes / 10), ends: Vec::new() };
        for text in texts {
            self.advance();
            terms.each(text, &mut |term| match self.queue.recall(term) {
                Recall::Known(number) => add(&mut self.seen, number, self.document, &mut rows),
                Recall::Waits => {}
                Recall::Full => self.flush(&mut rows),
            });
            // Words that are remembered do not wait, so that those that do must not outlast their document.
            self.flush(&mut rows);
            rows.ends.push(rows.pairs.len() as u32);
        }
        rows
    }

    /// Counts a block of a corpus.
    pub fn block(&mut self, block: &Block, terms: &dyn Tokenize) -> Rows {
        self.count(block.documents().map(|d| d.text), block.bytes(), terms)
    }

    fn advance(&mut self) {
        if self.document == u32::MAX {
            // The marks of so many documents ago would look like those to come.
            self.seen.iter_mut().for_each(|s| s.document = 0);
            self.document = 0;
        }
        self.document += 1;
    }

    fn flush(&mut self, rows: &mut Rows) {
        let Table { words, seen, queue, document } = self;
        let room = std::cell::RefCell::new(seen);
        queue.empty(
            words,
            |number| room.borrow().get(number as usize).map_or(0, |s| s.count),
            |number, new| {
                let mut seen = room.borrow_mut();
                if new {
                    seen.push(Seen::default());
                }
                add(&mut seen, number, *document, rows);
            },
        );
    }
}

/// Counts one occurrence of a word in a document.
#[inline]
fn add(seen: &mut [Seen], number: u32, document: u32, rows: &mut Rows) {
    let seen = &mut seen[number as usize];
    seen.count += 1;
    if seen.document == document {
        // A text of at most 2 GiB has fewer tokens than four bytes hold.
        rows.pairs[seen.at as usize].1 += 1;
    } else {
        seen.document = document;
        seen.documents += 1;
        seen.at = rows.pairs.len() as u32;
        rows.pairs.push((number, 1));
    }
}
