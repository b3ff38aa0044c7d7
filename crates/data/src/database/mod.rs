//! Readings from a PostgreSQL database: an address in place of a file, and the query whose rows are the table.
//!
//! The server writes the rows as CSV (`COPY (query) TO STDOUT`), in a read-only transaction and in UTC, and the bytes go the way
//! of every file: [`crate::read_bytes`] finds types, clocks and zones, and the digest covers what was received.
//!
//! | file | owns |
//! |---|---|
//! | `address` | addresses, without their passwords |
//! | `passwords` | `~/.pgpass` |
//! | `tls` | which certificates are believed |
//! | `fetch` | the session: read only, in UTC, one query by `COPY … TO STDOUT` |
//! | `columns` | which types of columns are taken |
//! | `failures` | what went wrong, so that it can be put right |
//!
//! Everything but the addresses is behind the feature `postgres`; without it an error says how to get it.
//!
//! A password never travels in a value that may be written or shown. [`set_aside`] takes it out of an address and keeps it in the
//! memory of the process until a connection asks for it.

mod address;
#[cfg(feature = "postgres")]
mod columns;
#[cfg(feature = "postgres")]
mod failures;
#[cfg(feature = "postgres")]
mod fetch;
#[cfg(feature = "postgres")]
mod passwords;
#[cfg(feature = "postgres")]
mod tls;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gyeol_base::{Fault, Result};

use crate::acquire::ReadOptions;
use crate::table::Table;
pub use address::{Address, Secret, is_database, without_password};

/// Passwords that stood in addresses, by the address without them.
static PASSWORDS: Mutex<Option<HashMap<String, Secret>>> = Mutex::new(None);
/// What asks work to end, such as Ctrl-C.
static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// The same address without its password, which this process keeps for the connection. Other names are left as they are.
///
/// ```
/// use gyeol_data::database::set_aside;
/// assert_eq!(set_aside("postgresql://reader:secret@db/grid")?, "postgresql://reader@db/grid");
/// assert_eq!(set_aside("load.csv")?, "load.csv");
/// # Ok::<(), gyeol_data::Error>(())
/// ```
///
/// # Errors
/// As [`Address::parse`].
pub fn set_aside(name: &str) -> Result<String> {
    let (public, password) = without_password(name)?;
    if let Some(password) = password {
        let mut kept = PASSWORDS.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert_default().insert(public.clone(), password);
    }
    Ok(public)
}

/// The password that stood in an address.
#[cfg_attr(not(any(test, feature = "postgres")), allow(dead_code, reason = "asked for by connections alone"))]
fn password_of(public: &str) -> Option<Secret> {
    PASSWORDS.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(public).cloned()
}

/// From here on, reading from a database ends soon after the flag is set, and the server is told to give the query up.
pub fn stops_with(flag: Arc<AtomicBool>) {
    // The first one stays: a process has one Ctrl-C.
    let _ = STOP.set(flag);
}

/// Whether somebody asked to end.
#[cfg(feature = "postgres")]
fn stopped() -> bool {
    STOP.get().is_some_and(|flag| flag.load(std::sync::atomic::Ordering::SeqCst))
}

/// What of the options belongs to files alone.
fn of_files(options: &ReadOptions) -> Option<&'static str> {
    [
        (options.delimiter.is_some(), "delimiter"),
        (options.decimal_comma.is_some(), "decimal sign"),
        (options.encoding.is_some(), "encoding"),
        (options.header.is_some(), "header"),
        (options.skip.is_some(), "number of lines to skip"),
    ]
    .into_iter()
    .find_map(|(given, name)| given.then_some(name))
}

/// Reads the rows of `options.query` from the database at an address.
pub(crate) fn read(name: &str, options: &ReadOptions) -> Result<Table> {
    let shown = set_aside(name)?;
    let Some(query) = options.query.as_deref().filter(|query| !query.trim().is_empty()) else {
        return Err(Fault::new("no-query", "a database, and no query that says which rows")
            .file(&shown)
            .cause("the query was forgotten")
            .next(
                "add --query \"select time, load from readings order by time\" (or --query-file FILE.sql; in a recipe: \
                 query = \"…\")",
            )
            .option());
    };
    if let Some(what) = of_files(options) {
        return Err(Fault::new(
            "file-options",
            format!("a {what} is given, and rows of a database have none"),
        )
        .file(&shown)
        .cause("an option of files")
        .next("leave it out; the query turns texts into numbers or times: replace(load, ',', '.')::numeric")
        .option());
    }
    if let Some(zone) = &options.zone {
        crate::clock::zone(zone)?;
    }
    rows(&shown, query, options)
}

#[cfg(not(feature = "postgres"))]
fn rows(shown: &str, _query: &str, _options: &ReadOptions) -> Result<Table> {
    Err(Fault::new("no-postgres", "this program was built without its part that reads from PostgreSQL")
        .file(shown)
        .cause("that part brings TLS and some thirty crates, which a program for files does without")
        .next(
            "build it in: cargo install --path crates/cli --features postgres; or write the rows to a file: \
             psql -c \"\\copy (select …) to rows.csv csv header\"",
        )
        .option())
}

#[cfg(feature = "postgres")]
fn rows(shown: &str, query: &str, options: &ReadOptions) -> Result<Table> {
    let written = password_of(shown);
    let in_address = written.is_some();
    let fetched = fetch::fetch(shown, query, written, options)?;
    // How the rows are written is known: nothing about it is guessed.
    let known = ReadOptions {
        delimiter: Some(b','),
        decimal_comma: Some(false),
        encoding: Some("utf-8".into()),
        header: Some(true),
        skip: Some(0),
        query: None,
        ..options.clone()
    };
    let table = crate::acquire::read_bytes(shown, &fetched.csv, &known)?;
    let mut source = table.source().clone();
    // Rows are counted as the server sent them: there are no lines that could be looked at.
    source.first_row = 1;
    source.format = fetched.made_by.clone();
    let query = gyeol_base::shorten(&query.split_whitespace().collect::<Vec<_>>().join(" "), 600);
    let words = format!("{} rows of {shown} ({}): {query}", fetched.rows, fetched.made_by);
    let mut notes = vec![crate::acquire::note("database", None, None, fetched.rows, words)];
    if in_address {
        let words = "the password stands in the address, where others can read it: leave it to PGPASSWORD or ~/.pgpass (nothing that is written holds it)";
        notes.push(crate::acquire::note("password-in-address", None, None, 1, words));
    }
    let said = fetched.notes.into_iter();
    notes.extend(said.map(|(code, words)| crate::acquire::note(code, None, None, 1, words)));
    source.notes.splice(0..0, notes);
    Ok(table.with_source(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking() -> ReadOptions {
        ReadOptions { query: Some("select 1".into()), ..ReadOptions::default() }
    }

    #[test]
    fn a_password_is_kept_for_the_address_without_it() {
        let public = set_aside("postgresql://kept:hunter2@h/g").unwrap();
        assert_eq!(public, "postgresql://kept@h/g");
        assert_eq!(password_of(&public), Some(Secret::new("hunter2")));
        assert_eq!(password_of("postgresql://other@h/g"), None);
        assert_eq!(set_aside("load.csv").unwrap(), "load.csv");
    }

    #[test]
    fn what_does_not_go_together_is_refused_before_any_connection() {
        let name = "postgresql://reader:hunter2@db.invalid/grid";
        let error = |options: &ReadOptions| {
            let error = read(name, options).unwrap_err();
            assert!(!error.to_string().contains("hunter"), "{error}");
            error.code()
        };
        assert_eq!(error(&ReadOptions::default()), "no-query");
        assert_eq!(error(&ReadOptions { query: Some("  \n".into()), ..asking() }), "no-query");
        assert_eq!(error(&ReadOptions { delimiter: Some(b';'), ..asking() }), "file-options");
        assert_eq!(error(&ReadOptions { zone: Some("Europe/Berln".into()), ..asking() }), "unknown-zone");
        assert_eq!(crate::read("load.csv", &asking()).unwrap_err().code(), "query-without-database");
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn without_the_feature_the_error_says_how_to_get_it() {
        let error = read("postgresql://reader:hunter2@db.invalid/grid", &asking()).unwrap_err();
        assert_eq!(error.code(), "no-postgres");
        let said = error.to_string();
        assert!(said.contains("--features postgres") && !said.contains("hunter2"), "{said}");
    }
}
