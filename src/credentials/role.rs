//! A role that a key assumes: STS `AssumeRole`, version 2015-04-01.

use super::{Means, temporary};
use crate::cloud::{Error, Result, RpcAnswer, RpcCall, Service};
use crate::config::environment::{STS_REGION, VPC_ENDPOINT_ENABLED};
use crate::config::{Endpoints, Source};
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
    /// A host.
    pub(super) endpoint: Option<String>,
    /// A region.
    pub(super) region: Option<String>,
    /// Whether inside the VPC.
    pub(super) vpc: bool,
}

impl Role {
    /// Assumes the role with a key.
    pub(super) async fn assume(&self, means: &Means, key: Credential) -> Result<Credential> {
        let mut call = call("AssumeRole", &self.arn, self.session_name.as_deref(), self.seconds);
        for (name, value) in [("Policy", &self.policy), ("ExternalId", &self.external_id)] {
            if let Some(value) = value {
                call = call.with_form(name, value);
            }
        }
        let answer = means.cloud(key, self.sts.endpoints(means)).rpc(&call).await?;
        credential_of(call.action, &answer)
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
pub(super) fn credential_of(action: &str, answer: &RpcAnswer) -> Result<Credential> {
    temporary::read(&answer.raw["Credentials"]).map_err(|reason| Error::NotAnAnswer {
        service: Service::Sts,
        action: action.to_owned(),
        http_status: 200,
        reason,
        // The answer holds secrets.
        head: String::new(),
    })
}

impl StsPlace {
    /// The endpoints with STS where the profile or the variables put it, unless the user gave one.
    pub(super) fn endpoints(&self, means: &Means) -> Endpoints {
        let environment = &means.environment;
        let host = self.endpoint.clone().or_else(|| {
            let region = self.region.as_deref().or_else(|| environment.get(STS_REGION))?;
            let inside = self.vpc || environment.is_on(VPC_ENDPOINT_ENABLED);
            let name = if inside { "sts-vpc" } else { "sts" };
            Some(format!("{name}.{region}.aliyuncs.com"))
        });
        let endpoints = means.endpoints.clone();
        let Some(host) = host else { return endpoints };
        let url = if host.contains("://") { host } else { format!("https://{host}") };
        endpoints.or(Service::Sts, url, Source::Credentials)
    }
}
