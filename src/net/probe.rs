//! How a host is reached: name, proxy, TLS and the time to an answer.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use hyper_util::client::proxy::matcher::Matcher;

use super::{Body, Http, NetError, Request, Trouble};
use crate::config::endpoint::is_loopback;

/// How the detail of an error begins that a proxy made, whose URL follows.
pub const BY_PROXY: &str = "by the proxy ";

/// What was found on the way to a host that answered.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The proxy between, without user and password.
    pub proxy: Option<String>,
    /// The addresses of the host, or of the proxy.
    pub addresses: Vec<IpAddr>,
    /// What looking up the name took.
    pub lookup: Duration,
    /// What connection, TLS and the answer took.
    pub answer: Duration,
    /// The answer's status.
    pub status: u16,
    pub date: Option<String>,
    /// Whether it is HTML, which none of the services sends.
    pub is_html: bool,
}

impl Http {
    /// Asks a base URL for `/`; every answer will do.
    ///
    /// # Errors
    /// When the name is unknown, or no answer came.
    pub async fn probe(&self, base: &str) -> Result<Probe, NetError> {
        let url = format!("{base}/");
        // Within the region there is no proxy, as there is none on the way of the calls.
        let direct = host_and_port(base).0.ends_with("-internal.aliyuncs.com");
        let proxy = if direct { None } else { proxy_of(&url) };
        let (host, port) = host_and_port(proxy.as_deref().unwrap_or(base));
        let started = Instant::now();
        let found = tokio::net::lookup_host((host, port)).await;
        let lookup = started.elapsed();
        let addresses =
            found.map_err(|e| unknown_name(&url, host, &e))?.map(|address| address.ip()).collect();
        let started = Instant::now();
        let (headers, body) = (Vec::new(), Body::Empty);
        let request = Request { method: "GET", url, headers, body, timeout: None, direct, secret: false };
        let answer = self.send(request).await.map_err(|mut error| {
            if let Some(proxy) = &proxy {
                error.detail = format!("{BY_PROXY}{proxy}: {}", error.detail);
            }
            error
        })?;
        Ok(Probe {
            proxy,
            addresses,
            lookup,
            answer: started.elapsed(),
            status: answer.status,
            date: answer.header("date").map(str::to_owned),
            is_html: answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        })
    }
}

/// The proxy that the environment names for a URL, as reqwest reads it.
fn proxy_of(url: &str) -> Option<String> {
    if is_loopback(url) {
        return None;
    }
    let uri = url.parse::<hyper::Uri>().ok()?;
    let intercept = Matcher::from_env().intercept(&uri)?;
    let proxy = intercept.uri();
    let host = proxy.authority().map(|authority| authority.as_str())?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    Some(format!("{}://{host}", proxy.scheme_str().unwrap_or("http")))
}

fn host_and_port(base: &str) -> (&str, u16) {
    let (scheme, authority) = base.split_once("://").unwrap_or(("https", base));
    let authority = authority.split('/').next().unwrap_or_default();
    let default = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(default)),
        _ => (authority, default),
    };
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}

fn unknown_name(url: &str, host: &str, error: &std::io::Error) -> NetError {
    NetError {
        method: "GET".to_owned(),
        url: url.to_owned(),
        trouble: Trouble::NoConnection,
        detail: format!("the name {host} is unknown: {error}"),
        is_silence: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_its_port_are_found() {
        assert_eq!(host_and_port("https://h"), ("h", 443));
        assert_eq!(host_and_port("http://h:8/p"), ("h", 8));
        assert_eq!(host_and_port("http://[::1]:8"), ("::1", 8));
        assert_eq!(host_and_port("https://[::1]"), ("::1", 443));
    }
}
