//! A stream of UTF-8 cut into raw blocks at the ends of documents.

use std::sync::Arc;

use gyeol_base::Fault;
use memchr::{memchr, memchr_iter, memchr2, memrchr};

use super::stream::Stream;
use super::{CorpusOptions, Format, Unit};
use gyeol_base::{Error, Result};

/// What the text of a source is cut into.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Layout {
    /// A document a line.
    Lines,
    /// Documents between empty lines.
    Paragraphs,
    /// One document.
    Whole,
    /// One page.
    Page,
    /// Records of cells; the first one names the columns.
    Table { delimiter: u8, quoting: bool, columns: usize, text: usize, label: Option<usize> },
    /// Objects with these keys.
    Objects {
        text: String,
        label: Option<String>,
        /// Elements of one list, instead of an object a line.
        array: bool,
    },
}

/// The element of a JSON list that begins at or after `at`, past a comma; `at` becomes its end. `None` at the end of the
/// list or of what is there.
pub(super) fn element(bytes: &[u8], at: &mut usize) -> Option<(usize, usize)> {
    let from = *at + bytes[*at..].iter().position(|&b| !b.is_ascii_whitespace() && b != b',')?;
    let (mut depth, mut quoted, mut i) = (0usize, false, from);
    while let Some(&byte) = bytes.get(i) {
        match byte {
            b'\\' if quoted => i += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b']' => return None,
            _ => {}
        }
        i += 1;
        let ends = matches!(byte, b'}' | b']' | b'"') && depth == 0 && !quoted;
        if ends || (depth == 0 && !quoted && matches!(bytes.get(i), Some(b',' | b']' | b'\n'))) {
            *at = i.min(bytes.len());
            return Some((from, *at));
        }
    }
    None
}

impl Layout {
    pub fn plain(format: Format, unit: Unit) -> Self {
        match (format, unit) {
            (Format::Html, _) => Layout::Page,
            (_, Unit::Line) => Layout::Lines,
            (_, Unit::Paragraph) => Layout::Paragraphs,
            (_, Unit::File) => Layout::Whole,
        }
    }
}

/// Bytes of whole documents.
#[derive(Debug)]
pub(super) struct RawBlock {
    pub path: Arc<str>,
    pub class: Option<Arc<str>>,
    pub layout: Arc<Layout>,
    pub bytes: Vec<u8>,
    /// Of the first byte, in the source as UTF-8.
    pub offset: u64,
    /// Of the first byte, from 1.
    pub first_line: u64,
}

/// Cuts one stream.
pub(super) struct Cutter {
    stream: Stream,
    path: Arc<str>,
    class: Option<Arc<str>>,
    layout: Arc<Layout>,
    pending: Vec<u8>,
    scan: Scan,
    offset: u64,
    line: u64,
    block: usize,
    most: usize,
}

/// Where the search for the last end of a document stands.
#[derive(Debug, Default, Clone, Copy)]
struct Scan {
    at: usize,
    quoted: bool,
    /// After the last end of a document seen.
    end: usize,
    /// Where the last quote opened.
    opened: usize,
    /// Whether a quoted cell went over a line end and past its closing quote.
    astray: bool,
}

impl Cutter {
    /// Begins after what was read already (`pending`, of `skip` bytes in `lines` lines not to be handed on).
    pub fn new(
        stream: Stream,
        path: Arc<str>,
        class: Option<Arc<str>>,
        layout: Layout,
        pending: Vec<u8>,
        skipped: (usize, u64),
        options: &CorpusOptions,
    ) -> Self {
        Cutter {
            stream,
            path,
            class,
            layout: Arc::new(layout),
            pending,
            scan: Scan::default(),
            offset: skipped.0 as u64,
            line: 1 + skipped.1,
            block: options.block_bytes,
            most: options.max_document_bytes,
        }
    }

    /// The next block; `None` at the end.
    pub fn next(&mut self) -> Result<Option<RawBlock>> {
        let whole = matches!(*self.layout, Layout::Whole | Layout::Page);
        loop {
            if !whole && self.pending.len() >= self.block {
                self.look();
                self.closed(false)?;
                if self.scan.end > 0 {
                    return Ok(Some(self.cut(self.scan.end)));
                }
            }
            if self.pending.len() > self.most {
                return Err(self.too_long());
            }
            let got = self.pending.len();
            let want =
                if whole || got >= self.block { got.clamp(1 << 16, 16 << 20) } else { self.block - got };
            if !self.stream.fill(&mut self.pending, want)? {
                break;
            }
        }
        if self.pending.len() > self.most && (whole || self.last_document() > self.most) {
            return Err(self.too_long());
        }
        if self.pending.is_empty() && !(whole && self.offset == 0) {
            return Ok(None);
        }
        if !whole {
            self.look();
            self.closed(true)?;
        }
        Ok(Some(self.cut(self.pending.len())))
    }

    /// Refuses a quote that opens a cell and closes none; at the `end` it is open if nothing closed it.
    fn closed(&self, end: bool) -> Result<()> {
        // A quote that is the last byte closes; more could have doubled it.
        let open = end && self.scan.quoted && self.scan.at >= self.pending.len();
        if !open && !self.scan.astray {
            return Ok(());
        }
        let row = self.line + memchr_iter(b'\n', &self.pending[..self.scan.opened]).count() as u64;
        Err(Error::input(
            Fault::new("unclosed-quote", "a quote opens a cell and is not closed")
                .file(&*self.path)
                .row(row as usize)
                .cause("a quote that is part of the text, or one that was lost")
                .next("double it or close it, or read quotes as characters with --quotes off"),
        ))
    }

    fn last_document(&mut self) -> usize {
        self.look();
        self.pending.len() - self.scan.end
    }

    fn cut(&mut self, end: usize) -> RawBlock {
        let mut bytes = self.pending.split_off(end);
        std::mem::swap(&mut bytes, &mut self.pending);
        let raw = RawBlock {
            path: Arc::clone(&self.path),
            class: self.class.clone(),
            layout: Arc::clone(&self.layout),
            offset: self.offset,
            first_line: self.line,
            bytes,
        };
        self.offset += raw.bytes.len().max(1) as u64;
        self.line += memchr_iter(b'\n', &raw.bytes).count() as u64;
        let back = |at: usize| at.saturating_sub(end);
        self.scan = Scan { at: back(self.scan.at), end: 0, opened: back(self.scan.opened), ..self.scan };
        raw
    }

    /// Moves the scan to the end of what is there.
    fn look(&mut self) {
        match *self.layout {
            Layout::Objects { array: true, .. } => {
                while element(&self.pending, &mut self.scan.end).is_some() {}
            }
            Layout::Lines | Layout::Objects { .. } | Layout::Table { quoting: false, .. } => {
                if let Some(at) = memrchr(b'\n', &self.pending[self.scan.at..]) {
                    self.scan.end = self.scan.at + at + 1;
                }
                self.scan.at = self.pending.len();
            }
            Layout::Table { delimiter, quoting: true, .. } => self.look_at_quotes(delimiter),
            Layout::Paragraphs => {
                let mut end = self.pending.len();
                while let Some(at) = memrchr(b'\n', &self.pending[self.scan.at.min(end)..end]) {
                    let at = self.scan.at + at;
                    let before = &self.pending[..at];
                    let before = before.strip_suffix(b"\r").unwrap_or(before);
                    if before.ends_with(b"\n") {
                        self.scan.end = at + 1;
                        break;
                    }
                    end = at;
                }
                self.scan.at = self.pending.len();
            }
            Layout::Whole | Layout::Page => {}
        }
    }

    /// A line end inside quotes ends no record; a quote opens only at the begin of a cell.
    fn look_at_quotes(&mut self, delimiter: u8) {
        let (bytes, scan) = (&self.pending, &mut self.scan);
        while scan.at < bytes.len() {
            if scan.quoted {
                let Some(found) = memchr(b'"', &bytes[scan.at..]) else {
                    scan.at = bytes.len();
                    return;
                };
                let at = scan.at + found;
                match bytes.get(at + 1) {
                    // Whether it is doubled is not to be seen yet.
                    None => {
                        scan.at = at;
                        return;
                    }
                    Some(b'"') => scan.at = at + 2,
                    Some(&next) => {
                        let over = || memchr(b'\n', &bytes[scan.opened..at]).is_some();
                        scan.astray |= next != delimiter && !matches!(next, b'\n' | b'\r' | b' ') && over();
                        (scan.at, scan.quoted) = (at + 1, false);
                    }
                }
            } else {
                let Some(found) = memchr2(b'"', b'\n', &bytes[scan.at..]) else {
                    scan.at = bytes.len();
                    return;
                };
                let at = scan.at + found;
                if bytes[at] == b'\n' {
                    scan.end = at + 1;
                } else if at == 0 || bytes[at - 1] == delimiter || matches!(bytes[at - 1], b'\n' | b'\r') {
                    scan.quoted = true;
                    // The first that went astray is the one to name.
                    scan.opened = if scan.astray { scan.opened } else { at };
                }
                scan.at = at + 1;
            }
        }
    }

    fn too_long(&self) -> Error {
        let (cause, next) = match *self.layout {
            Layout::Table { quoting: true, .. } => (
                "a quote that opens a cell and is never closed",
                "close it, or read quotes as characters with --quotes off",
            ),
            Layout::Lines => (
                "a file without line ends",
                "cut it into lines, or read it as one document of a raised --max-document",
            ),
            _ => ("a larger document than foreseen", "raise --max-document, or cut it into pieces"),
        };
        Error::limit(
            Fault::new(
                "document-too-long",
                format!(
                    "a document of at least {} bytes, more than the limit of {}",
                    self.pending.len(),
                    self.most
                ),
            )
            .file(&*self.path)
            .row(self.line as usize)
            .cause(cause)
            .next(next),
        )
    }
}
