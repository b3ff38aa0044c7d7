//! Text as runs of one kind of character, and short runs of syllables as one number.

use super::jamo::{is_letter, is_syllable};
use crate::words::whole_end;

/// What a run is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Composed Hangul syllables, three bytes each
    Hangul,
    /// Words of other scripts, numbers, addresses, names: what the scheme `word` keeps whole
    Word,
    /// Letters that stand alone: ㅋㅋ, ㅠㅠ
    Letters,
    /// The same punctuation mark or symbol, once or more; a face, an emoji
    Mark,
}

#[inline]
fn is_hangul(bytes: &[u8], at: usize) -> bool {
    // U+AC00 is EA B0 80, U+D7A3 is ED 9E A3.
    matches!(bytes[at], 0xEA..=0xED)
        && at + 2 < bytes.len()
        && match bytes[at] {
            0xEA => bytes[at + 1] >= 0xB0,
            0xED => bytes[at + 1] < 0x9E || (bytes[at + 1] == 0x9E && bytes[at + 2] <= 0xA3),
            _ => true,
        }
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|rest| rest.chars().next())
}

/// Calls `run(kind, from, to, glued)` for each run of `text`; `glued` says that no white space stands before it.
#[inline]
pub(super) fn each_run(text: &str, run: &mut dyn FnMut(Kind, usize, usize, bool)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut glued = false;
    // The next white space and the next syllable, once they are looked for.
    let (mut space, mut hangul) = (0, 0);
    while at < bytes.len() {
        let start = at;
        if is_hangul(bytes, at) {
            while at < bytes.len() && is_hangul(bytes, at) {
                at += 3;
            }
            run(Kind::Hangul, start, at, glued);
            glued = true;
            continue;
        }
        let byte = bytes[at];
        if byte == b' ' || byte == b'\n' || byte == b'\t' || byte == b'\r' {
            at += 1;
            glued = false;
            continue;
        }
        // Byte positions here are boundaries of characters, so there is one.
        let Some(c) = char_at(text, at) else { return };
        at += c.len_utf8();
        if c.is_whitespace() {
            glued = false;
            continue;
        }
        if space < at {
            space = text[at..].find(char::is_whitespace).map_or(text.len(), |i| at + i);
        }
        if hangul < at {
            hangul = text[at..].find(is_syllable).map_or(text.len(), |i| at + i);
        }
        let kind = if let Some((end, word)) = whole_end(text, space, hangul.min(space), start, c) {
            at = end;
            if word { Kind::Word } else { Kind::Mark }
        } else if is_letter(c) {
            while let Some(next) = char_at(text, at).filter(|&c| is_letter(c)) {
                at += next.len_utf8();
            }
            Kind::Letters
        } else {
            while char_at(text, at) == Some(c) {
                at += c.len_utf8();
            }
            if c.is_alphanumeric() { Kind::Word } else { Kind::Mark }
        };
        run(kind, start, at, glued);
        glued = true;
    }
}

/// Longest run of syllables that fits one [`Key`].
pub(super) const LONGEST_KEY: usize = 9;

/// Up to nine syllables as one number, 14 bits each; 0 for none.
pub(super) type Key = u128;

/// The number, from 1, of the syllable whose three bytes begin at `at`.
#[inline]
pub(super) fn syllable_at(bytes: &[u8], at: usize) -> u16 {
    let code = (u32::from(bytes[at]) & 0x0F) << 12
        | (u32::from(bytes[at + 1]) & 0x3F) << 6
        | (u32::from(bytes[at + 2]) & 0x3F);
    (code - 0xAC00 + 1) as u16
}

/// Whether the syllable with this number ends in a consonant.
#[inline]
pub(super) fn is_closed(syllable: u16) -> bool {
    !(syllable - 1).is_multiple_of(28)
}

#[inline]
pub(super) fn push(key: Key, syllable: u16) -> Key {
    key << 14 | Key::from(syllable)
}

/// The key of a run of at most [`LONGEST_KEY`] syllables, `None` for anything else.
pub(super) fn key_of(word: &str) -> Option<Key> {
    let bytes = word.as_bytes();
    let hangul =
        !bytes.is_empty() && bytes.len() <= 3 * LONGEST_KEY && word.chars().all(super::jamo::is_syllable);
    hangul.then(|| (0..bytes.len()).step_by(3).fold(0, |key, at| push(key, syllable_at(bytes, at))))
}

/// Syllables of a key.
pub(super) fn syllables_of(key: Key) -> usize {
    (128 - key.leading_zeros() as usize).div_ceil(14)
}

/// The word of a key.
pub(super) fn word_of(mut key: Key) -> String {
    let mut syllables = Vec::new();
    while key > 0 {
        let number = (key & 0x3FFF) as u32;
        syllables.extend(char::from_u32(0xAC00 + number - 1));
        key >>= 14;
    }
    syllables.iter().rev().collect()
}

/// Hashes a [`Key`]: two multiplications, folded.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct KeyHasher(u64);

impl std::hash::Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u128(u128::from(byte));
        }
    }
    fn write_u128(&mut self, key: u128) {
        let folded = (key as u64 ^ self.0).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ ((key >> 64) as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        self.0 = (folded ^ (folded >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        self.0 ^= self.0 >> 29;
    }
}

/// A map from keys.
pub(super) type KeyMap<V> = std::collections::HashMap<Key, V, std::hash::BuildHasherDefault<KeyHasher>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(&str, Kind)> {
        let mut out = Vec::new();
        each_run(text, &mut |kind, from, to, _| out.push((&text[from..to], kind)));
        out
    }

    #[test]
    fn runs_change_where_the_kind_of_character_does() {
        use Kind::*;
        assert_eq!(
            cut("LSTM은 1,234.5점!! ㅋㅋ3.\u{3000}갂힣"),
            [
                ("LSTM", Word),
                ("은", Hangul),
                ("1,234.5", Word),
                ("점", Hangul),
                ("!!", Mark),
                ("ㅋㅋ", Letters),
                ("3", Word),
                (".", Mark),
                ("갂힣", Hangul)
            ]
        );
    }

    #[test]
    fn what_the_scheme_word_keeps_whole_stays_whole_in_korean() {
        for (text, whole) in [
            ("홈페이지 https://example.org/a?b=1 에서", "https://example.org/a?b=1"),
            ("홈페이지(http://x.kr/a)에서", "http://x.kr/a"),
            ("문의는 kim@example.co.kr로", "kim@example.co.kr"),
            ("#서울여행 좋다", "#서울여행"),
            ("@kim_95 님이", "@kim_95"),
            ("전화 02-123-4567로", "02-123-4567"),
            ("가격은 1,234,000원이고", "1,234,000"),
            ("3.5%할인", "3.5%"),
            ("10:30에", "10:30"),
            ("와 👍🏽최고", "👍🏽"),
            ("가족👩\u{200d}👩\u{200d}👧\u{200d}👦은", "👩\u{200d}👩\u{200d}👧\u{200d}👦"),
            ("슬퍼 T_T", "T_T"),
            ("좋아요:)", ":)"),
            ("COVID-19는", "COVID-19"),
        ] {
            assert!(cut(text).iter().any(|run| run.0 == whole), "{text}: {:?}", cut(text));
        }
    }

    #[test]
    fn the_bytes_around_the_syllables_are_no_hangul() {
        for c in ['\u{ABFF}', '\u{D7A4}', '\u{A000}', '\u{D7FF}', '\u{E000}'] {
            assert!(cut(&format!("{c}")).iter().all(|run| run.1 != Kind::Hangul), "{c:?}");
        }
        let all: String = ('가'..='힣').collect();
        assert_eq!(cut(&all), [(all.as_str(), Kind::Hangul)]);
    }

    #[test]
    fn keys_go_there_and_back() {
        for word in ["가", "힣", "가가", "대한민국사람들모두"] {
            let key = key_of(word).unwrap();
            assert_eq!((word_of(key), syllables_of(key)), (word.to_owned(), word.len() / 3));
        }
        for word in ["", "a", "가a", "대한민국사람들모두가", "ㄱ"] {
            assert_eq!(key_of(word), None, "{word}");
        }
    }
}
