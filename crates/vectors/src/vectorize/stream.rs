//! Matrices larger than memory: the words are counted within a bound first, then the rows go to files as they come.
//! The result is the same as that of one pass in memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::Preparation;
use gyeol_text::vocabulary::{Vocabulary, VocabularyParams};

use super::fit::{choose, words_of};
use super::model::Known;
use super::pass::pass;
use super::{Analyzer, Vectorizer, VectorizerValid};
use crate::matrix::{Csr, NpzWriter, Numbers};
use gyeol_base::{Error, Result};

/// A matrix whose columns and numbers lie in temporary files.
#[derive(Debug)]
pub struct Spooled {
    cols: usize,
    pointers: Vec<usize>,
    columns: File,
    numbers: File,
}

fn temporary(e: std::io::Error) -> Error {
    Error::io("write", std::env::temp_dir(), "make room there, or name another folder in TMPDIR", e)
}

impl VectorizerValid {
    /// As [`VectorizerValid::fit`], with about `memory` bytes for counting words; reads the corpus twice. What stays in
    /// memory is the vocabulary, eight bytes a document, and a few blocks of text.
    ///
    /// # Errors
    /// As [`VectorizerValid::fit`]; no room for temporary files.
    pub fn fit_bounded(
        &self,
        corpus: &Corpus,
        again: &Corpus,
        tokens: Preparation,
        memory: usize,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<(Vectorizer, Spooled)> {
        let analyzer = Analyzer::new(tokens, self.0.ngrams);
        let (words, tallies, documents) = match &self.0.vocabulary {
            Some(vocabulary) => {
                let words = words_of(vocabulary.iter().map(String::as_str), vocabulary.len());
                let known = Known::new(&words, pool);
                let mut tallies = vec![(0, 0); words.len()];
                let totals = known.each(corpus, &analyzer, pool, |totals, rows| {
                    rows.tally(&mut tallies);
                    progress(totals)
                })?;
                (words, tallies, totals.documents)
            }
            None => {
                let counting =
                    VocabularyParams { unknown: false, memory: Some(memory), ..VocabularyParams::default() };
                let (vocabulary, _) = Vocabulary::fit(corpus, &analyzer, counting, pool, &mut progress)?;
                let documents = vocabulary.total().documents;
                let found =
                    words_of(vocabulary.words().map(|(_, word, ..)| word), vocabulary.words().count());
                let tallies: Vec<(u64, u64)> =
                    vocabulary.words().map(|(.., count, with)| (with, count)).collect();
                drop(vocabulary);
                let chosen = choose(&self.0, &[&found], |_, n| tallies[n as usize], documents, pool)?;
                let words = words_of(chosen.terms.iter().map(|t| t.of(&[&found])), chosen.terms.len());
                (words, chosen.tallies, documents)
            }
        };
        let vectorizer = Vectorizer::fitted(self.0.clone(), analyzer, words, tallies, documents)?;
        let known = Known::new(vectorizer.words(), pool);

        let open = || tempfile::tempfile().map(|f| BufWriter::with_capacity(1 << 18, f)).map_err(temporary);
        let (mut columns, mut numbers) = (open()?, open()?);
        let mut pointers = vec![0];
        let mut failed = None;
        let passed = pass(
            again,
            pool,
            |thread, block| {
                let rows = known.rows(block.documents().map(|d| d.text), vectorizer.analyzer(), thread);
                let (mut columns, mut numbers) = (vec![0; rows.pairs.len()], vec![0.0; rows.pairs.len()]);
                vectorizer.weigh(&rows, &mut columns, &mut numbers);
                (rows.ends, columns, numbers)
            },
            |totals, (ends, block_columns, block_numbers)| {
                let begin = pointers.last().copied().unwrap_or_default();
                pointers.extend(ends.iter().map(|&end| begin + end as usize));
                let written =
                    block_columns.iter().try_for_each(|c| columns.write_all(&c.to_le_bytes())).and_then(
                        |()| block_numbers.iter().try_for_each(|v| numbers.write_all(&v.to_le_bytes())),
                    );
                failed = written.err();
                failed.is_none() && progress(totals)
            },
        );
        if let Some(e) = failed {
            return Err(temporary(e));
        }
        let totals = passed?;
        if totals.documents != documents {
            return Err(Error::input(
                Fault::new("changed-texts", format!("{documents} documents, then {}", totals.documents))
                    .cause("the texts were changed while they were read")
                    .next("run it again"),
            ));
        }
        let close = |out: BufWriter<File>| out.into_inner().map_err(|e| temporary(e.into_error()));
        let spooled =
            Spooled { cols: vectorizer.len(), pointers, columns: close(columns)?, numbers: close(numbers)? };
        Ok((vectorizer, spooled))
    }
}

/// Reads little-endian numbers of `N` bytes.
fn each<const N: usize, T>(
    file: &mut File,
    from: fn([u8; N]) -> T,
) -> std::io::Result<impl Iterator<Item = std::io::Result<T>>> {
    file.rewind()?;
    let length = file.metadata()?.len() / N as u64;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    Ok((0..length).map(move |_| {
        let mut bytes = [0; N];
        reader.read_exact(&mut bytes).map(|()| from(bytes))
    }))
}

impl Spooled {
    /// Documents.
    pub fn rows(&self) -> usize {
        self.pointers.len() - 1
    }

    /// Numbers.
    pub fn nonzeros(&self) -> usize {
        self.pointers.last().copied().unwrap_or_default()
    }

    /// Writes an `.npz`, as [`crate::matrix::write_npz`] would.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_npz(&mut self, path: &Path, numbers: Numbers) -> Result<()> {
        let n = self.nonzeros();
        let mut writer = NpzWriter::create(path, self.rows(), self.cols)?;
        writer.pointers(self.pointers.iter().copied(), n)?;
        writer.columns(each(&mut self.columns, u32::from_le_bytes).map_err(temporary)?, n)?;
        writer.data(each(&mut self.numbers, f64::from_le_bytes).map_err(temporary)?, n, numbers)?;
        writer.finish()
    }

    /// The matrix in memory.
    ///
    /// # Errors
    /// The temporary files cannot be read.
    pub fn into_matrix(mut self) -> Result<Csr> {
        let columns =
            each(&mut self.columns, u32::from_le_bytes).and_then(Iterator::collect).map_err(temporary)?;
        let numbers =
            each(&mut self.numbers, f64::from_le_bytes).and_then(Iterator::collect).map_err(temporary)?;
        Ok(Csr::trusted(self.cols, self.pointers, columns, numbers))
    }
}
