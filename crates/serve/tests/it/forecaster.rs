//! A real forecaster behind the server.

use crate::common::Server;
use crate::power;
use gyeol_serve::ServeOptions;
use serde_json::json;

fn server() -> Server {
    Server::start(vec![power::model("power")], ServeOptions::default())
}

#[test]
fn its_sample_is_continued_with_the_hours_of_the_day_before() {
    let server = server();
    let sample = server.get("/v1/sample");
    assert_eq!(sample.status, 200, "{}", sample.body);
    let answer = server.csv(&sample.body).value();
    let rows = answer["forecast"].as_array().unwrap();
    assert_eq!(rows.len(), 24);
    // By hand from the sample: the readings of the last 24 rows, an hour of the next day each.
    let lines: Vec<Vec<&str>> = sample.body.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let yesterday = &lines[lines.len() - 24..];
    for (row, line) in rows.iter().zip(yesterday) {
        let load: f64 = line[1].parse().unwrap();
        assert!((row["value"].as_f64().unwrap() - load).abs() < 1e-6 * load, "{row} {line:?}");
        assert!(row["low"].as_f64() < row["value"].as_f64() && row["value"].as_f64() < row["high"].as_f64());
        assert_eq!(row["time"].as_str().unwrap()[11..], line[0][11..], "the same hour");
    }
    assert_eq!(rows[0]["time"], "2015-01-01T00:00:00");
}

#[test]
fn it_says_what_it_wants() {
    let model = &server().get("/v1/models").value()["models"][0];
    assert_eq!(model["rung"], "seasonal-naive");
    assert_eq!((&model["targets"], &model["past"]), (&json!(["load"]), &json!(["temperature"])));
    assert_eq!(
        (&model["step"], &model["horizon"], &model["look_back"]),
        (&json!("1 h"), &json!(24), &json!(24))
    );
    assert_eq!((&model["interval"], &model["unit"]), (&json!(0.9), &json!("MW")));
}

#[test]
fn its_refusals_have_their_own_codes() {
    let server = server();
    let sample = server.get("/v1/sample").body;
    let rows = |count: usize| sample.lines().take(count + 1).collect::<Vec<_>>().join("\n");
    server.csv(&rows(20)).error(422, "too-short");
    let every_other = sample.lines().enumerate().filter(|(line, _)| line % 2 == 0).map(|(_, line)| line);
    server.csv(&every_other.collect::<Vec<_>>().join("\n")).error(422, "other-step");
    // A hole of a day is longer than this model's cleaning mends, and in what it looks back on.
    let lines: Vec<&str> = sample.lines().collect();
    let end = lines.len() - 6;
    let hole = [&lines[..end - 24], &lines[end..]].concat().join("\n");
    let error = server.csv(&hole).error(422, "missing-value");
    assert_eq!(error["column"], "load");
    // A short one is mended.
    let hole = [&lines[..200], &lines[203..]].concat().join("\n");
    assert_eq!(server.csv(&hole).status, 200);
}

#[test]
fn quantiles_and_rows_ahead_come_in_json() {
    let server = Server::start(vec![power::known("known", &[0.1, 0.5, 0.975])], ServeOptions::default());
    assert_eq!(server.get("/v1/models").value()["models"][0]["quantiles"], json!([0.1, 0.5, 0.975]));
    let rows = |range: std::ops::Range<usize>| -> Vec<serde_json::Value> {
        let row = |i: usize| json!({ "time": format!("2020-03-{:02}T{:02}:00", 1 + i / 24, i % 24), "load": 50.0 + i as f64, "temperature": 40 });
        range.map(row).collect()
    };
    let ahead: Vec<_> = (240..264)
        .map(|i| json!({ "time": format!("2020-03-{:02}T{:02}:00", 1 + i / 24, i % 24), "temperature": 41 }))
        .collect();
    let ask = |body: &serde_json::Value| server.post("/v1/forecast", "application/json", body.to_string());
    let without = ask(&json!({ "readings": rows(0..240) })).error(422, "missing-value");
    assert!(without["next"].as_str().unwrap().contains("rows ahead"), "{without}");
    let answer = ask(&json!({ "readings": rows(0..240), "ahead": ahead })).value();
    let found = answer["forecast"].as_array().unwrap();
    assert_eq!((found.len(), &found[0]["time"]), (24, &json!("2020-03-11T00:00:00")));
    for row in found {
        let number = |key: &str| row[key].as_f64().unwrap();
        assert!(
            number("q10") < number("q50")
                && number("q50") == number("value")
                && number("value") < number("q97.5")
        );
    }
    let verb = server.post(
        "/v1/models/known/forecast",
        "application/json",
        json!({ "readings": rows(0..240), "ahead": ahead }).to_string(),
    );
    assert_eq!(verb.value()["forecast"], answer["forecast"]);
    let short = ask(&json!({ "readings": rows(0..240), "ahead": ahead[..20] })).error(422, "ahead-too-short");
    assert_eq!((&short["file"], &short["column"]), (&json!("ahead"), &json!("temperature")));
    assert!(
        short["found"].as_str().unwrap().contains("4 of the 24 rows ahead, first at 2020-03-11 20:00"),
        "{short}"
    );
    ask(&json!({ "readings": rows(0..240), "ahead": [] })).error(422, "no-rows");
    ask(&json!({ "readings": rows(0..240), "ahead": 7 })).error(422, "wrong-shape");
    let other = self::server();
    let none = json!({ "readings": rows(0..240), "ahead": ahead }).to_string();
    other.post("/v1/forecast", "application/json", none).error(422, "nothing-ahead");
}
