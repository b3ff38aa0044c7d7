//! Groups of texts that are nearly the same, so that no group lies in two parts of a split.
//!
//! A text is the set of its shingles: runs of five words, lower case, letters and digits alone (Broder 1997). Each set is
//! shortened to 32 least hashes, eight bands of four; texts that agree in a band are compared, and joined where at
//! least seven tenths of their least hashes agree, which estimates the share of shingles that both have (Jaccard).
//! Texts of fewer words than a shingle are joined where they are the same word by word.

use std::collections::HashMap;

use gyeol_tensor::Pool;

const SHINGLE: usize = 5;
const HASHES: usize = 32;
const BAND: usize = 4;
/// Least hashes of 32 that must agree.
const AGREE: usize = 23;
/// Texts of a band's bucket that are compared with its first ones; a bucket of boilerplate would cost squares otherwise.
const FIRST: usize = 8;

type Sketch = [u32; HASHES];

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Hashes of the words of a text.
fn words(text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    let mut hash = 0u64;
    for c in text.chars() {
        if c.is_alphanumeric() {
            for c in c.to_lowercase() {
                hash = mix(hash ^ u64::from(u32::from(c)).wrapping_add(0x9e37_79b9_7f4a_7c15));
            }
        } else if hash != 0 {
            found.push(std::mem::take(&mut hash));
        }
    }
    found.extend(Some(hash).filter(|&hash| hash != 0));
    found
}

/// The least hashes of a text; a short one has all of them from the whole of it.
fn sketch(text: &str) -> Option<Sketch> {
    let words = words(text);
    if words.is_empty() {
        return None;
    }
    let mut least = [u32::MAX; HASHES];
    let length = SHINGLE.min(words.len());
    for run in words.windows(length) {
        let shingle = run.iter().fold(length as u64, |hash, &word| mix(hash.rotate_left(7) ^ word));
        for (i, least) in least.iter_mut().enumerate() {
            let hash = mix(shingle ^ mix(i as u64 + 1)) as u32;
            *least = (*least).min(hash);
        }
    }
    Some(least)
}

/// A number for each text: equal where texts are nearly the same. The number is the place of the group's first text.
///
/// ```
/// use gyeol_supervised::near_groups;
/// use gyeol_tensor::Pool;
/// let texts = ["The wind turned the old mill all night.", "A quiet day.", "the wind turned the old mill all night!"];
/// assert_eq!(near_groups(&texts, &Pool::new(1)), [0, 1, 0]);
/// ```
pub fn near_groups(texts: &[impl AsRef<str> + Sync], pool: &Pool) -> Vec<u64> {
    let mut sketches: Vec<Option<Sketch>> = vec![None; texts.len()];
    pool.split_mut([&mut sketches], 256, |range, [part]| {
        for (at, sketch_of) in range.zip(part) {
            *sketch_of = sketch(texts[at].as_ref());
        }
    });
    let mut parent: Vec<u32> = (0..texts.len() as u32).collect();
    fn root(parent: &mut [u32], mut at: u32) -> u32 {
        while parent[at as usize] != at {
            parent[at as usize] = parent[parent[at as usize] as usize];
            at = parent[at as usize];
        }
        at
    }
    for band in 0..HASHES / BAND {
        let mut buckets: HashMap<[u32; BAND], Vec<u32>> = HashMap::new();
        for (at, sketch) in sketches.iter().enumerate() {
            let Some(sketch) = sketch else { continue };
            let mut key = [0; BAND];
            key.copy_from_slice(&sketch[band * BAND..(band + 1) * BAND]);
            let bucket = buckets.entry(key).or_default();
            for &other in bucket.iter().take(FIRST) {
                let same = |other: &Sketch| other.iter().zip(sketch).filter(|(a, b)| a == b).count();
                if sketches[other as usize].as_ref().is_some_and(|other| same(other) >= AGREE) {
                    let (a, b) = (root(&mut parent, other), root(&mut parent, at as u32));
                    parent[a.max(b) as usize] = a.min(b);
                }
            }
            bucket.push(at as u32);
        }
    }
    (0..texts.len() as u32).map(|at| u64::from(root(&mut parent, at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_most_shingles_in_common_are_one_group() {
        let long = |last: &str| {
            let words: Vec<String> = (0..60).map(|i| format!("word{i}")).collect();
            format!("{} {last}", words.join(" "))
        };
        let texts = [
            long("a"),
            "other words here".into(),
            long("b"),
            String::new(),
            "...".into(),
            "Other, words: HERE".into(),
        ];
        let found = near_groups(&texts, &Pool::new(1));
        assert_eq!(found, [0, 1, 0, 3, 4, 1], "empty texts are not the same");
        assert_eq!(found, near_groups(&texts, &Pool::new(3)));
        let half: String = (0..60).map(|i| format!("word{} ", if i < 30 { i } else { i + 100 })).collect();
        assert_eq!(near_groups(&[long("a"), half], &Pool::new(1)), [0, 1]);
    }
}
