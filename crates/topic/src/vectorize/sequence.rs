//! Documents as the columns of their words, in the order of the text: what windows are laid over.

use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::corpus::{Corpus, Totals};

use super::model::Vectorizer;
use crate::error::Result;

/// The column of a word that is no term.
pub const NO_COLUMN: u32 = u32::MAX;

impl Vectorizer {
    /// The column of each token, or [`NO_COLUMN`]; a list a document. Terms of several tokens are not seen.
    ///
    /// # Errors
    /// Of the corpus; stopped by `progress`.
    pub fn sequences(
        &self,
        corpus: &Corpus,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Vec<Vec<u32>>> {
        let tokens = self.analyzer().tokens();
        let mut documents = Vec::new();
        let mut totals = Totals::default();
        corpus.map(
            pool,
            |_, block| {
                let read = |text: &str| {
                    let mut columns = Vec::new();
                    tokens.each(text, &mut |token| columns.push(self.column(token).unwrap_or(NO_COLUMN)));
                    columns
                };
                (block.bytes(), block.documents().map(|d| read(d.text)).collect::<Vec<_>>())
            },
            |_, (bytes, block)| {
                totals.documents += block.len() as u64;
                totals.bytes += bytes as u64;
                documents.extend(block);
                if progress(totals) { Ok(()) } else { Err(gyeol_text::error::stopped()) }
            },
        )?;
        Ok(documents)
    }
}
