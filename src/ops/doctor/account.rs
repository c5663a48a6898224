//! What the service needs of the account: bucket, role and policy.

use super::{Check, Subject};
use crate::cloud::{Cloud, Result};
use crate::oss::Oss;
use crate::ram::{AttachedPolicy, Document, FAAS_PRINCIPAL, LOGS_FOLDER, Ram, faas_grants, role_of};

/// The role that the documents have everybody make.
const DEFAULT_ROLE: &str = "AliyunFAASDefaultRole";
/// The system policy that the console gives to that role ("Use the RTL design on an f3 instance").
const SYSTEM_POLICY: &str = "AliyunFAASRolePolicy";

/// The bucket, its region, and the folder for the logs of builds.
pub(super) async fn bucket(subject: &Subject) -> Check {
    let Some(bucket) = subject.settings.bucket() else {
        return Check::warn("no bucket is set").next("faascmd auth --bucket BUCKET, or set FAASCMD_BUCKET");
    };
    let oss = Oss::new(subject.cloud.clone(), &bucket.value);
    let info = match oss.bucket_info().await {
        Ok(info) => info,
        Err(error) if error.may_not_look() => {
            let next = format!(
                "take a bucket of this account: faascmd auth --bucket BUCKET; if {} is one, attach \
                 AliyunOSSReadOnlyAccess to the RAM user",
                bucket.value
            );
            return Check::fail(error.to_string()).next(next);
        }
        Err(error) => return Check::of_error(&error),
    };
    let detail = format!("{} ({}) in {}", bucket.value, bucket.source, info.region);
    let check = match subject.cloud.region() {
        Some(region) if region != info.region => {
            Check::fail(format!("{detail}, but the region in use is {region}"))
                .next(format!("--region {}: bucket, image and instance must be in one region", info.region))
        }
        _ => match oss.head(LOGS_FOLDER).await {
            Ok(None) => Check::warn(format!("{detail}; without {LOGS_FOLDER} for the logs of builds"))
                .next(format!("faascmd auth --bucket {}", bucket.value)),
            _ => Check::ok(detail),
        },
    };
    check.fact("bucket", bucket.value.as_str()).fact("region", info.region)
}

/// The role that the service takes on.
pub(super) async fn role(subject: &Subject) -> Check {
    let name = role_name(subject);
    let role = match Ram::new(&subject.cloud).role(name).await {
        Ok(Some(role)) => role,
        Ok(None) => return Check::fail(format!("there is no role {name}")).next(auth(subject)),
        Err(error) => return Check::of_error(&error),
    };
    let wanted = subject.settings.role_arn();
    if let Some(wanted) = wanted.filter(|wanted| !wanted.value.eq_ignore_ascii_case(&role.arn)) {
        let detail = format!("{} ({}) is of another account than {}", wanted.value, wanted.source, role.arn);
        return Check::fail(detail)
            .next("remove it: without one, the role of the caller's own account is used");
    }
    let trusted = role.trust().is_ok_and(|document| document.trusts(FAAS_PRINCIPAL));
    let check = if trusted {
        Check::ok(role.arn.clone())
    } else {
        Check::fail(format!("{} does not trust {FAAS_PRINCIPAL}", role.arn)).next(auth(subject))
    };
    check.fact("arn", role.arn)
}

/// Whether the role's policies let the service read the bucket and write its logs.
pub(super) async fn policy(subject: &Subject) -> Check {
    let Some(bucket) = subject.settings.bucket() else { return Check::skipped("no bucket is set") };
    match policies(&subject.cloud, role_name(subject)).await {
        Ok(policies) => of_policies(&policies, &bucket.value).unwrap_or_else(|missing| {
            Check::fail(format!("the role's policies do not allow: {missing}")).next(auth(subject))
        }),
        Err(error) => Check::of_error(&error),
    }
}

struct Policies {
    attached: Vec<AttachedPolicy>,
    documents: Vec<Document>,
}

async fn policies(cloud: &Cloud, role: &str) -> Result<Policies> {
    let ram = Ram::new(cloud);
    let attached = ram.policies_of_role(role).await?;
    let mut documents = Vec::new();
    for policy in attached.iter().filter(|policy| policy.policy_type == "Custom") {
        if let Some(policy) = ram.policy(&policy.policy_name).await? {
            documents.extend(Document::parse(&policy.document));
        }
    }
    Ok(Policies { attached, documents })
}

/// The finding, or what is missing.
fn of_policies(policies: &Policies, bucket: &str) -> std::result::Result<Check, String> {
    let grants = faas_grants(bucket, None);
    let allowed =
        |action: &str, resource: &str| policies.documents.iter().any(|d| d.allows(action, resource));
    let missing: Vec<&str> = grants
        .iter()
        .flat_map(|grant| grant.actions.iter().filter(|action| !allowed(action, &grant.resource)))
        .copied()
        .collect();
    let denied = policies.documents.iter().flat_map(|document| document.denials(&grants)).next();
    let names: Vec<&str> = policies.attached.iter().map(|policy| policy.policy_name.as_str()).collect();
    let names = names.join(", ");
    if let Some(denied) = denied {
        return Err(format!("{} on {}, which one of {names} forbids", denied.action, denied.resource));
    }
    if missing.is_empty() {
        return Ok(Check::ok(names));
    }
    let by_system = policies.attached.iter().any(|policy| policy.policy_name == SYSTEM_POLICY);
    let missing = missing.join(", ");
    if by_system {
        Ok(Check::ok(format!("{names}; {missing} by {SYSTEM_POLICY} alone")))
    } else {
        Err(missing)
    }
}

fn role_name(subject: &Subject) -> &str {
    let arn = subject.settings.role_arn().map(|arn| arn.value.as_str());
    arn.and_then(role_of).map_or(DEFAULT_ROLE, |(_, name)| name)
}

fn auth(subject: &Subject) -> String {
    let bucket = subject.settings.bucket().map_or("BUCKET", |bucket| bucket.value.as_str());
    format!("faascmd auth --bucket {bucket}")
}
