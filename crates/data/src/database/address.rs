//! The address of a database, `postgresql://user:password@host:port/name?option=value`, as libpq reads it
//! (PostgreSQL documentation, 34.1.1.2): several hosts with commas between, `[::1]`, `%2F…` for a folder of sockets, options that
//! overrule what stands before them; and what is left out taken from the environment (34.15).
//!
//! The password is taken out while an address is read and goes apart from it, so that nothing that is shown, written or packed can
//! hold one. An address that cannot be read is never repeated: its password might stand anywhere in it.

use std::fmt;

use gyeol_base::{Error, Fault, Result};

/// How an address of a database begins.
const SCHEMES: [&str; 2] = ["postgresql://", "postgres://"];

/// Whether a name is the address of a database, not that of a file.
pub fn is_database(name: &str) -> bool {
    SCHEMES.iter().any(|scheme| name.starts_with(scheme))
}

/// A password, which shows itself nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for whoever must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// An address taken apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Address {
    /// Who asks.
    pub user: Option<String>,
    /// Hosts (names, numbers, or folders of sockets, which begin with `/`) and their ports, in the order in which they are tried.
    pub hosts: Vec<(String, Option<u16>)>,
    /// The database.
    pub name: Option<String>,
    /// Everything else, in the order in which it stands.
    pub options: Vec<(String, String)>,
}

impl Address {
    /// Takes an address apart; its password comes by itself.
    ///
    /// ```
    /// use gyeol_data::database::Address;
    /// let (address, password) = Address::parse("postgresql://reader:s3cret@db.example:5433/grid?sslmode=require")?;
    /// assert_eq!(address.to_string(), "postgresql://reader@db.example:5433/grid?sslmode=require");
    /// assert_eq!(password.as_ref().map(|p| p.reveal()), Some("s3cret"));
    /// # Ok::<(), gyeol_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// `bad-database-address`, without the address itself.
    pub fn parse(text: &str) -> Result<(Address, Option<Secret>)> {
        let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = rest.ok_or_else(|| bad("it does not begin with postgresql://"))?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        // No host holds an @, so the last one ends the password even where it is not encoded.
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (Some(credentials), hosts),
            None => (None, authority),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut address = Address::default();
        let mut password = None;
        if let Some(credentials) = credentials {
            let (user, secret) = match credentials.split_once(':') {
                Some((user, secret)) => (user, Some(secret)),
                None => (credentials, None),
            };
            address.user = Some(decoded(user)?).filter(|user| !user.is_empty());
            password = secret.map(decoded).transpose()?.filter(|secret| !secret.is_empty());
        }
        if !hosts.is_empty() {
            address.hosts = hosts.split(',').map(host).collect::<Result<_>>()?;
        }
        let name = path.strip_prefix('/').unwrap_or(path);
        // A sign that would stand encoded tells of a password with a / or ? in it, of which this is the end.
        if name.contains(['/', '@', ':']) {
            return Err(bad("the name of the database holds a / : or @"));
        }
        address.name = Some(decoded(name)?).filter(|name| !name.is_empty());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(|| bad("an option without ="))?;
            if key.contains('@') || !key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                return Err(bad("an option that is no word of small letters"));
            }
            address.option(key, decoded(value)?, &mut password)?;
        }
        Ok((address, password.map(Secret)))
    }

    /// Options may say again what stands before them.
    fn option(&mut self, key: &str, value: String, password: &mut Option<String>) -> Result<()> {
        match key {
            "user" => self.user = Some(value),
            "password" => *password = Some(value),
            "dbname" => self.name = Some(value),
            "host" => {
                let ports: Vec<Option<u16>> = self.hosts.iter().map(|(_, port)| *port).collect();
                let port = |at: usize| ports.get(at).or(ports.first()).copied().flatten();
                self.hosts =
                    value.split(',').enumerate().map(|(at, host)| (host.to_owned(), port(at))).collect();
            }
            "port" => {
                let ports: Vec<Option<u16>> = value.split(',').map(port).collect::<Result<_>>()?;
                if self.hosts.is_empty() {
                    self.hosts.push((String::new(), None));
                }
                if ports.len() != 1 && ports.len() != self.hosts.len() {
                    return Err(bad("there are not as many ports as hosts"));
                }
                for (at, (_, port)) in self.hosts.iter_mut().enumerate() {
                    *port = ports.get(at).or(ports.first()).copied().flatten();
                }
            }
            _ => self.options.push((key.to_owned(), value)),
        }
        Ok(())
    }

    /// The value of an option; of several the last.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.options.iter().rev().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// Fills in what was left out, as `variable` of the environment says: `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGSSLMODE`,
    /// `PGSSLROOTCERT`, `PGCONNECT_TIMEOUT`, `PGOPTIONS`, `PGAPPNAME`, `PGPASSFILE`.
    ///
    /// # Errors
    /// A `PGPORT` that is no port.
    pub fn complete(&mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<()> {
        let said = |name: &str| variable(name).filter(|value| !value.is_empty());
        if self.hosts.is_empty() {
            self.hosts.push((String::new(), None));
        }
        if self.hosts.iter().all(|(host, _)| host.is_empty())
            && let Some(given) = said("PGHOST")
        {
            let before = self.hosts.first().and_then(|(_, port)| *port);
            self.hosts = given.split(',').map(|host| (host.to_owned(), before)).collect();
        }
        if let Some(given) = said("PGPORT") {
            let ports: Vec<Option<u16>> = given.split(',').map(port).collect::<Result<_>>()?;
            for (at, (_, port)) in self.hosts.iter_mut().enumerate() {
                *port = port.or(ports.get(at).or(ports.first()).copied().flatten());
            }
        }
        self.user = self.user.take().or_else(|| said("PGUSER"));
        self.name = self.name.take().or_else(|| said("PGDATABASE"));
        for (variable, key) in [
            ("PGSSLMODE", "sslmode"),
            ("PGSSLROOTCERT", "sslrootcert"),
            ("PGCONNECT_TIMEOUT", "connect_timeout"),
            ("PGOPTIONS", "options"),
            ("PGAPPNAME", "application_name"),
            ("PGPASSFILE", "passfile"),
        ] {
            if self.value(key).is_none()
                && let Some(value) = said(variable)
            {
                self.options.push((key.to_owned(), value));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Address {
    /// The address without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEMES[0])?;
        if let Some(user) = &self.user {
            write!(f, "{}@", encoded(user))?;
        }
        for (at, (host, port)) in self.hosts.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let host = if host.contains(':') { format!("[{host}]") } else { encoded(host) };
            write!(f, "{comma}{host}")?;
            if let Some(port) = port {
                write!(f, ":{port}")?;
            }
        }
        if let Some(name) = &self.name {
            write!(f, "/{}", encoded(name))?;
        }
        for (at, (key, value)) in self.options.iter().enumerate() {
            write!(f, "{}{key}={}", if at == 0 { '?' } else { '&' }, encoded(value))?;
        }
        Ok(())
    }
}

/// The address without its password, and the password; a name of a file as it stands.
///
/// # Errors
/// As [`Address::parse`].
pub fn without_password(name: &str) -> Result<(String, Option<Secret>)> {
    if !is_database(name) {
        return Ok((name.to_owned(), None));
    }
    let (address, password) = Address::parse(name)?;
    // What was written stays as it was written, where nothing has to go.
    Ok((if password.is_some() { address.to_string() } else { name.to_owned() }, password))
}

fn host(text: &str) -> Result<(String, Option<u16>)> {
    let (host, port_text) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(|| bad("a [ that is never closed"))?;
            (host, rest.strip_prefix(':').or(rest.is_empty().then_some("")))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("")),
        },
    };
    let port_text = port_text.ok_or_else(|| bad("something between ] and the port"))?;
    Ok((decoded(host)?, port(port_text)?))
}

fn port(text: &str) -> Result<Option<u16>> {
    match text.parse::<u16>() {
        _ if text.is_empty() => Ok(None),
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(bad("a port that is no number from 1 to 65535")),
    }
}

fn bad(why: &str) -> Error {
    Fault::new(
        "bad-database-address",
        format!("the address of a database cannot be read: {why} (it is not repeated: it may hold a password)"),
    )
    .cause("a password with a sign that has a meaning in an address, or a name that was forgotten")
    .next(
        "write postgresql://USER@HOST:PORT/DATABASE, signs such as @ : / ? % in names as %40 %3A %2F %3F %25, and leave the password \
         to PGPASSWORD or ~/.pgpass",
    )
    .option()
}

fn decoded(text: &str) -> Result<String> {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits = text.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits {
            Some(value) if value > 0 && bytes[at] != b'+' => out.push(value),
            _ => return Err(bad("a % that two digits of 0 to F do not follow")),
        }
        at += 2;
    }
    String::from_utf8(out).map_err(|_| bad("an encoded name that is not UTF-8"))
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Address, Option<String>) {
        let (address, password) = Address::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        (address, password.map(|secret| secret.reveal().to_owned()))
    }

    /// The examples of the documentation of libpq, 34.1.1.2, and what they mean there.
    #[test]
    fn addresses_mean_what_libpq_says() {
        let shown = |text| {
            let (a, password) = parsed(text);
            (a.user, password, a.hosts, a.name, a.options)
        };
        let host = |name: &str, port| (name.to_owned(), port);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(shown("postgresql://"), (None, None, vec![], None, vec![]));
        assert_eq!(shown("postgresql://localhost").2, [host("localhost", None)]);
        assert_eq!(shown("postgresql://localhost:5433").2, [host("localhost", Some(5433))]);
        assert_eq!(shown("postgresql://localhost/mydb").3, some("mydb"));
        assert_eq!(shown("postgresql://user@localhost").0, some("user"));
        assert_eq!(shown("postgres://user:secret@localhost").1, some("secret"));
        let (user, _, hosts, name, options) =
            shown("postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp");
        assert_eq!((user, hosts, name), (some("other"), vec![host("localhost", None)], some("otherdb")));
        assert_eq!(
            options,
            [("connect_timeout".into(), "10".into()), ("application_name".into(), "myapp".into())]
        );
        let (_, _, hosts, name, _) = shown("postgresql://host1:123,host2:456/somedb?application_name=myapp");
        assert_eq!((hosts, name), (vec![host("host1", Some(123)), host("host2", Some(456))], some("somedb")));
        assert_eq!(
            shown("postgresql://user@localhost:5433/mydb?options=-c%20synchronous_commit%3Doff").4[0].1,
            "-c synchronous_commit=off"
        );
        assert_eq!(shown("postgresql:///mydb?host=localhost&port=5433").2, [host("localhost", Some(5433))]);
        assert_eq!(shown("postgresql://[2001:db8::1234]/database").2, [host("2001:db8::1234", None)]);
        assert_eq!(
            shown("postgresql:///dbname?host=/var/lib/postgresql").2,
            [host("/var/lib/postgresql", None)]
        );
        assert_eq!(
            shown("postgresql://%2Fvar%2Flib%2Fpostgresql/dbname").2,
            [host("/var/lib/postgresql", None)]
        );
        assert_eq!(shown("postgresql://u:p%40ss%2Fw@h/d").1, some("p@ss/w"));
    }

    #[test]
    fn nothing_shown_holds_the_password() {
        for text in [
            "postgresql://u:hunter2@h:5432/d",
            "postgres://u:hunter2@h/d?sslmode=require",
            "postgresql://h/d?user=u&password=hunter2",
            "postgresql://u:hunter%32@[::1]:5432/d",
            "postgresql://u:hunter2@a,b:1/d",
            // Not encoded, and still no part of the host.
            "postgresql://u:hunter2@hunter2@h/d",
        ] {
            let (address, password) = Address::parse(text).unwrap();
            assert!(password.is_some(), "{text}");
            let shown = format!("{address} {address:?} {password:?} {:?}", without_password(text).unwrap());
            assert!(!shown.contains("hunter"), "{shown}");
            // And it can be read again, as the same place.
            let (again, none) = Address::parse(&address.to_string()).unwrap();
            assert_eq!((again, none), (address, None), "{text}");
        }
        for text in [
            "postgresql://u:hunter2/x@h/d",
            "postgresql://u:12/hunter2@h/d",
            "postgresql://u:12?hunter2@h/d",
            "postgresql://u:12?hunter2=a@h/d",
            "postgresql://u:hunter2#x@h/d?",
            "postgresql://u:hunter2%zz@h/d",
            "postgresql://u:hunter2:h/d",
            "postgresql://u@h:hunter2/d",
        ] {
            let said = match Address::parse(text) {
                Err(error) => {
                    assert_eq!(error.code(), "bad-database-address");
                    format!("{error} {error:?}")
                }
                Ok((address, _)) => format!("{address} {address:?}"),
            };
            assert!(!said.contains("hunter"), "{said}");
        }
    }

    #[test]
    fn what_is_left_out_comes_from_the_environment() {
        let variable = |name: &str| {
            let value = match name {
                "PGHOST" => "a,b",
                "PGPORT" => "1,2",
                "PGUSER" => "reader",
                "PGDATABASE" => "grid",
                "PGSSLMODE" => "verify-full",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let (mut address, _) = parsed("postgresql://");
        address.complete(&variable).unwrap();
        assert_eq!(address.to_string(), "postgresql://reader@a:1,b:2/grid?sslmode=verify-full");
        let (mut address, _) = parsed("postgresql://me@h/mine?sslmode=disable");
        address.complete(&variable).unwrap();
        assert_eq!(address.to_string(), "postgresql://me@h:1/mine?sslmode=disable", "what was said counts");
        let (mut address, _) = parsed("postgresql://h");
        assert_eq!(address.complete(&|_| Some("x".into())).unwrap_err().code(), "bad-database-address");
    }

    #[test]
    fn files_are_no_databases() {
        assert!(
            !is_database("postgresql.csv") && !is_database("./postgres://x") && is_database("postgres://x")
        );
        assert_eq!(without_password("load.csv").unwrap(), ("load.csv".to_owned(), None));
    }
}
