//! Bytes of one source as UTF-8: opened, unpacked, freed of a byte-order mark and decoded, a piece at a time.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{DecoderResult, Encoding, UTF_8};
use gyeol_base::Fault;
use gyeol_base::encoding;

use super::{Invalid, Source};
use gyeol_base::{Error, Result};

/// Bytes looked at to find out the encoding.
const HEAD: usize = 1 << 20;

/// Counts what is read from disk, for progress.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// UTF-8 out of one source.
pub(super) struct Stream {
    path: String,
    inner: Box<dyn Read + Send>,
    /// Word of the compression, empty for none.
    packed: &'static str,
    /// Read and not handed on yet.
    head: Vec<u8>,
    decoder: Option<(encoding_rs::Decoder, &'static Encoding)>,
    invalid: Invalid,
    /// Bytes handed to the decoder so far, and lines ended in them.
    offset: u64,
    lines: u64,
    ended: bool,
    encoding: &'static Encoding,
    guessed: bool,
    /// Whether lines end in carriage returns alone, which are line ends then.
    returns: bool,
}

impl Stream {
    /// Opens a source, standard input for `-`.
    pub fn open(
        source: &Source,
        encoding: Option<&str>,
        invalid: Invalid,
        count: Arc<AtomicU64>,
    ) -> Result<Self> {
        let (path, name) = (source.path.as_str(), source.name.as_str());
        let plain: Box<dyn Read + Send> = if path == "-" {
            Box::new(Counted { inner: std::io::stdin(), count })
        } else {
            let file = std::fs::File::open(path).map_err(|e| io(name, e))?;
            Box::new(Counted { inner: file, count })
        };
        Stream::of(name, plain, encoding, invalid)
    }

    /// Reads from anything that gives bytes.
    pub fn of(
        path: &str,
        mut plain: Box<dyn Read + Send>,
        wanted: Option<&str>,
        invalid: Invalid,
    ) -> Result<Self> {
        let mut magic = Vec::new();
        plain.by_ref().take(8).read_to_end(&mut magic).map_err(|e| io(path, e))?;
        refuse_archives(path, &magic)?;
        let start = std::io::Cursor::new(magic.clone());
        let whole = start.chain(plain);
        let (inner, packed): (Box<dyn Read + Send>, _) = if magic.starts_with(&[0x1f, 0x8b]) {
            (
                Box::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::with_capacity(
                    1 << 18,
                    whole,
                ))),
                "gzip",
            )
        } else if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let decoder = zstd::stream::read::Decoder::new(whole).map_err(|e| io(path, e))?;
            (Box::new(decoder), "zstd")
        } else {
            (Box::new(whole), "")
        };
        let mut stream = Stream {
            path: path.to_owned(),
            inner,
            packed,
            head: Vec::new(),
            decoder: None,
            invalid,
            offset: 0,
            lines: 0,
            ended: false,
            encoding: UTF_8,
            guessed: false,
            returns: false,
        };
        stream.look_at_head(wanted)?;
        let text = stream.beginning();
        stream.returns = text.contains('\r') && !text.contains('\n');
        Ok(stream)
    }

    /// Name of the encoding, and whether it was guessed.
    pub fn encoding(&self) -> (&'static str, bool) {
        (self.encoding.name(), self.guessed)
    }

    /// Whether carriage returns alone end its lines.
    pub fn returns(&self) -> bool {
        self.returns
    }

    /// What the source begins with as text, whole lines of it, whatever is no text replaced.
    pub fn beginning(&self) -> Cow<'_, str> {
        let whole = self.ended;
        let mut text = match &self.decoder {
            None => String::from_utf8_lossy(&self.head),
            Some((_, encoding)) => encoding.decode_without_bom_handling(&self.head).0,
        };
        if self.returns {
            text = Cow::Owned(text.replace('\r', "\n"));
        }
        if !whole && let Some(end) = text.rfind('\n') {
            text = Cow::Owned(text[..=end].to_owned());
        }
        text
    }

    fn look_at_head(&mut self, wanted: Option<&str>) -> Result<()> {
        let mut head = Vec::new();
        self.read_into(&mut head, HEAD)?;
        let marked = Encoding::for_bom(&head);
        let (encoding, mark) = match (wanted, marked) {
            (Some(label), marked) => {
                let encoding = encoding::by_label(&self.path, label)?;
                (encoding, marked.filter(|(e, _)| *e == encoding).map_or(0, |(_, n)| n))
            }
            (None, Some((encoding, n))) => (encoding, n),
            (None, None) => {
                // A character cut by the end of the head says nothing about the encoding.
                let sound = match std::str::from_utf8(&head) {
                    Err(e) if e.error_len().is_none() => &head[..e.valid_up_to()],
                    _ => &head[..],
                };
                self.guessed = std::str::from_utf8(sound).is_err();
                match encoding::guess(&self.path, sound) {
                    Ok(encoding) => (encoding, 0),
                    Err(_) if self.invalid == Invalid::Replace => (UTF_8, 0),
                    Err(e) => return Err(e.with_next(INVALID)),
                }
            }
        };
        self.encoding = encoding;
        head.drain(..mark);
        self.offset = mark as u64;
        self.head = head;
        if encoding != UTF_8 {
            self.decoder = Some((encoding.new_decoder_without_bom_handling(), encoding));
        }
        Ok(())
    }

    /// Appends up to `want` raw bytes; fewer only at the end.
    fn read_into(&mut self, out: &mut Vec<u8>, want: usize) -> Result<()> {
        let before = out.len();
        let got = self.inner.by_ref().take(want as u64).read_to_end(out);
        let (packed, path) = (self.packed, &self.path);
        got.map_err(|e| {
            if packed.is_empty() {
                return io(path, e);
            }
            Error::input(
                Fault::new("broken-archive", format!("the {packed} data cannot be unpacked: {e}"))
                    .file(path)
                    .cause("the file was cut off while it was copied, or altered")
                    .next(format!("copy it again, or test it with: {packed} -t FILE")),
            )
        })?;
        self.ended |= out.len() - before < want;
        Ok(())
    }

    /// Appends about `want` bytes of UTF-8 (not checked where the source is UTF-8 already: [`super::parse`] does that, on
    /// all threads); false at the end of the source.
    pub fn fill(&mut self, out: &mut Vec<u8>, want: usize) -> Result<bool> {
        let begin = out.len();
        let more = self.fill_as_it_is(out, want)?;
        if self.returns {
            out[begin..].iter_mut().filter(|b| **b == b'\r').for_each(|b| *b = b'\n');
        }
        Ok(more)
    }

    fn fill_as_it_is(&mut self, out: &mut Vec<u8>, want: usize) -> Result<bool> {
        if self.ended && self.head.is_empty() {
            return Ok(false);
        }
        let mut raw = std::mem::take(&mut self.head);
        if self.decoder.is_none() && raw.is_empty() {
            self.read_into(out, want)?;
            return Ok(true);
        }
        if raw.len() < want && !self.ended {
            let more = want - raw.len();
            self.read_into(&mut raw, more)?;
        }
        if raw.len() > want {
            self.head = raw.split_off(want);
        }
        match &mut self.decoder {
            None => out.append(&mut raw),
            Some(_) => self.decode(&raw, out)?,
        }
        Ok(true)
    }

    fn decode(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let Some((decoder, encoding)) = &mut self.decoder else { return Ok(()) };
        let last = self.ended && self.head.is_empty();
        let begin = out.len();
        let mut at = 0;
        loop {
            let room = decoder.max_utf8_buffer_length(raw.len() - at).unwrap_or(usize::MAX / 4).min(64 << 20);
            let start = out.len();
            out.resize(start + room.max(16), 0);
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(&raw[at..], &mut out[start..], last);
            out.truncate(start + written);
            at += read;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) if self.invalid == Invalid::Replace => {
                    out.extend_from_slice("\u{fffd}".as_bytes());
                }
                DecoderResult::Malformed(bad, extra) => {
                    let from = at.saturating_sub(usize::from(bad) + usize::from(extra));
                    let line = self.lines + out[begin..].iter().filter(|&&b| b == b'\n').count() as u64 + 1;
                    let byte = raw.get(from).copied().unwrap_or_default();
                    let offset = self.offset + from as u64;
                    return Err(undecodable(&self.path, offset, byte, line as usize, encoding.name()));
                }
            }
        }
        self.offset += raw.len() as u64;
        self.lines += out[begin..].iter().filter(|&&b| b == b'\n').count() as u64;
        Ok(())
    }
}

/// What to do about bytes that are no text.
const INVALID: &str = "name the encoding with --encoding (such as euc-kr or windows-1252), mend that line, or put U+FFFD there with --invalid replace";

/// Bytes that the encoding does not allow.
pub(super) fn undecodable(path: &str, offset: u64, byte: u8, line: usize, encoding: &str) -> Error {
    Error::input(
        Fault::new("undecodable-bytes", format!("byte {offset} (0x{byte:02x}) is not {encoding} text"))
            .file(path)
            .row(line)
            .cause("another encoding (a lone half of a surrogate pair too), or a file cut off in the middle of a character")
            .next(INVALID),
    )
}

fn io(path: &str, source: std::io::Error) -> Error {
    let next =
        if path == "-" { "pipe a text into the program" } else { "check the path and the permissions" };
    let path = if path == "-" { "standard input" } else { path };
    Error::io("read", path, next, source)
}

fn refuse_archives(path: &str, magic: &[u8]) -> Result<()> {
    for (start, what, next) in [
        (
            &b"PK\x03\x04"[..],
            "a ZIP archive, a spreadsheet or a document (.docx)",
            "unpack it, or save it as text",
        ),
        (&[0xd0, 0xcf, 0x11, 0xe0][..], "an old office document", "save it as text or CSV"),
        (b"%PDF", "a PDF", "turn it into text: pdftotext FILE"),
        (b"\xfd7zXZ", "an .xz archive", "unpack it with: xz -d FILE"),
        (b"BZh", "a .bz2 archive", "unpack it with: bzip2 -d FILE"),
        (b"SQLite f", "a SQLite database", "export the texts: sqlite3 -header -csv FILE 'select …'"),
    ] {
        if magic.starts_with(start) {
            return Err(Error::input(
                Fault::new("unknown-format", format!("this is {what}, which is not read here"))
                    .file(path)
                    .cause("another kind of file than text, CSV, TSV, JSON lines, HTML, Parquet or Arrow")
                    .next(next),
            ));
        }
    }
    Ok(())
}
