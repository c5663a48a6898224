//! The roles and policies that exist from the start.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::policy::{Policy, PolicyKey, PolicyKind};
use super::{Directory, Role};
use crate::sandbox::identity::{
    ACCOUNT, INSTANCE_ROLE_NAME, OIDC_PROVIDER_ARN, OIDC_ROLE_NAME, OPERATOR_ROLE_NAME, ROLE_NAME,
};
use crate::sandbox::options::Options;
use crate::sandbox::rpc::policy::{Document, Kind};

/// When all this was made.
const MADE: Timestamp = Timestamp::constant(1_508_770_000, 0);

/// Name, id, whom it trusts, what is attached.
type Beginning = (&'static str, &'static str, serde_json::Value, &'static [&'static str]);

pub(super) fn directory(options: &Options) -> Directory {
    let roles = roles().into_iter().filter(|(name, ..)| {
        let absent = (*name == ROLE_NAME && options.without_role)
            || (*name == INSTANCE_ROLE_NAME && options.without_instance_role);
        !absent
    });
    let roles = roles.map(|beginning| (beginning.0.to_owned(), role(&beginning))).collect();
    let policies = system_policies().map(|(name, actions)| (system(name), policy(actions)));
    Directory { roles, policies: BTreeMap::from(policies), caller_policy: None }
}

fn roles() -> [Beginning; 4] {
    [
        (
            ROLE_NAME,
            "300000000000000001",
            json!({"Service": ["faas.aliyuncs.com"]}),
            &["AliyunFAASRolePolicy"],
        ),
        (
            INSTANCE_ROLE_NAME,
            "300000000000000002",
            json!({"Service": ["ecs.aliyuncs.com"]}),
            &[
                "AliyunOSSFullAccess",
                "AliyunECSReadOnlyAccess",
                "AliyunRAMReadOnlyAccess",
                "AliyunSTSAssumeRoleAccess",
            ],
        ),
        (
            OPERATOR_ROLE_NAME,
            "300000000000000003",
            json!({"RAM": [format!("acs:ram::{ACCOUNT}:root")]}),
            &["AdministratorAccess"],
        ),
        (
            OIDC_ROLE_NAME,
            "300000000000000004",
            json!({"Federated": [OIDC_PROVIDER_ARN]}),
            &["AliyunOSSFullAccess", "AliyunECSReadOnlyAccess"],
        ),
    ]
}

fn role((name, id, principal, policies): &Beginning) -> Role {
    let statement = json!({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal});
    let text = json!({"Statement": [statement], "Version": "1"}).to_string();
    let document = Document::parse(&text, Kind::Trust).expect("our own document is well-formed");
    let mut role = Role::new(name, (*id).to_owned(), (text, document), MADE);
    role.attached = policies.iter().map(|policy| (system(policy), MADE)).collect();
    role
}

fn system(name: &str) -> PolicyKey {
    PolicyKey { kind: PolicyKind::System, name: name.to_owned() }
}

/// Name and actions. The text of `AliyunFAASRolePolicy` is not public: what it allows is put together from what the
/// documents say that the service does.
fn system_policies() -> [(&'static str, &'static [&'static str]); 8] {
    [
        ("AdministratorAccess", &["*"]),
        (
            "AliyunFAASRolePolicy",
            &[
                "oss:GetObject",
                "oss:PutObject",
                "oss:ListObjects",
                "ecs:DescribeInstances",
                "ecs:DescribeImages",
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "kms:DescribeKey",
            ],
        ),
        ("AliyunOSSFullAccess", &["oss:*"]),
        ("AliyunOSSReadOnlyAccess", &["oss:Get*", "oss:List*"]),
        ("AliyunECSReadOnlyAccess", &["ecs:Describe*", "ecs:List*"]),
        ("AliyunRAMFullAccess", &["ram:*"]),
        ("AliyunRAMReadOnlyAccess", &["ram:Get*", "ram:List*"]),
        ("AliyunSTSAssumeRoleAccess", &["sts:AssumeRole"]),
    ]
}

fn policy(actions: &[&str]) -> Policy {
    let statement = json!({"Action": actions, "Effect": "Allow", "Resource": "*"});
    let text = json!({"Statement": [statement], "Version": "1"}).to_string();
    let document = Document::parse(&text, Kind::Permission).expect("our own document is well-formed");
    Policy::new(String::new(), (text, document), MADE)
}
