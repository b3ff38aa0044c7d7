//! Texts as rows of counts or weights: the document-term matrix.
//!
//! Without options the terms, their order and the numbers are those of scikit-learn's CountVectorizer and
//! TfidfVectorizer: lower case, tokens of two or more word characters, columns in the order of code points.
//!
//! | name | formula (tf: occurrences in the document, df: documents with the term, n: documents) |
//! |---|---|
//! | tf `raw`, `log`, `augmented`, `boolean` | tf, 1 + ln tf, 1/2 + 1/2 tf / max tf, 1 |
//! | idf `smooth` | ln((1 + n) / (1 + df)) + 1 |
//! | idf `unsmoothed` | ln(n / df) + 1 |
//! | idf `plain` | ln(n / df) |
//! | idf `probabilistic` | max(0, ln((n - df) / df)) |
//! | norm `l2`, `l1` | the row by its Euclidean length, by the sum of its absolute numbers |
//! | `bm25` | idf tf (k1 + 1) / (tf + k1 (1 - b + b l / l̄)), idf = ln(1 + (n - df + 1/2) / (df + 1/2)), l the document's length in terms of the vocabulary (Robertson and Zaragoza 2009, with Lucene's idf) |
//!
//! (Salton and Buckley 1988; Manning, Raghavan and Schütze 2008, table 6.15.)
//!
//! ```
//! use gyeol_vectors::vectorize::{VectorizerParams, sklearn_tokens};
//! let texts = ["The wind rose.", "The load fell and the wind fell."];
//! let (vectorizer, counts) = VectorizerParams::count().check()?.fit_texts(&texts, sklearn_tokens())?;
//! assert_eq!(vectorizer.terms().collect::<Vec<_>>(), ["and", "fell", "load", "rose", "the", "wind"]);
//! assert_eq!(counts.to_dense()?.row(1), [1.0, 2.0, 1.0, 0.0, 2.0, 1.0]);
//! # Ok::<(), gyeol_vectors::Error>(())
//! ```

mod analyze;
mod fit;
mod hashing;
mod model;
mod pass;
mod rows;
mod sequence;
mod stream;
mod weight;

use std::fmt;
use std::str::FromStr;

use gyeol_base::Fault;
use gyeol_text::prepare::{Preparation, PreparationParams};
use serde::{Deserialize, Serialize};

pub use analyze::Analyzer;
pub use fit::VectorizerValid;
pub use hashing::{HashingParams, HashingVectorizer, murmur3_32};
pub use model::Vectorizer;
pub use sequence::NO_COLUMN;
pub use stream::Spooled;
pub use weight::{Idf, Norm, Tf, TfIdf, Weight};

use gyeol_base::{Error, Result};

/// A bound on the documents that have a term: so many, or a share of all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Documents {
    /// So many documents.
    Count(u64),
    /// A share of all documents, 0 to 1.
    Share(f64),
}

impl Documents {
    /// The bound for a corpus of so many documents.
    fn of(self, documents: u64) -> f64 {
        match self {
            Documents::Count(count) => count as f64,
            Documents::Share(share) => share * documents as f64,
        }
    }

    fn is_sound(self) -> bool {
        match self {
            Documents::Count(_) => true,
            Documents::Share(share) => (0.0..=1.0).contains(&share),
        }
    }
}

impl FromStr for Documents {
    type Err = Error;

    /// `5` is a count, `0.5` and `1.0` are shares, as in scikit-learn.
    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::option(
                Fault::new("document-bound", format!("'{}'", gyeol_base::shorten(text, 30)))
                    .cause("a number of documents such as 5, or a share of them such as 0.5, is expected")
                    .next("write 5, or 0.5"),
            )
        };
        match text.parse::<u64>() {
            Ok(count) => Ok(Documents::Count(count)),
            Err(_) => match text.parse::<f64>().map(Documents::Share) {
                Ok(share) if share.is_sound() => Ok(share),
                _ => Err(bad()),
            },
        }
    }
}

impl fmt::Display for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Documents::Count(count) => write!(f, "{count}"),
            Documents::Share(share) => write!(f, "{share:?}"),
        }
    }
}

/// Which terms become columns, and what stands in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VectorizerParams {
    /// Shortest and longest run of tokens that is a term; a run is written with blanks between.
    pub ngrams: (usize, usize),
    /// Least documents that have the term.
    pub min_documents: Documents,
    /// Most documents that have the term.
    pub max_documents: Documents,
    /// Most terms: those with the most occurrences, ties by the order of columns.
    pub max_terms: Option<usize>,
    /// The terms, in the order of their columns, instead of those that are found; the bounds mean nothing then.
    pub vocabulary: Option<Vec<String>>,
    /// What is made of the counts.
    pub weight: Weight,
}

impl Default for VectorizerParams {
    fn default() -> Self {
        VectorizerParams::tfidf()
    }
}

impl VectorizerParams {
    /// Counts, as scikit-learn's `CountVectorizer()`.
    pub fn count() -> Self {
        VectorizerParams {
            ngrams: (1, 1),
            min_documents: Documents::Count(1),
            max_documents: Documents::Share(1.0),
            max_terms: None,
            vocabulary: None,
            weight: Weight::Count,
        }
    }

    /// TF-IDF, as scikit-learn's `TfidfVectorizer()`.
    pub fn tfidf() -> Self {
        VectorizerParams { weight: Weight::TfIdf(TfIdf::default()), ..VectorizerParams::count() }
    }

    /// Checks that the options can be.
    ///
    /// # Errors
    /// A range without a term, a share outside of 0 to 1, no terms, terms that stand twice, a bad weight.
    pub fn check(self) -> Result<VectorizerValid> {
        let refuse = |code, found: String, next: &str| Err(Error::option(Fault::new(code, found).next(next)));
        let (least, most) = self.ngrams;
        if least == 0 || least > most || most > 64 {
            return refuse(
                "ngram-range",
                format!("terms of {least} to {most} tokens"),
                "give a range such as 1 to 2",
            );
        }
        for bound in [self.min_documents, self.max_documents] {
            if !bound.is_sound() {
                return refuse(
                    "document-bound",
                    format!("a share of documents of {bound}"),
                    "a share lies between 0 and 1",
                );
            }
        }
        if self.max_terms == Some(0) {
            return refuse("bad-size", "a matrix of 0 terms".into(), "ask for at least one term");
        }
        if let Some(vocabulary) = &self.vocabulary {
            let mut seen = std::collections::HashSet::new();
            if let Some(twice) = vocabulary.iter().find(|term| !seen.insert(term.as_str())) {
                let shown = gyeol_base::shorten(twice, 40);
                return refuse(
                    "repeated-term",
                    format!("the term '{shown}' stands twice"),
                    "take one of the two out",
                );
            }
            if vocabulary.is_empty() {
                return refuse("no-terms", "a vocabulary without a term".into(), "give at least one term");
            }
        }
        self.weight.check()?;
        Ok(VectorizerValid(self))
    }
}

/// The preparation of scikit-learn's vectorizers: lower case, tokens of two or more word characters.
pub fn sklearn_tokens() -> Preparation {
    let params = PreparationParams {
        language: "en".into(),
        scheme: "scikit-learn".into(),
        normalise: vec!["lower".into()],
        ..PreparationParams::default()
    };
    params.check().and_then(gyeol_text::prepare::PreparationValid::plain).expect("names that are known")
}

#[cfg(test)]
mod tests;
