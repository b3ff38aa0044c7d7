//! Bundles on disk: never a half-written one.

use std::fs::File;
use std::io::Read;
use std::path::Path;

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

        gyeol_data::write_bytes(path, &bytes).map_err(|source| {
            let next = "Is the folder there, writable, and the disk not full? Nothing was left behind";
            Error::Io { path: path.to_owned(), action: "write the bundle", source, next }
        })?;
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
