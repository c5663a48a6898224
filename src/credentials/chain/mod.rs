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
use super::{Found, Means, Source};
use crate::cloud::{BoxFuture, CredentialError, CredentialSource, Refusal};
use crate::config::{Settings, Source as Origin};
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

/// Which source won.
#[derive(Clone, Debug)]
pub struct Won {
    /// Its name.
    pub source: &'static str,
    /// Where exactly.
    pub place: String,
    /// The sources before it, each with the reason why it gave nothing.
    pub passed: Vec<Refusal>,
    /// The sources behind it, which were not asked.
    pub not_asked: Vec<&'static str>,
    /// Its credential.
    pub credential: Credential,
}

#[derive(Debug)]
struct Held {
    won: Won,
    winner: usize,
    renew_at: Option<Instant>,
    good_until: Option<Instant>,
}

impl Chain {
    /// The sources in the order of the official SDKs, with our own file second, and the URI before the metadata,
    /// which on an instance would always win.
    ///
    /// A profile that was named on the command line is meant: then only the two files with profiles are asked.
    pub fn new(settings: &Settings, means: &Means) -> Self {
        let profile = settings.profile().map(str::to_owned);
        let chosen = matches!(settings.profile_source(), Some(Origin::Flag(_)));
        let path = settings.credentials_file().ok().map(std::path::Path::to_owned);
        let section = profile.clone().unwrap_or_else(|| "default".to_owned());
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        if !chosen {
            sources.push(Box::new(Variables(means.clone())));
            sources.push(Box::new(OurFile { path }));
        }
        sources.push(Box::new(AliyunProfile { means: means.clone(), profile }));
        sources.push(Box::new(SharedFile { means: means.clone(), section }));
        if !chosen {
            sources.push(Box::new(CredentialsUri(means.clone())));
            sources.push(Box::new(InstanceRole(means.clone())));
        }
        Self::of(sources)
    }

    fn of(sources: Vec<Box<dyn Source>>) -> Self {
        Self { sources, held: Mutex::new(None), asking: tokio::sync::Mutex::new(()) }
    }

    /// Which source won, with a credential that is good now.
    ///
    /// # Errors
    /// When no source has one, or the one that is meant can't be used.
    pub async fn won(&self) -> Result<Won, CredentialError> {
        if let Some(won) = self.fresh() {
            return Ok(won);
        }
        let _asking = self.asking.lock().await;
        if let Some(won) = self.fresh() {
            return Ok(won);
        }
        let winner = self.held().as_ref().map(|held| held.winner);
        let found = match winner {
            Some(winner) => self.ask_again(winner).await,
            None => self.ask_all().await,
        };
        match found {
            Ok(held) => Ok(self.held().insert(held).won.clone()),
            Err(error) => self.still_good(&error).ok_or(error),
        }
    }

    /// Asks one after the other.
    async fn ask_all(&self) -> Result<Held, CredentialError> {
        let mut passed = Vec::new();
        for (winner, source) in self.sources.iter().enumerate() {
            match source.find().await? {
                Found::Credential { credential, place } => {
                    tracing::info!("credentials: {} ({place})", source.name());
                    let not_asked = self.sources[winner + 1..].iter().map(|source| source.name()).collect();
                    let won = Won { source: source.name(), place, passed, not_asked, credential };
                    return Ok(Held::new(won, winner));
                }
                Found::NotMine(reason) => {
                    tracing::debug!("credentials: not from {}: {reason}", source.name());
                    passed.push(Refusal { source: source.name().to_owned(), reason });
                }
            }
        }
        Err(CredentialError::Missing(passed))
    }

    /// Asks the winner for its next credential.
    async fn ask_again(&self, winner: usize) -> Result<Held, CredentialError> {
        let source = &self.sources[winner];
        match source.find().await? {
            Found::Credential { credential, place } => {
                tracing::info!("credentials renewed: {} ({place})", source.name());
                let before = self.held().as_ref().map(|held| held.won.clone());
                let (passed, not_asked) = before.map(|won| (won.passed, won.not_asked)).unwrap_or_default();
                Ok(Held::new(Won { source: source.name(), place, passed, not_asked, credential }, winner))
            }
            Found::NotMine(reason) => {
                Err(CredentialError::Missing(vec![Refusal { source: source.name().to_owned(), reason }]))
            }
        }
    }

    /// The credential that is held, unless it is to be renewed.
    fn fresh(&self) -> Option<Won> {
        let held = self.held();
        let held = held.as_ref()?;
        held.renew_at.is_none_or(|at| Instant::now() < at).then(|| held.won.clone())
    }

    /// A credential that could not be renewed and has not ended yet.
    fn still_good(&self, error: &CredentialError) -> Option<Won> {
        let mut held = self.held();
        let held = held.as_mut()?;
        held.good_until.filter(|end| Instant::now() < *end)?;
        tracing::info!("credentials could not be renewed, the old ones are still good: {error}");
        held.renew_at = Some(Instant::now() + PAUSE);
        Some(held.won.clone())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn new(won: Won, winner: usize) -> Self {
        let life = won.credential.expires.map(|end| {
            // A clock that is wrong must not make every request fetch a new key.
            let left = end.duration_since(jiff::Timestamp::now());
            Duration::try_from(left).unwrap_or_default().max(Duration::from_secs(1))
        });
        let now = Instant::now();
        let renew_at = life.map(|life| now + life - MARGIN.min(life / 5));
        Self { won, winner, renew_at, good_until: life.map(|life| now + life) }
    }
}

impl CredentialSource for Chain {
    fn credential(&self) -> BoxFuture<'_, Result<Credential, CredentialError>> {
        Box::pin(async { Ok(self.won().await?.credential) })
    }

    fn refused(&self, credential: &Credential) {
        if let Some(held) = self.held().as_mut()
            && held.won.credential == *credential
        {
            held.renew_at = Some(Instant::now());
            held.good_until = None;
        }
    }
}

#[cfg(test)]
mod tests;
