//! Texts as sequences of numbers: the tokens of the chain, characters, or letters of Hangul taken apart, one after another.
//!
//! Which units have a number is learnt from the training texts; all others are the unknown one. A text keeps its first
//! `longest` units, and one without any is a single unknown unit.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyeol_base::{Error, Fault, Result, Warning};
use gyeol_neural::TokenVectors;
use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::{Preparation, PreparationParams};
use gyeol_text::vocabulary::{Vocabulary, VocabularyParams};
use gyeol_vectors::pretrained::{Form, Pretrained};
use serde::{Deserialize, Serialize};

use crate::words::{Unit, characters};

/// Most units of a text that are kept.
pub const MOST_UNITS: usize = 4096;
/// Number of the unknown unit; 0 stands for nothing.
pub(crate) const UNKNOWN: u32 = 1;

/// Which units of a text become numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitsParams {
    /// What a unit is: a token of the chain, a character, or a letter.
    pub unit: Unit,
    /// Least occurrences in the training texts.
    pub min_count: u64,
    /// Most units with a number, the most frequent ones.
    pub most: Option<usize>,
    /// Units of a text that are kept, its first ones.
    pub longest: usize,
    /// A file of vectors that units begin with, and its form where that is not told from the contents.
    pub vectors: Option<(PathBuf, Option<Form>)>,
}

impl fmt::Display for UnitsParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ≤ {}", self.unit, self.longest)
    }
}

/// Units with their numbers.
#[derive(Debug, Clone)]
pub struct Units {
    unit: Unit,
    longest: usize,
    chain: Preparation,
    vocabulary: Vocabulary,
    /// While a net is fitted; a fitted one has them in its parameters.
    begins: Option<Arc<UnitVectors>>,
}

/// The vectors that units begin with, and how many have one.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitVectors {
    /// The file.
    pub path: PathBuf,
    /// By unit.
    pub vectors: TokenVectors,
    /// Form of the file.
    pub form: Form,
    /// By what that was told.
    pub because: String,
    /// Units with a vector, and all of them but the unknown one and nothing.
    pub found: [usize; 2],
    /// Those whose vector is made of their character n-grams.
    pub composed: usize,
    /// Share of the units of the training texts that have one.
    pub share: f64,
}

impl UnitVectors {
    fn read(
        path: &Path,
        form: Option<Form>,
        vocabulary: &Vocabulary,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<UnitVectors> {
        let words = || vocabulary.words().map(|(_, word, ..)| word);
        let read = Pretrained::read(path, form, words(), progress)?;
        let before = vocabulary.len() - read.asked();
        let all = (0..before).map(|_| None).chain((0..read.asked()).map(|word| read.vector(word)));
        let counts = vocabulary.words().enumerate().map(|(word, (.., count, _))| (word, count));
        let of_found = counts.filter(|(word, _)| read.vector(*word).is_some()).map(|(_, count)| count);
        // Units that are too rare for a number are counted too.
        let total = vocabulary.total().tokens.max(1) as f64;
        Ok(UnitVectors {
            path: path.to_owned(),
            share: of_found.sum::<u64>() as f64 / total,
            vectors: TokenVectors::new(read.dimension(), all)?,
            form: read.form(),
            because: read.because().to_owned(),
            found: [read.found(), read.asked()],
            composed: read.composed(),
        })
    }
}

/// As it is saved.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    unit: String,
    longest: usize,
    chain: serde_json::Value,
    vocabulary: String,
}

/// Texts as numbers, one behind the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequences {
    ids: Vec<u32>,
    /// Where each begins, and the end of the last.
    first: Vec<usize>,
    /// Whether each was cut.
    cut: Vec<bool>,
    /// Numbers that there are.
    vocabulary: usize,
    begins: Option<Arc<UnitVectors>>,
    /// Numbers beside each sequence, and how many.
    beside: Vec<f32>,
    width: usize,
}

impl Sequences {
    fn of(vocabulary: usize) -> Sequences {
        Sequences {
            ids: Vec::new(),
            first: vec![0],
            cut: Vec::new(),
            vocabulary,
            begins: None,
            beside: Vec::new(),
            width: 0,
        }
    }

    fn push(&mut self, ids: &[u32], longest: usize) {
        self.ids.extend(&ids[..ids.len().min(longest)]);
        if ids.is_empty() {
            self.ids.push(UNKNOWN);
        }
        self.first.push(self.ids.len());
        self.cut.push(ids.len() > longest);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.cut.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers that units have: those of the vocabulary, the unknown one and nothing.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Numbers of each sequence that a net reads beside its units.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Those of one; empty where there are none.
    ///
    /// # Panics
    /// If there is no such sequence.
    pub fn beside(&self, i: usize) -> &[f32] {
        &self.beside[i * self.width..(i + 1) * self.width]
    }

    /// The same sequences with `width` numbers beside each.
    ///
    /// # Errors
    /// Another number of numbers.
    pub fn with_beside(self, beside: Vec<f32>, width: usize) -> Result<Sequences> {
        if beside.len() != self.len() * width {
            let found = format!("{} numbers beside {} sequences of {width}", beside.len(), self.len());
            return Err(Error::defect(found));
        }
        Ok(Sequences { beside, width, ..self })
    }

    /// The vectors that units begin with, where they come from a file.
    pub fn begins(&self) -> Option<&UnitVectors> {
        self.begins.as_deref()
    }

    /// Units of all.
    pub fn units(&self) -> usize {
        self.ids.len()
    }

    /// How many were cut.
    pub fn cut(&self) -> usize {
        self.cut.iter().filter(|cut| **cut).count()
    }

    /// The numbers of one.
    ///
    /// # Panics
    /// If there is no such sequence.
    pub fn at(&self, i: usize) -> &[u32] {
        &self.ids[self.first[i]..self.first[i + 1]]
    }

    pub(crate) fn select(&self, at: &[usize]) -> Sequences {
        let mut out =
            Sequences { begins: self.begins.clone(), width: self.width, ..Sequences::of(self.vocabulary) };
        for &i in at {
            out.beside.extend(self.beside(i));
            out.ids.extend(self.at(i));
            out.first.push(out.ids.len());
            out.cut.push(self.cut[i]);
        }
        out
    }

    /// One sequence for each place, with the units there taken for the unknown one; what stands beside is that of the whole.
    pub(crate) fn without(&self, i: usize, places: &[Range<usize>]) -> Sequences {
        let mut out = Sequences { width: self.width, ..Sequences::of(self.vocabulary) };
        for place in places {
            out.beside.extend(self.beside(i));
            let first = out.ids.len();
            out.ids.extend(self.at(i));
            out.ids[first + place.start..first + place.end].fill(UNKNOWN);
            out.first.push(out.ids.len());
            out.cut.push(self.cut[i]);
        }
        out
    }

    pub(crate) fn below(&self, other: &Sequences) -> Sequences {
        let mut out = self.clone();
        out.append(other);
        out
    }

    fn append(&mut self, other: &Sequences) {
        let before = self.ids.len();
        self.first.extend(other.first[1..].iter().map(|end| end + before));
        self.ids.extend(&other.ids);
        self.cut.extend(&other.cut);
        self.beside.extend(&other.beside);
    }
}

impl Units {
    /// Numbers the units of the training texts, and reads the vectors that they begin with. `words` is the fitted chain for tokens, and `chain` what it was made from.
    ///
    /// # Errors
    /// Lengths outside their range; of reading texts or vectors; when stopped.
    pub fn fit(
        params: &UnitsParams,
        corpus: &Corpus,
        chain: &PreparationParams,
        words: &Preparation,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Units> {
        if !(1..=MOST_UNITS).contains(&params.longest) {
            return Err(Fault::new("bad-length", format!("texts of {} units", params.longest))
                .next(format!("keep from 1 to {MOST_UNITS} of them"))
                .option());
        }
        let chain = match params.unit {
            Unit::Word => words.clone(),
            Unit::Char | Unit::Jamo => characters(chain, params.unit, "char-ngrams:1-1".into())?,
            Unit::CharWithinWords => {
                return Err(Fault::new("bad-features", "characters within words follow no one order")
                    .next("take word, char or jamo as the unit")
                    .option());
            }
        };
        let counted = VocabularyParams {
            min_count: params.min_count,
            size: params.most,
            unknown: true,
            ..VocabularyParams::default()
        };
        let (vocabulary, _) = Vocabulary::fit(corpus, &chain, counted, pool, &mut progress)?;
        let mut reads = |bytes| progress(Totals { documents: 0, bytes });
        let begins = match &params.vectors {
            Some((path, form)) => Some(Arc::new(UnitVectors::read(path, *form, &vocabulary, &mut reads)?)),
            None => None,
        };
        Ok(Units { unit: params.unit, longest: params.longest, chain, vocabulary, begins })
    }

    /// What a unit is.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Units of a text that are kept.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Numbers that units have.
    pub fn len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Never: the unknown unit has a number.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The units of a text as they are written, as many as are kept.
    pub fn written(&self, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        self.chain.each(text, &mut |token| {
            if out.len() < self.longest {
                out.push(token.to_owned());
            }
        });
        out
    }

    fn push(&self, text: &str, room: &mut Vec<u32>, out: &mut Sequences) {
        room.clear();
        self.chain.each(text, &mut |token| room.push(self.vocabulary.id(token).unwrap_or(UNKNOWN)));
        out.push(room, self.longest);
    }

    /// Sequences of a corpus.
    ///
    /// # Errors
    /// Of reading; when stopped.
    pub fn transform(
        &self,
        corpus: &Corpus,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Sequences> {
        let begun = Sequences { begins: self.begins.clone(), ..Sequences::of(self.len()) };
        let (mut all, mut seen) = (begun, Totals::default());
        corpus.map(
            pool,
            |_, block| {
                let (mut part, mut room) = (Sequences::of(self.len()), Vec::new());
                block.documents().for_each(|document| self.push(document.text, &mut room, &mut part));
                (part, Totals { documents: block.len() as u64, bytes: block.bytes() as u64 })
            },
            |_, (part, done)| {
                all.append(&part);
                seen.documents += done.documents;
                seen.bytes += done.bytes;
                if progress(seen) { Ok(()) } else { Err(Error::stopped()) }
            },
        )?;
        Ok(all)
    }

    /// Sequences of texts in memory.
    pub fn transform_texts(&self, texts: &[impl AsRef<str>]) -> Sequences {
        let (mut out, mut room) = (Sequences::of(self.len()), Vec::new());
        texts.iter().for_each(|text| self.push(text.as_ref(), &mut room, &mut out));
        out
    }

    /// What deserves to be said of texts that were cut.
    pub(crate) fn cut(&self, texts: &Sequences) -> Option<Warning> {
        let (cut, all, longest) = (texts.cut(), texts.len(), self.longest);
        let words = format!("{cut} of {all} texts are longer than the {longest} units that are read of one");
        (cut > 0).then(|| Warning::new("cut-texts", words))
    }

    /// All of it as JSON.
    pub fn to_json(&self) -> String {
        let saved = Saved {
            unit: self.unit.to_string(),
            longest: self.longest,
            chain: self.chain.to_json(),
            vocabulary: self.vocabulary.to_json(),
        };
        // Plain structures of strings and numbers always have a JSON form.
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// Reads [`Units::to_json`].
    ///
    /// # Errors
    /// Another form, a chain or words that cannot be read.
    pub fn from_json(json: &str) -> Result<Units> {
        let saved: Saved = serde_json::from_str(json).map_err(gyeol_bundle::bad_manifest)?;
        let unit: Unit = saved.unit.parse()?;
        let chain = Preparation::from_json(&saved.chain)?;
        let vocabulary = Vocabulary::from_json("the model", &saved.vocabulary)?;
        let sound = (1..=MOST_UNITS).contains(&saved.longest) && vocabulary.unknown() == Some(UNKNOWN);
        if !sound || vocabulary.len() > u32::MAX as usize {
            return Err(gyeol_bundle::bad_manifest(format!(
                "texts of {} units, the unknown one numbered {:?}",
                saved.longest,
                vocabulary.unknown()
            )));
        }
        Ok(Units { unit, longest: saved.longest, chain, vocabulary, begins: None })
    }
}
