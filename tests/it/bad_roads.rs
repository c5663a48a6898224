//! `deploy` by many homes, through a faulty network, with orders that arrive late, and over slow lines that break: nothing
//! is ordered or loaded twice, and all of it is done in the end.
//!
//! `scripts/kill-road MODE RUNS` runs a mode long; the tests run short forms.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use faascmd::testing::bitstream::sample;
use serde_json::Value;

use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};
use crate::common::world::ran;

/// An order arrives within this time here, or never.
const ORDER_LIFE: &str = "8s";
const CREATE: &str = "CreateFpgaImageTask";

/// What was counted, over all runs of a mode.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    double_orders: usize,
    double_loads: usize,
    wrong_objects: usize,
    hits: usize,
    not_done: Vec<String>,
}

impl Tally {
    /// Takes what a cloud shows when all is over.
    fn take(&mut self, running: &Cloud, content: &[u8], what: &str, outcome: Result<(), String>) {
        let made = images(running);
        let objects = looked(running, &["object", "ls", "-o", "json"]);
        let is_one = objects["items"].as_array().is_some_and(|items| items.len() == 1);
        let back = running.faascmd(&["object", "get", "bit.tar.gz", "back"]);
        let is_right = back.code == 0 && std::fs::read(running.world.path().join("back")).unwrap() == content;
        let taken = |r: &&Value| r["action"] == "LoadFpgaImageTask" && r["status"] == 200;
        self.runs += 1;
        self.double_orders += made.saturating_sub(1);
        self.double_loads += running.requests().iter().filter(taken).count().saturating_sub(1);
        self.wrong_objects += usize::from(!is_one || !is_right);
        if let Err(said) = outcome {
            self.not_done.push(format!("{what}: {said}"));
        } else if made == 0 {
            self.not_done.push(format!("{what}: no image"));
        }
    }

    #[track_caller]
    fn holds(&self, mode: &str) {
        println!(
            "{mode}: {} runs, {} hits: double orders {}, double loads {}, wrong objects {}, not done {}",
            self.runs,
            self.hits,
            self.double_orders,
            self.double_loads,
            self.wrong_objects,
            self.not_done.len()
        );
        assert!(self.not_done.is_empty(), "{:#?}", self.not_done);
        assert_eq!([self.double_orders, self.double_loads, self.wrong_objects], [0, 0, 0]);
        assert!(self.hits > 0, "nothing struck");
    }
}

/// Runs a mode so often as is asked for, four at a time; each run has its own seed.
fn campaign(few: u64, one: impl Fn(u64, &Mutex<Tally>) + Sync) -> Tally {
    let runs = std::env::var("FAASCMD_ROAD_RUNS").map_or(few, |text| text.parse().unwrap());
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _worker in 0..4 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
                    if seed >= runs {
                        return;
                    }
                    one(seed, &tally);
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

/// What the cloud shows; on a machine that is busy for minutes it may take more than one look.
fn looked(running: &Cloud, args: &[&str]) -> Value {
    let mut ran = running.faascmd(args);
    for _again in 0..5 {
        if ran.code == 7 {
            ran = running.faascmd(args);
        }
    }
    ran.exits(0).json()
}

/// Images but the one that is there from the beginning.
fn images(running: &Cloud) -> usize {
    let list = looked(running, &["image", "ls", "-o", "json"]);
    list["items"].as_array().unwrap().len() - 1
}

fn package(running: &Cloud) -> Vec<u8> {
    let content = sample::package("xcvu9p-flgb2104-2-i");
    running.world.file("bit.tar.gz", &content);
    content
}

/// Numbers that a seed gives, each time the same.
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// One below the limit.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }
}

fn outcome(ran: &crate::common::world::Ran) -> Result<(), String> {
    if ran.code == 0 { Ok(()) } else { Err(format!("exit {}: {}", ran.code, ran.stderr)) }
}

#[test]
fn net() {
    let tally = campaign(6, |seed, tally| {
        let running = Cloud::start(&["--speed", "50"]);
        let content = package(&running);
        let share = 5 + seed % 6 * 5;
        let (chance, hits) = (Mutex::new(Chance::new(seed)), std::sync::Arc::new(AtomicUsize::new(0)));
        let struck = hits.clone();
        let line = Line::judged(running.endpoint(), move |_| {
            let mut chance = chance.lock().unwrap();
            if chance.below(100) >= share {
                return Fate::Passes;
            }
            struck.fetch_add(1, Ordering::Relaxed);
            let page = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 20\r\n\r\n<html>no way</html>\n";
            match chance.below(4) {
                0 => Fate::Unsent,
                1 => Fate::Unanswered,
                2 => Fate::HalfAnswered,
                _ => Fate::Instead(page.into()),
            }
        });
        let mut deploy = running.command(&["deploy", "bit.tar.gz"]);
        deploy.env("FAASCMD_ENDPOINT", line.endpoint()).env("FAASCMD_ORDER_LIFE", ORDER_LIFE);
        // What gives up by exit 7 goes on by the same command.
        let mut done = ran(&mut deploy);
        for _again in 0..5 {
            if done.code == 7 {
                done = ran(&mut deploy);
            }
        }
        let mut tally = tally.lock().unwrap();
        tally.hits += hits.load(Ordering::Relaxed);
        tally.take(&running, &content, &format!("seed {seed}, {share} %"), outcome(&done));
    });
    tally.holds("net");
}

#[test]
fn many_homes() {
    let tally = campaign(3, |seed, tally| {
        // Half an hour is twelve seconds: on a busy machine some may pass between a look and the order that follows it.
        let running = Cloud::start(&["--strict-frequency", "--speed", "150"]);
        let content = package(&running);
        let homes = 2 + seed % 9;
        let start = |home: u64| {
            let mut command = running.command(&["deploy", "bit.tar.gz", "--no-load"]);
            command.env("XDG_STATE_HOME", running.world.path().join(format!("home{home}"))).spawn().unwrap()
        };
        let children: Vec<_> = (0..homes).map(start).collect();
        let ends = children.into_iter().map(|child| child.wait_with_output().unwrap());
        let failed: Vec<_> = ends.filter(|output| !output.status.success()).collect();
        let said = failed.first().map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
        let mut tally = tally.lock().unwrap();
        tally.hits += usize::try_from(homes).unwrap();
        tally.take(&running, &content, &format!("{homes} homes"), said.map_or(Ok(()), Err));
    });
    tally.holds("many homes");
}

#[test]
fn late_answers() {
    let tally = campaign(4, |seed, tally| {
        let running = Cloud::start(&["--speed", "50"]);
        let content = package(&running);
        let mut chance = Chance::new(seed);
        let delay = Duration::from_millis(chance.below(2500));
        // The order itself arrives late, or its answer is lost.
        let is_late = chance.below(3) > 0;
        let first = AtomicUsize::new(0);
        let line = Line::judged(running.endpoint(), move |head| {
            let is_order = String::from_utf8_lossy(head).contains(CREATE);
            if !is_order || first.fetch_add(1, Ordering::SeqCst) > 0 {
                return Fate::Passes;
            }
            if is_late { Fate::Late(delay) } else { Fate::Unanswered }
        });
        let mut deploy = running.command(&["deploy", "bit.tar.gz"]);
        deploy.env("FAASCMD_ENDPOINT", line.endpoint()).env("FAASCMD_ORDER_LIFE", ORDER_LIFE);
        // Every other run is killed while it looks, and the same command goes on.
        if seed % 2 == 1 {
            let mut child = deploy.spawn().unwrap();
            let lists = |r: &Value| r["action"] == "DescribeFpgaImages";
            (0..4).for_each(|_| while !lists(&running.next_request()) {});
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let done = ran(&mut deploy);
        line.until_all_arrived();
        let mut tally = tally.lock().unwrap();
        tally.hits += 1;
        tally.take(&running, &content, &format!("seed {seed}, {delay:?}, late {is_late}"), outcome(&done));
    });
    tally.holds("late answers");
}

#[test]
fn slow_lines() {
    let bytes = Mutex::new((0, 0));
    let tally = campaign(4, |seed, tally| {
        let mut chance = Chance::new(seed);
        let running = Cloud::start(&["--speed", "50"]);
        let size = 300_000 + usize::try_from(chance.below(900_000)).unwrap();
        let content = sample::gbs(size);
        running.world.file("bit.tar.gz", &content);
        let (every, rate) = ((150 + chance.below(450)) << 10, (512 + chance.below(3500)) << 10);
        let line = Line::breaking(running.endpoint(), every, Some(rate));
        let args = ["deploy", "bit.tar.gz", "--no-load", "--no-wait", "--shell", "V1.1", "--no-check"];
        let mut deploy = running.command(&args);
        let done = ran(deploy.env("FAASCMD_ENDPOINT", line.endpoint()));
        let mut sum = bytes.lock().unwrap();
        *sum = (sum.0 + size as u64, sum.1 + line.up());
        let mut tally = tally.lock().unwrap();
        tally.hits += line.breaks();
        let what = format!("seed {seed}: {size} bytes, a break each {every}, {rate} bytes/s");
        tally.take(&running, &content, &what, outcome(&done));
    });
    let (size, sent) = *bytes.lock().unwrap();
    println!("slow lines: {:.2} bytes were sent for each", sent as f64 / size as f64);
    tally.holds("slow lines");
}

#[test]
fn a_mode_s_counts_are_of_what_the_cloud_took() {
    let running = Cloud::start(&["--speed", "50"]);
    let content = package(&running);
    let twice = ["deploy", "bit.tar.gz", "--no-load", "--no-wait", "--force"];
    (0..2).for_each(|_| drop(running.faascmd(&twice).exits(0)));
    let mut tally = Tally::default();
    tally.take(&running, b"another", "twice", Ok(()));
    assert_eq!((tally.double_orders, tally.wrong_objects, tally.not_done.len()), (1, 1, 0));
    tally.take(&running, &content, "twice", Err("no".into()));
    assert_eq!((tally.wrong_objects, tally.not_done.len()), (1, 1));
    assert_eq!(count(&running.requests(), CREATE), 0);
}
