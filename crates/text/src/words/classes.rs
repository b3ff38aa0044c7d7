//! Kinds of characters, as the rival engines define them.
//!
//! Python's `re` and the `regex` package disagree about `\w`; both are needed, since scikit-learn uses the one and
//! NLTK the other:
//!
//! | | letters | numbers | marks | other |
//! |---|---|---|---|---|
//! | [`is_word_re`] | L | Nd Nl No | | `_` |
//! | [`is_word_regex`] | L, Alphabetic | Nd Nl | Mn Mc Me | Pc, joiners |

use unicode_properties::{GeneralCategory as G, UnicodeGeneralCategory};

/// Scripts whose every code point is a letter, where a table would only cost time: Hangul syllables, Han.
#[inline]
fn plain_letter(c: char) -> bool {
    matches!(c, '가'..='힣' | '\u{4e00}'..='\u{9fff}')
}

/// `\w` of Python's `re`: `str.isalnum()` or `_`.
#[inline]
pub(super) fn is_word_re(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    // Marks and symbols may be Alphabetic without being letters; everything else agrees with the standard library.
    plain_letter(c)
        || (c.is_alphanumeric()
            && !matches!(
                c.general_category(),
                G::NonspacingMark | G::SpacingMark | G::EnclosingMark | G::OtherSymbol
            ))
}

/// `\w` of the `regex` package (UTS #18): Alphabetic, marks, decimal digits, connectors and joiners.
#[inline]
pub(crate) fn is_word_regex(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    plain_letter(c)
        || c.is_alphabetic()
        || matches!(c, '\u{200c}' | '\u{200d}')
        || matches!(
            c.general_category(),
            G::NonspacingMark
                | G::SpacingMark
                | G::EnclosingMark
                | G::DecimalNumber
                | G::ConnectorPunctuation
        )
}

/// `str.isspace()` of Python, which `split()` uses: White_Space and the four separators U+001C to U+001F.
#[inline]
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// `\d`: decimal digits of any script.
#[inline]
pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && c.general_category() == G::DecimalNumber)
}

/// Whether a byte can begin a white-space character that is not ASCII; spares decoding the others.
#[inline]
pub(super) fn may_begin_space(byte: u8) -> bool {
    matches!(byte, 0xc2 | 0xe1 | 0xe2 | 0xe3)
}

/// The character that begins at byte `at`, which is a boundary inside `text`.
#[inline]
pub(super) fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|rest| rest.chars().next())
}

/// The character that ends before byte `at`.
#[inline]
pub(super) fn char_before(text: &str, at: usize) -> Option<char> {
    text.get(..at).and_then(|rest| rest.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::lower;

    /// From Python 3.11 and regex 2026.11.19: see `fixtures/word_characters.py`.
    #[test]
    fn every_code_point_is_what_the_engines_say() {
        type Ranges = Vec<(u32, u32)>;
        let known: std::collections::HashMap<String, Ranges> =
            serde_json::from_str(include_str!("fixtures/word_characters.json")).unwrap();
        let set = |name: &str| {
            let mut bits = vec![false; 0x11_0000];
            for &(first, last) in &known[name] {
                bits[first as usize..=last as usize].fill(true);
            }
            bits
        };
        let assigned = set("assigned");
        let changed_by_lower = |c: char| lower(&c.to_string()) != c.to_string();
        let claims: [(&str, &dyn Fn(char) -> bool); 5] = [
            ("re_word", &is_word_re),
            ("re_space", &is_space),
            ("regex_word", &is_word_regex),
            ("regex_digit", &is_digit),
            ("lower", &changed_by_lower),
        ];
        for (name, claim) in claims {
            let want = set(name);
            let wrong: Vec<String> = ('\0'..=char::MAX)
                .filter(|&c| assigned[c as usize] && claim(c) != want[c as usize])
                .map(|c| format!("U+{:04X}", c as u32))
                .collect();
            assert!(
                wrong.is_empty(),
                "{name}: {} code points: {:?}",
                wrong.len(),
                &wrong[..wrong.len().min(20)]
            );
        }
    }
}
