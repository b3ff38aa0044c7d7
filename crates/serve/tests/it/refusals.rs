//! What the server answers to bad requests: an error that says what, where and what next; never a broken connection.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::common::{Answer, Repeat, Server, readings};
use gyeol_serve::{Named, ServeOptions};

fn rows(cell: &str) -> String {
    let row = |i: usize, load: &str| {
        format!("{{\"time\":\"2024-01-01T0{i}:00\",\"load\":{load},\"temperature\":0}}")
    };
    format!("{{\"readings\":[{},{},{},{}]}}", row(0, "1"), row(1, "2"), row(2, cell), row(3, "4"))
}

#[test]
fn malformed_json_is_refused() {
    let server = Server::usual();
    for body in
        ["", "{", "nonsense", "{\"readings\": [}", "\u{0}", "{\"readings\":[NaN]}", "{\"readings\":[1e999]}"]
    {
        server.json(body).error(400, "malformed-json");
    }
    server.post("/v1/forecast", "application/json", [0xff, 0xfe, 0x7b]).error(400, "malformed-json");
    let deep = format!("{{\"readings\":{}", "[".repeat(200_000));
    server.json(&deep).error(400, "malformed-json");
}

#[test]
fn json_of_another_shape_is_refused() {
    let server = Server::usual();
    for body in [
        "[]",
        "3",
        "null",
        "{}",
        "{\"reading\":[]}",
        "{\"readings\":[],\"modle\":\"x\"}",
        "{\"model\":3,\"readings\":[]}",
    ] {
        server.json(body).error(400, "wrong-shape");
    }
    for body in
        ["{\"readings\":3}", "{\"readings\":\"x\"}", "{\"readings\":[1,2]}", "{\"readings\":{\"time\":3}}"]
    {
        server.json(body).error(422, "wrong-shape");
    }
    server.json("{\"readings\":[]}").error(422, "no-rows");
    server.json("{\"readings\":{}}").error(422, "no-rows");
    let error = server.json("{\"readings\":{\"time\":[],\"load\":[1]}}").error(422, "ragged-columns");
    assert!(error["column"].is_string());
}

#[test]
fn wrong_types_point_at_row_and_column() {
    let server = Server::usual();
    for cell in ["\"12\"", "[1]", "{}", "\"NaN\"", "\"\""] {
        let error = server.json(&rows(cell)).error(422, "wrong-type");
        assert_eq!((&error["row"], &error["column"]), (&4.into(), &"load".into()), "{error}");
    }
    // Larger than any f64: JSON can write it, nothing can hold it.
    let huge = format!("1{}", "0".repeat(400));
    assert!([400, 422].contains(&server.json(&rows(&huge)).status));
    assert_eq!(server.json(&rows("null")).status, 200, "a reading that was not taken is no error");

    let time = rows("3").replace("2024-01-01T02:00", "yesterday");
    let error = server.json(&time).error(422, "wrong-type");
    assert_eq!((&error["row"], &error["column"]), (&4.into(), &"time".into()), "{error}");
    let error = server.json(&rows("3").replace("\"2024-01-01T02:00\"", "17")).error(422, "wrong-type");
    assert_eq!(error["column"], "time");
}

#[test]
fn nan_in_a_csv_is_missing_or_refused_never_forecast() {
    let server = Server::usual();
    let csv = readings(5).replace(",12,", ",NaN,");
    assert!([200, 422].contains(&server.csv(&csv).status));
    let csv = readings(5).replace(",14,", ",inf,");
    assert_eq!(server.csv(&csv).status, 422);
    let nonsense = Server::start(vec![Repeat::served("nonsense")], ServeOptions::default());
    nonsense.csv(&readings(5)).error(422, "no-finite-forecast");
}

#[test]
fn a_bad_csv_points_at_row_and_column() {
    let server = Server::usual();
    let error = server.csv(&readings(8).replace(",13,", ",broken,")).error(422, "wrong-type");
    assert_eq!((&error["row"], &error["column"]), (&5.into(), &"load".into()), "{error}");
    // One odd cell among many counts as missing, and is named with its place.
    let odd = server.post("/v1/inspect", "text/csv", readings(48).replace(",13,", ",n/a?,")).value();
    assert!(odd["notes"][0].as_str().is_some_and(|note| note.starts_with("row 5, column 'load': ")), "{odd}");
    let ragged = readings(8).replace(",13,3\n", ",13,3,9,9\n");
    let answer = server.csv(&ragged);
    assert_eq!((answer.status, &answer.value()["error"]["row"]), (422, &5.into()), "{answer:?}");
    for body in ["", "time,load,temperature\n", "\u{0}\u{1}\u{2}"] {
        assert_eq!(server.csv(body).status, 422, "{body:?}");
    }
    assert_eq!(
        server.post("/v1/forecast", "text/csv", [0x1f, 0x8b, 0x08, 0, 0, 0]).status,
        422,
        "a broken gzip"
    );
    assert_eq!(
        server.post("/v1/forecast", "application/octet-stream", b"PAR1....PAR1").status,
        422,
        "a broken parquet"
    );
    let inspected = server.post("/v1/inspect", "text/csv", readings(8).replace(",13,", ",broken,"));
    assert_eq!(inspected.error(422, "wrong-type")["row"], 5);
}

#[test]
fn a_missing_column_is_named_with_the_nearest() {
    let server = Server::usual();
    let error = server.csv(&readings(8).replace("load", "Laod")).error(422, "missing-column");
    assert_eq!(error["column"], "load");
    assert!(error["message"].as_str().unwrap().contains("is 'Laod' meant?"), "{error}");
    server.json(&rows("3").replace("temperature", "t")).error(422, "missing-column");
}

#[test]
fn a_history_that_is_too_short_is_refused() {
    Server::usual().csv(&readings(3)).error(422, "too-short");
}

#[test]
fn unknown_models_paths_methods_and_types_are_refused() {
    let server = Server::usual();
    let error = server.post("/v1/forecast?model=nobody", "text/csv", readings(5)).error(404, "unknown-model");
    assert!(error["message"].as_str().unwrap().contains("repeat, bare"), "{error}");
    server.get("/v1/sample?model=nobody").error(404, "unknown-model");
    let error = server.get("/v2/forecast").error(404, "no-such-path");
    assert!(error["message"].as_str().unwrap().contains("POST /v1/forecast"));
    for path in ["/../etc/passwd", "/v1/forecast/", "/%2e%2e/x", "//"] {
        server.get(path).error(404, "no-such-path");
    }
    let answer = server.get("/v1/forecast");
    answer.error(405, "no-such-method");
    assert!(answer.head.contains("allow: post"), "{}", answer.head);
    server.post("/healthz", "text/csv", "").error(405, "no-such-method");
    server.post("/v1/forecast", "image/png", "x").error(415, "unknown-content-type");
    server
        .send(
            "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            b"",
        )
        .error(415, "unknown-content-type");
}

#[test]
fn large_bodies_are_refused_however_they_come() {
    let options = ServeOptions { max_body: 1000, ..ServeOptions::default() };
    let server = Server::start(vec![Repeat::served("repeat")], options);
    server.csv(&readings(100)).error(413, "too-large");
    // Promised only: nothing of it is waited for.
    let head = "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: text/csv\r\ncontent-length: 9999999999\r\n\r\n";
    server.send(head, b"").error(413, "too-large");
    // In pieces, without a length.
    let head = "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n";
    let piece = format!("200\r\n{}\r\n", "x".repeat(0x200));
    server.send(head, piece.repeat(4).as_bytes()).error(413, "too-large");
    assert_eq!(server.csv(&readings(8)).status, 200, "and it goes on");
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let options = ServeOptions { timeout: Duration::from_millis(200), ..ServeOptions::default() };
    let server = Server::start(vec![Repeat::served("repeat")], options);
    let head = "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: text/csv\r\ncontent-length: 100\r\n\r\n";
    server.send(head, b"time,").error(408, "slow-body");
    // A peer that goes in the middle of its body harms nobody.
    let mut stream = server.connect();
    stream.write_all(head.as_bytes()).unwrap();
    drop(stream);
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_head_that_does_not_come_is_given_up() {
    let options = ServeOptions { head_timeout: Duration::from_millis(200), ..ServeOptions::default() };
    let server = Server::start(vec![Repeat::served("repeat")], options);
    let mut stream = server.connect();
    stream.write_all(b"GET / HTT").unwrap();
    let began = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(began.elapsed() < Duration::from_secs(5), "the connection is closed");
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn heads_that_are_too_long_or_no_heads_are_refused() {
    let server = Server::usual();
    let long = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(200_000));
    assert!([0, 400, 414, 431].contains(&server.send(&long, b"").status));
    let many = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x: y\r\n".repeat(1000));
    assert!([0, 400, 431].contains(&server.send(&many, b"").status));
    assert!([0, 400].contains(&server.send("\u{16}\u{3}\u{1} this is TLS\r\n\r\n", b"").status));
    assert_eq!(server.get("/healthz").status, 200);
}

fn slow(name: &'static str, delay: u64) -> Named {
    Repeat { name, delay: Duration::from_millis(delay), zone: None }.named()
}

#[test]
fn work_that_takes_too_long_is_given_up_and_keeps_its_place() {
    let options =
        ServeOptions { timeout: Duration::from_millis(300), max_concurrent: 1, ..ServeOptions::default() };
    let server = Server::start(vec![slow("slow", 1500)], options);
    let answer = server.csv(&readings(5));
    answer.error(503, "too-slow");
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    // The first one still runs on the only place.
    server.csv(&readings(5)).error(503, "busy");
    assert_eq!(server.get("/healthz").status, 200, "what needs no work is answered");
}

#[test]
fn work_is_bounded_but_waits_its_turn() {
    let options = ServeOptions { max_concurrent: 1, ..ServeOptions::default() };
    let server = Server::start(vec![slow("slow", 200)], options);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..3).map(|_| scope.spawn(|| server.csv(&readings(5)).status)).collect();
        all.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), 200));
    });
    assert!(began.elapsed() >= Duration::from_millis(600), "one after the other");
}

#[test]
fn a_model_that_panics_is_an_internal_error_and_the_server_lives() {
    let server = Server::start(
        vec![Repeat::served("panics"), Repeat::served("repeat")],
        ServeOptions { max_concurrent: 1, ..ServeOptions::default() },
    );
    for _ in 0..3 {
        server.csv(&readings(5)).error(500, "internal");
    }
    assert_eq!(
        server.post("/v1/forecast?model=repeat", "text/csv", readings(5)).status,
        200,
        "its place was given back"
    );
}

#[test]
fn running_requests_finish_when_the_server_stops() {
    let mut server = Server::start(vec![slow("slow", 500)], ServeOptions::default());
    let mut stream = server.connect();
    let body = readings(5);
    let head = format!(
        "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(150));
    server.tell_to_stop();
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.status, 200, "{answer:?}");
    server.wait();
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nobody listens any more");
}

#[test]
fn an_idle_connection_does_not_hold_up_the_stop() {
    let mut server = Server::usual();
    let _idle = server.connect();
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    server.tell_to_stop();
    server.wait();
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[test]
fn requests_of_foreign_pages_are_refused_before_they_are_read() {
    let server = Server::usual();
    let body = readings(5);
    let ask = |path: &str, lines: &str| {
        let head = format!(
            "POST {path} HTTP/1.1\r\n{lines}connection: close\r\ncontent-type: text/csv\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        server.send(&head, body.as_bytes())
    };
    for (lines, code) in [
        ("host: evil.example\r\n", "foreign-host"),
        ("host: localhost\r\norigin: https://evil.example\r\n", "foreign-origin"),
        ("host: localhost\r\norigin: null\r\n", "foreign-origin"),
        ("host: localhost\r\nsec-fetch-site: cross-site\r\n", "foreign-origin"),
    ] {
        for path in ["/v1/forecast", "/v1/inspect", "/v1/models/repeat/echo", "/v1/models/repeat/forecast"] {
            ask(path, lines).error(403, code);
        }
    }
    assert_eq!(
        ask("/v1/forecast", "host: localhost\r\norigin: http://localhost\r\nsec-fetch-site: same-origin\r\n")
            .status,
        200
    );
    assert_eq!(ask("/v1/forecast", &format!("host: {}\r\n", server.address)).status, 200);
    // What a page may send without asking is no table.
    server.post("/v1/forecast", "text/plain", readings(5)).error(415, "unknown-content-type");
    let options = ServeOptions { hosts: vec!["load.example".into()], ..ServeOptions::default() };
    let named = Server::start(vec![Repeat::served("repeat")], options);
    let head = "GET /v1/models HTTP/1.1\r\nhost: load.example\r\norigin: https://load.example\r\nconnection: close\r\n\r\n";
    assert_eq!(named.send(head, b"").status, 200);
}

#[test]
fn bodies_that_would_grow_are_refused() {
    let server = Server::usual();
    let names: String = (0..1000).map(|i| format!("\"c{i}\":1,")).collect();
    let rows = ",{}".repeat(900_000);
    server
        .json(&format!("{{\"readings\":[{{{}}}{rows}]}}", names.trim_end_matches(',')))
        .error(413, "too-much-memory");
    server.json(&format!("{{\"readings\":[{{}}{}]}}", ",{}".repeat(1_100_000))).error(422, "too-many-rows");
    let many = format!("{{\"said\":[0{}]}}", ",0".repeat(2_000_000));
    server.post("/v1/models/repeat/echo", "application/json", many).error(413, "too-many-values");
    let commas = format!("time,load\n{}", format!("{}\n", ",".repeat(99)).repeat(40_000));
    let answer = server.post("/v1/inspect", "text/csv", commas);
    assert!([413, 422].contains(&answer.status), "{answer:?}");
}

#[test]
fn silent_and_slow_peers_make_room_for_others() {
    let options = ServeOptions { max_connections: 4, ..ServeOptions::default() };
    let server = Server::start(vec![Repeat::served("repeat")], options);
    let mut held = Vec::new();
    for round in 0..40 {
        let mut stream = server.connect();
        match round % 4 {
            0 => {}
            1 => stream.write_all(b"GET / HT").unwrap(),
            2 => stream
                .write_all(b"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 100\r\n\r\ntime")
                .unwrap(),
            // Asks for page after page and reads none of them.
            _ => stream.write_all("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(30).as_bytes()).unwrap(),
        }
        held.push(stream);
    }
    for _ in 0..5 {
        assert_eq!(server.get("/healthz").status, 200);
        assert_eq!(server.csv(&readings(5)).status, 200);
    }
    let metrics = server.get("/metrics").body;
    let turned = metrics.lines().find_map(|line| line.strip_prefix("gyeol_connections_turned_out_total "));
    assert!(turned.and_then(|count| count.parse::<u32>().ok()).is_some_and(|count| count >= 36), "{metrics}");
}

#[test]
fn an_answer_that_nobody_reads_is_given_up() {
    let options = ServeOptions { write_timeout: Duration::from_millis(200), ..ServeOptions::default() };
    let mut server = Server::start(vec![Repeat::served("repeat")], options);
    let mut stream = server.connect();
    stream.set_nonblocking(true).unwrap();
    // More pages are asked for than the buffers of the system hold.
    let ask = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(2000);
    let _ = stream.write(ask.as_bytes());
    let began = Instant::now();
    loop {
        let open = server.get("/metrics").body.lines().any(|line| line == "gyeol_connections 2");
        if !open {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the connection is closed");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.tell_to_stop();
    server.wait();
}

#[test]
fn large_bodies_that_drip_make_room_for_one_that_comes() {
    let options = ServeOptions { max_body: 256 << 10, ..ServeOptions::default() };
    let server = Server::start(vec![Repeat::served("repeat")], options);
    let body = readings(6_000).replace("2024-01-", "2024-02-");
    assert!(body.len() > 150_000 && body.len() < 256 << 10, "{}", body.len());
    let head = "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 262000\r\n\r\n";
    let _held: Vec<_> = (0..14)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(head.as_bytes()).unwrap();
            let _ = stream.write_all(&vec![b'x'; 250_000]);
            stream
        })
        .collect();
    let answer = server.csv(&body);
    assert!([200, 422].contains(&answer.status), "{answer:?}");
}

#[test]
fn what_is_on_its_way_when_the_server_stops_is_answered() {
    for _ in 0..10 {
        let mut server = Server::start(vec![slow("slow", 5)], ServeOptions::default());
        let address = server.address;
        let body = readings(5);
        let ask = format!(
            "POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answered = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let clients: Vec<_> = (0..8)
            .map(|_| {
                let (ask, answered) = (ask.clone(), answered.clone());
                std::thread::spawn(move || {
                    let mut stream = std::net::TcpStream::connect(address).unwrap();
                    for asked in 0.. {
                        stream.write_all(ask.as_bytes()).unwrap();
                        let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
                        // An answer ends with the brace of its object.
                        while !seen.ends_with(b"}") {
                            let count = stream.read(&mut piece).unwrap();
                            assert!(count > 0, "request {asked} was begun and lost");
                            seen.extend_from_slice(&piece[..count]);
                        }
                        let seen = String::from_utf8(seen).unwrap().to_ascii_lowercase();
                        assert!(seen.starts_with("http/1.1 200"), "{seen}");
                        answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if seen.contains("connection: close") {
                            return asked;
                        }
                    }
                    0
                })
            })
            .collect();
        // Not by the clock: a busy machine may need long for the first answers. A client that failed is told by its join.
        while answered.load(std::sync::atomic::Ordering::Relaxed) < 16
            && !clients.iter().any(std::thread::JoinHandle::is_finished)
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        server.tell_to_stop();
        server.wait();
        let asked: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
        assert!(asked >= 8, "{asked} requests");
    }
}

#[test]
fn servers_that_cannot_be_are_refused() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let serve = |models, addr: &str| {
        let options = ServeOptions { addr: addr.to_owned(), ..ServeOptions::default() };
        runtime.block_on(gyeol_serve::serve(models, options)).unwrap_err()
    };
    assert_eq!(serve(vec![], "127.0.0.1:0").code(), "no-model");
    let twice = vec![Repeat::served("a"), Repeat::served("a")];
    assert_eq!(serve(twice, "127.0.0.1:0").code(), "two-of-one-name");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = serve(vec![Repeat::served("a")], &taken.local_addr().unwrap().to_string());
    assert!(error.code() == "cannot-listen" && error.to_string().contains("--addr"), "{error}");
    assert_eq!(serve(vec![Repeat::served("a")], "nonsense").code(), "cannot-listen");
}
