//! Many meters, the sums over them, and forecasts that add up.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Place, reading, stamp};

/// Four meters on two feeders, 30 days of hours; `change` may alter a line's cells: time, meter, feeder, load.
fn meters(change: &dyn Fn(usize, &mut [String; 4])) -> String {
    let mut text = String::from("time,meter,feeder,load\n");
    for meter in 0..4usize {
        for hour in 0..30 * 24 {
            let size = (meter + 1) as f64;
            let load = size * reading(hour as f64 + 2.0 * size, meter as u64);
            let mut cells = [
                stamp(hour as i64 * 60),
                format!("m{meter}"),
                format!("F{}", meter / 2),
                format!("{load:.3}"),
            ];
            change(hour, &mut cells);
            text += &cells.join(",");
            text.push('\n');
        }
    }
    text
}

const RECIPE: &str = "[data]\nfile = \"meters.csv\"\n[columns]\ntime = \"time\"\ntargets = [\"load\"]\nid = \"meter\"\n\
    parents = [\"feeder\"]\n[forecast]\nlook_back = 48\nhorizon = 12\n[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"linear\"\n\
    [[rung]]\nname = \"last-value+linear\"\n";

/// Rows of a forecast by series and time.
fn by_time(rows: &Value, key: &str) -> BTreeMap<String, BTreeMap<String, f64>> {
    let mut found: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        let of = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let at = format!("{} {}", of("origin"), of("time"));
        found.entry(at).or_default().insert(of(key), row["value"].as_f64().unwrap());
    }
    found
}

fn adds_up(rows: &Value, key: &str) -> usize {
    let found = by_time(rows, key);
    for (at, v) in &found {
        assert_eq!(v.len(), 7, "{at}: {v:?}");
        for (sum, parts) in
            [("feeder=F0", ["m0", "m1"]), ("feeder=F1", ["m2", "m3"]), ("total", ["feeder=F0", "feeder=F1"])]
        {
            let parts = parts.iter().map(|id| v[*id]).sum::<f64>();
            assert!((v[sum] - parts).abs() <= 1e-9 * parts.abs(), "{at}: {sum} {} {parts}", v[sum]);
        }
    }
    found.len()
}

#[test]
fn forecasts_of_meters_feeders_and_the_total_add_up_wherever_they_are_made() {
    let place = Place::new();
    place.write("meters.csv", meters(&|_, _| {})).write("r.toml", RECIPE);
    place.call(&["run", "r.toml", "--out", "m", "-q"]).ok();
    let scores = place.json("m/scores.json");
    for rung in scores["rungs"].as_array().unwrap() {
        let levels = rung["levels"].as_array().unwrap();
        let of = |key: &str| levels.iter().map(|l| l[key].clone()).collect::<Vec<Value>>();
        assert_eq!(
            (of("level"), of("series")),
            (vec!["meter".into(), "feeder".into(), "total".into()], vec![4.into(), 2.into(), 1.into()])
        );
        assert!(levels.iter().all(|l| (0.8..=1.0).contains(&l["coverage"].as_f64().unwrap())), "{levels:?}");
        let tried = rung["reconciliation"]["tried"].as_array().unwrap();
        assert_eq!(tried.len(), 5);
        let least = tried.iter().map(|t| t["error"].as_f64().unwrap()).fold(f64::INFINITY, f64::min);
        let way = &rung["reconciliation"]["way"];
        assert!(tried.iter().any(|t| t["way"] == *way && t["error"].as_f64() == Some(least)));
    }
    let page = String::from_utf8(place.read("m/report.html")).unwrap();
    assert!(page.contains("What adds up") && page.contains("feeder"));
    for rung in ["linear", "last-value", "last-value-and-linear"] {
        let file = format!("m/rungs/{rung}.gyeol");
        let ahead = place.call(&["predict", &file, "meters.csv", "--json"]).ok().json();
        assert_eq!(adds_up(&ahead["rows"], "id"), 12);
        let all = place
            .call(&["predict", &file, "meters.csv", "--json", "--every-origin", "--from", "2023-01-29"])
            .ok()
            .json();
        assert!(adds_up(&all["rows"], "id") > 100);
    }
    // What evaluate reads is what the run judged.
    let found = place
        .call(&["evaluate", "m/model.gyeol", "meters.csv", "--from", "2023-01-29", "--json"])
        .ok()
        .json();
    assert!(found["metrics"]["mae"]["value"].as_f64().unwrap() > 0.0);

    // A meter that ends an hour before the others: all forecasts begin there. One that is not in the table stops them.
    let text = String::from_utf8(place.read("meters.csv")).unwrap();
    let last = stamp(60 * (30 * 24 - 1));
    let late: String =
        text.lines().filter(|l| !l.starts_with(&format!("{last},m1"))).map(|l| format!("{l}\n")).collect();
    place.write("late.csv", late);
    let ahead = place.call(&["predict", "m/model.gyeol", "late.csv", "--json"]).ok().json();
    assert_eq!(ahead["warnings"][0]["code"], "other-ends");
    assert_eq!(adds_up(&ahead["rows"], "id"), 12);
    let few: String = text.lines().filter(|l| !l.contains(",m1,")).map(|l| format!("{l}\n")).collect();
    place.write("few.csv", few);
    place.call(&["predict", "m/model.gyeol", "few.csv"]).failed(&["series 'm1' is not in the table"]);
}

#[test]
fn sums_that_cannot_be_made_are_said_before_anything_is_fitted() {
    let place = Place::new();
    place.write("r.toml", RECIPE);
    let refused = |text: String, words: &[&str]| {
        place.write("meters.csv", text);
        place.fails(&["run", "r.toml", "--out", "m", "-q"], words);
    };
    let moved = |hour: usize, c: &mut [String; 4]| {
        if c[1] == "m1" && hour > 500 {
            c[2] = "F1".into();
        }
    };
    refused(meters(&moved), &["series 'm1' belongs to 'F0' and to 'F1'", "column 'feeder'"]);
    let empty = |hour: usize, c: &mut [String; 4]| {
        if c[1] == "m2" && hour == 7 {
            c[2].clear();
        }
    };
    refused(meters(&empty), &["series 'm2' has no 'feeder'"]);
    place.write("r.toml", RECIPE.replace("parents = [\"feeder\"]", "total_id = \"all\""));
    refused(meters(&|_, _| {}), &["`columns.total_id` is given", "columns.parents"]);
    // The table's own total: right, then wrong in one row.
    let with_total = |wrong: f64| {
        let mut text = meters(&|_, _| {});
        for hour in 0..30 * 24 {
            let one = |m: usize| (m + 1) as f64 * reading(hour as f64 + 2.0 * (m + 1) as f64, m as u64);
            let sum = (0..4).map(one).sum::<f64>() + if hour == 40 { wrong } else { 0.0 };
            text += &format!("{},all,F0,{sum:.3}\n", stamp(hour as i64 * 60));
        }
        text
    };
    let named = RECIPE.replace("parents", "total_id = \"all\"\nparents");
    place.write("r.toml", &named);
    refused(with_total(50.0), &["series 'all' says", "so in 1 of 720 rows"]);
    place.write("meters.csv", with_total(0.0));
    place.call(&["run", "r.toml", "--out", "m", "-q"]).ok();
    // The table as it stands is what the model reads: its own total stays out.
    let ahead = place.call(&["predict", "m/model.gyeol", "meters.csv", "--json"]).ok().json();
    assert_eq!(adds_up(&ahead["rows"], "id"), 12);
}

#[test]
fn init_proposes_parents_that_are_nested() {
    let place = Place::new();
    let mut text = meters(&|_, _| {});
    text = text
        .lines()
        .enumerate()
        .map(|(i, line)| match i {
            0 => format!("{line},kind,note\n"),
            // Of one kind on each feeder, so no level of its own; a note that changes within a series.
            i => format!(
                "{line},{},{}\n",
                if line.contains("F0") { "home" } else { "works" },
                if i % 3 == 0 { "x" } else { "y" }
            ),
        })
        .collect();
    place.write("meters.csv", text);
    place.call(&["init", "meters.csv", "-o", "r.toml"]).ok();
    let recipe = String::from_utf8(place.read("r.toml")).unwrap();
    assert!(recipe.contains("parents = [\"feeder\"]"), "{recipe}");
}
