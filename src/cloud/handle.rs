//! What all calls share.

use std::sync::Arc;

use super::retry::Tries;
use super::{
    Clock, CredentialSource, Endpoint, Endpoints, Error, NoRegion, OssSignature, OssStyle, Result, Retry,
    Service,
};
use crate::base::progress::Progress;
use crate::net::Http;
use crate::sign::Credential;

/// What a [`Cloud`] is made from.
#[derive(Clone)]
pub struct Setup {
    /// The transport.
    pub http: Http,
    /// The endpoints that the user gave.
    pub endpoints: Endpoints,
    /// The region, such as `cn-hangzhou`.
    pub region: Option<String>,
    /// Who signs.
    pub credentials: Arc<dyn CredentialSource>,
    /// How a bucket is named in a URL.
    pub oss_style: OssStyle,
    /// The signature version for OSS.
    pub oss_signature: OssSignature,
    /// Who hears of retries and of a clock that is wrong.
    pub progress: Arc<dyn Progress>,
}

/// The services as this caller reaches them; clones share connections and the clock's offset.
#[derive(Clone, Debug)]
pub struct Cloud {
    pub(super) setup: Arc<Setup>,
    pub(super) clock: Clock,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({:?}, {:?})", self.endpoints, self.region)
    }
}

impl Cloud {
    /// Makes it; nothing is sent.
    pub fn new(setup: Setup) -> Self {
        Self { setup: Arc::new(setup), clock: Clock::default() }
    }

    /// The region, if one is known.
    pub fn region(&self) -> Option<&str> {
        self.setup.region.as_deref()
    }

    /// Where a service is; OSS's public endpoint unless another was given.
    ///
    /// # Errors
    /// When it depends on the region and there is none.
    pub fn locate(&self, service: Service) -> Result<Endpoint, NoRegion> {
        super::locate(&self.setup.endpoints, service, self.region())
    }

    /// The services' time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The transport.
    pub fn http(&self) -> &Http {
        &self.setup.http
    }

    /// Who hears of what the user should know.
    pub fn progress(&self) -> &Arc<dyn Progress> {
        &self.setup.progress
    }

    /// The credential that would sign the next call.
    ///
    /// # Errors
    /// When there is none.
    pub async fn credential(&self) -> Result<Credential> {
        Ok(self.setup.credentials.credential().await?)
    }

    /// Tries until it succeeds, fails for good, or the policy's bounds are reached. Each try is made, and signed,
    /// anew by `attempt`; the final error says how often and how long.
    ///
    /// # Errors
    /// The last try's.
    pub async fn with_retries<T, F>(&self, policy: Retry, mut attempt: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut tries = Tries::new();
        loop {
            tries.count += 1;
            let error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let spent = tries.spent();
            if tries.corrected(&error) {
                tracing::debug!("{error}; once more");
                continue;
            }
            let Some(pause) = policy.pause(&error, tries.count, spent) else {
                return Err(error.with_tries(tries.count, spent));
            };
            tracing::debug!("{error}; next try in {:.1} s", pause.as_secs_f64());
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes from a refusal what the next try needs: the service's clock, the end of a credential.
    pub(super) fn learn_from(&self, error: &Error, credential: &Credential) {
        let Error::Service(e) = error else { return };
        if let (true, Some(time)) = (e.is_about_the_clock(), e.server_time) {
            let offset = self.clock.learn(time);
            let (minutes, side) =
                (offset.abs().as_mins(), if offset.is_positive() { "behind" } else { "ahead of" });
            self.setup.progress.warn(format!(
                "this machine's clock is {minutes} minutes {side} {}'s; requests are signed with the service's time",
                e.service
            ));
        }
        if e.is_expired_token() {
            self.setup.credentials.refused(credential);
        }
    }
}
