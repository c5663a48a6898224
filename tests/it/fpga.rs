//! `faascmd fpga`: the chips of an instance.

use faascmd::testing::bitstream::sample;
use serde_json::{Value, json};

use crate::common::cloud::{Cloud, count};
use crate::common::world::ran;

pub const OLD: &str = "91598d20-b802-11e7-879a-8db2aa11bb22";
const FOREIGN: &str = "a8cee2f0-b8bd-11e7-879a-0dba4bf26e88";

fn start(flags: &[&str]) -> Cloud {
    Cloud::start(&[&["--speed", "20"], flags].concat())
}

fn json(running: &Cloud, args: &[&str]) -> Value {
    running.faascmd(&[args, &["-o", "json"]].concat()).exits(0).json()
}

fn error(running: &Cloud, args: &[&str], exit: i32) -> Value {
    running.faascmd(&[args, &["-o", "json"]].concat()).exits(exit).error()
}

#[test]
fn lists_the_chips_with_their_numbers() {
    let list = json(&start(&[]), &["fpga", "ls"]);
    assert_eq!(list["schema"], "faascmd.fpga.list/1");
    let brief = |chip: &Value| {
        [&chip["index"], &chip["fpga_type"], &chip["shell"], &chip["fpga_status"]].map(Clone::clone)
    };
    assert_eq!(brief(&list["items"][0]), [json!(0), json!("xilinx"), json!("f30001"), json!("valid")]);
    assert_eq!(brief(&list["items"][1]), [json!(1), json!("intel"), json!("V0.11"), json!("valid")]);
}

#[test]
fn an_image_goes_to_the_chip_that_fits_and_is_loaded_once() {
    let running = start(&[]);
    let loaded = json(&running, &["fpga", "load", OLD]);
    assert_eq!(loaded["schema"], "faascmd.fpga.load/1");
    assert_eq!((&loaded["uuid"], &loaded["task_status"]), (&json!("0x6c92bf4786940501"), &json!("valid")));
    assert_eq!((&loaded["image_uuid"], &loaded["skipped"]), (&json!(OLD), &json!(false)));
    assert_eq!(json(&running, &["fpga", "load", OLD])["skipped"], true);
    assert_eq!(count(&running.requests(), "LoadFpgaImageTask"), 1);
    assert_eq!(json(&running, &["fpga", "load", OLD, "--force"])["skipped"], false);
    assert_eq!(count(&running.requests(), "LoadFpgaImageTask"), 1);
    let status = json(&running, &["fpga", "status", "--fpga", "1"]);
    assert_eq!((&status["schema"], &status["image_uuid"]), (&json!("faascmd.fpga.status/1"), &json!(OLD)));
    assert!(status["create_time"].as_str().unwrap().ends_with('Z'), "{status}");
}

#[test]
fn without_waiting_the_load_is_committed_and_can_be_waited_for() {
    let running = start(&[]);
    assert_eq!(json(&running, &["fpga", "load", OLD, "--no-wait"])["task_status"], "committed");
    let waited = json(&running, &["fpga", "wait", "--fpga", "1", "--image", OLD]);
    assert_eq!((&waited["schema"], &waited["task_status"]), (&json!("faascmd.fpga.wait/1"), &json!("valid")));
}

#[test]
fn a_chip_that_is_busy_is_waited_for_and_without_waiting_is_a_conflict() {
    // A load takes ten seconds here: longer than a busy machine takes to ask for another.
    let running = Cloud::start(&["--speed", "0.2", "--build-time", "1s"]);
    running.world.file("a.gbs", sample::gbs(1000));
    let args = ["deploy", "a.gbs", "--no-load", "--shell", "V1.1"];
    let other = json(&running, &args)["image"]["uuid"].as_str().unwrap().to_owned();
    json(&running, &["fpga", "load", OLD, "--no-wait"]);
    let refused = error(&running, &["fpga", "load", &other, "--no-wait"], 6);
    assert_eq!(refused["code"], "ANOTHER TASK RUNNING");
    let ran = running.faascmd(&["fpga", "load", &other, "-o", "json"]).exits(0);
    assert_eq!(ran.json()["image_uuid"], json!(other));
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("ANOTHER TASK RUNNING")).collect();
    assert!(lines.len() == 1 && lines[0].contains("until 20"), "{}", ran.stderr);
}

#[test]
fn a_load_whose_answer_was_lost_is_not_begun_again() {
    let running = start(&["--fault", "lost-answer=LoadFpgaImageTask"]);
    assert_eq!(json(&running, &["fpga", "load", OLD])["task_status"], "valid");
    assert_eq!(count(&running.requests(), "LoadFpgaImageTask"), 1);
}

#[test]
fn several_chips_and_none_named_is_a_wrong_command_line() {
    let running = start(&[]);
    for args in [&["fpga", "status"][..], &["fpga", "wait"]] {
        let message = error(&running, args, 2)["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains("0: 0x6c92bf4786940500") && message.contains("1: 0x6c92bf4786940501"),
            "{message}"
        );
    }
    json(&running, &["fpga", "status", "--fpga-type", "intel"]);
    assert_eq!(error(&running, &["fpga", "status", "--fpga", "9"], 5)["kind"], "not_found");
}

#[test]
fn the_service_s_refusals_have_their_own_words_and_exit_codes() {
    let running = start(&["--build-time", "100000"]);
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let queued =
        json(&running, &["deploy", "bit.tar.gz", "--no-wait"])["image"]["uuid"].as_str().unwrap().to_owned();
    for (args, exit, code) in [
        (&[FOREIGN, "--fpga", "0"][..], 4, "IMAGE ACCESS ERROR"),
        (&["00000000-0000-0000-0000-000000000000", "--fpga", "0"], 5, "IMAGE NOT FOUND"),
        (&[OLD, "--fpga", "0"], 4, "SHELL NOT MATCH"),
        (&[&queued], 6, "Image not in success state"),
    ] {
        let refused = error(&running, &[&["fpga", "load"], args].concat(), exit);
        assert_eq!((&refused["action"], &refused["code"]), (&json!("LoadFpgaImageTask"), &json!(code)));
        assert!(!refused["hints"].as_array().unwrap().is_empty(), "{refused}");
    }
    for (instance, exit, code) in
        [("i-bp1faascmdsandbox0002", 4, "INSTANCE INVALIDATE"), ("i-absent", 4, "NOT AUTHORIZED")]
    {
        let refused = error(&running, &["fpga", "ls", "--instance-id", instance], exit);
        assert_eq!((&refused["action"], &refused["code"]), (&json!("DescribeFpgaInstances"), &json!(code)));
    }
}

#[test]
fn a_failed_load_exits_9() {
    let running = start(&["--fault", "load-fails"]);
    assert_eq!(error(&running, &["fpga", "load", OLD], 9)["kind"], "task_failed");
    assert_eq!(error(&running, &["fpga", "wait", "--fpga", "1"], 9)["kind"], "task_failed");
}

#[test]
fn a_plan_loads_nothing() {
    let running = start(&[]);
    let plan = json(&running, &["fpga", "load", OLD, "--dry-run"]);
    assert_eq!((&plan["dry_run"], &plan["skipped"]), (&json!(true), &json!(false)));
    assert_eq!(count(&running.requests(), "LoadFpgaImageTask"), 0);
}

#[test]
fn a_driver_that_holds_the_chip_is_named_with_the_commands_that_help() {
    let running = start(&[]);
    let sysfs = running.world.path().join("sys");
    running.world.file("sys/bus/pci/drivers/xdma/0000:05:00.0/vendor", "0x10ee\n");
    let load = |more: &[&str]| {
        let mut command =
            running.command(&[&["fpga", "load", OLD, "--driver", "none", "-o", "json"], more].concat());
        ran(command.env("FAASCMD_SYSFS_ROOT", &sysfs))
    };
    let error = load(&[]).exits(6).error();
    let hints: Vec<&str> =
        error["hints"].as_array().unwrap().iter().map(|hint| hint.as_str().unwrap()).collect();
    assert_eq!(hints[0], "sudo rmmod xdma");
    assert!(
        hints[1].starts_with("faascmd fpga load ") && hints[2].starts_with("sudo modprobe xdma"),
        "{hints:?}"
    );
    load(&["--force"]).exits(0);
    // Another instance's chips are none of this machine's drivers' business.
    let other = load(&["--instance-id", "i-bp1faascmdsandbox0002"]).exits(4).error();
    assert_eq!(other["code"], "INSTANCE INVALIDATE");
}

#[test]
fn a_chip_of_another_type_is_told_beside_those_that_there_are() {
    let refused = error(&start(&[]), &["fpga", "status", "--fpga-type", "intel", "--fpga", "0"], 2);
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("was named, and one of type intel is needed; there are: 0: "), "{message}");
    assert!(message.contains("1: 0x6c92bf4786940501 (intel"), "{message}");
}

#[test]
fn the_command_that_waits_on_waits_for_the_same_image() {
    let running = start(&[]);
    running.faascmd(&["fpga", "load", OLD]).exits(0);
    let wait = ["fpga", "wait", "--fpga", "1", "--image", FOREIGN, "--timeout", "0"];
    let hint = error(&running, &wait, 8)["hints"][0].as_str().unwrap().to_owned();
    assert!(hint.contains(&format!(" --image {FOREIGN}")), "{hint}");
}
