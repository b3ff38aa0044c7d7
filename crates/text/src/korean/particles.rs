//! The closed classes of Korean: particles (josa) and verbal endings (eomi), as rules rather than a dictionary.
//!
//! Particles are case particles, delimiters, and their usual chains (에서는, 까지도). Endings are the final, connective and
//! adnominal ones, alone and after the tense and honorific suffixes 었, 겠, 시. An ending that fuses with the last
//! consonant of its stem (간다 = 가 + ㄴ다) is listed from the next whole syllable on (간 + 다).

use super::runs::{Key, KeyMap, LONGEST_KEY, key_of};

const JOSA: &str = "은 는 이 가 을 를 의 에 에서 에게 에게서 께 께서 한테 한테서 와 과 랑 이랑 하고 로 으로 로서 으로서 로써 으로써 도 만 까지 부터 \
    마저 조차 밖에 뿐 보다 처럼 같이 만큼 대로 마다 나 이나 나마 이나마 라도 이라도 든지 이든지 란 이란 야 이야 이여 여 아 요 이요 들 들이 들은 들을 들의 \
    들도 들에게 따라 치고 커녕 은커녕 는커녕 서 라 이라";
/// Particles that take further ones.
const JOSA_HEADS: &str = "에 에서 에게 께서 한테 로 으로 와 과 까지 부터 만 보다 처럼 만큼 밖에 뿐 에게서 하고 로서 으로서 로써 으로써 마저 조차 대로 랑 이랑 \
    들 들에 들에게 들에서 들한테";
const JOSA_TAILS: &str =
    "는 은 도 만 의 이 을 가 를 나 까지 부터 라도 서 요 만은 만이 조차 밖에 야 보다 처럼";
/// The copula and what it becomes.
const COPULA: &str = "이다 다 입니다 이에요 예요 에요 이었다 였다 이었던 였던 이며 며 이고 고 이지만 지만 이라고 라고 이라는 라는 이라서 라서 이라면 라면 이니까 니까 인 \
    인데 인가 인지 일 이네 네 이네요 네요 이군 군요 이야 야 이죠 죠 이지 지 임 이자 이었습니다 였습니다 입니까 이란 란 이면 면 이거나 거나 이었고 였고 이었지만 \
    였지만 이었는데 였는데 이랍니다 이라니 라니 이라도 이든 든 이랄까 랄까 인데요 인가요 이라며 라며 이라지만 이니 니 일까 인듯 인건 인것 인거 임에도 이잖아 잖아 \
    이더라 더라 이구나 구나 이래 래 이냐 냐 이라네 라네";
/// Endings that follow a stem of any form, or stand after a fused consonant.
const EOMI: &str = "다 는다 다가 다는 다고 다며 다면 다면서 다니 다니까 다만 다지만 다네 다네요 다던데 다더니 다더라 고 고는 고도 고요 고서 고자 구나 구만 구먼 군 군요 구요 \
    게 게도 게끔 게는 겠 거나 거든 거든요 거니와 건대 기 기가 기는 기도 기를 기에 기엔 기에는 기만 기로 기까지 기보다 길 긴 긴하 냐 냐고 냐는 네 네요 느냐 느라 느라고 는 \
    는가 는가요 는구나 는군 는군요 는데 는데도 는데요 는지 는지는 는지도 는걸 는거 는건 는건지 는게 니 니까 니까요 니다 니다만 니까는 더군 더군요 더니 더라 더라고 더라고요 더라구요 \
    더라도 던 던데 던데요 던가 던지 도록 든 든가 든지 라 라고 라는 라며 라면 라면서 라니 려 려고 려는 려면 려니 러 래 래요 렴 며 면 면서 면서도 면은 므로 음 음에도 ㅁ 세 세요 셔 \
    셨 소 습니까 습니다 습니다만 시 신 실 심 십니까 십니다 십시오 아 아도 아라 아서 아서는 아야 아야지 아요 아지 어 어도 어라 어서 어서는 어야 어야지 어요 었 오 와 와서 왔 요 으나 으니 으니까 \
    으러 으려 으려고 으려면 으로 으며 으면 으면서 으므로 으세요 으셔 으시 은 은데 은데요 은지 은가 은가요 은걸 은듯 을 을까 을까요 을게 을게요 을래 을래요 을수록 을지 을지도 을때 을만한 \
    읍시다 자 자고 자는 자마자 자면 자니 잖아 잖아요 재 지 지가 지는 지도 지를 지만 지만은 지마 지않 지요 죠 질 진 쥬 나 나요 나봐요 까 까요 까지 께 께요 껄 걸 걸요 게요 데 데도 데요 \
    듯 듯이 듯한 수록 텐데 텐데요 테니 테니까 테고 하는 하고 하게 하지 하면 한 할 함 하다 하며 하여 하기 하네 하네요 해 해서 해요 해도 해야 했 했고 했다 했는데 했던 했지만 했습니다 \
    했어요 했음 합니다 한다 한데 한다는 한다고 하는데 하지만 하면서 하자 하세요 하려 하려고 할까 할지 된 되는 되고 되어 되었 됩니다 된다 돼 됐다 될 되지 되면 됨 되게 적 적인 적으로 적이 \
    스러운 스럽게 스럽다 스런 롭게 로운 같은 같이 같다 같아 님 님이 님은 님의 님도 께서";
/// What follows the past and conjecture suffixes.
const AFTER_TENSE: &str = "다 다가 다는 다고 다며 다면 다면서 다니 다네 다네요 다지만 다던데 고 고요 구나 군 군요 구요 구만 거나 거든 거든요 기 기에 기는 기도 기때문 나 나요 냐 냐고 네 네요 는가 는데 는데도 \
    는데요 는지 는지도 는걸 니 니까 더군요 더니 더라 더라도 더라면 더라구요 던 던데 던가 던지 던거 던것 듯 듯이 습니까 습니다 습니다만 어 어도 어야 어야지 어요 을 을까 을까요 을때 을텐데 을지 \
    을지도 을듯 을것 을걸 음 음에도 음을 음은 음 으나 으니 으니까 으면 으면서 으며 으므로 자 잖아 잖아요 지 지만 지요 죠 단다 답니다 대 대요 댔 슴 슴다 거늘 소";
const TENSES: &str = "었 았 였 겠 했 됐 셨 으셨 시겠 었었 았었 었겠 았겠";

/// Adverbs, conjunctions, determiners and pronouns that end like something with a particle and are one word.
const WHOLE: &str = "그리고 그래서 그래도 그러나 그런데 근데 그러면 그럼 하지만 그렇지만 그러니까 그러므로 따라서 그래 이래 저래 또는 혹은 다시 별로 많이 모든 \
    하나 제일 같이 함께 절대 절대로 너무나 왠지 얼마나 언제나 누구나 혹시나 역시나 정말로 진짜로 서로 바로 따로 새로 때로 가끔 매우 아주 정말 진짜 너무 거의 아직 이미 \
    벌써 자꾸 계속 모두 다들 우리 저희 너희 여기 거기 저기 어디 언제 누구 무엇 이제 이건 그건 저건 이게 그게 이걸 그걸 아마 아마도 마치 만약 비록 결코 전혀 도대체 물론 \
    오히려 차라리 특히 가장 더욱 훨씬 조금 약간 대한 위한 대해 위해 통해 의한 관한 최고 최악 아이 나이 사이 차이 종이 놀이 먹이 길이 높이 깊이 넓이 어이 가지 여자 남자 혼자 각자 \
    바다 나라 노래 아래 미래 오래 고래 모래 아버지 어머니 할머니 할아버지 언니 주머니 처음 다음 마음 얼음 웃음 죽음 믿음 젊음";

/// What the form of a particle asks of the syllable before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Any,
    /// A final consonant: 이, 을, 과, 은
    Closed,
    /// No final consonant: 가, 를, 와
    Open,
}

/// A closed-class form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Particle {
    pub id: u16,
    pub needs: Needs,
}

/// All forms, by key and by number.
pub(super) struct Particles {
    pub by_key: KeyMap<Particle>,
    pub words: Vec<String>,
    /// Syllables of the longest.
    pub longest: usize,
    /// Words that are never cut.
    pub whole: Vec<Key>,
}

impl Particles {
    fn build() -> Self {
        let mut all =
            Particles { by_key: KeyMap::default(), words: Vec::new(), longest: 0, whole: Vec::new() };
        all.whole.extend(WHOLE.split_whitespace().filter_map(key_of));
        for list in [JOSA, COPULA, EOMI] {
            list.split_whitespace().for_each(|word| all.add(word));
        }
        for head in JOSA_HEADS.split_whitespace() {
            JOSA_TAILS.split_whitespace().for_each(|tail| all.add(&format!("{head}{tail}")));
        }
        for tense in TENSES.split_whitespace() {
            for tail in AFTER_TENSE.split_whitespace() {
                all.add(tail);
                all.add(&format!("{tense}{tail}"));
            }
        }
        all
    }

    fn add(&mut self, word: &str) {
        let Some(key) = key_of(word) else { return };
        let syllables = word.len() / 3;
        if syllables >= LONGEST_KEY || self.by_key.contains_key(&key) {
            return;
        }
        let needs = match word {
            "이" | "을" | "과" | "은" | "이나" | "이랑" | "으로" | "이라" | "이란" | "이다" | "이며"
            | "이고" => Needs::Closed,
            "가" | "를" | "와" | "랑" | "라" | "란" | "여" | "예요" | "였다" => Needs::Open,
            _ => Needs::Any,
        };
        self.by_key.insert(key, Particle { id: self.words.len() as u16, needs });
        self.words.push(word.to_owned());
        self.longest = self.longest.max(syllables);
    }

    pub fn get(&self, key: Key) -> Option<Particle> {
        self.by_key.get(&key).copied()
    }
}

/// The closed classes, built once.
pub(super) fn particles() -> &'static Particles {
    static ALL: std::sync::OnceLock<Particles> = std::sync::OnceLock::new();
    ALL.get_or_init(Particles::build)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_tenses_are_covered() {
        let all = particles();
        for word in ["에서는", "까지도", "으로부터", "었습니다", "겠지만", "시겠습니까", "는데요", "한테서"]
        {
            assert!(all.get(key_of(word).unwrap()).is_some(), "{word}");
        }
        for word in ["학교", "먹", "사람"] {
            assert!(all.get(key_of(word).unwrap()).is_none(), "{word}");
        }
        assert!(all.words.len() < 4_000 && all.longest < LONGEST_KEY);
    }
}
