//! A fitted vectorizer: the same columns and the same weights for documents that come later. Its form as JSON:
//!
//! ```json
//! {"format":"gyeol-vectorizer","version":1,"documents":3,"mean_length":4.0,"params":{…},"preparation":{…},
//!  "terms":[["load",2,3],["wind",1,1]]}
//! ```
//! Terms stand in the order of their columns, each with the documents that have it and its occurrences.

use std::sync::{Mutex, PoisonError};

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::corpus::{Block, Corpus, Totals};
use gyeol_text::prepare::Preparation;
use gyeol_text::vocabulary::Words;
use serde::{Deserialize, Serialize};

use super::fit::{settle, words_of};
use super::pass::pass;
use super::rows::Rows;
use super::{Analyzer, VectorizerParams, Weight};
use crate::matrix::Csr;
use gyeol_base::{Error, Result};

const FORMAT: &str = "gyeol-vectorizer";
const VERSION: u32 = 1;

/// Terms with their columns and weights.
#[derive(Debug, Clone)]
pub struct Vectorizer {
    params: VectorizerParams,
    analyzer: Analyzer,
    words: Words,
    /// Documents with the term, and its occurrences.
    tallies: Vec<(u64, u64)>,
    documents: u64,
    mean_length: f64,
    factors: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    format: String,
    version: u32,
    documents: u64,
    mean_length: f64,
    params: VectorizerParams,
    preparation: serde_json::Value,
    terms: Vec<(String, u64, u64)>,
}

impl Vectorizer {
    pub(super) fn fitted(
        params: VectorizerParams,
        analyzer: Analyzer,
        words: Words,
        tallies: Vec<(u64, u64)>,
        documents: u64,
    ) -> Result<Self> {
        let with_term: Vec<u64> = tallies.iter().map(|t| t.0).collect();
        let factors = params.weight.factors(documents, &with_term)?;
        let occurrences: u64 = tallies.iter().map(|t| t.1).sum();
        let mean_length = if occurrences == 0 { 1.0 } else { occurrences as f64 / documents as f64 };
        Ok(Vectorizer { params, analyzer, words, tallies, documents, mean_length, factors })
    }

    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// What it was fitted with.
    pub fn params(&self) -> &VectorizerParams {
        &self.params
    }

    /// What cuts texts into terms.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Documents that it was fitted on.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// How many terms, which are columns.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none, which no fit gives.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The terms in the order of their columns.
    pub fn terms(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.words.len() as u32).map(|n| self.words.word(n))
    }

    /// The term of a column.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn term(&self, column: u32) -> &str {
        self.words.word(column)
    }

    /// The column of a term.
    pub fn column(&self, term: &str) -> Option<u32> {
        self.words.find(term)
    }

    /// Documents with the term of each column, and its occurrences.
    pub fn tallies(&self) -> &[(u64, u64)] {
        &self.tallies
    }

    /// The factor of each column (its idf); empty where the weight has none.
    pub fn factors(&self) -> &[f64] {
        &self.factors
    }

    /// Rows of blocks, whose numbers are columns in order, as one matrix of weights.
    pub(super) fn assemble(&self, blocks: Vec<Rows>, pool: &Pool) -> Csr {
        let nonzeros = blocks.iter().map(|b| b.pairs.len()).sum();
        let mut pointers = Vec::with_capacity(blocks.iter().map(|b| b.ends.len()).sum::<usize>() + 1);
        pointers.push(0);
        let (mut indices, mut data) = (vec![0u32; nonzeros], vec![0f64; nonzeros]);
        let (mut free_indices, mut free_data) = (&mut indices[..], &mut data[..]);
        let mut begin = 0;
        let mut parts = Vec::with_capacity(blocks.len());
        for rows in &blocks {
            let (columns, rest) = std::mem::take(&mut free_indices).split_at_mut(rows.pairs.len());
            free_indices = rest;
            let (numbers, rest) = std::mem::take(&mut free_data).split_at_mut(rows.pairs.len());
            free_data = rest;
            parts.push((rows, columns, numbers));
            pointers.extend(rows.ends.iter().map(|&end| begin + end as usize));
            begin += rows.pairs.len();
        }
        pool.each_mut(&mut parts, |_, _, (rows, columns, numbers)| self.weigh(rows, columns, numbers));
        Csr::trusted(self.len(), pointers, indices, data)
    }

    /// Columns and weights of the rows of a block.
    pub(super) fn weigh(&self, rows: &Rows, columns: &mut [u32], numbers: &mut [f64]) {
        let mut from = 0;
        for &end in &rows.ends {
            let range = from..end as usize;
            from = range.end;
            let (columns, numbers) = (&mut columns[range.clone()], &mut numbers[range.clone()]);
            for ((pair, column), number) in rows.pairs[range].iter().zip(&mut *columns).zip(&mut *numbers) {
                (*column, *number) = (pair.0, f64::from(pair.1));
            }
            self.params.weight.apply(columns, numbers, &self.factors, self.mean_length);
        }
    }

    /// The matrix of other documents; terms that were not seen at the fit are left out.
    ///
    /// # Errors
    /// Of reading; when `progress` stops it.
    pub fn transform(
        &self,
        corpus: &Corpus,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Csr> {
        let known = Known::new(&self.words, pool);
        let blocks = known.blocks(corpus, &self.analyzer, pool, &mut progress)?;
        Ok(self.assemble(blocks, pool))
    }

    /// The matrix of texts in memory, on this thread.
    pub fn transform_texts(&self, texts: &[impl AsRef<str>]) -> Csr {
        let pool = Pool::new(1);
        let texts = texts.iter().map(AsRef::as_ref);
        let rows = if texts.len() <= AT_HAND {
            self.few_rows(texts)
        } else {
            Known::new(&self.words, &pool).rows(texts, &self.analyzer, 0)
        };
        self.assemble(vec![rows], &pool)
    }

    /// Columns and counts of texts, each sorted for itself: marks for all terms would take longer than a few texts do.
    fn few_rows<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Rows {
        let (mut rows, mut columns) = (Rows::default(), Vec::new());
        for text in texts {
            columns.clear();
            self.analyzer.each(text, &mut |term| columns.extend(self.words.find(term)));
            columns.sort_unstable();
            let counts = columns.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32));
            rows.pairs.extend(counts);
            rows.ends.push(rows.pairs.len() as u32);
        }
        rows
    }

    /// Counts of texts as they are asked for: those that BM25 is multiplied by, the weights otherwise.
    pub fn queries(&self, texts: &[impl AsRef<str>]) -> Csr {
        match self.params.weight {
            Weight::Bm25 { .. } => {
                let mut counting = self.clone();
                counting.params.weight = Weight::Count;
                counting.transform_texts(texts)
            }
            _ => self.transform_texts(texts),
        }
    }

    /// The vectorizer as JSON, one term a line.
    pub fn to_json(&self) -> String {
        let head = Saved {
            format: FORMAT.into(),
            version: VERSION,
            documents: self.documents,
            mean_length: self.mean_length,
            // The terms stand below already.
            params: VectorizerParams { vocabulary: None, ..self.params.clone() },
            preparation: self.analyzer.tokens().to_json(),
            terms: Vec::new(),
        };
        // Plain structures of strings and numbers always have a JSON form.
        let mut json = serde_json::to_string(&head).unwrap_or_default();
        json.truncate(json.len().saturating_sub(2));
        for (i, (term, (documents, count))) in self.terms().zip(&self.tallies).enumerate() {
            json.push_str(if i == 0 { "\n" } else { ",\n" });
            json.push_str(&serde_json::to_string(&(term, documents, count)).unwrap_or_default());
        }
        json.push_str("\n]}\n");
        json
    }

    /// Reads [`Vectorizer::to_json`]; `name` is for messages.
    ///
    /// # Errors
    /// No such JSON, another version, terms that stand twice, numbers that cannot be.
    pub fn from_json(name: &str, json: &str) -> Result<Self> {
        let refuse = |code, found: String| {
            Error::input(
                Fault::new(code, found)
                    .file(name)
                    .cause("the file was cut off or altered, is of another kind, or of another version")
                    .next("make it again with: gyeol vectorize FILE -o OUT"),
            )
        };
        let saved: Saved = serde_json::from_str(json)
            .map_err(|e| refuse("broken-vectorizer", format!("no vectorizer: {e}")))?;
        if saved.format != FORMAT || saved.version != VERSION {
            let found = format!(
                "{} of version {}; this program reads {FORMAT} {VERSION}",
                saved.format, saved.version
            );
            return Err(refuse("other-version", found));
        }
        if !saved.mean_length.is_finite() || saved.mean_length <= 0.0 {
            return Err(refuse("broken-vectorizer", format!("a mean length of {}", saved.mean_length)));
        }
        if let Some((term, documents, _)) = saved.terms.iter().find(|(_, df, _)| *df > saved.documents) {
            let shown = gyeol_base::shorten(term, 40);
            let found = format!("'{shown}' stands in {documents} of {} documents", saved.documents);
            return Err(refuse("broken-vectorizer", found));
        }
        let words = words_of(saved.terms.iter().map(|t| t.0.as_str()), saved.terms.len());
        if words.len() != saved.terms.len() || words.is_empty() {
            let found = format!("{} lines, {} different terms", saved.terms.len(), words.len());
            return Err(refuse("repeated-term", found));
        }
        let params = saved.params.check()?.0;
        let analyzer = Analyzer::new(Preparation::from_json(&saved.preparation)?, params.ngrams);
        let tallies = saved.terms.iter().map(|&(_, df, count)| (df, count)).collect();
        let mut vectorizer = Vectorizer::fitted(params, analyzer, words, tallies, saved.documents)?;
        vectorizer.mean_length = saved.mean_length;
        Ok(vectorizer)
    }
}

/// Texts in memory up to which each is sorted for itself.
const AT_HAND: usize = 256;

/// Where a term was last seen: document of the block (from 1) and place among its pairs.
type Marks = Vec<(u32, u32)>;

/// Terms that are known before the text is read.
pub(super) struct Known<'w> {
    words: &'w Words,
    marks: Vec<Mutex<Marks>>,
}

impl<'w> Known<'w> {
    pub fn new(words: &'w Words, pool: &Pool) -> Self {
        Known { words, marks: (0..pool.threads()).map(|_| Mutex::default()).collect() }
    }

    /// Columns and counts of some texts, in order.
    pub fn rows<'a>(
        &self,
        texts: impl Iterator<Item = &'a str>,
        terms: &dyn Tokenize,
        thread: usize,
    ) -> Rows {
        let mut marks = self.marks[thread].lock().unwrap_or_else(PoisonError::into_inner);
        marks.clear();
        marks.resize(self.words.len(), (0, 0));
        let mut rows = Rows::default();
        for text in texts {
            let document = rows.ends.len() as u32 + 1;
            terms.each(text, &mut |term| {
                let Some(column) = self.words.find(term) else { return };
                let mark = &mut marks[column as usize];
                if mark.0 == document {
                    rows.pairs[mark.1 as usize].1 += 1;
                } else {
                    *mark = (document, rows.pairs.len() as u32);
                    rows.pairs.push((column, 1));
                }
            });
            rows.ends.push(rows.pairs.len() as u32);
        }
        settle(&mut rows, None, self.words.len());
        rows
    }

    /// The rows of all blocks of a corpus.
    pub fn blocks(
        &self,
        corpus: &Corpus,
        terms: &dyn Tokenize,
        pool: &Pool,
        progress: &mut dyn FnMut(Totals) -> bool,
    ) -> Result<Vec<Rows>> {
        let mut blocks = Vec::new();
        self.each(corpus, terms, pool, |totals, rows| {
            blocks.push(rows);
            progress(totals)
        })?;
        Ok(blocks)
    }

    /// Hands over the rows of each block of a corpus in order, with what went through, until `take` says false.
    pub fn each(
        &self,
        corpus: &Corpus,
        terms: &dyn Tokenize,
        pool: &Pool,
        take: impl FnMut(Totals, Rows) -> bool,
    ) -> Result<Totals> {
        let rows = |thread: usize, block: &Block| self.rows(block.documents().map(|d| d.text), terms, thread);
        pass(corpus, pool, rows, take)
    }
}
