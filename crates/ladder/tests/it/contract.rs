//! The contract of a task, held by the made-up one of `toy.rs`.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use gyeol_base::Result;
use gyeol_ladder::{Climb, Outcome, Step, Watch, climb};
use gyeol_models::{Answers, Registry};
use gyeol_serve::{Named, ServeOptions, serve_until};
use gyeol_tensor::Pool;
use serde_json::{Value, json};

use crate::toy::{Always, Toy};

/// Stops at the third rung.
struct Impatient;
impl Watch for Impatient {
    fn step(&mut self, step: Step<'_>) -> bool {
        !matches!(step, Step::Trying(["mean"]))
    }
}

fn run(out: &Path, seed: u64, resume: bool, watch: &mut dyn Watch) -> Result<Outcome> {
    let options = Climb { out: out.to_path_buf(), resume, command: "toy".into(), ..Climb::default() };
    climb(&mut Toy::new(seed), &options, &Pool::new(1), watch)
}

#[test]
fn a_task_of_a_hundred_lines_climbs_stops_goes_on_and_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let stopped = run(&out, 1, false, &mut Impatient).unwrap_err();
    assert!(stopped.code() == "stopped" && stopped.to_string().contains("'mean'"), "{stopped}");
    let outcome = run(&out, 1, true, &mut ()).unwrap();
    assert_eq!(run(&out, 2, true, &mut ()).unwrap_err().code(), "other-run");
    let scores: Value = serde_json::from_slice(&std::fs::read(&outcome.scores).unwrap()).unwrap();
    assert_eq!((&scores["best"], &scores["task"]), (&json!("mean"), &json!("toy")));
    // The variance of a uniform number is 1/12; zero errs by the square of its mean more.
    let mse = |rung: usize| scores["rungs"][rung]["test"]["mse"]["value"].as_f64().unwrap();
    assert!((mse(2) - 1.0 / 12.0).abs() < 0.02 && (mse(0) - 12.25 - 1.0 / 12.0).abs() < 0.5, "{scores}");
    assert!(scores["pairs"][0]["low"].as_f64() > Some(0.0) && scores["denominator"]["rows"] == 100);
    let page = std::fs::read_to_string(&outcome.page).unwrap();
    assert!(page.contains("Numbers") && page.contains("500 numbers"));
    let unknown = gyeol_models::open(&outcome.model).err().unwrap();
    assert_eq!(unknown.code(), "unknown-kind");
    let opened = Registry::standard().with::<Always>(&["say"]).open(&outcome.model).unwrap();
    assert_eq!((opened.summary.parameters, opened.summary.rung.as_str()), (1, "mean"));
    let model: Arc<dyn Answers> = opened.model.into();
    let said = asked(Named::new("toy", opened.summary.kind, model));
    let number: f64 = said.rsplit_once(r#"{"number":"#).unwrap().1.trim_end_matches('}').parse().unwrap();
    assert!((number - 3.5).abs() < 0.1, "{said}");
}

/// Serves a model and asks it by its verb.
fn asked(model: Named) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(serve_until(listener, vec![model], ServeOptions::default(), std::future::pending()));
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = "POST /v1/models/toy/say HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
