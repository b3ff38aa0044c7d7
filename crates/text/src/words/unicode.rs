//! Words by the boundaries of Unicode Standard Annex #29.
//!
//! The boundaries are those of the crate unicode-segmentation ([`UnicodeWords::BOUNDARIES`] says of which version of
//! Unicode). Text that is ASCII goes by a table of pairs instead: there every rule of the standard looks at most one
//! character beyond the boundary on either side (WB6, WB7, WB11, WB12).

use unicode_properties::UnicodeEmoji;
use unicode_segmentation::UnicodeSegmentation;

use super::Tokenize;

/// Words between the boundaries of UAX #29: the pieces that hold a letter, a number or an emoji.
///
/// ```
/// use gyeol_text::words::{Tokenize, UnicodeWords};
/// assert_eq!(UnicodeWords.tokens("Don't pay $3.50, 나는 🙂"), ["Don't", "pay", "3.50", "나는", "🙂"]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnicodeWords;

impl UnicodeWords {
    /// The version of Unicode whose boundaries these are.
    pub const BOUNDARIES: (u64, u64, u64) = unicode_segmentation::UNICODE_VERSION;

    /// Calls `piece` for everything between two boundaries, white space and punctuation too.
    pub fn bounds(text: &str, piece: &mut dyn FnMut(&str)) {
        // A boundary lies on either side of a line feed, whatever stands there (WB3a, WB3b), bar CR before it.
        let mut rest = text;
        while !rest.is_empty() {
            let line = rest.find('\n').map_or(rest.len(), |i| i + 1);
            let (head, tail) = rest.split_at(line);
            if head.is_ascii() {
                ascii_bounds(head, piece);
            } else {
                head.split_word_bounds().for_each(&mut *piece);
            }
            rest = tail;
        }
    }
}

impl Tokenize for UnicodeWords {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        UnicodeWords::bounds(text, &mut |piece| {
            if is_wordlike(piece) {
                token(piece);
            }
        });
    }
}

fn is_wordlike(piece: &str) -> bool {
    match piece.as_bytes() {
        [b, ..] if b.is_ascii_alphanumeric() => true,
        _ => piece.chars().any(|c| c.is_alphanumeric() || is_pictograph(c)),
    }
}

/// Emoji, without the digits and marks that are emoji only with a selector behind them.
fn is_pictograph(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char()
}

// Word_Break of ASCII characters.
const OTHER: u8 = 0;
const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const UNDERSCORE: u8 = 3;
const BLANK: u8 = 4;

fn kind(b: u8) -> u8 {
    match b {
        b'a'..=b'z' | b'A'..=b'Z' => LETTER,
        b'0'..=b'9' => DIGIT,
        b'_' => UNDERSCORE,
        b' ' => BLANK,
        _ => OTHER,
    }
}

/// The boundaries of a line of ASCII.
fn ascii_bounds(text: &str, piece: &mut dyn FnMut(&str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let first = kind(bytes[at]);
        at += 1;
        match first {
            BLANK => {
                while bytes.get(at) == Some(&b' ') {
                    at += 1;
                }
            }
            OTHER => {
                if bytes[start] == b'\r' && bytes.get(at) == Some(&b'\n') {
                    at += 1;
                }
            }
            _ => {
                let mut last = first;
                while let Some(&b) = bytes.get(at) {
                    let next = kind(b);
                    if matches!(next, LETTER | DIGIT | UNDERSCORE) {
                        last = next;
                        at += 1;
                        continue;
                    }
                    // A mark that joins two letters, or two digits.
                    let joins = match last {
                        LETTER => matches!(b, b'.' | b'\'' | b':'),
                        DIGIT => matches!(b, b'.' | b'\'' | b',' | b';'),
                        _ => false,
                    };
                    if !joins || bytes.get(at + 1).map(|&b| kind(b)) != Some(last) {
                        break;
                    }
                    at += 2;
                }
            }
        }
        piece(&text[start..at]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn bounds(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let mut lengths = Vec::new();
        UnicodeWords::bounds(text, &mut |p| lengths.push(p.len()));
        let mut at = 0;
        for n in lengths {
            found.push(&text[at..at + n]);
            at += n;
        }
        assert_eq!(at, text.len(), "the pieces do not make up {text:?}");
        found
    }

    /// The file of the standard, Unicode 17.0.0, packed; `÷` is a boundary, `×` is none.
    #[test]
    fn agrees_with_the_standards_own_test_file() {
        assert_eq!(UnicodeWords::BOUNDARIES, (17, 0, 0));
        let mut file = String::new();
        flate2::read::GzDecoder::new(&include_bytes!("fixtures/WordBreakTest-17.0.0.txt.gz")[..])
            .read_to_string(&mut file)
            .unwrap();
        let mut cases = 0;
        for line in file.lines().map(|l| l.split('#').next().unwrap_or("").trim()).filter(|l| !l.is_empty()) {
            let mut want: Vec<String> = Vec::new();
            for mark in line.split_whitespace() {
                match mark {
                    "÷" => want.push(String::new()),
                    "×" => {}
                    hex => {
                        let c = char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap();
                        want.last_mut().unwrap().push(c);
                    }
                }
            }
            assert_eq!(want.pop().as_deref(), Some(""));
            assert_eq!(bounds(&want.concat()), want, "{line}");
            cases += 1;
        }
        assert_eq!(cases, 1944);
    }

    /// Every string of up to five characters from one of each class of ASCII.
    #[test]
    fn the_ascii_path_changes_nothing() {
        let classes = ['a', '0', '_', '.', ',', '\'', '"', ':', ' ', '\r', '\n', '-', '\t'];
        let mut text = String::new();
        for length in 1..=5u32 {
            for mut code in 0..classes.len().pow(length) {
                text.clear();
                for _ in 0..length {
                    text.push(classes[code % classes.len()]);
                    code /= classes.len();
                }
                let want: Vec<&str> = text.split_word_bounds().collect();
                assert_eq!(bounds(&text), want, "{text:?}");
            }
        }
        for b in 0..128u8 {
            for pattern in ["a?a", "1?1", "_?_", "??", " ? "] {
                let text = pattern.replace('?', &char::from(b).to_string());
                assert_eq!(bounds(&text), text.split_word_bounds().collect::<Vec<_>>(), "{text:?}");
            }
        }
    }
}
