//! The two hashes that the files depend on: of a word's bytes and of a chain of word numbers.
//!
//! Both fold a 64 × 64 → 128 bit product (as wyhash and foldhash do). They are part of the binary format, so a change
//! here is a new format version; that is why they are not taken from a crate that may change its own.

const SECRET: [u64; 4] =
    [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline(always)]
fn eight(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b))
}

#[inline(always)]
fn four(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<4>().map_or(0, |b| u64::from(u32::from_le_bytes(*b)))
}

/// Hash of a word.
#[inline]
pub(crate) fn word(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    let (a, b, seed) = if len <= 16 {
        let (a, b) = if len >= 8 {
            (eight(bytes, 0), eight(bytes, len - 8))
        } else if len >= 4 {
            (four(bytes, 0), four(bytes, len - 4))
        } else if len > 0 {
            (u64::from(bytes[0]) << 16 | u64::from(bytes[len / 2]) << 8 | u64::from(bytes[len - 1]), 0)
        } else {
            (0, 0)
        };
        (a, b, SECRET[0])
    } else {
        let mut seed = SECRET[0];
        let mut at = 0;
        while at + 16 < len {
            seed = fold(eight(bytes, at) ^ SECRET[1], eight(bytes, at + 8) ^ seed);
            at += 16;
        }
        (eight(bytes, len - 16), eight(bytes, len - 8), seed)
    };
    fold(SECRET[1] ^ len as u64, fold(a ^ SECRET[2], b ^ seed))
}

/// Hash of the chain that has the hash `chain` and goes on, to the left in the text, with `word`.
#[inline(always)]
pub(crate) fn extend(chain: u64, word: u32) -> u64 {
    fold(chain ^ SECRET[3], (u64::from(word) + 1).wrapping_mul(SECRET[2]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn words_of_every_length_and_chains_of_every_order_differ() {
        let text: Vec<u8> = (0..400u32).map(|i| (i * 7 % 251) as u8).collect();
        let mut seen = HashSet::new();
        for len in 0..64 {
            for start in 0..64 {
                seen.insert(word(&text[start..start + len]));
            }
        }
        // Every start gives the empty word once.
        assert_eq!(seen.len(), 63 * 64 + 1);
        let mut seen = HashSet::new();
        for a in 0..100 {
            for b in 0..100 {
                for c in 0..10 {
                    seen.insert(extend(extend(extend(1, a), b), c));
                }
            }
        }
        assert_eq!(seen.len(), 100_000);
    }

    #[test]
    fn one_changed_byte_changes_about_half_of_the_bits() {
        for len in [1usize, 3, 5, 9, 17, 40] {
            let base: Vec<u8> = (0..len).map(|i| b'a' + (i % 26) as u8).collect();
            for at in 0..len {
                let mut other = base.clone();
                other[at] ^= 1;
                let differing = (word(&base) ^ word(&other)).count_ones();
                assert!((12..=52).contains(&differing), "{len} {at}: {differing}");
            }
        }
    }
}
