//! The words of a model by number, and their numbers.

use std::collections::HashMap;

use gyeol_base::{Fault, Result};
use gyeol_ngram::{SENTENCE_END, ScoresWords, UNKNOWN, WordId};

/// Words by number: 0 `<unk>`, 1 `<s>`, 2 `</s>`, then the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    words: Vec<String>,
    numbers: HashMap<Vec<u8>, WordId>,
}

impl Words {
    /// The words of another model, under the same numbers.
    pub fn of(model: &(impl ScoresWords + ?Sized)) -> Words {
        Words::numbered((0..model.vocabulary_len() as WordId).map(|id| model.word(id).to_owned()).collect())
    }

    /// Words by number.
    ///
    /// # Errors
    /// Fewer than the three reserved words, or a word twice.
    pub fn new(words: Vec<String>) -> Result<Words> {
        let words = Words::numbered(words);
        if words.words.len() < 3 || words.numbers.len() != words.words.len() {
            return Err(Fault::new(
                "broken-words",
                format!("{} words, some of them twice", words.words.len()),
            )
            .cause("the file was cut off or altered")
            .next("fit the model again")
            .input());
        }
        Ok(words)
    }

    fn numbered(words: Vec<String>) -> Words {
        let numbers = words.iter().zip(0..).map(|(word, id)| (word.clone().into_bytes(), id)).collect();
        Words { words, numbers }
    }

    /// Reads [`Words::to_text`].
    ///
    /// # Errors
    /// Fewer than the three reserved words, or a word twice.
    pub fn from_text(text: &str) -> Result<Words> {
        Words::new(text.split('\n').map(str::to_owned).collect())
    }

    /// One word a line; words hold no line ends.
    pub fn to_text(&self) -> String {
        self.words.join("\n")
    }

    /// How many, the reserved ones counted.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none, which is never.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The number of a word, 0 if it is not known.
    pub fn id(&self, word: &[u8]) -> WordId {
        self.numbers.get(word).copied().unwrap_or(0)
    }

    /// The number of a word of a text; the reserved words are no words of a text and count as unknown.
    pub fn text_id(&self, word: &[u8]) -> WordId {
        let id = self.id(word);
        if id <= SENTENCE_END { UNKNOWN } else { id }
    }

    /// The number itself where it is a word's, else that of `<unk>`.
    pub fn known(&self, id: WordId) -> WordId {
        if (id as usize) < self.words.len() { id } else { UNKNOWN }
    }

    /// The word of a number.
    pub fn word(&self, id: WordId) -> &str {
        self.words.get(id as usize).map_or("<unk>", String::as_str)
    }
}
