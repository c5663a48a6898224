//! The HTTP client.

use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;

use super::{Body, NetError};
use crate::config::endpoint::is_loopback;

/// A request, complete but for `Host` and `Content-Length`.
#[derive(Debug)]
pub struct Request {
    /// `GET`, `PUT`…
    pub method: &'static str,
    /// The whole URL, percent-encoded.
    pub url: String,
    /// Headers; `Host` follows from the URL.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// The longest time from the start to the end of the answer's headers; None for no such limit.
    pub timeout: Option<Duration>,
    /// Never by a proxy: the instance's metadata, internal endpoints, this machine.
    pub direct: bool,
}

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may stall: `DescribeLoadTaskStatus` has been seen to take 9.5 s.
const STALL: Duration = Duration::from_secs(30);

/// An HTTP client with a connection pool; clones share it.
#[derive(Clone, Debug)]
pub struct Http {
    by_proxy: reqwest::Client,
    direct: reqwest::Client,
}

impl Http {
    /// A client that honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, and trusts what the system trusts.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new() -> Result<Self, NetError> {
        install_tls();
        let failed = |e: reqwest::Error| NetError::new("", "", &e);
        Ok(Self {
            by_proxy: builder().build().map_err(failed)?,
            direct: builder().no_proxy().build().map_err(failed)?,
        })
    }

    /// Sends the request and waits for the head of its answer, whatever the status.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn send(&self, request: Request) -> Result<Response, NetError> {
        let Request { method, url, headers, body, timeout, direct } = request;
        let failed = |e: reqwest::Error| NetError::new(method, &url, &e);
        let client = if direct || is_loopback(&url) { &self.direct } else { &self.by_proxy };
        let verb = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or(reqwest::Method::GET);
        let has_body = !matches!(body, Body::Empty) || matches!(method, "PUT" | "POST");
        let mut builder = client.request(verb, &url);
        if has_body {
            builder = builder.header("content-length", body.length()).body(body.into_reqwest());
        }
        for (name, value) in &headers {
            builder = builder.header(name, value);
        }
        let sent = builder.send();
        let answer = match timeout {
            Some(limit) => match tokio::time::timeout(limit, sent).await {
                Ok(answer) => answer,
                Err(_) => return Err(too_slow(method, &url, limit)),
            },
            None => sent.await,
        };
        let answer = answer.map_err(failed)?;
        Ok(Response { status: answer.status().as_u16(), method, url, answer })
    }
}

fn too_slow(method: &str, url: &str, limit: Duration) -> NetError {
    NetError {
        method: method.to_owned(),
        url: super::error::without_query(url).to_owned(),
        trouble: super::Trouble::TimedOut,
        detail: format!("no answer within {limit:?}"),
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("faascmd/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(STALL)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_idle_timeout(Duration::from_secs(20))
}

/// One TLS stack for the process: rustls with ring.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error would mean that a provider is there already, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    method: &'static str,
    url: String,
    answer: reqwest::Response,
}

impl Response {
    /// A header's value, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers().get(name)?.to_str().ok()
    }

    /// All headers that are text.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.answer.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// The next slice of the body; None at its end.
    ///
    /// # Errors
    /// When the connection breaks or stalls before the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, NetError> {
        self.answer.chunk().await.map_err(|e| NetError::new(self.method, &self.url, &e))
    }

    /// The body, or its first `limit` bytes.
    ///
    /// # Errors
    /// When the connection breaks or stalls before the end.
    pub async fn bytes(mut self, limit: usize) -> Result<Vec<u8>, NetError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            let room = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == limit {
                break;
            }
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refused_connection_names_the_address_and_no_query() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}/path?Signature=secret");
        let (headers, body) = (Vec::new(), Body::Empty);
        let request = Request { method: "GET", url, headers, body, timeout: None, direct: false };
        let error = Http::new().unwrap().send(request).await.unwrap_err();
        assert!(error.nothing_was_sent());
        let text = error.to_string();
        assert!(text.contains(&format!("http://127.0.0.1:{port}/path: can't connect")), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
