//! `rescore`, accuracy of `rank`, and disks that are full, through the real binary.

use crate::common::{self, Place};
use serde_json::Value;

const TEXT: &str = "turn the pump off\nturn the pump on\nturn the light on\nopen the valve slowly\n밸브 를 천천히 열어라\n펌프 를 꺼라\n";
const LISTS: &str = "u1\tturn the plum off\t-10\nu1\tturn the pump off\t-11.5\nu1\tturn pump off\t-10.5\nu2\t펌프 를 거라\t-4\nu2\t펌프 를 꺼라\t-4.5\n";
const SAID: &str = "u1\tturn the pump off\nu2\t펌프 를 꺼라\n";

fn place() -> Place {
    let place = Place::new();
    place.write("text.txt", TEXT).write("n.tsv", LISTS).write("r.tsv", SAID);
    place.call(&["ngram", "text.txt", "-o", "m.bin", "--order", "3", "-q"]).ok();
    place
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn lists_are_put_in_order_by_both_scores() {
    let place = place();
    let args = ["rescore", "m.bin", "n.tsv", "--weight", "1.5", "--word-penalty", "-0.25", "--json"];
    let rows = lines(&place.call(&args).ok().out);
    assert_eq!(rows.len(), 2);
    let best = &rows[0]["ranked"][0];
    assert_eq!(
        (&rows[0]["id"], &best["text"], &best["place"]),
        (&"u1".into(), &"turn the pump off".into(), &2.into())
    );
    let of = |key: &str| best[key].as_f64().unwrap();
    assert!((of("score") - (of("acoustic") + 1.5 * of("language") - 0.25 * 4.0)).abs() < 1e-9);
    // The same probability as `score` says.
    let alone = place.fed(&["score", "m.bin", "-", "--json"], b"turn the pump off\n").ok().json();
    assert!((of("language") - alone["log10"].as_f64().unwrap() * std::f64::consts::LN_10).abs() < 1e-9);
    assert_eq!(rows[1]["ranked"][0]["text"], "펌프 를 꺼라");
    // Without a language model the first pass stands; costs turn the order around.
    let first = |more: &[&str]| {
        let args = [&["rescore", "m.bin", "n.tsv", "--weight", "0", "-k", "1"], more].concat();
        place.call(&args).ok().out
    };
    assert_eq!(first(&[]), "u1\t1\t-10.0000\tturn the plum off\nu2\t1\t-4.0000\t펌프 를 거라\n");
    assert_eq!(
        first(&["--cost"]),
        "u1\t1\t10.0000\tturn the plum off\nu2\t1\t4.0000\t펌프 를 거라\n"
            .replace("10.0000\tturn the plum off", "11.5000\tturn the pump off")
            .replace("4.0000\t펌프 를 거라", "4.5000\t펌프 를 꺼라")
    );
    assert!(first(&["--base", "10"]).starts_with("u1\t1\t-23.0259\t"));
    let out = place.fed(&["rescore", "m.bin", "-", "-k", "1"], LISTS.as_bytes()).ok().out;
    assert_eq!(out.lines().count(), 2);
}

#[test]
fn error_rates_are_counted_and_weights_are_tuned_and_kept() {
    let place = place();
    let args =
        ["rescore", "m.bin", "n.tsv", "--reference", "r.tsv", "--tune", "n.tsv", "--tune-reference", "r.tsv"];
    let json = place.call(&[&args[..], &["--json", "--save-weights", "w.json"]].concat()).ok();
    let rows = lines(&json.out);
    assert_eq!(rows.len(), 3);
    let summary = &rows[2]["summary"];
    let errors = |pass: &str, rate: &str| {
        let r = &summary["judged"][pass][rate];
        (
            r["substitutions"].as_u64().unwrap(),
            r["deletions"].as_u64().unwrap(),
            r["reference"].as_u64().unwrap(),
        )
    };
    // plum for pump, 거라 for 꺼라; by characters pl|um, p|ump and one syllable.
    assert_eq!(errors("first_pass", "wer"), (2, 0, 7));
    assert_eq!(errors("rescored", "wer"), (0, 0, 7));
    assert_eq!(errors("first_pass", "cer").2, 14 + 5);
    assert_eq!(summary["tuned"]["errors"], 0);
    assert_eq!(summary["judged"]["difference"]["wer"]["value"].as_f64(), Some(-2.0 / 7.0));
    let text = place.call(&args).ok().out;
    assert!(text.contains("first pass WER  28.57 %") && text.contains("rescored   WER   0.00 %"), "{text}");
    // The kept weights give the same order; the number of threads changes nothing.
    let plain = ["rescore", "m.bin", "n.tsv", "--json"];
    let kept = place.call(&[&plain[..], &["--weights", "w.json"]].concat()).ok();
    assert_eq!(lines(&kept.out)[..2], rows[..2]);
    for threads in ["1", "3"] {
        let again = place.call(&[&args[..], &["--json", "--threads", threads]].concat()).ok();
        assert_eq!(again.out, json.out);
    }
}

#[test]
fn what_cannot_be_rescored_is_said_with_its_line() {
    let place = place();
    place.write("short.tsv", "u1\ta\t-1\nu1\tb\n").write("nan.tsv", "u1\ta\tnan\n").write("empty.tsv", "\n");
    place
        .write("again.tsv", "u1\ta\t-1\nu2\ta\t-1\nu1\ta\t-1\n")
        .write("one.tsv", "u1\ta\n")
        .write("w.json", "{}");
    place.write("three.tsv", format!("{SAID}u3\ta\n"));
    for (file, words) in [
        ("short.tsv", ["short.tsv, row 2", "2 fields of 3"]),
        ("nan.tsv", ["nan.tsv, row 1", "\"nan\""]),
        ("empty.tsv", ["empty.tsv", "no hypothesis"]),
        ("again.tsv", ["again.tsv, row 3", "line 1"]),
        ("missing.tsv", ["cannot read missing.tsv", "Next: "]),
    ] {
        place.call(&["rescore", "m.bin", file]).failed(&words);
    }
    place.call(&["rescore", "m.bin", "n.tsv", "--reference", "one.tsv"]).failed(&[
        "n.tsv, row 4",
        "\"u2\"",
        "one.tsv",
    ]);
    let all = place.call(&["rescore", "m.bin", "n.tsv", "--reference", "three.tsv"]);
    all.failed(&["three.tsv, row 3", "\"u3\""]);
    place.call(&["rescore", "m.bin", "n.tsv", "--weights", "w.json"]).failed(&["w.json", "weights"]);
    place.call(&["rescore", "m.bin", "n.tsv", "--weight=-1"]).failed(&["weight is -1"]);
    place.call(&["rescore", "m.bin", "n.tsv", "--tune", "n.tsv"]).misused(&["--tune-reference"]);
    place.call(&["rescore", "-", "-"]).misused(&["standard input"]);
    place
        .call(&["rescore", "m.bin", "n.tsv", "--save-weights", "no/such/w.json", "--json"])
        .failed(&["cannot write no/such/w.json"]);
}

#[test]
fn accuracy_of_rank_is_by_key_and_ties_are_no_answers() {
    let place = place();
    place.write("c.tsv", "order\tturn the pump on\tturn pump the on\norder\tlight the on turn\tturn the light on\nword\topen the valve slowly\topen the pump slowly\n");
    let found = place.call(&["rank", "m.bin", "c.tsv", "--accuracy", "--json"]).ok().json();
    assert_eq!((&found["accuracy"]["count"], &found["accuracy"]["right"]), (&3.into(), &2.into()));
    assert_eq!((&found["keys"][0]["key"], &found["keys"][0]["accuracy"]), (&"order".into(), &0.5.into()));
    assert_eq!(found["accuracy"]["chance"], 0.5);
    place.call(&["ngram", "text.txt", "-o", "one.bin", "--order", "1", "-q"]).ok();
    let found = place.call(&["rank", "one.bin", "c.tsv", "--accuracy", "--json"]).ok().json();
    assert_eq!((&found["keys"][0]["ties"], &found["keys"][0]["accuracy"]), (&2.into(), &0.5.into()));
    let text = place.call(&["rank", "m.bin", "c.tsv", "--accuracy"]).ok().out;
    assert!(text.starts_with("order   50.0 %  ["), "{text}");
    let rows = lines(&place.call(&["rank", "m.bin", "c.tsv", "--normalise", "--json"]).ok().out);
    let best = &rows[2]["ranked"][0];
    assert!((best["log10"].as_f64().unwrap() / 5.0 - best["log10_per_word"].as_f64().unwrap()).abs() < 1e-12);
    place.write("alone.tsv", "k\ta\tb\nk\ta\n").write("none.tsv", "\n");
    place.call(&["rank", "m.bin", "alone.tsv", "--accuracy"]).failed(&["alone.tsv, row 2", "1 candidate"]);
    place.call(&["rank", "m.bin", "none.tsv", "--accuracy"]).failed(&["none.tsv", "no set"]);
}

/// Files may not grow beyond some kilobytes, as on a disk that is full. The signal that would end the process is put
/// aside before it starts, so that writing fails instead.
#[cfg(unix)]
fn with_a_full_disk(place: &Place, args: &str) -> common::Called {
    let line = format!("trap '' XFSZ; ulimit -f 8; exec {} {args}", env!("CARGO_BIN_EXE_gyeol"));
    let done =
        std::process::Command::new("sh").args(["-c", &line]).current_dir(place.path()).output().expect("sh");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    common::Called { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}

#[cfg(unix)]
#[test]
fn a_full_disk_ends_counting_with_a_message_and_leaves_nothing() {
    let place = Place::new();
    // Two blocks of text, many words, few different n-grams.
    let mut text = String::new();
    for i in 0..260_000u32 {
        let digit = |at: u32| char::from(b'a' + (i.wrapping_mul(2_654_435_761) >> at) as u8 % 16);
        text.extend([
            digit(4),
            ' ',
            digit(9),
            ' ',
            digit(14),
            ' ',
            digit(19),
            ' ',
            'x',
            ' ',
            digit(24),
            ' ',
            digit(28),
            ' ',
        ]);
        text.push_str(if i % 2 == 0 { "가\n" } else { "나다\n" });
    }
    place.write("text.txt", &text);
    std::fs::create_dir(place.at("tmp")).unwrap();
    let before = place.listing();
    let words = text.split_whitespace().count() + text.lines().count();
    // Memory that holds the numbers of the words but not the sorted n-grams; then too little for the numbers too.
    for (memory, what) in [(words * 24, "sorting"), (words * 8, "reading")] {
        let fit = |more: &str| {
            format!("ngram text.txt -o m.bin --order 3 --memory {memory} --temporary tmp {more}")
        };
        with_a_full_disk(&place, &fit("")).failed(&[
            "cannot write temporary numbers in tmp",
            "free room",
            "Next: ",
        ]);
        assert_eq!(place.listing(), before, "{what}");
        place
            .call(&[
                "ngram",
                "text.txt",
                "-o",
                "m.bin",
                "--order",
                "3",
                "--memory",
                &memory.to_string(),
                "--temporary",
                "gone",
            ])
            .failed(&["cannot make a temporary file in gone", "Next: "]);
        assert_eq!(place.listing(), before, "{what}");
    }
    // Memory suffices, the model does not find room.
    with_a_full_disk(&place, "ngram text.txt -o m.bin --order 3 -q").failed(&["cannot write m.bin", "room"]);
    with_a_full_disk(&place, "ngram text.txt -o m.arpa --order 3 -q").failed(&["cannot write m.arpa"]);
    assert_eq!(place.listing(), before);
    // With room all is well, with the little memory too.
    let memory = (words * 24).to_string();
    place
        .call(&[
            "ngram",
            "text.txt",
            "-o",
            "m.bin",
            "--order",
            "3",
            "--memory",
            &memory,
            "--temporary",
            "tmp",
            "-q",
        ])
        .ok();
}
