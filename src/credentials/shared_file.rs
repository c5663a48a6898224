//! The INI file that the cloud's SDKs share.

use std::path::PathBuf;

use super::oidc::OidcRole;
use super::role::{Role, StsPlace};
use super::source::OfSource;
use super::{Source, SourceAnswer, SourceConfig, instance_role};
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::ConfigError;
use crate::config::shared_ini::{self, Section};
use crate::sign::Credential;

const NAME: &str = "shared file";

/// A section of `~/.alibabacloud/credentials` or `credentials.ini`.
#[derive(Debug)]
pub(super) struct SharedFile {
    pub(super) config: SourceConfig,
    pub(super) section: String,
}

impl Source for SharedFile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(self.look())
    }
}

impl SharedFile {
    async fn look(&self) -> Result<SourceAnswer, CredentialError> {
        let section = match shared_ini::find(&self.config.environment, &self.section).of_source(NAME)? {
            shared_ini::SectionLookup::Section(section) => section,
            shared_ini::SectionLookup::NoSection(path, names) => {
                let names = names.join(", ");
                let wanted = &self.section;
                return Ok(SourceAnswer::NotMine(format!(
                    "{} has no section [{wanted}], only {names}",
                    path.display()
                )));
            }
            shared_ini::SectionLookup::NoFile(places) => return Ok(SourceAnswer::NotMine(no_file(&places))),
        };
        self.config.warn_if_exposed(section.path());
        let credential = self.credential(&section).await?;
        let place = format!("[{}] of {}:{}", section.name(), section.path().display(), section.line());
        Ok(SourceAnswer::Credential { credential, place })
    }

    async fn credential(&self, section: &Section) -> Result<Credential, CredentialError> {
        let config = &self.config;
        let kind = section.get("type").map_or("access_key".into(), |entry| entry.value);
        match &*kind {
            "access_key" => key(section).of_source(NAME),
            "ram_role_arn" => {
                let base = key(section).of_source(NAME)?;
                role(section).of_source(NAME)?.assume(config, base, NAME).await
            }
            "ecs_ram_role" => {
                instance_role::credential(
                    config,
                    section.get("role_name").map(|entry| entry.value).as_deref(),
                    NAME,
                )
                .await
            }
            "oidc_role_arn" => oidc_role(section).of_source(NAME)?.assume(config, NAME).await,
            "rsa_key_pair" => {
                Err(section.wrong("rsa_key_pair is out of use; make an AccessKey for a RAM user".into()))
                    .of_source(NAME)
            }
            other => Err(section.wrong(format!("`{other}` is not a type of credential"))).of_source(NAME),
        }
    }
}

fn no_file(places: &[PathBuf]) -> String {
    let places: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
    if places.is_empty() {
        "HOME is not set".to_owned()
    } else {
        format!("there is no {}", places.join(" and no "))
    }
}

fn key(section: &Section) -> Result<Credential, ConfigError> {
    Ok(Credential::long_lived(section.need("access_key_id")?, section.need("access_key_secret")?))
}

fn role(section: &Section) -> Result<Role, ConfigError> {
    let owned = |key| section.get(key).map(|entry| entry.value.into_owned());
    Ok(Role {
        arn: section.need("role_arn")?,
        session_name: owned("role_session_name"),
        policy: owned("policy"),
        ..Role::default()
    })
}

fn oidc_role(section: &Section) -> Result<OidcRole, ConfigError> {
    let owned = |key| section.get(key).map(|entry| entry.value.into_owned());
    Ok(OidcRole {
        token_file: PathBuf::from(section.need("oidc_token_file_path")?),
        provider_arn: section.need("oidc_provider_arn")?,
        role_arn: section.need("role_arn")?,
        session_name: owned("role_session_name"),
        seconds: None,
        policy: owned("policy"),
        sts: StsPlace::default(),
    })
}
