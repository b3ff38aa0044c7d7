//! Writing a file whole or not at all: into a file beside the target, flushed to the disk, then renamed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Partial;

/// How old a part must be before another process takes it for one that was left behind.
const LEFT: Duration = Duration::from_secs(60);

/// A file that appears whole or not at all: written beside its target, which [`WholeFile::commit`] replaces. Dropped
/// without that, it leaves nothing behind.
///
/// A link is followed, so that the file it points to is replaced and the link stays; the file keeps its mode. What is no
/// regular file (a device, a pipe, `/dev/stdout`) is written into as it is, for there is nothing that could be replaced.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    /// Where it goes in the end, and what stands for it until then; none where it is written as it is.
    beside: Option<Beside>,
}

#[derive(Debug)]
struct Beside {
    target: PathBuf,
    path: PathBuf,
    done: bool,
    _partial: Partial,
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.done {
            // Nothing half written stays behind; if even that fails, an earlier error is the one to tell.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl WholeFile {
    /// Opens a file beside the target.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(target: &Path) -> std::io::Result<Self> {
        let there = std::fs::metadata(target).ok();
        if is_stream(target) || there.as_ref().is_some_and(|meta| !meta.is_file() && !meta.is_dir()) {
            let file = OpenOptions::new().append(true).open(target)?;
            return Ok(WholeFile { file, beside: None });
        }
        let target = followed(target)?;
        if there.is_some() {
            // A file that may not be written is not replaced either, and neither is a folder.
            OpenOptions::new().write(true).open(&target)?;
        }
        let (path, file) = beside(&target)?;
        let beside = Beside { _partial: Partial::new(&path), target, path, done: false };
        if let Some(meta) = there {
            file.set_permissions(meta.permissions())?;
        }
        // Locked as long as it is written, which tells it from one that a killed process has left. Where the file system
        // knows no locks, nothing is taken away either.
        let _ = file.try_lock();
        Ok(WholeFile { file, beside: Some(beside) })
    }

    /// The file, for one who goes back in it; none where it is written into what is no regular file.
    pub fn file_mut(&mut self) -> Option<&mut File> {
        self.beside.as_ref()?;
        Some(&mut self.file)
    }

    /// Flushes what was written to the disk and puts it in the target's place.
    ///
    /// # Errors
    /// What the system says; the target is as it was then.
    pub fn commit(mut self) -> std::io::Result<()> {
        self.file.flush()?;
        let Some(mut beside) = self.beside.take() else { return Ok(()) };
        self.file.sync_all()?;
        std::fs::rename(&beside.path, &beside.target)?;
        beside.done = true;
        // The rename itself reaches the disk with its folder; where folders cannot be opened this is left to the system.
        if let Some(folder) = beside.target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Whether a path names an open stream of this process, whatever that stream goes to.
fn is_stream(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return false };
    matches!(text, "/dev/stdout" | "/dev/stderr")
        || text.starts_with("/dev/fd/")
        || text.starts_with("/proc/self/fd/")
}

/// What a link points to, through all links, whether it is there or not; a path that is no link as it stands.
///
/// # Errors
/// Links that point to one another.
pub fn followed(target: &Path) -> std::io::Result<PathBuf> {
    let mut path = target.to_path_buf();
    for _ in 0..40 {
        match std::fs::read_link(&path) {
            Ok(next) => path = path.parent().map_or(next.clone(), |folder| folder.join(&next)),
            Err(_) => return Ok(path),
        }
    }
    Err(std::io::Error::other("too many links point to one another"))
}

/// Writes bytes to a file, whole or not at all: beside it, flushed to disk, renamed.
///
/// # Errors
/// What the system says; nothing half written stays behind.
pub fn write_bytes(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = WholeFile::create(target)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Copies a file, whole or not at all, without holding it.
///
/// # Errors
/// What the system says; nothing half written stays behind.
pub fn copy_whole(from: &Path, target: &Path) -> std::io::Result<()> {
    let mut source = File::open(from)?;
    let mut file = WholeFile::create(target)?;
    std::io::copy(&mut source, &mut file.file)?;
    file.commit()
}

/// Takes away the parts of files that killed processes have left in a folder, for one that has the folder to itself.
pub fn remove_left_parts(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(|name| is_part(name, ""))
            && entry.file_type().is_ok_and(|kind| kind.is_file())
        {
            // What cannot be taken away does no harm.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether this is the name of a part of a file, of `of` where that is no empty name: `.NAME.PROCESS-NUMBER.part`.
fn is_part(name: &str, of: &str) -> bool {
    let Some(rest) = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".part")) else { return false };
    let Some((file, number)) = rest.rsplit_once('.') else { return false };
    let number = number.split_once('-').is_some_and(|(process, n)| {
        [process, n].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    number && !file.is_empty() && (of.is_empty() || file == of)
}

fn beside(target: &Path) -> std::io::Result<(PathBuf, File)> {
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut last = std::io::Error::other("no free name beside the file");
    for n in 0..100 {
        let path = target.with_file_name(format!(".{name}.{}-{n}.part", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => {
                remove_left_of(target, &name);
                return Ok((path, file));
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => last = e,
            Err(e) => return Err(e),
        }
    }
    Err(last)
}

/// Takes away parts of this file that killed processes have left: those that are old and that nobody holds.
fn remove_left_of(target: &Path, name: &str) {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let old = || {
            entry
                .metadata()
                .and_then(|meta| meta.modified())
                .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT))
        };
        if !entry.file_name().to_str().is_some_and(|other| is_part(other, name)) || !old() {
            continue;
        }
        if let Ok(file) = OpenOptions::new().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("gyeol-whole-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = folder("whole");
        let path = folder.join("a");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert!(names(&folder).is_empty());
        write_bytes(&path, b"whole").unwrap();
        assert_eq!(names(&folder), ["a"]);
        assert!(write_bytes(&folder, b"x").is_err(), "a folder is no file");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn parts_are_told_by_their_names() {
        assert!(is_part(".model.gyeol.123-0.part", "model.gyeol") && is_part(".a.1-2.part", ""));
        for name in [
            "model.gyeol.1-0.part",
            ".model.gyeol.part",
            ".a.x-0.part",
            ".a.1-.part",
            "..1-0.part",
            ".1-0.part",
        ] {
            assert!(!is_part(name, ""), "{name}");
        }
        assert!(!is_part(".b.1-2.part", "a"));
        let folder = folder("parts");
        for name in [".a.1-0.part", ".a.1-0.parts", "a"] {
            std::fs::write(folder.join(name), "x").unwrap();
        }
        // Young and perhaps being written: left by one who has not the folder to himself.
        write_bytes(&folder.join("a"), b"y").unwrap();
        assert_eq!(names(&folder), [".a.1-0.part", ".a.1-0.parts", "a"]);
        let old = std::time::SystemTime::now() - Duration::from_secs(3600);
        let held = File::options().write(true).open(folder.join(".a.1-0.part")).unwrap();
        held.set_modified(old).unwrap();
        held.try_lock().unwrap();
        write_bytes(&folder.join("a"), b"y").unwrap();
        assert_eq!(names(&folder).len(), 3, "old, and held");
        drop(held);
        write_bytes(&folder.join("a"), b"y").unwrap();
        assert_eq!(names(&folder), [".a.1-0.parts", "a"]);
        std::fs::write(folder.join(".b.7-1.part"), "x").unwrap();
        remove_left_parts(&folder);
        assert_eq!(names(&folder), [".a.1-0.parts", "a"]);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_modes_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = folder("links");
        let (file, link, far) = (folder.join("file"), folder.join("link"), folder.join("far"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        symlink("file", &link).unwrap();
        symlink(&link, &far).unwrap();
        write_bytes(&far, b"new").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::symlink_metadata(&far).unwrap().is_symlink());
        // A link to a file that is not there yet makes it.
        symlink("later", folder.join("early")).unwrap();
        write_bytes(&folder.join("early"), b"x").unwrap();
        assert_eq!(std::fs::read(folder.join("later")).unwrap(), b"x");
        symlink("round", folder.join("round")).unwrap();
        assert!(write_bytes(&folder.join("round"), b"x").is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_into() {
        write_bytes(Path::new("/dev/null"), b"x").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
        if Path::new("/dev/full").exists() {
            assert!(write_bytes(Path::new("/dev/full"), b"x").is_err());
        }
    }
}
