//! The metadata service of the instance that this runs on (100.100.100.200), version 2 with its token first.

use std::sync::{Arc, OnceLock};

use super::means::NEARBY;
use crate::cloud::Endpoint;
use crate::config::Environment;
use crate::config::environment::{ECS_METADATA_DISABLED, IMDSV1_DISABLED};
use crate::net::{Body, Http, NetError, Request, Response};
use crate::sign::Pairs;

/// The longest that a token may live, in seconds; it is asked for anew with each item.
const TOKEN_SECONDS: &str = "21600";

/// The metadata service; clones share the knowledge that nobody is there.
#[derive(Clone, Debug)]
pub struct Metadata {
    http: Http,
    endpoint: Endpoint,
    /// Whether version 1, which asks for no token, may be used when version 2 does not answer.
    version_1: bool,
    /// Off the cloud the address is a black hole: it is waited for once and not for each item.
    gone: Arc<OnceLock<NoMetadata>>,
}

/// Why there is no metadata.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoMetadata(String);

impl Metadata {
    /// The service at this endpoint, as the variables allow it.
    pub fn new(http: Http, endpoint: Endpoint, environment: &Environment) -> Self {
        let gone = Arc::new(OnceLock::new());
        if environment.is_on(ECS_METADATA_DISABLED) {
            gone.get_or_init(|| NoMetadata(format!("{ECS_METADATA_DISABLED} is set")));
        }
        Self { http, endpoint, version_1: !environment.is_on(IMDSV1_DISABLED), gone }
    }

    /// Whether the user said where it is.
    pub fn is_given(&self) -> bool {
        self.endpoint.given
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.endpoint.to_string()
    }

    /// An item, such as `meta-data/region-id`; None where there is no such item.
    ///
    /// # Errors
    /// When the service is out of reach: this is no instance, or its metadata is switched off.
    pub async fn get(&self, item: &str) -> Result<Option<String>, NoMetadata> {
        if let Some(gone) = self.gone.get() {
            return Err(gone.clone());
        }
        let token = match self.token().await {
            Ok(token) => token,
            Err(e) if !self.version_1 || e.nothing_was_sent() => return Err(self.is_gone(&e)),
            Err(_) => None,
        };
        if token.is_none() && !self.version_1 {
            return Err(NoMetadata(format!(
                "{self_} gives no token, and {IMDSV1_DISABLED} forbids version 1",
                self_ = self.address()
            )));
        }
        let headers = token.map(|token| vec![("x-aliyun-ecs-metadata-token".to_owned(), token)]);
        let answer =
            self.send("GET", item, headers.unwrap_or_default()).await.map_err(|e| self.is_gone(&e))?;
        if answer.status != 200 {
            return Ok(None);
        }
        Ok(Some(text(answer).await.map_err(|e| self.is_gone(&e))?))
    }

    fn is_gone(&self, error: &NetError) -> NoMetadata {
        let why = NoMetadata(format!(
            "{} does not answer, so this is no instance: {}",
            self.address(),
            error.trouble
        ));
        self.gone.get_or_init(|| why).clone()
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
        tracing::debug!("metadata {method} {item} → {}", self.endpoint);
        let body = Body::Empty;
        // The address means something on this very machine only, so no proxy can know it.
        self.http
            .send(Request { method, url, headers, body, timeout: Some(NEARBY), direct: true, secret: true })
            .await
    }
}

async fn text(answer: Response) -> Result<String, NetError> {
    let bytes = answer.bytes(64 << 10).await?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
