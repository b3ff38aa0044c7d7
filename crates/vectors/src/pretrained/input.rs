//! The bytes of a file of vectors, unpacked where they are packed, with how far they were read.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use gyeol_base::{Error, Fault, Result};

/// Bytes looked at to tell the form.
const HEAD: usize = 1 << 20;
/// Bytes between two words of progress.
const STRIDE: u64 = 1 << 24;

pub(super) struct Input {
    path: PathBuf,
    head: Vec<u8>,
    reader: Box<dyn BufRead>,
    /// Bytes of the file, where what is read is what it holds.
    size: Option<u64>,
    at: u64,
    told: u64,
}

impl Input {
    pub fn open(path: &Path) -> Result<Input> {
        let io = |e| Error::reading(path, e);
        let mut file = File::open(path).map_err(io)?;
        let meta = file.metadata().map_err(io)?;
        if !meta.is_file() {
            let next = "name the file itself; pipes and folders are not read";
            return Err(Fault::new("not-vectors", "this is no plain file").file(path).next(next).input());
        }
        let mut magic = Vec::new();
        file.by_ref().take(4).read_to_end(&mut magic).map_err(io)?;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        let packed = magic.starts_with(&[0x1f, 0x8b]);
        let mut reader: Box<dyn BufRead> = match packed {
            true => Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(BufReader::new(file)))),
            false => Box::new(BufReader::with_capacity(1 << 18, file)),
        };
        let size = (!packed).then_some(meta.len());
        let mut head = Vec::new();
        reader.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|e| broken(path, packed, e))?;
        let reader = Box::new(Cursor::new(head.clone()).chain(reader));
        Ok(Input { path: path.to_owned(), head, reader, size, at: 0, told: 0 })
    }

    /// What the file begins with, and whether that is all of it.
    pub fn head(&self) -> (&[u8], bool) {
        (&self.head, self.head.len() < HEAD)
    }

    /// Bytes of the file; none where it is packed.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes read so far.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The file itself, to be read at any place.
    pub fn file(&self) -> Result<File> {
        File::open(&self.path).map_err(|e| Error::reading(&self.path, e))
    }

    /// Reads up to and with `end`, `most` bytes at the most; false where nothing is left.
    pub fn until(&mut self, end: u8, most: usize, out: &mut Vec<u8>) -> Result<bool> {
        out.clear();
        let (packed, path) = (self.size.is_none(), &self.path);
        let read = (&mut self.reader).take(most as u64).read_until(end, out);
        self.at += read.map_err(|e| broken(path, packed, e))? as u64;
        Ok(!out.is_empty())
    }

    /// Fills `out`; false where too little is left.
    pub fn fill(&mut self, out: &mut [u8]) -> Result<bool> {
        match self.reader.read_exact(out) {
            Ok(()) => {
                self.at += out.len() as u64;
                Ok(true)
            }
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof && self.size.is_some() => Ok(false),
            Err(e) => Err(broken(&self.path, self.size.is_none(), e)),
        }
    }

    /// Tells how far it is, now and then.
    pub fn tell(&mut self, progress: &mut dyn FnMut(u64) -> bool) -> Result<()> {
        if self.at >= self.told + STRIDE {
            self.told = self.at;
            if !progress(self.at) {
                return Err(Error::stopped());
            }
        }
        Ok(())
    }

    /// A fault in this file, at a line.
    pub fn wrong_line(&self, fault: Fault, line: u64) -> Error {
        fault.file(&self.path).line(usize::try_from(line).unwrap_or(usize::MAX)).input()
    }

    /// A fault in this file, in what begins at a byte.
    pub fn wrong(&self, mut fault: Fault, byte: u64) -> Error {
        fault.found = format!("byte {byte}: {}", fault.found);
        fault.file(&self.path).input()
    }
}

fn broken(path: &Path, packed: bool, e: std::io::Error) -> Error {
    let damaged = [
        std::io::ErrorKind::InvalidInput,
        std::io::ErrorKind::InvalidData,
        std::io::ErrorKind::UnexpectedEof,
    ];
    if packed && damaged.contains(&e.kind()) {
        let found = format!("the gzip data cannot be unpacked: {e}");
        return Fault::new("cut-off", found)
            .file(path)
            .cause("the file was cut off while it was copied, or altered")
            .next("fetch it again, or test it with: gzip -t FILE")
            .input();
    }
    Error::reading(path, e)
}
