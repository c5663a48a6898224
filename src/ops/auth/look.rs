//! What there is of bucket, role and policy, and what is missing.

use super::{AuthError, Plan, Services, Step};
use crate::cloud::Error;
use crate::faas::Caller;
use crate::ram::{
    Document, FAAS_PRINCIPAL, LOGS_FOLDER, LONGEST_POLICY, MOST_VERSIONS, Merged, POLICY_NAME, Policy, Ram,
    Role, faas_grants, role_of,
};

/// Looks at everything and changes nothing. The role is the account's `AliyunFAASDefaultRole` unless another is named;
/// with a KMS key, the role may encrypt images with it.
///
/// # Errors
/// When a call fails; when the bucket or the role can't be used; when what is there can't be added to.
pub async fn look(
    services: &Services,
    role_arn: Option<&str>,
    kms_key: Option<&str>,
) -> Result<Plan, AuthError> {
    let bucket = services.oss.bucket().to_owned();
    let caller = services.faas.caller().await?;
    let (role_arn, role) = role_of_caller(&caller, role_arn)?;
    let mut steps = Vec::new();
    let region = look_at_bucket(services, &caller, &mut steps).await?;
    let found = services.ram.role(&role).await?;
    let (before, trust) = trust_of(found.as_ref(), &mut steps)?;
    let policy = services.ram.policy(POLICY_NAME).await?;
    let grants = faas_grants(&bucket, kms_key);
    let merged = merged_with(policy.as_ref(), &grants)?;
    look_at_policy(&services.ram, policy.as_ref(), &merged, &mut steps).await?;
    if found.is_none() || !is_attached(&services.ram, &role).await? {
        steps.push(Step::Attach);
    }
    Ok(Plan {
        caller,
        bucket,
        region,
        role_arn,
        role,
        drops_condition: before.as_ref().is_some_and(|trust| trust.trusts_under_condition(FAAS_PRINCIPAL)),
        trust,
        trust_before: before,
        denials: merged.document.denials(&grants),
        policy: merged.document,
        added: merged.added,
        steps,
        policy_version: policy.map(|policy| policy.version),
    })
}

fn role_of_caller(caller: &Caller, given: Option<&str>) -> Result<(String, String), AuthError> {
    let arn = given.map_or_else(|| caller.default_role(), str::to_owned);
    let (account, role) = role_of(&arn).ok_or_else(|| AuthError::NotARole(arn.clone()))?;
    if account != caller.account_id {
        return Err(AuthError::ForeignRole { account: caller.account_id.clone(), arn });
    }
    let role = role.to_owned();
    Ok((arn, role))
}

/// Makes sure that the bucket is there, of this account and in this region; gives its region.
async fn look_at_bucket(
    services: &Services,
    caller: &Caller,
    steps: &mut Vec<Step>,
) -> Result<String, AuthError> {
    let (oss, account) = (&services.oss, &caller.account_id);
    let bucket = || oss.bucket().to_owned();
    let info = oss.bucket_info().await.map_err(|error| elsewhere(error, &bucket(), oss.cloud().region()))?;
    if let Some(owner) = info.owner_id.filter(|owner| owner != account) {
        return Err(AuthError::ForeignBucket { bucket: bucket(), owner, account: account.clone() });
    }
    if let Some(here) = oss.cloud().region().filter(|here| *here != info.region) {
        return Err(AuthError::OtherRegion { bucket: bucket(), region: info.region, here: here.to_owned() });
    }
    let logs = oss.list(LOGS_FOLDER, None, None).await?;
    if logs.objects.is_empty() {
        steps.push(Step::MakeLogsFolder);
    }
    Ok(info.region)
}

/// A refusal that names another endpoint says in which region the bucket is.
fn elsewhere(error: Error, bucket: &str, here: Option<&str>) -> AuthError {
    let region = error.refusal().and_then(|refusal| refusal.endpoint.as_deref()).and_then(region_of_endpoint);
    let Some((region, here)) = region.zip(here).filter(|(region, here)| region != here) else {
        return error.into();
    };
    AuthError::OtherRegion { bucket: bucket.to_owned(), region: region.to_owned(), here: here.to_owned() }
}

/// `oss-cn-beijing.aliyuncs.com` is in `cn-beijing`.
fn region_of_endpoint(host: &str) -> Option<&str> {
    host.strip_prefix("oss-")?
        .strip_suffix(".aliyuncs.com")
        .map(|region| region.trim_end_matches("-internal"))
}

/// The trust policy as it is, if there is one, and as it will be.
fn trust_of(role: Option<&Role>, steps: &mut Vec<Step>) -> Result<(Option<Document>, Document), AuthError> {
    let before = role.map(trust_policy).transpose()?;
    let here = before.clone().unwrap_or_else(Document::empty);
    let Some(after) = here.trusting(FAAS_PRINCIPAL) else { return Ok((before, here)) };
    steps.push(if role.is_some() { Step::TrustService } else { Step::CreateRole });
    Ok((before, after))
}

pub(super) fn trust_policy(role: &Role) -> Result<Document, AuthError> {
    role.trust().map_err(|error| AuthError::Unreadable { name: format!("role {}", role.role_name), error })
}

fn merged_with(policy: Option<&Policy>, grants: &[crate::ram::Grant]) -> Result<Merged, AuthError> {
    let before = match policy {
        Some(policy) => Document::parse(&policy.document)
            .map_err(|error| AuthError::Unreadable { name: format!("policy {}", policy.name), error })?,
        None => Document::empty(),
    };
    Ok(before.granting(grants))
}

async fn look_at_policy(
    ram: &Ram,
    policy: Option<&Policy>,
    merged: &Merged,
    steps: &mut Vec<Step>,
) -> Result<(), AuthError> {
    if merged.added.is_empty() {
        return Ok(());
    }
    let bytes = merged.document.text().len();
    if bytes > LONGEST_POLICY {
        return Err(AuthError::TooLong { bytes });
    }
    if policy.is_none() {
        steps.push(Step::CreatePolicy);
        return Ok(());
    }
    let versions = ram.policy_versions(POLICY_NAME).await?;
    if versions.len() >= MOST_VERSIONS {
        let oldest = versions.iter().filter(|v| !v.is_default_version).min_by_key(|v| v.number());
        steps.extend(oldest.map(|version| Step::DropVersion(version.version_id.clone())));
    }
    steps.push(Step::ExtendPolicy);
    Ok(())
}

pub(super) async fn is_attached(ram: &Ram, role: &str) -> Result<bool, Error> {
    let policies = ram.policies_of_role(role).await?;
    Ok(policies.iter().any(|policy| policy.policy_name == POLICY_NAME && policy.policy_type == "Custom"))
}
