//! What a server or the way to it said, with its SQLSTATE (PostgreSQL documentation, appendix A), why, and what to do next.

use gyeol_base::{Error, Fault, Kind, shorten};
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

/// Where in the work it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum While {
    /// No session yet.
    Connecting,
    /// The session is being set up.
    Opening,
    /// The query is looked at, no row came; the text sent began with so many signs that are not the query's.
    Asking { before: usize },
    /// So many rows came.
    Reading { rows: usize },
}

/// Says what went wrong; `passed_over` is a file of passwords that was not read.
pub(super) fn said(
    shown: &str,
    query: &str,
    at: While,
    error: &tokio_postgres::Error,
    passed_over: Option<&str>,
) -> Error {
    match error.as_db_error() {
        Some(server) => by_the_server(shown, query, at, server, passed_over),
        None => on_the_way(shown, at, error, passed_over),
    }
}

fn after(at: While) -> String {
    match at {
        While::Reading { rows } if rows > 0 => format!(" after {rows} rows"),
        _ => String::new(),
    }
}

fn by_the_server(shown: &str, query: &str, at: While, server: &DbError, passed_over: Option<&str>) -> Error {
    let code = server.code();
    let mut found = format!("{} (SQLSTATE {}){}", server.message(), code.code(), after(at));
    if let Some(detail) = server.detail() {
        found += &format!("; {detail}");
    }
    if let (Some(ErrorPosition::Original(position)), While::Asking { before }) = (server.position(), at)
        && let Some(place) = place(query, (*position as usize).saturating_sub(before))
    {
        found += &format!("; at {place}");
    }
    let hint = server.hint().map(|hint| format!(" (the server says: {hint})")).unwrap_or_default();
    let (word, cause, next) = meant(code, passed_over);
    let fault =
        Fault::new(word, shorten(&found, 1000)).file(shown).cause(cause).next(format!("{next}{hint}"));
    Error::new(if word == "query-stopped" { Kind::Limit } else { Kind::Input }, fault)
}

/// Code, cause and next step of a SQLSTATE.
fn meant(code: &SqlState, passed_over: Option<&str>) -> (&'static str, String, String) {
    let of = |word, cause: &str, next: &str| (word, cause.to_owned(), next.to_owned());
    let class = &code.code()[..code.code().len().min(2)];
    if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        let next = "give the password by PGPASSWORD or ~/.pgpass, and see that the server lets this user in from here (pg_hba.conf)";
        let cause = match passed_over {
            Some(why) => format!("a wrong password or user; {why}"),
            None => {
                "a wrong password or user, or a host or an encryption that the server does not allow".into()
            }
        };
        return ("not-let-in", cause, next.to_owned());
    }
    match code.code() {
        "3D000" => of("no-database", "a typing error, or another server", "see which are there: psql -l"),
        "25006" => of(
            "read-only",
            "the query would write; it runs in a read-only transaction",
            "write a query that only reads",
        ),
        "57014" => of(
            "query-stopped",
            "it took longer than statement_timeout allows, or somebody cancelled it",
            "ask for less (a span of time), add an index, or allow more: ?options=-c%20statement_timeout%3D10min",
        ),
        "57P01" | "57P02" | "57P03" => of(
            "server-gone",
            "the server stops, starts again, or ended this session",
            "try again once it is up; nothing was written",
        ),
        "53300" => of("server-full", "too many sessions at once", "try again later, or end some"),
        "42601" => of(
            "bad-query",
            "a typing error, two statements with a ; between, or no SELECT",
            "try the query in psql: one select, with, values or table",
        ),
        "42501" => of("not-allowed", "this user may not read that", "grant select on the table to this user"),
        "42P01" | "42703" | "3F000" | "42883" => of(
            "bad-query",
            "a typing error, another database, or a schema that is not in the search path",
            "try the query in psql; write schema.table and names with capitals in \"quotes\"",
        ),
        "40001" | "40P01" => {
            of("query-stopped", "changes on the server got in the way", "try again, or ask the primary")
        }
        _ if class == "22" => of(
            "failed-query",
            "a value in the data that the query cannot compute with",
            "find the row in psql, and leave it out or guard it: nullif(x, 0)",
        ),
        _ if class == "08" || class == "57" => {
            of("server-gone", "the connection ended", "try again; nothing was written")
        }
        _ if class == "28" => {
            of("not-let-in", "the server does not let this user in", "see pg_hba.conf of the server")
        }
        _ if class == "53" => {
            of("server-full", "the server lacks memory, disk or sessions", "ask for less, or try later")
        }
        _ => of("failed-query", "see what the server says", "try the query in psql"),
    }
}

/// The line and the sign of a place in the query, with what stands there.
fn place(query: &str, position: usize) -> Option<String> {
    let at = position.checked_sub(1)?;
    let before: String = query.chars().take(at).collect();
    let rest: String = query.chars().skip(at).collect();
    let rest = rest.lines().next().filter(|rest| !rest.trim().is_empty())?;
    let line = before.matches('\n').count() + 1;
    let sign = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Some(format!("line {line}, sign {sign} of the query: {}", shorten(rest, 40)))
}

fn on_the_way(shown: &str, at: While, error: &tokio_postgres::Error, passed_over: Option<&str>) -> Error {
    // What lies at the bottom says most.
    let mut words = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    let (mut io, mut tls) = (None, None);
    while let Some(inner) = source {
        if let Some(e) = inner.downcast_ref::<std::io::Error>() {
            io = Some(e.kind());
            // TLS hides behind an error of the system, which passes over it when asked for its source.
            tls = tls.or(e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()));
        }
        tls = tls.or(inner.downcast_ref::<rustls::Error>());
        let said = inner.to_string();
        if words.last().is_none_or(|last| !last.contains(&said)) {
            words.push(said);
        }
        source = inner.source();
    }
    let found = shorten(&format!("{}{}", words.join(": "), after(at)), 1000);
    let fault = |code| Fault::new(code, found.clone()).file(shown);
    if let Some(tls) = tls {
        let (cause, next) = match tls {
            rustls::Error::InvalidCertificate(e) => {
                let named = matches!(
                    e,
                    rustls::CertificateError::NotValidForName
                        | rustls::CertificateError::NotValidForNameContext { .. }
                );
                if named {
                    (
                        "the certificate is made out to another host, or names its host in no subjectAltName",
                        "write the host as the certificate names it, or, where the way there is safe, sslmode=verify-ca",
                    )
                } else {
                    (
                        "another authority signed the certificate, or its time is over",
                        "name the file of the right authority by sslrootcert; where the certificate is sound, look at the clocks",
                    )
                }
            }
            _ => (
                "server and program agree on no version of TLS: 1.2 and 1.3 are spoken here",
                "update the server's TLS",
            ),
        };
        return fault("bad-certificate").cause(cause).next(next).input();
    }
    let all = words.join(": ");
    if all.contains("does not support TLS") {
        let next = "turn ssl on at the server, or, where the way there is safe, sslmode=disable";
        return fault("no-tls").cause("the server is set up without encryption").next(next).input();
    }
    if all.contains("password missing") {
        let cause = passed_over.map_or("the server asks for a password".to_owned(), |why| {
            format!("the server asks for a password, and {why}")
        });
        let next = "give it by PGPASSWORD or a line of ~/.pgpass: HOST:PORT:DATABASE:USER:PASSWORD";
        return fault("no-password").cause(cause).next(next).input();
    }
    if at != While::Connecting {
        return fault("server-gone")
            .cause("the server or the network went away")
            .next("try again; nothing was written")
            .input();
    }
    let (code, cause, next) = match io {
        Some(std::io::ErrorKind::ConnectionRefused) => (
            "no-server",
            "no server listens there, or another port is meant",
            "see that it runs and listens on that address: pg_isready -h HOST -p PORT",
        ),
        Some(std::io::ErrorKind::NotFound) => (
            "no-server",
            "no server has its socket in that folder",
            "name the host, or the folder of the socket: ?host=/run/postgresql",
        ),
        Some(std::io::ErrorKind::PermissionDenied) => (
            "no-server",
            "the socket may not be used by this user",
            "name the host: postgresql://USER@localhost/…",
        ),
        Some(std::io::ErrorKind::TimedOut) => (
            "no-server",
            "a host that does not answer, or a firewall between",
            "see that the host can be reached, or wait longer: ?connect_timeout=60",
        ),
        Some(std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset) => (
            "no-server",
            "what listens there is no PostgreSQL, or it closed the connection at once",
            "see that host and port are those of the database",
        ),
        _ if all.contains("lookup address") || all.contains("resolve") => (
            "unknown-host",
            "a typing error in the host, or no network",
            "see that the host is known: getent hosts HOST",
        ),
        _ => ("no-server", "the server cannot be reached", "see that host, port and network are right"),
    };
    fault(code).cause(cause).next(next).input()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_query_is_its_line_and_sign() {
        assert_eq!(place("select a\nfrom b", 15).as_deref(), Some("line 2, sign 6 of the query: b"));
        assert_eq!(
            place("sélect x", 8).as_deref(),
            Some("line 1, sign 8 of the query: x"),
            "signs, not bytes"
        );
        assert_eq!((place("a", 0), place("a", 9)), (None, None));
    }

    #[test]
    fn every_class_has_a_next_step() {
        for code in ["28P01", "3D000", "25006", "57014", "57P01", "42601", "22012", "XX000", "58030"] {
            let (word, cause, next) = meant(&SqlState::from_code(code), Some("x"));
            assert!(!word.is_empty() && !cause.is_empty() && !next.is_empty(), "{code}");
        }
    }
}
