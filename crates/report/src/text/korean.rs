//! Korean particles: the form is chosen by the last sound of the word before it.

/// How a word ends when it is read aloud.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Vowel,
    Rieul,
    Consonant,
}

fn ending(word: &str) -> Ending {
    let spoken = |c: &char| c.is_alphanumeric() || *c == '%' || *c == '℃' || *c == '℉';
    let Some(last) = word.chars().rev().find(spoken) else { return Ending::Vowel };
    match last {
        '가'..='힣' => match (last as u32 - 0xAC00) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Rieul,
            _ => Ending::Consonant,
        },
        // 영 일 이 삼 사 오 육 칠 팔 구; 10, 100 … end in 십 백 천 만 억, all with a final consonant.
        '0' | '3' | '6' => Ending::Consonant,
        '1' | '7' | '8' => Ending::Rieul,
        'L' | 'R' => Ending::Rieul,
        'M' | 'N' => Ending::Consonant,
        'l' => Ending::Rieul,
        'm' | 'n' => Ending::Consonant,
        'g' if word.to_ascii_lowercase().ends_with("ng") => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

/// The particle of the family `kind` (은 이 을 과 으로) that follows `word`; an unknown family is returned as it is.
pub fn particle<'a>(word: &str, kind: &'a str) -> &'a str {
    let end = ending(word);
    let closed = end != Ending::Vowel;
    match kind {
        "은" => {
            if closed {
                "은"
            } else {
                "는"
            }
        }
        "이" => {
            if closed {
                "이"
            } else {
                "가"
            }
        }
        "을" => {
            if closed {
                "을"
            } else {
                "를"
            }
        }
        "과" => {
            if closed {
                "과"
            } else {
                "와"
            }
        }
        "으로" => {
            if end == Ending::Consonant {
                "으로"
            } else {
                "로"
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::particle;

    #[test]
    fn particle_follows_the_last_sound() {
        for (word, topic, toward) in [
            ("부하", "는", "로"),
            ("어제", "는", "로"),
            ("기온", "은", "으로"),
            ("계절", "은", "로"),
            ("LSTM", "은", "으로"),
            ("GRU", "는", "로"),
            ("RNN", "은", "으로"),
            ("MLP", "는", "로"),
            ("MLP(분할)", "은", "로"),
            ("82.3 MW", "는", "로"),
            ("3", "은", "으로"),
            ("4", "는", "로"),
            ("7", "은", "로"),
            ("2.45 %", "는", "로"),
            ("", "는", "로"),
        ] {
            assert_eq!(particle(word, "은"), topic, "{word}");
            assert_eq!(particle(word, "으로"), toward, "{word}");
        }
        assert_eq!(particle("값", "을"), "을");
        assert_eq!(particle("나무", "과"), "와");
        assert_eq!(particle("바람", "이"), "이");
    }
}
