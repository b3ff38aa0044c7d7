//! Columns by a hash of the term instead of a vocabulary (Weinberger et al. 2009), as scikit-learn's HashingVectorizer:
//! MurmurHash3 (32 bits, seed 0), the column its absolute value modulo the number of columns, the sign its sign.

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::Preparation;

use super::pass::pass;
use super::{Analyzer, Norm, VectorizerParams};
use crate::matrix::{Csr, MOST};
use gyeol_base::{Error, Result};

/// MurmurHash3_x86_32 (Appleby, public domain).
///
/// ```
/// // sklearn.utils.murmurhash3_32(b"term", seed=0, positive=True)
/// assert_eq!(gyeol_vectors::vectorize::murmur3_32(b"", 0), 0);
/// ```
pub fn murmur3_32(bytes: &[u8], seed: u32) -> u32 {
    let scramble = |k: u32| k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let (fours, rest) = bytes.as_chunks::<4>();
    let mut hash = seed;
    for four in fours {
        hash = (hash ^ scramble(u32::from_le_bytes(*four)))
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }
    if !rest.is_empty() {
        let mut four = [0; 4];
        four[..rest.len()].copy_from_slice(rest);
        hash ^= scramble(u32::from_le_bytes(four));
    }
    hash ^= bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// Options of hashing; the default is scikit-learn's.
#[derive(Debug, Clone, PartialEq)]
pub struct HashingParams {
    /// Columns.
    pub columns: usize,
    /// Shortest and longest run of tokens that is a term.
    pub ngrams: (usize, usize),
    /// Whether half of the terms count below zero, so that terms that share a column do not add up on average.
    pub alternate_sign: bool,
    /// Whether a term counts once however often it occurs.
    pub binary: bool,
    /// Of the row.
    pub norm: Norm,
}

impl Default for HashingParams {
    fn default() -> Self {
        HashingParams {
            columns: 1 << 20,
            ngrams: (1, 1),
            alternate_sign: true,
            binary: false,
            norm: Norm::L2,
        }
    }
}

/// Texts to rows without a fit.
#[derive(Debug, Clone)]
pub struct HashingVectorizer {
    params: HashingParams,
    analyzer: Analyzer,
}

impl HashingParams {
    /// The vectorizer of these options.
    ///
    /// # Errors
    /// No columns or more than 2^31 - 1, a range without a term.
    pub fn check(self, tokens: Preparation) -> Result<HashingVectorizer> {
        if self.columns == 0 || self.columns > i32::MAX as usize {
            return Err(Error::option(
                Fault::new("hash-columns", format!("{} columns", self.columns))
                    .next("choose 1 to 2,147,483,647, such as 1048576"),
            ));
        }
        VectorizerParams { ngrams: self.ngrams, ..VectorizerParams::count() }.check()?;
        let analyzer = Analyzer::new(tokens, self.ngrams);
        Ok(HashingVectorizer { params: self, analyzer })
    }
}

impl HashingVectorizer {
    /// Column and sign of a term.
    pub fn place(&self, term: &str) -> (u32, f64) {
        let hash = murmur3_32(term.as_bytes(), 0) as i32;
        let sign = if self.params.alternate_sign && hash < 0 { -1.0 } else { 1.0 };
        ((hash.unsigned_abs() as usize % self.params.columns) as u32, sign)
    }

    /// The rows of texts, with the ends of each.
    fn rows<'a>(&self, texts: impl Iterator<Item = &'a str>) -> (Vec<usize>, Vec<u32>, Vec<f64>) {
        let (mut ends, mut columns, mut numbers) = (Vec::new(), Vec::<u32>::new(), Vec::new());
        let mut row: Vec<(u32, f64)> = Vec::new();
        for text in texts {
            row.clear();
            self.analyzer.each(text, &mut |term| row.push(self.place(term)));
            row.sort_unstable_by_key(|&(column, _)| column);
            let begin = columns.len();
            for &(column, sign) in &row {
                if columns.len() > begin && columns.last() == Some(&column) {
                    let last = numbers.len() - 1;
                    numbers[last] += sign;
                } else {
                    columns.push(column);
                    numbers.push(sign);
                }
            }
            if self.params.binary {
                numbers[begin..].fill(1.0);
            }
            self.params.norm.apply(&mut numbers[begin..]);
            ends.push(columns.len());
        }
        (ends, columns, numbers)
    }

    /// The matrix of a corpus.
    ///
    /// # Errors
    /// Of reading; when `progress` stops it.
    pub fn transform(
        &self,
        corpus: &Corpus,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Csr> {
        let (mut pointers, mut columns, mut numbers) = (vec![0], Vec::new(), Vec::new());
        pass(
            corpus,
            pool,
            |_, block| self.rows(block.documents().map(|d| d.text)),
            |totals, (ends, block_columns, block_numbers)| {
                let begin = columns.len();
                pointers.extend(ends.iter().map(|end| begin + end));
                columns.extend_from_slice(&block_columns);
                numbers.extend_from_slice(&block_numbers);
                progress(totals) && pointers.len() < MOST
            },
        )?;
        Ok(Csr::trusted(self.params.columns, pointers, columns, numbers))
    }

    /// The matrix of texts in memory, on this thread.
    pub fn transform_texts(&self, texts: &[impl AsRef<str>]) -> Csr {
        let (mut ends, columns, numbers) = self.rows(texts.iter().map(AsRef::as_ref));
        ends.insert(0, 0);
        Csr::trusted(self.params.columns, ends, columns, numbers)
    }
}
