//! Step 2: how often each n-gram occurs, by sorting within a bound of memory.
//!
//! Every position of the text gives one key of the highest order. Keys are dealt into buckets by their last word and
//! sorted bucket by bucket; equal ones are combined. What does not fit the memory goes sorted into temporary files,
//! which are merged at the end. Both ways give the same keys in the same order.

pub(crate) mod block;
pub(crate) mod key;
pub(crate) mod levels;
mod merge;

use std::path::Path;

use gyeol_tensor::Pool;

use crate::corpus::spool::Spool;
use crate::watch::{Stage, Watch};
use block::Buckets;
use gyeol_base::Result;
use key::{Key, Layout};
use levels::Builder;
pub use levels::Level;

/// The counts of a text.
pub(crate) fn count(
    spool: Spool,
    histogram: &[u64],
    order: usize,
    memory: u64,
    folder: &Path,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Vec<Level>> {
    let layout = Layout::new(order, histogram.len());
    match layout.total() {
        ..=64 => counted::<u64>(layout, spool, histogram, memory, folder, pool, watch),
        65..=128 => counted::<u128>(layout, spool, histogram, memory, folder, pool, watch),
        129..=192 => counted::<[u64; 3]>(layout, spool, histogram, memory, folder, pool, watch),
        _ => counted::<[u64; 5]>(layout, spool, histogram, memory, folder, pool, watch),
    }
}

fn counted<K: Key>(
    layout: Layout,
    spool: Spool,
    histogram: &[u64],
    memory: u64,
    folder: &Path,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Vec<Level>> {
    let buckets = Buckets::new(histogram);
    // A key is held once dealt into buckets and once more in the bucket being sorted, or in the run being written.
    let fits = (memory / 2 / (2 * K::BYTES as u64)).max(1);
    let total: u64 = (0..spool.blocks()).map(|b| spool.len_of(b) as u64).sum();
    let mut runs = Vec::new();
    let mut begin = 0;
    while begin < spool.blocks() {
        let mut end = begin;
        let mut keys = 0u64;
        while end < spool.blocks() && (end == begin || keys + spool.len_of(end) as u64 <= fits) {
            keys += spool.len_of(end) as u64;
            end += 1;
        }
        let dealt = block::deal::<K>(&spool, begin..end, layout, &buckets, pool, watch)?;
        let share = end as f64 / spool.blocks() as f64;
        watch.tell(Stage::Counting(share * if keys == total { 0.5 } else { 0.8 }))?;
        if keys == total {
            drop(spool);
            return direct(dealt, layout, histogram.len(), memory, pool, watch);
        }
        runs.push(merge::spill(dealt, folder, pool, watch)?);
        begin = end;
    }
    drop(spool);
    let mut builder = Builder::<K>::new(layout);
    watch.tell(Stage::Counting(0.8))?;
    merge::merge(runs, folder, memory / 8, watch, &mut |key: K, count| {
        builder.push(key, count);
        if builder.nodes().is_multiple_of(1 << 16) {
            levels::check_memory(builder.nodes(), memory)
        } else {
            Ok(())
        }
    })?;
    levels::check_memory(builder.nodes(), memory)?;
    levels::join(vec![builder.finish()], layout.order, histogram.len(), watch)
}

/// Everything fits: buckets become parts of the tree at once.
fn direct<K: Key>(
    dealt: block::Dealt<K>,
    layout: Layout,
    vocabulary: usize,
    memory: u64,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Vec<Level>> {
    let mut parts: Vec<Vec<Level>> = vec![Vec::new(); dealt.buckets()];
    watch.each_mut(pool, &mut parts, |_, bucket, part| {
        let mut builder = Builder::<K>::new(layout);
        dealt.sorted(bucket, &mut |key, count| builder.push(key, count));
        *part = builder.finish();
    })?;
    drop(dealt);
    let nodes = parts.iter().flatten().map(|level| level.counts.len() as u64).sum();
    levels::check_memory(nodes, memory)?;
    levels::join(parts, layout.order, vocabulary, watch)
}
