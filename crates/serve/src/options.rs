//! What a server allows.

use std::time::Duration;

/// Address and limits of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeOptions {
    /// Where to listen, `127.0.0.1:8080`.
    pub addr: String,
    /// Most bytes of a request's body.
    pub max_body: usize,
    /// Most time for a body to arrive, and again for the work on it.
    pub timeout: Duration,
    /// Most time for the head of a request to arrive; an idle connection is closed after it too.
    pub head_timeout: Duration,
    /// Forecasts worked on at once; more wait their turn within `timeout`.
    pub max_concurrent: usize,
    /// Open connections, as far as the system lets this process have them; one more turns out the one that has kept the
    /// server waiting longest.
    pub max_connections: usize,
    /// Open connections of one address; none beside `max_connections` where a proxy stands in front.
    pub max_per_peer: Option<usize>,
    /// Most time that an answer may wait for its reader.
    pub write_timeout: Duration,
    /// Names under which the server is reached, beside loopback names and the address that it listens on: requests for
    /// others, and of pages of others, are refused.
    pub hosts: Vec<String>,
    /// Most time for running requests to finish once the server is told to stop.
    pub grace: Duration,
    /// Language of the page where the browser names none that is known: `en` or `ko`.
    pub language: String,
}

impl Default for ServeOptions {
    fn default() -> Self {
        ServeOptions {
            addr: "127.0.0.1:8080".to_owned(),
            max_body: 8 << 20,
            timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(10),
            max_concurrent: std::thread::available_parallelism().map_or(2, usize::from),
            max_connections: 4096,
            max_per_peer: None,
            write_timeout: Duration::from_secs(10),
            hosts: Vec::new(),
            grace: Duration::from_secs(30),
            language: "en".to_owned(),
        }
    }
}
