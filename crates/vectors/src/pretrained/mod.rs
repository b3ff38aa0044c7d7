//! Vectors of words that were learnt elsewhere, read from the files that others write.
//!
//! | form | file |
//! |---|---|
//! | `word2vec` | a first line of two numbers, words and numbers of each; then a word and its numbers a line (Mikolov et al. 2013, also gensim, and fastText's `.vec`) |
//! | `word2vec-binary` | the same first line; then a word, a blank and its numbers as 32-bit floats, little endian |
//! | `glove` | a word and its numbers a line, no first line (Pennington, Socher and Manning 2014) |
//! | `fasttext` | fastText's `.bin`: dictionary, arguments, and vectors of words and of buckets of character n-grams (Bojanowski et al. 2017) |
//!
//! The first three may be packed by gzip. A file is walked once from its beginning, and only the vectors of the words that were
//! asked for are kept, so that memory grows with those and not with the file. Numbers of other words are counted and not read.
//! A word is looked for as it is written; upper and lower case are not the same.

mod fasttext;
mod input;
mod look;
mod rows;

#[cfg(test)]
mod tests;

use std::path::Path;

use gyeol_base::{Error, Fault, Result, shorten};
use gyeol_text::vocabulary::Words;

use input::Input;

/// Most numbers of a vector.
pub(crate) const WIDEST: usize = 1 << 16;

/// How a file of vectors is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text with a first line of two numbers.
    Word2vec,
    /// The same with vectors as bytes.
    Word2vecBinary,
    /// Text without such a line.
    Glove,
    /// A model of fastText.
    FastText,
}

gyeol_base::named!(
    Form, "a form of vectors",
    "word2vec" => Form::Word2vec,
    "word2vec-binary" => Form::Word2vecBinary,
    "glove" => Form::Glove,
    "fasttext" => Form::FastText,
);

/// The vectors of the words that were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Pretrained {
    form: Form,
    because: String,
    words: u64,
    dimension: usize,
    /// By word that was asked for.
    rows: Vec<Option<u32>>,
    composed: usize,
    numbers: Vec<f32>,
}

impl Pretrained {
    /// Reads the vectors of these words, each of which is asked for once; `form` overrules what the contents say. `progress` is
    /// told of the bytes walked over, and false stops.
    ///
    /// # Errors
    /// `io`; a file that holds no vectors (`not-vectors`), is cut off (`cut-off`), has rows of other lengths (`other-length`),
    /// numbers that are none (`not-a-number`) or a word twice (`repeated-word`), with its line or byte; `quantised`; `stopped`.
    pub fn read<'a>(
        path: &Path,
        form: Option<Form>,
        words: impl IntoIterator<Item = &'a str>,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Pretrained> {
        let mut asked = Words::default();
        for word in words {
            if !asked.insert(word).1 {
                return Err(Error::defect(format!("'{}' is asked for twice", shorten(word, 40))));
            }
        }
        let mut input = Input::open(path)?;
        let look = look::look(&input, form)?;
        let mut kept = Kept::new(&asked, look.dimension);
        let words = match look.form {
            Form::FastText => fasttext::read(&mut input, &mut kept, progress)?,
            Form::Word2vecBinary => rows::binary(&mut input, look.rows.unwrap_or(0), &mut kept, progress)?,
            Form::Word2vec | Form::Glove => rows::text(&mut input, look.rows, &mut kept, progress)?,
        };
        let Kept { dimension, rows, composed, numbers, .. } = kept;
        Ok(Pretrained { form: look.form, because: look.because, words, dimension, rows, composed, numbers })
    }

    /// How many numbers a vector of this file has; nothing else of it is read.
    ///
    /// # Errors
    /// As [`Pretrained::read`].
    pub fn dimension_of(path: &Path, form: Option<Form>) -> Result<usize> {
        let mut input = Input::open(path)?;
        let look = look::look(&input, form)?;
        match look.form {
            Form::FastText => fasttext::dimension(&mut input),
            _ => Ok(look.dimension),
        }
    }

    /// How the file is written.
    pub fn form(&self) -> Form {
        self.form
    }

    /// By what that was told.
    pub fn because(&self) -> &str {
        &self.because
    }

    /// Words of the file.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// Numbers of a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Words that were asked for.
    pub fn asked(&self) -> usize {
        self.rows.len()
    }

    /// Those of them that have a vector.
    pub fn found(&self) -> usize {
        self.rows.iter().flatten().count()
    }

    /// Those of the found ones that are no words of the file: their vector is made of their character n-grams.
    pub fn composed(&self) -> usize {
        self.composed
    }

    /// The vector of a word, by its place among those that were asked for.
    pub fn vector(&self, word: usize) -> Option<&[f32]> {
        let row = (*self.rows.get(word)?)? as usize;
        self.numbers.get(row * self.dimension..(row + 1) * self.dimension)
    }
}

/// What is kept while a file is walked over.
struct Kept<'a> {
    asked: &'a Words,
    dimension: usize,
    rows: Vec<Option<u32>>,
    /// Where each word that was found stands: a line, or a byte.
    at: Vec<u64>,
    composed: usize,
    numbers: Vec<f32>,
}

impl<'a> Kept<'a> {
    fn new(asked: &'a Words, dimension: usize) -> Kept<'a> {
        let count = asked.len();
        let (rows, at) = (vec![None; count], vec![0; count]);
        Kept { asked, dimension, rows, at, composed: 0, numbers: Vec::new() }
    }

    /// The number of a word that was asked for.
    fn find(&self, word: &[u8]) -> Option<usize> {
        // What is no text was not asked for.
        let word = std::str::from_utf8(word).ok()?;
        self.asked.find(word).map(|n| n as usize)
    }

    /// Takes note of a word that stands at a line or byte.
    fn note(&mut self, word: usize, at: u64, unit: &str) -> Result<(), Box<Fault>> {
        if self.at[word] > 0 {
            let shown = shorten(self.asked.word(word as u32), 40);
            let found = format!("'{shown}' stands twice, the first time at {unit} {}", self.at[word]);
            let fault = Fault::new("repeated-word", found)
                .cause(
                    "two files were put together, or words were made alike after their vectors were learnt",
                )
                .next("take one of the two out");
            return Err(Box::new(fault));
        }
        self.at[word] = at;
        Ok(())
    }

    /// Gives a word the numbers that were put last.
    fn give(&mut self, word: usize) {
        self.rows[word] = Some((self.numbers.len() / self.dimension.max(1) - 1) as u32);
    }
}

/// A file that ends before it should.
fn cut_off(found: String) -> Fault {
    Fault::new("cut-off", found)
        .cause("the file was cut off while it was copied or unpacked")
        .next("fetch it again and compare its size")
}
