//! Words in one arena, found by a hash, numbered by first appearance.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Distinct words, each with a number from 0 in the order they came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    bytes: String,
    /// End of each word in `bytes`; the begin is the end of the one before.
    ends: Vec<u64>,
    hashes: Vec<u64>,
    table: HashTable<u32>,
}

/// The hash of a word, the same on every machine.
#[inline]
pub(crate) fn hash(word: &str) -> u64 {
    FixedState::default().hash_one(word.as_bytes())
}

impl Words {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The word of a number below [`Words::len`].
    #[inline]
    pub fn word(&self, number: u32) -> &str {
        let at = number as usize;
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[from as usize..self.ends[at] as usize]
    }

    #[inline]
    pub fn find(&self, word: &str) -> Option<u32> {
        self.table.find(hash(word), |&n| self.word(n) == word).copied()
    }

    /// The number of the word, and whether it is new.
    #[inline]
    pub fn insert(&mut self, word: &str) -> (u32, bool) {
        let hash = hash(word);
        if let Some(&n) = self.table.find(hash, |&n| self.hashes[n as usize] == hash && self.word(n) == word)
        {
            return (n, false);
        }
        let number = self.ends.len() as u32;
        self.bytes.push_str(word);
        self.ends.push(self.bytes.len() as u64);
        self.hashes.push(hash);
        self.table.insert_unique(hash, number, |&n| self.hashes[n as usize]);
        (number, true)
    }

    /// Bytes of memory in use.
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
            + self.ends.capacity() * 8
            + self.hashes.capacity() * 8
            + self.table.capacity() * 6
    }
}
