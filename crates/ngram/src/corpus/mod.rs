//! Step 1: lines to sentences of word numbers, the vocabulary by first appearance.
//!
//! Blocks of lines are cut into words on all threads, each with a vocabulary of its own; those are merged in the
//! order of the blocks, so numbers are the same for any number of threads.

pub(crate) mod source;
pub(crate) mod spool;

use std::path::Path;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use crate::vocabulary::{RESERVED, SENTENCE_END, SENTENCE_START, UNKNOWN, Vocabulary, WordId};
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};
pub use source::Source;
use source::{Lines, Words};
use spool::Spool;

/// What is done with `<s>` and `</s>` that stand in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Markers {
    /// They are an error that names the line; `<unk>` in the text counts as an unknown word.
    #[default]
    Refuse,
    /// `<s>`, `</s>` and `<unk>` are taken for spaces, as `lmplz --skip_symbols` does.
    Skip,
}

/// How a text becomes sentences.
#[derive(Debug, Clone, Default)]
pub struct CorpusOptions {
    /// Markers in the text.
    pub markers: Markers,
    /// Whether a line without words is a sentence without words (as for `lmplz`) instead of nothing.
    pub keep_blank_lines: bool,
    /// Keep only this many of the most frequent words (ties by first appearance); the others become `<unk>`.
    pub vocabulary_limit: Option<usize>,
    /// Keep only words that occur at least this often; the others become `<unk>`.
    pub minimum_count: u64,
}

/// A text as numbers.
pub(crate) struct Corpus {
    pub vocabulary: Vocabulary,
    pub spool: Spool,
    /// How often each word is predicted: `</s>` once a sentence, `<s>` never.
    pub histogram: Vec<u64>,
    pub tokens: u64,
    pub sentences: u64,
}

#[derive(Default)]
struct Local {
    text: Vec<u8>,
    vocabulary: Vocabulary,
    ids: Vec<WordId>,
    lines: u64,
    problem: Option<(u64, Problem)>,
    map: Vec<WordId>,
}

enum Problem {
    Marker(WordId),
    NotUtf8,
    Full(Error),
}

/// Reads a text to its end. The watcher is told the words read so far.
pub(crate) fn read(
    source: &mut Source,
    options: &CorpusOptions,
    spool: u64,
    folder: &Path,
    pool: &Pool,
    watch: &mut Watch<'_>,
) -> Result<Corpus> {
    let mut corpus = Corpus {
        vocabulary: Vocabulary::new(),
        spool: Spool::new(spool, folder),
        histogram: Vec::new(),
        tokens: 0,
        sentences: 0,
    };
    let mut locals: Vec<Local> = (0..pool.threads().min(64)).map(|_| Local::default()).collect();
    let mut lines = 0u64;
    loop {
        let mut filled = 0;
        for local in &mut locals {
            if !source.watched_block(&mut local.text, watch)? {
                break;
            }
            filled += 1;
        }
        if filled == 0 {
            break;
        }
        let locals = &mut locals[..filled];
        pool.each_mut(locals, |_, _, local| local.cut(options));
        for local in locals.iter_mut() {
            if let Some((line, problem)) = local.problem.take() {
                return Err(problem.at(source.name(), lines + line));
            }
            lines += local.lines;
            local.map.clear();
            for id in 0..local.vocabulary.len() as u32 {
                local.map.push(corpus.vocabulary.insert(local.vocabulary.bytes_of(id))?);
            }
        }
        pool.each_mut(locals, |_, _, local| {
            for id in &mut local.ids {
                *id = local.map[*id as usize];
            }
        });
        corpus.histogram.resize(corpus.vocabulary.len(), 0);
        for local in locals.iter_mut() {
            for &id in &local.ids {
                corpus.histogram[id as usize] += 1;
            }
            corpus.tokens += local.ids.len() as u64;
            corpus.spool.push(std::mem::take(&mut local.ids))?;
        }
        watch.tell(Stage::Reading(corpus.tokens))?;
    }
    corpus.histogram.resize(corpus.vocabulary.len(), 0);
    corpus.sentences = corpus.histogram[SENTENCE_END as usize];
    if corpus.sentences == 0 {
        return Err(Error::input(
            Fault::new("empty-corpus", "there is no word in it")
                .file(source.name())
                .cause("an empty file, or nothing but blank lines")
                .next("give a text with one sentence on a line, words split by spaces"),
        ));
    }
    if corpus.tokens >= u64::from(u32::MAX) {
        return Err(Error::limit(
            Fault::new("too-many-tokens", format!("{} words, more than 2^32 - 2", corpus.tokens))
                .file(source.name())
                .cause("a text beyond what one model is made from here")
                .next("train on parts and mix the models"),
        ));
    }
    corpus.limit(options, watch)?;
    Ok(corpus)
}

impl Local {
    fn cut(&mut self, options: &CorpusOptions) {
        self.vocabulary.clear();
        self.ids.clear();
        self.lines = 0;
        for line in Lines(&self.text) {
            self.lines += 1;
            let start = self.ids.len();
            for word in Words(line) {
                let known = self.vocabulary.len() as u32;
                let id = match self.vocabulary.insert(word) {
                    Ok(id) => id,
                    Err(full) => {
                        self.problem = Some((self.lines, Problem::Full(full)));
                        return;
                    }
                };
                if id <= SENTENCE_END {
                    match options.markers {
                        Markers::Skip => continue,
                        Markers::Refuse if id != UNKNOWN => {
                            self.problem = Some((self.lines, Problem::Marker(id)));
                            return;
                        }
                        Markers::Refuse => {}
                    }
                } else if id == known && std::str::from_utf8(word).is_err() {
                    self.problem = Some((self.lines, Problem::NotUtf8));
                    return;
                }
                self.ids.push(id);
            }
            if self.ids.len() > start || options.keep_blank_lines {
                self.ids.push(SENTENCE_END);
            }
        }
    }
}

impl Problem {
    fn at(self, file: &str, line: u64) -> Error {
        let fault = match self {
            Problem::Full(error) => return error,
            Problem::Marker(id) => {
                let word = RESERVED[id as usize];
                Fault::new("marker-in-text", format!("the reserved word {word} stands in the text"))
                    .cause("sentence marks were written into the file; they are added here for each line")
                    .next("take them out, or ask for markers to be skipped")
            }
            Problem::NotUtf8 => Fault::new("undecodable-bytes", "a word is not UTF-8")
                .cause("another encoding, or binary data")
                .next("convert the text first, for instance: iconv -f EUC-KR -t UTF-8"),
        };
        Error::input(fault.file(file).row(line as usize))
    }
}

impl Corpus {
    /// Turns the words beyond the limits into `<unk>`; those that stay keep their order.
    fn limit(&mut self, options: &CorpusOptions, watch: &mut Watch<'_>) -> Result<()> {
        let words = self.vocabulary.len();
        let first = RESERVED.len();
        let mut keep: Vec<bool> =
            (0..words).map(|id| id < first || self.histogram[id] >= options.minimum_count).collect();
        if let Some(limit) = options.vocabulary_limit {
            let mut by_count: Vec<usize> = (first..words).filter(|&id| keep[id]).collect();
            if limit < by_count.len() {
                by_count.select_nth_unstable_by_key(limit, |&id| (std::cmp::Reverse(self.histogram[id]), id));
                by_count[limit..].iter().for_each(|&id| keep[id] = false);
            }
        }
        if keep.iter().all(|&k| k) {
            return Ok(());
        }
        let mut vocabulary = Vocabulary::new();
        let mut histogram = vec![0u64; first];
        let mut map = Vec::with_capacity(words);
        for id in 0..words {
            watch.step(id)?;
            let new =
                if keep[id] { vocabulary.insert(self.vocabulary.bytes_of(id as u32))? } else { UNKNOWN };
            histogram.resize(vocabulary.len(), 0);
            histogram[new as usize] += self.histogram[id];
            map.push(new);
        }
        debug_assert_eq!(map[SENTENCE_START as usize], SENTENCE_START);
        self.spool.renumber(&map, watch)?;
        (self.vocabulary, self.histogram) = (vocabulary, histogram);
        Ok(())
    }
}
