//! RAM 2015-05-01: roles, policies and their versions, and what is attached to what.

mod attachment;
mod beginning;
mod caller;
mod policy;
pub(super) mod refusals;
mod role;
#[cfg(test)]
mod tests;
mod version;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;

pub(super) use caller::{allowed, allowed_with, is_ram_user, owner_id, ram_user};
pub(super) use role::Role;

use super::action::{Action, signed};
use super::call::{Call, Question};
use super::condition::Tags;
use super::policy::{Document, Kind};
use super::refusal::Refusal;
use crate::sandbox::identity::ACCOUNT;
use crate::sandbox::keys::{Caller, Session};
use crate::sandbox::options::Options;
use policy::{Policy, PolicyKey};

/// The actions that are here.
pub(super) const ACTIONS: &[Action] = &[
    signed("CreateRole", role::create),
    signed("GetRole", role::get),
    signed("UpdateRole", role::update),
    signed("DeleteRole", role::delete),
    signed("CreatePolicy", policy::create),
    signed("GetPolicy", policy::get),
    signed("DeletePolicy", policy::delete),
    signed("ListPolicyVersions", version::list),
    signed("GetPolicyVersion", version::get),
    signed("CreatePolicyVersion", version::create),
    signed("DeletePolicyVersion", version::delete),
    signed("SetDefaultPolicyVersion", version::set_default),
    signed("AttachPolicyToRole", attachment::attach),
    signed("DetachPolicyFromRole", attachment::detach),
    signed("ListPoliciesForRole", attachment::of_role),
    signed("ListEntitiesForPolicy", attachment::of_policy),
];

/// The roles and policies of the account.
#[derive(Debug)]
pub(super) struct Directory {
    roles: BTreeMap<String, Role>,
    policies: BTreeMap<PolicyKey, Policy>,
    /// What the RAM user may do whose key COMMAND gets; None: everything.
    caller_policy: Option<Document>,
}

impl Directory {
    /// The roles and system policies that exist from the start.
    ///
    /// # Errors
    /// When the caller's policy can't be read or is none.
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        Ok(Self {
            caller_policy: options.caller_policy.as_deref().map(read_policy).transpose()?,
            ..beginning::directory(options)
        })
    }

    pub(super) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(name)
    }

    /// Whether the RAM user whose key COMMAND gets may do something.
    pub(super) fn user_allows(&self, wanted: (&str, &str), tags: Option<&Tags>) -> bool {
        self.caller_policy.as_ref().is_none_or(|policy| Document::all_allow(&[policy], wanted, tags))
    }

    /// The id of a role; of one that is gone, its name.
    pub(super) fn role_id(&self, name: &str) -> String {
        self.role(name).map_or(name, |role| role.id.as_str()).to_owned()
    }

    /// Whether the policies attached to a role allow something. A statement that denies wins.
    pub(super) fn role_allows(&self, name: &str, wanted: (&str, &str), tags: Option<&Tags>) -> bool {
        let (action, resource) = wanted;
        let attached = self.role(name).into_iter().flat_map(|role| role.attached.keys());
        let documents: Vec<&Document> =
            attached.filter_map(|key| self.policies.get(key)).map(Policy::document).collect();
        Document::all_allow(&documents, (action, resource), tags)
    }

    /// Whether a session may do something: its role has to allow it, and its own policy may take it away.
    pub(super) fn session_allows(&self, of: &Session, wanted: (&str, &str), tags: Option<&Tags>) -> bool {
        is_left(of, wanted, tags) && self.role_allows(&of.role, wanted, tags)
    }

    fn need_role(&mut self, question: &Question<'_>) -> Result<&mut Role, Refusal> {
        let name = role::name(question)?;
        self.roles.get_mut(name).ok_or(refusals::ROLE_NOT_EXIST)
    }

    /// The policy that `PolicyName` and, where it is given, `PolicyType` name.
    fn need_policy(&mut self, question: &Question<'_>) -> Result<(PolicyKey, &mut Policy), Refusal> {
        let key = PolicyKey { kind: policy::kind(question)?, name: policy::name(question)?.to_owned() };
        let policy = self.policies.get_mut(&key).ok_or(refusals::POLICY_NOT_EXIST)?;
        Ok((key, policy))
    }
}

/// Whether a session's own policy leaves it the right to something.
pub(super) fn is_left(session: &Session, wanted: (&str, &str), tags: Option<&Tags>) -> bool {
    let allows = |policy: &str| {
        let document = Document::parse(policy, Kind::Permission);
        document.is_ok_and(|document| Document::all_allow(&[&document], wanted, tags))
    };
    session.policy.as_deref().is_none_or(allows)
}

fn read_policy(path: &Path) -> io::Result<Document> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(named)?;
    Document::parse(&text, Kind::Permission).map_err(|reason| named(io::Error::other(reason)))
}

/// Refuses a caller who lacks the right of that action's name.
pub(super) fn permit(caller: &Caller, ram: &Directory, action: &str) -> Result<(), Refusal> {
    let may = allowed(caller, ram, &format!("ram:{action}"), &format!("acs:ram:*:{ACCOUNT}:*"));
    if may { Ok(()) } else { Err(refusals::NO_PERMISSION) }
}

/// `2015-01-23T12:33:18Z`.
fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `Description`, or another parameter of its kind.
fn description(question: &Question<'_>, parameter: &str) -> Result<Option<String>, Refusal> {
    match question.given(parameter) {
        Some(text) if text.chars().count() > 1024 => Err(refusals::DESCRIPTION_LENGTH),
        given => Ok(given.map(str::to_owned)),
    }
}

/// How long a document may be, in bytes.
const DOCUMENT_LIMIT: usize = 6144;

/// A policy document that passes its checks, with its text.
fn document(text: &str, kind: Kind) -> Result<Document, Refusal> {
    if text.len() > DOCUMENT_LIMIT {
        return Err(if kind == Kind::Trust { refusals::TRUST_LENGTH } else { refusals::POLICY_LENGTH });
    }
    Document::parse(text, kind).map_err(|reason| refusals::MALFORMED_DOCUMENT.saying(reason))
}

/// A parameter that is true or false.
fn flag(call: &Call<'_>, name: &str) -> Result<bool, Refusal> {
    call.flag(name).ok_or(refusals::FLAG)
}
