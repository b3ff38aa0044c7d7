//! A file as a slice of bytes, read by the system page by page when it is first touched; and a hint that bytes
//! will be needed soon. Both need `unsafe`, which only this crate may hold.

use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A whole file, mapped for reading only.
#[derive(Debug)]
pub struct Mapped(Option<memmap2::Mmap>);

impl Mapped {
    /// Maps the file as it is now.
    ///
    /// Whoever changes the file in place while it is mapped changes what is read here, and a file that is made
    /// shorter ends the process when the missing part is touched (SIGBUS). Writers must therefore write a new file
    /// and rename it, as `gyeol_base::write_bytes` does; the old one then lives on under the map.
    ///
    /// # Errors
    /// What the system says: not a plain file, no address space left.
    pub fn open(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            // An empty map is an error on some systems.
            return Ok(Mapped(None));
        }
        // SAFETY: the map is read-only and private to this value, and is given out as `&[u8]` that cannot outlive
        // it. What remains is another process changing the file in place, which is stated above as the caller's
        // duty; every reader of such bytes in this workspace checks offsets against the length at each read, so
        // changed bytes give wrong numbers, never access outside of the map.
        unsafe { memmap2::MmapOptions::new().map(file) }.map(|map| Mapped(Some(map)))
    }

    /// Asks the system to read all of it now, in large steps; a hint that may be ignored.
    pub fn read_ahead(&self) {
        #[cfg(unix)]
        if let Some(map) = &self.0 {
            // Only speed depends on it.
            let _ = map.advise(memmap2::Advice::WillNeed);
        }
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }
}

/// Bytes in memory, or a window on a mapped file; a clone shares them.
#[derive(Debug, Clone)]
pub struct Bytes {
    kept: Kept,
    window: Range<usize>,
}

#[derive(Debug, Clone)]
enum Kept {
    Memory(Arc<Vec<u8>>),
    File(Arc<Mapped>),
}

impl Bytes {
    /// A part of these bytes, shared.
    ///
    /// # Panics
    /// If the range does not lie within them.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Bytes {
        assert!(range.start <= range.end && range.end <= self.len(), "{range:?} of {} bytes", self.len());
        let from = self.window.start;
        Bytes { kept: self.kept.clone(), window: from + range.start..from + range.end }
    }

    /// Asks the system to read them now where they lie in a file; a hint that may be ignored.
    pub fn read_ahead(&self) {
        if let Kept::File(map) = &self.kept {
            map.read_ahead();
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        let all: &[u8] = match &self.kept {
            Kept::Memory(bytes) => bytes,
            Kept::File(map) => map,
        };
        &all[self.window.clone()]
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes { window: 0..bytes.len(), kept: Kept::Memory(Arc::new(bytes)) }
    }
}

impl From<Mapped> for Bytes {
    fn from(map: Mapped) -> Self {
        Bytes { window: 0..map.len(), kept: Kept::File(Arc::new(map)) }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Bytes) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

/// Asks the processor to fetch the cache line of `bytes[at]`; nothing happens beyond the end.
#[inline(always)]
pub fn prefetch(bytes: &[u8], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if at < bytes.len() {
        // SAFETY: the address lies in the slice (checked above), and a prefetch reads nothing that is seen.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().add(at).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (bytes, at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_mapped_file_reads_as_its_bytes_even_when_replaced() {
        let path = std::env::temp_dir().join(format!("gyeol-mapped-{}", std::process::id()));
        let bytes: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
        File::create(&path).and_then(|mut f| f.write_all(&bytes)).expect("written");
        let map = Mapped::open(&File::open(&path).expect("opened")).expect("mapped");
        map.read_ahead();
        prefetch(&map, 5);
        prefetch(&map, usize::MAX);
        assert_eq!(&map[..], &bytes[..]);
        let shared = Bytes::from(Mapped::open(&File::open(&path).expect("opened")).expect("mapped"));
        let part = shared.slice(300..1000).slice(5..10);
        assert_eq!(&part[..], &bytes[305..310]);
        assert_eq!(part, Bytes::from(bytes[305..310].to_vec()));
        let beside = path.with_extension("new");
        std::fs::write(&beside, b"other").and_then(|()| std::fs::rename(&beside, &path)).expect("replaced");
        assert_eq!(&map[..], &bytes[..]);
        std::fs::write(&path, b"").expect("emptied");
        let empty = Mapped::open(&File::open(&path).expect("opened")).expect("mapped");
        assert!(empty.is_empty());
        std::fs::remove_file(&path).expect("removed");
    }
}
