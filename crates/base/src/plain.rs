//! What every text goes through before anything is made of it: one form for Hangul, and nothing that is never seen.

use std::borrow::Cow;

/// First letters, vowels, and last letters (none among them) of Hangul syllables: chapter 3.12 of the Unicode standard.
const LEADS: u32 = 19;
const VOWELS: u32 = 21;
const TAILS: u32 = 28;

/// The text with conjoining Hangul letters composed to syllables (as NFC does) and without characters that are never
/// seen: soft hyphen, zero-width space, byte-order mark, word joiner. The text itself where it is so already.
///
/// ```
/// assert_eq!(gyeol_base::plain("\u{1112}\u{1161}\u{11ab}\u{200b}글"), "한글");
/// ```
pub fn plain(text: &str) -> Cow<'_, str> {
    // Lead bytes of all that is looked for; most texts hold none of them, or Korean and few.
    let may = |b: &u8| matches!(b, 0xc2 | 0xe1 | 0xe2 | 0xef);
    if !text.as_bytes().iter().any(may) || !text.chars().any(|c| is_unseen(c) || is_conjoining(c)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    // The syllable at the end of `out`, which may take another letter.
    let mut open: Option<u32> = None;
    for c in text.chars().filter(|&c| !is_unseen(c)) {
        let code = c as u32;
        let joined = open.and_then(|before| {
            let (lead, syllable) = (before.wrapping_sub(0x1100), before.wrapping_sub(0xac00));
            let (vowel, tail) = (code.wrapping_sub(0x1161), code.wrapping_sub(0x11a7));
            if lead < LEADS && vowel < VOWELS {
                return char::from_u32(0xac00 + (lead * VOWELS + vowel) * TAILS);
            }
            let takes = syllable < LEADS * VOWELS * TAILS && syllable.is_multiple_of(TAILS);
            if takes && (1..TAILS).contains(&tail) { char::from_u32(before + tail) } else { None }
        });
        if joined.is_some() {
            out.pop();
        }
        let last = joined.unwrap_or(c);
        out.push(last);
        open = Some(last as u32);
    }
    Cow::Owned(out)
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn is_conjoining(c: char) -> bool {
    matches!(c, '\u{1161}'..='\u{1175}' | '\u{11a8}'..='\u{11c2}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_syllable_is_composed_of_its_letters() {
        let mut taken_apart = String::new();
        for syllable in 0..LEADS * VOWELS * TAILS {
            let (lead, vowel, tail) =
                (syllable / TAILS / VOWELS, syllable / TAILS % VOWELS, syllable % TAILS);
            let letters = [0x1100 + lead, 0x1161 + vowel, 0x11a7 + tail];
            taken_apart
                .extend(letters[..if tail == 0 { 2 } else { 3 }].iter().filter_map(|&c| char::from_u32(c)));
            taken_apart.push(' ');
        }
        let composed: String = ('가'..='힣').flat_map(|c| [c, ' ']).collect();
        assert_eq!(plain(&taken_apart), composed);
        // A syllable takes a last letter that stands alone, once.
        assert_eq!(plain("가\u{11a8}\u{11a8}"), "각\u{11a8}");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["", "plain", "한글 ㅋㅋ é", "\u{1100}\u{1100}", "e\u{301} 👩\u{200d}👧 x\u{200c}y"]
        {
            assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
        assert_eq!(plain("\u{feff}soft\u{ad}ware \u{200b} a\u{2060}b"), "software  ab");
    }
}
