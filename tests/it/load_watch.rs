//! A load that never shows, and one that another replaced, are told for what they are.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use faascmd::testing::bitstream::sample;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use super::fpga::OLD;
use crate::common::bar::Bar;
use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};
use crate::common::world::ran;

const OTHER: &str = "a8cee2f0-b8bd-11e7-879a-0dba4bf26e88";

/// A line on which somebody says of a load that it is committed, and the service never hears of it.
fn pretending(running: &Cloud) -> Line {
    let body = json!({"RequestId": "R", "FpgaImageUUID": OTHER, "TaskStatus": "committed"}).to_string();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    Line::judged(running.endpoint(), move |head| {
        let is_load = String::from_utf8_lossy(head).contains("Action=LoadFpgaImageTask");
        if is_load { Fate::Instead(answer.clone().into()) } else { Fate::Passes }
    })
}

#[test]
fn a_load_that_the_chip_never_shows_is_9_after_a_minute() {
    let running = Cloud::start(&["--speed", "20"]);
    let line = pretending(&running);
    let mut load = running.command(&["fpga", "load", OTHER, "--fpga", "1", "-o", "json"]);
    let error = ran(load.env("FAASCMD_ENDPOINT", line.endpoint())).exits(9).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(OTHER) && message.contains("after a minute the chip still says"), "{message}");
}

#[test]
fn a_load_that_another_s_replaced_is_6_with_theirs() {
    let running = Cloud::start(&["--speed", "20"]);
    let line = pretending(&running);
    let mut load = running.command(&["fpga", "load", OTHER, "--fpga", "1", "-o", "json"]);
    let load = load.env("FAASCMD_ENDPOINT", line.endpoint()).spawn().unwrap();
    // It looks at the chip before the order, and after it.
    for _ in 0..2 {
        while running.next_request()["action"] != "DescribeLoadTaskStatus" {}
    }
    let mut theirs = running.command(&["fpga", "load", OLD, "--fpga", "1", "--no-wait"]);
    ran(theirs.env("XDG_STATE_HOME", running.world.path().join("theirs"))).exits(0);
    let output = load.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{stderr}");
    assert!(stderr.contains(OLD) && stderr.contains("ordered at 20"), "{stderr}");
}

/// The test finds errors, and finds them in somebody else's image.
#[test]
fn a_load_of_another_s_while_ours_is_tested_is_6_and_no_fault() {
    let running = Cloud::start(&["--speed", "20"]);
    for (file, part) in [("bit.tar.gz", "xcvu9p-flgb2104-2-i"), ("theirs.tar.gz", "xcvu9p-flgb2104-1-e")] {
        running.world.file(file, sample::package(part));
    }
    let theirs = running.faascmd(&["deploy", "theirs.tar.gz", "--no-load", "-o", "json"]).exits(0).json();
    let theirs = theirs["image"]["uuid"].as_str().unwrap();
    let bar = Bar::new(&running.world);
    let mut deploy = running.command(&["deploy", "bit.tar.gz", "--test", "prbs", "--prbs-duration", "1s"]);
    deploy.env("FAASCMD_DEVICE", bar.device()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut deploy = deploy.spawn().unwrap();
    let mut lines = BufReader::new(deploy.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(": 0x30 reads 0x00000000 (")));
    let mut load = running.command(&["fpga", "load", theirs, "--fpga", "0", "--no-wait"]);
    ran(load.env("XDG_STATE_HOME", running.world.path().join("theirs"))).exits(0);
    // Before it has stopped the test is not over.
    bar.set(0x30, 4);
    bar.set(0x28, 1);
    let rest: Vec<String> = lines.collect();
    assert_eq!(deploy.wait().unwrap().code(), Some(6), "{rest:?}");
    let error = rest.iter().find(|line| line.starts_with("error: ")).unwrap();
    assert!(error.contains(theirs) && error.contains("was replaced by"), "{error}");
}

/// A line on which the first order to load arrives some seconds late; what is to happen when it is sent.
fn late(running: &Cloud, sent: impl Fn() + Send + Sync + 'static) -> Line {
    let is_sent = AtomicBool::new(false);
    Line::judged(running.endpoint(), move |head| {
        let is_load = String::from_utf8_lossy(head).contains("Action=LoadFpgaImageTask");
        if !is_load || is_sent.swap(true, Ordering::Relaxed) {
            return Fate::Passes;
        }
        sent();
        Fate::Late(Duration::from_secs(3))
    })
}

const LOAD: [&str; 5] = ["fpga", "load", OLD, "-o", "json"];

#[test]
fn a_load_that_arrives_late_is_asked_for_once() {
    let running = Cloud::start(&["--speed", "20"]);
    let line = late(&running, || {});
    let loaded = running.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &LOAD).exits(0);
    assert!(loaded.stderr.contains("ordered without an answer, looking until 20"), "{}", loaded.stderr);
    assert_eq!(loaded.json()["task_status"], "valid");
    assert_eq!(count(&running.requests(), "LoadFpgaImageTask"), 1);
}

#[test]
fn a_late_load_of_a_run_that_was_killed_is_not_asked_for_again() {
    let running = Cloud::start(&["--speed", "20"]);
    let program = Arc::new(OnceLock::<Pid>::new());
    let killed = Arc::clone(&program);
    let line = late(&running, move || kill(*killed.wait(), Signal::SIGKILL).unwrap());
    let mut load = running.command(&LOAD);
    let mut load = load.env("FAASCMD_ENDPOINT", line.endpoint()).stderr(Stdio::null()).spawn().unwrap();
    program.set(Pid::from_raw(load.id().try_into().unwrap())).unwrap();
    assert_eq!(load.wait().unwrap().code(), None);
    let again = running.faascmd_with(&[("FAASCMD_ENDPOINT", &line.endpoint())], &LOAD).exits(0);
    assert_eq!(again.json()["task_status"], "valid");
    assert_eq!(count(&running.requests(), "LoadFpgaImageTask"), 1);
    // What was answered is forgotten.
    let intents = running.world.path().join(".local/state/faascmd/intents");
    assert_eq!(std::fs::read_dir(intents).unwrap().count(), 0);
}
