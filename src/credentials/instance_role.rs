//! The RAM role of the instance that this runs on, by its metadata.

use serde_json::Value;

use super::source::broken;
use super::{Source, SourceAnswer, SourceConfig, temporary};
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::environment::ECS_METADATA;
use crate::sign::Credential;

const NAME: &str = "instance role";
const ROLES: &str = "meta-data/ram/security-credentials/";

/// The instance's role, if this is an instance and it has one.
#[derive(Debug)]
pub(super) struct InstanceRole(pub(super) SourceConfig);

impl Source for InstanceRole {
    fn name(&self) -> &'static str {
        NAME
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(self.look())
    }
}

impl InstanceRole {
    async fn look(&self) -> Result<SourceAnswer, CredentialError> {
        let metadata = &self.0.metadata;
        let named = self.0.environment.get(ECS_METADATA).map(str::to_owned);
        let role = match named {
            Some(role) => Ok(Some(role)),
            None => metadata.get(ROLES).await.map(|names| names.and_then(|names| first_line(&names))),
        };
        match role {
            Err(e) => Ok(SourceAnswer::NotMine(e.to_string())),
            Ok(None) => Ok(SourceAnswer::NotMine(format!("{} names no RAM role", metadata.address()))),
            Ok(Some(role)) => {
                let credential = fetch(&self.0, &role, NAME).await?;
                Ok(SourceAnswer::Credential {
                    credential,
                    place: format!("role {role} of {}", metadata.address()),
                })
            }
        }
    }
}

/// The temporary key of a role of the instance; the role's name is asked for when it is not known.
pub(super) async fn credential(
    config: &SourceConfig,
    role: Option<&str>,
    source: &'static str,
) -> Result<Credential, CredentialError> {
    if let Some(role) = role {
        return fetch(config, role, source).await;
    }
    let roles = config.metadata.get(ROLES).await.map_err(|e| broken(source, e.to_string()))?;
    match roles.and_then(|names| first_line(&names)) {
        Some(role) => fetch(config, &role, source).await,
        None => Err(broken(source, format!("{} names no RAM role", config.metadata.address()))),
    }
}

async fn fetch(
    config: &SourceConfig,
    role: &str,
    source: &'static str,
) -> Result<Credential, CredentialError> {
    let item = format!("{ROLES}{role}");
    let wrong =
        |reason: &str| broken(source, format!("{}/latest/{item}: {reason}", config.metadata.address()));
    let text = config.metadata.get(&item).await.map_err(|e| broken(source, e.to_string()))?;
    let text = text.ok_or_else(|| wrong("the instance has no such role"))?;
    let value: Value = serde_json::from_str(&text).map_err(|_| wrong("the answer is not JSON"))?;
    temporary::read(&value).map_err(|reason| wrong(&reason))
}

fn first_line(names: &str) -> Option<String> {
    names.lines().map(str::trim).find(|name| !name.is_empty()).map(str::to_owned)
}
