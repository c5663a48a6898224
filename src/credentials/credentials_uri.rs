//! A URL that answers with a temporary key (`ALIBABA_CLOUD_CREDENTIALS_URI`, mode `CredentialsURI`).

use serde_json::Value;

use super::source::{OfSource, broken};
use super::source_config::NEARBY;
use super::{SourceAnswer, SourceConfig, temporary};
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::Origin;
use crate::config::environment::CREDENTIALS_URI;
use crate::net::{Body, Request};
use crate::sign::Credential;

const NAME: &str = "credentials URI";
/// The longest answer that is read.
const LONGEST: usize = 64 << 10;

/// The URL that the environment names.
#[derive(Debug)]
pub(super) struct CredentialsUri(pub(super) SourceConfig);

impl super::Source for CredentialsUri {
    fn name(&self) -> &'static str {
        NAME
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(self.look())
    }
}

impl CredentialsUri {
    async fn look(&self) -> Result<SourceAnswer, CredentialError> {
        let Some(url) = self.0.environment.get(CREDENTIALS_URI) else {
            return Ok(SourceAnswer::NotMine(format!("{CREDENTIALS_URI} is not set")));
        };
        let credential = fetch(&self.0, url, NAME).await?;
        Ok(SourceAnswer::Credential { credential, place: shown(url).to_owned() })
    }
}

/// Asks a URL for a temporary key.
pub(super) async fn fetch(
    config: &SourceConfig,
    url: &str,
    source: &'static str,
) -> Result<Credential, CredentialError> {
    let wrong = |reason: String| broken(source, format!("{}: {reason}", shown(url)));
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(broken(source, "the URI must begin with http:// or https://"));
    }
    config.check_url(url, shown(url), Origin::Credentials).of_source(source)?;
    let (headers, body) = (Vec::new(), Body::Empty);
    let timeout = Some(NEARBY * 10);
    let request =
        Request { method: "GET", url: url.to_owned(), headers, body, timeout, direct: false, secret: true };
    let answer =
        config.http.send(request).await.map_err(|e| wrong(format!("{}: {}", e.trouble, e.detail)))?;
    if answer.status != 200 {
        return Err(wrong(format!("it answers HTTP {}", answer.status)));
    }
    let bytes = answer.whole(LONGEST).await.map_err(|e| wrong(e.trouble.to_string()))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| wrong("its answer is not JSON".into()))?;
    temporary::read(&value).map_err(wrong)
}

/// The URL without its query, where a token may stand, and without user and password.
fn shown(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let authority_end =
        url.find("://").and_then(|i| url[i + 3..].find('/').map(|j| i + 3 + j)).unwrap_or(url.len());
    if url[..authority_end].contains('@') { "the URI (with a user in it)" } else { url }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        assert_eq!(shown("http://h:1/path?token=hunter2"), "http://h:1/path");
        assert!(!shown("https://me:hunter2@h/path").contains("hunter2"));
        assert_eq!(shown("https://h/a@b"), "https://h/a@b");
    }
}
