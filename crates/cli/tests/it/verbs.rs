//! Every verb: what it prints, where, and with which exit code, as the command contract has it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::LazyLock;

use crate::common::{self, HOURS, Place, climbed, has, hourly, signal, with_load};

static CLIMBED: LazyLock<Place> = LazyLock::new(climbed);
const MODEL: &str = "out/model.gyeol";

#[test]
fn run_leaves_report_scores_model_and_every_rung() {
    let place = with_load();
    let said = place.call(&["run", "r.toml", "--out", "out"]).ok();
    for file in ["report.html", "scores.json", "model.gyeol", "rungs/last-value.gyeol", "rungs/lstm.gyeol"] {
        assert!(place.at("out").join(file).is_file(), "{file}");
    }
    assert!(said.out.contains("out/report.html") && said.out.contains("gyeol serve out/model.gyeol"));
    assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "escape codes in a pipe");
    assert_eq!(said.err.lines().filter(|l| l.contains("MAE")).count(), 4, "a line a rung: {}", said.err);
    assert!(!said.err.contains('\r'), "a bar where there is no terminal");
    let rungs = std::fs::read_dir(place.at("out/rungs")).unwrap();
    assert!(rungs.flatten().all(|e| e.path().extension().is_some_and(|e| e == "gyeol")), "a state was left");
}

#[test]
fn run_json_is_scores_json_and_nothing_else() {
    let place = with_load();
    let said = place.call(&["run", "r.toml", "--out", "out", "--json", "-q", "--seed", "7"]).ok();
    assert_eq!(said.err, "");
    let scores = said.json();
    assert_eq!(scores, place.json("out/scores.json"));
    has(
        &scores,
        &["task", "data", "split", "seed", "version", "metrics", "denominator", "rungs", "best", "pairs"],
    );
    has(&scores["data"], &["sha256", "rows"]);
    assert_eq!((&scores["seed"], &scores["data"]["rows"]), (&7.into(), &HOURS.into()));
    // The test part holds 15 % of the rows, a window from each of them but the last eleven.
    assert_eq!(scores["denominator"]["windows"], 144 - 11);
    let names: Vec<&str> =
        scores["rungs"].as_array().unwrap().iter().filter_map(|r| r["name"].as_str()).collect();
    assert_eq!(names, ["last-value", "seasonal-naive:week", "linear", "lstm"]);
    for rung in scores["rungs"].as_array().unwrap() {
        has(rung, &["name", "valid", "test", "parameters", "fit_seconds", "predict_us", "verdict"]);
        for metric in scores["metrics"].as_array().unwrap() {
            has(&rung["test"][metric.as_str().unwrap()], &["value", "low", "high"]);
            assert!(rung["valid"][metric.as_str().unwrap()].is_number());
        }
    }
    let best = scores["best"].as_str().unwrap();
    let mae = |name: &str| {
        let rungs = scores["rungs"].as_array().unwrap();
        rungs.iter().find(|r| r["name"] == name).unwrap()["valid"]["mae"].as_f64().unwrap()
    };
    assert!(names.iter().all(|n| mae(best) <= mae(n)), "the best is chosen on validation");
    assert_eq!(scores["pairs"].as_array().unwrap().len(), 6);
    for pair in scores["pairs"].as_array().unwrap() {
        has(pair, &["a", "b", "difference", "low", "high"]);
    }
}

#[test]
fn run_without_a_folder_never_takes_one_that_is_there() {
    let place = with_load();
    let runs: Vec<_> = (0..3).map(|_| place.spawn(&["run", "r.toml", "-q", "--threads", "1"])).collect();
    for run in runs {
        assert!(run.wait_with_output().unwrap().status.success());
    }
    let folders = std::fs::read_dir(place.path()).unwrap().flatten();
    let folders: Vec<_> = folders.filter(|e| e.file_name().to_string_lossy().starts_with("run-")).collect();
    assert_eq!(folders.len(), 3);
    assert!(folders.iter().all(|f| f.path().join("scores.json").is_file()));
}

#[test]
fn a_recipe_can_come_from_standard_input() {
    let place = with_load();
    place.fed(&["run", "-", "--out", "out", "-q"], &place.read("r.toml")).ok();
    assert!(place.at("out/scores.json").is_file());
}

#[test]
fn init_json_holds_the_recipe_that_init_writes() {
    let place = with_load();
    let said = place.call(&["init", "load.csv", "--json"]).ok();
    let recipe = said.json()["recipe"].as_str().unwrap().to_string();
    assert_eq!(place.call(&["init", "load.csv"]).ok().out, recipe);
    let said = place.call(&["init", "load.csv", "-o", "made.toml"]).ok();
    assert_eq!((said.out.as_str(), place.read("made.toml")), ("", recipe.clone().into_bytes()));
    assert!(said.err.contains("gyeol run made.toml"));
    assert_eq!(place.call(&["init", "load.csv", "-q", "-o", "made.toml"]).ok().err, "");
    let piped = place.fed(&["init", "-"], hourly(HOURS).as_bytes()).ok().out;
    assert_eq!(piped.replace("file = \"-\"", "file = \"load.csv\"").lines().count(), recipe.lines().count());
}

#[test]
fn init_keeps_what_was_said_about_reading_the_file() {
    let place = Place::new();
    let rows: Vec<String> = hourly(300).lines().skip(1).map(|l| l.replace(',', "|")).collect();
    place.write("odd.txt", format!("time|load|temperature\n{}\n", rows.join("\n")));
    let args =
        ["init", "odd.txt", "--delimiter", "|", "--zone", "Europe/Berlin", "--date-format", "%Y-%m-%d %H:%M"];
    let recipe = place.call(&args).ok().out;
    for line in ["delimiter = \"|\"", "zone = \"Europe/Berlin\"", "date_format = \"%Y-%m-%d %H:%M\""] {
        assert!(recipe.lines().any(|l| l == line), "{line}: {recipe}");
    }
}

#[test]
fn a_recipe_in_another_folder_still_finds_its_table() {
    let place = with_load();
    std::fs::create_dir(place.at("sub")).unwrap();
    place.call(&["init", "load.csv", "-o", "sub/made.toml"]).ok();
    let recipe = String::from_utf8(place.read("sub/made.toml")).unwrap();
    place.write(
        "sub/made.toml",
        format!("{}{}", recipe.replace("look_back = 168", "look_back = 48"), common::RUNGS),
    );
    let mut away = place.command(&["run", "made.toml", "--out", "out", "-q"]);
    assert!(away.current_dir(place.at("sub")).status().unwrap().success());
}

#[test]
fn inspect_says_what_the_table_holds() {
    let said = CLIMBED.call(&["inspect", "load.csv", "--json"]).ok();
    assert_eq!(said.err, "");
    let profile = said.json();
    has(&profile, &["rows", "columns", "warnings"]);
    assert_eq!(profile["rows"], HOURS);
    for column in profile["columns"].as_array().unwrap() {
        has(column, &["name", "type", "role", "nulls"]);
    }
    let said = CLIMBED.call(&["inspect", "load.csv"]).ok();
    assert!(said.out.contains("temperature") && !said.out.contains('\u{1b}'));
    assert!(CLIMBED.call(&["inspect", "r.toml"]).ok().out.contains("load"));
    let korean = CLIMBED.call(&["inspect", "load.csv", "--language", "ko"]).ok().out;
    assert!(korean.chars().any(|c| ('가'..='힣').contains(&c)));
    let page = CLIMBED.call(&["inspect", "load.csv", "--html", "-"]).ok().out;
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
    CLIMBED.call(&["inspect", "load.csv", "--html", "-", "--json"]).misused(&["standard output"]);
}

#[test]
fn clean_says_what_it_changed_and_writes_every_format() {
    let place = Place::new();
    let mut lines: Vec<String> = hourly(200).lines().map(str::to_string).collect();
    lines.swap(50, 60);
    lines.push(lines[20].clone());
    lines.remove(100);
    place.write("raw.csv", lines.join("\n"));
    let said = place.call(&["clean", "raw.csv", "-o", "clean.csv", "--json"]).ok();
    let change = said.json();
    has(&change, &["rows_in", "rows_out", "changes"]);
    assert_eq!((&change["rows_in"], &change["rows_out"]), (&200.into(), &200.into()));
    assert!(change["changes"].as_array().unwrap().len() >= 3, "{change}");
    for file in ["clean.parquet", "clean.arrow", "clean.csv.gz", "clean.csv.zst"] {
        let said = place.call(&["clean", "raw.csv", "-o", file]).ok();
        assert!(said.out.is_empty() && said.err.contains("200 rows in, 200 rows out"), "{said:?}");
        assert_eq!(place.call(&["inspect", file, "--json"]).ok().json()["rows"], 200);
    }
    let piped = place.fed(&["clean", "-", "-o", "-", "-q"], &place.read("raw.csv")).ok();
    assert_eq!((piped.out.as_bytes(), piped.err.as_str()), (&place.read("clean.csv")[..], ""));
    place.call(&["clean", "raw.csv", "-o", "-", "--json"]).misused(&["standard output"]);
    place.write("r.toml", "[data]\nfile = \"x\"\n[[clean]]\nop = \"sort\"\n");
    let said = place.call(&["clean", "raw.csv", "-o", "sorted.csv", "--recipe", "r.toml", "--json"]).ok();
    assert_eq!(said.json()["changes"].as_array().unwrap().len(), 1);
}

#[test]
fn train_fits_one_rung_and_leaves_one_file() {
    let place = with_load();
    let before = place.listing();
    let said = place.call(&["train", "r.toml", "--rung", "lstm", "-o", "m.gyeol", "--json", "-q"]).ok();
    let trained = said.json();
    assert_eq!(trained["epochs"].as_array().unwrap().len(), 2);
    for epoch in trained["epochs"].as_array().unwrap() {
        has(epoch, &["train_loss", "valid_loss", "seconds"]);
    }
    let new: Vec<_> = place.listing().difference(&before).cloned().collect();
    assert_eq!(new, [std::path::PathBuf::from("m.gyeol")]);
    let said = place.call(&["train", "r.toml", "--rung", "linear", "-o", "linear.gyeol"]).ok();
    assert!(said.out.contains("linear.gyeol"));
    place.fails(&["train", "r.toml", "--rung", "gru", "-o", "x.gyeol"], &["no rung 'gru'", "lstm"]);
    place.call(&["train", "r.toml", "-o", "-", "--json"]).misused(&["standard output"]);
}

#[test]
fn evaluate_gives_each_metric_with_its_count_and_interval() {
    let said = CLIMBED.call(&["evaluate", MODEL, "load.csv", "--json"]).ok();
    let result = said.json();
    has(&result, &["rung", "windows", "values", "metrics", "coverage"]);
    for metric in ["mae", "rmse", "mape", "smape", "mase", "mae_range", "mse"] {
        has(&result["metrics"][metric], &["value", "low", "high", "n"]);
    }
    let said = CLIMBED.call(&["evaluate", MODEL, "load.csv"]).ok();
    assert!(said.out.contains("MAE") && said.out.contains("RMSE"));
    let korean = CLIMBED.call(&["evaluate", MODEL, "load.csv", "--language", "ko"]).ok();
    assert_ne!(korean.out, said.out);
}

#[test]
fn predict_continues_the_table_with_an_interval() {
    let said = CLIMBED.call(&["predict", MODEL, "load.csv", "--json"]).ok();
    let rows = said.json()["rows"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 12);
    for row in &rows {
        has(row, &["time", "target", "value", "low", "high"]);
        let number = |key: &str| row[key].as_f64().unwrap();
        assert!(number("low") <= number("value") && number("value") <= number("high"), "{row}");
    }
    let table = CLIMBED.call(&["predict", MODEL, "load.csv"]).ok();
    assert_eq!((table.out.lines().count(), table.err.as_str()), (13, ""));
    assert_eq!(table.out.lines().next(), Some("time,target,value,low,high"));
    // Forty days after the first of January, at midnight.
    assert!(table.out.lines().nth(1).unwrap().starts_with("2023-02-10T00:00:00,load,"));
    let piped = CLIMBED.fed(&["predict", MODEL, "-"], hourly(HOURS).as_bytes()).ok();
    assert_eq!(piped.out, table.out);
    let model = CLIMBED.read(MODEL);
    assert_eq!(CLIMBED.fed(&["predict", "-", "load.csv"], &model).ok().out, table.out);
    assert_eq!(CLIMBED.call(&["predict", MODEL, "load.csv", "-o", "-"]).ok().out, table.out);
    let place = Place::new();
    let file = place.at("f.csv");
    let said = CLIMBED.call(&["predict", MODEL, "load.csv", "-o", file.to_str().unwrap()]).ok();
    assert_eq!((said.out.as_str(), place.read("f.csv")), ("", table.out.into_bytes()));
    CLIMBED.call(&["predict", MODEL, "load.csv", "-o", "-", "--json"]).misused(&["standard output"]);
    CLIMBED.call(&["predict", "-", "-"]).misused(&["standard input"]);
    CLIMBED.call(&["predict", MODEL, "load.csv", "--from", "2023-01-20"]).misused(&["--every-origin"]);
}

#[test]
fn every_origin_has_its_truth_beside_in_json_too() {
    let span = ["--every-origin", "--from", "2023-01-20", "--until", "2023-01-21"];
    let args = |more: &'static [&'static str]| [&["predict", MODEL, "load.csv"], &span[..], more].concat();
    // 24 rows hold 13 origins of 12 rows.
    let table = CLIMBED.call(&args(&[])).ok().out;
    assert_eq!(table.lines().next(), Some("origin,time,ahead,target,value,low,high,truth"));
    assert_eq!(table.lines().count(), 1 + 13 * 12);
    let json = CLIMBED.call(&args(&["--json"])).ok().json();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 13 * 12);
    has(&rows[0], &["origin", "time", "ahead", "target", "value", "low", "high", "truth"]);
}

#[test]
fn show_says_what_the_bundle_holds() {
    let said = CLIMBED.call(&["show", "out/rungs/lstm.gyeol", "--json"]).ok();
    let summary = said.json();
    has(&summary, &["kind", "rung", "parameters", "data", "scores"]);
    let text = CLIMBED.call(&["show", "out/rungs/lstm.gyeol"]).ok().out;
    assert!(text.contains("lstm") && text.contains("load.csv") && text.contains("parameters"), "{text}");
    let model = CLIMBED.read("out/rungs/lstm.gyeol");
    assert_eq!(CLIMBED.fed(&["show", "-"], &model).ok().out, text);
}

fn get(addr: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "{head} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn serve_answers_until_it_is_told_to_stop() {
    let mut server = CLIMBED.spawn(&["serve", MODEL, "--addr", "127.0.0.1:0"]);
    let mut err = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    let addr = line.split("http://").nth(1).and_then(|l| l.split('/').next()).unwrap().to_string();
    assert!(get(&addr, "GET /healthz").starts_with("HTTP/1.1 200"));
    assert!(get(&addr, "GET /openapi.json").contains("/v1/forecast"));
    assert!(get(&addr, "GET /").contains("<html"));
    CLIMBED.call(&["serve", MODEL, "--addr", &addr]).failed(&["cannot listen on", &addr, "Next:"]);
    signal(&server, "TERM");
    assert!(server.wait().unwrap().success());
    let mut out = String::new();
    server.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(out, "");
}

#[test]
fn wrong_usage_is_exit_2() {
    let place = Place::new();
    for args in [
        &["climb"][..],
        &[],
        &["run", "--threads", "many"],
        &["run", "--resume"],
        &["predict"],
        &["serve"],
        &["show", "m.gyeol", "--language", "xx"],
        &["inspect", "a.csv", "--delimiter", "--"],
        &["man", "climb"],
    ] {
        assert_eq!(place.call(args).code, Some(2), "{args:?}");
    }
    place.call(&["run", "--language", "xx"]).misused(&["xx", "en", "ko"]);
    assert!(place.listing().is_empty());
}

#[test]
fn help_man_page_and_completions_know_every_verb() {
    let place = Place::new();
    let help = place.call(&["--help"]).ok().out;
    let man = place.call(&["man"]).ok().out;
    let completions = place.call(&["completions", "bash"]).ok().out;
    for verb in ["run", "init", "inspect", "clean", "train", "evaluate", "predict", "show", "serve"] {
        assert!(help.contains(verb) && man.contains(verb) && completions.contains(verb), "{verb}");
        assert!(place.call(&[verb, "--help"]).ok().out.contains("Usage:"), "{verb}");
        assert!(place.call(&["man", verb]).ok().out.contains(verb), "{verb}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for args in [&["predict", MODEL, "load.csv", "--every-origin"][..], &["init", "load.csv"], &["man"]] {
        let mut command = CLIMBED.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The reading end is gone before the first byte is written.
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success() && err.is_empty(), "{args:?}: {:?} {err}", ended.status);
    }
}

#[test]
fn no_colour_in_a_pipe_whatever_the_environment_says() {
    for (key, value) in [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "xterm-256color")] {
        let mut command = CLIMBED.command(&["inspect", "load.csv"]);
        let output = command.env(key, value).output().unwrap();
        assert!(output.status.success());
        assert!(!output.stdout.contains(&0x1b), "{key}");
    }
}
