//! Texts as counts, and as columns in order.

use gyeol_base::Result;
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::Preparation;
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::vectorize::{Vectorizer, VectorizerParams, Weight};

/// Documents from which on words that fewer than [`RARE`] of them have are left out, unless a bound is named.
pub const MANY: u64 = 1_000;
/// Documents that must have a word then.
pub const RARE: u64 = 5;

/// Texts that topics are fitted on.
#[derive(Debug, Clone)]
pub struct Counts {
    /// From texts to counts.
    pub vectorizer: Vectorizer,
    /// Documents × words.
    pub counts: Csr,
    /// Columns of each document's tokens; `None` where terms are runs of tokens, which no window holds.
    pub sequences: Option<Vec<Vec<u32>>>,
}

impl Counts {
    /// Counts the words of a corpus; with `words_only`, terms of marks alone are left out: punctuation, ①, ㆍ.
    ///
    /// # Errors
    /// What reading says; `stopped` where `progress` says so.
    pub fn of(
        corpus: &Corpus,
        chain: &Preparation,
        params: VectorizerParams,
        words_only: bool,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Counts> {
        let params = VectorizerParams { weight: Weight::Count, ..params };
        let mut count =
            |params: VectorizerParams| params.check()?.fit(corpus, chain.clone(), pool, &mut progress);
        let (mut vectorizer, mut counts) = count(params.clone())?;
        // Numbers in circles, and the dot between words that is a letter to Unicode.
        let mark = |c: char| matches!(c, '\u{318d}' | '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}' | '\u{3200}'..='\u{32ff}');
        let says = |term: &str| term.chars().any(|c| c.is_alphanumeric() && !mark(c));
        if words_only && !vectorizer.terms().all(says) {
            let words: Vec<String> = vectorizer.terms().filter(|t| says(t)).map(str::to_owned).collect();
            if !words.is_empty() {
                (vectorizer, counts) = count(VectorizerParams { vocabulary: Some(words), ..params.clone() })?;
            }
        }
        let sequences = match params.ngrams {
            (1, 1) => Some(vectorizer.sequences(corpus, pool, &mut progress)?),
            _ => None,
        };
        Ok(Counts { vectorizer, counts, sequences })
    }
}
