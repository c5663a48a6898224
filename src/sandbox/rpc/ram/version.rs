//! Versions of policies: five at most, of which one counts.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::policy::{Policy, need_document};
use super::{date, flag, refusals};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::policy::Document;
use crate::sandbox::rpc::refusal::Refusal;

/// How many versions a policy may have.
const LIMIT: usize = 5;

/// One version of a policy.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) number: u32,
    /// As it was given, and parsed.
    pub(super) document: (String, Document),
    pub(super) created: Timestamp,
}

impl Version {
    /// `v1`.
    pub(super) fn id(&self) -> String {
        format!("v{}", self.number)
    }

    /// The fields with the document.
    pub(super) fn whole(&self, is_default: bool) -> Value {
        json!({
            "VersionId": self.id(),
            "IsDefaultVersion": is_default,
            "PolicyDocument": self.document.0,
            "CreateDate": date(self.created),
        })
    }
}

/// The number in `VersionId`, if the policy has such a version.
fn need_version(call: &Call<'_>, policy: &Policy) -> Result<u32, Refusal> {
    let id = call.need("VersionId")?;
    let number =
        id.strip_prefix('v').and_then(|digits| digits.parse().ok()).ok_or(refusals::VERSION_FORMAT)?;
    let known = policy.versions.iter().any(|version| version.number == number);
    if known { Ok(number) } else { Err(refusals::VERSION_NOT_EXIST) }
}

pub(super) fn list(call: &Call<'_>, state: &mut State) -> Answer {
    call.need("PolicyType")?;
    let (_, policy) = state.ram.need_policy(call)?;
    let all = policy.versions.iter().map(|version| version.whole(version.number == policy.default));
    Ok(json!({"PolicyVersions": {"PolicyVersion": all.collect::<Vec<_>>()}}))
}

pub(super) fn get(call: &Call<'_>, state: &mut State) -> Answer {
    call.need("PolicyType")?;
    let (_, policy) = state.ram.need_policy(call)?;
    let number = need_version(call, policy)?;
    let found = policy.versions.iter().find(|version| version.number == number);
    let fields = found.map(|version| version.whole(number == policy.default));
    Ok(json!({"PolicyVersion": fields}))
}

pub(super) fn create(call: &Call<'_>, state: &mut State) -> Answer {
    let (document, is_default) = (need_document(call)?, flag(call, "SetAsDefault")?);
    let rotate = match call.get("RotateStrategy") {
        None | Some("None") => false,
        Some("DeleteOldestNonDefaultVersionWhenLimitExceeded") => true,
        Some(_) => return Err(refusals::ROTATE_STRATEGY),
    };
    let (_, policy) = state.ram.need_policy(call)?;
    if policy.versions.len() >= LIMIT {
        let oldest = policy.versions.iter().position(|version| version.number != policy.default);
        let oldest = oldest.filter(|_| rotate).ok_or(refusals::VERSION_LIMIT)?;
        policy.versions.remove(oldest);
    }
    let version = Version { number: policy.next, document, created: call.now };
    policy.next += 1;
    policy.updated = call.now;
    if is_default {
        policy.default = version.number;
    }
    let answer = json!({"PolicyVersion": version.whole(is_default)});
    policy.versions.push(version);
    Ok(answer)
}

pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Answer {
    let (_, policy) = state.ram.need_policy(call)?;
    let number = need_version(call, policy)?;
    if number == policy.default {
        return Err(refusals::DEFAULT_VERSION);
    }
    policy.versions.retain(|version| version.number != number);
    Ok(json!({}))
}

pub(super) fn set_default(call: &Call<'_>, state: &mut State) -> Answer {
    let (_, policy) = state.ram.need_policy(call)?;
    policy.default = need_version(call, policy)?;
    policy.updated = call.now;
    Ok(json!({}))
}
