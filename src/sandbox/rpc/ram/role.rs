//! Roles.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::policy::PolicyKey;
use super::{date, description, document, refusals};
use crate::sandbox::identity::{ACCOUNT, role_arn};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call, Question};
use crate::sandbox::rpc::policy::{Document, Kind};
use crate::sandbox::rpc::refusal::Refusal;

/// A role.
#[derive(Debug)]
pub(in crate::sandbox::rpc) struct Role {
    pub(super) name: String,
    pub(in crate::sandbox::rpc) id: String,
    description: String,
    trust: (String, Document),
    /// Seconds.
    pub(in crate::sandbox::rpc) max_session: u32,
    created: Timestamp,
    updated: Timestamp,
    /// The policies attached to it, and when they were.
    pub(super) attached: BTreeMap<PolicyKey, Timestamp>,
}

impl Role {
    /// A role that nothing is attached to.
    pub(super) fn new(name: &str, id: String, trust: (String, Document), now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            id,
            description: String::new(),
            trust,
            max_session: 3600,
            created: now,
            updated: now,
            attached: BTreeMap::new(),
        }
    }

    /// Whether any of these principals may take it on.
    pub(in crate::sandbox::rpc) fn trusts(&self, principals: &[&str]) -> bool {
        self.trust.1.trusts("sts:AssumeRole", principals)
    }

    /// The fields that every answer about a role has.
    pub(super) fn fields(&self) -> Value {
        json!({
            "RoleId": self.id,
            "RoleName": self.name,
            "Arn": role_arn(&self.name),
            "Description": self.description,
            "CreateDate": date(self.created),
            "UpdateDate": date(self.updated),
        })
    }

    fn whole(&self) -> Value {
        let mut fields = self.fields();
        if let Value::Object(fields) = &mut fields {
            let principal = format!("{}@role.{ACCOUNT}.onaliyunservice.com", self.name);
            fields.insert("RolePrincipalName".to_owned(), json!(principal));
            fields.insert("AssumeRolePolicyDocument".to_owned(), json!(self.trust.0));
            fields.insert("MaxSessionDuration".to_owned(), json!(self.max_session));
        }
        json!({"Role": fields})
    }
}

/// `RoleName`: 1 to 64 letters, digits, `.`, `@`, `-`.
pub(super) fn name<'a>(question: &Question<'a>) -> Result<&'a str, Refusal> {
    let name = question.need("RoleName")?;
    if name.len() > 64 {
        return Err(refusals::ROLE_NAME_LENGTH);
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || ".@-".contains(c);
    if name.chars().all(fits) { Ok(name) } else { Err(refusals::ROLE_NAME_CHARS) }
}

fn trust(text: &str) -> Result<(String, Document), Refusal> {
    Ok((text.to_owned(), document(text, Kind::Trust)?))
}

/// Seconds from one hour to twelve.
fn max_session(question: &Question<'_>, parameter: &str) -> Result<Option<u32>, Refusal> {
    let Some(text) = question.get(parameter) else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| (3600..=43200).contains(seconds));
    seconds.map(Some).ok_or(refusals::SESSION_DURATION)
}

pub(super) fn create(call: &Call<'_>, state: &mut State) -> Answer {
    let name = name(call)?;
    let trust = trust(call.need("AssumeRolePolicyDocument")?)?;
    if state.ram.role(name).is_some() {
        return Err(refusals::ROLE_EXISTS);
    }
    let mut role =
        Role::new(name, format!("3{:017}", fastrand::u64(..100_000_000_000_000_000)), trust, call.now);
    role.description = description(call, "Description")?.unwrap_or_default();
    role.max_session = max_session(call, "MaxSessionDuration")?.unwrap_or(role.max_session);
    let answer = role.whole();
    state.ram.roles.insert(name.to_owned(), role);
    Ok(answer)
}

pub(super) fn get(call: &Call<'_>, state: &mut State) -> Answer {
    Ok(state.ram.need_role(call)?.whole())
}

pub(super) fn update(call: &Call<'_>, state: &mut State) -> Answer {
    let role = state.ram.need_role(call)?;
    let new_trust = call.get("NewAssumeRolePolicyDocument").map(trust).transpose()?;
    let new_description = description(call, "NewDescription")?;
    role.max_session = max_session(call, "NewMaxSessionDuration")?.unwrap_or(role.max_session);
    role.description = new_description.unwrap_or_else(|| role.description.clone());
    if let Some(new_trust) = new_trust {
        role.trust = new_trust;
    }
    role.updated = call.now;
    Ok(role.whole())
}

pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Answer {
    let role = state.ram.need_role(call)?;
    if !role.attached.is_empty() {
        return Err(refusals::ROLE_HAS_POLICY);
    }
    let name = role.name.clone();
    state.ram.roles.remove(&name);
    Ok(json!({}))
}
