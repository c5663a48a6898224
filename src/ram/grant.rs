//! What the FaaS service needs of an account: the policy's name, who takes the role on, and the least that
//! the policy allows.
//!
//! The policy's name, the principal and the folder are documented ("Use faascmd", the f3 pages of 2019 and later).
//! The text of the old tool's policy is not: which actions are needed is our inference, `docs/permissions.md` says from
//! what.

/// The policy of the old tool, which ours shares.
pub const POLICY_NAME: &str = "faasPolicy";
/// Who may take the role on.
pub const FAAS_PRINCIPAL: &str = "faas.aliyuncs.com";
/// Where the service puts the logs of a build, in the bucket.
pub const LOGS_FOLDER: &str = "compiling_logs/";

/// Actions that one resource is needed for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Actions, such as `oss:GetObject`.
    pub actions: &'static [&'static str],
    /// The pattern of the resource, such as `acs:oss:*:*:my-bucket/*`.
    pub resource: String,
    /// What it is for.
    pub purpose: &'static str,
}

/// The least that the service can work with: read the bucket, write logs into it, see instances; with a key, use it to
/// encrypt images.
pub fn faas_grants(bucket: &str, kms_key: Option<&str>) -> Vec<Grant> {
    let mut grants = vec![
        Grant {
            actions: &["oss:GetObject"],
            resource: format!("acs:oss:*:*:{bucket}/*"),
            purpose: "read the compiled file",
        },
        Grant {
            actions: &["oss:ListObjects"],
            resource: format!("acs:oss:*:*:{bucket}"),
            purpose: "find it in the bucket",
        },
        Grant {
            actions: &["oss:PutObject"],
            resource: format!("acs:oss:*:*:{bucket}/{LOGS_FOLDER}*"),
            purpose: "leave the log of the build",
        },
        Grant {
            actions: &["ecs:DescribeInstances", "ecs:DescribeImages"],
            resource: "acs:ecs:*:*:*".to_owned(),
            purpose: "know the instance that an image is loaded on",
        },
    ];
    grants.extend(kms_key.map(|key| Grant {
        actions: &["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"],
        resource: format!("acs:kms:*:*:key/{key}"),
        purpose: "encrypt images with this key",
    }));
    grants
}

/// The account and the name in a role's ARN.
pub fn role_of(arn: &str) -> Option<(&str, &str)> {
    let (account, role) = arn.strip_prefix("acs:ram::")?.split_once(":role/")?;
    (!account.is_empty() && !role.is_empty()).then_some((account, role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roles_arn_names_its_account() {
        let arn = "acs:ram::1234567890123456:role/AliyunFAASDefaultRole";
        assert_eq!(role_of(arn), Some(("1234567890123456", "AliyunFAASDefaultRole")));
        assert_eq!(role_of("acs:ram::1:user/x"), None);
    }

    #[test]
    fn nothing_outside_the_bucket_is_granted_on_oss() {
        for grant in faas_grants("b", Some("k")) {
            let on_oss = grant.actions.iter().any(|action| action.starts_with("oss:"));
            assert!(!on_oss || grant.resource.starts_with("acs:oss:*:*:b"), "{grant:?}");
            assert!(grant.actions.iter().all(|action| !action.contains('*')), "{grant:?}");
        }
    }
}
