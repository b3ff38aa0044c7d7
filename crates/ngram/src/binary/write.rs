//! From tables to the bytes of a binary model.

use std::io::{Cursor, Seek, SeekFrom, Write};
use std::path::Path;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use crate::binary::header::{Header, Section, checksum, padded, size};
use crate::binary::{Layout, compact, file, probing, words};
use crate::tables::Tables;
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// Seeds tried for the hash tables: a clash of two keys is a chance of about one in ten thousand for a thousand
/// million n-grams.
const SEEDS: u64 = 4;

/// Writes a binary model whole or not at all. `note` is JSON that is kept with it; `progress` answers whether to go on.
///
/// # Errors
/// What the system says; a layout with bits out of range; stopped.
pub fn write_binary(
    tables: &Tables,
    layout: Layout,
    note: &str,
    path: &Path,
    pool: &Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<()> {
    file::whole(path, |out| write(tables, layout, note, out, pool, progress))
}

/// The bytes of a binary model; `note` is JSON that is kept with it, `progress` answers whether to go on.
///
/// # Errors
/// A layout with bits out of range; stopped.
pub fn to_bytes(
    tables: &Tables,
    layout: Layout,
    note: &str,
    pool: &Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    write(tables, layout, note, &mut out, pool, progress)?;
    Ok(out.into_inner())
}

/// Bytes written between two questions.
const PART: usize = 8 << 20;

struct Sink<'a, 'w, W> {
    out: &'a mut W,
    at: u64,
    sections: Vec<Section>,
    pool: &'a Pool,
    watch: &'a mut Watch<'w>,
}

fn failed(e: std::io::Error) -> Error {
    Error::io("write", "the model", "check that the folder exists, may be written to and has room", e)
}

impl<W: Write> Sink<'_, '_, W> {
    fn put(&mut self, mut bytes: Vec<u8>) -> Result<()> {
        let len = bytes.len() as u64;
        bytes.resize(padded(len) as usize, 0);
        let checksum = checksum(&bytes, self.pool, self.watch)?;
        self.sections.push(Section { at: self.at, len, checksum });
        self.at += bytes.len() as u64;
        for part in bytes.chunks(PART) {
            self.watch.ask()?;
            self.out.write_all(part).map_err(failed)?;
        }
        Ok(())
    }
}

fn write<W: Write + Seek>(
    tables: &Tables,
    layout: Layout,
    note: &str,
    out: &mut W,
    pool: &Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<()> {
    let mut watch = Watch::new(progress, Stage::Writing);
    watch.tell(Stage::Writing)?;
    if let Layout::Compact { bits } = layout
        && !(4..=16).contains(&bits)
    {
        return Err(Error::option(
            Fault::new("bits-out-of-range", format!("{bits} bits a value"))
                .cause("values are quantised to 4 to 16 bits")
                .next("take 8"),
        ));
    }
    let order = tables.order();
    let count = 5 + match layout {
        Layout::Probing => order - 1,
        Layout::Compact { .. } => (order - 1) * (compact::RECORD_SECTIONS + compact::CHILD_SECTIONS),
    };
    let mut attempt = 0;
    loop {
        out.seek(SeekFrom::Start(0)).map_err(failed)?;
        out.write_all(&vec![0; size(count) as usize]).map_err(failed)?;
        let mut sink = Sink { out, at: size(count), sections: Vec::new(), pool, watch: &mut watch };
        sink.put(note.as_bytes().to_vec())?;
        for part in words::sections(&tables.vocabulary, sink.watch)? {
            sink.put(part)?;
        }
        let unigrams = &tables.levels[0];
        let raw = (0..unigrams.len())
            .flat_map(|i| {
                let back_off = unigrams.back_off.get(i).copied().unwrap_or(0.0);
                unigrams.probability[i].to_le_bytes().into_iter().chain(back_off.to_le_bytes())
            })
            .collect();
        sink.put(raw)?;
        let seed = attempt;
        let fits = match layout {
            Layout::Probing => put_probing(tables, seed, &mut sink)?,
            Layout::Compact { bits } => {
                put_compact(tables, bits, &mut sink)?;
                true
            }
        };
        if !fits {
            attempt += 1;
            if attempt == SEEDS {
                return Err(Error::input(
                    Fault::new("hashes-clash", "no seed gives every n-gram a hash of its own")
                        .cause("far too many n-grams, or n-grams made to do so")
                        .next("write the compact form, or prune the model"),
                ));
            }
            continue;
        }
        debug_assert_eq!(sink.sections.len(), count);
        let sections = sink.sections;
        let header =
            Header { layout, order, scheme: tables.scheme, seed, words: tables.vocabulary.len(), sections };
        out.seek(SeekFrom::Start(0)).map_err(failed)?;
        return out.write_all(&header.write()).map_err(failed);
    }
}

fn put_probing<W: Write>(tables: &Tables, seed: u64, sink: &mut Sink<'_, '_, W>) -> Result<bool> {
    let mut hashes = probing::hashes(tables, 0, &[], seed, sink.pool, sink.watch)?;
    for n in 1..tables.order() {
        hashes = probing::hashes(tables, n, &hashes, seed, sink.pool, sink.watch)?;
        let filled = probing::fill(tables, n, &hashes, seed, sink.pool, sink.watch)?;
        let Some(table) = filled else { return Ok(false) };
        sink.put(table)?;
    }
    Ok(true)
}

fn put_compact<W: Write>(tables: &Tables, bits: u8, sink: &mut Sink<'_, '_, W>) -> Result<()> {
    let pool = sink.pool;
    let records = sink.watch.beside(|stop| {
        let mut records: Vec<_> = (1..tables.order()).map(|_| Ok(Default::default())).collect();
        pool.each_mut(&mut records, |_, n, out| {
            *out = compact::records(&tables.levels[n + 1], tables.vocabulary.len(), bits, stop);
        });
        records.into_iter().collect::<Result<Vec<_>>>()
    })??;
    for (n, records) in records.into_iter().enumerate() {
        sink.watch.ask()?;
        for part in compact::children(&tables.levels[n]) {
            sink.put(part)?;
        }
        for part in records {
            sink.put(part)?;
        }
    }
    Ok(())
}
