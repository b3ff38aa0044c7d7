//! Character references of HTML: the whole table of names, and numbers as the standard reads them.

use super::Edit;

/// The longest name of the standard has 31 letters.
const LONGEST: usize = 34;

pub(super) fn find(text: &str, edits: &mut Vec<Edit>) {
    for (at, _) in text.match_indices('&') {
        let window = &text.as_bytes()[at..text.len().min(at + LONGEST)];
        let Some(length) = window.iter().position(|&b| b == b';').map(|i| i + 1) else { continue };
        let reference = &text[at..at + length];
        let name = &reference[1..length - 1];
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#') {
            continue;
        }
        if let Some(number) = name.strip_prefix('#') {
            if let Some(c) = numbered(number) {
                edits.push(Edit::new(at..at + length, c.to_string()));
            }
            continue;
        }
        let meant = html_escape::decode_html_entities(reference);
        if meant != reference {
            edits.push(Edit::new(at..at + length, meant.into_owned()));
        }
    }
}

/// The character of a number: nothing for what is no number, U+FFFD for what is no character, and Windows-1252 for
/// 128 to 159, as browsers read them.
fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) if !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u32::from_str_radix(hex, 16)
        }
        None if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => number.parse(),
        _ => return None,
    };
    Some(match code {
        Ok(code @ 0x80..=0x9f) => encoding_rs::WINDOWS_1252.decode(&[code as u8]).0.chars().next()?,
        Ok(code) => char::from_u32(code).filter(|&c| c != '\0').unwrap_or('\u{fffd}'),
        Err(_) => '\u{fffd}',
    })
}
