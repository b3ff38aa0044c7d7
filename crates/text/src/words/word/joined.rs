//! Words and numbers, with the marks that join their parts.

use super::{Piece, is_jamo};
use crate::sentences::abbreviations::abbreviation;
use crate::words::classes::is_word_regex;

/// Words that begin with an apostrophe.
const ELIDED: &[&str] = &["tis", "twas", "em", "cause", "til", "bout", "n"];

/// The end of the word or number that begins at `at` with `c`, if one does.
pub(super) fn end(piece: Piece<'_>, at: usize, c: char) -> Option<usize> {
    if is_part(c) {
        return Some(word(piece, at));
    }
    let next = piece.char(at + c.len_utf8())?;
    let free = !piece.before(at).is_some_and(is_part);
    match c {
        '$' | '€' | '£' | '¥' | '₩' | '￦' if next.is_ascii_digit() => {
            Some(word(piece, at + c.len_utf8()))
        }
        '-' | '+' | '−' | '±' if free && next.is_ascii_digit() => Some(word(piece, at + c.len_utf8())),
        '.' if free && next.is_ascii_digit() && piece.before(at) != Some('.') => Some(word(piece, at + 1)),
        '\'' | '’' if free => {
            let start = at + c.len_utf8();
            let run = run_end(piece, start);
            let body = &piece.text[start..run];
            let decade =
                body.len() == 3 && body.ends_with('s') && body.as_bytes()[..2].iter().all(u8::is_ascii_digit);
            (decade || ELIDED.iter().any(|w| body.eq_ignore_ascii_case(w))).then_some(run)
        }
        _ => None,
    }
}

/// A character that words are made of. Single Hangul letters stand apart from syllables.
fn is_part(c: char) -> bool {
    is_word_regex(c) && !is_jamo(c)
}

fn run_end(piece: Piece<'_>, at: usize) -> usize {
    at + piece.rest(at).chars().take_while(|&c| is_part(c)).map(char::len_utf8).sum::<usize>()
}

/// The end of a word or number at `start`.
fn word(piece: Piece<'_>, start: usize) -> usize {
    let text = piece.text;
    let (mut part, mut end) = (start, run_end(piece, start));
    while let Some(mark) = piece.char(end) {
        let after = end + mark.len_utf8();
        let (Some(left), right) = (piece.before(end), piece.char(after)) else { break };
        let run = &text[part..end];
        let joins = match (mark, right) {
            ('*', Some('*')) => masked(piece, end).is_some(),
            (_, None) => false,
            (_, Some(right)) if !is_part(right) => false,
            ('\'' | '’', Some(right)) => left.is_alphabetic() && right.is_alphabetic() && !is_hangul(left),
            ('-' | '\u{2010}' | '\u{2011}', _) => true,
            ('.', Some(right)) => dot_joins(run, left, right),
            (',', _) => thousands(&text[start..end], &text[after..run_end(piece, after)]),
            (':' | '/', Some(right)) => left.is_ascii_digit() && right.is_ascii_digit(),
            ('&', Some(right)) => left.is_ascii_uppercase() && right.is_ascii_uppercase(),
            ('*', Some(right)) => left.is_alphabetic() && right.is_alphabetic(),
            _ => false,
        };
        if !joins {
            break;
        }
        part = if mark == '*' { masked(piece, end).unwrap_or(after) } else { after };
        end = run_end(piece, part);
    }
    trailing(piece, start, part, end)
}

fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣')
}

/// The letter behind the stars of a word such as d**n.
fn masked(piece: Piece<'_>, at: usize) -> Option<usize> {
    let stars = piece.rest(at).bytes().take_while(|&b| b == b'*').count();
    let letters = piece.before(at)?.is_alphabetic() && piece.char(at + stars)?.is_alphabetic();
    letters.then_some(at + stars)
}

/// Whether a dot between two characters joins them: 3.14, U.S.A, Ph.D, v1.2, main.rs; not `end.Start`, `했다.그`.
fn dot_joins(run: &str, left: char, right: char) -> bool {
    if !left.is_ascii() || !right.is_ascii() {
        return false;
    }
    if left.is_ascii_digit() {
        return !right.is_ascii_uppercase();
    }
    run.len() <= 2 || !right.is_ascii_uppercase()
}

/// Whether a comma stands between thousands: one to three digits before the first, three behind each.
fn thousands(before: &str, behind: &str) -> bool {
    let mut groups = before.split(',');
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().is_some_and(|g| digits(g) && g.len() <= 3);
    let three = behind.len() >= 3
        && behind.as_bytes()[..3].iter().all(u8::is_ascii_digit)
        && !behind.as_bytes().get(3).is_some_and(u8::is_ascii_digit);
    first && three && groups.all(|g| digits(g) && g.len() == 3)
}

/// The marks that end a word and belong to it: `50%`, `C++`, `U.S.`, `Dr.`.
fn trailing(piece: Piece<'_>, start: usize, part: usize, end: usize) -> usize {
    let (word, run) = (&piece.text[start..end], &piece.text[part..end]);
    let rest = piece.rest(end);
    let single = word.len() == 1 && word.as_bytes()[0].is_ascii_alphabetic();
    match rest.chars().next() {
        Some('%') if run.ends_with(|c: char| c.is_ascii_digit()) => end + 1,
        Some('+') if single && rest.starts_with("++") && piece.ends_word(end + 2) => end + 2,
        Some('#') if matches!(word, "C" | "F") && piece.ends_word(end + 1) => end + 1,
        Some('.')
            if !rest.starts_with("..") && piece.ends_word(end + 1) && stop_belongs(piece, word, end) =>
        {
            end + 1
        }
        _ => end,
    }
}

/// Whether the full stop behind a word is the word's own.
fn stop_belongs(piece: Piece<'_>, word: &str, end: usize) -> bool {
    if word.contains('.') {
        // U.S.A, e.g, Ph.D: short parts, letters alone.
        return word
            .split('.')
            .all(|p| matches!(p.len(), 1 | 2) && p.bytes().all(|b| b.is_ascii_alphabetic()));
    }
    // "No." and "Sun." are mostly the words that end a sentence, unless what they abbreviate goes on.
    let follows = piece.text[end + 1..].trim_start().chars().next();
    match abbreviation(word) {
        Some(crate::sentences::abbreviations::Abbreviation::BeforeNumber) => {
            follows.is_some_and(|c| c.is_ascii_digit())
        }
        Some(_) => word.starts_with(|c: char| c.is_ascii_uppercase()) || !is_english_word(word),
        // An initial: J. Smith.
        None => {
            word.len() == 1
                && word != "I"
                && word.as_bytes()[0].is_ascii_uppercase()
                && end + 1 == piece.end
                && follows.is_some_and(char::is_uppercase)
        }
    }
}

/// Abbreviations that are words too when they are written small.
fn is_english_word(word: &str) -> bool {
    matches!(
        word,
        "bros"
            | "col"
            | "ed"
            | "gen"
            | "ill"
            | "ind"
            | "la"
            | "mass"
            | "max"
            | "min"
            | "miss"
            | "pop"
            | "rep"
            | "sir"
            | "temp"
            | "vet"
            | "wash"
            | "fr"
            | "ms"
            | "del"
            | "pa"
            | "al"
            | "ore"
            | "org"
            | "co"
            | "nat"
            | "pl"
            | "inst"
            | "trans"
            | "ret"
            | "ct"
            | "tr"
            | "va"
            | "ga"
            | "mo"
            | "det"
            | "est"
    )
}
