//! Texts as features: n-grams of words, of characters, or of both side by side.
//!
//! | features | terms |
//! |---|---|
//! | `word:1-2` | runs of one or two tokens of the chain |
//! | `char:1-5` | runs of one to five characters, blanks too |
//! | `jamo:3-9` | the same of Hangul taken apart into its letters: 한 is ㅎ ㅏ ㄴ |
//! | `char-wb:3-5` | runs of three to five characters within words, a blank on each side |
//! | `word:1-2+char-wb:3-5` | both, each with its own weights |
//! | `word:1-2@1048576` | columns by a hash of the term, so many for each unit, without a vocabulary |

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use gyeol_base::{Error, Fault, Result};
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, Totals};
use gyeol_text::prepare::{Preparation, PreparationParams};
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::vectorize::{
    Documents, HashingParams, HashingVectorizer, Idf, Norm, Tf, TfIdf, Vectorizer, VectorizerParams, Weight,
};
use serde::{Deserialize, Serialize};

/// Longest run of characters.
const MOST: usize = 16;
/// Most columns of a unit whose terms are hashed.
const MOST_BUCKETS: usize = 1 << 24;

/// What a term is a run of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Tokens of the chain.
    Word,
    /// Characters.
    Char,
    /// Characters, Hangul taken apart (Unicode NFD).
    Jamo,
    /// Characters within words.
    CharWithinWords,
}

gyeol_base::named!(Unit, "a unit of features", "word" => Unit::Word, "char" => Unit::Char, "jamo" => Unit::Jamo, "char-wb" => Unit::CharWithinWords);

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighing {
    /// 1 where the term occurs.
    Presence,
    /// Occurrences.
    Count,
    /// (1 + ln tf) idf, rows of length 1.
    TfIdf,
}

gyeol_base::named!(Weighing, "a weight of terms", "presence" => Weighing::Presence, "count" => Weighing::Count,
    "tf-idf" => Weighing::TfIdf);

impl Weighing {
    fn weight(self) -> Weight {
        match self {
            Weighing::Presence => Weight::Binary,
            Weighing::Count => Weight::Count,
            Weighing::TfIdf => Weight::TfIdf(TfIdf { tf: Tf::Log, idf: Idf::Smooth, norm: Norm::L2 }),
        }
    }
}

/// Which terms become columns: one or more runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Terms {
    runs: Vec<(Unit, usize, usize)>,
    /// Columns of each run where terms are hashed.
    buckets: Option<usize>,
}

impl FromStr for Terms {
    type Err = Error;

    fn from_str(text: &str) -> Result<Terms> {
        let bad = |why: &str| {
            Fault::new("bad-features", format!("'{}' names no features: {why}", gyeol_base::shorten(text, 60)))
                .next("write word:1-2, char:1-5, jamo:3-9, char-wb:3-5, or several with + between; @1048576 behind it hashes the terms")
                .option()
        };
        let (text, buckets) = match text.split_once('@') {
            None => (text, None),
            Some((text, buckets)) => match buckets.parse::<usize>() {
                Ok(buckets) if (1..=MOST_BUCKETS).contains(&buckets) => (text, Some(buckets)),
                _ => return Err(bad("behind @ stands a number of columns up to 16777216")),
            },
        };
        let parts = text.split('+').map(|part| {
            let (unit, range) = part
                .trim()
                .split_once(':')
                .ok_or_else(|| bad("a unit and a range with a colon between are expected"))?;
            let unit: Unit = unit.parse()?;
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            match (from.parse::<usize>(), to.parse::<usize>()) {
                (Ok(from), Ok(to)) if (1..=to).contains(&from) && to <= MOST => Ok((unit, from, to)),
                _ => Err(bad("the range goes from 1 to 16")),
            }
        });
        let parts: Vec<_> = parts.collect::<Result<_>>()?;
        if parts.len() > 8 {
            Err(bad("at most eight side by side"))
        } else {
            Ok(Terms { runs: parts, buckets })
        }
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (unit, from, to)) in self.runs.iter().enumerate() {
            write!(f, "{}{unit}:{from}-{to}", if i == 0 { "" } else { "+" })?;
        }
        self.buckets.map_or(Ok(()), |buckets| write!(f, "@{buckets}"))
    }
}

impl TryFrom<String> for Terms {
    type Error = Error;

    fn try_from(text: String) -> Result<Terms> {
        text.parse()
    }
}

impl From<Terms> for String {
    fn from(terms: Terms) -> String {
        terms.to_string()
    }
}

/// How texts become rows.
#[derive(Debug, Clone, PartialEq)]
pub struct TextParams {
    /// Terms.
    pub terms: Terms,
    /// What stands in a column.
    pub weighing: Weighing,
    /// Least training texts with a term.
    pub min_documents: u64,
    /// Most terms, those with the most occurrences; of all where `None`.
    pub max_terms: Option<usize>,
}

/// Vectorizers side by side, fitted on the training texts.
#[derive(Debug, Clone)]
pub struct TextFeatures {
    parts: Vec<Columns>,
}

/// Columns of one unit: those of a vocabulary, or hashed ones.
#[derive(Debug, Clone)]
enum Columns {
    Known(Vectorizer),
    Hashed(Hashing, HashingVectorizer),
}

/// Hashed columns as they are saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashing {
    buckets: usize,
    ngrams: (usize, usize),
    presence: bool,
    preparation: serde_json::Value,
}

impl Hashing {
    fn columns(self) -> Result<Columns> {
        if self.buckets > MOST_BUCKETS {
            return Err(gyeol_bundle::bad_manifest(format!("{} hashed columns", self.buckets)));
        }
        let tokens = Preparation::from_json(&self.preparation)?;
        let params = HashingParams {
            columns: self.buckets,
            ngrams: self.ngrams,
            alternate_sign: false,
            binary: self.presence,
            norm: Norm::None,
        };
        let vectorizer = params.check(tokens)?;
        Ok(Columns::Hashed(self, vectorizer))
    }
}

impl Columns {
    fn len(&self) -> usize {
        match self {
            Columns::Known(vectorizer) => vectorizer.len(),
            Columns::Hashed(hashing, _) => hashing.buckets,
        }
    }
}

/// The chain of characters: cleaned and normalised as `chain` does, Hangul taken apart for `jamo`.
pub(crate) fn characters(chain: &PreparationParams, unit: Unit, scheme: String) -> Result<Preparation> {
    let apart = (unit == Unit::Jamo).then(|| "nfd".to_owned());
    let params = PreparationParams {
        normalise: chain.normalise.iter().cloned().chain(apart).collect(),
        language: "en".into(),
        scheme,
        dictionary: None,
        stem: String::new(),
        stop_words: Vec::new(),
        stop_above: None,
        ..chain.clone()
    };
    params.check()?.plain()
}

impl TextFeatures {
    /// Finds the terms of the training texts and gives their matrix. `words` is the fitted chain for units of words, and
    /// `chain` what it was made from: characters are cut from texts that were cleaned and normalised alike.
    ///
    /// # Errors
    /// No term within the bounds; of reading; when stopped.
    pub fn fit(
        params: &TextParams,
        corpus: &Corpus,
        chain: &PreparationParams,
        words: &Preparation,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<(TextFeatures, Csr)> {
        let mut parts = Vec::new();
        let mut matrices = Vec::new();
        for &(unit, from, to) in &params.terms.runs {
            let characters = |scheme: &str| characters(chain, unit, format!("{scheme}:{from}-{to}"));
            let (tokens, ngrams) = match unit {
                Unit::Word => (words.clone(), (from, to)),
                Unit::Char | Unit::Jamo => (characters("char-ngrams")?, (1, 1)),
                Unit::CharWithinWords => (characters("char-wb")?, (1, 1)),
            };
            if let Some(buckets) = params.terms.buckets {
                let presence = match params.weighing {
                    Weighing::Presence => true,
                    Weighing::Count => false,
                    Weighing::TfIdf => {
                        let found = "hashed terms are not counted by document, as tf-idf would need";
                        return Err(Fault::new("bad-features", found)
                            .next("weigh them by presence or count")
                            .option());
                    }
                };
                let hashed =
                    Hashing { buckets, ngrams, presence, preparation: tokens.to_json() }.columns()?;
                let part = TextFeatures { parts: vec![hashed] };
                matrices.push(part.transform(corpus, pool, &mut progress)?);
                parts.extend(part.parts);
                continue;
            }
            let params = VectorizerParams {
                ngrams,
                min_documents: Documents::Count(params.min_documents),
                max_terms: params.max_terms,
                weight: params.weighing.weight(),
                ..VectorizerParams::count()
            };
            let (vectorizer, matrix) = params.check()?.fit(corpus, tokens, pool, &mut progress)?;
            parts.push(Columns::Known(vectorizer));
            matrices.push(matrix);
        }
        Ok((TextFeatures { parts }, beside(matrices)?))
    }

    /// Rows of other texts.
    ///
    /// # Errors
    /// Of reading; when stopped.
    pub fn transform(
        &self,
        corpus: &Corpus,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Csr> {
        let rows = self.parts.iter().map(|part| match part {
            Columns::Known(vectorizer) => vectorizer.transform(corpus, pool, &mut progress),
            Columns::Hashed(_, vectorizer) => vectorizer.transform(corpus, pool, &mut progress),
        });
        beside(rows.collect::<Result<_>>()?)
    }

    /// Rows of texts in memory.
    ///
    /// # Errors
    /// A matrix past the bounds of one.
    pub fn transform_texts(&self, texts: &[impl AsRef<str>]) -> Result<Csr> {
        let rows = self.parts.iter().map(|part| match part {
            Columns::Known(vectorizer) => vectorizer.transform_texts(texts),
            Columns::Hashed(_, vectorizer) => vectorizer.transform_texts(texts),
        });
        beside(rows.collect())
    }

    /// Columns.
    pub fn len(&self) -> usize {
        self.parts.iter().map(Columns::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The term of a column; of hashed ones the column's number.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn term(&self, column: usize) -> Cow<'_, str> {
        let mut at = column;
        for part in &self.parts {
            if at < part.len() {
                return match part {
                    Columns::Known(vectorizer) => Cow::Borrowed(vectorizer.term(at as u32)),
                    Columns::Hashed(..) => Cow::Owned(format!("#{at}")),
                };
            }
            at -= part.len();
        }
        panic!("column {column} of {}", self.len())
    }

    /// The vectorizers as one JSON text each.
    pub fn to_json(&self) -> Vec<String> {
        let json = |part: &Columns| match part {
            Columns::Known(vectorizer) => vectorizer.to_json(),
            // Plain structures of strings and numbers always have a JSON form.
            Columns::Hashed(hashing, _) => serde_json::to_string(hashing).unwrap_or_default(),
        };
        self.parts.iter().map(json).collect()
    }

    /// Reads [`TextFeatures::to_json`].
    ///
    /// # Errors
    /// As [`Vectorizer::from_json`].
    pub fn from_json(texts: &[String]) -> Result<TextFeatures> {
        let parts = texts.iter().map(|text| match serde_json::from_str::<Hashing>(text) {
            Ok(hashing) => hashing.columns(),
            Err(_) => Vectorizer::from_json("the model", text).map(Columns::Known),
        });
        Ok(TextFeatures { parts: parts.collect::<Result<_>>()? })
    }
}

/// Matrices of the same rows, one beside the other.
pub(crate) fn beside(mut matrices: Vec<Csr>) -> Result<Csr> {
    if matrices.len() == 1 {
        return Ok(matrices.remove(0));
    }
    let rows = matrices.first().map_or(0, Csr::rows);
    let nonzeros = matrices.iter().map(Csr::nonzeros).sum();
    let (mut pointers, mut indices, mut data) =
        (Vec::with_capacity(rows + 1), Vec::with_capacity(nonzeros), Vec::with_capacity(nonzeros));
    pointers.push(0);
    for row in 0..rows {
        let mut first = 0;
        for matrix in &matrices {
            let (columns, numbers) = matrix.parts(row);
            indices.extend(columns.iter().map(|&column| column.saturating_add(first as u32)));
            data.extend_from_slice(numbers);
            first += matrix.cols();
        }
        pointers.push(indices.len());
    }
    Csr::new(matrices.iter().map(Csr::cols).sum(), pointers, indices, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_written_as_they_are_read() {
        for text in ["word:1-2", "char:1-5", "word:1-2+char-wb:3-5", "jamo:2-7", "word:1-2+char-wb:3-6@4096"]
        {
            assert_eq!(text.parse::<Terms>().unwrap().to_string(), text);
        }
        assert_eq!("char:3".parse::<Terms>().unwrap().to_string(), "char:3-3");
        for bad in [
            "word",
            "word:0-2",
            "word:3-2",
            "char:1-99",
            "letters:1-2",
            "",
            "word:1-2+",
            "word:1-2@",
            "word:1-2@0",
            "word:1@99999999",
        ] {
            assert!(bad.parse::<Terms>().is_err(), "{bad}");
        }
    }

    #[test]
    fn matrices_stand_side_by_side() {
        let a = Csr::from_triplets(2, 2, [(0, 1, 1.0), (1, 0, 2.0)]).unwrap();
        let b = Csr::from_triplets(2, 3, [(0, 0, 3.0), (1, 2, 4.0)]).unwrap();
        let both = beside(vec![a, b]).unwrap();
        assert_eq!(both.to_dense().unwrap().data(), [0.0, 1.0, 3.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 4.0]);
    }
}
