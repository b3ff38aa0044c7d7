//! Files written whole or not at all by going back in them.

use std::io::{BufWriter, Seek, Write};
use std::path::Path;

use gyeol_base::{Error, Kind, Result, WholeFile};

/// What a file being written is: buffered, and able to go back.
pub type Filling<'a> = BufWriter<&'a mut std::fs::File>;

/// Writes a file as `fill` says: beside the target, flushed to the disk and renamed; on failure nothing stays.
///
/// # Errors
/// What `fill` or the system says.
pub fn whole(target: &Path, fill: impl FnOnce(&mut Filling<'_>) -> Result<()>) -> Result<()> {
    let failed = |e| Error::writing(target, e);
    let filled = |file: &mut std::fs::File| {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        // What fills it does not know its name.
        fill(&mut out).map_err(|e| match e.kind() {
            Kind::Io => e.of_file(target),
            _ => e,
        })?;
        out.flush().map_err(failed)
    };
    let mut whole = WholeFile::create(target).map_err(failed)?;
    if let Some(file) = whole.file_mut() {
        filled(file)?;
    } else {
        // Nobody goes back in a pipe: it gets what was made elsewhere.
        let mut made = tempfile::tempfile().map_err(failed)?;
        filled(&mut made)?;
        made.rewind().and_then(|()| std::io::copy(&mut made, &mut whole)).map_err(failed)?;
    }
    whole.commit().map_err(failed)
}
