//! Documents as the columns of their words, in the order of the text: what windows are laid over.

use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::corpus::{Corpus, Totals};

use super::model::Vectorizer;
use super::pass::pass;
use gyeol_base::Result;

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
        let read = |text: &str| {
            let mut columns = Vec::new();
            tokens.each(text, &mut |token| columns.push(self.column(token).unwrap_or(NO_COLUMN)));
            columns
        };
        let mut documents = Vec::new();
        pass(
            corpus,
            pool,
            |_, block| block.documents().map(|d| read(d.text)).collect::<Vec<_>>(),
            |totals, block| {
                documents.extend(block);
                progress(totals)
            },
        )?;
        Ok(documents)
    }
}
