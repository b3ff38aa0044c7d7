//! Words numbered by falling frequency, ties by first appearance; 0 is padding, 1 the unknown word.
//!
//! ```
//! use gyeol_text::vocabulary::{Vocabulary, VocabularyParams};
//! use gyeol_text::words::Scheme;
//!
//! let scheme: Scheme = "whitespace".parse()?;
//! let texts = ["the load fell", "the load rose", "the wind fell"];
//! let vocabulary = Vocabulary::of_texts(&texts, &scheme, VocabularyParams::default())?;
//! assert_eq!(vocabulary.id("the"), Some(2));
//! assert_eq!(vocabulary.id("storm"), Some(1)); // unknown
//! assert_eq!(vocabulary.encode("the wind rose", &scheme), [2, 6, 5]);
//! assert_eq!(vocabulary.decode(&[2, 6, 5])?, ["the", "wind", "rose"]);
//! # Ok::<(), gyeol_text::Error>(())
//! ```

pub(crate) mod count;
mod json;
mod keras;
mod table;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use count::{Counter, Counts, Keep, Tally};
pub(crate) use table::hash;
pub use table::{Queue, Recall, Words};

use crate::corpus::{Corpus, Totals};
use crate::words::Tokenize;
use gyeol_base::{Error, Result};

/// Id of padding.
pub const PADDING: u32 = 0;
/// How padding is written.
pub const PADDING_TOKEN: &str = "<pad>";
/// How the unknown word is written; a text that holds it means the unknown word.
pub const UNKNOWN_TOKEN: &str = "<unk>";

/// Which words get a number.
#[derive(Debug, Clone, PartialEq)]
pub struct VocabularyParams {
    /// Least occurrences; 1 keeps all.
    pub min_count: u64,
    /// Most words, padding and the unknown word not counted.
    pub size: Option<usize>,
    /// Whether words without a number become id 1; they are left out otherwise, and words begin at 1.
    pub unknown: bool,
    /// Bytes that counting may take; what is more goes through files.
    pub memory: Option<usize>,
}

impl Default for VocabularyParams {
    fn default() -> Self {
        VocabularyParams { min_count: 1, size: None, unknown: true, memory: None }
    }
}

impl VocabularyParams {
    fn keep(&self) -> Result<Keep> {
        if self.size == Some(0) || self.size.is_some_and(|s| s > u32::MAX as usize - 2) {
            return Err(Error::option(
                Fault::new("bad-size", format!("a vocabulary of {} words", self.size.unwrap_or_default()))
                    .next("choose 1 to 4,294,967,293, or leave the size away"),
            ));
        }
        Ok(Keep { min_count: self.min_count, size: self.size })
    }
}

/// Words with their numbers and counts.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    words: Words,
    counts: Vec<u64>,
    /// Documents with the word; empty where they are not known.
    documents: Vec<u64>,
    unknown: Option<u32>,
    unknown_token: String,
    total: Total,
    /// How texts were prepared before they were counted, as the chain wrote it.
    preparation: Option<serde_json::Value>,
}

/// What was counted in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Documents.
    pub documents: u64,
    /// Tokens.
    pub tokens: u64,
    /// Distinct words, those without a number too.
    pub types: u64,
    /// Tokens that have a number of their own.
    pub covered: u64,
}

/// Share of all tokens that the most frequent words cover.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Coverage {
    /// Words.
    pub size: u64,
    /// Share of tokens, 0 to 1.
    pub coverage: f64,
}

impl Vocabulary {
    /// Counts a corpus on the pool. `progress` hears after each block what went through, and stops the work by `false`.
    ///
    /// # Errors
    /// Of reading, of a bad size, or when stopped.
    pub fn fit(
        corpus: &Corpus,
        tokenizer: &dyn Tokenize,
        params: VocabularyParams,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<(Self, Vec<Coverage>)> {
        let keep = params.keep()?;
        let counts = count::count(corpus, tokenizer, keep, params.memory, pool, &mut progress)?;
        let curve = curve(&counts);
        Ok((Vocabulary::of_counts(counts, params.unknown), curve))
    }

    /// Counts texts on this thread.
    ///
    /// # Errors
    /// Of a bad size.
    pub fn of_texts(
        texts: &[impl AsRef<str>],
        tokenizer: &dyn Tokenize,
        params: VocabularyParams,
    ) -> Result<Self> {
        let mut counter = Counter::default();
        let mut place = 0;
        for (i, text) in texts.iter().enumerate() {
            tokenizer.each(text.as_ref(), &mut |token| {
                counter.add(token, place, i as u64, &mut |_| ());
                place += 1;
            });
        }
        counter.flush(&mut |_| ());
        Ok(Vocabulary::of_counter(&counter, &params, texts.len() as u64)?.0)
    }

    /// The vocabulary, and the id of each of the counter's words, 0 where it has none.
    pub(crate) fn of_counter(
        counter: &Counter,
        params: &VocabularyParams,
        documents: u64,
    ) -> Result<(Self, Vec<u32>)> {
        let (order, counts) = count::select(counter, params.keep()?, documents);
        let mut vocabulary = Vocabulary::of_counts(counts, params.unknown);
        vocabulary.words.reserve(order.len());
        let mut ids = vec![vocabulary.unknown.unwrap_or(PADDING); counter.words.len()];
        for n in order {
            let (word, tally) = (counter.words.word(n), counter.tallies[n as usize]);
            if !params.unknown || word != UNKNOWN_TOKEN {
                ids[n as usize] = vocabulary.len() as u32;
                vocabulary.push(word, tally.count, tally.documents);
            }
        }
        Ok((vocabulary, ids))
    }

    fn of_counts(counts: Counts, unknown: bool) -> Self {
        let mut vocabulary = Vocabulary::empty(unknown);
        vocabulary.total =
            Total { documents: counts.documents, tokens: counts.tokens, types: counts.types, covered: 0 };
        for (word, Tally { count, documents, .. }) in counts.kept {
            if !unknown || word != UNKNOWN_TOKEN {
                vocabulary.push(&word, count, documents);
            }
        }
        vocabulary
    }

    fn empty(unknown: bool) -> Self {
        Vocabulary {
            words: Words::default(),
            counts: Vec::new(),
            documents: Vec::new(),
            unknown: unknown.then_some(1),
            unknown_token: UNKNOWN_TOKEN.into(),
            total: Total::default(),
            preparation: None,
        }
    }

    /// Adds the next word; false when it is there already.
    fn push(&mut self, word: &str, count: u64, documents: u64) -> bool {
        let (_, new) = self.words.insert(word);
        if new {
            self.counts.push(count);
            self.documents.push(documents);
            self.total.covered = self.total.covered.saturating_add(count);
        }
        new
    }

    /// Id of the first ordinary word.
    pub fn first(&self) -> u32 {
        self.unknown.map_or(1, |u| u + 1)
    }

    /// Ids in all: padding, the unknown word and the words.
    pub fn len(&self) -> usize {
        self.words.len() + self.first() as usize
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.len() == 0
    }

    /// Id of the unknown word, where words without a number have one.
    pub fn unknown(&self) -> Option<u32> {
        self.unknown
    }

    /// What was counted in all.
    pub fn total(&self) -> Total {
        self.total
    }

    /// How the texts were prepared, where a chain prepared them.
    pub fn preparation(&self) -> Option<&serde_json::Value> {
        self.preparation.as_ref()
    }

    /// Keeps how the texts were prepared, so that [`Vocabulary::to_json`] carries it.
    pub fn set_preparation(&mut self, chain: serde_json::Value) {
        self.preparation = Some(chain);
    }

    /// Words in the order of their ids, each with occurrences and documents.
    pub fn words(&self) -> impl Iterator<Item = (u32, &str, u64, u64)> {
        let first = self.first();
        (0..self.words.len() as u32).map(move |n| {
            let i = n as usize;
            (
                n + first,
                self.words.word(n),
                self.counts[i],
                self.documents.get(i).copied().unwrap_or_default(),
            )
        })
    }

    /// The id of a word; that of the unknown word (or `None` without one) where it has none.
    #[inline]
    pub fn id(&self, word: &str) -> Option<u32> {
        self.words.find(word).map(|n| n + self.first()).or(self.unknown)
    }

    /// The word of an id.
    ///
    /// # Errors
    /// An id past the last word.
    pub fn word(&self, id: u32) -> Result<&str> {
        if id == PADDING {
            return Ok(PADDING_TOKEN);
        }
        if Some(id) == self.unknown {
            return Ok(&self.unknown_token);
        }
        let number = id - self.first();
        if number as usize >= self.words.len() {
            return Err(Error::input(
                Fault::new("id-out-of-range", format!("id {id}; the vocabulary ends at {}", self.len() - 1))
                    .cause("ids of another vocabulary")
                    .next("decode with the vocabulary that encoded"),
            ));
        }
        Ok(self.words.word(number))
    }

    /// Ids of the tokens of a text; unknown ones are left out where there is no unknown word.
    pub fn encode(&self, text: &str, tokenizer: &dyn Tokenize) -> Vec<u32> {
        let mut ids = Vec::new();
        tokenizer.each(text, &mut |token| ids.extend(self.id(token)));
        ids
    }

    /// Words of ids, padding left out.
    ///
    /// # Errors
    /// As [`Vocabulary::word`].
    pub fn decode(&self, ids: &[u32]) -> Result<Vec<&str>> {
        ids.iter().filter(|&&id| id != PADDING).map(|&id| self.word(id)).collect()
    }
}

/// Coverage by the 10, 30, 100, 300 … most frequent words, out of how many words have which count.
fn curve(counts: &Counts) -> Vec<Coverage> {
    let mut curve = Vec::new();
    let (mut words, mut tokens) = (0u64, 0u64);
    let mut sizes = (1..).flat_map(|e| [10u64.pow(e), 3 * 10u64.pow(e)]).peekable();
    for (&count, &many) in counts.of_count.iter().rev() {
        while let Some(size) = sizes.next_if(|&s| s <= words + many) {
            let covered = tokens + (size - words) * count;
            curve.push(Coverage { size, coverage: covered as f64 / counts.tokens as f64 });
        }
        (words, tokens) = (words + many, tokens + many * count);
    }
    if counts.tokens > 0 && curve.last().is_none_or(|c| c.size < words) {
        curve.push(Coverage { size: words, coverage: 1.0 });
    }
    curve
}

#[cfg(test)]
mod tests;
