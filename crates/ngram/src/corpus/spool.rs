//! Word numbers of a text between the two passes over it: in memory while they fit, else in a temporary file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::vocabulary::WordId;
use crate::watch::Watch;
use gyeol_base::{Error, Result};

/// A temporary file that the system forgets when it is closed.
pub(crate) fn temporary(folder: &Path) -> Result<File> {
    let next = "name a folder that may be written to for temporary files, or allow more memory";
    tempfile::tempfile_in(folder).map_err(|e| Error::io("make a temporary file in", folder, next, e))
}

pub(crate) fn spill_failed(folder: &Path, source: std::io::Error) -> Error {
    let next = "free room there, name another folder for temporary files, or allow more memory";
    Error::io("write temporary numbers in", folder, next, source)
}

enum Stored {
    Memory(Vec<WordId>),
    File { at: u64, len: usize },
}

/// Blocks of sentences, each ending with `</s>`.
pub(crate) struct Spool {
    blocks: Vec<Stored>,
    in_memory: u64,
    budget: u64,
    folder: PathBuf,
    file: Option<(Mutex<File>, u64)>,
}

impl Spool {
    /// Keeps up to `budget` bytes in memory.
    pub fn new(budget: u64, folder: &Path) -> Self {
        Spool { blocks: Vec::new(), in_memory: 0, budget, folder: folder.into(), file: None }
    }

    pub fn push(&mut self, block: Vec<WordId>) -> Result<()> {
        let bytes = 4 * block.len() as u64;
        if self.in_memory + bytes <= self.budget {
            self.in_memory += bytes;
            self.blocks.push(Stored::Memory(block));
            return Ok(());
        }
        let (file, at) = match &mut self.file {
            Some(file) => file,
            None => self.file.insert((Mutex::new(temporary(&self.folder)?), 0)),
        };
        let raw: Vec<u8> = block.iter().flat_map(|id| id.to_le_bytes()).collect();
        let handle = file.get_mut().unwrap_or_else(PoisonError::into_inner);
        handle.write_all(&raw).map_err(|e| spill_failed(&self.folder, e))?;
        self.blocks.push(Stored::File { at: *at, len: block.len() });
        *at += bytes;
        Ok(())
    }

    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    pub fn len_of(&self, block: usize) -> usize {
        match &self.blocks[block] {
            Stored::Memory(ids) => ids.len(),
            Stored::File { len, .. } => *len,
        }
    }

    pub fn block(&self, block: usize) -> Result<Cow<'_, [WordId]>> {
        match (&self.blocks[block], &self.file) {
            (Stored::Memory(ids), _) => Ok(Cow::Borrowed(ids)),
            (Stored::File { at, len }, Some((file, _))) => {
                let mut raw = vec![0u8; 4 * len];
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(*at))
                    .and_then(|_| file.read_exact(&mut raw))
                    .map_err(|e| Error::io("read temporary numbers in", &self.folder, "try again", e))?;
                Ok(Cow::Owned(raw.as_chunks::<4>().0.iter().map(|&b| WordId::from_le_bytes(b)).collect()))
            }
            // A block goes to the file only after the file was made.
            (Stored::File { .. }, None) => Ok(Cow::Borrowed(&[])),
        }
    }

    /// Changes every number, in memory or in the file.
    pub fn renumber(&mut self, map: &[WordId], watch: &mut Watch<'_>) -> Result<()> {
        for index in 0..self.blocks.len() {
            watch.ask()?;
            let change = |ids: &mut [WordId]| ids.iter_mut().for_each(|id| *id = map[*id as usize]);
            if let Stored::Memory(ids) = &mut self.blocks[index] {
                change(ids);
                continue;
            }
            let mut ids = self.block(index)?.into_owned();
            change(&mut ids);
            if let (Stored::File { at, .. }, Some((file, _))) = (&self.blocks[index], &mut self.file) {
                let raw: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
                let handle = file.get_mut().unwrap_or_else(PoisonError::into_inner);
                handle
                    .seek(SeekFrom::Start(*at))
                    .and_then(|_| handle.write_all(&raw))
                    .map_err(|e| spill_failed(&self.folder, e))?;
            }
        }
        Ok(())
    }
}
