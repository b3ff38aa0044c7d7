//! Bundles on disk: never a half-written one.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::{Bundle, Error, Limits, Result};

impl Bundle {
    /// Writes the bundle to `path`, whole or not at all: it is written beside, flushed to disk and renamed, so that an
    /// older file of that name stays until the new one is complete.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let in_file = |problem| Error::InFile { path: path.to_owned(), problem: Box::new(problem) };
        let bytes = self.to_bytes().map_err(in_file)?;
        // What cannot be opened again must not be written.
        Bundle::from_bytes(&bytes, &Limits::default()).map_err(in_file)?;

        let beside = beside(path);
        let written = write(&beside, &bytes).and_then(|()| fs::rename(&beside, path));
        if let Err(source) = written {
            let _ = fs::remove_file(&beside);
            let next = "Is the folder there, writable, and the disk not full? Nothing was left behind";
            return Err(Error::Io { path: path.to_owned(), action: "write the bundle", source, next });
        }
        // The rename itself reaches the disk with its folder; where folders cannot be opened this is left to the system.
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }

    /// Opens a bundle within the default [`Limits`]; `-` is standard input.
    pub fn open(path: impl AsRef<Path>) -> Result<Bundle> {
        Bundle::open_with(path, &Limits::default())
    }

    /// Opens a bundle within `limits`.
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Bundle> {
        let path = path.as_ref();
        let bytes = read(path, limits)?;
        Bundle::from_bytes(&bytes, limits)
            .map_err(|problem| Error::InFile { path: path.to_owned(), problem: Box::new(problem) })
    }
}

/// At most `limits.max_bytes` bytes of a file, whatever its length claims.
fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let failed = |action, source| {
        let next = "Check the path; `gyeol run` leaves its model as model.gyeol in its output folder";
        Error::Io { path: path.to_owned(), action, source, next }
    };
    let most = limits.max_bytes.saturating_add(1);
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(most)
            .read_to_end(&mut bytes)
            .map_err(|e| failed("read the bundle", e))?;
        return Ok(bytes);
    }
    let file = File::open(path).map_err(|source| failed("open the bundle", source))?;
    let length = file.metadata().map_err(|source| failed("look at the bundle", source))?.len();
    let too_large = |found| Error::InFile {
        path: path.to_owned(),
        problem: Box::new(Error::TooLarge { what: "bytes", found, limit: limits.max_bytes }),
    };
    if length > limits.max_bytes {
        return Err(too_large(length));
    }
    file.take(most).read_to_end(&mut bytes).map_err(|source| failed("read the bundle", source))?;
    if bytes.len() as u64 > limits.max_bytes {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// A name in the same folder (a rename does not cross disks) that no other writer uses.
fn beside(path: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
