//! One pass over the text: words are numbered while they are found, and become columns when all are known.

use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::Preparation;
use gyeol_text::vocabulary::Words;

use super::model::Known;
use super::pass::pass;
use super::rows::{Rows, Table};
use super::{Analyzer, Vectorizer, VectorizerParams};
use crate::matrix::{Csr, MOST};
use gyeol_base::{Error, Result};

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
        pass(
            corpus,
            pool,
            |thread, block| {
                let mut table = tables[thread].lock().unwrap_or_else(PoisonError::into_inner);
                (thread, table.block(block, &analyzer))
            },
            |totals, rows| {
                blocks.push(rows);
                progress(totals)
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
        blocks: Vec<(usize, Rows)>,
        analyzer: Analyzer,
        pool: &Pool,
    ) -> Result<(Vectorizer, Csr)> {
        let documents: u64 = blocks.iter().map(|(_, rows)| rows.ends.len() as u64).sum();
        let found: Vec<&Words> = tables.iter().map(|table| &table.words).collect();
        let tally = |table: usize, number: u32| {
            let seen = &tables[table].seen[number as usize];
            (seen.documents, seen.count)
        };
        let Chosen { terms, tallies, columns } = choose(&self.0, &found, tally, documents, pool)?;
        // The words of the result are put in a table beside the work on the rows.
        enum Job<'a> {
            Words(Words),
            Rows(Rows, &'a [u32]),
        }
        let mut jobs = vec![Job::Words(Words::default())];
        jobs.extend(blocks.into_iter().map(|(thread, rows)| Job::Rows(rows, &columns[thread])));
        pool.each_mut(&mut jobs, |_, _, job| match job {
            Job::Words(words) => *words = words_of(terms.iter().map(|t| t.of(&found)), terms.len()),
            Job::Rows(rows, columns) => settle(rows, Some(columns), terms.len()),
        });
        let (mut words, mut rows) = (Words::default(), Vec::with_capacity(jobs.len()));
        for job in jobs {
            match job {
                Job::Words(made) => words = made,
                Job::Rows(settled, _) => rows.push(settled),
            }
        }
        let vectorizer = Vectorizer::fitted(self.0.clone(), analyzer, words, tallies, documents)?;
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
            rows.tally(&mut tallies);
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

/// Numbers become columns (where a table of them is given; words that are no term leave), each row in their order; `size`
/// is the number of columns.
pub(super) fn settle(rows: &mut Rows, columns: Option<&[u32]>, size: usize) {
    let mut room = Vec::new();
    let (mut from, mut to) = (0, 0);
    for end in &mut rows.ends {
        let row = from..*end as usize;
        from = row.end;
        let begin = to;
        match columns {
            None => to = row.end,
            Some(columns) => {
                for at in row {
                    let (number, count) = rows.pairs[at];
                    let column = columns[number as usize];
                    if column != NONE {
                        rows.pairs[to] = (column, count);
                        to += 1;
                    }
                }
            }
        }
        sort_row(&mut rows.pairs[begin..to], size, &mut room);
        *end = to as u32;
    }
    rows.pairs.truncate(to);
}

/// Bits of a digit of the sort by digits, and rows from which on it is faster than comparing.
const DIGIT: u32 = 9;
const LONG_ROW: usize = 64;

/// Sorts a row by its columns, which differ and are below `size`: by comparing where it is short, else digit by digit from
/// the last (Knuth, volume 3, 5.2.5).
fn sort_row(row: &mut [(u32, u32)], size: usize, room: &mut Vec<(u32, u32)>) {
    let bits = usize::BITS - size.saturating_sub(1).leading_zeros();
    let passes = bits.div_ceil(DIGIT);
    if row.len() < LONG_ROW * passes as usize / 2 {
        // Columns differ, so that what follows them does not matter to the order.
        row.sort_unstable_by_key(|&(column, count)| u64::from(column) << 32 | u64::from(count));
        return;
    }
    room.clear();
    room.resize(row.len(), (0, 0));
    let (mut from, mut to) = (&mut *row, &mut room[..]);
    for pass in 0..passes {
        let digit = |column: u32| (column >> (pass * DIGIT)) as usize & ((1 << DIGIT) - 1);
        let mut places = [0u32; 1 << DIGIT];
        from.iter().for_each(|&(column, _)| places[digit(column)] += 1);
        let mut sum = 0;
        for place in &mut places {
            (*place, sum) = (sum, sum + *place);
        }
        for &pair in &*from {
            let place = &mut places[digit(pair.0)];
            to[*place as usize] = pair;
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
    }
    if passes % 2 == 1 {
        row.copy_from_slice(room);
    }
}

/// A word in one of several tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    table: u32,
    number: u32,
}

impl Place {
    pub fn of<'w>(self, tables: &[&'w Words]) -> &'w str {
        tables[self.table as usize].word(self.number)
    }
}

/// Terms in the order of their columns, which is that of code points.
pub(super) struct Chosen {
    /// Where each stands.
    pub terms: Vec<Place>,
    /// Documents with each, and its occurrences.
    pub tallies: Vec<(u64, u64)>,
    /// Of each table the column of each word; [`NONE`] where it is no term.
    columns: Vec<Vec<u32>>,
}

/// The first 15 bytes of a word and its length up to 16: they stand in the order of the words, and only longer words can
/// be the same in them.
fn key(word: &str) -> u128 {
    let mut bytes = [0; 16];
    let len = word.len().min(15);
    bytes[..len].copy_from_slice(&word.as_bytes()[..len]);
    bytes[15] = word.len().min(16) as u8;
    u128::from_be_bytes(bytes)
}

/// Whether a key does not say all of its word.
fn is_long(key: u128) -> bool {
    key as u8 == 16
}

/// The words that become terms, out of tables that may share words; `tally(table, number)` gives documents and occurrences.
pub(super) fn choose(
    params: &VectorizerParams,
    tables: &[&Words],
    tally: impl Fn(usize, u32) -> (u64, u64) + Sync,
    documents: u64,
    pool: &Pool,
) -> Result<Chosen> {
    if tables.iter().all(|words| words.is_empty()) {
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
    let order = |a: &(u128, Place), b: &(u128, Place)| {
        let whole = || if is_long(a.0) { a.1.of(tables).cmp(b.1.of(tables)) } else { Ordering::Equal };
        a.0.cmp(&b.0).then_with(whole)
    };
    let begins: Vec<usize> =
        tables.iter().scan(0, |sum, words| Some(std::mem::replace(sum, *sum + words.len()))).collect();
    let all = tables.iter().map(|words| words.len()).sum();
    let mut keyed = vec![(0, Place { table: 0, number: 0 }); all];
    // Sorted pieces first; the sort over all finds them and merges.
    pool.split_mut([&mut keyed], all.div_ceil(2 * pool.threads()).max(1 << 14), |range, [piece]| {
        let mut table = begins.partition_point(|&begin| begin <= range.start) - 1;
        for (at, keyed) in range.zip(&mut *piece) {
            while at - begins[table] >= tables[table].len() {
                table += 1;
            }
            let place = Place { table: table as u32, number: (at - begins[table]) as u32 };
            *keyed = (key(place.of(tables)), place);
        }
        piece.sort_unstable_by(order);
    });
    keyed.sort_by(order);
    let (mut terms, mut tallies) = (Vec::with_capacity(all), Vec::with_capacity(all));
    let mut columns: Vec<Vec<u32>> = tables.iter().map(|words| vec![NONE; words.len()]).collect();
    let mut types = 0;
    for same in keyed.chunk_by(|a, b| order(a, b).is_eq()) {
        let sum = same.iter().fold((0, 0), |sum: (u64, u64), (_, place)| {
            let more = tally(place.table as usize, place.number);
            (sum.0 + more.0, sum.1 + more.1)
        });
        types += 1;
        if (sum.0 as f64) < least || sum.0 as f64 > most {
            continue;
        }
        for (_, place) in same {
            columns[place.table as usize][place.number as usize] = terms.len() as u32;
        }
        terms.push(same[0].1);
        tallies.push(sum);
    }
    if let Some(size) = params.max_terms.filter(|&size| size < terms.len()) {
        let mut kept: Vec<u32> = (0..terms.len() as u32).collect();
        kept.sort_by_key(|&t| std::cmp::Reverse(tallies[t as usize].1));
        kept.truncate(size);
        kept.sort_unstable();
        let mut moved = vec![NONE; terms.len()];
        kept.iter().enumerate().for_each(|(to, &from)| moved[from as usize] = to as u32);
        for column in columns.iter_mut().flatten().filter(|column| **column != NONE) {
            *column = moved[*column as usize];
        }
        terms = kept.iter().map(|&t| terms[t as usize]).collect();
        tallies = kept.iter().map(|&t| tallies[t as usize]).collect();
    }
    if terms.is_empty() {
        return Err(Error::input(
            Fault::new("no-terms", format!("none of {types} terms stands in {least} to {most} documents"))
                .cause("bounds too narrow for so few documents")
                .next("lower the lower bound or raise the upper one"),
        ));
    }
    if terms.len() >= MOST {
        return Err(Error::limit(
            Fault::new("matrix-size", format!("{} terms", terms.len())).next("ask for fewer terms"),
        ));
    }
    Ok(Chosen { terms, tallies, columns })
}
