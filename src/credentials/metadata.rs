//! The metadata service of the instance that this runs on (100.100.100.200), version 2 with its token first.

use std::time::Duration;

use crate::cloud::Endpoint;
use crate::net::{Body, Http, NetError, Request, Response};
use crate::sign::Pairs;

/// Off the cloud the address is a black hole, so an answer is not waited for any longer.
const LIMIT: Duration = Duration::from_secs(1);
/// The longest that a token may live; this program lives less.
const TOKEN_SECONDS: &str = "21600";

/// The metadata service.
#[derive(Clone, Debug)]
pub struct Metadata {
    http: Http,
    endpoint: Endpoint,
    /// Whether version 1, which asks for no token, may be used when version 2 does not answer.
    version_1: bool,
}

impl Metadata {
    /// The service at this endpoint.
    pub fn new(http: Http, endpoint: Endpoint, version_1: bool) -> Self {
        Self { http, endpoint, version_1 }
    }

    /// An item, such as `meta-data/region-id`; None where there is no such item.
    ///
    /// # Errors
    /// When the service is out of reach: this is no instance, or its metadata is switched off.
    pub async fn get(&self, item: &str) -> Result<Option<String>, NetError> {
        let token = match self.token().await {
            Ok(token) => token,
            Err(e) if !self.version_1 || e.nothing_was_sent() => return Err(e),
            Err(_) => None,
        };
        if token.is_none() && !self.version_1 {
            return Ok(None);
        }
        let headers = token.map(|token| vec![("x-aliyun-ecs-metadata-token".to_owned(), token)]);
        let answer = self.send("GET", item, headers.unwrap_or_default()).await?;
        if answer.status != 200 {
            return Ok(None);
        }
        Ok(Some(text(answer).await?))
    }

    async fn token(&self) -> Result<Option<String>, NetError> {
        let headers = vec![("x-aliyun-ecs-metadata-token-ttl-seconds".to_owned(), TOKEN_SECONDS.to_owned())];
        let answer = self.send("PUT", "api/token", headers).await?;
        if answer.status != 200 {
            return Ok(None);
        }
        Ok(Some(text(answer).await?))
    }

    async fn send(&self, method: &'static str, item: &str, headers: Pairs) -> Result<Response, NetError> {
        let url = format!("{}/latest/{item}", self.endpoint);
        let body = Body::Empty;
        // The address means something on this very machine only, so no proxy can know it.
        self.http.send(Request { method, url, headers, body, timeout: Some(LIMIT), direct: true }).await
    }
}

async fn text(answer: Response) -> Result<String, NetError> {
    let bytes = answer.bytes(64 << 10).await?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
