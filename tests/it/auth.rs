//! `faascmd auth`: it lets the service in, and does no harm to what others set up.

use std::fs;

use serde_json::{Value, json};

use crate::common::cloud::Cloud;
use crate::common::terminal::Terminal;

const POLICY: (&str, &str) = ("PolicyName", "faasPolicy");
const ROLE: (&str, &str) = ("RoleName", "AliyunFAASDefaultRole");

fn auth(cloud: &Cloud, args: &[&str]) -> Value {
    cloud.faascmd(&[&["auth", "-o", "json"], args].concat()).exits(0).json()
}

fn steps(report: &Value) -> Vec<&str> {
    report["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect()
}

fn statement(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": [action], "Resource": [resource]})
}

fn document(statements: &[Value]) -> String {
    json!({"Version": "1", "Statement": statements}).to_string()
}

fn make_policy(cloud: &Cloud, text: &str) {
    assert_eq!(cloud.ram("CreatePolicy", &[POLICY, ("PolicyDocument", text)]).status, 200);
}

fn versions(cloud: &Cloud) -> Vec<String> {
    let answer = cloud.ram("ListPolicyVersions", &[POLICY, ("PolicyType", "Custom")]).json();
    let list = answer["PolicyVersions"]["PolicyVersion"].as_array().unwrap().clone();
    list.iter().map(|version| version["VersionId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn sets_a_new_account_up_and_a_second_run_changes_nothing() {
    let cloud = Cloud::start(&["--without-role"]);
    let first = auth(&cloud, &["--bucket", "faascmd-sandbox"]);
    assert_eq!(steps(&first), ["logs", "role", "policy", "attach"]);
    assert_eq!(first["role_arn"], "acs:ram::1234567890123456:role/AliyunFAASDefaultRole");
    let role = cloud.ram("GetRole", &[ROLE]).json();
    let trust: Value =
        serde_json::from_str(role["Role"]["AssumeRolePolicyDocument"].as_str().unwrap()).unwrap();
    assert_eq!(trust["Statement"][0]["Principal"]["Service"], json!(["faas.aliyuncs.com"]));
    assert_eq!(cloud.policy("faasPolicy"), first["policy"]);
    assert_eq!(cloud.faascmd(&["list_objects"]).exits(0).stdout, "compiling_logs/\n");
    let second = auth(&cloud, &[]);
    assert_eq!(steps(&second), [""; 0]);
    assert_eq!(versions(&cloud), ["v1"]);
}

#[test]
fn a_dry_run_shows_the_documents_and_changes_nothing() {
    let cloud = Cloud::new();
    let shown = cloud.faascmd(&["auth", "--dry-run"]).exits(0).stdout;
    for part in
        ["to do: create policy faasPolicy", "acs:oss:*:*:faascmd-sandbox/compiling_logs/*", "trust policy"]
    {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(
        cloud.ram("GetPolicy", &[POLICY, ("PolicyType", "Custom")]).code(),
        "404 EntityNotExist.Policy"
    );
    assert_eq!(cloud.faascmd(&["list_objects"]).exits(0).stdout, "");
    assert!(!cloud.credentials_file().exists());
}

#[test]
fn what_others_put_into_role_and_policy_stays() {
    let cloud = Cloud::new();
    let trust = json!({"Version": "1", "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow",
        "Principal": {"Service": ["ecs.aliyuncs.com"]}}]});
    let given = [ROLE, ("NewAssumeRolePolicyDocument", &trust.to_string())];
    assert_eq!(cloud.ram("UpdateRole", &given).status, 200);
    let theirs = [
        statement("oss:*", "acs:oss:*:*:colleague/*"),
        json!({"Effect": "Deny", "Action": "oss:PutObject", "Resource": "acs:oss:*:*:*/secret/*"}),
        statement("oss:GetObject", "acs:oss:*:*:another/*"),
    ];
    make_policy(&cloud, &document(&theirs));
    let report = auth(&cloud, &[]);
    assert_eq!(steps(&report), ["logs", "trust", "policy", "attach"]);
    let services: Vec<&Value> = report["trust_policy"]["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| &statement["Principal"]["Service"][0])
        .collect();
    assert_eq!(services, ["ecs.aliyuncs.com", "faas.aliyuncs.com"]);
    let merged = cloud.policy("faasPolicy");
    let merged = merged["Statement"].as_array().unwrap();
    assert_eq!(merged[..2], theirs[..2]);
    assert_eq!(merged[2]["Resource"], json!(["acs:oss:*:*:another/*", "acs:oss:*:*:faascmd-sandbox/*"]));
    assert_eq!(versions(&cloud), ["v1", "v2"]);
    assert_eq!(steps(&auth(&cloud, &[])), [""; 0]);
}

#[test]
fn a_denial_that_somebody_put_there_is_told_and_left() {
    let cloud = Cloud::new();
    let denial = json!({"Effect": "Deny", "Action": "oss:GetObject", "Resource": "*"});
    make_policy(&cloud, &document(std::slice::from_ref(&denial)));
    let ran = cloud.faascmd(&["auth"]).exits(0);
    assert!(ran.stderr.contains("denies oss:GetObject on acs:oss:*:*:faascmd-sandbox/*"), "{}", ran.stderr);
    assert_eq!(cloud.policy("faasPolicy")["Statement"][0], denial);
}

#[test]
fn a_policy_with_five_versions_loses_its_oldest_that_is_not_in_force() {
    let cloud = Cloud::new();
    let text = document(&[statement("oss:GetObject", "acs:oss:*:*:colleague/*")]);
    make_policy(&cloud, &text);
    for _ in 2..=5 {
        let given = [POLICY, ("PolicyDocument", text.as_str())];
        assert_eq!(cloud.ram("CreatePolicyVersion", &given).status, 200);
    }
    assert_eq!(steps(&auth(&cloud, &[])), ["logs", "version", "policy", "attach"]);
    assert_eq!(versions(&cloud), ["v1", "v3", "v4", "v5", "v6"], "v1 was in force");
}

#[test]
fn a_policy_that_is_full_is_left_as_it_is() {
    let cloud = Cloud::new();
    let many: Vec<String> = (0..145).map(|n| format!("acs:oss:*:*:a-bucket-of-somebody-{n:03}/*")).collect();
    let text = document(&[json!({"Effect": "Allow", "Action": ["oss:GetObject"], "Resource": many})]);
    make_policy(&cloud, &text);
    let error = cloud.faascmd(&["auth", "-o", "json"]).exits(6).error();
    assert!(error["message"].as_str().unwrap().ends_with("and 6144 is the most"), "{error}");
    assert_eq!(cloud.policy("faasPolicy").to_string(), text);
    assert_eq!(cloud.faascmd(&["list_objects"]).exits(0).stdout, "", "nothing else was begun");
}

#[test]
fn a_bucket_that_will_not_do_is_refused_before_anything_is_changed() {
    let cloud = Cloud::new();
    for (bucket, exit) in [("faascmd-foreign", 4), ("faascmd-beijing", 6), ("there-is-none", 5)] {
        let error = cloud.faascmd(&["auth", "--bucket", bucket, "-o", "json"]).exits(exit).error();
        assert!(!error["hints"].as_array().unwrap().is_empty(), "{error}");
    }
    let elsewhere = cloud.faascmd(&["auth", "--bucket", "faascmd-beijing"]).exits(6).stderr;
    assert!(elsewhere.contains("is in cn-beijing, and the region here is cn-hangzhou"), "{elsewhere}");
    for arn in ["acs:ram::6543210987654321:role/x", "faasRole"] {
        cloud.faascmd(&["auth", "--role-arn", arn]).exits(2);
    }
    assert_eq!(cloud.ram("GetPolicy", &[POLICY, ("PolicyType", "Custom")]).status, 404);
}

#[test]
fn stores_role_and_bucket_beside_what_is_there() {
    let cloud = Cloud::new();
    let before = "[FaaSCredentials]\naccessid=a\naccesskey=b\n[Role]\nrole=acs:ram::1:role/faasRole\n";
    fs::write(cloud.credentials_file(), before).unwrap();
    let variables = [("FAASCMD_ROLE_ARN", ""), ("FAASCMD_BUCKET", "")];
    cloud.faascmd_with(&variables, &["auth", "--bucket=faascmd-sandbox"]).exits(0);
    let role = "acs:ram::1234567890123456:role/AliyunFAASDefaultRole";
    let after = before.replace("acs:ram::1:role/faasRole", role) + "[OSS]\nbucket=faascmd-sandbox\n";
    assert_eq!(fs::read_to_string(cloud.credentials_file()).unwrap(), after);
    let second = cloud.faascmd_with(&variables, &["auth", "-o", "json"]).exits(0).json();
    assert_eq!((&second["bucket"], steps(&second)), (&json!("faascmd-sandbox"), vec![]));
}

#[test]
fn a_key_of_the_key_service_is_granted_by_its_name() {
    let cloud = Cloud::new();
    auth(&cloud, &[]);
    let key = "7906979c-8e06-46a2-be2d-68e3ccbc0001";
    assert_eq!(steps(&auth(&cloud, &["--kms-key", key])), ["policy"]);
    let statements = cloud.policy("faasPolicy")["Statement"].clone();
    let kms = statements.as_array().unwrap().last().unwrap();
    assert_eq!(kms["Resource"], json!([format!("acs:kms:*:*:key/{key}")]));
}

#[test]
fn a_caller_without_rights_is_told_which_to_ask_for() {
    let cloud = Cloud::new();
    let uploader = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFaascmdSandboxPuts"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SandboxPutsSecret0123456789abc"),
    ];
    let error = cloud.faascmd_with(&uploader, &["auth", "-o", "json"]).exits(4).error();
    assert_eq!(error["code"], "AccessDenied");
    let error = cloud.faascmd_with(&uploader, &["delete_policy", "-o", "json"]).exits(4).error();
    assert_eq!(error["code"], "NoPermission");
}

fn auth_on_a_terminal(cloud: &Cloud) -> Terminal {
    let mut command = cloud.program("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_faascmd"), "auth"]);
    Terminal::start(command)
}

#[test]
fn on_a_terminal_it_asks_and_no_means_no() {
    let cloud = Cloud::new();
    for (answer, exit) in [("n", 1), ("y", 0)] {
        let mut terminal = auth_on_a_terminal(&cloud);
        terminal.shows("Do this? [y/N] ");
        terminal.type_line(answer);
        let (shown, code) = terminal.end();
        assert_eq!(code, exit, "{shown}");
        let there = cloud.ram("GetPolicy", &[POLICY, ("PolicyType", "Custom")]).status == 200;
        assert_eq!(there, exit == 0);
    }
}

#[test]
fn list_policy_says_what_is_allowed_and_delete_policy_takes_it_away() {
    let cloud = Cloud::new();
    let none = cloud.faascmd(&["list_policy"]).exits(5).stderr;
    assert!(none.starts_with("HTTP Status:404 Error:EntityNotExist.Policy. "), "{none}");
    auth(&cloud, &[]);
    let listed = cloud.faascmd(&["list_policy"]).exits(0).stdout;
    let lines: Vec<&str> = listed.lines().collect();
    let answer: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(answer["Policy"]["PolicyName"], "faasPolicy");
    assert_eq!(lines[3], "Allow oss:PutObject on acs:oss:*:*:faascmd-sandbox/compiling_logs/*");
    assert!(lines.last().unwrap().ends_with("(s) elapsed"), "{listed}");
    cloud.faascmd(&["delete_policy"]).exits(0);
    cloud.faascmd(&["list_policy"]).exits(5);
    let attached = cloud.ram("ListPoliciesForRole", &[ROLE]).text();
    assert!(!attached.contains("faasPolicy") && attached.contains("AliyunFAASRolePolicy"), "{attached}");
}

#[test]
fn a_policy_that_others_use_is_not_deleted() {
    let cloud = Cloud::new();
    auth(&cloud, &[]);
    let given = [POLICY, ("PolicyType", "Custom"), ("RoleName", "SandboxInstanceRole")];
    assert_eq!(cloud.ram("AttachPolicyToRole", &given).status, 200);
    cloud.faascmd(&["delete_policy"]).exits(6);
    let attached = cloud.ram("ListPoliciesForRole", &[ROLE]).text();
    assert!(attached.contains("faasPolicy"), "{attached}");
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    let cloud = Cloud::new();
    make_policy(&cloud, &document(&[statement("oss:GetObject", "acs:oss:*:*:colleague/*")]));
    let theirs = document(&[statement("oss:GetObject", "acs:oss:*:*:meanwhile/*")]);
    let mut terminal = auth_on_a_terminal(&cloud);
    terminal.shows("Do this? [y/N] ");
    let given = [POLICY, ("PolicyDocument", &theirs), ("SetAsDefault", "true")];
    assert_eq!(cloud.ram("CreatePolicyVersion", &given).status, 200);
    terminal.type_line("y");
    let (shown, code) = terminal.end();
    assert_eq!(code, 6, "{shown}");
    assert!(shown.contains("changed"), "{shown}");
    assert_eq!(cloud.policy("faasPolicy").to_string(), theirs);
}

#[test]
fn after_a_lost_answer_a_second_run_goes_on_where_the_first_stopped() {
    for (action, done, left) in
        [("CreateRole", "role", &["policy", "attach"][..]), ("CreatePolicy", "policy", &["attach"])]
    {
        let cloud = Cloud::start(&["--without-role", "--fault", &format!("lost-answer={action}")]);
        let first = cloud.faascmd(&["auth"]).exits(7).stderr;
        assert!(first.contains("run it again"), "{first}");
        let second = auth(&cloud, &[]);
        assert_eq!(steps(&second), left, "{done} is not made twice");
        assert_eq!(steps(&auth(&cloud, &[])), [""; 0]);
    }
}
