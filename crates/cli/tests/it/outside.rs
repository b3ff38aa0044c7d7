//! Scores computed again from what `predict --every-origin` writes, in plain arithmetic, agree with `scores.json`.

use std::collections::HashMap;

use crate::common::{self, FORECAST, Place, RUNGS, hourly, reading, stamp};
use serde_json::Value;

/// The rows of a CSV by column name.
fn rows(text: &str) -> Vec<HashMap<String, String>> {
    let mut lines = text.lines().map(|l| l.split(',').map(str::to_string).collect::<Vec<_>>());
    let head = lines.next().expect("a header");
    lines.map(|cells| head.iter().cloned().zip(cells).collect()).collect()
}

fn moment(ms: &Value, plus: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(ms.as_i64().unwrap() + plus).unwrap();
    at.format("%Y-%m-%d %H:%M").to_string()
}

#[derive(Default, Debug)]
struct Sums {
    n: f64,
    absolute: f64,
    squared: f64,
    percent: f64,
    symmetric: f64,
    covered: f64,
    width: f64,
}

fn close(what: &str, ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap_or_else(|| panic!("{what} is {theirs}"));
    assert!(
        (ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0),
        "{what}: {ours} outside, {theirs} in scores.json"
    );
}

/// Every rung of `out`, judged again on `table`.
fn judge(place: &Place, table: &str) {
    let scores = place.json("out/scores.json");
    let test = &scores["split"]["test"];
    // `to` is the last row of the test part; the end of a span is the first row that no longer counts.
    let (from, until) = (moment(&test["from"], 0), moment(&test["to"], 60_000));
    for rung in scores["rungs"].as_array().unwrap() {
        let name = rung["name"].as_str().unwrap();
        let model = format!("out/rungs/{}.gyeol", name.replace(':', "-"));
        let args =
            ["predict", &model, table, "--every-origin", "--from", &from, "--until", &until, "-o", "f.csv"];
        place.call(&args).ok();
        let forecasts = rows(&String::from_utf8(place.read("f.csv")).unwrap());
        let number = |row: &HashMap<String, String>, key: &str| row[key].parse::<f64>().ok();
        let mut s = Sums::default();
        let mut windows = std::collections::HashSet::new();
        for row in &forecasts {
            windows.insert((row["origin"].clone(), row["target"].clone(), row.get("meter").cloned()));
            let Some(y) = number(row, "truth") else { continue };
            let (f, low, high) =
                (number(row, "value").unwrap(), number(row, "low").unwrap(), number(row, "high").unwrap());
            let e = (f - y).abs();
            s.n += 1.0;
            s.absolute += e;
            s.squared += e * e;
            s.percent += 100.0 * e / y.abs();
            s.symmetric += 200.0 * e / (y.abs() + f.abs());
            s.covered += f64::from(low <= y && y <= high);
            s.width += high - low;
        }
        let value = |metric: &str| &rung["test"][metric]["value"];
        close(&format!("{name} mae"), s.absolute / s.n, value("mae"));
        close(&format!("{name} mse"), s.squared / s.n, value("mse"));
        close(&format!("{name} rmse"), (s.squared / s.n).sqrt(), value("rmse"));
        close(&format!("{name} mape"), s.percent / s.n, value("mape"));
        close(&format!("{name} smape"), s.symmetric / s.n, value("smape"));
        close(&format!("{name} coverage"), s.covered / s.n, &rung["coverage"]);
        close(&format!("{name} width"), s.width / s.n, &rung["width"]);
        assert_eq!(scores["denominator"]["unscored"], forecasts.len() - s.n as usize, "{name}");
        let by_evaluate =
            place.call(&["evaluate", &model, table, "--from", &from, "--until", &until, "--json"]).ok();
        close(&format!("{name} evaluate"), s.absolute / s.n, &by_evaluate.json()["metrics"]["mae"]["value"]);
        assert!(scores["denominator"]["windows"].as_u64().unwrap() as usize <= windows.len());
    }
}

#[test]
fn every_score_of_one_series_agrees() {
    let place = common::climbed();
    judge(&place, "load.csv");
}

#[test]
fn invented_readings_are_never_scored() {
    let place = Place::new();
    let table = hourly(common::HOURS);
    // Five hours of the test part were not read.
    let lines = table.lines().enumerate().filter(|(i, _)| !(901..906).contains(i));
    place.write("load.csv", lines.map(|(_, l)| l).collect::<Vec<_>>().join("\n"));
    let clean = "[[clean]]\nop = \"regular-clock\"\n[[clean]]\nop = \"fill\"\nmethod = \"linear\"\n\
        columns = [\"load\", \"temperature\"]\n";
    place.write("r.toml", format!("[data]\nfile = \"load.csv\"\n{FORECAST}{clean}{RUNGS}"));
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    // Each of the five would lie in twelve windows; but no window begins within the hole, where filling has used the
    // reading after it: five origins are left out, and with them 4 + 3 + 2 + 1 invented hours.
    let denominator = &place.json("out/scores.json")["denominator"];
    assert_eq!((&denominator["unscored"], &denominator["skipped"]), (&50.into(), &5.into()));
    judge(&place, "load.csv");
}

#[test]
fn every_score_of_two_series_with_two_targets_agrees() {
    let place = Place::new();
    let mut text = "time,meter,power,heat\n".to_string();
    for (k, meter) in ["north", "south"].iter().enumerate() {
        for i in 0..500 {
            let at = |seed: u64| reading(i as f64, seed + 10 * k as u64) * (k + 1) as f64;
            text += &format!("{},{meter},{:.3},{:.3}\n", stamp(i * 60), at(1), at(2) / 2.0);
        }
    }
    place.write("two.csv", text);
    let columns = "[columns]\ntime = \"time\"\nid = \"meter\"\ntargets = [\"power\", \"heat\"]\n";
    place.write("r.toml", format!("[data]\nfile = \"two.csv\"\n{columns}{FORECAST}{RUNGS}"));
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    let scores = place.json("out/scores.json");
    assert_eq!(scores["data"]["series"], 2);
    judge(&place, "two.csv");
    let ahead = place.call(&["predict", "out/model.gyeol", "two.csv"]).ok().out;
    assert_eq!(ahead.lines().count(), 1 + 2 * 2 * 12);
    assert_eq!(ahead.lines().next(), Some("time,meter,target,value,low,high"));
}
