//! Words as a reader counts them, for English, Korean and mixed text.
//!
//! A text is cut at white space, then each piece from left to right by the first of these that fits:
//!
//! 1. addresses: `http://x.y/z`, `www.x.y`, `me@x.org`; `@mention`, `#hashtag` ([`address`])
//! 2. emoticons: `:-)`, `^^;`, `T_T`, `<3` ([`emoticon`])
//! 3. words and numbers with what joins their parts: `Don't`, `state-of-the-art`, `U.S.A.`, `AT&T`, `$45.55`, `1,000`,
//!    `01/02/06`, `10:30`, `50%` ([`joined`])
//! 4. emoji, with all that belongs to one of them; runs of single Hangul letters: `ㅋㅋㅋ`, `ㅠㅠ`
//! 5. runs of one mark: `...`, `!!!`, `--`
//! 6. any other character alone
//!
//! Scripts that are written without blanks (Han, kana, Thai) keep their runs whole: for them there is `unicode`.

mod address;
mod emoticon;
mod joined;

use unicode_properties::UnicodeEmoji;
use unicode_segmentation::UnicodeSegmentation;

use super::Tokenize;
use super::classes::{char_before, is_space, is_word_regex};

/// Words, numbers, addresses, emoticons and emoji whole, other marks alone: the scheme for English, Korean and mixed
/// text.
///
/// Contractions and possessives stay whole (`Don't`, `Jone's`): a reader's words. `treebank` splits them.
///
/// ```
/// use gyeol_text::words::{Tokenize, Word};
/// assert_eq!(Word.tokens("Don't pay $45.55 :-)"), ["Don't", "pay", "$45.55", ":-)"]);
/// assert_eq!(Word.tokens("영화가 재밌어ㅋㅋㅋ!!"), ["영화가", "재밌어", "ㅋㅋㅋ", "!!"]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Word;

impl Tokenize for Word {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            // Most pieces are ASCII letters and digits from one blank to the next.
            while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
                at += 1;
            }
            if at > start && bytes.get(at).is_none_or(|&b| b == b' ' || b == b'\n') {
                token(&text[start..at]);
                at += 1;
                continue;
            }
            let mut end = text.len();
            for (i, c) in text[at..].char_indices() {
                if is_space(c) {
                    end = at + i;
                    break;
                }
            }
            if end > start {
                cut(Piece { text, end }, start, token);
            }
            at = end + text[end..].chars().next().map_or(0, char::len_utf8);
        }
    }
}

/// A text up to the white space that ends a piece of it.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    end: usize,
}

impl<'a> Piece<'a> {
    fn rest(&self, at: usize) -> &'a str {
        &self.text[at..self.end]
    }

    fn char(&self, at: usize) -> Option<char> {
        self.rest(at).chars().next()
    }

    fn before(&self, at: usize) -> Option<char> {
        char_before(self.text, at)
    }

    /// Whether no word goes on at `at`.
    fn ends_word(&self, at: usize) -> bool {
        !self.char(at).is_some_and(is_word_regex)
    }
}

fn cut(piece: Piece<'_>, mut at: usize, token: &mut dyn FnMut(&str)) {
    while let Some(c) = piece.char(at) {
        let end = token_end(piece, at, c);
        token(&piece.text[at..end]);
        at = end;
    }
}

/// The end of the token that begins at `at` with `c`.
fn token_end(piece: Piece<'_>, at: usize, c: char) -> usize {
    address::end(piece, at, c)
        .or_else(|| emoticon::end(piece, at, c))
        .or_else(|| joined::end(piece, at, c))
        .or_else(|| emoji_end(piece, at, c))
        .or_else(|| jamo_end(piece, at, c))
        .unwrap_or_else(|| {
            // A run of one mark; brackets close one by one.
            let single = matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | '"' | '“' | '”');
            let same = piece.rest(at).chars().take_while(|&x| x == c).count();
            at + c.len_utf8() * if single { 1 } else { same }
        })
}

/// An emoji with its joiners, skin tones, selectors and flags: one grapheme cluster.
fn emoji_end(piece: Piece<'_>, at: usize, c: char) -> Option<usize> {
    let cluster = piece.rest(at).graphemes(true).next()?;
    let keycap = cluster.ends_with('\u{20e3}');
    ((!c.is_ascii() && c.is_emoji_char()) || keycap).then_some(at + cluster.len())
}

/// Single Hangul letters, as in ㅋㅋㅋ and ㅠㅠ.
fn is_jamo(c: char) -> bool {
    matches!(c, '\u{3131}'..='\u{318e}')
}

/// A run of consonants, or of vowels.
fn jamo_end(piece: Piece<'_>, at: usize, c: char) -> Option<usize> {
    let vowel = |c: char| matches!(c, '\u{314f}'..='\u{3163}' | '\u{3187}'..='\u{318e}');
    let run = piece.rest(at).chars().take_while(|&x| is_jamo(x) && vowel(x) == vowel(c)).map(char::len_utf8);
    is_jamo(c).then(|| at + run.sum::<usize>())
}

#[cfg(test)]
mod tests;
