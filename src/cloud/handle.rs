//! What all calls share.

use std::sync::Arc;

use super::retry::Tries;
use super::{
    CallError, Clock, CredentialError, CredentialSource, Endpoint, Endpoints, Error, ErrorKind, NoEndpoint,
    OssSignature, OssStyle, Result, Retry, Service,
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
    /// The bound on each call's own bound of tries.
    attempts: u32,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({:?}, {:?})", self.endpoints, self.region)
    }
}

impl Cloud {
    /// Makes it; nothing is sent.
    pub fn new(setup: Setup) -> Self {
        setup.http.tell(setup.progress.clone());
        Self { setup: Arc::new(setup), clock: Clock::default(), attempts: u32::MAX }
    }

    /// The same services, each call tried so often at most; for who would rather know than wait.
    #[must_use]
    pub fn tried(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The region, if one is known.
    pub fn region(&self) -> Option<&str> {
        self.setup.region.as_deref()
    }

    /// Where a service is; OSS's public endpoint unless another was given.
    ///
    /// # Errors
    /// When it depends on the region and there is none.
    pub fn locate(&self, service: Service) -> Result<Endpoint, NoEndpoint> {
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
    pub async fn credential(&self) -> Result<Credential, CredentialError> {
        self.setup.credentials.credential().await
    }

    /// Tries until it succeeds, fails for good, or the policy's bounds are reached. Each try is made, and signed,
    /// anew by `attempt`; the final error says how often and how long.
    ///
    /// # Errors
    /// The last try's.
    pub async fn with_retries<T, E: CallError, F>(
        &self,
        policy: Retry,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let policy = Retry { attempts: policy.attempts.min(self.attempts), ..policy };
        let mut tries = Tries::new();
        loop {
            tries.count += 1;
            let mut error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let Some(call) = error.as_call() else { return Err(error) };
            let spent = tries.spent();
            if tries.corrected(call) {
                tracing::debug!("{call}; once more");
                continue;
            }
            let Some(pause) = policy.pause(call, tries.count, spent, self.clock.now()) else {
                (call.tries, call.spent) = (tries.count, spent);
                return Err(error);
            };
            if let Some(asked) =
                call.refusal().and_then(|refusal| refusal.retry_after).filter(|asked| *asked > pause)
            {
                let (asked, pause) = (asked.as_secs(), pause.as_secs());
                self.setup
                    .progress
                    .warn(format!("{} asks to wait {asked} s; the next try is in {pause} s", call.service));
            }
            tracing::debug!("{call}; next try in {:.1} s", pause.as_secs_f64());
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes from a refusal what the next try needs: the service's clock, the end of a credential.
    pub(super) fn learn_from(&self, error: &mut Error, credential: &Credential) {
        let service = error.service;
        let ErrorKind::Service(e) = &mut error.kind else { return };
        if let (true, Some(time)) = (e.is_about_the_clock(), e.server_time) {
            let learned = self.clock.learn(time);
            if learned.is_none() {
                e.server_time = None;
            }
            self.setup.progress.warn(match learned {
                Some(offset) => {
                    let (minutes, side) =
                        (offset.abs().as_mins(), if offset.is_positive() { "behind" } else { "ahead of" });
                    format!(
                        "this machine's clock is {minutes} minutes {side} {service}'s; requests are signed with the service's time"
                    )
                }
                None => format!(
                    "{service} says that it is {time}, more than a day from this machine's clock, and is not believed; if the clock is wrong, set it: sudo chronyc makestep"
                ),
            });
        }
        // OSS says so of a temporary key too, some time after its end.
        e.key_is_gone = credential.is_temporary()
            && matches!(e.code.as_str(), "InvalidAccessKeyId" | "InvalidAccessKeyId.NotFound");
        if e.is_expired_token() {
            self.setup.credentials.refused(credential);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::base::progress::{Event, Silent};
    use crate::cloud::{Fixed, ServiceError};
    use crate::net::{NetError, Trouble};

    fn cloud(progress: Arc<dyn Progress>) -> Cloud {
        Cloud::new(Setup {
            http: Http::new(),
            endpoints: Endpoints::default(),
            region: None,
            credentials: Arc::new(Fixed(key())),
            oss_style: OssStyle::Auto,
            oss_signature: OssSignature::V4,
            progress,
        })
    }

    fn key() -> Credential {
        Credential::long_lived("id", "secret")
    }

    fn refused(http_status: u16, code: &str) -> ServiceError {
        ServiceError { http_status, code: code.to_owned(), ..ServiceError::default() }
    }

    fn failed(refusal: ServiceError) -> Error {
        Error::new(Service::Oss, "PutObject", Box::new(refusal))
    }

    #[tokio::test(start_paused = true)]
    async fn transient_errors_are_outlasted_and_the_last_one_says_how_long() {
        let (mut tries, started) = (0, Instant::now());
        let outcome: Result<()> = cloud(Arc::new(Silent))
            .with_retries(Retry::IDEMPOTENT, || {
                tries += 1;
                async { Err(failed(refused(503, "ServiceUnavailable"))) }
            })
            .await;
        assert_eq!(tries, Retry::IDEMPOTENT.attempts);
        assert!(started.elapsed() < Retry::IDEMPOTENT.within + Duration::from_secs(20));
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("tried 6 times in "), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_service_is_given_the_time_it_asks_for() {
        let (mut first, started) = (true, Instant::now());
        let cloud = cloud(Arc::new(Silent));
        let outcome = cloud.with_retries(Retry::IDEMPOTENT, || {
            let retry_after = Some(Duration::from_secs(9));
            let error = ServiceError { retry_after, ..refused(503, "DownloadTrafficRateLimitExceeded") };
            let answer = if std::mem::take(&mut first) { Err(failed(error)) } else { Ok(1) };
            async { answer }
        });
        assert_eq!(outcome.await.unwrap(), 1);
        assert!(started.elapsed() >= Duration::from_secs(9));
    }

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Progress for Heard {
        fn event(&self, event: Event) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_clock_is_learned_named_and_corrected_once() {
        let heard = Arc::new(Heard::default());
        let cloud = cloud(heard.clone());
        let mut tries = 0;
        let outcome: Result<()> = cloud
            .with_retries(Retry { attempts: 1, ..Retry::ONCE }, || {
                tries += 1;
                let server_time = Some(jiff::Timestamp::now() + jiff::SignedDuration::from_mins(125));
                let mut error = failed(ServiceError { server_time, ..refused(403, "RequestTimeTooSkewed") });
                cloud.learn_from(&mut error, &key());
                async { Err(error) }
            })
            .await;
        assert!(outcome.is_err());
        assert_eq!(tries, 2);
        assert!((124..=125).contains(&cloud.clock().offset().as_mins()));
        assert!(heard.0.lock().unwrap()[0].contains("minutes behind oss's"));
    }
    #[tokio::test(start_paused = true)]
    async fn a_wait_that_no_service_means_is_cut_and_said() {
        let heard = Arc::new(Heard::default());
        let (mut first, started) = (true, Instant::now());
        let cloud = cloud(heard.clone());
        let outcome: Result<i32> = cloud
            .with_retries(Retry::IDEMPOTENT, || {
                let retry_after = Some(Duration::from_secs(100_000_000));
                let refusal = ServiceError {
                    http_status: 503,
                    code: "ServiceUnavailable".into(),
                    retry_after,
                    ..ServiceError::default()
                };
                let error = Error::new(Service::Faas, "DescribeFpgaImages", Box::new(refusal));
                let answer = if std::mem::take(&mut first) { Err(error) } else { Ok(1) };
                async { answer }
            })
            .await;
        assert_eq!(outcome.unwrap(), 1);
        assert!(started.elapsed() <= Duration::from_secs(61));
        assert!(heard.0.lock().unwrap()[0].contains("asks to wait 100000000 s"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_nothing_is_asked_for_two_minutes_at_most() {
        let body = Retry { attempts: 32, within: Duration::from_mins(15), ..Retry::IDEMPOTENT };
        for (policy, silence) in [(Retry::IDEMPOTENT, 30), (body, 20), (body, 110)] {
            let (silence, started) = (Duration::from_secs(silence), Instant::now());
            let outcome: Result<()> = cloud(Arc::new(Silent))
                .with_retries(policy, || async move {
                    tokio::time::sleep(silence).await;
                    Err(Error::new(Service::Oss, "PutObject", nothing_came()))
                })
                .await;
            assert!(outcome.is_err());
            let spent = started.elapsed();
            assert!(spent > Duration::from_secs(55) && spent <= Duration::from_mins(2), "{spent:?}");
        }
    }

    fn nothing_came() -> NetError {
        let (method, url, detail) = ("PUT".into(), "http://h/k".into(), "nothing moved for 20 s".into());
        NetError { method, url, trouble: Trouble::TimedOut, detail, is_silence: true }
    }
}
