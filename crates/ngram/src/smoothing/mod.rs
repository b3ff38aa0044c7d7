//! The smoothings that can be chosen, with their parameters. Those of one closed form live in `interpolate`; the others
//! have a file each here.

pub(crate) mod additive;
pub mod jelinek_mercer;
pub(crate) mod katz;

use std::str::FromStr;

use gyeol_base::Fault;
use serde::Serialize;

use crate::adjust::Kind;
use gyeol_base::{Error, Result};

/// How mass is moved from n-grams that were seen to those that were not.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Smoothing {
    /// Interpolated modified Kneser-Ney, three discounts an order (Chen and Goodman 1998); the numbers of `lmplz`.
    #[default]
    ModifiedKneserNey,
    /// Interpolated Kneser-Ney, one discount an order (Kneser and Ney 1995; Chen and Goodman 1998, equation 27).
    KneserNey,
    /// Interpolated absolute discounting of plain counts (Ney, Essen and Kneser 1994).
    AbsoluteDiscounting {
        /// The discount; without one, n₁ / (n₁ + 2 n₂) of each order.
        discount: Option<f32>,
    },
    /// Witten and Bell (1991), method C, interpolated.
    WittenBell,
    /// Katz back-off (1987): counts up to `cutoff` are discounted by Good and Turing's estimate.
    Katz {
        /// Highest count that is discounted; Katz took 5.
        cutoff: usize,
    },
    /// Jelinek and Mercer (1980): weights that were learned on other text, see [`jelinek_mercer::learn`].
    JelinekMercer {
        /// By order from 1, then by ⌊log₂⌋ of the context's count; the last value holds for larger ones.
        weights: Vec<Vec<f64>>,
    },
    /// `k` added to every count (Lidstone); 1 is Laplace's rule. No lower order is asked.
    Additive {
        /// What is added.
        k: f64,
    },
    /// Relative frequencies; what was not seen has probability 0.
    MaximumLikelihood,
    /// Relative frequencies, and `factor` times those of the next lower order where there is none (Brants et al. 2007).
    /// Scores are no probabilities.
    StupidBackOff {
        /// The factor; Brants et al. took 0.4.
        factor: f32,
    },
}

/// Names in the order of the list above.
pub const SMOOTHINGS: [&str; 10] = [
    "modified-kneser-ney",
    "kneser-ney",
    "absolute-discounting",
    "witten-bell",
    "katz",
    "jelinek-mercer",
    "add-k",
    "laplace",
    "maximum-likelihood",
    "stupid-back-off",
];

impl Smoothing {
    /// Which counts it starts from.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Smoothing::ModifiedKneserNey | Smoothing::KneserNey => Kind::Adjusted,
            _ => Kind::Plain,
        }
    }

    /// Whether its discounts follow from how many n-grams have each small count.
    pub(crate) fn takes_counts_of_counts(&self) -> bool {
        matches!(
            self,
            Smoothing::ModifiedKneserNey
                | Smoothing::KneserNey
                | Smoothing::AbsoluteDiscounting { discount: None }
        )
    }

    pub(crate) fn check(&self) -> Result<()> {
        let problem = match self {
            Smoothing::AbsoluteDiscounting { discount: Some(d) } if !(0.0..=1.0).contains(d) => {
                format!("the discount is {d}, outside of 0 to 1")
            }
            Smoothing::Katz { cutoff } if !(1..=100).contains(cutoff) => {
                format!("the highest discounted count is {cutoff}, outside of 1 to 100")
            }
            Smoothing::Additive { k } if !(k.is_finite() && *k > 0.0 && *k <= 1e6) => {
                format!("k is {k}; it must be more than 0 and at most a million")
            }
            Smoothing::StupidBackOff { factor } if !(*factor > 0.0 && *factor <= 1.0) => {
                format!("the factor is {factor}, outside of 0 to 1")
            }
            Smoothing::JelinekMercer { weights } if weights.is_empty() => {
                return Err(Error::option(
                    Fault::new("weights-missing", "no interpolation weights for Jelinek-Mercer smoothing")
                        .cause("they are learned on text that the counts were not made from")
                        .next("give a validation text"),
                ));
            }
            _ => return Ok(()),
        };
        Err(Error::option(
            Fault::new("parameter-out-of-range", problem)
                .cause("a parameter of the smoothing that has no meaning")
                .next("leave it out for the value of the paper"),
        ))
    }
}

impl FromStr for Smoothing {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "modified-kneser-ney" => Smoothing::ModifiedKneserNey,
            "kneser-ney" => Smoothing::KneserNey,
            "absolute-discounting" => Smoothing::AbsoluteDiscounting { discount: None },
            "witten-bell" => Smoothing::WittenBell,
            "katz" => Smoothing::Katz { cutoff: 5 },
            "jelinek-mercer" => Smoothing::JelinekMercer { weights: Vec::new() },
            "add-k" => Smoothing::Additive { k: 0.1 },
            "laplace" => Smoothing::Additive { k: 1.0 },
            "maximum-likelihood" => Smoothing::MaximumLikelihood,
            "stupid-back-off" => Smoothing::StupidBackOff { factor: 0.4 },
            _ => {
                return Err(Error::option(
                    Fault::new("unknown-smoothing", format!("the smoothing \"{name}\" is not known"))
                        .cause("a misspelt name")
                        .next(format!("take one of: {}", SMOOTHINGS.join(", "))),
                ));
            }
        })
    }
}

impl std::fmt::Display for Smoothing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Smoothing::ModifiedKneserNey => "modified-kneser-ney",
            Smoothing::KneserNey => "kneser-ney",
            Smoothing::AbsoluteDiscounting { .. } => "absolute-discounting",
            Smoothing::WittenBell => "witten-bell",
            Smoothing::Katz { .. } => "katz",
            Smoothing::JelinekMercer { .. } => "jelinek-mercer",
            Smoothing::Additive { k } if *k == 1.0 => "laplace",
            Smoothing::Additive { .. } => "add-k",
            Smoothing::MaximumLikelihood => "maximum-likelihood",
            Smoothing::StupidBackOff { .. } => "stupid-back-off",
        })
    }
}
