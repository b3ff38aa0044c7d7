//! The binary form of a model, used where it lies: mapped from a file or in memory, never parsed.
//!
//! A header with version and checksum, then sections that begin at multiples of 64 bytes: a note (JSON), the
//! vocabulary (text, ends, hash slots), unigrams, and one or several sections for each higher order, by kind:
//! hashed probing (`probing`) or a bit-packed trie with quantised values (`compact`). All numbers are little-endian.

pub(crate) mod compact;
pub(crate) mod file;
pub(crate) mod header;
pub(crate) mod packed;
pub(crate) mod probing;
pub(crate) mod quantise;
pub(crate) mod words;
pub(crate) mod write;

/// How n-grams are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Hash tables of full 32-bit values: fastest.
    #[default]
    Probing,
    /// A trie of bit-packed words and values quantised to so many bits each: smallest.
    Compact {
        /// Bits of probabilities and back-off weights, 4 to 16; 8 loses little.
        bits: u8,
    },
}

/// Two bytes, four or eight at an offset; 0 beyond the end, so that an altered file gives wrong numbers, no panic.
#[inline(always)]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

#[inline(always)]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}

#[inline(always)]
pub(crate) fn f32_at(bytes: &[u8], at: usize) -> f32 {
    f32::from_bits(u32_at(bytes, at))
}
