//! Full-width and half-width forms of ASCII, katakana and Hangul.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// ASCII for its full-width forms (`Ａ`, `１`, `！`, the ideographic space), and katakana, Hangul letters and signs of
/// usual width for their half-width forms.
///
/// ```
/// assert_eq!(gyeol_text::normalise::narrow("Ｇｙｅｏｌ　１２３！ ｶﾞ ￦"), "Gyeol 123! ガ ₩");
/// ```
pub fn narrow(text: &str) -> Cow<'_, str> {
    let wide = |c: char| matches!(c, '\u{3000}' | '\u{ff01}'..='\u{ffee}');
    if !text.contains(wide) {
        return text.into();
    }
    // Stretches of such characters go through NFKC as one, since a half-width kana and its voice mark become one.
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(wide) {
        out.push_str(&rest[..start]);
        let end = rest[start..].find(|c| !wide(c)).map_or(rest.len(), |n| start + n);
        out.extend(rest[start..end].nfkc());
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.into()
}

/// Full-width forms for ASCII letters, digits, marks and the blank.
pub fn widen(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ' ' => '\u{3000}',
            '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
            _ => c,
        })
        .collect()
}
