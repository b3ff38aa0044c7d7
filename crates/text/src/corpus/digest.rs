//! The digest by which texts are known again.

use std::fs::File;
use std::path::{Path, PathBuf};

use gyeol_base::digest::Running;
use gyeol_base::{Error, Result};

/// SHA-256 of files one after the other, in lower-case hexadecimal; those of a folder in the order of their names.
///
/// # Errors
/// A file or folder that cannot be read.
pub fn sha256_of(paths: &[String]) -> Result<String> {
    let mut digest = Running::default();
    for path in paths {
        let mut files = Vec::new();
        files_of(Path::new(path), &mut files)?;
        for path in files {
            let read = File::open(&path).and_then(|mut file| digest.read(&mut file));
            read.map_err(|e| Error::reading(&path, e))?;
        }
    }
    Ok(digest.finish())
}

fn files_of(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries =
        std::fs::read_dir(path).and_then(|all| all.map(|e| Ok(e?.path())).collect::<std::io::Result<_>>());
    let mut entries: Vec<PathBuf> = entries.map_err(|e| Error::reading(path, e))?;
    entries.sort();
    entries.iter().try_for_each(|entry| files_of(entry, files))
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
