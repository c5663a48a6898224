//! What stands before the services: the common parameters, the key, the clock, the nonce, the signature.

mod nonces;
#[cfg(test)]
mod tests;
mod v1;
mod v3;

use std::time::Duration;

use jiff::Timestamp;

pub(super) use nonces::Nonces;

use super::action::Action;
use super::answer::Format;
use super::call::find;
use super::refusal::{Refusal, gateway};
use super::service::{Service, knows_domain};
use crate::sandbox::http::{Pairs, Request};
use crate::sandbox::keys::{Caller, Key, Keys};

/// How far a client's clock may be from ours.
const TOLERANCE: Duration = Duration::from_mins(15);
/// How every STS token begins.
const TOKEN_PREFIX: &str = "CAIS";

/// A call as it came, before anybody looked at who makes it.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    request: &'a Request,
    /// The parameters of the query and of a form body.
    pub(super) parameters: Pairs,
    version: Version,
    /// What the caller can read, also when it asked for something that nobody writes.
    pub(super) format: Format,
}

/// The two ways in which a call says what it asks for and who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// By parameters.
    V1,
    /// By headers.
    V3,
}

/// What a call says about its sender.
struct Claim<'a> {
    key_id: &'a str,
    nonce: &'a str,
    time: &'a str,
    token: Option<&'a str>,
    signature: &'a str,
    string_to_sign: String,
    /// Secret and string to sign give the signature.
    sign: fn(&str, &str) -> String,
}

impl<'a> Envelope<'a> {
    pub(super) fn of(request: &'a Request) -> Self {
        let parameters = request.form_parameters();
        let version = if v3::speaks(request, &parameters) { Version::V3 } else { Version::V1 };
        let default = match version {
            Version::V1 => Format::Xml,
            Version::V3 => v3::format(request),
        };
        let format = find(&parameters, "Format").map_or(Some(default), |text| Format::parse(Some(text)));
        Self { request, parameters, version, format: format.unwrap_or(Format::Xml) }
    }

    pub(super) fn host(&self) -> &str {
        &self.request.host
    }

    fn get(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| missing(name))
    }

    /// The service and the action that are called.
    pub(super) fn action(&self) -> Result<(Service, Action), Refusal> {
        if !["GET", "POST"].contains(&self.request.method.as_str()) {
            return Err(gateway::UNSUPPORTED_METHOD);
        }
        let (action, version) = match self.version {
            Version::V1 => (self.need("Action")?, self.need("Version")?),
            Version::V3 => {
                (v3::need(self.request, "x-acs-action")?, v3::need(self.request, "x-acs-version")?)
            }
        };
        if Format::parse(self.get("Format")).is_none() {
            return Err(gateway::INVALID_FORMAT);
        }
        if !knows_domain(self.host()) {
            return Err(gateway::INVALID_PRODUCT);
        }
        let service = Service::of_version(version).ok_or(gateway::INVALID_VERSION)?;
        Ok((service, service.action(action).ok_or(gateway::INVALID_ACTION)?))
    }

    /// Who makes the call, and by which nonce.
    pub(super) fn caller(&self, keys: &Keys, now: Timestamp) -> Result<(Caller, &str), Refusal> {
        let claim = match self.version {
            Version::V1 => v1::claim(self)?,
            Version::V3 => v3::claim(self.request)?,
        };
        let key = keys.find(claim.key_id).ok_or(gateway::KEY_NOT_FOUND)?;
        if key.is_disabled() {
            return Err(gateway::KEY_INACTIVE);
        }
        check_time(claim.time, now)?;
        check_token(claim.token, &key, now)?;
        check_signature(&claim, &key.secret)?;
        Ok((key.caller, claim.nonce))
    }
}

fn missing(name: &str) -> Refusal {
    let text = format!(
        "The input parameter \"{name}\" that is mandatory for processing this request is not supplied."
    );
    gateway::MISSING_PARAMETER.saying(text)
}

/// `2024-03-01T08:15:42Z`, also with the milliseconds that JavaScript's SDKs send.
fn parse_time(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    let written = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%3fZ"];
    written.iter().any(|format| time.strftime(format).to_string() == text).then_some(time)
}

fn check_time(text: &str, now: Timestamp) -> Result<(), Refusal> {
    let given = parse_time(text).ok_or(gateway::TIMESTAMP_FORMAT)?;
    if given.duration_since(now).unsigned_abs() > TOLERANCE {
        return Err(gateway::TIMESTAMP_EXPIRED);
    }
    Ok(())
}

fn check_token(token: Option<&str>, key: &Key, now: Timestamp) -> Result<(), Refusal> {
    let Some(token) = token else {
        return if key.token.is_some() { Err(gateway::TOKEN_MISSING) } else { Ok(()) };
    };
    if !token.starts_with(TOKEN_PREFIX) {
        return Err(gateway::TOKEN_MALFORMED);
    }
    if key.token.as_deref() != Some(token) {
        return Err(gateway::TOKEN_MISMATCH);
    }
    if key.ends.is_some_and(|end| end <= now) {
        return Err(gateway::TOKEN_EXPIRED);
    }
    Ok(())
}

fn check_signature(claim: &Claim<'_>, secret: &str) -> Result<(), Refusal> {
    let string_to_sign = &claim.string_to_sign;
    if claim.signature == (claim.sign)(secret, string_to_sign) {
        return Ok(());
    }
    let text = format!("{} server string to sign is:{string_to_sign}", gateway::SIGNATURE_MISMATCH.message);
    Err(gateway::SIGNATURE_MISMATCH.saying(text))
}
