//! A piece between white space, cut by the substitutions of NLTK's two Treebank tokenizers.

use super::super::classes::{char_at, char_before, is_digit, is_word_re};
use super::{ALONE, COLON, DOT_OR_DASH, QUOTE};

/// Whose substitutions are run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rules {
    /// `TreebankWordTokenizer`.
    Treebank,
    /// `NLTKWordTokenizer`, with the full stop that ends the text.
    WordTokenize { stop: Option<usize> },
}

/// What follows an apostrophe and is no word.
static ENDINGS: [&str; 8] = ["re", "ve", "ll", "m", "t", "s", "d", "n"];

/// Contracted words and the letters of their first part (MacIntyre's CONTRACTIONS2).
pub(super) static CONTRACTED: [(&str, usize); 8] = [
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
pub(super) struct Piece<'a> {
    text: &'a str,
    bytes: &'a [u8],
    start: usize,
    end: usize,
    rules: Rules,
    flags: &'a mut [u8],
}

impl<'a> Piece<'a> {
    pub fn new(text: &'a str, start: usize, end: usize, rules: Rules, flags: &'a mut Vec<u8>) -> Self {
        flags.clear();
        flags.resize(end - start + 1, 0);
        Piece { text, bytes: &text.as_bytes()[start..end], start, end, rules, flags }
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

    /// Whether a blank follows up to byte `i`; `at_end` says whether the end of the text counts as one, and under the rules of
    /// `word_tokenize`, which make every white space a blank before their endings, any end of a piece.
    fn before_blank(&self, i: usize, at_end: bool) -> bool {
        let ends = || match self.text.as_bytes().get(self.end) {
            Some(_) if self.modern() && at_end => true,
            next => next.map_or(at_end, |&b| b == b' '),
        };
        self.blank(i) || (i == self.bytes.len() && ends())
    }

    fn modern(&self) -> bool {
        matches!(self.rules, Rules::WordTokenize { .. })
    }

    /// The fewest full stops that stand alone.
    fn dots(&self) -> &'static [u8] {
        if self.modern() { b".." } else { b"..." }
    }

    /// Blanks around each of these characters.
    fn apart(&mut self, these: impl Fn(char) -> bool) {
        let text = self.text;
        for (i, c) in text[self.start..self.end].char_indices().filter(|(_, c)| these(*c)) {
            self.pad(i, i + c.len_utf8());
        }
    }

    /// The rules in their order; those that find nothing in `seen` are left out.
    pub fn cut(mut self, seen: u8, last: bool, token: &mut dyn FnMut(&str)) {
        let n = self.bytes.len();
        let modern = self.modern();
        let (quotes, alone) = (modern || seen & QUOTE != 0, modern || seen & ALONE != 0);
        if quotes {
            self.starting_quotes();
        }
        if let Rules::WordTokenize { stop } = self.rules {
            self.leading_apostrophes();
            if let Some(stop) = stop.filter(|stop| (self.start..self.end).contains(stop)) {
                self.pad(stop - self.start, stop + 1 - self.start);
            }
        }
        if seen & (COLON | ALONE | DOT_OR_DASH) != 0 {
            self.punctuation(last);
        }
        if modern {
            self.apart(|c| matches!(c, '\u{2012}'..='\u{2015}'));
        } else if last {
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
        if modern {
            self.apart(|c| c == '*');
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
        if modern {
            self.apart(|c| matches!(c, '»' | '”' | '’'));
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
        if self.modern() {
            self.apart(|c| matches!(c, '«' | '“' | '‘' | '„'));
            for i in 0..n {
                let (here, before) = (self.bytes[i] == b'`', i > 0 && self.bytes[i - 1] == b'`');
                if here != before {
                    self.flags[i] |= BLANK;
                }
            }
            self.flags[n] |= if self.bytes[n - 1] == b'`' { BLANK } else { 0 };
        }
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

    /// `(?<!\w)'(?!(re|ve|ll|m|t|s|d|n)\b)(?=\w)`: an apostrophe before a word that is no ending.
    fn leading_apostrophes(&mut self) {
        for i in 0..self.bytes.len() {
            let at = self.start + i;
            let word = |c: Option<char>| c.is_some_and(is_word_re);
            let follows = i + 1 < self.bytes.len() && !self.blank(i + 1) && word(char_at(self.text, at + 1));
            let stands = i == 0 || self.blank(i) || !word(char_before(self.text, at));
            let ending = |end: &str| self.ignoring_case(i + 1, end).is_some_and(|to| self.word_ends(to));
            if self.is(i, b'\'') && follows && stands && !ENDINGS.iter().any(|end| ending(end)) {
                self.flags[i + 1] |= BLANK;
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
                b'.' if self.bytes[i..].starts_with(self.dots()) => {
                    let run = self.bytes[i..].iter().take_while(|&&b| b == b'.').count();
                    let long = if self.modern() { run } else { 3 };
                    self.pad(i, i + long);
                    i += long - 1;
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
                let starts = self.is(i, b'\'')
                    && (self.after_blank(i) || self.start + i == 0 || (i == 0 && self.modern()));
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
