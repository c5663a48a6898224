//! The sources, asked in order: the first that has a credential wins and is asked again for the next one.

use tokio::sync::Mutex;

use super::credentials_file::OurFile;
use super::environment::Variables;
use super::{Found, Source};
use crate::cloud::{BoxFuture, CredentialError, CredentialSource, Refusal};
use crate::config::Settings;
use crate::sign::Credential;

/// The chain of sources.
#[derive(Debug)]
pub struct Chain {
    sources: Vec<Box<dyn Source>>,
    found: Mutex<Option<Credential>>,
}

impl Chain {
    /// The sources in the order of the official SDKs, with our own file second.
    pub fn new(settings: &Settings) -> Self {
        let environment = settings.environment().clone();
        let path = settings.credentials_file().ok().map(std::path::Path::to_owned);
        let sources: Vec<Box<dyn Source>> =
            vec![Box::new(Variables { environment }), Box::new(OurFile { path })];
        Self { sources, found: Mutex::new(None) }
    }

    async fn ask(&self) -> Result<Credential, CredentialError> {
        let mut found = self.found.lock().await;
        if let Some(credential) = &*found {
            return Ok(credential.clone());
        }
        let mut refusals = Vec::new();
        for source in &self.sources {
            match source.find().await? {
                Found::Credential(credential) => return Ok(found.insert(credential).clone()),
                Found::NotMine(reason) => refusals.push(Refusal { source: source.name(), reason }),
            }
        }
        Err(CredentialError::Missing(refusals))
    }
}

impl CredentialSource for Chain {
    fn credential(&self) -> BoxFuture<'_, Result<Credential, CredentialError>> {
        Box::pin(self.ask())
    }

    fn refused(&self, credential: &Credential) {
        // While somebody holds the lock, a new credential is on its way.
        if let Ok(mut found) = self.found.try_lock()
            && found.as_ref() == Some(credential)
        {
            *found = None;
        }
    }
}
