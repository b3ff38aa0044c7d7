//! The response of each row, fits on the way through a back-test, and forecasts told term by term.

use crate::common::{Place, hourly};

/// A ladder of quick rungs on readings with a temperature that is known ahead, judged every twelve hours by weekly fits.
const RECIPE: &str = "
[data]
file = \"load.csv\"
[columns]
time = \"time\"
targets = [\"load\"]
known = [\"temperature\"]
[forecast]
look_back = 48
horizon = 12
[score]
step = 12
origins = 10
refit = \"day\"
[[rung]]
name = \"last-value\"
[[rung]]
name = \"linear\"
[[rung]]
name = \"response\"
[[rung]]
name = \"trees\"
rounds = 20
[[rung]]
name = \"gru\"
hidden = 8
epochs = 1
members = 1
[[rung]]
name = \"linear+response+gru\"
";

#[test]
fn a_forecast_is_the_sum_of_its_terms_and_comes_again_by_the_same_fits() {
    let place = Place::new();
    place.write("load.csv", hourly(900)).write("r.toml", RECIPE);
    place.call(&["run", "r.toml", "--out", "m", "-q"]).ok();
    let scores = place.json("m/scores.json");
    assert_eq!(scores["denominator"]["windows"], 10);
    for rung in ["linear", "response", "trees", "gru", "linear-and-response-and-gru"] {
        let file = format!("m/rungs/{rung}.gyeol");
        let told = place
            .call(&["explain", &file, "load.csv", "--terms", "9", "--json", "--at", "2023-01-20"])
            .ok()
            .json();
        let rows = told["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 12);
        for row in rows {
            let terms: f64 = row["terms"].as_object().unwrap().values().map(|v| v.as_f64().unwrap()).sum();
            let (level, value) = (row["level"].as_f64().unwrap(), row["value"].as_f64().unwrap());
            assert!((level + terms - value).abs() < 1e-6 * value.abs(), "{rung}: {row}");
        }
        assert!(rows[0]["terms"]["temperature"].is_f64(), "{rung}: {}", rows[0]);
    }
    let table = place.call(&["explain", "m/rungs/response.gyeol", "load.csv", "--at", "2023-01-20"]).ok().out;
    assert!(
        table.contains("temperature") && table.contains("carried ahead") && table.lines().count() > 13,
        "{table}"
    );
    place
        .call(&["explain", "m/rungs/last-value.gyeol", "load.csv", "--at", "2023-01-20"])
        .failed(&["last-value", "terms"]);
    // What the run judged is what `evaluate` and `predict` give by the same origins and fits.
    let asked = ["--step", "12", "--refit", "day"];
    let response = "m/rungs/response.gyeol";
    let judged = scores["rungs"].as_array().unwrap().iter().find(|r| r["name"] == "response").unwrap();
    let every = [&["predict", response, "load.csv", "--every-origin", "--json"][..], &asked[..]].concat();
    let rows = place.call(&every).ok().json()["rows"].as_array().unwrap().clone();
    // The first fit of the test part is before its own first origin.
    let first = rows[rows.len() - 120]["origin"].as_str().unwrap();
    let rows = place.call(&[&every[..], &["--from", first]].concat()).ok().json()["rows"].clone();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 120);
    let number = |row: &serde_json::Value, key: &str| row[key].as_f64().unwrap();
    let error = rows.iter().map(|r| (number(r, "value") - number(r, "truth")).abs()).sum::<f64>() / 120.0;
    let mae = judged["test"]["mae"]["value"].as_f64().unwrap();
    assert!((error - mae).abs() < 1e-9 * mae, "{error} {mae}");
    let plain = place.call(&["evaluate", response, "load.csv", "--step", "12"]).ok();
    assert!(plain.err.contains("refit = \"day\"") && plain.err.contains("--refit day"), "{plain:?}");
    place.call(&["predict", response, "load.csv", "--step", "12"]).misused(&["--every-origin"]);
    place.call(&["evaluate", response, "load.csv", "--refit", "yearly"]).misused(&["month"]);
    // Killed after a part was done, a mixture reads it from its file.
    std::fs::remove_file(place.at("m/rungs/linear-and-response-and-gru.gyeol")).unwrap();
    place.call(&["run", "r.toml", "--out", "m", "-q", "--resume"]).ok();
    let again = place.json("m/scores.json");
    let of = |scores: &serde_json::Value| scores["rungs"][5]["test"]["mae"]["value"].clone();
    assert_eq!(of(&again), of(&scores));
}

#[test]
fn a_model_is_fitted_again_on_newer_rows_and_refuses_too_few() {
    let place = Place::new();
    let text = hourly(1200);
    let head: String = text.lines().take(901).map(|l| format!("{l}\n")).collect();
    place.write("old.csv", &head).write("new.csv", &text);
    let recipe = RECIPE.replace("load.csv", "old.csv");
    place.write("r.toml", &recipe[..recipe.find("[[rung]]\nname = \"trees\"").unwrap()]);
    place.call(&["run", "r.toml", "--out", "m", "-q"]).ok();
    let scores = place.read("m/scores.json");
    let model = place.read("m/rungs/response.gyeol");
    let said =
        place.call(&["update", "m/rungs/response.gyeol", "new.csv", "-o", "u.gyeol", "--json"]).ok().json();
    assert_eq!(
        (&said["from"], &said["until"]),
        (&"2023-01-01T00:00:00".into(), &"2023-02-20T00:00:00".into())
    );
    assert_ne!(place.read("u.gyeol"), model);
    // The same rows again give the same bytes.
    place.call(&["update", "m/rungs/response.gyeol", "new.csv", "-o", "v.gyeol", "-q"]).ok();
    assert_eq!(place.read("u.gyeol"), place.read("v.gyeol"));
    let known = hourly(1212);
    place.write(
        "known.csv",
        known
            .lines()
            .enumerate()
            .map(|(i, l)| match i {
                1201.. => format!("{},,{}\n", l.split(',').next().unwrap(), l.split(',').nth(2).unwrap()),
                _ => format!("{l}\n"),
            })
            .collect::<String>(),
    );
    let of = |model: &str| {
        place.call(&["predict", model, "known.csv", "--json"]).ok().json()["rows"][0]["value"].clone()
    };
    assert_ne!(of("u.gyeol"), of("m/rungs/response.gyeol"));
    let few: String = text.lines().take(1).chain(text.lines().skip(901)).map(|l| format!("{l}\n")).collect();
    place.write("few.csv", few);
    place
        .call(&["update", "m/rungs/response.gyeol", "few.csv", "-o", "w.gyeol"])
        .failed(&["few.csv", "whole history"]);
    place
        .call(&["update", "m/rungs/last-value.gyeol", "new.csv", "-o", "w.gyeol"])
        .failed(&["nothing to fit"]);
    assert!(!place.at("w.gyeol").exists());
    // A run may do so at its end; its scores are those of the fit that was judged.
    place.call(&["run", "r.toml", "--out", "n", "-q", "--refit"]).ok();
    let without = |bytes: Vec<u8>| crate::common::timeless(serde_json::from_slice(&bytes).unwrap());
    assert_eq!(without(place.read("n/scores.json")), without(scores));
    let best = place.json("n/scores.json")["best"].as_str().unwrap().to_owned();
    assert_ne!(place.read("n/model.gyeol"), place.read(&format!("n/rungs/{best}.gyeol")));
}

#[test]
fn a_column_that_a_run_left_out_stays_out_when_its_model_is_fitted_again() {
    let place = Place::new();
    // A gauge that was read now and then: no window could look back on it.
    let text = hourly(900);
    let gauged = text.lines().enumerate().map(|(i, l)| match i {
        0 => format!("{l},gauge\n"),
        i if i % 50 == 0 => format!("{l},{i}\n"),
        _ => format!("{l},\n"),
    });
    place.write("load.csv", gauged.collect::<String>());
    let recipe = RECIPE.replace("known = [\"temperature\"]", "past = [\"temperature\", \"gauge\"]");
    place.write("r.toml", &recipe[..recipe.find("[[rung]]\nname = \"trees\"").unwrap()]);
    let said = place.call(&["run", "r.toml", "--out", "m", "--refit"]).ok().err;
    assert!(said.contains("'gauge' is left out") && said.contains("is fitted on"), "{said}");
    place.call(&["predict", "m/model.gyeol", "load.csv"]).ok();
}
