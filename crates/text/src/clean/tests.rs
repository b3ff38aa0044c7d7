//! Each rule on what it is for and on what it must leave alone.

use super::*;

#[track_caller]
fn check(rule: &str, text: &str, want: &str) {
    assert_eq!(Cleaner::named(&[rule]).unwrap().clean(text), want, "{rule}: {text:?}");
}

#[test]
fn markup_goes_and_comparisons_stay() {
    check("html", "<p class='a>b'>One<br/>two</p><!-- no --> a < b, c > d", "\nOne\ntwo\n a < b, c > d");
    check("html", "x<SCRIPT src=a>if (a<b) alert('</p>')</script>y<style>p{}</style>z", "x y z");
    check("html", "<me@x.org> <unk> <3 <b", "<me@x.org> <unk> <3 <b");
    check("html", "<td>1</td><td>2</td><a href=\"x?a>b\">link</a><my-tag>t</my-tag>", " 1  2 linkt");
    check("html", "<!doctype html><?xml version='1'?><![CDATA[raw", "raw");
    check("html", "<script>never closed", " never closed");
    check("html", "<p <b>bold</b>", "<p bold");
}

#[test]
fn entities_become_characters_once() {
    check("entities", "&lt;b&gt; &amp;lt; &eacute;&#233;&#xE9; &hellip;", "<b> &lt; ééé …");
    check("entities", "AT&T; &nosuch; & &; &#; &#x; R&D", "AT&T; &nosuch; & &; &#; &#x; R&D");
    check("entities", "&#150;&#x80;&#0;&#xD800;&#99999999999;", "–€\u{fffd}\u{fffd}\u{fffd}");
    let both = Cleaner::named(&["entities", "html"]).unwrap();
    assert_eq!(both.clean("<i>&lt;b&gt;</i>"), "<b>");
}

/// The damaged halves are Python's `text.encode("utf-8").decode("cp1252")`.
#[test]
fn encodings_are_repaired_where_that_is_certain() {
    check("encoding-repair", "donâ€™t, cafÃ©, â€œquotedâ€\u{9d} 20Â°", "don’t, café, “quoted” 20°");
    check("encoding-repair", "ì•ˆë…•í•˜ì„¸ìš” ÐŸÑ€Ð¸Ð²ÐµÑ‚ ðŸ™‚", "안녕하세요 Привет 🙂");
    for sound in ["“CAFÉ” é”…", "IRMÃ” «À»", "naïve café, Ünïcödé", "안녕 Привет", "“Ö” É® Ø£"]
    {
        check("encoding-repair", sound, sound);
    }
}

#[test]
fn addresses_and_names_go() {
    check(
        "urls",
        "see http://x.y/z?a=1, (www.x.org). ftp://h/ 사이트http://k.kr에서 w: x",
        "see , ().  사이트에서 w: x",
    );
    check("emails", "to me.you@x.co.kr, @you a@b.", "to , @you a@b.");
    check("mentions", "@you hi @나_1! me@x.org", " hi ! me@x.org");
    check("hashtags", "#nlp is #일상, C# &#39; a#b", " is , C# &#39; a#b");
    let marked = Cleaner::new([Rule::Urls, Rule::Emails, Rule::Mentions, Rule::Numbers]).placeholders(true);
    assert_eq!(marked.clean("@a: http://x.y or b@c.de 3.5"), "<user>: <url> or <email> <number>");
}

#[test]
fn emoji_and_numbers_go_alone() {
    check("emoji", "a👨‍👩‍👧b👍🏽🇰🇷1️⃣ © ™ → 1 #", "ab © ™ → 1 #");
    check("numbers", "in 1999, -3.5 and 1,000 (10:30) mp3 3D 10월 a-1", "in ,  and  () mp3 3D 10월 a-");
}

#[test]
fn repeats_are_shortened_to_what_is_kept() {
    check(
        "repeats",
        "soooo cool ㅋㅋㅋㅋ ㅠㅠㅠ 하하하하!!!! ??.. .... 1000 www III",
        "soo cool ㅋㅋ ㅠㅠ 하하! ?.. ... 1000 www III",
    );
    let one = Cleaner::named(&["repeats"]).unwrap().keep(Keep { letters: 1, jamo: 1, marks: 2 }).unwrap();
    assert_eq!(one.clean("soo ㅋㅋ!!!"), "so ㅋ!!");
    let hangul = "ㅋㅋㅋㅋㅎㅎㅎ ㄷㄷㄷ 대박ㅠㅠㅠㅜㅜㅜ 네에에에~~~ \u{110f}\u{110f}\u{110f} \u{ffbb}\u{ffbb}\u{ffbb}";
    assert_eq!(one.clean(hangul), "ㅋㅎ ㄷ 대박ㅠㅜ 네에~~ \u{110f} \u{ffbb}");
    assert_eq!(
        Cleaner::default().keep(Keep { letters: 0, jamo: 1, marks: 1 }).unwrap_err().code(),
        "keep-none"
    );
}

#[test]
fn white_space_and_controls_are_evened_out() {
    check("whitespace", "  a\u{a0}\u{3000}b \r\n c\r\n\r\n\r\nd\t", "a b\nc\n\nd");
    check("controls", "\u{feff}a\0b\u{200b}c\td\ne\u{ad}f\u{7}\u{85}g", "abc\td\nef\ng");
    assert!(matches!(Cleaner::named(&["whitespace"]).unwrap().clean("a b\nc"), Cow::Borrowed(_)));
}

#[test]
fn order_of_names_does_not_matter() {
    let names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
    let mut turned = names.clone();
    turned.reverse();
    let (a, b) = (Cleaner::named(&names).unwrap(), Cleaner::named(&turned).unwrap());
    assert_eq!(a, b);
    let error = Cleaner::named(&["htm"]).unwrap_err().to_string();
    assert!(names.iter().all(|n| error.contains(n)), "{error}");
}

#[test]
fn reports_merged_in_order_are_one_report() {
    let texts = ["<b>one</b>", "plain", "two &amp; three!!!", "<i>x</i> <u>y</u>", "a &lt; b", "<p>"];
    let cleaner = Cleaner::named(&["html", "entities", "repeats"]).unwrap();
    let mut whole = cleaner.report(2);
    texts.iter().for_each(|t| drop(cleaner.clean_counted(t, &mut whole)));
    let mut merged = cleaner.report(2);
    for part in texts.chunks(2) {
        let mut report = cleaner.report(2);
        part.iter().for_each(|t| drop(cleaner.clean_counted(t, &mut report)));
        merged.merge(report);
    }
    assert_eq!(whole, merged);
    assert_eq!(whole.documents, 6);
    let html = &whole.rules[0];
    assert_eq!((html.documents, html.places, html.samples.len()), (3, 7, 2));
    assert_eq!(html.samples[0], Sample { before: "<b>one</b>".into(), after: "one</b>".into() });
}

#[test]
fn no_text_makes_a_rule_panic_or_lose_what_it_should_not_see() {
    let alphabet: Vec<char> =
        "<>&;#@/!-=\"' \n\tabpwWhttp:.1é가ㅋÃ©â€™í•œ👨\u{200d}🇰\u{fe0f}\u{20e3}\0\u{feff}".chars().collect();
    let all = Cleaner::new(RULES.iter().map(|(_, rule)| *rule));
    let mut state = 3u64;
    for round in 0..40_000 {
        let mut text = String::new();
        for _ in 0..round % 30 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            text.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        let mut report = all.report(3);
        assert_eq!(all.clean_counted(&text, &mut report), all.clean(&text));
        for rule in RULES.iter().map(|(_, rule)| *rule) {
            let mut edits = Vec::new();
            all.find(rule, &text, &mut edits);
            assert!(edits.windows(2).all(|e| e[0].place.end <= e[1].place.start), "{rule:?} {text:?}");
        }
    }
}
