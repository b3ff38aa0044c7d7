//! Sorted runs in temporary files, and their merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use gyeol_tensor::Pool;

use crate::corpus::spool::{spill_failed, temporary};
use crate::count::block::Dealt;
use crate::count::key::Key;
use crate::watch::Watch;
use gyeol_base::{Error, Result};

/// Buckets sorted at once before they are written.
const AT_ONCE: usize = 32;

/// Writes the keys of a block, sorted and combined: each key and its count.
pub(crate) fn spill<K: Key>(
    dealt: Dealt<K>,
    folder: &Path,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<File> {
    let mut file = temporary(folder)?;
    let mut begin = 0;
    while begin < dealt.buckets() {
        let end = (begin + AT_ONCE).min(dealt.buckets());
        let mut parts: Vec<Vec<u8>> = vec![Vec::new(); end - begin];
        watch.each_mut(pool, &mut parts, |_, index, raw| {
            dealt.sorted(begin + index, &mut |key, count| {
                key.write(raw);
                raw.extend_from_slice(&count.to_le_bytes());
            });
        })?;
        for raw in parts {
            file.write_all(&raw).map_err(|e| spill_failed(folder, e))?;
        }
        begin = end;
    }
    file.seek(SeekFrom::Start(0)).map_err(|e| spill_failed(folder, e))?;
    Ok(file)
}

struct Run<K> {
    file: File,
    buffer: Vec<u8>,
    at: usize,
    held: usize,
    key: K,
    count: u32,
}

impl<K: Key> Run<K> {
    /// Moves to the next record; `false` at the end.
    fn advance(&mut self, folder: &Path) -> Result<bool> {
        if self.at == self.held {
            let failed = |e| Error::io("read temporary counts in", folder, "try again", e);
            (self.at, self.held) = (0, 0);
            while self.held < self.buffer.len() {
                match self.file.read(&mut self.buffer[self.held..]) {
                    Ok(0) => break,
                    Ok(n) => self.held += n,
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(failed(e)),
                }
            }
            if self.held == 0 {
                return Ok(false);
            }
            if !self.held.is_multiple_of(K::BYTES + 4) {
                return Err(failed(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
        let record = &self.buffer[self.at..self.at + K::BYTES + 4];
        self.key = K::read(record);
        self.count = record[K::BYTES..].first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
        self.at += K::BYTES + 4;
        Ok(true)
    }
}

/// Calls `each` with every key of all runs, rising, and its count over all of them; holds about `memory` bytes.
pub(crate) fn merge<K: Key>(
    runs: Vec<File>,
    folder: &Path,
    memory: u64,
    watch: &mut Watch<'_>,
    each: &mut dyn FnMut(K, u32) -> Result<()>,
) -> Result<()> {
    let record = K::BYTES + 4;
    let records = (memory as usize / runs.len().max(1) / record).clamp(256, 1 << 16);
    let mut heap = BinaryHeap::new();
    let mut open = Vec::with_capacity(runs.len());
    for (index, file) in runs.into_iter().enumerate() {
        let mut run =
            Run { file, buffer: vec![0; records * record], at: 0, held: 0, key: K::zero(), count: 0 };
        if run.advance(folder)? {
            heap.push(Reverse((run.key, index)));
        }
        open.push(run);
    }
    let mut last: Option<(K, u32)> = None;
    let mut seen = 0usize;
    while let Some(mut top) = heap.peek_mut() {
        watch.step(seen)?;
        seen += 1;
        let Reverse((key, index)) = *top;
        let run = &mut open[index];
        let count = run.count;
        match &mut last {
            Some((held, sum)) if *held == key => *sum += count,
            _ => {
                if let Some((held, sum)) = last.replace((key, count)) {
                    each(held, sum)?;
                }
            }
        }
        if run.advance(folder)? {
            *top = Reverse((run.key, index));
        } else {
            std::collections::binary_heap::PeekMut::pop(top);
        }
    }
    match last {
        Some((key, count)) => each(key, count),
        None => Ok(()),
    }
}
