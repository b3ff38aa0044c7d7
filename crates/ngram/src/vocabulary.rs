//! Words and their numbers, given by first appearance: 0 `<unk>`, 1 `<s>`, 2 `</s>`, then the words of the text.

use gyeol_base::Fault;

use crate::hash;
use gyeol_base::{Error, Result};

/// Number of a word.
pub type WordId = u32;

/// `<unk>`, every word that is not in the vocabulary.
pub const UNKNOWN: WordId = 0;
/// `<s>`, what stands before a sentence; never predicted.
pub const SENTENCE_START: WordId = 1;
/// `</s>`, what ends a sentence.
pub const SENTENCE_END: WordId = 2;
/// The three reserved words in the order of their numbers.
pub const RESERVED: [&str; 3] = ["<unk>", "<s>", "</s>"];

/// An open-addressing table over one arena of bytes.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    text: Vec<u8>,
    ends: Vec<u32>,
    /// Upper half of the hash, then the number plus one; 0 is free.
    slots: Vec<u64>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Vocabulary::new()
    }
}

impl Vocabulary {
    /// The three reserved words.
    pub fn new() -> Self {
        let mut new = Vocabulary { text: Vec::new(), ends: Vec::new(), slots: vec![0; 1 << 10] };
        new.clear();
        new
    }

    /// Forgets all but the reserved words and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.slots.fill(0);
        for word in RESERVED {
            // Three short words fit any table.
            let _ = self.insert(word.as_bytes());
        }
    }

    /// How many words there are, the reserved ones counted.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never: the reserved words are always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Bytes of memory held.
    pub fn bytes(&self) -> u64 {
        (self.text.capacity() + 4 * self.ends.capacity() + 8 * self.slots.capacity()) as u64
    }

    /// The bytes of a word; `<unk>` for a number that is not one.
    #[inline]
    pub fn bytes_of(&self, id: WordId) -> &[u8] {
        let id = id as usize;
        let Some(&end) = self.ends.get(id) else { return RESERVED[0].as_bytes() };
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.text[start as usize..end as usize]
    }

    /// The word of a number; `<unk>` for a number that is not one.
    pub fn word(&self, id: WordId) -> &str {
        // Only UTF-8 is let in (see `corpus` and `arpa`), so this never takes the other way.
        std::str::from_utf8(self.bytes_of(id)).unwrap_or(RESERVED[0])
    }

    /// The number of a word, if it is known.
    #[inline]
    pub fn get(&self, word: &[u8]) -> Option<WordId> {
        self.find(word, hash::word(word)).ok()
    }

    /// The number of a word, [`UNKNOWN`] if it is not known.
    #[inline]
    pub fn id(&self, word: &[u8]) -> WordId {
        self.get(word).unwrap_or(UNKNOWN)
    }

    #[inline]
    fn find(&self, word: &[u8], hash: u64) -> Result<WordId, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            if slot >> 32 == hash >> 32 {
                let id = (slot as u32).wrapping_sub(1);
                if self.bytes_of(id) == word {
                    return Ok(id);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of a word, which is added if it is new.
    ///
    /// # Errors
    /// More than 2³² bytes of words or 2³² − 2 words.
    #[inline]
    pub fn insert(&mut self, word: &[u8]) -> Result<WordId> {
        let hash = hash::word(word);
        match self.find(word, hash) {
            Ok(id) => Ok(id),
            Err(at) => self.add(word, hash, at),
        }
    }

    #[cold]
    fn add(&mut self, word: &[u8], hash: u64, at: usize) -> Result<WordId> {
        let id = self.ends.len();
        let end = self.text.len() + word.len();
        if id >= u32::MAX as usize - 1 || end > u32::MAX as usize {
            return Err(Error::limit(
                Fault::new("too-many-words", format!("more than {id} different words, {end} bytes of them"))
                    .cause("text that was not cut into words, or binary data")
                    .next("cut the text into words first, or train on a part of it"),
            ));
        }
        self.text.extend_from_slice(word);
        self.ends.push(end as u32);
        self.slots[at] = hash >> 32 << 32 | (id as u64 + 1);
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        Ok(id as u32)
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![0u64; mask + 1];
        for id in 0..self.ends.len() {
            let hash = hash::word(self.bytes_of(id as u32));
            let mut at = hash as usize & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = hash >> 32 << 32 | (id as u64 + 1);
        }
        self.slots = slots;
    }

    /// Words in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|id| self.word(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_first_appearance_and_survive_growth() {
        let mut vocabulary = Vocabulary::new();
        for round in 0..2 {
            for i in 0..5000u32 {
                assert_eq!(vocabulary.insert(format!("w{i}").as_bytes()).unwrap(), i + 3, "{round}");
            }
        }
        assert_eq!(vocabulary.len(), 5003);
        assert_eq!((vocabulary.id(b"<s>"), vocabulary.id(b"</s>"), vocabulary.id(b"nothing")), (1, 2, 0));
        assert_eq!(
            (vocabulary.word(4), vocabulary.word(2), vocabulary.word(u32::MAX)),
            ("w1", "</s>", "<unk>")
        );
        assert_eq!(vocabulary.get(b""), None);
        vocabulary.clear();
        assert_eq!((vocabulary.len(), vocabulary.get(b"w1")), (3, None));
    }
}
