//! Each source of credentials against a real server: the sandbox's services, metadata and credentials URI.

use serde_json::{Value, json};

use crate::common::cloud::Cloud;
use crate::common::world::{Ran, World};

const USER: (&str, &str) = ("LTAI5tFaascmdSandboxUser", "SandboxUserSecret0123456789abc");
const OPERATOR: &str = "acs:ram::1234567890123456:role/SandboxOperatorRole";
const OIDC_ROLE: &str = "acs:ram::1234567890123456:role/SandboxOidcRole";
const OIDC_PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/sandbox";
/// `{"alg":"none"}`, `{"sub":"me","iss":"https://sandbox"}`, a signature that nobody checks.
const OIDC_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSIsImlzcyI6Imh0dHBzOi8vc2FuZGJveCJ9.eA";
/// Where the sandbox gives a temporary key to whoever knows the user's secret.
const URI: &str = "/.sandbox/credentials?key=SandboxUserSecret0123456789abc";
/// What is removed so that the sources behind the environment get their turn.
const UNSET: &str = "unset ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET";

/// A cloud that gives no key by the environment, nor by an instance role.
fn cloud() -> Cloud {
    Cloud::start(&["--without-instance-role"])
}

/// What `doctor` says of credentials and caller after some preparation.
struct Who {
    credentials: Value,
    caller: Value,
}

impl Who {
    fn after(cloud: &Cloud, preparation: &str) -> Self {
        Self::with_flags(cloud, preparation, "")
    }

    fn with_flags(cloud: &Cloud, preparation: &str, flags: &str) -> Self {
        let diagnosis = cloud.diagnosis(&format!("{UNSET}\n{preparation}"), flags);
        let check = |name: &str| {
            let items = diagnosis["items"].as_array().unwrap();
            items.iter().find(|item| item["name"] == name).cloned().unwrap()
        };
        Self { credentials: check("credentials"), caller: check("caller") }
    }

    #[track_caller]
    fn is(&self, source: &str, arn: &str) {
        assert_eq!(self.credentials["facts"]["source"], source, "{:#}", self.credentials);
        let who = self.caller["facts"]["arn"].as_str().unwrap_or_default();
        assert!(who.ends_with(arn), "{:#}", self.caller);
    }

    /// The search stopped there, and no other identity stepped in.
    #[track_caller]
    fn is_broken(&self, parts: &[&str]) {
        let detail = self.credentials["detail"].as_str().unwrap();
        assert_eq!(self.credentials["state"], "fail", "{detail}");
        assert!(parts.iter().all(|part| detail.contains(part)), "{detail}");
        assert_eq!(self.caller["state"], "skipped");
    }
}

/// Writes `~/.aliyun/config.json`; `$FAASCMD_ENDPOINT` in it is known only in the sandbox, so the shell writes it.
fn profiles(current: &str, profiles: &Value) -> String {
    let config = json!({"current": current, "profiles": profiles}).to_string();
    format!(
        "mkdir -p ~/.aliyun; chmod 700 ~/.aliyun; umask 077; cat > ~/.aliyun/config.json <<END\n{config}\nEND"
    )
}

/// The fields of a profile with the user's key.
fn with_key(name: &str, mode: &str, more: &Value) -> Value {
    let mut profile =
        json!({"name": name, "mode": mode, "access_key_id": USER.0, "access_key_secret": USER.1});
    let fields = profile.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    profile
}

#[test]
fn the_environment_comes_first() {
    let cloud = cloud();
    let keys =
        format!("export ALIBABA_CLOUD_ACCESS_KEY_ID={} ALIBABA_CLOUD_ACCESS_KEY_SECRET={}", USER.0, USER.1);
    let file =
        profiles("p", &json!([{"name": "p", "mode": "AK", "access_key_id": "x", "access_key_secret": "y"}]));
    Who::after(&cloud, &format!("{keys}\n{file}")).is("environment", "user/faas-engineer");
    Who::after(&cloud, "export ALIBABA_CLOUD_ACCESS_KEY_ID=x")
        .is_broken(&["ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"]);
}

#[test]
fn an_oidc_token_of_the_environment_assumes_its_role() {
    let oidc = format!(
        "printf %s {OIDC_TOKEN} > token; export ALIBABA_CLOUD_OIDC_TOKEN_FILE=$PWD/token \
         ALIBABA_CLOUD_OIDC_PROVIDER_ARN={OIDC_PROVIDER} ALIBABA_CLOUD_ROLE_ARN={OIDC_ROLE}"
    );
    Who::after(&cloud(), &oidc).is("environment", "assumed-role/SandboxOidcRole/faascmd");
    let two_of_three =
        format!("export ALIBABA_CLOUD_ROLE_ARN={OIDC_ROLE} ALIBABA_CLOUD_OIDC_TOKEN_FILE=/none");
    let who = Who::after(&cloud(), &two_of_three);
    assert_eq!(who.credentials["facts"]["passed"][0]["source"], "environment");
    Who::after(&cloud(), &format!("{oidc}; rm token")).is_broken(&["can't read the OIDC token", "/token: "]);
}

#[test]
fn the_credentials_file_comes_second() {
    let write = |text: &str| format!("umask 077; printf '{text}' > \"$FAASCMD_CREDENTIALS_FILE\"");
    let whole = format!("[FaaSCredentials]\\naccessid={}\\naccesskey={}\\n", USER.0, USER.1);
    Who::after(&cloud(), &write(&whole)).is("credentials file", "user/faas-engineer");
    let half = write("[FaaSCredentials]\\n\\naccessid=x\\n");
    Who::after(&cloud(), &half).is_broken(&["credentials:3: accessid is here, but accesskey is missing"]);
}

#[test]
fn a_profile_with_a_key_or_a_token() {
    let cloud = cloud();
    let config = profiles("k", &json!([with_key("k", "AK", &json!({}))]));
    Who::after(&cloud, &config).is("aliyun profile", "user/faas-engineer");
    let broken = profiles("k", &json!([{"name": "k", "mode": "AK", "access_key_id": "x"}]));
    Who::after(&cloud, &broken).is_broken(&["config.json:1: profile `k` has no access_key_secret"]);
    let unfilled = profiles("k", &json!([{"name": "k", "mode": "AK", "region_id": "cn-hangzhou"}]));
    let passed = Who::after(&cloud, &unfilled).credentials["facts"]["passed"][2].clone();
    assert!(passed["reason"].as_str().unwrap().contains("profile `k` ("), "{passed}");
    let odd = profiles("k", &json!([with_key("k", "BearerToken", &json!({}))]));
    Who::after(&cloud, &odd).is_broken(&["mode BearerToken"]);
}

#[test]
fn a_profile_that_assumes_a_role_by_key_by_chain_and_by_token() {
    let cloud = cloud();
    let role = json!({"ram_role_arn": OPERATOR, "ram_session_name": "me", "expired_seconds": 900});
    let config = profiles("r", &json!([with_key("r", "RamRoleArn", &role)]));
    Who::after(&cloud, &config).is("aliyun profile", "assumed-role/SandboxOperatorRole/me");
    let chained = json!({"name": "c", "mode": "ChainableRamRoleArn", "source_profile": "k",
        "ram_role_arn": OPERATOR, "ram_session_name": "chained"});
    let config = profiles("c", &json!([chained, with_key("k", "AK", &json!({}))]));
    Who::after(&cloud, &config).is("aliyun profile", "assumed-role/SandboxOperatorRole/chained");
    let oidc = json!({"name": "o", "mode": "OIDC", "oidc_provider_arn": OIDC_PROVIDER, "oidc_token_file": "token",
        "ram_role_arn": OIDC_ROLE, "ram_session_name": "oidc"});
    let config = profiles("o", &json!([oidc]));
    let token = format!("printf %s {OIDC_TOKEN} > token");
    Who::after(&cloud, &format!("{config}\n{token}"))
        .is("aliyun profile", "assumed-role/SandboxOidcRole/oidc");
}

#[test]
fn profiles_that_go_round_in_a_circle_are_refused() {
    let chained = |name: &str, next: &str| json!({"name": name, "mode": "ChainableRamRoleArn", "source_profile": next, "ram_role_arn": OPERATOR});
    let config = profiles("a", &json!([chained("a", "b"), chained("b", "a")]));
    Who::after(&cloud(), &config).is_broken(&["go round in a circle: a → b → a"]);
    let config = profiles("a", &json!([chained("a", "none")]));
    Who::after(&cloud(), &config).is_broken(&["source_profile `none`, which is not there"]);
}

#[test]
fn a_role_that_can_not_be_assumed_names_the_service_s_code() {
    let role = json!({"ram_role_arn": "acs:ram::1234567890123456:role/None"});
    let config = profiles("r", &json!([with_key("r", "RamRoleArn", &role)]));
    Who::after(&cloud(), &config).is_broken(&["aliyun profile: sts AssumeRole: EntityNotExist.Role"]);
}

#[test]
fn a_profile_of_the_instance_s_role_alone_or_assuming_another() {
    let cloud = Cloud::start(&[]);
    let config = profiles("e", &json!([{"name": "e", "mode": "EcsRamRole"}]));
    Who::after(&cloud, &config)
        .is("aliyun profile", "assumed-role/SandboxInstanceRole/i-bp1faascmdsandbox0001");
    let both = json!([{"name": "e", "mode": "RamRoleArnWithEcs", "ram_role_name": "SandboxInstanceRole",
        "ram_role_arn": OPERATOR}]);
    let who = Who::after(&cloud, &profiles("e", &both));
    // The instance's role asks, and may do so or not: either way it is the profile that was used.
    assert!(who.credentials.to_string().contains("aliyun profile"), "{:#}", who.credentials);
}

#[test]
fn a_profile_that_asks_a_url_or_a_program() {
    let cloud = cloud();
    let uri = json!([{"name": "u", "mode": "CredentialsURI", "credentials_uri": format!("$FAASCMD_ENDPOINT{URI}")}]);
    Who::after(&cloud, &profiles("u", &uri)).is("aliyun profile", "SandboxOperatorRole/credentials-uri");
    let answer = json!({"mode": "AK", "access_key_id": USER.0, "access_key_secret": USER.1});
    cloud.world.file("key.json", answer.to_string());
    let external = |command: &str| {
        profiles("x", &json!([{"name": "x", "mode": "External", "process_command": command}]))
    };
    Who::after(&cloud, &external("cat 'key.json'")).is("aliyun profile", "user/faas-engineer");
    Who::after(&cloud, &external("cat key.json; echo")).is_broken(&["`cat` failed"]);
    Who::after(&cloud, &external("echo hunter2")).is_broken(&["`echo`: its output is not JSON"]);
    let off = format!("export ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS=true\n{}", external("cat key.json"));
    Who::after(&cloud, &off).is_broken(&["ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS is set"]);
}

#[test]
fn a_temporary_key_that_a_service_no_longer_knows_is_asked_for_anew_once() {
    let gone = json!({"mode": "StsToken", "access_key_id": "STS.gone", "access_key_secret": "x", "sts_token": "y",
        "expiration": "2099-01-01T00:00:00Z"});
    let good = json!({"mode": "AK", "access_key_id": USER.0, "access_key_secret": USER.1});
    for (source_can, code) in [(true, 0), (false, 4)] {
        let cloud = cloud();
        cloud.world.file("gone.json", gone.to_string());
        cloud.world.file("good.json", if source_can { &good } else { &gone }.to_string());
        cloud
            .world
            .program_file("source", "#!/bin/sh\ncat gone.json; mv good.json gone.json; echo >> asked\n");
        let profile =
            profiles("x", &json!([{"name": "x", "mode": "External", "process_command": "./source"}]));
        let ran = cloud.shell(&format!("{UNSET}\n{profile}\nfaascmd object ls")).exits(code);
        let asked = std::fs::read_to_string(cloud.world.path().join("asked")).unwrap();
        assert_eq!(asked.lines().count(), 2, "{}", ran.stderr);
        let requests = cloud.requests();
        let refused = requests.iter().filter(|request| request["code"] == "InvalidAccessKeyId").count();
        assert_eq!(refused, if source_can { 1 } else { 2 }, "{requests:#?}");
    }
}

#[test]
fn a_login_of_the_aliyun_cli_is_used_until_it_ends() {
    let ended = json!({"sts_token": "t", "sts_expiration": 1_500_000_000});
    let config = profiles("s", &json!([with_key("s", "CloudSSO", &ended)]));
    Who::after(&cloud(), &config)
        .is_broken(&["the login of profile `s` is over: aliyun configure --profile s"]);
}

#[test]
fn the_profile_is_named_by_flag_or_variable() {
    let cloud = cloud();
    let two =
        profiles("none", &json!([with_key("one", "AK", &json!({})), with_key("two", "AK", &json!({}))]));
    let place = |who: &Who| who.credentials["facts"]["place"].as_str().unwrap_or_default().to_owned();
    assert!(place(&Who::with_flags(&cloud, &two, "--profile two")).contains("profile `two`"));
    let by_variable = format!("{two}\nexport ALIBABA_CLOUD_PROFILE=one");
    assert!(place(&Who::after(&cloud, &by_variable)).contains("profile `one`"));
    // The flag is a choice of source: the environment is passed over.
    let keys = format!("{two}\nexport ALIBABA_CLOUD_ACCESS_KEY_ID=x ALIBABA_CLOUD_ACCESS_KEY_SECRET=y");
    Who::with_flags(&cloud, &keys, "--profile two").is("aliyun profile", "user/faas-engineer");
    let who = Who::with_flags(&cloud, &two, "--profile three");
    assert!(who.credentials["detail"].as_str().unwrap().contains("has no profile `three`, only one, two"));
}

#[test]
fn the_shared_file_in_each_of_its_types() {
    let cloud = Cloud::start(&[]);
    let write = |name: &str, lines: &str| {
        format!(
            "mkdir -p ~/.alibabacloud; umask 077; rm -f ~/.alibabacloud/*; cat > ~/.alibabacloud/{name} <<'END'\n[default]\n{lines}\nEND"
        )
    };
    let key = format!("access_key_id = {}\naccess_key_secret = {}", USER.0, USER.1);
    for name in ["credentials", "credentials.ini"] {
        Who::after(&cloud, &write(name, &format!("type = access_key\n{key}")))
            .is("shared file", "user/faas-engineer");
    }
    let role = format!("type = ram_role_arn\n{key}\nrole_arn = {OPERATOR}\nrole_session_name = ini");
    Who::after(&cloud, &write("credentials", &role)).is("shared file", "SandboxOperatorRole/ini");
    let instance = write("credentials", "type = ecs_ram_role\nrole_name = SandboxInstanceRole");
    Who::after(&cloud, &instance).is("shared file", "SandboxInstanceRole/i-bp1faascmdsandbox0001");
    let oidc = format!(
        "type = oidc_role_arn\noidc_provider_arn = {OIDC_PROVIDER}\noidc_token_file_path = token\nrole_arn = {OIDC_ROLE}"
    );
    let oidc = format!("printf %s {OIDC_TOKEN} > token\n{}", write("credentials", &oidc));
    Who::after(&cloud, &oidc).is("shared file", "SandboxOidcRole/faascmd");
    Who::after(&cloud, &write("credentials", "type = access_key"))
        .is_broken(&["credentials:1: [default] has no"]);
    Who::after(&cloud, &write("credentials", "type = magic"))
        .is_broken(&["`magic` is not a type of credential"]);
}

#[test]
fn the_credentials_uri_comes_before_the_instance_s_role() {
    let cloud = Cloud::start(&[]);
    let uri = format!("export ALIBABA_CLOUD_CREDENTIALS_URI=$FAASCMD_ENDPOINT{URI}");
    Who::after(&cloud, &uri).is("credentials URI", "SandboxOperatorRole/credentials-uri");
    let wrong = "export ALIBABA_CLOUD_CREDENTIALS_URI=$FAASCMD_ENDPOINT/latest/none?token=hunter2";
    let who = Who::after(&cloud, wrong);
    who.is_broken(&["/latest/none: it answers HTTP 404"]);
    assert!(!who.credentials.to_string().contains("hunter2"));
}

#[test]
fn the_instance_s_role_by_both_versions_of_its_metadata() {
    let role = "SandboxInstanceRole/i-bp1faascmdsandbox0001";
    Who::after(&Cloud::start(&[]), "").is("instance role", role);
    let strict = Cloud::start(&["--metadata-v2-only"]);
    Who::after(&strict, "export ALIBABA_CLOUD_IMDSV1_DISABLED=true").is("instance role", role);
    let off = Who::after(&Cloud::start(&[]), "export ALIBABA_CLOUD_ECS_METADATA_DISABLED=true");
    assert!(
        off.credentials["detail"].as_str().unwrap().contains("ALIBABA_CLOUD_ECS_METADATA_DISABLED is set")
    );
    let wrong = Who::after(&Cloud::start(&[]), "export ALIBABA_CLOUD_ECS_METADATA=None");
    wrong.is_broken(&["/ram/security-credentials/None: the instance has no such role"]);
}

#[test]
fn a_token_that_ends_early_is_renewed_once_and_nobody_notices() {
    let cloud = Cloud::start(&["--fault", "expired-token"]);
    let who = Who::after(&cloud, "");
    who.is("instance role", "SandboxInstanceRole/i-bp1faascmdsandbox0001");
}

#[test]
fn a_command_without_any_credentials_says_where_it_looked() {
    let script = format!("{UNSET}\nfaascmd object ls -o json");
    let ran: Ran = cloud().shell(&script).exits(3);
    let message = ran.error()["message"].as_str().unwrap().to_owned();
    for place in [
        "environment",
        "credentials file",
        "aliyun profile",
        "shared file",
        "credentials URI",
        "instance role",
    ] {
        assert!(message.contains(&format!("{place} (")), "{message}");
    }
}

#[test]
fn what_can_be_seen_by_others_is_warned_of() {
    let world = World::new();
    let insecure = ["--insecure-http", "config", "--show", "--endpoint", "oss=http://192.0.2.1"];
    let shown = world.faascmd(&insecure).exits(0);
    assert!(shown.stderr.contains("http://192.0.2.1 is not https"), "{}", shown.stderr);
    let local = world.faascmd(&["config", "--show", "--endpoint", "http://127.0.0.1:1"]).exits(0);
    assert_eq!(local.stderr, "");
    let wide = format!(
        "{}\nchmod 644 ~/.aliyun/config.json",
        profiles("k", &json!([with_key("k", "AK", &json!({}))]))
    );
    let ran = cloud().shell(&format!("{UNSET}\n{wide}\nfaascmd object ls")).exits(0);
    assert!(
        ran.stderr.contains("config.json can be read by others (mode 0644); chmod 600 "),
        "{}",
        ran.stderr
    );
}
