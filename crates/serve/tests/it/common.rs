//! A model that needs no training, a server on a free port, and a client that sends exactly the bytes it is told to.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use gyeol_base::{Fault, Result};
use gyeol_data::{ColumnData, Table};
use gyeol_forecast::ForecastRow;
use gyeol_models::{Answers, Ask, Description, Reply, VerbSpec};
use gyeol_serve::{Named, ServeOptions, serve_until};
use gyeol_tensor::Pool;
use serde_json::Value;
use tokio::sync::oneshot;

/// Repeats the last value of `load`; told by its name to be slow, to panic or to answer nonsense.
#[derive(Clone, Copy)]
pub struct Repeat {
    pub name: &'static str,
    pub delay: Duration,
    pub zone: Option<&'static str>,
}

impl Repeat {
    pub fn served(name: &'static str) -> Named {
        Repeat { name, delay: Duration::ZERO, zone: None }.named()
    }

    pub fn named(self) -> Named {
        let model: Arc<dyn Answers> = Arc::new(self);
        Named::new(self.name, "forecast", model)
    }

    fn forecast(&self, table: &Table) -> Result<Vec<ForecastRow>> {
        std::thread::sleep(self.delay);
        assert!(self.name != "panics", "as told");
        let (times, load) = (table.times("time")?, table.numbers("load")?);
        if load.len() < 4 {
            return Err(Fault::new("too-short", format!("{} rows, 4 are needed", load.len())).input());
        }
        let (last, value) = (times[times.len() - 1].unwrap_or(0), load[load.len() - 1]);
        let value = if self.name == "nonsense" { f64::NAN } else { value };
        let row = |hour: i64| ForecastRow {
            id: None,
            time: last + hour * 3_600_000,
            target: "load".into(),
            value,
            low: value - 1.0,
            high: value + 1.0,
            quantiles: vec![],
            over: None,
        };
        Ok((1..=3).map(row).collect())
    }
}

impl Answers for Repeat {
    fn verbs(&self) -> Vec<VerbSpec> {
        let (input, output) = (Value::Null, Value::Null);
        vec![
            VerbSpec {
                name: "forecast",
                about: "Repeats.",
                table: true,
                input: input.clone(),
                output: output.clone(),
            },
            VerbSpec { name: "echo", about: "Says it again.", table: false, input, output },
        ]
    }

    fn answer(&self, verb: &str, ask: Ask, _pool: &Pool) -> Result<Reply> {
        match (verb, ask) {
            ("forecast", Ask::Table(table)) => Ok(Reply::Forecast(self.forecast(&table)?.into())),
            ("echo", Ask::Json(said)) => Ok(Reply::Json(Value::Object(said))),
            _ => Err(Fault::new("no-such-verb", "this model has no such verb").option()),
        }
    }

    fn answer_in_pieces(
        &self,
        verb: &str,
        ask: Ask,
        pool: &Pool,
        piece: &mut dyn FnMut(Value) -> bool,
    ) -> Result<Reply> {
        let Ask::Json(said) = &ask else { return self.answer(verb, ask, pool) };
        let text = said.get("text").and_then(Value::as_str).unwrap_or("").to_owned();
        for letter in text.chars() {
            std::thread::sleep(self.delay);
            assert!(letter != '!', "as told");
            if letter == '?' {
                return Err(Fault::new("a-question", "this model has no answers")
                    .next("say something")
                    .input());
            }
            gyeol_base::in_time()?;
            if !piece(Value::String(letter.into())) {
                break;
            }
        }
        self.answer(verb, ask, pool)
    }

    fn describe(&self) -> Option<Description> {
        Some(Description {
            rung: "last-value".into(),
            time: Some("time".into()),
            targets: vec!["load".into()],
            past: vec!["temperature".into()],
            step: "1 h".into(),
            look_back: 4,
            horizon: 3,
            interval: 0.9,
            unit: Some("MW".into()),
            zone: self.zone.map(str::to_owned),
            ..Description::default()
        })
    }

    fn sample(&self) -> Option<Table> {
        let hours = 0..48i64;
        let columns = vec![
            ("time".to_owned(), ColumnData::Time(hours.clone().map(|hour| Some(hour * 3_600_000)).collect())),
            (
                "load".to_owned(),
                ColumnData::Number(hours.clone().map(|hour| 100.0 + (hour % 24) as f64).collect()),
            ),
            ("temperature".to_owned(), ColumnData::Number(hours.map(|hour| hour as f64).collect())),
        ];
        (self.name != "bare").then(|| Table::from_columns(columns).ok()).flatten()
    }
}

/// A running server; it stops when told, or when dropped.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub fn start(models: Vec<Named>, options: ServeOptions) -> Server {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                let stop = async {
                    let _ = stopped.await;
                };
                serve_until(listener, models, options, stop).await.unwrap();
            });
            // Work that was given up may still sleep; the test need not.
            runtime.shutdown_background();
        });
        Server { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    pub fn usual() -> Server {
        Server::start(vec![Repeat::served("repeat"), Repeat::served("bare")], ServeOptions::default())
    }

    pub fn tell_to_stop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }

    pub fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"), b"")
    }

    pub fn post(&self, path: &str, kind: &str, body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        self.send(&head, body)
    }

    pub fn json(&self, body: &str) -> Answer {
        self.post("/v1/forecast", "application/json", body)
    }

    pub fn csv(&self, body: &str) -> Answer {
        self.post("/v1/forecast", "text/csv", body)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    pub fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(head.as_bytes()).unwrap();
        // A server that has answered may close before it has read everything.
        let _ = stream.write_all(body);
        Answer::read(&mut stream)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tell_to_stop();
        self.wait();
    }
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn read(stream: &mut TcpStream) -> Answer {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        // A reset after the answer is no loss; what had come by then is the answer.
        while let Ok(count) = stream.read(&mut chunk) {
            if count == 0 {
                break;
            }
            bytes.extend_from_slice(&chunk[..count]);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error, after checking that it is in the one form that errors have.
    pub fn error(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let error = self.value()["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.len() > 10), "{error}");
        assert!(self.head.contains("application/json"), "{}", self.head);
        error
    }
}

/// Readings as CSV, `rows` hours from 2024-01-01.
pub fn readings(rows: usize) -> String {
    let row = |i: usize| format!("2024-01-{:02}T{:02}:00,{},{}\n", 1 + i / 24, i % 24, 10 + i, i);
    format!("time,load,temperature\n{}", (0..rows).map(row).collect::<String>())
}
