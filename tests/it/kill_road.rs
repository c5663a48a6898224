//! `deploy` dies by SIGKILL at chosen bytes and requests, is run again, and has done nothing twice and nothing wrong.
//!
//! `scripts/kill-road` runs the whole campaign; the test runs a short form of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use faascmd::testing::bitstream::sample;
use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::tap::{Cut, Passed, Phase, Tap};
use crate::common::world::ran;

/// Points of the short form.
const FEW: usize = 24;
/// A killed run's order arrives here at once or never.
const ORDER_LIFE: &str = "1s";

/// A file that is deployed; the second goes up in parts.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    bytes: fn() -> Vec<u8>,
}

const CASES: [Case; 2] = [
    Case { name: "bit.tar.gz", bytes: || sample::package("xcvu9p-flgb2104-2-i") },
    Case { name: "large.gbs", bytes: || sample::gbs(9 << 20) },
];

/// What went wrong, over all points.
#[derive(Debug, Default)]
struct Tally {
    points: usize,
    reached: usize,
    double_creates: usize,
    double_loads: usize,
    wrong_objects: usize,
    not_done: Vec<String>,
}

/// A cloud, the file in it, and a deployment that runs into the cut.
fn first_run(case: Case, cut: Cut) -> (Cloud, Passed) {
    let running = Cloud::start(&["--speed", "50"]);
    running.world.file(case.name, (case.bytes)());
    let (_tap, passed) = run_into(&running, &["deploy", case.name], cut);
    (running, passed)
}

/// Runs a command whose wire to the cloud is cut.
fn run_into(running: &Cloud, args: &[&str], cut: Cut) -> (Tap, Passed) {
    let cloud = running.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let tap = Tap::before(cloud, cut);
    let mut command = running.command(args);
    command.env("FAASCMD_ENDPOINT", tap.endpoint()).env("FAASCMD_ORDER_LIFE", ORDER_LIFE);
    let (_status, passed) = tap.run(&mut command);
    (tap, passed)
}

/// Points by request and by bytes, from what one whole deployment sends and gets.
fn points(count: usize) -> Vec<(Case, Cut)> {
    let mut points = Vec::new();
    for (case, share) in CASES.into_iter().zip([count - count / 4, count / 4]) {
        let (_running, whole) = first_run(case, Cut::Never);
        let by_request = (0..whole.requests).flat_map(|n| Phase::ALL.map(|phase| Cut::Request(n, phase)));
        let spread = |total: u64, n: usize, of: usize| total * (2 * n as u64 + 1) / (2 * of as u64);
        let each = share / 4;
        let up = (0..each).map(|n| Cut::Up(spread(whole.up, n, each)));
        let down = (0..each).map(|n| Cut::Down(spread(whole.down, n, each)));
        let by_request: Vec<Cut> = by_request.collect();
        let asked = share - 2 * each;
        let picked = (0..asked).map(|n| by_request[n * by_request.len() / asked]);
        points.extend(picked.chain(up).chain(down).map(|cut| (case, cut)));
    }
    points
}

/// Kills, runs again and counts.
fn survives(case: Case, cut: Cut, tally: &Mutex<Tally>) {
    let (running, passed) = first_run(case, cut);
    let again = running.faascmd(&["deploy", case.name, "-o", "json"]);
    let images = running.faascmd(&["image", "ls", "-o", "json"]).exits(0).json();
    let objects = running.faascmd(&["object", "ls", "-o", "json"]).exits(0).json();
    let made = images["items"].as_array().unwrap().len() - 1;
    let loads = running
        .requests()
        .iter()
        .filter(|r| r["action"] == "LoadFpgaImageTask" && r["status"] == 200)
        .count();
    let object_is_right = objects["items"].as_array().is_some_and(|items| items.len() == 1)
        && running.faascmd(&["object", "get", case.name, "back"]).code == 0
        && std::fs::read(running.world.path().join("back")).unwrap() == (case.bytes)();
    let document: Value = serde_json::from_str(&again.stdout).unwrap_or_default();
    let is_done = again.code == 0
        && document["fpga"]["task_status"] == "valid"
        && document["fpga"]["image_uuid"] == document["image"]["uuid"];
    let mut tally = tally.lock().unwrap();
    tally.points += 1;
    tally.reached += usize::from(passed.cut);
    tally.double_creates += made.saturating_sub(1);
    tally.double_loads += loads.saturating_sub(1);
    tally.wrong_objects += usize::from(!object_is_right);
    if !is_done {
        tally.not_done.push(format!("{} {cut:?}: exit {}: {}", case.name, again.code, again.stderr));
    }
}

#[test]
fn killed_anywhere_nothing_is_done_twice() {
    let count = std::env::var("FAASCMD_KILL_POINTS").ok().map_or(FEW, |text| text.parse().unwrap());
    let (points, next, tally) = (points(count), AtomicUsize::new(0), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _worker in 0..4 {
            scope.spawn(|| {
                while let Some((case, cut)) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    survives(*case, *cut, &tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    println!(
        "killed at {} points ({} reached): double creates {}, double loads {}, wrong objects {}, not done {}",
        tally.points,
        tally.reached,
        tally.double_creates,
        tally.double_loads,
        tally.wrong_objects,
        tally.not_done.len()
    );
    assert!(tally.not_done.is_empty(), "{:#?}", tally.not_done);
    assert_eq!([tally.double_creates, tally.double_loads, tally.wrong_objects], [0, 0, 0]);
    assert!(tally.reached * 10 >= tally.points * 9, "most of the points are on the way: {tally:?}");
}

#[test]
fn an_order_without_a_mark_that_was_killed_before_its_answer_is_found_again() {
    let create = ["image", "create", "a.gbs", "--shell", "V1.1"];
    let start = || {
        let running = Cloud::start(&["--speed", "50"]);
        running.world.file("a.gbs", sample::gbs(1000));
        running.faascmd(&["object", "put", "a.gbs"]).exits(0);
        running
    };
    let (_tap, whole) = run_into(&start(), &create, Cut::Never);
    let running = start();
    let (tap, killed) = run_into(&running, &create, Cut::Request(whole.requests - 1, Phase::Unanswered));
    assert!(killed.cut);
    tap.heal();
    // What was asked is remembered by whom it was asked of.
    let again = || ran(running.command(&create).env("FAASCMD_ENDPOINT", tap.endpoint())).exits(0).stderr;
    let said = again();
    assert!(said.contains("an earlier run has ordered image"), "{said}");
    assert_eq!(count(&running.requests(), "CreateFpgaImageTask"), 1);
    // That order is answered now, so the same command is a new one.
    again();
    assert_eq!(count(&running.requests(), "CreateFpgaImageTask"), 1);
}
