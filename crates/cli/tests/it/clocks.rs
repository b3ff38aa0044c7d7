//! Tables on every kind of clock: the recipe that `init` writes is run untouched, and so is the table itself.

use crate::common::{self, Place, reading, stamp};
use chrono::{Duration, TimeZone};

/// `init`, `run` of the recipe as written, `predict`; gives the recipe.
fn climbs(table: &str, step: &str, horizon: usize) -> (Place, toml::Table) {
    climbs_with(table, &[], step, horizon)
}

fn climbs_with(table: &str, options: &[&str], step: &str, horizon: usize) -> (Place, toml::Table) {
    let place = Place::new();
    place.write("table.csv", table);
    place.call(&[&["init", "table.csv", "-o", "r.toml"], options].concat()).ok();
    let written = String::from_utf8(place.read("r.toml")).unwrap();
    let recipe: toml::Table = written.parse().unwrap();
    assert_eq!(recipe["forecast"]["horizon"].as_integer(), Some(horizon as i64));
    // The ladder without its costlier nets, which other tests climb; everything above is as written.
    let few = "\n[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"linear\"\n[[rung]]\nname = \"gru\"\nhidden = 4\n\
        head = 4\nepochs = 1\nmembers = 1\nbase = false\n";
    place.write("few.toml", written.clone() + few);
    place.call(&["run", "few.toml", "--out", "out", "-q"]).ok();
    let page = String::from_utf8(place.read("out/report.html")).unwrap();
    assert!(page.contains("</html>") && !page.contains("NaN"), "a page with holes");
    let scores = place.json("out/scores.json");
    assert_eq!(scores["horizon"], horizon);
    assert!(scores["denominator"]["windows"].as_u64().unwrap() >= 5, "{}", scores["denominator"]);
    let bundle = place.call(&["predict", "out/model.gyeol", "table.csv", "--json"]).ok().json();
    assert_eq!(bundle["rows"].as_array().unwrap().len() % horizon, 0);
    let profile = place.call(&["inspect", "few.toml", "--json"]).ok().json();
    if !step.is_empty() {
        assert_eq!(profile["clock"]["step"], step);
    }
    (place, recipe)
}

fn table(head: &str, rows: usize, row: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("{head}\n{}\n", rows.join("\n"))
}

/// Readings of a shape that repeats every `period` rows.
fn shape(i: usize, period: f64) -> f64 {
    reading(i as f64 * 24.0 / period, 3)
}

#[test]
fn a_daily_table_is_forecast_a_week_ahead() {
    let day = |i: usize| stamp(i as i64 * 1440)[..10].to_string();
    let (place, _) =
        climbs(&table("date,sales", 400, |i| format!("{},{:.2}", day(i), shape(i, 7.0))), "1 day", 7);
    let forecast = place.call(&["predict", "out/model.gyeol", "table.csv"]).ok().out;
    assert!(forecast.lines().nth(1).unwrap().starts_with("2024-02-05"), "{forecast}");
}

#[test]
fn a_half_hourly_table_is_forecast_a_day_ahead() {
    climbs(
        &table("time,load", 24 * 48, |i| format!("{},{:.2}", stamp(i as i64 * 30), shape(i, 48.0))),
        "30 min",
        48,
    );
}

#[test]
fn a_quarter_hourly_table_is_forecast_a_day_ahead() {
    let rows = 21 * 96;
    climbs(
        &table("time,load", rows, |i| format!("{},{:.2}", stamp(i as i64 * 15), shape(i, 96.0))),
        "15 min",
        96,
    );
}

#[test]
fn a_monthly_table_is_forecast_by_calendar_months() {
    let month = |i: usize| format!("{}-{:02}", 2000 + i / 12, i % 12 + 1);
    let text = table("month,passengers", 240, |i| format!("{},{:.1}", month(i), shape(i, 12.0)));
    let (place, _) = climbs(&text, "1 month", 12);
    let forecast = place.call(&["predict", "out/model.gyeol", "table.csv"]).ok().out;
    let times: Vec<&str> = forecast.lines().skip(1).map(|l| &l[..7]).collect();
    assert_eq!((times[0], times[1], times[11]), ("2020-01", "2020-02", "2020-12"));
}

#[test]
fn a_table_with_a_counter_is_forecast_in_rows() {
    let (place, recipe) =
        climbs(&table("n,value", 600, |i| format!("{},{:.2}", i + 1, shape(i, 24.0))), "", 24);
    assert_eq!(recipe["calendar"]["features"].as_bool(), Some(false));
    assert_eq!(recipe["forecast"]["seasons"][0].as_integer(), Some(24));
    let forecast = place.call(&["predict", "out/model.gyeol", "table.csv"]).ok().out;
    assert!(forecast.lines().nth(1).unwrap().starts_with("601,value,"), "{forecast}");
}

#[test]
fn without_a_clock_the_season_is_found_in_the_readings() {
    // 144 months by number only, with a trend: a year is repeated, and forecast as far as the rows allow.
    let text = table("t,value", 144, |i| format!("{i},{:.1}", shape(i, 12.0) + i as f64));
    let (_, recipe) = climbs(&text, "", 12);
    assert_eq!(recipe["forecast"]["seasons"].as_array().unwrap().len(), 1);
    assert_eq!(recipe["forecast"]["seasons"][0].as_integer(), Some(12));
}

#[test]
fn without_a_clock_no_column_is_taken_as_known_ahead() {
    let text = table("flow,level", 600, |i| format!("{:.2},{:.2}", shape(i, 24.0), shape(i, 12.0)));
    let (_, recipe) = climbs(&text, "", 24);
    assert_eq!(recipe["columns"]["past"][0].as_str(), Some("flow"));
    assert!(recipe["columns"].get("known").is_none());
}

#[test]
fn several_series_with_an_id_are_found_out() {
    let mut text = "time,meter,power_kw,heat_kw\n".to_string();
    for (k, meter) in ["north", "south"].iter().enumerate() {
        for i in 0..600 {
            let at = |seed| reading(i as f64, seed) * (k + 1) as f64;
            text += &format!("{},{meter},{:.2},{:.2}\n", stamp(i * 60), at(1), at(2));
        }
    }
    let (place, recipe) = climbs(&text, "1 h", 24);
    assert_eq!(recipe["columns"]["id"].as_str(), Some("meter"));
    assert_eq!(place.json("out/scores.json")["data"]["series"], 2);
}

#[test]
fn local_times_across_both_changes_of_the_clock_keep_every_hour() {
    let zone = gyeol_data::clock::zone("Europe/Berlin").unwrap();
    let begin = chrono::Utc.with_ymd_and_hms(2023, 3, 10, 0, 0, 0).unwrap();
    // Local times as a meter prints them: 26 March lacks an hour, 29 October has one twice.
    let rows = 240 * 24;
    let local = |i: usize| (begin + Duration::hours(i as i64)).with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let text = table("time,load", rows, |i| format!("{},{:.2}", local(i), reading(i as f64, 1)));
    let (place, recipe) = climbs_with(&text, &["--zone", "Europe/Berlin"], "1 h", 24);
    assert_eq!(recipe["data"]["zone"].as_str(), Some("Europe/Berlin"));
    assert!(recipe.get("clean").is_none(), "with its zone the clock is whole: {recipe}");
    assert_eq!(place.json("out/scores.json")["data"]["rows"], rows);
    let forecast = place.call(&["predict", "out/model.gyeol", "table.csv"]).ok().out;
    assert!(forecast.lines().nth(1).unwrap().starts_with("2023-11-05T01:00:00+01:00,"), "{forecast}");
    // Without the zone the table is mended and runs too.
    place.call(&["init", "table.csv", "-o", "plain.toml", "-q"]).ok();
    let plain = String::from_utf8(place.read("plain.toml")).unwrap();
    assert!(plain.contains("\nop = \"regular-clock\"") && plain.contains("\nop = \"deduplicate\""));
    place.write("plain.toml", plain + "\n[[rung]]\nname = \"seasonal-naive:day\"\nseason = 24\n");
    place.call(&["run", "plain.toml", "--out", "plain", "-q"]).ok();
}

#[test]
fn a_table_is_climbed_without_a_recipe() {
    let place = Place::new();
    let month = |i: usize| format!("{}-{:02}-01", 1949 + i / 12, i % 12 + 1);
    place.write("monthly.csv", table("month,value", 144, |i| format!("{},{:.1}", month(i), shape(i, 12.0))));
    place.call(&["run", "monthly.csv", "--quick", "--out", "out", "--threads", "1", "-q"]).ok();
    assert!(place.at("out/report.html").is_file());
    place.call(&["init", "monthly.csv", "-o", "r.toml", "-q"]).ok();
    place.call(&["run", "r.toml", "--quick", "--out", "again", "--threads", "1", "-q"]).ok();
    let scores = |out: &str| common::timeless(place.json(&format!("{out}/scores.json")));
    assert_eq!(scores("out"), scores("again"));
}
