//! Tables of unusual make at the command: options alike on every verb, and stops that say why.

use crate::common::{Place, reading, stamp};

fn hourly(rows: usize, row: impl Fn(String, f64) -> String) -> String {
    (0..rows).map(|i| row(stamp(i as i64 * 60), reading(i as f64, 1)) + "\n").collect()
}

#[test]
fn a_table_between_blanks_is_no_text() {
    let place = Place::new();
    let text = "date time load\n".to_string() + &hourly(100, |t, x| format!("{t} {x:.1}"));
    place.write("t.txt", text);
    let seen = place.call(&["inspect", "t.txt", "--json"]).ok().json();
    assert_eq!((&seen["clock"]["step"], &seen["rows"]), (&"1 h".into(), &100.into()));
}

#[test]
fn what_forbids_a_fit_stops_it() {
    let place = Place::new();
    place.write(
        "unread.csv",
        "timestamp,load\n".to_string() + &hourly(100, |t, x| format!("{},{x:.1}", t.replace(' ', "@"))),
    );
    place.write(
        "twice.csv",
        "time,load\n".to_string() + &hourly(100, |t, x| format!("{t},{x:.1}\n{t},{}", x * 2.0)),
    );
    place.write("list.json", "[{\"time\":\"2024-01-01\",\"load\":1}]");
    for args in [["run", "--quick"], ["clean", "-oout.csv"], ["train", "-om.gyeol"]] {
        place.call(&[args[0], "unread.csv", args[1]]).failed(&["unread.csv", "timestamp", "--date-format"]);
        place.call(&[args[0], "twice.csv", args[1]]).failed(&["twice.csv", "100 of 200 rows", "time"]);
    }
    assert!(!place.at("out.csv").exists() && !place.at("m.gyeol").exists());
    place.call(&["inspect", "list.json"]).failed(&["JSON", "jq"]);
}

#[test]
fn every_verb_that_reads_a_table_takes_the_same_options() {
    let place = Place::new();
    for verb in ["inspect", "init", "clean", "run", "train", "evaluate", "predict"] {
        let help = place.call(&[verb, "--help"]).ok().out;
        for option in [
            "--delimiter",
            "--encoding",
            "--zone",
            "--date-format",
            "--skip",
            "--no-header",
            "--decimal",
            "--reshape",
        ] {
            assert!(help.contains(option), "{verb} {option}");
        }
    }
    place.write("t.csv", "1,2\n3,4\n".to_string() + &hourly(100, |t, x| format!("{t},{x:.1}")));
    let seen = place.call(&["clean", "t.csv", "--skip", "2", "--no-header", "-o", "-", "--quiet"]).ok().out;
    assert!(seen.starts_with("column_1,column_2\n2023-01-01"), "{seen}");
    place.call(&["init", "t.csv", "--skip", "2", "-o", "r.toml"]).ok();
    assert!(String::from_utf8(place.read("r.toml")).unwrap().contains("\nskip = 2"));
}

/// A meter that reports a day and a half late, in a folder of files: what the run judged is what `evaluate` finds, and `predict` begins
/// as many rows after the newest reading.
#[test]
fn a_folder_of_late_readings_is_run_judged_again_and_continued() {
    let place = Place::new();
    let head = "time,load\n";
    for (part, from) in [("1", 0), ("2", 600), ("10", 1200)] {
        let rows: String =
            (from..from + 600).map(|i| format!("{},{:.2}\n", stamp(i * 60), reading(i as f64, 1))).collect();
        place.write("part.csv", head.to_owned() + &rows);
        std::fs::create_dir_all(place.at(&format!("load/half={}", 1 + i32::from(from > 600)))).unwrap();
        let out = format!("load/half={}/part-{part}.parquet", 1 + i32::from(from > 600));
        place.call(&["clean", "part.csv", "-o", &out]).ok();
    }
    let seen = place.call(&["inspect", "load", "--json"]).ok().json();
    assert_eq!(seen["rows"], 1800);
    let recipe = "[data]\nfile = \"load\"\n[columns]\ntime = \"time\"\ntargets = [\"load\"]\n[available]\nload = \"36 h\"\n\
                  [forecast]\nlook_back = 48\nhorizon = 12\n[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"linear\"\n";
    place.write("r.toml", recipe);
    let scores = place.call(&["run", "r.toml", "--out", "out", "--json"]).ok().json();
    assert_eq!((&scores["available"]["gap"], &scores["data"]["rows"]), (&36.into(), &1800.into()));
    let judged = &scores["rungs"][1]["test"]["mae"]["value"];
    let from = stamp(1530 * 60);
    let again =
        place.call(&["evaluate", "out/rungs/linear.gyeol", "load", "--from", &from, "--json"]).ok().json();
    let (judged, again) = (judged.as_f64().unwrap(), again["metrics"]["mae"]["value"].as_f64().unwrap());
    assert!((judged - again).abs() < 1e-9 * judged, "{judged} {again}");
    let called = place.call(&["predict", "out/rungs/linear.gyeol", "load"]).ok();
    let first = called.out.lines().nth(1).unwrap();
    assert!(first.starts_with(&stamp((1800 + 36) * 60).replace(' ', "T")), "{first}");
    assert!(called.err.contains("readings count up to"), "{}", called.err);
}
