//! Normal forms of Unicode (UAX #15), and letters without their accents.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use gyeol_base::Fault;
use serde::{Deserialize, Serialize};
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick, is_nfkc_quick, is_nfkd_quick,
};

use crate::{Error, Result};

/// A normal form of UAX #15. NFC and NFKC put Hangul letters together (ㅎ + ㅏ + ㄴ as conjoining jamo is 한), the K
/// forms also even out compatibility characters (ﬁ, ①, full width).
///
/// ```
/// use gyeol_text::normalise::Form;
/// assert_eq!(Form::Nfc.apply("\u{1112}\u{1161}\u{11ab}e\u{301}"), "한é");
/// assert_eq!(Form::Nfkc.apply("ﬁ①Ａ"), "fi1A");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

impl Form {
    /// The text in this form; the text itself where it is so already.
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        if text.is_ascii() {
            return text.into();
        }
        let quick = match self {
            Form::Nfc => is_nfc_quick(text.chars()),
            Form::Nfd => is_nfd_quick(text.chars()),
            Form::Nfkc => is_nfkc_quick(text.chars()),
            Form::Nfkd => is_nfkd_quick(text.chars()),
        };
        if quick == IsNormalized::Yes {
            return text.into();
        }
        match self {
            Form::Nfc => text.nfc().collect(),
            Form::Nfd => text.nfd().collect(),
            Form::Nfkc => text.nfkc().collect(),
            Form::Nfkd => text.nfkd().collect(),
        }
    }
}

impl FromStr for Form {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "nfc" => Form::Nfc,
            "nfd" => Form::Nfd,
            "nfkc" => Form::Nfkc,
            "nfkd" => Form::Nfkd,
            _ => {
                let shown = gyeol_base::shorten(name, 40);
                return Err(Error::option(
                    Fault::new("unknown-form", format!("no form of Unicode is called '{shown}'"))
                        .cause("a slip of the pen")
                        .next("use nfc, nfd, nfkc or nfkd"),
                ));
            }
        })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::Nfc => "nfc",
            Form::Nfd => "nfd",
            Form::Nfkc => "nfkc",
            Form::Nfkd => "nfkd",
        })
    }
}

/// Letters without accents: NFKD without the characters whose combining class is not 0, scikit-learn's
/// `strip_accents="unicode"`.
///
/// Like there, Hangul syllables come out as conjoining letters; [`Form::Nfc`] puts them together again.
pub fn strip_accents(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    text.nfkd().filter(|&c| unicode_normalization::char::canonical_combining_class(c) == 0).collect()
}

/// What of NFKD is ASCII: scikit-learn's `strip_accents="ascii"`. Letters of other scripts are lost.
pub fn strip_to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    text.nfkd().filter(|c| c.is_ascii()).collect()
}
