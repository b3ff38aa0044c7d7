//! Blocks of a corpus through a function, on all threads, results in order.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use gyeol_tensor::Pool;

use super::block::Block;
#[cfg(feature = "columnar")]
use super::columnar;
use super::cut::{Cutter, Layout, RawBlock};
use super::parse::{parse, records};
use super::stream::Stream;
use super::{Corpus, Format, Source, columns};
use gyeol_base::Fault;
use gyeol_base::{Error, Result};

/// What went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Documents.
    pub documents: u64,
    /// Bytes of their texts.
    pub bytes: u64,
}

/// A block before it is parsed, or one that came parsed.
pub(super) enum Piece {
    Raw(RawBlock),
    /// As Parquet and Arrow files give it.
    #[cfg(feature = "columnar")]
    Ready(Block),
}

/// Blocks read ahead of the threads that work on them.
const AHEAD: usize = 2;

impl Corpus {
    /// Runs `work(thread, block)` on blocks of documents on the pool and `take` on each result in the order of the corpus.
    /// `work` sees blocks without their document numbers (only [`Block::sequence`]); `take` gets the number of the
    /// block's first document. Blocks do not depend on the number of threads. When `take` gives an error, reading stops with it.
    ///
    /// # Errors
    /// Of reading, of the documents, and of `take`.
    pub fn map<R: Send>(
        &self,
        pool: &Pool,
        work: impl Fn(usize, &Block) -> R + Sync,
        mut take: impl FnMut(u64, R) -> Result<()>,
    ) -> Result<Totals> {
        let mut totals = Totals::default();
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel::<Result<Piece>>(AHEAD);
            scope.spawn(move || self.read_all(&send));
            let wave = pool.threads() * 2;
            let mut slots: Vec<Slot<R>> = Vec::with_capacity(wave);
            let mut sequence = 0;
            loop {
                fill(&receive, &mut slots, wave, &mut sequence);
                if slots.is_empty() {
                    return Ok(totals);
                }
                let invalid = self.options.invalid;
                pool.each_mut(&mut slots, |thread, _, slot| {
                    if let Some(piece) = slot.piece.take() {
                        slot.result = Some(piece.and_then(|piece| {
                            let mut block = match piece {
                                Piece::Raw(raw) => parse(raw, invalid)?,
                                #[cfg(feature = "columnar")]
                                Piece::Ready(block) => block,
                            };
                            block.sequence = slot.sequence;
                            let counts =
                                (block.len() as u64, block.documents().map(|d| d.text.len() as u64).sum());
                            Ok((counts, work(thread, &block)))
                        }));
                    }
                });
                for slot in slots.drain(..) {
                    if let Some(result) = slot.result {
                        let ((documents, bytes), result) = result?;
                        take(totals.documents, result)?;
                        totals.documents += documents;
                        totals.bytes += bytes;
                    }
                }
            }
        })
    }

    /// Calls `each` with every document in order, on this thread.
    ///
    /// # Errors
    /// As [`Corpus::map`].
    pub fn each(&self, mut each: impl FnMut(super::Document<'_>) -> Result<()>) -> Result<Totals> {
        let mut totals = Totals::default();
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel::<Result<Piece>>(AHEAD);
            scope.spawn(move || self.read_all(&send));
            for piece in receive {
                let mut block = match piece? {
                    Piece::Raw(raw) => parse(raw, self.options.invalid)?,
                    #[cfg(feature = "columnar")]
                    Piece::Ready(block) => block,
                };
                block.first_number = totals.documents;
                for document in block.documents() {
                    totals.documents += 1;
                    totals.bytes += document.text.len() as u64;
                    each(document)?;
                }
            }
            Ok(totals)
        })
    }

    /// Reads every source and sends its pieces; stops when nobody takes them any more, or at an error, which is sent.
    fn read_all(&self, send: &SyncSender<Result<Piece>>) {
        for source in &self.sources {
            match self.read_source(source, send) {
                Ok(true) => {}
                Ok(false) => return,
                Err(e) => {
                    let _ = send.send(Err(e));
                    return;
                }
            }
        }
    }

    fn read_source(&self, source: &Source, send: &SyncSender<Result<Piece>>) -> Result<bool> {
        #[cfg(feature = "columnar")]
        if source.format.is_columnar() {
            return columnar::read(self, source, &mut |block| send.send(Ok(Piece::Ready(block))).is_ok());
        }
        let options = &self.options;
        let mut stream =
            Stream::open(&source.path, options.encoding.as_deref(), options.invalid, Arc::clone(&self.read))?;
        if let (encoding, true) = stream.encoding() {
            self.note(format!("{}: not UTF-8, read as {encoding} by its bytes", source.path));
        }
        let mut pending = Vec::new();
        let mut skipped = (0, 0);
        let layout = match source.format {
            Format::Csv | Format::Tsv | Format::JsonLines => {
                stream.fill(&mut pending, 1 << 20)?;
                let layout = self.layout(source, &pending, &mut skipped)?;
                pending.drain(..skipped.0);
                layout
            }
            format => Layout::plain(format, source.unit),
        };
        let path: Arc<str> = source.path.as_str().into();
        let mut cutter = Cutter::new(stream, path, source.label.clone(), layout, pending, skipped, options);
        while let Some(raw) = cutter.next()? {
            if send.send(Ok(Piece::Raw(raw))).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the header, or the keys of the first objects; `skipped` becomes the bytes and lines of the header.
    fn layout(&self, source: &Source, head: &[u8], skipped: &mut (usize, u64)) -> Result<Layout> {
        let text = String::from_utf8_lossy(head);
        if source.format == Format::JsonLines {
            return self.keys(source, &text);
        }
        let quoting = self.options.quoting.unwrap_or(source.format == Format::Csv);
        let delimiter = self.options.delimiter.unwrap_or_else(|| match source.format {
            Format::Tsv => b'\t',
            _ => delimiter_of(&text),
        });
        let mut reader = records(&text, (delimiter, quoting));
        let mut record = csv::StringRecord::new();
        let mut rows: Vec<Vec<String>> = Vec::new();
        while rows.len() < 200 && reader.read_record(&mut record).is_ok_and(|more| more) {
            if rows.is_empty() {
                let mut end = (reader.position().byte() as usize).min(head.len());
                end += usize::from(head[..end].ends_with(b"\r") && head[end..].starts_with(b"\n"));
                *skipped = (end, memchr::memchr_iter(b'\n', &head[..end]).count() as u64);
            }
            rows.push(record.iter().map(str::to_owned).collect());
        }
        if rows.is_empty() {
            return Err(Error::input(
                Fault::new("empty-file", "no header")
                    .file(&source.path)
                    .next("give a file with a header and rows"),
            ));
        }
        let names = rows.remove(0);
        let choice = columns::choose(&source.path, &names, &rows, &self.options)?;
        self.note_choice(source, &names[choice.text], choice.guessed);
        Ok(Layout::Table { delimiter, quoting, columns: names.len(), text: choice.text, label: choice.label })
    }

    fn keys(&self, source: &Source, text: &str) -> Result<Layout> {
        let mut names: Vec<String> = Vec::new();
        let mut objects = Vec::new();
        for line in text.lines().filter(|l| !l.trim().is_empty()).take(100) {
            // A line that cannot be read (the last of the head is cut) is for the parser to complain of.
            let Ok(object) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line) else {
                continue;
            };
            for key in object.keys() {
                if !names.contains(key) {
                    names.push(key.clone());
                }
            }
            objects.push(object);
        }
        if names.is_empty() && self.options.text.is_none() {
            // The parser says where the first broken line is.
            return Ok(Layout::Objects { text: "text".into(), label: None });
        }
        if names.is_empty() {
            return Ok(Layout::Objects {
                text: self.options.text.clone().unwrap_or_default(),
                label: self.options.label.clone(),
            });
        }
        let cell = |o: &serde_json::Map<String, serde_json::Value>, name: &String| match o.get(name) {
            Some(serde_json::Value::String(s)) => s.clone(),
            _ => "0".to_owned(),
        };
        let rows: Vec<Vec<String>> =
            objects.iter().map(|o| names.iter().map(|n| cell(o, n)).collect()).collect();
        let choice = columns::choose(&source.path, &names, &rows, &self.options)?;
        let label = choice.label.map(|l| names[l].clone());
        self.note_choice(source, &names[choice.text], choice.guessed);
        Ok(Layout::Objects { text: names[choice.text].clone(), label })
    }

    /// Tells which column was taken where that was a guess.
    pub(super) fn note_choice(&self, source: &Source, text: &str, guessed: bool) {
        if guessed {
            self.note(format!("{}: text is column '{text}', the one with the most letters", source.path));
        }
    }
}

struct Slot<R> {
    sequence: u64,
    piece: Option<Result<Piece>>,
    result: Option<Result<((u64, u64), R)>>,
}

/// Takes up to `wave` pieces: waits for the first one alone, and for the others as long as the reader is ahead.
fn fill<R>(receive: &Receiver<Result<Piece>>, slots: &mut Vec<Slot<R>>, wave: usize, sequence: &mut u64) {
    while slots.len() < wave {
        match receive.recv() {
            Ok(piece) => {
                let failed = piece.is_err();
                slots.push(Slot { sequence: *sequence, piece: Some(piece), result: None });
                *sequence += 1;
                if failed {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

/// Comma, semicolon, tab or bar: whichever the header has most of.
fn delimiter_of(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |d: u8| memchr::memchr_iter(d, header.as_bytes()).count();
    let best = [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|&d| count(d));
    best.filter(|&d| count(d) > 0).unwrap_or(b',')
}
