//! Penn Treebank tokens, as NLTK's `TreebankWordTokenizer` makes them.
//!
//! The rules are Robert MacIntyre's sed script (<http://www.cis.upenn.edu/~treebank/tokenizer.sed>) as NLTK 3.10 runs
//! it: some twenty substitutions, one after the other, that only ever put blanks around pieces and turn `"` into
//! <code>\`\`</code> or `''`. Here a piece of text between white space that no rule can touch is handed on as it is,
//! and any other keeps one flag a byte, "a blank was put before this", on which the same rules act in the same order.
//! No rule looks further than the white space on either side of a piece, apart from the full stop at the end of the
//! text.
//!
//! Case is ignored as Python's `re` does it: `ı`, `İ` count as i and `ſ` as s.

use super::Tokenize;
use super::classes::{char_at, char_before, is_digit, is_space, is_word_re, may_begin_space};

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
        scan(text, token);
    }
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

fn scan(text: &str, token: &mut dyn FnMut(&str)) {
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
        if !plain(text, start, end, seen, next == bytes.len(), token) {
            Piece::new(text, start, end, &mut flags).cut(seen, next == bytes.len(), token);
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

/// Contracted words and the letters of their first part (MacIntyre's CONTRACTIONS2).
static CONTRACTED: [(&str, usize); 8] = [
    ("cannot", 3),
    ("d'ye", 1),
    ("gimme", 3),
    ("gonna", 3),
    ("gotta", 3),
    ("lemme", 3),
    ("more'n", 4),
    ("wanna", 3),
];

// What is known of a byte of a piece.
const BLANK: u8 = 1; // a blank was put before it
const OPEN: u8 = 2; // an opening quote, written ``, begins here
const CLOSE: u8 = 4; // a closing quote, written '', begins here
const PAIR: u8 = 8; // the second half of a quote

/// A piece between white space, with its flags: one a byte and one for its end.
struct Piece<'a> {
    text: &'a str,
    bytes: &'a [u8],
    start: usize,
    end: usize,
    flags: &'a mut [u8],
}

impl<'a> Piece<'a> {
    fn new(text: &'a str, start: usize, end: usize, flags: &'a mut Vec<u8>) -> Self {
        flags.clear();
        flags.resize(end - start + 1, 0);
        Piece { text, bytes: &text.as_bytes()[start..end], start, end, flags }
    }

    fn blank(&self, i: usize) -> bool {
        self.flags[i] & BLANK != 0
    }

    fn pad(&mut self, from: usize, to: usize) {
        self.flags[from] |= BLANK;
        self.flags[to] |= BLANK;
    }

    /// Whether byte `i` is still that character: no rule has made it part of a quote.
    fn is(&self, i: usize, byte: u8) -> bool {
        self.bytes.get(i) == Some(&byte) && self.flags[i] & (OPEN | CLOSE | PAIR) == 0
    }

    /// Whether a blank (U+0020 and no other white space) stands before byte `i`, which may be the end.
    fn after_blank(&self, i: usize) -> bool {
        self.blank(i) || (i == 0 && self.start > 0 && self.text.as_bytes()[self.start - 1] == b' ')
    }

    /// Whether a blank follows up to byte `i`; `at_end` says whether the end of the text counts as one.
    fn before_blank(&self, i: usize, at_end: bool) -> bool {
        self.blank(i)
            || (i == self.bytes.len() && self.text.as_bytes().get(self.end).map_or(at_end, |&b| b == b' '))
    }

    /// The rules in their order; those that find nothing in `seen` are left out.
    fn cut(mut self, seen: u8, last: bool, token: &mut dyn FnMut(&str)) {
        let n = self.bytes.len();
        let (quotes, alone) = (seen & QUOTE != 0, seen & ALONE != 0);
        if quotes {
            self.starting_quotes();
        }
        if seen & (COLON | ALONE | DOT_OR_DASH) != 0 {
            self.punctuation(last);
        }
        if last {
            self.final_period();
        }
        for i in 0..if alone { n } else { 0 } {
            if matches!(self.bytes[i], b'?' | b'!') {
                self.pad(i, i + 1);
            }
        }
        if quotes {
            // ([^'])'_ before the brackets are padded.
            for i in 1..n {
                if self.is(i, b'\'') && self.bytes[i - 1] != b'\'' && self.before_blank(i + 1, false) {
                    self.flags[i] |= BLANK;
                }
            }
        }
        let mut i = if alone || seen & DOT_OR_DASH != 0 { 0 } else { n };
        while i < n {
            match self.bytes[i] {
                b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' => self.pad(i, i + 1),
                b'-' if self.bytes.get(i + 1) == Some(&b'-') => {
                    self.pad(i, i + 2);
                    i += 1;
                }
                _ => {}
            }
            i += 1;
        }
        if quotes {
            self.ending_quotes();
        }
        if n > 3 {
            self.contractions();
        }
        self.emit(token);
    }

    /// `^"`, then <code>``</code>, then a quote after a blank or an opening bracket.
    fn starting_quotes(&mut self) {
        let n = self.bytes.len();
        let mut i = 0;
        if self.start == 0 && self.bytes[0] == b'"' {
            self.flags[0] |= OPEN;
            self.pad(0, 1);
            i = 1;
        }
        while i + 1 < n {
            if self.bytes[i] == b'`' && self.bytes[i + 1] == b'`' {
                self.pad(i, i + 2);
                i += 1;
            }
            i += 1;
        }
        let mut i = 0;
        while i < n {
            let long = match self.bytes[i] {
                b'"' if self.is(i, b'"') => 1,
                b'\'' if self.bytes.get(i + 1) == Some(&b'\'') => 2,
                _ => 0,
            };
            let opens =
                self.after_blank(i) || (i > 0 && matches!(self.bytes[i - 1], b'(' | b'[' | b'{' | b'<'));
            if long == 0 || !opens {
                i += 1;
                continue;
            }
            self.flags[i] |= OPEN;
            if long == 2 {
                self.flags[i + 1] |= PAIR;
            }
            self.pad(i, i + long);
            // The quote just eaten is what stands before the next byte, whatever blank was put there.
            i += long;
            if i < n && matches!(self.bytes[i], b'"' | b'\'') {
                i += 1;
            }
        }
    }

    /// Colons and commas that no digit follows, three dots, and marks that always stand alone.
    fn punctuation(&mut self, last: bool) {
        let n = self.bytes.len();
        let rest = &self.text[self.end..];
        let mut i = 0;
        while i < n {
            if !matches!(self.bytes[i], b':' | b',') {
                i += 1;
                continue;
            }
            let blank = self.blank(i + 1);
            let digit = !blank && i + 1 < n && char_at(self.text, self.start + i + 1).is_some_and(is_digit);
            if i + 1 == n && !blank && rest.is_empty() {
                break;
            }
            if !digit {
                self.pad(i, i + 1);
            }
            // The character behind it is eaten with it, so a second colon is not looked at.
            i += if digit || blank { 1 } else { 2 };
        }
        if last && matches!(self.bytes[n - 1], b':' | b',') && matches!(rest, "" | "\n") {
            self.pad(n - 1, n);
        }
        let mut i = 0;
        while i < n {
            match self.bytes[i] {
                b'.' if self.bytes[i..].starts_with(b"...") => {
                    self.pad(i, i + 3);
                    i += 2;
                }
                b';' | b'@' | b'#' | b'$' | b'%' | b'&' => self.pad(i, i + 1),
                _ => {}
            }
            i += 1;
        }
    }

    /// `([^\.])(\.)([\]\)}>"\']*)\s*$`: the full stop at the end of the text, before closing brackets and quotes.
    fn final_period(&mut self) {
        let n = self.bytes.len();
        let mut close = n;
        while close > 0
            && matches!(self.bytes[close - 1], b']' | b')' | b'}' | b'>' | b'"' | b'\'')
            && self.flags[close - 1] & (OPEN | PAIR) == 0
        {
            close -= 1;
        }
        if close == 0 || self.bytes[close - 1] != b'.' || (close..n).any(|i| self.blank(i)) {
            return;
        }
        let stop = close - 1;
        let before =
            self.blank(stop) || if stop == 0 { self.start > 0 } else { self.bytes[stop - 1] != b'.' };
        if before && self.text[self.end..].chars().all(char::is_whitespace) {
            self.pad(stop, n);
        }
    }

    /// `''` and `"`, then the endings `'s 'm 'd '`, then `'ll 're 've n't`, each before a blank.
    fn ending_quotes(&mut self) {
        let n = self.bytes.len();
        let mut i = 0;
        while i < n {
            if self.is(i, b'\'') && self.is(i + 1, b'\'') && !self.blank(i + 1) {
                self.flags[i] |= CLOSE;
                self.flags[i + 1] |= PAIR;
                self.pad(i, i + 2);
                i += 1;
            }
            i += 1;
        }
        for i in 0..n {
            if self.is(i, b'"') {
                self.flags[i] |= CLOSE;
                self.pad(i, i + 1);
            }
        }
        let joined = |piece: &Self, i: usize| i > 0 && !piece.blank(i) && piece.bytes[i - 1] != b'\'';
        for i in 1..n {
            if !self.is(i, b'\'') || !joined(self, i) {
                continue;
            }
            let letter = self.bytes.get(i + 1).is_some_and(|b| matches!(b | 0x20, b's' | b'm' | b'd'));
            let ends = letter && !self.blank(i + 1) && self.before_blank(i + 2, true);
            if ends || self.before_blank(i + 1, true) {
                self.flags[i] |= BLANK;
            }
        }
        for i in 1..n {
            if !joined(self, i) || n - i < 3 {
                continue;
            }
            let known = match &self.bytes[i..i + 3] {
                b"'ll" | b"'LL" | b"'re" | b"'RE" | b"'ve" | b"'VE" => self.is(i, b'\''),
                b"n't" | b"N'T" => self.is(i + 1, b'\''),
                _ => false,
            };
            if known && !self.blank(i + 1) && !self.blank(i + 2) && self.before_blank(i + 3, true) {
                self.flags[i] |= BLANK;
            }
        }
    }

    /// `cannot`, `gonna` …, then `'tis`, then `'twas`.
    fn contractions(&mut self) {
        let n = self.bytes.len();
        for i in 0..n {
            if !matches!(self.bytes[i] | 0x20, b'c' | b'd' | b'g' | b'l' | b'm' | b'w') || !self.word_ends(i)
            {
                continue;
            }
            for &(word, first) in &CONTRACTED {
                let Some(end) = self.ignoring_case(i, word) else { continue };
                // wan-na is cut before white space alone.
                let ends = if word == "wanna" { self.blank(end) || end == n } else { self.word_ends(end) };
                if ends {
                    let middle = self.ignoring_case(i, &word[..first]).unwrap_or(i);
                    self.pad(i, end);
                    self.flags[middle] |= BLANK;
                }
            }
        }
        for word in ["'tis", "'twas"] {
            // A blank that this very rule puts does not count for what follows it.
            let mut own = 0;
            for i in 0..n {
                let starts = self.is(i, b'\'') && (self.after_blank(i) || self.start + i == 0);
                if !starts || (own > 0 && i == own) {
                    continue;
                }
                if let Some(end) = self.ignoring_case(i, word).filter(|&end| self.word_ends(end)) {
                    own = if self.blank(end) { 0 } else { end };
                    self.pad(i, end);
                    self.flags[i + 2] |= BLANK;
                }
            }
        }
    }

    /// `\b` at byte `i`, where the side that is known to be a letter is the other one.
    fn word_ends(&self, i: usize) -> bool {
        if self.blank(i) || i == 0 || i == self.bytes.len() {
            return true;
        }
        let at = self.start + i;
        !(char_before(self.text, at).is_some_and(is_word_re)
            && char_at(self.text, at).is_some_and(is_word_re))
    }

    /// The end of `word` at byte `i`, in any case and with no blank inside.
    fn ignoring_case(&self, i: usize, word: &str) -> Option<usize> {
        let mut at = i;
        for want in word.bytes() {
            let c = self.text[self.start + at..self.end].chars().next()?;
            let same = match c {
                'ı' | 'İ' => want == b'i',
                'ſ' => want == b's',
                _ => c.is_ascii() && c.to_ascii_lowercase() as u8 == want,
            };
            if !same || (at > i && self.blank(at)) || self.flags[at] & (OPEN | CLOSE | PAIR) != 0 {
                return None;
            }
            at += c.len_utf8();
        }
        Some(at)
    }

    fn emit(&self, token: &mut dyn FnMut(&str)) {
        let n = self.bytes.len();
        let mut from = 0;
        for i in 1..=n {
            if i < n && !self.blank(i) {
                continue;
            }
            token(match self.flags[from] & (OPEN | CLOSE) {
                OPEN => "``",
                CLOSE => "''",
                _ => &self.text[self.start + from..self.start + i],
            });
            from = i;
        }
    }
}

#[cfg(test)]
mod tests;
