//! Numbers of a few bits each, and rising numbers in Elias and Fano's form (Vigna 2013): the low bits packed, the high
//! bits as a row of ones and zeros in which the place of each one tells the rest.

use crate::binary::{u32_at, u64_at};

/// Writes numbers of up to 57 bits one after the other.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    out: Vec<u8>,
    held: u128,
    filled: u32,
}

impl BitWriter {
    #[inline]
    pub fn put(&mut self, value: u64, bits: u32) {
        self.held |= u128::from(value) << self.filled;
        self.filled += bits;
        while self.filled >= 64 {
            self.out.extend_from_slice(&(self.held as u64).to_le_bytes());
            self.held >>= 64;
            self.filled -= 64;
        }
    }

    /// The bytes, with 8 more so that the last number can be read as eight bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(&(self.held as u64).to_le_bytes());
        self.out.extend_from_slice(&[0; 8]);
        self.out
    }
}

/// `bits` (at most 57) bits from bit `at`.
#[inline(always)]
pub(crate) fn bits_at(bytes: &[u8], at: usize, bits: u32) -> u64 {
    (u64_at(bytes, at / 8) >> (at % 8)) & ((1u64 << bits) - 1)
}

/// Ones between two noted places.
const SAMPLE: usize = 64;

/// Low bits of each number, for `len` numbers up to `top`.
pub(crate) fn low_bits(len: usize, top: u64) -> u32 {
    (top / len.max(1) as u64).max(1).ilog2()
}

/// Sections of rising numbers: low bits, high bits, places of every 64th one.
pub(crate) fn encode(values: &[u32]) -> [Vec<u8>; 3] {
    let top = u64::from(values.last().copied().unwrap_or(0));
    let bits = low_bits(values.len(), top);
    let mut low = BitWriter::default();
    let mut high = vec![0u8; (values.len() + (top >> bits) as usize) / 8 + 9];
    let mut samples = Vec::new();
    for (i, &value) in values.iter().enumerate() {
        low.put(u64::from(value) & ((1 << bits) - 1), bits);
        let place = (value >> bits) as usize + i;
        high[place / 8] |= 1 << (place % 8);
        if i.is_multiple_of(SAMPLE) {
            samples.extend_from_slice(&(place as u32).to_le_bytes());
        }
    }
    // Rows are read in whole words of 64 bits.
    high.resize(high.len().next_multiple_of(8), 0);
    [low.finish(), high, samples]
}

/// Numbers `i` and `i + 1` of the sections.
#[inline]
pub(crate) fn pair(low: &[u8], high: &[u8], samples: &[u8], bits: u32, i: usize) -> (usize, usize) {
    let place = u32_at(samples, 4 * (i / SAMPLE)) as usize;
    let mut rank = i % SAMPLE;
    let mut word = place / 64;
    let mut row = u64_at(high, 8 * word) & (u64::MAX << (place % 64));
    // An altered file could have too few ones: its end is the end of the search.
    loop {
        let ones = row.count_ones() as usize;
        if rank < ones {
            break;
        }
        rank -= ones;
        word += 1;
        if 8 * word >= high.len() {
            return (0, 0);
        }
        row = u64_at(high, 8 * word);
    }
    for _ in 0..rank {
        row &= row - 1;
    }
    let first = 64 * word + row.trailing_zeros() as usize;
    row &= row - 1;
    while row == 0 {
        word += 1;
        if 8 * word >= high.len() {
            return (0, 0);
        }
        row = u64_at(high, 8 * word);
    }
    let second = 64 * word + row.trailing_zeros() as usize;
    let value = |place: usize, i: usize| {
        place.saturating_sub(i) << bits | bits_at(low, i * bits as usize, bits) as usize
    };
    (value(first, i), value(second, i + 1))
}

/// The last of `len + 1` rising numbers, which is at most `most`; it decides how many low bits there are, so the one
/// that fits is looked for.
pub(crate) fn last(low: &[u8], high: &[u8], len: usize, most: usize) -> Option<usize> {
    let word = high.chunks_exact(8).rposition(|w| w.iter().any(|&b| b != 0))?;
    let place = 64 * word + 63 - u64_at(high, 8 * word).leading_zeros() as usize;
    let upper = place.checked_sub(len)?;
    (0..32u32).find_map(|bits| {
        let value = upper << bits | bits_at(low, len * bits as usize, bits) as usize;
        let size = ((len + 1) * bits as usize / 64 + 2) * 8;
        (low_bits(len + 1, value as u64) == bits && value <= most && low.len() == size).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_read_back() {
        for bits in [1u32, 7, 17, 33, 57] {
            let values: Vec<u64> =
                (0..500u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)).collect();
            let mut writer = BitWriter::default();
            values.iter().for_each(|&v| writer.put(v, bits));
            let bytes = writer.finish();
            for (i, &v) in values.iter().enumerate() {
                assert_eq!(bits_at(&bytes, i * bits as usize, bits), v);
            }
        }
    }

    #[test]
    fn rising_numbers_read_back_with_gaps_of_any_size() {
        let mut rng = gyeol_tensor::Rng::new(1);
        for spread in [1u64, 2, 40, 3000] {
            let mut value = 0u32;
            let values: Vec<u32> = (0..5000)
                .map(|i| {
                    value += if i % 700 == 3 { 50_000 } else { rng.below(spread) as u32 };
                    value
                })
                .collect();
            let [low, high, samples] = encode(&values);
            let bits = low_bits(values.len(), u64::from(value));
            for i in 0..values.len() - 1 {
                let expected = (values[i] as usize, values[i + 1] as usize);
                assert_eq!(pair(&low, &high, &samples, bits, i), expected, "{spread} {i}");
            }
        }
    }
}
