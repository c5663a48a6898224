//! The sources, asked in order: the first that has a credential wins and is asked again for the next one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::aliyun_profile::AliyunProfile;
use super::credentials_file::OurFile;
use super::credentials_uri::CredentialsUri;
use super::environment::Variables;
use super::instance_role::InstanceRole;
use super::shared_file::SharedFile;
use super::{Source, SourceAnswer, SourceConfig};
use crate::cloud::{BoxFuture, CredentialError, CredentialSource, Refusal};
use crate::config::{Origin, Settings};
use crate::sign::Credential;

/// A temporary key is renewed so long before its end, or in the last fifth of a short life.
const MARGIN: Duration = Duration::from_secs(180);
/// After a renewal that failed, a key that is still good is used so long before the next.
const PAUSE: Duration = Duration::from_secs(10);

/// The chain of sources.
#[derive(Debug)]
pub struct Chain {
    sources: Vec<Box<dyn Source>>,
    held: Mutex<Option<Held>>,
    /// Held by the one who asks a source, so that all others wait for the same answer.
    asking: tokio::sync::Mutex<()>,
}

/// Which source was taken.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub source: &'static str,
    /// Where exactly.
    pub place: String,
    /// The sources before it, each with the reason why it gave nothing.
    pub passed: Vec<Refusal>,
    /// The sources behind it, which were not asked.
    pub not_asked: Vec<&'static str>,
    pub credential: Credential,
}

#[derive(Debug)]
struct Held {
    resolved: Resolved,
    index: usize,
    renew_at: Option<Instant>,
    good_until: Option<Instant>,
}

impl Chain {
    /// The sources in the order of the official SDKs, with our own file second, and the URI before the metadata,
    /// which on an instance would always win.
    ///
    /// A profile that was named on the command line is meant: then only the two files with profiles are asked.
    pub fn new(settings: &Settings, config: &SourceConfig) -> Self {
        let profile = settings.profile().map(str::to_owned);
        let chosen = matches!(settings.profile_source(), Some(Origin::Flag(_)));
        let path = settings.credentials_file().ok().map(std::path::Path::to_owned);
        let section = profile.clone().unwrap_or_else(|| "default".to_owned());
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        if !chosen {
            sources.push(Box::new(Variables(config.clone())));
            sources.push(Box::new(OurFile { path }));
        }
        sources.push(Box::new(AliyunProfile { config: config.clone(), profile }));
        sources.push(Box::new(SharedFile { config: config.clone(), section }));
        if !chosen {
            sources.push(Box::new(CredentialsUri(config.clone())));
            sources.push(Box::new(InstanceRole(config.clone())));
        }
        Self::of(sources)
    }

    fn of(sources: Vec<Box<dyn Source>>) -> Self {
        Self { sources, held: Mutex::new(None), asking: tokio::sync::Mutex::new(()) }
    }

    /// Which source was taken, with a credential that is good now.
    ///
    /// # Errors
    /// When no source has one, or the one that is meant can't be used.
    pub async fn resolved(&self) -> Result<Resolved, CredentialError> {
        if let Some(resolved) = self.fresh() {
            return Ok(resolved);
        }
        let _asking = self.asking.lock().await;
        if let Some(resolved) = self.fresh() {
            return Ok(resolved);
        }
        let index = self.held().as_ref().map(|held| held.index);
        let found = match index {
            Some(index) => self.ask_again(index).await,
            None => self.ask_all().await,
        };
        match found {
            Ok(held) => Ok(self.held().insert(held).resolved.clone()),
            Err(error) => self.still_good(&error).ok_or(error),
        }
    }

    /// Asks one after the other.
    async fn ask_all(&self) -> Result<Held, CredentialError> {
        let mut passed = Vec::new();
        for (index, source) in self.sources.iter().enumerate() {
            match source.find().await? {
                SourceAnswer::Credential { credential, place } => {
                    tracing::info!("credentials: {} ({place})", source.name());
                    let not_asked = self.sources[index + 1..].iter().map(|source| source.name()).collect();
                    let resolved = Resolved { source: source.name(), place, passed, not_asked, credential };
                    return Ok(Held::new(resolved, index));
                }
                SourceAnswer::NotMine(reason) => {
                    tracing::debug!("credentials: not from {}: {reason}", source.name());
                    passed.push(Refusal { source: source.name().to_owned(), reason });
                }
            }
        }
        Err(CredentialError::Missing(passed))
    }

    /// Asks the same source for its next credential.
    async fn ask_again(&self, index: usize) -> Result<Held, CredentialError> {
        let source = &self.sources[index];
        match source.find().await? {
            SourceAnswer::Credential { credential, place } => {
                tracing::info!("credentials renewed: {} ({place})", source.name());
                let before = self.held().as_ref().map(|held| held.resolved.clone());
                let (passed, not_asked) =
                    before.map(|resolved| (resolved.passed, resolved.not_asked)).unwrap_or_default();
                Ok(Held::new(Resolved { source: source.name(), place, passed, not_asked, credential }, index))
            }
            SourceAnswer::NotMine(reason) => {
                Err(CredentialError::Missing(vec![Refusal { source: source.name().to_owned(), reason }]))
            }
        }
    }

    /// The credential that is held, unless it is to be renewed.
    fn fresh(&self) -> Option<Resolved> {
        let held = self.held();
        let held = held.as_ref()?;
        held.renew_at.is_none_or(|at| Instant::now() < at).then(|| held.resolved.clone())
    }

    /// A credential that could not be renewed and has not ended yet.
    fn still_good(&self, error: &CredentialError) -> Option<Resolved> {
        let mut held = self.held();
        let held = held.as_mut()?;
        held.good_until.filter(|end| Instant::now() < *end)?;
        tracing::info!("credentials could not be renewed, the old ones are still good: {error}");
        held.renew_at = Some(Instant::now() + PAUSE);
        Some(held.resolved.clone())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn new(resolved: Resolved, index: usize) -> Self {
        let life = resolved.credential.expires.map(|end| {
            // A clock that is wrong must not make every request fetch a new key.
            let left = end.duration_since(jiff::Timestamp::now());
            Duration::try_from(left).unwrap_or_default().max(Duration::from_secs(1))
        });
        let now = Instant::now();
        let renew_at = life.map(|life| now + life - MARGIN.min(life / 5));
        Self { resolved, index, renew_at, good_until: life.map(|life| now + life) }
    }
}

impl CredentialSource for Chain {
    fn credential(&self) -> BoxFuture<'_, Result<Credential, CredentialError>> {
        Box::pin(async { Ok(self.resolved().await?.credential) })
    }

    fn refused(&self, credential: &Credential) {
        if let Some(held) = self.held().as_mut()
            && held.resolved.credential == *credential
        {
            held.renew_at = Some(Instant::now());
            held.good_until = None;
        }
    }
}

#[cfg(test)]
mod tests;
