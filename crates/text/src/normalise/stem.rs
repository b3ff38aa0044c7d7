//! Stems by the Snowball algorithms.
//!
//! The crate snowball_stemmers_rs holds what the Snowball compiler makes of the algorithms
//! (<https://snowballstem.org>): `english` is Porter2, `porter` the stemmer of Porter's paper of 1980.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use gyeol_base::Fault;
use snowball_stemmers_rs::Algorithm as A;

use crate::{Error, Result};

/// The names of all stemmers.
pub const STEMMERS: &[(&str, A)] = &[
    ("english", A::English),
    ("porter", A::Porter),
    ("lovins", A::Lovins),
    ("arabic", A::Arabic),
    ("armenian", A::Armenian),
    ("basque", A::Basque),
    ("catalan", A::Catalan),
    ("czech", A::Czech),
    ("danish", A::Danish),
    ("dutch", A::Dutch),
    ("esperanto", A::Esperanto),
    ("estonian", A::Estonian),
    ("finnish", A::Finnish),
    ("french", A::French),
    ("german", A::German),
    ("greek", A::Greek),
    ("hindi", A::Hindi),
    ("hungarian", A::Hungarian),
    ("indonesian", A::Indonesian),
    ("irish", A::Irish),
    ("italian", A::Italian),
    ("lithuanian", A::Lithuanian),
    ("nepali", A::Nepali),
    ("norwegian", A::Norwegian),
    ("polish", A::Polish),
    ("portuguese", A::Portuguese),
    ("romanian", A::Romanian),
    ("russian", A::Russian),
    ("serbian", A::Serbian),
    ("spanish", A::Spanish),
    ("swedish", A::Swedish),
    ("tamil", A::Tamil),
    ("turkish", A::Turkish),
    ("yiddish", A::Yiddish),
];

/// A Snowball stemmer, chosen by name. Words are to be in lower case.
///
/// ```
/// use gyeol_text::normalise::Stemmer;
/// let stemmer: Stemmer = "english".parse()?;
/// assert_eq!(stemmer.stem("relational"), "relat");
/// # Ok::<(), gyeol_text::Error>(())
/// ```
pub struct Stemmer {
    name: &'static str,
    stemmer: snowball_stemmers_rs::Stemmer,
}

impl Stemmer {
    /// The stem of a word in lower case.
    pub fn stem<'a>(&self, word: &'a str) -> Cow<'a, str> {
        self.stemmer.stem(word)
    }
}

impl FromStr for Stemmer {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match STEMMERS.iter().find(|(n, _)| *n == name) {
            Some(&(name, algorithm)) => {
                Ok(Stemmer { name, stemmer: snowball_stemmers_rs::Stemmer::create(algorithm) })
            }
            None => {
                let names: Vec<&str> = STEMMERS.iter().map(|(n, _)| *n).collect();
                let shown = gyeol_base::shorten(name, 40);
                Err(Error::option(
                    Fault::new("unknown-stemmer", format!("no stemmer is called '{shown}'"))
                        .cause("Snowball has none for this language, or a slip of the pen")
                        .next(format!("use one of {}", names.join(", "))),
                ))
            }
        }
    }
}

impl fmt::Display for Stemmer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Stemmer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stemmer({})", self.name)
    }
}
