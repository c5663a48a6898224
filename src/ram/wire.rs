//! The service's answers.

use serde::Deserialize;
use serde_json::Value;

use super::{Document, NotAPolicy};

/// A role.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// Its name.
    pub role_name: String,
    /// Its ARN.
    pub arn: String,
    /// Who may take it on: a policy document as text.
    #[serde(default)]
    pub assume_role_policy_document: String,
}

impl Role {
    /// Who may take it on.
    ///
    /// # Errors
    /// When the service keeps a text that is no policy document.
    pub fn trust(&self) -> Result<Document, NotAPolicy> {
        Document::parse(&self.assume_role_policy_document)
    }
}

/// A custom policy with its default version.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The id of its default version, such as `v3`.
    pub version: String,
    /// The document of its default version.
    pub document: String,
    /// To how many users, groups and roles it is attached, where the service says so.
    pub attachments: Option<u64>,
    /// The whole answer.
    pub raw: Value,
}

/// `GetPolicy`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GotPolicy {
    pub(super) policy: PolicyFields,
    pub(super) default_policy_version: PolicyVersion,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyFields {
    pub(super) policy_name: String,
    #[serde(default)]
    pub(super) attachment_count: Option<u64>,
}

/// A version of a policy.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// Its id, such as `v3`.
    pub version_id: String,
    /// Whether it is the one in force.
    #[serde(default)]
    pub is_default_version: bool,
    /// Its document; lists leave it out.
    #[serde(default)]
    pub policy_document: String,
}

impl PolicyVersion {
    /// The number in its id, by which versions are ordered in time.
    pub fn number(&self) -> u64 {
        self.version_id.trim_start_matches('v').parse().unwrap_or(0)
    }
}

/// A policy of a role.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Its name.
    pub policy_name: String,
    /// `Custom` or `System`.
    pub policy_type: String,
}

/// `GetRole`, `CreateRole`, `UpdateRole`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GotRole {
    pub(super) role: Role,
}

/// `CreatePolicyVersion`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GotVersion {
    pub(super) policy_version: PolicyVersion,
}

/// `ListPolicyVersions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GotVersions {
    pub(super) policy_versions: Versions,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Versions {
    #[serde(default)]
    pub(super) policy_version: Vec<PolicyVersion>,
}

/// `ListPoliciesForRole`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GotPolicies {
    pub(super) policies: Policies,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policies {
    #[serde(default)]
    pub(super) policy: Vec<AttachedPolicy>,
}
