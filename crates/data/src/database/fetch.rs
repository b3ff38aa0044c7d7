//! A session that reads one query: `COPY (query) TO STDOUT` in a read-only transaction with one snapshot, in UTC, its bytes bounded
//! while they come. The query is first prepared by itself, so that it is one statement, whole, with columns whose types are known
//! before any row is sent.

use std::sync::PoisonError;
use std::time::Duration;

use futures_util::StreamExt;
use gyeol_base::{Error, Fault, Result};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{Kind, Type};
use tokio_postgres::{CancelToken, Client, Config};

use super::address::{Address, Secret};
use super::failures::{While, said};
use super::tls::{Encrypt, Tls};
use super::{columns, passwords};
use crate::ReadOptions;

/// What came of a query.
pub(super) struct Fetched {
    /// Rows as CSV in UTF-8 with a line of names.
    pub csv: Vec<u8>,
    /// How many rows these are.
    pub rows: usize,
    /// The server and how the way to it was kept, in words.
    pub made_by: String,
    /// What deserves to be said, with its code.
    pub notes: Vec<(&'static str, String)>,
}

/// How long connecting may take where the address does not say: a server that is there answers within a second.
const CONNECT: Duration = Duration::from_secs(15);
/// After how long a silence the server is asked whether it is still there, how often, and how many times.
const ALIVE: (Duration, Duration, u32) = (Duration::from_secs(60), Duration::from_secs(10), 6);

/// The options of an address that are understood here.
const OPTIONS: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "connect_timeout",
    "options",
    "application_name",
    "passfile",
    "channel_binding",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
];

/// The session: nothing can be written, all rows are of one moment, times are in UTC, numbers with all their digits (servers before 12
/// cut them otherwise), and a table is read from its beginning (a large one is otherwise read from where another reader is).
const SESSION: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL TIME ZONE 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 3; \
    SET LOCAL standard_conforming_strings = on; SET LOCAL synchronize_seqscans = off";
/// Lets the server notice in the midst of a query that nobody waits any more; servers before 14 do not know it.
const LEAVES: &str = "SET LOCAL client_connection_check_interval = '5s'";

/// Runs a query and collects its rows; `shown` is the address without a password.
pub(super) fn fetch(
    shown: &str,
    query: &str,
    password: Option<Secret>,
    options: &ReadOptions,
) -> Result<Fetched> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| {
        Error::io("open a way to", shown, "see that this user may open more files and sockets", e)
    })?;
    let fetched = runtime.block_on(until_stopped(shown, query, password, options));
    // A name that is still being looked up does not hold the program.
    runtime.shutdown_background();
    fetched
}

/// What a query is given up with.
type Cancel = std::sync::Mutex<Option<(CancelToken, Tls)>>;

/// Goes on until Ctrl-C, which is told to the server: a query that sorts or waits would not notice for long that nobody listens.
async fn until_stopped(
    shown: &str,
    query: &str,
    password: Option<Secret>,
    options: &ReadOptions,
) -> Result<Fetched> {
    let cancel = Cancel::default();
    let asked = async {
        while !super::stopped() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let fetched = tokio::select! {
        fetched = session(shown, query, password, options, &cancel) => Some(fetched),
        () = asked => None,
    };
    if let Some(fetched) = fetched {
        return fetched;
    }
    let begun = cancel.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((token, tls)) = begun {
        // Within the time that Ctrl-C gives; a server that cannot be told notices it at the next row.
        let _ = tokio::time::timeout(Duration::from_millis(400), token.cancel_query(tls)).await;
    }
    Err(Error::stopped())
}

/// A session begun.
struct Session {
    client: Client,
    version: String,
    tls: String,
    encrypted: Tls,
    connection: tokio::task::JoinHandle<()>,
    passed_over: Option<String>,
    /// The other machine to which the way is not encrypted.
    open_to: Option<String>,
}

async fn session(
    shown: &str,
    query: &str,
    password: Option<Secret>,
    options: &ReadOptions,
    cancel: &Cancel,
) -> Result<Fetched> {
    let query = query.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    let session = open(shown, password).await?;
    let fail =
        |at: While, e: &tokio_postgres::Error| said(shown, query, at, e, session.passed_over.as_deref());
    let client = &session.client;
    *cancel.lock().unwrap_or_else(PoisonError::into_inner) =
        Some((client.cancel_token(), session.encrypted.clone()));
    client.batch_execute(SESSION).await.map_err(|e| fail(While::Opening, &e))?;
    let major = session.version.split('.').next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
    if major >= 14 {
        // Some systems cannot: the transaction then goes on as it was.
        let tried = client.batch_execute(&format!("SAVEPOINT asked; {LEAVES}")).await;
        if tried.is_err() {
            client
                .batch_execute("ROLLBACK TO SAVEPOINT asked")
                .await
                .map_err(|e| fail(While::Opening, &e))?;
        }
    }
    let statement = client.prepare(query).await.map_err(|e| fail(While::Asking { before: 0 }, &e))?;
    if !statement.params().is_empty() {
        return Err(Fault::new(
            "query-with-blanks",
            format!("the query has {} blanks such as $1", statement.params().len()),
        )
        .file(shown)
        .cause("a query that a program fills in")
        .next("write the values into the query")
        .input());
    }
    let named: Vec<_> = statement.columns().iter().map(|c| (c.name(), c.type_())).collect();
    columns::check(shown, &named)?;
    let (before, after) = around(&named);
    let copy = format!("{before}{query}{after}");
    let asking = While::Asking { before: before.chars().count() };
    let stream = client.copy_out(copy.as_str()).await.map_err(|e| fail(asking, &e))?;
    let mut stream = std::pin::pin!(stream);
    let (mut csv, mut messages) = (Vec::new(), 0usize);
    while let Some(chunk) = stream.next().await {
        // The first message is the line of names.
        let chunk = chunk.map_err(|e| fail(While::Reading { rows: messages.saturating_sub(1) }, &e))?;
        if csv.len() as u64 + chunk.len() as u64 > options.max_bytes {
            return Err(Fault::new(
                "too-many-bytes",
                format!("more than the limit of {} bytes, after {messages} rows", options.max_bytes),
            )
            .file(shown)
            .cause("a query for more than foreseen")
            .next("ask for fewer columns or a shorter span of time, or let the database gather: avg(load) … group by date_trunc('hour', time)")
            .limit());
        }
        if messages > options.max_rows {
            return Err(Fault::new(
                "too-many-rows",
                format!("more than the limit of {} rows", options.max_rows),
            )
            .file(shown)
            .cause("a query for more than foreseen")
            .next("ask for a shorter span of time")
            .limit());
        }
        csv.extend_from_slice(&chunk);
        messages += 1;
    }
    let Session { client, version, tls, connection, passed_over, open_to, .. } = session;
    // Nothing was changed that would have to be kept; a server that has gone by now has said everything.
    let _ = client.batch_execute("ROLLBACK").await;
    drop(client);
    let _ = tokio::time::timeout(Duration::from_secs(1), connection).await;
    if messages < 2 {
        return Err(Fault::new("no-rows", "the query returns no rows")
            .file(shown)
            .cause("a condition that nothing meets, an empty table, or rows that this user may not see")
            .next("try the query in psql, with a wider span of time")
            .input());
    }
    let mut notes = Vec::new();
    if let Some(why) = passed_over {
        notes.push(("password-file", why));
    }
    if let Some(host) = open_to {
        let words = format!(
            "the way to {host} is not encrypted: others on it can read the rows; write sslmode=verify-full into the address"
        );
        notes.push(("not-encrypted", words));
    }
    let words = query.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    if !words.contains("order by") {
        notes.push((
            "rows-in-any-order",
            "the query has no ORDER BY: its rows may come in another order next time, and --resume takes them for other readings".into(),
        ));
    }
    Ok(Fetched { csv, rows: messages - 1, made_by: format!("PostgreSQL {version}, {tls}"), notes })
}

/// What stands before and after the query. Truth values come as `true` and `false`, where COPY alone would write `t` and `f`. The
/// query may end in a comment: the line ends before the bracket.
fn around(columns: &[(&str, &Type)]) -> (String, String) {
    const WRITTEN: &str = "TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')";
    fn is_bool(kind: &Type) -> bool {
        match kind.kind() {
            Kind::Domain(inner) => is_bool(inner),
            _ => *kind == Type::BOOL,
        }
    }
    if !columns.iter().any(|(_, kind)| is_bool(kind)) {
        return ("COPY (".into(), format!("\n) {WRITTEN}"));
    }
    let list: Vec<String> = columns
        .iter()
        .map(|(name, kind)| {
            let name = format!("\"{}\"", name.replace('"', "\"\""));
            if is_bool(kind) {
                format!("asked.{name}::bool::text AS {name}")
            } else {
                format!("asked.{name}")
            }
        })
        .collect();
    (format!("COPY (SELECT {} FROM (", list.join(", ")), format!("\n) AS asked) {WRITTEN}"))
}

/// Tries the hosts of the address one after the other.
async fn open(shown: &str, password: Option<Secret>) -> Result<Session> {
    let (mut address, _) = Address::parse(shown)?;
    let variable = |name: &str| std::env::var(name).ok();
    address.complete(&variable)?;
    for (key, _) in &address.options {
        if !OPTIONS.contains(&key.as_str()) {
            return Err(Fault::new(
                "unknown-address-option",
                format!("the option {key} of the address is not known here"),
            )
            .file(shown)
            .cause("a typing error, or an option of libpq that this program does not have")
            .next(format!("leave it out; known are {}", OPTIONS.join(", ")))
            .option());
        }
    }
    let tls = Tls::of(&address)?;
    let password = password.or_else(|| variable("PGPASSWORD").filter(|p| !p.is_empty()).map(Secret::new));
    let mut failed = None;
    for (host, port) in &address.hosts {
        match connect(shown, &address, host, port.unwrap_or(5432), &tls, password.clone()).await {
            Ok(session) => return Ok(session),
            Err(e) => failed = Some(e),
        }
    }
    Err(failed.unwrap_or_else(|| Error::defect("an address without hosts")))
}

async fn connect(
    shown: &str,
    address: &Address,
    host: &str,
    port: u16,
    tls: &Tls,
    password: Option<Secret>,
) -> Result<Session> {
    let host = if host.is_empty() { usual_host(port) } else { host.to_owned() };
    let (mut config, limit) = configured(shown, address)?;
    config.host(&host).port(port);
    // Whom libpq takes where nobody is named: the user of the system.
    let user = address.user.clone().or_else(|| std::env::var("USER").ok().filter(|user| !user.is_empty()));
    let Some(user) = user else {
        return Err(Fault::new("no-user", "the address names no user")
            .file(shown)
            .next("write postgresql://USER@HOST/DATABASE, or set PGUSER")
            .option());
    };
    let name = address.name.clone().unwrap_or_else(|| user.clone());
    config.user(&user).dbname(&name);
    let mut passed_over = None;
    let password = password.or_else(|| {
        let kept = passwords::kept(address, &host, port, &user, &name);
        passed_over = kept.passed_over;
        kept.password
    });
    if let Some(password) = &password {
        config.password(password.reveal());
    }
    // A socket in a folder is on this machine: nothing is encrypted there, whatever sslmode says.
    let encrypt = if host.starts_with('/') { Encrypt::Never } else { tls.encrypt };
    let mode = |encrypt| match encrypt {
        Encrypt::Never => SslMode::Disable,
        Encrypt::WhereTheServerCan => SslMode::Prefer,
        Encrypt::Always => SslMode::Require,
    };
    config.ssl_mode(mode(encrypt));
    // What was spoken with a host before this one says nothing of this one.
    tls.forget();
    let mut connected = timed(shown, limit, config.connect(tls.clone())).await?;
    // What cannot be spoken with is, where encryption is only preferred, spoken with in the open, as libpq does: a way that fails
    // before anybody logs in. A password that was refused is not sent again where others can read it.
    let unheard = |e: &tokio_postgres::Error| {
        e.to_string().contains("TLS") || e.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    };
    if encrypt == Encrypt::WhereTheServerCan && connected.as_ref().err().is_some_and(unheard) {
        config.ssl_mode(mode(Encrypt::Never));
        tls.forget();
        let again = timed(shown, limit, config.connect(tls.clone())).await?;
        connected = if again.is_ok() { again } else { connected };
    }
    let (client, connection) =
        connected.map_err(|e| said(shown, "", While::Connecting, &e, passed_over.as_deref()))?;
    let version = connection.parameter("server_version").unwrap_or("of unknown version");
    let version = version.split_whitespace().next().unwrap_or_default().to_owned();
    let connection = tokio::spawn(async move {
        // How it ended is said to whoever waits for rows.
        let _ = connection.await;
    });
    let open_to = (!tls.is_encrypted() && !is_here(&host)).then(|| host.clone());
    Ok(Session {
        client,
        version,
        tls: tls.words(),
        encrypted: tls.clone(),
        connection,
        passed_over,
        open_to,
    })
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The folder of the usual socket where there is one, else this machine by its name.
fn usual_host(port: u16) -> String {
    let folders = ["/var/run/postgresql", "/run/postgresql", "/tmp"];
    let there = |folder: &&str| std::path::Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    folders.into_iter().find(there).unwrap_or("localhost").to_owned()
}

/// What of the options the session takes, and how long connecting may last.
fn configured(shown: &str, address: &Address) -> Result<(Config, Duration)> {
    let mut config = Config::new();
    config
        .application_name("gyeol")
        .keepalives_idle(ALIVE.0)
        .keepalives_interval(ALIVE.1)
        .keepalives_retries(ALIVE.2);
    let mut limit = CONNECT;
    for (key, value) in &address.options {
        let number = || {
            value.parse::<u32>().map_err(|_| {
                Fault::new("bad-address-option", format!("{key}={value} is no whole number"))
                    .file(shown)
                    .next(format!("write a number of seconds: {key}=10"))
                    .option()
            })
        };
        let seconds = || Ok::<_, Error>(Duration::from_secs(number()?.into()));
        match key.as_str() {
            "connect_timeout" => {
                // As with libpq: 0 is no limit, and less than two seconds are two.
                limit = match seconds()? {
                    Duration::ZERO => Duration::from_secs(7 * 24 * 3600),
                    limit => limit.max(Duration::from_secs(2)),
                };
            }
            "options" => {
                config.options(value);
            }
            "application_name" => {
                config.application_name(value);
            }
            "channel_binding" if value == "require" => {
                return Err(Fault::new(
                    "no-channel-binding",
                    "channel_binding=require, which is not spoken here",
                )
                .file(shown)
                .next("leave it out, and let sslmode=verify-full see to it that this is the server")
                .option());
            }
            "keepalives" => {
                config.keepalives(number()? != 0);
            }
            "keepalives_idle" => {
                config.keepalives_idle(seconds()?);
            }
            "keepalives_interval" => {
                config.keepalives_interval(seconds()?);
            }
            "keepalives_count" => {
                config.keepalives_retries(number()?);
            }
            "tcp_user_timeout" => {
                config.tcp_user_timeout(Duration::from_millis(number()?.into()));
            }
            _ => {}
        }
    }
    Ok((config, limit))
}

/// Connecting, whose end is waited for only so long: name, socket, TLS and log-in together.
async fn timed<T>(
    shown: &str,
    limit: Duration,
    connecting: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<Result<T, tokio_postgres::Error>> {
    tokio::time::timeout(limit, connecting).await.map_err(|_| {
        Fault::new("no-server", format!("no answer within {} s", limit.as_secs()))
            .file(shown)
            .cause("a host that does not answer, a firewall between, or something that is no PostgreSQL")
            .next("see that host and port are right, or wait longer: ?connect_timeout=60")
            .input()
    })
}
