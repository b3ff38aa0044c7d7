//! Real files, for tests of any crate, which take this file in by its path.
//!
//! Such a test has the attribute `cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")`, and
//! its crate the build script beside this file.

use std::path::PathBuf;

/// A file of the folder that `GYEOL_DATA` names; fails with the file's name where it is not there.
pub fn real_file(name: &str) -> PathBuf {
    let folder = std::env::var_os("GYEOL_DATA").expect("GYEOL_DATA names the folder of real files");
    let path = PathBuf::from(folder).join(name);
    assert!(path.is_file(), "GYEOL_DATA is set, but there is no file {}", path.display());
    path
}
