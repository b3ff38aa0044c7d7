//! Penn Treebank tokens, as NLTK's `TreebankWordTokenizer` makes them.
//!
//! The rules are Robert MacIntyre's sed script (<http://www.cis.upenn.edu/~treebank/tokenizer.sed>) as NLTK 3.10 runs
//! it: some twenty substitutions, one after the other, that only ever put blanks around pieces and turn `"` into
//! <code>\`\`</code> or `''`. Here a piece of text between white space that no rule can touch is handed on as it is,
//! and any other keeps one flag a byte, "a blank was put before this", on which the same rules act in the same order.
//! No rule looks further than the white space on either side of a piece, apart from the full stop at the end of the
//! text.
//!
//! [`WordTokenize`] runs the rules of NLTK's later `NLTKWordTokenizer` on the same flags.
//!
//! Case is ignored as Python's `re` does it: `ı`, `İ` count as i and `ſ` as s.

use self::piece::{CONTRACTED, Piece, Rules};
use super::Tokenize;
use super::classes::{char_at, is_space, may_begin_space};

mod piece;

/// Penn Treebank tokens: `don't` is `do n't`, punctuation stands alone, quotes become <code>\`\`</code> and `''`.
///
/// A text is taken for one sentence: a full stop is cut off at its end alone.
///
/// ```
/// use gyeol_text::words::{Tokenize, Treebank};
/// assert_eq!(
///     Treebank.tokens(r#"We can't, "it's $3.50.""#),
///     ["We", "ca", "n't", ",", "``", "it", "'s", "$", "3.50", ".", "''"]
/// );
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Treebank;

impl Tokenize for Treebank {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        scan(text, Rules::Treebank, token);
    }
}

/// The words of NLTK's `word_tokenize` within a sentence (its `NLTKWordTokenizer`): Treebank tokens, with typographic quotes,
/// dashes, asterisks and runs of full stops apart, and an apostrophe before a word that is no ending.
///
/// A text is taken for one sentence, as by `word_tokenize(text, preserve_line=True)`.
///
/// ```
/// use gyeol_text::words::{Tokenize, WordTokenize};
/// assert_eq!(
///     WordTokenize.tokens("“It's 'odd'..” — yes*."),
///     ["“", "It", "'s", "'", "odd", "'", "..", "”", "—", "yes", "*", "."]
/// );
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordTokenize;

impl Tokenize for WordTokenize {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        scan(text, Rules::WordTokenize { stop: final_stop(text) }, token);
    }
}

/// The full stop that ends a text for `word_tokenize`, with nothing behind it but closing marks and blanks; a quote that
/// opens (behind a blank) is no closing mark.
fn final_stop(text: &str) -> Option<usize> {
    let closes = |c: char| matches!(c, ']' | ')' | '}' | '>' | '"' | '\'' | '»' | '”' | '’' | ' ');
    let body = text.trim_end_matches(is_space).trim_end_matches(closes);
    let (before, tail) = (body.strip_suffix('.')?, &text[body.len()..]);
    let opens = tail.contains(" \"") || tail.contains(" ''");
    (!before.is_empty() && !before.ends_with('.') && !opens).then_some(before.len())
}

// What a byte may set off.
const SPACE: u8 = 1;
const LETTER: u8 = 2;
const OTHER: u8 = 4;
const HIGH: u8 = 8;
const DOT_OR_DASH: u8 = 16;
const QUOTE: u8 = 32;
const COLON: u8 = 64;
const ALONE: u8 = 128;

static KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        kinds[i] = match b {
            0x09..=0x0d | 0x1c..=0x20 => SPACE,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => LETTER,
            b'.' | b'-' => DOT_OR_DASH,
            b'"' | b'\'' | b'`' => QUOTE,
            b':' | b',' => COLON,
            b';' | b'@' | b'#' | b'$' | b'%' | b'&' | b'?' | b'!' => ALONE,
            b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' => ALONE,
            0x80.. => HIGH,
            _ => OTHER,
        };
        i += 1;
    }
    kinds
};

/// The first byte from `at` on that is not white space.
#[inline]
fn skip_space(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if KINDS[bytes[at] as usize] == SPACE {
            at += 1;
        } else if may_begin_space(bytes[at]) {
            match char_at(text, at) {
                Some(c) if is_space(c) => at += c.len_utf8(),
                _ => break,
            }
        } else {
            break;
        }
    }
    at
}

/// The end of the piece that begins at `at`, and what its bytes may set off.
#[inline]
fn piece_end(text: &str, mut at: usize) -> (usize, u8) {
    let bytes = text.as_bytes();
    let mut seen = 0;
    loop {
        for &b in &bytes[at..] {
            let kind = KINDS[b as usize];
            if kind & (SPACE | HIGH) != 0 {
                break;
            }
            seen |= kind;
            at += 1;
        }
        match bytes.get(at) {
            Some(&b) if b >= 0x80 && !(may_begin_space(b) && char_at(text, at).is_some_and(is_space)) => {
                seen |= HIGH;
                at += 1;
            }
            _ => return (at, seen),
        }
    }
}

fn scan(text: &str, rules: Rules, token: &mut dyn FnMut(&str)) {
    let bytes = text.as_bytes();
    let mut flags = Vec::new();
    let mut start = skip_space(text, 0);
    while start < bytes.len() {
        let (end, seen) = piece_end(text, start);
        // Mostly one blank and the next word.
        let next = match bytes.get(end + 1) {
            Some(&b) if KINDS[b as usize] & (SPACE | HIGH) == 0 => end + 1,
            _ => skip_space(text, end),
        };
        let marked = seen & !LETTER != 0;
        let whole = match rules {
            Rules::WordTokenize { .. } if marked => false,
            _ => plain(text, start, end, seen, next == bytes.len(), token),
        };
        if !whole {
            Piece::new(text, start, end, rules, &mut flags).cut(seen, next == bytes.len(), token);
        }
        start = next;
    }
}

/// Hands on a piece of a common form whose tokens can be told at a glance; false, and nothing handed on, for others.
#[inline]
fn plain(text: &str, start: usize, end: usize, seen: u8, last: bool, token: &mut dyn FnMut(&str)) -> bool {
    let bytes = text.as_bytes();
    if seen == LETTER {
        if may_contract(&bytes[start..end]) {
            words(text, start, end, token);
        } else {
            token(&text[start..end]);
        }
        return true;
    }
    if seen & HIGH != 0 {
        // Too few letters for a contraction, as in most pieces of Korean.
        let letters = bytes[start..end].iter().filter(|b| b.is_ascii_alphabetic()).count();
        if seen & !(LETTER | HIGH) == 0 && letters < 4 {
            token(&text[start..end]);
            return true;
        }
        return false;
    }
    if last {
        return false;
    }
    if seen & QUOTE == 0 {
        marks(text, start, end, token);
        return true;
    }
    // Double quotes around a piece or on one side of it.
    let (opens, closes) = (bytes[start] == b'"', bytes[end - 1] == b'"' && end - start > 1);
    if opens || closes {
        let (from, to) = (start + usize::from(opens), end - usize::from(closes));
        if from == to || bytes[from..to].iter().any(|&b| KINDS[b as usize] == QUOTE) {
            return false;
        }
        if opens {
            token(if start == 0 || bytes[start - 1] == b' ' { "``" } else { "''" });
        }
        marks(text, from, to, token);
        if closes {
            token(if matches!(bytes[to - 1], b'(' | b'[' | b'{' | b'<') { "``" } else { "''" });
        }
        return true;
    }
    // One apostrophe between letters: don't, it's, we'll.
    if seen & !(LETTER | QUOTE) == 0 && bytes.get(end) == Some(&b' ') {
        let Some(at) = bytes[start..end].iter().position(|&b| KINDS[b as usize] == QUOTE).map(|i| start + i)
        else {
            return false;
        };
        if bytes[at] != b'\'' || at == start {
            return false;
        }
        let cut = match &bytes[at + 1..end] {
            [b's' | b'S' | b'm' | b'M' | b'd' | b'D'] | b"ll" | b"LL" | b"re" | b"RE" | b"ve" | b"VE" => at,
            b"t" if bytes[at - 1] == b'n' && at - 1 > start => at - 1,
            _ => return false,
        };
        words(text, start, cut, token);
        token(&text[cut..end]);
        return true;
    }
    false
}

/// The tokens of a piece of ASCII without quotes that does not end the text.
fn marks(text: &str, start: usize, end: usize, token: &mut dyn FnMut(&str)) {
    let bytes = text.as_bytes();
    let (mut from, mut at) = (start, start);
    while at < end {
        let length = match KINDS[bytes[at] as usize] {
            ALONE => 1,
            // A colon or comma that no digit follows. The mark behind it, if it is another, is eaten with it.
            COLON if at + 1 == end || !bytes[at + 1].is_ascii_digit() => 1,
            DOT_OR_DASH if bytes[at..end].starts_with(b"...") => 3,
            DOT_OR_DASH if bytes[at..end].starts_with(b"--") => 2,
            _ => {
                at += 1;
                continue;
            }
        };
        if from < at {
            words(text, from, at, token);
        }
        token(&text[at..at + length]);
        from = at + length;
        let eaten = KINDS[bytes[at] as usize] == COLON && from < end && KINDS[bytes[from] as usize] == COLON;
        at = from + usize::from(eaten);
    }
    if from < end {
        words(text, from, end, token);
    }
}

/// Hands on what stands between two blanks, ASCII without marks that are cut, with its contracted words cut in two.
#[inline]
fn words(text: &str, start: usize, end: usize, token: &mut dyn FnMut(&str)) {
    let bytes = text.as_bytes();
    let mut from = start;
    if end - start > 4 {
        let mut at = start;
        while at < end {
            let run = bytes[at..end].iter().take_while(|&&b| KINDS[b as usize] == LETTER).count();
            // wan-na is cut before white space alone.
            let wanna = matches!(bytes[at] | 0x20, b'w') && at + run < end;
            if may_contract(&bytes[at..at + run]) && !wanna {
                for piece in [from..at, at..at + 3, at + 3..at + run] {
                    if !piece.is_empty() {
                        token(&text[piece]);
                    }
                }
                from = at + run;
            }
            at += run + 1;
        }
    }
    if from < end {
        token(&text[from..end]);
    }
}

/// Whether a run of letters is one of the contracted words (`cannot`, `gonna` …), in any case.
#[inline]
fn may_contract(word: &[u8]) -> bool {
    // All of those made of letters alone are cut behind the third.
    matches!(word.len(), 5 | 6)
        && matches!(word[0] | 0x20, b'c' | b'g' | b'l' | b'w')
        && CONTRACTED.iter().any(|(w, _)| word.eq_ignore_ascii_case(w.as_bytes()))
}

#[cfg(test)]
mod tests;
