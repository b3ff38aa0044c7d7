//! Words written for other words: contractions, spellings, and tables of a user's own.
//!
//! A table is a text of two columns with a tab between them, what is found and what is written for it. `#` begins a
//! comment. A word that begins with `-` is an ending: `-isation⇥-ization` changes every longer word that ends so.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use gyeol_base::Fault;

use super::fold;
use crate::words::{Tokenize, Word};
use crate::{Error, Result};

/// A table of words, and of endings, with what is written for them.
///
/// Words are found whatever their case; a capital first letter, or all capitals, are carried over. What is written may
/// be several words.
///
/// ```
/// use gyeol_text::normalise::Variants;
/// assert_eq!(Variants::contractions().apply("I can't; DON'T!"), "I cannot; DO NOT!");
/// assert_eq!(Variants::american().apply("Colour and organisation"), "Color and organization");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variants {
    words: HashMap<String, String>,
    /// Endings, the longest first.
    endings: Vec<(String, String)>,
}

/// Letters that must stand before an ending.
const STEM: usize = 3;

impl Variants {
    /// English contractions written out, where that is unambiguous: not `'s` and `'d`.
    pub fn contractions() -> Self {
        Self::built_in(include_str!("contractions.tsv"))
    }

    /// British spellings written the American way.
    pub fn american() -> Self {
        Self::built_in(include_str!("american.tsv"))
    }

    /// American spellings written the British way: the words of [`Variants::american`] turned round. Its endings are
    /// not, since not every word in `-ize` has another spelling.
    pub fn british() -> Self {
        let words =
            Self::american().words.into_iter().map(|(british, american)| (american, british)).collect();
        Variants { words, endings: Vec::new() }
    }

    fn built_in(table: &str) -> Self {
        // The tables are part of the program, and a test reads them by `parse`.
        Self::parse(table, "").unwrap_or_default()
    }

    /// Reads a table from a UTF-8 file.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it has not two columns, an empty word, or a word that came before; the
    /// error names the line.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&crate::small_file::read(path)?, &path.display().to_string())
    }

    /// Reads a table from a text; `file` is its name in errors.
    ///
    /// # Errors
    /// See [`Variants::read`].
    pub fn parse(table: &str, file: &str) -> Result<Self> {
        let mut out = Variants::default();
        let wrong = |row: usize, found: String, next: &str| {
            Error::input(
                Fault::new("variants-line", found)
                    .file(file)
                    .row(row)
                    .cause("a line has two columns, a word and what is written for it, with one tab between them")
                    .next(next),
            )
        };
        for (i, line) in table.lines().enumerate() {
            let row = i + 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
            let [from, to] = columns[..] else {
                let found = format!("{} columns", columns.len());
                return Err(wrong(row, found, "put one tab between the two, or # before a comment"));
            };
            if from.is_empty() || from == "-" || from.contains(char::is_whitespace) {
                return Err(wrong(row, format!("'{}' is no word", from.escape_debug()), "give one word"));
            }
            let key = fold(&from.replace('’', "'"));
            let before = match key.strip_prefix('-') {
                Some(ending) => {
                    let to = to.strip_prefix('-').unwrap_or(to).to_owned();
                    let known = out.endings.iter().any(|(e, _)| e == ending);
                    out.endings.push((ending.to_owned(), to));
                    known
                }
                None => out.words.insert(key, to.to_owned()).is_some(),
            };
            if before {
                return Err(wrong(
                    row,
                    format!("'{}' a second time", from.escape_debug()),
                    "keep one of the two lines",
                ));
            }
        }
        out.endings.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        Ok(out)
    }

    /// Adds the entries of another table, which go before those that are here.
    pub fn extend(&mut self, other: Variants) {
        self.words.extend(other.words);
        self.endings.retain(|(e, _)| !other.endings.iter().any(|(o, _)| o == e));
        self.endings.extend(other.endings);
        self.endings.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    }

    /// What is written for a word, if the table has it.
    pub fn of(&self, word: &str) -> Option<String> {
        let key = fold(&word.replace('’', "'"));
        let found = match self.words.get(&key) {
            Some(found) => found.clone(),
            None => self.endings.iter().find_map(|(ending, to)| {
                let stem = key.strip_suffix(ending.as_str())?;
                (stem.chars().count() >= STEM).then(|| format!("{stem}{to}"))
            })?,
        };
        Some(in_case_of(word, found))
    }

    /// The text with every word of the table replaced; words are those of the scheme `word`.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut out = String::new();
        let mut done = 0;
        Word.spans(text, &mut |span, token| {
            if let (Some(span), Some(found)) = (span, self.of(token)) {
                out.push_str(&text[done..span.start]);
                out.push_str(&found);
                done = span.end;
            }
        });
        if done == 0 {
            return text.into();
        }
        out.push_str(&text[done..]);
        out.into()
    }
}

/// `found` with the capitals of `word`: all of them, or the first.
fn in_case_of(word: &str, found: String) -> String {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let first = letters.next().is_some_and(char::is_uppercase);
    let more = letters.next().is_some();
    if first && more && !word.chars().any(char::is_lowercase) {
        return found.to_uppercase();
    }
    let mut chars = found.chars();
    match chars.next() {
        Some(c) if first => c.to_uppercase().chain(chars).collect(),
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_tables_are_sound() {
        for (table, least) in [(include_str!("contractions.tsv"), 60), (include_str!("american.tsv"), 150)] {
            let read = Variants::parse(table, "built in").unwrap();
            assert!(read.words.len() + read.endings.len() >= least, "{}", read.words.len());
        }
    }

    #[test]
    fn case_and_what_stands_around_are_kept() {
        let american = Variants::american();
        assert_eq!(
            american.apply("COLOUR, colours; Realising “Centre”."),
            "COLOR, colors; Realizing “Center”."
        );
        assert_eq!(american.apply("our hour, wise prize, rise"), "our hour, wise prize, rise");
        let out = Variants::contractions();
        assert_eq!(out.apply("They’re here, I'm not. WON'T it's"), "They are here, I am not. WILL NOT it's");
        assert_eq!(Variants::british().apply("Color"), "Colour");
    }

    #[test]
    fn a_users_table_goes_first() {
        let mut table = Variants::american();
        table.extend(
            Variants::parse("# mine\ncolour\tcolour\n\nㅇㅋ\t오케이\n-lah\t-\n", "mine.tsv").unwrap(),
        );
        assert_eq!(table.apply("colour ㅇㅋ okaylah favour"), "colour 오케이 okay favor");
    }

    #[test]
    fn a_bad_line_is_named() {
        for (table, row) in
            [("a\tb\nno tab here\n", 2), ("a\tb\n\nA\tc\n", 3), ("\tx\n", 1), ("two words\tx\n", 1)]
        {
            let error = Variants::parse(table, "t.tsv").unwrap_err();
            let fault = error.fault();
            assert_eq!(
                (fault.code, fault.row, fault.file.as_deref()),
                ("variants-line", Some(row), Some("t.tsv"))
            );
        }
    }
}
