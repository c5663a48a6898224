//! The old tool's commands: its flags, its output, its refusals, with exit codes that a Makefile can trust.

use std::io::{BufRead as _, BufReader};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use faascmd::testing::bitstream::sample;
use serde_json::{Value, json};

use crate::common::cloud::Cloud;
use crate::common::legacy::answer;
use crate::common::line::{Fate, Line};
use crate::common::world::{Ran, World, ran};

const INSTANCE: &str = "i-bp1faascmdsandbox0001";
const XILINX: &str = "0x6c92bf4786940500";
const INTEL: &str = "0x6c92bf4786940501";
/// An image that is there from the start, for the Intel chip.
const OLD_IMAGE: &str = "91598d20-b802-11e7-879a-8db2aa11bb22";
const FOREIGN_IMAGE: &str = "a8cee2f0-b8bd-11e7-879a-0dba4bf26e88";
const KMS_KEY: &str = "7906979c-8e06-46a2-be2d-68e3ccbc0001";

const QUICK: &[&str] = &["--speed", "20"];

fn with_object(flags: &[&str]) -> Cloud {
    let cloud = Cloud::start(flags);
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.faascmd(&["upload_object", "--file=bit.tar.gz"]).exits(0);
    cloud
}

fn create(cloud: &Cloud, more: &[&str]) -> Ran {
    let fixed = ["create_image", "--object=bit.tar.gz", "--fpgatype=xilinx", "--shell=f30001"];
    cloud.faascmd(&[&fixed, more].concat())
}

fn load(cloud: &Cloud, fpga: &str, image: &str, shell: &str) -> Ran {
    ran(&mut loading(cloud, fpga, image, shell))
}

fn loading(cloud: &Cloud, fpga: &str, image: &str, shell: &str) -> Command {
    let fpga_type = if fpga == INTEL { "intel" } else { "xilinx" };
    let (instance, fpga, image, shell) = (
        format!("--instanceId={INSTANCE}"),
        format!("--fpgauuid={fpga}"),
        format!("--imageuuid={image}"),
        format!("--shell={shell}"),
    );
    let fpga_type = format!("--fpgatype={fpga_type}");
    cloud.command(&["download_image", &instance, &fpga, &fpga_type, &image, "--imagetype=afu", &shell])
}

/// Runs it until the answer is so.
fn until(cloud: &Cloud, args: &[&str], is_so: impl Fn(&Value) -> bool) -> Value {
    let end = std::time::Instant::now() + Duration::from_mins(5);
    loop {
        let value = answer(&cloud.faascmd(args).exits(0)).json();
        if is_so(&value) {
            return value;
        }
        assert!(std::time::Instant::now() < end, "{value:#}");
    }
}

/// The state of the newest image.
fn state(list: &Value) -> &str {
    list["FpgaImages"]["fpgaImage"].as_array().unwrap().last().unwrap()["State"].as_str().unwrap()
}

#[test]
fn objects_go_up_are_listed_a_line_each_come_down_and_go_away() {
    let cloud = Cloud::new();
    cloud.world.file("a.log", "log\n");
    let put =
        answer(&cloud.faascmd(&["upload_object", "--object=dir/vivado.log", "--file=a.log"]).exits(0)).json();
    let expected =
        json!({"Bucket": "faascmd-sandbox", "Object": "dir/vivado.log", "Size": 4, "Crc64": put["Crc64"]});
    assert_eq!(put, expected);
    cloud.faascmd(&["upload_object", "--file", "a.log"]).exits(0);
    let listed = cloud.faascmd(&["list_objects"]).exits(0);
    assert_eq!(listed.stdout, "a.log\ndir/vivado.log\n");
    assert!(listed.stderr.ends_with("(s) elapsed\n"), "{}", listed.stderr);
    let key = cloud.shell("faascmd list_objects|grep vivado").exits(0).stdout;
    let got = cloud.faascmd(&["get_object", &format!("--object={}", key.trim())]).exits(0);
    assert_eq!(answer(&got).json()["File"], "vivado.log");
    cloud.faascmd(&["get_object", "--object=a.log", "--file=copy"]).exits(0);
    for file in ["vivado.log", "copy"] {
        assert_eq!(std::fs::read(cloud.world.path().join(file)).unwrap(), b"log\n");
    }
    cloud.faascmd(&["delete_object", "--object=a.log"]).exits(0);
    assert_eq!(cloud.faascmd(&["list_objects"]).stdout, "dir/vivado.log\n");
    let none = cloud.faascmd(&["get_object", "--object=none"]).exits(5);
    assert!(none.stderr.contains("HTTP Status:404 Error:NoSuchKey. "), "{}", none.stderr);
    assert!(!cloud.world.path().join("none").exists() && none.stdout.is_empty());
}

#[test]
fn images_are_listed_and_deleted_in_the_services_own_words() {
    let cloud = Cloud::new();
    let listed = cloud.faascmd(&["list_images"]).exits(0);
    let image = answer(&listed).json()["FpgaImages"]["fpgaImage"][0].clone();
    let fields: Vec<&String> = image.as_object().unwrap().keys().collect();
    let documented = [
        "Name",
        "Tags",
        "ShellUUID",
        "Description",
        "FpgaImageUUID",
        "State",
        "CreateTime",
        "Encrypted",
        "UpdateTime",
    ];
    assert_eq!(fields, documented);
    assert_eq!((&image["State"], &image["Encrypted"]), (&json!("success"), &json!("false")));
    let imageuuid = format!("--imageuuid={OLD_IMAGE}");
    let published =
        cloud.faascmd(&["publish_image", &imageuuid, "--imageid=m-bp1faascmdsandbox0001"]).exits(0);
    assert!(answer(&published).json().is_object());
    let deleted = answer(&cloud.faascmd(&["delete_image", &imageuuid]).exits(0)).json();
    assert_eq!(deleted["FpgaImageUUID"], OLD_IMAGE);
    assert_eq!(answer(&cloud.faascmd(&["list_images"])).json(), json!({"FpgaImages": {"fpgaImage": []}}));
}

#[test]
fn what_the_flags_leave_out_is_found_out() {
    let cloud = with_object(QUICK);
    let created = answer(&cloud.faascmd(&["create_image", "--object=bit.tar.gz"]).exits(0)).json();
    assert_eq!(created["ShellUUID"], "f30001");
    let status = answer(&cloud.faascmd(&["fpga_status", "--fpgauuid", XILINX]).exits(0)).json();
    assert_eq!((&status["InstanceId"], &status["shellUUID"]), (&json!(INSTANCE), &json!("f30001")));
    let imageuuid = format!("--imageuuid={OLD_IMAGE}");
    let args = ["download_image", &imageuuid, "--fpgatype=intel", "--shell=V1.1"];
    let taken = answer(&cloud.faascmd(&args).exits(0)).json();
    assert_eq!((&taken["FpgaUUID"], &taken["TaskStatus"]), (&json!(INTEL), &json!("committed")));
    let several = cloud.faascmd(&["fpga_status"]).exits(2).stderr;
    assert!(several.contains(XILINX) && several.contains(INTEL), "{several}");
}

#[test]
fn an_image_is_loaded_as_often_as_it_is_asked_for() {
    let cloud = Cloud::new();
    for _ in 0..2 {
        load(&cloud, INTEL, OLD_IMAGE, "V1.1").exits(0);
        let args = ["fpga_status", "--fpgauuid", INTEL, "--instanceId", INSTANCE];
        let status = until(&cloud, &args, |status| status["TaskStatus"] == "valid");
        assert_eq!(status["FpgaImageUUID"], OLD_IMAGE);
    }
}

#[test]
fn a_load_waits_for_that_of_another_run_into_the_same_chip() {
    let cloud = Cloud::new();
    let (sender, asked) = mpsc::channel();
    // The first one's order goes nowhere, and is waited for.
    let line = Line::judged(cloud.endpoint(), move |head| {
        if !String::from_utf8_lossy(head).contains("Action=LoadFpgaImageTask") {
            return Fate::Passes;
        }
        sender.send(()).ok();
        Fate::Held
    });
    let mut first = loading(&cloud, INTEL, OLD_IMAGE, "V1.1");
    let mut first = first.env("FAASCMD_ENDPOINT", line.endpoint()).spawn().unwrap();
    asked.recv_timeout(Duration::from_mins(5)).unwrap();
    let mut second = loading(&cloud, INTEL, OLD_IMAGE, "V1.1").spawn().unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines().map_while(Result::ok);
    let waits = format!("the load into fpga {INTEL} on {INSTANCE} by another run: in the hands of process");
    assert!(said.any(|line| line.contains(&waits)), "it does not wait");
    first.kill().unwrap();
    first.wait().unwrap();
    said.for_each(drop);
    assert!(second.wait().unwrap().success());
}

#[test]
fn an_encrypted_image_needs_its_key() {
    let cloud = with_object(QUICK);
    create(&cloud, &["--encrypted=true"]).exits(2);
    create(&cloud, &["--encrypted=True"]).exits(2);
    create(&cloud, &["--encrypted=true", "--kmskey="]).exits(2);
    create(&cloud, &["--kmskey=7906979c-8e06-46a2-be2d-68e3ccbc0001"]).exits(2);
    create(&cloud, &["--encrypted=maybe"]).exits(2);
    create(&cloud, &["--encrypted=True", &format!("--kmskey={KMS_KEY}")]).exits(0);
    let list = answer(&cloud.faascmd(&["list_images"]).exits(0)).json();
    assert_eq!(list["FpgaImages"]["fpgaImage"][1]["Encrypted"], "true");
    create(&cloud, &["--encrypted=false", "--kmskey=none"]).exits(0);
}

#[test]
fn a_refusal_reads_as_the_documents_print_it_and_says_what_to_do() {
    let cloud = Cloud::new();
    let ran = load(&cloud, XILINX, OLD_IMAGE, "f30001").exits(4);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let (line, id) = lines[0].split_once(" Request ID:").unwrap();
    assert_eq!(line, "HTTP Status:404 Error:SHELL NOT MATCH. The imageShell is not match with fpgaShell.");
    assert_eq!((id.len(), ran.stdout.as_str()), (36, ""));
    assert!(lines[1].starts_with("  hint: Compare `faascmd fpga ls`"), "{}", ran.stderr);
}

#[test]
fn each_refusal_has_its_exit_code() {
    // A load takes over three minutes here, so that the next one surely meets it.
    let cloud = with_object(&["--speed", "0.01", "--strict-frequency"]);
    let refused = |ran: Ran, exit: i32, status: u16, code: &str| {
        let ran = ran.exits(exit);
        assert!(ran.stderr.contains(&format!("HTTP Status:{status} Error:{code}. ")), "{}", ran.stderr);
    };
    let run = |line: &str| cloud.shell(&format!("faascmd {line}"));
    refused(
        run("create_image --object=bit.tar.gz --fpgatype=xilinx --shell=V9"),
        4,
        404,
        "SHELL NOT SUPPORT",
    );
    refused(
        run("create_image --object=none --fpgatype=xilinx --shell=f30001"),
        5,
        404,
        "OSS OBJECT NOT FOUND",
    );
    refused(run("delete_image --imageuuid=none"), 5, 404, "IMAGE NOT FOUND");
    refused(run("list_instances --instanceId=i-none"), 4, 401, "NOT AUTHORIZED");
    refused(run("list_instances --instanceId=i-bp1faascmdsandbox0002"), 4, 404, "INSTANCE INVALIDATE");
    refused(run(&format!("fpga_status --instanceId={INSTANCE} --fpgauuid=0x1")), 5, 404, "FPGA NOT FOUND");
    refused(load(&cloud, INTEL, FOREIGN_IMAGE, "V1.1"), 4, 401, "IMAGE ACCESS ERROR");
    refused(run("publish_image --imageuuid=none --imageid=m-1"), 5, 404, "FPGA IMAGE NOT FOUND");
    create(&cloud, &[]).exits(0);
    refused(create(&cloud, &[]), 6, 503, "FREQUENCY ERROR");
    load(&cloud, INTEL, OLD_IMAGE, "V1.1").exits(0);
    refused(load(&cloud, INTEL, OLD_IMAGE, "V1.1"), 6, 503, "ANOTHER TASK RUNNING");
    let root = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFaascmdSandboxRoot"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SandboxRootSecret0123456789abc"),
    ];
    let args = ["create_image", "--object=bit.tar.gz", "--fpgatype=xilinx", "--shell=f30001"];
    refused(cloud.faascmd_with(&root, &args), 4, 403, "CALLER TYPE NOT SUPPORT");
}

#[test]
fn without_a_key_nothing_is_sent_and_config_is_named() {
    let ran = World::new().faascmd(&["list_images", "--region=cn-hangzhou", "--endpoint=http://127.0.0.1:9"]);
    let ran = ran.exits(3);
    assert!(ran.stderr.contains("faascmd config"), "{}", ran.stderr);
}

#[test]
fn each_misspelling_of_the_documents_is_understood_with_one_warning() {
    let cloud = with_object(QUICK);
    for line in [
        format!("faascmd fpga_status --fpgauid={INTEL} --instanceId={INSTANCE}"),
        format!("faascmd fpga_status --fpgauuid={INTEL} --instance={INSTANCE}"),
        format!(
            "faascmd download_image --imageuid={OLD_IMAGE} --fpgauuid={INTEL} --fpgatype=intel --shell=V1.1"
        ),
        "faascmd get_object --obejct=bit.tar.gz --file=copy".to_owned(),
        "faascmd auth bucket=faascmd-sandbox -q".to_owned(),
        "faascmd auth -- bucket = faascmd-sandbox -q".to_owned(),
        "faascmd create_image --object=bit.tar.gz --fpgatype=xilinx --shell =f30001".to_owned(),
    ] {
        let ran = cloud.shell(&line).exits(0);
        assert_eq!(ran.stderr.matches("warning: ").count(), 1, "{line}\n{}", ran.stderr);
        assert!(ran.stderr.contains(" is read as `--"), "{}", ran.stderr);
    }
}

#[test]
fn json_is_one_document_with_the_services_answer_in_it() {
    let cloud = Cloud::new();
    let document = cloud.faascmd(&["list_images", "-o", "json"]).exits(0).json();
    assert_eq!(
        (&document["schema"], &document["command"]),
        (&json!("faascmd.legacy/1"), &json!("list_images"))
    );
    assert_eq!(document["answer"]["FpgaImages"]["fpgaImage"][0]["FpgaImageUUID"], OLD_IMAGE);
    let error = cloud.faascmd(&["-o", "json", "delete_image", "--imageuuid=none"]).exits(5).error();
    assert_eq!((&error["code"], &error["http_status"]), (&json!("IMAGE NOT FOUND"), &json!(404)));
}

#[test]
fn help_tells_the_old_names_apart_and_at_the_end() {
    let help = World::new().faascmd(&["--help"]).exits(0).stdout;
    let commands = help.split("\nOptions:").next().unwrap();
    let end = help.split("The old faascmd's commands").nth(1).unwrap();
    for name in [
        "config",
        "auth",
        "list_policy",
        "delete_policy",
        "list_objects",
        "upload_object",
        "get_object",
        "delete_object",
        "create_image",
        "list_images",
        "delete_image",
        "list_instances",
        "download_image",
        "fpga_status",
        "publish_image",
    ] {
        assert!(end.contains(name), "{name}");
        assert!(!name.contains('_') || !commands.contains(name), "{name}");
        World::new().faascmd(&[name, "--help"]).exits(0);
    }
}

#[test]
fn what_auth_grants_is_enough_for_a_build_and_for_the_log_of_one_that_fails() {
    for (fault, end) in [(QUICK, "success"), (&["--speed", "20", "--fault", "build-fails"], "failed")] {
        let cloud = with_object(fault);
        let role = [
            ("PolicyType", "System"),
            ("RoleName", "AliyunFAASDefaultRole"),
            ("PolicyName", "AliyunFAASRolePolicy"),
        ];
        assert_eq!(cloud.ram("DetachPolicyFromRole", &role).status, 200);
        create(&cloud, &[]).exits(5);
        cloud.faascmd(&["auth"]).exits(0);
        create(&cloud, &[]).exits(0);
        until(&cloud, &["list_images"], |list| state(list) == end);
        let logs = cloud.shell("faascmd list_objects | grep -c vivado.log || true").exits(0).stdout;
        assert_eq!(logs.trim(), if end == "failed" { "1" } else { "0" });
    }
}
