//! Characters and n-grams of characters.

use unicode_segmentation::UnicodeSegmentation;

use super::Tokenize;
use super::classes::is_space;

/// Each character as a token, blanks and line ends too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Characters {
    /// What a reader takes for one character (an extended grapheme cluster of UAX #29: a letter with its accents, a
    /// family emoji) instead of each code point.
    pub graphemes: bool,
}

impl Tokenize for Characters {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        if self.graphemes && !text.is_ascii() {
            text.graphemes(true).for_each(token);
            return;
        }
        let mut at = 0;
        while at < text.len() {
            let mut end = at + 1;
            // Graphemes of ASCII are its characters, but for CR LF.
            if self.graphemes && text[at..].starts_with("\r\n") {
                end += 1;
            }
            while !text.is_char_boundary(end) {
                end += 1;
            }
            token(&text[at..end]);
            at = end;
        }
    }
}

/// Where character n-grams may reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NgramBounds {
    /// Anywhere in the text: scikit-learn's analyzer `char`.
    #[default]
    Text,
    /// Within a word with a blank on either side: scikit-learn's `char_wb`.
    Words,
}

/// All n-grams of characters from `min` to `max`, equal to scikit-learn's analyzers `char` and `char_wb`, in its order.
///
/// Two or more white-space characters in a row count as one blank; one alone stays as it is (within the text), which
/// is what scikit-learn does. The text is not lower-cased.
///
/// ```
/// use gyeol_text::words::{CharNgrams, NgramBounds, Tokenize};
/// let ngrams = CharNgrams::new(2, 3, NgramBounds::Words).unwrap();
/// assert_eq!(ngrams.tokens("가나 b"), [" 가", "가나", "나 ", " 가나", "가나 ", " b", "b ", " b "]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CharNgrams {
    min: usize,
    max: usize,
    bounds: NgramBounds,
}

impl CharNgrams {
    /// N-grams of `min` to `max` characters.
    ///
    /// # Errors
    /// `min` is 0 or above `max`.
    pub fn new(min: usize, max: usize, bounds: NgramBounds) -> gyeol_base::Result<Self> {
        if min == 0 || min > max {
            return Err(gyeol_base::Error::option(
                gyeol_base::Fault::new("ngram-range", format!("character n-grams from {min} to {max}"))
                    .cause("the shortest n-gram has at least one character and is no longer than the longest")
                    .next("give a range such as 2 to 4"),
            ));
        }
        Ok(CharNgrams { min, max, bounds })
    }

    /// Shortest and longest n-gram.
    pub fn range(&self) -> (usize, usize) {
        (self.min, self.max)
    }

    /// Where n-grams may reach.
    pub fn bounds(&self) -> NgramBounds {
        self.bounds
    }

    /// Runs of two or more white-space characters as one blank; nothing is copied where there are none.
    fn squeezed(text: &str) -> std::borrow::Cow<'_, str> {
        let mut before = false;
        let double = |c: char| {
            let space = is_space(c);
            let twice = space && before;
            before = space;
            twice
        };
        if !text.chars().any(double) {
            return text.into();
        }
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if is_space(c) && chars.peek().is_some_and(|&c| is_space(c)) {
                while chars.next_if(|&c| is_space(c)).is_some() {}
                out.push(' ');
            } else {
                out.push(c);
            }
        }
        out.into()
    }

    fn of_text(&self, text: &str, token: &mut dyn FnMut(&str)) {
        for n in self.min..=self.max {
            if !windows(text, n, token) {
                break;
            }
        }
    }

    fn of_words(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let mut padded = String::new();
        for word in text.split(is_space).filter(|w| !w.is_empty()) {
            padded.clear();
            padded.push(' ');
            padded.push_str(word);
            padded.push(' ');
            for n in self.min..=self.max {
                if !windows(&padded, n, token) {
                    // A word no longer than n counts once, as it is; one of exactly n did so already.
                    token(&padded);
                    break;
                }
                if padded.chars().nth(n).is_none() {
                    break;
                }
            }
        }
    }
}

impl Tokenize for CharNgrams {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let text = Self::squeezed(text);
        match self.bounds {
            NgramBounds::Text => self.of_text(&text, token),
            NgramBounds::Words => self.of_words(&text, token),
        }
    }
}

/// All pieces of `n` characters; false when the text is shorter.
fn windows(text: &str, n: usize, token: &mut dyn FnMut(&str)) -> bool {
    let mut ends = text.char_indices().map(|(i, c)| i + c.len_utf8()).skip(n - 1);
    let mut starts = text.char_indices().map(|(i, _)| i);
    let mut any = false;
    while let (Some(end), Some(start)) = (ends.next(), starts.next()) {
        token(&text[start..end]);
        any = true;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphemes_keep_what_belongs_together() {
        let graphemes = Characters { graphemes: true };
        assert_eq!(graphemes.tokens("e\u{301}👨‍👩‍👧\r\n"), ["e\u{301}", "👨‍👩‍👧", "\r\n"]);
        assert_eq!(graphemes.tokens("a\r\nb\n"), ["a", "\r\n", "b", "\n"]);
        assert_eq!(Characters::default().tokens("가 e\u{301}"), ["가", " ", "e", "\u{301}"]);
    }

    /// From scikit-learn 1.9.1: see `fixtures/char_ngrams.py`.
    #[test]
    fn n_grams_are_those_of_scikit_learn() {
        let cases: Vec<(String, usize, usize, String, Vec<String>)> =
            serde_json::from_str(include_str!("fixtures/char_ngrams.json")).unwrap();
        assert!(cases.len() > 60);
        for (text, min, max, analyzer, want) in cases {
            let bounds = if analyzer == "char" { NgramBounds::Text } else { NgramBounds::Words };
            let found = CharNgrams::new(min, max, bounds).unwrap().tokens(&text);
            assert_eq!(found, want, "{analyzer} {min}-{max} of {text:?}");
        }
    }

    #[test]
    fn an_empty_range_is_an_error() {
        for (min, max) in [(0, 2), (3, 2)] {
            let error = CharNgrams::new(min, max, NgramBounds::Text).unwrap_err();
            assert_eq!(error.code(), "ngram-range");
        }
    }
}
