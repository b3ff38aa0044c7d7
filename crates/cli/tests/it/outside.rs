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
    pinball: f64,
    size: f64,
    hits: f64,
    warned: f64,
    above: f64,
    brier: f64,
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
        let levels: Vec<f64> = rung["calibration"]
            .as_array()
            .map_or(Vec::new(), |all| all.iter().map(|q| q["level"].as_f64().unwrap()).collect());
        let names: Vec<String> =
            levels.iter().map(|level| format!("q{}", (level * 1000.0).round() / 10.0)).collect();
        let mut below = vec![0.0; levels.len()];
        let limit = &rung["limit"];
        let limit_threshold = limit["threshold"].as_f64().unwrap_or(f64::NAN);
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
            let quantiles = levels.iter().zip(&names).map(|(l, name)| (*l, number(row, name).unwrap()));
            for (k, (level, q)) in quantiles.enumerate() {
                s.pinball +=
                    if y > q { level * (y - q) } else { (level - 1.0) * (y - q) } / levels.len() as f64;
                below[k] += f64::from(y <= q);
            }
            s.size += y.abs();
            if let Some(limit) = limit["limit"].as_f64() {
                let p = number(row, "p_over").unwrap();
                let warned = p >= limit_threshold;
                s.hits += f64::from(warned && y > limit);
                s.warned += f64::from(warned);
                s.above += f64::from(y > limit);
                s.brier += (p - f64::from(y > limit)).powi(2);
            }
        }
        let value = |metric: &str| &rung["test"][metric]["value"];
        close(&format!("{name} mae"), s.absolute / s.n, value("mae"));
        close(&format!("{name} mse"), s.squared / s.n, value("mse"));
        close(&format!("{name} rmse"), (s.squared / s.n).sqrt(), value("rmse"));
        close(&format!("{name} mape"), s.percent / s.n, value("mape"));
        close(&format!("{name} smape"), s.symmetric / s.n, value("smape"));
        close(&format!("{name} coverage"), s.covered / s.n, &rung["coverage"]);
        close(&format!("{name} width"), s.width / s.n, &rung["width"]);
        for (k, share) in below.iter().enumerate() {
            close(&format!("{name} below"), share / s.n, &rung["calibration"][k]["below"]);
        }
        if !levels.is_empty() {
            close(&format!("{name} crps"), 2.0 * s.pinball / s.n, value("crps"));
            close(&format!("{name} wql"), 2.0 * s.pinball / s.size, value("wql"));
            // One series has one denominator, which MASE has too.
            let of_mase = value("mae").as_f64().unwrap() / value("mase").as_f64().unwrap();
            close(&format!("{name} sql"), 2.0 * s.pinball / s.n / of_mase, value("sql"));
        }
        if limit.is_object() {
            let cost = limit["miss_cost"].as_f64().unwrap();
            assert_eq!(
                (&limit["above"], &limit["warned"]),
                (&(s.above as u64).into(), &(s.warned as u64).into())
            );
            assert_eq!(limit["hits"], s.hits as u64, "{name}");
            let misses = s.above - s.hits;
            let (precision, recall) = (s.hits / s.warned, s.hits / s.above);
            for (key, ours) in [
                ("precision", precision),
                ("recall", recall),
                ("f_beta", (1.0 + cost) * precision * recall / (cost * precision + recall)),
                ("cost", (cost * misses + s.warned - s.hits) / s.n),
                ("brier", s.brier / s.n),
            ] {
                // What would be divided by nothing is said to be nothing.
                if ours.is_finite() {
                    close(&format!("{name} {key}"), ours, &limit[key]);
                }
            }
            assert_eq!(limit["recall"].is_null(), s.above == 0.0);
        }
        assert_eq!(scores["denominator"]["unscored"], forecasts.len() - s.n as usize, "{name}");
        let by_evaluate =
            place.call(&["evaluate", &model, table, "--from", &from, "--until", &until, "--json"]).ok();
        let by_evaluate = by_evaluate.json();
        close(&format!("{name} evaluate"), s.absolute / s.n, &by_evaluate["metrics"]["mae"]["value"]);
        close(&format!("{name} evaluate"), s.width / s.n, &by_evaluate["width"]);
        assert_eq!(by_evaluate["limit"]["hits"], limit["hits"]);
        assert_eq!(by_evaluate["calibration"].as_array().unwrap().len(), levels.len());
        assert!(scores["denominator"]["windows"].as_u64().unwrap() as usize <= windows.len());
    }
}

#[test]
fn every_score_of_one_series_agrees() {
    let place = common::climbed();
    judge(&place, "load.csv");
}

#[test]
fn every_score_of_quantiles_agrees() {
    let place = Place::new();
    let quantiles = "quantiles = [0.9, 0.025, 0.5]\n[score]\nmetric = \"pinball\"\n";
    place.write("load.csv", hourly(common::HOURS));
    place.write("r.toml", format!("[data]\nfile = \"load.csv\"\n{FORECAST}{quantiles}{RUNGS}"));
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    judge(&place, "load.csv");
    let scores = place.json("out/scores.json");
    let least = scores["rungs"].as_array().unwrap().iter().min_by(|a, b| {
        let crps = |rung: &Value| rung["valid"]["crps"].as_f64().unwrap();
        crps(a).total_cmp(&crps(b))
    });
    assert_eq!((&scores["metric"], &scores["best"]), (&"crps".into(), &least.unwrap()["name"]));
    let page = String::from_utf8(place.read("out/report.html")).unwrap();
    assert!(
        page.contains("Quantiles against what came true") && page.contains("CRPS") && page.contains("WQL")
    );
    // A single forecast has the same columns, in every form.
    let ahead = place.call(&["predict", "out/model.gyeol", "load.csv"]).ok().out;
    assert_eq!(ahead.lines().next(), Some("time,target,value,low,high,q2.5,q50,q90"));
    place.call(&["predict", "out/model.gyeol", "load.csv", "-o", "f.parquet"]).ok();
    let parquet = gyeol_data::read(place.at("f.parquet").to_str().unwrap(), &Default::default()).unwrap();
    let json = place.call(&["predict", "out/model.gyeol", "load.csv", "--json"]).ok().json();
    let first = rows(&ahead).remove(0);
    for name in ["q2.5", "q50", "q90"] {
        let number: f64 = first[name].parse().unwrap();
        assert_eq!((parquet.numbers(name).unwrap()[0], &json["rows"][0][name]), (number, &number.into()));
    }
    let by_origin =
        place.call(&["predict", "out/model.gyeol", "load.csv", "--every-origin", "--json"]).ok().json();
    assert!(by_origin["rows"][0]["q2.5"].is_f64());
}

#[test]
fn every_score_of_intervals_that_follow_drift_agrees() {
    let place = Place::new();
    place.write("load.csv", hourly(common::HOURS));
    let adaptive = "quantiles = [0.1, 0.9]\nadaptive = true\n";
    place.write("r.toml", format!("[data]\nfile = \"load.csv\"\n{FORECAST}{adaptive}{RUNGS}"));
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    assert_eq!(place.json("out/scores.json")["adaptive"], true);
    judge(&place, "load.csv");
}

#[test]
fn warnings_of_a_limit_agree_and_one_never_crossed_is_said() {
    let place = Place::new();
    let table = hourly(common::HOURS);
    let mut loads: Vec<f64> =
        table.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().parse().unwrap()).collect();
    loads.sort_by(f64::total_cmp);
    place.write("load.csv", &table);
    let recipe = |limit: f64| {
        let text = format!("quantiles = [0.1, 0.3, 0.5, 0.7, 0.9]\nlimit = {limit}\nmiss_cost = 4\n");
        format!("[data]\nfile = \"load.csv\"\n{FORECAST}{text}{RUNGS}")
    };
    place.write("r.toml", recipe(loads[loads.len() * 9 / 10]));
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    judge(&place, "load.csv");
    let page = String::from_utf8(place.read("out/report.html")).unwrap();
    assert!(
        page.contains("Warnings of the limit") && page.contains("A miss costs as much as 4 false alarms")
    );
    let ahead = place.call(&["predict", "out/model.gyeol", "load.csv"]).ok().out;
    assert_eq!(ahead.lines().next(), Some("time,target,value,low,high,q10,q30,q50,q70,q90,p_over"));
    let said = place.call(&["evaluate", "out/model.gyeol", "load.csv"]).ok().out;
    assert!(said.contains("precision") && said.contains("recall"), "{said}");
    // Far above everything there is nothing to find, and nothing to choose a threshold by.
    let place = Place::new();
    place.write("load.csv", &table).write("r.toml", recipe(1e6));
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    judge(&place, "load.csv");
    let limit = &place.json("out/scores.json")["rungs"][0]["limit"];
    assert_eq!(
        (&limit["chosen"], &limit["threshold"], &limit["recall"]),
        (&false.into(), &0.2.into(), &Value::Null)
    );
    let page = String::from_utf8(place.read("out/report.html")).unwrap();
    assert!(page.contains("only false alarms can be counted") && page.contains("could not choose"));
    place.write("r.toml", "[forecast]\nlimit = 3\n");
    place.call(&["run", "r.toml", "--out", "none", "-q"]).failed(&["r.toml, line 2", "quantiles ="]);
}

#[test]
fn levels_that_are_none_are_refused_with_their_line() {
    let place = common::with_load();
    for (text, words) in [
        ("[forecast]\nquantiles = [0.1, 1]\n", ["r.toml, line 2", "is 1", "below 1"]),
        ("[forecast]\nquantiles = [0.1, 0.1]\n", ["r.toml, line 2", "is 0.1", "given once"]),
        ("[score]\nmetric = \"pinball\"\n", ["r.toml, line 2", "names no level", "quantiles ="]),
    ] {
        place.write("r.toml", text);
        place.call(&["run", "r.toml", "--out", "none", "-q"]).failed(&words);
    }
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
