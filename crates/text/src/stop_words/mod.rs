//! Words so common that they say little.
//!
//! Lists are given ([`StopWords::english`], [`StopWords::korean`]), a user's own ([`StopWords::read`]) or found in the
//! corpus at hand ([`DocumentFrequency`]). The given ones are our own: the closed classes of a grammar (articles,
//! pronouns, prepositions, conjunctions, auxiliaries, particles) and the fillers of talk. Negations are among them, as
//! in other lists: leave them out where they matter, as in reviews ([`StopWords::without`]).

use std::collections::{HashMap, HashSet};
use std::path::Path;

use gyeol_base::Fault;

use crate::normalise::fold;
use crate::{Error, Result};

/// A set of words to leave out. Case does not count.
///
/// ```
/// use gyeol_text::stop_words::StopWords;
/// let stop = StopWords::english();
/// assert!(stop.contains("The") && stop.contains("don't") && !stop.contains("river"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StopWords {
    words: HashSet<String>,
}

impl StopWords {
    /// English function words, with and without their apostrophes.
    pub fn english() -> Self {
        Self::of(
            include_str!("english.txt")
                .lines()
                .filter(|l| !l.starts_with('#'))
                .flat_map(str::split_whitespace),
        )
    }

    /// Korean pronouns, determiners, adverbs, particles and endings as separate tokens, dependent nouns, fillers.
    pub fn korean() -> Self {
        Self::of(
            include_str!("korean.txt")
                .lines()
                .filter(|l| !l.starts_with('#'))
                .flat_map(str::split_whitespace),
        )
    }

    /// Stems of Korean verbs that serve others (하다, 있다, 되다 …) and nouns that only tie clauses (때에, 경우에), as the scheme `korean-stems` leaves them.
    pub fn korean_stems() -> Self {
        let stems = "하 해 했 한 할 있 없 되 돼 됐 된 될 않 못하 같 싶 아니 이러 그러 저러 어떠 이렇 그렇 저렇 어떻 대하 위하 통하 의하 관하 따르 의한 따른 받 때에 경우에";
        Self::of(stems.split_whitespace())
    }

    /// The list called `english` (or `en`), `korean` (`ko`), `korean-stems` or `none`.
    ///
    /// # Errors
    /// Another name.
    pub fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "english" | "en" => Self::english(),
            "korean" | "ko" => Self::korean(),
            "korean-stems" => Self::korean_stems(),
            "none" => Self::default(),
            _ => {
                let shown = gyeol_base::shorten(name, 40);
                return Err(Error::option(
                    Fault::new("unknown-stop-words", format!("no list of stop words is called '{shown}'"))
                        .cause("there is none for this language, or a slip of the pen")
                        .next("use english, korean, korean-stems or none, or give a file with a word a line"),
                ));
            }
        })
    }

    /// The words given.
    pub fn of<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Self {
        StopWords { words: words.into_iter().map(|w| fold(&w.as_ref().replace('’', "'"))).collect() }
    }

    /// A user's list: UTF-8, one word a line, `#` before a comment.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, or a line holds more than one word; the error names the line.
    pub fn read(path: &Path) -> Result<Self> {
        let text = crate::small_file::read(path)?;
        let mut words = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let word = line.split('#').next().unwrap_or("").trim();
            if word.contains(char::is_whitespace) {
                return Err(Error::input(
                    Fault::new("stop-words-line", format!("'{}' is more than one word", word.escape_debug()))
                        .file(path)
                        .row(i + 1)
                        .cause("a list has one word a line; a text was given instead")
                        .next("put each word on a line of its own"),
                ));
            }
            if !word.is_empty() {
                words.push(word.to_owned());
            }
        }
        Ok(Self::of(words))
    }

    /// Whether a word is in the list.
    pub fn contains(&self, word: &str) -> bool {
        // Words in lower-case ASCII, most of them by far, are looked up as they are.
        if word.bytes().all(|b| b.is_ascii_lowercase()) {
            return self.words.contains(word);
        }
        self.words.contains(&fold(&word.replace('’', "'")))
    }

    /// This list and another.
    pub fn and(mut self, other: StopWords) -> Self {
        self.words.extend(other.words);
        self
    }

    /// This list but for some words.
    pub fn without<S: AsRef<str>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        for word in words {
            self.words.remove(&fold(&word.as_ref().replace('’', "'")));
        }
        self
    }

    /// The words in order.
    pub fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        words.sort_unstable();
        words
    }
}

/// In how many documents each word occurs.
///
/// ```
/// use gyeol_text::stop_words::DocumentFrequency;
/// let mut counts = DocumentFrequency::default();
/// counts.add(["the", "cat", "the"]);
/// counts.add(["the", "dog"]);
/// assert_eq!(counts.above(0.5)?.words(), ["the"]);
/// # Ok::<(), gyeol_text::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentFrequency {
    documents: u64,
    /// Documents with the word, and the last of them, so that a second occurrence is told from a second document.
    words: HashMap<String, (u64, u64)>,
}

impl DocumentFrequency {
    /// Counts one document, by its tokens.
    pub fn add<S: AsRef<str>>(&mut self, tokens: impl IntoIterator<Item = S>) {
        self.documents += 1;
        for token in tokens {
            let token = token.as_ref();
            match self.words.get_mut(token) {
                Some((_, last)) if *last == self.documents => {}
                Some((count, last)) => {
                    *count += 1;
                    *last = self.documents;
                }
                None => {
                    self.words.insert(token.to_owned(), (1, self.documents));
                }
            }
        }
    }

    /// Adds the counts of other documents.
    pub fn merge(&mut self, other: DocumentFrequency) {
        self.documents += other.documents;
        for (word, (count, _)) in other.words {
            let entry = self.words.entry(word).or_insert((0, 0));
            *entry = (entry.0 + count, 0);
        }
    }

    /// Documents counted.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Documents that hold the word.
    pub fn of(&self, word: &str) -> u64 {
        self.words.get(word).map_or(0, |&(count, _)| count)
    }

    /// The words of more than this share of the documents (0 to 1), as scikit-learn's `max_df` leaves them out.
    ///
    /// # Errors
    /// `share` is not between 0 and 1.
    pub fn above(&self, share: f64) -> Result<StopWords> {
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::option(
                Fault::new("share-range", format!("a share of documents of {share}"))
                    .cause("a share lies between 0 and 1")
                    .next("give 0.5 for words of more than half of the documents"),
            ));
        }
        let limit = share * self.documents as f64;
        Ok(StopWords::of(
            self.words.iter().filter(|(_, (count, _))| *count as f64 > limit).map(|(word, _)| word),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_function_words_and_no_others() {
        let (english, korean) = (StopWords::english(), StopWords::korean());
        assert!(
            english.words.len() > 250 && korean.words.len() > 200,
            "{} {}",
            english.words.len(),
            korean.words.len()
        );
        for word in ["THE", "didn’t", "didnt", "whose", "ourselves"] {
            assert!(english.contains(word), "{word}");
        }
        for word in ["그리고", "은", "에서", "것", "우리"] {
            assert!(korean.contains(word), "{word}");
        }
        // Words that lists in use are blamed for.
        for word in ["computer", "system", "bill", "fire", "cry", "sincere", "영화", "사람"] {
            assert!(!english.contains(word) && !korean.contains(word), "{word}");
        }
        assert!(!english.clone().without(["Not"]).contains("not"));
        assert!(english.and(korean).contains("그리고"));
        assert_eq!(StopWords::named("de").unwrap_err().code(), "unknown-stop-words");
    }

    #[test]
    fn a_users_list_is_read_and_a_bad_line_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stop.txt");
        std::fs::write(&path, "\u{feff}# mine\nEine\n\nzwei # two\n").unwrap();
        assert_eq!(StopWords::read(&path).unwrap().words(), ["eine", "zwei"]);
        std::fs::write(&path, "one\ntwo words\n").unwrap();
        let error = StopWords::read(&path).unwrap_err();
        assert_eq!((error.code(), error.fault().row), ("stop-words-line", Some(2)));
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(StopWords::read(&path).unwrap_err().code(), "undecodable-bytes");
        assert_eq!(StopWords::read(&folder.path().join("none")).unwrap_err().code(), "io");
    }

    #[test]
    fn merged_counts_are_those_of_all_documents() {
        let documents = [vec!["a", "b", "a"], vec!["a"], vec!["b", "c"], vec!["a", "c", "c"]];
        let mut whole = DocumentFrequency::default();
        documents.iter().for_each(|d| whole.add(d));
        let mut merged = DocumentFrequency::default();
        for half in documents.chunks(2) {
            let mut part = DocumentFrequency::default();
            half.iter().for_each(|d| part.add(d));
            merged.merge(part);
        }
        merged.add(["a"]);
        whole.add(["a"]);
        for word in ["a", "b", "c", "d"] {
            assert_eq!(merged.of(word), whole.of(word), "{word}");
        }
        assert_eq!((whole.of("a"), whole.of("c"), whole.documents()), (4, 2, 5));
        assert_eq!(whole.above(0.4).unwrap().words(), ["a"]);
        assert_eq!(whole.above(1.5).unwrap_err().code(), "share-range");
    }
}
