//! Requests that a page of somebody else makes in a visitor's browser: refused before anything of them is read.
//!
//! A server on the loopback address has no log-in, and a browser on the same machine runs the scripts of any page. Such a
//! request is told by three headers that scripts cannot forge: `Origin` and `Sec-Fetch-Site` name the page, and `Host`
//! names what the browser believes to speak with, which unmasks a name that was pointed at 127.0.0.1 (DNS rebinding).

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Method, StatusCode, header};

use crate::answer::Failure;

/// Names under which the server is known, beside those of the loopback address and the address that was connected to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    hosts: Vec<String>,
}

impl Guard {
    pub(crate) fn new(hosts: &[String]) -> Guard {
        Guard { hosts: hosts.iter().map(|host| bare(host).to_ascii_lowercase()).collect() }
    }

    /// Refuses a request of a foreign page; `at` is the address that it was sent to, where that is known.
    pub(crate) fn check(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        at: Option<SocketAddr>,
    ) -> Result<(), Failure> {
        let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
        if headers.get_all(header::HOST).iter().count() > 1 {
            return Err(foreign("foreign-host", "the request names two hosts"));
        }
        if let Some(host) = text(header::HOST)
            && !self.is_ours(host, at)
        {
            let host: String = host.chars().take(80).collect();
            return Err(foreign(
                "foreign-host",
                &format!("the request is for the host \"{host}\", which this server is not known by"),
            ));
        }
        if let Some(origin) = text(header::ORIGIN)
            && !origin.split_once("://").is_some_and(|(_, host)| self.is_ours(host, at))
        {
            let origin: String = origin.chars().take(80).collect();
            return Err(foreign("foreign-origin", &format!("the request comes from a page of {origin}")));
        }
        // A link on another page may open this server's page, which does nothing by itself.
        let opened = method == Method::GET
            && path == "/"
            && text(header::HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
        let site = text(header::HeaderName::from_static("sec-fetch-site"));
        if !opened && !matches!(site, None | Some("same-origin" | "same-site" | "none")) {
            return Err(foreign("foreign-origin", "the request comes from a page of another site"));
        }
        Ok(())
    }

    /// Whether `host`, perhaps with a port, is a name of this server.
    fn is_ours(&self, host: &str, at: Option<SocketAddr>) -> bool {
        let name = bare(host);
        if let Ok(address) = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            let address = address.to_canonical();
            return address.is_loopback()
                || at.is_some_and(|at| at.ip().to_canonical() == address)
                || self.knows(name);
        }
        let name = name.trim_end_matches('.');
        name.eq_ignore_ascii_case("localhost")
            || name.len() > 10
                && name.is_char_boundary(name.len() - 10)
                && name[name.len() - 10..].eq_ignore_ascii_case(".localhost")
            || self.knows(name)
    }

    fn knows(&self, name: &str) -> bool {
        self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name))
    }
}

fn foreign(code: &'static str, found: &str) -> Failure {
    let message = format!(
        "{found}. Likely cause: a page of another site, or a name of this machine that the server was not told. \
         Next: open this server's own page, or start it with --host NAME"
    );
    Failure::new(StatusCode::FORBIDDEN, code, message)
}

/// A host without its port.
fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (name.ends_with(']') || !name.contains(':')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &Guard, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(header::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let at = Some("192.168.1.5:8080".parse().unwrap());
        guard.check(&Method::POST, "/v1/forecast", &map, at).is_ok()
    }

    #[test]
    fn foreign_pages_are_told_from_our_own() {
        let guard = Guard::new(&["Forecast.example.org:443".into()]);
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "127.3.2.1",
            "[::1]:80",
            "a.localhost",
            "localhost.",
            "192.168.1.5:8080",
            "forecast.example.org",
            "forecast.example.org:8443",
        ] {
            assert!(check(&guard, &[("host", host)]), "{host}");
            assert!(check(&guard, &[("host", "localhost"), ("origin", &format!("http://{host}"))]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evil.example:8080",
            "192.168.1.6",
            "",
            "xlocalhost",
            "[::2]",
            "127.0.0.1.evil.example",
            "forecast.example.org.evil.example",
            "é.example",
        ] {
            assert!(!check(&guard, &[("host", host)]), "{host}");
            assert!(
                !check(&guard, &[("host", "localhost"), ("origin", &format!("https://{host}"))]),
                "{host}"
            );
        }
        assert!(!check(&guard, &[("host", "localhost"), ("origin", "null")]));
        assert!(!check(&guard, &[("host", "localhost"), ("host", "evil.example")]));
        assert!(!check(&guard, &[("host", "localhost"), ("sec-fetch-site", "cross-site")]));
        assert!(check(&guard, &[("host", "localhost"), ("sec-fetch-site", "same-origin")]));
        assert!(check(&guard, &[]), "a client that is no browser");
    }

    #[test]
    fn a_link_may_open_the_page_and_nothing_else() {
        let guard = Guard::default();
        let mut map = HeaderMap::new();
        map.insert("sec-fetch-site", "cross-site".parse().unwrap());
        map.insert("sec-fetch-mode", "navigate".parse().unwrap());
        assert!(guard.check(&Method::GET, "/", &map, None).is_ok());
        assert!(guard.check(&Method::GET, "/v1/sample", &map, None).is_err());
        assert!(guard.check(&Method::POST, "/", &map, None).is_err());
    }
}
