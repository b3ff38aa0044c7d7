//! Options of `serve`.

use std::path::PathBuf;

/// `gyeol serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Model files.
    #[arg(required = true)]
    pub models: Vec<PathBuf>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub addr: String,
    /// Largest request in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 8)]
    pub max_body: usize,
    /// Seconds after which a request is given up.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub timeout: u64,
    /// A name under which the server is reached, beside loopback names and its own address: requests for other names, and
    /// from pages of other sites, are refused. May be given several times.
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// Open connections, as far as the system allows; one more closes the one that has kept the server waiting longest.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub max_connections: usize,
    /// Open connections of one address; as many as of all unless given.
    #[arg(long, value_name = "N")]
    pub max_per_peer: Option<usize>,
}
