//! Hangul syllables taken apart into jamo and put together again.
//!
//! A syllable is `0xAC00 + (initial · 21 + medial) · 28 + final` (The Unicode Standard, section 3.12); a final of 0
//! means none. Conjoining jamo (U+1100…) say which place they stand in; compatibility jamo (U+3131…), which is what a
//! keyboard types, do not.

mod particle;

pub use particle::{Particle, final_of_word};

const FIRST_SYLLABLE: u32 = 0xAC00;
const MEDIALS: u32 = 21;
const FINALS: u32 = 28;
/// How many syllables Unicode composes: 19 initials, 21 medials, 28 finals (none among them).
pub const SYLLABLES: u32 = 19 * MEDIALS * FINALS;

/// The number of the final ㄹ, before which 으로 becomes 로.
pub const FINAL_RIEUL: u8 = 8;

const INITIALS: [char; 19] = [
    'ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ',
    'ㅍ', 'ㅎ',
];
const FINAL_LETTERS: [char; 27] = [
    'ㄱ', 'ㄲ', 'ㄳ', 'ㄴ', 'ㄵ', 'ㄶ', 'ㄷ', 'ㄹ', 'ㄺ', 'ㄻ', 'ㄼ', 'ㄽ', 'ㄾ', 'ㄿ', 'ㅀ', 'ㅁ', 'ㅂ',
    'ㅄ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ',
];

/// A Hangul syllable by the numbers of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syllable {
    /// The initial consonant, 0 (ㄱ) to 18 (ㅎ).
    pub initial: u8,
    /// The vowel, 0 (ㅏ) to 20 (ㅣ).
    pub medial: u8,
    /// The final consonant, 1 (ㄱ) to 27 (ㅎ), or 0 for none.
    pub last: u8,
}

/// Which letters [`to_jamo`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// U+1100…: what NFD gives.
    Conjoining,
    /// U+3131…: what a keyboard types and a screen shows side by side.
    Compatibility,
}

impl Syllable {
    /// Takes a composed syllable apart; `None` for any other character.
    ///
    /// ```
    /// use gyeol_text::korean::jamo::Syllable;
    /// let s = Syllable::of('한').unwrap();
    /// assert_eq!((s.initial, s.medial, s.last), (18, 0, 4));
    /// assert_eq!(s.compose(), '한');
    /// assert!(Syllable::of('A').is_none());
    /// ```
    #[inline]
    pub fn of(c: char) -> Option<Self> {
        let index = (c as u32).wrapping_sub(FIRST_SYLLABLE);
        (index < SYLLABLES).then_some(Syllable {
            initial: (index / (MEDIALS * FINALS)) as u8,
            medial: (index / FINALS % MEDIALS) as u8,
            last: (index % FINALS) as u8,
        })
    }

    /// The syllable of the three numbers, or `None` when one is out of its range.
    pub fn new(initial: u8, medial: u8, last: u8) -> Option<Self> {
        (u32::from(initial) < 19 && u32::from(medial) < MEDIALS && u32::from(last) < FINALS)
            .then_some(Syllable { initial, medial, last })
    }

    /// The composed character. Numbers out of range, which [`Syllable::new`] refuses, are taken modulo the range.
    pub fn compose(self) -> char {
        let index = (u32::from(self.initial) % 19 * MEDIALS + u32::from(self.medial) % MEDIALS) * FINALS
            + u32::from(self.last) % FINALS;
        char::from_u32(FIRST_SYLLABLE + index).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The initial consonant as the letter a keyboard types.
    pub fn initial_letter(self) -> char {
        INITIALS[usize::from(self.initial) % 19]
    }

    /// The vowel as the letter a keyboard types.
    pub fn medial_letter(self) -> char {
        char::from_u32(0x314F + u32::from(self.medial) % MEDIALS).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The final consonant as the letter a keyboard types, if there is one.
    pub fn last_letter(self) -> Option<char> {
        (self.last > 0).then(|| FINAL_LETTERS[usize::from(self.last - 1) % 27])
    }
}

/// Whether `c` is a composed Hangul syllable.
#[inline]
pub fn is_syllable(c: char) -> bool {
    (c as u32).wrapping_sub(FIRST_SYLLABLE) < SYLLABLES
}

/// Whether `c` is a letter that stands alone: a compatibility jamo, as in ㅋㅋ.
#[inline]
pub fn is_letter(c: char) -> bool {
    ('\u{3131}'..='\u{318E}').contains(&c)
}

/// Writes `text` with each syllable taken apart; other characters stay.
pub fn to_jamo(text: &str, letters: Letters) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for c in text.chars() {
        let Some(s) = Syllable::of(c) else {
            out.push(c);
            continue;
        };
        match letters {
            Letters::Compatibility => {
                out.push(s.initial_letter());
                out.push(s.medial_letter());
                out.extend(s.last_letter());
            }
            Letters::Conjoining => {
                out.extend(char::from_u32(0x1100 + u32::from(s.initial)));
                out.extend(char::from_u32(0x1161 + u32::from(s.medial)));
                if s.last > 0 {
                    out.extend(char::from_u32(0x11A7 + u32::from(s.last)));
                }
            }
        }
    }
    out
}

/// Puts jamo of either kind together; what forms no syllable stays as it is.
///
/// Of compatibility letters a consonant before a vowel begins the next syllable, as when typing; letters are not
/// joined into double ones (ㄱㅅ stays two, ㄳ is a final).
///
/// ```
/// use gyeol_text::korean::jamo::{Letters, from_jamo, to_jamo};
/// assert_eq!(from_jamo(&to_jamo("값이 3원", Letters::Compatibility)), "값이 3원");
/// assert_eq!(from_jamo("ㅋㅋㅋ ㄱㅏ"), "ㅋㅋㅋ 가");
/// ```
pub fn from_jamo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let Some(initial) = initial_number(c) else {
            out.push(c);
            continue;
        };
        let Some(medial) = rest.peek().copied().and_then(medial_number) else {
            out.push(c);
            continue;
        };
        rest.next();
        let mut last = 0;
        if let Some(&next) = rest.peek()
            && let Some(number) = last_number(next)
        {
            let mut ahead = rest.clone();
            ahead.next();
            let begins_next = is_letter(next) && ahead.peek().copied().and_then(medial_number).is_some();
            if !begins_next {
                last = number;
                rest.next();
            }
        }
        out.push(Syllable { initial, medial, last }.compose());
    }
    out
}

/// Each syllable by its initial alone (한글 → ㅎㄱ), which is what Korean readers type into a search box; other
/// characters stay.
pub fn initials(text: &str) -> String {
    text.chars().map(|c| Syllable::of(c).map_or(c, Syllable::initial_letter)).collect()
}

fn initial_number(c: char) -> Option<u8> {
    match c {
        '\u{1100}'..='\u{1112}' => Some((c as u32 - 0x1100) as u8),
        _ => INITIALS.iter().position(|&l| l == c).map(|i| i as u8),
    }
}

fn medial_number(c: char) -> Option<u8> {
    match c {
        '\u{1161}'..='\u{1175}' => Some((c as u32 - 0x1161) as u8),
        '\u{314F}'..='\u{3163}' => Some((c as u32 - 0x314F) as u8),
        _ => None,
    }
}

fn last_number(c: char) -> Option<u8> {
    match c {
        '\u{11A8}'..='\u{11C2}' => Some((c as u32 - 0x11A7) as u8),
        _ => FINAL_LETTERS.iter().position(|&l| l == c).map(|i| i as u8 + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn every_syllable_comes_apart_as_unicode_says_and_together_again() {
        let mut seen = 0;
        for c in '가'..='힣' {
            let text = c.to_string();
            let nfd: String = text.nfd().collect();
            assert_eq!(to_jamo(&text, Letters::Conjoining), nfd);
            assert_eq!(from_jamo(&nfd), text);
            assert_eq!(from_jamo(&to_jamo(&text, Letters::Compatibility)), text);
            // NFKD sends a compatibility letter to its conjoining initial or vowel: another table than ours.
            let s = Syllable::of(c).unwrap();
            let initial: String = s.initial_letter().to_string().nfkd().collect();
            assert_eq!(initial.chars().next(), nfd.chars().next());
            let medial: String = s.medial_letter().to_string().nfkd().collect();
            assert_eq!(medial.chars().next(), nfd.chars().nth(1));
            assert_eq!(s.last_letter().is_some(), nfd.chars().count() == 3);
            seen += 1;
        }
        assert_eq!(seen, SYLLABLES);
    }

    #[test]
    fn neighbours_of_the_syllables_are_none() {
        for c in ['\u{ABFF}', '\u{D7A4}', 'ㄱ', '\u{1100}', 'a', '\u{10FFFF}'] {
            assert!(Syllable::of(c).is_none(), "{c:?}");
        }
        assert!(Syllable::new(19, 0, 0).is_none() && Syllable::new(0, 21, 0).is_none());
        assert!(Syllable::new(0, 0, 28).is_none() && Syllable::new(18, 20, 27).is_some());
    }

    #[test]
    fn typed_letters_compose_as_a_keyboard_would() {
        assert_eq!(from_jamo("ㄱㅏㄴㅏㄷㅏ"), "가나다");
        assert_eq!(from_jamo("ㅇㅏㄴㄴㅕㅇ ㅎㅏㅅㅔㅇㅛ"), "안녕 하세요");
        assert_eq!(from_jamo("ㅠㅠ ㅋㅋㅏ"), "ㅠㅠ ㅋ카");
        assert_eq!(from_jamo("ㄱㅏㄳ"), "갃");
        assert_eq!(from_jamo("ㄱㅏㅃㅏ"), "가빠");
    }

    #[test]
    fn initials_keep_what_is_not_hangul() {
        assert_eq!(initials("대한민국 2024 OK"), "ㄷㅎㅁㄱ 2024 OK");
    }
}
