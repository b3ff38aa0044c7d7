//! Tokens that are runs of one kind of character: white space, word-punct and scikit-learn's rule.
//!
//! Text that is ASCII is classified 64 bytes at a time: eight 64-bit words give one bit a byte, and the tokens lie
//! between the edges of that mask, so that the cost goes by tokens instead of by bytes.

use super::Tokenize;
use super::classes::{is_space, is_word_re, is_word_regex};
use crate::normalise::lower_into;

/// What white space (that of Python's `str.split`) separates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whitespace;

impl Tokenize for Whitespace {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        runs(text, ascii_not_space, |c| !is_space(c), |start, end| token(&text[start..end]));
    }
}

/// Runs of word characters and runs of other visible characters: `\w+|[^\w\s]+`, NLTK's `WordPunctTokenizer`.
///
/// `\w` and `\s` are those of the `regex` package, which NLTK 3.10 uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordPunct;

impl Tokenize for WordPunct {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let mut done = 0;
        let between = |start: usize, end: usize, token: &mut dyn FnMut(&str)| {
            for piece in text[start..end].split(char::is_whitespace) {
                if !piece.is_empty() {
                    token(piece);
                }
            }
        };
        runs(text, ascii_word, is_word_regex, |start, end| {
            between(done, start, token);
            token(&text[start..end]);
            done = end;
        });
        between(done, text.len(), token);
    }
}

/// Two or more word characters in a row: scikit-learn's `(?u)\b\w\w+\b`, with `\w` of Python's `re`.
///
/// scikit-learn lower-cases the text first; [`ScikitLearn::each_lower`] does both.
///
/// ```
/// use gyeol_text::words::{ScikitLearn, Tokenize};
/// assert_eq!(ScikitLearn.tokens("I can't: 3 of 42 나는 집"), ["can", "of", "42", "나는"]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScikitLearn;

impl ScikitLearn {
    /// [`Tokenize::each`] without the call through a table, for inner loops.
    #[inline]
    pub fn scan(text: &str, mut token: impl FnMut(&str)) {
        let bytes = text.as_bytes();
        runs(text, ascii_word, is_word_re, |start, end| {
            // One character alone is no token: its length is told by its first byte.
            if end - start > width(bytes[start]) {
                token(&text[start..end]);
            }
        });
    }

    /// The tokens of the lower-cased text, which `lowered` keeps until the next call: a buffer to use again.
    ///
    /// Lower-casing is Python's `str.lower`, of the whole text, since it may turn one token into two ("İx").
    #[inline]
    pub fn each_lower(text: &str, lowered: &mut String, token: impl FnMut(&str)) {
        lower_into(text, lowered);
        ScikitLearn::scan(lowered, token);
    }
}

impl Tokenize for ScikitLearn {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        ScikitLearn::scan(text, token);
    }
}

/// Bytes of the character that begins with this byte.
#[inline]
fn width(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// The high bit of each byte that is an ASCII letter, digit or `_`; the bytes are below 0x80.
#[inline]
fn ascii_word(x: u64) -> u64 {
    // For bytes below 0x80, x + (0x80 - k) carries into the high bit exactly when x >= k, and never further.
    let at_least = |x: u64, k: u64| x + ONES * (0x80 - k);
    let folded = x | (ONES << 5);
    let letters = at_least(folded, 0x61) & !at_least(folded, 0x7b);
    let digits = at_least(x, 0x30) & !at_least(x, 0x3a);
    let underscore = !at_least(x ^ (ONES * 0x5f), 1);
    (letters | digits | underscore) & HIGH
}

/// The high bit of each byte that is not ASCII white space (U+0009 to U+000D, U+001C to U+0020).
#[inline]
fn ascii_not_space(x: u64) -> u64 {
    let at_least = |x: u64, k: u64| x + ONES * (0x80 - k);
    let controls = at_least(x, 0x09) & !at_least(x, 0x0e);
    let separators = at_least(x, 0x1c) & !at_least(x, 0x21);
    !(controls | separators) & HIGH
}

/// Calls `run(start, end)` for each longest run of characters of a class, given once for eight ASCII bytes (high bits)
/// and once for a character.
#[inline]
fn runs(
    text: &str,
    ascii: impl Fn(u64) -> u64,
    one: impl Fn(char) -> bool,
    mut run: impl FnMut(usize, usize),
) {
    const NONE: usize = usize::MAX;
    let bytes = text.as_bytes();
    let (mut start, mut at) = (NONE, 0);
    while let Some(block) = bytes.get(at..at + 64) {
        let (mut mask, mut any) = (0u64, 0u64);
        for (i, eight) in block.as_chunks::<8>().0.iter().enumerate() {
            let x = u64::from_le_bytes(*eight);
            any |= x;
            // The eight high bits, gathered into one byte by the product.
            let bits = (ascii(x & !HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            mask |= bits << (8 * i);
        }
        if any & HIGH == 0 {
            let mut edges = mask ^ (mask << 1 | u64::from(start != NONE));
            while edges != 0 {
                let here = at + edges.trailing_zeros() as usize;
                edges &= edges - 1;
                if start == NONE {
                    start = here;
                } else {
                    run(start, here);
                    start = NONE;
                }
            }
            at += 64;
            continue;
        }
        let stop = at + 64;
        for c in text[at..].chars() {
            if at >= stop {
                break;
            }
            step(&mut start, at, one(c), &mut run);
            at += c.len_utf8();
        }
    }
    for c in text[at..].chars() {
        step(&mut start, at, one(c), &mut run);
        at += c.len_utf8();
    }
    if start != NONE {
        run(start, at);
    }

    #[inline]
    fn step(start: &mut usize, at: usize, inside: bool, run: &mut impl FnMut(usize, usize)) {
        if inside && *start == NONE {
            *start = at;
        } else if !inside && *start != NONE {
            run(*start, at);
            *start = NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A random text of ASCII and other characters, long enough for blocks of 64 bytes.
    fn texts() -> impl Iterator<Item = String> {
        let alphabet: Vec<char> =
            "aZ_09 \t\n\u{1c}.,-é가나다ㅋ한²Ⓐ\u{301}\u{a0}\u{3000}🙂İΣσ".chars().collect();
        let mut state = 7u64;
        (0..4000).map(move |round| {
            let mut text = String::new();
            for _ in 0..round % 230 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                // Mostly ASCII, in long stretches, so that both ways of scanning take turns.
                let few = if round % 3 == 0 { alphabet.len() } else { 14 };
                text.push(alphabet[(state >> 33) as usize % few]);
            }
            text
        })
    }

    #[test]
    fn blocks_of_64_bytes_change_nothing() {
        for text in texts() {
            let mut want: Vec<&str> = text.split(|c| !is_word_re(c)).collect();
            want.retain(|w| w.chars().count() > 1);
            assert_eq!(ScikitLearn.tokens(&text), want, "{text:?}");
            let want: Vec<&str> = text.split(is_space).filter(|w| !w.is_empty()).collect();
            assert_eq!(Whitespace.tokens(&text), want, "{text:?}");
        }
    }

    #[test]
    fn lower_casing_comes_before_cutting() {
        let mut room = String::new();
        for text in texts().chain(["AİB ΟΔΟΣ".to_owned(), "ΑΣ. Σ".to_owned()]) {
            let mut found = Vec::new();
            ScikitLearn::each_lower(&text, &mut room, |t| found.push(t.to_owned()));
            assert_eq!(found, ScikitLearn.tokens(&text.to_lowercase()), "{text:?}");
        }
        let mut found = Vec::new();
        ScikitLearn::each_lower("AİBC ΟΔΟΣ", &mut room, |t| found.push(t.to_owned()));
        // From Python: re.findall(r"(?u)\b\w\w+\b", "AİBC ΟΔΟΣ".lower())
        assert_eq!(found, ["ai", "bc", "οδος"]);
    }
}
