//! Bad input: a message that says what, where and what next, exit code 1, nothing half written.

use std::net::TcpListener;
use std::sync::LazyLock;

use crate::common::{self, FORECAST, HOURS, Place, RUNGS, climbed, hourly, reading, recipe, stamp};

static CLIMBED: LazyLock<Place> = LazyLock::new(climbed);
const MODEL: &str = "out/model.gyeol";

/// `run`, on the table as it is and by a recipe that cleans nothing, must fail with these words.
fn run_fails(table: impl AsRef<[u8]>, words: &[&str]) {
    let place = Place::new();
    place.write("load.csv", table).write("r.toml", recipe());
    place.fails(&["run", "r.toml", "--out", "out"], words);
    place.fails(&["train", "r.toml", "-o", "m.gyeol"], words);
}

/// The table with one line replaced; line 1 is the header.
fn with_line(number: usize, line: &str) -> String {
    let table = hourly(HOURS);
    let lines = table.lines().enumerate().map(|(i, old)| if i + 1 == number { line } else { old });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_file_is_refused_by_every_verb() {
    run_fails("", &["load.csv", "empty"]);
    let place = Place::new();
    place.write("empty.csv", "");
    for args in [
        &["init", "empty.csv", "-o", "r.toml"][..],
        &["inspect", "empty.csv", "--html", "page.html"],
        &["clean", "empty.csv", "-o", "c.csv"],
        &["run", "empty.csv", "--out", "out"],
    ] {
        place.fails(args, &["empty.csv", "empty", "Next:"]);
    }
    CLIMBED.call(&["predict", MODEL, "-"]).failed(&["empty"]);
}

#[test]
fn a_header_alone_is_refused() {
    run_fails("time,load,temperature\n", &["load.csv", "no rows", "Next:"]);
    let place = Place::new();
    place.write("head.csv", "time,load\n");
    place.fails(&["run", "head.csv", "--out", "out"], &["head.csv", "Next:"]);
    place.fails(&["init", "head.csv", "-o", "r.toml"], &["head.csv", "Next:"]);
}

#[test]
fn a_ragged_row_is_named_by_its_line() {
    run_fails(with_line(30, "2023-01-02 04:00,101.5"), &["load.csv", "row 30", "2", "3", "Next:"]);
    run_fails(with_line(30, "2023-01-02 04:00,101.5,9.5,7"), &["row 30", "4"]);
}

#[test]
fn nan_and_inf_are_named_by_their_row() {
    // A reading that is none is a hole: the windows that touch it are left out. At the end nothing can be forecast from it.
    let place = common::with_load();
    place.write("load.csv", with_line(30, &format!("{},NaN,9", stamp(28 * 60))));
    let run = place.call(&["run", "r.toml", "--out", "out"]).ok();
    assert!(run.err.contains("Windows that touch a missing reading are left out"), "{run:#?}");
    place.write("end.csv", with_line(HOURS, &format!("{},NaN,9", stamp((HOURS as i64 - 2) * 60))));
    place.fails(
        &["predict", "out/model.gyeol", "end.csv"],
        &["'load'", "2023-02-09 22:00", "looks back on", "fill"],
    );
    run_fails(
        with_line(30, &format!("{},inf,9", stamp(28 * 60))),
        &["row 30", "'load'", "infinite", "missing"],
    );
    run_fails(
        with_line(30, &format!("{},99,-inf", stamp(28 * 60))),
        &["row 30", "'temperature'", "infinite"],
    );
}

#[test]
fn of_two_time_columns_the_one_not_meant_must_be_said() {
    let place = Place::new();
    let rows: Vec<String> =
        (0..200).map(|i| format!("{0},{0},{1:.2}", stamp(i * 60), reading(i as f64, 1))).collect();
    place.write("two.csv", format!("begin,end,load\n{}\n", rows.join("\n")));
    // The guess takes the first and says so.
    let recipe = place.call(&["init", "two.csv"]).ok().out;
    assert!(recipe.contains("time = \"begin\"") && recipe.contains("ignored = [\"end\"]"), "{recipe}");
    place.write("r.toml", "[data]\nfile = \"two.csv\"\n[columns]\ntime = \"begin\"\ntargets = [\"end\"]\n");
    place.fails(&["run", "r.toml", "--out", "out"], &["two.csv", "'end'", "Next:"]);
    place.write("r.toml", "[data]\nfile = \"two.csv\"\n[columns]\ntime = [\"begin\", \"end\"]\n");
    place.fails(&["run", "r.toml", "--out", "out"], &["r.toml, line 4", "time"]);
}

#[test]
fn unsorted_repeated_and_missing_stamps_name_the_operation_that_mends_them() {
    let table = hourly(HOURS);
    let mut lines: Vec<&str> = table.lines().collect();
    lines.swap(40, 41);
    run_fails(lines.join("\n"), &["row 42", "comes after", "sort"]);
    let mut lines: Vec<&str> = table.lines().collect();
    lines.insert(40, lines[39]);
    run_fails(lines.join("\n"), &["row 41", "twice", "deduplicate"]);
    let mut lines: Vec<&str> = table.lines().collect();
    lines.remove(40);
    run_fails(lines.join("\n"), &["row 41", "regular-clock"]);
}

#[test]
fn a_constant_target_is_refused() {
    let rows: Vec<String> = (0..HOURS as i64).map(|i| format!("{},5,{i}", stamp(i * 60))).collect();
    run_fails(
        format!("time,load,temperature\n{}\n", rows.join("\n")),
        &["'load'", "same value, 5", "another"],
    );
}

#[test]
fn a_series_shorter_than_its_windows_is_refused() {
    run_fails(hourly(70), &["train", "60 rows", "48 to look back", "12 to forecast", "lower look_back"]);
    run_fails(hourly(2), &["Next:"]);
    let place = Place::new();
    for rows in 1..30 {
        place.write("short.csv", hourly(rows));
        // However few rows: a guessed recipe works or says what is short; it never panics.
        let said = place.call(&["run", "short.csv", "--out", "out", "--quick", "--threads", "1", "-q"]);
        assert!(said.code == Some(0) || said.code == Some(1), "{rows}: {said:#?}");
        assert!(!said.err.contains("panicked"), "{rows}: {said:#?}");
        if said.code == Some(0) {
            std::fs::remove_dir_all(place.at("out")).unwrap();
        }
        assert!(!place.at("out").exists(), "{rows}");
    }
}

#[test]
fn a_recipe_that_is_wrong_names_its_line_and_what_was_meant() {
    let place = common::with_load();
    let fails = |text: String, words: &[&str]| {
        place.write("bad.toml", text);
        place.fails(&["run", "bad.toml", "--out", "out"], words);
    };
    fails(recipe().replace("horizon", "horizn"), &["bad.toml, line 7", "`horizn`", "`horizon`"]);
    fails(recipe().replace("[forecast]", "[forcast]"), &["bad.toml, line 5", "`forcast`", "`forecast`"]);
    fails(recipe().replace("\"lstm\"", "\"lsmt\""), &["lsmt", "lstm"]);
    fails(recipe().replace("look_back = 48", "look_back = -1"), &["line 6", "look_back", "1"]);
    fails("this is no recipe\n".into(), &["bad.toml, line 1"]);
    fails(hourly(50), &["bad.toml, line 1"]);
    fails(recipe().replace("load.csv", "gone.csv"), &["gone.csv", "No such file", "Next:"]);
    fails(format!("{}units = 3\n", recipe()), &["`units`"]);
    fails(format!("language = \"xx\"\n{}", recipe()), &["language", "xx", "en", "ko"]);
    fails(recipe().replace("unit = \"MW\"", "targets = [\"laod\"]"), &["'laod'", "load"]);
    place.write("bad.toml", b"name = \"\xff\xfe\"\n");
    place.fails(&["run", "bad.toml", "--out", "out"], &["bad.toml", "UTF-8"]);
    place.fails(&["run", "none.toml", "--out", "out"], &["none.toml", "No such file"]);
}

#[test]
fn a_net_that_cannot_be_made_is_refused_before_the_first_rung_is_fitted() {
    let place = common::with_load();
    place.write("bad.toml", format!("{}segment = 7\n", recipe()));
    place.fails(&["run", "bad.toml", "--out", "out"], &["bad.toml", "segments of 7 rows", "48"]);
}

#[test]
fn missing_files_and_folders_are_told_apart() {
    let place = Place::new();
    std::fs::create_dir(place.at("folder")).unwrap();
    for verb in [&["inspect"][..], &["init"], &["run"]] {
        place.fails(&[verb, &["gone.csv"]].concat(), &["gone.csv", "No such file", "Next:"]);
        place.fails(&[verb, &["folder"]].concat(), &["folder", "this is a folder", "Next:"]);
    }
    place.fails(&["show", "gone.gyeol"], &["gone.gyeol", "No such file", "gyeol run"]);
    place.fails(&["show", "folder"], &["folder"]);
}

#[test]
fn an_output_that_cannot_be_written_is_said_with_its_path() {
    let place = common::with_load();
    place.write("file", "a file where a folder should be");
    place.fails(&["run", "r.toml", "--out", "file/out"], &["file/out", "--out"]);
    place.fails(&["run", "r.toml", "--out", "file"], &["file", "--out"]);
    place.fails(&["train", "r.toml", "--rung", "linear", "-o", "file/m.gyeol"], &["file/m.gyeol"]);
    place.fails(&["init", "load.csv", "-o", "file/r.toml"], &["file/r.toml", "Next:"]);
    place.fails(&["init", "load.csv", "-o", "none/r.toml"], &["none/r.toml", "Next:"]);
    place.fails(&["clean", "load.csv", "-o", "file/c.csv"], &["file/c.csv", "Next:"]);
    place.fails(&["inspect", "load.csv", "--html", "file/p.html"], &["file/p.html", "Next:"]);
    CLIMBED.fails(&["predict", MODEL, "load.csv", "-o", "load.csv/f.csv"], &["load.csv/f.csv", "Next:"]);
}

#[test]
fn a_damaged_or_foreign_bundle_is_never_opened() {
    let model = CLIMBED.read("out/rungs/lstm.gyeol");
    let place = Place::new();
    let fails = |bytes: &[u8], words: &[&str]| {
        place.write("m.gyeol", bytes).write("load.csv", hourly(100));
        for args in [
            &["show", "m.gyeol"][..],
            &["predict", "m.gyeol", "load.csv"],
            &["evaluate", "m.gyeol", "load.csv"],
        ] {
            place.fails(args, &[&["m.gyeol"], words].concat());
        }
        place.fails(&["serve", "m.gyeol", "--addr", "127.0.0.1:0"], words);
    };
    fails(b"", &["bundle"]);
    fails(b"PK\x03\x04", &["not a gyeol bundle"]);
    fails(&hourly(50).into_bytes(), &["not a gyeol bundle"]);
    for part in [1, 7, 8, 100, model.len() / 2, model.len() - 1] {
        fails(&model[..part], &[]);
    }
    for place in [model.len() - 3, model.len() / 2, 300] {
        let mut bytes = model.clone();
        bytes[place] ^= 0x10;
        fails(&bytes, &[]);
    }
    fails(&[&model[..], b"more"].concat(), &["follow the end"]);
    let text = String::from_utf8_lossy(&model[8..]);
    let at = 8 + text.find("\\\"format\\\":1").expect("the format in the manifest") + "\\\"format\\\":".len();
    let mut other = model.clone();
    other[at] = b'9';
    fails(&other, &["format 9", "train the model again"]);
}

#[test]
fn bytes_that_are_not_utf8_are_read_by_their_encoding_or_refused() {
    // Latin-1 is found out: the column keeps its name.
    let place = Place::new();
    let table = hourly(300).replace("temperature", "Außen");
    let latin: Vec<u8> = table.chars().map(|c| c as u32 as u8).collect();
    place.write("latin.csv", latin);
    assert!(place.call(&["init", "latin.csv"]).ok().out.contains("Außen"));
    place.fails(&["init", "latin.csv", "--encoding", "utf-8"], &["latin.csv, row 1", "not UTF-8", "Next:"]);
    place.fails(&["init", "latin.csv", "--encoding", "utf-9"], &["utf-9", "Next:"]);
    place.write(
        "noise.csv",
        (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>(),
    );
    place.fails(&["run", "noise.csv", "--out", "out"], &["noise.csv"]);
}

#[test]
fn a_table_with_other_columns_than_the_models_is_refused() {
    let place = Place::new();
    let model = CLIMBED.at(MODEL);
    let model = model.to_str().unwrap();
    let table = hourly(100);
    for (name, text, words) in [
        ("no-target.csv", table.replace("load", "flow"), &["'load'", "no such column", "flow"][..]),
        ("no-time.csv", table.replace("time,", "when,"), &["'time'", "no such column"]),
        ("no-past.csv", table.replace("temperature", "wind"), &["'temperature'", "no such column"]),
        ("words.csv", table.replacen(",1", ",about 1", 400), &["'load'", "Next:"]),
    ] {
        place.write(name, text);
        place.fails(&["predict", model, name], &[&[name], words].concat());
        place.fails(&["evaluate", model, name], &[&[name], words].concat());
    }
}

#[test]
fn a_table_on_another_step_is_refused_before_its_length_is_looked_at() {
    let place = Place::new();
    for minutes in [15, 1440] {
        // Fewer rows than the look-back: the step is what is wrong with them.
        let rows: Vec<String> = (0..30).map(|i| format!("{},{i},1{i}", stamp(i * minutes))).collect();
        place.write("other.csv", format!("time,load,temperature\n{}\n", rows.join("\n")));
        for rung in ["last-value", "lstm"] {
            let model = CLIMBED.at(&format!("out/rungs/{rung}.gyeol"));
            let step = if minutes == 15 { "15 min" } else { "1 day" };
            place.fails(&["predict", model.to_str().unwrap(), "other.csv"], &[step, "1 h", "regular-clock"]);
        }
    }
}

#[test]
fn too_short_a_history_says_what_this_rung_needs() {
    let place = Place::new();
    place.write("short.csv", hourly(30));
    for (rung, need) in [("linear", "48"), ("lstm", "48"), ("seasonal-naive-week", "168")] {
        let model = CLIMBED.at(&format!("out/rungs/{rung}.gyeol"));
        let words = ["30 readings", &format!("needs {need} "), &format!("at least {need} rows")];
        place.fails(&["predict", model.to_str().unwrap(), "short.csv"], &words);
        place.fails(&["evaluate", model.to_str().unwrap(), "short.csv"], &[need, "30 rows", "longer table"]);
    }
    let model = CLIMBED.at("out/rungs/last-value.gyeol");
    place.call(&["predict", model.to_str().unwrap(), "short.csv"]).ok();
}

#[test]
fn a_span_without_an_origin_or_that_is_no_date_is_refused() {
    let evaluate = |span: &[&str]| CLIMBED.call(&[&["evaluate", MODEL, "load.csv"], span].concat());
    evaluate(&["--from", "2030-01-01"]).failed(&["after the start asked for", "960 rows"]);
    evaluate(&["--until", "2023-01-01"]).failed(&["before the end asked for"]);
    evaluate(&["--from", "2023-01-20", "--until", "2023-01-20"]).failed(&["between"]);
    evaluate(&["--from", "soon"]).failed(&["'soon'", "not a date", "2013-01-31"]);
}

#[test]
fn an_unknown_series_is_refused_by_its_name() {
    let place = Place::new();
    let rows = |names: &[&str]| {
        let mut text = "time,meter,load\n".to_string();
        for (k, name) in names.iter().enumerate() {
            for i in 0..400 {
                text += &format!(
                    "{},{name},{:.2}\n",
                    stamp(i * 60),
                    reading(i as f64, k as u64) * (k + 1) as f64
                );
            }
        }
        text
    };
    place.write("load.csv", rows(&["north", "south"])).write("east.csv", rows(&["north", "east"]));
    place.write("r.toml", format!("[data]\nfile = \"load.csv\"\n{FORECAST}[[rung]]\nname = \"linear\"\n"));
    place.call(&["train", "r.toml", "-o", "m.gyeol", "-q"]).ok();
    place.fails(&["predict", "m.gyeol", "east.csv"], &["series 'east'", "north, south", "train"]);
    place.call(&["predict", "m.gyeol", "load.csv"]).ok();
    // Asked for, a new meter is forecast on its own scale: twice as large as north, as south is.
    let found = place.call(&["predict", "m.gyeol", "east.csv", "--new-series", "--json"]).ok().json();
    assert_eq!(found["warnings"][0]["code"], "new-series");
    let mean = |id: &str| {
        let rows = found["rows"].as_array().unwrap().iter().filter(|r| r["id"] == id);
        let values: Vec<f64> = rows.map(|r| r["value"].as_f64().unwrap()).collect();
        assert_eq!(values.len(), 12, "{id}");
        values.iter().sum::<f64>() / 12.0
    };
    let ratio = mean("east") / mean("north");
    assert!((1.7..2.3).contains(&ratio), "{ratio}");
    // Without a look-back of its own nothing is known of it.
    let short = rows(&["north"])
        + &rows(&["east"]).lines().skip(1).take(30).map(|l| format!("{l}\n")).collect::<String>();
    place.write("short.csv", short);
    place.fails(&["predict", "m.gyeol", "short.csv", "--new-series"], &["series 'east'", "30", "48"]);
}

#[test]
fn known_covariates_missing_ahead_are_named_with_their_moment() {
    let place = Place::new();
    place.write("load.csv", hourly(400));
    let known = "[columns]\ntargets = [\"load\"]\nknown = [\"temperature\"]\n";
    place.write("r.toml", format!("[data]\nfile = \"load.csv\"\n{known}{FORECAST}{RUNGS}"));
    place.call(&["train", "r.toml", "--rung", "linear", "-o", "m.gyeol", "-q"]).ok();
    let words = ["'temperature'", "2023-01-17 16:00", "must be known for the forecast"];
    place.fails(&["predict", "m.gyeol", "load.csv"], &words);
    let ahead: String = (400..412).map(|i| format!("{},,{i}\n", stamp(i * 60))).collect();
    place.write("ahead.csv", hourly(400) + &ahead);
    let whole = place.call(&["predict", "m.gyeol", "ahead.csv"]).ok().out;
    assert_eq!(whole.lines().count(), 13);
    // The rows ahead in a file of their own give the same forecast, without the columns that nobody knows.
    let own = |rows: std::ops::Range<i64>| {
        let rows = rows.map(|i| format!("{},{i}\n", stamp(i * 60)));
        "time,temperature\n".to_owned() + &rows.collect::<String>()
    };
    place.write("weather.csv", own(400..412)).write("short.csv", own(400..409));
    let predict = |ahead| ["predict", "m.gyeol", "load.csv", "--ahead", ahead];
    assert_eq!(place.call(&predict("weather.csv")).ok().out, whole);
    assert_eq!(place.fed(&predict("-"), own(400..412).as_bytes()).ok().out, whole);
    place.fails(&predict("short.csv"), &["short.csv", "'temperature'", "3 of the 12", "2023-01-18 01:00"]);
    place.write("other.csv", own(398..412));
    place.fails(&predict("other.csv"), &["other.csv", "row 2", "'temperature'", "398 at 2023-01-17 14:00"]);
    place.call(&["predict", "m.gyeol", "-", "--ahead", "-"]).misused(&["standard input"]);
    place
        .call(&["predict", "m.gyeol", "load.csv", "--every-origin", "--ahead", "x"])
        .misused(&["--every-origin"]);
}

#[test]
fn serve_refuses_a_port_in_use_and_says_nothing_of_listening() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let said =
        CLIMBED.call(&["serve", MODEL, "--addr", &addr]).failed(&["cannot listen on", &addr, "--addr"]);
    assert!(!said.err.contains("http://"), "{said:?}");
    CLIMBED.call(&["serve", MODEL, "--addr", "nowhere"]).failed(&["nowhere", "Next:"]);
}

#[test]
fn files_of_other_programs_are_named_for_what_they_are() {
    let place = Place::new();
    for (name, bytes, word) in [
        ("a.xlsx", &b"PK\x03\x04 and more"[..], "spreadsheet"),
        ("a.pdf", b"%PDF-1.7 and more", "PDF"),
        ("a.csv.gz", b"\x1f\x8b\x08\0\0 cut", "gzip"),
        ("a.parquet", b"PAR1 not really PAR1", "a.parquet"),
        ("a.arrow", b"ARROW1\0\0 not really", "a.arrow"),
    ] {
        place.write(name, bytes);
        place.fails(&["run", name, "--out", "out"], &[name, word]);
        place.fails(&["inspect", name], &[name, word]);
    }
}
