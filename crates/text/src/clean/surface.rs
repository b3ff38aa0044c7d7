//! Control characters, emoji, numbers, repeated characters, white space.

use unicode_properties::UnicodeEmoji;
use unicode_segmentation::UnicodeSegmentation;

use super::{Edit, Keep};
use crate::words::is_word_character;

/// Control characters but tab and line ends, and characters that are never seen: byte-order mark, zero-width space,
/// soft hyphen, marks of writing direction. Joiners stay: emoji and Indic scripts need them.
pub(super) fn controls(text: &str, edits: &mut Vec<Edit>) {
    let invisible = |c: char| {
        matches!(
            c,
            '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
                | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        ) || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
    };
    for (at, c) in text.char_indices().filter(|&(_, c)| invisible(c)) {
        // U+0085 is a line end, form feed and vertical tab part words.
        let with = match c {
            '\u{85}' => "\n",
            '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1f}' => " ",
            _ => "",
        };
        edits.push(Edit::new(at..at + c.len_utf8(), with));
    }
}

/// Emoji with all that belongs to them. Signs that are mostly text (©, ™, arrows) stay unless a selector follows.
pub(super) fn emoji(text: &str, with: &'static str, edits: &mut Vec<Edit>) {
    if text.is_ascii() {
        return;
    }
    for (at, cluster) in text.grapheme_indices(true) {
        let Some(first) = cluster.chars().next() else { continue };
        let drawn = first.is_emoji_char() && !first.is_ascii() && first >= '\u{231a}';
        let selected = cluster.contains(['\u{fe0f}', '\u{20e3}']) && first.is_emoji_char();
        if drawn || selected {
            edits.push(Edit::new(at..at + cluster.len(), with));
        }
    }
}

/// Numbers that stand by themselves, with sign, separators and decimals; not the digits of `mp3`, `3D`, `10월`.
pub(super) fn numbers(text: &str, with: &'static str, edits: &mut Vec<Edit>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|i| at + i) {
        let mut end = start;
        while end < bytes.len() {
            let joins = matches!(bytes[end], b'.' | b',' | b':' | b'/' | b'-')
                && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            if !bytes[end].is_ascii_digit() && !joins {
                break;
            }
            end += 1;
        }
        at = end;
        let before = text[..start].chars().next_back();
        let touches = |c: Option<char>| c.is_some_and(is_word_character);
        if touches(before) || touches(text[end..].chars().next()) {
            continue;
        }
        let sign =
            before.is_some_and(|c| matches!(c, '-' | '+')) && !touches(text[..start - 1].chars().next_back());
        edits.push(Edit::new(start - usize::from(sign)..end, with));
    }
}

/// Runs of one character that are longer than they may be.
pub(super) fn repeats(text: &str, keep: Keep, edits: &mut Vec<Edit>) {
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let mut count = 1;
        while chars.next_if(|&(_, x)| x == c).is_some() {
            count += 1;
        }
        let most = match c {
            // Hangul letters by themselves, conjoining ones and those of half width too.
            '\u{3131}'..='\u{318e}' | '\u{1100}'..='\u{11ff}' | '\u{ffa1}'..='\u{ffdc}' => keep.jamo,
            '!' | '?' | '~' | '^' | ',' | ';' | '*' | '！' | '？' | '～' | '♥' | '♡' | '…' | '。' => {
                keep.marks
            }
            '.' => keep.marks.max(3),
            _ if c.is_alphabetic() => keep.letters,
            _ => usize::MAX,
        };
        // www is an address, and III a number.
        if count > most && !(count == 3 && matches!(c, 'w' | 'W' | 'I' | 'i' | 'x' | 'X')) {
            let from = start + most * c.len_utf8();
            edits.push(Edit::new(from..start + count * c.len_utf8(), ""));
        }
    }
}

/// Each stretch of white space as one blank, one line end or one empty line; none at either end of the text.
pub(super) fn whitespace(text: &str, edits: &mut Vec<Edit>) {
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !c.is_whitespace() {
            continue;
        }
        let (mut end, mut lines) = (start + c.len_utf8(), 0);
        let mut last = c;
        let ends_line = |c: char, before: Option<char>| {
            matches!(c, '\r' | '\u{2028}' | '\u{2029}') || (c == '\n' && before != Some('\r'))
        };
        lines += usize::from(ends_line(c, None));
        while let Some((at, x)) = chars.next_if(|&(_, x)| x.is_whitespace()) {
            lines += usize::from(ends_line(x, Some(last)));
            (end, last) = (at + x.len_utf8(), x);
        }
        let with = match lines {
            _ if start == 0 || end == text.len() => "",
            0 => " ",
            1 => "\n",
            _ => "\n\n",
        };
        if &text[start..end] != with {
            edits.push(Edit::new(start..end, with));
        }
    }
}
