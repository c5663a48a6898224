//! A role that an OIDC token assumes: STS `AssumeRoleWithOIDC`, which is not signed.

use std::path::PathBuf;

use super::SourceConfig;
use super::role::{StsPlace, call, credential_of};
use super::source::{OfSource, broken};
use crate::cloud::CredentialError;
use crate::sign::Credential;

/// A role and the token that vouches for who assumes it.
#[derive(Clone, Debug)]
pub(super) struct OidcRole {
    pub(super) token_file: PathBuf,
    pub(super) provider_arn: String,
    pub(super) role_arn: String,
    pub(super) session_name: Option<String>,
    /// Seconds that the session lasts; STS's default is 3600.
    pub(super) seconds: Option<u64>,
    pub(super) policy: Option<String>,
    pub(super) sts: StsPlace,
}

impl OidcRole {
    /// Assumes the role; the token is read each time, for whoever issues it renews the file.
    pub(super) async fn assume(
        &self,
        config: &SourceConfig,
        source: &'static str,
    ) -> Result<Credential, CredentialError> {
        let path = self.token_file.display();
        let token = std::fs::read_to_string(&self.token_file)
            .map_err(|e| broken(source, format!("can't read the OIDC token {path}: {e}")))?;
        let token = token.trim();
        if token.is_empty() {
            return Err(broken(source, format!("the OIDC token {path} is empty")));
        }
        let mut call = call("AssumeRoleWithOIDC", &self.role_arn, self.session_name.as_deref(), self.seconds)
            .with_form("OIDCProviderArn", &self.provider_arn)
            .with_form("OIDCToken", token);
        if let Some(policy) = &self.policy {
            call = call.with_form("Policy", policy);
        }
        call.signed = false;
        let nobody = Credential::long_lived("", "");
        let endpoints = self.sts.endpoints(config).of_source(source)?;
        let answer = config.cloud(nobody, endpoints).rpc(&call).await.of_source(source)?;
        credential_of(call.action, &answer).of_source(source)
    }
}
