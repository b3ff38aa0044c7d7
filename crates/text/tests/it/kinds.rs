//! Files as people have them: each is one of a kind, with the texts and labels that it holds.

use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::corpus::{Corpus, CorpusOptions, Format, Invalid, Labels, Look};
use gyeol_text::prepare::PreparationParams;

type Read = Vec<(String, Option<String>, u64)>;

fn open(name: &str, bytes: &[u8], options: CorpusOptions) -> (tempfile::TempDir, Corpus) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let corpus = Corpus::open(&path.display().to_string(), options).unwrap();
    (folder, corpus)
}

/// Texts with label and row, and what was said.
fn read(name: &str, bytes: &[u8], options: CorpusOptions) -> gyeol_text::Result<(Read, Vec<String>)> {
    let (_folder, corpus) = open(name, bytes, options);
    let mut all = Vec::new();
    corpus.each(|d| {
        all.push((d.text.to_owned(), d.label.map(str::to_owned), d.line));
        Ok(())
    })?;
    Ok((all, corpus.notes()))
}

fn default() -> CorpusOptions {
    CorpusOptions::default()
}

/// Rows of text, tab, label, and no header.
fn headerless() -> String {
    let labels = ["none", "hate", "offensive"];
    (0..12).map(|i| format!("the old clock number {i} repairs an empty house\t{}\n", labels[i % 3])).collect()
}

#[test]
fn tables_of_texts_are_known_whatever_their_name() {
    let tabs = headerless();
    for (name, bytes, first, label, rows, row) in [
        ("a.txt", tabs.as_str(), "the old clock number 0 repairs an empty house", Some("none"), 12, 1),
        ("a.tsv", &tabs, "the old clock number 0 repairs an empty house", Some("none"), 12, 1),
        // The label first, as in a well-known collection of messages.
        (
            "sms",
            "ham\tGo until jurong point, crazy\nspam\tFree entry in 2 a wkly comp\nham\tU dun say so early hor\nham\tNah I don't think so\n",
            "Go until jurong point, crazy",
            Some("ham"),
            4,
            1,
        ),
        (
            "b.csv",
            "1,first text here with words,pos\n2,second text over there,neg\n3,third text again,pos\n",
            "first text here with words",
            Some("pos"),
            3,
            1,
        ),
        (
            "c.csv",
            "3,Wall St. Bears Claw Back,Short-sellers are seeing green again this week.\n4,Oil prices soar,Prices rise on all markets today.\n3,Stocks end up,But near the lows of the whole year.\n4,Money funds fell,Assets fell in the latest week by some.\n",
            "Short-sellers are seeing green again this week.",
            Some("3"),
            4,
            1,
        ),
        (
            "d.txt",
            "id\tdocument\tlabel\n9976970\t아 더빙.. 진짜 짜증나네요 목소리\t0\n3819312\t흠...포스터보고 초딩영화줄\t1\n",
            "아 더빙.. 진짜 짜증나네요 목소리",
            Some("0"),
            2,
            2,
        ),
        (
            "e.txt",
            "text,label\nthis film was lovely and warm,none\nan awful thing to say to people,hate\nquite fine really,none\n",
            "this film was lovely and warm",
            Some("none"),
            3,
            2,
        ),
        (
            "f.txt",
            "1\tsome words of a text\n2\tother words of a text\n3\tmore words of a text\n",
            "some words of a text",
            None,
            3,
            1,
        ),
        (
            "g.csv",
            "id,text,label\n1,\"He said \"\"go\"\", then left\",pos\n3,plain,pos\n",
            "He said \"go\", then left",
            Some("pos"),
            2,
            2,
        ),
        // A header of questions over numbers and long answers.
        (
            "h.csv",
            "How old are you?,What did you like most of all here?\n31,the friendly people at the desk\n45,that the rooms were so very clean\n",
            "the friendly people at the desk",
            None,
            2,
            2,
        ),
    ] {
        let (read, notes) = read(name, bytes.as_bytes(), default()).unwrap();
        assert_eq!(read.len(), rows, "{name}: {read:?}");
        assert_eq!((read[0].0.as_str(), read[0].1.as_deref(), read[0].2), (first, label, row), "{name}");
        assert!(notes.iter().any(|n| n.contains("text is column")), "{name}: {notes:?}");
        let (_f, corpus) = open(name, bytes.as_bytes(), default());
        assert_eq!(corpus.look().unwrap(), Look::Texts, "{name}");
    }
}

#[test]
fn plain_lines_stay_lines() {
    for text in [
        "first line\nsecond line\n",
        "the cat, the dog\na horse, a cow\nno bird, no fish\nthe cat, the dog\n",
        "I went home, again\nShe left early, again\nThey came by, too\nWe all slept, again\n",
        "one\ttwo\nthree\tfour\nfive\tsix\n",
        "how are you today\tcomment allez-vous aujourd'hui\nthe load fell again\tla charge a encore diminué\nit is cold outside\til fait froid dehors\n",
        "# A heading\n\nSome words, and more; and more.\n\n- an item\n",
        "= Title =\n , a line of tokens , split\n",
        "[a bracket] opens\n{a brace} too\n",
    ] {
        let (got, _) = read("a.txt", text.as_bytes(), default()).unwrap();
        let lines: Vec<&str> = got.iter().map(|d| d.0.as_str()).collect();
        assert_eq!(lines, text.lines().collect::<Vec<_>>());
        let (_f, corpus) = open("a.txt", text.as_bytes(), default());
        // Sentences beside each other are texts, and lines all the same.
        let look = if text.starts_with("how are you") { Look::Texts } else { Look::Plain };
        assert!(corpus.is_plain_lines().unwrap() && corpus.look().unwrap() == look, "{text}");
    }
    // Named, a kind of file is what it is called.
    let as_text = CorpusOptions { format: Some(Format::Text), ..default() };
    assert_eq!(read("a.txt", headerless().as_bytes(), as_text).unwrap().0[0].1, None);
    let (_, notes) = read("a.txt", b"one\ttwo\nthree\tfour\nfive\tsix\n", default()).unwrap();
    assert!(notes[0].contains("read as lines") && notes[0].contains("--format tsv"), "{notes:?}");
}

#[test]
fn the_header_can_be_named() {
    let csv = "1,first text here with words,pos\n2,second text over there,neg\n3,third text again,pos\n";
    let header = |header| CorpusOptions { header: Some(header), ..default() };
    assert_eq!(read("a.csv", csv.as_bytes(), header(true)).unwrap().0.len(), 2);
    let csv = "a,b\nc d,e f\n";
    assert_eq!(read("a.csv", csv.as_bytes(), header(false)).unwrap().0.len(), 2);
    assert_eq!(read("a.csv", csv.as_bytes(), default()).unwrap().0.len(), 1);
    let named = CorpusOptions { text: Some("2".into()), label: Some("1".into()), ..header(false) };
    assert_eq!(read("a.csv", csv.as_bytes(), named).unwrap().0[1], ("e f".into(), Some("c d".into()), 2));
}

#[test]
fn a_list_of_objects_is_read_element_by_element() {
    let list = "[{\"text\": \"one doc\", \"label\": \"a\"},\n {\"text\": \"two, \\\"docs\\\" ]\",\n  \"label\": \"b\"} , {\"text\":\"3\",\"more\":{\"x\":[1]}}]\n";
    for block_bytes in [1, 7, 64, 1 << 20] {
        let options = CorpusOptions { block_bytes, ..default() };
        let (got, notes) = read("a.json", list.as_bytes(), options).unwrap();
        let of: Vec<_> = got.iter().map(|d| (d.0.as_str(), d.1.as_deref(), d.2)).collect();
        assert_eq!(of, [("one doc", Some("a"), 1), ("two, \"docs\" ]", Some("b"), 2), ("3", None, 3)]);
        assert!(notes.iter().any(|n| n.contains("JSON list")), "{notes:?}");
    }
    assert_eq!(read("a.txt", list.as_bytes(), default()).unwrap().0.len(), 3);
    assert_eq!(read("a.json", b"[\"one\", \"two\"]", default()).unwrap().0[1].0, "two");
    let cut = read("a.json", b"[{\"text\": \"one\"},\n{\"text\": \"tw", default()).unwrap_err();
    assert_eq!(cut.code(), "broken-json");
    let readings = b"[{\"time\":\"2020-01-01T00:00\",\"load\":1},{\"time\":\"2020-01-01T01:00\",\"load\":2}]";
    assert_eq!(read("a.json", readings, default()).unwrap_err().code(), "no-text-column");
}

#[test]
fn nulls_and_missing_labels_are_named_by_their_row_and_left_out_on_request() {
    let lines = b"{\"text\": \"one\", \"label\": \"a\"}\n{\"text\": null, \"label\": \"b\"}\n{\"label\": \"a\"}\n{\"text\": \"last\"}\n";
    let error = read("d.jsonl", lines, default()).unwrap_err().to_string();
    assert!(error.contains("row 2") && error.contains("--skip-bad"), "{error}");
    let skip = CorpusOptions { skip_bad: true, ..default() };
    let (got, notes) = read("d.jsonl", lines, skip.clone()).unwrap();
    assert_eq!(got, [("one".into(), Some("a".into()), 1), ("last".into(), None, 4)]);
    assert!(notes.iter().any(|n| n.contains("2 rows left out") && n.contains("row 2")), "{notes:?}");
    assert!(notes.iter().any(|n| n.contains("1 row without a label") && n.contains("row 4")), "{notes:?}");
    let needed = CorpusOptions { labels: Labels::Needed, ..skip };
    assert_eq!(read("d.jsonl", lines, needed.clone()).unwrap().0.len(), 1);
    let strict = CorpusOptions { skip_bad: false, ..needed };
    for (name, bytes, row) in [
        ("e.jsonl", "{\"text\":\"x\",\"label\":\"a\"}\n{\"text\":\"y\"}\n", "row 2"),
        ("e.csv", "text,label\nx,a\ny,b\nz,\n", "row 4"),
    ] {
        let error = read(name, bytes.as_bytes(), strict.clone()).unwrap_err().to_string();
        assert!(error.contains(row) && error.contains("no label"), "{error}");
    }
    // A verb that looks at no labels asks for none.
    let ignored = CorpusOptions { labels: Labels::Ignored, ..default() };
    let lines = b"{\"text\":\"one two three\"}\n{\"label\":\"a\"}\n";
    let error = read("m.jsonl", lines, ignored.clone()).unwrap_err().to_string();
    assert!(error.contains("row 2") && error.contains("no key 'text'"), "{error}");
    assert_eq!(read("m.jsonl", lines, CorpusOptions { skip_bad: true, ..ignored }).unwrap().0.len(), 1);
    // Rows with too many cells too.
    let skip = CorpusOptions { skip_bad: true, ..default() };
    assert_eq!(read("r.csv", b"id,text\n1,x y\n2,a,b\n3,z\n", skip).unwrap().0.len(), 2);
}

#[test]
fn halves_of_surrogate_pairs_and_stray_bytes_obey_invalid() {
    let replace = CorpusOptions { invalid: Invalid::Replace, ..default() };
    let lines = br#"{"text":"\uD83D\uDE00 smile \ud55c"}
{"text":"lone \ud800 half \\ud800 \udc00"}
"#;
    let error = read("e.jsonl", lines, default()).unwrap_err().to_string();
    assert!(error.contains("row 2") && error.contains("--invalid replace"), "{error}");
    let (got, _) = read("e.jsonl", lines, replace.clone()).unwrap();
    assert_eq!(got[0].0, "😀 smile 한");
    assert_eq!(got[1].0, "lone \u{fffd} half \\ud800 \u{fffd}");
    let stray = b"good line here\nbad \xff\xfe bytes\nanother good\n";
    let error = read("b.txt", stray, default()).unwrap_err();
    assert_eq!(error.code(), "undecodable-bytes");
    assert!(error.to_string().contains("row 2"), "{error}");
    assert_eq!(read("b.txt", stray, replace).unwrap().0[1].0, "bad \u{fffd}\u{fffd} bytes");
}

#[test]
fn a_quote_that_is_not_closed_is_named_by_its_row() {
    for csv in [
        "id,text\n1,fine\n2,\"never closed\n3,x\n4,y\n",
        // The next quote that opens a cell would close it.
        "id,text\n1,fine\n2,\"never closed\n3,x\n4,\"y\"\n5,z\n",
    ] {
        let error = read("a.csv", csv.as_bytes(), default()).unwrap_err();
        assert_eq!(error.code(), "unclosed-quote", "{error}");
        assert!(error.to_string().contains("row 3"), "{error}");
        for block_bytes in [8, 20] {
            let options = CorpusOptions { block_bytes, ..default() };
            assert_eq!(read("a.csv", csv.as_bytes(), options).unwrap_err().code(), "unclosed-quote");
        }
    }
    let open = read("b.csv", b"id,text\n1,\"ends in a quote\"", default()).unwrap().0;
    assert_eq!(open[0].0, "ends in a quote");
}

fn chain(language: &str, scheme: &str, texts: &str) -> gyeol_text::prepare::Preparation {
    let (_folder, corpus) = open("t.txt", texts.as_bytes(), default());
    let params = PreparationParams {
        language: language.into(),
        scheme: scheme.into(),
        ..PreparationParams::default()
    };
    params.check().unwrap().fit(&corpus, &Pool::new(1), |_| true).unwrap()
}

#[test]
fn hangul_is_composed_before_anything_is_made_of_it() {
    let composed = "나는 어제 학교에 갔다\n배우의 연기가 정말 좋았다\n오늘은 날씨가 좋다\n";
    let apart = gyeol_text::normalise::Form::Nfd.apply(composed).into_owned();
    assert_ne!(apart, composed);
    for scheme in ["auto", "korean-stems", "word", "whitespace", "scikit-learn", "character"] {
        let (one, other) = (chain("auto", scheme, composed), chain("auto", scheme, &apart));
        for (a, b) in composed.lines().zip(apart.lines()) {
            assert_eq!(one.tokens(a), other.tokens(b), "{scheme}");
            assert_eq!(one.tokens(a), one.tokens(b), "{scheme}");
        }
    }
}

#[test]
fn characters_that_are_never_seen_are_no_tokens() {
    let text = "soft\u{ad}ware \u{200b} and \u{feff} a\u{200b}b \u{ad}";
    for scheme in ["whitespace", "word", "unicode", "word-punct", "treebank", "word-tokenize"] {
        assert_eq!(chain("en", scheme, "x\n").tokens(text), ["software", "and", "ab"], "{scheme}");
    }
}

#[test]
fn carriage_returns_alone_end_lines_and_a_line_about_the_delimiter_is_no_row() {
    let (rows, notes) = read("mac.txt", b"one old clock\rtwo old clocks\r", default()).unwrap();
    let texts: Vec<&str> = rows.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!((texts, rows[1].2), (vec!["one old clock", "two old clocks"], 2));
    assert!(notes.concat().contains("carriage returns alone"), "{notes:?}");
    // One among line ends is white space.
    assert_eq!(read("mixed.txt", b"one\rtwo\nthree\n", default()).unwrap().0.len(), 2);
    let (rows, _) = read("mac.csv", b"text,label\rone old clock,a\rtwo old clocks,b\r", default()).unwrap();
    assert_eq!((rows[0].1.as_deref(), rows[1].0.as_str()), (Some("a"), "two old clocks"));

    let excel = b"sep=;\r\ntext;label\r\none old clock;a\r\ntwo, old clocks;b\r\n";
    let (rows, _) = read("excel.csv", excel, default()).unwrap();
    let want = [("one old clock", "a", 3), ("two, old clocks", "b", 4)];
    assert_eq!(rows, want.map(|(text, label, row)| (text.to_owned(), Some(label.to_owned()), row)));
    let bare = b"sep=|\none old clock stands here|a\ntwo old clocks stand here|b\n";
    assert_eq!(read("bare.csv", bare, default()).unwrap().0.len(), 2);
}

#[test]
fn lines_that_hold_more_than_a_text_are_said() {
    let mail = "From: a@b.example\nTo: c@d.example\nSubject: a clock\n\nIt stands in the house.\n";
    for (text, said) in [
        ("__label__a one old clock\n__label__b two old clocks\n", Some("__label__")),
        (mail, Some("mail")),
        (
            "1\n00:00:01,000 --> 00:00:02,000\nA clock.\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo.\n",
            Some("subtitles"),
        ),
        ("Subject: verb and object\nTo: a preposition\nThe clock stands.\n", None),
        ("a --> b\nThe clock stands.\n", None),
    ] {
        let notes = read("t.txt", text.as_bytes(), default()).unwrap().1.concat();
        assert_eq!(said.is_some(), !notes.is_empty(), "{text:?}: {notes}");
        assert!(notes.contains(said.unwrap_or_default()), "{notes}");
    }
}

#[test]
fn sentences_in_two_languages_beside_each_other_are_texts() {
    let pairs: String =
        (0..5).map(|i| format!("the old clock number {i} stands\t낡은 시계 {i} 번이 서 있다\n")).collect();
    let (_folder, corpus) = open("p.txt", pairs.as_bytes(), default());
    assert_eq!(corpus.look().unwrap(), Look::Texts);
    assert!(corpus.notes().concat().contains("2 cells by tabs"));
}
