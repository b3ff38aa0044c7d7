//! Leaks planted in tables and recipes: each is refused, or said with its code, by the run itself. Those that cannot have an effect by
//! construction are proven in `crates/forecast/tests/it/leaks.rs`.

use std::fmt::Write as _;

use chrono::{Duration, NaiveDate, NaiveDateTime, Timelike};
use gyeol_ladder::recipe::AnyRecipe;
use gyeol_ladder::{Climb, run};
use gyeol_tensor::Pool;
use serde_json::Value;

const ROWS: usize = 24 * 60;

/// A load with a day, a week and weather in it, and the weather.
fn load() -> (Vec<f64>, Vec<f64>) {
    let mut rng = gyeol_tensor::Rng::new(5);
    let (mut weather, mut own) = (0.0, 0.0);
    (0..ROWS)
        .map(|i| {
            weather = 0.97 * weather + rng.normal();
            own = 0.7 * own + rng.normal();
            let day = (i as f64 * std::f64::consts::TAU / 24.0).sin();
            let week = if i / 24 % 7 >= 5 { -40.0 } else { 0.0 };
            (1000.0 + 120.0 * day + week + 8.0 * weather + 6.0 * own, 12.0 + 4.0 * day + weather)
        })
        .unzip()
}

fn stamp(i: usize) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2023, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap() + Duration::hours(i as i64)
}

fn line(out: &mut String, i: usize, cells: &[f64]) {
    let _ = write!(out, "{}", stamp(i).format("%Y-%m-%d %H:%M"));
    cells.iter().for_each(|c| {
        let _ = write!(out, ",{c:.4}");
    });
    out.push('\n');
}

/// A table of the load and one more column.
fn with(column: &[f64]) -> String {
    let (load, _) = load();
    let mut out = "time,load,other\n".to_owned();
    (0..ROWS).for_each(|i| line(&mut out, i, &[load[i], column[i]]));
    out
}

/// What a run of a table says: `scores.json`, or the code of what stopped it.
fn ran(table: &str, recipe: &str) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), table).unwrap();
    let text = format!(
        "[data]\nfile = \"t.csv\"\n{recipe}\n[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"linear\"\n"
    );
    let recipe =
        AnyRecipe::parse(&text, "t.toml").map_err(|e| gyeol_base::Error::from(e).code().to_owned())?;
    let options = Climb { out: folder.path().join("out"), ..Climb::default() };
    let outcome = run(&recipe, Some(folder.path()), &options, &Pool::new(1), &mut ())
        .map_err(|e| e.code().to_owned())?;
    Ok(serde_json::from_str(&std::fs::read_to_string(outcome.scores).unwrap()).unwrap())
}

const COLUMNS: &str = "[columns]\ntime = \"time\"\ntargets = [\"load\"]\n";
const SHORT: &str = "[forecast]\nlook_back = 48\nhorizon = 12\n";

fn codes(scores: &Value) -> Vec<String> {
    let said = scores["warnings"].as_array().cloned().unwrap_or_default();
    said.iter().map(|w| w["code"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The codes of a run with the second column in a role.
fn said(column: &[f64], role: &str) -> Vec<String> {
    let recipe = format!("{COLUMNS}{role} = [\"other\"]\n{SHORT}");
    codes(&ran(&with(column), &recipe).unwrap())
}

#[test]
fn columns_that_know_what_comes_are_named() {
    let (load, weather) = load();
    let later = |rows: usize| -> Vec<f64> { (0..ROWS).map(|i| load[(i + rows).min(ROWS - 1)]).collect() };
    let has = |found: Vec<String>, code: &str| assert!(found.iter().any(|c| c == code), "{code}: {found:?}");
    // 1, 2: the target of the next row, and of the next day.
    has(said(&later(1), "past"), "leakage");
    has(said(&later(24), "past"), "leakage");
    // 3: a centred mean.
    let centred: Vec<f64> = (0..ROWS)
        .map(|i| &load[i.saturating_sub(3)..(i + 4).min(ROWS)])
        .map(|of| of.iter().sum::<f64>() / of.len() as f64)
        .collect();
    let found = said(&centred, "past");
    assert!(found.iter().any(|c| c == "leakage" || c == "foresight"), "{found:?}");
    // 4: the target of the next row with noise upon it.
    let mut rng = gyeol_tensor::Rng::new(9);
    let noisy: Vec<f64> = later(1).iter().map(|v| v + 3.0 * rng.normal()).collect();
    let found = said(&noisy, "past");
    assert!(found.iter().any(|c| c == "leakage" || c == "foresight"), "{found:?}");
    // 5: a function of the target that is known ahead.
    let function: Vec<f64> = load.iter().map(|v| (v / 500.0).ln()).collect();
    let found = said(&function, "known");
    assert!(found.iter().any(|c| c == "leakage" || c == "foresight"), "{found:?}");
    // What is no leak is not called one: weather measured, or forecast.
    for role in ["past", "known"] {
        let found = said(&weather, role);
        assert!(!found.iter().any(|c| c == "leakage" || c == "foresight"), "{role}: {found:?}");
    }
}

#[test]
fn cleaning_by_what_all_rows_hold_is_no_cleaning_that_is_known() {
    // 6: bounds by a quantile of all rows.
    let (_, weather) = load();
    let clip = "[[clean]]\nop = \"clip\"\ncolumns = [\"load\"]\nhigh_quantile = 0.99\n";
    assert_eq!(ran(&with(&weather), &format!("{COLUMNS}{SHORT}{clip}")).unwrap_err(), "unknown-key");
}

#[test]
fn corrections_that_came_later_are_named_unless_their_moment_is_known() {
    // 7: twenty hours of the test part stand again, corrected, at the end of the table.
    let (load, _) = load();
    let mut out = "time,load,published\n".to_owned();
    let row = |out: &mut String, i: usize, value: f64, published: usize| {
        let (at, known) = (stamp(i).format("%Y-%m-%d %H:%M"), stamp(published).format("%Y-%m-%d %H:%M"));
        let _ = writeln!(out, "{at},{value:.3},{known}");
    };
    (0..ROWS).for_each(|i| row(&mut out, i, load[i], i + 1));
    (1300..1320).for_each(|i| row(&mut out, i, load[i] + 50.0, i + 100));
    let clean = |keep: &str| {
        format!("[[clean]]\nop = \"deduplicate\"\nkeep = \"{keep}\"\n[[clean]]\nop = \"sort\"\n")
    };
    let of = |keep: &str, more: &str| ran(&out, &format!("{COLUMNS}{SHORT}{more}{}", clean(keep))).unwrap();
    for keep in ["last", "mean"] {
        let found = codes(&of(keep, ""));
        assert!(found.iter().any(|c| c == "late-correction"), "{keep}: {found:?}");
    }
    assert!(!codes(&of("first", "")).iter().any(|c| c == "late-correction"));
    let told = of("last", "[available]\nload = { column = \"published\" }\n");
    assert!(!codes(&told).iter().any(|c| c == "late-correction"), "{:?}", codes(&told));
    // Origins that look back on a corrected row before its correction came are left out, and counted.
    let late = told["available"]["late"].as_u64().unwrap();
    assert!((100..200).contains(&late), "{late}");
}

#[test]
fn rows_that_stand_twice_or_out_of_order_stop_the_run() {
    let (load, weather) = load();
    let plain = with(&weather);
    let recipe = format!("{COLUMNS}{SHORT}");
    // 8: rows of the training part once more among those of the test part.
    let lines: Vec<&str> = plain.lines().collect();
    let again = [&lines[..1200], &lines[100..140], &lines[1200..]].concat().join("\n");
    assert!(matches!(ran(&again, &recipe).unwrap_err().as_str(), "unsorted-stamps" | "repeated-stamp"));
    // 9: the last weeks first, so that a cut by rows would fit on them.
    let turned = [&lines[..1], &lines[1000..], &lines[1..1000]].concat().join("\n");
    assert_eq!(ran(&turned, &recipe).unwrap_err(), "unsorted-stamps");
    // Sorted, it is the table that it was.
    let mae = |scores: &Value| scores["rungs"][1]["test"]["mae"]["value"].as_f64().unwrap();
    let sorted = ran(&turned, &format!("{recipe}[[clean]]\nop = \"sort\"\n")).unwrap();
    assert_eq!(mae(&sorted), mae(&ran(&plain, &recipe).unwrap()));
    // 10: the hour of autumn that comes twice, without a zone to tell the two apart.
    let mut autumn = "time,load\n".to_owned();
    let begin = NaiveDate::from_ymd_opt(2023, 10, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    for i in 0..24 * 50i64 {
        let t = begin + Duration::hours(i);
        let _ = writeln!(autumn, "{},{:.3}", t.format("%Y-%m-%d %H:%M"), load[i as usize]);
        if t.date() == NaiveDate::from_ymd_opt(2023, 10, 29).unwrap() && t.hour() == 2 {
            let _ = writeln!(autumn, "{},{:.3}", t.format("%Y-%m-%d %H:%M"), load[i as usize] + 1.0);
        }
    }
    assert_eq!(ran(&autumn, &recipe).unwrap_err(), "repeated-stamp");
}

#[test]
fn an_id_made_of_the_target_makes_no_series() {
    // 11: whether the load is high, as the name of a series.
    let (load, _) = load();
    let mut out = "time,load,level\n".to_owned();
    for (i, v) in load.iter().enumerate() {
        let level = if *v > 1000.0 { "high" } else { "low" };
        let _ = writeln!(out, "{},{v:.3},{level}", stamp(i).format("%Y-%m-%d %H:%M"));
    }
    let recipe = format!("{COLUMNS}id = \"level\"\n{SHORT}");
    assert_eq!(ran(&out, &recipe).unwrap_err(), "gap-in-clock");
    // Holes made of it leave no window either.
    let holes = format!("{recipe}[[clean]]\nop = \"regular-clock\"\n");
    assert_eq!(ran(&out, &holes).unwrap_err(), "missing-value");
}

#[test]
fn a_list_of_holidays_made_of_the_target_is_asked_about() {
    let (mut load, _) = load();
    let days = ROWS / 24;
    // Six days of the last weeks on which little was drawn, for no reason that a calendar has.
    let low = [44, 47, 50, 52, 55, 58];
    for day in low {
        load[24 * day..24 * (day + 1)].iter_mut().for_each(|v| *v -= 150.0);
    }
    let mut out = "time,load\n".to_owned();
    (0..ROWS).for_each(|i| line(&mut out, i, &[load[i]]));
    let of = |days: &[usize]| {
        let dates: Vec<String> = days.iter().map(|d| stamp(24 * d).format("%Y-%m-%d").to_string()).collect();
        let recipe = format!("{COLUMNS}{SHORT}[calendar]\nholidays = [{}]\n", dates.join(", "));
        codes(&ran(&out, &recipe).unwrap())
    };
    assert!(of(&low).iter().any(|c| c == "holidays-from-target"));
    assert!(!of(&[43, 46, 49, 51, 54, 57]).iter().any(|c| c == "holidays-from-target"));
    assert!(days > 58);
}

#[test]
fn a_delay_is_said_and_costs_what_it_costs() {
    let (_, weather) = load();
    let table = with(&weather);
    let base = format!("{COLUMNS}past = [\"other\"]\n{SHORT}");
    let mae = |scores: &Value| scores["rungs"][1]["test"]["mae"]["value"].as_f64().unwrap();
    let (now, late) = (
        ran(&table, &base).unwrap(),
        ran(&table, &format!("{base}[available]\nload = \"36 h\"\nother = \"day at 09:00\"\n")).unwrap(),
    );
    assert!(codes(&late).contains(&"available".to_owned()));
    assert_eq!(late["available"]["gap"], 36);
    assert_eq!(late["available"]["rules"]["other"], "day at 09:00");
    assert!(now.get("available").is_none());
    assert!(mae(&late) > 1.1 * mae(&now), "{} {}", mae(&late), mae(&now));
    for (text, code) in [
        ("load = \"soon\"", "wrong-value"),
        ("lod = \"1 h\"", "no-such-column"),
        ("load = \"2000 h\"", "too-late"),
        ("load = { column = \"nowhere\" }", "no-such-column"),
    ] {
        assert_eq!(ran(&table, &format!("{base}[available]\n{text}\n")).unwrap_err(), code, "{text}");
    }
    let known = base.replace("past", "known");
    let known = format!("{known}[available]\nother = \"1 h\"\n");
    assert_eq!(ran(&table, &known).unwrap_err(), "known-has-no-delay");
}

#[test]
fn a_forecast_of_the_weather_is_read_only_where_it_was_out() {
    // Each hour of the weather is forecast a day, half a day and one hour before it, better and better.
    let (load, weather) = load();
    let table = |late: f64| {
        let mut out = "time,load,other,issued\n".to_owned();
        for i in 24..ROWS {
            for (before, off) in [(24, 0.5), (12, 0.2), (1, late)] {
                let (at, issued) =
                    (stamp(i).format("%Y-%m-%d %H:%M"), stamp(i - before).format("%Y-%m-%d %H:%M"));
                let _ =
                    writeln!(out, "{at},{:.3},{:.4},{issued}", load[i], weather[i] + off * (i as f64).sin());
            }
        }
        out
    };
    let recipe = format!("{COLUMNS}known = [\"other\"]\n{SHORT}");
    let issued = format!("{recipe}[available]\nother = {{ column = \"issued\" }}\n");
    let test = |scores: &Value| scores["rungs"][1]["test"].clone();
    let known = ran(&table(0.0), &issued).unwrap();
    // What was issued later than the earliest origin that reads the hour may say anything.
    assert_eq!(test(&known), test(&ran(&table(77.0), &issued).unwrap()));
    assert_ne!(
        test(&known),
        test(&ran(&table(0.0), &issued.replace("horizon = 12", "horizon = 20")).unwrap())
    );
    // A horizon that no forecast was out for leaves nothing to read, and the column is left out.
    let far = issued.replace("horizon = 12", "horizon = 30").replace("look_back = 48", "look_back = 24");
    let found = codes(&ran(&table(0.0), &far).unwrap());
    for code in ["no-forecast-in-time", "column-left-out"] {
        assert!(found.iter().any(|c| c == code), "{found:?}");
    }
    // Without a word on it the table is refused, and so is taking the last.
    assert_eq!(ran(&table(0.0), &recipe).unwrap_err(), "repeated-stamp");
    let last = format!("{recipe}[[clean]]\nop = \"deduplicate\"\nkeep = \"last\"\n");
    assert_eq!(ran(&table(0.0), &last).unwrap_err(), "several-forecasts");
}
