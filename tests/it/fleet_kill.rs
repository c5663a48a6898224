//! `fleet once` dies by signals at chosen requests, or works in a cloud where much goes wrong, and has made nothing twice,
//! done nothing twice, left nothing running, and told no wrong verdict.
//!
//! `scripts/kill-fleet` runs the whole campaign; the tests run a short form of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use faascmd::testing::bitstream::sample;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::common::cloud::Cloud;
use crate::common::tap::{Cut, Passed, Phase, Tap};
use crate::common::world::{Ran, ran};

/// Points of the short form.
const FEW: usize = 6;
/// Runs among faults of the short form.
const FEW_FAULTS: usize = 4;
/// Runs side by side.
const THREADS: usize = 2;
const HOSTS: usize = 4;
const ONCE: [&str; 8] = ["fleet", "once", "nightly.toml", "bit.tar.gz", "--agent", "./agent", "-o", "json"];
/// One chip is bad, so a right verdict can't be had by luck.
const BAD_CHIP: [&str; 2] = ["--fault", "bad-chip=nightly-003/0"];
/// What the verdict is then.
const FAULT: i32 = 11;

/// What goes wrong in the cloud, and the exit codes that may come of it; never that all is well.
const FAULTS: [(&[&str], &[i32]); 10] = [
    (&["lost-answer=RunInstances", "half-answer=RunInstances"], &[FAULT]),
    (&["lost-answer=RunCommand", "half-answer=RunCommand", "delivered-twice=1"], &[FAULT]),
    (&["lost-answer=DeleteInstances", "half-answer=DescribeInstances"], &[FAULT]),
    (&["lost-answer=CreateFpgaImageTask", "lost-answer=LoadFpgaImageTask"], &[FAULT]),
    (&["creation-fails=0.2"], &[FAULT, 7, 9]),
    (&["no-stock=cn-hangzhou-b"], &[FAULT, 7]),
    (&["output-cut"], &[FAULT]),
    (&["delivery-timeout=0.3"], &[FAULT, 9, 7]),
    (&["assistant-offline=0.3"], &[FAULT, 9, 7]),
    (&["host-dies=0.1", "server-error=0.03"], &[FAULT, 9, 7, 5]),
];

/// What went wrong, over all points.
#[derive(Debug, Default)]
struct Tally {
    points: usize,
    reached: usize,
    made_twice: usize,
    images_twice: usize,
    commands_twice: usize,
    left_running: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn is_clean(&self) -> bool {
        (self.made_twice, self.images_twice, self.commands_twice, self.left_running) == (0, 0, 0, 0)
            && self.wrong.is_empty()
    }
}

/// A cloud and the files. The program on the hosts writes down what it is asked to do, then does it.
fn prepared(flags: &[&str]) -> Cloud {
    let ledger = ["--speed", "50", "--build-time", "1s", "--ledger", "ledger"];
    let cloud = Cloud::start(&[&ledger, &BAD_CHIP[..], flags].concat());
    cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    let spec = "count = 4\ntype = \"ecs.f3-c4f1.xlarge\"\ntest = [\"smoke\"]\n";
    cloud.world.file("nightly.toml", spec);
    let (done, program) = (cloud.world.path().join("done"), env!("CARGO_BIN_EXE_faascmd"));
    let agent = format!(
        "#!/bin/sh\necho \"$FAASCMD_HOST_ROOT $*\" >>'{}'\nexec '{program}' \"$@\"\n",
        done.display()
    );
    cloud.world.program_file("agent", &agent);
    cloud
}

fn once(cloud: &Cloud, tap: &Tap) -> Command {
    let mut command = cloud.command(&ONCE);
    // A killed run's order for an image arrives here at once or never, and nobody has patience for a dead assistant.
    command.env("FAASCMD_ENDPOINT", tap.endpoint()).env("FAASCMD_ORDER_LIFE", "1s");
    command.env("FAASCMD_TEST_HASTE", "40");
    command
}

/// The last state of every instance of the fleet.
fn states(cloud: &Cloud) -> BTreeMap<String, String> {
    let ledger = std::fs::read_to_string(cloud.world.path().join("ledger")).unwrap_or_default();
    let lines = ledger.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_fleet = lines.filter(|line| line["name"].as_str().unwrap().starts_with("nightly"));
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    of_fleet.map(|line| (text(&line, "instance_id"), text(&line, "state"))).collect()
}

/// What was done on the hosts a second time.
fn done_twice(cloud: &Cloud) -> usize {
    let done = std::fs::read_to_string(cloud.world.path().join("done")).unwrap_or_default();
    let different: BTreeSet<_> = done.lines().collect();
    done.lines().count() - different.len()
}

/// Counts what a cloud has seen when all is over; `made` are the instances that there may have been.
fn count(cloud: &Cloud, made: usize, tally: &Mutex<Tally>) {
    let states = states(cloud);
    let images = cloud.faascmd(&["image", "ls", "-o", "json"]);
    let images = if images.code == 0 { images.json()["items"].as_array().unwrap().len() } else { 0 };
    let mut tally = tally.lock().unwrap();
    tally.points += 1;
    tally.made_twice += states.len().saturating_sub(made);
    tally.images_twice += images.saturating_sub(2);
    tally.commands_twice += done_twice(cloud);
    let left: Vec<_> = states.iter().filter(|(_, state)| *state != "Released").collect();
    tally.left_running += left.len();
    if !left.is_empty() {
        tally.wrong.push(format!("left: {left:?}"));
    }
}

fn wrong(tally: &Mutex<Tally>, what: String) {
    tally.lock().unwrap().wrong.push(what);
}

/// Lets a run of `once` run into the cut.
fn first_run(cloud: &Cloud, cut: Cut, signal: Signal, variables: &[(&str, &str)]) -> (Tap, Passed, i32) {
    use std::os::unix::process::ExitStatusExt;
    let tap = Tap::signalling(cloud.address(), cut, signal);
    let (status, passed) = tap.run(once(cloud, &tap).envs(variables.iter().copied()));
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    (tap, passed, code)
}

/// Kills, runs again and counts.
fn survives(cut: Cut, variables: &[(&str, &str)], tally: &Mutex<Tally>) {
    let cloud = prepared(&[]);
    let (tap, passed, _) = first_run(&cloud, cut, Signal::SIGKILL, variables);
    tap.heal();
    let Ran { code, stderr, .. } = ran(once(&cloud, &tap).envs(variables.iter().copied()));
    tally.lock().unwrap().reached += usize::from(passed.cut);
    // A run that was over before the cut was no victim: the next one is a new one.
    count(&cloud, if passed.cut { HOSTS } else { 2 * HOSTS }, tally);
    if code != FAULT {
        wrong(tally, format!("{cut:?}: exit {code}: {stderr}"));
    }
}

/// Sends a signal that can be caught: the hosts are released before the program ends, and its exit code says so.
fn ends_tidily(cut: Cut, signal: Signal, tally: &Mutex<Tally>) {
    let cloud = prepared(&[]);
    let (_tap, passed, code) = first_run(&cloud, cut, signal, &[]);
    tally.lock().unwrap().reached += usize::from(passed.cut);
    count(&cloud, HOSTS, tally);
    // Where the work was done already, only the release was left, and the verdict stands.
    if ![128 + signal as i32, FAULT].contains(&code) {
        wrong(tally, format!("{signal} at {cut:?}: exit {code}"));
    }
}

/// Works in a cloud where things go wrong.
fn works_among_faults(number: usize, tally: &Mutex<Tally>) {
    let (faults, codes) = FAULTS[number % FAULTS.len()];
    let seed = number.to_string();
    let flags: Vec<_> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    let cloud = prepared(&[&["--fault-seed", &seed], &flags[..]].concat());
    let tap = Tap::before(cloud.address(), Cut::Never);
    let (mut ended, mut fleets) = (ran(&mut once(&cloud, &tap)), 1);
    // What could not be done for a passing reason is done by the same command, as a person would.
    if ended.code == 7 && faults.iter().any(|fault| fault.starts_with("server-error")) {
        // The first one has released what it made.
        (ended, fleets) = (ran(&mut once(&cloud, &tap)), 2);
    }
    // One that vanishes is replaced.
    let replaced = faults.iter().any(|fault| fault.starts_with("creation-fails"));
    count(&cloud, if replaced { 2 * HOSTS } else { fleets * HOSTS }, tally);
    if !codes.contains(&ended.code) {
        wrong(tally, format!("{faults:?}, seed {seed}: exit {}: {}", ended.code, ended.stderr));
    }
}

/// Does a number of points, some side by side.
fn all(points: usize, point: impl Fn(usize, &Mutex<Tally>) + Sync) -> Tally {
    let (tally, next) = (Mutex::new(Tally::default()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(n) = Some(next.fetch_add(1, Ordering::SeqCst)).filter(|n| *n < points) {
                    point(n, &tally);
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

/// Cuts that are spread over all requests of an undisturbed run.
fn cuts(count: usize, first: usize, last: usize) -> Vec<Cut> {
    let points: Vec<_> = (first..last).flat_map(|n| Phase::ALL.map(|phase| Cut::Request(n, phase))).collect();
    (0..count).map(|n| points[n * points.len() / count]).collect()
}

fn requests() -> usize {
    let cloud = prepared(&[]);
    let (_tap, whole, code) = first_run(&cloud, Cut::Never, Signal::SIGKILL, &[]);
    assert_eq!(code, FAULT);
    whole.requests
}

fn wanted(variable: &str, few: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

fn check(what: &str, count: usize, tally: &Tally) {
    println!("{what}: {tally:?}");
    assert!(tally.points == count && tally.is_clean(), "{what}: {tally:?}");
}

#[test]
fn a_killed_once_makes_nothing_twice_and_leaves_nothing_running() {
    let count = wanted("FAASCMD_KILLS", FEW);
    let cuts = cuts(count, 0, requests());
    let tally = all(count, |n, tally| survives(cuts[n], &[], tally));
    check("SIGKILL", count, &tally);
    assert!(tally.reached > count / 2, "{tally:?}");
}

#[test]
fn a_signalled_once_releases_before_it_ends() {
    let count = wanted("FAASCMD_SIGNALS", 4);
    let cuts = cuts(count, 0, requests());
    let signals = [Signal::SIGINT, Signal::SIGTERM];
    let tally = all(count, |n, tally| ends_tidily(cuts[n], signals[n % 2], tally));
    check("SIGINT and SIGTERM", count, &tally);
}

#[test]
fn a_cloud_where_much_goes_wrong_gets_no_wrong_verdict() {
    let count = wanted("FAASCMD_FAULTS", FEW_FAULTS);
    let tally = all(count, works_among_faults);
    check("faults", count, &tally);
}

/// The campaign finds something when there is something: without the look at what was made, instances are made twice.
#[test]
fn without_the_look_at_what_there_is_the_campaign_finds_instances_made_twice() {
    let asked = cuts_of_the_order();
    let blind = [("FAASCMD_TEST_BLIND", "1")];
    let tally = all(asked.len(), |n, tally| survives(asked[n], &blind, tally));
    println!("blind: {tally:?}");
    assert!(tally.made_twice > 0, "{tally:?}");
}

/// The answer to the order of the instances never comes.
fn cuts_of_the_order() -> Vec<Cut> {
    let cloud = prepared(&[]);
    let (_tap, _, code) = first_run(&cloud, Cut::Never, Signal::SIGKILL, &[]);
    assert_eq!(code, FAULT);
    let ordered = cloud.requests().iter().position(|request| request["action"] == "RunInstances").unwrap();
    vec![Cut::Request(ordered, Phase::Unanswered), Cut::Request(ordered, Phase::HalfAnswered)]
}
