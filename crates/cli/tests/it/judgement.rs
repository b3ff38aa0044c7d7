//! What is said of data that cannot carry a verdict, and of readings that a model does not know.

use crate::common::{self, Place, reading, stamp};

const CHEAP: &str = "[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"seasonal-naive:day\"\nseason = 24\n[[rung]]\nname = \"linear\"\n";

/// `gyeol init` of a table, and the cheap rungs.
fn recipe(place: &Place, table: &str) -> String {
    place.call(&["init", table, "-o", "r.toml"]).ok();
    let text = String::from_utf8(place.read("r.toml")).unwrap();
    place.write("r.toml", format!("{text}\n{CHEAP}"));
    text
}

#[test]
fn a_short_meter_shortens_nothing_and_is_left_out_by_name() {
    let place = Place::new();
    let mut text = "unique_id,ds,y\n".to_string();
    for (meter, rows) in [("north", 900), ("south", 900), ("late", 10), ("still", 900)] {
        for i in 900 - rows..900 {
            let value = if meter == "still" { 7.0 } else { reading(i as f64, meter.len() as u64) };
            text += &format!("{meter},{},{value:.2}\n", stamp(i * 60));
        }
    }
    place.write("t.csv", text);
    let recipe = recipe(&place, "t.csv");
    assert!(recipe.contains("look_back = 168") && recipe.contains("horizon = 24"), "{recipe}");
    let run = place.call(&["run", "r.toml", "--out", "out"]).ok();
    for left in ["Series 'late' is left out", "Series 'still' is left out"] {
        assert!(run.err.contains(left), "{run:#?}");
    }
    assert_eq!(place.json("out/scores.json")["data"]["series"], 2);
    let forecast = place.call(&["predict", "out/model.gyeol", "t.csv", "--json"]).ok();
    assert!(forecast.err.contains("series 'late' is left out, as it was when the model was fitted"));
    let rows = forecast.json()["rows"].as_array().unwrap().len();
    assert_eq!(rows, 2 * 24);
}

#[test]
fn a_long_hole_stops_neither_a_run_nor_its_nets() {
    let place = Place::new();
    let table = common::hourly(900);
    // Thirteen days, no longer filled than to the limit of filling, and the first two rows.
    let kept = |i: usize| !(200..512).contains(&i) && i != 1 && i != 2;
    let lines: Vec<&str> = table.lines().enumerate().filter(|(i, _)| kept(*i)).map(|(_, l)| l).collect();
    place.write("load.csv", lines.join("\n"));
    place.call(&["init", "load.csv", "-o", "r.toml"]).ok();
    let text = String::from_utf8(place.read("r.toml")).unwrap();
    let text = text.replace("look_back = 168", "look_back = 48");
    place.write("r.toml", format!("{text}\n{}", common::RUNGS));
    let run = place.call(&["run", "r.toml", "--out", "out"]).ok();
    assert!(run.err.contains("Windows that touch a missing reading are left out"), "{run:#?}");
    let scores = place.json("out/scores.json");
    for rung in scores["rungs"].as_array().unwrap() {
        assert!(rung["test"]["mae"]["value"].as_f64().unwrap() > 0.0, "{rung}");
    }
}

#[test]
fn too_little_to_judge_by_gives_no_interval_and_no_ranking() {
    let place = Place::new();
    place.write("t.csv", common::hourly(10));
    let run = place.call(&["run", "t.csv", "--quick", "--out", "out"]).ok();
    let said = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("fewer than eight give no interval and no ranking"), "{run:#?}");
    let scores = place.json("out/scores.json");
    for rung in scores["rungs"].as_array().unwrap() {
        let mae = &rung["test"]["mae"];
        assert!(mae["value"].is_number() && mae["low"].is_null() && mae["high"].is_null(), "{mae}");
        assert!(!rung["name"].as_str().unwrap().starts_with("seasonal-naive"), "no day in ten hours");
    }
}

#[test]
fn windows_of_the_fit_are_counted_and_readings_of_another_unit_are_said() {
    let place = common::climbed();
    let all = place.call(&["evaluate", "out/model.gyeol", "load.csv", "--json"]).ok().json();
    let (seen, windows) = (all["seen"].as_u64().unwrap(), all["windows"].as_u64().unwrap());
    assert!(0 < seen && seen < windows, "{all}");
    let said = place.call(&["evaluate", "out/model.gyeol", "load.csv"]).ok().out;
    assert!(said.contains("lie in the span that the model learnt from"), "{said}");
    let from = stamp(39 * 24 * 60);
    let test =
        place.call(&["evaluate", "out/model.gyeol", "load.csv", "--from", &from, "--json"]).ok().json();
    assert_eq!((&test["seen"], test["warnings"].as_array().unwrap().len()), (&0.into(), 0));
    let kilo = common::hourly(common::HOURS).lines().enumerate().fold(String::new(), |text, (i, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        let load =
            if i == 0 { cells[1].into() } else { format!("{}", cells[1].parse::<f64>().unwrap() * 1000.0) };
        text + &format!("{},{load},{}\n", cells[0], cells[2])
    });
    place.write("kw.csv", kilo);
    let forecast = place.call(&["predict", "out/model.gyeol", "kw.csv", "--json"]).ok();
    assert!(forecast.err.contains("'load': 48 of the 48 readings"), "{forecast:#?}");
    assert_eq!(forecast.json()["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_column_that_is_rarely_read_is_left_out_by_name_and_stops_nothing() {
    let place = Place::new();
    let mut text = "time,load,temperature,wind\n".to_string();
    for i in 0..900 {
        // Read in one week of three; and for the last two of the hours.
        let wind =
            if i / 168 % 3 == 0 || i > 897 { format!("{:.1}", reading(i as f64, 4)) } else { String::new() };
        let (load, warm) = (reading(i as f64, 1), reading(i as f64, 2));
        text += &format!("{},{load:.2},{warm:.1},{wind}\n", stamp(i * 60));
    }
    place.write("load.csv", text);
    let columns = "[columns]\ntargets = [\"load\"]\npast = [\"temperature\", \"wind\"]\n";
    place.write("r.toml", format!("[data]\nfile = \"load.csv\"\n{columns}{}{CHEAP}", common::FORECAST));
    let run = place.call(&["run", "r.toml", "--out", "out"]).ok();
    assert!(run.err.contains("Column 'wind' is left out: its missing readings touch"), "{run:#?}");
    assert!(!run.err.contains("'temperature' is left out"), "{run:#?}");
    let model = place.call(&["show", "out/model.gyeol"]).ok().out;
    assert!(!model.contains("wind"), "{model}");
    place.call(&["predict", "out/model.gyeol", "load.csv"]).ok();
}
