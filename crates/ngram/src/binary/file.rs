//! Files written whole or not at all by going back in them.

use std::io::{BufWriter, Write};
use std::path::Path;

use gyeol_base::{Error, Kind, Result};

/// What a file being written is: buffered, and able to go back.
pub type Filling<'a> = BufWriter<&'a mut std::fs::File>;

/// Writes a file as `fill` says: beside the target, flushed to the disk and renamed; on failure nothing stays.
///
/// # Errors
/// What `fill` or the system says.
pub fn whole(target: &Path, fill: impl FnOnce(&mut Filling<'_>) -> Result<()>) -> Result<()> {
    let failed =
        |e| Error::io("write", target, "check that the folder exists, may be written to and has room", e);
    let folder = target.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".gyeol-").suffix(".part");
    #[cfg(unix)]
    {
        // As any new file; the system takes off what the user's mask says.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    if target.is_dir() || target.file_name().is_none() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    let mut beside = builder.tempfile_in(folder).map_err(failed)?;
    let _partial = gyeol_base::Partial::new(beside.path());
    let mut out = BufWriter::with_capacity(1 << 20, beside.as_file_mut());
    // What fills it does not know its name.
    fill(&mut out).map_err(|e| match e.kind() {
        Kind::Io => e.of_file(target),
        _ => e,
    })?;
    out.flush().map_err(failed)?;
    drop(out);
    beside.as_file().sync_all().map_err(failed)?;
    beside.persist(target).map_err(|e| failed(e.error))?;
    // The rename itself reaches the disk with its folder; where folders cannot be opened this is left to the system.
    let _ = std::fs::File::open(folder).and_then(|f| f.sync_all());
    Ok(())
}
