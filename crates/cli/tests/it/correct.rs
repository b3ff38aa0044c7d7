//! Spelling in context, through the real binary.

use crate::common::Place;
use serde_json::Value;

const TEXT: &str = "we sat by the quiet harbour\nthe boat left the harbour\nthe boat was quite small\nit was quite late\n\
    동생이 선생님을 메롱 하고 놀렸다\n동생이 메론 을 먹었다\n아이가 학교로 달려갔다\n나무가 톱에 잘려갔다\n\
    강아지가 집으로 달려갔다\n";
const ERRORS: &str = "harbuor\tharbour\nquiett\tquiet\t3\nlfet\tleft\nsmal\tsmall\n";

fn place() -> Place {
    let place = Place::new();
    place.write("text.txt", TEXT).write("errors.tsv", ERRORS);
    place.call(&["ngram", "text.txt", "-o", "m.bin", "--order", "3", "-q"]).ok();
    place
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

#[test]
fn words_are_corrected_in_context_and_the_rest_is_kept() {
    let place = place();
    place.write(
        "in.txt",
        "By the quiett harbuor,  the boat!\n\nIt was qiute late (see www.example.org 3rd)\n",
    );
    let plain = place.call(&["correct", "m.bin", "in.txt", "--errors", "errors.tsv", "-q"]).ok();
    let expected = "By the quiet harbour,  the boat!\n\nIt was quite late (see www.example.org 3rd)\n";
    assert_eq!((plain.out.as_str(), plain.err.as_str()), (expected, ""));
    let json = place.call(&["correct", "m.bin", "in.txt", "--json", "--candidates", "3"]).ok();
    let lines = lines(&json.out);
    assert_eq!(lines.len(), 3);
    let change = &lines[0]["changes"][1];
    assert_eq!(
        (&change["position"], &change["from"], &change["to"]),
        (&14.into(), &"harbuor".into(), &"harbour".into())
    );
    assert!(change["log10_to"].as_f64() > change["log10_from"].as_f64());
    assert!(change["confidence"].as_f64().unwrap() > 0.5);
    assert_eq!(change["candidates"][0]["text"], "harbour");
    assert_eq!(lines[1]["corrected"], "");
    let listed = place.call(&["correct", "m.bin", "in.txt", "--candidates", "2"]).ok();
    assert!(listed.out.contains("\n  harbuor\tharbour\t"), "{}", listed.out);
}

#[test]
fn korean_is_corrected_by_keys() {
    let place = place();
    let fed = "동생이 메룬 을 먹었다\n아이가 학교로 달려갓다\n나무가 톱에 잘려갔따\n";
    let found = place.fed(&["correct", "m.bin", "-"], fed.as_bytes()).ok();
    assert_eq!(found.out, "동생이 메론 을 먹었다\n아이가 학교로 달려갔다\n나무가 톱에 잘려갔다\n");
    // Real words, one key apart, by the words beside them alone.
    let fed = "동생이 메롱 을 먹었다\n아이가 학교로 잘려갔다\n";
    place.write("more.txt", TEXT.repeat(30)).write("slips.tsv", "동\t돈\t5\n자\t다\t5\n");
    place.call(&["ngram", "more.txt", "-o", "more.bin", "--order", "3", "-q"]).ok();
    let doubting =
        ["correct", "more.bin", "-", "--real-words", "--typo-rate", "0.1", "--errors", "slips.tsv"];
    let found = place.fed(&doubting, fed.as_bytes()).ok();
    assert_eq!(found.out, "동생이 메론 을 먹었다\n아이가 학교로 달려갔다\n");
    let left = place.fed(&["correct", "m.bin", "-"], fed.as_bytes()).ok();
    assert_eq!(left.out, fed);
}

#[test]
fn a_table_of_counts_and_a_saved_error_model_do_the_same_on_any_number_of_threads() {
    let place = place();
    place.write("counts.tsv", "harbour\t40\nquiet\t30\nquite\t60\nleft\t90\nsmall\t80\nthe\t900\n");
    let text = "Teh quiett harbuor, lfet\nsmal\n".repeat(20_000);
    place.write("long.txt", &text);
    let learn =
        ["correct", "counts.tsv", "long.txt", "--errors", "errors.tsv", "--save-error-model", "e.json", "-q"];
    let first = place.call(&[&learn[..], &["--threads", "1"]].concat()).ok();
    assert!(first.out == "The quiet harbour, left\nsmall\n".repeat(20_000), "{}", &first.out[..200]);
    let again = ["correct", "counts.tsv", "long.txt", "--error-model", "e.json"];
    for threads in ["1", "2", "5"] {
        let found = place.call(&[&again[..], &["--threads", threads]].concat()).ok();
        assert!(found.out == first.out, "{threads} threads");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = place();
    place.write("empty.tsv", "").write("bare.tsv", "a\tb\nno tab\n").write("latin.tsv", b"caf\xe9\tcaf\n");
    place.write("old.json", "{\"format\":\"gyeol error model\",\"version\":99}");
    fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["correct", "m.bin", "text.txt"][..], more].concat()
    }
    place.fails(&with(&["--errors", "empty.tsv"]), &["empty.tsv", "no pair", "Next: "]);
    place.fails(&with(&["--errors", "bare.tsv"]), &["bare.tsv, row 2", "no tab", "Next: "]);
    place.fails(&with(&["--errors", "latin.tsv"]), &["latin.tsv, row 1", "UTF-8"]);
    place.fails(&with(&["--error-model", "old.json"]), &["old.json", "version 99", "Next: "]);
    place.fails(&with(&["--error-model", "text.txt"]), &["text.txt", "no error model"]);
    place.fails(&with(&["--typo-rate", "NaN"]), &["NaN", "above 0"]);
    place.fails(&with(&["--max-distance", "4"]), &["distance is 4"]);
    place.fails(&["correct", "missing.bin", "text.txt"], &["cannot read missing.bin"]);
    place.call(&["correct", "-", "-"]).misused(&["standard input"]);
    place.write("bad.txt", b"fine\nnot \xff\xc3 fine \x00\n");
    place.call(&["correct", "m.bin", "bad.txt"]).failed(&["bad.txt", "Next: "]);
}
