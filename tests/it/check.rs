//! `faascmd check`: what users and scripts see of it.

use faascmd::testing::bitstream::sample;
use serde_json::json;

use crate::common::cloud::Cloud;
use crate::common::world::World;

const VU9P: &str = "xcvu9p-flgb2104-2-i";

#[test]
fn tells_each_file_by_its_content_and_not_by_its_name() {
    let world = World::new();
    world.file("notes.txt", sample::gbs(64));
    world.file("afu.gbs", sample::package(VU9P));
    let ran = world.faascmd(&["check", "notes.txt", "afu.gbs", "-o", "json"]).exits(0);
    let json = ran.json();
    assert_eq!(json["schema"], "faascmd.check/1");
    assert_eq!(json["items"][0]["kind"], "gbs");
    assert_eq!(json["items"][0]["facts"]["afus"][0]["name"], "sample_afu");
    assert_eq!(json["items"][1]["kind"], "package");
    let checkpoint = &json["items"][1]["facts"]["members"][0];
    assert_eq!(checkpoint["kind"], "dcp");
    assert_eq!(checkpoint["facts"]["part"], VU9P);
    assert_eq!(json["items"][1]["ok"], true);
}

#[test]
fn the_human_form_of_a_green_bitstream() {
    let world = World::new();
    world.file("sample.gbs", sample::gbs(64));
    let ran = world.faascmd(&["check", "sample.gbs"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    sample.gbs: Intel green bitstream, sample_afu, 402 B

    gbs Information
    ---------------
       Kind:                   Intel green bitstream
       Size:                   402 bytes
       Version:                1
       Platform:               DCP
       Interface id:           9926ab6d-6c92-5a68-aabc-a7d84c545738 (Acceleration Stack 1.1)
       Clock (high):           200 MHz
       Clock (low):            100 MHz
       Power:                  0 W
       AFU:                    sample_afu
       AFU id:                 331db30c-9885-41ea-9081-f88b8f655caa
       Contexts:               1
       Payload:                64 bytes

    Findings
    --------
       note [gbs-payload-length] nothing in a .gbs tells how long its bitstream should be
          expected  as many bytes as the .rbf has
          found     64 bytes
          do        compare the payload's size with that of the .rbf, if the file was copied
       0 errors, 0 warnings, 1 note
    ");
}

#[test]
fn an_xclbin_has_the_header_block_that_readers_of_xclbinutil_know() {
    let world = World::new();
    let sections: &[(u32, &[u8])] = &[(0, &sample::checkpoint(VU9P)), (2, b"<project/>")];
    world.file("a.xclbin", sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", sections));
    let ran = world.faascmd(&["check", "a.xclbin"]).exits(0);
    for line in [
        "xclbin Information",
        "   Version:                2.1.0",
        "   Content:                a checkpoint",
        "   UUID (xclbin):          abababab-abab-abab-abab-abababababab",
        "   Sections:               BITSTREAM, EMBEDDED_METADATA",
        "Hardware Platform (Shell) Information",
        "   Platform VBNV:          xilinx_aliyun-f3_dynamic_5_0",
    ] {
        assert!(ran.stdout.lines().any(|found| found == line), "{line}\n{}", ran.stdout);
    }
}

#[test]
fn a_fault_says_what_was_expected_what_was_found_and_what_to_do() {
    let world = World::new();
    let package = sample::package(VU9P);
    world.file("cut.tar.gz", &package[..package.len() / 2]);
    let ran = world.faascmd(&["check", "cut.tar.gz"]).exits(11);
    let findings = ran.stdout.split_once("Findings").unwrap().1;
    for word in ["error [gzip-cut-off]", "expected", "found", "do        copy or package it again"] {
        assert!(findings.contains(word), "{word}\n{}", ran.stdout);
    }
    let json = world.faascmd(&["check", "cut.tar.gz", "-o", "json"]).exits(11).json();
    let finding = &json["items"][0]["findings"][0];
    assert_eq!(
        (finding["severity"].as_str(), finding["code"].as_str()),
        (Some("error"), Some("gzip-cut-off"))
    );
    assert_eq!(json["items"][0]["ok"], false);
}

#[test]
fn one_file_with_errors_among_many_decides_the_exit_code() {
    let world = World::new();
    world.file("good.gbs", sample::gbs(64));
    world.file("empty", "");
    world.file("text", "this is no bitstream\n");
    world.file("noise", sample::noise(5000));
    for bad in ["empty", "text", "noise"] {
        let ran = world.faascmd(&["check", "good.gbs", bad, "-o", "json"]).exits(11);
        assert_eq!(ran.json()["items"][0]["ok"], true);
        assert_eq!(ran.json()["items"][1]["ok"], false, "{bad}");
    }
}

#[test]
fn a_named_maker_makes_the_wrong_kind_an_error() {
    let world = World::new();
    world.file("a.gbs", sample::gbs(64));
    world.file("a.tar.gz", sample::package(VU9P));
    world.faascmd(&["check", "--for", "intel", "a.gbs"]).exits(0);
    world.faascmd(&["check", "--for", "xilinx", "a.tar.gz"]).exits(0);
    let ran = world.faascmd(&["check", "--for", "xilinx", "a.gbs"]).exits(11);
    assert!(ran.stdout.contains("error [wrong-kind]"), "{}", ran.stdout);
    world.faascmd(&["check", "--for", "intel", "a.tar.gz"]).exits(11);
    world.faascmd(&["check", "--for", "amd", "a.gbs"]).exits(2);
}

#[test]
fn every_file_gets_its_answer_also_beside_one_that_can_not_be_read() {
    let world = World::new();
    world.file("good.gbs", sample::gbs(64));
    world.file("empty", "");
    let ran = world.faascmd(&["check", "good.gbs", "nowhere.gbs", "-o", "json"]).exits(5);
    let items = ran.json()["items"].clone();
    assert_eq!((&items[0]["ok"], &items[0]["kind"]), (&json!(true), &json!("gbs")));
    assert_eq!((&items[1]["ok"], &items[1]["error"]["exit_code"]), (&json!(false), &json!(5)));
    assert!(items[1]["error"]["message"].as_str().unwrap().contains("nowhere.gbs"));
    let human = world.faascmd(&["check", "nowhere.gbs", "good.gbs"]).exits(5);
    assert!(human.stdout.contains("nowhere.gbs") && human.stdout.contains("sample_afu"), "{}", human.stdout);
    world.faascmd(&["check", "nowhere.gbs", "empty"]).exits(11);
}

#[test]
fn a_single_file_that_is_missing_or_none_is_an_error_and_stdout_stays_empty() {
    let world = World::new();
    let missing = world.faascmd(&["check", "nowhere.gbs", "-o", "json"]).exits(5);
    assert!(missing.error()["message"].as_str().unwrap().contains("nowhere.gbs"));
    let folder = world.faascmd(&["check", ".", "-o", "json"]).exits(2);
    assert!(folder.error()["message"].as_str().unwrap().contains("folder"));
    let pipe = world.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let ran = world.faascmd(&["check", "pipe"]).exits(2);
    assert!(ran.stderr.contains("no regular file") && ran.stdout.is_empty(), "{}", ran.stderr);
    world.faascmd(&["check"]).exits(2);
}

#[test]
fn text_from_a_file_is_made_harmless() {
    let world = World::new();
    let metadata =
        String::from_utf8_lossy(&sample::gbs(0)[20..]).replace("sample_afu", "\\u001b]0;title\\u0007red");
    world.file("evil.gbs", sample::gbs_of(metadata.as_bytes(), b"12345678"));
    world.file("evil.tar.gz", sample::tar_gz(&[("\x1b[31m.dcp", b"PK\x03\x04")]));
    for file in ["evil.gbs", "evil.tar.gz"] {
        for form in ["human", "json"] {
            let ran = world.faascmd(&["check", file, "-o", form]);
            assert!(!ran.stdout.contains(['\x1b', '\x07']), "{:?}", ran.stdout);
            assert!(ran.stdout.contains("1b"), "{}", ran.stdout);
        }
    }
}

#[test]
fn a_deployment_refuses_a_part_that_its_chip_does_not_have_and_sends_nothing() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.world.file("zynq.tar.gz", sample::package("xc7z020clg400-1"));
    cloud.world.file("ku115.tar.gz", sample::package("xcku115-flvb2104-2-e"));
    // The sandbox's first chip has the shell of f3.
    for file in ["zynq.tar.gz", "ku115.tar.gz"] {
        let ran = cloud.faascmd(&["deploy", file]).exits(11);
        assert!(ran.stderr.contains("another device family"), "{}", ran.stderr);
        let asked = json!(cloud.requests()).to_string();
        assert!(!asked.contains("PUT") && !asked.contains("CreateFpgaImage"), "{asked}");
    }
}

#[test]
fn a_deployment_refuses_a_design_that_is_only_placed_and_sends_nothing() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let placed = sample::checkpoint_in_state(VU9P, "Fully Placed", "");
    cloud.world.file("placed.tar.gz", sample::tar_gz(&[("to_aliyun/a.dcp", &placed)]));
    let ran = cloud.faascmd(&["deploy", "placed.tar.gz"]).exits(11);
    assert!(ran.stderr.contains("not routed") && ran.stderr.contains("Fully Placed"), "{}", ran.stderr);
    let asked = json!(cloud.requests()).to_string();
    assert!(!asked.contains("PUT") && !asked.contains("CreateFpgaImage"), "{asked}");
}

#[test]
fn a_chip_of_the_instance_is_named_by_its_number() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.world.file("a.tar.gz", sample::package(VU9P));
    cloud.faascmd(&["check", "--fpga", "0", "a.tar.gz"]).exits(0);
    let other = cloud.faascmd(&["check", "--fpga", "1", "a.tar.gz"]).exits(11);
    assert!(other.stdout.contains("error [wrong-kind]"), "{}", other.stdout);
    cloud.faascmd(&["check", "--fpga", "7", "a.tar.gz"]).exits(5);
}

#[test]
fn a_missing_file_weighs_more_than_a_folder_in_any_order() {
    let world = World::new();
    for line in [["check", ".", "missing"], ["check", "missing", "."]] {
        world.faascmd(&line).exits(5);
    }
}
