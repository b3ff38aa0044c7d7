//! Documents as pairs of a word's number and its occurrences, while the words are still being found.
//!
//! Each thread numbers the words of its blocks in a table of its own, so that one pass over the text is enough; which
//! thread had which block does not show in what is made of it, since columns are given by the order of the words.

use gyeol_text::Tokenize;
use gyeol_text::corpus::Block;
use gyeol_text::vocabulary::{Queue, Words};

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
    /// Document of each word that waits, by its place in the block.
    waiting: Vec<u32>,
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

impl Table {
    /// Counts the documents of a block.
    pub fn count<'a>(
        &mut self,
        texts: impl Iterator<Item = &'a str>,
        bytes: usize,
        terms: &dyn Tokenize,
    ) -> Rows {
        let mut rows = Rows { pairs: Vec::with_capacity(bytes / 10), ends: Vec::new() };
        let mut documents = 0u32;
        for text in texts {
            terms.each(text, &mut |term| {
                self.waiting.push(documents);
                if self.queue.push(term) {
                    self.flush(&mut rows);
                }
            });
            documents += 1;
        }
        self.flush(&mut rows);
        self.close(&mut rows, documents);
        rows
    }

    /// Counts a block of a corpus.
    pub fn block(&mut self, block: &Block, terms: &dyn Tokenize) -> Rows {
        self.count(block.documents().map(|d| d.text), block.bytes(), terms)
    }

    /// Ends the rows of all documents before `next`.
    fn close(&mut self, rows: &mut Rows, next: u32) {
        while (rows.ends.len() as u32) < next {
            rows.ends.push(rows.pairs.len() as u32);
            self.advance();
        }
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
        if self.document == 0 {
            self.document = 1;
        }
        let mut queue = std::mem::take(&mut self.queue);
        let mut words = std::mem::take(&mut self.words);
        let waiting = std::mem::take(&mut self.waiting);
        let mut at = 0;
        {
            let room = std::cell::RefCell::new(&mut *self);
            queue.empty(
                &mut words,
                |number| room.borrow().seen.get(number as usize).map_or(0, |s| s.count),
                |number, new| {
                    let mut table = room.borrow_mut();
                    if waiting[at] as usize > rows.ends.len() {
                        table.close(rows, waiting[at]);
                    }
                    at += 1;
                    table.add(number, new, rows);
                },
            );
        }
        (self.queue, self.words, self.waiting) = (queue, words, waiting);
        self.waiting.clear();
    }

    #[inline]
    fn add(&mut self, number: u32, new: bool, rows: &mut Rows) {
        if new {
            self.seen.push(Seen::default());
        }
        let document = self.document;
        let seen = &mut self.seen[number as usize];
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
}
