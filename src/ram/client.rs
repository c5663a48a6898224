//! The actions, one function each.

use serde::de::DeserializeOwned;

use super::wire::{GotPolicies, GotPolicy, GotRole, GotVersion, GotVersions};
use super::{AttachedPolicy, Document, Policy, PolicyVersion, Role, VERSION};
use crate::cloud::{Cloud, Error, ErrorKind, Result, Retry, RpcAnswer, RpcCall, Service};

/// RAM as this caller reaches it.
#[derive(Clone, Debug)]
pub struct Ram(Cloud);

impl Ram {
    /// Makes it; nothing is sent.
    pub fn new(cloud: &Cloud) -> Self {
        Self(cloud.clone())
    }

    /// A role; `None` when there is none of this name (`GetRole`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn role(&self, name: &str) -> Result<Option<Role>> {
        let answer = self.0.rpc(&call("GetRole").with("RoleName", name)).await;
        existing(answer)?.map(|answer| read::<GotRole>(&answer, "GetRole").map(|got| got.role)).transpose()
    }

    /// Makes a role (`CreateRole`). One that is there already is refused with `EntityAlreadyExists.Role`.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn create_role(&self, name: &str, trust: &Document, description: &str) -> Result<Role> {
        let call = call("CreateRole")
            .with("RoleName", name)
            .with("Description", description)
            .with_form("AssumeRolePolicyDocument", trust.text())
            .retried(Retry::ONCE);
        Ok(read::<GotRole>(&self.0.rpc(&call).await?, "CreateRole")?.role)
    }

    /// Sets who may take a role on (`UpdateRole`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_trust(&self, role: &str, trust: &Document) -> Result<()> {
        let call =
            call("UpdateRole").with("RoleName", role).with_form("NewAssumeRolePolicyDocument", trust.text());
        self.0.rpc(&call).await.map(drop)
    }

    /// A custom policy with its default version (`GetPolicy`).
    ///
    /// # Errors
    /// When the call fails, or there is none of this name.
    pub async fn existing_policy(&self, name: &str) -> Result<Policy> {
        let call = call("GetPolicy").with("PolicyName", name).with("PolicyType", "Custom");
        let answer = self.0.rpc(&call).await?;
        let got: GotPolicy = read(&answer, "GetPolicy")?;
        Ok(Policy {
            name: got.policy.policy_name,
            version: got.default_policy_version.version_id,
            document: got.default_policy_version.policy_document,
            attachments: got.policy.attachment_count,
            raw: answer.raw,
        })
    }

    /// The same; `None` when there is none of this name.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn policy(&self, name: &str) -> Result<Option<Policy>> {
        existing(self.existing_policy(name).await)
    }

    /// Makes a custom policy (`CreatePolicy`). One that is there already is refused with `EntityAlreadyExists.Policy`.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn create_policy(&self, name: &str, document: &Document, description: &str) -> Result<()> {
        let call = call("CreatePolicy")
            .with("PolicyName", name)
            .with("Description", description)
            .with_form("PolicyDocument", document.text())
            .retried(Retry::ONCE);
        self.0.rpc(&call).await.map(drop)
    }

    /// Makes a new version of a policy, which is in force at once (`CreatePolicyVersion`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn create_policy_version(&self, name: &str, document: &Document) -> Result<PolicyVersion> {
        let call = call("CreatePolicyVersion")
            .with("PolicyName", name)
            .with("SetAsDefault", "true")
            .with_form("PolicyDocument", document.text())
            .retried(Retry::ONCE);
        let answer = self.0.rpc(&call).await?;
        Ok(read::<GotVersion>(&answer, "CreatePolicyVersion")?.policy_version)
    }

    /// The versions of a custom policy (`ListPolicyVersions`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn policy_versions(&self, name: &str) -> Result<Vec<PolicyVersion>> {
        let call = call("ListPolicyVersions").with("PolicyName", name).with("PolicyType", "Custom");
        let answer = self.0.rpc(&call).await?;
        Ok(read::<GotVersions>(&answer, "ListPolicyVersions")?.policy_versions.policy_version)
    }

    /// Deletes a version that is not in force (`DeletePolicyVersion`); one that is gone already is no error.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn delete_policy_version(&self, name: &str, version: &str) -> Result<()> {
        let call = call("DeletePolicyVersion").with("PolicyName", name).with("VersionId", version);
        existing(self.0.rpc(&call).await).map(drop)
    }

    /// The policies of a role (`ListPoliciesForRole`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn policies_of_role(&self, role: &str) -> Result<Vec<AttachedPolicy>> {
        let answer = self.0.rpc(&call("ListPoliciesForRole").with("RoleName", role)).await?;
        Ok(read::<GotPolicies>(&answer, "ListPoliciesForRole")?.policies.policy)
    }

    /// Gives a role a custom policy (`AttachPolicyToRole`); one that it has already is no error.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn attach(&self, policy: &str, role: &str) -> Result<()> {
        match self.0.rpc(&of_role("AttachPolicyToRole", policy, role)).await {
            Err(e) if e.code().is_some_and(|code| code.starts_with("EntityAlreadyExist")) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Takes a custom policy from a role (`DetachPolicyFromRole`); one that it does not have is no error.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn detach(&self, policy: &str, role: &str) -> Result<()> {
        existing(self.0.rpc(&of_role("DetachPolicyFromRole", policy, role)).await).map(drop)
    }

    /// Deletes a custom policy that is attached to nobody and has its default version only (`DeletePolicy`).
    ///
    /// # Errors
    /// When the call fails.
    pub async fn delete_policy(&self, name: &str) -> Result<()> {
        existing(self.0.rpc(&call("DeletePolicy").with("PolicyName", name)).await).map(drop)
    }
}

fn call(action: &'static str) -> RpcCall {
    RpcCall::new(Service::Ram, VERSION, action)
}

fn of_role(action: &'static str, policy: &str, role: &str) -> RpcCall {
    call(action).with("PolicyType", "Custom").with("PolicyName", policy).with("RoleName", role)
}

/// The answer, or nothing when there is no such thing.
fn existing<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(e) if e.code().is_some_and(|code| code.starts_with("EntityNotExist")) => Ok(None),
        Err(e) => Err(e),
    }
}

fn read<T: DeserializeOwned>(answer: &RpcAnswer, action: &'static str) -> Result<T> {
    T::deserialize(&answer.raw).map_err(|e| {
        let (reason, head) = (e.to_string(), answer.text.chars().take(80).collect());
        Error::new(Service::Ram, action, ErrorKind::NotAnAnswer { http_status: 200, reason, head })
    })
}
