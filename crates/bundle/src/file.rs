//! Bundles on disk: never a half-written one.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use gyeol_base::{Error, Result, WholeFile};
use gyeol_tensor::mapped::{Bytes, Mapped};

use crate::fault;
use crate::{Bundle, Limits};

/// Files up to this size are read into memory: whatever then happens to the file, the model stays what it was.
const READ_WHOLE: u64 = 64 << 20;

impl Bundle {
    /// Writes the bundle to `path`, whole or not at all: it is written beside, flushed to disk and renamed, so that an
    /// older file of that name stays until the new one is complete.
    ///
    /// # Errors
    /// As [`Bundle::to_bytes`]; more than the default [`Limits`] would open again; what the system says.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let failed = |source| {
            let next = "is the folder there, writable, and the disk not full? Nothing was left behind";
            Error::io("write", path, next, source)
        };
        let mut file = WholeFile::create(path).map_err(failed)?;
        let mut out = BufWriter::with_capacity(1 << 18, &mut file);
        self.write_to(&mut out, &Limits::default(), &failed).map_err(|e| e.in_file(path))?;
        out.flush().map_err(failed)?;
        drop(out);
        file.commit().map_err(failed)
    }

    /// Opens a bundle within the default [`Limits`]; `-` is standard input.
    ///
    /// # Errors
    /// What the system says; see [the errors of this crate](crate#errors).
    pub fn open(path: impl AsRef<Path>) -> Result<Bundle> {
        Bundle::open_with(path, &Limits::default())
    }

    /// Opens a bundle within `limits`; tensors of bytes in a large file stay there, mapped.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Bundle> {
        let path = path.as_ref();
        let (bytes, in_file) = read(path, limits)?;
        Bundle::from_shared(bytes, in_file, limits).map_err(|e| e.in_file(path))
    }
}

/// The bytes of a file, and whether they stay there; at most `limits.max_bytes` are taken into memory.
fn read(path: &Path, limits: &Limits) -> Result<(Bytes, bool)> {
    let failed = |source| {
        let next = "check the path; `gyeol run` leaves its model as model.gyeol in its output folder";
        Error::io("open", path, next, source)
    };
    let stdin = path.as_os_str() == "-";
    let most = if stdin { limits.max_bytes } else { READ_WHOLE };
    let mut bytes = Vec::new();
    if stdin {
        std::io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if about.is_file() && about.len() > READ_WHOLE {
            return Ok((Bytes::from(Mapped::open(&file).map_err(failed)?), true));
        }
        file.take(limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    }
    let read = bytes.len() as u64;
    fault::limit("bytes", read, limits.max_bytes).map_err(|e| e.in_file(path))?;
    Ok((Bytes::from(bytes), false))
}
