//! Files that are there only while something is made, so that a program that must end at once can take them away.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static FILES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn files() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stands for a file that is taken away if the program ends before this value does; it takes away nothing itself.
#[derive(Debug)]
pub struct Partial(PathBuf);

impl Partial {
    /// Of the file at `path`.
    pub fn new(path: &Path) -> Self {
        files().insert(path.to_owned());
        Partial(path.to_owned())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        files().remove(&self.0);
    }
}

/// Takes away what is half made, for a program that ends now: nothing more is written whole after this.
pub fn remove_partial() {
    // Kept locked for good: a file that was ready to be renamed is gone, and another cannot begin.
    let all = std::mem::ManuallyDrop::new(files());
    for path in all.iter() {
        // What cannot be taken away stays under its name of a part.
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_listed_as_long_as_it_is_half_made() {
        let path = Path::new("a file that is nowhere");
        let partial = Partial::new(path);
        assert!(files().contains(path));
        drop(partial);
        assert!(!files().contains(path));
    }
}
