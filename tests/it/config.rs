//! `faascmd config`: whose key it is, what is stored, and what never is.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::json;

use crate::common::cloud::Cloud;
use crate::common::http::Nobody;
use crate::common::terminal::Terminal;
use crate::common::world::{World, ran};

const ID: &str = "LTAI5tFaascmdSandboxUser";
const SECRET: &str = "SandboxUserSecret0123456789abc";

#[test]
fn stores_a_key_as_the_old_tool_did_and_says_whose_it_is() {
    let cloud = Cloud::new();
    let ran =
        cloud.faascmd(&["config", &format!("--id={ID}"), &format!("--key={SECRET}"), "-o", "json"]).exits(0);
    let file = cloud.credentials_file();
    let expected = json!({
        "schema": "faascmd.config/1", "file": file, "access_key_id": ID, "verified": true,
        "account_id": "1234567890123456", "arn": "acs:ram::1234567890123456:user/faas-engineer",
        "identity_type": "RAMUser", "region": null, "bucket": null, "role_arn": null,
        "next": "faascmd auth --bucket BUCKET"
    });
    assert_eq!(ran.json(), expected);
    assert!(ran.stderr.contains("warning: a secret on the command line"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, format!("[FaaSCredentials]\naccessid={ID}\naccesskey={SECRET}\n"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_secret_from_stdin_is_nowhere_to_be_seen() {
    let cloud = Cloud::new();
    let mut command = cloud.program("faascmd");
    command.args(["config", "--id", ID, "--key", "-", "-vvv"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{SECRET}").unwrap();
    let output = child.wait_with_output().unwrap();
    let seen = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(output.status.success() && !seen.contains(SECRET) && !seen.contains("warning"), "{seen}");
    assert!(fs::read_to_string(cloud.credentials_file()).unwrap().contains(SECRET));
}

#[test]
fn a_key_that_the_service_refuses_leaves_the_file_as_it_was() {
    let cloud = Cloud::new();
    let before = "# mine\n[FaaSCredentials]\naccessid=old\naccesskey=older\n";
    fs::write(cloud.credentials_file(), before).unwrap();
    for (id, code) in [(ID, "SignatureDoesNotMatch"), ("LTAI5tNobody", "InvalidAccessKeyId.NotFound")] {
        let error = cloud.faascmd(&["config", "--id", id, "--key", "wrong", "-o", "json"]).exits(4).error();
        assert_eq!(error["code"], code);
        assert_eq!(fs::read_to_string(cloud.credentials_file()).unwrap(), before);
    }
}

#[test]
fn off_line_the_key_is_stored_with_a_warning() {
    let world = World::new();
    let nobody = Nobody::new();
    let args = ["config", "--id", ID, "--key", SECRET, "--endpoint", &nobody.endpoint(), "-o", "json"];
    let ran = world.faascmd(&args).exits(0);
    assert_eq!((&ran.json()["verified"], &ran.json()["arn"]), (&json!(false), &json!(null)));
    assert!(ran.stderr.contains("stored without knowing whether it is right"), "{}", ran.stderr);
    assert!(fs::read_to_string(world.path().join(".faascredentials")).unwrap().contains(SECRET));
}

#[test]
fn the_accounts_own_key_is_warned_of() {
    let root = ["--id", "LTAI5tFaascmdSandboxRoot", "--key", "SandboxRootSecret0123456789abc"];
    let ran = Cloud::new().faascmd(&[&["config"][..], &root].concat()).exits(0);
    assert!(ran.stderr.contains("warning: this AccessKey is the account's own (root)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning: ALIBABA_CLOUD_ACCESS_KEY_ID is set to another"), "{}", ran.stderr);
}

#[test]
fn what_others_wrote_into_the_file_stays_and_its_mode_is_narrowed() {
    let cloud = Cloud::new();
    let file = cloud.credentials_file();
    fs::write(&file, "; mine\n[FaaSCredentials]\naccessid=old ; why\naccesskey=old\n[Other]\nx=1\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = cloud.faascmd(&["config", "--id", ID, "--key", SECRET, "--region", "cn-shanghai"]).exits(0);
    assert!(ran.stderr.contains("can be read by others (mode 0644)"), "{}", ran.stderr);
    let expected = format!(
        "; mine\n[FaaSCredentials]\naccessid={ID} ; why\naccesskey={SECRET}\n[Other]\nx=1\n[faascmd]\nregion=cn-shanghai\n"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_setting_is_stored_by_itself_and_shown_with_its_source() {
    let world = World::new();
    world.faascmd(&["config", "--region", "cn-beijing", "--bucket", "bucket"]).exits(0);
    let shown = world.faascmd(&["config", "--show", "-o", "json"]).exits(0).json();
    let of = |name: &str| {
        let items = shown["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap().clone()
    };
    let place = format!("{}:2", world.path().join(".faascredentials").display());
    assert_eq!(of("region"), json!({"name": "region", "value": "cn-beijing", "source": place}));
    assert_eq!(of("role_arn"), json!({"name": "role_arn", "value": null, "source": null}));
}

#[test]
fn a_region_with_a_typo_is_not_stored_and_the_right_one_offered() {
    let world = World::new();
    let file = world.path().join(".faascredentials");
    for text in ["cn-hangzou", "cn-hangzhou-b", "CN-HANGZHOU"] {
        let ran = world.faascmd(&["config", "--region", text]).exits(2);
        assert!(ran.stderr.contains("is cn-hangzhou meant?") && !file.exists(), "{}", ran.stderr);
    }
    world.faascmd(&["config", "--region", "cn-hangzou", "--yes"]).exits(0);
    world.faascmd(&["config", "--region", "xx-newest-9"]).exits(0);
    assert!(fs::read_to_string(&file).unwrap().contains("region=xx-newest-9"));
}

#[test]
fn without_a_terminal_the_flags_are_named() {
    for args in [&["config"][..], &["config", "--id", ID]] {
        let ran = World::new().faascmd(args).exits(2);
        assert!(ran.stderr.contains("faascmd config --id ID --key -"), "{}", ran.stderr);
    }
    let ran = World::new().faascmd(&["config", "--id", "STS.x", "--key", "y"]).exits(2);
    assert!(ran.stderr.contains("ALIBABA_CLOUD_SECURITY_TOKEN"), "{}", ran.stderr);
}

#[test]
fn on_a_terminal_it_asks_and_does_not_show_the_secret() {
    let cloud = Cloud::new();
    let mut command = cloud.program("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_faascmd"), "config"]);
    let mut terminal = Terminal::start(command);
    terminal.shows("AccessKey id: ");
    terminal.type_line(ID);
    terminal.shows("AccessKey secret (not shown): ");
    terminal.hides_what_is_typed();
    terminal.type_line(SECRET);
    terminal.shows("Region, such as cn-hangzhou: ");
    terminal.type_line("cn-hangzhou");
    terminal.shows("OSS bucket of that region (may stay empty): ");
    terminal.type_line("faascmd-sandbox");
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("faascmd auth --bucket faascmd-sandbox"), "{shown}");
    let text = fs::read_to_string(cloud.credentials_file()).unwrap();
    assert!(text.contains("faascmd-sandbox") && text.contains("cn-hangzhou"), "{text}");
    assert!(shown.contains(ID) && shown.contains("user/faas-engineer"), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(fs::read_to_string(cloud.credentials_file()).unwrap().contains(SECRET));
}

#[test]
fn a_flag_is_told_from_a_variable_of_the_same_value() {
    let world = World::new();
    let source = |args: &[&str]| {
        let mut command = world.command("faascmd");
        let ran = ran(command.env("FAASCMD_REGION", "cn-hangzhou").args(args)).exits(0);
        ran.json()["items"][0]["source"].clone()
    };
    assert_eq!(source(&["config", "--show", "-o", "json"]), "FAASCMD_REGION");
    assert_eq!(source(&["config", "--show", "-o", "json", "--region", "cn-hangzhou"]), "--region");
    assert_eq!(source(&["--region", "cn-hangzhou", "config", "--show", "-o", "json"]), "--region");
}

#[test]
fn the_key_in_effect_is_that_of_the_profile_that_was_named() {
    let world = World::new();
    let profile = json!({"name": "p", "mode": "AK", "access_key_id": "LTAIofP", "access_key_secret": "s"});
    world.file(".aliyun/config.json", json!({"current": "other", "profiles": [profile]}).to_string());
    let key = |profile: &str| {
        let mut show = world.command("faascmd");
        show.args(["config", "--show", "-ojson", "--profile", profile]);
        show.envs([("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIother"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s")]);
        let shown = ran(&mut show).exits(0).json();
        let items = shown["items"].as_array().unwrap().iter();
        items
            .filter(|item| item["name"] == "access_key_id")
            .map(|item| item["value"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!((key("p"), key("none")), (vec![json!("LTAIofP")], vec![json!(null)]));
}

#[test]
fn a_link_to_a_file_that_is_not_there_yet_stays_one() {
    let cloud = Cloud::new();
    let script = format!(
        "mkdir dot; rm -f \"$FAASCMD_CREDENTIALS_FILE\"; ln -s \"$PWD/dot/cred\" \"$FAASCMD_CREDENTIALS_FILE\"
        echo {SECRET} | faascmd config --id={ID} --key=- > /dev/null
        [ -L \"$FAASCMD_CREDENTIALS_FILE\" ]; stat -c %a dot/cred; grep -c {SECRET} dot/cred"
    );
    assert_eq!(cloud.shell(&script).exits(0).stdout, "600\n1\n");
}

#[test]
fn without_a_home_there_is_no_file_and_the_rest_is_shown() {
    let world = World::new();
    let mut show = world.command("faascmd");
    show.env_remove("HOME").env("FAASCMD_REGION", "cn-hangzhou").args(["config", "--show", "-ojson"]);
    let shown = ran(&mut show).exits(0).json();
    assert_eq!(shown["items"][0]["value"], "cn-hangzhou");
    let items = shown["items"].as_array().unwrap();
    assert!(items.contains(&json!({"name": "access_key_id", "value": null, "source": null})), "{shown}");
}
