//! Fleets: made, seen, stopped, started and released, once each.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::rpc::{call, user};

const UP: [&str; 7] = ["fleet", "up", "ddr", "--type", "ecs.f3-c4f1.xlarge", "--yes", "--count"];

fn up<'a>(count: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    UP.iter().copied().chain([count]).chain(more.iter().copied()).collect()
}

fn ids(document: &Value) -> BTreeSet<String> {
    let hosts = document["hosts"].as_array().unwrap().iter();
    hosts.map(|host| host["instance_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_fleet_is_made_once_continued_seen_and_released() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let made = cloud.faascmd(&up("3", &["-o", "json"])).exits(0).json();
    assert_eq!((made["new"].as_u64(), ids(&made).len()), (Some(3), 3));
    let first = &made["hosts"][0];
    assert_eq!((first["name"].as_str(), first["state"].as_str()), (Some("ddr-001"), Some("Running")));
    assert!(first["release"].is_string(), "{first}");
    let again = cloud.faascmd(&up("3", &["-o", "json"])).exits(0).json();
    assert_eq!((again["new"].as_u64(), ids(&again)), (Some(0), ids(&made)));
    let more = cloud.faascmd(&up("5", &["-o", "json"])).exits(0).json();
    assert_eq!((more["new"].as_u64(), ids(&more).len()), (Some(2), 5));
    assert!(ids(&more).is_superset(&ids(&made)));
    let names: Vec<_> =
        more["hosts"].as_array().unwrap().iter().map(|host| host["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ddr-001", "ddr-002", "ddr-003", "ddr-004", "ddr-005"]);

    let fleets = cloud.faascmd(&["fleet", "ls", "-o", "json"]).exits(0).json();
    assert_eq!(
        (fleets["items"][0]["fleet"].as_str(), fleets["items"][0]["running"].as_u64()),
        (Some("ddr"), Some(5))
    );
    let shown = cloud.faascmd(&["fleet", "show", "ddr", "--on", "002-003", "-o", "json"]).exits(0).json();
    assert_eq!(ids(&shown).len(), 2);
    assert_eq!(shown["hosts"][0]["fpgas"].as_array().unwrap().len(), 1);
    assert_eq!(shown["hosts"][0]["assistant"]["online"], true);

    cloud.faascmd(&["fleet", "down", "ddr"]).exits(2);
    let down = cloud.faascmd(&["fleet", "down", "ddr", "--yes", "-o", "json"]).exits(0).json();
    assert_eq!(ids(&down), ids(&more));
    cloud.faascmd(&["fleet", "show", "ddr"]).exits(5);
    assert_eq!(count(&cloud.requests(), "RunInstances"), 2);
}

#[test]
fn nothing_is_made_without_a_yes_or_without_what_an_order_needs() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let ran = cloud.faascmd(&["fleet", "up", "ddr", "--type", "ecs.f3-c4f1.xlarge", "--count", "2"]).exits(2);
    assert!(
        ran.stderr.contains("make 2 ecs.f3-c4f1.xlarge for ") && ran.stderr.contains("--yes"),
        "{}",
        ran.stderr
    );
    cloud.faascmd(&["fleet", "up", "ddr", "--count", "2", "--yes"]).exits(2);
    cloud.faascmd(&["fleet", "up", "../x", "--count", "2", "--yes"]).exits(2);
    let plan = cloud.faascmd(&up("2", &["--dry-run", "-o", "json"])).exits(0).json();
    assert_eq!((plan["missing"].as_u64(), plan["refusal"].as_str()), (Some(2), None));
    assert!(plan["cost"]["hourly"].as_f64().unwrap() > 0.0, "{plan}");
    assert_eq!(
        cloud.requests().iter().filter(|r| r["action"] == "RunInstances" && r["status"] == 200).count(),
        0
    );
}

#[test]
fn a_lost_answer_makes_nothing_twice() {
    let lost = ["--fault", "lost-answer=RunInstances", "--fault", "half-answer=RunInstances"];
    let cloud = Cloud::start(&[&["--speed", "50"], &lost[..]].concat());
    let made = cloud.faascmd(&up("3", &["-o", "json"])).exits(0).json();
    let listed = cloud.faascmd(&["fleet", "ls", "-o", "json"]).exits(0).json();
    assert_eq!((ids(&made).len(), ids(&listed)), (3, ids(&made)));
}

#[test]
fn a_file_and_flags_are_one_and_an_error_in_it_has_its_line() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.world.file("fleet.toml", "count = 2\ntype = \"ecs.f3-c4f1.xlarge\"\nrelease_after = \"45m\"\n");
    let made =
        cloud.faascmd(&["fleet", "up", "a", "-f", "fleet.toml", "--yes", "-o", "json"]).exits(0).json();
    assert_eq!(ids(&made).len(), 2);
    cloud.world.file("wrong.toml", "count = 2\ntyp = \"x\"\n");
    let ran = cloud.faascmd(&["fleet", "up", "a", "-f", "wrong.toml", "--yes"]).exits(2);
    assert!(ran.stderr.contains("wrong.toml:2: ") && ran.stderr.contains("typ"), "{}", ran.stderr);
}

#[test]
fn what_is_paid_in_advance_stays_and_is_named() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.faascmd(&up("1", &["--prepaid", "1month"])).exits(0);
    let ran = cloud.faascmd(&["fleet", "down", "ddr", "--yes"]).exits(6);
    assert!(ran.stderr.contains("ddr-001") && ran.stderr.contains("paid in advance"), "{}", ran.stderr);
    cloud.faascmd(&["fleet", "show", "ddr"]).exits(0);
}

#[test]
fn a_stop_gives_the_chips_back_and_a_start_asks_for_new_ones() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.faascmd(&up("2", &[])).exits(0);
    let stopped = cloud.faascmd(&["fleet", "stop", "ddr", "--yes", "-o", "json"]).exits(0).json();
    assert_eq!(stopped["hosts"][1]["stopped_mode"], "StopCharging");
    let started = cloud.faascmd(&["fleet", "start", "ddr", "-o", "json"]).exits(0).json();
    assert_eq!(started["hosts"][1]["state"], "Running");
    let moved = cloud
        .faascmd(&["fleet", "extend", "ddr", "--release-after", "3h", "--yes", "-o", "json"])
        .exits(0)
        .json();
    let shown = cloud.faascmd(&["fleet", "show", "ddr", "--no-chips", "-o", "json"]).exits(0).json();
    assert_eq!(shown["hosts"][0]["release"], moved["release"]);
}

#[test]
fn where_no_more_is_to_be_had_the_next_zone_and_type_are_tried_and_then_waited_for() {
    let cloud = Cloud::start(&["--speed", "50"]);
    // None are to be had in the first of these zones, and ten of each type in the second.
    let zones = ["--vswitch", "vsw-bp1faascmdsandboxh", "--vswitch", "vsw-bp1faascmdsandboxg"];
    let wanted = up("12", &zones);
    let up = |more: &[&str]| cloud.faascmd(&[&wanted[..], more].concat());
    let short = up(&[]).exits(7);
    for said in [
        "0 of 12 there, no more of ecs.f3-c4f1.xlarge in zone cn-hangzhou-h: OperationDenied.NoStock",
        "0 of 12 there, trying ecs.f3-c4f1.xlarge in zone cn-hangzhou-g",
        "10 of 12 there, no more of ecs.f3-c4f1.xlarge in zone cn-hangzhou-g",
        "error: 10 of 12 instances of ddr",
        "--wait-capacity 1h",
        "release what there is: faascmd fleet down ddr",
    ] {
        assert!(short.stderr.contains(said), "{said}:\n{}", short.stderr);
    }
    let mut waits = cloud.command(&[&wanted[..], &["--wait-capacity", "1h"][..]].concat()).spawn().unwrap();
    let said = BufReader::new(waits.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.into_iter().any(|line| line == "10 of 12 there, trying again in 30 s"));
    kill(Pid::from_raw(waits.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(waits.wait().unwrap().code(), Some(130));
    let enough = up(&["--min", "10", "-ojson"]).exits(0).json();
    assert_eq!(ids(&enough).len(), 10);
    let whole = up(&["--type", "ecs.f3-c8f1.2xlarge", "-ojson"]).exits(0).json();
    let types = whole["hosts"].as_array().unwrap().iter().map(|host| host["instance_type"].as_str().unwrap());
    let other = types.filter(|name| *name == "ecs.f3-c8f1.2xlarge").count();
    assert_eq!((ids(&whole).len(), &whole["new"], other), (12, &2.into(), 2));
}

#[test]
fn an_order_is_as_the_flags_say() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.world.file("first-boot.sh", "#!/bin/sh\ntouch /ready\n");
    let flags = [
        &["--spot-limit", "3.5", "--public-ip", "5", "--user-data", "first-boot.sh", "-ojson"][..],
        &["--key-pair", "faascmd-sandbox", "--role", "SandboxInstanceRole", "--system-disk", "200"],
    ];
    let made = cloud.faascmd(&up("1", &flags.concat())).exits(0).json();
    let host = &made["hosts"][0];
    assert_eq!((&host["spot"], host["ips"].as_array().unwrap().len()), (&"SpotWithPriceLimit".into(), 2));
    let id = host["instance_id"].as_str().unwrap();
    let told = |action, given: &[_]| call(&cloud, &user(), ("2014-05-26", action), given).text();
    let first_boot = told("DescribeUserData", &[("InstanceId", id)]);
    assert!(first_boot.contains("IyEvYmluL3NoCnRvdWNoIC9yZWFkeQo="), "{first_boot}");
    let instances = told("DescribeInstances", &[]);
    for said in
        [r#""SpotPriceLimit":3.5"#, r#""KeyPairName":"faascmd-sandbox""#, r#""InternetMaxBandwidthOut":5"#]
    {
        assert!(instances.contains(said), "{said}: {instances}");
    }
    let inventory = cloud.faascmd(&["fleet", "inventory", "ddr", "--public"]).exits(0).stdout;
    assert!(inventory.contains(&format!("ansible_host={}", host["ips"][1].as_str().unwrap())), "{inventory}");
    let soon = |time: &str| cloud.faascmd(&["fleet", "ls", "--expiring", time, "-ojson"]).exits(0).json();
    assert_eq!((ids(&soon("3h")).len(), ids(&soon("30m")).len()), (1, 0));
}
