//! Addresses of pages, mail boxes, people and subjects.

use super::Edit;
use crate::words::{email_length, is_word_character, url_length};

/// The part of `text` from `at` to the next white space.
fn piece(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())]
}

pub(super) fn urls(text: &str, with: &'static str, edits: &mut Vec<Edit>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for mark in memchr_marks(bytes, |i| bytes[i..].starts_with(b"://") || is_www(&bytes[i..])) {
        if mark < done {
            continue;
        }
        let mut start = mark;
        if bytes[mark] == b':' {
            while start > done
                && (bytes[start - 1].is_ascii_alphanumeric() || matches!(bytes[start - 1], b'+' | b'-'))
            {
                start -= 1;
            }
        } else if start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
            continue;
        }
        if let Some(length) = url_length(piece(text, start)) {
            edits.push(Edit::new(start..start + length, with));
            done = start + length;
        }
    }
}

fn is_www(bytes: &[u8]) -> bool {
    bytes.len() > 4 && bytes[..4].eq_ignore_ascii_case(b"www.")
}

/// Positions that may begin an address.
fn memchr_marks<'a>(bytes: &'a [u8], is: impl Fn(usize) -> bool + 'a) -> impl Iterator<Item = usize> + 'a {
    bytes
        .iter()
        .enumerate()
        .filter(|(_, b)| matches!(b, b':' | b'w' | b'W'))
        .map(|(i, _)| i)
        .filter(move |&i| is(i))
}

pub(super) fn emails(text: &str, with: &'static str, edits: &mut Vec<Edit>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, _) in text.match_indices('@') {
        let mut start = at;
        while start > done
            && (bytes[start - 1].is_ascii_alphanumeric()
                || matches!(bytes[start - 1], b'.' | b'_' | b'%' | b'+' | b'-'))
        {
            start -= 1;
        }
        // Marks before a name are not part of it.
        while start < at && !bytes[start].is_ascii_alphanumeric() {
            start += 1;
        }
        if let Some(length) = email_length(piece(text, start)) {
            edits.push(Edit::new(start..start + length, with));
            done = start + length;
        }
    }
}

/// `@name` or `#name`, where no word goes before.
pub(super) fn names(text: &str, mark: char, with: &'static str, edits: &mut Vec<Edit>) {
    for (at, _) in text.match_indices(mark) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| is_word_character(c) || c == mark || c == '&' || c == '/') {
            continue;
        }
        let name =
            text[at + 1..].chars().take_while(|&c| is_word_character(c)).map(char::len_utf8).sum::<usize>();
        if name > 0 {
            edits.push(Edit::new(at..at + 1 + name, with));
        }
    }
}
