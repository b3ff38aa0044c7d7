//! Names of files that are not UTF-8, as old archives and foreign disks have them: such a file goes by a link with a name
//! that can be shown and written into reports, for as long as the command runs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::failure::{Failure, Result};

static FOLDER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The arguments of this process; each name that is not UTF-8 is replaced by that of a link to it, which is said.
#[cfg(unix)]
pub fn arguments() -> Result<Vec<OsString>> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut out = Vec::new();
    for (number, argument) in std::env::args_os().enumerate() {
        if argument.to_str().is_some() {
            out.push(argument);
            continue;
        }
        let bytes = argument.as_bytes();
        // `--out=NAME` is an option and a name.
        let from = match bytes.iter().position(|b| *b == b'=') {
            Some(at) if bytes.starts_with(b"--") && std::str::from_utf8(&bytes[..at]).is_ok() => at + 1,
            _ => 0,
        };
        let (option, name) = bytes.split_at(from);
        let link = link_to(number, &PathBuf::from(OsString::from_vec(name.to_vec())))?;
        say!("  the name {} is not UTF-8; that file is called {} here", name.escape_ascii(), link.display());
        out.push(OsString::from_vec([option, link.as_os_str().as_bytes()].concat()));
    }
    Ok(out)
}

/// The same arguments, each address of a database without its password: nothing that is said, written or shown holds one from here on.
pub fn without_passwords(arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    let bare = |argument: OsString| {
        let Some(text) = argument.to_str() else { return Ok(argument) };
        // `--data=ADDRESS` is an option and an address.
        let from = text.find('=').filter(|_| text.starts_with("--")).map_or(0, |at| at + 1);
        let (option, name) = text.split_at(from);
        if !gyeol_data::database::is_database(name) {
            return Ok(argument);
        }
        Ok(OsString::from(format!("{option}{}", gyeol_data::database::set_aside(name)?)))
    };
    arguments.into_iter().map(bare).collect()
}

#[cfg(not(unix))]
pub fn arguments() -> Result<Vec<OsString>> {
    Ok(std::env::args_os().collect())
}

/// A link to a file that is there or will be made, in a folder of its own.
#[cfg(unix)]
fn link_to(number: usize, name: &std::path::Path) -> Result<PathBuf> {
    use std::os::unix::fs::{DirBuilderExt, symlink};
    let failed = |what: &str, e: std::io::Error| {
        let found = format!("{what}, for a name that is not UTF-8: {e}");
        Failure::failed(
            "io",
            format!("{found}. Next: name a folder that may be written to by TMPDIR, or rename the file"),
        )
    };
    let mut folder = FOLDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let taken = match &*folder {
        Some(folder) => folder.clone(),
        None => {
            let new = std::env::temp_dir().join(format!("gyeol-names-{}", std::process::id()));
            // For us alone: nobody else can put another link there.
            std::fs::DirBuilder::new()
                .mode(0o700)
                .create(&new)
                .map_err(|e| failed("no folder of links", e))?;
            folder.insert(new).clone()
        }
    };
    let shown: String =
        name.file_name().map(|n| n.to_string_lossy().replace('\u{fffd}', "_")).unwrap_or_default();
    let target = std::path::absolute(name).map_err(|e| failed("no working folder", e))?;
    let below = taken.join(number.to_string());
    std::fs::create_dir(&below).map_err(|e| failed("no folder of links", e))?;
    let link = below.join(shown);
    symlink(target, &link).map_err(|e| failed("no link", e))?;
    Ok(link)
}

/// Takes the links away: the command ends.
pub fn forget() {
    let folder = FOLDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    if let Some(folder) = folder {
        // Links only; what they point to stays. What cannot be taken away lies in the folder of temporary files.
        let _ = std::fs::remove_dir_all(folder);
    }
}
