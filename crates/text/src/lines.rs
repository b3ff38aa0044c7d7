//! Documents as lines of tokens with spaces between them: the form in which count-based language models read a text.
//!
//! A line is a document, or a sentence of one. Spaces inside of a token, which would cut it in two, are written `▁`,
//! and line ends `↵`.
//!
//! ```
//! use gyeol_text::lines::TokenLines;
//! use gyeol_text::prepare::PreparationParams;
//!
//! let params = PreparationParams { language: "en".into(), normalise: vec!["lower".into()], ..Default::default() };
//! let lines = TokenLines { chain: params.check()?.plain()?, sentences: true, unknown_is_word: false };
//! let mut found = Vec::new();
//! lines.each("The wind fell. It rose again!", &mut |line| found.push(line.to_owned()));
//! assert_eq!(found, ["the wind fell .", "it rose again !"]);
//! let again = TokenLines::from_json(&lines.to_json())?;
//! assert_eq!(again.line("Wind"), "wind");
//! # Ok::<(), gyeol_text::Error>(())
//! ```

use std::io::Write;

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use serde_json::{Value, json};

use crate::corpus::{Corpus, Totals};
use crate::normalise::Form;
use crate::prepare::Preparation;
use crate::sentences::{self, Rules};
use crate::words::Tokenize;
use gyeol_base::{Error, Result};

/// The word that language models keep for what they do not know.
const UNKNOWN: &str = "<unk>";
/// How that word is written where it is a word like others.
const UNKNOWN_AS_WORD: &str = "<<unk>>";
/// Stands for a space inside of a token.
const SPACE: char = '\u{2581}';
/// Stands for a line end inside of a token.
const LINE_END: char = '\u{21b5}';

/// How documents become lines of tokens.
#[derive(Debug, Clone)]
pub struct TokenLines {
    /// From text to tokens.
    pub chain: Preparation,
    /// Whether each sentence is a line of its own, instead of each document.
    pub sentences: bool,
    /// Whether `<unk>` in a text is a word like others (written `<<unk>>` here) instead of an unknown one.
    pub unknown_is_word: bool,
}

/// What became of a corpus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineTotals {
    /// Documents read.
    pub documents: u64,
    /// Lines written.
    pub lines: u64,
    /// Documents or sentences without a token, which give no line.
    pub empty: u64,
    /// Tokens in the lines.
    pub tokens: u64,
    /// Characters (Unicode scalar values) of the documents that gave a line, and one more a document for its end.
    pub characters: u64,
}

impl TokenLines {
    /// Calls `line` with each line of a text that has a token.
    pub fn each(&self, text: &str, line: &mut dyn FnMut(&str)) {
        let mut buffer = String::new();
        let mut one = |piece: &str| {
            buffer.clear();
            self.push(piece, &mut buffer);
            if !buffer.is_empty() {
                line(&buffer);
            }
        };
        if self.sentences {
            sentences::each(text, self.rules(), &mut one);
        } else {
            one(text);
        }
    }

    /// The tokens of a whole text in one line, whatever its sentences.
    pub fn line(&self, text: &str) -> String {
        let mut buffer = String::new();
        self.push(text, &mut buffer);
        buffer
    }

    /// Tokens as people read them: pieces of words put together, `▁` a space and `↵` a line end, letters of Hangul joined;
    /// words with a space between.
    pub fn text<'a>(&self, tokens: impl IntoIterator<Item = &'a str>) -> String {
        let mut text = String::new();
        let whole = !self.in_pieces();
        for token in tokens {
            if whole && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(token);
        }
        if whole {
            return text;
        }
        let text: String = text
            .chars()
            .map(|c| match c {
                SPACE => ' ',
                LINE_END => '\n',
                c => c,
            })
            .collect();
        Form::Nfc.apply(&text).into_owned()
    }

    /// Whether a token is less than a word, and blanks are tokens or parts of them.
    pub fn in_pieces(&self) -> bool {
        let scheme = &self.chain.params().scheme;
        scheme == "character" || scheme.starts_with("subword")
    }

    fn rules(&self) -> Rules {
        match self.chain.params().language.as_str() {
            "en" => Rules::English,
            "ko" => Rules::Korean,
            _ => Rules::ByText,
        }
    }

    fn push(&self, text: &str, buffer: &mut String) {
        self.chain.each(text, &mut |token| {
            if token.is_empty() {
                return;
            }
            if !buffer.is_empty() {
                buffer.push(' ');
            }
            if token == UNKNOWN && self.unknown_is_word {
                buffer.push_str(UNKNOWN_AS_WORD);
            } else if token.contains(char::is_whitespace) {
                buffer.extend(token.chars().map(|c| match c {
                    '\n' => LINE_END,
                    c if c.is_whitespace() => SPACE,
                    c => c,
                }));
            } else {
                buffer.push_str(token);
            }
        });
    }

    /// Writes the lines of a corpus in its order; `progress` is told what went through and stops it with `false`.
    ///
    /// # Errors
    /// Of reading and of `out`; when `progress` stops it.
    pub fn write(
        &self,
        corpus: &Corpus,
        pool: &Pool,
        out: &mut dyn Write,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<LineTotals> {
        let mut totals = LineTotals::default();
        let mut seen = Totals::default();
        corpus.map(
            pool,
            |_, block| {
                let (mut lines, mut of) = (String::new(), LineTotals::default());
                for document in block.documents() {
                    let before = of.lines;
                    self.each(document.text, &mut |line| {
                        lines.push_str(line);
                        lines.push('\n');
                        of.lines += 1;
                        of.tokens += line.bytes().filter(|b| *b == b' ').count() as u64 + 1;
                    });
                    of.documents += 1;
                    if of.lines == before {
                        of.empty += 1;
                    } else {
                        of.characters += document.text.chars().count() as u64 + 1;
                    }
                }
                (lines, of, block.bytes() as u64)
            },
            |_, (lines, of, bytes)| {
                out.write_all(lines.as_bytes()).map_err(|source| {
                    Error::io(
                        "write",
                        "the lines of tokens",
                        "make room in the folder for temporary files, or name another one in TMPDIR",
                        source,
                    )
                })?;
                totals.documents += of.documents;
                totals.lines += of.lines;
                totals.empty += of.empty;
                totals.tokens += of.tokens;
                totals.characters += of.characters;
                seen.documents += of.documents;
                seen.bytes += bytes;
                if progress(seen) { Ok(()) } else { Err(Error::stopped()) }
            },
        )?;
        Ok(totals)
    }

    /// Everything that is needed to do the same again.
    pub fn to_json(&self) -> Value {
        json!({
            "chain": self.chain.to_json(),
            "sentences": self.sentences,
            "unknown_is_word": self.unknown_is_word,
        })
    }

    /// Reads [`TokenLines::to_json`].
    ///
    /// # Errors
    /// Another form or version.
    pub fn from_json(value: &Value) -> Result<TokenLines> {
        let flag = |key: &str| {
            value[key].as_bool().ok_or_else(|| {
                Error::input(
                    Fault::new("broken-preparation", format!("the preparation does not say `{key}`"))
                        .cause("a file of another program or version")
                        .next("make it again"),
                )
            })
        };
        Ok(TokenLines {
            chain: Preparation::from_json(&value["chain"])?,
            sentences: flag("sentences")?,
            unknown_is_word: flag("unknown_is_word")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::CorpusOptions;
    use crate::prepare::PreparationParams;

    fn by(scheme: &str) -> TokenLines {
        let params = PreparationParams {
            language: "en".into(),
            scheme: scheme.into(),
            ..PreparationParams::default()
        };
        TokenLines {
            chain: params.check().unwrap().plain().unwrap(),
            sentences: false,
            unknown_is_word: true,
        }
    }

    #[test]
    fn spaces_and_unknown_words_stay_one_token() {
        assert_eq!(by("whitespace").line("a <unk> b"), "a <<unk>> b");
        let unknown = TokenLines { unknown_is_word: false, ..by("whitespace") };
        assert_eq!(unknown.line("a <unk> b"), "a <unk> b");
        assert_eq!(by("character").line("a b\u{a0}c\nd"), "a ▁ b ▁ c ↵ d");
        assert_eq!(by("character").text("a ▁ b ↵ d".split(' ')), "a b\nd");
        assert_eq!(by("whitespace").text(["a", "b"]), "a b");
        let jamo = PreparationParams {
            scheme: "character".into(),
            normalise: vec!["nfd".into()],
            ..PreparationParams::default()
        };
        let jamo = TokenLines { chain: jamo.check().unwrap().plain().unwrap(), ..by("character") };
        let line = jamo.line("한 값");
        assert_eq!(line.split(' ').count(), 3 + 1 + 3);
        assert_eq!(jamo.text(line.split(' ')), "한 값");
        assert_eq!(TokenLines::from_json(&json!({})).unwrap_err().code(), "broken-preparation");
    }

    #[test]
    fn lines_and_counts_are_the_same_on_any_number_of_threads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        let text: String =
            (0..500).map(|i| if i % 7 == 0 { "\n".into() } else { format!("load {i} MW\n") }).collect();
        std::fs::write(&path, &text).unwrap();
        let options = CorpusOptions { block_bytes: 64, ..CorpusOptions::default() };
        let corpus = Corpus::open(&path.display().to_string(), options).unwrap();
        let lines = by("whitespace");
        for threads in [1, 2, 3, 7] {
            let mut out = Vec::new();
            let totals = lines.write(&corpus, &Pool::new(threads), &mut out, |_| true).unwrap();
            let kept: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(String::from_utf8(out).unwrap(), kept.join("\n") + "\n");
            let characters = kept.iter().map(|line| line.chars().count() as u64 + 1).sum();
            let n = kept.len() as u64;
            assert_eq!(
                totals,
                LineTotals { documents: 500, lines: n, empty: 500 - n, tokens: 3 * n, characters }
            );
        }
        let stopped = lines.write(&corpus, &Pool::new(1), &mut Vec::new(), |_| false);
        assert_eq!(stopped.unwrap_err().code(), "stopped");
    }
}
