//! A role that a key assumes: STS `AssumeRole`, version 2015-04-01.

use super::source::OfSource;
use super::{SourceConfig, temporary};
use crate::cloud::{CredentialError, Endpoint, Error, ErrorKind, RpcAnswer, RpcCall, Service};
use crate::config::endpoint::base_url;
use crate::config::environment::{STS_REGION, VPC_ENDPOINT_ENABLED};
use crate::config::{ConfigError, Endpoints, Environment, Name, Origin};
use crate::sign::Credential;

/// The version of STS.
const VERSION: &str = "2015-04-01";
/// How sessions are named in the cloud's logs unless the user says otherwise.
const SESSION: &str = "faascmd";

/// A role to assume.
#[derive(Clone, Debug, Default)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    /// Seconds that the session lasts; STS's default is 3600.
    pub(super) seconds: Option<u64>,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) sts: StsPlace,
}

/// Where a profile says that STS is.
#[derive(Clone, Debug, Default)]
pub(super) struct StsPlace {
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    /// Whether inside the VPC.
    pub(super) vpc: bool,
}

impl Role {
    /// Assumes the role with a key that a source gave.
    pub(super) async fn assume(
        &self,
        config: &SourceConfig,
        key: Credential,
        source: &'static str,
    ) -> Result<Credential, CredentialError> {
        let mut call = call("AssumeRole", &self.arn, self.session_name.as_deref(), self.seconds);
        for (name, value) in [("Policy", &self.policy), ("ExternalId", &self.external_id)] {
            if let Some(value) = value {
                call = call.with_form(name, value);
            }
        }
        let endpoints = self.sts.endpoints(config).of_source(source)?;
        let answer = config.cloud(key, endpoints).rpc(&call).await.of_source(source)?;
        credential_of(call.action, &answer).of_source(source)
    }
}

/// A call of STS for a role; what is long or secret goes into the form.
pub(super) fn call(action: &'static str, arn: &str, session: Option<&str>, seconds: Option<u64>) -> RpcCall {
    let call = RpcCall::new(Service::Sts, VERSION, action)
        .with_form("RoleArn", arn)
        .with_form("RoleSessionName", session.unwrap_or(SESSION));
    match seconds {
        Some(seconds) => call.with_form("DurationSeconds", seconds.to_string()),
        None => call,
    }
}

/// The temporary key in an answer of STS.
pub(super) fn credential_of(action: &'static str, answer: &RpcAnswer) -> Result<Credential, Error> {
    temporary::read(&answer.raw["Credentials"]).map_err(|reason| {
        // The answer holds secrets.
        let head = String::new();
        Error::new(Service::Sts, action, ErrorKind::NotAnAnswer { http_status: 200, reason, head })
    })
}

impl StsPlace {
    /// The endpoints with STS where the profile or the variables put it, unless the user gave one.
    ///
    /// # Errors
    /// When what they say is no host of STS.
    pub(super) fn endpoints(&self, config: &SourceConfig) -> Result<Endpoints, ConfigError> {
        let endpoints = config.endpoints.clone();
        let url = match &self.endpoint {
            Some(host) if host.contains("://") => base_url(host)?,
            Some(host) => base_url(&format!("https://{host}"))?,
            None => match self.regional(&config.environment)? {
                Some(endpoint) => endpoint.to_string(),
                None => return Ok(endpoints),
            },
        };
        config.check_url(&url, &url, Origin::Credentials)?;
        Ok(endpoints.or(Service::Sts, url, Origin::Credentials))
    }

    fn regional(&self, environment: &Environment) -> Result<Option<Endpoint>, ConfigError> {
        let (region, source) = match (&self.region, environment.get(STS_REGION)) {
            (Some(region), _) => (region.as_str(), Origin::Credentials),
            (None, Some(region)) => (region, Origin::Variable(STS_REGION)),
            (None, None) => return Ok(None),
        };
        Name::Region.check_from(region, &source)?;
        let inside = self.vpc || environment.is_on(VPC_ENDPOINT_ENABLED);
        Ok(Endpoint::of_region(if inside { "sts-vpc.{}" } else { "sts.{}" }, region).ok())
    }
}
