//! Writing a file whole or not at all: into a file beside the target, flushed to the disk, then renamed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Partial;

/// A file that appears whole or not at all: written beside its target, which [`WholeFile::commit`] replaces. Dropped
/// without that, it leaves nothing behind.
#[derive(Debug)]
pub struct WholeFile {
    target: PathBuf,
    beside: PathBuf,
    file: File,
    done: bool,
    _partial: Partial,
}

impl WholeFile {
    /// Opens a file beside the target.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(target: &Path) -> std::io::Result<Self> {
        let (beside, file) = beside(target)?;
        let _partial = Partial::new(&beside);
        Ok(WholeFile { target: target.to_path_buf(), beside, file, done: false, _partial })
    }

    /// Flushes what was written to the disk and puts it in the target's place.
    ///
    /// # Errors
    /// What the system says; the target is as it was then.
    pub fn commit(mut self) -> std::io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.beside, &self.target)?;
        self.done = true;
        // The rename itself reaches the disk with its folder; where folders cannot be opened this is left to the system.
        if let Some(folder) = self.target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if !self.done {
            // Nothing half written stays behind; if even that fails, an earlier error is the one to tell.
            let _ = std::fs::remove_file(&self.beside);
        }
    }
}

/// Writes bytes to a file, whole or not at all: beside it, flushed to disk, renamed.
///
/// # Errors
/// What the system says; nothing half written stays behind.
pub fn write_bytes(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = WholeFile::create(target)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Copies a file, whole or not at all, without holding it.
///
/// # Errors
/// What the system says; nothing half written stays behind.
pub fn copy_whole(from: &Path, target: &Path) -> std::io::Result<()> {
    let mut source = File::open(from)?;
    let mut file = WholeFile::create(target)?;
    std::io::copy(&mut source, &mut file.file)?;
    file.commit()
}

fn beside(target: &Path) -> std::io::Result<(PathBuf, File)> {
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut last = std::io::Error::other("no free name beside the file");
    for n in 0..100 {
        let path = target.with_file_name(format!(".{name}.{}-{n}.part", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => last = e,
            Err(e) => return Err(e),
        }
    }
    Err(last)
}
