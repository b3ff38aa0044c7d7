//! The vocabulary of a binary model: text, ends of words, and slots of (64-bit hash, number + 1).
//!
//! A word is known by its hash alone, as in KenLM; that no two words share one is checked when the file is written.

use std::ops::Range;

use gyeol_base::Fault;

use crate::binary::{u32_at, u64_at};
use crate::hash;
use crate::vocabulary::{RESERVED, UNKNOWN, Vocabulary, WordId};
use crate::watch::Watch;
use gyeol_base::{Error, Result};

/// Where the three parts lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    pub text: Range<usize>,
    pub ends: Range<usize>,
    pub slots: Range<usize>,
    pub mask: usize,
}

pub(crate) fn sections(vocabulary: &Vocabulary, watch: &mut Watch<'_>) -> Result<[Vec<u8>; 3]> {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    let size = (vocabulary.len() * 2).next_power_of_two();
    let mut slots = vec![(0u64, 0u64); size];
    for id in 0..vocabulary.len() as u32 {
        watch.step(id as usize)?;
        let word = vocabulary.bytes_of(id);
        text.extend_from_slice(word);
        ends.extend_from_slice(&(text.len() as u32).to_le_bytes());
        let hash = hash::word(word);
        let mut at = hash as usize & (size - 1);
        while slots[at].1 != 0 {
            if slots[at].0 == hash {
                let other = vocabulary.word((slots[at].1 - 1) as u32);
                return Err(Error::input(
                    Fault::new(
                        "equal-hashes",
                        format!("the words {other} and {} have one hash", vocabulary.word(id)),
                    )
                    .cause("a chance of one in 2^64, or text made to do so")
                    .next("change one of the two words"),
                ));
            }
            at = (at + 1) & (size - 1);
        }
        slots[at] = (hash, u64::from(id) + 1);
    }
    let slots =
        slots.iter().flat_map(|(h, id)| h.to_le_bytes().into_iter().chain(id.to_le_bytes())).collect();
    Ok([text, ends, slots])
}

impl Words {
    pub fn id(&self, bytes: &[u8], word: &[u8]) -> WordId {
        let hash = hash::word(word);
        let slots = &bytes[self.slots.clone()];
        let mut at = hash as usize & self.mask;
        // Bounded, since an altered file may have no free slot.
        for _ in 0..=self.mask {
            let (held, id) = (u64_at(slots, 16 * at), u64_at(slots, 16 * at + 8));
            if id == 0 {
                break;
            }
            if held == hash {
                return (id - 1) as u32;
            }
            at = (at + 1) & self.mask;
        }
        UNKNOWN
    }

    pub fn word<'a>(&self, bytes: &'a [u8], id: WordId) -> &'a str {
        let ends = &bytes[self.ends.clone()];
        let start = if id == 0 { 0 } else { u32_at(ends, 4 * (id as usize - 1)) };
        let end = u32_at(ends, 4 * id as usize);
        bytes[self.text.clone()]
            .get(start as usize..end as usize)
            .and_then(|b| std::str::from_utf8(b).ok())
            .unwrap_or(RESERVED[0])
    }
}
