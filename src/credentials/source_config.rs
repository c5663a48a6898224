//! What sources work with.

use std::sync::Arc;
use std::time::Duration;

use super::Metadata;
use crate::base::private_file::readable_by_others;
use crate::base::progress::Progress;
use crate::cloud::{Cloud, Fixed, OssSignature, OssStyle, Setup};
use crate::config::endpoint::is_in_the_clear;
use crate::config::{ConfigError, Endpoints, Environment, Origin};
use crate::net::Http;
use crate::sign::Credential;

/// How long a place nearby (metadata, a credentials URI) may take to answer.
pub(super) const NEARBY: Duration = Duration::from_secs(1);

/// The transport, the settings and the people to warn.
#[derive(Clone)]
pub struct SourceConfig {
    pub http: Http,
    /// The endpoints that the user gave.
    pub endpoints: Endpoints,
    /// The environment variables.
    pub environment: Environment,
    /// `--insecure-http`
    pub insecure_http: bool,
    /// The metadata of the instance that this may run on.
    pub metadata: Metadata,
    /// Who hears of what the user should know.
    pub progress: Arc<dyn Progress>,
}

impl std::fmt::Debug for SourceConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceConfig").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl SourceConfig {
    /// Without settings and without anybody who listens.
    #[cfg(test)]
    pub(super) fn alone() -> Self {
        let (http, environment) = (Http::new(), Environment::default());
        let endpoint = crate::cloud::Endpoint::central("metadata-of-a-test");
        let metadata = Metadata::new(http.clone(), endpoint, &environment);
        let progress = Arc::new(crate::base::progress::Silent);
        let (endpoints, insecure_http) = (Endpoints::default(), false);
        Self { http, endpoints, environment, insecure_http, metadata, progress }
    }

    /// Calls signed with this credential, to STS at these endpoints.
    pub(super) fn cloud(&self, credential: Credential, endpoints: Endpoints) -> Cloud {
        Cloud::new(Setup {
            http: self.http.clone(),
            endpoints,
            region: None,
            credentials: Arc::new(Fixed(credential)),
            oss_style: OssStyle::default(),
            oss_signature: OssSignature::default(),
            progress: self.progress.clone(),
        })
    }

    /// Refuses a URL whose answer, or what is sent there, can be read and altered on its way.
    pub(super) fn check_url(&self, url: &str, shown: &str, origin: Origin) -> Result<(), ConfigError> {
        if is_in_the_clear(url) && !self.insecure_http {
            return Err(ConfigError::InTheClear { url: shown.to_owned(), origin });
        }
        Ok(())
    }

    /// Warns of a file with secrets that others than its owner can read.
    pub(super) fn warn_if_exposed(&self, path: &std::path::Path) {
        if let Some(mode) = readable_by_others(path) {
            let path = path.display();
            self.progress.warn(format!("{path} can be read by others (mode {mode:04o}); chmod 600 {path}"));
        }
    }
}
