//! Reading from a real PostgreSQL server: what arrives, what is refused, and what is said when something is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gyeol_data::{ColumnKind, Error, ReadOptions, Table, read};

use crate::postgres::{ENCODED, Server};

fn asked(address: &str, query: &str) -> Result<Table, Error> {
    read(address, &ReadOptions { query: Some(query.into()), ..ReadOptions::default() })
}

/// What went wrong; a password is never part of it.
fn fault(address: &str, query: &str) -> Error {
    let error = asked(address, query).map(|table| table.source().clone()).expect_err(query);
    assert!(!error.to_string().contains("s3") && !format!("{error:?}").contains("s3"), "{error:?}");
    assert_eq!(
        error.fault().file.as_deref().map(|f| f.starts_with("postgresql://")),
        Some(true),
        "{error:?}"
    );
    assert!(!error.fault().cause.is_empty() && !error.fault().next.is_empty(), "{error:?}");
    error
}

fn fails(address: &str, query: &str, code: &str, says: &[&str]) {
    let error = fault(address, query);
    assert_eq!(error.code(), code, "{query}: {error}");
    for word in says {
        assert!(error.to_string().contains(word), "{word:?} is not said: {error}");
    }
}

#[test]
#[cfg_attr(not(gyeol_postgres), ignore = "GYEOL_POSTGRES names no folder of PostgreSQL's programs")]
fn a_real_server() {
    let server = Server::start();
    server.sql(
        "grid",
        "create table readings (\"Time\" timestamptz, local timestamp, load numeric(20,6), heat float8, open bool, note text, n int);
         insert into readings select '2024-03-30 22:00+00'::timestamptz + i * interval '1 hour', '2024-03-30 22:00'::timestamp + i * interval '1 hour',
             12345678.123456 + i, 0.1::float8 + 0.2::float8, i % 2 = 0, 'a, \"b\"' || i, case when i = 3 then null else i end
             from generate_series(0, 47) i;
         create sequence counted; grant select, delete, insert on readings to reader; grant all on counted to reader;
         create table secret (x int);
         create domain switch as bool; create type state as enum ('up', 'down')",
    );
    let address = format!("postgresql://reader:{ENCODED}@localhost:{}/grid", server.port);
    // One server for all of it; what fails in one matter does not hide the others.
    let matters: [&dyn Fn(); 8] = [
        &|| values_arrive(&address),
        &|| statements_that_are_no_query(&server, &address),
        &|| failures_on_the_server(&address),
        &|| who_may_come_in(&server, &address),
        &|| certificates(&server, &address),
        &|| limits(&address),
        &|| a_stop_reaches_the_server(&server, &address),
        &|| a_server_that_goes_away(&server, &address),
    ];
    let good = |matter: &&dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(matter)).is_ok();
    let bad = matters.iter().filter(|matter| !good(matter)).count();
    assert_eq!(bad, 0, "matters that failed, as said above");
}

fn values_arrive(address: &str) {
    // The clock of the server is Seoul's and its dates are written DMY: neither may show.
    let all = "select * from readings order by 1 -- the whole of it";
    let table = asked(address, all).unwrap();
    assert_eq!(table.rows(), 48);
    let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["Time", "local", "load", "heat", "open", "note", "n"]);
    assert_eq!(table.kind("Time"), Some(ColumnKind::Time));
    // 2024-03-30T22:00:00Z, by `date -u -d @1711836000`.
    assert_eq!(table.times("Time").unwrap()[..2], [Some(1_711_836_000_000), Some(1_711_839_600_000)]);
    // The same wall clock, without a zone.
    assert_eq!(table.times("local").unwrap()[0], Some(1_711_836_000_000));
    assert_eq!(table.numbers("load").unwrap()[1], 12_345_679.123456);
    assert_eq!(table.numbers("heat").unwrap()[0], 0.1 + 0.2);
    assert_eq!(table.kind("open"), Some(ColumnKind::Boolean));
    assert_eq!(table.numbers("open").unwrap()[..2], [1.0, 0.0]);
    assert_eq!(table.texts("note").unwrap()[7].as_deref(), Some("a, \"b\"7"));
    let n = table.numbers("n").unwrap();
    assert!(n[3].is_nan() && n[4] == 4.0);
    let source = table.source();
    assert_eq!(source.name, address.replace(&format!(":{ENCODED}"), ""));
    assert!(
        source.format.contains("PostgreSQL ") && source.format.contains("TLS 1.3, certificate not checked"),
        "{source:?}"
    );
    let note = |code: &str| source.notes.iter().any(|note| note.code == code);
    assert!(note("database") && note("password-in-address") && !note("rows-in-any-order"), "{source:?}");
    assert!(!format!("{source:?}").contains("s3"));
    // The same rows have the same digest; others another.
    let digest = |query: &str| asked(address, query).unwrap().source().sha256.clone();
    assert_eq!(digest("select * from readings order by 1 ;\n"), source.sha256);
    assert_ne!(digest("select * from readings order by 1 desc"), source.sha256);
    let unordered = asked(address, "table readings").unwrap();
    assert!(unordered.source().notes.iter().any(|note| note.code == "rows-in-any-order"));

    // Local times are those of a zone where one is named: the hour of 31 March 2024 that Berlin skips is said as of a file.
    let berlin = ReadOptions {
        zone: Some("Europe/Berlin".into()),
        query: Some("select local, load from readings order by 1".into()),
        ..ReadOptions::default()
    };
    let table = read(address, &berlin).unwrap();
    assert_eq!(table.times("local").unwrap()[0], Some(1_711_836_000_000 - 3_600_000));
    assert!(
        table.source().notes.iter().any(|note| note.code == "missing-spring-hour"),
        "{:?}",
        table.source()
    );
    // Names, domains and enumerations.
    let odd = "select true::switch as \"a \"\"b\"\"\", 'up'::state as s, 1 as \"x,y\"";
    let table = asked(address, odd).unwrap();
    assert_eq!(table.columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a \"b\"", "s", "x,y"]);
    assert_eq!(asked(address, "with a as (values (1), (2)) select * from a").unwrap().rows(), 2);
}

fn statements_that_are_no_query(server: &Server, address: &str) {
    for (query, code) in [
        ("delete from readings", "no-select"),
        ("delete from readings returning n", "read-only"),
        ("with gone as (delete from readings returning n) select * from gone", "read-only"),
        ("insert into readings (n) values (1) returning n", "read-only"),
        ("select nextval('counted') as n", "read-only"),
        ("select 1 as a; select 2 as a", "bad-query"),
        ("commit; delete from readings", "bad-query"),
        ("select 1 as a) to stdout; delete from readings; --", "bad-query"),
        ("copy readings to program 'true'", "no-select"),
        ("selec 1", "bad-query"),
        ("select 1 /* without an end", "bad-query"),
        ("select * from reedings", "bad-query"),
        ("select * from secret", "not-allowed"),
        ("select $1::int as a", "query-with-blanks"),
        ("select n, n from readings", "repeated-column"),
        ("select * from readings where n > 1000", "no-rows"),
        ("select array[1] as a", "column-type"),
        ("select '{}'::jsonb as a", "column-type"),
        ("select '\\x00'::bytea as a", "column-type"),
    ] {
        assert_eq!(fault(address, query).code(), code, "{query}");
    }
    fails(address, "select n,\n  lod from readings", "bad-query", &["42703", "line 2", "lod"]);
    assert_eq!(server.sql("grid", "select count(*) from readings").trim(), "48", "nothing was deleted");
}

fn failures_on_the_server(address: &str) {
    let halfway = "select i, 1 / (100000 - i) as x from generate_series(1, 200000) i";
    fails(address, halfway, "failed-query", &["22012", "division by zero", "after 99999 rows"]);
    let ended = "select i, case when i = 50000 then pg_terminate_backend(pg_backend_pid()) end as x from generate_series(1, 100000) i";
    fails(address, ended, "server-gone", &["57P01"]);
    let short = format!("{address}?options=-c%20statement_timeout%3D100");
    fails(&short, "select pg_sleep(20)::text as a", "query-stopped", &["57014", "statement_timeout"]);
}

fn who_may_come_in(server: &Server, address: &str) {
    let port = server.port;
    let wrong = address.replace(ENCODED, "s3wrong");
    fails(&wrong, "select 1 as a", "not-let-in", &["28P01", "PGPASSWORD"]);
    // The password that an address had is kept for that address alone.
    let without =
        format!("postgresql://reader@localhost:{port}/grid?application_name=none&passfile=/nowhere");
    fails(&without, "select 1 as a", "no-password", &["PGPASSWORD", ".pgpass"]);
    fails(&address.replace("/grid", "/gird"), "select 1 as a", "no-database", &["3D000", "gird"]);
    fails(
        "postgresql://reader@no.such.host.invalid/grid",
        "select 1 as a",
        "unknown-host",
        &["no.such.host.invalid"],
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fails(&format!("postgresql://reader@127.0.0.1:{free}/grid"), "select 1 as a", "no-server", &["refused"]);
    // Something that listens and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let deaf = format!(
        "postgresql://reader@127.0.0.1:{}/grid?connect_timeout=2",
        silent.local_addr().unwrap().port()
    );
    let begun = Instant::now();
    fails(&deaf, "select 1 as a", "no-server", &["2 s"]);
    assert!(begun.elapsed() < Duration::from_secs(10));
    // By the socket, where nothing is encrypted, and nothing is asked.
    let socket = format!("postgresql://owner@/grid?host={}&port={port}", server.folder());
    let table = asked(&socket, "select 1 as a").unwrap();
    assert!(table.source().format.contains("not encrypted"), "{:?}", table.source());
}

fn certificates(server: &Server, address: &str) {
    let path = |name: &str| server.path(name).display().to_string();
    let with = |address: &str, mode: &str, root: &str| {
        format!("{address}?sslmode={mode}&sslrootcert={}", path(root))
    };
    let format = |address: &str| asked(address, "select 1 as a").unwrap().source().format.clone();
    assert!(format(&format!("{address}?sslmode=disable")).contains("not encrypted"));
    assert!(format(&format!("{address}?sslmode=require")).contains("certificate not checked"));
    assert!(format(&with(address, "verify-ca", "ca.pem")).contains("certificate checked, host not"));
    assert!(format(&with(address, "verify-full", "ca.pem")).contains("certificate and host checked"));
    // As libpq does, `require` looks at the certificate where root certificates are named.
    fails(&with(address, "require", "other.pem"), "select 1 as a", "bad-certificate", &["sslrootcert"]);
    fails(&with(address, "verify-ca", "other.pem"), "select 1 as a", "bad-certificate", &[]);
    // The certificate is for localhost, not for the number.
    let number = address.replace("localhost", "127.0.0.1");
    assert!(format(&with(&number, "verify-ca", "ca.pem")).contains("checked, host not"));
    fails(&with(&number, "verify-full", "ca.pem"), "select 1 as a", "bad-certificate", &["another host"]);
    // A server's own certificate, named as the root.
    assert!(format(&with(address, "verify-full", "server.pem")).contains("host checked"));
    assert_eq!(
        asked(&with(address, "verify-full", "names"), "select 1 as a").unwrap_err().code(),
        "no-root-certificate"
    );
    assert_eq!(asked(&with(address, "verify-full", "nowhere"), "select 1 as a").unwrap_err().code(), "io");
    fails(&format!("{address}?sslmode=verify-ful"), "select 1 as a", "unknown-sslmode", &["verify-full"]);
    // A server without TLS.
    server.sql("postgres", "alter system set ssl = off");
    server.sql("postgres", "select pg_reload_conf()");
    let begun = Instant::now();
    let open = || format(address).contains("not encrypted");
    while !open() && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(open(), "preferred, not needed");
    fails(&format!("{address}?sslmode=require"), "select 1 as a", "no-tls", &["sslmode=disable"]);
}

fn limits(address: &str) {
    let endless = "select generate_series(1, 1000000000) as i";
    for (options, code) in [
        (ReadOptions { max_bytes: 10_000, ..ReadOptions::default() }, "too-many-bytes"),
        (ReadOptions { max_rows: 100, ..ReadOptions::default() }, "too-many-rows"),
    ] {
        let begun = Instant::now();
        let error = read(address, &ReadOptions { query: Some(endless.into()), ..options }).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(begun.elapsed() < Duration::from_secs(20), "rows beyond the limit were read");
    }
}

fn a_stop_reaches_the_server(server: &Server, address: &str) {
    let stop = Arc::new(AtomicBool::new(false));
    gyeol_data::database::stops_with(stop.clone());
    let (flag, begun) = (stop.clone(), Instant::now());
    let setter = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        flag.store(true, Ordering::SeqCst);
    });
    let error = asked(address, "select pg_sleep(60)::text as slept").unwrap_err();
    setter.join().unwrap();
    assert_eq!(error.code(), "stopped", "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    stop.store(false, Ordering::SeqCst);
    let active = || {
        let query = "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()";
        server.sql("postgres", query).trim().to_owned()
    };
    let begun = Instant::now();
    while active() != "0" && begun.elapsed() < Duration::from_secs(5) {}
    assert_eq!(active(), "0", "the server still works on it");
}

fn a_server_that_goes_away(server: &Server, address: &str) {
    let address = address.to_owned();
    let reader = std::thread::spawn(move || {
        fault(&address, "select generate_series(1, 1000000) as i, pg_sleep(0.001)::text as slept")
    });
    std::thread::sleep(Duration::from_millis(700));
    server.stop();
    let error = reader.join().unwrap();
    assert_eq!(error.code(), "server-gone", "{error}");
}
