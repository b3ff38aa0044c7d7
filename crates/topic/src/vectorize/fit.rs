//! One pass over the text: words are numbered while they are found, and become columns when all are known.

use std::sync::{Mutex, PoisonError};

use gyeol_data::Fault;
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::Preparation;
use gyeol_text::vocabulary::Words;

use super::model::Known;
use super::rows::{Rows, Seen, Table};
use super::{Analyzer, Vectorizer, VectorizerParams};
use crate::error::{Error, Result};
use crate::matrix::{Csr, MOST};

/// Checked options, to be fitted on the training part.
#[derive(Debug, Clone)]
pub struct VectorizerValid(pub(super) VectorizerParams);

/// A word that is no term.
const NONE: u32 = u32::MAX;

impl VectorizerValid {
    /// Finds the terms of a corpus and makes its matrix, in one pass. `progress` hears after each block what went
    /// through, and stops the work by `false`.
    ///
    /// # Errors
    /// Of reading; no term at all, or none within the bounds; when stopped.
    pub fn fit(
        &self,
        corpus: &Corpus,
        tokens: Preparation,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<(Vectorizer, Csr)> {
        let analyzer = Analyzer::new(tokens, self.0.ngrams);
        if let Some(vocabulary) = &self.0.vocabulary {
            let words = words_of(vocabulary.iter().map(String::as_str), vocabulary.len());
            let known = Known::new(&words, pool);
            let blocks = known.blocks(corpus, &analyzer, pool, &mut progress)?;
            return self.with_vocabulary(words, blocks, analyzer, pool);
        }
        let tables: Vec<Mutex<Table>> = (0..pool.threads()).map(|_| Mutex::default()).collect();
        let mut blocks: Vec<(usize, Rows)> = Vec::new();
        let mut totals = Totals::default();
        corpus.map(
            pool,
            |thread, block| {
                let mut table = tables[thread].lock().unwrap_or_else(PoisonError::into_inner);
                (thread, block.bytes(), table.block(block, &analyzer))
            },
            |_, (thread, bytes, rows)| {
                totals.documents += rows.ends.len() as u64;
                totals.bytes += bytes as u64;
                blocks.push((thread, rows));
                if progress(totals) { Ok(()) } else { Err(gyeol_text::error::stopped()) }
            },
        )?;
        let tables =
            tables.into_iter().map(|t| t.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        self.numbered(tables, blocks, analyzer, pool)
    }

    /// The same for texts in memory, on this thread.
    ///
    /// # Errors
    /// No term at all, or none within the bounds.
    pub fn fit_texts(&self, texts: &[impl AsRef<str>], tokens: Preparation) -> Result<(Vectorizer, Csr)> {
        let analyzer = Analyzer::new(tokens, self.0.ngrams);
        let pool = Pool::new(1);
        let texts = texts.iter().map(AsRef::as_ref);
        if let Some(vocabulary) = &self.0.vocabulary {
            let words = words_of(vocabulary.iter().map(String::as_str), vocabulary.len());
            let known = Known::new(&words, &pool);
            let rows = known.rows(texts, &analyzer, 0);
            return self.with_vocabulary(words, vec![rows], analyzer, &pool);
        }
        let mut table = Table::default();
        let rows = table.count(texts, 0, &analyzer);
        self.numbered(vec![table], vec![(0, rows)], analyzer, &pool)
    }

    /// Puts the words of all threads together, chooses the terms and turns numbers into columns.
    fn numbered(
        &self,
        tables: Vec<Table>,
        mut blocks: Vec<(usize, Rows)>,
        analyzer: Analyzer,
        pool: &Pool,
    ) -> Result<(Vectorizer, Csr)> {
        let documents: u64 = blocks.iter().map(|(_, rows)| rows.ends.len() as u64).sum();
        let mut tables = tables.into_iter();
        let mut sum = tables.next().unwrap_or_default();
        let mut numbers = vec![(0..sum.words.len() as u32).collect::<Vec<u32>>()];
        for table in tables {
            numbers.push(
                (0..table.words.len() as u32)
                    .map(|n| {
                        let (number, new) = sum.words.insert(table.words.word(n));
                        if new {
                            sum.seen.push(Seen::default());
                        }
                        let (to, from) = (&mut sum.seen[number as usize], &table.seen[n as usize]);
                        to.documents += from.documents;
                        to.count += from.count;
                        number
                    })
                    .collect(),
            );
        }
        let tallies: Vec<(u64, u64)> = sum.seen.iter().map(|s| (s.documents, s.count)).collect();
        let order = choose(&self.0, &sum.words, &tallies, documents, pool)?;
        let mut columns = vec![NONE; sum.words.len()];
        order.iter().enumerate().for_each(|(column, &n)| columns[n as usize] = column as u32);
        for table in &mut numbers {
            table.iter_mut().for_each(|n| *n = columns[*n as usize]);
        }
        pool.each_mut(&mut blocks, |_, _, (thread, rows)| settle(rows, Some(&numbers[*thread])));
        let words = words_of(order.iter().map(|&n| sum.words.word(n)), order.len());
        let tallies: Vec<(u64, u64)> = order.iter().map(|&n| tallies[n as usize]).collect();
        let vectorizer = Vectorizer::fitted(self.0.clone(), analyzer, words, tallies, documents)?;
        let rows: Vec<Rows> = blocks.into_iter().map(|(_, rows)| rows).collect();
        let matrix = vectorizer.assemble(rows, pool);
        Ok((vectorizer, matrix))
    }

    fn with_vocabulary(
        &self,
        words: Words,
        blocks: Vec<Rows>,
        analyzer: Analyzer,
        pool: &Pool,
    ) -> Result<(Vectorizer, Csr)> {
        let mut tallies = vec![(0u64, 0u64); words.len()];
        let mut documents = 0;
        for rows in &blocks {
            documents += rows.ends.len() as u64;
            for &(column, count) in &rows.pairs {
                let tally = &mut tallies[column as usize];
                *tally = (tally.0 + 1, tally.1 + u64::from(count));
            }
        }
        let vectorizer = Vectorizer::fitted(self.0.clone(), analyzer, words, tallies, documents)?;
        let matrix = vectorizer.assemble(blocks, pool);
        Ok((vectorizer, matrix))
    }
}

/// Words in the order given, which becomes their number.
pub(super) fn words_of<'a>(all: impl Iterator<Item = &'a str>, count: usize) -> Words {
    let mut words = Words::default();
    words.reserve(count);
    all.for_each(|word| {
        words.insert(word);
    });
    words
}

/// Numbers become columns (where a table of them is given; words that are no term leave), each row in their order.
pub(super) fn settle(rows: &mut Rows, columns: Option<&[u32]>) {
    let (mut from, mut to) = (0, 0);
    for end in &mut rows.ends {
        let row = from..*end as usize;
        from = row.end;
        let begin = to;
        for at in row {
            let (number, count) = rows.pairs[at];
            let column = columns.map_or(number, |columns| columns[number as usize]);
            if column != NONE {
                rows.pairs[to] = (column, count);
                to += 1;
            }
        }
        // Columns differ, so that what follows them does not matter to the order.
        rows.pairs[begin..to]
            .sort_unstable_by_key(|&(column, count)| u64::from(column) << 32 | u64::from(count));
        *end = to as u32;
    }
    rows.pairs.truncate(to);
}

/// Numbers of the words that become terms, in the order of their columns: that of code points, which UTF-8 keeps.
pub(super) fn choose(
    params: &VectorizerParams,
    words: &Words,
    tallies: &[(u64, u64)],
    documents: u64,
    pool: &Pool,
) -> Result<Vec<u32>> {
    if words.is_empty() {
        return Err(Error::input(
            Fault::new("no-terms", format!("no term in {documents} documents"))
                .cause("empty texts, or such that hold stop words or single letters alone")
                .next("look at the tokens with gyeol tokenize, and choose another --scheme"),
        ));
    }
    let (least, most) = (params.min_documents.of(documents), params.max_documents.of(documents));
    if most < least {
        return Err(Error::option(
            Fault::new(
                "document-bound",
                format!("terms of at most {most} and at least {least} of the {documents} documents"),
            )
            .next("raise the upper bound or lower the lower one"),
        ));
    }
    // Eight bytes of each word in front decide nearly all comparisons without a look at the word.
    let prefix = |n: u32| {
        let bytes = words.word(n).as_bytes();
        let mut eight = [0; 8];
        let len = bytes.len().min(8);
        eight[..len].copy_from_slice(&bytes[..len]);
        (u64::from_be_bytes(eight), n)
    };
    let within = |n: &u32| {
        let df = tallies[*n as usize].0 as f64;
        df >= least && df <= most
    };
    let mut keyed: Vec<(u64, u32)> = (0..words.len() as u32).filter(within).map(prefix).collect();
    let order =
        |a: &(u64, u32), b: &(u64, u32)| a.0.cmp(&b.0).then_with(|| words.word(a.1).cmp(words.word(b.1)));
    // Sorted pieces first; the sort over all finds them and merges.
    pool.split_mut([&mut keyed], 1 << 14, |_, [piece]| piece.sort_unstable_by(order));
    keyed.sort_by(order);
    if let Some(size) = params.max_terms.filter(|&size| size < keyed.len()) {
        let mut places: Vec<u32> = (0..keyed.len() as u32).collect();
        places.sort_by_key(|&p| std::cmp::Reverse(tallies[keyed[p as usize].1 as usize].1));
        places.truncate(size);
        places.sort_unstable();
        keyed = places.into_iter().map(|p| keyed[p as usize]).collect();
    }
    if keyed.is_empty() {
        return Err(Error::input(
            Fault::new(
                "no-terms",
                format!("none of {} terms stands in {least} to {most} documents", words.len()),
            )
            .cause("bounds too narrow for so few documents")
            .next("lower the lower bound or raise the upper one"),
        ));
    }
    if keyed.len() > MOST {
        return Err(Error::limit(
            Fault::new("matrix-size", format!("{} terms", keyed.len())).next("ask for fewer terms"),
        ));
    }
    Ok(keyed.into_iter().map(|(_, n)| n).collect())
}
