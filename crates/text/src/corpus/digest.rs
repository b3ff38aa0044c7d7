//! The digest by which texts are known again.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// SHA-256 of files one after the other, in lower-case hexadecimal; those of a folder in the order of their names.
///
/// # Errors
/// A file or folder that cannot be read.
pub fn sha256_of(paths: &[String]) -> Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    for path in paths {
        let mut files = Vec::new();
        files_of(Path::new(path), &mut files)?;
        for path in files {
            let mut file = File::open(&path).map_err(|e| unreadable(&path, e))?;
            loop {
                let read = file.read(&mut buffer).map_err(|e| unreadable(&path, e))?;
                if read == 0 {
                    break;
                }
                hash.update(&buffer[..read]);
            }
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn files_of(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries =
        std::fs::read_dir(path).and_then(|all| all.map(|e| Ok(e?.path())).collect::<std::io::Result<_>>());
    let mut entries: Vec<PathBuf> = entries.map_err(|e| unreadable(path, e))?;
    entries.sort();
    entries.iter().try_for_each(|entry| files_of(entry, files))
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        action: "read",
        path: path.display().to_string(),
        next: "check the path and the permissions".into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_files_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(at("d")).unwrap();
        std::fs::write(at("d/2"), "c").unwrap();
        std::fs::write(at("d/1"), "ab").unwrap();
        std::fs::write(at("whole"), "abc").unwrap();
        // The standard's own example (FIPS 180-2, appendix B.1).
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of(&[at("whole")]).unwrap(), abc);
        assert_eq!(sha256_of(&[at("d")]).unwrap(), abc);
        assert!(sha256_of(&[at("gone")]).unwrap_err().to_string().contains("gone"));
    }
}
