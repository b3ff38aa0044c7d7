//! Hash tables of n-grams (the "probing" structure of Heafield 2011, section 3.1) in buckets of one cache line: four
//! records of key, probability and back-off weight, or five of key and probability for the highest order.
//!
//! A key is the 64-bit hash of the n-gram's words from the last to the first, so the hash of a longer n-gram goes on
//! from that of a shorter one and all can be asked for at once. A full bucket flows over into the next of its page.

use gyeol_base::Result;
use gyeol_tensor::Pool;
use gyeol_tensor::mapped::prefetch;

use crate::binary::{f32_at, u64_at};
use crate::hash;
use crate::tables::Tables;
use crate::watch::Watch;

const LINE: usize = 64;
/// Buckets of a page, which one thread fills.
const PAGE: usize = 1024;
/// Share of records in use.
const LOAD: f64 = 0.8;

/// Where in a table a key begins to be looked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Table {
    pub at: usize,
    pub buckets: usize,
    pub page: usize,
    pub highest: bool,
}

fn per_bucket(highest: bool) -> usize {
    if highest { 5 } else { 4 }
}

fn record(highest: bool) -> usize {
    if highest { 12 } else { 16 }
}

/// Buckets for so many n-grams; a larger `attempt` leaves more room.
fn buckets(len: usize, highest: bool, attempt: u64) -> usize {
    let load = LOAD / (1.0 + attempt as f64);
    let least = ((len as f64 / load / per_bucket(highest) as f64) as usize + 1).max(4);
    if least <= PAGE { least.next_power_of_two() } else { least.next_multiple_of(PAGE) }
}

#[inline(always)]
fn never_zero(hash: u64) -> u64 {
    hash.max(1)
}

impl Table {
    pub fn new(at: usize, len: usize, highest: bool) -> Self {
        let buckets = len / LINE;
        Table { at, buckets, page: buckets.clamp(1, PAGE), highest }
    }

    /// Whether the numbers fit each other, as they do in every file written here.
    pub fn is_sound(&self, len: usize) -> bool {
        len.is_multiple_of(LINE)
            && self.page.is_power_of_two()
            && self.buckets.is_multiple_of(self.page)
            && self.buckets > 0
    }

    #[inline(always)]
    fn bucket(&self, key: u64) -> usize {
        ((u128::from(key) * self.buckets as u128) >> 64) as usize
    }

    #[inline(always)]
    pub fn prefetch(&self, bytes: &[u8], hash: u64) {
        prefetch(bytes, self.at + LINE * self.bucket(never_zero(hash)));
    }

    /// Probability and back-off weight of the n-gram with this hash.
    #[inline(always)]
    pub fn find(&self, bytes: &[u8], hash: u64) -> Option<(f32, f32)> {
        let key = never_zero(hash);
        let mut bucket = self.bucket(key);
        for _ in 0..self.page {
            let line: &[u8; LINE] = bytes.get(self.at + LINE * bucket..)?.first_chunk()?;
            for slot in 0..per_bucket(self.highest) {
                let at = slot * record(self.highest);
                let held = u64_at(line, at);
                if held == key {
                    let back_off = if self.highest { 0.0 } else { f32_at(line, at + 12) };
                    return Some((f32_at(line, at + 8), back_off));
                }
                if held == 0 {
                    return None;
                }
            }
            bucket = bucket & !(self.page - 1) | (bucket + 1) & (self.page - 1);
        }
        None
    }
}

/// Hashes of the n-grams of level `n` from those of the level below.
pub(crate) fn hashes(
    tables: &Tables,
    n: usize,
    below: &[u64],
    seed: u64,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Vec<u64>> {
    if n == 0 {
        return Ok((0..tables.levels[0].len() as u32).map(|w| hash::extend(seed, w)).collect());
    }
    let words = &tables.levels[n].words;
    let mut out = vec![0u64; words.len()];
    let ranges = crate::context::cut(&tables.levels[n - 1].first);
    let outs = crate::context::split(&mut out, ranges.iter().map(|(_, children)| children.clone()));
    let mut tasks: Vec<_> = ranges.iter().zip(outs).collect();
    watch.each_mut(pool, &mut tasks, |_, _, ((parents, children), out)| {
        for parent in parents.clone() {
            let first = &tables.levels[n - 1].first;
            for index in first[parent] as usize..first[parent + 1] as usize {
                out[index - children.start] = hash::extend(below[parent], words[index]);
            }
        }
    })?;
    Ok(out)
}

/// The table of level `n`, or `None` if two n-grams share a key or a page is full: then another seed is tried.
pub(crate) fn fill(
    tables: &Tables,
    n: usize,
    hashes: &[u64],
    attempt: u64,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Option<Vec<u8>>> {
    let level = &tables.levels[n];
    let highest = n + 1 == tables.levels.len();
    let count = buckets(level.len(), highest, attempt);
    let mut bytes = vec![0u8; count * LINE];
    let table = Table::new(0, bytes.len(), highest);
    let pages = count / table.page;
    // Indices dealt by page, in order, so that each page is filled by one task in a fixed order.
    let page_of = |hash: u64| table.bucket(never_zero(hash)) / table.page;
    let mut ends = vec![0u32; pages + 1];
    for (step, &hash) in hashes.iter().enumerate() {
        watch.step(step)?;
        ends[page_of(hash) + 1] += 1;
    }
    for page in 0..pages {
        ends[page + 1] += ends[page];
    }
    let mut next = ends.clone();
    let mut dealt = vec![0u32; hashes.len()];
    for (index, &hash) in hashes.iter().enumerate() {
        watch.step(index)?;
        let to = &mut next[page_of(hash)];
        dealt[*to as usize] = index as u32;
        *to += 1;
    }
    let mut tasks: Vec<(&mut [u8], bool)> =
        bytes.chunks_mut(table.page * LINE).map(|page| (page, true)).collect();
    watch.each_mut(pool, &mut tasks, |_, page, (bytes, fits)| {
        for &index in &dealt[ends[page] as usize..ends[page + 1] as usize] {
            let key = never_zero(hashes[index as usize]);
            let start = table.bucket(key) - page * table.page;
            let mut placed = false;
            'page: for step in 0..table.page {
                let bucket = (start + step) & (table.page - 1);
                for slot in 0..per_bucket(highest) {
                    let at = bucket * LINE + slot * record(highest);
                    match u64_at(bytes, at) {
                        0 => {
                            let probability = level.probability[index as usize];
                            bytes[at..at + 8].copy_from_slice(&key.to_le_bytes());
                            bytes[at + 8..at + 12].copy_from_slice(&probability.to_le_bytes());
                            if !highest {
                                let back_off = level.back_off[index as usize];
                                bytes[at + 12..at + 16].copy_from_slice(&back_off.to_le_bytes());
                            }
                            placed = true;
                            break 'page;
                        }
                        held if held == key => break 'page,
                        _ => {}
                    }
                }
            }
            *fits &= placed;
        }
    })?;
    let fits = tasks.iter().all(|(_, fits)| *fits);
    Ok(fits.then_some(bytes))
}
