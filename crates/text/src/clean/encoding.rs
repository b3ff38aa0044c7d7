//! Repair of UTF-8 that was read as Windows-1252 or Latin-1.
//!
//! Each character of such text stands for one byte, and its bytes make UTF-8 again. Some texts look so by chance:
//! `“CAFÉ”` holds the bytes of `ɔ`. A sequence is certain when it goes on with a symbol that does not close words or
//! quotes (`Ã©`, `â€™`), or when three in a row stand for letters beyond Latin-1; the others are repaired only in a text
//! that holds a certain one.

use super::Edit;

/// The bytes 0x80 to 0x9f of Windows-1252; its five holes are read as the control characters of Latin-1.
const C1: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The byte that a character stands for in Windows-1252 or Latin-1.
fn byte(c: char) -> Option<u8> {
    match c as u32 {
        code @ 0x80..=0xff => Some(code as u8),
        0x100.. => C1.iter().position(|&x| x == c).map(|i| 0x80 + i as u8),
        _ => None,
    }
}

/// Marks that may well follow a letter in sound text.
fn closes(c: char) -> bool {
    matches!(
        c,
        '‘' | '’'
            | '“'
            | '”'
            | '‚'
            | '„'
            | '…'
            | '–'
            | '—'
            | '‹'
            | '›'
            | '«'
            | '»'
            | '\u{a0}'
            | '´'
            | '·'
    )
}

/// A sequence of UTF-8 at the start of `text`: its bytes in `text`, the character, whether it is certain by itself.
fn sequence(text: &str) -> Option<(usize, char, bool)> {
    let mut chars = text.chars();
    let lead = byte(chars.next()?)?;
    let more = match lead {
        0xc2..=0xdf => 1,
        0xe0..=0xef => 2,
        0xf0..=0xf4 => 3,
        _ => return None,
    };
    let mut bytes = [lead, 0, 0, 0];
    let mut closing = true;
    for slot in &mut bytes[1..=more] {
        let c = chars.next()?;
        *slot = byte(c).filter(|b| (0x80..0xc0).contains(b))?;
        closing &= closes(c);
    }
    let meant = std::str::from_utf8(&bytes[..=more]).ok()?.chars().next()?;
    // Capital letters with an accent before a mark are common beyond Â and Ã.
    let certain = !closing && (more > 1 || matches!(lead, 0xc2 | 0xc3));
    Some((text.len() - chars.as_str().len(), meant, certain))
}

pub(super) fn find(text: &str, edits: &mut Vec<Edit>) {
    if text.is_ascii() {
        return;
    }
    let mut certain = false;
    let mut at = 0;
    let mut in_a_row = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_ascii() {
            in_a_row = 0;
            at += 1;
            continue;
        }
        match sequence(&text[at..]) {
            Some((length, meant, sure)) => {
                in_a_row += 1;
                certain |= sure || (in_a_row >= 3 && meant.is_alphabetic());
                edits.push(Edit::new(at..at + length, meant.to_string()));
                at += length;
            }
            None => {
                in_a_row = 0;
                at += c.len_utf8();
            }
        }
    }
    if !certain {
        edits.clear();
    }
}
