//! An n-gram packed into one number whose order is the suffix order of Heafield et al. (2013), section 3.1: the last
//! word decides, then the one before it, and so on. Where a sentence begins inside, `<s>` fills the rest.

use crate::vocabulary::{SENTENCE_START, WordId};

/// How the words lie in a key: `order` fields of `bits` bits, the last word in the highest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub order: usize,
    pub bits: u32,
}

impl Layout {
    pub fn new(order: usize, vocabulary: usize) -> Self {
        let bits = (u64::BITS - (vocabulary.max(2) as u64 - 1).leading_zeros()).max(2);
        Layout { order, bits }
    }

    pub fn total(self) -> u32 {
        self.order as u32 * self.bits
    }

    /// Lowest bit of the word that stands `back` words before the last.
    pub fn shift(self, back: usize) -> u32 {
        (self.order - 1 - back) as u32 * self.bits
    }
}

/// A packed n-gram.
pub(crate) trait Key: Copy + Ord + Send + Sync + 'static {
    const BYTES: usize;
    fn zero() -> Self;
    /// Drops the oldest word, and `word` becomes the last.
    fn slide(self, layout: Layout, word: WordId) -> Self;
    /// The word `back` words before the last.
    fn word(self, layout: Layout, back: usize) -> WordId;
    /// How many words, from the last, two different keys share.
    fn shared(self, other: Self, layout: Layout) -> usize;
    fn write(self, to: &mut Vec<u8>);
    fn read(from: &[u8]) -> Self;

    /// Nothing but `<s>`: what stands before the first word.
    fn start(layout: Layout) -> Self {
        (0..layout.order).fold(Self::zero(), |key, _| key.slide(layout, SENTENCE_START))
    }
}

macro_rules! whole {
    ($t:ty) => {
        impl Key for $t {
            const BYTES: usize = size_of::<$t>();
            fn zero() -> Self {
                0
            }
            #[inline(always)]
            fn slide(self, layout: Layout, word: WordId) -> Self {
                self >> layout.bits | <$t>::from(word) << layout.shift(0)
            }
            #[inline(always)]
            fn word(self, layout: Layout, back: usize) -> WordId {
                (self >> layout.shift(back)) as u32 & (u32::MAX >> (32 - layout.bits))
            }
            #[inline(always)]
            fn shared(self, other: Self, layout: Layout) -> usize {
                ((self ^ other).leading_zeros() - (<$t>::BITS - layout.total())) as usize
                    / layout.bits as usize
            }
            fn write(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
            fn read(from: &[u8]) -> Self {
                from.first_chunk().map_or(0, |b| <$t>::from_le_bytes(*b))
            }
        }
    };
}
whole!(u64);
whole!(u128);

/// Limbs from the highest to the lowest.
impl<const N: usize> Key for [u64; N] {
    const BYTES: usize = 8 * N;
    fn zero() -> Self {
        [0; N]
    }
    #[inline(always)]
    fn slide(self, layout: Layout, word: WordId) -> Self {
        let mut out = [0; N];
        for i in 0..N {
            let above = if i == 0 { 0 } else { self[i - 1] << (64 - layout.bits) };
            out[i] = self[i] >> layout.bits | above;
        }
        let wide = u128::from(word) << (layout.shift(0) % 64);
        let limb = N - 1 - layout.shift(0) as usize / 64;
        out[limb] |= wide as u64;
        if limb > 0 {
            out[limb - 1] |= (wide >> 64) as u64;
        }
        out
    }
    #[inline(always)]
    fn word(self, layout: Layout, back: usize) -> WordId {
        let shift = layout.shift(back);
        let limb = N - 1 - shift as usize / 64;
        let above = if limb == 0 { 0 } else { self[limb - 1] };
        let wide = u128::from(above) << 64 | u128::from(self[limb]);
        (wide >> (shift % 64)) as u32 & (u32::MAX >> (32 - layout.bits))
    }
    #[inline(always)]
    fn shared(self, other: Self, layout: Layout) -> usize {
        let mut zeros = 0;
        for i in 0..N {
            let differing = (self[i] ^ other[i]).leading_zeros();
            zeros += differing;
            if differing < 64 {
                break;
            }
        }
        (zeros - (64 * N as u32 - layout.total())) as usize / layout.bits as usize
    }
    fn write(self, to: &mut Vec<u8>) {
        for limb in self {
            to.extend_from_slice(&limb.to_le_bytes());
        }
    }
    fn read(from: &[u8]) -> Self {
        let mut out = [0; N];
        for (limb, bytes) in out.iter_mut().zip(from.as_chunks::<8>().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees<K: Key>(order: usize, vocabulary: usize) {
        let layout = Layout::new(order, vocabulary);
        let top = vocabulary as u32 - 1;
        let words: Vec<u32> = (0..40u32).map(|i| (i.wrapping_mul(2_654_435_761) % top.max(1)) + 1).collect();
        let mut keys: Vec<(K, Vec<u32>)> = Vec::new();
        let (mut key, mut history) = (K::start(layout), vec![SENTENCE_START; order]);
        for word in words {
            key = key.slide(layout, word);
            history.insert(0, word);
            history.truncate(order);
            for back in 0..order {
                assert_eq!(key.word(layout, back), history[back]);
            }
            let mut raw = Vec::new();
            key.write(&mut raw);
            assert!(raw.len() == K::BYTES && K::read(&raw) == key);
            keys.push((key, history.clone()));
        }
        for (a, x) in &keys {
            for (b, y) in &keys {
                assert_eq!(a.cmp(b), x.cmp(y));
                if a != b {
                    let same = x.iter().zip(y).take_while(|(x, y)| x == y).count();
                    assert_eq!(a.shared(*b, layout), same);
                }
            }
        }
    }

    #[test]
    fn keys_of_every_width_keep_words_and_their_order() {
        agrees::<u64>(1, 5);
        agrees::<u64>(3, 1 << 21);
        agrees::<u64>(9, 100);
        agrees::<u64>(2, u32::MAX as usize);
        agrees::<u128>(5, 1 << 25);
        agrees::<u128>(4, u32::MAX as usize);
        agrees::<[u64; 3]>(9, 121_000);
        agrees::<[u64; 3]>(5, u32::MAX as usize);
        agrees::<[u64; 5]>(9, u32::MAX as usize);
        agrees::<[u64; 5]>(9, 1 << 23);
    }
}
