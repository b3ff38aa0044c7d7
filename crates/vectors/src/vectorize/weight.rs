//! From counts to weights; the formulas stand at the head of [`super`].

use gyeol_base::Fault;
use serde::{Deserialize, Serialize};

use gyeol_base::{Error, Result};

/// What the occurrences of a term in a document count for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tf {
    /// tf.
    #[default]
    Raw,
    /// 1 + ln tf: scikit-learn's `sublinear_tf`.
    Log,
    /// 1/2 + 1/2 tf / max tf.
    Augmented,
    /// 1.
    Boolean,
}

/// What the rarity of a term counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Idf {
    /// ln((1 + n) / (1 + df)) + 1.
    #[default]
    Smooth,
    /// ln(n / df) + 1: scikit-learn's `smooth_idf=False`.
    Unsmoothed,
    /// ln(n / df).
    Plain,
    /// max(0, ln((n - df) / df)).
    Probabilistic,
    /// 1: scikit-learn's `use_idf=False`.
    None,
}

/// What a row is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// Its Euclidean length.
    #[default]
    L2,
    /// The sum of its absolute numbers.
    L1,
    /// 1.
    None,
}

gyeol_base::named!(Tf, "a form of tf", "raw" => Tf::Raw, "log" => Tf::Log, "augmented" => Tf::Augmented, "boolean" => Tf::Boolean);
gyeol_base::named!(Idf, "a form of idf", "smooth" => Idf::Smooth, "unsmoothed" => Idf::Unsmoothed, "plain" => Idf::Plain,
    "probabilistic" => Idf::Probabilistic, "none" => Idf::None);
gyeol_base::named!(Norm, "a norm", "l2" => Norm::L2, "l1" => Norm::L1, "none" => Norm::None);

/// Term frequency times inverse document frequency; the default is scikit-learn's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TfIdf {
    /// Within the document.
    pub tf: Tf,
    /// Over the documents.
    pub idf: Idf,
    /// Of the row.
    pub norm: Norm,
}

/// What stands in the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Occurrences.
    Count,
    /// 1 where the term occurs.
    Binary,
    /// Occurrences times rarity.
    TfIdf(TfIdf),
    /// Okapi BM25; a query is the matrix's row of its plain counts, and the score their product.
    Bm25 {
        /// How soon further occurrences cease to count.
        k1: f64,
        /// How far a long document counts less, 0 to 1.
        b: f64,
    },
}

impl Weight {
    /// BM25 with the usual k1 = 1.2 and b = 0.75.
    pub fn bm25() -> Self {
        Weight::Bm25 { k1: 1.2, b: 0.75 }
    }

    pub(super) fn check(self) -> Result<()> {
        match self {
            Weight::Bm25 { k1, b } if !(k1 >= 0.0 && k1.is_finite() && (0.0..=1.0).contains(&b)) => {
                Err(Error::option(
                    Fault::new("bm25", format!("k1 = {k1}, b = {b}"))
                        .cause("k1 is 0 or more, b lies between 0 and 1")
                        .next("use k1 = 1.2 and b = 0.75"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether all numbers are whole.
    pub fn is_whole(self) -> bool {
        matches!(self, Weight::Count | Weight::Binary)
    }

    /// The factor of each term, out of the documents that have it; empty where there is none.
    pub(super) fn factors(self, documents: u64, with_term: &[u64]) -> Result<Vec<f64>> {
        let n = documents as f64;
        let idf: fn(f64, f64) -> f64 = match self {
            Weight::Count | Weight::Binary | Weight::TfIdf(TfIdf { idf: Idf::None, .. }) => {
                return Ok(Vec::new());
            }
            Weight::Bm25 { .. } => |n, df| (1.0 + (n - df + 0.5) / (df + 0.5)).ln(),
            Weight::TfIdf(TfIdf { idf: Idf::Smooth, .. }) => |n, df| ((1.0 + n) / (1.0 + df)).ln() + 1.0,
            Weight::TfIdf(TfIdf { idf: Idf::Unsmoothed, .. }) => |n, df| (n / df).ln() + 1.0,
            Weight::TfIdf(TfIdf { idf: Idf::Plain, .. }) => |n, df| (n / df).ln(),
            Weight::TfIdf(TfIdf { idf: Idf::Probabilistic, .. }) => |n, df| ((n - df) / df).ln().max(0.0),
        };
        let factors: Vec<f64> = with_term.iter().map(|&df| idf(n, df as f64)).collect();
        if let Some(term) = factors.iter().position(|f| !f.is_finite()) {
            return Err(Error::input(
                Fault::new("no-documents", format!("term {term} of the vocabulary occurs in no document"))
                    .cause("without smoothing, a term that never occurred has no inverse document frequency")
                    .next("use the smooth idf, or leave the term out"),
            ));
        }
        Ok(factors)
    }

    /// Turns the counts of one row into weights; `mean` is the mean length of a document.
    #[inline]
    pub(super) fn apply(self, columns: &[u32], row: &mut [f64], factors: &[f64], mean: f64) {
        match self {
            Weight::Count => {}
            Weight::Binary => row.fill(1.0),
            Weight::TfIdf(TfIdf { tf, norm, .. }) => {
                match tf {
                    Tf::Raw => {}
                    Tf::Log => row.iter_mut().for_each(|v| *v = v.ln() + 1.0),
                    Tf::Augmented => {
                        let most = row.iter().fold(0.0, |m: f64, v| m.max(*v));
                        row.iter_mut().for_each(|v| *v = 0.5 + 0.5 * *v / most);
                    }
                    Tf::Boolean => row.fill(1.0),
                }
                if !factors.is_empty() {
                    row.iter_mut().zip(columns).for_each(|(v, &c)| *v *= factors[c as usize]);
                }
                norm.apply(row);
            }
            Weight::Bm25 { k1, b } => {
                let length: f64 = row.iter().sum();
                let long = k1 * (1.0 - b + b * length / mean);
                row.iter_mut()
                    .zip(columns)
                    .for_each(|(v, &c)| *v = factors[c as usize] * *v * (k1 + 1.0) / (*v + long));
            }
        }
    }
}

impl Norm {
    /// Divides a row; a row of zeros stays.
    #[inline]
    pub(super) fn apply(self, row: &mut [f64]) {
        let by = match self {
            Norm::None => return,
            Norm::L1 => row.iter().map(|v| v.abs()).sum::<f64>(),
            Norm::L2 => row.iter().map(|v| v * v).sum::<f64>().sqrt(),
        };
        if by > 0.0 {
            row.iter_mut().for_each(|v| *v /= by);
        }
    }
}
