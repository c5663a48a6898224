//! The HTTP client.

use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use super::held::Held;
use super::log::Log;
use super::stall::{Pace, Pulse, STALL, STALL_OF_CALLS};
use super::{Body, NetError};
use crate::base::progress::Progress;
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
    pub body: Body,
    /// The longest time from the start to the end of the answer's headers; None for no such limit.
    pub timeout: Option<Duration>,
    /// Never by a proxy: the instance's metadata, internal endpoints, this machine.
    pub direct: bool,
    /// Whether the bodies, there and back, are secrets: the log then shows their sizes only.
    pub secret: bool,
}

/// Bytes that nobody has confirmed for so long are lost.
const UNHEARD: Duration = Duration::from_mins(5);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// An HTTP client with connection pools; clones share them. It honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, and
/// trusts what the system trusts.
///
/// Its three clients are made when first needed: reading the system's certificates takes longer than a small upload to
/// a plain-http endpoint.
#[derive(Clone, Debug, Default)]
pub struct Http(Arc<Clients>);

#[derive(Debug, Default)]
struct Clients {
    /// https, or by a proxy.
    by_proxy: OnceLock<reqwest::Client>,
    /// https, never by a proxy.
    direct: OnceLock<reqwest::Client>,
    /// http, never by a proxy: no certificate is ever looked at.
    plain: OnceLock<reqwest::Client>,
    pace: Pace,
}

impl Http {
    /// Makes it; nothing is connected.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whom to tell when nothing comes for a while.
    pub fn tell(&self, progress: Arc<dyn Progress>) {
        self.0.pace.tell(progress);
    }

    fn client(&self, url: &str, direct: bool) -> Result<&reqwest::Client, reqwest::Error> {
        let (slot, builder) = match direct || is_loopback(url) {
            false => (&self.0.by_proxy, builder()),
            true if url.starts_with("https:") => (&self.0.direct, builder().no_proxy()),
            true => (&self.0.plain, builder().no_proxy().tls_certs_only([])),
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        install_tls();
        let made = builder.build()?;
        Ok(slot.get_or_init(|| made))
    }

    /// Sends the request and waits for the head of its answer, whatever the status.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn send(&self, request: Request) -> Result<Response, NetError> {
        let log = Log::request(&request);
        let Request { method, url, headers, body, timeout, direct, .. } = request;
        let failed = |e: reqwest::Error| NetError::new(method, &url, &e);
        let client = self.client(&url, direct).map_err(failed)?;
        let verb = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or(reqwest::Method::GET);
        let has_body = !matches!(body, Body::Empty) || matches!(method, "PUT" | "POST");
        let stall = if matches!(body, Body::Stream { .. }) { STALL } else { STALL_OF_CALLS };
        let (pulse, mut held) = (Pulse::new(), Held::default());
        if let Body::Whole(bytes) = &body {
            pulse.took(bytes.len() as u64);
        }
        let mut builder = client.request(verb, &url);
        if has_body {
            builder = builder.header("content-length", body.length()).body(body.into_reqwest(&pulse));
        }
        for (name, value) in &headers {
            builder = builder.header(name, value);
        }
        let answer = tokio::select! {
            answer = within(timeout, builder.send()) => match answer {
                Some(answer) => answer.map_err(failed)?,
                None => return Err(silent(method, &url, "no answer within", timeout.unwrap_or_default())),
            },
            silence = pulse.stops(stall, &self.0.pace, || held.shrinks(), || shown(method, &url)) => return Err(silent(method, &url, "nothing moved for", silence)),
        };
        pulse.answered(&self.0.pace);
        let response = Response { status: answer.status().as_u16(), method, url, answer, log };
        log.answer(response.status, response.headers());
        Ok(response)
    }
}

/// None when it takes longer than the limit, if there is one.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

/// A request as it is named where nothing comes of it.
fn shown(method: &str, url: &str) -> String {
    format!("{method} {}", super::error::without_query(url))
}

fn silent(method: &str, url: &str, what: &str, time: Duration) -> NetError {
    NetError {
        method: method.to_owned(),
        url: super::error::without_query(url),
        trouble: super::Trouble::TimedOut,
        detail: format!("{what} {:.0} s", time.as_secs_f64()),
        is_silence: true,
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("faascmd/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        // A cable that was pulled. A proxy that takes nothing for a while keeps its window shut for as long, and is none.
        .tcp_user_timeout(UNHEARD)
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
    log: Log,
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
        let chunk = tokio::time::timeout(STALL, self.answer.chunk()).await;
        let chunk = chunk.map_err(|_| silent(self.method, &self.url, "nothing came for", STALL))?;
        chunk.map_err(|e| NetError::new(self.method, &self.url, &e))
    }

    /// The whole body.
    ///
    /// # Errors
    /// When it is longer than `limit` bytes, or the connection breaks or stalls before its end.
    pub async fn whole(self, limit: usize) -> Result<Vec<u8>, NetError> {
        let (method, url) = (self.method.to_owned(), super::error::without_query(&self.url));
        let body = self.bytes(limit + 1).await?;
        if body.len() <= limit {
            return Ok(body);
        }
        let detail = format!("it has more than {limit} bytes");
        Err(NetError { method, url, trouble: super::Trouble::TooLong, detail, is_silence: false })
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
        self.log.body('<', &body);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn put(url: String, body: Bytes) -> Request {
        let (headers, body) = (Vec::new(), Body::Whole(body));
        Request { method: "PUT", url, headers, body, timeout: None, direct: false, secret: false }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_all_of_a_large_body_and_hangs_is_given_up_in_two_minutes() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/part", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (peer, _) = listener.accept().unwrap();
            std::io::copy(&mut &peer, &mut std::io::sink())
        });
        let started = Instant::now();
        let error = Http::new().send(put(url, vec![0; 8 << 20].into())).await.unwrap_err();
        assert!(error.is_silence && error.to_string().contains("nothing moved for"), "{error}");
        // What else this process sends may move meanwhile, and counts as a sign of life.
        let spent = started.elapsed().as_secs();
        assert!((100..600).contains(&spent), "{spent} s");
    }

    #[tokio::test]
    async fn a_refused_connection_names_the_address_and_no_query() {
        // It is held, and does not listen.
        let held = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        held.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let port = held.local_addr().unwrap().as_socket().unwrap().port();
        let url = format!("http://127.0.0.1:{port}/path?Signature=secret");
        let (headers, body) = (Vec::new(), Body::Empty);
        let request =
            Request { method: "GET", url, headers, body, timeout: None, direct: false, secret: false };
        let error = Http::new().send(request).await.unwrap_err();
        assert!(error.nothing_was_sent());
        let text = error.to_string();
        assert!(text.contains(&format!("http://127.0.0.1:{port}/path: can't connect")), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
