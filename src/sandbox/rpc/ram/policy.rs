//! Policies.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::version::Version;
use super::{Directory, date, description, document, flag, refusals};
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call, Question};
use crate::sandbox::rpc::policy::{Document, Kind};
use crate::sandbox::rpc::refusal::Refusal;

/// Whose a policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PolicyKind {
    /// The account's own.
    Custom,
    /// The cloud's.
    System,
}

impl PolicyKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Custom => "Custom",
            Self::System => "System",
        }
    }
}

/// What names a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PolicyKey {
    pub(super) kind: PolicyKind,
    pub(super) name: String,
}

/// A policy with its versions.
#[derive(Debug)]
pub(super) struct Policy {
    description: String,
    pub(super) versions: Vec<Version>,
    /// The number of the version that counts.
    pub(super) default: u32,
    /// The number of the next version.
    pub(super) next: u32,
    created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Policy {
    /// A policy with its first version.
    pub(super) fn new(description: String, document: (String, Document), now: Timestamp) -> Self {
        let versions = vec![Version { number: 1, document, created: now }];
        Self { description, versions, default: 1, next: 2, created: now, updated: now }
    }

    /// The version that counts.
    fn default_version(&self) -> &Version {
        let found = self.versions.iter().find(|version| version.number == self.default);
        found.expect("the default version can't be deleted")
    }

    /// The document that counts.
    pub(super) fn document(&self) -> &Document {
        &self.default_version().document.1
    }

    /// The fields that every answer about a policy has.
    pub(super) fn fields(&self, key: &PolicyKey) -> Value {
        json!({
            "PolicyName": key.name,
            "PolicyType": key.kind.name(),
            "Description": self.description,
            "DefaultVersion": self.default_version().id(),
            "CreateDate": date(self.created),
            "UpdateDate": date(self.updated),
        })
    }
}

/// `PolicyName`: 1 to 128 letters, digits, `-`.
pub(super) fn name<'a>(question: &Question<'a>) -> Result<&'a str, Refusal> {
    let name = question.need("PolicyName")?;
    if name.len() > 128 {
        return Err(refusals::POLICY_NAME_LENGTH);
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.chars().all(fits) { Ok(name) } else { Err(refusals::POLICY_NAME_CHARS) }
}

/// `PolicyType`; an action that has none is about custom policies.
pub(super) fn kind(question: &Question<'_>) -> Result<PolicyKind, Refusal> {
    match question.get("PolicyType") {
        None | Some("Custom") => Ok(PolicyKind::Custom),
        Some("System") => Ok(PolicyKind::System),
        Some(_) => Err(refusals::POLICY_TYPE),
    }
}

/// `PolicyDocument`, checked.
pub(super) fn need_document(call: &Call<'_>) -> Result<(String, Document), Refusal> {
    let text = call.need("PolicyDocument")?;
    Ok((text.to_owned(), document(text, Kind::Permission)?))
}

pub(super) fn create(call: &Call<'_>, state: &mut State) -> Answer {
    let key = PolicyKey { kind: PolicyKind::Custom, name: name(call)?.to_owned() };
    let document = need_document(call)?;
    let description = description(call, "Description")?.unwrap_or_default();
    if state.ram.policies.contains_key(&key) {
        return Err(refusals::POLICY_EXISTS);
    }
    let policy = Policy::new(description, document, call.now);
    let answer = json!({"Policy": policy.fields(&key)});
    state.ram.policies.insert(key, policy);
    Ok(answer)
}

pub(super) fn get(call: &Call<'_>, state: &mut State) -> Answer {
    call.need("PolicyType")?;
    let (key, policy) = state.ram.need_policy(call)?;
    let (mut fields, version) = (policy.fields(&key), policy.default_version().whole(true));
    let count = attached_to(&state.ram, &key);
    if let Value::Object(fields) = &mut fields {
        fields.insert("AttachmentCount".to_owned(), json!(count));
    }
    Ok(json!({"Policy": fields, "DefaultPolicyVersion": version}))
}

/// Deletes a custom policy that nothing has and that has one version; `CascadingDelete` takes the versions with it.
pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Answer {
    let cascading = flag(call, "CascadingDelete")?;
    let (key, policy) = state.ram.need_policy(call)?;
    if policy.versions.len() > 1 && !cascading {
        return Err(refusals::POLICY_HAS_VERSIONS);
    }
    if attached_to(&state.ram, &key) > 0 {
        return Err(refusals::POLICY_HAS_ROLE);
    }
    state.ram.policies.remove(&key);
    Ok(json!({}))
}

/// How many roles have a policy.
fn attached_to(ram: &Directory, key: &PolicyKey) -> usize {
    ram.roles.values().filter(|role| role.attached.contains_key(key)).count()
}
