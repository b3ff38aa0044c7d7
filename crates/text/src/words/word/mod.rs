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

pub(crate) use address::{email_length, url_length};

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
        let mut piece = Piece { text, end: 0 };
        let mut at = 0;
        while let Some(&first) = bytes.get(at) {
            let start = at;
            if first.is_ascii_alphanumeric() {
                at += bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
                if ends_word(&bytes[at..], at - start) {
                    token(&text[start..at]);
                    continue;
                }
                at = start;
            } else if first.is_ascii() {
                let blank = bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
                if is_space(char::from(first)) {
                    at += 1;
                    continue;
                }
                // A mark before a blank is nothing but itself.
                if blank {
                    at += 1;
                    token(&text[start..at]);
                    continue;
                }
            }
            let Some(c) = text[at..].chars().next() else { break };
            if is_space(c) {
                at += c.len_utf8();
                continue;
            }
            if piece.end <= at {
                let length = text[at..].char_indices().find(|&(_, c)| is_space(c)).map(|(i, _)| i);
                piece.end = length.map_or(text.len(), |i| at + i);
            }
            at = token_end(piece, at, c);
            token(&text[start..at]);
        }
    }
}

/// Whether a word of ASCII letters and digits, `length` bytes long, certainly ends before `rest`: nothing that could
/// join it to more, or make it an address or a face, stands there.
#[inline]
fn ends_word(rest: &[u8], length: usize) -> bool {
    let Some(&next) = rest.first() else { return true };
    match next {
        b' ' | b'\t'..=b'\r' => true,
        b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'"' | b'!' | b'?' | b';' | b'=' | b'|' => {
            true
        }
        b',' => !rest.get(1).is_some_and(u8::is_ascii_digit),
        // An abbreviation is shorter.
        b'.' => length > 8 && rest.get(1).is_none_or(u8::is_ascii_whitespace),
        b':' => rest.get(1).is_none_or(u8::is_ascii_whitespace),
        _ => false,
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

/// The end of what stays whole at `at` in Korean too, and whether it is a word: an address or a name; a face; a number or a
/// word of another script, up to the next syllable of Hangul; an emoji, as often as it is repeated. `end` is where the
/// piece ends at white space, `hangul` where that syllable is.
pub(crate) fn whole_end(text: &str, end: usize, hangul: usize, at: usize, c: char) -> Option<(usize, bool)> {
    let (piece, latin) = (Piece { text, end }, Piece { text, end: hangul });
    if let Some(end) = address::end(piece, at, c) {
        return Some((end, true));
    }
    if let Some(end) = emoticon::end(piece, at, c) {
        return Some((end, false));
    }
    if let Some(end) = joined::end(latin, at, c) {
        return Some((end, true));
    }
    let first = emoji_end(piece, at, c)?;
    let (emoji, mut end) = (&text[at..first], first);
    while piece.rest(end).starts_with(emoji) && emoji_end(piece, end, c) == Some(end + emoji.len()) {
        end += emoji.len();
    }
    Some((end, false))
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
