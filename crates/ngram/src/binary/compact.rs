//! A trie of bit-packed records (Heafield 2011, section 3.2, with the quantisation of Federico and Bertoldi 2006): below
//! the last word hang the words before it. A record is the word and the codes of its values; where the children of each
//! record begin is kept in Elias and Fano's form, two to four bits a record.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use gyeol_base::{Error, Result};

use crate::binary::f32_at;
use crate::binary::packed::{BitWriter, bits_at, encode, low_bits, pair};
use crate::binary::quantise::{codebook, nearest};
use crate::tables::Grams;
use crate::vocabulary::WordId;
use crate::watch::STEPS;

/// Sections of each level above unigrams: records, codebook of probabilities, codebook of back-off weights; and of each
/// level but the highest: low bits, high bits and samples of the children's beginnings.
pub(crate) const RECORD_SECTIONS: usize = 3;
pub(crate) const CHILD_SECTIONS: usize = 3;

/// Bits of a word's number.
pub(crate) fn word_bits(words: usize) -> u32 {
    u64::BITS - (words.max(2) as u64 - 1).leading_zeros()
}

/// Records and codebooks of a level.
///
/// # Errors
/// Stopped by the flag.
pub(crate) fn records(
    level: &Grams,
    words: usize,
    bits: u8,
    stop: &AtomicBool,
) -> Result<[Vec<u8>; RECORD_SECTIONS]> {
    let mut ask = || if stop.load(Relaxed) { Err(Error::stopped()) } else { Ok(()) };
    let book = codebook(&level.probability, bits, &mut ask)?;
    let back_offs = codebook(&level.back_off, bits, &mut ask)?;
    let mut out = BitWriter::default();
    let word_bits = word_bits(words);
    for index in 0..level.len() {
        if index.is_multiple_of(STEPS) {
            ask()?;
        }
        out.put(u64::from(level.words[index]), word_bits);
        out.put(nearest(&book, level.probability[index]), u32::from(bits));
        if !level.back_off.is_empty() {
            out.put(nearest(&back_offs, level.back_off[index]), u32::from(bits));
        }
    }
    let raw = |book: &[f32]| book.iter().flat_map(|v| v.to_le_bytes()).collect();
    Ok([out.finish(), raw(&book), raw(&back_offs)])
}

pub(crate) fn children(level: &Grams) -> [Vec<u8>; CHILD_SECTIONS] {
    encode(&level.first)
}

/// Where the sections of a level lie and how they are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Level {
    pub records: Range<usize>,
    pub book: Range<usize>,
    pub back_offs: Range<usize>,
    pub low: Range<usize>,
    pub high: Range<usize>,
    pub samples: Range<usize>,
    /// N-grams of this level and of the next.
    pub len: usize,
    pub below: usize,
    pub low_bits: u32,
    pub word_bits: u32,
    pub bits: u32,
    pub highest: bool,
}

impl Level {
    pub fn set_children(&mut self, below: usize) {
        self.below = below;
        self.low_bits = low_bits(self.len + 1, below as u64);
    }

    fn record_bits(&self) -> usize {
        (self.word_bits + self.bits + if self.highest { 0 } else { self.bits }) as usize
    }

    /// Where the children of a node begin and end.
    #[inline]
    pub fn children(&self, bytes: &[u8], node: usize) -> Range<usize> {
        if node >= self.len {
            return 0..0;
        }
        let part = |range: &Range<usize>| &bytes[range.clone()];
        let (begin, end) = pair(part(&self.low), part(&self.high), part(&self.samples), self.low_bits, node);
        begin.min(self.below)..end.min(self.below)
    }

    /// The child with a word among some records.
    #[inline]
    pub fn find(&self, bytes: &[u8], range: Range<usize>, word: WordId) -> Option<usize> {
        let records = &bytes[self.records.clone()];
        let step = self.record_bits();
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            let held = bits_at(records, middle * step, self.word_bits) as u32;
            match held.cmp(&word) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Probability and back-off weight of a record.
    #[inline]
    pub fn values(&self, bytes: &[u8], index: usize) -> (f32, f32) {
        let records = &bytes[self.records.clone()];
        let at = index * self.record_bits() + self.word_bits as usize;
        let probability = bits_at(records, at, self.bits) as usize;
        let probability = f32_at(&bytes[self.book.clone()], 4 * probability);
        if self.highest {
            return (probability, 0.0);
        }
        let back_off = bits_at(records, at + self.bits as usize, self.bits) as usize;
        (probability, f32_at(&bytes[self.back_offs.clone()], 4 * back_off))
    }
}
