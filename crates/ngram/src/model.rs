//! A model that answers: opened in milliseconds, asked word by word from any number of threads.

use std::fs::File;
use std::path::Path;

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_tensor::mapped::{Bytes, Mapped};

use crate::binary::header::Header;
use crate::binary::probing::Table;
use crate::binary::words::Words;
use crate::binary::{Layout, compact, f32_at, write};
use crate::estimate::MOST_ORDER;
use crate::hash;
use crate::scores_words::{Scored, ScoresWords};
use crate::tables::{Scheme, Tables};
use crate::vocabulary::{SENTENCE_START, WordId};
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// Models up to this size are checked against their checksums whenever they are opened: it takes milliseconds.
pub const VERIFIED_AT_ONCE: usize = 32 << 20;
/// How many words ahead the tables are asked for.
const AHEAD: usize = 6;

/// A count-based language model. Shared by reference; asking it changes nothing and allocates nothing.
///
/// ```
/// use gyeol_ngram::{Layout, NgramModel, Options, Source, estimate, score_words};
/// let pool = gyeol_tensor::Pool::new(1);
/// let mut text = Source::from_text("the cat sat\nthe dog sat\nthe dog ran\n");
/// let made = estimate(&mut text, &Options { order: 3, ..Options::default() }, &pool, &mut |_| true)?;
/// let model = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true)?;
/// let scored = score_words(&model, &["the", "dog", "sat"]);
/// assert_eq!(scored.len(), 4); // the end of the sentence is scored too
/// assert!(scored.iter().map(|s| s.log10).sum::<f32>() < 0.0);
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
pub struct NgramModel {
    bytes: Bytes,
    name: String,
    header: Header,
    words: Words,
    unigrams: usize,
    tables: Vec<Table>,
    trie: Vec<compact::Level>,
}

impl std::fmt::Debug for NgramModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NgramModel")
            .field("name", &self.name)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// What a model remembers of the words before: the longest part that it has n-grams for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Words from the last to the first.
    words: [WordId; MOST_ORDER - 1],
    /// Weights of the contexts of 1, 2, … of them.
    back_off: [f32; MOST_ORDER - 1],
    len: u8,
    /// How many words came before, at most the order less one.
    history: u8,
}

impl State {
    /// Nothing came before.
    pub const EMPTY: State =
        State { words: [0; MOST_ORDER - 1], back_off: [0.0; MOST_ORDER - 1], len: 0, history: 0 };

    /// The words that matter for what follows, from the last to the first. Two states with equal words predict alike.
    pub fn words(&self) -> &[WordId] {
        &self.words[..self.len as usize]
    }
}

impl NgramModel {
    /// Opens a binary model by mapping its file: the header is checked, and the rest against its checksums if it is
    /// small; call [`NgramModel::verify`] for a large one.
    ///
    /// # Errors
    /// Not a model, another version, cut off or altered; each says which.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |e| Error::io("read", path, "check the path and the permissions", e);
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(Error::input(
                Fault::new("a-folder", "this is a folder, not a model").file(path).next("name a file"),
            ));
        }
        let map = Mapped::open(&file).map_err(failed)?;
        Self::from_bytes(map, &path.display().to_string())
    }

    /// A model from the bytes of a file, in memory or mapped.
    ///
    /// # Errors
    /// As [`NgramModel::open`].
    pub fn from_bytes(bytes: impl Into<Bytes>, name: &str) -> Result<Self> {
        Self::new(bytes.into(), name)
    }

    /// The model as the bytes of its file, shared.
    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// A model in memory; `note` is JSON that is kept with it, `progress` answers whether to go on.
    ///
    /// # Errors
    /// A layout with bits out of range; stopped.
    pub fn from_tables(
        tables: &Tables,
        layout: Layout,
        note: &str,
        pool: &Pool,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Self> {
        Self::from_bytes(write::to_bytes(tables, layout, note, pool, progress)?, "a model in memory")
    }

    fn new(bytes: Bytes, name: &str) -> Result<Self> {
        let header = Header::read(&bytes, name)?;
        if bytes.len() <= VERIFIED_AT_ONCE {
            let mut on = |_| true;
            header.verify(&bytes, name, &Pool::new(1), &mut Watch::new(&mut on, Stage::Writing))?;
        }
        let altered = || {
            Error::input(
                Fault::new("altered-model", "the sections of the model do not fit each other")
                    .file(name)
                    .cause("the file was altered")
                    .next("make the model again, or copy the file again"),
            )
        };
        let mut sections = header.sections.iter().map(|s| s.range());
        let mut next = || sections.next().ok_or_else(altered);
        let _note = next()?;
        let mut words = Words { text: next()?, ends: next()?, slots: next()?, mask: 0 };
        let slots = words.slots.len() / 16;
        let unigrams = next()?;
        let fits = slots.is_power_of_two()
            && words.slots.len().is_multiple_of(16)
            && words.ends.len() == 4 * header.words
            && unigrams.len() == 8 * header.words;
        if !fits {
            return Err(altered());
        }
        words.mask = slots - 1;
        let (mut tables, mut trie) = (Vec::new(), Vec::new());
        match header.layout {
            Layout::Probing => {
                for n in 1..header.order {
                    let range = next()?;
                    let table = Table::new(range.start, range.len(), n + 1 == header.order);
                    if !table.is_sound(range.len()) {
                        return Err(altered());
                    }
                    tables.push(table);
                }
            }
            Layout::Compact { bits } => {
                let word_bits = compact::word_bits(header.words);
                let mut level = compact::Level { len: header.words, ..Default::default() };
                for n in 1..header.order {
                    (level.low, level.high, level.samples) = (next()?, next()?, next()?);
                    let highest = n + 1 == header.order;
                    let mut record = compact::Level {
                        records: next()?,
                        book: next()?,
                        back_offs: next()?,
                        word_bits,
                        bits: u32::from(bits),
                        highest,
                        ..Default::default()
                    };
                    let width = (word_bits + u32::from(bits) * if highest { 1 } else { 2 }) as usize;
                    // Records end with a part of a word of 64 bits and 8 bytes more: too few to hold another record
                    // would leave the number open, so the last beginning tells it.
                    let last = crate::binary::packed::last(
                        &bytes[level.low.clone()],
                        &bytes[level.high.clone()],
                        level.len,
                        record.records.len().saturating_sub(8) * 8 / width,
                    );
                    record.len = last.ok_or_else(altered)?;
                    level.set_children(record.len);
                    trie.push(std::mem::replace(&mut level, record));
                }
                trie.push(level);
            }
        }
        if sections.next().is_some() {
            return Err(altered());
        }
        Ok(NgramModel { words, unigrams: unigrams.start, tables, trie, name: name.into(), header, bytes })
    }

    /// Compares every byte with the checksums: about a tenth of a second for a gigabyte in memory. `progress` answers
    /// whether to go on.
    ///
    /// # Errors
    /// An altered file; stopped.
    pub fn verify(&self, pool: &Pool, progress: &mut dyn FnMut(Stage) -> bool) -> Result<()> {
        self.header.verify(&self.bytes, &self.name, pool, &mut Watch::new(progress, Stage::Writing))
    }

    /// Asks the system to read the whole file ahead.
    pub fn read_ahead(&self) {
        self.bytes.read_ahead();
    }

    /// Longest n-gram.
    pub fn order(&self) -> usize {
        self.header.order
    }

    /// Bytes of the model.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How it is laid out.
    pub fn layout(&self) -> Layout {
        self.header.layout
    }

    /// How it scores words after contexts they were not seen after.
    pub fn scheme(&self) -> Scheme {
        self.header.scheme
    }

    /// The JSON note kept with it.
    pub fn note(&self) -> &str {
        let range = self.header.sections[0].range();
        std::str::from_utf8(&self.bytes[range]).unwrap_or("{}")
    }

    #[inline(always)]
    fn unigram(&self, bytes: &[u8], word: WordId) -> (f32, f32) {
        let at = self.unigrams + 8 * word as usize;
        (f32_at(bytes, at), f32_at(bytes, at + 4))
    }

    /// Scores a word after a state; `bytes` are the model's own, looked up once for many words.
    #[inline(always)]
    fn score_in(&self, bytes: &[u8], state: &State, word: WordId) -> (Scored, State) {
        // A number that is no word of this model is an unknown word.
        let word = if (word as usize) < self.header.words { word } else { 0 };
        let mut next = State::EMPTY;
        let (mut log10, weight) = self.unigram(bytes, word);
        let order = self.header.order;
        next.words[0] = word;
        next.back_off[0] = weight;
        let mut matched = 1usize;
        let len = state.len as usize;
        match self.header.layout {
            Layout::Probing => {
                let mut hashes = [0u64; MOST_ORDER - 1];
                let mut hash = hash::extend(self.header.seed, word);
                for k in 0..len {
                    hash = hash::extend(hash, state.words[k]);
                    hashes[k] = hash;
                    self.tables[k].prefetch(bytes, hash);
                }
                for k in 0..len {
                    let Some((probability, weight)) = self.tables[k].find(bytes, hashes[k]) else { break };
                    log10 = probability;
                    matched = k + 2;
                    if matched < order {
                        next.words[k + 1] = state.words[k];
                        next.back_off[k + 1] = weight;
                    }
                }
            }
            Layout::Compact { .. } => {
                let mut node = word as usize;
                for k in 0..len {
                    let range = self.trie[k].children(bytes, node);
                    let level = &self.trie[k + 1];
                    let Some(child) = level.find(bytes, range, state.words[k]) else { break };
                    node = child;
                    let (probability, weight) = level.values(bytes, child);
                    log10 = probability;
                    matched = k + 2;
                    if matched < order {
                        next.words[k + 1] = state.words[k];
                        next.back_off[k + 1] = weight;
                    }
                }
            }
        }
        next.len = matched.min(order - 1) as u8;
        next.history = (state.history + 1).min(order as u8 - 1);
        let mut back_off = 0f32;
        match self.header.scheme {
            Scheme::BackOff => {
                for k in matched..=len {
                    back_off += state.back_off[k - 1];
                }
            }
            Scheme::Stupid(factor) => back_off = factor * (usize::from(state.history) + 1 - matched) as f32,
            Scheme::Additive(uniform) => {
                let history = usize::from(state.history);
                if len < history {
                    log10 = uniform;
                } else if matched <= len {
                    log10 = state.back_off[len - 1];
                }
            }
        }
        let scored =
            Scored { word, log10: log10 + back_off, matched: matched as u8, back_off, unknown: word == 0 };
        (scored, next)
    }

    /// Prefetches what scoring `words[at]` may need, `words` being a sentence with what stands before it.
    #[inline(always)]
    fn prefetch(&self, bytes: &[u8], words: &[WordId], at: usize) {
        if self.header.layout == Layout::Probing {
            let mut hash = hash::extend(self.header.seed, words[at]);
            for k in 0..at.min(self.header.order - 1) {
                hash = hash::extend(hash, words[at - 1 - k]);
                self.tables[k].prefetch(bytes, hash);
            }
        }
    }
}

impl ScoresWords for NgramModel {
    type State = State;

    fn vocabulary_len(&self) -> usize {
        self.header.words
    }

    #[inline]
    fn id(&self, word: &[u8]) -> WordId {
        self.words.id(&self.bytes, word)
    }

    fn word(&self, id: WordId) -> &str {
        self.words.word(&self.bytes, id)
    }

    fn start(&self) -> State {
        let mut state = State::EMPTY;
        if self.order() > 1 {
            state.words[0] = SENTENCE_START;
            state.back_off[0] = self.unigram(&self.bytes, SENTENCE_START).1;
            (state.len, state.history) = (1, 1);
        }
        state
    }

    #[inline]
    fn score(&self, state: &State, word: WordId) -> (Scored, State) {
        self.score_in(&self.bytes, state, word)
    }

    fn context(&self) -> Option<usize> {
        Some(self.order() - 1)
    }

    fn alike(&self, a: &State, b: &State) -> bool {
        a.words() == b.words()
    }

    /// The tables are asked for some words ahead.
    #[inline]
    fn score_run(&self, words: &[WordId], mut state: State, each: &mut impl FnMut(Scored)) -> State {
        let bytes: &[u8] = &self.bytes;
        for at in 1..words.len().min(1 + AHEAD) {
            self.prefetch(bytes, words, at);
        }
        for at in 1..words.len() {
            if at + AHEAD < words.len() {
                self.prefetch(bytes, words, at + AHEAD);
            }
            let (scored, next) = self.score_in(bytes, &state, words[at]);
            each(scored);
            state = next;
        }
        state
    }

    fn priors(&self) -> Vec<f32> {
        let bytes: &[u8] = &self.bytes;
        (0..self.header.words as u32).map(|word| self.score_in(bytes, &State::EMPTY, word).0.log10).collect()
    }
}
