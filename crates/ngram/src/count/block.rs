//! Keys of a part of the text, dealt into buckets by last word.

use std::ops::Range;
use std::sync::Mutex;

use gyeol_tensor::Pool;

use crate::corpus::spool::Spool;
use crate::count::key::{Key, Layout};
use crate::vocabulary::SENTENCE_END;
use crate::watch::Watch;
use gyeol_base::{Error, Result};

/// Keys that a bucket should hold: few enough to sort in the second-level cache.
const BUCKET: u64 = 1 << 15;
const MOST_BUCKETS: usize = 2048;

/// Ranges of last words with about the same number of keys each.
pub(crate) struct Buckets {
    of: Vec<u16>,
    count: usize,
}

impl Buckets {
    pub fn new(histogram: &[u64]) -> Self {
        let total: u64 = histogram.iter().sum();
        let target = BUCKET.max(total.div_ceil(MOST_BUCKETS as u64 / 2));
        let (mut bucket, mut held) = (0u16, 0u64);
        let of = histogram
            .iter()
            .map(|&count| {
                if held > 0 && held + count > target && usize::from(bucket) + 1 < MOST_BUCKETS {
                    bucket += 1;
                    held = 0;
                }
                held += count;
                bucket
            })
            .collect();
        Buckets { of, count: usize::from(bucket) + 1 }
    }
}

/// Keys of several pieces of text, each piece ordered by bucket.
pub(crate) struct Dealt<K> {
    pieces: Vec<(Vec<K>, Vec<u32>)>,
    buckets: usize,
}

/// Makes the keys of some blocks of the text.
pub(crate) fn deal<K: Key>(
    spool: &Spool,
    blocks: Range<usize>,
    layout: Layout,
    buckets: &Buckets,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Dealt<K>> {
    let mut pieces: Vec<(Vec<K>, Vec<u32>)> = vec![(Vec::new(), Vec::new()); blocks.len()];
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    watch.each_mut(pool, &mut pieces, |_, index, piece| match spool.block(blocks.start + index) {
        Ok(ids) => *piece = deal_one(&ids, layout, buckets),
        Err(e) => {
            if let Ok(mut failed) = failed.lock() {
                failed.get_or_insert(e);
            }
        }
    })?;
    match failed.into_inner() {
        Ok(None) => Ok(Dealt { pieces, buckets: buckets.count }),
        Ok(Some(e)) => Err(e),
        Err(poisoned) => Err(poisoned.into_inner().unwrap_or_else(|| {
            Error::io("read", "temporary numbers", "try again", std::io::Error::other("a thread failed"))
        })),
    }
}

fn deal_one<K: Key>(ids: &[u32], layout: Layout, buckets: &Buckets) -> (Vec<K>, Vec<u32>) {
    let mut ends = vec![0u32; buckets.count + 1];
    for &id in ids {
        ends[usize::from(buckets.of[id as usize]) + 1] += 1;
    }
    for b in 0..buckets.count {
        ends[b + 1] += ends[b];
    }
    let mut keys = vec![K::zero(); ids.len()];
    let mut next = ends.clone();
    let start = K::start(layout);
    let mut key = start;
    for &id in ids {
        key = key.slide(layout, id);
        let to = &mut next[usize::from(buckets.of[id as usize])];
        keys[*to as usize] = key;
        *to += 1;
        if id == SENTENCE_END {
            key = start;
        }
    }
    (keys, ends)
}

impl<K: Key> Dealt<K> {
    pub fn buckets(&self) -> usize {
        self.buckets
    }

    /// Calls `each` with every different key of a bucket, rising, and how often it occurs.
    pub fn sorted(&self, bucket: usize, each: &mut dyn FnMut(K, u32)) {
        let piece = |(keys, ends): &(Vec<K>, Vec<u32>)| -> Range<usize> {
            let range = ends[bucket] as usize..ends[bucket + 1] as usize;
            debug_assert!(range.end <= keys.len());
            range
        };
        let mut keys = Vec::with_capacity(self.pieces.iter().map(|p| piece(p).len()).sum());
        for part in &self.pieces {
            keys.extend_from_slice(&part.0[piece(part)]);
        }
        keys.sort_unstable();
        let mut rest = keys.iter();
        let Some(&first) = rest.next() else { return };
        let (mut last, mut count) = (first, 1u32);
        for &key in rest {
            if key == last {
                count += 1;
            } else {
                each(last, count);
                (last, count) = (key, 1);
            }
        }
        each(last, count);
    }
}
