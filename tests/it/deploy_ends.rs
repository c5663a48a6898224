//! How a deployment ends that does not come to its end: what is told, and before what it is told.

use faascmd::testing::bitstream::sample;
use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::world::{Ran, World, ran};

const QUICK: &[&str] = &["--speed", "20"];
const DEPLOY: [&str; 4] = ["deploy", "bit.tar.gz", "-o", "json"];

fn with_package(flags: &[&str]) -> Cloud {
    let cloud = Cloud::start(&[QUICK, flags].concat());
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud
}

fn deploy(cloud: &Cloud, more: &[&str]) -> Ran {
    cloud.faascmd(&[&DEPLOY, more].concat())
}

/// Runs `faascmd` where nothing is set, and no metadata service is near.
fn as_a_new_user(world: &World, args: &[&str]) -> Ran {
    let mut command = world.command("faascmd");
    ran(command.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true").args(args))
}

/// Runs `faascmd`, which would wait for ever if it opened a pipe.
fn in_time(world: &World, args: &[&str]) -> Ran {
    let program = world.command("faascmd").get_program().to_owned();
    ran(world.command("timeout").arg("300").arg(program).args(args))
}

#[test]
fn what_is_wrong_with_the_file_is_told_before_what_is_not_set() {
    let world = World::new();
    world.file("notes.txt", "no bitstream");
    std::fs::create_dir(world.path().join("folder")).unwrap();
    nix::unistd::mkfifo(&world.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let told = |file: &str, code: i32, what: &str| {
        let ran = in_time(&world, &["deploy", file]).exits(code);
        assert!(ran.stderr.contains(what), "{file}: {}", ran.stderr);
    };
    told("nope.tar.gz", 5, "nope.tar.gz: No such file");
    told("folder", 2, "give the compiled file");
    told("pipe", 2, "pipe is a pipe, not a file");
    told("notes.txt", 11, "notes.txt");
    in_time(&world, &["check", "pipe"]).exits(2);
}

#[test]
fn all_that_is_not_set_is_told_at_once() {
    let world = World::new();
    world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let error = as_a_new_user(&world, &DEPLOY).exits(3).error();
    let message = error["message"].as_str().unwrap();
    for missing in ["no region is set", "no bucket is set", "no instance is named"] {
        assert!(message.contains(missing), "{message}");
    }
    assert_eq!(error["hints"].as_array().unwrap().len(), 3, "{error:#}");
    let no_load = as_a_new_user(&world, &[&DEPLOY[..], &["--no-load"]].concat()).exits(3).error();
    assert!(!no_load["message"].as_str().unwrap().contains("instance"), "{no_load:#}");
}

#[test]
fn an_image_that_the_chip_would_refuse_is_not_built() {
    let cloud = with_package(&[]);
    let error = deploy(&cloud, &["--shell", "V1.0"]).exits(2).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("V1.0") && message.contains("f30001"), "{message}");
    let requests = cloud.requests();
    assert_eq!((count(&requests, "PutObject"), count(&requests, "CreateFpgaImageTask")), (0, 0));
    let forced = deploy(&cloud, &["--shell", "V1.0", "--force"]);
    assert_ne!(forced.code, 0);
    assert!(count(&cloud.requests(), "CreateFpgaImageTask") > 0, "{}", forced.stderr);
}

#[test]
fn a_bucket_of_another_region_is_refused_before_anything_is_sent() {
    let cloud = with_package(&[]);
    for command in [&DEPLOY[..], &["object", "put", "bit.tar.gz", "-o", "json"]] {
        let error = cloud.faascmd(&[command, &["--bucket", "faascmd-beijing"]].concat()).exits(4).error();
        let hints = error["hints"].to_string();
        assert!(hints.contains("--region cn-beijing") && !hints.contains("FullAccess"), "{hints}");
    }
    let requests = cloud.requests();
    assert_eq!((count(&requests, "PutObject"), count(&requests, "CreateFpgaImageTask")), (0, 0));
}

/// What the error document says of the deployment: the steps that were done.
#[track_caller]
fn told(error: &Value, exit: u64, steps: &[&str]) {
    assert_eq!(error["exit_code"], exit, "{error:#}");
    let names: Vec<_> = error["steps"].as_array().unwrap().iter().map(|step| &step["name"]).collect();
    assert_eq!(names, steps, "{error:#}");
    assert_eq!(error["object"]["key"], "bit.tar.gz", "{error:#}");
    assert_eq!(error["image_uuid"].as_str().map(str::len), Some(36), "{error:#}");
    assert!(error["next"].as_str().unwrap().starts_with("faascmd deploy bit.tar.gz"), "{error:#}");
}

#[test]
fn where_it_ended_stands_in_the_error_s_document() {
    let slow = with_package(&["--build-time", "1000"]);
    let pending = deploy(&slow, &["--timeout", "2s"]).exits(8).error();
    told(&pending, 8, &["check", "upload"]);
    for text in [&pending["next"], &pending["hints"][0]] {
        assert!(!text.as_str().unwrap().contains("timeout"), "the limit was too short: {pending:#}");
    }
    let failed = with_package(&["--fault", "build-fails"]);
    told(&deploy(&failed, &[]).exits(9).error(), 9, &["check", "upload"]);
    let loaded = ["check", "upload", "create", "load"];
    let healthy = with_package(&[]);
    let nowhere =
        deploy(&healthy, &["--driver", "none", "--test", "smoke", "--device", "/dev/nonexistent"]).exits(10);
    told(&nowhere.error(), 10, &loaded);
    let faulty = with_package(&["--fault", "ddr-error"]);
    let found = deploy(&faulty, &["--test", "smoke"]).exits(11).error();
    told(&found, 11, &[&loaded[..], &["smoke"]].concat());
    assert_eq!(found["tests"][0]["result"], "failed");
}

#[test]
fn a_file_that_nobody_could_deploy_is_told_with_what_was_done() {
    let cloud = with_package(&[]);
    cloud.world.file("zynq.tar.gz", sample::package("xc7z020clg400-1"));
    let error = cloud.faascmd(&["deploy", "zynq.tar.gz", "-o", "json"]).exits(11).error();
    assert_eq!((&error["image_uuid"], &error["object"]), (&Value::Null, &Value::Null));
    assert_eq!(error["next"], "faascmd deploy zynq.tar.gz -o json");
}

#[test]
fn of_ten_that_test_at_once_each_waits_for_the_device() {
    let cloud = with_package(&[]);
    cloud.faascmd(&DEPLOY).exits(0);
    let start = |_| cloud.command(&[&DEPLOY[..], &["--test", "smoke"]].concat()).spawn().unwrap();
    let children: Vec<_> = (0..10).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_the_kernel_makes_up_is_no_file_to_send() {
    let cloud = Cloud::new();
    let ran = cloud.faascmd(&["object", "put", "/proc/cpuinfo"]).exits(2);
    assert!(
        ran.stderr.contains("made up by the kernel") && ran.stderr.contains("cat /proc/cpuinfo"),
        "{}",
        ran.stderr
    );
    assert_eq!(count(&cloud.requests(), "PutObject"), 0);
}

#[test]
fn a_full_disk_behind_stdout_is_told() {
    let cloud = with_package(&[]);
    let ran = cloud.shell("faascmd deploy bit.tar.gz > /dev/full").exits(1);
    assert!(ran.stderr.contains("can't write to stdout"), "{}", ran.stderr);
}

#[test]
fn the_command_that_goes_on_orders_nothing_anew() {
    let cloud = with_package(&["--build-time", "600"]);
    let force = ["deploy", "bit.tar.gz", "--force", "--no-load", "--timeout", "0", "-ojson"];
    let error = cloud.faascmd(&force).exits(8).error();
    assert_eq!(error["hints"][0], "it goes on where it stopped: faascmd deploy bit.tar.gz --no-load -ojson");
    assert_eq!(error["next"], "faascmd deploy bit.tar.gz --no-load -ojson", "{error}");
    cloud.faascmd(&["deploy", "bit.tar.gz", "--no-load", "--timeout", "0"]).exits(8);
    assert_eq!(count(&cloud.requests(), "CreateFpgaImageTask"), 1);
}

#[test]
fn a_hint_has_the_settings_that_were_typed() {
    let cloud = with_package(&["--build-time", "600"]);
    let typed = ["--region=cn-hangzhou", "--bucket", "faascmd-sandbox"];
    let ran = cloud.faascmd(&[&["deploy", "bit.tar.gz", "--no-wait"], &typed[..]].concat()).exits(0);
    let wait = ran.stderr.lines().find(|line| line.starts_with("wait for it: ")).unwrap();
    assert!(wait.ends_with(" --region cn-hangzhou --bucket faascmd-sandbox"), "{wait}");
}

#[test]
fn a_plan_has_the_tests_too() {
    let cloud = with_package(&[]);
    let plan =
        cloud.faascmd(&["deploy", "bit.tar.gz", "--dry-run", "--test", "all", "-ojson"]).exits(0).json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let planned: Vec<_> = steps.filter(|step| step["state"] == "planned").map(|step| &step["name"]).collect();
    assert_eq!(planned, ["upload", "create", "load", "smoke", "prbs"]);
}
