//! Schemes by their names.

use std::fmt;
use std::str::FromStr;
#[cfg(feature = "subword")]
use std::sync::Arc;

use gyeol_base::Fault;

use super::{
    CharNgrams, Characters, NgramBounds, ScikitLearn, Tokenize, Treebank, UnicodeWords, Whitespace, Word,
    WordPunct, WordTokenize,
};
use gyeol_base::Error;
use gyeol_base::shorten;

/// The names of all schemes and what each is, in the order of help texts.
pub const SCHEMES: &[(&str, &str)] = &[
    ("word", "words, numbers, addresses and emoticons whole, other marks alone"),
    ("whitespace", "what white space separates"),
    ("word-punct", "runs of word characters, runs of punctuation"),
    ("treebank", "Penn Treebank tokens, those of NLTK's TreebankWordTokenizer"),
    ("word-tokenize", "words as NLTK's word_tokenize has them (NLTKWordTokenizer), a line being a sentence"),
    ("unicode", "word boundaries of UAX #29"),
    ("scikit-learn", "two or more word characters in a row"),
    ("character", "each character"),
    ("char-ngrams", "char-ngrams:2-4, runs of 2 to 4 characters anywhere in the text"),
    ("char-wb", "char-wb:2-4, runs of 2 to 4 characters within words"),
    ("subword", "subword:FILE, sub-words of a tokenizer.json"),
];

/// One of the schemes, chosen by name.
///
/// ```
/// use gyeol_text::{Tokenize, words::Scheme};
/// let scheme: Scheme = "treebank".parse()?;
/// assert_eq!(scheme.tokens("can't"), ["ca", "n't"]);
/// assert_eq!(scheme.to_string(), "treebank");
/// # Ok::<(), gyeol_text::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Scheme {
    /// See [`Word`].
    #[default]
    Word,
    /// See [`Whitespace`].
    Whitespace,
    /// See [`WordPunct`].
    WordPunct,
    /// See [`Treebank`].
    Treebank,
    /// See [`WordTokenize`].
    WordTokenize,
    /// See [`UnicodeWords`].
    Unicode,
    /// See [`ScikitLearn`].
    ScikitLearn,
    /// See [`Characters`]: code points.
    Character,
    /// See [`CharNgrams`]: any run, or within words.
    CharNgrams(CharNgrams),
    /// Sub-words of a model, with the name of its file.
    #[cfg(feature = "subword")]
    Subword(String, Arc<super::Subword>),
}

/// The n-grams of a range such as `:2-4` or `:3`.
fn ngrams(range: &str, bounds: NgramBounds) -> Result<CharNgrams, Error> {
    let range = range.strip_prefix(':').unwrap_or("");
    let (min, max) = range.split_once('-').unwrap_or((range, range));
    let number = |text: &str| {
        text.parse::<usize>().ok().filter(|&n| n <= 64).ok_or_else(|| {
            Error::option(
                Fault::new("ngram-range", format!("'{}' is no range of lengths", shorten(range, 40)))
                    .cause("lengths from 1 to 64 are expected after the name")
                    .next("write char-ngrams:2-4, or char-wb:3"),
            )
        })
    };
    CharNgrams::new(number(min)?, number(max)?, bounds)
}

/// The model of `subword:FILE`.
#[cfg(feature = "subword")]
fn subword(file: &str) -> Result<Scheme, Error> {
    if file.is_empty() {
        return Err(Error::option(
            Fault::new("subword-without-model", "the scheme 'subword' without a model")
                .cause("sub-words are learned, so that a model has to be named")
                .next("write subword:FILE with a tokenizer.json, or train one"),
        ));
    }
    Ok(Scheme::Subword(file.to_owned(), Arc::new(super::Subword::read(file.as_ref())?)))
}

#[cfg(not(feature = "subword"))]
fn subword(_: &str) -> Result<Scheme, Error> {
    Err(Error::option(
        Fault::new("built-without", "sub-words are not part of this program")
            .cause("it was built without the feature 'subword'")
            .next("build it with --features subword"),
    ))
}

impl FromStr for Scheme {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "word" => Scheme::Word,
            "whitespace" => Scheme::Whitespace,
            "word-punct" => Scheme::WordPunct,
            "treebank" => Scheme::Treebank,
            "word-tokenize" => Scheme::WordTokenize,
            "unicode" => Scheme::Unicode,
            "scikit-learn" => Scheme::ScikitLearn,
            "character" => Scheme::Character,
            _ if name.starts_with("char-ngrams") => {
                Scheme::CharNgrams(ngrams(&name["char-ngrams".len()..], NgramBounds::Text)?)
            }
            _ if name.starts_with("char-wb") => {
                Scheme::CharNgrams(ngrams(&name["char-wb".len()..], NgramBounds::Words)?)
            }
            _ if name == "subword" || name.starts_with("subword:") => {
                return subword(name.split_once(':').map_or("", |(_, file)| file));
            }
            _ => {
                let names: Vec<&str> = SCHEMES.iter().map(|(name, _)| *name).collect();
                return Err(Error::option(
                    Fault::new(
                        "unknown-scheme",
                        format!("no scheme of words is called '{}'", shorten(name, 40)),
                    )
                    .cause("a slip of the pen, or a scheme of another version")
                    .next(format!("use one of {}", names.join(", "))),
                ));
            }
        })
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::Word => "word",
            Scheme::Whitespace => "whitespace",
            Scheme::WordPunct => "word-punct",
            Scheme::Treebank => "treebank",
            Scheme::WordTokenize => "word-tokenize",
            Scheme::Unicode => "unicode",
            Scheme::ScikitLearn => "scikit-learn",
            Scheme::Character => "character",
            Scheme::CharNgrams(ngrams) => {
                let (min, max) = ngrams.range();
                let name = if ngrams.bounds() == NgramBounds::Text { "char-ngrams" } else { "char-wb" };
                return write!(f, "{name}:{min}-{max}");
            }
            #[cfg(feature = "subword")]
            Scheme::Subword(file, _) => return write!(f, "subword:{file}"),
        })
    }
}

impl Tokenize for Scheme {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        match self {
            Scheme::Word => Word.each(text, token),
            Scheme::Whitespace => Whitespace.each(text, token),
            Scheme::WordPunct => WordPunct.each(text, token),
            Scheme::Treebank => Treebank.each(text, token),
            Scheme::WordTokenize => WordTokenize.each(text, token),
            Scheme::Unicode => UnicodeWords.each(text, token),
            Scheme::ScikitLearn => ScikitLearn.each(text, token),
            Scheme::Character => Characters::default().each(text, token),
            Scheme::CharNgrams(ngrams) => ngrams.each(text, token),
            #[cfg(feature = "subword")]
            Scheme::Subword(_, model) => model.each(text, token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_a_scheme_that_prints_it() {
        for range in ["char-ngrams:2-4", "char-wb:3-3"] {
            assert_eq!(range.parse::<Scheme>().unwrap().to_string(), range);
        }
        for bad in ["char-ngrams", "char-wb:4-2", "char-ngrams:0-1", "char-wb:1-9999999999"] {
            assert!(bad.parse::<Scheme>().is_err(), "{bad}");
        }
        let learned = ["subword", "char-ngrams", "char-wb"];
        for (name, _) in SCHEMES.iter().filter(|(name, _)| !learned.contains(name)) {
            assert_eq!(name.parse::<Scheme>().unwrap().to_string(), *name);
        }
        assert!("subword".parse::<Scheme>().is_err());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let said = "treebnk".parse::<Scheme>().unwrap_err();
        assert_eq!(said.code(), "unknown-scheme");
        for (name, _) in SCHEMES {
            assert!(said.to_string().contains(name), "{said}");
        }
    }
}
