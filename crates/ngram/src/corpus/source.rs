//! Text files in large blocks that end where a line ends: plain, gzip or Zstandard by their first bytes, `-` for
//! standard input.

use std::fs::File;
use std::io::{Cursor, Read};

use gyeol_base::{Error, Fault, Result};

use crate::watch::{Stage, Watch};

/// Bytes of a block, about; a block is longer only where one line is.
const BLOCK: usize = 4 << 20;
/// Bytes read between two questions whether to go on.
const PART: usize = 64 << 10;
/// The longest line, so that a file without line ends cannot fill the memory.
const LONGEST_LINE: usize = 256 << 20;

/// A text that is read once, from front to back.
pub struct Source {
    name: String,
    reader: Box<dyn Read + Send>,
    rest: Vec<u8>,
    ended: bool,
    begun: bool,
    plain: bool,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a file; `-` is standard input. gzip and Zstandard are unpacked.
    ///
    /// # Errors
    /// What the system says; a folder.
    pub fn open(path: &str) -> Result<Self> {
        let next = "check the path and the permissions";
        if path == "-" {
            return Self::from_reader("standard input", Box::new(std::io::stdin()));
        }
        let file = File::open(path).map_err(|e| Error::io("read", path, next, e))?;
        if file.metadata().map_err(|e| Error::io("read", path, next, e))?.is_dir() {
            return Err(Error::input(
                Fault::new("a-folder", "this is a folder, not a file")
                    .file(path)
                    .cause("the name of the file is missing")
                    .next("name the file inside it"),
            ));
        }
        Self::from_reader(path, Box::new(file))
    }

    /// Lines that are in memory already.
    pub fn from_text(text: impl Into<Vec<u8>>) -> Self {
        Source {
            name: "text".into(),
            reader: Box::new(Cursor::new(text.into())),
            rest: Vec::new(),
            ended: false,
            begun: false,
            plain: false,
        }
    }

    fn from_reader(name: &str, mut reader: Box<dyn Read + Send>) -> Result<Self> {
        let failed = |e| Error::io("read", name, "check the file and the permissions", e);
        let mut head = [0u8; 4];
        let mut held = 0;
        while held < head.len() {
            match reader.read(&mut head[held..]) {
                Ok(0) => break,
                Ok(n) => held += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(failed(e)),
            }
        }
        let whole = Cursor::new(head).take(held as u64).chain(reader);
        let reader: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(flate2::read::MultiGzDecoder::new(whole))
        } else if head == [0x28, 0xb5, 0x2f, 0xfd] {
            Box::new(zstd::stream::read::Decoder::new(whole).map_err(failed)?)
        } else {
            Box::new(whole)
        };
        Ok(Source { name: name.into(), reader, rest: Vec::new(), ended: false, begun: false, plain: false })
    }

    /// The same as a text in one form ([`gyeol_base::plain`]): Hangul composed, what is never seen left out.
    pub fn plain(self) -> Self {
        Source { plain: true, ..self }
    }

    /// The same under another name, for messages.
    pub fn named(self, name: String) -> Self {
        Source { name, ..self }
    }

    /// The name of the file, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next block of whole lines in `block`, or `false` at the end. A byte-order mark at the front is left out.
    pub(crate) fn next_block(&mut self, block: &mut Vec<u8>) -> Result<bool> {
        let mut on = |_| true;
        self.watched_block(block, &mut Watch::new(&mut on, Stage::Reading(0)))
    }

    /// [`Source::next_block`], with questions between its parts: a pipe may give them slowly.
    pub(crate) fn watched_block(&mut self, block: &mut Vec<u8>, watch: &mut Watch<'_>) -> Result<bool> {
        block.clear();
        block.append(&mut self.rest);
        let mut want = BLOCK;
        while !self.ended {
            block.reserve(want.saturating_sub(block.len()));
            while block.len() < want && !self.ended {
                watch.ask()?;
                let missing = (want - block.len()).min(PART) as u64;
                let read = (&mut self.reader).take(missing).read_to_end(block).map_err(|e| {
                    let next = "check the file; if it is packed it was cut off or altered: copy it again";
                    Error::io("read", &self.name, next, e)
                })?;
                self.ended = (read as u64) < missing;
            }
            if self.ended {
                break;
            }
            if let Some(end) = memchr::memrchr(b'\n', block) {
                self.rest.extend_from_slice(&block[end + 1..]);
                block.truncate(end + 1);
                break;
            }
            if want >= LONGEST_LINE {
                return Err(Error::limit(
                    Fault::new("line-too-long", format!("a line of more than {LONGEST_LINE} bytes"))
                        .file(&self.name)
                        .cause("a file without line ends, or binary data")
                        .next("put one sentence on a line"),
                ));
            }
            want *= 2;
        }
        if !self.begun && block.starts_with(b"\xef\xbb\xbf") {
            block.drain(..3);
        }
        self.begun = true;
        // Bytes that are no text are left to whoever cuts words, who can name their line.
        if self.plain
            && let Ok(text) = std::str::from_utf8(block)
            && let std::borrow::Cow::Owned(plain) = gyeol_base::plain(text)
        {
            *block = plain.into_bytes();
        }
        Ok(!block.is_empty())
    }
}

/// What stands between words: as in KenLM, spaces, tabs, carriage returns and zero bytes.
#[inline(always)]
pub(crate) fn is_space(byte: u8) -> bool {
    byte <= b' ' && matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

/// The words of a line.
pub(crate) struct Words<'a>(pub &'a [u8]);

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|&b| !is_space(b))?;
        let rest = &self.0[start..];
        let end = rest.iter().position(|&b| is_space(b)).unwrap_or(rest.len());
        self.0 = &rest[end..];
        Some(&rest[..end])
    }
}

/// The lines of a block, without their ends.
pub(crate) struct Lines<'a>(pub &'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.0);
        let line = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = end.map_or(&[], |end| &self.0[end + 1..]);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn lines_are_whole_whatever_the_packing_and_the_last_needs_no_end() {
        let mut text = String::from("\u{feff}");
        for i in 0..700_000 {
            text.push_str(&format!("{i} 낱말\n"));
        }
        text.push_str("last");
        let folder = tempfile::tempdir().unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let files = [
            ("plain", text.clone().into_bytes()),
            ("packed.gz", gzip.finish().unwrap()),
            ("packed.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
        ];
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let mut source = Source::open(path.to_str().unwrap()).unwrap();
            let (mut block, mut blocks, mut lines) = (Vec::new(), 0, 0);
            while source.next_block(&mut block).unwrap() {
                blocks += 1;
                for line in Lines(&block) {
                    let words: Vec<_> = Words(line).collect();
                    let expected = if lines == 700_000 { "last".into() } else { lines.to_string() };
                    assert_eq!(words[0], expected.as_bytes());
                    lines += 1;
                }
            }
            assert!(blocks > 2);
            assert_eq!(lines, 700_001, "{name}");
        }
    }
}
