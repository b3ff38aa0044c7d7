//! Final endings of Korean verbs and adjectives: which eojeol look as if they closed a sentence.
//!
//! Endings are a closed class, listed here by grade of speech; a letter before the first syllable is the final
//! consonant of the syllable before (ㄴ다 in 간다), so that one entry covers every stem. `Certain` endings seldom do
//! anything else; `Possible` ones also connect clauses, make nouns, or look like common nouns, and the context decides.

use std::sync::OnceLock;

use crate::korean::jamo::{Syllable, is_letter};

/// The grade or kind of an ending, as grammars name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Kind {
    None,
    /// 합쇼체
    Formal,
    /// 해요체
    Polite,
    /// 해라체, past and conjecture
    Past,
    /// 해라체, present
    Plain,
    Question,
    Exclaim,
    /// 해체
    Casual,
    Hearsay,
    Command,
    /// 명사형 (음슴체)
    Nominal,
    /// 하오체, 하게체, and what novels and old laws write
    Archaic,
    Dialect,
    /// What people type
    Typed,
}

/// How far an ending alone tells that a sentence is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Strength {
    None,
    /// A word that only looks like one with an ending (바다, 필요).
    Lookalike,
    Possible,
    Certain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    pub kind: Kind,
    pub strength: Strength,
}

const NO_ENDING: Ending = Ending { kind: Kind::None, strength: Strength::None };

/// Kind, certain endings, possible endings.
const LEXICON: &[(Kind, &str, &str)] = &[
    (
        Kind::Formal,
        "ㅂ니다 습니다 ㅂ니까 습니까 ㅂ시다 읍시다 십시오 십시요 ㅂ디다 습디다 ㅂ디까 습디까 ㅂ지요 습지요 ㅂ죠 ㅂ니다만 습니다요 \
         ㅂ니다요 사옵니다 옵니다 옵니까 나이다 올시다",
        "",
    ),
    (
        Kind::Polite,
        "어요 아요 해요 에요 예요 여요 세요 셔요 지요 죠 네요 군요 구요 고요 걸요 ㄹ게요 ㄹ께요 ㄹ까요 을까요 ㄴ가요 은가요 \
         는가요 나요 는데요 ㄴ데요 은데요 던데요 거든요 잖아요 래요 대요 라고요 다고요 니까요 봐요 와요 줘요 돼요 되요 려요 져요 \
         쳐요 겨요 켜요 혀요 뻐요 파요 라요 까요 나봐요 더군요 ㄹ텐데요 텐데요 ㄹ걸요 구먼요 다니까요 라니까요 자고요 다면서요 다구요",
        "요",
    ),
    (Kind::Past, "ㅆ다 ㅆ단다 ㅆ었다 ㅆ도다", ""),
    (
        Kind::Plain,
        "ㄴ다 는다 이다 것이다 거다 있다 없다 같다 싶다 좋다 않다 많다 아니다 하다 되다 란다 단다 ㄴ단다 는단다 는구나 롭다 스럽다 \
         답다 쉽다 어렵다 높다 낮다 크다 작다 예쁘다 아프다 나쁘다 바쁘다 싫다 넓다 길다 짧다 빠르다 다르다 맞다 모른다 ㄹ테다 마련이다 \
         뿐이다 때문이다 셈이다 지경이다 정도다 최고다 문제다",
        "다",
    ),
    (
        Kind::Question,
        "ㄹ까 을까 ㅆ니 ㅆ냐 ㅆ나 겠나 겠니 느냐 으냐 냐 ㄹ쏘냐 ㄹ소냐 ㅆ던가 ㅆ는가 겠는가 아닌가 인가 할까 나봐 려나 ㄹ려나 으려나",
        "ㄴ가 은가 는가 던가 나 니 까 ㄹ지 는지 ㄴ지 은지 ㄹ래 을래 가",
    ),
    (
        Kind::Exclaim,
        "ㅆ네 겠네 는구나 구나 로구나 이구나 군 는군 더군 구만 구먼 구려 ㄹ걸 을걸 는걸 ㄹ껄 거든 잖아 잖어 더라 더라고 더라구 더구나 \
         다니까 라니까 구마 누만 는구만 는구먼 로세 ㄹ세 다마다 고말고 네그려",
        "네 던데 ㄴ데 는데 은데 텐데 ㄴ걸 은걸 자나 다니 라니 라고 다고 냐고 자고 니까",
    ),
    (
        Kind::Casual,
        "ㅆ어 ㅆ지 거야 이야 아니야 ㄹ게 ㄹ께 을게 을께 겠지 겠어 ㄹ거야 을거야 ㄹ꺼야 있어 없어 싶어 같아 좋아 않아 많아 몰라 ㅆ거든 잖니 \
         ㄹ래 이지 아니지 거지 때문이야 뿐이야",
        "야 어 아 해 지 게 줘 봐 돼 와 려 져 쳐 겨 켜 혀 라 여 서 뻐 파 고 데 러 걸 든지",
    ),
    (
        Kind::Hearsay,
        "ㅆ대 ㄴ대 는대 이래 ㅆ다네 ㄴ다네 는다네 다더라 라더라 다더군 라더군 ㅆ다며 ㄴ다며 라네 다네 다던데 라던데 ㅆ다지 ㄴ다지",
        "대 래 다며 라며 다지 라지",
    ),
    (
        Kind::Command,
        "어라 아라 해라 거라 너라 려무나 렴 으렴 ㄹ지어다 으시오 시오 소서 옵소서 자꾸나 ㅁ세 하세 게나 시게 십쇼 ㅂ쇼 지마 지마라 말자 \
         말라 하자 보자 가자 먹자 하라 이리라 주라",
        "자 마 세 라 렴 소",
    ),
    (
        Kind::Nominal,
        "ㅆ음 겠음 함 됨 있음 없음 같음 않음 싶음 좋음 많음 었슴 ㅆ슴 있슴 없슴 이었음 였음 아님 모름 바람 요망 예정임 것임 할것 거임 \
         하기 않기 금지 할것임",
        "음 임 ㅁ 기 것 예정 완료 불가 가능 필요",
    ),
    (
        Kind::Archaic,
        "노라 느니라 니라 리라 으리라 더이다 도다 로다 이로다 ㄹ지니라 외다 소이다 오이다 리오 으리오 구료 더뇨 느뇨 ㅆ소 겠소 있소 없소 \
         좋소 않소 이오 하오 ㅆ거늘 ㄹ진저 로구려 ㅆ더냐 더냐 ㄹ손가 ㅆ으리 하였느니 ㅆ느니라 ㄹ지라 ㅆ도다",
        "오 소 으리 ㄹ꼬 을꼬 는고 ㄴ고 던고 느니",
    ),
    (
        Kind::Dialect,
        // Gyeongsang
        "데이 ㄴ데이 래이 거래이 능교 는교 ㄴ교 ㅆ노 겠노 하노 갑다 는갑다 ㄴ갑다 는기라 ㄴ기라 기라 아이가 카이 끼다 ㄹ끼다 ㄹ끼가 ㄹ끼라 \
         ㅆ심더 심더 ㅂ니더 습니더 십니더 심니꺼 ㅂ니꺼 습니꺼 시이소 이소 라꼬 다꼬 ㅆ다카이 어예 아예요 지예 네예 라예 데예 라카더라 ㅆ제 \
         ㄹ라꼬 하이소 보이소 카더라 카드라 카데 ㅂ데가 ㅂ데강 ㅂ디가 \
         당께 랑께 ㅆ당께 ㄴ당께 는당께 잉 부러 브러 ㅆ당가 ㄴ당가 당가 랑가 ㄹ랑가 라우 라잉 소잉 요잉 제잉 것소 ㅆ능가 께라 지라 ㅆ어야 \
         ㅆ지라 허요 ㅆ는디요 그라제 것제 것네 \
         어유 아유 해유 슈 ㅆ슈 ㅆ유 지유 네유 래유 데유 구먼유 에유 예유 구유 ㄴ겨 는겨 ㄹ겨 ㄹ껴 은겨 거여 이여 ㅆ구먼 ㄹ거여 ㄹ규 는감 ㄴ감 \
         세유 봐유 줘유 와유 돼유 \
         수다 우다 쿠다 수꽈 우꽈 수과 우과 ㅂ서 읍서 마씸 마씀 주게 ㅆ저 ㅆ수다 \
         지비 슴메 습메 ㅂ네다 습네다 ㅂ네까 습네까 습둥 ㅂ둥 슴둥 ㄹ레 ㅆ시요 라요 다우 수다레 시라요 자우",
        "노 제 는디 ㄴ디 은디 유 겨 여 예 께 가베 고마 디 멘 져 남 쟈 쥬 껴 심 꺼 더 다잉 교 당 랑",
    ),
    (
        Kind::Typed,
        "ㅂ니당 습니당 ㅂ니돠 습니돠 슴다 ㅆ슴다 ㅁ다 ㅂ니담 습니담 습미다 ㅂ미다 슴니다 읍니다 ㅁ니다 ㅆ따 ㄴ따 다능 라능 하삼 하셈 ㅆ삼 \
         어용 아용 해용 네용 세용 지용 죵 구용 예용 에용 어염 아염 네염 구염 해염 세염 거덩 거등 거덩요 음요 ㅆ다뇨 다뇨 라뇨 ㄴ듯 은듯 는듯 \
         ㄹ듯 ㅆ지롱 지롱 슴까 ㅆ쥐 드라 ㅆ드라 더라궁 라구 다구 ㅆ다규 네여 어여 아여 해여 세여 구여 지여 ㄴ뎅 는뎅 ㅆ당 ㄴ당 는당 좋당",
        "삼 셈 용 염 듯 쥐 긔 당 둥 뎅 묘 욧 숑",
    ),
];

/// Words that end like a verb and are none, or close nothing: nouns, adverbs, particles.
const LOOKALIKES: &str = "바다 마다 보다 모두다 다 저마다 날마다 해마다 때마다 사람마다 곳곳마다 아다 사이다 소다 캐나다 유다 기왕이면다 \
    중요 필요 수요 주요 개요 음료 월요 화요 목요 금요 토요 일요 요 효요 민요 \
    처음 마음 다음 얼음 웃음 걸음 믿음 젊음 죽음 울음 모음 자음 소음 녹음 지음 싸움 도움 그림 꿈 밤 몸 힘 땀 춤 곰 점 남 담 섬 \
    사람 이름 여름 구름 기름 씨름 시름 주름 흐름 아침 점심 저녁밤 지금 조금 가끔 요금 세금 현금 방금 황금 저금 벌금 상금 임금 송금 입금 \
    포함 결함 명함 군함 보관함 우편함 책임 게임 모임 담임 신임 부임 취임 퇴임 위임 선임 전임 해임 움직임 쓰임 느낌 \
    시험 경험 위험 보험 실험 모험 \
    동네 우리네 그네 네 자네 \
    여자 남자 사자 의자 글자 숫자 기자 환자 학자 부자 과자 피자 모자 상자 혼자 각자 감자 타자 투자 문자 저자 독자 주자 제자 박자 한자 \
    사용자 관리자 소비자 참가자 관계자 당사자 담당자 피해자 노동자 근로자 지도자 전문가 작가 국가 평가 가치가 휴가 물가 주가 \
    나라 우리나라 카메라 오페라 드라마 라 \
    어머니 할머니 주머니 언니 비니 니 아주머니 하느님니 \
    아버지 할아버지 가지 까지 강아지 돼지 바지 단지 편지 먼지 잡지 여지 의지 토지 거지 이미지 메시지 페이지 소시지 여러가지 마지막까지 지금까지 \
    세계 함께 이렇게 그렇게 저렇게 어떻게 가게 무게 쉽게 빠르게 크게 \
    군데 가운데 그런데 근데 한데 \
    시대 세대 기대 군대 상대 무대 침대 반대 연대 절대 최대 \
    아래 노래 미래 원래 본래 오래 거래 모래 나래 고래 빨래 가래 \
    그리고 최고 사고 광고 보고 신고 재고 창고 참고 라고 하고 물고 되고 \
    회사 의사 나사 하나 언제나 누구나 어디나 그러나 혹시나 역시나 너무나 얼마나 이러나 아니나 바나나 피아노 \
    영화 문화 전화 대화 변화 평화 \
    지도 정도 속도 온도 제도 태도 그래도 아직도 하도 \
    어서 그래서 따라서 이어서 문서 순서 부서 용서 독서 에서 으로서 \
    소 장소 주소 요소 산소 감소 청소 업소 미소 평소 최소 \
    오 아예 예 차례 노예 기대 명예 \
    도당 식당 마당 정당 성당 일당 수당 담당 사랑 자랑 신랑 고랑 \
    듯 사용 이용 내용 비용 적용 채용 허용 활용 조용 작용 고용 미용 \
    준비물 것 이것 저것 그것 무엇 \
    야 시야 분야 평야 \
    그래야 해야 봐야 와야 어야 아야 \
    우유 이유 자유 소유 여유 경유 석유 공유 치유 더 \
    무엇인가 누군가 언젠가 어딘가 뭔가 왠지 어쩐지 언젠가는 \
    아이가 누가 내가 네가 제가 우리가";

struct Node {
    code: u8,
    ending: Ending,
    child: u16,
    next: u16,
}

/// Endings as a trie over the letters of a word from its end.
struct Trie(Vec<Node>);

impl Trie {
    fn build() -> Self {
        let mut trie = Trie(vec![Node { code: 0, ending: NO_ENDING, child: 0, next: 0 }]);
        for &(kind, certain, possible) in LEXICON {
            for (list, strength) in [(possible, Strength::Possible), (certain, Strength::Certain)] {
                for entry in list.split_whitespace() {
                    trie.insert(entry, Ending { kind, strength });
                }
            }
        }
        trie
    }

    fn insert(&mut self, entry: &str, ending: Ending) {
        let mut at = 0;
        let mut codes = Vec::new();
        codes_from_end(entry, &mut |code| {
            codes.push(code);
            true
        });
        for code in codes {
            at = match self.child(at, code) {
                Some(node) => node,
                None => {
                    let node = self.0.len();
                    let next = self.0[at].child;
                    self.0.push(Node { code, ending: NO_ENDING, child: 0, next });
                    self.0[at].child = node as u16;
                    node
                }
            };
        }
        if self.0[at].ending.strength != Strength::Certain {
            self.0[at].ending = ending;
        }
    }

    fn child(&self, at: usize, code: u8) -> Option<usize> {
        let mut node = usize::from(self.0[at].child);
        while node != 0 {
            if self.0[node].code == code {
                return Some(node);
            }
            node = usize::from(self.0[node].next);
        }
        None
    }
}

/// The letters of `word` from its end: final, vowel, initial of the last syllable, and so on. A lone letter counts as
/// the final of the syllable before. Stops at the first character that is not Hangul or when `code` says so.
fn codes_from_end(word: &str, code: &mut dyn FnMut(u8) -> bool) {
    for c in word.chars().rev() {
        if let Some(s) = Syllable::of(c) {
            if (s.last > 0 && !code(64 + s.last)) || !code(32 + s.medial) || !code(s.initial) {
                return;
            }
        } else {
            if is_letter(c)
                && let Some(last) = last_of_letter(c)
            {
                code(64 + last);
            }
            return;
        }
    }
}

fn last_of_letter(c: char) -> Option<u8> {
    (1..28).find(|&last| Syllable { initial: 0, medial: 0, last }.last_letter() == Some(c))
}

fn trie() -> &'static Trie {
    static TRIE: OnceLock<Trie> = OnceLock::new();
    TRIE.get_or_init(Trie::build)
}

/// Which final ending `word`, an eojeol without stops and emoticons, seems to carry: the longest that fits.
pub(super) fn ending_of(word: &str) -> Ending {
    let trie = trie();
    let mut at = 0;
    let mut found = NO_ENDING;
    codes_from_end(word, &mut |code| match trie.child(at, code) {
        Some(node) => {
            at = node;
            if trie.0[node].ending.strength != Strength::None {
                found = trie.0[node].ending;
            }
            true
        }
        None => false,
    });
    let looks_only = is_lookalike(word) || (found.strength == Strength::Possible && is_counted(word));
    if found.strength != Strength::None && looks_only {
        found.strength = Strength::Lookalike;
    }
    found
}

fn lookalikes() -> &'static std::collections::HashSet<&'static str> {
    static WORDS: OnceLock<std::collections::HashSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| LOOKALIKES.split_whitespace().collect())
}

/// Whether one or two syllables follow a digit: a counter, as in 3분기.
fn is_counted(word: &str) -> bool {
    word.chars().rev().skip(1).take(2).any(|c| c.is_ascii_digit())
}

/// Whether `word` is listed, or a compound of three syllables or more that ends in a listed word of three or more.
fn is_lookalike(word: &str) -> bool {
    let words = lookalikes();
    words.contains(word)
        || word.char_indices().rev().skip(2).take(2).any(|(at, _)| at > 0 && words.contains(&word[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_before_the_first_syllable_is_a_final_consonant() {
        assert_eq!(ending_of("간다"), Ending { kind: Kind::Plain, strength: Strength::Certain });
        assert_eq!(ending_of("갑니다"), Ending { kind: Kind::Formal, strength: Strength::Certain });
        assert_eq!(ending_of("먹었다"), Ending { kind: Kind::Past, strength: Strength::Certain });
        assert_eq!(ending_of("갈까"), Ending { kind: Kind::Question, strength: Strength::Certain });
        assert_eq!(ending_of("사다"), Ending { kind: Kind::Plain, strength: Strength::Possible });
        assert_eq!(ending_of("학교에서").kind, Kind::Casual);
        assert_eq!(ending_of("학교를"), NO_ENDING);
        assert_eq!(ending_of(""), NO_ENDING);
        assert_eq!(ending_of("abc"), NO_ENDING);
    }

    #[test]
    fn nouns_that_end_like_verbs_are_told_apart() {
        for word in ["바다", "필요", "처음", "여자", "나라", "동네", "저마다", "참가자", "수요"]
        {
            assert_eq!(ending_of(word).strength, Strength::Lookalike, "{word}");
        }
        assert_eq!(ending_of("3분기").strength, Strength::Lookalike);
        for word in ["왔다", "해요", "없음", "먹자", "가라", "좋네"] {
            assert_ne!(ending_of(word).strength, Strength::Lookalike, "{word}");
        }
    }
}
