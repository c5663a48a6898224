//! `fleet once` beside other runs of it, beside hosts of people, and after a failure.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::{Arc, Mutex, mpsc};

use faascmd::testing::bitstream::sample;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::fleet_traps::{ids, killed_before_the_release, made_by_others};
use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};

const NIGHTLY: [&str; 5] = ["fleet", "once", "nightly.toml", "bit.tar.gz", "-ojson"];

/// A cloud, a file, and what `once` makes and tests.
fn nightly(flags: &[&str]) -> Cloud {
    let cloud = Cloud::start(&[&["--speed", "50", "--build-time", "1s"], flags].concat());
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    cloud.world.file("nightly.toml", "count = 1\ntype = \"ecs.f3-c4f1.xlarge\"\ntest = [\"smoke\"]\n");
    cloud
}

/// Both passed, each on a host that it made, and nothing is left.
fn each_had_its_own(cloud: &Cloud, documents: [&[u8]; 2]) {
    let [first, second] = documents.map(|text| serde_json::from_slice::<Value>(text).unwrap());
    for told in [&first, &second] {
        assert_eq!((&told["outcome"], &told["made"]), (&"passed".into(), &1.into()), "{told}");
    }
    assert_ne!(ids(&first), ids(&second));
    assert_eq!(ids(&cloud.faascmd(&["fleet", "ls", "-ojson"]).exits(0).json()), BTreeSet::new());
}

#[test]
fn two_runs_of_once_on_one_machine_are_one_after_the_other() {
    let cloud = nightly(&[]);
    let start = || cloud.command(&NIGHTLY).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ended = [start(), start()].map(|child| child.wait_with_output().unwrap());
    for run in &ended {
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    }
    each_had_its_own(&cloud, ended.each_ref().map(|run| run.stdout.as_slice()));
    assert_eq!(count(&cloud.requests(), "RunInstances"), 2);
}

/// What a run says until it has met the hosts of another one, or to its end.
fn until_it_waits(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> String {
    let mut said = String::new();
    while !said.contains("of another `once`") {
        let Some(line) = lines.next() else { break };
        said += &(line.unwrap() + "\n");
    }
    said
}

#[test]
fn who_waits_for_another_once_releases_nothing_of_it_and_can_be_stopped() {
    let cloud = nightly(&[]);
    let tags = [("Tag.1.Key", "faascmd-fleet"), ("Tag.1.Value", "nightly"), ("Tag.2.Key", "faascmd-once")];
    made_by_others(&cloud, "theirs", &[&tags[..], &[("Tag.2.Value", "another")]].concat());
    let hosts = || ids(&cloud.faascmd(&["fleet", "show", "nightly", "--no-chips", "-ojson"]).json());
    while cloud.faascmd(&["fleet", "show", "nightly", "--no-chips"]).stdout.matches("theirs").count() < 2 {}
    let theirs = hosts();
    let mut once = cloud.command(&NIGHTLY).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(once.stderr.take().unwrap()).lines();
    let said = until_it_waits(&mut lines);
    assert!(said.contains("waiting until they are released"), "{said}");
    kill(Pid::from_raw(once.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let rest: String = lines.map(|line| line.unwrap() + "\n").collect();
    assert_eq!(once.wait().unwrap().code(), Some(130), "{rest}");
    assert_eq!(hosts(), theirs);
    assert_eq!(count(&cloud.requests(), "DeleteInstances"), 0);
}

#[test]
fn two_machines_that_run_once_at_once_each_test_hosts_of_their_own() {
    let cloud = nightly(&[]);
    let (first_is_at_work, at_work) = mpsc::channel();
    let (second_waits, waiting) = mpsc::channel();
    let meeting = Mutex::new(Some((first_is_at_work, waiting)));
    // The first one has hosts and begins to use them when the second one has met them.
    let line = Line::judged(cloud.endpoint(), move |request| {
        let is_use = String::from_utf8_lossy(request).contains("Action=RunCommand");
        if let Some((at_work, waiting)) = meeting.lock().unwrap().take_if(|_| is_use) {
            at_work.send(()).unwrap();
            waiting.recv().ok();
        }
        Fate::Passes
    });
    let mut first = cloud.command(&NIGHTLY);
    first.env("XDG_STATE_HOME", cloud.world.path().join("another machine"));
    first.env("FAASCMD_ENDPOINT", line.endpoint()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (first, running) = (Mutex::new(Some(first)), Arc::new(Mutex::new(None)));
    let (kept, at_work) = (Arc::clone(&running), Mutex::new(at_work));
    // The second one has looked, and seen nothing; before it orders, the first one does.
    let line = Line::judged(cloud.endpoint(), move |request| {
        let is_before_the_order = String::from_utf8_lossy(request).contains("DryRun=true");
        if let Some(mut first) = first.lock().unwrap().take_if(|_| is_before_the_order) {
            *kept.lock().unwrap() = Some(first.spawn().unwrap());
            at_work.lock().unwrap().recv().unwrap();
        }
        Fate::Passes
    });
    let mut second = cloud.command(&NIGHTLY);
    second.env("FAASCMD_ENDPOINT", line.endpoint()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut second = second.spawn().unwrap();
    let mut lines = BufReader::new(second.stderr.take().unwrap()).lines();
    let mut said = until_it_waits(&mut lines);
    second_waits.send(()).unwrap();
    lines.for_each(|line| said += &(line.unwrap() + "\n"));
    let second = second.wait_with_output().unwrap();
    let first = running.lock().unwrap().take().unwrap().wait_with_output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(second.status.code(), Some(0), "{said}");
    assert!(said.contains("faascmd fleet down nightly --yes"), "{said}");
    each_had_its_own(&cloud, [&first.stdout, &second.stdout]);
}

#[test]
fn hosts_that_somebody_made_by_hand_are_not_used_and_not_released() {
    let cloud = nightly(&[]);
    let up = ["fleet", "up", "nightly", "--type", "ecs.f3-c4f1.xlarge", "--count", "1", "--yes", "-ojson"];
    let theirs = ids(&cloud.faascmd(&up).exits(0).json());
    let refused = cloud.faascmd(&NIGHTLY).exits(6).error();
    assert!(refused["message"].as_str().unwrap().contains("nightly-001"), "{refused}");
    assert!(refused["hints"].to_string().contains("name = "), "{refused}");
    assert_eq!(
        ids(&cloud.faascmd(&["fleet", "show", "nightly", "--no-chips", "-ojson"]).exits(0).json()),
        theirs
    );
    let requests = cloud.requests();
    assert_eq!((count(&requests, "DeleteInstances"), count(&requests, "LoadFpgaImageTask")), (0, 0));
}

#[test]
fn hosts_of_a_failure_that_are_kept_are_in_nobodys_way() {
    let cloud = nightly(&["--fault", "bad-chip=nightly-001/0"]);
    let keep = [&NIGHTLY[..], &["--keep-on-failure", "31m"]].concat();
    let kept = cloud.faascmd(&keep).exits(11).json()["kept"].clone();
    let again = cloud.faascmd(&keep).exits(11).json();
    assert_eq!((kept.as_array().unwrap().len(), &again["made"]), (1, &json!(1)));
    assert_ne!(again["kept"], kept);
    let there = cloud.faascmd(&["fleet", "show", "nightly", "--no-chips", "-ojson"]).exits(0).json();
    assert_eq!(ids(&there).len(), 2, "{there}");
    assert_eq!(cloud.faascmd(&[&NIGHTLY[..], &["--keep-on-failure", "5000d"]].concat()).exits(2).stdout, "");
}

#[test]
fn a_verdict_in_words_of_another_version_is_made_anew_on_the_same_hosts() {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    killed_before_the_release(&cloud);
    let kept = cloud.world.path().join(".local/state/faascmd/fleets/cn-hangzhou/once/nightly.json");
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, text.replace("\"passed\"", "\"degraded\"")).unwrap();
    let told = cloud.faascmd(&NIGHTLY).exits(0).json();
    assert_eq!((&told["made"], &told["outcome"]), (&json!(0), &json!("passed")));
    assert_eq!(ids(&cloud.faascmd(&["fleet", "ls", "-ojson"]).exits(0).json()), BTreeSet::new());
}
