//! What people write and meet at the edges: a limit of no time, a work that was refused, a host that is kept or stopped.

use faascmd::testing::bitstream::sample;
use serde_json::json;

use crate::common::cloud::{Cloud, count};

const TYPE: &str = "ecs.f3-c4f1.xlarge";

fn cloud(flags: &[&str]) -> Cloud {
    Cloud::start(&[&["--speed", "50", "--build-time", "1s"], flags].concat())
}

fn ddr(flags: &[&str], hosts: &str) -> Cloud {
    let cloud = cloud(flags);
    cloud.faascmd(&["fleet", "up", "ddr", "--type", TYPE, "--yes", "--count", hosts]).exits(0);
    cloud
}

#[test]
fn a_limit_of_less_than_a_second_is_one_and_none_is_refused() {
    let cloud = ddr(&[], "1");
    let late = ["fleet", "run", "ddr", "--timeout", "500ms", "-ojson", "--", "sleep 60"];
    let document = cloud.faascmd(&late).exits(9).json();
    assert_eq!(document["hosts"][0]["why"], "it did not end in its time");
    for work in
        [&["run", "ddr"][..], &["put", "ddr", "file", "/x"], &["get", "ddr", "/x", "."], &["test", "ddr"]]
    {
        for (time, said) in [("0", "longer than 0"), ("24h", "23h55m at most")] {
            let limit = ["--timeout", time, "--", "true"];
            let limit = if work[0] == "run" { &limit[..] } else { &limit[..2] };
            let refused = cloud.faascmd(&[&["fleet"], work, limit].concat()).exits(2);
            assert!(refused.stderr.contains(said), "{}", refused.stderr);
        }
    }
    let day = ["fleet", "test", "ddr", "--test", "prbs", "--prbs-duration", "24h"];
    assert!(cloud.faascmd(&day).exits(2).stderr.contains("--prbs-duration"));
}

#[test]
fn an_order_that_was_refused_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let none = json!({"Effect": "Deny", "Action": "ecs:RunCommand", "Resource": "*"});
    std::fs::write(&file, json!({"Version": "1", "Statement": [all, none]}).to_string()).unwrap();
    let cloud = ddr(&["--caller-policy", file.to_str().unwrap()], "1");
    cloud.faascmd(&["fleet", "run", "ddr", "--", "true"]).exits(4);
    let report = cloud.faascmd(&["fleet", "report", "ddr", "-ojson"]).exits(7).json();
    assert_eq!(report["hosts"][0]["outcome"], "not_run");
    assert!(report["hosts"][0]["why"].as_str().unwrap().contains("RunCommand"), "{report}");
}

#[test]
fn what_failed_before_the_tests_says_what_became_of_the_hosts() {
    let cloud = cloud(&[]);
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.world.file("nightly.toml", format!("count = 2\ntype = \"{TYPE}\"\n"));
    let once = ["fleet", "once", "nightly.toml", "bit.tar.gz", "--shell", "nope", "-ojson"];
    let hints = |more: &[&str]| {
        let ran = cloud.faascmd(&[&once[..], more].concat());
        assert_ne!(ran.code, 0);
        ran.error()["hints"].to_string()
    };
    let kept = hints(&["--keep-on-failure", "30m"]);
    assert!(kept.contains("its 2 hosts are kept; release them: faascmd fleet down nightly --yes"), "{kept}");
    let released = hints(&[]);
    assert!(released.contains("its 2 hosts are released") && !released.contains("fleet down"), "{released}");
    cloud.world.file("nightly.toml", format!("count = 2\ntype = \"{TYPE}\"\nvswitch = \"vsw-nope\"\n"));
    let ran = cloud.faascmd_with(&[("FAASCMD_VSWITCH", "")], &once);
    assert_ne!(ran.code, 0);
    assert!(!ran.error()["hints"].to_string().contains("hosts are"), "{}", ran.stderr);
}

#[test]
fn what_is_empty_is_not_said() {
    let cloud = cloud(&[]);
    let (vswitch, group) = (cloud.variable("FAASCMD_VSWITCH"), cloud.variable("FAASCMD_SECURITY_GROUP"));
    let up = ["fleet", "up", "ddr", "--count", "1", "--dry-run", "-ojson"];
    for (empty, missing) in [
        (["--type", "", "--vswitch", vswitch], "--type"),
        (["--type", TYPE, "--vswitch", ","], "--vswitch"),
        (["--type", TYPE, "--ecs-image", ""], "--ecs-image"),
    ] {
        let error = cloud.faascmd(&[&up[..], &empty].concat()).exits(2).error();
        assert!(error["message"].as_str().unwrap().contains(missing), "{error}");
    }
    // What a file says is not beaten by it.
    cloud.world.file(
        "ddr.toml",
        format!("type = \"{TYPE}\"\nvswitch = \"{vswitch}\"\nsecurity_group = \"{group}\"\n"),
    );
    let mut command = cloud.command(&[&up[..], &["-f", "ddr.toml"]].concat());
    command.env("FAASCMD_VSWITCH", "").env("FAASCMD_SECURITY_GROUP", "");
    assert!(command.output().unwrap().status.success());
    assert_eq!(count(&cloud.requests(), "RunInstances"), 1);
}
