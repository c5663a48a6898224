//! `faascmd doctor`: what is wrong, and the next command.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::common::cloud::Cloud;
use crate::common::http::Nobody;
use crate::common::world::{Ran, World};

/// The named check of a diagnosis.
fn check<'a>(diagnosis: &'a Value, name: &str) -> &'a Value {
    let items = diagnosis["items"].as_array().unwrap();
    items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no `{name}` in {diagnosis:#}"))
}

fn offline(world: &World, args: &[&str]) -> Ran {
    let nobody = Nobody::new();
    let fixed = ["doctor", "--region", "cn-hangzhou", "--endpoint", &nobody.endpoint(), "-o", "json"];
    world.faascmd(&[&fixed, args].concat())
}

#[test]
fn without_credentials_and_network_says_what_is_missing_and_goes_on() {
    let diagnosis = offline(&World::new(), &[]).exits(1).json();
    assert_eq!((&diagnosis["schema"], &diagnosis["ok"]), (&"faascmd.doctor/1".into(), &false.into()));
    let credentials = check(&diagnosis, "credentials");
    assert_eq!((&credentials["state"], &credentials["next"]), (&"fail".into(), &"faascmd config".into()));
    let passed = credentials["facts"]["passed"].as_array().unwrap();
    let sources: Vec<_> = passed.iter().map(|p| p["source"].as_str().unwrap()).collect();
    let order = [
        "environment",
        "credentials file",
        "aliyun profile",
        "shared file",
        "credentials URI",
        "instance role",
    ];
    assert_eq!(sources, order);
    assert_eq!(check(&diagnosis, "caller")["state"], "skipped");
    assert_eq!(check(&diagnosis, "endpoint oss")["state"], "fail");
    assert_eq!(check(&diagnosis, "endpoint faas")["detail"], "see endpoint oss");
    assert_eq!(check(&diagnosis, "device")["state"], "skipped");
}

#[test]
fn a_broken_file_of_settings_is_a_finding() {
    let world = World::new();
    world.file(".faascredentials", "[OSS]\nbucket\n");
    let diagnosis = offline(&world, &[]).exits(1).json();
    let settings = check(&diagnosis, "settings");
    assert_eq!(settings["state"], "fail");
    assert!(settings["detail"].as_str().unwrap().contains(".faascredentials:2: "), "{settings}");
}

#[test]
fn a_device_that_was_named_and_is_not_there_is_a_failure() {
    let diagnosis = offline(&World::new(), &["--device", "/dev/nonexistent"]).exits(1).json();
    assert_eq!(check(&diagnosis, "device")["state"], "fail");
}

#[test]
fn the_report_is_private_and_holds_no_secret() {
    let world = World::new();
    let text = "[FaaSCredentials]\naccessid=LTAI5tExampleAccessKeyId\naccesskey=hunter2hunter2\n";
    let path = world.file(".faascredentials", text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let diagnosis = offline(&world, &["--report", "report.json", "-vvv"]).exits(1);
    assert!(diagnosis.stderr.contains("can be read by others (mode 0644)"), "{}", diagnosis.stderr);
    assert_eq!(check(&diagnosis.json(), "credentials")["next"], format!("chmod 600 {}", path.display()));
    let report = world.path().join("report.json");
    assert_eq!(std::fs::metadata(&report).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(text.contains("LTAI…eyId") && text.contains("faascmd.doctor.report/1"), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("LTAI5tExample"), "{text}");
}

#[test]
fn with_everything_in_order_says_so_within_three_seconds() {
    let cloud = Cloud::start(&[]);
    cloud.faascmd(&["auth", "--yes", "-q"]).exits(0);
    let diagnosed = || cloud.faascmd(&["doctor", "-o", "json"]);
    let slowest = |diagnosis: &Value| {
        let seconds =
            diagnosis["items"].as_array().unwrap().iter().map(|check| check["seconds"].as_f64().unwrap());
        seconds.fold(0.0, f64::max)
    };
    // On a machine that is busy otherwise, some look is not disturbed.
    let is_quick = |ran: &Ran| ran.code == 0 && slowest(&ran.json()) < 3.0;
    let quick = std::iter::repeat_with(diagnosed).take(20).find(is_quick);
    let diagnosis = quick.unwrap_or_else(diagnosed).exits(0).json();
    assert!(slowest(&diagnosis) < 3.0, "{diagnosis:#}");
    for name in [
        "region",
        "credentials",
        "caller",
        "endpoint oss",
        "endpoint faas",
        "endpoint ram",
        "endpoint sts",
        "clock",
        "metadata",
        "bucket",
        "role",
        "policy",
        "images",
        "chip 0",
        "chip 1",
        "device",
    ] {
        let check = check(&diagnosis, name);
        assert_eq!(check["state"], "ok", "{check:#}");
    }
    assert_eq!(check(&diagnosis, "chip 0")["facts"]["shell"], "f30001");
    assert_eq!(check(&diagnosis, "images")["facts"]["quota"], 30);
}

#[test]
fn what_is_wrong_in_the_cloud_is_found_each_with_its_command() {
    let state = |cloud: &Cloud, flags: &str, name: &str| {
        let diagnosis = cloud.diagnosis("", flags);
        let check = check(&diagnosis, name).clone();
        let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("detail"), text("next"))
    };
    let cloud = Cloud::start(&[]);
    let (bucket, detail, next) = state(&cloud, "--bucket faascmd-beijing", "bucket");
    assert!(bucket == "fail" && detail.contains("cn-beijing"), "{detail} {next}");
    let (bucket, _, next) = state(&cloud, "--bucket no-such-bucket-here", "bucket");
    assert!(bucket == "fail" && next.contains("--bucket"), "{next}");
    let (role, detail, _) = state(&cloud, "--role-arn acs:ram::1:role/AliyunFAASDefaultRole", "role");
    assert!(role == "fail" && detail.contains("another account"), "{detail}");
    let (role, _, next) = state(&Cloud::start(&["--without-role"]), "", "role");
    assert_eq!((role.as_str(), next.as_str()), ("fail", "faascmd auth --bucket faascmd-sandbox"));
    let (clock, detail, _) = state(&Cloud::start(&["--clock-offset", "3600"]), "", "clock");
    assert!(clock == "warn" && detail.contains("behind"), "{detail}");
    let (chips, detail, _) = state(&cloud, "--instance-id i-bp1faascmdsandbox0002", "chips");
    assert!(chips == "fail", "{detail}");
}

#[test]
fn a_root_key_and_a_wrong_secret_are_told_apart() {
    let caller = |id: &str, secret: &str| {
        let key = format!("export ALIBABA_CLOUD_ACCESS_KEY_ID={id} ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}");
        check(&Cloud::start(&[]).diagnosis(&key, ""), "caller").clone()
    };
    let root = caller("LTAI5tFaascmdSandboxRoot", "SandboxRootSecret0123456789abc");
    assert_eq!((&root["state"], &root["facts"]["identity_type"]), (&"warn".into(), &"Account".into()));
    let wrong = caller("LTAI5tFaascmdSandboxUser", "x");
    assert_eq!(wrong["state"], "fail");
    assert!(wrong["detail"].as_str().unwrap().contains("SignatureDoesNotMatch"), "{wrong:#}");
}

#[test]
fn on_a_terminal_the_findings_have_the_colours_of_everything_else() {
    let cloud = Cloud::start(&[]);
    let mut command = cloud.program("setsid");
    command.args([
        "--ctty",
        "--wait",
        env!("CARGO_BIN_EXE_faascmd"),
        "doctor",
        "--bucket",
        "faascmd-foreign",
    ]);
    let (shown, code) = crate::common::terminal::Terminal::start(command).end();
    assert_eq!(code, 1);
    assert!(shown.contains("\u{1b}[32mok\u{1b}[0m") && shown.contains("mfail\u{1b}[0m"), "{shown:?}");
    let wide = shown.lines().map(|line| line.replace("\u{1b}", "").chars().count()).max();
    assert!(wide.is_some_and(|wide| wide < 400), "{shown}");
}

#[test]
fn a_report_takes_no_pipe_s_place_and_makes_no_folder() {
    let world = World::new();
    let pipe = world.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let error = offline(&world, &["--report", "pipe"]).exits(1).error();
    assert!(error["message"].as_str().unwrap().ends_with("is not an ordinary file, and stays"), "{error}");
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&pipe.metadata().unwrap().file_type()));
    let error = offline(&world, &["--report", "mistyped/report.json"]).exits(1).error();
    assert_eq!(error["hints"][0], "make the folder first", "{error}");
    assert!(!world.path().join("mistyped").exists());
}
