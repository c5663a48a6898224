//! `ALIBABA_CLOUD_ACCESS_KEY_ID`, `_SECRET`, and `ALIBABA_CLOUD_SECURITY_TOKEN` for a temporary one.

use super::{Found, Source};
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::Environment;
use crate::config::environment::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN};
use crate::sign::Credential;

/// The environment variables.
#[derive(Debug)]
pub(super) struct Variables {
    pub(super) environment: Environment,
}

impl Source for Variables {
    fn name(&self) -> String {
        "environment".into()
    }

    fn find(&self) -> BoxFuture<'_, Result<Found, CredentialError>> {
        Box::pin(std::future::ready(self.read()))
    }
}

impl Variables {
    fn read(&self) -> Result<Found, CredentialError> {
        let get = |name| self.environment.get(name);
        let broken = |reason: String| CredentialError::Broken { source_name: self.name(), reason };
        match (get(ACCESS_KEY_ID), get(ACCESS_KEY_SECRET)) {
            (None, None) => Ok(Found::NotMine(format!("{ACCESS_KEY_ID} is not set"))),
            (Some(_), None) => Err(broken(format!("{ACCESS_KEY_ID} is set and {ACCESS_KEY_SECRET} is not"))),
            (None, Some(_)) => Err(broken(format!("{ACCESS_KEY_SECRET} is set and {ACCESS_KEY_ID} is not"))),
            (Some(id), Some(secret)) => {
                let credential = Credential::long_lived(id, secret);
                Ok(Found::Credential(match get(SECURITY_TOKEN) {
                    Some(token) => credential.with_token(token),
                    None => credential,
                }))
            }
        }
    }
}
