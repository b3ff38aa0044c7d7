//! Unlucky machines and hostile files: standard error that nobody reads, outputs that are no files, folders that two runs
//! want, files that unpack to enormous ones, peers that never stop.

#![cfg(unix)]

use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Place, hourly, reading, recipe, signal, stamp, with_load};

const CHEAP: &str = "[data]\nfile = \"load.csv\"\n[forecast]\nlook_back = 48\nhorizon = 12\n\
    [[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"linear\"\n";

fn shell(place: &Place, script: &str) -> (Option<i32>, String, String) {
    let gyeol = env!("CARGO_BIN_EXE_gyeol");
    let done = Command::new("sh")
        .args(["-c", &script.replace("gyeol ", &format!("'{gyeol}' "))])
        .current_dir(place.path())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn work_goes_on_where_nobody_reads_standard_error() {
    let place = with_load();
    place.write("r.toml", CHEAP);
    for (out, tail) in [("full", "2>/dev/full"), ("shut", "2>&-"), ("gone", "2>&1 >/dev/null | true")] {
        let (code, said, _) = shell(&place, &format!("gyeol run r.toml --out {out} {tail}"));
        assert_eq!(code, Some(0), "{out}: {said}");
        // The shell of a pipe may be back before the command is.
        let begun = Instant::now();
        while !place.at(&format!("{out}/model.gyeol")).exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{out} left no model");
            std::thread::sleep(Duration::from_millis(20));
        }
        // And a failure is a failure.
        let (code, ..) =
            shell(&place, &format!("gyeol run nothing.toml --out {out}-not {}", tail.replace("| true", "")));
        assert_eq!(code, Some(1), "{out}");
    }
    // A closed standard output is the end that the reader wished; a full one is not.
    let (_, first, _) = shell(&place, "gyeol inspect load.csv | head -n 1");
    assert!(!first.is_empty());
    let (code, ..) = shell(&place, "gyeol inspect load.csv >/dev/full");
    assert_eq!(code, Some(1));
}

#[test]
fn outputs_that_are_no_files_are_written_into() {
    let place = with_load();
    let plain = place.call(&["clean", "load.csv", "-o", "-", "-q"]).ok().out;
    let (code, out, said) = shell(&place, "gyeol clean load.csv -o /dev/stdout -q | cat");
    assert_eq!((code, out.as_str()), (Some(0), plain.as_str()), "{said}");
    let (_, out, _) = shell(
        &place,
        "echo before > all.csv; gyeol clean load.csv -o /dev/stdout -q >> all.csv; cat all.csv",
    );
    assert_eq!(out, format!("before\n{plain}"));
    let (code, out, said) = shell(
        &place,
        "mkfifo pipe; cat pipe > got.csv & gyeol clean load.csv -o pipe -q; wait; test -p pipe && cat got.csv",
    );
    assert_eq!((code, out.as_str()), (Some(0), plain.as_str()), "{said}");
    let (code, ..) = shell(&place, "gyeol clean load.csv -o /dev/null -q && test -c /dev/null");
    assert_eq!(code, Some(0));
    let (code, ..) = shell(&place, "gyeol clean load.csv -o /dev/full -q");
    assert_eq!(code, Some(1));
    // A model that is made by going back in its file.
    place.write("t.txt", "the boat left\nthe boats stay\n".repeat(40));
    let (code, _, said) = shell(
        &place,
        "gyeol ngram t.txt --order 2 --smoothing witten-bell -o m.ngram -q && gyeol ngram t.txt --order 2 --smoothing witten-bell -o /dev/stdout -q > n.ngram && cmp m.ngram n.ngram",
    );
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn links_are_followed_and_modes_stay() {
    let place = with_load();
    place.write("kept.csv", "old");
    std::fs::set_permissions(place.at("kept.csv"), std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink("kept.csv", place.at("link.csv")).unwrap();
    place.call(&["clean", "load.csv", "-o", "link.csv", "-q"]).ok();
    assert!(std::fs::symlink_metadata(place.at("link.csv")).unwrap().is_symlink());
    assert!(place.read("kept.csv").len() > 100);
    assert_eq!(std::fs::metadata(place.at("kept.csv")).unwrap().permissions().mode() & 0o777, 0o600);
    // A link to the input is the input.
    symlink("load.csv", place.at("same.csv")).unwrap();
    place.call(&["clean", "load.csv", "-o", "same.csv"]).misused(&["read by this command"]);
}

#[test]
fn two_runs_do_not_share_a_folder_and_nothing_stays_of_a_killed_one() {
    let place = with_load();
    place.write("r.toml", recipe().replace("epochs = 2", "epochs = 40").replace("hidden = 8", "hidden = 24"));
    let mut first = place.spawn(&["run", "r.toml", "--out", "out", "-q"]);
    let begun = Instant::now();
    while !place.at("out/rungs/lstm.0.state").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60) && first.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    place
        .call(&["run", "r.toml", "--out", "out"])
        .failed(&["folder-in-use", "process"].map(|_| "is writing into this folder"));
    place.call(&["run", "r.toml", "--out", "out", "--resume"]).failed(&["two runs with one --out"]);
    first.kill().unwrap();
    first.wait().unwrap();
    place.write("out/rungs/.lstm.gyeol.99-0.part", "half").write("out/.report.html.99-0.part", "half");
    // Killed later it would have left its page without its scores.
    place.write("out/report.html", "page");
    // A state that was damaged says what to do, and leaves everything as it is.
    let state = place.read("out/rungs/lstm.0.state");
    let mut damaged = state.clone();
    let at = damaged.len() - 5;
    damaged[at] ^= 0x40;
    place.write("out/rungs/lstm.0.state", &damaged);
    place.call(&["run", "r.toml", "--out", "out", "--resume"]).failed(&[
        "lstm.0.state",
        "Next: remove",
        "without --resume",
    ]);
    place.write("out/rungs/lstm.0.state", &state);
    place.call(&["run", "r.toml", "--out", "out", "--resume", "-q"]).ok();
    let left: Vec<_> = place.listing().into_iter().filter(|path| path.starts_with("out")).collect();
    for path in &left {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!name.starts_with('.') && !name.ends_with(".state"), "{left:?}");
    }
}

#[test]
fn two_equal_runs_leave_the_same_bytes_in_every_model() {
    let place = with_load();
    for out in ["one", "two"] {
        place.call(&["run", "r.toml", "--out", out, "-q"]).ok();
    }
    let models: Vec<_> = place
        .listing()
        .into_iter()
        .filter(|p| p.starts_with("one") && p.extension().is_some_and(|e| e == "gyeol"))
        .collect();
    assert_eq!(models.len(), 5);
    for model in models {
        let name = model.strip_prefix("one").unwrap();
        let of = |out: &str| place.read(&format!("{out}/{}", name.display()));
        assert!(of("one") == of("two"), "{}", name.display());
    }
    // The measures are in the scores all the same, and stay when a run goes on.
    let before = place.json("one/scores.json");
    place.call(&["run", "r.toml", "--out", "one", "--resume", "-q"]).ok();
    let after = place.json("one/scores.json");
    assert!(before["rungs"][3]["fit_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(before["rungs"][3]["fit_seconds"], after["rungs"][3]["fit_seconds"]);
}

/// A column of one word of 40,000 letters in 60,000 rows, by the Parquet writer of the command itself: some kilobytes.
fn bomb(place: &Place) {
    let word = "x".repeat(40_000);
    let rows: String =
        (0..2_000).map(|i| format!("{},{},{word}\n", stamp(i * 60), reading(i as f64, 1))).collect();
    place.write("wide.csv", format!("time,load,word\n{rows}"));
    place.call(&["clean", "wide.csv", "-o", "bomb.parquet", "-q"]).ok();
}

#[test]
fn files_that_would_grow_are_refused_within_a_limit_of_memory() {
    let place = with_load();
    bomb(&place);
    assert!(place.at("bomb.parquet").exists() && place.read("bomb.parquet").len() < 1 << 20);
    // 80 MB of words from some kilobytes do not fit where 300 MB are all that the process may take.
    let (code, out, said) = shell(&place, "ulimit -v 300000; gyeol inspect bomb.parquet --threads 1");
    assert_eq!(code, Some(1), "{out}{said}");
    assert!(said.contains("Next: ") && !said.contains("memory allocation"), "{said}");
}

/// A server under a limit of memory, asked by bodies that would grow, goes on to answer.
#[test]
fn a_server_under_a_limit_of_memory_lives_through_bodies_that_would_grow() {
    let place = with_load();
    place.write("r.toml", CHEAP);
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    bomb(&place);
    let limit = format!(
        "ulimit -v 1500000; exec '{}' serve out/model.gyeol --addr 127.0.0.1:0",
        env!("CARGO_BIN_EXE_gyeol")
    );
    let mut server = Command::new("sh")
        .args(["-c", &limit])
        .current_dir(place.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = Vec::new();
    let mut error = server.stderr.take().unwrap();
    while !told.ends_with(b"\n") {
        let mut byte = [0];
        assert_eq!(error.read(&mut byte).unwrap(), 1, "it ended");
        told.push(byte[0]);
    }
    let told = String::from_utf8(told).unwrap();
    let address = told.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:").map(str::to_owned));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let ask = |kind: &str, body: &[u8]| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let names: String = (0..1000).map(|i| format!("\"c{i}\":1,")).collect();
    let rows = format!("{{\"readings\":[{{{}}}{}]}}", names.trim_end_matches(','), ",{}".repeat(2_790_000));
    let ones = format!("time,load\n{}", "1,1\n".repeat(2_000_000));
    let commas = format!("time,load\n{}", format!("{}\n", ",".repeat(99)).repeat(80_000));
    for (kind, body) in [
        ("application/octet-stream", place.read("bomb.parquet")),
        ("application/json", rows.into_bytes()),
        ("text/csv", ones.into_bytes()),
        ("text/csv", commas.into_bytes()),
    ] {
        let before = resident();
        let answer = ask(kind, &body);
        assert!(answer.starts_with("HTTP/1.1 4") && answer.contains("Next: "), "{answer}");
        let allowed = 20 * body.len() as u64 / 1024 + (64 << 10);
        assert!(
            resident() <= before + allowed,
            "{} to {} KiB for {} bytes of {kind}",
            before,
            resident(),
            body.len()
        );
    }
    let good = ask("text/csv", hourly(96).as_bytes());
    assert!(good.starts_with("HTTP/1.1 200"), "{good}");
    signal(&server, "TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[test]
fn a_damaged_tokenizer_is_refused_by_its_field() {
    let place = Place::new();
    place.write("t.txt", "the boat left the harbour\nthe boats stay in the harbour\n".repeat(20));
    place.call(&["vocab", "t.txt", "--subword", "bpe", "--size", "60", "-o", "tokenizer.json", "-q"]).ok();
    let tokenize = |name: &str| place.call(&["tokenize", "t.txt", "--scheme", &format!("subword:{name}")]);
    tokenize("tokenizer.json").ok();
    let sound = String::from_utf8(place.read("tokenizer.json")).unwrap();
    let at = sound.find("\"decoder\"").unwrap();
    place.write(
        "damaged.json",
        format!("{}{}", &sound[..at], sound[at..].replacen("Metaspace", "Metospace", 1)),
    );
    tokenize("damaged.json").failed(&["damaged.json", "\"decoder\"", "Next: "]);
    tokenize("nowhere.json").failed(&["nowhere.json", "Next: "]);
}

#[test]
fn names_that_are_not_utf8_are_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = with_load();
    let odd = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    std::fs::rename(place.at("load.csv"), place.path().join(odd(b"l\xf6ad.csv"))).unwrap();
    let mut command = place.command(&["clean"]);
    command.arg(odd(b"l\xf6ad.csv")).arg(odd(b"--output=cle\xe4n.csv")).env("TMPDIR", place.path());
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.contains("l\\xf6ad.csv") && said.contains("l_ad.csv"), "{said}");
    assert!(place.path().join(odd(b"cle\xe4n.csv")).is_file());
    place.write("r.toml", CHEAP);
    let mut command = place.command(&["run", "r.toml", "-q", "--data"]);
    command.arg(odd(b"l\xf6ad.csv")).arg("--out").arg(odd(b"\xfcber")).env("TMPDIR", place.path());
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(place.path().join(odd(b"\xfcber")).join("model.gyeol").is_file());
    assert!(
        place.listing().iter().all(|path| !path.to_string_lossy().starts_with("gyeol-names")),
        "a link was left"
    );
}
