//! A PostgreSQL server of its own for a test: made in a folder that is gone afterwards, by the binaries that `GYEOL_POSTGRES` names
//! (such as `/usr/lib/postgresql/15/bin`), listening on this machine alone, with a certificate for `localhost` by an authority of the
//! test. `openssl` makes the certificates. PostgreSQL refuses to run as root, where `nobody` runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server, stopped when it goes.
pub struct Server {
    folder: tempfile::TempDir,
    pub port: u16,
}

/// The password of the user `reader`.
pub const PASSWORD: &str = "s3 cr@t";
/// The same as it stands in an address.
pub const ENCODED: &str = "s3%20cr%40t";

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
    said
}

fn is_root() -> bool {
    run(Command::new("id").arg("-u")).trim() == "0"
}

/// A program of PostgreSQL, as a user that may run it.
fn program(name: &str) -> Command {
    let folder =
        std::env::var_os("GYEOL_POSTGRES").expect("GYEOL_POSTGRES names the folder of PostgreSQL's programs");
    let program = Path::new(&folder).join(name);
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "nobody", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    for name in
        ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGOPTIONS", "PGSSLMODE", "PGSSLROOTCERT"]
    {
        command.env_remove(name);
    }
    command.current_dir("/");
    command
}

impl Server {
    /// Makes and starts one, with the database `grid` and the user `reader`.
    pub fn start() -> Server {
        // The name of a socket has at most a hundred letters.
        let folder = tempfile::Builder::new().prefix("gyeol-pg").tempdir_in("/tmp").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Server { folder, port };
        let at = |name: &str| server.path(name);
        fs::write(at("password"), "owner\n").unwrap();
        server.certificates();
        if is_root() {
            run(Command::new("chown").arg("-R").arg("nobody").arg(server.folder.path()));
        }
        run(program("initdb")
            .args(["-U", "owner", "-E", "UTF8", "--locale=C", "--no-sync", "--auth-local=trust"])
            .args([
                "--auth-host=scram-sha-256".into(),
                format!("--pwfile={}", at("password").display()),
                format!("--pgdata={}", at("data").display()),
            ]));
        // In the server's own file, where a test may overrule it: what stands in the command may not be.
        let settings = at("data").join("postgresql.conf");
        let written = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, written + "\nssl = on\n").unwrap();
        let options = format!(
            "-p {port} -c listen_addresses=localhost -c unix_socket_directories={0} -c fsync=off \
             -c ssl_cert_file={0}/server.pem -c ssl_key_file={0}/server.key -c timezone=Asia/Seoul -c datestyle=SQL,DMY",
            server.folder.path().display()
        );
        let (data, log) = (at("data"), at("log"));
        // Its output goes to the log: a pipe would be held open as long as the server runs.
        run(program("pg_ctl")
            .args(["-w", "-s", "-D"])
            .arg(data)
            .arg("-l")
            .arg(log)
            .args(["-o", &options, "start"]));
        server.sql("postgres", &format!("create user reader password '{PASSWORD}'"));
        server.sql("postgres", "create database grid");
        server
    }

    /// A file in the folder of the server.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of its socket.
    pub fn folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// Runs statements as the owner of everything.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let port = self.port.to_string();
        run(program("psql")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "owner",
                "-p",
                &port,
                "-d",
                database,
                "-h",
            ])
            .arg(self.folder.path())
            .args(["-c", statements]))
    }

    /// Stops it at once, as a machine that loses its power does.
    pub fn stop(&self) {
        run(program("pg_ctl").args(["-s", "-m", "immediate", "-D"]).arg(self.path("data")).arg("stop"));
    }

    /// An authority (`ca.pem`), a certificate by it for `localhost`, and an authority that nobody asked (`other.pem`).
    fn certificates(&self) {
        let openssl = |words: &str| {
            run(Command::new("openssl").current_dir(self.folder.path()).args(words.split(' ')));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for name in ["ca", "other"] {
            openssl(&format!(
                "req -x509 {key} -keyout {name}.key -out {name}.pem -days 2 -subj /CN=gyeol-{name}"
            ));
        }
        openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
        fs::write(self.path("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
        openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test may have stopped it; what is in the folder goes with it.
        let _ = program("pg_ctl")
            .args(["-s", "-m", "immediate", "-D"])
            .arg(self.path("data"))
            .arg("stop")
            .output();
    }
}
