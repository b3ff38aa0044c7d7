//! Spelling in context by the noisy channel (Kernighan, Church and Gale 1990; Mays, Damerau and Mercer 1991).
//!
//! What was written is taken for what was meant, gone through a channel that now and then changes a word. Of all sentences
//! the one is chosen that has the greatest
//!
//! `log10 P(sentence) + Σ over words of log10 P(written | meant)`, where
//!
//! * the sentence is scored by a language model, in context; a table of word counts is a model of order one,
//! * a word that was meant as written costs `log10(1 − typo rate)`,
//! * a corrected one `log10(typo rate) + weight · log10 P(written | word)` by an [`ErrorModel`] ([`ErrorModel::learn`]),
//! * a written word that the model does not know may be a word nobody has told it of: it then costs the rate of unknown
//!   words in place of its probability, times what the context says of unknown words, times how its letters look. So a
//!   name far from every word stays as it is.
//!
//! | file | step |
//! |---|---|
//! | `pieces` | a line into tokens, words and what stands beside them |
//! | `units`, `distance`, `index` | letters or keys, edits between two words, words that are near |
//! | `learn`, `error_model`, `channel` | edits out of pairs, their probabilities, P(written \| meant) |
//! | `letters`, `dictionary` | how unknown words look, the words of a model and the candidates for one |
//! | `decode` | the best sentence, by a beam |
//!
//! Left alone are numbers, addresses, tags, whatever holds a digit, and words of more than 64 letters. Words written
//! together or apart are not found: a correction is one word for one word.

mod channel;
mod decode;
mod dictionary;
mod distance;
mod error_model;
mod index;
mod learn;
mod letters;
mod pieces;
mod units;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

pub use error_model::{ERROR_MODEL_VERSION, ErrorModel};
pub use learn::{Learned, Learning, Pair, read_errors};

use crate::binary::Layout;
use crate::corpus::Source;
use crate::corpus::source::Lines;
use crate::model::NgramModel;
use crate::scores_words::ScoresWords;
use crate::tables::{Grams, Scheme, Tables};
use crate::vocabulary::{RESERVED, UNKNOWN, Vocabulary};
use crate::watch::{Stage, Watch};
use dictionary::Dictionary;
use gyeol_base::{Error, Result};
use pieces::Case;

/// The most edits a corrector looks for.
pub const MOST_DISTANCE: usize = 3;
/// Unknown words among all words of a text where the model does not tell: about what English news and novels have
/// against a vocabulary of tens of thousands of words.
pub const UNKNOWN_RATE: f64 = 0.02;
/// log10 of what a model gives no mass at all.
const NO_MASS: f32 = -30.0;
/// The most candidates a word may have.
pub const MOST_CANDIDATES: usize = 1000;

/// What a corrector goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Most edits between a written word and its correction, 1 to 3, and at most half of the word's letters.
    pub max_distance: usize,
    /// Share of words that are written wrongly, above 0 and at most 1; at 1 no word is left as it is that has a correction.
    pub typo_rate: f64,
    /// Share of words the model does not know, from 0 to below 1; `None` for the model's own of a table of counts, else
    /// [`UNKNOWN_RATE`].
    pub unknown_rate: Option<f64>,
    /// Whether words that the model knows are doubted too.
    pub real_words: bool,
    /// Weight of log10 P(written | meant) beside log10 P(sentence).
    pub channel_weight: f64,
    /// Candidates of a word that are tried in context.
    pub candidates: usize,
}

impl Default for Params {
    fn default() -> Self {
        Params {
            max_distance: 2,
            typo_rate: 0.02,
            unknown_rate: None,
            real_words: false,
            channel_weight: 1.0,
            candidates: 16,
        }
    }
}

impl Params {
    /// Checks every value.
    ///
    /// # Errors
    /// Names the first one out of range.
    pub fn check(&self) -> Result<()> {
        let bad = |name: &str, value: String, next: &str| {
            Err(Error::option(Fault::new("bad-option", format!("{name} is {value}")).next(next)))
        };
        if !(1..=MOST_DISTANCE).contains(&self.max_distance) {
            return bad("the greatest distance", self.max_distance.to_string(), "choose 1, 2 or 3");
        }
        if !(self.typo_rate > 0.0 && self.typo_rate <= 1.0) {
            return bad("the rate of typing errors", self.typo_rate.to_string(), "choose above 0, at most 1");
        }
        if let Some(rate) = self.unknown_rate
            && !(0.0..1.0).contains(&rate)
        {
            return bad("the rate of unknown words", rate.to_string(), "choose 0 or more, below 1");
        }
        if !(0.0..=100.0).contains(&self.channel_weight) {
            return bad("the weight of the channel", self.channel_weight.to_string(), "choose 0 to 100");
        }
        if !(1..=MOST_CANDIDATES).contains(&self.candidates) {
            return bad("the number of candidates", self.candidates.to_string(), "choose 1 to 1000");
        }
        Ok(())
    }
}

/// A word that may have been meant.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Candidate {
    /// The word, in the case of the one that was written.
    pub text: String,
    /// log10 of its score: by [`Corrector::candidates`] without context, in a [`Change`] that of the whole sentence.
    pub log10: f64,
    /// Its share among the candidates that were compared, the written word among them: 0 to 1.
    pub confidence: f64,
}

/// A word that was changed, or, where candidates are asked for, doubted.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Change {
    /// Where the word begins in the line, in characters from 0.
    pub position: usize,
    /// As it was written.
    pub from: String,
    /// As it is now.
    pub to: String,
    /// log10 of the sentence's score with the word as it was written and the others as they are now; `None` where that has
    /// no probability.
    pub log10_from: Option<f64>,
    /// log10 of the sentence's score as it is now.
    pub log10_to: f64,
    /// Share of the word chosen among all that were tried in its place, the others as they are now: 0 to 1.
    pub confidence: f64,
    /// The best that were tried, the written word among them, the best first; as many as were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// A line and what became of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Correction {
    /// As it was written.
    pub text: String,
    /// As it is now; blanks and punctuation are as they were.
    pub corrected: String,
    /// What was changed, in order.
    pub changes: Vec<Change>,
    /// Words that were doubted and stayed, in order; empty unless candidates are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Change>,
}

/// Corrects spelling with a language model and an error model. Shared by reference; asking changes nothing.
///
/// ```
/// use gyeol_ngram::correct::{Corrector, ErrorModel, Params};
/// use gyeol_ngram::{Layout, NgramModel, Options, Source, estimate};
/// let text = "we sat by the quiet harbour\nthe boat left the harbour\nthe boat was quite small\nit was quite late\n";
/// let pool = gyeol_tensor::Pool::new(1);
/// let options = Options { order: 2, ..Options::default() };
/// let made = estimate(&mut Source::from_text(text), &options, &pool, &mut |_| true)?;
/// let model = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true)?;
/// let corrector = Corrector::new(model, &ErrorModel::flat(), Params::default(), &mut |_| true)?;
///
/// // `quiet` and `quite` are both one edit away; the words beside them decide.
/// assert_eq!(corrector.correct("By the quiett harbuor.").corrected, "By the quiet harbour.");
/// assert_eq!(corrector.correct("The boat was quiite small").corrected, "The boat was quite small");
/// let found = corrector.correct("it was qiute late");
/// assert_eq!((found.changes[0].position, found.changes[0].to.as_str()), (7, "quite"));
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
#[derive(Debug)]
pub struct Corrector<M = NgramModel> {
    model: M,
    dictionary: Dictionary,
    channel: channel::Channel,
    params: Params,
    /// log10 of the unigram probability of an unknown word in the model.
    unknown: f32,
    /// log10 of the rate of unknown words.
    unknown_rate: f64,
}

impl<M: ScoresWords> Corrector<M> {
    /// A corrector with the words of a language model. Its index takes about 12 bytes a rest (at most 29 rests a word for
    /// distance 2, 93 for 3). `progress` answers whether to go on.
    ///
    /// # Errors
    /// Parameters out of range; a model without words of letters; too many words for the index; stopped.
    pub fn new(
        model: M,
        errors: &ErrorModel,
        params: Params,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Self> {
        params.check()?;
        let mut watch = Watch::new(progress, Stage::Indexing);
        watch.tell(Stage::Indexing)?;
        let alphabet = errors.alphabet.clone();
        let dictionary = Dictionary::new(&model, alphabet, &errors.channel, params.max_distance, &mut watch)?;
        if dictionary.len() == 0 {
            return Err(Error::input(
                Fault::new("no-words", "the model has no word of letters")
                    .cause("it was made from numbers, or of letters instead of words")
                    .next("fit a model on text that is cut into words"),
            ));
        }
        let unknown = dictionary.prior_of_unknown();
        let unknown = if unknown.is_finite() { unknown } else { NO_MASS };
        let rate = params.unknown_rate.unwrap_or(UNKNOWN_RATE);
        let channel = errors.channel.clone();
        Ok(Corrector { model, dictionary, channel, params, unknown, unknown_rate: rate.log10() })
    }

    /// What it goes by.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The language model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// How many words it can correct to, case aside.
    pub fn words(&self) -> usize {
        self.dictionary.len()
    }

    /// Bytes of the words and their index, the language model apart.
    pub fn bytes(&self) -> usize {
        self.dictionary.bytes()
    }

    /// Whether the model knows a word, case aside.
    pub fn knows(&self, word: &str) -> bool {
        let mut units = Vec::new();
        self.dictionary.alphabet.read(word, &mut units);
        self.dictionary.find(&units).is_some()
    }

    /// Most edits that a word of so many units is corrected by: half of it stays.
    fn reach(&self, units: usize) -> usize {
        self.params.max_distance.min(units / 2)
    }

    /// The `k` best words that may have been meant by one, the best first, without context and with the word itself left
    /// out: log10 is that of P(word) · P(written | word) to the power of the weight. Empty for a word that is far from
    /// all, or longer than 64 letters.
    ///
    /// ```
    /// use gyeol_ngram::correct::{Corrector, ErrorModel, Params};
    /// let counts = [("the".to_owned(), 500), ("tea".to_owned(), 20), ("then".to_owned(), 90)];
    /// let corrector = Corrector::from_counts(&counts, &ErrorModel::flat(), Params::default(), &mut |_| true)?;
    /// let found = corrector.candidates("Teh", 2);
    /// assert_eq!(found[0].text, "The");
    /// assert!(found[0].confidence > found[1].confidence);
    /// # Ok::<(), gyeol_ngram::Error>(())
    /// ```
    pub fn candidates(&self, word: &str, k: usize) -> Vec<Candidate> {
        let mut units = Vec::with_capacity(word.len());
        self.dictionary.alphabet.read(word, &mut units);
        let weight = self.params.channel_weight as f32;
        let reach = self.reach(units.len());
        let near = self.dictionary.near(&units, reach, &self.channel, weight, k);
        let log10: Vec<f64> =
            near.iter().map(|n| f64::from(n.prior) + f64::from(weight) * f64::from(n.channel)).collect();
        let sum: f64 = log10.iter().map(|l| 10f64.powf(l - log10[0])).sum();
        let case = Case::of(word);
        let text = |form| case.apply(self.meant(form, case));
        near.iter()
            .zip(&log10)
            .map(|(near, &log10_of)| Candidate {
                text: text(near.form),
                log10: log10_of,
                confidence: 10f64.powf(log10_of - log10[0]) / sum,
            })
            .collect()
    }

    /// The likeliest word of a form without what stands beside it; for a word with capitals one without is taken first,
    /// which is then cased as the written one.
    fn meant(&self, form: u32, case: Case) -> &str {
        let words = self.dictionary.words(form).iter().map(|&id| {
            let word = self.model.word(id);
            let core = pieces::core(word).map_or(word, |(begin, end)| &word[begin..end]);
            let plain = !core.contains(char::is_uppercase);
            (case != Case::Plain || plain, self.dictionary.prior(id), core)
        });
        // A plain word in the dictionary goes before a name written alike, as the writer used no capital.
        words.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map_or("", |w| w.2)
    }

    /// Corrects one line.
    pub fn correct(&self, line: &str) -> Correction {
        self.correct_listing(line, 0)
    }

    /// Corrects one line and lists up to `k` candidates of every word that was changed or doubted.
    pub fn correct_listing(&self, line: &str, k: usize) -> Correction {
        decode::correct(self, line, k)
    }
}

impl<M> Corrector<M> {
    /// The same corrector whose model is held as another type that says the same, such as a model of any kind.
    pub fn held_as<N: ScoresWords>(self, hold: impl FnOnce(M) -> N) -> Corrector<N> {
        let Corrector { model, dictionary, channel, params, unknown, unknown_rate } = self;
        Corrector { model: hold(model), dictionary, channel, params, unknown, unknown_rate }
    }
}

impl Corrector<NgramModel> {
    /// A corrector with a table of word counts, each word by itself; see [`read_counts`]. What was counted once tells how
    /// many words are unknown (Good and Turing: their share of all words), unless the parameters say it.
    ///
    /// # Errors
    /// As [`Corrector::new`]; no word.
    pub fn from_counts(
        counts: &[(String, u64)],
        errors: &ErrorModel,
        mut params: Params,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Self> {
        let (model, unknown_rate) = unigrams(counts, progress)?;
        params.unknown_rate = params.unknown_rate.or(Some(unknown_rate));
        Self::new(model, errors, params, progress)
    }
}

/// A model of order one from counts, and the share of words that are unknown.
fn unigrams(counts: &[(String, u64)], progress: &mut dyn FnMut(Stage) -> bool) -> Result<(NgramModel, f64)> {
    let total: f64 = counts.iter().map(|c| c.1 as f64).sum();
    let once = counts.iter().filter(|c| c.1 == 1).count() as f64;
    if total <= 0.0 {
        return Err(Error::input(
            Fault::new("no-counts", "no word in the table of counts")
                .next("write a line a word: word, tab, count"),
        ));
    }
    // One unknown word more than were counted once, so that there always is one, and at most a tenth of all words.
    let unknown = ((once + 1.0) / (total + 1.0)).clamp(1e-9, 0.1);
    let mut vocabulary = Vocabulary::new();
    let mut sums = vec![0f64; RESERVED.len()];
    let mut watch = Watch::new(progress, Stage::Indexing);
    for (step, (word, count)) in counts.iter().enumerate() {
        watch.step(step)?;
        let id = vocabulary.insert(word.as_bytes())? as usize;
        sums.resize(sums.len().max(id + 1), 0.0);
        sums[id] += *count as f64;
    }
    sums[UNKNOWN as usize] = total * unknown / (1.0 - unknown);
    let whole = total / (1.0 - unknown);
    let probability =
        sums.iter().map(|&s| if s > 0.0 { (s / whole).log10() as f32 } else { NO_MASS }).collect();
    let grams = Grams { probability, ..Grams::default() };
    let tables = Tables { vocabulary, levels: vec![grams], scheme: Scheme::BackOff };
    Ok((NgramModel::from_tables(&tables, Layout::Probing, "{}", &Pool::new(1), progress)?, unknown))
}

/// Reads a table of word counts: `word<TAB>count` a line. Equal words add up. `progress` answers whether to go on.
///
/// # Errors
/// A line without tab or count, text that is not UTF-8, an empty table; each names file and line. Stopped.
pub fn read_counts(
    source: &mut Source,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<Vec<(String, u64)>> {
    let mut watch = Watch::new(progress, Stage::Reading(0));
    let name = source.name().to_owned();
    let at = |row: usize, code: &'static str, found: String| {
        let fault = Fault::new(code, found).file(&name).row(row);
        Error::input(fault.cause("it is no table of counts").next("write a line a word: word, tab, count"))
    };
    let (mut block, mut row, mut counts) = (Vec::new(), 0, Vec::new());
    while source.watched_block(&mut block, &mut watch)? {
        for line in Lines(&block) {
            row += 1;
            watch.step(row)?;
            let line = std::str::from_utf8(line).map_err(|e| {
                at(row, "not-utf-8", format!("byte {} of the line is no UTF-8", e.valid_up_to() + 1))
            })?;
            if line.trim().is_empty() {
                continue;
            }
            let (word, count) = line
                .split_once('\t')
                .ok_or_else(|| at(row, "no-count", format!("no tab in '{}'", learn::shown(line))))?;
            let word = word.trim();
            let count = count.trim().parse::<u64>().ok().filter(|&c| c < 1 << 53).ok_or_else(|| {
                at(row, "bad-count", format!("'{}' is no count", learn::shown(count.trim())))
            })?;
            if word.is_empty() || word.contains(char::is_whitespace) {
                return Err(at(row, "no-word", format!("'{}' is not one word", learn::shown(word))));
            }
            counts.push((word.to_owned(), count));
        }
    }
    if counts.is_empty() {
        return Err(Error::input(
            Fault::new("no-counts", "no word in the table of counts")
                .file(&name)
                .next("write a line a word: word, tab, count"),
        ));
    }
    Ok(counts)
}

/// Whether a file (packed or not) begins as a table of counts does: a first line of a word, a tab and a whole number.
///
/// # Errors
/// What the system says; a folder.
pub fn is_counts(path: &str) -> Result<bool> {
    let mut block = Vec::new();
    Source::open(path)?.next_block(&mut block)?;
    let first = String::from_utf8_lossy(block.split(|&b| b == b'\n').next().unwrap_or_default()).into_owned();
    Ok(first
        .split_once('\t')
        .is_some_and(|(word, count)| !word.trim().is_empty() && count.trim().parse::<u64>().is_ok()))
}
