//! A folder that one process has to itself while it writes there.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Fault, Partial, Result};

const NAME: &str = ".gyeol-lock";

/// Held as long as a folder is written to by this process alone. A process that is killed holds nothing any more.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    _file: File,
    _partial: Partial,
}

impl FolderLock {
    /// Takes a folder.
    ///
    /// # Errors
    /// `folder-in-use` where another process has it; what the system says where no file can be made there.
    pub fn take(folder: &Path) -> Result<FolderLock> {
        let path = folder.join(NAME);
        loop {
            let failed = |source| Error::writing(&path, source);
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(failed)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    let mut process = String::new();
                    // Who it is may not be written yet.
                    let _ = file.read_to_string(&mut process);
                    let who = match process.trim() {
                        "" => "another gyeol".to_owned(),
                        number => format!("another gyeol (process {number})"),
                    };
                    return Err(Fault::new("folder-in-use", format!("{who} is writing into this folder"))
                        .file(folder)
                        .cause("two runs with one --out")
                        .next("wait for it, stop it, or name another --out")
                        .input());
                }
                // A file system without locks: two runs there are for the user to keep apart.
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            // Whoever had it before may have taken the name away between our opening and our locking it.
            if !is_named(&file, &path) {
                continue;
            }
            file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
            let _partial = Partial::new(&path);
            return Ok(FolderLock { path, _file: file, _partial });
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Taken away while it is held, so that nobody else can hold it under this name.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_named(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_had_by_one() {
        let folder = std::env::temp_dir().join(format!("gyeol-lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let lock = FolderLock::take(&folder).unwrap();
        let error = FolderLock::take(&folder).unwrap_err();
        assert_eq!(error.code(), "folder-in-use");
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
        drop(lock);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        // What a killed process has left is taken over.
        std::fs::write(folder.join(NAME), "1").unwrap();
        drop(FolderLock::take(&folder).unwrap());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
