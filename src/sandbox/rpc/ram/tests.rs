//! Roles and policies through the gate, as a client sees them.

use serde_json::{Value, json};

use super::refusals;
use crate::sandbox::identity::{FixedCaller, INSTANCE_ROLE_NAME, OPERATOR_ROLE_NAME, ROLE_NAME};
use crate::sandbox::rpc::testing::{Cloud, Given, key_of, with};

const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
    "Principal":{"Service":["faas.aliyuncs.com"]}}]}"#;
const DOCUMENT: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:b/*"}]}"#;
const POLICY: Given<'_> = &[("PolicyName", "faasPolicy"), ("PolicyType", "Custom")];

fn with_policy() -> Cloud {
    let cloud = Cloud::new();
    cloud.call("CreatePolicy", &[("PolicyName", "faasPolicy"), ("PolicyDocument", DOCUMENT)]);
    cloud
}

fn versions(cloud: &Cloud) -> Vec<(String, bool)> {
    let list = cloud.call("ListPolicyVersions", POLICY)["PolicyVersions"]["PolicyVersion"].clone();
    let version = |v: &Value| (v["VersionId"].as_str().unwrap().to_owned(), v["IsDefaultVersion"] == true);
    list.as_array().unwrap().iter().map(version).collect()
}

#[test]
fn the_role_of_the_service_exists_and_has_its_policy() {
    let cloud = Cloud::new();
    let role = cloud.call("GetRole", &[("RoleName", ROLE_NAME)])["Role"].clone();
    assert_eq!(role["Arn"], "acs:ram::1234567890123456:role/AliyunFAASDefaultRole");
    assert!(role["AssumeRolePolicyDocument"].as_str().unwrap().contains("faas.aliyuncs.com"));
    let policies = cloud.call("ListPoliciesForRole", &[("RoleName", ROLE_NAME)]);
    assert_eq!(policies["Policies"]["Policy"][0]["PolicyName"], "AliyunFAASRolePolicy");
    assert_eq!(policies["Policies"]["Policy"][0]["PolicyType"], "System");
}

#[test]
fn a_role_is_made_changed_and_deleted() {
    let cloud = Cloud::new();
    let name = ("RoleName", "mine");
    let made = cloud.call("CreateRole", &[name, ("AssumeRolePolicyDocument", TRUST), ("Description", "d")]);
    assert_eq!(made["Role"]["AssumeRolePolicyDocument"], TRUST);
    cloud.call("UpdateRole", &[name, ("NewDescription", "e"), ("NewMaxSessionDuration", "7200")]);
    let role = cloud.call("GetRole", &[name])["Role"].clone();
    assert_eq!((&role["Description"], &role["MaxSessionDuration"]), (&json!("e"), &json!(7200)));
    assert_eq!(role["RoleId"], made["Role"]["RoleId"]);
    cloud.call("DeleteRole", &[name]);
    assert_eq!(cloud.refused("GetRole", &[name]), refusals::ROLE_NOT_EXIST);
}

#[test]
fn roles_are_refused_for_their_names_documents_and_what_is_there() {
    let cloud = Cloud::new();
    let create = |others: Given<'_>| {
        let given = with(&[("RoleName", "mine"), ("AssumeRolePolicyDocument", TRUST)], others);
        cloud.refused("CreateRole", &given)
    };
    assert_eq!(create(&[("RoleName", "my role")]), refusals::ROLE_NAME_CHARS);
    assert_eq!(create(&[("RoleName", &"r".repeat(65))]), refusals::ROLE_NAME_LENGTH);
    assert_eq!(create(&[("RoleName", "")]).code, "MissingRoleName");
    assert_eq!(create(&[("RoleName", ROLE_NAME)]), refusals::ROLE_EXISTS);
    assert_eq!(create(&[("Description", &"d".repeat(1025))]), refusals::DESCRIPTION_LENGTH);
    assert_eq!(create(&[("MaxSessionDuration", "3599")]), refusals::SESSION_DURATION);
    assert_eq!(create(&[("AssumeRolePolicyDocument", &" ".repeat(6145))]), refusals::TRUST_LENGTH);
    assert_eq!(create(&[("AssumeRolePolicyDocument", DOCUMENT)]).code, "MalformedPolicyDocument");
    assert_eq!(cloud.refused("DeleteRole", &[("RoleName", ROLE_NAME)]), refusals::ROLE_HAS_POLICY);
    assert_eq!(cloud.refused("UpdateRole", &[("RoleName", "none")]), refusals::ROLE_NOT_EXIST);
}

#[test]
fn policies_are_refused_for_their_names_documents_and_what_is_there() {
    let cloud = with_policy();
    let create = |others: Given<'_>| {
        cloud.refused("CreatePolicy", &with(&[("PolicyName", "p"), ("PolicyDocument", DOCUMENT)], others))
    };
    assert_eq!(create(&[("PolicyName", "faas_policy")]), refusals::POLICY_NAME_CHARS);
    assert_eq!(create(&[("PolicyName", &"p".repeat(129))]), refusals::POLICY_NAME_LENGTH);
    assert_eq!(create(&[("PolicyName", "faasPolicy")]), refusals::POLICY_EXISTS);
    assert_eq!(create(&[("PolicyDocument", &" ".repeat(6145))]), refusals::POLICY_LENGTH);
    let malformed = create(&[("PolicyDocument", "{}")]);
    assert_eq!((malformed.status, malformed.code.as_ref()), (400, "MalformedPolicyDocument"));
    let get = |name, kind| cloud.refused("GetPolicy", &[("PolicyName", name), ("PolicyType", kind)]);
    assert_eq!(get("none", "Custom"), refusals::POLICY_NOT_EXIST);
    assert_eq!(get("faasPolicy", "System"), refusals::POLICY_NOT_EXIST);
    assert_eq!(get("faasPolicy", "Mine"), refusals::POLICY_TYPE);
    assert_eq!(get("faasPolicy", "").code, "MissingPolicyType");
}

#[test]
fn a_policy_shows_the_document_that_counts() {
    let cloud = with_policy();
    let policy = cloud.call("GetPolicy", POLICY);
    assert_eq!(
        (&policy["Policy"]["DefaultVersion"], &policy["Policy"]["AttachmentCount"]),
        (&json!("v1"), &json!(0))
    );
    assert_eq!(policy["DefaultPolicyVersion"]["PolicyDocument"], DOCUMENT);
}

#[test]
fn a_policy_has_five_versions_and_rotates_if_it_is_told_to() {
    let cloud = with_policy();
    let add = with(POLICY, &[("PolicyDocument", DOCUMENT), ("SetAsDefault", "true")]);
    for _ in 2..=5 {
        cloud.call("CreatePolicyVersion", &add);
    }
    assert_eq!(cloud.refused("CreatePolicyVersion", &add), refusals::VERSION_LIMIT);
    let strategy = ("RotateStrategy", "DeleteOldestNonDefaultVersionWhenLimitExceeded");
    let made = cloud.call("CreatePolicyVersion", &with(&add, &[strategy, ("SetAsDefault", "false")]));
    assert_eq!(
        (&made["PolicyVersion"]["VersionId"], &made["PolicyVersion"]["IsDefaultVersion"]),
        (&json!("v6"), &json!(false))
    );
    let expected = [("v2", false), ("v3", false), ("v4", false), ("v5", true), ("v6", false)];
    assert_eq!(versions(&cloud), expected.map(|(id, default)| (id.to_owned(), default)));
    assert_eq!(
        cloud.refused("CreatePolicyVersion", &with(&add, &[("RotateStrategy", "Oldest")])),
        refusals::ROTATE_STRATEGY
    );
    assert_eq!(cloud.refused("CreatePolicyVersion", &with(&add, &[("SetAsDefault", "1")])), refusals::FLAG);
}

#[test]
fn versions_are_read_chosen_and_deleted() {
    let cloud = with_policy();
    cloud.call("CreatePolicyVersion", &with(POLICY, &[("PolicyDocument", DOCUMENT)]));
    let version = |id| with(POLICY, &[("VersionId", id)]);
    assert_eq!(cloud.refused("DeletePolicyVersion", &version("v1")), refusals::DEFAULT_VERSION);
    cloud.call("SetDefaultPolicyVersion", &version("v2"));
    assert_eq!(cloud.call("GetPolicyVersion", &version("v2"))["PolicyVersion"]["IsDefaultVersion"], true);
    cloud.call("DeletePolicyVersion", &version("v1"));
    assert_eq!(versions(&cloud), [("v2".to_owned(), true)]);
    assert_eq!(cloud.refused("GetPolicyVersion", &version("v1")), refusals::VERSION_NOT_EXIST);
    assert_eq!(cloud.refused("GetPolicyVersion", &version("1")), refusals::VERSION_FORMAT);
}

#[test]
fn what_is_attached_is_listed_and_keeps_policies_from_being_deleted() {
    let cloud = with_policy();
    let both = with(POLICY, &[("RoleName", ROLE_NAME)]);
    cloud.call("AttachPolicyToRole", &both);
    assert_eq!(cloud.refused("AttachPolicyToRole", &both), refusals::ALREADY_ATTACHED);
    let entities = cloud.call("ListEntitiesForPolicy", POLICY);
    assert_eq!(entities["Roles"]["Role"][0]["RoleName"], ROLE_NAME);
    assert_eq!(cloud.refused("DeletePolicy", POLICY), refusals::POLICY_HAS_ROLE);
    cloud.call("DetachPolicyFromRole", &both);
    assert_eq!(cloud.refused("DetachPolicyFromRole", &both), refusals::NOT_ATTACHED);
    cloud.call("CreatePolicyVersion", &with(POLICY, &[("PolicyDocument", DOCUMENT)]));
    assert_eq!(cloud.refused("DeletePolicy", POLICY), refusals::POLICY_HAS_VERSIONS);
    cloud.call("DeletePolicy", &with(POLICY, &[("CascadingDelete", "true")]));
    assert_eq!(cloud.refused("GetPolicy", POLICY), refusals::POLICY_NOT_EXIST);
}

#[test]
fn who_lacks_the_right_is_refused() {
    let cloud = Cloud::new();
    let get = [("RoleName", ROLE_NAME)];
    let uploader = key_of(FixedCaller::Uploader);
    assert_eq!(cloud.call_as(&uploader, "GetRole", &get), Err(refusals::NO_PERMISSION));
    assert!(cloud.call_as(&key_of(FixedCaller::Root), "GetRole", &get).is_ok());
    let operator = cloud.assume(OPERATOR_ROLE_NAME);
    assert!(
        cloud.call_as(&operator, "DeleteRole", &[("RoleName", "none")]).unwrap_err()
            == refusals::ROLE_NOT_EXIST
    );
    let detach = [
        ("RoleName", INSTANCE_ROLE_NAME),
        ("PolicyName", "AliyunRAMReadOnlyAccess"),
        ("PolicyType", "System"),
    ];
    cloud.call("DetachPolicyFromRole", &detach);
}
