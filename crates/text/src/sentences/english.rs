//! Sentences of English text.
//!
//! A sentence ends behind `.`, `!`, `?` or `…` (with the brackets and quotes that close there) where white space
//! follows, unless the full stop belongs to an abbreviation, an initial, a list number or an ellipsis that goes on. What
//! follows decides the doubtful cases: Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection" (2006),
//! call them collocations, frequent starters and the orthographic heuristic; here they are lists made once. An empty
//! line, and a line that begins a list or a quoted mail, ends a sentence too.

mod follow;

use std::ops::Range;

use super::abbreviations::{Abbreviation, abbreviation};
use follow::{Follow, is_closer, is_opener};

/// Calls `sentence` for each sentence of `text`, in order, without the white space around it.
///
/// ```
/// let mut found = Vec::new();
/// gyeol_text::sentences::english::each("Dr. Kim met the U.S. President. \"Why?\" he asked.", &mut |s| found.push(s.to_owned()));
/// assert_eq!(found, ["Dr. Kim met the U.S. President.", "\"Why?\" he asked."]);
/// ```
pub fn each(text: &str, sentence: &mut dyn FnMut(&str)) {
    spans(text, &mut |span| sentence(&text[span]));
}

/// Calls `span` with the bytes of each sentence: in order, apart from each other by white space or nothing, and
/// together all of the text but white space.
pub fn spans(text: &str, span: &mut dyn FnMut(Range<usize>)) {
    let mut start = text.len() - text.trim_start().len();
    let mut at = start;
    while let Some((end, next)) = next_boundary(text, start, at) {
        let trimmed = start + text[start..end].trim_end().len();
        if trimmed > start {
            span(start..trimmed);
        }
        start = next;
        at = next;
    }
    let end = start + text[start..].trim_end().len();
    if end > start {
        span(start..end);
    }
}

/// The first place from `at` on where the sentence that began at `start` ends, and where the next one begins.
fn next_boundary(text: &str, start: usize, mut at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let found =
            bytes[at..].iter().position(|&b| matches!(b, b'.' | b'!' | b'?' | b'\n' | b'\r' | 0x80..))?;
        at += found;
        let c = text[at..].chars().next()?;
        match c {
            '\n' | '\r' => {
                let next = at + text[at..].len() - text[at..].trim_start().len();
                if line_ends(text, start, at, next) {
                    return Some((at, next));
                }
                at = next;
            }
            '.' | '!' | '?' | '…' | '‼' | '⁇' | '⁈' | '⁉' => {
                let (end, closed) = terminator_end(text, at);
                let next = end + text[end..].len() - text[end..].trim_start().len();
                if next == bytes.len() {
                    return None;
                }
                if let Some(end) = ends_sentence(text, start, at, end, next, closed) {
                    let next = end + text[end..].len() - text[end..].trim_start().len();
                    return Some((end, next));
                }
                at = end;
            }
            '。' | '！' | '？' => {
                let end = at + c.len_utf8();
                let end = end + text[end..].len() - text[end..].trim_start_matches(is_closer).len();
                return Some((end, end + text[end..].len() - text[end..].trim_start().len()));
            }
            _ => at += c.len_utf8(),
        }
    }
    None
}

/// Behind the marks that end a sentence from `at` on and what closes there; whether a quote or bracket closed.
fn terminator_end(text: &str, at: usize) -> (usize, bool) {
    let marks = text[at..].trim_start_matches(['.', '!', '?', '…', '‼', '⁇', '⁈', '⁉']);
    let end = marks.trim_start_matches(is_closer);
    // A star or underscore closes what it opened: *really.*
    let end = end.trim_start_matches(['*', '_']);
    (text.len() - end.len(), end.len() < marks.len())
}

/// Whether a line end parts sentences: an empty line, or a next line that begins a list or a quoted mail.
fn line_ends(text: &str, start: usize, at: usize, next: usize) -> bool {
    if next >= text.len() || next == start {
        return false;
    }
    let gap = &text[at..next];
    if gap.matches('\n').count().max(gap.matches('\r').count()) > 1 {
        return true;
    }
    let line = &text[next..];
    let begins = |marks: &[&str]| marks.iter().any(|m| line.starts_with(m));
    begins(&["- ", "* ", "• ", "· ", "– ", "o ", "> ", ">>", "--", "==", "__", "**", "+ "])
        || follow::list_number(line).is_some_and(|n| line[n..].starts_with(char::is_whitespace))
}

/// Whether the marks from `at` to `end` end the sentence, with the next word at `next`; if so, the sentence's end.
fn ends_sentence(
    text: &str,
    start: usize,
    at: usize,
    end: usize,
    next: usize,
    closed: bool,
) -> Option<usize> {
    let marks = text[at..end].trim_end_matches(|c| is_closer(c) || matches!(c, '*' | '_'));
    let follow = Follow::of(&text[next..]);
    if next == end {
        return glued(text, at, end, marks, closed).then_some(end);
    }
    // A face behind the sentence belongs to it.
    if let Some(face) = follow.face() {
        let behind = next + face;
        return (text[behind..].starts_with(char::is_whitespace) || behind == text.len()).then_some(behind);
    }
    let ends = if marks != "." {
        match marks {
            _ if marks.contains(['!', '?', '‼', '⁇', '⁈', '⁉']) => !(follow.lower && closed),
            // An ellipsis goes on in small letters.
            _ => !follow.lower && !follow.mark,
        }
    } else {
        stop_ends(text, start, at, &follow, closed)
    };
    ends.then_some(end)
}

/// Whether a sentence ends where no white space follows: `end.Next`, `right?Yes`, `"So."Then`.
fn glued(text: &str, at: usize, end: usize, marks: &str, closed: bool) -> bool {
    let word = last_word(&text[..at]);
    let plain = word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase());
    let mut next = text[end..].chars();
    let capital = next.next().is_some_and(|c| c.is_ascii_uppercase())
        && next.next().is_some_and(|c| c.is_ascii_lowercase());
    let ends_address =
        text[end..].split(char::is_whitespace).next().is_some_and(|w| w.contains(['/', '@', '.']));
    plain && capital && !ends_address && (closed || !marks.starts_with('…'))
}

/// The word that ends `text`: letters, digits and dots, up to white space or another mark.
fn last_word(text: &str) -> &str {
    let start =
        text.char_indices().rev().find(|&(_, c)| !(c.is_alphanumeric() || c == '.' || c == '&' || c == '@'));
    &text[start.map_or(0, |(i, c)| i + c.len_utf8())..]
}

/// Whether the full stop at `at` ends the sentence.
fn stop_ends(text: &str, start: usize, at: usize, follow: &Follow<'_>, closed: bool) -> bool {
    let before = &text[start..at];
    let word = last_word(before);
    let opens = before.trim_start_matches(is_opener);
    // "1." or "B." alone has only begun.
    if follow::list_number(opens).is_some_and(|n| n == opens.len()) || opens.is_empty() {
        return false;
    }
    if follow.mark {
        return false;
    }
    if closed {
        return !follow.lower;
    }
    let initial = word.len() == 1 && word.as_bytes()[0].is_ascii_uppercase();
    if initial {
        let last = before[..before.len() - 1].trim_end();
        // "Part B. The" ends; "J. The" is not written.
        return follow.starter && (word == "I" || !last.ends_with('.')) && !follow.lower;
    }
    match abbreviation(word) {
        Some(Abbreviation::Continues) => false,
        Some(Abbreviation::BeforeNumber) => {
            let common = matches!(
                word,
                "no" | "No" | "art" | "app" | "sun" | "sat" | "wed" | "mon" | "fig" | "mar" | "tab" | "ch"
            );
            !follow.digit && !follow.lower && (common || follow.starter)
        }
        Some(Abbreviation::Either) => {
            let common = follow::is_word(word) || word == "etc";
            !follow.lower && (follow.starter || common || follow.quote)
        }
        // U.S., p.m. and the like that no list holds.
        None if follow::dotted(word) => follow.starter,
        None => !follow.lower || word.len() > 1,
    }
}

#[cfg(test)]
mod tests;
