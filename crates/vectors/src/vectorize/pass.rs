//! A pass over the blocks of a corpus that can be watched and stopped.

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Block, Corpus, Totals};

use gyeol_base::Result;

/// Runs `work(thread, block)` on all blocks and hands each result over in order, with what went through so far, until
/// `take` says false.
///
/// # Errors
/// Of the corpus; stopped by `take`.
pub(super) fn pass<R: Send>(
    corpus: &Corpus,
    pool: &Pool,
    work: impl Fn(usize, &Block) -> R + Sync,
    mut take: impl FnMut(Totals, R) -> bool,
) -> Result<Totals> {
    let mut totals = Totals::default();
    corpus.map(
        pool,
        |thread, block| (block.len(), block.bytes(), work(thread, block)),
        |_, (documents, bytes, result)| {
            totals.documents += documents as u64;
            totals.bytes += bytes as u64;
            if take(totals, result) { Ok(()) } else { Err(gyeol_text::Error::stopped()) }
        },
    )?;
    Ok(totals)
}
