//! `faascmd image`: one command for each thing that is done with images.

use faascmd::testing::bitstream::sample;
use serde_json::{Value, json};

use crate::common::cloud::{Cloud, count};

const OLD: &str = "91598d20-b802-11e7-879a-8db2aa11bb22";

/// A cloud with a package and a green bitstream in the bucket.
fn with_objects(flags: &[&str]) -> Cloud {
    let running = Cloud::start(&[&["--speed", "20"], flags].concat());
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    running.world.file("a.gbs", sample::gbs(1000));
    running.faascmd(&["object", "put", "bit.tar.gz"]).exits(0);
    running.faascmd(&["object", "put", "a.gbs"]).exits(0);
    running.requests();
    running
}

fn json(running: &Cloud, args: &[&str]) -> Value {
    running.faascmd(&[args, &["-o", "json"]].concat()).exits(0).json()
}

#[test]
fn creating_returns_at_once_and_names_the_command_that_waits() {
    let running = with_objects(&[]);
    let ran = running.faascmd(&["image", "create", "bit.tar.gz", "--name", "mine", "-o", "json"]).exits(0);
    let image = ran.json();
    assert_eq!(image["schema"], "faascmd.image.create/1");
    assert_eq!((&image["state"], &image["shell"]), (&json!("queued"), &json!("f30001")));
    assert_eq!(image["object"], json!({"bucket": "faascmd-sandbox", "key": "bit.tar.gz"}));
    let uuid = image["uuid"].as_str().unwrap();
    assert!(ran.stderr.contains(&format!("faascmd image wait {uuid}")), "{}", ran.stderr);
    let waited = json(&running, &["image", "wait", uuid]);
    assert_eq!((&waited["schema"], &waited["state"]), (&json!("faascmd.image.wait/1"), &json!("success")));
    assert_eq!(waited["name"], "mine");
}

#[test]
fn creating_takes_the_shell_of_the_newest_intel_image_and_waits_if_asked() {
    let running = with_objects(&[]);
    let image = json(&running, &["image", "create", "a.gbs", "--wait"]);
    assert_eq!((&image["state"], &image["shell"]), (&json!("success"), &json!("V1.1")));
}

#[test]
fn a_lost_answer_makes_one_image() {
    let running = with_objects(&["--fault", "lost-answer=CreateFpgaImageTask"]);
    json(&running, &["image", "create", "a.gbs"]);
    assert_eq!(count(&running.requests(), "CreateFpgaImageTask"), 1);
    assert_eq!(json(&running, &["image", "ls"])["items"].as_array().unwrap().len(), 2);
}

#[test]
fn two_images_of_one_object_can_be_made() {
    let running = with_objects(&[]);
    let uuids = [(); 2].map(|()| json(&running, &["image", "create", "a.gbs"])["uuid"].clone());
    assert_ne!(uuids[0], uuids[1]);
}

#[test]
fn an_object_that_fits_no_chip_is_refused_by_its_first_bytes() {
    let running = with_objects(&[]);
    running.world.file("notes.txt", "not a bitstream at all\n");
    running.faascmd(&["object", "put", "notes.txt"]).exits(0);
    let error = running.faascmd(&["image", "create", "notes.txt", "-o", "json"]).exits(11).error();
    assert_eq!(error["kind"], "fault");
    running.faascmd(&["image", "create", "absent.gbs", "-o", "json"]).exits(5);
    running.faascmd(&["image", "create", "notes.txt", "--no-check", "-o", "json"]).exits(2);
    assert_eq!(count(&running.requests(), "CreateFpgaImageTask"), 0);
}

#[test]
fn lists_newest_first_with_times_in_utc() {
    let running = with_objects(&[]);
    let made = json(&running, &["image", "create", "a.gbs", "--tags", "mine"]);
    let list = json(&running, &["image", "ls"]);
    assert_eq!(list["schema"], "faascmd.image.list/1");
    assert_eq!(list["items"][0]["uuid"], made["uuid"]);
    assert_eq!(
        list["items"][1],
        json!({
            "uuid": OLD, "name": "dma_afu", "state": "success", "shell": "V1.1", "encrypted": false,
            "description": null, "tags": null, "create_time": "2017-10-23T14:58:02Z",
            "update_time": "2017-10-23T14:58:07Z", "publish_time": null
        })
    );
    let text = running.faascmd(&["image", "ls"]).exits(0).stdout;
    assert_eq!(
        text.lines().last().unwrap(),
        format!("{OLD}\tsuccess\tV1.1\t2017-10-23T14:58:02Z\tdma_afu\t")
    );
}

#[test]
fn removes_what_is_there_and_says_what_is_not() {
    let running = with_objects(&[]);
    let plan = json(&running, &["image", "rm", OLD, "--dry-run"]);
    assert_eq!((&plan["dry_run"], &plan["items"][0]["uuid"]), (&json!(true), &json!(OLD)));
    json(&running, &["image", "show", OLD]);
    json(&running, &["image", "rm", OLD, "--yes"]);
    let error = running.faascmd(&["image", "rm", OLD, "--yes", "-o", "json"]).exits(5).error();
    assert!(error["message"].as_str().unwrap().contains(&format!("there is no image {OLD}")), "{error}");
    running.faascmd(&["image", "show", OLD]).exits(5);
}

#[test]
fn a_removal_whose_answer_was_lost_is_done() {
    let running = with_objects(&["--fault", "lost-answer=DeleteFpgaImage"]);
    json(&running, &["image", "rm", OLD, "--yes"]);
    assert_eq!(json(&running, &["image", "ls"])["items"], json!([]));
}

#[test]
fn the_log_of_a_failed_build_is_found_by_the_image() {
    let running = with_objects(&["--fault", "build-fails"]);
    let ran = running.faascmd(&["image", "create", "bit.tar.gz", "--wait"]).exits(9);
    assert_eq!(
        ran.stderr.lines().filter(|line| line.starts_with("  ") && !line.contains("hint:")).count(),
        20
    );
    let failed = json(&running, &["image", "ls"])["items"][0].clone();
    assert_eq!(failed["state"], "failed");
    let uuid = failed["uuid"].as_str().unwrap();
    let log = json(&running, &["image", "log", uuid]);
    assert_eq!((&log["schema"], &log["certain"]), (&json!("faascmd.image.log/1"), &json!(true)));
    assert!(log["key"].as_str().unwrap().starts_with("compiling_logs/"), "{log}");
    let text = running.faascmd(&["image", "log", uuid]).exits(0).stdout;
    assert_eq!(text, log["text"].as_str().unwrap());
    assert!(text.contains("ERROR: "), "{text}");
    let last = running.faascmd(&["image", "log", uuid, "-n", "3"]).exits(0).stdout;
    assert_eq!(last.lines().count(), 3);
    assert!(text.ends_with(&last));
    // The log stays when the image goes.
    json(&running, &["image", "rm", uuid, "--yes"]);
    running.faascmd(&["image", "log", uuid]).exits(0);
    running.faascmd(&["image", "log", OLD]).exits(5);
}

#[test]
fn publishes_a_finished_image_only() {
    let running = with_objects(&["--build-time", "100000"]);
    let publish = |uuid: &str, more: &[&str]| {
        running.faascmd(&[&["image", "publish", uuid, "--ecs-image", "m-1", "-o", "json"], more].concat())
    };
    assert_eq!(publish(OLD, &["--dry-run"]).exits(0).json()["dry_run"], true);
    assert_eq!(count(&running.requests(), "PublishFpgaImage"), 0);
    let published = publish(OLD, &[]).exits(0).json();
    assert_eq!((&published["uuid"], &published["ecs_image"]), (&json!(OLD), &json!("m-1")));
    assert_eq!(publish("absent", &[]).exits(5).error()["code"], "FPGA IMAGE NOT FOUND");
    let queued = json(&running, &["image", "create", "bit.tar.gz"])["uuid"].clone();
    assert_eq!(publish(queued.as_str().unwrap(), &[]).exits(6).error()["code"], "FPGA IMAGE STATE ERROR");
}

#[test]
fn a_plan_for_an_image_says_with_what_it_would_be_made() {
    let running = with_objects(&[]);
    let plan = json(&running, &["image", "create", "bit.tar.gz", "--dry-run", "--tags", "mine"]);
    assert_eq!(
        (&plan["dry_run"], &plan["fpga_type"], &plan["shell"]),
        (&json!(true), &json!("xilinx"), &json!("f30001"))
    );
    assert_eq!(plan["role_arn"], "acs:ram::1234567890123456:role/AliyunFAASDefaultRole");
    assert_eq!(count(&running.requests(), "CreateFpgaImageTask"), 0);
}

#[test]
fn the_service_s_refusals_have_their_own_words_and_exit_codes() {
    let running = with_objects(&[]);
    for (args, exit, code) in [
        (&["--shell", "V9.9"][..], 4, "SHELL NOT SUPPORT"),
        (&["--role-arn", "acs:ram::1234567890123456:role/absent"], 5, "EntityNotExist.RoleError"),
        (&["--role-arn", "acs:ram::6543210987654321:role/x"], 4, "RoleAccessError"),
        (&["--name", &"n".repeat(129)], 4, "PARAMETER INVALIDATE"),
    ] {
        let args = [&["image", "create", "bit.tar.gz", "-o", "json"], args].concat();
        let error = running.faascmd(&args).exits(exit).error();
        assert_eq!((&error["service"], &error["code"]), (&json!("faas"), &json!(code)));
        assert!(!error["hints"].as_array().unwrap().is_empty(), "{error}");
        assert!(error["request_id"].is_string(), "{error}");
    }
}

#[test]
fn an_image_is_made_by_address_for_a_chip_that_is_there_and_removed_once() {
    let running = with_objects(&["--fault", "build-fails"]);
    let address = "oss://faascmd-sandbox/bit.tar.gz";
    running.faascmd(&["image", "create", address, "--fpga", "nope"]).exits(5);
    running.faascmd(&["image", "create", address, "--fpga", "nope", "--shell", "f30001"]).exits(5);
    let other = running.faascmd(&["image", "create", address, "--fpga", "1", "--shell", "f30001"]).exits(2);
    assert!(other.stderr.contains("0x6c92bf4786940501"), "{}", other.stderr);
    let image = json(&running, &["image", "create", address, "--fpga", "0"]);
    assert_eq!(image["object"], json!({"bucket": "faascmd-sandbox", "key": "bit.tar.gz"}));
    let uuid = image["uuid"].as_str().unwrap();
    let failed = running.faascmd(&["image", "wait", uuid]).exits(9).stderr;
    assert!(failed.contains("faascmd image log") && !failed.contains("builds anew"), "{failed}");
    let removed = json(&running, &["image", "rm", uuid, uuid, "--yes"]);
    assert_eq!(removed["items"], json!([{"uuid": uuid}]));
}
