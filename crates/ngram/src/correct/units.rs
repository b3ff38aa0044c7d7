//! Words as the units that an edit touches: characters in lower case, Hangul by the keys that type it.
//!
//! A syllable is `0xAC00 + (initial · 21 + medial) · 28 + final` (The Unicode Standard, section 3.12). On the two-set
//! keyboard ㅘ is typed as ㅗㅏ and ㄳ as ㄱㅅ, so both are two units, and 메롱 and 메론 are one edit apart.

use std::collections::HashMap;

/// Most units of a word that is looked up or held; longer ones are left alone.
pub(crate) const MOST_UNITS: usize = 64;

/// Number of a unit; 0 is one that nobody has seen.
pub(crate) type Unit = u16;

const INITIALS: [&str; 19] = [
    "ㄱ", "ㄲ", "ㄴ", "ㄷ", "ㄸ", "ㄹ", "ㅁ", "ㅂ", "ㅃ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅉ", "ㅊ", "ㅋ", "ㅌ",
    "ㅍ", "ㅎ",
];
const MEDIALS: [&str; 21] = [
    "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ", "ㅜㅓ", "ㅜㅔ",
    "ㅜㅣ", "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ",
];
const FINALS: [&str; 27] = [
    "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ",
    "ㄹㅎ", "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];
/// Finals of two keys as letters that stand alone, with their places in `FINALS`.
const DOUBLE_FINALS: [(char, usize); 11] = [
    ('ㄳ', 2),
    ('ㄵ', 4),
    ('ㄶ', 5),
    ('ㄺ', 8),
    ('ㄻ', 9),
    ('ㄼ', 10),
    ('ㄽ', 11),
    ('ㄾ', 12),
    ('ㄿ', 13),
    ('ㅀ', 14),
    ('ㅄ', 17),
];

/// Adds the units of a word: lower case, the typographic apostrophe as the plain one, Hangul by keys.
pub(crate) fn split(word: &str, out: &mut Vec<char>) {
    for c in word.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        let index = (c as u32).wrapping_sub(0xAC00);
        if index < 11_172 {
            let (initial, medial, last) = (index / 588, index / 28 % 21, index % 28);
            out.extend(INITIALS[initial as usize].chars());
            out.extend(MEDIALS[medial as usize].chars());
            if last > 0 {
                out.extend(FINALS[last as usize - 1].chars());
            }
            continue;
        }
        match c {
            '\u{2019}' => out.push('\''),
            '\u{1100}'..='\u{1112}' => out.extend(INITIALS[c as usize - 0x1100].chars()),
            '\u{1161}'..='\u{1175}' => out.extend(MEDIALS[c as usize - 0x1161].chars()),
            '\u{11A8}'..='\u{11C2}' => out.extend(FINALS[c as usize - 0x11A8].chars()),
            '\u{314F}'..='\u{3163}' => out.extend(MEDIALS[c as usize - 0x314F].chars()),
            _ => match DOUBLE_FINALS.iter().find(|f| f.0 == c) {
                Some(&(_, at)) => out.extend(FINALS[at].chars()),
                None => out.extend(c.to_lowercase()),
            },
        }
    }
}

/// Numbers of units, given by first appearance.
#[derive(Debug, Clone)]
pub(crate) struct Alphabet {
    plain: [Unit; 128],
    others: HashMap<char, Unit>,
    units: Vec<char>,
}

impl Alphabet {
    pub fn new() -> Self {
        Alphabet { plain: [0; 128], others: HashMap::new(), units: vec!['\u{FFFD}'] }
    }

    /// How many units there are, the unseen one counted.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    #[inline]
    fn get(&self, c: char) -> Unit {
        match self.plain.get(c as usize) {
            Some(&unit) => unit,
            None => self.others.get(&c).copied().unwrap_or(0),
        }
    }

    fn add(&mut self, c: char) -> Unit {
        let known = self.get(c);
        // What comes after the 65,535th unit is taken for unseen: no writing has so many letters.
        if known != 0 || self.units.len() > usize::from(Unit::MAX) {
            return known;
        }
        let unit = self.units.len() as Unit;
        self.units.push(c);
        match self.plain.get_mut(c as usize) {
            Some(slot) => *slot = unit,
            None => {
                self.others.insert(c, unit);
            }
        }
        unit
    }

    /// The units of a word, new ones numbered.
    pub fn learn(&mut self, word: &str) -> Vec<Unit> {
        let mut chars = Vec::with_capacity(word.len());
        split(word, &mut chars);
        chars.into_iter().map(|c| self.add(c)).collect()
    }

    /// The units of a word in `out`.
    pub fn read(&self, word: &str, out: &mut Vec<Unit>) {
        out.clear();
        if word.is_ascii() {
            out.extend(word.bytes().map(|b| self.plain[usize::from(b.to_ascii_lowercase()) & 127]));
            return;
        }
        let mut chars = Vec::with_capacity(word.len());
        split(word, &mut chars);
        out.extend(chars.into_iter().map(|c| self.get(c)));
    }

    /// The text of some units.
    pub fn text(&self, units: &[Unit]) -> String {
        units.iter().map(|&u| self.units.get(usize::from(u)).copied().unwrap_or('\u{FFFD}')).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::distance::within;
    use super::*;

    fn keys(word: &str) -> String {
        let mut out = Vec::new();
        split(word, &mut out);
        out.into_iter().collect()
    }

    #[test]
    fn hangul_is_split_into_the_keys_that_type_it() {
        assert_eq!(keys("값이 과Ab’s"), "ㄱㅏㅂㅅㅇㅣ ㄱㅗㅏab's");
        // Decomposed text and letters that stand alone are the same keys.
        assert_eq!(keys("\u{1100}\u{116A}\u{11AA}"), keys("곿"));
        assert_eq!(keys("ㄳㅘ"), "ㄱㅅㅗㅏ");
    }

    #[test]
    fn words_that_one_key_sets_apart_are_one_edit_apart() {
        let mut alphabet = Alphabet::new();
        let mut apart = |a: &str, b: &str| {
            let (a, b) = (alphabet.learn(a), alphabet.learn(b));
            within(&a, &b, 3)
        };
        assert_eq!(apart("메롱", "메론"), Some(1));
        assert_eq!(apart("달려갔다", "잘려갔다"), Some(1));
        assert_eq!(apart("달려갔다", "달려갓다"), Some(1));
        assert_eq!(apart("닭", "달"), Some(1));
        assert_eq!(apart("의자", "으자"), Some(1));
        assert_eq!(apart("학교에", "병원으로"), None);
    }
}
