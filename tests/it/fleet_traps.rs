//! Fleets as people come to them: two machines at once, hosts that share a name, that are stopped, or of which nothing is heard.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};

use faascmd::testing::bitstream::sample;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};
use crate::common::rpc::{call, user};
use crate::common::tap::{Cut, Phase, Tap};
use crate::common::world::interrupted_again;

const ECS: &str = "2014-05-26";
const UP: [&str; 9] =
    ["fleet", "up", "ddr", "--type", "ecs.f3-c4f1.xlarge", "--count", "2", "--yes", "-ojson"];

pub fn ids(document: &Value) -> BTreeSet<String> {
    let hosts = document["hosts"].as_array().unwrap().iter();
    hosts.map(|host| host["instance_id"].as_str().unwrap().to_owned()).collect()
}

fn ddr() -> Cloud {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.faascmd(&UP).exits(0);
    cloud
}

/// Two hosts of one name, as others make them.
fn workers() -> Cloud {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    made_by_others(&cloud, "worker", &[("Tag.1.Key", "team"), ("Tag.1.Value", "fpga")]);
    // They are in the lists some moments later, one after the other.
    let both = |said: &str| said.matches("worker").count() == 2;
    while !both(&cloud.faascmd(&["fleet", "show", "tag:team=fpga", "--no-chips"]).stdout) {}
    cloud
}

pub fn made_by_others(cloud: &Cloud, name: &str, tags: &[(&str, &str)]) {
    let variable = |name| cloud.variable(name).to_owned();
    let (vswitch, group, image) =
        (variable("FAASCMD_VSWITCH"), variable("FAASCMD_SECURITY_GROUP"), variable("FAASCMD_ECS_IMAGE"));
    let order = [
        ("ImageId", image.as_str()),
        ("InstanceType", "ecs.f3-c4f1.xlarge"),
        ("VSwitchId", vswitch.split(',').next().unwrap()),
        ("SecurityGroupId", group.as_str()),
        ("SystemDisk.Category", "cloud_efficiency"),
        ("Amount", "2"),
        ("InstanceName", name),
    ];
    let answer = call(cloud, &user(), (ECS, "RunInstances"), &[&order[..], tags].concat());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn two_machines_that_make_the_same_fleet_at_once_make_it_once() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let mut first = cloud.command(&UP);
    first.env("XDG_STATE_HOME", cloud.world.path().join("another machine"));
    let (first, made) = (Mutex::new(Some(first)), Arc::new(Mutex::new(None)));
    let kept = Arc::clone(&made);
    // The second one has looked, and seen nothing; before it orders, the first one does.
    let line = Line::judged(cloud.endpoint(), move |request| {
        let is_before_the_order = String::from_utf8_lossy(request).contains("DryRun=true");
        let first = first.lock().unwrap().take_if(|_| is_before_the_order);
        first.into_iter().for_each(|mut first| *kept.lock().unwrap() = Some(first.output().unwrap()));
        Fate::Passes
    });
    let second = cloud.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &UP).exits(0);
    let first: Value = serde_json::from_slice(&made.lock().unwrap().take().unwrap().stdout).unwrap();
    assert!(second.stderr.contains("another run made some at the same time"), "{}", second.stderr);
    let second = second.json();
    assert_eq!((ids(&first).len(), second["new"].as_u64()), (2, Some(0)));
    assert_eq!(ids(&second), ids(&first));
    assert_eq!(ids(&cloud.faascmd(&["fleet", "ls", "-ojson"]).exits(0).json()), ids(&first));
    assert_eq!(count(&cloud.requests(), "RunInstances"), 2);
}

#[test]
fn hosts_that_share_a_name_keep_their_answers_and_files_apart() {
    let cloud = workers();
    let own = "basename $FAASCMD_HOST_ROOT | tee $FAASCMD_HOST_ROOT/root/own";
    let ran = cloud.faascmd(&["fleet", "run", "tag:team=fpga", "-ojson", "--", own]).exits(0).json();
    let hosts = ran["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 2);
    for host in hosts {
        assert_eq!(host["output"].as_str().unwrap().trim(), host["instance_id"].as_str().unwrap());
    }
    let got =
        cloud.faascmd(&["fleet", "get", "tag:team=fpga", "/root/own", "back", "-ojson"]).exits(0).json();
    for host in got["hosts"].as_array().unwrap() {
        let file = cloud.world.path().join(host["file"].as_str().unwrap());
        assert_eq!(std::fs::read_to_string(file).unwrap().trim(), host["instance_id"].as_str().unwrap());
    }
    let inventory = cloud.faascmd(&["fleet", "inventory", "tag:team=fpga"]).exits(0).stdout;
    let names: BTreeSet<_> = inventory.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), ids(&ran));
    let document = cloud.faascmd(&["fleet", "inventory", "tag:team=fpga", "-ojson"]).exits(0).json();
    assert_eq!(ids(&document), ids(&ran));
}

#[test]
fn who_is_stopped_is_named_and_not_waited_for() {
    let cloud = ddr();
    cloud.faascmd(&["fleet", "stop", "ddr", "--on", "2", "--keep-charging", "--yes"]).exits(0);
    let error = cloud.faascmd(&UP).exits(6).error();
    assert_eq!(error["message"], "1 hosts of ddr are stopped: ddr-002");
    assert!(error["hints"].to_string().contains("faascmd fleet start ddr"), "{error}");
    // It is stopped already, and costs what it did.
    let again = cloud.faascmd(&["fleet", "stop", "ddr", "--on", "2", "--yes"]).exits(0);
    assert!(again.stderr.contains("billed on in full: ddr-002"), "{}", again.stderr);
    // A start right behind a stop that was not waited for.
    cloud.faascmd(&["fleet", "start", "ddr"]).exits(0);
    let one =
        ids(&cloud.faascmd(&["fleet", "show", "ddr", "--on", "1", "--no-chips", "-ojson"]).exits(0).json());
    let stop = [("InstanceId.1", one.first().unwrap().as_str()), ("StoppedMode", "KeepCharging")];
    assert_eq!(call(&cloud, &user(), (ECS, "StopInstances"), &stop).status, 200);
    let started = cloud.faascmd(&["fleet", "start", "ddr", "-ojson"]).exits(0).json();
    assert_eq!((ids(&started), &started["hosts"][0]["state"]), (one, &"Running".into()));
}

#[test]
fn a_typing_error_among_the_hosts_releases_none() {
    let cloud = ddr();
    let error =
        cloud.faascmd(&["fleet", "down", "ddr", "--on", "001,ddr-0O2", "--yes", "-ojson"]).exits(5).error();
    assert_eq!(error["message"], "none of the 2 hosts of ddr is meant by --on ddr-0O2");
    assert_eq!(ids(&cloud.faascmd(&["fleet", "ls", "-ojson"]).exits(0).json()).len(), 2);
}

#[test]
fn hosts_of_which_nothing_is_heard_are_asked_about_together_and_rarely() {
    let cloud = Cloud::start(&["--instances", "3", "--fault", "assistant-offline=1"]);
    let silent = "i-bp1faascmdsandbox1001,i-bp1faascmdsandbox1002,i-bp1faascmdsandbox1003";
    let run = ["fleet", "run", silent, "-ojson", "--", "true"];
    // Two minutes are eight seconds here, in which there are several looks.
    let ran = cloud.faascmd_with(&[("FAASCMD_TEST_HASTE", "15")], &run).exits(7).json();
    assert_eq!(ran["counts"]["not_run"], 3);
    assert_eq!(ran["hosts"][2]["why"], "its assistant is offline");
    // A line of the log may come after the answer, and before that of a later request.
    call(&cloud, &user(), (ECS, "DescribeRegions"), &[]);
    let requests: Vec<_> = std::iter::repeat_with(|| cloud.next_request())
        .take_while(|request| request["action"] != "DescribeRegions")
        .collect();
    // What they are, once; why nothing was heard, once.
    assert_eq!(count(&requests, "DescribeInstances"), 2);
    assert_eq!((count(&requests, "RunCommand"), count(&requests, "DescribeInvocations")), (0, 0));
    assert!(count(&requests, "DescribeCloudAssistantStatus") >= 2);
}

/// A run of `once` that was killed with only the release left to do.
pub fn killed_before_the_release(cloud: &Cloud) {
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let spec = "count = 1\ntype = \"ecs.f3-c4f1.xlarge\"\ntest = [\n  \"smoke\", # several lines\n]\n";
    cloud.world.file("nightly.toml", spec);
    let program = Arc::new(OnceLock::<Pid>::new());
    let killed = Arc::clone(&program);
    let line = Line::judged(cloud.endpoint(), move |request| {
        if !String::from_utf8_lossy(request).contains("Action=DeleteInstances") {
            return Fate::Passes;
        }
        kill(*killed.wait(), Signal::SIGKILL).unwrap();
        Fate::Unsent
    });
    let mut once = cloud.command(&["fleet", "once", "nightly.toml", "bit.tar.gz"]);
    let mut once = once.env("FAASCMD_ENDPOINT", line.endpoint()).stderr(Stdio::null()).spawn().unwrap();
    program.set(Pid::from_raw(once.id().try_into().unwrap())).unwrap();
    assert_eq!(once.wait().unwrap().signal(), Some(9));
    cloud.requests();
}

#[test]
fn a_verdict_is_that_of_the_same_run_and_of_today() {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    killed_before_the_release(&cloud);
    let kept = cloud.world.path().join(".local/state/faascmd/fleets/cn-hangzhou/once/nightly.json");
    let verdict = std::fs::read_to_string(&kept).unwrap();
    let once = ["fleet", "once", "nightly.toml", "bit.tar.gz", "-ojson"];
    // Another test is another run.
    let other = ["--test", "prbs", "--prbs-duration", "1s"];
    let tested = cloud.faascmd(&[&once[..], &other].concat()).exits(0).json();
    assert_eq!(tested["hosts"][0]["fpgas"][0]["test"], "prbs", "{tested}");
    // The same one, right away, only releases.
    std::fs::write(&kept, &verdict).unwrap();
    cloud.requests();
    let told = cloud.faascmd(&once).exits(0).json();
    assert_eq!(
        (&told["outcome"], &told["hosts"][0]["fpgas"][0]["test"]),
        (&"passed".into(), &"smoke".into())
    );
    assert_eq!(count(&cloud.requests(), "RunCommand"), 0);
    // The same one, a day later, is a new one.
    let mut old: Value = serde_json::from_str(&verdict).unwrap();
    old["at"] = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(23)).to_string().into();
    std::fs::write(&kept, old.to_string()).unwrap();
    assert_eq!(cloud.faascmd(&once).exits(0).json()["made"], 1);
    assert!(count(&cloud.requests(), "RunCommand") > 0);
}

#[test]
fn a_payment_that_was_cut_off_is_not_paid_twice() {
    let cloud = Cloud::start(&["--speed", "50"]);
    cloud.faascmd(&[&UP[..], &["--prepaid", "1month"]].concat()).exits(0);
    let renew = ["fleet", "renew", "ddr", "--now", "1month", "--yes", "-ojson"];
    let expires = |document: &Value| -> Vec<Value> {
        document["hosts"].as_array().unwrap().iter().map(|host| host["expires"].clone()).collect()
    };
    cloud.requests();
    let first = expires(&cloud.faascmd(&renew).exits(0).json());
    let sent = cloud.requests().iter().rposition(|request| request["action"] == "RenewInstance").unwrap();
    // The first host is paid, and the second one's answer is lost.
    let tap = Tap::before(cloud.address(), Cut::Request(sent, Phase::Unanswered));
    let (_, passed) = tap.run(cloud.command(&renew).env("FAASCMD_ENDPOINT", tap.endpoint()));
    assert!(passed.cut);
    let again = cloud.faascmd(&renew).exits(0);
    assert!(again.stderr.contains("1 of 2 hosts are paid already"), "{}", again.stderr);
    let months = |time: &Value| {
        let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
        let day = time.to_zoned(jiff::tz::TimeZone::UTC).date();
        i32::from(day.year()) * 12 + i32::from(day.month())
    };
    for (before, after) in first.iter().zip(expires(&again.json())) {
        assert_eq!(months(&after), months(before) + 1, "{before} {after}");
    }
}

#[test]
fn a_lost_answer_to_stop_or_start_is_no_refusal() {
    let lost = ["--fault", "lost-answer=StopInstances", "--fault", "lost-answer=StartInstances"];
    let cloud = Cloud::start(&[&["--speed", "50"], &lost[..]].concat());
    cloud.faascmd(&UP).exits(0);
    let stopped = cloud.faascmd(&["fleet", "stop", "ddr", "--yes", "-ojson"]).exits(0).json();
    assert_eq!(stopped["hosts"][1]["state"], "Stopped");
    let started = cloud.faascmd(&["fleet", "start", "ddr", "-ojson"]).exits(0).json();
    assert_eq!((ids(&started).len(), &started["hosts"][1]["state"]), (2, &"Running".into()));
    // The chips of a host are others after that, and no more. A run waits for the assistants.
    cloud.faascmd(&["fleet", "run", "ddr", "--", "true"]).exits(0);
    let devices = cloud.faascmd(&["fleet", "doctor", "ddr", "-ojson"]).exits(0).json();
    let seen = devices["hosts"][0]["checks"].as_array().unwrap().iter();
    let devices: Vec<_> =
        seen.filter(|check| check["name"] == "devices").map(|check| &check["detail"]).collect();
    assert_eq!(devices, ["1"]);
}

#[test]
fn a_host_on_which_nothing_could_be_loaded_has_not_passed() {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    cloud.faascmd(&UP).exits(0);
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.faascmd(&["fleet", "stop", "ddr", "--on", "2", "--yes"]).exits(0);
    let deploy = ["fleet", "deploy", "ddr", "bit.tar.gz", "--driver", "none"];
    let deployed = cloud.faascmd(&[&deploy[..], &["-ojson"]].concat()).exits(7).json();
    let host = &deployed["hosts"][1];
    assert_eq!((&host["name"], &host["outcome"]), (&"ddr-002".into(), &"not_run".into()));
    assert_eq!((&host["why"], &deployed["hosts"][0]["outcome"]), (&"it is Stopped".into(), &"passed".into()));
    let said = cloud.faascmd(&deploy).exits(7).stdout;
    assert!(said.contains("ddr-002: not run: it is Stopped"), "{said}");
    // What failed before any host was touched does not go on.
    let refused =
        cloud.faascmd(&["fleet", "deploy", "ddr", "bit.tar.gz", "--shell", "V9", "-ojson"]).exits(4);
    let report = cloud.faascmd(&["fleet", "report", "ddr", "-ojson"]).exits(7).json();
    assert_eq!(
        (&report["hosts"][0]["why"], &report["kind"]),
        (&refused.error()["message"], &"deploy".into())
    );
    assert!(report["finished"].is_string(), "{report}");
}

#[test]
fn a_file_is_looked_into_before_anything_is_made_and_goes_to_the_chips_that_it_is_for() {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    cloud.world.file("bad.tar.gz", "no package");
    cloud.world.file("nightly.toml", "count = 1\ntype = \"ecs.f3-c4f1.xlarge\"\n");
    let ran = cloud.faascmd(&["fleet", "once", "nightly.toml", "bad.tar.gz"]).exits(11);
    assert!(!ran.stderr.contains("--no-check"), "{}", ran.stderr);
    assert_eq!(count(&cloud.requests(), "RunInstances"), 0);
    // One host with a chip of Xilinx, one with a chip of Intel.
    for (kind, hosts) in [("ecs.f3-c4f1.xlarge", "1"), ("ecs.f1-c8f1.2xlarge", "2")] {
        cloud.faascmd(&["fleet", "up", "ddr", "--type", kind, "--count", hosts, "--yes"]).exits(0);
    }
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let deploy = ["fleet", "deploy", "ddr", "bit.tar.gz", "--driver", "none", "--test", "smoke", "-ojson"];
    let ran = cloud.faascmd(&deploy).exits(0);
    assert!(ran.stderr.contains("1 chips are of another kind than the file"), "{}", ran.stderr);
    let deployed = ran.json();
    assert_eq!(
        (deployed["fpgas"].as_array().unwrap().len(), &deployed["fpgas"][0]["name"]),
        (1, &"ddr-001".into())
    );
    assert_eq!(deployed["tests"]["hosts"].as_array().unwrap().len(), 1);
    let error = cloud.faascmd(&[&deploy[..], &["--on", "2"]].concat()).exits(5).error();
    assert_eq!(error["message"], "bit.tar.gz is for no chip of ddr");
}

#[test]
fn who_stops_the_making_of_a_fleet_hears_how_to_release_it() {
    let cloud = Cloud::start(&[]);
    let mut up = cloud.command(&UP[..8]).spawn().unwrap();
    // At the speed of the clock they take a while to come up.
    while cloud.next_request()["action"] != "RunInstances" {}
    kill(Pid::from_raw(up.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let mut said = String::new();
    up.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(up.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("go on: ") && said.contains("release the hosts: faascmd fleet down ddr"), "{said}");
}

/// `once` on hosts that others made and tagged, with a program for these that is a script.
fn on_those_of_others(cloud: &Cloud, agent: &str) -> [&'static str; 7] {
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.world.file("theirs.toml", "target = \"tag:team=fpga\"\ntest = [\"smoke\"]\n");
    cloud.world.program_file("agent", &format!("#!/bin/sh\n{agent}\n"));
    while running(cloud).len() < 2 {}
    ["fleet", "once", "theirs.toml", "bit.tar.gz", "--agent", "./agent", "-ojson"]
}

/// The hosts of others that are running.
fn running(cloud: &Cloud) -> BTreeSet<String> {
    let shown = cloud.faascmd(&["fleet", "show", "tag:team=fpga", "--no-chips", "-ojson"]).exits(0).json();
    let hosts = shown["hosts"].as_array().unwrap().iter().filter(|host| host["state"] == "Running");
    hosts.map(|host| host["instance_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn once_on_the_hosts_of_others_makes_and_releases_nothing() {
    let cloud = workers();
    let once = on_those_of_others(&cloud, &format!("exec '{}' \"$@\"", env!("CARGO_BIN_EXE_faascmd")));
    cloud.requests();
    let told = cloud.faascmd(&once).exits(0).json();
    assert_eq!(
        (&told["target"], &told["made"], &told["counts"]["passed"]),
        (&"tag:team=fpga".into(), &0.into(), &2.into()),
        "{told:#}"
    );
    let kept = told["kept"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    assert_eq!((&told["released"], running(&cloud)), (&Value::Array(Vec::new()), kept));
    let requests = cloud.requests();
    for action in ["RunInstances", "StartInstances", "DeleteInstances", "ModifyInstanceAutoReleaseTime"] {
        assert_eq!(count(&requests, action), 0, "{action}");
    }
}

#[test]
fn a_second_ctrl_c_stops_the_tests_on_the_hosts_of_others_and_leaves_the_hosts() {
    let cloud = workers();
    let pipe = cloud.world.path().join("held");
    mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    let once = on_those_of_others(&cloud, &format!("exec 9>'{}'\nsleep 300", pipe.display()));
    let once = cloud.command(&once).spawn().unwrap();
    let mut held = std::fs::File::open(&pipe).unwrap();
    let stopped = interrupted_again(once).exits(130).stderr;
    assert!(stopped.contains("stopped on 2 hosts"), "{stopped}");
    // Releasing them is for others to think of.
    assert!(!stopped.contains("fleet down"), "{stopped}");
    held.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(running(&cloud).len(), 2);
}
