//! `fleet once` dies by SIGKILL at chosen requests, is run again, and has made nothing twice and left nothing running.
//!
//! `scripts/kill-fleet` runs the whole campaign; the test runs a short form of it.

use std::collections::BTreeMap;
use std::process::Command;

use faascmd::testing::bitstream::sample;
use serde_json::Value;

use crate::common::cloud::Cloud;
use crate::common::tap::{Cut, Passed, Phase, Tap};
use crate::common::world::ran;

/// Points of the short form.
const FEW: usize = 8;
const ONCE: [&str; 6] = ["fleet", "once", "nightly.toml", "bit.tar.gz", "-o", "json"];

/// What went wrong, over all points.
#[derive(Debug, Default)]
struct Tally {
    points: usize,
    reached: usize,
    made_twice: usize,
    images_twice: usize,
    left_running: usize,
    not_done: Vec<String>,
}

/// A cloud, the files, and a run of `once` that runs into the cut.
fn first_run(cut: Cut) -> (Cloud, Tap, Passed) {
    let running = Cloud::start(&["--speed", "50", "--build-time", "1s", "--ledger", "ledger"]);
    running.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
    running.world.file("nightly.toml", "count = 2\ntype = \"ecs.f3-c4f1.xlarge\"\n");
    let cloud = running.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let tap = Tap::before(cloud, cut);
    let (_status, passed) = tap.run(&mut once(&running, &tap));
    (running, tap, passed)
}

fn once(running: &Cloud, tap: &Tap) -> Command {
    let mut command = running.command(&ONCE);
    // A killed run's order for an image arrives here at once or never.
    command.env("FAASCMD_ENDPOINT", tap.endpoint()).env("FAASCMD_ORDER_LIFE", "1s");
    command
}

/// The last state of every instance of the fleet.
fn states(running: &Cloud) -> BTreeMap<String, String> {
    let ledger = std::fs::read_to_string(running.world.path().join("ledger")).unwrap_or_default();
    let lines = ledger.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_fleet = lines.filter(|line| line["name"].as_str().unwrap().starts_with("nightly"));
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    of_fleet.map(|line| (text(&line, "instance_id"), text(&line, "state"))).collect()
}

/// Kills, runs again and counts.
fn survives(cut: Cut, tally: &mut Tally) {
    let (running, tap, passed) = first_run(cut);
    tap.heal();
    let again = ran(&mut once(&running, &tap));
    let states = states(&running);
    let images = running.faascmd(&["image", "ls", "-o", "json"]).exits(0).json();
    tally.points += 1;
    tally.reached += usize::from(passed.cut);
    tally.made_twice += states.len().saturating_sub(2);
    tally.images_twice += images["items"].as_array().unwrap().len().saturating_sub(2);
    tally.left_running += states.values().filter(|state| *state != "Released").count();
    if again.code != 0 {
        tally.not_done.push(format!("{cut:?}: exit {}: {}", again.code, again.stderr));
    }
}

fn campaign(count: usize) -> Tally {
    let (_running, _tap, whole) = first_run(Cut::Never);
    let all: Vec<_> =
        (0..whole.requests).flat_map(|n| Phase::ALL.map(|phase| Cut::Request(n, phase))).collect();
    let mut tally = Tally::default();
    for n in 0..count {
        survives(all[n * all.len() / count], &mut tally);
    }
    tally
}

#[test]
fn a_killed_once_makes_nothing_twice_and_leaves_nothing_running() {
    let count = std::env::var("FAASCMD_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(FEW);
    let tally = campaign(count);
    println!("{tally:?}");
    assert_eq!(
        (tally.points, tally.made_twice, tally.images_twice, tally.left_running),
        (count, 0, 0, 0),
        "{tally:?}"
    );
    assert!(tally.not_done.is_empty(), "{tally:?}");
    assert!(tally.reached > count / 2, "{tally:?}");
}
