//! The metadata service of the instance that this runs on (100.100.100.200), version 2 with its token first.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::source_config::NEARBY;
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
    /// Where the firmware says who made this machine.
    firmware: &'static str,
    /// How long it may take to answer.
    within: Duration,
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
        let version_1 = !environment.is_on(IMDSV1_DISABLED);
        Self { http, endpoint, version_1, gone, firmware: "/sys/class/dmi/id", within: NEARBY }
    }

    /// Whether there is reason to ask it: the user said where it is, or the firmware that this is an instance, as
    /// cloud-init asks it too. Elsewhere waiting for the service is time lost.
    pub fn is_expected(&self) -> bool {
        let says = |file| {
            let text = std::fs::read_to_string(format!("{}/{file}", self.firmware));
            text.is_ok_and(|text| text.contains("Alibaba"))
        };
        self.endpoint.given || ["sys_vendor", "product_name"].into_iter().any(says)
    }

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
        // In a foreign network anything may answer at this address, and it is not asked over TLS.
        if token.is_none() && !self.is_expected() {
            let why = format!(
                "{} answers without a token, and this machine is not Alibaba's, so it is not believed",
                self.address()
            );
            return Err(self.gone.get_or_init(|| NoMetadata(why)).clone());
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
            "{} does not answer, so this is not an instance: {}",
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
        Ok(Some(text(answer).await?).filter(|token| is_token(token)))
    }

    async fn send(&self, method: &'static str, item: &str, headers: Pairs) -> Result<Response, NetError> {
        let url = format!("{}/latest/{item}", self.endpoint);
        tracing::debug!("metadata {method} {item} → {}", self.endpoint);
        let body = Body::Empty;
        // The address means something on this very machine only, so no proxy can know it.
        self.http
            .send(Request {
                method,
                url,
                headers,
                body,
                timeout: Some(self.within),
                direct: true,
                secret: true,
            })
            .await
    }
}

/// A page that answers everything with itself is no token.
fn is_token(text: &str) -> bool {
    let in_token = |b: u8| b.is_ascii_alphanumeric() || b"+/=_-.".contains(&b);
    text.len() >= 8 && text.bytes().all(in_token)
}

async fn text(answer: Response) -> Result<String, NetError> {
    let bytes = answer.whole(64 << 10).await?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};

    use super::*;

    /// Somebody at the address who answers `PUT` with one text and all else with another.
    fn answering(token: &'static str, item: &'static str, firmware: &'static str) -> Metadata {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let body = if first.starts_with("PUT") { token } else { item };
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ";
                write!(stream, "{head}{}\r\n\r\n{body}", body.len()).unwrap();
            }
        });
        let endpoint = Endpoint { scheme: "http".into(), host, given: false };
        let environment = Environment::default();
        // On a busy machine even a thread of one's own may not answer within the second of the real service.
        let within = NEARBY * 60;
        Metadata { firmware, within, ..Metadata::new(Http::new(), endpoint, &environment) }
    }

    #[tokio::test]
    async fn who_merely_answers_is_not_believed() {
        let portal = answering("<html>Welcome!</html>", "cn-evil", "/nonexistent");
        let error = portal.get("meta-data/region-id").await.unwrap_err().to_string();
        assert!(error.contains("not believed"), "{error}");
        let instance = answering("AAAAtoken==", "cn-hangzhou", "/nonexistent");
        assert_eq!(instance.get("meta-data/region-id").await.unwrap().as_deref(), Some("cn-hangzhou"));
        let given = answering("", "cn-hangzhou", "/nonexistent");
        let given = Metadata { endpoint: Endpoint { given: true, ..given.endpoint.clone() }, ..given };
        assert!(given.get("meta-data/region-id").await.unwrap().is_some());
    }

    #[tokio::test]
    async fn the_firmware_tells_an_instance() {
        let folder = Box::leak(Box::new(tempfile::tempdir().unwrap()));
        let firmware = folder.path().to_str().unwrap();
        let metadata = answering("", "cn-hangzhou", firmware);
        assert!(!metadata.is_expected());
        std::fs::write(folder.path().join("sys_vendor"), "QEMU\n").unwrap();
        assert!(!metadata.is_expected());
        std::fs::write(folder.path().join("product_name"), "Alibaba Cloud ECS\n").unwrap();
        assert!(metadata.is_expected() && metadata.get("meta-data/region-id").await.is_ok());
    }
}
