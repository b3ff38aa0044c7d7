//! Documents that are nearly the same, by MinHash signatures and banding (Broder 1997; Leskovec, Rajaraman and Ullman,
//! Mining of Massive Datasets, chapter 3), one permutation for all bins (Li, Owen and Zhang 2012) with empty bins filled
//! from their neighbours (Shrivastava and Li 2014).

use std::collections::HashMap;

/// Bins of a signature.
const BINS: usize = 64;
/// Bins of a band: two documents of similarity s meet in one of 16 bands of 4 with probability 1 - (1 - s^4)^16, which is
/// 0.9998 at 0.8 and 0.64 at 0.5.
const BAND: usize = 4;
/// Estimated similarity from which two documents are nearly the same.
pub(super) const NEAR: f64 = 0.8;
/// Words of a shingle.
const SHINGLE: usize = 3;
/// Documents of one bucket that a further one is compared with; a bucket of thousands is one text over and over.
const COMPARED: usize = 8;

/// A signature: the least hash of each bin.
pub(super) type Signature = [u32; BINS];

/// A well-mixed hash of three word hashes.
fn mix(a: u64, b: u64, c: u64) -> u64 {
    let mut h = a.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ b.rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        ^ c.rotate_left(47).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^= h >> 31;
    h = h.wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 29)
}

/// The signature of a document's word hashes, taken by threes; `None` for a document without words.
pub(super) fn signature(words: &[u64]) -> Option<Signature> {
    if words.is_empty() {
        return None;
    }
    let mut bins = [u32::MAX; BINS];
    let mut filled = 0u64;
    let mut put = |h: u64| {
        let (bin, value) = ((h >> 58) as usize, (h as u32) >> 1);
        bins[bin] = bins[bin].min(value);
        filled |= 1 << bin;
    };
    if words.len() < SHINGLE {
        put(mix(words[0], *words.get(1).unwrap_or(&0), words.len() as u64));
    } else {
        words.windows(SHINGLE).for_each(|w| put(mix(w[0], w[1], w[2])));
    }
    // An empty bin takes the next filled one's value, moved by how far it came.
    let source = bins;
    for bin in 0..BINS {
        if filled >> bin & 1 == 0 {
            let step = (1..BINS).find(|s| filled >> ((bin + s) % BINS) & 1 == 1).unwrap_or(0);
            bins[bin] = source[(bin + step) % BINS].wrapping_add(step as u32 * 0x0100_0193);
        }
    }
    Some(bins)
}

/// Share of equal bins: an estimate of the Jaccard similarity with a standard error of about 0.05 at 0.8.
pub(super) fn similarity(a: &Signature, b: &Signature) -> f64 {
    a.iter().zip(b).filter(|(x, y)| x == y).count() as f64 / BINS as f64
}

/// Finds documents that are near to earlier ones.
#[derive(Debug, Default)]
pub(super) struct Index {
    signatures: Vec<(u64, Signature)>,
    buckets: HashMap<(u8, u64), Vec<u32>>,
}

impl Index {
    /// The nearest earlier document of at least [`NEAR`], with the similarity.
    pub fn nearest(&self, signature: &Signature) -> Option<(u64, f64)> {
        let mut best: Option<(u64, f64)> = None;
        for (band, bins) in signature.chunks(BAND).enumerate() {
            for &i in self.buckets.get(&key(band, bins)).into_iter().flatten() {
                let (number, other) = &self.signatures[i as usize];
                let similarity = similarity(signature, other);
                if similarity >= NEAR
                    && best.is_none_or(|(n, s)| similarity > s || (similarity == s && *number < n))
                {
                    best = Some((*number, similarity));
                }
            }
        }
        best
    }

    /// Adds a document.
    pub fn add(&mut self, number: u64, signature: &Signature) {
        let index = self.signatures.len() as u32;
        self.signatures.push((number, *signature));
        for (band, bins) in signature.chunks(BAND).enumerate() {
            let bucket = self.buckets.entry(key(band, bins)).or_default();
            if bucket.len() < COMPARED {
                bucket.push(index);
            }
        }
    }
}

fn key(band: usize, bins: &[u32]) -> (u8, u64) {
    let two = |i: usize| u64::from(bins[i]) << 32 | u64::from(bins[i + 1]);
    (band as u8, mix(two(0), two(2), 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_tensor::Rng;

    fn document(rng: &mut Rng, n: usize) -> Vec<u64> {
        (0..n).map(|_| rng.below(5000)).collect()
    }

    fn jaccard(a: &[u64], b: &[u64]) -> f64 {
        let set =
            |d: &[u64]| d.windows(SHINGLE).map(<[u64]>::to_vec).collect::<std::collections::HashSet<_>>();
        let (a, b) = (set(a), set(b));
        a.intersection(&b).count() as f64 / a.union(&b).count() as f64
    }

    #[test]
    fn the_estimate_follows_the_jaccard_similarity() {
        let mut rng = Rng::new(1);
        for length in [30, 200, 2000] {
            let (mut bias, mut square, n) = (0.0, 0.0, 200);
            for _ in 0..n {
                let a = document(&mut rng, length);
                let mut b = a.clone();
                for _ in 0..length / 20 {
                    let at = rng.below(length as u64) as usize;
                    b[at] = rng.below(5000);
                }
                let (sa, sb) = (signature(&a).unwrap(), signature(&b).unwrap());
                let error = similarity(&sa, &sb) - jaccard(&a, &b);
                bias += error / n as f64;
                square += error * error / n as f64;
            }
            assert!(
                bias.abs() < 0.02 && square.sqrt() < 0.1,
                "{length} words: bias {bias}, rms {}",
                square.sqrt()
            );
        }
    }

    #[test]
    fn near_documents_are_found_and_others_are_not() {
        let mut rng = Rng::new(2);
        let mut index = Index::default();
        let documents: Vec<Vec<u64>> = (0..500).map(|_| document(&mut rng, 100)).collect();
        for (i, d) in documents.iter().enumerate() {
            assert_eq!(index.nearest(&signature(d).unwrap()), None);
            index.add(i as u64, &signature(d).unwrap());
        }
        let mut found = 0;
        for (i, d) in documents.iter().enumerate() {
            let mut near = d.clone();
            near[50] = 9999;
            found +=
                usize::from(index.nearest(&signature(&near).unwrap()).is_some_and(|(n, _)| n == i as u64));
        }
        // One word changed is a similarity of 95/101; the estimate falls under 0.8 in a few of a hundred at most.
        assert!(found >= 490, "{found} of 500");
        assert_eq!(signature(&[]), None);
        assert_ne!(signature(&[1]), signature(&[2]));
        assert_eq!(signature(&[1, 2]), signature(&[1, 2]));
    }
}
