//! The cases that textbooks ask for, and texts of any kind.

use super::*;

#[track_caller]
fn check(text: &str, want: &str) {
    let found = Word.tokens(text);
    assert_eq!(found, want.split('|').collect::<Vec<_>>(), "{text:?}");
}

#[test]
fn exceptions_of_the_textbooks_stay_whole() {
    check("Don't boo Jone's cat.", "Don't|boo|Jone's|cat|.");
    check(
        "The U.S.A. and a Ph.D. cost $45.55 on 01/02/06.",
        "The|U.S.A.|and|a|Ph.D.|cost|$45.55|on|01/02/06|.",
    );
    check(
        "See http://x.y, state-of-the-art, 3.14 and 1,000!",
        "See|http://x.y|,|state-of-the-art|,|3.14|and|1,000|!",
    );
    check("AT&T's R&D: e-mail me@x.co.uk #nlp @someone", "AT&T's|R&D|:|e-mail|me@x.co.uk|#nlp|@someone");
    check("Mr. Lee, e.g., left at 10:30 a.m. (50%)", "Mr.|Lee|,|e.g.|,|left|at|10:30|a.m.|(|50%|)");
}

#[test]
fn emoticons_and_emoji_are_single_tokens() {
    check("great :-) ;) :D :'( <3 xD", "great|:-)|;)|:D|:'(|<3|xD");
    check("ㅠㅠ ^^ ^_^ T_T -_-; >_< ㅠ_ㅠ o_O", "ㅠㅠ|^^|^_^|T_T|-_-;|>_<|ㅠ_ㅠ|o_O");
    check("좋아요:) 재밌어ㅋㅋㅋㅠㅠ!!", "좋아요|:)|재밌어|ㅋㅋㅋ|ㅠㅠ|!!");
    check("가족👨‍👩‍👧‍👦👍🏽🇰🇷1️⃣ 끝", "가족|👨‍👩‍👧‍👦|👍🏽|🇰🇷|1️⃣|끝");
}

#[test]
fn brackets_and_formulas_are_not_faces() {
    check("(see below:) f(x)=(a) [1] a:b", "(|see|below|:)|f|(|x|)|=|(|a|)|[|1|]|a|:|b");
    check("x=3; y<3 8) and", "x|=|3|;|y|<3|8|)|and");
    check("list: (one) path:/usr", "list|:|(|one|)|path|:|/|usr");
}

#[test]
fn marks_join_only_what_they_join() {
    check("end.Start 했다.그리고 main.rs v1.2.3", "end|.|Start|했다|.|그리고|main.rs|v1.2.3");
    check("1,2,3 12,345.67 1,00 -5 3-5 +82-10", "1|,|2|,|3|12,345.67|1|,|00|-5|3-5|+82-10");
    check("and/or 'quoted' the '90s 'tis rock'n'roll", "and|/|or|'|quoted|'|the|'90s|'tis|rock'n'roll");
    check("C++ C# d**n wait... no -- yes—so", "C++|C#|d**n|wait|...|no|--|yes|—|so");
    check("Plan B. J. Smith said No. 5, no.", "Plan|B.|J.|Smith|said|No.|5|,|no|.");
    check("(http://x.y/a_(b)) www.x.kr에서 a@b", "(|http://x.y/a_(b)|)|www.x.kr|에서|a|@|b");
}

#[test]
fn korean_is_cut_at_blanks_and_marks() {
    check("나는 \"집\"에 간다(정말).", "나는|\"|집|\"|에|간다|(|정말|)|.");
    check("10월 3일, 3,000원을 냈다…", "10월|3일|,|3,000원을|냈다|…");
}

/// Nothing but white space is lost, on texts of any characters.
#[test]
fn tokens_lie_in_order_and_cover_all_but_white_space() {
    let alphabet: Vec<char> =
        "aB1 \n.,'’-@#:/\\()<>[]=_^;*&%$+\"ㅋㅠ가나é\u{301}\u{200d}👨👩🇰🇷🏽\u{fe0f}\u{20e3}…。³T8oxD\u{3000}"
            .chars()
            .collect();
    let mut state = 1u64;
    for round in 0..60_000 {
        let mut text = String::new();
        for _ in 0..round % 24 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            text.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        let mut at = 0;
        Word.spans(&text, &mut |span, token| {
            let span = span.expect("a piece of the text");
            assert!(span.start >= at && !token.is_empty(), "{text:?}");
            assert!(text[at..span.start].chars().all(is_space), "{text:?} lost {:?}", &text[at..span.start]);
            assert!(!token.contains(is_space), "{text:?}: {token:?}");
            at = span.end;
        });
        assert!(text[at..].chars().all(is_space), "{text:?} lost {:?}", &text[at..]);
    }
}
