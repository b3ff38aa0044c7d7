//! Blocks of a corpus through a function, on all threads, results in order.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use gyeol_tensor::Pool;

use super::block::{Block, Tally, WANTING};
#[cfg(feature = "columnar")]
use super::columnar;
use super::cut::{Cutter, Layout, RawBlock};
use super::layout::Form;
use super::parse::parse;
use super::stream::Stream;
use super::{Corpus, Source};
use gyeol_base::Result;

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
        let mut wanting = [Tally::default(); 3];
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel::<Result<Piece>>(AHEAD);
            scope.spawn(move || self.read_all(&send));
            let wave = pool.threads() * 2;
            let mut slots: Vec<Slot<R>> = Vec::with_capacity(wave);
            let mut sequence = 0;
            loop {
                fill(&receive, &mut slots, wave, &mut sequence);
                if slots.is_empty() {
                    self.note_wanting(wanting);
                    return Ok(totals);
                }
                let options = &self.options;
                pool.each_mut(&mut slots, |thread, _, slot| {
                    if let Some(piece) = slot.piece.take() {
                        slot.result = Some(piece.and_then(|piece| {
                            let mut block = match piece {
                                Piece::Raw(raw) => parse(raw, options)?,
                                #[cfg(feature = "columnar")]
                                Piece::Ready(block) => block,
                            };
                            block.sequence = slot.sequence;
                            let seen = Seen {
                                documents: block.len() as u64,
                                bytes: block.documents().map(|d| d.text.len() as u64).sum(),
                                wanting: block.wanting(),
                            };
                            Ok((seen, work(thread, &block)))
                        }));
                    }
                });
                for slot in slots.drain(..) {
                    if let Some(result) = slot.result {
                        let (seen, result) = result?;
                        take(totals.documents, result)?;
                        totals.documents += seen.documents;
                        totals.bytes += seen.bytes;
                        add(&mut wanting, seen.wanting);
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
        let mut wanting = [Tally::default(); 3];
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel::<Result<Piece>>(AHEAD);
            scope.spawn(move || self.read_all(&send));
            for piece in receive {
                let mut block = match piece? {
                    Piece::Raw(raw) => parse(raw, &self.options)?,
                    #[cfg(feature = "columnar")]
                    Piece::Ready(block) => block,
                };
                block.first_number = totals.documents;
                add(&mut wanting, block.wanting());
                for document in block.documents() {
                    totals.documents += 1;
                    totals.bytes += document.text.len() as u64;
                    each(document)?;
                }
            }
            self.note_wanting(wanting);
            Ok(totals)
        })
    }

    /// Tells what was left out, after all was read.
    fn note_wanting(&self, wanting: [Tally; 3]) {
        for (tally, what) in wanting.iter().zip(WANTING).filter(|(tally, _)| tally.count > 0) {
            let rows = if tally.count == 1 { "row" } else { "rows" };
            self.note(format!("{} {rows} {what}, the first in row {}", tally.count, tally.first));
        }
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

    /// A source, opened.
    pub(super) fn stream(&self, source: &Source) -> Result<Stream> {
        let options = &self.options;
        let stream =
            Stream::open(source, options.encoding.as_deref(), options.invalid, Arc::clone(&self.read))?;
        if let (encoding, true) = stream.encoding() {
            self.note(match encoding {
                "UTF-8" => format!("{}: bytes that are no UTF-8 are replaced", source.name),
                _ => format!("{}: not UTF-8, read as {encoding} by its bytes", source.name),
            });
        }
        if stream.returns() {
            self.note(format!("{}: lines end in carriage returns alone", source.name));
        }
        Ok(stream)
    }

    fn read_source(&self, source: &Source, send: &SyncSender<Result<Piece>>) -> Result<bool> {
        #[cfg(feature = "columnar")]
        if source.format.is_columnar() {
            return columnar::read(self, source, &mut |block| send.send(Ok(Piece::Ready(block))).is_ok());
        }
        let options = &self.options;
        let mut stream = self.stream(source)?;
        let Form { layout, mut skipped, .. } = self.form(source, &stream.beginning())?;
        let mut pending = Vec::new();
        if skipped.0 > 0 {
            stream.fill(&mut pending, 1 << 20)?;
            // Bytes that are no text are longer where they were looked at, so that lines tell the place.
            let ends = memchr::memchr_iter(b'\n', &pending).nth((skipped.1 as usize).wrapping_sub(1));
            if !matches!(layout, Layout::Objects { .. })
                && let Some(end) = ends
            {
                skipped.0 = end + 1;
            }
            pending.drain(..skipped.0.min(pending.len()));
        }
        let path: Arc<str> = source.name.as_str().into();
        let mut cutter = Cutter::new(stream, path, source.label.clone(), layout, pending, skipped, options);
        while let Some(raw) = cutter.next()? {
            if send.send(Ok(Piece::Raw(raw))).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a block held.
struct Seen {
    documents: u64,
    bytes: u64,
    wanting: [Tally; 3],
}

fn add(sums: &mut [Tally; 3], of: [Tally; 3]) {
    sums.iter_mut().zip(of).for_each(|(sum, tally)| sum.add(tally));
}

struct Slot<R> {
    sequence: u64,
    piece: Option<Result<Piece>>,
    result: Option<Result<(Seen, R)>>,
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
