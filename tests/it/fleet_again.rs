//! Fleets after a kill or a lost answer, asked for again and otherwise: on other terms, on other hosts, another target, or
//! with hosts that somebody released in between.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use faascmd::testing::bitstream::sample;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};
use crate::common::rpc::{call, user};

const UP: [&str; 7] = ["fleet", "up", "--type", "ecs.f3-c4f1.xlarge", "--yes", "-ojson", "--count"];

fn ddr(hosts: &str) -> Cloud {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    cloud.faascmd(&[&UP[..], &[hosts, "ddr"]].concat()).exits(0);
    cloud
}

fn is_of(request: &[u8], action: &str) -> bool {
    String::from_utf8_lossy(request).contains(&format!("Action={action}"))
}

/// Kills `faascmd ARGS` when it calls an action, which reaches nobody, and something else has happened.
fn killed_at(cloud: &Cloud, action: &'static str, args: &[&str], else_happened: impl FnOnce()) {
    let (sender, held) = mpsc::channel();
    let line = Line::judged(cloud.endpoint(), move |request| {
        if !is_of(request, action) {
            return Fate::Passes;
        }
        sender.send(()).ok();
        Fate::Held
    });
    let mut command = cloud.command(args);
    command.env("FAASCMD_ENDPOINT", line.endpoint()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    held.recv().unwrap();
    else_happened();
    child.kill().unwrap();
    child.wait().unwrap();
}

fn names(document: &Value) -> Vec<&str> {
    let hosts = document["hosts"].as_array().unwrap().iter();
    hosts.map(|host| host["name"].as_str().unwrap()).collect()
}

/// As if what is kept of a fleet's order had been written two minutes earlier.
fn age_order(cloud: &Cloud) {
    let path = cloud.world.path().join(".local/state/faascmd/fleets/cn-hangzhou/ddr.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for time in ["/orders/0/asked", "/orders/0/order/release"] {
        let time = kept.pointer_mut(time).unwrap();
        if let Some(at) = time.as_str().map(|text| text.parse::<Timestamp>().unwrap()) {
            *time = json!((at - SignedDuration::from_secs(130)).to_string());
        }
    }
    std::fs::write(&path, kept.to_string()).unwrap();
}

#[test]
fn an_order_of_which_nothing_came_is_sent_again_only_on_the_terms_of_now() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let line = Line::judged(cloud.endpoint(), |request| {
        if is_of(request, "RunInstances") { Fate::Unsent } else { Fate::Passes }
    });
    let up = |endpoint: &str, flags: &[&str]| {
        let args = [&UP[..], &["1", "ddr"], flags].concat();
        cloud.faascmd_with(&[("FAASCMD_ENDPOINT", endpoint)], &args)
    };
    let half_hour = ["--release-after", "30m"];
    for (lost, wanted) in [
        (&["--prepaid", "1year"], &half_hour),
        (&half_hour, &half_hour),
        (&half_hour, &["--release-after", "never"]),
    ] {
        up(&line.endpoint(), lost).exits(7);
        age_order(&cloud);
        let made = up(cloud.endpoint(), wanted).exits(0).json();
        assert_eq!(made["new"], 1);
        let host = &made["hosts"][0];
        assert_eq!((&host["prepaid"], host["release"].is_null()), (&json!(false), wanted[1] == "never"));
        cloud.faascmd(&["fleet", "down", "ddr", "--yes"]).exits(0);
    }
    // On the same terms it is the same order.
    up(&line.endpoint(), &[]).exits(7);
    let again = up(cloud.endpoint(), &[]).exits(0);
    assert!(again.stderr.contains("an order of 1 was cut off; asking"), "{}", again.stderr);
    assert_eq!(again.json()["new"], 1);
}

#[test]
fn a_payment_that_was_cut_off_is_not_made_twice_whatever_is_done_in_between() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let up = |fleet: &str, hosts: &str| {
        cloud.faascmd(&[&UP[..], &[hosts, fleet, "--prepaid", "1month"]].concat()).exits(0);
    };
    up("a", "2");
    let payments = AtomicUsize::new(0);
    let line = Line::judged(cloud.endpoint(), move |request| {
        let is_later = is_of(request, "RenewInstance") && payments.fetch_add(1, Ordering::SeqCst) > 0;
        if is_later { Fate::Unsent } else { Fate::Passes }
    });
    let renew = |endpoint: &str, fleet: &str| {
        let args = ["fleet", "renew", fleet, "--now", "1month", "--yes"];
        cloud.faascmd_with(&[("FAASCMD_ENDPOINT", endpoint)], &args)
    };
    renew(&line.endpoint(), "a").exits(7);
    // A fleet by such a name has its own orders on this machine, too.
    up("payment", "1");
    renew(cloud.endpoint(), "payment").exits(0);
    let again = renew(cloud.endpoint(), "a").exits(0);
    assert!(again.stderr.contains("1 of 2 hosts are paid already"), "{}", again.stderr);
    assert_eq!(count(&cloud.requests(), "RenewInstance"), 3);
    // What is wished anew is paid anew.
    renew(cloud.endpoint(), "a").exits(0);
    assert_eq!(count(&cloud.requests(), "RenewInstance"), 2);
}

#[test]
fn a_killed_deployment_is_gone_on_with_on_its_own_hosts_only() {
    let cloud = ddr("2");
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let deploy = |more: &[&str]| {
        let args = [&["fleet", "deploy", "ddr", "bit.tar.gz", "-ojson"], more].concat();
        cloud.faascmd_with(&[("FAASCMD_ORDER_LIFE", "1s")], &args)
    };
    killed_at(&cloud, "CreateFpgaImageTask", &["fleet", "deploy", "ddr", "bit.tar.gz"], || ());
    let one = deploy(&["--on", "001"]).exits(0).json();
    assert_eq!(names(&one), ["ddr-001"]);
    let report = cloud.faascmd(&["fleet", "report", "ddr", "-ojson"]).exits(0).json();
    assert_eq!(names(&report), ["ddr-001"]);
    // Of the one that was killed a host is gone, and did not pass.
    cloud.faascmd(&["fleet", "down", "ddr", "--on", "002", "--yes"]).exits(0);
    let all = deploy(&[]).exits(7).json();
    assert_ne!(all["run"], one["run"]);
    let ended = all["hosts"].as_array().unwrap().iter().map(|host| (&host["name"], &host["outcome"]));
    let expected = [(json!("ddr-001"), json!("passed")), (json!("ddr-002"), json!("not_run"))];
    assert_eq!(ended.collect::<Vec<_>>(), expected.iter().map(|(n, o)| (n, o)).collect::<Vec<_>>());
}

#[test]
fn a_killed_run_is_not_taken_up_for_some_of_its_hosts() {
    let cloud = ddr("2");
    let command = ["--", "echo ran >>\"$FAASCMD_HOST_ROOT/ran\""];
    let run = |flags: &[&'static str]| [&["fleet", "run", "ddr", "-ojson"], flags, &command].concat();
    killed_at(&cloud, "DescribeInvocation", &run(&["--canary", "1"]), || ());
    let one = cloud.faascmd(&run(&["--on", "002"])).exits(0);
    assert!(!one.stderr.contains("taking up"), "{}", one.stderr);
    assert_eq!(names(&one.json()), ["ddr-002"]);
    let all = cloud.faascmd(&run(&[])).exits(0);
    assert!(all.stderr.contains("taking up run"), "{}", all.stderr);
    assert_eq!(names(&all.json()), ["ddr-001", "ddr-002"]);
    let ran = cloud.faascmd(&["fleet", "run", "ddr", "--", "wc -l <\"$FAASCMD_HOST_ROOT/ran\""]).exits(0);
    assert!(ran.stdout.contains("ddr-001") && ran.stdout.contains("ddr-002"), "{}", ran.stdout);
}

#[test]
fn a_look_that_was_killed_tells_of_now_when_it_is_repeated() {
    let cloud = ddr("1");
    let says = |text: &str| {
        let command = format!("echo {text} >\"$FAASCMD_HOST_ROOT/x\"");
        cloud.faascmd(&["fleet", "run", "ddr", "--", &command]).exits(0);
    };
    says("before");
    let get = ["fleet", "get", "ddr", "/x", "back"];
    let put = || while cloud.next_request()["action"] != "PutObject" {};
    killed_at(&cloud, "DescribeInvocation", &get, put);
    says("now");
    cloud.faascmd(&get).exits(0);
    assert_eq!(std::fs::read_to_string(cloud.world.path().join("back/ddr-001/x")).unwrap(), "now\n");
    let doctor = ["fleet", "doctor", "ddr"];
    killed_at(&cloud, "DescribeInvocation", &doctor, || ());
    let again = cloud.faascmd(&doctor);
    assert!(!again.stderr.contains("taking up"), "{}", again.stderr);
}

#[test]
fn who_is_released_while_others_stop_or_start_is_named_and_not_waited_for() {
    let cloud = ddr("3");
    for (verb, action, gone) in [("stop", "StopInstances", "003"), ("start", "StartInstances", "002")] {
        let mut down = cloud.command(&["fleet", "down", "ddr", "--on", gone, "--yes"]);
        down.env("XDG_STATE_HOME", cloud.world.path().join("another machine"));
        let (down, is_asked) = (Mutex::new(Some(down)), AtomicBool::new(false));
        let line = Line::judged(cloud.endpoint(), move |request| {
            if is_of(request, action) {
                is_asked.store(true, Ordering::SeqCst);
            } else if is_asked.load(Ordering::SeqCst)
                && let Some(mut down) = down.lock().unwrap().take()
            {
                assert!(down.output().unwrap().status.success());
            }
            Fate::Passes
        });
        let mut args = vec!["fleet", verb, "ddr", "-ojson"];
        args.extend((verb == "stop").then_some("--yes"));
        let variables = [("FAASCMD_ENDPOINT", line.endpoint().leak() as &str), ("FAASCMD_TEST_HASTE", "40")];
        let error = cloud.faascmd_with(&variables, &args).exits(5).error();
        assert!(error["message"].as_str().unwrap().starts_with(&format!("ddr-{gone} could not")), "{error}");
        assert!(error["hints"].to_string().contains("ed: ddr-"), "{error}");
    }
}

#[test]
fn who_was_made_and_is_gone_again_is_not_new() {
    let cloud = ddr("1");
    let elsewhere = cloud.world.path().join("another machine");
    let down = ["fleet", "down", "ddr", "--yes"];
    cloud.faascmd_with(&[("XDG_STATE_HOME", elsewhere.to_str().unwrap())], &down).exits(0);
    let again = [&UP[..], &["1", "ddr"]].concat();
    let made = cloud.faascmd_with(&[("FAASCMD_TEST_HASTE", "40")], &again).exits(0).json();
    assert_eq!((&made["new"], names(&made).len()), (&json!(1), 1));
}

#[test]
fn a_tag_is_in_any_letters_and_as_long_as_the_cloud_has_it() {
    let cloud = ddr("1");
    let shown = cloud.faascmd(&["fleet", "show", "ddr", "--no-chips", "-ojson"]).exits(0).json();
    let id = shown["hosts"][0]["instance_id"].as_str().unwrap();
    let team = "测试".repeat(45);
    let tag =
        [("ResourceType", "instance"), ("ResourceId.1", id), ("Tag.1.Key", "team"), ("Tag.1.Value", &team)];
    let answer = call(&cloud, &user(), ("2014-05-26", "TagResources"), &tag);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let target = format!("tag:team={team}");
    while cloud.faascmd(&["fleet", "show", &target, "--no-chips"]).code != 0 {}
    cloud.faascmd(&["fleet", "run", &target, "--", "true"]).exits(0);
}
