//! `ALIBABA_CLOUD_ACCESS_KEY_ID`, `_SECRET`, and `ALIBABA_CLOUD_SECURITY_TOKEN` for a temporary one; else an OIDC token.

use super::oidc::OidcRole;
use super::role::StsPlace;
use super::source::broken;
use super::{Source, SourceAnswer, SourceConfig};
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::environment::{
    ACCESS_KEY_ID, ACCESS_KEY_SECRET, OIDC_PROVIDER_ARN, OIDC_TOKEN_FILE, ROLE_ARN, ROLE_SESSION_NAME,
    SECURITY_TOKEN,
};
use crate::sign::Credential;

const NAME: &str = "environment";

/// The environment variables.
#[derive(Debug)]
pub(super) struct Variables(pub(super) SourceConfig);

impl Source for Variables {
    fn name(&self) -> &'static str {
        NAME
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(self.look())
    }
}

impl Variables {
    async fn look(&self) -> Result<SourceAnswer, CredentialError> {
        match (self.get(ACCESS_KEY_ID), self.get(ACCESS_KEY_SECRET)) {
            (Some(id), Some(secret)) => Ok(self.key(id, secret)),
            (Some(_), None) => {
                Err(broken(NAME, format!("{ACCESS_KEY_ID} is set and {ACCESS_KEY_SECRET} is not")))
            }
            (None, Some(_)) => {
                Err(broken(NAME, format!("{ACCESS_KEY_SECRET} is set and {ACCESS_KEY_ID} is not")))
            }
            (None, None) => self.oidc().await,
        }
    }

    fn key(&self, id: &str, secret: &str) -> SourceAnswer {
        let mut credential = Credential::long_lived(id, secret);
        if let Some(token) = self.get(SECURITY_TOKEN) {
            credential = credential.with_token(token);
        }
        SourceAnswer::Credential { credential, place: ACCESS_KEY_ID.to_owned() }
    }

    async fn oidc(&self) -> Result<SourceAnswer, CredentialError> {
        let SourceConfig { environment, .. } = &self.0;
        let (Some(token_file), Some(provider), Some(role)) =
            (environment.path(OIDC_TOKEN_FILE), self.get(OIDC_PROVIDER_ARN), self.get(ROLE_ARN))
        else {
            return Ok(SourceAnswer::NotMine(format!(
                "neither {ACCESS_KEY_ID} nor all of the OIDC variables are set"
            )));
        };
        let role = OidcRole {
            token_file,
            provider_arn: provider.to_owned(),
            role_arn: role.to_owned(),
            session_name: self.get(ROLE_SESSION_NAME).map(str::to_owned),
            seconds: None,
            policy: None,
            sts: StsPlace::default(),
        };
        let credential = role.assume(&self.0, NAME).await?;
        Ok(SourceAnswer::Credential {
            credential,
            place: format!("{OIDC_TOKEN_FILE} assuming {}", role.role_arn),
        })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.environment.get(name)
    }
}
