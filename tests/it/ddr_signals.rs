//! Whatever signals end a PRBS soak: the stop is written before the program ends.

use nix::sys::signal::Signal::{self, SIGALRM, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGXCPU};
use serde_json::Value;

use crate::common::bar::Bar;
use crate::common::soak::Soak;
use crate::common::terminal::Terminal;
use crate::common::world::{World, ran};

/// That the soak has begun and was stopped.
#[track_caller]
fn is_stopped(bar: &Bar, after: &str) {
    assert_eq!((bar.get(0x1c), bar.get(0x20)), (1, 1), "after {after}");
}

#[test]
fn a_storm_of_signals_ends_it_no_sooner_than_the_stop() {
    let storms: [&[Signal]; 5] = [
        &[SIGINT, SIGINT],
        &[SIGHUP, SIGHUP],
        &[SIGINT, SIGTERM, SIGHUP],
        &[SIGTERM, SIGINT, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGINT, SIGHUP, SIGTERM],
        &[SIGINT; 10],
    ];
    for storm in storms.iter().cycle().take(20) {
        let world = World::new();
        let bar = Bar::new(&world);
        let soak = Soak::new(&world, &bar, &["--duration", "1d", "-o", "json"]);
        storm.iter().for_each(|signal| soak.signal(*signal));
        let ran = soak.end();
        assert_eq!(ran.json()["result"], "interrupted", "the verdict is told");
        is_stopped(&bar, &format!("{storm:?}: {}", ran.stderr));
        assert!([130, 131, 143].contains(&ran.code), "{}", ran.code);
    }
}

#[test]
fn timeout_sends_two_and_both_are_one() {
    for _ in 0..10 {
        let world = World::new();
        let bar = Bar::new(&world);
        let mut command = world.command("timeout");
        command.args(["-s", "INT", "1h"]).arg(world.command("faascmd").get_program());
        command.args(["test", "prbs", "--duration", "1d", "--device", &bar.device()]);
        let soak = Soak::start(&mut command);
        // Its hour is over now.
        soak.signal(SIGALRM);
        let ran = soak.end().exits(124);
        assert!(ran.stdout.contains("interrupted and stopped after"), "{}", ran.stdout);
        is_stopped(&bar, "timeout");
    }
}

#[test]
fn a_terminal_that_closes_leaves_it_stopped() {
    for _ in 0..5 {
        let world = World::new();
        let bar = Bar::new(&world);
        let mut command = world.command("env");
        // The tests may themselves run under nohup.
        command
            .args(["--default-signal", "setsid", "--wait", "--ctty"])
            .arg(world.command("faascmd").get_program());
        command.args(["test", "prbs", "--duration", "1h", "--device", &bar.device()]);
        let terminal = Terminal::start(command);
        while bar.get(0x1c) == 0 {
            std::thread::yield_now();
        }
        terminal.close();
        is_stopped(&bar, "the terminal");
    }
}

#[test]
fn other_signals_stop_it_and_then_end_the_program_as_they_do() {
    // 34 is the first real-time signal that a program may use.
    for number in [SIGQUIT as i32, SIGUSR1 as i32, SIGALRM as i32, SIGXCPU as i32, 34] {
        let world = World::new();
        let bar = Bar::new(&world);
        let soak = Soak::under("ulimit -c 0", &world, &bar, &["--duration", "1d"]);
        soak.send(number);
        let ran = soak.end().exits(128 + number);
        assert!(ran.stdout.contains("interrupted and stopped after"), "{}", ran.stdout);
        is_stopped(&bar, &format!("signal {number}"));
    }
}

#[test]
fn a_log_that_reaches_the_limit_of_file_sizes_does_not_end_it() {
    let world = World::new();
    let bar = Bar::new(&world);
    let args = ["--duration", "1d", "--sample", "1ms", "--log", "soak.jsonl"];
    let soak = Soak::under("ulimit -f 1", &world, &bar, &args);
    let log = world.path().join("soak.jsonl");
    // The file is full, and then some more samples are taken.
    while std::fs::metadata(&log).map_or(0, |file| file.len()) < 512 {
        std::thread::yield_now();
    }
    soak.signal(SIGINT);
    soak.end().exits(130);
    is_stopped(&bar, "the limit");
}

#[test]
fn what_sigkill_leaves_running_is_told_and_can_be_stopped() {
    let world = World::new();
    let bar = Bar::new(&world);
    let faascmd = |args: &[&str]| bar.faascmd(&world, args);
    let killed = || {
        let soak = Soak::new(&world, &bar, &["--duration", "1d"]);
        let running = faascmd(&["reg", "info", "-o", "json"]).exits(0);
        assert_eq!((running.json()["prbs_left_running"].is_null(), running.stderr.as_str()), (true, ""));
        soak.signal(SIGKILL);
        let pid = soak.pid();
        soak.end().exits(137);
        assert_eq!((bar.get(0x1c), bar.get(0x20)), (1, 0), "SIGKILL can't be caught");
        pid
    };
    let pid = killed();
    let info = faascmd(&["reg", "info", "-o", "json"]).exits(0);
    assert_eq!(info.json()["prbs_left_running"]["pid"], pid);
    assert!(info.stderr.contains("PRBS is still running on "), "{}", info.stderr);
    let command = info.stderr.split("to stop it: faascmd ").nth(1).unwrap().trim().to_owned();
    for test in ["smoke", "all", "prbs"] {
        let error: Value = faascmd(&["test", test, "-o", "json"]).exits(6).error();
        assert!(error["message"].as_str().unwrap().contains(&format!("process {pid}")), "{error}");
        assert_eq!(error["hints"][0], format!("to stop it: faascmd {command}"));
    }
    let words: Vec<&str> = command.split(' ').collect();
    faascmd(&words).exits(0);
    assert_eq!(bar.get(0x20), 1);
    assert_eq!(faascmd(&["reg", "info"]).exits(0).stderr, "");

    bar.set(0x20, 0);
    killed();
    let ran = faascmd(&["test", "smoke", "--timeout", "1ms", "--yes"]);
    assert!(ran.stderr.contains("the PRBS test that was left running is stopped"), "{}", ran.stderr);
    assert_eq!(bar.get(0x20), 1);

    bar.set(0x20, 0);
    killed();
    ran_reg_rw(&world, &bar, &["0x20", "w", "1"]);
    assert_eq!(faascmd(&["reg", "info"]).exits(0).stderr, "");
}

#[test]
fn a_stale_done_bit_does_not_say_that_what_was_left_running_has_stopped() {
    let world = World::new();
    let bar = Bar::new(&world);
    bar.set(0x28, 1);
    let soak = Soak::new(&world, &bar, &["--duration", "1d", "--accept-stale"]);
    soak.signal(SIGKILL);
    let pid = soak.pid();
    soak.end().exits(137);
    for test in ["smoke", "prbs"] {
        let said = bar.faascmd(&world, &["test", test]).exits(6).stderr;
        assert!(
            said.contains(&format!("PRBS is still running on {}: process {pid}", bar.device())),
            "{said}"
        );
    }
    assert_eq!(bar.get(0x14), 0, "smoke was not started");
    assert!(bar.faascmd(&world, &["reg", "info"]).exits(0).stderr.contains("PRBS is still running"));
}

fn ran_reg_rw(world: &World, bar: &Bar, args: &[&str]) {
    ran(world.command("reg_rw").arg(bar.name()).args(args)).exits(0);
}
