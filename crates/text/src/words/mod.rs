//! Words and other tokens by named schemes.
//!
//! | scheme | rule | made for |
//! |---|---|---|
//! | [`whitespace`](Whitespace) | what white space separates | text that is already cut |
//! | [`word`](Word) | words, numbers, addresses, emoticons whole; other punctuation alone | English, Korean and mixed text: the default |
//! | [`word-punct`](WordPunct) | runs of word characters, runs of punctuation | NLTK's `WordPunctTokenizer` |
//! | [`treebank`](Treebank) | Penn Treebank | NLTK's `TreebankWordTokenizer` |
//! | [`word-tokenize`](WordTokenize) | Penn Treebank, later rules | NLTK's `NLTKWordTokenizer` |
//! | [`unicode`](UnicodeWords) | word boundaries of UAX #29 | any script |
//! | [`scikit-learn`](ScikitLearn) | two or more word characters | count vectors, TF-IDF |
//! | [`character`](Characters) | each character | models over characters |
//! | `subword:FILE` | BPE, unigram or WordPiece from a `tokenizer.json` | neural models |
//!
//! A [`Scheme`] is one of them by its name. [`CharNgrams`] gives character n-grams.

mod characters;
mod classes;
mod runs;
mod scheme;
#[cfg(feature = "subword")]
mod subword;
mod treebank;
mod unicode;
mod word;

pub use characters::{CharNgrams, Characters, NgramBounds};
pub use runs::{ScikitLearn, Whitespace, WordPunct};
pub use scheme::{SCHEMES, Scheme};
#[cfg(feature = "subword")]
pub use subword::{Subword, SubwordKind};
pub use treebank::{Treebank, WordTokenize};
pub use unicode::UnicodeWords;
pub use word::Word;

pub(crate) use classes::is_word_regex as is_word_character;
pub(crate) use word::{email_length, url_length, whole_end};

use std::ops::Range;

/// What cuts a text into tokens.
pub trait Tokenize: Send + Sync {
    /// Calls `token` for each token of `text`, in order. Allocates nothing but what the scheme itself must.
    fn each(&self, text: &str, token: &mut dyn FnMut(&str));

    /// The tokens as owned words.
    fn tokens(&self, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        self.each(text, &mut |token| out.push(token.to_owned()));
        out
    }

    /// Calls `token` for each token with its bytes in `text`; without them where the token is not a piece of the
    /// text as it stands (a quote that the Treebank scheme writes anew, a sub-word with its mark).
    fn spans(&self, text: &str, token: &mut dyn FnMut(Option<Range<usize>>, &str)) {
        self.each(text, &mut |piece| token(place(text, piece), piece));
    }
}

/// Where `piece` lies in `text`, when it is a slice of it.
fn place(text: &str, piece: &str) -> Option<Range<usize>> {
    let start = (piece.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(piece.len())?;
    (end <= text.len()).then_some(start..end)
}
