//! The aliyun CLI's profile, in each of its modes.

use std::path::PathBuf;

use super::oidc::OidcRole;
use super::role::{Role, StsPlace};
use super::source::{OfSource, broken};
use super::{Source, SourceAnswer, SourceConfig, credentials_uri, external, instance_role};
use crate::base::private_file::writable_by_others;
use crate::cloud::{BoxFuture, CredentialError};
use crate::config::ConfigError;
use crate::config::aliyun::{self, Mode, Profile};
use crate::config::environment::CREDENTIALS_URI;
use crate::sign::Credential;

const NAME: &str = "aliyun profile";

/// The profile of `~/.aliyun/config.json`: the named one or the current one.
#[derive(Debug)]
pub(super) struct AliyunProfile {
    pub(super) config: SourceConfig,
    pub(super) profile: Option<String>,
}

impl Source for AliyunProfile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(self.look())
    }
}

impl AliyunProfile {
    async fn look(&self) -> Result<SourceAnswer, CredentialError> {
        let found = aliyun::find(&self.config.environment, self.profile.as_deref()).of_source(NAME)?;
        let profile = match found {
            aliyun::ProfileLookup::Profile(profile) => profile,
            other => return Ok(SourceAnswer::NotMine(why_not(&other, self.profile.as_deref()))),
        };
        if is_unfilled(&profile) {
            return Ok(SourceAnswer::NotMine(format!("{} has no AccessKey", profile.place())));
        }
        self.config.warn_if_exposed(profile.path());
        let place = profile.place();
        let credential = self.credential(profile, Vec::new()).await?;
        Ok(SourceAnswer::Credential { credential, place })
    }

    /// The profile's credential; `passed` are the profiles that led here.
    fn credential(
        &self,
        profile: Profile,
        passed: Vec<String>,
    ) -> BoxFuture<'_, Result<Credential, CredentialError>> {
        Box::pin(async move {
            let config = &self.config;
            match profile.mode() {
                Mode::Ak => key(&profile).of_source(NAME),
                Mode::StsToken => token(&profile).of_source(NAME),
                Mode::Login => login(&profile).of_source(NAME),
                Mode::RamRoleArn => self.assume(&profile, key_or_token(&profile).of_source(NAME)?).await,
                Mode::EcsRamRole => {
                    instance_role::credential(config, profile.get("ram_role_name"), NAME).await
                }
                Mode::RamRoleArnWithRoleName => {
                    let base = instance_role::credential(config, profile.get("ram_role_name"), NAME).await?;
                    self.assume(&profile, base).await
                }
                Mode::ChainableRamRoleArn => self.chained(&profile, passed).await,
                Mode::Oidc => oidc_role(&profile).of_source(NAME)?.assume(config, NAME).await,
                Mode::CredentialsUri => self.by_uri(&profile).await,
                Mode::External => {
                    let command = own_command(&profile).of_source(NAME)?;
                    let wrong = |reason| broken(NAME, format!("{}: {reason}", profile.place()));
                    external::run(config, command).await.map_err(wrong)
                }
                Mode::Other(mode) => {
                    let problem =
                        format!("profile `{}` has the mode {mode}, which makes no AccessKey", profile.name());
                    Err(profile.wrong(problem)).of_source(NAME)
                }
            }
        })
    }

    async fn assume(&self, profile: &Profile, base: Credential) -> Result<Credential, CredentialError> {
        let role = role(profile).of_source(NAME)?;
        role.assume(&self.config, base, NAME).await
    }

    async fn chained(
        &self,
        profile: &Profile,
        mut passed: Vec<String>,
    ) -> Result<Credential, CredentialError> {
        passed.push(profile.name().to_owned());
        let next = profile.need("source_profile").of_source(NAME)?;
        if passed.iter().any(|name| name == next) {
            let circle = format!("{} → {next}", passed.join(" → "));
            return Err(profile.wrong(format!("the source profiles go round in a circle: {circle}")))
                .of_source(NAME);
        }
        let base = self.credential(profile.sibling(next).of_source(NAME)?, passed).await?;
        self.assume(profile, base).await
    }

    async fn by_uri(&self, profile: &Profile) -> Result<Credential, CredentialError> {
        let uri = profile.get("credentials_uri").or_else(|| self.config.environment.get(CREDENTIALS_URI));
        let uri = uri.map_or_else(|| profile.need("credentials_uri"), Ok).of_source(NAME)?;
        credentials_uri::fetch(&self.config, uri, NAME).await
    }
}

fn why_not(found: &aliyun::ProfileLookup, wanted: Option<&str>) -> String {
    match found {
        aliyun::ProfileLookup::NoFile(None) => "HOME is not set".to_owned(),
        aliyun::ProfileLookup::NoFile(Some(path)) => format!("there is no {}", path.display()),
        aliyun::ProfileLookup::Disabled(variable) => format!("{variable} is set"),
        aliyun::ProfileLookup::NoProfile(path, names) => {
            let wanted = wanted.unwrap_or("default");
            format!("{} has no profile `{wanted}`, only {}", path.display(), names.join(", "))
        }
        aliyun::ProfileLookup::Profile(profile) => profile.place(),
    }
}

/// `aliyun configure set` leaves a profile without a key when only the region was set.
fn is_unfilled(profile: &Profile) -> bool {
    profile.mode() == Mode::Ak
        && profile.get("access_key_id").is_none()
        && profile.get("access_key_secret").is_none()
}

fn key(profile: &Profile) -> Result<Credential, ConfigError> {
    let secret = profile.need_secret("access_key_secret")?;
    Ok(Credential::long_lived(profile.need("access_key_id")?, secret.expose()))
}

fn token(profile: &Profile) -> Result<Credential, ConfigError> {
    Ok(key(profile)?.with_token(profile.need_secret("sts_token")?.expose()))
}

fn key_or_token(profile: &Profile) -> Result<Credential, ConfigError> {
    if profile.get("sts_token").is_some() { token(profile) } else { key(profile) }
}

/// What the aliyun CLI fetched after a login; only it can renew that.
fn login(profile: &Profile) -> Result<Credential, ConfigError> {
    let again = || {
        let name = profile.name();
        profile.wrong(format!("the login of profile `{name}` is over: aliyun configure --profile {name}"))
    };
    let mut credential = token(profile).map_err(|_| again())?;
    let end = profile.number("sts_expiration").and_then(|s| i64::try_from(s).ok());
    credential.expires = end.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    if credential.expires.is_some_and(|end| end <= jiff::Timestamp::now()) {
        return Err(again());
    }
    Ok(credential)
}

/// A program that somebody else could have put there is not run.
fn own_command(profile: &Profile) -> Result<&str, ConfigError> {
    if let Some(mode) = writable_by_others(profile.path()) {
        let problem = format!("can be written by others (mode {mode:04o}), and names a process_command");
        return Err(ConfigError::Foreign { path: profile.path().to_owned(), problem });
    }
    profile.need("process_command")
}

fn sts_of(profile: &Profile) -> StsPlace {
    let owned = |field| profile.get(field).map(str::to_owned);
    let vpc = profile.get("endpoint_type") == Some("vpc") || profile.is_on("enable_vpc");
    StsPlace { endpoint: owned("sts_endpoint"), region: owned("sts_region"), vpc }
}

fn role(profile: &Profile) -> Result<Role, ConfigError> {
    let owned = |field| profile.get(field).map(str::to_owned);
    Ok(Role {
        arn: profile.need("ram_role_arn")?.to_owned(),
        session_name: owned("ram_session_name"),
        seconds: profile.number("expired_seconds"),
        policy: owned("policy"),
        external_id: owned("external_id"),
        sts: sts_of(profile),
    })
}

fn oidc_role(profile: &Profile) -> Result<OidcRole, ConfigError> {
    let owned = |field| profile.get(field).map(str::to_owned);
    Ok(OidcRole {
        token_file: PathBuf::from(profile.need("oidc_token_file")?),
        provider_arn: profile.need("oidc_provider_arn")?.to_owned(),
        role_arn: profile.need("ram_role_arn")?.to_owned(),
        // The Python SDK reads the second name.
        session_name: owned("ram_session_name").or_else(|| owned("role_session_name")),
        seconds: profile.number("expired_seconds"),
        policy: owned("policy"),
        sts: sts_of(profile),
    })
}
