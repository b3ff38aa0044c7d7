//! Particles whose form hangs on whether the word before ends in a consonant: 은/는, 이/가, 을/를 …
//!
//! Digits and Latin letters are taken by how Koreans read them aloud (1 일, L 엘).

use super::{FINAL_RIEUL, Syllable};

/// A particle (or the copula) with two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Particle {
    /// 은, 는
    Topic,
    /// 이, 가
    Subject,
    /// 을, 를
    Object,
    /// 과, 와
    And,
    /// 으로, 로 (로 after ㄹ too)
    Toward,
    /// 아, 야
    Vocative,
    /// 이나, 나
    Or,
    /// 이다, 다
    Copula,
}

impl Particle {
    const fn forms(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Particle::Topic => ("은", "는", "은(는)"),
            Particle::Subject => ("이", "가", "이(가)"),
            Particle::Object => ("을", "를", "을(를)"),
            Particle::And => ("과", "와", "과(와)"),
            Particle::Toward => ("으로", "로", "(으)로"),
            Particle::Vocative => ("아", "야", "아(야)"),
            Particle::Or => ("이나", "나", "(이)나"),
            Particle::Copula => ("이다", "다", "(이)다"),
        }
    }

    /// The form that follows `word`; both forms, as in 은(는), when the word's sound is not known.
    ///
    /// ```
    /// use gyeol_text::korean::jamo::Particle;
    /// assert_eq!(Particle::Topic.after("전력"), "은");
    /// assert_eq!(Particle::Toward.after("서울"), "로");
    /// assert_eq!(Particle::Subject.after("LSTM"), "이");
    /// ```
    pub fn after(self, word: &str) -> &'static str {
        let (closed, open, unknown) = self.forms();
        match final_of_word(word) {
            None => unknown,
            Some(0) => open,
            Some(FINAL_RIEUL) if self == Particle::Toward => open,
            Some(_) => closed,
        }
    }
}

/// The number of the final consonant of the last letter or digit of `word` as it is read aloud: 0 for none, 8 for ㄹ;
/// `None` when the word ends in a letter of another script or has none.
pub fn final_of_word(word: &str) -> Option<u8> {
    const G: u8 = 1;
    const N: u8 = 4;
    const M: u8 = 16;
    let last = word.chars().rev().find(|c| c.is_alphanumeric())?;
    if let Some(s) = Syllable::of(last) {
        return Some(s.last);
    }
    match last.to_ascii_lowercase() {
        '1' | '7' | '8' => Some(FINAL_RIEUL),
        '3' => Some(M),
        '6' => Some(G),
        '2' | '4' | '5' | '9' => Some(0),
        '0' => Some(trailing_zeros_sound(word)),
        'l' | 'r' => Some(FINAL_RIEUL),
        'm' => Some(M),
        'n' => Some(N),
        c if c.is_ascii_lowercase() => Some(0),
        _ => None,
    }
}

/// 10 십 (ㅂ), 100 백 (ㄱ), 1000 천 (ㄴ), 10000 만 (ㄴ), 10^8 억 (ㄱ), 10^12 조 (none); a lone 0 is 영 (ㅇ).
fn trailing_zeros_sound(word: &str) -> u8 {
    const NG: u8 = 21;
    let digits = || word.chars().rev().skip_while(|c| !c.is_ascii_digit()).filter(|c| *c != ',');
    let zeros = digits().take_while(|&c| c == '0').count();
    let integer_follows = digits().nth(zeros).is_some_and(|c| c.is_ascii_digit());
    if !integer_follows {
        return NG;
    }
    match zeros {
        4..=7 => 4,
        8..=11 => 1,
        12..=15 => 0,
        1 => 17,
        2 => 1,
        3 => 4,
        _ => NG,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_the_sound_of_the_last_letter() {
        // Readings: 일 이 삼 사 오 육 칠 팔 구 십 백 천 만 억 조; 엘 엠 엔 알.
        for (word, topic) in [
            ("사람", "은"),
            ("나무", "는"),
            ("값", "은"),
            ("3", "은"),
            ("2", "는"),
            ("10", "은"),
            ("1,000", "은"),
            ("0", "은"),
            ("1000000000000", "는"),
            ("URL", "은"),
            ("RNN", "은"),
            ("GRU", "는"),
            ("\"집\"", "은"),
            ("漢", "은(는)"),
            ("", "은(는)"),
            ("!?", "은(는)"),
        ] {
            assert_eq!(Particle::Topic.after(word), topic, "{word}");
        }
    }

    #[test]
    fn rieul_takes_ro_and_nothing_else_of_the_open_forms() {
        assert_eq!(Particle::Toward.after("물"), "로");
        assert_eq!(Particle::Toward.after("집"), "으로");
        assert_eq!(Particle::Toward.after("바다"), "로");
        assert_eq!(Particle::Object.after("물"), "을");
        assert_eq!(Particle::Copula.after("물"), "이다");
        assert_eq!(Particle::Copula.after("나무"), "다");
    }
}
