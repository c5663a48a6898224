//! The policy by itself: what it says, and how it is deleted.

use super::AuthError;
use super::look::is_attached;
use crate::cloud::Result;
use crate::ram::{POLICY_NAME, Policy, Ram};

/// The policy, and what holds on to it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The policy.
    pub policy: Policy,
    /// Its versions that are not in force.
    pub old_versions: Vec<String>,
    /// Whether the role has it.
    pub by_role: bool,
}

/// Looks at the policy and at what has to go before it can be deleted.
///
/// # Errors
/// When there is no policy, a call fails, or others than the role have the policy.
pub async fn held_policy(ram: &Ram, role: &str) -> Result<Held, AuthError> {
    let policy = ram.existing_policy(POLICY_NAME).await?;
    let by_role = match is_attached(ram, role).await {
        // No role has nothing.
        Err(e) if e.code().is_some_and(|code| code.starts_with("EntityNotExist")) => false,
        other => other?,
    };
    let others = policy.attachments.unwrap_or(0).saturating_sub(u64::from(by_role));
    if others > 0 {
        return Err(AuthError::Shared(policy.attachments.unwrap_or(0)));
    }
    let versions = ram.policy_versions(POLICY_NAME).await?;
    let old = versions.into_iter().filter(|version| version.version_id != policy.version);
    Ok(Held { old_versions: old.map(|version| version.version_id).collect(), policy, by_role })
}

/// Takes the policy from the role and deletes it.
///
/// # Errors
/// When a call fails; what was done before stays done.
pub async fn delete_policy(ram: &Ram, role: &str, held: &Held) -> Result<()> {
    // Asked first, while something still holds on to the policy: who may not delete it is refused before anything is
    // taken apart, and the others are told that it is in use.
    match ram.delete_policy(POLICY_NAME).await {
        Err(e) if e.code().is_some_and(|code| code.starts_with("DeleteConflict")) => {}
        outcome => return outcome,
    }
    if held.by_role {
        ram.detach(POLICY_NAME, role).await?;
    }
    for version in &held.old_versions {
        ram.delete_policy_version(POLICY_NAME, version).await?;
    }
    ram.delete_policy(POLICY_NAME).await
}
