//! Bodies that are almost right, over a real socket: each is answered, or refused with words; none breaks the server.

use gyeol_serve::ServeOptions;

use crate::common::{Repeat, Server, readings};
use crate::mutate::fuzz;
use crate::power;

/// Answers of 200 are good, errors of the asker have words, anything else is a fault of the server.
fn asks(server: &Server, path: &str, kind: &str, body: &[u8]) -> Result<(), String> {
    let answer = server.post(path, kind, body);
    match answer.status {
        200 => Ok(()),
        400..500 => {
            let error = &answer.value()["error"];
            assert!(error["code"].is_string(), "{error}");
            Err(error["message"].as_str().unwrap_or_default().to_owned())
        }
        _ => panic!("{answer:?}"),
    }
}

#[test]
fn altered_json_is_answered_or_refused() {
    let server = Server::usual();
    let samples = [
        &br#"{"readings":[{"time":"2024-01-01T00:00","load":10,"temperature":0},
{"time":"2024-01-01T01:00","load":11,"temperature":1},{"time":"2024-01-01T02:00","load":12.5,"temperature":null},
{"time":"2024-01-01T03:00","load":13,"temperature":3}]}"#[..],
        br#"{"model":"repeat","readings":{"time":["2024-01-01T00:00","2024-01-01T01:00","2024-01-01T02:00","2024-01-01T03:00"],
"load":[1,2,3,4e0],"temperature":[0,null,1,-2.5],"other":["a",true,{},[]]}}"#,
    ]
    .map(<[u8]>::to_vec);
    for path in ["/v1/forecast", "/v1/inspect"] {
        fuzz(150, &samples, |body| asks(&server, path, "application/json", body));
    }
}

#[test]
fn altered_files_are_answered_or_refused_by_a_forecaster() {
    let server =
        Server::start(vec![power::model("power"), Repeat::served("repeat")], ServeOptions::default());
    let sample = server.get("/v1/sample").body.into_bytes();
    fuzz(60, &[sample], |body| asks(&server, "/v1/forecast", "text/csv", body));
    fuzz(60, &[readings(30).into_bytes()], |body| asks(&server, "/v1/inspect", "text/csv", body));
}

#[test]
fn altered_parquet_and_arrow_are_answered_or_refused() {
    let server = Server::usual();
    let table = gyeol_data::read_bytes("readings", readings(30).as_bytes(), &Default::default()).unwrap();
    let samples = ["parquet", "arrow"].map(|end| {
        let path = std::env::temp_dir().join(format!("gyeol-serve-{}.{end}", std::process::id()));
        gyeol_data::write(path.to_str().unwrap(), &table).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        bytes
    });
    fuzz(100, &samples, |body| asks(&server, "/v1/inspect", "application/octet-stream", body));
}
