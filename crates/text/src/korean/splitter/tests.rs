use super::*;
use gyeol_tensor::Pool;

const NOUNS: [&str; 12] =
    ["학교", "나무", "시장", "바다", "사람", "도서관", "친구", "강아지", "영화", "발전소", "전력", "수요"];
const JOSA: [(&str, &str); 8] = [
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("에", "에"),
    ("에서", "에서"),
    ("도", "도"),
    ("의", "의"),
    ("", ""),
];
const VERBS: [&str; 6] = ["먹", "읽", "웃", "잡", "믿", "찾"];
const EOMI: [&str; 8] = ["는다", "고", "지만", "는데", "습니다", "던", "겠다", "지"];

fn texts() -> Vec<String> {
    let mut out = Vec::new();
    for noun in NOUNS {
        let closed = is_closed(syllable_at(noun.as_bytes(), noun.len() - 3));
        for (after_closed, after_open) in JOSA {
            out.push(format!("{noun}{}", if closed { after_closed } else { after_open }));
        }
    }
    for verb in VERBS {
        out.extend(EOMI.map(|ending| format!("{verb}{ending}")));
    }
    out
}

fn fitted() -> Splitter {
    SplitterParams::default().check().unwrap().fit_texts(&texts(), &Pool::new(1)).unwrap()
}

#[test]
fn stems_come_off_their_particles_and_endings() {
    let splitter = fitted();
    assert_eq!(
        splitter.tokens("친구는 도서관에서 읽습니다."),
        ["친구", "는", "도서관", "에서", "읽", "습니다", "."]
    );
    assert_eq!(splitter.tokens("바다가 웃겠다!!"), ["바다", "가", "웃", "겠다", "!!"]);
    let stems = splitter.keep(Keep::Stems);
    assert_eq!(stems.tokens("친구는 도서관에서 읽습니다"), ["친구", "도서관", "읽"]);
}

#[test]
fn what_was_never_seen_is_cut_sensibly() {
    let splitter = fitted();
    // New stems with known particles, and words whose ends only look like particles of the wrong form.
    assert_eq!(splitter.tokens("노트북에서"), ["노트북", "에서"]);
    assert_eq!(splitter.tokens("효과"), ["효과"]);
    assert_eq!(splitter.tokens("LSTM은 3.5배를"), ["LSTM", "은", "3.5", "배", "를"]);
    assert_eq!(splitter.tokens("ㅋㅋㅋ 좋👍👍"), ["ㅋㅋㅋ", "좋", "👍👍"]);
}

#[test]
fn text_without_spaces_is_cut_where_known_words_meet() {
    assert_eq!(
        fitted().tokens("친구는도서관에서강아지를찾는다"),
        ["친구", "는", "도서관", "에서", "강아지", "를", "찾", "는다"]
    );
}

#[test]
fn tokens_put_together_are_the_text() {
    let splitter = fitted();
    for text in [
        "친구는 3.14를 \"도서관\"에서 읽었다!? ㅋㅋ",
        &"가나다라마바사".repeat(500),
        "\u{0}\u{feff}가\u{301}",
        "é漢字가",
    ] {
        assert_eq!(splitter.tokens(text).concat(), text.split_whitespace().collect::<String>());
    }
}

#[test]
fn the_same_on_any_number_of_threads() {
    let texts = texts();
    let valid = SplitterParams::default().check().unwrap();
    let one = valid.fit_texts(&texts, &Pool::new(1)).unwrap();
    for threads in [2, 3] {
        let many = valid.fit_texts(&texts, &Pool::new(threads)).unwrap();
        assert_eq!(many.state(), one.state());
    }
}

#[test]
fn a_saved_splitter_cuts_as_the_fitted_one() {
    let splitter = fitted();
    let json = serde_json::to_string(splitter.state()).unwrap();
    let again = Splitter::from_state(serde_json::from_str(&json).unwrap()).unwrap();
    assert_eq!(again.state(), splitter.state());
    for text in texts() {
        assert_eq!(again.tokens(&text), splitter.tokens(&text));
    }
}

#[test]
fn broken_states_and_options_are_refused() {
    let mut state = fitted().state().clone();
    state.version = 9;
    assert_eq!(Splitter::from_state(state).unwrap_err().code(), "splitter-version");
    let mut state = fitted().state().clone();
    state.stems.push(("abc".into(), -1.0));
    assert_eq!(Splitter::from_state(state).unwrap_err().code(), "splitter-stem");
    let mut state = fitted().state().clone();
    state.stems[0].1 = f32::NAN;
    assert_eq!(Splitter::from_state(state).unwrap_err().code(), "splitter-stem");
    assert_eq!(
        SplitterParams { rounds: 0, ..Default::default() }.check().unwrap_err().code(),
        "splitter-option"
    );
    assert_eq!(
        SplitterParams { min_support: f64::NAN, ..Default::default() }.check().unwrap_err().code(),
        "splitter-option"
    );
    let none = SplitterParams::default().check().unwrap().fit_texts(&["only Latin"], &Pool::new(1));
    assert_eq!(none.unwrap_err().code(), "no-hangul");
}
