//! The output folder of a climb.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gyeol_base::{Error, FolderLock, Result};

use crate::options::Climb;
use crate::times;

/// Makes the folder with its `rungs`, takes it for this run alone, and gives its path. Parts of files that a killed run has
/// left are removed. Without `resume`, rungs and states of an earlier run in the
/// same folder are removed, so that what lies there is of one run; its report, scores and model stay until the new ones
/// replace them.
pub(crate) fn make(options: &Climb) -> Result<(PathBuf, FolderLock)> {
    let failed = |path: &Path, source| {
        Error::io("write", path, "choose another folder with --out, or make this one writable", source)
    };
    // A link to a folder that is not there yet makes that folder.
    let wanted = gyeol_base::followed(&options.out).map_err(|e| failed(&options.out, e))?;
    let out = if options.fresh { new_folder(&wanted)? } else { wanted };
    let rungs = out.join("rungs");
    std::fs::create_dir_all(&rungs).map_err(|e| failed(&rungs, e))?;
    let lock = FolderLock::take(&out)?;
    [&out, &rungs].into_iter().for_each(|folder| gyeol_base::remove_left_parts(folder));
    if !options.resume {
        // Those of rungs that are fitted now take their place.
        let times = times::path(&out);
        if let Err(e) = std::fs::remove_file(&times)
            && e.kind() != ErrorKind::NotFound
        {
            return Err(failed(&times, e));
        }
        for entry in std::fs::read_dir(&rungs).map_err(|e| failed(&rungs, e))? {
            let path = entry.map_err(|e| failed(&rungs, e))?.path();
            if path.extension().is_some_and(|e| e == "gyeol" || e == "state") {
                std::fs::remove_file(&path).map_err(|e| failed(&path, e))?;
            }
        }
    }
    Ok((out, lock))
}

/// A folder that was not there before: two runs that begin in the same second get two.
fn new_folder(wanted: &Path) -> Result<PathBuf> {
    let mut path = wanted.to_path_buf();
    for n in 2..10_000 {
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let mut name = wanted.as_os_str().to_owned();
                name.push(format!("-{n}"));
                path = PathBuf::from(name);
            }
            Err(source) => return Err(Error::writing(path, source)),
        }
    }
    Err(Error::writing(path, ErrorKind::AlreadyExists.into()))
}
