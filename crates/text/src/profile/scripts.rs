//! Which scripts a text is written in, and the language that this suggests.

use serde::Serialize;

/// Letters by script.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Scripts {
    /// A to Z with their accents.
    pub latin: u64,
    /// Hangul syllables and jamo.
    pub hangul: u64,
    /// Chinese characters.
    pub han: u64,
    /// Hiragana and katakana.
    pub kana: u64,
    /// Cyrillic.
    pub cyrillic: u64,
    /// Letters of other scripts.
    pub other: u64,
    /// Digits of any script.
    pub digits: u64,
    /// Neither letters, digits nor spaces.
    pub marks: u64,
}

impl Scripts {
    /// Counts the characters of a text.
    pub fn add(&mut self, text: &str) {
        for c in text.chars() {
            let of = match c {
                'a'..='z' | 'A'..='Z' => &mut self.latin,
                ' ' | '\n' | '\t' | '\r' => continue,
                '0'..='9' => &mut self.digits,
                '\0'..='\x7f' => &mut self.marks,
                'À'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' if c.is_alphabetic() => &mut self.latin,
                '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' => {
                    &mut self.hangul
                }
                '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{f900}'..='\u{faff}' => &mut self.han,
                '\u{3040}'..='\u{30ff}' => &mut self.kana,
                '\u{400}'..='\u{52f}' => &mut self.cyrillic,
                _ if c.is_alphabetic() => &mut self.other,
                _ if c.is_numeric() => &mut self.digits,
                _ if c.is_whitespace() => continue,
                _ => &mut self.marks,
            };
            *of += 1;
        }
    }

    /// Adds another text's counts.
    pub fn merge(&mut self, other: &Scripts) {
        for (a, b) in [
            (&mut self.latin, other.latin),
            (&mut self.hangul, other.hangul),
            (&mut self.han, other.han),
            (&mut self.kana, other.kana),
            (&mut self.cyrillic, other.cyrillic),
            (&mut self.other, other.other),
            (&mut self.digits, other.digits),
            (&mut self.marks, other.marks),
        ] {
            *a += b;
        }
    }

    /// Letters in all.
    pub fn letters(&self) -> u64 {
        self.latin + self.hangul + self.han + self.kana + self.cyrillic + self.other
    }
}

/// Words that no longer English text is without.
const ENGLISH: [&str; 24] = [
    "the", "of", "and", "to", "a", "in", "is", "it", "that", "for", "was", "on", "with", "as", "you", "this",
    "not", "are", "but", "be", "have", "at", "i", "he",
];

/// Whether a lower-case word is one that English text is full of.
pub(super) fn is_english(word: &str) -> bool {
    ENGLISH.contains(&word)
}

/// A guess at the language: `ko`, `en`, `ja`, `zh`, `ru`, `latin` for another one in Latin letters, `mixed`, or `none`
/// without letters. `english` is the share of all tokens that are common English words.
pub fn language(scripts: &Scripts, english: f64) -> &'static str {
    let letters = scripts.letters() as f64;
    let share = |n: u64| n as f64 / letters;
    if letters == 0.0 {
        "none"
    } else if share(scripts.kana) > 0.1 {
        "ja"
    } else if share(scripts.hangul) > 0.4 {
        "ko"
    } else if share(scripts.han) > 0.5 {
        "zh"
    } else if share(scripts.cyrillic) > 0.5 {
        "ru"
    } else if share(scripts.latin) > 0.8 {
        // Common words are 25 to 45 % of English; of other languages under 8 %.
        if english > 0.12 { "en" } else { "latin" }
    } else {
        "mixed"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(text: &str) -> &'static str {
        let mut scripts = Scripts::default();
        scripts.add(text);
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let english = words.iter().filter(|w| is_english(w)).count() as f64 / words.len().max(1) as f64;
        language(&scripts, english)
    }

    #[test]
    fn languages_by_their_letters() {
        assert_eq!(guess("The load of the grid fell in the night, and it was cold."), "en");
        assert_eq!(guess("Der Verbrauch sank in der Nacht, und es wurde kälter."), "latin");
        assert_eq!(guess("밤에는 전력 수요가 줄었다 LSTM"), "ko");
        assert_eq!(guess("夜の電力需要は減った"), "ja");
        assert_eq!(guess("夜间电力需求下降"), "zh");
        assert_eq!(guess("Ночью нагрузка упала"), "ru");
        assert_eq!(guess("12 + 3 = 15!"), "none");
    }
}
