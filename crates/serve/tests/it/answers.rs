//! What the server answers to good requests, over a real socket.

use std::io::{Read, Write};

use crate::common::{Repeat, Server, readings};
use gyeol_serve::ServeOptions;
use serde_json::{Value, json};

const ROWS: &str = r#"{"readings":[
    {"time":"2024-01-01T00:00","load":10,"temperature":0},
    {"time":"2024-01-01T01:00","load":11,"temperature":1},
    {"time":"2024-01-01T02:00","load":12.5,"temperature":null},
    {"time":"2024-01-01T03:00","load":13,"temperature":3}]}"#;

#[test]
fn rows_columns_and_csv_give_the_same_forecast() {
    let server = Server::usual();
    let rows = server.json(ROWS);
    assert_eq!(rows.status, 200, "{rows:?}");
    let answer = rows.value();
    assert_eq!(answer["model"], "repeat");
    assert_eq!(answer["unit"], "MW");
    assert_eq!(answer["interval"], 0.9);
    assert_eq!(answer["warnings"], json!([]));
    let expected = json!({
        "time": "2024-01-01T04:00:00", "ms": 1_704_081_600_000i64, "target": "load", "value": 13.0, "low": 12.0, "high": 14.0
    });
    assert_eq!(answer["forecast"][0], expected);
    assert_eq!(answer["forecast"].as_array().unwrap().len(), 3);

    let columns = r#"{"readings":{"time":["2024-01-01 00:00","2024-01-01 01:00","2024-01-01 02:00","2024-01-01 03:00"],
        "load":[10,11,12.5,13],"temperature":[0,1,null,3]}}"#;
    assert_eq!(server.json(columns).value(), answer);
    let csv = "time;load;temperature\n01.01.2024 00:00;10;0\n01.01.2024 01:00;11;1\n01.01.2024 02:00;12,5;\n01.01.2024 03:00;13;3\n";
    let from_csv = server.csv(csv).value();
    assert_eq!(from_csv["forecast"], answer["forecast"], "{from_csv}");
}

#[test]
fn a_zone_gives_times_an_offset_and_reads_those_without_one() {
    let model = Repeat { name: "zoned", delay: std::time::Duration::ZERO, zone: Some("America/New_York") };
    let server = Server::start(vec![model.named()], ServeOptions::default());
    let answer = server.json(ROWS).value();
    assert_eq!(answer["forecast"][0]["time"], "2024-01-01T04:00:00-05:00");
    assert_eq!(answer["forecast"][0]["ms"], 1_704_081_600_000i64 + 5 * 3_600_000);
    let with_offset = ROWS.replace(":00\"", ":00-05:00\"");
    assert_eq!(server.json(&with_offset).value()["forecast"], answer["forecast"]);
}

#[test]
fn columns_that_are_not_read_are_named() {
    let server = Server::usual();
    let answer = server.json(&ROWS.replace("\"load\":10,", "\"load\":10,\"note\":\"x\",")).value();
    assert!(answer["warnings"][0].as_str().unwrap().contains("'note' is not read"), "{answer}");
}

#[test]
fn models_are_chosen_by_name() {
    let server = Server::usual();
    let named = ROWS.replacen('{', "{\"model\":\"bare\",", 1);
    assert_eq!(server.json(&named).value()["model"], "bare");
    let by_address = server.post("/v1/forecast?model=bare", "text/csv; charset=utf-8", readings(5));
    assert_eq!(by_address.value()["model"], "bare");
}

#[test]
fn models_samples_health_and_metrics_answer() {
    let server = Server::usual();
    let models = server.get("/v1/models").value();
    assert_eq!(models["models"][0]["name"], "repeat");
    assert_eq!(models["models"][0]["look_back"], 4);
    assert_eq!(models["models"][0]["targets"], json!(["load"]));
    assert_eq!(server.get("/healthz").value(), json!({ "status": "ok" }));

    let sample = server.get("/v1/sample");
    assert!(
        sample.head.contains("text/csv")
            && sample.body.starts_with("time,load,temperature\n1970-01-01T00:00:00,100")
    );
    assert_eq!(server.csv(&sample.body).status, 200, "the sample is a right request");
    server.get("/v1/sample?model=bare").error(404, "no-sample");

    server.csv("nonsense");
    let metrics = server.get("/metrics").body;
    for line in [
        "gyeol_requests_total{route=\"/v1/forecast\",status=\"200\"} 1",
        "gyeol_requests_total{route=\"/v1/forecast\",status=\"422\"} 1",
        "gyeol_request_seconds_count{route=\"/v1/forecast\"} 2",
        "gyeol_request_seconds_bucket{route=\"/v1/forecast\",le=\"+Inf\"} 2",
        "gyeol_requests_in_flight 1",
        "gyeol_forecasts_total{model=\"repeat\"} 1",
        "gyeol_forecast_rows_total 3",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
}

#[test]
fn inspection_says_what_was_understood() {
    let server = Server::usual();
    let mut csv = readings(48);
    // A hole of two hours, and one reading missing.
    csv = csv
        .lines()
        .filter(|line| !line.starts_with("2024-01-01T10") && !line.starts_with("2024-01-01T11"))
        .fold(String::new(), |csv, line| csv + line + "\n");
    let csv = csv.replace(",30,20\n", ",,20\n");
    let seen = server.post("/v1/inspect", "text/csv", &csv).value();
    assert_eq!(seen["rows"], 46);
    assert_eq!(seen["clock"]["step"], "1 h");
    assert_eq!(seen["clock"]["gap_count"], 1);
    assert_eq!(seen["clock"]["missing_rows"], 2);
    assert_eq!(seen["clock"]["gaps"][0]["from"], "2024-01-01T10:00:00");
    let series = &seen["series"][0];
    assert_eq!(series["target"], "load");
    assert_eq!(series["value"].as_array().unwrap().len(), 46);
    assert_eq!(series["value"].as_array().unwrap().iter().filter(|value| value.is_null()).count(), 1);
    let load = seen["columns"].as_array().unwrap().iter().find(|column| column["name"] == "load").unwrap();
    assert_eq!((load["role"].as_str(), load["missing"].as_u64()), (Some("target"), Some(1)));
}

#[test]
fn the_page_comes_with_a_strict_policy_in_the_language_asked_for() {
    let server = Server::usual();
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<html lang=\"en\">") && page.body.contains("What comes next?"));
    for header in [
        "content-security-policy: default-src 'none'; script-src 'sha256-",
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "content-language: en",
    ] {
        assert!(page.head.contains(header), "{header}\n{}", page.head);
    }
    assert!(server.get("/?lang=ko").body.contains("<html lang=\"ko\">"));
    let korean =
        "GET / HTTP/1.1\r\nhost: localhost\r\naccept-language: ko-KR,ko;q=0.9\r\nconnection: close\r\n\r\n";
    assert!(server.send(korean, b"").body.contains("다음에는"));
    // Every other answer is locked down too.
    let models = server.get("/v1/models").head;
    assert!(models.contains("nosniff") && models.contains("default-src 'none'"), "{models}");
}

#[test]
fn one_connection_serves_several_requests() {
    let server = Server::usual();
    let mut stream = server.connect();
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

/// The rules of OpenAPI 3.1 that a hand-kept document is likely to break.
#[test]
fn the_openapi_document_is_sound_and_complete() {
    let server = Server::usual();
    let document = server.get("/openapi.json").value();
    assert_eq!(document, gyeol_serve::openapi(&[Repeat::served("repeat"), Repeat::served("bare")]));
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with('/'), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            assert!(["get", "post"].contains(&method.as_str()), "{path} {method}");
            names.push(operation["operationId"].as_str().unwrap().to_owned());
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(
                    status.parse::<u16>().is_ok_and(|status| (100..600).contains(&status)),
                    "{path} {status}"
                );
                assert!(response["description"].is_string(), "{path} {status}");
            }
            for parameter in operation["parameters"].as_array().unwrap_or(&Vec::new()) {
                assert!(
                    parameter["name"].is_string()
                        && parameter["in"] == "query"
                        && parameter["schema"].is_object()
                );
            }
            // Every path that is written down is there, with this method.
            let answer =
                if method == "get" { server.get(path) } else { server.post(path, "application/json", "{}") };
            assert!(answer.status == 200 || method == "post" && answer.status == 400, "{path}: {answer:?}");
            assert!(
                operation["responses"].get(answer.status.to_string()).is_some(),
                "{path} {}",
                answer.status
            );
        }
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "operation ids are unique");
    references(&document, &document);

    // Real answers hold what their schemas require, and nothing of another type.
    for (schema, answer) in [
        ("Forecast", server.json(ROWS).value()),
        ("Models", server.get("/v1/models").value()),
        ("Health", server.get("/healthz").value()),
        ("Inspection", server.post("/v1/inspect", "text/csv", readings(24)).value()),
        ("Error", server.get("/nowhere").value()),
    ] {
        conforms(&document, &document["components"]["schemas"][schema], &answer, schema);
    }
}

fn references(document: &Value, value: &Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                let pointer = reference.strip_prefix('#').expect("only references within the document");
                assert!(document.pointer(pointer).is_some(), "{reference} points nowhere");
            }
            object.values().for_each(|value| references(document, value));
        }
        Value::Array(items) => items.iter().for_each(|value| references(document, value)),
        _ => {}
    }
}

/// As much of JSON Schema as the document uses.
fn conforms(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return conforms(document, document.pointer(&reference[1..]).unwrap(), value, place);
    }
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{place}: unknown type {other}"),
    };
    match &schema["type"] {
        Value::String(kind) => assert!(is(kind), "{place}: {value} is no {kind}"),
        Value::Array(kinds) => {
            assert!(kinds.iter().any(|kind| is(kind.as_str().unwrap())), "{place}: {value}")
        }
        _ => {}
    }
    for key in schema["required"].as_array().unwrap_or(&Vec::new()) {
        assert!(value.get(key.as_str().unwrap()).is_some(), "{place}: {key} is missing in {value}");
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for (key, value) in object {
            let schema = properties.get(key).unwrap_or_else(|| panic!("{place}: {key} is not described"));
            conforms(document, schema, value, &format!("{place}.{key}"));
        }
    }
    if let (Some(items), true) = (value.as_array(), schema["items"].is_object()) {
        items.iter().for_each(|item| conforms(document, &schema["items"], item, place));
    }
}

#[test]
fn any_verb_is_asked_by_its_name_and_stands_in_the_description() {
    let server = Server::usual();
    let echoed = server.post("/v1/models/bare/echo", "application/json", r#"{"text":"안녕"}"#);
    assert_eq!(echoed.value(), json!({ "text": "안녕" }));
    let forecast = server.post("/v1/models/repeat/forecast", "application/json", ROWS).value();
    assert_eq!(forecast, server.json(ROWS).value());
    server.post("/v1/models/bare/sing", "application/json", "{}").error(404, "no-such-verb");
    server.post("/v1/models/nobody/echo", "application/json", "{}").error(404, "unknown-model");
    server.post("/v1/models/bare/echo", "application/json", "[1]").error(400, "wrong-shape");
    assert_eq!(server.get("/v1/models/bare/echo").status, 405);
    let api = server.get("/openapi.json").value();
    assert_eq!(api["paths"]["/v1/models/bare/echo"]["post"]["summary"], "Says it again.");
    assert!(api["paths"]["/v1/models/bare/echo"]["post"]["responses"]["422"].is_object(), "{api}");
    let listed = server.get("/v1/models").value();
    assert_eq!(listed["models"][1]["verbs"][1]["name"], "echo");
    assert!(server.get("/metrics").body.contains("/v1/models/{name}/{verb}"));
}

#[test]
fn an_answer_comes_in_pieces_where_events_are_accepted() {
    let server = Server::usual();
    let ask = |text: &str| {
        let body = json!({ "text": text }).to_string();
        let head = format!(
            "POST /v1/models/repeat/echo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept: text/html, text/event-stream;q=0.9\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        server.send(&head, body.as_bytes())
    };
    let events = |answer: &crate::common::Answer| -> Vec<String> {
        // In chunks: the lines of their lengths lie between.
        answer
            .body
            .lines()
            .filter(|line| line.starts_with("data: ") || line.starts_with("event: "))
            .map(str::to_owned)
            .collect()
    };
    let whole = ask("결ab");
    assert_eq!(whole.status, 200);
    assert!(whole.head.contains("text/event-stream"), "{}", whole.head);
    let said = ["data: \"결\"", "data: \"a\"", "data: \"b\"", "event: done", "data: {\"text\":\"결ab\"}"];
    assert_eq!(events(&whole), said);
    // What fails at once is an answer as always; what breaks off says so where it stands.
    ask("?").error(422, "a-question");
    ask("!").error(500, "internal");
    let broken = events(&ask("a?"));
    assert_eq!(&broken[..2], ["data: \"a\"", "event: error"]);
    assert!(broken[2].contains("a-question"), "{broken:?}");
    let panicked = events(&ask("a!"));
    assert!(panicked[2].contains("\"internal\""), "{panicked:?}");
}

/// A model that is asked for more than it can give in time stops by itself, and so it does when nobody listens.
#[test]
fn work_that_nobody_waits_for_ends() {
    let slow = Repeat { name: "slow", delay: std::time::Duration::from_millis(20), zone: None }.named();
    let options = ServeOptions {
        timeout: std::time::Duration::from_millis(200),
        max_concurrent: 1,
        ..ServeOptions::default()
    };
    let server = Server::start(vec![slow], options);
    let long = json!({ "text": "a".repeat(100_000) }).to_string();
    server.post("/v1/models/slow/echo", "application/json", &long).error(503, "too-slow");
    // The only place is free again.
    assert_eq!(server.post("/v1/models/slow/echo", "application/json", r#"{"text":"a"}"#).status, 200);
    let head = format!(
        "POST /v1/models/slow/echo HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        long.len()
    );
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    std::io::Write::write_all(&mut stream, long.as_bytes()).unwrap();
    drop(stream);
    assert_eq!(server.post("/v1/models/slow/echo", "application/json", r#"{"text":"a"}"#).status, 200);
}
