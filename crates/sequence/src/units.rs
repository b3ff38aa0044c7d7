//! Texts as tokens that can be put together again.
//!
//! | unit | a token | `It's 10.` |
//! |---|---|---|
//! | `word` | letters up to a blank, a mark or (behind it) an apostrophe; one digit; one mark | `▁It'` `s` `▁1` `0` `.` |
//! | `character` | a character; a run of blanks is one | `I` `t` `'` `s` ` ` `1` `0` `.` |
//! | `jamo` | the same with Hangul taken apart into its letters | |
//!
//! In words a blank before a token is written as ▁ at its beginning (as SentencePiece has it, Kudo and Richardson 2018), so
//! that nothing but the kind and number of blanks is lost. Digits stand alone: a number that never occurred is made of
//! them.

use gyeol_text::korean::jamo::{Letters, from_jamo, to_jamo};
use serde::{Deserialize, Serialize};

/// What stands for a blank before a word.
const BLANK: char = '▁';

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Units {
    /// Words, digits and marks.
    Word,
    /// Characters.
    Character,
    /// Characters, Hangul by its letters.
    Jamo,
}

gyeol_base::named!(Units, "a unit", "word" => Units::Word, "character" => Units::Character, "jamo" => Units::Jamo);

/// What a character is to a word.
#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Letter,
    Apostrophe,
    Mark,
}

fn kind(c: char) -> Kind {
    match c {
        '\'' | '’' => Kind::Apostrophe,
        // Marks that stand above the letter before are a part of it.
        _ if c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c) => Kind::Letter,
        _ => Kind::Mark,
    }
}

impl Units {
    /// The tokens of a text.
    ///
    /// ```
    /// use gyeol_sequence::Units;
    /// let tokens = Units::Word.cut("It's  10 o'clock.");
    /// assert_eq!(tokens, ["▁It'", "s", "▁1", "0", "▁o'", "clock", "."]);
    /// assert_eq!(Units::Word.join(&tokens), "It's 10 o'clock.");
    /// assert_eq!(Units::Jamo.join(&Units::Jamo.cut("값이 3원")), "값이 3원");
    /// ```
    pub fn cut(self, text: &str) -> Vec<String> {
        match self {
            Units::Word => words(text),
            Units::Character => characters(text),
            Units::Jamo => characters(&to_jamo(text, Letters::Conjoining)),
        }
    }

    /// The text of tokens, with single blanks and none at either end.
    pub fn join(self, tokens: &[impl AsRef<str>]) -> String {
        let mut text = String::new();
        for token in tokens {
            let token = token.as_ref();
            match token.strip_prefix(BLANK) {
                Some(rest) if self == Units::Word && !rest.is_empty() => {
                    text.push(' ');
                    text.push_str(rest);
                }
                _ => text.push_str(token),
            }
        }
        let text = text.trim();
        if self == Units::Jamo { from_jamo(text) } else { text.to_owned() }
    }
}

fn words(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
        let mut token = String::from(BLANK);
        let mut before: Option<Kind> = None;
        for c in word.chars() {
            let now = kind(c);
            let goes_on = matches!(
                (before, now),
                (None, _) | (Some(Kind::Letter), Kind::Letter) | (Some(Kind::Letter), Kind::Apostrophe)
            );
            if !goes_on {
                tokens.push(std::mem::take(&mut token));
            }
            token.push(c);
            before = Some(now);
        }
        tokens.push(token);
    }
    tokens
}

fn characters(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for (i, word) in text.split_whitespace().enumerate() {
        if i > 0 {
            tokens.push(" ".to_owned());
        }
        tokens.extend(word.chars().map(String::from));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_but_for_its_blanks() {
        for text in [
            "",
            " ",
            "l'eau n'est pas là !",
            "\u{2581} \u{2581}a b\u{2581}",
            "don't 'quote' ’tis",
            "미터 12,345.6kWh, 3월 2일",
            "e\u{301}te\u{301}\t\u{202f}!",
            "ㅋㅋㅋ 값",
        ] {
            let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for units in [Units::Word, Units::Character, Units::Jamo] {
                assert_eq!(units.join(&units.cut(text)), plain, "{units:?}");
            }
        }
    }

    #[test]
    fn a_number_is_made_of_its_digits() {
        assert_eq!(Units::Word.cut("in 2026."), ["▁in", "▁2", "0", "2", "6", "."]);
        assert_eq!(Units::Character.cut("a  b"), ["a", " ", "b"]);
    }
}
