//! `faascmd deploy`: all the way, once; gone on with where it stopped.

use std::io::{BufRead, BufReader};

use faascmd::testing::bitstream::sample;
use serde_json::{Value, json};

use crate::common::cloud::{Cloud, count};
use crate::common::data;

/// A build of a quarter of a second, a load of a tenth.
const QUICK: &[&str] = &["--speed", "20"];

fn package() -> Vec<u8> {
    sample::package("xcvu9p-flgb2104-2-i")
}

/// A cloud with a package in the working directory.
fn with_package(flags: &[&str]) -> Cloud {
    let running = Cloud::start(&[QUICK, flags].concat());
    running.world.file("bit.tar.gz", package());
    running
}

fn states(document: &Value) -> Vec<(&str, &str)> {
    let steps = document["steps"].as_array().unwrap();
    steps.iter().map(|step| (step["name"].as_str().unwrap(), step["state"].as_str().unwrap())).collect()
}

/// How often each of the actions that must happen once did happen: upload, order, load.
fn done(requests: &[Value]) -> [usize; 3] {
    ["PutObject", "CreateFpgaImageTask", "LoadFpgaImageTask"].map(|action| count(requests, action))
}

#[test]
fn real_files_go_all_the_way() {
    let Some(folder) = data::real_files() else { return };
    for (file, shell) in [("bit.tar.gz", "f30001"), ("dma_afu.gbs", "V1.1")] {
        let path = folder.join(file);
        let args = ["deploy", path.to_str().unwrap(), "-o", "json"];
        let document = Cloud::start(QUICK).faascmd(&args).exits(0).json();
        assert_eq!(document["schema"], "faascmd.deploy/1");
        let expected = [("check", "done"), ("upload", "done"), ("create", "done"), ("load", "done")];
        assert_eq!(states(&document), expected);
        assert!(document["steps"].as_array().unwrap().iter().all(|step| step["seconds"].is_f64()));
        let object = &document["object"];
        assert_eq!((&object["bucket"], &object["key"]), (&json!("faascmd-sandbox"), &json!(file)));
        assert_eq!(object["size"], std::fs::metadata(&path).unwrap().len());
        assert!(object["crc64"].as_str().unwrap().parse::<u64>().is_ok());
        let (image, fpga) = (&document["image"], &document["fpga"]);
        assert_eq!((&image["state"], &image["shell"]), (&json!("success"), &json!(shell)));
        assert_eq!(fpga["task_status"], "valid");
        assert_eq!(fpga["instance_id"], "i-bp1faascmdsandbox0001");
        assert_eq!(fpga["image_uuid"], image["uuid"]);
    }
}

#[test]
fn people_see_a_line_for_each_step_on_stdout() {
    let cloud = Cloud::start(QUICK);
    cloud.world.file("a.gbs", sample::gbs(1000));
    let ran = cloud.faascmd(&["deploy", "a.gbs"]).exits(0);
    let firsts: Vec<&str> = ran.stdout.lines().map(|line| line.get(..14).unwrap_or(line)).collect();
    assert_eq!(firsts, ["✓ checked   ", "✓ uploaded  ", "✓ created   ", "✓ loaded    "], "{}", ran.stdout);
    let end = ran.stdout.lines().last().unwrap();
    assert!(end.contains("on i-bp1faascmdsandbox0001 (valid, "), "{end}");
    assert!(ran.stdout.contains("success, "), "{}", ran.stdout);
}

#[test]
fn what_is_no_file_is_refused_before_it_is_opened() {
    let cloud = Cloud::start(QUICK);
    nix::unistd::mkfifo(&cloud.world.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for (what, word) in [("pipe", "a pipe"), ("/dev/zero", "a device"), (".", "a directory")] {
        for flag in ["--dry-run", "--no-check"] {
            // Without the look, the pipe would wait for its writer, and the device have no end.
            let ran = cloud.shell(&format!("timeout 300 faascmd deploy --key k {flag} {what}")).exits(2);
            assert!(ran.stderr.contains(word) && ran.stderr.contains("hint"), "{}", ran.stderr);
        }
    }
}

#[test]
fn run_again_it_does_nothing_twice() {
    let running = with_package(&[]);
    let first = running.faascmd(&["deploy", "bit.tar.gz", "-o", "json"]).exits(0).json();
    let again = running.faascmd(&["deploy", "bit.tar.gz", "-o", "json"]).exits(0).json();
    let expected = [("check", "done"), ("upload", "skipped"), ("create", "skipped"), ("load", "skipped")];
    assert_eq!(states(&again), expected);
    assert_eq!((&again["image"]["uuid"], &again["fpga"]), (&first["image"]["uuid"], &first["fpga"]));
    assert_eq!(done(&running.requests()), [1, 1, 1]);
}

#[test]
fn the_same_content_under_another_name_is_not_built_again() {
    let running = with_package(&[]);
    running.faascmd(&["deploy", "bit.tar.gz"]).exits(0);
    running.world.file("renamed.tar.gz", package());
    running.faascmd(&["deploy", "renamed.tar.gz"]).exits(0);
    assert_eq!(done(&running.requests()), [2, 1, 1]);
}

#[test]
fn with_force_it_does_everything_anew() {
    let running = with_package(&[]);
    running.faascmd(&["deploy", "bit.tar.gz"]).exits(0);
    let anew = running.faascmd(&["deploy", "bit.tar.gz", "--force", "-o", "json"]).exits(0).json();
    assert!(states(&anew).iter().all(|(_, state)| *state == "done"), "{anew:#}");
    assert_eq!(done(&running.requests()), [2, 2, 2]);
}

#[test]
fn an_object_of_other_content_is_never_overwritten() {
    let running = with_package(&[]);
    running.world.file("other", "other content");
    running.faascmd(&["object", "put", "other", "oss://faascmd-sandbox/bit.tar.gz"]).exits(0);
    let document = running.faascmd(&["deploy", "bit.tar.gz", "--no-load", "-o", "json"]).exits(0).json();
    let key = document["object"]["key"].as_str().unwrap();
    let digits = key.strip_prefix("bit-").and_then(|rest| rest.strip_suffix(".tar.gz")).unwrap();
    assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    running.faascmd(&["object", "get", "bit.tar.gz", "back"]).exits(0);
    assert_eq!(std::fs::read(running.world.path().join("back")).unwrap(), b"other content");
    let again = running.faascmd(&["deploy", "bit.tar.gz", "--no-load", "-o", "json"]).exits(0).json();
    assert_eq!(again["object"]["key"], key);
}

#[test]
fn killed_after_each_step_it_goes_on_where_it_stopped() {
    for last in ["checked", "uploaded", "created", "loaded"] {
        let running = with_package(&[]);
        let mut child = running.command(&["deploy", "bit.tar.gz"]).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.into_iter().any(|line| line.contains(last)), "{last}");
        child.kill().unwrap();
        child.wait().unwrap();
        let document = running.faascmd(&["deploy", "bit.tar.gz", "-o", "json"]).exits(0).json();
        assert_eq!(document["fpga"]["image_uuid"], document["image"]["uuid"], "after {last}");
        assert_eq!(done(&running.requests()), [1, 1, 1], "after {last}");
    }
}

#[test]
fn a_lost_answer_is_looked_for_and_not_asked_for_again() {
    for action in ["CreateFpgaImageTask", "LoadFpgaImageTask", "PutObject"] {
        let running = with_package(&["--fault", &format!("lost-answer={action}")]);
        let ran = running.faascmd(&["deploy", "bit.tar.gz", "-o", "json"]).exits(0);
        assert_eq!(ran.json()["fpga"]["task_status"], "valid", "{action}");
        let puts = if action == "PutObject" { 2 } else { 1 };
        assert_eq!(done(&running.requests()), [puts, 1, 1], "{action}: {}", ran.stderr);
    }
}

#[test]
fn where_the_tags_are_refused_the_mark_goes_into_the_description() {
    let running = with_package(&[]);
    let tags = "t".repeat(120);
    let args = ["deploy", "bit.tar.gz", "--tags", &tags, "--description", "mine", "-o", "json"];
    let image = running.faascmd(&args).exits(0).json()["image"].clone();
    let shown = running.faascmd(&["image", "show", image["uuid"].as_str().unwrap(), "-o", "json"]).json();
    assert_eq!(shown["tags"], tags.as_str());
    assert!(shown["description"].as_str().unwrap().starts_with("mine,fc-"), "{shown:#}");
    assert_eq!(states(&running.faascmd(&args).exits(0).json())[2], ("create", "skipped"));
}

#[test]
fn a_plan_changes_nothing() {
    let running = with_package(&[]);
    let plan = running.faascmd(&["deploy", "bit.tar.gz", "--dry-run", "-o", "json"]).exits(0).json();
    let expected = [("check", "done"), ("upload", "planned"), ("create", "planned"), ("load", "planned")];
    assert_eq!((states(&plan), &plan["dry_run"]), (expected.to_vec(), &json!(true)));
    assert_eq!(done(&running.requests()), [0, 0, 0]);
    running.faascmd(&["deploy", "bit.tar.gz"]).exits(0);
    let plan = running.faascmd(&["deploy", "bit.tar.gz", "--dry-run", "-o", "json"]).exits(0).json();
    assert!(states(&plan)[1..].iter().all(|(_, state)| *state == "skipped"), "{plan:#}");
}

#[test]
fn without_waiting_it_orders_and_returns_and_the_next_run_goes_on() {
    let running = with_package(&[]);
    let ran = running.faascmd(&["deploy", "bit.tar.gz", "--no-wait", "-o", "json"]).exits(0);
    let (document, uuid) = (ran.json(), ran.json()["image"]["uuid"].as_str().unwrap().to_owned());
    assert_eq!((&document["image"]["state"], &document["fpga"]), (&json!("queued"), &Value::Null));
    assert!(ran.stderr.contains(&format!("faascmd image wait {uuid}")), "{}", ran.stderr);
    let document = running.faascmd(&["deploy", "bit.tar.gz", "--no-load", "-o", "json"]).exits(0).json();
    assert_eq!((&document["image"]["uuid"], &document["fpga"]), (&json!(uuid), &Value::Null));
    assert_eq!(done(&running.requests()), [1, 1, 0]);
}

#[test]
fn of_two_at_once_one_builds_and_the_other_waits_for_it() {
    let running = with_package(&[]);
    let start = || running.command(&["deploy", "bit.tar.gz", "-o", "json"]).spawn().unwrap();
    let outputs = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let uuids = outputs.map(|output| {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["image"]["uuid"].clone()
    });
    assert_eq!(uuids[0], uuids[1]);
    assert_eq!(done(&running.requests()), [1, 1, 1]);
}

#[test]
fn who_does_not_wait_is_told_that_another_run_is_at_it() {
    // The half hour is three minutes.
    let running = Cloud::start(&["--strict-frequency", "--speed", "10", "--build-time", "1s"]);
    running.world.file("a.gbs", sample::gbs(1000));
    running.world.file("b.gbs", sample::gbs(2000));
    running.faascmd(&["deploy", "a.gbs", "--no-load"]).exits(0);
    running.requests();
    let mut waits = running.command(&["deploy", "b.gbs", "--no-load"]).spawn().unwrap();
    while running.next_request()["code"] != "FREQUENCY ERROR" {}
    let error =
        running.faascmd(&["deploy", "b.gbs", "--no-load", "--no-wait", "-o", "json"]).exits(6).error();
    assert!(error["message"].as_str().unwrap().ends_with(&format!("of process {}", waits.id())), "{error}");
    waits.kill().unwrap();
    waits.wait().unwrap();
}

#[test]
fn the_service_s_half_hour_is_waited_out_and_without_waiting_is_a_conflict() {
    // The half hour is twenty seconds: longer than a busy machine takes to ask twice.
    let running = Cloud::start(&["--strict-frequency", "--speed", "90"]);
    running.world.file("bit.tar.gz", package());
    running.world.file("b.gbs", sample::gbs(1000));
    running.faascmd(&["deploy", "bit.tar.gz", "--no-load"]).exits(0);
    let refused =
        running.faascmd(&["deploy", "b.gbs", "--no-load", "--no-wait", "-o", "json"]).exits(6).error();
    assert_eq!((&refused["kind"], &refused["code"]), (&json!("conflict"), &json!("FREQUENCY ERROR")));
    let waited = running.faascmd(&["deploy", "b.gbs", "--no-load"]).exits(0);
    let lines: Vec<&str> = waited.stderr.lines().filter(|line| line.contains("FREQUENCY ERROR")).collect();
    assert!(lines.len() == 1 && lines[0].contains("until 20"), "{}", waited.stderr);
}

#[test]
fn callers_for_whom_no_images_are_made_are_stopped_before_anything_is_sent() {
    let running = with_package(&[]);
    let root = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFaascmdSandboxRoot"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SandboxRootSecret0123456789abc"),
    ];
    for variables in [&root[..], &[("ALIBABA_CLOUD_SECURITY_TOKEN", "some token")]] {
        let mut command = running.command(&["deploy", "bit.tar.gz", "-o", "json"]);
        let error = crate::common::world::ran(command.envs(variables.iter().copied())).exits(3).error();
        assert_eq!((&error["code"], &error["kind"]), (&json!("CALLER TYPE NOT SUPPORT"), &json!("config")));
    }
    let asked: Vec<_> = running.requests().iter().map(|request| request["action"].clone()).collect();
    assert_eq!(asked, ["GetCallerIdentity"]);
    let mut forced = running.command(&["deploy", "bit.tar.gz", "--force", "-o", "json"]);
    let error = crate::common::world::ran(forced.envs(root)).exits(4).error();
    assert_eq!(error["service"], "faas");
}

#[test]
fn an_image_is_encrypted_with_the_key_that_was_named() {
    let running = with_package(&[]);
    let key = "7906979c-8e06-46a2-be2d-68e3ccbc0001";
    let args = ["deploy", "bit.tar.gz", "--encrypt", "--kms-key", key, "-o", "json"];
    running.faascmd(&["deploy", "bit.tar.gz"]).exits(0);
    let document = running.faascmd(&args).exits(0).json();
    assert_eq!(
        states(&document)[2],
        ("create", "done"),
        "an open image does not stand in for an encrypted one"
    );
    let uuid = document["image"]["uuid"].as_str().unwrap();
    assert_eq!(running.faascmd(&["image", "show", uuid, "-o", "json"]).json()["encrypted"], true);
    running.faascmd(&["deploy", "bit.tar.gz", "--encrypt"]).exits(2);
    let again = running.faascmd(&args).exits(0).json();
    assert_eq!((states(&again)[2], &again["image"]["uuid"]), (("create", "skipped"), &json!(uuid)));
    let other = ["deploy", "bit.tar.gz", "--encrypt", "--kms-key", "another", "-o", "json"];
    let refused = running.faascmd(&other).exits(4).error();
    assert_eq!(refused["code"], "Forbidden.KeyNotFoundError", "another key's image does not stand in for it");
}

#[test]
fn a_chip_is_taken_by_its_type_and_by_name_only_if_it_fits() {
    let running = with_package(&[]);
    let error = |args: &[&str], code| running.faascmd(&[args, &["-o", "json"]].concat()).exits(code).error();
    let unfit = error(&["deploy", "bit.tar.gz", "--fpga", "1"], 2);
    assert!(
        unfit["message"].as_str().unwrap().contains("1: 0x6c92bf4786940501 (intel, shell V0.11)"),
        "{unfit}"
    );
    error(&["deploy", "bit.tar.gz", "--fpga", "2"], 5);
    assert_eq!(done(&running.requests()), [0, 0, 0]);
    let index = running.faascmd(&["deploy", "bit.tar.gz", "--fpga", "0", "-o", "json"]).exits(0).json();
    assert_eq!(index["fpga"]["uuid"], "0x6c92bf4786940500");
}

#[test]
fn the_shell_of_an_intel_image_has_to_be_known() {
    let running = Cloud::start(QUICK);
    running.world.file("a.gbs", sample::gbs(1000));
    running.faascmd(&["image", "rm", "91598d20-b802-11e7-879a-8db2aa11bb22", "--yes"]).exits(0);
    let error = running.faascmd(&["deploy", "a.gbs", "-o", "json"]).exits(2).error();
    let hint = error["hints"][0].as_str().unwrap();
    assert!(hint.contains("--shell V1.1") && hint.contains("--shell V1.0"), "{hint}");
    let document = running.faascmd(&["deploy", "a.gbs", "--shell", "V1.0", "-o", "json"]).exits(0).json();
    assert_eq!(document["image"]["shell"], "V1.0");
}

#[test]
fn a_failed_build_shows_the_end_of_its_log_and_is_not_taken_for_an_image() {
    let running = with_package(&["--fault", "build-fails"]);
    let ran = running.faascmd(&["deploy", "bit.tar.gz", "-o", "json"]).exits(9);
    assert_eq!(ran.error()["kind"], "task_failed");
    assert!(ran.stderr.contains("compiling_logs/"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("  ")).count(), 20, "{}", ran.stderr);
    running.faascmd(&["deploy", "bit.tar.gz"]).exits(9);
    assert_eq!(done(&running.requests()), [1, 2, 0]);
}

#[test]
fn a_failed_load_is_said_and_tried_anew() {
    let running = with_package(&["--fault", "load-fails"]);
    let error = running.faascmd(&["deploy", "bit.tar.gz", "-o", "json"]).exits(9).error();
    assert!(error["message"].as_str().unwrap().ends_with("the chip is invalid"), "{error}");
    running.faascmd(&["deploy", "bit.tar.gz"]).exits(9);
    assert_eq!(done(&running.requests()), [1, 1, 2]);
}

#[test]
fn the_loaded_chip_is_tested_and_the_results_stand_in_the_document() {
    let running = with_package(&[]);
    let args = ["deploy", "bit.tar.gz", "--test", "all", "--prbs-duration", "100ms", "-o", "json"];
    let document = running.faascmd(&args).exits(0).json();
    assert_eq!(states(&document)[4..], [("smoke", "done"), ("prbs", "done")]);
    assert_eq!(document["tests"][0]["result"], "passed");
    let lines = running.faascmd(&["deploy", "bit.tar.gz", "--test", "smoke"]).exits(0).stdout;
    assert!(lines.lines().last().unwrap().starts_with("✓ smoke      passed in"), "{lines}");
    running.world.file("a.gbs", sample::gbs(1000));
    running.faascmd(&["deploy", "a.gbs", "--test", "smoke"]).exits(2);
}

#[test]
fn a_test_that_finds_a_fault_is_exit_11_and_ends_the_tests() {
    let running = with_package(&["--fault", "ddr-error"]);
    let ran = running.faascmd(&["deploy", "bit.tar.gz", "--test", "smoke,prbs", "-o", "json"]).exits(11);
    let document = ran.error();
    assert_eq!(states(&document)[4..], [("smoke", "failed")]);
    assert_eq!(document["tests"][0]["result"], "failed");
}
