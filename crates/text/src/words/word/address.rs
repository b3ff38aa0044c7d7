//! Addresses in a text: of pages, of mail boxes, of people (`@name`) and of subjects (`#name`).

use super::Piece;
use crate::words::classes::is_word_regex;

/// The end of the address that begins at `at` with `c`, if one does.
pub(super) fn end(piece: Piece<'_>, at: usize, c: char) -> Option<usize> {
    if c == '@' || c == '#' {
        let inside = piece.before(at).is_some_and(|b| is_word_regex(b) && b.is_ascii());
        return if inside { None } else { name(piece, at + 1) };
    }
    if !c.is_ascii_alphanumeric() {
        return None;
    }
    let rest = piece.rest(at);
    url_length(rest).or_else(|| email_length(rest)).map(|n| at + n)
}

/// Letters, digits and `_` behind `@` or `#`.
fn name(piece: Piece<'_>, from: usize) -> Option<usize> {
    let length: usize = piece.rest(from).chars().take_while(|&c| is_word_regex(c)).map(char::len_utf8).sum();
    (length > 0).then_some(from + length)
}

/// Bytes of the page address at the start of `rest`, which holds no white space: a scheme with `://`, or `www.`.
pub(crate) fn url_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let scheme =
        bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')).count();
    let body = if (1..=20).contains(&scheme) && bytes[scheme..].starts_with(b"://") {
        scheme + 3
    } else if bytes.len() > 4 && bytes[..4].eq_ignore_ascii_case(b"www.") {
        4
    } else {
        return None;
    };
    let end = rest.find(|c: char| matches!(c, '<' | '>' | '"' | '“' | '”' | '`') || c.is_whitespace());
    let length = without_trailing(&rest[..end.unwrap_or(rest.len())]);
    (length > body).then_some(length)
}

/// Bytes of `address` without the marks of the sentence behind it; a bracket stays when the address opened it.
fn without_trailing(address: &str) -> usize {
    let mut kept = address;
    while let Some(c) = kept.chars().next_back() {
        let trailing = match c {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '*' => true,
            ')' => kept.matches(')').count() > kept.matches('(').count(),
            ']' => kept.matches(']').count() > kept.matches('[').count(),
            '}' => kept.matches('}').count() > kept.matches('{').count(),
            // Particles of Korean stand right behind an address: `http://x.kr에서`.
            '가'..='힣' => true,
            _ => false,
        };
        if !trailing {
            break;
        }
        kept = &kept[..kept.len() - c.len_utf8()];
    }
    kept.len()
}

/// Bytes of the mail address at the start of `rest`: `local@label.label`, the last label of two letters or more.
pub(crate) fn email_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let local = bytes
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-'))
        .count();
    if local == 0 || bytes.get(local) != Some(&b'@') || bytes[local - 1] == b'.' {
        return None;
    }
    let host = local + 1;
    let mut end = host
        + bytes[host..].iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    while end > host && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let last = rest[host..end].rsplit_once('.')?.1;
    (last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()) && bytes[host] != b'.').then_some(end)
}
